//! The calls we make: verb, path, whether they may change something. A call that is not listed here cannot be made.

use crate::vendors::transport::{CallClass, Effect};

/// Calls Cin7 Core allows in any 60 s, per application key (some operators say per account: plan for a shared budget).
pub const PER_MINUTE: u32 = 60;
/// The key all calls count under.
pub const LIMIT_KEY: &str = "cin7core";

/// A verb and a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Call {
    Company,
    SaleList,
    Sale,
    Fulfilments,
    AddFulfilment,
    ReadPick,
    WritePick,
    ReadPack,
    WritePack,
    ReadShip,
    WriteShip,
    ChangeTracking,
    CreditNoteList,
    CreditNotes,
    WriteCreditNote,
    Locations,
    Carriers,
    Products,
    Availability,
    AdjustmentList,
    Adjustment,
    WriteAdjustment,
    Webhooks,
    AddWebhook,
    ChangeWebhook,
    RemoveWebhook,
}

impl Call {
    /// Verb and path, for the record and for errors.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Company => "GET me",
            Self::SaleList => "GET saleList",
            Self::Sale => "GET sale",
            Self::Fulfilments => "GET sale/fulfilment",
            Self::AddFulfilment => "POST sale/fulfilment",
            Self::ReadPick => "GET sale/fulfilment/pick",
            Self::WritePick => "POST sale/fulfilment/pick",
            Self::ReadPack => "GET sale/fulfilment/pack",
            Self::WritePack => "POST sale/fulfilment/pack",
            Self::ReadShip => "GET sale/fulfilment/ship",
            Self::WriteShip => "POST sale/fulfilment/ship",
            Self::ChangeTracking => "PUT sale/fulfilment/ship",
            Self::CreditNoteList => "GET saleCreditNoteList",
            Self::CreditNotes => "GET sale/creditnote",
            Self::WriteCreditNote => "POST sale/creditnote",
            Self::Locations => "GET ref/location",
            Self::Carriers => "GET ref/carrier",
            Self::Products => "GET product",
            Self::Availability => "GET ref/productavailability",
            Self::AdjustmentList => "GET stockadjustmentList",
            Self::Adjustment => "GET stockadjustment",
            Self::WriteAdjustment => "POST stockadjustment",
            Self::Webhooks => "GET webhooks",
            Self::AddWebhook => "POST webhooks",
            Self::ChangeWebhook => "PUT webhooks",
            Self::RemoveWebhook => "DELETE webhooks",
        }
    }

    /// Path below the base address.
    pub fn path(self) -> &'static str {
        self.name().split_once(' ').map_or("", |(_, path)| path)
    }

    /// The HTTP verb.
    pub fn verb(self) -> http::Method {
        match self.name().split_once(' ') {
            Some(("POST", _)) => http::Method::POST,
            Some(("PUT", _)) => http::Method::PUT,
            Some(("DELETE", _)) => http::Method::DELETE,
            _ => http::Method::GET,
        }
    }

    /// Whether it may change something.
    pub fn effect(self) -> Effect {
        if self.verb() == http::Method::GET {
            Effect::Read
        } else {
            Effect::Write
        }
    }

    /// How long it may take.
    pub fn class(self) -> CallClass {
        match self {
            Self::SaleList | Self::Products | Self::Availability => CallClass::Report,
            _ if self.effect() == Effect::Write => CallClass::Write,
            _ => CallClass::Read,
        }
    }

    /// Whether request and answer hold webhook credentials.
    pub const fn holds_hooks(self) -> bool {
        matches!(
            self,
            Self::Webhooks | Self::AddWebhook | Self::ChangeWebhook | Self::RemoveWebhook
        )
    }
}

//! The calls we make: label, verb, effect, deadline, permission. A call that is not listed here cannot be made; the one
//! that adds a difference to a stock figure is not listed on purpose.

use crate::vendors::transport::{CallClass, Effect};

/// A SHOPLINE endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Method {
    Shop,
    Orders,
    Locations,
    FulfilmentOrders,
    Fulfilments,
    CreateFulfilment,
    CreateByFulfilmentOrder,
    UpdateTracking,
    Products,
    Variants,
    Levels,
    SetLevel,
    Refunds,
    Returns,
    Webhooks,
    CreateWebhook,
    DeleteWebhook,
}

impl Method {
    /// What the call is named in records and errors: the path with its ids left out.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Shop => "merchants/shop",
            Self::Orders => "orders",
            Self::Locations => "locations/list",
            Self::FulfilmentOrders => "fulfillment_orders of an order",
            Self::Fulfilments => "fulfillments of an order",
            Self::CreateFulfilment => "create fulfillment of an order",
            Self::CreateByFulfilmentOrder => "create fulfillment by fulfillment order",
            Self::UpdateTracking => "update_tracking",
            Self::Products => "products",
            Self::Variants => "variants of a product",
            Self::Levels => "inventory_levels",
            Self::SetLevel => "inventory_levels/set",
            Self::Refunds => "refunds of an order",
            Self::Returns => "return",
            Self::Webhooks => "webhooks",
            Self::CreateWebhook => "create webhook",
            Self::DeleteWebhook => "delete webhook",
        }
    }

    /// The verb of the official pages.
    pub const fn verb(self) -> http::Method {
        match self {
            Self::CreateFulfilment
            | Self::CreateByFulfilmentOrder
            | Self::UpdateTracking
            | Self::SetLevel
            | Self::CreateWebhook => http::Method::POST,
            Self::DeleteWebhook => http::Method::DELETE,
            _ => http::Method::GET,
        }
    }

    /// Whether it may change something.
    pub const fn effect(self) -> Effect {
        match self {
            Self::CreateFulfilment
            | Self::CreateByFulfilmentOrder
            | Self::UpdateTracking
            | Self::SetLevel
            | Self::CreateWebhook
            | Self::DeleteWebhook => Effect::Write,
            _ => Effect::Read,
        }
    }

    /// Which deadline it gets.
    pub const fn class(self) -> CallClass {
        match self.effect() {
            Effect::Write => CallClass::Write,
            Effect::Read => CallClass::Read,
        }
    }

    /// The access scope its page names; `None` where none is named.
    pub const fn scope(self) -> Option<&'static str> {
        match self {
            Self::Shop => Some("read_store_information"),
            Self::Orders | Self::Refunds => Some("read_orders"),
            Self::Locations => Some("read_location"),
            Self::FulfilmentOrders | Self::Fulfilments => Some("read_assigned_fulfillment_orders"),
            Self::CreateFulfilment => Some("write_orders"),
            Self::CreateByFulfilmentOrder | Self::UpdateTracking => {
                Some("write_assigned_fulfillment_orders")
            }
            Self::Products | Self::Variants => Some("read_products"),
            Self::Levels => Some("read_inventory"),
            Self::SetLevel => Some("write_inventory"),
            Self::Returns => Some("read_returns"),
            Self::Webhooks | Self::CreateWebhook | Self::DeleteWebhook => None,
        }
    }
}

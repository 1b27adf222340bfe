//! What the simulated store holds.

use super::webhooks::Hooks;
use crate::domain::time::Ts;
use std::collections::{BTreeMap, BTreeSet};

/// A stock location.
#[derive(Debug, Clone)]
pub struct ShopLocation {
    /// 19 digits.
    pub id: String,
    pub name: String,
    pub is_default: bool,
    /// Run by a fulfilment app.
    pub is_legacy: bool,
    pub line1: String,
    pub town: String,
    pub postcode: String,
    pub created_at: Ts,
}

/// A product: one thing in several colours.
#[derive(Debug, Clone)]
pub struct ShopProduct {
    pub id: String,
    pub title: String,
    /// Positions of its variants.
    pub variants: Vec<usize>,
    pub created_at: Ts,
}

/// A variant with its inventory item.
#[derive(Debug, Clone)]
pub struct ShopVariant {
    pub id: String,
    /// Position of its product.
    pub product: usize,
    pub inventory_item_id: String,
    /// As the store knows it; may differ from the item code, may be empty.
    pub sku: String,
    /// Item code in the warehouse; empty when there is nothing to pick.
    pub code: String,
    pub option: String,
    pub barcode: String,
    pub price_minor: i64,
    pub weight_grams: i64,
    /// Stock is counted.
    pub is_tracked: bool,
    /// Sold even when nothing is available.
    pub can_oversell: bool,
    pub needs_shipping: bool,
}

/// Stock of one variant at one location. On hand is the sum of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShopLevel {
    /// Shown to shoppers; below zero when oversold.
    pub available: i64,
    /// In orders not yet shipped.
    pub committed: i64,
    pub unavailable: i64,
    pub updated_at: Ts,
}

impl ShopLevel {
    /// Units in the building.
    pub const fn on_hand(self) -> i64 {
        self.available + self.committed + self.unavailable
    }
}

/// Where the money stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payment {
    Unpaid,
    Authorized,
    Pending,
    PartiallyPaid,
    Paid,
    PartiallyRefunded,
    Refunded,
}

impl Payment {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Unpaid,
        Self::Authorized,
        Self::Pending,
        Self::PartiallyPaid,
        Self::Paid,
        Self::PartiallyRefunded,
        Self::Refunded,
    ];

    /// As `financial_status` has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unpaid => "unpaid",
            Self::Authorized => "authorized",
            Self::Pending => "pending",
            Self::PartiallyPaid => "partially_paid",
            Self::Paid => "paid",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Refunded => "refunded",
        }
    }

    /// From its name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.name() == name)
    }

    /// The shopper's money has arrived.
    pub const fn is_captured(self) -> bool {
        matches!(self, Self::Paid | Self::PartiallyRefunded | Self::Refunded)
    }
}

/// How much of an order or line is shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    Nothing,
    Part,
    All,
}

/// Where goods go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShopAddress {
    pub first_name: String,
    pub last_name: String,
    pub company: String,
    pub line1: String,
    pub line2: String,
    pub town: String,
    pub province: String,
    pub postcode: String,
    /// Name and two letters.
    pub country: String,
    pub country_code: String,
    pub phone: String,
}

/// A line of an order.
#[derive(Debug, Clone)]
pub struct ShopLine {
    /// Six digits, unique within the order only.
    pub id: u32,
    /// `None`: an item made up for this order.
    pub variant: Option<usize>,
    pub sku: String,
    pub title: String,
    pub variant_title: String,
    pub quantity: i64,
    /// Units refunded before they were shipped.
    pub removed: i64,
    pub price_minor: i64,
    pub weight_grams: i64,
    pub location: usize,
    pub needs_shipping: bool,
    pub is_gift_card: bool,
    /// Carrier once shipped; empty after a shipment was taken back.
    pub carrier: Option<String>,
}

/// A parcel's tracking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    pub company: String,
    pub number: String,
    pub url: String,
}

/// Goods of an order leaving together.
#[derive(Debug, Clone)]
pub struct ShopFulfilment {
    pub id: String,
    pub created_at: Ts,
    pub updated_at: Ts,
    pub cancelled_at: Option<Ts>,
    pub location: usize,
    pub tracking: Vec<Parcel>,
    /// (position of the line in the order, units)
    pub lines: Vec<(usize, i64)>,
    pub shipment_status: Option<String>,
}

/// The part of an order one location is to ship.
#[derive(Debug, Clone)]
pub struct FulfilmentOrder {
    pub id: String,
    pub location: usize,
    pub needs_shipping: bool,
    /// Reason of the hold.
    pub held: Option<String>,
    /// (its own line id, position of the line in the order)
    pub lines: Vec<(u32, usize)>,
}

/// What a refund does with the goods of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restock {
    None,
    Cancel,
    Return,
}

impl Restock {
    /// As `restock_type` has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "no_restock",
            Self::Cancel => "cancel",
            Self::Return => "return",
        }
    }

    /// From its name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::None, Self::Cancel, Self::Return]
            .into_iter()
            .find(|r| r.name() == name)
    }
}

/// A line of a refund.
#[derive(Debug, Clone)]
pub struct ShopRefundLine {
    pub id: String,
    /// Position of the line in the order.
    pub line: usize,
    pub quantity: i64,
    pub restock: Restock,
    pub subtotal_minor: i64,
}

/// A refund. Cancelling leaves one, paid or not.
#[derive(Debug, Clone)]
pub struct ShopRefund {
    pub id: String,
    pub at: Ts,
    pub note: String,
    pub amount_minor: i64,
    pub lines: Vec<ShopRefundLine>,
}

/// A line of a return.
#[derive(Debug, Clone)]
pub struct ShopReturnLine {
    pub id: String,
    pub line: usize,
    /// Fulfilment the goods went out with.
    pub fulfilment: String,
    pub quantity: i64,
    pub reason: String,
    pub note: String,
}

/// Goods a shopper is to send back. By itself it moves neither money nor stock.
#[derive(Debug, Clone)]
pub struct ShopReturn {
    pub id: String,
    pub created_at: Ts,
    /// `OPEN`, `CLOSED`, `CANCELLED`.
    pub status: &'static str,
    pub reason: String,
    pub lines: Vec<ShopReturnLine>,
}

/// An order.
#[derive(Debug, Clone)]
pub struct ShopOrder {
    /// 26 digits, ascending with age.
    pub id: String,
    /// The number people see, from 1001.
    pub name: String,
    pub created_at: Ts,
    pub updated_at: Ts,
    /// Calls do not find it earlier than this.
    pub readable_from: Ts,
    pub payment: Payment,
    /// Whether it says where its lines lie.
    pub names_locations: bool,
    pub paid_at: Option<Ts>,
    pub lines: Vec<ShopLine>,
    pub address: ShopAddress,
    pub email: String,
    pub buyer_note: String,
    /// Shipping rate chosen at checkout, and its price.
    pub rate: String,
    pub postage_minor: i64,
    pub tags: Vec<String>,
    pub cancelled_at: Option<Ts>,
    pub cancel_reason: String,
    pub is_archived: bool,
    pub fulfilments: Vec<ShopFulfilment>,
    pub fulfilment_orders: Vec<FulfilmentOrder>,
    pub refunds: Vec<ShopRefund>,
    pub returns: Vec<ShopReturn>,
}

impl ShopOrder {
    /// Units of a line that left and were not taken back.
    pub fn shipped(&self, line: usize) -> i64 {
        self.fulfilments
            .iter()
            .filter(|f| f.cancelled_at.is_none())
            .flat_map(|f| &f.lines)
            .filter(|(at, _)| *at == line)
            .map(|(_, quantity)| quantity)
            .sum()
    }

    /// Units of a line still to be shipped.
    pub fn fulfillable(&self, line: usize) -> i64 {
        if self.cancelled_at.is_some() {
            return 0;
        }
        let row = &self.lines[line];
        (row.quantity - row.removed - self.shipped(line)).max(0)
    }

    /// How far a line is shipped.
    pub fn line_progress(&self, line: usize) -> Progress {
        let shipped = self.shipped(line);
        let row = &self.lines[line];
        match shipped {
            0 => Progress::Nothing,
            n if n >= row.quantity - row.removed => Progress::All,
            _ => Progress::Part,
        }
    }

    /// How far the order is shipped.
    pub fn progress(&self) -> Progress {
        let wanted = |at: &usize| self.lines[*at].quantity > self.lines[*at].removed;
        let lines: Vec<usize> = (0..self.lines.len()).filter(wanted).collect();
        if lines
            .iter()
            .all(|at| self.line_progress(*at) == Progress::Nothing)
        {
            return Progress::Nothing;
        }
        let is_done = lines
            .iter()
            .all(|at| self.line_progress(*at) == Progress::All);
        if is_done {
            Progress::All
        } else {
            Progress::Part
        }
    }

    /// Goods without postage, as ordered.
    pub fn ordered_minor(&self) -> i64 {
        self.lines.iter().map(|l| l.price_minor * l.quantity).sum()
    }

    /// What is left to pay back of what was ordered.
    pub fn refundable_minor(&self) -> i64 {
        self.ordered_minor() + self.postage_minor - self.refunded_minor()
    }

    /// Goods without postage, after units were removed.
    pub fn goods_minor(&self) -> i64 {
        self.lines
            .iter()
            .map(|l| l.price_minor * (l.quantity - l.removed))
            .sum()
    }

    /// What the shopper pays.
    pub fn total_minor(&self) -> i64 {
        self.goods_minor() + self.postage_minor
    }

    /// What was paid back.
    pub fn refunded_minor(&self) -> i64 {
        self.refunds.iter().map(|r| r.amount_minor).sum()
    }

    /// Neither cancelled nor wholly shipped.
    pub fn is_open(&self) -> bool {
        self.cancelled_at.is_none() && self.progress() != Progress::All
    }

    /// A line's position by its id.
    pub fn line_at(&self, id: u32) -> Option<usize> {
        self.lines.iter().position(|l| l.id == id)
    }
}

/// The leaky bucket, in millionths of a call.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bucket {
    pub level: i64,
    pub at: Ts,
}

/// The whole store.
#[derive(Debug, Default)]
pub struct Shop {
    /// First label of the store's domain.
    pub handle: String,
    /// 13 digits.
    pub store_id: String,
    pub merchant_id: String,
    pub access_token: String,
    /// Signs webhooks.
    pub app_secret: String,
    pub locations: Vec<ShopLocation>,
    pub products: Vec<ShopProduct>,
    pub variants: Vec<ShopVariant>,
    pub variant_by_sku: BTreeMap<String, usize>,
    pub variant_by_id: BTreeMap<String, usize>,
    pub variant_by_item: BTreeMap<String, usize>,
    pub product_by_id: BTreeMap<String, usize>,
    /// By variant, then location; `None` where the pair is not connected.
    pub levels: Vec<Vec<Option<ShopLevel>>>,
    pub orders: Vec<ShopOrder>,
    /// Orders deleted by the merchant: in no list any more.
    pub deleted: BTreeSet<usize>,
    pub order_by_id: BTreeMap<String, usize>,
    pub order_by_name: BTreeMap<String, usize>,
    /// (second of the last change, position)
    pub by_updated: BTreeSet<(i64, usize)>,
    pub hooks: Hooks,
    pub bucket: Bucket,
    /// Answers given, for trace ids and the order of members.
    pub answers_made: u64,
    /// Fulfilments, refunds and returns made, for their ids.
    pub parts_made: u64,
    /// While set, lists lag behind (a stale read).
    pub stale_since: Option<Ts>,
}

impl Shop {
    /// An order by its id.
    pub fn order(&self, id: &str) -> Option<&ShopOrder> {
        self.order_by_id.get(id).map(|ix| &self.orders[*ix])
    }

    /// A location by id.
    pub fn location(&self, id: &str) -> Option<usize> {
        self.locations.iter().position(|l| l.id == id)
    }

    /// A location by name.
    pub fn location_named(&self, name: &str) -> Option<usize> {
        self.locations.iter().position(|l| l.name == name)
    }

    /// Stock of a SKU at a location; `None` when either is unknown or they are not connected.
    pub fn level(&self, sku: &str, location: usize) -> Option<ShopLevel> {
        let variant = self.variant_by_sku.get(sku)?;
        self.levels.get(*variant)?.get(location).copied().flatten()
    }
}

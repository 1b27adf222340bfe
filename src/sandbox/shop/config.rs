//! What the simulated store is told when it is built: trade, people's mistakes, behaviours no source settles.

use crate::domain::time::Span;

/// The store as part of a sandbox.
#[derive(Debug, Clone, PartialEq)]
pub struct ShopConfig {
    /// Orders shoppers place in 24 hours; 0: the store stands still but answers.
    pub orders_per_day: u32,
    /// Orders already waiting when the world begins.
    pub opening_orders: u32,
    /// Scheme and host of the store, without a trailing slash; links to further pages name it.
    pub host: String,
    /// Beginning of the order numbers the connector uses in the warehouse, and its channel name there.
    pub wms_prefix: String,
    pub wms_channel: String,
    pub traits: ShopTraits,
    pub switches: ShopSwitches,
}

impl Default for ShopConfig {
    fn default() -> Self {
        Self {
            orders_per_day: 0,
            opening_orders: 0,
            host: "https://demo.myshopline.com".to_owned(),
            wms_prefix: "SL".to_owned(),
            wms_channel: "SHOPLINE".to_owned(),
            traits: ShopTraits::typical(),
            switches: ShopSwitches::default(),
        }
    }
}

/// People's mistakes and the store's irregularities. Numbers without a unit are chances per order, 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct ShopTraits {
    /// Orders placed unpaid, paid later.
    pub late_payers: f64,
    /// Orders whose payment is only authorised at first, captured later.
    pub authorised_first: f64,
    /// Orders whose shopper corrects the address afterwards.
    pub address_edits: f64,
    /// Orders whose lines staff change afterwards.
    pub line_edits: f64,
    /// Orders cancelled after they were placed.
    pub late_cancels: f64,
    /// Orders somebody ships by hand in the store's admin.
    pub fulfilled_by_hand: f64,
    /// Wholly shipped orders whose shopper sends something back.
    pub returns: f64,
    /// Earliest and latest time after shipping, minutes.
    pub return_after: (i64, i64),
    /// Paid orders of which a part is refunded without goods coming back.
    pub goodwill_refunds: f64,
    /// Wholly shipped orders the merchant archives.
    pub archived: f64,
    /// Orders with the one shipping rate that the demo mappings leave out.
    pub unmapped_rate: f64,
    /// Orders with a gift card among the lines.
    pub gift_cards: f64,
    /// Orders with their last line stocked in the shop with a till, not in the store's warehouse.
    pub split_locations: f64,
    /// Orders that do not say where their lines lie.
    pub no_location: f64,
    /// Orders with a line that has no SKU.
    pub no_sku: f64,
    /// Orders with names and addresses that break careless programs.
    pub hostile_text: f64,
    /// Share of the catalogue sold under a SKU that is not the warehouse's item code.
    pub foreign_sku: f64,
    /// Share of the catalogue whose figure is wrong at the start.
    pub opening_drift: f64,
    /// Units other channels of the store sell at the mapped location, a day; only while the store trades.
    pub other_sales_per_day: u32,
    /// Figures another app writes at the mapped location, a day; only while the store trades.
    pub other_writer_per_day: u32,
}

impl ShopTraits {
    /// A store without mistakes: every order paid at once, mapped, in stock, never changed.
    pub fn quiet() -> Self {
        Self {
            late_payers: 0.0,
            authorised_first: 0.0,
            address_edits: 0.0,
            line_edits: 0.0,
            late_cancels: 0.0,
            fulfilled_by_hand: 0.0,
            returns: 0.0,
            return_after: (24 * 60, 4 * 24 * 60),
            goodwill_refunds: 0.0,
            archived: 0.0,
            unmapped_rate: 0.0,
            gift_cards: 0.0,
            split_locations: 0.0,
            no_location: 0.0,
            no_sku: 0.0,
            hostile_text: 0.0,
            foreign_sku: 0.0,
            opening_drift: 0.0,
            other_sales_per_day: 0,
            other_writer_per_day: 0,
        }
    }

    /// An ordinary week in an ordinary store.
    pub fn typical() -> Self {
        Self {
            late_payers: 0.04,
            authorised_first: 0.02,
            address_edits: 0.015,
            line_edits: 0.01,
            late_cancels: 0.015,
            fulfilled_by_hand: 0.004,
            returns: 0.04,
            return_after: (24 * 60, 4 * 24 * 60),
            goodwill_refunds: 0.005,
            archived: 0.05,
            unmapped_rate: 0.02,
            gift_cards: 0.02,
            split_locations: 0.02,
            no_location: 0.02,
            no_sku: 0.004,
            hostile_text: 0.02,
            foreign_sku: 0.04,
            opening_drift: 0.04,
            other_sales_per_day: 20,
            other_writer_per_day: 6,
        }
    }
}

/// How errors are written. Normally one text; the official SDK also reads lists and maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorShape {
    /// `{"errors":"text"}`.
    Text,
    /// `{"errors":["text"]}`.
    List,
    /// `{"errors":{"base":["text"]}}`.
    Map,
}

/// Behaviours that no public source settles, and the store's settings; each default is the likelier reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopSwitches {
    /// Version segments that are served; any other is not found.
    pub versions: Vec<String>,
    /// Access scopes of the token; a call without its scope is refused with 403.
    pub scopes: Vec<String>,
    /// Calls the bucket holds.
    pub bucket_calls: u32,
    /// Calls that leak out of it each second.
    pub leak_per_second: u32,
    /// The enterprise plan: no bucket at all.
    pub is_unlimited: bool,
    /// Offset of the times in answers, minutes; recordings show +08:00.
    pub utc_offset_minutes: i32,
    pub error_shape: ErrorShape,
    /// Members of an object come in changing order, with an unknown one now and then.
    pub shuffles_members: bool,
    /// How long a place in a list stays good.
    pub cursor_lifetime: Span,
    /// The signature of webhooks is base64 (pages) instead of hexadecimal (official code).
    pub signs_base64: bool,
    /// Only 200 counts as taken; otherwise any success status does.
    pub only_200_counts: bool,
    /// Subscriptions may name plain http addresses.
    pub takes_plain_http: bool,
    /// Waits between attempts to deliver, in percent of the real ones.
    pub retry_percent: u32,
    /// A place that was never connected is connected by setting its figure.
    pub set_connects: bool,
}

/// Scopes of every call the sandbox serves.
pub const ALL_SCOPES: &[&str] = &[
    "read_orders",
    "write_orders",
    "read_assigned_fulfillment_orders",
    "write_assigned_fulfillment_orders",
    "read_inventory",
    "write_inventory",
    "read_location",
    "read_products",
    "read_returns",
    "write_returns",
    "read_store_information",
];

impl Default for ShopSwitches {
    fn default() -> Self {
        Self {
            versions: vec!["v20260601".to_owned()],
            scopes: ALL_SCOPES.iter().map(|s| (*s).to_owned()).collect(),
            bucket_calls: 40,
            leak_per_second: 4,
            is_unlimited: false,
            utc_offset_minutes: 480,
            error_shape: ErrorShape::Text,
            shuffles_members: true,
            cursor_lifetime: Span::hours(1),
            signs_base64: false,
            only_200_counts: false,
            takes_plain_http: false,
            retry_percent: 100,
            set_connects: true,
        }
    }
}

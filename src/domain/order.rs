//! Orders as the source knows them and their life in our books (the state graph).

use super::delivery::DespatchIntentLine;
use super::edits::FieldEdit;
use super::ids::{
    CarrierService, ItemCode, LocationId, OrderId, PairId, ServiceTag, SiteRef, Sku, SourceOrderId,
    WmsOrderNo,
};
use super::time::Ts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of an order in the source's own books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceStatus {
    /// Still to be shipped.
    Open,
    /// Shipped, as far as the source is concerned (Linnworks: processed).
    Processed,
    /// Cancelled in the source.
    Cancelled,
    /// The source no longer knows it (deleted, merged or split away).
    Gone,
}

/// Delivery details of the customer. All text is cleaned when it enters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
pub struct Address {
    pub name: String,
    pub company: String,
    pub line1: String,
    pub line2: String,
    pub line3: String,
    pub town: String,
    pub region: String,
    pub postcode: String,
    /// Country name or code exactly as the source gives it.
    pub country: String,
    pub email: String,
    pub phone: String,
}

/// A component of a kit line, multiplied out for the whole line.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Component {
    pub sku: Sku,
    pub qty_each: i64,
    pub barcode: String,
    pub title: String,
}

/// One line of a source order. Keyed by `row_id`, never by SKU: the same SKU may stand on two lines.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SourceLine {
    /// The source's own id of the line (Linnworks: `RowId`).
    pub row_id: String,
    pub sku: Sku,
    pub title: String,
    pub qty_each: i64,
    pub unit_price_minor: i64,
    /// Part of the quantity that the source itself waits for.
    #[serde(default)]
    pub backorder_each: i64,
    pub barcode: String,
    /// A fee or service: nothing to pick.
    pub is_service: bool,
    /// No stock item stands behind the line in the source.
    pub is_unlinked: bool,
    /// For a kit: what to pick, already multiplied out.
    pub components: Vec<Component>,
}

/// An order's whole content as last read from the source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SourceOrder {
    pub source_id: SourceOrderId,
    /// The number people see (Linnworks: `NumOrderId`).
    pub number: String,
    /// The channel's or customer's reference.
    pub reference: String,
    /// Where it was sold, for example `SHOPIFY / Acme UK`.
    pub channel: String,
    pub status: SourceStatus,
    pub is_paid: bool,
    /// A resend: released like a paid order.
    pub is_resend: bool,
    pub is_parked: bool,
    pub is_locked: bool,
    pub location: LocationId,
    /// The location is run by an outside fulfilment provider in the source's eyes.
    pub location_is_fulfilment_centre: bool,
    pub received_at: Ts,
    pub paid_at: Option<Ts>,
    pub ship_by: Option<Ts>,
    pub processed_at: Option<Ts>,
    pub service: ServiceTag,
    /// The source's id of the delivery service, resent unchanged when tracking is written.
    pub service_id: String,
    pub tracking: String,
    pub address: Address,
    pub currency: String,
    pub total_minor: i64,
    pub shipping_minor: i64,
    pub lines: Vec<SourceLine>,
    /// Its last change by the source's own clock, where the source tells. Not part of the content.
    #[serde(default)]
    pub changed_at: Option<Ts>,
    /// What the source shows as shipped, where it tells by parcel. Not part of the content.
    #[serde(default)]
    pub shipments: Vec<SourceShipment>,
    /// Money that went back, where the source tells. Not part of the content.
    #[serde(default)]
    pub refunds: Vec<SourceRefund>,
    /// Goods the customer asked to send back, where the source tells. Not part of the content.
    #[serde(default)]
    pub returns: Vec<SourceReturn>,
    /// Vendor values that later writes need (weights, postage, tasks …), as JSON.
    pub vendor_extra: serde_json::Value,
}

/// Units of a line that somebody speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClaimedUnits {
    /// The source's own id of the line.
    pub row_id: String,
    pub qty_each: i64,
}

/// Money that went back: a refund, or a credit note.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SourceRefund {
    pub id: String,
    pub at: Option<Ts>,
    /// Shipped goods it names; empty for money only.
    pub lines: Vec<ClaimedUnits>,
    /// Everything paid went back.
    pub is_whole: bool,
    /// `None` where the source does not tell.
    pub amount_minor: Option<i64>,
    /// What stands on it, for example the key of our own credit note.
    #[serde(default)]
    pub memo: String,
}

/// Where a customer's request to send goods back stands in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceReturnState {
    Requested,
    Open,
    Closed,
    Declined,
    Cancelled,
}

/// A customer's request to send goods back.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SourceReturn {
    pub id: String,
    pub state: SourceReturnState,
    pub at: Option<Ts>,
    pub reason: String,
    pub lines: Vec<ClaimedUnits>,
}

/// A parcel, or several under one entry, that the source shows as shipped.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SourceShipment {
    /// The source's own id.
    pub id: String,
    /// Tracking numbers; empty when none was given.
    pub tracking: Vec<String>,
    /// Units by line (`row_id`); empty when the source does not tell them.
    pub lines: Vec<(String, i64)>,
}

impl SourceOrder {
    /// The parts whose change matters to the warehouse, hashed. Tracking and processing do not count.
    pub fn revision(&self) -> String {
        let content = (
            (
                &self.number,
                &self.reference,
                self.is_paid,
                self.is_resend,
                self.is_parked,
                self.is_locked,
            ),
            (
                &self.location,
                &self.service,
                &self.address,
                &self.ship_by,
                &self.lines,
                &self.status,
            ),
        );
        super::hash::of_json(&content)
    }

    /// Units of a line in all shipments the source shows.
    pub fn shipped_each(&self, row_id: &str) -> i64 {
        self.shipments
            .iter()
            .flat_map(|s| &s.lines)
            .filter(|(row, _)| row == row_id)
            .map(|(_, each)| each)
            .sum()
    }

    /// Whether the source shows a parcel: by its tracking numbers, or, when it has none, by units of its lines beyond
    /// what earlier parcels held.
    pub fn shows(&self, numbers: &[&str], lines: &[DespatchIntentLine]) -> bool {
        if numbers.is_empty() {
            return lines
                .iter()
                .all(|l| self.shipped_each(&l.row_id) >= l.before_each + l.qty_each);
        }
        let is_same = |a: &str, b: &str| a.trim().eq_ignore_ascii_case(b.trim());
        self.shipments.iter().any(|shipment| {
            let has = |number: &&str| shipment.tracking.iter().any(|held| is_same(held, number));
            numbers.iter().all(has)
        })
    }

    /// The shipment that holds these goods under this tracking; no numbers mean that it has none.
    pub fn shipment_of(
        &self,
        numbers: &[&str],
        lines: &[DespatchIntentLine],
    ) -> Option<&SourceShipment> {
        let is_same = |a: &str, b: &str| a.trim().eq_ignore_ascii_case(b.trim());
        self.shipments.iter().find(|shipment| {
            let held: Vec<&String> = shipment.tracking.iter().filter(|n| !n.is_empty()).collect();
            let holds = |line: &DespatchIntentLine| {
                let found = shipment.lines.iter().find(|(row, _)| *row == line.row_id);
                found.is_some_and(|(_, each)| *each == line.qty_each)
            };
            held.len() == numbers.len()
                && held.iter().all(|h| numbers.iter().any(|n| is_same(h, n)))
                && (shipment.lines.is_empty() || lines.iter().all(holds))
        })
    }

    /// Lines that must be picked: kits by component, services left out.
    pub fn pick_lines(&self) -> Vec<PickLine> {
        let mut out = Vec::new();
        for (at, line) in self.lines.iter().enumerate() {
            if line.is_service {
                continue;
            }
            let ordinal = at + 1;
            if line.components.is_empty() {
                out.push(PickLine {
                    row_id: line.row_id.clone(),
                    line_ref: format!("{ordinal}"),
                    sku: line.sku.clone(),
                    title: line.title.clone(),
                    barcode: line.barcode.clone(),
                    qty_each: line.qty_each,
                    unit_price_minor: line.unit_price_minor,
                    is_unlinked: line.is_unlinked,
                });
            } else {
                for (part, component) in line.components.iter().enumerate() {
                    out.push(PickLine {
                        row_id: line.row_id.clone(),
                        line_ref: format!("{ordinal}.{}", part + 1),
                        sku: component.sku.clone(),
                        title: component.title.clone(),
                        barcode: component.barcode.clone(),
                        qty_each: component.qty_each,
                        unit_price_minor: 0,
                        is_unlinked: false,
                    });
                }
            }
        }
        out
    }
}

/// One line the warehouse must pick.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PickLine {
    pub row_id: String,
    /// Reference of the line in the warehouse: the ordinal, at most 16 characters.
    pub line_ref: String,
    pub sku: Sku,
    pub title: String,
    pub barcode: String,
    pub qty_each: i64,
    pub unit_price_minor: i64,
    pub is_unlinked: bool,
}

/// The order as it shall stand in the warehouse: every mapping applied.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WmsOrderIntent {
    pub number: WmsOrderNo,
    /// Technical source id, kept in the warehouse's customer PO reference.
    pub po_reference: String,
    pub channel: String,
    pub site: SiteRef,
    pub service: CarrierService,
    pub address: Address,
    pub requested_by: Option<Ts>,
    pub created_at: Ts,
    pub currency: String,
    pub total_minor: i64,
    pub shipping_minor: i64,
    /// Whether the warehouse may ship in parts.
    pub is_partial_allowed: bool,
    pub lines: Vec<WmsLineIntent>,
    /// Versions of the mapping rows that were used, for the record.
    pub mapping_versions: Vec<(i64, i64)>,
    /// How the site was chosen; absent from orders stored before it was kept.
    #[serde(default)]
    pub routed: Option<Routed>,
}

/// How an order came to its site, decided once and kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Routed {
    /// Where the source said its goods lie when the site was chosen; empty when it did not say.
    pub location: LocationId,
    /// Name of the routing rule, of the location when its own mapping decided, or of the person who chose.
    pub rule: String,
    /// What made the rule fit, in words.
    pub why: String,
}

/// One line of an intended warehouse order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WmsLineIntent {
    pub line_ref: String,
    /// The source's line this came from.
    pub row_id: String,
    pub sku: Sku,
    pub item: ItemCode,
    pub qty_each: i64,
    pub unit_price_minor: i64,
}

impl WmsOrderIntent {
    /// Hash of what the warehouse will hold; equal hashes mean nothing needs writing.
    pub fn content_hash(&self) -> String {
        super::hash::of_json(&(
            (
                &self.number,
                &self.po_reference,
                &self.channel,
                &self.site,
                &self.service,
            ),
            (
                &self.address,
                &self.requested_by,
                &self.lines,
                self.is_partial_allowed,
            ),
        ))
    }
}

macro_rules! coded_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $code:literal, $text:literal;)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vmeta])* $variant),* }

        impl $name {
            /// Every value, in order of its code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The number kept in the store.
            pub const fn code(self) -> i64 {
                match self { $(Self::$variant => $code),* }
            }

            /// From the number kept in the store.
            pub const fn from_code(code: i64) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }

            /// The name used on screen, in JSON and in filters.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// From the name, ignoring case.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.as_str().eq_ignore_ascii_case(text))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!(
                    "{text:?} is not a {}", stringify!($name))))
            }
        }
    };
}
pub(crate) use coded_enum;

coded_enum! {
    /// Where an order stands between the two systems.
    OrderState {
        Received = 0, "received";
        HeldPayment = 1, "held_payment";
        HeldSource = 2, "held_source";
        Ready = 3, "ready";
        Checking = 4, "checking";
        Blocked = 5, "blocked";
        Queued = 6, "queued";
        Sending = 7, "sending";
        InDoubt = 8, "in_doubt";
        InWarehouse = 10, "in_warehouse";
        Allocated = 11, "allocated";
        Picking = 12, "picking";
        Packing = 13, "packing";
        PartDespatched = 14, "part_despatched";
        Backordered = 15, "backordered";
        AmendReview = 16, "amend_review";
        CancelReview = 17, "cancel_review";
        Despatched = 20, "despatched";
        Confirming = 21, "confirming";
        Confirmed = 22, "confirmed";
        Notified = 23, "notified";
        Closed = 24, "closed";
        Cancelled = 30, "cancelled";
        OrphanSource = 31, "orphan_source";
        OrphanWarehouse = 32, "orphan_warehouse";
        Returning = 33, "returning";
    }
}

impl OrderState {
    /// Accepted from the customer and not yet in the warehouse: counted as unsent units.
    pub const fn is_before_warehouse(self) -> bool {
        self.code() <= Self::InDoubt.code()
    }

    /// In the warehouse's hands and not yet shipped.
    pub const fn is_in_warehouse(self) -> bool {
        self.code() >= Self::InWarehouse.code() && self.code() <= Self::CancelReview.code()
    }

    /// Shipped, whether the source shows it or not.
    pub const fn has_left(self) -> bool {
        self.code() >= Self::Despatched.code() && self.code() <= Self::Closed.code()
    }

    /// Nothing further is expected.
    pub const fn is_finished(self) -> bool {
        matches!(
            self,
            Self::Closed | Self::Cancelled | Self::Notified | Self::Confirmed
        )
    }
}

/// An order's row: what lists show and decisions need, without the bulky body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRow {
    pub id: OrderId,
    pub pair: PairId,
    pub source_id: SourceOrderId,
    pub number: String,
    pub reference: String,
    pub channel: String,
    pub wms_number: Option<WmsOrderNo>,
    /// 1 for the first order sent, 2 after a cancel-and-recreate.
    pub wms_revision: i64,
    pub state: OrderState,
    pub source_status: SourceStatus,
    pub location: LocationId,
    pub site: Option<SiteRef>,
    pub service: ServiceTag,
    pub carrier_service: Option<CarrierService>,
    /// Status text last read in the warehouse, verbatim.
    pub wms_status: Option<String>,
    pub is_on_hold: bool,
    pub ship_by: Option<Ts>,
    pub value_minor: i64,
    pub currency: String,
    pub units: i64,
    pub postcode_district: String,
    pub customer_initials: String,
    pub country: String,
    pub tracking: String,
    /// Revision hash of the source content last decided on.
    pub source_revision: String,
    /// Content hash of the warehouse order last accepted.
    pub sent_hash: Option<String>,
    /// In one line: why it is not moving. Empty when it moves.
    pub blocked_by: String,
    /// Polls in a row in which an order known as open was absent from the source's open list.
    pub missing_polls: i64,
    pub received_at: Ts,
    pub released_at: Option<Ts>,
    pub first_sent_at: Option<Ts>,
    pub accepted_at: Option<Ts>,
    pub despatched_at: Option<Ts>,
    pub confirmed_at: Option<Ts>,
    pub notified_at: Option<Ts>,
    /// When the source content was last read.
    pub source_read_at: Ts,
    /// When the state last changed.
    pub state_since: Ts,
    /// A person holds it back: the reason. `None` when not held.
    pub held_reason: Option<String>,
    /// Row version; a save against an older one is refused.
    pub version: i64,
    pub updated_at: Ts,
}

/// The bulky part of an order: what the source says and what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderBody {
    pub source: SourceOrder,
    /// The warehouse order last sent or being sent.
    pub intent: Option<WmsOrderIntent>,
    /// Where a person said it ships from, once.
    #[serde(default)]
    pub site_choice: Option<SiteChoice>,
    /// Text a person corrected for the send.
    #[serde(default)]
    pub edits: Vec<FieldEdit>,
}

/// A site a person chose for one order. It counts until the warehouse has the order, as long as the source says the same
/// location: whoever moves the goods in the source decides anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteChoice {
    pub site: SiteRef,
    /// Where the source said the goods lie when it was chosen.
    pub location: LocationId,
    pub who: String,
    pub reason: String,
}

/// One order line in our books; quantities per line are what confirmation and stock arithmetic use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    pub line_ref: String,
    pub row_id: String,
    pub sku: Sku,
    pub item: Option<ItemCode>,
    pub title: String,
    pub qty_each: i64,
    pub despatched_each: i64,
    pub confirmed_each: i64,
    pub unit_price_minor: i64,
}

/// An order with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderFull {
    pub row: OrderRow,
    pub body: OrderBody,
    pub lines: Vec<OrderLine>,
}
impl OrderFull {
    /// How its site was chosen, once it was.
    pub fn routed(&self) -> Option<&Routed> {
        self.body.intent.as_ref()?.routed.as_ref()
    }
}

/// Units by SKU.
pub fn goods<'a>(lines: impl Iterator<Item = (&'a Sku, i64)>) -> BTreeMap<&'a str, i64> {
    let mut goods = BTreeMap::new();
    for (sku, units) in lines {
        *goods.entry(sku.as_str()).or_insert(0) += units;
    }
    goods
}

//! What the simulated ERP holds.

use super::decimal::Dec;
use crate::domain::time::Ts;
use crate::sandbox::rng::Guid;
use chrono::NaiveDate;
use std::collections::{BTreeMap, VecDeque};

/// A bin of a location.
#[derive(Debug, Clone)]
pub struct Cin7Bin {
    pub id: Guid,
    pub name: String,
}

/// A warehouse, or another place that holds stock.
#[derive(Debug, Clone)]
pub struct Cin7Location {
    pub id: Guid,
    pub name: String,
    pub is_default: bool,
    pub is_deprecated: bool,
    pub bins: Vec<Cin7Bin>,
}

/// A product.
#[derive(Debug, Clone)]
pub struct Cin7Product {
    pub id: Guid,
    pub sku: String,
    pub name: String,
    pub barcode: String,
    pub category: String,
    pub price: Dec,
    pub cost: Dec,
    pub weight_grams: i64,
    /// Type `Service`: nothing lies on a shelf.
    pub is_service: bool,
    /// Costing method with batches: every movement names one.
    pub is_batched: bool,
    pub is_deprecated: bool,
    pub modified_at: Ts,
}

/// Where exactly stock lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    pub product: usize,
    pub location: usize,
    /// `None`: in the warehouse without a bin.
    pub bin: Option<usize>,
    /// Empty for products without batches.
    pub batch: String,
    pub expiry: Option<NaiveDate>,
}

/// Stock of one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stock {
    pub on_hand: Dec,
    /// Picked and not shipped: allocated here and nowhere else.
    pub picked: Dec,
    pub on_order: Dec,
}

/// Kind of a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// One fulfilment, one invoice, one credit note.
    #[default]
    Simple,
    Advanced,
    /// No stock, no fulfilment.
    Service,
}

/// Status of a document: quote, order, pick, pack, ship, invoice, credit note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stand {
    #[default]
    NotAvailable,
    Draft,
    /// Orders only: authorised without allocating stock.
    AuthorisedUnallocated,
    /// Shipments only: some boxes.
    PartlyAuthorised,
    Authorised,
    /// Invoices only.
    Paid,
    Voided,
}

impl Stand {
    /// The word as Cin7 Core writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotAvailable => "NOT AVAILABLE",
            Self::Draft => "DRAFT",
            Self::AuthorisedUnallocated => "AUTH_NO_ALLOC",
            Self::PartlyAuthorised => "PARTIALLY AUTHORISED",
            Self::Authorised => "AUTHORISED",
            Self::Paid => "PAID",
            Self::Voided => "VOIDED",
        }
    }

    /// Can still be written.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::NotAvailable | Self::Draft)
    }

    /// Approved: final but for undoing.
    pub const fn is_authorised(self) -> bool {
        matches!(
            self,
            Self::Authorised | Self::AuthorisedUnallocated | Self::Paid
        )
    }
}

/// Where a sale goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cin7Address {
    pub company: String,
    pub contact: String,
    pub line1: String,
    pub line2: String,
    pub city: String,
    pub state: String,
    pub postcode: String,
    /// ISO code of two letters; answers may ask for the name.
    pub country: String,
}

/// A line of an order.
#[derive(Debug, Clone)]
pub struct Cin7Line {
    pub product: usize,
    pub quantity: Dec,
    pub price: Dec,
    pub discount_percent: Dec,
    pub is_drop_ship: bool,
    pub comment: String,
    /// Allocated at the sale's location and not picked yet.
    pub reserved: Dec,
    /// Waiting for stock.
    pub backorder: Dec,
}

/// A line of a pick or a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageLine {
    pub slot: Slot,
    pub quantity: Dec,
    /// Packs only.
    pub box_name: String,
}

/// A pick or a pack.
#[derive(Debug, Clone, Default)]
pub struct Stage {
    pub status: Stand,
    pub lines: Vec<StageLine>,
}

/// A line of a shipment: boxes under one tracking number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShipLine {
    pub id: Guid,
    pub date: Option<NaiveDate>,
    pub carrier: String,
    pub boxes: Vec<String>,
    pub tracking: String,
    pub is_shipped: bool,
}

/// A shipment.
#[derive(Debug, Clone, Default)]
pub struct Ship {
    pub status: Stand,
    pub require_by: Option<NaiveDate>,
    pub notes: String,
    pub lines: Vec<ShipLine>,
}

/// One fulfilment of a sale.
#[derive(Debug, Clone)]
pub struct Fulfilment {
    /// The sale's own id on simple sales.
    pub task: Guid,
    pub number: usize,
    pub pick: Stage,
    pub pack: Stage,
    pub ship: Ship,
    pub invoice_number: String,
}

impl Fulfilment {
    /// A fulfilment nothing was done to.
    pub fn new(task: Guid, number: usize, pick: Stand) -> Self {
        Self {
            task,
            number,
            pick: Stage {
                status: pick,
                lines: Vec::new(),
            },
            pack: Stage::default(),
            ship: Ship::default(),
            invoice_number: String::new(),
        }
    }

    /// Voided fulfilments stay listed.
    pub fn is_voided(&self) -> bool {
        self.pick.status == Stand::Voided
    }

    /// Nobody has done anything to it.
    pub fn is_untouched(&self) -> bool {
        self.pick.status.is_open() && self.pick.lines.is_empty()
    }

    /// Lines in boxes that have left.
    pub fn shipped(&self) -> impl Iterator<Item = &StageLine> {
        self.pack
            .lines
            .iter()
            .filter(|l| self.is_box_shipped(&l.box_name))
    }

    /// Whether a box has left.
    pub fn is_box_shipped(&self, name: &str) -> bool {
        let has_it = |line: &ShipLine| line.is_shipped && line.boxes.iter().any(|b| b == name);
        matches!(
            self.ship.status,
            Stand::PartlyAuthorised | Stand::Authorised
        ) && self.ship.lines.iter().any(has_it)
    }
}

/// An invoice, as far as returns need it.
#[derive(Debug, Clone)]
pub struct Invoice {
    pub task: Guid,
    pub number: String,
    pub status: Stand,
    pub date: NaiveDate,
    pub total: Dec,
    pub tax: Dec,
    pub fulfilment: Option<usize>,
}

/// A line of money of a credit note.
#[derive(Debug, Clone)]
pub struct CreditLine {
    pub product: usize,
    pub quantity: Dec,
    pub price: Dec,
    pub discount_percent: Dec,
    pub tax: Dec,
    pub total: Dec,
    pub tax_rule: String,
    pub account: String,
}

/// Goods a credit note puts back.
#[derive(Debug, Clone)]
pub struct RestockLine {
    /// Where they had been picked.
    pub from: Slot,
    /// Where they go.
    pub to: Slot,
    pub quantity: Dec,
    pub date: Option<NaiveDate>,
}

/// A credit note.
#[derive(Debug, Clone)]
pub struct CreditNote {
    pub task: Guid,
    pub number: String,
    pub status: Stand,
    pub invoice_number: String,
    pub memo: String,
    pub date: NaiveDate,
    pub lines: Vec<CreditLine>,
    pub restock: Vec<RestockLine>,
}

/// A sale.
#[derive(Debug, Clone)]
pub struct Cin7Sale {
    pub id: Guid,
    /// `SO-01042` without the letters.
    pub number: i64,
    pub kind: Kind,
    pub customer: String,
    pub customer_id: Guid,
    pub contact: String,
    pub phone: String,
    pub email: String,
    /// `CustomerReference`.
    pub reference: String,
    pub external_id: String,
    pub note: String,
    pub shipping_notes: String,
    pub channel: String,
    /// Description of a carrier; empty for none.
    pub carrier: String,
    /// Default pick location.
    pub location: usize,
    pub address: Cin7Address,
    pub skip_quote: bool,
    pub quote: Stand,
    pub order: Stand,
    pub memo: String,
    pub date: NaiveDate,
    pub ship_by: Option<NaiveDate>,
    pub created_at: Ts,
    pub updated_at: Ts,
    pub lines: Vec<Cin7Line>,
    /// Description and amount of charges beside goods.
    pub charges: Vec<(String, Dec)>,
    pub fulfilments: Vec<Fulfilment>,
    pub invoices: Vec<Invoice>,
    pub credit_notes: Vec<CreditNote>,
    pub is_voided: bool,
}

impl Cin7Sale {
    /// The number people know.
    pub fn number_text(&self) -> String {
        format!("SO-{:05}", self.number)
    }

    /// Fulfilments that count.
    pub fn live(&self) -> impl Iterator<Item = &Fulfilment> {
        self.fulfilments.iter().filter(|f| !f.is_voided())
    }

    /// Every tracking number so far, in order, each once.
    pub fn tracking(&self) -> Vec<&str> {
        let mut out: Vec<&str> = Vec::new();
        for line in self.live().flat_map(|f| &f.ship.lines) {
            if !line.tracking.is_empty() && !out.contains(&line.tracking.as_str()) {
                out.push(&line.tracking);
            }
        }
        out
    }

    /// Units of a product ordered on all lines.
    pub fn ordered(&self, product: usize) -> Dec {
        let of_it = self.lines.iter().filter(|l| l.product == product);
        of_it.map(|l| l.quantity).sum()
    }

    /// Units of a product picked and authorised.
    pub fn picked(&self, product: usize) -> Dec {
        self.live()
            .filter(|f| f.pick.status == Stand::Authorised)
            .flat_map(|f| &f.pick.lines)
            .filter(|l| l.slot.product == product)
            .map(|l| l.quantity)
            .sum()
    }
}

/// A stock adjustment's line.
#[derive(Debug, Clone)]
pub struct AdjustedLine {
    pub slot: Slot,
    /// As written: the new figure.
    pub target: Dec,
    pub on_hand_before: Dec,
    pub available_before: Dec,
    pub unit_cost: Dec,
    /// There was a slot before.
    pub is_existing: bool,
    pub comments: String,
}

/// A stock adjustment.
#[derive(Debug, Clone)]
pub struct Cin7Adjustment {
    pub task: Guid,
    pub number: String,
    /// `DRAFT`, `COMPLETED` or `VOIDED`.
    pub status: &'static str,
    pub effective: NaiveDate,
    pub account: String,
    pub reference: String,
    pub comment: String,
    pub aims_at_on_hand: bool,
    pub lines: Vec<AdjustedLine>,
}

/// The whole account.
#[derive(Debug, Default)]
pub struct Cin7 {
    pub account_id: Guid,
    pub application_key: Guid,
    pub locations: Vec<Cin7Location>,
    /// Id and description.
    pub carriers: Vec<(Guid, String)>,
    pub products: Vec<Cin7Product>,
    pub product_by_sku: BTreeMap<String, usize>,
    pub product_by_id: BTreeMap<Guid, usize>,
    pub stock: BTreeMap<Slot, Stock>,
    /// Allocated to sales and not picked, by product and location.
    pub reserved: BTreeMap<(usize, usize), Dec>,
    pub sales: Vec<Cin7Sale>,
    pub sale_by_id: BTreeMap<Guid, usize>,
    /// Sales with lines waiting for stock, oldest first.
    pub waiting: std::collections::BTreeSet<usize>,
    pub adjustments: Vec<Cin7Adjustment>,
    pub hooks: super::hooks::Cin7Hooks,
    /// Ids given out so far.
    pub ids_made: u64,
    pub invoices_made: u64,
    pub credit_notes_made: u64,
    /// Times of the calls of the last minute.
    pub calls: VecDeque<Ts>,
    /// While set, the list of sales does not show changes any younger (a stale read).
    pub stale_since: Option<Ts>,
}

impl Cin7 {
    /// A sale by the text of its id.
    pub fn sale(&self, id: &str) -> Option<&Cin7Sale> {
        let ix = self.sale_by_id.get(&Guid::parse(id)?)?;
        self.sales.get(*ix)
    }

    /// A location by its name, ignoring case.
    pub fn location_named(&self, name: &str) -> Option<usize> {
        let is_it = |l: &Cin7Location| l.name.eq_ignore_ascii_case(name.trim());
        self.locations.iter().position(is_it)
    }

    /// Sale and fulfilment of a task.
    pub fn task(&self, task: Guid) -> Option<(usize, usize)> {
        let of = |sale: &Cin7Sale| sale.fulfilments.iter().position(|f| f.task == task);
        if let Some(at) = self.sale_by_id.get(&task)
            && let Some(f) = of(&self.sales[*at])
        {
            return Some((*at, f));
        }
        // Newest first: tasks of old sales are hardly asked for.
        (0..self.sales.len())
            .rev()
            .find_map(|s| of(&self.sales[s]).map(|f| (s, f)))
    }

    /// Units on hand of a SKU at a location, over bins and batches.
    pub fn on_hand(&self, sku: &str, location: usize) -> Dec {
        self.sum(sku, location, |stock| stock.on_hand)
    }

    /// Units allocated of a SKU at a location.
    pub fn allocated(&self, sku: &str, location: usize) -> Dec {
        let soft = self
            .product_by_sku
            .get(sku)
            .and_then(|p| self.reserved.get(&(*p, location)))
            .copied()
            .unwrap_or_default();
        soft + self.sum(sku, location, |stock| stock.picked)
    }

    fn sum(&self, sku: &str, location: usize, of: impl Fn(&Stock) -> Dec) -> Dec {
        self.product_by_sku.get(sku).map_or(Dec::ZERO, |p| {
            self.slots(*p, location).map(|(_, s)| of(s)).sum()
        })
    }

    /// Slots of a product at a location, in order of bin, batch and expiry.
    pub fn slots(&self, product: usize, location: usize) -> impl Iterator<Item = (&Slot, &Stock)> {
        let from = Slot {
            product,
            location,
            bin: None,
            batch: String::new(),
            expiry: None,
        };
        self.stock
            .range(from..)
            .take_while(move |(s, _)| s.product == product && s.location == location)
    }

    /// Name of a slot's place: the location, or `Location: Bin`.
    pub fn place_name(&self, slot: &Slot) -> String {
        let location = &self.locations[slot.location];
        match slot.bin {
            Some(bin) => format!("{}: {}", location.name, location.bins[bin].name),
            None => location.name.clone(),
        }
    }

    /// Id of a slot's place: the location's, or the bin's.
    pub fn place_id(&self, slot: &Slot) -> Guid {
        let location = &self.locations[slot.location];
        slot.bin.map_or(location.id, |bin| location.bins[bin].id)
    }
}

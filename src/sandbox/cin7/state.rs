//! What the simulated ERP holds.

use super::decimal::Dec;
use super::sale::Cin7Sale;
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
    /// SKU, location and on hand a colleague will set when the next adjustment arrives.
    pub meddling: Option<(String, String, i64)>,
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

//! What the simulated warehouse holds.

use crate::domain::time::Ts;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Sales order status, with the number older tenants show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub enum PvxStatus {
    New = 0,
    BackOrder = 1,
    Allocated = 2,
    Picked = 3,
    Packed = 4,
    Despatched = 5,
    Cancelled = 6,
    PartAllocated = 7,
    PartPicked = 8,
    PartDespatched = 9,
}

impl PvxStatus {
    /// Every status.
    pub const ALL: [Self; 10] = [
        Self::New,
        Self::BackOrder,
        Self::Allocated,
        Self::Picked,
        Self::Packed,
        Self::Despatched,
        Self::Cancelled,
        Self::PartAllocated,
        Self::PartPicked,
        Self::PartDespatched,
    ];

    /// The name as shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::BackOrder => "Back order",
            Self::Allocated => "Allocated",
            Self::Picked => "Picked",
            Self::Packed => "Packed",
            Self::Despatched => "Despatched",
            Self::Cancelled => "Cancelled",
            Self::PartAllocated => "Partially allocated",
            Self::PartPicked => "Partially picked",
            Self::PartDespatched => "Partially despatched",
        }
    }

    /// Nothing more happens to the order.
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Despatched | Self::Cancelled)
    }

    /// The floor has not touched the order yet.
    pub const fn is_before_picking(self) -> bool {
        matches!(
            self,
            Self::New | Self::BackOrder | Self::Allocated | Self::PartAllocated
        )
    }
}

/// A building.
#[derive(Debug, Clone)]
pub struct Site {
    pub reference: String,
    pub name: String,
}

/// A carrier service; `code` is what orders carry.
#[derive(Debug, Clone)]
pub struct Service {
    pub carrier: String,
    pub name: String,
    pub code: String,
}

/// An item of the warehouse. A deactivated one has `~D~` in front of its code.
#[derive(Debug, Clone)]
pub struct PvxItem {
    pub code: String,
    pub name: String,
    pub barcode: String,
    pub group: String,
    pub is_deleted: bool,
    /// Other columns of the template, by position.
    pub texts: BTreeMap<usize, String>,
    pub retail_minor: i64,
    pub weight_grams: i64,
}

/// Stock of one item at one site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shelf {
    pub on_hand: i64,
    /// Allocated and not yet despatched.
    pub allocated: i64,
}

impl Shelf {
    /// Free to sell; never below zero, as the reports show it.
    pub fn available(self) -> i64 {
        (self.on_hand - self.allocated).max(0)
    }
}

/// A line of a sales order.
#[derive(Debug, Clone)]
pub struct PvxLine {
    pub item: usize,
    pub line: String,
    pub sequence: i64,
    pub ordered: i64,
    pub allocated: i64,
    pub picked: i64,
    pub despatched: i64,
    pub price_minor: i64,
    pub requested: Option<Ts>,
    pub created_at: Ts,
}

/// A sales order.
#[derive(Debug, Clone)]
pub struct PvxOrder {
    pub number: String,
    pub po_reference: String,
    pub status: PvxStatus,
    pub status_at: Ts,
    /// Status before the last change, for stale reads.
    pub status_before: PvxStatus,
    /// Shown instead of the status name, until the time.
    pub odd_status: Option<(String, Ts)>,
    pub is_on_hold: bool,
    pub is_partial: bool,
    pub site: usize,
    pub service: String,
    pub channel: String,
    pub created_at: Ts,
    pub created_date: Option<Ts>,
    pub requested: Option<Ts>,
    pub tracking: String,
    /// Other columns of the template, by position.
    pub texts: BTreeMap<usize, String>,
    pub lines: Vec<PvxLine>,
    pub despatches: Vec<usize>,
    /// Saved with "do not allocate".
    pub may_allocate: bool,
    /// Rises when floor work already planned no longer counts.
    pub floor_plan: u32,
    /// Floor work is planned or going on.
    pub is_on_floor: bool,
}

/// Goods of an order leaving together.
#[derive(Debug, Clone)]
pub struct Despatch {
    pub number: String,
    pub order: usize,
    pub at: Ts,
    /// When reports begin to show it; `Ts::NEVER` for a lost one.
    pub shown_at: Ts,
    pub carrier: String,
    pub service_name: String,
    pub service_code: String,
    pub tracking: String,
    /// (position of the line in the order, quantity)
    pub lines: Vec<(usize, i64)>,
}

/// A change of availability, for the incremental report.
#[derive(Debug, Clone, Copy)]
pub struct StockChange {
    pub at: Ts,
    pub item: usize,
    pub site: usize,
    pub available: i64,
}

/// A movement of goods, for the movement history. An end that is empty lies outside the building.
#[derive(Debug, Clone)]
pub struct StockMovement {
    /// History id, counted up.
    pub id: i64,
    pub at: Ts,
    pub item: usize,
    pub site: usize,
    /// Always positive.
    pub quantity: i64,
    pub from: &'static str,
    pub to: &'static str,
    pub comment: &'static str,
    pub reason: &'static str,
    /// Number of the order the goods moved for.
    pub order: String,
}

impl StockMovement {
    /// Signed change of the site's on hand.
    pub const fn change(&self) -> i64 {
        match (self.from.is_empty(), self.to.is_empty()) {
            (true, false) => self.quantity,
            (false, true) => -self.quantity,
            _ => 0,
        }
    }
}

/// A customer record of the warehouse.
#[derive(Debug, Clone, Default)]
pub struct PvxCustomer {
    pub name: String,
    pub reference: String,
    pub texts: BTreeMap<usize, String>,
}

/// A session.
#[derive(Debug, Clone, Copy)]
pub struct Session {
    pub expires_at: Ts,
}

/// The whole warehouse.
#[derive(Debug, Default)]
pub struct Pvx {
    pub client_id: String,
    pub username: String,
    pub password: String,
    pub sites: Vec<Site>,
    pub carriers: Vec<(String, String)>,
    pub services: Vec<Service>,
    pub customers: Vec<PvxCustomer>,
    pub items: Vec<PvxItem>,
    pub item_by_code: HashMap<String, usize>,
    pub item_by_barcode: HashMap<String, usize>,
    /// By item, then site.
    pub stock: Vec<Vec<Shelf>>,
    pub orders: Vec<PvxOrder>,
    pub order_by_number: HashMap<String, usize>,
    /// Orders neither despatched nor cancelled.
    pub open: BTreeSet<usize>,
    /// Open orders that want stock, by item and site.
    pub wanting: BTreeMap<(usize, usize), BTreeSet<usize>>,
    pub despatches: Vec<Despatch>,
    pub changes: Vec<StockChange>,
    /// Oldest first.
    pub movements: Vec<StockMovement>,
    pub returns: super::returns::Returns,
    pub sessions: HashMap<String, Session>,
    /// Sessions that ended, so that "expired" and "unknown" can be told apart.
    pub ended_sessions: BTreeSet<String>,
    pub sessions_made: u64,
    /// While set, lists do not show anything younger (a stale read).
    pub stale_since: Option<Ts>,
    /// While set, statuses are shown as a text nobody knows.
    pub shows_odd_status: bool,
}

impl Pvx {
    /// A service by its code.
    pub fn service(&self, code: &str) -> Option<&Service> {
        self.services.iter().find(|s| s.code == code)
    }

    /// A site by its reference; the pseudo-site is not one.
    pub fn site(&self, reference: &str) -> Option<usize> {
        self.sites.iter().position(|s| s.reference == reference)
    }

    /// An order by its number.
    pub fn order(&self, number: &str) -> Option<&PvxOrder> {
        self.order_by_number.get(number).map(|ix| &self.orders[*ix])
    }

    /// Shelf of an item at a site.
    pub fn shelf(&self, item: usize, site: usize) -> Shelf {
        self.stock
            .get(item)
            .and_then(|s| s.get(site))
            .copied()
            .unwrap_or_default()
    }

    /// Units on hand of an item code over all sites.
    pub fn on_hand(&self, code: &str) -> i64 {
        self.item_by_code
            .get(code)
            .map_or(0, |ix| self.stock[*ix].iter().map(|s| s.on_hand).sum())
    }
}

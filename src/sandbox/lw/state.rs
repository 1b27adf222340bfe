//! What the simulated sales system holds.

use crate::domain::time::Ts;
use crate::sandbox::rng::Guid;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Status numbers of an order.
pub mod status {
    pub const UNPAID: u8 = 0;
    pub const PAID: u8 = 1;
    pub const RETURN: u8 = 2;
    pub const PENDING: u8 = 3;
    pub const RESEND: u8 = 4;
}

/// The tag that parks an order.
pub const MARKER_PARKED: u8 = 7;

/// A stock location.
#[derive(Debug, Clone)]
pub struct LwLocation {
    pub id: Guid,
    pub name: String,
    pub is_fulfilment_centre: bool,
    /// Fulfilment centre: its open orders count in stock.
    pub counts_orders: bool,
    /// Fulfilment centre: processing lowers the level.
    pub deducts: bool,
}

impl LwLocation {
    /// Open orders here reserve stock.
    pub fn reserves(&self) -> bool {
        !self.is_fulfilment_centre || self.counts_orders
    }

    /// Processing an order here lowers the level.
    pub fn lowers(&self) -> bool {
        !self.is_fulfilment_centre || self.deducts
    }
}

/// A postal service.
#[derive(Debug, Clone)]
pub struct LwService {
    pub id: Guid,
    pub name: String,
    pub vendor: String,
    pub code: String,
    pub is_tracking_required: bool,
}

/// A stock item.
#[derive(Debug, Clone)]
pub struct LwItem {
    pub id: Guid,
    pub sku: String,
    pub title: String,
    pub barcode: String,
    pub category: String,
    pub price_minor: i64,
    pub weight_grams: i64,
    /// A kit: (component, quantity per kit).
    pub components: Vec<(usize, i64)>,
    /// Archived items do not show in listings.
    pub is_archived: bool,
}

/// Stock of one item at one location.
#[derive(Debug, Clone)]
pub struct Level {
    pub level: i64,
    pub in_orders: i64,
    pub updated_at: Ts,
    pub operation: Arc<str>,
}

/// A row of an item's stock history.
#[derive(Debug, Clone)]
pub struct History {
    pub item: usize,
    pub location: usize,
    pub at: Ts,
    pub level: i64,
    pub change: i64,
    pub note: Arc<str>,
}

/// A line.
#[derive(Debug, Clone)]
pub struct LwLine {
    pub row: Guid,
    /// `None`: unlinked.
    pub item: Option<usize>,
    pub sku: String,
    pub title: String,
    pub quantity: i64,
    pub price_minor: i64,
    pub is_service: bool,
    pub channel_number: String,
}

/// Where goods go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LwAddress {
    pub name: String,
    pub company: String,
    pub line1: String,
    pub line2: String,
    pub line3: String,
    pub town: String,
    pub region: String,
    pub postcode: String,
    pub country: usize,
    pub email: String,
    pub phone: String,
}

/// A note on an order.
#[derive(Debug, Clone)]
pub struct Note {
    pub id: Guid,
    pub at: Ts,
    pub text: String,
    pub is_internal: bool,
    pub author: String,
}

/// A row of the audit trail.
#[derive(Debug, Clone)]
pub struct Audit {
    pub at: Ts,
    pub kind: &'static str,
    pub tag: &'static str,
    pub note: String,
    pub user: String,
}

/// Which book an order stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Book {
    Open,
    Processed(Ts),
    Cancelled(Ts),
    /// Deleted, merged or split away: in no book.
    Gone(Ts),
}

/// An order.
#[derive(Debug, Clone)]
pub struct LwOrder {
    pub id: Guid,
    pub number: i64,
    pub status: u8,
    pub marker: Option<u8>,
    pub is_parked: bool,
    pub is_locked: bool,
    pub reference: String,
    pub source: &'static str,
    pub sub_source: &'static str,
    pub received_at: Ts,
    /// When it came into Linnworks (a stale list does not show younger ones).
    pub created_at: Ts,
    pub paid_at: Option<Ts>,
    pub ship_by: Option<Ts>,
    pub location: usize,
    pub service: usize,
    pub tracking: String,
    pub postage_minor: i64,
    pub address: LwAddress,
    pub lines: Vec<LwLine>,
    pub notes: Vec<Note>,
    pub audit: Vec<Audit>,
    pub folders: Vec<String>,
    pub book: Book,
}

impl LwOrder {
    /// Goods and postage.
    pub fn total_minor(&self) -> i64 {
        self.goods_minor() + self.postage_minor
    }

    /// Goods alone.
    pub fn goods_minor(&self) -> i64 {
        self.lines.iter().map(|l| l.price_minor * l.quantity).sum()
    }

    /// Still to be shipped.
    pub fn is_open(&self) -> bool {
        self.book == Book::Open
    }
}

/// A session.
#[derive(Debug, Clone, Copy)]
pub struct LwSession {
    pub expires_at: Ts,
}

/// The whole account.
#[derive(Debug, Default)]
pub struct Linnworks {
    pub application_id: Guid,
    pub application_secret: Guid,
    pub token: Guid,
    pub locations: Vec<LwLocation>,
    pub services: Vec<LwService>,
    pub items: Vec<LwItem>,
    pub item_by_sku: HashMap<String, usize>,
    pub item_by_id: HashMap<Guid, usize>,
    /// By item, then location.
    pub levels: Vec<Vec<Level>>,
    pub history: Vec<History>,
    pub orders: Vec<LwOrder>,
    pub order_by_id: HashMap<Guid, usize>,
    pub order_by_number: HashMap<i64, usize>,
    pub orders_by_reference: HashMap<String, Vec<usize>>,
    /// Open orders by location.
    pub open: Vec<BTreeSet<usize>>,
    /// Processed and cancelled orders by the time they left the open book.
    pub processed: BTreeSet<(Ts, usize)>,
    pub cancelled: BTreeSet<(Ts, usize)>,
    /// (parent, child, kind)
    pub relations: Vec<(usize, usize, &'static str)>,
    pub sessions: HashMap<Guid, LwSession>,
    pub sessions_made: u64,
    pub next_number: i64,
    /// Number of the next order made by splitting or merging: a range of its own, so that those do not shift the
    /// numbers of customers' orders and runs stay comparable.
    pub next_derived: i64,
    pub rows_made: u64,
    /// Calls per method in the running minute.
    pub windows: BTreeMap<&'static str, (i64, u32)>,
    /// While set, lists lag behind (a stale read).
    pub stale_since: Option<Ts>,
    /// Sign-in names the other host of the region.
    pub uses_other_host: bool,
}

impl Linnworks {
    /// An order by its GUID text.
    pub fn order(&self, id: &str) -> Option<&LwOrder> {
        let id = Guid::parse(id)?;
        self.order_by_id.get(&id).map(|ix| &self.orders[*ix])
    }

    /// A location by GUID.
    pub fn location(&self, id: Guid) -> Option<usize> {
        self.locations.iter().position(|l| l.id == id)
    }

    /// A location by name.
    pub fn location_named(&self, name: &str) -> Option<usize> {
        self.locations.iter().position(|l| l.name == name)
    }

    /// Available units of a SKU at a location: level less open orders.
    pub fn available(&self, sku: &str, location: usize) -> i64 {
        self.item_by_sku.get(sku).map_or(0, |ix| {
            let level = &self.levels[*ix][location];
            level.level - level.in_orders
        })
    }

    /// Physical level of a SKU at a location.
    pub fn level(&self, sku: &str, location: usize) -> i64 {
        self.item_by_sku
            .get(sku)
            .map_or(0, |ix| self.levels[*ix][location].level)
    }

    /// Open orders over all locations.
    pub fn open_count(&self) -> usize {
        self.open.iter().map(BTreeSet::len).sum()
    }
}

/// Countries of the account: (name, ISO code, continent).
pub const COUNTRIES: &[(&str, &str, &str)] = &[
    ("United Kingdom", "GB", "Europe"),
    ("Ireland", "IE", "Europe"),
    ("France", "FR", "Europe"),
    ("Germany", "DE", "Europe"),
    ("United States", "US", "North America"),
    ("UNKNOWN", "", "Unknown"),
];

/// GUID of a country.
pub fn country_id(ix: usize) -> Guid {
    Guid(0x6a1f_0c52_0000_4000_8000_0000_0000_00b1 + ix as u128)
}

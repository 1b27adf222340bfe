//! A sales system: what every source can do, and the ways in which sources differ.
//!
//! Sources differ in how their orders are found ([`Intake`]), how they are told of a despatch ([`Confirming`]), and in
//! what they can do at all ([`SalesSystem::stock`], [`SalesSystem::channel`]). An adapter hands out what fits it; the
//! engine has one job for each way.

use super::{Adjustments, Answer, CallLog, Op, Orders, OrdersPage, RowOutcome, System, TERMS_MAX};
use crate::domain::delivery::{
    CreditIntent, DespatchIntent, DespatchIntentLine, RelabelIntent, StockWrite,
};
use crate::domain::ids::{LocationId, Sku, SourceOrderId};
use crate::domain::mapping::Target;
use crate::domain::order::{SourceOrder, SourceRefund, SourceStatus};
use crate::domain::time::Ts;
use futures::future::BoxFuture;
use std::sync::Arc;

/// A location of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceLocation {
    pub id: LocationId,
    pub name: String,
    pub is_fulfilment_centre: bool,
    /// Orders of a fulfilment-centre location count in stock (then its figures are GROSS).
    pub counts_open_orders: bool,
}

/// A stock figure of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceStock {
    pub sku: Sku,
    pub location: LocationId,
    /// The field that is written: the physical level, or what is available where a source knows no other.
    pub level_each: i64,
    /// Units in the source's own open orders.
    pub committed_each: i64,
    /// The customer-facing figure, as reported.
    pub available_each: i64,
}

/// Stock figures of one item, by the source's own item id: one per location.
pub type StockByItem = (String, Vec<SourceStock>);

/// A product of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceProduct {
    /// What stock is read and written by; empty when the source keeps none of it.
    pub id: String,
    pub sku: Sku,
    pub title: String,
    pub barcode: String,
    pub category: String,
    pub is_composite: bool,
    pub price_minor: i64,
    /// Levels when the list carries them; `None` when they are read apart.
    pub stock: Option<Vec<SourceStock>>,
}

/// A page of the catalogue.
#[derive(Debug, Clone, Default)]
pub struct ProductsPage {
    pub rows: Vec<SourceProduct>,
    /// Where it goes on, in the source's own terms; `None` after the last page.
    pub next: Option<String>,
}

/// Tracking to set before an order is processed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippingUpdate {
    pub source_id: SourceOrderId,
    pub tracking: String,
    /// Values just read that must be resent unchanged (service, weights, postage).
    pub service_id: String,
    pub vendor_extra: serde_json::Value,
}

/// A child or parent order in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    pub parent: SourceOrderId,
    pub child: SourceOrderId,
    pub kind: String,
}

/// Whether the channel was told about a despatch (hop 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotifyState {
    /// The channel confirmed.
    Confirmed,
    /// Not yet.
    Pending,
    /// Failed, rejected or ignored: the note.
    Failed(String),
}

/// An order a list of changes names without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedOrder {
    pub source_id: SourceOrderId,
    /// Its last change; the same time means that everything read before still holds.
    pub changed_at: Option<Ts>,
    pub status: SourceStatus,
    /// The source has approved it; one that is not is read only when it is known already.
    pub is_released: bool,
    /// Money went back, or is about to: one that is over has this to tell still.
    pub is_credited: bool,
}

/// A page of what changed. An adapter fills `orders` when its list holds whole orders, else `named`.
#[derive(Debug, Clone, Default)]
pub struct ChangesPage {
    pub orders: Orders,
    /// To be read one by one.
    pub named: Vec<ChangedOrder>,
    /// The newest change on the page.
    pub newest: Option<Ts>,
    /// Where the list goes on, in the source's own terms; `None` after the last page.
    pub next: Option<String>,
}

/// A level to be written, by the source's own item id beside the SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelWrite {
    pub item_id: String,
    pub write: StockWrite,
}

/// How a source's orders are found.
pub enum Intake {
    /// It lists what is open; what disappears from the list is asked about.
    OpenList(Arc<dyn OpenOrders>),
    /// It lists what changed since a time.
    Changes(Arc<dyn ChangedOrders>),
}

/// How a source is told of a despatch.
pub enum Confirming {
    /// An order is processed whole; one that left in parts is split first.
    Processing(Arc<dyn Processing>),
    /// Every parcel is entered, with the lines in it.
    Parcels(Arc<dyn Parcels>),
}

/// A sales system.
pub trait SalesSystem: System {
    /// Every location.
    fn locations<'a>(&'a self, log: &'a CallLog) -> BoxFuture<'a, Answer<Vec<SourceLocation>>>;
    /// The source's own list of delivery services; `None` when it has no such list and orders name what they like.
    fn postal_services<'a>(
        &'a self,
        log: &'a CallLog,
    ) -> Option<BoxFuture<'a, Answer<Vec<Target>>>>;
    /// How its orders are found.
    fn intake(self: Arc<Self>) -> Intake;
    /// Orders in any state by id, at most [`Self::at_once`]; unknown ids are absent.
    fn orders_by_ids<'a>(
        &'a self,
        ids: &'a [SourceOrderId],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Orders>>;
    /// How it is told of a despatch.
    fn confirming(self: Arc<Self>) -> Confirming;
    /// Its stock figures, when they are overwritten from the warehouse; `None` when the source keeps its own.
    fn stock(self: Arc<Self>) -> Option<Arc<dyn StockFigures>>;
    /// Its credit notes, when it keeps books that money is given back in; `None` when money goes its own ways.
    fn crediting(self: Arc<Self>) -> Option<Arc<dyn Crediting>> {
        None
    }
    /// Its ledger, when it keeps its own and takes changes to it.
    fn adjustments(self: Arc<Self>) -> Option<Arc<dyn Adjustments>> {
        None
    }
    /// The channels behind it, when it shows whether they were told.
    fn channel(self: Arc<Self>) -> Option<Arc<dyn Channel>>;
    /// A page of the whole catalogue; `None` begins it, [`ProductsPage::next`] goes on.
    fn products_page<'a>(
        &'a self,
        mark: Option<&'a str>,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<ProductsPage>>;
    /// Ids or rows one call of this kind may hold.
    fn at_once(&self, _op: Op) -> usize {
        TERMS_MAX
    }
}

/// A source that lists its open orders (Linnworks).
pub trait OpenOrders: SalesSystem {
    /// Ids of every open order of one location, in one call.
    fn open_order_ids<'a>(
        &'a self,
        location: &'a LocationId,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<SourceOrderId>>>;
    /// Every open order of one location, whole, by page (1-based).
    fn open_orders_page<'a>(
        &'a self,
        location: &'a LocationId,
        page: u32,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<OrdersPage>>;
    /// Open orders by id, at most [`SalesSystem::at_once`]; ids that are not open are absent.
    fn open_orders_by_ids<'a>(
        &'a self,
        ids: &'a [SourceOrderId],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Orders>>;
}

/// A source that lists what changed (SHOPLINE whole orders, Cin7 Core the rows of its list of sales).
pub trait ChangedOrders: SalesSystem {
    /// Orders in any state changed at or after `since`; `mark` is the `next` of the page before.
    fn changes_page<'a>(
        &'a self,
        since: Ts,
        mark: Option<&'a str>,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<ChangesPage>>;
}

/// A source whose orders are processed whole (Linnworks).
pub trait Processing: SalesSystem {
    fn set_shipping<'a>(
        &'a self,
        update: &'a ShippingUpdate,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<()>>;
    /// Ships orders of one location, at most [`SalesSystem::at_once`]; final and noticed by the shopper. One outcome per
    /// order.
    fn process_batch<'a>(
        &'a self,
        ids: &'a [SourceOrderId],
        location: &'a LocationId,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<RowOutcome>>>;
    /// Ships one order, vouching for its scan, or through the fulfilment-centre call when `is_fulfilment_centre`.
    fn process_one<'a>(
        &'a self,
        id: &'a SourceOrderId,
        location: &'a LocationId,
        is_fulfilment_centre: bool,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<RowOutcome>>;
    /// Splits lines off into a new order; answers with the new order's id.
    fn split_order<'a>(
        &'a self,
        id: &'a SourceOrderId,
        location: &'a LocationId,
        service_id: &'a str,
        lines: &'a [DespatchIntentLine],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<SourceOrderId>>;
    fn relations<'a>(
        &'a self,
        id: &'a SourceOrderId,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<Relation>>>;
}

/// What a parcel still needs, judged from what the source shows of its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParcelStep {
    /// The source shows this parcel.
    Shown,
    /// A call that enters it, or the next stage of it. A stage the source shows as done is never written again.
    Write,
}

/// A source that is told of every parcel (SHOPLINE fulfilments; pick, pack and ship of Cin7 Core).
pub trait Parcels: SalesSystem {
    /// Calls that enter one parcel when nothing of it is there yet.
    fn calls_each(&self) -> u32;
    /// Orders known before as the source shows them now, in one call, at most [`SalesSystem::at_once`]. Those the call
    /// cannot tell of are absent from both lists and are read by [`SalesSystem::orders_by_ids`].
    fn shown<'a>(
        &'a self,
        known: &'a [SourceOrder],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Orders>>;
    /// What the parcel needs next.
    ///
    /// # Errors
    /// Why it cannot be entered as it is, in plain words.
    fn next(&self, sale: &SourceOrder, parcel: &DespatchIntent) -> Result<ParcelStep, String>;
    /// What a parcel told before needs to show another tracking. `told` is what it was told with.
    ///
    /// # Errors
    /// Why it cannot be changed, in plain words.
    fn next_label(&self, sale: &SourceOrder, change: &RelabelIntent) -> Result<ParcelStep, String>;
    /// Changes the tracking of a parcel told before, without a word to the shopper; answers with the order as the
    /// answer shows it.
    fn write_label<'a>(
        &'a self,
        sale: &'a SourceOrder,
        change: &'a RelabelIntent,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<SourceOrder>>;
    /// Makes the next call for the parcel; answers with the order as the answer shows it.
    fn write<'a>(
        &'a self,
        sale: &'a SourceOrder,
        parcel: &'a DespatchIntent,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<SourceOrder>>;
}

/// A source whose stock figures are overwritten.
pub trait StockFigures: SalesSystem {
    /// Sets absolute levels, at most [`SalesSystem::at_once`] rows; one outcome per row (key `SKU@location`), missing rows
    /// are rejected.
    fn set_stock<'a>(
        &'a self,
        writes: &'a [LevelWrite],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<RowOutcome>>>;
    /// Levels of items by the source's own item id, at most [`SalesSystem::at_once`].
    fn stock_levels<'a>(
        &'a self,
        ids: &'a [String],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<StockByItem>>>;
    /// The source's own item ids by SKU; unknown SKUs are absent. `None` when it cannot be asked: ids are learnt from
    /// the catalogue then.
    fn stock_ids<'a>(
        &'a self,
        skus: &'a [Sku],
        log: &'a CallLog,
    ) -> Option<BoxFuture<'a, Answer<ItemIds>>>;
}

/// The source's own item ids by SKU.
pub type ItemIds = Vec<(Sku, String)>;

/// A source in whose books a credit is written (Cin7 Core).
pub trait Crediting: SalesSystem {
    /// The credit notes of a sale that count: drafts and issued ones, not void ones.
    fn credits<'a>(
        &'a self,
        sale: &'a SourceOrder,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<SourceRefund>>>;
    /// Writes one. Nothing is repeated here.
    fn write_credit<'a>(
        &'a self,
        credit: &'a CreditIntent,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<()>>;
}

/// A source with sales channels behind it that it tells by itself.
pub trait Channel: SalesSystem {
    /// Whether the channel was told, per processed order, at most [`SalesSystem::at_once`].
    fn notify_states<'a>(
        &'a self,
        ids: &'a [SourceOrderId],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<(SourceOrderId, NotifyState)>>>;
}

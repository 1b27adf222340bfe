//! Reads: what the engine decides on and what people look at. Nothing here changes anything.

use super::{LaneWork, ScheduleRow, Store, StoreResult};
use crate::domain::catalogue::Kind;
use crate::domain::change::InboxBody;
use crate::domain::delivery::{Attempt, DeliveryRow, DeliveryState, Flow};
use crate::domain::exception::{ExceptionRow, ObjectRef, OccurrenceRow, Severity, Team};
use crate::domain::filter::Filter;
use crate::domain::ids::{
    DeliveryId, ExceptionId, InboxId, ItemCode, JournalSeq, LocationId, OrderId, PairId, PayloadId,
    RequestId, SiteRef, SourceOrderId, SystemId, WmsOrderNo,
};
use crate::domain::live::SystemLive;
use crate::domain::mapping::{Mapping, MappingEdit, MappingKind, Target};
use crate::domain::order::{OrderFull, OrderRow, OrderState};
use crate::domain::stock::{SnapshotRow, StockLevelRow, StockPosition};
use crate::domain::time::Ts;
use crate::domain::wms::{DespatchLine, WmsItem};

/// An inbound message waiting to be decided on.
#[derive(Debug, Clone)]
pub struct InboxRow {
    pub id: InboxId,
    pub system: SystemId,
    pub pair: Option<PairId>,
    pub entity: String,
    pub entity_id: String,
    pub received_at: Ts,
    pub body: InboxBody,
}

/// An operator request waiting for the engine, or answered.
#[derive(Debug, Clone, serde::Serialize)]
pub struct RequestRow {
    pub id: RequestId,
    pub at: Ts,
    pub who: String,
    pub kind: String,
    pub body: serde_json::Value,
    pub is_done: bool,
    pub is_ok: bool,
    pub answer: String,
    pub done_at: Option<Ts>,
}

/// An order the source had open when last seen.
#[derive(Debug, Clone)]
pub struct KnownOpen {
    pub id: OrderId,
    pub source_id: SourceOrderId,
    pub revision: String,
    pub read_at: Ts,
    pub state: OrderState,
    pub missing_polls: i64,
}

/// Units of an item at a source location, summed over orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitsAt {
    pub item: ItemCode,
    pub location: LocationId,
    pub qty_each: i64,
}

/// A despatch that no decision has taken into account yet, with all its rows.
#[derive(Debug, Clone)]
pub struct DespatchGroup {
    pub despatch: String,
    pub number: WmsOrderNo,
    pub state: String,
    pub first_seen_at: Ts,
    pub lines: Vec<DespatchLine>,
}

/// An open exception in short, for rules.
#[derive(Debug, Clone)]
pub struct OpenException {
    pub id: ExceptionId,
    pub kind: Kind,
    pub pair: PairId,
    pub discriminator: String,
    pub members: i64,
    pub version: i64,
    pub began_at: Ts,
}

/// Place in a sorted list. Opaque to callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

/// Which part of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    First,
    Last,
    After(Cursor),
    Before(Cursor),
    /// Starting with the row at the cursor (used to keep a place while the list refreshes).
    At(Cursor),
}

/// A question for one window of a list.
#[derive(Debug, Clone)]
pub struct ListQuery {
    pub filter: Filter,
    /// Column name as in the list's own `SORTS`; the first is the default.
    pub sort: String,
    pub is_descending: bool,
    pub anchor: Anchor,
    pub limit: usize,
    pub now: Ts,
}

/// A row with its place.
#[derive(Debug, Clone)]
pub struct Listed<T> {
    pub cursor: Cursor,
    pub row: T,
}

/// One window of a list in display order.
#[derive(Debug, Clone)]
pub struct Window<T> {
    pub rows: Vec<Listed<T>>,
    /// Rows in the whole filtered list (cached per filter, at most a few seconds old).
    pub total: i64,
    /// Rows before the first one shown, when cheaply known.
    pub position: Option<i64>,
    pub has_before: bool,
    pub has_after: bool,
}

/// State of one flow of one pair for the Live pane.
#[derive(Debug, Clone, serde::Serialize)]
pub struct FlowLive {
    pub pair: PairId,
    pub flow: Flow,
    pub paused: Option<String>,
    pub is_last_ok: bool,
    pub last_ok_at: Option<Ts>,
    pub last_started_at: Option<Ts>,
    pub next_due_at: Option<Ts>,
    pub last_note: String,
    pub waiting: i64,
    pub sending: i64,
    pub in_doubt: i64,
    pub stuck: i64,
    /// Due time of the oldest delivery still to be sent.
    pub oldest_at: Option<Ts>,
    /// Deliveries applied per minute, oldest first, last 30 minutes.
    pub applied_per_minute: Vec<u32>,
}

/// A system with its live state.
#[derive(Debug, Clone, serde::Serialize)]
pub struct SystemRow {
    pub system: SystemId,
    pub live: SystemLive,
    pub holder: Option<String>,
    pub lease_until: Option<Ts>,
}

/// Counts of open exceptions for the header and tabs.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ExceptionCount {
    pub team: Team,
    pub severity: Severity,
    pub open: i64,
    pub unacknowledged: i64,
    pub earliest_ship_by: Option<Ts>,
}

/// One journal line.
#[derive(Debug, Clone, serde::Serialize)]
pub struct JournalRow {
    pub seq: JournalSeq,
    pub at: Ts,
    pub actor: String,
    pub action: String,
    pub object: ObjectRef,
    pub pair: Option<PairId>,
    pub before: String,
    pub after: String,
    pub reason: String,
    pub exception: Option<ExceptionId>,
    pub payload: Option<PayloadId>,
}

/// A stored body, opened.
#[derive(Debug, Clone)]
pub struct PayloadText {
    pub id: PayloadId,
    pub at: Ts,
    pub kind: String,
    pub system: SystemId,
    pub method: String,
    /// `None` when the body was past its retention and only its hash is left.
    pub body: Option<Vec<u8>>,
    pub hash: String,
}

/// A value nobody mapped yet, ranked by what it blocks.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Unmapped {
    pub kind: MappingKind,
    pub from: String,
    pub orders: i64,
    pub earliest_ship_by: Option<Ts>,
    pub exception: Option<ExceptionId>,
}

/// A version of a pair's mappings.
#[derive(Debug, Clone, serde::Serialize)]
pub struct MappingVersion {
    pub version: i64,
    pub at: Ts,
    pub who: String,
    pub reason: String,
    pub edits: Vec<MappingEdit>,
}

/// A debt left by a dismissal or a skip.
#[derive(Debug, Clone, serde::Serialize)]
pub struct DebtRow {
    pub exception: ExceptionId,
    pub kind: Kind,
    pub label: String,
    pub reason: String,
    pub who: String,
    pub at: Ts,
    pub settled_at: Option<Ts>,
}

/// Sums for the end of a run and the shift report.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Totals {
    pub orders: i64,
    pub orders_by_state: Vec<(String, i64)>,
    pub deliveries_by_state: Vec<(String, i64)>,
    pub exceptions_open: i64,
    pub exceptions_resolved: i64,
    pub exceptions_by_kind: Vec<(String, i64)>,
    pub confirmed_latency_ms: Vec<i64>,
}

#[allow(unused_variables)]
impl Store {
    // ---- for the engine
    pub async fn inbox_new(&self, limit: usize) -> StoreResult<Vec<InboxRow>> {
        todo!()
    }
    pub async fn requests_new(&self, limit: usize) -> StoreResult<Vec<RequestRow>> {
        todo!()
    }
    pub async fn request(&self, id: RequestId) -> StoreResult<Option<RequestRow>> {
        todo!()
    }
    pub async fn orders_by_source(
        &self,
        pair: &PairId,
        ids: &[SourceOrderId],
    ) -> StoreResult<Vec<OrderFull>> {
        todo!()
    }
    pub async fn orders_by_id(&self, ids: &[OrderId]) -> StoreResult<Vec<OrderFull>> {
        todo!()
    }
    pub async fn orders_by_wms(
        &self,
        pair: &PairId,
        numbers: &[WmsOrderNo],
    ) -> StoreResult<Vec<OrderFull>> {
        todo!()
    }
    /// Orders in any of the states, by id, after `after`.
    pub async fn orders_in(
        &self,
        pair: &PairId,
        states: &[OrderState],
        after: Option<OrderId>,
        limit: usize,
    ) -> StoreResult<Vec<OrderFull>> {
        todo!()
    }
    /// Rows only (no body), as `orders_in`.
    pub async fn order_rows_in(
        &self,
        pair: &PairId,
        states: &[OrderState],
        after: Option<OrderId>,
        limit: usize,
    ) -> StoreResult<Vec<OrderRow>> {
        todo!()
    }
    /// Orders the source had open when last seen, at this location.
    pub async fn known_open(
        &self,
        pair: &PairId,
        location: &LocationId,
    ) -> StoreResult<Vec<KnownOpen>> {
        todo!()
    }
    /// Every active mapping of a pair (also broken ones).
    pub async fn mappings(&self, pair: &PairId) -> StoreResult<Vec<Mapping>> {
        todo!()
    }
    /// Number that grows with every mapping change of the pair.
    pub async fn mapping_version(&self, pair: &PairId) -> StoreResult<i64> {
        todo!()
    }
    pub async fn items(&self, system: &SystemId, codes: &[ItemCode]) -> StoreResult<Vec<WmsItem>> {
        todo!()
    }
    pub async fn item_count(&self, system: &SystemId) -> StoreResult<i64> {
        todo!()
    }
    /// Items holding one of these barcodes.
    pub async fn items_by_barcode(
        &self,
        system: &SystemId,
        barcodes: &[String],
    ) -> StoreResult<Vec<WmsItem>> {
        todo!()
    }
    pub async fn targets(
        &self,
        pair: &PairId,
        kind: MappingKind,
        side: &str,
    ) -> StoreResult<Vec<Target>> {
        todo!()
    }
    /// U: units on orders accepted and not yet in the warehouse, plus in the warehouse with status New or BackOrder.
    /// Unpaid orders are left out when `with_unpaid` is false.
    pub async fn unsent_units(
        &self,
        pair: &PairId,
        with_unpaid: bool,
    ) -> StoreResult<Vec<UnitsAt>> {
        todo!()
    }
    /// D: units despatched and not yet confirmed in the source.
    pub async fn unconfirmed_units(&self, pair: &PairId) -> StoreResult<Vec<UnitsAt>> {
        todo!()
    }
    /// Units sold (received orders not cancelled) per item since a time.
    pub async fn units_sold_since(
        &self,
        pair: &PairId,
        since: Ts,
    ) -> StoreResult<Vec<(ItemCode, i64)>> {
        todo!()
    }
    /// Warehouse levels in order of (item, site) after the given key.
    pub async fn levels_page(
        &self,
        system: &SystemId,
        after: Option<(ItemCode, SiteRef)>,
        limit: usize,
    ) -> StoreResult<Vec<StockLevelRow>> {
        todo!()
    }
    pub async fn levels_of(
        &self,
        system: &SystemId,
        items: &[ItemCode],
    ) -> StoreResult<Vec<StockLevelRow>> {
        todo!()
    }
    /// Newest snapshots, newest first.
    pub async fn snapshots(
        &self,
        system: &SystemId,
        limit: usize,
    ) -> StoreResult<Vec<SnapshotRow>> {
        todo!()
    }
    pub async fn positions_page(
        &self,
        pair: &PairId,
        after: Option<(ItemCode, LocationId)>,
        limit: usize,
    ) -> StoreResult<Vec<StockPosition>> {
        todo!()
    }
    pub async fn positions_of(
        &self,
        pair: &PairId,
        items: &[ItemCode],
    ) -> StoreResult<Vec<StockPosition>> {
        todo!()
    }
    /// Despatches in state `new` or `waiting`, oldest first.
    pub async fn despatches_open(
        &self,
        system: &SystemId,
        limit: usize,
    ) -> StoreResult<Vec<DespatchGroup>> {
        todo!()
    }
    /// All despatches of these warehouse orders, any state.
    pub async fn despatches_of(
        &self,
        system: &SystemId,
        numbers: &[WmsOrderNo],
    ) -> StoreResult<Vec<DespatchGroup>> {
        todo!()
    }
    /// Lines of orders confirmed in the source since a time: item, location, when, how many.
    pub async fn confirmed_lines_since(
        &self,
        pair: &PairId,
        since: Ts,
    ) -> StoreResult<Vec<(ItemCode, LocationId, Ts, i64)>> {
        todo!()
    }
    pub async fn schedules(&self) -> StoreResult<Vec<ScheduleRow>> {
        todo!()
    }
    /// Waiting work of a system by flow and step; paused flows are left out.
    pub async fn lane_work(&self, system: &SystemId, now: Ts) -> StoreResult<Vec<LaneWork>> {
        todo!()
    }
    /// The next time after `now` at which a delivery of the system falls due (ready or in doubt).
    pub async fn next_delivery_due(&self, system: &SystemId, now: Ts) -> StoreResult<Option<Ts>> {
        todo!()
    }
    pub async fn deliveries_of_order(&self, order: OrderId) -> StoreResult<Vec<DeliveryRow>> {
        todo!()
    }
    /// By id, hot or ended.
    pub async fn deliveries_by_id(&self, ids: &[DeliveryId]) -> StoreResult<Vec<DeliveryRow>> {
        todo!()
    }
    pub async fn delivery_by_key(&self, idem_key: &str) -> StoreResult<Option<DeliveryRow>> {
        todo!()
    }
    /// Hot deliveries of a flow in these states.
    pub async fn deliveries_in(
        &self,
        pair: &PairId,
        flow: Flow,
        states: &[DeliveryState],
        limit: usize,
    ) -> StoreResult<Vec<DeliveryRow>> {
        todo!()
    }
    pub async fn attempts(&self, delivery: DeliveryId) -> StoreResult<Vec<Attempt>> {
        todo!()
    }
    pub async fn setting(&self, key: &str) -> StoreResult<Option<String>> {
        todo!()
    }
    /// Open exceptions of these kinds (all kinds when empty) for a pair (all pairs when `None`).
    pub async fn open_exceptions(
        &self,
        kinds: &[Kind],
        pair: Option<&PairId>,
    ) -> StoreResult<Vec<OpenException>> {
        todo!()
    }
    /// Open members of an exception, earliest promise first.
    pub async fn members(
        &self,
        exception: ExceptionId,
        after: Option<Cursor>,
        limit: usize,
    ) -> StoreResult<Vec<OccurrenceRow>> {
        todo!()
    }
    /// Open occurrences of an object, with the kind and discriminator of their exception.
    pub async fn occurrences_of(
        &self,
        object: &ObjectRef,
    ) -> StoreResult<Vec<(Kind, String, OccurrenceRow)>> {
        todo!()
    }
    /// Exceptions whose snooze, wait or acknowledgement ended by `now`, and those in `fixed_pending`.
    pub async fn exceptions_due(&self, now: Ts, limit: usize) -> StoreResult<Vec<ExceptionRow>> {
        todo!()
    }
    /// Violated query invariants, one line each (empty when all hold).
    pub async fn invariants(&self, now: Ts) -> StoreResult<Vec<String>> {
        todo!()
    }
    /// Bodies older than the retention are dropped; hash and timeline stay. Returns how many.
    pub async fn expire_payloads(&self, before: Ts, limit: usize) -> StoreResult<i64> {
        todo!()
    }

    // ---- for people
    pub async fn flows_live(&self, now: Ts) -> StoreResult<Vec<FlowLive>> {
        todo!()
    }
    pub async fn systems_live(&self) -> StoreResult<Vec<SystemRow>> {
        todo!()
    }
    pub async fn exception_counts(&self) -> StoreResult<Vec<ExceptionCount>> {
        todo!()
    }
    /// Sorts: `promise` (minutes to the promise, then severity), `severity`, `age`, `members`, `kind`.
    pub async fn exceptions(&self, query: &ListQuery) -> StoreResult<Window<ExceptionRow>> {
        todo!()
    }
    pub async fn exception(&self, id: ExceptionId) -> StoreResult<Option<ExceptionRow>> {
        todo!()
    }
    /// Sorts: `received`, `ship`, `number`, `state`, `value`.
    pub async fn orders(&self, query: &ListQuery) -> StoreResult<Window<OrderRow>> {
        todo!()
    }
    /// An order by any of its names: number, warehouse number, reference, source id, tracking.
    pub async fn find_orders(&self, text: &str, limit: usize) -> StoreResult<Vec<OrderRow>> {
        todo!()
    }
    /// Sorts: `id`, `due`, `age`.
    pub async fn deliveries(&self, query: &ListQuery) -> StoreResult<Window<DeliveryRow>> {
        todo!()
    }
    /// Sorts: `kind`, `from`, `used`, `changed`.
    pub async fn mapping_list(
        &self,
        pair: &PairId,
        query: &ListQuery,
    ) -> StoreResult<Window<Mapping>> {
        todo!()
    }
    pub async fn unmapped(&self, pair: &PairId) -> StoreResult<Vec<Unmapped>> {
        todo!()
    }
    pub async fn mapping_versions(
        &self,
        pair: &PairId,
        limit: usize,
    ) -> StoreResult<Vec<MappingVersion>> {
        todo!()
    }
    /// Active mappings as they stood at a version.
    pub async fn mappings_at(&self, pair: &PairId, version: i64) -> StoreResult<Vec<Mapping>> {
        todo!()
    }
    /// Sorts: `risk`, `gap`, `value`, `item`. Only positions with drift or a pause unless the filter says otherwise.
    pub async fn positions(
        &self,
        pair: Option<&PairId>,
        query: &ListQuery,
    ) -> StoreResult<Window<StockPosition>> {
        todo!()
    }
    /// Newest first; sort `seq`.
    pub async fn journal(&self, query: &ListQuery) -> StoreResult<Window<JournalRow>> {
        todo!()
    }
    /// The timeline of an object, oldest first.
    pub async fn timeline(&self, object: &ObjectRef, limit: usize) -> StoreResult<Vec<JournalRow>> {
        todo!()
    }
    pub async fn payload(&self, id: PayloadId) -> StoreResult<Option<PayloadText>> {
        todo!()
    }
    pub async fn debts(&self, open_only: bool, limit: usize) -> StoreResult<Vec<DebtRow>> {
        todo!()
    }
    pub async fn totals(&self) -> StoreResult<Totals> {
        todo!()
    }
    /// Recomputes the hash chain; `Ok(None)` when it holds, else what is wrong with the first bad row.
    pub async fn verify_journal(&self) -> StoreResult<Option<String>> {
        todo!()
    }
    /// Time between despatch and confirmation of orders confirmed since, in ms.
    pub async fn confirm_latencies_ms(&self, since: Ts, limit: usize) -> StoreResult<Vec<i64>> {
        todo!()
    }
}

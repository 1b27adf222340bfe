//! What reads answer with. The reads themselves stand with their subjects; nothing of them changes anything.

use crate::domain::catalogue::Kind;
use crate::domain::change::InboxBody;
use crate::domain::delivery::Flow;
use crate::domain::exception::{ObjectRef, Severity, Team};
use crate::domain::filter::Filter;
use crate::domain::ids::{
    ExceptionId, InboxId, ItemCode, JournalSeq, LocationId, OrderId, PairId, PayloadId, RequestId,
    SiteRef, SourceOrderId, SystemId, WmsOrderNo,
};
use crate::domain::live::SystemLive;
use crate::domain::mapping::MappingEdit;
use crate::domain::order::OrderState;
use crate::domain::time::Ts;
use crate::domain::wanted::Wanted;
use crate::domain::wms::DespatchLine;

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
    /// The site the orders were given, when they were.
    pub site: Option<SiteRef>,
}

/// Units of an item that were sold at a source location, and given back when the sale was cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitsTraded {
    pub item: ItemCode,
    pub location: LocationId,
    pub sold_at: Ts,
    /// When its cancellation became known.
    pub cancelled_at: Option<Ts>,
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

/// What a body belongs to, as it was kept.
#[derive(Debug, Clone)]
pub enum Exchange {
    /// A call of ours; it may have no answer.
    Call {
        request: Option<PayloadText>,
        answer: Option<PayloadText>,
    },
    /// A message that came in by itself.
    Heard(PayloadText),
}

impl Exchange {
    /// Its bodies: request and answer, or the message alone.
    pub fn bodies(&self) -> (Option<&PayloadText>, Option<&PayloadText>) {
        match self {
            Self::Call { request, answer } => (request.as_ref(), answer.as_ref()),
            Self::Heard(message) => (Some(message), None),
        }
    }
}

/// A value nobody mapped yet, ranked by what it blocks.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Unmapped {
    #[serde(flatten)]
    pub wanted: Wanted,
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

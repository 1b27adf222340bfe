//! Changes: what a decision wants done to the store. A [`Batch`] is applied whole or not at all.

use super::bulk::BulkChange;
use super::catalogue::Kind;
use super::checks::{HandOver, Signature};
use super::columns::KeptLayout;
use super::delivery::{AnswerClass, Attempt, DeliveryState, Intent, NewDelivery};
use super::error_rule::RuleChange;
use super::exception::{ExceptionEdit, ObjectRef, Occurrence};
use super::hint::About;
use super::ids::{
    DeliveryId, ExceptionId, InboxId, ItemCode, JournalSeq, LocationId, OrderId, PairId, PayloadId,
    RequestId, SourceOrderId, SystemId, WmsOrderNo,
};
use super::mapping::{MappingEdit, MappingKind, Target};
use super::movements::{LaneEntry, LaneKey, MovementState};
use super::order::{OrderBody, OrderLine, OrderRow, SourceOrder};
use super::returns::{Claim, Return};
use super::stock::{SnapshotRow, StockLevelRow, StockPosition};
use super::time::Ts;
use super::views::ViewChange;
use super::wms::{DespatchLine, WmsItem};
use serde::{Deserialize, Serialize};

/// Changes that belong together, with who caused them.
#[derive(Debug, Clone)]
pub struct Batch {
    /// A person's name, or a rule such as `engine/deliver`.
    pub actor: String,
    pub at: Ts,
    /// The lease under which a worker writes. The batch is refused when the epoch is no longer current.
    pub fence: Option<Fence>,
    pub changes: Vec<Change>,
}

/// Proof of holding a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    pub lease: String,
    pub epoch: i64,
}

/// One line of the journal: who or which rule did what to what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// Stable verb, for example `order.accepted`, `mapping.set`.
    pub action: String,
    pub object: ObjectRef,
    pub pair: Option<PairId>,
    /// Before and after in short form; empty when not applicable.
    pub before: String,
    pub after: String,
    pub reason: String,
    pub exception: Option<ExceptionId>,
    pub payload: Option<PayloadId>,
}

/// A stored request or answer body. Credentials are already removed by the client that recorded it.
#[derive(Debug, Clone)]
pub struct Payload {
    pub id: PayloadId,
    /// `request`, `answer`, or `inbound`: what came with the inbound message of the same id. It is stored with it, and not
    /// again with a double.
    pub kind: &'static str,
    pub system: SystemId,
    /// Vendor method, for example `SaveData Sales orders`.
    pub method: String,
    pub body: Vec<u8>,
}

/// An inbound message to be stored whole before anything is done with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewInbox {
    pub id: InboxId,
    pub system: SystemId,
    pub pair: Option<PairId>,
    /// `order`, `hint`, `event`.
    pub entity: String,
    pub entity_id: String,
    /// Unique: a second message with it is recorded as a duplicate and ignored.
    pub dedup_key: String,
    /// Unique too, where the sender's own id of the message proves nothing: a replay under another id is a duplicate.
    pub content_key: Option<String>,
    pub body: InboxBody,
}

/// Content of an inbound message.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum InboxBody {
    /// A source order as read.
    Order(Box<SourceOrder>),
    /// Something changed; a re-read will tell. Never acted on by itself.
    Hint {
        event: String,
        fields: Vec<(String, String)>,
    },
    /// A vendor's event, judged. What it says beyond whom it is about lies sealed beside it and is never acted on.
    Event {
        topic: String,
        about: About,
        /// The object's last change, as the event tells it.
        changed_at: Option<Ts>,
        /// Why it is not believed: kept, and nothing follows from it.
        refused: Option<String>,
    },
}

/// An order of a source that events told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLook {
    pub system: SystemId,
    pub pair: PairId,
    pub source_id: SourceOrderId,
    /// When the event was taken up.
    pub heard_at: Ts,
    /// When the order is to be read.
    pub due_at: Ts,
}

/// Orders of a source were asked for by id or found by the poll; what was heard of them before counts as answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    pub pair: PairId,
    pub ids: Vec<SourceOrderId>,
    /// When they were asked for: what was heard later stays due.
    pub asked_at: Ts,
    /// Whether the read was made because of events, and counts as one.
    pub is_hinted: bool,
    /// They were not there.
    pub is_absent: bool,
    /// To be asked for again.
    pub again_at: Option<Ts>,
}

/// A movement as read, to be kept once.
#[derive(Debug, Clone)]
pub struct NewMovement {
    pub id: i64,
    pub pair: PairId,
    pub entry: LaneEntry,
    /// The warehouse's reference of the return the goods came with; empty for all others.
    pub reference: String,
}

/// What became of a movement.
#[derive(Debug, Clone)]
pub struct MovementMove {
    pub pair: PairId,
    /// Its idempotency key.
    pub key: String,
    /// Refused when it is settled already.
    pub to: MovementState,
    /// Why, or the last answer.
    pub text: String,
    /// The document that carries it in the source.
    pub document: Option<String>,
    /// The delivery that writes it, from now on.
    pub delivery: Option<DeliveryId>,
    /// Kind, account or place as understood now, when that changed.
    pub entry: Option<Box<LaneEntry>>,
    /// It was never posted: owed until a comparison agrees.
    pub is_owed: bool,
}

/// How a delivery ended an attempt or was moved by a rule or person.
#[derive(Debug, Clone)]
pub struct DeliveryMove {
    pub id: DeliveryId,
    /// Refused unless the row is in this state (`None`: any state that is not final).
    pub from: Option<DeliveryState>,
    pub to: DeliveryState,
    pub step: i64,
    pub due_at: Ts,
    pub attempts: i64,
    pub sent_at: Option<Ts>,
    pub absent_at: Option<Ts>,
    pub class: Option<AnswerClass>,
    pub text: String,
    /// A changed intent (a split order's id, a merged amendment); `None` keeps it.
    pub intent: Option<Intent>,
}

/// A run of a scheduled flow ended.
#[derive(Debug, Clone)]
pub struct ScheduleDone {
    pub pair: PairId,
    pub flow: super::delivery::Flow,
    pub started_at: Ts,
    pub is_ok: bool,
    /// What was found, in short: `12 new, 3 changed`.
    pub note: String,
    pub next_due_at: Ts,
    /// Watermark or page state, JSON; `None` keeps it.
    pub cursor: Option<String>,
}

/// One typed change.
#[derive(Debug, Clone)]
pub enum Change {
    /// Store an inbound message; a known `dedup_key` is counted, not stored again.
    Inbox(NewInbox),
    /// An order is to be read because an event told of it; many events make one read.
    Look(NewLook),
    /// Orders that events told of were read.
    Looked(Looked),
    /// Looks answered before this time are forgotten.
    LooksForgotten { before: Ts },
    /// An inbound message was decided on.
    InboxDone { id: InboxId, note: String },
    /// Insert or replace an order's row; `body` and `lines` only when they changed. Refused when `row.version` is stale
    /// (`row.version` is the version that was read, 0 for a new order; the store adds one).
    Order {
        row: Box<OrderRow>,
        body: Option<Box<OrderBody>>,
        lines: Option<Vec<OrderLine>>,
    },
    /// Nothing changed: only the time of the last source read moves and the missing counter is reset.
    OrderSeen { ids: Vec<OrderId>, at: Ts },
    /// The source was told that units left, now or (by its own record) at `at`.
    Confirmed {
        pair: PairId,
        location: LocationId,
        at: Ts,
        units: Vec<(ItemCode, i64)>,
    },
    /// Store an outward write. A key that exists with the same content is ignored; with another content it opens a conflict.
    Enqueue(Box<NewDelivery>),
    /// Move a delivery.
    Deliver(DeliveryMove),
    /// Append an attempt.
    Attempt(Attempt),
    /// Store a body, compressed and encrypted.
    Payload(Payload),
    /// Open or grow an exception.
    Raise(Occurrence),
    /// An object no longer fails for this kind (any discriminator when `None`); the exception resolves when no member is left.
    Clear {
        kind: Kind,
        pair: PairId,
        discriminator: Option<String>,
        object: ObjectRef,
        how: String,
        evidence: String,
    },
    /// Every member of this fingerprint is cleared.
    ClearAll {
        kind: Kind,
        pair: PairId,
        discriminator: String,
        how: String,
        evidence: String,
    },
    /// A person or rule works on an exception. `version` is the one decided on; `None` for rules.
    Exception {
        id: ExceptionId,
        version: Option<i64>,
        edit: ExceptionEdit,
    },
    /// An explicit journal line.
    Journal(Journal),
    /// Despatch report rows as read; known ones are ignored, tracking that arrives later is filled in.
    Despatches {
        system: SystemId,
        lines: Vec<DespatchLine>,
    },
    /// A despatch was taken into account: `state` is `matched`, `confirmed`, `orphan` or `ignored`.
    DespatchState {
        system: SystemId,
        despatch: String,
        state: String,
        order: Option<OrderId>,
    },
    /// Labels that were booked late were taken into account, as far as they are these.
    LabelsTaken {
        system: SystemId,
        despatch: String,
        number: WmsOrderNo,
        trackings: Vec<String>,
    },
    /// Of these despatches it was judged whether somebody must know that they have no label.
    LabelsJudged {
        system: SystemId,
        despatches: Vec<(String, WmsOrderNo)>,
    },
    /// What has no label is judged anew, as far as it left since then: somebody changed what is tracked.
    LabelsUnjudged { system: SystemId, since: Ts },
    /// Items of the warehouse as read.
    Items {
        system: SystemId,
        items: Vec<WmsItem>,
        at: Ts,
    },
    /// The full list of a mapping target; values that are absent become inactive.
    Targets {
        pair: PairId,
        kind: MappingKind,
        side: String,
        targets: Vec<Target>,
        at: Ts,
    },
    /// A snapshot run; its levels are applied only when complete.
    Snapshot {
        row: SnapshotRow,
        levels: Vec<StockLevelRow>,
    },
    /// Stock positions after publishing or comparing.
    Positions(Vec<StockPosition>),
    /// Movements as read; known ones are ignored.
    Movements(Vec<NewMovement>),
    /// A movement went on.
    Movement(Box<MovementMove>),
    /// What movements of these lanes still owed is settled: a comparison agrees.
    MovementDebtsSettled {
        pair: PairId,
        lanes: Vec<LaneKey>,
        evidence: String,
    },
    /// A mapping set: all edits become one version.
    Mappings {
        pair: PairId,
        edits: Vec<MappingEdit>,
        reason: String,
    },
    /// Mapping rows were used by an order (counts and last use).
    MappingUsed { ids: Vec<(i64, i64)>, at: Ts },
    /// A mapping's target was found missing (`Some(reason)`) or back (`None`).
    MappingBroken {
        pair: PairId,
        kind: MappingKind,
        from: String,
        broken: Option<String>,
    },
    /// A scheduled flow ran.
    ScheduleDone(ScheduleDone),
    /// A run waits for something else: it is neither done nor failed, and goes on later.
    ScheduleWait {
        pair: PairId,
        flow: super::delivery::Flow,
        at: Ts,
        note: String,
        cursor: String,
    },
    /// A scheduled flow should run at this time if that is earlier than planned.
    ScheduleHasten {
        pair: PairId,
        flow: super::delivery::Flow,
        at: Ts,
    },
    /// A flow was paused or resumed; a paused flow's deliveries wait too.
    FlowPaused {
        pair: PairId,
        flow: Option<super::delivery::Flow>,
        paused: Option<String>,
    },
    /// Store an operator request for the engine.
    Request {
        id: RequestId,
        kind: String,
        body: serde_json::Value,
    },
    /// The engine answered a request.
    RequestDone {
        id: RequestId,
        is_ok: bool,
        answer: String,
    },
    /// A system's state for the Live pane and for restarts, JSON of `domain::live::SystemLive`.
    SystemLive {
        system: SystemId,
        live: serde_json::Value,
    },
    /// Insert or replace a return with its lines and approvals. Refused when its version is stale, as for an order.
    Return(Box<Return>),
    /// Insert or replace what was said about goods or money going back.
    Claim(Box<Claim>),
    /// Small named values (subscription ids, watermarks).
    Setting { key: String, value: String },
    /// A check was signed. Refused when it was before: a signature stays as it is.
    CheckSigned(Box<Signature>),
    /// What one shift tells the next.
    HandedOver(Box<HandOver>),
    /// A view of a list was saved or removed.
    View(ViewChange),
    /// A bulk act begins, goes on or is stopped.
    Bulk(BulkChange),
    /// A rule by which errors are known is saved or removed; open cases are named anew.
    Rule(RuleChange),
    /// The edit that ended with this line of the journal was taken back. Refused when it was before.
    Undone(JournalSeq),
    /// The batch is part of what began with this line of the journal: taken back together. Line 0 begins it.
    Together(JournalSeq),
    /// How the person of the batch wants the columns of a list. Nothing of the books: the journal is not told.
    Layout(KeptLayout),
    /// A debt was settled by agreement.
    DebtSettled {
        exception: ExceptionId,
        evidence: String,
    },
}

//! What the console asks, what it is told, and what it does outside itself. Plain values: the run loop carries them out.

use crate::config::CardRow;
use crate::desk::{
    BulkPage, CheckPage, CheckSheet, Decision, EditQuestion, Found, GatedReturn, LaneRemedy,
    LateChange, RuleTrial, SiteQuestion,
};
use crate::domain::bulk::{Bulk, BulkTrial};
pub use crate::domain::bulk::{ExceptionAct, OrderAct};
use crate::domain::catalogue::Kind;
use crate::domain::checks::{Cadence, Check, HandOver, Period};
use crate::domain::columns::{KeptLayout, Layout};
use crate::domain::delivery::{Attempt, DeliveryRow, Flow};
use crate::domain::edits::SafeField;
use crate::domain::error_rule::{ErrorRule, SavedRule};
use crate::domain::exception::{ExceptionRow, ObjectRef, OccurrenceRow, Team};
use crate::domain::filter::Filter;
use crate::domain::floor::FloorAnswer;
use crate::domain::ids::{
    BulkId, DeliveryId, ExceptionId, ItemCode, JournalSeq, LocationId, OrderId, PairId, PayloadId,
    RequestId, ReturnRef, SiteRef,
};
use crate::domain::mapping::{Mapping, MappingEdit, MappingKind, Target};
use crate::domain::movements::LaneKey;
use crate::domain::order::{OrderFull, OrderRow};
use crate::domain::places::Places;
use crate::domain::returns::{Cause, Claim, ClaimState, Return, Units, unexplained};
use crate::domain::second::Proposal;
use crate::domain::stock::{StockDay, StockLevelRow, StockPosition};
use crate::domain::time::Ts;
use crate::domain::undo::Undoable;
use crate::domain::views::{ListName, SavedView, View};
use crate::domain::why::Why;
use crate::report::{Reader, Sight, StoredCall};
use crate::store::read::{
    DespatchGroup, ExceptionCount, FlowLive, JournalRow, ListQuery, MappingVersion, SystemRow,
    Unmapped, Window,
};
use crate::store::{LaneRow, MovementRow, Present};
use chrono::NaiveDate;

/// A question to the store. Never changes anything.
#[derive(Debug, Clone)]
pub enum Question {
    /// Counts for the header, and which of them are this person's.
    Header {
        person: String,
    },
    /// Flows, systems, newest journal lines that match.
    Live(Filter),
    Exceptions(ListQuery),
    /// Every one that matches, up to the limit of marks; answered as a window.
    AllExceptions(ListQuery),
    Orders(ListQuery),
    /// As [`Self::AllExceptions`].
    AllOrders(ListQuery),
    Mappings {
        pair: PairId,
        query: ListQuery,
    },
    Unmapped {
        pair: PairId,
    },
    Stock(ListQuery),
    Journal(ListQuery),
    Exception(ExceptionId),
    Order(OrderId),
    Delivery(DeliveryId),
    Item {
        pair: PairId,
        item: ItemCode,
    },
    Flow {
        pair: PairId,
        flow: Flow,
    },
    Payload {
        id: PayloadId,
        sight: Sight,
    },
    Versions {
        pair: PairId,
    },
    /// Values a mapping of this kind may point at.
    Targets {
        pair: PairId,
        kind: MappingKind,
    },
    /// What a set of mapping edits would do.
    Preview {
        pair: PairId,
        edits: Vec<MappingEdit>,
    },
    /// What an act on these cases would come to.
    BulkTrial {
        cases: Vec<ExceptionId>,
        act: ExceptionAct,
    },
    /// What an act on these orders would come to.
    OrderTrial {
        orders: Vec<OrderId>,
        act: OrderAct,
    },
    Bulks,
    Bulk(BulkId),
    /// What came too late for the floor.
    LateChanges,
    /// Which open cases of a kind these words would name.
    RuleTrial {
        kind: Kind,
        words: String,
    },
    /// Whether the journal's hash chain holds.
    VerifyJournal,
    /// What can be taken back: the edit of this line of the journal, or this person's newest.
    Undoable(Option<JournalSeq>),
    /// What carries a number that was typed.
    Find(String),
    /// Whether the engine has answered requests made from here.
    Requests(Vec<RequestId>),
    Returns(ListQuery),
    Return {
        pair: PairId,
        reference: ReturnRef,
    },
    /// The sheet of today, this week or this month.
    Checks {
        cadence: Cadence,
        team: Option<Team>,
    },
    /// A line of it in full; `first` is the first day of its oldest period.
    Check {
        check: &'static Check,
        team: Team,
        first: NaiveDate,
    },
    /// What the shifts of a team told each other.
    HandOvers(Team),
    /// Lanes of stock movements with anything outstanding.
    Lanes(ListQuery),
    Lane {
        pair: PairId,
        lane: LaneKey,
    },
}

/// The answer to a [`Question`] of the same name.
#[derive(Debug, Clone)]
pub enum Answer {
    Header(Header),
    Live(Box<Live>),
    Exceptions(Window<ExceptionRow>),
    Orders(Window<OrderRow>),
    Mappings(Window<Mapping>),
    Unmapped(Vec<Unmapped>),
    Stock(Window<StockPosition>),
    Journal(Window<JournalRow>),
    Exception(Option<Box<ExceptionSheet>>),
    Order(Option<Box<OrderSheet>>),
    Delivery(Option<Box<DeliverySheet>>),
    Item(Box<ItemSheet>),
    Flow(Box<FlowSheet>),
    Payload(Option<Box<StoredCall>>),
    Versions(Vec<MappingVersion>),
    Targets(Vec<Target>),
    Preview(MappingPreview),
    RuleTrial(Box<RuleTrial>),
    BulkTrial(BulkTrial),
    Bulks(Vec<Bulk>),
    Bulk(Option<Box<BulkPage>>),
    LateChanges(Vec<LateChange>),
    /// `None` when the chain holds, else what is wrong with the first bad row.
    VerifyJournal(Option<String>),
    /// Made in one go; never empty.
    Undoable(Vec<Undoable>),
    Find(Vec<Found>),
    /// Those that have been answered.
    Requests(Vec<Answered>),
    Returns(Window<GatedReturn>),
    Return(Option<Box<ReturnSheet>>),
    Checks(Box<CheckSheet>),
    Check(Box<CheckPage>),
    HandOvers(Vec<HandOver>),
    Lanes(Window<LaneRow>),
    Lane(Box<LaneSheet>),
}

/// What the engine made of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    pub id: RequestId,
    pub is_ok: bool,
    pub text: String,
}

/// Counts of the first two seconds: is anything mine, how long can it wait.
#[derive(Debug, Clone, Default)]
pub struct Header {
    pub counts: Vec<ExceptionCount>,
    /// Open S1 cases, the newest at most.
    pub urgent: Vec<ExceptionId>,
    /// Open exceptions in this person's name.
    pub mine: i64,
    pub mine_ship_by: Option<Ts>,
    /// Pairs in use, in order of name.
    pub pairs: Vec<PairId>,
    /// Values nobody mapped yet, over all pairs.
    pub unmapped: i64,
    /// What the source systems call their locations.
    pub places: Places,
    /// Returns that wait for somebody's word.
    pub returns: i64,
    /// Daily checks carried over unsigned.
    pub checks: i64,
    /// What the team saved of its lists by name.
    pub views: Vec<SavedView>,
    /// How this person left the columns of lists.
    pub layouts: Vec<KeptLayout>,
}

/// What the Live pane shows.
#[derive(Debug, Clone, Default)]
pub struct Live {
    pub flows: Vec<FlowLive>,
    pub systems: Vec<SystemRow>,
    /// Newest last.
    pub tail: Vec<JournalRow>,
}

/// An exception with everything that belongs to it.
#[derive(Debug, Clone)]
pub struct ExceptionSheet {
    pub row: ExceptionRow,
    /// Who else looks at it now.
    pub others: Vec<Present>,
    pub members: Vec<OccurrenceRow>,
    pub timeline: Vec<JournalRow>,
    /// Deliveries of its first members with their attempts.
    pub deliveries: Vec<DeliverySheet>,
    /// The return it is about, if it is about one.
    pub returned: Option<GatedReturn>,
    /// The lane it is about, while anything is outstanding there.
    pub lane: Option<LaneRow>,
    /// The stock position it is about.
    pub position: Option<StockPosition>,
    /// Orders of its first members.
    pub orders: Vec<OrderFull>,
    /// The mapping that may end it, where one stands already.
    pub mapping: Option<Mapping>,
    /// The refunds it is about, where it asks what was meant by them.
    pub refunds: Option<Refunds>,
    /// What can be chosen for its orders, where their sites are what it is about.
    pub sites: Vec<SiteQuestion>,
    /// The rule by which its error is known.
    pub rule: Option<SavedRule>,
}

/// Money of an order that went back, and what of it nobody explained yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refunds {
    pub order: OrderId,
    pub number: String,
    /// Whether any money went back at all.
    pub is_any: bool,
    pub asked: Vec<Claim>,
}

impl Refunds {
    /// Those of one order.
    pub fn of(order: OrderId, number: &str, claims: &[Claim]) -> Self {
        let own: Vec<Claim> = claims
            .iter()
            .filter(|c| c.order == order)
            .cloned()
            .collect();
        Self {
            order,
            number: number.to_owned(),
            is_any: own.iter().any(|c| c.cause == Cause::Refund),
            asked: unexplained(&own).cloned().collect(),
        }
    }
}

/// An order's evidence.
#[derive(Debug, Clone)]
pub struct OrderSheet {
    pub full: OrderFull,
    /// Who else looks at it now.
    pub others: Vec<Present>,
    pub deliveries: Vec<DeliveryRow>,
    pub despatches: Vec<DespatchGroup>,
    /// Open exceptions that touch it: id, kind code, explanation.
    pub exceptions: Vec<(ExceptionId, String, String)>,
    pub timeline: Vec<JournalRow>,
    pub returns: Vec<Return>,
    pub refunds: Refunds,
    /// What can be chosen for its site.
    pub site: Option<SiteQuestion>,
    /// Why it is where it is; `None` where its pair is not configured here.
    pub why: Option<Why>,
    /// What can be edited of it; `None` where its pair is not configured here.
    pub edit: Option<EditQuestion>,
}

/// A return as finance and the returns desk read it: goods and money side by side, and what was decided.
#[derive(Debug, Clone)]
pub struct ReturnSheet {
    pub books: crate::desk::ReturnSheet,
    /// Writes about it: its announcement, its credits.
    pub deliveries: Vec<DeliveryRow>,
    /// Open exceptions that name it.
    pub exceptions: Vec<(ExceptionId, String, String)>,
    pub timeline: Vec<JournalRow>,
}

impl ReturnSheet {
    /// The return with its gates, as lists have it.
    pub fn gated(&self) -> GatedReturn {
        GatedReturn {
            held: self.books.held.clone(),
            gates: self.books.line_gates.clone(),
            asked: unexplained(&self.books.claims).cloned().collect(),
        }
    }
}

/// A delivery with its attempts.
#[derive(Debug, Clone)]
pub struct DeliverySheet {
    pub row: DeliveryRow,
    pub attempts: Vec<Attempt>,
}

/// An item's stock in every place.
#[derive(Debug, Clone)]
pub struct ItemSheet {
    pub pair: PairId,
    pub item: ItemCode,
    pub positions: Vec<StockPosition>,
    pub levels: Vec<StockLevelRow>,
    /// How it stood day by day.
    pub days: Vec<StockDay>,
    /// Its lanes with anything outstanding.
    pub lanes: Vec<LaneRow>,
    /// Corrections that one person asked for and a second one has to ask for too, by location.
    pub corrections: Vec<(LocationId, Proposal)>,
    pub exceptions: Vec<(ExceptionId, String, String)>,
    pub timeline: Vec<JournalRow>,
}

/// A lane with everything in it.
#[derive(Debug, Clone)]
pub struct LaneSheet {
    pub pair: PairId,
    pub key: LaneKey,
    /// `None` when nothing is outstanding any more.
    pub row: Option<LaneRow>,
    /// What waits, head first.
    pub outstanding: Vec<MovementRow>,
    /// Left out with a debt.
    pub owed: Vec<MovementRow>,
    /// Settled lately, newest first.
    pub settled: Vec<MovementRow>,
    /// The delivery that writes the head.
    pub head: Option<DeliverySheet>,
    /// Orders held behind it.
    pub held: Vec<OccurrenceRow>,
    /// Orders that wait at the barrier and are not held yet.
    pub waiting: Vec<OrderRow>,
    /// Open exceptions of its item.
    pub exceptions: Vec<(ExceptionId, String, String)>,
    pub position: Option<StockPosition>,
    /// A count that one person gave and a second one has to give too.
    pub count: Option<Proposal>,
}

/// A flow of a pair with its deliveries under way.
#[derive(Debug, Clone)]
pub struct FlowSheet {
    pub live: FlowLive,
    pub deliveries: Vec<DeliveryRow>,
    pub timeline: Vec<JournalRow>,
    /// How the pair's switches stand.
    pub policy: Vec<CardRow>,
}

/// What applying mapping edits would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MappingPreview {
    /// Orders that would go.
    pub released: i64,
    /// Version of the mappings it was made for.
    pub version: Option<i64>,
    /// Why others stay blocked: reason and count, most first.
    pub blocked_by: Vec<(String, i64)>,
    /// Open orders that would be sent otherwise than before.
    pub changed_open: i64,
    /// Orders that go today and would be blocked.
    pub newly_blocked: i64,
    /// Things to know before applying.
    pub warnings: Vec<String>,
    /// The edits cannot be applied: why.
    pub refused: Option<String>,
}

impl MappingPreview {
    /// `38 orders released, 2 still blocked by item unknown (2)`.
    pub fn sentence(&self) -> String {
        let mut out = format!(
            "{} released",
            crate::text::count(self.released, "order", "orders")
        );
        let still: i64 = self.blocked_by.iter().map(|b| b.1).sum();
        if still > 0 {
            out.push_str(&format!(", {still} still blocked"));
            match self.blocked_by.as_slice() {
                [(why, _)] => out.push_str(&format!(" by {why}")),
                many => out.push_str(&format!(" by {} other causes", many.len())),
            }
        }
        if self.newly_blocked > 0 {
            out.push_str(&format!(
                ", {} newly blocked",
                crate::text::count(self.newly_blocked, "order", "orders")
            ));
        }
        out
    }
}

/// One exception as an action saw it: a newer version means somebody was faster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub id: ExceptionId,
    pub version: i64,
}

/// Something done outside the console: always through the desk, which checks, audits and asks the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    Exceptions {
        targets: Vec<Seen>,
        what: ExceptionAct,
    },
    /// The engine works through many cases.
    Bulk {
        targets: Vec<Seen>,
        what: ExceptionAct,
    },
    Orders {
        targets: Vec<OrderId>,
        what: OrderAct,
    },
    /// The engine works through many orders.
    BulkOrders {
        targets: Vec<OrderId>,
        what: OrderAct,
    },
    StopBulk(BulkId),
    /// What the floor answered about goods a change came too late for.
    FloorSaid {
        case: Seen,
        answer: FloorAnswer,
        goods: String,
    },
    RetryDelivery(DeliveryId),
    CancelDelivery {
        id: DeliveryId,
        reason: String,
    },
    /// Ship one order from a site, whatever the rules say.
    ChooseSite {
        id: OrderId,
        site: SiteRef,
        reason: String,
    },
    PauseFlow {
        pair: PairId,
        flow: Flow,
        reason: String,
    },
    ResumeFlow {
        pair: PairId,
        flow: Flow,
    },
    RunFlow {
        pair: PairId,
        flow: Flow,
    },
    PushStock {
        pair: PairId,
        item: ItemCode,
        location: LocationId,
    },
    ResumeStock {
        pair: PairId,
        item: ItemCode,
        location: LocationId,
        reason: String,
    },
    /// `expected` is the version the preview was made for.
    ApplyMappings {
        pair: PairId,
        edits: Vec<MappingEdit>,
        expected: Option<i64>,
        reason: String,
    },
    RollBackMappings {
        pair: PairId,
        version: i64,
        reason: String,
    },
    /// No units: everything that left and is not expected yet.
    ExpectReturn {
        order: OrderId,
        units: Units,
        reason: String,
    },
    /// What was meant by money that went back without goods: one refund, or all that nobody explained.
    ExplainRefund {
        order: OrderId,
        refund: Option<String>,
        to: ClaimState,
        reason: String,
    },
    DecideReturn {
        pair: PairId,
        reference: ReturnRef,
        what: Decision,
    },
    /// Deal with the head of a lane.
    LaneHead {
        pair: PairId,
        item: ItemCode,
        location: LocationId,
        remedy: LaneRemedy,
        reason: String,
    },
    /// Put a drift right in a ledger the source keeps itself.
    CorrectStock {
        pair: PairId,
        item: ItemCode,
        location: LocationId,
        counted_each: Option<i64>,
        reason: String,
    },
    /// Have the floor count an item.
    AskCount {
        pair: PairId,
        item: ItemCode,
        location: LocationId,
        reason: String,
    },
    /// What the floor counted.
    Counted {
        case: ExceptionId,
        counted_each: i64,
        remark: String,
    },
    SignCheck {
        check: &'static Check,
        team: Team,
        periods: Vec<Period>,
        note: String,
    },
    HandOver {
        team: Team,
        text: String,
    },
    /// Sheet and shift report as files.
    ExportChecks {
        cadence: Cadence,
        team: Option<Team>,
    },
    /// Send an order with corrected text.
    EditOrder {
        id: OrderId,
        fields: Vec<(SafeField, String)>,
        reason: String,
    },
    /// What the error of a case means; `over` is the version of the rule it replaces.
    Classify {
        case: ExceptionId,
        rule: Box<ErrorRule>,
        over: Option<i64>,
    },
    /// One order as files, for a reader outside.
    ExportOrder {
        id: OrderId,
        reader: Reader,
    },
    /// Keep a view of a list for the team; `over` is the version of the one it replaces.
    SaveView {
        view: View,
        over: Option<i64>,
    },
    RemoveView {
        list: ListName,
        name: String,
        version: i64,
    },
    /// Names and addresses of a stored call are looked at.
    LookInto(PayloadId),
    /// Take the edit back that ended with this line of the journal, and those made in one go with it.
    Undo(JournalSeq),
    /// How this person wants the columns of a list from now on.
    KeepColumns {
        list: ListName,
        layout: Layout,
    },
}

/// What became of an act, in words; none where nothing needs saying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    pub text: String,
    /// The engine will answer this request.
    pub request: Option<RequestId>,
}

/// Why a question or act failed, in words: what, on what, what happens next, what the person can do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Trouble {
    pub text: String,
    /// Somebody else changed the row first: the newest values are read again.
    pub is_stale: bool,
}

impl Trouble {
    /// A failure in words.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_stale: false,
        }
    }
}

/// The object an exception's member or a journal line is about, as something that can be opened.
pub fn object_label(object: &ObjectRef) -> String {
    format!("{} {}", object.kind(), object.id())
}

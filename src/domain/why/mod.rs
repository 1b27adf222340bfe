//! Why an order is where it is: what holds it, since when, what tallyman does next, and what a person can do.
//!
//! There is no second set of rules here. What holds an order back is asked of the release rule, of the pre-flight checks
//! and of the state of its deliveries: the same that decide whether it goes.

mod deliveries;
mod way;

pub use way::Way;

use super::catalogue::{Kind, Remedy};
use super::delivery::{DeliveryRow, Flow};
use super::ids::{DeliveryId, ExceptionId, SystemId};
use super::live::SystemLive;
use super::mapping_set::MappingSet;
use super::movements;
use super::order::{OrderFull, OrderState};
use super::policy::Policy;
use super::preflight::{Fault, Verdict};
use super::release::{Release, release_after_move};
use super::time::Ts;
use serde::Serialize;

/// Most reasons given for one order; the rest stand among its exceptions.
pub const REASONS_MAX: usize = 12;

/// An open case the order stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCase {
    pub id: ExceptionId,
    pub kind: Kind,
    pub discriminator: String,
    pub detail: String,
    pub began_at: Ts,
}

/// A pause, of one flow or of the whole pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// `None` for the pair as a whole.
    pub flow: Option<Flow>,
    pub why: String,
}

/// Everything the question looks at.
pub struct WhyInput<'a> {
    pub order: &'a OrderFull,
    /// Its deliveries; those that ended are passed over.
    pub deliveries: &'a [DeliveryRow],
    pub cases: &'a [OpenCase],
    /// Pauses of its pair.
    pub pauses: &'a [Pause],
    /// When the scheduled flows of its pair run next.
    pub due: &'a [(Flow, Ts)],
    /// Systems of the pair whose state was told.
    pub systems: &'a [(SystemId, SystemLive)],
    pub mappings: &'a MappingSet,
    pub policy: &'a Policy,
    /// What the checks say of it now; `None` once the warehouse has it.
    pub verdict: Option<&'a Verdict>,
    pub now: Ts,
}

/// How an order stands, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Somebody must do something.
    Stopped,
    /// Something else comes first; it goes on by itself.
    Waiting,
    /// Nothing holds it.
    Moving,
    /// Nothing further is expected of it.
    Ended,
}

impl Standing {
    /// For people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Stopped => "not moving",
            Self::Waiting => "waiting",
            Self::Moving => "moving",
            Self::Ended => "finished",
        }
    }
}

/// One thing that holds an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    pub standing: Standing,
    /// What holds it, in plain words.
    pub what: String,
    pub since: Option<Ts>,
    /// What tallyman does about it by itself.
    pub next: String,
    pub next_at: Option<Ts>,
    /// What a person can do.
    pub way: Way,
    /// The kind of problem, where it has one.
    #[serde(skip)]
    pub kind: Option<Kind>,
    /// The case or the delivery that tells more.
    pub case: Option<ExceptionId>,
    pub delivery: Option<DeliveryId>,
}

impl Reason {
    fn new(standing: Standing, what: impl Into<String>, next: impl Into<String>, way: Way) -> Self {
        Self {
            standing,
            what: what.into(),
            since: None,
            next: next.into(),
            next_at: None,
            way,
            kind: None,
            case: None,
            delivery: None,
        }
    }

    fn since(mut self, at: Ts) -> Self {
        self.since = Some(at);
        self
    }

    fn next_at(mut self, at: Option<Ts>) -> Self {
        self.next_at = at;
        self
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    pub standing: Standing,
    /// Where it is, in plain words.
    pub place: String,
    pub since: Ts,
    /// What tallyman does next when nothing holds it; empty otherwise.
    pub next: String,
    pub next_at: Option<Ts>,
    /// What holds it: what needs a person first.
    pub reasons: Vec<Reason>,
}

/// Why an order is where it is.
pub fn why(input: &WhyInput<'_>) -> Why {
    let row = &input.order.row;
    let mut reasons = Vec::new();
    if !row.state.is_finished() {
        if row.state.is_before_warehouse() {
            reasons.extend(before_warehouse(input));
        } else {
            reasons.extend(in_warehouse(input));
        }
        reasons.extend(deliveries::reasons(input));
    }
    let cases = cases_beside(input, &reasons);
    reasons.extend(cases);
    reasons.sort_by_key(|r| r.standing);
    reasons.truncate(REASONS_MAX);
    let standing = if row.state.is_finished() {
        Standing::Ended
    } else {
        reasons
            .iter()
            .map(|r| r.standing)
            .min()
            .unwrap_or(Standing::Moving)
    };
    let (next, next_at) = if reasons.is_empty() && standing == Standing::Moving {
        goes_on(input)
    } else {
        (String::new(), None)
    };
    Why {
        standing,
        place: place(input),
        since: row.state_since,
        next,
        next_at,
        reasons,
    }
}

/// What the release rule, a person's hold and the checks say of an order the warehouse does not have.
fn before_warehouse(input: &WhyInput<'_>) -> Vec<Reason> {
    let row = &input.order.row;
    if input.deliveries.iter().any(DeliveryRow::is_creation_begun) {
        return Vec::new();
    }
    let source = &input.order.body.source;
    let read_at = due(input, Flow::OrderPull);
    let from_source = |what: String, advice: &str| {
        let way = Way::Source(advice.to_owned());
        Reason::new(Standing::Stopped, what, "Reads the source again.", way)
            .since(row.state_since)
            .next_at(read_at)
    };
    match release_after_move(source, &source.location, input.mappings, input.policy) {
        Release::HeldPayment => {
            let what = "the source does not show it as paid".to_owned();
            return vec![from_source(
                what,
                "have the payment taken in the source, or cancel the order there",
            )];
        }
        Release::HeldSource(why) => {
            return vec![from_source(why, "let it go in the source")];
        }
        Release::NotOurs(why) => {
            return vec![from_source(
                why,
                "put it right in the source if that is wrong",
            )];
        }
        Release::NothingToPick => {
            let what = "it holds only services: there is nothing to pick".to_owned();
            return vec![from_source(what, "process it in the source")];
        }
        Release::Ready => {}
    }
    let mut out = Vec::new();
    if let Some(reason) = &row.held_reason {
        let what = format!("held by a person: {reason}");
        let next = "Nothing until somebody releases it.";
        out.push(Reason::new(Standing::Stopped, what, next, Way::Release).since(row.state_since));
    }
    out.extend(checked(input));
    out
}

/// What the checks say now.
fn checked(input: &WhyInput<'_>) -> Vec<Reason> {
    let row = &input.order.row;
    let waits = |what: String, next: &str, at: Option<Ts>| {
        Reason::new(Standing::Waiting, what, next, Way::Nothing)
            .since(row.state_since)
            .next_at(at)
    };
    match input.verdict {
        Some(Verdict::Fail(faults)) => faults.iter().map(|f| of_fault(input, f)).collect(),
        // The barrier is not among the checks; its own words stand on the order.
        _ if movements::is_at_barrier(row) && row.state == OrderState::Checking => {
            let next = "Sends it as soon as older stock movements of its items are in the source.";
            vec![waits(
                row.blocked_by.clone(),
                next,
                due(input, Flow::StockDelta),
            )]
        }
        Some(Verdict::Wait(why)) => {
            let next = "Reads the stock of the sites, then checks it again.";
            vec![waits(why.clone(), next, due(input, Flow::StockSnapshot))]
        }
        Some(Verdict::NeedItems(codes)) => {
            let named: Vec<String> = codes.iter().take(3).map(ToString::to_string).collect();
            let what = format!("{} not read in the warehouse yet", named.join(", "));
            vec![waits(
                what,
                "Looks the items up, then checks it again.",
                None,
            )]
        }
        Some(Verdict::Pass { .. }) if row.state == OrderState::Blocked => {
            let what = "every check passes by now; it was blocked before".to_owned();
            let next = "Checks blocked orders again every few minutes and with every change.";
            let mut reason = waits(what, next, None);
            reason.way = Way::ReadAgain;
            vec![reason]
        }
        Some(Verdict::Pass { .. }) | None => Vec::new(),
    }
}

fn of_fault(input: &WhyInput<'_>, fault: &Fault) -> Reason {
    let entry = fault.kind.entry();
    let case = input
        .cases
        .iter()
        .find(|c| c.kind == fault.kind && c.discriminator == fault.discriminator);
    let value = fault.discriminator.split_once('=').map_or("", |(_, v)| v);
    let way = match entry.remedy {
        _ if fault.kind == Kind::OrdAddressInvalid => Way::Edit,
        _ if fault.kind == Kind::OrdUnroutable => Way::ChooseSite,
        Remedy::Map(kind) => Way::Map {
            kind,
            value: value.to_owned(),
        },
        _ => Way::Advice(entry.next_step.to_owned()),
    };
    let mut reason = Reason::new(
        Standing::Stopped,
        fault.detail.clone(),
        entry.automatic,
        way,
    )
    .since(case.map_or(input.order.row.state_since, |c| c.began_at));
    reason.kind = Some(fault.kind);
    reason.case = case.map(|c| c.id);
    reason
}

/// What the row says of an order the warehouse has.
fn in_warehouse(input: &WhyInput<'_>) -> Vec<Reason> {
    let row = &input.order.row;
    let mut out = Vec::new();
    if row.is_on_hold && !row.state.has_left() {
        let what = "on hold in the warehouse";
        let way = Way::Floor("take the hold off in the warehouse".to_owned());
        out.push(
            Reason::new(Standing::Stopped, what, "Reads its progress again.", way)
                .next_at(due(input, Flow::StatusPull)),
        );
    }
    if row.state == OrderState::Backordered {
        let what = "the warehouse waits for stock of it";
        let way = Way::Floor("book the goods in, or have the order changed".to_owned());
        out.push(
            Reason::new(Standing::Waiting, what, "Reads its progress again.", way)
                .since(row.state_since)
                .next_at(due(input, Flow::StatusPull)),
        );
    }
    let is_covered = row.blocked_by.is_empty()
        || input
            .cases
            .iter()
            .any(|c| row.blocked_by.contains(&c.detail))
        || input.deliveries.iter().any(|d| !d.state.is_final());
    if !is_covered && !row.state.has_left() {
        let way = Way::ReadAgain;
        out.push(
            Reason::new(
                Standing::Waiting,
                row.blocked_by.clone(),
                "Compares it in both systems again.",
                way,
            )
            .next_at(due(input, Flow::ReconcileOrders)),
        );
    }
    out
}

/// Open cases that say more than the reasons found so far.
fn cases_beside(input: &WhyInput<'_>, reasons: &[Reason]) -> Vec<Reason> {
    let is_new = |c: &&OpenCase| {
        let is_told = |r: &Reason| r.case == Some(c.id) || r.what == c.detail;
        !reasons.iter().any(is_told)
    };
    let of_case = |case: &OpenCase| {
        let entry = case.kind.entry();
        let what = format!("{}: {}", entry.title, case.detail);
        let standing = match entry.remedy {
            Remedy::Wait => Standing::Waiting,
            _ => Standing::Stopped,
        };
        let way = Way::Advice(entry.next_step.to_owned());
        let mut reason = Reason::new(standing, what, entry.automatic, way).since(case.began_at);
        reason.kind = Some(case.kind);
        reason.case = Some(case.id);
        reason
    };
    // A promise at risk follows from what holds the order, it does not hold it; a default that was used holds nothing.
    let holds = |c: &&OpenCase| {
        !matches!(
            c.kind,
            Kind::OrdDefaultUsed | Kind::SlaAtRisk | Kind::SlaBreached
        )
    };
    input
        .cases
        .iter()
        .filter(holds)
        .filter(is_new)
        .map(of_case)
        .collect()
}

/// The pause that stops a flow.
fn pause<'a>(input: &'a WhyInput<'_>, flow: Flow) -> Option<&'a Pause> {
    let stops = |p: &&Pause| p.flow.is_none_or(|f| f == flow);
    input.pauses.iter().find(stops)
}

fn due(input: &WhyInput<'_>, flow: Flow) -> Option<Ts> {
    if pause(input, flow).is_some() {
        return None;
    }
    let found = input.due.iter().find(|(f, _)| *f == flow)?;
    Some(found.1)
}

/// Where it is, in words for everybody.
fn place(input: &WhyInput<'_>) -> String {
    let row = &input.order.row;
    let plain = match row.state {
        OrderState::Received => "just received",
        OrderState::HeldPayment => "waiting for payment",
        OrderState::HeldSource => "held back in the source",
        OrderState::Ready => "ready to be sent",
        OrderState::Checking => "being checked",
        OrderState::Blocked => "blocked by a check",
        OrderState::Queued => "in the queue to the warehouse",
        OrderState::Sending => "being written to the warehouse",
        OrderState::InDoubt => "sent, and the answer was lost",
        OrderState::InWarehouse => "in the warehouse",
        OrderState::Allocated => "in the warehouse, stock allocated",
        OrderState::Picking => "being picked",
        OrderState::Packing => "being packed",
        OrderState::PartDespatched => "part of it has left",
        OrderState::Backordered => "in the warehouse, waiting for stock",
        OrderState::AmendReview => "in the warehouse, a change waits for a decision",
        OrderState::CancelReview => "in the warehouse, a cancellation waits for a decision",
        OrderState::Despatched => "despatched",
        OrderState::Confirming => "despatched, being confirmed in the source",
        OrderState::Confirmed => "despatched and confirmed in the source",
        OrderState::Notified => "despatched, and the channel was told",
        OrderState::Closed => "closed",
        OrderState::Cancelled => "cancelled",
        OrderState::OrphanSource => "only the source knows it",
        OrderState::OrphanWarehouse => "only the warehouse knows it",
        OrderState::Returning => "on its way back",
    };
    if row.state.is_finished() && !row.blocked_by.is_empty() {
        return format!("{plain}: {}", row.blocked_by);
    }
    plain.to_owned()
}

/// What happens next to an order that nothing holds.
fn goes_on(input: &WhyInput<'_>) -> (String, Option<Ts>) {
    let row = &input.order.row;
    let every = |span: super::time::Span| way::spell(span);
    if row.state.is_before_warehouse() {
        let next = "It is checked and sent as soon as its turn comes.".to_owned();
        return (next, None);
    }
    if row.state.has_left() {
        let next = "Its confirmation is read back in the source.".to_owned();
        return (next, due(input, Flow::OrderPull));
    }
    let next = format!(
        "Despatches are read every {}, progress every {}.",
        every(input.policy.despatch_poll_interval),
        every(input.policy.status_interval)
    );
    (next, due(input, Flow::Despatch))
}

#[cfg(test)]
mod tests;

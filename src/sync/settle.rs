//! What an answer does to a delivery: the answer classes turned into moves, attempts and exceptions.

use super::calls::JobCx;
use super::context::Cx;
use crate::domain::catalogue::Kind;
use crate::domain::change::{Change, DeliveryMove};
use crate::domain::delivery::{AnswerClass, Attempt, DeliveryRow, DeliveryState, Flow};
use crate::domain::exception::{DETAIL_CHARS_MAX, ObjectRef, Occurrence};
use crate::domain::ids::{OrderId, PayloadId};
use crate::domain::order::OrderFull;
use crate::domain::retry;
use crate::domain::time::{Span, Ts};
use crate::store::{StoreError, StoreResult};
use crate::vendors::CallError;
use std::collections::HashMap;

/// The facts of the call an outcome came from.
#[derive(Debug, Clone, Copy)]
pub struct Evidence {
    pub started_at: Ts,
    pub finished_at: Ts,
    pub request: Option<PayloadId>,
    pub answer: Option<PayloadId>,
}

impl<T> super::calls::Called<T> {
    /// Times and body ids for the attempt rows.
    pub fn evidence(&self) -> Evidence {
        Evidence {
            started_at: self.started_at,
            finished_at: self.finished_at,
            request: self.request_id,
            answer: self.answer_id,
        }
    }
}

/// Whether the call that failed could have had an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Was {
    /// Only read: nothing can have happened.
    Read,
    /// Wrote: an unknown answer is a doubt.
    Write,
}

/// Appends an attempt to the record.
pub fn attempt(row: &DeliveryRow, class: AnswerClass, text: &str, evidence: &Evidence) -> Change {
    Change::Attempt(Attempt {
        delivery: row.id,
        n: row.attempts,
        step: row.step,
        started_at: evidence.started_at,
        finished_at: evidence.finished_at,
        class,
        text: crate::text::clean_to(text, DETAIL_CHARS_MAX),
        request: evidence.request,
        answer: evidence.answer,
    })
}

fn base(row: &DeliveryRow, to: DeliveryState, due_at: Ts, text: &str) -> DeliveryMove {
    DeliveryMove {
        id: row.id,
        from: Some(row.state),
        to,
        step: row.step,
        due_at,
        attempts: row.attempts,
        sent_at: row.sent_at,
        absent_at: None,
        class: None,
        text: crate::text::clean_to(text, DETAIL_CHARS_MAX),
        intent: None,
    }
}

/// Proven in the other system: the delivery ends.
pub fn applied(row: &DeliveryRow, now: Ts, text: &str) -> Change {
    let mut moved = base(row, DeliveryState::Applied, now, text);
    moved.class = Some(AnswerClass::Applied);
    Change::Deliver(moved)
}

/// A step is done; the delivery stays with this worker.
pub fn stepped(row: &DeliveryRow, step: i64, now: Ts) -> Change {
    let mut moved = base(row, DeliveryState::Sending, now, "");
    moved.step = step;
    moved.class = Some(AnswerClass::Applied);
    moved.sent_at = Some(now);
    Change::Deliver(moved)
}

/// Back into its lane, to be sent at `due_at` from `step`.
pub fn again(row: &DeliveryRow, step: i64, due_at: Ts, text: &str) -> Change {
    let mut moved = base(row, DeliveryState::Ready, due_at, text);
    moved.step = step;
    Change::Deliver(moved)
}

/// As [`again`], without counting the attempt (throttled, connection closed, waiting for budget).
pub fn again_uncounted(row: &DeliveryRow, step: i64, due_at: Ts, text: &str) -> Change {
    let mut moved = base(row, DeliveryState::Ready, due_at, text);
    moved.step = step;
    moved.attempts = (row.attempts - 1).max(0);
    Change::Deliver(moved)
}

/// As [`again_uncounted`] from the start: its object was not found at `absent_at`, and is looked for once more.
pub fn again_missing(row: &DeliveryRow, absent_at: Ts, due_at: Ts, text: &str) -> Change {
    let mut moved = base(row, DeliveryState::Ready, due_at, text);
    moved.attempts = (row.attempts - 1).max(0);
    moved.absent_at = Some(absent_at);
    Change::Deliver(moved)
}

/// The effect is unknown: ask after the settle time.
pub fn doubtful(row: &DeliveryRow, now: Ts, text: &str) -> Change {
    let mut moved = base(row, DeliveryState::InDoubt, now + retry::SETTLE, text);
    moved.class = Some(AnswerClass::Unknown);
    moved.sent_at = Some(now);
    Change::Deliver(moved)
}

/// Still in doubt: asked, not settled; ask again at `due_at`.
pub fn still_doubtful(row: &DeliveryRow, due_at: Ts, absent_at: Option<Ts>, text: &str) -> Change {
    let mut moved = base(row, DeliveryState::InDoubt, due_at, text);
    moved.absent_at = absent_at;
    Change::Deliver(moved)
}

/// Refused: waits for its cause to change or for a person.
pub fn rejected(row: &DeliveryRow, now: Ts, text: &str) -> Change {
    let mut moved = base(row, DeliveryState::Rejected, now, text);
    moved.class = Some(AnswerClass::Rejected);
    Change::Deliver(moved)
}

/// Ended without effect, for a reason that leaves nothing to do.
pub fn ended(row: &DeliveryRow, to: DeliveryState, now: Ts, text: &str) -> Change {
    Change::Deliver(base(row, to, now, text))
}

/// The moves for a call that failed as a whole, for every delivery that was in it.
pub fn failed(
    cx: &Cx,
    row: &DeliveryRow,
    error: &CallError,
    was: Was,
    evidence: &Evidence,
) -> Vec<Change> {
    let now = evidence.finished_at;
    let mut changes = vec![attempt(row, error.class, &error.text, evidence)];
    match error.class {
        AnswerClass::Throttled => {
            let due = now + error.wait.unwrap_or(Span::secs(60));
            changes.push(again_uncounted(row, row.step, due, &error.text));
        }
        AnswerClass::Auth => changes.push(again_uncounted(
            row,
            row.step,
            now + Span::secs(60),
            &error.text,
        )),
        AnswerClass::Unknown | AnswerClass::Malformed if was == Was::Write => {
            changes.push(doubtful(row, now, &error.text));
        }
        AnswerClass::Rejected => {
            changes.push(rejected(row, now, &error.text));
            changes.push(Change::Raise(about(
                row,
                kind_of_refusal(row.flow),
                &error.text,
                now,
            )));
        }
        _ => changes.extend(back_off(cx, row, &error.text, now)),
    }
    changes
}

/// Not sent or not readable: wait longer each time, raise early, give up late.
pub fn back_off(cx: &Cx, row: &DeliveryRow, text: &str, now: Ts) -> Vec<Change> {
    let since = now.since(row.caused_at);
    let mut changes = Vec::new();
    if retry::is_dead(row.flow, since) {
        let mut moved = base(row, DeliveryState::Dead, now, text);
        moved.class = Some(AnswerClass::Unavailable);
        changes.push(Change::Deliver(moved));
        changes.push(Change::Raise(about(
            row,
            kind_of_delay(row.flow),
            &format!("given up: {text}"),
            row.caused_at,
        )));
        return changes;
    }
    let due = now + retry::wait(row.flow, row.attempts.max(1), cx.jitter());
    let mut moved = base(row, DeliveryState::Ready, due, text);
    moved.class = Some(AnswerClass::Unavailable);
    changes.push(Change::Deliver(moved));
    if retry::is_exception_due(row.flow, row.attempts, since) {
        let detail = format!("{} attempts, still trying: {text}", row.attempts);
        changes.push(Change::Raise(about(
            row,
            kind_of_delay(row.flow),
            &detail,
            row.caused_at,
        )));
    }
    changes
}

/// In doubt, and what was written is not there (`what`, in plain words): one reading is not enough, two at least ten
/// seconds apart decide. Then it is sent again from its first step with the same key, later each time.
pub fn absent(cx: &Cx, row: &DeliveryRow, what: &str, now: Ts) -> Vec<Change> {
    match row.absent_at {
        Some(first) if now.since(first) >= retry::ABSENT_SPACING => {
            let text = format!("two readings agree that {what}; sent again with the same key");
            let from_start = DeliveryRow {
                step: 0,
                ..row.clone()
            };
            back_off(cx, &from_start, &text, now)
        }
        Some(first) => {
            let again_at = first + retry::ABSENT_SPACING;
            vec![still_doubtful(row, again_at, Some(first), what)]
        }
        None => {
            let text = format!("{what}; asking again");
            let again_at = now + retry::ABSENT_SPACING;
            vec![still_doubtful(row, again_at, Some(now), &text)]
        }
    }
}

/// An occurrence about a delivery: its order when it has one, else its object.
pub fn about(row: &DeliveryRow, kind: Kind, detail: &str, began_at: Ts) -> Occurrence {
    let object = match row.order {
        Some(order) => ObjectRef::Order(order),
        None => ObjectRef::Item(row.object.clone()),
    };
    Occurrence {
        kind,
        pair: row.pair.clone(),
        discriminator: discriminator(row, kind),
        object,
        label: row.object.clone(),
        detail: crate::text::clean_to(detail, DETAIL_CHARS_MAX),
        began_at,
        ship_by: row.ship_by,
        value_minor: 0,
        severity: None,
    }
}

/// What identifies the cause of a delivery's trouble.
pub fn discriminator(row: &DeliveryRow, kind: Kind) -> String {
    match kind {
        _ if row.flow == Flow::StockDelta => {
            format!("LANE={}", row.order_key.trim_start_matches("movement:"))
        }
        Kind::SysSchema | Kind::StkStale => format!("FLOW={}", row.flow),
        Kind::RetNotExpected | Kind::CrnOverdue | Kind::FinPeriodLocked => {
            format!("RETURN={}", row.object)
        }
        Kind::PrdNotInSource => {
            // Wherever it is published: the item is what nobody sells.
            let item = row
                .object
                .rsplit_once('@')
                .map_or(row.object.as_str(), |(item, _)| item);
            format!("ITEM={item}")
        }
        _ if row.order.is_some() => format!("ORDER={}", row.object),
        _ => format!("ITEM={}", row.object),
    }
}

/// The kind for a refusal that nothing more precise explains.
pub const fn kind_of_refusal(flow: Flow) -> Kind {
    match flow {
        Flow::OrderCreate => Kind::OrdRejected,
        Flow::OrderAmend => Kind::AmdNotExpressible,
        Flow::OrderCancel => Kind::CanTooLate,
        Flow::Despatch => Kind::DspConfirmFailed,
        Flow::Product => Kind::PrdCreateFailed,
        Flow::StockSnapshot => Kind::PrdNotInSource,
        Flow::ReturnExpect => Kind::RetNotExpected,
        Flow::CreditNote => Kind::CrnOverdue,
        Flow::StockDelta => Kind::StkAdjFailed,
        _ => Kind::SysUnclassified,
    }
}

/// The kind for work that keeps failing without being refused.
pub const fn kind_of_delay(flow: Flow) -> Kind {
    match flow {
        Flow::OrderCreate => Kind::OrdMissingInWms,
        Flow::OrderAmend | Flow::OrderCancel => Kind::AmdStatusUnreadable,
        Flow::Despatch => Kind::DspConfirmFailed,
        Flow::Product => Kind::PrdCreateFailed,
        Flow::StockSnapshot => Kind::StkStale,
        Flow::ReturnExpect => Kind::RetNotExpected,
        Flow::CreditNote => Kind::CrnOverdue,
        Flow::StockDelta => Kind::StkAdjFailed,
        _ => Kind::SysBacklog,
    }
}

/// The kind for a doubt that lasts.
pub const fn kind_of_doubt(flow: Flow) -> Kind {
    match flow {
        Flow::OrderCreate | Flow::OrderAmend | Flow::OrderCancel => Kind::OrdInDoubt,
        Flow::Despatch => Kind::DspInDoubt,
        _ => Kind::SysInDoubt,
    }
}

/// All kinds that success of a flow clears for its object.
pub const fn kinds_cleared_by(flow: Flow) -> &'static [Kind] {
    match flow {
        Flow::OrderCreate => &[
            Kind::OrdInDoubt,
            Kind::OrdMissingInWms,
            Kind::OrdRejected,
            Kind::OrdReferenceClash,
            Kind::OrdSkuUnknown,
            Kind::OrdSkuInactive,
            Kind::OrdCarrierUnmapped,
        ],
        Flow::OrderAmend => &[
            Kind::OrdInDoubt,
            Kind::AmdStatusUnreadable,
            Kind::AmdTooLate,
            Kind::AmdNotExpressible,
            Kind::OrdLinesDiffer,
            Kind::AmdConflict,
        ],
        Flow::OrderCancel => &[
            Kind::OrdInDoubt,
            Kind::AmdStatusUnreadable,
            Kind::CanTooLate,
            Kind::OrdUnpaidInWms,
        ],
        Flow::Despatch => &[
            Kind::DspInDoubt,
            Kind::DspConfirmFailed,
            Kind::DspOpenAfterDespatch,
            Kind::DspPartialUnreflected,
            Kind::DspTrackingRejected,
        ],
        Flow::Product => &[Kind::SysInDoubt, Kind::PrdCreateFailed, Kind::PrdNotInWms],
        Flow::StockSnapshot => &[Kind::SysInDoubt, Kind::PrdNotInSource],
        Flow::ReturnExpect => &[Kind::SysInDoubt, Kind::RetNotExpected],
        Flow::CreditNote => &[Kind::SysInDoubt, Kind::CrnOverdue, Kind::FinPeriodLocked],
        Flow::StockDelta => &[
            Kind::SysInDoubt,
            Kind::StkAdjFailed,
            Kind::StkLaneBlocked,
            Kind::StkNegative,
            Kind::StkIncrementMissing,
            Kind::FinPeriodLocked,
            Kind::RetStockinFailed,
        ],
        _ => &[],
    }
}

/// Clears what the success of a delivery settles. `open` holds what is open for the object, so that nothing is written in vain.
pub fn cleared(row: &DeliveryRow, open: &[(Kind, String)], evidence: &str) -> Vec<Change> {
    let object = match row.order {
        Some(order) => ObjectRef::Order(order),
        None => ObjectRef::Item(row.object.clone()),
    };
    open.iter()
        .filter(|(kind, _)| kinds_cleared_by(row.flow).contains(kind))
        .map(|(kind, discriminator)| Change::Clear {
            kind: *kind,
            pair: row.pair.clone(),
            discriminator: Some(discriminator.clone()),
            object: object.clone(),
            how: "auto".to_owned(),
            evidence: evidence.to_owned(),
        })
        .collect()
}

/// Repeats of a commit whose rows somebody else changed meanwhile.
const STALE_REPEATS_MAX: usize = 6;

/// Loads the orders, builds the changes from them and commits; when an order was changed meanwhile, loads and builds again.
/// The effect of the call is known and must be recorded whatever else happened to the order.
pub async fn commit_orders<F>(
    jcx: &JobCx<'_>,
    rule: &str,
    orders: &[OrderId],
    build: F,
) -> StoreResult<()>
where
    F: Fn(&HashMap<OrderId, OrderFull>) -> Vec<Change>,
{
    let mut last = None;
    for _ in 0..STALE_REPEATS_MAX {
        let loaded = jcx.cx.store.orders_by_id(orders).await?;
        let map: HashMap<OrderId, OrderFull> = loaded.into_iter().map(|o| (o.row.id, o)).collect();
        match jcx.cx.commit(rule, Some(jcx.fence), build(&map)).await {
            Err(error @ StoreError::Stale { .. }) => last = Some(error),
            other => return other.map(|_| ()),
        }
    }
    Err(last.unwrap_or(StoreError::Unavailable("an order kept changing".to_owned())))
}

/// Written, and the read that should prove it failed: stays (or becomes) doubtful and is asked about again, ever later.
pub fn unreadable(cx: &Cx, row: &DeliveryRow, text: &str, now: Ts) -> Vec<Change> {
    if row.state != DeliveryState::InDoubt {
        return vec![doubtful(row, now, text)];
    }
    let age = now.since(row.sent_at.unwrap_or(row.caused_at));
    let asked = 1 + age.as_secs() / 10;
    let due = now + retry::wait(row.flow, asked.min(8), cx.jitter());
    let mut changes = vec![still_doubtful(row, due, row.absent_at, text)];
    if age >= retry::DOUBT_EXCEPTION {
        changes.push(Change::Raise(about(
            row,
            kind_of_doubt(row.flow),
            text,
            row.sent_at.unwrap_or(row.caused_at),
        )));
    }
    changes
}

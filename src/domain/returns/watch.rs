//! What is late about a return.

use super::{ReturnLine, ReturnState, line_faults, unplaced};
use crate::domain::catalogue::Kind;
use crate::domain::ids::ReturnRef;
use crate::domain::policy::Policy;
use crate::domain::preflight::Fault;
use crate::domain::sla;
use crate::domain::time::{Span, Ts};

/// A return that has not arrived this long after it was allowed is overdue.
pub const OVERDUE_AFTER: Span = Span::days(21);

/// Goods must be inspected within this many working days of their receipt.
pub const STUCK_WORKING_DAYS: u32 = 2;

/// Goods back on the shelf must be in the source within this time.
pub const STOCK_IN_GRACE: Span = Span::mins(15);

/// What is known of a return, for its watch.
#[derive(Debug, Clone, Copy)]
pub struct Watched<'a> {
    pub return_ref: &'a ReturnRef,
    pub state: ReturnState,
    pub lines: &'a [ReturnLine],
    pub authorised_at: Option<Ts>,
    pub received_at: Option<Ts>,
    /// When goods of it were last put back on the shelf.
    pub stocked_at: Option<Ts>,
    /// The source keeps its own on-hand figure and must be told of each stock-in; others see it in the next snapshot.
    pub is_ledger: bool,
}

/// Everything that is wrong or late now.
pub fn watch(returned: &Watched<'_>, policy: &Policy, now: Ts) -> Vec<Fault> {
    let is_receipt_closed = returned.state.is_inspected();
    let mut out: Vec<Fault> = returned
        .lines
        .iter()
        .flat_map(|l| line_faults(returned.return_ref, l, is_receipt_closed))
        .collect();
    out.extend(overdue(returned, now));
    out.extend(stuck(returned, policy, now));
    out.extend(stock_in_failed(returned, now));
    out
}

fn fault(kind: Kind, returned: &Watched<'_>, detail: String) -> Fault {
    Fault::new(kind, format!("RETURN={}", returned.return_ref), detail)
}

/// Allowed three weeks ago and not here.
pub fn overdue(returned: &Watched<'_>, now: Ts) -> Option<Fault> {
    let is_awaited = returned.state.is_awaited();
    let since = now.since(returned.authorised_at?);
    (is_awaited && since >= OVERDUE_AFTER).then(|| {
        fault(
            Kind::RetOverdue,
            returned,
            format!(
                "return {} was allowed {} days ago and nothing has arrived; chase it or close it",
                returned.return_ref,
                since.as_secs() / 86_400
            ),
        )
    })
}

/// Received and not inspected for more than two working days.
pub fn stuck(returned: &Watched<'_>, policy: &Policy, now: Ts) -> Option<Fault> {
    let due = sla::working_days_after(returned.received_at?, STUCK_WORKING_DAYS, policy);
    let is_waiting = returned.state == ReturnState::Received || unplaced(returned.lines) > 0;
    (is_waiting && now > due).then(|| {
        fault(
            Kind::RetStuck,
            returned,
            format!(
                "return {} has been in the building for more than {STUCK_WORKING_DAYS} working days and {} of it were not inspected",
                returned.return_ref,
                crate::text::count(unplaced(returned.lines).max(1), "unit", "units")
            ),
        )
    })
}

/// On the shelf for a quarter of an hour, and not in the source.
pub fn stock_in_failed(returned: &Watched<'_>, now: Ts) -> Option<Fault> {
    let missing: i64 = returned
        .lines
        .iter()
        .map(|l| l.stocked_each.saturating_sub(l.confirmed_each).max(0))
        .sum();
    let is_late = now.since(returned.stocked_at?) >= STOCK_IN_GRACE;
    (returned.is_ledger && is_late && missing > 0).then(|| {
        fault(
            Kind::RetStockinFailed,
            returned,
            format!(
                "{} of return {} are on the shelf and not in the source",
                crate::text::count(missing, "unit", "units"),
                returned.return_ref
            ),
        )
    })
}

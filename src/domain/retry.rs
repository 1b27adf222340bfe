//! Retries: how long to wait, when a person must know, when the engine gives up.

use super::delivery::Flow;
use super::time::{Span, Ts};
use std::collections::VecDeque;

/// How long a write whose answer was lost is left alone before it is asked about.
pub const SETTLE: Span = Span::secs(5);

/// Two reads that find nothing must be this far apart before "not applied" is believed.
pub const ABSENT_SPACING: Span = Span::secs(10);

/// In doubt for longer than this opens an exception.
pub const DOUBT_EXCEPTION: Span = Span::mins(10);

/// First wait.
const BASE: Span = Span::secs(5);

/// Longest wait.
const CAP: Span = Span::mins(10);

/// `min(cap, base × 2^(attempt − 1)) × r`. `attempt` counts from 1; `r` is the caller's random number and is held
/// within 0.5..=1.0, so that after an outage the messages do not return together.
pub fn wait(flow: Flow, attempt: i64, r: f64) -> Span {
    let doublings = u32::try_from(attempt.saturating_sub(1).clamp(0, 20)).unwrap_or(0);
    let full = BASE.times(1i64 << doublings).min(cap(flow));
    let r = if r.is_nan() { 1.0 } else { r.clamp(0.5, 1.0) };
    // Micros of ten minutes are exact in a double.
    Span((full.0 as f64 * r) as i64)
}

/// Longest wait of a flow. Changes and cancellations race the pickers, so they never wait longer than half a minute.
const fn cap(flow: Flow) -> Span {
    match flow {
        Flow::OrderAmend | Flow::OrderCancel => Span::secs(30),
        _ => CAP,
    }
}

/// When a failing message of a flow becomes an exception: after attempts or time, whichever comes first.
const fn patience(flow: Flow) -> (i64, Span) {
    match flow {
        Flow::OrderAmend | Flow::OrderCancel => (2, Span::mins(2)),
        Flow::Product | Flow::CreditNote => (5, Span::mins(30)),
        Flow::ReturnExpect => (5, Span::mins(15)),
        Flow::StockSnapshot => (3, Span::mins(15)),
        Flow::StockDelta => (2, Span::mins(10)),
        Flow::Despatch | Flow::OrderCreate => (5, Span::mins(10)),
        Flow::StatusPull
        | Flow::OrderPull
        | Flow::ReconcileOrders
        | Flow::ReconcileStock
        | Flow::Catalogue
        | Flow::NotifyWatch
        | Flow::ReturnProgress => (5, Span::mins(15)),
    }
}

/// Whether a person must know by now. Raising does not stop the retries.
pub fn is_exception_due(flow: Flow, attempts: i64, since: Span) -> bool {
    let (attempts_max, since_max) = patience(flow);
    attempts >= attempts_max || since >= since_max
}

/// Whether the engine gives up. Stock figures never die, the next snapshot supersedes them; reads run again by schedule.
pub fn is_dead(flow: Flow, since: Span) -> bool {
    let limit = match flow {
        Flow::Despatch | Flow::ReturnExpect | Flow::CreditNote => Span::hours(72),
        Flow::OrderCreate | Flow::Product => Span::hours(24),
        Flow::OrderAmend | Flow::OrderCancel => Span::hours(2),
        Flow::StockSnapshot
        | Flow::StockDelta
        | Flow::StatusPull
        | Flow::OrderPull
        | Flow::ReconcileOrders
        | Flow::ReconcileStock
        | Flow::Catalogue
        | Flow::NotifyWatch
        | Flow::ReturnProgress => return false,
    };
    since >= limit
}

/// What a read found about a write in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// There, and equal to what was meant.
    Equal,
    /// There, with other content.
    Different,
    /// Not there.
    Absent,
    /// Could not be read.
    Unreadable,
}

/// What becomes of a write in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DoubtVerdict {
    /// It took effect: finished, nothing is sent again.
    Applied,
    /// It did not: send again with the same key.
    SendAgain,
    /// Ask again at this time; `absent_at` is when it was first found absent, to be kept.
    Ask { at: Ts, absent_at: Option<Ts> },
    /// Something else stands there: a person decides.
    Conflict,
}

/// The verdict on a write in doubt. One read that finds nothing proves nothing, the other side may still be writing:
/// only two of them at least [`ABSENT_SPACING`] apart do. `attempt` counts the reads, for the wait after one that failed.
pub fn settle(
    flow: Flow,
    found: Found,
    absent_at: Option<Ts>,
    attempt: i64,
    r: f64,
    now: Ts,
) -> DoubtVerdict {
    match (found, absent_at) {
        (Found::Equal, _) => DoubtVerdict::Applied,
        (Found::Different, _) => DoubtVerdict::Conflict,
        (Found::Unreadable, absent_at) => DoubtVerdict::Ask {
            at: now + wait(flow, attempt, r),
            absent_at,
        },
        (Found::Absent, Some(first)) if now.since(first) >= ABSENT_SPACING => {
            DoubtVerdict::SendAgain
        }
        (Found::Absent, first) => {
            let first = first.unwrap_or(now);
            DoubtVerdict::Ask {
                at: first + ABSENT_SPACING,
                absent_at: Some(first),
            }
        }
    }
}

/// Retries may be this share of a system's calls in a minute.
pub const RETRY_PERCENT_MAX: usize = 20;

/// Retries a minute that are always allowed: with nothing else to do, a system must still be tried again.
pub const RETRIES_MIN: usize = 6;

/// Calls remembered at most; more than any vendor allows in a minute would need.
const CALLS_MAX: usize = 10_000;

/// Keeps retries to a fifth of a system's calls, so that a system that is half up is not knocked over again.
#[derive(Debug, Clone, Default)]
pub struct RetryBudget {
    /// Calls of the last minute: when, and whether a retry.
    calls: VecDeque<(Ts, bool)>,
    retries: usize,
}

impl RetryBudget {
    /// Nothing called yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn forget(&mut self, now: Ts) {
        while let Some((at, is_retry)) = self.calls.front().copied() {
            if now.since(at) < Span::mins(1) && self.calls.len() <= CALLS_MAX {
                return;
            }
            self.calls.pop_front();
            self.retries -= usize::from(is_retry);
        }
    }

    /// Records a call that was made.
    pub fn on_call(&mut self, is_retry: bool, now: Ts) {
        self.calls.push_back((now, is_retry));
        self.retries += usize::from(is_retry);
        self.forget(now);
    }

    /// Whether a retry may be made now. It is not counted until [`Self::on_call`] says it was made.
    pub fn may_retry(&mut self, now: Ts) -> bool {
        self.forget(now);
        let after = self.retries + 1;
        after <= RETRIES_MIN || after * 100 <= (self.calls.len() + 1) * RETRY_PERCENT_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn example_11_back_off_bounds() {
        let bounds = |n| {
            let flow = Flow::OrderCreate;
            (wait(flow, n, 0.5).as_ms(), wait(flow, n, 1.0).as_ms())
        };
        assert_eq!(bounds(1), (2_500, 5_000));
        assert_eq!(bounds(4), (20_000, 40_000));
        assert_eq!(bounds(8), (300_000, 600_000));
        assert_eq!(bounds(1_000), (300_000, 600_000));
        assert_eq!(bounds(0), bounds(1));
        assert_eq!(wait(Flow::Despatch, 3, f64::NAN), Span::secs(20));
    }

    #[test]
    fn a_cancellation_never_waits_longer_than_half_a_minute() {
        assert_eq!(wait(Flow::OrderCancel, 9, 1.0), Span::secs(30));
    }

    #[test]
    fn exceptions_open_early_and_retries_go_on() {
        for (flow, attempts, minutes, due) in [
            (Flow::Despatch, 4, 9, false),
            (Flow::Despatch, 5, 0, true),
            (Flow::Despatch, 1, 10, true),
            (Flow::OrderCreate, 5, 1, true),
            (Flow::OrderCancel, 1, 1, false),
            (Flow::OrderCancel, 2, 0, true),
            (Flow::OrderAmend, 1, 2, true),
            (Flow::Product, 4, 29, false),
            (Flow::Product, 4, 30, true),
            (Flow::StockSnapshot, 3, 0, true),
        ] {
            let got = is_exception_due(flow, attempts, Span::mins(minutes));
            assert_eq!(got, due, "{flow} {attempts} {minutes}");
            assert!(!is_dead(flow, Span::mins(minutes)), "{flow} died early");
        }
    }

    #[test]
    fn only_time_kills_and_stock_never_dies() {
        for (flow, alive_h, dead_h) in [
            (Flow::Despatch, 71, 72),
            (Flow::OrderCreate, 23, 24),
            (Flow::Product, 23, 24),
            (Flow::OrderAmend, 1, 2),
            (Flow::OrderCancel, 1, 2),
        ] {
            assert!(!is_dead(flow, Span::hours(alive_h)), "{flow}");
            assert!(is_dead(flow, Span::hours(dead_h)), "{flow}");
        }
        assert!(!is_dead(Flow::StockSnapshot, Span::days(365)));
    }

    #[test]
    fn example_8_absent_once_then_found_finishes_without_a_second_order() {
        let sent = Ts(0);
        let settle =
            |found, absent_at, now| settle(Flow::OrderCreate, found, absent_at, 1, 1.0, now);
        let five = sent + SETTLE;
        let fifteen = sent + Span::secs(15);
        let first = settle(Found::Absent, None, five);
        assert_eq!(
            first,
            DoubtVerdict::Ask {
                at: fifteen,
                absent_at: Some(five)
            }
        );
        assert_eq!(
            settle(Found::Equal, Some(five), fifteen),
            DoubtVerdict::Applied
        );
        assert_eq!(
            settle(Found::Absent, Some(five), fifteen),
            DoubtVerdict::SendAgain
        );
        let early = settle(Found::Absent, Some(five), sent + Span::secs(14));
        assert_eq!(early, first, "two reads must lie ten seconds apart");
        assert_eq!(
            settle(Found::Different, Some(five), fifteen),
            DoubtVerdict::Conflict
        );
        let unread = settle(Found::Unreadable, Some(five), fifteen);
        assert_eq!(
            unread,
            DoubtVerdict::Ask {
                at: sent + Span::secs(20),
                absent_at: Some(five)
            }
        );
    }

    #[test]
    fn retries_stay_below_a_fifth_of_the_calls() {
        let mut budget = RetryBudget::new();
        let now = Ts(0);
        for _ in 0..100 {
            budget.on_call(false, now);
        }
        let mut retries = 0;
        while budget.may_retry(now) && retries < 1_000 {
            budget.on_call(true, now);
            retries += 1;
        }
        assert_eq!(retries, 25, "25 of 125 calls");
        assert!(
            budget.may_retry(now + Span::mins(1)),
            "a minute later all is forgotten"
        );
    }

    #[test]
    fn an_idle_system_is_still_tried_again() {
        let mut budget = RetryBudget::new();
        for second in 0..60 {
            let now = Ts(0) + Span::secs(second);
            if budget.may_retry(now) {
                budget.on_call(true, now);
            }
        }
        assert_eq!(budget.retries, RETRIES_MIN);
    }

    proptest! {
        #[test]
        fn waits_grow_and_keep_their_bounds(n in 1i64..60, r in 0.0f64..2.0) {
            let span = wait(Flow::Despatch, n, r);
            prop_assert!(span >= Span::ms(2_500) && span <= Span::mins(10));
            prop_assert!(wait(Flow::Despatch, n + 1, r) >= span);
        }
    }
}

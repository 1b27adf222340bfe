//! Words and roles for states and times: one place, so that every pane says the same thing the same way.

use crate::console::theme::Role;
use crate::domain::delivery::DeliveryState;
use crate::domain::exception::{ExceptionRow, ExceptionState, Severity};
use crate::domain::live::BreakerState;
use crate::domain::movements::Standing;
use crate::domain::order::OrderState;
use crate::domain::returns::{MoneyState, ReturnState};
use crate::domain::stock::StockPosition;
use crate::domain::time::{Span, Ts};
use crate::store::LaneRow;
use crate::store::read::{FlowLive, SystemRow};
use crate::text;

/// A promise closer than this is marked.
pub const PROMISE_NEAR: Span = Span::hours(2);
/// Work older than this makes a flow late.
pub use crate::report::LAG_LATE;
/// Hours to oversell below which a position is marked.
pub const OVERSELL_NEAR_HOURS: i64 = 24;

/// A word with its role.
pub type Word = (String, Role);

fn word(text: &str, role: Role) -> Word {
    (text.to_owned(), role)
}

/// Time left to a promise: `2h10`, `late 3h05`, or a dash.
pub fn promise(ship_by: Option<Ts>, now: Ts) -> Word {
    let Some(at) = ship_by else {
        return word("–", Role::Muted);
    };
    let left = at.since(now);
    let words = text::time_left(left.as_secs());
    if left < Span::ZERO {
        (
            format!("late {}", words.trim_start_matches('-')),
            Role::Error,
        )
    } else if left < PROMISE_NEAR {
        (words, Role::Warn)
    } else {
        (words, Role::Text)
    }
}

/// How long a case can wait: until the promise of what it holds up; without one, until it should be settled.
pub fn can_wait(row: &ExceptionRow, now: Ts) -> Word {
    if row.ship_by.is_some() || row.closed_at.is_some() {
        return promise(row.ship_by, now);
    }
    let (words, role) = promise(Some(row.resolve_due_at), now);
    match words.strip_prefix("late ") {
        Some(since) => (format!("over {since}"), role),
        None if role == Role::Text => (format!("due {words}"), Role::Muted),
        None => (format!("due {words}"), role),
    }
}

/// Age in minutes and longer: below a minute it is `now`, so that nothing ticks in seconds.
pub fn age(at: Ts, now: Ts) -> String {
    let secs = now.since(at).as_secs();
    if secs < 60 {
        "now".to_owned()
    } else {
        text::age(secs)
    }
}

/// Age of something that may never have been.
pub fn age_of(at: Option<Ts>, now: Ts) -> String {
    at.map_or_else(|| "–".to_owned(), |at| age(at, now))
}

/// Time until something: `now`, `4m`, `2h10`.
pub fn until(at: Ts, now: Ts) -> String {
    let secs = at.since(now).as_secs();
    if secs < 60 {
        "now".to_owned()
    } else {
        text::time_left(secs)
    }
}

/// A time of day, with the day when it is another one. UTC, as everything in the books.
pub fn clock(at: Ts, now: Ts) -> String {
    if at == Ts::NEVER {
        return "never".to_owned();
    }
    let (then, today) = (at.to_utc(), now.to_utc());
    if then.date_naive() == today.date_naive() {
        then.format("%H:%M:%S").to_string()
    } else if then.format("%Y").to_string() == today.format("%Y").to_string() {
        then.format("%d %b %H:%M").to_string()
    } else {
        then.format("%d %b %Y").to_string()
    }
}

/// A deadline: to the minute, with the day when it is another one.
pub fn hour(at: Ts, now: Ts) -> String {
    if at == Ts::NEVER {
        return "never".to_owned();
    }
    let (then, today) = (at.to_utc(), now.to_utc());
    if then.date_naive() == today.date_naive() {
        then.format("%H:%M").to_string()
    } else {
        then.format("%d %b %H:%M").to_string()
    }
}

/// A severity.
pub fn severity(severity: Severity) -> Word {
    let role = match severity {
        Severity::S1 => Role::Error,
        Severity::S2 => Role::Warn,
        Severity::S3 => Role::Text,
        Severity::S4 => Role::Muted,
    };
    word(severity.as_str(), role)
}

/// Where an exception stands.
pub fn exception_state(state: ExceptionState) -> Word {
    use ExceptionState as S;
    match state {
        S::New => word("new", Role::Warn),
        S::Acknowledged => word("taken", Role::Accent),
        S::Working => word("working", Role::Accent),
        S::Snoozed => word("snoozed", Role::Muted),
        S::Waiting => word("waiting", Role::Muted),
        S::FixedPending => word("checking", Role::Accent),
        S::Reopened => word("reopened", Role::Error),
        S::Resolved => word("resolved", Role::Ok),
        S::Dismissed => word("dismissed", Role::Muted),
    }
}

/// Where an order stands.
pub fn order_state(state: OrderState) -> Word {
    use OrderState as S;
    let role = match state {
        S::Blocked
        | S::InDoubt
        | S::AmendReview
        | S::CancelReview
        | S::OrphanSource
        | S::OrphanWarehouse => Role::Error,
        S::HeldPayment | S::HeldSource | S::Backordered | S::PartDespatched => Role::Warn,
        S::Confirmed | S::Notified | S::Closed => Role::Ok,
        S::Cancelled => Role::Muted,
        _ => Role::Accent,
    };
    (state.as_str().replace('_', " "), role)
}

/// Where the goods of a return are.
pub fn return_state(state: ReturnState) -> Word {
    use ReturnState as S;
    let role = match state {
        S::Requested | S::NotSellable => Role::Warn,
        S::StockInConfirmed | S::Disposed | S::Closed => Role::Ok,
        S::NotReceived | S::Rejected => Role::Muted,
        S::Authorised | S::AwaitingReceipt | S::Received | S::Inspected | S::ReturnedToStock => {
            Role::Accent
        }
    };
    (state.as_str().replace('_', " "), role)
}

/// How far the money of a return is.
pub fn money_state(state: MoneyState) -> Word {
    let role = match state {
        MoneyState::Open => Role::Text,
        MoneyState::Part => Role::Warn,
        MoneyState::Done => Role::Ok,
        MoneyState::NotDue => Role::Muted,
    };
    (state.as_str().replace('_', " "), role)
}

/// Where a delivery stands.
pub fn delivery_state(state: DeliveryState) -> Word {
    use DeliveryState as S;
    let role = match state {
        S::Waiting | S::Ready | S::Superseded | S::Cancelled => Role::Muted,
        S::Sending => Role::Accent,
        S::InDoubt | S::Rejected => Role::Warn,
        S::Dead => Role::Error,
        S::Applied => Role::Ok,
    };
    (state.as_str().replace('_', " "), role)
}

/// The state of a flow in one word, worst first.
pub fn flow_state(flow: &FlowLive, now: Ts) -> Word {
    let lag = flow.oldest_at.map_or(Span::ZERO, |at| now.since(at));
    if flow.paused.is_some() {
        word("paused", Role::Warn)
    } else if flow.stuck > 0 {
        word("stuck", Role::Error)
    } else if flow.last_started_at.is_some() && !flow.is_last_ok {
        word("failing", Role::Error)
    } else if flow.in_doubt > 0 {
        word("in doubt", Role::Warn)
    } else if lag > LAG_LATE {
        word("late", Role::Warn)
    } else if flow.last_started_at.is_none() && flow.waiting + flow.sending == 0 {
        word("idle", Role::Muted)
    } else {
        word("ok", Role::Ok)
    }
}

/// The state of a system in one word, worst first, and since or until when.
pub fn system_state(row: &SystemRow, now: Ts) -> Word {
    let live = &row.live;
    if live.auth_failed.is_some() {
        return word("signed out", Role::Error);
    }
    match live.breaker {
        BreakerState::Open => {
            let until = live
                .breaker_until
                .map_or_else(String::new, |at| format!(", probe {}", until(at, now)));
            return (format!("down{until}"), Role::Error);
        }
        BreakerState::HalfOpen => return word("probing", Role::Warn),
        BreakerState::Closed => {}
    }
    match live.throttled_until {
        Some(at) if at > now => (format!("throttled to {}", hour(at, now)), Role::Warn),
        _ if row.holder.is_none() => word("no worker", Role::Warn),
        _ => word("ok", Role::Ok),
    }
}

/// How a lane stands.
pub fn lane_state(row: &LaneRow) -> Word {
    let role = match row.standing {
        Standing::Blocked | Standing::Unmapped => Role::Error,
        Standing::InDoubt => Role::Warn,
        Standing::Open => Role::Text,
        Standing::Writing => Role::Accent,
        Standing::Empty => return word("owed", Role::Warn),
    };
    word(row.standing.word(), role)
}

/// Time to overselling.
pub fn oversell(position: &StockPosition) -> Word {
    match position.oversell_hours_milli {
        None => word("–", Role::Muted),
        Some(milli) if milli <= 0 => word("now", Role::Error),
        Some(milli) => {
            let secs = milli.saturating_mul(36) / 10;
            let role = if milli < OVERSELL_NEAR_HOURS * 1_000 {
                Role::Warn
            } else {
                Role::Text
            };
            (text::time_left(secs), role)
        }
    }
}

/// A number with its sign.
pub fn signed(n: i64) -> String {
    if n > 0 {
        format!("+{n}")
    } else {
        n.to_string()
    }
}

/// The value behind a discriminator: `SERVICE=Tracked 48` says `Tracked 48`.
pub fn discriminator_value(discriminator: &str) -> &str {
    discriminator
        .split_once('=')
        .map_or(discriminator, |(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_that_has_passed_says_so_in_a_word() {
        let now = Ts(0) + Span::hours(10);
        assert_eq!(
            promise(Some(Ts(0) + Span::hours(7)), now),
            ("late 3h00".to_owned(), Role::Error)
        );
        assert_eq!(
            promise(Some(now + Span::mins(45)), now),
            ("45m".to_owned(), Role::Warn)
        );
        assert_eq!(promise(None, now).0, "–");
    }

    #[test]
    fn ages_never_tick_in_seconds() {
        assert_eq!(age(Ts(0), Ts(0) + Span::secs(59)), "now");
        assert_eq!(age(Ts(0), Ts(0) + Span::secs(61)), "1m");
    }
}

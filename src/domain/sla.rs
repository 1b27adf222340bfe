//! Promises: by when an order must leave, and whether it still will.

use super::order::{OrderState, SourceOrder};
use super::policy::Policy;
use super::time::{Span, Ts};
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeZone, Timelike, Utc, Weekday};
use chrono_tz::Tz;

/// Hour, in the team's zone, at which the last carrier leaves on a working day when nothing says otherwise.
pub const LAST_COLLECTION_HOUR: u32 = 18;

/// Time an order still needs in a state, while there is no history of its own.
pub const TYPICAL_REMAINING: Span = Span::hours(4);

/// The promise: the earlier of what the channel promised and the house rule (released before the cut-off on a working
/// day: leaves the same day; otherwise the next working day). Working days are Monday to Friday in the policy's zone.
pub fn ship_by(order: &SourceOrder, released_at: Ts, policy: &Policy) -> Ts {
    let house = house_rule(released_at, policy);
    order.ship_by.map_or(house, |promised| promised.min(house))
}

fn house_rule(released_at: Ts, policy: &Policy) -> Ts {
    // A zone that cannot be read is refused with the configuration; UTC is the nearest that cannot fail.
    let zone: Tz = policy.time_zone.parse().unwrap_or(Tz::UTC);
    let local = released_at.to_utc().with_timezone(&zone);
    let today = local.date_naive();
    let is_in_time = is_working(today) && local.hour() < policy.cutoff_hour;
    let hour = policy.cutoff_hour.max(LAST_COLLECTION_HOUR);
    let same_day = collection(today, zone, hour);
    if is_in_time && same_day > released_at {
        same_day
    } else {
        collection(next_working(today), zone, hour)
    }
}

fn is_working(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

fn next_working(day: NaiveDate) -> NaiveDate {
    // A working day comes within three days.
    (1..=3)
        .filter_map(|n| day.checked_add_days(Days::new(n)))
        .find(|d| is_working(*d))
        .unwrap_or(day)
}

/// The collection hour of a day. An hour that the clock change skips is taken one later, one that comes twice the first time.
fn collection(day: NaiveDate, zone: Tz, hour: u32) -> Ts {
    let time: Option<DateTime<Tz>> = [hour, hour + 1]
        .into_iter()
        .filter_map(|h| day.and_hms_opt(h.min(23), 0, 0))
        .find_map(|t| zone.from_local_datetime(&t).earliest());
    time.map_or(Ts::NEVER, |t| Ts::from_utc(t.with_timezone(&Utc)))
}

/// The same time of day that many working days later, in the policy's zone. From a day off it counts from the next
/// working day's beginning.
pub fn working_days_after(from: Ts, days: u32, policy: &Policy) -> Ts {
    let zone: Tz = policy.time_zone.parse().unwrap_or(Tz::UTC);
    let local = from.to_utc().with_timezone(&zone);
    let (mut day, mut time) = (local.date_naive(), local.time());
    if !is_working(day) {
        (day, time) = (next_working(day), chrono::NaiveTime::MIN);
    }
    for _ in 0..days {
        day = next_working(day);
    }
    // A time that the clock change skips is taken an hour later.
    let at = day.and_time(time);
    [at, at + chrono::TimeDelta::hours(1)]
        .iter()
        .find_map(|t| zone.from_local_datetime(t).earliest())
        .map_or(Ts::NEVER, |t| Ts::from_utc(t.with_timezone(&Utc)))
}

/// Whether an order will miss its promise at the usual pace: now, the time its state still takes and the wait in our
/// queues reach beyond it. Orders that left, or that will never leave, are not at risk.
pub fn at_risk(now: Ts, ship_by: Ts, state: OrderState, queue_wait: Span) -> bool {
    is_awaited(state) && now + TYPICAL_REMAINING + queue_wait > ship_by
}

/// Whether the promise has passed and nothing left.
pub fn is_breached(now: Ts, ship_by: Ts, state: OrderState) -> bool {
    is_awaited(state) && now > ship_by
}

/// Still to be despatched.
const fn is_awaited(state: OrderState) -> bool {
    state.code() < OrderState::Despatched.code()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::preflight::testing::order;
    use proptest::prelude::*;

    fn utc(text: &str) -> Ts {
        Ts::from_utc(text.parse().unwrap())
    }

    #[test]
    fn the_house_rule_case_by_case() {
        for (name, released, expected) in [
            (
                "Tuesday morning leaves the same day (summer time)",
                "2026-06-16T09:00:00Z",
                "2026-06-16T17:00:00Z",
            ),
            (
                "13:59 local is in time",
                "2026-06-16T12:59:00Z",
                "2026-06-16T17:00:00Z",
            ),
            (
                "14:00 local is too late",
                "2026-06-16T13:00:00Z",
                "2026-06-17T17:00:00Z",
            ),
            (
                "Friday afternoon leaves on Monday",
                "2026-06-19T15:00:00Z",
                "2026-06-22T17:00:00Z",
            ),
            (
                "Saturday morning leaves on Monday",
                "2026-06-20T08:00:00Z",
                "2026-06-22T17:00:00Z",
            ),
            (
                "Sunday before the clocks change back leaves on Monday",
                "2026-10-24T22:30:00Z",
                "2026-10-26T18:00:00Z",
            ),
            (
                "the day is the team's, not UTC's",
                "2026-06-18T23:30:00Z",
                "2026-06-19T17:00:00Z",
            ),
        ] {
            let got = ship_by(&order("1"), utc(released), &Policy::linnworks());
            assert_eq!(got.to_string(), utc(expected).to_string(), "{name}");
        }
    }

    #[test]
    fn the_channel_s_earlier_promise_wins_and_a_later_one_does_not() {
        let mut promised = order("1");
        let released = utc("2026-06-16T09:00:00Z");
        promised.ship_by = Some(utc("2026-06-16T12:00:00Z"));
        assert_eq!(
            ship_by(&promised, released, &Policy::linnworks()),
            utc("2026-06-16T12:00:00Z")
        );
        promised.ship_by = Some(utc("2026-06-30T12:00:00Z"));
        assert_eq!(
            ship_by(&promised, released, &Policy::linnworks()),
            utc("2026-06-16T17:00:00Z")
        );
    }

    #[test]
    fn an_order_is_at_risk_while_it_still_must_leave() {
        let promise = utc("2026-06-16T17:00:00Z");
        let noon = utc("2026-06-16T12:00:00Z");
        assert!(!at_risk(noon, promise, OrderState::Allocated, Span::ZERO));
        assert!(at_risk(noon, promise, OrderState::Queued, Span::mins(61)));
        assert!(at_risk(
            utc("2026-06-16T13:30:00Z"),
            promise,
            OrderState::Packing,
            Span::ZERO
        ));
        assert!(!at_risk(
            utc("2026-06-17T13:30:00Z"),
            promise,
            OrderState::Despatched,
            Span::ZERO
        ));
        assert!(is_breached(
            utc("2026-06-16T17:01:00Z"),
            promise,
            OrderState::Picking
        ));
        assert!(!is_breached(
            utc("2026-06-16T17:01:00Z"),
            promise,
            OrderState::Cancelled
        ));
    }

    #[test]
    fn working_days_leave_out_the_weekend_and_keep_the_time_of_day() {
        for (name, from, days, expected) in [
            (
                "Tuesday and two",
                "2026-06-16T09:30:00Z",
                2,
                "2026-06-18T09:30:00Z",
            ),
            (
                "Friday and one",
                "2026-06-19T09:30:00Z",
                1,
                "2026-06-22T09:30:00Z",
            ),
            (
                "Saturday counts from Monday",
                "2026-06-20T09:30:00Z",
                1,
                "2026-06-22T23:00:00Z",
            ),
            (
                "over the change of the clocks",
                "2026-10-23T09:30:00Z",
                1,
                "2026-10-26T10:30:00Z",
            ),
            (
                "none at all",
                "2026-06-16T09:30:00Z",
                0,
                "2026-06-16T09:30:00Z",
            ),
        ] {
            let got = working_days_after(utc(from), days, &Policy::linnworks());
            assert_eq!(got, utc(expected), "{name}");
        }
    }

    proptest! {
        #[test]
        fn a_promise_is_on_a_working_day_and_never_past(seconds in 1_700_000_000i64..2_000_000_000) {
            let released = Ts(seconds * 1_000_000);
            let promise = ship_by(&order("1"), released, &Policy::linnworks());
            prop_assert!(promise > released);
            prop_assert!(promise.since(released) < Span::days(5));
            let zone: Tz = "Europe/London".parse().unwrap();
            let local = promise.to_utc().with_timezone(&zone);
            prop_assert!(is_working(local.date_naive()));
            prop_assert_eq!(local.hour(), LAST_COLLECTION_HOUR);
        }
    }
}

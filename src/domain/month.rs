//! The month of finance: its borders in a pair's time zone, and in which month goods that left are recognised.

use super::policy::Policy;
use super::time::Ts;
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Serialize, Serializer};
use std::fmt;

/// A month of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Month {
    year: i32,
    /// 1 to 12.
    month: u32,
}

/// From the first instant to the first one after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Period {
    pub from: Ts,
    pub to: Ts,
}

impl Period {
    /// Whether an instant lies in it.
    pub fn holds(self, at: Ts) -> bool {
        at >= self.from && at < self.to
    }
}

/// Years a month can be named of.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2199;

/// How far a clock change can push a day's first instant: no zone skips more at once, except a whole day.
const SKIPPED_HALF_HOURS_MAX: i32 = 2 * 48;

impl Month {
    /// From `2026-10`.
    ///
    /// # Errors
    /// What is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{:?} is not a month; write one such as 2026-10",
                crate::text::clean_to(text, 20)
            )
        };
        let (year, month) = text.trim().split_once('-').ok_or_else(wrong)?;
        if year.len() != 4 || month.len() != 2 {
            return Err(wrong());
        }
        let year: i32 = year.parse().map_err(|_| wrong())?;
        let month: u32 = month.parse().map_err(|_| wrong())?;
        if !YEARS.contains(&year) || !(1..=12).contains(&month) {
            return Err(wrong());
        }
        Ok(Self { year, month })
    }

    /// The one an instant lies in, by a pair's clock.
    pub fn of(at: Ts, zone: Tz) -> Self {
        let day = at.to_utc().with_timezone(&zone).date_naive();
        Self {
            year: day.year(),
            month: day.month(),
        }
    }

    /// The one before.
    pub const fn before(self) -> Self {
        match self.month {
            1 => Self {
                year: self.year - 1,
                month: 12,
            },
            month => Self {
                year: self.year,
                month: month - 1,
            },
        }
    }

    const fn after(self) -> Self {
        match self.month {
            12 => Self {
                year: self.year + 1,
                month: 1,
            },
            month => Self {
                year: self.year,
                month: month + 1,
            },
        }
    }

    /// Its borders by a clock of that zone.
    pub fn period(self, zone: Tz) -> Period {
        Period {
            from: self.first_instant(zone),
            to: self.after().first_instant(zone),
        }
    }

    /// Midnight of the first, or where the clock skips it the first instant after; of two midnights the earlier one.
    fn first_instant(self, zone: Tz) -> Ts {
        let midnight = NaiveDate::from_ymd_opt(self.year, self.month, 1)
            .map(|day| day.and_time(chrono::NaiveTime::MIN));
        midnight
            .and_then(|midnight| first_that_exists(midnight, zone))
            .map_or(Ts::NEVER, |t| Ts::from_utc(t.with_timezone(&Utc)))
    }
}

fn first_that_exists(from: NaiveDateTime, zone: Tz) -> Option<DateTime<Tz>> {
    (0..=SKIPPED_HALF_HOURS_MAX)
        .filter_map(|n| from.checked_add_signed(TimeDelta::minutes(30 * i64::from(n))))
        .find_map(|t| zone.from_local_datetime(&t).earliest())
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// The zone of a pair's clock. One that cannot be read is refused with the configuration; UTC is the nearest that
/// cannot fail.
pub fn zone_of(policy: &Policy) -> Tz {
    policy.time_zone.parse().unwrap_or(Tz::UTC)
}

/// Where goods that left stand in finance's month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// Left and recognised in it.
    Within,
    /// Left in it, recognised after its end.
    Late,
    /// Left in it, not recognised yet.
    Open,
    /// Left before it, recognised in it.
    BroughtIn,
    /// Left before it, and not recognised by its end.
    Older,
    /// None of its business.
    Elsewhere,
}

/// Where goods stand that left at one time and were recognised at another, or not yet.
pub fn cut(period: Period, left: Ts, recognised: Option<Ts>) -> Cut {
    let is_before_end = recognised.is_some_and(|at| at < period.to);
    if left >= period.to {
        Cut::Elsewhere
    } else if left >= period.from {
        match recognised {
            Some(_) if is_before_end => Cut::Within,
            Some(_) => Cut::Late,
            None => Cut::Open,
        }
    } else {
        match recognised {
            Some(at) if at < period.from => Cut::Elsewhere,
            Some(_) if is_before_end => Cut::BroughtIn,
            _ => Cut::Older,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Span;
    use proptest::prelude::*;

    fn utc(text: &str) -> Ts {
        Ts::from_utc(text.parse().unwrap())
    }

    fn month(text: &str) -> Month {
        Month::parse(text).unwrap()
    }

    #[test]
    fn a_month_begins_and_ends_at_midnight_by_the_pairs_own_clock() {
        use chrono_tz::{Africa, America, Asia, Europe};
        for (name, zone, text, from, to) in [
            (
                "summer time ends within it",
                Europe::London,
                "2026-10",
                "2026-09-30T23:00:00Z",
                "2026-11-01T00:00:00Z",
            ),
            (
                "summer time begins within it",
                Europe::London,
                "2026-03",
                "2026-03-01T00:00:00Z",
                "2026-03-31T23:00:00Z",
            ),
            (
                "the year turns",
                Asia::Hong_Kong,
                "2026-12",
                "2026-11-30T16:00:00Z",
                "2026-12-31T16:00:00Z",
            ),
            (
                "west of Greenwich",
                America::New_York,
                "2026-11",
                "2026-11-01T04:00:00Z",
                "2026-12-01T05:00:00Z",
            ),
            (
                "the clock skips the midnight of the first",
                America::Asuncion,
                "2017-10",
                "2017-10-01T04:00:00Z",
                "2017-11-01T03:00:00Z",
            ),
            (
                "no change at all",
                Africa::Nairobi,
                "2026-02",
                "2026-01-31T21:00:00Z",
                "2026-02-28T21:00:00Z",
            ),
        ] {
            let period = month(text).period(zone);
            assert_eq!((period.from, period.to), (utc(from), utc(to)), "{name}");
        }
    }

    #[test]
    fn only_a_year_and_a_month_are_a_month() {
        for text in [
            "",
            "2026",
            "2026-13",
            "2026-00",
            "26-10",
            "2026-1",
            "1999-12",
            "2026-10-01",
            "-026-10",
            "+026-10",
        ] {
            assert!(Month::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(month("2026-01").before().to_string(), "2025-12");
        assert_eq!(month(" 2026-10 ").before().to_string(), "2026-09");
    }

    #[test]
    fn the_same_instant_lies_in_another_month_elsewhere() {
        let at = utc("2026-10-31T23:30:00Z");
        assert_eq!(Month::of(at, chrono_tz::Europe::London), month("2026-10"));
        assert_eq!(Month::of(at, chrono_tz::Asia::Hong_Kong), month("2026-11"));
    }

    #[test]
    fn goods_are_cut_off_where_leaving_and_recognition_lie_on_two_sides_of_an_end() {
        let period = month("2026-10").period(Tz::UTC);
        let (before, within, end) = (period.from - Span::secs(1), period.from, period.to);
        let last = end - Span::ms(1);
        for (left, recognised, expected) in [
            (within, Some(last), Cut::Within),
            (last, Some(end), Cut::Late),
            (last, None, Cut::Open),
            (before, Some(within), Cut::BroughtIn),
            (before, Some(before), Cut::Elsewhere),
            (before, Some(end), Cut::Older),
            (before, None, Cut::Older),
            (end, Some(end), Cut::Elsewhere),
            (end, None, Cut::Elsewhere),
        ] {
            assert_eq!(
                cut(period, left, recognised),
                expected,
                "{left} {recognised:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn months_follow_each_other_without_a_gap_in_every_zone(
            year in 2000..2100i32, number in 1..=12u32, at in 0usize..chrono_tz::TZ_VARIANTS.len()
        ) {
            let zone = chrono_tz::TZ_VARIANTS[at];
            let this = Month { year, month: number };
            let period = this.period(zone);
            prop_assert!(period.from < period.to);
            prop_assert_eq!(this.before().period(zone).to, period.from);
            prop_assert_eq!(Month::of(period.from, zone), this);
            prop_assert_eq!(Month::of(period.to - Span::ms(1), zone), this);
        }
    }
}

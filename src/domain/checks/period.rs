//! The day, week or month a check is for, by the calendar of the house.

use super::Cadence;
use crate::domain::time::Ts;
use chrono::{Datelike, Days, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A day, a week from Monday, or a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Period {
    pub cadence: Cadence,
    pub first: NaiveDate,
}

impl Period {
    /// The period a day lies in.
    pub fn of(cadence: Cadence, day: NaiveDate) -> Self {
        let first = match cadence {
            Cadence::Daily => day,
            Cadence::Weekly => before(day, u64::from(day.weekday().num_days_from_monday())),
            Cadence::Monthly => day.with_day(1).unwrap_or(day),
        };
        Self { cadence, first }
    }

    /// The one before.
    #[must_use]
    pub fn previous(self) -> Self {
        Self::of(self.cadence, before(self.first, 1))
    }

    /// Its last day, on which it is due.
    pub fn last(self) -> NaiveDate {
        match self.cadence {
            Cadence::Daily => self.first,
            Cadence::Weekly => after(self.first, 6),
            Cadence::Monthly => before(Self::of(self.cadence, after(self.first, 31)).first, 1),
        }
    }

    /// From which day it can be signed: a month only when it ends.
    pub fn opens(self) -> NaiveDate {
        match self.cadence {
            Cadence::Daily | Cadence::Weekly => self.first,
            Cadence::Monthly => self.last(),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.cadence {
            Cadence::Daily => self.first.format("%a %-d %b").to_string(),
            Cadence::Weekly => format!("week of {}", self.first.format("%-d %b")),
            Cadence::Monthly => self.first.format("%b %Y").to_string(),
        };
        f.pad(&text)
    }
}

fn before(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(day)
}

fn after(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}

/// The zone of a name. One that cannot be read is refused with the configuration; UTC is the nearest that cannot fail.
fn zone_of(name: &str) -> Tz {
    name.parse().unwrap_or(Tz::UTC)
}

/// The day it is by the house's clock.
pub fn day_of(now: Ts, zone: &str) -> NaiveDate {
    now.to_utc().with_timezone(&zone_of(zone)).date_naive()
}

/// When a day begins by the house's clock. Where clocks skip midnight it begins with the first hour there is.
pub fn starts(day: NaiveDate, zone: &str) -> Ts {
    let zone = zone_of(zone);
    (0..4)
        .filter_map(|hour| day.and_hms_opt(hour, 0, 0))
        .find_map(|t| zone.from_local_datetime(&t).earliest())
        .map_or_else(
            || Ts::from_utc(day.and_time(chrono::NaiveTime::MIN).and_utc()),
            |t| Ts::from_utc(t.with_timezone(&Utc)),
        )
}

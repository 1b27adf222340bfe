//! Points in time and spans. UTC microseconds in one integer, so that both databases sort them alike.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Sub};

/// A point in time: microseconds since 1970, UTC.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct Ts(pub i64);

/// A span of time in microseconds; may be negative.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct Span(pub i64);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of milliseconds.
    pub const fn ms(n: i64) -> Self {
        Self(n * 1_000)
    }

    /// A span of seconds.
    pub const fn secs(n: i64) -> Self {
        Self(n * 1_000_000)
    }

    /// A span of minutes.
    pub const fn mins(n: i64) -> Self {
        Self::secs(n * 60)
    }

    /// A span of hours.
    pub const fn hours(n: i64) -> Self {
        Self::mins(n * 60)
    }

    /// A span of days.
    pub const fn days(n: i64) -> Self {
        Self::hours(n * 24)
    }

    /// Whole seconds, rounded towards zero.
    pub const fn as_secs(self) -> i64 {
        self.0 / 1_000_000
    }

    /// Whole milliseconds, rounded towards zero.
    pub const fn as_ms(self) -> i64 {
        self.0 / 1_000
    }

    /// As a standard duration; a negative span is zero.
    pub fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_micros(u64::try_from(self.0).unwrap_or(0))
    }

    /// Multiplied by a whole number, held within range.
    pub const fn times(self, n: i64) -> Self {
        Self(self.0.saturating_mul(n))
    }
}

impl Ts {
    /// The earliest time there is; sorts before every real one.
    pub const MIN: Self = Self(i64::MIN);
    /// Later than any real time: "never".
    pub const NEVER: Self = Self(i64::MAX);

    /// From a chrono time.
    pub fn from_utc(time: DateTime<Utc>) -> Self {
        Self(time.timestamp_micros())
    }

    /// As a chrono time; out-of-range values become the epoch.
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }

    /// Seconds since 1970.
    pub const fn unix_secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Days since 1970, UTC.
    pub const fn day(self) -> i64 {
        self.unix_secs().div_euclid(86_400)
    }

    /// Time elapsed since `earlier` (negative when `earlier` is later).
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Span> for Ts {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Ts {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Ts {
    /// For texts that people read: `23 Nov 2026, 13:46 UTC`.
    pub fn in_words(self) -> String {
        if self == Self::NEVER {
            return "never".to_owned();
        }
        self.to_utc().format("%-d %b %Y, %H:%M UTC").to_string()
    }
}

impl fmt::Display for Ts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NEVER {
            return f.write_str("never");
        }
        write!(f, "{}", self.to_utc().format("%Y-%m-%dT%H:%M:%SZ"))
    }
}

//! Dates as Peoplevox prints them. Times are taken as UTC. An unreadable date is a fault, never "now".

use crate::domain::time::{Span, Ts};
use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime};

/// Why a date was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DateFault {
    /// Not in any known form.
    #[error("{0:?} is not a date")]
    Unreadable(String),
    /// The year is printed as the letters `YYYY` and nothing else in the row or the search tells it.
    #[error("{0:?} has no year, and nothing beside it tells the year")]
    NoYear(String),
}

/// What helps when a tenant prints the letters `YYYY` instead of the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum YearHint {
    /// Nothing known: such a date is a fault.
    #[default]
    None,
    /// The date cannot be earlier than this (the search said so): the first such day from here on.
    NotBefore(Ts),
    /// Another column of the row with a full date: the year that brings the two nearest.
    Near(Ts),
}

/// Days a date may seem earlier than a [`YearHint::NotBefore`], for time zones and rounding.
const SLACK: Span = Span::days(1);

/// Reads a date that may be absent: blank and .NET's `0001-01-01` are none.
///
/// # Errors
/// As [`read`].
pub fn read_optional(text: &str, hint: YearHint) -> Result<Option<Ts>, DateFault> {
    let bare = bare(text);
    if bare.is_empty() || bare.starts_with("01/01/0001") || bare.starts_with("0001-01-01") {
        return Ok(None);
    }
    read(text, hint).map(Some)
}

/// Reads a date: `yyyy-MM-dd`, with `HH:mm`, `HH:mm:ss`, a fraction, `T` and an offset or none; `dd/MM/yyyy` with or without a time;
/// either in single quotes; and `dd/MM/YYYY` with the literal letters, when the hint tells the year.
///
/// # Errors
/// [`DateFault`].
pub fn read(text: &str, hint: YearHint) -> Result<Ts, DateFault> {
    let bare = bare(text);
    let unreadable = || DateFault::Unreadable(crate::text::clean_to(text, 40));
    if let Ok(with_offset) = chrono::DateTime::parse_from_rfc3339(bare) {
        return Ok(Ts::from_utc(with_offset.to_utc()));
    }
    let (date, time) = bare.split_once([' ', 'T']).unwrap_or((bare, ""));
    let time = read_time(time.trim()).ok_or_else(unreadable)?;
    if let Some(day_month) = date
        .strip_suffix("/YYYY")
        .or_else(|| date.strip_suffix("/yyyy"))
    {
        return with_hint(day_month, time, hint, text);
    }
    let format = if date.contains('/') {
        "%d/%m/%Y"
    } else {
        "%Y-%m-%d"
    };
    let day = NaiveDate::parse_from_str(date, format).map_err(|_| unreadable())?;
    // A two-digit or five-digit year is somebody's mistake, not the year 24.
    if !(1900..=2200).contains(&day.year()) {
        return Err(unreadable());
    }
    Ok(to_ts(day.and_time(time)))
}

fn bare(text: &str) -> &str {
    text.trim().trim_matches('\'').trim()
}

fn to_ts(at: NaiveDateTime) -> Ts {
    Ts::from_utc(at.and_utc())
}

fn read_time(text: &str) -> Option<NaiveTime> {
    if text.is_empty() {
        return Some(NaiveTime::MIN);
    }
    let text = text.strip_suffix('Z').unwrap_or(text);
    ["%H:%M:%S%.f", "%H:%M"]
        .iter()
        .find_map(|f| NaiveTime::parse_from_str(text, f).ok())
}

fn with_hint(
    day_month: &str,
    time: NaiveTime,
    hint: YearHint,
    text: &str,
) -> Result<Ts, DateFault> {
    let shown = || crate::text::clean_to(text, 40);
    let (near, is_floor) = match hint {
        YearHint::None => return Err(DateFault::NoYear(shown())),
        YearHint::NotBefore(at) => (at, true),
        YearHint::Near(at) => (at, false),
    };
    let year = near.to_utc().year();
    // Eight years on: 29 February may be that far away.
    let candidates = (year - 8..=year + 8).filter_map(|y| {
        let day = NaiveDate::parse_from_str(&format!("{day_month}/{y}"), "%d/%m/%Y").ok()?;
        Some(to_ts(day.and_time(time)))
    });
    let best = if is_floor {
        candidates.filter(|at| *at >= near - SLACK).min()
    } else {
        candidates.min_by_key(|at| at.since(near).0.unsigned_abs())
    };
    best.ok_or_else(|| DateFault::Unreadable(shown()))
}

/// Date for an import: `yyyy-MM-dd HH:mm:ss`.
pub fn write(at: Ts) -> String {
    at.to_utc().format("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Ts {
        Ts::from_utc(text.parse().unwrap())
    }

    #[test]
    fn every_known_form_is_read_as_the_same_moment() {
        for text in [
            "2024-07-03 10:52:21",
            "2024-07-03T10:52:21",
            "2024-07-03T10:52:21Z",
            "2024-07-03T12:52:21+02:00",
            "2024-07-03T10:52:21.0000000",
            "03/07/2024 10:52:21",
            "'03/07/2024 10:52:21'",
            " 'YYYY' ",
        ] {
            let expected = Ok(at("2024-07-03T10:52:21Z"));
            if text.contains("YYYY") {
                assert!(read(text, YearHint::None).is_err());
            } else {
                assert_eq!(read(text, YearHint::None), expected, "{text}");
            }
        }
        let minute = at("2024-07-03T10:52:00Z");
        assert_eq!(read("'03/07/2024 10:52'", YearHint::None), Ok(minute));
        assert_eq!(read("2024-07-03 10:52", YearHint::None), Ok(minute));
        let day = at("2024-07-03T00:00:00Z");
        assert_eq!(read("03/07/2024", YearHint::None), Ok(day));
        assert_eq!(read("2024-07-03", YearHint::None), Ok(day));
    }

    #[test]
    fn what_is_not_a_date_is_a_fault_and_never_now() {
        for text in [
            "",
            "soon",
            "31/02/2024",
            "13/13/2024",
            "2024-13-01",
            "03/07/24 10:00",
            "03/07/2024 25:00",
            "03/07/2024 10:00 PM",
            "20240703",
            "99999999999999-01-01",
            "''",
        ] {
            assert!(read(text, YearHint::None).is_err(), "{text}");
        }
        for text in ["", "''", "0001-01-01T00:00:00", "'01/01/0001 00:00'"] {
            assert_eq!(read_optional(text, YearHint::None), Ok(None), "{text}");
        }
        assert!(read_optional("soon", YearHint::None).is_err());
    }

    #[test]
    fn a_year_printed_as_letters_is_taken_from_what_is_known() {
        let text = "'02/01/YYYY 08:30'";
        assert!(matches!(
            read(text, YearHint::None),
            Err(DateFault::NoYear(_))
        ));
        let since = YearHint::NotBefore(at("2023-12-30T00:00:00Z"));
        assert_eq!(read(text, since), Ok(at("2024-01-02T08:30:00Z")));
        let same_day = YearHint::NotBefore(at("2024-01-02T08:30:40Z"));
        assert_eq!(read(text, same_day), Ok(at("2024-01-02T08:30:00Z")));
        let near = YearHint::Near(at("2023-12-20T00:00:00Z"));
        assert_eq!(read(text, near), Ok(at("2024-01-02T08:30:00Z")));
        let leap = YearHint::NotBefore(at("2024-02-01T00:00:00Z"));
        assert_eq!(
            read("'29/02/YYYY 00:00'", leap),
            Ok(at("2024-02-29T00:00:00Z"))
        );
        assert!(read("31/02/YYYY", leap).is_err());
    }

    #[test]
    fn import_dates_have_nineteen_characters() {
        assert_eq!(write(at("2024-06-14T00:00:00Z")), "2024-06-14 00:00:00");
    }
}

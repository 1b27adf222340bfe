//! What is on a sheet: what is carried over first, then what is due. And who may sign it.

use super::{CATALOGUE, Cadence, Check, Period, Signature};
use crate::domain::exception::Team;
use crate::domain::role::{Person, require};
use chrono::NaiveDate;
use serde::Serialize;

/// Days, weeks or months after which what was not signed is carried over no longer: it stays unsigned for good, and the
/// sheets of those days say so.
pub const CARRIED_MAX: usize = 7;

/// How a line of a sheet stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Not signed in its own time.
    Carried,
    /// To be signed now.
    Due,
    /// Can be signed later.
    NotYet,
    Signed,
    /// Of a sheet of the past: nobody signed it.
    Missed,
}

/// A line of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub check: &'static Check,
    pub team: Team,
    /// What a signature covers, oldest first; several when one was missed more than once.
    pub periods: Vec<Period>,
    pub standing: Standing,
    pub signed: Option<Signature>,
}

/// The first day whose signatures matter for a sheet.
pub fn looks_back(cadence: Cadence, day: NaiveDate) -> NaiveDate {
    let mut period = Period::of(cadence, day);
    for _ in 0..CARRIED_MAX {
        period = period.previous();
    }
    period.first
}

/// The sheet of a day as it stands on `today`. Nothing from before `began` is expected of anybody: there were no sheets.
pub fn plan(
    cadence: Cadence,
    day: NaiveDate,
    today: NaiveDate,
    began: NaiveDate,
    signatures: &[Signature],
) -> Vec<Entry> {
    let period = Period::of(cadence, day);
    let is_past = period < Period::of(cadence, today);
    let seats = || {
        let of = CATALOGUE.iter().filter(move |c| c.cadence == cadence);
        of.flat_map(|check| check.teams.iter().map(move |team| (check, *team)))
    };
    let mut entries = Vec::new();
    if !is_past {
        for (check, team) in seats() {
            let periods = missed(check, team, period, began, signatures);
            if !periods.is_empty() {
                entries.push(Entry {
                    check,
                    team,
                    periods,
                    standing: Standing::Carried,
                    signed: None,
                });
            }
        }
        // What has waited longest comes first.
        entries.sort_by_key(|e| e.periods.first().map(|p| p.first));
    }
    for (check, team) in seats() {
        let signed = signature(check, team, period, signatures).cloned();
        let standing = match &signed {
            Some(_) => Standing::Signed,
            None if is_past => Standing::Missed,
            None if today < period.opens() => Standing::NotYet,
            None => Standing::Due,
        };
        entries.push(Entry {
            check,
            team,
            periods: vec![period],
            standing,
            signed,
        });
    }
    entries
}

fn signature<'a>(
    check: &Check,
    team: Team,
    period: Period,
    signatures: &'a [Signature],
) -> Option<&'a Signature> {
    signatures
        .iter()
        .find(|s| s.check == check.code && s.team == team && s.period == period)
}

/// Periods before this one that nobody signed, oldest first.
fn missed(
    check: &Check,
    team: Team,
    now: Period,
    began: NaiveDate,
    signatures: &[Signature],
) -> Vec<Period> {
    let mut periods = Vec::new();
    let mut period = now;
    for _ in 0..CARRIED_MAX {
        period = period.previous();
        if period.last() < began {
            break;
        }
        if signature(check, team, period, signatures).is_none() {
            periods.push(period);
        }
    }
    periods.reverse();
    periods
}

/// Whether a person may sign a check for these periods on that day.
///
/// # Errors
/// Why not, in words.
pub fn may_sign(
    person: &Person,
    check: &Check,
    team: Team,
    periods: &[Period],
    today: NaiveDate,
) -> Result<(), String> {
    if !check.teams.contains(&team) {
        let teams: Vec<&str> = check.teams.iter().map(|t| t.as_str()).collect();
        return Err(format!(
            "{} does not sign {:?}: {} does",
            team,
            check.title,
            teams.join(" and ")
        ));
    }
    if let Some(early) = periods.iter().find(|p| today < p.opens()) {
        return Err(format!(
            "{early} is signed when it ends, from {}",
            early.opens().format("%-d %b %Y")
        ));
    }
    require(person, check.roles, &format!("sign {:?}", check.title))
}

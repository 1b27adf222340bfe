//! Snoozing: until when, on which condition, and what wakes it early.

use super::super::exception::{ExceptionRow, ExceptionState, Severity};
use super::super::time::{Span, Ts};
use super::{FixedPending, New, Reopened, SNOOZE_MAX, Snoozed, Waiting, checking, refuse, wake};

/// Conditions a snooze may wait for besides its time. `next_snapshot` is judged by the engine; `grows` is what always
/// wakes it.
pub const CONDITIONS: &[&str] = &["next_snapshot", "grows"];

/// What `snooze_condition` holds: the condition, and size and severity when it fell asleep, written
/// `next_snapshot@12/S3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sleep {
    /// One of [`CONDITIONS`]; `None` when only time ends it.
    pub condition: Option<String>,
    pub members: i64,
    pub severity: Severity,
}

impl Sleep {
    /// From the stored text; `None` when it is not of this form.
    pub fn parse(text: &str) -> Option<Self> {
        let (condition, rest) = text.rsplit_once('@')?;
        let (members, severity) = rest.split_once('/')?;
        Some(Self {
            condition: (!condition.is_empty()).then(|| condition.to_owned()),
            members: members.parse().ok()?,
            severity: Severity::parse(severity)?,
        })
    }

    /// The condition in words for people: `until the next stock run`.
    pub fn words(&self) -> &'static str {
        match self.condition.as_deref() {
            Some("next_snapshot") => "until the next stock run",
            Some("grows") => "until it grows",
            _ => "until its time",
        }
    }
}

impl std::fmt::Display for Sleep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let condition = self.condition.as_deref().unwrap_or_default();
        write!(f, "{condition}@{}/{}", self.members, self.severity)
    }
}

fn sleep_of(row: &ExceptionRow) -> Option<Sleep> {
    row.snooze_condition.as_deref().and_then(Sleep::parse)
}

/// The settle-by time stands still while an exception of this severity sleeps.
const fn stops_clock(severity: Severity) -> bool {
    matches!(severity, Severity::S3 | Severity::S4)
}

pub(super) fn start(
    row: &ExceptionRow,
    next: &mut ExceptionRow,
    until: Ts,
    condition: Option<&str>,
    now: Ts,
) -> Result<(), String> {
    check_state(row)?;
    check_until(row, until, now)?;
    if let Some(unknown) = condition.filter(|c| !CONDITIONS.contains(c)) {
        let why = format!("cannot be snoozed until {unknown:?}");
        let instead = format!("use one of {} or a time", CONDITIONS.join(", "));
        return refuse(row, &why, &instead);
    }
    wake(row, next, now);
    let sleep = Sleep {
        condition: condition.map(str::to_owned),
        members: row.members,
        severity: row.severity,
    };
    next.state = Snoozed;
    next.snoozed_until = Some(until);
    next.snooze_condition = Some(sleep.to_string());
    if stops_clock(row.severity) {
        next.resolve_due_at = next.resolve_due_at + until.since(now);
    }
    Ok(())
}

fn check_state(row: &ExceptionRow) -> Result<(), String> {
    match row.state {
        New | Reopened => refuse(
            row,
            "belongs to nobody yet, and a snooze needs an owner",
            "acknowledge it first",
        ),
        Waiting => refuse(
            row,
            "already waits for somebody",
            "change the wait, or acknowledge it to end the wait",
        ),
        FixedPending => checking(row),
        ExceptionState::Acknowledged
        | ExceptionState::Working
        | Snoozed
        | ExceptionState::Resolved
        | ExceptionState::Dismissed => Ok(()),
    }
}

fn check_until(row: &ExceptionRow, until: Ts, now: Ts) -> Result<(), String> {
    if until <= now {
        return refuse(
            row,
            "can only be snoozed until a time to come",
            "name a later time",
        );
    }
    match row.ship_by {
        Some(ship_by) if ship_by <= now => refuse(
            row,
            "has a promise that has passed and cannot be snoozed",
            "work on it, or wait for somebody by name",
        ),
        Some(ship_by) if until > ship_by => {
            let instead = format!("snooze until {ship_by} at the latest");
            refuse(row, "has a promise before that time", &instead)
        }
        _ if until > now + SNOOZE_MAX => refuse(
            row,
            "can sleep for at most 14 days",
            "name an earlier time, or dismiss it with a reason",
        ),
        _ => Ok(()),
    }
}

/// Why a snooze ends before its time: it grew by half, or became worse.
pub(super) fn early_reason(row: &ExceptionRow) -> Option<String> {
    let sleep = sleep_of(row)?;
    if row.severity < sleep.severity {
        return Some(format!(
            "it rose from {} to {}",
            sleep.severity, row.severity
        ));
    }
    let has_grown = row.members > sleep.members
        && row.members.saturating_mul(2) >= sleep.members.saturating_mul(3);
    has_grown.then(|| format!("it grew from {} to {}", sleep.members, row.members))
}

/// It waits for something only the engine can judge.
pub(super) fn has_judged_condition(row: &ExceptionRow) -> bool {
    sleep_of(row).is_some_and(|s| s.condition.as_deref() == Some("next_snapshot"))
}

/// The settle-by time when a sleeping exception is woken now.
pub(super) fn resolve_due_awake(row: &ExceptionRow, now: Ts) -> Ts {
    let has_stood_still =
        sleep_of(row).is_some_and(|s| stops_clock(s.severity) && s.severity == row.severity);
    match row.snoozed_until {
        Some(until) if has_stood_still && until > now => {
            row.resolve_due_at - until.since(now).max(Span::ZERO)
        }
        _ => row.resolve_due_at,
    }
}

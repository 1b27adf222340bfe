//! The life of an exception: which edit is allowed in which state, and what it changes.
//!
//! Two clocks stand in the row itself, so that nothing sleeps outside the store: `ack_due_at` is the time by which
//! somebody must take it up and, once taken up, the time at which that lapses; `snoozed_until` is the end of a snooze or
//! of a wait. [`next_due`] says when the engine has to look again, [`lapse_reason`] whether something has lapsed.

mod snooze;
#[cfg(test)]
mod tests;

pub use snooze::{CONDITIONS, Sleep};

use super::exception::{
    DETAIL_CHARS_MAX, ExceptionEdit, ExceptionRow, ExceptionState, Severity, Team,
};
use super::severity::{acknowledge_within, deadlines_with_promise};
use super::time::{Span, Ts};
use crate::text;
use ExceptionState::{
    Acknowledged, Dismissed, FixedPending, New, Reopened, Resolved, Snoozed, Waiting, Working,
};

/// The same failure within this time after it was settled is the same exception come back.
pub const REGRESSION_WITHIN: Span = Span::days(7);
/// Longest snooze.
pub const SNOOZE_MAX: Span = Span::days(14);
/// Longest wait for somebody outside.
pub const WAIT_MAX: Span = Span::days(30);
/// Shortest reason for a dismissal, characters.
pub const REASON_CHARS_MIN: usize = 10;
/// Longest reason, note or evidence, characters.
pub const REMARK_CHARS_MAX: usize = DETAIL_CHARS_MAX;
/// Longest name of whom we wait for, characters.
pub const WHO_CHARS_MAX: usize = 80;

/// How an exception can come to be settled. Other words are kept as they are; these are the usual ones.
pub const HOWS: &[&str] = &[
    "auto",
    "retry",
    "mapping",
    "source data",
    "warehouse action",
    "correction",
    "superseded",
];

/// A rule of the engine, as the audit names it (`engine`, `engine/deliver`), not a person.
pub fn is_rule(actor: &str) -> bool {
    actor == "engine" || actor.contains('/')
}

/// Settled recently enough that the same failure now is a regression.
pub fn is_regression(closed_at: Ts, now: Ts) -> bool {
    let since = now.since(closed_at);
    since >= Span::ZERO && since <= REGRESSION_WITHIN
}

/// The row after an edit by `actor`. The version stays that of `row`: whoever stores it moves it on.
///
/// # Errors
/// Why the edit is not possible now and what to do instead, for people.
pub fn apply(
    row: &ExceptionRow,
    edit: &ExceptionEdit,
    actor: &str,
    now: Ts,
) -> Result<ExceptionRow, String> {
    if !row.state.is_open() && !matches!(edit, ExceptionEdit::Note { .. }) {
        return Err(closed_words(row));
    }
    let mut next = row.clone();
    next.updated_at = now;
    match edit {
        ExceptionEdit::Acknowledge => acknowledge(row, &mut next, actor, now)?,
        ExceptionEdit::Assign { team, person } => assign(row, &mut next, *team, person, now),
        ExceptionEdit::Work => work(row, &mut next, actor, now)?,
        ExceptionEdit::Snooze { until, condition } => {
            snooze::start(row, &mut next, *until, condition.as_deref(), now)?;
        }
        ExceptionEdit::Wait { who, until } => wait(row, &mut next, who, *until, actor, now)?,
        ExceptionEdit::MarkFixed => mark_fixed(row, &mut next, actor, now)?,
        ExceptionEdit::FixFailed { found } => fix_failed(row, &mut next, found)?,
        ExceptionEdit::Dismiss { reason } => dismiss(row, &mut next, reason, now)?,
        ExceptionEdit::Resolve { how, evidence } => resolve(row, &mut next, how, evidence, now)?,
        ExceptionEdit::Note { text } => {
            remark("a note", text, 1)?;
            // Saying something is doing something: the acknowledgement does not lapse under the owner's hands.
            if row.state == Acknowledged && other_owner(row, actor).is_none() && !is_rule(actor) {
                restart_acknowledgement(&mut next, 2, now);
            }
        }
        ExceptionEdit::Lapse => lapse(row, &mut next, actor, now)?,
        ExceptionEdit::Undo { was, .. } => was.restore(&mut next),
    }
    Ok(next)
}

/// The same failure came back within [`REGRESSION_WITHIN`]: the settled exception opens again, remembering what settled
/// it last time. The caller sets members and severity afterwards.
///
/// # Errors
/// When it is still open, was dismissed (its own members must not wake it), or was settled too long ago.
pub fn reopen(row: &ExceptionRow, now: Ts) -> Result<ExceptionRow, String> {
    let closed_at = match (row.state, row.closed_at) {
        (Resolved, Some(closed_at)) => closed_at,
        (Dismissed, _) => {
            return refuse(
                row,
                "was dismissed and stays so",
                "open a new one for what failed since",
            );
        }
        _ => return refuse(row, "is still open", "add to it"),
    };
    if !is_regression(closed_at, now) {
        return refuse(
            row,
            "was settled more than 7 days ago",
            "open a new one instead",
        );
    }
    let mut next = row.clone();
    next.state = Reopened;
    next.is_regression = true;
    next.person = None;
    next.closed_at = None;
    next.began_at = now;
    next.last_seen_at = now;
    next.updated_at = now;
    wake(row, &mut next, now);
    (next.ack_due_at, next.resolve_due_at) = deadlines_with_promise(row.severity, now, row.ship_by);
    Ok(next)
}

/// The row with its severity judged anew. Worse brings both deadlines nearer; better gives back the time to settle it.
pub fn regrade(row: &ExceptionRow, severity: Severity, now: Ts) -> ExceptionRow {
    let mut next = row.clone();
    next.severity = severity;
    next.updated_at = now;
    let (acknowledge, resolve) = deadlines_with_promise(severity, row.began_at, row.ship_by);
    if severity < row.severity {
        let due = match row.state {
            New | Reopened => acknowledge,
            _ => now + acknowledge_within(severity).times(2),
        };
        next.ack_due_at = row.ack_due_at.min(due);
        next.resolve_due_at = row.resolve_due_at.min(resolve);
    } else if severity > row.severity && row.state != Snoozed {
        next.resolve_due_at = resolve;
    }
    next
}

/// When the engine has to look at this exception again: the acknowledgement, snooze or wait ends.
pub fn next_due(row: &ExceptionRow) -> Option<Ts> {
    match row.state {
        Acknowledged => Some(row.ack_due_at),
        Snoozed | Waiting => row.snoozed_until,
        _ => None,
    }
}

/// Why something has lapsed by now; `None` while it holds.
pub fn lapse_reason(row: &ExceptionRow, now: Ts) -> Option<String> {
    let is_over = next_due(row).is_some_and(|due| due <= now);
    match row.state {
        Acknowledged if is_over => Some("nothing was done since it was acknowledged".to_owned()),
        Waiting if is_over => Some(format!(
            "the wait for {} is over",
            row.waiting_for.as_deref().unwrap_or("others")
        )),
        Snoozed if is_over => Some("the snooze is over".to_owned()),
        Snoozed => snooze::early_reason(row),
        _ => None,
    }
}

fn refuse<T>(row: &ExceptionRow, why: &str, instead: &str) -> Result<T, String> {
    Err(format!("exception {} {why}: {instead}", row.id))
}

fn closed_words(row: &ExceptionRow) -> String {
    let how = if row.state == Dismissed {
        "was dismissed"
    } else {
        "is resolved"
    };
    format!(
        "exception {} {how}: add a note if something is to be said; it opens again by itself if the failure comes back",
        row.id
    )
}

fn checking<T>(row: &ExceptionRow) -> Result<T, String> {
    refuse(
        row,
        "is being checked, both systems are read again",
        "wait for the answer, which resolves it or gives it back",
    )
}

/// A remark with something in it, cleaned and within its limits.
fn remark(what: &str, text: &str, chars_min: usize) -> Result<String, String> {
    let cleaned = text::clean(text);
    let cleaned = cleaned.trim();
    let chars = cleaned.chars().count();
    if chars < chars_min {
        return Err(format!(
            "{what} needs at least {chars_min} characters, this has {chars}: say a little more"
        ));
    }
    if chars > REMARK_CHARS_MAX {
        return Err(format!(
            "{what} has at most {REMARK_CHARS_MAX} characters, this has {chars}: shorten it"
        ));
    }
    Ok(cleaned.to_owned())
}

/// Somebody else has it.
fn other_owner<'a>(row: &'a ExceptionRow, actor: &str) -> Option<&'a str> {
    row.person.as_deref().filter(|person| *person != actor)
}

fn take(next: &mut ExceptionRow, actor: &str) {
    if next.person.is_none() && !is_rule(actor) {
        next.person = Some(actor.to_owned());
    }
}

/// Ends a snooze or wait. The settle-by time of S3 and S4 stood still during a snooze; what was not slept is taken back.
fn wake(row: &ExceptionRow, next: &mut ExceptionRow, now: Ts) {
    if row.state == Snoozed {
        next.resolve_due_at = snooze::resolve_due_awake(row, now);
    }
    next.snoozed_until = None;
    next.snooze_condition = None;
    next.waiting_for = None;
}

fn restart_acknowledgement(next: &mut ExceptionRow, times: i64, now: Ts) {
    next.ack_due_at = now + acknowledge_within(next.severity).times(times);
}

fn acknowledge(
    row: &ExceptionRow,
    next: &mut ExceptionRow,
    actor: &str,
    now: Ts,
) -> Result<(), String> {
    match row.state {
        FixedPending => return checking(row),
        Acknowledged | Working => {
            if let Some(person) = other_owner(row, actor) {
                let why = format!("is already with {person}");
                return refuse(row, &why, "assign it to yourself to take it over");
            }
            if row.state == Working {
                return refuse(row, "is already being worked on", "go on, or mark it fixed");
            }
        }
        _ => {}
    }
    wake(row, next, now);
    next.state = Acknowledged;
    if !is_rule(actor) {
        next.person = Some(actor.to_owned());
    }
    restart_acknowledgement(next, 2, now);
    Ok(())
}

/// Handing over ends an acknowledgement: the new person has theirs to confirm, a team without a person starts anew.
fn assign(
    row: &ExceptionRow,
    next: &mut ExceptionRow,
    team: Team,
    person: &Option<String>,
    now: Ts,
) {
    let is_same = row.team == team && row.person == *person;
    next.team = team;
    next.person.clone_from(person);
    if is_same || !matches!(row.state, Acknowledged | Working) {
        return;
    }
    if person.is_some() {
        next.state = Acknowledged;
        restart_acknowledgement(next, 2, now);
    } else {
        next.state = New;
        restart_acknowledgement(next, 1, now);
    }
}

fn work(row: &ExceptionRow, next: &mut ExceptionRow, actor: &str, now: Ts) -> Result<(), String> {
    if row.state == FixedPending {
        return checking(row);
    }
    if let Some(person) = other_owner(row, actor) {
        let why = format!("is with {person}");
        return refuse(row, &why, "assign it to yourself first");
    }
    if row.state == Working {
        return refuse(row, "is already being worked on", "go on, or mark it fixed");
    }
    wake(row, next, now);
    next.state = Working;
    take(next, actor);
    Ok(())
}

fn wait(
    row: &ExceptionRow,
    next: &mut ExceptionRow,
    who: &str,
    until: Ts,
    actor: &str,
    now: Ts,
) -> Result<(), String> {
    if row.state == FixedPending {
        return checking(row);
    }
    let who = text::clean(who);
    let who = who.trim();
    if who.is_empty() || who.chars().count() > WHO_CHARS_MAX {
        let why = format!("needs a name to wait for, at most {WHO_CHARS_MAX} characters");
        return refuse(row, &why, "say who must act");
    }
    if until <= now || until > now + WAIT_MAX {
        return refuse(
            row,
            "can wait for at most 30 days, and only for a time to come",
            "name a day on which you will ask again",
        );
    }
    wake(row, next, now);
    next.state = Waiting;
    next.waiting_for = Some(who.to_owned());
    next.snoozed_until = Some(until);
    take(next, actor);
    Ok(())
}

fn mark_fixed(
    row: &ExceptionRow,
    next: &mut ExceptionRow,
    actor: &str,
    now: Ts,
) -> Result<(), String> {
    if row.state == FixedPending {
        return checking(row);
    }
    wake(row, next, now);
    next.state = FixedPending;
    take(next, actor);
    Ok(())
}

fn fix_failed(row: &ExceptionRow, next: &mut ExceptionRow, found: &str) -> Result<(), String> {
    if row.state != FixedPending {
        return refuse(
            row,
            "is not being checked",
            "mark it fixed first, then both systems are read again",
        );
    }
    let found = remark("what the check found", found, 1)?;
    next.state = Working;
    next.detail = text::clean_to(&format!("Not settled yet: {found}"), DETAIL_CHARS_MAX);
    Ok(())
}

fn dismiss(
    row: &ExceptionRow,
    next: &mut ExceptionRow,
    reason: &str,
    now: Ts,
) -> Result<(), String> {
    if row.state == FixedPending {
        return checking(row);
    }
    let entry = row.kind.entry();
    if !entry.is_dismissable {
        let why = format!("cannot be dismissed, {} never can", row.kind);
        return refuse(row, &why, entry.next_step);
    }
    let reason = remark("the reason for a dismissal", reason, REASON_CHARS_MIN)?;
    wake(row, next, now);
    next.state = Dismissed;
    next.outcome = Some(reason);
    next.closed_at = Some(now);
    Ok(())
}

fn resolve(
    row: &ExceptionRow,
    next: &mut ExceptionRow,
    how: &str,
    evidence: &str,
    now: Ts,
) -> Result<(), String> {
    let how = remark("how it was settled", how, 1)?;
    let evidence = remark("the evidence", evidence, 1)?;
    wake(row, next, now);
    next.state = Resolved;
    next.outcome = Some(format!("{how}: {evidence}"));
    next.closed_at = Some(now);
    Ok(())
}

fn lapse(row: &ExceptionRow, next: &mut ExceptionRow, actor: &str, now: Ts) -> Result<(), String> {
    let is_met = row.state == Snoozed && is_rule(actor) && snooze::has_judged_condition(row);
    if lapse_reason(row, now).is_none() && !is_met {
        return match next_due(row) {
            Some(due) => {
                let why = format!("does not lapse before {due}");
                refuse(row, &why, "acknowledge it to take it up now")
            }
            None => refuse(
                row,
                "has nothing that could lapse",
                "only an acknowledgement, a snooze or a wait does",
            ),
        };
    }
    wake(row, next, now);
    match row.state {
        Snoozed => next.state = Working,
        Waiting if row.person.is_some() => {
            next.state = Acknowledged;
            restart_acknowledgement(next, 2, now);
        }
        _ => {
            next.state = New;
            next.person = None;
            restart_acknowledgement(next, 1, now);
        }
    }
    Ok(())
}

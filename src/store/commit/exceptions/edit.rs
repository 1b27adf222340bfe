//! People's and rules' edits, and how cases end.

use super::super::{Work, entry};
use super::apply::{empty, note, words};
use super::{Book, Debt, Evidence};
use crate::domain::exception::{ExceptionEdit, ObjectRef};
use crate::domain::ids::ExceptionId;
use crate::domain::lifecycle_case;
use crate::domain::undo::{Standing, Undo};
use crate::store::{StoreError, StoreResult};
use crate::text;

/// A person's or rule's edit, checked against the life cycle.
pub(super) fn edit(
    work: &mut Work<'_>,
    book: &mut Book,
    index: usize,
    id: i64,
    version: Option<i64>,
    edit: &ExceptionEdit,
) -> StoreResult<()> {
    let (at, actor) = (work.at, work.actor.to_owned());
    let case = book.case(id)?;
    if let Some(yours) = version
        && yours != case.row.version
    {
        return Err(StoreError::Stale {
            what: format!("exception {id} ({}, now {})", case.row.kind, case.row.state),
            yours,
            stored: case.row.version,
            by: case.updated_by.clone(),
        });
    }
    let was = Standing::of(&case.row);
    let before = was.says();
    let mut row =
        lifecycle_case::apply(&case.row, edit, &actor, at).map_err(StoreError::Refused)?;
    let is_note = matches!(edit, ExceptionEdit::Note { .. });
    if !is_note {
        row.version = case.row.version + 1;
        case.updated_by = actor;
    }
    case.row = row;
    case.is_dirty = true;
    case.index = index;
    let after = Standing::of(&case.row).says();
    let version = case.row.version;
    let (kind, label) = (case.row.kind, case.row.discriminator.clone());
    match edit {
        ExceptionEdit::Resolve { how, evidence } => {
            case.settled = None;
            let is_parent = kind.entry().is_parent;
            empty(book, id);
            close(work, book, id, is_parent);
            let (how, evidence) = words((how, evidence));
            book.evidence.push(Evidence {
                exception: id,
                how,
                evidence,
            });
        }
        ExceptionEdit::Dismiss { reason } => {
            close(work, book, id, kind.entry().is_parent);
            book.debts.push(Debt {
                exception: id,
                kind,
                label,
                reason: text::clean_to(reason, lifecycle_case::REMARK_CHARS_MAX),
            });
        }
        _ => {}
    }
    if can_be_undone(edit) {
        let was = Box::new(was);
        let id = ExceptionId(id);
        work.undoable(index, Undo::Exception { id, version, was });
    }
    let (action, reason) = told(edit);
    let pair = book.case(id)?.row.pair.clone();
    let mut line = entry(
        action,
        ObjectRef::Exception(id),
        Some(&pair),
        before,
        after,
        reason,
    );
    line.exception = Some(ExceptionId(id));
    work.note(index, None, line);
    Ok(())
}

fn close(work: &mut Work<'_>, book: &mut Book, id: i64, is_parent: bool) {
    work.done.closed.push(ExceptionId(id));
    if is_parent {
        book.orphaned.insert(id);
        for case in book.cases.values_mut() {
            if case.row.parent == Some(ExceptionId(id)) {
                case.row.parent = None;
                case.is_dirty = true;
            }
        }
    }
}

/// Whether nothing outside our own books follows from it, so that it can be taken back.
const fn can_be_undone(edit: &ExceptionEdit) -> bool {
    matches!(
        edit,
        ExceptionEdit::Acknowledge
            | ExceptionEdit::Assign { .. }
            | ExceptionEdit::Work
            | ExceptionEdit::Snooze { .. }
            | ExceptionEdit::Wait { .. }
    )
}

/// The journal's verb and reason of an edit.
fn told(edit: &ExceptionEdit) -> (&'static str, String) {
    match edit {
        ExceptionEdit::Acknowledge => ("exception.acknowledged", String::new()),
        ExceptionEdit::Assign { .. } => ("exception.assigned", String::new()),
        ExceptionEdit::Work => ("exception.worked", String::new()),
        ExceptionEdit::Snooze { until, condition } => (
            "exception.snoozed",
            match condition {
                Some(condition) => format!("until {until} or {condition}"),
                None => format!("until {until}"),
            },
        ),
        ExceptionEdit::Wait { who, until } => {
            ("exception.waiting", format!("for {who} until {until}"))
        }
        ExceptionEdit::MarkFixed => ("exception.marked_fixed", String::new()),
        ExceptionEdit::FixFailed { found } => ("exception.fix_failed", found.clone()),
        ExceptionEdit::Dismiss { reason } => ("exception.dismissed", reason.clone()),
        ExceptionEdit::Resolve { how, evidence } => {
            ("exception.resolved", format!("{how}: {evidence}"))
        }
        ExceptionEdit::Note { text } => ("exception.note", text.clone()),
        ExceptionEdit::Lapse => ("exception.lapsed", String::new()),
        ExceptionEdit::Undo { of, .. } => ("exception.undone", format!("line {of} taken back")),
    }
}

/// Cases without members are settled; dismissed ones without members have their debt settled when saved.
pub(super) fn settle(work: &mut Work<'_>, book: &mut Book) -> StoreResult<()> {
    let mut ids: Vec<i64> = book
        .cases
        .iter()
        .filter(|(_, c)| c.settled.is_some() && c.row.members <= 0 && c.row.state.is_open())
        .map(|(id, _)| *id)
        .collect();
    ids.sort_unstable();
    for id in ids {
        let (at, actor) = (work.at, work.actor.to_owned());
        let case = book.case(id)?;
        let Some((how, evidence)) = case.settled.clone() else {
            continue;
        };
        let edit = ExceptionEdit::Resolve {
            how: how.clone(),
            evidence: evidence.clone(),
        };
        let before = Standing::of(&case.row).says();
        let mut row =
            lifecycle_case::apply(&case.row, &edit, &actor, at).map_err(StoreError::Refused)?;
        row.version = case.row.version + 1;
        row.members = 0;
        row.value_minor = 0;
        case.row = row;
        case.updated_by = actor;
        let (index, is_parent) = (case.index, case.row.kind.entry().is_parent);
        note(
            work,
            book,
            index,
            id,
            "exception.resolved",
            &before,
            format!("{how}: {evidence}"),
        )?;
        book.evidence.push(Evidence {
            exception: id,
            how,
            evidence,
        });
        close(work, book, id, is_parent);
    }
    Ok(())
}

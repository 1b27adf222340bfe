//! Writes cases and members back, and judges severity once per case.

use super::super::{Work, entry};
use super::{Book, Case, Touch};
use crate::domain::exception::{ExceptionState, ObjectRef, Severity};
use crate::domain::ids::ExceptionId;
use crate::domain::lifecycle_case;
use crate::domain::severity::{SeverityFacts, deadlines_with_promise, severity};
use crate::domain::time::Ts;
use crate::store::StoreResult;
use crate::store::exceptions::NO_SEVERITY;
use crate::store::orders::{search_of, sort_time};
use crate::store::value::{Val, vals};
use std::collections::HashMap;

pub(super) async fn all(work: &mut Work<'_>, book: &mut Book) -> StoreResult<()> {
    // New cases first: members refer to them.
    cases(work, book, true).await?;
    members(work, book).await?;
    judge(work, book).await?;
    cases(work, book, false).await?;
    orphans(work, book).await?;
    let rows = book
        .evidence
        .iter()
        .map(|e| {
            vals![
                e.exception,
                work.at,
                work.actor,
                e.how.as_str(),
                e.evidence.as_str()
            ]
        })
        .collect();
    work.conn
        .bulk(
            "insert into evidence (exception_id, at, who, how, evidence)",
            "",
            rows,
        )
        .await?;
    let rows = book
        .debts
        .iter()
        .map(|d| {
            vals![
                d.exception,
                d.kind.code(),
                d.label.as_str(),
                d.reason.as_str(),
                work.actor,
                work.at
            ]
        })
        .collect();
    work.conn
        .bulk(
            "insert into debt (exception_id, kind, label, reason, who, at)",
            "",
            rows,
        )
        .await?;
    settled_dismissals(work, book).await
}

const UPSERT: &str = "insert into exception (id, kind, pair, discriminator, fingerprint, severity, state, team, person, \
 began_at, first_seen_at, last_seen_at, members, occurrences_ever, ship_by, value_minor, ack_due_at, resolve_due_at, \
 snoozed_until, snooze_condition, waiting_for, parent, is_regression, detail, outcome, closed_at, version, updated_at, \
 updated_by, ship_sort, search, rule_id)";
const ON_CONFLICT: &str = "on conflict (id) do update set severity = excluded.severity, state = excluded.state, \
 team = excluded.team, person = excluded.person, began_at = excluded.began_at, last_seen_at = excluded.last_seen_at, \
 members = excluded.members, occurrences_ever = excluded.occurrences_ever, ship_by = excluded.ship_by, \
 value_minor = excluded.value_minor, ack_due_at = excluded.ack_due_at, resolve_due_at = excluded.resolve_due_at, \
 snoozed_until = excluded.snoozed_until, snooze_condition = excluded.snooze_condition, waiting_for = excluded.waiting_for, \
 parent = excluded.parent, is_regression = excluded.is_regression, detail = excluded.detail, outcome = excluded.outcome, \
 closed_at = excluded.closed_at, version = excluded.version, updated_at = excluded.updated_at, \
 updated_by = excluded.updated_by, ship_sort = excluded.ship_sort, search = excluded.search, rule_id = excluded.rule_id";

async fn cases(work: &mut Work<'_>, book: &mut Book, new_only: bool) -> StoreResult<()> {
    let mut dirty: Vec<&mut Case> = book
        .cases
        .values_mut()
        .filter(|c| if new_only { c.is_new } else { c.is_dirty })
        .collect();
    dirty.sort_by_key(|c| c.row.id);
    let mut rows = Vec::with_capacity(dirty.len());
    for case in dirty {
        case.row.updated_at = work.at;
        rows.push(values(case));
    }
    work.conn.bulk(UPSERT, ON_CONFLICT, rows).await?;
    Ok(())
}

fn values(case: &Case) -> Vec<Val> {
    let row = &case.row;
    let search = search_of(&[
        row.kind.code(),
        row.kind.entry().title,
        row.pair.as_str(),
        &row.discriminator,
        row.person.as_deref().unwrap_or(""),
        &row.detail,
    ]);
    vals![
        row.id.0,
        row.kind.code(),
        row.pair.as_str(),
        row.discriminator.as_str(),
        super::fingerprint(row),
        row.severity.code(),
        row.state.code(),
        row.team.code(),
        row.person.clone(),
        row.began_at,
        row.first_seen_at,
        row.last_seen_at,
        row.members,
        row.occurrences_ever,
        row.ship_by,
        row.value_minor,
        row.ack_due_at,
        row.resolve_due_at,
        row.snoozed_until,
        row.snooze_condition.clone(),
        row.waiting_for.clone(),
        row.parent.map(|p| p.0),
        row.is_regression,
        row.detail.as_str(),
        row.outcome.clone(),
        row.closed_at,
        row.version,
        row.updated_at,
        case.updated_by.as_str(),
        // Without a promise the time by which it should be settled says how urgent it is.
        sort_time(Some(row.ship_by.unwrap_or(row.resolve_due_at))),
        search,
        row.known_as.as_ref().map(|known| known.rule),
    ]
}

async fn members(work: &mut Work<'_>, book: &Book) -> StoreResult<()> {
    let emptied: Vec<i64> = book
        .cases
        .values()
        .filter(|c| c.is_cleared)
        .map(|c| c.row.id.0)
        .collect();
    if !emptied.is_empty() {
        work.conn
            .exec(
                "update occurrence set cleared_at = $2 where exception_id @any($1) and cleared_at is null",
                vals![emptied, work.at],
            )
            .await?;
    }
    let (mut grown, mut cleared) = (Vec::new(), Vec::new());
    for key in &book.touched_order {
        let Some(touch) = book.touched.get(key) else {
            continue;
        };
        let (exception, object) = key;
        if touch.times > 0 {
            grown.push(member_values(*exception, object, touch, work.at));
        } else if touch.is_cleared {
            cleared.push(vals![*exception, object.kind(), object.id(), work.at]);
        }
    }
    work.conn
        .bulk(
            "insert into occurrence (exception_id, object_kind, object_id, label, detail, began_at, first_seen_at, \
             last_seen_at, times, ship_by, ship_sort, value_minor, severity, cleared_at)",
            "on conflict (exception_id, object_kind, object_id) do update set label = excluded.label, \
             detail = excluded.detail, last_seen_at = excluded.last_seen_at, times = occurrence.times + excluded.times, \
             ship_by = excluded.ship_by, ship_sort = excluded.ship_sort, value_minor = excluded.value_minor, \
             severity = excluded.severity, cleared_at = excluded.cleared_at, \
             began_at = case when occurrence.cleared_at is null and occurrence.began_at < excluded.began_at \
             then occurrence.began_at else excluded.began_at end",
            grown,
        )
        .await?;
    work.conn
        .bulk(
            "update occurrence set cleared_at = v.column4 from (",
            ") as v where occurrence.exception_id = v.column1 and occurrence.object_kind = v.column2 \
             and occurrence.object_id = v.column3",
            cleared,
        )
        .await?;
    Ok(())
}

fn member_values(exception: i64, object: &ObjectRef, touch: &Touch, at: Ts) -> Vec<Val> {
    vals![
        exception,
        object.kind(),
        object.id(),
        touch.label.as_str(),
        touch.detail.as_str(),
        touch.began_at,
        at,
        at,
        touch.times,
        touch.ship_by,
        sort_time(touch.ship_by.map(Ts)),
        touch.value_minor,
        touch.severity.map_or(NO_SEVERITY, Severity::code),
        touch.is_cleared.then_some(at),
    ]
}

/// Severity and deadlines of every case whose members changed, from what now stands in the store.
async fn judge(work: &mut Work<'_>, book: &mut Book) -> StoreResult<()> {
    let ids: Vec<i64> = book
        .cases
        .values()
        .filter(|c| c.is_regrouped && c.row.state.is_open())
        .map(|c| c.row.id.0)
        .collect();
    if ids.is_empty() {
        return Ok(());
    }
    let mut found: HashMap<i64, (Option<Ts>, Option<Severity>)> = HashMap::new();
    let rows = work
        .conn
        .rows(
            "select e.id, \
             (select min(m.ship_sort) from occurrence m where m.exception_id = e.id and m.cleared_at is null), \
             (select min(m.severity) from occurrence m where m.exception_id = e.id and m.cleared_at is null) \
             from exception e where e.id @any($1)",
            vals![ids],
        )
        .await?;
    for row in rows {
        let mut c = row.cols();
        let (id, ship) = (c.int()?, c.opt_ts()?);
        let worst = c.opt_int()?.and_then(Severity::from_code);
        found.insert(id, (ship.filter(|t| *t != Ts::NEVER), worst));
    }
    for (id, (ship_by, worst)) in found {
        if let Ok(case) = book.case(id) {
            judge_one(case, ship_by, worst, work.at);
        }
    }
    Ok(())
}

fn judge_one(case: &mut Case, ship_by: Option<Ts>, worst: Option<Severity>, now: Ts) {
    case.row.ship_by = ship_by;
    let row = &case.row;
    let judged = severity(
        row.kind,
        &SeverityFacts {
            now,
            began_at: row.began_at,
            earliest_ship_by: ship_by,
            members: row.members,
            value_minor: row.value_minor,
            is_regression: row.is_regression,
            worst_occurrence: worst,
            previous: (!case.is_new).then_some(row.severity),
            members_removed: case.has_shrunk,
        },
    );
    if case.is_new {
        let due = deadlines_with_promise(judged, row.began_at, ship_by);
        case.row.severity = judged;
        (case.row.ack_due_at, case.row.resolve_due_at) = due;
    } else if judged != row.severity {
        case.row = lifecycle_case::regrade(row, judged, now);
    }
}

/// Children of a parent that was settled stand on their own again.
async fn orphans(work: &mut Work<'_>, book: &Book) -> StoreResult<()> {
    if book.orphaned.is_empty() {
        return Ok(());
    }
    let parents: Vec<i64> = book.orphaned.iter().copied().collect();
    work.conn
        .exec(
            "update exception set parent = null, updated_at = $2 where parent is not null and parent @any($1)",
            vals![parents, work.at],
        )
        .await?;
    Ok(())
}

/// A dismissed case all of whose members were cleared: the debt is settled by what was read.
async fn settled_dismissals(work: &mut Work<'_>, book: &Book) -> StoreResult<()> {
    let done: Vec<(usize, i64, String)> = book
        .cases
        .values()
        .filter(|c| c.row.state == ExceptionState::Dismissed && c.row.members <= 0)
        .filter_map(|c| {
            let (how, evidence) = c.settled.as_ref()?;
            Some((c.index, c.row.id.0, format!("{how}: {evidence}")))
        })
        .collect();
    for (index, id, evidence) in done {
        settle_debt(work, index, id, &evidence).await?;
    }
    Ok(())
}

/// The debts of an exception are settled; says so in the journal when there were any.
pub(super) async fn settle_debt(
    work: &mut Work<'_>,
    index: usize,
    exception: i64,
    evidence: &str,
) -> StoreResult<()> {
    let settled = work
        .conn
        .exec(
            "update debt set settled_at = $2, evidence = $3 where exception_id = $1 and settled_at is null",
            vals![exception, work.at, evidence],
        )
        .await?;
    if settled == 0 {
        return Ok(());
    }
    let mut line = entry(
        "debt.settled",
        ObjectRef::Exception(exception),
        None,
        "open",
        "settled",
        evidence,
    );
    line.exception = Some(ExceptionId(exception));
    work.note(index, None, line);
    Ok(())
}

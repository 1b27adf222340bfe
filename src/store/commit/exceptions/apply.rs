//! What raising, clearing and editing do to the cases in hand.

use super::super::{Work, entry};
use super::{Book, Case, EXPLAINED, PARENTS, Touch, fresh_ids};
use crate::domain::catalogue::Kind;
use crate::domain::error_rule::{self, SavedRule};
use crate::domain::exception::{
    DETAIL_CHARS_MAX, ExceptionRow, ExceptionState, KnownAs, ObjectRef, Occurrence, Team,
};
use crate::domain::ids::{ExceptionId, PairId};
use crate::domain::lifecycle_case;
use crate::domain::order::OrderState;
use crate::domain::time::Ts;
use crate::store::error_rules;
use crate::store::value::vals;
use crate::store::{StoreError, StoreResult};
use crate::text;
use std::collections::HashMap;

/// Which cases a clearing means.
pub(super) struct Wanted<'a> {
    pub(super) kind: Kind,
    pub(super) pair: &'a PairId,
    /// `None`: any.
    pub(super) discriminator: Option<&'a str>,
}

impl Wanted<'_> {
    fn matches(&self, row: &ExceptionRow) -> bool {
        row.kind == self.kind
            && row.pair == *self.pair
            && self.discriminator.is_none_or(|d| d == row.discriminator)
    }
}

/// Opens, reopens or grows a case. A member of a dismissed case does not wake it and opens no new one.
pub(super) async fn raise(
    work: &mut Work<'_>,
    book: &mut Book,
    index: usize,
    occurrence: &Occurrence,
) -> StoreResult<()> {
    if let Some(dismissed) = dismissed_with(book, occurrence) {
        let key = (dismissed, occurrence.object.clone());
        touch_again(book, key, occurrence);
        return Ok(());
    }
    let fingerprint = occurrence.fingerprint();
    let newest = book.newest.get(&fingerprint).copied();
    let id = match newest.and_then(|id| book.cases.get(&id)) {
        Some(case) if case.row.state.is_open() => case.row.id.0,
        Some(case)
            if case.row.state == ExceptionState::Resolved
                && case
                    .row
                    .closed_at
                    .is_some_and(|at| lifecycle_case::is_regression(at, work.at)) =>
        {
            reopen(work, book, index, case.row.id.0)?
        }
        _ => open(work, book, index, occurrence).await?,
    };
    let known_as = rule_for(work, book, occurrence)
        .await?
        .map(|saved| KnownAs {
            rule: saved.id,
            name: saved.rule.name.clone(),
        });
    book.case(id)?.row.known_as = known_as;
    join(work, book, index, id, occurrence)
}

/// The rule that knows this error.
async fn rule_for<'k>(
    work: &mut Work<'_>,
    book: &'k mut Book,
    occurrence: &Occurrence,
) -> StoreResult<Option<&'k SavedRule>> {
    if book.rules.is_none() {
        book.rules = Some(error_rules::all(work.conn).await?);
    }
    let rules = book.rules.as_deref().unwrap_or_default();
    Ok(error_rule::known(
        rules,
        occurrence.kind,
        &occurrence.detail,
    ))
}

/// The dismissed case of this fingerprint in which the object already is.
fn dismissed_with(book: &Book, occurrence: &Occurrence) -> Option<i64> {
    book.of_object
        .get(&occurrence.object)?
        .iter()
        .copied()
        .find(|id| {
            book.members.contains_key(&(*id, occurrence.object.clone()))
                && book.cases.get(id).is_some_and(|case| {
                    case.row.state == ExceptionState::Dismissed
                        && case.row.kind == occurrence.kind
                        && case.row.pair == occurrence.pair
                        && case.row.discriminator == occurrence.discriminator
                })
        })
}

fn detail_of(occurrence: &Occurrence) -> String {
    if occurrence.detail.chars().count() <= DETAIL_CHARS_MAX {
        return occurrence.detail.clone();
    }
    text::clean_to(&occurrence.detail, DETAIL_CHARS_MAX)
}

/// The member's row is brought up to date and counted once more.
fn touch_again(book: &mut Book, key: super::MemberKey, occurrence: &Occurrence) {
    let times = book.touched.get(&key).map_or(0, |t| t.times) + 1;
    book.touch(
        key,
        Touch {
            label: occurrence.label.clone(),
            detail: detail_of(occurrence),
            began_at: occurrence.began_at.0,
            ship_by: occurrence.ship_by.map(|t| t.0),
            value_minor: occurrence.value_minor,
            severity: occurrence.severity,
            times,
            is_cleared: false,
        },
    );
}

fn join(
    work: &mut Work<'_>,
    book: &mut Book,
    index: usize,
    id: i64,
    occurrence: &Occurrence,
) -> StoreResult<()> {
    let key = (id, occurrence.object.clone());
    let known = book.members.get(&key).map(|m| m.value_minor);
    touch_again(book, key.clone(), occurrence);
    match book.members.get_mut(&key) {
        Some(member) => member.value_minor = occurrence.value_minor,
        None => book.add_member(id, occurrence.object.clone(), occurrence.value_minor),
    }
    let at = work.at;
    let case = book.case(id)?;
    case.index = index;
    case.is_dirty = true;
    case.is_regrouped = true;
    case.settled = None;
    let row = &mut case.row;
    row.detail = detail_of(occurrence);
    row.last_seen_at = row.last_seen_at.max(at);
    row.value_minor += occurrence.value_minor - known.unwrap_or(0);
    if known.is_some() {
        return Ok(());
    }
    row.members += 1;
    row.occurrences_ever += 1;
    if !case.was_reopened {
        row.began_at = row.began_at.min(occurrence.began_at);
    }
    let pair = row.pair.clone();
    let mut line = entry(
        "exception.member",
        occurrence.object.clone(),
        Some(&pair),
        "",
        format!("{} {}", occurrence.kind, occurrence.label),
        detail_of(occurrence),
    );
    line.exception = Some(ExceptionId(id));
    work.note(index, order_of(&occurrence.object), line);
    Ok(())
}

fn order_of(object: &ObjectRef) -> Option<i64> {
    match object {
        ObjectRef::Order(id) => Some(id.0),
        _ => None,
    }
}

fn reopen(work: &mut Work<'_>, book: &mut Book, index: usize, id: i64) -> StoreResult<i64> {
    let (at, actor) = (work.at, work.actor.to_owned());
    let case = book.case(id)?;
    let mut row = lifecycle_case::reopen(&case.row, at).map_err(StoreError::Refused)?;
    row.members = 0;
    row.value_minor = 0;
    row.version += 1;
    let outcome = case.row.outcome.clone().unwrap_or_default();
    case.row = row;
    case.updated_by = actor;
    case.is_dirty = true;
    case.was_reopened = true;
    case.has_shrunk = true;
    work.done.opened.push(ExceptionId(id));
    note(
        work,
        book,
        index,
        id,
        "exception.reopened",
        "resolved",
        outcome,
    )?;
    Ok(id)
}

async fn open(
    work: &mut Work<'_>,
    book: &mut Book,
    index: usize,
    occurrence: &Occurrence,
) -> StoreResult<i64> {
    let id = match book.free_ids.pop() {
        Some(id) => id,
        None => {
            book.free_ids = fresh_ids(work.conn, 8).await?;
            book.free_ids
                .pop()
                .ok_or_else(|| StoreError::Unavailable("no exception ids".to_owned()))?
        }
    };
    let known = rule_for(work, book, occurrence).await?;
    let team = match known.and_then(|saved| saved.rule.team) {
        Some(team) => team,
        None => owner(work, book, occurrence).await?,
    };
    let parent = if EXPLAINED.contains(&occurrence.kind) {
        parent_of(work, book, &occurrence.pair).await?
    } else {
        None
    };
    let at = work.at;
    book.add_case(Case {
        row: ExceptionRow {
            id: ExceptionId(id),
            kind: occurrence.kind,
            pair: occurrence.pair.clone(),
            discriminator: occurrence.discriminator.clone(),
            severity: occurrence.kind.entry().severity,
            state: ExceptionState::New,
            team,
            person: None,
            began_at: occurrence.began_at,
            first_seen_at: at,
            last_seen_at: at,
            members: 0,
            occurrences_ever: 0,
            ship_by: None,
            value_minor: 0,
            ack_due_at: Ts::NEVER,
            resolve_due_at: Ts::NEVER,
            snoozed_until: None,
            snooze_condition: None,
            waiting_for: None,
            parent: parent.map(ExceptionId),
            is_regression: false,
            detail: String::new(),
            known_as: None,
            outcome: None,
            closed_at: None,
            version: 1,
            updated_at: at,
        },
        updated_by: work.actor.to_owned(),
        is_new: true,
        is_dirty: true,
        is_regrouped: true,
        has_shrunk: false,
        was_reopened: false,
        is_cleared: false,
        settled: None,
        index,
    });
    if let Some(parents) = &mut book.parents
        && PARENTS.contains(&occurrence.kind)
    {
        parents.push((id, occurrence.pair.clone()));
    }
    work.done.opened.push(ExceptionId(id));
    let discriminator = occurrence.discriminator.clone();
    note(work, book, index, id, "exception.opened", "", discriminator)?;
    Ok(id)
}

/// A journal line about a case itself: its state after, and why.
pub(super) fn note(
    work: &mut Work<'_>,
    book: &mut Book,
    index: usize,
    id: i64,
    action: &str,
    before: &str,
    reason: String,
) -> StoreResult<()> {
    let row = &book.case(id)?.row;
    let mut line = entry(
        action,
        ObjectRef::Exception(id),
        Some(&row.pair),
        before,
        format!("{} {}", row.kind, row.state),
        reason,
    );
    line.exception = Some(ExceptionId(id));
    work.note(index, None, line);
    Ok(())
}

/// The team that gets a new case: the pair's OWNER mapping of its kind, else the catalogue's owner.
async fn owner(work: &mut Work<'_>, book: &mut Book, occurrence: &Occurrence) -> StoreResult<Team> {
    if book.owners.is_none() {
        let rows = work
            .conn
            .rows(
                "select pair, from_text, to_text from mapping where status = 1 and kind = $1",
                vals![crate::domain::mapping::MappingKind::Owner.code()],
            )
            .await?;
        let mut owners = HashMap::new();
        for row in rows {
            let mut c = row.cols();
            owners.insert((c.text()?, c.text()?), c.text()?);
        }
        book.owners = Some(owners);
    }
    let key = (occurrence.pair.0.clone(), occurrence.kind.code().to_owned());
    let mapped = book.owners.as_ref().and_then(|o| o.get(&key));
    if let Some(team) = mapped.and_then(|team| Team::parse(team)) {
        return Ok(team);
    }
    let mut state = None;
    if matches!(occurrence.kind, Kind::SlaAtRisk | Kind::SlaBreached)
        && let ObjectRef::Order(order) = &occurrence.object
        && let Some(row) = work
            .conn
            .row("select state from orders where id = $1", vals![order.0])
            .await?
    {
        state = OrderState::from_code(row.get(0)?);
    }
    Ok(occurrence.kind.owner_at(state))
}

/// Pair name of exceptions that concern a whole system, whichever pairs use it.
const EVERY_PAIR: &str = "all";

async fn parent_of(
    work: &mut Work<'_>,
    book: &mut Book,
    pair: &PairId,
) -> StoreResult<Option<i64>> {
    if book.parents.is_none() {
        let kinds: Vec<String> = PARENTS.iter().map(|k| k.code().to_owned()).collect();
        let mut found: Vec<(i64, PairId)> = Vec::new();
        for row in work
            .conn
            .rows(
                "select id, pair from exception where state < 10 and kind @any($1) order by id",
                vals![kinds],
            )
            .await?
        {
            let mut c = row.cols();
            found.push((c.int()?, c.text()?));
        }
        let raised = book
            .cases
            .values()
            .filter(|c| c.is_new && PARENTS.contains(&c.row.kind))
            .map(|c| (c.row.id.0, c.row.pair.clone()));
        found.extend(raised);
        book.parents = Some(found);
    }
    let is_open = |id: &i64| {
        book.cases
            .get(id)
            .is_none_or(|case| case.row.state.is_open())
    };
    Ok(book
        .parents
        .as_ref()
        .and_then(|p| {
            p.iter()
                .find(|(id, of)| (of == pair || of.as_str() == EVERY_PAIR) && is_open(id))
        })
        .map(|(id, _)| *id))
}

/// The object no longer fails: it leaves every matching case, dismissed ones too.
pub(super) fn clear(
    work: &mut Work<'_>,
    book: &mut Book,
    index: usize,
    wanted: &Wanted<'_>,
    object: &ObjectRef,
    settled: (&str, &str),
) {
    let ids = book.of_object.get(object).cloned().unwrap_or_default();
    for id in ids {
        let key = (id, object.clone());
        let Some(value) = book.members.get(&key).map(|m| m.value_minor) else {
            continue;
        };
        let Some(case) = book.cases.get_mut(&id).filter(|c| wanted.matches(&c.row)) else {
            continue;
        };
        case.row.members -= 1;
        case.row.value_minor -= value;
        case.index = index;
        case.is_dirty = true;
        case.is_regrouped = true;
        case.has_shrunk = true;
        case.settled = Some(words(settled));
        let (kind, pair) = (case.row.kind, case.row.pair.clone());
        book.members.remove(&key);
        clear_touch(book, key);
        let mut line = entry(
            "exception.member_cleared",
            object.clone(),
            Some(&pair),
            kind.code(),
            settled.0,
            settled.1,
        );
        line.exception = Some(ExceptionId(id));
        work.note(index, order_of(object), line);
    }
}

fn clear_touch(book: &mut Book, key: super::MemberKey) {
    if let Some(touch) = book.touched.get_mut(&key) {
        touch.is_cleared = true;
        return;
    }
    book.touch(
        key,
        Touch {
            label: String::new(),
            detail: String::new(),
            began_at: 0,
            ship_by: None,
            value_minor: 0,
            severity: None,
            times: 0,
            is_cleared: true,
        },
    );
}

/// How and by what reading, never empty: a settled case without evidence breaks a promise.
pub(super) fn words((how, evidence): (&str, &str)) -> (String, String) {
    let or = |text: &str, other: &str| {
        let cleaned = text::clean_to(text, lifecycle_case::REMARK_CHARS_MAX);
        if cleaned.trim().is_empty() {
            other.to_owned()
        } else {
            cleaned
        }
    };
    (
        or(how, "auto"),
        or(evidence, "the check that raised it finds nothing any more"),
    )
}

/// Every member of the open case with this fingerprint is cleared.
pub(super) fn clear_all(
    work: &mut Work<'_>,
    book: &mut Book,
    index: usize,
    fingerprint: &str,
    settled: (&str, &str),
) {
    let Some(id) = book.newest.get(fingerprint).copied() else {
        return;
    };
    let is_open = book
        .cases
        .get(&id)
        .is_some_and(|case| case.row.state.is_open());
    if !is_open {
        return;
    }
    empty(book, id);
    let Some(case) = book.cases.get_mut(&id) else {
        return;
    };
    case.index = index;
    case.is_dirty = true;
    case.is_regrouped = true;
    case.has_shrunk = true;
    case.settled = Some(words(settled));
    let mut line = entry(
        "exception.members_cleared",
        ObjectRef::Exception(id),
        Some(&case.row.pair),
        case.row.kind.code(),
        settled.0,
        settled.1,
    );
    line.exception = Some(ExceptionId(id));
    work.note(index, None, line);
}

/// Every member of a case goes, in hand or not.
pub(super) fn empty(book: &mut Book, id: i64) {
    let mine: Vec<super::MemberKey> = book
        .members
        .keys()
        .filter(|(of, _)| *of == id)
        .cloned()
        .collect();
    for key in mine {
        book.members.remove(&key);
        if let Some(touch) = book.touched.get_mut(&key) {
            touch.is_cleared = true;
        }
    }
    if let Some(case) = book.cases.get_mut(&id) {
        case.row.members = 0;
        case.row.value_minor = 0;
        case.is_cleared = true;
    }
}

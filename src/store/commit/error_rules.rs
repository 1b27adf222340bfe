//! Rules by which errors are known: one row each, and the open cases of their kind named anew in the same transaction.

use super::{Work, entry};
use crate::domain::catalogue::Kind;
use crate::domain::error_rule::{ErrorRule, RULES_MAX, RuleChange, SavedRule, known};
use crate::domain::exception::{ExceptionRow, ObjectRef, Team};
use crate::store::error_rules::{COLUMNS, all, saved_rule};
use crate::store::exceptions;
use crate::store::value::{Val, vals};
use crate::store::{StoreError, StoreResult};

pub(super) async fn write(
    work: &mut Work<'_>,
    changes: &[(usize, &RuleChange)],
) -> StoreResult<()> {
    for (index, change) in changes {
        let kind = match change {
            RuleChange::Save { rule, over } => save(work, *index, rule, *over).await?,
            RuleChange::Remove { id, version } => remove(work, *index, *id, *version).await?,
        };
        name_again(work, *index, kind).await?;
    }
    Ok(())
}

async fn found(
    work: &mut Work<'_>,
    condition: &'static str,
    args: Vec<Val>,
) -> StoreResult<Option<SavedRule>> {
    work.conn
        .row(
            format!("select {COLUMNS} from error_rule r where {condition}"),
            args,
        )
        .await?
        .map(|row| saved_rule(&mut row.cols()))
        .transpose()
}

/// The object of the journal's lines about a rule.
fn object(rule: &ErrorRule) -> ObjectRef {
    ObjectRef::House(format!("rule {}/{}", rule.kind, rule.name))
}

async fn save(
    work: &mut Work<'_>,
    index: usize,
    rule: &ErrorRule,
    over: Option<i64>,
) -> StoreResult<Kind> {
    let key = rule.key();
    let args = vals![rule.kind.code(), key.as_str()];
    let before = found(work, "r.kind = $1 and r.words_key = $2", args).await?;
    match (&before, over) {
        (Some(old), None) => {
            return Err(StoreError::Refused(format!(
                "{} has a rule with these words already, saved by {}: {:?}; replace it or choose other words",
                rule.kind, old.saved_by, old.rule.name
            )));
        }
        (Some(old), Some(yours)) if old.version != yours => return Err(stale(old, yours)),
        (Some(_), Some(_)) => {}
        (None, _) => room_for_one(work).await?,
    }
    let version = before.as_ref().map_or(1, |old| old.version + 1);
    let written = work
        .conn
        .exec(
            "insert into error_rule (kind, words_key, words, name, advice, team, version, saved_by, saved_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (kind, words_key) do update set \
             words = excluded.words, name = excluded.name, advice = excluded.advice, team = excluded.team, \
             version = excluded.version, saved_by = excluded.saved_by, saved_at = excluded.saved_at \
             where error_rule.version = excluded.version - 1",
            vals![
                rule.kind.code(),
                key,
                rule.words.as_str(),
                rule.name.as_str(),
                rule.advice.as_str(),
                rule.team.map(Team::code),
                version,
                work.actor,
                work.at
            ],
        )
        .await?;
    if written == 0 {
        return Err(StoreError::Refused(
            "the rule was saved by somebody else at the same moment; look at it first".to_owned(),
        ));
    }
    let was = before.map(|old| old.rule.says()).unwrap_or_default();
    let line = entry(
        "rule.saved",
        object(rule),
        None,
        was,
        rule.says(),
        &*rule.advice,
    );
    work.note(index, None, line);
    Ok(rule.kind)
}

fn stale(old: &SavedRule, yours: i64) -> StoreError {
    StoreError::Stale {
        what: format!("the rule {:?} of {}", old.rule.name, old.rule.kind),
        yours,
        stored: old.version,
        by: old.saved_by.clone(),
    }
}

async fn room_for_one(work: &mut Work<'_>) -> StoreResult<()> {
    let held = work.conn.number("select count(*) from error_rule", vals![]);
    if usize::try_from(held.await?).is_ok_and(|n| n < RULES_MAX) {
        return Ok(());
    }
    Err(StoreError::Refused(format!(
        "{RULES_MAX} rules are kept already; remove one that finds nothing"
    )))
}

async fn remove(work: &mut Work<'_>, index: usize, id: i64, version: i64) -> StoreResult<Kind> {
    let Some(old) = found(work, "r.id = $1", vals![id]).await? else {
        return Err(StoreError::Refused(format!(
            "rule {id} is not there any more"
        )));
    };
    let gone = work
        .conn
        .exec(
            "delete from error_rule where id = $1 and version = $2",
            vals![id, version],
        )
        .await?;
    if gone == 0 {
        return Err(stale(&old, version));
    }
    let line = entry(
        "rule.removed",
        object(&old.rule),
        None,
        old.rule.says(),
        "",
        "",
    );
    work.note(index, None, line);
    Ok(old.rule.kind)
}

/// Open cases of the kind are called what the rules as they are now call them. A case that is raised at this very moment
/// is named when it is raised next.
async fn name_again(work: &mut Work<'_>, index: usize, kind: Kind) -> StoreResult<()> {
    let rules = all(work.conn).await?;
    let mut named = Vec::new();
    for case in exceptions::of_kind(work.conn, kind, "@lock").await? {
        let rule = known(&rules, kind, &case.detail);
        let is_same = match (rule, &case.known_as) {
            (None, None) => true,
            (Some(rule), Some(was)) => rule.id == was.rule && rule.rule.name == was.name,
            _ => false,
        };
        let team = team_of(&case, rule);
        if is_same && team == case.team {
            continue;
        }
        let is_renamed = !is_same;
        named.push(vals![
            case.id.0,
            rule.map(|saved| saved.id),
            team.code(),
            work.at,
            work.actor
        ]);
        if is_renamed {
            note(work, index, &case, rule);
        }
    }
    work.conn
        .bulk(
            "update exception set rule_id = v.column2, team = v.column3, version = exception.version + 1, \
             updated_at = v.column4, updated_by = v.column5 from (",
            ") as v where exception.id = v.column1",
            named,
        )
        .await?;
    Ok(())
}

/// A rule's team takes cases that nobody has taken yet.
fn team_of(case: &ExceptionRow, rule: Option<&SavedRule>) -> Team {
    match rule.and_then(|saved| saved.rule.team) {
        Some(team) if case.person.is_none() => team,
        _ => case.team,
    }
}

fn note(work: &mut Work<'_>, index: usize, case: &ExceptionRow, rule: Option<&SavedRule>) {
    let was = case
        .known_as
        .as_ref()
        .map_or("", |known| known.name.as_str());
    let now = rule.map_or("", |saved| saved.rule.name.as_str());
    let mut line = entry(
        "exception.named",
        ObjectRef::Exception(case.id.0),
        Some(&case.pair),
        was,
        now,
        rule.map(|saved| format!("rule {}", saved.id))
            .unwrap_or_default(),
    );
    line.exception = Some(case.id);
    work.note(index, None, line);
}

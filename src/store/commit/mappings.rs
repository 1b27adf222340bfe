//! Mappings: sets of edits become versions; every old row stays.

use super::{Work, entry};
use crate::domain::change::Change;
use crate::domain::exception::ObjectRef;
use crate::domain::ids::PairId;
use crate::domain::mapping::{Attributes, MappingEdit, MappingKind};
use crate::domain::mapping_set::condition;
use crate::domain::time::Ts;
use crate::domain::undo::Undo;
use crate::store::dialect::Dialect;
use crate::store::orders::search_of;
use crate::store::value::{Val, from_json, to_json, vals};
use crate::store::{StoreError, StoreResult};
use std::collections::BTreeMap;

/// The lock names of a batch (PostgreSQL): one per pair whose mappings change.
pub(super) fn keys(changes: &[(usize, &Change)]) -> Vec<String> {
    changes
        .iter()
        .filter_map(|(_, change)| match change {
            Change::Mappings { pair, .. } | Change::MappingBroken { pair, .. } => {
                Some(format!("mapping|{pair}"))
            }
            _ => None,
        })
        .collect()
}

pub(super) async fn write(work: &mut Work<'_>, changes: &[(usize, &Change)]) -> StoreResult<()> {
    let mut used: BTreeMap<(i64, i64), (i64, Ts)> = BTreeMap::new();
    for (index, change) in changes {
        match change {
            Change::Mappings {
                pair,
                edits,
                reason,
            } => set(work, *index, pair, edits, reason).await?,
            Change::MappingUsed { ids, at } => {
                for id in ids {
                    let entry = used.entry(*id).or_insert((0, *at));
                    entry.0 += 1;
                    entry.1 = entry.1.max(*at);
                }
            }
            Change::MappingBroken {
                pair,
                kind,
                from,
                broken,
            } => mark_broken(work, *index, (pair, *kind, from), broken.as_deref()).await?,
            _ => {}
        }
    }
    let rows = used
        .into_iter()
        .map(|((id, version), (count, at))| vals![id, version, count, at])
        .collect();
    work.conn
        .bulk(
            "update mapping set used_count = mapping.used_count + v.column3, last_used_at = v.column4 from (",
            ") as v where mapping.id = v.column1 and mapping.version = v.column2",
            rows,
        )
        .await?;
    Ok(())
}

/// The next number of the pair's mappings; every change makes it grow.
async fn next_serial(work: &mut Work<'_>, pair: &PairId) -> StoreResult<i64> {
    work.conn
        .number(
            "insert into mapping_serial (pair, serial) values ($1, 1) \
             on conflict (pair) do update set serial = mapping_serial.serial + 1 returning serial",
            vals![pair.as_str()],
        )
        .await
}

async fn set(
    work: &mut Work<'_>,
    index: usize,
    pair: &PairId,
    edits: &[MappingEdit],
    reason: &str,
) -> StoreResult<()> {
    if edits.is_empty() {
        return Ok(());
    }
    let version = next_serial(work, pair).await?;
    work.conn
        .exec(
            "insert into mapping_set (pair, version, at, who, reason, edits) values ($1, $2, $3, $4, $5, $6)",
            vals![pair.as_str(), version, work.at, work.actor, reason, to_json(edits)?],
        )
        .await?;
    let undo = Undo::Mappings {
        pair: pair.clone(),
        version,
    };
    work.undoable(index, undo);
    for edit in edits {
        match edit {
            MappingEdit::Set {
                kind,
                from,
                to,
                attributes,
            } => {
                let rule = Rule {
                    pair,
                    kind: *kind,
                    from,
                    version,
                    reason,
                };
                put(work, index, &rule, to, attributes).await?;
            }
            MappingEdit::Remove { kind, from } => {
                let rule = Rule {
                    pair,
                    kind: *kind,
                    from,
                    version,
                    reason,
                };
                remove(work, index, &rule).await?;
            }
        }
    }
    Ok(())
}

/// One edit of a set.
struct Rule<'a> {
    pair: &'a PairId,
    kind: MappingKind,
    from: &'a str,
    version: i64,
    reason: &'a str,
}

impl Rule<'_> {
    fn object(&self) -> ObjectRef {
        ObjectRef::Mapping(format!("{}:{}", self.kind, self.from))
    }
}

fn in_words(to: &str, attributes: &Attributes) -> String {
    let mut out = to.to_owned();
    for (key, value) in attributes {
        out.push_str(&format!(" {key}={value}"));
    }
    out
}

/// What is stored of a rule: its newest row, retired or not.
struct Before {
    id: i64,
    version: i64,
    to: String,
    attributes: Attributes,
    is_active: bool,
    used_count: i64,
    last_used_at: Option<i64>,
}

async fn put(
    work: &mut Work<'_>,
    index: usize,
    rule: &Rule<'_>,
    to: &str,
    attributes: &Attributes,
) -> StoreResult<()> {
    let when = condition(rule.kind, attributes);
    let before = before(work, rule, &when).await?;
    let was = before
        .as_ref()
        .filter(|b| b.is_active)
        .map(|b| in_words(&b.to, &b.attributes));
    if was.as_deref() == Some(in_words(to, attributes).as_str()) {
        return Ok(());
    }
    if let Some(b) = before.as_ref().filter(|b| b.is_active) {
        retire(work, vec![vals![b.id, b.version]], rule.version).await?;
    }
    let (id, row_version, used, last_used) = match &before {
        Some(b) => (b.id, b.version + 1, b.used_count, b.last_used_at),
        None => (fresh_id(work).await?, 1, 0, None),
    };
    let search = search_of(&[rule.kind.as_str(), rule.from, to]);
    work.conn
        .bulk(
            "insert into mapping (id, version, pair, kind, from_text, condition, to_text, attributes, status, author, \
             reason, changed_at, used_count, last_used_at, since_set, search)",
            "",
            vec![vals![
                id,
                row_version,
                rule.pair.as_str(),
                rule.kind.code(),
                rule.from,
                when,
                to,
                to_json(attributes)?,
                1_i64,
                work.actor,
                rule.reason,
                work.at,
                used,
                last_used,
                rule.version,
                search,
            ]],
        )
        .await?;
    work.note(
        index,
        None,
        entry(
            "mapping.set",
            rule.object(),
            Some(rule.pair),
            was.unwrap_or_default(),
            in_words(to, attributes),
            rule.reason,
        ),
    );
    Ok(())
}

async fn before(work: &mut Work<'_>, rule: &Rule<'_>, when: &str) -> StoreResult<Option<Before>> {
    let row = work
        .conn
        .row(
            "select id, version, to_text, attributes, status, used_count, last_used_at from mapping \
             where pair = $1 and kind = $2 and from_text = $3 and condition = $4 order by version desc limit 1",
            vals![rule.pair.as_str(), rule.kind.code(), rule.from, when],
        )
        .await?;
    row.map(|row| {
        let mut c = row.cols();
        Ok(Before {
            id: c.int()?,
            version: c.int()?,
            to: c.text()?,
            attributes: from_json(&c.text::<String>()?)?,
            is_active: c.int()? == 1,
            used_count: c.int()?,
            last_used_at: c.opt_int()?,
        })
    })
    .transpose()
}

async fn retire(work: &mut Work<'_>, rows: Vec<Vec<Val>>, version: i64) -> StoreResult<()> {
    let rows = rows
        .into_iter()
        .map(|mut row| {
            row.push(Val::from(version));
            row
        })
        .collect();
    work.conn
        .bulk(
            "update mapping set status = 2, until_set = v.column3 from (",
            ") as v where mapping.id = v.column1 and mapping.version = v.column2",
            rows,
        )
        .await?;
    Ok(())
}

async fn fresh_id(work: &mut Work<'_>) -> StoreResult<i64> {
    match work.conn.dialect() {
        Dialect::Sqlite => Ok(work
            .conn
            .number(
                "update counter set next = next + 1 where name = 'mapping' returning next",
                vec![],
            )
            .await?
            - 1),
        Dialect::Pg => {
            work.conn
                .number("select nextval('mapping_id')", vec![])
                .await
        }
    }
}

async fn remove(work: &mut Work<'_>, index: usize, rule: &Rule<'_>) -> StoreResult<()> {
    let found = work
        .conn
        .rows(
            "select id, version, to_text, attributes from mapping \
             where status = 1 and pair = $1 and kind = $2 and from_text = $3",
            vals![rule.pair.as_str(), rule.kind.code(), rule.from],
        )
        .await?;
    if found.is_empty() {
        return Err(StoreError::Refused(format!(
            "there is no active {} mapping from {:?}; nothing was written",
            rule.kind, rule.from
        )));
    }
    let mut rows = Vec::new();
    for row in &found {
        let mut c = row.cols();
        rows.push(vals![c.int()?, c.int()?]);
        let to = c.text::<String>()?;
        let attributes: Attributes = from_json(&c.text::<String>()?)?;
        work.note(
            index,
            None,
            entry(
                "mapping.removed",
                rule.object(),
                Some(rule.pair),
                in_words(&to, &attributes),
                "",
                rule.reason,
            ),
        );
    }
    retire(work, rows, rule.version).await
}

/// A target was found gone or back. The pair's number grows, because whoever keeps the mappings must read them again.
async fn mark_broken(
    work: &mut Work<'_>,
    index: usize,
    (pair, kind, from): (&PairId, MappingKind, &str),
    broken: Option<&str>,
) -> StoreResult<()> {
    let changed = work
        .conn
        .exec(
            "update mapping set broken = $4 where status = 1 and pair = $1 and kind = $2 and from_text = $3 \
             and coalesce(broken, '') <> coalesce($4, '')",
            vals![pair.as_str(), kind.code(), from, broken],
        )
        .await?;
    if changed == 0 {
        return Ok(());
    }
    next_serial(work, pair).await?;
    let (action, reason) = match broken {
        Some(reason) => ("mapping.broken", reason),
        None => ("mapping.mended", ""),
    };
    work.note(
        index,
        None,
        entry(
            action,
            ObjectRef::Mapping(format!("{kind}:{from}")),
            Some(pair),
            "",
            reason,
            reason,
        ),
    );
    Ok(())
}

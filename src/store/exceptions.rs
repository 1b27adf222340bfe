//! Exceptions as rows, and the engine's questions about them.

use super::db::Conn;
use super::journal::object;
use super::read::{Cursor, DebtRow, ExceptionCount, OpenException, Unmapped};
use super::value::{Cols, Val, vals};
use super::{Store, StoreError, StoreResult};
use crate::domain::catalogue::Kind;
use crate::domain::exception::{
    ExceptionRow, ExceptionState, KnownAs, ObjectRef, OccurrenceRow, Severity, Team,
};
use crate::domain::ids::{ExceptionId, PairId};
use crate::domain::time::Ts;
use crate::domain::wanted;
use std::collections::HashMap;

/// The columns of [`exception_row`], in order.
pub(super) const COLUMNS: &str = "e.id, e.kind, e.pair, e.discriminator, e.severity, e.state, e.team, e.person, e.began_at, \
 e.first_seen_at, e.last_seen_at, e.members, e.occurrences_ever, e.ship_by, e.value_minor, e.ack_due_at, e.resolve_due_at, \
 e.snoozed_until, e.snooze_condition, e.waiting_for, e.parent, e.is_regression, e.detail, e.outcome, e.closed_at, e.version, \
 e.updated_at, e.rule_id, (select r.name from error_rule r where r.id = e.rule_id)";

/// Stored in place of a severity where an occurrence brought none; sorts after every real one.
pub(super) const NO_SEVERITY: i64 = 9;

pub(super) fn kind_of(code: &str) -> StoreResult<Kind> {
    Kind::parse(code)
        .ok_or_else(|| StoreError::Decode(format!("{code} is not a known kind of exception")))
}

pub(super) fn exception_row(c: &mut Cols<'_>) -> StoreResult<ExceptionRow> {
    Ok(ExceptionRow {
        id: ExceptionId(c.int()?),
        kind: kind_of(&c.text::<String>()?)?,
        pair: c.text()?,
        discriminator: c.text()?,
        severity: c.code(Severity::from_code)?,
        state: c.code(ExceptionState::from_code)?,
        team: c.code(Team::from_code)?,
        person: c.opt_text()?,
        began_at: c.ts()?,
        first_seen_at: c.ts()?,
        last_seen_at: c.ts()?,
        members: c.int()?,
        occurrences_ever: c.int()?,
        ship_by: c.opt_ts()?,
        value_minor: c.int()?,
        ack_due_at: c.ts()?,
        resolve_due_at: c.ts()?,
        snoozed_until: c.opt_ts()?,
        snooze_condition: c.opt_text()?,
        waiting_for: c.opt_text()?,
        parent: c.opt_int()?.map(ExceptionId),
        is_regression: c.flag()?,
        detail: c.text()?,
        outcome: c.opt_text()?,
        closed_at: c.opt_ts()?,
        version: c.int()?,
        updated_at: c.ts()?,
        known_as: known_as(c)?,
    })
}

fn known_as(c: &mut Cols<'_>) -> StoreResult<Option<KnownAs>> {
    let (rule, name) = (c.opt_int()?, c.opt_text()?);
    Ok(rule.zip(name).map(|(rule, name)| KnownAs { rule, name }))
}

/// Most open cases of one kind that are read in one go.
const OF_KIND_MAX: usize = 10_000;

const MEMBER: &str = "m.exception_id, m.object_kind, m.object_id, m.label, m.detail, m.began_at, m.last_seen_at, m.times, \
 m.ship_by, m.value_minor, m.cleared_at";

fn occurrence_row(c: &mut Cols<'_>) -> StoreResult<OccurrenceRow> {
    let exception = ExceptionId(c.int()?);
    let (kind, id) = (c.text::<String>()?, c.text::<String>()?);
    Ok(OccurrenceRow {
        exception,
        object: object(&kind, &id)?,
        label: c.text()?,
        detail: c.text()?,
        began_at: c.ts()?,
        last_seen_at: c.ts()?,
        times: c.int()?,
        ship_by: c.opt_ts()?,
        value_minor: c.int()?,
        cleared_at: c.opt_ts()?,
    })
}

/// Place of a member in the list of its exception: the next page starts after it.
pub fn member_cursor(row: &OccurrenceRow) -> Cursor {
    let at = (
        super::orders::sort_time(row.ship_by),
        row.object.kind(),
        row.object.id(),
    );
    Cursor(serde_json::to_string(&at).unwrap_or_default())
}

pub(super) async fn by_query(
    conn: &mut Conn,
    tail: &str,
    args: Vec<Val>,
) -> StoreResult<Vec<ExceptionRow>> {
    conn.rows(format!("select {COLUMNS} from exception e {tail}"), args)
        .await?
        .iter()
        .map(|row| exception_row(&mut row.cols()))
        .collect()
}

/// Open cases of a kind, the longest open first.
pub(super) async fn of_kind(
    conn: &mut Conn,
    kind: Kind,
    lock: &str,
) -> StoreResult<Vec<ExceptionRow>> {
    let tail = format!("where e.kind = $1 and e.state < 10 order by e.id @limit($2) {lock}");
    let args = vals![kind.code(), super::limit(OF_KIND_MAX)];
    by_query(conn, &tail, args).await
}

impl Store {
    /// Cases by number; those that are not there are left out.
    pub async fn exceptions_by_id(&self, ids: &[ExceptionId]) -> StoreResult<Vec<ExceptionRow>> {
        let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let mut conn = self.inner.db.read().await?;
        by_query(&mut conn, "where e.id @any($1)", vals![ids]).await
    }

    /// Open cases of a kind, the longest open first; ten thousand at most.
    pub async fn open_of_kind(&self, kind: Kind) -> StoreResult<Vec<ExceptionRow>> {
        of_kind(&mut self.inner.db.read().await?, kind, "").await
    }

    /// Open exceptions of these kinds (all kinds when empty) for a pair (all pairs when `None`).
    pub async fn open_exceptions(
        &self,
        kinds: &[Kind],
        pair: Option<&PairId>,
    ) -> StoreResult<Vec<OpenException>> {
        let mut sql = String::from(
            "select id, kind, pair, discriminator, members, version, began_at from exception where state < 10",
        );
        let mut args = Vec::new();
        if !kinds.is_empty() {
            let codes: Vec<String> = kinds.iter().map(|k| k.code().to_owned()).collect();
            args.push(Val::from(codes));
            sql.push_str(" and kind @any($1)");
        }
        if let Some(pair) = pair {
            args.push(Val::from(pair.as_str()));
            sql.push_str(&format!(" and pair = ${}", args.len()));
        }
        sql.push_str(" order by id");
        let mut conn = self.inner.db.read().await?;
        conn.rows(sql, args)
            .await?
            .iter()
            .map(|row| {
                let mut c = row.cols();
                Ok(OpenException {
                    id: ExceptionId(c.int()?),
                    kind: kind_of(&c.text::<String>()?)?,
                    pair: c.text()?,
                    discriminator: c.text()?,
                    members: c.int()?,
                    version: c.int()?,
                    began_at: c.ts()?,
                })
            })
            .collect()
    }

    /// Open members of an exception, earliest promise first. `after` is a [`member_cursor`].
    pub async fn members(
        &self,
        exception: ExceptionId,
        after: Option<Cursor>,
        limit: usize,
    ) -> StoreResult<Vec<OccurrenceRow>> {
        let (ship, kind, id): (i64, String, String) = match after {
            Some(cursor) => serde_json::from_str(&cursor.0).map_err(|_| {
                StoreError::Refused("this place in the list is not understood".to_owned())
            })?,
            None => (i64::MIN, String::new(), String::new()),
        };
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            format!(
                "select {MEMBER} from occurrence m where m.exception_id = $1 and m.cleared_at is null \
                 and (m.ship_sort, m.object_kind, m.object_id) > ($2, $3, $4) \
                 order by m.ship_sort, m.object_kind, m.object_id @limit($5)"
            ),
            vals![exception.0, ship, kind, id, super::limit(limit)],
        )
        .await?
        .iter()
        .map(|row| occurrence_row(&mut row.cols()))
        .collect()
    }

    /// Open occurrences of an object, with the kind and discriminator of their exception.
    pub async fn occurrences_of(
        &self,
        object: &ObjectRef,
    ) -> StoreResult<Vec<(Kind, String, OccurrenceRow)>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            format!(
                "select e.kind, e.discriminator, {MEMBER} from occurrence m join exception e on e.id = m.exception_id \
                 where m.object_kind = $1 and m.object_id = $2 and m.cleared_at is null and e.state < 10 \
                 order by m.exception_id"
            ),
            vals![object.kind(), object.id()],
        )
        .await?
        .iter()
        .map(|row| {
            let mut c = row.cols();
            Ok((
                kind_of(&c.text::<String>()?)?,
                c.text()?,
                occurrence_row(&mut c)?,
            ))
        })
        .collect()
    }

    /// Kinds and discriminators open for each of these objects, by object; objects without any are absent.
    pub async fn open_for(
        &self,
        objects: &[ObjectRef],
    ) -> StoreResult<HashMap<ObjectRef, Vec<(Kind, String)>>> {
        let mut by_kind: HashMap<&'static str, Vec<String>> = HashMap::new();
        for object in objects {
            by_kind.entry(object.kind()).or_default().push(object.id());
        }
        let mut out: HashMap<ObjectRef, Vec<(Kind, String)>> = HashMap::new();
        let mut conn = self.inner.db.read().await?;
        for (kind, ids) in by_kind {
            let rows = conn
                .rows(
                    "select m.object_kind, m.object_id, e.kind, e.discriminator from occurrence m \
                     join exception e on e.id = m.exception_id \
                     where m.object_kind = $1 and m.object_id @any($2) and m.cleared_at is null and e.state < 10 \
                     order by m.exception_id",
                    vals![kind, ids],
                )
                .await?;
            for row in rows {
                let mut c = row.cols();
                let (kind, id) = (c.text::<String>()?, c.text::<String>()?);
                let object = super::journal::object(&kind, &id)?;
                let open = (kind_of(&c.text::<String>()?)?, c.text()?);
                out.entry(object).or_default().push(open);
            }
        }
        Ok(out)
    }

    /// Everything that stands in an open exception of these kinds: kind, discriminator, object.
    pub async fn open_members(
        &self,
        kinds: &[Kind],
        pair: &PairId,
    ) -> StoreResult<Vec<(Kind, String, ObjectRef)>> {
        let kinds: Vec<String> = kinds.iter().map(|k| k.code().to_owned()).collect();
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            "select e.kind, e.discriminator, m.object_kind, m.object_id from exception e \
             join occurrence m on m.exception_id = e.id and m.cleared_at is null \
             where e.state < 10 and e.kind @any($1) and e.pair = $2 order by e.id, m.object_id",
            vals![kinds, pair.as_str()],
        )
        .await?
        .iter()
        .map(|row| {
            let mut c = row.cols();
            let kind = kind_of(&c.text::<String>()?)?;
            let discriminator = c.text()?;
            let (object, id) = (c.text::<String>()?, c.text::<String>()?);
            Ok((kind, discriminator, super::journal::object(&object, &id)?))
        })
        .collect()
    }

    /// Exceptions whose snooze, wait or acknowledgement ended by `now`, and those in `fixed_pending`.
    pub async fn exceptions_due(&self, now: Ts, limit: usize) -> StoreResult<Vec<ExceptionRow>> {
        let mut conn = self.inner.db.read().await?;
        by_query(
            &mut conn,
            "where e.state in (1, 3, 4, 5) and (e.state = 5 or (e.state = 1 and e.ack_due_at <= $1) \
             or (e.state in (3, 4) and e.snoozed_until <= $1)) order by e.id @limit($2)",
            vals![now, super::limit(limit)],
        )
        .await
    }

    /// One exception.
    pub async fn exception(&self, id: ExceptionId) -> StoreResult<Option<ExceptionRow>> {
        let mut conn = self.inner.db.read().await?;
        Ok(by_query(&mut conn, "where e.id = $1", vals![id.0])
            .await?
            .pop())
    }

    /// Open exceptions by team and severity for the header and tabs. Those explained by a parent are not counted.
    pub async fn exception_counts(&self) -> StoreResult<Vec<ExceptionCount>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            "select team, severity, count(*), \
             cast(sum(case when state in (0, 6) then 1 else 0 end) as bigint), min(ship_sort) \
             from exception where state < 10 and parent is null group by team, severity order by team, severity",
            vec![],
        )
        .await?
        .iter()
        .map(|row| {
            let mut c = row.cols();
            Ok(ExceptionCount {
                team: c.code(Team::from_code)?,
                severity: c.code(Severity::from_code)?,
                open: c.int()?,
                unacknowledged: c.int()?,
                earliest_ship_by: c.opt_ts()?.filter(|t| *t != Ts::NEVER),
            })
        })
        .collect()
    }

    /// Numbers of the newest open cases of S1.
    pub async fn urgent_exceptions(&self, limit: usize) -> StoreResult<Vec<ExceptionId>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            "select id from exception where state < 10 and parent is null and severity = $1 \
             order by id desc @limit($2)",
            vals![Severity::S1.code(), super::limit(limit)],
        )
        .await?
        .iter()
        .map(|row| Ok(ExceptionId(row.get(0)?)))
        .collect()
    }

    /// Debts, newest first.
    pub async fn debts(&self, open_only: bool, limit: usize) -> StoreResult<Vec<DebtRow>> {
        const SELECT: &str =
            "select exception_id, kind, label, reason, who, at, settled_at from debt";
        let sql = if open_only {
            format!("{SELECT} where settled_at is null order by id desc @limit($1)")
        } else {
            format!("{SELECT} order by id desc @limit($1)")
        };
        let mut conn = self.inner.db.read().await?;
        conn.rows(sql, vals![super::limit(limit)])
            .await?
            .iter()
            .map(|row| {
                let mut c = row.cols();
                Ok(DebtRow {
                    exception: ExceptionId(c.int()?),
                    kind: kind_of(&c.text::<String>()?)?,
                    label: c.text()?,
                    reason: c.text()?,
                    who: c.text()?,
                    at: c.ts()?,
                    settled_at: c.opt_ts()?,
                })
            })
            .collect()
    }

    /// Values nobody mapped yet, ranked by the orders they block, as the open exceptions say them.
    pub async fn unmapped(&self, pair: &PairId) -> StoreResult<Vec<Unmapped>> {
        let kinds: Vec<String> = UNMAPPED.iter().map(|k| k.code().to_owned()).collect();
        let mut conn = self.inner.db.read().await?;
        let rows = conn
            .rows(
                "select id, kind, discriminator, members, ship_by from exception \
                 where state < 10 and kind @any($1) and pair = $2 order by members desc, ship_sort, id",
                vals![kinds, pair.as_str()],
            )
            .await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut c = row.cols();
            let (id, kind) = (c.int()?, kind_of(&c.text::<String>()?)?);
            let discriminator = c.text::<String>()?;
            let Some(wanted) = wanted::of_case(kind, &discriminator) else {
                continue;
            };
            out.push(Unmapped {
                wanted,
                orders: c.int()?,
                earliest_ship_by: c.opt_ts()?,
                exception: Some(ExceptionId(id)),
            });
        }
        Ok(out)
    }
}

/// Which exceptions tell of a value without a mapping.
const UNMAPPED: &[Kind] = &[
    Kind::OrdCarrierUnmapped,
    Kind::OrdSiteUnmapped,
    Kind::MapLocationUnaligned,
    Kind::OrdSkuUnknown,
    Kind::OrdSkuFormat,
    Kind::MapStatusUnknown,
    Kind::DspTrackingRejected,
];

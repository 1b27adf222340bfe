//! Mappings as they stand and as they stood.

use super::db::Conn;
use super::read::MappingVersion;
use super::value::{Cols, Val, vals};
use super::{Store, StoreResult};
use crate::domain::ids::{MappingId, PairId};
use crate::domain::mapping::{Mapping, MappingKind, MappingStatus};

/// The columns of [`mapping_row`], in order.
pub(super) const COLUMNS: &str = "m.id, m.pair, m.kind, m.from_text, m.to_text, m.attributes, m.status, m.version, m.author, \
 m.reason, m.changed_at, m.used_count, m.last_used_at, m.broken";

pub(super) fn mapping_row(c: &mut Cols<'_>) -> StoreResult<Mapping> {
    Ok(Mapping {
        id: MappingId(c.int()?),
        pair: c.text()?,
        kind: c.code(MappingKind::from_code)?,
        from: c.text()?,
        to: c.text()?,
        attributes: c.json()?,
        status: c.code(MappingStatus::from_code)?,
        version: c.int()?,
        author: c.text()?,
        reason: c.text()?,
        changed_at: c.ts()?,
        used_count: c.int()?,
        last_used_at: c.opt_ts()?,
        broken: c.opt_text()?,
    })
}

async fn by_query(conn: &mut Conn, tail: &str, args: Vec<Val>) -> StoreResult<Vec<Mapping>> {
    conn.rows(format!("select {COLUMNS} from mapping m {tail}"), args)
        .await?
        .iter()
        .map(|row| mapping_row(&mut row.cols()))
        .collect()
}

impl Store {
    /// Every active mapping of a pair (also broken ones).
    pub async fn mappings(&self, pair: &PairId) -> StoreResult<Vec<Mapping>> {
        let mut conn = self.inner.db.read().await?;
        by_query(
            &mut conn,
            "where m.status = 1 and m.pair = $1 order by m.kind, m.from_text, m.condition, m.id",
            vals![pair.as_str()],
        )
        .await
    }

    /// Number that grows with every mapping change of the pair.
    pub async fn mapping_version(&self, pair: &PairId) -> StoreResult<i64> {
        let mut conn = self.inner.db.read().await?;
        conn.number(
            "select serial from mapping_serial where pair = $1",
            vals![pair.as_str()],
        )
        .await
    }

    /// Sets of edits, newest first. Versions may leave gaps: a target that breaks or comes back counts too.
    pub async fn mapping_versions(
        &self,
        pair: &PairId,
        limit: usize,
    ) -> StoreResult<Vec<MappingVersion>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            "select version, at, who, reason, edits from mapping_set where pair = $1 order by version desc @limit($2)",
            vals![pair.as_str(), super::limit(limit)],
        )
        .await?
        .iter()
        .map(|row| {
            let mut c = row.cols();
            Ok(MappingVersion {
                version: c.int()?,
                at: c.ts()?,
                who: c.text()?,
                reason: c.text()?,
                edits: c.json()?,
            })
        })
        .collect()
    }

    /// Active mappings as they stood at a version.
    pub async fn mappings_at(&self, pair: &PairId, version: i64) -> StoreResult<Vec<Mapping>> {
        let mut conn = self.inner.db.read().await?;
        let mut rows = by_query(
            &mut conn,
            "where m.pair = $1 and m.since_set <= $2 and (m.until_set is null or m.until_set > $2) \
             order by m.kind, m.from_text, m.condition, m.id",
            vals![pair.as_str(), version],
        )
        .await?;
        for row in &mut rows {
            row.status = MappingStatus::Active;
        }
        Ok(rows)
    }
}

//! Orders of a source that events told of.

use super::value::{Cols, vals};
use super::{Store, StoreResult};
use crate::domain::ids::{PairId, SourceOrderId, SystemId};
use crate::domain::time::Ts;

/// An order that events told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookRow {
    pub pair: PairId,
    pub source_id: SourceOrderId,
    /// The newest event.
    pub heard_at: Ts,
    /// When it is to be read; `None` once it was.
    pub due_at: Option<Ts>,
    /// Reads made because of events, in the row's life.
    pub reads: i64,
    /// Reads in a row that did not find it.
    pub absent: i64,
}

const LOOK: &str = "select pair, source_id, heard_at, due_at, reads, absent from look";
/// Walks the partial index `look_due`.
pub(super) const DUE: &str = "select pair, source_id, heard_at, due_at, reads, absent from look \
 where due_at is not null and system = $1 and due_at <= $2 and not exists \
 (select 1 from pause p where p.pair = look.pair and p.flow in (0, $3)) order by due_at @limit($4)";

fn look_row(c: &mut Cols<'_>) -> StoreResult<LookRow> {
    Ok(LookRow {
        pair: c.text()?,
        source_id: c.text()?,
        heard_at: c.ts()?,
        due_at: c.opt_ts()?,
        reads: c.int()?,
        absent: c.int()?,
    })
}

impl Store {
    /// What is known of these orders' events; orders without any are absent.
    pub async fn looks(&self, pair: &PairId, ids: &[SourceOrderId]) -> StoreResult<Vec<LookRow>> {
        let ids: Vec<String> = ids.iter().map(|i| i.0.clone()).collect();
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            format!("{LOOK} where pair = $1 and source_id @any($2)"),
            vals![pair.as_str(), ids],
        )
        .await?
        .iter()
        .map(|row| look_row(&mut row.cols()))
        .collect()
    }

    /// Orders of a source that are due to be read, longest due first; those of a paused order pull wait.
    pub async fn looks_due(
        &self,
        system: &SystemId,
        now: Ts,
        limit: usize,
    ) -> StoreResult<Vec<LookRow>> {
        let mut conn = self.inner.db.read().await?;
        let args = vals![
            system.as_str(),
            now,
            crate::domain::delivery::Flow::OrderPull.code(),
            super::limit(limit),
        ];
        conn.rows(DUE, args)
            .await?
            .iter()
            .map(|row| look_row(&mut row.cols()))
            .collect()
    }
}

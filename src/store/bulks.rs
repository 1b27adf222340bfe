//! Acts on many cases or orders, read.

use super::exceptions::kind_of;
use super::value::{Cols, from_json, vals};
use super::{Store, StoreError, StoreResult};
use crate::domain::bulk::{Bulk, BulkAct, BulkItem, BulkState, ItemState};
use crate::domain::ids::{BulkId, JournalSeq};

const COLUMNS: &str =
    "b.id, b.act, b.who, b.began_at, b.ended_at, b.state, b.total, b.done, b.refused, b.first_line";
const ITEM: &str =
    "i.place, i.object_id, i.version, i.state, i.note, e.kind, e.discriminator, o.number";
/// Where the name of a case or an order comes from.
const NAMED: &str = "left join exception e on b.is_on_orders = 0 and e.id = i.object_id \
     left join orders o on b.is_on_orders = 1 and o.id = i.object_id";

fn bulk(c: &mut Cols<'_>) -> StoreResult<Bulk> {
    let unknown = |code| StoreError::Refused(format!("{code} is no state of a bulk act"));
    Ok(Bulk {
        id: BulkId(c.int()?),
        act: from_json(&c.text::<String>()?)?,
        who: c.text()?,
        began_at: c.ts()?,
        ended_at: c.opt_ts()?,
        state: c
            .int()
            .and_then(|code| BulkState::from_code(code).ok_or_else(|| unknown(code)))?,
        total: c.int()?,
        done: c.int()?,
        refused: c.int()?,
        first_line: c.opt_int()?.map(JournalSeq),
    })
}

fn item(c: &mut Cols<'_>, act: &BulkAct) -> StoreResult<BulkItem> {
    let unknown = |code| StoreError::Refused(format!("{code} is no state of a case of a bulk act"));
    Ok(BulkItem {
        place: c.int()?,
        target: act.target(c.int()?),
        version: c.int()?,
        state: c
            .int()
            .and_then(|code| ItemState::from_code(code).ok_or_else(|| unknown(code)))?,
        text: c.text()?,
        label: {
            let kind = c.opt_text::<String>()?;
            let about = c.opt_text::<String>()?.unwrap_or_default();
            let number = c.opt_text::<String>()?.unwrap_or_default();
            match kind {
                Some(kind) => format!("{} {about}", kind_of(&kind)?.entry().title)
                    .trim()
                    .to_owned(),
                None => number,
            }
        },
    })
}

impl Store {
    /// Acts on many cases, the newest first.
    pub async fn bulks(&self, limit: usize) -> StoreResult<Vec<Bulk>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            format!("select {COLUMNS} from bulk b order by b.id desc @limit($1)"),
            vals![super::limit(limit)],
        )
        .await?
        .iter()
        .map(|row| bulk(&mut row.cols()))
        .collect()
    }

    /// One of them.
    pub async fn bulk(&self, id: BulkId) -> StoreResult<Option<Bulk>> {
        let mut conn = self.inner.db.read().await?;
        conn.row(
            format!("select {COLUMNS} from bulk b where b.id = $1"),
            vals![id.0],
        )
        .await?
        .map(|row| bulk(&mut row.cols()))
        .transpose()
    }

    /// Cases of one in this state, in the order of work, behind a place.
    pub async fn bulk_items(
        &self,
        id: BulkId,
        state: ItemState,
        after: Option<i64>,
        limit: usize,
    ) -> StoreResult<Vec<BulkItem>> {
        let Some(bulk) = self.bulk(id).await? else {
            return Ok(Vec::new());
        };
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            format!(
                "select {ITEM} from bulk_item i join bulk b on b.id = i.bulk_id {NAMED} \
                 where i.bulk_id = $1 and i.state = $2 and i.place > $3 order by i.place @limit($4)"
            ),
            vals![id.0, state.code(), after.unwrap_or(-1), super::limit(limit)],
        )
        .await?
        .iter()
        .map(|row| item(&mut row.cols(), &bulk.act))
        .collect()
    }

    /// Cases to be tried next. Those at the front of their act come first, so that a short act need not wait for a long
    /// one.
    pub async fn bulk_due(&self, limit: usize) -> StoreResult<Vec<(Bulk, BulkItem)>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            format!(
                "select {COLUMNS}, {ITEM} from bulk_item i join bulk b on b.id = i.bulk_id {NAMED} \
                 where i.state = 0 and b.state = 0 order by i.place, i.bulk_id @limit($1)"
            ),
            vals![super::limit(limit)],
        )
        .await?
        .iter()
        .map(|row| {
            let mut cols = row.cols();
            let bulk = bulk(&mut cols)?;
            let item = item(&mut cols, &bulk.act)?;
            Ok((bulk, item))
        })
        .collect()
    }
}

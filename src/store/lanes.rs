//! The board of lanes: one row for each lane in which a movement waits or a debt is left, added up where the movements
//! are.

use super::movements::{MovementRow, movement};
use super::value::{Cols, vals};
use super::{Store, StoreResult};
use crate::domain::ids::{ExceptionId, ItemCode, PairId};
use crate::domain::movements::{LaneEntry, LaneKey, Standing};
use crate::domain::time::Ts;

/// A lane with something outstanding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneRow {
    pub pair: PairId,
    pub key: LaneKey,
    pub standing: Standing,
    /// The head; where nothing waits, the oldest movement that is owed.
    pub first: MovementRow,
    /// Movements behind the head.
    pub waiting: i64,
    /// Signed units that the source was not told of, head included.
    pub pending_each: i64,
    /// Movements that were left out and are still owed, and their signed units.
    pub owed: i64,
    pub owed_each: i64,
    /// The case of a lane that has stopped.
    pub exception: Option<ExceptionId>,
    /// Orders held behind it.
    pub orders: i64,
}

impl LaneRow {
    /// What stands at the head.
    pub fn head(&self) -> Option<&LaneEntry> {
        (self.standing != Standing::Empty).then_some(&self.first.entry)
    }

    /// It waits for a person, or stands for so long that a case was opened.
    pub const fn is_stopped(&self) -> bool {
        self.standing.is_stopped() || self.exception.is_some()
    }

    /// Since when the head is first; where nothing waits, since when the debt stands.
    pub fn since(&self) -> Ts {
        self.first.head_since.unwrap_or(self.first.updated_at)
    }
}

/// The rows of the board, as a table; `$only` narrows the movements that are added up. The head is whatever may take
/// effect at any moment, else the first by its turn. How it stands is what [`movement`] makes of a movement and its
/// delivery.
macro_rules! board {
    ($only:literal) => {
        concat!(
            "(select b.*, (select count(*) from occurrence k where k.exception_id = b.exception_id \
             and k.object_kind = 'order' and k.cleared_at is null) as orders \
             from (select h.id, h.pair, h.lane, h.item, h.location, h.entry, h.state, h.reference, h.delivery_id, h.document, \
             h.head_since, h.is_owed, h.updated_at, h.last_text, d.state as d_state, d.due_at as d_due, \
             d.last_class as d_class, d.last_text as d_text, g.pending, g.pending_each, \
             (select count(*) from movement f where f.pair = g.pair and f.lane = g.lane and f.is_owed = 1) as owed, \
             (select cast(coalesce(sum(f.delta_each), 0) as bigint) from movement f where f.pair = g.pair \
              and f.lane = g.lane and f.is_owed = 1) as owed_each, \
             coalesce(h.head_since, h.updated_at) as since, \
             cast(case when h.is_open = 0 then 5 \
              when d.id is null then case h.state when 3 then 0 when 4 then 1 when 2 then 2 when 1 then 4 else 3 end \
              when d.state = 2 then 4 when d.state = 3 then 2 when d.state in (4, 5) or d.last_class = 1 then 0 \
              else 3 end as bigint) as standing, \
             (select min(e.id) from occurrence o cross join exception e where e.id = o.exception_id \
              and o.object_kind = 'item' and o.object_id = h.item and o.cleared_at is null and e.state < 10 \
              and e.kind = 'STK_LANE_BLOCKED' and e.pair = h.pair \
              and e.discriminator = 'LANE=' || substr(h.lane, 10)) as exception_id \
             from (select m.pair, m.lane, max(m.item) as item, count(*) as pending, \
              cast(sum(m.delta_each) as bigint) as pending_each, max(case when w.state in (2, 3) then m.id end) as busy \
              from movement m left join delivery w on w.id = m.delivery_id \
              where m.is_open = 1 ", $only, " group by m.pair, m.lane \
              union all select m.pair, m.lane, max(m.item), 0, 0, null from movement m \
              where m.is_owed = 1 ", $only, " and not exists (select 1 from movement f \
               where f.pair = m.pair and f.lane = m.lane and f.is_open = 1) group by m.pair, m.lane) g \
             join movement h on h.id = coalesce(g.busy, \
              (select f.id from movement f where f.pair = g.pair and f.lane = g.lane and f.is_open = 1 \
               order by f.turn, f.id limit 1), \
              (select f.id from movement f where f.pair = g.pair and f.lane = g.lane and f.is_owed = 1 \
               order by f.turn, f.id limit 1)) \
             left join delivery d on d.id = h.delivery_id) b) l"
        )
    };
}

/// Every lane.
pub(super) const BOARD: &str = board!("");
/// One lane.
const BOARD_OF_LANE: &str = board!("and m.pair = $1 and m.lane = $2");
/// The lanes of one item.
const BOARD_OF_ITEM: &str = board!("and m.pair = $1 and m.item = $2");

pub(super) const COLUMNS: &str = "l.pending, l.pending_each, l.owed, l.owed_each, l.exception_id, l.orders, \
 l.pair, l.entry, l.state, l.reference, l.delivery_id, l.document, l.head_since, l.is_owed, l.updated_at, \
 l.d_state, l.d_due, l.d_class, l.d_text";

pub(super) fn lane_row(c: &mut Cols<'_>) -> StoreResult<LaneRow> {
    let (pending, pending_each, owed, owed_each) = (c.int()?, c.int()?, c.int()?, c.int()?);
    let exception = c.opt_int()?.map(ExceptionId);
    let orders = c.int()?;
    let first = movement(c)?;
    Ok(LaneRow {
        pair: first.pair.clone(),
        key: first.entry.lane.clone(),
        standing: Standing::of_head(first.entry.state),
        first,
        waiting: (pending - 1).max(0),
        pending_each,
        owed,
        owed_each,
        exception,
        orders,
    })
}

impl Store {
    /// One lane, while anything is outstanding in it.
    pub async fn lane(&self, pair: &PairId, lane: &LaneKey) -> StoreResult<Option<LaneRow>> {
        let mut conn = self.inner.db.read().await?;
        conn.row(
            format!("select {COLUMNS} from {BOARD_OF_LANE}"),
            vals![pair.as_str(), lane.order_key()],
        )
        .await?
        .map(|row| lane_row(&mut row.cols()))
        .transpose()
    }

    /// The lanes of an item in which anything is outstanding, by location.
    pub async fn lanes_of_item(&self, pair: &PairId, item: &ItemCode) -> StoreResult<Vec<LaneRow>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            format!("select {COLUMNS} from {BOARD_OF_ITEM} order by l.location"),
            vals![pair.as_str(), item.as_str()],
        )
        .await?
        .iter()
        .map(|row| lane_row(&mut row.cols()))
        .collect()
    }
}

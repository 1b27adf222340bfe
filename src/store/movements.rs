//! Lanes of movements: who is first, who waits, what was applied under which document.

use super::value::{Cols, Row, Val, from_json, vals};
use super::{Store, StoreResult};
use crate::domain::delivery::{AnswerClass, DeliveryState};
use crate::domain::ids::{DeliveryId, ItemCode, PairId};
use crate::domain::movements::{LaneEntry, LaneKey, MovementState};
use crate::domain::time::Ts;

/// A movement as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovementRow {
    pub pair: PairId,
    /// Its state is what it comes to together with its delivery.
    pub entry: LaneEntry,
    /// The warehouse's reference of the return the goods came with.
    pub reference: String,
    /// The delivery that writes it.
    pub delivery: Option<DeliveryId>,
    /// The document that carries it in the source; empty while none does.
    pub document: String,
    /// Since when it is, or was expected to be, first of its lane.
    pub head_since: Option<Ts>,
    /// When its delivery is tried next.
    pub due_at: Option<Ts>,
    /// Never posted, and no comparison has agreed since.
    pub is_owed: bool,
    pub updated_at: Ts,
}

/// An applied movement and the document that carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedMovement {
    pub key: String,
    pub item: ItemCode,
    pub delta_each: i64,
    /// Empty when the figure stood without one.
    pub document: String,
}

/// Signed units of an item at a location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneUnits {
    pub lane: LaneKey,
    pub units_each: i64,
}

const SELECT: &str = "select m.pair, m.entry, m.state, m.reference, m.delivery_id, m.document, m.head_since, m.is_owed, m.updated_at, \
 d.state, d.due_at, d.last_class, d.last_text from movement m left join delivery d on d.id = m.delivery_id";

fn row(row: &Row) -> StoreResult<MovementRow> {
    movement(&mut row.cols())
}

/// From the columns of a movement and its delivery.
pub(super) fn movement(c: &mut Cols<'_>) -> StoreResult<MovementRow> {
    let pair = c.text()?;
    let mut entry: LaneEntry = from_json(&c.text::<String>()?)?;
    entry.state = c.code(MovementState::from_code)?;
    let reference = c.text()?;
    let delivery = c.opt_int()?.map(DeliveryId);
    let document = c.text()?;
    let head_since = c.opt_ts()?;
    let is_owed = c.flag()?;
    let updated_at = c.ts()?;
    let due_at = under_way(c, &mut entry)?;
    Ok(MovementRow {
        pair,
        entry,
        reference,
        delivery,
        document,
        head_since,
        due_at,
        is_owed,
        updated_at,
    })
}

/// While a delivery writes it, its state is the delivery's.
fn under_way(c: &mut Cols<'_>, entry: &mut LaneEntry) -> StoreResult<Option<Ts>> {
    let state = c.opt_int()?.and_then(DeliveryState::from_code);
    let due_at = c.opt_ts()?;
    let class = c.opt_int()?.and_then(AnswerClass::from_code);
    let text: Option<String> = c.opt_text()?;
    let Some(state) = state.filter(|_| !entry.state.is_settled()) else {
        return Ok(None);
    };
    entry.state = match state {
        DeliveryState::Sending => MovementState::Sending,
        DeliveryState::InDoubt => MovementState::InDoubt,
        DeliveryState::Rejected | DeliveryState::Dead => MovementState::Refused,
        _ if class == Some(AnswerClass::Rejected) => MovementState::Refused,
        _ => MovementState::Waiting,
    };
    if let Some(text) = text.filter(|t| !t.is_empty()) {
        entry.text = text;
    }
    Ok(due_at)
}

impl Store {
    /// Every movement that is not settled, of these lanes or (empty) of all, lane by lane in order.
    pub async fn movements_open(
        &self,
        pair: &PairId,
        lanes: &[String],
        limit: usize,
    ) -> StoreResult<Vec<MovementRow>> {
        let (only, mut args): (&str, Vec<Val>) = if lanes.is_empty() {
            ("", vals![pair.as_str(), super::limit(limit)])
        } else {
            (
                "and m.lane @any($3)",
                vals![pair.as_str(), super::limit(limit)],
            )
        };
        if !lanes.is_empty() {
            args.push(Val::from(lanes.to_vec()));
        }
        self.movements_where(
            format!(
                "where m.pair = $1 and m.is_open = 1 {only} order by m.lane, m.turn @limit($2)"
            ),
            args,
        )
        .await
    }

    /// First movements of lanes in which nothing is under way.
    pub async fn lane_heads_idle(
        &self,
        pair: &PairId,
        limit: usize,
    ) -> StoreResult<Vec<MovementRow>> {
        self.movements_where(
            "where m.pair = $1 and m.is_open = 1 and not exists (select 1 from movement e where e.pair = m.pair \
             and e.lane = m.lane and e.is_open = 1 and (e.turn < m.turn or e.delivery_id is not null)) \
             order by m.turn @limit($2)"
                .to_owned(),
            vals![pair.as_str(), super::limit(limit)],
        )
        .await
    }

    /// The newest posted movement of each of these lanes.
    pub async fn movements_passed(
        &self,
        pair: &PairId,
        lanes: &[String],
    ) -> StoreResult<Vec<MovementRow>> {
        self.movements_where(
            "where m.pair = $1 and m.lane @any($2) and m.state in (10, 13) and m.turn = (select max(e.turn) \
             from movement e where e.pair = m.pair and e.lane = m.lane and e.state in (10, 13))"
                .to_owned(),
            vals![pair.as_str(), lanes.to_vec()],
        )
        .await
    }

    /// Movements by key, settled ones too.
    pub async fn movements_by_key(
        &self,
        pair: &PairId,
        keys: &[String],
    ) -> StoreResult<Vec<MovementRow>> {
        self.movements_where(
            "where m.pair = $1 and m.idem_key @any($2) order by m.turn".to_owned(),
            vals![pair.as_str(), keys.to_vec()],
        )
        .await
    }

    /// Movements of a lane that are settled and not owed, newest first.
    pub async fn movements_settled(
        &self,
        pair: &PairId,
        lane: &LaneKey,
        limit: usize,
    ) -> StoreResult<Vec<MovementRow>> {
        let item = lane.item.clone().unwrap_or_default();
        self.movements_where(
            "where m.pair = $1 and m.item = $2 and m.lane = $3 and m.is_open = 0 and m.is_owed = 0 \
             order by m.turn desc @limit($4)"
                .to_owned(),
            vals![
                pair.as_str(),
                item.as_str(),
                lane.order_key(),
                super::limit(limit)
            ],
        )
        .await
    }

    /// Movements of a lane that were left out and are still owed, oldest first.
    pub async fn movements_owed_in(
        &self,
        pair: &PairId,
        lane: &LaneKey,
        limit: usize,
    ) -> StoreResult<Vec<MovementRow>> {
        self.movements_where(
            "where m.pair = $1 and m.lane = $2 and m.is_owed = 1 order by m.turn @limit($3)"
                .to_owned(),
            vals![pair.as_str(), lane.order_key(), super::limit(limit)],
        )
        .await
    }

    /// Movements of an item, settled ones too, newest first.
    pub async fn movements_of_item(
        &self,
        pair: &PairId,
        item: &ItemCode,
        limit: usize,
    ) -> StoreResult<Vec<MovementRow>> {
        self.movements_where(
            "where m.pair = $1 and m.item = $2 order by m.turn desc @limit($3)".to_owned(),
            vals![pair.as_str(), item.as_str(), super::limit(limit)],
        )
        .await
    }

    async fn movements_where(&self, tail: String, args: Vec<Val>) -> StoreResult<Vec<MovementRow>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(format!("{SELECT} {tail}"), args)
            .await?
            .iter()
            .map(row)
            .collect()
    }

    /// Applied movements of a return by the warehouse's reference of it: whether, and under which document, the goods
    /// are in the source.
    pub async fn movements_applied_of(
        &self,
        pair: &PairId,
        reference: &str,
    ) -> StoreResult<Vec<AppliedMovement>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            "select idem_key, item, delta_each, document from movement \
             where pair = $1 and reference = $2 and reference <> '' and state = 10 order by turn",
            vals![pair.as_str(), reference],
        )
        .await?
        .iter()
        .map(|row| {
            let mut c = row.cols();
            Ok(AppliedMovement {
                key: c.text()?,
                item: c.text()?,
                delta_each: c.int()?,
                document: c.text()?,
            })
        })
        .collect()
    }

    /// Q: signed units per lane that the source was not told of yet.
    pub async fn movements_pending(&self, pair: &PairId) -> StoreResult<Vec<LaneUnits>> {
        self.lane_units(
            "select item, location, cast(sum(delta_each) as bigint) from movement where pair = $1 and is_open = 1 \
             group by item, location",
            pair,
        )
        .await
    }

    /// Signed units per lane that were left out and are still owed.
    pub async fn movements_owed(&self, pair: &PairId) -> StoreResult<Vec<LaneUnits>> {
        self.lane_units(
            "select item, location, cast(sum(delta_each) as bigint) from movement where pair = $1 and is_owed = 1 \
             group by item, location",
            pair,
        )
        .await
    }

    async fn lane_units(&self, sql: &'static str, pair: &PairId) -> StoreResult<Vec<LaneUnits>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(sql, vals![pair.as_str()])
            .await?
            .iter()
            .map(|row| {
                let mut c = row.cols();
                let (item, location): (ItemCode, _) = (c.text()?, c.text()?);
                Ok(LaneUnits {
                    lane: LaneKey::of(&item, &location),
                    units_each: c.int()?,
                })
            })
            .collect()
    }

    /// Keys of lanes in which anything was kept or went on since a time.
    pub async fn lanes_touched(&self, pair: &PairId, since: Ts) -> StoreResult<Vec<String>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            "select distinct lane from movement where pair = $1 and updated_at >= $2",
            vals![pair.as_str(), since],
        )
        .await?
        .iter()
        .map(|row| row.get(0))
        .collect()
    }

    /// Keys of lanes whose movement may take effect at any moment: nothing that ships from there may be written.
    pub async fn lanes_held(&self, pair: &PairId) -> StoreResult<Vec<String>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            "select m.lane from movement m join delivery d on d.id = m.delivery_id \
             where m.pair = $1 and m.is_open = 1 and d.state in (2, 3)",
            vals![pair.as_str()],
        )
        .await?
        .iter()
        .map(|row| row.get(0))
        .collect()
    }
}

//! Deliveries: claims, doubt, recovery, and the questions asked several times a second.

use super::db::Conn;
use super::journal::{self, Draft};
use super::notice::Topic;
use super::value::{Cols, Val, from_json, vals};
use super::{ClaimQuery, LaneWork, Store, StoreResult, SystemWork, leases};
use crate::domain::change::{Fence, Journal};
use crate::domain::delivery::{AnswerClass, DeliveryRow, DeliveryState, Flow, Lane};
use crate::domain::exception::ObjectRef;
use crate::domain::ids::{DeliveryId, OrderId, PairId, SystemId};
use crate::domain::time::{Span, Ts};
use std::collections::HashMap;

/// The columns of [`delivery_row`], in order; `d` is the delivery, `i` its intent.
pub(super) const COLUMNS: &str = "d.id, d.flow, d.pair, d.system, d.lane, d.order_key, d.idem_key, d.order_id, d.object, \
 i.intent, d.state, d.step, d.attempts, d.ship_by, d.due_at, d.created_at, d.caused_at, d.sent_at, d.absent_at, \
 d.last_class, d.last_text, d.depth, d.version, d.updated_at";

pub(super) fn delivery_row(c: &mut Cols<'_>) -> StoreResult<DeliveryRow> {
    Ok(DeliveryRow {
        id: DeliveryId(c.int()?),
        flow: c.code(Flow::from_code)?,
        pair: c.text()?,
        system: c.text()?,
        lane: c.code(Lane::from_code)?,
        order_key: c.text()?,
        idem_key: c.text()?,
        order: c.opt_int()?.map(OrderId),
        object: c.text()?,
        intent: from_json(&c.text::<String>()?)?,
        state: c.code(DeliveryState::from_code)?,
        step: c.int()?,
        attempts: c.int()?,
        ship_by: c.opt_ts()?,
        due_at: c.ts()?,
        created_at: c.ts()?,
        caused_at: c.ts()?,
        sent_at: c.opt_ts()?,
        absent_at: c.opt_ts()?,
        last_class: c.opt_int()?.and_then(AnswerClass::from_code),
        last_text: c.text()?,
        depth: c.int()?,
        version: c.int()?,
        updated_at: c.ts()?,
    })
}

/// The claim walks the partial index `delivery_claim`: on SQLite only when the text of its predicate stands here as there.
const CLAIM: &str = "select id from delivery where state = 1 and system = $1 and flow = $2 and lane = $3 and due_at <= $4 \
 and not exists (select 1 from pause p where p.pair = delivery.pair and p.flow in (0, $2)) \
 order by ship_sort, id @limit($5) @skip";
/// As [`CLAIM`], of one step only.
const CLAIM_STEP: &str = "select id from delivery where state = 1 and system = $1 and flow = $2 and lane = $3 and due_at <= $4 \
 and step = $6 \
 and not exists (select 1 from pause p where p.pair = delivery.pair and p.flow in (0, $2)) \
 order by ship_sort, id @limit($5) @skip";
const DOUBT: &str = "select id from delivery where state = 3 and system = $1 and due_at <= $2 and flow = $3 \
 order by due_at, id @limit($4)";
/// What is due, ready (0) and in doubt (1), and when the next falls due (2 and 3); ready work of paused flows is left out.
const WORK: &str = "select cast(0 as bigint) as part, flow, lane, step, count(*), min(due_at) from delivery \
 where state = 1 and system = $1 and due_at <= $2 and not exists \
 (select 1 from pause p where p.pair = delivery.pair and p.flow in (0, delivery.flow)) group by flow, lane, step \
 union all select cast(1 as bigint), flow, lane, step, count(*), min(due_at) from delivery \
 where state = 3 and system = $1 and due_at <= $2 group by flow, lane, step \
 union all select cast(2 as bigint), cast(0 as bigint), cast(0 as bigint), cast(0 as bigint), cast(0 as bigint), min(due_at) from delivery where state = 1 and system = $1 and due_at > $2 \
 union all select cast(3 as bigint), cast(0 as bigint), cast(0 as bigint), cast(0 as bigint), cast(0 as bigint), min(due_at) from delivery where state = 3 and system = $1 and due_at > $2 \
union all select cast(4 as bigint), cast(0 as bigint), cast(0 as bigint), cast(0 as bigint), \
count(*), cast(null as bigint) from request where is_done = 0 \
 union all select cast(5 as bigint), cast(0 as bigint), cast(0 as bigint), cast(0 as bigint), cast(0 as bigint), min(due_at) from look \
 where due_at is not null and system = $1 and not exists \
 (select 1 from pause p where p.pair = look.pair and p.flow in (0, $3))";
const SENDING: &str =
    "select id, pair, order_id, object from delivery where state = 2 and system = $1 @lock";

/// The queries asked several times a second, for the test of their plans.
#[cfg(test)]
pub(super) const HOT: &[&str] = &[CLAIM, CLAIM_STEP, DOUBT, WORK, SENDING];

/// Hot deliveries by a condition on `d`.
async fn hot(conn: &mut Conn, tail: &str, args: Vec<Val>) -> StoreResult<Vec<DeliveryRow>> {
    let sql = format!(
        "select {COLUMNS} from delivery d join delivery_intent i on i.delivery_id = d.id {tail}"
    );
    rows(conn, sql, args).await
}

/// Deliveries of one flow for these orders, hot and ended.
pub(super) async fn of_orders(
    conn: &mut Conn,
    orders: &[i64],
    flow: Flow,
) -> StoreResult<Vec<DeliveryRow>> {
    const TAIL: &str = "where d.order_id @any($1) and d.flow = $2";
    let mut out = hot(conn, TAIL, vals![orders.to_vec(), flow.code()]).await?;
    out.extend(ended(conn, TAIL, vals![orders.to_vec(), flow.code()]).await?);
    Ok(sorted(out))
}

/// Ended deliveries by a condition on `d`.
async fn ended(conn: &mut Conn, tail: &str, args: Vec<Val>) -> StoreResult<Vec<DeliveryRow>> {
    let sql = format!(
        "select {COLUMNS} from delivery_done d join delivery_intent i on i.delivery_id = d.id {tail}"
    );
    rows(conn, sql, args).await
}

pub(super) async fn rows(
    conn: &mut Conn,
    sql: String,
    args: Vec<Val>,
) -> StoreResult<Vec<DeliveryRow>> {
    conn.rows(sql, args)
        .await?
        .iter()
        .map(|row| delivery_row(&mut row.cols()))
        .collect()
}

async fn ids(conn: &mut Conn, sql: &'static str, args: Vec<Val>) -> StoreResult<Vec<i64>> {
    conn.rows(sql, args)
        .await?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

impl Store {
    /// Moves up to `limit` ready, due deliveries to sending (attempts + 1, sent_at = now) and returns them, in lane order:
    /// earliest ship-by, then oldest. Deliveries of paused flows or pairs are left alone.
    pub async fn claim(
        &self,
        query: &ClaimQuery,
        now: Ts,
        fence: &Fence,
    ) -> StoreResult<Vec<DeliveryRow>> {
        let mut tx = self.inner.write().await?;
        leases::check_fence(&mut tx, fence).await?;
        let mut args = vals![
            query.system.as_str(),
            query.flow.code(),
            query.lane.code(),
            now,
            super::limit(query.limit)
        ];
        let sql = match query.step {
            Some(step) => {
                args.push(Val::from(step));
                CLAIM_STEP
            }
            None => CLAIM,
        };
        let found = ids(&mut tx, sql, args).await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        tx.exec(
            "update delivery set state = 2, attempts = attempts + 1, sent_at = $2, version = version + 1, \
             updated_at = $2 where id @any($1)",
            vals![found.clone(), now],
        )
        .await?;
        let claimed = hot(
            &mut tx,
            "where d.id @any($1) order by d.ship_sort, d.id",
            vals![found],
        )
        .await?;
        tx.commit().await.map_err(|(e, _)| e)?;
        self.wrote(&[Topic::Deliveries]);
        Ok(claimed)
    }

    /// Deliveries in doubt whose time to be asked about has come, oldest first. State is unchanged.
    pub async fn in_doubt_due(
        &self,
        system: &SystemId,
        flow: Flow,
        now: Ts,
        limit: usize,
    ) -> StoreResult<Vec<DeliveryRow>> {
        let mut conn = self.inner.db.read().await?;
        let found = ids(
            &mut conn,
            DOUBT,
            vals![system.as_str(), now, flow.code(), super::limit(limit)],
        )
        .await?;
        hot(
            &mut conn,
            "where d.id @any($1) order by d.due_at, d.id",
            vals![found],
        )
        .await
    }

    /// At start and after take-over: everything found sending for this system becomes in doubt (due after `settle`).
    /// Returns how many.
    pub async fn recover(
        &self,
        system: &SystemId,
        now: Ts,
        settle: Span,
        fence: &Fence,
    ) -> StoreResult<i64> {
        let mut tx = self.inner.write().await?;
        leases::check_fence(&mut tx, fence).await?;
        let found = tx.rows(SENDING, vals![system.as_str()]).await?;
        if found.is_empty() {
            return Ok(0);
        }
        let (mut moved, mut drafts) = (Vec::new(), Vec::new());
        for row in &found {
            let mut c = row.cols();
            let (id, pair) = (c.int()?, c.text::<PairId>()?);
            let (order, object) = (c.opt_int()?, c.text::<String>()?);
            moved.push(id);
            drafts.push(Draft {
                index: drafts.len(),
                order,
                entry: Journal {
                    action: "delivery.moved".to_owned(),
                    object: ObjectRef::Delivery(id),
                    pair: Some(pair),
                    before: DeliveryState::Sending.as_str().to_owned(),
                    after: DeliveryState::InDoubt.as_str().to_owned(),
                    reason: format!("{object}: found sending without a worker"),
                    exception: None,
                    payload: None,
                },
            });
        }
        let count = super::limit(moved.len());
        tx.exec(
            "update delivery set state = 3, due_at = $2, absent_at = null, version = version + 1, updated_at = $3, \
             last_text = 'found sending without a worker: the effect is unknown' where id @any($1)",
            vals![moved, now + settle, now],
        )
        .await?;
        journal::append(&mut tx, "engine/recover", now, drafts).await?;
        tx.commit().await.map_err(|(e, _)| e)?;
        self.wrote(&[Topic::Deliveries]);
        Ok(count)
    }

    /// Waiting work of a system by flow and step, and when the next of it falls due; paused flows are left out.
    pub async fn system_work(&self, system: &SystemId, now: Ts) -> StoreResult<SystemWork> {
        let mut conn = self.inner.db.read().await?;
        let mut work = SystemWork::default();
        for row in conn
            .rows(WORK, vals![system.as_str(), now, Flow::OrderPull.code()])
            .await?
        {
            let mut c = row.cols();
            let part = c.int()?;
            if part == 4 {
                for _ in 0..3 {
                    c.int()?;
                }
                work.is_asked = c.int()? > 0;
                continue;
            }
            if part >= 2 {
                for _ in 0..4 {
                    c.int()?;
                }
                if part == 5 {
                    work.look_at = c.opt_ts()?;
                    continue;
                }
                work.next_due_at = match (work.next_due_at, c.opt_ts()?) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
                continue;
            }
            let (flow, lane, step) = (c.code(Flow::from_code)?, c.code(Lane::from_code)?, c.int()?);
            let (count, oldest) = (c.int()?, c.opt_ts()?);
            add_work(
                &mut work.lanes,
                (lane, flow, step),
                count,
                oldest,
                part == 1,
            );
        }
        work.lanes.sort_by_key(|w| (w.lane, w.flow, w.step));
        Ok(work)
    }

    /// As [`Store::system_work`], only what is due.
    pub async fn lane_work(&self, system: &SystemId, now: Ts) -> StoreResult<Vec<LaneWork>> {
        Ok(self.system_work(system, now).await?.lanes)
    }

    /// The next time after `now` at which a delivery of the system falls due (ready or in doubt).
    pub async fn next_delivery_due(&self, system: &SystemId, now: Ts) -> StoreResult<Option<Ts>> {
        Ok(self.system_work(system, now).await?.next_due_at)
    }

    /// Every delivery of an order, hot or ended, oldest first.
    pub async fn deliveries_of_order(&self, order: OrderId) -> StoreResult<Vec<DeliveryRow>> {
        let mut conn = self.inner.db.read().await?;
        let mut out = hot(&mut conn, "where d.order_id = $1", vals![order.0]).await?;
        out.extend(ended(&mut conn, "where d.order_id = $1", vals![order.0]).await?);
        Ok(sorted(out))
    }

    /// As [`Store::deliveries_of_order`] for many orders, only those that have not ended; orders without any are absent.
    pub async fn hot_deliveries_of(
        &self,
        orders: &[OrderId],
    ) -> StoreResult<HashMap<OrderId, Vec<DeliveryRow>>> {
        let ids: Vec<i64> = orders.iter().map(|o| o.0).collect();
        let mut conn = self.inner.db.read().await?;
        let mut out: HashMap<OrderId, Vec<DeliveryRow>> = HashMap::new();
        for row in hot(
            &mut conn,
            "where d.order_id @any($1) order by d.id",
            vals![ids],
        )
        .await?
        {
            if let Some(order) = row.order {
                out.entry(order).or_default().push(row);
            }
        }
        Ok(out)
    }

    /// By id, hot or ended.
    pub async fn deliveries_by_id(&self, ids: &[DeliveryId]) -> StoreResult<Vec<DeliveryRow>> {
        let ids: Vec<i64> = ids.iter().map(|i| i.0).collect();
        let mut conn = self.inner.db.read().await?;
        let mut out = hot(&mut conn, "where d.id @any($1)", vals![ids.clone()]).await?;
        out.extend(ended(&mut conn, "where d.id @any($1)", vals![ids]).await?);
        Ok(sorted(out))
    }

    /// The delivery that owns a key, hot or ended.
    pub async fn delivery_by_key(&self, idem_key: &str) -> StoreResult<Option<DeliveryRow>> {
        let mut conn = self.inner.db.read().await?;
        let id = conn
            .row(
                "select delivery_id from delivery_key where idem_key = $1",
                vals![idem_key],
            )
            .await?
            .map(|row| row.get::<i64>(0))
            .transpose()?;
        drop(conn);
        match id {
            Some(id) => Ok(self.deliveries_by_id(&[DeliveryId(id)]).await?.pop()),
            None => Ok(None),
        }
    }

    /// Hot deliveries of a flow in these states, oldest due first.
    pub async fn deliveries_in(
        &self,
        pair: &PairId,
        flow: Flow,
        states: &[DeliveryState],
        limit: usize,
    ) -> StoreResult<Vec<DeliveryRow>> {
        let states: Vec<i64> = states.iter().map(|s| s.code()).collect();
        let mut conn = self.inner.db.read().await?;
        hot(
            &mut conn,
            "where d.pair = $1 and d.flow = $2 and d.state @any($3) order by d.due_at, d.id @limit($4)",
            vals![pair.as_str(), flow.code(), states, super::limit(limit)],
        )
        .await
    }
}

/// By id; a delivery that ended between the two reads of a pair of tables is kept once.
fn sorted(mut rows: Vec<DeliveryRow>) -> Vec<DeliveryRow> {
    rows.sort_by_key(|d| (d.id, !d.state.is_final()));
    rows.dedup_by_key(|d| d.id);
    rows
}

fn add_work(
    out: &mut Vec<LaneWork>,
    key: (Lane, Flow, i64),
    count: i64,
    oldest: Option<Ts>,
    is_doubt: bool,
) {
    let place = out
        .iter()
        .position(|w| (w.lane, w.flow, w.step) == key)
        .unwrap_or_else(|| {
            out.push(LaneWork {
                lane: key.0,
                flow: key.1,
                step: key.2,
                ready: 0,
                oldest_due_at: None,
                in_doubt_due: 0,
            });
            out.len() - 1
        });
    let Some(work) = out.get_mut(place) else {
        return;
    };
    if is_doubt {
        work.in_doubt_due += count;
        return;
    }
    work.ready += count;
    work.oldest_due_at = match (work.oldest_due_at, oldest) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
}

//! What finance closes a month with: what left, what came back, what money went back, what the ledger was not told of.

use super::value::{Cols, Val, vals};
use super::{Store, StoreResult};
use crate::domain::catalogue::Kind;
use crate::domain::delivery::{DeliveryRow, Flow};
use crate::domain::ids::{
    ExceptionId, ItemCode, LocationId, OrderId, PairId, SystemId, WmsOrderNo,
};
use crate::domain::month::Period;
use crate::domain::movements::{LaneEntry, MovementState};
use crate::domain::order::OrderState;
use crate::domain::returns::{Cause, ClaimState};
use crate::domain::time::Ts;
use serde::Serialize;
use std::collections::HashMap;

/// Goods of one despatch that left at one moment, with the order of ours they are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftRow {
    pub despatch: String,
    pub wms_number: WmsOrderNo,
    /// What became of the despatch at our desk.
    pub state: String,
    pub left_at: Ts,
    pub units: i64,
    pub order: OrderId,
    /// What people call the order.
    pub number: String,
    /// Of the whole order.
    pub value_minor: i64,
    pub currency: String,
    pub confirmed_at: Option<Ts>,
}

impl LeftRow {
    /// Where the next page goes on.
    pub fn key(&self) -> LeftKey {
        LeftKey {
            despatch: self.despatch.clone(),
            number: self.wms_number.0.clone(),
            left_at: self.left_at,
        }
    }
}

/// Place in the list of what left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftKey {
    despatch: String,
    number: String,
    left_at: Ts,
}

impl LeftKey {
    /// Before everything.
    pub const fn first() -> Self {
        Self {
            despatch: String::new(),
            number: String::new(),
            left_at: Ts(i64::MIN),
        }
    }
}

/// Goods that left under a number no order of ours has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StrayRow {
    pub despatch: String,
    pub wms_number: String,
    pub channel: String,
    pub state: String,
    pub left_at: Ts,
    pub units: i64,
}

/// Units of returns by what happened to them in a month. Units are those of now: the store keeps when a return reached
/// a station, not each unit's moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct CameBack {
    pub returns_received: i64,
    pub units_received: i64,
    pub returns_inspected: i64,
    pub units_sellable: i64,
    pub units_unsellable: i64,
    pub returns_shelved: i64,
    pub units_shelved: i64,
    /// Shelved in the month, and the source's ledger has not confirmed them.
    pub units_unbooked: i64,
    /// Of returns received in the month.
    pub units_credited: i64,
}

/// Money that went back in a month, by what was meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MoneyBack {
    pub state: ClaimState,
    pub currency: String,
    pub refunds: i64,
    pub amount_minor: i64,
    /// Refunds of which the source told no amount.
    pub without_amount: i64,
}

/// A refund that no goods stand behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BareRefund {
    pub number: String,
    pub id: String,
    pub at: Ts,
    pub units: i64,
    pub amount_minor: Option<i64>,
    pub currency: String,
    pub state: ClaimState,
    pub note: String,
}

/// Movements of a month by what became of them and whether that was before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MovedSum {
    pub state: MovementState,
    pub is_in_time: bool,
    pub movements: i64,
    pub units: i64,
}

/// A movement that was left out and is still owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwedRow {
    pub item: String,
    pub location: String,
    pub moved_at: Ts,
    pub units: i64,
    pub text: String,
}

/// An open exception with money in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MoneyCase {
    pub exception: ExceptionId,
    pub kind: Kind,
    pub discriminator: String,
    pub members: i64,
    pub began_at: Ts,
    pub value_minor: i64,
}

/// A debt of a pair that nothing has settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PairDebt {
    pub exception: ExceptionId,
    pub kind: Kind,
    pub label: String,
    pub reason: String,
    pub who: String,
    pub at: Ts,
}

/// The first rows of a list, and how long it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bounded<T> {
    pub rows: Vec<T>,
    pub total: i64,
}

/// A statement in the parts that counting and reading share.
struct Listing {
    columns: &'static str,
    from: &'static str,
    order: &'static str,
}

impl<T> Bounded<T> {
    /// Rows that are not listed.
    pub fn more(&self) -> i64 {
        let listed = i64::try_from(self.rows.len()).unwrap_or(i64::MAX);
        self.total.saturating_sub(listed).max(0)
    }
}

impl<T> Default for Bounded<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            total: 0,
        }
    }
}

/// An order of which something left and is not confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnconfirmedOrder {
    pub order: OrderId,
    pub number: String,
    /// When the first of it left.
    pub left_at: Ts,
    pub units: i64,
    /// Of the whole order.
    pub value_minor: i64,
}

/// Movements of one lane that the ledger was not told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpostedLane {
    pub item: ItemCode,
    pub location: LocationId,
    pub movements: i64,
    pub units: i64,
    /// When the first of them moved.
    pub moved_at: Ts,
}

fn left_row(c: &mut Cols<'_>) -> StoreResult<LeftRow> {
    Ok(LeftRow {
        despatch: c.text()?,
        wms_number: c.text()?,
        left_at: c.ts()?,
        state: c.text()?,
        units: c.int()?,
        order: OrderId(c.int()?),
        number: c.text()?,
        value_minor: c.int()?,
        currency: c.text()?,
        confirmed_at: c.opt_ts()?,
    })
}

impl Store {
    /// What left a warehouse for the orders of a pair in a span of time, in the order of the despatches, a page at a
    /// time.
    pub async fn left(
        &self,
        (pair, warehouse): (&PairId, &SystemId),
        span: Period,
        after: &LeftKey,
        limit: usize,
    ) -> StoreResult<Vec<LeftRow>> {
        let mut conn = self.inner.db.read().await?;
        let rows = conn
            .rows(
                "select l.despatch, l.number, l.despatched_at, d.state, cast(sum(l.qty_each) as bigint), o.id, o.number, \
                 o.value_minor, o.currency, o.confirmed_at from despatch_line l \
                 join despatch d on d.system = l.system and d.despatch = l.despatch and d.number = l.number \
                 join orders o on o.id = d.order_id \
                 where l.system = $1 and l.despatch >= $2 \
                 and (l.despatch, l.number, l.despatched_at) > ($2, $3, $4) \
                 and l.despatched_at >= $5 and l.despatched_at < $6 and o.pair = $7 \
                 group by l.despatch, l.number, l.despatched_at, d.state, o.id, o.number, o.value_minor, o.currency, \
                 o.confirmed_at order by l.despatch, l.number, l.despatched_at @limit($8)",
                vals![
                    warehouse.as_str(),
                    after.despatch.as_str(),
                    after.number.as_str(),
                    after.left_at,
                    span.from,
                    span.to,
                    pair.as_str(),
                    super::limit(limit)
                ],
            )
            .await?;
        rows.iter().map(|row| left_row(&mut row.cols())).collect()
    }

    /// What left a warehouse in a span of time under numbers that no order of ours has.
    pub async fn strays(
        &self,
        warehouse: &SystemId,
        span: Period,
        limit: usize,
    ) -> StoreResult<Bounded<StrayRow>> {
        let list = Listing {
            columns: "l.despatch, l.number, min(l.channel), d.state, min(l.despatched_at), cast(sum(l.qty_each) as bigint)",
            from: "from despatch_line l \
                 join despatch d on d.system = l.system and d.despatch = l.despatch and d.number = l.number \
                 where d.order_id is null and l.system = $1 and l.despatched_at >= $2 and l.despatched_at < $3 \
                 group by l.despatch, l.number, d.state",
            order: "5, 1, 2",
        };
        let args = vals![warehouse.as_str(), span.from, span.to];
        self.bounded(list, args, limit, |c| {
            Ok(StrayRow {
                despatch: c.text()?,
                wms_number: c.text()?,
                channel: c.text()?,
                state: c.text()?,
                left_at: c.ts()?,
                units: c.int()?,
            })
        })
        .await
    }

    /// Everything that was written, or is to be written, about despatches of these orders in their source.
    pub async fn confirmations_of(
        &self,
        orders: &[OrderId],
    ) -> StoreResult<HashMap<OrderId, Vec<DeliveryRow>>> {
        let ids: Vec<i64> = orders.iter().map(|o| o.0).collect();
        let mut conn = self.inner.db.read().await?;
        let mut out: HashMap<OrderId, Vec<DeliveryRow>> = HashMap::new();
        for row in super::deliveries::of_orders(&mut conn, &ids, Flow::Despatch).await? {
            if let Some(order) = row.order {
                out.entry(order).or_default().push(row);
            }
        }
        Ok(out)
    }

    /// What came back in a span of time.
    pub async fn came_back(&self, pair: &PairId, span: Period) -> StoreResult<CameBack> {
        let mut conn = self.inner.db.read().await?;
        let stage = |column: &str| {
            format!(
                "select count(distinct r.id), cast(coalesce(sum(l.received_each), 0) as bigint), \
                 cast(coalesce(sum(l.sellable_each), 0) as bigint), cast(coalesce(sum(l.unsellable_each), 0) as bigint), \
                 cast(coalesce(sum(l.stocked_each), 0) as bigint), \
                 cast(coalesce(sum(case when l.stocked_each > l.confirmed_each then l.stocked_each - l.confirmed_each \
                 else 0 end), 0) as bigint), cast(coalesce(sum(l.credited_each), 0) as bigint) \
                 from goods_return r join goods_return_line l on l.return_id = r.id \
                 where r.pair = $1 and r.{column} >= $2 and r.{column} < $3"
            )
        };
        let mut sums = [[0; 7]; 3];
        let stages = ["received_at", "inspected_at", "stocked_at"];
        for (figures, column) in sums.iter_mut().zip(stages) {
            let args = vals![pair.as_str(), span.from, span.to];
            if let Some(row) = conn.row(stage(column), args).await? {
                let mut c = row.cols();
                for figure in figures {
                    *figure = c.int()?;
                }
            }
        }
        let [received, inspected, shelved] = sums;
        Ok(CameBack {
            returns_received: received[0],
            units_received: received[1],
            units_credited: received[6],
            returns_inspected: inspected[0],
            units_sellable: inspected[2],
            units_unsellable: inspected[3],
            returns_shelved: shelved[0],
            units_shelved: shelved[4],
            units_unbooked: shelved[5],
        })
    }

    /// Money that went back in a span of time.
    pub async fn money_back_in(&self, pair: &PairId, span: Period) -> StoreResult<Vec<MoneyBack>> {
        let mut conn = self.inner.db.read().await?;
        let rows = conn
            .rows(
                "select state, currency, count(*), cast(coalesce(sum(amount_minor), 0) as bigint), \
                 cast(sum(case when amount_minor is null then 1 else 0 end) as bigint) from return_claim \
                 where pair = $1 and cause = $2 and at >= $3 and at < $4 group by state, currency order by state, currency",
                vals![pair.as_str(), Cause::Refund.code(), span.from, span.to],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let mut c = row.cols();
                Ok(MoneyBack {
                    state: c.code(ClaimState::from_code)?,
                    currency: c.text()?,
                    refunds: c.int()?,
                    amount_minor: c.int()?,
                    without_amount: c.int()?,
                })
            })
            .collect()
    }

    /// Refunds of a span of time that no goods stand behind: those nobody explained first.
    pub async fn bare_refunds(
        &self,
        pair: &PairId,
        span: Period,
        limit: usize,
    ) -> StoreResult<Bounded<BareRefund>> {
        let list = Listing {
            columns: "o.number, c.id, c.at, c.units, c.amount_minor, c.currency, c.state, c.note",
            from: "from return_claim c join orders o on o.id = c.order_id \
                 where c.pair = $1 and c.cause = $2 and c.at >= $3 and c.at < $4 and c.state @any($5)",
            order: "c.state, c.at, c.id",
        };
        let states: Vec<i64> = [
            ClaimState::Asked,
            ClaimState::Goodwill,
            ClaimState::NeverShipped,
        ]
        .map(ClaimState::code)
        .to_vec();
        let refund = Cause::Refund.code();
        let args = vals![pair.as_str(), refund, span.from, span.to, states];
        self.bounded(list, args, limit, |c| {
            Ok(BareRefund {
                number: c.text()?,
                id: c.text()?,
                at: c.ts()?,
                units: c
                    .json::<crate::domain::returns::Units>()?
                    .values()
                    .fold(0, |a: i64, n| a.saturating_add(*n)),
                amount_minor: c.opt_int()?,
                currency: c.text()?,
                state: c.code(ClaimState::from_code)?,
                note: c.text()?,
            })
        })
        .await
    }

    /// Movements of a span of time by what became of them.
    pub async fn moved_in(&self, pair: &PairId, span: Period) -> StoreResult<Vec<MovedSum>> {
        let mut conn = self.inner.db.read().await?;
        let rows = conn
            .rows(
                "select m.state, case when coalesce(d.updated_at, m.updated_at) < $3 then 1 else 0 end, count(*), \
                 cast(sum(m.delta_each) as bigint) from movement m left join delivery_done d on d.id = m.delivery_id \
                 where m.pair = $1 and m.moved_at >= $2 and m.moved_at < $3 group by 1, 2 order by 1, 2",
                vals![pair.as_str(), span.from, span.to],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let mut c = row.cols();
                Ok(MovedSum {
                    state: c.code(MovementState::from_code)?,
                    is_in_time: c.int()? == 1,
                    movements: c.int()?,
                    units: c.int()?,
                })
            })
            .collect()
    }

    /// Movements before a time that were left out and are still owed, oldest first.
    pub async fn owed_before(
        &self,
        pair: &PairId,
        to: Ts,
        limit: usize,
    ) -> StoreResult<Bounded<OwedRow>> {
        let list = Listing {
            columns: "m.item, m.location, m.moved_at, m.delta_each, m.entry",
            from: "from movement m where m.pair = $1 and m.is_owed = 1 and m.moved_at < $2",
            order: "m.moved_at, m.id",
        };
        self.bounded(list, vals![pair.as_str(), to], limit, |c| {
            Ok(OwedRow {
                item: c.text()?,
                location: c.text()?,
                moved_at: c.ts()?,
                units: c.int()?,
                text: c.json::<LaneEntry>()?.text,
            })
        })
        .await
    }

    /// Open exceptions of a pair with money in them, the most first, and what they come to.
    pub async fn money_cases(
        &self,
        pair: &PairId,
        limit: usize,
    ) -> StoreResult<(Bounded<MoneyCase>, i64)> {
        const FROM: &str = "from exception where state < 10 and pair = $1 and value_minor > 0";
        let list = Listing {
            columns: "id, kind, discriminator, members, began_at, value_minor",
            from: FROM,
            order: "value_minor desc, id",
        };
        let cases = self
            .bounded(list, vals![pair.as_str()], limit, |c| {
                Ok(MoneyCase {
                    exception: ExceptionId(c.int()?),
                    kind: super::exceptions::kind_of(&c.text::<String>()?)?,
                    discriminator: c.text()?,
                    members: c.int()?,
                    began_at: c.ts()?,
                    value_minor: c.int()?,
                })
            })
            .await?;
        let mut conn = self.inner.db.read().await?;
        let sum = format!("select cast(sum(value_minor) as bigint) {FROM}");
        let value = conn.number(sum, vals![pair.as_str()]).await?;
        Ok((cases, value))
    }

    /// Orders of a pair of which something left before a time and is not confirmed, the worthiest first.
    pub async fn unconfirmed_before(
        &self,
        pair: &PairId,
        before: Ts,
        limit: usize,
    ) -> StoreResult<Vec<UnconfirmedOrder>> {
        let mut conn = self.inner.db.read().await?;
        let rows = conn
            .rows(
                "select o.id, o.number, o.despatched_at, cast(sum(l.despatched_each - l.confirmed_each) as bigint), \
                 o.value_minor from order_line l join orders o on o.id = l.order_id \
                 where l.despatched_each > l.confirmed_each and o.pair = $1 and o.state <> $2 and o.despatched_at < $3 \
                 group by o.id, o.number, o.despatched_at, o.value_minor order by o.value_minor desc, o.id @limit($4)",
                vals![
                    pair.as_str(),
                    OrderState::Cancelled.code(),
                    before,
                    super::limit(limit)
                ],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let mut c = row.cols();
                Ok(UnconfirmedOrder {
                    order: OrderId(c.int()?),
                    number: c.text()?,
                    left_at: c.ts()?,
                    units: c.int()?,
                    value_minor: c.int()?,
                })
            })
            .collect()
    }

    /// Lanes of a pair with movements before a time that the ledger was not told of, the oldest first.
    pub async fn unposted_before(
        &self,
        pair: &PairId,
        before: Ts,
        limit: usize,
    ) -> StoreResult<Vec<UnpostedLane>> {
        let mut conn = self.inner.db.read().await?;
        let rows = conn
            .rows(
                "select item, location, count(*), cast(sum(delta_each) as bigint), min(moved_at) from movement \
                 where is_open = 1 and pair = $1 and moved_at < $2 group by item, location \
                 order by min(moved_at), item, location @limit($3)",
                vals![pair.as_str(), before, super::limit(limit)],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let mut c = row.cols();
                Ok(UnpostedLane {
                    item: c.text()?,
                    location: c.text()?,
                    movements: c.int()?,
                    units: c.int()?,
                    moved_at: c.ts()?,
                })
            })
            .collect()
    }

    /// Cases of a kind and pair that are open, or were closed with a debt that nothing has settled: id and discriminator.
    pub async fn unsettled_cases(
        &self,
        kind: Kind,
        pair: &PairId,
    ) -> StoreResult<Vec<(ExceptionId, String)>> {
        let mut conn = self.inner.db.read().await?;
        let rows = conn
            .rows(
                "select id, discriminator from exception where state < 10 and kind = $1 and pair = $2 \
                 union select e.id, e.discriminator from debt d join exception e on e.id = d.exception_id \
                 where d.settled_at is null and d.kind = $1 and e.pair = $2 order by 1",
                vals![kind.code(), pair.as_str()],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let mut c = row.cols();
                Ok((ExceptionId(c.int()?), c.text()?))
            })
            .collect()
    }

    /// Debts of a pair that nothing has settled, newest first.
    pub async fn debts_of_pair(
        &self,
        pair: &PairId,
        limit: usize,
    ) -> StoreResult<Bounded<PairDebt>> {
        let list = Listing {
            columns: "d.exception_id, d.kind, d.label, d.reason, d.who, d.at",
            from: "from debt d join exception e on e.id = d.exception_id \
                 where d.settled_at is null and e.pair = $1",
            order: "d.id desc",
        };
        self.bounded(list, vals![pair.as_str()], limit, |c| {
            Ok(PairDebt {
                exception: ExceptionId(c.int()?),
                kind: super::exceptions::kind_of(&c.text::<String>()?)?,
                label: c.text()?,
                reason: c.text()?,
                who: c.text()?,
                at: c.ts()?,
            })
        })
        .await
    }

    /// Counted whole, read up to a limit.
    async fn bounded<T>(
        &self,
        list: Listing,
        args: Vec<Val>,
        limit: usize,
        read: impl Fn(&mut Cols<'_>) -> StoreResult<T>,
    ) -> StoreResult<Bounded<T>> {
        let Listing {
            columns,
            from,
            order,
        } = list;
        let mut conn = self.inner.db.read().await?;
        let counted = format!("select count(*) from (select 1 {from}) as counted");
        let total = conn.number(counted, args.clone()).await?;
        let at = args.len() + 1;
        let mut args = args;
        args.extend(vals![super::limit(limit)]);
        let sql = format!("select {columns} {from} order by {order} @limit(${at})");
        let rows = conn.rows(sql, args).await?;
        let rows = rows.iter().map(|row| read(&mut row.cols()));
        Ok(Bounded {
            rows: rows.collect::<StoreResult<_>>()?,
            total,
        })
    }
}

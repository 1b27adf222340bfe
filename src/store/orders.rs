//! Orders as rows, and the engine's questions about them.

use super::db::Conn;
use super::read::{KnownOpen, UnitsAt, UnitsTraded};
use super::value::{Cols, Val, vals};
use super::{Store, StoreError, StoreResult};
use crate::domain::delivery::{DeliveryState, Flow};
use crate::domain::ids::{ItemCode, LocationId, OrderId, PairId, SourceOrderId, WmsOrderNo};
use crate::domain::order::{OrderFull, OrderLine, OrderRow, OrderState, SourceStatus};
use crate::domain::time::Ts;
use std::collections::HashMap;

/// Longest text lists search in, characters: long enough for every name of an order, short enough for an index.
const SEARCH_CHARS_MAX: usize = 400;

/// The columns of [`order_row`], in order.
pub(super) const COLUMNS: &str = "o.id, o.pair, o.source_id, o.number, o.reference, o.channel, o.wms_number, \
 o.wms_revision, o.state, o.source_status, o.location, o.site, o.service, o.carrier_service, o.wms_status, o.is_on_hold, \
 o.ship_by, o.value_minor, o.currency, o.units, o.postcode_district, o.customer_initials, o.country, o.tracking, \
 o.source_revision, o.sent_hash, o.blocked_by, o.missing_polls, o.received_at, o.released_at, o.first_sent_at, \
 o.accepted_at, o.despatched_at, o.confirmed_at, o.notified_at, o.source_read_at, o.state_since, o.held_reason, \
 o.version, o.updated_at";

/// The code a source status is kept under.
pub(super) const fn source_status_code(status: SourceStatus) -> i64 {
    match status {
        SourceStatus::Open => 0,
        SourceStatus::Processed => 1,
        SourceStatus::Cancelled => 2,
        SourceStatus::Gone => 3,
    }
}

fn source_status(code: i64) -> Option<SourceStatus> {
    Some(match code {
        0 => SourceStatus::Open,
        1 => SourceStatus::Processed,
        2 => SourceStatus::Cancelled,
        3 => SourceStatus::Gone,
        _ => return None,
    })
}

/// Name of a state, for the journal.
pub(super) const fn state_name(state: OrderState) -> &'static str {
    state.as_str()
}

/// What words in a filter are looked for in: every name an order has, its customer's initials and postcode district, its
/// services and channel; lower case.
fn search_text(row: &OrderRow) -> String {
    let parts = [
        row.number.as_str(),
        row.reference.as_str(),
        row.wms_number.as_ref().map_or("", |n| n.as_str()),
        row.customer_initials.as_str(),
        row.postcode_district.as_str(),
        row.service.as_str(),
        row.carrier_service.as_ref().map_or("", |s| s.as_str()),
        row.channel.as_str(),
        row.tracking.as_str(),
    ];
    search_of(&parts)
}

/// Lower-case text of several parts, capped.
pub(super) fn search_of(parts: &[&str]) -> String {
    let mut out = String::new();
    for part in parts.iter().filter(|p| !p.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(part);
    }
    let lower = out.to_lowercase();
    if lower.len() <= SEARCH_CHARS_MAX {
        return lower;
    }
    lower.chars().take(SEARCH_CHARS_MAX).collect()
}

/// The value an absent time sorts by: last.
pub(super) fn sort_time(time: Option<Ts>) -> i64 {
    time.unwrap_or(Ts::NEVER).0
}

/// An order's row as bound values, in the order of the insert.
pub(super) fn row_values(row: &OrderRow, version: i64, at: Ts, by: &str) -> Vec<Val> {
    vals![
        row.id.0,
        row.pair.as_str(),
        row.source_id.as_str(),
        row.number.as_str(),
        row.reference.as_str(),
        row.channel.as_str(),
        row.wms_number.as_ref().map(|n| n.0.clone()),
        row.wms_revision,
        row.state.code(),
        source_status_code(row.source_status),
        row.location.as_str(),
        row.site.as_ref().map(|s| s.0.clone()),
        row.service.as_str(),
        row.carrier_service.as_ref().map(|s| s.0.clone()),
        row.wms_status.clone(),
        row.is_on_hold,
        row.ship_by,
        row.value_minor,
        row.currency.as_str(),
        row.units,
        row.postcode_district.as_str(),
        row.customer_initials.as_str(),
        row.country.as_str(),
        row.tracking.as_str(),
        row.source_revision.as_str(),
        row.sent_hash.clone(),
        row.blocked_by.as_str(),
        row.missing_polls,
        row.received_at,
        row.released_at,
        row.first_sent_at,
        row.accepted_at,
        row.despatched_at,
        row.confirmed_at,
        row.notified_at,
        row.source_read_at,
        row.state_since,
        row.held_reason.clone(),
        version,
        at,
        by,
        sort_time(row.ship_by),
        search_text(row),
    ]
}

pub(super) fn order_row(c: &mut Cols<'_>) -> StoreResult<OrderRow> {
    Ok(OrderRow {
        id: OrderId(c.int()?),
        pair: c.text()?,
        source_id: c.text()?,
        number: c.text()?,
        reference: c.text()?,
        channel: c.text()?,
        wms_number: c.opt_text()?,
        wms_revision: c.int()?,
        state: c.code(OrderState::from_code)?,
        source_status: c.code(source_status)?,
        location: c.text()?,
        site: c.opt_text()?,
        service: c.text()?,
        carrier_service: c.opt_text()?,
        wms_status: c.opt_text()?,
        is_on_hold: c.flag()?,
        ship_by: c.opt_ts()?,
        value_minor: c.int()?,
        currency: c.text()?,
        units: c.int()?,
        postcode_district: c.text()?,
        customer_initials: c.text()?,
        country: c.text()?,
        tracking: c.text()?,
        source_revision: c.text()?,
        sent_hash: c.opt_text()?,
        blocked_by: c.text()?,
        missing_polls: c.int()?,
        received_at: c.ts()?,
        released_at: c.opt_ts()?,
        first_sent_at: c.opt_ts()?,
        accepted_at: c.opt_ts()?,
        despatched_at: c.opt_ts()?,
        confirmed_at: c.opt_ts()?,
        notified_at: c.opt_ts()?,
        source_read_at: c.ts()?,
        state_since: c.ts()?,
        held_reason: c.opt_text()?,
        version: c.int()?,
        updated_at: c.ts()?,
    })
}

/// Lines of orders by order id.
async fn lines_of(conn: &mut Conn, ids: Vec<i64>) -> StoreResult<HashMap<i64, Vec<OrderLine>>> {
    let rows = conn
        .rows(
            "select order_id, line_ref, row_id, sku, item, title, qty_each, despatched_each, confirmed_each, \
             unit_price_minor from order_line where order_id @any($1) order by order_id, n",
            vals![ids],
        )
        .await?;
    let mut out: HashMap<i64, Vec<OrderLine>> = HashMap::new();
    for row in rows {
        let mut c = row.cols();
        out.entry(c.int()?).or_default().push(OrderLine {
            line_ref: c.text()?,
            row_id: c.text()?,
            sku: c.text()?,
            item: c.opt_text()?,
            title: c.text()?,
            qty_each: c.int()?,
            despatched_each: c.int()?,
            confirmed_each: c.int()?,
            unit_price_minor: c.int()?,
        });
    }
    Ok(out)
}

/// Whole orders of a query over `orders o`; `tail` is everything after the joins.
async fn full(conn: &mut Conn, tail: &str, args: Vec<Val>) -> StoreResult<Vec<OrderFull>> {
    let sql = format!(
        "select {COLUMNS}, b.body from orders o left join order_body b on b.order_id = o.id {tail}"
    );
    let rows = conn.rows(sql, args).await?;
    let mut out = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut c = row.cols();
        let row = order_row(&mut c)?;
        let body = c.opt_text::<String>()?.ok_or_else(|| {
            StoreError::Decode(format!("order {} has no stored content", row.number))
        })?;
        out.push(OrderFull {
            body: super::value::from_json(&body)?,
            row,
            lines: Vec::new(),
        });
    }
    let mut lines = lines_of(conn, out.iter().map(|o| o.row.id.0).collect()).await?;
    for order in &mut out {
        order.lines = lines.remove(&order.row.id.0).unwrap_or_default();
    }
    Ok(out)
}

fn codes(states: &[OrderState]) -> Vec<i64> {
    states.iter().map(|s| s.code()).collect()
}

impl Store {
    /// Orders of a pair by the source's ids; unknown ids are absent.
    pub async fn orders_by_source(
        &self,
        pair: &PairId,
        ids: &[SourceOrderId],
    ) -> StoreResult<Vec<OrderFull>> {
        let ids: Vec<String> = ids.iter().map(|i| i.0.clone()).collect();
        let mut conn = self.inner.db.read().await?;
        full(
            &mut conn,
            "where o.source_id @any($1) and o.pair = $2 order by o.id",
            vals![ids, pair.as_str()],
        )
        .await
    }

    /// Orders by id; unknown ids are absent.
    pub async fn orders_by_id(&self, ids: &[OrderId]) -> StoreResult<Vec<OrderFull>> {
        let ids: Vec<i64> = ids.iter().map(|i| i.0).collect();
        let mut conn = self.inner.db.read().await?;
        full(&mut conn, "where o.id @any($1) order by o.id", vals![ids]).await
    }

    /// Rows of these orders, without their content; unknown ones are absent.
    pub async fn order_rows(&self, ids: &[OrderId]) -> StoreResult<Vec<OrderRow>> {
        let ids: Vec<i64> = ids.iter().map(|i| i.0).collect();
        let mut conn = self.inner.db.read().await?;
        let sql = format!("select {COLUMNS} from orders o where o.id @any($1) order by o.id");
        order_rows(&mut conn, sql, vals![ids]).await
    }

    /// Orders of a pair by their number in the warehouse; unknown numbers are absent.
    pub async fn orders_by_wms(
        &self,
        pair: &PairId,
        numbers: &[WmsOrderNo],
    ) -> StoreResult<Vec<OrderFull>> {
        let numbers: Vec<String> = numbers.iter().map(|n| n.0.clone()).collect();
        let mut conn = self.inner.db.read().await?;
        full(
            &mut conn,
            "where o.wms_number @any($1) and o.pair = $2 order by o.id",
            vals![numbers, pair.as_str()],
        )
        .await
    }

    /// Orders in any of the states, by id, after `after`.
    pub async fn orders_in(
        &self,
        pair: &PairId,
        states: &[OrderState],
        after: Option<OrderId>,
        limit: usize,
    ) -> StoreResult<Vec<OrderFull>> {
        let mut conn = self.inner.db.read().await?;
        full(
            &mut conn,
            "where o.pair = $1 and o.state @any($2) and o.id > $3 order by o.id @limit($4)",
            vals![
                pair.as_str(),
                codes(states),
                after.map_or(i64::MIN, |o| o.0),
                super::limit(limit)
            ],
        )
        .await
    }

    /// Rows only (no body), as `orders_in`.
    pub async fn order_rows_in(
        &self,
        pair: &PairId,
        states: &[OrderState],
        after: Option<OrderId>,
        limit: usize,
    ) -> StoreResult<Vec<OrderRow>> {
        let mut conn = self.inner.db.read().await?;
        let sql = format!(
            "select {COLUMNS} from orders o where o.pair = $1 and o.state @any($2) and o.id > $3 order by o.id @limit($4)"
        );
        conn.rows(
            sql,
            vals![
                pair.as_str(),
                codes(states),
                after.map_or(i64::MIN, |o| o.0),
                super::limit(limit)
            ],
        )
        .await?
        .iter()
        .map(|row| order_row(&mut row.cols()))
        .collect()
    }

    /// Orders the source had open when last seen, at this location.
    pub async fn known_open(
        &self,
        pair: &PairId,
        location: &LocationId,
    ) -> StoreResult<Vec<KnownOpen>> {
        let mut conn = self.inner.db.read().await?;
        let rows = conn
            .rows(
                "select id, source_id, source_revision, source_read_at, state, missing_polls from orders \
                 where source_status = 0 and pair = $1 and location = $2",
                vals![pair.as_str(), location.as_str()],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let mut c = row.cols();
                Ok(KnownOpen {
                    id: OrderId(c.int()?),
                    source_id: c.text()?,
                    revision: c.text()?,
                    read_at: c.ts()?,
                    state: c.code(OrderState::from_code)?,
                    missing_polls: c.int()?,
                })
            })
            .collect()
    }

    /// U: units on orders accepted and not yet in the warehouse, plus in the warehouse with status New or BackOrder.
    /// Unpaid orders are left out when `with_unpaid` is false. A line without an item counts under its SKU, because
    /// equality of SKU and item code is exact.
    pub async fn unsent_units(
        &self,
        pair: &PairId,
        with_unpaid: bool,
    ) -> StoreResult<Vec<UnitsAt>> {
        let states: Vec<i64> = OrderState::ALL
            .iter()
            .filter(|s| {
                s.is_before_warehouse()
                    || matches!(s, OrderState::InWarehouse | OrderState::Backordered)
            })
            .filter(|s| with_unpaid || **s != OrderState::HeldPayment)
            .map(|s| s.code())
            .collect();
        let mut conn = self.inner.db.read().await?;
        let rows = conn
            .rows(
                "select coalesce(l.item, l.sku), o.location, cast(sum(l.qty_each - l.despatched_each) as bigint), o.site \
                 from orders o join order_line l on l.order_id = o.id \
                 where o.pair = $1 and o.state @any($2) \
                 group by coalesce(l.item, l.sku), o.location, o.site \
                 having sum(l.qty_each - l.despatched_each) <> 0 order by 1, 2, 4",
                vals![pair.as_str(), states],
            )
            .await?;
        units_at(&rows)
    }

    /// Units of U that the warehouse may have allocated already: on orders being written now, and on orders accepted
    /// since a time whose allocation was not read yet.
    pub async fn unsent_units_open(&self, pair: &PairId, since: Ts) -> StoreResult<Vec<UnitsAt>> {
        let states = [DeliveryState::Sending.code(), DeliveryState::InDoubt.code()];
        let mut conn = self.inner.db.read().await?;
        let rows = conn
            .rows(
                "select coalesce(l.item, l.sku), o.location, cast(sum(l.qty_each - l.despatched_each) as bigint), o.site \
                 from orders o join order_line l on l.order_id = o.id \
                 where o.id in (\
                   select n.id from orders n where n.pair = $1 and n.state = $2 and n.accepted_at >= $3 \
                   union select d.order_id from delivery d where d.pair = $1 and d.flow = $4 and d.state @any($5)) \
                 group by coalesce(l.item, l.sku), o.location, o.site order by 1, 2, 4",
                vals![
                    pair.as_str(),
                    OrderState::InWarehouse.code(),
                    since,
                    Flow::OrderCreate.code(),
                    states.to_vec()
                ],
            )
            .await?;
        units_at(&rows)
    }

    /// D: units despatched and not yet confirmed in the source.
    pub async fn unconfirmed_units(&self, pair: &PairId) -> StoreResult<Vec<UnitsAt>> {
        let mut conn = self.inner.db.read().await?;
        let rows = conn
            .rows(
                "select coalesce(l.item, l.sku), o.location, cast(sum(l.despatched_each - l.confirmed_each) as bigint), o.site \
                 from order_line l join orders o on o.id = l.order_id \
                 where l.despatched_each > l.confirmed_each and o.pair = $1 and o.state <> $2 \
                 group by coalesce(l.item, l.sku), o.location, o.site order by 1, 2, 4",
                vals![pair.as_str(), OrderState::Cancelled.code()],
            )
            .await?;
        units_at(&rows)
    }

    /// Units confirmed in the source since a time: item, location, when, how many.
    pub async fn confirmed_since(
        &self,
        pair: &PairId,
        since: Ts,
    ) -> StoreResult<Vec<(ItemCode, LocationId, Ts, i64)>> {
        let mut conn = self.inner.db.read().await?;
        let rows = conn
            .rows(
                "select item, location, at, qty_each from confirmed where pair = $1 and at >= $2 order by at",
                vals![pair.as_str(), since],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let mut c = row.cols();
                Ok((c.text()?, c.text()?, c.ts()?, c.int()?))
            })
            .collect()
    }

    /// Units sold, or given back by a cancellation, since a time.
    pub async fn units_traded_since(
        &self,
        pair: &PairId,
        since: Ts,
    ) -> StoreResult<Vec<UnitsTraded>> {
        let mut conn = self.inner.db.read().await?;
        let cancelled = OrderState::Cancelled.code();
        let rows = conn
            .rows(
                "select coalesce(l.item, l.sku), o.location, o.received_at, \
                 case when o.state = $3 then o.state_since end, l.qty_each \
                 from orders o join order_line l on l.order_id = o.id \
                 where o.pair = $1 and (o.received_at >= $2 or (o.state = $3 and o.state_since >= $2)) \
                 order by o.id, l.line_ref",
                vals![pair.as_str(), since, cancelled],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let mut c = row.cols();
                Ok(UnitsTraded {
                    item: c.text()?,
                    location: c.text()?,
                    sold_at: c.ts()?,
                    cancelled_at: c.opt_ts()?,
                    qty_each: c.int()?,
                })
            })
            .collect()
    }

    /// Units sold (received orders not cancelled) per item since a time.
    pub async fn units_sold_since(
        &self,
        pair: &PairId,
        since: Ts,
    ) -> StoreResult<Vec<(ItemCode, i64)>> {
        let mut conn = self.inner.db.read().await?;
        let rows = conn
            .rows(
                "select coalesce(l.item, l.sku), cast(sum(l.qty_each) as bigint) \
                 from orders o join order_line l on l.order_id = o.id \
                 where o.received_at >= $2 and o.pair = $1 and o.state <> $3 \
                 group by coalesce(l.item, l.sku) order by 1",
                vals![pair.as_str(), since, OrderState::Cancelled.code()],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let mut c = row.cols();
                Ok((c.text()?, c.int()?))
            })
            .collect()
    }

    /// An order by any of its names: number, warehouse number, reference, source id, tracking; exact, then by the
    /// beginning of its number.
    pub async fn find_orders(&self, text: &str, limit: usize) -> StoreResult<Vec<OrderRow>> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let mut conn = self.inner.db.read().await?;
        let exact = format!(
            "select {COLUMNS} from orders o where o.id in (\
             select id from orders where number = $1 union select id from orders where wms_number = $1 \
             union select id from orders where reference = $1 union select id from orders where source_id = $1 \
             union select id from orders where tracking = $1 and tracking <> '') order by o.received_at desc, o.id @limit($2)"
        );
        let mut found = order_rows(&mut conn, exact, vals![text, super::limit(limit)]).await?;
        if found.is_empty() {
            let after = format!("{text}\u{10ffff}");
            let begins = format!(
                "select {COLUMNS} from orders o where o.id in (\
                 select id from orders where number >= $1 and number < $2 \
                 union select id from orders where wms_number >= $1 and wms_number < $2) \
                 order by o.number, o.id @limit($3)"
            );
            found = order_rows(&mut conn, begins, vals![text, after, super::limit(limit)]).await?;
        }
        Ok(found)
    }

    /// Time between despatch and confirmation of orders confirmed since, in ms, newest first.
    pub async fn confirm_latencies_ms(&self, since: Ts, limit: usize) -> StoreResult<Vec<i64>> {
        let mut conn = self.inner.db.read().await?;
        let rows = conn
            .rows(
                "select (confirmed_at - despatched_at) / 1000 from orders \
                 where confirmed_at is not null and confirmed_at >= $1 and despatched_at is not null \
                 order by confirmed_at desc @limit($2)",
                vals![since, super::limit(limit)],
            )
            .await?;
        rows.iter().map(|row| row.get(0)).collect()
    }
}

async fn order_rows(conn: &mut Conn, sql: String, args: Vec<Val>) -> StoreResult<Vec<OrderRow>> {
    conn.rows(sql, args)
        .await?
        .iter()
        .map(|row| order_row(&mut row.cols()))
        .collect()
}

fn units_at(rows: &[super::value::Row]) -> StoreResult<Vec<UnitsAt>> {
    rows.iter()
        .map(|row| {
            let mut c = row.cols();
            Ok(UnitsAt {
                item: c.text()?,
                location: c.text()?,
                qty_each: c.int()?,
                site: c.opt_text()?,
            })
        })
        .collect()
}

//! Returns, what was said about goods and money going back, and the proof that goods stand in the source's books.

use super::db::Conn;
use super::value::{Cols, Row, vals};
use super::{Store, StoreResult};
use crate::domain::credit_gate::Approval;
use crate::domain::ids::{OrderId, PairId, ReturnId, ReturnRef};
use crate::domain::returns::{
    Cause, Claim, ClaimState, Disposition, MoneyState, Return, ReturnLine, ReturnRow, ReturnState,
};
use crate::domain::time::Ts;
use std::collections::HashMap;

/// Most returns read of one set of orders.
const OF_ORDERS_MAX: usize = 20_000;

/// Columns of a return, as [`return_row`] reads them; the table is `r`.
pub(super) const COLUMNS: &str = "r.id, r.pair, r.reference, r.key, r.cause, r.cause_id, r.order_id, r.order_number, \
 r.wms_number, r.state, r.money, r.reason, r.authorised_by, r.created_at, r.authorised_at, r.expected_at, r.received_at, \
 r.inspected_at, r.stocked_at, r.gate_opened_at, r.awaited_until, r.version, r.updated_at, r.approvals";
const LINE: &str = "select return_id, line_ref, sku, item, authorised_each, received_each, sellable_each, unsellable_each, \
 stocked_each, confirmed_each, disposed_each, disposition, credited_each from goods_return_line";
const CLAIM: &str = "select pair, cause, id, order_id, at, units, is_whole, amount_minor, currency, state, due_at, note \
 from return_claim";

pub(super) fn return_row(c: &mut Cols<'_>) -> StoreResult<Return> {
    let row = ReturnRow {
        id: ReturnId(c.int()?),
        pair: c.text()?,
        reference: c.text()?,
        key: c.text()?,
        cause: c.code(Cause::from_code)?,
        cause_id: c.text()?,
        order: OrderId(c.int()?),
        order_number: c.text()?,
        wms_number: c.text()?,
        state: c.code(ReturnState::from_code)?,
        money: c.code(MoneyState::from_code)?,
        reason: c.text()?,
        authorised_by: c.text()?,
        created_at: c.ts()?,
        authorised_at: c.opt_ts()?,
        expected_at: c.opt_ts()?,
        received_at: c.opt_ts()?,
        inspected_at: c.opt_ts()?,
        stocked_at: c.opt_ts()?,
        gate_opened_at: c.opt_ts()?,
        awaited_until: c.opt_ts()?,
        version: c.int()?,
        updated_at: c.ts()?,
    };
    let approvals: Vec<Approval> = c.json()?;
    Ok(Return {
        row,
        lines: Vec::new(),
        approvals,
    })
}

fn line_row(c: &mut Cols<'_>) -> StoreResult<(i64, ReturnLine)> {
    Ok((
        c.int()?,
        ReturnLine {
            line_ref: c.text()?,
            sku: c.text()?,
            item: c.text()?,
            authorised_each: c.int()?,
            received_each: c.int()?,
            sellable_each: c.int()?,
            unsellable_each: c.int()?,
            stocked_each: c.int()?,
            confirmed_each: c.int()?,
            disposed_each: c.int()?,
            disposition: c.opt_int()?.and_then(Disposition::from_code),
            credited_each: c.int()?,
        },
    ))
}

fn claim_row(c: &mut Cols<'_>) -> StoreResult<Claim> {
    Ok(Claim {
        pair: c.text()?,
        cause: c.code(Cause::from_code)?,
        id: c.text()?,
        order: OrderId(c.int()?),
        at: c.ts()?,
        units: c.json()?,
        is_whole: c.flag()?,
        amount_minor: c.opt_int()?,
        currency: c.text()?,
        state: c.code(ClaimState::from_code)?,
        due_at: c.opt_ts()?,
        note: c.text()?,
    })
}

/// Returns of these rows with their lines, in the rows' order.
async fn whole(conn: &mut Conn, rows: Vec<Row>) -> StoreResult<Vec<Return>> {
    let mut out = Vec::with_capacity(rows.len());
    for row in &rows {
        out.push(return_row(&mut row.cols())?);
    }
    with_lines(conn, out.iter_mut().collect()).await?;
    Ok(out)
}

/// Reads the lines of these returns.
pub(super) async fn with_lines(conn: &mut Conn, returns: Vec<&mut Return>) -> StoreResult<()> {
    let ids: Vec<i64> = returns.iter().map(|r| r.row.id.0).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let mut lines: HashMap<i64, Vec<ReturnLine>> = HashMap::new();
    let sql = format!("{LINE} where return_id @any($1) order by return_id, n");
    for row in conn.rows(sql, vals![ids]).await? {
        let (id, line) = line_row(&mut row.cols())?;
        lines.entry(id).or_default().push(line);
    }
    for held in returns {
        held.lines = lines.remove(&held.row.id.0).unwrap_or_default();
    }
    Ok(())
}

impl Store {
    /// Returns of these orders, oldest first.
    pub async fn returns_of(&self, orders: &[OrderId]) -> StoreResult<Vec<Return>> {
        if orders.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<i64> = orders.iter().map(|o| o.0).collect();
        let mut conn = self.inner.db.read().await?;
        let rows = conn
            .rows(
                format!("select {COLUMNS} from goods_return r where order_id @any($1) order by id @limit($2)"),
                vals![ids, super::limit(OF_ORDERS_MAX)],
            )
            .await?;
        whole(&mut conn, rows).await
    }

    /// Returns by the numbers the warehouse expects them under; unknown ones are absent.
    pub async fn returns_by_ref(
        &self,
        pair: &PairId,
        references: &[ReturnRef],
    ) -> StoreResult<Vec<Return>> {
        let refs: Vec<String> = references.iter().map(|r| r.0.clone()).collect();
        let mut conn = self.inner.db.read().await?;
        let rows = conn
            .rows(
                format!("select {COLUMNS} from goods_return r where pair = $1 and reference @any($2) order by id"),
                vals![pair.as_str(), refs],
            )
            .await?;
        whole(&mut conn, rows).await
    }

    /// Returns of a pair on which something is still to happen, after an id.
    pub async fn returns_open(
        &self,
        pair: &PairId,
        after: Option<ReturnId>,
        limit: usize,
    ) -> StoreResult<Vec<Return>> {
        let mut conn = self.inner.db.read().await?;
        let rows = conn
            .rows(
                format!("select {COLUMNS} from goods_return r where pair = $1 and state < 9 and id > $2 order by id @limit($3)"),
                vals![
                    pair.as_str(),
                    after.map_or(i64::MIN, |id| id.0),
                    super::limit(limit)
                ],
            )
            .await?;
        whole(&mut conn, rows).await
    }

    /// When the oldest of a pair's returns that are not on the shelf yet arrived.
    pub async fn oldest_return_at(&self, pair: &PairId) -> StoreResult<Option<Ts>> {
        let mut conn = self.inner.db.read().await?;
        let row = conn
            .row(
                "select min(received_at) from goods_return where pair = $1 and state < 9 and state <> 6 and state <> 8",
                vals![pair.as_str()],
            )
            .await?;
        match row {
            Some(row) => row.cols().opt_ts(),
            None => Ok(None),
        }
    }

    /// What was said about goods and money of these orders, in order of time.
    pub async fn claims_of(&self, orders: &[OrderId]) -> StoreResult<Vec<Claim>> {
        if orders.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<i64> = orders.iter().map(|o| o.0).collect();
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            format!("{CLAIM} where order_id @any($1) order by at, id"),
            vals![ids],
        )
        .await?
        .iter()
        .map(|row| claim_row(&mut row.cols()))
        .collect()
    }

    /// Claims of a pair that wait for something, oldest first.
    pub async fn claims_open(&self, pair: &PairId, limit: usize) -> StoreResult<Vec<Claim>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            format!("{CLAIM} where pair = $1 and state < 2 order by at, id @limit($2)"),
            vals![pair.as_str(), super::limit(limit)],
        )
        .await?
        .iter()
        .map(|row| claim_row(&mut row.cols()))
        .collect()
    }
}

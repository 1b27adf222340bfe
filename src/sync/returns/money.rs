//! Stock-in and credit: what proves that returned goods stand in the source's books, and the credit that follows.

use crate::domain::change::Change;
use crate::domain::credit_gate::{Gate, LineGate};
use crate::domain::delivery::{CreditIntent, Flow, Intent, NewDelivery};
use crate::domain::ids::{DeliveryId, Sku};
use crate::domain::keys;
use crate::domain::returns::{Return, ReturnLine};
use crate::domain::time::Ts;
use crate::store::{AppliedMovement, StoreResult};
use crate::sync::context::{Cx, PairCx};
use std::collections::BTreeMap;

/// Whether the source keeps its own books of stock, so that each stock-in must be told to it.
pub fn is_ledger(cx: &Cx, pair: &PairCx) -> bool {
    let source = cx.systems.sources.get(&pair.source).cloned();
    source.is_some_and(|s| s.stock().is_none())
}

/// Units of an item that are proven to stand in the source's books for this return: what the lanes of movements applied
/// for its order, less what its other returns count on.
fn proven_each(applied: &[AppliedMovement], others: &[Return], held: &Return, at: usize) -> i64 {
    let Some(line) = held.lines.get(at) else {
        return 0;
    };
    let units = |lines: &[ReturnLine]| -> i64 {
        let same = lines.iter().filter(|l| l.item == line.item);
        same.map(|l| l.confirmed_each).sum()
    };
    let applied: i64 = applied
        .iter()
        .filter(|m| m.item == line.item)
        .map(|m| m.delta_each)
        .sum();
    let elsewhere: i64 = others
        .iter()
        .filter(|r| r.row.id != held.row.id)
        .map(|r| units(&r.lines))
        .sum();
    let other_lines = units(&held.lines) - line.confirmed_each;
    applied - elsewhere - other_lines
}

/// What proves stock-ins of a pair. A source that keeps books is believed by the document of each
/// movement, one that is overwritten shows
/// the goods with the next whole reading of stock.
#[derive(Debug)]
pub struct Proofs {
    is_ledger: bool,
    /// When the last reading of stock began that was published whole.
    published_at: Option<Ts>,
}

impl Proofs {
    /// Reads what is the same for all returns of a pair.
    pub async fn read(cx: &Cx, pair: &PairCx) -> StoreResult<Self> {
        let schedules = cx.store.schedules().await?;
        let published = schedules
            .iter()
            .find(|s| s.pair == pair.id && s.flow == Flow::StockSnapshot && s.is_last_ok);
        Ok(Self {
            is_ledger: is_ledger(cx, pair),
            published_at: published.and_then(|s| s.last_started_at),
        })
    }

    /// Fills in what of a return's lines is proven; `all` are the returns of its order. Proof never shrinks.
    pub async fn confirm(
        &self,
        cx: &Cx,
        pair: &PairCx,
        held: &mut Return,
        all: &[Return],
    ) -> StoreResult<()> {
        if !held.lines.iter().any(|l| l.confirmed_each < l.stocked_each) {
            return Ok(());
        }
        let order = held.row.wms_number.as_str().to_owned();
        let applied = if self.is_ledger {
            cx.store.movements_applied_of(&pair.id, &order).await?
        } else {
            Vec::new()
        };
        let is_shown = match (self.published_at, held.row.stocked_at) {
            (Some(read_at), Some(stocked_at)) => !self.is_ledger && read_at > stocked_at,
            _ => false,
        };
        for at in 0..held.lines.len() {
            let proven = proven_each(&applied, all, held, at);
            if let Some(line) = held.lines.get_mut(at) {
                let proven = if is_shown { line.stocked_each } else { proven };
                line.confirmed_each = line.confirmed_each.max(proven.min(line.stocked_each));
            }
        }
        Ok(())
    }
}

/// Whether a credit of this return is on its way or waits for a person.
pub async fn is_waiting(cx: &Cx, held: &Return) -> StoreResult<bool> {
    let hot = cx.store.hot_deliveries_of(&[held.row.order]).await?;
    let mine = hot.get(&held.row.order).into_iter().flatten();
    Ok(mine
        .filter(|d| d.flow == Flow::CreditNote)
        .any(|d| d.object == held.row.reference.0))
}

/// The credit that the open gate allows, unless one is on its way: the next is reckoned when that one is known.
pub async fn credit(
    cx: &Cx,
    pair: &PairCx,
    held: &Return,
    gates: &[LineGate],
) -> StoreResult<Vec<Change>> {
    let source = cx.systems.sources.get(&pair.source).cloned();
    let is_able = source.is_some_and(|s| s.crediting().is_some());
    let is_gated = pair.policy.credit_gate != Gate::Off;
    let is_open = gates.iter().any(|g| g.allowed_each > 0);
    if !is_able || !is_gated || !is_open || is_waiting(cx, held).await? {
        return Ok(Vec::new());
    }
    let found = cx.store.orders_by_id(&[held.row.order]).await?;
    let Some(order) = found.first() else {
        return Ok(Vec::new());
    };
    let earlier = cx.store.deliveries_of_order(order.row.id).await?;
    let earlier = earlier
        .iter()
        .filter(|d| d.flow == Flow::CreditNote && d.object == held.row.reference.0);
    let part = earlier.count() as i64 + 1;
    let key = keys::credit_note(&pair.id, &order.row.source_id, &held.row.reference, part);
    let now = cx.now();
    let intent = CreditIntent {
        source_id: order.row.source_id.clone(),
        reference: held.row.reference.clone(),
        memo: key.clone(),
        lines: allowed(held, gates),
        issued_at: now,
    };
    Ok(vec![Change::Enqueue(Box::new(NewDelivery {
        id: DeliveryId(cx.id().await?),
        flow: Flow::CreditNote,
        pair: pair.id.clone(),
        system: pair.source.clone(),
        lane: Flow::CreditNote.lane(),
        order_key: keys::return_lane(&held.row.reference),
        idem_key: key,
        order: Some(order.row.id),
        object: held.row.reference.0.clone(),
        intent: Intent::IssueCredit(Box::new(intent)),
        ship_by: None,
        due_at: now,
        depth: 1,
        caused_at: held.row.gate_opened_at.unwrap_or(now),
    }))])
}

/// Units by SKU that may be credited now.
fn allowed(held: &Return, gates: &[LineGate]) -> Vec<(Sku, i64)> {
    let mut out: BTreeMap<Sku, i64> = BTreeMap::new();
    for (line, gate) in held.lines.iter().zip(gates) {
        if gate.allowed_each > 0 {
            *out.entry(line.sku.clone()).or_default() += gate.allowed_each;
        }
    }
    out.into_iter().collect()
}

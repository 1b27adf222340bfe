//! What is the same however a source is told of a despatch: what speaks against telling it, and what is recorded once
//! it shows what left.

use super::open_of;
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::decide;
use crate::domain::delivery::{DeliveryRow, DespatchIntent, Intent};
use crate::domain::ids::{ItemCode, OrderId, PairId, SourceOrderId};
use crate::domain::order::{OrderFull, OrderState, SourceOrder, SourceStatus, goods};
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;
use crate::sync::calls::JobCx;
use crate::sync::reads::lookups::inbox_of;
use crate::sync::settle;
use crate::vendors::Orders;
use std::collections::{BTreeMap, HashMap};

/// Two readings this far apart prove that an order is gone.
const MISSING_SPACING: Span = Span::mins(2);

/// Ends confirmations the source proved: delivery, cases and order in one commit.
pub async fn finish(
    jcx: &mut JobCx<'_>,
    done: Vec<(DeliveryRow, Option<SourceOrder>, String)>,
) -> StoreResult<()> {
    if done.is_empty() {
        return Ok(());
    }
    let rows: Vec<&DeliveryRow> = done.iter().map(|(row, ..)| row).collect();
    let open = open_of(&jcx.cx.store, &rows).await?;
    let ids: Vec<OrderId> = rows.iter().filter_map(|r| r.order).collect();
    let now = jcx.cx.now();
    settle::commit_orders(jcx, "confirm", &ids, |orders| {
        let mut changes = Vec::new();
        for (row, source, text) in &done {
            changes.push(settle::applied(row, now, text));
            let none = Vec::new();
            changes.extend(settle::cleared(
                row,
                open.get(&row.id.0).unwrap_or(&none),
                text,
            ));
            let Some(order) = row.order.and_then(|id| orders.get(&id)) else {
                continue;
            };
            if matches!(row.intent, Intent::Relabel(_)) {
                changes.extend(source.as_ref().map(|s| relabelled_order(order, s)));
            } else {
                changes.extend(confirmed_order(row, order, source.as_ref(), now));
            }
        }
        changes
    })
    .await
}

/// The order with this id among those read.
pub fn in_rows(found: &Orders, id: &SourceOrderId) -> Option<SourceOrder> {
    found.rows.iter().find(|o| &o.source_id == id).cloned()
}

/// Why the source's answer about this order cannot be read; `None` when it can, or when the order is not in it.
pub fn why_unread(found: &Orders, id: &SourceOrderId) -> Option<String> {
    let order = found.unread.iter().find(|o| &o.source_id == id)?;
    Some(format!(
        "the source's answer cannot be read: {}",
        order.text
    ))
}

/// Open sales whose content is not what we know go to decision, which tells people about changes that come too late.
pub async fn changed_sales(
    jcx: &JobCx<'_>,
    known: &HashMap<OrderId, OrderFull>,
    found: &Orders,
) -> StoreResult<Vec<Change>> {
    let mut by_pair: BTreeMap<&PairId, Vec<SourceOrder>> = BTreeMap::new();
    let mut known: Vec<&OrderFull> = known.values().collect();
    known.sort_by_key(|order| order.row.id);
    for order in known {
        let changed = in_rows(found, &order.row.source_id)
            .filter(|s| s.status == SourceStatus::Open)
            .filter(|s| s.revision() != order.row.source_revision);
        by_pair.entry(&order.row.pair).or_default().extend(changed);
    }
    let mut changes = Vec::new();
    for (id, orders) in by_pair {
        if let Some(pair) = jcx.cx.pair(id) {
            changes.extend(inbox_of(jcx, pair, orders).await?);
        }
    }
    Ok(changes)
}

/// The orders behind deliveries, as we know them.
pub async fn known<'r>(
    jcx: &JobCx<'_>,
    rows: impl Iterator<Item = &'r DeliveryRow>,
) -> StoreResult<HashMap<OrderId, OrderFull>> {
    let ids: Vec<OrderId> = rows.filter_map(|row| row.order).collect();
    let orders = jcx.cx.store.orders_by_id(&ids).await?;
    Ok(orders.into_iter().map(|o| (o.row.id, o)).collect())
}

/// What is sold now and was not when the order was packed, or the other way round; `None` when the goods are the same.
/// Processing ends the sale, so it must not happen over goods nobody shipped. A sale that was split or confirmed in part
/// before has other lines by our own doing.
pub fn sold_since(
    known: Option<&OrderFull>,
    intent: &DespatchIntent,
    source: &SourceOrder,
) -> Option<String> {
    let known = known?;
    let is_in_parts = !intent.is_whole
        || intent.split_id.is_some()
        || known.lines.iter().any(|l| l.confirmed_each > 0);
    if is_in_parts {
        return None;
    }
    let sent = known.body.intent.as_ref()?;
    let wanted = source.pick_lines();
    let was = goods(sent.lines.iter().map(|l| (&l.sku, l.qty_each)));
    let is = goods(wanted.iter().map(|l| (&l.sku, l.qty_each)));
    let mut skus: Vec<&str> = was.keys().chain(is.keys()).copied().collect();
    skus.sort_unstable();
    skus.dedup();
    let changes: Vec<String> = skus
        .into_iter()
        .filter_map(|sku| {
            let (was, is) = (
                was.get(sku).copied().unwrap_or(0),
                is.get(sku).copied().unwrap_or(0),
            );
            (was != is).then(|| format!("{sku}: packed {was}, sold {is}"))
        })
        .collect();
    (!changes.is_empty()).then(|| {
        format!(
            "the sale changed after it was packed ({}): make it agree with what left, or split it, in the source; the \
             confirmation follows by itself",
            changes.join("; ")
        )
    })
}

/// Looked for and not found: looked for again first, then a person is told.
pub fn missing(row: &DeliveryRow, now: Ts) -> Vec<Change> {
    let first = row.absent_at.unwrap_or(now);
    if now.since(first) >= MISSING_SPACING {
        let text = "the source no longer knows this order; it may have been merged or deleted";
        return vec![
            settle::rejected(row, now, text),
            Change::Raise(settle::about(row, Kind::DspOrphan, text, row.caused_at)),
        ];
    }
    let text =
        "the source answered without this order; looked for again before anything is concluded";
    vec![settle::again_missing(
        row,
        first,
        first + MISSING_SPACING,
        text,
    )]
}

/// In doubt, and the source shows the sale as open.
pub fn not_there(jcx: &JobCx<'_>, row: &DeliveryRow, now: Ts) -> Vec<Change> {
    settle::absent(jcx.cx, row, "it is still open", now)
}

/// The order after the tracking of a parcel was changed; how far it is was decided when the parcel was told of.
fn relabelled_order(order: &OrderFull, shown: &SourceOrder) -> Change {
    let mut row = order.row.clone();
    let numbers = shown.shipments.iter().flat_map(|s| &s.tracking);
    let numbers: Vec<&str> = numbers
        .map(String::as_str)
        .filter(|n| !n.is_empty())
        .collect();
    if !numbers.is_empty() {
        row.tracking = numbers.join(",");
    }
    let mut body = order.body.clone();
    body.source.shipments.clone_from(&shown.shipments);
    body.source.tracking.clone_from(&shown.tracking);
    body.source.vendor_extra.clone_from(&shown.vendor_extra);
    if shown.changed_at.is_some() {
        body.source.changed_at = shown.changed_at;
    }
    Change::Order {
        row: Box::new(row),
        body: Some(Box::new(body)),
        lines: None,
    }
}

/// The order after one of its despatches was confirmed, and the units that were.
fn confirmed_order(
    delivery: &DeliveryRow,
    order: &OrderFull,
    source: Option<&SourceOrder>,
    now: Ts,
) -> [Change; 2] {
    let mut row = order.row.clone();
    let mut lines = order.lines.clone();
    let mut units: Vec<(ItemCode, i64)> = Vec::new();
    let at = source
        .and_then(|s| s.processed_at)
        .map_or(now, |t| t.max(row.despatched_at.unwrap_or(t)).min(now));
    if let Intent::ConfirmDespatch(intent) = &delivery.intent {
        for line in &mut lines {
            let Some(part) = intent.lines.iter().find(|p| p.row_id == line.row_id) else {
                continue;
            };
            // Ours are warehouse units, the confirmation speaks in the source's: a kit or a multiple is several of ours.
            let source_qty = order
                .body
                .source
                .lines
                .iter()
                .find(|l| l.row_id == line.row_id)
                .map_or(1, |l| l.qty_each.max(1));
            let told = part.qty_each * line.qty_each / source_qty;
            let before = line.confirmed_each;
            line.confirmed_each = (before + told).min(line.despatched_each.max(before));
            if line.confirmed_each > before {
                let item = line
                    .item
                    .clone()
                    .unwrap_or_else(|| line.sku.0.as_str().into());
                units.push((item, line.confirmed_each - before));
            }
        }
    }
    if let Some(source) = source.filter(|s| !s.tracking.is_empty()) {
        row.tracking = source.tracking.clone();
    }
    row.blocked_by = String::new();
    let is_whole = lines.iter().all(|l| l.confirmed_each >= l.qty_each);
    let is_known_finished =
        row.despatched_at.is_some() && lines.iter().all(|l| l.confirmed_each >= l.despatched_each);
    // The warehouse is done with it and less left than was sold: either a record of it never reached us, or somebody has
    // to decide about the rest. Only a source that has closed it agrees.
    let is_closed = source
        .is_none_or(|s| s.status == SourceStatus::Processed && s.source_id == order.row.source_id);
    if is_whole || (is_known_finished && is_closed && row.state != OrderState::PartDespatched) {
        decide::enter(&mut row, OrderState::Confirmed, now);
        row.source_status = SourceStatus::Processed;
        row.confirmed_at = Some(at);
    }
    let told = Change::Confirmed {
        pair: row.pair.clone(),
        location: row.location.clone(),
        at,
        units,
    };
    // The source's events about our own doing are recognised by the time of the change; what was shown at that time goes
    // with it.
    let body = source.filter(|s| s.changed_at.is_some()).map(|shown| {
        let mut body = order.body.clone();
        body.source.changed_at = shown.changed_at;
        body.source.shipments.clone_from(&shown.shipments);
        body.source.vendor_extra.clone_from(&shown.vendor_extra);
        Box::new(body)
    });
    let order = Change::Order {
        row: Box::new(row),
        body,
        lines: Some(lines),
    };
    [order, told]
}

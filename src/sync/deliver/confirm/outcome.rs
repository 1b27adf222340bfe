//! What an answer means for a confirmation, and the order's row and lines once it is proven.

use super::{ConfirmJob, One, STEP_PROCESS};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::decide;
use crate::domain::delivery::{AnswerClass, DeliveryRow, DeliveryState, DespatchIntent, Intent};
use crate::domain::ids::{ItemCode, LocationId, OrderId, SourceOrderId};
use crate::domain::order::{OrderFull, OrderState, SourceOrder, SourceStatus, goods};
use crate::domain::retry;
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;
use crate::sync::calls::{Called, JobCx};
use crate::sync::deliver::open_of;
use crate::sync::settle::{self, Was};

impl ConfirmJob {
    pub(super) async fn finish(
        &self,
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
                if let Some(order) = row.order.and_then(|id| orders.get(&id)) {
                    changes.extend(confirmed_order(row, order, source.as_ref(), now));
                }
            }
            changes
        })
        .await
    }
}

/// Two readings this far apart prove that an order is gone.
const MISSING_SPACING: Span = Span::mins(2);

pub(super) enum Look {
    Go,
    AlreadyDone(String),
    /// Something a person can lift in the source; tried again by itself.
    Blocked(Kind, String),
    /// The source answered without it. One answer proves nothing; it may lag or leave rows out.
    Missing,
    Refused(Kind, String),
}

pub(super) fn look(
    intent: &DespatchIntent,
    source: Option<&SourceOrder>,
    centres: &[LocationId],
) -> Look {
    let Some(source) = source else {
        return Look::Missing;
    };
    match source.status {
        SourceStatus::Processed
            if source.tracking == intent.tracking || intent.tracking.is_empty() =>
        {
            Look::AlreadyDone("already processed in the source; not processed again".to_owned())
        }
        SourceStatus::Processed => Look::AlreadyDone(format!(
            "already processed in the source with tracking \"{}\" (ours is \"{}\"); not processed again",
            source.tracking, intent.tracking
        )),
        SourceStatus::Cancelled | SourceStatus::Gone => Look::Refused(
            Kind::CanAfterDespatch,
            "cancelled in the source, and the warehouse has despatched it".to_owned(),
        ),
        SourceStatus::Open if centres.contains(&source.location) => Look::Go,
        SourceStatus::Open if source.is_locked => Look::Blocked(
            Kind::DspConfirmFailed,
            "locked in the source: unlock it there, the confirmation follows by itself".to_owned(),
        ),
        SourceStatus::Open if source.is_parked => Look::Blocked(
            Kind::DspConfirmFailed,
            "parked in the source: unpark it there, the confirmation follows by itself".to_owned(),
        ),
        SourceStatus::Open => Look::Go,
    }
}

/// What is sold now and was not when the order was packed, or the other way round; `None` when the goods are the same.
/// Processing ends the sale, so it must not happen over goods nobody shipped. A sale that was split or confirmed in part
/// before has other lines by our own doing.
pub(super) fn sold_since(
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
pub(super) fn missing(row: &DeliveryRow, now: Ts) -> Vec<Change> {
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

pub(super) fn shipped(jcx: &JobCx<'_>, one: &mut One, called: Called<()>) -> Vec<Change> {
    let evidence = called.evidence();
    let mut changes = called.payloads;
    match called.answer {
        Ok(()) => {
            changes.push(settle::attempt(
                &one.row,
                AnswerClass::Applied,
                "tracking set",
                &evidence,
            ));
            changes.push(settle::stepped(&one.row, STEP_PROCESS, called.finished_at));
            one.row.step = STEP_PROCESS;
        }
        Err(error) => {
            one.is_live = false;
            if error.class == AnswerClass::Rejected {
                changes.push(settle::attempt(
                    &one.row,
                    error.class,
                    &error.text,
                    &evidence,
                ));
                changes.extend(settle::back_off(
                    jcx.cx,
                    &one.row,
                    &error.text,
                    called.finished_at,
                ));
                changes.push(Change::Raise(settle::about(
                    &one.row,
                    Kind::DspTrackingRejected,
                    &error.text,
                    one.row.caused_at,
                )));
            } else {
                changes.extend(settle::failed(
                    jcx.cx,
                    &one.row,
                    &error,
                    Was::Write,
                    &evidence,
                ));
            }
        }
    }
    changes
}

pub(super) fn not_there(jcx: &JobCx<'_>, row: &DeliveryRow, now: Ts) -> Change {
    match row.absent_at {
        Some(first) if now.since(first) >= retry::ABSENT_SPACING => settle::again(
            row,
            0,
            now + retry::wait(row.flow, 1, jcx.cx.jitter()),
            "two readings agree that it is still open; confirmed again",
        ),
        Some(first) => settle::still_doubtful(
            row,
            first + retry::ABSENT_SPACING,
            Some(first),
            "still open",
        ),
        None => settle::still_doubtful(
            row,
            now + retry::ABSENT_SPACING,
            Some(now),
            "still open; asking again",
        ),
    }
}

pub(super) fn with_intent(
    row: &DeliveryRow,
    intent: &DespatchIntent,
    to: DeliveryState,
    step: i64,
    now: Ts,
) -> Change {
    let mut change = match to {
        DeliveryState::Ready => settle::again(row, step, now, "the split order was found"),
        _ => settle::stepped(row, step, now),
    };
    if let Change::Deliver(moved) = &mut change {
        moved.intent = Some(Intent::ConfirmDespatch(Box::new(intent.clone())));
    }
    change
}

/// Children of the same parent that other confirmations already use.
pub(super) async fn used_children(
    jcx: &JobCx<'_>,
    row: &DeliveryRow,
) -> StoreResult<Vec<SourceOrderId>> {
    let Some(order) = row.order else {
        return Ok(Vec::new());
    };
    let others = jcx.cx.store.deliveries_of_order(order).await?;
    Ok(others
        .into_iter()
        .filter(|d| d.id != row.id)
        .filter_map(|d| match d.intent {
            Intent::ConfirmDespatch(intent) => intent.split_id,
            _ => None,
        })
        .collect())
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
    if is_whole || (is_known_finished && row.state != OrderState::PartDespatched) {
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
    let order = Change::Order {
        row: Box::new(row),
        body: None,
        lines: Some(lines),
    };
    [order, told]
}

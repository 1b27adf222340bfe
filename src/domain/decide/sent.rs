//! An order the warehouse has: a cancellation, a change, and what the source shows of parts that have left.

use super::row::{enter, take_source};
use super::{
    DecideInput, Decision, clear, clear_all_but, end_delivery, pending_changes, raise_faults,
    summary,
};
use crate::domain::amend::{CHANGED_AFTER_DESPATCH, keep_line_refs};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::delivery::{DeliveryRow, DeliveryState, Flow, Intent, NewDelivery};
use crate::domain::hash;
use crate::domain::ids::{ItemCode, OrderId};
use crate::domain::keys;
use crate::domain::order::{
    OrderBody, OrderFull, OrderLine, OrderRow, OrderState, SourceLine, SourceOrder, SourceStatus,
    goods,
};
use crate::domain::preflight::{Fault, Verdict};
use crate::domain::release::{Release, release_after_move};

/// A part of the order is being split off and processed right now.
pub(super) fn is_splitting(input: &DecideInput<'_>) -> bool {
    input.incoming.status == SourceStatus::Open
        && input.pending.iter().any(|d| {
            !d.state.is_final()
                && matches!(&d.intent, Intent::ConfirmDespatch(intent) if !intent.is_whole)
        })
}

/// The order as it was sold. A part that left was split off into an order of its own and processed there, so the source
/// shows only the rest; counted as a change it would be an amendment nobody made.
pub(super) fn with_confirmed_parts(known: &OrderFull, incoming: &SourceOrder) -> SourceOrder {
    let mut whole = incoming.clone();
    if incoming.status != SourceStatus::Open {
        return whole;
    }
    for (at, sold) in known.body.source.lines.iter().enumerate() {
        let gone = confirmed_units(sold, &known.lines);
        if gone == 0 {
            continue;
        }
        match whole.lines.iter_mut().find(|l| l.row_id == sold.row_id) {
            Some(line) => {
                let rest = line.qty_each.max(1);
                line.qty_each += gone;
                for part in &mut line.components {
                    part.qty_each = part.qty_each / rest * line.qty_each;
                }
            }
            None => {
                let mut line = sold.clone();
                line.qty_each = gone;
                for part in &mut line.components {
                    part.qty_each = part.qty_each / sold.qty_each.max(1) * gone;
                }
                let at = at.min(whole.lines.len());
                whole.lines.insert(at, line);
            }
        }
    }
    whole
}

/// Units of a source line whose confirmation is proven, in the source's own units.
fn confirmed_units(sold: &SourceLine, lines: &[OrderLine]) -> i64 {
    lines
        .iter()
        .filter(|l| l.row_id == sold.row_id && l.qty_each > 0)
        .map(|l| l.confirmed_each * sold.qty_each / l.qty_each)
        .min()
        .unwrap_or(0)
}

pub(super) fn after_sending(
    input: &DecideInput<'_>,
    known: &OrderFull,
    revision: String,
) -> Decision {
    let mut row = known.row.clone();
    take_source(&mut row, input.incoming, input.now);
    row.source_revision = revision;
    let mut changes = Vec::new();
    let mut need_items = Vec::new();
    match input.incoming.status {
        SourceStatus::Cancelled | SourceStatus::Gone => cancel_sent(input, &mut row, &mut changes),
        SourceStatus::Processed if row.state == OrderState::Despatched => {
            enter(&mut row, OrderState::Confirmed, input.now);
            row.confirmed_at = row.confirmed_at.or(Some(input.now));
        }
        SourceStatus::Processed => {
            if row.state.is_in_warehouse() && row.blocked_by.is_empty() {
                row.blocked_by =
                    "the source says shipped; the warehouse has not shipped it".to_owned();
            }
        }
        SourceStatus::Open if row.state.is_in_warehouse() => {
            amend_sent(input, known, &mut row, &mut changes, &mut need_items)
        }
        SourceStatus::Open if row.state.has_left() => {
            changed_after_despatch(input, known, &row, &mut changes);
        }
        SourceStatus::Open => {}
    }
    changes.push(Change::Order {
        row: Box::new(row),
        body: Some(Box::new(OrderBody {
            source: input.incoming.clone(),
            intent: known.body.intent.clone(),
            site_choice: known.body.site_choice.clone(),
            edits: known.body.edits.clone(),
        })),
        lines: None,
    });
    Decision {
        changes,
        need_items,
    }
}

fn cancel_sent(input: &DecideInput<'_>, row: &mut OrderRow, changes: &mut Vec<Change>) {
    if row.state == OrderState::Cancelled {
        return;
    }
    if !row.state.is_in_warehouse() {
        let fault = Fault {
            kind: Kind::CanAfterDespatch,
            discriminator: format!("ORDER={}", row.number),
            detail: "cancelled in the source after the warehouse despatched it".to_owned(),
        };
        raise_faults(input, row, &[fault], changes);
        return;
    }
    let Some(number) = row.wms_number.clone() else {
        return;
    };
    for stale in pending_changes(input, &[Flow::OrderAmend]) {
        changes.push(end_delivery(
            stale,
            DeliveryState::Superseded,
            "the order was cancelled",
            input.now,
        ));
    }
    row.blocked_by =
        "cancelled in the source; the warehouse is being asked whether it can still stop"
            .to_owned();
    changes.push(Change::Enqueue(Box::new(NewDelivery {
        id: input.delivery_id,
        flow: Flow::OrderCancel,
        pair: input.pair.clone(),
        system: input.warehouse.clone(),
        lane: Flow::OrderCancel.lane(),
        order_key: keys::order_lane(&number),
        idem_key: keys::cancel(input.pair, &input.incoming.source_id, row.wms_revision),
        order: Some(row.id),
        object: row.number.clone(),
        intent: Intent::CancelOrder { number },
        ship_by: row.ship_by,
        due_at: input.now,
        depth: 1,
        caused_at: input.now,
    })));
}

/// The parcel has left: a change can only be told.
fn changed_after_despatch(
    input: &DecideInput<'_>,
    known: &OrderFull,
    row: &OrderRow,
    changes: &mut Vec<Change>,
) {
    let Some(sent) = &known.body.intent else {
        return;
    };
    let is_changed = match (input.check)(input.incoming, row.wms_revision) {
        Verdict::Pass { intent, .. } => {
            let wanted = keep_line_refs(sent, *intent);
            known.row.sent_hash.as_ref() != Some(&wanted.content_hash())
        }
        Verdict::Fail(_) | Verdict::NeedItems(_) | Verdict::Wait(_) => {
            goods(sent.lines.iter().map(|l| (&l.sku, l.qty_each)))
                != goods(
                    input
                        .incoming
                        .pick_lines()
                        .iter()
                        .map(|l| (&l.sku, l.qty_each)),
                )
        }
    };
    if is_changed {
        let fault = Fault {
            kind: Kind::AmdTooLate,
            discriminator: format!("ORDER={}", row.number),
            detail: CHANGED_AFTER_DESPATCH.to_owned(),
        };
        raise_faults(input, row, &[fault], changes);
    } else {
        let evidence = "the change was taken back: what left is what the source says";
        clear_kinds(input, row.id, CHANGE_KINDS, evidence, changes);
    }
}

fn amend_sent(
    input: &DecideInput<'_>,
    known: &OrderFull,
    row: &mut OrderRow,
    changes: &mut Vec<Change>,
    need_items: &mut Vec<ItemCode>,
) {
    let was = &known.body.source.location;
    match release_after_move(input.incoming, was, input.mappings, input.policy) {
        Release::Ready => clear_kinds(
            input,
            row.id,
            &[Kind::OrdUnpaidInWms],
            "the source shows it paid again",
            changes,
        ),
        Release::HeldPayment => {
            let fault = Fault {
                kind: Kind::OrdUnpaidInWms,
                discriminator: format!("ORDER={}", row.number),
                detail: "the payment was taken back after the order went to the warehouse"
                    .to_owned(),
            };
            raise_faults(input, row, &[fault], changes);
            return;
        }
        Release::HeldSource(why) => {
            row.blocked_by = format!("{why}; the warehouse already has it");
            return;
        }
        Release::NotOurs(why) => {
            let fault = Fault {
                kind: Kind::AmdNotExpressible,
                discriminator: format!("ORDER={}", row.number),
                detail: format!(
                    "{why}: an order cannot be moved to another building, only cancelled and sent again"
                ),
            };
            raise_faults(input, row, &[fault], changes);
            return;
        }
        Release::NothingToPick => {}
    }
    match (input.check)(input.incoming, row.wms_revision) {
        Verdict::Fail(faults) => {
            row.blocked_by = summary(&faults);
            raise_faults(input, row, &faults, changes);
        }
        Verdict::NeedItems(codes) => need_items.extend(codes),
        // Only what was not sent yet waits.
        Verdict::Wait(_) => {}
        Verdict::Pass { intent, used, .. } => {
            clear_all_but(
                input,
                &[],
                "retry",
                "every check passed with today's content",
                changes,
            );
            // Line references are ordinals: without this a removed line would rename the ones behind it.
            let intent = match &known.body.intent {
                Some(sent) => Box::new(keep_line_refs(sent, *intent)),
                None => intent,
            };
            let sent_hash = known.row.sent_hash.clone().unwrap_or_default();
            let waiting: Vec<&DeliveryRow> = pending_changes(input, &[Flow::OrderAmend]).collect();
            for stale in waiting {
                changes.push(end_delivery(
                    stale,
                    DeliveryState::Superseded,
                    "a newer change of the order",
                    input.now,
                ));
            }
            if intent.content_hash() == sent_hash {
                row.blocked_by = String::new();
                let evidence =
                    "the change was taken back: the warehouse holds what the source says";
                clear_kinds(input, row.id, CHANGE_KINDS, evidence, changes);
                return;
            }
            if !used.is_empty() {
                changes.push(Change::MappingUsed {
                    ids: used,
                    at: input.now,
                });
            }
            row.blocked_by =
                "changed in the source; the warehouse is being asked whether it can still change"
                    .to_owned();
            changes.push(Change::Enqueue(Box::new(NewDelivery {
                id: input.delivery_id,
                flow: Flow::OrderAmend,
                pair: input.pair.clone(),
                system: input.warehouse.clone(),
                lane: Flow::OrderAmend.lane(),
                order_key: keys::order_lane(&intent.number),
                // The sent content is part of the key: changing A to B, back to A and to B again is three changes.
                idem_key: keys::amend(
                    input.pair,
                    &input.incoming.source_id,
                    &hash::of_json(&(&sent_hash, intent.content_hash())),
                ),
                order: Some(row.id),
                object: row.number.clone(),
                intent: Intent::AmendOrder(intent),
                ship_by: row.ship_by,
                due_at: input.now,
                depth: 1,
                caused_at: input.now,
            })));
        }
    }
}

/// Kinds about a change that did not reach the warehouse; they end when nothing is left to change.
const CHANGE_KINDS: &[Kind] = &[
    Kind::AmdTooLate,
    Kind::AmdNotExpressible,
    Kind::AmdConflict,
    Kind::AmdStatusUnreadable,
];

fn clear_kinds(
    input: &DecideInput<'_>,
    id: OrderId,
    kinds: &[Kind],
    evidence: &str,
    changes: &mut Vec<Change>,
) {
    // Not only what is open: a dismissed case leaves a debt, which agreement settles too.
    let discriminator = format!("ORDER={}", input.incoming.number);
    for kind in kinds {
        changes.push(clear(
            input,
            id,
            *kind,
            &discriminator,
            "source data",
            evidence,
        ));
    }
}

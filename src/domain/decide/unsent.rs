//! An order the warehouse does not have yet: first sight, holds, checks, and the queue to send it.

use super::row::{enter, lines_from, lines_of, new_row, order_change, take_source};
use super::{
    DecideInput, Decision, PREFLIGHT_KINDS, clear_all_but, end_delivery, pending_changes,
    raise_faults, summary,
};
use crate::domain::change::{Change, DeliveryMove};
use crate::domain::delivery::{DeliveryRow, DeliveryState, Flow, Intent, NewDelivery};
use crate::domain::keys;
use crate::domain::order::{
    OrderFull, OrderLine, OrderRow, OrderState, SourceStatus, WmsOrderIntent,
};
use crate::domain::preflight::{Fault, Verdict};
use crate::domain::release::{Release, release, release_after_move};
use crate::domain::sla;

pub(super) fn first_sight(input: &DecideInput<'_>) -> Decision {
    let order = input.incoming;
    if order.status != SourceStatus::Open {
        // Shipped, cancelled or gone before we ever saw it open: nothing of it concerns the warehouse.
        return Decision::default();
    }
    let released = release(order, input.mappings, input.policy);
    if matches!(released, Release::NotOurs(_)) {
        return Decision::default();
    }
    let row = new_row(input);
    evaluate(input, row, released, None)
}

pub(super) fn before_warehouse(input: &DecideInput<'_>, known: &OrderFull) -> Decision {
    let mut row = known.row.clone();
    take_source(&mut row, input.incoming, input.now);
    if input.pending.iter().any(DeliveryRow::is_creation_begun) {
        // The doubt is settled first; the change follows once the order has been read back.
        row.blocked_by = PENDING_CHANGE.to_owned();
        return Decision {
            changes: vec![order_change(row, input, known.body.intent.clone(), None)],
            need_items: Vec::new(),
        };
    }
    match input.incoming.status {
        SourceStatus::Open => {
            let was = &known.body.source.location;
            let released = release_after_move(input.incoming, was, input.mappings, input.policy);
            evaluate(input, row, released, known.body.intent.clone())
        }
        status => drop_unsent(input, row, status),
    }
}

/// Shown while a change waits for the order's own creation to be settled; also the mark that one is waiting.
pub const PENDING_CHANGE: &str =
    "changed while it was being sent; the change follows when the order has been read back";

fn drop_unsent(input: &DecideInput<'_>, mut row: OrderRow, status: SourceStatus) -> Decision {
    let mut changes = cancel_pending(input, "the order ended in the source before it was sent");
    let (state, why) = match status {
        SourceStatus::Processed => (
            OrderState::Closed,
            "processed in the source before it was sent",
        ),
        SourceStatus::Gone => (
            OrderState::Cancelled,
            "deleted, merged or split in the source before it was sent",
        ),
        _ => (
            OrderState::Cancelled,
            "cancelled in the source before it was sent",
        ),
    };
    enter(&mut row, state, input.now);
    row.blocked_by = why.to_owned();
    clear_all_but(input, &[], "source data", why, &mut changes);
    changes.push(order_change(row, input, None, None));
    Decision {
        changes,
        need_items: Vec::new(),
    }
}

fn evaluate(
    input: &DecideInput<'_>,
    mut row: OrderRow,
    released: Release,
    old_intent: Option<WmsOrderIntent>,
) -> Decision {
    let mut changes = Vec::new();
    let lines = lines_of(input);
    let hold = |row: &mut OrderRow, state, why: String, changes: &mut Vec<Change>| {
        changes.extend(park_pending(input, &why));
        clear_all_but(input, &[], "source data", &why, changes);
        enter(row, state, input.now);
        row.blocked_by = why;
    };
    match released {
        Release::HeldPayment => hold(
            &mut row,
            OrderState::HeldPayment,
            "waiting for payment".to_owned(),
            &mut changes,
        ),
        Release::HeldSource(why) => hold(&mut row, OrderState::HeldSource, why, &mut changes),
        Release::NotOurs(why) => {
            changes.extend(cancel_pending(input, &why));
            clear_all_but(input, &[], "source data", &why, &mut changes);
            enter(&mut row, OrderState::Cancelled, input.now);
            row.blocked_by = why;
        }
        Release::NothingToPick => hold(
            &mut row,
            OrderState::Closed,
            "nothing to pick: only services".to_owned(),
            &mut changes,
        ),
        Release::Ready => return release_order(input, row, lines, old_intent),
    }
    changes.push(order_change(row, input, old_intent, Some(lines)));
    Decision {
        changes,
        need_items: Vec::new(),
    }
}

fn release_order(
    input: &DecideInput<'_>,
    mut row: OrderRow,
    mut lines: Vec<OrderLine>,
    old_intent: Option<WmsOrderIntent>,
) -> Decision {
    let mut changes = Vec::new();
    let released_at = *row.released_at.get_or_insert(input.now);
    row.ship_by = Some(sla::ship_by(input.incoming, released_at, input.policy));
    if let Some(reason) = row.held_reason.clone() {
        changes.extend(park_pending(input, &reason));
        enter(&mut row, OrderState::Ready, input.now);
        row.blocked_by = format!("held by a person: {reason}");
        changes.push(order_change(row, input, old_intent, Some(lines)));
        return Decision {
            changes,
            need_items: Vec::new(),
        };
    }
    match (input.check)(input.incoming, row.wms_revision) {
        Verdict::NeedItems(codes) => {
            enter(&mut row, OrderState::Checking, input.now);
            row.blocked_by = "its items are being looked up in the warehouse".to_owned();
            changes.push(order_change(row, input, old_intent, Some(lines)));
            Decision {
                changes,
                need_items: codes,
            }
        }
        Verdict::Wait(why) => {
            let is_as_before = row.state == OrderState::Checking && row.blocked_by == why;
            if input.is_recheck && is_as_before {
                return Decision::default();
            }
            enter(&mut row, OrderState::Checking, input.now);
            row.blocked_by = why;
            changes.extend(park_pending(input, "waits for older stock movements"));
            changes.push(order_change(row, input, old_intent, Some(lines)));
            Decision {
                changes,
                need_items: Vec::new(),
            }
        }
        Verdict::Fail(faults) if is_as_before(input, &row, &faults) => Decision::default(),
        Verdict::Fail(faults) => {
            changes.extend(park_pending(input, "blocked by a check"));
            enter(&mut row, OrderState::Blocked, input.now);
            row.blocked_by = summary(&faults);
            raise_faults(input, &row, &faults, &mut changes);
            changes.push(order_change(row, input, old_intent, Some(lines)));
            Decision {
                changes,
                need_items: Vec::new(),
            }
        }
        Verdict::Pass {
            intent,
            used,
            notes,
        } => {
            clear_all_but(
                input,
                &notes,
                "retry",
                "every check passed with today's mappings and items",
                &mut changes,
            );
            raise_faults(input, &row, &notes, &mut changes);
            queue_create(input, &mut row, &mut lines, &intent, &mut changes);
            if !used.is_empty() {
                changes.push(Change::MappingUsed {
                    ids: used,
                    at: input.now,
                });
            }
            changes.push(order_change(row, input, Some(*intent), Some(lines)));
            Decision {
                changes,
                need_items: Vec::new(),
            }
        }
    }
}

/// A re-check that finds exactly what was found before has nothing to write.
fn is_as_before(input: &DecideInput<'_>, row: &OrderRow, faults: &[Fault]) -> bool {
    input.is_recheck
        && row.state == OrderState::Blocked
        && row.blocked_by == summary(faults)
        && faults.iter().all(|f| {
            input
                .open
                .iter()
                .any(|(kind, d)| *kind == f.kind && d == &f.discriminator)
        })
        && input
            .open
            .iter()
            .filter(|(kind, _)| PREFLIGHT_KINDS.contains(kind))
            .all(|(kind, d)| {
                faults
                    .iter()
                    .any(|f| f.kind == *kind && &f.discriminator == d)
            })
}

fn queue_create(
    input: &DecideInput<'_>,
    row: &mut OrderRow,
    lines: &mut Vec<OrderLine>,
    intent: &WmsOrderIntent,
    changes: &mut Vec<Change>,
) {
    row.site = Some(intent.site.clone());
    row.carrier_service = Some(intent.service.clone());
    row.wms_number = Some(intent.number.clone());
    row.blocked_by = String::new();
    *lines = lines_from(intent, input.incoming, lines);
    enter(row, OrderState::Queued, input.now);
    let create = Intent::CreateOrder(Box::new(intent.clone()));
    let pending = input
        .pending
        .iter()
        .find(|d| d.flow == Flow::OrderCreate && !d.state.is_final());
    match pending {
        Some(delivery) => changes.push(Change::Deliver(DeliveryMove {
            id: delivery.id,
            from: Some(delivery.state),
            // A delivery behind another of its key keeps its place; its content is today's.
            to: if delivery.state == DeliveryState::Waiting {
                DeliveryState::Waiting
            } else {
                DeliveryState::Ready
            },
            step: 0,
            due_at: input.now,
            attempts: if delivery.state == DeliveryState::Rejected {
                0
            } else {
                delivery.attempts
            },
            sent_at: None,
            absent_at: None,
            class: None,
            text: "checked again with today's content and mappings".to_owned(),
            intent: Some(create),
        })),
        None => changes.push(Change::Enqueue(Box::new(NewDelivery {
            id: input.delivery_id,
            flow: Flow::OrderCreate,
            pair: input.pair.clone(),
            system: input.warehouse.clone(),
            lane: Flow::OrderCreate.lane(),
            order_key: keys::order_lane(&intent.number),
            idem_key: keys::create(input.pair, &input.incoming.source_id, row.wms_revision),
            order: Some(row.id),
            object: row.number.clone(),
            intent: create,
            ship_by: row.ship_by,
            due_at: input.now,
            depth: 1,
            caused_at: row.released_at.unwrap_or(input.now),
        }))),
    }
}

fn cancel_pending(input: &DecideInput<'_>, why: &str) -> Vec<Change> {
    pending_changes(input, &[Flow::OrderCreate, Flow::OrderAmend])
        .map(|d| end_delivery(d, DeliveryState::Cancelled, why, input.now))
        .collect()
}

/// A create that must not go now keeps its row and key; it is sent again when the order passes.
fn park_pending(input: &DecideInput<'_>, why: &str) -> Vec<Change> {
    pending_changes(input, &[Flow::OrderCreate])
        .filter(|d| d.state != DeliveryState::Rejected)
        .map(|d| end_delivery(d, DeliveryState::Rejected, why, input.now))
        .collect()
}

//! What to do when the source tells something about an order: first sight, a change, a cancellation, a re-check.
//!
//! Pure: the checks run through closures over facts that were read before, ids and time come in as arguments.

use super::amend::keep_line_refs;
use super::catalogue::Kind;
use super::change::{Change, DeliveryMove};
use super::delivery::{DeliveryRow, DeliveryState, Flow, Intent, NewDelivery};
use super::exception::{DETAIL_CHARS_MAX, ObjectRef, Occurrence, Severity};
use super::ids::{DeliveryId, ItemCode, OrderId, PairId, SystemId};
use super::keys;
use super::mapping_set::MappingSet;
use super::order::{
    OrderBody, OrderFull, OrderLine, OrderRow, OrderState, SourceOrder, SourceStatus,
    WmsOrderIntent,
};
use super::policy::Policy;
use super::preflight::{Fault, Verdict};
use super::release::{Release, release, release_after_move};
use super::sla;
use super::time::Ts;

/// Kinds that pre-flight checks raise and a passed check clears.
pub const PREFLIGHT_KINDS: &[Kind] = &[
    Kind::OrdSkuUnknown,
    Kind::OrdSkuInactive,
    Kind::OrdSkuFormat,
    Kind::OrdCarrierUnmapped,
    Kind::OrdSiteUnmapped,
    Kind::OrdUnroutable,
    Kind::OrdAddressInvalid,
    Kind::OrdReferenceClash,
    Kind::OrdRejected,
    Kind::PrdBarcodeMismatch,
    Kind::PrdCreateFailed,
    Kind::MapTargetGone,
    Kind::MapLocationUnaligned,
];

/// Everything a decision may look at.
pub struct DecideInput<'a> {
    pub pair: &'a PairId,
    pub warehouse: &'a SystemId,
    pub mappings: &'a MappingSet,
    pub policy: &'a Policy,
    pub now: Ts,
    pub existing: Option<&'a OrderFull>,
    pub incoming: &'a SourceOrder,
    /// Hot deliveries of the order.
    pub pending: &'a [DeliveryRow],
    /// Open occurrences of the order: kind and discriminator.
    pub open: &'a [(Kind, String)],
    /// Runs all pre-flight checks for a revision of the warehouse order.
    pub check: &'a dyn Fn(&SourceOrder, i64) -> Verdict,
    /// Decide again although the content did not change (a mapping, an item or a hold did).
    pub is_recheck: bool,
    /// Unused ids, for a new order and a new delivery.
    pub order_id: OrderId,
    pub delivery_id: DeliveryId,
}

/// What was decided.
#[derive(Debug, Default)]
pub struct Decision {
    pub changes: Vec<Change>,
    /// Item codes to be read in the warehouse before the order can be judged.
    pub need_items: Vec<ItemCode>,
}

/// Decides on what the source says about one order.
pub fn decide(input: &DecideInput<'_>) -> Decision {
    match input.existing {
        None => first_sight(input),
        Some(known) => {
            let is_same = known.row.source_revision == input.incoming.revision()
                && known.row.source_status == input.incoming.status
                && known.body.source.tracking == input.incoming.tracking;
            if is_same && !input.is_recheck {
                return Decision {
                    changes: vec![Change::OrderSeen {
                        ids: vec![known.row.id],
                        at: input.now,
                    }],
                    need_items: Vec::new(),
                };
            }
            if known.row.state.is_before_warehouse() {
                before_warehouse(input, known)
            } else if input.is_recheck {
                after_sending(input, known, known.row.source_revision.clone())
            } else if is_splitting(input) {
                // What the source shows now is half of our own doing: looked at again when the confirmation is settled.
                Decision::default()
            } else {
                let whole = with_confirmed_parts(known, input.incoming);
                let revision = input.incoming.revision();
                let input = DecideInput {
                    incoming: &whole,
                    ..*input
                };
                after_sending(&input, known, revision)
            }
        }
    }
}

/// A part of the order is being split off and processed right now.
fn is_splitting(input: &DecideInput<'_>) -> bool {
    input.incoming.status == SourceStatus::Open
        && input.pending.iter().any(|d| {
            !d.state.is_final()
                && matches!(&d.intent, Intent::ConfirmDespatch(intent) if !intent.is_whole)
        })
}

/// The order as it was sold. A part that left was split off into an order of its own and processed there, so the source
/// shows only the rest; counted as a change it would be an amendment nobody made.
fn with_confirmed_parts(known: &OrderFull, incoming: &SourceOrder) -> SourceOrder {
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
fn confirmed_units(sold: &super::order::SourceLine, lines: &[OrderLine]) -> i64 {
    lines
        .iter()
        .filter(|l| l.row_id == sold.row_id && l.qty_each > 0)
        .map(|l| l.confirmed_each * sold.qty_each / l.qty_each)
        .min()
        .unwrap_or(0)
}

fn first_sight(input: &DecideInput<'_>) -> Decision {
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

fn before_warehouse(input: &DecideInput<'_>, known: &OrderFull) -> Decision {
    let mut row = known.row.clone();
    take_source(&mut row, input.incoming, input.now);
    let is_under_way = input.pending.iter().any(|d| {
        d.flow == Flow::OrderCreate
            && (matches!(d.state, DeliveryState::Sending | DeliveryState::InDoubt)
                || (d.state == DeliveryState::Ready && d.step > 1))
    });
    if is_under_way {
        // The doubt is settled first; the change follows once the order has been read back.
        row.blocked_by = PENDING_CHANGE.to_owned();
        return Decision {
            changes: vec![order_change(row, input, None, None)],
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

fn after_sending(input: &DecideInput<'_>, known: &OrderFull, revision: String) -> Decision {
    let mut row = known.row.clone();
    take_source(&mut row, input.incoming, input.now);
    row.source_revision = revision;
    let mut changes = Vec::new();
    let mut need_items = Vec::new();
    match input.incoming.status {
        SourceStatus::Cancelled | SourceStatus::Gone => cancel_sent(input, &mut row, &mut changes),
        SourceStatus::Processed => {
            if row.state.is_in_warehouse() && row.blocked_by.is_empty() {
                row.blocked_by =
                    "the source says shipped; the warehouse has not shipped it".to_owned();
            }
        }
        SourceStatus::Open if row.state.is_in_warehouse() => {
            amend_sent(input, known, &mut row, &mut changes, &mut need_items)
        }
        SourceStatus::Open => {}
    }
    changes.push(Change::Order {
        row: Box::new(row),
        body: Some(Box::new(OrderBody {
            source: input.incoming.clone(),
            intent: known.body.intent.clone(),
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
                    &super::hash::of_json(&(&sent_hash, intent.content_hash())),
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

/// Enters a state, keeping the time since when.
pub fn enter(row: &mut OrderRow, state: OrderState, now: Ts) {
    if row.state != state {
        row.state = state;
        row.state_since = now;
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

fn pending_changes<'a>(
    input: &'a DecideInput<'_>,
    flows: &'a [Flow],
) -> impl Iterator<Item = &'a DeliveryRow> {
    input.pending.iter().filter(move |d| {
        flows.contains(&d.flow)
            && matches!(
                d.state,
                DeliveryState::Waiting
                    | DeliveryState::Ready
                    | DeliveryState::Rejected
                    | DeliveryState::Dead
            )
    })
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

fn end_delivery(delivery: &DeliveryRow, to: DeliveryState, why: &str, now: Ts) -> Change {
    Change::Deliver(DeliveryMove {
        id: delivery.id,
        from: Some(delivery.state),
        to,
        step: delivery.step,
        due_at: now,
        attempts: delivery.attempts,
        sent_at: delivery.sent_at,
        absent_at: None,
        class: None,
        text: why.to_owned(),
        intent: None,
    })
}

fn raise_faults(
    input: &DecideInput<'_>,
    row: &OrderRow,
    faults: &[Fault],
    changes: &mut Vec<Change>,
) {
    for (kind, discriminator) in input.open {
        let is_still = faults
            .iter()
            .any(|f| f.kind == *kind && &f.discriminator == discriminator);
        if PREFLIGHT_KINDS.contains(kind)
            && !is_still
            && faults.iter().any(|f| PREFLIGHT_KINDS.contains(&f.kind))
        {
            changes.push(clear(
                input,
                row.id,
                *kind,
                discriminator,
                "source data",
                "this check passes now",
            ));
        }
    }
    for fault in faults {
        changes.push(Change::Raise(occurrence(
            input.pair, row, fault, None, input.now,
        )));
    }
}

/// An occurrence about an order.
pub fn occurrence(
    pair: &PairId,
    row: &OrderRow,
    fault: &Fault,
    severity: Option<Severity>,
    began_at: Ts,
) -> Occurrence {
    Occurrence {
        kind: fault.kind,
        pair: pair.clone(),
        discriminator: fault.discriminator.clone(),
        object: ObjectRef::Order(row.id),
        label: row.number.clone(),
        detail: crate::text::clean_to(&fault.detail, DETAIL_CHARS_MAX),
        began_at,
        ship_by: row.ship_by,
        value_minor: row.value_minor,
        severity,
    }
}

fn clear_all_but(
    input: &DecideInput<'_>,
    kept: &[Fault],
    how: &str,
    evidence: &str,
    changes: &mut Vec<Change>,
) {
    let id = input.existing.map_or(input.order_id, |o| o.row.id);
    for (kind, discriminator) in input.open {
        let is_kept = kept
            .iter()
            .any(|f| f.kind == *kind && &f.discriminator == discriminator);
        if PREFLIGHT_KINDS.contains(kind) && !is_kept {
            changes.push(clear(input, id, *kind, discriminator, how, evidence));
        }
    }
}

fn clear(
    input: &DecideInput<'_>,
    id: OrderId,
    kind: Kind,
    discriminator: &str,
    how: &str,
    evidence: &str,
) -> Change {
    Change::Clear {
        kind,
        pair: input.pair.clone(),
        discriminator: Some(discriminator.to_owned()),
        object: ObjectRef::Order(id),
        how: how.to_owned(),
        evidence: evidence.to_owned(),
    }
}

fn summary(faults: &[Fault]) -> String {
    let mut parts: Vec<String> = faults.iter().map(|f| f.detail.clone()).collect();
    parts.dedup();
    crate::text::clean_to(&parts.join("; "), 500)
}

fn order_change(
    row: OrderRow,
    input: &DecideInput<'_>,
    intent: Option<WmsOrderIntent>,
    lines: Option<Vec<OrderLine>>,
) -> Change {
    Change::Order {
        row: Box::new(row),
        body: Some(Box::new(OrderBody {
            source: input.incoming.clone(),
            intent,
        })),
        lines,
    }
}

fn lines_of(input: &DecideInput<'_>) -> Vec<OrderLine> {
    let old = input
        .existing
        .map(|o| o.lines.as_slice())
        .unwrap_or_default();
    input
        .incoming
        .pick_lines()
        .into_iter()
        .map(|line| {
            let known = old.iter().find(|o| o.line_ref == line.line_ref);
            OrderLine {
                item: Some(input.mappings.item(&line.sku).item),
                line_ref: line.line_ref,
                row_id: line.row_id,
                sku: line.sku,
                title: line.title,
                qty_each: line.qty_each,
                despatched_each: known.map_or(0, |o| o.despatched_each),
                confirmed_each: known.map_or(0, |o| o.confirmed_each),
                unit_price_minor: line.unit_price_minor,
            }
        })
        .collect()
}

/// Lines in warehouse units, exactly those of the intent; what has left or was confirmed already is kept by line.
pub fn lines_from(
    intent: &WmsOrderIntent,
    source: &SourceOrder,
    old: &[OrderLine],
) -> Vec<OrderLine> {
    let picks = source.pick_lines();
    intent
        .lines
        .iter()
        .map(|wanted| {
            let known = old.iter().find(|l| l.line_ref == wanted.line_ref);
            let title = picks
                .iter()
                .find(|p| p.row_id == wanted.row_id && p.sku == wanted.sku)
                .map(|p| p.title.clone());
            OrderLine {
                line_ref: wanted.line_ref.clone(),
                row_id: wanted.row_id.clone(),
                sku: wanted.sku.clone(),
                item: Some(wanted.item.clone()),
                title: title
                    .or_else(|| known.map(|l| l.title.clone()))
                    .unwrap_or_default(),
                qty_each: wanted.qty_each,
                despatched_each: known.map_or(0, |l| l.despatched_each),
                confirmed_each: known.map_or(0, |l| l.confirmed_each),
                unit_price_minor: wanted.unit_price_minor,
            }
        })
        .collect()
}

fn new_row(input: &DecideInput<'_>) -> OrderRow {
    let order = input.incoming;
    let mut row = OrderRow {
        id: input.order_id,
        pair: input.pair.clone(),
        source_id: order.source_id.clone(),
        number: order.number.clone(),
        reference: order.reference.clone(),
        channel: order.channel.clone(),
        wms_number: None,
        wms_revision: 1,
        state: OrderState::Received,
        source_status: order.status,
        location: order.location.clone(),
        site: None,
        service: order.service.clone(),
        carrier_service: None,
        wms_status: None,
        is_on_hold: false,
        ship_by: order.ship_by,
        value_minor: order.total_minor,
        currency: order.currency.clone(),
        units: 0,
        postcode_district: String::new(),
        customer_initials: String::new(),
        country: String::new(),
        tracking: String::new(),
        source_revision: String::new(),
        sent_hash: None,
        blocked_by: String::new(),
        missing_polls: 0,
        received_at: order.received_at,
        released_at: None,
        first_sent_at: None,
        accepted_at: None,
        despatched_at: None,
        confirmed_at: None,
        notified_at: None,
        source_read_at: input.now,
        state_since: input.now,
        held_reason: None,
        version: 0,
        updated_at: input.now,
    };
    take_source(&mut row, order, input.now);
    row
}

/// Copies into the row what lists show of the source's content.
fn take_source(row: &mut OrderRow, order: &SourceOrder, now: Ts) {
    row.number = order.number.clone();
    row.reference = order.reference.clone();
    row.channel = order.channel.clone();
    row.source_status = order.status;
    row.location = order.location.clone();
    row.service = order.service.clone();
    row.value_minor = order.total_minor;
    row.currency = order.currency.clone();
    row.units = order.pick_lines().iter().map(|l| l.qty_each).sum();
    row.postcode_district = district(&order.address.postcode);
    row.customer_initials = initials(&order.address.name);
    row.country = order.address.country.clone();
    if !order.tracking.is_empty() {
        row.tracking = order.tracking.clone();
    }
    row.source_revision = order.revision();
    row.source_read_at = now;
    row.missing_polls = 0;
    row.updated_at = now;
}

/// The outward part of a postcode: enough for people, not enough to find a door.
fn district(postcode: &str) -> String {
    postcode
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .chars()
        .take(5)
        .collect()
}

fn initials(name: &str) -> String {
    name.split_whitespace()
        .filter_map(|word| word.chars().next())
        .take(3)
        .collect::<String>()
        .to_uppercase()
}

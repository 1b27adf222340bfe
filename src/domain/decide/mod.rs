//! What to do when the source tells something about an order: first sight, a change, a cancellation, a re-check.
//!
//! Pure: the checks run through closures over facts that were read before, ids and time come in as arguments.

mod row;
mod sent;
mod unsent;

pub use row::{enter, lines_from};
pub use unsent::PENDING_CHANGE;

use crate::domain::catalogue::Kind;
use crate::domain::change::{Change, DeliveryMove};
use crate::domain::delivery::{DeliveryRow, DeliveryState, Flow};
use crate::domain::exception::{DETAIL_CHARS_MAX, ObjectRef, Occurrence, Severity};
use crate::domain::ids::{DeliveryId, ItemCode, OrderId, PairId, SystemId};
use crate::domain::mapping_set::MappingSet;
use crate::domain::movements;
use crate::domain::order::{OrderFull, OrderRow, SourceOrder};
use crate::domain::policy::Policy;
use crate::domain::preflight::{Fault, Verdict};
use crate::domain::returns;
use crate::domain::time::Ts;
use sent::{after_sending, is_splitting, with_confirmed_parts};
use unsent::{before_warehouse, first_sight};

/// Kinds that pre-flight checks raise and a passed check clears.
pub const PREFLIGHT_KINDS: &[Kind] = &[
    Kind::OrdSkuUnknown,
    Kind::OrdSkuInactive,
    Kind::OrdSkuFormat,
    Kind::OrdCarrierUnmapped,
    Kind::OrdSiteUnmapped,
    Kind::OrdUnroutable,
    Kind::OrdAddressInvalid,
    Kind::OrdBackordered,
    Kind::OrdReferenceClash,
    Kind::OrdRejected,
    Kind::PrdBarcodeMismatch,
    Kind::PrdCreateFailed,
    Kind::MapTargetGone,
    Kind::MapLocationUnaligned,
    Kind::StkLaneBlocked,
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
            if is_same && !input.is_recheck && returns::is_news(known, input.incoming) {
                return money_news(input, known);
            }
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

/// The goods are as they were; only what the source says about money and returns is news.
fn money_news(input: &DecideInput<'_>, known: &OrderFull) -> Decision {
    let mut row = known.row.clone();
    row.source_read_at = input.now;
    row.missing_polls = 0;
    let mut body = known.body.clone();
    body.source.refunds.clone_from(&input.incoming.refunds);
    body.source.returns.clone_from(&input.incoming.returns);
    body.source.changed_at = input.incoming.changed_at;
    Decision {
        changes: vec![Change::Order {
            row: Box::new(row),
            body: Some(Box::new(body)),
            lines: None,
        }],
        need_items: Vec::new(),
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
        let severity = movements::severity_of_held(fault.kind);
        changes.push(Change::Raise(occurrence(
            input.pair, row, fault, severity, input.now,
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

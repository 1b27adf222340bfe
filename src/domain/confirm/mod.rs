//! From despatches in the warehouse to one confirmation in the source: which lines left, with which tracking, and
//! whether the source order must be split first.

mod labels;
mod rows;
mod unlabelled;

pub use labels::{relabel, told};
pub use unlabelled::{Labels, Unlabelled, labels};

use super::catalogue::Kind;
use super::delivery::{DespatchIntent, DespatchIntentLine};
use super::ids::{DespatchNo, WmsOrderNo};
use super::mapping_set::MappingSet;
use super::order::{OrderFull, OrderLine, OrderState, SourceLine, SourceStatus};
use super::policy::Policy;
use super::preflight::Fault;
use super::time::Ts;
use super::wms::DespatchLine;

/// Longest tracking text the source takes, characters (Linnworks: several numbers joined with commas).
pub const TRACKING_CHARS_MAX: usize = 250;

/// One despatch of an order that is not yet part of its books: number, report rows, when we first saw it.
pub type Group = (DespatchNo, Vec<DespatchLine>, Ts);

/// What to do about an order's despatches.
#[derive(Debug, Clone, PartialEq)]
pub enum ConfirmPlan {
    /// Write these confirmations, in this order; `lines` are the order's lines with `despatched_each` updated.
    Confirm {
        intents: Vec<DespatchIntent>,
        lines: Vec<OrderLine>,
    },
    /// Look again at this time: a label is not booked yet, or the report may be half written.
    WaitTracking { until: Ts },
    /// Nothing left that could be confirmed by itself.
    Nothing,
    /// A person must look; nothing is confirmed.
    Faults(Vec<Fault>),
}

/// How the source holds what left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// One tracking text per order: all despatches become one confirmation.
    Once,
    /// Every parcel with the lines in it.
    ByParcel,
}

/// Plans the confirmation of despatches that `order.lines` do not count yet (pass only those). `is_whole` is false when
/// something stays outstanding: Linnworks cannot process part of an order, so the shipped part is split off first.
pub fn plan(
    order: &OrderFull,
    groups: &[Group],
    mappings: &MappingSet,
    policy: &Policy,
    telling: Telling,
    now: Ts,
) -> ConfirmPlan {
    let rows = rows::distinct(order, groups);
    if rows.is_empty() {
        return ConfirmPlan::Nothing;
    }
    if let Some(fault) = left_though_cancelled(order, &rows) {
        return ConfirmPlan::Faults(vec![fault]);
    }
    let lines = match rows::count(order, &rows) {
        Ok(lines) => lines,
        Err(faults) => return ConfirmPlan::Faults(faults),
    };
    let is_whole = lines.iter().all(|l| l.despatched_each >= l.qty_each);
    if let Some(until) = must_wait(order, groups, &rows, is_whole, policy, now) {
        return ConfirmPlan::WaitTracking { until };
    }
    let parts = match telling {
        Telling::Once => vec![rows],
        Telling::ByParcel => parcels(rows),
    };
    let mut intents: Vec<DespatchIntent> = Vec::new();
    let mut before = order.clone();
    let mut held: Vec<DespatchLine> = Vec::new();
    for part in parts {
        held.extend(part);
        let Ok(after) = rows::count(&before, &held) else {
            continue;
        };
        let shipped = shipped_lines(&before, &after);
        if shipped.is_empty() {
            // Part of a kit: the source knows only the kit, so it waits for the rest of it.
            continue;
        }
        let is_last = after == lines;
        let rows = std::mem::take(&mut held);
        intents.push(build(
            &before,
            groups,
            &rows,
            shipped,
            is_whole && is_last,
            policy,
            mappings,
        ));
        before.lines = after;
    }
    if intents.is_empty() {
        return ConfirmPlan::Nothing;
    }
    ConfirmPlan::Confirm { intents, lines }
}

/// Rows by parcel, in the order of despatch.
fn parcels(mut rows: Vec<DespatchLine>) -> Vec<Vec<DespatchLine>> {
    let key = |r: &DespatchLine| (r.despatched_at, r.despatch.clone(), r.tracking.clone());
    rows.sort_by_key(key);
    rows.chunk_by(|a, b| key(a) == key(b))
        .map(<[DespatchLine]>::to_vec)
        .collect()
}

fn this_order(order: &OrderFull) -> String {
    format!("ORDER={}", order.row.number)
}

/// Goods of a cancelled order are never confirmed: the warehouse had been told (the costliest error there is), or the
/// cancellation came too late for it.
fn left_though_cancelled(order: &OrderFull, rows: &[DespatchLine]) -> Option<Fault> {
    let number = &order.row.number;
    let despatch = rows.first().map_or("", |r| r.despatch.as_str());
    let (kind, detail) = if order.row.state == OrderState::Cancelled {
        (
            Kind::CanDespatchedAnyway,
            format!(
                "order {number} was cancelled in the warehouse, but despatch {despatch} left; recall the parcel or record the loss"
            ),
        )
    } else if order.row.source_status == SourceStatus::Cancelled {
        (
            Kind::CanAfterDespatch,
            format!(
                "order {number} was cancelled in the source, but had left with despatch {despatch}; offer the customer a return"
            ),
        )
    } else {
        return None;
    };
    Some(Fault::new(kind, this_order(order), detail))
}

/// Until when to wait, if at all: for the label of every despatch that has none, and, when the warehouse was not
/// allowed to ship in parts, for the rest of a despatch whose rows do not cover the order yet.
fn must_wait(
    order: &OrderFull,
    groups: &[Group],
    rows: &[DespatchLine],
    is_whole: bool,
    policy: &Policy,
    now: Ts,
) -> Option<Ts> {
    let is_partial_allowed = order
        .body
        .intent
        .as_ref()
        .map_or(policy.partial_shipment, |i| i.is_partial_allowed);
    let is_maybe_half_read = !is_whole && !is_partial_allowed;
    groups
        .iter()
        .filter(|(number, _, _)| {
            is_maybe_half_read
                || rows
                    .iter()
                    .any(|r| r.despatch == *number && r.tracking.trim().is_empty())
        })
        .map(|(_, _, first_seen_at)| *first_seen_at + policy.wait_for_tracking)
        .max()
        .filter(|until| now < *until)
}

/// What left, in the source's own lines and units: a kit counts when all its components left, a SKU of several units
/// when all of them did.
fn shipped_lines(order: &OrderFull, after: &[OrderLine]) -> Vec<DespatchIntentLine> {
    order
        .body
        .source
        .lines
        .iter()
        .filter_map(|source| {
            let before_each = units(source, &order.lines, |l| l.despatched_each);
            let qty = units(source, after, |l| l.despatched_each) - before_each;
            (qty > 0).then(|| DespatchIntentLine {
                row_id: source.row_id.clone(),
                sku: source.sku.clone(),
                qty_each: qty,
                before_each,
                unit_price_minor: source.unit_price_minor,
            })
        })
        .collect()
}

/// Source units of a line that are covered by all the warehouse lines made from it.
fn units(source: &SourceLine, lines: &[OrderLine], left: impl Fn(&OrderLine) -> i64) -> i64 {
    lines
        .iter()
        .filter(|l| l.row_id == source.row_id && l.qty_each > 0)
        .map(|l| {
            let whole = i128::from(left(l)) * i128::from(source.qty_each) / i128::from(l.qty_each);
            i64::try_from(whole).unwrap_or(source.qty_each)
        })
        .min()
        .unwrap_or(0)
}

fn build(
    order: &OrderFull,
    groups: &[Group],
    rows: &[DespatchLine],
    lines: Vec<DespatchIntentLine>,
    is_whole: bool,
    policy: &Policy,
    mappings: &MappingSet,
) -> DespatchIntent {
    let first = rows.iter().min_by_key(|r| (r.despatched_at, &r.despatch));
    let carrier = first.map_or("", |r| r.carrier.as_str());
    let mut despatches: Vec<DespatchNo> = groups
        .iter()
        .map(|(number, _, _)| number.clone())
        .filter(|n| rows.iter().any(|r| r.despatch == *n))
        .collect();
    despatches.sort_unstable();
    despatches.dedup();
    let number = order
        .row
        .wms_number
        .clone()
        .or_else(|| first.map(|r| r.number.clone()));
    DespatchIntent {
        source_id: order.row.source_id.clone(),
        number: number.unwrap_or_else(|| WmsOrderNo::from(order.row.number.as_str())),
        despatches,
        tracking: tracking(rows),
        carrier: mappings.tracking_carrier(carrier),
        carrier_wms: carrier.to_owned(),
        despatched_at: rows
            .iter()
            .map(|r| r.despatched_at)
            .max()
            .unwrap_or_default(),
        location: order.row.location.clone(),
        lines,
        is_whole,
        is_customer_told: policy.notify_customer,
        split_id: None,
    }
}

/// The tracking numbers, each once, in the order of despatch, joined with commas. A number is never cut: those that do
/// not fit any more are left out (they stay with the despatch in our books).
pub fn tracking(rows: &[DespatchLine]) -> String {
    let mut sorted: Vec<&DespatchLine> = rows.iter().collect();
    sorted.sort_by_key(|r| (r.despatched_at, &r.despatch));
    let mut numbers: Vec<&str> = Vec::new();
    let mut chars = 0;
    for number in sorted
        .iter()
        .flat_map(|r| r.tracking.split(','))
        .map(str::trim)
        .filter(|n| !n.is_empty())
    {
        let more = number.chars().count() + usize::from(!numbers.is_empty());
        if numbers.contains(&number) || chars + more > TRACKING_CHARS_MAX {
            continue;
        }
        chars += more;
        numbers.push(number);
    }
    numbers.join(",")
}

#[cfg(test)]
mod tests;

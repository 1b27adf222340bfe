//! Report rows of an order's despatches: each real row once, matched to the order's lines.

use super::{Fault, Group, this_order};
use crate::domain::catalogue::Kind;
use crate::domain::ids::ItemCode;
use crate::domain::order::{OrderFull, OrderLine};
use crate::domain::wms::DespatchLine;

/// The rows that count. A row read twice is one row (same despatch, line and tracking); a row without tracking is the
/// earlier reading of the one with it; rows without quantity say nothing.
pub(super) fn distinct(order: &OrderFull, groups: &[Group]) -> Vec<DespatchLine> {
    let mut kept: Vec<DespatchLine> = Vec::new();
    let all = groups.iter().flat_map(|(_, rows, _)| rows);
    // Rows with tracking first, so that their bare twins are recognised.
    let (with, without): (Vec<_>, Vec<_>) = all
        .filter(|r| r.qty_each != 0)
        .partition(|r| !r.tracking.trim().is_empty());
    for row in with {
        let twins = kept
            .iter()
            .filter(|k| is_same_line(k, row) && k.tracking.trim() == row.tracking.trim());
        if twins.count() < copies_max(order, row) {
            kept.push(row.clone());
        }
    }
    for row in without {
        let twins = kept.iter().filter(|k| {
            is_same_line(k, row) && (k.tracking.trim().is_empty() || k.qty_each == row.qty_each)
        });
        if twins.count() < copies_max(order, row) {
            kept.push(row.clone());
        }
    }
    kept
}

fn is_same_line(a: &DespatchLine, b: &DespatchLine) -> bool {
    a.despatch == b.despatch && a.line_ref == b.line_ref && a.item == b.item
}

/// How many equal rows are real: one per line reference; without one, as many as the order has lines of the item.
fn copies_max(order: &OrderFull, row: &DespatchLine) -> usize {
    if !row.line_ref.trim().is_empty() {
        return 1;
    }
    let lines = order.lines.iter().filter(|l| is_of(l, &row.item));
    lines.count().max(1)
}

/// The order's lines with the rows' quantities added.
///
/// # Errors
/// Goods that were not ordered, or more of them than were ordered.
pub(super) fn count(
    order: &OrderFull,
    rows: &[DespatchLine],
) -> Result<Vec<OrderLine>, Vec<Fault>> {
    let mut lines = order.lines.clone();
    let mut faults = Vec::new();
    for row in rows {
        if let Err(fault) = add(order, &mut lines, row) {
            faults.push(fault);
        }
    }
    faults.extend(surplus(order, &lines, rows));
    if faults.is_empty() {
        Ok(lines)
    } else {
        Err(faults)
    }
}

/// Whether a line is of this item; a line whose item was never resolved goes by its SKU.
fn is_of(line: &OrderLine, item: &ItemCode) -> bool {
    match &line.item {
        Some(own) => own == item,
        None => line.sku.as_str() == item.as_str(),
    }
}

fn mismatch(order: &OrderFull, detail: String) -> Fault {
    Fault::new(Kind::DspQtyMismatch, this_order(order), detail)
}

fn add(order: &OrderFull, lines: &mut [OrderLine], row: &DespatchLine) -> Result<(), Fault> {
    if row.qty_each < 0 {
        return Err(mismatch(
            order,
            format!(
                "despatch {} shows {} × {}: a parcel may have been pulled back; decide by hand",
                row.despatch, row.qty_each, row.item
            ),
        ));
    }
    let by_ref = lines
        .iter()
        .position(|l| !row.line_ref.trim().is_empty() && l.line_ref == row.line_ref.trim());
    if let Some(at) = by_ref {
        let line = &mut lines[at];
        if !is_of(line, &row.item) {
            return Err(mismatch(
                order,
                format!(
                    "despatch {} has {} on line {}, which is {}",
                    row.despatch, row.item, line.line_ref, line.sku
                ),
            ));
        }
        line.despatched_each = line.despatched_each.saturating_add(row.qty_each);
        return Ok(());
    }
    spread(lines, row).map_err(|()| {
        mismatch(
            order,
            format!(
                "despatch {} has {} × {}, which is on no line of order {}",
                row.despatch, row.qty_each, row.item, order.row.number
            ),
        )
    })
}

/// A row without a line reference fills the lines of its item in turn; a surplus stays on the last of them, where it shows.
fn spread(lines: &mut [OrderLine], row: &DespatchLine) -> Result<(), ()> {
    let mut rest = row.qty_each;
    let mut last = None;
    for (at, line) in lines.iter_mut().enumerate() {
        if !is_of(line, &row.item) {
            continue;
        }
        last = Some(at);
        let part = (line.qty_each - line.despatched_each).clamp(0, rest);
        line.despatched_each += part;
        rest -= part;
    }
    let at = last.ok_or(())?;
    lines[at].despatched_each = lines[at].despatched_each.saturating_add(rest);
    Ok(())
}

/// More despatched than ordered: within one despatch the quantities do not fit; over several the order was shipped twice.
fn surplus(order: &OrderFull, after: &[OrderLine], rows: &[DespatchLine]) -> Vec<Fault> {
    let mut numbers: Vec<&str> = rows.iter().map(|r| r.despatch.as_str()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    after
        .iter()
        .zip(&order.lines)
        .filter(|(line, _)| line.despatched_each > line.qty_each)
        .map(|(line, before)| {
            let here: Vec<&DespatchLine> = rows
                .iter()
                .filter(|r| r.line_ref.trim() == line.line_ref || is_of(line, &r.item))
                .collect();
            let is_single_parcel_too_much = numbers.iter().any(|n| {
                let sum = here
                    .iter()
                    .filter(|r| r.despatch.as_str() == *n)
                    .fold(0i64, |sum, r| sum.saturating_add(r.qty_each));
                sum > ordered_of(order, line)
            });
            let is_repeated = before.despatched_each > 0 || numbers.len() > 1;
            let kind = if is_repeated && !is_single_parcel_too_much {
                Kind::DspDuplicate
            } else {
                Kind::DspQtyMismatch
            };
            Fault::new(
                kind,
                this_order(order),
                format!(
                    "{} of {} left with {}, but {} were ordered; find out what left the building before confirming",
                    line.despatched_each,
                    line.sku,
                    numbers.join(", "),
                    line.qty_each
                ),
            )
        })
        .collect()
}

/// Units ordered of the line's item over all lines of it.
fn ordered_of(order: &OrderFull, line: &OrderLine) -> i64 {
    order
        .lines
        .iter()
        .filter(|l| l.line_ref == line.line_ref || (l.item.is_some() && l.item == line.item))
        .fold(0i64, |sum, l| sum.saturating_add(l.qty_each))
}

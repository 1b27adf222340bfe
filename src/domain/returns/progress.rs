//! How far a return is, from the rows of the warehouse's report: every row is some units of one line at one place on
//! their way from the door to the shelf.

use super::{Disposition, Return, ReturnLine, ReturnState, fresh_line, state_of, step};
use crate::domain::ids::Sku;
use crate::domain::order::coded_enum;
use crate::domain::preflight::Fault;
use crate::domain::time::Ts;
use crate::domain::wms::WmsReturnLine;

coded_enum! {
    /// Where units of a row are.
    GoodsStep {
        /// Announced only.
        Expected = 0, "awaiting_receipt";
        Received = 1, "received";
        Inspected = 2, "inspected";
        ReturnedToStock = 3, "returned_to_stock";
        Disposed = 4, "disposed";
    }
}

/// Words warehouses use where nobody has mapped their own (RETURN_STATUS).
const USUAL: &[(&str, GoodsStep)] = &[
    ("awaiting receipt", GoodsStep::Expected),
    ("received", GoodsStep::Received),
    ("inspected", GoodsStep::Inspected),
    ("returned to stock", GoodsStep::ReturnedToStock),
    ("disposed", GoodsStep::Disposed),
];

impl GoodsStep {
    /// From a warehouse's word: as mapped, else as usual. `None` for a word nobody knows.
    pub fn read(text: &str, mapped: Option<&str>) -> Option<Self> {
        if let Some(found) = mapped.and_then(Self::parse) {
            return Some(found);
        }
        let text = text.trim().to_lowercase();
        let usual = USUAL.iter().find(|(word, _)| *word == text);
        usual.map(|(_, found)| *found)
    }
}

/// A row of the report with its word understood.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    pub row: &'a WmsReturnLine,
    pub step: GoodsStep,
}

/// The lines with the report's figures. What the report does not know (what the source confirmed, what was credited, the
/// outcome a person recorded) is kept. Goods that nobody agreed on get a line of their own, with nothing authorised.
pub fn counted(lines: &[ReturnLine], seen: &[Seen<'_>]) -> Vec<ReturnLine> {
    let mut out: Vec<ReturnLine> = lines
        .iter()
        .map(|l| ReturnLine {
            received_each: 0,
            sellable_each: 0,
            unsellable_each: 0,
            stocked_each: 0,
            ..l.clone()
        })
        .collect();
    for one in seen.iter().filter(|s| s.step != GoodsStep::Expected) {
        let at = place(&mut out, one.row);
        if let Some(line) = out.get_mut(at) {
            add(line, one);
        }
    }
    for line in &mut out {
        line.disposed_each = line.disposed_each.min(line.unsellable_each);
    }
    out
}

/// Position of a row's line: by reference and item, else by item alone, else a new one.
fn place(lines: &mut Vec<ReturnLine>, row: &WmsReturnLine) -> usize {
    let exact = lines
        .iter()
        .position(|l| l.line_ref == row.line_ref && l.item == row.item);
    if let Some(at) = exact.or_else(|| lines.iter().position(|l| l.item == row.item)) {
        return at;
    }
    let reference = format!("+{}", lines.len() + 1);
    lines.push(fresh_line(
        reference,
        Sku(row.item.0.clone()),
        row.item.clone(),
        0,
    ));
    lines.len() - 1
}

fn add(line: &mut ReturnLine, one: &Seen<'_>) {
    let n = one.row.qty_each.max(0);
    line.received_each += n;
    // Goods whose fitness nobody noted were not inspected, whatever their place.
    let Some(is_fit) = one
        .row
        .is_reusable
        .filter(|_| one.step > GoodsStep::Received)
    else {
        return;
    };
    if is_fit {
        line.sellable_each += n;
    } else {
        line.unsellable_each += n;
    }
    match one.step {
        GoodsStep::ReturnedToStock => line.stocked_each += n,
        GoodsStep::Disposed => {
            line.disposed_each = line.disposed_each.max(n);
            line.disposition = line.disposition.or(Some(Disposition::WriteOff));
        }
        GoodsStep::Expected | GoodsStep::Received | GoodsStep::Inspected => {}
    }
}

/// The state the goods have reached, by way of the inspection where the figures prove it.
///
/// # Errors
/// As [`step`]: the last valid state is kept.
pub fn reached(known: &Return, lines: &[ReturnLine]) -> Result<ReturnState, Fault> {
    let from = known.row.state;
    let Some(to) = state_of(lines) else {
        return Ok(from);
    };
    let sum = |l: &[ReturnLine]| l.iter().map(|l| l.received_each).sum::<i64>();
    // What has ended is shown by the report for a while yet; only further goods would be news.
    if known.is_over() && sum(lines) <= sum(&known.lines) {
        return Ok(from);
    }
    // More of it arrived: the return is as far as its newest goods again.
    let has_grown = sum(lines) > sum(&known.lines) && from.code() >= ReturnState::Received.code();
    if has_grown && !known.is_over() {
        return Ok(to);
    }
    walk(known, from, to)
}

fn walk(known: &Return, from: ReturnState, to: ReturnState) -> Result<ReturnState, Fault> {
    let reference = &known.row.reference;
    let direct = match step(reference, from, to) {
        Ok(()) => return Ok(to),
        Err(fault) => fault,
    };
    // Between two readings goods may go through several hands; each step must be a legal one.
    let way: &[ReturnState] = match to {
        ReturnState::ReturnedToStock | ReturnState::NotSellable => &[ReturnState::Inspected],
        ReturnState::StockInConfirmed => &[ReturnState::Inspected, ReturnState::ReturnedToStock],
        ReturnState::Disposed => &[ReturnState::Inspected, ReturnState::NotSellable],
        _ => return Err(direct),
    };
    // A station that lies behind the goods need not be passed again.
    for start in 0..way.len() {
        let mut at = from;
        let rest = way[start..].iter().chain(std::iter::once(&to));
        let is_legal = rest.fold(true, |is_legal, next| {
            let is_next = is_legal && step(reference, at, *next).is_ok();
            at = *next;
            is_next
        });
        if is_legal {
            return Ok(to);
        }
    }
    Err(direct)
}

/// The return with new figures and the state they prove, its times filled in.
pub fn advanced(known: &Return, lines: Vec<ReturnLine>, state: ReturnState, now: Ts) -> Return {
    let stocked = |lines: &[ReturnLine]| lines.iter().map(|l| l.stocked_each).sum::<i64>();
    let is_more = stocked(&lines) > stocked(&known.lines);
    let mut out = known.clone();
    let has_arrived = lines.iter().any(|l| l.received_each > 0);
    out.row.received_at = out.row.received_at.or(has_arrived.then_some(now));
    let is_seen = state.is_inspected();
    out.row.inspected_at = out.row.inspected_at.or(is_seen.then_some(now));
    if is_more {
        out.row.stocked_at = Some(now);
    }
    out.row.state = state;
    out.lines = lines;
    out
}

#[cfg(test)]
mod tests {
    use super::super::testing::{line, returned};
    use super::*;
    use crate::domain::ids::ItemCode;

    fn row(qty_each: i64, is_reusable: Option<bool>) -> WmsReturnLine {
        WmsReturnLine {
            reference: "RMA-1".into(),
            code: "RET1".to_owned(),
            number: "SL-1".into(),
            line_ref: "1".to_owned(),
            item: ItemCode::from("MUG"),
            qty_each,
            is_reusable,
            status_text: String::new(),
            condition: String::new(),
            returned_at: Ts(0),
        }
    }

    fn of(rows: &[(GoodsStep, i64, Option<bool>)]) -> Vec<ReturnLine> {
        let rows: Vec<(GoodsStep, WmsReturnLine)> =
            rows.iter().map(|(s, n, fit)| (*s, row(*n, *fit))).collect();
        let seen: Vec<Seen<'_>> = rows
            .iter()
            .map(|(step, row)| Seen { row, step: *step })
            .collect();
        counted(&[line("MUG", 2)], &seen)
    }

    #[test]
    fn units_are_counted_where_they_are() {
        use GoodsStep::{Disposed, Inspected, Received, ReturnedToStock};
        let found = of(&[(ReturnedToStock, 1, Some(true)), (Disposed, 1, Some(false))]);
        let l = &found[0];
        assert_eq!(
            (l.received_each, l.sellable_each, l.stocked_each),
            (2, 1, 1)
        );
        assert_eq!((l.unsellable_each, l.disposed_each), (1, 1));
        assert_eq!(l.disposition, Some(Disposition::WriteOff));
        let unknown = of(&[(ReturnedToStock, 1, None), (Received, 1, Some(true))]);
        let l = &unknown[0];
        assert_eq!(
            (l.received_each, l.sellable_each, l.stocked_each),
            (2, 0, 0)
        );
        let seen = of(&[(Inspected, 2, Some(true))]);
        assert_eq!(state_of(&seen), Some(ReturnState::Inspected));
    }

    #[test]
    fn goods_that_went_through_several_hands_between_two_readings_took_legal_steps() {
        use GoodsStep::{Received, ReturnedToStock};
        let known = returned(ReturnState::AwaitingReceipt, vec![line("MUG", 2)]);
        let shelf = of(&[(ReturnedToStock, 2, Some(true))]);
        assert_eq!(reached(&known, &shelf), Ok(ReturnState::ReturnedToStock));
        let on_shelf = advanced(&known, shelf, ReturnState::ReturnedToStock, Ts(9));
        assert_eq!(on_shelf.row.received_at, Some(Ts(9)));
        assert_eq!(on_shelf.row.stocked_at, Some(Ts(9)));
        let back = of(&[(Received, 2, None)]);
        assert!(reached(&on_shelf, &back).is_err(), "it went backwards");
    }

    #[test]
    fn more_goods_of_a_return_that_is_on_the_shelf_already_may_arrive() {
        use GoodsStep::{Received, ReturnedToStock};
        let first = of(&[(ReturnedToStock, 1, Some(true))]);
        let known = returned(ReturnState::ReturnedToStock, first);
        let second = of(&[(ReturnedToStock, 1, Some(true)), (Received, 1, None)]);
        assert_eq!(reached(&known, &second), Ok(ReturnState::Received));
    }

    #[test]
    fn a_word_is_read_as_mapped_else_as_usual() {
        assert_eq!(
            GoodsStep::read("In QC", Some("inspected")),
            Some(GoodsStep::Inspected)
        );
        assert_eq!(
            GoodsStep::read(" Returned To Stock ", None),
            Some(GoodsStep::ReturnedToStock)
        );
        assert_eq!(GoodsStep::read("In QC", None), None);
    }
}

//! Drift of a source that keeps its own on-hand figure and is told of changes, not of levels. Two questions are kept
//! apart: do the goods agree (on hand), and do the promises agree (available)? What stands in our own queues explains
//! part of a difference and is never counted as drift.

use super::{WaterfallStep, step, tolerance};
use crate::domain::catalogue::Kind;
use crate::domain::exception::Severity;
use crate::domain::ids::{ItemCode, LocationId};
use crate::domain::preflight::Fault;
use crate::domain::publish::sellable;
use crate::domain::stock::StockPosition;
use crate::domain::time::{Span, Ts};
use serde::{Deserialize, Serialize};

/// The two systems' figures must be read within this time of each other to be compared.
pub const COMPARABLE_WITHIN: Span = Span::mins(5);

/// Everything the comparison of one item at one location looks at, units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerFigures {
    /// H: on hand in the warehouse.
    pub on_hand: i64,
    /// L: allocated in the warehouse.
    pub allocated: i64,
    /// V: available in the warehouse, as reported.
    pub available: i64,
    /// U: on accepted orders and not yet allocated.
    pub unsent: i64,
    /// D: despatched, the source not yet told.
    pub unconfirmed: i64,
    /// Q: signed sum of movements not yet posted.
    pub pending: i64,
    /// Returned goods that are in the building and not on the shelf yet. A warehouse that counts them as on hand shows
    /// them as not pickable; no ledger was told of them.
    pub in_returns: i64,
    /// The source's own on hand, allocated and available; available is copied as shown and never computed.
    pub source_on_hand: i64,
    pub source_allocated: i64,
    pub source_available: i64,
    /// The source keeps what cannot be picked in a place of its own, so that it is not offered there.
    pub has_unsellable_place: bool,
}

/// The differences. Positive: the source promises more than exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LedgerDrift {
    /// Of the goods, beyond what our queues explain.
    pub physical: i64,
    /// Of what may be promised.
    pub availability: i64,
    /// Of what is promised: orders that only one of the systems knows.
    pub allocation: i64,
    /// N: not pickable in the warehouse and offered by the source all the same.
    pub unpickable: i64,
    /// The physical drift is beyond tolerance.
    pub is_outside: bool,
}

/// T: what could be sold.
fn sellable_of(figures: &LedgerFigures) -> i64 {
    sellable(
        figures.available,
        figures.on_hand,
        figures.allocated,
        figures.unsent,
    )
}

/// N as the warehouse shows it: on hand, and neither allocated nor available.
fn not_pickable(figures: &LedgerFigures) -> i64 {
    figures.on_hand - figures.allocated - (sellable_of(figures) + figures.unsent)
}

/// Returned goods that the warehouse counts as on hand before they are on the shelf: never more than is not pickable,
/// nor than is missing in the source.
fn quarantined(figures: &LedgerFigures) -> i64 {
    let missing = figures.on_hand + figures.unconfirmed - figures.pending - figures.source_on_hand;
    figures
        .in_returns
        .min(not_pickable(figures))
        .min(missing)
        .max(0)
}

/// Takes the differences apart.
pub fn ledger_drift(figures: &LedgerFigures) -> LedgerDrift {
    let t = sellable_of(figures);
    let physical = figures.source_on_hand + figures.pending - figures.unconfirmed
        + quarantined(figures)
        - figures.on_hand;
    let availability = figures.source_available - t;
    let unpickable = if figures.has_unsellable_place {
        0
    } else {
        not_pickable(figures) - quarantined(figures)
    };
    LedgerDrift {
        physical,
        availability,
        allocation: availability - physical + figures.pending - unpickable,
        unpickable,
        is_outside: is_outside(figures, physical),
    }
}

/// Whether a physical drift is beyond what is let pass.
pub fn is_outside(figures: &LedgerFigures, physical: i64) -> bool {
    physical.abs() > tolerance(sellable_of(figures))
}

/// How dangerous the difference is by time to overselling; `None`: its kind's own severity.
pub fn severity(figures: &LedgerFigures, velocity_milli: i64) -> Option<Severity> {
    let t = sellable_of(figures);
    super::risk(t, figures.source_available, velocity_milli, 0, 0).severity
}

/// Whether figures read at these times may be compared at all.
pub const fn is_comparable(warehouse_read_at: Ts, source_read_at: Ts) -> bool {
    warehouse_read_at.since(source_read_at).0.abs() <= COMPARABLE_WITHIN.0
}

/// A return that is back on the shelf, and whose stock-in is neither in the source nor among our movements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostReturn {
    pub return_ref: String,
    pub units_each: i64,
}

/// The physical drift that lost stock-ins do not explain.
pub fn remainder(figures: &LedgerFigures, lost: &[LostReturn]) -> i64 {
    let mut left = ledger_drift(figures).physical;
    for back in lost.iter().filter(|b| b.units_each > 0) {
        if back.units_each <= left.saturating_neg() {
            left += back.units_each;
        }
    }
    left
}

/// What is wrong with the goods of one item: lost stock-ins first, and drift only for what they do not explain. Two
/// runs in a row must find the drift; a lost stock-in is a known cause and is named at once.
pub fn findings(
    item: &ItemCode,
    location: &LocationId,
    figures: &LedgerFigures,
    lost: &[LostReturn],
    runs: i64,
) -> Vec<Fault> {
    let found = ledger_drift(figures);
    let mut out = Vec::new();
    let mut left = found.physical;
    for back in lost {
        if left >= 0 || back.units_each <= 0 || back.units_each > -left {
            continue;
        }
        left += back.units_each;
        out.push(Fault::new(
            Kind::RetStockinFailed,
            format!("RETURN={}", back.return_ref),
            format!(
                "{} of {item} from return {} are on the shelf and the source was never told",
                crate::text::count(back.units_each, "unit", "units"),
                back.return_ref
            ),
        ));
    }
    if is_outside(figures, left) && runs >= RUNS_MIN {
        out.push(Fault::new(
            Kind::StkDrift,
            format!("ITEM={item}@{location}"),
            format!(
                "{item} at {location}: the source has {} on hand, the warehouse {}, and {left:+} is explained by nothing",
                figures.source_on_hand, figures.on_hand
            ),
        ));
    }
    out
}

/// Runs in a row that must find a difference.
pub const RUNS_MIN: i64 = 2;

/// The goods from the source's on hand to the warehouse's shelf: the first step is the source's figure, the last what
/// nothing explains, and all together make the shelf figure.
pub fn goods_waterfall(figures: &LedgerFigures) -> Vec<WaterfallStep> {
    let found = ledger_drift(figures);
    kept(vec![
        step("on hand in the source", figures.source_on_hand, ""),
        step(
            "movements not yet posted",
            figures.pending,
            "waiting in this item's lane",
        ),
        step(
            "despatched, not yet confirmed",
            -figures.unconfirmed,
            "gone from the shelf, still in the source",
        ),
        step(
            "returned, not on the shelf yet",
            quarantined(figures),
            "in quarantine: the warehouse counts it, no ledger was told",
        ),
        step(
            "unexplained",
            -found.physical,
            "a lost message, a posting by hand or a wrong count",
        ),
    ])
}

/// The promises from the source's available figure to what could be sold.
pub fn promise_waterfall(figures: &LedgerFigures) -> Vec<WaterfallStep> {
    let found = ledger_drift(figures);
    kept(vec![
        step("available in the source", figures.source_available, ""),
        step(
            "movements not yet posted",
            figures.pending,
            "waiting in this item's lane",
        ),
        step(
            "not pickable",
            -found.unpickable,
            "quarantine, damaged, in returns: the source offers it",
        ),
        step(
            "promises only one system knows",
            -found.allocation,
            "look for orders that stand in one of them only",
        ),
        step("unexplained goods", -found.physical, "as for on hand"),
    ])
}

/// Without steps of zero, the first and the last excepted.
fn kept(mut steps: Vec<WaterfallStep>) -> Vec<WaterfallStep> {
    let last = steps.len().saturating_sub(1);
    let mut at = 0;
    steps.retain(|s| {
        let is_kept = s.value != 0 || at == 0 || at == last;
        at += 1;
        is_kept
    });
    steps
}

/// What the differences look like, in a sentence.
pub fn suggest(figures: &LedgerFigures) -> Option<String> {
    let found = ledger_drift(figures);
    if found.physical != 0 {
        return Some(format!(
            "Goods differ by {:+}: look for a posting by hand, a lost stock-in or a despatch confirmed twice.",
            found.physical
        ));
    }
    if found.allocation != 0 {
        return Some(format!(
            "Goods agree and promises differ by {:+}: look for orders that stand in one system only.",
            found.allocation
        ));
    }
    (found.unpickable > 0).then(|| {
        format!(
            "The source offers {} that cannot be picked: give unpickable stock a place of its own there.",
            crate::text::count(found.unpickable, "unit", "units")
        )
    })
}

/// A count is recent for this long.
pub const COUNT_RECENT: Span = Span::days(7);

/// Drift worth more than this is corrected with finance's approval, minor units.
pub const APPROVAL_ABOVE_MINOR: i64 = 25_000;

/// An item that drifted this often within [`ROOT_CAUSE_WITHIN`] is no longer corrected by itself.
pub const ROOT_CAUSE_TIMES: i64 = 3;

/// The stretch in which repeated drift is counted.
pub const ROOT_CAUSE_WITHIN: Span = Span::days(30);

/// Whether the drift of a position can be put right at all, whoever asks and whatever was counted.
///
/// # Errors
/// In words for people: the figure is published, both systems agree, it was found only once.
pub fn may_correct(position: &StockPosition) -> Result<(), String> {
    let item = &position.item;
    if position.ledger.is_none() {
        return Err(format!(
            "stock of {item} is published, not corrected: push it"
        ));
    }
    if position.remainder_each == 0 {
        return Err(format!(
            "both systems agree on {item}: there is nothing to correct"
        ));
    }
    if position.runs < RUNS_MIN {
        return Err(
            "two comparisons in a row must find the drift before it is corrected".to_owned(),
        );
    }
    Ok(())
}

/// How a physical drift is put right. The warehouse is never corrected from a source figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// Nothing to correct.
    None,
    /// Have the item counted first.
    Count,
    /// Post this change in the source.
    Post { delta_each: i64 },
    /// The same, once finance has approved.
    PostWithApproval { delta_each: i64 },
    /// Find the cause; nothing is corrected by itself any more.
    FindCause,
}

/// Which correction a physical drift calls for. `times` is how often the item drifted unexplained lately.
pub fn correction(
    physical: i64,
    counted_at: Option<Ts>,
    unit_value_minor: i64,
    times: i64,
    now: Ts,
) -> Correction {
    if physical == 0 {
        return Correction::None;
    }
    if times >= ROOT_CAUSE_TIMES {
        return Correction::FindCause;
    }
    if counted_at.is_none_or(|at| now.since(at) > COUNT_RECENT) {
        return Correction::Count;
    }
    let delta_each = physical.saturating_neg();
    let value = physical.abs().saturating_mul(unit_value_minor.max(0));
    if value > APPROVAL_ABOVE_MINOR {
        Correction::PostWithApproval { delta_each }
    } else {
        Correction::Post { delta_each }
    }
}

#[cfg(test)]
mod tests;

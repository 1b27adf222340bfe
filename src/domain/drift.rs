//! Drift: how far the source's figure is from what it should show, how much of that is explained, and how dangerous it is.
//! Positive means the source promises more than exists; negative means it hides stock.

pub mod ledger;

use super::catalogue::Kind;
use super::exception::Severity;
use super::publish::sellable;
use super::stock::{Basis, StockPosition};

/// A gap taken apart, units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drift {
    /// What the source shows less what it should show: external + lag.
    pub gap: i64,
    /// Somebody or something else changed the figure.
    pub external: i64,
    /// We know; the next write puts it right.
    pub lag: i64,
    /// What nothing explains.
    pub remainder: i64,
    /// The remainder is beyond tolerance.
    pub is_outside: bool,
}

/// T of a position.
pub fn sellable_of(position: &StockPosition) -> i64 {
    sellable(
        position.available_each,
        position.on_hand_each,
        position.allocated_each,
        position.unsent_each,
    )
}

/// What the source should show by its basis, from our last write. `None` when we never wrote.
pub fn expected(position: &StockPosition, sold_since: i64, released_since: i64) -> Option<i64> {
    let written = position.written_each?;
    Some(match position.basis {
        Basis::NetStatic => written,
        Basis::NetLive => written - sold_since + released_since,
        Basis::Gross => written - position.processed_since_each - position.committed_each,
    })
}

/// Takes the gap apart. `sold_since` and `released_since` (cancelled sales) count since the last write and matter for
/// `NET_LIVE` only. A figure never read has no gap; a figure never written is not yet published, which is lag.
pub fn drift(position: &StockPosition, sold_since: i64, released_since: i64) -> Drift {
    let Some(shown) = position.source_each else {
        return Drift::default();
    };
    let expected = expected(position, sold_since, released_since).unwrap_or(shown);
    let external = shown - expected;
    Drift {
        gap: shown - position.publish_each,
        external,
        lag: expected - position.publish_each,
        remainder: external,
        is_outside: external.abs() > tolerance(sellable_of(position)),
    }
}

/// T up to this many units tolerates no difference at all.
const TOLERANCE_NONE_UP_TO: i64 = 10;

/// Tolerance above it, percent of T, at least one unit.
const TOLERANCE_PERCENT: i64 = 2;

/// The largest difference that is no drift.
pub fn tolerance(t: i64) -> i64 {
    if t <= TOLERANCE_NONE_UP_TO {
        0
    } else {
        (t.saturating_mul(TOLERANCE_PERCENT) / 100).max(1)
    }
}

/// How dangerous a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Risk {
    /// Hours until the last real unit is sold, times 1000; `None` when nothing sells or nothing is offered.
    pub oversell_hours_milli: Option<i64>,
    /// Units expected to be oversold before the next write, times 1000.
    pub expected_oversold_milli: i64,
    /// Their value in minor units.
    pub value_minor: i64,
    /// `None`: no risk on the oversell side and no false stock-out.
    pub severity: Option<Severity>,
    /// The kind to raise; `None` when the figures are right or merely differ.
    pub kind: Option<Kind>,
}

const HOUR_MILLI: i64 = 1_000;
const DAY_MILLI: i64 = 24 * HOUR_MILLI;

/// Risk of a figure: `t` sellable, `s` shown by the source, `velocity_milli` units sold an hour times 1000,
/// `hours_to_next_write_milli` hours times 1000. It knows nothing of buffers: [`risk_of`] does.
pub fn risk(
    t: i64,
    s: i64,
    velocity_milli: i64,
    hours_to_next_write_milli: i64,
    price_minor: i64,
) -> Risk {
    let velocity = velocity_milli.max(0);
    let hours = if t <= 0 {
        (s > 0).then_some(0)
    } else if velocity == 0 {
        None
    } else {
        Some(t.saturating_mul(1_000_000) / velocity)
    };
    let sold_milli = velocity.saturating_mul(hours_to_next_write_milli.max(0)) / 1_000;
    // What is promised already and not there counts whole, whatever is still shown.
    let promised = t.min(0).saturating_neg().saturating_mul(1_000);
    let coming = if s > t {
        (sold_milli - t.max(0).saturating_mul(1_000)).max(0)
    } else {
        0
    };
    let oversold = promised.saturating_add(coming);
    let (severity, kind) = judge(t, s, velocity, hours);
    Risk {
        oversell_hours_milli: hours,
        expected_oversold_milli: oversold,
        value_minor: oversold.saturating_mul(price_minor.max(0)) / 1_000,
        severity,
        kind,
    }
}

fn judge(
    t: i64,
    s: i64,
    velocity: i64,
    hours_milli: Option<i64>,
) -> (Option<Severity>, Option<Kind>) {
    if t < 0 {
        return (Some(Severity::S1), Some(Kind::StkOversold));
    }
    if s > t {
        return match hours_milli {
            Some(h) if h < HOUR_MILLI => (Some(Severity::S1), Some(Kind::StkOversellRisk)),
            Some(h) if h < DAY_MILLI => (Some(Severity::S2), Some(Kind::StkOversellRisk)),
            _ => (Some(Severity::S3), None),
        };
    }
    if s <= 0 && t > 0 {
        let severity = if velocity > 0 {
            Severity::S2
        } else {
            Severity::S3
        };
        return (Some(severity), Some(Kind::StkFalseStockout));
    }
    (None, None)
}

/// Risk of a position. A figure of zero is a false stock-out only when something should be shown: a buffer that
/// withholds everything hides stock on purpose.
pub fn risk_of(position: &StockPosition, hours_to_next_write_milli: i64) -> Risk {
    let t = sellable_of(position);
    let shown = position.source_each.unwrap_or(position.publish_each);
    let mut risk = risk(
        t,
        shown,
        position.velocity_milli,
        hours_to_next_write_milli,
        position.price_minor,
    );
    if risk.kind == Some(Kind::StkFalseStockout) && position.publish_each <= 0 {
        risk.kind = None;
        risk.severity = None;
    }
    risk
}

/// One step of the way from the source's figure to the warehouse's shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaterfallStep {
    pub label: String,
    /// Signed: what this step adds.
    pub value: i64,
    pub note: String,
}

fn step(label: &str, value: i64, note: &str) -> WaterfallStep {
    WaterfallStep {
        label: label.to_owned(),
        value,
        note: note.to_owned(),
    }
}

/// The way from what the source shows to what lies on the warehouse's shelves. The first step is the source's figure,
/// the last the unexplained remainder; all together they sum to the on-hand figure. Steps of zero are left out, the
/// first and the last excepted.
pub fn waterfall(position: &StockPosition) -> Vec<WaterfallStep> {
    if let Some(book) = &position.ledger {
        return ledger::goods_waterfall(&book.figures);
    }
    let external = match position.basis {
        // Sales since the write are not in the position: the comparison that knew them left its finding there.
        Basis::NetLive if position.source_each.is_some() => position.external_each,
        _ => drift(position, 0, 0).external,
    };
    let shown = position
        .source_each
        .unwrap_or_else(|| expected(position, 0, 0).unwrap_or(position.publish_each));
    let expected = shown - external;
    let mut steps = vec![step(
        "shown by the source",
        shown,
        if position.source_each.is_some() {
            ""
        } else {
            "not read yet: as expected"
        },
    )];
    let published_then = since_write(position, expected, &mut steps);
    let t = sellable_of(position);
    steps.push(step(
        "not written yet",
        position.publish_each - published_then,
        "changed in the warehouse since the last write; the next write sends it",
    ));
    steps.push(step(
        "withheld",
        t - position.publish_each,
        "buffer, and what is promised beyond zero",
    ));
    steps.push(step(
        "orders not yet allocated",
        position.unsent_each,
        "accepted here, not yet reserved there",
    ));
    let available = t + position.unsent_each;
    let shelf = position.on_hand_each - position.allocated_each;
    if position.others_each != 0 {
        steps.push(step(
            "for other pairs",
            position.others_each,
            "their share of the same sites",
        ));
    }
    steps.push(step(
        "not pickable",
        shelf - available - position.others_each,
        "quarantine, damaged, in returns",
    ));
    steps.push(step(
        "allocated in the warehouse",
        position.allocated_each,
        "reserved for orders",
    ));
    steps.push(step(
        "unexplained",
        -external,
        "another writer, a lost message or a wrong count",
    ));
    let last = steps.len() - 1;
    let mut at = 0;
    steps.retain(|s| {
        let is_kept = s.value != 0 || at == 0 || at == last;
        at += 1;
        is_kept
    });
    steps
}

/// Steps from the expected figure back to the figure we published with the last write, which is returned.
fn since_write(position: &StockPosition, expected: i64, steps: &mut Vec<WaterfallStep>) -> i64 {
    let Some(written) = position.written_each else {
        return expected;
    };
    if position.basis != Basis::Gross {
        steps.push(step(
            "sold since the last write",
            written - expected,
            "lowered by the source's own sales, raised by cancellations",
        ));
        return written;
    }
    let unconfirmed = position
        .unconfirmed_each
        .clamp(0, position.committed_each.max(0));
    steps.push(step(
        "open orders in the source",
        position.committed_each - unconfirmed,
        "the source subtracts them by itself",
    ));
    steps.push(step(
        "despatched, not yet confirmed",
        unconfirmed,
        "still open in the source",
    ));
    steps.push(step(
        "processed since the last write",
        position.processed_since_each,
        "lowered the level by themselves",
    ));
    steps.push(step(
        "open orders at the last write",
        -position.written_committed_each,
        "were part of the level written",
    ));
    written - position.written_committed_each
}

/// What the remainder looks like, when its size gives a hint.
pub fn suggest(position: &StockPosition) -> Option<String> {
    if let Some(book) = &position.ledger {
        return ledger::suggest(&book.figures);
    }
    let remainder = position.remainder_each;
    if remainder == 0 {
        return None;
    }
    let size = remainder.abs();
    let is = |other: i64| other > 0 && size == other;
    let hint = if is(position.unconfirmed_each) {
        "equals what was despatched and not confirmed: a confirmation may be lost"
    } else if is(position.committed_each) {
        "equals the source's open orders: the stock basis of the location may be wrong"
    } else if is(position.unsent_each) {
        "equals the orders not yet allocated: they may be counted twice or not at all"
    } else if is(position.buffer_each) {
        "equals the buffer: another writer may publish without it"
    } else if is(position.allocated_each) {
        "equals what is allocated in the warehouse: another writer may publish on hand instead of available"
    } else if size >= 10 && size % 10 == 0 {
        "is a round number: somebody may have typed the figure by hand"
    } else {
        return None;
    };
    Some(format!("The remainder of {remainder:+} {hint}."))
}

/// Fewer changed items than this never count as a mass change: in a small catalogue a handful is many percent.
pub const MASS_CHANGE_ITEMS_MIN: usize = 20;

/// Whether a run that would change `changed` of `total` items must stop and ask.
pub fn mass_change(changed: usize, total: usize, percent: i64) -> bool {
    let percent = u128::try_from(percent.max(0)).unwrap_or(0);
    changed >= MASS_CHANGE_ITEMS_MIN && changed as u128 * 100 > total as u128 * percent
}

#[cfg(test)]
mod tests;

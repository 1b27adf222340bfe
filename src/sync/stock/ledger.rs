//! What a source's own ledger holds against the warehouse's shelf: drift that nothing in our queues explains, told after two
//! looks and closed by two that agree; debts and doubts about the order of movements that an agreement settles.

use super::compare::{RUN_SPACING, clear, raise};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::drift::ledger::{self as rules, LedgerFigures, LostReturn, RUNS_MIN};
use crate::domain::exception::ObjectRef;
use crate::domain::movements::LaneKey;
use crate::domain::stock::{LedgerBook, StockPosition};
use crate::domain::time::Ts;

/// One item at one location as both systems show it, and what stands in our queues.
#[derive(Debug, Clone)]
pub struct Shown {
    pub figures: LedgerFigures,
    /// Returns whose goods are on the shelf and on their way to no ledger.
    pub lost: Vec<LostReturn>,
    /// Signed units left out with a debt.
    pub owed_each: i64,
    pub warehouse_read_at: Ts,
    pub unit_cost_minor: i64,
    pub velocity_milli: i64,
}

/// What a comparison found.
pub struct Compared {
    pub position: StockPosition,
    pub changes: Vec<Change>,
    /// Both figures are equal once our queues are taken off.
    pub is_equal: bool,
    /// It should be looked at again soon: a drift seen once, or one that is about to be over.
    pub is_pending: bool,
}

/// Compares. `old` is what was known before, or a blank position.
pub fn compare_ledger(old: &StockPosition, shown: &Shown, now: Ts) -> Compared {
    let figures = shown.figures;
    let left = rules::remainder(&figures, &shown.lost);
    let mut position = old.clone();
    take(&mut position, shown, left, now);
    let mut changes = Vec::new();
    let is_pending = judge(&mut position, shown, now, &mut changes);
    Compared {
        position,
        changes,
        is_equal: left == 0,
        is_pending,
    }
}

/// What an agreement settles besides the drift itself.
pub fn settled(position: &StockPosition, is_owed: bool) -> Vec<Change> {
    let lane = LaneKey::of(&position.item, &position.location);
    let evidence = "both systems were read and agree".to_owned();
    let mut changes = vec![Change::Clear {
        kind: Kind::StkSequenceBroken,
        pair: position.pair.clone(),
        discriminator: Some(lane.discriminator()),
        object: ObjectRef::Item(position.item.0.clone()),
        how: "auto".to_owned(),
        evidence: evidence.clone(),
    }];
    if is_owed {
        changes.push(Change::MovementDebtsSettled {
            pair: position.pair.clone(),
            lanes: vec![lane],
            evidence,
        });
    }
    changes
}

fn take(position: &mut StockPosition, shown: &Shown, left: i64, now: Ts) {
    let figures = &shown.figures;
    position.available_each = figures.available;
    position.on_hand_each = figures.on_hand;
    position.allocated_each = figures.allocated;
    position.unsent_each = figures.unsent;
    position.unconfirmed_each = figures.unconfirmed;
    position.committed_each = figures.source_allocated;
    // At rest the ledger shows what lies on the shelf.
    position.publish_each = figures.on_hand;
    position.source_each = Some(figures.source_on_hand);
    position.source_level_each = Some(figures.source_on_hand);
    position.source_read_at = Some(now);
    position.gap_each = figures.source_on_hand - figures.on_hand;
    position.external_each = left;
    position.lag_each = position.gap_each - left;
    position.remainder_each = left;
    position.velocity_milli = shown.velocity_milli;
    position.value_at_risk_minor = left.abs().saturating_mul(shown.unit_cost_minor.max(0));
    position.price_minor = shown.unit_cost_minor;
    position.updated_at = now;
    position.ledger = Some(LedgerBook {
        figures: *figures,
        owed_each: shown.owed_each,
        agreed_since: position.ledger.and_then(|book| book.agreed_since),
        warehouse_read_at: shown.warehouse_read_at,
        unit_cost_minor: shown.unit_cost_minor,
    });
}

/// Counts looks, raises and clears; answers whether another look should follow soon.
fn judge(position: &mut StockPosition, shown: &Shown, now: Ts, changes: &mut Vec<Change>) -> bool {
    if !rules::is_outside(&shown.figures, position.remainder_each) {
        return agree(position, now, changes);
    }
    since_when_agreed(position, None);
    let since = *position.drift_since.get_or_insert(now);
    // Readings seconds apart are one reading.
    if now.since(since) >= RUN_SPACING.times(position.runs) {
        position.runs += 1;
    }
    let faults = rules::findings(
        &position.item,
        &position.location,
        &shown.figures,
        &shown.lost,
        position.runs,
    );
    // Lost stock-ins are the watch of returns' to tell.
    let Some(fault) = faults.into_iter().find(|f| f.kind == Kind::StkDrift) else {
        return position.runs < RUNS_MIN;
    };
    let mut detail = fault.detail;
    if shown.owed_each != 0 {
        let owed = shown.owed_each;
        detail.push_str(&format!("; {owed:+} was left out of the lane with a debt"));
    }
    if let Some(hint) = rules::suggest(&shown.figures) {
        detail.push_str(&format!(". {hint}"));
    }
    let severity = rules::severity(&shown.figures, shown.velocity_milli);
    changes.push(raise(position, Kind::StkDrift, &detail, severity, since));
    false
}

fn since_when_agreed(position: &mut StockPosition, at: Option<Ts>) {
    if let Some(book) = position.ledger.as_mut() {
        book.agreed_since = at;
    }
}

/// A drift that was told is over when two looks agree; one that was only suspected, at once.
fn agree(position: &mut StockPosition, now: Ts, changes: &mut Vec<Change>) -> bool {
    let was_told = position.runs >= RUNS_MIN;
    let since = position.ledger.and_then(|book| book.agreed_since);
    if was_told && since.is_none_or(|at| now.since(at) < RUN_SPACING) {
        since_when_agreed(position, Some(since.unwrap_or(now)));
        return true;
    }
    since_when_agreed(position, None);
    position.runs = 0;
    position.drift_since = None;
    if was_told {
        let evidence = "two comparisons in a row agree";
        changes.push(clear(position, Kind::StkDrift, evidence));
    }
    false
}

//! What the source shows held against what it should show: drift, risk, and two programs correcting each other.

use super::{Moves, object_name};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::drift;
use crate::domain::exception::{ObjectRef, Occurrence, Severity};
use crate::domain::loops;
use crate::domain::policy::Policy;
use crate::domain::stock::{HISTORY_MAX, StockPosition};
use crate::domain::time::{Span, Ts};
use crate::vendors::SourceStock;

/// Two readings count as two only when they are so far apart.
pub(super) const RUN_SPACING: Span = Span::mins(1);

/// Holds what the source shows against what it should show. Returns the position as judged, and what is to be raised or cleared.
pub fn compare(
    old: &StockPosition,
    shown: &SourceStock,
    moves: &Moves,
    policy: &Policy,
    now: Ts,
) -> (StockPosition, Vec<Change>) {
    let mut position = old.clone();
    position.processed_since_each = moves.confirmed_each(old);
    position.source_each = Some(shown.available_each);
    position.source_level_each = Some(shown.level_each);
    position.committed_each = shown.committed_each;
    position.source_read_at = Some(now);
    position.updated_at = now;
    let mut changes = Vec::new();
    if position.written_each.is_none() {
        // Never published: whatever stands there is history, not drift.
        position.gap_each = shown.available_each - position.publish_each;
        return (position, changes);
    }
    let (sold, released) = moves.traded_each(old);
    let found = drift::drift(&position, sold, released);
    position.gap_each = found.gap;
    position.external_each = found.external;
    position.lag_each = found.lag;
    position.remainder_each = found.remainder;
    judge_drift(&mut position, found.is_outside, now, &mut changes);
    judge_risk(&mut position, policy, now, &mut changes);
    judge_loop(&mut position, old, shown, policy, now, &mut changes);
    (position, changes)
}

fn judge_drift(position: &mut StockPosition, is_outside: bool, now: Ts, changes: &mut Vec<Change>) {
    if !is_outside {
        if position.runs > 0 || position.drift_since.is_some() {
            changes.push(clear(position, Kind::StkDrift, "the figures agree again"));
        }
        position.runs = 0;
        position.drift_since = None;
        return;
    }
    // Readings seconds apart are one reading: a confirmation whose answer was lost must have the time to be known.
    let since = *position.drift_since.get_or_insert(now);
    if now.since(since) >= RUN_SPACING.times(position.runs) {
        position.runs += 1;
    }
    if position.runs >= 2 {
        let mut detail = format!(
            "the source shows {}, expected {}; {} nobody can explain in {} readings",
            position.source_each.unwrap_or(0),
            position.source_each.unwrap_or(0) - position.external_each,
            position.remainder_each,
            position.runs
        );
        if let Some(suggestion) = drift::suggest(position) {
            detail.push_str(": ");
            detail.push_str(&suggestion);
        }
        changes.push(raise(
            position,
            Kind::StkDrift,
            &detail,
            None,
            position.drift_since.unwrap_or(now),
        ));
    }
}

fn judge_risk(position: &mut StockPosition, policy: &Policy, now: Ts, changes: &mut Vec<Change>) {
    let sellable = drift::sellable_of(position);
    let shown = position.source_each.unwrap_or(0);
    let hours_milli = policy.stock_interval.as_secs() * 1_000 / 3_600;
    let risk = drift::risk_of(position, hours_milli);
    position.oversell_hours_milli = risk.oversell_hours_milli;
    position.value_at_risk_minor = risk.value_minor;
    for kind in [
        Kind::StkOversellRisk,
        Kind::StkFalseStockout,
        Kind::StkOversold,
    ] {
        // A figure that the next write will mend is lag; only what the source was not told by us is a risk to raise.
        let is_raised =
            risk.kind == Some(kind) && (kind == Kind::StkOversold || position.external_each != 0);
        if is_raised {
            let detail = format!("the source offers {shown}, {sellable} can be sold");
            changes.push(raise(position, kind, &detail, risk.severity, now));
        } else if position.runs == 0 {
            changes.push(clear(
                position,
                kind,
                "the source offers no more than can be shipped",
            ));
        }
    }
}

fn judge_loop(
    position: &mut StockPosition,
    old: &StockPosition,
    shown: &SourceStock,
    policy: &Policy,
    now: Ts,
    changes: &mut Vec<Change>,
) {
    if position.external_each == 0 {
        return;
    }
    if old.source_level_each != Some(shown.level_each) {
        position.history.push((now, shown.level_each));
        let excess = position.history.len().saturating_sub(HISTORY_MAX);
        position.history.drain(..excess);
    }
    if let Some(why) = loops::oscillates(&position.history, &[], policy, now) {
        position.paused_reason = Some(why.clone());
        changes.push(raise(position, Kind::StkLoop, &why, None, now));
    }
}

pub(super) fn raise(
    position: &StockPosition,
    kind: Kind,
    detail: &str,
    severity: Option<Severity>,
    began_at: Ts,
) -> Change {
    Change::Raise(Occurrence {
        kind,
        pair: position.pair.clone(),
        discriminator: format!("ITEM={}", object_name(&position.item, &position.location)),
        object: ObjectRef::Item(object_name(&position.item, &position.location)),
        label: position.item.0.clone(),
        detail: detail.to_owned(),
        began_at,
        ship_by: None,
        value_minor: position.value_at_risk_minor,
        severity,
    })
}

pub(super) fn clear(position: &StockPosition, kind: Kind, evidence: &str) -> Change {
    Change::Clear {
        kind,
        pair: position.pair.clone(),
        discriminator: Some(format!(
            "ITEM={}",
            object_name(&position.item, &position.location)
        )),
        object: ObjectRef::Item(object_name(&position.item, &position.location)),
        how: "auto".to_owned(),
        evidence: evidence.to_owned(),
    }
}

//! Despatches: each is confirmed once and told once.

use super::{Seen, Verdict, capped};
use crate::sandbox::{Effect, Notification, PvxStatus, SimSystem, World};
use std::collections::HashMap;
pub(super) fn confirmed_once(ledger: &[Effect]) -> Verdict {
    let mut processed: HashMap<&str, u32> = HashMap::new();
    for effect in ledger
        .iter()
        .filter(|e| !e.caused_by_world && e.op.starts_with("Process"))
    {
        *processed.entry(effect.object.as_str()).or_default() += 1;
    }
    let broken = processed
        .into_iter()
        .filter(|(_, n)| *n > 1)
        .map(|(order, n)| format!("order {order} was processed {n} times"))
        .collect();
    Verdict::new(
        "I-DSP-1",
        "each despatch is confirmed exactly once",
        capped(broken),
    )
}

pub(super) fn every_despatch_confirmed(world: &World, seen: &Seen) -> Verdict {
    let mut broken = Vec::new();
    for order in world
        .pvx
        .orders
        .iter()
        .filter(|o| o.status == PvxStatus::Despatched)
    {
        let Some(source) = world.linnworks_sale(order) else {
            continue;
        };
        if source.is_open() && !seen.has_case(source) && !seen.is_told(&order.number) {
            broken.push(format!(
                "{} left at {} and order {} is still open",
                order.number, order.status_at, source.number
            ));
        }
    }
    Verdict::new(
        "I-DSP-2",
        "whatever left is confirmed in the source, or a case is open",
        capped(broken),
    )
}

pub(super) fn shopper_told_once(notes: &[Notification]) -> Verdict {
    // Where shipments have messages of their own, each of them may have one.
    let mut told: HashMap<(SimSystem, i64, &str), u32> = HashMap::new();
    for note in notes {
        let key = (note.system, note.number, note.shipment.as_str());
        *told.entry(key).or_default() += 1;
    }
    let broken = told
        .into_iter()
        .filter(|(_, n)| *n > 1)
        .map(|((_, order, _), n)| format!("the shopper of order {order} was told {n} times"))
        .collect();
    Verdict::new(
        "I-DSP-3",
        "the shopper is told at most once",
        capped(broken),
    )
}

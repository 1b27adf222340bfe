//! Despatches: each is confirmed once and told once.

use super::{Bench, Verdict, capped};
use crate::domain::time::Span;
use crate::sandbox::{Despatch, Effect, Notification, PvxStatus, SimSystem};
use crate::sync::LABEL_GRACE;
use std::collections::{BTreeMap, HashMap, HashSet};

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

pub(super) fn every_despatch_confirmed(bench: &Bench<'_>) -> Verdict {
    let mut broken = Vec::new();
    for order in bench.ours().filter(|o| o.status == PvxStatus::Despatched) {
        let Some(sale) = bench.sale_of(order) else {
            continue;
        };
        let is_told = bench.seen.has_case(sale) || bench.seen.is_told(&order.number);
        if sale.is_open && !is_told {
            broken.push(format!(
                "{} left at {} and {} order {} is still open",
                order.number, order.status_at, sale.system, sale.number
            ));
        }
    }
    Verdict::new(
        "I-DSP-2",
        "whatever left is confirmed in the source, or a case is open",
        capped(broken),
    )
}

/// A number booked after its parcel had left is shown by the source, where a shipment can take another one.
pub(super) fn late_labels_arrived(bench: &Bench<'_>, ledger: &[Effect]) -> Verdict {
    let by_hand: HashSet<&str> = ledger
        .iter()
        .filter(|e| e.caused_by_world && is_shipping(e.op))
        .map(|e| e.object.as_str())
        .collect();
    // The next reading and the write behind it take their time.
    let lately = bench.rig.now() - LABEL_SETTLED;
    let mut broken = Vec::new();
    let late = |e: &&Effect| e.op == "Floor tracking" && e.at < lately;
    for effect in ledger.iter().filter(late) {
        let number = effect.detail.get("tracking").and_then(|t| t.as_str());
        let order = bench.ours().find(|o| o.number == effect.object);
        let sale = order.and_then(|o| bench.sale_of(o));
        let (Some(number), Some(sale)) = (number, sale) else {
            continue;
        };
        let Some(labels) = &sale.labels else {
            continue;
        };
        let is_excused = sale.is_cancelled
            || by_hand.contains(sale.number.as_str())
            || bench.seen.has_case(sale)
            || bench.seen.is_told(&effect.object);
        if !labels.iter().any(|l| l == number) && !is_excused {
            broken.push(format!(
                "{} order {}: {number} was booked at {}, the source shows {labels:?}",
                sale.system, sale.number, effect.at
            ));
        }
    }
    Verdict::new(
        "I-DSP-6",
        "a label booked late is shown by the source, or a case is open",
        capped(broken),
    )
}

/// A parcel whose label never came is a case, unless the sales system shows a number all the same.
pub(super) fn lost_labels_told(bench: &Bench<'_>) -> Verdict {
    let waits = bench
        .rig
        .pairs
        .iter()
        .map(|(_, p)| p.policy.wait_for_tracking);
    let grace = waits.max().map_or(LABEL_GRACE, |w| w.max(LABEL_GRACE));
    let before = bench.rig.now() - grace - LABEL_TOLD;
    let is_lost = |d: &&Despatch| d.tracking.is_empty() && d.at.max(d.shown_at) < before;
    let mut broken = Vec::new();
    for despatch in bench.world.pvx.despatches.iter().filter(is_lost) {
        let order = bench.world.pvx.orders.get(despatch.order);
        let sale = order.and_then(|o| bench.sale_of(o));
        let (Some(order), Some(sale)) = (order, sale) else {
            continue;
        };
        let is_excused = sale.is_cancelled
            || bench.seen.lacks_label(sale)
            || bench.seen.is_told(&order.number)
            || sale.labels.iter().flatten().any(|l| !l.is_empty());
        if !is_excused {
            broken.push(format!(
                "{} left at {} for {} order {}, has no label, and nobody is told",
                despatch.number, despatch.at, sale.system, sale.number
            ));
        }
    }
    Verdict::new(
        "I-DSP-7",
        "a parcel whose label never comes is a case",
        capped(broken),
    )
}

/// How long the readings and the watch may take to find one, at a rehearsal's pace.
const LABEL_TOLD: Span = Span::mins(60);

/// A label booked within this time need not be shown yet.
const LABEL_SETTLED: Span = Span::mins(90);

fn is_shipping(op: &str) -> bool {
    let op = op.to_ascii_lowercase();
    ["fulfil", "ship", "pick"]
        .iter()
        .any(|word| op.contains(word))
}

/// Where a source holds what was shipped by line, it never shows more than left, unless somebody there said so by hand.
pub(super) fn no_more_than_left(bench: &Bench<'_>, ledger: &[Effect]) -> Verdict {
    let by_hand: HashSet<&str> = ledger
        .iter()
        .filter(|e| e.caused_by_world && is_shipping(e.op))
        .map(|e| e.object.as_str())
        .collect();
    let mut broken = Vec::new();
    for sale in &bench.sales {
        let Some(shipped) = &sale.shipped else {
            continue;
        };
        let mut left: BTreeMap<String, i64> = BTreeMap::new();
        for line in bench.orders_of(sale).flat_map(|o| &o.lines) {
            if let Some(item) = bench.world.pvx.items.get(line.item) {
                *left.entry(item.code.clone()).or_default() += line.despatched;
            }
        }
        for (code, units) in shipped {
            let gone = left.get(code).copied().unwrap_or(0);
            let is_hands = by_hand.contains(sale.number.as_str());
            if *units > gone && !is_hands && !bench.seen.has_case(sale) {
                broken.push(format!(
                    "{} order {} shows {units} of {code} as shipped, {gone} left",
                    sale.system, sale.number
                ));
            }
        }
    }
    Verdict::new(
        "I-DSP-4",
        "no source shows more as shipped than left the building",
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

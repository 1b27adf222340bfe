//! Orders: each arrives once, whole, and is left alone once the floor has it.

use super::{Bench, Verdict, capped};
use crate::sandbox::{Effect, PvxOrder, PvxStatus, World};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

/// `touched` are the objects somebody did something to so lately that no reading can have seen it.
pub(super) fn orders_arrived(bench: &Bench<'_>, touched: &HashSet<String>) -> Verdict {
    let broken = bench
        .sales
        .iter()
        .filter(|s| s.is_released && !touched.contains(&s.number))
        .filter(|s| bench.orders_of(s).next().is_none() && !bench.seen.has_case(s))
        .map(|s| {
            format!(
                "{} order {} is released, not in the warehouse, and nobody was told",
                s.system, s.number
            )
        })
        .collect();
    Verdict::new(
        "I-ORD-1",
        "every released order is in the warehouse or has an open case",
        capped(broken),
    )
}

pub(super) fn one_live_order(bench: &Bench<'_>) -> Verdict {
    let mut broken = Vec::new();
    for ((system, reference), orders) in &bench.held {
        let live: Vec<&str> = orders
            .iter()
            .filter_map(|at| bench.world.pvx.orders.get(*at))
            .filter(|o| o.status != PvxStatus::Cancelled)
            .map(|o| o.number.as_str())
            .collect();
        if live.len() > 1 {
            broken.push(format!(
                "{system} {reference} stands {} times: {}",
                live.len(),
                live.join(", ")
            ));
        }
    }
    Verdict::new(
        "I-ORD-2",
        "at most one live warehouse order per source order",
        capped(broken),
    )
}

/// Item code and units on a warehouse order.
fn held_lines(world: &World, order: &PvxOrder) -> BTreeMap<String, i64> {
    let mut held: BTreeMap<String, i64> = BTreeMap::new();
    for line in order.lines.iter().filter(|l| l.ordered > 0) {
        if let Some(item) = world.pvx.items.get(line.item) {
            let code = item.code.trim_start_matches("~D~").to_owned();
            *held.entry(code).or_default() += line.ordered;
        }
    }
    held
}

pub(super) fn lines_equal(bench: &Bench<'_>) -> Verdict {
    let mut broken = Vec::new();
    let judged = |s: &&super::SaleFact| {
        (s.is_released || s.is_shipped) && !s.is_in_parts && !bench.seen.has_case(s)
    };
    for sale in bench.sales.iter().filter(judged) {
        for order in bench
            .orders_of(sale)
            .filter(|o| o.status != PvxStatus::Cancelled)
        {
            let held = held_lines(bench.world, order);
            if sale.wanted != held {
                broken.push(format!(
                    "{} order {}: sold {:?}, in the warehouse {held:?}",
                    sale.system, sale.number, sale.wanted
                ));
            }
        }
    }
    Verdict::new(
        "I-ORD-3",
        "lines in the warehouse equal the lines sold, or a case is open",
        capped(broken),
    )
}

pub(super) fn no_empty_headers(bench: &Bench<'_>) -> Verdict {
    let broken = bench
        .ours()
        .filter(|o| o.lines.is_empty() && !o.status.is_closed())
        .filter(|o| {
            let bare = o.number.split_once('-').map_or("", |(_, rest)| rest);
            !bench.seen.is_told(bare) && !bench.seen.is_told(&o.number)
        })
        .map(|o| format!("{} stands without lines since {}", o.number, o.created_at))
        .collect();
    Verdict::new(
        "I-ORD-4",
        "no warehouse order without lines at rest",
        capped(broken),
    )
}

/// An order the warehouse cancelled because we asked, or whose sale was cancelled, never leaves the building unseen.
pub(super) fn nothing_shipped_after_cancel(bench: &Bench<'_>, ledger: &[Effect]) -> Verdict {
    let mut cancelled: HashSet<&str> = HashSet::new();
    let mut broken = Vec::new();
    for effect in ledger {
        if !effect.caused_by_world && detail_flag(effect, "cancelled") {
            cancelled.insert(effect.object.as_str());
        }
        if effect.op == "Floor despatch"
            && cancelled.contains(effect.object.as_str())
            && !bench.seen.is_told(&effect.object)
        {
            broken.push(format!(
                "{} left the building after it was cancelled",
                effect.object
            ));
        }
    }
    broken.extend(shipped_though_cancelled(bench));
    Verdict::new(
        "I-ORD-5",
        "nothing ships after a cancel, or the case is open",
        capped(broken),
    )
}

fn shipped_though_cancelled(bench: &Bench<'_>) -> Vec<String> {
    bench
        .ours()
        .filter(|o| o.status == PvxStatus::Despatched)
        .filter_map(|o| Some((o, bench.sale_of(o)?)))
        .filter(|(_, sale)| sale.is_cancelled)
        .filter(|(o, sale)| !bench.seen.has_case(sale) && !bench.seen.is_told(&o.number))
        .map(|(o, sale)| {
            format!(
                "{} left at {} although sale {} is cancelled, and nobody was told",
                o.number, o.status_at, sale.number
            )
        })
        .collect()
}

fn detail_flag(effect: &Effect, name: &str) -> bool {
    effect.detail.get(name).and_then(Value::as_bool) == Some(true)
}

/// Statuses an order may be changed in; the sandbox notes the status it had at the moment of the write.
pub(super) const OPEN_TO_CHANGE: [&str; 4] =
    ["New", "Back order", "Allocated", "Partially allocated"];

pub(super) fn no_write_after_picking(ledger: &[Effect]) -> Verdict {
    let broken = ledger
        .iter()
        .filter(|e| !e.caused_by_world && changes_an_order(e))
        .filter(|e| {
            let status = e.detail.get("status").and_then(Value::as_str);
            !status.is_some_and(|s| OPEN_TO_CHANGE.contains(&s))
        })
        .map(|e| {
            format!(
                "{} was written ({}) while the floor had it: {}",
                e.object, e.op, e.detail
            )
        })
        .collect();
    Verdict::new(
        "I-ORD-6",
        "no change is written once picking began",
        capped(broken),
    )
}

/// Where rules choose the building, an order stands only where they send it, and never moves; one they send nowhere is
/// held, and a person knows.
pub(super) fn at_its_site(bench: &Bench<'_>, ledger: &[Effect]) -> Verdict {
    let mut broken: Vec<String> = ledger
        .iter()
        .filter(|e| !e.caused_by_world && e.op == "SaveData Sales orders")
        .filter(|e| !detail_flag(e, "created") && e.detail.pointer("/changed/Site").is_some())
        .map(|e| format!("{} was moved to another site", e.object))
        .collect();
    for sale in &bench.sales {
        let Some(sites) = &sale.sites else {
            continue;
        };
        for order in bench.orders_of(sale).filter(|o| !sites.contains(&o.site)) {
            broken.push(format!(
                "{} stands at site {}, its rules give {sites:?}",
                order.number, order.site
            ));
        }
        let is_waiting = sale.is_released && sites.is_empty();
        if is_waiting && bench.seen.rows.contains_key(&sale.reference) && !bench.seen.has_case(sale)
        {
            broken.push(format!(
                "{} order {} fits no rule, and nobody was told",
                sale.system, sale.number
            ));
        }
    }
    Verdict::new(
        "I-ORD-7",
        "an order stands only at the site its rules give, or is held with a case",
        capped(broken),
    )
}

/// Whether a write tries to change what stands in the warehouse: a header value, a cancellation, or any line.
fn changes_an_order(effect: &Effect) -> bool {
    match effect.op {
        "SaveData Sales orders" => {
            let changed = effect.detail.get("changed").and_then(Value::as_object);
            !detail_flag(effect, "created")
                && (changed.is_none_or(|c| !c.is_empty()) || detail_flag(effect, "cancel"))
        }
        "SaveData Sales order items" => true,
        _ => false,
    }
}

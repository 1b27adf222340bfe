//! Orders: each arrives once, whole, and is left alone once the floor has it.

use super::{Seen, Verdict, capped, is_ours, is_released};
use crate::sandbox::{Book, Effect, LwOrder, PvxOrder, PvxStatus, World};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
fn by_reference(world: &World) -> HashMap<String, Vec<usize>> {
    let mut map: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, order) in world.pvx.orders.iter().enumerate() {
        if is_ours(world, &order.number) && !order.po_reference.is_empty() {
            map.entry(order.po_reference.to_lowercase())
                .or_default()
                .push(at);
        }
    }
    map
}

/// `touched` are the numbers of orders somebody did something to so lately that no reading can have seen it.
pub(super) fn orders_arrived(world: &World, seen: &Seen, touched: &HashSet<String>) -> Verdict {
    let present = by_reference(world);
    let broken = world
        .lw
        .orders
        .iter()
        .filter(|o| is_released(world, o) && !touched.contains(&o.number.to_string()))
        .filter(|o| !present.contains_key(&o.id.to_string().to_lowercase()) && !seen.has_case(o))
        .map(|o| {
            format!(
                "order {} is released, not in the warehouse, and nobody was told",
                o.number
            )
        })
        .collect();
    Verdict::new(
        "I-ORD-1",
        "every released order is in the warehouse or has an open case",
        capped(broken),
    )
}

pub(super) fn one_live_order(world: &World) -> Verdict {
    let broken = by_reference(world)
        .into_iter()
        .filter_map(|(reference, orders)| {
            let live: Vec<&str> = orders
                .iter()
                .filter_map(|at| world.pvx.orders.get(*at))
                .filter(|o| o.status != PvxStatus::Cancelled)
                .map(|o| o.number.as_str())
                .collect();
            (live.len() > 1).then(|| {
                format!(
                    "{reference} stands {} times: {}",
                    live.len(),
                    live.join(", ")
                )
            })
        })
        .collect();
    Verdict::new(
        "I-ORD-2",
        "at most one live warehouse order per source order",
        capped(broken),
    )
}

/// What the warehouse should hold for a source order: item code and quantity, kits exploded, services left out.
fn wanted_lines(world: &World, order: &LwOrder) -> BTreeMap<String, i64> {
    let mut wanted: BTreeMap<String, i64> = BTreeMap::new();
    for line in order.lines.iter().filter(|l| !l.is_service) {
        let item = line.item.and_then(|ix| world.lw.items.get(ix));
        match item.filter(|i| !i.components.is_empty()) {
            Some(kit) => {
                for (component, each) in &kit.components {
                    if let Some(part) = world.lw.items.get(*component) {
                        *wanted.entry(part.sku.clone()).or_default() += each * line.quantity;
                    }
                }
            }
            None => *wanted.entry(line.sku.clone()).or_default() += line.quantity,
        }
    }
    wanted
}

/// Units of one item in a source order.
pub fn units_of(world: &World, order: &LwOrder, code: &str) -> i64 {
    wanted_lines(world, order).get(code).copied().unwrap_or(0)
}

fn held_lines(world: &World, at: usize) -> BTreeMap<String, i64> {
    let mut held: BTreeMap<String, i64> = BTreeMap::new();
    for line in world
        .pvx
        .orders
        .get(at)
        .map(|o| o.lines.as_slice())
        .unwrap_or_default()
    {
        if let Some(item) = world.pvx.items.get(line.item)
            && line.ordered > 0
        {
            *held
                .entry(item.code.trim_start_matches("~D~").to_owned())
                .or_default() += line.ordered;
        }
    }
    held
}

pub(super) fn lines_equal(world: &World, seen: &Seen) -> Verdict {
    let present = by_reference(world);
    let mut broken = Vec::new();
    for order in world
        .lw
        .orders
        .iter()
        .filter(|o| is_released(world, o) || matches!(o.book, Book::Processed(_)))
    {
        let Some(numbers) = present.get(&order.id.to_string().to_lowercase()) else {
            continue;
        };
        let is_split = world.lw.relations.iter().any(|(parent, child, _)| {
            world
                .lw
                .orders
                .get(*parent)
                .is_some_and(|p| p.id == order.id)
                || world
                    .lw
                    .orders
                    .get(*child)
                    .is_some_and(|c| c.id == order.id)
        });
        if is_split || seen.has_case(order) {
            continue;
        }
        for at in numbers.iter().filter(|at| {
            world
                .pvx
                .orders
                .get(**at)
                .is_some_and(|o| o.status != PvxStatus::Cancelled)
        }) {
            let (wanted, held) = (wanted_lines(world, order), held_lines(world, *at));
            if wanted != held {
                broken.push(format!(
                    "order {}: sold {wanted:?}, in the warehouse {held:?}",
                    order.number
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

pub(super) fn no_empty_headers(world: &World, seen: &Seen) -> Verdict {
    let broken = world
        .pvx
        .orders
        .iter()
        .filter(|o| is_ours(world, &o.number) && o.lines.is_empty() && !o.status.is_closed())
        .filter(|o| {
            let prefix = format!("{}-", world.config.wms_prefix);
            !seen.is_told(o.number.trim_start_matches(&prefix)) && !seen.is_told(&o.number)
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
pub(super) fn nothing_shipped_after_cancel(
    world: &World,
    ledger: &[Effect],
    seen: &Seen,
) -> Verdict {
    let mut cancelled: HashSet<&str> = HashSet::new();
    let mut broken = Vec::new();
    for effect in ledger {
        if !effect.caused_by_world && detail_flag(effect, "cancelled") {
            cancelled.insert(effect.object.as_str());
        }
        if effect.op == "Floor despatch"
            && cancelled.contains(effect.object.as_str())
            && !seen.is_told(&effect.object)
        {
            broken.push(format!(
                "{} left the building after it was cancelled",
                effect.object
            ));
        }
    }
    broken.extend(shipped_though_cancelled(world, seen));
    Verdict::new(
        "I-ORD-5",
        "nothing ships after a cancel, or the case is open",
        capped(broken),
    )
}

fn shipped_though_cancelled(world: &World, seen: &Seen) -> Vec<String> {
    let despatched = |o: &&PvxOrder| o.status == PvxStatus::Despatched;
    world
        .pvx
        .orders
        .iter()
        .filter(despatched)
        .filter_map(|o| Some((o, world.linnworks_sale(o)?)))
        .filter(|(_, sale)| matches!(sale.book, Book::Cancelled(_)))
        .filter(|(o, sale)| !seen.has_case(sale) && !seen.is_told(&o.number))
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

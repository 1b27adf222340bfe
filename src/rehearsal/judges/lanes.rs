//! Ledgers a source keeps itself: every movement of the warehouse that is no despatch is in it once, in the order in which
//! the goods moved, and what it shows agrees with the shelf.

use super::{Bench, Verdict, capped};
use crate::domain::catalogue::Kind;
use crate::domain::drift::tolerance;
use crate::domain::time::{Span, Ts};
use crate::sandbox::{Effect, PvxStatus, SimSystem, StockMovement, World};
use std::collections::{BTreeMap, HashSet};

/// Movements of the last stretch need not be posted yet.
const SETTLED: Span = Span::mins(70);
/// The location and site of the lanes that are judged: the first of each, which carry the trade.
const SITE: usize = 0;

/// Signed changes per item code.
type Changes<'w> = BTreeMap<&'w str, Vec<i64>>;

fn is_judged(bench: &Bench<'_>) -> bool {
    bench.rig.pairs.iter().any(|(s, _)| *s == SimSystem::Cin7)
}

/// Goods that left for an order. What comes back carries the order's number too, and is booked like any other movement.
fn is_despatch(movement: &StockMovement) -> bool {
    !movement.order.is_empty() && movement.change() < 0
}

/// Goods that left for an order of the source's own, or of one that took such a number: the source lowers its figure when
/// it ships.
fn is_own_despatch(movement: &StockMovement, number_start: &str) -> bool {
    is_despatch(movement) && movement.order.starts_with(number_start)
}

/// How the warehouse numbers of the ledger's own orders begin.
fn number_start(bench: &Bench<'_>) -> String {
    let mut pairs = bench.rig.pairs.iter();
    let own = pairs.find(|(s, _)| *s == SimSystem::Cin7);
    own.map_or_else(String::new, |(_, pair)| pair.number_start())
}

/// What moved on the shelf and is no despatch of the source's own, oldest first.
fn moved<'w>(world: &'w World, number_start: &str) -> Changes<'w> {
    let mut out = Changes::new();
    for movement in world.pvx.movements.iter().filter(|m| m.site == SITE) {
        let change = movement.change();
        if let Some(item) = world.pvx.items.get(movement.item)
            && change != 0
            && !is_own_despatch(movement, number_start)
        {
            out.entry(item.code.as_str()).or_default().push(change);
        }
    }
    out
}

fn place(world: &World) -> &str {
    world
        .cin7
        .locations
        .get(SITE)
        .map_or("", |l| l.name.as_str())
}

/// What tells the drift of an item at the judged location apart from others.
pub(super) fn drift_of(world: &World, code: &str) -> String {
    let location = world.cin7.locations.get(SITE);
    format!(
        "ITEM={code}@{}",
        location.map_or_else(String::new, |l| l.id.to_string())
    )
}

/// The item code of an effect on the judged location.
fn item_of<'e>(effect: &'e Effect, place: &str) -> Option<&'e str> {
    let (sku, at) = effect.object.rsplit_once('@')?;
    (at == place || at.starts_with(&format!("{place}: "))).then_some(sku)
}

fn change_of(effect: &Effect) -> i64 {
    let figure = |name: &str| effect.detail.get(name).and_then(serde_json::Value::as_f64);
    match (figure("before"), figure("after")) {
        // Units are whole in a rehearsal.
        (Some(before), Some(after)) => (after - before) as i64,
        _ => 0,
    }
}

/// What was posted, oldest first.
fn posted<'e>(ledger: &'e [Effect], place: &str) -> Changes<'e> {
    let mut out = Changes::new();
    for effect in ledger.iter().filter(|e| is_ours(e)) {
        if let Some(item) = item_of(effect, place) {
            out.entry(item).or_default().push(change_of(effect));
        }
    }
    out
}

fn is_ours(effect: &Effect) -> bool {
    effect.system == SimSystem::Cin7 && effect.op == "Adjustment" && !effect.caused_by_world
}

/// Items that moved so lately that the source need not know yet.
fn fresh<'w>(bench: &Bench<'_>, world: &'w World) -> HashSet<&'w str> {
    let since = bench.rig.now() - SETTLED;
    let late = world.pvx.movements.iter().filter(|m| m.at >= since);
    late.filter_map(|m| world.pvx.items.get(m.item))
        .map(|i| i.code.as_str())
        .collect()
}

pub(super) fn posted_once_in_order(bench: &Bench<'_>, ledger: &[Effect]) -> Verdict {
    let mut broken = Vec::new();
    if is_judged(bench) {
        let world = bench.world;
        let (moved, posted) = (
            moved(world, &number_start(bench)),
            posted(ledger, place(world)),
        );
        let fresh = fresh(bench, world);
        let items: HashSet<&str> = moved.keys().chain(posted.keys()).copied().collect();
        for item in items {
            let none = Vec::new();
            let (moved, posted) = (
                moved.get(item).unwrap_or(&none),
                posted.get(item).unwrap_or(&none),
            );
            let is_excused = bench.seen.is_told(item) || fresh.contains(item);
            if moved != posted && !is_excused {
                broken.push(format!("{item}: moved {moved:?}, posted {posted:?}"));
            }
        }
        broken.sort();
    }
    Verdict::new(
        "I-STK-3",
        "every movement but a despatch of its own is in the ledger once and in order, or a case is open",
        capped(broken),
    )
}

/// Items whose figures others touched, or that are on orders which are not settled.
fn unsettled<'w>(
    bench: &Bench<'_>,
    world: &'w World,
    ledger: &'w [Effect],
    place: &str,
) -> HashSet<&'w str> {
    let mut out = posted_by_people(ledger, place, Ts::MIN);
    out.extend(on_open_sales(bench, world, ledger));
    out.extend(overdrawn(world));
    // Goods that left for an order which took such a number are in no ledger of ours.
    let number_start = number_start(bench);
    for despatch in &world.pvx.despatches {
        let Some(order) = world.pvx.orders.get(despatch.order) else {
            continue;
        };
        if order.number.starts_with(&number_start) && bench.sale_of(order).is_none() {
            let lines = order.lines.iter();
            out.extend(
                lines
                    .filter_map(|l| world.pvx.items.get(l.item))
                    .map(|i| i.code.as_str()),
            );
        }
    }
    out
}

/// Items whose figure people wrote themselves since a time.
fn posted_by_people<'w>(ledger: &'w [Effect], place: &str, since: Ts) -> HashSet<&'w str> {
    ledger
        .iter()
        .filter(|e| e.system == SimSystem::Cin7 && e.caused_by_world && e.at >= since)
        .filter(|e| e.op == "Adjustment")
        .filter_map(|e| item_of(e, place))
        .collect()
}

/// Items on orders that are not settled.
fn on_open_sales<'w>(
    bench: &Bench<'_>,
    world: &'w World,
    ledger: &'w [Effect],
) -> HashSet<&'w str> {
    let mut out: HashSet<&str> = HashSet::new();
    let by_hand: HashSet<&str> = ledger
        .iter()
        .filter(|e| e.system == SimSystem::Cin7 && e.caused_by_world)
        .filter(|e| {
            !matches!(
                e.op,
                "Sale created" | "Sale authorised" | "Backorder filled"
            )
        })
        .map(|e| e.object.as_str())
        .collect();
    for sale in bench.sales.iter().filter(|s| s.system == SimSystem::Cin7) {
        let is_known = bench.seen.has_case(sale) || by_hand.contains(sale.number.as_str());
        // Fulfilled by hand, it may never have been in the warehouse at all.
        let sold = sale.wanted.keys().filter(|_| is_known);
        let known = sold.filter_map(|code| world.pvx.item_by_code.get(code));
        out.extend(
            known
                .filter_map(|ix| world.pvx.items.get(*ix))
                .map(|i| i.code.as_str()),
        );
        for order in bench.orders_of(sale) {
            let is_open = is_known || sale.is_open || order.status != PvxStatus::Despatched;
            for line in order.lines.iter().filter(|_| is_open) {
                out.extend(world.pvx.items.get(line.item).map(|i| i.code.as_str()));
            }
        }
    }
    out
}

/// Items of which more left than the shelf was said to hold: the simulated shelf stops at nothing, a ledger does not.
fn overdrawn(world: &World) -> HashSet<&str> {
    let mut units: BTreeMap<usize, i64> = BTreeMap::new();
    for despatch in &world.pvx.despatches {
        let Some(order) = world.pvx.orders.get(despatch.order) else {
            continue;
        };
        for (line, quantity) in &despatch.lines {
            if let Some(line) = order.lines.get(*line) {
                *units.entry(line.item).or_default() += quantity;
            }
        }
    }
    for movement in world.pvx.movements.iter().filter(|m| is_despatch(m)) {
        *units.entry(movement.item).or_default() += movement.change();
    }
    let odd = units.into_iter().filter(|(_, left)| *left != 0);
    odd.filter_map(|(at, _)| world.pvx.items.get(at))
        .map(|i| i.code.as_str())
        .collect()
}

pub(super) fn ledger_agrees(bench: &Bench<'_>, ledger: &[Effect]) -> Verdict {
    let mut broken = Vec::new();
    if is_judged(bench) {
        let world = bench.world;
        let place = place(world);
        let mut left_out = unsettled(bench, world, ledger, place);
        left_out.extend(fresh(bench, world));
        for (at, item) in world.pvx.items.iter().enumerate() {
            let code = item.code.as_str();
            let is_held = world.cin7.product_by_sku.contains_key(code) && !item.is_deleted;
            if !is_held || bench.seen.is_told(code) || left_out.contains(code) {
                continue;
            }
            let shelf = world.pvx.shelf(at, SITE).on_hand;
            let shown = world.cin7_on_hand(code, place);
            if shelf != shown {
                broken.push(format!(
                    "{code}: {shown} in the ledger, {shelf} on the shelf"
                ));
            }
        }
    }
    Verdict::new(
        "I-STK-4",
        "the ledger agrees with the shelf where nobody else wrote and everything is settled",
        capped(broken),
    )
}

/// Whatever the reason, a ledger that disagrees with the shelf is told, and one that agrees is not.
pub(super) fn disagreement_is_told(bench: &Bench<'_>, ledger: &[Effect]) -> Verdict {
    let mut broken = Vec::new();
    if is_judged(bench) {
        let world = bench.world;
        let place = place(world);
        let mut left_out = on_open_sales(bench, world, ledger);
        left_out.extend(fresh(bench, world));
        left_out.extend(posted_by_people(ledger, place, bench.rig.now() - SETTLED));
        for (at, item) in world.pvx.items.iter().enumerate() {
            let code = item.code.as_str();
            let is_held = world.cin7.product_by_sku.contains_key(code) && !item.is_deleted;
            if !is_held || left_out.contains(code) {
                continue;
            }
            let shelf = world.pvx.shelf(at, SITE);
            let shown = world.cin7_on_hand(code, place);
            let apart = (shelf.on_hand - shown).abs();
            let drift = (Kind::StkDrift, drift_of(world, code));
            let is_drift_told = bench.seen.cased.contains(&drift);
            if apart > tolerance(shelf.available()) && !bench.seen.is_told(code) {
                broken.push(format!(
                    "{code}: {shown} in the ledger, {} on the shelf, and nobody was told",
                    shelf.on_hand
                ));
            } else if apart == 0 && is_drift_told {
                broken.push(format!(
                    "{code}: {shown} in the ledger and on the shelf, and a drift is open"
                ));
            }
        }
    }
    Verdict::new(
        "I-STK-8",
        "a ledger that disagrees with the shelf is told, and only that",
        capped(broken),
    )
}

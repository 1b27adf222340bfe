//! Stock: the figures shown equal the formula, nobody fights over them, and no forbidden edge is written.

use super::sales::promised;
use super::{Bench, Verdict, capped};
use crate::domain::time::{Span, Ts};
use crate::sandbox::{Effect, SimSystem, World};
use std::collections::{HashMap, HashSet};

/// Figures changed by others within this time need not be published yet.
const SETTLED: Span = Span::mins(70);

pub(super) fn no_forbidden_write(ledger: &[Effect]) -> Verdict {
    let broken = ledger
        .iter()
        .filter(|e| !e.caused_by_world)
        .filter(|e| {
            e.op.contains("UpdateStockLevelsBySKU")
                || e.op.contains("Stock adjust")
                || e.op.contains("Item inventory")
        })
        .map(|e| format!("{} on {}", e.op, e.object))
        .collect();
    Verdict::new(
        "I-STK-5",
        "no write on a forbidden edge, no relative stock write",
        capped(broken),
    )
}

/// What a source shows for an item of the warehouse at its mapped location; `None` when it has no such figure.
fn shown(world: &World, system: SimSystem, code: &str) -> Option<i64> {
    match system {
        SimSystem::Linnworks => {
            let at = *world.lw.item_by_sku.get(code)?;
            let item = world.lw.items.get(at)?;
            if !item.components.is_empty() || item.is_archived {
                return None;
            }
            let place = world.lw.location_named(crate::sandbox::MAPPED_LOCATION)?;
            Some(world.lw.available(code, place))
        }
        SimSystem::Shopline => {
            let place = world.shop.location_named(crate::sandbox::SHOP_LOCATION)?;
            let variant = world.shop.variants.iter().find(|v| v.code == code)?;
            if !variant.is_tracked {
                return None;
            }
            world.shop.level(&variant.sku, place).map(|l| l.available)
        }
        SimSystem::Cin7 | SimSystem::Peoplevox => None,
    }
}

/// Items of the shop's orders that changed lately: each moves the shop's own figure.
fn changed_in_shop(world: &World, since: Ts) -> impl Iterator<Item = &str> {
    let orders = world.shop.orders.iter();
    let lines = orders
        .filter(move |o| o.updated_at >= since)
        .flat_map(|o| &o.lines);
    lines
        .filter_map(|l| world.shop.variants.get(l.variant?))
        .map(|v| v.code.as_str())
}

/// At rest a source shows the formula: its share of what is available in the warehouse, less what it promised and is not
/// yet allocated.
pub(super) fn published_figures(bench: &Bench<'_>, ledger: &[Effect]) -> Verdict {
    // People and other connectors go on after the last fault: what they touched just now was not compared since.
    let since = bench.rig.now() - SETTLED;
    let mut touched: HashSet<&str> = ledger
        .iter()
        .rev()
        .take_while(|e| e.at >= since)
        .filter(|e| e.caused_by_world)
        .filter_map(|e| e.object.split('@').next())
        .collect();
    touched.extend(changed_in_shop(bench.world, since));
    // The shop knows some items under a SKU of its own.
    let own: Vec<&str> = touched
        .iter()
        .filter_map(|sku| bench.world.shop.variant_by_sku.get(*sku))
        .filter_map(|ix| bench.world.shop.variants.get(*ix))
        .map(|v| v.code.as_str())
        .collect();
    touched.extend(own);
    let mut broken = Vec::new();
    for (system, _) in &bench.rig.pairs {
        let sites = bench.rig.published_sites(bench.world, *system);
        let share = bench.rig.share_percent(*system);
        for (at, item) in bench.world.pvx.items.iter().enumerate() {
            let code = item.code.as_str();
            let is_told = bench.seen.cased_labels.iter().any(|l| l.starts_with(code));
            if item.is_deleted || is_told || touched.contains(code) {
                continue;
            }
            let Some(shown) = shown(bench.world, *system, code) else {
                continue;
            };
            let shelves = bench.world.pvx.stock.get(at);
            let available: i64 = sites
                .iter()
                .filter_map(|s| shelves.and_then(|row| row.get(*s)))
                .map(|s| s.available())
                .sum();
            let promised = promised(bench.world, &bench.sales, &bench.held, *system, (at, code));
            let buffer = bench.rig.buffer_of(*system, code);
            let part = if available > 0 {
                available * share / 100
            } else {
                available
            };
            let wanted = (part - promised - buffer).max(0);
            if shown != wanted {
                broken.push(format!(
                    "{system} {code}: shows {shown}, should show {wanted} ({available} available, share {share} %, \
                     {promised} promised, buffer {buffer})"
                ));
            }
        }
    }
    Verdict::new(
        "I-STK-6",
        "published figures equal the formula",
        capped(broken),
    )
}

/// Our own writes of one figure never follow each other without anything having changed.
pub(super) fn is_not_fought_over(ledger: &[Effect]) -> Verdict {
    let mut last: HashMap<&str, (&str, u32)> = HashMap::new();
    let mut broken = Vec::new();
    for effect in ledger.iter().filter(|e| e.op == "SetStockLevel") {
        if effect.caused_by_world {
            last.remove(effect.object.as_str());
            continue;
        }
        let entry = last.entry(effect.object.as_str()).or_insert(("", 0));
        if entry.0 == effect.content_hash {
            entry.1 += 1;
            if entry.1 == 6 {
                broken.push(format!(
                    "{} was set to the same figure again and again",
                    effect.object
                ));
            }
        } else {
            *entry = (effect.content_hash.as_str(), 0);
        }
    }
    Verdict::new(
        "I-LIM-2",
        "no figure is written again and again without cause",
        capped(broken),
    )
}

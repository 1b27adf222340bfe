//! Stock: the figures shown equal the formula, nobody fights over them, and no forbidden edge is written.

use super::{Seen, Verdict, capped};
use crate::domain::time::Span;
use crate::rehearsal::Rig;
use crate::sandbox::{Effect, World};
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

/// At rest the source shows the formula: available in the warehouse, less what is promised and not yet allocated.
pub(super) fn published_figures(
    rig: &Rig,
    world: &World,
    seen: &Seen,
    ledger: &[Effect],
) -> Verdict {
    // People and other connectors go on after the last fault: what they touched just now was not compared since.
    let since = rig.now() - SETTLED;
    let touched: HashSet<&str> = ledger
        .iter()
        .rev()
        .take_while(|e| e.at >= since)
        .filter(|e| e.caused_by_world)
        .filter_map(|e| e.object.split('@').next())
        .collect();
    let Some(location) = world.lw.location_named(crate::sandbox::MAPPED_LOCATION) else {
        return Verdict::new(
            "I-STK-6",
            "published figures equal the formula",
            vec!["no mapped location".to_owned()],
        );
    };
    let mut broken = Vec::new();
    for (at, item) in world
        .pvx
        .items
        .iter()
        .enumerate()
        .filter(|(_, i)| !i.is_deleted)
    {
        let Some(source) = world
            .lw
            .item_by_sku
            .get(&item.code)
            .and_then(|ix| world.lw.items.get(*ix))
        else {
            continue;
        };
        if !source.components.is_empty()
            || source.is_archived
            || seen.cased_labels.iter().any(|l| l.starts_with(&item.code))
        {
            continue;
        }
        if touched.contains(item.code.as_str()) {
            continue;
        }
        let available: i64 = rig
            .published_sites(world)
            .iter()
            .filter_map(|s| world.pvx.stock.get(at).and_then(|row| row.get(*s)))
            .map(|s| s.available())
            .sum();
        let promised: i64 = rig.promised(world, at, &item.code);
        let buffer = rig.buffer_of(&item.code);
        let wanted = (available - promised - buffer).max(0);
        let shown = world.lw.available(&item.code, location);
        if shown != wanted {
            broken.push(format!("{}: shows {shown}, should show {wanted} ({available} available, {promised} promised, buffer {buffer})", item.code));
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

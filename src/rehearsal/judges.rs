//! The judges: invariants checked against the sandbox's own state and ledger of effects, and against what people can
//! see in the product (open exceptions). They never look at the engine's queue to decide what should have happened.

use super::{RehearsalError, Rig};
use crate::domain::exception::ObjectRef;
use crate::domain::ids::OrderId;
use crate::domain::order::OrderRow;
use crate::domain::time::{Span, Ts};
use crate::sandbox::{Book, Effect, LwOrder, PvxStatus, World};
use std::collections::{BTreeMap, HashMap, HashSet};

/// One invariant, held or broken.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Verdict {
    /// Code of the rule.
    pub code: &'static str,
    /// What must hold, in one line.
    pub rule: &'static str,
    /// The objects that break it, with the reason. Empty when it holds.
    pub broken: Vec<String>,
}

impl Verdict {
    fn new(code: &'static str, rule: &'static str, broken: Vec<String>) -> Self {
        Self { code, rule, broken }
    }

    /// Whether the rule holds.
    pub fn holds(&self) -> bool {
        self.broken.is_empty()
    }
}

/// Figures changed by others within this time need not be published yet.
const SETTLED: Span = Span::mins(70);

/// Objects named at most per broken rule.
const NAMED_MAX: usize = 12;

/// What people can see: orders, and which of them have an open case.
struct Seen {
    rows: HashMap<String, OrderRow>,
    cased_orders: HashSet<OrderId>,
    cased_labels: HashSet<String>,
}

impl Seen {
    async fn read(rig: &Rig) -> Result<Self, RehearsalError> {
        let mut rows = HashMap::new();
        let mut after = None;
        loop {
            let page = rig
                .store
                .order_rows_in(
                    &rig.pair.id,
                    crate::domain::order::OrderState::ALL,
                    after,
                    2_000,
                )
                .await?;
            after = page.last().map(|r| r.id);
            let is_last = page.len() < 2_000;
            rows.extend(page.into_iter().map(|r| (r.source_id.0.to_lowercase(), r)));
            if is_last {
                break;
            }
        }
        let mut cased_orders = HashSet::new();
        let mut cased_labels = HashSet::new();
        for case in rig.store.open_exceptions(&[], None).await? {
            for member in rig.store.members(case.id, None, 10_000).await? {
                if let ObjectRef::Order(id) = member.object {
                    cased_orders.insert(id);
                }
                cased_labels.insert(member.label);
            }
        }
        // A dismissed or otherwise settled case leaves a debt; a rehearsal dismisses nothing.
        Ok(Self {
            rows,
            cased_orders,
            cased_labels,
        })
    }

    fn has_case(&self, order: &LwOrder) -> bool {
        let row = self.rows.get(&order.id.to_string().to_lowercase());
        row.is_some_and(|r| self.cased_orders.contains(&r.id))
            || self.cased_labels.contains(&order.number.to_string())
    }
}

/// Judges everything that can be judged when the world has come to rest.
pub async fn judge(rig: &Rig) -> Result<Vec<Verdict>, RehearsalError> {
    let seen = Seen::read(rig).await?;
    let ledger = rig.sandbox.ledger();
    let mut verdicts = rig.sandbox.inspect(|world| {
        vec![
            orders_arrived(world, &seen),
            one_live_order(world),
            lines_equal(world, &seen),
            no_empty_headers(world, &seen),
            nothing_shipped_after_cancel(&ledger, &seen),
            no_write_after_picking(&ledger),
            confirmed_once(&ledger),
            every_despatch_confirmed(world, &seen),
            no_forbidden_write(&ledger),
            published_figures(rig, world, &seen, &ledger),
            stock_is_not_fought_over(&ledger),
        ]
    });
    verdicts.push(shopper_told_once(rig));
    verdicts.push(limits_kept(rig));
    verdicts.push(at_rest(rig).await?);
    verdicts.push(Verdict::new(
        "I-MSG",
        "message conservation, keys, leases, evidence",
        rig.store.invariants(rig.now()).await?,
    ));
    let chain = rig.store.verify_journal().await?;
    verdicts.push(Verdict::new(
        "I-AUD-2",
        "the audit chain verifies",
        chain.into_iter().collect(),
    ));
    Ok(verdicts)
}

fn capped(mut broken: Vec<String>) -> Vec<String> {
    let more = broken.len().saturating_sub(NAMED_MAX);
    broken.truncate(NAMED_MAX);
    if more > 0 {
        broken.push(format!("and {more} more"));
    }
    broken
}

fn is_mapped(world: &World, order: &LwOrder) -> bool {
    world
        .lw
        .locations
        .get(order.location)
        .is_some_and(|l| l.name == crate::sandbox::MAPPED_LOCATION)
}

fn is_ours(world: &World, number: &str) -> bool {
    number.starts_with(&format!("{}-", world.config.wms_prefix))
}

/// Released orders of the mapped location that are still open in the source.
fn is_released(world: &World, order: &LwOrder) -> bool {
    let has_goods = order.lines.iter().any(|l| !l.is_service);
    order.is_open()
        && is_mapped(world, order)
        && matches!(order.status, 1 | 4)
        && !order.is_parked
        && !order.is_locked
        && has_goods
}

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

fn orders_arrived(world: &World, seen: &Seen) -> Verdict {
    let present = by_reference(world);
    let broken = world
        .lw
        .orders
        .iter()
        .filter(|o| is_released(world, o))
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

fn one_live_order(world: &World) -> Verdict {
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

fn lines_equal(world: &World, seen: &Seen) -> Verdict {
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

fn no_empty_headers(world: &World, seen: &Seen) -> Verdict {
    let broken = world
        .pvx
        .orders
        .iter()
        .filter(|o| is_ours(world, &o.number) && o.lines.is_empty() && !o.status.is_closed())
        .filter(|o| {
            !seen.cased_labels.contains(
                o.number
                    .trim_start_matches(&format!("{}-", world.config.wms_prefix)),
            )
        })
        .filter(|o| !seen.cased_labels.contains(&o.number))
        .map(|o| format!("{} stands without lines since {}", o.number, o.created_at))
        .collect();
    Verdict::new(
        "I-ORD-4",
        "no warehouse order without lines at rest",
        capped(broken),
    )
}

fn is_cancel_write(effect: &Effect) -> bool {
    effect.op == "SaveData Sales orders"
        && effect
            .detail
            .get("after")
            .and_then(|a| a.get("status"))
            .and_then(|s| s.as_str())
            == Some("Cancelled")
}

fn nothing_shipped_after_cancel(ledger: &[Effect], seen: &Seen) -> Verdict {
    let mut cancelled: HashMap<&str, Ts> = HashMap::new();
    let mut broken = Vec::new();
    for effect in ledger {
        if is_cancel_write(effect) && !effect.caused_by_world {
            cancelled.entry(effect.object.as_str()).or_insert(effect.at);
        }
        if effect.op == "Floor despatch"
            && cancelled.contains_key(effect.object.as_str())
            && !seen.cased_labels.contains(&effect.object)
        {
            broken.push(format!(
                "{} left the building after it was cancelled",
                effect.object
            ));
        }
    }
    Verdict::new(
        "I-ORD-5",
        "nothing ships after an applied cancel, or the case is open",
        capped(broken),
    )
}

fn no_write_after_picking(ledger: &[Effect]) -> Verdict {
    let late = [
        "Partially picked",
        "Picked",
        "Packed",
        "Partially despatched",
        "Despatched",
    ];
    let broken = ledger
        .iter()
        .filter(|e| {
            !e.caused_by_world
                && matches!(e.op, "SaveData Sales orders" | "SaveData Sales order items")
        })
        .filter(|e| {
            let status = e
                .detail
                .get("live_status")
                .or_else(|| e.detail.get("status_before"))
                .and_then(|s| s.as_str());
            let is_change = e.detail.get("before").is_some_and(|b| !b.is_null());
            is_change && status.is_some_and(|s| late.contains(&s))
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

fn confirmed_once(ledger: &[Effect]) -> Verdict {
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

fn every_despatch_confirmed(world: &World, seen: &Seen) -> Verdict {
    let mut broken = Vec::new();
    for order in world
        .pvx
        .orders
        .iter()
        .filter(|o| o.status == PvxStatus::Despatched && is_ours(world, &o.number))
    {
        let Some(source) = world.lw.order(&order.po_reference) else {
            continue;
        };
        if source.is_open() && !seen.has_case(source) && !seen.cased_labels.contains(&order.number)
        {
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

fn shopper_told_once(rig: &Rig) -> Verdict {
    let mut told: HashMap<String, u32> = HashMap::new();
    for note in rig.sandbox.notifications() {
        *told.entry(note.number.to_string()).or_default() += 1;
    }
    let broken = told
        .into_iter()
        .filter(|(_, n)| *n > 1)
        .map(|(order, n)| format!("the shopper of order {order} was told {n} times"))
        .collect();
    Verdict::new(
        "I-DSP-3",
        "the shopper is told at most once",
        capped(broken),
    )
}

fn no_forbidden_write(ledger: &[Effect]) -> Verdict {
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
fn published_figures(rig: &Rig, world: &World, seen: &Seen, ledger: &[Effect]) -> Verdict {
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
fn stock_is_not_fought_over(ledger: &[Effect]) -> Verdict {
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

fn limits_kept(rig: &Rig) -> Verdict {
    let own = rig.sandbox.calls().throttled_own;
    let broken = if own > 0 {
        vec![format!(
            "{own} refusals for too many calls of our own making"
        )]
    } else {
        Vec::new()
    };
    Verdict::new("I-LIM-1", "no 429 of our own making", broken)
}

/// Nothing is in doubt and nothing is due. A write that waits longer waits for a person (a locked order, a refused
/// confirmation), and that person was told: the despatch judge looks for the case.
async fn at_rest(rig: &Rig) -> Result<Verdict, RehearsalError> {
    let mut broken = Vec::new();
    for (flow, _, in_doubt) in rig.flows().await? {
        if in_doubt > 0 {
            broken.push(format!("{flow}: {in_doubt} in doubt"));
        }
    }
    if !rig.is_engine_quiet().await? {
        broken.push("work is still due".to_owned());
    }
    Ok(Verdict::new(
        "I-LIVE",
        "after the last fault every lane runs empty",
        broken,
    ))
}

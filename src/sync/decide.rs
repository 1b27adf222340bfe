//! The shell around order decisions: loads the facts, runs `domain::decide`, stores the outcome in one commit.

use super::context::{Cx, PairCx};
use super::lanes;
use super::requests;
use super::returns;
use crate::domain::catalogue::Kind;
use crate::domain::change::{Change, Fence};
use crate::domain::decide::{self, DecideInput};
use crate::domain::delivery::{DeliveryRow, DeliveryState, Flow, Intent, NewDelivery};
use crate::domain::exception::ObjectRef;
use crate::domain::ids::{
    CarrierService, DeliveryId, InboxId, ItemCode, OrderId, PairId, RequestId, SourceOrderId,
};
use crate::domain::keys;
use crate::domain::mapping::{MappingKind, Target};
use crate::domain::mapping_set::MappingSet;
use crate::domain::movements::{self, BARRIER_WAIT, BarrierInput, LaneEntry, Passage, passage};
use crate::domain::order::{OrderFull, OrderLine, OrderRow, OrderState, PickLine, SourceOrder};
use crate::domain::preflight::{self, FieldLimits, ItemFact, PreflightInput, Verdict};
use crate::domain::routing::{self, Shelves};
use crate::domain::time::Ts;
use crate::domain::wms::{NewItem, WmsItem};
use crate::store::{StoreError, StoreResult};
use crate::vendors::Warehouse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// One order to decide on.
#[derive(Debug, Clone)]
pub struct Case {
    pub order: SourceOrder,
    /// The message it came with, to be marked as done.
    pub inbox: Option<InboxId>,
    pub is_recheck: bool,
}

/// How often a decision is repeated when an order changed under it.
const STALE_REPEATS_MAX: usize = 5;
/// Orders of which part has left, looked at for what was split off from them.
const PART_DESPATCHED_MAX: usize = 10_000;

struct Facts {
    set: Arc<MappingSet>,
    warehouse: Arc<dyn Warehouse>,
    items: HashMap<ItemCode, WmsItem>,
    services: Vec<Target>,
    existing: HashMap<SourceOrderId, OrderFull>,
    pending: HashMap<OrderId, Vec<DeliveryRow>>,
    open: HashMap<OrderId, Vec<(Kind, String)>>,
    /// New orders of the source that our own confirmations split off.
    split_off: HashSet<SourceOrderId>,
    /// What is known of returns of the orders that have any.
    returns: returns::Known,
    /// Movements that the source was not told of yet, of the items in question.
    lanes: Vec<LaneEntry>,
    /// What may still be promised at the sites; empty when no routing rule asks.
    shelves: Shelves,
    /// Items that can be created, with the state of an attempt to do so.
    creatable: HashMap<ItemCode, (NewItem, String, Option<DeliveryState>)>,
}

/// Decides on a batch of orders of one pair and commits. Returns how many were decided.
pub async fn decide_orders(
    cx: &Cx,
    fence: &Fence,
    pair: &PairCx,
    cases: &[Case],
) -> StoreResult<usize> {
    let Some(warehouse) = cx.systems.warehouses.get(&pair.warehouse).cloned() else {
        return Err(StoreError::Refused(format!(
            "pair {} names a warehouse that is not configured",
            pair.id
        )));
    };
    let mut last = None;
    for _ in 0..STALE_REPEATS_MAX {
        let facts = load(cx, pair, warehouse.clone(), cases).await?;
        let changes = build(cx, pair, &facts, cases).await?;
        match cx.commit("decide", Some(fence), changes).await {
            Ok(_) => return Ok(cases.len()),
            Err(error @ StoreError::Stale { .. }) => last = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(last.unwrap_or(StoreError::Unavailable("orders kept changing".to_owned())))
}

async fn load(
    cx: &Cx,
    pair: &PairCx,
    warehouse: Arc<dyn Warehouse>,
    cases: &[Case],
) -> StoreResult<Facts> {
    let set = cx.mapping_set(&pair.id).await?;
    let ids: Vec<SourceOrderId> = cases.iter().map(|c| c.order.source_id.clone()).collect();
    let existing: HashMap<SourceOrderId, OrderFull> = cx
        .store
        .orders_by_source(&pair.id, &ids)
        .await?
        .into_iter()
        .map(|o| (o.row.source_id.clone(), o))
        .collect();
    let mut codes: HashSet<ItemCode> = HashSet::new();
    let mut lines: HashMap<ItemCode, PickLine> = HashMap::new();
    for case in cases {
        for line in case.order.pick_lines() {
            let parts = set.composite(&line.sku);
            let item = set.item(&line.sku).item;
            codes.extend(parts.into_iter().flatten().map(|(code, _)| code));
            codes.insert(item.clone());
            lines.entry(item).or_insert(line);
        }
    }
    let codes: Vec<ItemCode> = codes.into_iter().collect();
    let items: HashMap<ItemCode, WmsItem> = cx
        .store
        .items(&pair.warehouse, &codes)
        .await?
        .into_iter()
        .map(|i| (i.code.clone(), i))
        .collect();
    let mut facts = Facts {
        services: cx
            .store
            .targets(&pair.id, MappingKind::Carrier, "wms")
            .await?,
        set,
        warehouse,
        items,
        existing,
        pending: HashMap::new(),
        open: HashMap::new(),
        split_off: HashSet::new(),
        returns: returns::Known::default(),
        lanes: lanes::outstanding(cx, pair, &codes).await?,
        shelves: Shelves::default(),
        creatable: HashMap::new(),
    };
    if routing::asks_for_stock(&facts.set) {
        let sharers: Vec<PairId> = cx.pairs_of(&pair.warehouse).map(|p| p.id.clone()).collect();
        facts.shelves = cx
            .store
            .shelves(&pair.warehouse, &pair.id, &sharers, &codes, &facts.set)
            .await?;
    }
    let told: Vec<OrderId> = cases
        .iter()
        .filter(|c| !c.order.refunds.is_empty() || !c.order.returns.is_empty())
        .filter_map(|c| facts.existing.get(&c.order.source_id).map(|o| o.row.id))
        .collect();
    facts.returns = returns::Known::read(cx, &told).await?;
    for case in cases {
        let Some(order) = facts.existing.get(&case.order.source_id) else {
            continue;
        };
        if !case.is_recheck
            && order.row.source_revision == case.order.revision()
            && order.row.source_status == case.order.status
        {
            continue;
        }
        facts.pending.insert(
            order.row.id,
            cx.store.deliveries_of_order(order.row.id).await?,
        );
        let open = cx
            .store
            .occurrences_of(&ObjectRef::Order(order.row.id))
            .await?;
        facts.open.insert(
            order.row.id,
            open.into_iter()
                .map(|(kind, discriminator, _)| (kind, discriminator))
                .collect(),
        );
    }
    facts.split_off = split_off(cx, pair, &facts, cases).await?;
    if pair.policy.product_auto_create {
        load_creatable(cx, pair, &mut facts, &lines).await?;
    }
    Ok(facts)
}

/// Orders never seen before that a confirmation of ours split off from theirs: the goods in them have left already, so
/// they must never be sent. A split carries the reference of the order it came from (Linnworks keeps it). While the split
/// itself is in doubt nobody knows which order came of it; then none with that reference is taken on yet.
async fn split_off(
    cx: &Cx,
    pair: &PairCx,
    facts: &Facts,
    cases: &[Case],
) -> StoreResult<HashSet<SourceOrderId>> {
    let fresh: Vec<(SourceOrderId, String)> = cases
        .iter()
        .filter(|c| !facts.existing.contains_key(&c.order.source_id))
        .map(|c| (c.order.source_id.clone(), c.order.reference.clone()))
        .collect();
    let mut found = HashSet::new();
    if fresh.is_empty() {
        return Ok(found);
    }
    let parents = cx
        .store
        .order_rows_in(
            &pair.id,
            &[OrderState::PartDespatched, OrderState::Despatched],
            None,
            PART_DESPATCHED_MAX,
        )
        .await?;
    for parent in parents {
        if !fresh.iter().any(|(_, r)| *r == parent.reference) {
            continue;
        }
        let splits: Vec<(bool, Option<SourceOrderId>)> = cx
            .store
            .deliveries_of_order(parent.id)
            .await?
            .into_iter()
            .filter_map(|d| match d.intent {
                Intent::ConfirmDespatch(intent) if !intent.is_whole => {
                    Some((d.state.is_final(), intent.split_id))
                }
                _ => None,
            })
            .collect();
        for (child, _) in fresh.iter().filter(|(_, r)| *r == parent.reference) {
            let is_ours = splits.iter().any(|(is_over, id)| match id {
                Some(id) => id == child,
                None => !is_over,
            });
            if is_ours {
                found.insert(child.clone());
            }
        }
    }
    Ok(found)
}

/// Items the warehouse does not have and the source can describe well enough to create.
async fn load_creatable(
    cx: &Cx,
    pair: &PairCx,
    facts: &mut Facts,
    lines: &HashMap<ItemCode, PickLine>,
) -> StoreResult<()> {
    for (code, line) in lines {
        let is_absent = facts.items.get(code).is_some_and(WmsItem::is_absent);
        if !is_absent
            || facts.set.item(&line.sku).mapping.is_some()
            || facts.warehouse.item_code_fault(code).is_some()
        {
            continue;
        }
        if let Ok(item) = preflight::auto_item(line, code) {
            let key = keys::product(
                &pair.id,
                &line.sku,
                &Intent::CreateItem(item.clone()).content_hash(),
            );
            let state = cx.store.delivery_by_key(&key).await?.map(|d| d.state);
            facts.creatable.insert(code.clone(), (item, key, state));
        }
    }
    Ok(())
}

fn item_fact(facts: &Facts, code: &ItemCode) -> ItemFact {
    match facts.items.get(code) {
        None => ItemFact::Unread,
        // An item that is about to be created is not a fault of the order; it waits for it.
        Some(item) if item.is_absent() => match facts.creatable.get(code) {
            Some((_, _, state))
                if !matches!(
                    state,
                    Some(DeliveryState::Rejected | DeliveryState::Dead | DeliveryState::Cancelled)
                ) =>
            {
                ItemFact::Unread
            }
            _ => ItemFact::Absent,
        },
        Some(item) => ItemFact::Known(item.clone()),
    }
}

/// The pre-flight checks of an order with the facts of the store; shared with previews.
fn check(
    pair: &PairCx,
    facts: &Facts,
    shelves: &Shelves,
    now: Ts,
    order: &SourceOrder,
    revision: i64,
) -> Verdict {
    let existing = facts.existing.get(&order.source_id);
    let limits = FieldLimits::default();
    let services = |service: &CarrierService| {
        (!facts.services.is_empty()).then(|| {
            facts
                .services
                .iter()
                .any(|t| t.code == service.0 && t.is_active)
        })
    };
    let input = PreflightInput {
        order,
        mappings: &facts.set,
        policy: &pair.policy,
        prefix: &pair.prefix,
        channel: &pair.channel,
        revision,
        pair: &pair.id,
        items: &|code| item_fact(facts, code),
        code_fault: &|code| facts.warehouse.item_code_fault(code),
        limits: &limits,
        service_targets: &services,
        stock: &|site, item| routing::free_for(shelves, existing, site, item),
        sent: existing
            .filter(|o| !o.row.state.is_before_warehouse())
            .and_then(|o| o.body.intent.as_ref()),
        site_choice: existing.and_then(|o| o.body.site_choice.as_ref()),
        edits: existing.map_or(&[], |o| o.body.edits.as_slice()),
        now,
    };
    let verdict = preflight::check(&input);
    if facts.lanes.is_empty() || !matches!(verdict, Verdict::Pass { .. }) {
        return verdict;
    }
    barrier(facts, now, order).unwrap_or(verdict)
}

/// Goods first, promises after: an order that was not sent yet waits for older movements of its items.
fn barrier(facts: &Facts, now: Ts, order: &SourceOrder) -> Option<Verdict> {
    let row = facts.existing.get(&order.source_id).map(|o| &o.row);
    if row.is_some_and(|r| !r.state.is_before_warehouse()) {
        return None;
    }
    let items = routing::items_of(order, &facts.set);
    let waiting_since = row
        .filter(|r| movements::is_at_barrier(r))
        .map_or(now, |r| r.state_since);
    let input = BarrierInput {
        items: &items,
        location: &order.location,
        approved_at: row.and_then(|r| r.released_at).unwrap_or(now),
        waiting_since,
        now,
    };
    let is_held =
        row.is_some_and(|r| r.state == OrderState::Blocked && movements::is_at_barrier(r));
    let input = BarrierInput {
        // Held already: the wait is over whatever the clock of the new state says.
        waiting_since: if is_held {
            now - BARRIER_WAIT
        } else {
            waiting_since
        },
        ..input
    };
    match passage(&input, &movements::lanes(&facts.lanes)) {
        Passage::Go => None,
        Passage::Wait { lanes: stopped, .. } => Some(Verdict::Wait(movements::waits_for(&stopped))),
        Passage::Hold(faults) => Some(Verdict::Fail(faults)),
    }
}

async fn build(cx: &Cx, pair: &PairCx, facts: &Facts, cases: &[Case]) -> StoreResult<Vec<Change>> {
    let now = cx.now();
    let mut next = cx.ids(cases.len() as i64 * 2).await?;
    let mut changes = Vec::new();
    let mut need: HashSet<ItemCode> = HashSet::new();
    let mut told: Vec<(&OrderFull, SourceOrder)> = Vec::new();
    let mut decided: HashSet<&SourceOrderId> = HashSet::new();
    let (none_pending, none_open) = (Vec::new(), Vec::new());
    let mut shelves = facts.shelves.clone();
    let mut is_stock_awaited = false;
    for case in cases.iter().rev() {
        // Newest reading first; an older one of the same order in the same batch has nothing to add.
        if let Some(inbox) = case.inbox {
            changes.push(Change::InboxDone {
                id: inbox,
                note: String::new(),
            });
        }
        if !decided.insert(&case.order.source_id) || facts.split_off.contains(&case.order.source_id)
        {
            continue;
        }
        let existing = facts.existing.get(&case.order.source_id);
        let id = existing.map_or(OrderId(next), |o| o.row.id);
        let mut incoming = case.order.clone();
        let run =
            |order: &SourceOrder, revision: i64| check(pair, facts, &shelves, now, order, revision);
        if case.is_recheck
            && let Some(order) = existing
        {
            incoming = order.body.source.clone();
        }
        let input = DecideInput {
            pair: &pair.id,
            warehouse: &pair.warehouse,
            mappings: &facts.set,
            policy: &pair.policy,
            now,
            existing,
            incoming: &incoming,
            pending: facts.pending.get(&id).unwrap_or(&none_pending),
            open: facts.open.get(&id).unwrap_or(&none_open),
            check: &run,
            is_recheck: case.is_recheck,
            order_id: OrderId(next),
            delivery_id: DeliveryId(next + 1),
        };
        next += 2;
        let decision = decide::decide(&input);
        if let Some((row, lines)) = placed(&decision.changes) {
            is_stock_awaited |= routing::is_waiting(row);
            promise(&mut shelves, existing, row, lines);
        }
        changes.extend(decision.changes);
        if let Some(order) = existing {
            told.push((order, incoming));
        }
        need.extend(decision.need_items);
    }
    if is_stock_awaited {
        changes.push(Change::ScheduleHasten {
            pair: pair.id.clone(),
            flow: Flow::StockSnapshot,
            at: now,
        });
    }
    for (order, incoming) in &told {
        changes.extend(money_told(cx, pair, facts, order, incoming).await?);
    }
    provide_items(cx, pair, facts, need, &mut changes).await?;
    Ok(changes)
}

/// The order a decision leaves, with its lines when they were decided too.
fn placed(changes: &[Change]) -> Option<(&OrderRow, &[OrderLine])> {
    changes.iter().find_map(|change| match change {
        Change::Order { row, lines, .. } => Some((&**row, lines.as_deref().unwrap_or_default())),
        _ => None,
    })
}

/// The next order of the batch must not count on the goods this one was just given.
fn promise(
    shelves: &mut Shelves,
    existing: Option<&OrderFull>,
    row: &OrderRow,
    lines: &[OrderLine],
) {
    let is_counted = existing.is_some_and(|o| routing::PROMISED_IN.contains(&o.row.state));
    if row.state != OrderState::Queued || is_counted {
        return;
    }
    if let Some(site) = &row.site {
        let units = lines
            .iter()
            .filter_map(|l| Some((l.item.clone()?, l.qty_each)));
        shelves.promise(site, units);
    }
}

/// What the source says about money and goods of an order going back, decided with the order itself.
async fn money_told(
    cx: &Cx,
    pair: &PairCx,
    facts: &Facts,
    order: &OrderFull,
    incoming: &SourceOrder,
) -> StoreResult<Vec<Change>> {
    if incoming.refunds.is_empty() && incoming.returns.is_empty() {
        return Ok(Vec::new());
    }
    let mut order = order.clone();
    order.body.source.refunds.clone_from(&incoming.refunds);
    order.body.source.returns.clone_from(&incoming.returns);
    returns::hear_order(cx, pair, &order, &facts.returns).await
}

/// Items an order waits for are looked up, or created when the source knows them and the warehouse does not.
async fn provide_items(
    cx: &Cx,
    pair: &PairCx,
    facts: &Facts,
    need: HashSet<ItemCode>,
    changes: &mut Vec<Change>,
) -> StoreResult<()> {
    let mut unread = Vec::new();
    for code in need {
        match facts.creatable.get(&code) {
            Some((_, _, Some(_))) => {}
            Some((item, key, None)) => {
                let id = DeliveryId(cx.id().await?);
                changes.push(Change::Enqueue(Box::new(NewDelivery {
                    id,
                    flow: Flow::Product,
                    pair: pair.id.clone(),
                    system: pair.warehouse.clone(),
                    lane: Flow::Product.lane(),
                    order_key: keys::item_lane(&item.code),
                    idem_key: key.clone(),
                    order: None,
                    object: item.code.0.clone(),
                    intent: Intent::CreateItem(item.clone()),
                    ship_by: None,
                    due_at: cx.now(),
                    depth: 2,
                    caused_at: cx.now(),
                })));
            }
            None => unread.push(code),
        }
    }
    unread.sort();
    for chunk in unread.chunks(crate::vendors::TERMS_MAX) {
        let body = serde_json::json!({ "pair": pair.id, "codes": chunk });
        changes.push(Change::Request {
            id: RequestId(cx.id().await?),
            kind: requests::READ_ITEMS.to_owned(),
            body,
        });
    }
    Ok(())
}

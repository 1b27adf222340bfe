//! The desk: decisions that need no call. Inbound orders, despatches to confirm, requests, time-outs of cases, watches.

use super::bulks;
use super::cases;
use super::context::{Cx, PairCx};
use super::decide::{self, Case};
use super::hints::Hints;
use super::labels;
use super::lanes;
use super::requests::{self, Answered};
use super::settle;
use super::silence;
use super::watch;
use super::worker::Quiet;
use crate::domain::catalogue::Kind;
use crate::domain::change::{Change, Fence, InboxBody};
use crate::domain::confirm::{self, ConfirmPlan, Telling};
use crate::domain::decide as rules;
use crate::domain::delivery::{
    DeliveryRow, DeliveryState, DespatchIntent, Flow, Intent, NewDelivery,
};
use crate::domain::exception::{ObjectRef, Occurrence};
use crate::domain::ids::{DeliveryId, DespatchNo, OrderId, WmsOrderNo};
use crate::domain::keys;
use crate::domain::order::{OrderFull, OrderState};
use crate::domain::time::{Span, Ts};
use crate::store::read::{DespatchGroup, RequestRow};
use crate::store::{Lease, StoreError, StoreResult, Topic};
use crate::vendors::{Confirming, SalesSystem};
use std::collections::{HashMap, HashSet};

/// Name of the desk's lease.
pub const DESK_LEASE: &str = "desk";
/// What makes work for the desk.
const WORK: [Topic; 5] = [
    Topic::Bulks,
    Topic::Inbox,
    Topic::Requests,
    Topic::Despatches,
    Topic::Movements,
];
/// Inbound messages decided per round.
const INBOX_ROUND: usize = 400;
/// Despatches looked at per round.
const DESPATCH_ROUND: usize = 500;
/// Requests looked at per round.
const REQUEST_ROUND: usize = 200;
/// Orders rechecked per request.
const RECHECK_MAX: usize = 20_000;
/// Orders decided per commit.
const DECIDE_CHUNK: usize = 200;
/// Rounds within one step; the rest follows in the next.
const ROUNDS_MAX: usize = 50;

/// The desk's own memory: its lease and when it looks at slow things again.
pub struct Desk {
    lease: Option<Lease>,
    watch_at: Ts,
    /// Despatches that wait for tracking are looked at again then.
    waiting_at: Ts,
    /// Orders at the barrier are looked at again then, or when lanes moved on.
    barrier_at: Ts,
    /// Where the lanes stood when they last were.
    movements: u64,
    /// Where acts on many cases stood when none was left to do.
    bulks: Option<u64>,
    quiet: Option<Quiet>,
}

/// What a step of a worker came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worked {
    /// Anything was done: others may have new work.
    pub is_busy: bool,
    /// When there is something to do again at the latest.
    pub next_at: Ts,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            lease: None,
            watch_at: Ts::MIN,
            waiting_at: Ts::MIN,
            barrier_at: Ts::MIN,
            movements: 0,
            bulks: None,
            quiet: None,
        }
    }
}

impl Desk {
    /// Does what is due at the desk.
    pub async fn step(&mut self, cx: &Cx, now: Ts) -> StoreResult<Worked> {
        let Some(fence) = hold(&mut self.lease, cx, DESK_LEASE, now).await? else {
            return Ok(Worked {
                is_busy: false,
                next_at: now + cx.pace.lease_ttl,
            });
        };
        let mut version = cx.store.version(&WORK).await;
        if let Some(quiet) = self.quiet.filter(|q| q.holds(version, now)) {
            return Ok(Worked {
                is_busy: false,
                next_at: quiet.until,
            });
        }
        self.quiet = None;
        let mut is_busy = false;
        let mut is_emptied = false;
        for _ in 0..ROUNDS_MAX {
            // Asked before anything is read: whatever is committed from here on counts as new.
            version = cx.store.version(&WORK).await;
            let inbox = take_inbox(cx, &fence).await?;
            let asked = take_requests(cx, &fence).await?;
            let many = self.take_bulks(cx, &fence).await?;
            if inbox + asked + many == 0 {
                is_emptied = true;
                break;
            }
            is_busy = true;
        }
        let is_waiting_due = now >= self.waiting_at;
        let mut is_waiting = false;
        for pair in &cx.pairs {
            let taken = take_despatches(cx, &fence, pair, is_waiting_due).await?;
            is_busy |= taken.new > 0;
            is_waiting |= taken.waiting > 0;
            is_busy |= labels::take(cx, &fence, pair).await? > 0;
        }
        if !is_waiting {
            self.waiting_at = Ts::NEVER;
        } else if is_waiting_due || self.waiting_at == Ts::NEVER {
            self.waiting_at = now + cx.pace.waiting_every;
        }
        let movements = cx.store.version(&[Topic::Movements]).await;
        let is_barrier_due = self.movements != movements || now >= self.barrier_at;
        let mut is_anybody_waiting = false;
        for pair in &cx.pairs {
            is_busy |= lanes::promote(cx, &fence, pair).await? > 0;
            if is_barrier_due {
                is_anybody_waiting |= lanes::recheck_barrier(cx, &fence, pair).await?;
            }
        }
        if is_barrier_due {
            self.movements = movements;
            self.barrier_at = if is_anybody_waiting {
                now + cx.pace.waiting_every
            } else {
                now + cx.pace.watch_every
            };
        }
        if now >= self.watch_at {
            self.watch_at = now + cx.pace.watch_every;
            cases::time_out(cx, &fence, now).await?;
            watch::watch(cx, &fence, now).await?;
            silence::watch(cx, &fence, now).await?;
        }
        let until = self.watch_at.min(self.waiting_at).min(self.barrier_at);
        self.quiet = is_emptied.then_some(Quiet { version, until });
        Ok(Worked {
            is_busy,
            next_at: until,
        })
    }

    /// Acts on many cases are looked for when one has begun, here or in another process.
    async fn take_bulks(&mut self, cx: &Cx, fence: &Fence) -> StoreResult<usize> {
        let version = cx.store.version(&[Topic::Bulks]).await;
        if self.bulks == Some(version) {
            return Ok(0);
        }
        let many = bulks::take(cx, fence).await?;
        if many == 0 {
            self.bulks = Some(version);
        }
        Ok(many)
    }

    /// The lease, to be given back at the end.
    pub fn fence(&self) -> Option<Fence> {
        self.lease.as_ref().map(|l| Fence {
            lease: l.name.clone(),
            epoch: l.epoch,
        })
    }
}

/// Takes or renews a lease; renews once a third of its life is over.
pub async fn hold(
    lease: &mut Option<Lease>,
    cx: &Cx,
    name: &str,
    now: Ts,
) -> StoreResult<Option<Fence>> {
    let is_fresh = lease
        .as_ref()
        .is_some_and(|l| l.until.since(now) > Span(cx.pace.lease_ttl.0 * 2 / 3));
    if !is_fresh {
        *lease = cx
            .store
            .lease(name, &cx.holder, now, cx.pace.lease_ttl)
            .await?;
    }
    Ok(lease.as_ref().map(|l| Fence {
        lease: l.name.clone(),
        epoch: l.epoch,
    }))
}

async fn take_inbox(cx: &Cx, fence: &Fence) -> StoreResult<usize> {
    let rows = cx.store.inbox_new(INBOX_ROUND).await?;
    let count = rows.len();
    let mut by_pair: HashMap<String, Vec<Case>> = HashMap::new();
    let mut changes = Vec::new();
    let mut hints = Hints::default();
    for row in rows {
        match (row.body, row.pair) {
            (InboxBody::Order(order), Some(pair)) => {
                by_pair.entry(pair.0).or_default().push(Case {
                    order: *order,
                    inbox: Some(row.id),
                    is_recheck: false,
                });
            }
            (InboxBody::Order(_), None) => {
                changes.push(Change::InboxDone {
                    id: row.id,
                    note: "belongs to no pair".to_owned(),
                });
            }
            // A hint only makes a reading come sooner; what it says is never believed.
            (InboxBody::Hint { event, .. }, _) => changes.push(Change::InboxDone {
                id: row.id,
                note: hints.callback(cx, &row.system, &event),
            }),
            (
                InboxBody::Event {
                    topic,
                    about,
                    changed_at,
                    refused,
                },
                _,
            ) => {
                let from = (&row.system, row.received_at);
                let note = match refused {
                    Some(why) => format!("not believed: {why}"),
                    None => hints.event(cx, from, (&topic, about), changed_at),
                };
                changes.push(Change::InboxDone { id: row.id, note });
            }
        }
    }
    for (pair, cases) in by_pair {
        match cx.pair(&pair.as_str().into()) {
            Some(pair) => {
                for chunk in cases.chunks(DECIDE_CHUNK) {
                    decide::decide_orders(cx, fence, pair, chunk).await?;
                }
            }
            None => {
                for case in cases {
                    if let Some(id) = case.inbox {
                        changes.push(Change::InboxDone {
                            id,
                            note: format!("pair {pair} is not configured"),
                        });
                    }
                }
            }
        }
    }
    changes.extend(hints.changes(cx).await?);
    cx.commit("inbox", Some(fence), changes).await?;
    Ok(count)
}

async fn take_requests(cx: &Cx, fence: &Fence) -> StoreResult<usize> {
    let mut count = 0;
    let waiting: Vec<RequestRow> = cx
        .store
        .requests_new(REQUEST_ROUND)
        .await?
        .into_iter()
        .filter(|r| !requests::needs_system(&r.kind))
        .collect();
    for request in waiting {
        count += 1;
        if matches!(
            request.kind.as_str(),
            requests::RECHECK_ORDER | requests::RECHECK_ORDERS
        ) {
            let text = recheck(cx, fence, &request).await?;
            requests::answer(
                cx,
                fence,
                request.id,
                Answered {
                    changes: Vec::new(),
                    is_ok: true,
                    text,
                },
            )
            .await?;
            continue;
        }
        let answered = requests::carry_out(cx, &request)
            .await?
            .unwrap_or_else(|| Answered {
                changes: Vec::new(),
                is_ok: false,
                text: format!("nothing here knows how to do \"{}\"", request.kind),
            });
        requests::answer(cx, fence, request.id, answered).await?;
    }
    Ok(count)
}

/// Orders are decided again, earliest promise first.
async fn recheck(cx: &Cx, fence: &Fence, request: &RequestRow) -> StoreResult<String> {
    let mut orders = requests::orders_to_recheck(cx, request, RECHECK_MAX).await?;
    orders.sort_by_key(|o| (o.row.ship_by.unwrap_or(Ts::NEVER), o.row.id));
    let mut by_pair: HashMap<String, Vec<Case>> = HashMap::new();
    for order in &orders {
        let case = Case {
            order: order.body.source.clone(),
            inbox: None,
            is_recheck: true,
        };
        by_pair
            .entry(order.row.pair.0.clone())
            .or_default()
            .push(case);
    }
    for (pair, cases) in &by_pair {
        let Some(pair) = cx.pair(&pair.as_str().into()) else {
            continue;
        };
        for chunk in cases.chunks(DECIDE_CHUNK) {
            decide::decide_orders(cx, fence, pair, chunk).await?;
        }
    }
    Ok(format!(
        "{} checked again",
        crate::text::count(orders.len() as i64, "order", "orders")
    ))
}

/// Despatches that no confirmation covers yet: matched with their orders and planned.
/// Despatches taken into account, and those that wait for tracking.
#[derive(Debug, Clone, Copy, Default)]
struct Taken {
    new: usize,
    waiting: usize,
}

async fn take_despatches(
    cx: &Cx,
    fence: &Fence,
    pair: &PairCx,
    with_waiting: bool,
) -> StoreResult<Taken> {
    let mut groups = cx
        .store
        .despatches_open(&pair.warehouse, DESPATCH_ROUND)
        .await?;
    groups.retain(|g| g.number.as_str().starts_with(&pair.number_start()));
    let is_new = |g: &DespatchGroup| g.state == "new";
    let taken = Taken {
        new: groups.iter().filter(|g| is_new(g)).count(),
        waiting: groups.iter().filter(|g| !is_new(g)).count(),
    };
    // A waiting despatch is planned together with a new one of its order: what left together is confirmed together.
    let mut numbers: Vec<WmsOrderNo> = groups
        .iter()
        .filter(|g| with_waiting || is_new(g))
        .map(|g| g.number.clone())
        .collect();
    if numbers.is_empty() {
        return Ok(taken);
    }
    numbers.sort();
    numbers.dedup();
    for _ in 0..5 {
        let orders = cx.store.orders_by_wms(&pair.id, &numbers).await?;
        let changes = plan_all(cx, pair, &groups, &numbers, &orders).await?;
        match cx.commit("despatch", Some(fence), changes).await {
            Err(StoreError::Stale { .. }) => {}
            other => return other.map(|_| taken),
        }
    }
    Err(StoreError::Unavailable(
        "orders kept changing while their despatches were matched".to_owned(),
    ))
}

async fn plan_all(
    cx: &Cx,
    pair: &PairCx,
    groups: &[DespatchGroup],
    numbers: &[WmsOrderNo],
    orders: &[OrderFull],
) -> StoreResult<Vec<Change>> {
    let set = cx.mapping_set(&pair.id).await?;
    let ids: Vec<OrderId> = orders.iter().map(|o| o.row.id).collect();
    let under_way = cx.store.hot_deliveries_of(&ids).await?;
    let source = cx.systems.sources.get(&pair.source).cloned();
    let telling = match source.map(SalesSystem::confirming) {
        Some(Confirming::Parcels(_)) => Telling::ByParcel,
        _ => Telling::Once,
    };
    let clashing = clashing(cx, pair, orders).await?;
    let mut changes = Vec::new();
    let now = cx.now();
    for number in numbers {
        let mine: Vec<&DespatchGroup> = groups.iter().filter(|g| &g.number == number).collect();
        let Some(order) = orders
            .iter()
            .find(|o| o.row.wms_number.as_ref() == Some(number))
        else {
            let why = "an order nobody here knows";
            changes.extend(mine.iter().flat_map(|g| orphan(pair, g, why, now)));
            continue;
        };
        if clashing.contains(&order.row.id) {
            let why =
                "another order that has taken this number in the warehouse; ours was never there";
            changes.extend(mine.iter().flat_map(|g| orphan(pair, g, why, now)));
            continue;
        }
        let parts: Vec<confirm::Group> = mine
            .iter()
            .map(|g| {
                (
                    DespatchNo(g.despatch.clone()),
                    g.lines.clone(),
                    g.first_seen_at,
                )
            })
            .collect();
        let state = |state: &str, order: Option<OrderId>| -> Vec<Change> {
            mine.iter()
                .map(|g| Change::DespatchState {
                    system: pair.warehouse.clone(),
                    despatch: g.despatch.clone(),
                    state: state.to_owned(),
                    order,
                })
                .collect()
        };
        let none = Vec::new();
        let under_way = under_way.get(&order.row.id).unwrap_or(&none);
        if is_being_created(order, under_way) {
            changes.extend(state("waiting", Some(order.row.id)));
            continue;
        }
        match confirm::plan(order, &parts, &set, &pair.policy, telling, now) {
            ConfirmPlan::Confirm { intents, lines } => {
                let first = cx.ids(intents.len() as i64).await?;
                changes.extend(state("matched", Some(order.row.id)));
                changes.extend(confirmation(
                    pair,
                    order,
                    under_way,
                    intents,
                    lines,
                    DeliveryId(first),
                    now,
                ));
            }
            ConfirmPlan::WaitTracking { .. } => {
                if mine.iter().any(|g| g.state != "waiting") {
                    changes.extend(state("waiting", Some(order.row.id)));
                }
            }
            ConfirmPlan::Nothing => changes.extend(state("ignored", Some(order.row.id))),
            ConfirmPlan::Faults(faults) => {
                changes.extend(state("fault", Some(order.row.id)));
                for fault in &faults {
                    changes.push(Change::Raise(rules::occurrence(
                        &pair.id, &order.row, fault, None, now,
                    )));
                }
            }
        }
    }
    Ok(changes)
}

/// Orders whose number belongs to another order in the warehouse: what leaves under it is not theirs.
async fn clashing(cx: &Cx, pair: &PairCx, orders: &[OrderFull]) -> StoreResult<HashSet<OrderId>> {
    if orders.iter().all(|o| o.row.accepted_at.is_some()) {
        return Ok(HashSet::new());
    }
    let kinds = [Kind::OrdReferenceClash];
    let members = cx.store.open_members(&kinds, &pair.id).await?;
    Ok(members
        .into_iter()
        .filter_map(|(_, _, object)| match object {
            ObjectRef::Order(id) => Some(id),
            _ => None,
        })
        .collect())
}

/// Whether it is still open whose order the warehouse holds under this number: the answer of the creation tells.
fn is_being_created(order: &OrderFull, under_way: &[DeliveryRow]) -> bool {
    let is_open = |d: &DeliveryRow| {
        d.flow == Flow::OrderCreate
            && !matches!(d.state, DeliveryState::Rejected | DeliveryState::Dead)
    };
    order.row.accepted_at.is_none() && under_way.iter().any(is_open)
}

fn confirmation(
    pair: &PairCx,
    order: &OrderFull,
    under_way: &[DeliveryRow],
    intents: Vec<DespatchIntent>,
    lines: Vec<crate::domain::order::OrderLine>,
    first: DeliveryId,
    now: Ts,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut row = order.row.clone();
    if row.state == OrderState::OrphanSource {
        changes.push(Change::Clear {
            kind: Kind::OrdMissingInWms,
            pair: pair.id.clone(),
            discriminator: Some(format!("ORDER={}", row.number)),
            object: ObjectRef::Order(row.id),
            how: "auto".to_owned(),
            evidence: "the warehouse has despatched it".to_owned(),
        });
    }
    let is_whole = intents.iter().any(|i| i.is_whole);
    let left_at = intents.iter().map(|i| i.despatched_at).min();
    row.despatched_at = row.despatched_at.or(left_at);
    let numbers: Vec<&str> = intents.iter().map(|i| i.tracking.as_str()).collect();
    row.tracking = numbers.join(",").trim_matches(',').to_owned();
    if row.state != OrderState::Confirmed {
        let state = match (is_whole, row.state) {
            (true, _) => OrderState::Confirming,
            // The warehouse has finished with it; what its records do not cover is looked for, not waited for.
            (false, OrderState::Despatched) => OrderState::Despatched,
            (false, _) => OrderState::PartDespatched,
        };
        rules::enter(&mut row, state, now);
    }
    // A change that was too late is history once the goods have left; its case stays until somebody records the outcome.
    if is_whole {
        for old in under_way {
            let is_change = matches!(old.flow, Flow::OrderAmend | Flow::OrderCancel);
            if is_change && matches!(old.state, DeliveryState::Rejected | DeliveryState::Dead) {
                changes.push(settle::ended(
                    old,
                    DeliveryState::Superseded,
                    now,
                    "the warehouse despatched the order",
                ));
            }
        }
    }
    for (at, intent) in intents.into_iter().enumerate() {
        changes.push(Change::Enqueue(Box::new(NewDelivery {
            id: DeliveryId(first.0 + at as i64),
            flow: Flow::Despatch,
            pair: pair.id.clone(),
            system: pair.source.clone(),
            lane: Flow::Despatch.lane(),
            order_key: keys::confirm_lane(&order.row.source_id),
            idem_key: keys::despatch(&pair.id, &intent.despatches, &intent.tracking),
            order: Some(order.row.id),
            object: order.row.number.clone(),
            ship_by: order.row.ship_by,
            due_at: now,
            depth: 1,
            caused_at: intent.despatched_at,
            intent: Intent::ConfirmDespatch(Box::new(intent)),
        })));
    }
    changes.push(Change::Order {
        row: Box::new(row),
        body: None,
        lines: Some(lines),
    });
    changes
}

fn orphan(pair: &PairCx, group: &DespatchGroup, why: &str, now: Ts) -> Vec<Change> {
    let occurrence = Occurrence {
        kind: Kind::DspOrphan,
        pair: pair.id.clone(),
        discriminator: format!("ORDER={}", group.number),
        object: ObjectRef::Despatch(group.despatch.clone()),
        label: group.number.0.clone(),
        detail: format!("despatch {} is for {}, {why}", group.despatch, group.number),
        began_at: group.lines.first().map_or(now, |l| l.despatched_at),
        ship_by: None,
        value_minor: 0,
        severity: None,
    };
    vec![
        Change::DespatchState {
            system: pair.warehouse.clone(),
            despatch: group.despatch.clone(),
            state: "orphan".to_owned(),
            order: None,
        },
        Change::Raise(occurrence),
    ]
}

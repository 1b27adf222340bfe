//! What callbacks and webhooks cause: orders that are to be read, and readings that come sooner. What they say of an
//! object is never believed.

use super::context::{Cx, PairCx};
use super::reads;
use crate::domain::change::{Change, NewLook};
use crate::domain::delivery::Flow;
use crate::domain::hint::{self, About, ORDERS_MAX};
use crate::domain::ids::{PairId, SourceOrderId, SystemId};
use crate::domain::order::OrderFull;
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;
use std::collections::{BTreeMap, HashMap};

/// A hinted reading waits this long: callbacks come in bunches.
const HINT_SOON: Span = Span::secs(1);
/// A hinted reading comes after this part of its interval at the earliest.
const HINT_PARTS: i64 = 4;

/// Where it is kept when a system was last heard of, microseconds.
pub fn heard_key(system: &SystemId) -> String {
    format!("hooks/{system}/heard")
}

/// An order that events told of.
#[derive(Debug, Clone, Copy)]
struct Told {
    /// The last event's arrival.
    heard_at: Ts,
    /// The newest change told of; `None` when an event did not say.
    changed_at: Option<Ts>,
}

/// What a round of messages hints at, gathered so that many make one reading.
#[derive(Default)]
pub struct Hints {
    flows: Vec<(PairId, Flow)>,
    orders: BTreeMap<SystemId, BTreeMap<SourceOrderId, Told>>,
    heard: BTreeMap<SystemId, Ts>,
}

impl Hints {
    /// A callback of a warehouse. Answers with what follows from it.
    pub fn callback(&mut self, cx: &Cx, system: &SystemId, event: &str) -> String {
        self.sooner(cx, system, hinted(event));
        format!("{event}: the next reading comes sooner")
    }

    /// A webhook that proved where it is from. Answers with what follows from it.
    pub fn event(
        &mut self,
        cx: &Cx,
        (system, received_at): (&SystemId, Ts),
        (topic, about): (&str, About),
        changed_at: Option<Ts>,
    ) -> String {
        let last = self.heard.entry(system.clone()).or_insert(received_at);
        *last = (*last).max(received_at);
        let what = match about {
            About::Orders(ids) => {
                let told = Told {
                    heard_at: received_at,
                    changed_at,
                };
                self.tell(system, ids, told);
                "its order is read unless that change is known"
            }
            About::Changes => {
                self.sooner(cx, system, &[Flow::OrderPull]);
                "the next list of changes is read sooner"
            }
            About::Stock => {
                self.sooner(cx, system, &[Flow::ReconcileStock]);
                "stock is compared sooner"
            }
            About::Products => {
                self.sooner(cx, system, &[Flow::Product]);
                "the catalogue is read sooner"
            }
            About::Nothing => "nothing we read",
        };
        format!("{topic}: {what}")
    }

    fn tell(&mut self, system: &SystemId, ids: Vec<SourceOrderId>, told: Told) {
        let orders = self.orders.entry(system.clone()).or_default();
        for id in ids.into_iter().take(ORDERS_MAX) {
            let known = orders.entry(id).or_insert(told);
            known.heard_at = known.heard_at.max(told.heard_at);
            known.changed_at = match (known.changed_at, told.changed_at) {
                (Some(a), Some(b)) => Some(a.max(b)),
                _ => None,
            };
        }
    }

    fn sooner(&mut self, cx: &Cx, system: &SystemId, flows: &[Flow]) {
        for pair in cx.pairs_of(system) {
            for flow in flows {
                let hint = (pair.id.clone(), *flow);
                if !self.flows.contains(&hint) {
                    self.flows.push(hint);
                }
            }
        }
    }

    /// The changes that carry everything gathered.
    pub async fn changes(self, cx: &Cx) -> StoreResult<Vec<Change>> {
        let mut changes = hasten(cx, &self.flows).await?;
        for (system, orders) in &self.orders {
            for pair in cx.pairs.iter().filter(|p| &p.source == system) {
                changes.extend(looks(cx, pair, orders).await?);
            }
        }
        for (system, at) in &self.heard {
            changes.push(Change::Setting {
                key: heard_key(system),
                value: at.0.to_string(),
            });
        }
        Ok(changes)
    }
}

/// Orders of a pair that are to be read: all that events told of, but those whose change was read already.
async fn looks(
    cx: &Cx,
    pair: &PairCx,
    orders: &BTreeMap<SourceOrderId, Told>,
) -> StoreResult<Vec<Change>> {
    let ids: Vec<SourceOrderId> = orders.keys().cloned().collect();
    let known: HashMap<SourceOrderId, OrderFull> = cx
        .store
        .orders_by_source(&pair.id, &ids)
        .await?
        .into_iter()
        .map(|o| (o.row.source_id.clone(), o))
        .collect();
    let before = cx.store.looks(&pair.id, &ids).await?;
    let now = cx.now();
    let mut changes = Vec::new();
    for (id, told) in orders {
        let read = known.get(id).and_then(|o| o.body.source.changed_at);
        if hint::is_known(told.changed_at, read) {
            continue;
        }
        let reads = before.iter().find(|l| &l.source_id == id);
        changes.push(Change::Look(NewLook {
            system: pair.source.clone(),
            pair: pair.id.clone(),
            source_id: id.clone(),
            heard_at: told.heard_at,
            due_at: hint::read_at(now, reads.map_or(0, |l| l.reads)),
        }));
    }
    Ok(changes)
}

/// What a callback of a warehouse hints at.
fn hinted(event: &str) -> &'static [Flow] {
    if event.contains("Availab") || event.contains("Incremental") {
        &[Flow::StockSnapshot]
    } else if event.contains("Status") {
        &[Flow::Despatch, Flow::StatusPull]
    } else {
        &[Flow::Despatch]
    }
}

/// Makes hinted readings come sooner, but not oftener than a share of their interval: a flood of callbacks must not
/// spend the vendor's calls.
async fn hasten(cx: &Cx, hints: &[(PairId, Flow)]) -> StoreResult<Vec<Change>> {
    if hints.is_empty() {
        return Ok(Vec::new());
    }
    let schedules = cx.store.known_schedules().await?;
    let soon = cx.now() + HINT_SOON;
    let mut changes = Vec::new();
    for (pair, flow) in hints {
        let Some(row) = schedules
            .iter()
            .find(|s| &s.pair == pair && s.flow == *flow)
        else {
            continue;
        };
        let gap = cx.pair(pair).map_or(Span::ZERO, |p| {
            Span(reads::interval(p, *flow).0 / HINT_PARTS)
        });
        let at = row.last_started_at.map_or(soon, |t| soon.max(t + gap));
        if at < row.due_at {
            changes.push(Change::ScheduleHasten {
                pair: pair.clone(),
                flow: *flow,
                at,
            });
        }
    }
    Ok(changes)
}

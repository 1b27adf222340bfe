//! Lanes: what a movement means, and the head of every idle lane on its way. Only one movement of a lane is ever under
//! way, so that the next one is chosen when its turn has come, whatever was read meanwhile.

use super::context::{Cx, PairCx};
use super::decide::{Case, decide_orders};
use crate::domain::catalogue::Kind;
use crate::domain::change::{Change, Fence, MovementMove};
use crate::domain::delivery::{Flow, Intent, NewDelivery};
use crate::domain::exception::{DETAIL_CHARS_MAX, ObjectRef, Occurrence, Severity};
use crate::domain::ids::{DeliveryId, ItemCode, LocationId, OrderId, PairId, Sku};
use crate::domain::mapping_set::MappingSet;
use crate::domain::movements::{
    LaneEntry, LaneKey, Movement, MovementPost, MovementState, Posting, is_at_barrier, place,
    posting,
};
use crate::domain::order::OrderState;
use crate::domain::preflight::Fault;
use crate::domain::time::Ts;
use crate::store::{MovementRow, StoreResult};

/// Lanes set going per round.
const HEADS_MAX: usize = 500;

/// A movement in its lane as understood now, and what is wrong with it.
pub fn entry_of(pair: &PairCx, movement: Movement, set: &MappingSet) -> (LaneEntry, Option<Fault>) {
    let posting = posting(&movement, set, &pair.number_start());
    let located = place(&movement.site, set);
    let key = movement.key(&pair.id);
    let (location, misplaced) = match located {
        Ok(location) => (location, None),
        // Its lane is the site's until somebody says which location that is.
        Err(fault) => (LocationId(format!("site {}", movement.site)), Some(fault)),
    };
    let mut entry = LaneEntry {
        lane: LaneKey::of(&movement.item, &location),
        key,
        kind: None,
        movement,
        state: MovementState::Waiting,
        account: None,
        text: String::new(),
        counted_each: None,
    };
    match posting {
        Posting::Delta { kind, account, .. } => {
            entry.kind = kind;
            entry.account = account;
            if let Some(fault) = misplaced {
                entry.state = MovementState::UnknownWord;
                entry.text.clone_from(&fault.detail);
                return (entry, Some(fault));
            }
            (entry, None)
        }
        Posting::NoDelta { why, .. } => {
            entry.state = MovementState::NoDelta;
            entry.text = why;
            (entry, None)
        }
        Posting::Unknown(fault) => {
            entry.state = MovementState::UnknownWord;
            entry.text.clone_from(&fault.detail);
            (entry, Some(fault))
        }
    }
}

/// An occurrence about an item of a lane.
pub fn occurrence(
    pair: &PairId,
    item: &ItemCode,
    fault: &Fault,
    severity: Option<Severity>,
    began_at: Ts,
) -> Occurrence {
    Occurrence {
        kind: fault.kind,
        pair: pair.clone(),
        discriminator: fault.discriminator.clone(),
        object: ObjectRef::Item(item.0.clone()),
        label: item.0.clone(),
        detail: crate::text::clean_to(&fault.detail, DETAIL_CHARS_MAX),
        began_at,
        ship_by: None,
        value_minor: 0,
        severity,
    }
}

/// A move of a movement that changes nothing but its state.
pub fn moved(row: &MovementRow, to: MovementState, text: &str) -> MovementMove {
    MovementMove {
        pair: row.pair.clone(),
        key: row.entry.key.clone(),
        to,
        text: crate::text::clean_to(text, DETAIL_CHARS_MAX),
        document: None,
        delivery: None,
        entry: None,
        is_owed: false,
    }
}

/// Has the stock of a pair compared now, where it is compared at all.
pub fn compare(cx: &Cx, pair: &PairId) -> Option<Change> {
    let pair = cx.pair(pair)?;
    cx.has_flow(pair, Flow::ReconcileStock)
        .then(|| Change::ScheduleHasten {
            pair: pair.id.clone(),
            flow: Flow::ReconcileStock,
            at: cx.now(),
        })
}

/// What the source calls an item.
pub fn sku_of(set: &MappingSet, item: &ItemCode) -> Sku {
    let mut known = set.skus_of(item).into_iter();
    known.next().unwrap_or_else(|| Sku(item.0.clone()))
}

/// Sets the first movement of every idle lane going, and looks again at those nobody could explain. Returns how many.
pub async fn promote(cx: &Cx, fence: &Fence, pair: &PairCx) -> StoreResult<usize> {
    if !cx.has_flow(pair, Flow::StockDelta) {
        return Ok(0);
    }
    let heads = cx.store.lane_heads_idle(&pair.id, HEADS_MAX).await?;
    if heads.is_empty() {
        return Ok(0);
    }
    let set = cx.mapping_set(&pair.id).await?;
    let first = cx.ids(heads.len() as i64).await?;
    let mut changes = Vec::new();
    for (at, head) in heads.iter().enumerate() {
        let id = DeliveryId(first + at as i64);
        changes.extend(match head.entry.state {
            MovementState::UnknownWord => explained(pair, head, &set),
            _ => set_going(cx, pair, head, &set, id),
        });
    }
    let count = changes.len();
    cx.commit("lane", Some(fence), changes).await?;
    Ok(count)
}

fn set_going(
    cx: &Cx,
    pair: &PairCx,
    head: &MovementRow,
    set: &MappingSet,
    id: DeliveryId,
) -> Vec<Change> {
    let entry = &head.entry;
    let mut going = moved(head, MovementState::Waiting, "");
    going.delivery = Some(id);
    let post = MovementPost {
        entry: entry.clone(),
        sku: sku_of(set, &entry.movement.item),
        counted_each: entry.counted_each,
        sent: None,
        is_vouched: false,
    };
    vec![
        Change::Enqueue(Box::new(NewDelivery {
            id,
            flow: Flow::StockDelta,
            pair: pair.id.clone(),
            system: pair.source.clone(),
            lane: Flow::StockDelta.lane(),
            order_key: entry.lane.order_key(),
            idem_key: entry.key.clone(),
            order: None,
            object: entry.movement.item.0.clone(),
            intent: Intent::PostMovement(Box::new(post)),
            ship_by: None,
            due_at: cx.now(),
            depth: 1,
            caused_at: entry.movement.at,
        })),
        Change::Movement(Box::new(going)),
    ]
}

/// A head whose word or site was unknown, after somebody mapped it.
fn explained(pair: &PairCx, head: &MovementRow, set: &MappingSet) -> Vec<Change> {
    let (entry, fault) = entry_of(pair, head.entry.movement.clone(), set);
    if fault.is_some() {
        return Vec::new();
    }
    let mut going = moved(head, entry.state, &entry.text);
    going.entry = Some(Box::new(entry));
    let item = ObjectRef::Item(head.entry.movement.item.0.clone());
    let cleared = [
        Kind::MapStatusUnknown,
        Kind::MapTargetGone,
        Kind::MapLocationUnaligned,
        Kind::MapNotOneToOne,
    ];
    let mut changes = vec![Change::Movement(Box::new(going))];
    changes.extend(cleared.into_iter().map(|kind| Change::Clear {
        kind,
        pair: pair.id.clone(),
        discriminator: None,
        object: item.clone(),
        how: "auto".to_owned(),
        evidence: "the mapping explains the movement now".to_owned(),
    }));
    changes
}

/// Orders at the barrier looked at per round.
const ORDERS_MAX: usize = 1_000;
/// Movements looked at together.
const OPEN_MAX: usize = 20_000;

/// Movements of these items that the source was not told of yet.
pub async fn outstanding(
    cx: &Cx,
    pair: &PairCx,
    items: &[ItemCode],
) -> StoreResult<Vec<LaneEntry>> {
    if !cx.has_flow(pair, Flow::StockDelta) {
        return Ok(Vec::new());
    }
    let rows = cx.store.movements_open(&pair.id, &[], OPEN_MAX).await?;
    let entries = rows.into_iter().map(|r| r.entry);
    Ok(entries
        .filter(|e| items.contains(&e.movement.item))
        .collect())
}

/// Orders at the barrier are decided again: those whose lanes moved on go, those that waited too long are held and shown.
/// Answers whether any order still waits.
pub async fn recheck_barrier(cx: &Cx, fence: &Fence, pair: &PairCx) -> StoreResult<bool> {
    if !cx.has_flow(pair, Flow::StockDelta) {
        return Ok(false);
    }
    let states = [OrderState::Checking, OrderState::Blocked];
    let rows = cx
        .store
        .order_rows_in(&pair.id, &states, None, ORDERS_MAX)
        .await?;
    let ids: Vec<OrderId> = rows
        .iter()
        .filter(|r| is_at_barrier(r))
        .map(|r| r.id)
        .collect();
    if ids.is_empty() {
        return Ok(false);
    }
    let orders = cx.store.orders_by_id(&ids).await?;
    let cases: Vec<Case> = orders
        .into_iter()
        .map(|o| Case {
            order: o.body.source,
            inbox: None,
            is_recheck: true,
        })
        .collect();
    decide_orders(cx, fence, pair, &cases).await?;
    Ok(true)
}

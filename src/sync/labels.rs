//! Labels that were booked, or booked again, after a despatch was planned: the parcel's tracking follows, stored like
//! every other write to the source and sent behind the confirmation it belongs to.

use super::context::{Cx, PairCx};
use super::unlabelled;
use crate::domain::change::{Change, Fence};
use crate::domain::confirm::{self, Group, Labels};
use crate::domain::decide as rules;
use crate::domain::delivery::{DeliveryRow, Flow, Intent, NewDelivery, RelabelIntent};
use crate::domain::ids::{DeliveryId, DespatchNo, WmsOrderNo};
use crate::domain::keys;
use crate::domain::mapping_set::MappingSet;
use crate::domain::order::OrderFull;
use crate::domain::time::Ts;
use crate::store::read::DespatchGroup;
use crate::store::{StoreError, StoreResult};
use crate::vendors::{Confirming, SalesSystem};

/// Despatches looked at per round.
const ROUND: usize = 200;
/// How often a round is repeated when an order changed under it.
const STALE_REPEATS_MAX: usize = 5;

/// Plans what follows from labels that are news. Answers how many despatches were taken into account.
pub async fn take(cx: &Cx, fence: &Fence, pair: &PairCx) -> StoreResult<usize> {
    for _ in 0..STALE_REPEATS_MAX {
        let mut news = cx
            .store
            .despatches_relabelled(&pair.warehouse, ROUND)
            .await?;
        news.retain(|g| g.number.as_str().starts_with(&pair.number_start()));
        if news.is_empty() {
            return Ok(0);
        }
        let changes = plan(cx, pair, &news).await?;
        match cx.commit("label", Some(fence), changes).await {
            Ok(_) => return Ok(news.len()),
            Err(StoreError::Stale { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::Unavailable(
        "orders kept changing while their labels were matched".to_owned(),
    ))
}

async fn plan(cx: &Cx, pair: &PairCx, news: &[DespatchGroup]) -> StoreResult<Vec<Change>> {
    let set = cx.mapping_set(&pair.id).await?;
    let mut numbers: Vec<WmsOrderNo> = news.iter().map(|g| g.number.clone()).collect();
    numbers.sort();
    numbers.dedup();
    let orders = cx.store.orders_by_wms(&pair.id, &numbers).await?;
    let all = cx.store.despatches_of(&pair.warehouse, &numbers).await?;
    let mut changes: Vec<Change> = news.iter().map(|g| taken(pair, g)).collect();
    for order in &orders {
        let is_mine = |g: &&DespatchGroup| order.row.wms_number.as_ref() == Some(&g.number);
        let groups: Vec<DespatchGroup> = all.iter().filter(is_mine).cloned().collect();
        changes.extend(follow(cx, pair, order, &groups, &set).await?);
    }
    Ok(changes)
}

fn taken(pair: &PairCx, group: &DespatchGroup) -> Change {
    let mut trackings: Vec<String> = group.lines.iter().map(|l| l.tracking.clone()).collect();
    trackings.sort_unstable();
    trackings.dedup();
    Change::LabelsTaken {
        system: pair.warehouse.clone(),
        despatch: group.despatch.clone(),
        number: group.number.clone(),
        trackings,
    }
}

/// What an order's labels mean for what the source was told.
async fn follow(
    cx: &Cx,
    pair: &PairCx,
    order: &OrderFull,
    groups: &[DespatchGroup],
    set: &MappingSet,
) -> StoreResult<Vec<Change>> {
    let now = cx.now();
    let deliveries = cx.store.deliveries_of_order(order.row.id).await?;
    let groups: Vec<Group> = groups
        .iter()
        .map(|g| {
            let number = DespatchNo::from(g.despatch.as_str());
            (number, g.lines.clone(), g.first_seen_at)
        })
        .collect();
    let found = match confirm::relabel(&confirm::told(&deliveries), &groups, set) {
        Ok(found) => found,
        Err(why) => {
            return Ok(vec![told_to_people(pair, order, &why, now)]);
        }
    };
    let source = cx.systems.sources.get(&pair.source).cloned();
    let way = source.map(SalesSystem::confirming);
    if !matches!(way, Some(Confirming::Parcels(_))) {
        if confirm::labels(order, &groups, &[], set) == Labels::Untracked {
            return Ok(Vec::new());
        }
        return Ok(too_late(pair, order, &deliveries, &found, now));
    }
    let is_label = |d: &&DeliveryRow| matches!(d.intent, Intent::Relabel(_));
    let before = deliveries.iter().filter(is_label).count();
    let first = cx.ids(found.len() as i64).await?;
    let numbered = found.into_iter().enumerate();
    Ok(numbered
        .map(|(at, change)| {
            let id = DeliveryId(first + at as i64);
            write(pair, order, change, (id, before + at), now)
        })
        .collect())
}

/// The write, behind everything else the source is told of the order.
fn write(
    pair: &PairCx,
    order: &OrderFull,
    change: RelabelIntent,
    (id, nth): (DeliveryId, usize),
    now: Ts,
) -> Change {
    let parcel = &change.parcel;
    Change::Enqueue(Box::new(NewDelivery {
        id,
        flow: Flow::Despatch,
        pair: pair.id.clone(),
        system: pair.source.clone(),
        lane: Flow::Despatch.lane(),
        order_key: keys::confirm_lane(&order.row.source_id),
        idem_key: keys::relabel(&pair.id, &parcel.despatches, &parcel.tracking, nth),
        order: Some(order.row.id),
        object: order.row.number.clone(),
        intent: Intent::Relabel(Box::new(change)),
        ship_by: order.row.ship_by,
        due_at: now,
        depth: 1,
        caused_at: now,
    }))
}

/// A source that takes no number once the order is processed: a confirmation that was not sent yet takes the label with
/// it by itself, for one that was a person is told.
fn too_late(
    pair: &PairCx,
    order: &OrderFull,
    deliveries: &[DeliveryRow],
    found: &[RelabelIntent],
    now: Ts,
) -> Vec<Change> {
    let is_under_way = deliveries
        .iter()
        .any(|d| matches!(d.intent, Intent::ConfirmDespatch(_)) && !d.state.is_final());
    if is_under_way || found.is_empty() {
        return Vec::new();
    }
    let labels: Vec<&str> = found.iter().map(|f| f.parcel.tracking.as_str()).collect();
    let why = format!(
        "tracking {} was booked after the sales system had processed the order, and it takes none then; tell the \
         customer the number",
        labels.join(", ")
    );
    vec![told_to_people(pair, order, &why, now)]
}

fn told_to_people(pair: &PairCx, order: &OrderFull, why: &str, now: Ts) -> Change {
    let fault = unlabelled::fault(order, why);
    Change::Raise(rules::occurrence(&pair.id, &order.row, &fault, None, now))
}

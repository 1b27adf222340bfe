//! Stock: from warehouse levels to figures to publish, and from what the source shows to what nobody can explain.

mod compare;
mod ledger;
mod moves;
mod queues;

pub use compare::compare;
pub use ledger::{Compared, Shown, compare_ledger, settled};
pub use moves::{Moves, NewlySold, moves_since_writes, sold_since_computed};
pub use queues::{Queues, SKEW, unconfirmed};

use super::context::{Cx, PairCx};
use crate::domain::catalogue::Kind;
use crate::domain::change::{Change, DeliveryMove, Fence};
use crate::domain::delivery::{DeliveryRow, DeliveryState, Flow, Intent, NewDelivery, StockWrite};
use crate::domain::drift;
use crate::domain::exception::{ObjectRef, Occurrence};
use crate::domain::ids::{DeliveryId, ItemCode, LocationId};
use crate::domain::keys;
use crate::domain::mapping_set::{MappingSet, SiteMap};
use crate::domain::publish::{self, StockInputs};
use crate::domain::stock::{Basis, StockLevelRow, StockPosition};
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;
use crate::store::read::UnitsAt;
use std::collections::HashMap;

/// Levels read from the store at once.
pub const LEVELS_PAGE: usize = 5_000;
/// Changes committed at once.
const COMMIT_CHUNK: usize = 500;

/// Units by item and location.
type Units = HashMap<(ItemCode, LocationId), i64>;
fn by_place(rows: Vec<UnitsAt>, places: &[(LocationId, SiteMap)]) -> Units {
    let mut units = Units::new();
    for row in rows {
        let location = weighs_on(&row, places).clone();
        *units.entry((row.item, location)).or_default() += row.qty_each;
    }
    units
}

/// The location whose figure an order lowers: its own, or, when rules sent it to another building, one that offers what
/// lies there.
fn weighs_on<'a>(row: &'a UnitsAt, places: &'a [(LocationId, SiteMap)]) -> &'a LocationId {
    let Some(site) = &row.site else {
        return &row.location;
    };
    let mut offering = places
        .iter()
        .filter(|(_, map)| map.sites.contains(site))
        .map(|(location, _)| location);
    let is_own = offering.clone().any(|l| *l == row.location);
    match offering.next() {
        Some(other) if !is_own => other,
        _ => &row.location,
    }
}

/// What a publishing run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Published {
    pub items: usize,
    pub changed: usize,
    pub is_stopped: bool,
}

/// Recomputes every figure of a pair from the newest complete levels and stores the writes that are needed.
/// A run that would change too many items stops and asks, unless `is_approved`.
pub async fn publish_all(
    cx: &Cx,
    fence: &Fence,
    pair: &PairCx,
    snapshot_id: i64,
    is_approved: bool,
) -> StoreResult<Published> {
    let set = cx.mapping_set(&pair.id).await?;
    let places = set.locations();
    let unsent = by_place(
        cx.store
            .unsent_units(&pair.id, pair.policy.reserve_unpaid)
            .await?,
        &places,
    );
    let unconfirmed = by_place(cx.store.unconfirmed_units(&pair.id).await?, &places);
    let since = cx.now() - pair.policy.status_interval.times(2);
    let on_their_way = by_place(cx.store.unsent_units_open(&pair.id, since).await?, &places);
    let mut wanted: Vec<(StockPosition, bool)> = Vec::new();
    let mut after = None;
    let day = cx.now() - Span::days(1);
    let sold: HashMap<ItemCode, i64> = cx
        .store
        .units_sold_since(&pair.id, day)
        .await?
        .into_iter()
        .collect();
    loop {
        let mut page = cx
            .store
            .levels_page(&pair.warehouse, after.clone(), LEVELS_PAGE)
            .await?;
        let is_last = page.len() < LEVELS_PAGE;
        if !is_last {
            leave_cut_item(&mut page);
        }
        after = page.last().map(|l| (l.item.clone(), l.site.clone()));
        collect(
            cx,
            pair,
            &set,
            &places,
            &page,
            &Queued {
                unsent: &unsent,
                unconfirmed: &unconfirmed,
                on_their_way: &on_their_way,
                sold: &sold,
            },
            &mut wanted,
        )
        .await?;
        if is_last {
            break;
        }
    }
    decide_writes(cx, fence, pair, snapshot_id, wanted, is_approved).await
}

/// The last item of a page may have further sites on the next one: it is left for that, so that its figure is summed over
/// all of them.
pub fn leave_cut_item(page: &mut Vec<StockLevelRow>) {
    let Some(last) = page.last().map(|l| l.item.clone()) else {
        return;
    };
    let whole = page.partition_point(|l| l.item != last);
    // An item that fills a page by itself has no better place.
    if whole > 0 {
        page.truncate(whole);
    }
}

/// What stands in queues and what was sold of late, for all items.
struct Queued<'a> {
    unsent: &'a Units,
    unconfirmed: &'a Units,
    /// Part of `unsent` that the warehouse may have allocated already.
    on_their_way: &'a Units,
    sold: &'a HashMap<ItemCode, i64>,
}

impl Queued<'_> {
    fn each(units: &Units, key: &(ItemCode, LocationId)) -> i64 {
        units.get(key).copied().unwrap_or(0)
    }
}

/// Joins one page of levels with the positions already known.
async fn collect(
    cx: &Cx,
    pair: &PairCx,
    set: &MappingSet,
    places: &[(LocationId, SiteMap)],
    page: &[StockLevelRow],
    queued: &Queued<'_>,
    wanted: &mut Vec<(StockPosition, bool)>,
) -> StoreResult<()> {
    let now = cx.now();
    let mut items: Vec<ItemCode> = page.iter().map(|l| l.item.clone()).collect();
    items.dedup();
    let known: HashMap<(ItemCode, LocationId), StockPosition> = cx
        .store
        .positions_of(&pair.id, &items)
        .await?
        .into_iter()
        .map(|p| ((p.item.clone(), p.location.clone()), p))
        .collect();
    let moves = moves_since_writes(
        cx,
        Some(pair.id.clone()),
        known.values().filter(|p| p.basis == Basis::NetLive),
    )
    .await?;
    // Rows come in order of item and site.
    for (item, levels) in items
        .into_iter()
        .zip(page.chunk_by(|a, b| a.item == b.item))
    {
        for (location, place) in places {
            let here: Vec<&StockLevelRow> = levels
                .iter()
                .filter(|l| place.sites.contains(&l.site))
                .collect();
            if here.is_empty() {
                continue;
            }
            let key = (item.clone(), location.clone());
            let old = known.get(&key);
            let on_sites: i64 = here.iter().map(|l| l.available_each).sum();
            let available = share_of(on_sites, place);
            let mut inputs = StockInputs {
                available,
                on_hand: here.iter().map(|l| l.on_hand_each).sum(),
                allocated: here.iter().map(|l| l.allocated_each).sum(),
                unsent: Queued::each(queued.unsent, &key),
                unconfirmed: Queued::each(queued.unconfirmed, &key),
                buffer: 0,
                committed: old.map_or(0, |o| o.committed_each),
                basis: place.basis,
            };
            let sellable = publish::publish(&inputs).sellable;
            inputs.buffer = set.buffer(&item, location, None, now, sellable);
            let mut figures = publish::publish(&inputs);
            let mut position = old
                .cloned()
                .unwrap_or_else(|| blank(pair, set, &item, location, place.basis));
            if position.basis == Basis::NetLive {
                let shown = shown_by_itself(&position, &moves);
                let on_their_way = Queued::each(queued.on_their_way, &key);
                inputs.unsent -= publish::counted_twice(shown, &figures, on_their_way);
                figures = publish::publish(&inputs);
            }
            let is_due = position.paused_reason.is_none()
                && (position.written_at.is_none()
                    || shown_by_itself(&position, &moves) != figures.publish
                    || position.lag_each != 0
                    || is_pushed_back(&position));
            let is_moved = is_due
                || position.available_each != inputs.available
                || position.unsent_each != inputs.unsent
                || position.unconfirmed_each != inputs.unconfirmed
                || position.on_hand_each != inputs.on_hand;
            position.others_each = on_sites - available;
            take(
                &mut position,
                &inputs,
                &figures,
                queued.sold.get(&item).copied().unwrap_or(0),
                now,
            );
            if is_moved || old.is_none() {
                wanted.push((position, is_due));
            }
        }
    }
    Ok(())
}

/// The part of the sites' stock a location may offer; what it owes beyond the stock is its own whole.
fn share_of(available: i64, place: &SiteMap) -> i64 {
    if available <= 0 {
        return available;
    }
    available.saturating_mul(place.stock_share_percent) / 100
}

/// What the source shows without another write of ours: a live figure follows its sales, others stand as published.
fn shown_by_itself(position: &StockPosition, moves: &Moves) -> i64 {
    match position.basis {
        Basis::NetLive => moves
            .expected_each(position)
            .unwrap_or(position.publish_each),
        Basis::NetStatic | Basis::Gross => position.publish_each,
    }
}

/// Drift up to this many units is written over without asking.
const PUSH_BACK_EACH_MAX: i64 = 10;
/// Drift worth up to this much is written over without asking, minor units.
const PUSH_BACK_MINOR_MAX: i64 = 10_000;

/// Somebody else changed the figure and it is small enough to be put right without approval: within tolerance at once
/// whatever it is worth, because nobody is told of that; beyond it when two readings agree.
fn is_pushed_back(position: &StockPosition) -> bool {
    let units = position.external_each.abs();
    let is_small = units <= PUSH_BACK_EACH_MAX
        && units.saturating_mul(position.price_minor) <= PUSH_BACK_MINOR_MAX;
    match position.runs {
        _ if units == 0 => false,
        0 => true,
        1 => false,
        _ => is_small,
    }
}

fn take(
    position: &mut StockPosition,
    inputs: &StockInputs,
    figures: &publish::Published,
    sold_day: i64,
    now: Ts,
) {
    position.basis = inputs.basis;
    position.available_each = inputs.available;
    position.on_hand_each = inputs.on_hand;
    position.allocated_each = inputs.allocated;
    position.unsent_each = inputs.unsent;
    position.unconfirmed_each = inputs.unconfirmed;
    position.buffer_each = inputs.buffer;
    position.publish_each = figures.publish;
    position.velocity_milli = sold_day * 1_000 / 24;
    position.updated_at = now;
}

/// A position nothing is known about yet.
pub fn blank(
    pair: &PairCx,
    set: &MappingSet,
    item: &ItemCode,
    location: &LocationId,
    basis: Basis,
) -> StockPosition {
    StockPosition {
        pair: pair.id.clone(),
        item: item.clone(),
        sku: set
            .skus_of(item)
            .into_iter()
            .next()
            .unwrap_or_else(|| item.0.clone().into()),
        location: location.clone(),
        basis,
        available_each: 0,
        others_each: 0,
        on_hand_each: 0,
        allocated_each: 0,
        unsent_each: 0,
        unconfirmed_each: 0,
        buffer_each: 0,
        publish_each: 0,
        written_each: None,
        written_snapshot: None,
        written_at: None,
        committed_each: 0,
        written_committed_each: 0,
        processed_since_each: 0,
        source_each: None,
        source_level_each: None,
        source_read_at: None,
        gap_each: 0,
        external_each: 0,
        lag_each: 0,
        remainder_each: 0,
        runs: 0,
        velocity_milli: 0,
        oversell_hours_milli: None,
        value_at_risk_minor: 0,
        price_minor: 0,
        history: Vec::new(),
        paused_reason: None,
        drift_since: None,
        updated_at: Ts(0),
        ledger: None,
    }
}

async fn decide_writes(
    cx: &Cx,
    fence: &Fence,
    pair: &PairCx,
    snapshot_id: i64,
    wanted: Vec<(StockPosition, bool)>,
    is_approved: bool,
) -> StoreResult<Published> {
    let listed = usize::try_from(cx.store.item_count(&pair.warehouse).await?).unwrap_or(0);
    let total = listed.max(wanted.len()).max(1);
    let due: Vec<StockPosition> = wanted
        .iter()
        .filter(|(_, due)| *due)
        .map(|(p, _)| p.clone())
        .collect();
    let done = Published {
        items: wanted.len(),
        changed: due.len(),
        is_stopped: false,
    };
    let is_mass = drift::mass_change(due.len(), total, pair.policy.mass_change_percent);
    if is_mass && !is_approved {
        let detail = format!(
            "this run would change {} of {total} items, more than {} %; nothing was published. Look at the figures, then approve the run",
            due.len(),
            pair.policy.mass_change_percent
        );
        let raise = raise_flow(pair, Kind::StkSnapshotIncomplete, "MASS", &detail, cx.now());
        cx.commit("publish", Some(fence), vec![raise]).await?;
        return Ok(Published {
            is_stopped: true,
            ..done
        });
    }
    let mut waiting = HashMap::new();
    let states = [
        DeliveryState::Waiting,
        DeliveryState::Ready,
        DeliveryState::Rejected,
        DeliveryState::Dead,
    ];
    for old in cx
        .store
        .deliveries_in(&pair.id, Flow::StockSnapshot, &states, usize::MAX >> 1)
        .await?
    {
        waiting
            .entry(old.order_key.clone())
            .or_insert_with(Vec::new)
            .push(old);
    }
    let mut changes: Vec<Change> = Vec::new();
    if is_approved || !is_mass {
        changes.push(Change::ClearAll {
            kind: Kind::StkSnapshotIncomplete,
            pair: pair.id.clone(),
            discriminator: "MASS".to_owned(),
            how: "correction".to_owned(),
            evidence: format!("a run of {} changes was published", due.len()),
        });
    }
    let mut first = cx.ids(due.len() as i64 + 1).await?;
    for chunk in wanted.chunks(COMMIT_CHUNK) {
        changes.push(Change::Positions(
            chunk.iter().map(|(p, _)| p.clone()).collect(),
        ));
        for (position, _) in chunk.iter().filter(|(_, due)| *due) {
            let lane = keys::stock_lane(&position.item, &position.location);
            for old in waiting.remove(&lane).unwrap_or_default() {
                changes.push(supersede(&old, cx.now()));
            }
            changes.push(Change::Enqueue(Box::new(write_of(
                pair,
                position,
                snapshot_id,
                DeliveryId(first),
                cx.now(),
            ))));
            first += 1;
        }
        cx.commit("publish", Some(fence), std::mem::take(&mut changes))
            .await?;
    }
    if !changes.is_empty() {
        cx.commit("publish", Some(fence), changes).await?;
    }
    Ok(done)
}

fn supersede(old: &DeliveryRow, now: Ts) -> Change {
    Change::Deliver(DeliveryMove {
        id: old.id,
        from: Some(old.state),
        to: DeliveryState::Superseded,
        step: old.step,
        due_at: now,
        attempts: old.attempts,
        sent_at: old.sent_at,
        absent_at: None,
        class: None,
        text: "a newer snapshot has a newer figure".to_owned(),
        intent: None,
    })
}

/// The write that publishes a position.
pub fn write_of(
    pair: &PairCx,
    position: &StockPosition,
    snapshot_id: i64,
    id: DeliveryId,
    now: Ts,
) -> NewDelivery {
    let level = match position.basis {
        Basis::Gross => position.publish_each + position.committed_each,
        Basis::NetStatic | Basis::NetLive => position.publish_each,
    };
    NewDelivery {
        id,
        flow: Flow::StockSnapshot,
        pair: pair.id.clone(),
        system: pair.source.clone(),
        lane: Flow::StockSnapshot.lane(),
        order_key: keys::stock_lane(&position.item, &position.location),
        idem_key: keys::stock(&pair.id, &position.item, &position.location, snapshot_id),
        order: None,
        object: object_name(&position.item, &position.location),
        intent: Intent::PublishStock(StockWrite {
            item: position.item.clone(),
            sku: position.sku.clone(),
            location: position.location.clone(),
            level_each: level,
            publish_each: position.publish_each,
            snapshot_id,
        }),
        ship_by: position
            .oversell_hours_milli
            .map(|h| now + Span::secs(h * 3_600 / 1_000)),
        due_at: now,
        depth: 1,
        caused_at: now,
    }
}

/// How an item at a location is named in exceptions and deliveries.
pub fn object_name(item: &ItemCode, location: &LocationId) -> String {
    format!("{item}@{location}")
}

fn raise_flow(pair: &PairCx, kind: Kind, discriminator: &str, detail: &str, now: Ts) -> Change {
    Change::Raise(Occurrence {
        kind,
        pair: pair.id.clone(),
        discriminator: discriminator.to_owned(),
        object: ObjectRef::Flow(format!("{}/{}", pair.id, Flow::StockSnapshot)),
        label: Flow::StockSnapshot.as_str().to_owned(),
        detail: detail.to_owned(),
        began_at: now,
        ship_by: None,
        value_minor: 0,
        severity: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(item: &str, site: &str) -> StockLevelRow {
        StockLevelRow {
            system: "pvx".into(),
            item: item.into(),
            site: site.into(),
            on_hand_each: 1,
            allocated_each: 0,
            available_each: 1,
            snapshot_id: 1,
            read_at: Ts(0),
        }
    }

    #[test]
    fn an_item_whose_sites_go_on_over_the_page_is_left_for_the_next_one() {
        let mut page = vec![level("A", "1"), level("A", "2"), level("B", "1")];
        leave_cut_item(&mut page);
        assert_eq!(page.len(), 2);
        assert!(page.iter().all(|l| l.item.as_str() == "A"));
        leave_cut_item(&mut page);
        assert_eq!(page.len(), 2, "an item that fills the page stays");
        page.clear();
        leave_cut_item(&mut page);
        assert!(page.is_empty());
    }
}

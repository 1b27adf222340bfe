//! What stands between two ledgers at one moment: movements and shipments the source was not told of yet, returned goods on
//! their way to the shelf, and lanes in which anything happened while the systems were read.

use super::by_place;
use crate::domain::delivery::{DeliveryRow, DeliveryState, Flow, Intent};
use crate::domain::drift::ledger::LostReturn;
use crate::domain::ids::ItemCode;
use crate::domain::mapping_set::MappingSet;
use crate::domain::movements::{LaneKey, place};
use crate::domain::time::{Span, Ts};
use crate::store::read::DespatchGroup;
use crate::store::{LaneUnits, StoreResult};
use crate::sync::context::{Cx, PairCx};
use crate::sync::deliver::lane_units;
use std::collections::{HashMap, HashSet};

/// Shipments, movements and despatches looked at.
const ROWS_MAX: usize = 20_000;
/// Open returns read at once.
const RETURNS_PAGE: usize = 500;
/// Open returns looked at.
const RETURNS_MAX: usize = 20_000;

/// Units by the key of a lane.
type ByLane = HashMap<String, i64>;

/// Shipments that the source was not told of, and the lanes they have touched lately.
#[derive(Debug, Default)]
pub struct Unconfirmed {
    units: ByLane,
    busy: HashSet<String>,
}

impl Unconfirmed {
    /// Units of a lane that left the shelf and are still in the source's figure.
    pub fn each(&self, lane: &LaneKey) -> i64 {
        self.units.get(&lane.order_key()).copied().unwrap_or(0)
    }

    fn add(&mut self, lane: String, units: i64, is_busy: bool) {
        if is_busy {
            self.busy.insert(lane.clone());
        }
        let sum = self.units.entry(lane).or_default();
        *sum = sum.saturating_add(units);
    }

    fn delivery(&mut self, set: &MappingSet, row: &DeliveryRow, since: Ts) {
        let Intent::ConfirmDespatch(parcel) = &row.intent else {
            return;
        };
        // One whose effect is unknown may be in the figure or not.
        let is_open = matches!(row.state, DeliveryState::Sending | DeliveryState::InDoubt);
        for (lane, units) in lane_units(set, parcel) {
            self.add(lane, units, is_open || row.created_at >= since);
        }
    }

    fn despatch(&mut self, set: &MappingSet, group: &DespatchGroup, since: Ts) {
        for line in &group.lines {
            if let Ok(location) = place(&line.site, set) {
                let lane = LaneKey::of(&line.item, &location).order_key();
                self.add(lane, line.qty_each, group.first_seen_at >= since);
            }
        }
    }
}

/// Reads what left and was not told. Lanes in which that began after `since` count as busy.
pub async fn unconfirmed(
    cx: &Cx,
    pair: &PairCx,
    set: &MappingSet,
    since: Ts,
) -> StoreResult<Unconfirmed> {
    let states = [
        DeliveryState::Waiting,
        DeliveryState::Ready,
        DeliveryState::Sending,
        DeliveryState::InDoubt,
        DeliveryState::Rejected,
        DeliveryState::Dead,
    ];
    let mut out = Unconfirmed::default();
    let store = &cx.store;
    for row in store
        .deliveries_in(&pair.id, Flow::Despatch, &states, ROWS_MAX)
        .await?
    {
        out.delivery(set, &row, since);
    }
    let start = pair.number_start();
    for group in store.despatches_open(&pair.warehouse, ROWS_MAX).await? {
        if group.number.as_str().starts_with(&start) {
            out.despatch(set, &group, since);
        }
    }
    Ok(out)
}

/// Everything that stands between the two ledgers of a pair.
#[derive(Debug, Default)]
pub struct Queues {
    pub unconfirmed: Unconfirmed,
    pending: ByLane,
    owed: ByLane,
    unsent: super::Units,
    busy: HashSet<String>,
    in_returns: HashMap<ItemCode, i64>,
    lost: HashMap<ItemCode, Vec<LostReturn>>,
}

fn by_lane(rows: Vec<LaneUnits>) -> ByLane {
    let units = rows.into_iter();
    units.map(|u| (u.lane.order_key(), u.units_each)).collect()
}

impl Queues {
    /// As they stand now. Nothing in a lane that moved after `since` can be compared with figures read since then.
    pub async fn read(cx: &Cx, pair: &PairCx, set: &MappingSet, since: Ts) -> StoreResult<Self> {
        let store = &cx.store;
        let mut queues = Self {
            unconfirmed: unconfirmed(cx, pair, set, since).await?,
            pending: by_lane(store.movements_pending(&pair.id).await?),
            owed: by_lane(store.movements_owed(&pair.id).await?),
            unsent: by_place(
                store
                    .unsent_units(&pair.id, pair.policy.reserve_unpaid)
                    .await?,
                &set.locations(),
            ),
            ..Self::default()
        };
        queues.busy = store
            .lanes_touched(&pair.id, since)
            .await?
            .into_iter()
            .collect();
        queues.busy.extend(store.lanes_held(&pair.id).await?);
        for (item, location, _, _) in store.confirmed_since(&pair.id, since).await? {
            queues
                .busy
                .insert(LaneKey::of(&item, &location).order_key());
        }
        queues.returns(cx, pair).await?;
        Ok(queues)
    }

    /// Returned goods: not on the shelf yet, or on it and on their way to no ledger.
    async fn returns(&mut self, cx: &Cx, pair: &PairCx) -> StoreResult<()> {
        let open = cx.store.movements_open(&pair.id, &[], ROWS_MAX).await?;
        let on_their_way: HashSet<(&str, &ItemCode)> = open
            .iter()
            .map(|m| (m.reference.as_str(), &m.entry.movement.item))
            .collect();
        let mut after = None;
        for _ in 0..RETURNS_MAX / RETURNS_PAGE {
            let page = cx.store.returns_open(&pair.id, after, RETURNS_PAGE).await?;
            for held in &page {
                let reference = held.row.reference.as_str();
                for line in &held.lines {
                    let inside = line.received_each - line.stocked_each - line.disposed_each;
                    *self.in_returns.entry(line.item.clone()).or_default() += inside.max(0);
                    let missing = line.stocked_each - line.confirmed_each;
                    if missing > 0 && !on_their_way.contains(&(reference, &line.item)) {
                        self.lost
                            .entry(line.item.clone())
                            .or_default()
                            .push(LostReturn {
                                return_ref: reference.to_owned(),
                                units_each: missing,
                            });
                    }
                }
            }
            after = page.last().map(|held| held.row.id);
            if page.len() < RETURNS_PAGE {
                break;
            }
        }
        Ok(())
    }

    /// Whether anything of the lane moved while the systems were read, or may at any moment.
    pub fn is_busy(&self, lane: &LaneKey) -> bool {
        let key = lane.order_key();
        self.busy.contains(&key) || self.unconfirmed.busy.contains(&key)
    }

    /// Q.
    pub fn pending_each(&self, lane: &LaneKey) -> i64 {
        self.pending.get(&lane.order_key()).copied().unwrap_or(0)
    }

    /// Left out with a debt.
    pub fn owed_each(&self, lane: &LaneKey) -> i64 {
        self.owed.get(&lane.order_key()).copied().unwrap_or(0)
    }

    /// Whether anything of the lane is owed at all.
    pub fn is_owed(&self, lane: &LaneKey) -> bool {
        self.owed.contains_key(&lane.order_key())
    }

    /// U.
    pub fn unsent_each(&self, lane: &LaneKey) -> i64 {
        let item = lane.item.clone().unwrap_or_default();
        let key = (item, lane.location.clone());
        self.unsent.get(&key).copied().unwrap_or(0)
    }

    /// Returned and not on the shelf yet.
    pub fn in_returns_each(&self, item: &ItemCode) -> i64 {
        self.in_returns.get(item).copied().unwrap_or(0)
    }

    /// Returns whose goods are on the shelf and on their way to no ledger.
    pub fn lost(&self, item: &ItemCode) -> Vec<LostReturn> {
        self.lost.get(item).cloned().unwrap_or_default()
    }
}

/// Clocks of two systems may differ by so much: what moved shortly before a reading began counts as moved during it.
pub const SKEW: Span = Span::secs(30);

//! Parcels that left without a label and never got one: a case per service of the sales system, which closes when the
//! source shows a number for each of them, or when the mapping says that the service has none.

use super::context::{Cx, PairCx};
use super::requests;
use crate::domain::catalogue::Kind;
use crate::domain::change::{Change, Fence};
use crate::domain::confirm::{self, Group, Labels, Unlabelled};
use crate::domain::decide as rules;
use crate::domain::delivery::{DeliveryState, Intent};
use crate::domain::exception::ObjectRef;
use crate::domain::ids::{DespatchNo, OrderId, RequestId, WmsOrderNo};
use crate::domain::mapping_set::MappingSet;
use crate::domain::order::{OrderFull, OrderState, SourceStatus};
use crate::domain::preflight::Fault;
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;
use crate::store::read::DespatchGroup;
use std::collections::{HashMap, HashSet};

/// How long after despatch a label may be missing before people are told, unless confirmations wait longer for it.
pub const LABEL_GRACE: Span = Span::mins(30);
/// How far back parcels without a label are judged; older ones that nobody judged are history.
const LOOK_BACK: Span = Span::days(7);
/// Lines judged per round, and rounds per watch.
const ROUND: usize = 200;
const ROUNDS_MAX: usize = 25;
/// Open members looked at per watch; the others have their turn at the next ones.
const MEMBERS: usize = 1_000;
/// Orders read again in the source per watch.
const AGAIN_MAX: usize = 50;
/// How much rarer an order is read again than by the watches.
const AGAIN_TIMES: i64 = 3;

struct Round<'a> {
    cx: &'a Cx,
    fence: &'a Fence,
    pair: &'a PairCx,
    now: Ts,
    /// The cases an order stands in.
    held: HashMap<OrderId, Vec<String>>,
}

/// How an order's parcels stand, with the order.
struct Judged {
    order: OrderFull,
    labels: Labels,
}

/// Judges what left without a label, and what is open about it.
pub async fn watch(cx: &Cx, fence: &Fence, pair: &PairCx, now: Ts) -> StoreResult<()> {
    let kinds = [Kind::DspTrackingMissing];
    let mut held: HashMap<OrderId, Vec<String>> = HashMap::new();
    for (_, discriminator, object) in cx.store.open_members(&kinds, &pair.id).await? {
        if let ObjectRef::Order(order) = object {
            held.entry(order).or_default().push(discriminator);
        }
    }
    let round = Round {
        cx,
        fence,
        pair,
        now,
        held,
    };
    let set = cx.mapping_set(&pair.id).await?;
    round.settle(&set).await?;
    round.minds(&set).await?;
    round.open(&set).await
}

/// The case of an order's parcels. Labels of one service are missing for one reason, and one row of the mappings says
/// whether they should exist.
pub fn discriminator(order: &OrderFull) -> String {
    format!("SERVICE={}", order.row.service)
}

/// What it says of an order.
pub fn fault(order: &OrderFull, why: &str) -> Fault {
    Fault::new(
        Kind::DspTrackingMissing,
        discriminator(order),
        format!("order {}: {why}", order.row.number),
    )
}

impl Round<'_> {
    /// Closes what the source or the mapping has settled, and has the rest read again.
    async fn settle(&self, set: &MappingSet) -> StoreResult<()> {
        let mut ids: Vec<OrderId> = self.held.keys().copied().collect();
        ids.sort_unstable();
        let turns = ids.len().div_ceil(MEMBERS).max(1);
        let every = self.cx.pace.watch_every.0.max(1);
        let turn = usize::try_from(self.now.0 / every).unwrap_or(0) % turns;
        let mine = ids.chunks(MEMBERS).nth(turn).unwrap_or_default();
        if mine.is_empty() {
            return Ok(());
        }
        let orders = self.cx.store.orders_by_id(mine).await?;
        let mut changes = Vec::new();
        let mut again = Vec::new();
        for Judged { order, labels } in self.judge(orders, set).await? {
            let evidence = match labels {
                Labels::Shown => "the sales system shows a number for every parcel",
                Labels::Untracked => "the mapping says that its service is not tracked",
                Labels::Missing(_) if is_called_off(&order) => "the order was cancelled",
                Labels::Missing(_) => {
                    let since = self.now.since(order.row.source_read_at);
                    if since >= self.cx.pace.resync_again.times(AGAIN_TIMES) {
                        again.push(order.row.id);
                    }
                    continue;
                }
            };
            changes.extend(self.cleared(&order, evidence));
        }
        changes.extend(self.read_again(again).await?);
        let cx = self.cx;
        cx.commit("unlabelled", Some(self.fence), changes).await?;
        Ok(())
    }

    fn cleared(&self, order: &OrderFull, evidence: &str) -> Vec<Change> {
        let held = self.held.get(&order.row.id);
        let cases = held.into_iter().flatten();
        cases
            .map(|discriminator| Change::Clear {
                kind: Kind::DspTrackingMissing,
                pair: self.pair.id.clone(),
                discriminator: Some(discriminator.clone()),
                object: ObjectRef::Order(order.row.id),
                how: "auto".to_owned(),
                evidence: evidence.to_owned(),
            })
            .collect()
    }

    async fn read_again(&self, mut orders: Vec<OrderId>) -> StoreResult<Vec<Change>> {
        orders.truncate(AGAIN_MAX);
        let first = self.cx.ids(orders.len() as i64).await?;
        let numbered = orders.into_iter().zip(first..);
        Ok(numbered
            .map(|(order, id)| Change::Request {
                id: RequestId(id),
                kind: requests::RESYNC_ORDER.to_owned(),
                body: serde_json::json!({ "order": order }),
            })
            .collect())
    }

    /// When the team has another mind about what is tracked, the parcels of late are judged anew.
    async fn minds(&self, set: &MappingSet) -> StoreResult<()> {
        let key = format!("labels/{}/untracked", self.pair.id);
        let said = set.untracked();
        let before = self.cx.store.setting(&key).await?.unwrap_or_default();
        if before == said {
            return Ok(());
        }
        let changes = vec![
            Change::LabelsUnjudged {
                system: self.pair.warehouse.clone(),
                since: self.now - LOOK_BACK,
            },
            Change::Setting { key, value: said },
        ];
        let cx = self.cx;
        cx.commit("unlabelled", Some(self.fence), changes).await?;
        Ok(())
    }

    /// Judges parcels nobody judged yet; each once, in the commit that tells of it.
    async fn open(&self, set: &MappingSet) -> StoreResult<()> {
        let pair = self.pair;
        let grace = LABEL_GRACE.max(pair.policy.wait_for_tracking);
        let window = (self.now - LOOK_BACK, self.now - grace);
        for _ in 0..ROUNDS_MAX {
            let store = &self.cx.store;
            let whose = (&pair.warehouse, pair.number_start());
            let groups = store
                .despatches_unlabelled((whose.0, &whose.1), window, ROUND)
                .await?;
            if groups.is_empty() {
                break;
            }
            let changes = self.judged(&groups, set).await?;
            let cx = self.cx;
            cx.commit("unlabelled", Some(self.fence), changes).await?;
        }
        Ok(())
    }

    async fn judged(&self, groups: &[DespatchGroup], set: &MappingSet) -> StoreResult<Vec<Change>> {
        let mut numbers: Vec<WmsOrderNo> = groups.iter().map(|g| g.number.clone()).collect();
        numbers.sort();
        numbers.dedup();
        let orders = self.cx.store.orders_by_wms(&self.pair.id, &numbers).await?;
        let mut changes = Vec::new();
        for Judged { order, labels } in self.judge(orders, set).await? {
            let is_open = self.held.contains_key(&order.row.id);
            if let Labels::Missing(what) = labels
                && !is_open
                && !is_called_off(&order)
            {
                let fault = fault(&order, &words(&what, self.now));
                let began_at = what.left_at;
                let (pair, row) = (&self.pair.id, &order.row);
                changes.push(Change::Raise(rules::occurrence(
                    pair, row, &fault, None, began_at,
                )));
            }
        }
        let of = |g: &DespatchGroup| (g.despatch.clone(), g.number.clone());
        changes.push(Change::LabelsJudged {
            system: self.pair.warehouse.clone(),
            despatches: groups.iter().map(of).collect(),
        });
        Ok(changes)
    }

    /// How these orders stand, by all their despatches.
    async fn judge(&self, orders: Vec<OrderFull>, set: &MappingSet) -> StoreResult<Vec<Judged>> {
        let numbers: Vec<WmsOrderNo> = orders
            .iter()
            .filter_map(|o| o.row.wms_number.clone())
            .collect();
        let store = &self.cx.store;
        let system = &self.pair.warehouse;
        let mut by_number: HashMap<WmsOrderNo, Vec<Group>> = HashMap::new();
        for group in store.despatches_of(system, &numbers).await? {
            let despatch = DespatchNo::from(group.despatch.as_str());
            let part = (despatch, group.lines, group.first_seen_at);
            by_number.entry(group.number).or_default().push(part);
        }
        let mut judged = Vec::with_capacity(orders.len());
        for order in orders {
            let number = order.row.wms_number.as_ref();
            let Some(groups) = number.and_then(|n| by_number.get(n)) else {
                continue;
            };
            let mut labels = confirm::labels(&order, groups, &[], set);
            // A source that splits an order shows the earlier parcels elsewhere: what it took of them counts.
            if matches!(labels, Labels::Missing(_)) && groups.len() > 1 {
                let told = self.told(order.row.id).await?;
                let told: Vec<&str> = told.iter().map(String::as_str).collect();
                labels = confirm::labels(&order, groups, &told, set);
            }
            judged.push(Judged { order, labels });
        }
        Ok(judged)
    }

    /// Tracking the source was told of an order, and took.
    async fn told(&self, order: OrderId) -> StoreResult<HashSet<String>> {
        let deliveries = self.cx.store.deliveries_of_order(order).await?;
        let taken = deliveries
            .into_iter()
            .filter(|d| d.state == DeliveryState::Applied);
        Ok(taken
            .filter_map(|d| match d.intent {
                Intent::ConfirmDespatch(parcel) => Some(parcel.tracking),
                Intent::Relabel(change) => Some(change.parcel.tracking),
                _ => None,
            })
            .collect())
    }
}

/// Nobody waits for its parcels any more; that goods of it left is a case of its own.
fn is_called_off(order: &OrderFull) -> bool {
    order.row.state == OrderState::Cancelled || order.row.source_status == SourceStatus::Cancelled
}

fn words(what: &Unlabelled, now: Ts) -> String {
    let age = crate::text::age(now.since(what.left_at).as_secs());
    let numbers: Vec<&str> = what.despatches.iter().map(DespatchNo::as_str).collect();
    match numbers.as_slice() {
        [one] => format!("despatch {one} left {age} ago and has no tracking number"),
        many => format!(
            "despatches {} left {age} ago and have no tracking number",
            many.join(", ")
        ),
    }
}

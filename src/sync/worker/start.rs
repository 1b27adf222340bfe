//! Starting what was chosen: scheduled reads, deliveries, and looks that people or other workers asked for.

use super::Worker;
use super::job::{Active, Job, Proposal, Purpose};
use crate::domain::change::{Change, Fence};
use crate::domain::delivery::{DeliveryRow, Flow, Lane};
use crate::domain::ids::{ItemCode, LocationId, OrderId, PairId, SystemId};
use crate::domain::order::OrderFull;
use crate::domain::time::Ts;
use crate::store::read::RequestRow;
use crate::store::{ClaimQuery, StoreResult};
use crate::sync::calls::Adapter;
use crate::sync::context::{Cx, PairCx};
use crate::sync::deliver::adjust::AdjustJob;
use crate::sync::deliver::change::ChangeJob;
use crate::sync::deliver::confirm::ConfirmJob;
use crate::sync::deliver::create::{self, CreateJob};
use crate::sync::deliver::credit::CreditJob;
use crate::sync::deliver::parcels::ParcelJob;
use crate::sync::deliver::product::ProductJob;
use crate::sync::deliver::publish::PublishJob;
use crate::sync::deliver::returns::ExpectJob;
use crate::sync::reads::Run;
use crate::sync::reads::catalogue::Catalogue;
use crate::sync::reads::changes::ChangePull;
use crate::sync::reads::despatches::DespatchPoll;
use crate::sync::reads::ledger::LedgerCompare;
use crate::sync::reads::levels::Levels;
use crate::sync::reads::lookups::{ItemLook, SourceLook, WmsLook};
use crate::sync::reads::movements::MovementPoll;
use crate::sync::reads::orders::OrderPull;
use crate::sync::reads::products::{NotifyWatch, Products};
use crate::sync::reads::returns::ReturnPoll;
use crate::sync::reads::snapshot::Snapshot;
use crate::sync::reads::statuses::{ReconcileOrders, StatusPull};
use crate::sync::requests;
use crate::vendors::{Confirming, Intake, Op, ROWS_MAX, TERMS_MAX};
use std::collections::HashMap;

/// Requests looked at per step.
const REQUESTS_MAX: usize = 300;

impl Worker {
    pub(super) async fn start(
        &mut self,
        cx: &Cx,
        fence: &Fence,
        proposal: Proposal,
        now: Ts,
    ) -> StoreResult<()> {
        match proposal.purpose.clone() {
            Purpose::Scheduled { pair, flow } => {
                if let Some(job) = self.scheduled(cx, &pair, flow, now).await? {
                    self.active.push(Active {
                        purpose: proposal.purpose,
                        lane: proposal.lane,
                        job,
                    });
                }
            }
            Purpose::Deliver { flow, is_asking } => {
                let limit = match &self.gate.adapter {
                    Adapter::Source(s) if flow == Flow::Despatch => s.at_once(Op::ShipParcel),
                    _ if flow == Flow::OrderCreate => create::ORDERS_MAX,
                    _ => ROWS_MAX,
                };
                let rows = if is_asking {
                    cx.store
                        .in_doubt_due(&self.gate.system, flow, now, limit)
                        .await?
                } else {
                    let query = ClaimQuery {
                        system: self.gate.system.clone(),
                        lane: flow.lane(),
                        flow,
                        step: None,
                        limit,
                    };
                    cx.store.claim(&query, now, fence).await?
                };
                self.start_delivery(cx, flow, is_asking, rows).await?;
            }
            Purpose::Hinted => self.start_hinted(cx, fence, now).await?,
            Purpose::Hooks => self.start_hooks(cx),
            Purpose::Look(_) => {}
        }
        Ok(())
    }

    pub(super) async fn scheduled(
        &self,
        cx: &Cx,
        pair: &PairId,
        flow: Flow,
        now: Ts,
    ) -> StoreResult<Option<Job>> {
        let Some(pair) = cx.pair(pair).cloned() else {
            return Ok(None);
        };
        let row = cx
            .store
            .known_schedules()
            .await?
            .iter()
            .find(|s| s.pair == pair.id && s.flow == flow)
            .cloned();
        let (cursor, failures) = row.map(|r| (r.cursor, r.failures)).unwrap_or_default();
        let run = Run {
            pair,
            flow,
            started_at: now,
            cursor,
            failures,
        };
        Ok(match (&self.gate.adapter, flow) {
            (Adapter::Warehouse(w), Flow::StatusPull) => {
                Some(Job::Status(StatusPull::new(w.clone(), run)))
            }
            (Adapter::Warehouse(w), Flow::Despatch) => {
                Some(Job::Despatch(DespatchPoll::new(w.clone(), run)))
            }
            (Adapter::Warehouse(w), Flow::StockSnapshot) => {
                Some(Job::Snapshot(Snapshot::new(w.clone(), run, false)))
            }
            (Adapter::Warehouse(w), Flow::StockDelta) => {
                Some(Job::Movements(MovementPoll::new(w.clone(), run)))
            }
            (Adapter::Warehouse(w), Flow::Catalogue) => {
                Some(Job::Catalogue(Catalogue::new(w.clone(), run)))
            }
            (Adapter::Warehouse(w), Flow::ReconcileOrders) => {
                Some(Job::Reconcile(ReconcileOrders::new(w.clone(), run)))
            }
            (Adapter::Warehouse(w), Flow::ReturnProgress) => {
                Some(Job::Returns(ReturnPoll::new(w.clone(), run)))
            }
            (Adapter::Source(s), Flow::OrderPull) => Some(match s.clone().intake() {
                Intake::OpenList(open) => Job::Orders(OrderPull::new(open, run)),
                Intake::Changes(feed) => Job::Changes(ChangePull::new(feed, run)),
            }),
            (Adapter::Source(s), Flow::NotifyWatch) => s
                .clone()
                .channel()
                .map(|channel| Job::Notify(NotifyWatch::new(channel, run))),
            (Adapter::Source(s), Flow::ReconcileStock) => Some(match s.clone().adjustments() {
                Some(ledger) => {
                    Job::Compare(LedgerCompare::new(ledger, run, self.item_ids.clone()))
                }
                None => Job::Products(Products::new(s.clone(), run, self.item_ids.clone())),
            }),
            (Adapter::Source(s), Flow::Product) => Some(Job::Products(Products::new(
                s.clone(),
                run,
                self.item_ids.clone(),
            ))),
            _ => None,
        })
    }

    /// One job per pair, because policy is the pair's.
    pub(super) async fn start_delivery(
        &mut self,
        cx: &Cx,
        flow: Flow,
        is_asking: bool,
        rows: Vec<DeliveryRow>,
    ) -> StoreResult<()> {
        let mut by_pair: HashMap<PairId, Vec<DeliveryRow>> = HashMap::new();
        for row in rows {
            by_pair.entry(row.pair.clone()).or_default().push(row);
        }
        for (pair, rows) in by_pair {
            let Some(pair) = cx.pair(&pair).cloned() else {
                continue;
            };
            let job = match (&self.gate.adapter, flow) {
                (Adapter::Warehouse(w), Flow::OrderCreate) => {
                    Some(Job::Create(CreateJob::new(w.clone(), rows, is_asking)))
                }
                (Adapter::Warehouse(w), Flow::OrderAmend | Flow::OrderCancel) => {
                    let set = cx.mapping_set(&pair.id).await?;
                    Some(Job::Change(ChangeJob::new(
                        w.clone(),
                        pair.policy.clone(),
                        set,
                        rows,
                        is_asking,
                    )))
                }
                (Adapter::Warehouse(w), Flow::Product) => {
                    Some(Job::Product(ProductJob::new(w.clone(), rows, is_asking)))
                }
                (Adapter::Warehouse(w), Flow::ReturnExpect) => {
                    Some(Job::Expect(ExpectJob::new(w.clone(), rows, is_asking)))
                }
                (Adapter::Source(s), Flow::Despatch) => Some(match s.clone().confirming() {
                    Confirming::Processing(processing) => {
                        let centres = fulfilment_centres(cx, &pair.source).await?;
                        let is_scanned = pair.policy.scan_required;
                        Job::Confirm(ConfirmJob::new(
                            processing, rows, is_asking, is_scanned, centres,
                        ))
                    }
                    Confirming::Parcels(parcels) => {
                        Job::Parcels(ParcelJob::new(parcels, rows, is_asking))
                    }
                }),
                (Adapter::Source(s), Flow::CreditNote) => s
                    .clone()
                    .crediting()
                    .map(|source| Job::Credit(CreditJob::new(source, rows, is_asking))),
                (Adapter::Source(s), Flow::StockSnapshot) => s.clone().stock().map(|figures| {
                    let ids = self.item_ids.clone();
                    Job::Publish(PublishJob::new(
                        figures,
                        pair.policy.clone(),
                        ids,
                        rows,
                        is_asking,
                    ))
                }),
                (Adapter::Source(s), Flow::StockDelta) => s
                    .clone()
                    .adjustments()
                    .map(|ledger| Job::Adjust(AdjustJob::new(ledger, rows, is_asking))),
                _ => None,
            };
            if let Some(job) = job {
                self.active.push(Active {
                    purpose: Purpose::Deliver { flow, is_asking },
                    lane: flow.lane(),
                    job,
                });
            }
        }
        Ok(())
    }

    /// Requests that need this system: gathered into batches, one batch of a kind at a time.
    pub(super) async fn start_looks(&mut self, cx: &Cx, fence: &Fence) -> StoreResult<()> {
        let waiting: Vec<RequestRow> = cx
            .store
            .requests_new(REQUESTS_MAX)
            .await?
            .into_iter()
            .filter(|r| requests::needs_system(&r.kind))
            .collect();
        if waiting.is_empty() {
            return Ok(());
        }
        self.asked_to_check(cx, fence, &waiting).await?;
        let pairs: Vec<PairCx> = cx.pairs_of(&self.gate.system).cloned().collect();
        for pair in &pairs {
            match self.gate.adapter.clone() {
                Adapter::Warehouse(warehouse) => {
                    if pair.warehouse != self.gate.system {
                        continue;
                    }
                    if !self.is_active(&Purpose::Look(requests::READ_ITEMS)) {
                        let (codes, ids) = wanted_items(&waiting, pair);
                        if !ids.is_empty() {
                            let job = Job::Items(ItemLook::new(
                                warehouse.clone(),
                                pair.clone(),
                                codes,
                                ids,
                            ));
                            self.active.push(Active {
                                purpose: Purpose::Look(requests::READ_ITEMS),
                                lane: Lane::Other,
                                job,
                            });
                        }
                    }
                    if !self.is_active(&Purpose::Look(requests::RESYNC_WMS)) {
                        let (orders, ids) =
                            wanted_orders(cx, fence, &waiting, requests::RESYNC_WMS, pair).await?;
                        if !orders.is_empty() {
                            let ids = ids.into_iter().map(|(id, _)| id).collect();
                            let job = Job::WmsLook(WmsLook::new(
                                warehouse.clone(),
                                pair.clone(),
                                orders,
                                ids,
                            ));
                            self.active.push(Active {
                                purpose: Purpose::Look(requests::RESYNC_WMS),
                                lane: Lane::Other,
                                job,
                            });
                        }
                    }
                    self.start_levels(cx, &waiting, pair, &warehouse);
                    self.start_approved(cx, fence, &waiting, pair, &warehouse)
                        .await?;
                }
                Adapter::Source(source) => {
                    if pair.source != self.gate.system
                        || self.is_active(&Purpose::Look(requests::RESYNC_ORDER))
                    {
                        continue;
                    }
                    let (orders, ids) =
                        wanted_orders(cx, fence, &waiting, requests::RESYNC_ORDER, pair).await?;
                    if !orders.is_empty() {
                        let job = Job::SourceLook(SourceLook::new(
                            source.clone(),
                            pair.clone(),
                            orders,
                            ids,
                        ));
                        self.active.push(Active {
                            purpose: Purpose::Look(requests::RESYNC_ORDER),
                            lane: Lane::Other,
                            job,
                        });
                    }
                }
            }
        }
        Ok(())
    }

    /// The warehouse's half of a comparison.
    fn start_levels(
        &mut self,
        cx: &Cx,
        waiting: &[RequestRow],
        pair: &PairCx,
        warehouse: &std::sync::Arc<dyn crate::vendors::Warehouse>,
    ) {
        let ids: Vec<_> = waiting
            .iter()
            .filter(|r| r.kind == requests::READ_LEVELS)
            .filter(|r| requests::field::<PairId>(r, "pair").as_ref() == Some(&pair.id))
            .map(|r| r.id)
            .collect();
        let purpose = Purpose::Look(requests::READ_LEVELS);
        if ids.is_empty() || self.is_active(&purpose) {
            return;
        }
        let job = Job::Levels(Levels::new(warehouse.clone(), pair.clone(), ids, cx.now()));
        self.active.push(Active {
            purpose,
            lane: Lane::Read,
            job,
        });
    }

    /// A mass change somebody approved: one full snapshot that may change everything.
    pub(super) async fn start_approved(
        &mut self,
        cx: &Cx,
        fence: &Fence,
        waiting: &[RequestRow],
        pair: &PairCx,
        warehouse: &std::sync::Arc<dyn crate::vendors::Warehouse>,
    ) -> StoreResult<()> {
        let approval = waiting.iter().find(|r| {
            r.kind == requests::APPROVE_MASS_CHANGE
                && requests::field::<PairId>(r, "pair").as_ref() == Some(&pair.id)
        });
        let purpose = Purpose::Scheduled {
            pair: pair.id.clone(),
            flow: Flow::StockSnapshot,
        };
        let Some(approval) = approval.filter(|_| !self.is_active(&purpose)) else {
            return Ok(());
        };
        let row = cx
            .store
            .schedules()
            .await?
            .into_iter()
            .find(|s| s.pair == pair.id && s.flow == Flow::StockSnapshot);
        let run = Run {
            pair: pair.clone(),
            flow: Flow::StockSnapshot,
            started_at: cx.now(),
            cursor: row.map(|r| r.cursor).unwrap_or_default(),
            failures: 0,
        };
        let answer = format!(
            "approved by {}: a full snapshot is read and published",
            approval.who
        );
        let done = Change::RequestDone {
            id: approval.id,
            is_ok: true,
            answer,
        };
        cx.commit("approve", Some(fence), vec![done]).await?;
        let job = Job::Snapshot(Snapshot::new(warehouse.clone(), run, true));
        self.active.push(Active {
            purpose,
            lane: Lane::Read,
            job,
        });
        Ok(())
    }
}

async fn fulfilment_centres(cx: &Cx, source: &SystemId) -> StoreResult<Vec<LocationId>> {
    let stored = cx.store.setting(&format!("centres/{source}")).await?;
    Ok(stored
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default())
}

fn wanted_items(
    waiting: &[RequestRow],
    pair: &PairCx,
) -> (Vec<ItemCode>, Vec<crate::domain::ids::RequestId>) {
    let mut codes: Vec<ItemCode> = Vec::new();
    let mut ids = Vec::new();
    for request in waiting.iter().filter(|r| r.kind == requests::READ_ITEMS) {
        if requests::field::<PairId>(request, "pair").as_ref() == Some(&pair.id) {
            codes.extend(requests::field::<Vec<ItemCode>>(request, "codes").unwrap_or_default());
            ids.push(request.id);
        }
    }
    codes.sort();
    codes.dedup();
    (codes, ids)
}

/// Orders that requests of a kind ask for; requests about orders that cannot be read are answered at once.
async fn wanted_orders(
    cx: &Cx,
    fence: &Fence,
    waiting: &[RequestRow],
    kind: &str,
    pair: &PairCx,
) -> StoreResult<(
    Vec<OrderFull>,
    Vec<(crate::domain::ids::RequestId, OrderId)>,
)> {
    let asked: Vec<(crate::domain::ids::RequestId, OrderId)> = waiting
        .iter()
        .filter(|r| r.kind == kind)
        .filter_map(|r| requests::field::<OrderId>(r, "order").map(|order| (r.id, order)))
        .take(TERMS_MAX)
        .collect();
    if asked.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let mut ids: Vec<OrderId> = asked.iter().map(|(_, order)| *order).collect();
    ids.sort();
    ids.dedup();
    let known = cx.store.orders_by_id(&ids).await?;
    let mut refused = Vec::new();
    let mut wanted = Vec::new();
    for (request, id) in asked {
        match known.iter().find(|o| o.row.id == id) {
            None => refused.push((request, "there is no such order")),
            Some(order) if kind == requests::RESYNC_WMS && order.row.wms_number.is_none() => {
                refused.push((request, "it was never sent to the warehouse"));
            }
            Some(order) if order.row.pair == pair.id => wanted.push((request, id)),
            Some(_) => {}
        }
    }
    let changes = refused
        .into_iter()
        .map(|(id, why)| Change::RequestDone {
            id,
            is_ok: false,
            answer: why.to_owned(),
        })
        .collect();
    cx.commit("look", Some(fence), changes).await?;
    let orders = known
        .into_iter()
        .filter(|o| wanted.iter().any(|(_, id)| *id == o.row.id))
        .collect();
    Ok((orders, wanted))
}

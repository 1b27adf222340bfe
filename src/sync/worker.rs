//! One worker per system: it holds the system's lease, owns its call budget, and decides which call is made next.

use super::calls::{Adapter, Closed, Gate, JobCx, Keep, call};
use super::context::{Cx, Limits, PairCx};
use super::deliver::Tick;
use super::deliver::change::ChangeJob;
use super::deliver::confirm::ConfirmJob;
use super::deliver::create::CreateJob;
use super::deliver::product::ProductJob;
use super::deliver::publish::{ItemIds, PublishJob};
use super::desk::{Worked, hold};
use super::reads::catalogue::Catalogue;
use super::reads::despatches::DespatchPoll;
use super::reads::lookups::{ItemLook, SourceLook, WmsLook};
use super::reads::orders::OrderPull;
use super::reads::products::{NotifyWatch, Products};
use super::reads::snapshot::Snapshot;
use super::reads::statuses::{ReconcileOrders, StatusPull};
use super::reads::{Run, SOURCE_FLOWS, WAREHOUSE_FLOWS};
use super::requests;
use crate::domain::catalogue::Kind;
use crate::domain::change::{Change, Fence};
use crate::domain::delivery::{DeliveryRow, Flow, Lane};
use crate::domain::exception::{ObjectRef, Occurrence};
use crate::domain::ids::{ItemCode, LocationId, OrderId, PairId, SystemId};
use crate::domain::live::BreakerState;
use crate::domain::order::OrderFull;
use crate::domain::retry;
use crate::domain::time::{Span, Ts};
use crate::store::read::RequestRow;
use crate::store::{ClaimQuery, LaneWork, Lease, ScheduleRow, StoreResult};
use crate::vendors::{Op, ROWS_MAX, TERMS_MAX};
use std::collections::HashMap;

/// Calls made within one step; the rest follows in the next.
const CALLS_PER_STEP_MAX: usize = 400;
/// Requests looked at per step.
const REQUESTS_MAX: usize = 300;
/// How long a system must be quiet before its "down" case is closed.
const CALM: Span = Span::mins(5);
/// Throttled for so long is a case.
const THROTTLED_LONG: Span = Span::mins(10);
/// A worker without anything to do looks again after this long.
const IDLE_MAX: Span = Span::mins(1);

enum Job {
    Create(CreateJob),
    Change(ChangeJob),
    Product(ProductJob),
    Confirm(ConfirmJob),
    Publish(PublishJob),
    Status(StatusPull),
    Reconcile(ReconcileOrders),
    Despatch(DespatchPoll),
    Snapshot(Snapshot),
    Catalogue(Catalogue),
    Orders(OrderPull),
    Products(Products),
    Notify(NotifyWatch),
    Items(ItemLook),
    SourceLook(SourceLook),
    WmsLook(WmsLook),
}

impl Job {
    fn next_op(&self) -> Op {
        match self {
            Self::Create(job) => job.next_op(),
            Self::Change(job) => job.next_op(),
            Self::Product(job) => job.next_op(),
            Self::Confirm(job) => job.next_op(),
            Self::Publish(job) => job.next_op(),
            Self::Status(job) => job.next_op(),
            Self::Reconcile(job) => job.next_op(),
            Self::Despatch(job) => job.next_op(),
            Self::Snapshot(job) => job.next_op(),
            Self::Catalogue(job) => job.next_op(),
            Self::Orders(job) => job.next_op(),
            Self::Products(job) => job.next_op(),
            Self::Notify(job) => job.next_op(),
            Self::Items(job) => job.next_op(),
            Self::SourceLook(job) => job.next_op(),
            Self::WmsLook(job) => job.next_op(),
        }
    }

    /// Boxed, so that the worker's own future stays small however large a job's is.
    async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        match self {
            Self::Create(job) => Box::pin(job.tick(jcx)).await,
            Self::Change(job) => Box::pin(job.tick(jcx)).await,
            Self::Product(job) => Box::pin(job.tick(jcx)).await,
            Self::Confirm(job) => Box::pin(job.tick(jcx)).await,
            Self::Publish(job) => Box::pin(job.tick(jcx)).await,
            Self::Status(job) => Box::pin(job.tick(jcx)).await,
            Self::Reconcile(job) => Box::pin(job.tick(jcx)).await,
            Self::Despatch(job) => Box::pin(job.tick(jcx)).await,
            Self::Snapshot(job) => Box::pin(job.tick(jcx)).await,
            Self::Catalogue(job) => Box::pin(job.tick(jcx)).await,
            Self::Orders(job) => Box::pin(job.tick(jcx)).await,
            Self::Products(job) => Box::pin(job.tick(jcx)).await,
            Self::Notify(job) => Box::pin(job.tick(jcx)).await,
            Self::Items(job) => Box::pin(job.tick(jcx)).await,
            Self::SourceLook(job) => Box::pin(job.tick(jcx)).await,
            Self::WmsLook(job) => Box::pin(job.tick(jcx)).await,
        }
    }
}

/// What a job is for, so that no two do the same at once.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Purpose {
    Deliver { flow: Flow, is_asking: bool },
    Scheduled { pair: PairId, flow: Flow },
    Look(&'static str),
}

struct Active {
    purpose: Purpose,
    lane: Lane,
    job: Job,
}

/// A job that could be started.
struct Proposal {
    purpose: Purpose,
    lane: Lane,
    op: Op,
}

/// The worker of one system.
pub struct Worker {
    gate: Gate,
    lease: Option<Lease>,
    recovered_epoch: Option<i64>,
    active: Vec<Active>,
    item_ids: ItemIds,
    live_at: Ts,
    live_calls: i64,
    calm_since: Option<Ts>,
    throttled_since: Option<Ts>,
    told_down: bool,
    told_auth: bool,
    told_throttled: bool,
    is_first: bool,
    quiet: Option<Quiet>,
}

/// Nothing is to be done before `until` as long as the store stands at `version`.
#[derive(Debug, Clone, Copy)]
pub struct Quiet {
    pub version: u64,
    pub until: Ts,
}

impl Quiet {
    /// Whether there is still nothing to do.
    pub fn holds(self, version: u64, now: Ts) -> bool {
        self.version == version && now < self.until
    }
}

impl Worker {
    /// A worker that knows nothing yet.
    pub fn new(system: SystemId, adapter: Adapter, limits: &Limits, now: Ts) -> Self {
        Self {
            gate: Gate::new(system, adapter, limits, now),
            lease: None,
            recovered_epoch: None,
            active: Vec::new(),
            item_ids: ItemIds::default(),
            live_at: Ts::MIN,
            live_calls: -1,
            calm_since: None,
            throttled_since: None,
            told_down: true,
            told_auth: true,
            told_throttled: true,
            is_first: true,
            quiet: None,
        }
    }

    /// The system it works for.
    pub const fn system(&self) -> &SystemId {
        &self.gate.system
    }

    /// The lease, to be given back at the end.
    pub fn fence(&self) -> Option<Fence> {
        self.lease.as_ref().map(|l| Fence {
            lease: l.name.clone(),
            epoch: l.epoch,
        })
    }

    /// Calls made so far.
    pub const fn calls_total(&self) -> i64 {
        self.gate.calls_total
    }

    /// Forgets everything half done: its rows are found "sending" and asked about.
    pub fn forget(&mut self) {
        self.quiet = None;
        self.active.clear();
        self.recovered_epoch = None;
        self.lease = None;
    }

    /// Does what is due and allowed, call by call.
    pub async fn step(&mut self, cx: &Cx, now: Ts) -> StoreResult<Worked> {
        let name = format!("system/{}", self.gate.system);
        let Some(fence) = hold(&mut self.lease, cx, &name, now).await? else {
            self.active.clear();
            self.recovered_epoch = None;
            return Ok(Worked {
                is_busy: false,
                next_at: now + cx.lease_ttl,
            });
        };
        self.take_over(cx, &fence, now).await?;
        // Asked before anything is read: whatever is committed from here on counts as new.
        let version = cx.store.version().await;
        if let Some(quiet) = self.quiet.filter(|q| q.holds(version, now)) {
            return Ok(Worked {
                is_busy: false,
                next_at: quiet.until,
            });
        }
        let mut calls = 0;
        let mut next_at = now + IDLE_MAX;
        let mut schedules = self.my_schedules(cx).await?;
        self.start_looks(cx, &fence).await?;
        while calls < CALLS_PER_STEP_MAX {
            let at = cx.now().max(now);
            if let Some(closed) = self.gate.closed(at) {
                next_at = match closed {
                    Closed::Until(until) => until,
                    Closed::ProbeOnly => {
                        calls += 1;
                        self.probe(cx, &fence).await?;
                        continue;
                    }
                };
                break;
            }
            let work = cx.store.system_work(&self.gate.system, at).await?;
            let proposals = self.proposals(&schedules, &work.lanes, at);
            let Some(lane) = self.choose_lane(&proposals, at) else {
                next_at = self.next_at(work.next_due_at, &schedules, &proposals, at);
                break;
            };
            calls += 1;
            if self.work_on(cx, &fence, lane, proposals, at).await? {
                schedules = self.my_schedules(cx).await?;
            }
        }
        self.tell(cx, &fence, now).await?;
        let next_at = next_at.min(now + IDLE_MAX);
        self.quiet = (calls == 0).then(|| Quiet {
            version,
            until: next_at.min(self.tell_at(cx)),
        });
        Ok(Worked {
            is_busy: calls > 0,
            next_at,
        })
    }

    /// A new epoch: whatever was being sent by the last holder is in doubt now.
    async fn take_over(&mut self, cx: &Cx, fence: &Fence, now: Ts) -> StoreResult<()> {
        if self.recovered_epoch == Some(fence.epoch) && !self.is_first {
            return Ok(());
        }
        self.active.clear();
        self.quiet = None;
        cx.store
            .recover(&self.gate.system, now, retry::SETTLE, fence)
            .await?;
        self.recovered_epoch = Some(fence.epoch);
        self.is_first = false;
        Ok(())
    }

    fn is_source(&self) -> bool {
        matches!(self.gate.adapter, Adapter::Source(_))
    }

    async fn my_schedules(&self, cx: &Cx) -> StoreResult<Vec<ScheduleRow>> {
        let flows = if self.is_source() {
            SOURCE_FLOWS
        } else {
            WAREHOUSE_FLOWS
        };
        let mut rows = cx.store.schedules().await?;
        rows.retain(|row| {
            let is_mine = cx.pair(&row.pair).is_some_and(|p| {
                let system = if self.is_source() {
                    &p.source
                } else {
                    &p.warehouse
                };
                system == &self.gate.system
            });
            is_mine && flows.contains(&row.flow) && row.paused.is_none()
        });
        Ok(rows)
    }

    fn is_active(&self, purpose: &Purpose) -> bool {
        self.active.iter().any(|a| &a.purpose == purpose)
    }

    /// Everything that could be started now.
    fn proposals(&self, schedules: &[ScheduleRow], work: &[LaneWork], now: Ts) -> Vec<Proposal> {
        let mut out = Vec::new();
        for row in schedules.iter().filter(|s| s.due_at <= now) {
            let purpose = Purpose::Scheduled {
                pair: row.pair.clone(),
                flow: row.flow,
            };
            if !self.is_active(&purpose) {
                out.push(Proposal {
                    purpose,
                    lane: read_lane(row.flow),
                    op: first_read(row.flow),
                });
            }
        }
        for part in work {
            for is_asking in [false, true] {
                let waiting = if is_asking {
                    part.in_doubt_due
                } else {
                    part.ready
                };
                let purpose = Purpose::Deliver {
                    flow: part.flow,
                    is_asking,
                };
                if waiting == 0
                    || self.is_active(&purpose)
                    || (!is_asking && self.must_wait(part, work, now))
                {
                    continue;
                }
                out.push(Proposal {
                    op: first_op(part.flow),
                    purpose,
                    lane: part.lane,
                });
            }
        }
        out
    }

    /// Despatches go before stock: publishing first would show availability that processing lowers again.
    /// Stock that has waited a whole interval goes all the same, so that no lane starves.
    fn must_wait(&self, part: &LaneWork, work: &[LaneWork], now: Ts) -> bool {
        let is_despatching = work.iter().any(|w| w.flow == Flow::Despatch && w.ready > 0)
            || self.active.iter().any(|a| {
                matches!(
                    a.purpose,
                    Purpose::Deliver {
                        flow: Flow::Despatch,
                        ..
                    }
                )
            });
        let waited = part.oldest_due_at.map_or(Span::ZERO, |at| now.since(at));
        part.flow == Flow::StockSnapshot && is_despatching && waited < Span::mins(5)
    }

    fn choose_lane(&mut self, proposals: &[Proposal], now: Ts) -> Option<Lane> {
        let mut lanes: Vec<Lane> = Vec::new();
        let wanted: Vec<(Lane, Op)> = self
            .active
            .iter()
            .map(|a| (a.lane, a.job.next_op()))
            .chain(proposals.iter().map(|p| (p.lane, p.op)))
            .collect();
        for (lane, op) in wanted {
            if !lanes.contains(&lane) && self.gate.available(op, now) > 0 {
                lanes.push(lane);
            }
        }
        self.gate.lanes.pick(&lanes)
    }

    /// Makes one call for the lane. True when a scheduled run started or ended.
    async fn work_on(
        &mut self,
        cx: &Cx,
        fence: &Fence,
        lane: Lane,
        proposals: Vec<Proposal>,
        now: Ts,
    ) -> StoreResult<bool> {
        let mut at = None;
        for (index, active) in self.active.iter().enumerate() {
            if active.lane == lane && self.gate.available(active.job.next_op(), now) > 0 {
                at = Some(index);
                break;
            }
        }
        let mut is_schedule_touched = false;
        if at.is_none() {
            for proposal in proposals.into_iter().filter(|p| p.lane == lane) {
                if self.gate.available(proposal.op, now) == 0 {
                    continue;
                }
                is_schedule_touched |= matches!(proposal.purpose, Purpose::Scheduled { .. });
                let before = self.active.len();
                self.start(cx, fence, proposal, now).await?;
                if self.active.len() > before {
                    at = Some(before);
                    break;
                }
            }
        }
        let Some(at) = at else { return Ok(true) };
        let Some(active) = self.active.get_mut(at) else {
            return Ok(is_schedule_touched);
        };
        if !self.gate.take(active.job.next_op(), lane, now) {
            return Ok(is_schedule_touched);
        }
        let mut jcx = JobCx {
            cx,
            gate: &mut self.gate,
            fence,
        };
        if active.job.tick(&mut jcx).await? == Tick::Done {
            is_schedule_touched |= matches!(active.purpose, Purpose::Scheduled { .. });
            self.active.remove(at);
        }
        Ok(is_schedule_touched)
    }

    async fn start(
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
                let rows = if is_asking {
                    cx.store
                        .in_doubt_due(&self.gate.system, flow, now, ROWS_MAX)
                        .await?
                } else {
                    let query = ClaimQuery {
                        system: self.gate.system.clone(),
                        lane: flow.lane(),
                        flow,
                        step: None,
                        limit: ROWS_MAX,
                    };
                    cx.store.claim(&query, now, fence).await?
                };
                self.start_delivery(cx, flow, is_asking, rows).await?;
            }
            Purpose::Look(_) => {}
        }
        Ok(())
    }

    async fn scheduled(
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
            .schedules()
            .await?
            .into_iter()
            .find(|s| s.pair == pair.id && s.flow == flow);
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
            (Adapter::Warehouse(w), Flow::Catalogue) => {
                Some(Job::Catalogue(Catalogue::new(w.clone(), run)))
            }
            (Adapter::Warehouse(w), Flow::ReconcileOrders) => {
                Some(Job::Reconcile(ReconcileOrders::new(w.clone(), run)))
            }
            (Adapter::Source(s), Flow::OrderPull) => {
                Some(Job::Orders(OrderPull::new(s.clone(), run)))
            }
            (Adapter::Source(s), Flow::NotifyWatch) => {
                Some(Job::Notify(NotifyWatch::new(s.clone(), run)))
            }
            (Adapter::Source(s), Flow::Product | Flow::ReconcileStock) => Some(Job::Products(
                Products::new(s.clone(), run, self.item_ids.clone()),
            )),
            _ => None,
        })
    }

    /// One job per pair, because policy is the pair's.
    async fn start_delivery(
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
                (Adapter::Source(s), Flow::Despatch) => {
                    let centres = fulfilment_centres(cx, &pair.source).await?;
                    Some(Job::Confirm(ConfirmJob::new(
                        s.clone(),
                        rows,
                        is_asking,
                        pair.policy.scan_required,
                        centres,
                    )))
                }
                (Adapter::Source(s), Flow::StockSnapshot) => {
                    let ids = self.item_ids.clone();
                    Some(Job::Publish(PublishJob::new(
                        s.clone(),
                        pair.policy.clone(),
                        ids,
                        rows,
                        is_asking,
                    )))
                }
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
    async fn start_looks(&mut self, cx: &Cx, fence: &Fence) -> StoreResult<()> {
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

    /// A mass change somebody approved: one full snapshot that may change everything.
    async fn start_approved(
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

    async fn probe(&mut self, cx: &Cx, fence: &Fence) -> StoreResult<()> {
        let adapter = self.gate.adapter.clone();
        let mut jcx = JobCx {
            cx,
            gate: &mut self.gate,
            fence,
        };
        let called = call!(jcx, Keep::OnError, |log| adapter.system().probe(&log));
        cx.commit("probe", Some(fence), called.payloads)
            .await
            .map(|_| ())
    }

    /// When there is something to do again.
    fn next_at(
        &mut self,
        next_due_at: Option<Ts>,
        schedules: &[ScheduleRow],
        proposals: &[Proposal],
        now: Ts,
    ) -> Ts {
        let mut next = now + IDLE_MAX;
        for row in schedules.iter().filter(|s| s.due_at > now) {
            next = next.min(row.due_at);
        }
        if let Some(due) = next_due_at {
            next = next.min(due);
        }
        let ops: Vec<Op> = self
            .active
            .iter()
            .map(|a| a.job.next_op())
            .chain(proposals.iter().map(|p| p.op))
            .collect();
        for op in ops {
            next = next.min(self.gate.next_at(op, now));
        }
        next.max(now + Span::ms(1))
    }

    /// When there may be something to tell although nothing happens.
    fn tell_at(&self, cx: &Cx) -> Ts {
        let mut at = Ts::NEVER;
        if self.gate.calls_total != self.live_calls {
            at = at.min(self.live_at.max(Ts(0)) + cx.live_every);
        }
        if let (true, Some(calm)) = (self.told_down, self.calm_since) {
            at = at.min(calm + CALM);
        }
        if let (false, Some(since)) = (self.told_throttled, self.throttled_since) {
            at = at.min(since + THROTTLED_LONG);
        }
        at
    }

    /// Stores the state for people, and opens or closes the cases about the system itself.
    async fn tell(&mut self, cx: &Cx, fence: &Fence, now: Ts) -> StoreResult<()> {
        let mut changes = Vec::new();
        self.tell_down(now, &mut changes);
        self.tell_auth(now, &mut changes);
        self.tell_throttled(now, &mut changes);
        let is_due =
            now.since(self.live_at) >= cx.live_every && self.gate.calls_total != self.live_calls;
        if is_due || !changes.is_empty() {
            self.live_at = now;
            self.live_calls = self.gate.calls_total;
            let mut waiting: HashMap<Lane, (i64, Option<Ts>)> = HashMap::new();
            for part in cx.store.lane_work(&self.gate.system, now).await? {
                let entry = waiting.entry(part.lane).or_insert((0, None));
                entry.0 += part.ready;
                entry.1 = match (entry.1, part.oldest_due_at) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
            }
            let live = self.gate.live(now, &waiting);
            let live = serde_json::to_value(&live).unwrap_or_default();
            changes.push(Change::SystemLive {
                system: self.gate.system.clone(),
                live,
            });
        }
        cx.commit("live", Some(fence), changes).await.map(|_| ())
    }

    fn tell_down(&mut self, now: Ts, changes: &mut Vec<Change>) {
        if self.gate.breaker.state() == BreakerState::Closed {
            let calm = *self.calm_since.get_or_insert(now);
            if self.told_down && now.since(calm) >= CALM {
                self.told_down = false;
                changes.push(self.close(Kind::SysDown, "it has answered for five minutes"));
            }
            return;
        }
        self.calm_since = None;
        if !self.told_down
            || self
                .gate
                .breaker
                .opened_at()
                .is_some_and(|at| now.since(at) < Span::secs(1))
        {
            self.told_down = true;
            let began = self.gate.breaker.opened_at().unwrap_or(now);
            let text = format!(
                "{} does not answer; one probe every 30 s, all its work waits",
                self.gate.system
            );
            changes.push(self.raise(Kind::SysDown, &text, began));
        }
    }

    fn tell_auth(&mut self, now: Ts, changes: &mut Vec<Change>) {
        match self.gate.auth_failed.clone() {
            Some((text, _)) => {
                if !self.told_auth || self.gate.calls_total <= 3 {
                    self.told_auth = true;
                    let text = format!(
                        "{} refuses our credentials: {text}. Work waits; a test is made every minute",
                        self.gate.system
                    );
                    changes.push(self.raise(Kind::SysAuth, &text, now));
                }
            }
            None if self.told_auth && self.gate.calls_total > 0 => {
                self.told_auth = false;
                changes.push(self.close(Kind::SysAuth, "a test call passed"));
            }
            None => {}
        }
    }

    fn tell_throttled(&mut self, now: Ts, changes: &mut Vec<Change>) {
        if self.gate.throttled_until.is_some() {
            let since = *self.throttled_since.get_or_insert(now);
            if !self.told_throttled && now.since(since) >= THROTTLED_LONG {
                self.told_throttled = true;
                let text = format!(
                    "{} has refused calls for ten minutes: another program may be spending the same limit",
                    self.gate.system
                );
                changes.push(self.raise(Kind::SysThrottled, &text, since));
            }
        } else if self.gate.calls_total > 0 {
            self.throttled_since = None;
            if self.told_throttled {
                self.told_throttled = false;
                changes.push(self.close(Kind::SysThrottled, "calls are accepted again"));
            }
        }
    }

    fn raise(&self, kind: Kind, detail: &str, began_at: Ts) -> Change {
        Change::Raise(Occurrence {
            kind,
            pair: requests::ALL_PAIRS.into(),
            discriminator: format!("SYSTEM={}", self.gate.system),
            object: ObjectRef::System(self.gate.system.0.clone()),
            label: self.gate.system.0.clone(),
            detail: detail.to_owned(),
            began_at,
            ship_by: None,
            value_minor: 0,
            severity: None,
        })
    }

    fn close(&self, kind: Kind, evidence: &str) -> Change {
        Change::ClearAll {
            kind,
            pair: requests::ALL_PAIRS.into(),
            discriminator: format!("SYSTEM={}", self.gate.system),
            how: "auto".to_owned(),
            evidence: evidence.to_owned(),
        }
    }
}

/// Reading despatches is worth the despatch lane's share: it is the first half of every confirmation.
const fn read_lane(flow: Flow) -> Lane {
    match flow {
        Flow::Despatch => Lane::Despatch,
        Flow::StockSnapshot => Lane::Stock,
        _ => Lane::Read,
    }
}

const fn first_read(flow: Flow) -> Op {
    match flow {
        Flow::StatusPull => Op::StatusesPage,
        Flow::Despatch => Op::DespatchesPage,
        Flow::StockSnapshot => Op::StockPage,
        Flow::Catalogue => Op::Sites,
        Flow::OrderPull => Op::OpenOrderIds,
        Flow::NotifyWatch => Op::AuditTrails,
        Flow::Product => Op::Locations,
        Flow::ReconcileStock => Op::ProductsPage,
        Flow::ReconcileOrders | Flow::OrderCreate | Flow::OrderAmend | Flow::OrderCancel => {
            Op::OrdersByNumber
        }
    }
}

const fn first_op(flow: Flow) -> Op {
    match flow {
        Flow::Product => Op::ItemsByCode,
        Flow::Despatch => Op::OrdersByIds,
        Flow::StockSnapshot => Op::StockLevels,
        _ => Op::OrdersByNumber,
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

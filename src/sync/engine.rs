//! The engine: the desk and one worker per system. A live program runs each in its own loop; a rehearsal steps them all.

use super::calls::Adapter;
use super::context::Cx;
use super::desk::{Desk, Worked};
use super::reads::{SOURCE_FLOWS, WAREHOUSE_FLOWS};
use super::worker::Worker;
use crate::domain::change::{Change, Fence};
use crate::domain::time::{Span, Ts};
use crate::store::{StoreError, StoreResult};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Rounds of desk and workers within one step, so that a decision is acted on in the step that made it.
const ROUNDS_MAX: usize = 30;
/// Longest sleep of a loop without looking at the store.
const SLEEP_MAX: Span = Span::secs(1);
/// How long a loop rests after the store failed.
const STORE_REST: std::time::Duration = std::time::Duration::from_secs(2);

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepDone {
    pub is_busy: bool,
    /// When there is something to do again.
    pub next_at: Ts,
}

/// The engine of one process.
pub struct Engine {
    cx: Arc<Cx>,
    desk: Desk,
    workers: Vec<Worker>,
    is_prepared: bool,
}

impl Engine {
    /// An engine with one worker per configured system.
    pub fn new(cx: Arc<Cx>) -> Self {
        let now = cx.now();
        let mut workers = Vec::new();
        for (id, warehouse) in &cx.systems.warehouses {
            workers.push(Worker::new(
                id.clone(),
                Adapter::Warehouse(warehouse.clone()),
                &cx.limits,
                now,
            ));
        }
        for (id, source) in &cx.systems.sources {
            workers.push(Worker::new(
                id.clone(),
                Adapter::Source(source.clone()),
                &cx.limits,
                now,
            ));
        }
        Self {
            cx,
            desk: Desk::default(),
            workers,
            is_prepared: false,
        }
    }

    /// Makes sure every flow of every pair has its schedule.
    async fn prepare(&mut self, now: Ts) -> StoreResult<()> {
        if self.is_prepared {
            return Ok(());
        }
        let known = self.cx.store.schedules().await?;
        let mut changes = Vec::new();
        for pair in &self.cx.pairs {
            for flow in WAREHOUSE_FLOWS.iter().chain(SOURCE_FLOWS) {
                let is_wanted = self.cx.has_flow(pair, *flow);
                if is_wanted && !known.iter().any(|s| s.pair == pair.id && s.flow == *flow) {
                    changes.push(Change::ScheduleHasten {
                        pair: pair.id.clone(),
                        flow: *flow,
                        at: now,
                    });
                }
            }
        }
        self.cx.commit("prepare", None, changes).await?;
        self.is_prepared = true;
        Ok(())
    }

    /// Does everything that is due now, within the budgets. All waiting is in the store.
    pub async fn step(&mut self, now: Ts) -> StoreResult<StepDone> {
        self.prepare(now).await?;
        let mut is_busy = false;
        let mut next_at = Ts::NEVER;
        for _ in 0..ROUNDS_MAX {
            let desk = Box::pin(self.desk.step(&self.cx, now)).await?;
            let mut round = desk.is_busy;
            next_at = desk.next_at;
            for worker in &mut self.workers {
                let worked = Box::pin(worker.step(&self.cx, now)).await?;
                round |= worked.is_busy;
                next_at = next_at.min(worked.next_at);
            }
            is_busy |= round;
            if !round {
                break;
            }
        }
        Ok(StepDone { is_busy, next_at })
    }

    /// Runs until cancelled: the desk and every worker in a loop of its own, so that a slow system holds up no other.
    pub async fn run(mut self, stop: CancellationToken) -> StoreResult<()> {
        loop {
            match self.prepare(self.cx.now()).await {
                Ok(()) => break,
                Err(error) if is_fatal(&error) => return Err(error),
                Err(error) => rest(&error, &stop).await,
            }
            if stop.is_cancelled() {
                return Ok(());
            }
        }
        let Self {
            cx,
            mut desk,
            workers,
            ..
        } = self;
        let desk_loop = async {
            let ended = desk_loop(&cx, &mut desk, &stop).await;
            (desk.fence(), ended)
        };
        let worker_loops = futures::future::join_all(workers.into_iter().map(|mut worker| {
            let (cx, stop) = (cx.clone(), stop.clone());
            async move {
                let ended = worker_loop(&cx, &mut worker, &stop).await;
                (worker.fence(), ended)
            }
        }));
        let (desk_end, mut ends) = futures::future::join(desk_loop, worker_loops).await;
        ends.push(desk_end);
        let mut first_error = None;
        for (fence, ended) in ends {
            give_back(&cx, fence).await;
            if let Err(error) = ended {
                first_error.get_or_insert(error);
            }
        }
        first_error.map_or(Ok(()), Err)
    }

    /// Gives the leases back, so that another process need not wait for them to expire.
    pub async fn release(&self) {
        give_back(&self.cx, self.desk.fence()).await;
        for worker in &self.workers {
            give_back(&self.cx, worker.fence()).await;
        }
    }

    /// Calls made to all systems by this engine.
    pub fn calls_total(&self) -> i64 {
        self.workers.iter().map(Worker::calls_total).sum()
    }
}

async fn give_back(cx: &Cx, fence: Option<Fence>) {
    if let Some(fence) = fence
        && let Err(error) = cx.store.release(&fence, &cx.holder).await
    {
        tracing::warn!(%error, lease = fence.lease, "a lease could not be given back; it expires by itself");
    }
}

/// Errors that no waiting mends.
const fn is_fatal(error: &StoreError) -> bool {
    matches!(error, StoreError::Corrupt(_) | StoreError::Newer { .. })
}

async fn rest(error: &StoreError, stop: &CancellationToken) {
    tracing::warn!(%error, "the store refused; nothing is sent until it answers");
    tokio::select! {
        () = tokio::time::sleep(STORE_REST) => {}
        () = stop.cancelled() => {}
    }
}

/// Sleeps until something is due, something was committed here, or another process changed the store.
async fn doze(
    cx: &Cx,
    worked: Worked,
    wakes: &mut tokio::sync::watch::Receiver<u64>,
    stop: &CancellationToken,
) {
    let now = cx.now();
    let wait = worked.next_at.since(now).0.clamp(0, SLEEP_MAX.0);
    let wait = Span(wait).to_std();
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        _ = wakes.changed() => {}
        () = cx.store.changed(wait) => {}
        () = stop.cancelled() => {}
    }
}

async fn desk_loop(cx: &Cx, desk: &mut Desk, stop: &CancellationToken) -> StoreResult<()> {
    let mut wakes = cx.wakes();
    while !stop.is_cancelled() {
        wakes.mark_unchanged();
        match Box::pin(desk.step(cx, cx.now())).await {
            Ok(worked) => doze(cx, worked, &mut wakes, stop).await,
            Err(error) if is_fatal(&error) => {
                stop.cancel();
                return Err(error);
            }
            Err(error) => rest(&error, stop).await,
        }
    }
    Ok(())
}

async fn worker_loop(cx: &Cx, worker: &mut Worker, stop: &CancellationToken) -> StoreResult<()> {
    let mut wakes = cx.wakes();
    while !stop.is_cancelled() {
        wakes.mark_unchanged();
        match Box::pin(worker.step(cx, cx.now())).await {
            Ok(worked) => doze(cx, worked, &mut wakes, stop).await,
            Err(error) if is_fatal(&error) => {
                stop.cancel();
                return Err(error);
            }
            Err(error) => {
                // What was under way is asked about once the store answers again.
                worker.forget();
                rest(&error, stop).await;
            }
        }
    }
    Ok(())
}

//! One worker per system: it holds the system's lease, owns its call budget, and decides which call is made next.

mod heard;
mod job;
mod start;
mod tell;

use crate::domain::change::Fence;
use crate::domain::delivery::{Flow, Lane};
use crate::domain::ids::SystemId;
use crate::domain::retry;
use crate::domain::time::{Span, Ts};
use crate::store::{LaneWork, Lease, ScheduleRow, StoreResult, Topic};
use crate::sync::calls::{Adapter, Closed, Gate, JobCx, Keep, call};
use crate::sync::context::{Cx, Limits};
use crate::sync::deliver::Tick;
use crate::sync::deliver::publish::ItemIds;
use crate::sync::desk::{Worked, hold};
use crate::sync::reads::{SOURCE_FLOWS, WAREHOUSE_FLOWS};
use crate::vendors::Op;
use heard::Events;
use job::{Active, Proposal, Purpose, first_op, first_read, read_lane};
use std::sync::Arc;

/// Calls made within one step; the rest follows in the next.
const CALLS_PER_STEP_MAX: usize = 400;

/// What makes work for a worker.
const WORK: [Topic; 3] = [Topic::Deliveries, Topic::Requests, Topic::Schedules];

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
    schedules: Option<Schedules>,
    events: Events,
}

/// The schedules this system serves, as read when the store stood at `version`.
struct Schedules {
    version: u64,
    rows: Arc<[ScheduleRow]>,
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
        let gate = Gate::new(system, adapter, limits, now);
        Self {
            events: Events::new(&gate, now),
            gate,
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
            schedules: None,
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
        self.events.forget();
    }

    /// Does what is due and allowed, call by call.
    pub async fn step(&mut self, cx: &Cx, now: Ts) -> StoreResult<Worked> {
        let name = format!("system/{}", self.gate.system);
        let Some(fence) = hold(&mut self.lease, cx, &name, now).await? else {
            self.active.clear();
            self.recovered_epoch = None;
            return Ok(Worked {
                is_busy: false,
                next_at: now + cx.pace.lease_ttl,
            });
        };
        self.take_over(cx, &fence, now).await?;
        let version = cx.store.version(&WORK).await;
        if let Some(quiet) = self.quiet.filter(|q| q.holds(version, now)) {
            return Ok(Worked {
                is_busy: false,
                next_at: quiet.until,
            });
        }
        self.quiet = None;
        let mut calls = 0;
        let mut quiet_at = None;
        let mut next_at = now + cx.pace.idle_max;
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
            // Asked before anything is read: whatever is committed from here on counts as new.
            let version = cx.store.version(&WORK).await;
            let schedules = self.my_schedules(cx).await?;
            let work = cx.store.system_work(&self.gate.system, at).await?;
            if calls == 0 && work.is_asked {
                self.start_looks(cx, &fence).await?;
            }
            let mut proposals = self.proposals(&schedules, &work.lanes, at);
            let heard = self.heard(cx, work.look_at, at).await?;
            proposals.extend(heard.proposals);
            let Some(lane) = self.choose_lane(&proposals, at) else {
                next_at = self.next_at(work.next_due_at, &schedules, &proposals, at);
                next_at = next_at.min(heard.next_at);
                quiet_at = Some(version);
                break;
            };
            calls += 1;
            Box::pin(self.work_on(cx, &fence, lane, proposals, at)).await?;
        }
        self.tell(cx, &fence, now).await?;
        let next_at = next_at.min(now + cx.pace.idle_max);
        self.quiet = quiet_at.map(|version| Quiet {
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

    /// The schedules this system serves, read again when any schedule changed.
    async fn my_schedules(&mut self, cx: &Cx) -> StoreResult<Arc<[ScheduleRow]>> {
        let version = cx.store.version(&[Topic::Schedules]).await;
        if let Some(known) = self.schedules.as_ref().filter(|s| s.version == version) {
            return Ok(known.rows.clone());
        }
        let all = cx.store.known_schedules().await?;
        let mine = all.iter().filter(|row| self.serves(cx, row));
        let rows: Arc<[ScheduleRow]> = mine.cloned().collect();
        self.schedules = Some(Schedules {
            version,
            rows: rows.clone(),
        });
        Ok(rows)
    }

    fn serves(&self, cx: &Cx, row: &ScheduleRow) -> bool {
        let flows = if self.is_source() {
            SOURCE_FLOWS
        } else {
            WAREHOUSE_FLOWS
        };
        let is_mine = cx.pair(&row.pair).is_some_and(|p| {
            let system = if self.is_source() {
                &p.source
            } else {
                &p.warehouse
            };
            system == &self.gate.system && cx.has_flow(p, row.flow)
        });
        is_mine && flows.contains(&row.flow) && row.paused.is_none()
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

    /// Makes one call for the lane, for what is under way or else for what can be started.
    async fn work_on(
        &mut self,
        cx: &Cx,
        fence: &Fence,
        lane: Lane,
        proposals: Vec<Proposal>,
        now: Ts,
    ) -> StoreResult<()> {
        let mut at = self.active.iter().position(|active| {
            active.lane == lane && self.gate.available(active.job.next_op(), now) > 0
        });
        if at.is_none() {
            for proposal in proposals.into_iter().filter(|p| p.lane == lane) {
                if self.gate.available(proposal.op, now) == 0 {
                    continue;
                }
                let before = self.active.len();
                self.start(cx, fence, proposal, now).await?;
                if self.active.len() > before {
                    at = Some(before);
                    break;
                }
            }
        }
        let Some(at) = at else { return Ok(()) };
        let Some(active) = self.active.get_mut(at) else {
            return Ok(());
        };
        if !self.gate.take(active.job.next_op(), lane, now) {
            return Ok(());
        }
        let mut jcx = JobCx {
            cx,
            gate: &mut self.gate,
            fence,
        };
        if active.job.tick(&mut jcx).await? == Tick::Done {
            let ended = self.active.remove(at);
            if ended.purpose == Purpose::Hooks {
                self.events.checked();
            }
        }
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
        let mut next = Ts::NEVER;
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
}

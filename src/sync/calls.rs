//! One vendor call: budget before it, evidence and lessons after it.

use super::context::{Cx, Limits};
use crate::domain::breaker::Breaker;
use crate::domain::budget::{Budgets, LaneScheduler, Rate};
use crate::domain::change::{Change, Fence, Payload};
use crate::domain::delivery::{AnswerClass, Lane};
use crate::domain::ids::{PayloadId, SystemId};
use crate::domain::live::{
    BreakerState, CallLive, LaneLive, MethodLive, ParcelsLive, RECENT_CALLS_MAX, SystemLive,
};
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;
use crate::vendors::{Answer, CallLog, Confirming, Op, SalesSystem, System, Trace, Warehouse};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// The adapter behind a worker.
#[derive(Clone)]
pub enum Adapter {
    Warehouse(Arc<dyn Warehouse>),
    Source(Arc<dyn SalesSystem>),
}

impl Adapter {
    /// What both kinds can do.
    pub fn system(&self) -> &dyn System {
        match self {
            Self::Warehouse(w) => w.as_ref() as &dyn System,
            Self::Source(s) => s.as_ref() as &dyn System,
        }
    }
}

/// How long a connection whose credentials were refused rests before they are tried again.
const AUTH_PROBE_EVERY: Span = Span::secs(60);
/// Waited after a refusal for too many calls that names no time.
const THROTTLE_DEFAULT: Span = Span::secs(60);
/// Calls remembered for the figures per lane and method.
const CALLS_REMEMBERED_MAX: usize = 4_000;

/// What a worker may call and what it has learnt about its system. Held in memory; all of it can be learnt again.
pub struct Gate {
    pub system: SystemId,
    pub adapter: Adapter,
    pub budgets: Budgets,
    pub breaker: Breaker,
    pub lanes: LaneScheduler,
    pub throttled_until: Option<Ts>,
    /// Credentials were refused: the text and when to try again.
    pub auth_failed: Option<(String, Ts)>,
    recent: VecDeque<CallLive>,
    by_lane: HashMap<Lane, VecDeque<Ts>>,
    keys: Vec<(String, Rate)>,
    /// What the call under way counts under.
    key: String,
    pub calls_total: i64,
    pub orders_total: i64,
}

/// Why no call may be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// Until this time.
    Until(Ts),
    /// A single probe is allowed.
    ProbeOnly,
}

/// Calls of the last minute from which an overload without words is taken for the limit, percent of it.
const LIMIT_NEAR_PERCENT: i64 = 90;

impl Gate {
    /// A log for a call made now.
    pub fn call_log(&self, now: Ts) -> CallLog {
        let is_near = self.keys.iter().any(|(key, _)| {
            let (spent, limit) = (
                self.budgets.spent_last_minute(key, now),
                self.budgets.limit(key),
            );
            limit > 0 && spent * 100 >= limit * LIMIT_NEAR_PERCENT
        });
        CallLog::near_limit(is_near)
    }

    /// A gate with empty counters and the adapter's own limits, but where `limits` names another figure for a key.
    pub fn new(system: SystemId, adapter: Adapter, limits: &Limits, now: Ts) -> Self {
        let given = limits.get(&system);
        let keys: Vec<(String, Rate)> = adapter
            .system()
            .limits()
            .into_iter()
            .map(|l| {
                let other = given.and_then(|g| g.get(&l.key)).copied();
                let rate = other.map_or(l.rate, |per_minute| l.rate.with_flow(per_minute));
                (l.key, rate)
            })
            .collect();
        Self {
            budgets: Budgets::new(keys.clone(), now),
            breaker: Breaker::default(),
            lanes: LaneScheduler::new(),
            system,
            adapter,
            throttled_until: None,
            auth_failed: None,
            recent: VecDeque::new(),
            by_lane: HashMap::new(),
            keys,
            key: String::new(),
            calls_total: 0,
            orders_total: 0,
        }
    }

    /// Whether ordinary calls may be made; otherwise why not.
    pub fn closed(&mut self, now: Ts) -> Option<Closed> {
        if let Some((_, until)) = &self.auth_failed {
            return Some(if *until <= now {
                Closed::ProbeOnly
            } else {
                Closed::Until(*until)
            });
        }
        if let Some(until) = self.throttled_until {
            if until > now {
                return Some(Closed::Until(until));
            }
            self.throttled_until = None;
        }
        if self.breaker.state() == BreakerState::Closed {
            return None;
        }
        if self.breaker.may_call(now) {
            Some(Closed::ProbeOnly)
        } else {
            Some(Closed::Until(self.breaker.next_at().unwrap_or(now)))
        }
    }

    /// Calls of this kind that could be made now without breaking a limit.
    pub fn available(&mut self, op: Op, now: Ts) -> usize {
        let key = self.adapter.system().limit_key(op).to_owned();
        usize::try_from(self.budgets.available(&key, now)).unwrap_or(0)
    }

    /// Takes one call out of the budget; false when the limit would be broken.
    pub fn take(&mut self, op: Op, lane: Lane, now: Ts) -> bool {
        let key = self.adapter.system().limit_key(op).to_owned();
        if !self.budgets.try_take(&key, now) {
            return false;
        }
        self.lanes.charge(lane, 1);
        self.key = key;
        let calls = self.by_lane.entry(lane).or_default();
        calls.push_back(now);
        if calls.len() > CALLS_REMEMBERED_MAX {
            calls.pop_front();
        }
        true
    }

    /// Calls of this kind allowed in a minute.
    pub fn limit_of(&self, op: Op) -> u32 {
        let key = self.adapter.system().limit_key(op);
        let limit = self.keys.iter().find(|(k, _)| k == key);
        limit.map_or(0, |(_, rate)| rate.per_minute())
    }

    /// When the next call of this kind could be made.
    pub fn next_at(&mut self, op: Op, now: Ts) -> Ts {
        let key = self.adapter.system().limit_key(op).to_owned();
        self.budgets.next_at(&key, now)
    }

    /// What the limit means for parcels, for a source that is told of each.
    fn parcels(&self) -> Option<ParcelsLive> {
        let Adapter::Source(source) = &self.adapter else {
            return None;
        };
        let Confirming::Parcels(parcels) = source.clone().confirming() else {
            return None;
        };
        let limit = self.budgets.limit(source.limit_key(Op::ShipParcel));
        let calls_each = i64::from(parcels.calls_each().max(1));
        Some(ParcelsLive {
            calls_each,
            per_minute_max: limit / calls_each,
        })
    }

    /// Counts further calls that one question needed (a second half, a list of names first).
    fn count_more(&mut self, calls: usize, now: Ts) {
        for _ in 0..calls {
            self.budgets.owe(&self.key, now);
        }
    }

    fn learn(&mut self, class: AnswerClass, text: &str, wait: Option<Span>, now: Ts) {
        match class {
            AnswerClass::Throttled => {
                let until = now + wait.unwrap_or(THROTTLE_DEFAULT);
                self.throttled_until = Some(until);
                self.budgets.pause_until(until);
            }
            AnswerClass::Auth => self.auth_failed = Some((text.to_owned(), now + AUTH_PROBE_EVERY)),
            AnswerClass::Applied | AnswerClass::Rejected => self.auth_failed = None,
            _ => {}
        }
        self.breaker.on_result(class, now);
    }

    fn remember(&mut self, traces: &[Trace], class: AnswerClass, text: &str, at: Ts) {
        for trace in traces {
            self.calls_total += 1;
            if self.recent.len() >= RECENT_CALLS_MAX {
                self.recent.pop_front();
            }
            self.recent.push_back(CallLive {
                at,
                method: trace.method.clone(),
                millis: trace.elapsed.as_ms(),
                class: class.as_str().to_owned(),
                text: crate::text::clean_to(text, 200),
            });
        }
    }

    /// The state for the Live pane.
    pub fn live(&mut self, now: Ts, waiting: &HashMap<Lane, (i64, Option<Ts>)>) -> SystemLive {
        let lanes = Lane::ALL
            .iter()
            .map(|lane| {
                let calls = self.by_lane.entry(*lane).or_default();
                while calls
                    .front()
                    .is_some_and(|at| now.since(*at) > Span::mins(1))
                {
                    calls.pop_front();
                }
                let (waiting, oldest_at) = waiting.get(lane).copied().unwrap_or((0, None));
                LaneLive {
                    lane: *lane,
                    share_percent: LaneScheduler::share_percent(*lane),
                    calls_last_minute: calls.len() as i64,
                    waiting,
                    oldest_at,
                }
            })
            .collect();
        let methods = self
            .keys
            .clone()
            .into_iter()
            .map(|(key, _)| MethodLive {
                calls_last_minute: self.budgets.spent_last_minute(&key, now),
                limit_per_minute: self.budgets.limit(&key),
                method: key,
            })
            .filter(|m| m.calls_last_minute > 0)
            .collect();
        SystemLive {
            breaker: self.breaker.state(),
            breaker_until: self.breaker.next_at(),
            throttled_until: self.throttled_until.filter(|t| *t > now),
            auth_failed: self.auth_failed.as_ref().map(|(text, _)| text.clone()),
            in_flight: Vec::new(),
            recent: self.recent.iter().cloned().collect(),
            lanes,
            methods,
            parcels: self.parcels(),
            calls_total: self.calls_total,
            orders_total: self.orders_total,
            at: now,
        }
    }
}

/// What a job works with.
pub struct JobCx<'a> {
    pub cx: &'a Cx,
    pub gate: &'a mut Gate,
    pub fence: &'a Fence,
}

/// Whether request and answer are kept as evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Writes: always.
    Always,
    /// Reads: only when something went wrong.
    OnError,
}

/// A call that was made.
#[derive(Debug)]
pub struct Called<T> {
    pub answer: Answer<T>,
    /// Bodies to be stored in the same commit as the result.
    pub payloads: Vec<Change>,
    pub request_id: Option<PayloadId>,
    pub answer_id: Option<PayloadId>,
    pub started_at: Ts,
    pub finished_at: Ts,
}

impl JobCx<'_> {
    /// Files a finished call: lessons for the gate, bodies for the store.
    pub async fn finish<T>(
        &mut self,
        keep: Keep,
        started_at: Ts,
        log: CallLog,
        answer: Answer<T>,
    ) -> StoreResult<Called<T>> {
        let finished_at = self.cx.now();
        let traces = log.take();
        let (class, text, wait) = match &answer {
            Ok(_) => (AnswerClass::Applied, String::new(), None),
            Err(error) => (error.class, error.text.clone(), error.wait),
        };
        let made = traces.iter().filter(|t| !t.is_sign_in).count();
        self.gate.count_more(made.saturating_sub(1), finished_at);
        self.gate.remember(&traces, class, &text, finished_at);
        self.gate.learn(class, &text, wait, finished_at);
        let mut called = Called {
            answer,
            payloads: Vec::new(),
            request_id: None,
            answer_id: None,
            started_at,
            finished_at,
        };
        let is_kept = keep == Keep::Always || class != AnswerClass::Applied;
        if let Some(trace) = traces
            .into_iter()
            .rev()
            .find(|t| !t.is_sign_in || class == AnswerClass::Auth)
            && is_kept
        {
            self.keep(&mut called, trace).await?;
        }
        Ok(called)
    }

    async fn keep<T>(&mut self, called: &mut Called<T>, trace: Trace) -> StoreResult<()> {
        let first = self.cx.ids(2).await?;
        let payload = |id, kind, body| {
            Change::Payload(Payload {
                id: PayloadId(id),
                kind,
                system: self.gate.system.clone(),
                method: trace.method.clone(),
                body,
            })
        };
        called.request_id = Some(PayloadId(first));
        called
            .payloads
            .push(payload(first, "request", trace.request.clone()));
        if !trace.answer.is_empty() {
            called.answer_id = Some(PayloadId(first + 1));
            called
                .payloads
                .push(payload(first + 1, "answer", trace.answer.clone()));
        }
        Ok(())
    }
}

/// Makes one call through an adapter and files it. Evaluates to a [`Called`].
macro_rules! call {
    ($jcx:expr, $keep:expr, |$log:ident| $future:expr) => {{
        let $log = $jcx.gate.call_log($jcx.cx.now());
        let started_at = $jcx.cx.now();
        let answer = $future.await;
        $jcx.finish($keep, started_at, $log, answer).await?
    }};
}
pub(crate) use call;

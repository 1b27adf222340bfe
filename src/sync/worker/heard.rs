//! Events of a system: orders that they tell of are read, within a budget of their own, and the subscriptions that bring
//! them are looked at.

use super::Worker;
use super::job::{Active, Job, Proposal, Purpose};
use crate::domain::budget::{Bucket, Rate};
use crate::domain::change::{Change, Fence, Looked};
use crate::domain::delivery::Lane;
use crate::domain::ids::{PairId, SystemId};
use crate::domain::time::Ts;
use crate::store::read::RequestRow;
use crate::store::{LookRow, StoreResult};
use crate::sync::calls::{Adapter, Gate};
use crate::sync::context::Cx;
use crate::sync::reads::hinted::HintLook;
use crate::sync::reads::hooks::{self, HookCheck};
use crate::sync::requests;
use crate::vendors::Op;

/// Part of a system's calls that reads because of events may take, percent: whoever floods us must not spend them.
const PERCENT: u32 = 5;
/// But so many a minute at least.
const PER_MINUTE_MIN: u32 = 6;

/// What a worker remembers of events; all of it can be learnt again.
pub(super) struct Events {
    /// Reads because of events.
    bucket: Bucket,
    /// When the subscriptions are looked at; `None` when the store has to be asked.
    check_at: Option<Ts>,
}

impl Events {
    /// Subscriptions are looked at as soon as a worker comes up.
    pub(super) fn new(gate: &Gate, now: Ts) -> Self {
        let per_minute = gate.limit_of(Op::OrdersByIds) / 100 * PERCENT;
        Self {
            bucket: Bucket::new(
                Rate::Window {
                    per_minute: per_minute.max(PER_MINUTE_MIN),
                },
                now,
            ),
            check_at: Some(Ts::MIN),
        }
    }

    pub(super) fn forget(&mut self) {
        self.check_at = None;
    }

    /// A check has ended; the store knows when the next one is due.
    pub(super) fn checked(&mut self) {
        self.check_at = None;
    }
}

/// What events ask of a worker.
pub(super) struct Heard {
    pub(super) proposals: Vec<Proposal>,
    /// When there is something again.
    pub(super) next_at: Ts,
}

impl Worker {
    /// Reads and checks that are due; `look_at` is when the first order is to be read.
    pub(super) async fn heard(
        &mut self,
        cx: &Cx,
        look_at: Option<Ts>,
        now: Ts,
    ) -> StoreResult<Heard> {
        let mut heard = Heard {
            proposals: Vec::new(),
            next_at: Ts::NEVER,
        };
        if let (Some(at), false) = (look_at, self.is_active(&Purpose::Hinted)) {
            let at = at.max(self.events.bucket.next_at(now));
            heard.add(Purpose::Hinted, Op::OrdersByIds, at, now);
        }
        if !self.is_active(&Purpose::Hooks)
            && let Some(at) = self.check_at(cx).await?
        {
            heard.add(Purpose::Hooks, Op::Subscribe, at, now);
        }
        Ok(heard)
    }

    /// When the subscriptions are looked at; `None` where nothing listens.
    async fn check_at(&mut self, cx: &Cx) -> StoreResult<Option<Ts>> {
        if cx.listening(&self.gate.system).is_none() {
            return Ok(None);
        }
        if self.events.check_at.is_none() {
            let held = hooks::held(cx, &self.gate.system).await?;
            self.events.check_at = Some(Ts(held.due_at));
        }
        Ok(self.events.check_at)
    }

    /// Starts the read of orders that are due.
    pub(super) async fn start_hinted(
        &mut self,
        cx: &Cx,
        fence: &Fence,
        now: Ts,
    ) -> StoreResult<()> {
        let Adapter::Source(source) = self.gate.adapter.clone() else {
            return Ok(());
        };
        let limit = source.at_once(Op::OrdersByIds).max(1);
        let due = cx.store.looks_due(&self.gate.system, now, limit).await?;
        let Some(first) = due.first().map(|l| l.pair.clone()) else {
            return Ok(());
        };
        let due: Vec<LookRow> = due.into_iter().filter(|l| l.pair == first).collect();
        let Some(pair) = cx.pair(&first).cloned() else {
            return drop_looks(cx, fence, first, due, now).await;
        };
        if !self.events.bucket.take(now) {
            return Ok(());
        }
        self.active.push(Active {
            purpose: Purpose::Hinted,
            lane: Lane::Read,
            job: Job::Hinted(HintLook::new(source, pair, due)),
        });
        Ok(())
    }

    /// Starts a look at the subscriptions.
    pub(super) fn start_hooks(&mut self, cx: &Cx) {
        if let Some((hooks, base)) = cx.listening(&self.gate.system) {
            let check = HookCheck::new(hooks, self.gate.system.clone(), base);
            self.active.push(Active {
                purpose: Purpose::Hooks,
                lane: Lane::Read,
                job: Job::Hooks(check),
            });
        }
    }

    /// Somebody wants the subscriptions looked at now.
    pub(super) async fn asked_to_check(
        &mut self,
        cx: &Cx,
        fence: &Fence,
        waiting: &[RequestRow],
    ) -> StoreResult<()> {
        let is_mine = |r: &&RequestRow| {
            r.kind == requests::CHECK_HOOKS
                && requests::field::<SystemId>(r, "system").as_ref() == Some(&self.gate.system)
        };
        let listens = cx.listening(&self.gate.system).is_some();
        let answer = if listens {
            "the subscriptions are looked at now"
        } else {
            "nothing listens for its events: set [server] with listen, public_url and hook_secret first"
        };
        let changes: Vec<Change> = waiting
            .iter()
            .filter(is_mine)
            .map(|r| Change::RequestDone {
                id: r.id,
                is_ok: listens,
                answer: answer.to_owned(),
            })
            .collect();
        if changes.is_empty() {
            return Ok(());
        }
        self.events.check_at = Some(Ts::MIN);
        cx.commit("hooks", Some(fence), changes).await.map(|_| ())
    }
}

/// Nobody reads for a pair that is no longer configured.
async fn drop_looks(
    cx: &Cx,
    fence: &Fence,
    pair: PairId,
    due: Vec<LookRow>,
    now: Ts,
) -> StoreResult<()> {
    let dropped = Change::Looked(Looked {
        pair,
        ids: due.into_iter().map(|l| l.source_id).collect(),
        asked_at: now,
        is_hinted: false,
        is_absent: false,
        again_at: None,
    });
    cx.commit("hint", Some(fence), vec![dropped])
        .await
        .map(|_| ())
}

impl Heard {
    fn add(&mut self, purpose: Purpose, op: Op, at: Ts, now: Ts) {
        if at > now {
            self.next_at = self.next_at.min(at);
            return;
        }
        self.proposals.push(Proposal {
            purpose,
            lane: Lane::Read,
            op,
        });
    }
}

//! The order pull from a source that lists what changed: every order changed since the last run, with an overlap; orders
//! the list only names are read one by one. From time to time the overlap is a whole day, should a change have been
//! listed late.

use super::super::calls::{JobCx, Keep, call};
use super::super::deliver::Tick;
use super::super::silence;
use super::Run;
use super::lookups::{found_or_gone, take_in};
use crate::domain::change::{Change, Looked};
use crate::domain::ids::SourceOrderId;
use crate::domain::order::{OrderFull, OrderState, SourceOrder, SourceStatus};
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;
use crate::vendors::{ChangedOrder, ChangedOrders, Op, Orders};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

/// Every run begins this long before the newest change seen: changes are listed late, and carry whole seconds.
const OVERLAP: Span = Span::mins(2);
/// How far back a sweep looks.
const SWEEP_BACK: Span = Span::days(1);
/// How far back the first run of all looks.
const FIRST_BACK: Span = Span::days(30);
/// For so long after the goods left a sale is left to its confirmation, which writes to it stage by stage.
const CONFIRMING_MAX: Span = Span::hours(1);
/// Named orders remembered as read between two runs.
const READ_MAX: usize = 20_000;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Mark {
    /// Newest change seen, microseconds.
    newest: i64,
    /// When the last sweep began, microseconds.
    swept_at: i64,
    /// Orders read whole, by id, with the change they were read under: listed again by the overlap, not read again.
    read: BTreeMap<SourceOrderId, i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    List,
    Details,
}

/// The order pull by changes.
pub struct ChangePull {
    source: Arc<dyn ChangedOrders>,
    run: Run,
    mark: Mark,
    since: Ts,
    newest: Option<Ts>,
    page: Option<String>,
    phase: Phase,
    named: VecDeque<ChangedOrder>,
    is_begun: bool,
    /// Since when events should tell of changes; `None` where none are told.
    told_since: Option<Ts>,
    /// Changes found that an event should have told of.
    unheard: usize,
    is_sweep: bool,
    found: usize,
    changed: usize,
}

impl ChangePull {
    /// A fresh pull.
    pub fn new(source: Arc<dyn ChangedOrders>, run: Run) -> Self {
        let mark: Mark = serde_json::from_str(&run.cursor).unwrap_or_default();
        let swept = run.started_at.since(Ts(mark.swept_at));
        let is_first = mark.newest == 0;
        let is_sweep = is_first || swept >= run.pair.policy.order_sweep_interval;
        let since = match (is_first, is_sweep) {
            (true, _) => run.started_at - FIRST_BACK,
            (false, true) => Ts(mark.newest) - SWEEP_BACK,
            (false, false) => Ts(mark.newest) - OVERLAP,
        };
        Self {
            source,
            run,
            mark,
            since,
            newest: None,
            page: None,
            phase: Phase::List,
            named: VecDeque::new(),
            is_begun: false,
            told_since: None,
            unheard: 0,
            is_sweep,
            found: 0,
            changed: 0,
        }
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        match self.phase {
            Phase::List => Op::ChangedOrders,
            Phase::Details => Op::OrdersByIds,
        }
    }

    /// Makes that call.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        if !self.is_begun {
            self.is_begun = true;
            self.told_since = silence::told_since(jcx.cx, &self.run.pair.source).await?;
        }
        match self.phase {
            Phase::List => self.list(jcx).await,
            Phase::Details => self.details(jcx).await,
        }
    }

    async fn list(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let asked_at = jcx.cx.now();
        let called = call!(jcx, Keep::OnError, |log| self.source.changes_page(
            self.since,
            self.page.as_deref(),
            &log
        ));
        let page = match called.answer {
            Ok(page) => page,
            Err(error) => {
                self.run.failed(jcx, &error, called.payloads).await?;
                return Ok(Tick::Done);
            }
        };
        self.found += page.orders.rows.len() + page.orders.unread.len() + page.named.len();
        self.newest = self.newest.max(page.newest);
        self.choose(jcx, page.named).await?;
        self.take_in(jcx, page.orders, asked_at).await?;
        self.page = page.next;
        if self.page.is_some() {
            return Ok(Tick::More);
        }
        self.next(jcx).await
    }

    /// Of the orders a list names, those whose content is not known already.
    async fn choose(&mut self, jcx: &JobCx<'_>, named: Vec<ChangedOrder>) -> StoreResult<()> {
        let ids: Vec<SourceOrderId> = named.iter().map(|n| n.source_id.clone()).collect();
        let known = self.known(jcx, &ids).await?;
        for order in named {
            let at = order.changed_at.map(|at| at.0);
            let ours = known.get(&order.source_id);
            // Read by an earlier run, or because an event told of it.
            let is_read = at.is_some()
                && (self.mark.read.get(&order.source_id).copied() == at
                    || ours.is_some_and(|o| o.body.source.changed_at == order.changed_at));
            // What is finished on both sides has nothing more to tell.
            let is_over = ours
                .is_some_and(|o| o.row.state.is_finished() && o.row.source_status == order.status)
                && order.status != SourceStatus::Open
                && !order.is_credited;
            // Its confirmation is under way, writes to it, and looks at it anyway.
            let is_ours_now = ours.is_some_and(|o| {
                let left_at = o.row.despatched_at.unwrap_or(Ts::MIN);
                let is_leaving =
                    matches!(o.row.state, OrderState::Despatched | OrderState::Confirming);
                is_leaving && jcx.cx.now().since(left_at) < CONFIRMING_MAX
            });
            // Never seen, and nothing the warehouse could do for it: not approved yet, or over without us.
            let is_none_of_ours =
                ours.is_none() && (order.status != SourceStatus::Open || !order.is_released);
            if !is_read && !is_over && !is_ours_now && !is_none_of_ours {
                self.named.push_back(order);
            }
        }
        Ok(())
    }

    async fn known(
        &self,
        jcx: &JobCx<'_>,
        ids: &[SourceOrderId],
    ) -> StoreResult<HashMap<SourceOrderId, OrderFull>> {
        let pair = &self.run.pair.id;
        let orders = jcx.cx.store.orders_by_source(pair, ids).await?;
        Ok(orders
            .into_iter()
            .map(|o| (o.row.source_id.clone(), o))
            .collect())
    }

    async fn details(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let limit = self.source.at_once(Op::OrdersByIds).max(1);
        let chunk: Vec<ChangedOrder> = self.named.drain(..self.named.len().min(limit)).collect();
        let ids: Vec<SourceOrderId> = chunk.iter().map(|n| n.source_id.clone()).collect();
        let asked_at = jcx.cx.now();
        let called = call!(jcx, Keep::OnError, |log| self
            .source
            .orders_by_ids(&ids, &log));
        let found = match called.answer {
            Ok(found) => found,
            Err(error) => {
                self.run.failed(jcx, &error, called.payloads).await?;
                return Ok(Tick::Done);
            }
        };
        let mut asked: Vec<OrderFull> = self.known(jcx, &ids).await?.into_values().collect();
        asked.sort_by_key(|order| order.row.id);
        let unread = found.unread.clone();
        let rows = found_or_gone(&asked, found);
        self.take_in(jcx, Orders { rows, unread }, asked_at).await?;
        for order in chunk {
            if let Some(at) = order.changed_at {
                self.mark.read.insert(order.source_id, at.0);
            }
        }
        self.next(jcx).await
    }

    /// New or changed orders go to decision; what events told of them is answered.
    async fn take_in(
        &mut self,
        jcx: &mut JobCx<'_>,
        orders: Orders,
        asked_at: Ts,
    ) -> StoreResult<()> {
        let pair = self.run.pair.clone();
        let read = Looked {
            pair: pair.id.clone(),
            ids: orders.rows.iter().map(|o| o.source_id.clone()).collect(),
            asked_at,
            is_hinted: false,
            is_absent: false,
            again_at: None,
        };
        let taken = take_in(jcx, &pair, orders).await?;
        self.changed += taken.decided;
        let mut changes = taken.changes;
        if let Some(since) = self.told_since {
            let is_late = |o: &&SourceOrder| o.changed_at.is_none_or(|at| at >= since);
            self.unheard += taken.events.iter().filter(is_late).count();
            changes.push(Change::Looked(read));
        }
        jcx.cx
            .commit("pull", Some(jcx.fence), changes)
            .await
            .map(|_| ())
    }

    async fn next(&mut self, jcx: &JobCx<'_>) -> StoreResult<Tick> {
        if !self.named.is_empty() {
            self.phase = Phase::Details;
            return Ok(Tick::More);
        }
        let newest = self.newest.map_or(self.mark.newest, |at| at.0);
        let newest = newest.max(self.mark.newest);
        let mut read = std::mem::take(&mut self.mark.read);
        let floor = (Ts(newest) - SWEEP_BACK).0;
        read.retain(|_, at| *at >= floor);
        while read.len() > READ_MAX {
            read.pop_first();
        }
        let mark = Mark {
            // An empty first run must not be a first run for ever.
            newest: if newest == 0 { self.since.0 } else { newest },
            swept_at: if self.is_sweep {
                self.run.started_at.0
            } else {
                self.mark.swept_at
            },
            read,
        };
        let what = if self.is_sweep { "swept" } else { "changed" };
        let note = format!("{} {what}, {} to decide", self.found, self.changed);
        let cursor = serde_json::to_string(&mark).ok();
        let done = self.run.done(jcx.cx.now(), note, cursor);
        let mut changes = vec![done];
        if self.told_since.is_some() {
            let source = &self.run.pair.source;
            changes.extend(silence::polled(jcx.cx, source, self.unheard).await?);
        }
        jcx.cx.commit("pull", Some(jcx.fence), changes).await?;
        Ok(Tick::Done)
    }
}

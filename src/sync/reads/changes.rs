//! The order pull from a source that lists what changed: every order changed since the last run, with an overlap; orders
//! the list only names are read one by one. From time to time the overlap is a whole day, should a change have been
//! listed late.

use super::super::calls::{JobCx, Keep, call};
use super::super::deliver::Tick;
use super::Run;
use super::lookups::{found_or_gone, inbox_of};
use super::unread::{self, UnreadCases};
use crate::domain::change::Change;
use crate::domain::ids::{OrderId, SourceOrderId};
use crate::domain::order::{OrderFull, SourceStatus};
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
    unread: Option<UnreadCases>,
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
            unread: None,
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
        if self.unread.is_none() {
            self.unread = Some(UnreadCases::load(jcx.cx, &self.run.pair).await?);
        }
        match self.phase {
            Phase::List => self.list(jcx).await,
            Phase::Details => self.details(jcx).await,
        }
    }

    async fn list(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
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
        self.take_in(jcx, page.orders).await?;
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
            let is_read = at.is_some() && self.mark.read.get(&order.source_id).copied() == at;
            let ours = known.get(&order.source_id);
            // What is finished on both sides has nothing more to tell.
            let is_over = ours
                .is_some_and(|o| o.row.state.is_finished() && o.row.source_status == order.status)
                && order.status != SourceStatus::Open;
            // Never seen, and nothing the warehouse could do for it: not approved yet, or over without us.
            let is_none_of_ours =
                ours.is_none() && (order.status != SourceStatus::Open || !order.is_released);
            if !is_read && !is_over && !is_none_of_ours {
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
        let asked: Vec<OrderFull> = self.known(jcx, &ids).await?.into_values().collect();
        let unread = found.unread.clone();
        let rows = found_or_gone(&asked, found);
        self.take_in(jcx, Orders { rows, unread }).await?;
        for order in chunk {
            if let Some(at) = order.changed_at {
                self.mark.read.insert(order.source_id, at.0);
            }
        }
        self.next(jcx).await
    }

    /// New or changed orders go to decision; one that cannot be read becomes a case.
    async fn take_in(&mut self, jcx: &mut JobCx<'_>, orders: Orders) -> StoreResult<()> {
        let now = jcx.cx.now();
        let pair = self.run.pair.clone();
        let ids: Vec<SourceOrderId> = orders
            .rows
            .iter()
            .map(|o| &o.source_id)
            .chain(orders.unread.iter().map(|u| &u.source_id))
            .cloned()
            .collect();
        let known = self.known(jcx, &ids).await?;
        let mut changes = match &self.unread {
            Some(cases) => cases.read_again(&pair.id, &orders.rows),
            None => Vec::new(),
        };
        for order in &orders.unread {
            let id = known.get(&order.source_id).map(|k| k.row.id);
            changes.push(unread::case_of(&pair.id, order, id, now));
        }
        let (mut seen, mut news): (Vec<OrderId>, Vec<_>) = (Vec::new(), Vec::new());
        for order in orders.rows {
            match known.get(&order.source_id) {
                Some(k)
                    if k.row.source_revision == order.revision()
                        && k.row.source_status == order.status =>
                {
                    seen.push(k.row.id);
                }
                _ => news.push(order),
            }
        }
        self.changed += news.len();
        changes.extend(inbox_of(jcx, &pair, news).await?);
        if !seen.is_empty() {
            changes.push(Change::OrderSeen { ids: seen, at: now });
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
        jcx.cx.commit("pull", Some(jcx.fence), vec![done]).await?;
        Ok(Tick::Done)
    }
}

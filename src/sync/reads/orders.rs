//! The order pull: the ids of every open order per mapped location, details of new ones and of a rolling share of the
//! known ones, and what became of those that disappeared. Once an hour every open order is read whole, because the
//! source's own filter works on the received date and would miss an old order that becomes ready today.

use super::super::calls::{JobCx, Keep, call};
use super::super::context::mapped_places;
use super::super::deliver::Tick;
use super::Run;
use super::lookups::{found_or_gone, inbox_of};
use super::unread::{self, UnreadCases};
use crate::domain::change::Change;
use crate::domain::ids::{LocationId, OrderId, SourceOrderId};
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;
use crate::store::read::KnownOpen;
use crate::vendors::{Op, OpenOrders, Orders, TERMS_MAX};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

/// Every known open order is read again within this time.
const REREAD_WITHIN: Span = Span::mins(5);
/// Polls in a row an order must be missing before it is asked about: pages shift while they are read.
const MISSING_POLLS_MIN: i64 = 2;
/// Orders handed to decision per commit.
const INBOX_CHUNK: usize = 200;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Mark {
    /// When the last whole sweep began, microseconds.
    swept_at: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Ids,
    Details,
    Missing,
    Sweep,
}

/// The order pull.
pub struct OrderPull {
    source: Arc<dyn OpenOrders>,
    run: Run,
    locations: Option<VecDeque<LocationId>>,
    phase: Phase,
    details: VecDeque<SourceOrderId>,
    missing: Vec<OrderId>,
    known: HashMap<SourceOrderId, KnownOpen>,
    unread: UnreadCases,
    page: u32,
    is_sweep: bool,
    found: usize,
    fresh: usize,
    changed: usize,
}

impl OrderPull {
    /// A fresh pull.
    pub fn new(source: Arc<dyn OpenOrders>, run: Run) -> Self {
        let mark: Mark = serde_json::from_str(&run.cursor).unwrap_or_default();
        let is_sweep =
            run.started_at.since(Ts(mark.swept_at)) >= run.pair.policy.order_sweep_interval;
        Self {
            source,
            run,
            locations: None,
            phase: if is_sweep { Phase::Sweep } else { Phase::Ids },
            details: VecDeque::new(),
            missing: Vec::new(),
            known: HashMap::new(),
            unread: UnreadCases::default(),
            page: 1,
            is_sweep,
            found: 0,
            fresh: 0,
            changed: 0,
        }
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        match self.phase {
            Phase::Ids => Op::OpenOrderIds,
            Phase::Details => Op::OpenOrdersByIds,
            Phase::Missing => Op::OrdersByIds,
            Phase::Sweep => Op::OpenOrdersPage,
        }
    }

    /// Makes that call.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        if self.locations.is_none() {
            let set = jcx.cx.mapping_set(&self.run.pair.id).await?;
            self.locations = Some(mapped_places(&set).0.into());
            self.unread = UnreadCases::load(jcx.cx, &self.run.pair).await?;
        }
        match self.phase {
            Phase::Ids | Phase::Sweep => {
                let Some(location) = self.locations.as_ref().and_then(|l| l.front().cloned())
                else {
                    return self.finish(jcx).await;
                };
                if self.phase == Phase::Ids {
                    self.ids(jcx, &location).await
                } else {
                    self.sweep(jcx, &location).await
                }
            }
            Phase::Details => self.details(jcx).await,
            Phase::Missing => self.missing(jcx).await,
        }
    }

    async fn load_known(&mut self, jcx: &JobCx<'_>, location: &LocationId) -> StoreResult<()> {
        let known = jcx.cx.store.known_open(&self.run.pair.id, location).await?;
        self.known = known
            .into_iter()
            .map(|k| (k.source_id.clone(), k))
            .collect();
        Ok(())
    }

    async fn ids(&mut self, jcx: &mut JobCx<'_>, location: &LocationId) -> StoreResult<Tick> {
        let called = call!(jcx, Keep::OnError, |log| self
            .source
            .open_order_ids(location, &log));
        let ids = match called.answer {
            Ok(ids) => ids,
            Err(error) => {
                self.run.failed(jcx, &error, called.payloads).await?;
                return Ok(Tick::Done);
            }
        };
        self.load_known(jcx, location).await?;
        self.found += ids.len();
        let open: HashSet<&SourceOrderId> = ids.iter().collect();
        let fresh: Vec<SourceOrderId> = ids
            .iter()
            .filter(|id| !self.known.contains_key(*id))
            .cloned()
            .collect();
        self.fresh += fresh.len();
        self.details = fresh.into();
        self.add_rolling_share(jcx.cx.now(), &open);
        self.note_missing(jcx, &open).await?;
        self.next_place_or_phase(jcx).await
    }

    /// The known orders that were read longest ago, so that all of them are read again within [`REREAD_WITHIN`].
    fn add_rolling_share(&mut self, now: Ts, open: &HashSet<&SourceOrderId>) {
        let mut known: Vec<&KnownOpen> = self
            .known
            .values()
            .filter(|k| open.contains(&k.source_id))
            .collect();
        known.sort_by_key(|k| (k.read_at, k.id));
        let polls = (REREAD_WITHIN.0 / self.run.interval().0.max(1)).max(1) as usize;
        let share = known.len().div_ceil(polls);
        // Whole batches only: half a batch costs as much as a full one, unless orders are overdue.
        let mut batch = share.div_ceil(TERMS_MAX) * TERMS_MAX;
        if known
            .first()
            .is_none_or(|k| now.since(k.read_at) < REREAD_WITHIN)
            && share < TERMS_MAX
        {
            batch = 0;
        }
        let share: Vec<SourceOrderId> = known
            .into_iter()
            .take(batch)
            .map(|k| k.source_id.clone())
            .collect();
        self.details.extend(share);
    }

    async fn note_missing(
        &mut self,
        jcx: &mut JobCx<'_>,
        open: &HashSet<&SourceOrderId>,
    ) -> StoreResult<()> {
        let mut gone: Vec<&KnownOpen> = self
            .known
            .values()
            .filter(|k| !open.contains(&k.source_id))
            .collect();
        gone.sort_by_key(|k| k.id);
        self.missing = gone
            .iter()
            .filter(|k| k.missing_polls + 1 >= MISSING_POLLS_MIN)
            .map(|k| k.id)
            .collect();
        let first_time: Vec<OrderId> = gone
            .iter()
            .filter(|k| k.missing_polls + 1 < MISSING_POLLS_MIN)
            .map(|k| k.id)
            .collect();
        for chunk in first_time.chunks(INBOX_CHUNK) {
            super::super::settle::commit_orders(jcx, "pull", chunk, |orders| {
                orders
                    .values()
                    .map(|order| {
                        let mut row = order.row.clone();
                        row.missing_polls += 1;
                        Change::Order {
                            row: Box::new(row),
                            body: None,
                            lines: None,
                        }
                    })
                    .collect()
            })
            .await?;
        }
        Ok(())
    }

    async fn details(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let chunk: Vec<SourceOrderId> = self
            .details
            .drain(..self.details.len().min(TERMS_MAX))
            .collect();
        let called = call!(jcx, Keep::OnError, |log| self
            .source
            .open_orders_by_ids(&chunk, &log));
        match called.answer {
            Err(error) => {
                self.run.failed(jcx, &error, called.payloads).await?;
                return Ok(Tick::Done);
            }
            Ok(orders) => self.take_in(jcx, orders).await?,
        }
        self.next_place_or_phase(jcx).await
    }

    /// What became of orders that are no longer open: processed, cancelled, moved, merged or deleted.
    async fn missing(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let chunk: Vec<OrderId> = self
            .missing
            .drain(..self.missing.len().min(TERMS_MAX))
            .collect();
        let asked = jcx.cx.store.orders_by_id(&chunk).await?;
        let ids: Vec<SourceOrderId> = asked.iter().map(|o| o.row.source_id.clone()).collect();
        let called = call!(jcx, Keep::OnError, |log| self
            .source
            .orders_by_ids(&ids, &log));
        match called.answer {
            Err(error) => {
                self.run.failed(jcx, &error, called.payloads).await?;
                return Ok(Tick::Done);
            }
            Ok(found) => {
                let found = found_or_gone(&asked, found);
                let changes = inbox_of(jcx, &self.run.pair, found).await?;
                self.changed += changes.len();
                jcx.cx.commit("pull", Some(jcx.fence), changes).await?;
            }
        }
        self.next_place_or_phase(jcx).await
    }

    async fn sweep(&mut self, jcx: &mut JobCx<'_>, location: &LocationId) -> StoreResult<Tick> {
        if self.page == 1 {
            self.load_known(jcx, location).await?;
        }
        let called = call!(jcx, Keep::OnError, |log| self
            .source
            .open_orders_page(location, self.page, &log));
        match called.answer {
            Err(error) => {
                self.run.failed(jcx, &error, called.payloads).await?;
                Ok(Tick::Done)
            }
            Ok(page) => {
                self.found += page.orders.rows.len() + page.orders.unread.len();
                self.take_in(jcx, page.orders).await?;
                self.page += 1;
                if !page.is_last {
                    return Ok(Tick::More);
                }
                self.page = 1;
                self.next_place_or_phase(jcx).await
            }
        }
    }

    /// New or changed orders go to decision; unchanged ones only have their reading time moved; one that cannot be read
    /// becomes a case.
    async fn take_in(&mut self, jcx: &mut JobCx<'_>, orders: Orders) -> StoreResult<()> {
        let now = jcx.cx.now();
        let pair = &self.run.pair.id;
        let mut about = self.unread.read_again(pair, &orders.rows);
        for order in &orders.unread {
            let known = self.known.get(&order.source_id).map(|k| k.id);
            about.push(unread::case_of(pair, order, known, now));
        }
        let mut seen = Vec::new();
        let mut news = Vec::new();
        for order in orders.rows {
            match self.known.get(&order.source_id) {
                Some(known) if known.revision == order.revision() => seen.push(known.id),
                _ => news.push(order),
            }
        }
        self.changed += news.len();
        let mut changes = inbox_of(jcx, &self.run.pair, news).await?;
        changes.extend(about);
        if !seen.is_empty() {
            changes.push(Change::OrderSeen {
                ids: seen,
                at: jcx.cx.now(),
            });
        }
        jcx.cx
            .commit("pull", Some(jcx.fence), changes)
            .await
            .map(|_| ())
    }

    async fn next_place_or_phase(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        if !self.details.is_empty() {
            self.phase = Phase::Details;
            return Ok(Tick::More);
        }
        if !self.missing.is_empty() {
            self.phase = Phase::Missing;
            return Ok(Tick::More);
        }
        if let Some(locations) = self.locations.as_mut() {
            locations.pop_front();
            if !locations.is_empty() {
                self.phase = if self.is_sweep {
                    Phase::Sweep
                } else {
                    Phase::Ids
                };
                return Ok(Tick::More);
            }
        }
        self.finish(jcx).await
    }

    async fn finish(&self, jcx: &JobCx<'_>) -> StoreResult<Tick> {
        let old: Mark = serde_json::from_str(&self.run.cursor).unwrap_or_default();
        let mark = Mark {
            swept_at: if self.is_sweep {
                self.run.started_at.0
            } else {
                old.swept_at
            },
        };
        let what = if self.is_sweep { "swept" } else { "open" };
        let note = format!(
            "{} {what}, {} new, {} to decide",
            self.found, self.fresh, self.changed
        );
        let mut done = self
            .run
            .done(jcx.cx.now(), note, serde_json::to_string(&mark).ok());
        // A sweep does not look for missing ids; the ordinary pull follows at once.
        if let (true, Change::ScheduleDone(done)) = (self.is_sweep, &mut done) {
            done.next_due_at = jcx.cx.now();
        }
        jcx.cx.commit("pull", Some(jcx.fence), vec![done]).await?;
        Ok(Tick::Done)
    }
}

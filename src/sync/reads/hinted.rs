//! Orders that events told of, read by id in one call. What events say of them is never used; what they do not know yet
//! goes the way of every other reading.

use super::super::calls::{JobCx, Keep, call};
use super::super::context::PairCx;
use super::super::deliver::Tick;
use super::lookups::{TakenIn, found_or_gone, take_in};
use crate::domain::change::{Change, Looked};
use crate::domain::delivery::AnswerClass;
use crate::domain::hint::{self, Absent};
use crate::domain::ids::SourceOrderId;
use crate::domain::order::OrderFull;
use crate::domain::time::Ts;
use crate::store::{LookRow, StoreResult};
use crate::vendors::{Op, Orders, SalesSystem};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Reads orders of one pair because events told of them; one call.
pub struct HintLook {
    source: Arc<dyn SalesSystem>,
    pair: PairCx,
    due: Vec<LookRow>,
}

impl HintLook {
    /// At most as many orders as one call may hold.
    pub const fn new(source: Arc<dyn SalesSystem>, pair: PairCx, due: Vec<LookRow>) -> Self {
        Self { source, pair, due }
    }

    /// The call it makes.
    pub const fn next_op(&self) -> Op {
        Op::OrdersByIds
    }

    /// Makes it.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let asked_at = jcx.cx.now();
        let ids: Vec<SourceOrderId> = self.due.iter().map(|l| l.source_id.clone()).collect();
        let called = call!(jcx, Keep::OnError, |log| self
            .source
            .orders_by_ids(&ids, &log));
        let changes = match called.answer {
            Ok(found) => self.found(jcx, found, asked_at).await?,
            Err(error) => {
                let mut changes = called.payloads;
                // Refused is refused: asked the same way it would be refused again.
                let is_final = error.class == AnswerClass::Rejected;
                changes.extend(self.failed(asked_at, is_final));
                changes
            }
        };
        jcx.cx.commit("hint", Some(jcx.fence), changes).await?;
        Ok(Tick::Done)
    }

    /// What was read goes to decision; what is not there is asked for again a bounded number of times.
    async fn found(
        &self,
        jcx: &JobCx<'_>,
        found: Orders,
        asked_at: Ts,
    ) -> StoreResult<Vec<Change>> {
        let ids: Vec<SourceOrderId> = self.due.iter().map(|l| l.source_id.clone()).collect();
        let known = jcx.cx.store.orders_by_source(&self.pair.id, &ids).await?;
        let (mut read, mut gone): (Vec<SourceOrderId>, Vec<OrderFull>) = (Vec::new(), Vec::new());
        let mut absent: BTreeMap<Option<Ts>, Vec<SourceOrderId>> = BTreeMap::new();
        for look in &self.due {
            let id = &look.source_id;
            let is_there = found.rows.iter().any(|o| &o.source_id == id)
                || found.unread.iter().any(|o| &o.source_id == id);
            let ours = known.iter().find(|o| &o.row.source_id == id);
            if is_there {
                read.push(id.clone());
                continue;
            }
            let again = match hint::absent(look.absent + 1, ours.is_some()) {
                Absent::Again(wait) => Some(jcx.cx.now() + wait),
                Absent::LeftToPoll => None,
                Absent::Gone => {
                    gone.extend(ours.cloned());
                    None
                }
            };
            absent.entry(again).or_default().push(id.clone());
        }
        let unread = found.unread.clone();
        let rows = found_or_gone(&gone, found);
        let TakenIn { mut changes, .. } = take_in(jcx, &self.pair, Orders { rows, unread }).await?;
        changes.push(self.looked(read, asked_at, false, None));
        for (again_at, ids) in absent {
            changes.push(self.looked(ids, asked_at, true, again_at));
        }
        Ok(changes)
    }

    fn failed(&self, asked_at: Ts, is_final: bool) -> Vec<Change> {
        let mut by_time: BTreeMap<Option<Ts>, Vec<SourceOrderId>> = BTreeMap::new();
        for look in &self.due {
            let again = hint::after_failure(asked_at, look.reads).filter(|_| !is_final);
            by_time
                .entry(again)
                .or_default()
                .push(look.source_id.clone());
        }
        by_time
            .into_iter()
            .map(|(again_at, ids)| self.looked(ids, asked_at, false, again_at))
            .collect()
    }

    fn looked(
        &self,
        ids: Vec<SourceOrderId>,
        asked_at: Ts,
        is_absent: bool,
        again_at: Option<Ts>,
    ) -> Change {
        Change::Looked(Looked {
            pair: self.pair.id.clone(),
            ids,
            asked_at,
            is_hinted: true,
            is_absent,
            again_at,
        })
    }
}

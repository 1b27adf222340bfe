//! The poll of returns: what came back since last time and where it is now, from the oldest return that is not on the
//! shelf yet, because rows keep the day they arrived and change their place.

use super::super::calls::{JobCx, Keep, call};
use super::super::deliver::Tick;
use super::super::returns;
use super::Run;
use crate::domain::delivery::AnswerClass;
use crate::domain::ids::ReturnRef;
use crate::domain::time::{Span, Ts};
use crate::domain::wms::WmsReturnLine;
use crate::store::StoreResult;
use crate::vendors::{Op, Warehouse};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How far before the newest arrival seen the next poll begins.
const OVERLAP: Span = Span::hours(1);
/// How far the first poll of all looks back.
const FIRST_LOOK_BACK: Span = Span::days(7);
/// How far back a poll looks for goods that are on their way to the shelf.
const LOOK_BACK_MAX: Span = Span::days(60);

/// What is kept between polls.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Mark {
    /// Newest arrival seen, microseconds.
    newest: Option<i64>,
    /// Returns that seemed to go backwards at the last poll: believed when the next one sees it too.
    #[serde(default)]
    doubted: Vec<ReturnRef>,
}

/// The poll of returns.
pub struct ReturnPoll {
    warehouse: Arc<dyn Warehouse>,
    run: Run,
    page: u32,
    since: Option<Ts>,
    rows: Vec<WmsReturnLine>,
}

impl ReturnPoll {
    /// A fresh poll.
    pub const fn new(warehouse: Arc<dyn Warehouse>, run: Run) -> Self {
        Self {
            warehouse,
            run,
            page: 1,
            since: None,
            rows: Vec::new(),
        }
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        Op::ReturnsPage
    }

    fn mark(&self) -> Mark {
        serde_json::from_str(&self.run.cursor).unwrap_or_default()
    }

    async fn start(&self, jcx: &JobCx<'_>) -> StoreResult<Ts> {
        let now = jcx.cx.now();
        let newest = self.mark().newest;
        let since = newest.map_or(now - FIRST_LOOK_BACK, |newest| Ts(newest) - OVERLAP);
        let oldest = jcx.cx.store.oldest_return_at(&self.run.pair.id).await?;
        // Arrival is known by our own reading, which comes after the warehouse's.
        let since = oldest.map_or(since, |at| since.min(at - Span::days(1)));
        Ok(since.max(now - LOOK_BACK_MAX))
    }

    /// Makes that call.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let since = match self.since {
            Some(since) => since,
            None => self.start(jcx).await?,
        };
        self.since = Some(since);
        let called = call!(jcx, Keep::OnError, |log| self
            .warehouse
            .return_progress_page(since, self.page, &log));
        match called.answer {
            Err(error) if error.class == AnswerClass::Rejected => self.no_report(jcx, &error).await,
            Err(error) => {
                self.run.failed(jcx, &error, called.payloads).await?;
                Ok(Tick::Done)
            }
            Ok(page) => {
                self.rows.extend(page.rows);
                self.page += 1;
                if !page.is_last {
                    return Ok(Tick::More);
                }
                self.finish(jcx).await
            }
        }
    }

    /// A warehouse without the report is in order as long as nobody expects anything back from it.
    async fn no_report(
        &self,
        jcx: &JobCx<'_>,
        error: &crate::vendors::CallError,
    ) -> StoreResult<Tick> {
        let open = jcx
            .cx
            .store
            .returns_open(&self.run.pair.id, None, 1)
            .await?;
        if !open.is_empty() {
            self.run.failed(jcx, error, Vec::new()).await?;
            return Ok(Tick::Done);
        }
        let note = format!("returns cannot be read: {}", error.text);
        let note = crate::text::clean_to(&note, 300);
        let done = self.run.done(jcx.cx.now(), note, None);
        jcx.cx
            .commit("returns", Some(jcx.fence), vec![done])
            .await?;
        Ok(Tick::Done)
    }

    async fn finish(&mut self, jcx: &JobCx<'_>) -> StoreResult<Tick> {
        let start = self.run.pair.number_start();
        let before = self.mark();
        let mut rows = std::mem::take(&mut self.rows);
        rows.retain(|r| r.number.as_str().starts_with(&start));
        let newest = rows.iter().map(|r| r.returned_at.0).max();
        let taken = returns::take_rows(jcx, &self.run.pair, &rows, &before.doubted).await?;
        let mark = Mark {
            newest: newest.max(before.newest),
            doubted: taken.doubted,
        };
        let note = format!("{} rows of ours, {} moved on", rows.len(), taken.moved);
        let cursor = serde_json::to_string(&mark).ok();
        let done = self.run.done(jcx.cx.now(), note, cursor);
        jcx.cx
            .commit("returns", Some(jcx.fence), vec![done])
            .await?;
        Ok(Tick::Done)
    }
}

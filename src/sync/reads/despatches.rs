//! The despatch poll: what left the building since last time, with an overlap, because stamps are the vendor's.

use super::super::calls::{JobCx, Keep, call};
use super::super::deliver::Tick;
use super::Run;
use crate::domain::change::Change;
use crate::domain::time::{Span, Ts};
use crate::domain::wms::DespatchLine;
use crate::store::StoreResult;
use crate::vendors::{Op, Warehouse};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How far before the newest stamp seen the next poll begins.
const OVERLAP: Span = Span::secs(120);
/// How far the first poll of all looks back.
const FIRST_LOOK_BACK: Span = Span::days(2);
/// How far back every poll looks for tracking that is booked late, and now and then for one that was booked again.
const LATE_TRACKING_MAX: Span = Span::hours(2);
/// How far back a poll looks for it now and then, and how often that is.
const LATE_TRACKING_FAR: Span = Span::days(2);
const FAR_LOOK_EVERY: Span = Span::mins(30);

/// What is kept between polls.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Mark {
    /// Newest despatch stamp seen, microseconds.
    newest: Option<i64>,
    /// When labels of days ago were last looked for, microseconds.
    #[serde(default)]
    far_at: i64,
}

/// The despatch poll.
pub struct DespatchPoll {
    warehouse: Arc<dyn Warehouse>,
    run: Run,
    page: u32,
    since: Option<Ts>,
    is_far: bool,
    lines: Vec<DespatchLine>,
}

impl DespatchPoll {
    /// A fresh poll.
    pub const fn new(warehouse: Arc<dyn Warehouse>, run: Run) -> Self {
        Self {
            warehouse,
            run,
            page: 1,
            since: None,
            is_far: false,
            lines: Vec::new(),
        }
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        Op::DespatchesPage
    }

    async fn start(&mut self, jcx: &JobCx<'_>) -> StoreResult<Ts> {
        let mark: Mark = serde_json::from_str(&self.run.cursor).unwrap_or_default();
        let now = jcx.cx.now();
        let mut since = mark
            .newest
            .map_or(now - FIRST_LOOK_BACK, |newest| Ts(newest) - OVERLAP);
        // A despatch whose label is booked later keeps its stamp: look back to the oldest one that waits for tracking.
        for group in jcx
            .cx
            .store
            .despatches_open(&self.run.pair.warehouse, 1_000)
            .await?
        {
            if let Some(at) = group.lines.first().map(|l| l.despatched_at)
                && now.since(at) < LATE_TRACKING_MAX
            {
                since = since.min(at - Span::secs(1));
            }
        }
        // One that was given up waiting for may still get its label, and its parcel gets the number then. Now and then
        // everything of late is read again: a label may be booked anew without anybody being told.
        self.is_far = now.since(Ts(mark.far_at)) >= FAR_LOOK_EVERY;
        let back = if self.is_far {
            since = since.min(now - LATE_TRACKING_MAX);
            LATE_TRACKING_FAR
        } else {
            LATE_TRACKING_MAX
        };
        let warehouse = &self.run.pair.warehouse;
        let oldest = jcx.cx.store.oldest_unlabelled(warehouse, now - back);
        if let Some(at) = oldest.await? {
            since = since.min(at - Span::secs(1));
        }
        Ok(since)
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
            .despatches_page(since, self.page, &log));
        match called.answer {
            Err(error) => {
                self.run.failed(jcx, &error, called.payloads).await?;
                Ok(Tick::Done)
            }
            Ok(page) => {
                self.lines.extend(page.rows);
                self.page += 1;
                if !page.is_last {
                    return Ok(Tick::More);
                }
                self.finish(jcx).await
            }
        }
    }

    async fn finish(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let starts: Vec<String> = jcx
            .cx
            .pairs_of(&self.run.pair.warehouse)
            .map(super::super::context::PairCx::number_start)
            .collect();
        let newest = self.lines.iter().map(|l| l.despatched_at).max();
        let before: Mark = serde_json::from_str(&self.run.cursor).unwrap_or_default();
        let mark = Mark {
            newest: newest.map(|t| t.0).max(before.newest),
            far_at: if self.is_far {
                jcx.cx.now().0
            } else {
                before.far_at
            },
        };
        // Several shops may share one warehouse: only numbers of our own pairs are ours to confirm.
        let ours: Vec<DespatchLine> = std::mem::take(&mut self.lines)
            .into_iter()
            .filter(|l| starts.iter().any(|s| l.number.as_str().starts_with(s)))
            .collect();
        let note = format!("{} rows of ours", ours.len());
        let cursor = serde_json::to_string(&mark).unwrap_or_default();
        let mut changes = Vec::new();
        if !ours.is_empty() {
            changes.push(Change::Despatches {
                system: self.run.pair.warehouse.clone(),
                lines: ours,
            });
        }
        changes.push(self.run.done(jcx.cx.now(), note, Some(cursor)));
        jcx.cx.commit("despatch", Some(jcx.fence), changes).await?;
        Ok(Tick::Done)
    }
}

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

/// How far before the newest stamp seen the next poll begins, as long as that stamp is fresh: a row may be shown a
/// little after it was stamped.
const OVERLAP: Span = Span::secs(20);
/// How far before it a thorough poll begins, and how often there is one as long as goods leave: whatever is shown later
/// than that is found by the far look.
const OVERLAP_THOROUGH: Span = Span::secs(120);
const THOROUGH_EVERY: Span = Span::secs(120);
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
    /// When that stamp was first seen, by our clock, microseconds.
    #[serde(default)]
    newest_at: i64,
    /// When a poll last began well before the newest stamp, by our clock, microseconds.
    #[serde(default)]
    thorough_at: i64,
    /// When a poll last began before the newest stamp at all, by our clock, microseconds.
    #[serde(default)]
    overlapped_at: i64,
    /// When labels of days ago were last looked for, microseconds.
    #[serde(default)]
    far_at: i64,
}

impl Mark {
    fn is_thorough_due(&self, now: Ts) -> bool {
        let last = Ts(self.thorough_at);
        let is_covered = last.since(Ts(self.newest_at)) >= THOROUGH_EVERY;
        now.since(last) >= THOROUGH_EVERY && !is_covered
    }

    /// No poll has looked back since everything that is shown only a little late must have been shown.
    fn is_overlap_due(&self) -> bool {
        Ts(self.overlapped_at).since(Ts(self.newest_at)) < OVERLAP
    }

    /// Where the next poll begins. Once nothing late can be expected any more, what was read is not read again.
    fn since(&self, now: Ts) -> Ts {
        let Some(newest) = self.newest.map(Ts) else {
            return now - FIRST_LOOK_BACK;
        };
        if self.is_thorough_due(now) {
            newest - OVERLAP_THOROUGH
        } else if self.is_overlap_due() {
            newest - OVERLAP
        } else {
            newest + Span::secs(1)
        }
    }

    /// After a poll that began then and saw this for the newest stamp.
    fn after(&self, began: Ts, seen: Option<Ts>, is_far: bool) -> Self {
        let newest = seen.map(|t| t.0).max(self.newest);
        let (now, is_thorough) = (began.0, is_far || self.is_thorough_due(began));
        let is_overlapped = is_thorough || self.is_overlap_due();
        Self {
            newest,
            newest_at: if newest == self.newest {
                self.newest_at
            } else {
                now
            },
            thorough_at: if is_thorough { now } else { self.thorough_at },
            overlapped_at: if is_overlapped {
                now
            } else {
                self.overlapped_at
            },
            far_at: if is_far { now } else { self.far_at },
        }
    }
}

/// The despatch poll.
pub struct DespatchPoll {
    warehouse: Arc<dyn Warehouse>,
    run: Run,
    page: u32,
    /// When the poll began and from where it reads.
    begun: Option<(Ts, Ts)>,
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
            begun: None,
            is_far: false,
            lines: Vec::new(),
        }
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        Op::DespatchesPage
    }

    fn mark(&self) -> Mark {
        serde_json::from_str(&self.run.cursor).unwrap_or_default()
    }

    async fn start(&mut self, jcx: &JobCx<'_>, now: Ts) -> StoreResult<Ts> {
        let mark = self.mark();
        let mut since = mark.since(now);
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
        let (began, since) = match self.begun {
            Some(begun) => begun,
            None => {
                let now = jcx.cx.now();
                (now, self.start(jcx, now).await?)
            }
        };
        self.begun = Some((began, since));
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
                self.finish(jcx, began).await
            }
        }
    }

    async fn finish(&mut self, jcx: &mut JobCx<'_>, began: Ts) -> StoreResult<Tick> {
        let starts: Vec<String> = jcx
            .cx
            .pairs_of(&self.run.pair.warehouse)
            .map(super::super::context::PairCx::number_start)
            .collect();
        let newest = self.lines.iter().map(|l| l.despatched_at).max();
        let mark = self.mark().after(began, newest, self.is_far);
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

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: Ts = Ts(1_767_690_000_000_000);

    fn at(secs: i64) -> Ts {
        BEGIN + Span::secs(secs)
    }

    /// Polls every twenty seconds, goods leaving at the named seconds; where each poll began reading, relative to the
    /// newest stamp it knew.
    fn reaches(left: &[i64], until: i64) -> Vec<i64> {
        let mut mark = Mark {
            newest: Some(BEGIN.0),
            newest_at: BEGIN.0,
            ..Mark::default()
        };
        let mut out = Vec::new();
        for second in (20..=until).step_by(20) {
            let newest = mark.newest.map(Ts).unwrap_or_default();
            out.push(newest.since(mark.since(at(second))).as_secs());
            let seen = left.iter().filter(|s| **s <= second).max();
            mark = mark.after(at(second), seen.map(|s| at(*s)), false);
        }
        out
    }

    #[test]
    fn what_was_read_twice_is_not_read_for_ever() {
        let quiet = reaches(&[], 400);
        assert_eq!(quiet.first(), Some(&120), "the first poll is thorough");
        assert_eq!(quiet.iter().filter(|r| **r == 120).count(), 2);
        assert_eq!(quiet.iter().filter(|r| **r == 20).count(), 0);
        assert!(quiet.iter().skip(8).all(|r| *r == -1), "{quiet:?}");
    }

    #[test]
    fn as_long_as_goods_leave_every_second_minute_looks_back_far() {
        let left: Vec<i64> = (1..=600).collect();
        let busy = reaches(&left, 600);
        assert_eq!(busy.iter().filter(|r| **r == 120).count(), 5);
        assert!(busy.iter().all(|r| *r >= 20), "{busy:?}");
    }

    #[test]
    fn after_the_last_goods_one_thorough_poll_covers_what_is_shown_late() {
        for last in [30, 61, 119, 200] {
            let polls = reaches(&[last], 800);
            let covered = polls
                .iter()
                .enumerate()
                .any(|(at, reach)| *reach == 120 && (at as i64 + 1) * 20 >= last + 100);
            assert!(covered, "{last}: {polls:?}");
        }
    }
}

//! Stock figures into the source: read what it shows now, set the absolute level. Never a difference.

use super::super::calls::{Called, JobCx, Keep, call};
use super::super::settle::{self, Was};
use super::super::stock;
use super::{Tick, open_of};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::delivery::{
    AnswerClass, DeliveryRow, DeliveryState, Flow, Intent, Lane, StockWrite,
};
use crate::domain::ids::{ItemCode, Sku};
use crate::domain::policy::Policy;
use crate::domain::stock::{Basis, HISTORY_MAX, StockPosition};
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;
use crate::vendors::{
    Answer, CallLog, LevelWrite, Op, RowOutcome, SourceStock, StockByItem, StockFigures,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// The source's own item ids by SKU; learnt as needed, shared by the jobs of a worker.
#[derive(Debug, Clone, Default)]
pub struct ItemIds(Arc<Mutex<Learnt>>);

#[derive(Debug, Default)]
struct Learnt {
    by_sku: HashMap<Sku, String>,
    /// The whole catalogue was read: a SKU not in it does not exist.
    is_whole: bool,
}

impl ItemIds {
    /// Adds what was found.
    pub fn learn(&self, found: impl IntoIterator<Item = (Sku, String)>) {
        if let Ok(mut learnt) = self.0.lock() {
            learnt.by_sku.extend(found);
        }
    }

    /// The catalogue was read to its end.
    pub fn is_whole_now(&self) {
        if let Ok(mut learnt) = self.0.lock() {
            learnt.is_whole = true;
        }
    }

    /// Whether it was.
    pub fn is_whole(&self) -> bool {
        self.0.lock().is_ok_and(|learnt| learnt.is_whole)
    }

    /// The source's own id of an item.
    pub fn of(&self, sku: &Sku) -> Option<String> {
        let learnt = self.0.lock().ok()?;
        learnt.by_sku.get(sku).cloned()
    }
}

/// How long a figure waits for its item's id, when that is learnt from the catalogue.
const ID_WAIT: Span = Span::secs(30);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Ids,
    Levels,
    Write,
}

struct One {
    row: DeliveryRow,
    write: StockWrite,
    is_live: bool,
    /// The source's figure was read.
    is_read: bool,
}

/// A batch of stock figures on its way.
pub struct PublishJob {
    source: Arc<dyn StockFigures>,
    policy: Policy,
    ids: ItemIds,
    rows: Vec<One>,
    positions: HashMap<(ItemCode, String), StockPosition>,
    phase: Phase,
    is_asking: bool,
}

impl PublishJob {
    /// From claimed rows, or (asking) from rows in doubt.
    pub fn new(
        source: Arc<dyn StockFigures>,
        policy: Policy,
        ids: ItemIds,
        rows: Vec<DeliveryRow>,
        is_asking: bool,
    ) -> Self {
        let rows = rows
            .into_iter()
            .filter_map(|row| match &row.intent {
                Intent::PublishStock(write) => {
                    let write = write.clone();
                    Some(One {
                        row,
                        write,
                        is_live: true,
                        is_read: false,
                    })
                }
                _ => None,
            })
            .collect();
        let mut job = Self {
            source,
            policy,
            ids,
            rows,
            positions: HashMap::new(),
            phase: Phase::Levels,
            is_asking,
        };
        if !job.unknown_skus().is_empty() {
            job.phase = Phase::Ids;
        }
        job
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        match self.phase {
            Phase::Ids => Op::StockIds,
            Phase::Levels => Op::StockLevels,
            Phase::Write => Op::SetStock,
        }
    }

    /// Makes that call and stores what came of it.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        if !self.rows.iter().any(|o| o.is_live) {
            return Ok(Tick::Done);
        }
        match self.phase {
            Phase::Ids => self.learn_ids(jcx).await?,
            Phase::Levels => self.read_levels(jcx).await?,
            Phase::Write => self.write(jcx).await?,
        }
        Ok(if self.rows.iter().any(|o| o.is_live) {
            Tick::More
        } else {
            Tick::Done
        })
    }

    fn unknown_skus(&self) -> Vec<Sku> {
        self.rows
            .iter()
            .filter(|o| o.is_live && self.ids.of(&o.write.sku).is_none())
            .map(|o| o.write.sku.clone())
            .collect()
    }

    async fn learn_ids(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let skus = self.unknown_skus();
        let source = self.source.clone();
        let log = jcx.gate.call_log(jcx.cx.now());
        let Some(asking) = source.stock_ids(&skus, &log) else {
            return self.without_ids(jcx, &skus).await;
        };
        let started_at = jcx.cx.now();
        let answer = asking.await;
        let called = jcx.finish(Keep::OnError, started_at, log, answer).await?;
        let evidence = called.evidence();
        let mut changes = called.payloads.clone();
        match &called.answer {
            Err(error) => {
                for one in self.rows.iter_mut().filter(|o| o.is_live) {
                    one.is_live = false;
                    changes.extend(settle::failed(
                        jcx.cx,
                        &one.row,
                        error,
                        Was::Read,
                        &evidence,
                    ));
                }
            }
            Ok(found) => {
                self.ids.learn(found.iter().cloned());
                for one in self.rows.iter_mut().filter(|o| o.is_live) {
                    if skus.contains(&one.write.sku) && self.ids.of(&one.write.sku).is_none() {
                        changes.extend(one.unknown(called.finished_at));
                    }
                }
            }
        }
        jcx.cx.commit("publish", Some(jcx.fence), changes).await?;
        self.phase = Phase::Levels;
        Ok(())
    }

    /// A source that cannot be asked by SKU: its catalogue is read first. What is not in it does not exist.
    async fn without_ids(&mut self, jcx: &mut JobCx<'_>, skus: &[Sku]) -> StoreResult<()> {
        let now = jcx.cx.now();
        let mut changes = Vec::new();
        let is_whole = self.ids.is_whole();
        for one in self.rows.iter_mut().filter(|o| o.is_live) {
            if !skus.contains(&one.write.sku) {
                continue;
            }
            if is_whole {
                changes.extend(one.unknown(now));
                continue;
            }
            one.is_live = false;
            let text = "waits for the source's catalogue to be read";
            changes.push(settle::again_uncounted(&one.row, 0, now + ID_WAIT, text));
            let hasten = Change::ScheduleHasten {
                pair: one.row.pair.clone(),
                flow: Flow::Product,
                at: now,
            };
            if !changes
                .iter()
                .any(|c| matches!(c, Change::ScheduleHasten { .. }))
            {
                changes.push(hasten);
            }
        }
        jcx.cx.commit("publish", Some(jcx.fence), changes).await?;
        self.phase = Phase::Levels;
        Ok(())
    }

    /// The rows whose figures the next read asks for, and their items' ids.
    fn next_reads(&self) -> (Vec<usize>, Vec<String>) {
        let limit = self.source.at_once(Op::StockLevels).max(1);
        let (mut rows, mut ids) = (Vec::new(), Vec::new());
        for (at, one) in self.rows.iter().enumerate() {
            if !one.is_live || one.is_read {
                continue;
            }
            let Some(id) = self.ids.of(&one.write.sku) else {
                continue;
            };
            if !ids.contains(&id) {
                if ids.len() >= limit {
                    break;
                }
                ids.push(id);
            }
            rows.push(at);
        }
        (rows, ids)
    }

    async fn read_levels(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let (rows, ids) = self.next_reads();
        let called = call!(jcx, Keep::OnError, |log| self
            .source
            .stock_levels(&ids, &log));
        let evidence = called.evidence();
        let now = called.finished_at;
        match called.answer {
            Ok(levels) => self.take_levels(jcx, &rows, &levels, now).await?,
            Err(error) => {
                let mut changes = called.payloads;
                for at in rows {
                    let Some(one) = self.rows.get_mut(at) else {
                        continue;
                    };
                    one.is_live = false;
                    changes.extend(if self.is_asking {
                        settle::unreadable(jcx.cx, &one.row, &error.text, now)
                    } else {
                        settle::failed(jcx.cx, &one.row, &error, Was::Read, &evidence)
                    });
                }
                jcx.cx.commit("publish", Some(jcx.fence), changes).await?;
            }
        }
        if self.next_reads().0.is_empty() {
            self.phase = Phase::Write;
        }
        Ok(())
    }

    /// Holds what the source shows against what it should, and decides which rows are still to be written.
    async fn take_levels(
        &mut self,
        jcx: &mut JobCx<'_>,
        rows: &[usize],
        levels: &[StockByItem],
        now: Ts,
    ) -> StoreResult<()> {
        self.load_positions(jcx).await?;
        let pair = self.rows.first().map(|o| o.row.pair.clone());
        let moves = stock::moves_since_writes(jcx.cx, pair, self.positions.values()).await?;
        let deliveries = self.rows.iter().map(|o| &o.row);
        let sold = stock::sold_since_computed(jcx.cx, deliveries, self.positions.values()).await?;
        let mut changes = Vec::new();
        let mut settled = Vec::new();
        let mut positions = Vec::new();
        for at in rows {
            let Some(one) = self.rows.get_mut(*at) else {
                continue;
            };
            one.is_read = true;
            let Some(id) = self.ids.of(&one.write.sku) else {
                continue;
            };
            let shown = shown_at(levels, &id, one);
            let key = (one.write.item.clone(), one.write.location.0.clone());
            let Some(position) = self.positions.get_mut(&key) else {
                continue;
            };
            let (compared, found) = stock::compare(position, &shown, &moves, &self.policy, now);
            *position = compared;
            changes.extend(found);
            if position.paused_reason.is_some() {
                one.is_live = false;
                let text = "stock writes for this item are stopped until somebody names the cause";
                changes.push(settle::ended(
                    &one.row,
                    DeliveryState::Superseded,
                    now,
                    text,
                ));
                positions.push(position.clone());
                continue;
            }
            if position.basis == Basis::NetLive {
                // Sales since the figure was computed have lowered what the source shows; writing it would undo them.
                // A figure below what is expected may be a sale nobody has read yet, and is kept once for that reason.
                let newly_sold = sold.each(position, one.row.created_at);
                let unseen = position.external_each.min(0);
                one.write.publish_each = (one.write.publish_each - newly_sold + unseen).max(0);
                if unseen < 0 {
                    // By then every sale up to now has been read.
                    changes.push(Change::ScheduleHasten {
                        pair: one.row.pair.clone(),
                        flow: Flow::StockSnapshot,
                        at: now + self.policy.order_pull_interval.times(2),
                    });
                }
            }
            one.write.level_each = match position.basis {
                Basis::Gross => one.write.publish_each + shown.committed_each,
                Basis::NetStatic | Basis::NetLive => one.write.publish_each,
            };
            if shown.level_each == one.write.level_each {
                one.is_live = false;
                remember_write(position, &one.write, &shown, now, false);
                positions.push(position.clone());
                settled.push((
                    one.row.clone(),
                    "the source already holds this figure".to_owned(),
                ));
            } else if self.is_asking {
                // Setting an absolute level is harmless to repeat, and only the newest figure of a key is ever repeated.
                one.is_live = false;
                changes.push(settle::again(
                    &one.row,
                    0,
                    now,
                    "the figure is not there; set again",
                ));
            }
        }
        if !positions.is_empty() {
            changes.push(Change::Positions(positions));
        }
        jcx.cx.commit("publish", Some(jcx.fence), changes).await?;
        self.finish(jcx, settled).await
    }

    async fn load_positions(&mut self, jcx: &JobCx<'_>) -> StoreResult<()> {
        let items: Vec<ItemCode> = self
            .rows
            .iter()
            .filter(|o| o.is_live)
            .map(|o| o.write.item.clone())
            .collect();
        if let Some(pair) = self.rows.first().map(|o| o.row.pair.clone()) {
            for position in jcx.cx.store.positions_of(&pair, &items).await? {
                self.positions.insert(
                    (position.item.clone(), position.location.0.clone()),
                    position,
                );
            }
        }
        Ok(())
    }

    /// Writes as many figures as one call takes, or several calls side by side where budget and concurrency allow.
    async fn write(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let rows_max = self.source.at_once(Op::SetStock).max(1);
        let ready: Vec<usize> = (0..self.rows.len())
            .filter(|at| self.rows.get(*at).is_some_and(|o| o.is_live && o.is_read))
            .collect();
        let mut parts: Vec<Vec<usize>> = Vec::new();
        for part in ready.chunks(rows_max) {
            // The first call's budget was taken by the worker.
            let is_granted =
                parts.is_empty() || jcx.gate.take(Op::SetStock, Lane::Stock, jcx.cx.now());
            if !is_granted {
                break;
            }
            parts.push(part.to_vec());
            if parts.len() >= self.source.concurrency_max().max(1) {
                break;
            }
        }
        let started_at = jcx.cx.now();
        let calls = parts.into_iter().map(|part| {
            let writes: Vec<LevelWrite> = part.iter().filter_map(|at| self.level(*at)).collect();
            let source = self.source.clone();
            let log = jcx.gate.call_log(started_at);
            async move {
                let answer = source.set_stock(&writes, &log).await;
                (part, log, answer)
            }
        });
        let answers: Vec<(Vec<usize>, CallLog, Answer<Vec<RowOutcome>>)> =
            futures::future::join_all(calls).await;
        let mut changes = Vec::new();
        let mut settled = Vec::new();
        for (part, log, answer) in answers {
            let mut called = jcx.finish(Keep::Always, started_at, log, answer).await?;
            changes.append(&mut called.payloads);
            for at in part {
                let told = self.written(jcx, at, &called);
                changes.extend(told.changes);
                settled.extend(told.settled);
            }
        }
        jcx.cx.commit("publish", Some(jcx.fence), changes).await?;
        self.finish(jcx, settled).await
    }

    fn level(&self, at: usize) -> Option<LevelWrite> {
        let one = self.rows.get(at)?;
        Some(LevelWrite {
            item_id: self.ids.of(&one.write.sku)?,
            write: one.write.clone(),
        })
    }

    /// What the answer says about one row.
    fn written(&mut self, jcx: &JobCx<'_>, at: usize, called: &Called<Vec<RowOutcome>>) -> Told {
        let mut told = Told::default();
        let Some(one) = self.rows.get_mut(at) else {
            return told;
        };
        one.is_live = false;
        let (evidence, now) = (called.evidence(), called.finished_at);
        let outcomes = match &called.answer {
            Ok(outcomes) => outcomes,
            Err(error) => {
                told.changes = settle::failed(jcx.cx, &one.row, error, Was::Write, &evidence);
                return told;
            }
        };
        let key = format!("{}@{}", one.write.sku, one.write.location);
        let row = outcomes.iter().find(|r| r.key == key);
        let class = row.map_or(AnswerClass::Unknown, |r| r.class);
        let text = row.map_or("the answer does not mention the item", |r| r.text.as_str());
        told.changes
            .push(settle::attempt(&one.row, class, text, &evidence));
        match class {
            AnswerClass::Applied => {
                let place = (one.write.item.clone(), one.write.location.0.clone());
                if let Some(position) = self.positions.get_mut(&place) {
                    let shown = SourceStock {
                        sku: one.write.sku.clone(),
                        location: one.write.location.clone(),
                        level_each: one.write.level_each,
                        committed_each: position.committed_each,
                        available_each: one.write.level_each - position.committed_each,
                    };
                    remember_write(position, &one.write, &shown, now, true);
                    told.changes.push(Change::Positions(vec![position.clone()]));
                }
                let text = format!("level set to {}", one.write.level_each);
                told.settled.push((one.row.clone(), text));
            }
            AnswerClass::Rejected => {
                told.changes.push(settle::rejected(&one.row, now, text));
                told.changes.push(Change::Raise(settle::about(
                    &one.row,
                    Kind::PrdNotInSource,
                    text,
                    now,
                )));
            }
            _ => told.changes.push(settle::doubtful(&one.row, now, text)),
        }
        told
    }

    async fn finish(
        &self,
        jcx: &mut JobCx<'_>,
        settled: Vec<(DeliveryRow, String)>,
    ) -> StoreResult<()> {
        if settled.is_empty() {
            return Ok(());
        }
        let rows: Vec<&DeliveryRow> = settled.iter().map(|(row, _)| row).collect();
        let open = open_of(&jcx.cx.store, &rows).await?;
        let now = jcx.cx.now();
        let mut changes = Vec::new();
        for (row, text) in &settled {
            changes.push(settle::applied(row, now, text));
            let none = Vec::new();
            changes.extend(settle::cleared(
                row,
                open.get(&row.id.0).unwrap_or(&none),
                text,
            ));
        }
        jcx.cx
            .commit("publish", Some(jcx.fence), changes)
            .await
            .map(|_| ())
    }
}

/// What an answer came to for one row.
#[derive(Default)]
struct Told {
    changes: Vec<Change>,
    /// Proven, with how.
    settled: Vec<(DeliveryRow, String)>,
}

impl One {
    /// The source has no such item: refused until its catalogue or a mapping changes.
    fn unknown(&mut self, now: Ts) -> [Change; 2] {
        self.is_live = false;
        let text = format!(
            "the source has no item with SKU {}, so its stock cannot be published",
            self.write.sku
        );
        let about = settle::about(&self.row, Kind::PrdNotInSource, &text, now);
        [
            settle::rejected(&self.row, now, &text),
            Change::Raise(about),
        ]
    }
}

fn shown_at(levels: &[StockByItem], id: &str, one: &One) -> SourceStock {
    levels
        .iter()
        .find(|(item, _)| item == id)
        .and_then(|(_, rows)| rows.iter().find(|r| r.location == one.write.location))
        .cloned()
        // An item never stocked at a location has no row there: it shows nothing and owes nothing.
        .unwrap_or_else(|| SourceStock {
            sku: one.write.sku.clone(),
            location: one.write.location.clone(),
            level_each: 0,
            committed_each: 0,
            available_each: 0,
        })
}

fn remember_write(
    position: &mut StockPosition,
    write: &StockWrite,
    shown: &SourceStock,
    now: Ts,
    is_written: bool,
) {
    position.written_each = Some(write.level_each);
    position.written_snapshot = Some(write.snapshot_id);
    position.written_at = Some(now);
    position.written_committed_each = shown.committed_each;
    position.committed_each = shown.committed_each;
    position.publish_each = write.publish_each;
    position.processed_since_each = 0;
    position.source_each = Some(shown.available_each);
    position.source_level_each = Some(shown.level_each);
    position.source_read_at = Some(now);
    position.gap_each = shown.available_each - position.publish_each;
    position.lag_each = 0;
    position.updated_at = now;
    if is_written {
        position.history.push((now, write.level_each));
        let excess = position.history.len().saturating_sub(HISTORY_MAX);
        position.history.drain(..excess);
    }
}

//! Stock figures into the source: read what it shows now, set the absolute level. Never a difference.

use super::super::calls::{JobCx, Keep, call};
use super::super::settle::{self, Was};
use super::super::stock;
use super::{Tick, open_of};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::delivery::{AnswerClass, DeliveryRow, Intent, StockWrite};
use crate::domain::ids::{ItemCode, Sku};
use crate::domain::policy::Policy;
use crate::domain::stock::{Basis, HISTORY_MAX, StockPosition};
use crate::store::StoreResult;
use crate::vendors::{Op, SalesSystem, SourceStock};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// The source's own item ids by SKU; learnt as needed, shared by the jobs of a worker.
pub type ItemIds = Arc<Mutex<HashMap<Sku, String>>>;

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
}

/// A batch of stock figures on its way.
pub struct PublishJob {
    source: Arc<dyn SalesSystem>,
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
        source: Arc<dyn SalesSystem>,
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
        let known = self.ids.lock().map(|m| m.clone()).unwrap_or_default();
        self.rows
            .iter()
            .filter(|o| o.is_live && !known.contains_key(&o.write.sku))
            .map(|o| o.write.sku.clone())
            .collect()
    }

    fn id_of(&self, sku: &Sku) -> Option<String> {
        self.ids.lock().ok().and_then(|m| m.get(sku).cloned())
    }

    async fn learn_ids(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let skus = self.unknown_skus();
        let called = call!(jcx, Keep::OnError, |log| self.source.stock_ids(&skus, &log));
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
                if let Ok(mut ids) = self.ids.lock() {
                    ids.extend(found.iter().cloned());
                }
                for one in self
                    .rows
                    .iter_mut()
                    .filter(|o| o.is_live && skus.contains(&o.write.sku))
                {
                    if !found.iter().any(|(sku, _)| sku == &one.write.sku) {
                        one.is_live = false;
                        let text = format!(
                            "the source has no item with SKU {}, so its stock cannot be published",
                            one.write.sku
                        );
                        changes.push(settle::rejected(&one.row, called.finished_at, &text));
                        changes.push(Change::Raise(settle::about(
                            &one.row,
                            Kind::PrdNotInSource,
                            &text,
                            called.finished_at,
                        )));
                    }
                }
            }
        }
        jcx.cx.commit("publish", Some(jcx.fence), changes).await?;
        self.phase = Phase::Levels;
        Ok(())
    }

    async fn read_levels(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let ids: Vec<String> = self
            .rows
            .iter()
            .filter(|o| o.is_live)
            .filter_map(|o| self.id_of(&o.write.sku))
            .collect();
        let called = call!(jcx, Keep::OnError, |log| self
            .source
            .stock_levels(&ids, &log));
        let evidence = called.evidence();
        let now = called.finished_at;
        let levels = match &called.answer {
            Ok(levels) => levels.clone(),
            Err(error) => {
                let mut changes = called.payloads.clone();
                for one in self.rows.iter_mut().filter(|o| o.is_live) {
                    one.is_live = false;
                    if self.is_asking {
                        changes.extend(settle::unreadable(jcx.cx, &one.row, &error.text, now));
                    } else {
                        changes.extend(settle::failed(
                            jcx.cx,
                            &one.row,
                            error,
                            Was::Read,
                            &evidence,
                        ));
                    }
                }
                jcx.cx.commit("publish", Some(jcx.fence), changes).await?;
                return Ok(());
            }
        };
        self.load_positions(jcx).await?;
        let confirmed = stock::confirmed_since_writes(
            jcx.cx,
            self.rows.first().map(|o| o.row.pair.clone()),
            self.positions.values(),
        )
        .await?;
        let mut changes = Vec::new();
        let mut settled = Vec::new();
        let mut positions = Vec::new();
        for at in 0..self.rows.len() {
            let Some(id) = self
                .rows
                .get(at)
                .filter(|o| o.is_live)
                .and_then(|o| self.id_of(&o.write.sku))
            else {
                continue;
            };
            let Some(one) = self.rows.get_mut(at) else {
                continue;
            };
            let shown = shown_at(&levels, &id, one);
            let key = (one.write.item.clone(), one.write.location.0.clone());
            let Some(position) = self.positions.get_mut(&key) else {
                continue;
            };
            let (compared, found) = stock::compare(position, &shown, &confirmed, &self.policy, now);
            *position = compared;
            changes.extend(found);
            if position.paused_reason.is_some() {
                one.is_live = false;
                let text = "stock writes for this item are stopped until somebody names the cause";
                changes.push(settle::ended(
                    &one.row,
                    crate::domain::delivery::DeliveryState::Superseded,
                    now,
                    text,
                ));
                positions.push(position.clone());
                continue;
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
        self.finish(jcx, settled).await?;
        self.phase = Phase::Write;
        Ok(())
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

    async fn write(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let writes: Vec<StockWrite> = self
            .rows
            .iter()
            .filter(|o| o.is_live)
            .map(|o| o.write.clone())
            .collect();
        let called = call!(jcx, Keep::Always, |log| self
            .source
            .set_stock(&writes, &log));
        let evidence = called.evidence();
        let now = called.finished_at;
        let mut changes = called.payloads;
        let mut settled = Vec::new();
        let mut positions = Vec::new();
        for one in self.rows.iter_mut().filter(|o| o.is_live) {
            one.is_live = false;
            let key = format!("{}@{}", one.write.sku, one.write.location);
            match &called.answer {
                Err(error) => changes.extend(settle::failed(
                    jcx.cx,
                    &one.row,
                    error,
                    Was::Write,
                    &evidence,
                )),
                Ok(outcomes) => match outcomes
                    .iter()
                    .find(|r| r.key == key)
                    .map(|r| (r.class, r.text.clone()))
                {
                    Some((AnswerClass::Applied, _)) => {
                        changes.push(settle::attempt(
                            &one.row,
                            AnswerClass::Applied,
                            "",
                            &evidence,
                        ));
                        if let Some(position) = self
                            .positions
                            .get_mut(&(one.write.item.clone(), one.write.location.0.clone()))
                        {
                            let shown = SourceStock {
                                sku: one.write.sku.clone(),
                                location: one.write.location.clone(),
                                level_each: one.write.level_each,
                                committed_each: position.committed_each,
                                available_each: one.write.level_each - position.committed_each,
                            };
                            remember_write(position, &one.write, &shown, now, true);
                            positions.push(position.clone());
                        }
                        settled.push((
                            one.row.clone(),
                            format!("level set to {}", one.write.level_each),
                        ));
                    }
                    Some((AnswerClass::Rejected, text)) => {
                        changes.push(settle::attempt(
                            &one.row,
                            AnswerClass::Rejected,
                            &text,
                            &evidence,
                        ));
                        changes.push(settle::rejected(&one.row, now, &text));
                        changes.push(Change::Raise(settle::about(
                            &one.row,
                            Kind::PrdNotInSource,
                            &text,
                            now,
                        )));
                    }
                    other => {
                        let text = other.map_or(
                            "the answer does not mention the item".to_owned(),
                            |(_, text)| text,
                        );
                        changes.push(settle::attempt(
                            &one.row,
                            AnswerClass::Unknown,
                            &text,
                            &evidence,
                        ));
                        changes.push(settle::doubtful(&one.row, now, &text));
                    }
                },
            }
        }
        if !positions.is_empty() {
            changes.push(Change::Positions(positions));
        }
        jcx.cx.commit("publish", Some(jcx.fence), changes).await?;
        self.finish(jcx, settled).await
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

fn shown_at(levels: &[(String, Vec<SourceStock>)], id: &str, one: &One) -> SourceStock {
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
    now: crate::domain::time::Ts,
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

//! Items into the warehouse: look first, save, read back. Orders that wait for an item are checked again.

use super::super::calls::{JobCx, Keep, call};
use super::super::settle::{self, Was};
use super::{Tick, open_of};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::delivery::{AnswerClass, DeliveryRow, DeliveryState, Intent};
use crate::domain::ids::{ItemCode, RequestId};
use crate::domain::retry;
use crate::domain::wms::{NewItem, WmsItem};
use crate::store::StoreResult;
use crate::vendors::{Op, Warehouse};
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    LookFirst,
    Save,
    ReadBack,
}

/// A batch of item creations.
pub struct ProductJob {
    warehouse: Arc<dyn Warehouse>,
    rows: Vec<(DeliveryRow, NewItem, bool)>,
    phase: Phase,
    is_asking: bool,
}

impl ProductJob {
    /// From claimed rows, or (asking) from rows in doubt.
    pub fn new(warehouse: Arc<dyn Warehouse>, rows: Vec<DeliveryRow>, is_asking: bool) -> Self {
        let rows = rows
            .into_iter()
            .filter_map(|row| match &row.intent {
                Intent::CreateItem(item) => {
                    let item = item.clone();
                    Some((row, item, true))
                }
                _ => None,
            })
            .collect();
        Self {
            warehouse,
            rows,
            phase: if is_asking {
                Phase::ReadBack
            } else {
                Phase::LookFirst
            },
            is_asking,
        }
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        match self.phase {
            Phase::LookFirst | Phase::ReadBack => Op::ItemsByCode,
            Phase::Save => Op::SaveItems,
        }
    }

    /// Makes that call and stores what came of it.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        if !self.rows.iter().any(|(_, _, live)| *live) {
            return Ok(Tick::Done);
        }
        match self.phase {
            Phase::LookFirst | Phase::ReadBack => self.read(jcx).await?,
            Phase::Save => self.save(jcx).await?,
        }
        Ok(if self.rows.iter().any(|(_, _, live)| *live) {
            Tick::More
        } else {
            Tick::Done
        })
    }

    fn codes(&self) -> Vec<ItemCode> {
        self.rows
            .iter()
            .filter(|(_, _, live)| *live)
            .map(|(_, item, _)| item.code.clone())
            .collect()
    }

    async fn read(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let codes = self.codes();
        let called = call!(jcx, Keep::OnError, |log| self
            .warehouse
            .items_by_code(&codes, &log));
        let evidence = called.evidence();
        let now = called.finished_at;
        let found: Vec<WmsItem> = match &called.answer {
            Ok(found) => found.clone(),
            Err(error) => {
                let mut changes = called.payloads.clone();
                for (row, _, live) in self.rows.iter_mut().filter(|(_, _, live)| *live) {
                    *live = false;
                    if self.phase == Phase::LookFirst {
                        changes.extend(settle::failed(jcx.cx, row, error, Was::Read, &evidence));
                    } else {
                        changes.extend(settle::unreadable(jcx.cx, row, &error.text, now));
                    }
                }
                jcx.cx.commit("product", Some(jcx.fence), changes).await?;
                return Ok(());
            }
        };
        let mut done = Vec::new();
        let mut changes = Vec::new();
        for (row, item, live) in self.rows.iter_mut().filter(|(_, _, live)| *live) {
            if found.iter().any(|f| f.code == item.code) {
                *live = false;
                done.push(row.clone());
            } else if self.phase == Phase::ReadBack {
                *live = false;
                changes.push(match row.absent_at {
                    _ if row.state != DeliveryState::InDoubt => {
                        settle::doubtful(row, now, "saved, yet not found when read back")
                    }
                    Some(first) if now.since(first) >= retry::ABSENT_SPACING => settle::again(
                        row,
                        0,
                        now + retry::wait(row.flow, 1, jcx.cx.jitter()),
                        "not there: sent again",
                    ),
                    Some(first) => settle::still_doubtful(
                        row,
                        first + retry::ABSENT_SPACING,
                        Some(first),
                        "not there yet",
                    ),
                    None => settle::still_doubtful(
                        row,
                        now + retry::ABSENT_SPACING,
                        Some(now),
                        "not there yet; asking again",
                    ),
                });
            }
        }
        if !found.is_empty() {
            changes.push(Change::Items {
                system: jcx.gate.system.clone(),
                items: found,
                at: now,
            });
        }
        jcx.cx.commit("product", Some(jcx.fence), changes).await?;
        self.finish(jcx, done).await?;
        self.phase = if self.is_asking {
            Phase::ReadBack
        } else {
            Phase::Save
        };
        Ok(())
    }

    async fn save(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let items: Vec<NewItem> = self
            .rows
            .iter()
            .filter(|(_, _, live)| *live)
            .map(|(_, item, _)| item.clone())
            .collect();
        let called = call!(jcx, Keep::Always, |log| self
            .warehouse
            .save_items(&items, &log));
        let evidence = called.evidence();
        let now = called.finished_at;
        let mut changes = called.payloads;
        for (row, item, live) in self.rows.iter_mut().filter(|(_, _, live)| *live) {
            let outcome = match &called.answer {
                Err(error) => {
                    *live = false;
                    changes.extend(settle::failed(jcx.cx, row, error, Was::Write, &evidence));
                    continue;
                }
                Ok(outcomes) => outcomes.iter().find(|r| r.key == item.code.0),
            };
            match outcome.map(|r| (r.class, r.text.clone())) {
                Some((AnswerClass::Applied, _)) => {
                    changes.push(settle::attempt(row, AnswerClass::Applied, "", &evidence))
                }
                Some((AnswerClass::Rejected, text)) => {
                    *live = false;
                    changes.push(settle::attempt(
                        row,
                        AnswerClass::Rejected,
                        &text,
                        &evidence,
                    ));
                    changes.push(settle::rejected(row, now, &text));
                    changes.push(Change::Raise(settle::about(
                        row,
                        Kind::PrdCreateFailed,
                        &text,
                        row.caused_at,
                    )));
                }
                other => {
                    *live = false;
                    let text = other.map_or(
                        "the answer does not mention the item".to_owned(),
                        |(_, text)| text,
                    );
                    changes.push(settle::attempt(row, AnswerClass::Unknown, &text, &evidence));
                    changes.push(settle::doubtful(row, now, &text));
                }
            }
        }
        jcx.cx.commit("product", Some(jcx.fence), changes).await?;
        self.phase = Phase::ReadBack;
        Ok(())
    }

    async fn finish(&self, jcx: &mut JobCx<'_>, done: Vec<DeliveryRow>) -> StoreResult<()> {
        if done.is_empty() {
            return Ok(());
        }
        let rows: Vec<&DeliveryRow> = done.iter().collect();
        let open = open_of(&jcx.cx.store, &rows).await?;
        let now = jcx.cx.now();
        let mut changes = Vec::new();
        let mut pairs = Vec::new();
        for row in &done {
            changes.push(settle::applied(
                row,
                now,
                "the item was read back from the warehouse",
            ));
            let none = Vec::new();
            changes.extend(settle::cleared(
                row,
                open.get(&row.id.0).unwrap_or(&none),
                "the item was read back from the warehouse",
            ));
            if !pairs.contains(&row.pair) {
                pairs.push(row.pair.clone());
            }
        }
        for pair in pairs {
            let id = RequestId(jcx.cx.id().await?);
            let body = serde_json::json!({ "pair": pair });
            changes.push(Change::Request {
                id,
                kind: "recheck_orders".to_owned(),
                body,
            });
        }
        jcx.cx
            .commit("product", Some(jcx.fence), changes)
            .await
            .map(|_| ())
    }
}

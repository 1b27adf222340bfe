//! Expected returns into the warehouse: look first, save header and lines, read both back. What stands there already is
//! never saved again, and what stands there with other content is a person's.

use super::super::calls::{Called, JobCx, Keep, call};
use super::super::returns;
use super::super::settle::{self, Was};
use super::{Tick, open_of};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::delivery::{AnswerClass, DeliveryRow, DeliveryState, Intent};
use crate::domain::ids::{ItemCode, OrderId, ReturnRef};
use crate::domain::retry::Found;
use crate::domain::returns::{ReturnIntent, ReturnState};
use crate::domain::wms::{WmsReturn, WmsReturnItem};
use crate::store::StoreResult;
use crate::vendors::{Op, RowOutcome, Warehouse};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    ReadHeaders,
    ReadLines,
    SaveHeaders,
    SaveLines,
}

struct Item {
    row: DeliveryRow,
    intent: ReturnIntent,
    is_live: bool,
    has_header: bool,
    has_lines: bool,
}

impl Item {
    fn is_whole(&self) -> bool {
        self.has_header && self.has_lines
    }
}

/// A batch of expected returns.
pub struct ExpectJob {
    warehouse: Arc<dyn Warehouse>,
    items: Vec<Item>,
    phase: Phase,
    /// Asking about what is in doubt, or reading back what was saved: nothing is written after that.
    is_proving: bool,
}

impl ExpectJob {
    /// From claimed rows, or (asking) from rows in doubt.
    pub fn new(warehouse: Arc<dyn Warehouse>, rows: Vec<DeliveryRow>, is_asking: bool) -> Self {
        let items = rows.into_iter().filter_map(|row| {
            let Intent::ExpectReturn(intent) = &row.intent else {
                return None;
            };
            Some(Item {
                intent: intent.as_ref().clone(),
                row,
                is_live: true,
                has_header: false,
                has_lines: false,
            })
        });
        Self {
            warehouse,
            items: items.collect(),
            phase: Phase::ReadHeaders,
            is_proving: is_asking,
        }
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        match self.phase {
            Phase::ReadHeaders => Op::ReturnsByRef,
            Phase::ReadLines => Op::ReturnItemsByRef,
            Phase::SaveHeaders => Op::SaveReturns,
            Phase::SaveLines => Op::SaveReturnItems,
        }
    }

    /// Makes that call and stores what came of it.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        if self.is_over() {
            return Ok(Tick::Done);
        }
        match self.phase {
            Phase::ReadHeaders => self.read_headers(jcx).await?,
            Phase::ReadLines => self.read_lines(jcx).await?,
            Phase::SaveHeaders => self.save_headers(jcx).await?,
            Phase::SaveLines => self.save_lines(jcx).await?,
        }
        Ok(if self.is_over() {
            Tick::Done
        } else {
            Tick::More
        })
    }

    fn is_over(&self) -> bool {
        !self.items.iter().any(|i| i.is_live)
    }

    fn references(&self) -> Vec<ReturnRef> {
        let live = self.items.iter().filter(|i| i.is_live);
        live.map(|i| i.intent.reference.clone()).collect()
    }

    async fn read_headers(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let references = self.references();
        let called = call!(jcx, Keep::OnError, |log| self
            .warehouse
            .returns_by_ref(&references, &log));
        let Ok(found) = &called.answer else {
            return self.unread(jcx, called).await;
        };
        let now = called.finished_at;
        let mut changes = Vec::new();
        for item in self.items.iter_mut().filter(|i| i.is_live) {
            let header = header_of(found, &item.intent.reference);
            item.has_header = header.is_some();
            let wanted = item.intent.wms_number.as_str();
            if let Some(other) = header.filter(|h| !h.number.as_str().eq_ignore_ascii_case(wanted))
            {
                let text = format!(
                    "return {} stands in the warehouse for order {}, not {wanted}",
                    other.reference, other.number
                );
                changes.extend(conflict(item, &text, now));
            }
        }
        jcx.cx.commit("returns", Some(jcx.fence), changes).await?;
        self.phase = Phase::ReadLines;
        Ok(())
    }

    async fn read_lines(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let references = self.references();
        let called = call!(jcx, Keep::OnError, |log| self
            .warehouse
            .return_items_by_ref(&references, &log));
        let Ok(found) = &called.answer else {
            return self.unread(jcx, called).await;
        };
        let now = called.finished_at;
        let mut changes = Vec::new();
        for item in self.items.iter_mut().filter(|i| i.is_live) {
            match compare(&item.intent, found) {
                Found::Equal => item.has_lines = true,
                Found::Different => {
                    let text = format!(
                        "return {} stands in the warehouse with other goods than were agreed",
                        item.intent.reference
                    );
                    changes.extend(conflict(item, &text, now));
                }
                Found::Absent | Found::Unreadable => item.has_lines = false,
            }
        }
        jcx.cx.commit("returns", Some(jcx.fence), changes).await?;
        self.finish(jcx).await?;
        if self.is_proving {
            return self.not_proven(jcx).await;
        }
        self.phase = if self.items.iter().any(|i| i.is_live && !i.has_header) {
            Phase::SaveHeaders
        } else {
            Phase::SaveLines
        };
        Ok(())
    }

    /// The read failed: nothing is known, and nothing was written by this call.
    async fn unread<T>(&mut self, jcx: &mut JobCx<'_>, called: Called<T>) -> StoreResult<()> {
        let evidence = called.evidence();
        let now = called.finished_at;
        let mut changes = called.payloads;
        if let Err(error) = &called.answer {
            for item in self.items.iter_mut().filter(|i| i.is_live) {
                item.is_live = false;
                if self.is_proving {
                    changes.extend(settle::unreadable(jcx.cx, &item.row, &error.text, now));
                } else {
                    changes.extend(settle::failed(
                        jcx.cx,
                        &item.row,
                        error,
                        Was::Read,
                        &evidence,
                    ));
                }
            }
        }
        jcx.cx
            .commit("returns", Some(jcx.fence), changes)
            .await
            .map(|_| ())
    }

    /// Asked about and not there whole: twice absent, it is sent again; what was just saved is in doubt.
    async fn not_proven(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let now = jcx.cx.now();
        let mut changes = Vec::new();
        for item in self.items.iter_mut().filter(|i| i.is_live) {
            item.is_live = false;
            let row = &item.row;
            if row.state != DeliveryState::InDoubt {
                changes.push(settle::doubtful(row, now, "saved, yet not found whole"));
                continue;
            }
            changes.extend(settle::absent(jcx.cx, row, "it is not there whole", now));
        }
        jcx.cx
            .commit("returns", Some(jcx.fence), changes)
            .await
            .map(|_| ())
    }

    async fn save_headers(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let wanted: Vec<ReturnIntent> = self
            .items
            .iter()
            .filter(|i| i.is_live && !i.has_header)
            .map(|i| i.intent.clone())
            .collect();
        let called = call!(jcx, Keep::Always, |log| self
            .warehouse
            .save_returns(&wanted, &log));
        self.saved(jcx, called, |i| !i.has_header).await?;
        self.phase = Phase::SaveLines;
        Ok(())
    }

    async fn save_lines(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let wanted: Vec<ReturnIntent> = self
            .items
            .iter()
            .filter(|i| i.is_live && !i.has_lines)
            .map(|i| i.intent.clone())
            .collect();
        if !wanted.is_empty() {
            let called = call!(jcx, Keep::Always, |log| self
                .warehouse
                .save_return_items(&wanted, &log));
            self.saved(jcx, called, |i| !i.has_lines).await?;
        }
        self.phase = Phase::ReadHeaders;
        self.is_proving = true;
        Ok(())
    }

    /// What the answer to a save means for each return that was in it.
    async fn saved(
        &mut self,
        jcx: &mut JobCx<'_>,
        called: Called<Vec<RowOutcome>>,
        was_in: impl Fn(&Item) -> bool,
    ) -> StoreResult<()> {
        let evidence = called.evidence();
        let now = called.finished_at;
        let mut changes = called.payloads;
        for item in self.items.iter_mut().filter(|i| i.is_live && was_in(i)) {
            let outcomes = match &called.answer {
                Ok(outcomes) => outcomes,
                Err(error) => {
                    item.is_live = false;
                    changes.extend(settle::failed(
                        jcx.cx,
                        &item.row,
                        error,
                        Was::Write,
                        &evidence,
                    ));
                    continue;
                }
            };
            let key = item.intent.reference.as_str();
            let outcome = outcomes.iter().find(|o| o.key == key);
            let (class, text) = outcome.map_or(
                (
                    AnswerClass::Unknown,
                    "the answer does not mention the return",
                ),
                |o| (o.class, o.text.as_str()),
            );
            changes.push(settle::attempt(&item.row, class, text, &evidence));
            match class {
                AnswerClass::Applied => {}
                AnswerClass::Rejected => changes.extend(conflict(item, text, now)),
                _ => {
                    item.is_live = false;
                    changes.push(settle::doubtful(&item.row, now, text));
                }
            }
        }
        jcx.cx
            .commit("returns", Some(jcx.fence), changes)
            .await
            .map(|_| ())
    }

    /// Returns that stand in the warehouse whole.
    async fn finish(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let mut done = Vec::new();
        for item in self.items.iter_mut().filter(|i| i.is_live && i.is_whole()) {
            item.is_live = false;
            done.push(item.row.clone());
        }
        if done.is_empty() {
            return Ok(());
        }
        let rows: Vec<&DeliveryRow> = done.iter().collect();
        let open = open_of(&jcx.cx.store, &rows).await?;
        let now = jcx.cx.now();
        let orders: Vec<OrderId> = done.iter().filter_map(|r| r.order).collect();
        let say = "the return was read back from the warehouse";
        returns::commit(jcx.cx, jcx.fence, "returns", &orders, |held| {
            let mut changes = Vec::new();
            for row in &done {
                changes.push(settle::applied(row, now, say));
                let none = Vec::new();
                let open = open.get(&row.id.0).unwrap_or(&none);
                changes.extend(settle::cleared(row, open, say));
                let ours = held.iter().find(|r| r.row.reference.as_str() == row.object);
                if let Some(mut held) = ours.cloned() {
                    held.row.expected_at = held.row.expected_at.or(Some(now));
                    if held.row.state == ReturnState::Authorised {
                        held.row.state = ReturnState::AwaitingReceipt;
                    }
                    changes.push(Change::Return(Box::new(held)));
                }
            }
            changes
        })
        .await
    }
}

fn header_of<'a>(found: &'a [WmsReturn], reference: &ReturnRef) -> Option<&'a WmsReturn> {
    let is_it = |r: &&WmsReturn| {
        r.reference
            .as_str()
            .eq_ignore_ascii_case(reference.as_str())
    };
    found.iter().find(is_it)
}

/// What the warehouse holds of a return's lines, against what was meant. Lines that are missing are no difference: they
/// were lost on the way and are saved again under their own references.
fn compare(intent: &ReturnIntent, found: &[WmsReturnItem]) -> Found {
    let mine: Vec<&WmsReturnItem> = found
        .iter()
        .filter(|i| {
            i.reference
                .as_str()
                .eq_ignore_ascii_case(intent.reference.as_str())
        })
        .collect();
    let wanted: BTreeMap<&str, (&ItemCode, i64)> = intent
        .lines
        .iter()
        .map(|l| (l.line_ref.as_str(), (&l.item, l.qty_each)))
        .collect();
    let is_same = |i: &&WmsReturnItem| {
        let line = wanted.get(i.line_ref.trim());
        line.is_some_and(|(item, qty)| **item == i.item && *qty == i.qty_each)
    };
    if !mine.iter().all(is_same) {
        Found::Different
    } else if mine.len() < wanted.len() {
        Found::Absent
    } else {
        Found::Equal
    }
}

/// Refused, or taken by something else: a person must know.
fn conflict(item: &mut Item, text: &str, now: crate::domain::time::Ts) -> Vec<Change> {
    item.is_live = false;
    vec![
        settle::rejected(&item.row, now, text),
        Change::Raise(settle::about(
            &item.row,
            Kind::RetNotExpected,
            text,
            item.row.caused_at,
        )),
    ]
}

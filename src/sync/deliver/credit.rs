//! Credit notes into the source's books: look whether ours stands there, write it, read it back. Money is never moved
//! twice: what is in doubt is asked about, and a note found under our key ends the matter.

use super::super::calls::{JobCx, Keep, call};
use super::super::settle::{self, Was};
use super::{Tick, open_of};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::delivery::{AnswerClass, CreditIntent, DeliveryRow, DeliveryState, Intent};
use crate::domain::order::{SourceOrder, SourceRefund};
use crate::domain::returns::{Cause, Claim, ClaimState};
use crate::store::StoreResult;
use crate::vendors::{Crediting, Op};
use std::collections::VecDeque;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Look,
    Write,
    ReadBack,
}

struct Item {
    row: DeliveryRow,
    intent: CreditIntent,
}

/// Credit notes, one sale after the other.
pub struct CreditJob {
    source: Arc<dyn Crediting>,
    items: VecDeque<Item>,
    phase: Phase,
    is_asking: bool,
}

impl CreditJob {
    /// From claimed rows, or (asking) from rows in doubt.
    pub fn new(source: Arc<dyn Crediting>, rows: Vec<DeliveryRow>, is_asking: bool) -> Self {
        let items = rows.into_iter().filter_map(|row| {
            let Intent::IssueCredit(intent) = &row.intent else {
                return None;
            };
            let intent = intent.as_ref().clone();
            Some(Item { row, intent })
        });
        let mut job = Self {
            source,
            items: items.collect(),
            phase: Phase::Look,
            is_asking,
        };
        job.begin();
        job
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        match self.phase {
            Phase::Look | Phase::ReadBack => Op::CreditNotes,
            Phase::Write => Op::WriteCreditNote,
        }
    }

    fn begin(&mut self) {
        self.phase = if self.is_asking {
            Phase::ReadBack
        } else {
            Phase::Look
        };
    }

    fn next_item(&mut self) {
        self.items.pop_front();
        self.begin();
    }

    /// Makes that call and stores what came of it.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let Some(item) = self.items.front() else {
            return Ok(Tick::Done);
        };
        let (row, intent) = (item.row.clone(), item.intent.clone());
        match self.phase {
            Phase::Look | Phase::ReadBack => self.read(jcx, &row, &intent).await?,
            Phase::Write => self.write(jcx, &row, &intent).await?,
        }
        Ok(if self.items.is_empty() {
            Tick::Done
        } else {
            Tick::More
        })
    }

    async fn sale(&self, jcx: &JobCx<'_>, row: &DeliveryRow) -> StoreResult<Option<SourceOrder>> {
        let Some(order) = row.order else {
            return Ok(None);
        };
        let found = jcx.cx.store.orders_by_id(&[order]).await?;
        Ok(found.into_iter().next().map(|o| o.body.source))
    }

    async fn read(
        &mut self,
        jcx: &mut JobCx<'_>,
        row: &DeliveryRow,
        intent: &CreditIntent,
    ) -> StoreResult<()> {
        let Some(sale) = self.sale(jcx, row).await? else {
            let gone = settle::rejected(row, jcx.cx.now(), "its sale is not known");
            jcx.cx.commit("credit", Some(jcx.fence), vec![gone]).await?;
            self.next_item();
            return Ok(());
        };
        let called = call!(jcx, Keep::OnError, |log| self.source.credits(&sale, &log));
        let evidence = called.evidence();
        let now = called.finished_at;
        let notes = match &called.answer {
            Ok(notes) => notes,
            Err(error) => {
                let mut changes = called.payloads.clone();
                if self.phase == Phase::Look {
                    changes.extend(settle::failed(jcx.cx, row, error, Was::Read, &evidence));
                } else {
                    changes.extend(settle::unreadable(jcx.cx, row, &error.text, now));
                }
                jcx.cx.commit("credit", Some(jcx.fence), changes).await?;
                self.next_item();
                return Ok(());
            }
        };
        if let Some(note) = notes.iter().find(|n| n.memo == intent.memo) {
            self.finish(jcx, row, intent, note).await?;
            self.next_item();
        } else if self.phase == Phase::Look {
            self.phase = Phase::Write;
        } else {
            self.absent(jcx, row).await?;
            self.next_item();
        }
        Ok(())
    }

    /// Asked about and not there: twice, it is written again; once just after writing, it is in doubt.
    async fn absent(&self, jcx: &JobCx<'_>, row: &DeliveryRow) -> StoreResult<()> {
        let now = jcx.cx.now();
        let changes = if row.state == DeliveryState::InDoubt {
            settle::absent(jcx.cx, row, "it is not there", now)
        } else {
            vec![settle::doubtful(
                row,
                now,
                "written, yet not found when read back",
            )]
        };
        jcx.cx
            .commit("credit", Some(jcx.fence), changes)
            .await
            .map(|_| ())
    }

    async fn write(
        &mut self,
        jcx: &mut JobCx<'_>,
        row: &DeliveryRow,
        intent: &CreditIntent,
    ) -> StoreResult<()> {
        let called = call!(jcx, Keep::Always, |log| self
            .source
            .write_credit(intent, &log));
        let evidence = called.evidence();
        let now = called.finished_at;
        let mut changes = called.payloads;
        match &called.answer {
            Ok(()) => {
                changes.push(settle::attempt(row, AnswerClass::Applied, "", &evidence));
                self.phase = Phase::ReadBack;
            }
            Err(error) if error.class == AnswerClass::Rejected => {
                let text = &error.text;
                changes.push(settle::attempt(row, error.class, text, &evidence));
                changes.push(settle::rejected(row, now, text));
                let kind = kind_of(text);
                changes.push(Change::Raise(settle::about(row, kind, text, row.caused_at)));
                self.next_item();
            }
            Err(error) => {
                changes.extend(settle::failed(jcx.cx, row, error, Was::Write, &evidence));
                self.next_item();
            }
        }
        jcx.cx
            .commit("credit", Some(jcx.fence), changes)
            .await
            .map(|_| ())
    }

    /// The note stands in the books: the delivery ends, and its units count as credited in the same commit, so that they
    /// are never reckoned again.
    async fn finish(
        &self,
        jcx: &JobCx<'_>,
        row: &DeliveryRow,
        intent: &CreditIntent,
        note: &SourceRefund,
    ) -> StoreResult<()> {
        let now = jcx.cx.now();
        let say = "the credit note was read back from the source";
        let open = open_of(&jcx.cx.store, &[row]).await?;
        let none = Vec::new();
        let mut changes = vec![settle::applied(row, now, say)];
        let open = open.get(&row.id.0).unwrap_or(&none);
        changes.extend(settle::cleared(row, open, say));
        if let Some(order) = row.order {
            changes.push(Change::Claim(Box::new(Claim {
                pair: row.pair.clone(),
                cause: Cause::Refund,
                id: note.id.clone(),
                order,
                at: note.at.unwrap_or(now),
                units: intent.lines.iter().cloned().collect(),
                is_whole: false,
                amount_minor: note.amount_minor,
                currency: String::new(),
                state: ClaimState::Expected,
                due_at: None,
                note: format!("our credit note for return {}", intent.reference),
            })));
        }
        jcx.cx
            .commit("credit", Some(jcx.fence), changes)
            .await
            .map(|_| ())
    }
}

/// A refusal for a closed period is finance's calendar, anything else a credit that does not go on.
fn kind_of(text: &str) -> Kind {
    let text = text.to_lowercase();
    if text.contains("lock") || text.contains("closed period") {
        Kind::FinPeriodLocked
    } else {
        Kind::CrnOverdue
    }
}

//! Heads of lanes into a ledger the source keeps itself: read what lies there now, write the absolute figure, several
//! heads of different lanes in one document. A document is stored before it is sent; one whose answer was lost is asked
//! about by its reference and never written again before two reads agree that it is not there.
//!
//! While a head is being written, or its effect is unknown, nothing of the item is shipped in the source, and no head is
//! written while a shipment of its item is in doubt: both change the same figure.

mod head;

use super::Tick;
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::delivery::{AnswerClass, DeliveryRow, DeliveryState, Flow, Intent};
use crate::domain::movements::{
    self as rules, FoundDocument, LINES_MAX, LaneEntry, LaneKey, Meaning, MovementPost,
    MovementState, Sent,
};
use crate::domain::retry::{self, DoubtVerdict};
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;
use crate::sync::calls::{Called, JobCx, Keep, call};
use crate::sync::settle::{self, Was};
use crate::vendors::{
    AdjustmentDoc, AdjustmentLineWrite, Adjustments, CallError, Op, Posting, Shelf,
};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

/// How long a head waits for a shipment of its item whose effect is unknown.
const LOCK_WAIT: Span = Span::secs(5);
/// Shipments in doubt looked at.
const SHIPMENTS_MAX: usize = 1_000;
/// Step of a delivery whose figure stands as its lost write would have left it.
const STEP_LOOKS_APPLIED: i64 = 1;

/// A head and what is known of the place it is booked at.
struct Head {
    row: DeliveryRow,
    post: MovementPost,
    shelf: Option<Shelf>,
    is_over: bool,
}

/// A reference that is looked for, and the heads that were in its document.
struct Seeking {
    reference: String,
    document: Option<String>,
    page: u32,
    heads: Vec<usize>,
}

/// A batch of heads on their way.
pub struct AdjustJob {
    source: Arc<dyn Adjustments>,
    heads: Vec<Head>,
    /// Documents still to be written, by position of their heads.
    documents: VecDeque<Vec<usize>>,
    seeking: VecDeque<Seeking>,
    is_asking: bool,
    is_loaded: bool,
}

impl AdjustJob {
    /// From claimed rows, or (asking) from rows in doubt.
    pub fn new(source: Arc<dyn Adjustments>, rows: Vec<DeliveryRow>, is_asking: bool) -> Self {
        let heads = rows.into_iter().filter_map(|row| match &row.intent {
            Intent::PostMovement(post) => Some(Head {
                post: post.as_ref().clone(),
                row,
                shelf: None,
                is_over: false,
            }),
            _ => None,
        });
        let mut job = Self {
            source,
            heads: heads.collect(),
            documents: VecDeque::new(),
            seeking: VecDeque::new(),
            is_asking,
            is_loaded: false,
        };
        if is_asking {
            job.seeking = job.sought();
        } else {
            job.documents = job.grouped();
        }
        job
    }

    /// The next call it will make.
    pub fn next_op(&self) -> Op {
        if self.is_asking {
            return match self.seeking.front() {
                Some(Seeking {
                    document: Some(_), ..
                }) => Op::AdjustmentById,
                _ => Op::AdjustmentsPage,
            };
        }
        match self.next_step() {
            Step::Learn(_) => Op::LearnProduct,
            Step::Shelf(_) => Op::ShelfOf,
            Step::Post => Op::PostAdjustment,
        }
    }

    /// Makes that call and stores what came of it.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        if self.is_asking {
            self.ask(jcx).await?;
        } else {
            if !self.is_loaded {
                self.is_loaded = true;
                self.leave_locked(jcx).await?;
            }
            self.forward(jcx).await?;
        }
        let is_done = self.heads.iter().all(|h| h.is_over);
        Ok(if is_done { Tick::Done } else { Tick::More })
    }
}

/// What the front document needs next.
enum Step {
    Learn(usize),
    Shelf(usize),
    Post,
}

/// Writing.
impl AdjustJob {
    /// One document per account and day, each item once in it; a head that was refused before goes alone.
    fn grouped(&self) -> VecDeque<Vec<usize>> {
        let entries: Vec<LaneEntry> = self
            .heads
            .iter()
            .map(|h| LaneEntry {
                state: match h.row.last_class {
                    Some(AnswerClass::Rejected) => MovementState::Refused,
                    _ => MovementState::Waiting,
                },
                ..h.post.entry.clone()
            })
            .collect();
        let views = rules::lanes(&entries);
        let mut out: VecDeque<Vec<usize>> = VecDeque::new();
        for document in rules::documents(&views, &|_| false, LINES_MAX) {
            let mut by_day: Vec<(chrono::NaiveDate, Vec<usize>)> = Vec::new();
            for entry in document {
                let Some(at) = entries.iter().position(|e| e.key == entry.key) else {
                    continue;
                };
                let day = entry.movement.at.to_utc().date_naive();
                match by_day.iter_mut().find(|(d, _)| *d == day) {
                    Some((_, heads)) => heads.push(at),
                    None => by_day.push((day, vec![at])),
                }
            }
            out.extend(by_day.into_iter().map(|(_, heads)| heads));
        }
        out
    }

    /// Heads of items a shipment in doubt may still lower wait for it.
    async fn leave_locked(&mut self, jcx: &JobCx<'_>) -> StoreResult<()> {
        let Some(pair) = self.heads.first().map(|h| h.row.pair.clone()) else {
            return Ok(());
        };
        let doubtful = jcx
            .cx
            .store
            .deliveries_in(
                &pair,
                Flow::Despatch,
                &[DeliveryState::InDoubt],
                SHIPMENTS_MAX,
            )
            .await?;
        if doubtful.is_empty() {
            return Ok(());
        }
        let set = jcx.cx.mapping_set(&pair).await?;
        let locked: HashSet<String> = doubtful
            .iter()
            .filter_map(|d| match &d.intent {
                Intent::ConfirmDespatch(parcel) => Some(super::lane_keys(&set, parcel)),
                _ => None,
            })
            .flatten()
            .collect();
        let now = jcx.cx.now();
        let mut changes = Vec::new();
        for head in &mut self.heads {
            if locked.contains(&head.row.order_key) {
                head.is_over = true;
                let text = "a shipment of it is in doubt: it is asked about first";
                changes.push(settle::again_uncounted(&head.row, 0, now + LOCK_WAIT, text));
            }
        }
        jcx.cx.commit("adjust", Some(jcx.fence), changes).await?;
        self.drop_finished();
        Ok(())
    }

    fn drop_finished(&mut self) {
        for document in &mut self.documents {
            document.retain(|at| self.heads.get(*at).is_some_and(|h| !h.is_over));
        }
        self.documents.retain(|d| !d.is_empty());
    }

    fn next_step(&self) -> Step {
        let front = self
            .documents
            .front()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let heads = || {
            front
                .iter()
                .filter_map(|at| Some((*at, self.heads.get(*at)?)))
        };
        let unknown = heads().find(|(_, h)| !self.source.knows(&h.post.sku));
        if let Some((at, _)) = unknown {
            return Step::Learn(at);
        }
        match heads().find(|(_, h)| h.shelf.is_none()) {
            Some((at, _)) => Step::Shelf(at),
            None => Step::Post,
        }
    }

    async fn forward(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        if self.documents.is_empty() {
            return self.give_back(jcx).await;
        }
        match self.next_step() {
            Step::Learn(at) => self.learn(jcx, at).await?,
            Step::Shelf(at) => self.read(jcx, at).await?,
            Step::Post => self.post(jcx).await?,
        }
        self.drop_finished();
        Ok(())
    }

    /// Heads that came into no document go back to their lanes.
    async fn give_back(&mut self, jcx: &JobCx<'_>) -> StoreResult<()> {
        let now = jcx.cx.now();
        let mut changes = Vec::new();
        for head in self.heads.iter_mut().filter(|h| !h.is_over) {
            head.is_over = true;
            let text = "its lane is busy";
            changes.push(settle::again_uncounted(&head.row, 0, now + LOCK_WAIT, text));
        }
        jcx.cx.commit("adjust", Some(jcx.fence), changes).await?;
        Ok(())
    }

    async fn learn(&mut self, jcx: &mut JobCx<'_>, at: usize) -> StoreResult<()> {
        let Some(head) = self.heads.get_mut(at) else {
            return Ok(());
        };
        let called = call!(jcx, Keep::OnError, |log| self
            .source
            .learn(&head.post.sku, &log));
        let evidence = called.evidence();
        let mut changes = called.payloads;
        if let Err(error) = &called.answer {
            changes.extend(head.failed(jcx, error, Was::Read, &evidence));
        }
        jcx.cx.commit("adjust", Some(jcx.fence), changes).await?;
        Ok(())
    }

    /// What lies there now; a figure that would fall below nothing is not written.
    async fn read(&mut self, jcx: &mut JobCx<'_>, at: usize) -> StoreResult<()> {
        let Some(head) = self.heads.get_mut(at) else {
            return Ok(());
        };
        let (sku, location) = (head.post.sku.clone(), head.post.entry.lane.location.clone());
        let delta = head.post.entry.movement.delta_each;
        let called = call!(jcx, Keep::OnError, |log| self
            .source
            .shelf(&sku, &location, delta, &log));
        let evidence = called.evidence();
        let now = called.finished_at;
        let mut changes = called.payloads;
        match called.answer {
            Err(error) => changes.extend(head.failed(jcx, &error, Was::Read, &evidence)),
            Ok(shelf) => changes.extend(head.judge(jcx, shelf, now)),
        }
        let settled = head.is_over && changes.iter().any(|c| matches!(c, Change::Movement(_)));
        jcx.cx.commit("adjust", Some(jcx.fence), changes).await?;
        if settled {
            self.clear(jcx, &[at]).await?;
        }
        Ok(())
    }

    /// Writes the front document: stored, sent, and believed only as far as the answer shows.
    async fn post(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let Some(front) = self.documents.pop_front() else {
            return Ok(());
        };
        let Some(doc) = self.document_of(&front, jcx.cx.now()) else {
            return Ok(());
        };
        let was_sent = front
            .iter()
            .filter_map(|at| self.heads.get(*at))
            .any(|h| h.post.sent.is_some());
        self.store_before(jcx, &front, &doc.reference).await?;
        let called = call!(jcx, Keep::Always, |log| self.source.post(&doc, &log));
        self.posted(jcx, front, &doc, was_sent, called).await
    }

    fn document_of(&self, front: &[usize], now: Ts) -> Option<AdjustmentDoc> {
        let heads: Vec<&Head> = front.iter().filter_map(|at| self.heads.get(*at)).collect();
        let entries: Vec<&LaneEntry> = heads.iter().map(|h| &h.post.entry).collect();
        let lines = heads.iter().filter_map(|h| {
            let shelf = h.shelf.clone()?;
            let target_each = h.target()?.target_each;
            Some(AdjustmentLineWrite { shelf, target_each })
        });
        let said = heads.iter().filter_map(|h| {
            let target = h.target()?;
            Some(rules::comment(&h.post.due(target.before_each), &target))
        });
        let first = entries.first()?;
        Some(AdjustmentDoc {
            at: first.movement.at.min(now),
            reference: rules::reference(&entries),
            comment: said.collect::<Vec<_>>().join("; "),
            account: first.account.clone(),
            lines: lines.collect(),
        })
    }

    async fn store_before(
        &mut self,
        jcx: &JobCx<'_>,
        front: &[usize],
        reference: &str,
    ) -> StoreResult<()> {
        let now = jcx.cx.now();
        let mut changes = Vec::new();
        for at in front {
            let Some(head) = self.heads.get_mut(*at) else {
                continue;
            };
            head.post.sent = head.target().map(|target| Sent {
                reference: reference.to_owned(),
                target,
                document: None,
            });
            changes.push(head.keeping(settle::stepped(&head.row, 0, now)));
        }
        jcx.cx.commit("adjust", Some(jcx.fence), changes).await?;
        Ok(())
    }

    async fn posted(
        &mut self,
        jcx: &mut JobCx<'_>,
        front: Vec<usize>,
        doc: &AdjustmentDoc,
        was_sent: bool,
        called: Called<Posting>,
    ) -> StoreResult<()> {
        let evidence = called.evidence();
        let now = called.finished_at;
        let mut changes = called.payloads;
        let answer = match &called.answer {
            Ok(Posting::Done { document, .. }) => rules::Answer::Done { document },
            Ok(Posting::Unlike { document, why }) => rules::Answer::Unlike { document, why },
            Ok(Posting::NoNeed) => rules::Answer::NoNeed,
            Err(error) => rules::Answer::Failed {
                class: error.class,
                text: &error.text,
                document: None,
            },
        };
        let before: &[Option<i64>] = match &called.answer {
            Ok(Posting::Done { before, .. }) => before,
            _ => &[],
        };
        let text = match &called.answer {
            Ok(Posting::Done { .. }) => "written",
            Ok(Posting::Unlike { why, .. }) => why,
            Ok(Posting::NoNeed) => "the figure stands already",
            Err(error) => &error.text,
        };
        let meaning = rules::meaning(&answer, &doc.reference, front.len(), was_sent);
        let mut applied = Vec::new();
        for (line, at) in front.iter().enumerate() {
            let Some(head) = self.heads.get_mut(*at) else {
                continue;
            };
            match &meaning {
                Meaning::Applied { document } => {
                    let before = before.get(line).copied().flatten();
                    changes.extend(head.applied(jcx, document.clone(), before, &evidence));
                    applied.push(*at);
                }
                Meaning::StoodAlready => changes.extend(head.stood_already(jcx, &evidence)),
                Meaning::Refused(refusal) => {
                    changes.extend(head.refused(jcx, refusal, text, &evidence));
                }
                // The same heads again, each in a document of its own, from figures read afresh.
                Meaning::Split => {
                    head.shelf = None;
                    head.post.sent = None;
                    changes.push(head.keeping(settle::stepped(&head.row, 0, now)));
                }
                Meaning::Later(_) => {
                    if let Err(error) = &called.answer {
                        changes.extend(head.failed(jcx, error, Was::Write, &evidence));
                    }
                }
                Meaning::InDoubt(ask) => changes.extend(head.doubt(ask, text, &evidence)),
            }
        }
        if meaning == Meaning::Split {
            for at in front.iter().rev() {
                self.documents.push_front(vec![*at]);
            }
        }
        jcx.cx.commit("adjust", Some(jcx.fence), changes).await?;
        self.clear(jcx, &applied).await
    }

    /// What was open about lanes that moved on is settled.
    async fn clear(&self, jcx: &JobCx<'_>, applied: &[usize]) -> StoreResult<()> {
        let rows: Vec<&DeliveryRow> = applied
            .iter()
            .filter_map(|at| self.heads.get(*at))
            .map(|h| &h.row)
            .collect();
        if rows.is_empty() {
            return Ok(());
        }
        let open = super::open_of(&jcx.cx.store, &rows).await?;
        let mut changes = Vec::new();
        for at in applied {
            let Some(head) = self.heads.get(*at) else {
                continue;
            };
            let lane = head.post.entry.lane.discriminator();
            let returned = format!("RETURN={}", head.post.entry.movement.document);
            let mine: Vec<(Kind, String)> = open
                .get(&head.row.id.0)
                .into_iter()
                .flatten()
                .filter(|(_, about)| *about == lane || *about == returned)
                .cloned()
                .collect();
            changes.extend(settle::cleared(
                &head.row,
                &mine,
                "the head is in the source",
            ));
        }
        jcx.cx.commit("adjust", Some(jcx.fence), changes).await?;
        Ok(())
    }
}

/// Asking.
impl AdjustJob {
    fn sought(&self) -> VecDeque<Seeking> {
        let mut out: VecDeque<Seeking> = VecDeque::new();
        for (at, head) in self.heads.iter().enumerate() {
            let Some(sent) = &head.post.sent else {
                continue;
            };
            let found = out.iter_mut().find(|s| s.reference == sent.reference);
            match found {
                Some(seeking) => {
                    seeking.heads.push(at);
                    if seeking.document.is_none() {
                        seeking.document.clone_from(&sent.document);
                    }
                }
                None => out.push_back(Seeking {
                    reference: sent.reference.clone(),
                    document: sent.document.clone(),
                    page: 1,
                    heads: vec![at],
                }),
            }
        }
        out
    }

    async fn ask(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        self.never_sent(jcx).await?;
        let Some(mut seeking) = self.seeking.pop_front() else {
            return Ok(());
        };
        if let Some(document) = seeking.document.clone() {
            let called = call!(jcx, Keep::OnError, |log| self
                .source
                .posted(&document, &log));
            let found = called
                .answer
                .as_ref()
                .map(|held| Some((held.document.clone(), held.found.clone())))
                .map_err(Clone::clone);
            return self.verdict(jcx, &seeking, called.payloads, found).await;
        }
        let called = call!(jcx, Keep::OnError, |log| self.source.seek(
            &seeking.reference,
            seeking.page,
            &log
        ));
        match called.answer {
            Err(error) => {
                self.verdict(jcx, &seeking, called.payloads, Err(error))
                    .await
            }
            Ok(sought) => {
                if let Some(document) = sought.documents.into_iter().next() {
                    seeking.document = Some(document);
                    self.seeking.push_front(seeking);
                } else if sought.is_last {
                    return self.verdict(jcx, &seeking, called.payloads, Ok(None)).await;
                } else {
                    seeking.page += 1;
                    self.seeking.push_front(seeking);
                }
                Ok(())
            }
        }
    }

    /// Heads that were on their way when the process died, and for which no document was stored yet.
    async fn never_sent(&mut self, jcx: &JobCx<'_>) -> StoreResult<()> {
        let now = jcx.cx.now();
        let mut changes = Vec::new();
        for head in self.heads.iter_mut().filter(|h| !h.is_over) {
            if head.post.sent.is_none() {
                head.is_over = true;
                changes.push(settle::again(&head.row, 0, now, "nothing was sent yet"));
            }
        }
        jcx.cx.commit("adjust", Some(jcx.fence), changes).await?;
        Ok(())
    }

    async fn verdict(
        &mut self,
        jcx: &mut JobCx<'_>,
        seeking: &Seeking,
        payloads: Vec<Change>,
        answer: Result<Option<(String, FoundDocument)>, CallError>,
    ) -> StoreResult<()> {
        let now = jcx.cx.now();
        let wanted: Vec<(LaneKey, i64)> = seeking
            .heads
            .iter()
            .filter_map(|at| self.heads.get(*at)?.line_sent())
            .collect();
        let found = match &answer {
            Ok(found) => {
                let document = found.as_ref().map(|(_, d)| d);
                rules::found(&seeking.reference, &wanted, document)
            }
            Err(_) => retry::Found::Unreadable,
        };
        let mut changes = payloads;
        let mut applied = Vec::new();
        for at in &seeking.heads {
            let Some(head) = self.heads.get_mut(*at) else {
                continue;
            };
            head.is_over = true;
            let document = answer.as_ref().ok().cloned().flatten().map(|(id, _)| id);
            let asked = 1 + now.since(head.row.sent_at.unwrap_or(now)).as_secs() / 10;
            let verdict = retry::settle(
                Flow::StockDelta,
                found,
                head.row.absent_at,
                asked.min(8),
                jcx.cx.jitter(),
                now,
            );
            match verdict {
                DoubtVerdict::Applied => {
                    changes.extend(head.settled(document, "found under our reference", now));
                    applied.push(*at);
                }
                DoubtVerdict::SendAgain => changes.extend(head.not_there(jcx, now)),
                DoubtVerdict::Conflict => changes.extend(head.conflict(jcx, document, now)),
                DoubtVerdict::Ask { at, absent_at } => {
                    let text = match &answer {
                        Err(error) => error.text.as_str(),
                        Ok(_) => "not there; asking again",
                    };
                    changes.push(settle::still_doubtful(&head.row, at, absent_at, text));
                    changes.extend(head.long_doubt(now, text));
                }
            }
        }
        jcx.cx.commit("adjust", Some(jcx.fence), changes).await?;
        self.clear(jcx, &applied).await
    }
}

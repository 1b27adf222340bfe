//! One head of a lane: what a figure, an answer or a verdict means for it.

use super::{Head, STEP_LOOKS_APPLIED};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::delivery::{AnswerClass, DeliveryRow, Flow, Intent};
use crate::domain::exception::Severity;
use crate::domain::ids::ItemCode;
use crate::domain::movements::{self as rules, LaneKey, MovementState, Proof, Refusal, Target};
use crate::domain::preflight::Fault;
use crate::domain::retry;
use crate::domain::time::Ts;
use crate::sync::calls::JobCx;
use crate::sync::lanes;
use crate::sync::settle::{self, Evidence, Was};
use crate::vendors::{CallError, Shelf};

impl Head {
    pub(super) fn target(&self) -> Option<Target> {
        let shelf = self.shelf.as_ref()?;
        rules::target(&self.post.due(shelf.on_hand_each), shelf.on_hand_each).ok()
    }

    /// Lane and figure of the line that was sent, by what the source calls the item.
    pub(super) fn line_sent(&self) -> Option<(LaneKey, i64)> {
        let sent = self.post.sent.as_ref()?;
        let item = ItemCode(self.post.sku.0.clone());
        let lane = LaneKey::of(&item, &self.post.entry.lane.location);
        Some((lane, sent.target.target_each))
    }

    /// A move of the delivery that keeps what is known of its document.
    pub(super) fn keeping(&self, change: Change) -> Change {
        match change {
            Change::Deliver(mut moved) => {
                moved.intent = Some(Intent::PostMovement(Box::new(self.post.clone())));
                Change::Deliver(moved)
            }
            other => other,
        }
    }

    pub(super) fn raise(&self, fault: &Fault, severity: Option<Severity>) -> Change {
        let item = &self.post.entry.movement.item;
        let began_at = self.post.entry.movement.at;
        Change::Raise(lanes::occurrence(
            &self.row.pair,
            item,
            fault,
            severity,
            began_at,
        ))
    }

    pub(super) fn lane_fault(&self, kind: Kind, detail: &str) -> Fault {
        Fault::new(
            kind,
            self.post.entry.lane.discriminator(),
            detail.to_owned(),
        )
    }

    /// What the figure just read means for the head.
    pub(super) fn judge(&mut self, jcx: &JobCx<'_>, shelf: Shelf, now: Ts) -> Vec<Change> {
        let due = self.post.due(shelf.on_hand_each);
        if self.post.counted_each.is_some() && due.movement.delta_each == 0 {
            self.is_over = true;
            return self.settled(None, "the source agrees with the count already", now);
        }
        let lost = self.post.sent.as_ref().map(|s| s.target);
        let looks_applied =
            lost.is_some_and(|lost| rules::looks_applied(&lost, shelf.on_hand_each));
        if looks_applied && !self.post.is_vouched {
            self.is_over = true;
            return self.looks_applied(now);
        }
        match rules::target(&due, shelf.on_hand_each) {
            Ok(_) => {
                self.shelf = Some(shelf);
                Vec::new()
            }
            Err(fault) => {
                self.is_over = true;
                let mut changes = vec![self.tried_later(jcx, &fault.detail, now)];
                changes.push(self.raise(&fault, None));
                changes
            }
        }
    }

    /// The figure stands as the lost write would have left it: its document is looked for once more, and when it is not
    /// there a person looks. Writing the change on top might count it twice.
    pub(super) fn looks_applied(&self, now: Ts) -> Vec<Change> {
        let text = "on hand is what the lost write would have made of it";
        if self.row.step == STEP_LOOKS_APPLIED {
            let detail = format!(
                "{}: {text}, and there is no document of ours; say whether it is in the source",
                self.post.entry.movement.words()
            );
            let fault = self.lane_fault(Kind::StkSequenceBroken, &detail);
            return vec![
                settle::rejected(&self.row, now, &detail),
                self.raise(&fault, None),
            ];
        }
        match settle::doubtful(&self.row, now, text) {
            Change::Deliver(mut moved) => {
                moved.step = STEP_LOOKS_APPLIED;
                vec![Change::Deliver(moved)]
            }
            other => vec![other],
        }
    }

    /// Refused or impossible: the lane stops, and its head is tried again by itself, ever later.
    pub(super) fn tried_later(&self, jcx: &JobCx<'_>, text: &str, now: Ts) -> Change {
        let wait = retry::wait(Flow::StockDelta, self.row.attempts.max(1), jcx.cx.jitter());
        match settle::again(&self.row, 0, now + wait, text) {
            Change::Deliver(mut moved) => {
                moved.class = Some(AnswerClass::Rejected);
                self.keeping(Change::Deliver(moved))
            }
            other => other,
        }
    }

    pub(super) fn failed(
        &mut self,
        jcx: &JobCx<'_>,
        error: &CallError,
        was: Was,
        evidence: &Evidence,
    ) -> Vec<Change> {
        self.is_over = true;
        if error.class == AnswerClass::Rejected {
            let refusal = rules::refusal(&error.text);
            return self.refused(jcx, &refusal, &error.text, evidence);
        }
        // Nothing was written by this attempt: what an earlier one stored no longer stands for it.
        settle::failed(jcx.cx, &self.row, error, was, evidence)
    }

    pub(super) fn refused(
        &mut self,
        jcx: &JobCx<'_>,
        _refusal: &Refusal,
        text: &str,
        evidence: &Evidence,
    ) -> Vec<Change> {
        self.is_over = true;
        self.post.sent = None;
        let (fault, severity) = rules::refusal_fault(&self.post.entry, text);
        vec![
            settle::attempt(&self.row, AnswerClass::Rejected, text, evidence),
            self.tried_later(jcx, text, evidence.finished_at),
            self.raise(&fault, severity),
        ]
    }

    pub(super) fn stood_already(&mut self, jcx: &JobCx<'_>, evidence: &Evidence) -> Vec<Change> {
        let now = evidence.finished_at;
        self.is_over = true;
        let text = "the source says that the figure stands already";
        let mut changes = vec![settle::attempt(
            &self.row,
            AnswerClass::Applied,
            text,
            evidence,
        )];
        if self.post.counted_each.is_some() {
            changes.extend(self.settled(None, text, now));
            return changes;
        }
        let detail = format!(
            "{}: {text}, and we never wrote it: somebody posted the same or moved stock in between; compare the item, then retry or skip the head",
            self.post.entry.movement.words()
        );
        changes.push(settle::rejected(&self.row, now, &detail));
        let fault = self.lane_fault(Kind::StkSequenceBroken, &detail);
        changes.push(self.raise(&fault, None));
        changes.extend(compare_soon(jcx, &self.row));
        changes
    }

    pub(super) fn applied(
        &mut self,
        jcx: &JobCx<'_>,
        document: Option<String>,
        before_each: Option<i64>,
        evidence: &Evidence,
    ) -> Vec<Change> {
        let mut changes = vec![settle::attempt(
            &self.row,
            AnswerClass::Applied,
            "written",
            evidence,
        )];
        let target = self.post.sent.as_ref().map(|s| s.target);
        let lane = self.post.entry.lane.clone();
        let proof = target.map(|target| rules::proof(&lane, &target, before_each));
        changes.extend(self.settled(document, "written", evidence.finished_at));
        if let Some(Proof::Broken { fault, .. }) = proof {
            changes.push(self.raise(&fault, None));
            changes.extend(compare_soon(jcx, &self.row));
        } else if self.is_correcting() {
            changes.extend(compare_soon(jcx, &self.row));
        }
        changes
    }

    /// A count or a correction: whether the ledgers agree now is what people wait for.
    fn is_correcting(&self) -> bool {
        self.post.counted_each.is_some() || self.post.entry.movement.word == rules::CORRECTION
    }

    /// In the source: the delivery ends and the lane moves on.
    pub(super) fn settled(&mut self, document: Option<String>, text: &str, now: Ts) -> Vec<Change> {
        self.is_over = true;
        let said = match &document {
            Some(document) => format!("{text}, document {document}"),
            None => text.to_owned(),
        };
        let mut ended = crate::domain::change::MovementMove {
            pair: self.row.pair.clone(),
            key: self.post.entry.key.clone(),
            to: MovementState::Applied,
            text: text.to_owned(),
            document,
            delivery: None,
            entry: None,
            is_owed: false,
        };
        if self.post.counted_each.is_some()
            && let Some(sent) = &self.post.sent
        {
            let mut entry = self.post.entry.clone();
            entry.movement.delta_each = sent.target.delta_each;
            ended.entry = Some(Box::new(entry));
        }
        vec![
            settle::applied(&self.row, now, &said),
            Change::Movement(Box::new(ended)),
        ]
    }

    pub(super) fn doubt(
        &mut self,
        ask: &rules::Ask,
        text: &str,
        evidence: &Evidence,
    ) -> Vec<Change> {
        self.is_over = true;
        if let (rules::Ask::Document(id), Some(sent)) = (ask, self.post.sent.as_mut()) {
            sent.document = Some(id.clone());
        }
        let doubtful = settle::doubtful(&self.row, evidence.finished_at, text);
        vec![
            settle::attempt(&self.row, AnswerClass::Unknown, text, evidence),
            self.keeping(doubtful),
        ]
    }

    /// Two reads agree that the document is not there.
    pub(super) fn not_there(&self, jcx: &JobCx<'_>, now: Ts) -> Vec<Change> {
        let text = "two readings agree that it is not there; the figure is read afresh";
        settle::back_off(jcx.cx, &self.row, text, now)
    }

    /// A document of ours that says something else, was left a draft or voided: somebody's decision.
    pub(super) fn conflict(
        &self,
        jcx: &JobCx<'_>,
        document: Option<String>,
        now: Ts,
    ) -> Vec<Change> {
        let detail = format!(
            "{}: document {} carries our reference and does not hold what was written; complete it or void it there, then retry or skip the head",
            self.post.entry.movement.words(),
            document.unwrap_or_default()
        );
        let fault = self.lane_fault(Kind::StkAdjFailed, &detail);
        let mut changes = vec![
            settle::rejected(&self.row, now, &detail),
            self.raise(&fault, None),
        ];
        changes.extend(compare_soon(jcx, &self.row));
        changes
    }

    pub(super) fn long_doubt(&self, now: Ts, text: &str) -> Option<Change> {
        let since = self.row.sent_at.unwrap_or(self.row.caused_at);
        (now.since(since) >= retry::DOUBT_EXCEPTION).then(|| {
            Change::Raise(settle::about(
                &self.row,
                settle::kind_of_doubt(Flow::StockDelta),
                text,
                since,
            ))
        })
    }
}

/// The item is compared now, where the pair compares stock.
fn compare_soon(jcx: &JobCx<'_>, row: &DeliveryRow) -> Option<Change> {
    lanes::compare(jcx.cx, &row.pair)
}

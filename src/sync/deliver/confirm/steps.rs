//! The calls of a confirmation, one step each; what they came to is stored before the next.

use super::outcome::{Look, look, shipped, used_children, with_intent};
use super::{ConfirmJob, Phase, STEP_PROCESS, STEP_READ_BACK, STEP_SHIP, STEP_SPLIT};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::confirm::tracking;
use crate::domain::delivery::{AnswerClass, DeliveryState, Intent, Lane};
use crate::domain::ids::{OrderId, SourceOrderId};
use crate::domain::order::{OrderFull, SourceStatus};
use crate::domain::time::Span;
use crate::domain::wms::DespatchLine;
use crate::store::{StoreError, StoreResult};
use crate::sync::calls::{Called, JobCx, Keep, call};
use crate::sync::deliver::told::{
    self, changed_sales, in_rows, missing, not_there, sold_since, why_unread,
};
use crate::sync::settle::{self, Was};
use crate::vendors::{Answer, CallLog, Op, ROWS_MAX, RowOutcome, ShippingUpdate};
use std::collections::HashMap;

/// How long tracking is set before the results are stored and other lanes have their turn.
const SHIP_SHARE: Span = Span::ms(250);

impl ConfirmJob {
    /// A label booked after the confirmation was planned goes with it, as long as nothing was set in the source.
    async fn adopt_labels(
        &mut self,
        jcx: &JobCx<'_>,
        known: &HashMap<OrderId, OrderFull>,
    ) -> StoreResult<()> {
        let (mut changes, mut rows) = (Vec::new(), Vec::new());
        for one in self
            .orders
            .iter_mut()
            .filter(|o| o.is_live && o.intent.tracking.is_empty())
        {
            let order = one.row.order.and_then(|id| known.get(&id));
            let pair = jcx.cx.pair(&one.row.pair);
            let (Some(order), Some(pair)) = (order, pair) else {
                continue;
            };
            let numbers = [one.intent.number.clone()];
            let groups = jcx
                .cx
                .store
                .despatches_of(&pair.warehouse, &numbers)
                .await?;
            let lines: Vec<DespatchLine> = groups
                .into_iter()
                .filter(|g| one.intent.despatches.iter().any(|d| d.0 == g.despatch))
                .flat_map(|g| g.lines)
                .collect();
            one.intent.tracking = tracking(&lines);
            if one.intent.tracking.is_empty() {
                continue;
            }
            one.row.intent = Intent::ConfirmDespatch(Box::new(one.intent.clone()));
            changes.push(with_intent(
                &one.row,
                &one.intent,
                DeliveryState::Sending,
                one.row.step,
                jcx.cx.now(),
            ));
            let mut row = order.row.clone();
            row.tracking.clone_from(&one.intent.tracking);
            rows.push(Change::Order {
                row: Box::new(row),
                body: None,
                lines: None,
            });
        }
        jcx.cx.commit("confirm", Some(jcx.fence), changes).await?;
        match jcx.cx.commit("confirm", Some(jcx.fence), rows).await {
            // An order changed meanwhile: its row gets the label with the confirmation.
            Err(StoreError::Stale { .. }) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    pub(super) async fn look_first(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let ids: Vec<SourceOrderId> = self
            .orders
            .iter()
            .filter(|o| o.is_live)
            .map(|o| o.target().clone())
            .collect();
        let called = call!(jcx, Keep::OnError, |log| self
            .source
            .orders_by_ids(&ids, &log));
        let evidence = called.evidence();
        let found = match &called.answer {
            Ok(found) => found.clone(),
            Err(error) => {
                let mut changes = called.payloads.clone();
                for one in self.orders.iter_mut().filter(|o| o.is_live) {
                    one.is_live = false;
                    changes.extend(settle::failed(
                        jcx.cx,
                        &one.row,
                        error,
                        Was::Read,
                        &evidence,
                    ));
                }
                jcx.cx.commit("confirm", Some(jcx.fence), changes).await?;
                return Ok(());
            }
        };
        let now = called.finished_at;
        let known = told::known(jcx, self.orders.iter().map(|o| &o.row)).await?;
        self.adopt_labels(jcx, &known).await?;
        let mut done = Vec::new();
        let mut changes = changed_sales(jcx, &known, &found).await?;
        for one in self.orders.iter_mut().filter(|o| o.is_live) {
            let source = in_rows(&found, one.target());
            if let Some(text) = why_unread(&found, one.target()) {
                one.is_live = false;
                changes.extend(settle::back_off(jcx.cx, &one.row, &text, now));
                let kind = Kind::DspConfirmFailed;
                let about = settle::about(&one.row, kind, &text, one.row.caused_at);
                changes.push(Change::Raise(about));
                continue;
            }
            let ours = one.row.order.and_then(|id| known.get(&id));
            let look = match look(&one.intent, source.as_ref(), &self.fulfilment_centres) {
                Look::Go => source
                    .as_ref()
                    .and_then(|s| sold_since(ours, &one.intent, s))
                    .map_or(Look::Go, |text| Look::Blocked(Kind::DspConfirmFailed, text)),
                other => other,
            };
            match look {
                Look::Go => {
                    one.source = source;
                    let needs_tracking = one
                        .source
                        .as_ref()
                        .is_some_and(|s| s.tracking != one.intent.tracking);
                    one.row.step = if !one.intent.is_whole && one.intent.split_id.is_none() {
                        STEP_SPLIT
                    } else if needs_tracking && !one.intent.tracking.is_empty() {
                        STEP_SHIP
                    } else {
                        STEP_PROCESS
                    };
                }
                Look::AlreadyDone(text) => {
                    one.is_live = false;
                    done.push((one.row.clone(), source, text));
                }
                Look::Missing => {
                    one.is_live = false;
                    changes.extend(missing(&one.row, now));
                }
                Look::Blocked(kind, text) => {
                    one.is_live = false;
                    changes.extend(settle::back_off(jcx.cx, &one.row, &text, now));
                    changes.push(Change::Raise(settle::about(
                        &one.row,
                        kind,
                        &text,
                        one.row.caused_at,
                    )));
                }
                Look::Refused(kind, text) => {
                    one.is_live = false;
                    changes.push(settle::rejected(&one.row, now, &text));
                    changes.push(Change::Raise(settle::about(
                        &one.row,
                        kind,
                        &text,
                        one.row.caused_at,
                    )));
                }
            }
        }
        jcx.cx.commit("confirm", Some(jcx.fence), changes).await?;
        told::finish(jcx, done).await?;
        self.advance();
        Ok(())
    }

    pub(super) async fn split(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let Some(at) = self
            .orders
            .iter()
            .position(|o| o.is_live && o.row.step == STEP_SPLIT)
        else {
            self.advance();
            return Ok(());
        };
        let Some(one) = self.orders.get_mut(at) else {
            return Ok(());
        };
        // The step is on disk before the split leaves: a death in between must ask for the child, not split again.
        jcx.cx
            .commit(
                "confirm",
                Some(jcx.fence),
                vec![settle::stepped(&one.row, STEP_SPLIT, jcx.cx.now())],
            )
            .await?;
        let service = one
            .source
            .as_ref()
            .map(|s| s.service_id.clone())
            .unwrap_or_default();
        let called = call!(jcx, Keep::Always, |log| self.source.split_order(
            &one.intent.source_id,
            &one.intent.location,
            &service,
            &one.intent.lines,
            &log
        ));
        let evidence = called.evidence();
        let mut changes = called.payloads;
        match called.answer {
            Ok(child) => {
                one.intent.split_id = Some(child);
                changes.push(settle::attempt(
                    &one.row,
                    AnswerClass::Applied,
                    "split",
                    &evidence,
                ));
                changes.push(with_intent(
                    &one.row,
                    &one.intent,
                    DeliveryState::Sending,
                    STEP_SHIP,
                    called.finished_at,
                ));
                one.row.step = if one.intent.tracking.is_empty() {
                    STEP_PROCESS
                } else {
                    STEP_SHIP
                };
                one.row.intent = Intent::ConfirmDespatch(Box::new(one.intent.clone()));
            }
            Err(error) => {
                one.is_live = false;
                changes.extend(settle::failed(
                    jcx.cx,
                    &one.row,
                    &error,
                    Was::Write,
                    &evidence,
                ));
            }
        }
        jcx.cx.commit("confirm", Some(jcx.fence), changes).await?;
        self.advance();
        Ok(())
    }

    /// Sets tracking on as many orders at once as budget and concurrency allow; there is no batch form. Answers that come
    /// at once are followed by more calls before the results are stored, so that they share a commit.
    pub(super) async fn ship(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let begun = jcx.cx.now();
        let mut changes = Vec::new();
        let mut made = 0;
        loop {
            // The first call's budget was taken by the worker.
            let taken = usize::from(made == 0);
            let granted = self.granted(jcx, taken);
            if granted == 0 {
                break;
            }
            made += granted;
            let is_well = self.ship_some(jcx, granted, &mut changes).await?;
            let is_time_up = jcx.cx.now().since(begun) >= SHIP_SHARE;
            if !is_well || is_time_up || made >= ROWS_MAX {
                break;
            }
        }
        jcx.cx.commit("confirm", Some(jcx.fence), changes).await?;
        self.advance();
        Ok(())
    }

    /// Calls that may be made now, `taken` of them already paid for.
    pub(super) fn granted(&self, jcx: &mut JobCx<'_>, taken: usize) -> usize {
        let at_once = self.source.concurrency_max().max(1);
        let waiting = self
            .orders
            .iter()
            .filter(|o| o.is_live && o.row.step == STEP_SHIP)
            .count();
        let mut granted = taken.min(waiting);
        while granted < waiting.min(at_once)
            && jcx.gate.take(Op::SetShipping, Lane::Despatch, jcx.cx.now())
        {
            granted += 1;
        }
        granted
    }

    /// Makes these calls side by side; false when one of them failed.
    pub(super) async fn ship_some(
        &mut self,
        jcx: &mut JobCx<'_>,
        granted: usize,
        changes: &mut Vec<Change>,
    ) -> StoreResult<bool> {
        let mut updates = Vec::new();
        for (at, one) in self
            .orders
            .iter()
            .enumerate()
            .filter(|(_, o)| o.is_live && o.row.step == STEP_SHIP)
            .take(granted)
        {
            let source = one.source.as_ref();
            updates.push((
                at,
                ShippingUpdate {
                    source_id: one.target().clone(),
                    tracking: one.intent.tracking.clone(),
                    service_id: source.map(|s| s.service_id.clone()).unwrap_or_default(),
                    vendor_extra: source.map(|s| s.vendor_extra.clone()).unwrap_or_default(),
                },
            ));
        }
        let started = jcx.cx.now();
        let adapter = self.source.clone();
        let calls = updates.into_iter().map(|(at, update)| {
            let adapter = adapter.clone();
            let log = jcx.gate.call_log(started);
            async move {
                let answer = adapter.set_shipping(&update, &log).await;
                (at, log, answer)
            }
        });
        let answers: Vec<(usize, CallLog, Answer<()>)> = futures::future::join_all(calls).await;
        let mut is_well = true;
        for (at, log, answer) in answers {
            is_well &= answer.is_ok();
            let called = jcx.finish(Keep::Always, started, log, answer).await?;
            if let Some(one) = self.orders.get_mut(at) {
                changes.extend(shipped(jcx, one, called));
            }
        }
        Ok(is_well)
    }

    pub(super) async fn process(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let Some(location) = self
            .orders
            .iter()
            .find(|o| o.is_live && o.row.step == STEP_PROCESS)
            .map(|o| o.intent.location.clone())
        else {
            self.advance();
            return Ok(());
        };
        let is_single = self.next_is_single();
        let limit = if is_single { 1 } else { ROWS_MAX };
        let ids: Vec<SourceOrderId> = self
            .orders
            .iter()
            .filter(|o| o.is_live && o.row.step == STEP_PROCESS && o.intent.location == location)
            .map(|o| o.target().clone())
            .take(limit)
            .collect();
        let called: Called<Vec<RowOutcome>> = if is_single {
            let is_centre = self.fulfilment_centres.contains(&location);
            let Some(id) = ids.first() else { return Ok(()) };
            let one = call!(jcx, Keep::Always, |log| self
                .source
                .process_one(id, &location, is_centre, &log));
            Called {
                answer: one.answer.map(|row| vec![row]),
                payloads: one.payloads,
                request_id: one.request_id,
                answer_id: one.answer_id,
                started_at: one.started_at,
                finished_at: one.finished_at,
            }
        } else {
            call!(jcx, Keep::Always, |log| self
                .source
                .process_batch(&ids, &location, &log))
        };
        let evidence = called.evidence();
        let mut changes = called.payloads;
        for one in self
            .orders
            .iter_mut()
            .filter(|o| o.is_live && ids.contains(o.target()))
        {
            match &called.answer {
                Err(error) => {
                    one.is_live = false;
                    one.row.step = STEP_PROCESS;
                    changes.extend(settle::failed(
                        jcx.cx,
                        &one.row,
                        error,
                        Was::Write,
                        &evidence,
                    ));
                }
                Ok(rows) => {
                    let row = rows.iter().find(|r| r.key == one.target().0);
                    let class = row.map_or(AnswerClass::Unknown, |r| r.class);
                    let text = row.map(|r| r.text.clone()).unwrap_or_default();
                    changes.push(settle::attempt(&one.row, class, &text, &evidence));
                    changes.push(settle::stepped(
                        &one.row,
                        STEP_READ_BACK,
                        called.finished_at,
                    ));
                    one.refusal = (class == AnswerClass::Rejected).then_some(text);
                    one.row.step = STEP_READ_BACK;
                }
            }
        }
        jcx.cx.commit("confirm", Some(jcx.fence), changes).await?;
        self.advance();
        Ok(())
    }

    pub(super) async fn read_back(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let ids: Vec<SourceOrderId> = self
            .orders
            .iter()
            .filter(|o| o.is_live)
            .map(|o| o.target().clone())
            .collect();
        let called = call!(jcx, Keep::OnError, |log| self
            .source
            .orders_by_ids(&ids, &log));
        let now = called.finished_at;
        let found = match &called.answer {
            Ok(found) => found.clone(),
            Err(error) => {
                let mut changes = called.payloads.clone();
                for one in self.orders.iter_mut().filter(|o| o.is_live) {
                    one.is_live = false;
                    changes.extend(settle::unreadable(jcx.cx, &one.row, &error.text, now));
                }
                jcx.cx.commit("confirm", Some(jcx.fence), changes).await?;
                return Ok(());
            }
        };
        let mut done = Vec::new();
        let mut changes = Vec::new();
        for one in self.orders.iter_mut().filter(|o| o.is_live) {
            one.is_live = false;
            if let Some(text) = why_unread(&found, one.target()) {
                changes.extend(settle::unreadable(jcx.cx, &one.row, &text, now));
                continue;
            }
            let source = in_rows(&found, one.target());
            match source.as_ref().map(|s| s.status) {
                Some(SourceStatus::Processed) => {
                    done.push((
                        one.row.clone(),
                        source,
                        "read back: processed in the source".to_owned(),
                    ));
                }
                _ if one.refusal.is_some() => {
                    let said = one.refusal.clone().unwrap_or_default();
                    let text = format!("the source refused to process it: {said}");
                    changes.extend(settle::back_off(jcx.cx, &one.row, &text, now));
                    changes.push(Change::Raise(settle::about(
                        &one.row,
                        Kind::DspConfirmFailed,
                        &text,
                        one.row.caused_at,
                    )));
                }
                _ if self.is_asking => changes.extend(not_there(jcx, &one.row, now)),
                _ => changes.push(settle::doubtful(
                    &one.row,
                    now,
                    "processed, yet still open when read back",
                )),
            }
        }
        jcx.cx.commit("confirm", Some(jcx.fence), changes).await?;
        told::finish(jcx, done).await
    }

    /// A split whose answer was lost: the child order, if there is one, is found by its parent.
    pub(super) async fn relations(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let Some(at) = self.orders.iter().position(|o| {
            o.is_live
                && !o.intent.is_whole
                && o.intent.split_id.is_none()
                && o.row.step == STEP_SPLIT
        }) else {
            self.phase = Phase::ReadBack;
            return Ok(());
        };
        let Some(one) = self.orders.get_mut(at) else {
            return Ok(());
        };
        let called = call!(jcx, Keep::OnError, |log| self
            .source
            .relations(&one.intent.source_id, &log));
        let now = called.finished_at;
        let mut changes = called.payloads.clone();
        one.is_live = false;
        match &called.answer {
            Err(error) => changes.extend(settle::unreadable(jcx.cx, &one.row, &error.text, now)),
            Ok(relations) => {
                let used = used_children(jcx, &one.row).await?;
                let child = relations
                    .iter()
                    .find(|r| r.parent == one.intent.source_id && !used.contains(&r.child));
                match child {
                    Some(relation) => {
                        one.intent.split_id = Some(relation.child.clone());
                        changes.push(with_intent(
                            &one.row,
                            &one.intent,
                            DeliveryState::Ready,
                            0,
                            now,
                        ));
                    }
                    None => changes.extend(not_there(jcx, &one.row, now)),
                }
            }
        }
        jcx.cx.commit("confirm", Some(jcx.fence), changes).await?;
        Ok(())
    }
}

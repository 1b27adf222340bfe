//! A despatch back to the source: look at the order, split it when only part has left, set the tracking, process it,
//! read it back. Processing is final and the shopper is told, so nothing is processed that was not looked at first.

use super::super::calls::{Called, JobCx, Keep, call};
use super::super::settle::{self, Was};
use super::{Tick, open_of};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::decide;
use crate::domain::delivery::{
    AnswerClass, DeliveryRow, DeliveryState, DespatchIntent, Intent, Lane,
};
use crate::domain::ids::{LocationId, OrderId, SourceOrderId};
use crate::domain::order::{OrderFull, OrderState, SourceOrder, SourceStatus};
use crate::domain::retry;
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;
use crate::vendors::{Answer, CallLog, Op, ROWS_MAX, RowOutcome, SalesSystem, ShippingUpdate};
use std::sync::Arc;

/// How long tracking is set before the results are stored and other lanes have their turn.
const SHIP_SHARE: Span = Span::ms(250);

const STEP_SPLIT: i64 = 1;
const STEP_SHIP: i64 = 2;
const STEP_PROCESS: i64 = 3;
const STEP_READ_BACK: i64 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    LookFirst,
    Split,
    Ship,
    Process,
    ReadBack,
    /// In doubt after a split: which order came out of it?
    Relations,
}

struct One {
    row: DeliveryRow,
    intent: DespatchIntent,
    source: Option<SourceOrder>,
    is_live: bool,
    refusal: Option<String>,
}

impl One {
    fn target(&self) -> &SourceOrderId {
        self.intent
            .split_id
            .as_ref()
            .unwrap_or(&self.intent.source_id)
    }
}

/// A batch of confirmations on its way.
pub struct ConfirmJob {
    source: Arc<dyn SalesSystem>,
    orders: Vec<One>,
    phase: Phase,
    is_asking: bool,
    is_scan_required: bool,
    fulfilment_centres: Vec<LocationId>,
}

impl ConfirmJob {
    /// From claimed rows, or (asking) from rows in doubt.
    pub fn new(
        source: Arc<dyn SalesSystem>,
        rows: Vec<DeliveryRow>,
        is_asking: bool,
        is_scan_required: bool,
        fulfilment_centres: Vec<LocationId>,
    ) -> Self {
        let orders: Vec<One> = rows
            .into_iter()
            .filter_map(|row| match &row.intent {
                Intent::ConfirmDespatch(intent) => {
                    let intent = intent.as_ref().clone();
                    Some(One {
                        row,
                        intent,
                        source: None,
                        is_live: true,
                        refusal: None,
                    })
                }
                _ => None,
            })
            .collect();
        let is_split_in_doubt = is_asking
            && orders.iter().any(|o| {
                !o.intent.is_whole && o.intent.split_id.is_none() && o.row.step == STEP_SPLIT
            });
        let phase = match (is_asking, is_split_in_doubt) {
            (true, true) => Phase::Relations,
            (true, false) => Phase::ReadBack,
            _ => Phase::LookFirst,
        };
        Self {
            source,
            orders,
            phase,
            is_asking,
            is_scan_required,
            fulfilment_centres,
        }
    }

    /// The next call it will make.
    pub fn next_op(&self) -> Op {
        match self.phase {
            Phase::LookFirst | Phase::ReadBack => Op::OrdersByIds,
            Phase::Split => Op::SplitOrder,
            Phase::Ship => Op::SetShipping,
            Phase::Process if self.next_is_single() => Op::ProcessOne,
            Phase::Process => Op::ProcessBatch,
            Phase::Relations => Op::Relations,
        }
    }

    fn next_is_single(&self) -> bool {
        self.is_scan_required
            || self
                .orders
                .iter()
                .find(|o| o.is_live && o.row.step == STEP_PROCESS)
                .is_some_and(|o| self.fulfilment_centres.contains(&o.intent.location))
    }

    /// Makes that call and stores what came of it.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        if !self.orders.iter().any(|o| o.is_live) {
            return Ok(Tick::Done);
        }
        match self.phase {
            Phase::LookFirst => self.look_first(jcx).await?,
            Phase::Split => self.split(jcx).await?,
            Phase::Ship => self.ship(jcx).await?,
            Phase::Process => self.process(jcx).await?,
            Phase::ReadBack => self.read_back(jcx).await?,
            Phase::Relations => self.relations(jcx).await?,
        }
        Ok(if self.orders.iter().any(|o| o.is_live) {
            Tick::More
        } else {
            Tick::Done
        })
    }

    async fn look_first(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
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
        let mut done = Vec::new();
        let mut changes = Vec::new();
        for one in self.orders.iter_mut().filter(|o| o.is_live) {
            let source = found.iter().find(|o| &o.source_id == one.target()).cloned();
            match look(&one.intent, source.as_ref(), &self.fulfilment_centres) {
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
        self.finish(jcx, done).await?;
        self.advance();
        Ok(())
    }

    fn advance(&mut self) {
        let has = |step| self.orders.iter().any(|o| o.is_live && o.row.step == step);
        self.phase = if has(STEP_SPLIT) {
            Phase::Split
        } else if has(STEP_SHIP) {
            Phase::Ship
        } else if has(STEP_PROCESS) {
            Phase::Process
        } else {
            Phase::ReadBack
        };
    }

    async fn split(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
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
    async fn ship(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
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
    fn granted(&self, jcx: &mut JobCx<'_>, taken: usize) -> usize {
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
    async fn ship_some(
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
            async move {
                let log = CallLog::default();
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

    async fn process(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
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

    async fn read_back(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
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
            let source = found.iter().find(|o| &o.source_id == one.target()).cloned();
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
                _ if self.is_asking => changes.push(not_there(jcx, &one.row, now)),
                _ => changes.push(settle::doubtful(
                    &one.row,
                    now,
                    "processed, yet still open when read back",
                )),
            }
        }
        jcx.cx.commit("confirm", Some(jcx.fence), changes).await?;
        self.finish(jcx, done).await
    }

    /// A split whose answer was lost: the child order, if there is one, is found by its parent.
    async fn relations(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
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
                    None => changes.push(not_there(jcx, &one.row, now)),
                }
            }
        }
        jcx.cx.commit("confirm", Some(jcx.fence), changes).await?;
        Ok(())
    }

    async fn finish(
        &self,
        jcx: &mut JobCx<'_>,
        done: Vec<(DeliveryRow, Option<SourceOrder>, String)>,
    ) -> StoreResult<()> {
        if done.is_empty() {
            return Ok(());
        }
        let rows: Vec<&DeliveryRow> = done.iter().map(|(row, ..)| row).collect();
        let open = open_of(&jcx.cx.store, &rows).await?;
        let ids: Vec<OrderId> = rows.iter().filter_map(|r| r.order).collect();
        let now = jcx.cx.now();
        settle::commit_orders(jcx, "confirm", &ids, |orders| {
            let mut changes = Vec::new();
            for (row, source, text) in &done {
                changes.push(settle::applied(row, now, text));
                let none = Vec::new();
                changes.extend(settle::cleared(
                    row,
                    open.get(&row.id.0).unwrap_or(&none),
                    text,
                ));
                if let Some(order) = row.order.and_then(|id| orders.get(&id)) {
                    changes.push(confirmed_order(row, order, source.as_ref(), now));
                }
            }
            changes
        })
        .await
    }
}

enum Look {
    Go,
    AlreadyDone(String),
    /// Something a person can lift in the source; tried again by itself.
    Blocked(Kind, String),
    Refused(Kind, String),
}

fn look(intent: &DespatchIntent, source: Option<&SourceOrder>, centres: &[LocationId]) -> Look {
    let Some(source) = source else {
        return Look::Refused(
            Kind::DspOrphan,
            "the source no longer knows this order; it may have been merged or deleted".to_owned(),
        );
    };
    match source.status {
        SourceStatus::Processed
            if source.tracking == intent.tracking || intent.tracking.is_empty() =>
        {
            Look::AlreadyDone("already processed in the source; not processed again".to_owned())
        }
        SourceStatus::Processed => Look::AlreadyDone(format!(
            "already processed in the source with tracking \"{}\" (ours is \"{}\"); not processed again",
            source.tracking, intent.tracking
        )),
        SourceStatus::Cancelled | SourceStatus::Gone => Look::Refused(
            Kind::CanAfterDespatch,
            "cancelled in the source, and the warehouse has despatched it".to_owned(),
        ),
        SourceStatus::Open if centres.contains(&source.location) => Look::Go,
        SourceStatus::Open if source.is_locked => Look::Blocked(
            Kind::DspConfirmFailed,
            "locked in the source: unlock it there, the confirmation follows by itself".to_owned(),
        ),
        SourceStatus::Open if source.is_parked => Look::Blocked(
            Kind::DspConfirmFailed,
            "parked in the source: unpark it there, the confirmation follows by itself".to_owned(),
        ),
        SourceStatus::Open => Look::Go,
    }
}

fn shipped(jcx: &JobCx<'_>, one: &mut One, called: Called<()>) -> Vec<Change> {
    let evidence = called.evidence();
    let mut changes = called.payloads;
    match called.answer {
        Ok(()) => {
            changes.push(settle::attempt(
                &one.row,
                AnswerClass::Applied,
                "tracking set",
                &evidence,
            ));
            changes.push(settle::stepped(&one.row, STEP_PROCESS, called.finished_at));
            one.row.step = STEP_PROCESS;
        }
        Err(error) => {
            one.is_live = false;
            if error.class == AnswerClass::Rejected {
                changes.push(settle::attempt(
                    &one.row,
                    error.class,
                    &error.text,
                    &evidence,
                ));
                changes.extend(settle::back_off(
                    jcx.cx,
                    &one.row,
                    &error.text,
                    called.finished_at,
                ));
                changes.push(Change::Raise(settle::about(
                    &one.row,
                    Kind::DspTrackingRejected,
                    &error.text,
                    one.row.caused_at,
                )));
            } else {
                changes.extend(settle::failed(
                    jcx.cx,
                    &one.row,
                    &error,
                    Was::Write,
                    &evidence,
                ));
            }
        }
    }
    changes
}

fn not_there(jcx: &JobCx<'_>, row: &DeliveryRow, now: Ts) -> Change {
    match row.absent_at {
        Some(first) if now.since(first) >= retry::ABSENT_SPACING => settle::again(
            row,
            0,
            now + retry::wait(row.flow, 1, jcx.cx.jitter()),
            "two readings agree that it is still open; confirmed again",
        ),
        Some(first) => settle::still_doubtful(
            row,
            first + retry::ABSENT_SPACING,
            Some(first),
            "still open",
        ),
        None => settle::still_doubtful(
            row,
            now + retry::ABSENT_SPACING,
            Some(now),
            "still open; asking again",
        ),
    }
}

fn with_intent(
    row: &DeliveryRow,
    intent: &DespatchIntent,
    to: DeliveryState,
    step: i64,
    now: Ts,
) -> Change {
    let mut change = match to {
        DeliveryState::Ready => settle::again(row, step, now, "the split order was found"),
        _ => settle::stepped(row, step, now),
    };
    if let Change::Deliver(moved) = &mut change {
        moved.intent = Some(Intent::ConfirmDespatch(Box::new(intent.clone())));
    }
    change
}

/// Children of the same parent that other confirmations already use.
async fn used_children(jcx: &JobCx<'_>, row: &DeliveryRow) -> StoreResult<Vec<SourceOrderId>> {
    let Some(order) = row.order else {
        return Ok(Vec::new());
    };
    let others = jcx.cx.store.deliveries_of_order(order).await?;
    Ok(others
        .into_iter()
        .filter(|d| d.id != row.id)
        .filter_map(|d| match d.intent {
            Intent::ConfirmDespatch(intent) => intent.split_id,
            _ => None,
        })
        .collect())
}

/// The order after one of its despatches was confirmed.
fn confirmed_order(
    delivery: &DeliveryRow,
    order: &OrderFull,
    source: Option<&SourceOrder>,
    now: Ts,
) -> Change {
    let mut row = order.row.clone();
    let mut lines = order.lines.clone();
    if let Intent::ConfirmDespatch(intent) = &delivery.intent {
        for line in &mut lines {
            let Some(part) = intent.lines.iter().find(|p| p.row_id == line.row_id) else {
                continue;
            };
            // Ours are warehouse units, the confirmation speaks in the source's: a kit or a multiple is several of ours.
            let source_qty = order
                .body
                .source
                .lines
                .iter()
                .find(|l| l.row_id == line.row_id)
                .map_or(1, |l| l.qty_each.max(1));
            let units = part.qty_each * line.qty_each / source_qty;
            line.confirmed_each =
                (line.confirmed_each + units).min(line.despatched_each.max(line.confirmed_each));
        }
    }
    if let Some(source) = source.filter(|s| !s.tracking.is_empty()) {
        row.tracking = source.tracking.clone();
    }
    row.blocked_by = String::new();
    let is_whole = lines.iter().all(|l| l.confirmed_each >= l.qty_each);
    let is_known_finished =
        row.despatched_at.is_some() && lines.iter().all(|l| l.confirmed_each >= l.despatched_each);
    if is_whole || (is_known_finished && row.state != OrderState::PartDespatched) {
        decide::enter(&mut row, OrderState::Confirmed, now);
        row.source_status = SourceStatus::Processed;
        row.confirmed_at = Some(
            source
                .and_then(|s| s.processed_at)
                .map_or(now, |t| t.max(row.despatched_at.unwrap_or(t)).min(now)),
        );
    }
    Change::Order {
        row: Box::new(row),
        body: None,
        lines: Some(lines),
    }
}

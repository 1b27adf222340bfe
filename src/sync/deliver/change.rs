//! Amendments and cancellations: always a live status query first, never a write once picking began.

use super::super::calls::{Called, JobCx, Keep, call};
use super::super::settle::{self, Was};
use super::{Tick, open_of};
use crate::domain::amend::{self, ChangeVerdict, LiveStatus, OrderChange};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::decide;
use crate::domain::delivery::{AnswerClass, DeliveryRow, DeliveryState, Intent};
use crate::domain::exception::Severity;
use crate::domain::ids::{OrderId, RequestId, WmsOrderNo};
use crate::domain::mapping_set::MappingSet;
use crate::domain::order::{OrderFull, OrderState, WmsOrderIntent};
use crate::domain::policy::Policy;
use crate::domain::preflight::{self, Fault};
use crate::domain::status;
use crate::domain::time::Span;
use crate::domain::wms::{WmsLine, WmsOrder, WmsStatus};
use crate::store::StoreResult;
use crate::vendors::{Op, RowOutcome, Warehouse};
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Live,
    LiveLines,
    Cancel,
    Headers,
    Lines,
    ReadHeaders,
    ReadLines,
}

struct One {
    row: DeliveryRow,
    is_live: bool,
    is_written: bool,
    is_recreating: bool,
}

impl One {
    fn number(&self) -> Option<&WmsOrderNo> {
        match &self.row.intent {
            Intent::AmendOrder(intent) => Some(&intent.number),
            Intent::CancelOrder { number } => Some(number),
            _ => None,
        }
    }

    fn wanted(&self) -> Option<&WmsOrderIntent> {
        match &self.row.intent {
            Intent::AmendOrder(intent) => Some(intent),
            _ => None,
        }
    }

    const fn is_cancel(&self) -> bool {
        matches!(self.row.intent, Intent::CancelOrder { .. }) || self.is_recreating
    }
}

/// A batch of changes to orders that are already in the warehouse.
pub struct ChangeJob {
    warehouse: Arc<dyn Warehouse>,
    policy: Policy,
    set: Arc<MappingSet>,
    orders: Vec<One>,
    phase: Phase,
    is_asking: bool,
    headers: HashMap<WmsOrderNo, WmsOrder>,
}

impl ChangeJob {
    /// From claimed rows, or (asking) from rows in doubt.
    pub fn new(
        warehouse: Arc<dyn Warehouse>,
        policy: Policy,
        set: Arc<MappingSet>,
        rows: Vec<DeliveryRow>,
        is_asking: bool,
    ) -> Self {
        let orders = rows
            .into_iter()
            .map(|row| One {
                row,
                is_live: true,
                is_written: false,
                is_recreating: false,
            })
            .collect();
        Self {
            warehouse,
            policy,
            set,
            orders,
            phase: Phase::Live,
            is_asking,
            headers: HashMap::new(),
        }
    }

    /// The next call it will make.
    pub fn next_op(&self) -> Op {
        match self.phase {
            Phase::Live | Phase::ReadHeaders => Op::OrdersByNumber,
            Phase::LiveLines | Phase::ReadLines => Op::LinesByNumber,
            Phase::Cancel => Op::CancelOrders,
            Phase::Headers => Op::SaveHeaders,
            Phase::Lines => Op::SaveLines,
        }
    }

    /// Makes that call and stores what came of it.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        if !self.orders.iter().any(|o| o.is_live) {
            return Ok(Tick::Done);
        }
        match self.phase {
            Phase::Live => self.read_live(jcx).await?,
            Phase::LiveLines => self.read_live_lines(jcx).await?,
            Phase::Cancel => self.write_cancels(jcx).await?,
            Phase::Headers | Phase::Lines => self.write_amendments(jcx).await?,
            Phase::ReadHeaders => self.read_headers(jcx).await?,
            Phase::ReadLines => self.read_lines(jcx).await?,
        }
        Ok(if self.orders.iter().any(|o| o.is_live) {
            Tick::More
        } else {
            Tick::Done
        })
    }

    fn numbers(&self) -> Vec<WmsOrderNo> {
        self.orders
            .iter()
            .filter(|o| o.is_live)
            .filter_map(|o| o.number().cloned())
            .collect()
    }

    async fn read_live(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let numbers = self.numbers();
        let called = call!(jcx, Keep::OnError, |log| self
            .warehouse
            .orders_by_number(&numbers, &log));
        let Some(found) = self.read(jcx, &called).await? else {
            return Ok(());
        };
        self.headers = found.into_iter().map(|h| (h.number.clone(), h)).collect();
        if self.is_asking {
            self.phase = Phase::LiveLines;
            return Ok(());
        }
        self.judge(jcx).await
    }

    /// In doubt: did the write take effect?
    async fn read_live_lines(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let numbers = self.numbers();
        let called = call!(jcx, Keep::OnError, |log| self
            .warehouse
            .lines_by_number(&numbers, &log));
        let Some(lines) = self.read(jcx, &called).await? else {
            return Ok(());
        };
        let now = jcx.cx.now();
        let mut done = Vec::new();
        let mut changes = Vec::new();
        for at in 0..self.orders.len() {
            let Some(one) = self.orders.get(at).filter(|o| o.is_live) else {
                continue;
            };
            if self.holds(one, &lines) {
                done.push((one.row.clone(), one.is_recreating));
            } else {
                changes.extend(settle::absent(
                    jcx.cx,
                    &one.row,
                    "the change is not there",
                    now,
                ));
            }
            if let Some(one) = self.orders.get_mut(at) {
                one.is_live = false;
            }
        }
        jcx.cx.commit("change", Some(jcx.fence), changes).await?;
        self.finish(jcx, done).await
    }

    fn holds(&self, one: &One, lines: &[WmsLine]) -> bool {
        let Some(header) = one.number().and_then(|n| self.headers.get(n)) else {
            return false;
        };
        match one.wanted() {
            Some(wanted) if !one.is_recreating => {
                let mine: Vec<WmsLine> = lines
                    .iter()
                    .filter(|l| l.number == wanted.number)
                    .cloned()
                    .collect();
                preflight::differs(wanted, header, &mine).is_empty()
            }
            _ => matches!(
                status::wms_status(&header.status_text, &self.set),
                Some(WmsStatus::Cancelled)
            ),
        }
    }

    /// The table of domain §6, per order, on the status just read.
    async fn judge(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let ids: Vec<OrderId> = self.orders.iter().filter_map(|o| o.row.order).collect();
        let loaded = jcx.cx.store.orders_by_id(&ids).await?;
        let now = jcx.cx.now();
        let set = self.set.clone();
        let mut changes = Vec::new();
        let mut reviews = Vec::new();
        let mut done = Vec::new();
        for one in self.orders.iter_mut().filter(|o| o.is_live) {
            let order = loaded.iter().find(|o| Some(o.row.id) == one.row.order);
            let live = live_status(one.number().and_then(|n| self.headers.get(n)), &set);
            let expressible = match (one.wanted(), order.and_then(|o| o.body.intent.as_ref())) {
                (Some(wanted), Some(sent)) => amend::expressible(sent, wanted),
                _ => Ok(()),
            };
            let change = if one.is_cancel() {
                OrderChange::Cancel
            } else {
                OrderChange::Amend
            };
            match amend::decide(change, &live, true, expressible.is_ok(), &self.policy) {
                ChangeVerdict::Apply => {}
                ChangeVerdict::Recreate => one.is_recreating = true,
                ChangeVerdict::Nothing | ChangeVerdict::Drop | ChangeVerdict::Merge => {
                    one.is_live = false;
                    done.push((one.row.clone(), false));
                }
                ChangeVerdict::Wait | ChangeVerdict::RetryRead => {
                    one.is_live = false;
                    changes.push(settle::again_uncounted(
                        &one.row,
                        0,
                        now + Span::secs(10),
                        "its status could not be learnt yet",
                    ));
                    if now.since(one.row.caused_at) >= Span::mins(5) {
                        let text = "the order's live status could not be learnt for five minutes";
                        changes.push(Change::Raise(settle::about(
                            &one.row,
                            Kind::AmdStatusUnreadable,
                            text,
                            one.row.caused_at,
                        )));
                    }
                }
                ChangeVerdict::Review {
                    kind,
                    severity,
                    why,
                } => {
                    one.is_live = false;
                    let why = match expressible {
                        Err(reason) if kind == Kind::AmdNotExpressible => {
                            format!("{why}: {reason}")
                        }
                        _ => why,
                    };
                    reviews.push((one.row.clone(), kind, severity, why));
                }
            }
        }
        jcx.cx.commit("change", Some(jcx.fence), changes).await?;
        review(jcx, &reviews).await?;
        self.finish(jcx, done).await?;
        self.phase = self.next_write();
        Ok(())
    }

    fn next_write(&self) -> Phase {
        let is_due = |cancel: bool| {
            self.orders
                .iter()
                .any(|o| o.is_live && !o.is_written && o.is_cancel() == cancel)
        };
        if is_due(true) {
            Phase::Cancel
        } else if is_due(false) {
            Phase::Headers
        } else {
            Phase::ReadHeaders
        }
    }

    async fn write_cancels(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let numbers: Vec<WmsOrderNo> = self
            .orders
            .iter()
            .filter(|o| o.is_live && o.is_cancel() && !o.is_written)
            .filter_map(|o| o.number().cloned())
            .collect();
        let called = call!(jcx, Keep::Always, |log| self
            .warehouse
            .cancel_orders(&numbers, &log));
        self.after_write(jcx, called, &numbers, true).await?;
        self.phase = self.next_write();
        Ok(())
    }

    async fn write_amendments(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let chunk: Vec<WmsOrderIntent> = self
            .orders
            .iter()
            .filter(|o| o.is_live && !o.is_cancel() && !o.is_written)
            .filter_map(|o| o.wanted().cloned())
            .collect();
        let numbers: Vec<WmsOrderNo> = chunk.iter().map(|c| c.number.clone()).collect();
        if self.phase == Phase::Headers {
            let called = call!(jcx, Keep::Always, |log| self
                .warehouse
                .save_headers(&chunk, &log));
            self.after_write(jcx, called, &numbers, false).await?;
            self.phase = Phase::Lines;
        } else {
            // Whole orders within the row limit; the rest follows on the next tick.
            let mut rows = 0;
            let mut part = Vec::new();
            for intent in chunk {
                if !part.is_empty() && rows + intent.lines.len() > crate::vendors::ROWS_MAX {
                    break;
                }
                rows += intent.lines.len();
                part.push(intent);
            }
            let numbers: Vec<WmsOrderNo> = part.iter().map(|c| c.number.clone()).collect();
            if !part.is_empty() {
                let called = call!(jcx, Keep::Always, |log| self
                    .warehouse
                    .save_lines(&part, &log));
                self.after_write(jcx, called, &numbers, true).await?;
            }
            if !self
                .orders
                .iter()
                .any(|o| o.is_live && !o.is_cancel() && !o.is_written)
            {
                self.phase = Phase::ReadHeaders;
            }
        }
        Ok(())
    }

    async fn after_write(
        &mut self,
        jcx: &mut JobCx<'_>,
        called: Called<Vec<RowOutcome>>,
        numbers: &[WmsOrderNo],
        is_last: bool,
    ) -> StoreResult<()> {
        let evidence = called.evidence();
        let now = called.finished_at;
        let mut changes = called.payloads;
        let mut reviews = Vec::new();
        for one in self
            .orders
            .iter_mut()
            .filter(|o| o.is_live && o.number().is_some_and(|n| numbers.contains(n)))
        {
            let outcome = match &called.answer {
                Err(error) if error.class == AnswerClass::Rejected => {
                    Some((AnswerClass::Rejected, error.text.clone()))
                }
                Err(error) => {
                    one.is_live = false;
                    changes.extend(settle::failed(
                        jcx.cx,
                        &one.row,
                        error,
                        Was::Write,
                        &evidence,
                    ));
                    continue;
                }
                Ok(rows) => one
                    .number()
                    .and_then(|n| rows.iter().find(|r| r.key == n.0))
                    .map(|r| (r.class, r.text.clone())),
            };
            match outcome {
                Some((AnswerClass::Applied, _)) => {
                    one.is_written = is_last;
                    changes.push(settle::attempt(
                        &one.row,
                        AnswerClass::Applied,
                        "",
                        &evidence,
                    ));
                }
                Some((AnswerClass::Rejected, text)) => {
                    one.is_live = false;
                    changes.push(settle::attempt(
                        &one.row,
                        AnswerClass::Rejected,
                        &text,
                        &evidence,
                    ));
                    let kind = if one.is_cancel() {
                        Kind::CanTooLate
                    } else {
                        Kind::AmdNotExpressible
                    };
                    reviews.push((one.row.clone(), kind, None, text));
                }
                other => {
                    one.is_live = false;
                    let text = other.map_or(
                        "the answer does not mention the order".to_owned(),
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
            }
        }
        jcx.cx.commit("change", Some(jcx.fence), changes).await?;
        review(jcx, &reviews).await
    }

    async fn read_headers(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let numbers = self.numbers();
        let called = call!(jcx, Keep::OnError, |log| self
            .warehouse
            .orders_by_number(&numbers, &log));
        let Some(found) = self.read(jcx, &called).await? else {
            return Ok(());
        };
        self.headers = found.into_iter().map(|h| (h.number.clone(), h)).collect();
        if self.orders.iter().any(|o| o.is_live && !o.is_cancel()) {
            self.phase = Phase::ReadLines;
            return Ok(());
        }
        self.prove(jcx, &[]).await
    }

    async fn read_lines(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let numbers = self.numbers();
        let called = call!(jcx, Keep::OnError, |log| self
            .warehouse
            .lines_by_number(&numbers, &log));
        let Some(lines) = self.read(jcx, &called).await? else {
            return Ok(());
        };
        self.prove(jcx, &lines).await
    }

    async fn prove(&mut self, jcx: &mut JobCx<'_>, lines: &[WmsLine]) -> StoreResult<()> {
        let now = jcx.cx.now();
        let mut done = Vec::new();
        let mut changes = Vec::new();
        for at in 0..self.orders.len() {
            let Some(one) = self.orders.get(at).filter(|o| o.is_live) else {
                continue;
            };
            if self.holds(one, lines) {
                done.push((one.row.clone(), one.is_recreating));
            } else {
                changes.push(settle::doubtful(
                    &one.row,
                    now,
                    "written, yet not seen when read back",
                ));
            }
            if let Some(one) = self.orders.get_mut(at) {
                one.is_live = false;
            }
        }
        jcx.cx.commit("change", Some(jcx.fence), changes).await?;
        self.finish(jcx, done).await
    }

    async fn read<T: Clone>(
        &mut self,
        jcx: &mut JobCx<'_>,
        called: &Called<Vec<T>>,
    ) -> StoreResult<Option<Vec<T>>> {
        match &called.answer {
            Ok(found) => Ok(Some(found.clone())),
            Err(error) => {
                let evidence = called.evidence();
                let now = called.finished_at;
                let mut changes = called.payloads.clone();
                for one in self.orders.iter_mut().filter(|o| o.is_live) {
                    one.is_live = false;
                    if one.is_written || one.row.state == DeliveryState::InDoubt {
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
                jcx.cx.commit("change", Some(jcx.fence), changes).await?;
                Ok(None)
            }
        }
    }

    async fn finish(&self, jcx: &mut JobCx<'_>, done: Vec<(DeliveryRow, bool)>) -> StoreResult<()> {
        if done.is_empty() {
            return Ok(());
        }
        let rows: Vec<&DeliveryRow> = done.iter().map(|(row, _)| row).collect();
        let open = open_of(&jcx.cx.store, &rows).await?;
        let ids: Vec<OrderId> = rows.iter().filter_map(|r| r.order).collect();
        let first = jcx.cx.ids(done.len() as i64).await?;
        let now = jcx.cx.now();
        settle::commit_orders(jcx, "change", &ids, |orders| {
            let mut changes = Vec::new();
            for (at, (row, is_recreating)) in done.iter().enumerate() {
                changes.push(settle::applied(
                    row,
                    now,
                    "read back from the warehouse: as intended",
                ));
                let none = Vec::new();
                changes.extend(settle::cleared(
                    row,
                    open.get(&row.id.0).unwrap_or(&none),
                    "read back from the warehouse: as intended",
                ));
                if let Some(order) = row.order.and_then(|id| orders.get(&id)) {
                    changes.extend(changed_order(
                        row,
                        order,
                        *is_recreating,
                        now,
                        RequestId(first + at as i64),
                    ));
                }
            }
            changes
        })
        .await
    }
}

fn changed_order(
    delivery: &DeliveryRow,
    order: &OrderFull,
    is_recreating: bool,
    now: crate::domain::time::Ts,
    request: RequestId,
) -> Vec<Change> {
    let mut row = order.row.clone();
    row.blocked_by = String::new();
    match &delivery.intent {
        Intent::AmendOrder(intent) if !is_recreating => {
            row.sent_hash = Some(intent.content_hash());
            row.carrier_service = Some(intent.service.clone());
            let mut body = order.body.clone();
            body.intent = Some(intent.as_ref().clone());
            let lines = decide::lines_from(intent, &order.body.source, &order.lines);
            vec![Change::Order {
                row: Box::new(row),
                body: Some(Box::new(body)),
                lines: Some(lines),
            }]
        }
        Intent::AmendOrder(_) => {
            row.wms_revision += 1;
            row.wms_number = None;
            row.sent_hash = None;
            row.accepted_at = None;
            decide::enter(&mut row, OrderState::Ready, now);
            let body = serde_json::json!({ "order": row.id });
            vec![
                Change::Order {
                    row: Box::new(row),
                    body: None,
                    lines: None,
                },
                Change::Request {
                    id: request,
                    kind: "recheck_order".to_owned(),
                    body,
                },
            ]
        }
        _ => {
            decide::enter(&mut row, OrderState::Cancelled, now);
            row.wms_status = Some("Cancelled".to_owned());
            vec![Change::Order {
                row: Box::new(row),
                body: None,
                lines: None,
            }]
        }
    }
}

fn live_status(header: Option<&WmsOrder>, set: &MappingSet) -> LiveStatus {
    match header {
        None => LiveStatus::NotThere,
        Some(header) => match status::wms_status(&header.status_text, set) {
            Some(status) => LiveStatus::Known {
                status,
                on_hold: header.is_on_hold,
            },
            None => LiveStatus::Unreadable,
        },
    }
}

/// No write: a person decides, the delivery waits for them.
async fn review(
    jcx: &JobCx<'_>,
    reviews: &[(DeliveryRow, Kind, Option<Severity>, String)],
) -> StoreResult<()> {
    if reviews.is_empty() {
        return Ok(());
    }
    let ids: Vec<OrderId> = reviews.iter().filter_map(|(row, ..)| row.order).collect();
    let now = jcx.cx.now();
    settle::commit_orders(jcx, "change", &ids, |orders| {
        let mut changes = Vec::new();
        for (row, kind, severity, why) in reviews {
            changes.push(settle::rejected(row, now, why));
            let Some(order) = row.order.and_then(|id| orders.get(&id)) else {
                continue;
            };
            let mut copy = order.row.clone();
            copy.blocked_by = crate::text::clean_to(why, 500);
            let fault = Fault {
                kind: *kind,
                discriminator: format!("ORDER={}", copy.number),
                detail: why.clone(),
            };
            changes.push(Change::Raise(decide::occurrence(
                &row.pair,
                &copy,
                &fault,
                *severity,
                row.caused_at,
            )));
            changes.push(Change::Order {
                row: Box::new(copy),
                body: None,
                lines: None,
            });
        }
        changes
    })
    .await
}

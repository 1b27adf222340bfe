//! Direct looks asked for by decisions and people: items by code, orders by number, orders by source id.

use super::super::calls::{JobCx, Keep, call};
use super::super::context::PairCx;
use super::super::deliver::Tick;
use super::super::requests;
use super::unread::{self, UnreadCases};
use super::{Run, statuses};
use crate::domain::change::{Change, InboxBody, NewInbox};
use crate::domain::delivery::Flow;
use crate::domain::ids::{InboxId, ItemCode, OrderId, RequestId, SourceOrderId, WmsOrderNo};
use crate::domain::order::{OrderFull, SourceOrder, SourceStatus};
use crate::domain::preflight;
use crate::domain::returns;
use crate::domain::wms::{WmsItem, WmsLine};
use crate::store::StoreResult;
use crate::vendors::{Op, Orders, SalesSystem, TERMS_MAX, Warehouse};
use std::collections::HashMap;
use std::sync::Arc;

/// Looks items up in the warehouse and records which exist.
pub struct ItemLook {
    warehouse: Arc<dyn Warehouse>,
    pair: PairCx,
    codes: Vec<ItemCode>,
    requests: Vec<RequestId>,
}

impl ItemLook {
    /// At most [`TERMS_MAX`] codes are looked up per call. A code the warehouse cannot have is not asked for: one of them
    /// would have the whole search refused, again and again.
    pub fn new(
        warehouse: Arc<dyn Warehouse>,
        pair: PairCx,
        mut codes: Vec<ItemCode>,
        requests: Vec<RequestId>,
    ) -> Self {
        codes.retain(|code| warehouse.item_code_fault(code).is_none());
        Self {
            warehouse,
            pair,
            codes,
            requests,
        }
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        Op::ItemsByCode
    }

    /// Makes that call.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let chunk: Vec<ItemCode> = self
            .codes
            .drain(..self.codes.len().min(TERMS_MAX))
            .collect();
        let mut changes = Vec::new();
        if !chunk.is_empty() {
            let called = call!(jcx, Keep::OnError, |log| self
                .warehouse
                .items_by_code(&chunk, &log));
            match called.answer {
                // The requests stay open and are taken up again once the system answers.
                Err(_) => {
                    jcx.cx
                        .commit("look", Some(jcx.fence), called.payloads)
                        .await?;
                    return Ok(Tick::Done);
                }
                Ok(mut found) => {
                    for code in &chunk {
                        if !found.iter().any(|f| &f.code == code) {
                            found.push(WmsItem::absent(code.clone()));
                        }
                    }
                    changes.push(Change::Items {
                        system: self.pair.warehouse.clone(),
                        items: found,
                        at: jcx.cx.now(),
                    });
                }
            }
        }
        if self.codes.is_empty() {
            for id in self.requests.drain(..) {
                changes.push(Change::RequestDone {
                    id,
                    is_ok: true,
                    answer: "looked up".to_owned(),
                });
            }
            let id = RequestId(jcx.cx.id().await?);
            let body = serde_json::json!({ "pair": self.pair.id, "checking_only": true });
            changes.push(Change::Request {
                id,
                kind: requests::RECHECK_ORDERS.to_owned(),
                body,
            });
        }
        jcx.cx.commit("look", Some(jcx.fence), changes).await?;
        Ok(if self.codes.is_empty() {
            Tick::Done
        } else {
            Tick::More
        })
    }
}

/// Reads orders in the source by id and hands them to decision.
pub struct SourceLook {
    source: Arc<dyn SalesSystem>,
    pair: PairCx,
    orders: Vec<OrderFull>,
    /// Requests to be answered, with the order each is about.
    requests: Vec<(RequestId, OrderId)>,
}

impl SourceLook {
    /// For orders that are known here.
    pub const fn new(
        source: Arc<dyn SalesSystem>,
        pair: PairCx,
        orders: Vec<OrderFull>,
        requests: Vec<(RequestId, OrderId)>,
    ) -> Self {
        Self {
            source,
            pair,
            orders,
            requests,
        }
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        Op::OrdersByIds
    }

    /// Makes that call.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let chunk: Vec<OrderFull> = self
            .orders
            .drain(..self.orders.len().min(self.source.at_once(Op::OrdersByIds)))
            .collect();
        let ids: Vec<SourceOrderId> = chunk.iter().map(|o| o.row.source_id.clone()).collect();
        let called = call!(jcx, Keep::OnError, |log| self
            .source
            .orders_by_ids(&ids, &log));
        let found = match called.answer {
            Err(_) => {
                jcx.cx
                    .commit("look", Some(jcx.fence), called.payloads)
                    .await?;
                return Ok(Tick::Done);
            }
            Ok(found) => found,
        };
        let now = jcx.cx.now();
        let cases: Vec<Change> = found
            .unread
            .iter()
            .map(|order| {
                let known = chunk.iter().find(|o| o.row.source_id == order.source_id);
                unread::case_of(&self.pair.id, order, known.map(|o| o.row.id), now)
            })
            .collect();
        let unread: Vec<(OrderId, String)> = chunk
            .iter()
            .filter_map(|o| {
                let at = found
                    .unread
                    .iter()
                    .find(|u| u.source_id == o.row.source_id)?;
                Some((o.row.id, at.text.clone()))
            })
            .collect();
        let cleared = UnreadCases::load(jcx.cx, &self.pair)
            .await?
            .read_again(&self.pair.id, &found.rows);
        let mut changes = inbox_of(jcx, &self.pair, found_or_gone(&chunk, found)).await?;
        changes.extend(cases);
        changes.extend(cleared);
        let first = jcx.cx.ids(self.requests.len() as i64 + 1).await?;
        let mut used = 0;
        for (id, order) in &self.requests {
            if !chunk.iter().any(|o| o.row.id == *order) {
                continue;
            }
            let fault = unread.iter().find(|(at, _)| at == order);
            changes.push(Change::RequestDone {
                id: *id,
                is_ok: fault.is_none(),
                answer: fault.map_or_else(
                    || "read in the source".to_owned(),
                    |(_, text)| format!("the source's answer cannot be read: {text}"),
                ),
            });
            if chunk
                .iter()
                .any(|o| o.row.id == *order && o.row.wms_number.is_some())
            {
                let body = serde_json::json!({ "order": order });
                changes.push(Change::Request {
                    id: RequestId(first + used),
                    kind: requests::RESYNC_WMS.to_owned(),
                    body,
                });
                used += 1;
            }
        }
        jcx.cx.commit("look", Some(jcx.fence), changes).await?;
        Ok(if self.orders.is_empty() {
            Tick::Done
        } else {
            Tick::More
        })
    }
}

/// Orders as the source answered; an order it does not mention is gone. One that could not be read is there.
pub fn found_or_gone(asked: &[OrderFull], found: Orders) -> Vec<SourceOrder> {
    let Orders {
        rows: mut out,
        unread,
    } = found;
    for order in asked {
        let id = &order.row.source_id;
        let is_there = out.iter().any(|o| o.source_id == *id);
        if !is_there && !unread.iter().any(|o| o.source_id == *id) {
            let mut gone = order.body.source.clone();
            gone.status = SourceStatus::Gone;
            out.push(gone);
        }
    }
    out
}

/// What an answer with orders came to.
pub struct TakenIn {
    pub changes: Vec<Change>,
    /// New or changed orders.
    pub decided: usize,
    /// Of those, what an event tells of wherever events are told: new open orders, and cancellations.
    pub events: Vec<SourceOrder>,
}

/// Orders as the source answered: new or changed ones go to decision, of unchanged ones the reading time moves, one that
/// cannot be read becomes a case.
pub async fn take_in(jcx: &JobCx<'_>, pair: &PairCx, orders: Orders) -> StoreResult<TakenIn> {
    let now = jcx.cx.now();
    let ids: Vec<SourceOrderId> = orders
        .rows
        .iter()
        .map(|o| &o.source_id)
        .chain(orders.unread.iter().map(|u| &u.source_id))
        .cloned()
        .collect();
    let known = jcx.cx.store.orders_by_source(&pair.id, &ids).await?;
    let known: HashMap<&SourceOrderId, &OrderFull> =
        known.iter().map(|o| (&o.row.source_id, o)).collect();
    let cases = UnreadCases::load(jcx.cx, pair).await?;
    let mut changes = cases.read_again(&pair.id, &orders.rows);
    for order in &orders.unread {
        let id = known.get(&order.source_id).map(|k| k.row.id);
        changes.push(unread::case_of(&pair.id, order, id, now));
    }
    let (mut seen, mut news, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for order in orders.rows {
        let held = known.get(&order.source_id);
        let is_money_news = held.is_some_and(|k| returns::is_news(k, &order));
        let ours = held.map(|k| &k.row);
        let was = ours.map(|row| row.source_status);
        match ours {
            Some(row) if row.source_revision == order.revision() && !is_money_news => {
                seen.push(row.id);
            }
            _ => {
                let is_event = matches!(
                    (was, order.status),
                    (None, SourceStatus::Open)
                        | (Some(SourceStatus::Open), SourceStatus::Cancelled)
                );
                if is_event {
                    events.push(order.clone());
                }
                news.push(order);
            }
        }
    }
    let decided = news.len();
    changes.extend(inbox_of(jcx, pair, news).await?);
    if !seen.is_empty() {
        changes.push(Change::OrderSeen { ids: seen, at: now });
    }
    Ok(TakenIn {
        changes,
        decided,
        events,
    })
}

/// Source orders as inbound messages, one per content.
pub async fn inbox_of(
    jcx: &JobCx<'_>,
    pair: &PairCx,
    orders: Vec<SourceOrder>,
) -> StoreResult<Vec<Change>> {
    let mut id = jcx.cx.ids(orders.len() as i64 + 1).await?;
    let mut changes = Vec::with_capacity(orders.len());
    let read_at = jcx.cx.now();
    for order in orders {
        // The reading time is part of the key: the same content seen again after something else is news.
        let dedup_key = format!(
            "{}|order|{}|{}|{}|{}",
            pair.source,
            order.source_id,
            order.revision(),
            order.tracking,
            read_at.0
        );
        changes.push(Change::Inbox(NewInbox {
            id: InboxId(id),
            system: pair.source.clone(),
            pair: Some(pair.id.clone()),
            entity: "order".to_owned(),
            entity_id: order.source_id.0.clone(),
            dedup_key,
            content_key: None,
            body: InboxBody::Order(Box::new(order)),
        }));
        id += 1;
    }
    Ok(changes)
}

/// Reads orders in the warehouse by number: status, header and lines.
pub struct WmsLook {
    warehouse: Arc<dyn Warehouse>,
    pair: PairCx,
    orders: Vec<OrderFull>,
    requests: Vec<RequestId>,
    lines: Option<Vec<WmsLine>>,
}

impl WmsLook {
    /// At most [`TERMS_MAX`] orders.
    pub const fn new(
        warehouse: Arc<dyn Warehouse>,
        pair: PairCx,
        orders: Vec<OrderFull>,
        requests: Vec<RequestId>,
    ) -> Self {
        Self {
            warehouse,
            pair,
            orders,
            requests,
            lines: None,
        }
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        if self.lines.is_none() {
            Op::LinesByNumber
        } else {
            Op::OrdersByNumber
        }
    }

    /// Makes that call.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let numbers: Vec<WmsOrderNo> = self
            .orders
            .iter()
            .filter_map(|o| o.row.wms_number.clone())
            .collect();
        let Some(lines) = self.lines.take() else {
            let called = call!(jcx, Keep::OnError, |log| self
                .warehouse
                .lines_by_number(&numbers, &log));
            return match called.answer {
                Ok(lines) => {
                    self.lines = Some(lines);
                    Ok(Tick::More)
                }
                Err(_) => {
                    jcx.cx
                        .commit("look", Some(jcx.fence), called.payloads)
                        .await?;
                    Ok(Tick::Done)
                }
            };
        };
        let called = call!(jcx, Keep::OnError, |log| self
            .warehouse
            .orders_by_number(&numbers, &log));
        let found = match called.answer {
            Ok(found) => found,
            Err(_) => {
                jcx.cx
                    .commit("look", Some(jcx.fence), called.payloads)
                    .await?;
                return Ok(Tick::Done);
            }
        };
        let run = Run {
            pair: self.pair.clone(),
            flow: Flow::StatusPull,
            started_at: jcx.cx.now(),
            cursor: String::new(),
            failures: 0,
        };
        statuses::apply_headers(jcx, &run, &numbers, &found).await?;
        let mut changes = Vec::new();
        for id in self.requests.drain(..) {
            let said: Vec<String> = self
                .orders
                .iter()
                .map(|o| tell(o, &found, &lines))
                .take(1)
                .collect();
            changes.push(Change::RequestDone {
                id,
                is_ok: true,
                answer: said.join("; "),
            });
        }
        jcx.cx.commit("look", Some(jcx.fence), changes).await?;
        Ok(Tick::Done)
    }
}

fn tell(order: &OrderFull, found: &[crate::domain::wms::WmsOrder], lines: &[WmsLine]) -> String {
    let Some(header) = found
        .iter()
        .find(|h| Some(&h.number) == order.row.wms_number.as_ref())
    else {
        return "the warehouse does not have it".to_owned();
    };
    let mine: Vec<WmsLine> = lines
        .iter()
        .filter(|l| l.number == header.number)
        .cloned()
        .collect();
    let differences = order
        .body
        .intent
        .as_ref()
        .map(|i| preflight::differs(i, header, &mine))
        .unwrap_or_default();
    if differences.is_empty() {
        format!(
            "the warehouse has it: {}, {} lines as sent",
            header.status_text,
            mine.len()
        )
    } else {
        format!(
            "the warehouse has it: {}; {}",
            header.status_text,
            differences.join("; ")
        )
    }
}

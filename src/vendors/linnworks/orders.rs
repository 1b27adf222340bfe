//! Calls about orders.

use super::client::Content;
use super::method::Method;
use super::order::{self, Shape};
use super::{Linnworks, outcome, refused, request, unread, wire};
use crate::domain::delivery::{AnswerClass, DespatchIntentLine};
use crate::domain::ids::{LocationId, SourceOrderId};
use crate::domain::order::SourceOrder;
use crate::text::clean_to;
use crate::vendors::aside::{self, Sent};
use crate::vendors::scalar::{Fault, Scalar, normal_id};
use crate::vendors::{
    Answer, CallError, CallLog, NotifyState, Orders, OrdersPage, ROWS_MAX, Relation, RowOutcome,
    ShippingUpdate, TERMS_MAX,
};
use std::collections::HashSet;

/// Longest tracking text Linnworks is given, characters; several numbers are joined with commas.
pub(super) const TRACKING_CHARS_MAX: usize = 250;
/// Longest note, characters.
pub(super) const NOTE_CHARS_MAX: usize = 2_000;

impl Linnworks {
    pub(super) async fn read_open_ids(
        &self,
        location: &LocationId,
        log: &CallLog,
    ) -> Answer<Vec<SourceOrderId>> {
        let method = Method::AllOpenOrders;
        let body = Content::Json(request::all_open_orders(location));
        let rows: Vec<Scalar> = self.client.call(method, body, log).await?;
        let mut seen = HashSet::with_capacity(rows.len());
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let id = row
                .id("order id")
                .and_then(|id| id.ok_or_else(|| Fault::missing("order id")))
                .map_err(|fault| unread(method, &fault))?;
            if seen.insert(id.clone()) {
                out.push(SourceOrderId(id));
            }
        }
        Ok(out)
    }

    pub(super) async fn read_open_page(
        &self,
        location: &LocationId,
        page: u32,
        log: &CallLog,
    ) -> Answer<OrdersPage> {
        let method = Method::OpenOrders;
        let body = Content::Json(request::open_orders(location, page));
        let answer: wire::OrderPage = self.client.call(method, body, log).await?;
        let (total, is_last) = page_end(&answer, page).map_err(|text| malformed(method, &text))?;
        let sent = answer.data.unwrap_or_default();
        let orders = self.orders(method, &sent, Shape::Listed)?;
        let wanted = normal_id(location.as_str());
        let elsewhere = |o: &&SourceOrder| normal_id(o.location.as_str()) != wanted;
        if let Some(order) = orders.rows.iter().find(elsewhere) {
            let text = format!(
                "order {} belongs to location {}, though {location} was asked for",
                order.number, order.location
            );
            return Err(malformed(method, &text));
        }
        Ok(OrdersPage {
            orders,
            total,
            is_last,
        })
    }

    pub(super) async fn read_open_by_ids(
        &self,
        ids: &[SourceOrderId],
        log: &CallLog,
    ) -> Answer<Orders> {
        let method = Method::OpenOrdersDetails;
        if at_most(method, ids.len(), TERMS_MAX)? {
            return Ok(Orders::default());
        }
        let body = Content::Json(request::open_orders_details(ids));
        let answer: wire::OrderList = self.client.call(method, body, log).await?;
        let orders = answer
            .orders
            .ok_or_else(|| malformed(method, "Orders is missing"))?;
        self.orders_asked(method, &orders, ids, Shape::Listed)
    }

    pub(super) async fn read_by_ids(&self, ids: &[SourceOrderId], log: &CallLog) -> Answer<Orders> {
        let method = Method::OrdersById;
        if at_most(method, ids.len(), TERMS_MAX)? {
            return Ok(Orders::default());
        }
        let body = Content::Json(request::orders_by_id(ids));
        let orders: Vec<wire::Order> = self.client.call(method, body, log).await?;
        self.orders_asked(method, &orders, ids, Shape::ByIdAnyState)
    }

    /// The orders asked for; the object of default values that stands for "not found" is left out, and an order that
    /// was not asked for shows that the other side ignored the ids.
    fn orders_asked(
        &self,
        method: Method,
        orders: &[wire::Order],
        ids: &[SourceOrderId],
        shape: Shape,
    ) -> Answer<Orders> {
        let wanted: HashSet<String> = ids.iter().map(|id| normal_id(id.as_str())).collect();
        let found = self.orders(method, orders, shape)?;
        let rows = found.rows.iter().map(|o| (&o.source_id, &o.number));
        let unread = found.unread.iter().map(|o| (&o.source_id, &o.label));
        for (id, name) in rows.chain(unread) {
            if !wanted.contains(id.as_str()) {
                let text = format!("order {name} was not asked for");
                return Err(malformed(method, &text));
            }
        }
        Ok(found)
    }

    /// Reads the orders of an answer, each once; those that cannot be read are set aside.
    fn orders(&self, method: Method, sent: &[wire::Order], shape: Shape) -> Answer<Orders> {
        let read = |order: &wire::Order| match order::read(order, shape, &|id| self.is_centre(id)) {
            Ok(order) => Sent::Well(order.source_id.clone(), order),
            Err(text) => Sent::Unwell {
                id: order::id_of(order),
                label: order::label_of(order),
                text,
            },
        };
        let sent = sent.iter().filter(|o| !order::is_nothing(o)).map(read);
        let (rows, unread) = aside::sort(sent).map_err(|text| malformed(method, &text))?;
        Ok(Orders { rows, unread })
    }

    pub(super) async fn write_shipping(
        &self,
        update: &ShippingUpdate,
        log: &CallLog,
    ) -> Answer<()> {
        let method = Method::SetShippingInfo;
        let chars = update.tracking.chars().count();
        if chars > TRACKING_CHARS_MAX {
            let text = format!(
                "the tracking has {chars} characters, Linnworks is given at most {TRACKING_CHARS_MAX}"
            );
            return Err(refused(method, &text));
        }
        let body = Content::Json(request::shipping_info(update));
        let answer: wire::ShippingResult = self.client.call(method, body, log).await?;
        outcome::shipping(&answer, &update.tracking)
            .map_err(|(class, text)| CallError::new(class, format!("{}: {text}", method.path())))
    }

    pub(super) async fn write_batch(
        &self,
        ids: &[SourceOrderId],
        location: &LocationId,
        log: &CallLog,
    ) -> Answer<Vec<RowOutcome>> {
        let method = Method::ProcessBatch;
        if at_most(method, ids.len(), ROWS_MAX)? {
            return Ok(Vec::new());
        }
        let body = Content::Json(request::process_batch(ids, location));
        let rows: Vec<wire::ProcessResult> = self.client.call(method, body, log).await?;
        Ok(outcome::processed(ids, &rows))
    }

    pub(super) async fn write_one(
        &self,
        id: &SourceOrderId,
        location: &LocationId,
        is_centre: bool,
        log: &CallLog,
    ) -> Answer<RowOutcome> {
        let (method, body) = if is_centre {
            (
                Method::ProcessCentreOrder,
                request::process_centre_order(id),
            )
        } else {
            (Method::ProcessOrder, request::process_order(id, location))
        };
        let row: wire::ProcessResult = self.client.call(method, Content::Json(body), log).await?;
        outcome::processed(std::slice::from_ref(id), &[row])
            .pop()
            .ok_or_else(|| malformed(method, "no outcome"))
    }

    pub(super) async fn write_split(
        &self,
        id: &SourceOrderId,
        location: &LocationId,
        service_id: &str,
        lines: &[DespatchIntentLine],
        log: &CallLog,
    ) -> Answer<SourceOrderId> {
        let method = Method::SplitOrder;
        if let Some(line) = lines.iter().find(|l| l.qty_each <= 0) {
            let text = format!("{} of {} cannot be split off", line.qty_each, line.sku);
            return Err(refused(method, &text));
        }
        if lines.is_empty() {
            return Err(refused(method, "there is no line to split off"));
        }
        let body = Content::Json(request::split_order(id, location, service_id, lines));
        let rows: Vec<wire::Order> = self.client.call(method, body, log).await?;
        let orders: Vec<SourceOrder> = rows
            .iter()
            .map(|row| order::read(row, Shape::Listed, &|id| self.is_centre(id)))
            .collect::<Result<_, _>>()
            .map_err(|text| malformed(method, &text))?;
        outcome::split_child(id, lines, &orders).map_err(|text| {
            CallError::new(AnswerClass::Unknown, format!("{}: {text}", method.path()))
        })
    }

    pub(super) async fn read_relations(
        &self,
        id: &SourceOrderId,
        log: &CallLog,
    ) -> Answer<Vec<Relation>> {
        let method = Method::Relations;
        let query = Content::Query("orderId", id.as_str());
        let rows: Vec<wire::OrderRelation> = self.client.call(method, query, log).await?;
        outcome::relations(&rows).map_err(|fault| unread(method, &fault))
    }

    /// One order is asked about in the processed book's own history, many in one bulk call. An order the bulk answer
    /// leaves out has no history yet.
    pub(super) async fn read_notify(
        &self,
        ids: &[SourceOrderId],
        log: &CallLog,
    ) -> Answer<Vec<(SourceOrderId, NotifyState)>> {
        if let [id] = ids {
            let method = Method::ProcessedAuditTrail;
            let query = Content::Query("pkOrderId", id.as_str());
            let rows: Vec<wire::AuditEntry> = self.client.call(method, query, log).await?;
            let state = outcome::notify_state(&rows).map_err(|fault| unread(method, &fault))?;
            return Ok(vec![(id.clone(), state)]);
        }
        let method = Method::AuditTrails;
        if at_most(method, ids.len(), TERMS_MAX)? {
            return Ok(Vec::new());
        }
        let body = Content::Json(request::audit_trails(ids));
        let answer: wire::AuditTrails = self.client.call(method, body, log).await?;
        let trails = answer
            .audit_trails
            .ok_or_else(|| malformed(method, "AuditTrails is missing"))?;
        let mut out = Vec::with_capacity(ids.len());
        for id in ids {
            let wanted = normal_id(id.as_str());
            let entries: Vec<wire::AuditEntry> = trails
                .iter()
                .filter(|t| {
                    t.pk_order_id.id("pkOrderId").ok().flatten().as_deref() == Some(&wanted)
                })
                .flat_map(|t| t.entries.iter().flatten().cloned())
                .collect();
            let state = outcome::notify_state(&entries).map_err(|fault| unread(method, &fault))?;
            out.push((id.clone(), state));
        }
        Ok(out)
    }

    /// Adds a note to an order.
    ///
    /// # Errors
    /// As every call; unknown when the answer does not name the note.
    pub async fn add_note(&self, id: &SourceOrderId, text: &str, log: &CallLog) -> Answer<()> {
        let method = Method::AddNote;
        let text = clean_to(text, NOTE_CHARS_MAX);
        let body = Content::Json(request::add_note(id, &text));
        let answer: wire::NoteResult = self.client.call(method, body, log).await?;
        if outcome::has_note(&answer, id) {
            return Ok(());
        }
        Err(CallError::new(
            AnswerClass::Unknown,
            format!("{}: the answer does not name the note", method.path()),
        ))
    }
}

/// The vendor's count and whether this was the last page: `PageNumber` has reached `TotalPages`.
fn page_end(answer: &wire::OrderPage, page: u32) -> Result<(Option<i64>, bool), String> {
    let text = |fault: Fault| fault.to_string();
    if answer.data.is_none() {
        return Err("Data is missing".to_owned());
    }
    let number = answer.page_number.whole("PageNumber").map_err(text)?;
    if number.is_some_and(|n| n != i64::from(page)) {
        return Err(format!(
            "page {} came though {page} was asked for",
            number.unwrap_or_default()
        ));
    }
    let total = answer
        .total_entries
        .quantity("TotalEntries")
        .map_err(text)?;
    let pages = answer
        .total_pages
        .quantity("TotalPages")
        .map_err(text)?
        .ok_or("TotalPages is missing")?;
    Ok((total, i64::from(page) >= pages))
}

/// Refuses a list that is too long; tells whether it is empty, when there is nothing to call for.
pub(super) fn at_most(method: Method, count: usize, most: usize) -> Answer<bool> {
    if count > most {
        let text = format!("{count} rows in one call, at most {most} are allowed");
        return Err(refused(method, &text));
    }
    Ok(count == 0)
}

pub(super) fn malformed(method: Method, text: &str) -> CallError {
    CallError::new(AnswerClass::Malformed, format!("{}: {text}", method.path()))
}

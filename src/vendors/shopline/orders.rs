//! Calls about orders, refunds and returns.

use super::client::{Ask, malformed, path_id, refused};
use super::cursor::{Cursor, CursorPage};
use super::method::Method;
use super::order::{self, ShoplineOrder};
use super::refund::{self, Refund, Return};
use super::{Shopline, unread, wire};
use crate::domain::ids::SourceOrderId;
use crate::domain::time::Ts;
use crate::text::clean_to;
use crate::vendors::aside::{self, Sent};
use crate::vendors::transport::TEXT_CHARS_MAX;
use crate::vendors::{Answer, CallLog, TERMS_MAX, UnreadOrder};
use serde_json::Value;
use std::collections::HashSet;

/// Orders per page: SHOPLINE fails with HTTP 500 above it, and takes 20 when not told.
pub const ORDERS_PAGE_ROWS: u32 = 100;
/// Refunds of one order in one answer, the most there are.
const REFUNDS_MAX: u32 = 250;

/// Which half of the orders. SHOPLINE's `hidden_order` selects, it does not add: both halves take two passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Archive {
    /// Those the merchant has not archived.
    Current,
    /// Those the merchant has archived; archiving makes an order vanish from the other half.
    Archived,
}

/// Which orders by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusFilter {
    /// In any state.
    Any,
    Open,
    Cancelled,
}

/// What a list of orders holds. The pages after the first keep to it by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrdersQuery {
    pub archive: Archive,
    pub status: StatusFilter,
    /// Changed at or after. Changes carry whole seconds, so that windows have to overlap.
    pub updated_from: Option<Ts>,
    /// Changed at or before.
    pub updated_to: Option<Ts>,
}

impl OrdersQuery {
    /// Every order of one half changed at or after a time.
    pub const fn updated_since(from: Ts, archive: Archive) -> Self {
        Self {
            archive,
            status: StatusFilter::Any,
            updated_from: Some(from),
            updated_to: None,
        }
    }
}

/// Orders of one answer, with what SHOPLINE knows beyond the house's order.
#[derive(Debug, Clone, Default)]
pub struct ShoplineOrders {
    pub rows: Vec<ShoplineOrder>,
    /// Those that could not be read. They exist, so nothing may be concluded from their absence in `rows`.
    pub unread: Vec<UnreadOrder>,
    /// Where the list goes on; `None` after the last page.
    pub next: Option<Cursor>,
}

impl From<ShoplineOrders> for crate::vendors::Orders {
    fn from(orders: ShoplineOrders) -> Self {
        Self {
            rows: orders.rows.into_iter().map(|o| o.order).collect(),
            unread: orders.unread,
        }
    }
}

/// A time as SHOPLINE writes it: whole seconds with a numeric offset.
fn stamp(at: Ts) -> String {
    at.to_utc().format("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

fn hidden(archive: Archive) -> bool {
    archive == Archive::Archived
}

impl Shopline {
    /// The first page of a list of orders, by id ascending.
    ///
    /// # Errors
    /// As every call; an order that cannot be read is set aside in the answer instead.
    pub async fn orders_page(&self, query: &OrdersQuery, log: &CallLog) -> Answer<ShoplineOrders> {
        let status = match query.status {
            StatusFilter::Any => "any",
            StatusFilter::Open => "open",
            StatusFilter::Cancelled => "cancelled",
        };
        let mut ask = Ask::new(Method::Orders, "orders.json")
            .with("limit", ORDERS_PAGE_ROWS)
            .with("status", status)
            .with("hidden_order", hidden(query.archive));
        if let Some(from) = query.updated_from {
            ask = ask.with("updated_at_min", stamp(from));
        }
        if let Some(to) = query.updated_to {
            ask = ask.with("updated_at_max", stamp(to));
        }
        self.read_orders(ask, log).await
    }

    /// The next page of a list of orders. The cursor holds what the first page asked for.
    ///
    /// # Errors
    /// As [`Self::orders_page`].
    pub async fn orders_next(&self, cursor: &Cursor, log: &CallLog) -> Answer<ShoplineOrders> {
        let ask = Ask::new(Method::Orders, "orders.json")
            .with("limit", ORDERS_PAGE_ROWS)
            .at(cursor);
        self.read_orders(ask, log).await
    }

    /// Orders in any state by id, at most [`TERMS_MAX`]. Ids of the other half of the archive are absent, like unknown
    /// ones. SHOPLINE has no call for a single order.
    ///
    /// # Errors
    /// As [`Self::orders_page`]; malformed when an order comes that was not asked for.
    pub async fn orders_by_ids(
        &self,
        ids: &[SourceOrderId],
        archive: Archive,
        log: &CallLog,
    ) -> Answer<ShoplineOrders> {
        let method = Method::Orders;
        if ids.len() > TERMS_MAX {
            let text = format!(
                "{} ids in one call, at most {TERMS_MAX} are allowed",
                ids.len()
            );
            return Err(refused(method, &text));
        }
        if ids.is_empty() {
            return Ok(ShoplineOrders::default());
        }
        for id in ids {
            path_id(method, "an order", id.as_str())?;
        }
        let list: Vec<&str> = ids.iter().map(SourceOrderId::as_str).collect();
        let ask = Ask::new(method, "orders.json")
            .with("limit", ORDERS_PAGE_ROWS)
            .with("status", "any")
            .with("hidden_order", hidden(archive))
            .with("ids", list.join(","));
        let found = self.read_orders(ask, log).await?;
        let wanted: HashSet<&str> = list.into_iter().collect();
        let rows = found
            .rows
            .iter()
            .map(|o| (&o.order.source_id, &o.order.number));
        let unread = found.unread.iter().map(|o| (&o.source_id, &o.label));
        for (id, name) in rows.chain(unread) {
            if !wanted.contains(id.as_str()) {
                return Err(malformed(
                    method,
                    &format!("order {name} was not asked for"),
                ));
            }
        }
        Ok(found)
    }

    async fn read_orders(&self, ask: Ask<'_>, log: &CallLog) -> Answer<ShoplineOrders> {
        let method = ask.method;
        let reply = self.client.call::<wire::OrdersAnswer>(ask, log).await?;
        let sent = reply
            .value
            .orders
            .ok_or_else(|| malformed(method, "orders is missing"))?;
        let sent = sent.into_iter().map(|value| self.read_order(value));
        let (rows, unread) = aside::sort(sent).map_err(|text| malformed(method, &text))?;
        Ok(ShoplineOrders {
            rows,
            unread,
            next: reply.next,
        })
    }

    fn read_order(&self, value: Value) -> Sent<ShoplineOrder> {
        let head = order::head(&value);
        let read = serde_json::from_value::<wire::Order>(value)
            .map_err(|error| format!("order {}: {error}", order::label_of(&head)))
            .and_then(|row| order::read(&row, &|id| self.is_centre(id)));
        match read {
            Ok(order) => Sent::Well(order.order.source_id.clone(), order),
            Err(text) => Sent::Unwell {
                id: order::id_of(&head),
                label: order::label_of(&head),
                text: clean_to(&text, TEXT_CHARS_MAX),
            },
        }
    }

    /// Refunds of an order. A cancelled order always has one.
    ///
    /// # Errors
    /// As every call; malformed when one cannot be read.
    pub async fn refunds(&self, order: &SourceOrderId, log: &CallLog) -> Answer<Vec<Refund>> {
        let method = Method::Refunds;
        let id = path_id(method, "an order", order.as_str())?;
        let ask = Ask::new(method, format!("orders/{id}/refunds.json")).with("limit", REFUNDS_MAX);
        let reply = self.client.call::<wire::RefundsAnswer>(ask, log).await?;
        let rows = reply
            .value
            .refunds
            .ok_or_else(|| malformed(method, "refunds is missing"))?;
        refund::read_all(Some(&rows), Some(id)).map_err(|fault| unread(method, &fault))
    }

    /// Returns of an order. SHOPLINE has no list of returns by date: a webhook or the order's `return_status` tells of
    /// them.
    ///
    /// # Errors
    /// As every call; malformed when one cannot be read or belongs to another order.
    pub async fn returns(&self, order: &SourceOrderId, log: &CallLog) -> Answer<Vec<Return>> {
        let method = Method::Returns;
        let id = path_id(method, "an order", order.as_str())?;
        let ask = Ask::new(method, "return.json").with("order_id", id);
        let reply = self.client.call::<wire::ReturnsAnswer>(ask, log).await?;
        let rows = reply
            .value
            .returns
            .ok_or_else(|| malformed(method, "returns is missing"))?;
        let mut out = Vec::with_capacity(rows.len());
        for row in &rows {
            let found = refund::returned(row).map_err(|fault| unread(method, &fault))?;
            if found.order_id != id {
                let text = format!("return {} belongs to another order", found.id);
                return Err(malformed(method, &text));
            }
            out.push(found);
        }
        Ok(out)
    }

    /// A page read from a list of rows; the first row at fault refuses the page.
    pub(super) fn page<W, T>(
        method: Method,
        rows: &[W],
        next: Option<Cursor>,
        read: impl Fn(&W) -> crate::vendors::scalar::Read<T>,
    ) -> Answer<CursorPage<T>> {
        let rows = rows
            .iter()
            .map(read)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|fault| unread(method, &fault))?;
        Ok(CursorPage { rows, next })
    }
}

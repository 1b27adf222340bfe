//! Orders on the wire: the list with its filters, changes, cancellation, the archive.

use super::cursor::{Ask, Paging, id_before};
use super::render::progress_name;
use super::service::{Call, Out};
use super::state::{Payment, Progress, ShopAddress, ShopOrder};
use super::wire::{Query, Refusal, short_money};
use crate::domain::time::Ts;
use crate::sandbox::world::World;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Rows of a page when not told (the pages say 50, recordings 20); more than 100 fail with 500.
const ORDERS: Paging = Paging {
    default: 20,
    max: 100,
    above: Some(500),
};
/// Most ids in one look-up.
const IDS_MAX: usize = 100;

/// Filters of a list of orders, read.
struct Filter<'a> {
    ids: Option<BTreeSet<&'a str>>,
    name: Option<&'a str>,
    email: Option<&'a str>,
    is_cancelled: Option<bool>,
    payment: Option<Payment>,
    progress: Option<Progress>,
    is_archived: Option<bool>,
    locations: Option<Vec<&'a str>>,
    created: (Option<Ts>, Option<Ts>),
    updated: (Option<Ts>, Option<Ts>),
}

impl<'a> Filter<'a> {
    /// `is_count`: the count knows the words `any` and `hidden` besides.
    fn read(query: &'a Query, is_count: bool) -> Result<Self, Refusal> {
        let ids: Option<BTreeSet<&str>> = query.list("ids").map(|l| l.into_iter().collect());
        if ids.as_ref().is_some_and(|ids| ids.len() > IDS_MAX) {
            return Err(Refusal::bad("ids is invalid"));
        }
        let mut is_archived = Some(query.flag("hidden_order"));
        let is_cancelled = match query.get("status") {
            None | Some("any") => None,
            Some("open") => Some(false),
            Some("cancelled") => Some(true),
            Some("hidden") if is_count => {
                is_archived = Some(true);
                None
            }
            Some(_) => return Err(Refusal::not_possible("status value is illegal")),
        };
        let payment = match query.get("financial_status") {
            None => None,
            Some("any") if is_count => None,
            Some(text) => Some(
                Payment::parse(text)
                    .ok_or_else(|| Refusal::not_possible("financial status value is illegal"))?,
            ),
        };
        // The words of the filter are not those of the answer.
        let progress = match query.get("fulfillment_status") {
            None => None,
            Some("unshipped") => Some(Progress::Nothing),
            Some("partial") => Some(Progress::Part),
            Some("shipped") => Some(Progress::All),
            Some("any") if is_count => None,
            Some(_) => return Err(Refusal::not_possible("fulfillment status value is illegal")),
        };
        Ok(Self {
            ids,
            name: query.get("name"),
            email: query.get("email"),
            is_cancelled,
            payment,
            progress,
            is_archived,
            locations: query.list("location"),
            created: (query.time("created_at_min")?, query.time("created_at_max")?),
            updated: (query.time("updated_at_min")?, query.time("updated_at_max")?),
        })
    }

    fn fits(&self, order: &ShopOrder, location_id: &dyn Fn(usize) -> String) -> bool {
        let within = |at: Ts, (min, max): (Option<Ts>, Option<Ts>)| {
            // Times carry whole seconds; both ends count in.
            let at = at.unix_secs();
            min.is_none_or(|m| at >= m.unix_secs()) && max.is_none_or(|m| at <= m.unix_secs())
        };
        self.ids
            .as_ref()
            .is_none_or(|ids| ids.contains(order.id.as_str()))
            && self.name.is_none_or(|n| n == order.name)
            && self.email.is_none_or(|e| e == order.email)
            && self
                .is_cancelled
                .is_none_or(|c| c == order.cancelled_at.is_some())
            && self.payment.is_none_or(|p| p == order.payment)
            && self.progress.is_none_or(|p| p == order.progress())
            && self.is_archived.is_none_or(|a| a == order.is_archived)
            && self.locations.as_ref().is_none_or(|wanted| {
                let mut lines = order.lines.iter();
                lines.any(|l| wanted.contains(&location_id(l.location).as_str()))
            })
            && within(order.created_at, self.created)
            && within(order.updated_at, self.updated)
    }
}

impl World {
    /// An order that calls can find.
    ///
    /// # Errors
    /// Not found: unknown, deleted, or not readable yet.
    pub(super) fn shop_find(&self, id: &str) -> Result<usize, Refusal> {
        let found = self.shop.order_by_id.get(id).copied();
        found
            .filter(|ix| self.shop_is_readable(*ix))
            .ok_or_else(|| Refusal::missing("order not found"))
    }

    fn shop_is_readable(&self, ix: usize) -> bool {
        let order = &self.shop.orders[ix];
        order.readable_from <= self.now
            && !self.shop.deleted.contains(&ix)
            && self
                .shop
                .stale_since
                .is_none_or(|since| order.created_at <= since)
    }

    /// Positions of the orders that may match, by id ascending: found by id, by time of change, or all.
    fn shop_candidates(&self, filter: &Filter<'_>) -> Vec<usize> {
        if let Some(ids) = &filter.ids {
            let mut found: Vec<usize> = ids
                .iter()
                .filter_map(|id| self.shop.order_by_id.get(*id).copied())
                .collect();
            found.sort_unstable();
            return found;
        }
        let Some(from) = filter.updated.0 else {
            return (0..self.shop.orders.len()).collect();
        };
        let range = self.shop.by_updated.range((from.unix_secs(), 0)..);
        let mut found: Vec<usize> = range.map(|(_, ix)| *ix).collect();
        found.sort_unstable();
        found
    }

    fn shop_matching(&self, filter: &Filter<'_>) -> Vec<usize> {
        let location_id = |at: usize| self.shop.locations[at].id.clone();
        self.shop_candidates(filter)
            .into_iter()
            .filter(|ix| self.shop_is_readable(*ix))
            .filter(|ix| filter.fits(&self.shop.orders[*ix], &location_id))
            .collect()
    }

    /// `GET orders.json`: by id ascending, without a filter of its own.
    pub(super) fn shop_orders(&self, call: &Call) -> Result<Out, Refusal> {
        let ask = Ask::read(&call.query, ORDERS, self.now)?;
        let filter = Filter::read(&ask.filters, false)?;
        let mut all = self.shop_matching(&filter);
        let is_falling = ask.filters.get("sort_condition").is_some_and(|s| {
            s.split(',')
                .next()
                .is_some_and(|first| first.ends_with(":desc"))
        });
        if is_falling {
            all.reverse();
        }
        let before = |one: &str, other: &str| {
            if is_falling {
                id_before(other, one)
            } else {
                id_before(one, other)
            }
        };
        let until = self.now + self.config.shop.switches.cursor_lifetime;
        let page = ask.cut(&all, |ix| self.shop.orders[ix].id.as_str(), before, until);
        let rows = |ix: usize| self.shop_unsettled(self.shop_order_json(ix), ix as u64);
        Ok(self.shop_page("orders", call, &ask, page, &rows))
    }

    /// `GET orders/count.json`.
    pub(super) fn shop_orders_count(&self, call: &Call) -> Result<Out, Refusal> {
        let filter = Filter::read(&call.query, true)?;
        Ok(Out::json(
            json!({"count": self.shop_matching(&filter).len()}),
        ))
    }

    /// `PUT orders/{id}.json`: tags and address; lines and states cannot be changed here.
    pub(super) fn shop_update_order(&mut self, call: &Call) -> Result<Out, Refusal> {
        let ix = self.shop_find(call.id(0))?;
        let body = &call.body["order"];
        if !body.is_object() {
            return Err(Refusal::bad("order is required"));
        }
        if let Some(address) = body.get("shipping_address").filter(|a| a.is_object()) {
            let changed = changed_address(&self.shop.orders[ix].address, address);
            self.shop_readdress(ix, changed, false);
        }
        if let Some(tags) = body.get("tags").and_then(Value::as_str) {
            // A comma list that replaces everything.
            let list = tags.split(',').map(|t| t.trim().to_owned());
            self.shop_tag(ix, list.filter(|t| !t.is_empty()).collect());
        }
        let mut row = self.shop_order_json(ix);
        remove(&mut row, "status");
        Ok(Out::json(json!({ "order": row })))
    }

    /// `POST orders/{id}/cancel.json`.
    pub(super) fn shop_cancel(&mut self, call: &Call) -> Result<Out, Refusal> {
        let ix = self.shop_find(call.id(0))?;
        let order = &self.shop.orders[ix];
        if order.cancelled_at.is_some() {
            return Err(Refusal::not_possible("order has been cancelled"));
        }
        if order.fulfilments.iter().any(|f| f.cancelled_at.is_none()) {
            return Err(Refusal::not_possible(
                "The order has been shipped and cannot be cancelled",
            ));
        }
        // The answer still shows the lines as they were.
        let before: Vec<i64> = (0..order.lines.len())
            .map(|at| order.fulfillable(at))
            .collect();
        let reason = call.body["cancel_reason"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let restocks = call.body["restock"].as_bool().unwrap_or(false);
        self.shop_cancel_order(ix, &reason, restocks, false);
        let mut row = self.shop_order_json(ix);
        remove(&mut row, "status");
        for (at, left) in before.into_iter().enumerate() {
            row["line_items"][at]["fulfillable_quantity"] = json!(left);
        }
        if let Some(refund) = row["refunds"].as_array_mut().and_then(|r| r.last_mut()) {
            refund["refund_line_items"] = Value::Null;
            refund["note"] = Value::Null;
            refund["transactions"] = json!([{
                "id": refund["id"], "kind": "refund", "status": "success",
                "amount": short_money(0), "currency": super::wire::CURRENCY,
            }]);
        }
        Ok(Out::json(json!({ "order": row })))
    }

    /// `PUT orders/{id}/hide_mark.json` and `…/cancel_hide_mark.json`: a 200 is no proof of success here.
    pub(super) fn shop_hide(&mut self, call: &Call, is_archived: bool) -> Result<Out, Refusal> {
        let ix = self.shop_find(call.id(0))?;
        let refusal = self.faults.refusal().or_else(|| {
            let is_so = self.shop.orders[ix].is_archived == is_archived;
            is_so.then(|| "the order is already in that state".to_owned())
        });
        if let Some(text) = refusal {
            let error = json!({"code": "INVALID", "message": text, "field": ["id"]});
            return Ok(Out::json(json!({"order": null, "user_errors": [error]})));
        }
        self.shop_archive_order(ix, is_archived, false);
        let row = self.shop_order_json(ix);
        Ok(Out::json(json!({"order": row, "user_errors": []})))
    }

    /// `DELETE orders/{id}.json`.
    pub(super) fn shop_delete(&mut self, call: &Call) -> Result<Out, Refusal> {
        let ix = self.shop_find(call.id(0))?;
        self.shop_delete_order(ix, false);
        Ok(Out::nothing())
    }

    /// How far an order is shipped, as the store words it; for judges.
    pub fn shop_progress(&self, id: &str) -> Option<&'static str> {
        self.shop.order(id).map(|o| progress_name(o.progress()))
    }
}

fn remove(row: &mut Value, name: &str) {
    if let Some(members) = row.as_object_mut() {
        members.shift_remove(name);
    }
}

/// An address with the members a request names changed.
fn changed_address(before: &ShopAddress, body: &Value) -> ShopAddress {
    let text = |name: &str, old: &str| body[name].as_str().unwrap_or(old).to_owned();
    ShopAddress {
        first_name: text("first_name", &before.first_name),
        last_name: text("last_name", &before.last_name),
        company: text("company", &before.company),
        line1: text("address1", &before.line1),
        line2: text("address2", &before.line2),
        town: text("city", &before.town),
        province: text("province", &before.province),
        postcode: text("zip", &before.postcode),
        country: text("country", &before.country),
        country_code: text("country_code", &before.country_code),
        phone: text("phone", &before.phone),
    }
}

//! Shipping: what a fulfilment does, and the calls that enter, change, cancel and read one.

use super::events::About;
use super::ids;
use super::render::progress_name;
use super::render_ship::fulfilment_order_status;
use super::service::{Call, Out};
use super::state::{Parcel, Progress, ShopFulfilment, ShopOrder};
use super::wire::{Refusal, int_of, text_of};
use crate::sandbox::config::SimSystem;
use crate::sandbox::ledger::Notification;
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// Most parcels in one fulfilment.
const TRACKING_MAX: usize = 10;
/// Longest message of a delivery event, characters.
const MESSAGE_CHARS_MAX: usize = 512;
/// Progress at the carrier that an event may tell.
const SHIPMENT_STATUSES: &[&str] = &[
    "label_printed",
    "label_purchased",
    "attempted_delivery",
    "ready_for_pickup",
    "picked_up",
    "confirmed",
    "in_transit",
    "out_for_delivery",
    "delivered",
    "failure",
];

/// Lines (by position) and units.
type Goods = Vec<(usize, i64)>;

impl World {
    /// Goods of an order are shipped; answers with the position of the fulfilment. The shopper hears of it only when
    /// `notifies`.
    pub(crate) fn shop_ship(
        &mut self,
        ix: usize,
        goods: Goods,
        tracking: Vec<Parcel>,
        notifies: bool,
        by_world: bool,
    ) -> usize {
        self.shop.parts_made += 1;
        let order = &self.shop.orders[ix];
        let id = ids::long_like(self.config.seed, "2207", self.shop.parts_made, &order.id);
        let numbers: Vec<&str> = tracking.iter().map(|p| p.number.as_str()).collect();
        let detail = json!({
            "fulfilment": id, "lines": goods_note(order, &goods), "tracking": numbers,
            "notify": notifies, "payment": order.payment.name(),
            "before": progress_name(order.progress()),
        });
        let carrier = tracking
            .first()
            .map(|p| p.company.clone())
            .unwrap_or_default();
        let location = goods.first().map_or(0, |(at, _)| order.lines[*at].location);
        let at = order.fulfilments.len();
        self.shop.orders[ix].fulfilments.push(ShopFulfilment {
            id,
            created_at: self.now,
            updated_at: self.now,
            cancelled_at: None,
            location,
            tracking,
            lines: goods.clone(),
            shipment_status: None,
        });
        for (line, _) in &goods {
            self.shop.orders[ix].lines[*line].carrier = Some(carrier.clone());
        }
        self.shop_touch(ix);
        self.shop_note("Create fulfilment", ix, detail, by_world);
        if notifies {
            self.shop_notify(ix, at, by_world);
        }
        self.shop_tell_shipped(ix, at);
        for (line, units) in goods {
            self.shop_shift(ix, line, (0, -units));
        }
        if self.shop.orders[ix].progress() == Progress::All {
            self.shop_was_shipped(ix);
        }
        at
    }

    fn shop_tell_shipped(&mut self, ix: usize, at: usize) {
        self.shop_tell("fulfillments/create", About::Fulfilment(ix, at));
        self.shop_tell_parts(ix);
        let topic = match self.shop.orders[ix].progress() {
            Progress::All => "orders/fulfilled",
            _ => "orders/partially_fulfilled",
        };
        self.shop_tell(topic, About::Order(ix));
        self.shop_tell("orders/updated", About::Order(ix));
    }

    fn shop_notify(&mut self, ix: usize, at: usize, by_world: bool) {
        let order = &self.shop.orders[ix];
        let fulfilment = &order.fulfilments[at];
        let numbers: Vec<&str> = fulfilment
            .tracking
            .iter()
            .map(|p| p.number.as_str())
            .collect();
        self.ledger.notify(Notification {
            at: self.now,
            system: SimSystem::Shopline,
            order_id: order.id.clone(),
            number: order.name.parse().unwrap_or(0),
            shipment: fulfilment.id.clone(),
            tracking: numbers.join(", "),
            caused_by_world: by_world,
        });
    }

    /// Tracking is replaced as a whole.
    fn shop_track(&mut self, ix: usize, at: usize, tracking: Vec<Parcel>, notifies: bool) {
        let fulfilment = &mut self.shop.orders[ix].fulfilments[at];
        let numbers = |list: &[Parcel]| list.iter().map(|p| p.number.clone()).collect::<Vec<_>>();
        let detail = json!({
            "fulfilment": fulfilment.id, "notify": notifies,
            "tracking": {"before": numbers(&fulfilment.tracking), "after": numbers(&tracking)},
        });
        fulfilment.tracking = tracking;
        fulfilment.updated_at = self.now;
        self.shop_touch(ix);
        self.shop_note("Update tracking", ix, detail, false);
        if notifies {
            self.shop_notify(ix, at, false);
        }
        self.shop_tell("fulfillments/update", About::Fulfilment(ix, at));
        self.shop_tell("orders/updated", About::Order(ix));
    }

    /// A fulfilment is taken back: its goods are to be shipped again.
    pub(crate) fn shop_unship(&mut self, ix: usize, at: usize, by_world: bool) {
        let fulfilment = &mut self.shop.orders[ix].fulfilments[at];
        fulfilment.cancelled_at = Some(self.now);
        fulfilment.updated_at = self.now;
        let goods = fulfilment.lines.clone();
        let detail = json!({"fulfilment": fulfilment.id, "lines": goods.len()});
        for (line, _) in &goods {
            self.shop.orders[ix].lines[*line].carrier = Some(String::new());
        }
        self.shop_touch(ix);
        self.shop_note("Cancel fulfilment", ix, detail, by_world);
        self.shop_tell("fulfillments/update", About::Fulfilment(ix, at));
        self.shop_tell_parts(ix);
        self.shop_tell("orders/updated", About::Order(ix));
        for (line, units) in goods {
            self.shop_shift(ix, line, (0, units));
        }
    }

    /// `POST orders/{order}/fulfillments.json`: lines by the order's own line ids.
    pub(super) fn shop_create_by_order(&mut self, call: &Call) -> Result<Out, Refusal> {
        let ix = self.shop_to_ship(call.id(0))?;
        let body = &call.body["fulfillment"];
        let tracking = parcels(body)?;
        let goods = match body.get("line_items").and_then(Value::as_array) {
            None => self.shop_everything_left(ix)?,
            Some(rows) => self.shop_named(ix, rows, &|order, id| order.line_at(id))?,
        };
        Ok(self.shop_shipped_answer(ix, goods, tracking, body))
    }

    /// `POST fulfillments/fulfillments.json`: lines by the ids they have inside fulfilment orders.
    pub(super) fn shop_create_by_part(&mut self, call: &Call) -> Result<Out, Refusal> {
        let order_id = text_of(&call.body["order_id"])
            .ok_or_else(|| Refusal::not_possible("order_id is required"))?;
        let ix = self.shop_to_ship(&order_id)?;
        let body = &call.body["fulfillment"];
        let tracking = parcels(body)?;
        let wanted = body["line_items_by_fulfillment_order"]
            .as_array()
            .filter(|rows| !rows.is_empty())
            .ok_or_else(|| Refusal::not_possible("line_items_by_fulfillment_order is required"))?;
        let mut goods: Goods = Vec::new();
        for row in wanted {
            goods.extend(self.shop_goods_of_part(ix, row)?);
        }
        self.shop_enough(ix, &goods)?;
        Ok(self.shop_shipped_answer(ix, goods, tracking, body))
    }

    fn shop_goods_of_part(&self, ix: usize, row: &Value) -> Result<Goods, Refusal> {
        let order = &self.shop.orders[ix];
        let id = text_of(&row["fulfillment_order_id"]).unwrap_or_default();
        let part = order
            .fulfilment_orders
            .iter()
            .find(|p| p.id == id)
            .ok_or_else(|| Refusal::missing("fulfillment order not found"))?;
        if !matches!(fulfilment_order_status(order, part), "open" | "in_progress") {
            return Err(Refusal::not_possible("fulfillment order status is illegal"));
        }
        let Some(rows) = row
            .get("fulfillment_order_line_items")
            .and_then(Value::as_array)
        else {
            let left = part.lines.iter().map(|l| (l.1, order.fulfillable(l.1)));
            return Ok(left.filter(|(_, units)| *units > 0).collect());
        };
        self.shop_named(ix, rows, &|_, id| {
            part.lines.iter().find(|l| l.0 == id).map(|l| l.1)
        })
    }

    fn shop_to_ship(&self, id: &str) -> Result<usize, Refusal> {
        let ix = self.shop_find(id)?;
        if self.shop.orders[ix].cancelled_at.is_some() {
            return Err(Refusal::not_possible("order is cancelled"));
        }
        Ok(ix)
    }

    fn shop_everything_left(&self, ix: usize) -> Result<Goods, Refusal> {
        let order = &self.shop.orders[ix];
        let left: Goods = (0..order.lines.len())
            .map(|at| (at, order.fulfillable(at)))
            .filter(|(_, units)| *units > 0)
            .collect();
        if left.is_empty() {
            return Err(Refusal::not_possible("no fulfillable line items"));
        }
        Ok(left)
    }

    /// Lines and units that a request names.
    fn shop_named(
        &self,
        ix: usize,
        rows: &[Value],
        find: &dyn Fn(&ShopOrder, u32) -> Option<usize>,
    ) -> Result<Goods, Refusal> {
        let order = &self.shop.orders[ix];
        let mut goods: Goods = Vec::new();
        for row in rows {
            let at = int_of(&row["id"])
                .and_then(|id| u32::try_from(id).ok())
                .and_then(|id| find(order, id))
                .ok_or_else(|| Refusal::not_possible("line item not found"))?;
            let units = int_of(&row["quantity"]).unwrap_or(0);
            goods.push((at, units));
        }
        if goods.is_empty() {
            return Err(Refusal::not_possible("no fulfillable line items"));
        }
        self.shop_enough(ix, &goods)?;
        Ok(goods)
    }

    /// Every line has the units, also when it is named twice.
    fn shop_enough(&self, ix: usize, goods: &Goods) -> Result<(), Refusal> {
        let order = &self.shop.orders[ix];
        for (at, units) in goods {
            let all: i64 = goods.iter().filter(|g| g.0 == *at).map(|g| g.1).sum();
            if *units < 1 || all > order.fulfillable(*at) {
                return Err(Refusal::not_possible("fulfillable quantity is not enough"));
            }
        }
        Ok(())
    }

    fn shop_shipped_answer(
        &mut self,
        ix: usize,
        goods: Goods,
        tracking: Vec<Parcel>,
        body: &Value,
    ) -> Out {
        let notifies = body["notify_customer"].as_bool().unwrap_or(false);
        let at = self.shop_ship(ix, goods, tracking, notifies, false);
        let order = &self.shop.orders[ix];
        let row = self.shop_fulfilment_json(order, &order.fulfilments[at], false);
        Out::json(json!({ "fulfillment": row }))
    }

    /// A fulfilment of an order, by the two ids of a path: the order's comes first.
    fn shop_fulfilment_at(&self, call: &Call) -> Result<(usize, usize), Refusal> {
        let ix = self.shop_find(call.id(0))?;
        let found = self.shop.orders[ix]
            .fulfilments
            .iter()
            .position(|f| f.id == call.id(1));
        let at = found.ok_or_else(|| Refusal::missing("fulfillment not found"))?;
        Ok((ix, at))
    }

    /// `…/update_tracking.json`.
    pub(super) fn shop_update_tracking(&mut self, call: &Call) -> Result<Out, Refusal> {
        let (ix, at) = self.shop_fulfilment_at(call)?;
        if self.shop.orders[ix].fulfilments[at].cancelled_at.is_some() {
            return Err(Refusal::not_possible("fulfillment is cancelled"));
        }
        let body = &call.body["fulfillment"];
        let tracking = parcels(body)?;
        if tracking.iter().any(|p| p.number.is_empty()) {
            return Err(Refusal::not_possible("tracking_number is required"));
        }
        let notifies = body["notify_customer"].as_bool().unwrap_or(false);
        self.shop_track(ix, at, tracking, notifies);
        Ok(self.shop_one_fulfilment(ix, at))
    }

    /// `…/cancel.json` of a fulfilment.
    pub(super) fn shop_cancel_fulfilment(&mut self, call: &Call) -> Result<Out, Refusal> {
        let (ix, at) = self.shop_fulfilment_at(call)?;
        if self.shop.orders[ix].fulfilments[at].cancelled_at.is_some() {
            return Err(Refusal::not_possible("fulfillment has been cancelled"));
        }
        self.shop_unship(ix, at, false);
        Ok(self.shop_one_fulfilment(ix, at))
    }

    /// `…/events/create.json`: progress at the carrier.
    pub(super) fn shop_delivery_event(&mut self, call: &Call) -> Result<Out, Refusal> {
        let (ix, at) = self.shop_fulfilment_at(call)?;
        let status = call.body["status"].as_str().unwrap_or_default().to_owned();
        let message = call.body["message"].as_str().unwrap_or_default();
        if !SHIPMENT_STATUSES.contains(&status.as_str())
            || message.chars().count() > MESSAGE_CHARS_MAX
        {
            return Err(Refusal::not_possible("status is invalid"));
        }
        let fulfilment = &mut self.shop.orders[ix].fulfilments[at];
        let detail = json!({"fulfilment": fulfilment.id, "status": status});
        fulfilment.shipment_status = Some(status);
        fulfilment.updated_at = self.now;
        self.shop_touch(ix);
        self.shop_note("Delivery event", ix, detail, false);
        self.shop_tell("fulfillments/update", About::Fulfilment(ix, at));
        Ok(self.shop_one_fulfilment(ix, at))
    }

    fn shop_one_fulfilment(&self, ix: usize, at: usize) -> Out {
        let order = &self.shop.orders[ix];
        let row = self.shop_fulfilment_json(order, &order.fulfilments[at], true);
        Out::json(json!({ "fulfillment": row }))
    }

    /// `GET orders/{order}/fulfillments.json`; cancelled ones stay in the list.
    pub(super) fn shop_fulfilments(&self, call: &Call) -> Result<Out, Refusal> {
        let order = &self.shop.orders[self.shop_find(call.id(0))?];
        let is_seen = |at| self.shop.stale_since.is_none_or(|since| at <= since);
        let mut rows: Vec<Value> = order
            .fulfilments
            .iter()
            .filter(|f| is_seen(f.created_at))
            .map(|f| self.shop_fulfilment_json(order, f, true))
            .collect();
        self.faults.bend_page(&mut rows);
        Ok(Out::list("fulfillments", rows))
    }

    /// `GET orders/{order}/fulfillments/count.json`.
    pub(super) fn shop_fulfilments_count(&self, call: &Call) -> Result<Out, Refusal> {
        let order = &self.shop.orders[self.shop_find(call.id(0))?];
        Ok(Out::json(json!({ "count": order.fulfilments.len() })))
    }
}

/// Shipped lines for the ledger.
fn goods_note(order: &ShopOrder, goods: &Goods) -> Vec<Value> {
    goods
        .iter()
        .map(|(at, units)| {
            let line = &order.lines[*at];
            json!({"line": line.id, "sku": line.sku, "qty": units})
        })
        .collect()
}

/// The parcels of a request. With the list given, the single member of older versions counts for nothing.
fn parcels(body: &Value) -> Result<Vec<Parcel>, Refusal> {
    if !body.is_object() {
        return Err(Refusal::not_possible("fulfillment is required"));
    }
    let text = |row: &Value, name: &str| text_of(&row[name]).unwrap_or_default();
    let Some(rows) = body.get("tracking_info_list").and_then(Value::as_array) else {
        let single = &body["tracking_info"];
        let number = text(single, "number");
        let parcel = Parcel {
            company: text(single, "company"),
            url: text(single, "url"),
            number,
        };
        return Ok(if parcel.number.is_empty() {
            Vec::new()
        } else {
            vec![parcel]
        });
    };
    if rows.len() > TRACKING_MAX {
        return Err(Refusal::not_possible(format!(
            "tracking_info_list size must be less than or equal to {TRACKING_MAX}"
        )));
    }
    Ok(rows
        .iter()
        .map(|row| Parcel {
            company: text(row, "tracking_company"),
            number: text(row, "tracking_number"),
            url: text(row, "tracking_url"),
        })
        .collect())
}

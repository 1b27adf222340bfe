//! Fulfilment orders: the parts of an order by the location that ships them, read, held and let go.

use super::events::About;
use super::service::{Call, Out};
use super::wire::Refusal;
use crate::sandbox::world::World;
use serde_json::{Value, json};

impl World {
    /// `GET fulfillment_orders/{order}/fulfillment_orders.json`.
    pub(super) fn shop_parts_of(&self, call: &Call) -> Result<Out, Refusal> {
        let order = &self.shop.orders[self.shop_find(call.id(0))?];
        let rows: Vec<Value> = order
            .fulfilment_orders
            .iter()
            .map(|p| self.shop_part_json(order, p))
            .collect();
        Ok(Out::json(json!({ "fulfillment_orders": rows })))
    }

    fn shop_part_at(&self, call: &Call) -> Result<(usize, usize), Refusal> {
        let ix = self.shop_find(call.id(0))?;
        let parts = &self.shop.orders[ix].fulfilment_orders;
        let at = parts.iter().position(|p| p.id == call.id(1));
        Ok((
            ix,
            at.ok_or_else(|| Refusal::missing("fulfillment order not found"))?,
        ))
    }

    /// `GET fulfillment_orders/{order}/{fulfilment order}.json`.
    pub(super) fn shop_one_part(&self, call: &Call) -> Result<Out, Refusal> {
        let (ix, at) = self.shop_part_at(call)?;
        let order = &self.shop.orders[ix];
        let mut row = self.shop_part_json(order, &order.fulfilment_orders[at]);
        row["merchant_requests"] = json!([]);
        Ok(Out::json(json!({ "fulfillment_order": row })))
    }

    /// `POST fulfillment_orders/{order}/{fulfilment order}/hold.json` and `…/release_hold.json`.
    pub(super) fn shop_hold_part(&mut self, call: &Call, is_held: bool) -> Result<Out, Refusal> {
        let (ix, at) = self.shop_part_at(call)?;
        let reason = call.body["fulfillment_hold"]["reason"]
            .as_str()
            .unwrap_or("other");
        self.shop_set_hold((ix, at), is_held.then(|| reason.to_owned()), false);
        self.shop_one_part(call)
    }

    /// A fulfilment order is held or let go.
    pub(crate) fn shop_set_hold(
        &mut self,
        part: (usize, usize),
        held: Option<String>,
        by_world: bool,
    ) {
        let (ix, at) = part;
        let is_held = held.is_some();
        let id = self.shop.orders[ix].fulfilment_orders[at].id.clone();
        let detail = json!({"fulfilment_order": id, "held": held});
        self.shop.orders[ix].fulfilment_orders[at].held = held;
        self.shop_touch(ix);
        self.shop_note("Hold fulfilment order", ix, detail, by_world);
        let topic = if is_held {
            "fulfillment_order/on_hold"
        } else {
            "fulfillment_order/released"
        };
        self.shop_tell(topic, About::Part(ix, at));
    }
}

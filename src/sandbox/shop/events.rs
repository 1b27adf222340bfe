//! What the store tells of: the object of an event, and its body.

use super::render_ship::fulfilment_order_status;
use super::state::ShopOrder;
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// What an event is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum About {
    Order(usize),
    /// Order, and the position of its fulfilment.
    Fulfilment(usize, usize),
    /// Order, and the position of its fulfilment order.
    Part(usize, usize),
    Refund(usize, usize),
    Return(usize, usize),
    /// The payment slip of an order.
    Slip(usize),
    /// Variant and location.
    Level(usize, usize),
    /// The pair, of which only the ids are left.
    Parted(usize, usize),
}

impl About {
    /// The order an event belongs to.
    pub(super) const fn order(self) -> Option<usize> {
        match self {
            Self::Order(ix) | Self::Slip(ix) => Some(ix),
            Self::Fulfilment(ix, _) | Self::Part(ix, _) | Self::Refund(ix, _) => Some(ix),
            Self::Return(ix, _) => Some(ix),
            Self::Level(..) | Self::Parted(..) => None,
        }
    }
}

impl World {
    /// The body of an event: the object as it stands now.
    pub(super) fn shop_event_body(&self, about: About) -> Value {
        let order = |ix: usize| -> &ShopOrder { &self.shop.orders[ix] };
        match about {
            About::Order(ix) => self.shop_order_json(ix),
            About::Fulfilment(ix, at) => {
                self.shop_fulfilment_json(order(ix), &order(ix).fulfilments[at], true)
            }
            About::Part(ix, at) => {
                let part = &order(ix).fulfilment_orders[at];
                let mut body = self.shop_part_json(order(ix), part);
                // Documented as text in events, unlike in answers.
                if let Some(lines) = body["line_items"].as_array_mut() {
                    for line in lines {
                        line["fulfillable_quantity"] =
                            json!(line["fulfillable_quantity"].to_string());
                    }
                }
                body["status"] = json!(fulfilment_order_status(order(ix), part));
                json!({ "fulfillment_order": body })
            }
            About::Refund(ix, at) => {
                self.shop_refund_json(order(ix), &order(ix).refunds[at], false)
            }
            About::Return(ix, at) => self.shop_return_event(order(ix), &order(ix).returns[at]),
            About::Slip(ix) => json!({
                "pay_seq": format!("230{}", order(ix).id.get(4..22).unwrap_or_default()),
                "pay_status": order(ix).payment.name(), "order_id": order(ix).id,
                "amount": super::wire::money(order(ix).total_minor()),
                "created_at": self.shop_time(self.now),
            }),
            About::Level(variant, location) => self.shop_level_event(variant, location),
            About::Parted(variant, location) => json!({
                "inventory_item_id": self.shop.variants[variant].inventory_item_id,
                "location_id": self.shop.locations[location].id,
                "variant_id": self.shop.variants[variant].id,
            }),
        }
    }
}

//! Orders as JSON, member for member as recorded.

use super::state::{Payment, Progress, ShopAddress, ShopLine, ShopOrder};
use super::wire::{CURRENCY, money, money_set, or_null, stamp};
use crate::domain::time::Ts;
use crate::sandbox::rng::fnv64;
use crate::sandbox::world::World;
use serde_json::{Map, Value, json};

/// `fulfillment_status` has the four letters for "nothing".
pub const fn progress_name(progress: Progress) -> &'static str {
    match progress {
        Progress::Nothing => "null",
        Progress::Part => "partial",
        Progress::All => "fulfilled",
    }
}

const fn progress_v2(progress: Progress) -> &'static str {
    match progress {
        Progress::Nothing => "unshipped",
        Progress::Part => "partial",
        Progress::All => "shipped",
    }
}

/// Amounts of an order, each of which has a twin in both currencies.
fn amounts(order: &ShopOrder, into: &mut Map<String, Value>) {
    let is_owed = !order.payment.is_captured();
    let total = order.total_minor();
    let rows = [
        ("current_total_price", total),
        ("current_subtotal_price", order.goods_minor()),
        ("current_total_tax", 0),
        ("current_total_discounts", 0),
        ("subtotal_price", order.ordered_minor()),
        ("total_line_items_price", order.ordered_minor()),
        ("total_discounts", 0),
        ("total_tax", 0),
        ("total_outstanding", if is_owed { total } else { 0 }),
    ];
    for (name, minor) in rows {
        into.insert(name.to_owned(), money(minor).into());
        into.insert(format!("{name}_set"), money_set(minor));
    }
    into.insert("total_tip_received".to_owned(), json!("0.00"));
}

impl World {
    /// A time as the store writes it.
    pub(super) fn shop_time(&self, at: Ts) -> Value {
        json!(stamp(at, self.config.shop.switches.utc_offset_minutes))
    }

    pub(super) fn shop_maybe_time(&self, at: Option<Ts>) -> Value {
        at.map_or(Value::Null, |at| self.shop_time(at))
    }

    /// The order as a list shows it; a lagging list shows it as it stood then.
    pub(super) fn shop_order_json(&self, ix: usize) -> Value {
        match self.shop.stale_since {
            Some(since) => self.shop_render(&as_of(&self.shop.orders[ix], since)),
            None => self.shop_render(&self.shop.orders[ix]),
        }
    }

    fn shop_render(&self, order: &ShopOrder) -> Value {
        let mut out = Map::new();
        self.shop_heading(order, &mut out);
        amounts(order, &mut out);
        self.shop_people(order, &mut out);
        let lines: Vec<Value> = (0..order.lines.len())
            .map(|at| self.shop_line_json(order, at))
            .collect();
        let fulfilments: Vec<Value> = order
            .fulfilments
            .iter()
            .map(|f| self.shop_fulfilment_json(order, f, false))
            .collect();
        let refunds: Vec<Value> = order
            .refunds
            .iter()
            .map(|r| self.shop_refund_json(order, r, true))
            .collect();
        out.insert(
            "shipping_lines".to_owned(),
            vec![shipping_line(order)].into(),
        );
        out.insert("line_items".to_owned(), lines.into());
        out.insert("fulfillments".to_owned(), fulfilments.into());
        out.insert("refunds".to_owned(), refunds.into());
        for name in [
            "payment_details",
            "discount_codes",
            "discount_applications",
            "tax_lines",
        ] {
            out.insert(name.to_owned(), json!([]));
        }
        out.insert("payment_gateway_names".to_owned(), json!(["SLpayments"]));
        for name in [
            "client_details",
            "browser_ip",
            "cart_token",
            "checkout_id",
            "checkout_token",
        ] {
            out.insert(name.to_owned(), Value::Null);
        }
        Value::Object(out)
    }

    fn shop_heading(&self, order: &ShopOrder, out: &mut Map<String, Value>) {
        let progress = order.progress();
        let status = if order.cancelled_at.is_some() {
            "cancelled"
        } else {
            "open"
        };
        // Only the word for "none" was ever recorded; the other is assumed.
        let returning = if order.returns.is_empty() {
            "NO_RETURN"
        } else {
            "RETURNING"
        };
        let grams: i64 = order
            .lines
            .iter()
            .map(|l| l.weight_grams * l.quantity)
            .sum();
        let tags = if order.tags.is_empty() {
            Value::Null
        } else {
            json!(json!(order.tags).to_string())
        };
        let head = json!({
            "id": order.id, "name": order.name, "store_id": self.shop.store_id, "status": status,
            "financial_status": order.payment.name(),
            "fulfillment_status": progress_name(progress),
            "fulfillment_status_v2": progress_v2(progress),
            "return_info": {"return_status": returning},
            "hidden_order": order.is_archived,
            "created_at": self.shop_time(order.created_at),
            "updated_at": self.shop_time(order.updated_at),
            "order_at": self.shop_time(order.created_at),
            "processed_at": self.shop_time(order.created_at),
            "cancelled_at": self.shop_maybe_time(order.cancelled_at),
            "cancel_reason": or_null(&order.cancel_reason),
            "currency": CURRENCY, "presentment_currency": CURRENCY,
            "total_weight": grams, "taxes_included": true,
            "note": null, "buyer_note": or_null(&order.buyer_note), "note_attributes": [],
            "tags": tags, "po_number": "", "order_source": null, "source_name": null,
            "service": null, "pos_location_id": null, "customer_locale": "en",
            "checkout_language": "en", "processed_user_id": null,
        });
        if let Value::Object(head) = head {
            out.extend(head);
        }
    }

    fn shop_people(&self, order: &ShopOrder, out: &mut Map<String, Value>) {
        let customer = format!("27{:08}", fnv64(order.email.as_bytes()) % 100_000_000);
        let address = address_json(&order.address);
        let phone = or_null(&order.address.phone);
        out.insert("email".to_owned(), or_null(&order.email));
        out.insert("phone".to_owned(), phone.clone());
        out.insert("user_id".to_owned(), json!(customer));
        out.insert(
            "customer".to_owned(),
            json!({
                "id": customer, "email": or_null(&order.email),
                "first_name": order.address.first_name, "last_name": order.address.last_name,
                "phone": phone, "area_code": null, "currency": CURRENCY,
                "created_at": null, "updated_at": null, "addresses": address,
            }),
        );
        out.insert("shipping_address".to_owned(), address);
        out.insert("billing_address".to_owned(), Value::Null);
        let named = order.lines.iter().filter(|_| order.names_locations);
        let mut used: Vec<usize> = named.map(|l| l.location).collect();
        used.sort_unstable();
        used.dedup();
        let places: Vec<Value> = used
            .into_iter()
            .map(|at| {
                let place = &self.shop.locations[at];
                json!({
                    "location_id": place.id, "name": place.name, "type": "productLocation",
                    "country": "United Kingdom", "country_code": "GB", "province": "",
                    "city": place.town, "district": null, "town": null, "neighborhood": null,
                    "address": place.line1, "address_add": null, "zip": place.postcode, "phone": "1",
                })
            })
            .collect();
        out.insert("locations".to_owned(), places.into());
    }

    /// A line inside an order.
    pub(super) fn shop_line_json(&self, order: &ShopOrder, at: usize) -> Value {
        let line = &order.lines[at];
        let (product, variant) = self.shop_ids_of(line);
        let mut out = json!({
            "id": line.id.to_string(), "product_id": product, "variant_id": variant,
            "sku": or_null(&line.sku), "title": line.title, "name": line.title,
            "variant_title": line.variant_title,
            "attribute": format!("Colour - {}", line.variant_title),
            "quantity": line.quantity, "fulfillable_quantity": order.fulfillable(at),
            "fulfillment_status": progress_name(order.line_progress(at)),
            "fulfillment_service": line.carrier,
            "location_id": order.names_locations.then(|| &self.shop.locations[line.location].id),
            "price": money(line.price_minor), "price_set": null,
            "grams": line.weight_grams, "requires_shipping": line.needs_shipping,
            "taxable": true, "gift_card": line.is_gift_card, "is_bundle": null,
            "is_bundle_component": null, "bundle_parent_variant_id": null,
            "bundle_parent_item": null, "properties": [], "customized_attributes": [],
            "tags": "", "vendor": null, "image_url": null, "harmonized_system_code": null,
            "country_code_of_origin": null, "tax_lines": [], "duties": [],
            "discount_allocations": [],
        });
        out["price_set"] = money_set(line.price_minor);
        out
    }

    /// Product and variant of a line.
    pub(super) fn shop_ids_of(&self, line: &ShopLine) -> (Value, Value) {
        match line.variant.map(|v| &self.shop.variants[v]) {
            Some(variant) => (
                json!(self.shop.products[variant.product].id),
                json!(variant.id),
            ),
            None => (Value::Null, Value::Null),
        }
    }
}

/// What stood in the store at an earlier time, as far as a lagging list goes wrong: payment, shipments, the cancel.
fn as_of(order: &ShopOrder, since: Ts) -> ShopOrder {
    let mut old = order.clone();
    old.fulfilments.retain(|f| f.created_at <= since);
    for fulfilment in &mut old.fulfilments {
        fulfilment.cancelled_at = fulfilment.cancelled_at.filter(|at| *at <= since);
    }
    if old.cancelled_at.is_some_and(|at| at > since) {
        old.cancelled_at = None;
        old.cancel_reason.clear();
    }
    if old.paid_at.is_some_and(|at| at > since) {
        old.payment = Payment::Unpaid;
    }
    old.refunds.retain(|r| r.at <= since);
    old.updated_at = old.updated_at.min(since.max(old.created_at));
    old
}

fn shipping_line(order: &ShopOrder) -> Value {
    let price = money(order.postage_minor);
    json!({
        "title": or_null(&order.rate), "code": null, "price": price, "shipping_price": price,
        "discounted_price": null, "source": null, "shipping_strategy_name": "General",
        "requested_fulfillment_service_id": null, "phone": "", "tax_lines": [],
        "discount_allocations": [],
    })
}

/// An address; SHOPLINE's own province codes are not ISO's.
pub(super) fn address_json(a: &ShopAddress) -> Value {
    json!({
        "name": format!("{} {}", a.first_name, a.last_name).trim(),
        "first_name": a.first_name, "last_name": a.last_name, "company": or_null(&a.company),
        "phone": or_null(&a.phone), "country": a.country, "country_code": a.country_code,
        "province": or_null(&a.province), "province_code": "4200006",
        "standard_province_code": null, "city": a.town, "district": null, "district_code": null,
        "neighborhood": null, "address1": a.line1, "address2": or_null(&a.line2),
        "zip": or_null(&a.postcode), "latitude": null, "longitude": null,
        "delivery_store_code": null, "delivery_store_name": null,
    })
}

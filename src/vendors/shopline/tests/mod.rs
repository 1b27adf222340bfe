//! A SHOPLINE that answers as told, and fixtures. Every value is invented.

mod answers;
mod events;
mod fulfilments;
mod orders;
mod stock;

use super::{Shopline, ShoplineConfig};
use crate::secret::Secret;
use crate::vendors::CallLog;
use crate::wire::{Wire, WireError};
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

pub const TOKEN: &str = "eyJhbGciOiJIUzUxMiJ9.store-token.sig";
pub const APP_SECRET: &str = "shhh-app-secret";
pub const ORDER: &str = "21070000000000000000001234";
pub const FULFILMENT: &str = "22070000000000000000001234";
pub const VARIANT: &str = "18070000000000000000001755";
pub const PRODUCT: &str = "16070000000000000000001755";
pub const ITEM: &str = "7680000000000000101";
pub const PLACE: &str = "7680000000000000001";
pub const BASE: &str = "https://demo.myshopline.com/admin/openapi/v20260601/";

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    pub verb: String,
    /// Below the version.
    pub path: String,
    pub headers: http::HeaderMap,
    pub body: Value,
}

/// One prepared answer.
pub type Prepared = Result<http::Response<Bytes>, WireError>;

/// Answers from a list.
#[derive(Default)]
pub struct Fake {
    pub seen: Mutex<Vec<Seen>>,
    pub answers: Mutex<VecDeque<Prepared>>,
}

impl Fake {
    pub fn answering(answers: impl IntoIterator<Item = Prepared>) -> Arc<Self> {
        let fake = Self::default();
        fake.answers.lock().unwrap().extend(answers);
        Arc::new(fake)
    }

    pub fn wire(self: &Arc<Self>) -> Wire {
        let fake = Arc::clone(self);
        Wire::new(tower::service_fn(move |request: http::Request<Bytes>| {
            let fake = Arc::clone(&fake);
            async move { fake.answer(request) }
        }))
    }

    fn answer(&self, request: http::Request<Bytes>) -> Prepared {
        let uri = request.uri().to_string();
        let path = uri.strip_prefix(BASE).unwrap_or(&uri).to_owned();
        self.seen.lock().unwrap().push(Seen {
            verb: request.method().to_string(),
            path,
            headers: request.headers().clone(),
            body: serde_json::from_slice(request.body()).unwrap_or_default(),
        });
        let prepared = self.answers.lock().unwrap().pop_front();
        prepared.unwrap_or_else(|| panic!("no answer prepared"))
    }

    pub fn calls(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn only(&self) -> Seen {
        let calls = self.calls();
        assert_eq!(calls.len(), 1, "one call");
        calls[0].clone()
    }
}

pub fn log() -> CallLog {
    CallLog::default()
}

/// 200 with JSON.
pub fn ok(body: &Value) -> Prepared {
    raw(200, &body.to_string())
}

/// Any status with any text.
pub fn raw(status: u16, body: &str) -> Prepared {
    let mut response = http::Response::new(Bytes::from(body.to_owned()));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
    Ok(response)
}

/// With one more header.
pub fn with(answer: Prepared, name: &'static str, value: &str) -> Prepared {
    let mut response = answer.unwrap();
    response.headers_mut().append(name, value.parse().unwrap());
    Ok(response)
}

pub fn config() -> ShoplineConfig {
    let mut config = ShoplineConfig::new("demo", Secret::new(TOKEN.to_owned()));
    config.app_secret = Some(Secret::new(APP_SECRET.to_owned()));
    config
}

pub fn client(fake: &Arc<Fake>) -> Shopline {
    Shopline::new(config(), fake.wire()).unwrap()
}

/// A line of a given id.
pub fn line(id: &str, sku: &str, quantity: i64) -> Value {
    json!({"id": id, "product_id": PRODUCT, "variant_id": VARIANT, "sku": sku, "title": "Tee", "name": "Tee",
        "variant_title": "Yellow / S", "quantity": quantity, "fulfillable_quantity": quantity,
        "fulfillment_status": "null", "fulfillment_service": null, "location_id": PLACE, "price": "10.00",
        "grams": 250, "requires_shipping": true, "gift_card": false, "is_bundle": null,
        "is_bundle_component": null, "bundle_parent_variant_id": null, "tax_lines": []})
}

/// A paid order with nothing shipped.
pub fn order() -> Value {
    let mut order = json!({
        "id": ORDER, "name": "1003", "store_id": "1700000000000", "status": "open", "financial_status": "paid",
        "fulfillment_status": "null", "fulfillment_status_v2": "unshipped",
        "return_info": {"return_status": "NO_RETURN"}, "hidden_order": false,
        "created_at": "2026-09-02T21:44:06+08:00", "updated_at": "2026-09-02T21:44:07+08:00",
        "order_at": "2026-09-02T21:44:06+08:00", "cancelled_at": null, "cancel_reason": null, "currency": "USD",
        "current_total_price": "25.00", "total_outstanding": "0.00", "email": "ann@example.test", "phone": null
    });
    let rest = json!({
        "buyer_note": "leave at the door", "note_attributes": [], "tags": "[\"wholesale\",\"rush\"]",
        "po_number": "PO-7", "order_source": null, "source_name": null, "service": null, "pos_location_id": null,
        "customer": {"id": null, "email": null, "phone": null, "addresses": {"name": "Ann Lee"}},
        "shipping_address": {"name": "Ann Lee", "first_name": "Ann", "last_name": "Lee", "company": null,
            "phone": "5550100", "country": "United States", "country_code": "US", "province": "California",
            "province_code": "4200006", "standard_province_code": "CA", "city": "Fresno", "district": null,
            "neighborhood": null, "address1": "1 Main St", "address2": null, "zip": "93650"},
        "shipping_lines": [{"title": "Standard", "code": null, "price": "5.00"}],
        "line_items": [line("458610", "TEE-Y-S", 2)],
        "fulfillments": [], "refunds": []
    });
    for (name, value) in rest.as_object().unwrap() {
        order[name] = value.clone();
    }
    order
}

/// A fulfilment as the calls about fulfilments give it: the line's id is a number there.
pub fn fulfilment(quantity: i64, numbers: &[&str]) -> Value {
    let tracking: Vec<Value> = numbers
        .iter()
        .map(|n| json!({"tracking_company": "FedEx", "tracking_number": n, "tracking_url": ""}))
        .collect();
    json!({"id": FULFILMENT, "order_id": ORDER, "name": "#1003.1", "status": "success", "shipment_status": null,
        "created_at": "2026-09-02T22:02:39+08:00", "updated_at": "2026-09-02T22:02:39+08:00",
        "tracking_company": "FedEx", "tracking_number": numbers.first(), "tracking_numbers": numbers,
        "tracking_info_list": tracking, "location_id": PLACE,
        "line_items": [{"id": 458_610, "variant_id": VARIANT, "sku": "TEE-Y-S", "quantity": 2,
            "fulfillment_quantity": quantity, "fulfillable_quantity": 2 - quantity, "price": "10.0"}]})
}

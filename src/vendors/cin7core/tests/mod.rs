//! A Cin7 Core that answers as told, and fixtures. Every value is invented.

mod answers;
mod sales;
mod stock;
mod values;
mod writes;

use super::{Cin7Config, Cin7Core};
use crate::secret::Secret;
use crate::wire::{Wire, WireError};
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

pub const ACCOUNT: &str = "aaaaaaaa-1111-4111-8111-AAAAAAAAAAAA";
pub const KEY: &str = "bbbbbbbb-2222-4222-8222-bbbbbbbbbbbb";
pub const SALE: &str = "11111111-0000-4000-8000-000000000001";
pub const TASK: &str = "11111111-0000-4000-8000-0000000000a2";
pub const PLACE: &str = "33333333-0000-4000-8000-000000000001";
pub const BIN: &str = "33333333-0000-4000-8000-000000000012";
pub const PRODUCT: &str = "44444444-0000-4000-8000-000000000001";
pub const BASE: &str = "https://inventory.dearsystems.com/ExternalApi/v2";

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    pub verb: String,
    /// Below the base address, with the query.
    pub uri: String,
    pub headers: http::HeaderMap,
    pub body: Bytes,
}

impl Seen {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }
}

/// One prepared answer.
pub type Prepared = Result<http::Response<Bytes>, WireError>;

/// Answers every call from a list.
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
        let seen = Seen {
            verb: request.method().to_string(),
            uri: uri.strip_prefix(BASE).unwrap().to_owned(),
            headers: request.headers().clone(),
            body: request.into_body(),
        };
        self.seen.lock().unwrap().push(seen);
        let prepared = self.answers.lock().unwrap().pop_front();
        prepared.unwrap_or_else(|| panic!("no answer prepared"))
    }

    pub fn calls(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
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

pub fn config() -> Cin7Config {
    let mut config = Cin7Config::new(Secret::new(ACCOUNT.to_owned()), Secret::new(KEY.to_owned()));
    config.time_zone = chrono_tz::Europe::Berlin;
    config
}

pub fn client(fake: &Arc<Fake>) -> Cin7Core {
    Cin7Core::new(config(), fake.wire()).unwrap()
}

/// A client that answers the one call it makes.
pub fn client_with(answer: Prepared) -> (Arc<Fake>, Cin7Core) {
    let fake = Fake::answering([answer]);
    let client = client(&fake);
    (fake, client)
}

/// A row of the list of sales.
pub fn row() -> Value {
    json!({"SaleID": SALE, "OrderNumber": "SO-01042", "Status": "ORDERED", "Type": "Simple Sale",
        "OrderDate": "2026-03-04T00:00:00", "InvoiceDate": null, "ShipBy": "2026-03-06T00:00:00",
        "Customer": "Nordlicht Outdoor", "CustomerReference": "WEB-7781", "InvoiceAmount": 0,
        "Updated": "2026-03-04T09:12:33.913Z", "QuoteStatus": "NOT AVAILABLE", "OrderStatus": "AUTHORISED",
        "CombinedPickingStatus": "NOT PICKED", "CombinedPackingStatus": "NOT PACKED",
        "CombinedShippingStatus": "NOT SHIPPED", "FulFilmentStatus": "NOT FULFILLED",
        "CombinedInvoiceStatus": "INVOICED / CREDITED", "CreditNoteStatus": "NOT AVAILABLE",
        "CombinedPaymentStatus": "UNPAID", "CombinedTrackingNumbers": "", "SourceChannel": "Shopify",
        "ExternalID": null, "OrderLocationID": "33333333-0000-4000-8000-00000000000A"})
}

/// A list answer.
pub fn list(key: &str, rows: &[Value]) -> Value {
    json!({"Total": rows.len(), "Page": 1, key: rows})
}

/// An order line.
pub fn line(sku: &str, quantity: &Value) -> Value {
    json!({"ProductID": PRODUCT, "SKU": sku, "Name": "Tent 2P", "Quantity": quantity, "Price": 120,
        "Discount": 0, "Tax": 68.4, "AverageCost": 70, "TaxRule": "VAT 19", "Comment": "", "DropShip": false,
        "Backorder": false, "BackorderQuantity": 0, "Total": 360})
}

/// A simple sale, authorised, nothing picked.
pub fn sale() -> Value {
    json!({"ID": SALE, "Type": "Simple Sale", "Status": "ORDERED", "Customer": "Nordlicht Outdoor",
        "CustomerID": "22222222-0000-4000-8000-000000000001", "Contact": "Ida Brandt", "Phone": "+49 40 000000",
        "Email": "ida@example.test", "SkipQuote": true, "Location": "Main Warehouse", "Carrier": "DHL Paket",
        "ShipBy": "2026-03-06T00:00:00", "SaleOrderDate": "2026-03-04T00:00:00",
        "LastModifiedOn": "2026-03-04T09:12:33.91Z", "Note": "", "CustomerReference": "WEB-7781",
        "ShippingNotes": "leave at door", "CustomerCurrency": "EUR", "ServiceOnly": false, "ExternalID": null,
        "SourceChannel": "Shopify", "CombinedPickingStatus": "NOT PICKED", "CombinedPackingStatus": "NOT PACKED",
        "CombinedShippingStatus": "NOT SHIPPED", "FulFilmentStatus": "NOT FULFILLED",
        "CombinedInvoiceStatus": "NOT INVOICED", "CombinedPaymentStatus": "UNPAID", "CombinedTrackingNumbers": "",
        "ShippingAddress": {"DisplayAddressLine1": "Hafenweg 3", "Line1": "Hafenweg 3", "Line2": "", "City": "Hamburg",
            "State": "", "Postcode": "20457", "Country": "DE", "Company": "Nordlicht Outdoor", "Contact": "Ida Brandt"},
        "Order": {"SaleOrderNumber": "SO-01042", "Memo": "", "Status": "AUTHORISED",
            "Lines": [line("TENT-2P", &json!(3))],
            "AdditionalCharges": [{"Description": "Carriage", "Price": 4.9, "Quantity": 1, "Total": 4.9}],
            "TotalBeforeTax": 360, "Tax": 68.4, "Total": 428.4},
        "Fulfilments": [fulfilment(SALE, 1)], "Invoices": [], "CreditNotes": [], "ManualJournals": {},
        "AdditionalAttributes": {}, "Attachments": [], "InventoryMovements": []})
}

/// A fulfilment with nothing in it.
pub fn fulfilment(task: &str, number: i64) -> Value {
    json!({"TaskID": task, "FulfillmentNumber": number, "LinkedInvoiceNumber": null,
        "FulFilmentStatus": "NOT FULFILLED", "Pick": {"Status": "NOT AVAILABLE", "Lines": []},
        "Pack": {"Status": "NOT AVAILABLE", "Lines": []},
        "Ship": {"Status": "NOT AVAILABLE", "RequireBy": null, "ShippingAddress": {}, "ShippingNotes": "", "Lines": []}})
}

/// A pick or pack as answered.
pub fn stage(status: &str, quantity: &Value) -> Value {
    json!({"TaskID": SALE, "Status": status, "Lines": [{"ProductID": PRODUCT, "SKU": "TENT-2P", "Name": "Tent 2P",
        "Location": "Main Warehouse: A-01-02", "LocationID": BIN.to_uppercase(), "Quantity": quantity,
        "BatchSN": null, "ExpiryDate": null, "NonInventory": false, "Box": "Box 1"}]})
}

/// A row of availability.
pub fn availability(
    sku: &str,
    bin: Option<&str>,
    on_hand: &Value,
    allocated: &Value,
    available: &Value,
) -> Value {
    json!({"ID": PRODUCT, "SKU": sku, "Name": "Tent 2P", "Barcode": "4006381333931", "Location": "Main Warehouse",
        "Bin": bin, "Batch": null, "ExpiryDate": null, "OnHand": on_hand, "Allocated": allocated,
        "Available": available, "OnOrder": 0, "StockOnHand": 2800, "InTransit": 0, "NextDeliveryDate": null})
}

/// The locations: a warehouse with a bin, and the bin again as a row of its own.
pub fn locations() -> Value {
    list(
        "LocationList",
        &[
            json!({"ID": PLACE.to_uppercase(), "Name": "Main Warehouse", "IsDefault": true, "IsDeprecated": false,
            "ParentID": null, "Bins": [{"ID": BIN.to_uppercase(), "Name": "A-01-02", "IsDeprecated": false,
            "IsStaging": false}], "ReferenceCount": 3, "IsShopFloor": false}),
            json!({"ID": BIN, "Name": "A-01-02", "IsDefault": false, "ParentID": PLACE, "Bins": null}),
        ],
    )
}

//! A Linnworks that answers as told, and fixtures. Every value is invented.

mod answers;
mod items;
mod orders;
mod sessions;
mod values;

use super::{Linnworks, LinnworksConfig};
use crate::secret::Secret;
use crate::wire::{Wire, WireError};
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

pub const APP_ID: &str = "11111111-1111-4111-8111-111111111111";
pub const APP_SECRET: &str = "22222222-2222-4222-8222-222222222222";
pub const INSTALL_TOKEN: &str = "33333333-3333-4333-8333-333333333333";
pub const SERVER: &str = "https://eu-ext.linnworks.net";
pub const ORDER_ID: &str = "3f1d2c4b-5a69-4788-9b0c-1d2e3f405162";
pub const LOCATION: &str = "b7c1e2d4-3f5a-4c6b-8d9e-0a1b2c3d4e5f";
pub const SERVICE: &str = "5d4c3b2a-1f0e-4d9c-8b7a-695847362514";
pub const ITEM: &str = "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d";

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    pub uri: String,
    pub authorization: String,
    pub body: Bytes,
}

/// One prepared answer.
pub type Prepared = Result<http::Response<Bytes>, WireError>;

/// Answers sign-ins by itself (unless told otherwise) and every other call from a list.
#[derive(Default)]
pub struct Fake {
    pub seen: Mutex<Vec<Seen>>,
    pub sign_ins: Mutex<VecDeque<Prepared>>,
    pub answers: Mutex<VecDeque<Prepared>>,
}

impl Fake {
    /// With answers to calls, in order.
    pub fn answering(answers: impl IntoIterator<Item = Prepared>) -> Arc<Self> {
        let fake = Self::default();
        fake.answers.lock().unwrap().extend(answers);
        Arc::new(fake)
    }

    pub fn wire(self: &Arc<Self>) -> Wire {
        let fake = Arc::clone(self);
        Wire::new(tower::service_fn(move |request: http::Request<Bytes>| {
            let fake = Arc::clone(&fake);
            async move {
                // Others get their turn between request and answer, as on a network.
                tokio::task::yield_now().await;
                fake.answer(request)
            }
        }))
    }

    fn answer(&self, request: http::Request<Bytes>) -> Prepared {
        let is_sign_in = request.uri().path().ends_with("AuthorizeByApplication");
        let authorization = request.headers().get(http::header::AUTHORIZATION);
        let mut seen = self.seen.lock().unwrap();
        seen.push(Seen {
            uri: request.uri().to_string(),
            authorization: authorization.map_or_else(String::new, |v| v.to_str().unwrap().into()),
            body: request.into_body(),
        });
        if is_sign_in {
            let count = seen.iter().filter(|s| s.uri.contains("/Auth/")).count();
            let prepared = self.sign_ins.lock().unwrap().pop_front();
            return prepared.unwrap_or_else(|| ok(&session(count, SERVER)));
        }
        let prepared = self.answers.lock().unwrap().pop_front();
        prepared.unwrap_or_else(|| panic!("no answer prepared"))
    }

    /// Requests that were not sign-ins.
    pub fn calls(&self) -> Vec<Seen> {
        let seen = self.seen.lock().unwrap();
        let calls = seen.iter().filter(|s| !s.uri.contains("/Auth/"));
        calls.cloned().collect()
    }

    pub fn sign_in_count(&self) -> usize {
        let calls = self.calls().len();
        self.seen.lock().unwrap().len() - calls
    }
}

/// The session token of the n-th sign-in.
pub fn session_token(n: usize) -> String {
    format!("7e0f5a54-0b8e-4b7f-9c68-{n:012}")
}

/// The answer of the n-th sign-in.
pub fn session(n: usize, server: &str) -> Value {
    json!({
        "Id": "5b0c3c52-9b1d-4d6e-8a55-0c5f7e0b1a01", "DatabaseName": "ACME0001", "Md5Hash": "d41d8cd98f00b204",
        "UserName": "ops@example.test", "Locality": "EU", "TTL": 1800, "Token": session_token(n),
        "AccessToken": null, "Status": {"State": "AVAILABLE", "Reason": "", "Parameters": {}},
        "Server": server, "PushServer": "https://eu-push.linnworks.net", "FullName": "Pat Sample"
    })
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

pub fn config() -> LinnworksConfig {
    LinnworksConfig {
        auth_url: "https://api.linnworks.net".to_owned(),
        server_url: None,
        application_id: APP_ID.to_owned(),
        application_secret: Secret::new(APP_SECRET.to_owned()),
        token: Secret::new(INSTALL_TOKEN.to_owned()),
        extra_hosts: Vec::new(),
    }
}

pub fn adapter(fake: &Arc<Fake>) -> Linnworks {
    Linnworks::new(config(), fake.wire())
}

/// An order as the calls by id give it.
pub fn details() -> Value {
    json!({
        "OrderId": ORDER_ID, "NumOrderId": 100482, "Processed": false, "ProcessedDateTime": null,
        "PaidDateTime": "2026-02-03T09:15:40Z", "FulfilmentLocationId": LOCATION, "TaxId": null,
        "GeneralInfo": {"Status": 1, "LabelPrinted": false, "Marker": 0, "IsParked": false, "Identifiers": [],
            "ReferenceNum": "A1001", "SecondaryReference": null, "ExternalReferenceNum": "A1001",
            "ReceivedDate": "2026-02-03T09:15:02Z", "Source": "SHOPIFY", "SubSource": "Acme UK",
            "HoldOrCancel": false, "DespatchByDate": "2026-02-05T00:00:00Z", "ScheduledDelivery": null,
            "Location": LOCATION, "NumItems": 0},
        "ShippingInfo": {"Vendor": "Royal Mail", "PostalServiceId": SERVICE, "PostalServiceName": "Tracked 48",
            "TotalWeight": 0.8, "ItemWeight": 0.7, "PostageCost": 3.5, "PostageCostExTax": 2.9167,
            "TrackingNumber": "", "ManualAdjust": false},
        "CustomerInfo": {"ChannelBuyerName": "", "Address": {"EmailAddress": "pat@example.test",
            "Address1": "9 Sample Street", "Address2": "", "Address3": "", "Town": "York", "Region": "",
            "PostCode": "YO1 0AA", "Country": "United Kingdom", "Continent": "Europe", "FullName": "Pat Sample",
            "Company": "", "PhoneNumber": "", "CountryId": "6a1f0c52-0000-4000-8000-0000000000b1"},
            "BillingAddress": null},
        "TotalsInfo": {"Subtotal": 20.0, "PostageCost": 3.5, "Tax": 4.583, "TotalCharge": 27.5, "Currency": "GBP"},
        "ExtendedProperties": [], "FolderName": [], "Notes": [],
        "Items": [line("c0ffee00-1234-4abc-9def-001122334455", "MUG-BLU-01", 2)]
    })
}

/// A linked line.
pub fn line(row: &str, sku: &str, quantity: i64) -> Value {
    json!({
        "RowId": row, "OrderId": ORDER_ID, "ItemId": ITEM, "StockItemId": ITEM, "StockItemIntId": 0,
        "ItemNumber": "7788", "SKU": sku, "ItemSource": "SHOPIFY", "Title": "Blue mug", "Quantity": quantity,
        "PricePerUnit": 12.0, "UnitCost": 4.0, "CompositeSubItems": [], "IsService": false, "IsUnlinked": false,
        "Weight": 0.35, "BarcodeNumber": "5000000000017", "ChannelSKU": sku, "BinRacks": null
    })
}

/// A level row.
pub fn level(sku: &str, location: &str, level: i64) -> Value {
    json!({"Location": {"StockLocationId": location, "LocationName": "North 3PL"}, "StockLevel": level,
        "InOrderBook": 3, "InOrders": 3, "Available": level - 3, "SKU": sku, "MinimumLevel": -1})
}

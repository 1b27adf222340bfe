//! The exact requests the Linnworks adapter makes: golden bodies, and every path, verb and member held against the
//! official descriptions where they are at hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::Bytes;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tallyman::domain::delivery::{DespatchIntentLine, StockWrite};
use tallyman::domain::ids::{LocationId, Sku, SourceOrderId};
use tallyman::secret::Secret;
use tallyman::vendors::linnworks::{Linnworks, LinnworksConfig};
use tallyman::vendors::{
    CallLog, Channel, LevelWrite, OpenOrders, Processing, SalesSystem, ShippingUpdate, StockFigures,
};
use tallyman::wire::Wire;

const ORDER: &str = "3f1d2c4b-5a69-4788-9b0c-1d2e3f405162";
const LOCATION: &str = "b7c1e2d4-3f5a-4c6b-8d9e-0a1b2c3d4e5f";
const SERVICE: &str = "5d4c3b2a-1f0e-4d9c-8b7a-695847362514";
const ITEM: &str = "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d";
const ROW: &str = "c0ffee00-1234-4abc-9def-001122334455";

/// Verb, path below `/api/`, query, body.
#[derive(Debug, Clone, PartialEq)]
struct Sent {
    verb: String,
    path: String,
    query: Vec<(String, String)>,
    body: Value,
}

/// Records every request. Sign-in succeeds; every other call gets an empty list, whose reading does not matter here.
fn recorder() -> (Wire, Arc<Mutex<Vec<Sent>>>) {
    let sent: Arc<Mutex<Vec<Sent>>> = Arc::default();
    let kept = Arc::clone(&sent);
    let wire = Wire::new(tower::service_fn(move |request: http::Request<Bytes>| {
        let url = reqwest::Url::parse(&request.uri().to_string()).unwrap();
        let path = url.path().strip_prefix("/api/").unwrap().to_owned();
        let has_type = request.headers().contains_key(http::header::CONTENT_TYPE);
        assert_eq!(has_type, request.method() == http::Method::POST);
        let answer = if path.starts_with("Auth/") {
            json!({"Token": "t", "Server": "https://eu-ext.linnworks.net"})
        } else {
            assert_eq!(request.headers()[http::header::AUTHORIZATION], "t");
            json!([])
        };
        kept.lock().unwrap().push(Sent {
            verb: request.method().to_string(),
            path,
            query: url.query_pairs().into_owned().collect(),
            body: serde_json::from_slice(request.body()).unwrap_or(Value::Null),
        });
        std::future::ready(Ok(http::Response::new(Bytes::from(answer.to_string()))))
    }));
    (wire, sent)
}

fn adapter(wire: Wire) -> Linnworks {
    let config = LinnworksConfig {
        auth_url: "https://api.linnworks.net".to_owned(),
        server_url: None,
        application_id: "11111111-1111-4111-8111-111111111111".to_owned(),
        application_secret: Secret::new("22222222-2222-4222-8222-222222222222".to_owned()),
        token: Secret::new("33333333-3333-4333-8333-333333333333".to_owned()),
        extra_hosts: Vec::new(),
    };
    Linnworks::new(config, wire)
}

/// Makes every call once. The recorder's empty answers may not be what a call needs; only the request counts here.
async fn every_request() -> Vec<Sent> {
    let (wire, sent) = recorder();
    let lw = adapter(wire);
    let log = CallLog::default();
    let id = SourceOrderId::from(ORDER);
    let ids = [id.clone(), SourceOrderId::from(ITEM)];
    let place = LocationId::from(LOCATION);
    let line = DespatchIntentLine {
        row_id: ROW.to_owned(),
        sku: "MUG-BLU-01".into(),
        qty_each: 1,
        before_each: 0,
        unit_price_minor: 1999,
    };
    let update = ShippingUpdate {
        source_id: id.clone(),
        tracking: "AB123456789GB".to_owned(),
        service_id: SERVICE.to_owned(),
        vendor_extra: json!({"TotalWeight": 0.8, "ItemWeight": 0.7, "PostageCost": 3.5, "ManualAdjust": false,
            "Vendor": "Royal Mail"}),
    };
    let write = LevelWrite {
        item_id: String::new(),
        write: StockWrite {
            item: "MUG-BLU-01".into(),
            sku: "MUG-BLU-01".into(),
            location: place.clone(),
            level_each: 12,
            publish_each: 9,
            snapshot_id: 1,
        },
    };
    lw.locations(&log).await.ok();
    lw.postal_services(&log).unwrap().await.ok();
    lw.open_order_ids(&place, &log).await.ok();
    lw.open_orders_page(&place, 2, &log).await.ok();
    lw.open_orders_by_ids(&ids, &log).await.ok();
    lw.orders_by_ids(&ids, &log).await.ok();
    lw.set_shipping(&update, &log).await.ok();
    lw.process_batch(&ids, &place, &log).await.ok();
    lw.process_one(&id, &place, false, &log).await.ok();
    lw.process_one(&id, &place, true, &log).await.ok();
    lw.split_order(&id, &place, SERVICE, &[line], &log)
        .await
        .ok();
    lw.relations(&id, &log).await.ok();
    lw.notify_states(&ids, &log).await.ok();
    lw.notify_states(&ids[..1], &log).await.ok();
    lw.add_note(&id, "Short pick: 1 missing", &log).await.ok();
    lw.set_stock(&[write], &log).await.ok();
    lw.stock_levels(&[ITEM.to_owned()], &log).await.ok();
    lw.stock_ids(&[Sku::from("MUG-BLU-01"), Sku::from("NOPE")], &log)
        .unwrap()
        .await
        .ok();
    lw.products_page(Some("3"), &log).await.ok();
    sent.lock().unwrap().clone()
}

fn post(path: &str, body: Value) -> Sent {
    Sent {
        verb: "POST".to_owned(),
        path: path.to_owned(),
        query: Vec::new(),
        body,
    }
}

fn get(path: &str, query: &[(&str, &str)]) -> Sent {
    let pair = |(n, v): &(&str, &str)| ((*n).to_owned(), (*v).to_owned());
    Sent {
        verb: "GET".to_owned(),
        path: path.to_owned(),
        query: query.iter().map(pair).collect(),
        body: Value::Null,
    }
}

#[tokio::test]
async fn every_request_is_exactly_this() {
    let expected = [
        post(
            "Auth/AuthorizeByApplication",
            json!({"ApplicationId": "11111111-1111-4111-8111-111111111111",
                "ApplicationSecret": "22222222-2222-4222-8222-222222222222",
                "Token": "33333333-3333-4333-8333-333333333333"}),
        ),
        get("Inventory/GetStockLocations", &[]),
        get("PostalServices/GetPostalServices", &[]),
        post(
            "Orders/GetAllOpenOrders",
            json!({"filters": {}, "sorting": [], "fulfilmentCenter": LOCATION, "additionalFilter": "",
                "exactMatch": false}),
        ),
        post(
            "Orders/GetOpenOrders",
            json!({"entriesPerPage": 200, "pageNumber": 2, "filters": {},
                "sorting": [{"FieldCode": "GENERAL_INFO_DATE", "Direction": "Ascending", "Order": 0}],
                "fulfilmentCenter": LOCATION, "additionalFilter": ""}),
        ),
        post(
            "OpenOrders/GetOpenOrdersDetails",
            json!({"OrderIds": [ORDER, ITEM], "DetailLevel": ["FOLDER"]}),
        ),
        post("Orders/GetOrdersById", json!({"pkOrderIds": [ORDER, ITEM]})),
        post(
            "Orders/SetOrderShippingInfo",
            json!({"orderId": ORDER, "info": {"PostalServiceId": SERVICE, "TotalWeight": 0.8, "ItemWeight": 0.7,
                "PostageCost": 3.5, "ManualAdjust": false, "TrackingNumber": "AB123456789GB"}}),
        ),
        post(
            "Orders/ProcessOrdersInBatch",
            json!({"ordersIds": [ORDER, ITEM], "locationId": LOCATION, "context": null}),
        ),
        post(
            "Orders/ProcessOrder",
            json!({"orderId": ORDER, "scanPerformed": true, "locationId": LOCATION, "context": null}),
        ),
        post(
            "Orders/ProcessFulfilmentCentreOrder",
            json!({"orderId": ORDER}),
        ),
        post(
            "Orders/SplitOrder",
            json!({"orderId": ORDER,
                "newOrders": [{"Items": [{"RowId": ROW, "Quantity": 1, "Weight": 0.0, "UnitCost": 19.99}],
                    "PostalServiceId": SERVICE, "ParkOrder": false}],
                "type": "Manual", "fulfilmentLocationId": LOCATION, "recalcPackaging": true,
                "fulfillmentStatus": null}),
        ),
        get("Orders/GetOrderRelations", &[("orderId", ORDER)]),
        post(
            "Orders/GetOrderAuditTrailsByIds",
            json!({"OrderIds": [ORDER, ITEM]}),
        ),
        get(
            "ProcessedOrders/GetProcessedAuditTrail",
            &[("pkOrderId", ORDER)],
        ),
        post(
            "Orders/AddOrdersNote",
            json!({"OrderIds": [ORDER], "NoteText": "Short pick: 1 missing", "IsInternal": true,
                "IsProcessingNote": false}),
        ),
        post(
            "Stock/SetStockLevel",
            json!({"stockLevels": [{"SKU": "MUG-BLU-01", "LocationId": LOCATION, "Level": 12}],
                "changeSource": "tallyman"}),
        ),
        post(
            "Stock/GetStockLevel_Batch",
            json!({"request": {"StockItemIds": [ITEM]}}),
        ),
        post(
            "Inventory/GetStockItemIdsBySKU",
            json!({"request": {"SKUS": ["MUG-BLU-01", "NOPE"]}}),
        ),
        post(
            "Stock/GetStockItemsFull",
            json!({"keyword": "", "loadCompositeParents": false, "loadVariationParents": false,
                "entriesPerPage": 200, "pageNumber": 3, "dataRequirements": ["StockLevels"],
                "searchTypes": ["SKU"]}),
        ),
    ];
    let sent = every_request().await;
    assert_eq!(sent.len(), expected.len());
    for (sent, expected) in sent.iter().zip(&expected) {
        assert_eq!(sent, expected);
    }
}

/// The official description of a controller, when it is at hand.
fn description(controller: &str) -> Option<Value> {
    let file = format!("{}.json", controller.to_lowercase());
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/specs/linnworks")
        .join(file);
    let text = std::fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&text).expect("an official description is JSON"))
}

/// Follows a `$ref`.
fn resolve<'a>(doc: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => doc
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or_else(|| panic!("{reference} is not defined")),
        None => schema,
    }
}

/// Every member sent exists in the schema, with the right kind of value.
fn fits(doc: &Value, schema: &Value, sent: &Value, at: &str) {
    let schema = resolve(doc, schema);
    match sent {
        Value::Null => {}
        Value::Object(members) => {
            let known = &schema["properties"];
            assert!(
                known.is_object(),
                "{at}: an object is not described: {schema}"
            );
            for (name, value) in members {
                assert!(
                    known.get(name).is_some(),
                    "{at}.{name} is not in the description"
                );
                fits(doc, &known[name], value, &format!("{at}.{name}"));
            }
        }
        Value::Array(rows) => {
            assert_eq!(schema["type"], "array", "{at}");
            for row in rows {
                fits(doc, &schema["items"], row, &format!("{at}[]"));
            }
        }
        Value::String(text) => {
            assert_eq!(schema["type"], "string", "{at}");
            if let Some(values) = schema["enum"].as_array() {
                assert!(
                    values.iter().any(|v| v == text),
                    "{at}: {text} is not a value"
                );
            }
        }
        Value::Bool(_) => assert_eq!(schema["type"], "boolean", "{at}"),
        Value::Number(n) => {
            let kind = schema["type"].as_str().unwrap();
            assert!(
                kind == "number" || (kind == "integer" && n.is_i64()),
                "{at}: {n} as {kind}"
            );
        }
    }
}

#[tokio::test]
async fn every_request_is_as_the_official_description_says() {
    if description("orders").is_none() {
        eprintln!("the official descriptions are not at hand; nothing was compared");
        return;
    }
    let sent = every_request().await;
    let limits = {
        use tallyman::vendors::System;
        adapter(recorder().0).limits()
    };
    for request in &sent {
        let controller = request.path.split('/').next().unwrap();
        let doc =
            description(controller).unwrap_or_else(|| panic!("no description of {controller}"));
        let method = &doc["paths"][format!("/api/{}", request.path)][request.verb.to_lowercase()];
        assert!(
            method.is_object(),
            "{} {} is not described",
            request.verb,
            request.path
        );
        let none = Vec::new();
        let parameters = method["parameters"].as_array().unwrap_or(&none);
        for (name, _) in &request.query {
            let is_known = parameters
                .iter()
                .any(|p| p["in"] == "query" && p["name"] == name.as_str());
            assert!(
                is_known,
                "{}: parameter {name} is not described",
                request.path
            );
        }
        let body = parameters.iter().find(|p| p["in"] == "body");
        assert_eq!(
            body.is_some(),
            !request.body.is_null(),
            "{}: body",
            request.path
        );
        if let Some(body) = body {
            // Wrapped and bare follow from this: a wrapped body's schema has the one member `request`.
            fits(&doc, &body["schema"], &request.body, &request.path);
        }
        let limit = limits.iter().find(|l| l.key == request.path).unwrap();
        let text = method["description"].as_str().unwrap();
        let stated = format!("<b>{}</b>", limit.rate.per_minute());
        assert!(
            text.contains(&stated),
            "{}: {} a minute is not stated",
            request.path,
            limit.rate.per_minute()
        );
    }
}

#[test]
fn the_call_that_adds_to_a_level_is_nowhere_in_the_source() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/vendors/linnworks");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            files += 1;
            let text = std::fs::read_to_string(&path).unwrap();
            for name in ["UpdateStockLevelsBySKU", "BatchStockLevelDelta"] {
                assert!(!text.contains(name), "{} in {}", name, path.display());
            }
        }
    }
    assert!(files > 5);
}

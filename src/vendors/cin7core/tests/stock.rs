//! Locations, carriers, products, availability, webhooks, check.

use super::*;
use crate::domain::delivery::AnswerClass;
use crate::domain::ids::{LocationId, Sku};
use crate::domain::time::Ts;
use crate::vendors::cin7core::{
    Decimal, Event, EventKind, HookAuth, ProductStatus, WebhookLogin, WebhookWrite, parse_event,
    stock_by_location,
};
use crate::vendors::{CallLog, SourceStock, System};

#[tokio::test]
async fn bins_are_taken_from_their_warehouse() {
    let (_, client) = client_with(ok(&locations()));
    let page = client.locations_page(1, &CallLog::default()).await.unwrap();
    assert_eq!(page.rows.len(), 1);
    let location = &page.rows[0];
    assert_eq!(location.id, LocationId::from(PLACE));
    assert!(location.is_default && !location.is_deprecated);
    let place = location.bin_place(&location.bins[0]);
    assert_eq!(
        (place.name.as_str(), place.id),
        ("Main Warehouse: A-01-02", Some(LocationId::from(BIN)))
    );
    let source = location.source();
    assert_eq!(
        (source.name.as_str(), source.counts_open_orders),
        ("Main Warehouse", true)
    );
}

#[tokio::test]
async fn a_carrier_goes_by_its_description() {
    let rows = [
        json!({"CarrierID": TASK, "Description": "DHL Paket"}),
        json!({"CarrierID": SALE, "Description": ""}),
    ];
    let (_, client) = client_with(ok(&list("CarrierList", &rows)));
    let page = client.carriers_page(1, &CallLog::default()).await.unwrap();
    assert_eq!(page.rows[0].code, "DHL Paket");
    assert_eq!(page.unread[0].label, SALE);
    assert_eq!(page.unread[0].text, "CarrierList[2].Description is missing");
}

fn product(sku: &str) -> Value {
    json!({"ID": PRODUCT, "SKU": sku, "Name": "Tent 2P", "Category": "Tents", "Type": "Stock",
        "CostingMethod": "FEFO - Batch", "Status": "ACTIVE", "Barcode": "4006381333931", "PriceTier1": 119.995,
        "AverageCost": 70.123456, "BillOfMaterial": "true", "DropShipMode": "No Drop Ship", "Suppliers": [],
        "DefaultLocation": "Main Warehouse", "LastModifiedOn": "2026-03-04T09:12:33.913Z"})
}

#[tokio::test]
async fn products_are_read_with_deprecated_ones_and_compared_exactly() {
    let fake = Fake::answering([
        ok(&list("Products", &[product("TENT-2P"), product("")])),
        ok(&list(
            "Products",
            &[product("TENT-2P-XL"), product("TENT-2P")],
        )),
        ok(&list("Products", &[product("TENT-2P-XL")])),
    ]);
    let client = client(&fake);
    let log = CallLog::default();
    let page = client.products_page(Some(Ts(0)), 1, &log).await.unwrap();
    let found = &page.rows[0];
    assert_eq!(
        (found.product.sku.as_str(), found.product.price_minor),
        ("TENT-2P", 12_000)
    );
    assert_eq!(found.average_cost, Decimal::parse("70.123456").unwrap());
    assert!(found.product.is_composite);
    assert_eq!(
        (found.status, found.costing_method.as_str()),
        (ProductStatus::Active, "FEFO - Batch")
    );
    assert_eq!(page.unread.len(), 1);
    let sku = Sku::from("TENT-2P");
    assert_eq!(
        client
            .product(&sku, &log)
            .await
            .unwrap()
            .unwrap()
            .product
            .sku,
        sku
    );
    assert_eq!(client.product(&sku, &log).await.unwrap(), None);
    let calls = fake.calls();
    assert_eq!(
        calls[0].uri,
        "/product?Page=1&Limit=1000&IncludeDeprecated=true&ModifiedSince=1970-01-01T00%3A00%3A00"
    );
    assert_eq!(
        calls[1].uri,
        "/product?Page=1&Limit=1000&IncludeDeprecated=true&Sku=TENT-2P"
    );
}

#[tokio::test]
async fn availability_is_added_up_per_location_and_never_recomputed() {
    let mut batch = availability("TENT-2P", None, &json!(2), &json!("0.0000"), &json!(-5));
    batch["Batch"] = json!("B-7");
    batch["ExpiryDate"] = json!("2027-01-31T00:00:00");
    let rows = [
        availability(
            "TENT-2P",
            Some("A-01-02"),
            &json!(40),
            &json!(3),
            &json!(37),
        ),
        batch,
        availability("CLOTH", None, &json!(1.25), &json!(0), &json!(1.25)),
        availability("ROPE", None, &Value::Null, &json!(0), &json!(0)),
    ];
    let fake = Fake::answering([
        ok(&locations()),
        ok(&list("ProductAvailabilityList", &rows)),
    ]);
    let client = client(&fake);
    let log = CallLog::default();
    client.locations_page(1, &log).await.unwrap();
    let page = client.stock_page(1, &log).await.unwrap();
    assert_eq!(
        page.unread[0].text,
        "ProductAvailabilityList[4].OnHand is missing"
    );
    assert_eq!(page.rows[0].bin.as_deref(), Some("A-01-02"));
    assert_eq!(
        (page.rows[1].bin.as_deref(), page.rows[1].batch.as_str()),
        (None, "B-7")
    );
    assert_eq!(page.rows[1].expiry.unwrap().to_string(), "2027-01-31");
    let sums = stock_by_location(&page.rows);
    let tents = SourceStock {
        sku: Sku::from("TENT-2P"),
        location: LocationId::from(PLACE),
        level_each: 42,
        committed_each: 3,
        available_each: 32,
    };
    assert_eq!(sums.stock, [tents]);
    assert_eq!(sums.not_whole, [Sku::from("CLOTH")]);
}

#[tokio::test]
async fn the_stock_of_one_item_is_whole_or_an_error() {
    let here = |n: i64| availability("TENT-2P", None, &json!(n), &json!(0), &json!(n));
    let other = availability("TENT-2P-XL", None, &json!(9), &json!(0), &json!(9));
    let fake = Fake::answering([
        ok(&list("ProductAvailabilityList", &[here(4), other])),
        ok(&list("ProductAvailabilityList", &[])),
        ok(&json!({"Total": 7, "Page": 1, "ProductAvailabilityList": [here(4)]})),
    ]);
    let client = client(&fake);
    let log = CallLog::default();
    let sku = Sku::from("TENT-2P");
    let rows = client.stock_of(&sku, &log).await.unwrap();
    assert_eq!(
        rows.iter().map(|r| r.on_hand).collect::<Vec<_>>(),
        [Decimal::whole(4)]
    );
    // Rows of zero are left out: nothing there is nothing on hand.
    assert!(client.stock_of(&sku, &log).await.unwrap().is_empty());
    let error = client.stock_of(&sku, &log).await.unwrap_err();
    assert_eq!(error.class, AnswerClass::Malformed);
    assert!(
        error
            .text
            .ends_with("the stock of TENT-2P does not fit on one page"),
        "{}",
        error.text
    );
}

fn hook() -> Value {
    json!({"ID": TASK, "Type": "Sale/OrderAuthorised", "Name": "Sale order has been authorised", "IsActive": true,
        "ExternalURL": "https://hooks.example.test/hooks/c7/sesame-open", "ExternalAuthorizationType": "bearerauth",
        "ExternalUserName": null, "ExternalPassword": "plain-password", "ExternalBearerToken": "made-up-token",
        "ExternalHeaders": [{"Key": "x-tenant", "Value": "header-value"}]})
}

fn subscription() -> WebhookWrite {
    WebhookWrite {
        kind: EventKind::OrderAuthorised,
        url: "https://hooks.example.test/hooks/c7/sesame-open".to_owned(),
        is_active: true,
        login: WebhookLogin::Bearer(Secret::new("made-up-token".to_owned())),
        headers: vec![(
            "x-tenant".to_owned(),
            Secret::new("header-value".to_owned()),
        )],
    }
}

#[tokio::test]
async fn webhooks_are_listed_added_and_replaced_without_leaving_secrets_in_the_record() {
    let mut odd = hook();
    odd["Type"] = json!("Crm/LeadAuthorized");
    odd["IsActive"] = json!(false);
    let fake = Fake::answering([
        ok(&json!({"Webhooks": [hook(), odd]})),
        ok(&json!({"Webhooks": [hook()]})),
        ok(&json!({"Webhooks": [hook()]})),
    ]);
    let client = client(&fake);
    let log = CallLog::default();
    let all = client.webhooks(&log).await.unwrap();
    assert_eq!(
        (all[0].kind, all[0].auth),
        (Some(EventKind::OrderAuthorised), Some(HookAuth::Bearer))
    );
    assert_eq!(all[0].headers, ["x-tenant"]);
    assert_eq!(
        (all[1].kind, all[1].kind_text.as_str(), all[1].is_active),
        (None, "Crm/LeadAuthorized", false)
    );
    let added = client.add_webhook(&subscription(), &log).await.unwrap();
    assert_eq!(added.class, AnswerClass::Applied, "{}", added.text);
    let changed = client
        .change_webhook(&TASK.to_uppercase(), &subscription(), &log)
        .await
        .unwrap();
    assert_eq!(changed.class, AnswerClass::Applied, "{}", changed.text);
    let calls = fake.calls();
    assert_eq!(
        (calls[1].verb.as_str(), calls[1].uri.as_str()),
        ("POST", "/webhooks")
    );
    assert_eq!(calls[2].verb, "PUT");
    // A change replaces the whole: the secret goes along.
    assert_eq!(calls[2].json()["ExternalBearerToken"], "made-up-token");
    assert_eq!(calls[2].json()["ID"], TASK.to_uppercase());
    let traces = log.take();
    assert_eq!(traces.len(), 3);
    for trace in traces {
        let recorded = [trace.request, trace.answer].concat();
        let text = String::from_utf8(recorded).unwrap();
        for secret in [
            "made-up-token",
            "plain-password",
            "header-value",
            "sesame-open",
        ] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert!(text.contains("Sale/OrderAuthorised"), "{text}");
    }
}

#[tokio::test]
async fn a_webhook_that_is_not_shown_as_written_is_read_back() {
    let mut off = hook();
    off["IsActive"] = json!(false);
    for body in [json!({"Webhooks": [off]}), json!({"Webhooks": []})] {
        let (_, client) = client_with(ok(&body));
        let written = client
            .add_webhook(&subscription(), &CallLog::default())
            .await
            .unwrap();
        assert_eq!(written.class, AnswerClass::Unknown);
    }
    let said = r#"[{"ErrorCode":400,"Exception":"https://hooks.example.test/hooks/c7/sesame-open with made-up-token is refused"}]"#;
    let (_, client) = client_with(raw(400, said));
    let error = client
        .add_webhook(&subscription(), &CallLog::default())
        .await
        .unwrap_err();
    assert!(
        !error.text.contains("sesame") && !error.text.contains("made-up-token"),
        "{}",
        error.text
    );
}

fn sale_event(body: &Value) -> super::super::SaleEvent {
    match parse_event(body.to_string().as_bytes()).unwrap() {
        Event::Sale(event) => event,
        other => panic!("{other:?}"),
    }
}

#[test]
fn events_of_every_shape_are_read() {
    let order = sale_event(
        &json!({"SaleID": SALE.to_uppercase(), "SaleOrderNumber": "SO-01042",
        "EventType": "Sale/OrderAuthorised"}),
    );
    assert_eq!(
        (order.kind, order.order_number.as_str()),
        (EventKind::OrderAuthorised, "SO-01042")
    );
    assert_eq!(order.sale.unwrap().as_str(), SALE);
    let shipment = sale_event(
        &json!({"SaleTaskID": TASK, "TenantID": ACCOUNT, "OrderNumber": "SO-01042",
        "CustomerName": "Nordlicht", "EventType": "Sale/ShipmentAuthorised"}),
    );
    assert_eq!(
        (shipment.sale, shipment.task_id.as_deref()),
        (None, Some(TASK))
    );
    assert_eq!(shipment.order_number, "SO-01042");
    let credit = sale_event(
        &json!({"SaleID": SALE, "TaskID": TASK, "SaleOrderNumber": "SO-01042",
        "CreditNoteNumber": "CR-00017 ", "EventType": "sale/creditnoteauthorised"}),
    );
    assert_eq!(credit.credit_note_number, "CR-00017");
    let tracking = sale_event(
        &json!({"SaleID": SALE, "TaskID": TASK, "SaleOrderNumber": "SO-01042",
        "SaleOrderDate": "05/03/2026", "TaskTypeSign": 0, "EventType": "Sale/ShipmentTrackingNumberChanged",
        "Shipments": [{"ShipmentDate": "05/03/2026", "TrackingNumber": "JJD0001", "TrackingUrl": "", "Carrier": "DHL"}]}),
    );
    let parcel = &tracking.shipments[0];
    assert_eq!(parcel.shipped_on.unwrap().to_string(), "2026-03-05");
    assert_eq!(
        (parcel.tracking.as_str(), parcel.carrier.as_str()),
        ("JJD0001", "DHL")
    );
}

#[test]
fn a_stock_event_is_a_bare_list_and_other_events_say_what_they_are() {
    let mut row = availability("TENT-2P", None, &json!(37.0000), &json!(0.0000), &json!(37));
    row.as_object_mut().unwrap().remove("InTransit");
    let event = parse_event(json!([row]).to_string().as_bytes()).unwrap();
    let Event::Stock(rows) = event else {
        panic!("a stock event")
    };
    assert_eq!(
        (rows[0].on_hand, rows[0].location.as_str()),
        (Decimal::whole(37), "Main Warehouse")
    );
    let product = json!({"EventType": "Product/Updated", "NumberOfProducts": 1,
        "ProductDetailsList": [{"Event": "Creation", "ID": PRODUCT, "SKU": "TENT-2P"}]});
    let Event::Products(products) = parse_event(product.to_string().as_bytes()).unwrap() else {
        panic!("a product event")
    };
    assert_eq!(
        (products[0].event.as_str(), products[0].sku.as_str()),
        ("Creation", "TENT-2P")
    );
    let other = parse_event(br#"{"EventType":"Purchase/Updated\u001b[31m"}"#).unwrap();
    assert_eq!(other, Event::Other("Purchase/Updated".to_owned()));
    for bad in [
        &b""[..],
        b"<html>",
        b"{}",
        b"null",
        b"7",
        br#"{"EventType":"Sale/Voided"}"#,
        br#"[{"SKU":"TENT-2P"}]"#,
    ] {
        let fault = parse_event(bad).unwrap_err().to_string();
        assert!(
            fault.ends_with("what it meant is found by the next poll"),
            "{fault}"
        );
    }
    assert!(parse_event(&vec![b' '; 2 * 1024 * 1024]).is_err());
}

fn me() -> Value {
    json!({"Company": "Nordlicht Demo", "Currency": "EUR", "TimeZone": "Europe/Berlin", "LockDate": "2026-01-31T00:00:00"})
}

#[tokio::test]
async fn check_tells_what_was_found_and_what_to_do() {
    let mut first = ok(&me());
    let date = http::HeaderValue::from_static("Thu, 01 Jan 1970 00:10:00 GMT");
    first
        .as_mut()
        .unwrap()
        .headers_mut()
        .insert(http::header::DATE, date);
    let mut inactive = hook();
    inactive["IsActive"] = json!(false);
    let fake = Fake::answering([
        first,
        ok(&locations()),
        ok(&list("CarrierList", &[])),
        ok(&list("SaleList", &[])),
        ok(&json!({"Webhooks": [inactive]})),
    ]);
    let log = CallLog::default();
    let mut other_zone = config();
    other_zone.time_zone = chrono_tz::UTC;
    let client = Cin7Core::new(other_zone, fake.wire()).unwrap();
    let findings = client.check(Ts(0), &log).await;
    let told: Vec<String> = findings
        .iter()
        .map(|f| {
            format!(
                "{} {}: {}",
                if f.is_ok { "ok" } else { "NO" },
                f.what,
                f.found
            )
        })
        .collect();
    let starts = [
        "ok cin7core account: Nordlicht Demo, books in EUR",
        "NO cin7core clock: this machine is -600 s away",
        "NO cin7core time zone: the account keeps its calendar in \"Europe/Berlin\"",
        "ok cin7core lock date: the books are closed up to 2026-01-31",
        "ok cin7core locations: 1: Main Warehouse",
        "NO cin7core carriers: none; nothing can be mapped",
        "ok cin7core sales: 0 changed in the last day",
        "NO cin7core webhooks: inactive: Sale/OrderAuthorised",
    ];
    assert_eq!(told.len(), starts.len(), "{told:#?}");
    for (told, start) in told.iter().zip(starts) {
        assert!(told.starts_with(start), "{told}");
    }
}

#[tokio::test]
async fn check_stops_at_refused_credentials_and_goes_on_without_webhooks() {
    let (fake, client) = client_with(raw(403, ""));
    let findings = client.check(Ts(0), &CallLog::default()).await;
    assert_eq!((findings.len(), fake.calls().len()), (1, 1));
    assert!(
        !findings[0].is_ok
            && findings[0]
                .found
                .contains("check account id and application key")
    );
    let fake = Fake::answering([
        ok(&me()),
        ok(&locations()),
        ok(&list("CarrierList", &[json!({"Description": "DHL"})])),
        ok(&list("SaleList", &[])),
        raw(403, ""),
    ]);
    let findings = super::client(&fake).check(Ts(0), &CallLog::default()).await;
    assert!(findings.iter().all(|f| f.is_ok), "{findings:#?}");
    assert!(
        findings
            .last()
            .unwrap()
            .found
            .contains("polling goes on without")
    );
}

//! Linnworks on the wire: sign-in, orders, despatch, limits.

use super::lw_stock::{leeds, level};
use super::*;

fn open_ids(bench: &Bench, location: &str) -> Vec<String> {
    let body = json!({"filters": {}, "sorting": [], "fulfilmentCenter": location, "additionalFilter": "",
        "exactMatch": false});
    let ids = bench.lw("Orders/GetAllOpenOrders", &body);
    ids.as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn sign_in_names_the_server_and_takes_form_and_json() {
    let bench = Bench::quiet();
    let c = bench.sandbox.demo_credentials();
    let session = bench.lw(
        "Auth/AuthorizeByApplication",
        &json!({"applicationid": c.lw_application_id, "applicationSecret": c.lw_application_secret,
            "token": c.lw_token}),
    );
    assert_eq!(session["Server"], "https://eu-ext.linnworks.net");
    assert_eq!(session["TTL"], 1800);
    let form = format!(
        "ApplicationId={}&ApplicationSecret={}&Token={}",
        c.lw_application_id, c.lw_application_secret, c.lw_token
    );
    let send = |body: String, kind: &str| {
        let request = Request::post("https://api.linnworks.net/api/Auth/AuthorizeByApplication")
            .header("Content-Type", kind)
            .body(Bytes::from(body))
            .unwrap();
        match bench.sandbox.handle(SimSystem::Linnworks, request) {
            Exchange::Answer(answer) => answer.status().as_u16(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(send(form.clone(), "application/x-www-form-urlencoded"), 200);
    assert_eq!(
        send(form, "application/json"),
        400,
        "a form under a JSON type"
    );
    assert_eq!(
        send("{\"ApplicationId\":\"x\"}".to_owned(), "application/json"),
        400
    );
    let wrong =
        json!({"ApplicationId": c.lw_token, "ApplicationSecret": c.lw_token, "Token": c.lw_token});
    assert_eq!(send(wrong.to_string(), "application/json"), 401);
}

#[test]
fn a_wrong_token_is_401_an_unknown_path_404_and_bearer_is_refused() {
    let bench = Bench::quiet();
    assert_eq!(
        bench
            .lw_answer("Orders/MarkOrderAsDispatched", &json!({}))
            .status(),
        404
    );
    let token = bench.token.lock().unwrap().clone();
    for authorization in [
        format!("Bearer {token}"),
        "nonsense".to_owned(),
        Guid(5).to_string(),
    ] {
        let request = Request::get("https://eu-ext.linnworks.net/api/Inventory/GetStockLocations")
            .header("Authorization", authorization)
            .body(Bytes::new())
            .unwrap();
        let Exchange::Answer(answer) = bench.sandbox.handle(SimSystem::Linnworks, request) else {
            panic!("no answer")
        };
        assert_eq!(answer.status(), 401);
    }
    bench.wait(Span::mins(31));
    let answer = bench.lw_answer("Orders/GetCountries", &Value::Null);
    assert_eq!(answer.status(), 401, "idle for half an hour");
}

#[test]
fn the_zero_guid_is_the_default_location_not_all_of_them() {
    let bench = Bench::quiet();
    let id = bench
        .sandbox
        .act(|w| w.place(&OrderSpec::default()))
        .unwrap();
    let zero = Guid::ZERO.to_string();
    assert!(open_ids(&bench, &zero).is_empty());
    assert_eq!(open_ids(&bench, &leeds(&bench)), [id]);
}

#[test]
fn open_orders_come_paged_filtered_and_in_both_shapes() {
    let bench = Bench::quiet();
    for n in 0..5 {
        let spec = OrderSpec {
            is_paid: n != 2,
            ..OrderSpec::default()
        };
        bench.sandbox.act(|w| w.place(&spec)).unwrap();
        bench.wait(Span::mins(1));
    }
    let location = leeds(&bench);
    let page = |n: i64, filters: Value| {
        bench.lw(
            "Orders/GetOpenOrders",
            &json!({"entriesPerPage": 2, "pageNumber": n, "filters": filters, "fulfilmentCenter": location,
                "sorting": [{"FieldCode": "GENERAL_INFO_DATE", "Direction": "Descending", "Order": 0}]}),
        )
    };
    let first = page(1, Value::Null);
    assert_eq!(
        (&first["TotalEntries"], &first["TotalPages"]),
        (&json!(5), &json!(3))
    );
    assert_eq!(first["Data"][0]["NumOrderId"], 100_005, "newest first");
    assert!(
        first["Data"][0].get("CanFulfil").is_some() && first["Data"][0].get("Processed").is_none()
    );
    assert_eq!(page(9, Value::Null)["Data"], json!([]));
    let unpaid = json!({"NumericFields": [{"FieldCode": "GENERAL_INFO_STATUS", "Type": "Equal", "Value": 0}]});
    assert_eq!(page(1, unpaid)["Data"][0]["NumOrderId"], 100_003);
    let parked = json!({"BooleanFields": [{"FieldCode": "GENERAL_INFO_PARKED", "Value": true}]});
    assert_eq!(page(1, parked)["TotalEntries"], 1);
    let ids = open_ids(&bench, &location);
    let details = bench.lw(
        "OpenOrders/GetOpenOrdersDetails",
        &json!({"OrderIds": ids, "DetailLevel": []}),
    );
    let order = &details["Orders"][0];
    assert_eq!(order["Processed"], false);
    assert_eq!(order["GeneralInfo"]["Location"], json!(location));
    assert_eq!(order["Items"][0]["SKU"], "MUG-BLU-01");
    assert_eq!(
        order["Items"][0]["ItemId"],
        order["Items"][0]["StockItemId"]
    );
    assert!(
        order.get("TaxId").is_some_and(Value::is_null),
        "nulls are written"
    );
    let view = |id: i64| {
        let body =
            json!({"ViewId": id, "LocationId": location, "EntriesPerPage": 100, "PageNumber": 1});
        bench.lw("OpenOrders/GetOpenOrderIds", &body)
    };
    assert_eq!(view(1)["Data"].as_array().unwrap().len(), 5);
    assert_eq!(
        view(0)["Message"],
        "Object reference not set to an instance of an object."
    );
}

#[test]
fn an_unknown_number_answers_200_with_an_empty_object() {
    let bench = Bench::quiet();
    bench
        .sandbox
        .act(|w| w.place(&OrderSpec::default()))
        .unwrap();
    let by_number = |n: i64| {
        bench.lw(
            &format!("Orders/GetOrderDetailsByNumOrderId?OrderId={n}"),
            &Value::Null,
        )
    };
    assert_eq!(by_number(7)["OrderId"], Guid::ZERO.to_string());
    assert_eq!(by_number(100_001)["NumOrderId"], 100_001);
}

#[test]
fn despatch_sets_tracking_processes_and_tells_the_shopper_once() {
    let bench = Bench::quiet();
    let id = bench
        .sandbox
        .act(|w| w.place(&OrderSpec::default()))
        .unwrap();
    let before = level(&bench, "MUG-BLU-01");
    let order = bench.lw(
        "Orders/GetOrdersById",
        &json!({"pkOrderIds": [id, Guid(9)]}),
    );
    assert_eq!(
        order.as_array().unwrap().len(),
        1,
        "unknown ids are left out"
    );
    let service = order[0]["ShippingInfo"]["PostalServiceId"].clone();
    let set = bench.lw(
        "Orders/SetOrderShippingInfo",
        &json!({"orderId": id, "info": {"PostalServiceId": service, "TrackingNumber": "AB123456789GB"}}),
    );
    assert_eq!(set["ShippingInfo"]["TrackingNumber"], "AB123456789GB");
    let process = || {
        bench.lw(
            "Orders/ProcessOrder",
            &json!({"orderId": id, "scanPerformed": true, "locationId": null, "context": null}),
        )
    };
    assert_eq!(
        process(),
        json!({"OrderId": id, "Processed": true, "Error": null})
    );
    assert_eq!(process()["Error"], "Order is already processed");
    let after = level(&bench, "MUG-BLU-01");
    assert_eq!(
        (after.0, after.1, after.2),
        (before.0 - 1, before.1 - 1, before.2),
        "available does not move"
    );
    let notes = bench.sandbox.notifications();
    assert_eq!(
        (notes.len(), notes[0].tracking.as_str()),
        (1, "AB123456789GB")
    );
    let order = &bench.lw("Orders/GetOrdersById", &json!({"pkOrderIds": [id]}))[0];
    assert_eq!(order["Processed"], true);
    let late = bench.lw_answer(
        "Orders/SetOrderShippingInfo",
        &json!({"orderId": id, "info": {"TrackingNumber": "X"}}),
    );
    assert_eq!(late.status(), 400);
    bench.wait(Span::mins(5));
    let trail = bench.lw(
        "Orders/GetOrderAuditTrailsByIds",
        &json!({"OrderIds": [id]}),
    );
    let rows = trail["AuditTrails"][0]["AuditTrail"]
        .as_array()
        .unwrap()
        .clone();
    assert!(
        rows.iter()
            .any(|r| r["fkOrderHistoryTypeId"] == "DESPATCH_NOTE" && r["Tag"] == "CONFIRMED")
    );
    let found = bench.lw(
        "ProcessedOrders/SearchProcessedOrders",
        &json!({"request": {"DateField": "processed", "FromDate": "2026-01-01T00:00:00Z", "ToDate": "2099-01-01T00:00:00Z",
            "PageNumber": 1, "ResultsPerPage": 20}}),
    );
    assert_eq!(found["ProcessedOrders"]["Data"][0]["pkOrderID"], json!(id));
    assert_eq!(
        found["ProcessedOrders"]["Data"][0]["dCancelledOn"],
        "0001-01-01T00:00:00Z"
    );
}

#[test]
fn a_refusal_to_process_is_a_200_and_the_batch_succeeds_in_part() {
    let bench = Bench::quiet();
    let place = |spec: OrderSpec| bench.sandbox.act(|w| w.place(&spec)).unwrap();
    let good = place(OrderSpec::default());
    let unpaid = place(OrderSpec {
        is_paid: false,
        ..OrderSpec::default()
    });
    let locked = place(OrderSpec::default());
    let express = place(OrderSpec {
        service: "DPD Next Day".to_owned(),
        ..OrderSpec::default()
    });
    bench.sandbox.act(|w| w.lock(&locked, true)).unwrap();
    let rows = bench.lw(
        "Orders/ProcessOrdersInBatch",
        &json!({"ordersIds": [good, unpaid, locked, express, Guid(3)], "locationId": leeds(&bench), "context": null}),
    );
    let errors: Vec<Value> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["Error"].clone())
        .collect();
    assert_eq!(
        errors,
        [
            Value::Null,
            json!("Order is parked"),
            json!("Order is locked"),
            json!("Tracking number required"),
            json!("Order not found")
        ]
    );
    let bad = bench.lw_answer("Orders/ProcessOrder", &json!({"orderId": good}));
    assert_eq!(bad.status(), 400, "scanPerformed is a value type");
}

#[test]
fn changing_the_status_of_a_parked_order_answers_and_does_nothing() {
    let bench = Bench::quiet();
    let id = bench
        .sandbox
        .act(|w| {
            w.place(&OrderSpec {
                is_paid: false,
                ..OrderSpec::default()
            })
        })
        .unwrap();
    let form = |method: &str, body: String| {
        let token = bench.token.lock().unwrap().clone();
        let request = Request::post(format!("https://eu-ext.linnworks.net/api/{method}"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Authorization", token)
            .body(Bytes::from(body))
            .unwrap();
        match bench.sandbox.handle(SimSystem::Linnworks, request) {
            Exchange::Answer(answer) => serde_json::from_slice::<Value>(answer.body()).unwrap(),
            other => panic!("{other:?}"),
        }
    };
    let ids = format!("orderIds=%5B%22{id}%22%5D");
    assert_eq!(
        form("Orders/ChangeStatus", format!("{ids}&status=1")),
        json!([id])
    );
    let status = |id: &str| {
        bench.sandbox.inspect(|w| {
            let order = w.lw.order(id).unwrap();
            (order.status, order.is_parked)
        })
    };
    assert_eq!(status(&id), (0, true));
    form("Orders/ChangeOrderTag", format!("{ids}&tag="));
    form("Orders/ChangeStatus", format!("{ids}&status=1"));
    assert_eq!(status(&id), (1, false));
    form("Orders/ChangeOrderTag", format!("{ids}&tag=7"));
    assert_eq!(status(&id), (1, true));
}

#[test]
fn the_quota_is_counted_per_method_and_minute() {
    let bench = Bench::quiet();
    let call = |method: &str| bench.lw_answer(method, &json!({"pkOrderIds": []}));
    for _ in 0..250 {
        assert_eq!(call("Orders/GetOrdersById").status(), 200);
    }
    let refused = call("Orders/GetOrdersById");
    assert_eq!(refused.status(), 429);
    assert_eq!(
        refused.body().as_ref(),
        b"\"API calls quota exceeded! Maximum admitted 250 per Minute.\""
    );
    let wait: i64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&wait));
    assert_eq!(
        call("Orders/GetCountries").status(),
        200,
        "other methods have their own window"
    );
    bench.wait(Span::secs(wait));
    assert_eq!(call("Orders/GetOrdersById").status(), 200);
    let calls = bench.sandbox.calls();
    assert_eq!((calls.throttled_own, calls.throttled_storm), (1, 0));
    assert_eq!(
        calls.by_method[&(SimSystem::Linnworks, "Orders/GetOrdersById".to_owned())],
        252
    );
}

#[test]
fn strict_wrapping_and_silent_json_are_switches() {
    let lw = LwSwitches {
        strict_wrapping: true,
        json_state_calls_noop: true,
        ..LwSwitches::default()
    };
    let bench = Bench::new(SandboxConfig { lw, ..quiet() });
    let bare = bench.lw(
        "Inventory/GetStockItemIdsBySKU",
        &json!({"SKUS": ["MUG-BLU-01"]}),
    );
    assert_eq!(bare["Message"], "'request' parameter is missing");
    let id = bench
        .sandbox
        .act(|w| w.place(&OrderSpec::default()))
        .unwrap();
    assert_eq!(
        bench.lw(
            "Orders/ChangeOrderTag",
            &json!({"orderIds": [id], "tag": 7})
        ),
        json!([id])
    );
    assert!(
        !bench
            .sandbox
            .inspect(|w| w.lw.order(&id).unwrap().is_parked)
    );
}

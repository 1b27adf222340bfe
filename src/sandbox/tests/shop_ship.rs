//! SHOPLINE on the wire: shipping by order and by fulfilment order, parts, parcels, messages, taking back.

use super::*;

fn line_ids(order: &Value) -> Vec<String> {
    let lines = order["line_items"].as_array().unwrap();
    lines
        .iter()
        .map(|l| l["id"].as_str().unwrap().to_owned())
        .collect()
}

fn parcel(number: &str) -> Value {
    json!({"tracking_company": "Royal Mail", "tracking_number": number, "tracking_url": ""})
}

fn ship(id: &str, quantity: i64, number: &str, notify: bool) -> Value {
    json!({"fulfillment": {
        "line_items": [{"id": id, "quantity": quantity}],
        "tracking_info_list": [parcel(number)],
        "notify_customer": notify,
    }})
}

#[test]
fn a_part_is_shipped_then_the_rest() {
    let bench = Bench::quiet();
    let id = bench.shop_order(&[("MUG-BLU-01", 3)]);
    let line = line_ids(&bench.shop_read(&id))[0].clone();
    let path = format!("orders/{id}/fulfillments.json");
    let made = bench.shop_post(&path, &ship(&line, 1, "T1", false));
    let made = &made["fulfillment"];
    assert_eq!(made["name"], "#1001.1");
    assert_eq!(made["status"], "success");
    let row = &made["line_items"][0];
    assert_eq!(
        row["id"].as_i64().unwrap().to_string(),
        line,
        "a number here, text in the order"
    );
    assert_eq!(
        (&row["fulfillment_quantity"], &row["fulfillable_quantity"]),
        (&json!(1), &json!(2))
    );
    let tail = |id: &str| id[22..].to_owned();
    assert_eq!(tail(made["id"].as_str().unwrap()), tail(&id));
    let order = bench.shop_read(&id);
    assert_eq!(order["fulfillment_status"], "partial");
    assert_eq!(order["fulfillment_status_v2"], "partial");
    assert_eq!(order["line_items"][0]["fulfillment_service"], "Royal Mail");
    let (status, body) = bench.shop_status("POST", &path, &ship(&line, 3, "T2", false));
    assert_eq!(
        (status, body["errors"].as_str()),
        (422, Some("fulfillable quantity is not enough"))
    );
    // Lines left out: everything that is left.
    bench.shop_post(
        &path,
        &json!({"fulfillment": {"tracking_info_list": [parcel("T2"), parcel("T3")]}}),
    );
    let order = bench.shop_read(&id);
    assert_eq!(
        (
            &order["fulfillment_status"],
            &order["fulfillment_status_v2"]
        ),
        (&json!("fulfilled"), &json!("shipped"))
    );
    let read = bench.shop_get(&path);
    assert_eq!(
        read["fulfillments"][1]["tracking_numbers"],
        json!(["T2", "T3"])
    );
    assert_eq!(
        read["fulfillments"][1]["line_items"][0]["fulfillment_quantity"],
        2
    );
    let (status, body) = bench.shop_status("POST", &path, &json!({"fulfillment": {}}));
    assert_eq!(
        (status, body["errors"].as_str()),
        (422, Some("no fulfillable line items"))
    );
}

#[test]
fn the_shopper_is_told_when_asked_and_only_then() {
    let bench = Bench::quiet();
    let id = bench.shop_order(&[("MUG-BLU-01", 2)]);
    let line = line_ids(&bench.shop_read(&id))[0].clone();
    let path = format!("orders/{id}/fulfillments.json");
    let quiet = bench.shop_post(&path, &ship(&line, 1, "T1", false));
    assert_eq!(bench.sandbox.notifications(), []);
    let loud = bench.shop_post(&path, &ship(&line, 1, "T2", true));
    let told = bench.sandbox.notifications();
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].system, told[0].number),
        (SimSystem::Shopline, 1_001)
    );
    assert_eq!(
        (told[0].tracking.as_str(), told[0].caused_by_world),
        ("T2", false)
    );
    assert_eq!(json!(told[0].shipment), loud["fulfillment"]["id"]);
    let fulfilment = quiet["fulfillment"]["id"].as_str().unwrap();
    let path = format!("fulfillments/{id}/{fulfilment}/update_tracking.json");
    let body =
        json!({"fulfillment": {"tracking_info_list": [parcel("T9")], "notify_customer": true}});
    let changed = bench.shop_post(&path, &body);
    assert_eq!(
        changed["fulfillment"]["tracking_numbers"],
        json!(["T9"]),
        "replaced, not added"
    );
    assert_eq!(bench.sandbox.notifications().len(), 2);
    let ops: Vec<&str> = bench.sandbox.ledger().iter().map(|e| e.op).collect();
    assert_eq!(
        ops,
        [
            "Shop order placed",
            "Create fulfilment",
            "Create fulfilment",
            "Update tracking"
        ]
    );
}

#[test]
fn the_same_call_again_ships_again_or_fails_for_lack_of_units() {
    let bench = Bench::quiet();
    let id = bench.shop_order(&[("MUG-BLU-01", 3)]);
    let line = line_ids(&bench.shop_read(&id))[0].clone();
    let path = format!("orders/{id}/fulfillments.json");
    let body = ship(&line, 1, "T1", true);
    for wanted in [200, 200, 200, 422] {
        assert_eq!(bench.shop_status("POST", &path, &body).0, wanted);
    }
    assert_eq!(
        bench.sandbox.notifications().len(),
        3,
        "no key keeps it from doing it again"
    );
}

#[test]
fn what_cannot_be_shipped_is_refused_by_name() {
    let bench = Bench::quiet();
    let id = bench.shop_order(&[("MUG-BLU-01", 1)]);
    let line = line_ids(&bench.shop_read(&id))[0].clone();
    let path = format!("orders/{id}/fulfillments.json");
    let refused = |path: &str, body: &Value| {
        let (status, body) = bench.shop_status("POST", path, body);
        (
            status,
            body["errors"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let is =
        |wanted: (u16, &str), got: (u16, String)| assert_eq!(got, (wanted.0, wanted.1.to_owned()));
    is(
        (404, "order not found"),
        refused(
            "orders/21070/fulfillments.json",
            &ship(&line, 1, "T", false),
        ),
    );
    is(
        (422, "line item not found"),
        refused(&path, &ship("999999", 1, "T", false)),
    );
    is(
        (422, "fulfillable quantity is not enough"),
        refused(&path, &ship(&line, 0, "T", false)),
    );
    let twice = json!({"fulfillment": {"line_items": [{"id": line, "quantity": 1}, {"id": line, "quantity": 1}]}});
    is(
        (422, "fulfillable quantity is not enough"),
        refused(&path, &twice),
    );
    let many: Vec<Value> = (0..11).map(|n| parcel(&format!("T{n}"))).collect();
    let body = json!({"fulfillment": {"tracking_info_list": many}});
    is(
        (
            422,
            "tracking_info_list size must be less than or equal to 10",
        ),
        refused(&path, &body),
    );
    assert_eq!(
        refused(&path, &json!({"fulfilment": {}})).0,
        422,
        "the body has a wrapper"
    );
    bench
        .sandbox
        .act(|w| w.shop_cancel_by_hand(&id, true))
        .unwrap();
    is(
        (422, "order is cancelled"),
        refused(&path, &ship(&line, 1, "T", false)),
    );
}

#[test]
fn orders_are_parted_by_location_and_need_of_shipping() {
    let bench = Bench::quiet();
    let spec = ShopOrderSpec {
        lines: vec![
            ("MUG-BLU-01".to_owned(), 2, String::new()),
            ("TEE-BLU-01".to_owned(), 1, "Harrogate shop".to_owned()),
            ("GIFT-CARD-25".to_owned(), 1, String::new()),
        ],
        ..ShopOrderSpec::default()
    };
    let id = bench.sandbox.act(|w| w.shop_place(&spec)).unwrap();
    let path = format!("fulfillment_orders/{id}/fulfillment_orders.json");
    let parts = bench.shop_get(&path)["fulfillment_orders"].clone();
    assert_eq!(parts.as_array().unwrap().len(), 3);
    assert_eq!(parts[0]["status"], "open");
    assert_eq!(parts[0]["id"].as_str().unwrap().len(), 22);
    assert_eq!(parts[2]["delivery_method"]["method_type"], "none");
    let body = |part: &Value, quantity: i64| {
        json!({"order_id": id, "fulfillment": {
            "line_items_by_fulfillment_order": [{
                "fulfillment_order_id": part["id"],
                "fulfillment_order_line_items": [{"id": part["line_items"][0]["id"], "quantity": quantity}],
            }],
            "tracking_info_list": [parcel("T1")], "notify_customer": true, "message": "first parcel",
        }})
    };
    let made = bench.shop_post("fulfillments/fulfillments.json", &body(&parts[0], 1));
    assert_eq!(
        made["fulfillment"]["line_items"][0]["fulfillment_quantity"],
        1
    );
    let now = bench.shop_get(&path)["fulfillment_orders"].clone();
    assert_eq!(
        (&now[0]["status"], &now[1]["status"]),
        (&json!("in_progress"), &json!("open"))
    );
    // By a line id of the order: those are others.
    let mut wrong = body(&parts[1], 1);
    wrong["fulfillment"]["line_items_by_fulfillment_order"][0]["fulfillment_order_line_items"][0]
        ["id"] = parts[1]["line_items"][0]["line_item_id"].clone();
    assert_eq!(
        bench
            .shop_status("POST", "fulfillments/fulfillments.json", &wrong)
            .0,
        422
    );
    bench.sandbox.act(|w| w.shop_hold(&id, true)).unwrap();
    let (status, answer) = bench.shop_status(
        "POST",
        "fulfillments/fulfillments.json",
        &body(&parts[0], 1),
    );
    assert_eq!(
        (status, answer["errors"].as_str()),
        (422, Some("fulfillment order status is illegal"))
    );
    bench.sandbox.act(|w| w.shop_hold(&id, false)).unwrap();
    bench.shop_post("fulfillments/fulfillments.json", &body(&parts[0], 1));
    let now = bench.shop_get(&path)["fulfillment_orders"].clone();
    assert_eq!(now[0]["status"], "closed");
    assert_eq!(now[0]["supported_actions"], json!([]));
    assert_eq!(bench.shop_read(&id)["fulfillment_status"], "partial");
}

#[test]
fn a_shipment_taken_back_stays_in_the_list_and_opens_the_order_again() {
    let bench = Bench::quiet();
    let id = bench.shop_order(&[("MUG-BLU-01", 2)]);
    let sent = bench
        .sandbox
        .act(|w| w.shop_ship_by_hand(&id, "T1"))
        .unwrap();
    assert!(bench.sandbox.notifications()[0].caused_by_world);
    let body = bench.shop_post(
        &format!("fulfillments/{id}/{sent}/cancel.json"),
        &Value::Null,
    );
    assert_eq!(body["fulfillment"]["status"], "cancelled");
    assert_eq!(
        body["fulfillment"]["line_items"][0]["fulfillment_status"], "partial",
        "a quirk"
    );
    let order = bench.shop_read(&id);
    assert_eq!(order["fulfillment_status"], "null");
    assert_eq!(order["fulfillments"][0]["status"], "cancelled");
    assert_eq!(order["line_items"][0]["fulfillment_service"], "");
    assert_eq!(order["line_items"][0]["fulfillable_quantity"], 2);
    let again = bench.shop_status(
        "POST",
        &format!("fulfillments/{id}/{sent}/cancel.json"),
        &Value::Null,
    );
    assert_eq!(again.0, 422);
    let path = format!("orders/{id}/fulfillments.json");
    bench.shop_post(&path, &json!({"fulfillment": {}}));
    let rows = bench.shop_get(&path)["fulfillments"].clone();
    assert_eq!(rows.as_array().unwrap().len(), 2);
    let bare = &rows[1]["tracking_info_list"];
    assert_eq!(
        bare,
        &json!([{"tracking_company": "", "tracking_number": "", "tracking_url": ""}])
    );
    assert_eq!(rows[1]["tracking_numbers"], json!([]));
    assert_eq!(
        rows[0]["line_items"][0]["total_discount"], "0.0",
        "one digit less in reads"
    );
}

#[test]
fn goods_that_leave_the_warehouse_change_nothing_in_the_store() {
    let bench = Bench::quiet();
    let id = bench.shop_order(&[("MUG-BLU-01", 1)]);
    let csv = format!(
        "SalesOrderNumber,CustomerPurchaseOrderReferenceNumber,ServiceType,ChannelName,Site\n\
         SL-1001,{id},RM48,SHOPLINE,PrimarySite\n"
    );
    assert!(
        bench
            .save("Sales orders", &csv)
            .contains("<ResponseId>0</ResponseId>")
    );
    let csv = "SalesOrderNumber,ItemCode,QuantityOrdered,Line\nSL-1001,MUG-BLU-01,1,1\n";
    assert!(
        bench
            .save("Sales order items", csv)
            .contains("<ResponseId>0</ResponseId>")
    );
    bench.wait(Span::hours(4));
    assert_eq!(
        bench.status("SL-1001"),
        PvxStatus::Despatched,
        "the floor does not ask whose sale it is"
    );
    assert_eq!(bench.shop_read(&id)["fulfillment_status"], "null");
    bench.sandbox.inspect(|w| {
        let order = w.pvx.order("SL-1001").unwrap();
        assert_eq!(w.sale_of(order), Some(Sale::Shop(0)));
        assert_eq!(w.sale_of(order).unwrap().system(), SimSystem::Shopline);
        assert_eq!(w.source_of("LW-100001"), Some(SimSystem::Linnworks));
        assert_eq!(w.source_of("SLX-1"), None);
    });
}

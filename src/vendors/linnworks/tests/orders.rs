//! Orders read into the house's terms.

use super::*;
use crate::domain::delivery::{AnswerClass, DespatchIntentLine};
use crate::domain::ids::{LocationId, SourceOrderId};
use crate::domain::order::{SourceOrder, SourceStatus};
use crate::vendors::{
    Answer, CallError, CallLog, Channel, NotifyState, OpenOrders, Processing, SalesSystem,
};

async fn read(order: &Value) -> Answer<SourceOrder> {
    let fake = Fake::answering([ok(&json!([order]))]);
    let ids = [SourceOrderId::from(ORDER_ID)];
    let mut orders = adapter(&fake)
        .orders_by_ids(&ids, &CallLog::default())
        .await?;
    assert_eq!(orders.rows.len() + orders.unread.len(), 1);
    match orders.unread.pop() {
        Some(unread) => Err(CallError::new(AnswerClass::Malformed, unread.text)),
        None => Ok(orders.rows.remove(0)),
    }
}

async fn read_with(change: impl FnOnce(&mut Value)) -> Answer<SourceOrder> {
    let mut order = details();
    change(&mut order);
    read(&order).await
}

#[tokio::test]
async fn a_paid_order_is_read_whole() {
    let order = read(&details()).await.unwrap();
    assert_eq!(order.number, "100482");
    assert_eq!(order.reference, "A1001");
    assert_eq!(order.channel, "SHOPIFY / Acme UK");
    assert_eq!(order.status, SourceStatus::Open);
    assert!(order.is_paid && !order.is_parked && !order.is_locked && !order.is_resend);
    assert_eq!(order.location, LocationId::from(LOCATION));
    assert_eq!(order.received_at.to_string(), "2026-02-03T09:15:02Z");
    assert_eq!(order.paid_at.unwrap().to_string(), "2026-02-03T09:15:40Z");
    assert_eq!(order.ship_by.unwrap().to_string(), "2026-02-05T00:00:00Z");
    assert_eq!(order.processed_at, None);
    assert_eq!(
        (order.service.as_str(), order.service_id.as_str()),
        ("Tracked 48", SERVICE)
    );
    assert_eq!((order.total_minor, order.shipping_minor), (2750, 350));
    assert_eq!(order.address.postcode, "YO1 0AA");
    assert_eq!(order.address.name, "Pat Sample");
    let line = &order.lines[0];
    assert_eq!(
        (line.sku.as_str(), line.qty_each, line.unit_price_minor),
        ("MUG-BLU-01", 2, 1200)
    );
    assert_eq!(line.row_id, "c0ffee00-1234-4abc-9def-001122334455");
    assert_eq!(
        order.vendor_extra,
        json!({"TotalWeight": 0.8, "ItemWeight": 0.7, "PostageCost": 3.5, "ManualAdjust": false})
    );
}

#[tokio::test]
async fn hold_means_locked_while_open_and_cancelled_once_processed() {
    let locked = read_with(|o| o["GeneralInfo"]["HoldOrCancel"] = json!(true))
        .await
        .unwrap();
    assert_eq!(
        (locked.status, locked.is_locked),
        (SourceStatus::Open, true)
    );
    let cancelled = read_with(|o| {
        o["Processed"] = json!(true);
        o["GeneralInfo"]["HoldOrCancel"] = json!(true);
    })
    .await
    .unwrap();
    assert_eq!(
        (cancelled.status, cancelled.is_locked),
        (SourceStatus::Cancelled, false)
    );
    let shipped = read_with(|o| {
        o["Processed"] = json!("true");
        o["ProcessedDateTime"] = json!("2026-02-04T10:00:00.1234567Z");
    })
    .await
    .unwrap();
    assert_eq!(shipped.status, SourceStatus::Processed);
    assert!(shipped.processed_at.is_some());
}

#[tokio::test]
async fn every_payment_status_is_known_by_number_and_name() {
    for (status, is_paid, is_resend) in [
        (json!(0), false, false),
        (json!(1), true, false),
        (json!(2), false, false),
        (json!(3), false, false),
        (json!(4), false, true),
        (json!("PAID"), true, false),
        (json!("4"), false, true),
    ] {
        let order = read_with(|o| o["GeneralInfo"]["Status"] = status.clone())
            .await
            .unwrap();
        assert_eq!(
            (order.is_paid, order.is_resend),
            (is_paid, is_resend),
            "{status}"
        );
    }
    let error = read_with(|o| o["GeneralInfo"]["Status"] = json!(7))
        .await
        .unwrap_err();
    assert_eq!(error.class, AnswerClass::Malformed);
    assert!(
        error.text.contains("order 100482: GeneralInfo.Status is 7"),
        "{}",
        error.text
    );
}

#[tokio::test]
async fn a_missing_required_member_is_named_with_its_order() {
    let cases: [(&str, &str); 8] = [
        ("/OrderId", "OrderId"),
        ("/NumOrderId", "NumOrderId"),
        ("/Processed", "Processed"),
        ("/GeneralInfo/ReceivedDate", "GeneralInfo.ReceivedDate"),
        ("/GeneralInfo/Status", "GeneralInfo.Status"),
        ("/ShippingInfo", "ShippingInfo"),
        ("/Items", "Items"),
        ("/Items/0/RowId", "line 1 (MUG-BLU-01): RowId"),
    ];
    for (pointer, named) in cases {
        // Absent and null are alike.
        for is_null in [true, false] {
            let mut order = details();
            let (parent, member) = pointer.rsplit_once('/').unwrap();
            let parent = order.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            if is_null {
                parent[member] = Value::Null;
            } else {
                parent.remove(member);
            }
            let error = read(&order).await.unwrap_err();
            assert_eq!(error.class, AnswerClass::Malformed);
            assert!(
                error.text.contains(&format!("{named} is missing")),
                "{}",
                error.text
            );
            assert!(
                error.text.contains("order 100482") || pointer == "/NumOrderId",
                "{}",
                error.text
            );
        }
    }
}

#[tokio::test]
async fn unknown_members_are_ignored_and_optional_ones_may_be_absent() {
    let order = read_with(|o| {
        o["Brand new"] = json!({"deep": [1, 2]});
        o["GeneralInfo"]["Surprise"] = json!([]);
        o["CustomerInfo"] = Value::Null;
        o["GeneralInfo"]["DespatchByDate"] = json!("0001-01-01T00:00:00Z");
        o["GeneralInfo"]
            .as_object_mut()
            .unwrap()
            .remove("SubSource");
        o["ShippingInfo"]["TrackingNumber"] = Value::Null;
        o["Items"][0]
            .as_object_mut()
            .unwrap()
            .remove("CompositeSubItems");
    })
    .await
    .unwrap();
    assert_eq!(order.ship_by, None);
    assert_eq!(order.channel, "SHOPIFY");
    assert_eq!(order.address.name, "");
}

#[tokio::test]
async fn quantities_that_cannot_be_picked_are_refused_naming_order_and_line() {
    for quantity in [json!(-1), json!(1.5), json!(1e30), json!("NaN"), json!([2])] {
        let error = read_with(|o| o["Items"][0]["Quantity"] = quantity.clone())
            .await
            .unwrap_err();
        assert_eq!(error.class, AnswerClass::Malformed);
        let named = "order 100482: line 1 (MUG-BLU-01): Quantity is";
        assert!(error.text.contains(named), "{}", error.text);
    }
    let error = read_with(|o| {
        let part = line("d0ffee00-1234-4abc-9def-001122334455", "TEE-RED-M", -2);
        o["Items"][0]["CompositeSubItems"] = json!([part]);
    })
    .await
    .unwrap_err();
    assert!(
        error.text.contains("CompositeSubItems.Quantity is -2"),
        "{}",
        error.text
    );
}

#[tokio::test]
async fn kits_services_unlinked_lines_and_the_same_sku_twice() {
    let zero = "00000000-0000-0000-0000-000000000000";
    let order = read_with(|o| {
        let mut kit = line("00000000-0000-4000-8000-000000000001", "GIFT-01", 2);
        kit["CompositeSubItems"] = json!([
            line("00000000-0000-4000-8000-00000000000a", "MUG-BLU-01", 2),
            line("00000000-0000-4000-8000-00000000000b", "TEE-RED-M", 4)
        ]);
        let mut wrap = line("00000000-0000-4000-8000-000000000002", "SVC-WRAP", 1);
        wrap["IsService"] = json!(true);
        wrap["ItemId"] = json!(zero);
        wrap["StockItemId"] = json!(zero);
        let mut unlinked = line("00000000-0000-4000-8000-000000000003", "", 1);
        unlinked["ChannelSKU"] = json!("CH-77");
        unlinked["IsUnlinked"] = json!(true);
        unlinked["ItemId"] = json!(zero);
        let mut unsaid = line("00000000-0000-4000-8000-000000000004", "SKU-9", 1);
        unsaid["IsUnlinked"] = Value::Null;
        unsaid["ItemId"] = json!(zero);
        o["Items"] = json!([
            kit,
            wrap,
            unlinked,
            unsaid,
            line("00000000-0000-4000-8000-000000000005", "MUG-BLU-01", 1),
            line("00000000-0000-4000-8000-000000000006", "MUG-BLU-01", 3)
        ]);
    })
    .await
    .unwrap();
    let lines = &order.lines;
    assert_eq!(lines[0].components.len(), 2);
    assert_eq!(
        (
            lines[0].components[1].sku.as_str(),
            lines[0].components[1].qty_each
        ),
        ("TEE-RED-M", 4)
    );
    assert!(lines[1].is_service && !lines[1].is_unlinked);
    assert_eq!(
        (lines[2].sku.as_str(), lines[2].is_unlinked),
        ("CH-77", true)
    );
    // ItemId is zeros but StockItemId is not: there is an item behind it.
    assert!(!lines[3].is_unlinked);
    assert_eq!((lines[4].qty_each, lines[5].qty_each), (1, 3));
    assert_ne!(lines[4].row_id, lines[5].row_id);
    assert_eq!(order.pick_lines().len(), 6);
}

#[tokio::test]
async fn hostile_text_is_cleaned_and_hostile_ids_stay_data() {
    let order = read_with(|o| {
        o["CustomerInfo"]["Address"]["FullName"] = json!("Pat\u{1b}]52;c;aGk=\u{7} Sample\u{202e}");
        o["Items"][0]["SKU"] = json!("A\"},{\"x\":\"");
    })
    .await
    .unwrap();
    assert_eq!(order.address.name, "Pat Sample");
    assert_eq!(order.lines[0].sku.as_str(), "A\"},{\"x\":\"");
    let fake = Fake::answering([ok(&json!([])), ok(&json!([]))]);
    let linnworks = adapter(&fake);
    let hostile = SourceOrderId::from("x\"]},&orderId=../\u{0}é");
    let log = CallLog::default();
    linnworks
        .orders_by_ids(std::slice::from_ref(&hostile), &log)
        .await
        .unwrap();
    linnworks.relations(&hostile, &log).await.unwrap();
    let calls = fake.calls();
    let body: Value = serde_json::from_slice(&calls[0].body).unwrap();
    assert_eq!(body, json!({"pkOrderIds": [hostile.as_str()]}));
    let url = reqwest::Url::parse(&calls[1].uri).unwrap();
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    assert_eq!(pairs, [("orderId".to_owned(), hostile.0.clone())]);
}

#[tokio::test]
async fn the_zero_location_is_default_and_a_location_like_any_other() {
    let zero = "00000000-0000-0000-0000-000000000000";
    let order = read_with(|o| o["GeneralInfo"]["Location"] = json!(zero))
        .await
        .unwrap();
    assert_eq!(order.location.as_str(), zero);
    let order = read_with(|o| o["GeneralInfo"]["Location"] = Value::Null)
        .await
        .unwrap();
    assert_eq!(order.location.as_str(), LOCATION);
}

#[tokio::test]
async fn orders_of_a_fulfilment_centre_are_known_once_the_locations_were_read() {
    let fake = Fake::answering([
        ok(&json!([details()])),
        ok(
            &json!([{"StockLocationId": LOCATION.to_uppercase(), "LocationName": "3PL", "IsFulfillmentCenter": true}]),
        ),
        ok(&json!([details()])),
    ]);
    let linnworks = adapter(&fake);
    let log = CallLog::default();
    let ids = [SourceOrderId::from(ORDER_ID)];
    assert!(
        !linnworks.orders_by_ids(&ids, &log).await.unwrap().rows[0].location_is_fulfilment_centre
    );
    let locations = linnworks.locations(&log).await.unwrap();
    assert!(locations[0].is_fulfilment_centre && !locations[0].counts_open_orders);
    assert!(
        linnworks.orders_by_ids(&ids, &log).await.unwrap().rows[0].location_is_fulfilment_centre
    );
}

#[tokio::test]
async fn nothing_found_strangers_and_repeats_are_told_apart() {
    let mut nothing = details();
    nothing["OrderId"] = json!("00000000-0000-0000-0000-000000000000");
    let mut stranger = details();
    stranger["OrderId"] = json!("4f1d2c4b-5a69-4788-9b0c-1d2e3f405162");
    let ids = [SourceOrderId::from(ORDER_ID.to_uppercase().as_str())];
    let log = CallLog::default();
    let fake = Fake::answering([
        ok(&json!([nothing])),
        ok(&json!([details(), details()])),
        ok(&json!([details(), stranger])),
    ]);
    let linnworks = adapter(&fake);
    assert!(
        linnworks
            .orders_by_ids(&ids, &log)
            .await
            .unwrap()
            .rows
            .is_empty()
    );
    let found = linnworks.orders_by_ids(&ids, &log).await.unwrap();
    assert_eq!(found.rows.len(), 1);
    let error = linnworks.orders_by_ids(&ids, &log).await.unwrap_err();
    assert_eq!(error.class, AnswerClass::Malformed);
}

#[tokio::test]
async fn an_order_that_cannot_be_read_is_set_aside_and_the_ones_beside_it_are_read() {
    let other = "4f1d2c4b-5a69-4788-9b0c-1d2e3f405162";
    let mut odd = details();
    odd["OrderId"] = json!(other);
    odd["NumOrderId"] = json!(100_499);
    odd["Items"][0]["Quantity"] = json!(1.5);
    let place = LocationId::from(LOCATION);
    let ids = [SourceOrderId::from(ORDER_ID), SourceOrderId::from(other)];
    let fake = Fake::answering([
        ok(&json!([odd.clone(), details()])),
        ok(&page(1, 1, &[details(), odd.clone()])),
        ok(&json!([odd])),
    ]);
    let linnworks = adapter(&fake);
    let log = CallLog::default();
    let by_ids = linnworks.orders_by_ids(&ids, &log).await.unwrap();
    let paged = linnworks.open_orders_page(&place, 1, &log).await.unwrap();
    for orders in [by_ids, paged.orders] {
        assert_eq!(orders.rows.len(), 1);
        assert_eq!(orders.rows[0].number, "100482");
        let unread = &orders.unread[0];
        assert_eq!(
            (unread.label.as_str(), &unread.source_id),
            ("100499", &ids[1])
        );
        assert!(unread.text.contains("Quantity is 1.5"), "{}", unread.text);
    }
    let alone = linnworks.orders_by_ids(&ids[1..], &log).await.unwrap();
    assert!(alone.rows.is_empty() && alone.unread.len() == 1);
}

#[tokio::test]
async fn an_answer_most_of_whose_orders_cannot_be_read_has_changed_its_shape() {
    let odd = |n: u8| {
        let mut order = details();
        order["OrderId"] = json!(format!("4f1d2c4b-5a69-4788-9b0c-1d2e3f4051{n:02}"));
        order["Items"] = Value::Null;
        order
    };
    let place = LocationId::from(LOCATION);
    let fake = Fake::answering([ok(&page(1, 1, &[odd(1), odd(2), odd(3), details()]))]);
    let error = adapter(&fake)
        .open_orders_page(&place, 1, &CallLog::default())
        .await
        .unwrap_err();
    assert_eq!(error.class, AnswerClass::Malformed);
    assert!(error.text.contains("Items is missing"), "{}", error.text);
}

fn page(number: i64, pages: i64, orders: &[Value]) -> Value {
    json!({"PageNumber": number, "EntriesPerPage": 200, "TotalEntries": 201, "TotalPages": pages, "Data": orders})
}

#[tokio::test]
async fn a_page_is_last_by_the_vendors_own_count_and_must_be_the_one_asked_for() {
    let mut listed = details();
    listed.as_object_mut().unwrap().remove("Processed");
    let mut elsewhere = details();
    elsewhere["GeneralInfo"]["Location"] = json!("c7c1e2d4-3f5a-4c6b-8d9e-0a1b2c3d4e5f");
    let fake = Fake::answering([
        ok(&page(1, 2, &[listed.clone(), listed])),
        ok(&page(2, 2, &[details()])),
        ok(&page(3, 2, &[])),
        ok(&page(1, 2, &[details()])),
        ok(&page(1, 1, &[elsewhere])),
        ok(&json!({"PageNumber": 1, "TotalPages": 1})),
        ok(&json!({"Data": []})),
    ]);
    let linnworks = adapter(&fake);
    let log = CallLog::default();
    let place = LocationId::from(LOCATION);
    let first = linnworks.open_orders_page(&place, 1, &log).await.unwrap();
    assert_eq!(
        (first.orders.rows.len(), first.total, first.is_last),
        (1, Some(201), false)
    );
    assert!(
        linnworks
            .open_orders_page(&place, 2, &log)
            .await
            .unwrap()
            .is_last
    );
    assert!(
        linnworks
            .open_orders_page(&place, 3, &log)
            .await
            .unwrap()
            .is_last
    );
    for (page, named) in [
        (2, "page 1 came"),
        (1, "belongs to location"),
        (1, "Data"),
        (1, "TotalPages"),
    ] {
        let error = linnworks
            .open_orders_page(&place, page, &log)
            .await
            .unwrap_err();
        assert_eq!(error.class, AnswerClass::Malformed);
        assert!(error.text.contains(named), "{}", error.text);
    }
}

#[tokio::test]
async fn the_newest_despatch_note_tells_whether_the_channel_was_told() {
    let entry = |kind: &str, tag: &str, at: &str| json!({"fkOrderHistoryTypeId": kind, "Tag": tag, "DateStamp": at, "HistoryNote": format!("note {tag}")});
    let one = "2026-02-03T14:04:54.903Z";
    let two = "2026-02-03T14:05:54Z";
    for (entries, state) in [
        (json!([]), NotifyState::Pending),
        (
            json!([entry("PROCESSED", "CONFIRMED", one)]),
            NotifyState::Pending,
        ),
        (
            json!([entry("DESPATCH_NOTE", "CONFIRMED", one)]),
            NotifyState::Confirmed,
        ),
        (
            json!([entry("DESPATCH_NOTE", "QUEUED", one)]),
            NotifyState::Pending,
        ),
        (
            json!([
                entry("DESPATCH_NOTE", "CONFIRMED", two),
                entry("DESPATCH_NOTE", "FAILED", one)
            ]),
            NotifyState::Confirmed,
        ),
        (
            json!([
                entry("DESPATCH_NOTE", "CONFIRMED", one),
                entry("DESPATCH_NOTE", "IGNORED", one)
            ]),
            NotifyState::Failed("note IGNORED".to_owned()),
        ),
    ] {
        let bulk: Vec<Value> = entries
            .as_array()
            .unwrap()
            .iter()
            .map(|e| {
                json!({"fkOrderHistoryTypeId": e["fkOrderHistoryTypeId"], "Tag": e["Tag"],
                "Date": e["DateStamp"], "Note": e["HistoryNote"]})
            })
            .collect();
        let fake = Fake::answering([
            ok(&entries),
            ok(&json!({"AuditTrails": [{"pkOrderId": ORDER_ID, "AuditTrail": bulk}]})),
        ]);
        let linnworks = adapter(&fake);
        let log = CallLog::default();
        let ids = [SourceOrderId::from(ORDER_ID), SourceOrderId::from(ITEM)];
        let single = linnworks.notify_states(&ids[..1], &log).await.unwrap();
        assert_eq!(single, [(ids[0].clone(), state.clone())], "{entries}");
        let many = linnworks.notify_states(&ids, &log).await.unwrap();
        assert_eq!(
            many,
            [
                (ids[0].clone(), state),
                (ids[1].clone(), NotifyState::Pending)
            ]
        );
        assert!(
            fake.calls()[0]
                .uri
                .contains("/ProcessedOrders/GetProcessedAuditTrail?pkOrderId=")
        );
        assert!(
            fake.calls()[1]
                .uri
                .ends_with("/Orders/GetOrderAuditTrailsByIds")
        );
    }
}

#[tokio::test]
async fn the_split_answers_with_the_order_that_holds_the_lines() {
    let child = |id: &str, sku: &str, quantity: i64| {
        let mut order = details();
        order["OrderId"] = json!(id);
        order["Items"] = json!([line("e0ffee00-1234-4abc-9def-001122334455", sku, quantity)]);
        order
    };
    let lines = [DespatchIntentLine {
        row_id: "c0ffee00-1234-4abc-9def-001122334455".to_owned(),
        sku: "MUG-BLU-01".into(),
        qty_each: 1,
        before_each: 0,
        unit_price_minor: 1200,
    }];
    let rest = "5f1d2c4b-5a69-4788-9b0c-1d2e3f405162";
    let fake = Fake::answering([
        ok(&json!([details(), child(ITEM, "TEE-RED-M", 9)])),
        ok(&json!([
            child(rest, "TEE-RED-M", 1),
            child(ITEM, "MUG-BLU-01", 1)
        ])),
        ok(&json!([details()])),
        ok(&json!([
            child(rest, "MUG-BLU-01", 1),
            child(ITEM, "MUG-BLU-01", 1)
        ])),
    ]);
    let linnworks = adapter(&fake);
    let id = SourceOrderId::from(ORDER_ID);
    let place = LocationId::from(LOCATION);
    let log = CallLog::default();
    for _ in 0..2 {
        let split = linnworks
            .split_order(&id, &place, SERVICE, &lines, &log)
            .await
            .unwrap();
        assert_eq!(split.as_str(), ITEM);
    }
    for _ in 0..2 {
        let error = linnworks
            .split_order(&id, &place, SERVICE, &lines, &log)
            .await
            .unwrap_err();
        assert_eq!(error.class, AnswerClass::Unknown);
    }
    assert!(
        linnworks
            .split_order(&id, &place, SERVICE, &[], &log)
            .await
            .is_err()
    );
    assert_eq!(fake.calls().len(), 4);
}

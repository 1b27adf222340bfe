//! What answers mean, and what became of writes.

use super::*;
use crate::domain::delivery::{AnswerClass, StockWrite};
use crate::domain::ids::{LocationId, Sku, SourceOrderId};
use crate::domain::time::Span;
use crate::vendors::{
    Answer, CallError, CallLog, LevelWrite, Op, OpenOrders, Processing, SalesSystem,
    ShippingUpdate, StockFigures, System,
};
use AnswerClass::{Auth, Malformed, Rejected, Throttled, Unavailable, Unknown};

const QUOTA: &str = "\"API calls quota exceeded! Maximum admitted 250 per Minute.\"";
const QUOTA_OBJECT: &str =
    r#"{"Code":null,"Message":"API calls quota exceeded! Maximum admitted 250 per Minute."}"#;

fn id() -> SourceOrderId {
    ORDER_ID.into()
}

fn place() -> LocationId {
    LOCATION.into()
}

async fn read_error(answer: Prepared) -> CallError {
    let fake = Fake::answering([answer]);
    let ids = [id()];
    let result = adapter(&fake)
        .orders_by_ids(&ids, &CallLog::default())
        .await;
    result.unwrap_err()
}

async fn write_error(answer: Prepared) -> CallError {
    let fake = Fake::answering([answer]);
    let ids = [id()];
    let result = adapter(&fake)
        .process_batch(&ids, &place(), &CallLog::default())
        .await;
    assert_eq!(fake.calls().len(), 1, "a write is never repeated by itself");
    result.unwrap_err()
}

#[tokio::test]
async fn every_kind_of_answer_has_its_class_for_reads_and_writes() {
    let business = r#"{"Code":"-","Message":"Parameter 'orders' has invalid value"}"#;
    let null_reference = r#"{"Message":"Object reference not set to an instance of an object."}"#;
    let table: [(u16, &str, AnswerClass, AnswerClass); 26] = [
        (
            200,
            "<!DOCTYPE html><html>log in</html>",
            Malformed,
            Malformed,
        ),
        (200, "", Malformed, Malformed),
        (204, "", Malformed, Malformed),
        (200, "null", Malformed, Malformed),
        (200, "\"what?\"", Malformed, Malformed),
        (200, QUOTA, Throttled, Throttled),
        (200, QUOTA_OBJECT, Throttled, Throttled),
        (200, "[{\"OrderId\":\"3f1d", Malformed, Malformed),
        (200, "{\"a\":1}", Malformed, Malformed),
        (206, "[]", Malformed, Unknown),
        (302, "", Malformed, Unknown),
        (304, "", Malformed, Unknown),
        (400, business, Rejected, Rejected),
        (400, null_reference, Rejected, Rejected),
        (400, QUOTA, Throttled, Throttled),
        (400, QUOTA_OBJECT, Throttled, Throttled),
        (403, "", Auth, Auth),
        (404, "<html>404</html>", Malformed, Malformed),
        (405, "", Rejected, Rejected),
        (408, "", Unavailable, Unknown),
        (429, QUOTA, Throttled, Throttled),
        (429, QUOTA_OBJECT, Throttled, Throttled),
        (429, "", Throttled, Throttled),
        (
            500,
            "{\"Message\":\"An error has occurred.\"}",
            Unavailable,
            Unknown,
        ),
        (500, QUOTA, Throttled, Throttled),
        (503, "", Unavailable, Unknown),
    ];
    for (status, body, read, write) in table {
        let error = read_error(raw(status, body)).await;
        assert_eq!(error.class, read, "read {status} {body}: {}", error.text);
        assert!(
            error.text.starts_with("Orders/GetOrdersById: "),
            "{}",
            error.text
        );
        let error = write_error(raw(status, body)).await;
        assert_eq!(error.class, write, "write {status} {body}: {}", error.text);
    }
}

#[tokio::test]
async fn a_lost_answer_is_unknown_for_a_write_and_unavailable_for_a_read() {
    let lost = || Err(WireError::Lost("reset".into()));
    let not_sent = || Err(WireError::NotSent("refused".into()));
    let large = || Err(WireError::TooLarge { limit_bytes: 1 });
    assert_eq!(read_error(lost()).await.class, Unavailable);
    assert_eq!(write_error(lost()).await.class, Unknown);
    assert_eq!(read_error(not_sent()).await.class, Unavailable);
    assert_eq!(write_error(not_sent()).await.class, Unavailable);
    assert_eq!(read_error(large()).await.class, Malformed);
    assert_eq!(write_error(large()).await.class, Unknown);
}

#[tokio::test]
async fn the_text_and_the_wait_of_an_error_reach_the_person() {
    let error = read_error(raw(
        400,
        r#"{"Code":null,"Message":"Order\u001b[31m is locked"}"#,
    ))
    .await;
    assert_eq!(
        error.text,
        "Orders/GetOrdersById: Order is locked (HTTP 400)"
    );
    let error = read_error(raw(403, "")).await;
    assert!(
        error
            .text
            .contains("GlobalPermissions.OrderBook.ViewOrderDetailsNode"),
        "{}",
        error.text
    );
    let mut answer = raw(400, QUOTA).unwrap();
    let wait = http::HeaderValue::from_static("17");
    answer.headers_mut().insert(http::header::RETRY_AFTER, wait);
    let error = read_error(Ok(answer)).await;
    assert_eq!((error.class, error.wait), (Throttled, Some(Span::secs(17))));
}

#[tokio::test]
async fn a_customer_called_quota_exceeded_throttles_nothing() {
    let mut order = details();
    order["CustomerInfo"]["Address"]["FullName"] = json!("API calls quota exceeded!");
    let fake = Fake::answering([ok(&json!([order]))]);
    let orders = adapter(&fake)
        .orders_by_ids(&[id()], &CallLog::default())
        .await
        .unwrap();
    assert_eq!(orders.rows[0].address.name, "API calls quota exceeded!");
}

#[tokio::test]
async fn a_batch_is_judged_row_by_row_and_matched_by_order() {
    let ids: Vec<SourceOrderId> = (0..6)
        .map(|n| SourceOrderId(format!("3f1d2c4b-5a69-4788-9b0c-{n:012}")))
        .collect();
    let answer = json!([
        {"OrderId": ids[2].0.to_uppercase(), "Processed": true, "Error": null},
        {"OrderId": ids[0].0, "Processed": true, "Error": ""},
        {"OrderId": ids[1].0, "Processed": false, "Error": "Order is\u{202e} locked"},
        {"OrderId": ids[4].0, "Processed": false, "Error": null},
        {"OrderId": ids[5].0, "Error": "?"},
        {"OrderId": "ffffffff-5a69-4788-9b0c-1d2e3f405162", "Processed": true}
    ]);
    let fake = Fake::answering([ok(&answer)]);
    let rows = adapter(&fake)
        .process_batch(&ids, &place(), &CallLog::default())
        .await
        .unwrap();
    let classes: Vec<_> = rows.iter().map(|r| r.class).collect();
    let applied = AnswerClass::Applied;
    assert_eq!(
        classes,
        [applied, Rejected, applied, Unknown, Rejected, Unknown]
    );
    assert_eq!(rows[1].text, "Order is locked");
    assert!(rows.iter().zip(&ids).all(|(row, id)| row.key == id.0));
    // No rows at all: nothing is known about any of them.
    let fake = Fake::answering([ok(&json!([]))]);
    let rows = adapter(&fake)
        .process_batch(&ids, &place(), &CallLog::default())
        .await
        .unwrap();
    assert!(rows.iter().all(|r| r.class == Unknown));
}

#[tokio::test]
async fn one_order_is_processed_by_the_call_of_its_location() {
    let fake = Fake::answering([
        ok(&json!({"OrderId": ORDER_ID, "Processed": true, "Error": null})),
        ok(&json!({"OrderId": ORDER_ID, "Processed": false, "Error": "Order is parked"})),
        ok(&json!({"OrderId": ITEM, "Processed": true})),
        ok(&json!({"OrderId": ORDER_ID, "Processed": false, "Error": "API calls quota exceeded!"})),
    ]);
    let linnworks = adapter(&fake);
    let log = CallLog::default();
    let mut classes = Vec::new();
    for is_centre in [false, true, false, false] {
        classes.push(
            linnworks
                .process_one(&id(), &place(), is_centre, &log)
                .await
                .unwrap()
                .class,
        );
    }
    assert_eq!(classes, [AnswerClass::Applied, Rejected, Unknown, Unknown]);
    assert!(
        fake.calls()[1]
            .uri
            .ends_with("/Orders/ProcessFulfilmentCentreOrder")
    );
}

fn update(tracking: &str) -> ShippingUpdate {
    ShippingUpdate {
        source_id: id(),
        tracking: tracking.to_owned(),
        service_id: SERVICE.to_owned(),
        vendor_extra: json!({"TotalWeight": 0.8}),
    }
}

#[tokio::test]
async fn tracking_counts_only_when_linnworks_shows_it() {
    let shows = |text: Value| ok(&json!({"ShippingInfo": {"TrackingNumber": text}}));
    let fake = Fake::answering([
        shows(json!("ab 123456789gb")),
        shows(json!("")),
        ok(&json!({"TotalsInfo": {}})),
        raw(200, ""),
    ]);
    let linnworks = adapter(&fake);
    let log = CallLog::default();
    let mut results: Vec<Answer<()>> = Vec::new();
    for _ in 0..4 {
        results.push(linnworks.set_shipping(&update("AB123456789GB"), &log).await);
    }
    assert!(results[0].is_ok());
    let classes: Vec<_> = results[1..]
        .iter()
        .map(|r| r.as_ref().unwrap_err().class)
        .collect();
    assert_eq!(classes, [Rejected, Malformed, Malformed]);
    // Too long: refused without a call.
    let error = linnworks
        .set_shipping(&update(&"9".repeat(251)), &log)
        .await
        .unwrap_err();
    assert_eq!(error.class, Rejected);
    assert_eq!(fake.calls().len(), 4);
}

fn write(sku: &str, location: &str, level: i64) -> LevelWrite {
    let write = StockWrite {
        item: sku.into(),
        sku: sku.into(),
        location: location.into(),
        level_each: level,
        publish_each: level,
        snapshot_id: 1,
    };
    LevelWrite {
        item_id: String::new(),
        write,
    }
}

#[tokio::test]
async fn stock_rows_are_matched_and_a_missing_or_different_row_is_a_failed_row() {
    let other = "00000000-0000-0000-0000-000000000000";
    let writes = [
        write("A", LOCATION, 12),
        write("A", other, 5),
        write("UNKNOWN", LOCATION, 3),
        write("KIT", LOCATION, 9),
        write("lower", LOCATION, 1),
        write("NEGATIVE", LOCATION, -1),
        write("BARE", LOCATION, 4),
    ];
    let mut bare = level("BARE", LOCATION, 4);
    bare["Location"] = Value::Null;
    let answer = json!([
        level("KIT", LOCATION, 7),
        level("A", other, 5),
        level("A", LOCATION, 12),
        level("LOWER", LOCATION, 1),
        bare
    ]);
    let fake = Fake::answering([ok(&answer)]);
    let rows = adapter(&fake)
        .set_stock(&writes, &CallLog::default())
        .await
        .unwrap();
    let classes: Vec<_> = rows.iter().map(|r| r.class).collect();
    let applied = AnswerClass::Applied;
    assert_eq!(
        classes,
        [
            applied, applied, Rejected, Rejected, applied, Rejected, applied
        ]
    );
    assert_eq!(rows[1].key, format!("A@{other}"));
    assert!(rows[3].text.contains("shows 7"), "{}", rows[3].text);
    let sent: Value = serde_json::from_slice(&fake.calls()[0].body).unwrap();
    assert_eq!(sent["stockLevels"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn a_note_counts_only_when_the_answer_names_it() {
    let fake = Fake::answering([
        ok(&json!({"OrderNotes": [{"OrderId": ORDER_ID, "OrderNoteId": ITEM}]})),
        ok(&json!({"OrderNotes": []})),
    ]);
    let linnworks = adapter(&fake);
    let log = CallLog::default();
    linnworks
        .add_note(&id(), "Short pick: 1 missing", &log)
        .await
        .unwrap();
    let error = linnworks.add_note(&id(), "again", &log).await.unwrap_err();
    assert_eq!(error.class, Unknown);
}

#[tokio::test]
async fn nothing_to_ask_makes_no_call_and_too_much_is_refused() {
    let fake = Fake::answering([]);
    let linnworks = adapter(&fake);
    let log = CallLog::default();
    let none = linnworks.orders_by_ids(&[], &log).await.unwrap();
    assert!(none.rows.is_empty() && none.unread.is_empty());
    assert!(
        linnworks
            .process_batch(&[], &place(), &log)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(linnworks.set_stock(&[], &log).await.unwrap().is_empty());
    assert!(
        linnworks
            .set_stock(&[write("A", LOCATION, -1)], &log)
            .await
            .unwrap()[0]
            .class
            == Rejected
    );
    let many = vec![id(); 101];
    assert_eq!(
        linnworks
            .orders_by_ids(&many, &log)
            .await
            .unwrap_err()
            .class,
        Rejected
    );
    assert_eq!(
        linnworks
            .open_orders_by_ids(&many, &log)
            .await
            .unwrap_err()
            .class,
        Rejected
    );
    let skus = vec![Sku::from("A"); 101];
    assert_eq!(
        linnworks
            .stock_ids(&skus, &log)
            .unwrap()
            .await
            .unwrap_err()
            .class,
        Rejected
    );
    assert!(fake.seen.lock().unwrap().is_empty());
}

#[test]
fn every_operation_counts_under_exactly_one_limit() {
    let fake = Fake::answering([]);
    let linnworks = adapter(&fake);
    let limits = linnworks.limits();
    for op in [
        Op::Locations,
        Op::PostalServices,
        Op::OpenOrderIds,
        Op::OpenOrdersPage,
        Op::OpenOrdersByIds,
        Op::OrdersByIds,
        Op::SetShipping,
        Op::ProcessBatch,
        Op::ProcessOne,
        Op::SplitOrder,
        Op::Relations,
        Op::SetStock,
        Op::StockLevels,
        Op::StockIds,
        Op::ProductsPage,
        Op::AuditTrails,
        Op::SaveHeaders,
    ] {
        let key = linnworks.limit_key(op);
        assert_eq!(limits.iter().filter(|l| l.key == key).count(), 1, "{op:?}");
    }
    assert_eq!(linnworks.concurrency_max(), 4);
}

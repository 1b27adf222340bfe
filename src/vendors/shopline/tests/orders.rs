//! Orders, refunds and returns.

use super::*;
use crate::domain::delivery::AnswerClass;
use crate::domain::ids::{LocationId, SourceOrderId};
use crate::domain::order::SourceStatus;
use crate::domain::time::Ts;
use crate::vendors::shopline::{
    Archive, Bundle, Cursor, OrdersQuery, Payment, Restock, ReturnState, Shipped, ShoplineOrder,
    ShoplineOrders, StatusFilter,
};
use crate::vendors::{Answer, Orders, TERMS_MAX};

fn at(text: &str) -> Ts {
    Ts::from_utc(chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc())
}

async fn list(rows: Vec<Value>) -> Answer<ShoplineOrders> {
    let fake = Fake::answering([ok(&json!({"orders": rows}))]);
    let query = OrdersQuery::updated_since(at("2026-09-02T12:00:00Z"), Archive::Current);
    client(&fake).orders_page(&query, &log()).await
}

async fn one(row: Value) -> ShoplineOrder {
    let found = list(vec![row]).await.unwrap();
    assert_eq!(found.unread, vec![]);
    found.rows.into_iter().next().unwrap()
}

/// The fault an order is set aside with.
async fn fault(row: Value) -> String {
    let found = list(vec![row]).await.unwrap();
    assert!(found.rows.is_empty(), "{:?}", found.rows);
    found.unread[0].text.clone()
}

fn numbered(n: usize) -> Value {
    let mut row = order();
    row["id"] = json!(format!("2107000000000000000000{n:04}"));
    row["name"] = json!(format!("{n}"));
    row
}

#[tokio::test]
async fn an_order_is_read_whole() {
    let found = one(order()).await;
    let source = &found.order;
    assert_eq!(source.source_id.as_str(), ORDER, "26 digits, kept as text");
    assert_eq!(
        (source.number.as_str(), source.reference.as_str()),
        ("1003", "PO-7")
    );
    assert_eq!(source.channel, "SHOPLINE");
    assert_eq!(source.status, SourceStatus::Open);
    assert!(source.is_paid && !source.is_parked && !source.is_locked && !source.is_resend);
    assert_eq!(source.location.as_str(), PLACE);
    assert_eq!(source.received_at, at("2026-09-02T13:44:06Z"));
    assert_eq!(source.service.as_str(), "Standard");
    assert_eq!((source.total_minor, source.shipping_minor), (2500, 500));
    assert_eq!(source.currency, "USD");
    let a = &source.address;
    assert_eq!(
        (a.name.as_str(), a.line1.as_str()),
        ("Ann Lee", "1 Main St")
    );
    assert_eq!(
        (a.town.as_str(), a.region.as_str()),
        ("Fresno", "California")
    );
    assert_eq!((a.country.as_str(), a.postcode.as_str()), ("US", "93650"));
    assert_eq!(
        (a.email.as_str(), a.phone.as_str()),
        ("ann@example.test", "5550100")
    );
    let line = &source.lines[0];
    assert_eq!(
        (line.row_id.as_str(), line.sku.as_str()),
        ("458610", "TEE-Y-S")
    );
    assert_eq!((line.qty_each, line.unit_price_minor), (2, 1000));
    assert_eq!(line.title, "Tee (Yellow / S)");
    assert!(!line.is_service && !line.is_unlinked && line.components.is_empty());
    assert_eq!(found.updated_at, at("2026-09-02T13:44:07Z"));
    assert_eq!(
        (found.payment, found.shipped),
        (Payment::Paid, Shipped::Nothing)
    );
    assert_eq!(found.tags, ["wholesale", "rush"]);
    assert_eq!(found.return_status, "NO_RETURN");
    assert!(!found.is_archived && !found.is_pickup);
    let facts = &found.lines[0];
    assert_eq!(facts.variant_id.as_deref(), Some(VARIANT));
    assert_eq!(facts.fulfillable_each, Some(2));
    assert_eq!(
        (facts.shipped, facts.carrier.as_str()),
        (Shipped::Nothing, "")
    );
}

#[tokio::test]
async fn the_state_of_an_order_is_told_by_cancel_then_by_what_was_shipped() {
    for (status, cancelled, shipped, expected) in [
        ("open", None, "null", SourceStatus::Open),
        ("open", None, "partial", SourceStatus::Open),
        ("open", None, "fulfilled", SourceStatus::Processed),
        (
            "cancelled",
            Some("2026-09-02T21:59:29+08:00"),
            "null",
            SourceStatus::Cancelled,
        ),
        ("canceled", None, "fulfilled", SourceStatus::Cancelled),
        (
            "open",
            Some("2026-09-02T21:59:29+08:00"),
            "null",
            SourceStatus::Cancelled,
        ),
    ] {
        let mut row = order();
        row["status"] = json!(status);
        row["cancelled_at"] = json!(cancelled);
        row["fulfillment_status"] = json!(shipped);
        assert_eq!(one(row).await.order.status, expected, "{status} {shipped}");
    }
}

#[tokio::test]
async fn only_captured_payment_releases_an_order() {
    for (word, payment, is_paid) in [
        ("unpaid", Payment::Unpaid, false),
        ("authorized", Payment::Authorized, false),
        ("pending", Payment::Pending, false),
        ("partially_paid", Payment::PartiallyPaid, false),
        ("paid", Payment::Paid, true),
        ("partially_refunded", Payment::PartiallyRefunded, true),
        ("refunded", Payment::Refunded, false),
    ] {
        let mut row = order();
        row["financial_status"] = json!(word);
        let found = one(row).await;
        assert_eq!(
            (found.payment, found.order.is_paid),
            (payment, is_paid),
            "{word}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_known_is_named_and_never_guessed() {
    for (member, value, said) in [
        (
            "financial_status",
            json!("voided"),
            "financial_status is \"voided\"",
        ),
        ("financial_status", json!(4), "financial_status is 4"),
        (
            "financial_status",
            json!(null),
            "financial_status is missing",
        ),
        (
            "fulfillment_status",
            json!("restocked"),
            "fulfillment_status is \"restocked\"",
        ),
        ("status", json!("hidden"), "status is \"hidden\""),
        ("status", json!(null), "status is missing"),
        (
            "current_total_price",
            json!(null),
            "current_total_price is missing",
        ),
        (
            "current_total_price",
            json!("free"),
            "current_total_price is \"free\"",
        ),
        (
            "updated_at",
            json!("yesterday"),
            "updated_at is \"yesterday\"",
        ),
        ("line_items", json!(null), "line_items is missing"),
        ("name", json!(" "), "name is missing"),
        ("line_items", json!({"0": 1}), "invalid type"),
        ("shipping_address", json!("1 Main St"), "invalid type"),
    ] {
        let mut row = order();
        row[member] = value.clone();
        let text = fault(row).await;
        assert!(text.contains(said), "{member} {value}: {text}");
    }
    for (member, value, said) in [
        ("quantity", json!(-1), "negative"),
        ("quantity", json!(1.5), "not a whole number"),
        ("quantity", json!(null), "quantity is missing"),
        ("id", json!(null), "id is missing"),
        ("price", json!("ten"), "not an amount"),
        (
            "requires_shipping",
            json!("perhaps"),
            "neither true nor false",
        ),
    ] {
        let mut row = order();
        row["line_items"][0][member] = value.clone();
        let text = fault(row).await;
        assert!(
            text.contains("line 1 (TEE-Y-S)") && text.contains(said),
            "{text}"
        );
    }
}

#[tokio::test]
async fn one_unreadable_order_is_set_aside_alone() {
    let mut bad = numbered(2);
    bad["line_items"][0]["quantity"] = json!("two\u{1b}[31m");
    let found = list(vec![numbered(1), bad, numbered(3), numbered(1)])
        .await
        .unwrap();
    let names: Vec<&str> = found.rows.iter().map(|o| o.order.number.as_str()).collect();
    assert_eq!(names, ["1", "3"], "each once");
    assert_eq!(found.unread.len(), 1);
    assert_eq!(found.unread[0].label, "2");
    assert_eq!(
        found.unread[0].source_id.as_str(),
        "21070000000000000000000002"
    );
    assert!(!found.unread[0].text.contains('\u{1b}'));
    let house: Orders = found.into();
    assert_eq!((house.rows.len(), house.unread.len()), (2, 1));
}

#[tokio::test]
async fn an_answer_that_changed_its_shape_is_refused_whole() {
    let strange = |n| {
        let mut row = numbered(n);
        row["financial_status"] = json!("settled");
        row
    };
    let error = list((1..=3).map(strange).collect()).await.unwrap_err();
    assert_eq!(error.class, AnswerClass::Malformed);
    let mut nameless = order();
    nameless["id"] = json!(null);
    nameless["name"] = json!(null);
    let error = list(vec![numbered(1), nameless]).await.unwrap_err();
    assert_eq!(error.class, AnswerClass::Malformed);
    // An id of 26 digits that came as a number has lost its end: it cannot name an order.
    let mut rounded = order();
    rounded["id"] = json!(2.107e25);
    assert!(list(vec![rounded]).await.is_err());
}

#[tokio::test]
async fn ids_beyond_what_a_double_holds_stay_exact() {
    for id in ["9007199254740993", "18446744073709551617", ORDER] {
        let mut row = order();
        row["id"] = json!(id);
        assert_eq!(one(row).await.order.source_id.as_str(), id);
    }
    // As numbers, they are exact as far as 64 bits go.
    let mut row = order();
    row["line_items"][0]["id"] = json!(18_446_744_073_709_551_615_u64);
    row["line_items"][0]["location_id"] = json!(9_007_199_254_740_993_i64);
    let found = one(row).await;
    assert_eq!(found.order.lines[0].row_id, "18446744073709551615");
    assert_eq!(found.order.location.as_str(), "9007199254740993");
}

#[tokio::test]
async fn money_is_read_from_its_digits() {
    for (value, minor) in [
        (json!("25.00"), 2500),
        (json!("0.0"), 0),
        (json!("1000000.0"), 100_000_000),
        (json!("999999999999.93"), 99_999_999_999_993),
        (json!(10), 1000),
        (json!(10.35), 1035),
        (json!("-3.5"), -350),
    ] {
        let mut row = order();
        row["current_total_price"] = value.clone();
        assert_eq!(one(row).await.order.total_minor, minor, "{value}");
    }
}

#[tokio::test]
async fn hostile_text_is_cleaned_where_it_enters() {
    let mut row = order();
    row["name"] = json!("10\u{1b}]52;c;aGk=\u{7}03");
    row["tags"] = json!("[\"ru\\u001b[31msh\\u202e\",\"\"]");
    row["buyer_note"] = json!("ring\u{0}\r\ntwice");
    row["shipping_address"]["name"] = json!("Null");
    row["line_items"][0]["title"] = json!("Te\u{200b}e\u{9b}31m");
    row["shipping_lines"][0]["title"] = json!("Stan\u{7}dard");
    let found = one(row).await;
    assert_eq!(found.order.number, "1003");
    assert_eq!(found.tags, ["rush"]);
    assert_eq!(found.buyer_note, "ring  twice");
    assert_eq!(found.order.address.name, "Null", "a name, not an absence");
    assert_eq!(found.order.lines[0].title, "Tee (Yellow / S)");
    assert_eq!(found.order.service.as_str(), "Standard");
}

#[tokio::test]
async fn tags_come_as_json_text_or_commas_or_not_at_all() {
    for (value, tags) in [
        (json!(null), vec![]),
        (json!("null"), vec![]),
        (json!(""), vec![]),
        (json!("[\"a b\",\"c\"]"), vec!["a b", "c"]),
        (json!("a, c"), vec!["a", "c"]),
    ] {
        let mut row = order();
        row["tags"] = value;
        assert_eq!(one(row).await.tags, tags);
    }
}

#[tokio::test]
async fn an_address_is_pieced_together_from_what_is_there() {
    let mut row = order();
    row["shipping_address"] = json!({"name": "", "first_name": "Ann", "last_name": null, "country": "Taiwan",
        "country_code": null, "district": "Da'an", "neighborhood": "Xue", "phone": null});
    row["email"] = json!(null);
    row["customer"] = json!({"email": "c@example.test", "phone": "77"});
    let a = one(row).await.order.address;
    assert_eq!((a.name.as_str(), a.country.as_str()), ("Ann", "Taiwan"));
    assert_eq!(a.line3, "Xue, Da'an");
    assert_eq!(
        (a.email.as_str(), a.phone.as_str()),
        ("c@example.test", "77")
    );
    let mut row = order();
    row["shipping_address"] = json!(null);
    row["customer"] = json!(null);
    assert_eq!(one(row).await.order.address.line1, "");
}

#[tokio::test]
async fn services_are_told_apart_from_goods() {
    let mut gift = line("2", "GIFT", 1);
    gift["gift_card"] = json!(true);
    let mut fee = line("3", "", 1);
    fee["requires_shipping"] = json!(false);
    fee["variant_id"] = json!(null);
    let mut custom = line("4", "", 1);
    custom["variant_id"] = json!(null);
    custom["sku"] = json!(null);
    let mut row = order();
    row["line_items"] = json!([gift, fee, custom, line("5", "TEE", 1)]);
    let lines = one(row).await.order.lines;
    let kinds: Vec<_> = lines
        .iter()
        .map(|l| (l.is_service, l.is_unlinked))
        .collect();
    assert_eq!(
        kinds,
        [(true, false), (true, false), (false, true), (false, false)]
    );
}

#[tokio::test]
async fn a_bundle_is_picked_by_its_components_and_never_lost() {
    let mut parent = line("1", "SET", 1);
    parent["is_bundle"] = json!(true);
    parent["variant_id"] = json!("18070000000000000000009999");
    let mut part = line("2", "TEE", 2);
    part["is_bundle_component"] = json!(true);
    part["bundle_parent_variant_id"] = json!("18070000000000000000009999");
    let mut row = order();
    row["line_items"] = json!([parent, part]);
    let found = one(row).await;
    assert_eq!(found.lines[0].bundle, Bundle::Parent);
    let component = Bundle::Component(Some("18070000000000000000009999".to_owned()));
    assert_eq!(found.lines[1].bundle, component);
    let picked: Vec<_> = found.order.pick_lines();
    assert_eq!(picked.len(), 1);
    assert_eq!((picked[0].sku.as_str(), picked[0].qty_each), ("TEE", 2));
    // Without its components in the order the bundle itself is picked.
    let mut row = order();
    row["line_items"] = json!([parent]);
    assert_eq!(one(row).await.order.pick_lines().len(), 1);
}

#[tokio::test]
async fn a_line_id_is_unique_within_its_order_or_the_order_is_set_aside() {
    let mut row = order();
    row["line_items"] = json!([line("1", "A", 1), line("1", "B", 1)]);
    assert!(fault(row).await.contains("stands on two lines"));
}

#[tokio::test]
async fn what_was_shipped_comes_with_the_order() {
    let mut cancelled = fulfilment(2, &["OLD"]);
    cancelled["status"] = json!("cancelled");
    cancelled["id"] = json!("22070000000000000000005678");
    let mut row = order();
    row["fulfillment_status"] = json!("fulfilled");
    row["fulfillments"] = json!([cancelled, fulfilment(2, &["T1", "T2"])]);
    row["line_items"][0]["fulfillment_status"] = json!("fulfilled");
    row["line_items"][0]["fulfillable_quantity"] = json!(0);
    row["line_items"][0]["fulfillment_service"] = json!("FedEx");
    let found = one(row).await;
    assert_eq!(found.order.status, SourceStatus::Processed);
    assert_eq!(
        found.order.tracking, "T1, T2",
        "cancelled parcels do not count"
    );
    assert_eq!(found.order.processed_at, Some(at("2026-09-02T14:02:39Z")));
    assert_eq!(found.lines[0].shipped, Shipped::All);
    assert_eq!(found.lines[0].carrier, "FedEx");
    assert_eq!(found.fulfilments.len(), 2);
    assert!(found.fulfilments[0].is_cancelled);
}

#[tokio::test]
async fn a_list_asks_for_its_half_of_the_archive_and_keeps_to_the_cursor() {
    let link = format!(
        "<{BASE}orders.json?limit=100&page_info=7B6C%2Bx>; rel=\"next\",<{BASE}orders.json?page_info=AA,BB>; rel=\"previous\""
    );
    let first = with(ok(&json!({"orders": [order()]})), "link", &link);
    let fake = Fake::answering([first, ok(&json!({"orders": []}))]);
    let store = client(&fake);
    let query = OrdersQuery {
        updated_to: Some(at("2026-09-02T13:00:00.9Z")),
        ..OrdersQuery::updated_since(at("2026-09-02T12:00:00Z"), Archive::Archived)
    };
    let page = store.orders_page(&query, &log()).await.unwrap();
    let cursor = page.next.unwrap();
    assert_eq!(cursor.as_str(), "7B6C%2Bx", "byte for byte");
    let last = store.orders_next(&cursor, &log()).await.unwrap();
    assert_eq!(last.next, None, "no link header: the last page");
    let calls = fake.calls();
    assert_eq!(
        calls[0].path,
        "orders.json?limit=100&status=any&hidden_order=true\
         &updated_at_min=2026-09-02T12%3A00%3A00%2B00%3A00&updated_at_max=2026-09-02T13%3A00%3A00%2B00%3A00"
    );
    assert_eq!(calls[1].path, "orders.json?limit=100&page_info=7B6C%2Bx");
}

#[tokio::test]
async fn a_list_that_goes_in_circles_or_nowhere_is_refused() {
    let answer = |link: &str| with(ok(&json!({"orders": []})), "link", link);
    let cursor = Cursor::new("AAAA").unwrap();
    let same = answer("<https://evil.test/x?page_info=AAAA>; rel=next");
    let fake = Fake::answering([same]);
    let error = client(&fake)
        .orders_next(&cursor, &log())
        .await
        .unwrap_err();
    assert!(error.class == AnswerClass::Malformed && error.text.contains("circles"));
    for link in [
        "<https://demo.myshopline.com/orders.json?limit=1>; rel=\"next\"",
        "<https://demo.myshopline.com/orders.json?page_info=>; rel=\"next\"",
        "<https://demo.myshopline.com/orders.json?page_info=a b>; rel=\"next\"",
    ] {
        let fake = Fake::answering([answer(link)]);
        let error = client(&fake)
            .orders_next(&cursor, &log())
            .await
            .unwrap_err();
        assert_eq!(error.class, AnswerClass::Malformed, "{link}");
    }
    for link in [
        "<https://x.test/?page_info=B>; rel=\"previous\"",
        "nonsense",
        "<x",
        "",
    ] {
        let fake = Fake::answering([answer(link)]);
        let page = client(&fake).orders_next(&cursor, &log()).await.unwrap();
        assert_eq!(page.next, None, "{link}");
    }
    assert_eq!(Cursor::new(""), None);
    assert_eq!(
        Cursor::new("a&status=any"),
        None,
        "nothing can be smuggled in"
    );
    assert_eq!(Cursor::new(&"A".repeat(10_000)), None);
}

#[tokio::test]
async fn orders_by_id_are_those_asked_for() {
    let fake = Fake::answering([
        ok(&json!({"orders": [order()]})),
        ok(&json!({"orders": [order()]})),
    ]);
    let store = client(&fake);
    let ids = [SourceOrderId::from(ORDER), SourceOrderId::from("2107")];
    let found = store.orders_by_ids(&ids, Archive::Current, &log()).await;
    assert_eq!(found.unwrap().rows.len(), 1, "unknown ids are absent");
    assert_eq!(
        fake.only().path,
        format!("orders.json?limit=100&status=any&hidden_order=false&ids={ORDER}%2C2107")
    );
    let other = [SourceOrderId::from("2107")];
    let error = store.orders_by_ids(&other, Archive::Current, &log()).await;
    assert_eq!(error.unwrap_err().class, AnswerClass::Malformed);
    // Nothing is sent for nobody, for too many, or for what cannot be an id.
    let none = store.orders_by_ids(&[], Archive::Current, &log()).await;
    assert!(none.unwrap().rows.is_empty());
    let many = vec![SourceOrderId::from("1"); TERMS_MAX + 1];
    for ids in [
        many,
        vec!["1,2".into()],
        vec!["../x".into()],
        vec!["".into()],
    ] {
        let error = store.orders_by_ids(&ids, Archive::Current, &log()).await;
        assert_eq!(error.unwrap_err().class, AnswerClass::Rejected);
    }
    assert_eq!(fake.calls().len(), 2);
}

#[tokio::test]
async fn a_list_by_state_asks_for_that_state() {
    for (status, word) in [
        (StatusFilter::Open, "open"),
        (StatusFilter::Cancelled, "cancelled"),
    ] {
        let fake = Fake::answering([ok(&json!({"orders": []}))]);
        let query = OrdersQuery {
            archive: Archive::Current,
            status,
            updated_from: None,
            updated_to: None,
        };
        client(&fake).orders_page(&query, &log()).await.unwrap();
        let expected = format!("orders.json?limit=100&status={word}&hidden_order=false");
        assert_eq!(fake.only().path, expected);
    }
}

#[tokio::test]
async fn an_order_ships_from_where_its_goods_lie() {
    let centre =
        json!({"locations": [{"id": PLACE, "name": "3PL", "active": true, "legacy": true}]});
    let mut row = order();
    let mut gift = line("1", "GIFT", 1);
    gift["gift_card"] = json!(true);
    gift["location_id"] = json!("999");
    row["line_items"] = json!([gift, line("2", "TEE", 1)]);
    let fake = Fake::answering([ok(&centre), ok(&json!({"orders": [row]}))]);
    let store = client(&fake);
    store.locations(&log()).await.unwrap();
    let found = store
        .orders_by_ids(&[ORDER.into()], Archive::Current, &log())
        .await;
    let order_read = &found.unwrap().rows[0];
    assert_eq!(order_read.order.location, LocationId::from(PLACE));
    assert!(order_read.order.location_is_fulfilment_centre);
    let mut row = order();
    row["line_items"][0]["location_id"] = json!(null);
    row["pos_location_id"] = json!("55");
    row["service"] = json!("Pickup");
    row["shipping_lines"] = json!([]);
    let found = one(row).await;
    assert_eq!(found.order.location.as_str(), "55");
    assert!(found.is_pickup);
    assert_eq!(found.order.service.as_str(), "Pickup");
}

#[tokio::test]
async fn refunds_are_read_with_amounts_as_numbers_or_text() {
    let refund = json!({"id": "2600000000000000000001", "order_id": ORDER, "note": "Seller cancels order",
        "created_at": "2026-09-02T21:54:18+08:00", "refund_line_items": [
            {"id": "RDP7680000000000000001", "line_item_id": "458610", "quantity": 1, "restock_type": "no_restock",
             "subtotal": 10.35, "total_tax": "0.50"},
            {"id": "RDP2", "line_item_id": 458_611, "quantity": 1, "restock_type": "return", "subtotal": 10}],
        "order_adjustments": [{"amount": "10.00"}], "transactions": []});
    let fake = Fake::answering([
        ok(&json!({"refunds": [refund]})),
        ok(&json!({"refunds": [{"id": "1", "order_id": "999", "refund_line_items": null}]})),
        ok(&json!({})),
    ]);
    let store = client(&fake);
    let found = store.refunds(&ORDER.into(), &log()).await.unwrap();
    assert_eq!(
        fake.only().path,
        format!("orders/{ORDER}/refunds.json?limit=250")
    );
    let lines = &found[0].lines;
    assert_eq!((lines[0].subtotal_minor, lines[0].tax_minor), (1035, 50));
    assert_eq!(
        (lines[0].restock, lines[1].restock),
        (Restock::None, Restock::Return)
    );
    assert_eq!(lines[1].row_id, "458611");
    for _ in 0..2 {
        let error = store.refunds(&ORDER.into(), &log()).await.unwrap_err();
        assert_eq!(error.class, AnswerClass::Malformed);
    }
    // The refund a cancelled order carries has no lines at first.
    let mut row = order();
    row["refunds"] =
        json!([{"id": "2607", "order_id": ORDER, "note": null, "refund_line_items": null}]);
    assert_eq!(one(row).await.refunds[0].lines, vec![]);
}

#[tokio::test]
async fn returns_are_read_and_their_states_told_in_any_spelling() {
    let row = |status: &str| {
        json!({"id": "2605860580357012238342", "order_id": ORDER, "status": status, "return_reason": "SIZE",
            "created_at": "2024-07-30T19:05:13.968+0800", "return_line_items": [{"id": "RDP1",
            "fulfillment_id": FULFILMENT, "quantity": 1, "return_reason": "DEFECTIVE", "return_reason_note": "torn",
            "fulfillment_line_item": {"quantity": 2, "line_item": {"id": 458_610, "sku": "TEE-Y-S"}}}]})
    };
    for (word, state) in [
        ("OPEN", ReturnState::Open),
        ("closed", ReturnState::Closed),
        ("CANCELED", ReturnState::Cancelled),
        ("cancelled", ReturnState::Cancelled),
        ("REQUESTED", ReturnState::Requested),
        ("DECLINED", ReturnState::Declined),
    ] {
        let fake = Fake::answering([ok(&json!({"returns": [row(word)]}))]);
        let found = client(&fake).returns(&ORDER.into(), &log()).await.unwrap();
        assert_eq!(fake.only().path, format!("return.json?order_id={ORDER}"));
        assert_eq!(found[0].state, state, "{word}");
        assert_eq!(found[0].created_at, Some(at("2024-07-30T11:05:13.968Z")));
        let line = &found[0].lines[0];
        assert_eq!((line.row_id.as_deref(), line.qty_each), (Some("458610"), 1));
        assert_eq!(line.fulfilment_id.as_deref(), Some(FULFILMENT));
    }
    let fake = Fake::answering([ok(&json!({"returns": [row("LOST")]}))]);
    let error = client(&fake)
        .returns(&ORDER.into(), &log())
        .await
        .unwrap_err();
    assert_eq!(error.class, AnswerClass::Malformed);
}

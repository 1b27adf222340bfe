//! Webhooks: subscriptions, signatures, envelopes and what they are about.

use super::*;
use crate::domain::delivery::AnswerClass;
use crate::domain::time::Ts;
use crate::vendors::shopline::{
    SIGNATURE_HEADER, SignatureFault, Topic, envelope, subject, verify,
};
use AnswerClass::{Malformed, Rejected, Unknown};
use proptest::prelude::*;

const BODY: &[u8] = br#"{"id":"21070000000000000000000001","name":"1001"}"#;
const HEX: &str = "9e1b979187c39c6255f813e0284df573cd502b881bfb1b95069fe57113658f99";
const BASE64: &str = "nhuXkYfDnGJV+BPgKE31c81QK4gb+xuVBp/lcRNlj5k=";

fn secret() -> Secret {
    Secret::new(APP_SECRET.to_owned())
}

#[test]
fn a_signature_is_taken_in_hexadecimal_and_in_base64() {
    for good in [HEX, BASE64, &HEX.to_uppercase(), &format!(" {HEX} ")] {
        assert_eq!(verify(&secret(), good, BODY), Ok(()), "{good}");
    }
}

#[test]
fn a_signature_that_proves_nothing_is_refused() {
    let mut other = BODY.to_vec();
    other.push(b'\n');
    let flipped = HEX.replace("9e1b", "9e1c");
    for (signature, body, fault) in [
        (HEX, other.as_slice(), SignatureFault::Wrong),
        (BASE64, b"", SignatureFault::Wrong),
        (&flipped, BODY, SignatureFault::Wrong),
        ("", BODY, SignatureFault::Form),
        (&HEX[..62], BODY, SignatureFault::Form),
        ("AAAA", BODY, SignatureFault::Form),
        ("ää", BODY, SignatureFault::Form),
    ] {
        assert_eq!(
            verify(&secret(), signature, body),
            Err(fault),
            "{signature}"
        );
    }
    let wrong = Secret::new("another".to_owned());
    assert_eq!(verify(&wrong, HEX, BODY), Err(SignatureFault::Wrong));
    // Without a secret anybody could sign: nothing is believed.
    let none = Secret::new(String::new());
    assert_eq!(verify(&none, HEX, BODY), Err(SignatureFault::NoSecret));
}

proptest! {
    #[test]
    fn no_other_body_passes_and_no_header_panics(body: Vec<u8>, header in "\\PC{0,80}") {
        prop_assume!(body != BODY);
        prop_assert!(verify(&secret(), HEX, &body).is_err());
        prop_assert!(verify(&secret(), &header, BODY).is_err());
        let _ = subject(Topic::Order, &body);
    }
}

fn headers() -> http::HeaderMap {
    let mut headers = http::HeaderMap::new();
    for (name, value) in [
        ("x-shopline-topic", "orders/create"),
        (SIGNATURE_HEADER, HEX),
        ("x-shopline-shop-domain", "Demo.myshopline.com"),
        ("x-shopline-shop-id", "1700000000000"),
        ("x-shopline-merchant-id", "2000000000"),
        ("x-shopline-api-version", "v20260601"),
        ("x-shopline-webhook-id", "b54557e48a5fbf7d70bcd043"),
    ] {
        headers.insert(name, value.parse().unwrap());
    }
    headers
}

#[test]
fn an_envelope_is_read_whole_or_not_at_all() {
    let found = envelope(&headers()).unwrap();
    assert_eq!(found.event_id, "b54557e48a5fbf7d70bcd043");
    assert_eq!(found.shop_domain, "demo.myshopline.com");
    assert_eq!(
        (found.shop_id.as_str(), found.merchant_id.as_str()),
        ("1700000000000", "2000000000")
    );
    assert_eq!(
        (found.topic.as_str(), found.about()),
        ("orders/create", Topic::Order)
    );
    for name in [
        "x-shopline-topic",
        "x-shopline-webhook-id",
        "x-shopline-shop-domain",
        "x-shopline-shop-id",
        "x-shopline-merchant-id",
        "x-shopline-api-version",
    ] {
        let mut less = headers();
        less.remove(name);
        assert!(envelope(&less).unwrap_err().contains(name));
        less.insert(name, http::HeaderValue::from_static(" "));
        assert!(envelope(&less).is_err());
        less.insert(name, http::HeaderValue::from_bytes(b"\xff").unwrap());
        assert!(envelope(&less).is_err());
    }
}

#[test]
fn topics_tell_what_is_to_be_read_again() {
    for (topic, about) in [
        ("orders/updated", Topic::Order),
        ("orders/update", Topic::Order),
        ("orders/delete", Topic::OrderDeleted),
        ("order_transactions/create", Topic::Payment),
        ("refunds/create", Topic::Refund),
        ("fulfillments/update", Topic::Fulfilment),
        ("fulfillment_order/on_hold", Topic::FulfilmentOrder),
        ("inventory_levels/update", Topic::Stock),
        ("inventory_items/create", Topic::InventoryItem),
        ("products/status_changed", Topic::Product),
        ("return/create", Topic::Return),
        ("return_package/update", Topic::Return),
        ("logistics/update", Topic::Location),
        ("apps/installed_uninstalled", Topic::App),
        ("carts/create", Topic::Other),
        ("nonsense", Topic::Other),
    ] {
        let mut all = headers();
        all.insert("x-shopline-topic", topic.parse().unwrap());
        assert_eq!(envelope(&all).unwrap().about(), about, "{topic}");
    }
}

#[test]
fn the_object_is_found_under_every_name_it_goes_by() {
    let at = |text: &str| {
        let time = chrono::DateTime::parse_from_rfc3339(text).unwrap();
        Some(Ts::from_utc(time.to_utc()))
    };
    for (topic, body, id, order, changed) in [
        (
            Topic::Order,
            json!({"id": ORDER, "created_at": "2026-09-02T21:00:00+08:00", "updated_at": "2026-09-02T21:44:06+08:00"}),
            ORDER,
            Some(ORDER),
            at("2026-09-02T13:44:06Z"),
        ),
        (
            Topic::OrderDeleted,
            json!({"id": ORDER}),
            ORDER,
            Some(ORDER),
            None,
        ),
        (
            Topic::Refund,
            json!({"id": "2607", "order_id": ORDER}),
            "2607",
            Some(ORDER),
            None,
        ),
        (
            Topic::Payment,
            json!({"pay_seq": "2305", "order_id": ORDER}),
            "2305",
            Some(ORDER),
            None,
        ),
        (
            Topic::Fulfilment,
            json!({"id": FULFILMENT, "order_id": ORDER}),
            FULFILMENT,
            Some(ORDER),
            None,
        ),
        (
            Topic::FulfilmentOrder,
            json!({"fulfillment_order": {"id": "4005", "order_id": ORDER}}),
            "4005",
            Some(ORDER),
            None,
        ),
        (
            Topic::FulfilmentOrder,
            json!({"fulfillment_order": {"id": "2107_4005"}}),
            "2107_4005",
            Some("2107"),
            None,
        ),
        (
            Topic::Return,
            json!({"after_sale_order_seq": "2605", "order_seq": ORDER, "created_at": "2024-07-30T19:05:13.968+0800"}),
            "2605",
            Some(ORDER),
            at("2024-07-30T11:05:13.968Z"),
        ),
        (
            Topic::Stock,
            json!({"inventory_item_id": ITEM, "location_id": PLACE, "update_at": "2026-09-02T21:44:06+08:00"}),
            ITEM,
            None,
            at("2026-09-02T13:44:06Z"),
        ),
        (
            Topic::InventoryItem,
            json!({"inventory_item": {"id": ITEM}}),
            ITEM,
            None,
            None,
        ),
        (
            Topic::Location,
            json!({"id": 7_680_000_000_000_000_001_i64}),
            PLACE,
            None,
            None,
        ),
    ] {
        let found = subject(topic, body.to_string().as_bytes()).unwrap();
        assert_eq!(found.id.as_deref(), Some(id), "{topic:?}");
        assert_eq!(found.order.as_ref().map(|o| o.as_str()), order, "{topic:?}");
        assert_eq!(found.changed_at, changed, "{topic:?}");
    }
    for (topic, body) in [
        (Topic::Order, "{}"),
        (Topic::Order, "[]"),
        (Topic::Order, "not json"),
        (Topic::Order, r#"{"id":"null"}"#),
        (Topic::Order, r#"{"id":2.107e25}"#),
        (Topic::Refund, r#"{"id":"1"}"#),
        (Topic::Order, r#"{"id":"1","updated_at":"soon"}"#),
    ] {
        assert!(subject(topic, body.as_bytes()).is_err(), "{body}");
    }
}

#[tokio::test]
async fn subscriptions_are_listed_made_and_ended() {
    let row = json!({"id": 13814, "topic": "orders/create", "address": "https://hooks.example.test/s",
        "api_version": "v20260601"});
    let mut other = row.clone();
    other["topic"] = json!("orders/paid");
    let fake = Fake::answering([
        ok(&json!({"webhooks": [row]})),
        ok(&json!({"webhook": row})),
        raw(200, ""),
        raw(200, "{}"),
        ok(&json!({"webhook": other})),
        ok(&json!({"webhooks": [{"topic": "orders/create"}]})),
        raw(200, "<html>hello</html>"),
        raw(422, "{\"errors\":\"webhook already exists\"}"),
    ]);
    let store = client(&fake);
    let (topic, address) = ("orders/create", "https://hooks.example.test/s");
    let listed = store.subscriptions(&log()).await.unwrap();
    assert_eq!((listed[0].id, listed[0].topic.as_str()), (13814, topic));
    let made = store.subscribe(topic, address, &log()).await.unwrap();
    assert_eq!(made, listed[0]);
    store.unsubscribe(made.id, &log()).await.unwrap();
    store.unsubscribe(made.id, &log()).await.unwrap();
    let calls = fake.calls();
    assert_eq!(
        calls[1].body,
        json!({"webhook": {"topic": topic, "address": address, "api_version": "v20260601"}})
    );
    let end = (calls[2].verb.as_str(), calls[2].path.as_str());
    assert_eq!(
        end,
        ("DELETE", "13814/webhooks.json"),
        "the id before the noun"
    );
    let error = store.subscribe(topic, address, &log()).await.unwrap_err();
    assert_eq!(error.class, Unknown);
    let error = store.subscriptions(&log()).await.unwrap_err();
    assert_eq!(error.class, Malformed);
    let error = store.unsubscribe(1, &log()).await.unwrap_err();
    assert_eq!(error.class, Unknown, "it was a page that answered");
    let error = store.subscribe(topic, address, &log()).await.unwrap_err();
    assert_eq!(error.class, Rejected);
    let long = format!("https://x.test/{}", "a".repeat(300));
    for (topic, address) in [
        ("orders", address),
        ("orders/", address),
        ("Orders/Create", address),
        (topic, "http://hooks.example.test/s"),
        (topic, "nonsense"),
        (topic, &long),
    ] {
        let error = store.subscribe(topic, address, &log()).await.unwrap_err();
        assert_eq!(error.class, Rejected, "{topic} {address}");
    }
    assert_eq!(fake.calls().len(), 8, "nothing wrong is sent");
}

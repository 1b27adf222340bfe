//! What answers mean, how requests look, and what a store may be configured as.

use super::*;
use crate::domain::delivery::AnswerClass;
use crate::domain::ids::{LocationId, SourceOrderId};
use crate::domain::time::{Span, Ts};
use crate::vendors::shopline::{Archive, ConfigFault, PER_MINUTE_DEFAULT};
use crate::vendors::{CallError, Op, System};
use AnswerClass::{Auth, Malformed, Rejected, Throttled, Unavailable, Unknown};

async fn read_error(answer: Prepared) -> CallError {
    let fake = Fake::answering([answer]);
    let ids = [SourceOrderId::from(ORDER)];
    let result = client(&fake)
        .orders_by_ids(&ids, Archive::Current, &log())
        .await;
    result.unwrap_err()
}

async fn write_error(answer: Prepared) -> CallError {
    let fake = Fake::answering([answer]);
    let place = LocationId::from(PLACE);
    let result = client(&fake).set_available(ITEM, &place, 5, &log()).await;
    assert_eq!(fake.calls().len(), 1, "a write is never repeated by itself");
    result.unwrap_err()
}

#[tokio::test]
async fn every_kind_of_answer_has_its_class_for_reads_and_writes() {
    let page = "<!DOCTYPE html><html>Just a moment...</html>";
    let user_errors = r#"{"order":null,"user_errors":[{"code":"X","message":"cannot be edited","field":["id"]}]}"#;
    let table: [(u16, &str, AnswerClass, AnswerClass); 30] = [
        (200, page, Malformed, Unknown),
        (200, "", Malformed, Unknown),
        (204, "", Malformed, Unknown),
        (200, "null", Malformed, Unknown),
        (200, "upstream says hello", Malformed, Unknown),
        (200, "{\"orders\":[{\"id\":\"2107", Malformed, Unknown),
        (200, "{\"a\":1}", Malformed, Malformed),
        (200, "[]", Malformed, Malformed),
        (200, user_errors, Rejected, Rejected),
        (200, "{\"errors\":\"no such thing\"}", Rejected, Rejected),
        (206, "{\"orders\":[]}", Malformed, Unknown),
        (302, "", Malformed, Unknown),
        (400, "{\"errors\":\"wrong\"}", Rejected, Rejected),
        (401, "{\"errors\":\"ACCESS_TOKEN is invalid!\"}", Auth, Auth),
        (402, "", Auth, Auth),
        (
            403,
            "{\"errors\":\"ACCESS_TOKEN is no permission!\"}",
            Auth,
            Auth,
        ),
        (404, page, Malformed, Malformed),
        (404, "{\"errors\":\"order not found\"}", Rejected, Rejected),
        (406, "", Rejected, Rejected),
        (408, "", Unavailable, Unknown),
        (412, "", Rejected, Rejected),
        (422, "{\"errors\":[\"a\",\"b\"]}", Rejected, Rejected),
        (423, "", Auth, Auth),
        (
            429,
            "{\"errors\":\"Too many request\"}",
            Throttled,
            Throttled,
        ),
        (433, page, Auth, Auth),
        (436, "", Auth, Auth),
        (500, "{\"errors\":\"system error\"}", Unavailable, Unknown),
        (501, "", Rejected, Rejected),
        (503, page, Unavailable, Unknown),
        (504, "", Unavailable, Unknown),
    ];
    for (status, body, read, write) in table {
        let error = read_error(raw(status, body)).await;
        assert_eq!(error.class, read, "read {status} {body}: {}", error.text);
        assert!(error.text.starts_with("orders: "), "{}", error.text);
        let error = write_error(raw(status, body)).await;
        assert_eq!(error.class, write, "write {status} {body}: {}", error.text);
        assert!(!error.text.contains('<'), "no web page is quoted");
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
async fn a_throttled_call_waits_a_second_although_shopline_names_no_time() {
    let refusal = || raw(429, "{\"errors\":\"Too many request\"}");
    assert_eq!(read_error(refusal()).await.wait, Some(Span::secs(1)));
    for (told, secs) in [("17", 17), ("0", 1), ("soon", 1), ("99999999", 3_600)] {
        let error = read_error(with(refusal(), "retry-after", told)).await;
        assert_eq!(error.wait, Some(Span::secs(secs)), "{told}");
    }
    assert_eq!(read_error(raw(500, "")).await.wait, None);
}

#[tokio::test]
async fn the_text_of_an_error_reaches_the_person_in_every_shape() {
    for (body, text) in [
        (
            json!({"errors": "bad\u{1b}[31m order\u{202e}"}),
            "orders: bad order (HTTP 422)",
        ),
        (json!({"errors": ["a", "b"]}), "orders: a; b (HTTP 422)"),
        (
            json!({"errors": {"sku": "is taken", "price": ["is low", "is odd"]}}),
            "orders: sku: is taken; price: is low; price: is odd (HTTP 422)",
        ),
        (
            json!({"user_errors": [{"code": "GONE", "message": "expired"}]}),
            "orders: expired (GONE) (HTTP 422)",
        ),
        (
            json!({"errors": null}),
            "orders: {\"errors\":null} (HTTP 422)",
        ),
    ] {
        let error = read_error(raw(422, &body.to_string())).await;
        assert_eq!(error.text, text);
    }
    let error = read_error(raw(403, "{\"errors\":\"ACCESS_TOKEN is no permission!\"}")).await;
    assert!(error.text.contains("read_orders"), "{}", error.text);
    let error = read_error(raw(401, "{}")).await;
    assert!(error.text.contains("make a new one"), "{}", error.text);
}

#[tokio::test]
async fn an_order_whose_buyer_writes_errors_is_no_error() {
    let mut body = order();
    body["buyer_note"] = json!("errors: Too many request");
    body["shipping_address"]["name"] = json!("{\"errors\":\"x\"}");
    let fake = Fake::answering([ok(
        &json!({"orders": [body], "errors": [], "user_errors": null}),
    )]);
    let found = client(&fake)
        .orders_by_ids(&[ORDER.into()], Archive::Current, &log())
        .await
        .unwrap();
    assert_eq!(found.rows[0].buyer_note, "errors: Too many request");
}

#[tokio::test]
async fn a_request_carries_the_token_and_its_record_does_not() {
    let echo = raw(400, &format!("{{\"errors\":\"Bearer {TOKEN} is odd\"}}"));
    let fake = Fake::answering([echo]);
    let log = log();
    let place = LocationId::from(PLACE);
    let error = client(&fake).set_available(ITEM, &place, 5, &log).await;
    let error = error.unwrap_err();
    let seen = fake.only();
    assert_eq!(seen.headers["authorization"], format!("Bearer {TOKEN}"));
    assert_eq!(seen.headers["accept"], "application/json");
    assert_eq!(
        seen.headers["content-type"],
        "application/json; charset=utf-8"
    );
    assert!(!error.text.contains(TOKEN), "{}", error.text);
    let traces = log.take();
    assert_eq!(traces.len(), 1);
    assert_eq!(traces[0].method, "inventory_levels/set");
    assert_eq!(traces[0].status, Some(400));
    for bytes in [&traces[0].request, &traces[0].answer] {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains(TOKEN), "{text}");
    }
    assert!(!format!("{:?}", client(&fake)).contains(TOKEN));
}

#[test]
fn a_store_is_configured_within_its_rules_or_not_at_all() {
    let made = |change: &dyn Fn(&mut ShoplineConfig)| {
        let mut config = config();
        change(&mut config);
        Shopline::new(config, Fake::answering([]).wire()).map(|_| ())
    };
    assert_eq!(made(&|_| {}), Ok(()));
    for handle in ["", "a.b", "-a", "a-", "a/b", "a@b", "ä", "demo.evil.test#"] {
        let fault = made(&|c| c.handle = handle.to_owned()).unwrap_err();
        assert!(matches!(fault, ConfigFault::Handle(_)), "{handle}: {fault}");
    }
    for version in [
        "",
        "20260601",
        "v2026061",
        "v2026-601",
        "v20260601/..",
        "latest",
    ] {
        let fault = made(&|c| c.api_version = version.to_owned()).unwrap_err();
        assert!(matches!(fault, ConfigFault::Version(_)), "{version}");
    }
    for url in [
        "http://demo.myshopline.com",
        "https://demo.evil.test",
        "https://evilmyshopline.com",
        "https://u:p@demo.myshopline.com",
        "https://demo.myshopline.com:8443",
        "https://demo.myshopline.com/?a=1",
        "nonsense",
    ] {
        let fault = made(&|c| c.base_url = Some(url.to_owned())).unwrap_err();
        assert!(matches!(fault, ConfigFault::BaseUrl(..)), "{url}");
    }
    for url in ["http://127.0.0.1:8080", "https://shop.myshopline.com/"] {
        assert_eq!(
            made(&|c| c.base_url = Some(url.to_owned())),
            Ok(()),
            "{url}"
        );
    }
    let proxied = made(&|c| {
        c.base_url = Some("https://gateway.example.test".to_owned());
        c.extra_hosts = vec!["gateway.example.test".to_owned()];
    });
    assert_eq!(proxied, Ok(()));
    for token in ["", "two\nlines"] {
        let fault = made(&|c| c.access_token = Secret::new(token.to_owned())).unwrap_err();
        assert!(matches!(fault, ConfigFault::Token(_)));
    }
}

#[tokio::test]
async fn one_limit_holds_for_everything_and_a_probe_is_one_cheap_read() {
    let shop =
        json!({"data": {"id": 1_700_000_000_000_i64, "name": "Demo", "biz_store_status": 2}});
    let fake = Fake::answering([ok(&shop), raw(401, "")]);
    let store = client(&fake);
    let limits = store.limits();
    assert_eq!(limits.len(), 1);
    assert_eq!(limits[0].rate.per_minute(), PER_MINUTE_DEFAULT);
    for op in [Op::OrdersByIds, Op::SetStock, Op::Locations, Op::SaveLines] {
        assert_eq!(store.limit_key(op), limits[0].key);
    }
    assert!(store.concurrency_max() > 0);
    store.probe(&log()).await.unwrap();
    assert_eq!(fake.only().path, "merchants/shop.json");
    assert_eq!(store.probe(&log()).await.unwrap_err().class, Auth);
}

#[tokio::test]
async fn a_check_names_what_is_wrong() {
    let now = Ts::from_utc(
        chrono::DateTime::parse_from_rfc3339("2026-09-02T12:00:00Z")
            .unwrap()
            .to_utc(),
    );
    let shop = json!({"data": {"name": "Demo", "domain": "demo.myshopline.com", "currency": "USD",
        "iana_timezone": "America/Los_Angeles", "biz_store_status": 4}});
    let shop = with(ok(&shop), "date", "Wed, 02 Sep 2026 11:50:00 GMT");
    let places = json!({"locations": [
        {"id": PLACE, "name": "Default", "active": true, "is_default": "true", "legacy": true}]});
    let fake = Fake::answering([
        shop,
        ok(&places),
        raw(403, "{\"errors\":\"ACCESS_TOKEN is no permission!\"}"),
        raw(404, "{\"errors\":\"order not found\"}"),
        ok(&json!({"inventory_levels": []})),
        ok(&json!({"webhooks": []})),
    ]);
    let findings = client(&fake).check(now, &log()).await;
    let of = |what: &str| {
        let what = format!("shopline {what}");
        let mut found = findings.iter().filter(|f| f.what == what);
        found.next().unwrap_or_else(|| panic!("{what}"))
    };
    assert!(!of("store").is_ok && of("store").found.contains("frozen"));
    assert!(!of("clock").is_ok && of("clock").found.contains("600 s"));
    assert!(of("locations").is_ok);
    assert!(!of("reading orders").is_ok && of("reading orders").found.contains("read_orders"));
    assert!(of("reading fulfilments").is_ok);
    assert!(of("reading stock").is_ok && of("webhooks").is_ok);
    // A store that does not let us in is asked nothing further.
    let fake = Fake::answering([raw(401, "")]);
    let findings = client(&fake).check(now, &log()).await;
    assert!(findings.len() == 1 && !findings[0].is_ok);
}

//! SHOPLINE's webhooks: signed, repeated, lost, late, twice, and the end of a subscription nobody answers.

use super::super::shop::webhooks::{FAILURES_MAX, RETRY_SECS, sign};
use super::*;

const ADDRESS: &str = "https://hooks.example.test/hooks/shop/secret";

fn subscribe(bench: &Bench, topic: &str) -> i64 {
    let body = json!({"webhook": {"topic": topic, "address": ADDRESS, "api_version": "v20260601"}});
    let made = bench.shop_post("webhooks.json", &body);
    made["webhook"]["id"].as_i64().unwrap()
}

fn listening(topics: &[&str]) -> Bench {
    let bench = Bench::quiet();
    for topic in topics {
        subscribe(&bench, topic);
    }
    bench
}

/// Topics in the order of arrival, everything answered with 200.
fn arrivals(bench: &Bench, within: Span) -> Vec<Webhook> {
    let mut out = Vec::new();
    for _ in 0..within.as_secs().max(1) {
        bench.wait(Span::secs(1));
        for webhook in bench.sandbox.take_webhooks() {
            bench.sandbox.webhook_answered(webhook.clone(), Some(200));
            out.push(webhook);
        }
    }
    out
}

fn topics(list: &[Webhook]) -> Vec<&str> {
    list.iter().map(|w| w.topic.as_str()).collect()
}

fn fault(bench: &Bench, topic: &str, kind: FaultKind) {
    bench
        .sandbox
        .add_fault(FaultRule::next(SimSystem::Shopline, topic, kind, 1));
}

#[test]
fn the_signature_is_the_one_others_compute() {
    // The first body and secret with openssl; the second is test case 2 of RFC 4231.
    let body = br#"{"id":"21070000000000000000000001","name":"1001"}"#;
    assert_eq!(body.len(), 49);
    assert_eq!(
        sign("shhh-app-secret", body, false),
        "9e1b979187c39c6255f813e0284df573cd502b881bfb1b95069fe57113658f99"
    );
    assert_eq!(
        sign("shhh-app-secret", body, true),
        "nhuXkYfDnGJV+BPgKE31c81QK4gb+xuVBp/lcRNlj5k="
    );
    assert_eq!(
        sign("Jefe", b"what do ya want for nothing?", false),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

#[test]
fn a_delivery_carries_seven_headers_and_the_raw_object() {
    let bench = listening(&["orders/create"]);
    let id = bench.shop_order(&[("MUG-BLU-01", 1)]);
    let got = arrivals(&bench, Span::secs(5));
    assert_eq!(got.len(), 1);
    let hook = &got[0];
    assert_eq!((hook.url.as_str(), hook.attempt), (ADDRESS, 1));
    let header = |name: &str| hook.header(name).unwrap().to_owned();
    assert_eq!(header("x-shopline-topic"), "orders/create");
    assert_eq!(header("x-shopline-shop-domain"), "demo.myshopline.com");
    assert_eq!(header("x-shopline-api-version"), "v20260601");
    assert_eq!(header("x-shopline-webhook-id").len(), 24);
    assert_eq!(header("x-shopline-shop-id").len(), 13);
    assert!(!header("x-shopline-merchant-id").is_empty());
    let secret = bench.sandbox.demo_credentials().shop_app_secret;
    assert_eq!(
        header("x-shopline-hmac-sha256"),
        sign(&secret, &hook.body, false)
    );
    let body: Value = serde_json::from_slice(&hook.body).unwrap();
    assert_eq!(body["id"], json!(id), "the bare order");
    assert_eq!(bench.sandbox.take_webhooks(), [], "each is taken once");
}

#[test]
fn the_signature_may_be_base64_and_plain_http_needs_a_switch() {
    let mut config = quiet();
    config.shop.switches.signs_base64 = true;
    let bench = Bench::new(config);
    subscribe(&bench, "orders/create");
    bench.shop_order(&[("MUG-BLU-01", 1)]);
    let got = arrivals(&bench, Span::secs(5));
    assert_eq!(got[0].header("x-shopline-hmac-sha256").unwrap().len(), 44);
    let body = json!({"webhook": {"topic": "orders/paid", "address": "http://127.0.0.1/h", "api_version": "v20260601"}});
    assert_eq!(bench.shop_status("POST", "webhooks.json", &body).0, 422);
    bench
        .sandbox
        .act(|w| w.config.shop.switches.takes_plain_http = true);
    assert_eq!(bench.shop_status("POST", "webhooks.json", &body).0, 200);
}

#[test]
fn subscriptions_are_listed_moved_and_ended_by_odd_paths() {
    let bench = Bench::quiet();
    let id = subscribe(&bench, "orders/create");
    let body = json!({"webhook": {"topic": "orders/create", "address": ADDRESS, "api_version": "v20260601"}});
    let (status, answer) = bench.shop_status("POST", "webhooks.json", &body);
    assert_eq!(
        (status, answer["errors"].as_str()),
        (422, Some("webhook already exists"))
    );
    for (name, value) in [
        ("topic", "orders/sent"),
        ("api_version", "v20240301"),
        ("api_version", ""),
    ] {
        let mut wrong = body.clone();
        wrong["webhook"][name] = json!(value);
        assert_eq!(
            bench.shop_status("POST", "webhooks.json", &wrong).0,
            422,
            "{value}"
        );
    }
    assert_eq!(bench.shop_get("webhooks/count.json")["count"], 1);
    assert_eq!(
        bench.shop_get(&format!("{id}/webhooks.json"))["webhook"]["id"],
        id
    );
    let moved = json!({"webhook": {"address": "https://other.example.test/h"}});
    let (status, answer) = bench.shop_status("PUT", &format!("{id}/webhooks.json"), &moved);
    assert_eq!(
        (status, &answer["webhook"]["address"]),
        (200, &json!("https://other.example.test/h"))
    );
    assert_eq!(
        bench
            .shop_status("DELETE", &format!("webhooks/{id}.json"), &Value::Null)
            .0,
        404
    );
    assert_eq!(
        bench
            .shop_status("DELETE", &format!("{id}/webhooks.json"), &Value::Null)
            .0,
        200
    );
    assert_eq!(bench.shop_get("webhooks.json")["webhooks"], json!([]));
}

#[test]
fn events_come_in_their_order() {
    let all = [
        "orders/create",
        "orders/paid",
        "orders/updated",
        "orders/fulfilled",
        "fulfillments/create",
        "fulfillment_order/create",
        "fulfillment_order/update",
        "inventory_levels/update",
        "order_transactions/create",
    ];
    let bench = listening(&all);
    let id = bench.shop_order(&[("MUG-BLU-01", 1)]);
    let got = arrivals(&bench, Span::secs(10));
    assert_eq!(
        topics(&got),
        [
            "orders/create",
            "fulfillment_order/create",
            "inventory_levels/update",
            "order_transactions/create",
            "orders/paid",
            "orders/updated"
        ]
    );
    let body: Value = serde_json::from_slice(&got[1].body).unwrap();
    let line = &body["fulfillment_order"]["line_items"][0];
    assert_eq!(line["fulfillable_quantity"], "1", "text in events");
    let body: Value = serde_json::from_slice(&got[2].body).unwrap();
    assert_eq!(
        (&body["committed"], body["onhand"].is_i64()),
        (&json!(1), true)
    );
    bench.shop_post(
        &format!("orders/{id}/fulfillments.json"),
        &json!({"fulfillment": {}}),
    );
    let got = arrivals(&bench, Span::secs(10));
    assert_eq!(
        topics(&got),
        [
            "fulfillments/create",
            "fulfillment_order/update",
            "orders/fulfilled",
            "orders/updated",
            "inventory_levels/update"
        ],
        "our own writes are told too"
    );
}

#[test]
fn a_failed_delivery_is_repeated_under_its_own_id() {
    let bench = listening(&["orders/create"]);
    bench.shop_order(&[("MUG-BLU-01", 1)]);
    bench.wait(Span::secs(5));
    let first = bench.sandbox.take_webhooks().remove(0);
    bench.sandbox.webhook_answered(first.clone(), Some(500));
    bench.wait(Span::secs(4));
    assert_eq!(bench.sandbox.take_webhooks(), []);
    bench.wait(Span::secs(1));
    let second = bench.sandbox.take_webhooks().remove(0);
    assert_eq!(
        (second.attempt, &second.body, &second.headers),
        (2, &first.body, &first.headers)
    );
    bench.sandbox.webhook_answered(second, Some(204));
    bench.wait(Span::days(2));
    assert_eq!(bench.sandbox.take_webhooks(), []);
    bench
        .sandbox
        .inspect(|w| assert_eq!(w.shop.hooks.subscriptions()[0].failures, 0));
    bench
        .sandbox
        .act(|w| w.config.shop.switches.only_200_counts = true);
    bench.shop_order(&[("MUG-BLU-01", 1)]);
    bench.wait(Span::secs(5));
    let third = bench.sandbox.take_webhooks().remove(0);
    bench.sandbox.webhook_answered(third, Some(204));
    bench
        .sandbox
        .inspect(|w| assert_eq!(w.shop.hooks.subscriptions()[0].failures, 1));
}

#[test]
fn nineteen_failures_in_a_row_end_the_subscription_in_silence() {
    let bench = listening(&["orders/create", "orders/paid"]);
    bench.shop_order(&[("MUG-BLU-01", 1)]);
    let started = bench.sandbox.inspect(|w| w.now);
    let mut attempts = Vec::new();
    let mut last = started;
    while bench
        .shop_hook_topics()
        .contains(&"orders/create".to_owned())
    {
        bench.wait(Span::secs(1));
        for hook in bench.sandbox.take_webhooks() {
            let is_paid = hook.topic == "orders/paid";
            if !is_paid {
                last = bench.sandbox.inspect(|w| w.now);
                attempts.push(hook.attempt);
            }
            bench.sandbox.webhook_answered(hook, is_paid.then_some(200));
        }
        let elapsed = bench.sandbox.inspect(|w| w.now).since(started);
        assert!(elapsed < Span::days(2), "{attempts:?}");
    }
    assert_eq!(attempts, (1..=FAILURES_MAX).collect::<Vec<_>>());
    let waits: i64 = RETRY_SECS.iter().sum();
    let took = last.since(started).as_secs();
    assert!((waits..waits + 60).contains(&took), "{took} for {waits}");
    assert!((31..33).contains(&(waits / 3_600)), "about 32 hours");
    assert_eq!(
        bench.shop_hook_topics(),
        ["orders/paid"],
        "the other one is answered"
    );
    let ended = bench.sandbox.ledger().pop().unwrap();
    assert_eq!(
        (ended.op, ended.caused_by_world),
        ("Shop webhook removed", true)
    );
    bench.shop_order(&[("MUG-BLU-01", 1)]);
    assert_eq!(topics(&arrivals(&bench, Span::secs(10))), ["orders/paid"]);
}

#[test]
fn one_success_starts_the_count_again() {
    let bench = listening(&["orders/create"]);
    let mut failed = 0;
    for n in 0..60 {
        bench.shop_order(&[("MUG-BLU-01", 1)]);
        bench.wait(Span::secs(3));
        for hook in bench.sandbox.take_webhooks() {
            let is_taken = n % 10 == 9;
            failed += u32::from(!is_taken);
            bench
                .sandbox
                .webhook_answered(hook, is_taken.then_some(200));
        }
        bench
            .sandbox
            .act(|w| w.config.shop.switches.retry_percent = 1_000_000);
    }
    assert!(failed > 2 * FAILURES_MAX);
    assert_eq!(bench.shop_hook_topics(), ["orders/create"]);
}

#[test]
fn webhooks_are_lost_late_and_twice() {
    let bench = listening(&["orders/create", "orders/paid"]);
    fault(&bench, "orders/create", FaultKind::LostCallback);
    bench.shop_order(&[("MUG-BLU-01", 1)]);
    assert_eq!(topics(&arrivals(&bench, Span::secs(10))), ["orders/paid"]);
    fault(&bench, "*", FaultKind::LateCallback);
    bench.shop_order(&[("MUG-BLU-01", 1)]);
    assert_eq!(
        topics(&arrivals(&bench, Span::mins(3))),
        ["orders/paid", "orders/create"]
    );
    fault(&bench, "orders/paid", FaultKind::DuplicateCallback);
    bench.shop_order(&[("MUG-BLU-01", 1)]);
    let got = arrivals(&bench, Span::secs(40));
    assert_eq!(
        topics(&got),
        ["orders/create", "orders/paid", "orders/paid"]
    );
    assert_eq!(got[1].body, got[2].body);
    let fired = bench.sandbox.faults_fired();
    assert_eq!(fired["F-EVT-3 lost callback"], 1);
    assert_eq!(bench.sandbox.take_callbacks(), [], "Peoplevox's are others");
}

#[test]
fn a_creation_may_be_told_after_the_payment_or_the_cancellation() {
    let bench = listening(&["orders/create", "orders/paid", "orders/cancelled"]);
    fault(&bench, "*", FaultKind::CreationAfterPayment);
    bench.shop_order(&[("MUG-BLU-01", 1)]);
    assert_eq!(
        topics(&arrivals(&bench, Span::secs(40))),
        ["orders/paid", "orders/create"]
    );
    fault(&bench, "*", FaultKind::CreationAfterCancel);
    let id = bench.shop_order(&[("MUG-BLU-01", 1)]);
    assert_eq!(topics(&arrivals(&bench, Span::mins(5))), ["orders/paid"]);
    bench
        .sandbox
        .act(|w| w.shop_cancel_by_hand(&id, true))
        .unwrap();
    let got = arrivals(&bench, Span::secs(40));
    assert_eq!(topics(&got), ["orders/cancelled", "orders/create"]);
    let body: Value = serde_json::from_slice(&got[1].body).unwrap();
    assert_eq!(body["status"], "open", "old news");
    // Never cancelled: it is told after all.
    fault(&bench, "*", FaultKind::CreationAfterCancel);
    bench.shop_order(&[("MUG-BLU-01", 1)]);
    bench.wait(Span::hours(6));
    assert_eq!(
        topics(&arrivals(&bench, Span::secs(30))),
        ["orders/paid", "orders/create"]
    );
}

#[test]
fn an_order_may_be_told_before_it_can_be_read() {
    let bench = listening(&["orders/create"]);
    fault(
        &bench,
        "orders/create",
        FaultKind::NotYetReadable(Span::secs(20)),
    );
    let id = bench.shop_order(&[("MUG-BLU-01", 1)]);
    assert_eq!(arrivals(&bench, Span::secs(5)).len(), 1);
    assert_eq!(
        bench.shop_get(&format!("orders.json?ids={id}"))["orders"],
        json!([])
    );
    let path = format!("orders/{id}/fulfillments.json");
    assert_eq!(bench.shop_status("GET", &path, &Value::Null).0, 404);
    bench.wait(Span::secs(16));
    assert_eq!(bench.shop_read(&id)["id"], json!(id));
}

impl Bench {
    fn shop_hook_topics(&self) -> Vec<String> {
        self.sandbox.inspect(|w| {
            let all = w.shop.hooks.subscriptions();
            all.iter().map(|s| s.topic.clone()).collect()
        })
    }
}

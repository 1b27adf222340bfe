//! Cin7 Core's webhooks: subscriptions, payloads, retries, silence, faults.

use super::cin7::{selling, switched};
use super::cin7_stages::{pack_body, pick_body, ship_body};
use super::*;

fn subscribe(bench: &Bench, kind: &str) -> String {
    let body = json!({"Type": kind, "IsActive": true, "ExternalURL": format!("http://127.0.0.1:1/hooks/cin7/secret/{kind}"),
        "ExternalAuthorizationType": "bearerauth", "ExternalBearerToken": "made-up",
        "ExternalHeaders": [{"Key": "x-tenant", "Value": "t1"}]});
    let made = bench.c7("POST webhooks", &body);
    assert_eq!(made["Webhooks"][0]["ExternalBearerToken"], "made-up");
    made["Webhooks"][0]["ID"].as_str().unwrap().to_owned()
}

fn due(bench: &Bench, wait: Span) -> Vec<HookCall> {
    bench.wait(wait);
    bench.sandbox.take_cin7_hooks()
}

fn body(call: &HookCall) -> Value {
    serde_json::from_str(&call.body).unwrap()
}

#[test]
fn an_event_leaves_after_a_minute_with_the_subscriptions_secret_and_no_signature() {
    let bench = Bench::quiet();
    subscribe(&bench, "Sale/OrderAuthorised");
    let id = bench.c7_enter(&selling(1));
    assert!(due(&bench, Span::secs(59)).is_empty());
    let calls = due(&bench, Span::secs(10));
    assert_eq!(calls.len(), 1);
    assert_eq!(
        calls[0].url,
        "http://127.0.0.1:1/hooks/cin7/secret/Sale/OrderAuthorised"
    );
    let headers = [("Authorization", "Bearer made-up"), ("x-tenant", "t1")];
    assert_eq!(
        calls[0].headers,
        headers.map(|(n, v)| (n.to_owned(), v.to_owned()))
    );
    let told = body(&calls[0]);
    assert_eq!(
        told["SaleID"],
        json!(id.to_uppercase()),
        "ids come in another case"
    );
    assert_eq!(told["EventType"], "Sale/OrderAuthorised");
    assert_eq!(told.as_object().unwrap().len(), 3, "thin");
    assert!(due(&bench, Span::hours(3)).is_empty(), "taken once");
}

#[test]
fn payloads_differ_by_type() {
    let bench = Bench::quiet();
    for kind in [
        "Sale/PickAuthorised",
        "Sale/ShipmentAuthorised",
        "Sale/ShipmentTrackingNumberChanged",
        "Sale/Backordered",
        "Stock/AvailableStockLevelChanged",
        "Sale/Voided",
    ] {
        subscribe(&bench, kind);
    }
    let id = bench.c7_enter(&selling(1));
    bench.c7("POST sale/fulfilment/pick", &pick_body(&id, 1));
    bench.c7(
        "POST sale/fulfilment/pack",
        &pack_body(&id, &[("Box 1", 1)]),
    );
    bench.c7(
        "POST sale/fulfilment/ship",
        &ship_body(&id, &[("Box 1", "T1")]),
    );
    let calls = due(&bench, Span::mins(2));
    let of = |kind: &str| body(calls.iter().find(|c| c.event == kind).unwrap());
    assert!(of("Sale/PickAuthorised")["TaskID"].is_string());
    let shipped = of("Sale/ShipmentAuthorised");
    assert!(shipped["SaleTaskID"].is_string() && shipped["OrderNumber"] == "SO-01001");
    assert!(shipped.get("SaleID").is_none(), "as the real one");
    let tracking = of("Sale/ShipmentTrackingNumberChanged");
    assert_eq!(tracking["Shipments"][0]["ShipmentDate"], "05/01/2026");
    assert!(
        of("Stock/AvailableStockLevelChanged").is_array(),
        "and it does not name itself"
    );
    assert!(
        !calls
            .iter()
            .any(|c| c.event == "Sale/Backordered" || c.event == "Sale/Voided")
    );
}

#[test]
fn six_failures_and_the_webhook_goes_inactive_without_a_word() {
    let bench = Bench::quiet();
    let hook = subscribe(&bench, "Sale/OrderAuthorised");
    bench.c7_enter(&selling(1));
    let waits = [
        Span::mins(2),
        Span::mins(5),
        Span::mins(10),
        Span::mins(15),
        Span::mins(20),
        Span::mins(25),
    ];
    for (at, wait) in waits.into_iter().enumerate() {
        let calls = due(&bench, wait);
        assert_eq!(calls.len(), 1, "attempt {}", at + 1);
        assert_eq!(calls[0].attempt as usize, at + 1);
        bench
            .sandbox
            .cin7_hook_failed(calls.into_iter().next().unwrap());
    }
    let list = bench.c7("GET webhooks", &Value::Null);
    let shown = &list["Webhooks"][0];
    assert_eq!(
        (&shown["ID"], &shown["IsActive"]),
        (&json!(hook), &json!(false))
    );
    assert_eq!(shown["ExternalBearerToken"], "", "a list shows no token");
    bench.c7_enter(&selling(1));
    assert!(due(&bench, Span::hours(2)).is_empty());
    let again = json!({"ID": hook, "Type": "Sale/OrderAuthorised", "IsActive": true, "ExternalURL": "http://127.0.0.1:1/x"});
    bench.c7("PUT webhooks", &again);
    bench.c7_enter(&selling(1));
    let calls = due(&bench, Span::mins(2));
    assert!(
        calls[0].headers.is_empty(),
        "what a change leaves out is wiped"
    );
}

#[test]
fn five_of_a_type_unknown_types_and_accounts_without_automation() {
    let bench = Bench::quiet();
    for _ in 0..5 {
        subscribe(&bench, "Sale/Undo");
    }
    let body =
        json!({"Type": "Sale/Undo", "IsActive": true, "ExternalURL": "http://127.0.0.1:1/x"});
    assert!(bench.c7_refused("POST webhooks", &body).contains('5'));
    let odd = json!({"Type": "Sale/OrderAuthorized", "ExternalURL": "http://127.0.0.1:1/x"});
    assert_eq!(
        bench.c7_refused("POST webhooks", &odd),
        "Attribute 'Type' is invalid."
    );
    let poor = switched(|c| c.cin7.switches.has_automation = false);
    assert_eq!(poor.c7_answer("GET webhooks", &Value::Null).status(), 403);
}

#[test]
fn events_are_lost_doubled_late_and_subscriptions_vanish() {
    let fate = |kind: FaultKind| {
        let bench = Bench::quiet();
        subscribe(&bench, "Sale/OrderAuthorised");
        bench
            .sandbox
            .add_fault(FaultRule::next(SimSystem::Cin7, "*", kind, 1));
        let first = bench.c7_enter(&selling(1));
        bench.c7_enter(&selling(1));
        let calls = due(&bench, Span::mins(10));
        let is_first: Vec<bool> = calls
            .iter()
            .map(|c| body(c)["SaleID"] == json!(first.to_uppercase()))
            .collect();
        let active = bench.c7("GET webhooks", &Value::Null)["Webhooks"][0]["IsActive"].clone();
        (is_first, active == json!(true))
    };
    assert_eq!(fate(FaultKind::LostCallback), (vec![false], true));
    let (seen, _) = fate(FaultKind::DuplicateCallback);
    assert_eq!(seen.iter().filter(|f| **f).count(), 2);
    assert_eq!(
        fate(FaultKind::LateCallback),
        (vec![false, true], true),
        "out of order"
    );
    assert_eq!(fate(FaultKind::SubscriptionGone), (vec![], false));
    let other = Bench::quiet();
    subscribe(&other, "Sale/OrderAuthorised");
    let rule = FaultRule::next(SimSystem::Peoplevox, "*", FaultKind::LostCallback, 9);
    other.sandbox.add_fault(rule);
    other.c7_enter(&selling(1));
    assert_eq!(
        due(&other, Span::mins(2)).len(),
        1,
        "another system's fault"
    );
}

#[test]
fn every_nth_event_comes_twice_where_the_account_is_like_that() {
    let bench = switched(|c| c.cin7.switches.hook_duplicate_every = 2);
    subscribe(&bench, "Sale/OrderAuthorised");
    for _ in 0..4 {
        bench.c7_enter(&selling(1));
    }
    assert_eq!(due(&bench, Span::mins(5)).len(), 6);
}

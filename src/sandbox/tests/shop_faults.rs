//! Faults on calls to SHOPLINE: the store's own ways of failing, the delivery network's, and the wire's.

use super::*;

const SHOP: SimSystem = SimSystem::Shopline;

fn strike(bench: &Bench, method: &str, kind: FaultKind) {
    bench
        .sandbox
        .add_fault(FaultRule::next(SHOP, method, kind, 1));
}

fn mug(bench: &Bench, available: i64) -> Value {
    bench.sandbox.inspect(|w| {
        let variant = &w.shop.variants[w.shop.variant_by_sku["MUG-BLU-01"]];
        json!({"inventory_item_id": variant.inventory_item_id, "location_id": w.shop.locations[0].id,
            "available": available})
    })
}

fn shown(bench: &Bench) -> i64 {
    bench
        .sandbox
        .inspect(|w| w.shop.level("MUG-BLU-01", 0))
        .unwrap()
        .available
}

#[test]
fn an_answer_lost_after_the_effect_leaves_the_shipment_and_its_message() {
    let bench = Bench::quiet();
    let id = bench.shop_order(&[("MUG-BLU-01", 1)]);
    strike(&bench, "POST orders/{}/fulfillments", FaultKind::LostAfter);
    let body = json!({"fulfillment": {"notify_customer": true}});
    let path = format!("orders/{id}/fulfillments.json");
    assert!(matches!(
        bench.shop_exchange("POST", &path, &body),
        Exchange::Lost(_)
    ));
    assert_eq!(bench.shop_read(&id)["fulfillment_status"], "fulfilled");
    assert_eq!(bench.sandbox.notifications().len(), 1);
    let effect = bench.sandbox.ledger().pop().unwrap();
    assert!(!effect.answered && !effect.caused_by_world);
    assert_eq!(
        bench.shop_status("POST", &path, &body).0,
        422,
        "nothing is left to ship"
    );
}

#[test]
fn a_delayed_write_comes_true_after_the_client_gave_up() {
    let bench = Bench::quiet();
    let before = shown(&bench);
    strike(
        &bench,
        "POST inventory_levels/set",
        FaultKind::Delayed(Span::secs(8)),
    );
    let body = mug(&bench, before + 5);
    let lost = bench.shop_exchange("POST", "inventory_levels/set.json", &body);
    assert!(matches!(lost, Exchange::Lost(_)));
    assert_eq!(shown(&bench), before);
    bench.wait(Span::secs(9));
    assert_eq!(shown(&bench), before + 5);
}

#[test]
fn the_stores_own_refusals_and_the_networks_pages() {
    let bench = Bench::quiet();
    let before = shown(&bench);
    let body = mug(&bench, before + 1);
    for (kind, status, is_json) in [
        (FaultKind::Storm, 429, true),
        (FaultKind::Unauthorised, 401, true),
        (FaultKind::Blocked(402), 402, true),
        (FaultKind::Blocked(423), 423, true),
        (FaultKind::Blocked(433), 433, false),
        (FaultKind::HtmlPage, 200, false),
        (FaultKind::ErrorBefore(503), 503, false),
    ] {
        strike(&bench, "*", kind);
        let answer = bench.shop_answer("POST", "inventory_levels/set.json", &body);
        assert_eq!(answer.status(), status, "{kind:?}");
        let read = serde_json::from_slice::<Value>(answer.body());
        assert_eq!(read.is_ok(), is_json, "{kind:?}");
        assert!(!answer.headers().contains_key("retry-after"));
    }
    assert_eq!(shown(&bench), before, "none had an effect");
    assert_eq!(bench.sandbox.calls().throttled_storm, 1);
    assert_eq!(bench.sandbox.calls().throttled_own, 0);
    strike(&bench, "*", FaultKind::EmptyBody);
    let answer = bench.shop_answer("POST", "inventory_levels/set.json", &body);
    assert!(answer.status().is_success() && answer.body().is_empty());
    assert_eq!(shown(&bench), before + 1, "this one did");
}

#[test]
fn lists_lag_and_pages_miss_rows() {
    let bench = Bench::quiet();
    let id = bench.shop_order(&[("MUG-BLU-01", 1)]);
    let other = bench.shop_order(&[("MUG-BLU-01", 1)]);
    bench.wait(Span::mins(1));
    bench
        .sandbox
        .act(|w| w.shop_ship_by_hand(&id, "T1"))
        .unwrap();
    let third = bench.shop_order(&[("MUG-BLU-01", 1)]);
    let count = || {
        bench.shop_get("orders.json")["orders"]
            .as_array()
            .unwrap()
            .len()
    };
    strike(&bench, "GET orders", FaultKind::StaleRead(Span::secs(20)));
    let rows = bench.shop_get("orders.json")["orders"].clone();
    assert_eq!(
        rows.as_array().unwrap().len(),
        2,
        "the youngest is not there yet"
    );
    assert_eq!(rows[0]["fulfillment_status"], "null");
    strike(
        &bench,
        "GET orders/{}/fulfillments",
        FaultKind::StaleRead(Span::secs(20)),
    );
    let path = format!("orders/{id}/fulfillments.json");
    assert_eq!(
        bench.shop_get(&path)["fulfillments"],
        json!([]),
        "our own write is not read back"
    );
    assert_eq!(
        bench.shop_get(&path)["fulfillments"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    strike(&bench, "GET orders", FaultKind::PartialPage);
    assert_eq!(count(), 1);
    strike(&bench, "GET orders", FaultKind::ShiftedPage);
    assert_eq!(
        bench.shop_get("orders.json")["orders"][0]["id"],
        json!(other)
    );
    assert_eq!(count(), 3);
    assert_eq!(bench.shop_read(&third)["name"], "1003");
}

#[test]
fn an_archive_call_may_be_refused_inside_a_success() {
    let bench = Bench::quiet();
    let id = bench.shop_order(&[("MUG-BLU-01", 1)]);
    strike(&bench, "*", FaultKind::RefusedRow);
    let path = format!("orders/{id}/hide_mark.json");
    let (status, body) = bench.shop_status("PUT", &path, &json!({}));
    assert_eq!(
        (status, body["user_errors"].as_array().unwrap().len()),
        (200, 1)
    );
    assert_eq!(bench.shop_read(&id)["hidden_order"], false);
    let (_, body) = bench.shop_status("PUT", &path, &json!({}));
    assert_eq!(body["user_errors"], json!([]));
}

#[test]
fn faults_of_one_system_leave_the_dice_of_the_others_alone() {
    let fates = |calls_to_shop: usize| {
        let bench = Bench::new(SandboxConfig {
            faults: FaultLevel::Heavy,
            ..quiet()
        });
        for _ in 0..calls_to_shop {
            bench.shop_exchange("GET", "locations/list.json", &Value::Null);
        }
        (0..60)
            .map(|_| {
                let inner = "<getRequest><TemplateName>Item types</TemplateName><PageNo>1</PageNo>\
                     <ItemsPerPage>1</ItemsPerPage></getRequest>";
                bench.try_soap("GetData", inner).is_some()
            })
            .collect::<Vec<bool>>()
    };
    assert_eq!(fates(0), fates(25));
}

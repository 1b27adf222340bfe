//! SHOPLINE on the wire: the door, the list of orders, its filters and pages, and what may be changed.

use super::*;
use std::collections::BTreeSet;

fn next_link(answer: &Response<Bytes>) -> Option<String> {
    let link = answer.headers().get("link")?.to_str().unwrap();
    let part = link
        .split(',')
        .find(|l| l.ends_with("rel=\"next\""))?
        .to_owned();
    let address = between(&part, "<", ">");
    Some(address.split_once("v20260601/").unwrap().1.to_owned())
}

fn page(bench: &Bench, path: &str) -> (Vec<String>, Option<String>) {
    let answer = bench.shop_answer("GET", path, &Value::Null);
    assert_eq!(answer.status(), 200, "{path}");
    let body: Value = serde_json::from_slice(answer.body()).unwrap();
    let rows = body["orders"].as_array().unwrap();
    let ids = rows.iter().map(|o| o["id"].as_str().unwrap().to_owned());
    (ids.collect(), next_link(&answer))
}

fn patient() -> Bench {
    let mut config = quiet();
    config.shop.switches.is_unlimited = true;
    Bench::new(config)
}

#[test]
fn the_door_knows_token_store_version_scope_and_form() {
    let mut config = quiet();
    config.shop.switches.scopes = vec!["read_orders".to_owned()];
    let bench = Bench::new(config);
    let ask = |change: &dyn Fn(&mut Request<Bytes>)| {
        let mut request = bench.shop_request("GET", "orders.json", &Value::Null);
        change(&mut request);
        match bench.sandbox.handle(SimSystem::Shopline, request) {
            Exchange::Answer(a) => (
                a.status().as_u16(),
                String::from_utf8(a.body().to_vec()).unwrap(),
            ),
            other => panic!("{other:?}"),
        }
    };
    let header = |name: &'static str, value: &'static str| {
        ask(&move |r| {
            r.headers_mut().insert(name, value.parse().unwrap());
        })
    };
    let uri = |uri: &'static str| ask(&move |r| *r.uri_mut() = uri.parse().unwrap());
    assert_eq!(ask(&|_| {}).0, 200);
    let (status, text) = header("authorization", "Bearer other");
    assert_eq!(
        (status, text.as_str()),
        (401, r#"{"errors":"ACCESS_TOKEN is invalid!"}"#)
    );
    assert_eq!(header("accept", "text/csv").0, 406);
    let (status, text) = uri("https://other.myshopline.com/admin/openapi/v20260601/orders.json");
    assert_eq!(
        (status, text.as_str()),
        (403, r#"{"errors":"ACCESS_TOKEN is no permission!"}"#)
    );
    for wrong in [
        "https://demo.myshopline.com/admin/openapi/v20240901/orders.json",
        "https://demo.myshopline.com/admin/openapi/v20260601/orders",
        "https://demo.myshopline.com/admin/openapi/v20260601/orders/1.json",
    ] {
        assert_eq!(uri(wrong).0, 404, "{wrong}");
    }
    let (status, _) = bench.shop_status("GET", "locations/list.json", &Value::Null);
    assert_eq!(status, 403, "the scope is missing");
}

#[test]
fn every_answer_has_a_trace_and_none_tells_how_much_is_left() {
    let bench = Bench::quiet();
    let answer = bench.shop_answer("GET", "inventory_items.json?ids=1", &Value::Null);
    let trace = answer.headers()["traceid"].to_str().unwrap().to_owned();
    assert_eq!(trace.len(), 32);
    assert_eq!(answer.headers()["http_status_code"], "0");
    assert_eq!(answer.headers()["date"], "Mon, 05 Jan 2026 08:00:00 GMT");
    let again = bench.shop_answer("GET", "nothing.json", &Value::Null);
    assert_ne!(again.headers()["traceid"].to_str().unwrap(), trace);
    assert!(!again.headers().contains_key("retry-after"));
}

#[test]
fn the_bucket_holds_forty_and_four_leak_a_second() {
    let bench = Bench::quiet();
    let ask = || {
        bench
            .shop_status("GET", "orders/count.json", &Value::Null)
            .0
    };
    assert!((0..40).all(|_| ask() == 200));
    let (status, body) = bench.shop_status("GET", "orders/count.json", &Value::Null);
    assert_eq!((status, body), (429, json!({"errors": "Too many request"})));
    assert_eq!(bench.sandbox.calls().throttled_own, 1);
    bench.wait(Span::ms(249));
    assert_eq!(ask(), 429);
    bench.wait(Span::ms(1));
    assert_eq!((ask(), ask()), (200, 429));
    bench.wait(Span::secs(1));
    assert_eq!((0..5).map(|_| ask()).filter(|s| *s == 200).count(), 4);
    bench.wait(Span::secs(60));
    assert_eq!((0..50).map(|_| ask()).filter(|s| *s == 200).count(), 40);
}

#[test]
fn an_order_reads_as_recorded() {
    let bench = Bench::quiet();
    let id = bench.shop_order(&[("MUG-BLU-01", 2), ("GIFT-CARD-25", 1)]);
    let order = bench.shop_read(&id);
    assert_eq!((id.len(), &id[..4]), (26, "2107"));
    assert_eq!(order["name"], "1001");
    assert_eq!(order["status"], "open");
    assert_eq!(order["fulfillment_status"], "null", "four letters");
    assert_eq!(order["fulfillment_status_v2"], "unshipped");
    assert_eq!(order["financial_status"], "paid");
    assert_eq!(order["created_at"], "2026-01-05T16:00:00+08:00");
    assert!(order["tags"].is_null() && order["total_price"].is_null());
    let price = |row: &Value| {
        row.as_str()
            .unwrap()
            .replace('.', "")
            .parse::<i64>()
            .unwrap()
    };
    let lines = order["line_items"].as_array().unwrap();
    let goods = lines
        .iter()
        .map(|l| price(&l["price"]) * l["quantity"].as_i64().unwrap());
    assert_eq!(
        price(&order["current_total_price"]),
        goods.sum::<i64>() + 350
    );
    let line = &order["line_items"][0];
    let line_id = line["id"].as_str().unwrap();
    assert_eq!(line_id.len(), 6);
    assert_eq!(line["fulfillment_status"], "null");
    assert_eq!(line["fulfillable_quantity"], 2);
    assert!(line["fulfillment_service"].is_null());
    assert!(line["price"].as_str().unwrap().contains('.'));
    let card = &order["line_items"][1];
    assert_eq!(
        (&card["gift_card"], &card["requires_shipping"]),
        (&json!(true), &json!(false))
    );
    assert!(
        order["customer"]["addresses"].is_object(),
        "one, not a list"
    );
    assert_eq!(order["shipping_lines"][0]["title"], "Standard delivery");
}

#[test]
fn pages_follow_the_link_and_hold_their_filters() {
    let bench = patient();
    let placed: Vec<String> = (0..45)
        .map(|_| bench.shop_order(&[("MUG-BLU-01", 1)]))
        .collect();
    let (first, next) = page(&bench, "orders.json");
    assert_eq!(first.len(), 20, "what recordings show when not told");
    assert!(next.unwrap().starts_with("orders.json?limit=20&page_info="));
    bench
        .sandbox
        .act(|w| w.shop_cancel_by_hand(&placed[3], false))
        .unwrap();
    let mut seen = Vec::new();
    let mut path = "orders.json?limit=10&status=open".to_owned();
    for _ in 0..9 {
        // What is sent beside a cursor counts for nothing.
        let (ids, next) = page(
            &bench,
            &format!("{path}&status=cancelled").replace("open&status=cancelled", "open"),
        );
        seen.extend(ids);
        match next {
            Some(next) => path = next,
            None => break,
        }
    }
    let wanted: Vec<String> = placed
        .iter()
        .filter(|id| **id != placed[3])
        .cloned()
        .collect();
    assert_eq!(seen, wanted, "all open ones, once each, by id ascending");
    let answer = bench.shop_answer("GET", &path, &Value::Null);
    let link = answer.headers()["link"].to_str().unwrap();
    assert!(link.contains("rel=\"previous\"") && !link.contains("rel=\"next\""));
    let (after, _) = page(
        &bench,
        &format!("orders.json?since_id={}&limit=5", placed[40]),
    );
    assert_eq!(after, placed[41..]);
    let (falling, next) = page(&bench, "orders.json?sort_condition=order_at:desc&limit=30");
    assert_eq!(falling[0], placed[44]);
    assert_eq!(page(&bench, &next.unwrap()).0[0], placed[14]);
}

#[test]
fn a_cursor_grows_old_and_bad_sizes_fail() {
    let bench = patient();
    for _ in 0..3 {
        bench.shop_order(&[("MUG-BLU-01", 1)]);
    }
    let (_, next) = page(&bench, "orders.json?limit=1");
    let next = next.unwrap();
    bench.wait(Span::mins(61));
    assert_eq!(bench.shop_status("GET", &next, &Value::Null).0, 400);
    let status = |path: &str| bench.shop_status("GET", path, &Value::Null).0;
    assert_eq!(status("orders.json?limit=100"), 200);
    assert_eq!(status("orders.json?limit=101"), 500);
    assert_eq!(status("orders.json?limit=0"), 400);
    assert_eq!(status("orders.json?page_info=ZZ"), 400);
    assert_eq!(status("orders.json?updated_at_min=yesterday"), 400);
    let (code, body) = bench.shop_status(
        "GET",
        "orders.json?fulfillment_status=fulfilled",
        &Value::Null,
    );
    assert_eq!(code, 422);
    assert_eq!(body["errors"], "fulfillment status value is illegal");
}

#[test]
fn filters_select_by_state_time_and_archive() {
    let bench = patient();
    let (one, two) = (
        bench.shop_order(&[("MUG-BLU-01", 2)]),
        bench.shop_order(&[("TEE-BLU-01", 1)]),
    );
    let unpaid = bench
        .sandbox
        .act(|w| {
            let payment = Payment::Unpaid;
            w.shop_place(&ShopOrderSpec {
                payment,
                ..ShopOrderSpec::default()
            })
        })
        .unwrap();
    bench.wait(Span::mins(10));
    bench
        .sandbox
        .act(|w| w.shop_ship_by_hand(&two, "T1"))
        .unwrap();
    let ids = |query: &str| page(&bench, &format!("orders.json?{query}")).0;
    assert_eq!(ids("fulfillment_status=shipped"), [two.as_str()]);
    assert_eq!(
        ids("fulfillment_status=unshipped"),
        [one.clone(), unpaid.clone()]
    );
    assert_eq!(ids("financial_status=unpaid"), [unpaid.as_str()]);
    assert_eq!(ids("name=1002"), [two.as_str()]);
    assert_eq!(
        ids(&format!("ids={unpaid},{one}")),
        [one.clone(), unpaid.clone()]
    );
    // The shipment came at 08:10 UTC, which is 16:10 where the store is; both ends count in.
    assert_eq!(
        ids("updated_at_min=2026-01-05T16:10:00%2B08:00"),
        [two.as_str()]
    );
    assert_eq!(
        ids("updated_at_min=2026-01-05T08:10:01%2B00:00"),
        [] as [&str; 0]
    );
    assert_eq!(
        ids("updated_at_max=2026-01-05T08:09:59%2B00:00"),
        [one.clone(), unpaid.clone()]
    );
    assert_eq!(bench.shop_get("orders/count.json?status=any")["count"], 3);
    let (status, body) =
        bench.shop_status("PUT", &format!("orders/{two}/hide_mark.json"), &json!({}));
    assert_eq!((status, &body["user_errors"]), (200, &json!([])));
    assert_eq!(ids("hidden_order=true"), [two.as_str()]);
    assert_eq!(ids(""), [one, unpaid]);
    assert_eq!(
        ids(&format!("ids={two}")),
        [] as [&str; 0],
        "look-ups are limited too"
    );
    let (status, body) =
        bench.shop_status("PUT", &format!("orders/{two}/hide_mark.json"), &json!({}));
    assert_eq!(status, 200, "a 200 is no proof of success");
    assert!(body["order"].is_null() && body["user_errors"][0]["message"].is_string());
}

#[test]
fn tags_are_written_as_a_list_and_read_as_text() {
    let bench = Bench::quiet();
    let id = bench.shop_order(&[("MUG-BLU-01", 1)]);
    let path = format!("orders/{id}.json");
    let (status, body) =
        bench.shop_status("PUT", &path, &json!({"order": {"tags": "wms-sent, rush"}}));
    assert_eq!(status, 200);
    assert_eq!(body["order"]["tags"], "[\"wms-sent\",\"rush\"]");
    assert!(body["order"].get("status").is_none());
    bench.shop_status("PUT", &path, &json!({"order": {"tags": "one"}}));
    assert_eq!(
        bench.shop_read(&id)["tags"],
        "[\"one\"]",
        "everything is replaced"
    );
    let effect = bench.sandbox.ledger().pop().unwrap();
    assert_eq!(
        (effect.op, effect.caused_by_world),
        ("Shop tags written", false)
    );
    assert_eq!(
        (effect.system, effect.content_hash.len()),
        (SimSystem::Shopline, 16)
    );
}

#[test]
fn a_cancel_leaves_a_refund_and_happens_once() {
    let bench = Bench::quiet();
    let id = bench.shop_order(&[("MUG-BLU-01", 2)]);
    let path = format!("orders/{id}/cancel.json");
    let asked = json!({"cancel_reason": "out of stock", "restock": true});
    let body = bench.shop_post(&path, &asked);
    let order = &body["order"];
    assert!(order.get("status").is_none() && order["cancelled_at"].is_string());
    assert_eq!(
        order["line_items"][0]["fulfillable_quantity"], 2,
        "as it was"
    );
    assert_eq!(order["refunds"][0]["transactions"][0]["amount"], "0.0");
    let (status, body) = bench.shop_status("POST", &path, &asked);
    assert_eq!(
        (status, body["errors"].as_str()),
        (422, Some("order has been cancelled"))
    );
    let order = bench.shop_read(&id);
    assert_eq!(order["status"], "cancelled");
    assert_eq!(order["financial_status"], "refunded");
    assert_eq!(order["line_items"][0]["fulfillable_quantity"], 0);
    let refunds = bench.shop_get(&format!("orders/{id}/refunds.json?limit=250"));
    assert_eq!(refunds["refunds"].as_array().unwrap().len(), 1);
    let row = &refunds["refunds"][0];
    assert_eq!(row["note"], "out of stock");
    assert_eq!(row["refund_line_items"][0]["restock_type"], "cancel");
    assert!(row["refund_line_items"][0]["subtotal"].is_number());
    assert_eq!(&row["id"].as_str().unwrap()[..3], "260");
}

#[test]
fn a_shipped_order_is_not_cancelled_and_what_was_paid_comes_back_in_returns() {
    let bench = Bench::quiet();
    let id = bench.shop_order(&[("MUG-BLU-01", 2)]);
    let sent = bench
        .sandbox
        .act(|w| w.shop_ship_by_hand(&id, "T1"))
        .unwrap();
    let (status, _) = bench.shop_status("POST", &format!("orders/{id}/cancel.json"), &json!({}));
    assert_eq!(status, 422);
    let back = bench
        .sandbox
        .act(|w| w.shop_ask_return(&id, "MUG-BLU-01", 1))
        .unwrap();
    let rows = bench.shop_get(&format!("return.json?order_id={id}"));
    let row = &rows["returns"][0];
    assert_eq!(
        (row["id"].as_str(), row["status"].as_str()),
        (Some(back.as_str()), Some("OPEN"))
    );
    assert_eq!(row["return_line_items"][0]["fulfillment_id"], json!(sent));
    assert_eq!(bench.shop_status("GET", "return.json", &Value::Null).0, 400);
    let line = bench.shop_read(&id)["line_items"][0]["id"].clone();
    let price = bench.shop_read(&id)["line_items"][0]["price"].clone();
    let body = json!({"order_id": id, "note": "damaged", "currency": "GBP",
        "transactions": [{"kind": "refund", "amount": price}],
        "refund_line_items": [{"line_item_id": line, "quantity": 1, "type": "Returned", "restock_type": "return"}]});
    let made = bench.shop_post("order/refund.json", &body);
    assert!(
        made["data"]["create_at"]
            .as_str()
            .unwrap()
            .parse::<u64>()
            .is_ok()
    );
    let order = bench.shop_read(&id);
    assert_eq!(order["financial_status"], "partially_refunded");
    assert_eq!(order["fulfillment_status"], "fulfilled");
    let (status, answer) = bench.shop_status(
        "POST",
        &format!("return/{back}/close.json"),
        &json!({"notify": true}),
    );
    assert_eq!((status, answer), (200, Value::Null));
    assert_eq!(
        bench.shop_get(&format!("return.json?id={back}"))["returns"][0]["status"],
        "CLOSED"
    );
}

#[test]
fn amounts_of_now_fall_with_what_was_refunded_and_those_of_the_order_stay() {
    let bench = Bench::quiet();
    let id = bench.shop_order(&[("MUG-BLU-01", 2)]);
    let before = bench.shop_read(&id);
    bench
        .sandbox
        .act(|w| w.shop_refund(&id, "MUG-BLU-01", 1, Restock::Cancel))
        .unwrap();
    let after = bench.shop_read(&id);
    assert_eq!(after["subtotal_price"], before["subtotal_price"]);
    let minor = |row: &Value| {
        row.as_str()
            .unwrap()
            .replace('.', "")
            .parse::<i64>()
            .unwrap()
    };
    let each = minor(&after["line_items"][0]["price"]);
    assert_eq!(
        minor(&before["current_total_price"]) - each,
        minor(&after["current_total_price"])
    );
    assert_eq!(after["financial_status"], "partially_refunded");
    bench
        .sandbox
        .act(|w| w.shop_cancel_by_hand(&id, true))
        .unwrap();
    bench.sandbox.inspect(|w| {
        let order = w.shop.order(&id).unwrap();
        assert_eq!(
            order.refundable_minor(),
            0,
            "everything went back, nothing twice"
        );
    });
}

#[test]
fn errors_come_in_three_shapes_and_members_in_any_order() {
    for (shape, wanted) in [
        (ErrorShape::Text, json!("Not Found")),
        (ErrorShape::List, json!(["Not Found"])),
        (ErrorShape::Map, json!({"base": ["Not Found"]})),
    ] {
        let mut config = quiet();
        config.shop.switches.error_shape = shape;
        let bench = Bench::new(config);
        let (status, body) = bench.shop_status("GET", "nothing.json", &Value::Null);
        assert_eq!((status, &body["errors"]), (404, &wanted));
    }
    let bench = Bench::quiet();
    let id = bench.shop_order(&[("MUG-BLU-01", 1)]);
    let mut orders = BTreeSet::new();
    let mut has_unknown = false;
    for _ in 0..30 {
        let order = bench.shop_read(&id);
        let names: Vec<String> = order.as_object().unwrap().keys().cloned().collect();
        has_unknown |= order.get("checkout_channel_v3").is_some();
        orders.insert(names[0].clone());
    }
    assert!(orders.len() > 5 && has_unknown);
}

#[test]
fn the_catalogue_is_the_warehouses_but_for_a_few_skus() {
    let mut config = quiet();
    config.shop.traits.foreign_sku = 0.1;
    config.shop.switches.is_unlimited = true;
    let bench = Bench::new(config);
    let answer = bench.shop_answer("GET", "products/products.json?limit=5", &Value::Null);
    let body: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(body["products"].as_array().unwrap().len(), 5);
    let mut products = body["products"].as_array().unwrap().clone();
    let mut link = next_link(&answer);
    while let Some(path) = link {
        let answer = bench.shop_answer("GET", &path, &Value::Null);
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        products.extend(body["products"].as_array().unwrap().clone());
        link = next_link(&answer);
    }
    let variants: Vec<Value> = products
        .iter()
        .flat_map(|p| p["variants"].as_array().unwrap().clone())
        .collect();
    assert_eq!(variants.len(), 121, "120 things and the gift card");
    let known = |sku: &str| {
        bench
            .sandbox
            .inspect(|w| w.pvx.item_by_code.contains_key(sku))
    };
    let foreign: Vec<String> = variants
        .iter()
        .map(|v| v["sku"].as_str().unwrap().to_owned())
        .filter(|sku| !known(sku) && sku != "GIFT-CARD-25")
        .collect();
    assert!((5..20).contains(&foreign.len()), "{foreign:?}");
    let mappings = bench.sandbox.demo_shop_mappings();
    let mapped = foreign
        .iter()
        .filter(|sku| mappings.contains(&format!("ITEM,{sku},")));
    assert_eq!(mapped.count(), foreign.len() - 1, "one is forgotten");
    assert!(mappings.contains("basis=NET_LIVE"));
    let read = crate::desk::mappings::csv::read(&mappings, &[]).unwrap();
    assert_eq!(read.edits.len() + 1, mappings.lines().count());
    let product = products[0]["id"].as_str().unwrap();
    let rows = bench.shop_get(&format!("products/{product}/variants.json?limit=250"));
    assert_eq!(
        rows["variants"].as_array().unwrap().len(),
        products[0]["variants"].as_array().unwrap().len()
    );
}

//! SHOPLINE on the wire: locations, items, levels, and how orders move them.

use super::*;

const MUG: &str = "MUG-BLU-01";

fn ids(bench: &Bench, sku: &str) -> (String, String) {
    bench.sandbox.inspect(|w| {
        let variant = w.shop.variant_by_sku[sku];
        (
            w.shop.variants[variant].inventory_item_id.clone(),
            w.shop.locations[0].id.clone(),
        )
    })
}

/// Available, committed, on hand at the mapped location.
fn level(bench: &Bench, sku: &str) -> (i64, i64, i64) {
    let level = bench.sandbox.inspect(|w| w.shop.level(sku, 0)).unwrap();
    (level.available, level.committed, level.on_hand())
}

#[test]
fn a_figure_is_set_absolutely_whatever_stood_there() {
    let bench = Bench::quiet();
    let (item, place) = ids(&bench, MUG);
    assert_eq!((item.len(), place.len()), (19, 19));
    let body = |available: i64| json!({"inventory_item_id": item, "location_id": place, "available": available});
    for figure in [50, 50, 7] {
        let answer = bench.shop_post("inventory_levels/set.json", &body(figure));
        let level = &answer["inventory_level"];
        assert_eq!(level["available"], figure);
        assert!(level["updated_at"].is_string() && level.get("update_at").is_none());
    }
    let path = format!("inventory_levels.json?inventory_item_ids={item}&location_ids={place}");
    assert_eq!(bench.shop_get(&path)["inventory_levels"][0]["available"], 7);
    let effects = bench.sandbox.ledger();
    let last = effects.last().unwrap();
    assert_eq!(
        (last.op, last.object.as_str()),
        ("Set available", "MUG-BLU-01@Leeds Warehouse")
    );
    assert_eq!(
        (&last.detail["before"], &last.detail["after"]),
        (&json!(50), &json!(7))
    );
    assert!(!last.caused_by_world && last.answered);
    assert_eq!(effects[1].content_hash.len(), 16);
}

#[test]
fn a_difference_is_added_and_its_answer_spells_the_time_otherwise() {
    let bench = Bench::quiet();
    let (item, place) = ids(&bench, MUG);
    let (before, ..) = level(&bench, MUG);
    let body = json!({"inventory_item_id": item, "location_id": place, "available_adjustment": -3});
    let answer = bench.shop_post("inventory_levels/adjust.json", &body);
    assert_eq!(answer["inventory_level"]["available"], before - 3);
    assert!(answer["inventory_level"]["update_at"].is_string());
    let body =
        json!({"inventory_item_id": item, "location_id": place, "available_adjustment": -100_000});
    assert_eq!(
        bench
            .shop_status("POST", "inventory_levels/adjust.json", &body)
            .0,
        422
    );
}

#[test]
fn stock_moves_with_orders_shipments_and_cancels() {
    let bench = Bench::quiet();
    let (free, held, on_hand) = level(&bench, MUG);
    assert_eq!((held, on_hand), (0, free));
    let id = bench.shop_order(&[(MUG, 3)]);
    assert_eq!(level(&bench, MUG), (free - 3, 3, free));
    bench
        .sandbox
        .act(|w| w.shop_change_line(&id, MUG, 4))
        .unwrap();
    assert_eq!(level(&bench, MUG), (free - 4, 4, free));
    bench
        .sandbox
        .act(|w| w.shop_ship_by_hand(&id, "T1"))
        .unwrap();
    assert_eq!(level(&bench, MUG), (free - 4, 0, free - 4));
    bench.sandbox.act(|w| w.shop_unship_by_hand(&id)).unwrap();
    assert_eq!(level(&bench, MUG), (free - 4, 4, free));
    bench
        .sandbox
        .act(|w| w.shop_cancel_by_hand(&id, true))
        .unwrap();
    assert_eq!(level(&bench, MUG), (free, 0, free));
    let other = bench.shop_order(&[(MUG, 2)]);
    bench
        .sandbox
        .act(|w| w.shop_cancel_by_hand(&other, false))
        .unwrap();
    assert_eq!(
        level(&bench, MUG),
        (free - 2, 0, free - 2),
        "not put back on sale"
    );
    bench.sandbox.act(|w| w.shop_sell(MUG, 1)).unwrap();
    assert_eq!(level(&bench, MUG), (free - 3, 0, free - 3));
    let third = bench.shop_order(&[(MUG, 2)]);
    bench
        .sandbox
        .act(|w| w.shop_refund(&third, MUG, 1, Restock::Cancel))
        .unwrap();
    assert_eq!(level(&bench, MUG), (free - 4, 1, free - 3));
    assert_eq!(
        bench.shop_read(&third)["line_items"][0]["fulfillable_quantity"],
        1
    );
    bench
        .sandbox
        .act(|w| w.shop_ship_by_hand(&third, "T2"))
        .unwrap();
    assert_eq!(bench.shop_read(&third)["fulfillment_status"], "fulfilled");
    bench
        .sandbox
        .act(|w| w.shop_refund(&third, MUG, 1, Restock::Return))
        .unwrap();
    assert_eq!(level(&bench, MUG), (free - 3, 0, free - 3));
}

#[test]
fn untracked_unknown_and_unconnected_pairs() {
    let bench = Bench::quiet();
    let (item, place) = ids(&bench, MUG);
    let (card, _) = ids(&bench, "GIFT-CARD-25");
    let partner = bench.sandbox.inspect(|w| w.shop.locations[2].id.clone());
    let set = |item: &str, place: &str, n: i64| {
        let body = json!({"inventory_item_id": item, "location_id": place, "available": n});
        bench.shop_status("POST", "inventory_levels/set.json", &body)
    };
    let (status, body) = set(&card, &place, 1);
    assert_eq!(
        (status, body["errors"].as_str()),
        (400, Some("inventory item is not tracked"))
    );
    assert_eq!(set("123", &place, 1).0, 404);
    assert_eq!(set(&item, "123", 1).0, 404);
    assert_eq!(set(&item, &place, -1).0, 422);
    let adjust =
        json!({"inventory_item_id": item, "location_id": partner, "available_adjustment": 1});
    assert_eq!(
        bench
            .shop_status("POST", "inventory_levels/adjust.json", &adjust)
            .0,
        422
    );
    let path = format!("inventory_levels.json?inventory_item_ids={item}&location_ids={partner}");
    assert_eq!(
        bench.shop_get(&path)["inventory_levels"],
        json!([]),
        "only what is connected"
    );
    assert_eq!(set(&item, &partner, 4).0, 200, "setting connects");
    assert_eq!(bench.shop_get(&path)["inventory_levels"][0]["available"], 4);
    let gone =
        format!("inventory_levels/disconnect.json?inventory_item_id={item}&location_id={partner}");
    assert_eq!(
        bench.shop_status("DELETE", &gone, &Value::Null),
        (200, Value::Null)
    );
    assert_eq!(bench.shop_get(&path)["inventory_levels"], json!([]));
    let mut strict = quiet();
    strict.shop.switches.set_connects = false;
    let strict = Bench::new(strict);
    let body = json!({"inventory_item_id": item, "location_id": partner, "available": 4});
    assert_eq!(
        strict
            .shop_status("POST", "inventory_levels/set.json", &body)
            .0,
        422
    );
}

#[test]
fn reads_are_bounded_and_sorted() {
    let bench = Bench::quiet();
    let all: Vec<String> = bench.sandbox.inspect(|w| {
        w.shop
            .variants
            .iter()
            .map(|v| v.inventory_item_id.clone())
            .collect()
    });
    let list = |n: usize| all[..n].iter().rev().cloned().collect::<Vec<_>>().join(",");
    let status = |path: &str| bench.shop_status("GET", path, &Value::Null).0;
    assert_eq!(status("inventory_levels.json"), 400);
    assert_eq!(
        status(&format!(
            "inventory_levels.json?inventory_item_ids={}",
            list(51)
        )),
        400
    );
    let (_, place) = ids(&bench, MUG);
    let path = format!(
        "inventory_levels.json?inventory_item_ids={}&location_ids={place}",
        list(50)
    );
    let rows = bench.shop_get(&path)["inventory_levels"].clone();
    assert_eq!(rows.as_array().unwrap().len(), 50);
    let rows =
        bench.shop_get(&format!("inventory_items.json?ids={},123", list(3)))["inventory_items"]
            .clone();
    let found: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["id"].as_str().unwrap())
        .collect();
    assert_eq!(found, all[..3]);
    let places = bench.shop_get("locations/list.json")["locations"].clone();
    assert_eq!(places[0]["name"], SHOP_LOCATION);
    assert_eq!(
        (&places[0]["is_default"], &places[2]["legacy"]),
        (&json!(true), &json!(true))
    );
}

#[test]
fn the_store_begins_with_what_the_warehouse_has_free() {
    let bench = Bench::quiet();
    bench.sandbox.inspect(|w| {
        for variant in w.shop.variants.iter().filter(|v| !v.code.is_empty()) {
            let item = w.pvx.item_by_code[&variant.code];
            let level = w.shop.level(&variant.sku, 0).unwrap();
            assert_eq!(
                level.available,
                w.pvx.stock[item][0].available(),
                "{}",
                variant.sku
            );
        }
    });
}

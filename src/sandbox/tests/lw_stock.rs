//! Linnworks on the wire: stock, reservations, splits, kits, fulfilment centres.

use super::*;

const LEEDS: &str = "Leeds Warehouse";

pub(super) fn leeds(bench: &Bench) -> String {
    let places = bench.lw("Inventory/GetStockLocations", &Value::Null);
    let place = places
        .as_array()
        .unwrap()
        .iter()
        .find(|l| l["LocationName"] == LEEDS)
        .unwrap();
    place["StockLocationId"].as_str().unwrap().to_owned()
}

pub(super) fn level(bench: &Bench, sku: &str) -> (i64, i64, i64) {
    let ids = bench.lw(
        "Inventory/GetStockItemIdsBySKU",
        &json!({"request": {"SKUS": [sku]}}),
    );
    let id = ids["Items"][0]["StockItemId"].clone();
    let rows = bench.lw(
        "Stock/GetStockLevel_Batch",
        &json!({"request": {"StockItemIds": [id]}}),
    );
    let row = rows[0]["StockItemLevels"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["Location"]["LocationName"] == LEEDS)
        .unwrap()
        .clone();
    let n = |name: &str| row[name].as_i64().unwrap();
    (n("StockLevel"), n("InOrders"), n("Available"))
}

#[test]
fn stock_writes_are_absolute_unknown_skus_are_missing_and_open_orders_count() {
    let bench = Bench::quiet();
    let location = leeds(&bench);
    bench
        .sandbox
        .act(|w| w.place(&OrderSpec::default()))
        .unwrap();
    let write = |method: &str, level: i64| {
        bench.lw(
            method,
            &json!({"stockLevels": [
                {"SKU": "MUG-BLU-01", "LocationId": location, "Level": level},
                {"SKU": "NOPE", "LocationId": location, "Level": 1}], "changeSource": "test"}),
        )
    };
    let rows = write("Stock/SetStockLevel", 12);
    assert_eq!(rows.as_array().unwrap().len(), 1);
    assert_eq!(
        (
            rows[0]["StockLevel"].as_i64(),
            rows[0]["Available"].as_i64()
        ),
        (Some(12), Some(11))
    );
    write("Stock/SetStockLevel", 12);
    assert_eq!(level(&bench, "MUG-BLU-01"), (12, 1, 11));
    write("Stock/UpdateStockLevelsBySKU", 3);
    write("Stock/UpdateStockLevelsBySKU", 3);
    assert_eq!(level(&bench, "MUG-BLU-01").0, 18, "the other call adds");
    write("Stock/SetStockLevel", 0);
    assert_eq!(
        level(&bench, "MUG-BLU-01"),
        (0, 1, -1),
        "oversold shows as negative"
    );
    let effect = bench
        .sandbox
        .ledger()
        .into_iter()
        .rfind(|e| e.op == "SetStockLevel")
        .unwrap();
    assert_eq!(
        (effect.object.as_str(), effect.key.as_str()),
        ("MUG-BLU-01@Leeds Warehouse", "test")
    );
    assert_eq!(
        effect.detail,
        json!({"before": 18, "after": 0, "location": location, "in_orders": 1})
    );
}

#[test]
fn a_lock_releases_the_reservation_and_a_cancel_moves_the_order_to_the_processed_book() {
    let bench = Bench::quiet();
    let id = bench
        .sandbox
        .act(|w| w.place(&OrderSpec::default()))
        .unwrap();
    let lock = |on: bool| {
        bench
            .lw_answer(
                "Orders/LockOrder",
                &json!({"orderIds": [id], "lockOrder": on}),
            )
            .status()
    };
    assert_eq!(lock(true), 204);
    assert_eq!(level(&bench, "MUG-BLU-01").1, 0);
    assert_eq!(
        bench
            .lw_answer("Orders/CancelOrder", &json!({"orderId": id, "refund": 0.0}))
            .status(),
        400
    );
    lock(false);
    assert_eq!(level(&bench, "MUG-BLU-01").1, 1);
    assert_eq!(
        bench.lw(
            "Orders/CancelOrder",
            &json!({"orderId": id, "note": "no refund given"})
        )["Message"],
        "The request is invalid."
    );
    assert_eq!(
        bench.lw("Orders/CancelOrder", &json!({"orderId": id, "refund": 0.0})),
        json!("")
    );
    assert_eq!(level(&bench, "MUG-BLU-01").1, 0);
    let order = &bench.lw("Orders/GetOrdersById", &json!({"pkOrderIds": [id]}))[0];
    assert_eq!(
        (&order["Processed"], &order["GeneralInfo"]["HoldOrCancel"]),
        (&json!(true), &json!(true))
    );
}

#[test]
fn a_split_leaves_the_rest_on_the_old_order_and_keeps_the_relation() {
    let bench = Bench::quiet();
    let spec = OrderSpec {
        lines: vec![("MUG-BLU-01".to_owned(), 3)],
        ..OrderSpec::default()
    };
    let id = bench.sandbox.act(|w| w.place(&spec)).unwrap();
    let order = bench.lw("Orders/GetOrdersById", &json!({"pkOrderIds": [id]}))[0].clone();
    let split = |quantity: i64| {
        bench.lw(
            "Orders/SplitOrder",
            &json!({"orderId": id, "newOrders": [{"Items": [{"RowId": order["Items"][0]["RowId"],
                "Quantity": quantity, "Weight": 0.3, "UnitCost": 1}], "PostalServiceId": order["ShippingInfo"]["PostalServiceId"],
                "ParkOrder": false}], "type": "x", "fulfilmentLocationId": leeds(&bench), "recalcPackaging": true,
                "fulfillmentStatus": null}),
        )
    };
    assert_eq!(split(3)["Message"], "Nothing to split");
    let made = split(1);
    let child = made[0]["OrderId"].as_str().unwrap();
    assert_eq!(made[0]["Items"][0]["Quantity"], 1);
    assert_eq!(
        bench.lw("Orders/GetOrdersById", &json!({"pkOrderIds": [id]}))[0]["Items"][0]["Quantity"],
        2
    );
    assert_eq!(
        level(&bench, "MUG-BLU-01").1,
        3,
        "the reservation is the same"
    );
    let relations = bench.lw(
        &format!("Orders/GetOrderRelations?orderId={id}"),
        &Value::Null,
    );
    assert_eq!(
        (
            &relations[0]["ParentOrderId"],
            &relations[0]["ChildOrderId"]
        ),
        (&json!(id), &json!(child))
    );
}

#[test]
fn the_catalogue_ends_with_a_400_and_kits_have_children() {
    let traits = WorldTraits {
        kit: 0.5,
        ..WorldTraits::quiet()
    };
    let bench = Bench::new(SandboxConfig { traits, ..quiet() });
    let page = |n: i64, kits: bool| {
        bench.lw_answer(
            "Stock/GetStockItemsFull",
            &json!({"keyword": "", "loadCompositeParents": kits, "loadVariationParents": false, "entriesPerPage": 100,
                "pageNumber": n, "dataRequirements": ["StockLevels"], "searchTypes": ["SKU"]}),
        )
    };
    let count = |n: i64, kits: bool| {
        serde_json::from_slice::<Value>(page(n, kits).body())
            .unwrap()
            .as_array()
            .map(Vec::len)
    };
    assert_eq!(
        (count(1, false), count(2, false), count(2, true)),
        (Some(100), Some(20), Some(26))
    );
    let end = page(3, true);
    assert_eq!(end.status(), 400);
    assert!(String::from_utf8_lossy(end.body()).contains("No items found with given filter."));
    let kit = bench.lw(
        "Inventory/GetStockItemIdsBySKU",
        &json!({"SKUS": ["GIFT-01", "NOPE"]}),
    );
    assert_eq!(kit["Items"].as_array().unwrap().len(), 1);
    let id = kit["Items"][0]["StockItemId"].as_str().unwrap();
    let parts = bench.lw(
        "Inventory/GetInventoryItemsCompositionByIds",
        &json!({"request": {"InventoryItemIds": [id]}}),
    );
    let parts = parts["InventoryItemsCompositionByIds"][id]
        .as_array()
        .unwrap()
        .clone();
    assert!(parts.len() >= 2);
    let spec = OrderSpec {
        lines: vec![("GIFT-01".to_owned(), 2)],
        ..OrderSpec::default()
    };
    let order = bench.sandbox.act(|w| w.place(&spec)).unwrap();
    let order = bench.lw("Orders/GetOrdersById", &json!({"pkOrderIds": [order]}))[0].clone();
    let child = &order["Items"][0]["CompositeSubItems"][0];
    assert_eq!(
        child["Quantity"].as_i64().unwrap(),
        parts[0]["Quantity"].as_i64().unwrap() * 2,
        "multiplied out"
    );
    assert_eq!(child["PricePerUnit"], 0.0);
}

#[test]
fn a_fulfilment_centre_parks_orders_and_wants_its_own_call() {
    let lw = LwSwitches {
        fulfilment_centre: true,
        ..LwSwitches::default()
    };
    let bench = Bench::new(SandboxConfig { lw, ..quiet() });
    let id = bench
        .sandbox
        .act(|w| w.place(&OrderSpec::default()))
        .unwrap();
    let before = level(&bench, "MUG-BLU-01");
    assert_eq!(before.1, 0, "orders do not count in stock");
    let body = json!({"orderId": id, "scanPerformed": true});
    assert_eq!(
        bench.lw("Orders/ProcessOrder", &body)["Error"],
        "Order is in a fulfilment centre location"
    );
    assert_eq!(
        bench.lw("Orders/ProcessFulfilmentCentreOrder", &body)["Processed"],
        true
    );
    assert_eq!(
        level(&bench, "MUG-BLU-01"),
        before,
        "nor does processing lower it"
    );
}

//! Cin7 Core on the wire: pick, pack, ship, further parcels.

use super::cin7::{MAIN, SKU, selling, switched};
use super::*;

fn pick(bench: &Bench, task: &str, quantity: i64) -> Value {
    bench.c7("POST sale/fulfilment/pick", &pick_body(task, quantity))
}

pub(super) fn pick_body(task: &str, quantity: i64) -> Value {
    json!({"TaskID": task, "Status": "AUTHORISED",
        "Lines": [{"SKU": SKU, "Quantity": quantity, "Location": MAIN}]})
}

pub(super) fn pack_body(task: &str, boxes: &[(&str, i64)]) -> Value {
    let line = |(name, quantity): &(&str, i64)| json!({"SKU": SKU, "Quantity": quantity, "Location": MAIN, "Box": name});
    json!({"TaskID": task, "Status": "AUTHORISED", "Lines": boxes.iter().map(line).collect::<Vec<Value>>()})
}

pub(super) fn ship_body(task: &str, boxes: &[(&str, &str)]) -> Value {
    let line = |(name, tracking): &(&str, &str)| {
        json!({"ShipmentDate": "2026-01-05T00:00:00", "Carrier": "Royal Mail", "Box": name,
            "TrackingNumber": tracking, "IsShipped": true})
    };
    json!({"TaskID": task, "Status": "AUTHORISED", "Lines": boxes.iter().map(line).collect::<Vec<Value>>()})
}

fn figures(bench: &Bench) -> (i64, i64) {
    bench.sandbox.inspect(|w| {
        (
            w.cin7.on_hand(SKU, 0).trunc(),
            w.cin7.allocated(SKU, 0).trunc(),
        )
    })
}

fn task_of(bench: &Bench, sale: &str, at: usize) -> String {
    let all = bench.c7(&format!("GET sale/fulfilment?SaleID={sale}"), &Value::Null);
    all["Fulfilments"][at]["TaskID"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn pick_pack_and_ship_move_statuses_and_stock_leaves_with_the_shipment() {
    let bench = Bench::quiet();
    let (on_hand, _) = figures(&bench);
    let id = bench.c7_enter(&selling(3));
    assert_eq!(figures(&bench), (on_hand, 3));
    let task = task_of(&bench, &id, 0);
    let status = || {
        let sale = bench.c7_sale(&id);
        [
            "Status",
            "CombinedPickingStatus",
            "CombinedPackingStatus",
            "CombinedShippingStatus",
            "FulFilmentStatus",
        ]
        .map(|m| sale[m].as_str().unwrap().to_owned())
    };
    assert_eq!(
        status(),
        [
            "ORDERED",
            "NOT PICKED",
            "NOT PACKED",
            "NOT SHIPPED",
            "NOT FULFILLED"
        ]
    );
    let text = bench.c7_refused(
        "POST sale/fulfilment/pack",
        &pack_body(&task, &[("Box 1", 3)]),
    );
    assert_eq!(text, "Pick Status is NOT AVAILABLE");
    let text = bench.c7_refused(
        "POST sale/fulfilment/ship",
        &ship_body(&task, &[("Box 1", "T1")]),
    );
    assert_eq!(text, "Pack Status is NOT AVAILABLE");

    let picked = pick(&bench, &task, 3);
    assert_eq!(
        (&picked["Status"], &picked["Lines"][0]["Quantity"]),
        (&json!("AUTHORISED"), &json!(3))
    );
    assert_eq!(
        figures(&bench),
        (on_hand, 3),
        "picking takes nothing off hand"
    );
    assert_eq!(status()[0], "PICKED");
    let offered = bench.c7(
        &format!("GET sale/fulfilment/pack?TaskID={task}"),
        &Value::Null,
    );
    assert_eq!(
        (&offered["Status"], &offered["Lines"][0]["SKU"]),
        (&json!("NOT AVAILABLE"), &json!(SKU))
    );

    let packed = bench.c7(
        "POST sale/fulfilment/pack",
        &pack_body(&task, &[("Box 1", 2), ("Box 2", 1)]),
    );
    assert_eq!(packed["Lines"][1]["Box"], "Box 2");
    assert_eq!(status()[0], "PACKED");
    let shipped = bench.c7(
        "POST sale/fulfilment/ship",
        &ship_body(&task, &[("Box 1", "T1"), ("Box 2", "T2")]),
    );
    assert_eq!(
        (&shipped["Status"], &shipped["Lines"][0]["Boxes"]),
        (&json!("AUTHORISED"), &json!("Box 1"))
    );
    assert_eq!(
        status(),
        ["SHIPPING", "PICKED", "PACKED", "SHIPPED", "FULFILLED"]
    );
    assert_eq!(figures(&bench), (on_hand - 3, 0));
    let sale = bench.c7_sale(&id);
    assert_eq!(sale["CombinedTrackingNumbers"], "T1, T2");
    assert_eq!(sale["Order"]["Status"], "FULFILLED");
    let ours: Vec<Effect> = bench
        .sandbox
        .ledger()
        .into_iter()
        .filter(|e| !e.caused_by_world)
        .collect();
    let ops: Vec<&str> = ours.iter().map(|e| e.op).collect();
    assert_eq!(
        ops,
        ["Pick", "Pack", "Ship", "Ship"],
        "one effect per parcel"
    );
    assert!(
        ours.iter()
            .all(|e| e.system == SimSystem::Cin7 && e.key == task)
    );
}

#[test]
fn a_stage_is_authorised_once_and_a_repeat_says_so() {
    let bench = Bench::quiet();
    let id = bench.c7_enter(&selling(2));
    let (pack, ship) = (
        pack_body(&id, &[("Box 1", 2)]),
        ship_body(&id, &[("Box 1", "T1")]),
    );
    pick(&bench, &id, 2);
    let again = bench.c7_refused("POST sale/fulfilment/pick", &pick_body(&id, 2));
    assert_eq!(again, "Pick Status is AUTHORISED");
    bench.c7("POST sale/fulfilment/pack", &pack);
    assert_eq!(
        bench.c7_refused("POST sale/fulfilment/pack", &pack),
        "Pack Status is AUTHORISED"
    );
    bench.c7("POST sale/fulfilment/ship", &ship);
    let before = figures(&bench);
    assert_eq!(
        bench.c7_refused("POST sale/fulfilment/ship", &ship),
        "Ship Status is AUTHORISED"
    );
    assert_eq!(
        bench.c7_refused("PUT sale/fulfilment/ship", &ship),
        "Ship Status is AUTHORISED"
    );
    assert_eq!(figures(&bench), before, "stock leaves once");
}

#[test]
fn more_than_is_ordered_allocated_or_there_cannot_be_picked() {
    let bench = Bench::quiet();
    let id = bench.c7_enter(&selling(2));
    let refused = |body: &Value| bench.c7_refused("POST sale/fulfilment/pick", body);
    let text = refused(&pick_body(&id, 3));
    assert_eq!(
        text,
        format!("Available quantity for product (SKU: {SKU}) is 2, cannot pick 3")
    );
    let line = |sku: &str, place: &str| json!({"TaskID": id, "Status": "AUTHORISED", "Lines": [{"SKU": sku, "Quantity": 1, "Location": place}]});
    assert_eq!(
        refused(&line("TEE-BLU-01", MAIN)),
        "Product with SKU 'TEE-BLU-01' is not in the order"
    );
    assert!(refused(&line(SKU, "Nowhere")).contains("was not found in Locations reference book"));
    assert!(
        refused(&line(SKU, "Main Warehouse: RETURNS")).contains("is 0, cannot pick 1"),
        "nothing lies in that bin"
    );
    let (on_hand, _) = figures(&bench);
    let greedy = bench.c7_enter(&selling(on_hand));
    let text = refused(&pick_body(&greedy, on_hand));
    assert!(
        text.contains(&format!("is {}, cannot pick {on_hand}", on_hand - 2)),
        "{text}"
    );
}

#[test]
fn a_second_parcel_makes_the_sale_advanced_and_its_status_stays_ordered() {
    let bench = Bench::quiet();
    let id = bench.c7_enter(&selling(5));
    let add = json!({"SaleID": id});
    let text = bench.c7_refused("POST sale/fulfilment", &add);
    assert_eq!(text, "There is non authorised Fulfilment in this sale.");
    pick(&bench, &id, 2);
    bench.c7(
        "POST sale/fulfilment/pack",
        &pack_body(&id, &[("Box 1", 2)]),
    );
    bench.c7(
        "POST sale/fulfilment/ship",
        &ship_body(&id, &[("Box 1", "T1")]),
    );
    let sale = bench.c7_sale(&id);
    assert_eq!(
        (&sale["Type"], &sale["CombinedShippingStatus"]),
        (&json!("Simple Sale"), &json!("PARTIALLY SHIPPED"))
    );
    assert_eq!(figures(&bench).1, 3, "the rest stays allocated");

    let all = bench.c7("POST sale/fulfilment", &add);
    let second = &all["Fulfilments"][1];
    assert_eq!(
        (&second["FulfillmentNumber"], &second["Pick"]["Status"]),
        (&json!(2), &json!("DRAFT"))
    );
    let task = second["TaskID"].as_str().unwrap().to_owned();
    assert_ne!(task, id);
    pick(&bench, &task, 3);
    bench.c7(
        "POST sale/fulfilment/pack",
        &pack_body(&task, &[("Box 1", 3)]),
    );
    bench.c7(
        "POST sale/fulfilment/ship",
        &ship_body(&task, &[("Box 1", "T2")]),
    );
    let sale = bench.c7_sale(&id);
    assert_eq!(sale["Type"], "Advanced Sale");
    assert_eq!(sale["Status"], "ORDERED", "by design");
    assert_eq!(sale["CombinedShippingStatus"], "SHIPPED");
    assert_eq!(sale["CombinedTrackingNumbers"], "T1, T2");
    bench.sandbox.act(|w| w.cin7_invoice_sale(&id)).unwrap();
    bench.sandbox.act(|w| w.cin7_pay_sale(&id)).unwrap();
    let sale = bench.c7_sale(&id);
    assert_eq!(
        (&sale["Status"], &sale["Order"]["Status"]),
        (&json!("COMPLETED"), &json!("CLOSED"))
    );
}

#[test]
fn boxes_left_behind_are_shipped_by_people_and_tracking_can_change_afterwards() {
    let bench = Bench::quiet();
    let id = bench.c7_enter(&selling(3));
    let (on_hand, _) = figures(&bench);
    pick(&bench, &id, 3);
    let pack = pack_body(&id, &[("Box 1", 1), ("Box 2", 2)]);
    bench.c7("PUT sale/fulfilment/pack", &pack);
    let text = bench.c7_refused(
        "POST sale/fulfilment/ship",
        &ship_body(&id, &[("Box 9", "T")]),
    );
    assert_eq!(text, "Box 'Box 9' was not found in Pack.");
    let mut odd = ship_body(&id, &[("Box 1", "T1")]);
    odd["Lines"][0]["Carrier"] = json!("Pigeon");
    let text = bench.c7_refused("POST sale/fulfilment/ship", &odd);
    assert_eq!(text, "Carrier 'Pigeon' was not found in reference book");

    let one = bench.c7(
        "POST sale/fulfilment/ship",
        &ship_body(&id, &[("Box 1", "T1")]),
    );
    assert_eq!(one["Status"], "PARTIALLY AUTHORISED");
    assert_eq!(figures(&bench), (on_hand - 1, 2));
    let rest = ship_body(&id, &[("Box 2", "T2")]);
    assert_eq!(
        bench.c7_refused("POST sale/fulfilment/ship", &rest),
        "Ship Status is PARTIALLY AUTHORISED"
    );
    let mut change = ship_body(&id, &[("Box 1", "T1-NEW")]);
    change["AddTrackingNumbers"] = json!(true);
    bench.c7("PUT sale/fulfilment/ship", &change);
    bench
        .sandbox
        .act(|w| w.cin7_ship_left_boxes(&id, "T2"))
        .unwrap();
    let sale = bench.c7_sale(&id);
    assert_eq!(sale["CombinedTrackingNumbers"], "T1-NEW, T2");
    assert_eq!(sale["CombinedShippingStatus"], "SHIPPED");
    assert_eq!(figures(&bench), (on_hand - 3, 0));
}

#[test]
fn a_posted_pack_adds_lines_and_a_put_replaces_them() {
    let bench = Bench::quiet();
    let id = bench.c7_enter(&selling(2));
    pick(&bench, &id, 2);
    let mut draft = pack_body(&id, &[("Box 1", 1)]);
    draft["Status"] = json!("DRAFT");
    bench.c7("POST sale/fulfilment/pack", &draft);
    let twice = bench.c7("POST sale/fulfilment/pack", &draft);
    assert_eq!(twice["Lines"].as_array().unwrap().len(), 2);
    let text = bench.c7_refused("POST sale/fulfilment/pack", &draft);
    assert!(text.contains("cannot pack 1"), "no more was picked: {text}");
    let once = bench.c7("PUT sale/fulfilment/pack", &draft);
    assert_eq!(once["Lines"].as_array().unwrap().len(), 1);
    assert_eq!(bench.c7_sale(&id)["Status"], "PACKING");
}

#[test]
fn switches_change_what_no_source_settles() {
    let bench = switched(|c| c.cin7.switches.lists_task_of_simple = false);
    let id = bench.c7_enter(&selling(1));
    let none = bench.c7(&format!("GET sale/fulfilment?SaleID={id}"), &Value::Null);
    assert_eq!(none["Fulfilments"], json!([]));
    pick(&bench, &id, 1);
    assert_eq!(
        task_of(&bench, &id, 0),
        id,
        "the sale's id is the task all the same"
    );

    let bench = switched(|c| c.cin7.switches.simple_has_pack = false);
    let id = bench.c7_enter(&selling(1));
    pick(&bench, &id, 1);
    let text = bench.c7_refused(
        "POST sale/fulfilment/pack",
        &pack_body(&id, &[("Box 1", 1)]),
    );
    assert!(text.contains("Simple Sale"));
    bench.c7(
        "POST sale/fulfilment/ship",
        &ship_body(&id, &[("Parcel", "T1")]),
    );
    assert_eq!(bench.c7_sale(&id)["CombinedShippingStatus"], "SHIPPED");

    for (reaches, left) in [(false, 3), (true, 2)] {
        let bench = switched(|c| c.cin7.switches.delete_reaches_authorised = reaches);
        let id = bench.c7_enter(&Cin7SaleSpec {
            is_advanced: true,
            ..selling(3)
        });
        let all = bench.c7("POST sale/fulfilment", &json!({"SaleID": id}));
        let task = all["Fulfilments"][0]["TaskID"].as_str().unwrap().to_owned();
        pick(&bench, &task, 3);
        bench.c7(
            &format!("DELETE sale/fulfilment?TaskID={task}&Void=true"),
            &Value::Null,
        );
        let sale = bench.c7_sale(&id);
        let picked = if reaches { "NOT PICKED" } else { "PICKED" };
        assert_eq!(
            sale["CombinedPickingStatus"], picked,
            "answered 200 either way"
        );
        assert_eq!(figures(&bench).1, 3, "allocated either way");
        let word = &sale["Fulfilments"][0]["Ship"]["Status"];
        assert_eq!(word == "VOIDED", left == 2);
    }
}

#[test]
fn automatic_picking_takes_what_is_allocated_from_the_bins() {
    let bench = switched(|c| c.cin7.switches.stock_in_bins = true);
    let id = bench.c7_enter(&selling(2));
    let body = json!({"TaskID": id, "AutoPickMode": "AUTOPICK"});
    let picked = bench.c7("POST sale/fulfilment/pick", &body);
    assert_eq!(picked["Status"], "AUTHORISED");
    assert_eq!(picked["Lines"][0]["Location"], "Main Warehouse: A-01-01");
    let rows = bench.c7(
        &format!(
            "GET ref/productavailability?Sku={SKU}&Location={}",
            "Main%20Warehouse"
        ),
        &Value::Null,
    );
    let row = &rows["ProductAvailabilityList"][0];
    assert_eq!(
        (&row["Bin"], &row["Allocated"]),
        (&json!("A-01-01"), &json!(2.0))
    );
}

//! Cin7 Core on the wire: availability, adjustments, backorders, credit notes.

use super::cin7::{MAIN, SKU, selling, switched};
use super::cin7_stages::{pack_body, pick_body, ship_body};
use super::*;

fn row(bench: &Bench) -> Value {
    let call = format!("GET ref/productavailability?Sku={SKU}&Location=Main+Warehouse");
    let page = bench.c7(&call, &Value::Null);
    page["ProductAvailabilityList"][0].clone()
}

fn figures(bench: &Bench) -> (f64, f64, f64) {
    let row = row(bench);
    let figure = |name: &str| row[name].as_f64().unwrap_or_default();
    (figure("OnHand"), figure("Allocated"), figure("Available"))
}

fn set(bench: &Bench, on_hand: i64) {
    bench
        .sandbox
        .act(|w| w.cin7_set_on_hand(SKU, MAIN, on_hand))
        .unwrap();
}

fn adjustment(quantity: i64, on_hand: Option<bool>) -> Value {
    let mut body = json!({"EffectiveDate": "2026-01-05T00:00:00", "Status": "COMPLETED", "Reference": "K-1",
        "Comment": "read 40", "Lines": [{"SKU": SKU, "Quantity": quantity, "UnitCost": 4, "Location": MAIN}]});
    if let Some(flag) = on_hand {
        body["UpdateOnHand"] = json!(flag);
    }
    body
}

#[test]
fn an_adjustment_sets_an_absolute_figure_and_aims_at_available_unless_told() {
    let bench = Bench::quiet();
    set(&bench, 40);
    bench.c7_enter(&selling(3));
    assert_eq!(figures(&bench), (40.0, 3.0, 37.0));
    let made = bench.c7("POST stockadjustment", &adjustment(45, Some(true)));
    assert_eq!(made["Status"], "COMPLETED");
    let line = &made["ExistingStockLines"][0];
    assert_eq!(
        (
            &line["QuantityOnHand"],
            &line["Available"],
            &line["Adjustment"]
        ),
        (&json!(40), &json!(37), &json!(45))
    );
    assert_eq!(figures(&bench), (45.0, 3.0, 42.0));
    let text = bench.c7_refused("POST stockadjustment", &adjustment(45, Some(true)));
    assert!(
        text.ends_with("no need to create Stock Adjustment."),
        "{text}"
    );
    bench.c7("POST stockadjustment", &adjustment(45, None));
    assert_eq!(
        figures(&bench),
        (48.0, 3.0, 45.0),
        "without the flag the target is available"
    );

    let task = made["TaskID"].as_str().unwrap();
    let read = bench.c7(&format!("GET stockadjustment?TaskID={task}"), &Value::Null);
    assert_eq!(
        (&read["Reference"], &read["Comment"]),
        (&json!("K-1"), &json!("read 40"))
    );
    let list = bench.c7("GET stockadjustmentList?Status=COMPLETED", &Value::Null);
    assert_eq!(list["Total"], 3, "one of them made by hand");
    let ours: Vec<Effect> = bench
        .sandbox
        .ledger()
        .into_iter()
        .filter(|e| !e.caused_by_world)
        .collect();
    assert_eq!(
        (ours.len(), ours[0].op, ours[0].key.as_str()),
        (2, "Adjustment", "K-1")
    );
    assert_eq!(ours[0].object, format!("{SKU}@{MAIN}"));
    assert_eq!(
        (&ours[0].detail["before"], &ours[0].detail["after"]),
        (&json!(40), &json!(45))
    );
}

#[test]
fn adjustments_are_checked_drafts_wait_and_new_places_are_told_apart() {
    let bench =
        switched(|c| c.cin7.switches.lock_date = chrono::NaiveDate::from_ymd_opt(2026, 1, 4));
    let mut body = adjustment(9, Some(true));
    body["Lines"][0]["Location"] = json!("Main Warehouse: RETURNS");
    body["Status"] = json!("DRAFT");
    let draft = bench.c7("POST stockadjustment", &body);
    assert_eq!(draft["NewStockLines"][0]["Quantity"], 9);
    let on_hand = || bench.sandbox.inspect(|w| w.cin7.on_hand(SKU, 0).trunc());
    let before = on_hand();
    body["TaskID"] = draft["TaskID"].clone();
    body["Status"] = json!("COMPLETED");
    bench.c7("PUT stockadjustment", &body);
    assert_eq!(on_hand(), before + 9);
    assert_eq!(
        bench.c7_refused("PUT stockadjustment", &body),
        "Stock Adjustment Status is COMPLETED"
    );
    body["EffectiveDate"] = json!("2026-01-04");
    assert!(
        bench
            .c7_refused("POST stockadjustment", &body)
            .contains("lock date")
    );
    let mut service = adjustment(1, Some(true));
    service["Lines"][0]["SKU"] = json!("SVC-DELIVERY");
    assert!(
        bench
            .c7_refused("POST stockadjustment", &service)
            .contains("is not a stock product")
    );
    let mut batch = adjustment(1, Some(true));
    batch["Lines"][0]["BatchSN"] = json!("B1");
    assert!(
        bench
            .c7_refused("POST stockadjustment", &batch)
            .contains("does not have batches")
    );
}

#[test]
fn batches_are_rows_of_their_own_and_must_be_named() {
    let bench = Bench::quiet();
    bench.sandbox.act(|w| w.cin7_add_product("TEA-LOOSE", true));
    let line = |batch: Value, day: &str, quantity: i64| {
        json!({"EffectiveDate": "2026-01-05", "Status": "COMPLETED", "UpdateOnHand": "true", "Lines": [
            {"SKU": "TEA-LOOSE", "Quantity": quantity, "Location": MAIN, "BatchSN": batch, "ExpiryDate": day}]})
    };
    let text = bench.c7_refused("POST stockadjustment", &line(Value::Null, "2026-06-01", 5));
    assert_eq!(text, "Required attribute 'BatchSN' not provided.");
    bench.c7("POST stockadjustment", &line(json!("B1"), "2026-06-01", 5));
    bench.c7("POST stockadjustment", &line(json!("B1"), "2026-07-01", 2));
    let rows = bench.c7("GET ref/productavailability?Sku=TEA-LOOSE", &Value::Null);
    let rows = rows["ProductAvailabilityList"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "another expiry is another batch");
    assert_eq!(rows[0]["ExpiryDate"], "2026-06-01T00:00:00");
    assert_eq!(rows[0]["StockOnHand"], 20.0, "that is money");
}

#[test]
fn what_is_not_there_waits_in_silence_and_is_served_oldest_first() {
    let bench = Bench::quiet();
    set(&bench, 4);
    let first = bench.c7_enter(&selling(6));
    bench.wait(Span::mins(1));
    let second = bench.c7_enter(&selling(1));
    let waiting = |id: &str| bench.c7_sale(id)["Order"]["Lines"][0]["BackorderQuantity"].clone();
    assert_eq!((waiting(&first), waiting(&second)), (json!(2), json!(1)));
    assert_eq!(bench.c7_sale(&first)["Status"], "BACKORDERED");
    assert_eq!(figures(&bench), (4.0, 4.0, 0.0));
    bench.wait(Span::hours(1));
    set(&bench, 6);
    assert_eq!((waiting(&first), waiting(&second)), (json!(0), json!(1)));
    let sale = bench.c7_sale(&first);
    assert_eq!(sale["Status"], "ORDERED");
    let since = bench
        .sandbox
        .inspect(|w| w.now)
        .to_utc()
        .format("%Y-%m-%dT%H:%M:%S")
        .to_string();
    let changed = bench.c7(&format!("GET saleList?UpdatedSince={since}"), &Value::Null);
    assert_eq!(changed["Total"], 1, "being served is a change of the sale");
    bench.sandbox.act(|w| w.cin7_void_sale(&first)).unwrap();
    assert_eq!(
        waiting(&second),
        json!(0),
        "what a voided sale held goes to the next"
    );
    assert_eq!(figures(&bench), (6.0, 1.0, 5.0));
}

#[test]
fn counting_below_the_allocation_shows_a_negative_availability_and_zero_rows_vanish() {
    let bench = Bench::quiet();
    set(&bench, 5);
    let id = bench.c7_enter(&selling(4));
    bench.c7("POST stockadjustment", &adjustment(1, Some(true)));
    assert_eq!(figures(&bench), (1.0, 4.0, -3.0));
    bench.sandbox.act(|w| w.cin7_void_sale(&id)).unwrap();
    bench.c7("POST stockadjustment", &adjustment(0, Some(true)));
    assert_eq!(
        row(&bench),
        Value::Null,
        "a row of nothing but zeros is left out"
    );
    let listing = switched(|c| c.cin7.switches.lists_zero_rows = true);
    listing.c7("POST stockadjustment", &adjustment(0, Some(true)));
    assert_eq!(figures(&listing), (0.0, 0.0, 0.0));
    assert!(row(&listing).is_object());
}

fn shipped_and_invoiced(bench: &Bench) -> (String, String) {
    let id = bench.c7_enter(&selling(3));
    bench.c7("POST sale/fulfilment/pick", &pick_body(&id, 3));
    bench.c7(
        "POST sale/fulfilment/pack",
        &pack_body(&id, &[("Box 1", 3)]),
    );
    bench.c7(
        "POST sale/fulfilment/ship",
        &ship_body(&id, &[("Box 1", "T1")]),
    );
    let invoice = bench.sandbox.act(|w| w.cin7_invoice_sale(&id)).unwrap();
    (id, invoice)
}

fn credit(id: &str, invoice: &str, status: &str) -> Value {
    json!({"SaleID": id, "TaskID": "00000000-0000-0000-0000-000000000000", "CombineAdditionalCharges": false,
        "CreditNoteInvoiceNumber": invoice, "Status": status, "CreditNoteDate": "2026-01-06T00:00:00",
        "Memo": "RMA 55", "Lines": [{"SKU": SKU, "Quantity": 1, "Price": 12.99, "Tax": 2.6, "Total": 12.99}],
        "Restock": [{"SKU": SKU, "Location": MAIN, "Quantity": 1, "RestockLocation": "Main Warehouse: RETURNS",
            "RestockDate": "2026-01-06T00:00:00"}]})
}

#[test]
fn a_credit_note_needs_an_invoice_and_puts_goods_back_when_authorised() {
    let bench = Bench::quiet();
    let open = bench.c7_enter(&selling(1));
    let text = bench.c7_refused("POST sale/creditnote", &credit(&open, "INV-00001", "DRAFT"));
    assert_eq!(text, "Invoice 'INV-00001' not found in this sale");
    let (id, invoice) = shipped_and_invoiced(&bench);
    let on_hand = || bench.sandbox.inspect(|w| w.cin7.on_hand(SKU, 0).trunc());
    let before = on_hand();
    let draft = bench.c7("POST sale/creditnote", &credit(&id, &invoice, "DRAFT"));
    assert_eq!(draft["CreditNotes"][0]["Status"], "DRAFT");
    assert_eq!(on_hand(), before, "a draft moves nothing");
    let made = bench.c7("POST sale/creditnote", &credit(&id, &invoice, "AUTHORISED"));
    let note = &made["CreditNotes"][0];
    assert_eq!(
        made["CreditNotes"].as_array().unwrap().len(),
        1,
        "a simple sale has one note"
    );
    assert_eq!(
        (&note["TaskID"], &note["CreditNoteNumber"]),
        (&json!(id), &json!("CR-00001"))
    );
    assert_eq!(
        (&note["Memo"], &note["Restock"][0]["RestockLocation"]),
        (&json!("RMA 55"), &json!("Main Warehouse: RETURNS"))
    );
    assert_eq!(on_hand(), before + 1);
    let text = bench.c7_refused("POST sale/creditnote", &credit(&id, &invoice, "AUTHORISED"));
    assert_eq!(text, "Credit Note Status is AUTHORISED");
    let list = bench.c7("GET saleCreditNoteList", &Value::Null);
    let row = &list["SaleList"][0];
    assert_eq!(
        (&row["CreditNoteStatus"], &row["RestockStatus"]),
        (&json!("AUTHORISED"), &json!("AUTHORISED"))
    );
    let sale = bench.c7_sale(&id);
    assert_eq!(
        (&sale["Status"], &sale["CombinedInvoiceStatus"]),
        (&json!("CREDITED"), &json!("INVOICED / CREDITED"))
    );
    assert_eq!(
        bench.c7_sale(&id)["CreditNotes"][0]["CreditNoteNumber"],
        "CR-00001"
    );
    let mut ours = bench
        .sandbox
        .ledger()
        .into_iter()
        .filter(|e| e.op == "Credit note");
    assert!(
        ours.next_back()
            .is_some_and(|e| e.key == "RMA 55" && !e.caused_by_world)
    );
}

#[test]
fn an_advanced_sale_takes_several_notes_and_finance_credits_without_goods() {
    let bench = Bench::quiet();
    let id = bench.c7_enter(&Cin7SaleSpec {
        is_advanced: true,
        ..selling(3)
    });
    bench
        .sandbox
        .act(|w| w.cin7_fulfil_by_hand(&id, "HAND1"))
        .unwrap();
    let invoice = bench.sandbox.act(|w| w.cin7_invoice_sale(&id)).unwrap();
    bench.c7("POST sale/creditnote", &credit(&id, &invoice, "AUTHORISED"));
    let on_hand = || bench.sandbox.inspect(|w| w.cin7.on_hand(SKU, 0).trunc());
    let before = on_hand();
    let deed = |w: &mut World| w.cin7_credit_by_hand(&id, &[(SKU, 1)], false, "goodwill");
    bench.sandbox.act(deed).unwrap();
    assert_eq!(on_hand(), before, "money and goods are independent");
    let notes = bench.c7(&format!("GET sale/creditnote?SaleID={id}"), &Value::Null);
    let tasks: Vec<&Value> = notes["CreditNotes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| &n["TaskID"])
        .collect();
    assert_eq!(tasks.len(), 2);
    assert_ne!(tasks[0], tasks[1]);
}

#[test]
fn voiding_a_shipped_sale_brings_the_goods_back_to_their_place() {
    let bench = Bench::quiet();
    let before = figures(&bench);
    let (id, _) = shipped_and_invoiced(&bench);
    assert_eq!(figures(&bench).0, before.0 - 3.0);
    bench.sandbox.act(|w| w.cin7_void_sale(&id)).unwrap();
    assert_eq!(figures(&bench), before);
    let half = bench.c7_enter(&selling(3));
    bench.c7("POST sale/fulfilment/pick", &pick_body(&half, 2));
    bench
        .sandbox
        .act(|w| w.cin7_amend_sale(&half, |sale| sale.lines[0].quantity = Dec::whole(4)))
        .unwrap();
    assert_eq!(
        figures(&bench),
        (before.0, 4.0, before.0 - 4.0),
        "undone, changed, reserved anew"
    );
}

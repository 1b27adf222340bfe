//! What is sent, and what became of it.

use super::*;
use crate::domain::delivery::AnswerClass::{self, Applied, Rejected, Unknown};
use crate::domain::ids::{LocationId, Sku, SourceOrderId};
use crate::vendors::cin7core::{
    Adjustment, AdjustmentWrite, CreditLine, CreditNoteWrite, Decimal, PackLine, PickLine, Place,
    ReadBack, RestockWrite, ShipmentLine, WriteStatus, Written,
};
use crate::vendors::{Answer, CallLog};
use chrono::NaiveDate;

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn bin() -> Place {
    Place {
        name: "Main Warehouse: A-01-02".to_owned(),
        id: Some(LocationId::from(BIN)),
    }
}

pub fn goods(sku: &str, qty_each: i64) -> PickLine {
    PickLine {
        sku: Sku::from(sku),
        place: bin(),
        qty_each,
        batch: String::new(),
        expiry: None,
    }
}

fn parcel(boxes: &[&str], tracking: &str) -> ShipmentLine {
    ShipmentLine {
        boxes: boxes.iter().map(|b| (*b).to_owned()).collect(),
        shipped_on: day("2026-03-05"),
        carrier: "DHL Paket".to_owned(),
        tracking: tracking.to_owned(),
    }
}

fn shipped(status: &str, rows: &[(&str, &str, bool)]) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|(boxes, tracking, is_shipped)| {
            json!({"ID": TASK, "ShipmentDate": "2026-03-05T00:00:00", "Carrier": "DHL PAKET", "Boxes": boxes,
                "TrackingNumber": tracking, "TrackingURL": "", "IsShipped": is_shipped})
        })
        .collect();
    json!({"TaskID": SALE, "Status": status, "Lines": rows})
}

fn note() -> Value {
    json!({"TaskID": TASK, "CreditNoteNumber": "CR-00017", "Status": "AUTHORISED", "Memo": "RMA 55",
        "CreditNoteInvoiceNumber": "INV-00871", "CreditNoteDate": "2026-03-12T00:00:00", "RestockStatus": "AUTHORISED",
        "Lines": [{"ProductID": PRODUCT, "SKU": "TENT-2P", "Quantity": 1, "Price": 120, "Tax": 22.8, "Total": 120}],
        "Restock": [{"SKU": "TENT-2P", "Location": "Main Warehouse: A-01-02", "Quantity": "1.0000",
            "RestockLocation": "Main Warehouse: RETURNS", "RestockLocationID": BIN, "RestockDate": "2026-03-12"}]})
}

fn credit() -> CreditNoteWrite {
    CreditNoteWrite {
        sale: SourceOrderId::from(SALE),
        task_id: None,
        invoice_number: "INV-00871".to_owned(),
        issued_on: day("2026-03-12"),
        memo: "RMA 55".to_owned(),
        status: WriteStatus::Authorised,
        conversion_rate: Some(Decimal::whole(1)),
        lines: vec![CreditLine {
            product_id: PRODUCT.to_owned(),
            sku: Sku::from("TENT-2P"),
            title: "Tent 2P".to_owned(),
            quantity: Decimal::whole(1),
            price: Decimal::minor(12_000),
            discount_percent: Decimal::ZERO,
            tax: Decimal::parse("22.8").unwrap(),
            total: Decimal::whole(120),
            tax_rule: "VAT 19".to_owned(),
            account: "200".to_owned(),
        }],
        restock: vec![RestockWrite {
            sku: Sku::from("TENT-2P"),
            place: bin(),
            qty_each: 1,
            batch: String::new(),
            restock_place: bin(),
            restocked_on: day("2026-03-12"),
        }],
    }
}

fn target(sku: &str, on_hand_each: i64) -> Adjustment {
    Adjustment {
        sku: Sku::from(sku),
        place: bin(),
        on_hand_each,
        unit_cost: Decimal::parse("70.125").unwrap(),
        batch: String::new(),
        expiry: None,
    }
}

pub fn adjustment(lines: Vec<Adjustment>) -> AdjustmentWrite {
    AdjustmentWrite {
        effective: day("2026-03-12"),
        reference: "WMS-COUNT-881".to_owned(),
        comment: "on hand read: 40".to_owned(),
        account: Some("403".to_owned()),
        lines,
    }
}

pub fn one_target() -> AdjustmentWrite {
    adjustment(vec![target("TENT-2P", 38)])
}

fn adjusted() -> Value {
    json!({"TaskID": TASK, "EffectiveDate": "2026-03-12T00:00:00", "StocktakeNumber": "ST-00231",
        "Status": "COMPLETED", "Account": "403", "Reference": "WMS-COUNT-881", "Comment": "on hand read: 40",
        "ExistingStockLines": [{"ProductID": PRODUCT, "SKU": "TENT-2P", "QuantityOnHand": 40, "Available": 37,
            "Adjustment": 38, "LocationID": BIN.to_uppercase(), "Location": "Main Warehouse: A-01-02", "BatchSN": null}],
        "NewStockLines": [], "Transactions": []})
}

fn outcome<T>(answer: &Answer<Written<T>>) -> (AnswerClass, &str) {
    match answer {
        Ok(written) => (written.class, written.text.as_str()),
        Err(error) => (error.class, error.text.as_str()),
    }
}

#[tokio::test]
async fn a_pick_is_sent_once_and_believed_when_the_answer_shows_it() {
    let (fake, client) = client_with(ok(&stage("AUTHORISED", &json!(3))));
    let lines = [goods("TENT-2P", 2), goods("TENT-2P", 1)];
    let status = WriteStatus::Authorised;
    let log = CallLog::default();
    let written = client.write_pick(SALE, status, &lines, &log).await.unwrap();
    assert_eq!((written.class, written.text.as_str()), (Applied, ""));
    assert_eq!(written.read_back, ReadBack::Pick(SALE.to_owned()));
    let call = &fake.calls()[0];
    assert_eq!(
        (call.verb.as_str(), call.uri.as_str()),
        ("POST", "/sale/fulfilment/pick")
    );
    let line = |n: i64| {
        json!({"SKU": "TENT-2P", "Quantity": n, "Location": "Main Warehouse: A-01-02",
        "LocationID": BIN, "BatchSN": null})
    };
    assert_eq!(
        call.json(),
        json!({"TaskID": SALE, "Status": "AUTHORISED", "Lines": [line(2), line(1)]})
    );
}

#[tokio::test]
async fn a_200_that_does_not_show_the_pick_is_read_back() {
    let lines = [goods("TENT-2P", 3)];
    let mut other = stage("AUTHORISED", &json!(3));
    other["Lines"][0]["SKU"] = json!("TENT-4P");
    let mut more = stage("AUTHORISED", &json!(3));
    let extra = more["Lines"][0].clone();
    more["Lines"].as_array_mut().unwrap().push(extra);
    more["Lines"][1]["SKU"] = json!("ROPE");
    let table = [
        (
            stage("DRAFT", &json!(3)),
            "the answer shows DRAFT, AUTHORISED was written",
        ),
        (
            stage("AUTHORISED", &json!(2)),
            "the answer shows 2 of TENT-2P, 3 were written",
        ),
        (
            stage("AUTHORISED", &json!(2.5)),
            "the answer shows 2.5 of TENT-2P, 3 were written",
        ),
        (other, "the answer shows 0 of TENT-2P, 3 were written"),
        (more, "the answer shows 3 of ROPE, which was not written"),
    ];
    for (body, told) in table {
        let (_, client) = client_with(ok(&body));
        let status = WriteStatus::Authorised;
        let answer = client
            .write_pick(SALE, status, &lines, &CallLog::default())
            .await;
        assert_eq!(outcome(&answer), (Unknown, told));
    }
}

#[tokio::test]
async fn a_stage_that_is_authorised_already_is_asked_about_not_written_again() {
    let said = r#"[{"ErrorCode":400,"Exception":"Pick cannot be changed: status is Authorised"}]"#;
    let fake = Fake::answering([raw(400, said), raw(400, said), raw(400, said)]);
    let client = client(&fake);
    let log = CallLog::default();
    let status = WriteStatus::Authorised;
    let pick = client
        .write_pick(SALE, status, &[goods("A", 1)], &log)
        .await;
    assert_eq!(pick.as_ref().unwrap().found, None);
    let boxed = [PackLine {
        goods: goods("A", 1),
        box_name: "Box 1".to_owned(),
    }];
    let pack = client.write_pack(SALE, status, &boxed, &log).await;
    assert_eq!(
        pack.as_ref().unwrap().read_back,
        ReadBack::Pack(SALE.to_owned())
    );
    let ship = client
        .write_shipment(SALE, status, &[parcel(&["Box 1"], "T")], &log)
        .await;
    assert_eq!(
        ship.as_ref().unwrap().read_back,
        ReadBack::Ship(SALE.to_owned())
    );
    assert_eq!(outcome(&pick).0, Unknown);
    assert_eq!(outcome(&pack).0, Unknown);
    assert_eq!(outcome(&ship).0, Unknown);
}

#[tokio::test]
async fn automatic_picking_sends_no_lines() {
    let (fake, client) = client_with(ok(&stage("AUTHORISED", &json!(3))));
    let written = client.auto_pick(SALE, &CallLog::default()).await.unwrap();
    assert_eq!(written.class, Applied);
    assert_eq!(
        fake.calls()[0].json(),
        json!({"TaskID": SALE, "AutoPickMode": "AUTOPICK"})
    );
}

#[tokio::test]
async fn a_pack_names_its_boxes() {
    let (fake, client) = client_with(ok(&stage("AUTHORISED", &json!(3))));
    let mut line = PackLine {
        goods: goods("TENT-2P", 3),
        box_name: "Box 1".to_owned(),
    };
    line.goods.batch = "B-7".to_owned();
    line.goods.expiry = Some(day("2027-01-31"));
    line.goods.place.id = None;
    let status = WriteStatus::Authorised;
    let answer = client
        .write_pack(SALE, status, &[line], &CallLog::default())
        .await;
    assert_eq!(outcome(&answer), (Applied, ""));
    assert_eq!(
        fake.calls()[0].json()["Lines"],
        json!([{"SKU": "TENT-2P", "Quantity": 3, "Location": "Main Warehouse: A-01-02", "BatchSN": "B-7",
            "ExpiryDate": "2027-01-31T00:00:00", "Box": "Box 1"}])
    );
}

#[tokio::test]
async fn a_shipment_is_believed_box_by_box() {
    let lines = [
        parcel(&["Box 1", "Box 2"], "JJD0001"),
        parcel(&["Box 3"], "JJD0002"),
    ];
    let table = [
        (
            shipped(
                "AUTHORISED",
                &[
                    ("Box 1, Box 2", "JJD0001", true),
                    ("Box 3", "JJD0002", true),
                ],
            ),
            Applied,
            "",
        ),
        (
            shipped(
                "AUTHORISED",
                &[
                    ("Box 1", "JJD0001", true),
                    ("Box 2", "JJD0001", true),
                    ("Box 3", "JJD0002", true),
                ],
            ),
            Applied,
            "",
        ),
        (
            shipped("PARTIALLY AUTHORISED", &[]),
            Unknown,
            "the answer shows PARTIALLY AUTHORISED, AUTHORISED was written",
        ),
        (
            shipped("AUTHORISED", &[("Box 1,Box 2", "JJD0001", true)]),
            Unknown,
            "the answer does not show box \"Box 3\"",
        ),
        (
            shipped(
                "AUTHORISED",
                &[("Box 1,Box 2", "", true), ("Box 3", "JJD0002", true)],
            ),
            Unknown,
            "the answer shows tracking \"\" for box \"Box 1\", \"JJD0001\" was written",
        ),
        (
            shipped(
                "AUTHORISED",
                &[
                    ("Box 1,Box 2", "JJD0001", true),
                    ("Box 3", "JJD0002", false),
                ],
            ),
            Unknown,
            "the answer does not show box \"Box 3\" as shipped",
        ),
    ];
    for (body, class, told) in table {
        let (fake, client) = client_with(ok(&body));
        let status = WriteStatus::Authorised;
        let answer = client
            .write_shipment(SALE, status, &lines, &CallLog::default())
            .await;
        assert_eq!(outcome(&answer), (class, told));
        let sent = fake.calls()[0].json();
        assert_eq!(sent["Lines"][0]["Box"], "Box 1,Box 2");
        assert_eq!(
            sent["Lines"][1],
            json!({"ShipmentDate": "2026-03-05T00:00:00", "Carrier": "DHL Paket",
            "Box": "Box 3", "TrackingNumber": "JJD0002", "IsShipped": true})
        );
    }
}

#[tokio::test]
async fn tracking_of_an_authorised_shipment_is_changed_by_its_own_flag() {
    let (fake, client) = client_with(ok(&shipped("AUTHORISED", &[("Box 1", "NEW", true)])));
    let lines = [parcel(&["Box 1"], "NEW")];
    let answer = client
        .change_tracking(SALE, &lines, &CallLog::default())
        .await;
    assert_eq!(outcome(&answer), (Applied, ""));
    let call = &fake.calls()[0];
    assert_eq!(
        (call.verb.as_str(), call.uri.as_str()),
        ("PUT", "/sale/fulfilment/ship")
    );
    assert_eq!(call.json()["AddTrackingNumbers"], json!(true));
}

#[tokio::test]
async fn a_new_fulfilment_is_told_by_difference() {
    let known = [SALE.to_uppercase()];
    let table: [(Vec<Value>, AnswerClass); 3] = [
        (vec![fulfilment(TASK, 2), fulfilment(SALE, 1)], Applied),
        (vec![fulfilment(SALE, 1)], Unknown),
        (vec![fulfilment(TASK, 2), fulfilment(PRODUCT, 3)], Unknown),
    ];
    for (rows, class) in table {
        let (fake, client) = client_with(ok(&json!({"SaleID": SALE, "Fulfilments": rows})));
        let id = SourceOrderId::from(SALE);
        let written = client
            .add_fulfilment(&id, &known, &CallLog::default())
            .await
            .unwrap();
        assert_eq!(written.class, class);
        assert_eq!(
            written.found.map(|f| f.task_id),
            (class == Applied).then(|| TASK.to_owned())
        );
        assert_eq!(written.read_back, ReadBack::Fulfilments(id));
        assert_eq!(fake.calls()[0].json(), json!({"SaleID": SALE}));
    }
    let said =
        r#"{"ErrorCode":400,"Exception":"There is non authorised Fulfilment in this sale."}"#;
    let (_, client) = client_with(raw(400, said));
    let id = SourceOrderId::from(SALE);
    let error = client
        .add_fulfilment(&id, &[], &CallLog::default())
        .await
        .unwrap_err();
    assert_eq!(error.class, Rejected);
    assert!(
        error.text.contains("There is non authorised Fulfilment"),
        "{}",
        error.text
    );
}

#[tokio::test]
async fn lines_that_cannot_be_meant_are_refused_without_a_call() {
    let fake = Fake::answering([]);
    let client = client(&fake);
    let log = CallLog::default();
    let status = WriteStatus::Authorised;
    let mut nowhere = goods("A", 1);
    nowhere.place = Place {
        name: String::new(),
        id: None,
    };
    let picks = [
        (vec![], "there is no line to write"),
        (vec![goods("A", 0)], "0 of A cannot be written"),
        (vec![goods(" ", 1)], "line 1 has no SKU"),
        (vec![nowhere], "A has no location"),
        (vec![goods("A", 1); 101], "101 lines in one call"),
    ];
    for (lines, told) in picks {
        let error = client
            .write_pick(SALE, status, &lines, &log)
            .await
            .unwrap_err();
        assert_eq!(error.class, Rejected);
        assert!(error.text.contains(told), "{}", error.text);
    }
    let long = "x".repeat(257);
    for name in ["", "a,b", long.as_str()] {
        let line = PackLine {
            goods: goods("A", 1),
            box_name: name.to_owned(),
        };
        assert!(
            client
                .write_pack(SALE, status, &[line], &log)
                .await
                .is_err()
        );
        let parcels = [parcel(&[name], "T")];
        assert!(
            client
                .write_shipment(SALE, status, &parcels, &log)
                .await
                .is_err()
        );
    }
    for parcels in [
        vec![],
        vec![parcel(&[], "T")],
        vec![parcel(&["1"], "T"), parcel(&["1"], "U")],
    ] {
        assert!(client.change_tracking(SALE, &parcels, &log).await.is_err());
    }
    let mut anonymous = one_target();
    anonymous.reference = " ".to_owned();
    let table = [
        (anonymous, "without a reference"),
        (adjustment(vec![]), "there is no line"),
        (
            adjustment(vec![target("A", -1)]),
            "-1 on hand of A cannot be",
        ),
        (
            adjustment(vec![target("A", 1), target("A", 2)]),
            "A is there twice",
        ),
    ];
    for (write, told) in table {
        let error = client.write_adjustment(&write, &log).await.unwrap_err();
        assert_eq!(error.class, Rejected);
        assert!(error.text.contains(told), "{}", error.text);
    }
    let mut empty = credit();
    empty.lines.clear();
    empty.restock.clear();
    let mut nameless = credit();
    nameless.memo = "\u{1b}[0m ".to_owned();
    let mut billless = credit();
    billless.invoice_number.clear();
    for write in [empty, nameless, billless] {
        assert!(client.write_credit_note(&write, &log).await.is_err());
    }
    assert!(fake.calls().is_empty());
    assert!(log.take().is_empty());
}

#[tokio::test]
async fn an_adjustment_aims_at_on_hand_and_tells_what_stood_before() {
    let (fake, client) = client_with(ok(&adjusted()));
    let written = client
        .write_adjustment(&one_target(), &CallLog::default())
        .await
        .unwrap();
    assert_eq!((written.class, written.text.as_str()), (Applied, ""));
    assert_eq!(written.read_back, ReadBack::Adjustment(TASK.to_owned()));
    let line = &written.found.unwrap().lines[0];
    assert_eq!(
        (line.before, line.available_before, line.target),
        (Decimal::whole(40), Decimal::whole(37), Decimal::whole(38))
    );
    let call = &fake.calls()[0];
    assert_eq!(
        (call.verb.as_str(), call.uri.as_str()),
        ("POST", "/stockadjustment")
    );
    assert_eq!(
        call.text(),
        format!(
            r#"{{"EffectiveDate":"2026-03-12T00:00:00","Status":"COMPLETED","UpdateOnHand":true,"Reference":"WMS-COUNT-881","Comment":"on hand read: 40","Account":"403","Lines":[{{"SKU":"TENT-2P","Quantity":38,"UnitCost":70.125,"Location":"Main Warehouse: A-01-02","LocationID":"{BIN}","BatchSN":null,"ExpiryDate":null}}]}}"#
        )
    );
}

#[tokio::test]
async fn an_adjustment_whose_answer_shows_something_else_is_read_back() {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = adjusted();
        change(&mut body);
        body
    };
    let new_line = with(&|b| {
        b["ExistingStockLines"] = json!([]);
        b["NewStockLines"] = json!([{"SKU": "TENT-2P", "Quantity": 38, "LocationID": null,
            "Location": "main warehouse: a-01-02"}]);
    });
    let table = [
        (new_line, Applied, ""),
        (
            with(&|b| b["Status"] = json!("DRAFT")),
            Unknown,
            "the answer shows DRAFT, COMPLETED was written",
        ),
        (
            with(&|b| b["ExistingStockLines"][0]["Adjustment"] = json!(39)),
            Unknown,
            "the answer shows 39 of TENT-2P, 38 was written",
        ),
        (
            with(&|b| b["ExistingStockLines"][0]["LocationID"] = json!(PLACE)),
            Unknown,
            "the answer has no line of TENT-2P at Main Warehouse: A-01-02",
        ),
        (
            with(&|b| b["ExistingStockLines"][0]["Adjustment"] = Value::Null),
            Unknown,
            "POST stockadjustment: ExistingStockLines[1].Adjustment is missing",
        ),
    ];
    for (body, class, told) in table {
        let (_, client) = client_with(ok(&body));
        let answer = client
            .write_adjustment(&one_target(), &CallLog::default())
            .await;
        assert_eq!(outcome(&answer), (class, told));
    }
}

#[tokio::test]
async fn no_need_to_adjust_is_done_for_one_figure_and_asked_about_for_several() {
    let said = r#"[{"ErrorCode":400,"Exception":"Quantity is the same, no need to create Stock Adjustment."}]"#;
    let one = one_target();
    let two = adjustment(vec![target("TENT-2P", 38), target("ROPE", 4)]);
    for (write, class) in [(one, Applied), (two, Unknown)] {
        let (_, client) = client_with(raw(400, said));
        let written = client
            .write_adjustment(&write, &CallLog::default())
            .await
            .unwrap();
        assert_eq!(written.class, class);
        let by_reference = ReadBack::AdjustmentByReference("WMS-COUNT-881".to_owned());
        assert_eq!((written.found, written.read_back), (None, by_reference));
    }
}

#[tokio::test]
async fn adjustments_are_found_again_by_their_reference() {
    let row = json!({"TaskID": TASK, "EffectiveDate": "2026-03-12T00:00:00", "StocktakeNumber": "ST-00231",
        "Status": "COMPLETED", "Account": "403", "Reference": "WMS-COUNT-881", "Comment": ""});
    let fake = Fake::answering([ok(&list("StockAdjustmentList", &[row])), ok(&adjusted())]);
    let client = client(&fake);
    let log = CallLog::default();
    let status = Some(super::super::AdjustmentStatus::Completed);
    let page = client.adjustments_page(status, 1, &log).await.unwrap();
    assert_eq!(page.rows[0].reference, "WMS-COUNT-881");
    let one = client
        .adjustment(&page.rows[0].task_id, &log)
        .await
        .unwrap();
    assert_eq!(one.number, "ST-00231");
    let uris: Vec<String> = fake.calls().into_iter().map(|c| c.uri).collect();
    assert_eq!(
        uris[0],
        "/stockadjustmentList?Page=1&Limit=1000&Status=COMPLETED"
    );
    assert_eq!(uris[1], format!("/stockadjustment?TaskID={TASK}"));
}

#[tokio::test]
async fn a_credit_note_puts_goods_back_and_is_found_by_its_memo() {
    let answer = json!({"SaleID": SALE, "CreditNotes": [note()]});
    let fake = Fake::answering([ok(&answer), ok(&answer)]);
    let client = client(&fake);
    let log = CallLog::default();
    let written = client.write_credit_note(&credit(), &log).await.unwrap();
    assert_eq!((written.class, written.text.as_str()), (Applied, ""));
    assert_eq!(written.found.unwrap().number, "CR-00017");
    let id = SourceOrderId::from(SALE);
    assert_eq!(written.read_back, ReadBack::CreditNotes(id.clone()));
    let sent = fake.calls()[0].json();
    assert_eq!(sent["TaskID"], "00000000-0000-0000-0000-000000000000");
    assert_eq!(sent["CombineAdditionalCharges"], json!(false));
    assert_eq!(sent["Lines"][0]["Tax"], json!(22.8));
    assert_eq!(sent["Restock"][0]["RestockLocationID"], BIN);
    let notes = client.credit_notes(&id, &log).await.unwrap();
    assert_eq!(notes[0].memo, "RMA 55");
    assert_eq!(notes[0].restock[0].quantity, Decimal::whole(1));
    assert_eq!(
        notes[0].restock_status.map(|s| s.as_str()),
        Some("AUTHORISED")
    );
}

#[tokio::test]
async fn a_credit_note_that_is_not_shown_as_written_is_read_back() {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut note = note();
        change(&mut note);
        json!({"SaleID": SALE, "CreditNotes": [note]})
    };
    let table = [
        (
            with(&|n| n["Memo"] = json!("another")),
            "the answer does not show the credit note",
        ),
        (
            with(&|n| n["Status"] = json!("DRAFT")),
            "the answer shows DRAFT, AUTHORISED was written",
        ),
        (
            with(&|n| n["Lines"][0]["Quantity"] = json!(2)),
            "the answer shows other credited quantities than were written",
        ),
        (
            with(&|n| n["Restock"] = json!([])),
            "the answer shows other goods put back than were written",
        ),
    ];
    for (body, told) in table {
        let (_, client) = client_with(ok(&body));
        let answer = client
            .write_credit_note(&credit(), &CallLog::default())
            .await;
        assert_eq!(outcome(&answer), (Unknown, told));
    }
}

#[tokio::test]
async fn the_list_of_credit_notes_is_keyed_like_sales() {
    let row = json!({"SaleID": SALE, "OrderNumber": "SO-01042", "CreditNoteNumber": "CR-00017",
        "Type": "Sale Credit Note", "CreditNoteStatus": "AUTHORISED", "RestockStatus": "DRAFT",
        "Updated": "2026-03-12T10:00:00Z"});
    let (fake, client) = client_with(ok(&list("SaleList", &[row])));
    let since = Some(crate::domain::time::Ts(1_773_000_000_000_000));
    let page = client
        .credit_notes_page(since, 1, &CallLog::default())
        .await
        .unwrap();
    assert_eq!(page.rows[0].sale.as_str(), SALE);
    assert_eq!(
        page.rows[0].restock_status.map(|s| s.as_str()),
        Some("DRAFT")
    );
    assert_eq!(
        fake.calls()[0].uri,
        "/saleCreditNoteList?Page=1&Limit=1000&UpdatedSince=2026-03-08T20%3A00%3A00"
    );
}

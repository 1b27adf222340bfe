//! What leaves the house, and what the answers make of each row.

use super::*;

#[tokio::test]
async fn rows_of_a_mixed_answer_keep_their_own_results_and_messages() {
    let mixed = reply(
        "SaveData",
        -1,
        2,
        "Line 2 : Item type 'NOPE' not found\nLine 4 : Sales order 'LW-3' not found",
        &statuses(&[
            ("LW-1", "Success"),
            ("LW-1", "Error"),
            ("LW-2", "Success"),
            ("LW-3", "Error"),
        ]),
    );
    let script = Script::default().answer(ok(&mixed));
    let orders = [
        order("LW-1", &[("A", 1), ("NOPE", 1)]),
        order("LW-2", &[("A", 2)]),
        order("LW-3", &[("A", 1)]),
        order("LW-4", &[("A", 1)]),
        order("LW-5", &[]),
        order("LW-6", &[("A", 1), (" bad ", 1)]),
    ];
    let log = CallLog::default();
    let rows = script.system().save_lines(&orders, &log).await.unwrap();
    let got: Vec<(&str, AnswerClass)> = rows.iter().map(|r| (r.key.as_str(), r.class)).collect();
    assert_eq!(
        got,
        [
            ("LW-1", Rejected),
            ("LW-2", Applied),
            ("LW-3", Rejected),
            ("LW-4", Unknown),
            ("LW-5", Rejected),
            ("LW-6", Rejected),
        ]
    );
    assert_eq!(rows[0].text, "Item type 'NOPE' not found");
    assert_eq!(rows[2].text, "Sales order 'LW-3' not found");
    assert!(rows[4].text.contains("no lines"));
    let sent = script.last();
    assert!(!sent.contains("LW-5") && !sent.contains("LW-6"), "{sent}");
}

fn judged(
    keys: &[&str],
    id: i64,
    total: i64,
    detail: &str,
    rows: &[(&str, &str)],
) -> Vec<AnswerClass> {
    let body = reply("SaveData", id, total, detail, &statuses(rows));
    let soap::Body::Reply(reply) = soap::read_reply("SaveData", body.as_bytes()).unwrap() else {
        panic!("a fault");
    };
    save::judge_rows(keys, &reply)
        .iter()
        .map(|r| r.class)
        .collect()
}

#[test]
fn rows_are_matched_by_reference_whatever_their_order() {
    let (s, e) = ("Success", "Error");
    for (keys, id, total, rows, expected) in [
        (
            vec!["A", "B"],
            -1,
            1,
            vec![("B", e), ("A", s)],
            vec![Applied, Rejected],
        ),
        (
            vec!["A", "A"],
            -1,
            1,
            vec![("A", s), ("A", e)],
            vec![Applied, Rejected],
        ),
        (vec!["A", "A"], 0, 1, vec![("A", s)], vec![Applied, Unknown]),
        (
            vec!["A", "B"],
            0,
            2,
            vec![("", s), ("", s)],
            vec![Applied, Applied],
        ),
        (vec!["A", "B"], 0, 2, vec![("", s)], vec![Unknown, Unknown]),
        (
            vec!["A", "B"],
            -1,
            0,
            vec![("A", s), ("B", e)],
            vec![Unknown, Rejected],
        ),
        (
            vec!["A", "B"],
            0,
            2,
            vec![("a", s), ("B", s)],
            vec![Unknown, Applied],
        ),
    ] {
        let got = judged(&keys, id, total, "Line 2 : no", &rows);
        assert_eq!(got, expected, "{keys:?} {rows:?}");
    }
    assert_eq!(judged(&["A", "B"], -1, 0, "no", &[]), [Rejected, Rejected]);
}

#[test]
fn line_messages_reach_their_row_with_or_without_the_header_counted() {
    let text = |detail: &str| {
        let rows = statuses(&[("A", "Success"), ("B", "Error")]);
        let body = reply("SaveData", -1, 1, detail, &rows);
        let soap::Body::Reply(reply) = soap::read_reply("SaveData", body.as_bytes()).unwrap()
        else {
            panic!("a fault");
        };
        save::judge_rows(&["A", "B"], &reply)[1].text.clone()
    };
    assert_eq!(text("Line 2 : mine"), "mine");
    assert_eq!(text("line 3: mine"), "mine");
    assert_eq!(text("Line 9 : whose"), "Line 9 : whose");
    assert_eq!(text("just no"), "just no");
    assert_eq!(text(""), "refused without a reason");
    assert_eq!(text("\u{1b}[31mred"), "red");
}

#[tokio::test]
async fn an_order_leaves_with_every_column_quoted_once_and_escaped_once() {
    let done = reply("SaveData", 0, 1, "", &statuses(&[("LW-1", "Success")]));
    let script = Script::default().answer(ok(&done));
    let log = CallLog::default();
    let order = order("LW-1", &[]);
    script
        .system()
        .save_headers(std::slice::from_ref(&order), &log)
        .await
        .unwrap();
    let mut csv = String::new();
    xml::walk(script.last().as_bytes(), |path, text| {
        if path.last().is_some_and(|n| n == "CsvData") {
            text.clone_into(&mut csv);
        }
    })
    .unwrap();
    let sheet = sheet::Sheet::read(&csv).unwrap();
    let cell = |name: &str| sheet.rows[0][sheet.position(&[name]).unwrap()].as_str();
    assert_eq!(cell("SalesOrderNumber"), "LW-1");
    assert_eq!(
        cell("CustomerPurchaseOrderReferenceNumber"),
        order.po_reference
    );
    assert_eq!(cell("ShippingAddressLine1"), order.address.line1);
    assert_eq!(cell("ShippingAddressLine2"), "Sample & Co, Mill");
    assert_eq!(cell("RequestedDeliveryDate"), "2024-06-14 00:00:00");
    assert_eq!(cell("CreatedDate"), "2024-06-13 09:30:00");
    assert_eq!(cell("ServiceType"), "RM24");
    assert_eq!(cell("Site"), "PrimarySite");
    assert_eq!(cell("ChannelName"), "Linnworks");
    assert_eq!(cell("IsPartialShipment"), "false");
    assert_eq!(cell("TotalSale"), "25.98");
    assert!(sheet.position(&["Status"]).is_none());
}

#[tokio::test]
async fn orders_with_and_without_a_date_go_separately_so_that_no_row_has_a_hole() {
    let first = reply(
        "SaveData",
        0,
        2,
        "",
        &statuses(&[("LW-1", "Success"), ("LW-3", "Success")]),
    );
    let script = Script::default()
        .answer(ok(&first))
        .answer(Err(WireError::Lost("cut".into())));
    let mut undated = order("LW-2", &[]);
    undated.requested_by = None;
    let orders = [order("LW-1", &[]), undated, order("LW-3", &[])];
    let log = CallLog::default();
    let rows = script.system().save_headers(&orders, &log).await.unwrap();
    let got: Vec<AnswerClass> = rows.iter().map(|r| r.class).collect();
    assert_eq!(got, [Applied, Unknown, Applied]);
    assert!(!script.last().contains("RequestedDeliveryDate"));
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_row_by_row_without_a_call() {
    let script = Script::default();
    let log = CallLog::default();
    let system = script.system();
    let mut hostile = order("LW-1", &[]);
    hostile.address.town = "Le\u{0}eds".to_owned();
    let long = order(&"9".repeat(31), &[]);
    let rows = system.save_headers(&[hostile, long], &log).await.unwrap();
    assert!(rows.iter().all(|r| r.class == Rejected), "{rows:?}");
    let item = NewItem {
        code: ItemCode::from("~D~X"),
        name: "x".to_owned(),
        barcode: String::new(),
        group: String::new(),
    };
    assert_eq!(
        system.save_items(&[item], &log).await.unwrap()[0].class,
        Rejected
    );
    let error = system
        .orders_by_number(&numbers(&["LW-1\") OR (\"\"=\""]), &log)
        .await
        .unwrap_err();
    assert_eq!(error.class, Rejected);
    assert!(
        error.text.contains("cannot be searched for"),
        "{}",
        error.text
    );
    let many: Vec<WmsOrderIntent> = (0..101).map(|n| order(&format!("LW-{n}"), &[])).collect();
    assert_eq!(
        system.save_headers(&many, &log).await.unwrap_err().class,
        Rejected
    );
    assert!(system.save_headers(&[], &log).await.unwrap().is_empty());
    assert!(system.orders_by_number(&[], &log).await.unwrap().is_empty());
    assert!(script.seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn subscriptions_carry_their_placeholders_and_end() {
    let script = Script::default()
        .answer(ok(&reply("SubscribeEvent", 0, 0, "57", "")))
        .answer(ok(&reply("SubscribePostEvent", 0, 0, " 58 ", "")))
        .answer(ok(&reply("SubscribeEvent", 0, 0, "", "")))
        .answer(ok(&reply("UnsubscribeEvent", 0, 0, "True", "")))
        .answer(ok(&reply("UnsubscribeEvent", 0, 0, "False", "")));
    let system = script.system();
    let log = CallLog::default();
    let (event, url) = ("AvailabilityChanges", "https://hooks.example.test/k7Qz");
    assert_eq!(system.subscribe(event, url, &log).await, Ok(57));
    assert!(script.last().contains("<callbackUrl>https://hooks.example.test/k7Qz?item={ItemCode}&amp;available={Available}</callbackUrl>"));
    assert_eq!(system.subscribe_post(event, url, &log).await, Ok(58));
    assert_eq!(
        system.subscribe(event, url, &log).await.unwrap_err().class,
        Unknown
    );
    assert_eq!(
        system.subscribe("Nope", url, &log).await.unwrap_err().class,
        Rejected
    );
    assert_eq!(system.unsubscribe(57, &log).await, Ok(true));
    assert_eq!(system.unsubscribe(57, &log).await, Ok(false));
}

#[test]
fn item_codes_are_judged_before_anything_is_sent() {
    let system = Script::default().system();
    for good in [
        "A",
        "AA/11/1/1",
        "111111-AAA-A",
        "a b",
        "x'y,z",
        &"9".repeat(50),
    ] {
        assert_eq!(system.item_code_fault(&good.into()), None, "{good}");
    }
    // A quotation mark or a backslash could be saved, but never searched for, so it could never be proven to be there.
    for bad in [
        "",
        " A",
        "A ",
        "A\tB",
        "Ä",
        "~D~A",
        "A~D~",
        "x\"y",
        "x\\y",
        &"9".repeat(51),
    ] {
        assert!(system.item_code_fault(&bad.into()).is_some(), "{bad}");
    }
}

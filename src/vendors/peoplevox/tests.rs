//! The adapter against scripted answers: what each kind of answer means, and what leaves the house.

use super::*;
use crate::domain::delivery::AnswerClass::{
    self, Applied, Auth, Malformed, Rejected, Throttled, Unavailable, Unknown,
};
use crate::domain::ids::{ItemCode, SiteRef, WmsOrderNo};
use crate::domain::order::{Address, WmsLineIntent, WmsOrderIntent};
use crate::domain::time::{Span, Ts};
use crate::domain::wms::NewItem;
use crate::vendors::{CallLog, System, Warehouse};
use crate::wire::WireError;
use base64::Engine;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

type Scripted = Result<http::Response<Bytes>, WireError>;

const SESSION: &str = "6f0e2c1a-3b55-4a8e-9d7c-1b2f3a4c5d6e";

/// A wire that answers sign-ins by itself and everything else from a script; remembers every request.
#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Scripted>>>,
    sign_ins: Arc<Mutex<VecDeque<Scripted>>>,
    seen: Arc<Mutex<Vec<(String, String)>>>,
}

impl Script {
    fn answer(self, answer: Scripted) -> Self {
        self.answers.lock().unwrap().push_back(answer);
        self
    }

    fn sign_in(self, answer: Scripted) -> Self {
        self.sign_ins.lock().unwrap().push_back(answer);
        self
    }

    fn wire(&self) -> Wire {
        let script = self.clone();
        Wire::new(tower::service_fn(move |request: http::Request<Bytes>| {
            let script = script.clone();
            async move {
                tokio::task::yield_now().await;
                script.respond(&request)
            }
        }))
    }

    fn respond(&self, request: &http::Request<Bytes>) -> Scripted {
        let action = request.headers()["soapaction"].to_str().unwrap();
        let action = action.trim_matches('"').rsplit('/').next().unwrap();
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        self.seen.lock().unwrap().push((action.to_owned(), body));
        if action == "Authenticate" {
            let next = self.sign_ins.lock().unwrap().pop_front();
            return next.unwrap_or_else(|| {
                let detail = format!("acme1234,{SESSION}");
                ok(&reply("Authenticate", 0, 1, &detail, ""))
            });
        }
        self.answers
            .lock()
            .unwrap()
            .pop_front()
            .expect("a call more than the script has answers")
    }

    fn system(&self) -> Peoplevox {
        let config = PeoplevoxConfig::new(
            "https://wms.peoplevox.net/",
            "acme1234",
            "robot-user",
            Secret::new("s3cret!&<".to_owned()),
        );
        Peoplevox::new(config, self.wire()).unwrap()
    }

    fn count(&self, action: &str) -> usize {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|(a, _)| a == action).count()
    }

    fn last(&self) -> String {
        self.seen.lock().unwrap().last().unwrap().1.clone()
    }
}

fn status(code: u16, body: &str) -> Scripted {
    Ok(http::Response::builder()
        .status(code)
        .body(Bytes::from(body.to_owned()))
        .unwrap())
}

fn ok(body: &str) -> Scripted {
    status(200, body)
}

fn reply(operation: &str, id: i64, total: i64, detail: &str, statuses: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soap:Body><{operation}Response xmlns=\"http://www.peoplevox.net/\">\
         <{operation}Result><ResponseId>{id}</ResponseId><TotalCount>{total}</TotalCount><Detail>{}</Detail>\
         <Statuses>{statuses}</Statuses><ImportingQueueId>0</ImportingQueueId><SalesOrdersToDespatchIds /><ErrorCode xsi:nil=\"true\" />\
         </{operation}Result></{operation}Response></soap:Body></soap:Envelope>",
        xml::escape(detail)
    )
}

fn statuses(rows: &[(&str, &str)]) -> String {
    rows.iter()
        .map(|(reference, status)| {
            format!(
                "<IntegrationStatusResponse><Reference>{reference}</Reference><Status>{status}</Status></IntegrationStatusResponse>"
            )
        })
        .collect()
}

fn fault(code: &str) -> String {
    format!(
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body><soap:Fault>\
         <faultcode>soap:{code}</faultcode><faultstring>it went wrong</faultstring><detail /></soap:Fault></soap:Body></soap:Envelope>"
    )
}

fn at(text: &str) -> Ts {
    Ts::from_utc(text.parse().unwrap())
}

fn numbers(list: &[&str]) -> Vec<WmsOrderNo> {
    list.iter().map(|n| WmsOrderNo::from(*n)).collect()
}

fn order(number: &str, lines: &[(&str, i64)]) -> WmsOrderIntent {
    WmsOrderIntent {
        number: number.into(),
        po_reference: "0b7c0c52-7a8e-4c39-9a5e-5c8f0a1b2c3d".to_owned(),
        channel: "Linnworks".to_owned(),
        site: "PrimarySite".into(),
        service: "RM24".into(),
        address: Address {
            name: "Ada Example".to_owned(),
            company: "Sample & Co".to_owned(),
            line1: "1 Sample St, Unit \"2\"".to_owned(),
            line2: "Mill".to_owned(),
            line3: String::new(),
            town: "Leeds".to_owned(),
            region: String::new(),
            postcode: "LS1 1AA".to_owned(),
            country: "United Kingdom".to_owned(),
            email: "ada@example.test".to_owned(),
            phone: "0113".to_owned(),
        },
        requested_by: Some(at("2024-06-14T00:00:00Z")),
        created_at: at("2024-06-13T09:30:00Z"),
        currency: "GBP".to_owned(),
        total_minor: 2_598,
        shipping_minor: 0,
        is_partial_allowed: false,
        lines: lines
            .iter()
            .enumerate()
            .map(|(n, (code, qty))| WmsLineIntent {
                line_ref: format!("{}", n + 1),
                row_id: format!("row-{n}"),
                sku: (*code).into(),
                item: (*code).into(),
                qty_each: *qty,
                unit_price_minor: 1_299,
            })
            .collect(),
        mapping_versions: Vec::new(),
    }
}

/// What a header save and an order read make of the same answer: (write class, read class).
async fn classes(for_write: Scripted, for_read: Scripted) -> (AnswerClass, AnswerClass) {
    let log = CallLog::default();
    let script = Script::default().answer(for_write);
    let written = script
        .system()
        .save_headers(&[order("LW-1", &[])], &log)
        .await;
    let write = match written {
        Ok(rows) => rows[0].class,
        Err(error) => error.class,
    };
    let script = Script::default().answer(for_read);
    let read = script
        .system()
        .orders_by_number(&numbers(&["LW-1"]), &log)
        .await;
    (write, read.map_or_else(|e| e.class, |_| Applied))
}

#[tokio::test]
async fn every_kind_of_answer_has_its_class() {
    let header = "SalesOrderNumber,Status,CustomerPurchaseOrderReferenceNumber,ServiceType,Site,ChannelName\n";
    let reads = |detail: &str, total| ok(&reply("GetData", 0, total, detail, ""));
    let saved = |id, total, detail: &str, rows: &[(&str, &str)]| {
        ok(&reply("SaveData", id, total, detail, &statuses(rows)))
    };
    let both = |code: u16, body: &str| (status(code, body), status(code, body));
    let half = &reply("SaveData", 0, 1, "", "")[..200];
    let wrong_op = reply("GetSaveTemplate", 0, 1, "", "");
    let table: Vec<(&str, (Scripted, Scripted), (AnswerClass, AnswerClass))> = vec![
        (
            "a web page",
            both(200, "<!DOCTYPE html><html>"),
            (Unknown, Malformed),
        ),
        ("nothing", both(200, ""), (Unknown, Malformed)),
        ("half an answer", both(200, half), (Unknown, Malformed)),
        ("JSON", both(200, "{\"a\":1}"), (Unknown, Malformed)),
        (
            "another call's answer",
            both(200, &wrong_op),
            (Unknown, Malformed),
        ),
        (
            "a server fault",
            both(500, &fault("Server")),
            (Unknown, Unavailable),
        ),
        (
            "a client fault",
            both(500, &fault("Client")),
            (Rejected, Rejected),
        ),
        (
            "a fault with 200",
            both(200, &fault("Server")),
            (Unknown, Unavailable),
        ),
        (
            "500 without a fault",
            both(500, "oops"),
            (Unknown, Unavailable),
        ),
        ("503", both(503, ""), (Unknown, Unavailable)),
        ("404", both(404, "<html>"), (Malformed, Malformed)),
        ("302", both(302, ""), (Unknown, Malformed)),
        ("204", both(204, ""), (Unknown, Malformed)),
        ("429", both(429, ""), (Throttled, Throttled)),
        ("401", both(401, ""), (Auth, Auth)),
        (
            "not sent",
            (
                Err(WireError::NotSent("x".into())),
                Err(WireError::NotSent("x".into())),
            ),
            (Unavailable, Unavailable),
        ),
        (
            "lost",
            (
                Err(WireError::Lost("x".into())),
                Err(WireError::Lost("x".into())),
            ),
            (Unknown, Unavailable),
        ),
        (
            "success",
            (
                saved(0, 1, "", &[("LW-1", "Success")]),
                reads(&format!("{header}LW-1,New,p,R,S,C\n"), 1),
            ),
            (Applied, Applied),
        ),
        (
            "a success that names no row; nothing found",
            (saved(0, 1, "", &[]), reads(header, 0)),
            (Unknown, Applied),
        ),
        (
            "a success about another row; a row not asked for",
            (
                saved(0, 1, "", &[("LW-2", "Success")]),
                reads(&format!("{header}LW-2,New,p,R,S,C\n"), 1),
            ),
            (Unknown, Malformed),
        ),
        (
            "a failure of the whole call",
            (
                saved(-1, 0, "System : Integration - no such template", &[]),
                ok(&reply("GetData", -1, -1, "System : Search - bad", "")),
            ),
            (Rejected, Rejected),
        ),
        (
            "a failed row in a successful call; a missing column",
            (
                saved(0, 0, "Line 1 : no", &[("LW-1", "Error")]),
                reads("SalesOrderNumber,Status\nLW-1,New\n", 1),
            ),
            (Rejected, Malformed),
        ),
        (
            "a failed call whose only row is a success; rows kept back",
            (
                saved(-1, 1, "odd", &[("LW-1", "Success")]),
                reads(&format!("{header}LW-1,New,p,R,S,C\n"), 2),
            ),
            (Unknown, Malformed),
        ),
        (
            "a status word we do not know; a flag that is none",
            (
                saved(0, 1, "", &[("LW-1", "Queued")]),
                reads(&format!("OnHold,{header}maybe,LW-1,New,p,R,S,C\n"), 1),
            ),
            (Unknown, Malformed),
        ),
    ];
    for (what, (for_write, for_read), expected) in table {
        assert_eq!(classes(for_write, for_read).await, expected, "{what}");
    }
}

#[tokio::test]
async fn an_expired_session_costs_one_sign_in_and_one_repeat_even_for_a_write() {
    let expired = reply("SaveData", -1, 0, "System : Security - Session Expired", "");
    let done = reply("SaveData", 0, 1, "", &statuses(&[("LW-1", "Success")]));
    let script = Script::default().answer(ok(&expired)).answer(ok(&done));
    let system = script.system();
    let log = CallLog::default();
    let rows = system
        .save_headers(&[order("LW-1", &[])], &log)
        .await
        .unwrap();
    assert_eq!(rows[0].class, Applied);
    assert_eq!(script.count("Authenticate"), 2);
    assert_eq!(script.count("SaveData"), 2);
    let signs: Vec<bool> = log.take().iter().map(|t| t.is_sign_in).collect();
    assert_eq!(signs, [true, false, true, false]);
}

#[tokio::test]
async fn a_second_refusal_is_an_authorisation_problem_and_not_tried_a_third_time() {
    let invalid = reply("GetData", -1, 0, "System : Security - Invalid Session", "");
    let script = Script::default().answer(ok(&invalid)).answer(ok(&invalid));
    let error = script
        .system()
        .orders_by_number(&numbers(&["LW-1"]), &CallLog::default())
        .await
        .unwrap_err();
    assert_eq!(error.class, Auth);
    assert_eq!(script.count("GetData"), 2);
}

#[tokio::test]
async fn a_bad_password_is_an_authorisation_problem_and_nothing_else_is_sent() {
    let no = "System : Security:Invalid Username or Password";
    let script = Script::default().sign_in(ok(&reply("Authenticate", -1, 0, no, "")));
    let log = CallLog::default();
    let error = script
        .system()
        .save_headers(&[order("LW-1", &[])], &log)
        .await
        .unwrap_err();
    assert_eq!(error.class, Auth);
    assert!(error.text.contains("Invalid Username"), "{}", error.text);
    assert_eq!(script.count("SaveData"), 0);
    for odd in ["acme1234", "", "acme1234, ", "acme1234,two words"] {
        let script = Script::default().sign_in(ok(&reply("Authenticate", 0, 1, odd, "")));
        let error = script.system().probe(&log).await.unwrap_err();
        assert_eq!(error.class, Malformed, "{odd:?}");
    }
}

#[tokio::test]
async fn parallel_callers_share_one_sign_in_and_one_renewal() {
    let fine = reply("GetSaveTemplate", 0, 1, "SalesOrderNumber", "");
    let expired = reply(
        "GetSaveTemplate",
        -1,
        0,
        "System : Security - Session Expired",
        "",
    );
    let mut script = Script::default();
    for _ in 0..5 {
        script = script.answer(ok(&expired));
    }
    for _ in 0..5 {
        script = script.answer(ok(&fine));
    }
    let system = script.system();
    let log = CallLog::default();
    let calls = (0..5).map(|_| system.probe(&log));
    for result in futures::future::join_all(calls).await {
        result.unwrap();
    }
    assert_eq!(script.count("Authenticate"), 2);
}

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
        .save_headers(&[order.clone()], &log)
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
async fn orders_and_lines_are_read_with_all_their_odd_forms() {
    let orders = "\"Status\",\"salesordernumber\",\"CustomerPurchaseOrderReferenceNumber\",\"ServiceType\",\"Site\",\"ChannelName\",\"OnHold\",\
        \"RequestedDeliveryDate\",\"CreatedDate\",\"ContactName\",\"New thing\"\r\n\
        \"Allocated\",\"LW-1\",\"guid\",\"RM24\",\"PrimarySite\",\"Web\",\"True\",\"14/06/2024 00:00:00\",\"'13/06/YYYY 09:30'\",\"A\u{1b}[31mda\",\"\"\r\n";
    let lines =
        "SalesOrderNumber,ItemCode,QuantityOrdered,Line\nLW-1,~D~MUG,2.00,1\nlw-1,CUP,1,2\n";
    let script = Script::default()
        .answer(ok(&reply("GetData", 0, 1, orders, "")))
        .answer(ok(&reply("GetData", 0, 2, lines, "")));
    let system = script.system();
    let log = CallLog::default();
    let asked = numbers(&["LW-1", "LW-2"]);
    let orders = system.orders_by_number(&asked, &log).await.unwrap();
    assert_eq!(orders.len(), 1);
    let order = &orders[0];
    assert!(order.is_on_hold);
    assert_eq!(order.status_text, "Allocated");
    assert_eq!(order.contact_name, "Ada");
    assert_eq!(order.requested_at, Some(at("2024-06-14T00:00:00Z")));
    assert_eq!(order.created_at, Some(at("2024-06-13T09:30:00Z")));
    let sent = script.last();
    assert!(sent.contains("<ItemsPerPage>0</ItemsPerPage>"));
    assert!(sent.contains(
        "SalesOrderNumber.Equals(&quot;LW-1&quot;) OR SalesOrderNumber.Equals(&quot;LW-2&quot;)"
    ));
    let lines = system.lines_by_number(&asked, &log).await.unwrap();
    assert_eq!((lines[0].item.as_str(), lines[0].qty_each), ("MUG", 2));
    assert_eq!(lines[1].number.as_str(), "lw-1");
}

#[tokio::test]
async fn items_that_were_deleted_are_marked_and_a_live_one_of_the_same_code_counts() {
    let detail =
        "ItemCode,Name,Barcode,OnHand\n~D~MUG,Old mug,~D~800,0\nMUG,Mug,801,5\n~D~CUP,Cup,802,0\n";
    let script = Script::default().answer(ok(&reply("GetData", 0, 3, detail, "")));
    let log = CallLog::default();
    let page = script.system().items_page(1, &log).await.unwrap();
    assert!(page.is_last);
    assert_eq!(page.total, Some(3));
    let got: Vec<(&str, &str, bool)> = page
        .rows
        .iter()
        .map(|i| (i.code.as_str(), i.barcode.as_str(), i.is_active))
        .collect();
    assert_eq!(got, [("MUG", "801", true), ("CUP", "802", false)]);
}

#[tokio::test]
async fn despatches_are_read_since_a_moment_and_earlier_rows_are_not_believed() {
    let header = "\"Salesorder number\",\"Despatch number\",\"Despatch date\",\"Carrier\",\"Service\",\"Tracking number\",\"Item code\",\"No of items\",\"Site reference\",\"Channel name\",\"Line\"";
    let row = |date: &str| {
        format!(
            "\"LW-1\",\"DES501\",\"{date}\",\"ParcelCo\",\"24h\",\" PC1 \",\"MUG\",\"2\",\"PrimarySite\",\"Web\",\"1\""
        )
    };
    let since = at("2024-06-14T15:07:31Z");
    for (date, expected) in [
        ("'14/06/2024 15:07:31'", Some("2024-06-14T15:07:31Z")),
        ("'14/06/2024 15:07'", Some("2024-06-14T15:07:00Z")),
        ("'15/06/YYYY 08:00'", Some("2024-06-15T08:00:00Z")),
        ("'14/06/2024 15:05'", None),
        ("'14/06/2023 16:00'", None),
        ("", None),
        ("soon", None),
    ] {
        let detail = format!("{header}\n{}\n", row(date));
        let script = Script::default().answer(ok(&reply("GetReportData", 0, 1, &detail, "")));
        let log = CallLog::default();
        let got = script.system().despatches_page(since, 1, &log).await;
        match expected {
            None => assert_eq!(got.unwrap_err().class, Malformed, "{date}"),
            Some(expected) => {
                let line = &got.unwrap().rows[0];
                assert_eq!(line.despatched_at, at(expected), "{date}");
                assert_eq!(line.tracking, "PC1");
                assert_eq!(line.line_ref, "1");
            }
        }
        let sent = script.last();
        assert!(
            sent.contains("([Despatch date] &gt;= DateTime(2024,06,14,15,07,31))"),
            "{sent}"
        );
        assert!(sent.contains(
            "<OrderBy>[Despatch date] asc</OrderBy><Columns>[Salesorder number],[Despatch number],"
        ));
    }
}

#[tokio::test]
async fn stock_leaves_out_the_pseudo_site_and_refuses_sites_not_asked_for() {
    let detail = "Item code,Site reference,On hand,Allocated,Available\nMUG,SystemSite,9,0,9\n~D~OLD,PrimarySite,1,0,1\nMUG,PrimarySite,41,1,40\n";
    let script = Script::default()
        .answer(ok(&reply("GetReportData", 0, 3, detail, "")))
        .answer(ok(&reply("GetReportData", 0, 3, detail, "")));
    let system = script.system();
    let log = CallLog::default();
    let page = system.stock_page(&[], 1, &log).await.unwrap();
    assert_eq!(page.rows.len(), 1);
    assert_eq!(page.rows[0].available_each, 40);
    assert_eq!(page.total, Some(3));
    let sites = [SiteRef::from("PrimarySite")];
    let error = system.stock_page(&sites, 1, &log).await.unwrap_err();
    assert_eq!(error.class, Malformed);
    assert!(error.text.contains("SystemSite"), "{}", error.text);
    assert!(
        script
            .last()
            .contains("([Site reference].Equals(&quot;PrimarySite&quot;))")
    );
}

#[tokio::test]
async fn a_renamed_column_is_read_written_and_searched_by_its_new_name() {
    let script = Script::default()
        .answer(ok(&reply(
            "GetData",
            0,
            1,
            "item_code,Name,Barcode\nMUG,Mug,1\n",
            "",
        )))
        .answer(ok(&reply(
            "SaveData",
            0,
            1,
            "",
            &statuses(&[("MUG", "Success")]),
        )));
    let mut config = PeoplevoxConfig::new(
        "https://wms.peoplevox.net",
        "acme1234",
        "robot-user",
        Secret::new("pw".to_owned()),
    );
    let columns = [
        ("ItemCode".to_owned(), "item_code".to_owned()),
        ("ItemGroup".to_owned(), String::new()),
    ];
    config
        .template_aliases
        .columns
        .insert("Item types".to_owned(), columns.into());
    let system = Peoplevox::new(config, script.wire()).unwrap();
    let log = CallLog::default();
    let codes = [ItemCode::from("MUG")];
    assert_eq!(system.items_by_code(&codes, &log).await.unwrap().len(), 1);
    assert!(script.last().contains("(item_code.Equals("));
    let item = NewItem {
        code: "MUG".into(),
        name: "Mug".to_owned(),
        barcode: "1".to_owned(),
        group: "Kitchen".to_owned(),
    };
    let rows = system.save_items(&[item], &log).await.unwrap();
    assert_eq!(rows[0].class, Applied);
    assert!(
        script
            .last()
            .contains("<CsvData>item_code,Name,Barcode\nMUG,Mug,1\n</CsvData>")
    );
}

#[tokio::test]
async fn the_check_names_every_missing_column_and_goes_on() {
    let all = |columns: &[&str]| columns.join(",");
    let template = |detail: &str| ok(&reply("GetSaveTemplate", 0, 1, detail, ""));
    let data = |columns: &[&str], row: &str| {
        ok(&reply(
            "GetData",
            0,
            1,
            &format!("{}\n{row}", columns.join(",")),
            "",
        ))
    };
    let report = |detail: &str| ok(&reply("GetReportColumns", 0, 1, detail, ""));
    let not_there = reply(
        "GetSaveTemplate",
        -1,
        -1,
        "Template 'Item types' is not configured",
        "",
    );
    let script = Script::default()
        .answer(template(&all(names::ORDER_COLUMNS)))
        .answer(template(&all(names::ORDER_COLUMNS)))
        .answer(template("SalesOrderNumber,ItemCode,QuantityOrdered"))
        .answer(ok(&not_there))
        .answer(data(names::SITE_COLUMNS, "Main,PrimarySite\n"))
        .answer(data(names::SERVICE_COLUMNS, ""))
        .answer(report(&names::DESPATCH_COLUMNS.join("\n")))
        .answer(report(&all(names::STOCK_COLUMNS)))
        .answer(status(500, &fault("Client")))
        .answer(report(&all(names::STATUS_COLUMNS)))
        .answer(data(names::SITE_COLUMNS, "Main,PrimarySite\n"))
        .answer(data(names::SERVICE_COLUMNS, "ParcelCo,24h,RM24\n"));
    let log = CallLog::default();
    let findings = script
        .system()
        .check(at("2024-06-13T00:00:00Z"), &log)
        .await;
    let bad: Vec<&str> = findings
        .iter()
        .filter(|f| !f.is_ok)
        .map(|f| f.what.as_str())
        .collect();
    assert_eq!(
        bad,
        [
            "template Sales order items",
            "template Item types",
            "report Incremental Changes Report v1"
        ],
        "{findings:#?}"
    );
    assert!(
        findings[2].found.contains("Line, SalePrice"),
        "{findings:#?}"
    );
    assert!(
        findings
            .iter()
            .any(|f| f.what == "sites" && f.found == "PrimarySite")
    );
}

#[tokio::test]
async fn a_clock_that_is_off_is_found() {
    let mut answer = reply("GetSaveTemplate", -1, 0, "no", "");
    answer.push(' ');
    let dated = || {
        Ok(http::Response::builder()
            .header("date", "Thu, 13 Jun 2024 00:10:00 GMT")
            .body(Bytes::from(answer.clone()))
            .unwrap())
    };
    let mut script = Script::default();
    for _ in 0..12 {
        script = script.answer(dated());
    }
    let findings = script
        .system()
        .check(at("2024-06-13T00:00:00Z"), &CallLog::default())
        .await;
    let clock = findings.iter().find(|f| f.what == "clock").unwrap();
    assert!(!clock.is_ok && clock.found.contains("600 s"), "{clock:?}");
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

#[tokio::test]
async fn no_credential_is_left_in_what_is_recorded() {
    let echo = reply(
        "GetSaveTemplate",
        0,
        1,
        &format!("A,{SESSION},s3cret!&<,robot-user"),
        "",
    );
    let script = Script::default().answer(ok(&echo));
    let log = CallLog::default();
    script.system().probe(&log).await.unwrap();
    let password = base64::engine::general_purpose::STANDARD.encode("s3cret!&<");
    assert!(script.seen.lock().unwrap()[0].1.contains(&password));
    let traces = log.take();
    assert_eq!(traces.len(), 2);
    for trace in traces {
        for bytes in [trace.request, trace.answer] {
            let text = String::from_utf8(bytes).unwrap();
            for secret in [SESSION, "s3cret", &password, "robot-user"] {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
            assert!(
                text.contains("peoplevox.net"),
                "the evidence itself is kept"
            );
        }
    }
}

#[test]
fn item_codes_are_judged_before_anything_is_sent() {
    let system = Script::default().system();
    for good in [
        "A",
        "AA/11/1/1",
        "111111-AAA-A",
        "a b",
        "x\"y",
        &"9".repeat(50),
    ] {
        assert_eq!(system.item_code_fault(&good.into()), None, "{good}");
    }
    for bad in ["", " A", "A ", "A\tB", "Ä", "~D~A", "A~D~", &"9".repeat(51)] {
        assert!(system.item_code_fault(&bad.into()).is_some(), "{bad}");
    }
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    let make = |base: &str, id: &str, user: &str, password: &str| {
        let secret = Secret::new(password.to_owned());
        Peoplevox::new(
            PeoplevoxConfig::new(base, id, user, secret),
            Script::default().wire(),
        )
        .err()
    };
    let base = "https://wms.peoplevox.net";
    assert_eq!(make(base, "acme1234", "u", "p"), None);
    assert!(matches!(
        make(base, "a/../b", "u", "p"),
        Some(ConfigFault::ClientId(_))
    ));
    assert!(matches!(
        make(base, "", "u", "p"),
        Some(ConfigFault::ClientId(_))
    ));
    assert!(matches!(
        make("wms", "a", "u", "p"),
        Some(ConfigFault::BaseUrl(_))
    ));
    assert_eq!(
        make(base, "a", "", "p"),
        Some(ConfigFault::Empty("username"))
    );
    assert_eq!(
        make(base, "a", "u", ""),
        Some(ConfigFault::Empty("password"))
    );
}

#[test]
fn limits_are_one_key_and_one_call_at_a_time() {
    let system = Script::default().system();
    assert_eq!(system.limits()[0].per_minute, 60);
    assert_eq!(
        system.limit_key(crate::vendors::Op::StockPage),
        system.limits()[0].key
    );
    assert_eq!(system.concurrency_max(), 1);
    assert_eq!(system.order_number_chars_max(), 30);
    assert_eq!(system.field_limits().address_chars, 100);
    assert!(Span::ZERO < Span::secs(1));
}

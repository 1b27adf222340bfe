//! The adapter against scripted answers: what each kind of answer means, and what leaves the house.

mod reads;
mod writes;

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

/// What is answered, to a write and to a read, and the class of each.
type Case = (
    &'static str,
    (Scripted, Scripted),
    (AnswerClass, AnswerClass),
);

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
        routed: None,
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
    let table: Vec<Case> = vec![
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
    assert_eq!(system.limits()[0].rate.per_minute(), 60);
    assert_eq!(
        system.limit_key(crate::vendors::Op::StockPage),
        system.limits()[0].key
    );
    assert_eq!(system.concurrency_max(), 1);
    assert_eq!(system.order_number_chars_max(), 30);
    assert_eq!(system.field_limits().address_chars, 100);
    assert!(Span::ZERO < Span::secs(1));
}

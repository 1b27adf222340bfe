//! What answers mean, for reads and writes; requests, limits, configuration, the record.

use super::writes::{goods, one_target};
use super::*;
use crate::domain::delivery::AnswerClass;
use crate::domain::ids::SourceOrderId;
use crate::domain::time::Span;
use crate::vendors::cin7core::{BASE_URL, ConfigFault, LIMIT_KEY, WriteStatus};
use crate::vendors::{CallError, CallLog, Op, System};
use AnswerClass::{Auth, Malformed, Rejected, Throttled, Unavailable, Unknown};

const LIMIT: &str =
    r#"[{"ErrorCode":503,"Exception":"You have reached 60 calls per 60 seconds API limit."}]"#;
const LIMIT_PLAIN: &str = "You have reached 60 calls per 60 seconds API limit.";
const HTML: &str = "<!DOCTYPE html><html><head><title>Page not found</title></head></html>";

async fn read_error(answer: Prepared) -> CallError {
    let (fake, client) = client_with(answer);
    let id = SourceOrderId::from(SALE);
    let result = client.sale(&id, &CallLog::default()).await;
    assert_eq!(fake.calls().len(), 1);
    result.unwrap_err()
}

async fn write_error(answer: Prepared) -> CallError {
    let (fake, client) = client_with(answer);
    let status = WriteStatus::Authorised;
    let lines = [goods("TENT-2P", 3)];
    let result = client
        .write_pick(SALE, status, &lines, &CallLog::default())
        .await;
    assert_eq!(fake.calls().len(), 1, "a write is never repeated by itself");
    result.unwrap_err()
}

#[tokio::test]
async fn every_kind_of_answer_has_its_class_for_reads_and_writes() {
    let rejected = r#"[{"ErrorCode":400,"Exception":"Required attribute 'Status' not provided."}]"#;
    let bare = r#"{"ErrorCode":400,"Exception":"Order Status is DRAFT"}"#;
    let message = r#"{"Message":"The requested resource does not support http method 'PUT'."}"#;
    let missing = r#"[{"ErrorCode":404,"Exception":"Category not found."}]"#;
    let in_part =
        r#"{"TaskID":"x","Status":"COMPLETED","Lines":[],"Extra":1,"Errors":["Line 2 failed"]}"#;
    let table: [(u16, &str, AnswerClass, AnswerClass); 37] = [
        (200, HTML, Malformed, Malformed),
        (404, HTML, Malformed, Malformed),
        (404, missing, Rejected, Rejected),
        (400, missing, Rejected, Rejected),
        (200, "", Malformed, Unknown),
        (204, "", Malformed, Unknown),
        (200, "null", Malformed, Unknown),
        (200, "7", Malformed, Unknown),
        (200, "\"done\"", Malformed, Unknown),
        (200, "{\"TaskID\":\"1111", Malformed, Unknown),
        (200, "{}", Malformed, Unknown),
        (200, "[]", Malformed, Unknown),
        (200, rejected, Rejected, Rejected),
        (200, bare, Rejected, Rejected),
        (200, in_part, Malformed, Unknown),
        (200, LIMIT, Throttled, Throttled),
        (200, LIMIT_PLAIN, Throttled, Throttled),
        (206, "{}", Malformed, Unknown),
        (302, "", Malformed, Unknown),
        (304, "", Malformed, Unknown),
        (400, rejected, Rejected, Rejected),
        (400, bare, Rejected, Rejected),
        (400, "", Rejected, Rejected),
        (400, LIMIT, Throttled, Throttled),
        (400, LIMIT_PLAIN, Throttled, Throttled),
        (401, "", Auth, Auth),
        (403, "", Auth, Auth),
        (403, rejected, Auth, Auth),
        (403, LIMIT, Throttled, Throttled),
        (405, message, Rejected, Rejected),
        (408, "", Unavailable, Unknown),
        (429, LIMIT, Throttled, Throttled),
        (429, "", Throttled, Throttled),
        (500, message, Unavailable, Unknown),
        (503, LIMIT, Throttled, Throttled),
        (503, LIMIT_PLAIN, Throttled, Throttled),
        // Overload without the limit's words: it may be either, and a write may have landed.
        (503, "", Unavailable, Unknown),
    ];
    for (status, body, read, write) in table {
        let error = read_error(raw(status, body)).await;
        assert_eq!(error.class, read, "read {status} {body}: {}", error.text);
        assert!(error.text.starts_with("GET sale: "), "{}", error.text);
        let error = write_error(raw(status, body)).await;
        assert_eq!(error.class, write, "write {status} {body}: {}", error.text);
        assert!(
            error.text.starts_with("POST sale/fulfilment/pick: "),
            "{}",
            error.text
        );
    }
}

#[tokio::test]
async fn example_17_an_overload_without_words_is_the_limit_when_our_count_is_near_it() {
    let read = |is_limit_near: bool| async move {
        let (_, client) = client_with(raw(503, ""));
        let log = CallLog::near_limit(is_limit_near);
        let id = SourceOrderId::from(SALE);
        client.sale(&id, &log).await.unwrap_err().class
    };
    assert_eq!(read(true).await, Throttled);
    assert_eq!(read(false).await, Unavailable);
    assert_eq!(write_error(raw(503, "")).await.class, Unknown);
    let told = read_error(raw(400, LIMIT)).await;
    assert_eq!(told.class, Throttled, "status 400 that names the limit");
    let mut answer = raw(429, "");
    let wait = http::HeaderValue::from_static("60 Seconds");
    answer
        .as_mut()
        .unwrap()
        .headers_mut()
        .insert("retry-after", wait);
    assert_eq!(read_error(answer).await.wait, Some(Span::secs(60)));
}

#[tokio::test]
async fn a_lost_answer_is_unknown_for_a_write_and_unavailable_for_a_read() {
    let lost = || Err(WireError::Lost("reset".into()));
    let not_sent = || Err(WireError::NotSent("refused".into()));
    let large = || Err(WireError::TooLarge { limit_bytes: 1 });
    assert_eq!(read_error(lost()).await.class, Unavailable);
    assert_eq!(write_error(lost()).await.class, Unknown);
    assert_eq!(read_error(not_sent()).await.class, Unavailable);
    assert_eq!(write_error(not_sent()).await.class, Unavailable);
    assert_eq!(read_error(large()).await.class, Malformed);
    assert_eq!(write_error(large()).await.class, Unknown);
    let (_, client) = client_with(lost());
    let answer = client
        .write_adjustment(&one_target(), &CallLog::default())
        .await;
    assert_eq!(answer.unwrap_err().class, Unknown);
}

#[tokio::test]
async fn the_wait_is_taken_from_words_or_the_reset_header() {
    type Headers = &'static [(&'static str, &'static str)];
    let table: [(Headers, Option<Span>); 4] = [
        (
            &[("retry-after", "60 Seconds"), ("x-ratelimit-reset", "7")],
            Some(Span::secs(60)),
        ),
        (&[("x-ratelimit-reset", "42")], Some(Span::secs(42))),
        (&[("x-ratelimit-reset", "99999999")], Some(Span::hours(1))),
        (&[], None),
    ];
    for (headers, wait) in table {
        for status in [429, 503, 400] {
            let mut answer = raw(status, LIMIT);
            for (name, value) in headers {
                let name = http::HeaderName::from_static(name);
                let value = http::HeaderValue::from_static(value);
                answer.as_mut().unwrap().headers_mut().insert(name, value);
            }
            let error = read_error(answer).await;
            assert_eq!((error.class, error.wait), (Throttled, wait));
        }
    }
}

#[tokio::test]
async fn every_problem_an_answer_lists_reaches_the_person_cleaned() {
    let body = r#"[{"ErrorCode":400,"Exception":"Location \u001b[31m'X' was not found"},
        {"ErrorCode":400,"Exception":"Product not found"}, {"ErrorCode":400,"Exception":""}]"#;
    let error = read_error(raw(400, body)).await;
    assert_eq!(
        error.text,
        "GET sale: Location 'X' was not found; Product not found (HTTP 400)"
    );
    let error = read_error(raw(400, "")).await;
    assert_eq!(error.text, "GET sale: no text (HTTP 400)");
    let error = read_error(raw(200, HTML)).await;
    assert_eq!(
        error.text,
        "GET sale: a web page instead of an answer; check the configured address"
    );
    let long = format!(
        "[{{\"ErrorCode\":400,\"Exception\":\"{}\"}}]",
        "x".repeat(5_000)
    );
    assert!(read_error(raw(400, &long)).await.text.chars().count() < 400);
}

#[tokio::test]
async fn both_credentials_go_with_every_request_and_into_no_record() {
    let echo = format!(
        "[{{\"ErrorCode\":400,\"Exception\":\"key {} of {}\"}}]",
        KEY.to_uppercase(),
        ACCOUNT.to_lowercase()
    );
    let fake = Fake::answering([raw(400, &echo), raw(400, &echo)]);
    let client = client(&fake);
    let log = CallLog::default();
    let read = client.company(&log).await.unwrap_err();
    let write = client
        .write_adjustment(&one_target(), &log)
        .await
        .unwrap_err();
    for error in [read, write] {
        assert!(
            error.text.contains("key (removed) of (removed)"),
            "{}",
            error.text
        );
    }
    let calls = fake.calls();
    for call in &calls {
        assert_eq!(call.headers["api-auth-accountid"], ACCOUNT);
        assert_eq!(call.headers["api-auth-applicationkey"], KEY);
        assert_eq!(call.headers["accept"], "application/json");
    }
    assert!(!calls[0].headers.contains_key("content-type"));
    assert_eq!(calls[1].headers["content-type"], "application/json");
    for trace in log.take() {
        let text = String::from_utf8([trace.request, trace.answer].concat()).unwrap();
        let text = text.to_lowercase();
        assert!(
            !text.contains(&KEY.to_lowercase()) && !text.contains(&ACCOUNT.to_lowercase()),
            "{text}"
        );
        assert!(text.contains("api-auth-accountid: (removed)"), "{text}");
    }
    let shown = format!("{:?} {:?}", config(), client);
    assert!(!shown.contains(KEY) && !shown.contains(ACCOUNT), "{shown}");
}

#[tokio::test]
async fn all_calls_count_under_one_limit_and_none_waits() {
    let fake = Fake::answering([ok(
        &json!({"Company": "Nordlicht Demo", "LockDate": "31.12.2025"}),
    )]);
    let client = client(&fake);
    assert_eq!(client.limits().len(), 1);
    assert_eq!(
        (
            client.limits()[0].key.as_str(),
            client.limits()[0].rate.per_minute()
        ),
        (LIMIT_KEY, 60)
    );
    assert_eq!(client.limit_key(Op::SetStock), LIMIT_KEY);
    assert!(client.concurrency_max() >= 1);
    client.probe(&CallLog::default()).await.unwrap();
    assert_eq!(fake.calls()[0].uri, "/me");
}

#[test]
fn credentials_go_to_no_other_host() {
    let with = |url: &str| {
        let mut config = config();
        config.base_url = url.to_owned();
        config.extra_hosts = vec!["core.example.test".to_owned()];
        Cin7Core::new(config, Fake::answering([]).wire()).map(|_| ())
    };
    for good in [
        BASE_URL,
        "https://inventory.dearsystems.com/ExternalApi/v2/",
        "http://127.0.0.1:8470/cin7/ExternalApi/v2",
        "https://core.example.test:8443/ExternalApi/v2",
    ] {
        assert_eq!(with(good), Ok(()), "{good}");
    }
    for bad in [
        "http://inventory.dearsystems.com/ExternalApi/v2",
        "https://inventory.dearsystems.com:8443/ExternalApi/v2",
        "https://evildearsystems.com/ExternalApi/v2",
        "https://dearsystems.com.example.test/ExternalApi/v2",
        "https://user:pass@inventory.dearsystems.com/ExternalApi/v2",
        "https://inventory.dearsystems.com/ExternalApi/v2?x=1",
        "ftp://127.0.0.1/",
    ] {
        assert!(matches!(with(bad), Err(ConfigFault::Host(_))), "{bad}");
    }
    assert!(matches!(with("nowhere"), Err(ConfigFault::BaseUrl(_))));
}

#[test]
fn credentials_that_cannot_be_sent_are_named_not_shown() {
    let with = |account: &str, key: &str| {
        let mut config = config();
        config.account_id = Secret::new(account.to_owned());
        config.application_key = Secret::new(key.to_owned());
        Cin7Core::new(config, Fake::answering([]).wire())
            .map(|_| ())
            .unwrap_err()
    };
    assert_eq!(with("", KEY), ConfigFault::Empty("account_id"));
    assert_eq!(with(ACCOUNT, ""), ConfigFault::Empty("application_key"));
    assert_eq!(
        with(ACCOUNT, "a\nb"),
        ConfigFault::Credential("application_key")
    );
}

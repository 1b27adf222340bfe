//! Signing in, expiring, and where requests may go.

use super::*;
use crate::domain::delivery::AnswerClass;
use crate::domain::ids::LocationId;
use crate::domain::time::Ts;
use crate::vendors::{CallLog, OpenOrders, System};
use futures::future::join_all;

fn location() -> LocationId {
    LOCATION.into()
}

#[tokio::test]
async fn the_session_token_goes_raw_to_the_server_the_sign_in_named() {
    let fake = Fake::answering([ok(&json!([])), ok(&json!([]))]);
    let linnworks = adapter(&fake);
    let log = CallLog::default();
    linnworks.open_order_ids(&location(), &log).await.unwrap();
    linnworks.open_order_ids(&location(), &log).await.unwrap();
    assert_eq!(fake.sign_in_count(), 1);
    for call in fake.calls() {
        assert_eq!(call.uri, format!("{SERVER}/api/Orders/GetAllOpenOrders"));
        assert_eq!(call.authorization, session_token(1));
    }
    let first = fake.seen.lock().unwrap()[0].clone();
    assert_eq!(
        first.uri,
        "https://api.linnworks.net/api/Auth/AuthorizeByApplication"
    );
    assert_eq!(first.authorization, "");
    let body: Value = serde_json::from_slice(&first.body).unwrap();
    assert_eq!(
        body,
        json!({"ApplicationId": APP_ID, "ApplicationSecret": APP_SECRET, "Token": INSTALL_TOKEN})
    );
}

#[tokio::test]
async fn an_expired_session_is_renewed_once_and_the_new_server_is_used() {
    let fake = Fake::answering([
        raw(401, r#"{"Code":null,"Message":"Token is wrong."}"#),
        ok(&json!([])),
    ]);
    fake.sign_ins.lock().unwrap().extend([
        ok(&session(1, SERVER)),
        ok(&session(2, "https://us-ext.linnworks.net")),
    ]);
    let linnworks = adapter(&fake);
    linnworks
        .open_order_ids(&location(), &CallLog::default())
        .await
        .unwrap();
    let calls = fake.calls();
    assert_eq!(calls.len(), 2);
    assert!(
        calls[1]
            .uri
            .starts_with("https://us-ext.linnworks.net/api/")
    );
    assert_eq!(calls[1].authorization, session_token(2));
    assert_eq!(fake.sign_in_count(), 2);
}

#[tokio::test]
async fn a_second_401_stops_with_an_authorisation_error() {
    let fake = Fake::answering([raw(401, ""), raw(401, "")]);
    let error = adapter(&fake)
        .open_order_ids(&location(), &CallLog::default())
        .await
        .unwrap_err();
    assert_eq!(error.class, AnswerClass::Auth);
    assert_eq!(fake.calls().len(), 2);
    assert_eq!(fake.sign_in_count(), 2);
}

#[tokio::test]
async fn many_who_find_the_session_expired_cause_one_sign_in() {
    let mut answers: Vec<Prepared> = vec![ok(&json!([]))];
    answers.extend((0..8).map(|_| raw(401, "")));
    answers.extend((0..8).map(|_| ok(&json!([]))));
    let fake = Fake::answering(answers);
    let linnworks = adapter(&fake);
    let log = CallLog::default();
    let place = location();
    linnworks.open_order_ids(&place, &log).await.unwrap();
    let results = join_all((0..8).map(|_| linnworks.open_order_ids(&place, &log))).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(fake.sign_in_count(), 2);
}

#[tokio::test]
async fn many_who_wait_for_a_refused_sign_in_share_the_refusal() {
    let fake = Fake::answering([]);
    fake.sign_ins
        .lock()
        .unwrap()
        .extend((0..8).map(|_| raw(401, "{\"message\":\"no such application\"}")));
    let linnworks = adapter(&fake);
    let log = CallLog::default();
    let place = location();
    let results = join_all((0..8).map(|_| linnworks.open_order_ids(&place, &log))).await;
    for result in results {
        let error = result.unwrap_err();
        assert_eq!(error.class, AnswerClass::Auth);
        assert!(error.text.contains("no such application"), "{}", error.text);
    }
    assert_eq!(fake.sign_in_count(), 1);
    // The next one tries again.
    assert!(linnworks.open_order_ids(&place, &log).await.is_err());
    assert_eq!(fake.sign_in_count(), 2);
}

#[tokio::test]
async fn a_server_that_is_not_linnworks_gets_no_request() {
    for server in [
        "https://evil.example",
        "https://linnworks.net.evil.example",
        "https://evillinnworks.net",
        "http://eu-ext.linnworks.net",
        "https://eu-ext.linnworks.net:8443",
        "https://user@eu-ext.linnworks.net",
        "https://eu-ext.linnworks.net@evil.example",
        "http://127.0.0.1:8080",
        "http://169.254.169.254",
        "file:///etc/passwd",
        "not an address",
    ] {
        let fake = Fake::answering([]);
        fake.sign_ins
            .lock()
            .unwrap()
            .push_back(ok(&session(1, server)));
        let error = adapter(&fake)
            .open_order_ids(&location(), &CallLog::default())
            .await
            .unwrap_err();
        assert_eq!(error.class, AnswerClass::Auth, "{server}");
        assert!(error.text.contains(server), "{}", error.text);
        assert!(fake.calls().is_empty(), "{server}");
    }
}

#[tokio::test]
async fn a_loopback_account_and_named_hosts_are_spoken_to_when_configured() {
    let local =
        |config: &mut LinnworksConfig| config.auth_url = "http://127.0.0.1:9000/".to_owned();
    let named = |config: &mut LinnworksConfig| config.extra_hosts = vec!["sandbox.test".to_owned()];
    let fixed = |config: &mut LinnworksConfig| {
        config.server_url = Some("https://as-ext.linnworks.net/".to_owned());
    };
    type Change<'a> = &'a dyn Fn(&mut LinnworksConfig);
    let cases: [(Change<'_>, &str, &str); 3] = [
        (
            &local,
            "http://127.0.0.1:9001",
            "http://127.0.0.1:9001/api/Orders/GetAllOpenOrders",
        ),
        (
            &named,
            "http://sandbox.test",
            "http://sandbox.test/api/Orders/GetAllOpenOrders",
        ),
        (
            &fixed,
            SERVER,
            "https://as-ext.linnworks.net/api/Orders/GetAllOpenOrders",
        ),
    ];
    for (change, server, expected) in cases {
        let fake = Fake::answering([ok(&json!([]))]);
        fake.sign_ins
            .lock()
            .unwrap()
            .push_back(ok(&session(1, server)));
        let mut config = config();
        change(&mut config);
        let linnworks = Linnworks::new(config, fake.wire());
        linnworks
            .open_order_ids(&location(), &CallLog::default())
            .await
            .unwrap();
        assert_eq!(fake.calls()[0].uri, expected);
    }
}

#[tokio::test]
async fn an_account_that_is_not_available_stops_with_its_reason() {
    for (state, class) in [
        (json!("LOCKED_FULL"), AnswerClass::Auth),
        (json!(1), AnswerClass::Auth),
        (json!("SOMETHING_NEW"), AnswerClass::Auth),
        (json!("MAINTENANCE"), AnswerClass::Unavailable),
        (json!(3), AnswerClass::Unavailable),
    ] {
        let fake = Fake::answering([]);
        let mut answer = session(1, SERVER);
        answer["Status"] = json!({"State": state, "Reason": "invoice unpaid"});
        fake.sign_ins.lock().unwrap().push_back(ok(&answer));
        let error = adapter(&fake)
            .open_order_ids(&location(), &CallLog::default())
            .await
            .unwrap_err();
        assert_eq!(error.class, class, "{state}");
        assert!(error.text.contains("invoice unpaid"), "{}", error.text);
        assert!(fake.calls().is_empty());
    }
    let fake = Fake::answering([ok(&json!([]))]);
    let mut answer = session(1, SERVER);
    answer["Status"]["State"] = json!(0);
    fake.sign_ins.lock().unwrap().push_back(ok(&answer));
    assert!(
        adapter(&fake)
            .open_order_ids(&location(), &CallLog::default())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_sign_in_that_fails_is_judged_by_what_it_says() {
    let quota = "\"API calls quota exceeded! Maximum admitted 150 per Minute.\"";
    for (answer, class) in [
        (
            raw(400, r#"{"Message":"The request is invalid."}"#),
            AnswerClass::Auth,
        ),
        (raw(403, ""), AnswerClass::Auth),
        (
            raw(200, r#"{"message":"Invalid token"}"#),
            AnswerClass::Auth,
        ),
        (raw(429, quota), AnswerClass::Throttled),
        (raw(400, quota), AnswerClass::Throttled),
        (raw(404, ""), AnswerClass::Malformed),
        (raw(503, ""), AnswerClass::Unavailable),
        (raw(200, "<html>log in</html>"), AnswerClass::Malformed),
        (raw(200, r#"{"Token":"7e0f5a54"#), AnswerClass::Malformed),
        (
            raw(200, r#"{"Token":"t","Server":null}"#),
            AnswerClass::Malformed,
        ),
        (raw(302, ""), AnswerClass::Malformed),
        (
            Err(WireError::NotSent("refused".into())),
            AnswerClass::Unavailable,
        ),
        (
            Err(WireError::Lost("reset".into())),
            AnswerClass::Unavailable,
        ),
    ] {
        let shown = format!("{answer:?}");
        let fake = Fake::answering([]);
        fake.sign_ins.lock().unwrap().push_back(answer);
        let error = adapter(&fake)
            .open_order_ids(&location(), &CallLog::default())
            .await
            .unwrap_err();
        assert_eq!(error.class, class, "{shown}: {}", error.text);
    }
}

#[tokio::test]
async fn a_run_of_404_makes_the_next_call_sign_in_again() {
    let fake = Fake::answering((0..3).map(|_| raw(404, "")).chain([ok(&json!([]))]));
    let linnworks = adapter(&fake);
    let log = CallLog::default();
    for _ in 0..3 {
        let error = linnworks
            .open_order_ids(&location(), &log)
            .await
            .unwrap_err();
        assert_eq!(error.class, AnswerClass::Malformed);
    }
    assert_eq!(fake.sign_in_count(), 1);
    linnworks.open_order_ids(&location(), &log).await.unwrap();
    assert_eq!(fake.sign_in_count(), 2);
}

#[tokio::test]
async fn credentials_are_in_no_trace_and_no_error() {
    let token = session_token(1);
    let echo = format!(
        r#"{{"Code":null,"Message":"token {token} of {} is not {INSTALL_TOKEN}"}}"#,
        APP_SECRET.to_uppercase()
    );
    let in_success = format!("\"{token} is no list\"");
    let fake = Fake::answering([raw(400, &echo), raw(200, &in_success)]);
    let linnworks = adapter(&fake);
    let log = CallLog::default();
    let error = linnworks
        .open_order_ids(&location(), &log)
        .await
        .unwrap_err();
    let other = linnworks.open_order_ids(&location(), &log).await;
    let mut text = format!("{error} {}", other.unwrap_err());
    assert!(text.contains("is no list"), "{text}");
    let traces = log.take();
    assert_eq!(traces.len(), 3);
    assert!(traces[0].is_sign_in && !traces[1].is_sign_in);
    for trace in &traces {
        text.push_str(&String::from_utf8_lossy(&trace.request));
        text.push_str(&String::from_utf8_lossy(&trace.answer));
    }
    text.push_str(&format!("{linnworks:?}"));
    let lower = text.to_lowercase();
    for secret in [
        APP_SECRET,
        INSTALL_TOKEN,
        token.as_str(),
        "d41d8cd98f00b204",
    ] {
        assert!(!lower.contains(secret), "{secret} in {text}");
    }
    // What helps an engineer stays.
    assert!(text.contains(SERVER) && text.contains("Orders/GetAllOpenOrders"));
    let sign_in = String::from_utf8_lossy(&traces[0].request).into_owned();
    assert!(!sign_in.contains(APP_ID), "{sign_in}");
}

#[tokio::test]
async fn credentials_that_are_no_guids_are_taken_out_too() {
    let fake = Fake::answering([raw(400, "\"secret-word and install-word\"")]);
    let mut config = config();
    config.application_secret = Secret::new("secret-word".to_owned());
    config.token = Secret::new("install-word".to_owned());
    let linnworks = Linnworks::new(config, fake.wire());
    let log = CallLog::default();
    let error = linnworks
        .open_order_ids(&location(), &log)
        .await
        .unwrap_err();
    let mut text = error.to_string();
    for trace in log.take() {
        text.push_str(&String::from_utf8_lossy(&trace.request));
        text.push_str(&String::from_utf8_lossy(&trace.answer));
    }
    assert!(
        !text.contains("secret-word") && !text.contains("install-word"),
        "{text}"
    );
}

#[tokio::test]
async fn check_reports_clock_locations_services_and_permissions() {
    let mut locations = ok(&json!([
        {"StockLocationId": "00000000-0000-0000-0000-000000000000", "LocationName": "Default"},
        {"StockLocationId": LOCATION, "LocationName": "Own WMS", "IsWarehouseManaged": true}
    ]))
    .unwrap();
    let date = http::HeaderValue::from_static("Tue, 03 Feb 2026 09:15:00 GMT");
    locations.headers_mut().insert(http::header::DATE, date);
    let fake = Fake::answering([
        Ok(locations),
        raw(403, "{\"Message\":\"You do not have permission\"}"),
        ok(&json!([ORDER_ID])),
        ok(&json!([details()])),
        ok(&json!({"Items": []})),
    ]);
    let now = chrono::DateTime::parse_from_rfc3339("2026-02-03T09:25:00Z").unwrap();
    let now = Ts::from_utc(now.to_utc());
    let found = adapter(&fake).check(now, &CallLog::default()).await;
    let of = |what: &str| -> Vec<_> { found.iter().filter(|f| f.what.contains(what)).collect() };
    assert!(of("sign-in")[0].is_ok);
    assert!(!of("clock")[0].is_ok && of("clock")[0].found.contains("600 s"));
    assert!(
        of("locations")
            .iter()
            .any(|f| !f.is_ok && f.found.contains("Own WMS"))
    );
    let services = of("postal services")[0];
    assert!(
        !services.is_ok
            && services
                .found
                .contains("ShippingService.PostalServicesNode")
    );
    assert!(of("listing open orders")[0].is_ok && of("reading orders")[0].is_ok);
    assert!(of("reading items")[0].is_ok);
}

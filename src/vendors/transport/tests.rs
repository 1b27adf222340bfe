//! Transport against small servers on loopback that misbehave.

use super::*;
use crate::domain::delivery::AnswerClass;
use crate::domain::time::Span;
use crate::vendors::CallLog;
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Serves every connection with `answer` written verbatim after the request head was read; counts connections.
async fn raw_server(
    answer: Vec<u8>,
    hold: Duration,
) -> (String, Arc<AtomicUsize>, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (counter, heard) = (Arc::clone(&count), Arc::clone(&seen));
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            let (answer, heard) = (answer.clone(), Arc::clone(&heard));
            tokio::spawn(async move { serve(socket, &answer, &heard, hold).await });
        }
    });
    (base, count, seen)
}

async fn serve(mut socket: TcpStream, answer: &[u8], heard: &Mutex<Vec<u8>>, hold: Duration) {
    let mut buffer = [0u8; 4096];
    if let Ok(n) = socket.read(&mut buffer).await {
        heard.lock().unwrap().extend_from_slice(&buffer[..n]);
    }
    let _ = socket.write_all(answer).await;
    tokio::time::sleep(hold).await;
}

async fn axum_server(app: axum::Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    base
}

fn options(base: &str) -> TransportOptions {
    let mut options = TransportOptions::for_vendor(VendorHosts::Peoplevox, &[base]);
    options.deadlines = Deadlines {
        read: Duration::from_millis(1_500),
        report: Duration::from_secs(20),
        write: Duration::from_millis(1_500),
    };
    options
}

fn post(base: &str) -> http::Request<Bytes> {
    http::Request::post(format!("{base}/x"))
        .header("authorization", "Bearer top-secret-token")
        .body(Bytes::from_static(b"hello top-secret-token"))
        .unwrap()
}

async fn send_to(base: &str) -> Result<http::Response<Bytes>, WireError> {
    reqwest_wire(options(base))
        .unwrap()
        .oneshot(post(base))
        .await
}

#[tokio::test]
async fn an_answer_cut_in_the_middle_is_lost() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n<soap".to_vec();
    let (base, _, _) = raw_server(cut, Duration::ZERO).await;
    assert!(matches!(send_to(&base).await, Err(WireError::Lost(_))));
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_lost_and_not_tried_again() {
    let (base, count, _) = raw_server(Vec::new(), Duration::ZERO).await;
    assert!(matches!(send_to(&base).await, Err(WireError::Lost(_))));
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_body_slower_than_the_deadline_is_lost() {
    let part = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nslow".to_vec();
    let (base, _, _) = raw_server(part, Duration::from_secs(30)).await;
    let started = std::time::Instant::now();
    let error = send_to(&base).await.unwrap_err();
    assert!(
        matches!(&error, WireError::Lost(t) if t.contains("within")),
        "{error:?}"
    );
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_refused_port_and_an_unknown_name_were_never_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert!(matches!(send_to(&base).await, Err(WireError::NotSent(_))));
    let mut options = options(&base);
    options.hosts.extra.push("no-such-host.invalid".to_owned());
    let wire = reqwest_wire(options).unwrap();
    let error = wire
        .oneshot(post("http://no-such-host.invalid"))
        .await
        .unwrap_err();
    assert!(matches!(error, WireError::NotSent(_)), "{error:?}");
}

#[tokio::test]
async fn a_tls_handshake_with_a_plain_server_was_never_sent() {
    let (base, _, seen) = raw_server(b"not tls at all".to_vec(), Duration::ZERO).await;
    let https = base.replace("http://", "https://");
    let error = send_to(&https).await.unwrap_err();
    assert!(matches!(error, WireError::NotSent(_)), "{error:?}");
    let seen = seen.lock().unwrap().clone();
    assert!(!seen.windows(10).any(|w| w == b"top-secret"));
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_second_host_sees_nothing() {
    let (second, count, _) = raw_server(Vec::new(), Duration::ZERO).await;
    let moved = format!("HTTP/1.1 302 Found\r\nlocation: {second}/x\r\ncontent-length: 0\r\n\r\n");
    let (base, _, _) = raw_server(moved.into_bytes(), Duration::from_secs(1)).await;
    let response = send_to(&base).await.unwrap();
    assert_eq!(response.status(), 302);
    for (effect, class) in [
        (Effect::Read, AnswerClass::Malformed),
        (Effect::Write, AnswerClass::Unknown),
    ] {
        assert_eq!(judge_status("x", effect, &response).unwrap().class, class);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn seventeen_mebibytes_are_too_large_with_and_without_a_stated_length() {
    let big = || async { vec![b'x'; 17 * 1024 * 1024] };
    let chunked = || async {
        let chunks = (0..17).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 1024 * 1024]));
        axum::body::Body::from_stream(futures::stream::iter(chunks))
    };
    let app = axum::Router::new()
        .route("/x", axum::routing::post(big))
        .route("/chunked/x", axum::routing::post(chunked));
    let base = axum_server(app).await;
    let mut slow = options(&base);
    slow.deadlines.read = Duration::from_secs(30);
    let wire = reqwest_wire(slow).unwrap();
    for path in [base.clone(), format!("{base}/chunked")] {
        let error = wire.clone().oneshot(post(&path)).await.unwrap_err();
        assert_eq!(
            error,
            WireError::TooLarge {
                limit_bytes: ANSWER_BYTES_MAX
            }
        );
    }
}

#[tokio::test]
async fn a_gzip_bomb_is_cut_at_the_cap_after_decompression() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        encoder.write_all(&vec![0u8; 1024 * 1024]).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 128 * 1024);
    let app = axum::Router::new().route(
        "/x",
        axum::routing::post(move || {
            let bomb = bomb.clone();
            async move { ([("content-encoding", "gzip")], bomb) }
        }),
    );
    let base = axum_server(app).await;
    let mut slow = options(&base);
    slow.deadlines.read = Duration::from_secs(30);
    let error = reqwest_wire(slow)
        .unwrap()
        .oneshot(post(&base))
        .await
        .unwrap_err();
    assert!(
        matches!(error, WireError::TooLarge { .. }),
        "the bomb went off: {error:?}"
    );
}

#[tokio::test]
async fn a_recorded_exchange_holds_no_credentials() {
    let app = axum::Router::new().route(
        "/x",
        axum::routing::post(|| async { "you said dG9wLXNlY3JldC10b2tlbg==" }),
    );
    let base = axum_server(app).await;
    let wire = reqwest_wire(options(&base)).unwrap();
    let log = CallLog::default();
    let redactor = Redactor::new().hide("top-secret-token");
    let call = Exchange {
        wire: &wire,
        log: &log,
        method: "Test",
        class: CallClass::Read,
        effect: Effect::Read,
        is_sign_in: false,
        redact: &|bytes| redactor.redact(bytes),
    };
    let response = exchange(&call, post(&base)).await.unwrap();
    assert_eq!(response.status(), 200);
    let traces = log.take();
    assert_eq!(traces.len(), 1);
    assert_eq!(traces[0].status, Some(200));
    assert!(traces[0].elapsed > Span::ZERO);
    let request = String::from_utf8(traces[0].request.clone()).unwrap();
    let answer = String::from_utf8(traces[0].answer.clone()).unwrap();
    assert!(request.contains("hello (removed)"), "{request}");
    for text in [&request, &answer] {
        assert!(!text.contains("top-secret") && !text.contains("dG9wLXN"));
    }
}

#[tokio::test]
async fn a_host_that_is_not_the_vendors_gets_no_connection() {
    let (base, count, _) = raw_server(Vec::new(), Duration::ZERO).await;
    let options =
        TransportOptions::for_vendor(VendorHosts::Peoplevox, &["https://wms.peoplevox.net"]);
    let wire = reqwest_wire(options).unwrap();
    let error = wire.oneshot(post(&base)).await.unwrap_err();
    assert!(matches!(error, WireError::NotSent(_)), "{error:?}");
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[test]
fn only_the_vendors_own_hosts_are_spoken_to() {
    let rule = HostRule::for_vendor(VendorHosts::Linnworks, &["https://api.linnworks.net"]);
    for good in [
        "https://eu-ext.linnworks.net",
        "https://api.LINNWORKS.net/api/Orders",
        "https://a.b.linnworks.net",
        "https://api.linnworks.net:443/",
    ] {
        assert!(rule.check_text(good).is_ok(), "{good}");
    }
    for bad in [
        "http://eu-ext.linnworks.net",
        "https://linnworks.net",
        "https://evillinnworks.net",
        "https://eu.linnworks.net.evil.example",
        "https://eu.linnworks.net.",
        "https://eu.linnworks.net@evil.example",
        "https://user:pw@eu.linnworks.net",
        "https://eu.linnworks.net:8443",
        "https://xn--e1awd7f.linnworks.net",
        "https://évil.linnworks.net",
        "https://127.0.0.1",
        "https://2130706433",
        "https://[::1]",
        "https://[::ffff:127.0.0.1]",
        "https://169.254.169.254",
        "https://localhost",
        "https://wms.peoplevox.net",
        "file:///etc/passwd",
        "ftp://eu.linnworks.net",
        "eu.linnworks.net",
        "",
    ] {
        assert!(rule.check_text(bad).is_err(), "{bad}");
    }
    let local = HostRule::for_vendor(VendorHosts::Linnworks, &["http://127.0.0.1:9"]);
    for good in ["http://127.0.0.1:9", "http://localhost:1", "http://[::1]:7"] {
        assert!(local.check_text(good).is_ok(), "{good}");
    }
    assert!(!is_loopback("128.0.0.1") && !is_loopback("localhost.evil.example"));
}

fn status(code: u16) -> http::Response<Bytes> {
    http::Response::builder()
        .status(code)
        .body(Bytes::new())
        .unwrap()
}

#[test]
fn a_status_means_the_same_for_every_vendor() {
    use AnswerClass::{Auth, Malformed, Rejected, Throttled, Unavailable, Unknown};
    for (code, read, write) in [
        (100, Malformed, Unknown),
        (206, Malformed, Unknown),
        (301, Malformed, Unknown),
        (304, Malformed, Unknown),
        (400, Rejected, Rejected),
        (401, Auth, Auth),
        (403, Auth, Auth),
        (404, Malformed, Malformed),
        (408, Unavailable, Unknown),
        (429, Throttled, Throttled),
        (500, Unavailable, Unknown),
        (503, Unavailable, Unknown),
    ] {
        let response = status(code);
        for (effect, class) in [(Effect::Read, read), (Effect::Write, write)] {
            let error = judge_status("x", effect, &response).unwrap();
            assert_eq!(error.class, class, "{code} {effect:?}");
        }
    }
    for code in [200, 201, 204] {
        assert!(judge_status("x", Effect::Write, &status(code)).is_none());
    }
}

#[test]
fn a_wait_is_read_in_every_form_vendors_use() {
    let headers = |text: &str| {
        let mut h = http::HeaderMap::new();
        h.insert("retry-after", text.parse().unwrap());
        h.insert("date", "Wed, 21 Oct 2015 07:28:00 GMT".parse().unwrap());
        h
    };
    for (text, secs) in [
        ("60", Some(60)),
        ("60 Seconds", Some(60)),
        ("2 minutes", Some(120)),
        ("0", Some(0)),
        ("999999999999999999999", Some(3_600)),
        ("Wed, 21 Oct 2015 07:29:30 GMT", Some(90)),
        ("Wed, 21 Oct 2015 07:00:00 GMT", Some(0)),
        ("soon", None),
        ("60 parsecs", None),
        ("-5", None),
    ] {
        assert_eq!(retry_after(&headers(text)), secs.map(Span::secs), "{text}");
    }
}

#[test]
fn a_web_page_is_recognised_and_not_quoted() {
    for page in [
        "<!DOCTYPE html><p>hi",
        "\u{feff}\r\n  <HTML>",
        "<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"x\"><html>",
        "<head>",
    ] {
        assert!(looks_like_html(page.as_bytes()), "{page}");
        assert!(answer_excerpt(page.as_bytes()).contains("web page"));
    }
    for other in ["", "<soap:Envelope/>", "{}", "\"quota\""] {
        assert!(!looks_like_html(other.as_bytes()), "{other}");
    }
}

#[test]
fn hidden_values_leave_no_form_behind() {
    let redactor = Redactor::new().hide("pä&s<\"w").hide("x");
    let forms = ["pä&s<\"w", "p%C3%A4%26s%3C%22w", "pä&amp;s&lt;&quot;w"];
    for form in forms {
        let out = redactor.redact(format!("a{form}b").as_bytes());
        assert_eq!(out, b"a(removed)b", "{form}");
    }
    assert_eq!(redactor.redact(b"axb"), b"axb");
}

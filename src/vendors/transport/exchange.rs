//! One recorded exchange, and what transport failures and HTTP statuses mean for a message.

use super::CallClass;
use crate::domain::delivery::AnswerClass;
use crate::domain::time::{Span, Ts};
use crate::text::clean_to;
use crate::vendors::{Answer, CallError, CallLog, Trace};
use crate::wire::{Wire, WireError};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use std::time::Instant;
use tower::ServiceExt;

/// Longest vendor text quoted in an error, characters.
pub const TEXT_CHARS_MAX: usize = 300;
/// Longest wait taken over from a vendor's `Retry-After`.
pub const WAIT_MAX: Span = Span::hours(1);

/// Whether a call can change something on the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Repeating it does no harm: an answer that got lost is merely unavailable.
    Read,
    /// It may have taken effect although no answer came: unknown.
    Write,
}

/// The fixed parts of one exchange.
pub struct Exchange<'a> {
    pub wire: &'a Wire,
    pub log: &'a CallLog,
    /// Vendor method for the record, for example `SaveData Sales orders`.
    pub method: &'a str,
    pub class: CallClass,
    pub effect: Effect,
    pub is_sign_in: bool,
    /// Takes credentials out of what is recorded (request and answer, headers included).
    pub redact: &'a (dyn Fn(&[u8]) -> Vec<u8> + Send + Sync),
}

/// Sends a request, records it, and judges transport failures and the HTTP status. A 2xx answer other than 206 is
/// handed over for the vendor to read; success is never concluded from the status.
///
/// # Errors
/// As [`exchange_raw`] and [`judge_status`].
pub async fn exchange(
    call: &Exchange<'_>,
    request: http::Request<Bytes>,
) -> Answer<http::Response<Bytes>> {
    let response = exchange_raw(call, request).await?;
    match judge_status(call.method, call.effect, &response) {
        Some(error) => Err(error),
        None => Ok(response),
    }
}

/// Sends a request and records it; any HTTP status is handed over. For vendors that say things in bodies of error
/// statuses (Linnworks puts its quota text into a 400, SOAP puts faults into a 500).
///
/// # Errors
/// Only when no whole answer came, see [`wire_error`].
pub async fn exchange_raw(
    call: &Exchange<'_>,
    mut request: http::Request<Bytes>,
) -> Answer<http::Response<Bytes>> {
    request.extensions_mut().insert(call.class);
    let sent = (call.redact)(&request_bytes(&request));
    let started = Instant::now();
    let result = call.wire.clone().oneshot(request).await;
    let micros = i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX);
    let (answer, status) = match &result {
        Ok(response) => (
            (call.redact)(response.body()),
            Some(response.status().as_u16()),
        ),
        Err(_) => (Vec::new(), None),
    };
    call.log.record(Trace {
        method: call.method.to_owned(),
        request: sent,
        answer,
        status,
        elapsed: Span(micros),
        is_sign_in: call.is_sign_in,
    });
    result.map_err(|error| wire_error(call.method, call.effect, &error))
}

/// Headers that carry credentials and are never recorded.
const SECRET_HEADERS: [http::HeaderName; 3] = [
    http::header::AUTHORIZATION,
    http::header::PROXY_AUTHORIZATION,
    http::header::COOKIE,
];

fn request_bytes(request: &http::Request<Bytes>) -> Vec<u8> {
    let mut out = format!("{} {}\r\n", request.method(), request.uri()).into_bytes();
    for (name, value) in request.headers() {
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        if SECRET_HEADERS.contains(name) {
            out.extend_from_slice(super::redact::MARK);
        } else {
            out.extend_from_slice(value.as_bytes());
        }
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(request.body());
    out
}

/// Class of a call whose answer got lost or is useless: a write may have taken effect.
pub const fn lost_class(effect: Effect, read: AnswerClass) -> AnswerClass {
    match effect {
        Effect::Read => read,
        Effect::Write => AnswerClass::Unknown,
    }
}

/// What a transport failure means: not sent is unavailable; lost or too large is unknown for writes; for reads
/// lost is unavailable and too large malformed, as the same answer would come again.
pub fn wire_error(method: &str, effect: Effect, error: &WireError) -> CallError {
    let class = match error {
        WireError::NotSent(_) => AnswerClass::Unavailable,
        WireError::Lost(_) => lost_class(effect, AnswerClass::Unavailable),
        WireError::TooLarge { .. } => lost_class(effect, AnswerClass::Malformed),
    };
    CallError::new(
        class,
        clean_to(&format!("{method}: {error}"), TEXT_CHARS_MAX),
    )
}

/// What an HTTP status means when the vendor has no better rule; `None` for a 2xx the vendor must read.
/// 429 throttled; 401 and 403 auth; 5xx and 408 unavailable (write: unknown); redirects, 1xx, 206, 304 and 404
/// malformed (redirect-like: unknown for writes); any other 4xx rejected.
pub fn judge_status(
    method: &str,
    effect: Effect,
    response: &http::Response<Bytes>,
) -> Option<CallError> {
    let status = response.status();
    let (class, said) = match status {
        StatusCode::TOO_MANY_REQUESTS => (AnswerClass::Throttled, "too many calls"),
        StatusCode::UNAUTHORIZED => (AnswerClass::Auth, "the credentials were refused"),
        StatusCode::FORBIDDEN => (AnswerClass::Auth, "the account may not do this"),
        StatusCode::REQUEST_TIMEOUT => (
            lost_class(effect, AnswerClass::Unavailable),
            "the vendor gave up waiting",
        ),
        StatusCode::NOT_FOUND => (
            AnswerClass::Malformed,
            "nothing is there; check the configured address",
        ),
        StatusCode::PARTIAL_CONTENT => (
            lost_class(effect, AnswerClass::Malformed),
            "only part of an answer",
        ),
        s if s.is_success() => return None,
        s if s.is_server_error() => (
            lost_class(effect, AnswerClass::Unavailable),
            "the vendor failed",
        ),
        s if s.is_client_error() => (AnswerClass::Rejected, "the vendor refused the call"),
        _ => (
            lost_class(effect, AnswerClass::Malformed),
            "an answer that is never followed",
        ),
    };
    let excerpt = answer_excerpt(response.body());
    let tail = if excerpt.is_empty() {
        String::new()
    } else {
        format!(": {excerpt}")
    };
    Some(CallError {
        class,
        text: format!("{method}: {said} (HTTP {}){tail}", status.as_u16()),
        wait: (class == AnswerClass::Throttled)
            .then(|| retry_after(response.headers()))
            .flatten(),
    })
}

/// The start of an answer in plain text for an error; a web page is only named as such.
pub fn answer_excerpt(body: &[u8]) -> String {
    if looks_like_html(body) {
        return "a web page instead of an answer".to_owned();
    }
    let head = &body[..body.len().min(TEXT_CHARS_MAX * 4)];
    clean_to(&String::from_utf8_lossy(head), TEXT_CHARS_MAX)
        .trim()
        .to_owned()
}

/// Whether a body is a web page: a wrong tenant or path, a proxy's login page.
pub fn looks_like_html(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let head = body.trim_ascii_start();
    let head = &head[..head.len().min(64)];
    let head = head.to_ascii_lowercase();
    [&b"<!doctype html"[..], b"<html", b"<head", b"<body"]
        .iter()
        .any(|mark| head.starts_with(mark))
        || (head.starts_with(b"<?xml") && {
            let start = &body[..body.len().min(512)];
            let start = start.to_ascii_lowercase();
            start.windows(5).any(|w| w == b"<html")
        })
}

/// The wait a vendor asks for: seconds (`60`), seconds with a word (`60 Seconds`), or a date, which is taken relative
/// to the answer's own `Date`. Held to [`WAIT_MAX`]; `None` when absent or unreadable.
pub fn retry_after(headers: &HeaderMap) -> Option<Span> {
    let text = headers
        .get(http::header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim();
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let rest = text[digits.len()..].trim().to_ascii_lowercase();
    let span = if digits.is_empty() {
        let at = chrono::DateTime::parse_from_rfc2822(text).ok()?;
        let now = headers.get(http::header::DATE)?.to_str().ok()?;
        let now = chrono::DateTime::parse_from_rfc2822(now).ok()?;
        Span::secs((at - now).num_seconds().max(0))
    } else {
        let n: i64 = digits.parse().unwrap_or(i64::MAX / 1_000_000_000);
        match rest.as_str() {
            "" | "s" | "sec" | "secs" | "second" | "seconds" => Span(n.saturating_mul(1_000_000)),
            "m" | "min" | "mins" | "minute" | "minutes" => Span(n.saturating_mul(60_000_000)),
            _ => return None,
        }
    };
    Some(span.min(WAIT_MAX))
}

/// How far our clock is ahead of the vendor's, by the answer's `Date`; `None` when it carries none.
pub fn clock_skew(now: Ts, headers: &HeaderMap) -> Option<Span> {
    let text = headers.get(http::header::DATE)?.to_str().ok()?;
    let theirs = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    Some(now.since(Ts::from_utc(theirs.to_utc())))
}

//! One call: request, and what the answer means. There is no sign-in: every request carries both credentials.

use super::call::Call;
use super::json::Json;
use super::redact::Secrets;
use super::value::{Fault, numbers_as_text};
use super::{Cin7Config, ConfigFault};
use crate::domain::delivery::AnswerClass;
use crate::domain::time::Span;
use crate::text::clean_to;
use crate::vendors::transport::{
    Exchange, TEXT_CHARS_MAX, answer_excerpt, exchange_raw, judge_status, looks_like_html,
    lost_class, retry_after,
};
use crate::vendors::{Answer, CallError, CallLog};
use crate::wire::Wire;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

const ACCOUNT_HEADER: HeaderName = HeaderName::from_static("api-auth-accountid");
const KEY_HEADER: HeaderName = HeaderName::from_static("api-auth-applicationkey");
/// Seconds until the limit is lifted, beside a 429.
const RESET_HEADER: &str = "x-ratelimit-reset";
/// What Cin7 Core says when the calls of the minute are used up; under 429, 503 and 400.
const LIMIT_TEXT: &str = "60 calls per 60 seconds";
/// Bodies up to this size are looked at for an error under a success status, bytes.
const ERROR_BODY_MAX: usize = 16 * 1024;
/// Problems of one answer that are put into words.
const PROBLEMS_MAX: usize = 10;
/// Longest wait taken from the reset header, seconds.
const RESET_SECS_MAX: i64 = 3_600;

/// A parameter of a query.
pub(super) type Parameter<'a> = (&'a str, String);

/// The client of one account.
#[derive(Debug)]
pub(super) struct Client {
    wire: Wire,
    /// Without a slash at its end.
    base: String,
    account: HeaderValue,
    key: HeaderValue,
    secrets: Secrets,
}

impl Client {
    pub fn new(config: &Cin7Config, base: String, wire: Wire) -> Result<Self, ConfigFault> {
        let header = |secret: &crate::secret::Secret, name: &'static str| {
            if secret.is_empty() {
                return Err(ConfigFault::Empty(name));
            }
            let mut value = HeaderValue::from_str(secret.expose())
                .map_err(|_| ConfigFault::Credential(name))?;
            value.set_sensitive(true);
            Ok(value)
        };
        Ok(Self {
            wire,
            base,
            account: header(&config.account_id, "account_id")?,
            key: header(&config.application_key, "application_key")?,
            secrets: Secrets::default()
                .with(config.account_id.expose())
                .with(config.application_key.expose()),
        })
    }

    /// A read; answers with the body and the headers.
    pub async fn fetch(
        &self,
        call: Call,
        query: &[Parameter<'_>],
        log: &CallLog,
    ) -> Answer<(Value, HeaderMap)> {
        self.exchange(call, query, None, log).await
    }

    /// A read.
    pub async fn read(&self, call: Call, query: &[Parameter<'_>], log: &CallLog) -> Answer<Value> {
        let (value, _) = self.exchange(call, query, None, log).await?;
        Ok(value)
    }

    /// A write.
    pub async fn write(&self, call: Call, body: &Json, log: &CallLog) -> Answer<Value> {
        let (value, _) = self.exchange(call, &[], Some(body), log).await?;
        Ok(value)
    }

    async fn exchange(
        &self,
        call: Call,
        query: &[Parameter<'_>],
        body: Option<&Json>,
        log: &CallLog,
    ) -> Answer<(Value, HeaderMap)> {
        let request = self
            .request(call, query, body)
            .map_err(|text| fail(call, AnswerClass::Rejected, &text))?;
        let redact = |bytes: &[u8]| {
            if call.holds_hooks() {
                self.secrets.redact_hooks(bytes)
            } else {
                self.secrets.redact(bytes)
            }
        };
        let exchange = Exchange {
            wire: &self.wire,
            log,
            method: call.name(),
            class: call.class(),
            effect: call.effect(),
            is_sign_in: false,
            redact: &redact,
        };
        let answered = exchange_raw(&exchange, request).await;
        let judged = answered.and_then(|response| {
            let value = judge(call, &response, log.is_limit_near())?;
            Ok((value, response.into_parts().0.headers))
        });
        judged.map_err(|error| CallError {
            text: self.secrets.redact_text(&error.text),
            ..error
        })
    }

    fn request(
        &self,
        call: Call,
        query: &[Parameter<'_>],
        body: Option<&Json>,
    ) -> Result<http::Request<Bytes>, String> {
        let address = format!("{}/{}", self.base, call.path());
        let mut url = reqwest::Url::parse(&address).map_err(|e| e.to_string())?;
        if !query.is_empty() {
            let mut pairs = url.query_pairs_mut();
            for (name, value) in query {
                pairs.append_pair(name, value);
            }
        }
        let mut builder = http::Request::builder()
            .method(call.verb())
            .uri(String::from(url))
            .header(ACCOUNT_HEADER, self.account.clone())
            .header(KEY_HEADER, self.key.clone())
            .header(http::header::ACCEPT, "application/json");
        if body.is_some() {
            builder = builder.header(http::header::CONTENT_TYPE, "application/json");
        }
        let bytes = body.map_or_else(Bytes::new, |json| Bytes::from(json.to_string()));
        builder.body(bytes).map_err(|e| e.to_string())
    }
}

/// An error of a call, cleaned.
pub(super) fn fail(call: Call, class: AnswerClass, text: &str) -> CallError {
    CallError::new(
        class,
        format!("{}: {}", call.name(), clean_to(text, TEXT_CHARS_MAX)),
    )
}

/// A write that is not even tried.
pub(super) fn refused(call: Call, text: &str) -> CallError {
    fail(call, AnswerClass::Rejected, text)
}

/// An answer that cannot be used: malformed; unknown for a write, which may have taken effect.
pub(super) fn unread(call: Call, fault: &Fault) -> CallError {
    let class = lost_class(call.effect(), AnswerClass::Malformed);
    fail(call, class, &fault.to_string())
}

fn is_limit_text(text: &str) -> bool {
    text.to_ascii_lowercase().contains(LIMIT_TEXT)
}

/// Reads an answer, or says what is wrong with it.
fn judge(call: Call, response: &http::Response<Bytes>, is_limit_near: bool) -> Answer<Value> {
    match judge_status(call.name(), call.effect(), response) {
        None => read_body(call, response),
        Some(error) => Err(judge_error(call, response, error, is_limit_near)),
    }
}

fn judge_error(
    call: Call,
    response: &http::Response<Bytes>,
    error: CallError,
    is_limit_near: bool,
) -> CallError {
    let status = response.status().as_u16();
    let problems = error_problems(response.body());
    let said = match &problems {
        Some(problems) => problems.text.clone(),
        None => answer_excerpt(response.body()),
    };
    let mut class = error.class;
    // An overload that does not say why, when our own count is nearly at the limit, is the limit.
    if is_limit_text(&said) || (status == 503 && is_limit_near) {
        class = AnswerClass::Throttled;
    } else if status == 404 && problems.is_some() {
        // Missing entries of reference books carry ErrorCode 404; a missing path answers with a web page.
        class = AnswerClass::Rejected;
    }
    let advice = match (class, status) {
        (AnswerClass::Auth, _) => {
            "; check account id and application key. A burst of calls was seen to cause this too"
        }
        (AnswerClass::Malformed, 404) => "; check the configured address",
        _ => "",
    };
    let said = if said.is_empty() { "no text" } else { &said };
    let mut out = fail(call, class, &format!("{said} (HTTP {status}){advice}"));
    if class == AnswerClass::Throttled {
        out.wait = wait(response.headers());
    }
    out
}

/// `Retry-After: 60 Seconds` (sic), else the reset header; the older forms of the limit tell neither.
fn wait(headers: &HeaderMap) -> Option<Span> {
    retry_after(headers).or_else(|| {
        let text = headers.get(RESET_HEADER)?.to_str().ok()?;
        let secs: i64 = text.trim().parse().ok()?;
        Some(Span::secs(secs.clamp(0, RESET_SECS_MAX)))
    })
}

fn read_body(call: Call, response: &http::Response<Bytes>) -> Answer<Value> {
    let useless = lost_class(call.effect(), AnswerClass::Malformed);
    let body = response.body();
    let bare = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let bare = bare.trim_ascii();
    if bare.is_empty() || bare == b"null" {
        return Err(fail(call, useless, "an empty answer where one is due"));
    }
    if looks_like_html(bare) {
        // An unknown path answers 200 with "Page not found": nothing was done.
        let text = "a web page instead of an answer; check the configured address";
        return Err(fail(call, AnswerClass::Malformed, text));
    }
    if bare.len() <= ERROR_BODY_MAX
        && let Some(problems) = error_problems(bare)
    {
        return Err(judge_problems(call, response, &problems));
    }
    let value: Value = serde_json::from_slice(&numbers_as_text(bare)).map_err(|error| {
        let text = format!("the answer cannot be read: {error}");
        fail(call, useless, &text)
    })?;
    if !value.is_object() && !value.is_array() {
        let text = format!("a text where an answer is due: {}", answer_excerpt(bare));
        return Err(fail(call, useless, &text));
    }
    Ok(value)
}

/// An error under a success status: its own code decides.
fn judge_problems(call: Call, response: &http::Response<Bytes>, problems: &Problems) -> CallError {
    let class = match problems.code {
        _ if is_limit_text(&problems.text) => AnswerClass::Throttled,
        // The document exists, part of the request failed.
        None => lost_class(call.effect(), AnswerClass::Malformed),
        Some(401 | 403) => AnswerClass::Auth,
        Some(429) => AnswerClass::Throttled,
        Some(400..=499) => AnswerClass::Rejected,
        Some(_) => lost_class(call.effect(), AnswerClass::Unavailable),
    };
    let status = response.status().as_u16();
    let mut out = fail(call, class, &format!("{} (HTTP {status})", problems.text));
    if class == AnswerClass::Throttled {
        out.wait = wait(response.headers());
    }
    out
}

/// What an error body says.
struct Problems {
    /// `ErrorCode`, which normally repeats the HTTP status.
    code: Option<i64>,
    text: String,
}

/// The problems an error body lists: an array of `{ErrorCode, Exception}`, one such object, an ASP.NET `{Message}`, a
/// filled `Errors` list beside a document, or a bare text. `None` for anything else.
fn error_problems(body: &[u8]) -> Option<Problems> {
    let value: Value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(_) => {
            let text = answer_excerpt(body);
            return is_limit_text(&text).then_some(Problems { code: None, text });
        }
    };
    let rows: Vec<&Value> = match &value {
        Value::Array(rows) => rows.iter().collect(),
        Value::String(text) => {
            let text = clean_to(text, TEXT_CHARS_MAX);
            return is_limit_text(&text).then_some(Problems { code: None, text });
        }
        other => vec![other],
    };
    let mut texts: Vec<String> = rows.iter().filter_map(|row| problem(row)).collect();
    let code = rows.first().and_then(|row| row.get("ErrorCode")?.as_i64());
    if texts.is_empty() {
        let listed = value.get("Errors")?.as_array()?;
        texts = listed.iter().filter_map(listed_problem).collect();
    }
    if texts.is_empty() {
        return None;
    }
    texts.truncate(PROBLEMS_MAX);
    Some(Problems {
        code,
        text: clean_to(&texts.join("; "), TEXT_CHARS_MAX),
    })
}

fn problem(row: &Value) -> Option<String> {
    let of = |name: &str| row.get(name)?.as_str().filter(|t| !t.trim().is_empty());
    let is_error = row.get("ErrorCode").is_some();
    let text = of("Exception").or_else(|| of("ExceptionMessage"));
    // Documents have members called Message or Error too; alone they are an error only in a body that has little else.
    let is_small = row.as_object().is_some_and(|m| m.len() <= 3);
    let text = text.or_else(|| {
        if is_error || is_small {
            of("Message").or_else(|| of("Error"))
        } else {
            None
        }
    });
    text.map(|t| clean_to(t.trim(), TEXT_CHARS_MAX))
}

fn listed_problem(row: &Value) -> Option<String> {
    let text = row.as_str().map(|t| clean_to(t.trim(), TEXT_CHARS_MAX));
    text.filter(|t| !t.is_empty()).or_else(|| problem(row))
}

/// Whether Cin7 Core refused with a text that contains this, case ignored.
pub(super) fn is_refusal(error: &CallError, text: &str) -> bool {
    error.class == AnswerClass::Rejected
        && error
            .text
            .to_ascii_lowercase()
            .contains(&text.to_ascii_lowercase())
}

//! One call: session, request, one repeat after an expired session, and what the answer means.

use super::method::Method;
use super::session::{Session, Sessions};
use crate::domain::delivery::AnswerClass;
use crate::text::clean_to;
use crate::vendors::transport::{
    Exchange, TEXT_CHARS_MAX, answer_excerpt, exchange_raw, judge_status, looks_like_html,
    retry_after,
};
use crate::vendors::{Answer, CallError, CallLog};
use crate::wire::Wire;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// So many answers of 404 in a row mean that the account's server has changed: the next call signs in again.
const NOT_FOUND_RUN_MAX: u32 = 3;
/// Bodies up to this size are looked at for an error object under a success status, bytes.
const ERROR_BODY_MAX: usize = 4_096;
/// What Linnworks says when a method's calls of the minute are used up, under 429 or any other status.
const QUOTA_TEXT: &str = "quota exceeded";

/// What is sent with a method.
pub(super) enum Content<'a> {
    /// Nothing.
    Nothing,
    /// One parameter in the query.
    Query(&'a str, &'a str),
    /// A JSON body.
    Json(Value),
}

/// The client of one account.
#[derive(Debug)]
pub(super) struct Client {
    wire: Wire,
    sessions: Sessions,
    not_found_run: AtomicU32,
}

impl Client {
    pub fn new(wire: Wire, sessions: Sessions) -> Self {
        Self {
            wire,
            sessions,
            not_found_run: AtomicU32::new(0),
        }
    }

    /// Makes sure there is a session.
    pub async fn sign_in(&self, log: &CallLog) -> Answer<Arc<Session>> {
        self.sessions.get(None, &self.wire, log).await
    }

    /// Makes a call and reads its answer.
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        content: Content<'_>,
        log: &CallLog,
    ) -> Answer<T> {
        let (session, response) = self.exchange(method, content, log).await?;
        parse(method, response.body()).map_err(|mut error: CallError| {
            error.text = session.secrets.redact_text(&error.text);
            error
        })
    }

    /// Makes a call; the answer has a success status.
    pub async fn send(
        &self,
        method: Method,
        content: Content<'_>,
        log: &CallLog,
    ) -> Answer<http::Response<Bytes>> {
        let (_, response) = self.exchange(method, content, log).await?;
        Ok(response)
    }

    async fn exchange(
        &self,
        method: Method,
        content: Content<'_>,
        log: &CallLog,
    ) -> Answer<(Arc<Session>, http::Response<Bytes>)> {
        let session = self.sessions.get(None, &self.wire, log).await?;
        let (session, response) = match self.once(&session, method, &content, log).await? {
            refused if refused.status() == http::StatusCode::UNAUTHORIZED => {
                // Refused before anything was done, so that repeating is safe even for a write.
                let stale = Some(session.number);
                let session = self.sessions.get(stale, &self.wire, log).await?;
                let response = self.once(&session, method, &content, log).await?;
                (session, response)
            }
            response => (session, response),
        };
        self.note_not_found(&session, response.status()).await;
        match judge(method, &response) {
            None => Ok((session, response)),
            Some(mut error) => {
                error.text = session.secrets.redact_text(&error.text);
                Err(error)
            }
        }
    }

    async fn once(
        &self,
        session: &Session,
        method: Method,
        content: &Content<'_>,
        log: &CallLog,
    ) -> Answer<http::Response<Bytes>> {
        let request = request(session, method, content).map_err(|text| {
            CallError::new(AnswerClass::Rejected, format!("{}: {text}", method.path()))
        })?;
        let exchange = Exchange {
            wire: &self.wire,
            log,
            method: method.path(),
            class: method.class(),
            effect: method.effect(),
            is_sign_in: false,
            redact: &|bytes| session.secrets.redact(bytes),
        };
        exchange_raw(&exchange, request).await
    }

    /// Linnworks answers a plain 404 to every call that reaches the wrong cluster.
    async fn note_not_found(&self, session: &Session, status: http::StatusCode) {
        if status != http::StatusCode::NOT_FOUND {
            self.not_found_run.store(0, Ordering::Relaxed);
        } else if self.not_found_run.fetch_add(1, Ordering::Relaxed) + 1 >= NOT_FOUND_RUN_MAX {
            self.not_found_run.store(0, Ordering::Relaxed);
            self.sessions.forget(session.number).await;
        }
    }
}

fn request(
    session: &Session,
    method: Method,
    content: &Content<'_>,
) -> Result<http::Request<Bytes>, String> {
    let mut uri = format!("{}{}", session.base, method.path());
    let mut body = Bytes::new();
    match content {
        Content::Nothing => {}
        Content::Query(name, value) => {
            let mut url = reqwest::Url::parse(&uri).map_err(|e| e.to_string())?;
            url.query_pairs_mut().append_pair(name, value);
            uri = url.into();
        }
        Content::Json(json) => {
            body = Bytes::from(serde_json::to_vec(json).map_err(|e| e.to_string())?);
        }
    }
    let mut token = http::HeaderValue::from_str(session.token.expose())
        .map_err(|_| "the session token cannot stand in a header".to_owned())?;
    token.set_sensitive(true);
    let mut builder = http::Request::builder()
        .method(method.verb())
        .uri(uri)
        .header(http::header::AUTHORIZATION, token)
        .header(http::header::ACCEPT, "application/json");
    if matches!(content, Content::Json(_)) {
        builder = builder.header(http::header::CONTENT_TYPE, "application/json");
    }
    builder.body(body).map_err(|e| e.to_string())
}

/// Whether a text is Linnworks's word for "too many calls".
pub(super) fn is_quota_text(text: &str) -> bool {
    text.to_ascii_lowercase().contains(QUOTA_TEXT)
}

/// What is wrong with an answer by its status and error text; `None` when its body is to be read.
fn judge(method: Method, response: &http::Response<Bytes>) -> Option<CallError> {
    let mut error = judge_status(method.path(), method.effect(), response)?;
    let said = answer_text(response.body());
    let status = response.status().as_u16();
    if is_quota_text(&said) {
        error.class = AnswerClass::Throttled;
        error.wait = retry_after(response.headers());
    }
    let advice = match (error.class, status) {
        (AnswerClass::Throttled, _) => "",
        (_, 401) => {
            "; refused twice with a fresh session: was the application removed or its secret changed?"
        }
        (_, 403) => match method.permission() {
            Some(node) => {
                return Some(CallError {
                    text: format!(
                        "{}: the application lacks the permission GlobalPermissions.{node} (HTTP 403): {said}; \
                         grant it and approve the installation again",
                        method.path()
                    ),
                    ..error
                });
            }
            None => "; the application lacks a permission for it",
        },
        (_, 404) => "; no such method there, or the wrong server for this account",
        _ => "",
    };
    let said = if said.is_empty() { "no text" } else { &said };
    error.text = format!("{}: {said} (HTTP {status}){advice}", method.path());
    Some(error)
}

/// The text of an error answer: a bare JSON string, or the first of the known members, else the start of the body.
pub(super) fn answer_text(body: &[u8]) -> String {
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(Value::String(text)) => Some(text),
        Ok(Value::Object(members)) => [
            "Message",
            "message",
            "error_description",
            "detail",
            "title",
            "Error",
            "error",
        ]
        .iter()
        .find_map(|name| members.get(*name)?.as_str().filter(|t| !t.is_empty()))
        .map(str::to_owned),
        Ok(Value::Null) => Some(String::new()),
        _ => None,
    };
    match text {
        Some(text) => clean_to(&text, TEXT_CHARS_MAX).trim().to_owned(),
        None => answer_excerpt(body),
    }
}

/// An error object that came with a success status.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorObject {
    #[serde(rename = "Code", default)]
    _code: Value,
    #[serde(rename = "Message", alias = "message")]
    message: String,
}

/// Reads a success answer. An empty body, `null`, a web page, or a bare string where an object or list is due is not one.
pub(super) fn parse<T: DeserializeOwned>(method: Method, body: &[u8]) -> Answer<T> {
    let fail = |class: AnswerClass, text: &str| {
        Err(CallError::new(
            class,
            format!("{}: {}", method.path(), clean_to(text, TEXT_CHARS_MAX)),
        ))
    };
    let bare = body
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(body)
        .trim_ascii();
    if bare.is_empty() || bare == b"null" {
        return fail(AnswerClass::Malformed, "an empty answer where one is due");
    }
    if looks_like_html(bare) {
        return fail(AnswerClass::Malformed, "a web page instead of an answer");
    }
    let message = if bare.starts_with(b"\"") {
        serde_json::from_slice::<String>(bare).ok()
    } else if bare.starts_with(b"{") && bare.len() <= ERROR_BODY_MAX {
        serde_json::from_slice::<ErrorObject>(bare)
            .ok()
            .map(|e| e.message)
    } else {
        None
    };
    if let Some(text) = message {
        let class = if is_quota_text(&text) {
            AnswerClass::Throttled
        } else {
            AnswerClass::Malformed
        };
        return fail(class, &format!("a text where an answer is due: {text}"));
    }
    serde_json::from_slice(bare).or_else(|error| {
        fail(
            AnswerClass::Malformed,
            &format!("the answer cannot be read: {error}"),
        )
    })
}

//! One call: the request with the store's token, and what the answer means.

use super::ShoplineConfig;
use super::cursor::{self, Cursor};
use super::method::Method;
use crate::domain::delivery::AnswerClass;
use crate::domain::time::Span;
use crate::secret::Secret;
use crate::text::clean_to;
use crate::vendors::transport::{
    Exchange, Redactor, TEXT_CHARS_MAX, answer_excerpt, exchange_raw, judge_status,
    looks_like_html, lost_class,
};
use crate::vendors::{Answer, CallError, CallLog};
use crate::wire::Wire;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How long to hold back after a refusal for too many calls. SHOPLINE names no time; its bucket drains four calls a
/// second, so that after this long there is room again.
const THROTTLED_WAIT: Span = Span::secs(1);
/// Longest id that goes into a path or query, characters; the longest ones seen have 26.
const ID_CHARS_MAX: usize = 64;

/// What is asked for.
pub(super) struct Ask<'a> {
    pub method: Method,
    /// Below the version, with its ids already checked, without the leading slash.
    pub path: String,
    pub query: Vec<(&'a str, String)>,
    /// Goes into the query as it is.
    pub cursor: Option<&'a Cursor>,
    pub body: Option<Value>,
}

impl<'a> Ask<'a> {
    /// Nothing but a path.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            cursor: None,
            body: None,
        }
    }

    /// With one more member in the query.
    #[must_use]
    pub fn with(mut self, name: &'a str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// With the place in a list.
    #[must_use]
    pub fn at(mut self, cursor: &'a Cursor) -> Self {
        self.cursor = Some(cursor);
        self
    }

    /// With a JSON body.
    #[must_use]
    pub fn sending(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }
}

/// An answer read.
#[derive(Debug)]
pub(super) struct Reply<T> {
    pub value: T,
    /// Where the list goes on.
    pub next: Option<Cursor>,
}

/// The client of one store.
#[derive(Debug)]
pub(super) struct Client {
    wire: Wire,
    /// `https://{handle}.myshopline.com/admin/openapi/{version}/`.
    base: String,
    token: Secret,
    redactor: Redactor,
}

impl Client {
    pub fn new(wire: Wire, base: String, config: ShoplineConfig) -> Self {
        let redactor = Redactor::new()
            .hide(config.access_token.expose())
            .hide(config.app_secret.as_ref().map_or("", Secret::expose));
        Self {
            wire,
            base,
            token: config.access_token,
            redactor,
        }
    }

    /// Makes a call and reads its answer.
    pub async fn call<T: DeserializeOwned>(&self, ask: Ask<'_>, log: &CallLog) -> Answer<Reply<T>> {
        let method = ask.method;
        let sent = ask.cursor.cloned();
        let response = self.send(ask, log).await?;
        let value = self.parse(method, response.body())?;
        let next = cursor::next(response.headers()).map_err(|text| malformed(method, &text))?;
        if next.is_some() && next == sent {
            return Err(malformed(
                method,
                "the list goes in circles: the next page is this one",
            ));
        }
        Ok(Reply { value, next })
    }

    /// Makes a call; the answer has a success status and names no error.
    pub async fn send(&self, ask: Ask<'_>, log: &CallLog) -> Answer<http::Response<Bytes>> {
        let method = ask.method;
        let request = self.request(&ask).map_err(|text| refused(method, &text))?;
        let exchange = Exchange {
            wire: &self.wire,
            log,
            method: method.label(),
            class: method.class(),
            effect: method.effect(),
            is_sign_in: false,
            redact: &|bytes| self.redactor.redact(bytes),
        };
        let response = exchange_raw(&exchange, request).await?;
        match judge(method, &response) {
            None => Ok(response),
            Some(error) => Err(self.hushed(error)),
        }
    }

    /// Reads the body of a success answer.
    pub fn parse<T: DeserializeOwned>(&self, method: Method, body: &[u8]) -> Answer<T> {
        parse(method, body).map_err(|error| self.hushed(error))
    }

    fn hushed(&self, mut error: CallError) -> CallError {
        let bytes = self.redactor.redact(error.text.as_bytes());
        error.text = String::from_utf8_lossy(&bytes).into_owned();
        error
    }

    fn request(&self, ask: &Ask<'_>) -> Result<http::Request<Bytes>, String> {
        let address = format!("{}{}", self.base, ask.path);
        let mut url = reqwest::Url::parse(&address).map_err(|e| e.to_string())?;
        if !ask.query.is_empty() {
            url.query_pairs_mut().extend_pairs(
                ask.query
                    .iter()
                    .map(|(name, value)| (*name, value.as_str())),
            );
        }
        let mut uri = String::from(url);
        if let Some(cursor) = ask.cursor {
            uri.push(if uri.contains('?') { '&' } else { '?' });
            uri.push_str("page_info=");
            uri.push_str(cursor.as_str());
        }
        let body = match &ask.body {
            None => Bytes::new(),
            Some(json) => Bytes::from(serde_json::to_vec(json).map_err(|e| e.to_string())?),
        };
        http::Request::builder()
            .method(ask.method.verb())
            .uri(uri)
            .header(http::header::AUTHORIZATION, bearer(&self.token)?)
            .header(http::header::ACCEPT, "application/json")
            // Wanted on reads too, by every page of the reference.
            .header(
                http::header::CONTENT_TYPE,
                "application/json; charset=utf-8",
            )
            .body(body)
            .map_err(|e| e.to_string())
    }
}

/// The `Authorization` header of a token.
///
/// # Errors
/// When the token cannot stand in a header.
pub(super) fn bearer(token: &Secret) -> Result<http::HeaderValue, String> {
    let mut value = http::HeaderValue::from_str(&format!("Bearer {}", token.expose()))
        .map_err(|_| "the access token cannot stand in a header".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

/// An id that may go into a path: nothing in it can lead elsewhere.
///
/// # Errors
/// A refusal; the call is not made.
pub(super) fn path_id<'a>(method: Method, what: &str, id: &'a str) -> Answer<&'a str> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if id.is_empty() || id.len() > ID_CHARS_MAX || !id.bytes().all(is_plain) {
        let shown = clean_to(id, ID_CHARS_MAX);
        return Err(refused(
            method,
            &format!("{shown:?} is not the id of {what}"),
        ));
    }
    Ok(id)
}

/// A write, or a read of something that cannot be, that is not even tried.
pub(super) fn refused(method: Method, text: &str) -> CallError {
    fail(method, AnswerClass::Rejected, text)
}

/// An answer of the wrong shape.
pub(super) fn malformed(method: Method, text: &str) -> CallError {
    fail(method, AnswerClass::Malformed, text)
}

/// A write whose effect the answer leaves open.
pub(super) fn unknown(method: Method, text: &str) -> CallError {
    fail(method, AnswerClass::Unknown, text)
}

fn fail(method: Method, class: AnswerClass, text: &str) -> CallError {
    CallError::new(
        class,
        format!("{}: {}", method.label(), clean_to(text, TEXT_CHARS_MAX)),
    )
}

/// What is wrong with an answer by its status and error members; `None` when its body is to be read.
fn judge(method: Method, response: &http::Response<Bytes>) -> Option<CallError> {
    let status = response.status().as_u16();
    let said = error_text(response.body());
    let Some(mut error) = judge_status(method.label(), method.effect(), response) else {
        // Order edits and archiving answer 200 with `user_errors`; a 200 is no proof of success.
        return said.map(|text| {
            fail(
                method,
                AnswerClass::Rejected,
                &format!("{text} (HTTP {status})"),
            )
        });
    };
    let advice = match status {
        401 => "; the token is wrong, expired or was revoked: make a new one in the store's admin",
        402 => "; the store is frozen for an unpaid balance",
        404 if said.is_none() => "; check the handle and the API version",
        423 => "; the store is locked",
        433..=436 => "; blocked by SHOPLINE's firewall",
        501 => "; not available for this store",
        _ => "",
    };
    error.class = match status {
        // Refused at the door, whatever was asked for: nothing goes through until a person has acted.
        402 | 423 | 433..=436 => AnswerClass::Auth,
        404 if said.is_some() => AnswerClass::Rejected,
        501 => AnswerClass::Rejected,
        _ => error.class,
    };
    if error.class == AnswerClass::Throttled {
        error.wait = Some(error.wait.unwrap_or(THROTTLED_WAIT).max(THROTTLED_WAIT));
    }
    let scope = match (status, method.scope()) {
        (403, Some(scope)) => {
            format!("; the app needs the access scope {scope}, or the token is of another store")
        }
        _ => String::new(),
    };
    let said = said.unwrap_or_else(|| answer_excerpt(response.body()));
    let said = if said.is_empty() { "no text" } else { &said };
    error.text = format!("{}: {said} (HTTP {status}){advice}{scope}", method.label());
    Some(error)
}

/// Most single texts taken out of an error answer.
const ERRORS_MAX: usize = 10;

/// What an answer says went wrong: `errors` as one text, a list or a map of members, or `user_errors`. `None` when it
/// names no error. Only the head of the object is looked at, never a member of an order.
fn error_text(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Head {
        #[serde(default)]
        errors: Value,
        #[serde(default)]
        user_errors: Value,
    }
    // A list would be taken for the members in their order.
    let head = Some(bare(body)).filter(|b| b.starts_with(b"{"))?;
    let head: Head = serde_json::from_slice(head).ok()?;
    let mut texts = Vec::new();
    for value in [&head.errors, &head.user_errors] {
        collect(value, "", &mut texts);
    }
    (!texts.is_empty()).then(|| {
        clean_to(&texts.join("; "), TEXT_CHARS_MAX)
            .trim()
            .to_owned()
    })
}

fn collect(value: &Value, member: &str, out: &mut Vec<String>) {
    let mut push = |text: &str| {
        if out.len() < ERRORS_MAX && !text.trim().is_empty() {
            out.push(if member.is_empty() {
                text.to_owned()
            } else {
                format!("{member}: {text}")
            });
        }
    };
    match value {
        Value::Null => {}
        Value::String(text) => push(text),
        Value::Array(list) => {
            for inner in list.iter().take(ERRORS_MAX) {
                match inner {
                    Value::String(text) => push(text),
                    Value::Object(members) => push(&user_error(members)),
                    other => push(&other.to_string()),
                }
            }
        }
        Value::Object(members) => {
            for (name, inner) in members.iter().take(ERRORS_MAX) {
                if member.is_empty() {
                    collect(inner, name, out);
                } else if out.len() < ERRORS_MAX {
                    out.push(format!("{member}.{name}: {inner}"));
                }
            }
        }
        other => push(&other.to_string()),
    }
}

/// One of `user_errors`: `{code, message, field}`.
fn user_error(members: &serde_json::Map<String, Value>) -> String {
    let text = |name: &str| {
        members
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    match (text("code"), text("message")) {
        ("", "") => Value::Object(members.clone()).to_string(),
        ("", message) => message.to_owned(),
        (code, "") => code.to_owned(),
        (code, message) => format!("{message} ({code})"),
    }
}

fn bare(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(body)
        .trim_ascii()
}

/// Reads a success answer. An empty body, `null`, a web page of the CDN or a cut text is no answer: for a write, what
/// it did is unknown.
fn parse<T: DeserializeOwned>(method: Method, body: &[u8]) -> Answer<T> {
    let lost = lost_class(method.effect(), AnswerClass::Malformed);
    let bare = bare(body);
    if bare.is_empty() || bare == b"null" {
        return Err(fail(method, lost, "an empty answer where one is due"));
    }
    if looks_like_html(bare) {
        return Err(fail(method, lost, "a web page instead of an answer"));
    }
    serde_json::from_slice(bare)
        .map_err(|error| fail(method, lost, &format!("the answer cannot be read: {error}")))
}

/// A write that answers nothing: only a web page shows that it was not SHOPLINE that answered.
pub(super) fn expect_no_page(method: Method, body: &[u8]) -> Answer<()> {
    if looks_like_html(body) {
        let lost = lost_class(method.effect(), AnswerClass::Malformed);
        return Err(fail(method, lost, "a web page instead of an answer"));
    }
    Ok(())
}

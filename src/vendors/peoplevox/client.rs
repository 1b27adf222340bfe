//! The SOAP client: sign-in and its renewal, one exchange per call, what every kind of answer means.

use super::soap::{self, Body, Credentials, Operation, Reply};
use crate::domain::delivery::AnswerClass;
use crate::domain::time::Ts;
use crate::secret::Secret;
use crate::text::clean_to;
use crate::vendors::transport::{
    CallClass, Effect, Exchange, Redactor, TEXT_CHARS_MAX, exchange_raw, judge_status,
    looks_like_html, lost_class,
};
use crate::vendors::{Answer, CallError, CallLog};
use crate::wire::Wire;
use bytes::Bytes;
use tokio::sync::Mutex;

/// Longest session id that is believed, characters.
const SESSION_CHARS_MAX: usize = 200;

/// Speaks SOAP to one tenant. Cheap to share by reference; parallel callers share one session.
pub(super) struct Client {
    pub endpoint: http::Uri,
    pub client_id: String,
    pub username: String,
    pub password: Secret,
    pub wire: Wire,
    session: Mutex<Option<Session>>,
    /// The vendor's clock as last stated in a `Date` header.
    vendor_time: std::sync::Mutex<Option<Ts>>,
}

/// A session and its number: a caller whose session was refused renews only if nobody has done so since.
#[derive(Clone)]
struct Session {
    id: Secret,
    generation: u64,
}

/// What one exchange brought.
enum Outcome {
    Reply(Reply),
    /// The session was refused; the call had no effect. The vendor's words.
    SessionRefused(String),
}

impl Client {
    pub fn new(
        endpoint: http::Uri,
        client_id: String,
        username: String,
        password: Secret,
        wire: Wire,
    ) -> Self {
        Self {
            endpoint,
            client_id,
            username,
            password,
            wire,
            session: Mutex::new(None),
            vendor_time: std::sync::Mutex::new(None),
        }
    }

    /// The vendor's clock as last stated, to the second.
    pub fn vendor_time(&self) -> Option<Ts> {
        self.vendor_time.lock().ok().and_then(|t| *t)
    }

    /// Makes one call: with a session, signing in first when there is none, and once again when it was refused. A call that reported a
    /// refused session had no effect, so writes are repeated too. The reply may still report a failure of its own.
    pub async fn call(
        &self,
        operation: &Operation<'_>,
        class: CallClass,
        effect: Effect,
        log: &CallLog,
    ) -> Answer<Reply> {
        if let Some(c) = operation.unwritable() {
            return Err(CallError::new(
                AnswerClass::Rejected,
                format!(
                    "{}: not sent, the text holds a character XML cannot carry (U+{:04X})",
                    operation.title(),
                    u32::from(c)
                ),
            ));
        }
        let session = self.session(None, log).await?;
        let first = self
            .once(operation, Some(&session.id), class, effect, log)
            .await?;
        let Outcome::SessionRefused(_) = first else {
            return into_reply(first);
        };
        let session = self.session(Some(session.generation), log).await?;
        let second = self
            .once(operation, Some(&session.id), class, effect, log)
            .await?;
        match second {
            Outcome::SessionRefused(said) => Err(CallError::new(
                AnswerClass::Auth,
                format!(
                    "{}: refused again right after signing in: {said}",
                    operation.title()
                ),
            )),
            other => into_reply(other),
        }
    }

    /// The current session, or a fresh one when there is none or the current one is the one refused. Callers wait for
    /// each other here, so one expiry costs one sign-in.
    async fn session(&self, refused: Option<u64>, log: &CallLog) -> Answer<Session> {
        let mut held = self.session.lock().await;
        if let Some(session) = held.as_ref()
            && refused.is_none_or(|generation| generation != session.generation)
        {
            return Ok(session.clone());
        }
        let generation = held.as_ref().map_or(0, |s| s.generation) + 1;
        let id = self.sign_in(log).await?;
        let session = Session { id, generation };
        *held = Some(session.clone());
        Ok(session)
    }

    /// Signs in. Success says `{client id},{session id}`; a refusal is an ordinary answer with ResponseId −1.
    async fn sign_in(&self, log: &CallLog) -> Answer<Secret> {
        let operation = Operation::Authenticate {
            client_id: &self.client_id,
            username: &self.username,
            password: &self.password,
        };
        let outcome = self
            .once(&operation, None, CallClass::Read, Effect::Read, log)
            .await?;
        let refused = |said: &str| {
            let said = if said.is_empty() {
                "no reason given"
            } else {
                said
            };
            CallError::new(
                AnswerClass::Auth,
                format!("Authenticate: sign-in refused: {said}"),
            )
        };
        let reply = match outcome {
            Outcome::SessionRefused(said) => return Err(refused(&said)),
            Outcome::Reply(reply) if reply.response_id != 0 => {
                return Err(refused(&detail_text(&reply)));
            }
            Outcome::Reply(reply) => reply,
        };
        let id = reply
            .detail
            .trim()
            .split_once(',')
            .map(|(_, id)| id.trim().to_owned())
            .unwrap_or_default();
        let is_usable = !id.is_empty()
            && id.chars().count() <= SESSION_CHARS_MAX
            && !id.chars().any(|c| c.is_control() || c.is_whitespace());
        if !is_usable {
            return Err(CallError::new(
                AnswerClass::Malformed,
                "Authenticate: the answer holds no session id".to_owned(),
            ));
        }
        Ok(Secret::new(id))
    }

    /// One exchange, judged.
    async fn once(
        &self,
        operation: &Operation<'_>,
        session: Option<&Secret>,
        class: CallClass,
        effect: Effect,
        log: &CallLog,
    ) -> Answer<Outcome> {
        let title = operation.title();
        let credentials = session.map(|session| Credentials {
            client_id: &self.client_id,
            session,
        });
        let envelope = soap::envelope(operation, credentials);
        let mut redactor = Redactor::new()
            .hide(self.password.expose())
            .hide(&self.username);
        if let Some(session) = session {
            redactor = redactor.hide(session.expose());
        }
        if let Some(address) = operation.callback_address() {
            redactor = redactor.hide(address);
        }
        let is_sign_in = session.is_none();
        let call = Exchange {
            wire: &self.wire,
            log,
            method: &title,
            class,
            effect,
            is_sign_in,
            redact: &|bytes| redactor.redact(&blank_secrets(bytes, is_sign_in)),
        };
        let request = self.request(operation.name(), envelope)?;
        let response = exchange_raw(&call, request).await?;
        self.note_time(response.headers());
        judge(operation, &title, effect, &response)
    }

    fn request(&self, operation: &'static str, envelope: String) -> Answer<http::Request<Bytes>> {
        http::Request::post(self.endpoint.clone())
            .header(http::header::CONTENT_TYPE, "text/xml; charset=utf-8")
            .header("SOAPAction", format!("\"{}{operation}\"", soap::NAMESPACE))
            .body(Bytes::from(envelope))
            .map_err(|error| {
                CallError::new(
                    AnswerClass::Rejected,
                    clean_to(&format!("{operation}: {error}"), TEXT_CHARS_MAX),
                )
            })
    }

    fn note_time(&self, headers: &http::HeaderMap) {
        let stated = headers
            .get(http::header::DATE)
            .and_then(|v| v.to_str().ok())
            .and_then(|text| chrono::DateTime::parse_from_rfc2822(text).ok());
        if let (Some(at), Ok(mut held)) = (stated, self.vendor_time.lock()) {
            *held = Some(Ts::from_utc(at.to_utc()));
        }
    }
}

fn into_reply(outcome: Outcome) -> Answer<Reply> {
    match outcome {
        Outcome::Reply(reply) => Ok(reply),
        Outcome::SessionRefused(said) => Err(CallError::new(AnswerClass::Auth, said)),
    }
}

/// Reads an answer. Peoplevox answers 200 to nearly everything: what happened stands in the body.
fn judge(
    operation: &Operation<'_>,
    title: &str,
    effect: Effect,
    response: &http::Response<Bytes>,
) -> Answer<Outcome> {
    let body = response.body();
    let malformed = |why: &str| CallError {
        class: lost_class(effect, AnswerClass::Malformed),
        text: clean_to(&format!("{title}: {why}"), TEXT_CHARS_MAX),
        wait: None,
    };
    let is_fault_status = response.status() == http::StatusCode::INTERNAL_SERVER_ERROR;
    if !is_fault_status && let Some(error) = judge_status(title, effect, response) {
        return Err(error);
    }
    let parsed = soap::read_reply(operation.name(), body);
    match parsed {
        Ok(Body::Fault { code, text }) => Err(fault(title, effect, &code, &text)),
        _ if is_fault_status => Err(judge_status(title, effect, response)
            .unwrap_or_else(|| malformed("an answer that fits nothing"))),
        Ok(Body::Reply(reply)) => Ok(match session_refusal(&reply) {
            Some(said) => Outcome::SessionRefused(said),
            None => Outcome::Reply(reply),
        }),
        Err(_) if looks_like_html(body) => Err(malformed(
            "a web page instead of an answer; check base_url and client_id",
        )),
        Err(error) => Err(malformed(&error.to_string())),
    }
}

/// `soap:Client` faults are raised before anything is carried out; any other fault leaves the effect open.
fn fault(title: &str, effect: Effect, code: &str, text: &str) -> CallError {
    let class = if code.eq_ignore_ascii_case("client") {
        AnswerClass::Rejected
    } else {
        lost_class(effect, AnswerClass::Unavailable)
    };
    CallError::new(
        class,
        clean_to(&format!("{title}: fault {code}: {text}"), TEXT_CHARS_MAX),
    )
}

/// The vendor's words when a reply refuses the session: failures whose text starts with `System : Security`
/// (blanks and case aside). Replies that list rows are about rows, whatever their text says.
fn session_refusal(reply: &Reply) -> Option<String> {
    if reply.response_id == 0 || !reply.statuses.is_empty() {
        return None;
    }
    let start: String = reply
        .detail
        .chars()
        .filter(|c| !c.is_whitespace())
        .take(32)
        .collect::<String>()
        .to_lowercase();
    ["system:security", "sessionexpired", "invalidsession"]
        .iter()
        .any(|mark| start.starts_with(mark))
        .then(|| detail_text(reply))
}

/// A failure's text, cleaned and cut.
pub(super) fn detail_text(reply: &Reply) -> String {
    clean_to(&reply.detail, TEXT_CHARS_MAX).trim().to_owned()
}

/// A reply that must be a success, for everything but row-wise saves.
pub(super) fn succeed(title: &str, reply: Reply) -> Answer<Reply> {
    if reply.response_id == 0 {
        return Ok(reply);
    }
    let said = detail_text(&reply);
    let said = if said.is_empty() {
        "no reason given"
    } else {
        &said
    };
    Err(CallError::new(
        AnswerClass::Rejected,
        format!("{title}: {said}"),
    ))
}

/// Elements whose content is a credential.
const SECRET_ELEMENTS: [&[u8]; 3] = [b"SessionId", b"username", b"password"];

/// Empties credential elements, and in a sign-in's answer the detail, which is the session id. Works on bytes that need not be XML.
fn blank_secrets(bytes: &[u8], is_sign_in: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|b| *b == b'<') {
        let Some(end) = rest[at..].iter().position(|b| *b == b'>').map(|n| at + n) else {
            break;
        };
        let tag = &rest[at + 1..end];
        let name = tag
            .split(|b| b.is_ascii_whitespace() || *b == b'/')
            .next()
            .unwrap_or_default();
        let local = name.rsplit(|b| *b == b':').next().unwrap_or_default();
        let is_secret = SECRET_ELEMENTS.contains(&local) || (is_sign_in && local == b"Detail");
        out.extend_from_slice(&rest[..=end]);
        rest = &rest[end + 1..];
        if is_secret && !tag.ends_with(b"/") && !tag.starts_with(b"/") {
            let stop = rest.iter().position(|b| *b == b'<').unwrap_or(rest.len());
            out.extend_from_slice(b"(removed)");
            rest = &rest[stop..];
        }
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_blanked_by_element_even_when_short_or_cut() {
        let text = "<a><p:SessionId x='1'>ab</p:SessionId><password>c</password><Detail>x,y</Detail><username/>";
        let blanked = String::from_utf8(blank_secrets(text.as_bytes(), false)).unwrap();
        assert_eq!(
            blanked,
            "<a><p:SessionId x='1'>(removed)</p:SessionId><password>(removed)</password><Detail>x,y</Detail><username/>"
        );
        let sign_in = String::from_utf8(blank_secrets(text.as_bytes(), true)).unwrap();
        assert!(sign_in.contains("<Detail>(removed)</Detail>"));
        let cut = String::from_utf8(blank_secrets(b"<Detail>acme,6f0e2", true)).unwrap();
        assert_eq!(cut, "<Detail>(removed)");
    }

    #[test]
    fn only_a_failure_about_security_is_a_refused_session() {
        let reply = |id, text: &str| Reply {
            response_id: id,
            detail: text.to_owned(),
            ..Reply::default()
        };
        for text in [
            "System : Security - Session Expired",
            "system :  security:Invalid Username or Password",
            "Session expired",
        ] {
            assert!(session_refusal(&reply(-1, text)).is_some(), "{text}");
            assert!(session_refusal(&reply(0, text)).is_none(), "{text}");
        }
        for text in [
            "Line 1 : Item type 'session expired' not found",
            "System : Search",
        ] {
            assert!(session_refusal(&reply(-1, text)).is_none(), "{text}");
        }
    }
}

//! Signing in. Three lasting credentials give a session token and the account's own server; there is no refresh call, so
//! an expired session is replaced by signing in again, once for everybody who noticed.

use super::client::{answer_text, is_quota_text};
use super::method::Method;
use super::redact::Secrets;
use super::{LinnworksConfig, request, wire};
use crate::domain::delivery::AnswerClass;
use crate::secret::Secret;
use crate::text::clean_to;
use crate::vendors::scalar::{Read, Scalar};
use crate::vendors::transport::{
    Exchange, HostRule, VendorHosts, exchange_raw, judge_status, retry_after,
};
use crate::vendors::{Answer, CallError, CallLog};
use crate::wire::Wire;
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Mutex;

/// `Status.State` by ordinal.
const STATES: [&str; 4] = ["AVAILABLE", "LOCKED_BASIC", "LOCKED_FULL", "MAINTENANCE"];
const AVAILABLE: usize = 0;
const MAINTENANCE: usize = 3;
/// Longest address or reason quoted in an error, characters.
const SHOWN_CHARS_MAX: usize = 200;

/// A session with one account.
#[derive(Debug)]
pub(super) struct Session {
    /// Goes raw into `Authorization`, without any scheme word.
    pub token: Secret,
    /// The account's server with `/api/` behind it.
    pub base: String,
    /// Which sign-in of this process it came from.
    pub number: u64,
    /// What must not be recorded while it is used.
    pub secrets: Secrets,
    /// Idle seconds it lives, when told.
    pub ttl_secs: Option<i64>,
}

#[derive(Debug, Default)]
struct State {
    session: Option<Arc<Session>>,
    /// Why the last sign-in failed.
    failure: Option<CallError>,
}

/// Hands out the session, signing in when there is none.
#[derive(Debug)]
pub(super) struct Sessions {
    config: LinnworksConfig,
    hosts: HostRule,
    secrets: Secrets,
    state: Mutex<State>,
    /// Sign-ins that have come to an end.
    finished: AtomicU64,
}

impl Sessions {
    pub fn new(config: LinnworksConfig) -> Self {
        let mut urls = vec![config.auth_url.as_str()];
        urls.extend(config.server_url.as_deref());
        let mut hosts = HostRule::for_vendor(VendorHosts::Linnworks, &urls);
        hosts.extra.clone_from(&config.extra_hosts);
        let secrets = Secrets::default()
            .with(&config.application_id)
            .with(config.application_secret.expose())
            .with(config.token.expose());
        Self {
            config,
            hosts,
            secrets,
            state: Mutex::new(State::default()),
            finished: AtomicU64::new(0),
        }
    }

    /// The current session; a new one when there is none or `stale` (a session's number) is still the current one.
    /// The lock is held while signing in, so that many who found the session expired cause one sign-in.
    pub async fn get(
        &self,
        stale: Option<u64>,
        wire: &Wire,
        log: &CallLog,
    ) -> Answer<Arc<Session>> {
        let seen = self.finished.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        if let Some(session) = &state.session
            && stale != Some(session.number)
        {
            return Ok(Arc::clone(session));
        }
        // Somebody signed in and was refused while we waited for the lock: that answer is ours too.
        if let Some(failure) = &state.failure
            && self.finished.load(Ordering::Acquire) != seen
        {
            return Err(failure.clone());
        }
        state.session = None;
        let number = self.finished.load(Ordering::Acquire) + 1;
        let result = self.sign_in(number, wire, log).await;
        self.finished.store(number, Ordering::Release);
        match result {
            Ok(session) => {
                let session = Arc::new(session);
                state.session = Some(Arc::clone(&session));
                state.failure = None;
                Ok(session)
            }
            Err(error) => {
                state.failure = Some(error.clone());
                Err(error)
            }
        }
    }

    /// Forgets a session, so that the next call signs in and learns the server anew.
    pub async fn forget(&self, number: u64) {
        let mut state = self.state.lock().await;
        if state.session.as_ref().is_some_and(|s| s.number == number) {
            state.session = None;
        }
    }

    async fn sign_in(&self, number: u64, wire: &Wire, log: &CallLog) -> Answer<Session> {
        let response = self.ask(wire, log).await?;
        if let Some(error) = self.refusal(&response) {
            return Err(error);
        }
        let answer: wire::SignIn = serde_json::from_slice(response.body()).map_err(|error| {
            self.error(
                AnswerClass::Malformed,
                &format!("the answer is not a session (line {})", error.line()),
            )
        })?;
        self.read(&answer, response.body(), number)
    }

    async fn ask(&self, wire: &Wire, log: &CallLog) -> Answer<http::Response<Bytes>> {
        let method = Method::SignIn;
        let base = self.base(&self.config.auth_url, "auth_url")?;
        let body = request::sign_in(
            &self.config.application_id,
            self.config.application_secret.expose(),
            self.config.token.expose(),
        );
        let request = http::Request::builder()
            .method(method.verb())
            .uri(format!("{base}{}", method.path()))
            .header(http::header::CONTENT_TYPE, "application/json")
            .header(http::header::ACCEPT, "application/json")
            .body(Bytes::from(body.to_string()))
            .map_err(|error| self.error(AnswerClass::Auth, &error.to_string()))?;
        let exchange = Exchange {
            wire,
            log,
            method: method.path(),
            class: method.class(),
            effect: method.effect(),
            is_sign_in: true,
            redact: &|bytes| self.secrets.redact_sign_in(bytes),
        };
        exchange_raw(&exchange, request).await
    }

    /// What a status other than success means here: 400, 401 and 403 are the credentials.
    fn refusal(&self, response: &http::Response<Bytes>) -> Option<CallError> {
        let said = answer_text(response.body());
        let is_success = response.status().is_success();
        if is_quota_text(&said) {
            let mut error = self.error(AnswerClass::Throttled, &said);
            error.wait = retry_after(response.headers());
            return Some(error);
        }
        let method = Method::SignIn;
        let judged = judge_status(method.path(), method.effect(), response)?;
        let status = response.status().as_u16();
        Some(match status {
            400 | 401 | 403 if !is_success => self.error(
                AnswerClass::Auth,
                &format!(
                    "the application id, secret or token was refused (HTTP {status}): {said}; \
                     check them, or approve the installation again"
                ),
            ),
            _ => CallError {
                text: self.secrets.redact_text(&judged.text),
                ..judged
            },
        })
    }

    fn read(&self, answer: &wire::SignIn, body: &[u8], number: u64) -> Answer<Session> {
        self.usable(answer)?;
        let token = [
            (&answer.token, "Token"),
            (&answer.access_token, "AccessToken"),
        ]
        .into_iter()
        .find_map(|(value, _)| match value {
            Scalar::Text(t) if !t.trim().is_empty() => Some(t.trim().to_owned()),
            _ => None,
        });
        let Some(token) = token else {
            let said = answer_text(body);
            return Err(if said.is_empty() {
                self.error(AnswerClass::Malformed, "Token is missing in the answer")
            } else {
                self.error(AnswerClass::Auth, &said)
            });
        };
        let (server, whose) = match &self.config.server_url {
            Some(url) => (url.clone(), "server_url"),
            None => (self.text(answer.server.text("Server"))?, "Server"),
        };
        if server.trim().is_empty() {
            return Err(self.error(AnswerClass::Malformed, "Server is missing in the answer"));
        }
        Ok(Session {
            base: self.base(server.trim(), whose)?,
            secrets: self.secrets.clone().with(&token),
            token: Secret::new(token),
            number,
            ttl_secs: answer.ttl.whole("TTL").ok().flatten(),
        })
    }

    /// Stops unless the account is available. Maintenance passes by itself; a lock needs a person.
    fn usable(&self, answer: &wire::SignIn) -> Answer<()> {
        let Some(status) = &answer.status else {
            return Ok(());
        };
        let state = status.state.ordinal("Status.State", &STATES);
        let class = match state {
            Ok(None | Some(AVAILABLE)) => return Ok(()),
            Ok(Some(MAINTENANCE)) => AnswerClass::Unavailable,
            _ => AnswerClass::Auth,
        };
        let name = match state {
            Ok(Some(at)) => STATES[at].to_owned(),
            _ => self.text(status.state.text("Status.State"))?,
        };
        let reason = self.text(status.reason.text("Status.Reason"))?;
        let reason = if reason.trim().is_empty() {
            "no reason given".to_owned()
        } else {
            clean_to(&reason, SHOWN_CHARS_MAX)
        };
        Err(self.error(class, &format!("the account is {name}: {reason}")))
    }

    /// An address held against the host rule, with `/api/` behind it.
    fn base(&self, url: &str, whose: &str) -> Answer<String> {
        self.hosts.check_text(url).map_err(|error| {
            self.error(
                AnswerClass::Auth,
                &format!(
                    "{whose} {:?}: {error}; no request was sent to it",
                    clean_to(url, SHOWN_CHARS_MAX)
                ),
            )
        })?;
        // Taken from the parsed form, so that no two parsers can disagree about the host.
        let parsed = reqwest::Url::parse(url)
            .map_err(|error| self.error(AnswerClass::Auth, &error.to_string()))?;
        let path = parsed.path().trim_end_matches('/');
        let path = path.strip_suffix("/api").unwrap_or(path);
        Ok(format!(
            "{}{path}/api/",
            parsed.origin().ascii_serialization()
        ))
    }

    fn text(&self, read: Read<String>) -> Answer<String> {
        read.map_err(|fault| self.error(AnswerClass::Malformed, &fault.to_string()))
    }

    fn error(&self, class: AnswerClass, text: &str) -> CallError {
        CallError::new(
            class,
            self.secrets
                .redact_text(&format!("Linnworks sign-in: {text}")),
        )
    }
}

//! Callback intake, health and figures over HTTP. Listens on loopback unless told otherwise.
//!
//! A callback of the warehouse carries no signature and no id: its address holds a secret, it is stored whole before it
//! is acknowledged, doubles within a minute are counted and ignored, and it only ever makes the next reading come sooner.

mod figures;
mod listen;
mod strangers;

use crate::domain::change::{Batch, Change, InboxBody, NewInbox};
use crate::domain::ids::{InboxId, SystemId};
use crate::domain::time::Ts;
use crate::secret::Secret;
use crate::store::Store;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use strangers::Strangers;
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Largest callback body, bytes: a form of a few fields.
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// Fields kept of a callback, and characters of each.
const FIELDS_MAX: usize = 32;
const FIELD_CHARS_MAX: usize = 500;
/// Longest event name kept, characters.
const EVENT_CHARS_MAX: usize = 60;
/// Callbacks being stored at once; the next one is asked to come again.
const AT_WORK_MAX: usize = 64;
/// How long a callback's body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(30);
/// Said to a sender that is turned away, seconds.
const RETRY_AFTER: &str = "5";
/// How often finished exceptions of the server are looked at.
const SETTLE_EVERY: Duration = Duration::from_secs(60);
/// Fewest characters of a hook secret: 22 of base64 hold 128 bits.
pub const SECRET_CHARS_MIN: usize = 22;
/// Most characters of a hook secret.
pub const SECRET_CHARS_MAX: usize = 200;

/// Why a hook secret cannot be used; `None` when it can. It becomes part of an address, so plain characters only.
pub fn secret_fault(secret: &Secret) -> Option<String> {
    let text = secret.expose();
    let is_plain = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if is_plain && (SECRET_CHARS_MIN..=SECRET_CHARS_MAX).contains(&text.len()) {
        return None;
    }
    Some(format!(
        "must be {SECRET_CHARS_MIN} to {SECRET_CHARS_MAX} letters, digits, - or _; make one with: openssl rand -hex 32"
    ))
}

/// The address below which a system's callbacks arrive; the event follows after a slash. It is a credential.
pub fn callback_base(public_url: &str, system: &SystemId, secret: &Secret) -> Secret {
    Secret::new(format!(
        "{}/hooks/{system}/{}",
        public_url.trim_end_matches('/'),
        secret.expose()
    ))
}

/// A callback as an inbound message: a hint that something changed.
pub fn hint(id: i64, system: &SystemId, event: &str, address: &str, now: Ts) -> Change {
    let query = address.split_once('?').map_or(address, |(_, query)| query);
    let fields: Vec<(String, String)> = query
        .split('&')
        .filter_map(|part| part.split_once('='))
        .take(FIELDS_MAX)
        .map(|(name, value)| {
            (
                crate::text::clean_to(name, 60),
                crate::text::clean_to(value, FIELD_CHARS_MAX),
            )
        })
        .collect();
    let content = crate::domain::hash::of_json(&(event, &fields));
    Change::Inbox(NewInbox {
        id: InboxId(id),
        system: system.clone(),
        pair: None,
        entity: "hint".to_owned(),
        entity_id: event.to_owned(),
        // No event id exists: the content within the minute is the identity. A wrong "double" costs nothing, the poll decides.
        dedup_key: format!("{system}|{event}|{content}|{}", now.unix_secs() / 60),
        body: InboxBody::Hint {
            event: event.to_owned(),
            fields,
        },
    })
}

/// What was heard since the start.
#[derive(Debug, Default)]
struct Heard {
    taken: AtomicU64,
    doubled: AtomicU64,
    /// Wrong secret or unknown system.
    refused: AtomicU64,
    /// Too many at once, or the store did not answer.
    turned_away: AtomicU64,
}

fn count(number: &AtomicU64, n: u64) {
    number.fetch_add(n, Ordering::Relaxed);
}

/// What the server works with.
#[derive(Clone)]
pub struct Intake {
    store: Store,
    systems: Arc<BTreeSet<SystemId>>,
    secret: Arc<Secret>,
    clock: Arc<dyn Fn() -> Ts + Send + Sync>,
    at_work: Arc<Semaphore>,
    heard: Arc<Heard>,
    strangers: Arc<Strangers>,
}

impl Intake {
    /// An intake for these systems; `secret` is part of every callback address.
    pub fn new(
        store: Store,
        systems: BTreeSet<SystemId>,
        secret: Secret,
        clock: Arc<dyn Fn() -> Ts + Send + Sync>,
    ) -> Self {
        Self {
            store,
            systems: Arc::new(systems),
            secret: Arc::new(secret),
            clock,
            at_work: Arc::new(Semaphore::new(AT_WORK_MAX)),
            heard: Arc::new(Heard::default()),
            strangers: Arc::new(Strangers::default()),
        }
    }

    /// The routes.
    pub fn router(self) -> Router {
        Router::new()
            .route("/hooks/{system}/{secret}/{event}", any(take))
            .route("/healthz", get(|| async { "alive\n" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(figures::metrics))
            .with_state(self)
    }

    /// Stores one callback; false when it is a double.
    async fn store(
        &self,
        system: &SystemId,
        event: &str,
        text: &str,
    ) -> crate::store::StoreResult<bool> {
        let now = (self.clock)();
        let id = self.store.reserve_ids(1).await?;
        let batch = Batch {
            actor: "server".to_owned(),
            at: now,
            fence: None,
            changes: vec![hint(id, system, event, text, now)],
        };
        Ok(self.store.commit(batch).await?.inbox_duplicates == 0)
    }
}

/// Serves until `stop` resolves; what is being stored then is stored.
///
/// # Errors
/// The listener failed for good.
pub async fn serve(
    intake: Intake,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let settling = intake.clone();
    let served = axum::serve(listen::Bounded::new(listener), intake.router())
        .with_graceful_shutdown(stop)
        .into_future();
    let settle = async {
        loop {
            if let Err(error) = strangers::settle(&settling).await {
                tracing::warn!(%error, "finished exceptions of the server could not be looked at");
            }
            tokio::time::sleep(SETTLE_EVERY).await;
        }
    };
    tokio::select! {
        ended = served => ended,
        never = settle => never,
    }
}

async fn take(
    State(intake): State<Intake>,
    Path((system, secret, event)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    let is_known = bool::from(secret.as_bytes().ct_eq(intake.secret.expose().as_bytes()));
    let system = SystemId::from(system);
    let is_ours = intake.systems.contains(&system);
    if !is_known || !is_ours {
        // A stranger learns nothing, causes no call and no write, and the body is not even read.
        count(&intake.heard.refused, 1);
        if is_ours {
            strangers::refused(&intake, &system).await;
        }
        return StatusCode::NOT_FOUND.into_response();
    }
    let Ok(_at_work) = intake.at_work.try_acquire() else {
        return turn_away(&intake);
    };
    let text = match request.uri().query() {
        Some(query) => query.to_owned(),
        None => match body(request).await {
            Ok(text) => text,
            Err(refused) => return refused.into_response(),
        },
    };
    let event = crate::text::clean_to(&event, EVENT_CHARS_MAX);
    match intake.store(&system, &event, &text).await {
        Ok(is_new) => {
            count(&intake.heard.taken, 1);
            count(&intake.heard.doubled, u64::from(!is_new));
            StatusCode::OK.into_response()
        }
        Err(error) => {
            tracing::warn!(%error, %system, "a callback could not be stored; the sender is asked to repeat it");
            turn_away(&intake)
        }
    }
}

fn turn_away(intake: &Intake) -> Response {
    count(&intake.heard.turned_away, 1);
    let again = [(header::RETRY_AFTER, RETRY_AFTER)];
    (StatusCode::SERVICE_UNAVAILABLE, again).into_response()
}

async fn body(request: Request) -> Result<String, StatusCode> {
    let read = axum::body::to_bytes(request.into_body(), BODY_BYTES_MAX);
    match tokio::time::timeout(BODY_TIME, read).await {
        Ok(Ok(bytes)) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Ok(Err(_)) => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

async fn ready(State(intake): State<Intake>) -> (StatusCode, &'static str) {
    match intake.store.schedules().await {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the store does not answer\n",
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_secret_is_long_and_fits_into_an_address() {
        let fault = |text: &str| secret_fault(&Secret::new(text.to_owned()));
        assert_eq!(fault(&"a1-_".repeat(8)), None);
        for bad in [
            "",
            "short",
            &"a/".repeat(20),
            &"ä".repeat(30),
            &"a".repeat(201),
        ] {
            let told = fault(bad).unwrap_or_default();
            assert!(told.contains("openssl rand -hex 32"), "{bad:?}");
            assert!(bad.is_empty() || !told.contains(bad));
        }
    }

    #[test]
    fn the_callback_address_takes_a_public_address_with_or_without_a_slash() {
        let secret = Secret::new("s".repeat(30));
        for public in ["https://hooks.example.test", "https://hooks.example.test/"] {
            let base = callback_base(public, &SystemId::from("pvx"), &secret);
            let expected = format!("https://hooks.example.test/hooks/pvx/{}", "s".repeat(30));
            assert_eq!(base.expose(), expected);
        }
    }
}

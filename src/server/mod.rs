//! Callback and webhook intake, health and figures over HTTP. Listens on loopback unless told otherwise.
//!
//! Whatever arrives is stored whole before it is acknowledged, doubles are counted and ignored, and it only ever makes a
//! reading come sooner. The address holds a secret; what a vendor signs is held against the signature as well, by the
//! system's own [`Hooks`].

mod body;
mod figures;
mod heard;
mod listen;
mod queue;
mod strangers;

pub use heard::{delivered, hint};

use crate::domain::change::Change;
use crate::domain::hash;
use crate::domain::ids::SystemId;
use crate::domain::time::Ts;
use crate::secret::Secret;
use crate::store::Store;
use crate::vendors::Hooks;
use crate::vendors::hooks::Delivery;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use queue::{Letter, Queue, Stored};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use strangers::Strangers;
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Largest callback body, bytes: a form of a few fields.
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// Largest delivery of a webhook, bytes: a stock event holds every row of a product.
pub const DELIVERY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Longest event name kept, characters.
const EVENT_CHARS_MAX: usize = 60;
/// How long a sender waits for its message to be on disk; SHOPLINE gives up after five seconds.
const ANSWER_TIME: Duration = Duration::from_secs(4);
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

/// What was heard since the start.
#[derive(Debug, Default)]
struct Heard {
    taken: AtomicU64,
    doubled: AtomicU64,
    /// Wrong secret or signature, or an unknown system.
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
    hooks: Arc<BTreeMap<SystemId, Arc<dyn Hooks>>>,
    room: Arc<Semaphore>,
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
            hooks: Arc::default(),
            room: body::room(),
            heard: Arc::new(Heard::default()),
            strangers: Arc::new(Strangers::default()),
        }
    }

    /// With systems that judge their deliveries themselves. They need not be among the others.
    #[must_use]
    pub fn with_hooks(mut self, hooks: BTreeMap<SystemId, Arc<dyn Hooks>>) -> Self {
        self.hooks = Arc::new(hooks);
        self
    }

    fn knows(&self, system: &SystemId) -> bool {
        self.systems.contains(system) || self.hooks.contains_key(system)
    }
}

/// What a route works with.
#[derive(Clone)]
struct Door {
    intake: Intake,
    queue: Queue,
}

fn router(intake: Intake, queue: Queue) -> Router {
    let door = Door {
        intake: intake.clone(),
        queue,
    };
    let hooks = Router::new()
        .route("/hooks/{system}/{secret}", any(take_bare))
        .route("/hooks/{system}/{secret}/{*tail}", any(take))
        .with_state(door);
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures::metrics))
        .with_state(intake)
        .merge(hooks)
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
    let (queue, waiting) = queue::queue();
    let app = router(intake.clone(), queue);
    let served = axum::serve(listen::Bounded::new(listener), app)
        .with_graceful_shutdown(stop)
        .into_future();
    let writing = async {
        let doubled = |n: i64| count(&intake.heard.doubled, n.unsigned_abs());
        queue::write(&intake.store, &intake.clock, waiting, doubled).await;
        // Nobody can send any more: the server has ended.
        std::future::pending::<()>().await;
    };
    let settle = async {
        loop {
            if let Err(error) = strangers::settle(&intake).await {
                tracing::warn!(%error, "finished exceptions of the server could not be looked at");
            }
            tokio::time::sleep(SETTLE_EVERY).await;
        }
    };
    tokio::select! {
        ended = served => ended,
        () = writing => Ok(()),
        never = settle => never,
    }
}

async fn take_bare(
    State(door): State<Door>,
    Path((system, secret)): Path<(String, String)>,
    request: Request,
) -> Response {
    knock(&door, system, &secret, "", request).await
}

async fn take(
    State(door): State<Door>,
    Path((system, secret, tail)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    knock(&door, system, &secret, &tail, request).await
}

async fn knock(
    door: &Door,
    system: String,
    secret: &str,
    tail: &str,
    request: Request,
) -> Response {
    let intake = &door.intake;
    let is_known = bool::from(secret.as_bytes().ct_eq(intake.secret.expose().as_bytes()));
    let system = SystemId::from(system);
    let is_ours = intake.knows(&system);
    if !is_known || !is_ours {
        // A stranger learns nothing, causes no call and no write, and the body is not even read.
        count(&intake.heard.refused, 1);
        if is_ours {
            let what = "with a wrong secret in the address; nothing they said was read";
            strangers::refused(intake, &system, what).await;
        }
        return StatusCode::NOT_FOUND.into_response();
    }
    match intake.hooks.get(&system).cloned() {
        Some(hooks) => delivery(door, &system, hooks.as_ref(), tail, request).await,
        None if tail.is_empty() || tail.contains('/') => StatusCode::NOT_FOUND.into_response(),
        None => callback(door, system, tail, request).await,
    }
}

/// A callback: its event stands in the address, and nothing proves it but the address.
async fn callback(door: &Door, system: SystemId, event: &str, request: Request) -> Response {
    let (text, room) = match request.uri().query() {
        Some(query) => (query.to_owned(), None),
        None => match body::read(request, BODY_BYTES_MAX, &door.intake.room).await {
            Ok((bytes, room)) => (String::from_utf8_lossy(&bytes).into_owned(), Some(room)),
            Err(refused) => return turned_down(&door.intake, refused),
        },
    };
    let event = crate::text::clean_to(event, EVENT_CHARS_MAX);
    let clock = door.intake.clock.clone();
    let changes = move |id| vec![hint(id, &system, &event, &text, clock())];
    if store(door, Box::new(changes), room).await {
        return StatusCode::OK.into_response();
    }
    turn_away(&door.intake)
}

/// A delivery of a webhook: judged by its system, stored whole, and acknowledged when it proved where it is from.
async fn delivery(
    door: &Door,
    system: &SystemId,
    hooks: &dyn Hooks,
    tail: &str,
    request: Request,
) -> Response {
    let intake = &door.intake;
    if request.method() != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let headers = request.headers().clone();
    let (body, room) = match body::read(request, DELIVERY_BYTES_MAX, &intake.room).await {
        Ok(read) => read,
        Err(refused) => return turned_down(intake, refused),
    };
    let delivery = Delivery {
        tail,
        headers: &headers,
        body: &body,
    };
    let judged = hooks.judge(&delivery);
    let refused = judged.refused.clone();
    if refused.is_none() || intake.strangers.is_kept(system) {
        let content = hash::of_bytes(&body);
        let (raw, now) = (heard::whole(hooks, &delivery), (intake.clock)());
        let system = system.clone();
        let changes = move |id| {
            heard::stored(
                id,
                &system,
                &judged,
                (content.as_str(), raw.as_slice()),
                now,
            )
        };
        if !store(door, Box::new(changes), Some(room)).await {
            return turn_away(intake);
        }
    }
    let Some(why) = refused else {
        return StatusCode::OK.into_response();
    };
    count(&intake.heard.refused, 1);
    let what = format!("that are not believed ({why}); kept, and nothing they said was done");
    strangers::refused(intake, system, &what).await;
    StatusCode::UNAUTHORIZED.into_response()
}

/// Waits until a message is on disk; false when it cannot be said that it is.
async fn store(
    door: &Door,
    changes: Box<dyn Fn(i64) -> Vec<Change> + Send + Sync>,
    room: Option<OwnedSemaphorePermit>,
) -> bool {
    let (stored, told) = oneshot::channel();
    let letter = Letter {
        changes,
        stored,
        room,
    };
    if door.queue.try_send(letter).is_err() {
        return false;
    }
    let told = tokio::time::timeout(ANSWER_TIME, told).await;
    let is_stored = matches!(told, Ok(Ok(Stored::Yes)));
    count(&door.intake.heard.taken, u64::from(is_stored));
    is_stored
}

/// A body that could not be read: asked for again where that may help.
fn turned_down(intake: &Intake, status: StatusCode) -> Response {
    if status == StatusCode::SERVICE_UNAVAILABLE {
        return turn_away(intake);
    }
    status.into_response()
}

fn turn_away(intake: &Intake) -> Response {
    count(&intake.heard.turned_away, 1);
    let again = [(header::RETRY_AFTER, RETRY_AFTER)];
    (StatusCode::SERVICE_UNAVAILABLE, again).into_response()
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

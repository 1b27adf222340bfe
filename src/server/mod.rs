//! Callback intake, health and figures over HTTP. Listens on loopback unless told otherwise.
//!
//! A callback of the warehouse carries no signature and no id: its address holds a secret, it is stored whole before it
//! is acknowledged, doubles within a minute are counted and ignored, and it only ever makes the next reading come sooner.

use crate::domain::change::{Batch, Change, InboxBody, NewInbox};
use crate::domain::ids::{InboxId, SystemId};
use crate::domain::time::Ts;
use crate::secret::Secret;
use crate::store::Store;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::StatusCode;
use axum::routing::{any, get};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// Largest callback body.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Fields kept of a callback, and characters of each.
const FIELDS_MAX: usize = 32;
const FIELD_CHARS_MAX: usize = 500;

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

/// What the server works with.
#[derive(Clone)]
pub struct Intake {
    store: Store,
    systems: Arc<BTreeSet<SystemId>>,
    secret: Arc<Secret>,
    clock: Arc<dyn Fn() -> Ts + Send + Sync>,
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
        }
    }

    /// The routes.
    pub fn router(self) -> Router {
        Router::new()
            .route("/hooks/{system}/{secret}/{event}", any(take))
            .route("/healthz", get(|| async { "alive\n" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .with_state(self)
    }
}

/// Serves until `stop` resolves.
///
/// # Errors
/// The address cannot be listened on.
pub async fn serve(
    intake: Intake,
    listen: SocketAddr,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(listen).await?;
    axum::serve(listener, intake.router())
        .with_graceful_shutdown(stop)
        .await
}

async fn take(
    State(intake): State<Intake>,
    Path((system, secret, event)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> StatusCode {
    let is_known = bool::from(secret.as_bytes().ct_eq(intake.secret.expose().as_bytes()));
    let system = SystemId::from(system);
    if !is_known || !intake.systems.contains(&system) {
        // A stranger learns nothing and causes no call.
        return StatusCode::NOT_FOUND;
    }
    let text = match query {
        Some(query) => query,
        None => String::from_utf8_lossy(&body).into_owned(),
    };
    let now = (intake.clock)();
    let event = crate::text::clean_to(&event, 60);
    let stored = async {
        let id = intake.store.reserve_ids(1).await?;
        let changes = vec![hint(id, &system, &event, &text, now)];
        intake
            .store
            .commit(Batch {
                actor: "server".to_owned(),
                at: now,
                fence: None,
                changes,
            })
            .await
    };
    match stored.await {
        Ok(_) => StatusCode::OK,
        Err(error) => {
            tracing::warn!(%error, %system, "a callback could not be stored; the sender is asked to repeat it");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

async fn ready(State(intake): State<Intake>) -> (StatusCode, &'static str) {
    match intake.store.schedules().await {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the store does not answer\n",
        ),
    }
}

/// Figures in the text form that Prometheus reads. No customer data, no secrets.
async fn metrics(State(intake): State<Intake>) -> Result<String, StatusCode> {
    let now = (intake.clock)();
    let gone = |_| StatusCode::SERVICE_UNAVAILABLE;
    let flows = intake.store.flows_live(now).await.map_err(gone)?;
    let counts = intake.store.exception_counts().await.map_err(gone)?;
    let systems = intake.store.systems_live().await.map_err(gone)?;
    let mut out = String::new();
    for flow in flows {
        let labels = format!("pair=\"{}\",flow=\"{}\"", flow.pair, flow.flow);
        let _ = writeln!(
            out,
            "tallyman_deliveries_waiting{{{labels}}} {}",
            flow.waiting
        );
        let _ = writeln!(
            out,
            "tallyman_deliveries_in_doubt{{{labels}}} {}",
            flow.in_doubt
        );
        let _ = writeln!(out, "tallyman_deliveries_stuck{{{labels}}} {}", flow.stuck);
        if let Some(at) = flow.last_ok_at {
            let _ = writeln!(
                out,
                "tallyman_flow_age_seconds{{{labels}}} {}",
                now.since(at).as_secs()
            );
        }
    }
    for count in counts {
        let _ = writeln!(
            out,
            "tallyman_exceptions_open{{team=\"{}\",severity=\"{}\"}} {}",
            count.team, count.severity, count.open
        );
    }
    for row in systems {
        let _ = writeln!(
            out,
            "tallyman_calls_total{{system=\"{}\"}} {}",
            row.system, row.live.calls_total
        );
    }
    Ok(out)
}

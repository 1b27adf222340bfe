//! `[server]` wired: callback intake, health and figures beside the engine.

use super::context::{Context, system_clock};
use super::output::CliError;
use crate::config::{Loaded, ServerConfig, Side};
use crate::domain::ids::SystemId;
use crate::secret::Secret;
use crate::server::{self, Intake};
use crate::sync::Cx;
use crate::vendors::Hooks;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The hook secret of a configuration, fit for an address.
///
/// # Errors
/// [`CliError`] when it cannot be had or cannot be used.
pub fn hook_secret(loaded: &Loaded, config: &ServerConfig) -> Result<Secret, CliError> {
    let secret = loaded.fetch("server, hook_secret", &config.hook_secret)?;
    match server::secret_fault(&secret) {
        None => Ok(secret),
        Some(fault) => Err(CliError::failed(format!("server, hook_secret: {fault}"))),
    }
}

/// Tells the engine where callbacks and webhooks arrive, when the configuration says where they can.
///
/// # Errors
/// As [`hook_secret`].
pub fn set_callbacks(loaded: &Loaded, cx: &mut Cx) -> Result<(), CliError> {
    let Some(config) = &loaded.config.server else {
        return Ok(());
    };
    let Some(public) = &config.public_url else {
        return Ok(());
    };
    let secret = hook_secret(loaded, config)?;
    let sources = cx.systems.sources.iter();
    let telling = sources
        .filter(|(_, source)| (*source).clone().hooks().is_some())
        .map(|(id, _)| id);
    let systems: Vec<SystemId> = cx
        .systems
        .warehouses
        .keys()
        .chain(telling)
        .cloned()
        .collect();
    for system in &systems {
        let base = server::callback_base(public, system, &secret);
        cx.callback_base.insert(system.clone(), base);
    }
    Ok(())
}

/// A server that was asked for and whose address is ours.
pub struct Prepared {
    intake: Intake,
    listener: TcpListener,
}

/// Takes the address of `[server]`; `None` when the configuration has none. Systems with `hooks` judge what they send.
///
/// # Errors
/// [`CliError`] when the secret cannot be used or the address cannot be listened on.
pub async fn prepare(
    context: &Context,
    hooks: BTreeMap<SystemId, Arc<dyn Hooks>>,
) -> Result<Option<Prepared>, CliError> {
    let Some(config) = &context.loaded.config.server else {
        return Ok(None);
    };
    let secret = hook_secret(&context.loaded, config)?;
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| CliError::failed(taken(config.listen, &error)))?;
    // Warehouses send callbacks and some sources webhooks; an address of another system is a stranger's.
    let warehouses = context.loaded.config.systems.iter();
    let systems: std::collections::BTreeSet<SystemId> = warehouses
        .filter(|s| s.account.side() == Side::Warehouse)
        .map(|s| s.id.clone())
        .collect();
    let intake =
        Intake::new(context.store.clone(), systems, secret, system_clock()).with_hooks(hooks);
    Ok(Some(Prepared { intake, listener }))
}

fn taken(listen: SocketAddr, error: &std::io::Error) -> String {
    let hint = match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            "; another program, or another tallyman of this configuration, listens there: end it, or give [server] listen another port"
        }
        std::io::ErrorKind::AddrNotAvailable => {
            "; this machine does not have the address: use 127.0.0.1 or one of its own"
        }
        std::io::ErrorKind::PermissionDenied => "; ports below 1024 need rights: use a higher one",
        _ => "",
    };
    format!("server, listen: {listen} cannot be listened on: {error}{hint}")
}

impl Prepared {
    /// Serves until `stop`.
    pub fn start(self, stop: CancellationToken) -> JoinHandle<()> {
        tokio::spawn(async move {
            let Self { intake, listener } = self;
            if let Err(error) = server::serve(intake, listener, stop.cancelled_owned()).await {
                tracing::error!(%error, "the server ended; callbacks are missed, polling goes on");
            }
        })
    }
}

//! `tallyman console`: what is ready before the screen opens.

use super::context::{Context, Globals, Opening};
use super::output::{CliError, Outcome};
use super::server;
use super::sync::{SERVER_WAIT, engine_context};
use crate::config::Config;
use crate::console::app::event::{SyncState, SyncStatus};
use crate::console::app::nav::Pane;
use crate::console::run::store::StoreBackend;
use crate::console::run::{self as screen_loop, ConsoleOptions};
use crate::console::theme::ThemeName;
use crate::domain::ids::SystemId;
use crate::store::Store;
use crate::sync::{Cx, Engine};
use crate::vendors::Hooks;
use crate::vendors::registry::{self, Systems};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Options of the screen.
#[derive(Debug, Clone, clap::Args)]
pub struct ConsoleArgs {
    /// Look only: nothing can be changed
    #[arg(long)]
    pub read_only: bool,
    /// Do not run the engine, even when no worker does
    #[arg(long)]
    pub no_sync: bool,
    /// Colours: default, high-contrast, safe (red and green told apart otherwise), mono
    #[arg(long, default_value = "default")]
    pub theme: String,
    /// Symbols in plain ASCII
    #[arg(long)]
    pub ascii: bool,
    /// Do not ring when a new S1 case opens
    #[arg(long)]
    pub no_bell: bool,
}

/// Configuration and store for the screen, and the systems when this console may run the engine.
///
/// # Errors
/// [`CliError`] saying which of them failed and why. Secrets are needed only when the engine may run here.
pub async fn prepare(
    globals: &Globals,
    args: &ConsoleArgs,
) -> Result<(Context, Option<Systems>), CliError> {
    let may_sync = !args.read_only && !args.no_sync;
    let opening = match (args.read_only, may_sync) {
        (true, _) => Opening::Reading,
        (false, true) => Opening::Migrating,
        (false, false) => Opening::Writing,
    };
    let loaded = Config::load(globals.config.as_deref())?;
    let systems = if may_sync {
        Some(registry::build(&loaded, &BTreeMap::new())?)
    } else {
        None
    };
    let context = Context::with(globals, loaded, opening).await?;
    Ok((context, systems))
}

impl Default for ConsoleArgs {
    fn default() -> Self {
        Self {
            read_only: false,
            no_sync: false,
            theme: ThemeName::Default.as_str().to_owned(),
            ascii: false,
            no_bell: false,
        }
    }
}

/// Largest file of keys or colours.
const PERSONAL_BYTES_MAX: u64 = 64 * 1024;
/// How often the header's word about the engine is looked up.
const STATUS_EVERY: Duration = Duration::from_secs(2);
/// How long the engine may take to come to a stop when the screen closes.
const STOP_WAIT: Duration = Duration::from_secs(10);

pub(super) async fn run(globals: &Globals, args: ConsoleArgs) -> Result<Outcome, CliError> {
    let (context, systems) = prepare(globals, &args).await?;
    let hooks = systems.as_ref().map(Systems::hooks).unwrap_or_default();
    let cx = systems
        .map(|systems| engine_context(&context.loaded, &context.store, systems))
        .transpose()?;
    let stop = CancellationToken::new();
    let serving = match &cx {
        Some(_) => serve(&context, hooks, &stop).await?,
        None => None,
    };
    let note = if args.read_only {
        "read only"
    } else {
        "no operators are set up: everyone is administrator"
    };
    let outcome = screen(&context, cx, &args, note).await;
    stop.cancel();
    if let Some(serving) = serving
        && tokio::time::timeout(SERVER_WAIT, serving).await.is_err()
    {
        tracing::warn!("the server did not stop in time; a callback that was cut off comes again");
    }
    context.store.close().await;
    outcome
}

/// The server beside this console's engine. Where a worker on this host listens already, that one takes the callbacks.
async fn serve(
    context: &Context,
    hooks: BTreeMap<SystemId, Arc<dyn Hooks>>,
    stop: &CancellationToken,
) -> Result<Option<JoinHandle<()>>, CliError> {
    match server::prepare(context, hooks).await {
        Ok(prepared) => Ok(prepared.map(|p| p.start(stop.clone()))),
        Err(error) if is_worked_elsewhere(context).await? => {
            tracing::info!(%error, "callbacks are taken by the worker that runs already");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

async fn is_worked_elsewhere(context: &Context) -> Result<bool, CliError> {
    let now = context.now();
    let systems = context.store.systems_live().await?;
    Ok(systems
        .iter()
        .any(|row| row.lease_until.is_some_and(|until| until > now)))
}

/// The screen, with the engine beside it when `cx` is given. The engine stops with the screen.
pub(super) async fn screen(
    context: &Context,
    cx: Option<Arc<Cx>>,
    args: &ConsoleArgs,
    note: &str,
) -> Result<Outcome, CliError> {
    let theme = ThemeName::parse(&args.theme).ok_or_else(|| {
        CliError::Usage(format!(
            "there is no theme {:?}; write default, high-contrast, safe or mono",
            args.theme
        ))
    })?;
    let stop = CancellationToken::new();
    let holder = cx.as_ref().map(|cx| cx.holder.clone());
    let (told, status) = watch::channel(SyncStatus {
        state: if cx.is_some() {
            SyncState::Here
        } else {
            SyncState::Off
        },
        note: String::new(),
    });
    let engine = cx.map(|cx| {
        let (stop, told) = (stop.clone(), told.clone());
        tokio::spawn(async move {
            if let Err(error) = Engine::new(cx).run(stop).await {
                tracing::error!(%error, "the engine stopped");
                told.send_replace(SyncStatus {
                    state: SyncState::Failed,
                    note: error.to_string(),
                });
            }
        })
    });
    let watcher = tokio::spawn(watch_holders(
        context.store.clone(),
        holder,
        told,
        stop.clone(),
    ));
    let mut problems = Vec::new();
    let options = ConsoleOptions {
        operator: context.desk.who().to_string(),
        is_read_only: args.read_only,
        note: note.to_owned(),
        theme,
        theme_file: personal("theme.toml", &mut problems),
        keymap_file: personal("keymap.toml", &mut problems),
        is_ascii: args.ascii,
        is_silent: args.no_bell,
        pane: Pane::Live,
        problems,
        ..ConsoleOptions::default()
    };
    let backend = Arc::new(StoreBackend::new(context.desk.clone()));
    let exit = screen_loop::run(options, backend, status).await;
    stop.cancel();
    if let Some(engine) = engine
        && tokio::time::timeout(STOP_WAIT, engine).await.is_err()
    {
        tracing::warn!(
            "the engine did not stop in time; what it was sending is asked about at the next start"
        );
    }
    watcher.abort();
    let exit = exit.map_err(CliError::failed)?;
    Ok(Outcome::Exit(u8::try_from(exit.code()).unwrap_or(1)))
}

/// A person's own file beside the configuration: name and text. One that is there and cannot be read is a problem to be
/// told, not a reason to stay without a screen.
fn personal(name: &str, problems: &mut Vec<String>) -> Option<(String, String)> {
    let path = Config::personal(name)?;
    let shown = path.display().to_string();
    match std::fs::File::open(&path) {
        Ok(file) => {
            let mut text = String::new();
            match file.take(PERSONAL_BYTES_MAX + 1).read_to_string(&mut text) {
                Ok(read) if read as u64 <= PERSONAL_BYTES_MAX => return Some((shown, text)),
                Ok(_) => problems.push(format!("{shown} is larger than 64 KiB")),
                Err(error) => problems.push(format!("{shown} cannot be read: {error}")),
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => problems.push(format!("{shown} cannot be read: {error}")),
    }
    None
}

/// Tells the header where the engine works: here, in another process, or nowhere.
async fn watch_holders(
    store: Store,
    ours: Option<String>,
    told: watch::Sender<SyncStatus>,
    stop: CancellationToken,
) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(STATUS_EVERY) => {}
            () = stop.cancelled() => return,
        }
        let now = crate::domain::time::Ts::from_utc(chrono::Utc::now());
        let status = match store.systems_live().await {
            Err(error) => SyncStatus {
                state: SyncState::Failed,
                note: error.to_string(),
            },
            Ok(rows) => {
                let holders: Vec<String> = rows
                    .into_iter()
                    .filter(|row| row.lease_until.is_some_and(|until| until > now))
                    .filter_map(|row| row.holder)
                    .collect();
                let is_here = holders.iter().any(|h| Some(h) == ours.as_ref());
                let state = match (is_here, holders.is_empty()) {
                    (true, _) => SyncState::Here,
                    (false, false) => SyncState::Elsewhere,
                    (false, true) if ours.is_some() => continue,
                    (false, true) => SyncState::Off,
                };
                let note = if state == SyncState::Elsewhere {
                    holders.join(", ")
                } else {
                    String::new()
                };
                SyncStatus { state, note }
            }
        };
        told.send_if_modified(|old| {
            let is_new = *old != status && old.state != SyncState::Failed;
            if is_new {
                *old = status.clone();
            }
            is_new
        });
    }
}

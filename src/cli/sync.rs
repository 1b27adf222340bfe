//! `tallyman sync`: the engine without a screen.

use super::args::parse_span;
use super::context::{Context, Globals, Opening, system_clock};
use super::listing::print;
use super::output::{CliError, Outcome};
use super::server;
use crate::config::{Loaded, PairConfig};
use crate::domain::time::{Span, Ts};
use crate::report::RunSummary;
use crate::store::Store;
use crate::sync::{Cx, Engine, PairCx};
use crate::vendors::registry::{self, Systems};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Longest time `--until-idle` runs: work that never ends is a finding, not a reason to hang.
const UNTIL_IDLE_MAX: Span = Span::hours(6);
/// Longest sleep between two looks while waiting to be idle.
const IDLE_LOOK: Span = Span::secs(1);

/// How long callbacks that are being taken may take to end.
pub(super) const SERVER_WAIT: Duration = Duration::from_secs(3);

/// Options of the engine without a screen.
#[derive(Debug, Clone, clap::Args)]
pub struct SyncArgs {
    /// Stop after this time
    #[arg(long = "for", value_name = "SPAN", value_parser = parse_span, conflicts_with = "until_idle")]
    pub span: Option<Span>,
    /// Stop when every flow has run and nothing is left to send
    #[arg(long)]
    pub until_idle: bool,
}

/// Configuration, store (made or migrated) and every system, ready for the engine.
///
/// # Errors
/// [`CliError`] saying which of them failed and why.
pub async fn prepare(globals: &Globals) -> Result<(Context, Systems), CliError> {
    let context = Context::open(globals, Opening::Migrating).await?;
    if context.loaded.config.pairs.is_empty() {
        return Err(CliError::failed(
            "the configuration has no [[pair]]: there is nothing to synchronise",
        ));
    }
    let systems = registry::build(&context.loaded, &BTreeMap::new())?;
    Ok((context, systems))
}

/// Who holds the leases: host, process and start, unique for ever.
pub fn holder(started_at: Ts) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = crate::text::clean_to(host.trim(), 60);
    let host = if host.is_empty() { "host" } else { &host };
    format!("{host}/{}/{}", std::process::id(), started_at.unix_secs())
}

fn pair_for_engine(pair: &PairConfig) -> PairCx {
    PairCx {
        id: pair.id.clone(),
        source: pair.source.clone(),
        warehouse: pair.warehouse.clone(),
        prefix: pair.prefix.clone(),
        channel: pair.channel.clone(),
        policy: pair.policy.clone(),
    }
}

/// The engine's surroundings for a configuration, on the wall clock.
///
/// # Errors
/// [`CliError`] when the hook secret cannot be used.
pub fn engine_context(
    loaded: &Loaded,
    store: &Store,
    systems: Systems,
) -> Result<Arc<Cx>, CliError> {
    let clock = system_clock();
    let now = clock();
    let limits = systems
        .ids()
        .into_iter()
        .map(|id| {
            let kept = systems.limits(&id);
            let kept = kept
                .into_iter()
                .map(|l| (l.key, l.rate.per_minute()))
                .collect();
            (id, kept)
        })
        .collect();
    let mut cx = Cx::new(
        store.clone(),
        crate::sync::Systems {
            warehouses: systems.warehouses,
            sources: systems.sources,
        },
        loaded.config.pairs.iter().map(pair_for_engine).collect(),
        holder(now),
        clock,
        // Jitter only: processes that start together should not stay in step.
        now.0.unsigned_abs() ^ u64::from(std::process::id()),
    );
    cx.limits = limits;
    server::set_callbacks(loaded, &mut cx)?;
    Ok(Arc::new(cx))
}

/// Waits until the program is asked to end: Ctrl-C, TERM or HUP.
///
/// # Errors
/// [`CliError`] when signals cannot be listened for.
pub async fn asked_to_end() -> Result<(), CliError> {
    use tokio::signal::unix::{SignalKind, signal};
    let fault = |e: std::io::Error| CliError::failed(format!("signals cannot be heard: {e}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(fault)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(fault)?;
    let mut hang_up = signal(SignalKind::hangup()).map_err(fault)?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}

/// Runs the engine until asked to end, or for a while. What is in flight is finished or left in doubt, never lost.
///
/// # Errors
/// [`CliError`] when the store fails for good.
pub async fn run_engine(cx: Arc<Cx>, span: Option<Span>) -> Result<(), CliError> {
    let stop = CancellationToken::new();
    let engine = Engine::new(cx);
    let stopper = stop.clone();
    let ended = async {
        match span {
            Some(span) => tokio::select! {
                asked = asked_to_end() => asked,
                () = tokio::time::sleep(span.to_std()) => Ok(()),
            },
            None => asked_to_end().await,
        }
    };
    let mut running = std::pin::pin!(engine.run(stopper));
    tokio::select! {
        done = &mut running => return done.map_err(CliError::from),
        asked = ended => asked?,
    }
    stop.cancel();
    running.await.map_err(CliError::from)
}

/// Runs the engine until every flow has run and nothing is left to send.
///
/// # Errors
/// [`CliError`] when the store fails or it never becomes idle.
async fn run_until_idle(cx: Arc<Cx>) -> Result<(), CliError> {
    let mut engine = Engine::new(cx.clone());
    let started = cx.now();
    let idle = async {
        loop {
            let now = cx.now();
            let step = engine.step(now).await?;
            if !step.is_busy && is_idle(&cx, started, now).await? {
                return Ok(());
            }
            if now.since(started) > UNTIL_IDLE_MAX {
                return Err(CliError::failed(format!(
                    "not idle after {} h: see `tallyman deliveries list` for what is waiting",
                    UNTIL_IDLE_MAX.as_secs() / 3_600
                )));
            }
            if !step.is_busy {
                let rest = step.next_at.since(cx.now()).min(IDLE_LOOK);
                tokio::time::sleep(rest.to_std()).await;
            }
        }
    };
    let result = tokio::select! {
        done = idle => done,
        asked = asked_to_end() => asked,
    };
    engine.release().await;
    result
}

/// Every flow that is not paused has run since the start, and nothing is on its way.
async fn is_idle(cx: &Cx, started: Ts, now: Ts) -> Result<bool, CliError> {
    let flows = cx.store.flows_live(now).await?;
    Ok(flows.iter().filter(|f| f.paused.is_none()).all(|f| {
        let has_run = f.next_due_at.is_none() || f.last_started_at.is_some_and(|t| t >= started);
        has_run && f.waiting + f.sending + f.in_doubt == 0
    }))
}

pub(super) async fn run(globals: &Globals, args: SyncArgs) -> Result<Outcome, CliError> {
    let (context, systems) = prepare(globals).await?;
    let started = context.now();
    let hooks = systems.hooks();
    let cx = engine_context(&context.loaded, &context.store, systems)?;
    let stop = CancellationToken::new();
    let serving = server::prepare(&context, hooks)
        .await?
        .map(|prepared| prepared.start(stop.clone()));
    let ended = if args.until_idle {
        run_until_idle(cx).await
    } else {
        run_engine(cx, args.span).await
    };
    stop.cancel();
    if let Some(serving) = serving
        && tokio::time::timeout(SERVER_WAIT, serving).await.is_err()
    {
        tracing::warn!("the server did not stop in time; a callback that was cut off comes again");
    }
    ended?;
    if args.until_idle || args.span.is_some() {
        print_summary(&context, started).await?;
    }
    context.store.close().await;
    Ok(Outcome::Done)
}

/// Prints what a bounded run came to.
///
/// # Errors
/// When the store cannot be read or the answer not written.
pub async fn print_summary(context: &Context, started: Ts) -> Result<(), CliError> {
    let systems = context.store.systems_live().await?;
    let summary = RunSummary {
        elapsed: context.now().since(started),
        totals: context.store.totals().await?,
        calls: systems.iter().map(|s| s.live.calls_total).sum(),
    };
    print(&context.globals, &summary, summary.table(), None)
}

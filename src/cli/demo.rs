//! `tallyman demo`: a configuration and an embedded store made on the spot, for sandbox, engine and screen in one process.

use super::args::parse_span;
use super::console::ConsoleArgs;
use super::context::{Context, Globals, Opening, system_clock};
use super::output::{CliError, Outcome};
use super::sync::{engine_context, print_summary, run_engine};
use crate::config::{
    Account, Config, LinnworksAccount, Loaded, PairConfig, PeoplevoxAccount, SecretRef,
    StoreConfig, SystemConfig, state_folder,
};
use crate::domain::ids::{PairId, SystemId};
use crate::domain::policy::Policy;
use crate::domain::time::Span;
use crate::sandbox::{
    DemoCredentials, Sandbox, SandboxConfig, SimSystem, TradingHours, Troubles, WorldTraits,
};
use crate::secret::Secret;
use crate::vendors::registry::{self, Systems};
use crate::wire::Wire;
use std::collections::BTreeMap;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The demo's warehouse system.
pub const DEMO_WAREHOUSE: &str = "pvx";
/// The demo's sales system.
pub const DEMO_SOURCE: &str = "lw";
/// The demo's pair.
pub const DEMO_PAIR: &str = "lw-pvx";

/// Options of the demo.
#[derive(Debug, Clone, clap::Args)]
pub struct DemoArgs {
    /// Which world: the same number makes the same orders, people and mistakes
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// No screen: run, then print what happened
    #[arg(long, requires = "span")]
    pub headless: bool,
    /// Stop after this time
    #[arg(long = "for", value_name = "SPAN", value_parser = parse_span)]
    pub span: Option<Span>,
}

/// Orders a day in the demo's world: a customer every few seconds.
const ORDERS_PER_DAY: u32 = 12_000;
/// Pace of the demo's floor: an order leaves within a minute or two instead of an hour.
const FLOOR_PERCENT: u32 = 4_000;
/// Orders waiting when the demo begins, so that there is something to see at once.
const OPENING_ORDERS: u32 = 60;
/// Calls a minute the demo spends on its simulated warehouse, which has no limit of its own.
const WAREHOUSE_CALLS_PER_MINUTE: u32 = 240;
/// Linnworks' documented sign-in address; in the demo the sandbox answers there.
const LINNWORKS_URL: &str = "https://api.linnworks.net";
/// Peoplevox's documented address; in the demo the sandbox answers there.
const PEOPLEVOX_URL: &str = "https://wms.peoplevox.net";

/// The demo's configuration: one Linnworks–Peoplevox pair, with its store in `folder`.
pub fn configuration(folder: &Path, credentials: &DemoCredentials) -> Loaded {
    let given = |text: &str| SecretRef::Given(Secret::new(text.to_owned()));
    let peoplevox = PeoplevoxAccount {
        base_url: PEOPLEVOX_URL.to_owned(),
        client_id: credentials.pvx_client_id.clone(),
        username: credentials.pvx_username.clone(),
        password: given(&credentials.pvx_password),
        hosts: Vec::new(),
        sheet_names: BTreeMap::new(),
        column_names: BTreeMap::new(),
        closed_statuses: Vec::new(),
    };
    let linnworks = LinnworksAccount {
        auth_url: LINNWORKS_URL.to_owned(),
        server_url: None,
        application_id: credentials.lw_application_id.clone(),
        application_secret: given(&credentials.lw_application_secret),
        token: given(&credentials.lw_token),
        hosts: Vec::new(),
    };
    let brisk = BTreeMap::from([("peoplevox".to_owned(), WAREHOUSE_CALLS_PER_MINUTE)]);
    let system = |id: &str, account, limits: &BTreeMap<String, u32>| SystemConfig {
        id: SystemId::from(id),
        limits: limits.clone(),
        account,
    };
    let config = Config {
        store: StoreConfig {
            url: "sqlite:demo.db".to_owned(),
            payload_key: None,
        },
        server: None,
        systems: vec![
            system(DEMO_WAREHOUSE, Account::Peoplevox(peoplevox), &brisk),
            system(DEMO_SOURCE, Account::Linnworks(linnworks), &BTreeMap::new()),
        ],
        pairs: vec![PairConfig {
            id: PairId::from(DEMO_PAIR),
            source: SystemId::from(DEMO_SOURCE),
            warehouse: SystemId::from(DEMO_WAREHOUSE),
            prefix: "LW".to_owned(),
            channel: "Linnworks".to_owned(),
            policy: demo_policy(),
        }],
        teams: Vec::new(),
    };
    Loaded::made(config, folder.to_owned())
}

/// The house's policy with a clock that runs faster: a demo lasts minutes, not days.
fn demo_policy() -> Policy {
    Policy {
        order_pull_interval: Span::secs(5),
        order_sweep_interval: Span::mins(5),
        despatch_poll_interval: Span::secs(5),
        status_interval: Span::secs(10),
        stock_interval: Span::secs(30),
        reconcile_stock_interval: Span::secs(45),
        reconcile_orders_interval: Span::mins(1),
        confirm_grace: Span::mins(2),
        in_wms_grace: Span::mins(2),
        wait_for_tracking: Span::secs(40),
        partial_shipment: true,
        // The first publication of a new store writes every figure; a live pair asks first, a demo does not.
        mass_change_percent: 100,
        ..Policy::linnworks()
    }
}

/// The ordinary mistakes of a warehouse and its customers, often enough to be met within minutes.
fn demo_traits() -> WorldTraits {
    WorldTraits {
        unmapped_service: 0.05,
        mistyped_sku: 0.02,
        late_cancels: 0.04,
        locked: 0.02,
        lost_despatch: 0.01,
        other_writer_per_day: 1_500,
        ..WorldTraits::typical()
    }
}

/// A fresh folder for one demo, below the state folder; older demos are left for looking at.
///
/// # Errors
/// [`CliError`] when it cannot be made.
pub fn fresh_folder() -> Result<PathBuf, CliError> {
    let stamp = chrono::Utc::now().format("%Y%m%dT%H%M%S");
    let folder = state_folder()?
        .join("demo")
        .join(format!("{stamp}-{}", std::process::id()));
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)
        .map_err(|e| CliError::failed(format!("{} cannot be made: {e}", folder.display())))?;
    Ok(folder)
}

/// A demo that is ready to run: a world, a store with mappings, systems that speak to the world.
pub struct Demo {
    pub context: Context,
    pub systems: Systems,
    pub sandbox: Sandbox,
}

/// Makes a world from a seed, a store in `folder`, and imports the mappings that fit the world (but for the planned
/// mistakes).
///
/// # Errors
/// [`CliError`] saying which of them failed and why.
pub async fn prepare(globals: &Globals, seed: u64, folder: &Path) -> Result<Demo, CliError> {
    let clock = system_clock();
    let world = SandboxConfig {
        seed,
        orders_per_day: ORDERS_PER_DAY,
        opening_orders: OPENING_ORDERS,
        floor_percent: FLOOR_PERCENT,
        start: clock(),
        trading_hours: TradingHours::ALWAYS,
        traits: demo_traits(),
        ..SandboxConfig::default()
    };
    let sandbox = Sandbox::new(world, clock);
    let loaded = configuration(folder, &sandbox.demo_credentials());
    let wires: BTreeMap<SystemId, Wire> = [
        (DEMO_WAREHOUSE, SimSystem::Peoplevox),
        (DEMO_SOURCE, SimSystem::Linnworks),
    ]
    .into_iter()
    .map(|(id, system)| (SystemId::from(id), sandbox.wire(system)))
    .collect();
    let systems = registry::build(&loaded, &wires)?;
    let context = Context::with(globals, loaded, Opening::Migrating).await?;
    let pair = PairId::from(DEMO_PAIR);
    let csv = context
        .desk
        .import_csv(&pair, &sandbox.demo_mappings())
        .await?;
    context
        .desk
        .apply(&pair, csv.edits, None, "mappings of the demo")
        .await?;
    Ok(Demo {
        context,
        systems,
        sandbox,
    })
}

pub(super) async fn run(globals: &Globals, args: DemoArgs) -> Result<Outcome, CliError> {
    let folder = fresh_folder()?;
    let demo = prepare(globals, args.seed, &folder).await?;
    let context = demo.context;
    let started = context.now();
    let cx = engine_context(&context.loaded, &context.store, demo.systems)?;
    let cues = tokio::spawn(bring_troubles(demo.sandbox));
    let outcome = if args.headless {
        run_engine(cx, args.span).await?;
        print_summary(&context, started).await?;
        Outcome::Done
    } else {
        let note = "demo: all simulated here, you are administrator";
        super::console::screen(&context, Some(cx), &ConsoleArgs::default(), note).await?
    };
    cues.abort();
    context.store.close().await;
    Ok(outcome)
}

/// How often the demo looks whether it is time for something to go wrong.
const CUE_EVERY: std::time::Duration = std::time::Duration::from_secs(2);

/// The demo shows within minutes what a shop meets in a week.
async fn bring_troubles(sandbox: Sandbox) {
    let clock = system_clock();
    let mut troubles = Troubles::default();
    loop {
        sandbox.act(|world| troubles.act(world, clock()));
        tokio::time::sleep(CUE_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Format;

    #[tokio::test]
    async fn the_demo_needs_no_configuration_file_and_no_environment() {
        let folder = tempfile::tempdir().unwrap();
        let globals = Globals {
            config: None,
            as_name: Some("sam".to_owned()),
            format: Format::Table,
            log: "off".to_owned(),
        };
        let demo = prepare(&globals, 3, folder.path()).await.unwrap();
        assert!(folder.path().join("demo.db").exists());
        let pair = &demo.context.loaded.config.pairs[0];
        assert!(demo.systems.warehouses.contains_key(&pair.warehouse));
        assert!(demo.systems.sources.contains_key(&pair.source));
        let mappings = demo.context.desk.mappings(&pair.id).await.unwrap();
        assert!(mappings.len() > 10, "{}", mappings.len());
    }
}

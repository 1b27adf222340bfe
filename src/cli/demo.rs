//! `tallyman demo`: a configuration and an embedded store made on the spot, for sandbox, engine and screen in one process.

use super::args::parse_span;
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
use crate::sandbox::{Clock, Sandbox, SandboxConfig, SimSystem, TradingHours, WorldTraits};
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

/// What the sandbox accepts as credentials.
#[derive(Debug, Clone)]
pub struct DemoAccounts {
    pub peoplevox_url: String,
    pub peoplevox_client: String,
    pub peoplevox_user: String,
    pub peoplevox_password: Secret,
    pub linnworks_url: String,
    pub linnworks_application: String,
    pub linnworks_secret: Secret,
    pub linnworks_token: Secret,
}

/// The demo's configuration: one Linnworks–Peoplevox pair, with its store in `folder`.
pub fn configuration(folder: &Path, accounts: &DemoAccounts) -> Loaded {
    let peoplevox = PeoplevoxAccount {
        base_url: accounts.peoplevox_url.clone(),
        client_id: accounts.peoplevox_client.clone(),
        username: accounts.peoplevox_user.clone(),
        password: SecretRef::Given(accounts.peoplevox_password.clone()),
        hosts: Vec::new(),
        sheet_names: BTreeMap::new(),
        column_names: BTreeMap::new(),
        closed_statuses: Vec::new(),
    };
    let linnworks = LinnworksAccount {
        auth_url: accounts.linnworks_url.clone(),
        server_url: None,
        application_id: accounts.linnworks_application.clone(),
        application_secret: SecretRef::Given(accounts.linnworks_secret.clone()),
        token: SecretRef::Given(accounts.linnworks_token.clone()),
        hosts: Vec::new(),
    };
    let system = |id: &str, account| SystemConfig {
        id: SystemId::from(id),
        // The simulated warehouse has no limit of its own; a brisk pace makes the demo worth watching.
        limits: if id == DEMO_WAREHOUSE {
            BTreeMap::from([("peoplevox".to_owned(), DEMO_CALLS_PER_MINUTE)])
        } else {
            BTreeMap::new()
        },
        account,
    };
    let config = Config {
        store: StoreConfig {
            url: "sqlite:demo.db".to_owned(),
            payload_key: None,
        },
        server: None,
        systems: vec![
            system(DEMO_WAREHOUSE, Account::Peoplevox(peoplevox)),
            system(DEMO_SOURCE, Account::Linnworks(linnworks)),
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
    let mut policy = Policy::linnworks();
    policy.order_pull_interval = Span::secs(5);
    policy.order_sweep_interval = Span::mins(5);
    policy.despatch_poll_interval = Span::secs(5);
    policy.status_interval = Span::secs(10);
    policy.stock_interval = Span::secs(30);
    policy.reconcile_stock_interval = Span::secs(45);
    policy.reconcile_orders_interval = Span::mins(1);
    policy.confirm_grace = Span::mins(2);
    policy.in_wms_grace = Span::mins(2);
    policy.wait_for_tracking = Span::secs(40);
    policy.partial_shipment = true;
    // The first publication of a new store writes every figure; a live pair asks first, a demo does not.
    policy.mass_change_percent = 100;
    policy
}

/// A world in a hurry: orders every few seconds, parcels within minutes, mistakes often enough to be seen.
fn demo_world(seed: u64, clock: Clock) -> Sandbox {
    let traits = WorldTraits {
        unmapped_service: 0.05,
        mistyped_sku: 0.02,
        late_cancels: 0.04,
        locked: 0.02,
        lost_despatch: 0.01,
        other_writer_per_day: 1_500,
        ..WorldTraits::typical()
    };
    let config = SandboxConfig {
        seed,
        orders_per_day: 12_000,
        opening_orders: 60,
        start: clock(),
        traits,
        trading_hours: TradingHours::ALWAYS,
        floor_percent: 4_000,
        stock_days: 6,
        ..SandboxConfig::default()
    };
    Sandbox::new(config, clock)
}

/// Calls a minute the demo spends on its simulated warehouse.
const DEMO_CALLS_PER_MINUTE: u32 = 240;

/// The demo's mappings go in as anybody's would, by the sandbox's own CSV.
async fn load_mappings(context: &Context, sandbox: &Sandbox) -> Result<(), CliError> {
    let pair = PairId::from(DEMO_PAIR);
    let csv = context
        .desk
        .import_csv(&pair, &sandbox.demo_mappings())
        .await?;
    context
        .desk
        .apply(&pair, csv.edits, None, "mappings that come with the demo")
        .await?;
    Ok(())
}

pub(super) async fn run(globals: &Globals, args: DemoArgs) -> Result<Outcome, CliError> {
    let sandbox = demo_world(args.seed, system_clock());
    let credentials = sandbox.demo_credentials();
    let accounts = DemoAccounts {
        peoplevox_url: SandboxConfig::default().pvx_host,
        peoplevox_client: credentials.pvx_client_id,
        peoplevox_user: credentials.pvx_username,
        peoplevox_password: Secret::new(credentials.pvx_password),
        linnworks_url: "https://api.linnworks.net".to_owned(),
        linnworks_application: credentials.lw_application_id,
        linnworks_secret: Secret::new(credentials.lw_application_secret),
        linnworks_token: Secret::new(credentials.lw_token),
    };
    let loaded = configuration(&fresh_folder()?, &accounts);
    let wires = BTreeMap::from([
        (
            SystemId::from(DEMO_WAREHOUSE),
            sandbox.wire(SimSystem::Peoplevox),
        ),
        (
            SystemId::from(DEMO_SOURCE),
            sandbox.wire(SimSystem::Linnworks),
        ),
    ]);
    let (context, systems) = prepare(globals, loaded, &wires).await?;
    load_mappings(&context, &sandbox).await?;
    let started = context.now();
    let cx = engine_context(&context.loaded, &context.store, systems);
    let outcome = if args.headless {
        run_engine(cx, args.span).await?;
        print_summary(&context, started).await?;
        Outcome::Done
    } else {
        let note = "demo: everything is simulated on this machine; you are administrator";
        super::console::screen(
            &context,
            Some(cx),
            &super::console::ConsoleArgs::default(),
            note,
        )
        .await?
    };
    context.store.close().await;
    Ok(outcome)
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

/// Store, desk and systems of a demo; every system speaks through the wire given for it, else over the network.
///
/// # Errors
/// [`CliError`] saying which of them failed and why.
pub async fn prepare(
    globals: &Globals,
    loaded: Loaded,
    wires: &BTreeMap<SystemId, Wire>,
) -> Result<(Context, Systems), CliError> {
    let systems = registry::build(&loaded, wires)?;
    let context = Context::with(globals, loaded, Opening::Migrating).await?;
    Ok((context, systems))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_needs_no_configuration_file_and_no_environment() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = DemoAccounts {
            peoplevox_url: "http://127.0.0.1:1".into(),
            peoplevox_client: "demo".into(),
            peoplevox_user: "robot".into(),
            peoplevox_password: Secret::new("p".into()),
            linnworks_url: "http://127.0.0.1:2".into(),
            linnworks_application: "app".into(),
            linnworks_secret: Secret::new("s".into()),
            linnworks_token: Secret::new("t".into()),
        };
        let loaded = configuration(folder.path(), &accounts);
        assert_eq!(loaded.sqlite_path(), Some(folder.path().join("demo.db")));
        let systems = registry::build(&loaded, &BTreeMap::new()).unwrap();
        let pair = &loaded.config.pairs[0];
        assert!(systems.warehouses.contains_key(&pair.warehouse));
        assert!(systems.sources.contains_key(&pair.source));
    }
}

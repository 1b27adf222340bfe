//! `tallyman demo`: a configuration and an embedded store made on the spot, for sandbox, engine and screen in one process.

use super::args::parse_span;
use super::console::ConsoleArgs;
use super::context::{Context, Globals, Opening, system_clock};
use super::output::{CliError, Outcome};
use super::sync::{engine_context, print_summary, run_engine};
use crate::config::{
    Account, Cin7CoreAccount, Config, LinnworksAccount, Loaded, PairConfig, PeoplevoxAccount,
    SecretRef, ShoplineAccount, StoreConfig, SystemConfig, state_folder,
};
use crate::domain::ids::{PairId, SystemId};
use crate::domain::policy::Policy;
use crate::domain::time::Span;
use crate::sandbox::{
    Cin7Config, Cin7Traits, DemoCredentials, Sandbox, SandboxConfig, ShopConfig, SimSystem,
    TradingHours, Troubles, WorldTraits,
};
use crate::secret::Secret;
use crate::vendors::registry::{self, Systems};
use crate::wire::Wire;
use std::collections::BTreeMap;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The demo's warehouse system.
pub const DEMO_WAREHOUSE: &str = "pvx";
/// The demo's first sales system.
pub const DEMO_SOURCE: &str = "lw";
/// The demo's first pair.
pub const DEMO_PAIR: &str = "lw-pvx";
/// The demo's SHOPLINE store and its pair.
const DEMO_SHOP: (&str, &str) = ("shop", "sl-pvx");
/// The demo's Cin7 Core account and its pair.
const DEMO_CIN7: (&str, &str) = ("cin7", "c7-pvx");

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

impl DemoArgs {
    /// The demo on the screen, as it is without any option.
    pub const fn typical() -> Self {
        Self {
            seed: 1,
            headless: false,
            span: None,
        }
    }
}

/// Orders a day in the demo's Linnworks: a customer every few seconds.
const ORDERS_PER_DAY: u32 = 9_000;
/// Orders a day in the demo's SHOPLINE store.
const SHOP_ORDERS_PER_DAY: u32 = 5_000;
/// Orders a day in the demo's Cin7 Core: more than one in six seconds could not be told back within its limit.
const CIN7_SALES_PER_DAY: u32 = 4_000;
/// Pace of the demo's floor: an order leaves within a minute or two instead of an hour.
const FLOOR_PERCENT: u32 = 4_000;
/// Orders waiting when the demo begins, so that there is something to see at once.
const OPENING_ORDERS: u32 = 60;
/// And in its Cin7 Core.
const CIN7_OPENING_SALES: u32 = 6;
/// As many wait in the demo's SHOPLINE store.
const SHOP_OPENING_ORDERS: u32 = 20;
/// Calls a minute the demo spends on its simulated warehouse, which has no limit of its own.
const WAREHOUSE_CALLS_PER_MINUTE: u32 = 240;
/// Linnworks' documented sign-in address; in the demo the sandbox answers there.
const LINNWORKS_URL: &str = "https://api.linnworks.net";
/// The demo's store; in the demo the sandbox answers there.
const SHOPLINE_URL: &str = "https://demo.myshopline.com";
/// Cin7 Core's documented address; in the demo the sandbox answers there.
const CIN7_URL: &str = "https://inventory.dearsystems.com/ExternalApi/v2";
/// Peoplevox's documented address; in the demo the sandbox answers there.
const PEOPLEVOX_URL: &str = "https://wms.peoplevox.net";

/// The demo's configuration: three pairs on one warehouse, with their store in `folder`.
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
    let shopline = ShoplineAccount {
        base_url: SHOPLINE_URL.to_owned(),
        api_version: crate::vendors::shopline::API_VERSION_DEFAULT.to_owned(),
        access_token: given(&credentials.shop_access_token),
        app_secret: Some(given(&credentials.shop_app_secret)),
        hosts: Vec::new(),
    };
    let cin7 = Cin7CoreAccount {
        base_url: CIN7_URL.to_owned(),
        account_id: credentials.cin7_account_id.clone(),
        application_key: given(&credentials.cin7_application_key),
        time_zone: chrono_tz::UTC,
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
            system(DEMO_SHOP.0, Account::Shopline(shopline), &BTreeMap::new()),
            system(DEMO_CIN7.0, Account::Cin7Core(cin7), &BTreeMap::new()),
        ],
        pairs: vec![
            pair(
                (DEMO_SOURCE, DEMO_PAIR),
                "LW",
                "Linnworks",
                Policy::linnworks(),
            ),
            pair(DEMO_SHOP, "SL", "SHOPLINE", Policy::shopline()),
            pair(DEMO_CIN7, "C7", "Cin7 Core", Policy::cin7core()),
        ],
        teams: Vec::new(),
    };
    Loaded::made(config, folder.to_owned())
}

fn pair((source, id): (&str, &str), prefix: &str, channel: &str, policy: Policy) -> PairConfig {
    PairConfig {
        id: PairId::from(id),
        source: SystemId::from(source),
        warehouse: SystemId::from(DEMO_WAREHOUSE),
        prefix: prefix.to_owned(),
        channel: channel.to_owned(),
        policy: brisk_policy(policy),
    }
}

/// The house's policy with a clock that runs faster: a demo lasts minutes, not days.
fn brisk_policy(usual: Policy) -> Policy {
    Policy {
        order_pull_interval: Span::secs(5),
        order_sweep_interval: Span::mins(5),
        despatch_poll_interval: Span::secs(5),
        status_interval: Span::secs(10),
        stock_interval: Span::secs(30),
        reconcile_stock_interval: Span::secs(45),
        reconcile_orders_interval: Span::mins(1),
        returns_interval: Span::secs(20),
        confirm_grace: Span::mins(2),
        in_wms_grace: Span::mins(2),
        wait_for_tracking: Span::secs(40),
        partial_shipment: true,
        // The first publication of a new store writes every figure; a live pair asks first, a demo does not.
        mass_change_percent: 100,
        ..usual
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
        works_returns: true,
        return_damaged: 0.25,
        return_short: 0.1,
        return_never_comes: 0.1,
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
        shop: ShopConfig {
            orders_per_day: SHOP_ORDERS_PER_DAY,
            opening_orders: SHOP_OPENING_ORDERS,
            ..ShopConfig::default()
        },
        cin7: Cin7Config {
            traits: Cin7Traits {
                opening_sales: CIN7_OPENING_SALES,
                ..Cin7Traits::typical(CIN7_SALES_PER_DAY)
            },
            ..Cin7Config::default()
        },
        ..SandboxConfig::default()
    };
    let sandbox = Sandbox::new(world, clock);
    let loaded = configuration(folder, &sandbox.demo_credentials());
    let wires: BTreeMap<SystemId, Wire> = [
        (DEMO_WAREHOUSE, SimSystem::Peoplevox),
        (DEMO_SOURCE, SimSystem::Linnworks),
        (DEMO_SHOP.0, SimSystem::Shopline),
        (DEMO_CIN7.0, SimSystem::Cin7),
    ]
    .into_iter()
    .map(|(id, system)| (SystemId::from(id), sandbox.wire(system)))
    .collect();
    let systems = registry::build(&loaded, &wires)?;
    let context = Context::with(globals, loaded, Opening::Migrating).await?;
    let mappings = [
        (DEMO_PAIR, sandbox.demo_mappings()),
        (DEMO_SHOP.1, sandbox.demo_shop_mappings()),
        (DEMO_CIN7.1, sandbox.demo_cin7_mappings()),
    ];
    for (pair, text) in mappings {
        let pair = PairId::from(pair);
        let csv = context.desk.import_csv(&pair, &text).await?;
        context
            .desk
            .apply(&pair, csv.edits, None, "mappings of the demo")
            .await?;
    }
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
        let pairs = &demo.context.loaded.config.pairs;
        assert_eq!(pairs.len(), 3);
        for pair in pairs {
            assert!(demo.systems.warehouses.contains_key(&pair.warehouse));
            assert!(demo.systems.sources.contains_key(&pair.source));
            let mappings = demo.context.desk.mappings(&pair.id).await.unwrap();
            assert!(mappings.len() > 10, "{}: {}", pair.id, mappings.len());
        }
    }
}

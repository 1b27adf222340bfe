//! `tallyman demo`: a configuration and an embedded store made on the spot, for sandbox, engine and screen in one process.

use super::args::parse_span;
use super::context::{Context, Globals, Opening};
use super::output::CliError;
use crate::config::{
    Account, Config, LinnworksAccount, Loaded, PairConfig, PeoplevoxAccount, SecretRef,
    StoreConfig, SystemConfig, state_folder,
};
use crate::domain::ids::{PairId, SystemId};
use crate::domain::policy::Policy;
use crate::domain::time::Span;
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
        limits: BTreeMap::new(),
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
            policy: Policy::linnworks(),
        }],
        teams: Vec::new(),
    };
    Loaded::made(config, folder.to_owned())
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

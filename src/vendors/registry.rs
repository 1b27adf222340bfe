//! From configuration to systems: which kind is built by which adapter, over the network or a wire handed in.

use super::cin7core::{Cin7Config, Cin7Core};
use super::linnworks::{Linnworks, LinnworksConfig};
use super::peoplevox::{Names, Peoplevox, PeoplevoxConfig};
use super::shopline::{Shopline, ShoplineConfig};
use super::transport::{TransportOptions, VendorHosts, reqwest_wire};
use super::{Hooks, Limit, SalesSystem, Warehouse};
use crate::config::{
    Account, Cin7CoreAccount, LinnworksAccount, Loaded, PeoplevoxAccount, ShoplineAccount,
    SystemConfig, nearest,
};
use crate::domain::ids::{ItemCode, SystemId};
use crate::secret::Secret;
use crate::wire::Wire;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every configured system, ready to be called. Nothing was called yet.
#[derive(Clone, Default)]
pub struct Systems {
    pub warehouses: BTreeMap<SystemId, Arc<dyn Warehouse>>,
    pub sources: BTreeMap<SystemId, Arc<dyn SalesSystem>>,
    /// Calls per minute by limit key, as overridden in the configuration.
    overrides: BTreeMap<SystemId, BTreeMap<String, u32>>,
}

/// Why systems could not be built: every reason, one line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct RegistryError(pub Vec<String>);

impl Systems {
    /// A system of either kind.
    pub fn get(&self, id: &SystemId) -> Option<&dyn super::System> {
        let warehouse = self
            .warehouses
            .get(id)
            .map(|w| w.as_ref() as &dyn super::System);
        warehouse.or_else(|| {
            self.sources
                .get(id)
                .map(|s| s.as_ref() as &dyn super::System)
        })
    }

    /// Sources that tell of changes by themselves.
    pub fn hooks(&self) -> BTreeMap<SystemId, Arc<dyn Hooks>> {
        self.sources
            .iter()
            .filter_map(|(id, source)| Some((id.clone(), source.clone().hooks()?)))
            .collect()
    }

    /// Ids of all systems, sorted.
    pub fn ids(&self) -> Vec<SystemId> {
        let mut ids: Vec<SystemId> = self
            .warehouses
            .keys()
            .chain(self.sources.keys())
            .cloned()
            .collect();
        ids.sort();
        ids
    }

    /// The limits to keep for a system: the vendor's, with the configuration's figures in their place.
    pub fn limits(&self, id: &SystemId) -> Vec<Limit> {
        let mut limits = self.get(id).map(super::System::limits).unwrap_or_default();
        if let Some(overrides) = self.overrides.get(id) {
            for limit in &mut limits {
                if let Some(n) = overrides.get(&limit.key) {
                    limit.rate = limit.rate.with_flow(*n);
                }
            }
        }
        limits
    }
}

/// Builds every configured system. A system with a wire in `wires` speaks through it (the sandbox in process); the
/// others speak over the network.
///
/// # Errors
/// [`RegistryError`] with every secret that could not be had and every address that is not spoken to.
pub fn build(loaded: &Loaded, wires: &BTreeMap<SystemId, Wire>) -> Result<Systems, RegistryError> {
    let mut systems = Systems::default();
    let mut faults = Vec::new();
    for config in &loaded.config.systems {
        let wire = wires.get(&config.id).cloned();
        if let Err(fault) = add(&mut systems, loaded, config, wire) {
            let lines = fault
                .lines()
                .map(|l| format!("system {:?}: {l}", config.id.as_str()));
            faults.extend(lines);
            continue;
        }
        faults.extend(check_limit_keys(&systems, config));
        systems
            .overrides
            .insert(config.id.clone(), config.limits.clone());
    }
    if faults.is_empty() {
        Ok(systems)
    } else {
        Err(RegistryError(faults))
    }
}

/// Why a warehouse of this kind refuses an item code; `None` when it takes it, or the kind has no such rule.
pub fn item_code_fault(kind: &str, code: &ItemCode) -> Option<String> {
    match kind {
        "peoplevox" => super::peoplevox::item_code_fault(code),
        _ => None,
    }
}

fn add(
    systems: &mut Systems,
    loaded: &Loaded,
    config: &SystemConfig,
    wire: Option<Wire>,
) -> Result<(), String> {
    match &config.account {
        Account::Peoplevox(account) => {
            let built = peoplevox(loaded, config, account, wire)?;
            systems
                .warehouses
                .insert(config.id.clone(), Arc::new(built));
        }
        Account::Linnworks(account) => {
            let built = linnworks(loaded, account, wire)?;
            systems.sources.insert(config.id.clone(), Arc::new(built));
        }
        Account::Shopline(account) => {
            let built = shopline(loaded, config, account, wire)?;
            systems.sources.insert(config.id.clone(), Arc::new(built));
        }
        Account::Cin7Core(account) => {
            let built = cin7core(loaded, config, account, wire)?;
            systems.sources.insert(config.id.clone(), Arc::new(built));
        }
    }
    Ok(())
}

/// A `limits` key the system does not count under would silently do nothing.
fn check_limit_keys(systems: &Systems, config: &SystemConfig) -> Vec<String> {
    let known: Vec<String> = systems
        .get(&config.id)
        .map(super::System::limits)
        .unwrap_or_default()
        .into_iter()
        .map(|l| l.key)
        .collect();
    config
        .limits
        .keys()
        .filter(|key| !known.contains(key))
        .map(|key| {
            let near = nearest(key, known.iter().map(String::as_str))
                .map(|n| format!("; did you mean {n:?}?"))
                .unwrap_or_default();
            format!(
                "system {:?}, limits: calls are not counted under {:?}{near}",
                config.id.as_str(),
                crate::text::clean_to(key, 60)
            )
        })
        .collect()
}

/// The wire handed in, or one over the network that speaks to the vendor's hosts only.
fn wire_for(
    vendor: VendorHosts,
    urls: &[&str],
    hosts: &[String],
    given: Option<Wire>,
) -> Result<Wire, String> {
    if let Some(wire) = given {
        return Ok(wire);
    }
    let mut options = TransportOptions::for_vendor(vendor, urls);
    options.hosts.extra = hosts.to_vec();
    for url in urls {
        options.hosts.check_text(url).map_err(|e| e.to_string())?;
    }
    super::transport::install_crypto();
    reqwest_wire(options).map_err(|e| e.to_string())
}

fn peoplevox(
    loaded: &Loaded,
    system: &SystemConfig,
    account: &PeoplevoxAccount,
    wire: Option<Wire>,
) -> Result<Peoplevox, String> {
    let password = loaded
        .fetch("password", &account.password)
        .map_err(|e| e.to_string())?;
    let wire = wire_for(
        VendorHosts::Peoplevox,
        &[&account.base_url],
        &account.hosts,
        wire,
    )?;
    let mut config = PeoplevoxConfig::new(
        &account.base_url,
        &account.client_id,
        &account.username,
        password,
    );
    if let Some(n) = system.limits.get(super::peoplevox::LIMIT_KEY) {
        config.per_minute = *n;
    }
    config.template_aliases = Names {
        columns: account.column_names.clone(),
        sheets: account.sheet_names.clone(),
    };
    if !account.closed_statuses.is_empty() {
        config.closed_statuses.clone_from(&account.closed_statuses);
    }
    Peoplevox::new(config, wire).map_err(|e| e.to_string())
}

fn linnworks(
    loaded: &Loaded,
    account: &LinnworksAccount,
    wire: Option<Wire>,
) -> Result<Linnworks, String> {
    let secret = loaded.fetch("application_secret", &account.application_secret);
    let token = loaded.fetch("token", &account.token);
    let (application_secret, token) = match (secret, token) {
        (Ok(secret), Ok(token)) => (secret, token),
        (secret, token) => {
            let told: Vec<String> = [secret.err(), token.err()]
                .into_iter()
                .flatten()
                .map(|e| e.to_string())
                .collect();
            return Err(told.join("\n"));
        }
    };
    let mut urls = vec![account.auth_url.as_str()];
    urls.extend(account.server_url.as_deref());
    let wire = wire_for(VendorHosts::Linnworks, &urls, &account.hosts, wire)?;
    let config = LinnworksConfig {
        auth_url: account.auth_url.clone(),
        server_url: account.server_url.clone(),
        application_id: account.application_id.clone(),
        application_secret,
        token,
        extra_hosts: account.hosts.clone(),
    };
    Ok(Linnworks::new(config, wire))
}

fn shopline(
    loaded: &Loaded,
    system: &SystemConfig,
    account: &ShoplineAccount,
    wire: Option<Wire>,
) -> Result<Shopline, String> {
    let token = loaded
        .fetch("access_token", &account.access_token)
        .map_err(|e| e.to_string())?;
    let app_secret = match &account.app_secret {
        Some(secret) => Some(
            loaded
                .fetch("app_secret", secret)
                .map_err(|e| e.to_string())?,
        ),
        None => None,
    };
    let urls = [account.base_url.as_str()];
    let wire = wire_for(VendorHosts::Shopline, &urls, &account.hosts, wire)?;
    let mut config = ShoplineConfig::at(&account.base_url, token);
    config.app_secret = app_secret;
    config.api_version.clone_from(&account.api_version);
    config.extra_hosts.clone_from(&account.hosts);
    if let Some(n) = system.limits.get(super::shopline::LIMIT_KEY) {
        config.per_minute = *n;
    }
    Shopline::new(config, wire).map_err(|e| e.to_string())
}

fn cin7core(
    loaded: &Loaded,
    system: &SystemConfig,
    account: &Cin7CoreAccount,
    wire: Option<Wire>,
) -> Result<Cin7Core, String> {
    let key = loaded
        .fetch("application_key", &account.application_key)
        .map_err(|e| e.to_string())?;
    let urls = [account.base_url.as_str()];
    let wire = wire_for(VendorHosts::Cin7, &urls, &account.hosts, wire)?;
    let mut config = Cin7Config::new(Secret::new(account.account_id.clone()), key);
    config.base_url.clone_from(&account.base_url);
    config.time_zone = account.time_zone;
    config.extra_hosts.clone_from(&account.hosts);
    if let Some(n) = system.limits.get(super::cin7core::LIMIT_KEY) {
        config.per_minute = *n;
    }
    Cin7Core::new(config, wire).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use std::path::{Path, PathBuf};

    fn loaded(change: impl Fn(String) -> String) -> Loaded {
        let source = r#"
[store]
url = "sqlite:t.db"
[[system]]
id = "pvx"
kind = "peoplevox"
base_url = "https://wms.peoplevox.net"
client_id = "acme1234"
username = "robot"
password = { command = ["echo", "p"] }
[[system]]
id = "lw"
kind = "linnworks"
application_id = "app"
application_secret = { command = ["echo", "s"] }
token = { command = ["echo", "t"] }
"#;
        let config = Config::parse(&change(source.to_owned()), Path::new("t.toml")).unwrap();
        Loaded::made(config, PathBuf::from("."))
    }

    #[test]
    fn every_configured_account_becomes_a_system_of_its_side() {
        let systems = build(&loaded(|s| s), &BTreeMap::new()).unwrap();
        assert_eq!(systems.ids(), ["lw".into(), "pvx".into()]);
        assert!(systems.warehouses.contains_key(&"pvx".into()));
        assert!(systems.sources.contains_key(&"lw".into()));
    }

    #[test]
    fn a_configured_limit_takes_the_place_of_the_vendors() {
        let loaded = loaded(|s| s.replace("username", "limits = { peoplevox = 17 }\nusername"));
        let systems = build(&loaded, &BTreeMap::new()).unwrap();
        assert_eq!(systems.limits(&"pvx".into())[0].rate.per_minute(), 17);
    }

    #[test]
    fn everything_that_hinders_is_told_at_once_without_a_secret() {
        let loaded = loaded(|s| {
            s.replace("[\"echo\", \"s\"]", "[\"false\"]")
                .replace(
                    "{ command = [\"echo\", \"t\"] }",
                    "{ env = \"TALLYMAN_TEST_UNSET\" }",
                )
                .replace("https://wms.peoplevox.net", "https://wms.example.com")
        });
        let told = build(&loaded, &BTreeMap::new()).err().unwrap().to_string();
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines.len(), 3, "{told}");
        assert!(lines[0].starts_with("system \"pvx\": \"wms.example.com\" is not spoken to"));
        assert!(
            lines[1].starts_with("system \"lw\": application_secret: command \"false\" failed")
        );
        assert!(lines[2].starts_with(
            "system \"lw\": token: environment variable TALLYMAN_TEST_UNSET is not set"
        ));
    }

    #[test]
    fn a_limit_nobody_counts_under_is_a_mistake() {
        let loaded = loaded(|s| s.replace("username", "limits = { peoplevx = 17 }\nusername"));
        let told = build(&loaded, &BTreeMap::new()).err().unwrap().to_string();
        assert_eq!(
            told,
            "system \"pvx\", limits: calls are not counted under \"peoplevx\"; did you mean \"peoplevox\"?"
        );
    }
}

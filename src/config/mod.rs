//! The configuration file: fixed keys, typed, with every problem told at its line.
//! Relative paths begin at the file's own folder. Secrets are references and are fetched when needed.

mod load;
mod policy;
mod policy_card;
mod read;
mod secrets;
mod sections;
mod suggest;
#[cfg(test)]
mod tests;

pub use load::{Loaded, PAYLOAD_KEY_FILE, state_folder};
pub use policy::{parse_span, show_span};
pub use policy_card::{CardRow, card};
pub use read::{PROBLEMS_MAX, Problem};
pub use secrets::{COMMAND_TIME_MAX, SECRET_BYTES_MAX, SecretError, SecretRef, check_private};
pub use suggest::nearest;

use crate::domain::exception::Team;
use crate::domain::ids::{PairId, SystemId};
use crate::domain::policy::Policy;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Everything a file says.
#[derive(Debug, Clone)]
pub struct Config {
    pub store: StoreConfig,
    /// Absent: no callback intake, no health, no figures.
    pub server: Option<ServerConfig>,
    pub systems: Vec<SystemConfig>,
    pub pairs: Vec<PairConfig>,
    pub teams: Vec<TeamConfig>,
}

/// `[store]`
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// `sqlite:PATH` or `postgres://…`; a relative path is still relative to the file's folder here.
    pub url: String,
    /// Key of the payload bodies; [`PAYLOAD_KEY_FILE`] when absent.
    pub payload_key: Option<SecretRef>,
}

/// `[server]`
#[derive(Debug, Clone)]
pub struct ServerConfig {
    pub listen: SocketAddr,
    /// Where the warehouse reaches us; absent: no callbacks are asked for.
    pub public_url: Option<String>,
    /// Part of every callback address.
    pub hook_secret: SecretRef,
}

/// One `[[system]]`: a vendor account.
#[derive(Debug, Clone)]
pub struct SystemConfig {
    pub id: SystemId,
    /// Calls per minute by limit key, in place of the vendor's figure.
    pub limits: BTreeMap<String, u32>,
    pub account: Account,
}

/// What is needed to speak to one account, by kind.
#[derive(Debug, Clone)]
pub enum Account {
    Peoplevox(PeoplevoxAccount),
    Linnworks(LinnworksAccount),
    Shopline(ShoplineAccount),
    Cin7Core(Cin7CoreAccount),
}

/// The two sides of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Where customers' orders come from.
    Source,
    /// Where they are picked.
    Warehouse,
}

impl Account {
    /// The kind as written in the file.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Peoplevox(_) => "peoplevox",
            Self::Linnworks(_) => "linnworks",
            Self::Shopline(_) => "shopline",
            Self::Cin7Core(_) => "cin7core",
        }
    }

    /// Which side of a pair it can stand on.
    pub const fn side(&self) -> Side {
        match self {
            Self::Peoplevox(_) => Side::Warehouse,
            Self::Linnworks(_) | Self::Shopline(_) | Self::Cin7Core(_) => Side::Source,
        }
    }
}

/// `kind = "peoplevox"`
#[derive(Debug, Clone)]
pub struct PeoplevoxAccount {
    pub base_url: String,
    pub client_id: String,
    pub username: String,
    pub password: SecretRef,
    /// Hosts besides the vendor's own that may be spoken to.
    pub hosts: Vec<String>,
    /// Template or report → the tenant's name of it (`names.sheets`).
    pub sheet_names: BTreeMap<String, String>,
    /// Template or report → column → the tenant's name; empty: the column does not exist (`names.columns`).
    pub column_names: BTreeMap<String, BTreeMap<String, String>>,
    /// Statuses that need no further watching, in the tenant's words; empty: the usual ones.
    pub closed_statuses: Vec<String>,
}

/// `kind = "linnworks"`
#[derive(Debug, Clone)]
pub struct LinnworksAccount {
    /// Sign-in address; its answer names the server.
    pub auth_url: String,
    /// Overrides the server the sign-in names.
    pub server_url: Option<String>,
    pub application_id: String,
    pub application_secret: SecretRef,
    pub token: SecretRef,
    /// Hosts besides the vendor's own that may be spoken to.
    pub hosts: Vec<String>,
}

/// `kind = "shopline"`
#[derive(Debug, Clone)]
pub struct ShoplineAccount {
    /// `https://{handle}.myshopline.com`.
    pub base_url: String,
    pub api_version: String,
    pub access_token: SecretRef,
    /// Verifies webhooks; without it none are taken.
    pub app_secret: Option<SecretRef>,
    /// Hosts besides the vendor's own that may be spoken to.
    pub hosts: Vec<String>,
}

/// `kind = "cin7core"`
#[derive(Debug, Clone)]
pub struct Cin7CoreAccount {
    pub base_url: String,
    pub account_id: String,
    pub application_key: SecretRef,
    /// The account's time zone: its business dates are that calendar's.
    pub time_zone: chrono_tz::Tz,
    /// Hosts besides the vendor's own that may be spoken to.
    pub hosts: Vec<String>,
}

/// One `[[pair]]`: a source joined to a warehouse.
#[derive(Debug, Clone)]
pub struct PairConfig {
    pub id: PairId,
    pub source: SystemId,
    pub warehouse: SystemId,
    /// First part of order numbers in the warehouse, without the hyphen: `LW`.
    pub prefix: String,
    /// Channel name in the warehouse.
    pub channel: String,
    pub policy: Policy,
}

/// One `[[team]]`: where its alerts go.
#[derive(Debug, Clone)]
pub struct TeamConfig {
    pub team: Team,
    pub alerts: Vec<Alert>,
}

/// Where an alert is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alert {
    /// A JSON message to an https address.
    Webhook { url: String },
}

/// Why there is no usable configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Nothing was found where configuration is looked for.
    #[error("no configuration was found (looked at {}); write one after assets/config.example.toml, or name it with --config FILE; `tallyman demo` needs none", list_paths(.tried))]
    NotFound { tried: Vec<PathBuf> },
    /// The file is there but cannot be used as a file.
    #[error("configuration {path} {why}")]
    Unreadable { path: PathBuf, why: String },
    /// The file's content is wrong: every problem with its line.
    #[error("{}", list_problems(.file, .problems))]
    Invalid {
        file: PathBuf,
        problems: Vec<Problem>,
    },
    /// A secret could not be had: what it is for and why.
    #[error("{what}: {source}")]
    Secret { what: String, source: SecretError },
    /// The payload key is missing or wrong.
    #[error("payload key: {0}")]
    PayloadKey(String),
}

fn list_paths(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
    shown.join(", ")
}

fn list_problems(file: &std::path::Path, problems: &[Problem]) -> String {
    let mut lines: Vec<String> = problems
        .iter()
        .map(|p| {
            if p.key.is_empty() {
                format!("{}:{}: {}", file.display(), p.line, p.text)
            } else {
                format!("{}:{}: {}: {}", file.display(), p.line, p.key, p.text)
            }
        })
        .collect();
    if problems.len() == PROBLEMS_MAX {
        lines.push(format!(
            "(the first {PROBLEMS_MAX} problems; there may be more)"
        ));
    }
    lines.join("\n")
}

impl Config {
    /// A system by its id.
    pub fn system(&self, id: &SystemId) -> Option<&SystemConfig> {
        self.systems.iter().find(|s| s.id == *id)
    }

    /// A pair by its id.
    pub fn pair(&self, id: &PairId) -> Option<&PairConfig> {
        self.pairs.iter().find(|p| p.id == *id)
    }

    /// The policy card of every pair.
    pub fn cards(&self) -> BTreeMap<PairId, Vec<CardRow>> {
        let card_of = |pair: &PairConfig| {
            let kind = self.system(&pair.source).map_or("", |s| s.account.kind());
            card(&pair.policy, &Policy::of_source(kind))
        };
        self.pairs
            .iter()
            .map(|pair| (pair.id.clone(), card_of(pair)))
            .collect()
    }
}

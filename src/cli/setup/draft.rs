//! What has been answered so far: plain data that is kept beside the configuration until the set-up is done.
//! Secrets are never in it, only where they are kept.

use super::dialogue::Question;
use crate::config::nearest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The form of the draft file; another one is not read.
pub const DRAFT_VERSION: u32 = 1;
/// Most systems one set-up asks about.
pub const SYSTEMS_MAX: usize = 10;
/// Hour of the day's last despatch when nothing else is said.
pub const CUTOFF_HOUR_DEFAULT: u8 = 14;
/// The store's file when nothing else is said.
pub const STORE_FILE: &str = "tallyman.db";

/// A vendor's system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vendor {
    Peoplevox,
    Linnworks,
    Shopline,
    Cin7core,
}

impl Vendor {
    /// Those that orders come from, in the order they are offered.
    pub const SOURCES: [Self; 3] = [Self::Linnworks, Self::Shopline, Self::Cin7core];

    /// The kind as written in the file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Peoplevox => "peoplevox",
            Self::Linnworks => "linnworks",
            Self::Shopline => "shopline",
            Self::Cin7core => "cin7core",
        }
    }

    /// The name people know, which is also the channel's name in the warehouse.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Peoplevox => "Peoplevox",
            Self::Linnworks => "Linnworks",
            Self::Shopline => "SHOPLINE",
            Self::Cin7core => "Cin7 Core",
        }
    }

    /// The id of the first system of this kind.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Peoplevox => "pvx",
            Self::Linnworks => "lw",
            Self::Shopline => "shop",
            Self::Cin7core => "cin7",
        }
    }

    /// The order prefix of the first pair of this kind.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Peoplevox => "",
            Self::Linnworks => "LW",
            Self::Shopline => "SL",
            Self::Cin7core => "C7",
        }
    }

    /// What is asked about it, in this order.
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::Peoplevox => &[
                Field::BaseUrl,
                Field::ClientId,
                Field::Username,
                Field::Password,
            ],
            Self::Linnworks => &[
                Field::AuthUrl,
                Field::ApplicationId,
                Field::ApplicationSecret,
                Field::Token,
            ],
            Self::Shopline => &[Field::BaseUrl, Field::AccessToken, Field::AppSecret],
            Self::Cin7core => &[
                Field::BaseUrl,
                Field::AccountId,
                Field::ApplicationKey,
                Field::TimeZone,
            ],
        }
    }

    /// The source a person means by a number or a name.
    pub fn source(text: &str) -> Result<Self, String> {
        let word = text.to_ascii_lowercase().replace([' ', '-', '_'], "");
        let by_number = text
            .parse::<usize>()
            .ok()
            .and_then(|n| Self::SOURCES.get(n.checked_sub(1)?).copied());
        let by_name = Self::SOURCES
            .into_iter()
            .find(|v| v.word() == word || (*v == Self::Cin7core && word == "cin7"));
        by_number.or(by_name).ok_or_else(|| {
            let near = nearest(&word, Self::SOURCES.iter().map(|v| v.word()))
                .map(|n| format!("; did you mean {n}?"))
                .unwrap_or_default();
            format!("{text:?} is not one of them: type a number from 1 to 3{near}")
        })
    }
}

/// One thing to know about a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    BaseUrl,
    ClientId,
    Username,
    Password,
    AuthUrl,
    ApplicationId,
    ApplicationSecret,
    Token,
    AccessToken,
    AppSecret,
    AccountId,
    ApplicationKey,
    TimeZone,
}

impl Field {
    /// The key as written in the file.
    pub const fn key(self) -> &'static str {
        match self {
            Self::BaseUrl => "base_url",
            Self::ClientId => "client_id",
            Self::Username => "username",
            Self::Password => "password",
            Self::AuthUrl => "auth_url",
            Self::ApplicationId => "application_id",
            Self::ApplicationSecret => "application_secret",
            Self::Token => "token",
            Self::AccessToken => "access_token",
            Self::AppSecret => "app_secret",
            Self::AccountId => "account_id",
            Self::ApplicationKey => "application_key",
            Self::TimeZone => "time_zone",
        }
    }

    /// Typed without being shown, kept outside the file.
    pub const fn is_secret(self) -> bool {
        matches!(
            self,
            Self::Password
                | Self::ApplicationSecret
                | Self::Token
                | Self::AccessToken
                | Self::AppSecret
                | Self::ApplicationKey
        )
    }

    /// The system works without it.
    pub const fn is_optional(self) -> bool {
        matches!(self, Self::AppSecret)
    }
}

/// Where secrets are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keeping {
    /// In files beside the configuration that only their owner can read.
    Files,
    /// In environment variables somebody else sets.
    Variables,
}

/// Where one secret is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretPlace {
    /// A file, relative to the configuration.
    File(String),
    /// An environment variable.
    Env(String),
}

/// What is known about a system's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Not asked since the last change.
    Untried,
    /// It let us in and every finding was good.
    Good,
    /// Something was wrong, and the person keeps it all the same.
    KeptAnyway,
}

/// One system as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemDraft {
    pub vendor: Vendor,
    pub id: String,
    pub answers: BTreeMap<Field, String>,
    pub secrets: BTreeMap<Field, SecretPlace>,
    pub verdict: Verdict,
    /// How it is joined to the warehouse; none for the warehouse itself.
    pub pair: Option<PairDraft>,
}

/// How a source is joined to the warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairDraft {
    pub id: String,
    pub prefix: String,
    pub channel: String,
}

/// Where the store is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StorePlace {
    /// A SQLite file, relative to the configuration.
    Sqlite(String),
    /// An address without a password.
    Postgres(String),
}

/// Where the systems reach this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HooksDraft {
    /// The address outside, in front of [`LISTEN`].
    pub url: String,
    /// Part of the addresses that are told to the systems; none while it is being made.
    pub secret: Option<SecretPlace>,
}

/// Where the intake of webhooks listens.
pub const LISTEN: &str = "127.0.0.1:8480";
/// The variable of the secret of the webhooks' addresses.
pub const HOOK_SECRET_VARIABLE: &str = "TALLYMAN_HOOK_SECRET";

/// Everything answered so far, and where the person is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub version: u32,
    pub at: Question,
    /// Questions answered before, the latest last.
    pub past: Vec<Question>,
    pub keeping: Keeping,
    /// The warehouse first.
    pub systems: Vec<SystemDraft>,
    /// Time zone of the warehouse's promises.
    pub zone: String,
    pub cutoff_hour: u8,
    pub store: StorePlace,
    /// The payload key of a PostgreSQL store is to be made here.
    pub makes_key: bool,
    /// Where webhooks arrive; without it everything is polled.
    #[serde(default)]
    pub hooks: Option<HooksDraft>,
    /// Who signs what the set-up changes.
    pub operator: String,
    /// An existing file may be replaced.
    pub replaces: bool,
    /// The configuration has been written: what follows is store and mappings.
    pub is_written: bool,
}

impl Draft {
    /// Nothing answered yet.
    pub fn new(operator: &str, zone: &str) -> Self {
        Self {
            version: DRAFT_VERSION,
            at: Question::Where,
            past: Vec::new(),
            keeping: Keeping::Files,
            systems: Vec::new(),
            zone: zone.to_owned(),
            cutoff_hour: CUTOFF_HOUR_DEFAULT,
            store: StorePlace::Sqlite(STORE_FILE.to_owned()),
            makes_key: false,
            hooks: None,
            operator: operator.to_owned(),
            replaces: false,
            is_written: false,
        }
    }

    /// Adds a system of a kind under an id, a pair and a prefix nobody has yet; answers with its place in the list.
    pub fn add(&mut self, vendor: Vendor) -> usize {
        let name = |base: &str, n: usize| match n {
            1 => base.to_owned(),
            n => format!("{base}{n}"),
        };
        let is_free = |n: usize| {
            let (id, prefix) = (name(vendor.id(), n), name(vendor.prefix(), n));
            self.systems.iter().all(|s| {
                s.id != id
                    && s.pair
                        .as_ref()
                        .is_none_or(|p| !p.prefix.eq_ignore_ascii_case(&prefix))
            })
        };
        let n = (1..=SYSTEMS_MAX + 1).find(|n| is_free(*n)).unwrap_or(1);
        let pair = (vendor != Vendor::Peoplevox).then(|| PairDraft {
            id: format!("{}-pvx", name(&vendor.prefix().to_lowercase(), n)),
            prefix: name(vendor.prefix(), n),
            channel: vendor.name().to_owned(),
        });
        self.systems.push(SystemDraft {
            vendor,
            id: name(vendor.id(), n),
            answers: BTreeMap::new(),
            secrets: BTreeMap::new(),
            verdict: Verdict::Untried,
            pair,
        });
        self.systems.len() - 1
    }

    /// Drops sources whose questions were not answered to the end.
    pub fn drop_unfinished(&mut self) {
        let mut at = 0;
        self.systems.retain(|s| {
            at += 1;
            at == 1 || s.verdict != Verdict::Untried
        });
    }

    /// Sources that are answered to the end, with their pairs.
    pub fn pairs(&self) -> impl Iterator<Item = (&SystemDraft, &PairDraft)> {
        self.systems
            .iter()
            .filter_map(|s| Some((s, s.pair.as_ref()?)))
    }

    /// Pairs whose stock figures are overwritten, so that they share what the warehouse has.
    pub fn sharers(&self) -> usize {
        self.pairs()
            .filter(|(s, _)| s.vendor != Vendor::Cin7core)
            .count()
    }
}

//! What most verbs need: the configuration, the store, the desk of the person who asks.

use super::output::CliError;
use crate::config::{Config, Loaded};
use crate::desk::{Access, Clock, CodeRule, Desk};
use crate::domain::ids::{Operator, PairId};
use crate::domain::time::Ts;
use crate::report::Format;
use crate::store::{Store, StoreError, StoreOptions};
use crate::vendors::registry;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Options every verb takes.
#[derive(Debug, Clone, clap::Args)]
pub struct Globals {
    /// Configuration file [else TALLYMAN_CONFIG, ./tallyman.toml, the user's configuration folder]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Who you are in the audit [default: the user you are logged in as]
    #[arg(long = "as", global = true, value_name = "NAME")]
    pub as_name: Option<String>,
    /// How answers are written
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// What is logged to the state folder, for example info or tallyman=debug
    #[arg(
        long,
        global = true,
        value_name = "LEVEL",
        env = "TALLYMAN_LOG",
        default_value = "info"
    )]
    pub log: String,
}

/// Longest operator name, characters.
pub(super) const NAME_CHARS_MAX: usize = 64;

impl Globals {
    /// The person, by `--as` or the login.
    ///
    /// # Errors
    /// [`CliError::Usage`] when it cannot be a name.
    pub fn operator(&self) -> Result<Operator, CliError> {
        let name = match &self.as_name {
            Some(name) => name.clone(),
            None => login_name(),
        };
        let is_name = !name.trim().is_empty()
            && name.chars().count() <= NAME_CHARS_MAX
            && name == crate::text::clean(&name)
            // Rules sign as `engine/…`: a person must not look like one.
            && !name.contains('/');
        if is_name {
            Ok(Operator(name))
        } else {
            Err(CliError::Usage(format!(
                "{:?} cannot be an operator's name: at most {NAME_CHARS_MAX} plain characters, no slash",
                crate::text::clean_to(&name, NAME_CHARS_MAX)
            )))
        }
    }
}

/// The user this process runs as: by the system's own list of users, not by what the environment says.
fn login_name() -> String {
    use std::os::unix::fs::MetadataExt;
    let Ok(uid) = std::fs::metadata("/proc/self").map(|m| m.uid()) else {
        return std::env::var("USER").unwrap_or_else(|_| "unknown".to_owned());
    };
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    name_of(&users, uid).unwrap_or_else(|| format!("uid-{uid}"))
}

/// A user's name in a passwd file.
fn name_of(users: &str, uid: u32) -> Option<String> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let id: u32 = fields.nth(1)?.parse().ok()?;
        (id == uid && !name.is_empty()).then(|| name.to_owned())
    })
}

/// What a verb will do with the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// Look only: every write is refused.
    Reading,
    /// Look and change; an older schema is an error.
    Writing,
    /// Look and change; made when absent, migrated when older (after a backup with SQLite).
    Migrating,
}

/// A verb's surroundings.
pub struct Context {
    pub globals: Globals,
    pub loaded: Loaded,
    pub store: Store,
    pub desk: Desk,
}

/// The wall clock.
pub fn system_clock() -> Clock {
    Arc::new(|| Ts::from_utc(chrono::Utc::now()))
}

impl Context {
    /// Reads the configuration and opens the store.
    ///
    /// # Errors
    /// [`CliError`] saying which of them failed and why.
    pub async fn open(globals: &Globals, opening: Opening) -> Result<Self, CliError> {
        let loaded = Config::load(globals.config.as_deref())?;
        Self::with(globals, loaded, opening).await
    }

    /// Opens the store of a configuration that was read or made already.
    ///
    /// # Errors
    /// As [`Context::open`].
    pub async fn with(
        globals: &Globals,
        loaded: Loaded,
        opening: Opening,
    ) -> Result<Self, CliError> {
        let who = globals.operator()?;
        let store = open_store(&loaded, opening).await?;
        let access = match opening {
            Opening::Reading => Access::ReadOnly,
            Opening::Writing | Opening::Migrating => Access::Full,
        };
        let desk = Desk::new(
            store.clone(),
            who,
            access,
            loaded.config.pairs.clone(),
            system_clock(),
        )
        .with_code_rule(code_rule(&loaded.config))
        .with_cards(loaded.config.cards());
        Ok(Self {
            globals: globals.clone(),
            loaded,
            store,
            desk,
        })
    }

    /// The time now.
    pub fn now(&self) -> Ts {
        self.desk.now()
    }

    /// The pair that is meant: the one named, else the only one there is.
    ///
    /// # Errors
    /// [`CliError::Usage`] when it does not exist, or several do and none is named.
    pub fn pair(&self, named: Option<&str>) -> Result<PairId, CliError> {
        let pairs = &self.loaded.config.pairs;
        let all = || {
            let names: Vec<&str> = pairs.iter().map(|p| p.id.as_str()).collect();
            names.join(", ")
        };
        match (named, pairs.as_slice()) {
            (Some(name), _) => pairs
                .iter()
                .find(|p| p.id.as_str() == name)
                .map(|p| p.id.clone())
                .ok_or_else(|| {
                    CliError::Usage(format!(
                        "there is no pair {:?}; the configuration has: {}",
                        crate::text::clean_to(name, 40),
                        all()
                    ))
                }),
            (None, [only]) => Ok(only.id.clone()),
            (None, []) => Err(CliError::Usage(
                "the configuration has no [[pair]]".to_owned(),
            )),
            (None, _) => Err(CliError::Usage(format!(
                "say which pair with --pair: {}",
                all()
            ))),
        }
    }
}

/// What each pair's warehouse refuses as an item code. It needs no network: the limits are the vendor's.
fn code_rule(config: &Config) -> CodeRule {
    let kinds: BTreeMap<PairId, &'static str> = config
        .pairs
        .iter()
        .filter_map(|pair| {
            let warehouse = config.system(&pair.warehouse)?;
            Some((pair.id.clone(), warehouse.account.kind()))
        })
        .collect();
    Arc::new(move |pair, code| registry::item_code_fault(kinds.get(pair)?, code))
}

/// Opens a configuration's store.
///
/// # Errors
/// [`CliError`] when the payload key or the store cannot be had.
pub async fn open_store(loaded: &Loaded, opening: Opening) -> Result<Store, CliError> {
    let is_there = loaded.sqlite_path().is_none_or(|path| path.exists());
    if !is_there && opening != Opening::Migrating {
        return Err(CliError::failed(format!(
            "there is no store at {} yet; `tallyman store migrate` or the first `tallyman sync` makes it",
            loaded.store_url()
        )));
    }
    let options = StoreOptions {
        url: loaded.store_url(),
        payload_key: loaded.payload_key()?,
        is_read_only: opening == Opening::Reading,
        is_migrating: opening == Opening::Migrating,
        is_durable: true,
    };
    Store::open(&options)
        .await
        .map_err(|error| store_fault(&loaded.store_url(), &error))
}

/// A store that cannot be opened: which one, why, and what can be done.
pub fn store_fault(url: &str, error: &StoreError) -> CliError {
    let place = url.strip_prefix("sqlite:").unwrap_or(url);
    let text = error.to_string();
    let named = if text.contains(place) {
        text
    } else {
        format!("store {url}: {text}")
    };
    let remedy = match error {
        StoreError::Corrupt(_) => {
            "; bring the last copy back with `tallyman store restore FILE` (what is there now is kept), or move the file away to begin a new store"
        }
        StoreError::Full(_) => "; make room on that disk, nothing is lost",
        _ => "",
    };
    CliError::failed(format!("{named}{remedy}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_found_by_number_and_never_named_like_a_rule() {
        let users = "root:x:0:0::/:/bin/sh\nbroken\nsam:x:1000:1000::/:/bin/sh\n";
        assert_eq!(name_of(users, 1000).as_deref(), Some("sam"));
        assert_eq!(name_of(users, 7), None);
        let globals = |name: &str| Globals {
            config: None,
            as_name: Some(name.to_owned()),
            format: Format::Table,
            log: "info".to_owned(),
        };
        assert!(globals("Sam Sample").operator().is_ok());
        for bad in ["", " ", "engine/desk", "a\u{1b}[2J", &"x".repeat(65)] {
            assert!(globals(bad).operator().is_err(), "{bad:?}");
        }
    }
}

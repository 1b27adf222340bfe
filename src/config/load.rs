//! Finding the file, and what belongs beside it: the payload key, the store's place, the state folder.

use super::sections;
use super::{Config, ConfigError, SecretRef, check_private};
use crate::secret::Secret;
use base64::Engine;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The payload key's file when the configuration names none, beside the configuration.
pub const PAYLOAD_KEY_FILE: &str = "payload.key";
/// Largest configuration file, bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Name of the file where no name is given.
const FILE_NAME: &str = "tallyman.toml";

/// A configuration with where it came from.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub config: Config,
    /// The file; `None` when the program made the configuration itself (demo, rehearsal).
    pub file: Option<PathBuf>,
    /// Where relative paths begin.
    pub folder: PathBuf,
}

impl Config {
    /// Finds and reads the configuration: `explicit`, else `TALLYMAN_CONFIG`, else `./tallyman.toml`, else
    /// `tallyman/tallyman.toml` in the user's configuration folder.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that is wrong, each at its line.
    pub fn load(explicit: Option<&Path>) -> Result<Loaded, ConfigError> {
        if let Some(path) = Self::named(explicit) {
            return Self::load_file(&path);
        }
        let tried = Self::places();
        match tried.iter().find(|p| p.exists()) {
            Some(path) => Self::load_file(path),
            None => Err(ConfigError::NotFound { tried }),
        }
    }

    /// The file somebody named: `explicit`, else `TALLYMAN_CONFIG`.
    pub fn named(explicit: Option<&Path>) -> Option<PathBuf> {
        let from_env = std::env::var_os("TALLYMAN_CONFIG").filter(|v| !v.is_empty());
        explicit
            .map(Path::to_owned)
            .or_else(|| from_env.map(PathBuf::from))
    }

    /// Where a file that nobody named is looked for, in this order.
    pub fn places() -> Vec<PathBuf> {
        let mut places = vec![PathBuf::from(FILE_NAME)];
        places.extend(Self::personal(FILE_NAME));
        places
    }

    /// Where a person's own file of this name lies; `None` without a home.
    pub fn personal(name: &str) -> Option<PathBuf> {
        base_folder("XDG_CONFIG_HOME", ".config").map(|f| f.join("tallyman").join(name))
    }

    /// Reads one file.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn load_file(path: &Path) -> Result<Loaded, ConfigError> {
        let unreadable = |why: String| ConfigError::Unreadable {
            path: path.to_owned(),
            why,
        };
        let meta = std::fs::metadata(path).map_err(|e| {
            let remedy = if e.kind() == std::io::ErrorKind::NotFound {
                "; write one after assets/config.example.toml, or name another with --config FILE"
            } else {
                ""
            };
            unreadable(format!("cannot be read: {e}{remedy}"))
        })?;
        if !meta.is_file() {
            return Err(unreadable("is not a file".to_owned()));
        }
        if meta.len() > FILE_BYTES_MAX {
            return Err(unreadable("is larger than 1 MiB".to_owned()));
        }
        // It may name commands to run: whoever can write it can run programs as us.
        if meta.mode() & 0o002 != 0 {
            return Err(unreadable(format!(
                "can be written by everybody (mode {:03o}); run: chmod o-w {}",
                meta.mode() & 0o777,
                path.display()
            )));
        }
        let source = std::fs::read_to_string(path)
            .map_err(|e| unreadable(format!("cannot be read: {e}")))?;
        let config = Self::parse(&source, path)?;
        let folder = path
            .parent()
            .map_or_else(PathBuf::new, Path::to_owned)
            .canonicalize();
        let folder = match folder {
            Ok(folder) => folder,
            Err(_) => std::env::current_dir()
                .map_err(|e| unreadable(format!("has no folder that can be found: {e}")))?,
        };
        Ok(Loaded {
            config,
            file: Some(path.to_owned()),
            folder,
        })
    }

    /// Reads a text as configuration; `file` is for messages only.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`].
    pub fn parse(source: &str, file: &Path) -> Result<Self, ConfigError> {
        sections::parse(source).map_err(|problems| ConfigError::Invalid {
            file: file.to_owned(),
            problems,
        })
    }
}

/// `$variable`, else `$HOME/below`.
fn base_folder(variable: &str, below: &str) -> Option<PathBuf> {
    let set = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|p| p.is_absolute())
    };
    set(variable).or_else(|| set("HOME").map(|h| h.join(below)))
}

/// The folder for logs and the demo's store, made when absent (0700): `TALLYMAN_STATE`, else
/// `$XDG_STATE_HOME/tallyman`, else `~/.local/state/tallyman`.
///
/// # Errors
/// [`ConfigError::Unreadable`] when there is no such place or it cannot be made.
pub fn state_folder() -> Result<PathBuf, ConfigError> {
    let given = std::env::var_os("TALLYMAN_STATE")
        .filter(|v| !v.is_empty())
        .map(PathBuf::from);
    let folder = given
        .or_else(|| base_folder("XDG_STATE_HOME", ".local/state").map(|f| f.join("tallyman")))
        .ok_or_else(|| ConfigError::Unreadable {
            path: PathBuf::from("~/.local/state/tallyman"),
            why: "cannot be placed: HOME is not set; set TALLYMAN_STATE to a folder".to_owned(),
        })?;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)
        .map_err(|e| ConfigError::Unreadable {
            path: folder.clone(),
            why: format!("(the state folder) cannot be made: {e}"),
        })?;
    Ok(folder)
}

impl Loaded {
    /// A configuration the program made itself.
    pub fn made(config: Config, folder: PathBuf) -> Self {
        Self {
            config,
            file: None,
            folder,
        }
    }

    /// The store's address with a relative SQLite path made absolute.
    pub fn store_url(&self) -> String {
        match self.sqlite_path() {
            Some(path) => format!("sqlite:{}", path.display()),
            None => self.config.store.url.clone(),
        }
    }

    /// The SQLite file, when the store is one.
    pub fn sqlite_path(&self) -> Option<PathBuf> {
        let rest = self.config.store.url.strip_prefix("sqlite:")?;
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        Some(self.folder.join(rest))
    }

    /// Fetches a secret; `what` names its use for the message: `system "pvx", password`.
    ///
    /// # Errors
    /// [`ConfigError::Secret`].
    pub fn fetch(&self, what: &str, secret: &SecretRef) -> Result<Secret, ConfigError> {
        secret
            .fetch(&self.folder)
            .map_err(|source| ConfigError::Secret {
                what: what.to_owned(),
                source,
            })
    }

    /// The key of the payload bodies. On the first run with a SQLite store its file is made (0600); where a store
    /// already exists without its key that is refused, because the old bodies could never be read again.
    ///
    /// # Errors
    /// [`ConfigError::PayloadKey`] or [`ConfigError::Secret`].
    pub fn payload_key(&self) -> Result<[u8; 32], ConfigError> {
        let default = SecretRef::File(PathBuf::from(PAYLOAD_KEY_FILE));
        let reference = self.config.store.payload_key.as_ref().unwrap_or(&default);
        if let SecretRef::File(path) = reference {
            let path = self.folder.join(path);
            if !path.exists() {
                return self.make_key(&path);
            }
        }
        let secret = self.fetch("store, payload_key", reference)?;
        read_key(&secret, &reference.place())
    }

    fn make_key(&self, path: &Path) -> Result<[u8; 32], ConfigError> {
        let Some(store) = self.sqlite_path() else {
            return Err(ConfigError::PayloadKey(format!(
                "file {} is missing; hosts that share a store share one key, so it is not made by itself. Make it once: (umask 077; head -c 32 /dev/urandom | base64 > {}) and copy it to every host",
                path.display(),
                path.display()
            )));
        };
        if store.exists() {
            return Err(ConfigError::PayloadKey(format!(
                "file {} is missing, but store {} exists and its payloads were encrypted with it; restore the key, or move the store away to begin a new one",
                path.display(),
                store.display()
            )));
        }
        write_key(path)
    }

    /// Makes the payload key of a store that several hosts share, for the first of them; a key that is there stays.
    ///
    /// # Errors
    /// [`ConfigError::PayloadKey`].
    pub fn make_shared_key(&self) -> Result<(), ConfigError> {
        let default = SecretRef::File(PathBuf::from(PAYLOAD_KEY_FILE));
        let reference = self.config.store.payload_key.as_ref().unwrap_or(&default);
        match reference {
            SecretRef::File(path) if !self.folder.join(path).exists() => {
                write_key(&self.folder.join(path)).map(|_| ())
            }
            _ => Ok(()),
        }
    }
}

/// Makes a key and its file, which must not exist.
fn write_key(path: &Path) -> Result<[u8; 32], ConfigError> {
    let failed = |e: &dyn std::fmt::Display| {
        ConfigError::PayloadKey(format!("cannot be made at {}: {e}", path.display()))
    };
    let mut key = [0u8; 32];
    rand::TryRng::try_fill_bytes(&mut rand::rngs::SysRng, &mut key).map_err(|e| failed(&e))?;
    let text = base64::engine::general_purpose::STANDARD.encode(key);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|e| failed(&e))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all())
        .map_err(|e| failed(&e))?;
    check_private(path).map_err(|e| failed(&e))?;
    Ok(key)
}

/// 32 bytes from base64 or hex.
fn read_key(secret: &Secret, place: &str) -> Result<[u8; 32], ConfigError> {
    let text = secret.expose().trim();
    let bytes = if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        (0..32)
            .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap_or_default())
            .collect()
    } else {
        base64::engine::general_purpose::STANDARD
            .decode(text)
            .unwrap_or_default()
    };
    bytes.try_into().map_err(|_| {
        ConfigError::PayloadKey(format!(
            "{place} must hold 32 bytes in base64 or 64 hex digits; restore the key this store was made with"
        ))
    })
}

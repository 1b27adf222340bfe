//! `tallyman store …`

use super::context::{Globals, Opening, open_store, system_clock};
use super::listing::print;
use super::output::{CliError, Outcome, say_line};
use crate::config::{Config, Loaded};
use crate::domain::time::Ts;
use crate::report::{Column, Table};
use crate::store::{Store, StoreOptions};
use clap::Subcommand;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What can be done with the store itself.
#[derive(Debug, Subcommand)]
pub enum StoreVerb {
    /// Make the store, or bring an older one up to date (a copy is made first with SQLite)
    Migrate,
    /// Check file, schema, chains and conservation of messages; exit code 3 when something is found
    Verify,
    /// Write a consistent copy (SQLite)
    Backup {
        /// The new file; must not exist
        file: PathBuf,
    },
    /// Put a copy in the store's place (SQLite); the present store is kept beside it
    Restore {
        /// A file written by backup
        file: PathBuf,
    },
}

pub(super) async fn run(globals: &Globals, verb: StoreVerb) -> Result<Outcome, CliError> {
    let loaded = Config::load(globals.config.as_deref())?;
    match verb {
        StoreVerb::Migrate => {
            let store = open_store(&loaded, Opening::Migrating).await?;
            store.close().await;
            say_line(&format!("The store {} is up to date.", loaded.store_url()))?;
            Ok(Outcome::Done)
        }
        StoreVerb::Verify => verify(globals, &loaded).await,
        StoreVerb::Backup { file } => {
            let store = open_store(&loaded, Opening::Reading).await?;
            let done = store.backup(&file).await?;
            say_line(&format!(
                "{} bytes written to {}. It is useless without the payload key: keep that too, elsewhere.",
                done.bytes,
                done.path.display()
            ))?;
            Ok(Outcome::Done)
        }
        StoreVerb::Restore { file } => restore(&loaded, &file).await,
    }
}

async fn verify(globals: &Globals, loaded: &Loaded) -> Result<Outcome, CliError> {
    let store = open_store(loaded, Opening::Reading).await?;
    let findings = store.verify().await?;
    let mut table = Table::new(&[Column::text("finding")]);
    for finding in &findings {
        table.row([finding.clone()]);
    }
    let foot = findings.is_empty().then(|| "the store is sound".to_owned());
    print(globals, &findings, table, foot)?;
    Ok(if findings.is_empty() {
        Outcome::Done
    } else {
        Outcome::Found
    })
}

/// Opens a file as a store for looking only and checks it.
async fn check_copy(loaded: &Loaded, file: &Path) -> Result<(), CliError> {
    let options = StoreOptions {
        url: format!("sqlite:{}", file.display()),
        payload_key: loaded.payload_key()?,
        is_read_only: true,
        is_migrating: false,
        is_durable: true,
    };
    let copy = Store::open(&options).await.map_err(|error| {
        CliError::failed(format!(
            "{} is not restored, nothing was changed: {error}",
            file.display()
        ))
    })?;
    let findings = copy.verify().await?;
    copy.close().await;
    if findings.is_empty() {
        return Ok(());
    }
    Err(CliError::failed(format!(
        "{} is not restored, it is not sound:\n{}",
        file.display(),
        findings.join("\n")
    )))
}

async fn restore(loaded: &Loaded, file: &Path) -> Result<Outcome, CliError> {
    let Some(place) = loaded.sqlite_path() else {
        return Err(CliError::Usage(
            "a PostgreSQL store is restored with pg_restore, not from here".to_owned(),
        ));
    };
    if !file.is_file() {
        return Err(CliError::failed(format!(
            "{} is not a file",
            file.display()
        )));
    }
    check_copy(loaded, file).await?;
    let now = system_clock()();
    let kept = if place.exists() {
        refuse_while_served(loaded, now).await?;
        Some(set_aside(&place, now)?)
    } else {
        None
    };
    copy_private(file, &place)?;
    say_line(&format!(
        "Restored {} from {}.",
        place.display(),
        file.display()
    ))?;
    if let Some(kept) = kept {
        say_line(&format!(
            "The store that was there is kept as {}.",
            kept.display()
        ))?;
    }
    say_line(
        "What was written after the copy was made is unknown to it: pause the writing flows, let `tallyman sync` read, and look at `tallyman deliveries list` before anything goes out.",
    )?;
    Ok(Outcome::Done)
}

/// A store that a worker serves must not be taken from under it. A store that cannot be opened may be replaced: that
/// is what copies are for.
async fn refuse_while_served(loaded: &Loaded, now: Ts) -> Result<(), CliError> {
    let Ok(store) = open_store(loaded, Opening::Reading).await else {
        return Ok(());
    };
    let systems = store.systems_live().await.unwrap_or_default();
    store.close().await;
    match systems
        .iter()
        .find(|s| s.lease_until.is_some_and(|t| t > now))
    {
        Some(system) => Err(CliError::failed(format!(
            "a worker serves {} from this store right now; stop it, wait a minute, then restore",
            system.system
        ))),
        None => Ok(()),
    }
}

/// Moves the store and its side files away; answers with the new name.
fn set_aside(place: &Path, now: Ts) -> Result<PathBuf, CliError> {
    let stamp = now.to_utc().format("%Y%m%dT%H%M%SZ");
    let aside = |p: &Path, suffix: &str| {
        let mut name = p.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let kept = aside(place, &format!(".before-restore-{stamp}"));
    for suffix in ["", "-wal", "-shm"] {
        let from = aside(place, suffix);
        if from.exists() {
            let to = aside(&kept, suffix);
            std::fs::rename(&from, &to).map_err(|e| {
                CliError::failed(format!("{} cannot be moved away: {e}", from.display()))
            })?;
        }
    }
    Ok(kept)
}

/// Copies a file to a new one only its owner can read, to the disk.
fn copy_private(from: &Path, to: &Path) -> Result<(), CliError> {
    let fault = |e: std::io::Error| {
        CliError::failed(format!(
            "{} cannot be copied to {}: {e}",
            from.display(),
            to.display()
        ))
    };
    let mut source = std::fs::File::open(from).map_err(fault)?;
    let mut target = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)
        .map_err(fault)?;
    std::io::copy(&mut source, &mut target).map_err(fault)?;
    target.sync_all().map_err(fault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_store_set_aside_takes_its_side_files_along() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("t.db");
        for suffix in ["", "-wal", "-shm"] {
            std::fs::write(folder.path().join(format!("t.db{suffix}")), suffix).unwrap();
        }
        let kept = set_aside(&place, Ts(0)).unwrap();
        assert!(kept.ends_with("t.db.before-restore-19700101T000000Z"));
        assert!(!place.exists() && kept.exists());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);

        copy_private(&kept, &place).unwrap();
        let mode = std::fs::metadata(&place).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(copy_private(&kept, &place).is_err(), "never overwrites");
    }
}

//! The log: a file in the state folder, never the terminal, never a secret.

use super::output::CliError;
use crate::config::state_folder;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tracing_subscriber::EnvFilter;

/// A log larger than this is put aside (as `tallyman.log.1`) when the program starts.
pub const LOG_BYTES_MAX: u64 = 20 * 1024 * 1024;

/// Starts logging to `tallyman.log` in the state folder (0600); answers with the file.
///
/// # Errors
/// [`CliError::Usage`] for a level that is none, [`CliError::Failed`] when the file cannot be opened.
pub fn start_logging(level: &str) -> Result<PathBuf, CliError> {
    // A bare word that is no level would be taken for a module's name, and nothing would be logged.
    let is_bare_word = !level.contains('=') && level.parse::<tracing::Level>().is_err();
    let filter = EnvFilter::try_new(level)
        .ok()
        .filter(|_| !is_bare_word || level == "off")
        .ok_or_else(|| {
            CliError::Usage(format!(
                "--log {:?} is not understood; use off, error, warn, info, debug, trace or MODULE=LEVEL",
                crate::text::clean_to(level, 60)
            ))
        })?;
    let path = state_folder()?.join("tallyman.log");
    let file = open(&path).map_err(|e| {
        CliError::failed(format!("the log {} cannot be opened: {e}", path.display()))
    })?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .try_init()
        .map_err(|e| CliError::failed(format!("logging cannot be started: {e}")))?;
    Ok(path)
}

fn open(path: &Path) -> std::io::Result<std::fs::File> {
    match std::fs::metadata(path) {
        Ok(meta) if meta.len() > LOG_BYTES_MAX => {
            std::fs::rename(path, path.with_extension("log.1"))?;
        }
        _ => {}
    }
    std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
}

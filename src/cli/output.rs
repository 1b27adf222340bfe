//! Getting answers out: standard output that may be a closed pipe, errors in plain words, exit codes.

use crate::config::ConfigError;
use crate::desk::DeskError;
use crate::domain::filter::FilterError;
use crate::report::PrintError;
use crate::store::StoreError;
use crate::vendors::registry::RegistryError;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// How a verb ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Done,
    /// Done, and it found something: exit code 3.
    Found,
    /// Ended with the exit code of a screen (a signal's, for example).
    Exit(u8),
}

/// Why a verb failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// What was asked cannot be understood: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// It was understood and did not work: exit code 1.
    #[error("{0}")]
    Failed(String),
    /// Whoever reads our output has gone; nothing is wrong.
    #[error("the reader of the output has gone")]
    Gone,
}

impl CliError {
    /// A failure in words.
    pub fn failed(what: impl std::fmt::Display) -> Self {
        Self::Failed(what.to_string())
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self::failed(error)
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        Self::failed(error)
    }
}

impl From<DeskError> for CliError {
    fn from(error: DeskError) -> Self {
        Self::failed(error)
    }
}

impl From<PrintError> for CliError {
    fn from(error: PrintError) -> Self {
        Self::failed(error)
    }
}

impl From<RegistryError> for CliError {
    fn from(error: RegistryError) -> Self {
        Self::failed(error)
    }
}

impl From<FilterError> for CliError {
    fn from(error: FilterError) -> Self {
        Self::Usage(format!("the filter is not understood: {error}"))
    }
}

/// Narrowest width tables are cut to.
const COLUMNS_MIN: usize = 40;

/// Columns of the terminal on standard output; `None` when it is a file or pipe.
pub fn terminal_columns() -> Option<usize> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    let (width, _) = terminal_size::terminal_size()?;
    Some(usize::from(width.0).max(COLUMNS_MIN))
}

/// Writes to standard output.
///
/// # Errors
/// [`CliError::Gone`] when the reader has gone, [`CliError::Failed`] otherwise.
pub fn say(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(CliError::Gone),
        Err(error) => Err(CliError::failed(format!(
            "standard output cannot be written: {error}"
        ))),
    }
}

/// Writes one line to standard output. Foreign text in it cannot move the cursor.
///
/// # Errors
/// As [`say`].
pub fn say_line(text: &str) -> Result<(), CliError> {
    say(&format!("{}\n", clean_lines(text)))
}

/// Cleans every line of a text; line breaks stay.
pub fn clean_lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(crate::text::clean).collect();
    lines.join("\n")
}

/// Ends the program: errors in plain words on standard error, and the exit code.
pub fn finish(result: Result<Outcome, CliError>) -> ExitCode {
    let (code, text) = match result {
        Ok(Outcome::Done) | Err(CliError::Gone) => return ExitCode::SUCCESS,
        Ok(Outcome::Found) => return ExitCode::from(3),
        Ok(Outcome::Exit(code)) => return ExitCode::from(code),
        Err(CliError::Usage(text)) => (2, text),
        Err(CliError::Failed(text)) => (1, text),
    };
    let mut err = std::io::stderr().lock();
    // When even standard error is gone there is nobody left to tell; the exit code still says it.
    let _ = writeln!(err, "tallyman: {}", clean_lines(&text));
    ExitCode::from(code)
}

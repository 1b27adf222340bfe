//! `tallyman sync`: the engine without a screen. What is ready before the engine starts.

use super::args::parse_span;
use super::context::{Context, Globals, Opening};
use super::output::CliError;
use crate::domain::time::Span;
use crate::vendors::registry::{self, Systems};
use std::collections::BTreeMap;

/// Options of the engine without a screen.
#[derive(Debug, Clone, clap::Args)]
pub struct SyncArgs {
    /// Stop after this time
    #[arg(long = "for", value_name = "SPAN", value_parser = parse_span, conflicts_with = "until_idle")]
    pub span: Option<Span>,
    /// Stop when nothing is left to do
    #[arg(long)]
    pub until_idle: bool,
}

/// Configuration, store (made or migrated) and every system, ready for the engine.
///
/// # Errors
/// [`CliError`] saying which of them failed and why.
pub async fn prepare(globals: &Globals) -> Result<(Context, Systems), CliError> {
    let context = Context::open(globals, Opening::Migrating).await?;
    if context.loaded.config.pairs.is_empty() {
        return Err(CliError::failed(
            "the configuration has no [[pair]]: there is nothing to synchronise",
        ));
    }
    let systems = registry::build(&context.loaded, &BTreeMap::new())?;
    Ok((context, systems))
}

/// Who holds the leases: host and process, unique while it lives.
pub fn holder() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = crate::text::clean_to(host.trim(), 60);
    let host = if host.is_empty() {
        "host".to_owned()
    } else {
        host
    };
    format!("{host}/{}", std::process::id())
}

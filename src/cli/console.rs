//! `tallyman console`: what is ready before the screen opens.

use super::context::{Context, Globals, Opening};
use super::output::CliError;
use crate::config::Config;
use crate::vendors::registry::{self, Systems};
use std::collections::BTreeMap;

/// Options of the screen.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ConsoleArgs {
    /// Look only: nothing can be changed
    #[arg(long)]
    pub read_only: bool,
    /// Do not run the engine, even when no worker does
    #[arg(long)]
    pub no_sync: bool,
}

/// Configuration and store for the screen, and the systems when this console may run the engine.
///
/// # Errors
/// [`CliError`] saying which of them failed and why. Secrets are needed only when the engine may run here.
pub async fn prepare(
    globals: &Globals,
    args: &ConsoleArgs,
) -> Result<(Context, Option<Systems>), CliError> {
    let may_sync = !args.read_only && !args.no_sync;
    let opening = match (args.read_only, may_sync) {
        (true, _) => Opening::Reading,
        (false, true) => Opening::Migrating,
        (false, false) => Opening::Writing,
    };
    let loaded = Config::load(globals.config.as_deref())?;
    let systems = if may_sync {
        Some(registry::build(&loaded, &BTreeMap::new())?)
    } else {
        None
    };
    let context = Context::with(globals, loaded, opening).await?;
    Ok((context, systems))
}

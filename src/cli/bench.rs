//! `tallyman bench`: what this machine can do, beside a floor measured in the same run.

use super::context::Globals;
use super::listing::print;
use super::output::{CliError, Outcome};
use crate::bench::{self, BenchError};
use std::path::PathBuf;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Bench {
    /// Orders from source to confirmed despatch; calls and time against the limits' floor
    Engine,
}

/// Options of the bench.
#[derive(Debug, Clone, clap::Args)]
pub struct BenchArgs {
    /// What to measure
    #[arg(value_enum)]
    pub what: Bench,
    /// Orders
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub orders: Option<u32>,
    /// Use this empty store instead of a temporary SQLite file (`postgres://…`)
    #[arg(long, value_name = "URL")]
    pub store: Option<String>,
    /// Where temporary files go; measure the disk that matters [default: the system's folder for passing files]
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl From<BenchError> for CliError {
    fn from(error: BenchError) -> Self {
        Self::failed(error)
    }
}

pub(super) async fn run(globals: &Globals, args: BenchArgs) -> Result<Outcome, CliError> {
    let sheet = match args.what {
        Bench::Engine => {
            bench::engine::run(&bench::engine::EngineOptions {
                orders: args.orders.unwrap_or(1_000) as usize,
                store_url: args.store,
                folder: args.folder,
                seed: args.seed,
            })
            .await?
        }
    };
    print(globals, &sheet, sheet.table(), Some(sheet.run.clone()))?;
    Ok(if sheet.is_kept() {
        Outcome::Done
    } else {
        Outcome::Found
    })
}

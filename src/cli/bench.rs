//! `tallyman bench`: what this machine can do, beside a floor measured in the same run.

use super::context::Globals;
use super::listing::print;
use super::output::{CliError, Outcome, say};
use super::rehearse::parse_source;
use crate::bench::{self, BenchError, Sheet};
use crate::rehearsal::SOURCES;
use crate::report::Format;
use crate::sandbox::SimSystem;
use std::path::PathBuf;

/// Orders of the engine's bench when nobody says how many.
const ENGINE_ORDERS: u32 = 1_000;
/// Jobs of the queue's bench.
const QUEUE_JOBS: u32 = 5_000;
/// Orders in the store of the console's bench.
const CONSOLE_ORDERS: u32 = 1_000_000;
/// One open occurrence for so many orders.
const ORDERS_PER_OCCURRENCE: usize = 10;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Bench {
    /// Orders from source to confirmed despatch; calls and time against the limits' floor
    Engine,
    /// Durable jobs a second against flushes of the disk
    Queue,
    /// Comparing stock figures against merely reading them
    Drift,
    /// First paint, key to paint, bytes to the terminal, memory
    Console,
}

/// Options of the bench.
#[derive(Debug, Clone, clap::Args)]
pub struct BenchArgs {
    /// What to measure
    #[arg(value_enum)]
    pub what: Bench,
    /// Orders (jobs of the queue)
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub orders: Option<u32>,
    /// Rows of item and site (drift)
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(100..=100_000_000))]
    pub rows: u32,
    /// Use this empty store instead of a temporary SQLite file (`postgres://…`); the console's bench fills and keeps it
    #[arg(long, value_name = "URL")]
    pub store: Option<String>,
    /// Where temporary files go; measure the disk that matters [default: the system's folder for passing files]
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Only this sales system's calls and drain (engine) [default: the speed without limits, then each system]
    #[arg(long, value_name = "SYSTEM", value_parser = parse_source)]
    pub source: Option<SimSystem>,
}

impl From<BenchError> for CliError {
    fn from(error: BenchError) -> Self {
        Self::failed(error)
    }
}

pub(super) async fn run(globals: &Globals, args: BenchArgs) -> Result<Outcome, CliError> {
    let sheets = match args.what {
        Bench::Engine => engine(&args).await?,
        Bench::Queue => vec![queue(&args).await?],
        Bench::Drift => vec![drift(&args).await?],
        Bench::Console => vec![console(&args).await?],
    };
    tell(globals, &sheets)?;
    Ok(if sheets.iter().all(Sheet::is_kept) {
        Outcome::Done
    } else {
        Outcome::Found
    })
}

/// Every sheet as a table with its run under it; as JSON one list of them all.
fn tell(globals: &Globals, sheets: &[Sheet]) -> Result<(), CliError> {
    if globals.format == Format::Json {
        let text = serde_json::to_string_pretty(sheets).map_err(CliError::failed)?;
        return say(&format!("{text}\n"));
    }
    for sheet in sheets {
        print(
            globals,
            sheet,
            sheet.table(),
            Some(format!("{}\n", sheet.run)),
        )?;
    }
    Ok(())
}

async fn engine(args: &BenchArgs) -> Result<Vec<Sheet>, CliError> {
    let orders = args.orders.unwrap_or(ENGINE_ORDERS) as usize;
    let mut sheets = Vec::new();
    if args.source.is_none() {
        let options = bench::engine::EngineOptions {
            orders,
            store_url: args.store.clone(),
            folder: args.folder.clone(),
            seed: args.seed,
        };
        sheets.push(bench::engine::run(&options).await?);
    }
    for source in args.source.map_or(SOURCES.to_vec(), |one| vec![one]) {
        let options = bench::calls::CallOptions {
            orders,
            folder: args.folder.clone(),
            seed: args.seed,
            source,
        };
        sheets.push(bench::calls::run(&options).await?);
    }
    Ok(sheets)
}

async fn queue(args: &BenchArgs) -> Result<Sheet, CliError> {
    let options = bench::queue::QueueOptions {
        jobs: args.orders.unwrap_or(QUEUE_JOBS) as usize,
        store_url: args.store.clone(),
        folder: args.folder.clone(),
    };
    Ok(bench::queue::run(&options).await?)
}

async fn drift(args: &BenchArgs) -> Result<Sheet, CliError> {
    let options = bench::drift::DriftOptions {
        rows: args.rows as usize,
        store_url: args.store.clone(),
        folder: args.folder.clone(),
    };
    Ok(bench::drift::run(&options).await?)
}

async fn console(args: &BenchArgs) -> Result<Sheet, CliError> {
    let orders = args.orders.unwrap_or(CONSOLE_ORDERS) as usize;
    let options = bench::console::ConsoleOptions {
        orders,
        occurrences: (orders / ORDERS_PER_OCCURRENCE).max(1),
        store_url: args.store.clone(),
        folder: args.folder.clone(),
    };
    Ok(bench::console::run(&options).await?)
}

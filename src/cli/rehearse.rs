//! `tallyman rehearse`: days of trading in minutes, with invariants as judges.

use super::args::parse_span;
use super::context::Globals;
use super::output::{CliError, Outcome, say};
use crate::domain::time::Span;
use crate::rehearsal::{Plan, Report, SOURCES, play, source_name};
use crate::sandbox::{FaultLevel, SimSystem};

/// How much goes wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Faults {
    /// Nothing.
    None,
    /// What an ordinary week brings.
    #[default]
    Light,
    /// Everything in the catalogue.
    Heavy,
}

/// Options of a rehearsal.
#[derive(Debug, Clone, clap::Args)]
pub struct RehearseArgs {
    /// The first seed; a failing seed replays exactly
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many seeds, one after the other
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub seeds: u32,
    /// Days of trading
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=366))]
    pub days: u32,
    /// How long customers order on the last day
    #[arg(long, value_name = "SPAN", default_value = "3h", value_parser = parse_span)]
    pub last_day: Span,
    /// Orders a day, over all sales systems
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub orders_per_day: u32,
    /// Which sales systems trade
    #[arg(long, value_delimiter = ',', value_parser = parse_source, default_value = "lw,shop,cin7")]
    pub sources: Vec<SimSystem>,
    /// How much goes wrong
    #[arg(long, value_enum, default_value_t = Faults::Light)]
    pub faults: Faults,
    /// No callback and no webhook is received: polling alone must find everything
    #[arg(long)]
    pub deaf: bool,
    /// The process never dies
    #[arg(long)]
    pub no_deaths: bool,
    /// People and the world make no mistakes
    #[arg(long)]
    pub no_mistakes: bool,
    /// How often orders and despatches are read
    #[arg(long, value_name = "SPAN", default_value = "2m", value_parser = parse_span)]
    pub read_every: Span,
    /// Use this store instead of a temporary one (`postgres://…`); it must be empty
    #[arg(long, value_name = "URL")]
    pub store: Option<String>,
}

pub(super) fn parse_source(text: &str) -> Result<SimSystem, String> {
    SOURCES
        .into_iter()
        .find(|s| source_name(*s) == text)
        .ok_or_else(|| "must be lw, shop or cin7".to_owned())
}

impl From<Faults> for FaultLevel {
    fn from(faults: Faults) -> Self {
        match faults {
            Faults::None => Self::None,
            Faults::Light => Self::Light,
            Faults::Heavy => Self::Heavy,
        }
    }
}

pub(super) async fn run(globals: &Globals, args: RehearseArgs) -> Result<Outcome, CliError> {
    let started = std::time::Instant::now();
    let mut red = Vec::new();
    for seed in args.seed..args.seed + u64::from(args.seeds) {
        let plan = Plan {
            seed,
            days: args.days,
            last_day: args.last_day,
            orders_per_day: args.orders_per_day,
            sources: args.sources.clone(),
            faults: args.faults.into(),
            listens: !args.deaf,
            with_deaths: !args.no_deaths,
            with_mistakes: !args.no_mistakes,
            read_every: args.read_every,
            store_url: args.store.clone(),
        };
        let report = play(&plan).await.map_err(CliError::failed)?;
        tell(globals, &args, &report)?;
        if !report.is_green() {
            red.push(report.replay.clone());
        }
    }
    if args.seeds > 1 {
        let secs = started.elapsed().as_secs_f64();
        say(&format!(
            "{} seeds in {secs:.1} s, {} red\n",
            args.seeds,
            red.len()
        ))?;
        for replay in &red {
            say(&format!("play it again: {replay}\n"))?;
        }
    }
    Ok(if red.is_empty() {
        Outcome::Done
    } else {
        Outcome::Found
    })
}

/// One seed is told whole, many in a line each; as JSON always whole.
fn tell(globals: &Globals, args: &RehearseArgs, report: &Report) -> Result<(), CliError> {
    if globals.format == crate::report::Format::Json {
        let text = serde_json::to_string(report).map_err(CliError::failed)?;
        return say(&format!("{text}\n"));
    }
    if args.seeds == 1 {
        return say(&report.text());
    }
    let word = if report.is_green() { "green" } else { "RED" };
    let broken: Vec<&str> = report
        .verdicts
        .iter()
        .filter(|v| !v.holds())
        .map(|v| v.code)
        .collect();
    say(&format!(
        "seed {:<6} {word:<6} {} orders, {} deaths, {} faults {}\n",
        report.seed,
        report.orders_placed,
        report.deaths,
        report.faults.iter().map(|(_, n)| n).sum::<u64>(),
        broken.join(" ")
    ))
}

//! `tallyman rehearse`: days of trading in minutes, with invariants as judges.

use super::args::parse_span;
use crate::domain::time::Span;

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
    /// Orders a day
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub orders_per_day: u32,
    /// How much goes wrong
    #[arg(long, value_enum, default_value_t = Faults::Light)]
    pub faults: Faults,
    /// Stop a day's end this much later, so that work in flight can settle
    #[arg(long, value_name = "SPAN", default_value = "2h", value_parser = parse_span)]
    pub settle: Span,
}

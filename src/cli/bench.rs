//! `tallyman bench`: what this machine can do, beside a floor measured in the same run.

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Bench {
    /// Durable jobs a second against disk flushes a second.
    Queue,
    /// Comparing stock figures against reading them.
    Drift,
    /// Orders from source to confirmed despatch.
    Engine,
    /// First paint, key to paint, bytes to the terminal.
    Console,
}

/// Options of the bench.
#[derive(Debug, Clone, clap::Args)]
pub struct BenchArgs {
    /// What to measure
    #[arg(value_enum)]
    pub what: Bench,
}

//! `tallyman report …`

use super::args::parse_span;
use super::context::{Context, Globals, Opening};
use super::output::{CliError, Outcome, say};
use crate::domain::month::Month;
use crate::domain::time::Span;
use crate::report::{
    Format, month_csv, month_facts, month_html, month_markdown, shift_facts, shift_markdown,
};
use clap::Subcommand;
use serde::Serialize;

/// Which report.
#[derive(Debug, Subcommand)]
pub enum ReportVerb {
    /// What the next shift must know, in Markdown (or JSON)
    Shift {
        /// How far back figures reach
        #[arg(long, value_name = "SPAN", default_value = "8h", value_parser = parse_span)]
        back: Span,
    },
    /// The month-end sheet of finance: what left beside what is recognised, what came back, what is owed
    Month {
        /// Such as 2026-10; the last month that is over when absent
        #[arg(long, value_name = "MONTH", value_parser = Month::parse)]
        month: Option<Month>,
        /// Only this pair of systems
        #[arg(long, value_name = "PAIR")]
        pair: Option<String>,
    },
    /// The evidence sheet of one order
    Order {
        /// Number, warehouse number, reference, source id or tracking
        order: String,
    },
}

pub(super) async fn run(globals: &Globals, verb: ReportVerb) -> Result<Outcome, CliError> {
    let context = Context::open(globals, Opening::Reading).await?;
    match verb {
        ReportVerb::Shift { back } => {
            let facts = shift_facts(&context.store, context.now(), back).await?;
            match globals.format {
                Format::Table | Format::Md => say(&shift_markdown(&facts))?,
                Format::Json => json(&facts)?,
                Format::Csv | Format::Html => {
                    return Err(CliError::Usage(
                        "a shift report has no such form; use --format md or json".to_owned(),
                    ));
                }
            }
            Ok(Outcome::Done)
        }
        ReportVerb::Month { month, pair } => {
            month_sheet(&context, month, pair.as_deref()).await?;
            Ok(Outcome::Done)
        }
        ReportVerb::Order { order } => super::orders::show(&context, &order).await,
    }
}

fn json(facts: &impl Serialize) -> Result<(), CliError> {
    let json = serde_json::to_string_pretty(facts).map_err(CliError::failed)?;
    say(&format!("{json}\n"))
}

async fn month_sheet(
    context: &Context,
    month: Option<Month>,
    pair: Option<&str>,
) -> Result<(), CliError> {
    let wanted = pair.map(|p| context.pair(Some(p))).transpose()?;
    let pairs: Vec<_> = context
        .desk
        .pairs()
        .iter()
        .filter(|p| wanted.as_ref().is_none_or(|id| *id == p.id))
        .cloned()
        .collect();
    let facts = month_facts(&context.store, &pairs, month, context.now()).await?;
    match context.globals.format {
        Format::Table | Format::Md => say(&month_markdown(&facts)),
        Format::Json => json(&facts),
        Format::Csv => say(&month_csv(&facts).map_err(CliError::failed)?),
        Format::Html => say(&month_html(&facts)),
    }
}

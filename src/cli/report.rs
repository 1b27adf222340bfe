//! `tallyman report …`

use super::args::parse_span;
use super::context::{Context, Globals, Opening};
use super::output::{CliError, Outcome, say};
use crate::domain::time::Span;
use crate::report::{Format, shift_facts, shift_markdown};
use clap::Subcommand;

/// Which report.
#[derive(Debug, Subcommand)]
pub enum ReportVerb {
    /// What the next shift must know, in Markdown (or JSON)
    Shift {
        /// How far back figures reach
        #[arg(long, value_name = "SPAN", default_value = "8h", value_parser = parse_span)]
        back: Span,
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
                Format::Table => say(&shift_markdown(&facts))?,
                Format::Json => {
                    let json = serde_json::to_string_pretty(&facts).map_err(CliError::failed)?;
                    say(&format!("{json}\n"))?;
                }
                Format::Csv => {
                    return Err(CliError::Usage(
                        "a shift report has no CSV form; use --format table (Markdown) or json"
                            .to_owned(),
                    ));
                }
            }
            Ok(Outcome::Done)
        }
        ReportVerb::Order { order } => super::orders::show(&context, &order).await,
    }
}

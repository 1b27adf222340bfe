//! `tallyman stock …`

use super::args::{WaitArgs, one};
use super::columns::{self, places};
use super::context::{Context, Globals, Opening};
use super::lanes::{self, LaneVerb};
use super::listing::{ColumnedArgs, Natural, collect, print, print_listing};
use super::output::{CliError, Outcome, say, terminal_columns};
use crate::domain::drift::{suggest, waterfall};
use crate::domain::ids::{ExceptionId, ItemCode, PairId};
use crate::domain::places::Places;
use crate::domain::stock::StockPosition;
use crate::domain::views::ListName;
use crate::report::columns::STOCK;
use crate::report::{Column, Format, Table, at, opt};
use crate::text::{clean, money};
use clap::Subcommand;
use serde::Serialize;

/// Columns a list can be sorted by; the first is the default.
const SORTS: &[&str] = &["risk", "gap", "value", "item"];

/// What can be done with stock.
#[derive(Debug, Subcommand)]
pub enum StockVerb {
    /// Positions that disagree or are stopped; exit code 3 when there are any
    Drift {
        /// Pair, when the configuration has several
        #[arg(long)]
        pair: Option<String>,
        #[command(flatten)]
        list: ColumnedArgs,
    },
    /// From the source's figure to the warehouse's, step by step
    Explain {
        /// Item code in the warehouse
        item: String,
        /// Location in the source, by name or id; all when absent
        #[arg(long)]
        location: Option<String>,
        /// Pair, when the configuration has several
        #[arg(long)]
        pair: Option<String>,
    },
    /// Read and publish one item now
    Push {
        #[command(flatten)]
        at: PlaceArgs,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Put a drift right in a ledger the source keeps itself: the missing units take their turn in the item's lane
    Correct {
        #[command(flatten)]
        at: PlaceArgs,
        /// Units counted on the shelf just now; the warehouse must show the same
        #[arg(long)]
        counted: Option<i64>,
        /// What the cause was
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Have the floor count an item: a case of the warehouse until the figure is recorded
    Count {
        #[command(flatten)]
        at: PlaceArgs,
        /// What is doubted
        #[arg(long)]
        reason: String,
    },
    /// Record what the floor counted
    Counted {
        /// Exception that asks for the count
        id: i64,
        /// Units on the shelf
        #[arg(long)]
        each: i64,
        /// What else was seen
        #[arg(long, default_value = "")]
        remark: String,
    },
    /// Publish again where writing was stopped
    Resume {
        #[command(flatten)]
        at: PlaceArgs,
        /// What caused it
        #[arg(long)]
        cause: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Movements a source that keeps its own ledger was not told of yet; exit code 3 when a lane has stopped
    Lanes {
        /// Pair; all when absent
        #[arg(long)]
        pair: Option<String>,
        #[command(flatten)]
        list: ColumnedArgs,
    },
    /// Deal with the head of a stopped lane
    Lane {
        #[command(subcommand)]
        verb: LaneVerb,
    },
    /// Let a run go on that stopped because it would change very many items
    Approve {
        /// Pair, when the configuration has several
        #[arg(long)]
        pair: Option<String>,
        #[command(flatten)]
        wait: WaitArgs,
    },
}

/// One item at one location.
#[derive(Debug, Clone, clap::Args)]
pub struct PlaceArgs {
    /// Item code in the warehouse
    item: String,
    /// Location in the source; may be left out when the item has only one
    #[arg(long)]
    location: Option<String>,
    /// Pair, when the configuration has several
    #[arg(long)]
    pair: Option<String>,
}

pub(super) async fn run(globals: &Globals, verb: StockVerb) -> Result<Outcome, CliError> {
    let opening = match &verb {
        StockVerb::Drift { .. } | StockVerb::Explain { .. } | StockVerb::Lanes { .. } => {
            Opening::Reading
        }
        _ => Opening::Writing,
    };
    let context = Context::open(globals, opening).await?;
    let desk = &context.desk;
    match verb {
        StockVerb::Drift { pair, list } => drift(&context, pair.as_deref(), &list).await,
        StockVerb::Explain {
            item,
            location,
            pair,
        } => {
            let pair = context.pair(pair.as_deref())?;
            explain(&context, &pair, &ItemCode(item), location.as_deref()).await
        }
        StockVerb::Push { at, wait } => {
            let (pair, position) = place(&context, &at).await?;
            let act = desk.push_stock(&pair, &position.item, &position.location);
            one(&context, "publishing", wait.wait, act).await
        }
        StockVerb::Correct {
            at,
            counted,
            reason,
            wait,
        } => {
            let (pair, p) = place(&context, &at).await?;
            let act = desk.correct_stock(&pair, (&p.item, &p.location), counted, &reason);
            one(&context, "correcting", wait.wait, act).await
        }
        StockVerb::Count { at, reason } => {
            let (pair, p) = place(&context, &at).await?;
            let act = desk.ask_count(&pair, (&p.item, &p.location), &reason);
            one(&context, "asking for the count", None, act).await
        }
        StockVerb::Counted { id, each, remark } => {
            let act = desk.counted(ExceptionId(id), each, &remark);
            one(&context, "recording the count", None, act).await
        }
        StockVerb::Resume { at, cause, wait } => {
            let (pair, p) = place(&context, &at).await?;
            let act = desk.resume_stock(&pair, &p.item, &p.location, &cause);
            one(&context, "resuming", wait.wait, act).await
        }
        StockVerb::Lanes { pair, list } => {
            let places = places(&context).await?;
            lanes::list(&context, pair.as_deref(), &list, &places).await
        }
        StockVerb::Lane { verb } => {
            let places = places(&context).await?;
            lanes::deal(&context, verb, &places).await
        }
        StockVerb::Approve { pair, wait } => {
            let pair = context.pair(pair.as_deref())?;
            one(
                &context,
                "approving",
                wait.wait,
                desk.approve_mass_change(&pair),
            )
            .await
        }
    }
}

async fn drift(
    context: &Context,
    pair: Option<&str>,
    args: &ColumnedArgs,
) -> Result<Outcome, CliError> {
    let columns = columns::chosen(args.columns.as_deref(), STOCK)?;
    let args = &args.list;
    let pair = pair.map(|p| context.pair(Some(p))).transpose()?;
    let query = args
        .query(context, ListName::Stock, SORTS, Natural::Ascending)
        .await?;
    let places = places(context).await?;
    let (store, pair) = (&context.store, pair.as_ref());
    let listing = collect(args.limit, query, |q| async move {
        store.positions(pair, &q).await
    })
    .await?;
    let mut table = Table::new(&[
        Column::text("item"),
        Column::text("location"),
        Column::number("source"),
        Column::number("should"),
        Column::number("gap"),
        Column::number("unexplained"),
        Column::number("hours left"),
        Column::number("at risk"),
        Column::text("since (UTC)"),
        Column::text("stopped"),
    ]);
    for p in &listing.rows {
        table.row([
            p.item.to_string(),
            places.say(p.location.to_string()),
            opt(p.source_each.as_ref()),
            p.publish_each.to_string(),
            p.gap_each.to_string(),
            p.remainder_each.to_string(),
            p.oversell_hours_milli
                .map(|m| format!("{:.1}", m as f64 / 1_000.0))
                .unwrap_or_default(),
            money(p.value_at_risk_minor),
            at(p.drift_since),
            opt(p.paused_reason.as_ref()),
        ]);
    }
    let found = !listing.rows.is_empty();
    if let Some(columns) = columns {
        table = columns::table(&columns, &listing.rows, &places);
    }
    print_listing(&context.globals, &listing, "positions with drift", table)?;
    Ok(if found { Outcome::Found } else { Outcome::Done })
}

async fn positions(
    context: &Context,
    pair: &PairId,
    item: &ItemCode,
    location: Option<&str>,
) -> Result<Vec<StockPosition>, CliError> {
    let found = context
        .store
        .positions_of(pair, std::slice::from_ref(item))
        .await?;
    let places = places(context).await?;
    let found: Vec<StockPosition> = found
        .into_iter()
        .filter(|p| location.is_none_or(|l| places.is_meant(p.location.as_str(), l)))
        .collect();
    if found.is_empty() {
        return Err(CliError::failed(format!(
            "no stock of {item} was published or compared for {pair}{}",
            location.map(|l| format!(" at {l}")).unwrap_or_default()
        )));
    }
    Ok(found)
}

/// What the source systems call their locations.
async fn place(context: &Context, args: &PlaceArgs) -> Result<(PairId, StockPosition), CliError> {
    let pair = context.pair(args.pair.as_deref())?;
    let item = ItemCode(args.item.clone());
    let mut found = positions(context, &pair, &item, args.location.as_deref()).await?;
    if found.len() > 1 {
        let places = places(context).await?;
        let names: Vec<String> = found
            .iter()
            .map(|p| places.say(p.location.to_string()))
            .collect();
        return Err(CliError::Usage(format!(
            "{item} is known at several locations; name one with --location: {}",
            names.join(", ")
        )));
    }
    Ok((pair, found.remove(0)))
}

/// One step of a waterfall as JSON.
#[derive(Debug, Serialize)]
struct Step {
    label: String,
    each: i64,
    note: String,
}

/// One explained position as JSON.
#[derive(Debug, Serialize)]
struct Explained {
    position: StockPosition,
    steps: Vec<Step>,
    /// What the unexplained rest looks like, when its size gives a hint.
    hint: Option<String>,
}

async fn explain(
    context: &Context,
    pair: &PairId,
    item: &ItemCode,
    location: Option<&str>,
) -> Result<Outcome, CliError> {
    let explained: Vec<Explained> = positions(context, pair, item, location)
        .await?
        .into_iter()
        .map(|position| Explained {
            steps: waterfall(&position)
                .into_iter()
                .map(|s| Step {
                    label: s.label,
                    each: s.value,
                    note: s.note,
                })
                .collect(),
            hint: suggest(&position),
            position,
        })
        .collect();
    let places = places(context).await?;
    if context.globals.format == Format::Table {
        for e in &explained {
            say(&explain_text(e, &places))?;
        }
    } else {
        let table = steps_table(&explained, &places);
        print(&context.globals, &explained, table, None)?;
    }
    let is_off = explained.iter().any(|e| e.position.remainder_each != 0);
    Ok(if is_off {
        Outcome::Found
    } else {
        Outcome::Done
    })
}

fn steps_table(explained: &[Explained], places: &Places) -> Table {
    let mut table = Table::new(&[
        Column::text("location"),
        Column::text("step"),
        Column::number("units"),
        Column::text("note"),
    ]);
    for e in explained {
        for s in &e.steps {
            table.row([
                places.say(e.position.location.to_string()),
                s.label.clone(),
                s.each.to_string(),
                s.note.clone(),
            ]);
        }
    }
    table
}

fn explain_text(e: &Explained, places: &Places) -> String {
    let p = &e.position;
    let mut out = format!(
        "{} at {} ({}), read {} UTC in the source\n\n",
        clean(p.item.as_str()),
        clean(&places.say(p.location.to_string())),
        p.basis_word(),
        at(p.source_read_at)
    );
    let mut table = Table::new(&[
        Column::text("step"),
        Column::number("units"),
        Column::text("note"),
    ]);
    for s in &e.steps {
        table.row([s.label.clone(), s.each.to_string(), s.note.clone()]);
    }
    out.push_str(&table.show(terminal_columns()));
    if let Some(hint) = &e.hint {
        out.push_str(&format!("\n{}\n", clean(hint)));
    }
    if let Some(why) = &p.paused_reason {
        out.push_str(&format!("\nWriting is stopped: {}\n", clean(why)));
    }
    out.push('\n');
    out
}

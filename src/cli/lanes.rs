//! `tallyman stock lanes` and `stock lane …`: movements a source that keeps its own ledger was not told of yet.

use super::args::{WaitArgs, one};
use super::columns;
use super::context::Context;
use super::listing::{ColumnedArgs, Listing, Natural, collect, print_listing};
use super::output::{CliError, Outcome};
use crate::desk::LaneRemedy;
use crate::domain::ids::{ItemCode, LocationId, PairId};
use crate::domain::places::Places;
use crate::domain::time::Ts;
use crate::domain::views::ListName;
use crate::report::columns::LANES;
use crate::report::{Column, Table, at, opt};
use crate::store::LaneRow;
use clap::Subcommand;
use serde::Serialize;

/// Columns the list can be sorted by; the first is the default.
const SORTS: &[&str] = &["state", "age", "orders", "waiting", "item"];

/// What can be done about the head of a lane.
#[derive(Debug, Subcommand)]
pub enum LaneVerb {
    /// Try the head again now, the cause being put right
    Retry {
        #[command(flatten)]
        lane: LaneArgs,
        /// What was put right
        #[arg(long, default_value = "")]
        reason: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Leave the head out: what it moved is owed until a comparison agrees
    Skip {
        #[command(flatten)]
        lane: LaneArgs,
        /// Why it is left out
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Post a fresh count in place of what waits; a second person gives the same count within a day
    Replace {
        #[command(flatten)]
        lane: LaneArgs,
        /// Units counted on the shelf just now
        #[arg(long)]
        counted: i64,
        /// Why, and who counted
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
}

/// One lane.
#[derive(Debug, Clone, clap::Args)]
pub struct LaneArgs {
    /// Item code in the warehouse
    item: String,
    /// Location in the source; may be left out when the item waits at only one
    #[arg(long)]
    location: Option<String>,
    /// Pair, when the configuration has several
    #[arg(long)]
    pair: Option<String>,
}

/// A lane as JSON; the names are stable.
#[derive(Debug, Serialize)]
struct LaneLine {
    pair: PairId,
    item: Option<ItemCode>,
    location: LocationId,
    standing: &'static str,
    head: String,
    head_key: String,
    head_at: Ts,
    /// Movements behind the head.
    waiting: i64,
    /// Signed units the source was not told of.
    pending_each: i64,
    /// Movements that were left out and are still owed, and their signed units.
    owed: i64,
    owed_each: i64,
    /// Orders held behind the lane.
    orders: i64,
    /// Since when the head is first.
    since: Ts,
    next_try_at: Option<Ts>,
    reason: String,
}

impl LaneLine {
    fn of(row: &LaneRow) -> Self {
        let head = row.head();
        Self {
            pair: row.pair.clone(),
            item: row.key.item.clone(),
            location: row.key.location.clone(),
            standing: row.standing.word(),
            head: head.map(|h| h.movement.words()).unwrap_or_default(),
            head_key: head.map(|h| h.key.clone()).unwrap_or_default(),
            head_at: row.first.entry.movement.at,
            waiting: row.waiting,
            pending_each: row.pending_each,
            owed: row.owed,
            owed_each: row.owed_each,
            orders: row.orders,
            since: row.since(),
            next_try_at: row.first.due_at,
            reason: row.first.entry.text.clone(),
        }
    }
}

pub(super) async fn list(
    context: &Context,
    pair: Option<&str>,
    args: &ColumnedArgs,
    places: &Places,
) -> Result<Outcome, CliError> {
    let columns = columns::chosen(args.columns.as_deref(), LANES)?;
    let args = &args.list;
    let pair = pair.map(|p| context.pair(Some(p))).transpose()?;
    let query = args
        .query(context, ListName::Lanes, SORTS, Natural::Ascending)
        .await?;
    let (store, pair) = (&context.store, pair.as_ref());
    let listing = collect(
        args.limit,
        query,
        |q| async move { store.lanes(pair, &q).await },
    )
    .await?;
    let lines = Listing {
        total: listing.total,
        rows: listing.rows.iter().map(LaneLine::of).collect(),
    };
    let table = match columns {
        Some(columns) => columns::table(&columns, &listing.rows, places),
        None => table(&lines.rows, places),
    };
    print_listing(&context.globals, &lines, "lanes with movements", table)?;
    let is_stopped = listing.rows.iter().any(LaneRow::is_stopped);
    Ok(if is_stopped {
        Outcome::Found
    } else {
        Outcome::Done
    })
}

fn table(lines: &[LaneLine], places: &Places) -> Table {
    let mut table = Table::new(&[
        Column::text("item"),
        Column::text("location"),
        Column::text("stands"),
        Column::text("head"),
        Column::number("waiting"),
        Column::number("units"),
        Column::number("owed"),
        Column::number("orders"),
        Column::text("since (UTC)"),
        Column::text("next try"),
        Column::text("reason"),
    ]);
    for l in lines {
        table.row([
            opt(l.item.as_ref()),
            places.say(l.location.to_string()),
            l.standing.to_owned(),
            l.head.clone(),
            l.waiting.to_string(),
            l.pending_each.to_string(),
            l.owed_each.to_string(),
            l.orders.to_string(),
            at(Some(l.since)),
            at(l.next_try_at),
            l.reason.clone(),
        ]);
    }
    table
}

pub(super) async fn deal(
    context: &Context,
    verb: LaneVerb,
    places: &Places,
) -> Result<Outcome, CliError> {
    let (lane, remedy, reason, wait) = match verb {
        LaneVerb::Retry { lane, reason, wait } => (lane, LaneRemedy::Retry, reason, wait),
        LaneVerb::Skip { lane, reason, wait } => (lane, LaneRemedy::Skip, reason, wait),
        LaneVerb::Replace {
            lane,
            counted,
            reason,
            wait,
        } => {
            let remedy = LaneRemedy::Replace {
                counted_each: counted,
            };
            (lane, remedy, reason, wait)
        }
    };
    let (pair, item, location) = meant(context, &lane, places).await?;
    let act = context
        .desk
        .lane_head(&pair, (&item, &location), remedy, &reason);
    one(context, remedy.as_str(), wait.wait, act).await
}

/// The lane that is meant: named, or the only one of the item.
async fn meant(
    context: &Context,
    args: &LaneArgs,
    places: &Places,
) -> Result<(PairId, ItemCode, LocationId), CliError> {
    let pair = context.pair(args.pair.as_deref())?;
    let item = ItemCode(args.item.clone());
    let rows = context.store.lanes_of_item(&pair, &item).await?;
    let mut found: Vec<LocationId> = rows
        .into_iter()
        .filter(|row| row.head().is_some())
        .map(|row| row.key.location)
        .filter(|l| {
            let named = args.location.as_deref();
            named.is_none_or(|n| places.is_meant(l.as_str(), n))
        })
        .collect();
    match (found.pop(), found.is_empty()) {
        (Some(location), true) => Ok((pair, item, location)),
        (Some(_), false) => Err(CliError::Usage(format!(
            "{item} waits at several locations; name one with --location"
        ))),
        (None, _) => Err(CliError::failed(format!(
            "no movement of {item} waits in {pair}"
        ))),
    }
}

//! `tallyman stock lanes` and `stock lane …`: movements a source that keeps its own ledger was not told of yet.

use super::args::{WaitArgs, one};
use super::context::Context;
use super::listing::print;
use super::output::{CliError, Outcome};
use crate::desk::LaneRemedy;
use crate::domain::ids::{ItemCode, LocationId, PairId};
use crate::domain::movements::{self, LaneEntry, LaneView, Standing};
use crate::domain::places::Places;
use crate::domain::time::Ts;
use crate::report::{Column, Table, at, opt};
use crate::store::MovementRow;
use clap::Subcommand;
use serde::Serialize;
use std::cmp::Reverse;

/// Movements read for the list.
const MOVEMENTS_MAX: usize = 100_000;

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
    waiting: usize,
    /// Signed units the source was not told of.
    pending_each: i64,
    /// Since when the head is first.
    since: Option<Ts>,
    next_try_at: Option<Ts>,
    reason: String,
}

const fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Empty => "empty",
        Standing::Open => "open",
        Standing::Blocked => "refused",
        Standing::Unmapped => "unmapped",
        Standing::Writing => "writing",
        Standing::InDoubt => "in doubt",
    }
}

/// Stopped lanes first, then whoever has been first longest.
const fn rank(standing: &str) -> u8 {
    match standing.as_bytes() {
        b"refused" => 0,
        b"unmapped" => 1,
        b"in doubt" => 2,
        _ => 3,
    }
}

fn line(pair: &PairId, view: &LaneView<'_>, rows: &[MovementRow]) -> Option<LaneLine> {
    let head: &LaneEntry = view.head?;
    let row = rows.iter().find(|r| r.entry.key == head.key)?;
    Some(LaneLine {
        pair: pair.clone(),
        item: view.key.item.clone(),
        location: view.key.location.clone(),
        standing: word(view.standing),
        head: head.movement.words(),
        head_key: head.key.clone(),
        head_at: head.movement.at,
        waiting: view.waiting.len(),
        pending_each: view.pending_each(),
        since: row.head_since,
        next_try_at: row.due_at,
        reason: head.text.clone(),
    })
}

fn lines(pair: &PairId, rows: &[MovementRow]) -> Vec<LaneLine> {
    let entries: Vec<LaneEntry> = rows.iter().map(|r| r.entry.clone()).collect();
    let views = movements::lanes(&entries);
    let mut out: Vec<LaneLine> = views.iter().filter_map(|v| line(pair, v, rows)).collect();
    out.sort_by_key(|l| (rank(l.standing), l.since, Reverse(l.waiting)));
    out
}

pub(super) async fn list(
    context: &Context,
    pair: Option<&str>,
    places: &Places,
) -> Result<Outcome, CliError> {
    let pairs: Vec<PairId> = match pair {
        Some(pair) => vec![context.pair(Some(pair))?],
        None => {
            let all = &context.loaded.config.pairs;
            all.iter().map(|p| p.id.clone()).collect()
        }
    };
    let mut found = Vec::new();
    let mut owed: i64 = 0;
    for pair in &pairs {
        owed += context.store.movements_owed(pair).await?.len() as i64;
        let rows = context.desk.lanes(pair, MOVEMENTS_MAX).await?;
        found.extend(lines(pair, &rows));
    }
    let mut table = Table::new(&[
        Column::text("item"),
        Column::text("location"),
        Column::text("stands"),
        Column::text("head"),
        Column::number("waiting"),
        Column::number("units"),
        Column::text("since (UTC)"),
        Column::text("next try"),
        Column::text("reason"),
    ]);
    for l in &found {
        table.row([
            opt(l.item.as_ref()),
            places.say(l.location.to_string()),
            l.standing.to_owned(),
            l.head.clone(),
            l.waiting.to_string(),
            l.pending_each.to_string(),
            at(l.since),
            at(l.next_try_at),
            l.reason.clone(),
        ]);
    }
    let is_stopped = found.iter().any(|l| rank(l.standing) < 2);
    let note = format!(
        "{} with movements, {} left out and owed",
        crate::text::count(found.len() as i64, "lane", "lanes"),
        crate::text::count(owed, "item", "items"),
    );
    print(&context.globals, &found, table, Some(note))?;
    Ok(if is_stopped {
        Outcome::Found
    } else {
        Outcome::Done
    })
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
    let rows = context.desk.lanes(&pair, MOVEMENTS_MAX).await?;
    let mut found: Vec<LocationId> = rows
        .into_iter()
        .map(|r| r.entry)
        .filter(|e| e.movement.item == item)
        .map(|e| e.lane.location)
        .filter(|l| {
            let named = args.location.as_deref();
            named.is_none_or(|n| places.is_meant(l.as_str(), n))
        })
        .collect();
    found.dedup();
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

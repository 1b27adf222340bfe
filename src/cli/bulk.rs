//! `tallyman bulk …`

use super::args::{UntilArgs, one};
use super::context::{Context, Globals, Opening};
use super::exceptions::parse_team;
use super::listing::{ListArgs, Listing, Natural, collect, print};
use super::output::{CliError, Outcome};
use crate::desk::BulkPage;
use crate::domain::bulk::{
    Bulk, BulkAct, BulkItem, BulkTrial, ExceptionAct, ITEMS_MAX, ItemState, OrderAct,
};
use crate::domain::exception::Team;
use crate::domain::ids::{BulkId, ExceptionId, OrderId};
use crate::domain::views::ListName;
use crate::report::{Column, Table, at};
use crate::store::read::ListQuery;
use crate::text::time_left;
use clap::{Args, Subcommand};
use serde::Serialize;

/// Cases or orders of an act read at once.
const PAGE: usize = 1_000;

/// Which cases or orders.
#[derive(Debug, Clone, Args)]
pub struct Picked {
    /// Everything that matches, for example kind:ORD_CARRIER_UNMAPPED age>2h, or for orders service:"Tracked 48"
    #[arg(value_parser = super::listing::parse_term, value_name = "FILTER", required_unless_present = "view")]
    filter: Vec<String>,
    /// Those of a saved view; a filter narrows it further
    #[arg(long, value_name = "NAME")]
    view: Option<String>,
    /// Only say what it would come to
    #[arg(long)]
    dry_run: bool,
}

/// What can be done to many cases or orders.
#[derive(Debug, Subcommand)]
pub enum BulkVerb {
    /// What was done to many, the newest first
    List,
    /// One of these acts with what became of each; exit code 3 when some were refused
    Show { id: i64 },
    /// Leave those that were not tried yet as they are
    Stop { id: i64 },
    /// Orders: keep them from being sent
    Hold {
        #[command(flatten)]
        orders: Picked,
        #[arg(long)]
        reason: String,
    },
    /// Orders: let held ones go
    Release {
        #[command(flatten)]
        orders: Picked,
    },
    /// Orders: read them in both systems and decide again
    Resync {
        #[command(flatten)]
        orders: Picked,
    },
    /// Check their orders and try their deliveries again
    Retry {
        #[command(flatten)]
        cases: Picked,
    },
    /// Say they are fixed; resolved once both systems read back the same
    Fixed {
        #[command(flatten)]
        cases: Picked,
    },
    /// Take ownership
    Ack {
        #[command(flatten)]
        cases: Picked,
    },
    /// Say that you have started on them
    Work {
        #[command(flatten)]
        cases: Picked,
    },
    /// Hand them to a team, optionally to a person
    Assign {
        #[command(flatten)]
        cases: Picked,
        /// warehouse, ecommerce, operations, data, finance, cx or integration
        #[arg(long, value_parser = parse_team)]
        team: Team,
        #[arg(long)]
        person: Option<String>,
    },
    /// Put them off, never past the earliest promise
    Snooze {
        #[command(flatten)]
        cases: Picked,
        #[command(flatten)]
        until: UntilArgs,
        /// Wake earlier: next_snapshot or grows
        #[arg(long)]
        condition: Option<String>,
    },
    /// Somebody outside must act
    Wait {
        #[command(flatten)]
        cases: Picked,
        /// For whom
        #[arg(long = "on", value_name = "WHO")]
        who: String,
        #[command(flatten)]
        until: UntilArgs,
    },
    /// Add a remark
    Note {
        #[command(flatten)]
        cases: Picked,
        #[arg(long)]
        text: String,
    },
    /// Close without agreement; leaves debts
    Dismiss {
        #[command(flatten)]
        cases: Picked,
        #[arg(long)]
        reason: String,
    },
}

pub(super) async fn run(globals: &Globals, verb: BulkVerb) -> Result<Outcome, CliError> {
    let opening = match &verb {
        BulkVerb::List | BulkVerb::Show { .. } => Opening::Reading,
        _ => Opening::Writing,
    };
    let context = Context::open(globals, opening).await?;
    let now = context.now();
    let (cases, act) = match verb {
        BulkVerb::List => return list(&context).await,
        BulkVerb::Show { id } => return show(&context, BulkId(id)).await,
        BulkVerb::Stop { id } => {
            let stopped = context.desk.stop_bulk(BulkId(id));
            return one(&context, "the bulk act", None, stopped).await;
        }
        BulkVerb::Hold { orders, reason } => {
            return begin_orders(&context, &orders, OrderAct::Hold { reason }).await;
        }
        BulkVerb::Release { orders } => {
            return begin_orders(&context, &orders, OrderAct::Release).await;
        }
        BulkVerb::Resync { orders } => {
            return begin_orders(&context, &orders, OrderAct::Resync).await;
        }
        BulkVerb::Retry { cases } => (cases, ExceptionAct::Retry),
        BulkVerb::Fixed { cases } => (cases, ExceptionAct::MarkFixed),
        BulkVerb::Ack { cases } => (cases, ExceptionAct::Acknowledge),
        BulkVerb::Work { cases } => (cases, ExceptionAct::Work),
        BulkVerb::Assign {
            cases,
            team,
            person,
        } => (cases, ExceptionAct::Assign { team, person }),
        BulkVerb::Snooze {
            cases,
            until,
            condition,
        } => {
            let until = until.at(now);
            (cases, ExceptionAct::Snooze { until, condition })
        }
        BulkVerb::Wait { cases, who, until } => {
            let until = until.at(now);
            (cases, ExceptionAct::Wait { who, until })
        }
        BulkVerb::Note { cases, text } => (cases, ExceptionAct::Note { text }),
        BulkVerb::Dismiss { cases, reason } => (cases, ExceptionAct::Dismiss { reason }),
    };
    begin(&context, &cases, act).await
}

/// The question for everything that was picked of a list.
async fn asked(context: &Context, picked: &Picked, list: ListName) -> Result<ListQuery, CliError> {
    let args = ListArgs {
        sort: None,
        reverse: false,
        view: picked.view.clone(),
        limit: ITEMS_MAX,
        filter: picked.filter.clone(),
    };
    args.query(context, list, list.sorts(), Natural::Ascending)
        .await
}

/// Refuses what is more than one act may have, rather than to do a part of it.
fn all_of_them<R>(listing: &Listing<R>) -> Result<(), CliError> {
    let all = usize::try_from(listing.total).unwrap_or(usize::MAX);
    if all > listing.rows.len() {
        return Err(CliError::failed(format!(
            "{all} match, and one act may have {ITEMS_MAX}: narrow the filter"
        )));
    }
    Ok(())
}

async fn begin_orders(
    context: &Context,
    picked: &Picked,
    act: OrderAct,
) -> Result<Outcome, CliError> {
    let query = asked(context, picked, ListName::Orders).await?;
    let (store, desk) = (&context.store, &context.desk);
    let listing = collect(ITEMS_MAX, query, |q| async move { store.orders(&q).await }).await?;
    all_of_them(&listing)?;
    let ids: Vec<OrderId> = listing.rows.iter().map(|row| row.id).collect();
    if ids.is_empty() {
        return Err(CliError::failed("no order matches the filter"));
    }
    if picked.dry_run {
        let trial = desk.order_trial(&ids, &act).await?;
        return tell(context, &BulkAct::Orders(act), &trial);
    }
    let started = async {
        let (_, done) = desk.start_order_bulk(&ids, act).await?;
        Ok(done)
    };
    one(context, "the bulk act", None, started).await
}

async fn begin(context: &Context, picked: &Picked, act: ExceptionAct) -> Result<Outcome, CliError> {
    let query = asked(context, picked, ListName::Exceptions).await?;
    let store = &context.store;
    let listing = collect(
        ITEMS_MAX,
        query,
        |q| async move { store.exceptions(&q).await },
    )
    .await?;
    all_of_them(&listing)?;
    if listing.rows.is_empty() {
        return Err(CliError::failed("no open case matches the filter"));
    }
    if picked.dry_run {
        let ids: Vec<ExceptionId> = listing.rows.iter().map(|row| row.id).collect();
        let trial = context.desk.bulk_trial(&ids, &act).await?;
        return tell(context, &BulkAct::Cases(act), &trial);
    }
    let seen: Vec<(ExceptionId, i64)> = listing.rows.iter().map(|r| (r.id, r.version)).collect();
    let started = async {
        let (_, done) = context.desk.start_bulk(&seen, act).await?;
        Ok(done)
    };
    one(context, "the bulk act", None, started).await
}

fn tell(context: &Context, act: &BulkAct, trial: &BulkTrial) -> Result<Outcome, CliError> {
    let mut table = Table::new(&[
        Column::number("count"),
        Column::text("what"),
        Column::text("why"),
    ]);
    let row = |n: usize, what: &str, why: &str| [n.to_string(), what.to_owned(), why.to_owned()];
    table.row(row(trial.passes, "would be done", &act.says()));
    for (why, n) in &trial.refused {
        table.row(row(*n, "would be refused", why));
    }
    if let Some(orders) = &trial.orders {
        table.row(row(orders.passes, "orders would pass the checks", ""));
        for (why, n) in &orders.still {
            table.row(row(*n, "orders would not", why));
        }
    }
    let mut foot = format!("The most urgent first: {}.", trial.first.join(", "));
    if let Some(takes) = trial.takes {
        let about = time_left(takes.as_secs());
        foot.push_str(&format!(" The calls take about {about}."));
    }
    print(&context.globals, trial, table, Some(foot))?;
    Ok(Outcome::Done)
}

async fn list(context: &Context) -> Result<Outcome, CliError> {
    let bulks = context.desk.bulks().await?;
    let mut table = Table::new(&[
        Column::number("id"),
        Column::text("state"),
        Column::text("what"),
        Column::number("all"),
        Column::number("done"),
        Column::number("refused"),
        Column::number("left"),
        Column::text("by"),
        Column::text("begun (UTC)"),
    ]);
    for bulk in &bulks {
        table.row([
            bulk.id.to_string(),
            bulk.state.to_string(),
            bulk.act.says(),
            bulk.total.to_string(),
            bulk.done.to_string(),
            bulk.refused.to_string(),
            bulk.left().to_string(),
            bulk.who.clone(),
            at(Some(bulk.began_at)),
        ]);
    }
    print(&context.globals, &bulks, table, None)?;
    Ok(Outcome::Done)
}

/// A bulk act as JSON.
#[derive(Debug, Serialize)]
struct BulkDetail {
    bulk: Bulk,
    cases: Vec<BulkItem>,
}

async fn show(context: &Context, id: BulkId) -> Result<Outcome, CliError> {
    let BulkPage { bulk, .. } = context.desk.bulk_page(id).await?;
    let mut cases = Vec::new();
    for state in [ItemState::Refused, ItemState::Done, ItemState::Waiting] {
        let mut after = None;
        loop {
            let page = context.store.bulk_items(id, state, after, PAGE).await?;
            let is_last = page.len() < PAGE;
            after = page.last().map(|item| item.place);
            cases.extend(page);
            if is_last {
                break;
            }
        }
    }
    let mut table = Table::new(&[
        Column::number("number"),
        Column::text("about"),
        Column::text("state"),
        Column::text("what became of it"),
    ]);
    for item in &cases {
        table.row([
            item.target.number().to_string(),
            item.label.clone(),
            item.state.to_string(),
            item.text.clone(),
        ]);
    }
    let foot = format!("{}, {}: {}", bulk.act.says(), bulk.state, bulk.counts());
    let refused = bulk.refused;
    print(
        &context.globals,
        &BulkDetail { bulk, cases },
        table,
        Some(foot),
    )?;
    Ok(if refused > 0 {
        Outcome::Found
    } else {
        Outcome::Done
    })
}

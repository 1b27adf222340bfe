//! `tallyman deliveries …`

use super::args::{WaitArgs, each};
use super::columns;
use super::context::{Context, Globals, Opening};
use super::listing::{ColumnedArgs, Natural, collect, print, print_listing};
use super::output::{CliError, Outcome, say, terminal_columns};
use crate::desk::DeskError;
use crate::domain::delivery::{Attempt, DeliveryRow};
use crate::domain::ids::{DeliveryId, PayloadId};
use crate::domain::views::ListName;
use crate::report::columns::DELIVERIES;
use crate::report::{Column, Format, Origin, Sight, Table, at, opt, stored_call};
use crate::text::{age, clean};
use clap::Subcommand;
use serde::Serialize;

/// Columns a list can be sorted by; the first is the default.
const SORTS: &[&str] = &["id", "due", "age"];

/// What can be done with deliveries.
#[derive(Debug, Subcommand)]
pub enum DeliveriesVerb {
    /// Outward writes on their way
    List(ColumnedArgs),
    /// One delivery with every attempt
    Show { id: i64 },
    /// A stored call, by the number its page has: request and answer, people masked
    Call {
        id: i64,
        /// With names and addresses; the journal keeps who looked
        #[arg(long)]
        whole: bool,
    },
    /// Try again now; what is in doubt is asked about first
    Retry {
        #[arg(required = true)]
        ids: Vec<i64>,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Give up, with a reason
    Cancel {
        #[arg(required = true)]
        ids: Vec<i64>,
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
}

pub(super) async fn run(globals: &Globals, verb: DeliveriesVerb) -> Result<Outcome, CliError> {
    let opening = match &verb {
        DeliveriesVerb::List(_)
        | DeliveriesVerb::Show { .. }
        | DeliveriesVerb::Call { whole: false, .. } => Opening::Reading,
        _ => Opening::Writing,
    };
    let context = Context::open(globals, opening).await?;
    let desk = &context.desk;
    match verb {
        DeliveriesVerb::List(args) => list(&context, &args).await,
        DeliveriesVerb::Show { id } => show(&context, DeliveryId(id)).await,
        DeliveriesVerb::Call { id, whole } => call(&context, PayloadId(id), whole).await,
        DeliveriesVerb::Retry { ids, wait } => {
            each(&context, ids, wait.wait, |id| {
                desk.retry_delivery(DeliveryId(id))
            })
            .await
        }
        DeliveriesVerb::Cancel { ids, reason, wait } => {
            let reason = reason.as_str();
            each(&context, ids, wait.wait, |id| {
                desk.cancel_delivery(DeliveryId(id), reason)
            })
            .await
        }
    }
}

async fn list(context: &Context, args: &ColumnedArgs) -> Result<Outcome, CliError> {
    let columns = columns::chosen(args.columns.as_deref(), DELIVERIES)?;
    let args = &args.list;
    let query = args
        .query(context, ListName::Deliveries, SORTS, Natural::Descending)
        .await?;
    let store = &context.store;
    let listing = collect(
        args.limit,
        query,
        |q| async move { store.deliveries(&q).await },
    )
    .await?;
    let mut table = Table::new(&[
        Column::number("id"),
        Column::text("flow"),
        Column::text("object"),
        Column::text("to"),
        Column::text("lane"),
        Column::text("state"),
        Column::number("tries"),
        Column::text("due (UTC)"),
        Column::text("age"),
        Column::text("last answer"),
    ]);
    let now = context.now();
    for d in &listing.rows {
        table.row([
            d.id.to_string(),
            d.flow.to_string(),
            d.object.clone(),
            d.system.to_string(),
            d.lane.to_string(),
            d.state.to_string(),
            d.attempts.to_string(),
            at(Some(d.due_at)),
            age(now.since(d.caused_at).as_secs()),
            d.last_text.clone(),
        ]);
    }
    if let Some(columns) = columns {
        let places = columns::places(context).await?;
        table = columns::table(&columns, &listing.rows, &places);
    }
    print_listing(&context.globals, &listing, "deliveries", table)?;
    Ok(Outcome::Done)
}

async fn call(context: &Context, id: PayloadId, is_whole: bool) -> Result<Outcome, CliError> {
    let sight = if is_whole {
        Sight::Whole
    } else {
        Sight::Masked
    };
    let found = stored_call(&context.store, id, sight).await?;
    let Some(call) = found else {
        let what = format!("call {id}");
        return Err(DeskError::NotFound { what }.into());
    };
    if is_whole {
        // Nothing is printed before the journal has it.
        context.desk.look_into(id).await?;
    }
    let first = match call.origin {
        Origin::Ours => "request",
        Origin::Heard => "message",
    };
    let mut table = Table::new(&[Column::text("part"), Column::text("line")]);
    for (part, body) in [(first, &call.request), ("answer", &call.answer)] {
        let Some(body) = body else {
            continue;
        };
        match &body.shown {
            Some(shown) => {
                for line in &shown.lines {
                    table.row([part.to_owned(), line.clone()]);
                }
            }
            None => table.row([
                part.to_owned(),
                format!("past its retention; SHA-256 {}", body.hash),
            ]),
        }
    }
    let foot = format!("{} at {}", call.title, at(Some(call.at)));
    print(&context.globals, &call, table, Some(foot))?;
    Ok(Outcome::Done)
}

/// One delivery as JSON.
#[derive(Debug, Serialize)]
struct DeliveryDetail {
    delivery: DeliveryRow,
    attempts: Vec<Attempt>,
}

async fn show(context: &Context, id: DeliveryId) -> Result<Outcome, CliError> {
    let detail = DeliveryDetail {
        delivery: context.desk.delivery(id).await?,
        attempts: context.store.attempts(id).await?,
    };
    let mut table = Table::new(&[
        Column::number("try"),
        Column::text("started (UTC)"),
        Column::number("ms"),
        Column::number("step"),
        Column::text("class"),
        Column::text("answer"),
    ]);
    for a in &detail.attempts {
        table.row([
            a.n.to_string(),
            at(Some(a.started_at)),
            a.finished_at.since(a.started_at).as_ms().to_string(),
            a.step.to_string(),
            a.class.to_string(),
            a.text.clone(),
        ]);
    }
    if context.globals.format != Format::Table {
        print(&context.globals, &detail, table, None)?;
        return Ok(Outcome::Done);
    }
    let d = &detail.delivery;
    let mut out = format!(
        "Delivery {} {} of {} to {}\n",
        d.id,
        d.flow,
        clean(&d.object),
        d.system
    );
    let facts = [
        ("state", d.state.to_string()),
        ("lane", format!("{}, key {}", d.lane, d.order_key)),
        ("idempotency", d.idem_key.clone()),
        ("order", opt(d.order.as_ref())),
        ("caused", at(Some(d.caused_at))),
        ("due", at(Some(d.due_at))),
        ("last sent", at(d.sent_at)),
        ("last answer", d.last_text.clone()),
    ];
    for (name, value) in facts {
        if !value.is_empty() {
            out.push_str(&format!("  {name:<12}{}\n", clean(&value)));
        }
    }
    out.push('\n');
    out.push_str(&table.show(terminal_columns()));
    say(&out)?;
    Ok(Outcome::Done)
}

//! `tallyman orders …`

use super::args::{WaitArgs, each, one};
use super::context::{Context, Globals, Opening};
use super::listing::{ListArgs, Natural, collect, print, print_listing};
use super::output::{CliError, Outcome, say, terminal_columns};
use crate::domain::views::ListName;
use crate::report::{Column, Format, Table, opt, order_evidence};
use crate::text::{age, money, time_left};
use clap::Subcommand;

/// Columns a list can be sorted by; the first is the default.
const SORTS: &[&str] = &["received", "ship", "number", "state", "value"];

/// What can be done with orders.
#[derive(Debug, Subcommand)]
pub enum OrdersVerb {
    /// Orders in any state
    List(ListArgs),
    /// The evidence sheet: everything known about one order, with times
    Show {
        /// Number, warehouse number, reference, source id or tracking
        order: String,
    },
    /// Read it in both systems again and decide anew
    Resync {
        #[arg(required = true)]
        orders: Vec<String>,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Keep it from being sent to the warehouse
    Hold {
        order: String,
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Ship this one order from a site, whatever the routing rules say
    Route {
        order: String,
        /// A site that a mapping of the pair names
        #[arg(long)]
        site: String,
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Let a held order go
    Release {
        order: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
}

pub(super) async fn run(globals: &Globals, verb: OrdersVerb) -> Result<Outcome, CliError> {
    let opening = match &verb {
        OrdersVerb::List(_) | OrdersVerb::Show { .. } => Opening::Reading,
        _ => Opening::Writing,
    };
    let context = Context::open(globals, opening).await?;
    let desk = &context.desk;
    match verb {
        OrdersVerb::List(args) => list(&context, &args).await,
        OrdersVerb::Show { order } => show(&context, &order).await,
        OrdersVerb::Resync { orders, wait } => {
            each(&context, orders, wait.wait, |name| async move {
                let order = desk.order_named(&name).await?;
                desk.resync_order(order.id).await
            })
            .await
        }
        OrdersVerb::Hold {
            order,
            reason,
            wait,
        } => {
            let row = desk.order_named(&order).await?;
            one(
                &context,
                "holding",
                wait.wait,
                desk.hold_order(row.id, &reason),
            )
            .await
        }
        OrdersVerb::Route {
            order,
            site,
            reason,
            wait,
        } => {
            let row = desk.order_named(&order).await?;
            one(
                &context,
                "choosing its site",
                wait.wait,
                desk.choose_site(row.id, &site.as_str().into(), &reason),
            )
            .await
        }
        OrdersVerb::Release { order, wait } => {
            let row = desk.order_named(&order).await?;
            one(&context, "releasing", wait.wait, desk.release_order(row.id)).await
        }
    }
}

async fn list(context: &Context, args: &ListArgs) -> Result<Outcome, CliError> {
    let query = args
        .query(context, ListName::Orders, SORTS, Natural::Descending)
        .await?;
    let store = &context.store;
    let listing = collect(args.limit, query, |q| async move { store.orders(&q).await }).await?;
    let mut table = Table::new(&[
        Column::text("number"),
        Column::text("warehouse"),
        Column::text("state"),
        Column::text("promise"),
        Column::text("age"),
        Column::number("units"),
        Column::number("value"),
        Column::text("service"),
        Column::text("site"),
        Column::text("customer"),
        Column::text("blocked by"),
    ]);
    let now = context.now();
    for o in &listing.rows {
        table.row([
            o.number.clone(),
            opt(o.wms_number.as_ref()),
            o.state.to_string(),
            o.ship_by
                .map(|t| time_left(t.since(now).as_secs()))
                .unwrap_or_default(),
            age(now.since(o.received_at).as_secs()),
            o.units.to_string(),
            money(o.value_minor),
            o.service.0.clone(),
            opt(o.site.as_ref()),
            format!("{} {}", o.customer_initials, o.postcode_district),
            o.blocked_by.clone(),
        ]);
    }
    print_listing(&context.globals, &listing, "orders", table)?;
    Ok(Outcome::Done)
}

/// Prints the evidence sheet of an order; shared with `report order`.
pub(super) async fn show(context: &Context, name: &str) -> Result<Outcome, CliError> {
    let row = context.desk.order_named(name).await?;
    let warehouse = context
        .loaded
        .config
        .pair(&row.pair)
        .map(|p| p.warehouse.clone());
    let mut sheet = order_evidence(&context.store, row.id, warehouse.as_ref(), context.now())
        .await?
        .ok_or_else(|| CliError::failed(format!("order {} has just gone", row.number)))?;
    if warehouse.is_some() {
        sheet.why = Some(context.desk.why_of(row.id).await?);
    }
    match context.globals.format {
        Format::Table => say(&sheet.text(terminal_columns()))?,
        Format::Json | Format::Csv | Format::Md | Format::Html => {
            print(&context.globals, &sheet, sheet.record_table(), None)?;
        }
    }
    Ok(Outcome::Done)
}

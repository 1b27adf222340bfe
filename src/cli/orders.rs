//! `tallyman orders …`

use super::args::{WaitArgs, each, one};
use super::columns;
use super::context::{Context, Globals, Opening};
use super::listing::{ColumnedArgs, Natural, collect, print, print_listing};
use super::output::{CliError, Outcome, say, terminal_columns};
use crate::domain::edits::SafeField;
use crate::domain::views::ListName;
use crate::report::columns::ORDERS;
use crate::report::{Column, Format, Reader, Table, opt, order_evidence, order_paper};
use crate::text::{age, money, time_left};
use clap::Subcommand;

/// Columns a list can be sorted by; the first is the default.
const SORTS: &[&str] = &["received", "ship", "number", "state", "value"];

/// What can be done with orders.
#[derive(Debug, Subcommand)]
pub enum OrdersVerb {
    /// Orders in any state
    List(ColumnedArgs),
    /// The evidence sheet: everything known about one order, with times
    Show {
        /// Number, warehouse number, reference, source id or tracking
        order: String,
        /// Instead: a page for customer service, or a masked bundle for a vendor's support desk
        #[arg(long = "for", value_enum, value_name = "READER")]
        reader: Option<Outside>,
        /// The vendor's system, with --for vendor; the warehouse when left out
        #[arg(long, requires = "reader")]
        system: Option<String>,
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
    /// Correct text of its delivery address for this send; the source keeps what it says
    Edit {
        order: String,
        /// name, company, line1, line2, line3, town, region, postcode, email or phone; may be given several times
        #[arg(long = "field", required = true, value_name = "NAME", value_parser = parse_field)]
        fields: Vec<SafeField>,
        /// What is sent instead, one for each field
        #[arg(long = "to", required = true, value_name = "TEXT")]
        texts: Vec<String>,
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

fn parse_field(text: &str) -> Result<SafeField, String> {
    SafeField::parse(text).ok_or_else(|| {
        let names: Vec<&str> = SafeField::ALL.iter().map(|f| f.as_str()).collect();
        format!(
            "{text:?} is not a field that may be edited; these may: {}",
            names.join(", ")
        )
    })
}

/// Readers outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Outside {
    Customer,
    Vendor,
}

pub(super) async fn run(globals: &Globals, verb: OrdersVerb) -> Result<Outcome, CliError> {
    let opening = match &verb {
        OrdersVerb::List(_) | OrdersVerb::Show { reader: None, .. } => Opening::Reading,
        _ => Opening::Writing,
    };
    let context = Context::open(globals, opening).await?;
    let desk = &context.desk;
    match verb {
        OrdersVerb::List(args) => list(&context, &args).await,
        OrdersVerb::Show {
            order,
            reader: Some(reader),
            system,
        } => paper(&context, &order, reader, system.as_deref()).await,
        OrdersVerb::Show { order, .. } => show(&context, &order).await,
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
        OrdersVerb::Edit {
            order,
            fields,
            texts,
            reason,
            wait,
        } => {
            if fields.len() != texts.len() {
                return Err(CliError::failed(
                    "every --field needs its own --to, in the same order",
                ));
            }
            let row = desk.order_named(&order).await?;
            let texts = fields.into_iter().zip(texts).collect();
            one(
                &context,
                "editing",
                wait.wait,
                desk.edit_order(row.id, texts, &reason),
            )
            .await
        }
        OrdersVerb::Release { order, wait } => {
            let row = desk.order_named(&order).await?;
            one(&context, "releasing", wait.wait, desk.release_order(row.id)).await
        }
    }
}

async fn list(context: &Context, args: &ColumnedArgs) -> Result<Outcome, CliError> {
    let columns = columns::chosen(args.columns.as_deref(), ORDERS)?;
    let args = &args.list;
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
    if let Some(columns) = columns {
        let places = columns::places(context).await?;
        table = columns::table(&columns, &listing.rows, &places);
    }
    print_listing(&context.globals, &listing, "orders", table)?;
    Ok(Outcome::Done)
}

/// Prints an order for a reader outside, and keeps in the journal that it was given out.
async fn paper(
    context: &Context,
    name: &str,
    reader: Outside,
    system: Option<&str>,
) -> Result<Outcome, CliError> {
    let desk = &context.desk;
    let row = desk.order_named(name).await?;
    let pair = desk.pair_of(&row)?;
    let reader = match (reader, system) {
        (Outside::Customer, _) => Reader::Customer,
        (Outside::Vendor, None) => Reader::Warehouse,
        (Outside::Vendor, Some(id)) if id == pair.warehouse.as_str() => Reader::Warehouse,
        (Outside::Vendor, Some(id)) if id == pair.source.as_str() => Reader::Source,
        (Outside::Vendor, Some(id)) => {
            return Err(CliError::failed(format!(
                "order {} concerns {} and {}, not {id}; name one of the two",
                row.number, pair.source, pair.warehouse
            )));
        }
    };
    let paper = order_paper(desk, row.id, reader).await?;
    desk.order_exported(&row, reader.words(), "standard output")
        .await?;
    match context.globals.format {
        Format::Html => say(&paper.html())?,
        _ => say(&paper.markdown)?,
    }
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

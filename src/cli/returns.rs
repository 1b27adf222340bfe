//! `tallyman returns …`

use super::args::{WaitArgs, one};
use super::columns;
use super::context::{Context, Globals, Opening};
use super::listing::{ColumnedArgs, Natural, collect, print, print_listing};
use super::output::{CliError, Outcome, say, terminal_columns};
use crate::desk::{Decision, ReturnSheet};
use crate::domain::returns::{ClaimState, Disposition, ReturnState, read_units, words};
use crate::domain::views::ListName;
use crate::report::columns::RETURNS;
use crate::report::{Column, Format, Table};
use crate::text::age;
use clap::{Subcommand, ValueEnum};

/// Columns a list can be sorted by; the first is the default.
const SORTS: &[&str] = ListName::Returns.sorts();

/// What can be done with returns.
#[derive(Debug, Subcommand)]
pub enum ReturnsVerb {
    /// Returns on which something is still to happen, newest first; a filter that names a state finds the others too
    List {
        /// Also those that are closed
        #[arg(long)]
        all: bool,
        /// Only this pair of systems
        #[arg(long, value_name = "PAIR")]
        pair: Option<String>,
        #[command(flatten)]
        list: ColumnedArgs,
    },
    /// Goods and money of one return side by side, and what its credit waits for
    Show {
        /// Number of the return, such as SL-1001-RT1
        reference: String,
    },
    /// Goods come back: announce them to the warehouse, or allow what the customer asked for
    Expect {
        /// An order, or a return the customer asked for
        name: String,
        /// Units by SKU, such as MUG=2; everything that left when absent
        #[arg(long = "units", value_name = "SKU=N")]
        units: Vec<String>,
        /// Why
        #[arg(long, default_value = "")]
        reason: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Money went back and no goods come: say what was meant
    Explain {
        /// An order
        order: String,
        #[arg(long = "as", value_enum)]
        to: Meant,
        /// One refund by its id; all open questions of the order when absent
        #[arg(long)]
        refund: Option<String>,
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Record what becomes of goods that cannot be sold again
    Outcome {
        reference: String,
        #[arg(long = "as", value_enum)]
        to: Fate,
        #[command(flatten)]
        goods: GoodsArgs,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Take what was received for what was agreed
    Accept {
        reference: String,
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Wait longer for goods that are late
    Extend {
        reference: String,
        /// Days from now
        #[arg(long)]
        days: i64,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// End a return: it never came, was refused, or no money is due
    Close {
        reference: String,
        #[arg(long = "as", value_enum)]
        to: End,
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Finance approves the credit of goods that have an outcome
    Approve {
        reference: String,
        #[command(flatten)]
        goods: GoodsArgs,
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Finance passes the shut credit gate; stays visible until the goods are booked
    Override {
        reference: String,
        #[command(flatten)]
        goods: GoodsArgs,
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
}

/// Units of a line.
#[derive(Debug, Clone, clap::Args)]
pub struct GoodsArgs {
    /// Line by its number or SKU; may be left out when the return has only one
    #[arg(long)]
    line: Option<String>,
    /// How many
    #[arg(long)]
    units: Option<i64>,
}

/// Why money went back without goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Meant {
    Goodwill,
    NeverShipped,
}

/// What becomes of goods that cannot be sold again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Fate {
    WriteOff,
    Repair,
    SendBack,
}

/// How a return ends by a person's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum End {
    NotReceived,
    Rejected,
    NoMoneyDue,
}

pub(super) async fn run(globals: &Globals, verb: ReturnsVerb) -> Result<Outcome, CliError> {
    let opening = match &verb {
        ReturnsVerb::List { .. } | ReturnsVerb::Show { .. } => Opening::Reading,
        _ => Opening::Writing,
    };
    let context = Context::open(globals, opening).await?;
    match verb {
        ReturnsVerb::List {
            all,
            pair,
            list: args,
        } => list(&context, (all, pair.as_deref()), &args).await,
        ReturnsVerb::Show { reference } => show(&context, &reference).await,
        ReturnsVerb::Expect {
            name,
            units,
            reason,
            wait,
        } => expect(&context, &name, (&units, &reason), &wait).await,
        ReturnsVerb::Explain {
            order,
            to,
            refund,
            reason,
            wait,
        } => {
            let row = context.desk.order_named(&order).await?;
            let to = match to {
                Meant::Goodwill => ClaimState::Goodwill,
                Meant::NeverShipped => ClaimState::NeverShipped,
            };
            let act = context.desk.explain_refund(&row, refund, to, &reason);
            one(&context, "explaining", wait.wait, act).await
        }
        other => decided(&context, other).await,
    }
}

/// Verbs that decide something about one return.
async fn decided(context: &Context, verb: ReturnsVerb) -> Result<Outcome, CliError> {
    let (reference, what, wait) = match verb {
        ReturnsVerb::Outcome {
            reference,
            to,
            goods,
            wait,
        } => {
            let to = match to {
                Fate::WriteOff => Disposition::WriteOff,
                Fate::Repair => Disposition::Repair,
                Fate::SendBack => Disposition::SendBack,
            };
            let (line, units) = (goods.line, goods.units);
            (reference, Decision::Outcome { line, to, units }, wait)
        }
        ReturnsVerb::Accept {
            reference,
            reason,
            wait,
        } => (reference, Decision::Accept { reason }, wait),
        ReturnsVerb::Extend {
            reference,
            days,
            wait,
        } => (reference, Decision::Extend { days }, wait),
        ReturnsVerb::Close {
            reference,
            to,
            reason,
            wait,
        } => {
            let to = match to {
                End::NotReceived => ReturnState::NotReceived,
                End::Rejected => ReturnState::Rejected,
                End::NoMoneyDue => ReturnState::Closed,
            };
            (reference, Decision::Close { to, reason }, wait)
        }
        ReturnsVerb::Approve {
            reference,
            goods,
            reason,
            wait,
        } => {
            let (line, units) = (goods.line, goods.units.unwrap_or(1));
            let what = Decision::Approve {
                line,
                units,
                reason,
            };
            (reference, what, wait)
        }
        ReturnsVerb::Override {
            reference,
            goods,
            reason,
            wait,
        } => {
            let (line, units) = (goods.line, goods.units.unwrap_or(1));
            let what = Decision::Override {
                line,
                units,
                reason,
            };
            (reference, what, wait)
        }
        ReturnsVerb::List { .. }
        | ReturnsVerb::Show { .. }
        | ReturnsVerb::Expect { .. }
        | ReturnsVerb::Explain { .. } => {
            return Err(CliError::Usage("this verb decides nothing".to_owned()));
        }
    };
    let act = context.desk.decide_return(&reference, what);
    one(context, "deciding", wait.wait, act).await
}

async fn expect(
    context: &Context,
    name: &str,
    (units, reason): (&[String], &str),
    wait: &WaitArgs,
) -> Result<Outcome, CliError> {
    let desk = &context.desk;
    if desk.return_named(name).await.is_ok() {
        let act = desk.decide_return(name, Decision::Grant);
        return one(context, "allowing the return", wait.wait, act).await;
    }
    let row = desk.order_named(name).await?;
    let units = read_units(&units.join(",")).map_err(CliError::Usage)?;
    let act = desk.expect_return(&row, units, reason);
    one(context, "expecting a return", wait.wait, act).await
}

async fn list(
    context: &Context,
    (all, pair): (bool, Option<&str>),
    args: &ColumnedArgs,
) -> Result<Outcome, CliError> {
    let columns = columns::chosen(args.columns.as_deref(), RETURNS)?;
    let args = &args.list;
    let query = args
        .query(context, ListName::Returns, SORTS, Natural::Descending)
        .await?;
    let pair = pair.map(|p| context.pair(Some(p))).transpose()?;
    let (store, pair) = (&context.store, pair.as_ref());
    let listing = collect(args.limit, query, |q| async move {
        store.returns(pair, all, &q).await
    })
    .await?;
    let mut table = Table::new(&[
        Column::text("return"),
        Column::text("order"),
        Column::text("goods"),
        Column::text("money"),
        Column::number("agreed"),
        Column::number("received"),
        Column::number("shelf"),
        Column::number("booked"),
        Column::number("credited"),
        Column::text("age"),
        Column::text("allowed by"),
    ]);
    for held in &listing.rows {
        let sum = |of: fn(&crate::domain::returns::ReturnLine) -> i64| {
            held.lines.iter().map(of).sum::<i64>().to_string()
        };
        let row = &held.row;
        table.row([
            row.reference.0.clone(),
            row.order_number.clone(),
            row.state.to_string(),
            row.money.to_string(),
            sum(|l| l.authorised_each),
            sum(|l| l.received_each),
            sum(|l| l.stocked_each),
            sum(|l| l.confirmed_each),
            sum(|l| l.credited_each),
            age(context.now().since(row.created_at).as_secs()),
            row.authorised_by.clone(),
        ]);
    }
    if let Some(columns) = columns {
        let rows = context.desk.with_gates(listing.rows.clone()).await?;
        let places = columns::places(context).await?;
        table = columns::table(&columns, &rows, &places);
    }
    print_listing(&context.globals, &listing, "returns", table)?;
    Ok(Outcome::Done)
}

async fn show(context: &Context, reference: &str) -> Result<Outcome, CliError> {
    let sheet = context.desk.return_sheet(reference).await?;
    let table = goods_table(&sheet);
    if context.globals.format != Format::Table {
        print(&context.globals, &sheet, table, None)?;
        return Ok(Outcome::Done);
    }
    let row = &sheet.held.row;
    let mut text = format!(
        "Return {} of order {} ({}): {}\n",
        row.reference,
        row.order_number,
        row.wms_number,
        words(row.state, row.money)
    );
    if !row.authorised_by.is_empty() {
        text.push_str(&format!("Allowed by {}\n", row.authorised_by));
    }
    text.push_str("\nGoods\n");
    text.push_str(&table.show(terminal_columns()));
    text.push_str("\nMoney beside goods, whole order\n");
    text.push_str(&money_table(&sheet).show(terminal_columns()));
    text.push_str("\nWhat was said\n");
    text.push_str(&claims_table(&sheet).show(terminal_columns()));
    say(&text)?;
    Ok(Outcome::Done)
}

fn goods_table(sheet: &ReturnSheet) -> Table {
    let mut table = Table::new(&[
        Column::text("line"),
        Column::text("sku"),
        Column::number("agreed"),
        Column::number("received"),
        Column::number("sellable"),
        Column::number("not"),
        Column::number("shelf"),
        Column::number("booked"),
        Column::number("credited"),
        Column::text("outcome"),
        Column::text("credit"),
    ]);
    for (line, gate) in sheet.held.lines.iter().zip(&sheet.gates) {
        let outcome = line
            .disposition
            .map_or_else(String::new, |d| format!("{} × {d}", line.disposed_each));
        table.row([
            line.line_ref.clone(),
            line.sku.0.clone(),
            line.authorised_each.to_string(),
            line.received_each.to_string(),
            line.sellable_each.to_string(),
            line.unsellable_each.to_string(),
            line.stocked_each.to_string(),
            line.confirmed_each.to_string(),
            line.credited_each.to_string(),
            outcome,
            gate.clone(),
        ]);
    }
    table
}

fn money_table(sheet: &ReturnSheet) -> Table {
    let mut table = Table::new(&[
        Column::text("sku"),
        Column::number("refunded"),
        Column::number("agreed"),
        Column::number("received"),
        Column::number("shelf"),
        Column::number("unbooked"),
        Column::text("in words"),
    ]);
    for row in &sheet.alignment {
        table.row([
            row.sku.clone(),
            row.refunded_each.to_string(),
            row.authorised_each.to_string(),
            row.received_each.to_string(),
            row.stocked_each.to_string(),
            row.unposted_each.to_string(),
            row.words.clone(),
        ]);
    }
    table
}

fn claims_table(sheet: &ReturnSheet) -> Table {
    let mut table = Table::new(&[
        Column::text("what"),
        Column::text("id"),
        Column::text("units"),
        Column::number("amount"),
        Column::text("stands"),
        Column::text("why"),
    ]);
    for claim in &sheet.claims {
        let units: Vec<String> = claim
            .units
            .iter()
            .map(|(s, n)| format!("{n} × {s}"))
            .collect();
        table.row([
            claim.cause.to_string(),
            claim.id.clone(),
            units.join(", "),
            claim
                .amount_minor
                .map(crate::text::money)
                .unwrap_or_default(),
            claim.state.to_string(),
            claim.note.clone(),
        ]);
    }
    table
}

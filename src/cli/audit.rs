//! `tallyman audit …`

use super::columns;
use super::context::{Context, Globals, Opening};
use super::listing::{ColumnedArgs, Natural, collect, print, print_listing};
use super::output::{CliError, Outcome, say};
use crate::domain::ids::JournalSeq;
use crate::domain::views::ListName;
use crate::report::columns::AUDIT;
use crate::report::{Column, Table, at};
use clap::Subcommand;
use serde::Serialize;

/// Columns a list can be sorted by.
const SORTS: &[&str] = &["seq"];

/// What can be done with the audit.
#[derive(Debug, Subcommand)]
pub enum AuditVerb {
    /// Who did what, newest first
    List(ColumnedArgs),
    /// Take back an edit of our own books: the newest of yours, or the one of a line of the journal
    Undo {
        /// Number of the line, as `audit list` shows it
        line: Option<i64>,
    },
    /// Recompute the chain of hashes; exit code 3 when a row was altered
    Verify,
}

pub(super) async fn run(globals: &Globals, verb: AuditVerb) -> Result<Outcome, CliError> {
    let opening = match &verb {
        AuditVerb::Undo { .. } => Opening::Writing,
        AuditVerb::List(_) | AuditVerb::Verify => Opening::Reading,
    };
    let context = Context::open(globals, opening).await?;
    match verb {
        AuditVerb::Undo { line } => undo(&context, line).await,
        AuditVerb::List(args) => list(&context, &args).await,
        AuditVerb::Verify => verify(&context).await,
    }
}

async fn list(context: &Context, args: &ColumnedArgs) -> Result<Outcome, CliError> {
    let columns = columns::chosen(args.columns.as_deref(), AUDIT)?;
    let args = &args.list;
    let query = args
        .query(context, ListName::Audit, SORTS, Natural::Descending)
        .await?;
    let store = &context.store;
    let listing = collect(
        args.limit,
        query,
        |q| async move { store.journal(&q).await },
    )
    .await?;
    let mut table = Table::new(&[
        Column::number("seq"),
        Column::text("time (UTC)"),
        Column::text("by"),
        Column::text("action"),
        Column::text("object"),
        Column::text("before"),
        Column::text("after"),
        Column::text("reason"),
    ]);
    for row in &listing.rows {
        table.row([
            row.seq.to_string(),
            at(Some(row.at)),
            row.actor.clone(),
            row.action.clone(),
            format!("{} {}", row.object.kind(), row.object.id()),
            row.before.clone(),
            row.after.clone(),
            row.reason.clone(),
        ]);
    }
    if let Some(columns) = columns {
        let places = columns::places(context).await?;
        table = columns::table(&columns, &listing.rows, &places);
    }
    print_listing(&context.globals, &listing, "journal rows", table)?;
    Ok(Outcome::Done)
}

async fn undo(context: &Context, line: Option<i64>) -> Result<Outcome, CliError> {
    let line = match line {
        Some(line) => JournalSeq(line),
        None => context.desk.newest_undoable().await?.seq,
    };
    let done = context.desk.undo(line).await?;
    say(&done.text)?;
    Ok(Outcome::Done)
}

/// Result of a check of the chain as JSON.
#[derive(Debug, Serialize)]
struct Verified {
    is_whole: bool,
    /// What is wrong with the first bad row.
    fault: Option<String>,
}

async fn verify(context: &Context) -> Result<Outcome, CliError> {
    let fault = context.store.verify_journal().await?;
    let verified = Verified {
        is_whole: fault.is_none(),
        fault,
    };
    let text = match &verified.fault {
        None => "the journal is whole: every row's hash follows from the one before".to_owned(),
        Some(fault) => format!("the journal was altered: {fault}"),
    };
    let mut table = Table::new(&[Column::text("audit")]);
    table.row([text]);
    print(&context.globals, &verified, table, None)?;
    Ok(if verified.is_whole {
        Outcome::Done
    } else {
        Outcome::Found
    })
}

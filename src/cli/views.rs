//! `tallyman views …`

use super::context::{Context, Globals, Opening};
use super::listing::{Listing, print_listing};
use super::output::{CliError, Outcome, say_line};
use crate::domain::views::{ListName, View};
use crate::report::{Column, Table, at};
use clap::Subcommand;

/// What can be done with saved views.
#[derive(Debug, Subcommand)]
pub enum ViewsVerb {
    /// What the team saved: by list and name
    List {
        /// Only those of one list
        #[arg(long, value_name = "LIST", value_parser = parse_list)]
        of: Option<ListName>,
    },
    /// Keep a filter and an order of a list by name, for the whole team
    Save {
        #[arg(value_parser = parse_list)]
        of: ListName,
        name: String,
        /// Filter, in one argument: "severity:S1,S2 ship<4h"
        #[arg(long, default_value = "", allow_hyphen_values = true)]
        filter: String,
        /// Column to sort by; without it the first of the list
        #[arg(long, value_name = "COLUMN")]
        sort: Option<String>,
        /// Largest or newest first
        #[arg(long)]
        descending: bool,
        /// Take the place of the one with this name
        #[arg(long)]
        replace: bool,
    },
    /// Forget a view, for everybody
    Remove {
        #[arg(value_parser = parse_list)]
        of: ListName,
        name: String,
        /// Do it; without this only what would go is said
        #[arg(long)]
        yes: bool,
    },
}

fn parse_list(text: &str) -> Result<ListName, String> {
    ListName::parse(text).ok_or_else(|| {
        let names: Vec<&str> = ListName::ALL.iter().map(|l| l.as_str()).collect();
        format!("a list is one of {}", names.join(", "))
    })
}

pub(super) async fn run(globals: &Globals, verb: ViewsVerb) -> Result<Outcome, CliError> {
    let opening = match &verb {
        ViewsVerb::List { .. } => Opening::Reading,
        _ => Opening::Writing,
    };
    let context = Context::open(globals, opening).await?;
    let desk = &context.desk;
    match verb {
        ViewsVerb::List { of } => list(&context, of).await,
        ViewsVerb::Save {
            of,
            name,
            filter,
            sort,
            descending,
            replace,
        } => {
            let first = of.sorts().first().copied().unwrap_or_default();
            let view = View {
                list: of,
                name,
                filter,
                sort: sort.unwrap_or_else(|| first.to_owned()),
                is_descending: descending,
            };
            let over = if replace {
                Some(desk.view_named(of, &view.name).await?.version)
            } else {
                None
            };
            say_line(&desk.save_view(view, over).await?.text)?;
            Ok(Outcome::Done)
        }
        ViewsVerb::Remove { of, name, yes } => {
            let saved = desk.view_named(of, &name).await?;
            if !yes {
                return Err(CliError::Usage(format!(
                    "the view {:?} of {of} ({}), saved by {}, would go for everybody; say --yes to remove it",
                    saved.view.name,
                    saved.view.says(),
                    saved.saved_by
                )));
            }
            let done = desk
                .remove_view(of, &saved.view.name, saved.version)
                .await?;
            say_line(&done.text)?;
            Ok(Outcome::Done)
        }
    }
}

async fn list(context: &Context, of: Option<ListName>) -> Result<Outcome, CliError> {
    let mut rows = context.desk.views().await?;
    rows.retain(|v| of.is_none_or(|list| v.view.list == list));
    let mut table = Table::new(&[
        Column::text("list"),
        Column::text("name"),
        Column::text("filter"),
        Column::text("sort"),
        Column::text("by"),
        Column::text("saved (UTC)"),
    ]);
    for saved in &rows {
        let way = if saved.view.is_descending {
            ", falling"
        } else {
            ""
        };
        table.row([
            saved.view.list.to_string(),
            saved.view.name.clone(),
            saved.view.filter.clone(),
            format!("{}{way}", saved.view.sort),
            saved.saved_by.clone(),
            at(Some(saved.saved_at)),
        ]);
    }
    let listing = Listing {
        total: i64::try_from(rows.len()).unwrap_or(i64::MAX),
        rows,
    };
    print_listing(&context.globals, &listing, "views", table)?;
    Ok(Outcome::Done)
}

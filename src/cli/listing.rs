//! What every list verb has in common: filter, sort, limit, paging, the three formats.

use super::context::{Context, Globals};
use super::output::{CliError, say, terminal_columns};
use crate::domain::filter::{self, FieldSpec, NamedFilter, VIEW_FIELD};
use crate::domain::time::Ts;
use crate::domain::views::{ListName, View};
use crate::report::{Print, Table};
use crate::store::StoreResult;
use crate::store::read::{Anchor, ListQuery, Window};
use serde::Serialize;
use std::ffi::OsString;
use std::future::Future;

/// Rows asked of the store at once.
const PAGE_ROWS: usize = 500;
/// Most rows one list prints.
const ROWS_MAX: usize = 100_000;

/// Options of every list.
#[derive(Debug, Clone, clap::Args)]
pub struct ListArgs {
    /// Column to sort by
    #[arg(long, value_name = "COLUMN")]
    pub sort: Option<String>,
    /// Sort the other way round
    #[arg(long)]
    pub reverse: bool,
    /// Show it as the team saved it under this name; a filter narrows it further
    #[arg(long, value_name = "NAME")]
    pub view: Option<String>,
    /// Most rows to print
    #[arg(long, default_value_t = 100, value_parser = parse_limit)]
    pub limit: usize,
    /// Filter, for example: severity:S1,S2 -team:cx ship<4h mug
    #[arg(value_parser = parse_term, value_name = "FILTER")]
    pub filter: Vec<String>,
}

/// Options of a list whose columns can be chosen.
#[derive(Debug, Clone, clap::Args)]
pub struct ColumnedArgs {
    #[command(flatten)]
    pub list: ListArgs,
    /// Columns of table, CSV and Markdown by name: number,state; a wrong name says which there are
    #[arg(long, value_name = "NAMES")]
    pub columns: Option<String>,
}

/// Stands before a filter term that begins with a hyphen ("not") while the command line is taken apart, so that it does
/// not pass for a bundle of short options and options may stand anywhere.
const SHIELD: char = '\u{1}';

/// The words of a command line with the negated filter terms of a list shielded.
pub fn shield_terms(words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut is_list = false;
    words
        .into_iter()
        .map(|word| match word.to_str() {
            Some("list" | "drift" | "lanes" | "bulk") => {
                is_list = true;
                word
            }
            Some(text) if is_list && is_negated_term(text) => {
                OsString::from(format!("{SHIELD}{text}"))
            }
            _ => word,
        })
        .collect()
}

/// A short option is one letter; anything longer behind a single hyphen is a term.
fn is_negated_term(text: &str) -> bool {
    text.starts_with('-') && !text.starts_with("--") && text.chars().count() > 2
}

fn parse_limit(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|n| (1..=ROWS_MAX).contains(n))
        .ok_or_else(|| format!("a whole number between 1 and {ROWS_MAX}"))
}

pub(super) fn parse_term(text: &str) -> Result<String, String> {
    Ok(text.strip_prefix(SHIELD).unwrap_or(text).to_owned())
}

/// Which way a list runs when nobody says how to sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Natural {
    /// Smallest, nearest or earliest first.
    Ascending,
    /// Newest first: chronicles.
    Descending,
}

/// A list as JSON: stable field names.
#[derive(Debug, Serialize)]
pub struct Listing<T> {
    /// Rows that match, also those beyond the limit.
    pub total: i64,
    pub rows: Vec<T>,
}

impl ListArgs {
    /// The question for the store, through the saved view that was named.
    ///
    /// # Errors
    /// [`CliError::Usage`] when filter or column are not understood; there is no such view; the store cannot be read.
    pub async fn query(
        &self,
        context: &Context,
        list: ListName,
        sorts: &[&str],
        natural: Natural,
    ) -> Result<ListQuery, CliError> {
        let now = context.now();
        let views = self.views_named(context, list).await?;
        let Some(name) = &self.view else {
            return self.plain((list.fields(), &views), sorts, natural, now);
        };
        let saved = context.desk.view_named(list, name).await?;
        self.through(&saved.view)
            .plain((list.fields(), &views), sorts, natural, now)
    }

    /// Saved views of the list; read only where the filter may name one.
    async fn views_named(
        &self,
        context: &Context,
        list: ListName,
    ) -> Result<Vec<NamedFilter>, CliError> {
        let begins = format!("{VIEW_FIELD}:");
        let names_one = |word: &String| word.to_lowercase().contains(&begins);
        if !self.filter.iter().any(names_one) {
            return Ok(Vec::new());
        }
        let saved = context.desk.views().await?.into_iter();
        let here = saved.filter(|s| s.view.list == list);
        Ok(here
            .map(|s| NamedFilter {
                name: s.view.name,
                filter: s.view.filter,
            })
            .collect())
    }

    /// As if the view's filter and order had been typed first.
    fn through(&self, view: &View) -> Self {
        let mut args = self.clone();
        args.filter.insert(0, view.filter.clone());
        if args.sort.is_none() {
            args.sort = Some(view.sort.clone());
            args.reverse = self.reverse != view.is_descending;
        }
        args
    }

    fn plain(
        &self,
        (fields, views): (&[FieldSpec], &[NamedFilter]),
        sorts: &[&str],
        natural: Natural,
        now: Ts,
    ) -> Result<ListQuery, CliError> {
        let filter = filter::parse_with(&self.filter.join(" "), fields, views)?;
        let sort = self
            .sort
            .as_deref()
            .or(sorts.first().copied())
            .unwrap_or_default();
        if !sorts.contains(&sort) {
            return Err(CliError::Usage(format!(
                "{:?} is not a column to sort by; use one of {}",
                crate::text::clean_to(sort, 40),
                sorts.join(", ")
            )));
        }
        Ok(ListQuery {
            filter,
            sort: sort.to_owned(),
            is_descending: self.reverse != (self.sort.is_none() && natural == Natural::Descending),
            anchor: Anchor::First,
            limit: self.limit.min(PAGE_ROWS),
            now,
        })
    }
}

/// Reads windows until the limit or the end is reached.
///
/// # Errors
/// When the store cannot be read.
pub async fn collect<T, F, W>(
    limit: usize,
    query: ListQuery,
    mut fetch: F,
) -> Result<Listing<T>, CliError>
where
    F: FnMut(ListQuery) -> W,
    W: Future<Output = StoreResult<Window<T>>>,
{
    let mut query = query;
    let mut out = Listing {
        total: 0,
        rows: Vec::new(),
    };
    loop {
        query.limit = PAGE_ROWS.min(limit - out.rows.len());
        let window = fetch(query.clone()).await?;
        out.total = out.total.max(window.total);
        let Some(last) = window.rows.last() else {
            return Ok(out);
        };
        query.anchor = Anchor::After(last.cursor.clone());
        let is_end = !window.has_after;
        out.rows.extend(window.rows.into_iter().map(|l| l.row));
        if is_end || out.rows.len() >= limit {
            return Ok(out);
        }
    }
}

/// Prints a list in the format asked for.
///
/// # Errors
/// When it cannot be written.
pub fn print_listing<T: Serialize>(
    globals: &Globals,
    listing: &Listing<T>,
    called: &str,
    table: Table,
) -> Result<(), CliError> {
    let shown = listing.rows.len();
    let foot = if i64::try_from(shown).is_ok_and(|n| n < listing.total) {
        Some(format!("{shown} of {} {called}", listing.total))
    } else if shown == 0 {
        Some(format!("no {called}"))
    } else {
        None
    };
    print(globals, listing, table, foot)
}

/// Prints an answer in the format asked for.
///
/// # Errors
/// When it cannot be written.
pub fn print<T: Serialize>(
    globals: &Globals,
    json: &T,
    table: Table,
    foot: Option<String>,
) -> Result<(), CliError> {
    let print = Print { table, json, foot };
    say(&print.text(globals.format, terminal_columns())?)
}

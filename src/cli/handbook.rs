//! `tallyman handbook`: the texts the console shows, where there is no console.

use super::context::Globals;
use super::listing::print;
use super::output::{CliError, Outcome, say};
use crate::console::app::keymap::Keymap;
use crate::console::app::sheets::handbook::keys;
use crate::handbook::{Topic, search};
use crate::report::{Column, Table};
use serde::Serialize;

/// Options of the handbook.
#[derive(Debug, clap::Args)]
pub struct HandbookArgs {
    /// A text by its name (`mappings`, `ORD_SKU_UNKNOWN`, `keys`), or words to look for; nothing lists every text
    pub words: Vec<String>,
}

/// A text, and the line that has the words.
#[derive(Debug, Serialize)]
struct Row {
    name: &'static str,
    title: &'static str,
    says: String,
}

pub(super) fn run(globals: &Globals, args: &HandbookArgs) -> Result<Outcome, CliError> {
    let asked = args.words.join(" ");
    let keys = keys(&Keymap::built_in());
    if let Some(topic) = Topic::parse(&asked) {
        say(&topic.text(&keys))?;
        return Ok(Outcome::Done);
    }
    let hits = search(&asked, &keys);
    if hits.is_empty() {
        return Err(CliError::failed(format!(
            "nothing in the handbook has all of these words: {}; `tallyman handbook` lists every text",
            crate::text::clean(&asked)
        )));
    }
    let rows: Vec<Row> = hits
        .into_iter()
        .map(|hit| Row {
            name: hit.topic.name(),
            title: hit.topic.title(),
            says: hit.says,
        })
        .collect();
    let mut table = Table::new(&[
        Column::text("name"),
        Column::text("title"),
        Column::text("says"),
    ]);
    for row in &rows {
        table.row([row.name.to_owned(), row.title.to_owned(), row.says.clone()]);
    }
    let foot = "read one with `tallyman handbook NAME`".to_owned();
    print(globals, &rows, table, Some(foot))?;
    Ok(Outcome::Done)
}

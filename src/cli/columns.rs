//! `--columns`: the columns of a `list` verb by name, from the same declaration the console draws.

use super::context::Context;
use super::output::CliError;
use crate::domain::ids::PairId;
use crate::domain::places::Places;
use crate::report::columns::{ListColumn, Value};
use crate::report::{Column, Table, at};

/// The columns that were named; `None` where the verb prints its own.
///
/// # Errors
/// [`CliError::Usage`]: a name is not that of a column; the message names those that are.
pub(super) fn chosen<R: 'static>(
    names: Option<&str>,
    declared: &'static [ListColumn<R>],
) -> Result<Option<Vec<&'static ListColumn<R>>>, CliError> {
    let Some(names) = names else {
        return Ok(None);
    };
    names
        .split(',')
        .map(|name| {
            let name = name.trim();
            let found = declared.iter().find(|c| c.spec.name == name);
            found.ok_or_else(|| {
                let known: Vec<&str> = declared.iter().map(|c| c.spec.name).collect();
                CliError::Usage(format!(
                    "{:?} is not a column of this list; use {}",
                    crate::text::clean_to(name, 40),
                    known.join(", ")
                ))
            })
        })
        .collect::<Result<Vec<_>, _>>()
        .map(Some)
}

/// What the source systems call their locations.
///
/// # Errors
/// The store cannot be read.
pub(super) async fn places(context: &Context) -> Result<Places, CliError> {
    let pairs = &context.loaded.config.pairs;
    let pairs: Vec<PairId> = pairs.iter().map(|p| p.id.clone()).collect();
    Ok(context.store.places(&pairs).await?)
}

/// Rows under the columns that were named. Times are in UTC.
pub(super) fn table<R>(columns: &[&'static ListColumn<R>], rows: &[R], places: &Places) -> Table {
    let heads: Vec<Column> = columns
        .iter()
        .map(|c| match c.value {
            Value::Figure(_) => Column::number(c.spec.name),
            Value::Text(_) | Value::Time(_) => Column::text(c.spec.name),
        })
        .collect();
    let mut table = Table::new(&heads);
    for row in rows {
        table.row(columns.iter().map(|c| match c.value {
            Value::Text(of) => places.say(of(row)),
            Value::Figure(of) => of(row),
            Value::Time(of) => at(of(row)),
        }));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::columns::ORDERS;

    #[test]
    fn columns_are_named_in_the_order_they_are_wanted_and_a_wrong_name_shows_the_others() {
        assert!(chosen(None, ORDERS).unwrap().is_none());
        let found = chosen(Some("site, number"), ORDERS).unwrap().unwrap();
        let table = table(&found, &[], &Places::default());
        let titles: Vec<&str> = table.columns.iter().map(|c| c.title).collect();
        assert_eq!(titles, ["site", "number"]);
        let told = chosen(Some("number,postcode"), ORDERS).map(|_| ());
        let told = told.unwrap_err().to_string();
        assert!(told.contains("\"postcode\" is not a column"), "{told}");
        assert!(told.contains("use number, state, promise"), "{told}");
    }
}

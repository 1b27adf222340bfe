//! One answer in the three formats: a table for eyes, JSON and CSV for programs and spreadsheets.

use super::markup::{escape, page};
use super::sheet::guard;
use super::table::{Align, Table};
use crate::domain::time::Ts;
use serde::Serialize;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// Aligned columns, cut to the terminal.
    #[default]
    Table,
    /// One JSON document; field names are stable.
    Json,
    /// Comma-separated values, guarded against formulas.
    Csv,
    /// Markdown.
    Md,
    /// A page for a browser or a mail.
    Html,
}

/// Why an answer could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    #[error("the answer could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the answer could not be written as CSV: {0}")]
    Csv(String),
}

/// An answer with its table and the rows its JSON is made of.
pub struct Print<'a, T: Serialize> {
    pub table: Table,
    pub json: &'a T,
    /// A line under the table (`38 of 1,204 orders`); not in JSON and CSV.
    pub foot: Option<String>,
}

impl<T: Serialize> Print<'_, T> {
    /// The answer as text.
    ///
    /// # Errors
    /// [`PrintError`] when a value cannot be written in the format.
    pub fn text(&self, format: Format, columns_max: Option<usize>) -> Result<String, PrintError> {
        match format {
            Format::Table => {
                let mut out = self.table.show(columns_max);
                if let Some(foot) = &self.foot {
                    out.push_str(foot);
                    out.push('\n');
                }
                Ok(out)
            }
            Format::Json => {
                let mut out = serde_json::to_string_pretty(self.json)?;
                out.push('\n');
                Ok(out)
            }
            Format::Csv => csv_text(&self.table),
            Format::Md | Format::Html => Ok(self.marked_up(format)),
        }
    }

    fn marked_up(&self, format: Format) -> String {
        let foot = self.foot.as_deref().unwrap_or_default();
        if format == Format::Html {
            let foot = escape(foot);
            return page("tallyman", &format!("{}<p>{foot}</p>\n", self.table.html()));
        }
        let mut out = self.table.markdown();
        if !foot.is_empty() {
            out.push_str(&format!("\n{foot}\n"));
        }
        out
    }
}

/// A table as CSV.
fn csv_text(table: &Table) -> Result<String, PrintError> {
    csv_rows(table, &[])
}

/// A table as CSV: RFC 4180 quoting; text cells are guarded, number columns are not. `marks` stand before each row: the
/// title of a column and what stands in it.
pub(super) fn csv_rows(table: &Table, marks: &[(&str, &str)]) -> Result<String, PrintError> {
    let fault = |e: &dyn std::fmt::Display| PrintError::Csv(e.to_string());
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer
        .write_record((marks.iter().map(|m| m.0)).chain(table.columns.iter().map(|c| c.title)))
        .map_err(|e| fault(&e))?;
    for row in &table.rows {
        let cells = row
            .iter()
            .zip(&table.columns)
            .map(|(cell, column)| csv_cell(cell, column.align == Align::Right));
        let marks = marks.iter().map(|m| guard(m.1));
        writer
            .write_record(marks.chain(cells))
            .map_err(|e| fault(&e))?;
    }
    let bytes = writer.into_inner().map_err(|e| fault(&e))?;
    String::from_utf8(bytes).map_err(|e| fault(&e))
}

/// A cell of a CSV file: guarded against formulas unless it is a figure in a column of figures.
pub(super) fn csv_cell(cell: &str, is_of_figures: bool) -> String {
    let is_figure = is_of_figures
        && cell
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '-' | '.'));
    if is_figure {
        cell.to_owned()
    } else {
        guard(cell)
    }
}

/// A time for people: `2026-03-01 14:05:09` UTC, or empty.
pub fn at(ts: Option<Ts>) -> String {
    ts.map(|t| {
        if t == Ts::NEVER {
            "never".to_owned()
        } else {
            t.to_utc().format("%Y-%m-%d %H:%M:%S").to_string()
        }
    })
    .unwrap_or_default()
}

/// Text of something that may be absent.
pub fn opt<T: std::fmt::Display>(value: Option<&T>) -> String {
    value.map(T::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Column;

    #[test]
    fn a_formula_in_a_name_is_marked_in_csv_and_a_negative_number_is_not() {
        let mut table = Table::new(&[Column::text("item"), Column::number("gap")]);
        table.row(["=HYPERLINK(\"x\")".into(), "-3".into()]);
        table.row(["a,b".into(), "=1".into()]);
        let print = Print {
            table,
            json: &(),
            foot: Some("2 items".into()),
        };
        assert_eq!(
            print.text(Format::Csv, None).unwrap(),
            "item,gap\r\n\"'=HYPERLINK(\"\"x\"\")\",-3\r\n\"a,b\",'=1\r\n"
        );
        assert!(
            print
                .text(Format::Table, None)
                .unwrap()
                .ends_with("2 items\n")
        );
    }
}

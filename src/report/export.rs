//! Lists as files: written page by page, so that a list of any length takes the memory of one page.

use super::columns::{ListColumn, Value};
use super::markup::cell;
use super::print::{PrintError, at, csv_cell};
use crate::domain::places::Places;
use crate::domain::time::Ts;
use serde_json::{Map, Number, Value as Json};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Most rows of one file.
pub const EXPORT_ROWS_MAX: u64 = 1_000_000;
/// Files of one name, before the hour is named otherwise.
const NUMBERS_MAX: u32 = 999;

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFormat {
    Csv,
    Json,
    Markdown,
}

impl ListFormat {
    /// Every format.
    pub const ALL: &'static [Self] = &[Self::Csv, Self::Json, Self::Markdown];

    /// Its name.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Markdown => "Markdown",
        }
    }

    /// The end of a file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Markdown => "md",
        }
    }

    /// What it is good for.
    pub const fn says(self) -> &'static str {
        match self {
            Self::Csv => "for spreadsheets; no cell can become a formula",
            Self::Json => "for programs; names of columns are stable",
            Self::Markdown => "for wikis, tickets and mails",
        }
    }
}

/// Turns rows into the text of a file.
pub struct ListWriter<R: 'static> {
    columns: Vec<&'static ListColumn<R>>,
    format: ListFormat,
    places: Places,
    written: u64,
}

impl<R: 'static> ListWriter<R> {
    /// Writes these columns, by name and in this order; a name that is not declared is left out.
    pub fn new(
        declared: &'static [ListColumn<R>],
        names: &[&str],
        format: ListFormat,
        places: Places,
    ) -> Self {
        let find = |name: &&str| declared.iter().find(|c| c.spec.name == *name);
        Self {
            columns: names.iter().filter_map(find).collect(),
            format,
            places,
            written: 0,
        }
    }

    /// Rows written so far.
    pub const fn written(&self) -> u64 {
        self.written
    }

    /// What stands before the first row.
    ///
    /// # Errors
    /// [`PrintError`]: a title cannot be written.
    pub fn head(&self) -> Result<String, PrintError> {
        let titles = || self.columns.iter().map(|c| c.spec.header());
        Ok(match self.format {
            ListFormat::Csv => record(titles())?,
            ListFormat::Json => "{\"rows\":[".to_owned(),
            ListFormat::Markdown => {
                let line: Vec<String> = titles().map(|t| cell(&t)).collect();
                let rule: String = self
                    .columns
                    .iter()
                    .map(|c| match c.value {
                        Value::Figure(_) => "--:|",
                        Value::Text(_) | Value::Time(_) => "---|",
                    })
                    .collect();
                format!("| {} |\n|{rule}\n", line.join(" | "))
            }
        })
    }

    /// These rows, after those before them.
    ///
    /// # Errors
    /// [`PrintError`]: a value cannot be written in the format.
    pub fn rows<'r>(&mut self, rows: impl Iterator<Item = &'r R>) -> Result<String, PrintError> {
        let mut out = String::new();
        for row in rows {
            match self.format {
                ListFormat::Csv => out.push_str(&record(self.columns.iter().map(|c| {
                    let is_number = matches!(c.value, Value::Figure(_));
                    csv_cell(&self.text(c, row), is_number)
                }))?),
                ListFormat::Json => {
                    out.push_str(if self.written > 0 { ",\n" } else { "\n" });
                    out.push_str(&serde_json::to_string(&self.object(row))?);
                }
                ListFormat::Markdown => {
                    let cells: Vec<String> = self
                        .columns
                        .iter()
                        .map(|c| cell(&self.text(c, row)))
                        .collect();
                    out.push_str(&format!("| {} |\n", cells.join(" | ")));
                }
            }
            self.written += 1;
        }
        Ok(out)
    }

    /// What stands after the last row; `total` is how many match.
    pub fn foot(&self, total: u64) -> String {
        let written = self.written;
        match self.format {
            ListFormat::Csv => String::new(),
            ListFormat::Json => format!("\n],\"total\":{}}}\n", total.max(written)),
            ListFormat::Markdown if total > written => {
                format!("\n{written} of {total} rows\n")
            }
            ListFormat::Markdown => String::new(),
        }
    }

    fn text(&self, column: &ListColumn<R>, row: &R) -> String {
        match column.value {
            Value::Text(of) => crate::text::clean(&self.places.say(of(row))),
            Value::Figure(of) => of(row),
            Value::Time(of) => at(of(row)),
        }
    }

    fn object(&self, row: &R) -> Map<String, Json> {
        let value = |column: &ListColumn<R>| match column.value {
            Value::Text(_) => Json::String(self.text(column, row)),
            Value::Figure(of) => number(&of(row)),
            Value::Time(of) => of(row).map_or(Json::Null, |at| Json::String(stamp(at))),
        };
        self.columns
            .iter()
            .map(|c| (c.spec.name.to_owned(), value(c)))
            .collect()
    }
}

/// A figure as a number; none where there is none.
fn number(figure: &str) -> Json {
    let number: Option<Number> = serde_json::from_str(figure).ok();
    number.map_or(Json::Null, Json::Number)
}

fn stamp(at: Ts) -> String {
    if at == Ts::NEVER {
        return "never".to_owned();
    }
    at.to_utc().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn record(cells: impl Iterator<Item = String>) -> Result<String, PrintError> {
    let fault = |e: &dyn std::fmt::Display| PrintError::Csv(e.to_string());
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer.write_record(cells).map_err(|e| fault(&e))?;
    let bytes = writer.into_inner().map_err(|e| fault(&e))?;
    String::from_utf8(bytes).map_err(|e| fault(&e))
}

/// A file that was not there before; it is gone again unless it is finished.
pub struct NewFile {
    file: File,
    path: PathBuf,
    is_finished: bool,
}

impl NewFile {
    /// Begins `STEM.EXTENSION`, or `STEM-2.EXTENSION` and so on where that is taken.
    ///
    /// # Errors
    /// The folder takes no file.
    pub fn create(folder: &Path, stem: &str, extension: &str) -> io::Result<Self> {
        let mut taken = None;
        for number in 1..=NUMBERS_MAX {
            let name = match number {
                1 => format!("{stem}.{extension}"),
                n => format!("{stem}-{n}.{extension}"),
            };
            let path = folder.join(name);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    return Ok(Self {
                        file,
                        path,
                        is_finished: false,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(taken.unwrap_or_else(|| io::ErrorKind::AlreadyExists.into()))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds text.
    ///
    /// # Errors
    /// There is no room, or the file cannot be written.
    pub fn add(&mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())
    }

    /// Makes sure that everything is on the disk, and keeps the file.
    ///
    /// # Errors
    /// There is no room, or the file cannot be written.
    pub fn finish(mut self) -> io::Result<PathBuf> {
        self.file.sync_all()?;
        self.is_finished = true;
        Ok(self.path.clone())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_finished
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %error, "a file that was not finished stays");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Row(&'static str, i64, Option<Ts>);

    type Column = ListColumn<Row>;

    const COLUMNS: &[Column] = &[
        Column::text("name", "name", 4, |r| r.0.to_owned()),
        Column::figure("gap", "gap", 4, |r| r.1.to_string()),
        Column::time("seen", "seen", 4, |r| r.2),
    ];

    fn written(format: ListFormat, names: &[&str], pages: &[&[Row]]) -> String {
        let mut writer = ListWriter::new(COLUMNS, names, format, Places::default());
        let mut out = writer.head().unwrap();
        for page in pages {
            out.push_str(&writer.rows(page.iter()).unwrap());
        }
        out + &writer.foot(writer.written())
    }

    #[test]
    fn a_formula_of_a_customer_is_text_in_a_spreadsheet_and_a_figure_stays_one() {
        let rows = [Row("=1+1", -3, Some(Ts(0))), Row("a,b|c", 4, None)];
        assert_eq!(
            written(ListFormat::Csv, &["name", "gap", "seen"], &[&rows]),
            "name,gap,seen (UTC)\r\n'=1+1,-3,1970-01-01 00:00:00\r\n\"a,b|c\",4,\r\n"
        );
        assert_eq!(
            written(ListFormat::Markdown, &["gap", "name"], &[&rows]),
            "| gap | name |\n|--:|---|\n| -3 | =1+1 |\n| 4 | a,b\\|c |\n"
        );
    }

    #[test]
    fn json_of_several_pages_is_one_document_with_numbers_and_times() {
        let text = written(
            ListFormat::Json,
            &["seen", "gap", "unknown"],
            &[&[Row("x", 1, Some(Ts(0)))], &[], &[Row("y", 2, None)]],
        );
        let json: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "rows": [{"seen": "1970-01-01T00:00:00Z", "gap": 1}, {"seen": null, "gap": 2}],
                "total": 2
            })
        );
        let none = written(ListFormat::Json, &["gap"], &[]);
        assert!(serde_json::from_str::<Json>(&none).is_ok(), "{none}");
    }

    #[test]
    fn no_file_is_written_over_and_one_that_is_given_up_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let make = || NewFile::create(folder.path(), "orders", "csv").unwrap();
        let mut first = make();
        first.add("one").unwrap();
        let first = first.finish().unwrap();
        let second = make();
        let given_up = second.path().to_owned();
        assert!(given_up.ends_with("orders-2.csv"), "{given_up:?}");
        drop(second);
        assert!(!given_up.exists());
        assert_eq!(std::fs::read_to_string(first).unwrap(), "one");
    }
}

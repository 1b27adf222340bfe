//! CSV as Peoplevox speaks it: writing for `SaveData`, reading of `GetData` and `GetReportData` details.

use std::collections::HashMap;

/// Longest header line that is read, columns.
pub const COLUMNS_MAX: usize = 500;

/// Writes one sheet: header, then a line per row, each ended by a line feed. Quoted by RFC 4180 where needed; nothing is altered
/// (this is data for a machine, not for a spreadsheet).
pub fn write(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = String::new();
    line(&mut out, header.iter().copied());
    for row in rows {
        line(&mut out, row.iter().map(String::as_str));
    }
    out
}

fn line<'a>(out: &mut String, cells: impl Iterator<Item = &'a str>) {
    let start = out.len();
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(',');
        }
        let is_plain = !cell.contains([',', '"', '\n', '\r'])
            && !cell.starts_with(char::is_whitespace)
            && !cell.ends_with(char::is_whitespace);
        if is_plain {
            out.push_str(cell);
        } else {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        }
    }
    if out.len() == start {
        // A lone empty cell would read as no row at all.
        out.push_str("\"\"");
    }
    out.push('\n');
}

/// A sheet as read: header names folded for comparison, cells verbatim.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sheet {
    by_name: HashMap<String, usize>,
    /// Rows in order; every row has as many cells as the header.
    pub rows: Vec<Vec<String>>,
}

/// Column names are compared without case and without surrounding blanks.
fn fold(name: &str) -> String {
    name.trim().trim_matches(['[', ']']).to_lowercase()
}

impl Sheet {
    /// Reads a detail. Blank lines before the header and CRLF or LF ends are fine; a name that stands twice counts the first time.
    ///
    /// # Errors
    /// In words: a line whose cell count differs from the header (an unquoted comma shifts columns, so nothing of the
    /// sheet can be trusted), or too many columns.
    pub fn read(detail: &str) -> Result<Self, String> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(detail.as_bytes());
        let mut records = reader.records().filter(|r| {
            // A line of blanks only is as good as an empty one.
            !matches!(r, Ok(r) if r.len() == 1 && r.get(0).is_some_and(|c| c.trim().is_empty()))
        });
        let mut sheet = Self::default();
        let Some(header) = records.next() else {
            return Ok(sheet);
        };
        let header = header.map_err(|e| e.to_string())?;
        if header.len() > COLUMNS_MAX {
            return Err(format!("the header holds {} columns", header.len()));
        }
        for (at, name) in header.iter().enumerate() {
            sheet.by_name.entry(fold(name)).or_insert(at);
        }
        for record in records {
            let record = record.map_err(|e| e.to_string())?;
            if record.len() != header.len() {
                return Err(format!(
                    "row {} has {} cells where the header has {}",
                    sheet.rows.len() + 1,
                    record.len(),
                    header.len()
                ));
            }
            sheet.rows.push(record.iter().map(str::to_owned).collect());
        }
        Ok(sheet)
    }

    /// Whether there was not even a header.
    pub fn is_blank(&self) -> bool {
        self.by_name.is_empty()
    }

    /// Position of the first of these names that the header has.
    pub fn position(&self, names: &[&str]) -> Option<usize> {
        names
            .iter()
            .find_map(|n| self.by_name.get(&fold(n)).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_cells_come_back_byte_for_byte() {
        let rows = [
            ["-X1", "=A", "-3", "say \"hi\"", "two\nlines", "a&b", "]]>"],
            ["", " lead", "trail ", ",", "\r\n", "'", "@"],
        ];
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|r| r.iter().map(|c| (*c).to_owned()).collect())
            .collect();
        let text = write(&["a", "b", "c", "d", "e", "f", "g"], &rows);
        assert_eq!(Sheet::read(&text).unwrap().rows, rows);
    }

    #[test]
    fn headers_are_found_by_name_whatever_the_case_order_and_line_ends() {
        let sheet =
            Sheet::read("\r\n\"Item Code\",\"available\"\r\n\"A,1\",\"2\"\r\n\"B\",\"\"\r\n")
                .unwrap();
        assert_eq!(sheet.position(&["Item code"]), Some(0));
        assert_eq!(sheet.position(&["nope", "AVAILABLE"]), Some(1));
        assert_eq!(sheet.position(&["nope"]), None);
        assert_eq!(sheet.rows, vec![vec!["A,1", "2"], vec!["B", ""]]);
        assert!(Sheet::read("").unwrap().is_blank());
        assert!(!Sheet::read("a\n").unwrap().is_blank());
        assert_eq!(Sheet::read("a,a\n1,2\n").unwrap().position(&["a"]), Some(0));
    }

    #[test]
    fn an_unquoted_comma_spoils_the_whole_sheet() {
        let error = Sheet::read("a,b\n1,2\n1,2,3\n").unwrap_err();
        assert!(error.contains("row 2 has 3 cells"), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_survives_writing_and_reading(
            rows in proptest::collection::vec(proptest::collection::vec("(\\PC|[\\x00-\\x20\",])*", 3), 0..6)
        ) {
            let text = write(&["a", "b", "c"], &rows);
            let sheet = Sheet::read(&text).unwrap();
            prop_assert_eq!(sheet.rows, rows);
        }

        #[test]
        fn reading_never_panics(text in "\\PC*|[\",\\r\\na-c]*") {
            let _ = Sheet::read(&text);
        }
    }
}

//! CSV as the service reads and writes it.

/// Most cells of one row that are looked at.
const CELLS_MAX: usize = 400;

/// A parsed import: header and rows with their line number (header = 1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    pub header: Vec<String>,
    pub rows: Vec<(usize, Vec<String>)>,
}

/// Reads an import: leading blank lines are tolerated, LF or CRLF, RFC 4180 quotes, rows shorter or longer than the header.
pub fn read(text: &str) -> Result<Sheet, String> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut sheet = Sheet::default();
    let mut line = 0;
    for record in reader.records() {
        let record = record.map_err(|e| e.to_string())?;
        let cells: Vec<String> = record.iter().take(CELLS_MAX).map(str::to_owned).collect();
        if cells.iter().all(|c| c.trim().is_empty()) {
            continue;
        }
        line += 1;
        if line == 1 {
            sheet.header = cells.iter().map(|c| c.trim().to_owned()).collect();
        } else {
            sheet.rows.push((line - 1, cells));
        }
    }
    if sheet.header.is_empty() {
        return Err("no header row".to_owned());
    }
    Ok(sheet)
}

/// How values are written.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    pub crlf: bool,
    pub quote_all: bool,
}

/// Appends one row.
pub fn push_row<'a>(out: &mut String, cells: impl Iterator<Item = &'a str>, style: Style) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(',');
        }
        let must_quote = cell.contains([',', '"', '\n', '\r']);
        if style.quote_all || must_quote {
            out.push('"');
            for c in cell.chars() {
                if c == '"' {
                    out.push('"');
                }
                out.push(c);
            }
            out.push('"');
        } else {
            out.push_str(cell);
        }
    }
    out.push_str(if style.crlf { "\r\n" } else { "\n" });
}

//! A body in lines, one value a line where its form can be read: JSON, XML, CSV, form fields; raw otherwise.

use super::xml;
use crate::text::clean_to;

/// Lines kept of one body.
pub const LINES_MAX: usize = 4_000;
/// Longest line, characters; what is longer is cut with a sign.
pub const LINE_CHARS_MAX: usize = 2_000;
/// Bytes of a body that are looked at; the rest of a larger one is left out.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Columns of a table whose rows are set out value by value.
const CSV_COLUMNS_MAX: usize = 500;

/// What a body was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    Json,
    Xml,
    Csv,
    /// Fields of a form, as in an address.
    Fields,
    Raw,
}

impl Form {
    /// For people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Xml => "XML",
            Self::Csv => "CSV",
            Self::Fields => "form fields",
            Self::Raw => "as it came",
        }
    }
}

/// A body set out.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Pretty {
    pub form: Form,
    /// Cleaned: nothing in it moves a cursor.
    pub lines: Vec<String>,
    /// There was more than is kept.
    pub is_cut: bool,
}

/// Sets a body out. A request's own first line and headers stand above it as they are.
pub fn pretty(body: &str) -> Pretty {
    let (body, is_long) = at_most(body, BODY_BYTES_MAX);
    let (head, rest) = split_head(body);
    let (form, text) = set_out(rest);
    let mut lines: Vec<String> = Vec::new();
    if let Some(head) = head {
        lines.extend(head.lines().map(line));
        if !text.trim().is_empty() {
            lines.push(String::new());
        }
    }
    let room = LINES_MAX.saturating_sub(lines.len());
    let mut rest = text.lines();
    lines.extend(rest.by_ref().take(room).map(line));
    Pretty {
        form,
        lines,
        is_cut: is_long || rest.next().is_some(),
    }
}

fn line(text: &str) -> String {
    let indent = text.len() - text.trim_start_matches(' ').len();
    let cleaned = clean_to(text.trim_start_matches(' '), LINE_CHARS_MAX + 1);
    let mut out = " ".repeat(indent.min(200));
    if cleaned.chars().count() > LINE_CHARS_MAX {
        out.extend(cleaned.chars().take(LINE_CHARS_MAX));
        out.push('…');
    } else {
        out.push_str(&cleaned);
    }
    out
}

fn at_most(text: &str, bytes: usize) -> (&str, bool) {
    if text.len() <= bytes {
        return (text, false);
    }
    let end = (0..=bytes)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    (text.get(..end).unwrap_or_default(), true)
}

/// The first line and the headers of a request, where the body has them.
fn split_head(body: &str) -> (Option<&str>, &str) {
    const METHODS: [&str; 5] = ["GET ", "POST ", "PUT ", "PATCH ", "DELETE "];
    if !METHODS.iter().any(|m| body.starts_with(m)) {
        return (None, body);
    }
    match body.split_once("\r\n\r\n") {
        Some((head, rest)) => (Some(head), rest),
        None => (Some(body), ""),
    }
}

fn set_out(body: &str) -> (Form, String) {
    let trimmed = body.trim();
    let begins = |signs: &[char]| trimmed.starts_with(signs);
    if begins(&['{', '['])
        && let Some(text) = json(trimmed)
    {
        return (Form::Json, text);
    }
    if begins(&['<'])
        && let Some(text) = xml::set_out(trimmed)
    {
        return (Form::Xml, text);
    }
    if let Some(text) = fields(trimmed) {
        return (Form::Fields, text);
    }
    if let Some(text) = csv(trimmed) {
        return (Form::Csv, text);
    }
    (Form::Raw, body.to_owned())
}

fn json(text: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    serde_json::to_string_pretty(&value).ok()
}

/// A table, value by value: `row 1`, then `column: value`.
pub(super) fn csv(text: &str) -> Option<String> {
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let titles = reader.headers().ok()?.clone();
    let is_title = |t: &str| !t.trim().is_empty() && t.chars().count() <= 80;
    if titles.len() < 2 || titles.len() > CSV_COLUMNS_MAX || !titles.iter().all(is_title) {
        return None;
    }
    let mut out = String::new();
    let mut rows = 0_usize;
    for record in reader.records() {
        let record = record.ok()?;
        rows += 1;
        if rows <= LINES_MAX {
            out.push_str(&format!("row {rows}\n"));
            for (title, value) in titles.iter().zip(record.iter()) {
                // A line end in a cell would begin a line of its own.
                let value = value.replace(['\r', '\n'], " ");
                out.push_str(&format!("  {}: {value}\n", title.trim()));
            }
        }
    }
    (rows > 0).then_some(out)
}

/// `a=1&b=2`, decoded; a value that is JSON is set out below its name.
fn fields(text: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "=&%+-_.*~[]$".contains(c);
    if !text.contains('=') || !text.chars().all(is_plain) {
        return None;
    }
    let mut out = String::new();
    for part in text.split('&') {
        let (name, value) = part.split_once('=')?;
        let (name, value) = (decoded(name), decoded(value));
        match json(&value).filter(|_| value.starts_with(['{', '['])) {
            Some(value) => {
                out.push_str(&format!("{name}:\n"));
                for line in value.lines() {
                    out.push_str(&format!("  {line}\n"));
                }
            }
            None => out.push_str(&format!("{name}: {value}\n")),
        }
    }
    Some(out)
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = text
            .get(at + 1..at + 3)
            .and_then(|h| u8::from_str_radix(h, 16).ok());
        match (byte, hex) {
            (b'%', Some(value)) => {
                out.push(value);
                at += 3;
                continue;
            }
            (b'+', _) => out.push(b' '),
            (other, _) => out.push(*other),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_keeps_its_head_and_its_json_is_set_out() {
        let shown =
            pretty("POST https://x.test/a\r\ncontent-type: application/json\r\n\r\n{\"a\":[1]}");
        assert_eq!(shown.form, Form::Json);
        assert_eq!(
            shown.lines,
            [
                "POST https://x.test/a",
                "content-type: application/json",
                "",
                "{",
                "  \"a\": [",
                "    1",
                "  ]",
                "}"
            ]
        );
    }

    #[test]
    fn a_table_is_set_out_value_by_value() {
        let shown = pretty("Number,Contact\nLW-1,\"Sample, Pat\"\n");
        assert_eq!(shown.form, Form::Csv);
        assert_eq!(
            shown.lines,
            ["row 1", "  Number: LW-1", "  Contact: Sample, Pat"]
        );
    }

    #[test]
    fn form_fields_are_decoded_and_json_in_them_is_set_out() {
        let shown = pretty("token=a%20b&request=%7B%22x%22%3A1%7D");
        assert_eq!(shown.form, Form::Fields);
        assert_eq!(
            shown.lines,
            ["token: a b", "request:", "  {", "    \"x\": 1", "  }"]
        );
    }

    #[test]
    fn what_no_form_fits_is_shown_as_it_came_and_cleaned() {
        let shown = pretty("Server \u{1b}[31mError");
        assert_eq!((shown.form, shown.is_cut), (Form::Raw, false));
        assert_eq!(shown.lines, ["Server Error"]);
        assert_eq!(pretty("{\"a\":").form, Form::Raw);
        assert!(pretty("").lines.is_empty());
    }

    #[test]
    fn five_megabytes_open_and_say_that_they_were_cut() {
        let rows: Vec<u32> = (0..700_000).collect();
        let body = serde_json::to_string(&rows).unwrap();
        let shown = pretty(&body);
        assert!(shown.is_cut);
        assert_eq!(shown.lines.len(), LINES_MAX);
    }
}

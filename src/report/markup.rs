//! Tables as Markdown and as HTML: for people who read a sheet in a wiki, a mail or a browser.

use super::table::{Align, Table};
use crate::text::clean;

/// A cell of a Markdown table.
pub fn cell(text: &str) -> String {
    clean(text).replace('\\', "\\\\").replace('|', "\\|")
}

/// Text as it may stand in HTML.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

impl Table {
    /// As a Markdown table.
    pub fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let mut out = line(self.columns.iter().map(|c| cell(c.title)).collect());
        out.push('|');
        for column in &self.columns {
            out.push_str(match column.align {
                Align::Left => "---|",
                Align::Right => "--:|",
            });
        }
        out.push('\n');
        for row in &self.rows {
            out.push_str(&line(row.iter().map(|c| cell(c)).collect()));
        }
        out
    }

    /// As an HTML table.
    pub fn html(&self) -> String {
        let line = |tag: &str, cells: &mut dyn Iterator<Item = &str>| {
            let mut out = "<tr>".to_owned();
            for (text, column) in cells.zip(&self.columns) {
                let class = match column.align {
                    Align::Left => "",
                    Align::Right => " class=\"n\"",
                };
                out.push_str(&format!("<{tag}{class}>{}</{tag}>", escape(text)));
            }
            out.push_str("</tr>\n");
            out
        };
        let mut out = "<table>\n<thead>".to_owned();
        out.push_str(&line("th", &mut self.columns.iter().map(|c| c.title)));
        out.push_str("</thead>\n<tbody>\n");
        for row in &self.rows {
            out.push_str(&line("td", &mut row.iter().map(String::as_str)));
        }
        out.push_str("</tbody>\n</table>\n");
        out
    }
}

/// How a page of ours looks: no script, nothing fetched from elsewhere, readable when printed.
const STYLE: &str = "body{font:14px/1.4 sans-serif;margin:2em;max-width:75em}\
table{border-collapse:collapse;margin:.5em 0 1em}th,td{border:1px solid #bbb;padding:.2em .6em;text-align:left;vertical-align:top}\
th{background:#eee}.n{text-align:right;font-variant-numeric:tabular-nums}";

/// A whole HTML page round a body that is HTML already.
pub fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n",
        escape(title)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Column;

    #[test]
    fn foreign_text_is_text_in_both() {
        let mut table = Table::new(&[Column::text("item"), Column::number("units")]);
        table.row(["a|b <script>\"'&".to_owned(), "-3".to_owned()]);
        assert_eq!(
            table.markdown(),
            "| item | units |\n|---|--:|\n| a\\|b <script>\"'& | -3 |\n"
        );
        let html = table.html();
        assert!(
            html.contains("<td>a|b &lt;script&gt;&quot;&#39;&amp;</td><td class=\"n\">-3</td>"),
            "{html}"
        );
        assert!(page("<b>", &html).contains("<title>&lt;b&gt;</title>"));
    }
}

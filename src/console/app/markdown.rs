//! Markdown as the handbook and the runbooks use it, as lines of a document: headings, lists, tables, `code`, **strong**.

use super::doc::{DocLine, pad};
use crate::console::theme::Role;
use crate::text;

/// A text as lines, one for each of its own except the rule under a table's head.
pub fn lines(text: &str) -> Vec<DocLine> {
    numbered(text).into_iter().map(|(_, line)| line).collect()
}

/// As [`lines`], each with the number of the line it came from.
pub fn numbered(text: &str) -> Vec<(usize, DocLine)> {
    let source: Vec<&str> = text.lines().collect();
    let mut out = Vec::with_capacity(source.len());
    let mut at = 0;
    while let Some(line) = source.get(at) {
        if !is_row(line) {
            out.push((at, plain(line)));
            at += 1;
            continue;
        }
        let rest = source.get(at..).unwrap_or_default();
        let rows = rest.iter().take_while(|l| is_row(l)).count();
        let table = rest.get(..rows).unwrap_or_default();
        out.extend(
            self::table(table)
                .into_iter()
                .map(|(n, line)| (at + n, line)),
        );
        at += rows;
    }
    out
}

fn plain(line: &str) -> DocLine {
    let trimmed = line.trim();
    if trimmed.starts_with('#') {
        let heading = trimmed.trim_start_matches('#').trim();
        return DocLine::heading(heading.replace(['`', '*'], ""));
    }
    let indent = line.len() - line.trim_start().len();
    let is_step = trimmed.starts_with("- ") || trimmed.starts_with(|c: char| c.is_ascii_digit());
    let mut out = DocLine::default();
    if indent > 0 {
        out = out.and(" ".repeat(indent), Role::Text);
    }
    out = inline(out, trimmed);
    let hang = u16::try_from(indent).unwrap_or(0) + if is_step { 3 } else { 0 };
    out.hanging(hang)
}

/// Pieces between backticks and between double stars get a role of their own; the signs themselves go.
fn inline(mut line: DocLine, text: &str) -> DocLine {
    for (at, piece) in text.split('`').enumerate() {
        if at % 2 == 1 {
            line = line.and(piece, Role::Accent);
            continue;
        }
        for (at, piece) in piece.split("**").enumerate() {
            let role = if at % 2 == 1 { Role::Title } else { Role::Text };
            if !piece.is_empty() {
                line = line.and(piece.replace('*', ""), role);
            }
        }
    }
    line
}

fn is_row(line: &str) -> bool {
    line.trim_start().starts_with('|')
}

fn cells(line: &str) -> Vec<&str> {
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    inner.split('|').map(str::trim).collect()
}

fn is_rule(line: &str) -> bool {
    cells(line)
        .iter()
        .all(|c| !c.is_empty() && c.chars().all(|c| matches!(c, '-' | ':')))
}

/// Columns as wide as their widest cell.
fn table(rows: &[&str]) -> Vec<(usize, DocLine)> {
    let shown = |cell: &str| cell.replace(['`', '*'], "");
    let mut widths: Vec<usize> = Vec::new();
    for row in rows.iter().filter(|r| !is_rule(r)) {
        for (at, cell) in cells(row).into_iter().enumerate() {
            let width = text::width(&shown(cell));
            match widths.get_mut(at) {
                Some(known) => *known = width.max(*known),
                None => widths.push(width),
            }
        }
    }
    let has_head = rows.get(1).is_some_and(|r| is_rule(r));
    let mut out = Vec::new();
    for (n, row) in rows.iter().enumerate().filter(|(_, r)| !is_rule(r)) {
        let mut line = DocLine::default();
        let all = cells(row);
        let last = all.len().saturating_sub(1);
        for (at, cell) in all.into_iter().enumerate() {
            let role = if n == 0 && has_head {
                Role::Muted
            } else if cell.starts_with('`') {
                Role::Accent
            } else {
                Role::Text
            };
            let width = widths.get(at).copied().unwrap_or(0);
            line = if at == last {
                line.and(shown(cell), role)
            } else {
                line.and(format!("{}  ", pad(&shown(cell), width)), role)
            };
        }
        let hang: usize = widths.iter().take(last).map(|w| w + 2).sum();
        out.push((n, line.hanging(u16::try_from(hang).unwrap_or(0))));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::keymap::Keymap;

    fn plain_lines(text: &str) -> Vec<String> {
        lines(text).iter().map(DocLine::plain).collect()
    }

    #[test]
    fn tables_align_and_lose_their_rules() {
        let text = "Before\n\n| key | does |\n|---|---|\n| `s` | sorts |\n| `shift-tab` | turns back |\n\nAfter `it`";
        assert_eq!(
            plain_lines(text),
            [
                "Before",
                "",
                "key        does",
                "s          sorts",
                "shift-tab  turns back",
                "",
                "After it"
            ]
        );
        let numbers: Vec<usize> = numbered(text).iter().map(|(n, _)| *n).collect();
        assert_eq!(numbers, [0, 1, 2, 4, 5, 6, 7]);
    }

    #[test]
    fn code_and_strong_words_have_roles() {
        let lines = lines("1. **Never** write `*` by hand");
        let parts: Vec<(String, Role)> = lines
            .first()
            .map(|l| l.parts.iter().map(|p| (p.text.clone(), p.role)).collect())
            .unwrap_or_default();
        assert_eq!(
            parts,
            [
                ("1. ".to_owned(), Role::Text),
                ("Never".to_owned(), Role::Title),
                (" write ".to_owned(), Role::Text),
                ("*".to_owned(), Role::Accent),
                (" by hand".to_owned(), Role::Text),
            ]
        );
    }

    #[test]
    fn every_text_of_the_handbook_becomes_lines() {
        let keys = crate::console::app::sheets::handbook::keys(&Keymap::built_in());
        for topic in crate::handbook::Topic::all() {
            let text = topic.text(&keys);
            let rules = text.lines().filter(|l| is_row(l) && is_rule(l)).count();
            assert_eq!(
                lines(&text).len() + rules,
                text.lines().count(),
                "{topic:?}"
            );
        }
    }
}

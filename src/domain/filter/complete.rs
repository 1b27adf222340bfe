//! Completion while a filter is typed.

use super::parse::{is_blank, starts_with_ignoring_case};
use super::views::{NamedFilter, VIEW_FIELD};
use super::{COMPLETIONS_MAX, FieldKind, FieldSpec, quoted_where_needed};

/// The part of the text being typed: from, to, in characters. The cursor stands inside or at its end.
pub fn part_at(text: &str, cursor: usize) -> (usize, usize) {
    let mut is_quoted = false;
    let mut begins = 0;
    let mut length = 0;
    for (at, c) in text.chars().enumerate() {
        length = at + 1;
        if at >= cursor {
            length = at;
            break;
        }
        if c == '"' {
            is_quoted = !is_quoted;
        }
        if is_blank(c) && !is_quoted {
            begins = at + 1;
        }
    }
    (begins, length.min(cursor).max(begins))
}

/// What the part at the cursor (in characters) could become: whole replacements for the range [`part_at`] gives,
/// best first, at most [`COMPLETIONS_MAX`]. `views` are the saved views of the list.
pub fn complete(
    text: &str,
    cursor: usize,
    fields: &[FieldSpec],
    views: &[NamedFilter],
) -> Vec<String> {
    let (from, to) = part_at(text, cursor);
    let part: String = text.chars().skip(from).take(to - from).collect();
    let (minus, body) = match part.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", part.as_str()),
    };
    let found = match body.find([':', '<', '>']) {
        None => {
            let mut names = field_names(body, fields);
            if !views.is_empty() && minus.is_empty() && starts_with_ignoring_case(VIEW_FIELD, body)
            {
                names.push(format!("{VIEW_FIELD}:"));
            }
            names
        }
        Some(at) => {
            let (name, rest) = body.split_at(at);
            let name = name.to_ascii_lowercase();
            match fields.iter().find(|f| f.name == name) {
                None if name == VIEW_FIELD => view_names(rest, views),
                Some(spec) => values(spec, rest),
                None => Vec::new(),
            }
        }
    };
    found
        .into_iter()
        .filter(|c| c != body)
        .take(COMPLETIONS_MAX)
        .map(|c| format!("{minus}{c}"))
        .collect()
}

fn field_names(begun: &str, fields: &[FieldSpec]) -> Vec<String> {
    fields
        .iter()
        .filter(|f| starts_with_ignoring_case(f.name, begun))
        .map(|f| match f.kind {
            FieldKind::Text | FieldKind::Choice(_) => format!("{}:", f.name),
            FieldKind::Until => format!("{}<", f.name),
            FieldKind::Number | FieldKind::Age | FieldKind::Money => format!("{}>", f.name),
        })
        .collect()
}

fn values(spec: &FieldSpec, rest: &str) -> Vec<String> {
    let operator_chars = rest
        .chars()
        .take_while(|c| matches!(c, ':' | '<' | '>' | '='))
        .count();
    let (operator, typed) = rest.split_at(operator_chars);
    match spec.kind {
        FieldKind::Choice(choices) => {
            let (before, begun) = match typed.rfind(',') {
                Some(at) => typed.split_at(at + 1),
                None => ("", typed),
            };
            let is_given = |c: &str| before.split(',').any(|g| g.eq_ignore_ascii_case(c));
            choices
                .iter()
                .filter(|c| starts_with_ignoring_case(c, begun) && !is_given(c))
                .map(|c| {
                    let value = quoted_where_needed(c, true);
                    format!("{}{operator}{before}{value}", spec.name)
                })
                .collect()
        }
        FieldKind::Age => spans(spec, operator, typed, &["15m", "1h", "4h", "1d", "7d"]),
        FieldKind::Until => spans(spec, operator, typed, &["0m", "1h", "2h", "4h", "1d"]),
        FieldKind::Text | FieldKind::Number | FieldKind::Money => Vec::new(),
    }
}

fn view_names(rest: &str, views: &[NamedFilter]) -> Vec<String> {
    let typed = rest.trim_start_matches(':').trim_start_matches('"');
    views
        .iter()
        .filter(|v| starts_with_ignoring_case(&v.name, typed))
        .map(|v| format!("{VIEW_FIELD}:{}", quoted_where_needed(&v.name, true)))
        .collect()
}

fn spans(spec: &FieldSpec, operator: &str, typed: &str, usual: &[&str]) -> Vec<String> {
    usual
        .iter()
        .filter(|s| s.starts_with(typed))
        .map(|s| format!("{}{operator}{s}", spec.name))
        .collect()
}

//! A filter in words, shown while it is typed.

use super::{FieldKind, FieldOp, FieldSpec, Filter, Term, What, lists};

/// The filter in words: `orders blocked, for service Tracked 48, shipping within 4h`.
pub fn explain(filter: &Filter, fields: &[FieldSpec]) -> String {
    let rows = lists::rows_called(fields);
    if filter.terms.is_empty() {
        return format!("all {rows}");
    }
    let parts: Vec<_> = filter.terms.iter().map(|t| phrase(t, fields)).collect();
    let begins_with_adjective = filter.terms.first().is_some_and(is_adjective);
    if begins_with_adjective {
        format!("{rows} {}", parts.join(", "))
    } else {
        format!("{rows}: {}", parts.join(", "))
    }
}

/// Reads on after the name of the rows without a colon.
fn is_adjective(term: &Term) -> bool {
    matches!(&term.what, What::Field { field, .. } if matches!(field.as_str(), "state" | "service" | "ship" | "age"))
}

fn phrase(term: &Term, fields: &[FieldSpec]) -> String {
    match &term.what {
        What::Word(word) if term.is_negated => format!("without “{word}”"),
        What::Word(word) => format!("with “{word}”"),
        What::Field { field, op, values } => {
            let kind = fields.iter().find(|f| f.name == field).map(|f| f.kind);
            let text = field_phrase(field, kind, *op, values);
            if term.is_negated {
                format!("not {text}")
            } else {
                text
            }
        }
    }
}

fn field_phrase(field: &str, kind: Option<FieldKind>, op: FieldOp, values: &[String]) -> String {
    let value = listed(values);
    match kind {
        Some(FieldKind::Age) => match op {
            FieldOp::Less | FieldOp::LessOrEqual => format!("younger than {value}"),
            _ => format!("older than {value}"),
        },
        Some(FieldKind::Until) => until_phrase(op, values),
        Some(FieldKind::Money) => format!("{field} {}{value}", comparison(op)),
        Some(FieldKind::Number) if field == "risk" => {
            format!("overselling in {}{value} hours", comparison(op))
        }
        Some(FieldKind::Number) => format!("{field} {}{value}", comparison(op)),
        Some(FieldKind::Choice(choices)) if choices == ["yes", "no"] => yes_no(field, values),
        _ => named(field, &value),
    }
}

fn until_phrase(op: FieldOp, values: &[String]) -> String {
    let value = listed(values);
    let is_zero = values
        .first()
        .and_then(|v| super::duration(v))
        .is_some_and(|s| s.0 == 0);
    match (op, value.strip_prefix('-')) {
        (FieldOp::Less | FieldOp::LessOrEqual, _) if is_zero => "late".to_owned(),
        (FieldOp::Less | FieldOp::LessOrEqual, None) => format!("shipping within {value}"),
        (FieldOp::Less | FieldOp::LessOrEqual, Some(span)) => format!("late by over {span}"),
        (_, _) if is_zero => "not late yet".to_owned(),
        (_, None) => format!("shipping in more than {value}"),
        (_, Some(span)) => format!("late by under {span}, or not yet"),
    }
}

fn comparison(op: FieldOp) -> &'static str {
    match op {
        FieldOp::Is => "",
        FieldOp::Less => "below ",
        FieldOp::Greater => "above ",
        FieldOp::LessOrEqual => "at most ",
        FieldOp::GreaterOrEqual => "at least ",
    }
}

fn yes_no(field: &str, values: &[String]) -> String {
    let has = |wanted: &str| values.iter().any(|v| v == wanted);
    let text = match field {
        "held" => "held by a person",
        "broken" => "broken",
        "drift" => "with drift",
        "paused" => "paused",
        other => other,
    };
    match (has("yes"), has("no")) {
        (true, true) => format!("{text} or not"),
        (true, false) => text.to_owned(),
        _ => format!("not {text}"),
    }
}

fn named(field: &str, value: &str) -> String {
    match field {
        "state" | "status" => value.replace('_', " "),
        "service" => format!("for service {value}"),
        "carrier" => format!("by carrier service {value}"),
        "site" => format!("at site {value}"),
        "channel" => format!("sold on {value}"),
        "sku" => format!("with SKU {value}"),
        "team" => format!("of team {value}"),
        "person" => format!("with {value}"),
        "country" => format!("to country {value}"),
        "postcode" => format!("to postcode {value}"),
        "who" => format!("by {value}"),
        "source" => format!("{value} in the sales system"),
        "wms" => format!("warehouse number {value}"),
        other => format!("{other} {value}"),
    }
}

/// `a`, `a or b`, `a, b or c`; a long list is cut.
fn listed(values: &[String]) -> String {
    const SHOWN_MAX: usize = 6;
    match values {
        [] => String::new(),
        [one] => one.clone(),
        many if many.len() > SHOWN_MAX => {
            let shown = many[..SHOWN_MAX].join(", ");
            format!("{shown} or {} others", many.len() - SHOWN_MAX)
        }
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

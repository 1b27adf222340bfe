//! What a page says about a delivery: where it stands, what exactly it writes, every attempt.

use super::super::ask::DeliverySheet;
use super::super::doc::{Doc, DocLine, Link, pad, pad_left};
use super::super::words;
use crate::console::theme::Role;
use crate::domain::delivery::{AnswerClass, Attempt, DeliveryRow};
use crate::domain::time::Ts;
use crate::text;

/// What the breadcrumb says.
pub fn title(row: &DeliveryRow) -> String {
    format!("{} {}", row.flow, row.object)
}

/// One delivery in a list.
pub fn line(row: &DeliveryRow, now: Ts) -> DocLine {
    let (state, role) = words::delivery_state(row.state);
    DocLine::of(pad(row.flow.as_str(), 15), Role::Link)
        .and(format!("{} ", pad(what(&row.object), 14)), Role::Text)
        .and(pad(&state, 10), role)
        .and(
            format!(
                " {} {} ",
                pad_left(&format!("{}x", row.attempts), 3),
                pad_left(&words::age(row.caused_at, now), 4)
            ),
            Role::Muted,
        )
        .and(row.last_text.clone(), Role::Text)
        .to(Some(Link::Delivery(row.id)))
        .hanging(4)
}

/// The item of a stock figure without its place, which a short column has no room for.
fn what(object: &str) -> &str {
    object.split('@').next().unwrap_or(object)
}

/// One attempt.
pub fn attempt(attempt: &Attempt, now: Ts) -> DocLine {
    let role = match attempt.class {
        AnswerClass::Applied => Role::Ok,
        AnswerClass::Rejected | AnswerClass::Auth | AnswerClass::Malformed => Role::Error,
        AnswerClass::Throttled | AnswerClass::Unavailable | AnswerClass::Unknown => Role::Warn,
    };
    let took = attempt.finished_at.since(attempt.started_at).as_ms();
    DocLine::of(
        format!("  {} ", pad(&words::clock(attempt.started_at, now), 13)),
        Role::Muted,
    )
    .and(
        format!("try {} step {} ", attempt.n, attempt.step),
        Role::Text,
    )
    .and(pad(attempt.class.as_str(), 12), role)
    .and(
        format!("{} ", pad_left(&format!("{took} ms"), 8)),
        Role::Muted,
    )
    .and(attempt.text.clone(), Role::Text)
    .to(attempt.answer.or(attempt.request).map(Link::Payload))
    .hanging(6)
}

/// The document.
pub fn doc(sheet: &DeliverySheet, now: Ts) -> Doc {
    let row = &sheet.row;
    let (state, role) = words::delivery_state(row.state);
    let mut facts = vec![
        DocLine::pair("Writes to", format!("{} (lane {})", row.system, row.lane)),
        DocLine::pair("Pair", row.pair.to_string()),
        DocLine::pair("Due", words::clock(row.due_at, now)),
        DocLine::pair("Caused", words::clock(row.caused_at, now)),
        DocLine::pair("Key", row.order_key.clone()),
        DocLine::pair("Once only", row.idem_key.clone()),
        DocLine::pair("Last answer", row.last_text.clone()),
    ];
    if let Some(sent) = row.sent_at {
        facts.push(DocLine::pair("Sent", words::clock(sent, now)));
    }
    if let Some(order) = row.order {
        facts.push(
            DocLine::labelled("Order")
                .and(row.object.clone(), Role::Link)
                .to(Some(Link::Order(order))),
        );
    }
    let attempts = if sheet.attempts.is_empty() {
        vec![DocLine::of("Not tried yet.", Role::Muted)]
    } else {
        sheet
            .attempts
            .iter()
            .rev()
            .map(|a| attempt(a, now))
            .collect()
    };
    let content = serde_json::to_string_pretty(&row.intent)
        .unwrap_or_else(|error| format!("cannot be shown: {error}"));
    Doc {
        head: vec![
            DocLine::of(title(row), Role::Title),
            DocLine::of(state, role).and(
                format!(
                    "  {}  step {}",
                    text::count(row.attempts, "attempt", "attempts"),
                    row.step
                ),
                Role::Muted,
            ),
        ],
        tabs: Vec::new(),
    }
    .tab("Overview", facts)
    .tab(format!("Attempts {}", sheet.attempts.len()), attempts)
    .tab(
        "Content",
        content
            .lines()
            .map(|l| DocLine::text(text::clean(l)))
            .collect(),
    )
}

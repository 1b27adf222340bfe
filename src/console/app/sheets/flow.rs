//! What a page says about a flow of a pair: how it stands, what is under way, what it did.

use super::super::ask::FlowSheet;
use super::super::doc::{Doc, DocLine, pad};
use super::super::words;
use super::{delivery, timeline};
use crate::config::CardRow;
use crate::console::theme::Role;
use crate::domain::time::Ts;

/// What the breadcrumb says.
pub fn title(sheet: &FlowSheet) -> String {
    format!("{} of {}", sheet.live.flow, sheet.live.pair)
}

/// The document.
pub fn doc(sheet: &FlowSheet, now: Ts) -> Doc {
    let live = &sheet.live;
    let (state, role) = words::flow_state(live, now);
    let mut facts = vec![
        DocLine::pair("Last run", words::age_of(live.last_started_at, now)),
        DocLine::pair("Last good", words::age_of(live.last_ok_at, now)),
        DocLine::pair(
            "Next run",
            live.next_due_at
                .map_or_else(|| "when asked".to_owned(), |at| words::until(at, now)),
        ),
        DocLine::pair("Found", live.last_note.clone()),
        DocLine::pair(
            "Deliveries",
            format!(
                "{} waiting, {} sending, {} in doubt, {} stuck",
                live.waiting, live.sending, live.in_doubt, live.stuck
            ),
        ),
        DocLine::pair("Oldest", words::age_of(live.oldest_at, now)),
    ];
    if let Some(reason) = &live.paused {
        facts.insert(
            0,
            DocLine::labelled("Paused").and(reason.clone(), Role::Warn),
        );
    }
    let deliveries = if sheet.deliveries.is_empty() {
        vec![DocLine::of("Nothing is under way.", Role::Muted)]
    } else {
        sheet
            .deliveries
            .iter()
            .map(|d| delivery::line(d, now))
            .collect()
    };
    Doc {
        head: vec![
            DocLine::of(title(sheet), Role::Title)
                .and("  ", Role::Text)
                .and(state, role),
        ],
        tabs: Vec::new(),
    }
    .tab("Overview", facts)
    .tab(format!("Under way {}", sheet.deliveries.len()), deliveries)
    .tab("Timeline", timeline(&sheet.timeline, now, Some(&live.pair)))
    .tab(format!("Policy of {}", live.pair), card(&sheet.policy))
}

/// The pair's switches: how each stands, what it does, why it is there. Those set in the configuration come first.
fn card(rows: &[CardRow]) -> Vec<DocLine> {
    if rows.is_empty() {
        let none = "The configuration has no such pair any more; its policy is not known.";
        return vec![DocLine::of(none, Role::Muted)];
    }
    let mut rows: Vec<&CardRow> = rows.iter().collect();
    rows.sort_by_key(|row| !row.is_changed);
    let intro = "Read from the configuration file at the start; change it there.";
    let mut lines = vec![DocLine::of(intro, Role::Muted), DocLine::blank()];
    for row in rows {
        let (mark, role) = if row.is_changed {
            (" (set)", Role::Accent)
        } else {
            ("", Role::Text)
        };
        lines.push(
            DocLine::of(pad(row.key, KEY_COLUMNS), Role::Title)
                .and(format!("{}{mark}", row.value), role)
                .hanging(KEY_COLUMNS as u16),
        );
        lines.push(indented(row.does, Role::Text));
        lines.push(indented(&format!("because {}", row.why), Role::Muted));
    }
    lines
}

/// Columns of a switch's name.
const KEY_COLUMNS: usize = 32;

fn indented(text: &str, role: Role) -> DocLine {
    DocLine::of("  ", Role::Text).and(text, role).hanging(2)
}

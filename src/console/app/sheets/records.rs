//! What a page says about records: a stored call, a journal line, versions of mappings.

use super::super::ask::PayloadSheet;
use super::super::doc::{Doc, DocLine, Link, TAB_LINES_MAX, link_of, pad};
use super::super::words;
use super::change_words;
use crate::console::theme::Role;
use crate::domain::ids::PairId;
use crate::domain::mapping::MappingEdit;
use crate::domain::time::Ts;
use crate::store::read::{JournalRow, MappingVersion};
use crate::text;

/// Longest line of a body before it is cut into several.
const BODY_LINE_CHARS: usize = 400;

/// A stored request or answer.
pub fn payload(sheet: &PayloadSheet, now: Ts) -> Doc {
    let body = match &sheet.body {
        None => vec![DocLine::of(
            "The body is past its retention; only its hash is kept.",
            Role::Muted,
        )],
        Some(body) => body_lines(body),
    };
    Doc {
        head: vec![
            DocLine::of(sheet.title.clone(), Role::Title),
            DocLine::of(words::clock(sheet.at, now), Role::Muted)
                .and("  hash ", Role::Muted)
                .and(text::truncate(&sheet.hash, 24), Role::Text),
        ],
        tabs: Vec::new(),
    }
    .tab("Body", body)
}

/// JSON is set out in lines; anything else is shown as it came, cleaned.
fn body_lines(body: &str) -> Vec<DocLine> {
    let pretty = serde_json::from_str::<serde_json::Value>(body)
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok());
    let shown = pretty.as_deref().unwrap_or(body);
    let mut lines = Vec::new();
    for line in shown.lines() {
        let chars: Vec<char> = line.chars().collect();
        for piece in chars.chunks(BODY_LINE_CHARS) {
            let piece: String = piece.iter().collect();
            lines.push(DocLine::text(text::clean(&piece)));
            if lines.len() >= TAB_LINES_MAX {
                return lines;
            }
        }
    }
    lines
}

/// One journal line in full.
pub fn journal(row: &JournalRow, now: Ts) -> Doc {
    let mut lines = vec![
        DocLine::pair("Who", row.actor.clone()),
        DocLine::labelled("What").and(row.action.clone(), Role::Accent),
        DocLine::labelled("On")
            .and(super::super::ask::object_label(&row.object), Role::Link)
            .to(link_of(&row.object, row.pair.as_ref())),
        DocLine::pair(
            "Pair",
            row.pair
                .as_ref()
                .map_or_else(|| "–".to_owned(), PairId::to_string),
        ),
        DocLine::blank(),
        DocLine::pair("Before", row.before.clone()),
        DocLine::pair("After", row.after.clone()),
        DocLine::pair("Reason", row.reason.clone()),
    ];
    if let Some(id) = row.exception {
        lines.push(
            DocLine::labelled("Exception")
                .and(id.to_string(), Role::Link)
                .to(Some(Link::Exception(id))),
        );
    }
    if let Some(id) = row.payload {
        lines.push(
            DocLine::labelled("Call")
                .and(format!("body {id}"), Role::Link)
                .to(Some(Link::Payload(id))),
        );
    }
    Doc {
        head: vec![
            DocLine::of(format!("Line {}", row.seq), Role::Title)
                .and(format!("  {}", words::clock(row.at, now)), Role::Muted),
        ],
        tabs: Vec::new(),
    }
    .tab("Line", lines)
}

/// Versions of a pair's mappings, newest first; one line each, then its edits.
pub fn versions(pair: &PairId, rows: &[MappingVersion], now: Ts) -> Doc {
    let mut lines = Vec::new();
    if rows.is_empty() {
        lines.push(DocLine::of("Nothing has been mapped yet.", Role::Muted));
    }
    for row in rows {
        lines.push(
            DocLine::of(pad(&format!("version {}", row.version), 13), Role::Title)
                .and(pad(&words::clock(row.at, now), 14), Role::Muted)
                .and(pad(&row.who, 16), Role::Text)
                .and(format!(" {}", row.reason), Role::Text)
                .hanging(4),
        );
        for edit in &row.edits {
            lines.push(DocLine::of(format!("    {}", edit_words(edit)), Role::Accent).hanging(6));
        }
    }
    Doc {
        head: vec![
            DocLine::of(format!("Versions of the mappings of {pair}"), Role::Title),
            DocLine::of(
                "A roll back makes a new version; nothing is forgotten.",
                Role::Muted,
            ),
        ],
        tabs: Vec::new(),
    }
    .tab("Versions", lines)
}

/// A mapping edit in words.
pub fn edit_words(edit: &MappingEdit) -> String {
    match edit {
        MappingEdit::Set {
            kind,
            from,
            to,
            attributes,
        } => {
            let extra: Vec<String> = attributes.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let extra = if extra.is_empty() {
                String::new()
            } else {
                format!(" ({})", extra.join(", "))
            };
            format!("{kind} {}{extra}", change_words(from, to))
        }
        MappingEdit::Remove { kind, from } => format!("{kind} {from} removed"),
    }
}

/// Which version stands on this line of [`versions`].
pub fn version_at(rows: &[MappingVersion], line: usize) -> Option<i64> {
    let mut at = 0;
    for row in rows {
        let next = at + 1 + row.edits.len();
        if (at..next).contains(&line) {
            return Some(row.version);
        }
        at = next;
    }
    None
}

//! What a page says about records: a journal line, versions of mappings.

use super::super::doc::{Doc, DocLine, Link, link_of, pad};
use super::super::words;
use super::change_words;
use crate::console::theme::Role;
use crate::domain::ids::PairId;
use crate::domain::mapping::MappingEdit;
use crate::domain::time::Ts;
use crate::store::read::{JournalRow, MappingVersion};

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

//! What a page says about a check: its figures with the rows behind them, and who signed it before. And the notes of a team.

use super::super::doc::{Doc, DocLine, Link, pad};
use super::super::words;
use crate::console::theme::Role;
use crate::desk::{Behind, CheckLine, CheckPage, Object};
use crate::domain::checks::{Figure, HandOver, Standing};
use crate::domain::exception::Team;
use crate::domain::time::Ts;
use crate::text::count;

/// Columns of a figure's label.
const LABEL: usize = 30;

/// What the breadcrumb says.
pub fn title(line: &CheckLine) -> String {
    format!("{} ({})", line.title, line.team)
}

/// How a line stands, with its role.
pub fn state(line: &CheckLine) -> (String, Role) {
    let role = match line.standing {
        Standing::Carried | Standing::Missed => Role::Warn,
        Standing::Due => Role::Accent,
        Standing::NotYet => Role::Muted,
        Standing::Signed => Role::Ok,
    };
    (line.state_words(), role)
}

/// What was found, with its role.
pub fn result(line: &CheckLine) -> (String, Role) {
    let role = if line.signed.is_some() || line.is_clean() {
        Role::Muted
    } else {
        Role::Text
    };
    (line.short_result(), role)
}

/// The document.
pub fn doc(page: &CheckPage, now: Ts) -> Doc {
    let line = &page.line;
    let (state, role) = state(line);
    let mut head = vec![
        DocLine::of(title(line), Role::Title)
            .and("  ", Role::Text)
            .and(state, role),
        DocLine::of(page.how, Role::Muted),
    ];
    if line.standing == Standing::Carried {
        let of: Vec<String> = line.periods.iter().map(ToString::to_string).collect();
        head.push(DocLine::labelled("Carried over").and(of.join(", "), Role::Warn));
    }
    if let Some(signed) = &line.signed {
        let mut words = format!("{}: {}", words::clock(signed.at, now), signed.result);
        if !signed.note.is_empty() {
            words.push_str(&format!(" ({})", signed.note));
        }
        head.push(DocLine::labelled("As signed").and(words, Role::Text));
    }
    Doc {
        head,
        tabs: Vec::new(),
    }
    .tab("Now", now_lines(page, now))
    .tab(format!("Signed {}", page.earlier.len()), earlier(page, now))
}

fn now_lines(page: &CheckPage, now: Ts) -> Vec<DocLine> {
    let mut lines = Vec::new();
    for (figure, rows) in &page.behind {
        if !lines.is_empty() {
            lines.push(DocLine::blank());
        }
        lines.push(figure_line(figure, now));
        lines.extend(rows.iter().map(row));
        let held = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        if figure.count > held && held > 0 {
            let more = format!("  and {} more in the list", figure.count - held);
            lines.push(DocLine::of(more, Role::Muted).to(list_of(figure)));
        }
    }
    lines
}

fn figure_line(figure: &Figure, now: Ts) -> DocLine {
    let role = match (figure.count, figure.is_aside) {
        (0, _) => Role::Ok,
        (_, true) => Role::Text,
        (_, false) => Role::Warn,
    };
    let link = list_of(figure);
    let label = if link.is_some() {
        Role::Link
    } else {
        Role::Title
    };
    DocLine::of(pad(&figure.label, LABEL), label)
        .and(format!(" {}", figure.words(now)), role)
        .to(link)
        .hanging(2)
}

/// The list that was counted.
fn list_of(figure: &Figure) -> Option<Link> {
    Some(Link::List {
        shelf: figure.shelf?,
        filter: figure.filter.clone(),
        pair: figure.pair.clone(),
    })
}

fn row(row: &Behind) -> DocLine {
    let link = match &row.object {
        Object::Order(id) => Some(Link::Order(*id)),
        Object::Exception(id) => Some(Link::Exception(*id)),
        Object::Item { pair, item } => Some(Link::Item {
            pair: pair.clone(),
            item: item.clone(),
        }),
        Object::Lane { pair, lane } => Some(Link::Lane {
            pair: pair.clone(),
            lane: lane.clone(),
        }),
        Object::Return { pair, reference } => Some(Link::Return {
            pair: pair.clone(),
            reference: reference.clone(),
        }),
        Object::Flow { pair, flow } => Some(Link::Flow {
            pair: pair.clone(),
            flow: *flow,
        }),
        Object::Unopened => None,
    };
    DocLine::of("  ", Role::Text)
        .and(row.text.clone(), Role::Text)
        .to(link)
        .hanging(4)
}

fn earlier(page: &CheckPage, now: Ts) -> Vec<DocLine> {
    if page.earlier.is_empty() {
        return vec![DocLine::of("Nobody has signed it lately.", Role::Muted)];
    }
    page.earlier
        .iter()
        .map(|s| {
            let mut line = DocLine::of(pad(&s.period.to_string(), 16), Role::Title)
                .and(
                    format!("{} {}  ", words::clock(s.at, now), s.by),
                    Role::Muted,
                )
                .and(s.result.clone(), Role::Text);
            if !s.note.is_empty() {
                line = line.and(format!("  {}", s.note), Role::Accent);
            }
            line.hanging(16)
        })
        .collect()
}

/// The hand-over notes of a team.
pub fn hand_overs(team: Team, notes: &[HandOver], now: Ts) -> Doc {
    let mut lines = Vec::new();
    for note in notes {
        if !lines.is_empty() {
            lines.push(DocLine::blank());
        }
        let by = format!("{} {}", words::clock(note.at, now), note.by);
        lines.push(DocLine::heading(by));
        lines.extend(
            note.text
                .lines()
                .map(|l| DocLine::text(format!("  {l}")).hanging(2)),
        );
    }
    if lines.is_empty() {
        lines.push(DocLine::of("Nothing was handed over yet.", Role::Muted));
    }
    let held = i64::try_from(notes.len()).unwrap_or(i64::MAX);
    Doc {
        head: vec![
            DocLine::heading(format!("Hand-over of {team}")),
            DocLine::of(
                count(held, "note, newest first", "notes, newest first"),
                Role::Muted,
            ),
        ],
        tabs: Vec::new(),
    }
    .tab("Notes", lines)
}

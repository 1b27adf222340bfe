//! What a page says about a lane: what stands at its head and why, what was tried, what waits behind it, what is owed,
//! which orders are held.

use super::super::ask::LaneSheet;
use super::super::doc::{Doc, DocLine, Link, pad, pad_left};
use super::super::words;
use super::{delivery, exceptions};
use crate::console::theme::Role;
use crate::domain::exception::OccurrenceRow;
use crate::domain::movements::{LaneEntry, LaneKey, MovementState, Standing, Way, may};
use crate::domain::order::OrderRow;
use crate::domain::time::Ts;
use crate::store::{LaneRow, MovementRow};
use crate::text;

/// Lines of a kind shown in the overview.
const OVERVIEW_LINES: usize = 5;

/// What the breadcrumb says.
pub fn title(key: &LaneKey) -> String {
    format!("Lane {key}")
}

/// The document.
pub fn doc(sheet: &LaneSheet, now: Ts) -> Doc {
    let waiting = sheet.row.as_ref().map_or(0, |r| r.waiting);
    let owed = sheet.row.as_ref().map_or(0, |r| r.owed);
    Doc {
        head: head(sheet, now),
        tabs: Vec::new(),
    }
    .tab("Overview", overview(sheet, now))
    .tab(format!("Behind it {waiting}"), behind(sheet, now))
    .tab(
        format!("Orders {}", orders_count(sheet)),
        orders(sheet, now),
    )
    .tab("Attempts", attempts(sheet, now))
    .tab(format!("Owed {owed}"), owed_lines(sheet, now))
    .tab("Settled", settled(sheet, now))
}

fn orders_count(sheet: &LaneSheet) -> i64 {
    let held = sheet.row.as_ref().map_or(0, |r| r.orders);
    held.saturating_add(i64::try_from(sheet.waiting.len()).unwrap_or(0))
}

fn head(sheet: &LaneSheet, now: Ts) -> Vec<DocLine> {
    let (state, role) = sheet.row.as_ref().map_or_else(
        || ("nothing is outstanding".to_owned(), Role::Ok),
        words::lane_state,
    );
    let mut lines = vec![
        DocLine::of(title(&sheet.key), Role::Title)
            .and("   ", Role::Text)
            .and(state, role),
    ];
    if let Some(row) = &sheet.row {
        lines.push(
            DocLine::of("not told ", Role::Muted)
                .and(words::signed(row.pending_each), Role::Text)
                .and("  waiting ", Role::Muted)
                .and(row.waiting.to_string(), Role::Text)
                .and("  owed ", Role::Muted)
                .and(words::signed(row.owed_each), owed_role(row))
                .and("  orders held ", Role::Muted)
                .and(row.orders.to_string(), held_role(row.orders))
                .and("  since ", Role::Muted)
                .and(words::age(row.since(), now), Role::Text)
                .and("  pair ", Role::Muted)
                .and(row.pair.to_string(), Role::Text),
        );
    }
    lines
}

const fn owed_role(row: &LaneRow) -> Role {
    if row.owed > 0 { Role::Warn } else { Role::Text }
}

const fn held_role(orders: i64) -> Role {
    if orders > 0 { Role::Error } else { Role::Text }
}

fn overview(sheet: &LaneSheet, now: Ts) -> Vec<DocLine> {
    let mut lines = Vec::new();
    match sheet.row.as_ref().and_then(|row| Some((row, row.head()?))) {
        Some((row, entry)) => {
            lines.extend(head_lines(row, entry, now));
            lines.extend(ways_out(row));
            lines.extend(second_person(sheet, now));
        }
        None => lines.push(DocLine::pair(
            "Head",
            match &sheet.row {
                Some(_) => "nothing waits; what was left out stands below",
                None => "nothing waits: the source was told of every movement of this lane",
            },
        )),
    }
    lines.push(DocLine::blank());
    lines.extend(some(
        "Orders behind it",
        orders_count(sheet),
        orders(sheet, now),
    ));
    if let Some(row) = sheet.row.as_ref().filter(|r| r.owed > 0) {
        lines.extend(some("Left out and owed", row.owed, owed_lines(sheet, now)));
    }
    lines.extend(links(sheet, now));
    lines
}

/// A heading, the first lines of a kind, and how many there are.
fn some(title: &str, total: i64, lines: Vec<DocLine>) -> Vec<DocLine> {
    if total == 0 {
        return Vec::new();
    }
    let shown = lines.len().min(OVERVIEW_LINES);
    let mut out = vec![DocLine::heading(format!("{title}: {shown} of {total}"))];
    out.extend(lines.into_iter().take(OVERVIEW_LINES));
    out.push(DocLine::blank());
    out
}

fn head_lines(row: &LaneRow, entry: &LaneEntry, now: Ts) -> Vec<DocLine> {
    let movement = &entry.movement;
    let number = movement
        .id
        .as_ref()
        .map_or_else(|| "without a number".to_owned(), |id| format!("no. {id}"));
    let document = match movement.document.as_str() {
        "" => String::new(),
        document => format!(", document {document}"),
    };
    let figure = match entry.counted_each {
        Some(counted) => format!("on hand {counted}, as counted"),
        None => format!(
            "{} of {}",
            words::signed(movement.delta_each),
            movement.item
        ),
    };
    let mut lines = vec![
        DocLine::pair("Head", format!("{figure}, {}", kind_words(entry))),
        DocLine::pair(
            "Evidence",
            format!(
                "the warehouse's movement {number}, {:?} at site {}, moved {}, read {}{document}",
                movement.word,
                movement.site,
                words::clock(movement.at, now),
                words::clock(movement.seen_at, now),
            ),
        ),
    ];
    let (state, role) = words::lane_state(row);
    let reason = match entry.text.as_str() {
        "" => standing_words(row.standing).to_owned(),
        text => text.to_owned(),
    };
    lines.push(
        DocLine::labelled("Stands")
            .and(state, role)
            .and(format!(": {reason}"), Role::Text),
    );
    if let Some(due) = row.first.due_at.filter(|_| !row.standing.is_held()) {
        lines.push(DocLine::pair(
            "Next try",
            format!("{} by itself", words::until(due, now)),
        ));
    }
    lines
}

/// What is understood of a movement: its kind, else its word.
pub fn kind_words(entry: &LaneEntry) -> String {
    match entry.kind {
        Some(kind) => kind.as_str().replace('_', " "),
        None => entry.movement.word.clone(),
    }
}

const fn standing_words(standing: Standing) -> &'static str {
    match standing {
        Standing::Blocked => "the source said no",
        Standing::Unmapped => "nobody said what its word means",
        Standing::InDoubt => "no answer came; it is asked about before anything is written",
        Standing::Open => "it goes when its system takes calls",
        Standing::Writing => "it is being written",
        Standing::Empty => "nothing waits",
    }
}

/// What a person can do about the head now, or why nothing.
fn ways_out(row: &LaneRow) -> Vec<DocLine> {
    let owed = row.head().map_or(0, |h| h.movement.delta_each);
    let ways = [
        (Way::Retry, "Try head again", "written again now".to_owned()),
        (
            Way::Skip,
            "Skip head",
            format!(
                "left out; {} owed until a comparison agrees",
                words::signed(owed)
            ),
        ),
        (
            Way::Replace,
            "By count",
            format!(
                "a fresh count in place of {}; takes two persons",
                text::count(row.waiting + 1, "movement", "movements")
            ),
        ),
    ];
    let mut lines = Vec::new();
    if row.standing == Standing::Unmapped {
        lines.push(
            DocLine::labelled("You can")
                .and("Map word", Role::Accent)
                .and(": it goes by itself then", Role::Text),
        );
    }
    let refused = |way| may(&row.key, row.standing, row.head(), way).err();
    if let Some(why) = refused(Way::Skip) {
        lines.push(DocLine::labelled("You can").and(format!("do nothing now: {why}"), Role::Muted));
        return lines;
    }
    for (way, name, what) in ways {
        let label = if lines.is_empty() { "You can" } else { "" };
        let line = DocLine::labelled(label);
        if refused(way).is_none() {
            lines.push(
                line.and(name, Role::Accent)
                    .and(format!(": {what}"), Role::Text),
            );
        }
    }
    lines
}

fn second_person(sheet: &LaneSheet, now: Ts) -> Option<DocLine> {
    let count = sheet.count.as_ref()?;
    Some(DocLine::labelled("Count waits").and(
        format!(
            "{} counted {} at {}; another person gives the same count by {}",
            count.who,
            count.each,
            words::hour(count.at, now),
            words::hour(count.until(), now)
        ),
        Role::Warn,
    ))
}

fn links(sheet: &LaneSheet, now: Ts) -> Vec<DocLine> {
    let mut lines = Vec::new();
    if let Some(item) = &sheet.key.item {
        let drift = sheet.position.as_ref().map_or_else(
            || "not compared yet".to_owned(),
            |p| format!("{} unexplained", words::signed(p.remainder_each)),
        );
        lines.push(
            DocLine::labelled("Item")
                .and(item.to_string(), Role::Link)
                .and(format!("  {drift}"), Role::Muted)
                .to(Some(Link::Item {
                    pair: sheet.pair.clone(),
                    item: item.clone(),
                })),
        );
    }
    if let Some(head) = &sheet.head {
        lines.push(DocLine::heading("Delivery of the head"));
        lines.push(delivery::line(&head.row, now));
    }
    if !sheet.exceptions.is_empty() {
        lines.push(DocLine::heading("Exceptions"));
        lines.extend(exceptions(&sheet.exceptions));
    }
    lines
}

fn behind(sheet: &LaneSheet, now: Ts) -> Vec<DocLine> {
    let mut lines = vec![columns("what became of it")];
    lines.extend(sheet.outstanding.iter().enumerate().map(|(at, row)| {
        let state = if at == 0 {
            "head".to_owned()
        } else {
            state_words(row)
        };
        movement(row, &state, now)
    }));
    if sheet.outstanding.is_empty() {
        return vec![DocLine::of("Nothing waits in this lane.", Role::Ok)];
    }
    let total = sheet.row.as_ref().map_or(0, |r| r.waiting + 1);
    let left = total - i64::try_from(sheet.outstanding.len()).unwrap_or(0);
    if left > 0 {
        lines.push(DocLine::of(
            format!(
                "and {} behind these",
                text::count(left, "movement", "movements")
            ),
            Role::Muted,
        ));
    }
    lines
}

fn state_words(row: &MovementRow) -> String {
    row.entry.state.as_str().replace('_', " ")
}

fn columns(last: &str) -> DocLine {
    DocLine::of(
        format!(
            "{} {} {} {} {last}",
            pad("moved", 13),
            pad_left("units", 7),
            pad("kind", 16),
            pad("number", 12),
        ),
        Role::Muted,
    )
}

fn movement(row: &MovementRow, state: &str, now: Ts) -> DocLine {
    let entry = &row.entry;
    let number = entry
        .movement
        .id
        .as_ref()
        .map_or_else(String::new, ToString::to_string);
    let figure = match entry.counted_each {
        Some(counted) if entry.movement.delta_each == 0 => format!("={counted}"),
        _ => words::signed(entry.movement.delta_each),
    };
    let mut line = DocLine::of(pad(&words::clock(entry.movement.at, now), 13), Role::Muted)
        .and(format!(" {} ", pad_left(&figure, 7)), Role::Text)
        .and(format!("{} ", pad(&kind_words(entry), 16)), Role::Text)
        .and(format!("{} ", pad(&number, 12)), Role::Muted)
        .and(state.to_owned(), state_role(entry.state));
    let mut more = entry.text.clone();
    if !row.document.is_empty() {
        more = format!("{more}, document {}", row.document);
    }
    if !more.is_empty() {
        line = line.and(format!("  {more}"), Role::Muted);
    }
    line.to(row.delivery.map(Link::Delivery)).hanging(15)
}

const fn state_role(state: MovementState) -> Role {
    match state {
        MovementState::Applied | MovementState::NoDelta => Role::Ok,
        MovementState::Refused | MovementState::UnknownWord => Role::Error,
        MovementState::InDoubt | MovementState::Skipped => Role::Warn,
        _ => Role::Text,
    }
}

fn orders(sheet: &LaneSheet, now: Ts) -> Vec<DocLine> {
    let mut lines: Vec<DocLine> = sheet.held.iter().map(|m| held(m, now)).collect();
    lines.extend(sheet.waiting.iter().map(|row| waits(row, now)));
    if lines.is_empty() {
        return vec![DocLine::of("No order waits for this lane.", Role::Ok)];
    }
    let left = orders_count(sheet) - i64::try_from(lines.len()).unwrap_or(0);
    if left > 0 {
        lines.push(DocLine::of(
            format!("and {}", text::count(left, "more order", "more orders")),
            Role::Muted,
        ));
    }
    lines
}

fn held(member: &OccurrenceRow, now: Ts) -> DocLine {
    let (promise, role) = words::promise(member.ship_by, now);
    DocLine::of(pad(&member.label, 18), Role::Link)
        .and(format!(" {} ", pad_left(&promise, 10)), role)
        .and("held ", Role::Error)
        .and(words::age(member.began_at, now), Role::Muted)
        .to(super::super::doc::link_of(&member.object, None))
}

fn waits(row: &OrderRow, now: Ts) -> DocLine {
    let (promise, role) = words::promise(row.ship_by, now);
    DocLine::of(pad(&row.number, 18), Role::Link)
        .and(format!(" {} ", pad_left(&promise, 10)), role)
        .and("waits ", Role::Warn)
        .and(words::age(row.state_since, now), Role::Muted)
        .to(Some(Link::Order(row.id)))
}

fn attempts(sheet: &LaneSheet, now: Ts) -> Vec<DocLine> {
    let Some(head) = &sheet.head else {
        return vec![DocLine::of(
            "Nothing has been sent for the head: it was stopped before, or its turn has just come.",
            Role::Muted,
        )];
    };
    let mut lines = vec![delivery::line(&head.row, now)];
    lines.extend(
        head.attempts
            .iter()
            .rev()
            .map(|a| delivery::attempt(a, now)),
    );
    lines
}

fn owed_lines(sheet: &LaneSheet, now: Ts) -> Vec<DocLine> {
    if sheet.owed.is_empty() {
        return vec![DocLine::of("Nothing of this lane is owed.", Role::Ok)];
    }
    let owed = sheet.owed.iter();
    owed.map(|row| movement(row, "owed", now)).collect()
}

fn settled(sheet: &LaneSheet, now: Ts) -> Vec<DocLine> {
    if sheet.settled.is_empty() {
        return vec![DocLine::of(
            "Nothing of this lane has been settled yet.",
            Role::Muted,
        )];
    }
    let mut lines = vec![columns("what became of it")];
    let rows = sheet.settled.iter();
    lines.extend(rows.map(|row| movement(row, &state_words(row), now)));
    lines
}

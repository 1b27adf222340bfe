//! What a page says about an item's stock: the way from the warehouse's figure to the published one, what is left
//! unexplained, and what to do about it.

use super::super::ask::ItemSheet;
use super::super::doc::{Doc, DocLine, Link, pad, pad_left};
use super::super::words;
use super::{exceptions, stock_days, timeline};
use crate::console::theme::Role;
use crate::domain::drift;
use crate::domain::second::Proposal;
use crate::domain::stock::StockPosition;
use crate::domain::time::Ts;
use crate::store::LaneRow;
use crate::text;

/// Columns of a waterfall's bars.
const BAR_COLUMNS: i64 = 16;

/// What the breadcrumb says.
pub fn title(sheet: &ItemSheet) -> String {
    format!("Item {}", sheet.item)
}

/// The document.
pub fn doc(sheet: &ItemSheet, now: Ts, (bar, spark): (&str, &[&'static str; 9])) -> Doc {
    let mut waterfall = Vec::new();
    for position in &sheet.positions {
        waterfall.extend(self::waterfall(position, now, bar));
        let asked = sheet.corrections.iter();
        let mut here = asked.filter(|(location, _)| *location == position.location);
        waterfall.extend(here.next().map(|(_, first)| correction(first, now)));
        waterfall.push(DocLine::blank());
    }
    if waterfall.is_empty() {
        waterfall.push(DocLine::of(
            "The item has not been published or compared yet.",
            Role::Muted,
        ));
    }
    waterfall.extend(sheet.lanes.iter().map(lane));
    let history = sheet
        .positions
        .iter()
        .flat_map(|p| history(p, now, bar))
        .collect();
    Doc {
        head: head(sheet),
        tabs: Vec::new(),
    }
    .tab("Waterfall", waterfall)
    .tab("30 days", stock_days::lines(&sheet.days, now, spark))
    .tab("History", history)
    .tab(format!("Sites {}", sheet.levels.len()), levels(sheet, now))
    .tab(
        format!("Exceptions {}", sheet.exceptions.len()),
        exceptions(&sheet.exceptions),
    )
    .tab(
        "Timeline",
        timeline(&sheet.timeline, now, Some(&sheet.pair)),
    )
}

fn head(sheet: &ItemSheet) -> Vec<DocLine> {
    let risk: i64 = sheet.positions.iter().map(|p| p.value_at_risk_minor).sum();
    let left: i64 = sheet.positions.iter().map(|p| p.remainder_each).sum();
    let role = if left == 0 { Role::Ok } else { Role::Error };
    let verdict = if left == 0 {
        "explained".to_owned()
    } else {
        format!("{} unexplained", words::signed(left))
    };
    vec![
        DocLine::of(format!("Item {}", sheet.item), Role::Title)
            .and("  ", Role::Text)
            .and(verdict, role),
        DocLine::of("pair ", Role::Muted)
            .and(sheet.pair.to_string(), Role::Text)
            .and("  value at risk ", Role::Muted)
            .and(text::money(risk), Role::Text),
    ]
}

/// A correction that waits for a second person.
fn correction(first: &Proposal, now: Ts) -> DocLine {
    DocLine::labelled("Correction").and(
        format!(
            "{} asked for {} at {}; another person asks for the same by {}",
            first.who,
            words::signed(first.each),
            words::hour(first.at, now),
            words::hour(first.until(), now)
        ),
        Role::Warn,
    )
}

/// A lane of the item with anything outstanding.
fn lane(row: &LaneRow) -> DocLine {
    let (state, role) = words::lane_state(row);
    let waits = match row.head() {
        Some(_) => text::count(row.waiting + 1, "movement waits", "movements wait"),
        None => format!("{} owed", words::signed(row.owed_each)),
    };
    DocLine::labelled("Lane")
        .and(row.key.to_string(), Role::Link)
        .and("  ", Role::Text)
        .and(state, role)
        .and(format!("  {waits}"), Role::Muted)
        .to(Some(Link::Lane {
            pair: row.pair.clone(),
            lane: row.key.clone(),
        }))
}

/// From what the source shows to what lies on the warehouse's shelves, each step with its reason.
pub fn waterfall(position: &StockPosition, now: Ts, bar: &str) -> Vec<DocLine> {
    let p = position;
    let steps = drift::waterfall(p);
    let largest = steps
        .iter()
        .map(|s| s.value.abs())
        .chain([p.on_hand_each.abs(), 1])
        .max()
        .unwrap_or(1);
    let mut lines = vec![
        DocLine::heading(format!("{} at {}", p.sku, p.location))
            .and(format!("   basis {}", p.basis_word()), Role::Muted),
    ];
    let last = steps.len().saturating_sub(1);
    for (at, step) in steps.iter().enumerate() {
        let role = match (at == 0, at == last, step.value) {
            (true, ..) => Role::Accent,
            (_, true, 0) => Role::Ok,
            (_, true, _) => Role::Error,
            _ => Role::Text,
        };
        let shown = if at == 0 {
            step.value.to_string()
        } else {
            words::signed(step.value)
        };
        let figure = Figure {
            label: &step.label,
            shown: &shown,
            value: step.value,
            note: &step.note,
            role,
        };
        lines.push(figure.line(largest, bar));
    }
    let sum = Figure {
        label: "on hand in the warehouse",
        shown: &p.on_hand_each.to_string(),
        value: p.on_hand_each,
        note: "",
        role: Role::Accent,
    };
    lines.push(sum.line(largest, bar));
    lines.push(DocLine::blank());
    lines.extend(standing(p, now));
    lines
}

/// One line of a waterfall.
struct Figure<'a> {
    label: &'a str,
    shown: &'a str,
    value: i64,
    note: &'a str,
    role: Role,
}

impl Figure<'_> {
    fn line(&self, largest: i64, bar: &str) -> DocLine {
        let columns = self.value.abs().saturating_mul(BAR_COLUMNS) / largest.max(1);
        let columns = usize::try_from(columns.min(BAR_COLUMNS)).unwrap_or(0);
        let columns = columns.max(usize::from(self.value != 0));
        let room = usize::try_from(BAR_COLUMNS).unwrap_or(16);
        DocLine::of(pad(self.label, 28), Role::Text)
            .and(pad_left(self.shown, 9), self.role)
            .and("  ", Role::Text)
            .and(pad(&bar.repeat(columns), room), self.role)
            .and(format!("  {}", self.note), Role::Muted)
            .hanging(41)
    }
}

/// Lines about the suggestion, the readings and the risk.
fn standing(p: &StockPosition, now: Ts) -> Vec<DocLine> {
    let time = |at: Option<Ts>| at.map_or_else(|| "never".to_owned(), |at| words::clock(at, now));
    let (oversell, role) = words::oversell(p);
    vec![
        DocLine::labelled("Suggestion").and(suggestion(p), Role::Accent),
        DocLine::pair("Should show", should_show(p)),
        DocLine::pair(
            "Read",
            format!(
                "warehouse {}, source {}; last written {}",
                words::clock(p.updated_at, now),
                time(p.source_read_at),
                time(p.written_at),
            ),
        ),
        DocLine::labelled("Oversells in").and(oversell, role).and(
            format!(
                "  sells {}.{} an hour, value at risk {}",
                p.velocity_milli / 1_000,
                (p.velocity_milli % 1_000) / 100,
                text::money(p.value_at_risk_minor)
            ),
            Role::Muted,
        ),
    ]
}

/// The figure the source should show, and what it is made of.
fn should_show(p: &StockPosition) -> String {
    match &p.ledger {
        Some(book) => format!(
            "{} once movements of {} and shipments of {} are posted; left out with a debt {}",
            p.on_hand_each,
            words::signed(book.figures.pending),
            words::signed(-book.figures.unconfirmed),
            words::signed(book.owed_each)
        ),
        None => format!(
            "{} (available {}, not yet there {}, withheld {})",
            p.publish_each, p.available_each, p.unsent_each, p.buffer_each
        ),
    }
}

/// What to do about it, from the figures alone.
pub fn suggestion(position: &StockPosition) -> String {
    let p = position;
    if let Some(reason) = &p.paused_reason {
        return format!("publishing is stopped ({reason}): put the cause right, then resume");
    }
    if p.source_each.is_none() {
        return "wait for the next comparison".to_owned();
    }
    if p.remainder_each == 0 {
        return "nothing: every difference is explained".to_owned();
    }
    if p.ledger.is_some() {
        return format!(
            "{} Have it counted, then Correct posts it in the lane.",
            drift::suggest(p).unwrap_or_default()
        );
    }
    if let Some(hint) = drift::suggest(p) {
        return hint;
    }
    if p.remainder_each > 0 {
        "the source shows too much: push now, then count if it comes back".to_owned()
    } else {
        "the source shows too little: push now to sell what is there".to_owned()
    }
}

fn history(position: &StockPosition, now: Ts, bar: &str) -> Vec<DocLine> {
    let largest = position.history.iter().map(|h| h.1).max().unwrap_or(1);
    let mut lines = vec![DocLine::heading(format!(
        "Written to {}",
        position.location
    ))];
    if position.history.is_empty() {
        lines.push(DocLine::of("Nothing has been written yet.", Role::Muted));
    }
    for (at, value) in position.history.iter().rev() {
        let columns = value.max(&0).saturating_mul(BAR_COLUMNS) / largest.max(1);
        let columns = usize::try_from(columns.min(BAR_COLUMNS)).unwrap_or(0);
        lines.push(
            DocLine::of(pad(&words::clock(*at, now), 14), Role::Muted)
                .and(pad_left(&value.to_string(), 9), Role::Text)
                .and("  ", Role::Text)
                .and(bar.repeat(columns), Role::Accent),
        );
    }
    lines
}

fn levels(sheet: &ItemSheet, now: Ts) -> Vec<DocLine> {
    let mut lines = vec![DocLine::of(
        format!(
            "{} {} {} {}  read",
            pad("site", 20),
            pad_left("on hand", 9),
            pad_left("allocated", 9),
            pad_left("available", 9)
        ),
        Role::Muted,
    )];
    for level in &sheet.levels {
        lines.push(
            DocLine::of(
                format!(
                    "{} {} {} {}  ",
                    pad(level.site.as_str(), 20),
                    pad_left(&level.on_hand_each.to_string(), 9),
                    pad_left(&level.allocated_each.to_string(), 9),
                    pad_left(&level.available_each.to_string(), 9)
                ),
                Role::Text,
            )
            .and(words::clock(level.read_at, now), Role::Muted),
        );
    }
    lines
}

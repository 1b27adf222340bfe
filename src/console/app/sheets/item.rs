//! What a page says about an item's stock: the way from the warehouse's figure to the published one, what is left
//! unexplained, and what to do about it.

use super::super::ask::ItemSheet;
use super::super::doc::{Doc, DocLine, pad, pad_left};
use super::super::words;
use super::{exceptions, timeline};
use crate::console::theme::Role;
use crate::domain::stock::StockPosition;
use crate::domain::time::Ts;
use crate::text;

/// Columns of a waterfall's bars.
const BAR_COLUMNS: i64 = 24;

/// What the breadcrumb says.
pub fn title(sheet: &ItemSheet) -> String {
    format!("Item {}", sheet.item)
}

/// The document.
pub fn doc(sheet: &ItemSheet, now: Ts, bar: &str) -> Doc {
    let mut waterfall = Vec::new();
    for position in &sheet.positions {
        waterfall.extend(self::waterfall(position, now, bar));
        waterfall.push(DocLine::blank());
    }
    if waterfall.is_empty() {
        waterfall.push(DocLine::of(
            "The item has not been published or compared yet.",
            Role::Muted,
        ));
    }
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
    .tab("History", history)
    .tab(format!("Sites {}", sheet.levels.len()), levels(sheet, now))
    .tab(
        format!("Exceptions {}", sheet.exceptions.len()),
        exceptions(&sheet.exceptions),
    )
    .tab("Timeline", timeline(&sheet.timeline, now, Some(&sheet.pair)))
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

fn step(label: &str, figure: i64, is_sum: bool, largest: i64, bar: &str, role: Role) -> DocLine {
    let columns = (figure.abs().saturating_mul(BAR_COLUMNS) / largest.max(1)).min(BAR_COLUMNS);
    let columns = usize::try_from(columns).unwrap_or(0);
    let columns = if figure != 0 { columns.max(1) } else { 0 };
    let shown = if is_sum {
        figure.to_string()
    } else {
        words::signed(figure)
    };
    DocLine::of(pad(label, 40), if is_sum { Role::Title } else { Role::Text })
        .and(pad_left(&shown, 9), role)
        .and("  ", Role::Text)
        .and(bar.repeat(columns), role)
}

/// From the warehouse's available figure to what the source shows, each step with its reason.
fn waterfall(position: &StockPosition, now: Ts, bar: &str) -> Vec<DocLine> {
    let p = position;
    let largest = [p.available_each, p.on_hand_each, p.publish_each, p.source_each.unwrap_or(0)]
        .into_iter()
        .map(i64::abs)
        .max()
        .unwrap_or(1);
    let row = |label: &str, n: i64| step(label, n, false, largest, bar, sign_role(n));
    let sum = |label: &str, n: i64| step(label, n, true, largest, bar, Role::Accent);
    let mut lines = vec![
        DocLine::heading(format!("{} at {}", p.sku, p.location)).and(
            format!("   basis {}", p.basis),
            Role::Muted,
        ),
        sum("On hand in the warehouse (H)", p.on_hand_each),
        row("allocated there (L)", p.available_each - p.on_hand_each),
        sum("Available in the warehouse (V)", p.available_each),
        row("sold, not there yet (U)", -p.unsent_each),
        row("withheld (B)", -p.buffer_each),
        sum("Should be shown (P)", p.publish_each),
    ];
    match p.source_each {
        None => lines.push(DocLine::of("The source has not been read yet.", Role::Muted)),
        Some(shown) => {
            lines.push(row("gap", p.gap_each));
            lines.push(sum("Shown in the source (S)", shown));
            lines.push(row("  explained by delay", p.lag_each));
            lines.push(row("  explained by outside changes", p.external_each));
            let role = if p.remainder_each == 0 { Role::Ok } else { Role::Error };
            lines.push(step("  left unexplained", p.remainder_each, false, largest, bar, role));
        }
    }
    lines.push(DocLine::blank());
    lines.push(DocLine::labelled("Suggestion").and(suggestion(p), Role::Accent));
    lines.push(DocLine::pair(
        "Read",
        format!(
            "warehouse {}, source {}; last written {}",
            words::clock(p.updated_at, now),
            p.source_read_at
                .map_or_else(|| "never".to_owned(), |at| words::clock(at, now)),
            p.written_at
                .map_or_else(|| "never".to_owned(), |at| words::clock(at, now)),
        ),
    ));
    let (oversell, role) = words::oversell(p);
    lines.push(
        DocLine::labelled("Oversells in")
            .and(oversell, role)
            .and(
                format!(
                    "  sells {}.{} an hour, value at risk {}",
                    p.velocity_milli / 1_000,
                    (p.velocity_milli % 1_000) / 100,
                    text::money(p.value_at_risk_minor)
                ),
                Role::Muted,
            ),
    );
    lines
}

fn sign_role(n: i64) -> Role {
    if n == 0 { Role::Muted } else { Role::Text }
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
    if p.written_each.is_some_and(|w| w == p.publish_each) && p.runs > 1 {
        return format!(
            "something else writes this stock: the figure was acknowledged and differs again, {} runs in a row; look for a second connector, then push",
            p.runs
        );
    }
    if p.remainder_each > 0 {
        "the source shows too much: push now, then count if it comes back".to_owned()
    } else {
        "the source shows too little: push now to sell what is there".to_owned()
    }
}

fn history(position: &StockPosition, now: Ts, bar: &str) -> Vec<DocLine> {
    let largest = position.history.iter().map(|h| h.1).max().unwrap_or(1);
    let mut lines = vec![DocLine::heading(format!("Written to {}", position.location))];
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

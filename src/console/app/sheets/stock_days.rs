//! How the stock of an item stood day by day, drawn.

use super::super::doc::{DocLine, pad, pad_left};
use crate::console::theme::Role;
use crate::domain::stock::{DAYS_KEPT, StockDay};
use crate::domain::time::{Span, Ts};

/// Rows of a picture.
const ROWS: i64 = 4;
/// Steps within a row.
const STEPS: i64 = 8;
/// Columns of a day.
const DAY_COLUMNS: usize = 2;
/// Columns of the scale beside a picture.
const SCALE_COLUMNS: usize = 9;

/// The pictures of every location: on hand in the warehouse, shown by the source, unexplained. `spark` are the signs
/// from nothing to a full row.
pub fn lines(days: &[StockDay], now: Ts, spark: &[&'static str; 9]) -> Vec<DocLine> {
    if days.is_empty() {
        return vec![DocLine::of(
            "No day is on record yet: each is kept from the first comparison on.",
            Role::Muted,
        )];
    }
    let first = now.day() - DAYS_KEPT + 1;
    let mut lines = Vec::new();
    for here in days.chunk_by(|a, b| a.location == b.location) {
        let Some(one) = here.first() else { continue };
        lines.push(DocLine::heading(one.location.to_string()));
        // A day on which nobody looked stands as the one before it.
        let figure = |of: &dyn Fn(&StockDay) -> Option<i64>| -> Vec<Option<i64>> {
            (first..=now.day())
                .map(|day| here.iter().rev().find(|d| d.day <= day).and_then(of))
                .collect()
        };
        let shelf = figure(&|d| Some(d.on_hand_each));
        let shown = figure(&|d| d.source_each);
        let left = figure(&|d| Some(d.remainder_each.abs()));
        let most = |figures: &[Option<i64>]| figures.iter().flatten().copied().max().unwrap_or(0);
        // Both stand on one scale, so that they can be compared.
        let scale = most(&shelf).max(most(&shown));
        lines.extend(picture(
            "On hand in the warehouse",
            &shelf,
            scale,
            Role::Accent,
            spark,
        ));
        lines.extend(picture(
            "Shown by the source",
            &shown,
            scale,
            Role::Text,
            spark,
        ));
        lines.extend(picture(
            "Unexplained",
            &left,
            most(&left),
            Role::Error,
            spark,
        ));
        lines.push(axis(now));
        lines.push(DocLine::blank());
    }
    lines
}

fn picture(
    name: &str,
    figures: &[Option<i64>],
    scale: i64,
    role: Role,
    spark: &[&'static str; 9],
) -> Vec<DocLine> {
    let last = figures.iter().rev().flatten().next();
    let today = last.map_or_else(|| "never read".to_owned(), ToString::to_string);
    let mut lines = vec![DocLine::of(format!("{name}: {today}"), Role::Text)];
    if scale <= 0 {
        lines.push(DocLine::of(
            format!("{} nothing on any of these days", " ".repeat(SCALE_COLUMNS)),
            Role::Muted,
        ));
        return lines;
    }
    for row in (0..ROWS).rev() {
        let mut drawn = String::new();
        for figure in figures {
            let height = figure.map_or(0, |n| height(n, scale));
            let step = (height - row * STEPS).clamp(0, STEPS);
            let sign = spark[usize::try_from(step).unwrap_or(0)];
            drawn.push_str(&sign.repeat(DAY_COLUMNS));
        }
        let label = match row {
            0 => "0".to_owned(),
            top if top == ROWS - 1 => scale.to_string(),
            _ => String::new(),
        };
        lines.push(
            DocLine::of(pad_left(&label, SCALE_COLUMNS - 1), Role::Muted)
                .and(" ", Role::Text)
                .and(drawn, role),
        );
    }
    lines
}

/// Steps of a figure; the smallest that is not nothing can be seen.
fn height(figure: i64, scale: i64) -> i64 {
    let steps = figure.max(0).saturating_mul(ROWS * STEPS) / scale.max(1);
    if figure > 0 { steps.max(1) } else { steps }
}

/// The first and the last day under a picture.
fn axis(now: Ts) -> DocLine {
    let first = now - Span::days(DAYS_KEPT - 1);
    let says = |at: Ts| at.to_utc().format("%-d %b").to_string();
    let columns = usize::try_from(DAYS_KEPT).unwrap_or(30) * DAY_COLUMNS;
    let last = says(now);
    let room = columns.saturating_sub(last.chars().count());
    DocLine::of(
        format!(
            "{}{}{last}",
            " ".repeat(SCALE_COLUMNS),
            pad(&says(first), room)
        ),
        Role::Muted,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPARK: [&str; 9] = [" ", "1", "2", "3", "4", "5", "6", "7", "8"];

    #[test]
    fn a_figure_fills_the_rows_from_below_and_the_smallest_is_seen() {
        let drawn = picture(
            "x",
            &[Some(0), Some(1), Some(16), Some(32)],
            32,
            Role::Text,
            &SPARK,
        );
        let text: Vec<String> = drawn.iter().skip(1).map(DocLine::plain).collect();
        assert_eq!(
            text,
            [
                "      32       88",
                "               88",
                "             8888",
                "       0   118888"
            ]
        );
        assert_eq!(height(1, 10_000), 1);
    }

    #[test]
    fn a_day_nobody_looked_stands_as_the_one_before() {
        let now = Ts(0) + Span::days(100);
        let day = |day, on_hand_each| StockDay {
            location: "Default".into(),
            day,
            on_hand_each,
            publish_each: 0,
            source_each: None,
            remainder_each: 0,
        };
        let lines = lines(&[day(96, 8), day(100, 4)], now, &SPARK);
        let bottom = lines
            .iter()
            .map(DocLine::plain)
            .find(|l| l.starts_with("       0 "));
        let bottom = bottom.unwrap();
        assert!(bottom.ends_with("  8888888888"), "{bottom:?}");
        assert!(lines[0].plain().contains("Default"));
    }
}

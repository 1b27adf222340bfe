//! A page: its head, its tabs, the lines of the tab, wrapped; the cursor always in sight.

use crate::console::app::doc::{DocLine, Part};
use crate::console::app::find;
use crate::console::app::list::Load;
use crate::console::app::nav::Page;
use crate::console::theme::Role;
use crate::console::widget::{Pen, grid};
use crate::text;
use ratatui::layout::Rect;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// Columns for the cursor.
const GUTTER: u16 = 2;

/// Draws a page; words that are looked for on it stand out.
pub fn draw(pen: &mut Pen<'_>, area: Rect, page: &Page, has_focus: bool, words: &str) {
    if area.height == 0 || area.width <= GUTTER + 1 {
        return;
    }
    if page.doc.tabs.is_empty() {
        let (text, role) = match &page.load {
            Load::Failed(why) => (format!("This could not be read: {why}"), Role::Error),
            _ => ("reading …".to_owned(), Role::Muted),
        };
        pen.text(area.x + GUTTER, area.y, area.width - GUTTER, &text, role);
        return;
    }
    let mut y = area.y;
    let room = area.width - GUTTER;
    for line in &page.doc.head {
        for wrapped in wrap(line, usize::from(room), 2) {
            if y >= area.bottom() {
                return;
            }
            parts(pen, area.x + GUTTER, y, room, &wrapped);
            y += 1;
        }
    }
    if let Load::Failed(why) = &page.load
        && y < area.bottom()
    {
        let text = format!("Not read again: {why}");
        pen.text(area.x + GUTTER, y, room, &text, Role::Error);
        y += 1;
    }
    if page.doc.tabs.len() > 1 && y < area.bottom() {
        draw_tabs(pen, Rect::new(area.x, y, area.width, 1), page);
        y += 1;
    }
    let lines = Rect::new(area.x, y, area.width, area.bottom().saturating_sub(y));
    draw_lines(pen, lines, page, has_focus, words);
}

fn draw_tabs(pen: &mut Pen<'_>, area: Rect, page: &Page) {
    pen.rule(area.x, area.y, area.width, Role::Border);
    let mut x = area.x + GUTTER;
    let skip = first_tab(page, area.width.saturating_sub(GUTTER));
    if skip > 0 {
        let mark = pen.symbols().ellipsis;
        x += pen.text(x, area.y, area.width, &format!("{mark} "), Role::Muted);
    }
    for (at, tab) in page.doc.tabs.iter().enumerate().skip(skip) {
        let role = if at == page.tab {
            Role::Bar
        } else {
            Role::Muted
        };
        let room = area.right().saturating_sub(x);
        x += pen.text(x, area.y, room, &format!(" {} ", tab.title), role) + 1;
    }
}

/// The first tab of the strip so that the one on show is in sight.
fn first_tab(page: &Page, room: u16) -> usize {
    let width = |at: usize| {
        let tab = page.doc.tabs.get(at);
        tab.map_or(0, |t| text::width(&t.title) + 3)
    };
    let fits = |first: &usize| {
        // The sign that some are left out takes two columns; the gap behind the last tab may be cut.
        let sign = if *first > 0 { 2 } else { 0 };
        let needed: usize = (*first..=page.tab).map(width).sum();
        needed + sign <= usize::from(room) + 1
    };
    (0..page.tab).find(fits).unwrap_or(page.tab)
}

fn draw_lines(pen: &mut Pen<'_>, area: Rect, page: &Page, has_focus: bool, words: &str) {
    page.height.set(area.height);
    let lines = page.lines();
    let room = usize::from(area.width.saturating_sub(GUTTER + 1));
    let height = usize::from(area.height);
    if height == 0 || room == 0 {
        return;
    }
    let top = top_for(page, lines, room, height);
    page.top.set(top);
    let mut y = area.y;
    'lines: for (at, line) in lines.iter().enumerate().skip(top) {
        let is_cursor = has_focus && at == page.line;
        for wrapped in wrap(line, room, height) {
            if y >= area.bottom() {
                break 'lines;
            }
            let columns = u16::try_from(room).unwrap_or(u16::MAX);
            if words.is_empty() {
                parts(pen, area.x + GUTTER, y, columns, &wrapped);
            } else {
                parts(pen, area.x + GUTTER, y, columns, &marked(&wrapped, words));
            }
            if is_cursor {
                // A chosen line is drawn as what is found is: while one looks, the sign of the cursor is enough.
                let is_chosen = line.link.is_some() && words.is_empty();
                if is_chosen {
                    pen.fill(Rect::new(area.x, y, area.width - 1, 1), Role::Selection);
                }
                let cursor = pen.symbols().cursor;
                let role = if is_chosen {
                    Role::Selection
                } else {
                    Role::Accent
                };
                pen.text(area.x, y, 1, cursor, role);
            }
            y += 1;
        }
    }
    if lines.len() > height {
        grid::scrollbar(pen, area.right() - 1, area.y, area.height, top, lines.len());
    }
}

/// First visible line so that the cursor is in sight, moving as little as needed.
fn top_for(page: &Page, lines: &[DocLine], room: usize, height: usize) -> usize {
    let cursor = page.line.min(lines.len().saturating_sub(1));
    let mut least = cursor;
    let mut used = 0;
    for at in (0..=cursor).rev() {
        let rows = lines.get(at).map_or(1, |l| wrap(l, room, height).len());
        used += rows;
        if used > height && at != cursor {
            break;
        }
        least = at;
    }
    page.top.get().clamp(least, cursor)
}

/// A row with the words that are looked for standing out.
fn marked(row: &[Part], words: &str) -> Vec<Part> {
    let mut out = Vec::new();
    for part in row {
        let mut at = 0;
        for place in find::places(&part.text, words) {
            push_cut(&mut out, part, at..place.start, part.role);
            at = place.end;
            push_cut(&mut out, part, place, Role::Selection);
        }
        push_cut(&mut out, part, at..part.text.len(), part.role);
    }
    out
}

fn push_cut(out: &mut Vec<Part>, part: &Part, cut: Range<usize>, role: Role) {
    if let Some(text) = part.text.get(cut).filter(|t| !t.is_empty()) {
        let text = text.to_owned();
        out.push(Part { text, role });
    }
}

fn parts(pen: &mut Pen<'_>, x: u16, y: u16, columns: u16, parts: &[Part]) {
    let mut used = 0;
    for part in parts {
        used += pen.text(
            x + used,
            y,
            columns.saturating_sub(used),
            &part.text,
            part.role,
        );
    }
}

/// A line in rows of at most `room` columns, broken at blanks where there are any; at most `rows_max` rows.
pub fn wrap(line: &DocLine, room: usize, rows_max: usize) -> Vec<Vec<Part>> {
    let hang = usize::from(line.hang).min(room / 2);
    let mut rows: Vec<Vec<Part>> = vec![Vec::new()];
    let mut used = 0;
    for part in &line.parts {
        for word in part.text.split_word_bounds() {
            let width = text::width(word);
            if used + width > room && used > 0 && rows.len() < rows_max.max(1) {
                rows.push(vec![Part {
                    text: " ".repeat(hang),
                    role: Role::Text,
                }]);
                used = hang;
                if word.trim().is_empty() {
                    continue;
                }
            }
            if used + width > room && rows.len() < rows_max.max(1) {
                used = push_long(&mut rows, word, part.role, room, hang, used, rows_max);
            } else {
                push(&mut rows, word, part.role);
                used += width;
            }
        }
    }
    rows
}

fn push(rows: &mut [Vec<Part>], word: &str, role: Role) {
    let Some(row) = rows.last_mut() else { return };
    match row.last_mut() {
        Some(last) if last.role == role => last.text.push_str(word),
        _ => row.push(Part {
            text: word.to_owned(),
            role,
        }),
    }
}

/// A word longer than a row is broken by grapheme.
fn push_long(
    rows: &mut Vec<Vec<Part>>,
    word: &str,
    role: Role,
    room: usize,
    hang: usize,
    mut used: usize,
    rows_max: usize,
) -> usize {
    for grapheme in word.graphemes(true) {
        let width = text::width(grapheme);
        if used + width > room && rows.len() < rows_max.max(1) {
            rows.push(vec![Part {
                text: " ".repeat(hang),
                role: Role::Text,
            }]);
            used = hang;
        }
        push(rows, grapheme, role);
        used += width;
    }
    used
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(line: &DocLine, room: usize) -> Vec<String> {
        wrap(line, room, 100)
            .iter()
            .map(|row| row.iter().map(|p| p.text.as_str()).collect::<String>())
            .map(|row: String| row.trim_end().to_owned())
            .collect()
    }

    #[test]
    fn long_lines_break_at_blanks_and_hang_under_their_value() {
        let line = DocLine::pair("Meaning", "one two three four");
        assert_eq!(
            rows(&line, 28),
            vec!["Meaning       one two three", "              four"]
        );
    }

    #[test]
    fn a_word_longer_than_the_room_is_broken_by_grapheme() {
        assert_eq!(
            rows(&DocLine::text("漢字漢字漢"), 4),
            vec!["漢字", "漢字", "漢"]
        );
    }

    #[test]
    fn a_room_of_one_column_ends() {
        assert!(!wrap(&DocLine::pair("a", "b c d"), 1, 10).is_empty());
    }
}

//! The columns of the list on show.
//!
//! ```text
//!   [x] promise              sorted ▲
//! ▌ [x] not moving because   no index of orders by it
//! ```

use super::paragraph;
use crate::console::app::layers::columns::{ColumnsSheet, Item};
use crate::console::theme::Role;
use crate::console::widget::{Pen, popup};
use crate::report::columns::Sortable;
use ratatui::layout::Rect;

const COLUMNS: u16 = 74;
/// Lines beside the columns: a blank one, the note, two of keys, the frame.
const OTHER_ROWS: u16 = 6;
/// Columns of the screen for a title.
const TITLE_COLUMNS: u16 = 21;

/// Draws it.
pub fn draw(layer: &ColumnsSheet, pen: &mut Pen<'_>) {
    let rows = u16::try_from(layer.items.len()).unwrap_or(u16::MAX);
    let title = format!("Columns of {}", layer.list);
    let area = popup::draw(pen, COLUMNS, rows.saturating_add(OTHER_ROWS), &title);
    let height = usize::from(area.height.saturating_sub(OTHER_ROWS - 2));
    let top = (layer.cursor + 1).saturating_sub(height.max(1));
    let seen = layer.items.iter().enumerate().skip(top).take(height);
    for ((at, item), y) in seen.zip(area.y..) {
        draw_item(layer, pen, Rect::new(area.x, y, area.width, 1), item);
        if at == layer.cursor {
            pen.fill(Rect::new(area.x, y, area.width, 1), Role::Selection);
        }
    }
    let foot = area.bottom().saturating_sub(OTHER_ROWS - 3);
    let room = Rect::new(area.x, foot, area.width, 1);
    if let Some(note) = &layer.note {
        paragraph(pen, room, note, Role::Warn);
    }
    let keys = [
        "Space shows or hides   [ ] moves it   Enter sorts by it, again turns",
        "r as declared   Esc done: kept for you alone, on every machine",
    ];
    for (line, y) in keys.iter().zip(foot + 1..) {
        pen.text(area.x, y, area.width, line, Role::Muted);
    }
}

fn draw_item(layer: &ColumnsSheet, pen: &mut Pen<'_>, area: Rect, item: &Item) {
    let (mark, role) = if item.is_shown {
        ("[x] ", Role::Text)
    } else {
        ("[ ] ", Role::Muted)
    };
    let used = pen.text(area.x, area.y, 4, mark, role);
    let title_room = TITLE_COLUMNS.min(area.width.saturating_sub(used));
    pen.text(area.x + used, area.y, title_room, item.spec.title, role);
    let (says, role) = if layer.is_sorted_by(&item.spec) {
        let symbols = pen.symbols();
        let arrow = if layer.order.1 {
            symbols.down
        } else {
            symbols.up
        };
        (format!("sorted {arrow}"), Role::Accent)
    } else {
        match item.spec.sort {
            Sortable::By(_) => ("can be sorted by".to_owned(), Role::Muted),
            Sortable::No(why) => (why.to_owned(), Role::Muted),
        }
    };
    let x = area.x + used + TITLE_COLUMNS + 1;
    let room = area.right().saturating_sub(x);
    pen.text(x, area.y, room, &says, role);
}

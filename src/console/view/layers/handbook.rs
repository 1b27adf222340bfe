//! Everything there is to read, narrowed as one types.

use crate::console::app::doc::pad;
use crate::console::app::layers::handbook::Finder;
use crate::console::theme::Role;
use crate::console::widget::{Pen, grid, popup};
use crate::handbook::Topic;
use ratatui::layout::Rect;

/// Columns of a title.
const TITLE_COLUMNS: usize = 40;

/// Draws it over the whole screen.
pub fn draw(layer: &Finder, pen: &mut Pen<'_>) {
    let screen = pen.buf.area;
    let area = popup::draw(
        pen,
        screen.width.min(140),
        screen.height,
        "Handbook: type to search, Enter reads, Esc leaves",
    );
    if area.height < 5 {
        return;
    }
    super::search_line(pen, area, &layer.picker);
    let (from, rows) = (area.y + 2, area.height.saturating_sub(3));
    let height = usize::from(rows);
    let top = layer.picker.top(height);
    let width = area.width.saturating_sub(1);
    for ((at, hit), y) in layer
        .hits
        .iter()
        .enumerate()
        .skip(top)
        .zip(from..from + rows)
    {
        let says = match (hit.topic, hit.says.as_str()) {
            (Topic::Runbook(kind), "") => kind.code(),
            (_, says) => says,
        };
        let title = format!("{}  ", pad(hit.topic.title(), TITLE_COLUMNS));
        let says = says.replace(['`', '*', '|', '#'], "");
        pen.line(
            area.x,
            y,
            width,
            &[(&title, Role::Text), (says.trim(), Role::Muted)],
        );
        if at == layer.picker.cursor {
            pen.fill(Rect::new(area.x, y, width, 1), Role::Selection);
        }
    }
    grid::scrollbar(pen, area.right() - 1, from, rows, top, layer.hits.len());
    if layer.hits.is_empty() {
        let none = "Nothing in the handbook has all these words.";
        pen.text(area.x, from, area.width, none, Role::Muted);
    }
}

//! Go anywhere, do anything.

use crate::console::app::layers::palette::Palette;
use crate::console::theme::Role;
use crate::console::widget::{Pen, field, popup};
use ratatui::layout::Rect;

const COLUMNS: u16 = 72;
const ROWS: u16 = 18;

/// Draws it.
pub fn draw(layer: &Palette, pen: &mut Pen<'_>) {
    let area = popup::draw(pen, COLUMNS, ROWS, layer.title);
    if area.height < 3 {
        return;
    }
    let used = pen.text(area.x, area.y, 2, "> ", Role::Key);
    let room = Rect::new(area.x + used, area.y, area.width.saturating_sub(used), 1);
    field::draw(pen, room, &layer.picker.field.area, true);
    let height = usize::from(area.height - 2);
    let top = layer.picker.top(height);
    for ((at, item), y) in layer
        .items
        .iter()
        .enumerate()
        .skip(top)
        .zip(area.y + 2..area.bottom())
    {
        let role = if item.refused.is_some() {
            Role::Muted
        } else {
            Role::Text
        };
        let used = pen.text(area.x, y, area.width, &item.text, role);
        if let Some(why) = &item.refused {
            let room = area.width.saturating_sub(used + 2);
            pen.text(
                area.x + used + 2,
                y,
                room.saturating_sub(10),
                why,
                Role::Muted,
            );
        }
        pen.right(
            area.x + used,
            y,
            area.width.saturating_sub(used),
            &item.keys,
            Role::Key,
        );
        if at == layer.picker.cursor {
            pen.fill(Rect::new(area.x, y, area.width, 1), Role::Selection);
        }
    }
    if let Some(trouble) = &layer.trouble {
        pen.text(area.x, area.y + 1, area.width, trouble, Role::Error);
    }
    if layer.items.is_empty() {
        pen.text(
            area.x,
            area.y + 2,
            area.width,
            "Nothing is called that.",
            Role::Muted,
        );
    }
}

//! The filter line: what is typed where the way was, what it means at the foot.

use crate::console::app::layers::filter::FilterLine;
use crate::console::theme::Role;
use crate::console::widget::Pen;
use ratatui::layout::Rect;

/// Draws it.
pub fn draw(layer: &FilterLine, pen: &mut Pen<'_>, way: Rect, foot: Rect) {
    let says = match &layer.says {
        Ok(text) => (text.as_str(), Role::Accent),
        Err(text) => (text.as_str(), Role::Error),
    };
    super::typed_on_the_way(pen, (way, foot), "Filter ", &layer.field, says);
    if !layer.completions.is_empty() {
        draw_completions(layer, pen, Rect::new(way.x, way.y + 1, way.width, 1));
    }
}

/// What Tab would put in, on the line below what is typed.
fn draw_completions(layer: &FilterLine, pen: &mut Pen<'_>, area: Rect) {
    pen.clear(area);
    let mut x = area.x + 1;
    x += pen.text(x, area.y, area.width, "Tab    ", Role::Key);
    for (at, completion) in layer.completions.iter().enumerate() {
        let room = area.right().saturating_sub(x + 1);
        let needed = crate::text::width(completion);
        if usize::from(room) < needed {
            break;
        }
        let role = if layer.pick == Some(at) {
            Role::Selection
        } else {
            Role::Text
        };
        x += pen.text(x, area.y, room, completion, role) + 2;
    }
}

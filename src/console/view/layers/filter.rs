//! The filter line: what is typed where the way was, what it means at the foot.

use crate::console::app::layers::filter::FilterLine;
use crate::console::theme::Role;
use crate::console::widget::{Pen, field};
use ratatui::layout::Rect;

/// Draws it.
pub fn draw(layer: &FilterLine, pen: &mut Pen<'_>, way: Rect, foot: Rect) {
    pen.clear(way);
    let used = pen.text(way.x + 1, way.y, way.width, "Filter ", Role::Title);
    let room = Rect::new(
        way.x + 1 + used,
        way.y,
        way.width.saturating_sub(used + 2),
        1,
    );
    field::draw(pen, room, &layer.field.area, true);
    pen.clear(foot);
    let (text, role) = match &layer.says {
        Ok(text) => (text.as_str(), Role::Accent),
        Err(text) => (text.as_str(), Role::Error),
    };
    let half = foot.width.saturating_sub(2);
    let mut x = foot.x + 1;
    x += pen.text(x, foot.y, half, text, role) + 2;
    if !layer.completions.is_empty() {
        x += pen.text(x, foot.y, foot.right().saturating_sub(x), "Tab ", Role::Key);
        for (at, completion) in layer.completions.iter().enumerate() {
            let room = foot.right().saturating_sub(x + 1);
            if room < 4 {
                break;
            }
            let role = if layer.pick == Some(at) {
                Role::Accent
            } else {
                Role::Muted
            };
            x += pen.text(x, foot.y, room, &format!("{completion} "), role);
        }
    }
}

//! The find line: what is looked for where the way was, what was found at the foot.

use crate::console::app::layers::find::FindLine;
use crate::console::theme::Role;
use crate::console::widget::{Pen, field};
use ratatui::layout::Rect;

/// Draws it.
pub fn draw(layer: &FindLine, pen: &mut Pen<'_>, way: Rect, foot: Rect) {
    pen.clear(way);
    let used = pen.text(way.x + 1, way.y, way.width, "Find ", Role::Title);
    let columns = way.width.saturating_sub(used + 2);
    let room = Rect::new(way.x + 1 + used, way.y, columns, 1);
    field::draw(pen, room, &layer.field.area, true);
    pen.clear(foot);
    let (text, is_missing) = layer.says();
    let role = if is_missing {
        Role::Error
    } else {
        Role::Accent
    };
    pen.text(
        foot.x + 1,
        foot.y,
        foot.width.saturating_sub(2),
        &text,
        role,
    );
}

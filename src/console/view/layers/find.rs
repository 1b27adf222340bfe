//! The find line: what is looked for where the way was, what was found at the foot.

use crate::console::app::layers::find::FindLine;
use crate::console::theme::Role;
use crate::console::widget::Pen;
use ratatui::layout::Rect;

/// Draws it.
pub fn draw(layer: &FindLine, pen: &mut Pen<'_>, way: Rect, foot: Rect) {
    let (text, is_missing) = layer.says();
    let role = if is_missing {
        Role::Error
    } else {
        Role::Accent
    };
    super::typed_on_the_way(pen, (way, foot), "Find ", &layer.field, (&text, role));
}

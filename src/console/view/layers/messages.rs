//! What was said at the foot of the screen.

use super::paragraph;
use crate::console::app::App;
use crate::console::app::layers::messages::Messages;
use crate::console::app::words;
use crate::console::theme::Role;
use crate::console::widget::{Pen, popup};
use ratatui::layout::Rect;

/// Draws it.
pub fn draw(layer: &Messages, app: &App, pen: &mut Pen<'_>) {
    let screen = pen.buf.area;
    let area = popup::draw(
        pen,
        screen.width.min(110),
        screen.height.saturating_sub(4),
        "Messages, newest first",
    );
    let mut y = area.y;
    let top = layer.top.min(app.messages.len().saturating_sub(1));
    for message in app.messages.iter().rev().skip(top) {
        if y >= area.bottom() {
            break;
        }
        let time = format!("{:<13}", words::clock(message.at, app.now));
        let word = format!("{:<9}", message.level.word());
        let used = pen.line(
            area.x,
            y,
            area.width,
            &[(&time, Role::Muted), (&word, message.level.role())],
        );
        let room = Rect::new(
            area.x + used,
            y,
            area.width.saturating_sub(used),
            area.bottom() - y,
        );
        y += paragraph(pen, room, &message.text, Role::Text).max(1);
    }
    if app.messages.is_empty() {
        pen.text(
            area.x,
            area.y,
            area.width,
            "Nothing was said yet.",
            Role::Muted,
        );
    }
}

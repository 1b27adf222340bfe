//! The question before something outward.

use super::{button, paragraph, rows_of};
use crate::console::app::layers::confirm::Confirm;
use crate::console::theme::Role;
use crate::console::widget::{Pen, field, popup};
use ratatui::layout::Rect;

const COLUMNS: u16 = 70;

/// Draws it.
pub fn draw(layer: &Confirm, pen: &mut Pen<'_>) {
    let inside = COLUMNS.min(pen.buf.area.width).saturating_sub(6);
    let text_rows: u16 = layer.lines.iter().map(|l| rows_of(l, inside)).sum();
    let typed_rows = if layer.typed.is_some() { 2 } else { 0 };
    let area = popup::draw(pen, COLUMNS, text_rows + typed_rows + 5, &layer.title);
    let mut y = area.y;
    for line in &layer.lines {
        let room = Rect::new(area.x, y, area.width, area.bottom().saturating_sub(y));
        y += paragraph(pen, room, line, Role::Text);
    }
    if let Some((input, want)) = &layer.typed {
        y += 1;
        let label = format!("Type {want} to go on: ");
        let used = pen.text(area.x, y, area.width, &label, Role::Warn);
        let room = Rect::new(area.x + used, y, area.width.saturating_sub(used).min(12), 1);
        field::draw(pen, room, &input.area, true);
        y += 1;
    }
    y = (y + 1).min(area.bottom().saturating_sub(1));
    let mut x = area.x;
    x += button(pen, x, y, area.width, "Cancel", !layer.is_on_verb) + 2;
    let room = area.right().saturating_sub(x);
    x += button(pen, x, y, room, &layer.verb, layer.is_on_verb) + 2;
    let room = area.right().saturating_sub(x);
    let hint = if layer.typed.is_some() {
        "Tab other button  Enter press"
    } else {
        "y yes  Esc no  Tab other button"
    };
    pen.text(x, y, room, hint, Role::Muted);
}

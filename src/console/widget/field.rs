//! A text field of tui-textarea in our roles.

use super::Pen;
use crate::console::theme::Role;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::widgets::Widget;
use tui_textarea::TextArea;

/// Draws a field; the cursor shows only when it has focus.
pub fn draw(pen: &mut Pen<'_>, area: Rect, text: &TextArea<'static>, has_focus: bool) {
    let area = area.intersection(pen.buf.area);
    if area.is_empty() {
        return;
    }
    let mut shown = text.clone();
    shown.set_style(pen.theme.style(Role::Input));
    shown.set_cursor_style(if has_focus {
        Style::new().add_modifier(Modifier::REVERSED)
    } else {
        pen.theme.style(Role::Input)
    });
    (&shown).render(area, pen.buf);
}

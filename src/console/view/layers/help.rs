//! Every key, narrowed as one types.

use crate::console::app::doc::pad;
use crate::console::app::layers::help::Help;
use crate::console::theme::Role;
use crate::console::widget::{Pen, grid, popup};
use ratatui::layout::Rect;

/// Width from which each line says where it belongs.
const WIDE_FROM: u16 = 100;

/// Draws it over the whole screen.
pub fn draw(layer: &Help, pen: &mut Pen<'_>) {
    let screen = pen.buf.area;
    let area = popup::draw(
        pen,
        screen.width.min(120),
        screen.height,
        "Help: type to search, Enter does it, Esc leaves",
    );
    if area.height < 5 {
        return;
    }
    super::search_line(pen, area, &layer.picker);
    let rows = area.height.saturating_sub(4);
    let height = usize::from(rows);
    let is_wide = area.width >= WIDE_FROM;
    let top = layer.picker.top(height);
    for ((at, line), y) in layer
        .visible()
        .enumerate()
        .skip(top)
        .zip(area.y + 2..area.y + 2 + rows)
    {
        let info = line.action.info();
        let keys = pad(&line.keys, 13);
        let title = format!("{} ", pad(info.title, 16));
        let place = if is_wide {
            format!("{} ", pad(info.context.title(), 16))
        } else {
            String::new()
        };
        let (key_role, text_role) = match line.refused {
            None => (Role::Key, Role::Text),
            Some(_) => (Role::Muted, Role::Muted),
        };
        let says = match &line.refused {
            None => info.help.to_owned(),
            Some(why) => format!("not now: {why}"),
        };
        pen.line(
            area.x,
            y,
            area.width.saturating_sub(1),
            &[
                (&keys, key_role),
                (&title, text_role),
                (&place, Role::Muted),
                (&says, Role::Muted),
            ],
        );
        if at == layer.picker.cursor {
            pen.fill(
                Rect::new(area.x, y, area.width.saturating_sub(1), 1),
                Role::Selection,
            );
        }
    }
    let total = layer.shown.len();
    if let Some(line) = layer.visible().nth(layer.picker.cursor) {
        let info = line.action.info();
        let text = format!("{}: {}", info.context.title(), info.help);
        pen.text(area.x, area.bottom() - 1, area.width, &text, Role::Text);
        if let Some(verb) = info.verb {
            let text = format!("Without a screen: tallyman {verb}");
            pen.text(area.x, area.bottom() - 2, area.width, &text, Role::Muted);
        }
    }
    grid::scrollbar(pen, area.right() - 1, area.y + 2, rows, top, total);
    if total == 0 {
        pen.text(
            area.x,
            area.y + 2,
            area.width,
            "Nothing is called that.",
            Role::Muted,
        );
    }
}

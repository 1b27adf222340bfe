//! Every key, narrowed as one types.

use crate::console::app::doc::pad;
use crate::console::app::layers::help::Help;
use crate::console::theme::Role;
use crate::console::widget::{Pen, field, grid, popup};
use ratatui::layout::Rect;

/// Draws it over the whole screen.
pub fn draw(layer: &Help, pen: &mut Pen<'_>) {
    let screen = pen.buf.area;
    let area = popup::draw(pen, screen.width.min(120), screen.height, "Help: type to search, Enter does it, Esc leaves");
    if area.height < 3 {
        return;
    }
    let used = pen.text(area.x, area.y, area.width, "Search ", Role::Muted);
    let room = Rect::new(area.x + used, area.y, area.width.saturating_sub(used), 1);
    field::draw(pen, room, &layer.field.area, true);
    let height = usize::from(area.height - 2);
    let top = (layer.cursor + 1).saturating_sub(height.max(1));
    for ((at, line), y) in layer
        .visible()
        .enumerate()
        .skip(top)
        .zip(area.y + 2..area.bottom())
    {
        let info = line.action.info();
        let keys = pad(&line.keys, 13);
        let title = format!("{} ", pad(info.title, 16));
        let place = format!("{} ", pad(info.context.title(), 16));
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
        if at == layer.cursor {
            pen.fill(Rect::new(area.x, y, area.width.saturating_sub(1), 1), Role::Selection);
        }
    }
    let total = layer.shown.len();
    let rows = area.height - 2;
    grid::scrollbar(pen, area.right() - 1, area.y + 2, rows, top, total);
    if total == 0 {
        pen.text(area.x, area.y + 2, area.width, "Nothing is called that.", Role::Muted);
    }
}

//! A box over the rest: one blank column at each side, so that a wide glyph below is never cut in half on its edge.

use super::Pen;
use crate::console::theme::Role;
use ratatui::layout::Rect;

/// Screens smaller than this give a popup all their room.
const WHOLE_BELOW: (u16, u16) = (60, 16);

/// Clears and frames a box of at most this size in the middle; returns the room inside.
pub fn draw(pen: &mut Pen<'_>, columns: u16, rows: u16, title: &str) -> Rect {
    let screen = pen.buf.area;
    let outer = if screen.width < WHOLE_BELOW.0 || screen.height < WHOLE_BELOW.1 {
        screen
    } else {
        let width = columns.min(screen.width);
        let height = rows.min(screen.height);
        Rect::new(
            screen.x + (screen.width - width) / 2,
            screen.y + (screen.height - height) / 3,
            width,
            height,
        )
    };
    pen.clear(outer);
    if outer.width < 6 || outer.height < 3 {
        return outer;
    }
    let frame = Rect::new(outer.x + 1, outer.y, outer.width - 2, outer.height);
    border(pen, frame, title);
    Rect::new(frame.x + 2, frame.y + 1, frame.width - 4, frame.height - 2)
}

fn border(pen: &mut Pen<'_>, area: Rect, title: &str) {
    let symbols = pen.symbols();
    let [tl, tr, bl, br] = symbols.corners;
    let (right, bottom) = (area.right() - 1, area.bottom() - 1);
    pen.rule(area.x, area.y, area.width, Role::BorderFocused);
    pen.rule(area.x, bottom, area.width, Role::BorderFocused);
    for y in area.y..=bottom {
        pen.text(area.x, y, 1, symbols.vertical, Role::BorderFocused);
        pen.text(right, y, 1, symbols.vertical, Role::BorderFocused);
    }
    for (x, y, corner) in [
        (area.x, area.y, tl),
        (right, area.y, tr),
        (area.x, bottom, bl),
        (right, bottom, br),
    ] {
        pen.text(x, y, 1, corner, Role::BorderFocused);
    }
    let title = format!(" {title} ");
    pen.text(
        area.x + 2,
        area.y,
        area.width.saturating_sub(4),
        &title,
        Role::Title,
    );
}

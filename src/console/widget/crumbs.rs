//! Where one is: pane, page, page. The end is kept when it does not fit.

use super::Pen;
use crate::console::theme::Role;
use crate::text;

/// Draws the way to here in `columns`; returns how many it took.
pub fn draw(pen: &mut Pen<'_>, x: u16, y: u16, columns: u16, way: &[String]) -> u16 {
    let separator = format!(" {} ", pen.symbols().crumb);
    let room = usize::from(columns);
    let step = text::width(&separator);
    let mut from = 0;
    let width = |from: usize| -> usize {
        way.iter()
            .skip(from)
            .map(|w| text::width(w) + step)
            .sum::<usize>()
            .saturating_sub(step)
    };
    while from + 1 < way.len() && width(from) > room {
        from += 1;
    }
    let mut used = 0;
    let last = way.len().saturating_sub(1);
    for (at, name) in way.iter().enumerate().skip(from) {
        let role = if at == last { Role::Title } else { Role::Muted };
        used += pen.text(x + used, y, columns.saturating_sub(used), name, role);
        if at < last {
            used += pen.text(
                x + used,
                y,
                columns.saturating_sub(used),
                &separator,
                Role::Muted,
            );
        }
    }
    used
}

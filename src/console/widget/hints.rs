//! The footer: what can be done here, most useful first, as many as fit.

use super::Pen;
use crate::console::theme::Role;
use crate::text;

/// One hint.
pub struct Hint {
    pub key: String,
    pub title: String,
    /// Shown, but not possible now.
    pub is_refused: bool,
}

/// Draws hints that fit; the last one always stands at the right edge.
pub fn draw(pen: &mut Pen<'_>, x: u16, y: u16, columns: u16, hints: &[Hint]) {
    let Some((last, rest)) = hints.split_last() else {
        return;
    };
    let width = |h: &Hint| {
        u16::try_from(text::width(&h.key) + 1 + text::width(&h.title)).unwrap_or(u16::MAX)
    };
    let reserved = width(last).saturating_add(2);
    let room = columns.saturating_sub(reserved);
    let mut used = 0;
    for hint in rest {
        let needed = width(hint);
        if needed.saturating_add(used) > room {
            continue;
        }
        one(pen, x + used, y, needed, hint);
        used += needed + 2;
    }
    let end = width(last).min(columns);
    one(pen, x + columns - end, y, end, last);
}

fn one(pen: &mut Pen<'_>, x: u16, y: u16, columns: u16, hint: &Hint) {
    let (key, title) = if hint.is_refused {
        (Role::Muted, Role::Muted)
    } else {
        (Role::Key, Role::Text)
    };
    pen.line(
        x,
        y,
        columns,
        &[(&hint.key, key), (" ", Role::Text), (&hint.title, title)],
    );
}

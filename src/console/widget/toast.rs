//! One line that says what happened, level word first.

use super::Pen;
use crate::console::theme::Role;

/// Draws it over a line.
pub fn draw(pen: &mut Pen<'_>, x: u16, y: u16, columns: u16, word: &str, text: &str, role: Role) {
    pen.line(
        x,
        y,
        columns,
        &[(word, role), (": ", role), (text, Role::Text)],
    );
}

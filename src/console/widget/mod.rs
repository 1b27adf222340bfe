//! Reusable pieces of the picture. They know roles and symbols, neither the app nor the trade.

pub mod crumbs;
pub mod field;
pub mod grid;
pub mod hints;
pub mod popup;
pub mod sparkline;
pub mod toast;

use crate::console::theme::{Role, Symbols, Theme};
use crate::text;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;

/// Writes into a buffer by role. Everything is cut to its room by grapheme and cleaned once more.
pub struct Pen<'a> {
    pub buf: &'a mut Buffer,
    pub theme: &'a Theme,
}

impl<'a> Pen<'a> {
    /// A pen on a buffer.
    pub const fn new(buf: &'a mut Buffer, theme: &'a Theme) -> Self {
        Self { buf, theme }
    }

    /// The symbols in use.
    pub const fn symbols(&self) -> &'static Symbols {
        self.theme.symbols
    }

    /// Text in at most `columns`; returns how many it took.
    pub fn text(&mut self, x: u16, y: u16, columns: u16, text: &str, role: Role) -> u16 {
        self.styled(x, y, columns, text, self.theme.style(role))
    }

    /// As [`Self::text`], with a style.
    pub fn styled(&mut self, x: u16, y: u16, columns: u16, text: &str, style: Style) -> u16 {
        let area = self.buf.area;
        if y < area.y || y >= area.bottom() || x < area.x || x >= area.right() {
            return 0;
        }
        let columns = columns.min(area.right() - x);
        if columns == 0 || text.is_empty() {
            return 0;
        }
        let text = safe(text, self.symbols().ellipsis == "…");
        let text = self.fitting(&text, usize::from(columns));
        let (end, _) = self
            .buf
            .set_stringn(x, y, &text, usize::from(columns), style);
        end.saturating_sub(x)
    }

    fn fitting<'t>(&self, text: &'t str, columns: usize) -> Cow<'t, str> {
        if text::width(text) <= columns {
            return Cow::Borrowed(text);
        }
        let cut = text::truncate(text, columns);
        if self.theme.symbols.ellipsis == "…" {
            Cow::Owned(cut)
        } else {
            Cow::Owned(cut.replace('…', self.theme.symbols.ellipsis))
        }
    }

    /// Pieces one after the other in at most `columns`; returns how many they took.
    pub fn line(&mut self, x: u16, y: u16, columns: u16, parts: &[(&str, Role)]) -> u16 {
        let mut used = 0;
        for (text, role) in parts {
            if used >= columns {
                break;
            }
            used += self.text(x + used, y, columns - used, text, *role);
        }
        used
    }

    /// Text that ends at the right edge of its room.
    pub fn right(&mut self, x: u16, y: u16, columns: u16, text: &str, role: Role) {
        let width = u16::try_from(text::width(text)).unwrap_or(u16::MAX);
        let skip = columns.saturating_sub(width);
        self.text(x + skip, y, columns - skip, text, role);
    }

    /// A role over an area, text kept.
    pub fn fill(&mut self, area: Rect, role: Role) {
        let area = area.intersection(self.buf.area);
        self.buf.set_style(area, self.theme.style(role));
    }

    /// A horizontal line.
    pub fn rule(&mut self, x: u16, y: u16, columns: u16, role: Role) {
        let line = self.symbols().horizontal.repeat(usize::from(columns));
        self.text(x, y, columns, &line, role);
    }

    /// Blanks over an area.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buf.area);
        for y in area.y..area.bottom() {
            for x in area.x..area.right() {
                if let Some(cell) = self.buf.cell_mut((x, y)) {
                    cell.reset();
                }
            }
        }
    }
}

/// Text without anything that could move the cursor or turn the line round. Plain ASCII is passed through; where only
/// ASCII can be shown, our own signs have twins and other characters become a question mark.
fn safe(text: &str, is_unicode: bool) -> Cow<'_, str> {
    if text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return Cow::Borrowed(text);
    }
    let cleaned = text::clean(text);
    if is_unicode {
        return Cow::Owned(cleaned);
    }
    let mut out = String::with_capacity(cleaned.len());
    for c in cleaned.chars() {
        match c {
            '→' => out.push_str("->"),
            '…' => out.push('~'),
            '–' => out.push('-'),
            c if c.is_ascii() => out.push(c),
            _ => out.push('?'),
        }
    }
    Cow::Owned(out)
}

//! A line to type in and a list that narrows with it: what help, palette and handbook have in common.

use super::super::field::Field;
use super::super::key::{Code, Key};

/// Rows of a page of the list.
const PAGE_ROWS: usize = 10;

/// Field and cursor.
#[derive(Debug, Clone)]
pub struct Picker {
    pub field: Field,
    pub cursor: usize,
}

/// What a key came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picked {
    /// Leave without choosing.
    Leave,
    /// The row under the cursor is meant.
    Chosen,
    /// Other words: the list must be narrowed again.
    Typed,
    /// The cursor moved, or nothing happened.
    Stayed,
}

impl Picker {
    /// Nothing typed, the first row under the cursor.
    pub fn new() -> Self {
        Self {
            field: Field::line(""),
            cursor: 0,
        }
    }

    /// What was typed.
    pub fn text(&self) -> String {
        self.field.text()
    }

    /// Takes a key over a list of so many rows.
    pub fn key(&mut self, key: Key, rows: usize) -> Picked {
        let last = rows.saturating_sub(1);
        match key.code {
            Code::Esc => return Picked::Leave,
            Code::Enter => return Picked::Chosen,
            Code::Up => self.cursor = self.cursor.saturating_sub(1),
            Code::Down | Code::Tab => self.cursor = (self.cursor + 1).min(last),
            Code::PageUp => self.cursor = self.cursor.saturating_sub(PAGE_ROWS),
            Code::PageDown => self.cursor = (self.cursor + PAGE_ROWS).min(last),
            _ if self.field.key(key) => {
                self.cursor = 0;
                return Picked::Typed;
            }
            _ => {}
        }
        Picked::Stayed
    }

    /// Pasted text narrows too.
    pub fn paste(&mut self, text: &str) {
        self.field.paste(text);
        self.cursor = 0;
    }

    /// The first row on show where so many have room.
    pub const fn top(&self, height: usize) -> usize {
        (self.cursor + 1).saturating_sub(if height == 0 { 1 } else { height })
    }
}

impl Default for Picker {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_on_the_list_and_typing_begins_at_its_top() {
        let mut picker = Picker::new();
        assert_eq!(picker.key(Key::plain(Code::Up), 3), Picked::Stayed);
        assert_eq!(picker.key(Key::plain(Code::PageDown), 3), Picked::Stayed);
        assert_eq!((picker.cursor, picker.top(2)), (2, 1));
        assert_eq!(picker.key(Key::char('x'), 3), Picked::Typed);
        assert_eq!((picker.cursor, picker.text()), (0, "x".to_owned()));
        assert_eq!(picker.key(Key::plain(Code::Down), 0), Picked::Stayed);
        assert_eq!(picker.cursor, 0);
        assert_eq!(picker.key(Key::plain(Code::Enter), 0), Picked::Chosen);
        assert_eq!(picker.key(Key::plain(Code::Esc), 0), Picked::Leave);
    }
}

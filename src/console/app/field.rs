//! Text fields and editors: tui-textarea with the console's rules about length, pasting and line ends.

use super::key::{Code, Key};
use crate::text;
use tui_textarea::{CursorMove, TextArea, WrapMode};

/// Longest text of a one-line field, characters.
pub const LINE_CHARS_MAX: usize = 500;
/// Longest text of an editor, characters.
pub const EDITOR_CHARS_MAX: usize = 4_000;

/// A text field of one line or many.
#[derive(Debug, Clone)]
pub struct Field {
    pub area: TextArea<'static>,
    is_multi_line: bool,
}

impl Field {
    /// A one-line field with text in it, cursor at the end.
    pub fn line(content: &str) -> Self {
        let mut area = TextArea::new(vec![text::clean_to(content, LINE_CHARS_MAX)]);
        area.move_cursor(CursorMove::End);
        Self::set_up(area, false)
    }

    /// An empty editor of several lines.
    pub fn editor() -> Self {
        Self::set_up(TextArea::default(), true)
    }

    fn set_up(mut area: TextArea<'static>, is_multi_line: bool) -> Self {
        area.set_cursor_line_style(ratatui::style::Style::new());
        if is_multi_line {
            area.set_wrap_mode(WrapMode::WordOrGlyph);
        }
        Self {
            area,
            is_multi_line,
        }
    }

    /// The text; lines joined by line ends.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Whether nothing but blanks is in it.
    pub fn is_blank(&self) -> bool {
        self.area.lines().iter().all(|l| l.trim().is_empty())
    }

    /// Replaces the text.
    pub fn set(&mut self, content: &str) {
        *self = if self.is_multi_line {
            let lines: Vec<String> = content.lines().map(text::clean).collect();
            Self::set_up(TextArea::new(lines), true)
        } else {
            Self::line(content)
        };
    }

    fn room(&self) -> usize {
        let max = if self.is_multi_line {
            EDITOR_CHARS_MAX
        } else {
            LINE_CHARS_MAX
        };
        let used: usize = self
            .area
            .lines()
            .iter()
            .map(|l| l.chars().count() + 1)
            .sum();
        max.saturating_sub(used)
    }

    /// Takes a key. `true` when the key was the field's, whether or not the text changed.
    pub fn key(&mut self, key: Key) -> bool {
        let is_mine = match key.code {
            Code::Char(c) if key.is_ctrl => {
                matches!(c, 'a' | 'e' | 'k' | 'u' | 'w' | 'd' | 'f' | 'b')
                    || (c == 'z' && self.is_multi_line)
            }
            Code::Char(_) if key.is_alt => false,
            Code::Char(_) | Code::Backspace | Code::Delete | Code::Left | Code::Right => true,
            Code::Home | Code::End => true,
            Code::Enter | Code::Up | Code::Down => self.is_multi_line,
            _ => false,
        };
        if !is_mine {
            return false;
        }
        let is_growing = matches!(key.code, Code::Char(_) | Code::Enter) && !key.is_ctrl;
        if is_growing && self.room() == 0 {
            return true;
        }
        if key.is_ctrl && key.code == Code::Char('u') {
            self.area.delete_line_by_head();
        } else {
            self.area.input(key.to_input());
        }
        true
    }

    /// Pastes text: cleaned; in a one-line field line ends become blanks. Never confirms anything.
    pub fn paste(&mut self, pasted: &str) {
        let room = self.room();
        if self.is_multi_line {
            let lines: Vec<String> = pasted.lines().map(text::clean).collect();
            let joined: String = lines.join("\n").chars().take(room).collect();
            self.area.insert_str(joined);
        } else {
            let line = text::clean_to(pasted.trim_end_matches(['\r', '\n']), room);
            self.area.insert_str(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_line_end_is_a_blank_and_an_escape_sequence_goes() {
        let mut field = Field::line("");
        field.paste("DHL\nEXPRESS\u{1b}[31m\r\n");
        assert_eq!(field.text(), "DHL EXPRESS");
    }

    #[test]
    fn enter_belongs_to_an_editor_and_not_to_a_line() {
        let mut line = Field::line("a");
        assert!(!line.key(Key::plain(Code::Enter)));
        let mut editor = Field::editor();
        assert!(editor.key(Key::char('x')));
        assert!(editor.key(Key::plain(Code::Enter)));
        assert!(editor.key(Key::char('y')));
        assert_eq!(editor.text(), "x\ny");
    }

    #[test]
    fn a_field_never_grows_beyond_its_limit() {
        let mut field = Field::line("");
        field.paste(&"x".repeat(10_000));
        field.key(Key::char('y'));
        assert!(field.text().chars().count() <= LINE_CHARS_MAX);
    }
}

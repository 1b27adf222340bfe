//! The terminal's events in our words. Motion, focus and key releases are left out.

use crate::console::app::key::{Code, Key};
use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use futures::{Stream, StreamExt};
use std::io;

/// Largest screen drawn; beyond it the rest stays empty.
pub const SCREEN_MAX: (u16, u16) = (500, 200);
/// Longest pasted text taken, bytes.
pub const PASTE_BYTES_MAX: usize = 64 * 1024;

/// Something typed, pasted or changed at the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    Key(Key),
    Paste(String),
    Resize(u16, u16),
    /// What is shown may be spoilt.
    Repaint,
    /// Nothing the console knows.
    Nothing,
}

/// Everything that comes from this process's terminal.
pub fn terminal_inputs() -> impl Stream<Item = io::Result<Input>> + Unpin {
    EventStream::new().map(|event| event.map(translate))
}

/// Size of the terminal in columns and rows; 80x24 when it does not say.
pub fn terminal_size() -> (u16, u16) {
    terminal_size_or((80, 24))
}

/// As [`terminal_size`], with another fallback.
pub fn terminal_size_or(fallback: (u16, u16)) -> (u16, u16) {
    match crossterm::terminal::size() {
        Ok((columns, rows)) if columns > 0 && rows > 0 => {
            (columns.min(SCREEN_MAX.0), rows.min(SCREEN_MAX.1))
        }
        _ => fallback,
    }
}

fn translate(event: Event) -> Input {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => {
            translate_key(key).map_or(Input::Nothing, Input::Key)
        }
        Event::Paste(mut text) => {
            let mut end = text.len().min(PASTE_BYTES_MAX);
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text.truncate(end);
            Input::Paste(text)
        }
        Event::Resize(columns, rows) => Input::Resize(columns, rows),
        Event::FocusGained => Input::Repaint,
        Event::Key(_) | Event::FocusLost | Event::Mouse(_) => Input::Nothing,
    }
}

fn translate_key(event: KeyEvent) -> Option<Key> {
    let is_shift = event.modifiers.contains(KeyModifiers::SHIFT);
    let code = match event.code {
        KeyCode::Char(c) if is_shift && c.is_ascii_lowercase() => {
            Code::Char(c.to_ascii_uppercase())
        }
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab if is_shift => Code::BackTab,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(n) => Code::F(n),
        _ => return None,
    };
    let is_ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let code = match code {
        Code::Char(c) if is_ctrl => Code::Char(c.to_ascii_lowercase()),
        code => code,
    };
    Some(Key {
        code,
        is_ctrl,
        is_alt: event.modifiers.contains(KeyModifiers::ALT),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Option<Key> {
        translate_key(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn keys_are_the_same_however_the_terminal_spells_them() {
        assert_eq!(
            key(KeyCode::Char('g'), KeyModifiers::SHIFT),
            Some(Key::char('G'))
        );
        assert_eq!(
            key(KeyCode::Char('G'), KeyModifiers::SHIFT),
            Some(Key::char('G'))
        );
        assert_eq!(
            key(KeyCode::Char('C'), KeyModifiers::CONTROL),
            Some(Key::ctrl('c'))
        );
        assert_eq!(
            key(KeyCode::BackTab, KeyModifiers::SHIFT),
            Some(Key::plain(Code::BackTab))
        );
    }

    #[test]
    fn a_long_paste_is_cut_at_a_character() {
        let Input::Paste(text) = translate(Event::Paste("ä".repeat(PASTE_BYTES_MAX))) else {
            panic!("a paste")
        };
        assert!(text.len() <= PASTE_BYTES_MAX);
    }
}

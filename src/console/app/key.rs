//! Keys as the console sees them, free of any terminal library.

use std::fmt;

/// A key without its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    Char(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

/// One key press. Shift is part of the character, except for Tab (`BackTab`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub code: Code,
    pub is_ctrl: bool,
    pub is_alt: bool,
}

impl Key {
    /// A key without modifiers.
    pub const fn plain(code: Code) -> Self {
        Self {
            code,
            is_ctrl: false,
            is_alt: false,
        }
    }

    /// A character.
    pub const fn char(c: char) -> Self {
        Self::plain(Code::Char(c))
    }

    /// Ctrl and a character.
    pub const fn ctrl(c: char) -> Self {
        Self {
            code: Code::Char(c),
            is_ctrl: true,
            is_alt: false,
        }
    }

    /// From the spelling of the keymap file: `a`, `A`, `?`, `ctrl-l`, `enter`, `shift-tab`, `f1`.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix("ctrl-") {
            let mut chars = rest.chars();
            let c = chars.next()?;
            return (chars.next().is_none() && c.is_ascii_lowercase()).then(|| Self::ctrl(c));
        }
        let code = match text {
            "enter" => Code::Enter,
            "esc" => Code::Esc,
            "tab" => Code::Tab,
            "shift-tab" => Code::BackTab,
            "backspace" => Code::Backspace,
            "delete" => Code::Delete,
            "up" => Code::Up,
            "down" => Code::Down,
            "left" => Code::Left,
            "right" => Code::Right,
            "home" => Code::Home,
            "end" => Code::End,
            "pageup" => Code::PageUp,
            "pagedown" => Code::PageDown,
            "space" => Code::Char(' '),
            _ => {
                if let Some(n) = text.strip_prefix('f').and_then(|n| n.parse::<u8>().ok()) {
                    return (1..=10).contains(&n).then(|| Self::plain(Code::F(n)));
                }
                let mut chars = text.chars();
                let c = chars.next()?;
                if chars.next().is_some() || c.is_control() {
                    return None;
                }
                Code::Char(c)
            }
        };
        Some(Self::plain(code))
    }

    /// As input of a text field.
    pub fn to_input(self) -> tui_textarea::Input {
        use tui_textarea::Key as K;
        let (key, shift) = match self.code {
            Code::Char(c) => (K::Char(c), false),
            Code::Enter => (K::Enter, false),
            Code::Esc => (K::Esc, false),
            Code::Tab => (K::Tab, false),
            Code::BackTab => (K::Tab, true),
            Code::Backspace => (K::Backspace, false),
            Code::Delete => (K::Delete, false),
            Code::Up => (K::Up, false),
            Code::Down => (K::Down, false),
            Code::Left => (K::Left, false),
            Code::Right => (K::Right, false),
            Code::Home => (K::Home, false),
            Code::End => (K::End, false),
            Code::PageUp => (K::PageUp, false),
            Code::PageDown => (K::PageDown, false),
            Code::F(n) => (K::F(n), false),
        };
        tui_textarea::Input {
            key,
            ctrl: self.is_ctrl,
            alt: self.is_alt,
            shift,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_ctrl {
            f.write_str("Ctrl-")?;
        }
        match self.code {
            Code::Char(' ') => f.write_str("Space"),
            Code::Char(c) if self.is_ctrl => write!(f, "{}", c.to_ascii_uppercase()),
            Code::Char(c) => write!(f, "{c}"),
            Code::Enter => f.write_str("Enter"),
            Code::Esc => f.write_str("Esc"),
            Code::Tab => f.write_str("Tab"),
            Code::BackTab => f.write_str("Shift-Tab"),
            Code::Backspace => f.write_str("Backspace"),
            Code::Delete => f.write_str("Del"),
            Code::Up => f.write_str("Up"),
            Code::Down => f.write_str("Down"),
            Code::Left => f.write_str("Left"),
            Code::Right => f.write_str("Right"),
            Code::Home => f.write_str("Home"),
            Code::End => f.write_str("End"),
            Code::PageUp => f.write_str("PgUp"),
            Code::PageDown => f.write_str("PgDn"),
            Code::F(n) => write!(f, "F{n}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_the_keymap_spells_them() {
        assert_eq!(Key::parse("ctrl-l"), Some(Key::ctrl('l')));
        assert_eq!(Key::parse("space"), Some(Key::char(' ')));
        assert_eq!(Key::parse("G"), Some(Key::char('G')));
        assert_eq!(Key::parse("f1"), Some(Key::plain(Code::F(1))));
        assert_eq!(Key::parse("f"), Some(Key::char('f')));
        assert_eq!(Key::parse("ctrl-shift-x"), None);
        assert_eq!(Key::parse("f42"), None);
    }
}

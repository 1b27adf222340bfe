//! What was said at the foot of the screen, newest first.

use super::super::key::{Code, Key};
use super::Out;

/// The layer; the messages themselves are the app's.
#[derive(Debug, Clone, Default)]
pub struct Messages {
    pub top: usize,
}

impl Messages {
    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Vec<Out> {
        match key.code {
            Code::Esc | Code::Enter | Code::Char('q' | 'M') => return vec![Out::Close],
            Code::Up | Code::Char('k') => self.top = self.top.saturating_sub(1),
            Code::Down | Code::Char('j') => self.top = self.top.saturating_add(1),
            Code::PageUp => self.top = self.top.saturating_sub(10),
            Code::PageDown => self.top = self.top.saturating_add(10),
            Code::Home => self.top = 0,
            _ => {}
        }
        Vec::new()
    }
}

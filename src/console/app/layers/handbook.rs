//! The handbook: everything there is to read, narrowed as one types; Enter opens it where the words stand.

use super::super::key::Key;
use super::Out;
use super::picker::{Picked, Picker};
use crate::handbook::{self, Hit, Keys};

/// The layer.
#[derive(Debug, Clone)]
pub struct Finder {
    pub picker: Picker,
    keys: Keys,
    pub hits: Vec<Hit>,
}

impl Finder {
    /// Over everything.
    pub fn new(keys: Keys) -> Self {
        Self {
            picker: Picker::new(),
            hits: handbook::search("", &keys),
            keys,
        }
    }

    fn narrow(&mut self) {
        self.hits = handbook::search(&self.picker.text(), &self.keys);
    }

    /// Takes a key: typing narrows, Enter reads.
    pub fn key(&mut self, key: Key) -> Vec<Out> {
        match self.picker.key(key, self.hits.len()) {
            Picked::Leave => return vec![Out::Close],
            Picked::Chosen => {
                if let Some(hit) = self.hits.get(self.picker.cursor) {
                    return vec![Out::Close, Out::Read(hit.topic, hit.line)];
                }
            }
            Picked::Typed => self.narrow(),
            Picked::Stayed => {}
        }
        Vec::new()
    }

    /// Pasted text narrows.
    pub fn paste(&mut self, text: &str) {
        self.picker.paste(text);
        self.narrow();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::key::Code;
    use crate::domain::catalogue::Kind;
    use crate::handbook::Topic;

    #[test]
    fn a_kinds_code_opens_its_runbook() {
        let mut finder = Finder::new(crate::console::app::sheets::handbook::keys(
            &crate::console::app::keymap::Keymap::built_in(),
        ));
        finder.paste("ord_carrier");
        let out = finder.key(Key::plain(Code::Enter));
        assert!(matches!(
            out.as_slice(),
            [
                Out::Close,
                Out::Read(Topic::Runbook(Kind::OrdCarrierUnmapped), 0)
            ]
        ));
        finder.paste(" zebra");
        assert!(finder.key(Key::plain(Code::Enter)).is_empty());
    }
}

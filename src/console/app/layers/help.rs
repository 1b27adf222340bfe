//! Every key, from the table of actions, narrowed as one types. What is not possible now says why.

use super::super::action::{Action, Context};
use super::super::fuzzy;
use super::super::key::Key;
use super::Out;
use super::picker::{Picked, Picker};

/// One line of help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpLine {
    pub action: Action,
    pub keys: String,
    /// Why not now.
    pub refused: Option<String>,
}

/// The layer.
#[derive(Debug, Clone)]
pub struct Help {
    pub picker: Picker,
    lines: Vec<HelpLine>,
    /// Numbers of the lines that match.
    pub shown: Vec<usize>,
}

impl Help {
    /// Help over all actions; those of the present context come first.
    pub fn new(mut lines: Vec<HelpLine>, here: &[Context]) -> Self {
        lines.sort_by_key(|line| {
            let context = line.action.info().context;
            here.iter()
                .position(|c| *c == context)
                .map_or(here.len() + context as usize, |at| at)
        });
        let shown = (0..lines.len()).collect();
        Self {
            picker: Picker::new(),
            lines,
            shown,
        }
    }

    /// The lines on show.
    pub fn visible(&self) -> impl Iterator<Item = &HelpLine> {
        self.shown.iter().filter_map(|at| self.lines.get(*at))
    }

    fn narrow(&mut self) {
        let texts: Vec<String> = self
            .lines
            .iter()
            .map(|l| {
                let info = l.action.info();
                format!(
                    "{} {} {} {} {}",
                    info.title,
                    l.keys,
                    info.context.title(),
                    info.help,
                    info.verb.unwrap_or_default()
                )
                .to_lowercase()
            })
            .collect();
        let query = self.picker.text().to_lowercase();
        let words: Vec<&str> = query.split_whitespace().collect();
        self.shown = (0..self.lines.len())
            .filter(|at| {
                texts
                    .get(*at)
                    .is_some_and(|text| words.iter().all(|w| text.contains(w)))
            })
            .collect();
        if self.shown.is_empty() {
            let titles = self.lines.iter().map(|l| l.action.info().title);
            self.shown = fuzzy::rank(&query, titles);
        }
    }

    /// Takes a key: typing narrows, Enter does what the line says.
    pub fn key(&mut self, key: Key) -> Vec<Out> {
        match self.picker.key(key, self.shown.len()) {
            Picked::Leave => return vec![Out::Close],
            Picked::Chosen => {
                let line = self.visible().nth(self.picker.cursor);
                if let Some(line) = line.filter(|l| l.refused.is_none()) {
                    return vec![Out::Close, Out::Perform(line.action)];
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

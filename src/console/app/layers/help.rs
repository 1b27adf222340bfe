//! Every key, from the table of actions, narrowed as one types. What is not possible now says why.

use super::super::action::{Action, Context};
use super::super::field::Field;
use super::super::fuzzy;
use super::super::key::{Code, Key};
use super::Out;

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
    pub field: Field,
    lines: Vec<HelpLine>,
    /// Numbers of the lines that match.
    pub shown: Vec<usize>,
    pub cursor: usize,
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
            field: Field::line(""),
            lines,
            shown,
            cursor: 0,
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
                    "{} {} {} {}",
                    info.title,
                    l.keys,
                    info.context.title(),
                    info.help
                )
                .to_lowercase()
            })
            .collect();
        let query = self.field.text().to_lowercase();
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
        self.cursor = 0;
    }

    /// Takes a key: typing narrows, Enter does what the line says.
    pub fn key(&mut self, key: Key) -> Vec<Out> {
        let last = self.shown.len().saturating_sub(1);
        match key.code {
            Code::Esc => return vec![Out::Close],
            Code::Enter => {
                let line = self.visible().nth(self.cursor);
                return match line {
                    Some(line) if line.refused.is_none() => {
                        vec![Out::Close, Out::Perform(line.action)]
                    }
                    _ => Vec::new(),
                };
            }
            Code::Up => self.cursor = self.cursor.saturating_sub(1),
            Code::Down => self.cursor = (self.cursor + 1).min(last),
            Code::PageUp => self.cursor = self.cursor.saturating_sub(10),
            Code::PageDown => self.cursor = (self.cursor + 10).min(last),
            _ => {
                if self.field.key(key) {
                    self.narrow();
                }
            }
        }
        Vec::new()
    }

    /// Pasted text narrows.
    pub fn paste(&mut self, text: &str) {
        self.field.paste(text);
        self.narrow();
    }
}

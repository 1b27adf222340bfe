//! The find line of a page: what is typed is looked for in all its tabs, from where the cursor stood.

use super::super::field::Field;
use super::super::find::Spot;
use super::super::key::{Code, Key};
use super::Out;

/// Which line that has the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The first from where the search began.
    Here,
    Next,
    Previous,
}

/// Where a search stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Which of the lines, from 1.
    pub at: usize,
    pub lines: usize,
    /// Lines in other tabs than the one on show.
    pub lines_elsewhere: usize,
}

/// The line.
#[derive(Debug, Clone)]
pub struct FindLine {
    pub field: Field,
    /// Where the cursor stood when it was opened.
    from: Spot,
    /// What was looked for before: Enter on an empty line looks for it again.
    last: String,
    /// `None` while nothing is found.
    pub found: Option<Found>,
}

impl FindLine {
    /// An empty line.
    pub fn new(from: Spot, last: &str) -> Self {
        Self {
            field: Field::line(""),
            from,
            last: last.to_owned(),
            found: None,
        }
    }

    /// What the foot of the screen says; `true` when nothing is found.
    pub fn says(&self) -> (String, bool) {
        match self.found {
            _ if self.field.text().is_empty() => {
                let again = if self.last.is_empty() {
                    String::new()
                } else {
                    format!(" Enter looks for \"{}\" again.", self.last)
                };
                (
                    format!("Words of this page, in all its tabs.{again}"),
                    false,
                )
            }
            None => ("No line of this page has it.".to_owned(), true),
            Some(found) => {
                let elsewhere = match found.lines_elsewhere {
                    0 => String::new(),
                    n => format!(", {n} in other tabs"),
                };
                let Found { at, lines, .. } = found;
                let keys = "Enter next, Up previous, Esc stays here";
                (format!("Line {at} of {lines}{elsewhere}. {keys}."), false)
            }
        }
    }

    fn look(&self, step: Step) -> Vec<Out> {
        vec![Out::Find(self.field.text(), self.from, step)]
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Vec<Out> {
        match key.code {
            Code::Esc => vec![Out::Close],
            Code::Enter | Code::Down | Code::Tab => {
                if self.field.text().is_empty() {
                    self.field.set(&self.last.clone());
                }
                self.look(Step::Next)
            }
            Code::Up | Code::BackTab => self.look(Step::Previous),
            _ => {
                let before = self.field.text();
                if self.field.key(key) && self.field.text() != before {
                    self.look(Step::Here)
                } else {
                    Vec::new()
                }
            }
        }
    }

    /// Pasted text is typed text.
    pub fn paste(&mut self, text: &str) -> Vec<Out> {
        self.field.paste(text);
        self.look(Step::Here)
    }
}

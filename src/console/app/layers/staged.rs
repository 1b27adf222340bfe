//! Mapping changes put aside, looked at together: one preview for all of them, applied as one version.

use super::super::ask::{Act, MappingPreview, Question};
use super::super::event::Slot;
use super::super::field::Field;
use super::super::key::{Code, Key};
use super::{Guard, Out};
use crate::domain::ids::PairId;
use crate::domain::mapping::MappingEdit;
use crate::domain::time::Ts;

/// How far one is.
#[derive(Debug, Clone)]
pub enum Stage {
    /// The preview was asked for.
    Asking,
    /// What applying all of them would do; Enter applies.
    Preview(MappingPreview),
    /// They cannot be applied as they are: why.
    Refused(String),
}

/// The layer.
#[derive(Debug, Clone)]
pub struct Staged {
    pub pair: PairId,
    pub edits: Vec<MappingEdit>,
    pub cursor: usize,
    pub reason: Field,
    pub stage: Stage,
    /// What is missing before they can be applied.
    pub error: Option<String>,
    pub guard: Guard,
}

impl Staged {
    /// The changes put aside for a pair; the second part asks for their preview.
    pub fn new(pair: PairId, edits: Vec<MappingEdit>) -> (Self, Out) {
        let layer = Self {
            pair,
            edits,
            cursor: 0,
            reason: Field::line(""),
            stage: Stage::Asking,
            error: None,
            guard: Guard::default(),
        };
        let ask = layer.ask();
        (layer, ask)
    }

    fn ask(&self) -> Out {
        Out::Ask(
            Slot::Preview,
            Question::Preview {
                pair: self.pair.clone(),
                edits: self.edits.clone(),
            },
        )
    }

    /// The layer was shown; only a preview can be answered.
    pub fn painted(&mut self, now: Ts) {
        if matches!(self.stage, Stage::Preview(_)) {
            self.guard.painted(now);
        }
    }

    /// What applying them would do.
    pub fn take_preview(&mut self, answer: Result<MappingPreview, String>) {
        self.guard = Guard::default();
        self.stage = match answer {
            Ok(preview) => match &preview.refused {
                Some(why) => Stage::Refused(why.clone()),
                None => Stage::Preview(preview),
            },
            Err(why) => Stage::Refused(why),
        };
    }

    /// Takes a key: Enter applies, Delete takes the change under the cursor out, Esc leaves them aside.
    pub fn key(&mut self, key: Key, now: Ts) -> Vec<Out> {
        match key.code {
            Code::Esc => return vec![Out::Close],
            Code::Up => self.cursor = self.cursor.saturating_sub(1),
            Code::Down => self.cursor = (self.cursor + 1).min(self.edits.len().saturating_sub(1)),
            Code::Delete => return self.take_out(),
            Code::Enter => return self.apply(now),
            _ => {
                self.error = None;
                self.reason.key(key);
            }
        }
        Vec::new()
    }

    fn take_out(&mut self) -> Vec<Out> {
        if self.cursor >= self.edits.len() {
            return Vec::new();
        }
        let edit = self.edits.remove(self.cursor);
        self.cursor = self.cursor.min(self.edits.len().saturating_sub(1));
        let mut out = vec![Out::Unstage(self.pair.clone(), edit)];
        if self.edits.is_empty() {
            out.push(Out::Close);
        } else {
            self.stage = Stage::Asking;
            out.push(self.ask());
        }
        out
    }

    fn apply(&mut self, now: Ts) -> Vec<Out> {
        let Stage::Preview(preview) = &self.stage else {
            return Vec::new();
        };
        if !self.guard.is_ready(now) {
            return Vec::new();
        }
        let reason = self.reason.text().trim().to_owned();
        if reason.is_empty() {
            self.error = Some("a reason is needed: say in a few words why".to_owned());
            return Vec::new();
        }
        let act = Act::ApplyMappings {
            pair: self.pair.clone(),
            edits: self.edits.clone(),
            expected: preview.version,
            reason,
        };
        vec![Out::Close, Out::ApplyStaged(self.pair.clone(), act)]
    }

    /// Pasted text goes into the reason.
    pub fn paste(&mut self, text: &str) {
        self.error = None;
        self.reason.paste(text);
    }
}

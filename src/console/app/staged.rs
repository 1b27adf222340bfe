//! Mapping changes a person has put aside, by pair. They belong to this session: nothing is changed before they are
//! applied, and leaving asks about them.

use super::App;
use super::layers::Layer;
use super::layers::staged::Staged;
use crate::domain::ids::PairId;
use crate::domain::mapping::{MappingEdit, MappingKind};
use crate::text;
use std::collections::BTreeMap;

/// Changes put aside for one pair at most.
pub const STAGED_MAX: usize = 500;

/// What is put aside.
#[derive(Debug, Clone, Default)]
pub struct Aside {
    edits: BTreeMap<PairId, Vec<MappingEdit>>,
    /// Being applied: the ticket of the act.
    applying: Option<(u64, PairId)>,
}

/// The value an edit is about.
fn about(edit: &MappingEdit) -> (MappingKind, &str) {
    match edit {
        MappingEdit::Set { kind, from, .. } | MappingEdit::Remove { kind, from } => (*kind, from),
    }
}

impl Aside {
    /// Those of a pair, in the order in which they were put aside.
    pub fn of(&self, pair: &PairId) -> &[MappingEdit] {
        self.edits.get(pair).map_or(&[], Vec::as_slice)
    }

    /// How many there are over all pairs.
    pub fn count(&self) -> usize {
        self.edits.values().map(Vec::len).sum()
    }

    /// Whether a change of this value is put aside.
    pub fn has(&self, pair: &PairId, kind: MappingKind, from: &str) -> bool {
        self.of(pair).iter().any(|e| about(e) == (kind, from))
    }

    /// Puts one aside, in place of an earlier one of the same value; `false` when there are too many.
    fn put(&mut self, pair: &PairId, edit: MappingEdit) -> bool {
        let edits = self.edits.entry(pair.clone()).or_default();
        edits.retain(|e| about(e) != about(&edit));
        if edits.len() >= STAGED_MAX {
            return false;
        }
        edits.push(edit);
        true
    }

    fn take_out(&mut self, pair: &PairId, edit: &MappingEdit) {
        if let Some(edits) = self.edits.get_mut(pair) {
            edits.retain(|e| e != edit);
        }
    }

    /// The act with this ticket applies those of the pair.
    pub(super) fn applying(&mut self, ticket: u64, pair: PairId) {
        self.applying = Some((ticket, pair));
    }

    /// An act ended: what it applied is aside no longer; what it did not stays.
    pub(super) fn ended(&mut self, ticket: u64, is_done: bool) {
        if let Some((_, pair)) = self.applying.take_if(|(of, _)| *of == ticket)
            && is_done
        {
            self.edits.remove(&pair);
        }
    }
}

impl App {
    /// Puts mapping changes aside.
    pub(super) fn stage(&mut self, pair: &PairId, edits: Vec<MappingEdit>) {
        for edit in edits {
            let value = about(&edit).1.to_owned();
            if !self.aside.put(pair, edit) {
                self.say(
                    super::Level::Warning,
                    &format!("{value} was not put aside: {STAGED_MAX} changes are aside already; apply them first"),
                );
                return;
            }
        }
        let count = i64::try_from(self.aside.of(pair).len()).unwrap_or(i64::MAX);
        self.say(
            super::Level::Info,
            &format!(
                "{} of {pair} put aside; nothing is changed before they are applied",
                text::count(count, "change", "changes")
            ),
        );
    }

    /// Takes one back from those put aside.
    pub(super) fn unstage(&mut self, pair: &PairId, edit: &MappingEdit) {
        self.aside.take_out(pair, edit);
        self.is_dirty = true;
    }

    /// Shows those of the pair on show, with one preview.
    pub(super) fn show_staged(&mut self) {
        let Some(pair) = self.panes.mappings.current_pair().cloned() else {
            return;
        };
        let (layer, ask) = Staged::new(pair.clone(), self.aside.of(&pair).to_vec());
        self.push_layer(Layer::Staged(layer));
        self.carry_out(vec![ask]);
    }
}

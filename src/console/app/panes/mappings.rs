//! Mappings of one pair: values nobody mapped, ranked by the orders they block, then what is mapped.

use super::super::list::{Keyed, List, Load, Sort};
use crate::domain::ids::PairId;
use crate::domain::mapping::Mapping;
use crate::store::read::Unmapped;

/// Orders of the list.
pub const SORTS: &[Sort] = &[
    Sort::rising("kind", "kind"),
    Sort::rising("from", "value"),
    Sort::falling("used", "use"),
    Sort::falling("changed", "change"),
    Sort::rising("to", "means"),
    Sort::falling("last_used", "used"),
    Sort::rising("author", "by"),
];

impl Keyed for Mapping {
    fn key(&self) -> String {
        self.id.to_string()
    }

    fn face(&self) -> String {
        format!(
            "{} {:?} {:?} {:?}",
            self.to, self.attributes, self.status, self.broken
        )
    }
}

/// Which of the two lists has the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    #[default]
    Unmapped,
    Mapped,
}

/// The pane's state.
#[derive(Debug, Clone)]
pub struct Mappings {
    /// Pairs in use; the first is shown at the start.
    pub pairs: Vec<PairId>,
    pub pair: usize,
    pub unmapped: Vec<Unmapped>,
    pub unmapped_load: Load,
    pub unmapped_generation: u64,
    pub is_unmapped_stale: bool,
    pub cursor: usize,
    pub list: List<Mapping>,
    pub part: Part,
}

impl Mappings {
    /// Nothing known yet, not even the pairs.
    pub fn new() -> Self {
        Self {
            pairs: Vec::new(),
            pair: 0,
            unmapped: Vec::new(),
            unmapped_load: Load::Never,
            unmapped_generation: 0,
            is_unmapped_stale: false,
            cursor: 0,
            list: List::new(SORTS),
            part: Part::Unmapped,
        }
    }

    /// The pair on show.
    pub fn current_pair(&self) -> Option<&PairId> {
        self.pairs.get(self.pair)
    }

    /// The next pair.
    pub fn next_pair(&mut self) {
        self.pair = (self.pair + 1) % self.pairs.len().max(1);
        self.unmapped.clear();
        self.unmapped_load = Load::Never;
        self.cursor = 0;
        self.list.restart();
    }

    /// The unmapped value under the cursor.
    pub fn current_unmapped(&self) -> Option<&Unmapped> {
        (self.part == Part::Unmapped)
            .then(|| self.unmapped.get(self.cursor))
            .flatten()
    }

    /// The mapping under the cursor.
    pub fn current_mapping(&self) -> Option<&Mapping> {
        (self.part == Part::Mapped)
            .then(|| self.list.current())
            .flatten()
    }

    /// New unmapped values; with none left the cursor goes to what is mapped.
    pub fn take_unmapped(&mut self, rows: Vec<Unmapped>) {
        self.unmapped = rows;
        self.unmapped_load = Load::Ready;
        self.cursor = self.cursor.min(self.unmapped.len().saturating_sub(1));
        if self.unmapped.is_empty() {
            self.part = Part::Mapped;
        }
    }

    /// Moves the cursor; past the end of one list it goes on in the other.
    pub fn move_by(&mut self, by: isize) {
        match self.part {
            Part::Unmapped => {
                let next = self.cursor.saturating_add_signed(by);
                if by > 0 && next >= self.unmapped.len() && self.list.total() > 0 {
                    self.part = Part::Mapped;
                    self.list.home();
                } else {
                    self.cursor = next.min(self.unmapped.len().saturating_sub(1));
                }
            }
            Part::Mapped => {
                if by < 0 && self.list.position() == 0 && !self.unmapped.is_empty() {
                    self.part = Part::Unmapped;
                    self.cursor = self.unmapped.len().saturating_sub(1);
                } else {
                    self.list.move_by(by);
                }
            }
        }
    }
}

impl Default for Mappings {
    fn default() -> Self {
        Self::new()
    }
}

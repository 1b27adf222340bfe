//! Audit: who did what, newest first.

use super::super::list::{Keyed, List, Sort};
use crate::store::read::JournalRow;

/// Orders of the list.
pub const SORTS: &[Sort] = &[Sort::falling("seq", "time")];

impl Keyed for JournalRow {
    fn key(&self) -> String {
        self.seq.to_string()
    }
}

/// The pane's state.
#[derive(Debug, Clone)]
pub struct Audit {
    pub list: List<JournalRow>,
}

impl Audit {
    /// The whole list.
    pub fn new() -> Self {
        Self {
            list: List::new(SORTS),
        }
    }
}

impl Default for Audit {
    fn default() -> Self {
        Self::new()
    }
}

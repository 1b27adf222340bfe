//! Returns: goods on their way back and money that waits, the oldest first.

use super::super::list::{Keyed, List, Sort};
use crate::desk::GatedReturn;

/// Orders of the list.
pub const SORTS: &[Sort] = &[
    Sort::rising("age", "age"),
    Sort::rising("due", "due"),
    Sort::falling("id", "newest"),
    Sort::rising("order", "order"),
    Sort::rising("state", "goods"),
    Sort::rising("money", "money"),
];

impl Keyed for GatedReturn {
    fn key(&self) -> String {
        self.held.row.id.to_string()
    }

    fn face(&self) -> String {
        format!("{:?} {:?} {}", self.held, self.gates, self.asked.len())
    }
}

/// The pane's state.
#[derive(Debug, Clone)]
pub struct Returns {
    pub list: List<GatedReturn>,
}

impl Returns {
    /// The whole list.
    pub fn new() -> Self {
        Self {
            list: List::new(SORTS),
        }
    }
}

impl Default for Returns {
    fn default() -> Self {
        Self::new()
    }
}

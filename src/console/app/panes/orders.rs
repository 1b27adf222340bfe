//! Orders: every order, in any state.

use super::super::list::{Keyed, List, Sort};
use crate::domain::order::OrderRow;

/// Orders of the list.
pub const SORTS: &[Sort] = &[
    Sort::falling("received", "received"),
    Sort::rising("ship", "promise"),
    Sort::rising("number", "number"),
    Sort::rising("state", "state"),
    Sort::falling("value", "value"),
];

impl Keyed for OrderRow {
    fn key(&self) -> String {
        self.id.to_string()
    }

    fn face(&self) -> String {
        let held = self.held_reason.is_some();
        format!(
            "{:?} {:?} {:?} {} {held} {}",
            self.state, self.ship_by, self.site, self.blocked_by, self.value_minor
        )
    }
}

/// The pane's state.
#[derive(Debug, Clone)]
pub struct Orders {
    pub list: List<OrderRow>,
}

impl Orders {
    /// The whole list.
    pub fn new() -> Self {
        Self {
            list: List::new(SORTS),
        }
    }
}

impl Default for Orders {
    fn default() -> Self {
        Self::new()
    }
}

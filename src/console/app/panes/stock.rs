//! Stock: positions that disagree, by risk.

use super::super::list::{Keyed, List, Sort};
use crate::domain::stock::StockPosition;

/// Orders of the list.
pub const SORTS: &[Sort] = &[
    Sort::rising("risk", "risk"),
    Sort::falling("gap", "gap"),
    Sort::falling("value", "value at risk"),
    Sort::rising("item", "item"),
];

impl Keyed for StockPosition {
    fn key(&self) -> String {
        format!("{}/{}/{}", self.pair, self.item, self.location)
    }
}

/// The pane's state.
#[derive(Debug, Clone)]
pub struct Stock {
    pub list: List<StockPosition>,
}

impl Stock {
    /// The whole list.
    pub fn new() -> Self {
        Self {
            list: List::new(SORTS),
        }
    }
}

impl Default for Stock {
    fn default() -> Self {
        Self::new()
    }
}

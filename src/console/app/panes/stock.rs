//! Stock: positions that disagree, by risk.

use super::super::list::{Keyed, List};
use crate::domain::stock::StockPosition;

/// Orders of the list.
pub const SORTS: &[(&str, &str)] = &[
    ("risk", "risk"),
    ("gap", "gap"),
    ("value", "value at risk"),
    ("item", "item"),
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

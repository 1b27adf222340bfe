//! Stock: positions that disagree, by risk; and the lanes of movements of sources that keep their own ledger.

use super::super::list::{Keyed, List, Sort};
use crate::domain::stock::StockPosition;
use crate::store::LaneRow;

/// Orders of the list.
pub const SORTS: &[Sort] = &[
    Sort::rising("risk", "risk"),
    Sort::falling("gap", "gap"),
    Sort::falling("value", "value at risk"),
    Sort::rising("item", "item"),
];

/// Orders of the list of lanes.
pub const LANE_SORTS: &[Sort] = &[
    Sort::rising("state", "state"),
    Sort::rising("age", "since"),
    Sort::falling("orders", "orders"),
    Sort::falling("waiting", "waiting"),
    Sort::rising("item", "item"),
];

impl Keyed for StockPosition {
    fn key(&self) -> String {
        format!("{}/{}/{}", self.pair, self.item, self.location)
    }

    fn face(&self) -> String {
        let stopped = self.paused_reason.is_some();
        format!(
            "{:?} {} {} {} {stopped}",
            self.source_each, self.publish_each, self.gap_each, self.remainder_each
        )
    }
}

impl Keyed for LaneRow {
    fn key(&self) -> String {
        format!("{}/{}", self.pair, self.key)
    }

    fn face(&self) -> String {
        let moved = (self.waiting, self.pending_each, self.owed_each, self.orders);
        format!(
            "{:?} {:?} {moved:?}",
            self.standing, self.first.entry.movement
        )
    }
}

/// Which of the two lists is on show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    #[default]
    Drift,
    Lanes,
}

impl Part {
    /// Both, as they stand in the line of orientation.
    pub const ALL: [Self; 2] = [Self::Drift, Self::Lanes];

    /// Its name.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Drift => "Drift",
            Self::Lanes => "Lanes",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn turned(self) -> Self {
        match self {
            Self::Drift => Self::Lanes,
            Self::Lanes => Self::Drift,
        }
    }
}

/// The pane's state.
#[derive(Debug, Clone)]
pub struct Stock {
    pub part: Part,
    pub list: List<StockPosition>,
    pub lanes: List<LaneRow>,
}

impl Stock {
    /// The whole lists.
    pub fn new() -> Self {
        Self {
            part: Part::Drift,
            list: List::new(SORTS),
            lanes: List::new(LANE_SORTS),
        }
    }
}

impl Default for Stock {
    fn default() -> Self {
        Self::new()
    }
}

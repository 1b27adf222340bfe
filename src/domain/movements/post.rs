//! What a delivery of a movement holds: the entry of its lane, and what was written for it last.

use super::{LaneEntry, Target};
use crate::domain::ids::Sku;
use serde::{Deserialize, Serialize};

/// The head of a lane on its way to the source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MovementPost {
    pub entry: LaneEntry,
    /// What the source calls the item.
    pub sku: Sku,
    /// On hand that a count found, to be written in place of a change.
    pub counted_each: Option<i64>,
    /// What the last document said that was stored to be written. It may not have been written.
    pub sent: Option<Sent>,
    /// A person looked: the figure stands as a lost write would have left it, and the change is still missing.
    #[serde(default)]
    pub is_vouched: bool,
}

/// A line of a document that was, or was to be, written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sent {
    /// The document's reference.
    pub reference: String,
    /// On hand as read, the change, on hand wanted.
    pub target: Target,
    /// The document, where an answer named it.
    pub document: Option<String>,
}

impl MovementPost {
    /// The entry with the change that is due against the figure just read: a count becomes one now.
    pub fn due(&self, on_hand_each: i64) -> LaneEntry {
        let mut entry = self.entry.clone();
        if let Some(counted) = self.counted_each {
            entry.movement.delta_each = counted.saturating_sub(on_hand_each);
        }
        entry
    }
}

//! Mappings: the team's own knowledge of what one system's words mean in the other.

use super::ids::{MappingId, PairId};
use super::order::coded_enum;
use super::time::Ts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

coded_enum! {
    /// Kinds of mapping this house knows.
    MappingKind {
        Carrier = 0, "CARRIER";
        Site = 1, "SITE";
        Routing = 2, "ROUTING";
        Item = 3, "ITEM";
        Composite = 4, "COMPOSITE";
        OrderStatus = 5, "ORDER_STATUS";
        ReturnStatus = 6, "RETURN_STATUS";
        ReturnReason = 7, "RETURN_REASON";
        Buffer = 8, "BUFFER";
        TrackingCarrier = 9, "TRACKING_CARRIER";
        Payment = 10, "PAYMENT";
        Reason = 11, "REASON";
        Owner = 12, "OWNER";
        Calendar = 13, "CALENDAR";
    }
}

impl MappingKind {
    /// Whether anything reads rows of this kind. Of the others none can be written; versions of earlier days may name
    /// them.
    pub const fn is_read(self) -> bool {
        !matches!(self, Self::ReturnReason | Self::Payment | Self::Calendar)
    }

    /// The kinds that can be written.
    pub fn offered() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|kind| kind.is_read())
    }
}

coded_enum! {
    /// Life of a mapping row.
    MappingStatus {
        Draft = 0, "draft";
        Active = 1, "active";
        Retired = 2, "retired";
    }
}

/// Extra values of a mapping, for example `basis=GROSS` or `country=GB`.
pub type Attributes = BTreeMap<String, String>;

/// One mapping row. At most one *active* row per pair, kind, `from` and condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    pub id: MappingId,
    pub pair: PairId,
    pub kind: MappingKind,
    pub from: String,
    pub to: String,
    pub attributes: Attributes,
    pub status: MappingStatus,
    /// Version of this row; every change makes a new one and keeps the old.
    pub version: i64,
    pub author: String,
    pub reason: String,
    pub changed_at: Ts,
    pub used_count: i64,
    pub last_used_at: Option<Ts>,
    /// The nightly or live check found the target gone: the reason. `None` while it exists.
    pub broken: Option<String>,
}

/// A change to the mappings, staged and applied as one set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "snake_case")]
pub enum MappingEdit {
    /// Create or replace.
    Set {
        kind: MappingKind,
        from: String,
        to: String,
        attributes: Attributes,
    },
    /// Retire.
    Remove { kind: MappingKind, from: String },
}

/// A value a mapping may point at, read from the target system (for completion and checks).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub code: String,
    pub name: String,
    pub is_active: bool,
}

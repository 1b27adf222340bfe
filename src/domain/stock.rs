//! Stock figures: what is published, what was expected, what is left unexplained. Rules are in `drift`.

use super::drift::ledger::LedgerFigures;
use super::ids::{ItemCode, LocationId, PairId, SiteRef, Sku, SystemId};
use super::order::coded_enum;
use super::time::Ts;
use serde::{Deserialize, Serialize};

coded_enum! {
    /// How a source treats the figure we write.
    Basis {
        /// Shown as written; its own sales do not lower it.
        NetStatic = 0, "NET_STATIC";
        /// Shown as written and lowered by its own sales.
        NetLive = 1, "NET_LIVE";
        /// Shown less the source's own open commitments.
        Gross = 2, "GROSS";
    }
}

/// Stock of one item at one site as last read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLevelRow {
    pub system: SystemId,
    pub item: ItemCode,
    pub site: SiteRef,
    pub on_hand_each: i64,
    pub allocated_each: i64,
    pub available_each: i64,
    /// The snapshot (complete or incremental) this figure came with.
    pub snapshot_id: i64,
    pub read_at: Ts,
}

/// A snapshot run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotRow {
    pub id: i64,
    pub system: SystemId,
    pub pair: PairId,
    pub taken_at: Ts,
    pub is_complete: bool,
    pub is_full: bool,
    pub rows: i64,
    pub note: String,
}

/// The stock position of one item at one source location: what we published, what the source shows, what is unexplained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockPosition {
    pub pair: PairId,
    pub item: ItemCode,
    pub sku: Sku,
    pub location: LocationId,
    pub basis: Basis,
    /// V: available in the warehouse over the mapped sites.
    pub available_each: i64,
    /// Of what is available, what other pairs of the sites may offer.
    #[serde(default)]
    pub others_each: i64,
    /// H: on hand in the warehouse.
    pub on_hand_each: i64,
    /// L: allocated in the warehouse.
    pub allocated_each: i64,
    /// U: accepted, not yet allocated.
    pub unsent_each: i64,
    /// D: despatched, not yet confirmed in the source.
    pub unconfirmed_each: i64,
    /// B: withheld.
    pub buffer_each: i64,
    /// P: what the source should show.
    pub publish_each: i64,
    /// The field value last acknowledged, with its snapshot and time.
    pub written_each: Option<i64>,
    pub written_snapshot: Option<i64>,
    pub written_at: Option<Ts>,
    /// Commitments of the source at the last write and now.
    pub committed_each: i64,
    pub written_committed_each: i64,
    /// Units processed in the source since the last write (they lower the field when processing deducts).
    pub processed_since_each: i64,
    /// S: what the source shows now.
    pub source_each: Option<i64>,
    /// The field itself at the source (physical level), when it has one.
    pub source_level_each: Option<i64>,
    pub source_read_at: Option<Ts>,
    pub gap_each: i64,
    pub external_each: i64,
    pub lag_each: i64,
    /// What remains after every explanation.
    pub remainder_each: i64,
    /// Runs in a row in which the remainder was outside tolerance.
    pub runs: i64,
    /// Units sold an hour, times 1000.
    pub velocity_milli: i64,
    /// Hours to oversell, times 1000; `None` when nothing sells.
    pub oversell_hours_milli: Option<i64>,
    pub value_at_risk_minor: i64,
    pub price_minor: i64,
    /// Values written lately, newest last: (time, value). At most [`HISTORY_MAX`].
    pub history: Vec<(Ts, i64)>,
    /// Stock writes are stopped for this key: the reason.
    pub paused_reason: Option<String>,
    pub drift_since: Option<Ts>,
    pub updated_at: Ts,
    /// Where the source keeps its own ledger and is told of changes only: what was compared last. Such a figure is never
    /// published.
    #[serde(default)]
    pub ledger: Option<LedgerBook>,
}

/// Days of an item's stock that are kept and drawn.
pub const DAYS_KEPT: i64 = 30;
/// Places for days; each is used again after so many days.
pub const DAY_SLOTS: i64 = 32;

/// How the stock of an item at a location stood when it was last looked at on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StockDay {
    pub location: LocationId,
    /// Days since 1970, UTC.
    pub day: i64,
    /// On hand in the warehouse.
    pub on_hand_each: i64,
    /// What the source should have shown.
    pub publish_each: i64,
    /// What the source showed, when it was read.
    pub source_each: Option<i64>,
    /// What no explanation covered.
    pub remainder_each: i64,
}

impl StockPosition {
    /// How the source treats its figure, in a word.
    pub const fn basis_word(&self) -> &'static str {
        match self.ledger {
            Some(_) => "LEDGER",
            None => self.basis.as_str(),
        }
    }
}

/// The last comparison of an item in a ledger the source keeps itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerBook {
    pub figures: LedgerFigures,
    /// Signed units that were left out of the lane with a debt.
    pub owed_each: i64,
    /// Since when comparisons agree, while a drift that was told is not over.
    pub agreed_since: Option<Ts>,
    /// When the warehouse's figure was read: what moved until then is in it.
    pub warehouse_read_at: Ts,
    /// What a unit costs by the source's books, minor units.
    pub unit_cost_minor: i64,
}

/// How many recent written values are kept per position.
pub const HISTORY_MAX: usize = 12;

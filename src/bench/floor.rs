//! The least number of calls and the least time for so many orders, by each vendor's rules.

use crate::sandbox::SimSystem;

/// Rows of a report page, and rows of Cin7 Core's lists.
const PAGE: usize = 1_000;
/// Ids or terms of a read, rows of a write.
const BATCH: usize = 100;
/// Peoplevox publishes no limit; one call a second is what both sides assume.
const PVX_PER_MINUTE: f64 = 60.0;
/// Calls a minute of Linnworks' busiest method here.
const LW_PER_MINUTE: f64 = 250.0;
/// SHOPLINE's bucket: calls at once, and calls a second after that.
const SHOP_BUCKET: f64 = 40.0;
const SHOP_PER_SECOND: f64 = 4.0;
/// Calls a minute of a Cin7 Core key.
const CIN7_PER_MINUTE: f64 = 60.0;

/// What the same orders cost at least.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Floor {
    pub pvx: usize,
    pub source: usize,
    /// From placed to in the warehouse, read back, seconds.
    pub intake_secs: f64,
    /// From despatched to shown by the source, read back, seconds.
    pub confirm_secs: f64,
}

impl Floor {
    /// For so many orders of one parcel each, order lines, and stock figures that changed.
    pub fn of(source: SimSystem, orders: usize, lines: usize, figures: usize) -> Self {
        let batches = orders.div_ceil(BATCH);
        // Lines go in whole orders: forty orders of two and a half lines fill a call.
        let saves = batches + lines.div_ceil(BATCH);
        let intake_pvx = saves + 2 * batches;
        // Figures go to a source that is told of them; a source that keeps its own ledger is told of movements, and a
        // despatch is none.
        let is_told = source != SimSystem::Cin7;
        let reports = lines.div_ceil(PAGE) + if is_told { figures.div_ceil(PAGE) } else { 0 };
        let at_pvx = intake_pvx as f64 / PVX_PER_MINUTE * 60.0;
        let (calls, intake_secs, confirm_secs) = match source {
            SimSystem::Shopline => {
                let despatch = orders + 2 * batches;
                // The store lowers its own figures with each sale: a despatch leaves nothing to write.
                let confirm = (despatch as f64 - SHOP_BUCKET) / SHOP_PER_SECOND;
                (batches + 1 + despatch, at_pvx, confirm)
            }
            SimSystem::Cin7 => {
                let (intake, despatch) = (1 + orders, 2 + 3 * orders);
                let secs = |calls: usize| calls as f64 / CIN7_PER_MINUTE * 60.0;
                (intake + despatch, at_pvx.max(secs(intake)), secs(despatch))
            }
            SimSystem::Linnworks | SimSystem::Peoplevox => {
                let confirm = orders as f64 / LW_PER_MINUTE * 60.0;
                let calls = 1 + 4 * batches + orders + figures.div_ceil(BATCH);
                (calls, at_pvx, confirm)
            }
        };
        Self {
            pvx: intake_pvx + reports,
            source: calls,
            intake_secs,
            confirm_secs: confirm_secs.max(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_orders_cost_what_the_arithmetic_says() {
        let of = |source| Floor::of(source, 1_000, 2_500, 1_000);
        assert_eq!(of(SimSystem::Linnworks).pvx, 59);
        assert_eq!(of(SimSystem::Linnworks).source, 1_051);
        assert_eq!(of(SimSystem::Linnworks).confirm_secs, 240.0);
        let shop = of(SimSystem::Shopline);
        // Without a thousand figures written one by one and read back by fifty.
        assert_eq!(shop.source, 2_051 - 1_000 - 20);
        assert_eq!(shop.confirm_secs, 245.0);
        // Without the three calls of movements that are no despatches.
        assert_eq!(of(SimSystem::Cin7).source, 4_003);
        assert_eq!(of(SimSystem::Cin7).confirm_secs, 3_002.0);
    }
}

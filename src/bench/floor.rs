//! The least number of calls and the least time for so many orders, by each vendor's rules.

use crate::sandbox::SimSystem;

/// Rows of a report page, and rows of Cin7 Core's lists.
const PAGE: usize = 1_000;
/// Ids or terms of a read, rows of a write.
const BATCH: usize = 100;
/// Ids of a read of SHOPLINE's stock levels.
const LEVELS: usize = 50;
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
    /// Part of `pvx` until the orders are in the warehouse.
    pub intake_pvx: usize,
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
        // Before an order is written, the warehouse is asked whether its number is taken; afterwards headers and lines
        // are read back.
        let intake_pvx = saves + 3 * batches;
        // A source with a ledger of its own is told of movements instead of figures, and a despatch is none.
        let reports = lines.div_ceil(PAGE) + figures.div_ceil(PAGE);
        let at_pvx = intake_pvx as f64 / PVX_PER_MINUTE * 60.0;
        let (calls, intake_secs, confirm_secs) = match source {
            SimSystem::Shopline => {
                let despatch = orders + 2 * batches;
                let confirm = (despatch as f64 - SHOP_BUCKET) / SHOP_PER_SECOND;
                let published = figures + figures.div_ceil(LEVELS);
                (batches + 1 + despatch + published, at_pvx, confirm)
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
            intake_pvx,
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
        assert_eq!(of(SimSystem::Linnworks).pvx, 69);
        assert_eq!(of(SimSystem::Linnworks).source, 1_051);
        assert_eq!(of(SimSystem::Linnworks).confirm_secs, 240.0);
        let shop = of(SimSystem::Shopline);
        assert_eq!(shop.source, 2_051);
        assert_eq!(shop.confirm_secs, 245.0);
        // Without the three calls of movements that are no despatches.
        let ledger = Floor::of(SimSystem::Cin7, 1_000, 2_500, 0);
        assert_eq!(ledger.source, 4_003);
        assert_eq!(ledger.confirm_secs, 3_002.0);
    }
}

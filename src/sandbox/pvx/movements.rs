//! The history of movements: what the floor did to the goods, in the words the report shows.

use super::state::StockMovement;
use crate::sandbox::world::World;

/// Outside the building.
const OUTSIDE: &str = "";
/// Where goods arrive.
const RECEIVING: &str = "RECEIVING";
/// Where they lie.
const SHELF: &str = "A-01-01";
const TROLLEY: &str = "TROLLEY-1";
const PACK_BENCH: &str = "PACK-1";

/// A kind of movement: comment, from, to, registered reason.
pub(crate) type Way = (&'static str, &'static str, &'static str, &'static str);

pub(super) const RECEIVED: Way = ("Received through mobile unit", OUTSIDE, RECEIVING, "");
pub(super) const PUT_AWAY: Way = ("Moved with put-away.", RECEIVING, SHELF, "");
/// A customer's goods, back on the shelf.
pub(crate) const RETURNED: Way = ("Returned goods put away", OUTSIDE, SHELF, "");
pub(super) const PICKED: Way = ("Picking", SHELF, TROLLEY, "");
pub(super) const PACKED: Way = ("Transfered to pack bench.", TROLLEY, PACK_BENCH, "");
pub(super) const LEFT: Way = ("Despatched", PACK_BENCH, OUTSIDE, "");

/// The reason under which returned goods go on the shelf.
pub(crate) const RETURN_REASON: &str = "Return put away";

impl World {
    /// Writes one movement into the history.
    pub(crate) fn pvx_record(&mut self, way: Way, goods: (usize, usize, i64), order: &str) {
        let (comment, from, to, reason) = way;
        let (item, site, quantity) = goods;
        if quantity <= 0 {
            return;
        }
        self.pvx.movements.push(StockMovement {
            id: 40_000 + self.pvx.movements.len() as i64,
            at: self.now,
            item,
            site,
            quantity,
            from,
            to,
            comment,
            reason,
            order: order.to_owned(),
        });
    }

    /// Writes down a change of on hand that was no despatch.
    pub(super) fn pvx_record_change(
        &mut self,
        item: usize,
        site: usize,
        change: i64,
        reason: &'static str,
    ) {
        if reason == RETURN_REASON {
            // Recorded with its order by whoever put it away.
        } else if reason == "Goods in" {
            self.pvx_record(RECEIVED, (item, site, change), "");
            self.pvx_record(PUT_AWAY, (item, site, change), "");
        } else if change > 0 {
            let way = ("Added through adjustment module", OUTSIDE, SHELF, reason);
            self.pvx_record(way, (item, site, change), "");
        } else {
            let way = ("Modified through adjustment module", SHELF, OUTSIDE, reason);
            self.pvx_record(way, (item, site, -change), "");
        }
    }

    /// Goods were taken from the shelf for an order.
    pub(crate) fn pvx_record_pick(&mut self, item: usize, site: usize, quantity: i64, order: &str) {
        self.pvx_record(PICKED, (item, site, quantity), order);
        self.pvx_record(PACKED, (item, site, quantity), order);
    }
}

//! Stock and status: allocation from a site's shelves, releases, movements, and who is told.

use super::movements::LEFT;
use super::state::{Despatch, PvxStatus, StockChange};
use crate::domain::time::Ts;
use crate::sandbox::world::World;
use serde_json::json;

impl World {
    /// Tries to allocate what an order still wants, sets its status and plans the floor's work.
    pub(crate) fn pvx_allocate(&mut self, ix: usize) {
        let order = &self.pvx.orders[ix];
        let may = order.status.is_before_picking() || order.status == PvxStatus::PartDespatched;
        if !may || !order.may_allocate {
            return;
        }
        let site = order.site;
        for p in 0..self.pvx.orders[ix].lines.len() {
            let line = &self.pvx.orders[ix].lines[p];
            let item = line.item;
            let wanted = line.ordered - line.allocated;
            let take = wanted.min(self.pvx.shelf(item, site).available()).max(0);
            if take > 0 {
                self.pvx.orders[ix].lines[p].allocated += take;
                self.pvx.stock[item][site].allocated += take;
                self.pvx_note_availability(item, site);
            }
            let waits = self.pvx.wanting.entry((item, site)).or_default();
            if wanted > take {
                waits.insert(ix);
            } else {
                waits.remove(&ix);
            }
        }
        self.pvx_settle_status(ix);
        self.plan_floor(ix);
    }

    fn pvx_settle_status(&mut self, ix: usize) {
        let order = &self.pvx.orders[ix];
        if !order.status.is_before_picking() {
            return;
        }
        let ordered: i64 = order.lines.iter().map(|l| l.ordered).sum();
        let allocated: i64 = order.lines.iter().map(|l| l.allocated).sum();
        let status = if ordered == 0 {
            PvxStatus::New
        } else if allocated == ordered {
            PvxStatus::Allocated
        } else if allocated == 0 {
            PvxStatus::BackOrder
        } else {
            PvxStatus::PartAllocated
        };
        self.pvx_set_status(ix, status);
    }

    /// Every unit of every line is allocated, and there is a line.
    pub(crate) fn pvx_is_whole(&self, ix: usize) -> bool {
        let lines = &self.pvx.orders[ix].lines;
        !lines.is_empty() && lines.iter().all(|l| l.allocated >= l.ordered)
    }

    /// Sets a status, keeps the index of open orders, tells subscribers.
    pub(crate) fn pvx_set_status(&mut self, ix: usize, status: PvxStatus) {
        let order = &mut self.pvx.orders[ix];
        if order.status == status {
            return;
        }
        order.status_before = order.status;
        order.status = status;
        order.status_at = self.now;
        if status.is_closed() {
            self.pvx.open.remove(&ix);
            let order = &self.pvx.orders[ix];
            let site = order.site;
            let items: Vec<usize> = order.lines.iter().map(|l| l.item).collect();
            for item in items {
                if let Some(waits) = self.pvx.wanting.get_mut(&(item, site)) {
                    waits.remove(&ix);
                }
            }
        }
        self.call_back_status(ix);
    }

    /// Gives an order's whole allocation back.
    pub(crate) fn pvx_release(&mut self, ix: usize) {
        for p in 0..self.pvx.orders[ix].lines.len() {
            self.pvx_release_line(ix, p);
        }
    }

    /// Gives the allocation of one line back and drops planned floor work.
    pub(crate) fn pvx_release_line(&mut self, ix: usize, p: usize) {
        let order = &mut self.pvx.orders[ix];
        order.floor_plan += 1;
        order.is_on_floor = false;
        let site = order.site;
        let line = &mut order.lines[p];
        let back = line.allocated - line.despatched;
        let item = line.item;
        line.allocated = line.despatched;
        if let Some(waits) = self.pvx.wanting.get_mut(&(item, site)) {
            waits.remove(&ix);
        }
        if back > 0 {
            self.pvx.stock[item][site].allocated -= back;
            self.pvx_note_availability(item, site);
            self.pvx_hand_out(item, site);
        }
    }

    /// Cancels an order: the allocation goes to whoever waits.
    pub(crate) fn pvx_cancel(&mut self, ix: usize) {
        self.pvx_set_status(ix, PvxStatus::Cancelled);
        self.pvx_release(ix);
    }

    /// Moves stock: goods in, counts, damage.
    pub(crate) fn pvx_move(&mut self, item: usize, site: usize, delta: i64, reason: &'static str) {
        let before = self.pvx.shelf(item, site).on_hand;
        let after = (before + delta).max(0);
        self.pvx.stock[item][site].on_hand = after;
        let code = self.pvx.items[item].code.clone();
        let object = format!("{code}@{}", self.pvx.sites[site].reference);
        self.pvx_note(
            reason,
            object,
            String::new(),
            json!({"before": before, "after": after}),
            true,
        );
        self.pvx_note_availability(item, site);
        self.pvx_record_change(item, site, after - before, reason);
        self.call_back_movement(item, after - before, reason);
        self.pvx_hand_out(item, site);
    }

    /// Offers free stock to the orders that wait for it, oldest first.
    fn pvx_hand_out(&mut self, item: usize, site: usize) {
        let waiting: Vec<usize> = self
            .pvx
            .wanting
            .get(&(item, site))
            .map(|w| w.iter().copied().collect())
            .unwrap_or_default();
        for ix in waiting {
            if self.pvx.shelf(item, site).available() == 0 {
                break;
            }
            self.pvx_allocate(ix);
        }
    }

    /// Appends to the incremental report and tells subscribers.
    pub(crate) fn pvx_note_availability(&mut self, item: usize, site: usize) {
        let available = self.pvx.shelf(item, site).available();
        self.pvx.changes.push(StockChange {
            at: self.now,
            item,
            site,
            available,
        });
        self.call_back_availability(item, site);
    }

    /// A parcel leaves: stock and allocation go down together, reports show it from `shown_at`.
    pub(crate) fn pvx_despatch(
        &mut self,
        ix: usize,
        goods: Vec<(usize, i64)>,
        tracking: String,
        shown_at: Ts,
    ) -> usize {
        let site = self.pvx.orders[ix].site;
        for (p, quantity) in &goods {
            let line = &mut self.pvx.orders[ix].lines[*p];
            line.despatched += quantity;
            let item = line.item;
            let shelf = &mut self.pvx.stock[item][site];
            let left = shelf.on_hand.min(*quantity);
            shelf.on_hand -= left;
            shelf.allocated -= quantity;
            let number = self.pvx.orders[ix].number.clone();
            self.pvx_record(LEFT, (item, site, left), &number);
            self.call_back_movement(item, -quantity, "Despatched");
        }
        let number = format!("DES{}", 500 + self.pvx.despatches.len());
        let order = &self.pvx.orders[ix];
        let (carrier, service_name) = self
            .pvx
            .service(&order.service)
            .map(|s| (s.carrier.clone(), s.name.clone()))
            .unwrap_or_default();
        let lines: Vec<serde_json::Value> = goods
            .iter()
            .map(|(p, quantity)| {
                let line = &order.lines[*p];
                json!({"line": line.line, "item": self.pvx.items[line.item].code, "qty": quantity})
            })
            .collect();
        let detail = json!({
            "despatch": number, "tracking": tracking, "lines": lines,
            "in_report": shown_at != Ts::NEVER,
        });
        let (order_number, key) = (order.number.clone(), order.po_reference.clone());
        let despatch = Despatch {
            number,
            order: ix,
            at: self.now,
            shown_at,
            carrier,
            service_name,
            service_code: order.service.clone(),
            tracking,
            lines: goods,
        };
        let at = self.pvx.despatches.len();
        self.pvx.despatches.push(despatch);
        let order = &mut self.pvx.orders[ix];
        order.despatches.push(at);
        let is_done = order.lines.iter().all(|l| l.despatched >= l.ordered);
        let status = if is_done {
            PvxStatus::Despatched
        } else {
            PvxStatus::PartDespatched
        };
        self.pvx_note("Floor despatch", order_number, key, detail, true);
        self.pvx_set_status(ix, status);
        if !self.pvx.despatches[at].tracking.is_empty() {
            self.call_back_tracking(at);
        }
        at
    }
}

//! Processing orders: one, in batch, and through the fulfilment-centre call.

use super::params::{Params, Refusal};
use super::state::{Book, status};
use crate::domain::time::Span;
use crate::sandbox::config::SimSystem;
use crate::sandbox::ledger::Notification;
use crate::sandbox::rng::{Guid, Rng};
use crate::sandbox::world::{Event, World};
use serde_json::{Value, json};

impl World {
    pub(super) fn lw_process_one(
        &mut self,
        p: &Params,
        method: &'static str,
    ) -> Result<Value, Refusal> {
        let id = p.guid("orderId")?;
        let is_centre_call = method.ends_with("ProcessFulfilmentCentreOrder");
        let is_scanned = if is_centre_call {
            true
        } else {
            p.get("scanPerformed")
                .as_ref()
                .and_then(super::params::bool_of)
                .ok_or_else(Refusal::invalid)?
        };
        Ok(self.lw_process_result(id, is_scanned, is_centre_call))
    }

    pub(super) fn lw_process_batch(&mut self, p: &Params) -> Result<Value, Refusal> {
        let ids = p.guids("ordersIds")?;
        let mut rows: Vec<Value> = ids
            .into_iter()
            .map(|id| self.lw_process_result(id, false, false))
            .collect();
        self.faults.bend_results(&mut rows);
        Ok(json!(rows))
    }

    fn lw_process_result(&mut self, id: Guid, is_scanned: bool, is_centre_call: bool) -> Value {
        let refusal = match self.faults.refusal() {
            Some(text) => Some(text),
            None => self.lw_why_not(id, is_scanned, is_centre_call),
        };
        if refusal.is_none()
            && let Some(ix) = self.lw.order_by_id.get(&id).copied()
        {
            self.lw_process(ix, false);
        }
        json!({"OrderId": id, "Processed": refusal.is_none(), "Error": refusal})
    }

    /// Why an order cannot be processed; `None` when it can.
    fn lw_why_not(&self, id: Guid, is_scanned: bool, is_centre_call: bool) -> Option<String> {
        let Some(ix) = self.lw.order_by_id.get(&id).copied() else {
            return Some("Order not found".to_owned());
        };
        let order = &self.lw.orders[ix];
        let location = &self.lw.locations[order.location];
        let switches = &self.config.lw;
        let text = match order.book {
            Book::Processed(_) => "Order is already processed",
            Book::Cancelled(_) => "Order is cancelled",
            Book::Gone(_) => "Order not found",
            Book::Open if location.is_fulfilment_centre && !is_centre_call => {
                "Order is in a fulfilment centre location"
            }
            Book::Open if order.is_locked && !is_centre_call => "Order is locked",
            Book::Open if order.is_parked && !is_centre_call => "Order is parked",
            Book::Open
                if switches.check_payment
                    && !matches!(order.status, status::PAID | status::RESEND) =>
            {
                "Order is not paid"
            }
            Book::Open if switches.check_scan && !is_scanned => "Item scan required",
            Book::Open
                if switches.check_unlinked
                    && order
                        .lines
                        .iter()
                        .any(|l| l.item.is_none() && !l.is_service) =>
            {
                "Order contains unlinked items"
            }
            Book::Open
                if self.lw.services[order.service].is_tracking_required
                    && order.tracking.is_empty() =>
            {
                "Tracking number required"
            }
            Book::Open => return self.lw_short_item(ix),
        };
        Some(text.to_owned())
    }

    fn lw_short_item(&self, ix: usize) -> Option<String> {
        if !self.config.lw.check_stock {
            return None;
        }
        let location = self.lw.orders[ix].location;
        self.lw_units(ix)
            .into_iter()
            .find(|(item, quantity)| self.lw.levels[*item][location].level < *quantity)
            .map(|(item, _)| format!("Insufficient stock for item {}", self.lw.items[item].sku))
    }

    /// Processes an open order: final, lowers stock, tells the shopper.
    pub(crate) fn lw_process(&mut self, ix: usize, by_world: bool) {
        let order = &self.lw.orders[ix];
        let location = order.location;
        let number = order.number;
        let units = self.lw_units(ix);
        self.lw_leave(ix, Book::Processed(self.now));
        if self.lw.locations[location].lowers() {
            for (item, quantity) in &units {
                let level = self.lw.levels[*item][location].level;
                let after = (level - quantity).max(0);
                let note = format!("Order {number} processed");
                self.lw_write_level(*item, location, after, &note);
            }
        }
        self.lw_trail(ix, "ORDER_PROCESSED", "PROCESSED", "Order processed");
        let order = &self.lw.orders[ix];
        let lines: Vec<Value> = order
            .lines
            .iter()
            .map(|l| json!({"row": l.row, "sku": l.sku, "qty": l.quantity}))
            .collect();
        let detail = json!({
            "tracking": order.tracking, "reference": order.reference, "lines": lines,
        });
        self.ledger.notify(Notification {
            at: self.now,
            system: SimSystem::Linnworks,
            order_id: order.id.to_string(),
            number,
            shipment: String::new(),
            tracking: order.tracking.clone(),
            caused_by_world: by_world,
        });
        self.lw_note("ProcessOrder", ix, detail, by_world);
        let mut dice = Rng::keyed(self.config.seed, "channel-note", number.unsigned_abs());
        let wait = Span::secs(dice.between(60, 240));
        self.schedule(self.now + wait, Event::ChannelNote(ix));
    }
}

//! Stock: allocation, backorders, movements, and the rows of availability.
//!
//! An authorised order reserves stock at its location as a whole. Picking moves that reservation to the very bin and
//! batch; shipping takes the goods off hand.

use super::decimal::Dec;
use super::render::{date, text_or_null};
use super::sale::{Kind, Stand};
use super::state::{Slot, Stock};
use crate::sandbox::config::SimSystem;
use crate::sandbox::ledger::Entry;
use crate::sandbox::rng::{Guid, Rng};
use crate::sandbox::world::World;
use serde_json::{Value, json};

impl World {
    /// The next identifier of the account.
    pub(crate) fn cin7_guid(&mut self) -> Guid {
        self.cin7.ids_made += 1;
        Rng::keyed(self.config.seed, "cin7-id", self.cin7.ids_made).guid()
    }

    /// Notes an effect on an object that is no sale.
    pub(super) fn cin7_note(
        &mut self,
        op: &'static str,
        object: String,
        key: String,
        detail: Value,
        by_world: bool,
    ) {
        let entry = Entry {
            system: SimSystem::Cin7,
            op,
            object,
            key,
            detail,
            caused_by_world: by_world,
        };
        self.ledger.append(self.now, entry);
    }

    /// Notes an effect on a sale, which counts as a change of it.
    pub(super) fn cin7_note_sale(
        &mut self,
        op: &'static str,
        s: usize,
        key: String,
        detail: Value,
        by_world: bool,
    ) {
        self.cin7.sales[s].updated_at = self.now;
        let object = self.cin7.sales[s].number_text();
        self.cin7_note(op, object, key, detail, by_world);
    }

    /// Units at a location that nobody has a claim to; below zero when more is promised than there is.
    pub(super) fn cin7_free(&self, product: usize, location: usize) -> Dec {
        let here: Dec = self
            .cin7
            .slots(product, location)
            .map(|(_, s)| s.on_hand - s.picked)
            .sum();
        let claimed = self.cin7.reserved.get(&(product, location)).copied();
        here - claimed.unwrap_or_default()
    }

    fn cin7_claim(&mut self, product: usize, location: usize, change: Dec) {
        let claim = self.cin7.reserved.entry((product, location)).or_default();
        *claim += change;
        if *claim == Dec::ZERO {
            self.cin7.reserved.remove(&(product, location));
        }
    }

    /// Reserves what a line still lacks, as far as there is stock; the rest waits. Answers with what was reserved now.
    fn cin7_reserve_line(&mut self, s: usize, at: usize) -> Dec {
        let sale = &self.cin7.sales[s];
        let (line, location) = (&sale.lines[at], sale.location);
        let product = line.product;
        let is_stock = !self.cin7.products[product].is_service && !line.is_drop_ship;
        if !is_stock || !line.backorder.is_positive() {
            return Dec::ZERO;
        }
        let free = self.cin7_free(product, location).or_nothing();
        let taken = line.backorder.min(free);
        if taken.is_positive() {
            let line = &mut self.cin7.sales[s].lines[at];
            line.reserved += taken;
            line.backorder -= taken;
            self.cin7_claim(product, location, taken);
        }
        taken
    }

    /// The order was authorised: everything is reserved or waits, without any error (as the real service does it).
    pub(super) fn cin7_reserve(&mut self, s: usize) {
        let kind = self.cin7.sales[s].kind;
        let allocates = self.cin7.sales[s].order == Stand::Authorised && kind != Kind::Service;
        for at in 0..self.cin7.sales[s].lines.len() {
            let line = &mut self.cin7.sales[s].lines[at];
            line.reserved = Dec::ZERO;
            let is_stock = !self.cin7.products[line.product].is_service && !line.is_drop_ship;
            line.backorder = if allocates && is_stock {
                line.quantity
            } else {
                Dec::ZERO
            };
            self.cin7_reserve_line(s, at);
        }
        self.cin7_queue(s);
    }

    /// Keeps the queue of waiting sales right.
    fn cin7_queue(&mut self, s: usize) {
        let sale = &self.cin7.sales[s];
        if sale.lines.iter().any(|l| l.backorder.is_positive()) {
            self.cin7.waiting.insert(s);
        } else {
            self.cin7.waiting.remove(&s);
        }
    }

    /// The sale no longer wants anything: claims and backorders end. What was picked is not touched.
    pub(super) fn cin7_release(&mut self, s: usize) {
        let location = self.cin7.sales[s].location;
        for at in 0..self.cin7.sales[s].lines.len() {
            let line = &mut self.cin7.sales[s].lines[at];
            let (product, held) = (line.product, line.reserved);
            line.reserved = Dec::ZERO;
            line.backorder = Dec::ZERO;
            self.cin7_claim(product, location, -held);
        }
        self.cin7.waiting.remove(&s);
    }

    /// A pick was authorised: the claim goes from the location to the slot.
    pub(super) fn cin7_take_picked(&mut self, s: usize, slot: &Slot, quantity: Dec) {
        let location = self.cin7.sales[s].location;
        self.cin7.stock.entry(slot.clone()).or_default().picked += quantity;
        let mut left = if slot.location == location {
            quantity
        } else {
            Dec::ZERO
        };
        for at in 0..self.cin7.sales[s].lines.len() {
            let line = &mut self.cin7.sales[s].lines[at];
            if line.product == slot.product {
                let taken = line.reserved.min(left);
                line.reserved -= taken;
                left -= taken;
                self.cin7_claim(slot.product, location, -taken);
            }
        }
        self.cin7_settle(s, slot.product);
    }

    /// Holds reservations and backorders of a product to what is left to pick.
    fn cin7_settle(&mut self, s: usize, product: usize) {
        let location = self.cin7.sales[s].location;
        let allocates = self.cin7.sales[s].order == Stand::Authorised;
        let mut picked = self.cin7.sales[s].picked(product);
        for at in 0..self.cin7.sales[s].lines.len() {
            let line = &mut self.cin7.sales[s].lines[at];
            if line.product != product || line.is_drop_ship {
                continue;
            }
            let done = picked.min(line.quantity);
            picked -= done;
            let open = line.quantity - done;
            let surplus = (line.reserved - open).or_nothing();
            line.reserved -= surplus;
            line.backorder = if allocates {
                open - line.reserved
            } else {
                Dec::ZERO
            };
            self.cin7_claim(product, location, -surplus);
        }
        self.cin7_queue(s);
    }

    /// A pick was taken back: the goods lie on the shelf again, and the order claims them anew.
    pub(super) fn cin7_put_back(&mut self, s: usize, slot: &Slot, quantity: Dec) {
        if let Some(stock) = self.cin7.stock.get_mut(slot) {
            stock.picked -= quantity;
        }
        if self.cin7.sales[s].order.is_authorised() && !self.cin7.sales[s].is_voided {
            self.cin7_settle(s, slot.product);
            for at in 0..self.cin7.sales[s].lines.len() {
                if self.cin7.sales[s].lines[at].product == slot.product {
                    self.cin7_reserve_line(s, at);
                }
            }
            self.cin7_queue(s);
        }
    }

    /// Goods of a shipped box leave.
    pub(super) fn cin7_leave(&mut self, slot: &Slot, quantity: Dec) {
        let stock = self.cin7.stock.entry(slot.clone()).or_default();
        stock.on_hand -= quantity;
        stock.picked -= quantity;
    }

    /// Units on hand of a slot become so many more or fewer; what waits for them is served, oldest order first.
    pub(super) fn cin7_move(&mut self, slot: &Slot, change: Dec) {
        self.cin7.stock.entry(slot.clone()).or_default().on_hand += change;
        if change.is_positive() {
            self.cin7_serve_waiting(slot.product, slot.location);
        }
    }

    /// Stock became free: backorders are filled, oldest order first, at once and without a webhook.
    pub(super) fn cin7_serve_waiting(&mut self, product: usize, location: usize) {
        let queue: Vec<usize> = self.cin7.waiting.iter().copied().collect();
        for s in queue {
            if self.cin7.sales[s].location != location {
                continue;
            }
            let mut got = Dec::ZERO;
            for at in 0..self.cin7.sales[s].lines.len() {
                if self.cin7.sales[s].lines[at].product == product {
                    got += self.cin7_reserve_line(s, at);
                }
            }
            if got.is_positive() {
                self.cin7_queue(s);
                let detail =
                    json!({"sku": self.cin7.products[product].sku, "quantity": got.json()});
                self.cin7_note_sale("Backorder filled", s, String::new(), detail, true);
            }
        }
    }

    /// Availability of every slot of a product. What is reserved at a location is shown on its slots in order.
    pub(super) fn cin7_availability(&self, product: usize) -> Vec<(Slot, Stock, Dec)> {
        let mut out = Vec::new();
        for location in 0..self.cin7.locations.len() {
            let claimed = self.cin7.reserved.get(&(product, location)).copied();
            let mut claimed = claimed.unwrap_or_default();
            let first = out.len();
            for (slot, stock) in self.cin7.slots(product, location) {
                let shown = claimed.min((stock.on_hand - stock.picked).or_nothing());
                claimed -= shown;
                out.push((slot.clone(), *stock, stock.picked + shown));
            }
            // More is reserved than there is: the last slot shows it, as a negative figure.
            if claimed.is_positive() && out.len() > first {
                if let Some(last) = out.last_mut() {
                    last.2 += claimed;
                }
            } else if claimed.is_positive() {
                let slot = self.cin7_loose(product, location);
                out.push((slot, Stock::default(), claimed));
            }
        }
        let zeros = self.config.cin7.switches.lists_zero_rows;
        out.retain(|(_, stock, allocated)| {
            zeros
                || stock.on_hand != Dec::ZERO
                || stock.on_order != Dec::ZERO
                || *allocated != Dec::ZERO
        });
        out
    }

    /// The slot of a product lying in a warehouse without a bin.
    pub(super) fn cin7_loose(&self, product: usize, location: usize) -> Slot {
        Slot {
            product,
            location,
            bin: None,
            batch: String::new(),
            expiry: None,
        }
    }

    /// A row of availability. `StockOnHand` is money.
    pub(super) fn cin7_availability_row(&self, row: &(Slot, Stock, Dec)) -> Value {
        let (slot, stock, allocated) = row;
        let product = &self.cin7.products[slot.product];
        let location = &self.cin7.locations[slot.location];
        json!({
            "ID": product.id, "SKU": product.sku, "Name": product.name, "Barcode": product.barcode,
            "Location": location.name,
            "Bin": slot.bin.map(|bin| location.bins[bin].name.clone()),
            "Batch": text_or_null(&slot.batch), "ExpiryDate": slot.expiry.map(date),
            "OnHand": stock.on_hand.json_point(), "Allocated": allocated.json_point(),
            "Available": (stock.on_hand - *allocated).json_point(),
            "OnOrder": stock.on_order.json_point(),
            "StockOnHand": stock.on_hand.times(product.cost).json_point(),
            "InTransit": 0, "NextDeliveryDate": null,
        })
    }
}

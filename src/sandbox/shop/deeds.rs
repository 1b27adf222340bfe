//! What can happen to orders and stock, whoever does it: the state moves, the ledger is written, events go out.

use super::events::About;
use super::ids;
use super::state::{FulfilmentOrder, Payment, ShopAddress, ShopLevel, ShopLine, ShopOrder};
use crate::domain::time::Ts;
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// Number of the store's first order.
pub const FIRST_NAME: usize = 1_001;

/// An order about to be placed.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub created_at: Ts,
    pub payment: Payment,
    pub lines: Vec<DraftLine>,
    pub address: ShopAddress,
    pub email: String,
    pub buyer_note: String,
    pub rate: String,
    pub postage_minor: i64,
    /// Whether it says where its lines lie; orders entered by another app need not.
    pub names_locations: bool,
}

/// A line about to be ordered.
#[derive(Debug, Clone)]
pub(crate) struct DraftLine {
    /// `None`: an item made up for the order, without a SKU.
    pub variant: Option<usize>,
    pub quantity: i64,
    pub location: usize,
}

impl World {
    /// An order enters the store.
    pub(crate) fn shop_enter(&mut self, draft: Draft) -> usize {
        let ix = self.shop.orders.len();
        let serial = ix as u64 + 1;
        let id = ids::long(self.config.seed, "2107", serial);
        let name = (FIRST_NAME + ix).to_string();
        let line_ids = ids::lines(self.config.seed, serial, draft.lines.len());
        let lines: Vec<ShopLine> = draft
            .lines
            .iter()
            .zip(line_ids)
            .map(|(line, id)| self.shop_line(line, id))
            .collect();
        let fulfilment_orders = self.shop_parts(serial, &lines);
        self.shop.order_by_id.insert(id.clone(), ix);
        self.shop.order_by_name.insert(name.clone(), ix);
        self.shop.orders.push(ShopOrder {
            id,
            name,
            created_at: draft.created_at,
            updated_at: draft.created_at,
            readable_from: Ts::MIN,
            payment: draft.payment,
            names_locations: draft.names_locations,
            paid_at: draft.payment.is_captured().then_some(draft.created_at),
            lines,
            address: draft.address,
            email: draft.email,
            buyer_note: draft.buyer_note,
            rate: draft.rate,
            postage_minor: draft.postage_minor,
            tags: Vec::new(),
            cancelled_at: None,
            cancel_reason: String::new(),
            is_archived: false,
            fulfilments: Vec::new(),
            fulfilment_orders,
            refunds: Vec::new(),
            returns: Vec::new(),
        });
        self.shop
            .by_updated
            .insert((draft.created_at.unix_secs(), ix));
        self.shop_entered(ix);
        ix
    }

    fn shop_entered(&mut self, ix: usize) {
        let order = &self.shop.orders[ix];
        let detail = json!({
            "payment": order.payment.name(), "rate": order.rate, "lines": self.shop_lines_note(ix),
        });
        let is_paid = order.payment.is_captured();
        self.shop_note("Shop order placed", ix, detail, true);
        self.shop_tell("orders/create", About::Order(ix));
        for part in 0..self.shop.orders[ix].fulfilment_orders.len() {
            self.shop_tell("fulfillment_order/create", About::Part(ix, part));
        }
        for at in 0..self.shop.orders[ix].lines.len() {
            let quantity = self.shop.orders[ix].lines[at].quantity;
            self.shop_shift(ix, at, (-quantity, quantity));
        }
        if is_paid {
            self.shop_tell_paid(ix);
        }
    }

    fn shop_line(&self, line: &DraftLine, id: u32) -> ShopLine {
        let bare = ShopLine {
            id,
            variant: None,
            sku: String::new(),
            title: "Made to order".to_owned(),
            variant_title: String::new(),
            quantity: line.quantity,
            removed: 0,
            price_minor: 1_500,
            weight_grams: 200,
            location: line.location,
            needs_shipping: true,
            is_gift_card: false,
            carrier: None,
        };
        let Some(variant) = line.variant else {
            return bare;
        };
        let of = &self.shop.variants[variant];
        ShopLine {
            variant: Some(variant),
            sku: of.sku.clone(),
            title: self.shop.products[of.product].title.clone(),
            variant_title: of.option.clone(),
            price_minor: of.price_minor,
            weight_grams: of.weight_grams,
            needs_shipping: of.needs_shipping,
            is_gift_card: !of.needs_shipping,
            ..bare
        }
    }

    /// One fulfilment order per location and need of shipping.
    fn shop_parts(&self, serial: u64, lines: &[ShopLine]) -> Vec<FulfilmentOrder> {
        let mut parts: Vec<FulfilmentOrder> = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let own = 1_000_000 + u32::try_from((serial * 11 + at as u64) % 900_000).unwrap_or(0);
            let same = |p: &&mut FulfilmentOrder| {
                p.location == line.location && p.needs_shipping == line.needs_shipping
            };
            if let Some(part) = parts.iter_mut().find(same) {
                part.lines.push((own, at));
                continue;
            }
            let number = serial * 10 + parts.len() as u64;
            parts.push(FulfilmentOrder {
                id: ids::digits("400", number, 19),
                location: line.location,
                needs_shipping: line.needs_shipping,
                held: None,
                lines: vec![(own, at)],
            });
        }
        parts
    }

    /// Lines for the ledger.
    pub(super) fn shop_lines_note(&self, ix: usize) -> Vec<Value> {
        let lines = &self.shop.orders[ix].lines;
        lines
            .iter()
            .map(|l| json!({"line": l.id, "sku": l.sku, "qty": l.quantity - l.removed}))
            .collect()
    }

    pub(super) fn shop_note(&mut self, op: &'static str, ix: usize, detail: Value, by_world: bool) {
        let order = &self.shop.orders[ix];
        let (name, id) = (order.name.clone(), order.id.clone());
        self.shop_ledger(op, name, id, detail, by_world);
    }

    /// The order changed just now.
    pub(super) fn shop_touch(&mut self, ix: usize) {
        let before = self.shop.orders[ix].updated_at.unix_secs();
        self.shop.by_updated.remove(&(before, ix));
        self.shop.orders[ix].updated_at = self.now;
        self.shop.by_updated.insert((self.now.unix_secs(), ix));
    }

    fn shop_tell_paid(&mut self, ix: usize) {
        self.shop_tell("order_transactions/create", About::Slip(ix));
        self.shop_tell("orders/paid", About::Order(ix));
        self.shop_tell("orders/updated", About::Order(ix));
    }

    /// The money arrives.
    pub(crate) fn shop_pay_order(&mut self, ix: usize) {
        let before = self.shop.orders[ix].payment;
        self.shop.orders[ix].payment = Payment::Paid;
        self.shop.orders[ix].paid_at = Some(self.now);
        self.shop_touch(ix);
        let detail = json!({"before": before.name(), "after": Payment::Paid.name()});
        self.shop_note("Shop order paid", ix, detail, true);
        self.shop_tell_paid(ix);
    }

    /// The address changes.
    pub(crate) fn shop_readdress(&mut self, ix: usize, address: ShopAddress, by_world: bool) {
        let before = self.shop.orders[ix].address.line1.clone();
        let detail = json!({"line1": {"before": before, "after": address.line1}});
        self.shop.orders[ix].address = address;
        self.shop_touch(ix);
        self.shop_note("Shop address changed", ix, detail, by_world);
        self.shop_tell("orders/updated", About::Order(ix));
    }

    /// Tags are replaced.
    pub(super) fn shop_tag(&mut self, ix: usize, tags: Vec<String>) {
        let order = &mut self.shop.orders[ix];
        let detail = json!({"before": order.tags, "after": tags});
        order.tags = tags;
        self.shop_touch(ix);
        self.shop_note("Shop tags written", ix, detail, false);
        self.shop_tell("orders/updated", About::Order(ix));
    }

    /// Staff change the quantity of a line; 0 leaves the line standing with nothing in it.
    pub(crate) fn shop_edit_line(&mut self, ix: usize, at: usize, quantity: i64) {
        let line = &mut self.shop.orders[ix].lines[at];
        let more = quantity - line.quantity;
        let detail = json!({"line": line.id, "before": line.quantity, "after": quantity});
        line.quantity = quantity;
        self.shop_touch(ix);
        self.shop_note("Shop order edited", ix, detail, true);
        self.shop_tell("orders/edited", About::Order(ix));
        self.shop_tell("orders/updated", About::Order(ix));
        self.shop_tell_parts(ix);
        self.shop_shift(ix, at, (-more, more));
    }

    pub(super) fn shop_tell_parts(&mut self, ix: usize) {
        for part in 0..self.shop.orders[ix].fulfilment_orders.len() {
            self.shop_tell("fulfillment_order/update", About::Part(ix, part));
        }
    }

    /// Cancels an order; what nobody shipped goes back on sale when `restocks`. A refund record is always left.
    pub(crate) fn shop_cancel_order(
        &mut self,
        ix: usize,
        reason: &str,
        restocks: bool,
        by_world: bool,
    ) {
        let left: Vec<(usize, i64)> = (0..self.shop.orders[ix].lines.len())
            .map(|at| (at, self.shop.orders[ix].fulfillable(at)))
            .filter(|(_, quantity)| *quantity > 0)
            .collect();
        let before = self.shop.orders[ix].payment;
        let note = if reason.is_empty() {
            "Seller cancels order"
        } else {
            reason
        };
        let refund = self.shop_cancel_refund(ix, note, &left, restocks);
        let order = &mut self.shop.orders[ix];
        order.cancelled_at = Some(self.now);
        order.cancel_reason = note.to_owned();
        if before.is_captured() {
            order.payment = Payment::Refunded;
        }
        self.shop_touch(ix);
        let detail = json!({
            "reason": note, "restock": restocks, "payment": before.name(),
            "lines": self.shop_lines_note(ix),
        });
        self.shop_note("Shop order cancelled", ix, detail, by_world);
        self.shop_tell("orders/cancelled", About::Order(ix));
        self.shop_tell("refunds/create", About::Refund(ix, refund));
        self.shop_tell("orders/updated", About::Order(ix));
        self.shop_tell_parts(ix);
        for (at, quantity) in left {
            let back = if restocks { quantity } else { 0 };
            self.shop_shift(ix, at, (back, -quantity));
        }
    }

    /// Stores or takes out of the archive.
    pub(crate) fn shop_archive_order(&mut self, ix: usize, is_archived: bool, by_world: bool) {
        self.shop.orders[ix].is_archived = is_archived;
        self.shop_touch(ix);
        let detail = json!({ "archived": is_archived });
        self.shop_note("Shop order archived", ix, detail, by_world);
        self.shop_tell("orders/updated", About::Order(ix));
    }

    /// Deletes an order: it is in no list any more; the event carries it whole.
    pub(crate) fn shop_delete_order(&mut self, ix: usize, by_world: bool) {
        self.shop_note("Shop order deleted", ix, json!({}), by_world);
        self.shop_tell("orders/delete", About::Order(ix));
        self.shop.deleted.insert(ix);
    }

    /// Moves stock of an order's line: (available, committed). Lines that are not counted move nothing.
    pub(super) fn shop_shift(&mut self, ix: usize, at: usize, by: (i64, i64)) {
        let line = &self.shop.orders[ix].lines[at];
        let (Some(variant), location) = (line.variant, line.location) else {
            return;
        };
        self.shop_move((variant, location), by);
    }

    /// Moves stock of a pair: (available, committed).
    pub(super) fn shop_move(&mut self, pair: (usize, usize), by: (i64, i64)) {
        let is_tracked = self.shop.variants[pair.0].is_tracked;
        if !is_tracked || by == (0, 0) {
            return;
        }
        if let Some(level) = &mut self.shop.levels[pair.0][pair.1] {
            level.available += by.0;
            level.committed += by.1;
            level.updated_at = self.now;
            self.shop_tell("inventory_levels/update", About::Level(pair.0, pair.1));
        }
    }

    /// Writes an available figure. A pair that was not connected is connected.
    pub(crate) fn shop_set_available(
        &mut self,
        pair: (usize, usize),
        available: i64,
        op: &'static str,
        source: &str,
        by_world: bool,
    ) {
        let (variant, location) = pair;
        let before = self.shop.levels[variant][location];
        let level = before.unwrap_or(ShopLevel {
            available: 0,
            committed: 0,
            unavailable: 0,
            updated_at: self.now,
        });
        self.shop.levels[variant][location] = Some(ShopLevel {
            available,
            updated_at: self.now,
            ..level
        });
        let object = format!(
            "{}@{}",
            self.shop.variants[variant].sku, self.shop.locations[location].name
        );
        let detail = json!({
            "before": before.map(|l| l.available), "after": available,
            "committed": level.committed, "source": source,
        });
        self.shop_ledger(op, object, source.to_owned(), detail, by_world);
        if before.is_none() {
            self.shop_tell("inventory_levels/connect", About::Level(variant, location));
        }
        self.shop_tell("inventory_levels/update", About::Level(variant, location));
    }
}

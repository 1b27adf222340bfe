//! Changing open orders: status, tags, locks, locations, service, notes, cancel, delete.

use super::params::{Params, Refusal, bool_of, int_of, member, text_of};
use super::render;
use super::service::Out;
use super::state::{Audit, Book, LwOrder, MARKER_PARKED, Note, status};
use crate::sandbox::config::SimSystem;
use crate::sandbox::ledger::Entry;
use crate::sandbox::rng::{Guid, Rng};
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// Most folders of one order.
const FOLDERS_MAX: usize = 50;

impl World {
    /// Appends a Linnworks effect about an order.
    pub(crate) fn lw_note(&mut self, op: &'static str, ix: usize, detail: Value, by_world: bool) {
        let order = &self.lw.orders[ix];
        let entry = Entry {
            system: SimSystem::Linnworks,
            op,
            object: order.number.to_string(),
            key: order.id.to_string(),
            detail,
            caused_by_world: by_world,
        };
        self.ledger.append(self.now, entry);
    }

    /// Appends a row to an order's audit trail.
    pub(crate) fn lw_trail(
        &mut self,
        ix: usize,
        kind: &'static str,
        tag: &'static str,
        note: &str,
    ) {
        let at = self.now;
        self.lw.orders[ix].audit.push(Audit {
            at,
            kind,
            tag,
            note: note.to_owned(),
            user: if tag == "CONFIRMED" {
                "SYNC"
            } else {
                "ops@example.test"
            }
            .to_owned(),
        });
    }

    /// The next line, note or order id.
    pub(crate) fn lw_row_id(&mut self) -> Guid {
        self.lw.rows_made += 1;
        Rng::keyed(self.config.seed, "lw-row", self.lw.rows_made).guid()
    }

    /// Adds (or with −1 takes back) an order's reservation at its location.
    pub(crate) fn lw_reserve(&mut self, ix: usize, sign: i64) {
        let order = &self.lw.orders[ix];
        let location = order.location;
        if !self.lw.locations[location].reserves() {
            return;
        }
        for (item, quantity) in self.lw_units(ix) {
            self.lw.levels[item][location].in_orders += sign * quantity;
        }
    }

    /// Stock units of an order: linked goods, kits by component.
    pub(crate) fn lw_units(&self, ix: usize) -> Vec<(usize, i64)> {
        let mut out = Vec::new();
        for line in &self.lw.orders[ix].lines {
            let Some(item) = line.item.filter(|_| !line.is_service) else {
                continue;
            };
            let parts = &self.lw.items[item].components;
            if parts.is_empty() {
                out.push((item, line.quantity));
            } else {
                out.extend(parts.iter().map(|(part, n)| (*part, n * line.quantity)));
            }
        }
        out
    }

    /// Takes an order out of the open book.
    pub(crate) fn lw_leave(&mut self, ix: usize, book: Book) {
        let order = &mut self.lw.orders[ix];
        if !order.is_open() {
            return;
        }
        let location = order.location;
        let was_locked = order.is_locked;
        if !was_locked {
            self.lw_reserve(ix, -1);
        }
        self.lw.orders[ix].book = book;
        self.lw.open[location].remove(&ix);
        match book {
            Book::Processed(at) => {
                self.lw.processed.insert((at, ix));
            }
            Book::Cancelled(at) => {
                self.lw.cancelled.insert((at, ix));
            }
            Book::Open | Book::Gone(_) => {}
        }
    }

    fn lw_open_ids(&self, ids: &[Guid]) -> Vec<usize> {
        ids.iter()
            .filter_map(|id| self.lw.order_by_id.get(id).copied())
            .filter(|ix| self.lw.orders[*ix].is_open())
            .collect()
    }

    fn lw_open_id(&self, id: Guid) -> Result<usize, Refusal> {
        self.lw_open_ids(&[id])
            .first()
            .copied()
            .ok_or_else(|| Refusal::bad("Order not found"))
    }

    fn lw_guids(&self, found: &[usize]) -> Value {
        found
            .iter()
            .map(|ix| json!(self.lw.orders[*ix].id))
            .collect()
    }

    /// Parked orders are answered as handled and left alone.
    pub(super) fn lw_change_status(&mut self, p: &Params) -> Result<Value, Refusal> {
        let found = self.lw_open_ids(&p.guids("orderIds")?);
        let wanted = u8::try_from(p.int("status")?).map_err(|_| Refusal::invalid())?;
        let is_ignored = p.is_json && self.config.lw.json_state_calls_noop;
        for ix in found.iter().copied() {
            if is_ignored || self.lw.orders[ix].is_parked {
                continue;
            }
            self.lw_set_status(ix, wanted, false);
        }
        Ok(self.lw_guids(&found))
    }

    /// Sets a status; paid stamps the paid date.
    pub(crate) fn lw_set_status(&mut self, ix: usize, wanted: u8, by_world: bool) {
        let now = self.now;
        let order = &mut self.lw.orders[ix];
        let before = order.status;
        order.status = wanted;
        if wanted == status::PAID && order.paid_at.is_none() {
            order.paid_at = Some(now);
        }
        self.lw_trail(
            ix,
            "ORDER_STATUS",
            "CHANGED",
            &format!("Status set to {wanted}"),
        );
        let detail = json!({"before": before, "after": wanted});
        self.lw_note("ChangeStatus", ix, detail, by_world);
    }

    pub(super) fn lw_change_tag(&mut self, p: &Params) -> Result<Value, Refusal> {
        let found = self.lw_open_ids(&p.guids("orderIds")?);
        let tag = p
            .get("tag")
            .as_ref()
            .and_then(int_of)
            .and_then(|n| u8::try_from(n).ok());
        if !(p.is_json && self.config.lw.json_state_calls_noop) {
            for ix in found.iter().copied() {
                self.lw_set_tag(ix, tag, false);
            }
        }
        Ok(self.lw_guids(&found))
    }

    /// Sets or clears the tag; 7 parks, none unparks.
    pub(crate) fn lw_set_tag(&mut self, ix: usize, tag: Option<u8>, by_world: bool) {
        let order = &mut self.lw.orders[ix];
        let before = order.marker;
        order.marker = tag.filter(|t| *t > 0);
        order.is_parked = order.marker == Some(MARKER_PARKED);
        self.lw_note(
            "ChangeOrderTag",
            ix,
            json!({"before": before, "after": tag}),
            by_world,
        );
    }

    pub(super) fn lw_lock(&mut self, p: &Params) -> Result<Out, Refusal> {
        let found = self.lw_open_ids(&p.guids("orderIds")?);
        let wanted = p
            .get("lockOrder")
            .as_ref()
            .and_then(bool_of)
            .ok_or_else(Refusal::invalid)?;
        for ix in found {
            self.lw_set_lock(ix, wanted, false);
        }
        Ok(Out::Nothing)
    }

    /// Locks or unlocks; a locked order reserves nothing.
    pub(crate) fn lw_set_lock(&mut self, ix: usize, wanted: bool, by_world: bool) {
        if self.lw.orders[ix].is_locked == wanted {
            return;
        }
        self.lw_reserve(ix, if wanted { -1 } else { 1 });
        self.lw.orders[ix].is_locked = wanted;
        self.lw_note("LockOrder", ix, json!({"locked": wanted}), by_world);
    }

    pub(super) fn lw_folder(&mut self, p: &Params, assign: bool) -> Result<Value, Refusal> {
        let folder = p.text("folder").unwrap_or_default();
        let found: Vec<usize> = self
            .lw_open_ids(&p.guids("orderIds")?)
            .into_iter()
            .filter(|ix| !self.lw.orders[*ix].is_locked && !self.lw.orders[*ix].is_parked)
            .collect();
        for ix in found.iter().copied() {
            let folders = &mut self.lw.orders[ix].folders;
            folders.retain(|f| *f != folder);
            if assign && folders.len() < FOLDERS_MAX {
                folders.push(folder.clone());
            }
            let op = if assign {
                "AssignToFolder"
            } else {
                "UnassignToFolder"
            };
            self.lw_note(op, ix, json!({ "folder": folder }), false);
        }
        Ok(self.lw_guids(&found))
    }

    pub(super) fn lw_move(&mut self, p: &Params) -> Result<Value, Refusal> {
        let ids = p.guids("orderIds")?;
        let target = self
            .lw
            .location(p.guid("pkStockLocationId")?)
            .ok_or_else(|| Refusal::bad("Location not found"))?;
        let mut moved = Vec::new();
        let mut errors = serde_json::Map::new();
        for id in ids {
            let text = match self.lw_open_id(id) {
                Err(_) => "Order not found",
                Ok(ix) => {
                    let order = &self.lw.orders[ix];
                    if self.lw.locations[order.location].is_fulfilment_centre {
                        "Order is in a fulfilment centre location"
                    } else if order.is_locked {
                        "Order is locked or parked"
                    } else {
                        self.lw_move_to(ix, target, false);
                        moved.push(id);
                        continue;
                    }
                }
            };
            errors.insert(id.to_string(), json!(text));
        }
        let texts: Vec<Value> = errors.values().cloned().collect();
        Ok(json!({"Errors": texts, "OrdersMoved": moved, "KeyedErrors": errors}))
    }

    /// Moves an open order and its reservation.
    pub(crate) fn lw_move_to(&mut self, ix: usize, target: usize, by_world: bool) {
        let from = self.lw.orders[ix].location;
        let reserves = !self.lw.orders[ix].is_locked;
        if reserves {
            self.lw_reserve(ix, -1);
        }
        self.lw.open[from].remove(&ix);
        self.lw.orders[ix].location = target;
        self.lw.open[target].insert(ix);
        if reserves {
            self.lw_reserve(ix, 1);
        }
        let detail = json!({
            "before": self.lw.locations[from].name, "after": self.lw.locations[target].name,
        });
        self.lw_note("MoveToLocation", ix, detail, by_world);
    }

    pub(super) fn lw_change_service(&mut self, p: &Params) -> Result<Value, Refusal> {
        let found = self.lw_open_ids(&p.guids("orderIds")?);
        let name = p.text("shippingMethod").unwrap_or_default();
        let service = self
            .lw
            .services
            .iter()
            .position(|s| s.name == name)
            .ok_or_else(|| Refusal::bad(format!("Postal service '{name}' not found")))?;
        for ix in found.iter().copied() {
            self.lw.orders[ix].service = service;
            self.lw_note("ChangeShippingMethod", ix, json!({ "after": name }), false);
        }
        Ok(self.lw_guids(&found))
    }

    /// Omitted members stay as they are; the zero GUID means the default service.
    pub(super) fn lw_set_shipping(&mut self, p: &Params) -> Result<Value, Refusal> {
        let id = p.guid("orderId")?;
        let info = p.get("info").ok_or_else(Refusal::invalid)?;
        let ix = match self.lw.order_by_id.get(&id).copied() {
            Some(ix) => ix,
            None => return Err(Refusal::bad("Order not found")),
        };
        match self.lw.orders[ix].book {
            Book::Open => {}
            Book::Gone(_) => return Err(Refusal::bad("Order not found")),
            _ => return Err(Refusal::bad("Order is already processed")),
        }
        if self.lw.orders[ix].is_locked {
            return Err(Refusal::bad("Order is locked or parked"));
        }
        let service = match member(&info, "PostalServiceId").map(text_of) {
            None => None,
            Some(text) => {
                let id = Guid::parse(&text).ok_or_else(Refusal::invalid)?;
                let at = self.lw.services.iter().position(|s| s.id == id);
                Some(at.ok_or_else(|| Refusal::bad("Postal service not found"))?)
            }
        };
        let tracking = member(&info, "TrackingNumber").map(text_of);
        let before = self.lw.orders[ix].tracking.clone();
        let order = &mut self.lw.orders[ix];
        order.service = service.unwrap_or(order.service);
        if let Some(tracking) = tracking {
            order.tracking = tracking;
        }
        if let Some(cost) = member(&info, "PostageCost").and_then(Value::as_f64) {
            order.postage_minor = (cost * 100.0).round() as i64;
        }
        let detail = json!({
            "tracking_before": before, "tracking": order.tracking,
            "service": self.lw.services[order.service].name,
        });
        self.lw_note("SetOrderShippingInfo", ix, detail, false);
        let order = &self.lw.orders[ix];
        Ok(json!({"TotalsInfo": render::totals(order), "ShippingInfo": self.lw_shipping(order)}))
    }

    pub(super) fn lw_add_note(&mut self, p: &Params) -> Result<Value, Refusal> {
        let text = p.text("NoteText").unwrap_or_default();
        let is_internal = p.flag("IsInternal", false);
        let mut rows = Vec::new();
        for id in p.guids("OrderIds")? {
            let known = self.lw.order_by_id.get(&id).copied();
            let Some(ix) = known.filter(|ix| !matches!(self.lw.orders[*ix].book, Book::Gone(_)))
            else {
                continue;
            };
            let note = Note {
                id: self.lw_row_id(),
                at: self.now,
                text: text.clone(),
                is_internal,
                author: "ops@example.test".to_owned(),
            };
            rows.push(render::note(id, &note));
            self.lw.orders[ix].notes.push(note);
            self.lw_note("AddOrdersNote", ix, json!({ "note": text }), false);
        }
        Ok(json!({ "OrderNotes": rows }))
    }

    /// Replaces all notes.
    pub(super) fn lw_set_notes(&mut self, p: &Params) -> Result<Out, Refusal> {
        let ix = self.lw_open_id(p.guid("orderId")?)?;
        let mut notes = Vec::new();
        for row in p.list("orderNotes") {
            notes.push(Note {
                id: self.lw_row_id(),
                at: self.now,
                text: member(&row, "Note").map(text_of).unwrap_or_default(),
                is_internal: member(&row, "Internal").and_then(bool_of).unwrap_or(false),
                author: "ops@example.test".to_owned(),
            });
        }
        let detail = json!({"before": self.lw.orders[ix].notes.len(), "after": notes.len()});
        self.lw.orders[ix].notes = notes;
        self.lw_note("SetOrderNotes", ix, detail, false);
        Ok(Out::Nothing)
    }

    pub(super) fn lw_cancel(&mut self, p: &Params) -> Result<Value, Refusal> {
        let id = p.guid("orderId")?;
        p.decimal("refund")?;
        let ix = self.lw_open_id(id)?;
        let order = &self.lw.orders[ix];
        if order.is_locked || order.is_parked {
            return Err(Refusal::bad("Order is locked or parked"));
        }
        self.lw_cancel_order(ix, &p.text("note").unwrap_or_default(), false);
        Ok(json!(""))
    }

    /// Cancels an open order: it moves to the processed book, flagged.
    pub(crate) fn lw_cancel_order(&mut self, ix: usize, note: &str, by_world: bool) {
        self.lw_leave(ix, Book::Cancelled(self.now));
        self.lw_trail(ix, "ORDER_CANCELLED", "CANCELLED", note);
        self.lw_note("CancelOrder", ix, json!({ "note": note }), by_world);
    }

    pub(super) fn lw_delete(&mut self, p: &Params) -> Result<Out, Refusal> {
        let ix = self.lw_open_id(p.guid("orderId")?)?;
        self.lw_delete_order(ix, false);
        Ok(Out::Nothing)
    }

    /// Deletes an open order: it is in no book afterwards.
    pub(crate) fn lw_delete_order(&mut self, ix: usize, by_world: bool) {
        self.lw_leave(ix, Book::Gone(self.now));
        self.lw_note("DeleteOrder", ix, json!({}), by_world);
    }

    /// Puts a new order into the open book and reserves its stock.
    pub(crate) fn lw_enter(&mut self, order: LwOrder) -> usize {
        let ix = self.lw.orders.len();
        self.lw.order_by_id.insert(order.id, ix);
        self.lw.order_by_number.insert(order.number, ix);
        self.lw
            .orders_by_reference
            .entry(order.reference.clone())
            .or_default()
            .push(ix);
        let location = order.location;
        self.lw.orders.push(order);
        self.lw.open[location].insert(ix);
        if !self.lw.orders[ix].is_locked {
            self.lw_reserve(ix, 1);
        }
        ix
    }
}

//! Fulfilments of a sale: added and voided; and where exactly a line of a stage lies.

use super::params::{Body, Query, Refusal};
use super::sale::{Fulfilment, Kind, Stand};
use super::state::Slot;
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// Refuses a write because of a status, in the words that integrations look for.
pub(super) fn status_refusal(stage: &str, status: Stand) -> Refusal {
    Refusal::bad(format!("{stage} Status is {}", status.word()))
}

impl World {
    /// Sale and fulfilment of a `TaskID`.
    pub(super) fn cin7_task_of(
        &self,
        task: crate::sandbox::rng::Guid,
    ) -> Result<(usize, usize), Refusal> {
        let found = self.cin7.task(task);
        let (s, f) = found.ok_or_else(|| Refusal::bad("Fulfilment task not found"))?;
        if self.cin7.sales[s].kind == Kind::Service {
            return Err(Refusal::bad("Service sale has no fulfilment"));
        }
        Ok((s, f))
    }

    /// The fulfilment as it stands.
    pub(super) fn cin7_at(&self, (s, f): (usize, usize)) -> &Fulfilment {
        &self.cin7.sales[s].fulfilments[f]
    }

    pub(super) fn cin7_at_mut(&mut self, (s, f): (usize, usize)) -> &mut Fulfilment {
        &mut self.cin7.sales[s].fulfilments[f]
    }

    fn cin7_fulfilments_answer(&self, s: usize) -> Value {
        let sale = &self.cin7.sales[s];
        json!({"SaleID": sale.id, "Fulfilments": self.cin7_fulfilments(sale, &self.cin7_ship_to(s))})
    }

    /// `GET sale/fulfilment`.
    pub(super) fn cin7_get_fulfilments(&self, query: &Query) -> Result<Value, Refusal> {
        let s = self.cin7_sale_ix(query.need_guid("SaleID")?)?;
        Ok(self.cin7_fulfilments_answer(s))
    }

    /// `POST sale/fulfilment`: a further fulfilment; a simple sale becomes an advanced one for good.
    pub(super) fn cin7_post_fulfilment(&mut self, body: &Body) -> Result<Value, Refusal> {
        let s = self.cin7_sale_ix(body.need_guid("SaleID")?)?;
        if self.cin7.sales[s].kind == Kind::Service {
            return Err(Refusal::bad("Service sale has no fulfilment"));
        }
        self.cin7_add_fulfilment(s, false)?;
        Ok(self.cin7_fulfilments_answer(s))
    }

    pub(super) fn cin7_add_fulfilment(
        &mut self,
        s: usize,
        by_world: bool,
    ) -> Result<usize, Refusal> {
        let sale = &self.cin7.sales[s];
        if !sale.order.is_authorised() {
            return Err(status_refusal("Order", sale.order));
        }
        if sale.live().any(|f| f.pick.status.is_open()) {
            return Err(Refusal::bad(
                "There is non authorised Fulfilment in this sale.",
            ));
        }
        let task = self.cin7_guid();
        let sale = &mut self.cin7.sales[s];
        let number = sale.fulfilments.len() + 1;
        sale.fulfilments
            .push(Fulfilment::new(task, number, Stand::Draft));
        sale.kind = Kind::Advanced;
        self.cin7_note_sale(
            "Fulfilment added",
            s,
            task.to_string(),
            json!({"number": number}),
            by_world,
        );
        Ok(number - 1)
    }

    /// `DELETE sale/fulfilment`: answers 200 even where it does nothing.
    pub(super) fn cin7_delete_fulfilment(&mut self, query: &Query) -> Result<Value, Refusal> {
        let at = self.cin7_task_of(query.need_guid("TaskID")?)?;
        let s = at.0;
        if self.cin7.sales[s].kind != Kind::Advanced {
            return Err(Refusal::bad(
                "Fulfilment of a Simple Sale cannot be deleted",
            ));
        }
        let is_draft = self.cin7_at(at).pick.status.is_open();
        if is_draft || self.config.cin7.switches.delete_reaches_authorised {
            self.cin7_void_fulfilment(at, query.flag("Void"));
        }
        Ok(self.cin7_fulfilments_answer(s))
    }

    fn cin7_void_fulfilment(&mut self, at: (usize, usize), is_void: bool) {
        let held = self.cin7_at(at).clone();
        let f = self.cin7_at_mut(at);
        f.pick.status = if is_void { Stand::Voided } else { Stand::Draft };
        f.pack.status = if is_void {
            Stand::Voided
        } else {
            Stand::NotAvailable
        };
        f.ship.status = f.pack.status;
        f.pick.lines.clear();
        f.pack.lines.clear();
        f.ship.lines.clear();
        for line in held.shipped() {
            // Shipping took it from both figures; on hand again it is first this sale's, then free.
            let stock = self.cin7.stock.entry(line.slot.clone()).or_default();
            stock.on_hand += line.quantity;
            stock.picked += line.quantity;
        }
        if held.pick.status == Stand::Authorised {
            for line in &held.pick.lines {
                self.cin7_put_back(at.0, &line.slot, line.quantity);
                self.cin7_serve_waiting(line.slot.product, line.slot.location);
            }
        }
        let op = if is_void {
            "Fulfilment voided"
        } else {
            "Fulfilment undone"
        };
        self.cin7_note_sale(op, at.0, held.task.to_string(), json!({}), false);
    }

    /// Place of a line: `LocationID`, else `Location` as `Warehouse` or `Warehouse: Bin`.
    pub(super) fn cin7_place(
        &self,
        row: &Body,
        name: &str,
        id: &str,
    ) -> Result<(usize, Option<usize>), Refusal> {
        let text = row.text(name);
        let not_found = |what: &str| {
            Refusal::bad(format!(
                "Location '{what}' was not found in Locations reference book"
            ))
        };
        if let Some(guid) = row.guid(id)? {
            for (at, place) in self.cin7.locations.iter().enumerate() {
                if place.id == guid {
                    return Ok((at, None));
                }
                if let Some(bin) = place.bins.iter().position(|b| b.id == guid) {
                    return Ok((at, Some(bin)));
                }
            }
            return Err(not_found(&text.unwrap_or_else(|| guid.to_string())));
        }
        let text = text.ok_or_else(|| Refusal::missing(name))?;
        if let Some(at) = self.cin7.location_named(&text) {
            return Ok((at, None));
        }
        let (place, bin) = text.split_once(": ").ok_or_else(|| not_found(&text))?;
        let at = self
            .cin7
            .location_named(place)
            .ok_or_else(|| not_found(&text))?;
        let is_it = |b: &super::state::Cin7Bin| b.name.eq_ignore_ascii_case(bin.trim());
        let bin = self.cin7.locations[at].bins.iter().position(is_it);
        Ok((at, Some(bin.ok_or_else(|| not_found(&text))?)))
    }

    /// Slot of a line: product, place, batch and expiry exactly as named.
    pub(super) fn cin7_slot(&self, row: &Body) -> Result<Slot, Refusal> {
        let product = self.cin7_product_of(row)?;
        let (location, bin) = self.cin7_place(row, "Location", "LocationID")?;
        let batch = row.text("BatchSN").unwrap_or_default();
        if self.cin7.products[product].is_batched && batch.is_empty() {
            return Err(Refusal::missing("BatchSN"));
        }
        Ok(Slot {
            product,
            location,
            bin,
            batch,
            expiry: row.day("ExpiryDate")?,
        })
    }
}

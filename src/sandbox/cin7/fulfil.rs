//! Fulfilments: added, voided, picked, packed. Pick needs the order authorised, pack the pick; once authorised a stage
//! takes no further write.

use super::decimal::Dec;
use super::params::{Body, Query, Refusal};
use super::state::{Fulfilment, Kind, Slot, StageLine, Stand};
use crate::sandbox::faults::FaultKind;
use crate::sandbox::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Longest name of a box, characters.
const BOX_CHARS_MAX: usize = 256;

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
        if is_draft || self.config.cin7.delete_reaches_authorised {
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

    fn cin7_stage_lines(
        &self,
        s: usize,
        body: &Body,
        is_pack: bool,
    ) -> Result<Vec<StageLine>, Refusal> {
        let mut out = Vec::new();
        for row in body.list("Lines") {
            let slot = self.cin7_slot(&row)?;
            let sku = &self.cin7.products[slot.product].sku;
            if !self.cin7.sales[s]
                .lines
                .iter()
                .any(|l| l.product == slot.product)
            {
                return Err(Refusal::bad(format!(
                    "Product with SKU '{sku}' is not in the order"
                )));
            }
            let quantity = row
                .dec("Quantity")?
                .ok_or_else(|| Refusal::missing("Quantity"))?;
            if !quantity.is_positive() {
                return Err(Refusal::invalid("Quantity"));
            }
            let box_name = row.text("Box").unwrap_or_default();
            if is_pack && box_name.chars().count() > BOX_CHARS_MAX {
                let text = format!(
                    "Attribute 'Box' length can't be more than {BOX_CHARS_MAX} characters."
                );
                return Err(Refusal::bad(text));
            }
            out.push(StageLine {
                slot,
                quantity,
                box_name,
            });
        }
        Ok(out)
    }

    fn cin7_stage_answer(&self, at: (usize, usize), is_pack: bool) -> Value {
        let f = self.cin7_at(at);
        let stage = if is_pack { &f.pack } else { &f.pick };
        let mut out = self.cin7_stage(stage, is_pack);
        out["TaskID"] = json!(f.task);
        out
    }

    /// `GET sale/fulfilment/pick` and `…/pack`.
    pub(super) fn cin7_get_stage(&self, query: &Query, is_pack: bool) -> Result<Value, Refusal> {
        let at = self.cin7_task_of(query.need_guid("TaskID")?)?;
        let mut out = self.cin7_stage_answer(at, is_pack);
        let f = self.cin7_at(at);
        let is_offered = is_pack
            && self.config.cin7.offers_pack_lines
            && f.pack.status == Stand::NotAvailable
            && f.pick.status == Stand::Authorised;
        if is_offered {
            let lines = f.pick.lines.iter();
            out["Lines"] = lines.map(|l| self.cin7_stage_line(l, true)).collect();
        }
        Ok(out)
    }

    /// A write that is answered with 200 and not carried out.
    fn cin7_is_dropped(&self) -> bool {
        self.faults.current == Some(FaultKind::DroppedLine)
    }

    /// `POST` and `PUT sale/fulfilment/pick`.
    pub(super) fn cin7_write_pick(&mut self, body: &Body) -> Result<Value, Refusal> {
        let at = self.cin7_task_of(body.need_guid("TaskID")?)?;
        let s = at.0;
        let (order, pick) = (self.cin7.sales[s].order, self.cin7_at(at).pick.status);
        if !order.is_authorised() {
            return Err(status_refusal("Order", order));
        }
        if !pick.is_open() {
            return Err(status_refusal("Pick", pick));
        }
        let is_auto = body.text("AutoPickMode").is_some_and(|m| m == "AUTOPICK");
        let (lines, is_final) = if is_auto {
            (self.cin7_auto_lines(s), true)
        } else {
            let is_final = read_status(body)?;
            (self.cin7_stage_lines(s, body, false)?, is_final)
        };
        self.cin7_check_pick(s, &lines)?;
        if is_final && lines.is_empty() {
            return Err(Refusal::bad("Lines are required to authorise Pick."));
        }
        if !self.cin7_is_dropped() {
            self.cin7_pick(at, lines, is_final, false);
        }
        Ok(self.cin7_stage_answer(at, false))
    }

    /// What Cin7 Core would pick itself: everything reserved, from the slots in order.
    pub(super) fn cin7_auto_lines(&self, s: usize) -> Vec<StageLine> {
        let sale = &self.cin7.sales[s];
        let mut wanted: BTreeMap<usize, Dec> = BTreeMap::new();
        for line in &sale.lines {
            if line.reserved.is_positive() {
                *wanted.entry(line.product).or_default() += line.reserved;
            }
        }
        let mut out = Vec::new();
        for (product, mut left) in wanted {
            for (slot, stock) in self.cin7.slots(product, sale.location) {
                let quantity = left.min(stock.on_hand - stock.picked);
                if quantity.is_positive() {
                    left -= quantity;
                    let (slot, box_name) = (slot.clone(), String::new());
                    out.push(StageLine {
                        slot,
                        quantity,
                        box_name,
                    });
                }
            }
        }
        out
    }

    /// Nothing beyond the order, the allocation, or what lies in the slot can be picked.
    fn cin7_check_pick(&self, s: usize, lines: &[StageLine]) -> Result<(), Refusal> {
        let sale = &self.cin7.sales[s];
        let mut by_slot: BTreeMap<&Slot, Dec> = BTreeMap::new();
        let mut by_place: BTreeMap<(usize, usize), Dec> = BTreeMap::new();
        let mut by_product: BTreeMap<usize, Dec> = BTreeMap::new();
        for line in lines {
            let (slot, product) = (&line.slot, line.slot.product);
            let is_stock = !self.cin7.products[product].is_service;
            let stock = self.cin7.stock.get(slot).copied().unwrap_or_default();
            let own: Dec = sale
                .lines
                .iter()
                .filter(|l| l.product == product && sale.location == slot.location)
                .map(|l| l.reserved)
                .sum();
            let in_slot = by_slot.entry(slot).or_default();
            let in_place = by_place.entry((product, slot.location)).or_default();
            let of_product = by_product.entry(product).or_default();
            let free = self.cin7_free(product, slot.location).or_nothing();
            let mut most = sale.ordered(product) - sale.picked(product) - *of_product;
            if is_stock {
                most = most
                    .min(stock.on_hand - stock.picked - *in_slot)
                    .min(own + free - *in_place);
            }
            if line.quantity > most {
                let sku = &self.cin7.products[product].sku;
                let text = format!(
                    "Available quantity for product (SKU: {sku}) is {}, cannot pick {}",
                    most.or_nothing(),
                    line.quantity
                );
                return Err(Refusal::bad(text));
            }
            *in_slot += line.quantity;
            *in_place += line.quantity;
            *of_product += line.quantity;
        }
        Ok(())
    }

    /// Writes a pick that was checked.
    pub(super) fn cin7_pick(
        &mut self,
        at: (usize, usize),
        lines: Vec<StageLine>,
        is_final: bool,
        by_world: bool,
    ) {
        let pick = &mut self.cin7_at_mut(at).pick;
        pick.lines.clone_from(&lines);
        pick.status = if is_final {
            Stand::Authorised
        } else {
            Stand::Draft
        };
        let key = self.cin7_at(at).task.to_string();
        if is_final {
            for line in &lines {
                self.cin7_take_picked(at.0, &line.slot, line.quantity);
            }
        }
        let detail = json!({"authorised": is_final, "lines": self.cin7_goods(&lines)});
        self.cin7_note_sale("Pick", at.0, key, detail, by_world);
        if is_final {
            self.cin7_tell("Sale/PickAuthorised", at.0, Some(at.1));
        }
    }

    /// SKU, place and quantity of lines, for the ledger.
    pub(super) fn cin7_goods(&self, lines: &[StageLine]) -> Value {
        let row = |l: &StageLine| {
            json!({"sku": self.cin7.products[l.slot.product].sku, "place": self.cin7.place_name(&l.slot),
                "batch": l.slot.batch, "qty": l.quantity.json(), "box": l.box_name})
        };
        lines.iter().map(row).collect()
    }

    /// `POST sale/fulfilment/pack` adds lines, `PUT` replaces them.
    pub(super) fn cin7_write_pack(
        &mut self,
        body: &Body,
        replaces: bool,
    ) -> Result<Value, Refusal> {
        let at = self.cin7_task_of(body.need_guid("TaskID")?)?;
        let f = self.cin7_at(at);
        let (pick, pack) = (f.pick.status, f.pack.status);
        let is_simple = self.cin7.sales[at.0].kind == Kind::Simple;
        if pick != Stand::Authorised {
            return Err(status_refusal("Pick", pick));
        }
        if is_simple && !self.config.cin7.simple_has_pack {
            return Err(Refusal::bad("Pack is not available for Simple Sale"));
        }
        if !pack.is_open() {
            return Err(status_refusal("Pack", pack));
        }
        let is_final = read_status(body)?;
        let mut lines = if replaces {
            Vec::new()
        } else {
            f.pack.lines.clone()
        };
        lines.extend(self.cin7_stage_lines(at.0, body, true)?);
        self.cin7_check_pack(at, &lines)?;
        if is_final && lines.is_empty() {
            return Err(Refusal::bad("Lines are required to authorise Pack."));
        }
        if is_final && lines.iter().any(|l| l.box_name.is_empty()) {
            return Err(Refusal::missing("Box"));
        }
        if !self.cin7_is_dropped() {
            self.cin7_pack(at, lines, is_final, false);
        }
        Ok(self.cin7_stage_answer(at, true))
    }

    /// Nothing can be packed that was not picked there.
    fn cin7_check_pack(&self, at: (usize, usize), lines: &[StageLine]) -> Result<(), Refusal> {
        let mut left: BTreeMap<&Slot, Dec> = BTreeMap::new();
        for line in &self.cin7_at(at).pick.lines {
            *left.entry(&line.slot).or_default() += line.quantity;
        }
        for line in lines {
            let most = left.entry(&line.slot).or_default();
            if line.quantity > *most {
                let sku = &self.cin7.products[line.slot.product].sku;
                let text = format!(
                    "Picked quantity for product (SKU: {sku}) is {most}, cannot pack {}",
                    line.quantity
                );
                return Err(Refusal::bad(text));
            }
            *most -= line.quantity;
        }
        Ok(())
    }

    /// Writes a pack that was checked.
    pub(super) fn cin7_pack(
        &mut self,
        at: (usize, usize),
        lines: Vec<StageLine>,
        is_final: bool,
        by_world: bool,
    ) {
        let detail = json!({"authorised": is_final, "lines": self.cin7_goods(&lines)});
        let f = self.cin7_at_mut(at);
        f.pack.lines = lines;
        f.pack.status = if is_final {
            Stand::Authorised
        } else {
            Stand::Draft
        };
        let key = f.task.to_string();
        self.cin7_note_sale("Pack", at.0, key, detail, by_world);
        if is_final {
            self.cin7_tell("Sale/PackAuthorised", at.0, Some(at.1));
        }
    }
}

/// Whether a stage is to be final.
fn read_status(body: &Body) -> Result<bool, Refusal> {
    match body.need_text("Status")?.as_str() {
        "DRAFT" => Ok(false),
        "AUTHORISED" => Ok(true),
        _ => Err(Refusal::invalid("Status")),
    }
}

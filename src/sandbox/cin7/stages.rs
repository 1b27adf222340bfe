//! Pick and pack: checked against order, allocation and shelf; once authorised they take no further write.

use super::decimal::Dec;
use super::fulfil::status_refusal;
use super::params::{Body, Query, Refusal};
use super::sale::{Kind, StageLine, Stand};
use super::state::Slot;
use crate::sandbox::faults::FaultKind;
use crate::sandbox::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Longest name of a box, characters.
const BOX_CHARS_MAX: usize = 256;

impl World {
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
            && self.config.cin7.switches.offers_pack_lines
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
        if is_simple && !self.config.cin7.switches.simple_has_pack {
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

//! Stock adjustments: `Quantity` is the new figure, not a difference, and without `UpdateOnHand` it aims at *available*.

use super::decimal::Dec;
use super::params::{Body, Query, Refusal};
use super::render::{date, text_or_null};
use super::state::{AdjustedLine, Cin7Adjustment, Slot};
use crate::sandbox::world::World;
use serde_json::{Value, json};

impl World {
    /// On hand and available of a slot.
    pub(super) fn cin7_figures(&self, slot: &Slot) -> (Dec, Dec) {
        let rows = self.cin7_availability(slot.product);
        let row = rows.iter().find(|(at, _, _)| at == slot);
        row.map_or((Dec::ZERO, Dec::ZERO), |(_, stock, allocated)| {
            (stock.on_hand, stock.on_hand - *allocated)
        })
    }

    fn cin7_adjustment_lines(&self, body: &Body) -> Result<Vec<AdjustedLine>, Refusal> {
        let mut out: Vec<AdjustedLine> = Vec::new();
        for row in body.list("Lines") {
            let slot = self.cin7_slot(&row)?;
            let product = &self.cin7.products[slot.product];
            if product.is_service {
                let text = format!("Product with SKU '{}' is not a stock product", product.sku);
                return Err(Refusal::bad(text));
            }
            if !product.is_batched && !slot.batch.is_empty() {
                let text = format!("Product with SKU '{}' does not have batches", product.sku);
                return Err(Refusal::bad(text));
            }
            let target = row
                .dec("Quantity")?
                .ok_or_else(|| Refusal::missing("Quantity"))?;
            if target < Dec::ZERO {
                return Err(Refusal::invalid("Quantity"));
            }
            if out.iter().any(|l| l.slot == slot) {
                return Err(Refusal::bad(format!(
                    "Duplicate line for product '{}'",
                    product.sku
                )));
            }
            let (on_hand_before, available_before) = self.cin7_figures(&slot);
            out.push(AdjustedLine {
                is_existing: self.cin7.stock.contains_key(&slot),
                slot,
                target,
                on_hand_before,
                available_before,
                unit_cost: row.dec("UnitCost")?.unwrap_or(product.cost),
                comments: row.text("Comments").unwrap_or_default(),
            });
        }
        if out.is_empty() {
            return Err(Refusal::missing("Lines"));
        }
        Ok(out)
    }

    /// `POST` (a new one) and `PUT stockadjustment` (a draft, by `TaskID`).
    pub(super) fn cin7_write_adjustment(
        &mut self,
        body: &Body,
        is_new: bool,
    ) -> Result<Value, Refusal> {
        let is_final = match body.need_text("Status")?.as_str() {
            "DRAFT" => false,
            "COMPLETED" => true,
            _ => return Err(Refusal::invalid("Status")),
        };
        let effective = body
            .day("EffectiveDate")?
            .ok_or_else(|| Refusal::missing("EffectiveDate"))?;
        self.cin7_check_period(effective)?;
        self.cin7_meddle();
        let held = self.cin7_draft_adjustment(body, is_new)?;
        let lines = self.cin7_adjustment_lines(body)?;
        let aims_at_on_hand = body.flag("UpdateOnHand").unwrap_or(false);
        let changes = |l: &AdjustedLine| change_of(l, aims_at_on_hand) != Dec::ZERO;
        if is_final
            && !self.config.cin7.switches.makes_empty_adjustments
            && !lines.iter().any(changes)
        {
            return Err(Refusal::bad(
                "Quantities are equal to stock levels, no need to create Stock Adjustment.",
            ));
        }
        let at = self.cin7_keep_adjustment(held, body, effective, lines);
        if is_final {
            self.cin7_complete(at, false);
        }
        Ok(self.cin7_adjustment(at))
    }

    /// The draft a change means; `None` for a new one.
    fn cin7_draft_adjustment(&self, body: &Body, is_new: bool) -> Result<Option<usize>, Refusal> {
        if is_new {
            return Ok(None);
        }
        let at = self.cin7_adjustment_at(body.need_guid("TaskID")?)?;
        match self.cin7.adjustments[at].status {
            "DRAFT" => Ok(Some(at)),
            status => Err(Refusal::bad(format!("Stock Adjustment Status is {status}"))),
        }
    }

    /// Stores an adjustment as a draft, in the place of an earlier one where there is one.
    fn cin7_keep_adjustment(
        &mut self,
        held: Option<usize>,
        body: &Body,
        effective: chrono::NaiveDate,
        lines: Vec<AdjustedLine>,
    ) -> usize {
        let at = held.unwrap_or(self.cin7.adjustments.len());
        let task = match held {
            Some(at) => self.cin7.adjustments[at].task,
            None => self.cin7_guid(),
        };
        let new = Cin7Adjustment {
            task,
            number: format!("ST-{:05}", at + 1),
            status: "DRAFT",
            effective,
            account: body.text("Account").unwrap_or_else(|| "403".to_owned()),
            reference: body.text("Reference").unwrap_or_default(),
            comment: body.text("Comment").unwrap_or_default(),
            aims_at_on_hand: body.flag("UpdateOnHand").unwrap_or(false),
            lines,
        };
        match held {
            Some(at) => self.cin7.adjustments[at] = new,
            None => self.cin7.adjustments.push(new),
        }
        at
    }

    /// Books an adjustment; stock changes now, whatever its date says.
    pub(super) fn cin7_complete(&mut self, at: usize, by_world: bool) {
        self.cin7.adjustments[at].status = "COMPLETED";
        let held = self.cin7.adjustments[at].clone();
        for line in &held.lines {
            let change = change_of(line, held.aims_at_on_hand);
            let (before, _) = self.cin7_figures(&line.slot);
            let product = &self.cin7.products[line.slot.product];
            let object = format!("{}@{}", product.sku, self.cin7.place_name(&line.slot));
            let detail = json!({
                "before": before.json(), "after": (before + change).json(),
                "available_before": line.available_before.json(), "target": line.target.json(),
                "on_hand": held.aims_at_on_hand, "task": held.task, "comment": held.comment,
                "batch": line.slot.batch,
            });
            self.cin7_note(
                "Adjustment",
                object,
                held.reference.clone(),
                detail,
                by_world,
            );
            self.cin7_move(&line.slot, change);
            self.cin7_tell_stock(line.slot.product);
        }
    }

    fn cin7_adjustment_at(&self, task: crate::sandbox::rng::Guid) -> Result<usize, Refusal> {
        let found = self.cin7.adjustments.iter().position(|a| a.task == task);
        found.ok_or_else(|| Refusal::bad("Stock Adjustment not found"))
    }

    /// `GET stockadjustment`.
    pub(super) fn cin7_get_adjustment(&self, query: &Query) -> Result<Value, Refusal> {
        let at = self.cin7_adjustment_at(query.need_guid("TaskID")?)?;
        Ok(self.cin7_adjustment(at))
    }

    /// `DELETE stockadjustment`, by `ID`: voids or undoes a draft; a completed one answers 200 and stays.
    pub(super) fn cin7_delete_adjustment(&mut self, query: &Query) -> Result<Value, Refusal> {
        let at = self.cin7_adjustment_at(query.need_guid("ID")?)?;
        if self.cin7.adjustments[at].status == "DRAFT" && query.flag("Void") {
            self.cin7.adjustments[at].status = "VOIDED";
        }
        Ok(self.cin7_adjustment(at))
    }

    fn cin7_adjustment(&self, at: usize) -> Value {
        let held = &self.cin7.adjustments[at];
        let row = |l: &AdjustedLine| {
            let product = &self.cin7.products[l.slot.product];
            json!({
                "ProductID": product.id, "SKU": product.sku, "ProductName": product.name,
                "LocationID": self.cin7.place_id(&l.slot), "Location": self.cin7.place_name(&l.slot),
                "BatchSN": text_or_null(&l.slot.batch), "ExpiryDate": l.slot.expiry.map(date),
                "Comments": l.comments,
            })
        };
        let (mut existing, mut new) = (Vec::new(), Vec::new());
        let mut value = Dec::ZERO;
        for line in &held.lines {
            let mut out = row(line);
            value += change_of(line, held.aims_at_on_hand).times(line.unit_cost);
            if line.is_existing {
                out["QuantityOnHand"] = line.on_hand_before.json();
                out["Available"] = line.available_before.json();
                out["Adjustment"] = line.target.json();
                existing.push(out);
            } else {
                out["Quantity"] = line.target.json();
                out["UnitCost"] = line.unit_cost.json();
                out["ReceivedDate"] = json!(date(held.effective));
                new.push(out);
            }
        }
        let transactions = if held.status == "COMPLETED" {
            json!([{"ID": held.task, "Debit": "715: Inventory", "Credit": "403: Cost Of Goods Sold",
                "Amount": value.json(), "EffectiveDate": date(held.effective)}])
        } else {
            json!([])
        };
        json!({
            "TaskID": held.task, "EffectiveDate": date(held.effective), "StocktakeNumber": held.number,
            "Status": held.status, "Account": held.account, "Reference": held.reference,
            "Comment": held.comment, "UpdateOnHand": held.aims_at_on_hand,
            "ExistingStockLines": existing, "NewStockLines": new, "Transactions": transactions,
        })
    }

    /// `GET stockadjustmentList`: no times, no filter but the status.
    pub(super) fn cin7_adjustment_list(&self, query: &Query) -> Value {
        let wanted = query.text("Status");
        let rows = self
            .cin7
            .adjustments
            .iter()
            .filter(|a| wanted.is_none_or(|w| a.status.eq_ignore_ascii_case(w)))
            .map(|a| {
                json!({"TaskID": a.task, "EffectiveDate": date(a.effective), "StocktakeNumber": a.number,
                    "Status": a.status, "Account": a.account, "Reference": a.reference, "Comment": a.comment})
            })
            .collect();
        self.cin7_page(query, "StockAdjustmentList", rows)
    }
}

/// By how much a line changes units on hand.
fn change_of(line: &AdjustedLine, aims_at_on_hand: bool) -> Dec {
    if aims_at_on_hand {
        line.target - line.on_hand_before
    } else {
        line.target - line.available_before
    }
}

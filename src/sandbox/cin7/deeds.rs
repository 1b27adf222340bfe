//! What people in the account do in one go: ship a sale, credit it, set a figure.

use super::decimal::Dec;
use super::render::{TAX_RULE, tax_of, today};
use super::sale::{CreditLine, CreditNote, Kind, RestockLine, ShipLine, StageLine, Stand};
use super::state::{AdjustedLine, Cin7Adjustment, Slot};
use crate::sandbox::world::World;

impl World {
    /// Picks, packs and ships everything allocated. False when a stage is under way or nothing is allocated.
    pub(super) fn cin7_fulfil_whole(&mut self, s: usize, tracking: &str) -> bool {
        let lines = self.cin7_auto_lines(s);
        if lines.is_empty() || !self.cin7.sales[s].order.is_authorised() {
            return false;
        }
        let sale = &self.cin7.sales[s];
        let open = sale
            .fulfilments
            .iter()
            .position(|f| f.pick.status.is_open());
        let at = match open {
            Some(f) => (s, f),
            None => match self.cin7_add_fulfilment(s, true) {
                Ok(f) => (s, f),
                Err(_) => return false,
            },
        };
        let packed: Vec<StageLine> = lines
            .iter()
            .map(|l| StageLine {
                box_name: "Box 1".to_owned(),
                ..l.clone()
            })
            .collect();
        self.cin7_pick(at, lines, true, true);
        self.cin7_pack(at, packed, true, true);
        let line = ShipLine {
            id: self.cin7_guid(),
            date: Some(today(self.now)),
            carrier: self.cin7.sales[s].carrier.clone(),
            boxes: vec!["Box 1".to_owned()],
            tracking: tracking.to_owned(),
            is_shipped: true,
        };
        self.cin7_ship(at, vec![line], true, true);
        self.cin7_tell_stock_of_sale(s);
        true
    }

    /// A line of money at the list price.
    fn cin7_credit_line(&self, (product, quantity): (usize, Dec)) -> CreditLine {
        let price = self.cin7.products[product].price;
        let total = price.times(quantity);
        CreditLine {
            product,
            quantity,
            price,
            discount_percent: Dec::ZERO,
            tax: tax_of(total),
            total,
            tax_rule: TAX_RULE.0.to_owned(),
            account: "200".to_owned(),
        }
    }

    /// Credits products of an invoiced sale. False when there is no invoice, or the one note of a simple sale is final.
    pub(super) fn cin7_credit(
        &mut self,
        s: usize,
        goods: &[(usize, Dec)],
        restocks: bool,
        memo: &str,
    ) -> bool {
        let sale = &self.cin7.sales[s];
        let Some(invoice) = sale.invoices.iter().find(|i| i.status.is_authorised()) else {
            return false;
        };
        let is_simple = sale.kind == Kind::Simple;
        let held = sale
            .credit_notes
            .iter()
            .position(|n| n.status == Stand::Draft);
        if is_simple && held.is_none() && !sale.credit_notes.is_empty() {
            return false;
        }
        let invoice_number = invoice.number.clone();
        let lines: Vec<CreditLine> = goods.iter().map(|g| self.cin7_credit_line(*g)).collect();
        let date = today(self.now);
        let back = |(product, quantity): &(usize, Dec)| {
            let slot = self.cin7_loose(*product, sale.location);
            RestockLine {
                from: slot.clone(),
                to: slot,
                quantity: *quantity,
                date: Some(date),
            }
        };
        let restock = goods.iter().filter(|_| restocks).map(back).collect();
        let task = if is_simple { sale.id } else { self.cin7_guid() };
        let note = CreditNote {
            task,
            number: String::new(),
            status: Stand::Draft,
            invoice_number,
            memo: memo.to_owned(),
            date,
            lines,
            restock,
        };
        self.cin7_keep_note(s, held, note, true, true);
        true
    }

    /// Somebody books an adjustment in the program itself.
    pub(super) fn cin7_adjust_by_hand(&mut self, slot: Slot, target: Dec, comment: &str) {
        let (on_hand_before, available_before) = self.cin7_figures(&slot);
        if on_hand_before == target {
            return;
        }
        let line = AdjustedLine {
            is_existing: self.cin7.stock.contains_key(&slot),
            unit_cost: self.cin7.products[slot.product].cost,
            slot,
            target,
            on_hand_before,
            available_before,
            comments: String::new(),
        };
        let adjustment = Cin7Adjustment {
            task: self.cin7_guid(),
            number: format!("ST-{:05}", self.cin7.adjustments.len() + 1),
            status: "DRAFT",
            effective: today(self.now),
            account: "403".to_owned(),
            reference: String::new(),
            comment: comment.to_owned(),
            aims_at_on_hand: true,
            lines: vec![line],
        };
        self.cin7.adjustments.push(adjustment);
        self.cin7_complete(self.cin7.adjustments.len() - 1, true);
    }
}

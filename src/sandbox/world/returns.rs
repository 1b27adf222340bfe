//! Goods that come back: the floor receives, inspects, puts away or disposes, by itself in opening hours or by hand.

use super::hands::{HandError, unknown};
use super::{Event, World};
use crate::domain::time::Span;
use crate::sandbox::pvx::movements::{RETURN_REASON, RETURNED};
use crate::sandbox::pvx::returns::{PvxReceipt, ReturnPlace};
use crate::sandbox::rng::Rng;
use serde_json::json;

/// What happens to a return by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReturnStep {
    /// The parcel arrives: position of the return.
    Arrive(usize),
    /// Somebody looks at units: position of the receipt.
    Inspect(usize),
    /// They go back on the shelf, or out.
    Settle(usize),
}

impl World {
    /// The goods of an announced return are on their way, in a world whose floor works returns by itself.
    pub(crate) fn plan_return(&mut self, ix: usize) {
        let is_announced = self.pvx.returns.receipts.iter().any(|r| r.held == Some(ix));
        if !self.config.traits.works_returns || is_announced {
            return;
        }
        let number = self.pvx.returns.held[ix].number.clone();
        let mut dice = Rng::named(self.config.seed, "return-arrives", &number);
        if dice.chance(self.config.traits.return_never_comes) {
            return;
        }
        let at = self.floor_time(Span::mins(dice.between(60, 360)));
        self.schedule(at, Event::Return(ReturnStep::Arrive(ix)));
    }

    pub(super) fn return_happens(&mut self, step: ReturnStep) {
        match step {
            ReturnStep::Arrive(ix) => self.parcel_arrives(ix),
            ReturnStep::Inspect(at) => {
                let receipt = &self.pvx.returns.receipts[at];
                let name = format!("{}/{at}", receipt.code);
                let mut dice = Rng::named(self.config.seed, "return-inspected", &name);
                let is_fit = !dice.chance(self.config.traits.return_damaged);
                self.look_at(at, is_fit);
                let due = self.floor_time(Span::mins(dice.between(10, 90)));
                self.schedule(due, Event::Return(ReturnStep::Settle(at)));
            }
            ReturnStep::Settle(at) => self.settle_receipt(at),
        }
    }

    fn parcel_arrives(&mut self, ix: usize) {
        // A second save of the items plans a second arrival; goods come once.
        if self.pvx.returns.receipts.iter().any(|r| r.held == Some(ix)) {
            return;
        }
        let held = self.pvx.returns.held[ix].clone();
        let mut dice = Rng::named(self.config.seed, "return-received", &held.number);
        let is_short = dice.chance(self.config.traits.return_short);
        for (n, line) in held.lines.iter().enumerate() {
            let missing = i64::from(is_short && n == 0 && line.quantity > 1);
            for _ in 0..line.quantity - missing {
                let goods = (line.item, line.line.clone(), 1);
                let at = self.book_receipt(Some(ix), held.order, goods);
                let due = self.floor_time(Span::mins(dice.between(30, 240)));
                self.schedule(due, Event::Return(ReturnStep::Inspect(at)));
            }
        }
    }

    fn book_receipt(
        &mut self,
        held: Option<usize>,
        order: usize,
        (item, line, quantity): (usize, String, i64),
    ) -> usize {
        let at = self.pvx.returns.receipts.len();
        let code = format!("RET{:06}", at + 1);
        self.pvx.returns.receipts.push(PvxReceipt {
            code: code.clone(),
            at: self.now,
            held,
            order,
            line,
            item,
            quantity,
            is_reusable: None,
            place: ReturnPlace::Received,
            moved_at: self.now,
            place_before: ReturnPlace::Received,
        });
        let number = self.pvx.orders[order].number.clone();
        let detail = json!({"receipt": code, "quantity": quantity});
        self.pvx_note("Floor return received", number, code, detail, true);
        at
    }

    fn move_receipt(&mut self, at: usize, place: ReturnPlace) {
        let now = self.now;
        let receipt = &mut self.pvx.returns.receipts[at];
        receipt.place_before = receipt.place;
        receipt.place = place;
        receipt.moved_at = now;
        let (code, quantity) = (receipt.code.clone(), receipt.quantity);
        let number = self.pvx.orders[receipt.order].number.clone();
        let detail = json!({"place": place.name(), "quantity": quantity});
        self.pvx_note("Floor return moved", number, code, detail, true);
    }

    fn look_at(&mut self, at: usize, is_fit: bool) {
        self.pvx.returns.receipts[at].is_reusable = Some(is_fit);
        self.move_receipt(at, ReturnPlace::Inspected);
    }

    /// Fit goods go on the shelf, the others out of the building.
    fn settle_receipt(&mut self, at: usize) {
        let receipt = self.pvx.returns.receipts[at].clone();
        if receipt.place != ReturnPlace::Inspected {
            return;
        }
        if receipt.is_reusable == Some(true) {
            self.move_receipt(at, ReturnPlace::ReturnedToStock);
            let site = receipt.held.map_or(0, |h| self.pvx.returns.held[h].site);
            let order = self.pvx.orders[receipt.order].number.clone();
            let goods = (receipt.item, site, receipt.quantity);
            self.pvx_record(RETURNED, goods, &order);
            self.pvx_move(receipt.item, site, receipt.quantity, RETURN_REASON);
        } else {
            self.move_receipt(at, ReturnPlace::Disposed);
        }
    }

    fn return_at(&self, number: &str) -> Result<usize, HandError> {
        let found = self.pvx.returns.by_number.get(number).copied();
        found.ok_or_else(|| unknown("return", number))
    }

    /// The floor receives units of an announced return; answers with the receipt's code.
    ///
    /// # Errors
    /// When return or item are unknown.
    pub fn receive_return(
        &mut self,
        number: &str,
        code: &str,
        quantity: i64,
    ) -> Result<String, HandError> {
        let ix = self.return_at(number)?;
        let item = self.pvx.item_by_code.get(code).copied();
        let item = item.ok_or_else(|| unknown("item", code))?;
        let held = &self.pvx.returns.held[ix];
        let line = held.lines.iter().find(|l| l.item == item);
        let line = line.map(|l| l.line.clone()).unwrap_or_default();
        let order = held.order;
        let at = self.book_receipt(Some(ix), order, (item, line, quantity));
        Ok(self.pvx.returns.receipts[at].code.clone())
    }

    /// Goods of an order come back that nobody announced; answers with the receipt's code.
    ///
    /// # Errors
    /// When order or item are unknown.
    pub fn receive_unannounced(
        &mut self,
        order: &str,
        code: &str,
        quantity: i64,
    ) -> Result<String, HandError> {
        let ix = self.pvx.order_by_number.get(order).copied();
        let ix = ix.ok_or_else(|| unknown("order", order))?;
        let item = self.pvx.item_by_code.get(code).copied();
        let item = item.ok_or_else(|| unknown("item", code))?;
        let at = self.book_receipt(None, ix, (item, String::new(), quantity));
        Ok(self.pvx.returns.receipts[at].code.clone())
    }

    fn receipt_at(&self, code: &str) -> Result<usize, HandError> {
        let found = self
            .pvx
            .returns
            .receipts
            .iter()
            .position(|r| r.code == code);
        found.ok_or_else(|| unknown("receipt", code))
    }

    /// Somebody looks at received units.
    ///
    /// # Errors
    /// When the receipt is unknown.
    pub fn inspect_return(&mut self, code: &str, is_fit: bool) -> Result<(), HandError> {
        let at = self.receipt_at(code)?;
        self.look_at(at, is_fit);
        Ok(())
    }

    /// Inspected units go on the shelf, or out of the building when they are not fit.
    ///
    /// # Errors
    /// When the receipt is unknown.
    pub fn settle_return(&mut self, code: &str) -> Result<(), HandError> {
        let at = self.receipt_at(code)?;
        self.settle_receipt(at);
        Ok(())
    }
}

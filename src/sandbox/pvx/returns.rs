//! Return authorisations, their items, and the report of what came back, line by line.

use super::clause::{Clause, Value};
use super::columns::List;
use super::save::{Action, Cells, RowResult};
use super::tables::Row;
use crate::domain::time::Ts;
use crate::sandbox::world::World;
use serde_json::json;
use std::collections::BTreeMap;

const HEADS: List = List::Returns;
const ITEMS: List = List::ReturnItems;

/// An authorised return. It is tied to the order its goods left with.
#[derive(Debug, Clone)]
pub struct PvxReturn {
    pub number: String,
    pub order: usize,
    pub customer: String,
    pub comment: String,
    pub site: usize,
    pub is_complete: bool,
    pub created_at: Ts,
    pub lines: Vec<PvxReturnLine>,
}

/// A line of it.
#[derive(Debug, Clone)]
pub struct PvxReturnLine {
    pub line: String,
    pub item: usize,
    pub quantity: i64,
    pub reason: String,
    pub created_at: Ts,
}

/// Where returned units are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnPlace {
    Received,
    Inspected,
    ReturnedToStock,
    Disposed,
}

impl ReturnPlace {
    /// The word of the report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Received => "Received",
            Self::Inspected => "Inspected",
            Self::ReturnedToStock => "Returned to Stock",
            Self::Disposed => "Disposed",
        }
    }
}

/// Units that came back.
#[derive(Debug, Clone)]
pub struct PvxReceipt {
    pub code: String,
    pub at: Ts,
    /// Position of the return that announced them.
    pub held: Option<usize>,
    pub order: usize,
    pub line: String,
    pub item: usize,
    pub quantity: i64,
    pub is_reusable: Option<bool>,
    pub place: ReturnPlace,
    /// When the place last changed, and the one before, for stale reads.
    pub moved_at: Ts,
    pub place_before: ReturnPlace,
}

/// The returns of the warehouse.
#[derive(Debug, Default)]
pub struct Returns {
    pub held: Vec<PvxReturn>,
    pub by_number: BTreeMap<String, usize>,
    pub receipts: Vec<PvxReceipt>,
}

impl Returns {
    /// A return by its number.
    pub fn get(&self, number: &str) -> Option<&PvxReturn> {
        self.by_number.get(number).and_then(|ix| self.held.get(*ix))
    }
}

impl World {
    pub(super) fn pvx_check_return(&self, row: &Cells) -> Result<(), String> {
        let line = row.line;
        let number = row.text(HEADS, "RMANumber");
        let known = self.pvx.returns.get(number);
        let order = row.text(HEADS, "SalesOrderNumber");
        // Unmatched ones are refused.
        if known.is_none() && self.pvx.order(order).is_none() {
            return Err(format!("Line {line} : Sales order '{order}' not found"));
        }
        let site = row.text(HEADS, "Site");
        if !site.is_empty() && self.pvx.site(site).is_none() {
            return Err(format!("Line {line} : Site '{site}' not found"));
        }
        Ok(())
    }

    pub(super) fn pvx_check_return_item(&self, row: &Cells) -> Result<(), String> {
        let line = row.line;
        let number = row.text(ITEMS, "RMANumber");
        if self.pvx.returns.get(number).is_none() {
            return Err(format!("Line {line} : Return '{number}' not found"));
        }
        let code = row.text(ITEMS, "ItemCode");
        let item = self.pvx.item_by_code.get(code);
        if item.is_none_or(|ix| self.pvx.items[*ix].is_deleted) {
            return Err(format!("Line {line} : Item type '{code}' not found"));
        }
        let quantity = row.text(ITEMS, "Quantity").trim().parse::<i64>();
        match quantity {
            Ok(n) if n > 0 => Ok(()),
            _ => Err(format!("Line {line} : Quantity has an invalid value")),
        }
    }

    pub(super) fn pvx_save_returns(&mut self, rows: &[Cells], action: Action) -> Vec<RowResult> {
        let mut results = Vec::with_capacity(rows.len());
        for row in rows {
            let number = row.text(HEADS, "RMANumber").to_owned();
            let outcome = self.pvx_check(HEADS, row, action);
            if outcome.is_ok() {
                self.pvx_write_return(&number, row);
            }
            results.push((number, outcome));
        }
        results
    }

    fn pvx_write_return(&mut self, number: &str, row: &Cells) {
        let is_new = !self.pvx.returns.by_number.contains_key(number);
        let order = row.text(HEADS, "SalesOrderNumber").to_owned();
        if is_new {
            let ix = self.pvx.returns.held.len();
            let order = self.pvx.order_by_number.get(&order).copied();
            let site = self.pvx.site(row.text(HEADS, "Site")).unwrap_or_default();
            self.pvx.returns.held.push(PvxReturn {
                number: number.to_owned(),
                order: order.unwrap_or_default(),
                customer: row.text(HEADS, "CustomerName").to_owned(),
                comment: row.text(HEADS, "Comment").to_owned(),
                site,
                is_complete: false,
                created_at: self.now,
                lines: Vec::new(),
            });
            self.pvx.returns.by_number.insert(number.to_owned(), ix);
        }
        let detail = json!({"created": is_new, "order": order});
        self.pvx_note(
            "SaveData Return authorisations",
            number.to_owned(),
            order,
            detail,
            false,
        );
    }

    pub(super) fn pvx_save_return_items(
        &mut self,
        rows: &[Cells],
        action: Action,
    ) -> Vec<RowResult> {
        let mut results = Vec::with_capacity(rows.len());
        let mut written: Vec<usize> = Vec::new();
        for row in rows {
            let number = row.text(ITEMS, "RMANumber").to_owned();
            let outcome = self.pvx_check(ITEMS, row, action);
            if outcome.is_ok()
                && let Some(ix) = self.pvx.returns.by_number.get(&number).copied()
            {
                self.pvx_write_return_item(ix, row);
                if !written.contains(&ix) {
                    written.push(ix);
                }
            }
            results.push((number, outcome));
        }
        for ix in written {
            let held = &self.pvx.returns.held[ix];
            let units: i64 = held.lines.iter().map(|l| l.quantity).sum();
            let number = held.number.clone();
            let detail = json!({"lines": held.lines.len(), "units": units});
            self.pvx_note(
                "SaveData Return authorisation items",
                number,
                String::new(),
                detail,
                false,
            );
            self.plan_return(ix);
        }
        results
    }

    fn pvx_write_return_item(&mut self, ix: usize, row: &Cells) {
        let line = row.text(ITEMS, "Line").to_owned();
        let item = self.pvx.item_by_code.get(row.text(ITEMS, "ItemCode"));
        let item = item.copied().unwrap_or_default();
        let quantity = row.text(ITEMS, "Quantity").trim().parse().unwrap_or(0);
        let now = self.now;
        let held = &mut self.pvx.returns.held[ix];
        let reason = row.text(ITEMS, "Reason").to_owned();
        match held.lines.iter_mut().find(|l| l.line == line) {
            Some(found) => (found.item, found.quantity) = (item, quantity),
            None => held.lines.push(PvxReturnLine {
                line,
                item,
                quantity,
                reason,
                created_at: now,
            }),
        }
    }

    /// Rows of the three lists; the caller still tests each.
    pub(super) fn pvx_return_candidates(&self, list: List, clause: &Clause) -> Vec<Row> {
        let fresh = |at: Ts| self.pvx.stale_since.is_none_or(|since| at <= since);
        if list == List::ReturnsByLine {
            let receipts = self.pvx.returns.receipts.iter().enumerate();
            return receipts
                .filter(|(_, r)| fresh(r.at))
                .map(|(ix, _)| Row::Receipt(ix))
                .collect();
        }
        let held: Vec<usize> = match clause.texts_of(0) {
            Some(numbers) => {
                let known = &self.pvx.returns.by_number;
                let mut found: Vec<usize> = numbers
                    .iter()
                    .filter_map(|n| known.get(n).copied())
                    .collect();
                found.sort_unstable();
                found.dedup();
                found
            }
            None => (0..self.pvx.returns.held.len()).collect(),
        };
        let held = held
            .into_iter()
            .filter(|ix| fresh(self.pvx.returns.held[*ix].created_at));
        if list == List::Returns {
            return held.map(Row::Return).collect();
        }
        held.flat_map(|ix| {
            let lines = self.pvx.returns.held[ix].lines.iter().enumerate();
            let fresh = lines.filter(|(_, l)| fresh(l.created_at));
            fresh
                .map(|(at, _)| Row::ReturnLine(ix, at))
                .collect::<Vec<_>>()
        })
        .collect()
    }

    pub(super) fn pvx_return_cell(&self, ix: usize, line: Option<usize>, name: &str) -> Value {
        let held = &self.pvx.returns.held[ix];
        let row = line.and_then(|at| held.lines.get(at));
        let text = match name {
            "RMANumber" => held.number.clone(),
            "SalesOrderNumber" => self.pvx.orders[held.order].number.clone(),
            "CustomerName" => held.customer.clone(),
            "Comment" if line.is_none() => held.comment.clone(),
            "Status" if held.is_complete => "Completed".to_owned(),
            "Status" => "Awaiting Receipt".to_owned(),
            "Site" => self.pvx.sites[held.site].reference.clone(),
            "Line" => row.map(|l| l.line.clone()).unwrap_or_default(),
            "ItemCode" => row
                .map(|l| self.pvx.items[l.item].code.clone())
                .unwrap_or_default(),
            "Quantity" => return Value::Int(row.map_or(0, |l| l.quantity)),
            "Reason" => row.map(|l| l.reason.clone()).unwrap_or_default(),
            _ => String::new(),
        };
        Value::Text(text)
    }

    pub(super) fn pvx_receipt_cell(&self, ix: usize, name: &str) -> Value {
        let receipt = &self.pvx.returns.receipts[ix];
        let held = receipt.held.and_then(|h| self.pvx.returns.held.get(h));
        let is_old = self
            .pvx
            .stale_since
            .is_some_and(|since| receipt.moved_at > since);
        let place = if is_old {
            receipt.place_before
        } else {
            receipt.place
        };
        let fit = match receipt
            .is_reusable
            .filter(|_| place != ReturnPlace::Received)
        {
            Some(true) => "True",
            Some(false) => "False",
            None => "",
        };
        let text = match name {
            "RMA number" => held.map(|h| h.number.clone()).unwrap_or_default(),
            "RMA item line number" => receipt.line.clone(),
            "Sales order number" => self.pvx.orders[receipt.order].number.clone(),
            "Return code" => receipt.code.clone(),
            "Return date" => return Value::Date(receipt.at),
            "Item code" => self.pvx.items[receipt.item].code.clone(),
            "Quantity" => return Value::Int(receipt.quantity),
            "Is reusable" => fit.to_owned(),
            "Return condition" if fit == "False" => "Damaged".to_owned(),
            "Return status" => place.name().to_owned(),
            _ => String::new(),
        };
        Value::Text(text)
    }
}

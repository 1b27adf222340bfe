//! Splitting and merging: new orders, relations kept.

use super::params::{Params, Refusal, bool_of, int_of, member, text_of};
use super::state::{Audit, Book, LwLine, LwOrder, MARKER_PARKED};
use crate::sandbox::rng::{Guid, Rng};
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// One new order of a split: lines (position, quantity), service, parked.
struct Part {
    lines: Vec<(usize, i64)>,
    service: usize,
    is_parked: bool,
}

impl World {
    /// SplitOrder: the asked quantities move to new orders; what is left stays on the old one.
    /// The answer lists the new orders in the order asked.
    pub(super) fn lw_split(&mut self, p: &Params) -> Result<Value, Refusal> {
        let id = p.guid("orderId")?;
        let ix = self
            .lw
            .order_by_id
            .get(&id)
            .copied()
            .filter(|ix| self.lw.orders[*ix].is_open())
            .ok_or_else(|| Refusal::bad("Order not found"))?;
        if self.lw.orders[ix].is_locked {
            return Err(Refusal::bad("Order is locked or parked"));
        }
        let location = p
            .optional_guid("fulfilmentLocationId")?
            .and_then(|l| self.lw.location(l))
            .unwrap_or(self.lw.orders[ix].location);
        let parts: Vec<Part> = p
            .list("newOrders")
            .iter()
            .map(|row| self.lw_part(ix, row))
            .collect::<Result<_, _>>()?;
        if parts.is_empty() || !self.lw_leaves_something(ix, &parts) {
            return Err(Refusal::bad("Nothing to split"));
        }
        let made: Vec<usize> = parts
            .into_iter()
            .map(|part| self.lw_split_off(ix, part.lines, part.service, part.is_parked, location))
            .collect();
        let numbers: Vec<i64> = made.iter().map(|m| self.lw.orders[*m].number).collect();
        self.lw_note("SplitOrder", ix, json!({ "new": numbers }), false);
        Ok(made.into_iter().map(|m| self.lw_open_shape(m)).collect())
    }

    fn lw_part(&self, ix: usize, row: &Value) -> Result<Part, Refusal> {
        let order = &self.lw.orders[ix];
        let items = member(row, "Items")
            .and_then(Value::as_array)
            .ok_or_else(Refusal::invalid)?;
        let mut lines = Vec::new();
        for item in items {
            let line = member(item, "RowId")
                .map(text_of)
                .and_then(|t| Guid::parse(&t))
                .and_then(|row| order.lines.iter().position(|l| l.row == row))
                .ok_or_else(|| Refusal::bad("Order item not found"))?;
            let quantity = member(item, "Quantity")
                .and_then(int_of)
                .filter(|q| *q > 0)
                .ok_or_else(Refusal::invalid)?;
            lines.push((line, quantity));
        }
        let service = member(row, "PostalServiceId")
            .map(text_of)
            .and_then(|t| Guid::parse(&t))
            .and_then(|id| self.lw.services.iter().position(|s| s.id == id))
            .unwrap_or(order.service);
        Ok(Part {
            lines,
            service,
            is_parked: member(row, "ParkOrder").and_then(bool_of).unwrap_or(false),
        })
    }

    fn lw_leaves_something(&self, ix: usize, parts: &[Part]) -> bool {
        let order = &self.lw.orders[ix];
        let mut left: Vec<i64> = order.lines.iter().map(|l| l.quantity).collect();
        for (line, quantity) in parts.iter().flat_map(|p| &p.lines) {
            left[*line] -= quantity;
        }
        left.iter().all(|q| *q >= 0) && left.iter().any(|q| *q > 0)
    }

    /// Moves quantities of lines to a new order.
    pub(crate) fn lw_split_off(
        &mut self,
        ix: usize,
        moved: Vec<(usize, i64)>,
        service: usize,
        is_parked: bool,
        location: usize,
    ) -> usize {
        self.lw_reserve(ix, -1);
        let mut lines = Vec::new();
        for (line, quantity) in moved {
            let row = self.lw_row_id();
            let old = &mut self.lw.orders[ix].lines[line];
            old.quantity -= quantity;
            lines.push(LwLine {
                row,
                quantity,
                ..old.clone()
            });
        }
        self.lw.orders[ix].lines.retain(|l| l.quantity > 0);
        self.lw_reserve(ix, 1);
        let parent = self.lw.orders[ix].clone();
        let child = LwOrder {
            lines,
            service,
            location,
            is_parked,
            marker: is_parked.then_some(MARKER_PARKED),
            postage_minor: 0,
            notes: Vec::new(),
            ..parent
        };
        self.lw_enter_related(ix, child, "SPLIT")
    }

    /// Merges two open orders into a new one with the reference `MERGED`.
    pub(crate) fn lw_merge(&mut self, first: usize, second: usize) -> usize {
        let mut merged = self.lw.orders[first].clone();
        let other = self.lw.orders[second].lines.clone();
        merged.lines.extend(other);
        merged.reference = "MERGED".to_owned();
        merged.postage_minor += self.lw.orders[second].postage_minor;
        for old in [first, second] {
            self.lw_leave(old, Book::Gone(self.now));
            self.lw_note(
                "MergeOrders",
                old,
                json!({"into": self.lw.next_derived}),
                true,
            );
        }
        let child = self.lw_enter_related(first, merged, "MERGE");
        self.lw.relations.push((second, child, "MERGE"));
        child
    }

    fn lw_enter_related(&mut self, parent: usize, mut child: LwOrder, kind: &'static str) -> usize {
        let number = self.lw.next_derived;
        self.lw.next_derived += 1;
        child.id = Rng::keyed(self.config.seed, "lw-order", number.unsigned_abs()).guid();
        child.number = number;
        child.created_at = self.now;
        child.book = Book::Open;
        child.tracking = String::new();
        child.audit = vec![Audit {
            at: self.now,
            kind: "ORDER_CREATED",
            tag: kind,
            note: format!("From {}", self.lw.orders[parent].number),
            user: "ops@example.test".to_owned(),
        }];
        for at in 0..child.lines.len() {
            child.lines[at].row = self.lw_row_id();
        }
        let ix = self.lw_enter(child);
        self.lw.relations.push((parent, ix, kind));
        ix
    }
}

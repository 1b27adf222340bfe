//! Refunds and returns: what they do, and the calls that make and read them.

use super::events::About;
use super::ids;
use super::service::{Call, Out};
use super::state::{Payment, Restock, ShopRefund, ShopRefundLine, ShopReturn, ShopReturnLine};
use super::wire::{Refusal, int_of, text_of};
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// Most refunds in one answer.
const REFUNDS_MAX: usize = 250;
/// Reasons a returned line may have.
const REASONS: &[&str] = &[
    "COLOR",
    "DEFECTIVE",
    "NOT_AS_DESCRIBED",
    "OTHER",
    "SIZE_TOO_LARGE",
    "SIZE_TOO_SMALL",
    "STYLE",
    "UNWANTED",
    "WRONG_ITEM",
];

/// A line to be refunded: position, units, what becomes of the goods.
pub(crate) type RefundRow = (usize, i64, Restock);

impl World {
    fn shop_part_number(&mut self) -> u64 {
        self.shop.parts_made += 1;
        self.shop.parts_made
    }

    /// The record a cancellation leaves. It moves no stock: the cancellation does.
    pub(super) fn shop_cancel_refund(
        &mut self,
        ix: usize,
        note: &str,
        left: &[(usize, i64)],
        restocks: bool,
    ) -> usize {
        let restock = if restocks {
            Restock::Cancel
        } else {
            Restock::None
        };
        let rows: Vec<RefundRow> = left.iter().map(|(at, n)| (*at, *n, restock)).collect();
        let order = &self.shop.orders[ix];
        let amount = if order.payment.is_captured() {
            order.refundable_minor()
        } else {
            0
        };
        self.shop_keep_refund(ix, &rows, amount, note)
    }

    fn shop_keep_refund(
        &mut self,
        ix: usize,
        rows: &[RefundRow],
        amount_minor: i64,
        note: &str,
    ) -> usize {
        let number = self.shop_part_number();
        let lines = rows
            .iter()
            .enumerate()
            .map(|(n, (line, quantity, restock))| ShopRefundLine {
                id: ids::digits("RDP", number * 100 + n as u64, 19),
                line: *line,
                quantity: *quantity,
                restock: *restock,
                subtotal_minor: self.shop.orders[ix].lines[*line].price_minor * quantity,
            })
            .collect();
        let refund = ShopRefund {
            id: ids::digits("260", number, 19),
            at: self.now,
            note: note.to_owned(),
            amount_minor,
            lines,
        };
        let order = &mut self.shop.orders[ix];
        order.refunds.push(refund);
        order.refunds.len() - 1
    }

    /// Money goes back, and goods as each line says: unshipped units leave the order, returned ones may go on sale.
    pub(crate) fn shop_refund_order(
        &mut self,
        ix: usize,
        rows: &[RefundRow],
        amount_minor: i64,
        note: &str,
        by_world: bool,
    ) -> usize {
        let unshipped: Vec<i64> = rows
            .iter()
            .map(|(at, quantity, _)| self.shop.orders[ix].fulfillable(*at).min(*quantity))
            .collect();
        let before = self.shop.orders[ix].refundable_minor();
        let at = self.shop_keep_refund(ix, rows, amount_minor, note);
        let order = &mut self.shop.orders[ix];
        for ((line, _, restock), open) in rows.iter().zip(&unshipped) {
            if *restock != Restock::Return {
                order.lines[*line].removed += open;
            }
        }
        if order.payment.is_captured() && amount_minor > 0 {
            order.payment = if amount_minor >= before {
                Payment::Refunded
            } else {
                Payment::PartiallyRefunded
            };
        }
        self.shop_touch(ix);
        let lines: Vec<Value> = rows
            .iter()
            .map(|(line, quantity, restock)| {
                let line = &self.shop.orders[ix].lines[*line];
                json!({"sku": line.sku, "qty": quantity, "restock": restock.name()})
            })
            .collect();
        let detail = json!({"amount_minor": amount_minor, "note": note, "lines": lines});
        self.shop_note("Shop refund", ix, detail, by_world);
        self.shop_tell("refunds/create", About::Refund(ix, at));
        self.shop_tell("refunds/update", About::Refund(ix, at));
        self.shop_tell("orders/updated", About::Order(ix));
        for ((line, quantity, restock), open) in rows.iter().zip(unshipped) {
            match restock {
                Restock::Return => self.shop_shift(ix, *line, (*quantity, 0)),
                Restock::Cancel => self.shop_shift(ix, *line, (open, -open)),
                Restock::None => self.shop_shift(ix, *line, (0, -open)),
            }
        }
        at
    }

    /// A shopper announces goods coming back. Neither money nor stock moves.
    pub(crate) fn shop_open_return(
        &mut self,
        ix: usize,
        rows: &[(usize, i64)],
        reason: &str,
        by_world: bool,
    ) -> usize {
        let number = self.shop_part_number();
        let lines: Vec<ShopReturnLine> = rows
            .iter()
            .enumerate()
            .map(|(n, (line, quantity))| ShopReturnLine {
                id: ids::digits("RDP", number * 100 + n as u64, 19),
                line: *line,
                fulfilment: self.shop_sent_with(ix, *line),
                quantity: *quantity,
                reason: reason.to_owned(),
                note: String::new(),
            })
            .collect();
        let order = &mut self.shop.orders[ix];
        let id = ids::digits("260", number, 19);
        let goods: Vec<Value> = rows
            .iter()
            .map(|(line, quantity)| json!({"sku": order.lines[*line].sku, "qty": quantity}))
            .collect();
        let detail = json!({"return": id, "reason": reason, "lines": goods});
        order.returns.push(ShopReturn {
            id,
            created_at: self.now,
            status: "OPEN",
            reason: reason.to_owned(),
            lines,
        });
        let at = order.returns.len() - 1;
        self.shop_touch(ix);
        self.shop_note("Shop return opened", ix, detail, by_world);
        self.shop_tell("return/create", About::Return(ix, at));
        self.shop_tell("return/update", About::Return(ix, at));
        self.shop_tell("orders/updated", About::Order(ix));
        at
    }

    fn shop_sent_with(&self, ix: usize, line: usize) -> String {
        self.shop.orders[ix]
            .fulfilments
            .iter()
            .find(|f| f.cancelled_at.is_none() && f.lines.iter().any(|l| l.0 == line))
            .map(|f| f.id.clone())
            .unwrap_or_default()
    }

    /// A return is over.
    pub(crate) fn shop_end_return(&mut self, ix: usize, at: usize, by_world: bool) {
        self.shop.orders[ix].returns[at].status = "CLOSED";
        self.shop_touch(ix);
        let detail = json!({"return": self.shop.orders[ix].returns[at].id});
        self.shop_note("Shop return closed", ix, detail, by_world);
        self.shop_tell("return/update", About::Return(ix, at));
    }

    /// `GET orders/{order}/refunds.json`.
    pub(super) fn shop_refunds(&self, call: &Call) -> Result<Out, Refusal> {
        let order = &self.shop.orders[self.shop_find(call.id(0))?];
        let limit = match call.query.get("limit") {
            None => REFUNDS_MAX,
            Some(text) => text
                .parse::<usize>()
                .ok()
                .filter(|n| (1..=REFUNDS_MAX).contains(n))
                .ok_or_else(|| Refusal::bad("limit is invalid"))?,
        };
        let rows: Vec<Value> = order
            .refunds
            .iter()
            .take(limit)
            .map(|r| self.shop_refund_json(order, r, false))
            .collect();
        Ok(Out::list("refunds", rows))
    }

    /// `GET orders/{order}/refunds/{refund}.json`.
    pub(super) fn shop_one_refund(&self, call: &Call) -> Result<Out, Refusal> {
        let order = &self.shop.orders[self.shop_find(call.id(0))?];
        let refund = order
            .refunds
            .iter()
            .find(|r| r.id == call.id(1))
            .ok_or_else(|| Refusal::missing("refund not found"))?;
        Ok(Out::json(
            json!({"refund": self.shop_refund_json(order, refund, false)}),
        ))
    }

    /// `POST order/refund.json`: a flat body, and the answer in `data`.
    pub(super) fn shop_create_refund(&mut self, call: &Call) -> Result<Out, Refusal> {
        let body = &call.body;
        let ix = self.shop_find(&text_of(&body["order_id"]).unwrap_or_default())?;
        let currency = body["currency"].as_str().unwrap_or(super::wire::CURRENCY);
        if currency != super::wire::CURRENCY {
            let text = format!("currency must be {}", super::wire::CURRENCY);
            return Err(Refusal::not_possible(text));
        }
        let mut rows: Vec<RefundRow> = Vec::new();
        for row in body["refund_line_items"].as_array().into_iter().flatten() {
            let at = int_of(&row["line_item_id"])
                .and_then(|id| u32::try_from(id).ok())
                .and_then(|id| self.shop.orders[ix].line_at(id))
                .ok_or_else(|| Refusal::not_possible("line item not found"))?;
            let quantity = int_of(&row["quantity"]).unwrap_or(0);
            if quantity < 1 || quantity > self.shop.orders[ix].lines[at].quantity {
                return Err(Refusal::not_possible("quantity is invalid"));
            }
            let restock = row["restock_type"].as_str().unwrap_or("no_restock");
            let restock = Restock::parse(restock)
                .ok_or_else(|| Refusal::not_possible("restock_type is invalid"))?;
            rows.push((at, quantity, restock));
        }
        let amount: i64 = body["transactions"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|t| minor(&t["amount"]))
            .sum();
        let note = body["note"].as_str().unwrap_or_default();
        let at = self.shop_refund_order(ix, &rows, amount, note, false);
        let order = &self.shop.orders[ix];
        let mut row = self.shop_refund_json(order, &order.refunds[at], false);
        row["create_at"] = json!(
            self.now
                .since(crate::domain::time::Ts(0))
                .as_ms()
                .to_string()
        );
        Ok(Out::json(json!({ "data": row })))
    }

    /// `GET return.json?id=…&order_id=…`; one of the two is needed.
    pub(super) fn shop_returns(&self, call: &Call) -> Result<Out, Refusal> {
        let (id, order_id) = (call.query.get("id"), call.query.get("order_id"));
        if id.is_none() && order_id.is_none() {
            return Err(Refusal::bad("id or order_id is required"));
        }
        let orders: Vec<usize> = match order_id {
            Some(order) => self.shop_find(order).ok().into_iter().collect(),
            None => (0..self.shop.orders.len()).collect(),
        };
        let rows: Vec<Value> = orders
            .into_iter()
            .map(|ix| &self.shop.orders[ix])
            .flat_map(|order| order.returns.iter().map(move |back| (order, back)))
            .filter(|(_, back)| id.is_none_or(|id| id == back.id))
            .map(|(order, back)| self.shop_return_json(order, back))
            .collect();
        Ok(Out::list("returns", rows))
    }

    /// `POST return/create.json`: `order_seq` is the order's id here.
    pub(super) fn shop_create_return(&mut self, call: &Call) -> Result<Out, Refusal> {
        let ix = self.shop_find(&text_of(&call.body["order_seq"]).unwrap_or_default())?;
        let mut rows: Vec<(usize, i64)> = Vec::new();
        let mut reason = call.body["return_reason"]
            .as_str()
            .unwrap_or("OTHER")
            .to_owned();
        for row in call.body["return_line_items"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let order = &self.shop.orders[ix];
            let at = int_of(&row["line_item_id"])
                .and_then(|id| u32::try_from(id).ok())
                .and_then(|id| order.line_at(id))
                .ok_or_else(|| Refusal::not_possible("line item not found"))?;
            let quantity = int_of(&row["quantity"]).unwrap_or(0);
            if quantity < 1 || quantity > order.shipped(at) {
                return Err(Refusal::not_possible("returnable quantity is not enough"));
            }
            if let Some(own) = row["return_reason"].as_str() {
                reason = own.to_owned();
            }
            rows.push((at, quantity));
        }
        if rows.is_empty() || !REASONS.contains(&reason.as_str()) {
            return Err(Refusal::not_possible("return_line_items is invalid"));
        }
        let at = self.shop_open_return(ix, &rows, &reason, false);
        let order = &self.shop.orders[ix];
        Ok(Out::json(
            json!({"return": self.shop_return_json(order, &order.returns[at])}),
        ))
    }

    /// `POST return/{return}/close.json`; the answer has no body.
    pub(super) fn shop_close_return(&mut self, call: &Call) -> Result<Out, Refusal> {
        let found = self.shop.orders.iter().enumerate().find_map(|(ix, order)| {
            let at = order.returns.iter().position(|r| r.id == call.id(0))?;
            Some((ix, at))
        });
        let (ix, at) = found.ok_or_else(|| Refusal::missing("return not found"))?;
        self.shop_end_return(ix, at, false);
        Ok(Out::nothing())
    }
}

/// Money of a request in minor units: text or number.
fn minor(value: &Value) -> Option<i64> {
    let text = text_of(value)?;
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole: i64 = whole.parse().ok()?;
    let fraction = format!("{fraction:0<2}");
    let cents: i64 = fraction.get(..2)?.parse().ok()?;
    whole.checked_mul(100)?.checked_add(cents)
}

//! Refunds and returns. They are different things: a refund moves money (and stock when it says so), a return announces
//! goods and by itself moves neither.

use super::fulfilment::at_most;
use super::order::{Payment, need};
use super::wire;
use crate::domain::ids::Sku;
use crate::domain::order::{ClaimedUnits, SourceRefund, SourceReturn, SourceReturnState};
use crate::domain::time::Ts;
use crate::vendors::scalar::{Fault, Read, Scalar};

/// What a refund did with the stock of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Restock {
    /// Nothing.
    None,
    /// Unshipped goods went back on sale.
    Cancel,
    /// Returned goods went back on sale.
    Return,
}

/// A line of a refund.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RefundLine {
    /// Id of the order's line.
    pub row_id: String,
    pub qty_each: i64,
    pub restock: Restock,
    pub subtotal_minor: i64,
    pub tax_minor: i64,
}

/// A refund. Cancelling an order always leaves one, paid or not.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Refund {
    pub id: String,
    pub order_id: String,
    pub note: String,
    pub created_at: Option<Ts>,
    pub lines: Vec<RefundLine>,
}

impl Refund {
    /// In the house's terms. Units that went back on sale because they were never sent are no goods that could come back.
    pub(super) fn in_trade(&self, payment: Payment) -> SourceRefund {
        let goods = self.lines.iter().filter(|l| l.restock != Restock::Cancel);
        let lines: Vec<ClaimedUnits> = goods
            .filter(|l| l.qty_each > 0)
            .map(|l| ClaimedUnits {
                row_id: l.row_id.clone(),
                qty_each: l.qty_each,
            })
            .collect();
        // The copy inside the order leaves the adjustments out: without lines the amount is not told.
        let named = self.lines.iter().map(|l| l.subtotal_minor + l.tax_minor);
        SourceRefund {
            id: self.id.clone(),
            at: self.created_at,
            is_whole: self.lines.is_empty() && payment == Payment::Refunded,
            amount_minor: (!self.lines.is_empty()).then(|| named.sum()),
            memo: String::new(),
            lines,
        }
    }
}

/// Where a return stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReturnState {
    Requested,
    Open,
    Closed,
    Declined,
    Cancelled,
}

/// `status` in capitals; one or two Ls in the last.
const RETURN_STATES: [(&str, ReturnState); 6] = [
    ("REQUESTED", ReturnState::Requested),
    ("OPEN", ReturnState::Open),
    ("CLOSED", ReturnState::Closed),
    ("DECLINED", ReturnState::Declined),
    ("CANCELLED", ReturnState::Cancelled),
    ("CANCELED", ReturnState::Cancelled),
];

/// A line of a return.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReturnLine {
    pub id: String,
    pub fulfilment_id: Option<String>,
    /// Id of the order's line, when told.
    pub row_id: Option<String>,
    pub sku: Sku,
    pub qty_each: i64,
    /// Why, as SHOPLINE words it, for example `DEFECTIVE`.
    pub reason: String,
    pub note: String,
}

impl Return {
    /// In the house's terms; a line that does not say which line of the order it is cannot be matched and is left out.
    pub(super) fn in_trade(&self) -> SourceReturn {
        let lines = self.lines.iter().filter_map(|l| {
            Some(ClaimedUnits {
                row_id: l.row_id.clone()?,
                qty_each: l.qty_each,
            })
        });
        SourceReturn {
            id: self.id.clone(),
            state: match self.state {
                ReturnState::Requested => SourceReturnState::Requested,
                ReturnState::Open => SourceReturnState::Open,
                ReturnState::Closed => SourceReturnState::Closed,
                ReturnState::Declined => SourceReturnState::Declined,
                ReturnState::Cancelled => SourceReturnState::Cancelled,
            },
            at: self.created_at,
            reason: self.reason.clone(),
            lines: lines.collect(),
        }
    }
}

/// Goods a customer may send back.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Return {
    pub id: String,
    pub order_id: String,
    pub state: ReturnState,
    pub reason: String,
    pub created_at: Option<Ts>,
    pub lines: Vec<ReturnLine>,
}

/// Reads refunds; none given is none there. With `of`, those of another order are a fault.
pub(super) fn read_all(rows: Option<&[wire::Refund]>, of: Option<&str>) -> Read<Vec<Refund>> {
    let rows = rows.unwrap_or_default();
    at_most(rows.len(), "refunds")?;
    rows.iter().map(|row| refund(row, of)).collect()
}

fn refund(row: &wire::Refund, of: Option<&str>) -> Read<Refund> {
    let member = "refunds.order_id";
    let order_id = row.order_id.id(member)?.or_else(|| of.map(str::to_owned));
    let order_id = need(order_id, member)?;
    if of.is_some_and(|of| of != order_id) {
        return Err(Fault::is(member, &row.order_id, "another order's"));
    }
    let lines = row.refund_line_items.as_deref().unwrap_or_default();
    at_most(lines.len(), "refunds.refund_line_items")?;
    Ok(Refund {
        id: need(row.id.id("refunds.id")?, "refunds.id")?,
        order_id,
        note: row.note.text("refunds.note")?,
        created_at: row.created_at.time("refunds.created_at")?,
        lines: lines.iter().map(refund_line).collect::<Read<_>>()?,
    })
}

fn refund_line(row: &wire::RefundLine) -> Read<RefundLine> {
    let at = |name: &str| format!("refunds.refund_line_items.{name}");
    Ok(RefundLine {
        row_id: need(
            row.line_item_id.id(&at("line_item_id"))?,
            &at("line_item_id"),
        )?,
        qty_each: need(row.quantity.quantity(&at("quantity"))?, &at("quantity"))?,
        restock: restock(&row.restock_type, &at("restock_type"))?,
        subtotal_minor: row.subtotal.minor(&at("subtotal"))?,
        tax_minor: row.total_tax.minor(&at("total_tax"))?,
    })
}

fn restock(value: &Scalar, member: &str) -> Read<Restock> {
    if value.is_void() {
        return Ok(Restock::None);
    }
    match value.text(member)?.trim().to_ascii_lowercase().as_str() {
        "no_restock" => Ok(Restock::None),
        "cancel" => Ok(Restock::Cancel),
        "return" => Ok(Restock::Return),
        _ => Err(Fault::is(member, value, "not a known value")),
    }
}

/// Reads a return.
pub(super) fn returned(row: &wire::Return) -> Read<Return> {
    let lines = row.return_line_items.as_deref().unwrap_or_default();
    at_most(lines.len(), "returns.return_line_items")?;
    Ok(Return {
        id: need(row.id.id("returns.id")?, "returns.id")?,
        order_id: need(row.order_id.id("returns.order_id")?, "returns.order_id")?,
        state: return_state(&row.status)?,
        reason: row.return_reason.text("returns.return_reason")?,
        created_at: row.created_at.time("returns.created_at")?,
        lines: lines.iter().map(return_line).collect::<Read<_>>()?,
    })
}

fn return_state(value: &Scalar) -> Read<ReturnState> {
    let member = "returns.status";
    if value.is_void() {
        return Err(Fault::missing(member));
    }
    let word = value.text(member)?.trim().to_ascii_uppercase();
    RETURN_STATES
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, state)| *state)
        .ok_or_else(|| Fault::is(member, value, "not a known value"))
}

fn return_line(row: &wire::ReturnLine) -> Read<ReturnLine> {
    let at = |name: &str| format!("returns.return_line_items.{name}");
    let inner = row
        .fulfillment_line_item
        .as_ref()
        .and_then(|l| l.line_item.as_ref());
    Ok(ReturnLine {
        id: need(row.id.id(&at("id"))?, &at("id"))?,
        fulfilment_id: row.fulfillment_id.id(&at("fulfillment_id"))?,
        row_id: match inner {
            Some(line) => line.id.id(&at("fulfillment_line_item.line_item.id"))?,
            None => None,
        },
        sku: Sku(match inner {
            Some(line) => line.sku.text(&at("fulfillment_line_item.line_item.sku"))?,
            None => String::new(),
        }),
        qty_each: need(row.quantity.quantity(&at("quantity"))?, &at("quantity"))?,
        reason: row.return_reason.text(&at("return_reason"))?,
        note: row.return_reason_note.text(&at("return_reason_note"))?,
    })
}

//! The lines of a return: how many of each, and what becomes of them.

use super::ReturnState;
use crate::domain::catalogue::Kind;
use crate::domain::ids::{ItemCode, ReturnRef, Sku};
use crate::domain::order::coded_enum;
use crate::domain::preflight::Fault;
use serde::{Deserialize, Serialize};

coded_enum! {
    /// What becomes of goods that cannot be sold again.
    Disposition {
        WriteOff = 0, "write_off";
        Repair = 1, "repair";
        /// Back to the customer or the supplier.
        SendBack = 2, "send_back";
    }
}

/// One line of a return. Units of one line may go different ways.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnLine {
    pub line_ref: String,
    pub sku: Sku,
    pub item: ItemCode,
    pub authorised_each: i64,
    pub received_each: i64,
    /// Inspected and fit for sale.
    pub sellable_each: i64,
    /// Inspected and not fit for sale.
    pub unsellable_each: i64,
    /// Of the sellable: back on the shelf.
    pub stocked_each: i64,
    /// Of those: read back in the source under our document.
    pub confirmed_each: i64,
    /// Of the unsellable: with an outcome on record.
    pub disposed_each: i64,
    pub disposition: Option<Disposition>,
    /// Refunded or credited.
    pub credited_each: i64,
}

impl ReturnLine {
    /// Inspected units.
    pub const fn inspected_each(&self) -> i64 {
        self.sellable_each.saturating_add(self.unsellable_each)
    }

    /// Each figure is at most the one it is part of, and none is below zero.
    pub const fn is_sound(&self) -> bool {
        self.confirmed_each >= 0
            && self.confirmed_each <= self.stocked_each
            && self.stocked_each <= self.sellable_each
            && self.disposed_each >= 0
            && self.disposed_each <= self.unsellable_each
            && self.inspected_each() <= self.received_each
            && self.credited_each >= 0
    }
}

/// What is wrong with a line, the worst first. `is_receipt_closed`: nothing more of this return is expected to arrive,
/// so fewer than authorised is a difference and not merely a beginning.
pub fn line_faults(
    return_ref: &ReturnRef,
    line: &ReturnLine,
    is_receipt_closed: bool,
) -> Vec<Fault> {
    let mut out = Vec::new();
    let discriminator = || format!("RETURN={return_ref};LINE={}", line.line_ref);
    let item = &line.item;
    if !line.is_sound() {
        out.push(Fault::new(
            Kind::RetStateInvalid,
            discriminator(),
            format!(
                "{item}: {} received, {} inspected, {} on the shelf, {} in the source, {} disposed of: these figures cannot all be right",
                line.received_each,
                line.inspected_each(),
                line.stocked_each,
                line.confirmed_each,
                line.disposed_each
            ),
        ));
    }
    let is_short = is_receipt_closed && line.received_each < line.authorised_each;
    if is_short || line.received_each > line.authorised_each {
        out.push(Fault::new(
            Kind::RetQtyMismatch,
            discriminator(),
            format!(
                "{item}: {} authorised, {} received; money follows what was received and accepted",
                line.authorised_each, line.received_each
            ),
        ));
    }
    let open = line.unsellable_each.saturating_sub(line.disposed_each);
    if open > 0 || (line.unsellable_each > 0 && line.disposition.is_none()) {
        out.push(Fault::new(
            Kind::RetNotSellable,
            discriminator(),
            format!(
                "{item}: {} cannot be sold again; record what becomes of it",
                open.max(1)
            ),
        ));
    }
    out
}

/// Received units that nobody has inspected.
pub fn unplaced(lines: &[ReturnLine]) -> i64 {
    lines
        .iter()
        .map(|l| l.received_each.saturating_sub(l.inspected_each()).max(0))
        .sum()
}

/// How far the goods are by their quantities: the return as a whole is only as far as its slowest unit. `None` while
/// nothing was received, when the quantities say nothing.
pub fn state_of(lines: &[ReturnLine]) -> Option<ReturnState> {
    let sum = |of: fn(&ReturnLine) -> i64| lines.iter().map(of).fold(0, i64::saturating_add);
    let received = sum(|l| l.received_each);
    if received <= 0 {
        return None;
    }
    let (sellable, stocked) = (sum(|l| l.sellable_each), sum(|l| l.stocked_each));
    let (confirmed, disposed) = (sum(|l| l.confirmed_each), sum(|l| l.disposed_each));
    let unsellable = sum(|l| l.unsellable_each);
    Some(if unplaced(lines) > 0 {
        ReturnState::Received
    } else if sellable == 0 {
        if disposed == unsellable {
            ReturnState::Disposed
        } else {
            ReturnState::NotSellable
        }
    } else if stocked < sellable {
        ReturnState::Inspected
    } else if confirmed < stocked || disposed < unsellable {
        ReturnState::ReturnedToStock
    } else {
        ReturnState::StockInConfirmed
    })
}

//! Returns: goods that come back, and the money that goes back. Two tracks, and neither implies the other.
//!
//! The states of the goods and their legal steps stand here, what happens to each line in `lines`, when a return is to be
//! expected in `expect`, what is late in `watch`, what people may decide in `decide`, what it waits for in `next`, and how
//! money and goods compare for finance in `align`.

mod align;
mod decide;
mod expect;
mod hear;
mod lines;
mod money;
mod next;
mod progress;
mod record;
mod watch;

pub use align::{Aligned, Alignment, Money, align};
pub use decide::{
    ENDS, EXTEND_DAYS, extend_days, may_accept, may_end, may_end_somehow, may_expect, may_extend,
    may_grant, read_units, unexplained, without_outcome,
};
pub use expect::{
    CreateOn, Expectation, ExpectedLine, NOT_EXPECTED_GRACE, REFUND_GRACE, SoldLine, SourceEvent,
    Units, expect, not_expected_fault, refund_fault,
};
pub use hear::{
    Hearing, Ids, RETURNS_MAX, delivery, due_claims, hear, ids_needed, is_news, next_reference,
    sold_lines,
};
pub use lines::{Disposition, ReturnLine, line_faults, state_of, unplaced};
pub use money::{credited, money_back, money_state, settled};
pub use next::{NextStep, given_up_at, next_steps};
pub use progress::{GoodsStep, Seen, advanced, counted, reached};
pub use record::{
    Cause, Claim, ClaimState, Outcome, Return, ReturnIntent, ReturnIntentLine, ReturnRow,
    fresh_line,
};
pub use watch::{
    OVERDUE_AFTER, STOCK_IN_GRACE, STUCK_WORKING_DAYS, Watched, overdue, stock_in_failed, stuck,
    watch,
};

use super::catalogue::Kind;
use super::ids::ReturnRef;
use super::order::coded_enum;
use super::preflight::Fault;
use ReturnState::{
    Authorised, AwaitingReceipt, Closed, Disposed, Inspected, NotReceived, NotSellable, Received,
    Rejected, Requested, ReturnedToStock, StockInConfirmed,
};

coded_enum! {
    /// Where the goods of a return are.
    ReturnState {
        /// The customer asked.
        Requested = 0, "requested";
        /// Customer service allowed it.
        Authorised = 1, "authorised";
        /// The warehouse expects it.
        AwaitingReceipt = 2, "awaiting_receipt";
        /// In the building, not looked at.
        Received = 3, "received";
        /// Looked at; every unit has an outcome.
        Inspected = 4, "inspected";
        /// What is fit for sale is back on the shelf.
        ReturnedToStock = 5, "returned_to_stock";
        /// The source shows it too.
        StockInConfirmed = 6, "stock_in_confirmed";
        /// Nothing of it can be sold again.
        NotSellable = 7, "not_sellable";
        /// It is recorded what became of what cannot be sold.
        Disposed = 8, "disposed";
        /// Nothing further is expected on either track.
        Closed = 9, "closed";
        /// Never came, given up.
        NotReceived = 20, "not_received";
        /// Refused and sent back to the customer.
        Rejected = 21, "rejected";
    }
}

coded_enum! {
    /// How far the money of a return is.
    MoneyState {
        /// Nothing went back yet.
        Open = 0, "open";
        /// Some of it went back.
        Part = 1, "part";
        /// Refunded or credited in full.
        Done = 2, "done";
        /// A person decided that nothing is due.
        NotDue = 3, "not_due";
    }
}

impl ReturnState {
    /// Nothing more happens to the goods.
    pub const fn is_goods_done(self) -> bool {
        matches!(
            self,
            StockInConfirmed | Disposed | Closed | NotReceived | Rejected
        )
    }

    /// Goods are allowed to come and have not arrived.
    pub const fn is_awaited(self) -> bool {
        matches!(self, Authorised | AwaitingReceipt)
    }

    /// The goods were looked at.
    pub const fn is_inspected(self) -> bool {
        matches!(
            self,
            Inspected | ReturnedToStock | StockInConfirmed | NotSellable | Disposed
        )
    }

    /// States that may follow. A step may leave out what the next one proves (inspected goods were received), never
    /// the inspection itself.
    const fn next(self) -> &'static [Self] {
        match self {
            Requested => &[Authorised, AwaitingReceipt, Rejected, Closed],
            Authorised => &[AwaitingReceipt, Received, Inspected, NotReceived, Closed],
            AwaitingReceipt => &[Received, Inspected, NotReceived, Rejected],
            Received => &[Inspected, Rejected],
            Inspected => &[ReturnedToStock, NotSellable, Rejected],
            ReturnedToStock => &[StockInConfirmed],
            NotSellable => &[Disposed, Rejected],
            StockInConfirmed | Disposed | NotReceived | Rejected => &[Closed],
            Closed => &[],
        }
    }
}

impl MoneyState {
    /// Nothing more is owed.
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Done | Self::NotDue)
    }
}

/// Checks a step of the goods. The same state again is no step.
///
/// # Errors
/// `RET_STATE_INVALID` for a step backward or over an inspection: the last valid state is kept. `RET_UNEXPECTED` for
/// goods that arrive before anybody allowed it or after the return was given up.
pub fn step(return_ref: &ReturnRef, from: ReturnState, to: ReturnState) -> Result<(), Fault> {
    if from == to || from.next().contains(&to) {
        return Ok(());
    }
    let discriminator = format!("RETURN={return_ref}");
    if matches!(from, Requested | NotReceived | Closed) && matches!(to, Received | Inspected) {
        return Err(Fault::new(
            Kind::RetUnexpected,
            discriminator,
            format!(
                "return {return_ref} was {from}, and now goods of it arrived; match or refuse them"
            ),
        ));
    }
    let why = if to.code() < from.code() {
        "it went backwards"
    } else {
        "it skipped a step"
    };
    Err(Fault::new(
        Kind::RetStateInvalid,
        discriminator,
        format!("return {return_ref} went from {from} to {to}: {why}; {from} is kept"),
    ))
}

/// Whether both tracks are at their end, so that the return can be closed. Goods that never came or went back to the
/// customer leave nothing due unless money went back all the same, which finance sees in the alignment.
pub const fn may_close(goods: ReturnState, money: MoneyState) -> bool {
    match goods {
        NotReceived | Rejected => true,
        _ => goods.is_goods_done() && money.is_done(),
    }
}

/// Both tracks in a few words.
pub fn words(goods: ReturnState, money: MoneyState) -> String {
    let place = match goods {
        Requested => "asked for",
        Authorised => "allowed",
        AwaitingReceipt => "on its way to the warehouse",
        Received => "in the building, not inspected",
        Inspected => "inspected",
        ReturnedToStock => "on the shelf, not yet in the source",
        StockInConfirmed => "on the shelf and in the source",
        NotSellable => "cannot be sold, outcome open",
        Disposed => "cannot be sold, outcome recorded",
        Closed => "closed",
        NotReceived => "never came",
        Rejected => "refused, back to the customer",
    };
    let paid = match money {
        MoneyState::Open => "money not back",
        MoneyState::Part => "money back in part",
        MoneyState::Done => "money back",
        MoneyState::NotDue => "no money due",
    };
    format!("{place}; {paid}")
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

//! What the books keep of a return, and of everything that says goods or money go back.

use super::{Disposition, MoneyState, ReturnLine, ReturnState, Units};
use crate::domain::credit_gate::Approval;
use crate::domain::ids::{ItemCode, OrderId, PairId, ReturnId, ReturnRef, Sku, WmsOrderNo};
use crate::domain::order::coded_enum;
use crate::domain::time::Ts;
use serde::{Deserialize, Serialize};

coded_enum! {
    /// Who or what said that goods come back or money went back.
    Cause {
        /// A person of ours.
        Authorisation = 0, "authorisation";
        /// A return the customer asked for in the source.
        Request = 1, "return";
        /// Money that went back in the source: a refund, a credit note.
        Refund = 2, "refund";
    }
}

coded_enum! {
    /// What became of it.
    ClaimState {
        /// The goods have not left yet: decided again when they are despatched.
        Waiting = 0, "waiting";
        /// A person has to say what was meant.
        Asked = 1, "asked";
        /// The goods are expected, or were.
        Expected = 2, "expected";
        /// Nothing follows from it.
        Nothing = 3, "nothing";
        /// Money only: no goods come, and that is meant.
        Goodwill = 4, "goodwill";
        /// Money for goods that never left.
        NeverShipped = 5, "never_shipped";
    }
}

impl ClaimState {
    /// A person recorded that no goods come.
    pub const fn is_explained(self) -> bool {
        matches!(self, Self::Goodwill | Self::NeverShipped)
    }

    /// Looked at again by itself.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Asked)
    }
}

/// Something that was said about goods or money going back. One row per pair, cause and id, for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub pair: PairId,
    pub cause: Cause,
    /// The source's own id of the refund or return, or ours of the authorisation.
    pub id: String,
    pub order: OrderId,
    /// When it happened, by the source's clock.
    pub at: Ts,
    pub units: Units,
    /// Everything paid went back.
    pub is_whole: bool,
    /// Money that went back; `None` when the source does not tell.
    pub amount_minor: Option<i64>,
    pub currency: String,
    pub state: ClaimState,
    /// When an unanswered question becomes somebody's exception.
    pub due_at: Option<Ts>,
    /// Why it stands as it does, or who decided it.
    pub note: String,
}

/// A return's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnRow {
    pub id: ReturnId,
    pub pair: PairId,
    /// The number under which the warehouse expects it.
    pub reference: ReturnRef,
    /// Key of what it was made for: the same event never makes a second one.
    pub key: String,
    pub cause: Cause,
    /// Id of the claim it was made for.
    pub cause_id: String,
    pub order: OrderId,
    /// What people call the order.
    pub order_number: String,
    pub wms_number: WmsOrderNo,
    pub state: ReturnState,
    pub money: MoneyState,
    /// Why the goods come back.
    pub reason: String,
    /// Who allowed it.
    pub authorised_by: String,
    pub created_at: Ts,
    pub authorised_at: Option<Ts>,
    pub expected_at: Option<Ts>,
    pub received_at: Option<Ts>,
    pub inspected_at: Option<Ts>,
    /// When goods of it were last put on the shelf.
    pub stocked_at: Option<Ts>,
    /// Since when units may be credited that are not.
    pub gate_opened_at: Option<Ts>,
    /// A later date a person agreed with the customer.
    pub awaited_until: Option<Ts>,
    pub version: i64,
    pub updated_at: Ts,
}

/// A return with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    pub row: ReturnRow,
    pub lines: Vec<ReturnLine>,
    /// What finance decided about its credit.
    pub approvals: Vec<Approval>,
}

impl Return {
    /// Its units count as coming or as come: nobody has to be expected for them again.
    pub const fn is_counted(&self) -> bool {
        !matches!(
            self.row.state,
            ReturnState::Requested | ReturnState::NotReceived | ReturnState::Rejected
        )
    }

    /// Both tracks are at their end, or the goods will not come.
    pub const fn is_over(&self) -> bool {
        matches!(
            self.row.state,
            ReturnState::Closed | ReturnState::NotReceived | ReturnState::Rejected
        )
    }

    /// A line by its reference.
    pub fn line(&self, line_ref: &str) -> Option<&ReturnLine> {
        self.lines.iter().find(|l| l.line_ref == line_ref)
    }
}

/// The return as the warehouse shall expect it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReturnIntent {
    pub reference: ReturnRef,
    pub wms_number: WmsOrderNo,
    pub site: String,
    pub customer: String,
    pub comment: String,
    pub lines: Vec<ReturnIntentLine>,
}

/// One line of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReturnIntentLine {
    pub line_ref: String,
    pub item: ItemCode,
    pub qty_each: i64,
    pub reason: String,
}

/// What a person records about units that cannot be sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub line_ref: String,
    pub disposition: Disposition,
    pub units_each: i64,
}

/// A line of a return before anything of it has arrived.
pub fn fresh_line(line_ref: String, sku: Sku, item: ItemCode, qty_each: i64) -> ReturnLine {
    ReturnLine {
        line_ref,
        sku,
        item,
        authorised_each: qty_each,
        received_each: 0,
        sellable_each: 0,
        unsellable_each: 0,
        stocked_each: 0,
        confirmed_each: 0,
        disposed_each: 0,
        disposition: None,
        credited_each: 0,
    }
}

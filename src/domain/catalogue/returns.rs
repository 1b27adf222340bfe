//! Returned goods.

use super::{Cause, Entry, Kind, Remedy};
use crate::domain::exception::{Severity, Team};

pub(super) const RET_NOT_EXPECTED: Entry = Entry {
    kind: Kind::RetNotExpected,
    title: "Return request is unknown to the warehouse",
    owner: Team::Cx,
    watchers: &[Team::Warehouse],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Connection,
    meaning: "A customer is sending goods back and the warehouse does not expect them. They would \
        arrive as a box nobody can place.",
    automatic: "Creates the expected return.",
    actions: &[
        "Create the expected return",
        "Record that no goods will come",
    ],
    next_step: "Find out whether goods are coming at all.",
    remedy: Remedy::Retry,
    clears_when: "The warehouse expects the return, or it is recorded that none will come.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const RET_REFUND_NO_RETURN: Entry = Entry {
    kind: Kind::RetRefundNoReturn,
    title: "Refunded, and no goods are coming back",
    owner: Team::Finance,
    watchers: &[Team::Cx],
    severity: Severity::S4,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Conflict,
    meaning: "Money went back for goods and nobody planned their return. At month end this will \
        need an explanation.",
    automatic: "Nothing: a person must say what was meant.",
    actions: &[
        "Authorise the return",
        "Record it as goodwill",
        "Record that it never shipped",
    ],
    next_step: "Ask customer service what was agreed, and record it.",
    remedy: Remedy::RecordOutcome,
    clears_when: "It is decided whether goods come back.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const RET_OVERDUE: Entry = Entry {
    kind: Kind::RetOverdue,
    title: "Return is long overdue",
    owner: Team::Cx,
    watchers: &[Team::Finance],
    severity: Severity::S4,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Timing,
    meaning: "A return was allowed three weeks ago and has not come. Room and money are being kept \
        for it.",
    automatic: "Nothing; it keeps looking for the receipt.",
    actions: &[
        "Ask the customer",
        "Give it more time",
        "Close it as not received",
    ],
    next_step: "Look at the inbound tracking before asking the customer.",
    remedy: Remedy::RecordOutcome,
    clears_when: "The goods are received, or the return is closed.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const RET_UNEXPECTED: Entry = Entry {
    kind: Kind::RetUnexpected,
    title: "Goods came back without permission",
    owner: Team::Cx,
    watchers: &[Team::Warehouse],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Conflict,
    meaning: "A box arrived that no return explains. Until it is placed the customer gets neither \
        refund nor answer.",
    automatic: "Suggests orders by customer, item and date.",
    actions: &[
        "Match it to an order",
        "Authorise the return afterwards",
        "Refuse it, together with customer service",
    ],
    next_step: "Match it by the packing slip, then by the customer's name.",
    remedy: Remedy::RecordOutcome,
    clears_when: "The goods are matched to an order or refused.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const RET_QTY_MISMATCH: Entry = Entry {
    kind: Kind::RetQtyMismatch,
    title: "Received return differs from what was agreed",
    owner: Team::Cx,
    watchers: &[Team::Finance],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Conflict,
    meaning: "More, fewer or other goods came back than were allowed. A refund for the agreed \
        quantity would be wrong.",
    automatic: "Nothing until somebody has decided.",
    actions: &["Accept what was received", "Take it up with the customer"],
    next_step: "Go by the receiving scan; money follows what was received and accepted.",
    remedy: Remedy::RecordOutcome,
    clears_when: "The quantity is decided.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const RET_STUCK: Entry = Entry {
    kind: Kind::RetStuck,
    title: "Return waits for inspection",
    owner: Team::Warehouse,
    watchers: &[Team::Cx],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Timing,
    meaning: "Goods came back more than two working days ago and nobody has looked at them. They \
        cannot be sold and the customer waits.",
    automatic: "Nothing: only the floor can inspect.",
    actions: &["Inspect it", "Move it up the list"],
    next_step: "Take the oldest and dearest first.",
    remedy: Remedy::FixInWarehouse,
    clears_when: "The warehouse shows the return as inspected.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const RET_STOCKIN_FAILED: Entry = Entry {
    kind: Kind::RetStockinFailed,
    title: "Returned stock is not in the ledger",
    owner: Team::Finance,
    watchers: &[Team::Warehouse],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Data,
    meaning: "Goods went back on the shelf and the ERP refused to book them. They are there and \
        cannot be sold.",
    automatic: "Keeps trying in its lane.",
    actions: &["Remove what the answer names", "Try again"],
    next_step: "Read the ERP's answer, then make sure no credit note ran ahead of it.",
    remedy: Remedy::Retry,
    clears_when: "The ERP shows the stock under our reference.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const RET_NOT_SELLABLE: Entry = Entry {
    kind: Kind::RetNotSellable,
    title: "Returned goods cannot be sold again",
    owner: Team::Finance,
    watchers: &[Team::Cx, Team::Warehouse],
    severity: Severity::S4,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Data,
    meaning: "The goods were inspected and are not fit for sale. Somebody must say what becomes of \
        them before the money can follow.",
    automatic: "Nothing until the outcome is recorded.",
    actions: &[
        "Write the goods off",
        "Have them repaired",
        "Send them back",
        "Release the credit as an exception",
    ],
    next_step: "Record what happens to the goods; finance approves a write-off.",
    remedy: Remedy::RecordOutcome,
    clears_when: "It is recorded what became of the goods.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const RET_STATE_INVALID: Entry = Entry {
    kind: Kind::RetStateInvalid,
    title: "Return took a step that cannot be",
    owner: Team::Warehouse,
    watchers: &[Team::Cx],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Conflict,
    meaning: "The return went backwards or skipped a step. Its record no longer tells what \
        happened.",
    automatic: "Keeps the last state that made sense.",
    actions: &[
        "Accept the step and record why",
        "Correct it in the warehouse",
    ],
    next_step: "Ask whether it was inspected again or scanned by mistake.",
    remedy: Remedy::FixInWarehouse,
    clears_when: "The return's state follows from the one before.",
    is_dismissable: true,
    is_parent: false,
};

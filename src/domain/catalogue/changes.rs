//! Changes and cancellations after sending.

use super::{Cause, Entry, Kind, Remedy};
use crate::domain::exception::{Severity, Team};

pub(super) const AMD_TOO_LATE: Entry = Entry {
    kind: Kind::AmdTooLate,
    title: "Change came after picking had begun",
    owner: Team::Operations,
    watchers: &[Team::Warehouse, Team::Cx],
    severity: Severity::S2,
    severity_rule: "S1 when address or items change during packing",
    cause: Cause::Timing,
    meaning: "The customer's change arrived while the order was already in hands on the floor. \
        Writing it now would not change what is in the box.",
    automatic: "Writes nothing. It keeps reading the order's progress.",
    actions: &[
        "Stop the order on the floor",
        "Let it ship as it is and tell customer service",
        "Let it ship and bring it back",
    ],
    next_step: "Ring the floor with the order number and ask whether it can be pulled.",
    remedy: Remedy::RecordOutcome,
    clears_when: "It is recorded what left the building, and both systems show the same.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const CAN_TOO_LATE: Entry = Entry {
    kind: Kind::CanTooLate,
    title: "Cancellation came after picking had begun",
    owner: Team::Operations,
    watchers: &[Team::Warehouse, Team::Cx],
    severity: Severity::S1,
    severity_rule: "Already the highest",
    cause: Cause::Timing,
    meaning: "A cancelled order is being picked or packed. If nobody stops it the customer gets \
        goods they no longer want and money has to follow.",
    automatic: "Writes nothing. The cancellation is written only after the floor says it pulled \
        the order.",
    actions: &[
        "Stop the order on the floor",
        "Let it ship and tell customer service",
        "Let it ship and bring it back",
    ],
    next_step: "Ring the floor now, before the parcel is closed.",
    remedy: Remedy::RecordOutcome,
    clears_when: "It is recorded whether the order was stopped or shipped, and both systems show \
        the same.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const CAN_AFTER_DESPATCH: Entry = Entry {
    kind: Kind::CanAfterDespatch,
    title: "Cancellation of an order that has left",
    owner: Team::Cx,
    watchers: &[Team::Finance],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Timing,
    meaning: "The order was cancelled after its parcel had gone. It cannot be stopped any more, \
        only brought back.",
    automatic: "Writes nothing in the warehouse.",
    actions: &["Arrange the return", "Refuse the cancellation"],
    next_step: "Tell the customer that the parcel is on its way, then arrange the return.",
    remedy: Remedy::RecordOutcome,
    clears_when: "A return is arranged, or the refusal is recorded.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const CAN_DESPATCHED_ANYWAY: Entry = Entry {
    kind: Kind::CanDespatchedAnyway,
    title: "Parcel of a cancelled order has left",
    owner: Team::Operations,
    watchers: &[Team::Cx, Team::Finance, Team::Warehouse],
    severity: Severity::S1,
    severity_rule: "Already the highest",
    cause: Cause::Conflict,
    meaning: "The order had been cancelled, or the floor had said it was stopped, and a parcel \
        left all the same. Goods are gone and the customer did not want them.",
    automatic: "Nothing can be unsent. It keeps both histories for the inquiry.",
    actions: &[
        "Recall the parcel with the carrier",
        "Arrange the return",
        "Record the loss",
    ],
    next_step: "Ring the carrier within the hour to recall the parcel.",
    remedy: Remedy::RecordOutcome,
    clears_when: "The recall, the return or the loss is recorded.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const AMD_NOT_EXPRESSIBLE: Entry = Entry {
    kind: Kind::AmdNotExpressible,
    title: "Warehouse orders cannot be changed that way",
    owner: Team::Operations,
    watchers: &[Team::Warehouse],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Limit,
    meaning: "The warehouse can add or alter lines of an order but not remove one, move it to \
        another building or give it to another customer. The order there is still the old one.",
    automatic: "Cancels and creates it anew when the order is untouched and the pair's policy \
        allows that.",
    actions: &[
        "Approve cancelling and creating it anew",
        "Keep the order as it is",
        "Split the order",
    ],
    next_step: "See whether picking has begun: before it, create the order anew.",
    remedy: Remedy::RecordOutcome,
    clears_when: "The warehouse order reads the same as the sale.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const AMD_STATUS_UNREADABLE: Entry = Entry {
    kind: Kind::AmdStatusUnreadable,
    title: "Order's status cannot be read",
    owner: Team::Integration,
    watchers: &[Team::Operations, Team::Warehouse],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Connection,
    meaning: "A change or cancellation is waiting, but the warehouse does not say how far the \
        order is. Writing without knowing could be too late.",
    automatic: "Goes on asking; nothing of this order overtakes the change.",
    actions: &["Ask the floor, and note what they see"],
    next_step: "See whether the warehouse is down; until it answers, have the floor set the order \
        aside.",
    remedy: Remedy::Wait,
    clears_when: "The warehouse has told the order's status.",
    is_dismissable: false,
    is_parent: false,
};

pub(super) const AMD_CONFLICT: Entry = Entry {
    kind: Kind::AmdConflict,
    title: "Order was changed on both sides",
    owner: Team::Operations,
    watchers: &[Team::Warehouse],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Conflict,
    meaning: "Somebody changed the order in the warehouse and somebody else in the sales system. \
        Either version would undo the other.",
    automatic: "Writes nothing until a person has chosen.",
    actions: &[
        "Keep the sale's version",
        "Keep the warehouse's version",
        "Choose field by field",
    ],
    next_step: "Ask who changed it in the warehouse and why.",
    remedy: Remedy::RecordOutcome,
    clears_when: "Both systems show the same order.",
    is_dismissable: true,
    is_parent: false,
};

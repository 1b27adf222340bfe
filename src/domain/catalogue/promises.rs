//! Promises to customers.

use super::{Cause, Entry, Kind, Remedy};
use crate::domain::exception::{Severity, Team};

pub(super) const SLA_AT_RISK: Entry = Entry {
    kind: Kind::SlaAtRisk,
    title: "Order is about to miss its promise",
    owner: Team::Warehouse,
    watchers: &[Team::Cx, Team::Ecommerce],
    severity: Severity::S2,
    severity_rule: "Raised by size and repetition; S1 once the promise is missed",
    cause: Cause::Timing,
    meaning: "At the usual pace this order will not leave in time. There is still a chance if \
        somebody clears its way.",
    automatic: "Moves the order up in its queue.",
    actions: &[
        "Move it up on the floor",
        "Send it by a faster service",
        "Split it and send what is there",
        "Tell customer service",
    ],
    next_step: "Take away what holds it with the fewest steps.",
    remedy: Remedy::FixInWarehouse,
    clears_when: "The order is despatched.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const SLA_BREACHED: Entry = Entry {
    kind: Kind::SlaBreached,
    title: "Order missed its promise",
    owner: Team::Warehouse,
    watchers: &[Team::Cx, Team::Ecommerce],
    severity: Severity::S1,
    severity_rule: "Already the highest",
    cause: Cause::Timing,
    meaning: "The time promised to the customer has passed and the parcel has not left.",
    automatic: "Nothing more than sending it first.",
    actions: &["Tell the customer", "Ship it now", "Cancel it"],
    next_step: "Customer service tells the customer; the floor gets the parcel out.",
    remedy: Remedy::FixInWarehouse,
    clears_when: "The order is despatched, or customer service has settled it with the customer.",
    is_dismissable: true,
    is_parent: false,
};

//! Orders on their way to the warehouse.

use super::{Cause, Entry, Kind, Remedy};
use crate::domain::exception::{Severity, Team};
use crate::domain::mapping::MappingKind;

pub(super) const ORD_SKU_UNKNOWN: Entry = Entry {
    kind: Kind::OrdSkuUnknown,
    title: "SKU is not known in the warehouse",
    owner: Team::Data,
    watchers: &[Team::Operations, Team::Warehouse],
    severity: Severity::S3,
    severity_rule: "S2 when an order with it ships today",
    cause: Cause::Data,
    meaning: "The warehouse has no item with this code, so nobody could pick it. Orders with this \
        SKU are held back whole until the code means something on both sides.",
    automatic: "Holds the orders that use the SKU and lets all others through. Looks again every 5 \
        minutes and whenever items or mappings change.",
    actions: &[
        "Create the item in the warehouse from the product record",
        "Map the SKU to the item code it stands for",
        "Correct the SKU in the sales system",
        "Take the line off the order in the sales system",
    ],
    next_step: "Compare the SKU with its nearest item codes: look for case, spaces and dashes.",
    remedy: Remedy::Map(MappingKind::Item),
    clears_when: "Every order held by this SKU finds an active item and passes its other checks.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const ORD_SKU_INACTIVE: Entry = Entry {
    kind: Kind::OrdSkuInactive,
    title: "Item is switched off in the warehouse",
    owner: Team::Data,
    watchers: &[Team::Warehouse],
    severity: Severity::S3,
    severity_rule: "S2 when an order with it ships today",
    cause: Cause::Data,
    meaning: "The item exists but the warehouse has retired it, and a retired item cannot be \
        allocated or picked. Orders with it would sit untouched.",
    automatic: "Holds the orders that use the item and looks again when the item is switched back \
        on.",
    actions: &[
        "Switch the item on again in the warehouse",
        "Map the SKU to the item that replaced it",
        "Ask for the order to be changed in the sales system",
    ],
    next_step: "Ask the floor whether any stock of this item is left.",
    remedy: Remedy::FixInWarehouse,
    clears_when: "The item is active again, or no open order asks for it.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const ORD_SKU_FORMAT: Entry = Entry {
    kind: Kind::OrdSkuFormat,
    title: "SKU is not a legal item code",
    owner: Team::Data,
    watchers: &[Team::Ecommerce],
    severity: Severity::S3,
    severity_rule: "S2 when an order with it ships today",
    cause: Cause::Data,
    meaning: "The code is too long, holds characters the warehouse refuses, or differs from an \
        item only in upper and lower case. Sent as it is, it would be refused or become a second \
        item.",
    automatic: "Holds the orders. A code is never shortened or altered to make it fit.",
    actions: &[
        "Rename the SKU where it is sold",
        "Map it to a legal item code",
    ],
    next_step: "Look at the exact characters, spaces at either end included, and rename at the \
        source.",
    remedy: Remedy::FixInSource,
    clears_when: "The SKU is legal, or a mapping to a legal item code is active.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const ORD_CARRIER_UNMAPPED: Entry = Entry {
    kind: Kind::OrdCarrierUnmapped,
    title: "Delivery service is not mapped",
    owner: Team::Ecommerce,
    watchers: &[Team::Warehouse],
    severity: Severity::S2,
    severity_rule: "S1 from 20 orders, or when one ships within 2 hours",
    cause: Cause::Mapping,
    meaning: "Customers chose a delivery service that has no counterpart in the warehouse. Without \
        one no label can be printed, so the orders are not sent.",
    automatic: "Holds the orders with this service and checks them again as soon as a mapping is \
        saved.",
    actions: &[
        "Map the service after looking at the preview",
        "Change the service of a single odd order in the sales system",
    ],
    next_step: "Find out what the customer paid for, then map it to the service that keeps that \
        promise.",
    remedy: Remedy::Map(MappingKind::Carrier),
    clears_when: "Every order with this service finds a carrier service that exists in the \
        warehouse.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const ORD_SITE_UNMAPPED: Entry = Entry {
    kind: Kind::OrdSiteUnmapped,
    title: "Location is not mapped to a site",
    owner: Team::Ecommerce,
    watchers: &[Team::Operations, Team::Warehouse],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Mapping,
    meaning: "Orders arrive from a location that nobody has joined to a warehouse building. \
        Guessing would send them to the wrong floor.",
    automatic: "Holds the orders of this location. There is no fallback building.",
    actions: &[
        "Map the location to its site",
        "Move a single odd order to another location in the sales system",
        "Leave the location out if this warehouse does not serve it",
    ],
    next_step: "Confirm which building holds this location's stock, then map it and set its stock \
        basis.",
    remedy: Remedy::Map(MappingKind::Site),
    clears_when: "Every order of this location finds a site, or the location is left out.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const ORD_UNROUTABLE: Entry = Entry {
    kind: Kind::OrdUnroutable,
    title: "No rule found a site for the order",
    owner: Team::Ecommerce,
    watchers: &[Team::Operations],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Mapping,
    meaning: "The rules that pick a building by stock or by address all said no for this order, \
        and no default was allowed. It cannot be sent until somebody decides.",
    automatic: "Tries the rules again when stock or the rules change.",
    actions: &[
        "Add or widen a routing rule",
        "Choose a site for this one order",
        "Move the order to a location in the sales system",
        "Split the order between sites",
        "Leave it until stock arrives",
    ],
    next_step: "See which rule came closest and what stopped it.",
    remedy: Remedy::Map(MappingKind::Routing),
    clears_when: "A rule or a person has chosen a site for every member.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const ORD_DEFAULT_USED: Entry = Entry {
    kind: Kind::OrdDefaultUsed,
    title: "A catch-all mapping made the choice",
    owner: Team::Ecommerce,
    watchers: &[],
    severity: Severity::S4,
    severity_rule: "S3 when more than 5 % of a day's orders fall through",
    cause: Cause::Mapping,
    meaning: "Orders went out on a catch-all rule instead of a mapping of their own. They travel, \
        but perhaps not by the service the customer was promised.",
    automatic: "Sends the orders as the catch-all says and counts how often that happens.",
    actions: &[
        "Give the value its own mapping",
        "Leave it to the catch-all",
    ],
    next_step: "Map the values that fall through most often.",
    remedy: Remedy::Map(MappingKind::Carrier),
    clears_when: "The catch-all has not been needed for this value for 7 days.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const ORD_ADDRESS_INVALID: Entry = Entry {
    kind: Kind::OrdAddressInvalid,
    title: "Delivery details are missing or too long",
    owner: Team::Cx,
    watchers: &[Team::Ecommerce],
    severity: Severity::S3,
    severity_rule: "S2 when the order ships today",
    cause: Cause::Data,
    meaning: "A field the carrier needs is empty, longer than the warehouse can hold, or names a \
        country nobody recognises. A label printed from it would not find the customer.",
    automatic: "Holds the order. Address text is never cut to fit.",
    actions: &[
        "Correct the address in the sales system",
        "Edit it for this one send, when nobody can correct it there in time",
        "Ask the customer when the text can be read two ways",
    ],
    next_step: "Read which field failed and put it right in the sales system, so the next change \
        keeps it.",
    remedy: Remedy::FixInSource,
    clears_when: "The address passes every check when the order is read again.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const ORD_PAYMENT_STUCK: Entry = Entry {
    kind: Kind::OrdPaymentStuck,
    title: "Order has waited a day for its payment",
    owner: Team::Ecommerce,
    watchers: &[Team::Finance],
    severity: Severity::S4,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Timing,
    meaning: "The order was placed but its payment has not come through for more than 24 hours. It \
        ties up stock that others could buy.",
    automatic: "Reads the payment state again every hour and sends the order as soon as it is \
        paid.",
    actions: &[
        "Chase the payment",
        "Cancel the order in the sales system",
        "Mark it paid in the sales system, as a lead's decision",
    ],
    next_step: "Look at the payment provider: taken there but not marked here, or abandoned?",
    remedy: Remedy::FixInSource,
    clears_when: "The order is paid or cancelled in the sales system.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const ORD_UNPAID_IN_WMS: Entry = Entry {
    kind: Kind::OrdUnpaidInWms,
    title: "Warehouse holds an unpaid order",
    owner: Team::Operations,
    watchers: &[Team::Finance, Team::Warehouse],
    severity: Severity::S2,
    severity_rule: "S1 once it is being picked",
    cause: Cause::Conflict,
    meaning: "The warehouse is working on an order that has not been paid for, although unpaid \
        orders must not be sent. It may leave without money.",
    automatic: "Cancels it in the warehouse when picking has not begun; after that it writes \
        nothing.",
    actions: &["Stop the order on the floor", "Accept it and record why"],
    next_step: "Look at the warehouse status first, then ring the floor if picking has begun.",
    remedy: Remedy::RecordOutcome,
    clears_when: "The order is paid, or it is no longer live in the warehouse.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const ORD_REJECTED: Entry = Entry {
    kind: Kind::OrdRejected,
    title: "The warehouse refused the order",
    owner: Team::Operations,
    watchers: &[Team::Integration],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Data,
    meaning: "The warehouse read the order and said no, for a reason no other kind covers. It is \
        not being picked.",
    automatic: "Does not send it again until the order, an item or a mapping changes.",
    actions: &[
        "Put right what the answer names and try again",
        "Classify it once its meaning is known, so that the next one arrives named",
        "Hand it to integration when the answer is not clear",
    ],
    next_step: "Read the warehouse's answer and compare the order with one it took today.",
    remedy: Remedy::Retry,
    clears_when: "The warehouse holds the order, read back line by line.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const ORD_BACKORDERED: Entry = Entry {
    kind: Kind::OrdBackordered,
    title: "Lines are on backorder without any error",
    owner: Team::Operations,
    watchers: &[Team::Ecommerce],
    severity: Severity::S3,
    severity_rule: "S2 when the channel promised a date",
    cause: Cause::Timing,
    meaning: "The sales system accepted the order but found no stock for some lines and said \
        nothing. Nothing is sent to the warehouse for an order that cannot be whole.",
    automatic: "Keeps the order back and looks again when availability changes.",
    actions: &[
        "Wait for stock",
        "Split the order",
        "Offer a substitute",
        "Cancel the line in the sales system",
    ],
    next_step: "Check whether the warehouse has the goods: if so, look for drift or a stopped \
        stock lane.",
    remedy: Remedy::FixInSource,
    clears_when: "No line is on backorder any more, or the line is cancelled.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const ORD_IN_DOUBT: Entry = Entry {
    kind: Kind::OrdInDoubt,
    title: "Not known whether the order was created",
    owner: Team::Integration,
    watchers: &[Team::Operations],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Unknown,
    meaning: "The order was sent and the answer was lost. Sending it again blindly could ship it \
        twice, so it waits until somebody or something has looked.",
    automatic: "Asks the warehouse again and again with growing pauses. It sends again only when \
        two looks agree that the order is not there.",
    actions: &[
        "Ask the warehouse now",
        "Look in the warehouse yourself and note what you see",
    ],
    next_step: "Search the warehouse by order number, then by purchase-order reference.",
    remedy: Remedy::Resync,
    clears_when: "The warehouse was read and the order is either there or, twice in a row, not.",
    is_dismissable: false,
    is_parent: false,
};

pub(super) const ORD_DUPLICATE: Entry = Entry {
    kind: Kind::OrdDuplicate,
    title: "One customer order is in the warehouse twice",
    owner: Team::Operations,
    watchers: &[Team::Warehouse, Team::Cx],
    severity: Severity::S2,
    severity_rule: "S1 when both are unshipped or one is being picked",
    cause: Cause::Duplicate,
    meaning: "Two warehouse orders stand for the same sale. If both are picked the customer gets \
        two parcels and the stock is short.",
    automatic: "Nothing is cancelled without a person, unless cancel-and-recreate is switched on \
        and one of the two is untouched.",
    actions: &[
        "Choose which of the two lives and cancel the other",
        "Stop the second one on the floor",
        "Dismiss it when these are two real orders",
    ],
    next_step: "Ask the floor how far each of them is before cancelling anything.",
    remedy: Remedy::RecordOutcome,
    clears_when: "Only one live warehouse order is left for the sale.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const ORD_REFERENCE_CLASH: Entry = Entry {
    kind: Kind::OrdReferenceClash,
    title: "Order number belongs to another order",
    owner: Team::Operations,
    watchers: &[],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Conflict,
    meaning: "The warehouse already holds an order with this number, but it is not ours or not \
        this one. Saving ours would overwrite it.",
    automatic: "Holds the order; an order of somebody else is never overwritten.",
    actions: &[
        "Give our order a new number by the rule",
        "Link the two if they are the same sale",
    ],
    next_step: "Compare customer, date and lines of the two orders.",
    remedy: Remedy::RecordOutcome,
    clears_when: "The number stands for one order only, or the two are linked.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const ORD_MISSING_IN_WMS: Entry = Entry {
    kind: Kind::OrdMissingInWms,
    title: "Released order never reached the warehouse",
    owner: Team::Operations,
    watchers: &[Team::Ecommerce, Team::Warehouse],
    severity: Severity::S2,
    severity_rule: "S1 when it ships within 2 hours",
    cause: Cause::Connection,
    meaning: "The order was ready to send some time ago and the warehouse, read directly, does not \
        have it. Nobody is going to pick it as things stand.",
    automatic: "Sends it when it was never sent. When it was, reads the warehouse twice and only \
        then sends again under the same key.",
    actions: &[
        "Send it now",
        "Explain it: cancelled, other building, own van",
    ],
    next_step: "Open the timeline and see whether it was released, sent and answered.",
    remedy: Remedy::Retry,
    clears_when: "The warehouse holds the order, or it is no longer expected there.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const ORD_NOT_IN_SOURCE: Entry = Entry {
    kind: Kind::OrdNotInSource,
    title: "Warehouse order without a sale",
    owner: Team::Operations,
    watchers: &[Team::Warehouse],
    severity: Severity::S3,
    severity_rule: "S2 once it is being picked",
    cause: Cause::Conflict,
    meaning: "An order with our prefix is live in the warehouse, but the sales system has no such \
        sale. It may be a test, a phone order, or a sale somebody deleted.",
    automatic: "Reads the sales system once more before it says so.",
    actions: &[
        "Stop it on the floor",
        "Link it to the sale it belongs to",
        "Record that it was entered by hand",
    ],
    next_step: "Find out who created it in the warehouse.",
    remedy: Remedy::RecordOutcome,
    clears_when: "It is linked to a sale, cancelled, or recorded as a manual order.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const ORD_LINES_DIFFER: Entry = Entry {
    kind: Kind::OrdLinesDiffer,
    title: "Warehouse order is not what was sold",
    owner: Team::Operations,
    watchers: &[Team::Warehouse],
    severity: Severity::S2,
    severity_rule: "S1 once it is being picked or later",
    cause: Cause::Conflict,
    meaning: "Read back from the warehouse, the order's lines, quantities, service, site or \
        address are not those of the sale. The customer would get the wrong parcel.",
    automatic: "Sends the difference as a change when picking has not begun; after that it writes \
        nothing.",
    actions: &[
        "Stop the order on the floor",
        "Send the correction",
        "Accept the difference and record why",
    ],
    next_step: "Put both versions side by side: a missing line is most often an item that was \
        dropped.",
    remedy: Remedy::Resync,
    clears_when: "Both versions read the same, or the order shipped and the difference was \
        accepted.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const ORD_STALLED: Entry = Entry {
    kind: Kind::OrdStalled,
    title: "Order stands still in the warehouse",
    owner: Team::Warehouse,
    watchers: &[Team::Ecommerce],
    severity: Severity::S3,
    severity_rule: "Rises as the promise comes near",
    cause: Cause::Timing,
    meaning: "The warehouse has not moved this order for longer than usual for its step. Left \
        alone it will miss the van.",
    automatic: "Nothing: only the floor can move it. Its progress is read every minute.",
    actions: &[
        "Ask the floor what holds it",
        "Allocate it again or split it",
        "Tell customer service if the promise is lost",
    ],
    next_step: "Look for short stock, a blocked bin, a failed label, an unreleased wave or a hold.",
    remedy: Remedy::FixInWarehouse,
    clears_when: "The warehouse shows the next status.",
    is_dismissable: true,
    is_parent: false,
};

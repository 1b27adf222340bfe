//! Stock figures and movements.

use super::{Cause, Entry, Kind, Remedy};
use crate::domain::exception::{Severity, Team};

pub(super) const STK_DRIFT: Entry = Entry {
    kind: Kind::StkDrift,
    title: "Stock figures disagree without a reason",
    owner: Team::Warehouse,
    watchers: &[Team::Operations, Team::Finance, Team::Ecommerce],
    severity: Severity::S3,
    severity_rule: "S1 or S2 by time to overselling",
    cause: Cause::Unknown,
    meaning: "After everything known is taken off, sales system and warehouse still differ for \
        this item. Either a count is wrong or somebody else writes the figure.",
    automatic: "Publishes the right figure when the difference is inside the limits; outside them \
        it waits for a person.",
    actions: &[
        "Read the waterfall and recognise the pattern",
        "Have the item counted",
        "Publish the figure now",
        "Find the other writer",
    ],
    next_step: "Read the waterfall; ask for a count only when the remainder is physical.",
    remedy: Remedy::PushStock,
    clears_when: "Two comparisons in a row find the figures equal within tolerance.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const STK_OVERSELL_RISK: Entry = Entry {
    kind: Kind::StkOversellRisk,
    title: "More is offered than can be shipped",
    owner: Team::Ecommerce,
    watchers: &[Team::Warehouse, Team::Cx],
    severity: Severity::S2,
    severity_rule: "S1 when it would oversell within an hour",
    cause: Cause::Timing,
    meaning: "Customers can buy more of this item than the warehouse could send. At the present \
        rate it will be oversold within a day.",
    automatic: "Publishes the right figure at once; where policy allows, publishes zero when that \
        fails.",
    actions: &[
        "Publish the figure now",
        "Raise the buffer",
        "Stop the sale at the channel",
    ],
    next_step: "Publish first and look for the cause afterwards.",
    remedy: Remedy::PushStock,
    clears_when: "The sales system offers no more than can be shipped.",
    is_dismissable: false,
    is_parent: false,
};

pub(super) const STK_OVERSOLD: Entry = Entry {
    kind: Kind::StkOversold,
    title: "More is promised than exists",
    owner: Team::Operations,
    watchers: &[Team::Cx, Team::Warehouse],
    severity: Severity::S1,
    severity_rule: "Already the highest",
    cause: Cause::Conflict,
    meaning: "Customers have bought more of this item than there is. Some of them will not get it \
        unless stock turns up.",
    automatic: "Publishes zero, so that nobody else buys it.",
    actions: &[
        "Have the item counted",
        "Choose which orders are delayed or cancelled",
        "Offer a substitute",
        "Bring stock from another site",
    ],
    next_step: "Have it counted and look for goods that wait to be put away.",
    remedy: Remedy::FixInWarehouse,
    clears_when: "There is stock for every promise again.",
    is_dismissable: false,
    is_parent: false,
};

pub(super) const STK_FALSE_STOCKOUT: Entry = Entry {
    kind: Kind::StkFalseStockout,
    title: "Item shows as sold out by mistake",
    owner: Team::Ecommerce,
    watchers: &[],
    severity: Severity::S3,
    severity_rule: "S2 when it sold in the last 7 days",
    cause: Cause::Mapping,
    meaning: "The sales system shows none, although the warehouse could ship some. Sales are being \
        lost.",
    automatic: "Publishes the right figure.",
    actions: &[
        "Check the location's stock basis and the buffer",
        "List the item again where it ended at zero",
    ],
    next_step: "Check the stock basis first: a wrong one hides stock for every item.",
    remedy: Remedy::PushStock,
    clears_when: "The sales system shows stock again.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const STK_STALE: Entry = Entry {
    kind: Kind::StkStale,
    title: "Published stock is out of date",
    owner: Team::Integration,
    watchers: &[Team::Ecommerce],
    severity: Severity::S2,
    severity_rule: "S1 during a declared peak",
    cause: Cause::Connection,
    meaning: "No complete stock run has got through for three intervals. Customers are looking at \
        old figures.",
    automatic: "Tries again with smaller pages and publishes the items nearest to overselling \
        first.",
    actions: &["Run the stock flow now", "Publish only the items at risk"],
    next_step: "See whether reading the warehouse or writing the sales system fails.",
    remedy: Remedy::PushStock,
    clears_when: "One complete stock run has gone through.",
    is_dismissable: false,
    is_parent: false,
};

pub(super) const STK_SNAPSHOT_INCOMPLETE: Entry = Entry {
    kind: Kind::StkSnapshotIncomplete,
    title: "Stock report came with holes",
    owner: Team::Integration,
    watchers: &[],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Data,
    meaning: "Part of the warehouse's stock report is missing or far fewer items came than last \
        time. Using it would zero items that are there.",
    automatic: "Throws the report away, changes nothing and reads it again.",
    actions: &["Read the report again", "Put the report's template right"],
    next_step: "Compare the number of items with the last complete report.",
    remedy: Remedy::Resync,
    clears_when: "A complete report has been read.",
    is_dismissable: false,
    is_parent: false,
};

pub(super) const STK_ADJ_FAILED: Entry = Entry {
    kind: Kind::StkAdjFailed,
    title: "Stock movement was not posted in the ERP",
    owner: Team::Finance,
    watchers: &[Team::Warehouse],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Data,
    meaning: "Goods moved in the warehouse and the ERP refused to book it. Every later movement of \
        the same item waits behind it.",
    automatic: "Tries for as long as it takes; its lane waits.",
    actions: &[
        "Remove what the answer names: location, account, lock date",
        "Try again",
        "Skip it with a reason, which leaves a debt",
        "Replace the waiting movements by a count",
    ],
    next_step: "Read the ERP's answer and put its cause right there.",
    remedy: Remedy::Retry,
    clears_when: "The ERP shows the movement under our reference.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const STK_LANE_BLOCKED: Entry = Entry {
    kind: Kind::StkLaneBlocked,
    title: "A stock lane has stopped",
    owner: Team::Integration,
    watchers: &[Team::Operations, Team::Finance],
    severity: Severity::S2,
    severity_rule: "S1 when orders wait behind it",
    cause: Cause::Data,
    meaning: "The first movement of a lane cannot be posted, so all later ones of that item wait. \
        Out of turn they would give a wrong figure.",
    automatic: "Holds only the orders that need the item; every other lane goes on.",
    actions: &[
        "Put right the movement at the head",
        "Skip the head with a reason",
        "Replace the lane by a count",
    ],
    next_step: "Deal with the head of the lane; what waits behind it is not broken.",
    remedy: Remedy::Retry,
    clears_when: "The head is posted or skipped and the lane moves.",
    is_dismissable: false,
    is_parent: true,
};

pub(super) const STK_SEQUENCE_BROKEN: Entry = Entry {
    kind: Kind::StkSequenceBroken,
    title: "A stock movement is missing or came late",
    owner: Team::Integration,
    watchers: &[Team::Warehouse],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Conflict,
    meaning: "The warehouse's movements for this item do not join up, or somebody posted in \
        between. The booked figure may be wrong by what was lost.",
    automatic: "Reads that stretch of movements again and puts the missing one in its place, or \
        compares the item afresh.",
    actions: &["Read the movements again", "Compare and correct the item"],
    next_step: "Read the movements of that stretch again and look for the gap.",
    remedy: Remedy::Resync,
    clears_when: "The movements join up, or the item was compared and agrees.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const STK_LOOP: Entry = Entry {
    kind: Kind::StkLoop,
    title: "Two systems overwrite each other's stock",
    owner: Team::Integration,
    watchers: &[Team::Ecommerce],
    severity: Severity::S1,
    severity_rule: "Already the highest",
    cause: Cause::Conflict,
    meaning: "The figure for this item jumps back and forth because something else writes it too. \
        Customers see stock that is right one minute and wrong the next.",
    automatic: "Stops publishing this item, keeps reading it, and keeps both histories.",
    actions: &[
        "Find the other writer",
        "Switch that writer off",
        "Let publishing go on again",
    ],
    next_step: "Read both histories side by side and find out who else writes.",
    remedy: Remedy::FixInSource,
    clears_when: "Publishing goes on again and has been quiet for 2 hours.",
    is_dismissable: false,
    is_parent: false,
};

pub(super) const STK_WRITEBACK: Entry = Entry {
    kind: Kind::StkWriteback,
    title: "Something wrote stock into the warehouse",
    owner: Team::Integration,
    watchers: &[Team::Warehouse],
    severity: Severity::S1,
    severity_rule: "Already the highest",
    cause: Cause::Conflict,
    meaning: "A connected system changed stock in the warehouse, which only the floor may do. The \
        count there may no longer be what is on the shelf.",
    automatic: "Refuses such a write when it would pass through here. There is no path for it.",
    actions: &[
        "Switch the function off in that system",
        "Have the touched items counted",
    ],
    next_step: "Find out which user and which function wrote, and switch it off.",
    remedy: Remedy::FixInWarehouse,
    clears_when: "No such write has been seen for 24 hours.",
    is_dismissable: false,
    is_parent: false,
};

pub(super) const STK_NEGATIVE: Entry = Entry {
    kind: Kind::StkNegative,
    title: "A stock figure is below zero",
    owner: Team::Warehouse,
    watchers: &[Team::Finance],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Data,
    meaning: "One of the systems shows less than nothing for this item. Usually goods were picked \
        before they were booked in.",
    automatic: "Publishes zero for the item.",
    actions: &[
        "Have the item counted",
        "Correct the count in the warehouse",
    ],
    next_step: "Look for a pick before put-away, or pieces booked as boxes.",
    remedy: Remedy::FixInWarehouse,
    clears_when: "Every figure of the item is zero or more.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const STK_INCREMENT_MISSING: Entry = Entry {
    kind: Kind::StkIncrementMissing,
    title: "Goods were booked in but not in the ledger",
    owner: Team::Finance,
    watchers: &[Team::Warehouse],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Connection,
    meaning: "The warehouse received goods half an hour ago and the ERP does not know. They cannot \
        be sold yet.",
    automatic: "Makes the movement from the receipt, under its own key.",
    actions: &["Post it now", "Explain it: already booked by hand"],
    next_step: "See whether somebody entered the receipt by hand; if so, link it and post nothing.",
    remedy: Remedy::Retry,
    clears_when: "The ERP shows the movement.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const STK_COUNT_ASKED: Entry = Entry {
    kind: Kind::StkCountAsked,
    title: "A count of an item is asked for",
    owner: Team::Warehouse,
    watchers: &[Team::Ecommerce, Team::Operations],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Unknown,
    meaning: "Somebody doubts what the systems say lies on the shelf. Only a look at the shelf \
        tells which of them is right.",
    automatic: "Nothing: it waits for the figure the floor counts.",
    actions: &[
        "Count it and record the figure",
        "Dismiss it with the reason",
    ],
    next_step: "Count the item at its site and record the figure: Floor's answer.",
    remedy: Remedy::RecordOutcome,
    clears_when: "The counted figure is recorded.",
    is_dismissable: true,
    is_parent: false,
};

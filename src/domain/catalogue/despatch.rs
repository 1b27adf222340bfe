//! Despatches coming back from the warehouse.

use super::{Cause, Entry, Kind, Remedy};
use crate::domain::exception::{Severity, Team};
use crate::domain::mapping::MappingKind;

pub(super) const DSP_CONFIRM_FAILED: Entry = Entry {
    kind: Kind::DspConfirmFailed,
    title: "Sales system did not take the despatch",
    owner: Team::Operations,
    watchers: &[Team::Ecommerce, Team::Cx],
    severity: Severity::S2,
    severity_rule: "S1 from 20 orders when the oldest is over an hour old",
    cause: Cause::Connection,
    meaning: "The parcel has left, but the sales system did not take the news. The channel and the \
        customer hear nothing and may think it is late.",
    automatic: "Keeps trying with growing pauses for three days.",
    actions: &[
        "Remove what the answer names, such as a lock or a parked state",
        "Try again",
        "Close it by hand in the sales system; it is then read and believed",
    ],
    next_step: "Read the sales system's answer: a locked or parked order must be freed first.",
    remedy: Remedy::Retry,
    clears_when: "The sales system shows the order as processed with our tracking.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const DSP_OPEN_AFTER_DESPATCH: Entry = Entry {
    kind: Kind::DspOpenAfterDespatch,
    title: "Sale is open although it was shipped",
    owner: Team::Ecommerce,
    watchers: &[Team::Operations, Team::Cx, Team::Finance],
    severity: Severity::S2,
    severity_rule: "S1 after 24 hours",
    cause: Cause::Connection,
    meaning: "Read directly, the warehouse has shipped this order and the sales system still has \
        it open. Somebody could ship it again, and the customer was not told.",
    automatic: "Takes in a despatch it never saw, or points to the confirmation that is failing.",
    actions: &["Confirm it now", "Explain why it stays open"],
    next_step: "Open the timeline: was the despatch missed, or was its confirmation refused?",
    remedy: Remedy::Resync,
    clears_when: "The sales system shows the order as processed.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const DSP_IN_DOUBT: Entry = Entry {
    kind: Kind::DspInDoubt,
    title: "Not known whether the despatch was confirmed",
    owner: Team::Integration,
    watchers: &[],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Unknown,
    meaning: "The confirmation was sent and its answer was lost. Sending it twice can e-mail the \
        customer twice.",
    automatic: "Reads the order in the sales system again and again. It confirms again only when \
        two looks agree that it is still open.",
    actions: &[
        "Ask the sales system now",
        "Look there yourself and note what you see",
    ],
    next_step: "Open the order in the sales system: processed with our tracking means it worked.",
    remedy: Remedy::Resync,
    clears_when: "The sales system was read and shows the order processed or, twice in a row, \
        open.",
    is_dismissable: false,
    is_parent: false,
};

pub(super) const DSP_PARTIAL_UNREFLECTED: Entry = Entry {
    kind: Kind::DspPartialUnreflected,
    title: "Part despatch is missing in the sales system",
    owner: Team::Ecommerce,
    watchers: &[Team::Cx],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Connection,
    meaning: "More has left the building than the sales system knows of. The customer sees too \
        little, and the rest looks unshipped.",
    automatic: "Sends the confirmation of the missing parcel.",
    actions: &[
        "Choose which lines the parcel covered",
        "Accept the difference and record why",
    ],
    next_step: "Lay the parcels beside the confirmations and find the one that is missing.",
    remedy: Remedy::Retry,
    clears_when: "Confirmed and shipped quantities are the same, line by line.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const DSP_QTY_MISMATCH: Entry = Entry {
    kind: Kind::DspQtyMismatch,
    title: "What left is not what was ordered",
    owner: Team::Operations,
    watchers: &[Team::Warehouse, Team::Finance],
    severity: Severity::S2,
    severity_rule: "S1 when more left than was ordered",
    cause: Cause::Conflict,
    meaning: "What left the building is more, less or other than what was ordered. Confirming it \
        as it stands would tell the customer something untrue.",
    automatic: "Confirms nothing for this order until somebody has decided.",
    actions: &[
        "Accept the short parcel and cancel the rest",
        "Accept the short parcel and send the rest later",
        "Record a picking error",
        "Recall the parcel",
    ],
    next_step: "Find out from the packing scan what really went into the box.",
    remedy: Remedy::RecordOutcome,
    clears_when: "The sales system shows what really left.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const DSP_DUPLICATE: Entry = Entry {
    kind: Kind::DspDuplicate,
    title: "Order was shipped twice",
    owner: Team::Operations,
    watchers: &[Team::Cx, Team::Warehouse],
    severity: Severity::S1,
    severity_rule: "Already the highest",
    cause: Cause::Duplicate,
    meaning: "Together the despatches hold more than the customer ordered. A second parcel is on \
        its way.",
    automatic: "Confirms the first parcel only.",
    actions: &[
        "Recall the second parcel",
        "Arrange its return",
        "Let the customer keep it and record the loss",
    ],
    next_step: "Ring the carrier to recall the second parcel.",
    remedy: Remedy::RecordOutcome,
    clears_when: "It is recorded what became of the second parcel.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const DSP_ORPHAN: Entry = Entry {
    kind: Kind::DspOrphan,
    title: "Despatch for an order nobody sold",
    owner: Team::Operations,
    watchers: &[],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Conflict,
    meaning: "The warehouse shipped an order that the sales system does not know. Stock went out \
        without a sale to charge it to.",
    automatic: "Reads the sales system once more before it says so.",
    actions: &[
        "Link the despatch to its sale",
        "Record that it was a manual order",
    ],
    next_step: "Look for a manual order in the warehouse or a sale that was deleted or merged.",
    remedy: Remedy::RecordOutcome,
    clears_when: "The despatch is linked to a sale or recorded as manual.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const DSP_CLOSED_NOT_DESPATCHED: Entry = Entry {
    kind: Kind::DspClosedNotDespatched,
    title: "Sale is closed but nothing was shipped",
    owner: Team::Ecommerce,
    watchers: &[Team::Warehouse],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Conflict,
    meaning: "The sales system says the order has gone, the warehouse still has it open. It will \
        either never ship or ship twice.",
    automatic: "Writes nothing: only a person knows which side is right.",
    actions: &[
        "Cancel it in the warehouse",
        "Open it again in the sales system",
        "Let the warehouse ship it and leave the sale closed",
    ],
    next_step: "Find out who closed the sale, and whether the goods went another way.",
    remedy: Remedy::RecordOutcome,
    clears_when: "Both systems say shipped, or both say not.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const DSP_TRACKING_MISSING: Entry = Entry {
    kind: Kind::DspTrackingMissing,
    title: "Despatch has no tracking number",
    owner: Team::Warehouse,
    watchers: &[Team::Cx],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Timing,
    meaning: "The parcel left on a tracked service half an hour ago and still has no number. \
        Nobody can follow it.",
    automatic: "Reads both systems again, and adds a number booked late without telling the \
        customer twice where the sales system takes one.",
    actions: &[
        "Book the label again",
        "Enter the number in the sales system by hand",
        "Mark the service as untracked, which frees all its parcels",
    ],
    next_step: "See whether the label is booked later or the manifest failed.",
    remedy: Remedy::FixInWarehouse,
    clears_when: "The sales system shows a number for every parcel, or the mapping says that the \
        service has none.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const DSP_TRACKING_REJECTED: Entry = Entry {
    kind: Kind::DspTrackingRejected,
    title: "Carrier or tracking was refused",
    owner: Team::Ecommerce,
    watchers: &[],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Mapping,
    meaning: "The sales system did not accept the carrier's name or the form of the number. A \
        despatch that was not confirmed yet stays so; one that was keeps the number it had.",
    automatic: "Holds the confirmations with this carrier until the mapping changes.",
    actions: &["Correct the carrier's name in the mapping", "Try again"],
    next_step: "Compare the carrier's name with the list the channel knows.",
    remedy: Remedy::Map(MappingKind::TrackingCarrier),
    clears_when: "The sales system has accepted carrier and number.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const DSP_NOT_NOTIFIED: Entry = Entry {
    kind: Kind::DspNotNotified,
    title: "Channel or customer was not told",
    owner: Team::Ecommerce,
    watchers: &[Team::Cx],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Connection,
    meaning: "The sales system knows the order has gone but did not pass it on. The channel may \
        count it as late and the customer will ask.",
    automatic: "Reads the outcome again; it cannot tell the channel in the sales system's place.",
    actions: &[
        "Send the despatch note again from the sales system",
        "Tell the channel or the customer by hand",
    ],
    next_step: "Check in the sales system whether despatch notes were on for this channel when it \
        was processed.",
    remedy: Remedy::FixInSource,
    clears_when: "The sales system shows that the channel took the despatch note.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const DSP_LATENCY: Entry = Entry {
    kind: Kind::DspLatency,
    title: "Confirmations arrive late",
    owner: Team::Integration,
    watchers: &[Team::Cx, Team::Finance],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Limit,
    meaning: "Most confirmations arrive, but later than they should. Customers and channels see \
        despatches long after the van has gone.",
    automatic: "Looks for despatches more often as long as the call budget allows.",
    actions: &[
        "Give the despatch lane a larger share",
        "Find and mend the slowest step",
    ],
    next_step: "See which step takes longest: noticing, queueing, calling or reading back.",
    remedy: Remedy::Wait,
    clears_when: "Confirmations have been on time for half an hour.",
    is_dismissable: true,
    is_parent: false,
};

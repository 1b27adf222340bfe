//! Products and items.

use super::{Cause, Entry, Kind, Remedy};
use crate::domain::exception::{Severity, Team};
use crate::domain::mapping::MappingKind;

pub(super) const PRD_NOT_IN_WMS: Entry = Entry {
    kind: Kind::PrdNotInWms,
    title: "Product is still missing in the warehouse",
    owner: Team::Data,
    watchers: &[],
    severity: Severity::S4,
    severity_rule: "S3 when an open order or a delivery needs it",
    cause: Cause::Data,
    meaning: "The product was made in the sales system but the warehouse does not have it yet. The \
        first order for it would be held.",
    automatic: "Sends the product again.",
    actions: &["Send it now", "Mark it as not for this warehouse"],
    next_step: "Read why the warehouse did not take it: most often the barcode or name is missing.",
    remedy: Remedy::Retry,
    clears_when: "The item is read back from the warehouse, or the product is left out.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const PRD_NOT_IN_SOURCE: Entry = Entry {
    kind: Kind::PrdNotInSource,
    title: "Warehouse item is not sold anywhere",
    owner: Team::Data,
    watchers: &[Team::Ecommerce],
    severity: Severity::S4,
    severity_rule: "S3 when 10 or more are on hand",
    cause: Cause::Data,
    meaning: "The warehouse holds stock of an item that no SKU stands for. That stock cannot be \
        offered to customers.",
    automatic: "Nothing is created on the sales side by itself.",
    actions: &[
        "Create the product in the sales system",
        "Map the item to an existing SKU",
        "Mark it internal: packaging, samples",
    ],
    next_step: "Decide whether the item is for sale, packaging, or a second code for the same \
        goods.",
    remedy: Remedy::Map(MappingKind::Item),
    clears_when: "The item has a SKU, or it is marked internal.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const PRD_CREATE_FAILED: Entry = Entry {
    kind: Kind::PrdCreateFailed,
    title: "The warehouse refused to create the item",
    owner: Team::Data,
    watchers: &[],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Data,
    meaning: "A product was sent and the warehouse said no. Until it is created, orders for it are \
        held.",
    automatic: "Tries again when the product record changes.",
    actions: &[
        "Correct the product record",
        "Send it again",
        "Mark it as not for this warehouse",
    ],
    next_step: "Check code length, barcode and item group in the product record, not in the \
        warehouse.",
    remedy: Remedy::FixInSource,
    clears_when: "The item is read back from the warehouse.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const PRD_BARCODE_MISMATCH: Entry = Entry {
    kind: Kind::PrdBarcodeMismatch,
    title: "Systems disagree about a barcode",
    owner: Team::Data,
    watchers: &[Team::Warehouse],
    severity: Severity::S4,
    severity_rule: "S3 when the pair's policy holds orders for it",
    cause: Cause::Data,
    meaning: "Sales system and warehouse disagree about the item's barcode, or one has none. \
        Scanning at the bench may find the wrong item or nothing.",
    automatic: "Warns or holds the orders, as the pair's policy says. Never changes a barcode.",
    actions: &["Correct the barcode in the product record and send it"],
    next_step: "Scan the real item: what is printed on it is right.",
    remedy: Remedy::FixInSource,
    clears_when: "Both systems show the same barcode.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const PRD_BARCODE_DUPLICATE: Entry = Entry {
    kind: Kind::PrdBarcodeDuplicate,
    title: "Two active items share a barcode",
    owner: Team::Data,
    watchers: &[Team::Warehouse],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Duplicate,
    meaning: "One barcode leads to two active items. A scan cannot tell them apart, so the wrong \
        goods may be picked.",
    automatic: "Nothing: a person must say which item owns the barcode.",
    actions: &[
        "Correct the barcode of one item",
        "Switch one of the items off",
    ],
    next_step: "Find out which item really carries the label, then look at today's picks of both.",
    remedy: Remedy::FixInSource,
    clears_when: "The barcode belongs to one active item only.",
    is_dismissable: true,
    is_parent: false,
};

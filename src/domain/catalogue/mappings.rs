//! The team's mappings.

use super::{Cause, Entry, Kind, Remedy};
use crate::domain::exception::{Severity, Team};
use crate::domain::mapping::MappingKind;

pub(super) const MAP_TARGET_GONE: Entry = Entry {
    kind: Kind::MapTargetGone,
    title: "Mapping's target has gone",
    owner: Team::Ecommerce,
    watchers: &[Team::Warehouse],
    severity: Severity::S4,
    severity_rule: "S2 when it was used in the last 7 days",
    cause: Cause::Mapping,
    meaning: "What this mapping leads to was renamed, switched off or removed. The next order that \
        needs it would be refused.",
    automatic: "Stops using the row; orders that need it are held.",
    actions: &[
        "Choose a successor after looking at the preview",
        "Retire the row",
    ],
    next_step: "Find out whether it was renamed or removed, then choose its successor.",
    remedy: Remedy::Map(MappingKind::Carrier),
    clears_when: "The target exists and is active, or the row is retired.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const MAP_NOT_ONE_TO_ONE: Entry = Entry {
    kind: Kind::MapNotOneToOne,
    title: "Location and site are not one to one",
    owner: Team::Finance,
    watchers: &[Team::Warehouse],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Mapping,
    meaning: "A ledger location is joined to two buildings, or a building to two locations. Stock \
        would be booked twice or in the wrong place.",
    automatic: "Stops the stock flows of the locations concerned.",
    actions: &["Correct the rows", "Retire the row that is wrong"],
    next_step: "Decide which location keeps the books of the building.",
    remedy: Remedy::Map(MappingKind::Site),
    clears_when: "Every location has one building and every building one location.",
    is_dismissable: false,
    is_parent: false,
};

pub(super) const MAP_LOCATION_UNALIGNED: Entry = Entry {
    kind: Kind::MapLocationUnaligned,
    title: "A message names a location nobody mapped",
    owner: Team::Ecommerce,
    watchers: &[Team::Finance],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Mapping,
    meaning: "An order, a stock figure or a return speaks of a place that has no mapping. It \
        cannot be placed on any floor.",
    automatic: "Sets the message aside and keeps it.",
    actions: &["Map the location", "Leave the location out"],
    next_step: "Ask whether it is a new shop, a van, or a place that only exists on paper.",
    remedy: Remedy::Map(MappingKind::Site),
    clears_when: "The location is mapped or left out, and what was set aside is worked.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const MAP_STATUS_UNKNOWN: Entry = Entry {
    kind: Kind::MapStatusUnknown,
    title: "A status nobody has seen before",
    owner: Team::Integration,
    watchers: &[],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Mapping,
    meaning: "One of the systems uses a status word that has no meaning here yet. What it \
        describes keeps its last known state.",
    automatic: "Changes nothing for the objects that carry it; a status is never guessed.",
    actions: &["Map the status to its meaning"],
    next_step: "Look up what the word means in its own system; ask if it could mean shipped or \
        cancelled.",
    remedy: Remedy::Map(MappingKind::OrderStatus),
    clears_when: "The status is mapped and every object that carries it was judged again.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const MAP_CHANGED_OUTSIDE: Entry = Entry {
    kind: Kind::MapChangedOutside,
    title: "A mapped name was changed in its own system",
    owner: Team::Ecommerce,
    watchers: &[],
    severity: Severity::S4,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Mapping,
    meaning: "Something we map by its id now has another name. It may be a new label only, or it \
        may mean something else now.",
    automatic: "Goes on working by the id.",
    actions: &["Confirm that it means the same", "Map it anew"],
    next_step: "Ask whoever renamed it whether the meaning changed too.",
    remedy: Remedy::Map(MappingKind::Carrier),
    clears_when: "Somebody has confirmed or changed the mapping.",
    is_dismissable: true,
    is_parent: false,
};

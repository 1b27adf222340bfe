//! What people are told while they write a row: how its meaning is written, and what may stand beside it.

use crate::domain::mapping::MappingKind;

/// What may stand beside a row of a kind, with what it says; the most used first.
pub const fn attributes(kind: MappingKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        MappingKind::Carrier => &[
            ("country", "only to these: GB+IE+FR"),
            ("value_min", "at least this order value, in pence"),
            ("value_max", "at most this order value, in pence"),
            ("channel", "only orders sold there"),
            ("order", "which rule is tried first: the lowest"),
            ("needs", "what the carrier demands: phone+email"),
            ("tracked", "no: its parcels get no tracking number"),
        ],
        MappingKind::Site => &[
            ("basis", "GROSS, NET_STATIC or NET_LIVE; compulsory"),
            ("name", "what people call the location"),
            (
                "stock_share_percent",
                "its part, when locations share a site",
            ),
        ],
        MappingKind::Routing => &[
            ("order", "which rule is tried first: the lowest"),
            ("country", "only delivered there: GB+IE"),
            ("postcode", "areas IV, districts IV27, beginnings 75*"),
            ("location", "only orders of these, by id"),
            ("channel", "only orders sold there"),
            ("stock", "all: the first site that has every line"),
        ],
        MappingKind::Item => &[("multiple", "units of the item in one unit of the SKU")],
        MappingKind::Buffer => &[
            ("until", "its last day: 2026-12-31"),
            ("minimum", "with a percentage: at least these units"),
            ("location", "only at this location, by id"),
        ],
        MappingKind::OrderStatus | MappingKind::ReturnStatus => {
            &[("side", "whose word it is: wms or source; compulsory")]
        }
        MappingKind::Reason => &[("account", "the account the change is posted against")],
        MappingKind::Composite
        | MappingKind::TrackingCarrier
        | MappingKind::ReturnReason
        | MappingKind::Payment
        | MappingKind::Owner
        | MappingKind::Calendar => &[],
    }
}

/// How the meaning of a row is written where it is chosen from no list.
pub const fn meaning(kind: MappingKind) -> Option<&'static str> {
    match kind {
        MappingKind::Buffer => Some(
            "Units kept back from sale, such as 5, or a percentage such as 10%. 0 keeps nothing back.",
        ),
        MappingKind::Composite => Some("Item codes with units, joined by +: MUG*2+BOX*1."),
        MappingKind::TrackingCarrier => {
            Some("The name the channel knows the carrier by, letter by letter.")
        }
        _ => None,
    }
}

//! What people are told while they write a row: how its meaning is written, and what may stand beside it.

use crate::domain::exception::Team;
use crate::domain::mapping::MappingKind;
use crate::domain::movements;
use crate::domain::order::OrderState;
use crate::domain::returns::GoodsStep;
use crate::domain::wms::WmsStatus;

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
        | MappingKind::Owner
        | MappingKind::ReturnReason
        | MappingKind::Payment
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

/// What a row may mean where that is a word of ours, with what it says; `None` where another system has the list.
pub fn own(kind: MappingKind) -> Option<Vec<(&'static str, String)>> {
    match kind {
        MappingKind::Reason => Some(movements::reasons()),
        MappingKind::ReturnStatus => {
            let steps = GoodsStep::ALL.iter();
            Some(
                steps
                    .map(|s| (s.as_str(), s.as_str().replace('_', " ")))
                    .collect(),
            )
        }
        MappingKind::OrderStatus => Some(statuses()),
        MappingKind::Owner => {
            let teams = Team::ALL.iter();
            Some(
                teams
                    .map(|t| (t.as_str(), "its cases go to this team first".to_owned()))
                    .collect(),
            )
        }
        _ => None,
    }
}

/// The warehouse's statuses first; a word that is a state of the source's orders too stands once.
fn statuses() -> Vec<(&'static str, String)> {
    let states = || OrderState::ALL.iter().map(|s| s.as_str());
    let wms: Vec<&str> = WmsStatus::ALL.iter().map(|s| s.as_str()).collect();
    let beyond = states().filter(|s| !wms.contains(s));
    let mut out: Vec<(&str, String)> = Vec::new();
    for word in &wms {
        let also = if states().any(|s| s == *word) {
            " or side=source"
        } else {
            ""
        };
        out.push((word, format!("with side=wms{also}")));
    }
    out.extend(beyond.map(|word| (word, "with side=source".to_owned())));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_ours_stand_once() {
        for kind in MappingKind::ALL.iter().copied() {
            let Some(words) = own(kind) else {
                continue;
            };
            let mut codes: Vec<&str> = words.iter().map(|(code, _)| *code).collect();
            assert!(!codes.is_empty(), "{kind}");
            let all = codes.len();
            codes.sort_unstable();
            codes.dedup();
            assert_eq!(codes.len(), all, "{kind}");
        }
    }
}

//! What a warehouse's status word means. Words differ between accounts: the team's own mapping decides first, then the
//! names and numbers known from the vendor. An unlisted word is never guessed (`MAP_STATUS_UNKNOWN`).

use super::mapping_set::MappingSet;
use super::order::OrderState;
use super::wms::WmsStatus;

/// Side of `ORDER_STATUS` rows that translate the warehouse's words (attribute `side`).
pub const SIDE_WMS: &str = "wms";

/// The status behind a warehouse's word. Mapping rows (`ORDER_STATUS`, `side=wms`) win over the built-in names and
/// numbers; a row that points at something which is no status means nothing rather than something else.
/// `None`: unknown, the order keeps its last known state.
pub fn wms_status(text: &str, mappings: &MappingSet) -> Option<WmsStatus> {
    if let Some(to) = mappings.status_row(SIDE_WMS, text) {
        return WmsStatus::parse(to.trim()).or_else(|| built_in(to));
    }
    built_in(text)
}

/// Names and numeric ids as Peoplevox is known to give them in the order list's `Status` column.
fn built_in(text: &str) -> Option<WmsStatus> {
    if let Ok(id) = text.trim().parse::<i64>() {
        return by_id(id);
    }
    let word: String = text
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    Some(match word.as_str() {
        "new" => WmsStatus::New,
        "backorder" | "backordered" | "onbackorder" => WmsStatus::BackOrder,
        "partiallyallocated" | "partallocated" => WmsStatus::PartAllocated,
        "allocated" => WmsStatus::Allocated,
        "partiallypicked" | "partpicked" => WmsStatus::PartPicked,
        "picked" => WmsStatus::Picked,
        "packed" => WmsStatus::Packed,
        "partiallydespatched" | "partdespatched" | "partiallydispatched" | "partdispatched" => {
            WmsStatus::PartDespatched
        }
        "despatched" | "dispatched" => WmsStatus::Despatched,
        "cancelled" | "canceled" => WmsStatus::Cancelled,
        _ => return None,
    })
}

/// Numeric ids some accounts print instead of a name.
const fn by_id(id: i64) -> Option<WmsStatus> {
    Some(match id {
        0 => WmsStatus::New,
        1 => WmsStatus::BackOrder,
        2 => WmsStatus::Allocated,
        3 => WmsStatus::Picked,
        4 => WmsStatus::Packed,
        5 => WmsStatus::Despatched,
        6 => WmsStatus::Cancelled,
        7 => WmsStatus::PartAllocated,
        8 => WmsStatus::PartPicked,
        9 => WmsStatus::PartDespatched,
        _ => return None,
    })
}

/// Where an order stands in our books when the warehouse shows this status.
pub const fn order_state(status: WmsStatus) -> OrderState {
    match status {
        WmsStatus::New => OrderState::InWarehouse,
        WmsStatus::BackOrder => OrderState::Backordered,
        WmsStatus::PartAllocated | WmsStatus::Allocated => OrderState::Allocated,
        WmsStatus::PartPicked | WmsStatus::Picked => OrderState::Picking,
        WmsStatus::Packed => OrderState::Packing,
        WmsStatus::PartDespatched => OrderState::PartDespatched,
        WmsStatus::Despatched => OrderState::Despatched,
        WmsStatus::Cancelled => OrderState::Cancelled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mapping::MappingKind;
    use crate::domain::mapping_set::testing::set;

    #[test]
    fn names_and_numbers_of_the_vendor_are_both_understood() {
        let none = set(&[]);
        for (text, status) in [
            ("New", WmsStatus::New),
            ("0", WmsStatus::New),
            (" back order ", WmsStatus::BackOrder),
            ("1", WmsStatus::BackOrder),
            ("Partially allocated", WmsStatus::PartAllocated),
            ("PARTIALLY PICKED", WmsStatus::PartPicked),
            ("8", WmsStatus::PartPicked),
            ("Despatched", WmsStatus::Despatched),
            ("Dispatched", WmsStatus::Despatched),
            ("9", WmsStatus::PartDespatched),
            ("Cancelled", WmsStatus::Cancelled),
            ("back_order", WmsStatus::BackOrder),
        ] {
            assert_eq!(wms_status(text, &none), Some(status), "{text}");
        }
    }

    #[test]
    fn an_unlisted_status_is_never_guessed() {
        let none = set(&[]);
        for text in ["", "10", "Awaiting wave", "New order", "-1"] {
            assert_eq!(wms_status(text, &none), None, "{text}");
        }
    }

    #[test]
    fn the_team_s_own_word_wins_over_the_built_in_one() {
        let own = set(&[
            (
                MappingKind::OrderStatus,
                "Awaiting wave",
                "allocated",
                "side=wms",
            ),
            (MappingKind::OrderStatus, "4", "picked", "side=wms"),
            (MappingKind::OrderStatus, "New", "nonsense", "side=wms"),
            (
                MappingKind::OrderStatus,
                "Packed",
                "cancelled",
                "side=source",
            ),
        ]);
        assert_eq!(
            wms_status("awaiting WAVE", &own),
            Some(WmsStatus::Allocated)
        );
        assert_eq!(wms_status("4", &own), Some(WmsStatus::Picked));
        assert_eq!(wms_status("New", &own), None);
        assert_eq!(wms_status("Packed", &own), Some(WmsStatus::Packed));
    }

    #[test]
    fn every_status_has_a_state_in_the_warehouse_s_hands_or_after() {
        for status in WmsStatus::ALL {
            let state = order_state(*status);
            assert!(!state.is_before_warehouse(), "{status} became {state}");
        }
        assert_eq!(order_state(WmsStatus::Picked), OrderState::Picking);
        assert_eq!(order_state(WmsStatus::BackOrder), OrderState::Backordered);
    }
}

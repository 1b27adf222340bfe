//! From a row of the warehouse's history to a movement of a site.

use super::Movement;
use crate::domain::time::Ts;
use crate::domain::wms::WmsMovement;

/// The movement a row of the history tells of. An empty end lies outside the site: goods came in, or went. With both
/// ends named the goods stayed on the site and its figure did not change; with none the sign is the row's own.
pub fn movement_of(row: WmsMovement, ordinal: i64, seen_at: Ts) -> Movement {
    let size = row.qty_each.saturating_abs();
    let delta_each = match (row.from.is_empty(), row.to.is_empty()) {
        (true, false) => size,
        (false, true) => size.saturating_neg(),
        (false, false) => 0,
        (true, true) => row.qty_each,
    };
    Movement {
        id: row.id,
        word: row.word,
        item: row.item,
        site: row.site,
        other_site: None,
        delta_each,
        at: row.at,
        document: row.order,
        ordinal,
        goods_in_line: None,
        after_each: None,
        seen_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(from: &str, to: &str, qty_each: i64) -> i64 {
        let row = WmsMovement {
            id: None,
            item: "MUG".into(),
            site: "MAIN".into(),
            word: "Moved using the device.".to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            qty_each,
            at: Ts(1),
            order: String::new(),
        };
        movement_of(row, 0, Ts(2)).delta_each
    }

    #[test]
    fn an_empty_end_lies_outside_the_site() {
        assert_eq!(moved("", "A-1", 3), 3);
        assert_eq!(moved("A-1", "", 3), -3);
        assert_eq!(moved("A-1", "B-2", 3), 0);
        assert_eq!(moved("", "", -2), -2);
    }
}

//! Idempotency keys and FIFO keys of deliveries. A key is unique over all states for ever, so it is made of ids and
//! content hashes only, never of times or attempts.

use super::hash;
use super::ids::{
    DespatchNo, GoodsInLine, ItemCode, LocationId, MovementId, PairId, ReturnRef, SiteRef, Sku,
    SourceOrderId, WmsOrderNo,
};
use super::time::Ts;

/// One key of its parts. Parts are escaped, so that two different lists of parts never give one key.
fn key(flow: &str, pair: &PairId, parts: &[&str]) -> String {
    let mut out = String::from(flow);
    for part in std::iter::once(pair.as_str()).chain(parts.iter().copied()) {
        out.push('|');
        for c in part.chars() {
            match c {
                '%' => out.push_str("%25"),
                '|' => out.push_str("%7C"),
                '+' => out.push_str("%2B"),
                c => out.push(c),
            }
        }
    }
    out
}

/// The order number in the warehouse: `PREFIX-number`, with `-R2`, `-R3` … after a cancel-and-recreate. It is never cut.
///
/// # Errors
/// In words for people: the number is missing, holds characters that cannot be typed, or is too long.
pub fn wms_number(
    prefix: &str,
    number: &str,
    revision: i64,
    chars_max: usize,
) -> Result<WmsOrderNo, String> {
    let number = number.trim();
    if number.is_empty() {
        return Err("the source order has no number".to_owned());
    }
    if let Some(c) = number.chars().find(|c| c.is_control() || c.is_whitespace()) {
        return Err(format!(
            "order number {number:?} holds {c:?}, which the warehouse cannot search for"
        ));
    }
    let mut out = if prefix.is_empty() {
        number.to_owned()
    } else {
        format!("{prefix}-{number}")
    };
    if revision > 1 {
        out.push_str(&format!("-R{revision}"));
    }
    let chars = out.chars().count();
    if chars > chars_max {
        return Err(format!(
            "order number {out} has {chars} characters, the warehouse takes {chars_max}; use a shorter prefix"
        ));
    }
    Ok(WmsOrderNo(out))
}

/// Key of a create: one per source order and revision.
pub fn create(pair: &PairId, source: &SourceOrderId, revision: i64) -> String {
    key(
        "create",
        pair,
        &[source.as_str(), &format!("R{}", revision.max(1))],
    )
}

/// Key of an amendment: one per source order and intended content.
pub fn amend(pair: &PairId, source: &SourceOrderId, content_hash: &str) -> String {
    key("amend", pair, &[source.as_str(), content_hash])
}

/// Key of a cancellation: one per source order and revision of its warehouse order.
pub fn cancel(pair: &PairId, source: &SourceOrderId, revision: i64) -> String {
    key(
        "cancel",
        pair,
        &[source.as_str(), &format!("R{}", revision.max(1))],
    )
}

/// Key of a confirmation: the despatches it speaks of (in any order) and the parcel's tracking.
pub fn despatch(pair: &PairId, despatch: &[DespatchNo], tracking: &str) -> String {
    let mut numbers: Vec<&str> = despatch.iter().map(DespatchNo::as_str).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut parts = numbers;
    parts.push("parcel");
    parts.push(tracking);
    key("despatch", pair, &parts)
}

/// Key of a parcel's tracking after it was told: the `nth` change of the order's tracking. A number may come back after
/// another took its place, so the place in the row belongs to the key.
pub fn relabel(pair: &PairId, despatch: &[DespatchNo], tracking: &str, nth: usize) -> String {
    let mut numbers: Vec<&str> = despatch.iter().map(DespatchNo::as_str).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let nth = nth.to_string();
    let mut parts = numbers;
    parts.extend(["label", tracking, &nth]);
    key("relabel", pair, &parts)
}

/// Key of a stock figure: the newest snapshot wins, each is written at most once.
pub fn stock(pair: &PairId, item: &ItemCode, location: &LocationId, snapshot_id: i64) -> String {
    key(
        "stock",
        pair,
        &[item.as_str(), location.as_str(), &snapshot_id.to_string()],
    )
}

/// Key of an item creation or change.
pub fn product(pair: &PairId, sku: &Sku, content_hash: &str) -> String {
    key("product", pair, &[sku.as_str(), content_hash])
}

/// Key of a stock movement that is posted as a change: the warehouse's own number of it.
pub fn stock_delta(pair: &PairId, movement: &MovementId) -> String {
    key("delta", pair, &["id", movement.as_str()])
}

/// What names a stock movement that came without a number of its own. The time is the warehouse's, part of the content.
#[derive(Debug, Clone, Copy)]
pub struct UnnumberedMovement<'a> {
    pub item: &'a ItemCode,
    pub site: &'a SiteRef,
    pub delta_each: i64,
    pub at: Ts,
    pub document: &'a str,
    /// Tells equal movements of one moment and document apart, counted in the report's order.
    pub ordinal: i64,
}

/// Key of a stock movement without a number.
pub fn stock_delta_unnumbered(pair: &PairId, movement: &UnnumberedMovement<'_>) -> String {
    key(
        "delta",
        pair,
        &[
            "content",
            movement.item.as_str(),
            movement.site.as_str(),
            &movement.delta_each.to_string(),
            &movement.at.0.to_string(),
            movement.document,
            &movement.ordinal.to_string(),
        ],
    )
}

/// Key of returned goods going back into the source's stock: the received line, and which of the movements that put it
/// on the shelf, counted from 1 in the warehouse's order.
pub fn return_stock_in(pair: &PairId, line: &GoodsInLine, part: i64) -> String {
    key(
        "stockin",
        pair,
        &[line.as_str(), &format!("P{}", part.max(1))],
    )
}

/// Key of an expected return: what it was made for (`return`, `refund` or `authorisation`) and that record's id.
pub fn return_expect(pair: &PairId, cause: &str, id: &str) -> String {
    key("expect", pair, &[cause, id])
}

/// Key of a credit note. A return may be credited in parts as its lines open; `part` counts from 1.
pub fn credit_note(pair: &PairId, sale: &SourceOrderId, returned: &ReturnRef, part: i64) -> String {
    key(
        "credit",
        pair,
        &[
            sale.as_str(),
            returned.as_str(),
            &format!("P{}", part.max(1)),
        ],
    )
}

/// Key of a correction that a comparison led to.
pub fn stock_correction(pair: &PairId, run: i64, item: &ItemCode, location: &LocationId) -> String {
    key(
        "correct",
        pair,
        &[&run.to_string(), item.as_str(), location.as_str()],
    )
}

/// Longest reference of an adjustment document, characters.
pub const REFERENCE_CHARS_MAX: usize = 50;

/// Hex digits of a shortened reference: 96 bits.
const REFERENCE_HEX: usize = 24;

/// The reference under which an adjustment document is found again: the movement's own key when it stands alone and
/// fits, else a hash of all keys in any order.
pub fn adjustment_reference(keys: &[&str]) -> String {
    let mut sorted = keys.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    if let [only] = sorted.as_slice()
        && only.chars().count() <= REFERENCE_CHARS_MAX
    {
        return (*only).to_owned();
    }
    let digest = hash::of_json(&sorted);
    let digits: String = digest.chars().take(REFERENCE_HEX).collect();
    format!("delta|{}x{digits}", sorted.len())
}

/// FIFO key of an item's physical movements at one source location. Shipping there takes the same key.
pub fn movement_lane(item: &ItemCode, location: &LocationId) -> String {
    format!("movement:{item}@{location}")
}

/// FIFO key of all physical movements at one source location, for accounts that want them in one row.
pub fn movement_lane_of_location(location: &LocationId) -> String {
    format!("movement:@{location}")
}

/// FIFO key of a return's own writes: expected, then credited.
pub fn return_lane(returned: &ReturnRef) -> String {
    format!("return:{returned}")
}

/// FIFO key of an order in the warehouse: create, then amend, then cancel.
pub fn order_lane(number: &WmsOrderNo) -> String {
    format!("order:{number}")
}

/// FIFO key of an order's confirmations in the source.
pub fn confirm_lane(source: &SourceOrderId) -> String {
    format!("confirm:{source}")
}

/// FIFO key of one published figure.
pub fn stock_lane(item: &ItemCode, location: &LocationId) -> String {
    format!("stock:{item}@{location}")
}

/// FIFO key of an item in the warehouse.
pub fn item_lane(item: &ItemCode) -> String {
    format!("item:{item}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pair() -> PairId {
        PairId::from("lw-pvx")
    }

    #[test]
    fn the_warehouse_number_is_prefix_number_and_revision() {
        let number = |revision| wms_number("LW", "100482", revision, 30).unwrap();
        assert_eq!(number(1), WmsOrderNo::from("LW-100482"));
        assert_eq!(number(0), WmsOrderNo::from("LW-100482"));
        assert_eq!(number(2), WmsOrderNo::from("LW-100482-R2"));
        assert_eq!(wms_number("", "7", 1, 30).unwrap(), WmsOrderNo::from("7"));
    }

    #[test]
    fn a_number_that_does_not_fit_is_refused_and_never_cut() {
        let long = "1".repeat(28);
        let fault = wms_number("LW", &long, 1, 30).unwrap_err();
        assert!(
            fault.contains("31 characters") && fault.contains("takes 30"),
            "{fault}"
        );
        assert!(wms_number("LW", &"1".repeat(27), 1, 30).is_ok());
        assert!(wms_number("LW", &"1".repeat(27), 2, 30).is_err());
        assert!(wms_number("LW", "  ", 1, 30).is_err());
        assert!(wms_number("LW", "10 04", 1, 30).is_err());
    }

    #[test]
    fn two_events_of_one_order_give_one_create_key() {
        let source = SourceOrderId::from("aa-bb");
        assert_eq!(create(&pair(), &source, 1), create(&pair(), &source, 1));
        assert_eq!(create(&pair(), &source, 0), create(&pair(), &source, 1));
        assert_ne!(create(&pair(), &source, 1), create(&pair(), &source, 2));
        assert_ne!(create(&pair(), &source, 1), cancel(&pair(), &source, 1));
        assert_ne!(
            create(&pair(), &source, 1),
            create(&PairId::from("other"), &source, 1)
        );
    }

    #[test]
    fn despatches_named_in_another_order_are_the_same_confirmation() {
        let (a, b) = (DespatchNo::from("DES1"), DespatchNo::from("DES2"));
        assert_eq!(
            despatch(&pair(), &[a.clone(), b.clone()], "T1"),
            despatch(&pair(), &[b.clone(), a.clone(), b.clone()], "T1")
        );
        assert_ne!(
            despatch(&pair(), std::slice::from_ref(&a), "T1"),
            despatch(&pair(), &[a], "T2")
        );
    }

    #[test]
    fn lanes_keep_different_work_apart() {
        let item = ItemCode::from("MUG");
        let location = LocationId::from("loc");
        let lanes = [
            order_lane(&WmsOrderNo::from("MUG")),
            confirm_lane(&SourceOrderId::from("MUG")),
            stock_lane(&item, &location),
            item_lane(&item),
        ];
        let distinct: std::collections::BTreeSet<_> = lanes.iter().collect();
        assert_eq!(distinct.len(), lanes.len());
    }

    #[test]
    fn a_movement_is_named_by_its_number_else_by_all_it_says() {
        let (item, site) = (ItemCode::from("MUG"), SiteRef::from("MAIN"));
        let plain = UnnumberedMovement {
            item: &item,
            site: &site,
            delta_each: 5,
            at: Ts(7),
            document: "GRN-1",
            ordinal: 1,
        };
        let key = stock_delta_unnumbered(&pair(), &plain);
        assert_eq!(key, stock_delta_unnumbered(&pair(), &plain));
        let second = UnnumberedMovement {
            ordinal: 2,
            ..plain
        };
        assert_ne!(key, stock_delta_unnumbered(&pair(), &second));
        let taken = UnnumberedMovement {
            delta_each: -5,
            ..plain
        };
        assert_ne!(key, stock_delta_unnumbered(&pair(), &taken));
        assert_ne!(
            stock_delta(&pair(), &"MUG".into()),
            return_stock_in(&pair(), &"MUG".into(), 1)
        );
    }

    #[test]
    fn a_return_has_one_key_per_cause_and_one_per_part_credited() {
        let (sale, returned) = (SourceOrderId::from("s1"), ReturnRef::from("RMA-1"));
        assert_ne!(
            return_expect(&pair(), "refund", "7"),
            return_expect(&pair(), "return", "7")
        );
        assert_eq!(
            credit_note(&pair(), &sale, &returned, 0),
            credit_note(&pair(), &sale, &returned, 1)
        );
        assert_ne!(
            credit_note(&pair(), &sale, &returned, 1),
            credit_note(&pair(), &sale, &returned, 2)
        );
        assert_ne!(
            stock_correction(&pair(), 1, &"A".into(), &"L".into()),
            stock_correction(&pair(), 2, &"A".into(), &"L".into())
        );
    }

    #[test]
    fn a_document_is_found_by_the_one_key_it_carries_or_by_all_of_them_in_any_order() {
        assert_eq!(adjustment_reference(&["delta|c7|id|1"]), "delta|c7|id|1");
        let both = adjustment_reference(&["a", "b"]);
        assert_eq!(both, adjustment_reference(&["b", "a", "b"]));
        assert_ne!(both, adjustment_reference(&["a", "c"]));
        let long = "k".repeat(REFERENCE_CHARS_MAX + 1);
        let short = adjustment_reference(&[&long]);
        assert!(
            short.starts_with("delta|1x") && short.len() <= REFERENCE_CHARS_MAX,
            "{short}"
        );
    }

    proptest! {
        #[test]
        fn different_parts_never_share_a_key(
            a in "[a-z|%+]{0,6}", b in "[a-z|%+]{0,6}", c in "[a-z|%+]{0,6}", d in "[a-z|%+]{0,6}",
        ) {
            let one = product(&pair(), &Sku(a.clone()), &b);
            let two = product(&pair(), &Sku(c.clone()), &d);
            prop_assert_eq!(one == two, (a, b) == (c, d));
        }
    }
}

//! Idempotency keys and FIFO keys of deliveries. A key is unique over all states for ever, so it is made of ids and
//! content hashes only, never of times or attempts.

use super::ids::{DespatchNo, ItemCode, LocationId, PairId, Sku, SourceOrderId, WmsOrderNo};

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

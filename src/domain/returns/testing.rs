//! Short ways to write returns in tests.

use super::*;

/// A line of `n` authorised and nothing more.
pub(crate) fn line(sku: &str, n: i64) -> ReturnLine {
    ReturnLine {
        line_ref: "1".to_owned(),
        sku: sku.into(),
        item: sku.into(),
        authorised_each: n,
        received_each: 0,
        sellable_each: 0,
        unsellable_each: 0,
        stocked_each: 0,
        confirmed_each: 0,
        disposed_each: 0,
        disposition: None,
        credited_each: 0,
    }
}

/// Two came back: one sellable and booked, one damaged with no outcome yet.
pub(crate) fn one_of_two_damaged() -> ReturnLine {
    ReturnLine {
        received_each: 2,
        sellable_each: 1,
        unsellable_each: 1,
        stocked_each: 1,
        confirmed_each: 1,
        ..line("MUG", 2)
    }
}

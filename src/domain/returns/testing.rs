//! Short ways to write returns in tests.

use super::*;

/// A line of `n` authorised and nothing more.
pub(crate) fn line(sku: &str, n: i64) -> ReturnLine {
    fresh_line("1".to_owned(), sku.into(), sku.into(), n)
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

/// A return in a state, with these lines.
pub(crate) fn returned(state: ReturnState, lines: Vec<ReturnLine>) -> Return {
    use crate::domain::ids::{OrderId, ReturnId};
    use crate::domain::time::Ts;
    Return {
        row: ReturnRow {
            id: ReturnId(1),
            pair: "shop-pvx".into(),
            reference: "RMA-1".into(),
            key: "expect|shop-pvx|refund|1".to_owned(),
            cause: Cause::Refund,
            cause_id: "1".to_owned(),
            order: OrderId(1),
            order_number: "1".to_owned(),
            wms_number: "SL-1".into(),
            state,
            money: MoneyState::Open,
            reason: String::new(),
            authorised_by: String::new(),
            created_at: Ts(0),
            authorised_at: Some(Ts(0)),
            expected_at: None,
            received_at: None,
            inspected_at: None,
            stocked_at: None,
            gate_opened_at: None,
            awaited_until: None,
            version: 1,
            updated_at: Ts(0),
        },
        lines,
        approvals: Vec::new(),
    }
}

//! What people may decide about a return, and what speaks against it. The engine asks before it carries a decision out,
//! the screen before it offers one.

use super::{
    Cause, Claim, ClaimState, MoneyState, Return, ReturnLine, ReturnRow, ReturnState, Units, step,
};
use crate::domain::ids::Sku;
use crate::domain::order::OrderRow;
use std::ops::RangeInclusive;

/// Days by which the waiting for goods can be put off, from today.
pub const EXTEND_DAYS: RangeInclusive<i64> = 1..=180;

/// Units of one SKU in a list of units, at most.
const UNITS_MAX: i64 = 1_000_000;

/// Ways in which a person may end a return: never came, refused, or no money due.
pub const ENDS: [ReturnState; 3] = [
    ReturnState::NotReceived,
    ReturnState::Rejected,
    ReturnState::Closed,
];

type May = Result<(), String>;

/// Whether goods of an order can be expected back at all.
///
/// # Errors
/// In words for people.
pub fn may_expect(order: &OrderRow) -> May {
    if order.despatched_at.is_none() {
        return Err("nothing of it has left the warehouse".to_owned());
    }
    Ok(())
}

/// Refunds whose meaning a person has to say.
pub fn unexplained(claims: &[Claim]) -> impl Iterator<Item = &Claim> {
    let refunds = claims.iter().filter(|c| c.cause == Cause::Refund);
    refunds.filter(|c| c.state == ClaimState::Asked)
}

/// Whether what the customer asked for still waits to be allowed.
///
/// # Errors
/// In words for people.
pub fn may_grant(row: &ReturnRow) -> May {
    if row.state != ReturnState::Requested {
        return Err(format!("return {} is {} already", row.reference, row.state));
    }
    Ok(())
}

/// Whether there is a difference between agreed and received that can be accepted.
///
/// # Errors
/// In words for people.
pub fn may_accept(held: &Return) -> May {
    let row = &held.row;
    if held.is_over() {
        return Err(format!("return {} is {}", row.reference, row.state));
    }
    if held.lines.iter().all(|l| l.received_each <= 0) {
        return Err(format!("nothing of return {} has arrived", row.reference));
    }
    let is_even = |l: &ReturnLine| l.received_each == l.authorised_each;
    if held.lines.iter().all(is_even) {
        return Err("what was received is what was agreed".to_owned());
    }
    Ok(())
}

/// Whether goods are waited for.
///
/// # Errors
/// In words for people.
pub fn may_extend(row: &ReturnRow) -> May {
    if !row.state.is_awaited() {
        return Err(format!(
            "nothing of return {} is waited for: it is {}",
            row.reference, row.state
        ));
    }
    Ok(())
}

/// Whether a return can be waited for that long.
///
/// # Errors
/// In words for people.
pub fn extend_days(days: i64) -> May {
    if !EXTEND_DAYS.contains(&days) {
        return Err(format!(
            "between {} and {} days can be agreed",
            EXTEND_DAYS.start(),
            EXTEND_DAYS.end()
        ));
    }
    Ok(())
}

/// Whether a person may end the return this way; `Closed` says that no money is due.
///
/// # Errors
/// In words for people.
pub fn may_end(row: &ReturnRow, to: ReturnState) -> May {
    if matches!(to, ReturnState::NotReceived | ReturnState::Rejected) {
        if row.state == to {
            return Err(format!("return {} is {to} already", row.reference));
        }
        return step(&row.reference, row.state, to).map_err(|fault| fault.detail);
    }
    match row.money {
        _ if row.state == ReturnState::Closed => {
            Err(format!("return {} is closed already", row.reference))
        }
        MoneyState::NotDue => Err("it is decided already that no money is due".to_owned()),
        MoneyState::Done => Err("the money went back already".to_owned()),
        MoneyState::Open | MoneyState::Part => Ok(()),
    }
}

/// Whether any way of ending it is left.
///
/// # Errors
/// In words for people: what speaks against the last of them.
pub fn may_end_somehow(row: &ReturnRow) -> May {
    ENDS.into_iter()
        .map(|to| may_end(row, to))
        .find(Result::is_ok)
        .unwrap_or_else(|| may_end(row, ReturnState::Closed))
}

/// Units of a line that cannot be sold and have no outcome yet.
///
/// # Errors
/// In words for people: there are none.
pub fn without_outcome(line: &ReturnLine) -> Result<i64, String> {
    let open = line.unsellable_each.saturating_sub(line.disposed_each);
    if open > 0 {
        Ok(open)
    } else if line.unsellable_each > 0 {
        Err(format!("what becomes of {} is on record", line.item))
    } else {
        Err(format!("nothing of {} was found unfit for sale", line.item))
    }
}

/// Units by SKU as people write them: `MUG=2, PLATE=1`. Nothing written means no units.
///
/// # Errors
/// In words for people: the part that cannot be read.
pub fn read_units(text: &str) -> Result<Units, String> {
    let mut out = Units::new();
    for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let read = part
            .rsplit_once('=')
            .and_then(|(sku, n)| Some((sku.trim(), n.trim().parse::<i64>().ok()?)))
            .filter(|(sku, n)| !sku.is_empty() && (1..=UNITS_MAX).contains(n));
        let Some((sku, n)) = read else {
            let shown = crate::text::clean_to(part, 60);
            return Err(format!("{shown:?} is no SKU with units; write MUG=2"));
        };
        out.insert(Sku(sku.to_owned()), n);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{line, one_of_two_damaged, returned};
    use super::*;

    #[test]
    fn a_return_ends_only_where_its_goods_allow_it() {
        use ReturnState::{AwaitingReceipt, Closed, Inspected, NotReceived, Rejected, Requested};
        for (from, to, is_legal) in [
            (AwaitingReceipt, NotReceived, true),
            (AwaitingReceipt, Rejected, true),
            (Requested, NotReceived, false),
            (Requested, Closed, true),
            (Inspected, NotReceived, false),
            (NotReceived, NotReceived, false),
            (Closed, Closed, false),
        ] {
            let row = returned(from, Vec::new()).row;
            assert_eq!(may_end(&row, to).is_ok(), is_legal, "{from} → {to}");
        }
        assert!(may_end_somehow(&returned(Inspected, Vec::new()).row).is_ok());
        assert!(may_end_somehow(&returned(Closed, Vec::new()).row).is_err());
        let mut paid = returned(AwaitingReceipt, Vec::new()).row;
        paid.money = MoneyState::Done;
        let why = may_end(&paid, Closed).unwrap_err();
        assert_eq!(why, "the money went back already");
    }

    #[test]
    fn only_a_difference_can_be_accepted() {
        let fresh = returned(ReturnState::AwaitingReceipt, vec![line("MUG", 2)]);
        assert!(may_accept(&fresh).unwrap_err().contains("has arrived"));
        let even = returned(ReturnState::Inspected, vec![one_of_two_damaged()]);
        assert!(may_accept(&even).is_err());
        let mut short = even;
        short.lines[0].received_each = 1;
        assert_eq!(may_accept(&short), Ok(()));
        short.row.state = ReturnState::Rejected;
        assert!(may_accept(&short).is_err());
    }

    #[test]
    fn waiting_longer_is_for_goods_that_are_waited_for() {
        assert!(may_extend(&returned(ReturnState::Authorised, Vec::new()).row).is_ok());
        assert!(may_extend(&returned(ReturnState::Received, Vec::new()).row).is_err());
        assert!(extend_days(0).is_err() && extend_days(181).is_err());
        assert!(extend_days(180).is_ok());
    }

    #[test]
    fn units_are_read_as_people_write_them() {
        let units = read_units(" MUG=2, A=B=1 ,").unwrap();
        assert_eq!(units.get(&"MUG".into()), Some(&2));
        assert_eq!(units.get(&"A=B".into()), Some(&1));
        assert_eq!(read_units(""), Ok(Units::new()));
        for bad in ["MUG", "MUG=0", "MUG=x", "=2", "MUG=-1"] {
            assert!(read_units(bad).is_err(), "{bad}");
        }
    }
}

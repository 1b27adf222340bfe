//! Money beside goods: which returned units the refunds of an order pay for, and how far a return's money is.

use super::{
    Alignment, Cause, Claim, ClaimState, Money, MoneyState, Return, ReturnLine, Units, align,
};

/// Units paid back by SKU, over all refunds of an order that were not explained otherwise.
fn paid_back(claims: &[Claim]) -> Units {
    let mut out = Units::new();
    let refunds = claims.iter().filter(|c| c.cause == Cause::Refund);
    for claim in refunds.filter(|c| !c.state.is_explained()) {
        for (sku, n) in &claim.units {
            *out.entry(sku.clone()).or_default() += n;
        }
    }
    out
}

/// The returns of one order with what was paid back shared out: oldest return first, each line at most what of it
/// counts; what goes beyond stays with the last line of its SKU, where it shows.
pub fn credited(returns: &[Return], claims: &[Claim]) -> Vec<Return> {
    let mut out: Vec<Return> = returns.to_vec();
    out.sort_by_key(|r| r.row.id);
    let whole = claims.iter().any(|c| {
        c.cause == Cause::Refund && c.is_whole && c.units.is_empty() && !c.state.is_explained()
    });
    let mut left = paid_back(claims);
    for held in out.iter_mut().filter(|r| r.is_counted()) {
        for line in &mut held.lines {
            let most = line.authorised_each.max(line.received_each);
            let n = left.get(&line.sku).copied().unwrap_or(0).min(most);
            line.credited_each = if whole { most } else { n };
            if let Some(rest) = left.get_mut(&line.sku) {
                *rest -= n;
            }
        }
    }
    out
}

/// How far the money of a return is. Money follows what was received and accepted; before anything arrived, what was
/// agreed.
pub fn money_state(lines: &[ReturnLine], was: MoneyState) -> MoneyState {
    if was == MoneyState::NotDue {
        return was;
    }
    let sum = |of: fn(&ReturnLine) -> i64| lines.iter().map(of).fold(0, i64::saturating_add);
    let received = sum(|l| l.received_each);
    let due = if received > 0 {
        received
    } else {
        sum(|l| l.authorised_each)
    };
    match sum(|l| l.credited_each) {
        n if n <= 0 => MoneyState::Open,
        n if n >= due => MoneyState::Done,
        _ => MoneyState::Part,
    }
}

/// Money and goods of one order, SKU by SKU, for finance.
pub fn money_back(claims: &[Claim], returns: &[Return]) -> Vec<Alignment> {
    let money: Vec<Money> = claims
        .iter()
        .filter(|c| c.cause == Cause::Refund && c.state != ClaimState::Waiting)
        .flat_map(|c| {
            c.units.iter().map(|(sku, n)| Money {
                sku: sku.clone(),
                refunded_each: *n,
                explained_each: if c.state.is_explained() { *n } else { 0 },
            })
        })
        .collect();
    let lines: Vec<ReturnLine> = returns
        .iter()
        .filter(|r| r.is_counted())
        .flat_map(|r| r.lines.clone())
        .collect();
    align(&money, &lines)
}

/// The return as it stands with this money: its figure on the row, closed when both tracks are at their end.
pub fn settled(mut held: Return, now: crate::domain::time::Ts) -> Return {
    held.row.money = money_state(&held.lines, held.row.money);
    let is_open = !held.is_over();
    if is_open && super::may_close(held.row.state, held.row.money) {
        held.row.state = super::ReturnState::Closed;
        held.row.updated_at = now;
    }
    held
}

#[cfg(test)]
mod tests {
    use super::super::testing::{line, one_of_two_damaged, returned};
    use super::super::{Aligned, ReturnState};
    use super::*;
    use crate::domain::time::Ts;

    fn refund(units: &[(&str, i64)], state: ClaimState) -> Claim {
        Claim {
            pair: "shop-pvx".into(),
            cause: Cause::Refund,
            id: "rf1".to_owned(),
            order: crate::domain::ids::OrderId(1),
            at: Ts(0),
            units: units.iter().map(|(s, n)| ((*s).into(), *n)).collect(),
            is_whole: false,
            amount_minor: None,
            currency: String::new(),
            state,
            due_at: None,
            note: String::new(),
        }
    }

    #[test]
    fn money_is_shared_out_to_the_goods_it_names() {
        let held = returned(
            ReturnState::ReturnedToStock,
            vec![one_of_two_damaged(), line("PLATE", 1)],
        );
        let claims = [refund(&[("MUG", 1), ("BOWL", 3)], ClaimState::Expected)];
        let found = credited(&[held], &claims);
        let each: Vec<i64> = found[0].lines.iter().map(|l| l.credited_each).collect();
        assert_eq!(each, [1, 0]);
        assert_eq!(
            money_state(&found[0].lines, MoneyState::Open),
            MoneyState::Part
        );
    }

    #[test]
    fn a_goodwill_refund_pays_for_no_goods_and_is_explained() {
        let held = returned(ReturnState::AwaitingReceipt, vec![line("MUG", 2)]);
        let claims = [refund(&[("MUG", 1)], ClaimState::Goodwill)];
        let found = credited(std::slice::from_ref(&held), &claims);
        assert_eq!(found[0].lines[0].credited_each, 0);
        let rows = money_back(&claims, &[]);
        assert_eq!(rows[0].aligned, Aligned::Explained);
    }

    #[test]
    fn a_return_closes_when_goods_and_money_are_at_their_end() {
        let mut l = line("MUG", 1);
        (l.received_each, l.sellable_each, l.stocked_each) = (1, 1, 1);
        (l.confirmed_each, l.credited_each) = (1, 1);
        let open = returned(ReturnState::StockInConfirmed, vec![l]);
        assert_eq!(settled(open, Ts(5)).row.state, ReturnState::Closed);
        let waiting = returned(ReturnState::AwaitingReceipt, vec![line("MUG", 1)]);
        let waiting = settled(waiting, Ts(5));
        assert_eq!(waiting.row.state, ReturnState::AwaitingReceipt);
    }
}

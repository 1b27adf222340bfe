//! Returns: expected once, put away after inspection only, credited behind the gate, and money beside goods in sight.

use super::{Bench, Verdict, capped};
use crate::domain::credit_gate::{ApprovalKind, Gate};
use crate::domain::ids::OrderId;
use crate::domain::returns::{Claim, ClaimState, Return};
use crate::sandbox::{Effect, PvxReceipt, ReturnPlace, SimSystem};
use std::collections::BTreeMap;

/// Memo of our own credit notes.
const OURS: &str = "credit|";

/// What people can see of returns.
#[derive(Debug, Default)]
pub(super) struct Books {
    pub returns: Vec<Return>,
    pub claims: Vec<Claim>,
    /// Our orders by the source's id, small letters.
    pub orders: BTreeMap<String, OrderId>,
}

/// The warehouse expects each return once, and goods of one order are not expected twice.
pub(super) fn expected_once(bench: &Bench<'_>, ledger: &[Effect]) -> Verdict {
    let mut broken = Vec::new();
    let mut made: BTreeMap<&str, u32> = BTreeMap::new();
    let heads = ledger
        .iter()
        .filter(|e| !e.caused_by_world && e.op == "SaveData Return authorisations")
        // The number is the key: saved again after a lost answer it is the same return.
        .filter(|e| e.detail["created"] == true);
    for effect in heads {
        *made.entry(effect.object.as_str()).or_default() += 1;
    }
    let twice = made.into_iter().filter(|(_, n)| *n > 1);
    broken.extend(twice.map(|(held, n)| format!("return {held} was announced {n} times")));
    let mut units: BTreeMap<(usize, usize), i64> = BTreeMap::new();
    for held in &bench.world.pvx.returns.held {
        for line in &held.lines {
            *units.entry((held.order, line.item)).or_default() += line.quantity;
        }
    }
    for ((order, item), wanted) in units {
        let order = &bench.world.pvx.orders[order];
        let lines = order.lines.iter().filter(|l| l.item == item);
        let left: i64 = lines.map(|l| l.despatched).sum();
        if wanted > left {
            let code = &bench.world.pvx.items[item].code;
            broken.push(format!(
                "{wanted} of {code} are expected back of {}, {left} left",
                order.number
            ));
        }
    }
    Verdict::new(
        "I-RET-1",
        "each return is expected once, and never more goods than left",
        capped(broken),
    )
}

/// What our books say of returned goods is what lies in the warehouse, and no unit is on the shelf uninspected.
pub(super) fn goods_agree(bench: &Bench<'_>, books: &Books, is_settled: bool) -> Verdict {
    let mut broken = Vec::new();
    let receipts = &bench.world.pvx.returns.receipts;
    for held in &books.returns {
        let number = held.row.reference.as_str();
        let at = bench.world.pvx.returns.by_number.get(number).copied();
        let mine: Vec<&PvxReceipt> = receipts
            .iter()
            .filter(|r| at.is_some() && r.held == at)
            .collect();
        let sum = |place: ReturnPlace| -> i64 {
            let there = mine.iter().filter(|r| r.place == place);
            there.map(|r| r.quantity).sum()
        };
        let ours: i64 = held.lines.iter().map(|l| l.stocked_each).sum();
        let theirs = sum(ReturnPlace::ReturnedToStock);
        if ours > theirs || (is_settled && ours < theirs) {
            broken.push(format!(
                "return {number}: {ours} on the shelf by our books, {theirs} in the warehouse"
            ));
        }
        let unsound = held.lines.iter().filter(|l| !l.is_sound());
        broken.extend(unsound.map(|l| format!("return {number}: line {} cannot be", l.line_ref)));
    }
    Verdict::new(
        "I-RET-2",
        "returned goods are where the books say, and on the shelf only after inspection",
        capped(broken),
    )
}

/// No credit note of ours stands in the books for more than its gate let through, and none twice.
pub(super) fn credit_behind_gate(bench: &Bench<'_>, books: &Books) -> Verdict {
    let mut broken = Vec::new();
    let gated = bench.rig.pairs.iter().any(|(system, pair)| {
        *system == SimSystem::Cin7 && pair.policy.credit_gate == Gate::StockInConfirmed
    });
    let mut credited: BTreeMap<&str, i64> = BTreeMap::new();
    let mut memos: BTreeMap<&str, u32> = BTreeMap::new();
    let notes = bench.world.cin7.sales.iter().flat_map(|s| &s.credit_notes);
    for note in notes.filter(|n| gated && n.memo.starts_with(OURS)) {
        *memos.entry(note.memo.as_str()).or_default() += 1;
        let reference = note.memo.split('|').nth(3).unwrap_or_default();
        let units: i64 = note.lines.iter().map(|l| l.quantity.as_units()).sum();
        *credited.entry(reference).or_default() += units;
    }
    let twice = memos.into_iter().filter(|(_, n)| *n > 1);
    broken.extend(twice.map(|(memo, n)| format!("{memo} was credited {n} times")));
    for (reference, units) in credited {
        let held = books
            .returns
            .iter()
            .find(|r| r.row.reference.as_str() == reference);
        let open = held.map_or(0, let_through);
        if units > open {
            broken.push(format!(
                "return {reference}: {units} were credited, {open} had passed the gate"
            ));
        }
    }
    Verdict::new(
        "I-RET-3",
        "no credit before its gate, and none twice",
        capped(broken),
    )
}

/// Units of a return that may have been credited by now.
fn let_through(held: &Return) -> i64 {
    let by_goods: i64 = held
        .lines
        .iter()
        .map(|l| l.confirmed_each + l.disposed_each)
        .sum();
    let released = held
        .approvals
        .iter()
        .filter(|a| a.kind == ApprovalKind::Override);
    let released: i64 = released.filter_map(|a| a.up_to_each).max().unwrap_or(0);
    by_goods.max(released)
}

/// Every refund that names goods which left is matched by a return, explained, asked about, or a case is open.
pub(super) fn money_in_sight(bench: &Bench<'_>, books: &Books, is_settled: bool) -> Verdict {
    let mut broken = Vec::new();
    let is_shop = bench
        .rig
        .pairs
        .iter()
        .any(|(s, _)| *s == SimSystem::Shopline);
    for order in bench
        .world
        .shop
        .orders
        .iter()
        .filter(|_| is_shop && is_settled)
    {
        let Some(ours) = books.orders.get(&order.id.to_lowercase()) else {
            continue;
        };
        for refund in &order.refunds {
            let names_left = refund
                .lines
                .iter()
                .any(|l| l.restock != crate::sandbox::Restock::Cancel && order.shipped(l.line) > 0);
            let known = books
                .claims
                .iter()
                .find(|c| c.order == *ours && c.id == refund.id);
            let is_lost = known.is_none_or(|c| c.state == ClaimState::Waiting);
            if names_left && is_lost && !bench.seen.cased_orders.contains(ours) {
                broken.push(format!(
                    "order {}: refund {} names goods and nobody knows of it",
                    order.name, refund.id
                ));
            }
        }
    }
    Verdict::new(
        "I-RET-4",
        "money that went back for goods is matched, explained or asked about",
        capped(broken),
    )
}

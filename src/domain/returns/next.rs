//! What a return waits for: who has to do what next, the decisions first.

use super::{OVERDUE_AFTER, Return, ReturnRow, ReturnState, without_outcome};
use crate::domain::catalogue::Kind;
use crate::domain::credit_gate::{LineGate, approvable};
use crate::domain::exception::Team;
use crate::domain::time::Ts;
use crate::text::count;

/// Something that has to happen before the return can go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextStep {
    /// Whose it is; `None` when it comes by itself.
    pub team: Option<Team>,
    pub words: String,
    /// The same for a narrow column.
    pub short: String,
    /// A person has to say something here.
    pub is_decision: bool,
}

impl NextStep {
    /// The kind of case this becomes when it takes too long tells whose it is.
    fn of(kind: Kind, words: String, short: String, is_decision: bool) -> Self {
        Self {
            team: Some(kind.entry().owner),
            words,
            short,
            is_decision,
        }
    }

    fn by_itself(words: &str, short: &str) -> Self {
        Self {
            team: None,
            words: words.to_owned(),
            short: short.to_owned(),
            is_decision: false,
        }
    }

    /// `finance: approve the credit of 1 unit`.
    pub fn sentence(&self) -> String {
        self.with_team(&self.words)
    }

    /// `finance: approve 1`.
    pub fn in_short(&self) -> String {
        self.with_team(&self.short)
    }

    fn with_team(&self, words: &str) -> String {
        match self.team {
            Some(team) => format!("{team}: {words}"),
            None => words.to_owned(),
        }
    }
}

/// When goods that have not come are given up; `None` when none are waited for.
pub fn given_up_at(row: &ReturnRow) -> Option<Ts> {
    if !row.state.is_awaited() {
        return None;
    }
    let usual = row.authorised_at.map(|at| at + OVERDUE_AFTER);
    row.awaited_until.or(usual)
}

fn units(n: i64) -> String {
    count(n, "unit", "units")
}

/// What the return waits for; `gates` are those of its lines, in their order. Empty when nothing is left to do.
pub fn next_steps(held: &Return, gates: &[LineGate]) -> Vec<NextStep> {
    if held.is_over() {
        return Vec::new();
    }
    let mut out = decisions(held, gates);
    out.extend(work(held, gates));
    out
}

/// What a person has to say.
fn decisions(held: &Return, gates: &[LineGate]) -> Vec<NextStep> {
    let mut out = Vec::new();
    let sum = |of: &dyn Fn(&LineGate) -> i64| gates.iter().map(of).sum::<i64>();
    if held.row.state == ReturnState::Requested {
        let words = "allow what the customer asked for, or refuse it".to_owned();
        out.push(NextStep::of(
            Kind::RetNotExpected,
            words,
            "allow or refuse".to_owned(),
            true,
        ));
    }
    let early = sum(&|g| g.too_early_each);
    if early > 0 {
        let words = format!(
            "{} credited too early: hold or void the credit",
            units(early)
        );
        out.push(NextStep::of(
            Kind::CrnBeforeStockin,
            words,
            format!("{early} too early"),
            true,
        ));
    }
    let open: i64 = held
        .lines
        .iter()
        .filter_map(|l| without_outcome(l).ok())
        .sum();
    if open > 0 {
        let words = format!("say what becomes of {} unfit for sale", units(open));
        out.push(NextStep::of(
            Kind::RetNotSellable,
            words,
            format!("outcome of {open}"),
            true,
        ));
    }
    let waiting = held.lines.iter().zip(gates);
    let ready: i64 = waiting
        .filter(|(_, gate)| gate.waiting_each() > 0)
        .filter_map(|(line, _)| approvable(line, &held.approvals).ok())
        .sum();
    if ready > 0 {
        let words = format!("approve the credit of {}", units(ready));
        out.push(NextStep::of(
            Kind::RetNotSellable,
            words,
            format!("approve {ready}"),
            true,
        ));
    }
    let differs = held.lines.iter().any(|l| {
        l.received_each > l.authorised_each
            || (held.row.state.is_inspected() && l.received_each < l.authorised_each)
    });
    if differs {
        let words = "accept what was received, or take it up with the customer".to_owned();
        out.push(NextStep::of(
            Kind::RetQtyMismatch,
            words,
            "accept the count".to_owned(),
            true,
        ));
    }
    out
}

/// What somebody has to do with hands, or what comes by itself.
fn work(held: &Return, gates: &[LineGate]) -> Vec<NextStep> {
    let mut out = Vec::new();
    let sum = |of: fn(&super::ReturnLine) -> i64| held.lines.iter().map(of).sum::<i64>();
    let uninspected = super::unplaced(&held.lines);
    if uninspected > 0 {
        let words = format!("inspect {}", units(uninspected));
        out.push(NextStep::of(
            Kind::RetStuck,
            words,
            format!("inspect {uninspected}"),
            false,
        ));
    }
    let loose = sum(|l| l.sellable_each.saturating_sub(l.stocked_each).max(0));
    if loose > 0 {
        let words = format!("put {} back on the shelf", units(loose));
        let short = format!("shelve {loose}");
        out.push(NextStep::of(Kind::RetStuck, words, short, false));
    }
    let allowed: i64 = gates.iter().map(|g| g.allowed_each).sum();
    if allowed > 0 {
        let words = format!("credit {}", units(allowed));
        out.push(NextStep::of(
            Kind::CrnOverdue,
            words,
            format!("credit {allowed}"),
            false,
        ));
    }
    if sum(|l| l.stocked_each.saturating_sub(l.confirmed_each).max(0)) > 0 {
        out.push(NextStep::by_itself(
            "the source is to show the stock-in",
            "the source is to show it",
        ));
    }
    match held.row.state {
        ReturnState::Authorised => {
            out.push(NextStep::by_itself(
                "is announced to the warehouse",
                "is announced",
            ));
        }
        ReturnState::AwaitingReceipt => {
            out.push(NextStep::by_itself(
                "the goods are on their way",
                "on its way",
            ));
        }
        _ => {}
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::testing::{line, one_of_two_damaged, returned};
    use super::super::{Disposition, MoneyState};
    use super::*;
    use crate::domain::credit_gate::{Gate, GatePolicy, UnsellableGate, gate};

    const SHUT: GatePolicy = GatePolicy {
        gate: Gate::StockInConfirmed,
        unsellable: UnsellableGate::FinanceApproval,
    };

    fn steps(held: &Return) -> Vec<String> {
        let gates: Vec<LineGate> = held
            .lines
            .iter()
            .map(|l| gate(SHUT, l, &held.approvals))
            .collect();
        let found = next_steps(held, &gates);
        found.iter().map(NextStep::sentence).collect()
    }

    #[test]
    fn decisions_come_before_work_and_each_has_its_owner() {
        let mut held = returned(ReturnState::ReturnedToStock, vec![one_of_two_damaged()]);
        assert_eq!(
            steps(&held),
            [
                "finance: say what becomes of 1 unit unfit for sale",
                "finance: credit 1 unit"
            ]
        );
        held.lines[0].credited_each = 1;
        held.lines[0].disposed_each = 1;
        held.lines[0].disposition = Some(Disposition::WriteOff);
        assert_eq!(steps(&held), ["finance: approve the credit of 1 unit"]);
        held.lines[0].received_each = 3;
        assert_eq!(
            steps(&held),
            [
                "finance: approve the credit of 1 unit",
                "cx: accept what was received, or take it up with the customer",
                "warehouse: inspect 1 unit"
            ]
        );
    }

    #[test]
    fn a_return_on_its_way_waits_for_nobody_and_one_that_is_over_for_nothing() {
        let mut held = returned(ReturnState::AwaitingReceipt, vec![line("MUG", 1)]);
        assert_eq!(steps(&held), ["the goods are on their way"]);
        assert_eq!(given_up_at(&held.row), Some(Ts(0) + OVERDUE_AFTER));
        held.row.awaited_until = Some(Ts(9));
        assert_eq!(given_up_at(&held.row), Some(Ts(9)));
        held.row.state = ReturnState::Requested;
        assert!(steps(&held)[0].starts_with("cx: allow"));
        assert_eq!(given_up_at(&held.row), None);
        held.row.state = ReturnState::Closed;
        held.row.money = MoneyState::Done;
        assert_eq!(steps(&held), [""; 0]);
    }
}

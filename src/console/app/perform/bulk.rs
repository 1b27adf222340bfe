//! Acts on many cases or orders: first what they would come to, then the question, then the engine does it.

use super::super::ask::{Act, ExceptionAct, OrderAct, Question, Seen, Trouble};
use super::super::event::Slot;
use super::super::layers::Out;
use super::super::{App, Level};
use crate::domain::bulk::{AT_ONCE_MAX, BulkTrial};
use crate::domain::ids::OrderId;
use crate::text::{count, time_left};

/// Reasons named in the question, for cases and for orders.
const REASONS_MAX: usize = 4;

/// An act on many that is being looked at.
pub enum Trying {
    Cases(Vec<Seen>, ExceptionAct),
    Orders(Vec<OrderId>, OrderAct),
}

impl App {
    /// A few cases are acted on at once; what many would come to is looked at first.
    pub(in super::super) fn act_on_cases(&mut self, targets: Vec<Seen>, what: ExceptionAct) {
        if targets.len() <= AT_ONCE_MAX {
            self.act(Act::Exceptions { targets, what });
            return;
        }
        let cases = targets.iter().map(|seen| seen.id).collect();
        let question = Question::BulkTrial {
            cases,
            act: what.clone(),
        };
        let text = format!("looking at {} cases …", targets.len());
        self.look_at_many(Trying::Cases(targets, what), &text, question);
    }

    /// As [`Self::act_on_cases`].
    pub(in super::super) fn act_on_orders(&mut self, targets: Vec<OrderId>, what: OrderAct) {
        if targets.len() <= AT_ONCE_MAX {
            self.act(Act::Orders { targets, what });
            return;
        }
        let question = Question::OrderTrial {
            orders: targets.clone(),
            act: what.clone(),
        };
        let text = format!("looking at {} orders …", targets.len());
        self.look_at_many(Trying::Orders(targets, what), &text, question);
    }

    fn look_at_many(&mut self, trying: Trying, text: &str, question: Question) {
        self.trying = Some(trying);
        self.say(Level::Info, text);
        self.carry_out(vec![Out::Ask(Slot::Bulk, question)]);
    }

    /// Says what it would come to and asks.
    pub(in super::super) fn take_bulk_trial(&mut self, trial: Result<BulkTrial, Trouble>) {
        let Some(trying) = self.trying.take() else {
            return;
        };
        let trial = match trial {
            Ok(trial) => trial,
            Err(trouble) => return self.say(Level::Error, &trouble.text),
        };
        let (verb, n, of, act) = match trying {
            Trying::Cases(targets, what) => {
                let (verb, n) = (what.verb(), targets.len());
                (verb, n, ("case", "cases"), Act::Bulk { targets, what })
            }
            Trying::Orders(targets, what) => {
                let (verb, n) = (what.verb(), targets.len());
                let act = Act::BulkOrders { targets, what };
                (verb, n, ("order", "orders"), act)
            }
        };
        let title = format!("{verb} {n} {}?", of.1);
        self.ask_first(title, lines(&trial, of), verb, act, n);
    }
}

fn many(n: usize, one: &str, more: &str) -> String {
    count(i64::try_from(n).unwrap_or(i64::MAX), one, more)
}

/// What it would come to, line by line.
fn lines(trial: &BulkTrial, (one, more): (&str, &str)) -> Vec<String> {
    let mut lines = Vec::new();
    let not = trial.cases.saturating_sub(trial.passes);
    if not == 0 {
        lines.push(format!("All {} pass now.", many(trial.cases, one, more)));
    } else {
        let would = many(trial.passes, one, more);
        let pass = if trial.passes == 1 { "passes" } else { "pass" };
        lines.push(format!("{would} {pass} now, {not} would be refused:"));
        lines.extend(reasons(&trial.refused));
    }
    if let Some(orders) = &trial.orders {
        let still = orders.looked_at.saturating_sub(orders.passes);
        let cut = if orders.is_cut { " first" } else { "" };
        lines.push(format!(
            "Of the{cut} {} that wait for the checks {} would pass them now, {still} would not{}",
            many(orders.looked_at, "order", "orders"),
            orders.passes,
            if still > 0 { ":" } else { "." }
        ));
        lines.extend(reasons(&orders.still));
    }
    if let Some(takes) = trial.takes {
        lines.push(format!(
            "The calls for those take about {} at today's limits.",
            time_left(takes.as_secs())
        ));
    }
    lines.push(format!(
        "The most urgent first: {}.",
        trial.first.join(", ")
    ));
    lines.push(
        "The engine works through them; J shows how far it is and what was refused.".to_owned(),
    );
    lines
}

fn reasons(reasons: &[(String, usize)]) -> Vec<String> {
    let mut lines: Vec<String> = reasons
        .iter()
        .take(REASONS_MAX)
        .map(|(why, n)| format!("  {n}: {why}"))
        .collect();
    if reasons.len() > REASONS_MAX {
        let more = reasons.len() - REASONS_MAX;
        lines.push(format!(
            "  and {}",
            many(more, "other reason", "other reasons")
        ));
    }
    lines
}

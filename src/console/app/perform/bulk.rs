//! Acts on many cases: first what they would come to, then the question, then the engine does it.

use super::super::ask::{Act, ExceptionAct, Question, Seen, Trouble};
use super::super::event::Slot;
use super::super::layers::Out;
use super::super::{App, Level};
use crate::domain::bulk::{AT_ONCE_MAX, BulkTrial};
use crate::text::{count, time_left};

/// Reasons named in the question, for cases and for orders.
const REASONS_MAX: usize = 4;

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
        self.trying = Some((targets, what));
        self.say(Level::Info, &text);
        self.carry_out(vec![Out::Ask(Slot::Bulk, question)]);
    }

    /// Says what it would come to and asks.
    pub(in super::super) fn take_bulk_trial(&mut self, trial: Result<BulkTrial, Trouble>) {
        let Some((targets, what)) = self.trying.take() else {
            return;
        };
        let trial = match trial {
            Ok(trial) => trial,
            Err(trouble) => return self.say(Level::Error, &trouble.text),
        };
        let title = format!("{} {} cases?", what.verb(), targets.len());
        let verb = what.verb();
        let many = targets.len();
        let act = Act::Bulk { targets, what };
        self.ask_first(title, lines(&trial), verb, act, many);
    }
}

fn many(n: usize, one: &str, more: &str) -> String {
    count(i64::try_from(n).unwrap_or(i64::MAX), one, more)
}

/// What it would come to, line by line.
fn lines(trial: &BulkTrial) -> Vec<String> {
    let mut lines = Vec::new();
    let not = trial.cases.saturating_sub(trial.passes);
    if not == 0 {
        lines.push(format!(
            "All {} pass now.",
            many(trial.cases, "case", "cases")
        ));
    } else {
        let would = many(trial.passes, "case passes", "cases pass");
        lines.push(format!("{would} now, {not} would be refused:"));
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
            "Sending those takes about {} at today's limits.",
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

//! Decisions about returns: each says what follows before it is taken.

use super::super::App;
use super::super::action::Action;
use super::super::ask::Act;
use super::super::layers::Layer;
use super::super::layers::form::{Asked, Form, Goods, Purpose, ReturnForm};
use super::super::subject::Subject;
use super::super::words;
use crate::desk::{Decision, GatedReturn};
use crate::domain::credit_gate::{approvable, overridable};
use crate::domain::ids::{PairId, ReturnRef};
use crate::domain::order::OrderRow;
use crate::domain::returns::{
    ENDS, EXTEND_DAYS, ReturnLine, given_up_at, may_end, without_outcome,
};
use crate::text::count;

/// Lines of a return named in a question; the others are counted.
const LINES_NAMED_MAX: usize = 5;

/// Title, what follows, and what is asked.
type Said = (String, Vec<String>, Asked);

impl App {
    pub(super) fn on_return(&mut self, action: Action, subject: &Subject) {
        let Subject::Return(row) = subject else {
            return;
        };
        if action == Action::GrantReturn {
            self.grant(row);
            return;
        }
        if let Some((title, about, what)) = self.decision(action, row) {
            self.return_form(row, title, about, what);
        }
    }

    pub(super) fn expect_return(&mut self, row: &OrderRow) {
        let about = vec![
            "The warehouse is told to expect the goods; no money goes back.".to_owned(),
            "Units left empty: everything that left and is not expected yet. Else SKU=N, parted by commas.".to_owned(),
        ];
        let title = format!("Expect goods of order {} back", row.number);
        let form = ReturnForm::Expect(row.id);
        self.push_layer(Layer::Form(Form::new(Purpose::Returns(form), title, about)));
    }

    fn grant(&mut self, row: &GatedReturn) {
        let held = &row.held.row;
        let mut lines = goods(&row.held.lines, |l| {
            format!("{} of {} ({})", l.authorised_each, l.sku, l.item)
        });
        if !held.reason.is_empty() {
            lines.push(format!("The customer says: {}", held.reason));
        }
        lines.push("The warehouse is told to expect them; no money goes back.".to_owned());
        let (pair, reference) = name(row);
        let act = Act::DecideReturn {
            pair,
            reference,
            what: Decision::Grant,
        };
        let title = format!(
            "Allow return {} of order {}?",
            held.reference, held.order_number
        );
        self.ask_first(title, lines, "Allow", act, 1);
    }

    /// Title, what follows, and the form of a decision that has one.
    fn decision(&self, action: Action, row: &GatedReturn) -> Option<Said> {
        let held = &row.held;
        let number = &held.row.reference;
        let lines = held.lines.iter();
        Some(match action {
            Action::SetOutcome => (
                format!("Outcome for return {number}"),
                vec![
                    "What becomes of units that cannot be sold again is put on record; stock does not move by it.".to_owned(),
                    "Where a credit waits at the gate, finance approves it after this.".to_owned(),
                ],
                Asked::Outcome(
                    lines.filter_map(|l| Some(Goods::of(l, without_outcome(l).ok()?))).collect(),
                ),
            ),
            Action::ApproveCredit => (
                format!("Approve credit of return {number}"),
                vec![
                    "These units have an outcome and never go back to stock. Approved, they may be credited to the customer; where we write the credit notes, the next one follows by itself.".to_owned(),
                ],
                Asked::Approve(
                    lines
                        .filter_map(|l| Some(Goods::of(l, approvable(l, &held.approvals).ok()?)))
                        .collect(),
                ),
            ),
            Action::OverrideGate => pass_the_gate(row),
            Action::AcceptCount => {
                let mut about = goods(&held.lines, |l| {
                    format!("{}: {} agreed, {} received", l.sku, l.authorised_each, l.received_each)
                });
                about.push("What was received counts from now on, for the money too.".to_owned());
                (format!("Accept what came with return {number}"), about, Asked::Accept)
            }
            Action::ExtendReturn => {
                let until = given_up_at(&held.row)
                    .map_or_else(|| "–".to_owned(), |at| words::hour(at, self.now));
                let (least, most) = (EXTEND_DAYS.start(), EXTEND_DAYS.end());
                (
                    format!("Wait longer for return {number}"),
                    vec![
                        format!("Without this it is given up on {until} UTC."),
                        format!("Days count from today, {least} to {most}."),
                    ],
                    Asked::Extend,
                )
            }
            Action::CloseReturn => end(row),
            _ => return None,
        })
    }

    fn return_form(
        &mut self,
        row: &GatedReturn,
        title: String,
        mut about: Vec<String>,
        what: Asked,
    ) {
        if let [only] = what.goods() {
            let units = count(only.most, "unit", "units");
            about.insert(
                0,
                format!(
                    "Order {}: {units} of {}",
                    row.held.row.order_number, only.label
                ),
            );
        } else {
            about.insert(0, format!("Order {}", row.held.row.order_number));
        }
        let (pair, reference) = name(row);
        let form = ReturnForm::Of {
            pair,
            reference,
            what,
        };
        self.push_layer(Layer::Form(Form::new(Purpose::Returns(form), title, about)));
    }
}

/// Finance lets money go before its goods are booked: what is passed over stands there, line by line.
fn pass_the_gate(row: &GatedReturn) -> Said {
    let lines = row.held.lines.iter().zip(&row.gates);
    let waiting: Vec<(&ReturnLine, i64, String)> = lines
        .filter_map(|(l, g)| Some((l, overridable(l, g).ok()?, g.words())))
        .collect();
    let mut about = vec!["This is passed over:".to_owned()];
    let named = waiting.iter().take(LINES_NAMED_MAX);
    about.extend(named.map(|(l, _, words)| format!("{}: {words}", l.sku)));
    about.push("Money goes back before its goods are booked. CRN_BEFORE_STOCKIN stays open, with your name, until they are.".to_owned());
    (
        format!("Pass the credit gate of return {}", row.held.row.reference),
        about,
        Asked::Override(waiting.iter().map(|(l, n, _)| Goods::of(l, *n)).collect()),
    )
}

fn end(row: &GatedReturn) -> Said {
    let held = &row.held.row;
    let ends = ENDS.into_iter();
    let (goods, _) = words::return_state(held.state);
    let (money, _) = words::money_state(held.money);
    (
        format!("End return {}", held.reference),
        vec![
            format!("Goods: {goods}; money: {money}."),
            "Never came: the goods are not waited for. Refused: they go back to the customer. No money due: nothing is credited for it.".to_owned(),
        ],
        Asked::End(ends.filter(|to| may_end(held, *to).is_ok()).collect()),
    )
}

fn name(row: &GatedReturn) -> (PairId, ReturnRef) {
    let row = &row.held.row;
    (row.pair.clone(), row.reference.clone())
}

fn goods(lines: &[ReturnLine], say: impl Fn(&ReturnLine) -> String) -> Vec<String> {
    let mut out: Vec<String> = lines.iter().take(LINES_NAMED_MAX).map(say).collect();
    if lines.len() > LINES_NAMED_MAX {
        out.push(format!("and {} lines more", lines.len() - LINES_NAMED_MAX));
    }
    out
}

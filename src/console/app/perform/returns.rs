//! Decisions about returns: each says what follows before it is taken.

use super::super::App;
use super::super::action::Action;
use super::super::ask::{Act, Refunds};
use super::super::layers::Layer;
use super::super::layers::form::{Asked, Form, Goods, Purpose, ReturnForm};
use super::super::subject::Subject;
use super::super::words;
use crate::desk::{Decision, GatedReturn};
use crate::domain::credit_gate::{approvable, overridable};
use crate::domain::ids::{PairId, ReturnRef};
use crate::domain::order::OrderRow;
use crate::domain::returns::{
    Claim, ENDS, EXTEND_DAYS, ReturnLine, ReturnState, given_up_at, may_end, without_outcome,
};
use crate::text::{count, money, truncate};

/// Lines of a return named in a question; the others are counted.
const LINES_NAMED_MAX: usize = 3;
/// Columns of what is said of one of them: two rows on a small screen, so that the fields below keep their room.
const LINE_COLUMNS: usize = 130;
/// Columns of what the customer said.
const REASON_COLUMNS: usize = 180;

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

    pub(super) fn explain_refund(&mut self, refunds: &Refunds) {
        let said: Vec<(String, String)> = (refunds.asked.iter())
            .map(|c| (c.id.clone(), refund_words(c)))
            .collect();
        let mut about = named(said.iter().map(|(_, words)| words.clone()).collect());
        about.push("Goodwill: they keep the goods. Never shipped: nothing of it left. Goods that do come back are expected on the order's page instead.".to_owned());
        let title = format!("Explain money of order {}", refunds.number);
        let form = ReturnForm::Explain {
            order: refunds.order,
            refunds: said,
        };
        self.push_layer(Layer::Form(Form::new(Purpose::Returns(form), title, about)));
    }

    fn grant(&mut self, row: &GatedReturn) {
        let held = &row.held.row;
        let mut lines = goods(&row.held.lines, |l| {
            format!("{} of {} ({})", l.authorised_each, l.sku, l.item)
        });
        if !held.reason.is_empty() {
            lines.push(format!(
                "The customer says: {}",
                truncate(&held.reason, REASON_COLUMNS)
            ));
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
        .filter_map(|(l, g)| Some((l, overridable(l, g).ok()?, g.waits().join("; "))))
        .collect();
    let mut about = vec!["This is passed over:".to_owned()];
    let said = waiting
        .iter()
        .map(|(l, _, words)| format!("{}: {words}", l.sku));
    about.extend(named(said.collect()));
    about.push("Money goes back before its goods are booked. CRN_BEFORE_STOCKIN stays open, with your name, until they are.".to_owned());
    (
        format!("Pass the credit gate of return {}", row.held.row.reference),
        about,
        Asked::Override(waiting.iter().map(|(l, n, _)| Goods::of(l, *n)).collect()),
    )
}

fn end(row: &GatedReturn) -> Said {
    let held = &row.held.row;
    let ends: Vec<ReturnState> = ENDS
        .into_iter()
        .filter(|to| may_end(held, *to).is_ok())
        .collect();
    let meant = ends.iter().map(|to| match to {
        ReturnState::NotReceived => "Never came: the goods are not waited for any longer.",
        ReturnState::Rejected => "Refused: the goods go back to the customer.",
        _ => "No money due: nothing is credited for it.",
    });
    let meant: Vec<&str> = meant.collect();
    let (goods, _) = words::return_state(held.state);
    let (money, _) = words::money_state(held.money);
    (
        format!("End return {}", held.reference),
        vec![format!("Goods: {goods}; money: {money}."), meant.join(" ")],
        Asked::End(ends),
    )
}

/// What went back and for what, such as `refund 77: 12.00 GBP for 1 × MUG`.
fn refund_words(claim: &Claim) -> String {
    let goods: Vec<String> = claim
        .units
        .iter()
        .map(|(sku, n)| format!("{n} × {sku}"))
        .collect();
    let amount = claim.amount_minor.map_or_else(
        || "money".to_owned(),
        |m| format!("{} {}", money(m), claim.currency),
    );
    let what = match goods.as_slice() {
        [] if claim.is_whole => "everything".to_owned(),
        [] => "no goods named".to_owned(),
        goods => goods.join(", "),
    };
    format!("Refund {}: {amount} for {what}", claim.id)
}

fn name(row: &GatedReturn) -> (PairId, ReturnRef) {
    let row = &row.held.row;
    (row.pair.clone(), row.reference.clone())
}

fn goods(lines: &[ReturnLine], say: impl Fn(&ReturnLine) -> String) -> Vec<String> {
    named(lines.iter().map(say).collect())
}

/// The first lines, and how many more there are.
fn named(lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(LINES_NAMED_MAX);
    let first = lines.iter().take(LINES_NAMED_MAX);
    let mut out: Vec<String> = first.map(|l| truncate(l, LINE_COLUMNS)).collect();
    if more > 0 {
        let more = i64::try_from(more).unwrap_or(i64::MAX);
        out.push(format!("and {}", count(more, "line more", "lines more")));
    }
    out
}

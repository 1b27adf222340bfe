//! What is done about orders and what is on its way for them.

use super::super::App;
use super::super::action::Action;
use super::super::ask::{Act, OrderAct};
use super::super::layers::Layer;
use super::super::layers::form::{Form, Purpose};
use super::super::subject::Subject;
use crate::domain::bulk::AT_ONCE_MAX;
use crate::domain::ids::OrderId;
use crate::domain::order::OrderRow;

/// Orders named in a question.
const NAMED_MAX: usize = 5;

fn ids(rows: &[OrderRow]) -> Vec<OrderId> {
    rows.iter().map(|row| row.id).collect()
}

/// `order 100123`, or how many there are.
fn name(rows: &[OrderRow]) -> String {
    match rows {
        [one] => format!("order {}", one.number),
        many => format!("{} orders", many.len()),
    }
}

fn numbers(rows: &[OrderRow]) -> String {
    let first: Vec<&str> = rows
        .iter()
        .take(NAMED_MAX)
        .map(|r| r.number.as_str())
        .collect();
    let more = match rows.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    format!("{}{more}", first.join(", "))
}

impl App {
    pub(super) fn on_order(&mut self, action: Action, subject: &Subject) {
        match subject {
            Subject::Order(row) => self.on_orders(action, std::slice::from_ref(row)),
            Subject::Orders(rows) => self.on_orders(action, rows),
            Subject::Delivery { id, title, .. } => match action {
                Action::RetryDelivery => self.ask_first(
                    format!("Try {title} again?"),
                    vec!["What is in doubt is asked about first, never just repeated.".to_owned()],
                    "Try again",
                    Act::RetryDelivery(*id),
                    1,
                ),
                Action::CancelDelivery => {
                    let about =
                        vec!["It is given up for good; what is behind it goes on.".to_owned()];
                    let title = format!("Cancel {title}");
                    let form = Form::new(Purpose::CancelDelivery(*id), title, about);
                    self.push_layer(Layer::Form(form));
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn on_orders(&mut self, action: Action, rows: &[OrderRow]) {
        let targets = ids(rows);
        match (action, rows) {
            (Action::Resync, _) => self.act_on_orders(targets, OrderAct::Resync),
            (Action::Hold, _) => {
                let about = match rows {
                    [_] => vec!["It is not sent until somebody releases it.".to_owned()],
                    many => vec![
                        numbers(many),
                        "They are not sent until somebody releases them.".to_owned(),
                    ],
                };
                let title = format!("Hold {}", name(rows));
                self.push_layer(Layer::Form(Form::new(Purpose::Hold(targets), title, about)));
            }
            (Action::Release, many) if many.len() > AT_ONCE_MAX => {
                self.act_on_orders(targets, OrderAct::Release);
            }
            (Action::Release, _) => {
                let lines = match rows {
                    [one] => vec![
                        format!("Held: {}", one.held_reason.clone().unwrap_or_default()),
                        "It is checked and sent to the warehouse.".to_owned(),
                    ],
                    many => vec![
                        numbers(many),
                        "They are checked and sent to the warehouse.".to_owned(),
                    ],
                };
                self.ask_first(
                    format!("Release {}?", name(rows)),
                    lines,
                    "Release",
                    Act::Orders {
                        targets,
                        what: OrderAct::Release,
                    },
                    rows.len(),
                );
            }
            (Action::ExpectReturn, [row]) => self.expect_return(row),
            (Action::EditOrder, [_]) => self.edit_order(),
            (Action::ExportOrder, [row]) => self.export_order(row),
            _ => {}
        }
    }
}

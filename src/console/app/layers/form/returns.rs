//! What the forms about returns ask and say.

use super::super::super::ask::Act;
use super::super::super::field::Field;
use super::{Form, FormField, Input, choice, line};
use crate::desk::Decision;
use crate::domain::ids::{OrderId, PairId, ReturnRef};
use crate::domain::returns::{
    ClaimState, Disposition, ReturnLine, ReturnState, extend_days, read_units,
};
use crate::text::truncate;

/// Days offered for waiting longer.
const DAYS_OFFERED: &str = "7";

/// What money without goods can have meant.
const MEANT: [(&str, ClaimState); 2] = [
    ("goodwill", ClaimState::Goodwill),
    ("never shipped", ClaimState::NeverShipped),
];

/// Columns of a refund among the choices.
const REFUND_COLUMNS: usize = 40;

/// Columns of a SKU among the choices.
const SKU_COLUMNS: usize = 24;

/// Units of a line that something can be decided about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goods {
    pub line_ref: String,
    pub label: String,
    pub most: i64,
}

impl Goods {
    /// At most `most` units of a line.
    pub fn of(line: &ReturnLine, most: i64) -> Self {
        Self {
            line_ref: line.line_ref.clone(),
            label: format!(
                "{}, line {}",
                truncate(line.sku.as_str(), SKU_COLUMNS),
                line.line_ref
            ),
            most,
        }
    }
}

/// What the form is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReturnForm {
    /// Goods of an order come back.
    Expect(OrderId),
    /// What was meant by money that went back: refunds by their ids, each in words.
    Explain {
        order: OrderId,
        refunds: Vec<(String, String)>,
    },
    /// Something about one return.
    Of {
        pair: PairId,
        reference: ReturnRef,
        what: Asked,
    },
}

/// What is decided about one return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Outcome(Vec<Goods>),
    Approve(Vec<Goods>),
    Override(Vec<Goods>),
    Accept,
    Extend,
    /// By one of these ways.
    End(Vec<ReturnState>),
}

/// A field that was filled in wrongly, by its number, and what is wrong.
pub(super) type Mistake = (usize, String);

fn filled(label: &'static str, text: &str) -> FormField {
    FormField {
        label,
        input: Input::Line(Field::line(text)),
        is_required: true,
    }
}

/// What is said for a way to end a return.
const fn end_words(to: ReturnState) -> &'static str {
    match to {
        ReturnState::NotReceived => "never came",
        ReturnState::Rejected => "refused",
        _ => "no money due",
    }
}

impl ReturnForm {
    /// Its button and its fields.
    pub(super) fn fields(&self) -> (&'static str, Vec<FormField>) {
        match self {
            Self::Expect(_) => (
                "Expect it",
                vec![line("Units", false), line("Reason", true)],
            ),
            Self::Explain { refunds, .. } => {
                let meant = MEANT.iter().map(|(words, _)| (*words).to_owned());
                let mut fields = vec![choice("Meant", meant.collect()), line("Reason", true)];
                if refunds.len() > 1 {
                    let all = format!("all {}", refunds.len());
                    let each = refunds
                        .iter()
                        .map(|(_, words)| truncate(words, REFUND_COLUMNS));
                    let options = std::iter::once(all).chain(each).collect();
                    fields.push(choice("Refund", options));
                }
                ("Explain", fields)
            }
            Self::Of { what, .. } => what.fields(),
        }
    }

    /// What the form says when it is sent.
    pub(super) fn act(&self, form: &Form) -> Result<Act, Mistake> {
        Ok(match self {
            Self::Expect(order) => Act::ExpectReturn {
                order: *order,
                units: read_units(&form.text(0)).map_err(|why| (0, why))?,
                reason: form.text(1),
            },
            Self::Explain { order, refunds } => Act::ExplainRefund {
                order: *order,
                // The first choice is all of them.
                refund: form
                    .picked(2)
                    .checked_sub(1)
                    .and_then(|at| refunds.get(at))
                    .map(|(id, _)| id.clone()),
                to: MEANT
                    .get(form.picked(0))
                    .map(|(_, state)| *state)
                    .ok_or_else(|| (0, "say what was meant".to_owned()))?,
                reason: form.text(1),
            },
            Self::Of {
                pair,
                reference,
                what,
            } => Act::DecideReturn {
                pair: pair.clone(),
                reference: reference.clone(),
                what: what.decision(form)?,
            },
        })
    }
}

impl Asked {
    /// Lines it is about; empty for a decision about the whole return.
    pub fn goods(&self) -> &[Goods] {
        match self {
            Self::Outcome(goods) | Self::Approve(goods) | Self::Override(goods) => goods,
            Self::Accept | Self::Extend | Self::End(_) => &[],
        }
    }

    fn fields(&self) -> (&'static str, Vec<FormField>) {
        let (verb, own) = match self {
            Self::Outcome(_) => {
                let all = Disposition::ALL.iter();
                let options = all.map(|d| d.as_str().replace('_', " ")).collect();
                ("Put on record", vec![choice("Becomes", options)])
            }
            Self::Approve(_) => ("Approve", vec![line("Reason", true)]),
            Self::Override(_) => ("Pass the gate", vec![line("Reason", true)]),
            Self::Accept => ("Accept", vec![line("Reason", true)]),
            Self::Extend => ("Wait", vec![filled("Days", DAYS_OFFERED)]),
            Self::End(ends) => {
                let options = ends.iter().map(|to| end_words(*to).to_owned()).collect();
                ("End it", vec![choice("As", options), line("Reason", true)])
            }
        };
        let mut fields = match self.goods() {
            [] => Vec::new(),
            [only] => vec![filled("Units", &only.most.to_string())],
            many => {
                let options = many.iter().map(|g| format!("{} of {}", g.most, g.label));
                vec![choice("Goods", options.collect()), line("Units", true)]
            }
        };
        fields.extend(own);
        (verb, fields)
    }

    /// The chosen line, how many units of it, and the number of the field after these.
    fn chosen(&self, form: &Form) -> Result<(Option<String>, i64, usize), Mistake> {
        let goods = self.goods();
        let (pick, at) = match goods.len() {
            0 | 1 => (0, 0),
            _ => (form.picked(0), 1),
        };
        let Some(of) = goods.get(pick) else {
            return Err((0, "no line is left for this".to_owned()));
        };
        let units = form.text(at).parse::<i64>().ok();
        match units.filter(|n| (1..=of.most).contains(n)) {
            Some(n) => Ok((Some(of.line_ref.clone()), n, at + 1)),
            None => Err((at, format!("1 to {} of {}", of.most, of.label))),
        }
    }

    fn decision(&self, form: &Form) -> Result<Decision, Mistake> {
        Ok(match self {
            Self::Outcome(_) => {
                let (line, units, at) = self.chosen(form)?;
                let to = Disposition::ALL.get(form.picked(at)).copied();
                Decision::Outcome {
                    line,
                    to: to.ok_or_else(|| (at, "say what becomes of them".to_owned()))?,
                    units: Some(units),
                }
            }
            Self::Approve(_) => {
                let (line, units, at) = self.chosen(form)?;
                Decision::Approve {
                    line,
                    units,
                    reason: form.text(at),
                }
            }
            Self::Override(_) => {
                let (line, units, at) = self.chosen(form)?;
                Decision::Override {
                    line,
                    units,
                    reason: form.text(at),
                }
            }
            Self::Accept => Decision::Accept {
                reason: form.text(0),
            },
            Self::Extend => {
                let days = form.text(0).parse::<i64>().unwrap_or(0);
                extend_days(days).map_err(|why| (0, why))?;
                Decision::Extend { days }
            }
            Self::End(ends) => {
                let to = ends.get(form.picked(0)).copied();
                Decision::Close {
                    to: to.ok_or_else(|| (0, "no way to end it is left".to_owned()))?,
                    reason: form.text(1),
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Purpose;
    use super::*;
    use crate::console::app::key::{Code, Key};
    use crate::console::app::layers::Out;
    use crate::domain::time::{Span, Ts};

    fn goods(n: &str, most: i64) -> Goods {
        Goods {
            line_ref: n.to_owned(),
            label: format!("MUG, line {n}"),
            most,
        }
    }

    fn form(what: Asked) -> Form {
        let of = ReturnForm::Of {
            pair: "sl-pvx".into(),
            reference: "SL-1-RT1".into(),
            what,
        };
        let mut form = Form::new(Purpose::Returns(of), String::new(), Vec::new());
        form.guard.painted(Ts(0));
        form
    }

    fn send(form: &mut Form) -> Vec<Out> {
        form.key(Key::ctrl('s'), Ts(0) + Span::secs(1))
    }

    #[test]
    fn the_only_line_is_not_asked_for_and_too_many_units_are_refused() {
        let mut form = form(Asked::Approve(vec![goods("1", 2)]));
        assert!(send(&mut form).is_empty());
        assert_eq!(form.error.as_deref(), Some("Reason is needed"));
        form.paste("seen, cracked");
        form.focus = 0;
        form.key(Key::plain(Code::Backspace), Ts(0));
        form.paste("3");
        assert!(send(&mut form).is_empty());
        assert_eq!(form.error.as_deref(), Some("1 to 2 of MUG, line 1"));
        form.key(Key::plain(Code::Backspace), Ts(0));
        form.paste("2");
        let out = send(&mut form);
        assert!(
            matches!(out.last(), Some(Out::Act(Act::DecideReturn {
                what: Decision::Approve { line: Some(line), units: 2, reason }, ..
            })) if line == "1" && reason == "seen, cracked"),
            "{out:?}"
        );
    }

    #[test]
    fn of_several_lines_one_is_chosen() {
        let mut form = form(Asked::Outcome(vec![goods("1", 2), goods("2", 5)]));
        form.key(Key::plain(Code::Right), Ts(0));
        form.focus = 1;
        form.paste("4");
        form.focus = 2;
        form.key(Key::char('s'), Ts(0));
        let out = send(&mut form);
        assert!(
            matches!(out.last(), Some(Out::Act(Act::DecideReturn {
                what: Decision::Outcome { line: Some(line), units: Some(4), to: Disposition::SendBack }, ..
            })) if line == "2"),
            "{out:?}"
        );
    }

    #[test]
    fn days_beyond_what_can_be_agreed_are_refused() {
        let mut form = form(Asked::Extend);
        form.paste("00");
        assert!(send(&mut form).is_empty());
        assert!(
            form.error
                .as_deref()
                .is_some_and(|e| e.contains("180 days"))
        );
    }
}

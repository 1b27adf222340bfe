//! The form that corrects the text of an order for its send: every field with the room it has, checked before it is sent.

use super::super::super::ask::Act;
use super::super::super::field::Field;
use super::{FormField, Input, line};
use crate::desk::EditQuestion;
use crate::domain::edits::SafeField;
use crate::domain::order::Address;
use crate::domain::preflight::{FieldLimits, address_faults};

/// What the form is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditForm {
    pub question: Box<EditQuestion>,
}

impl EditForm {
    /// The button and the fields.
    pub(super) fn fields(&self) -> (&'static str, Vec<FormField>) {
        let limits = FieldLimits::default();
        let mut fields: Vec<FormField> = SafeField::ALL
            .iter()
            .map(|field| FormField {
                label: field.title(),
                input: Input::Counted {
                    field: Field::line(field.of(&self.question.address)),
                    chars_max: field.chars_max(&limits),
                },
                is_required: false,
            })
            .collect();
        fields.push(line("Reason", true));
        ("Check and send", fields)
    }

    /// The first field that is longer than the warehouse takes.
    pub fn first_too_long(&self) -> Option<usize> {
        too_long(&self.question.address)
    }

    /// What the form says when it is sent; the check of the address runs on it first.
    pub(super) fn act(&self, texts: &[String]) -> Result<Act, (usize, String)> {
        let before = &self.question.address;
        let mut address = before.clone();
        let mut fields = Vec::new();
        for (field, text) in SafeField::ALL.iter().zip(texts) {
            if text != field.of(before).trim() {
                field.set(&mut address, text);
                fields.push((*field, text.clone()));
            }
        }
        if fields.is_empty() {
            return Err((0, "nothing was changed yet".to_owned()));
        }
        let limits = FieldLimits::default();
        let faults = address_faults(&address, &self.question.needs, &limits);
        if let Some(first) = faults.first() {
            let at = too_long(&address).unwrap_or(0);
            return Err((at, first.clone()));
        }
        Ok(Act::EditOrder {
            id: self.question.order,
            fields,
            reason: texts.last().cloned().unwrap_or_default(),
        })
    }
}

fn too_long(address: &Address) -> Option<usize> {
    let limits = FieldLimits::default();
    let is_long = |f: &SafeField| f.of(address).chars().count() > f.chars_max(&limits);
    SafeField::ALL.iter().position(is_long)
}

#[cfg(test)]
mod tests {
    use super::super::{Form, Purpose};
    use super::*;
    use crate::console::app::key::{Code, Key};
    use crate::console::app::layers::Out;
    use crate::domain::ids::OrderId;
    use crate::domain::time::{Span, Ts};

    fn form(line1: &str) -> Form {
        let question = EditQuestion {
            order: OrderId(1),
            number: "1001".to_owned(),
            address: Address {
                name: "Pat Sample".to_owned(),
                line1: line1.to_owned(),
                town: "York".to_owned(),
                postcode: "YO1 0AA".to_owned(),
                country: "GB".to_owned(),
                ..Address::default()
            },
            needs: Vec::new(),
            refused: None,
        };
        let purpose = Purpose::Edit(EditForm {
            question: Box::new(question),
        });
        let mut form = Form::new(purpose, String::new(), Vec::new());
        form.guard.painted(Ts(0));
        form
    }

    const LATER: Ts = Ts(1_000_000);

    #[test]
    fn a_text_that_is_still_too_long_is_not_sent() {
        let mut form = form(&"x".repeat(131));
        for _ in 0..10 {
            form.key(Key::plain(Code::Tab), LATER);
        }
        form.paste("asked the customer");
        form.focus = 2;
        form.key(Key::plain(Code::Backspace), LATER);
        assert!(form.key(Key::ctrl('s'), LATER).is_empty());
        let error = form.error.clone().unwrap_or_default();
        assert!(
            error.contains("130 characters, the warehouse takes 100"),
            "{error}"
        );
        assert_eq!(form.focus, 2, "the cursor stands where it is wrong");
    }

    #[test]
    fn only_what_was_changed_is_sent_with_its_reason() {
        let mut form = form("1 High Street");
        form.focus = 2;
        form.paste(" North");
        form.focus = 10;
        form.paste("asked the customer");
        let out = form.key(Key::ctrl('s'), LATER + Span::secs(1));
        let [Out::Close, Out::Act(Act::EditOrder { id, fields, reason })] = out.as_slice() else {
            panic!("{out:?} {:?}", form.error);
        };
        assert_eq!((*id, reason.as_str()), (OrderId(1), "asked the customer"));
        assert_eq!(
            *fields,
            [(SafeField::Line1, "1 High Street North".to_owned())]
        );
    }

    #[test]
    fn a_form_nobody_touched_says_that_nothing_was_changed() {
        let mut form = form("1 High Street");
        form.focus = 10;
        form.paste("why not");
        assert!(form.key(Key::ctrl('s'), LATER).is_empty());
        assert_eq!(form.error.as_deref(), Some("nothing was changed yet"));
    }
}

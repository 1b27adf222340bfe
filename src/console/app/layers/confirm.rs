//! A question before something outward or final: it names the object and the count, and its default does nothing.

use super::super::ask::Act;
use super::super::field::Field;
use super::super::key::{Code, Key};
use super::{Guard, Out};
use crate::domain::time::Ts;

/// From this many objects on the count must be typed.
pub const TYPED_FROM: usize = 50;

/// What is done when the answer is yes.
#[derive(Debug, Clone)]
pub enum Then {
    Act(Act),
    Quit,
    StopExport,
}

/// The question.
#[derive(Debug, Clone)]
pub struct Confirm {
    pub title: String,
    /// What will happen, on what.
    pub lines: Vec<String>,
    /// Text of the button that does it.
    pub verb: String,
    pub then: Then,
    /// The button under the cursor: `false` is the harmless one.
    pub is_on_verb: bool,
    /// The count to be typed, when there are many.
    pub typed: Option<(Field, String)>,
    pub guard: Guard,
}

impl Confirm {
    /// A question about `count` objects.
    pub fn new(title: String, lines: Vec<String>, verb: &str, then: Then, count: usize) -> Self {
        Self {
            title,
            lines,
            verb: verb.to_owned(),
            then,
            is_on_verb: false,
            typed: (count >= TYPED_FROM).then(|| (Field::line(""), count.to_string())),
            guard: Guard::default(),
        }
    }

    fn is_typed_right(&self) -> bool {
        self.typed
            .as_ref()
            .is_none_or(|(field, want)| field.text().trim() == want)
    }

    fn yes(&self, now: Ts) -> Vec<Out> {
        if !self.guard.is_ready(now) || !self.is_typed_right() {
            return Vec::new();
        }
        let out = match &self.then {
            Then::Act(act) => Out::Act(act.clone()),
            Then::Quit => Out::Quit,
            Then::StopExport => Out::StopExport,
        };
        vec![Out::Close, out]
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key, now: Ts) -> Vec<Out> {
        match key.code {
            Code::Esc => vec![Out::Close],
            Code::Tab | Code::BackTab | Code::Left | Code::Right => {
                self.is_on_verb = !self.is_on_verb;
                Vec::new()
            }
            Code::Enter if self.is_on_verb => self.yes(now),
            Code::Enter if self.guard.is_ready(now) => vec![Out::Close],
            Code::Char(_) | Code::Backspace | Code::Delete if self.typed.is_some() => {
                if let Some((field, _)) = &mut self.typed {
                    field.key(key);
                }
                Vec::new()
            }
            Code::Char('y' | 'Y') if !key.is_ctrl => self.yes(now),
            Code::Char('n' | 'N') if !key.is_ctrl => vec![Out::Close],
            _ => Vec::new(),
        }
    }

    /// Pasted text goes into the field for the count, if there is one. It never answers.
    pub fn paste(&mut self, text: &str) {
        if let Some((field, _)) = &mut self.typed {
            field.paste(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::DeliveryId;
    use crate::domain::time::Span;

    fn question(count: usize) -> Confirm {
        Confirm::new(
            "Read again".to_owned(),
            Vec::new(),
            "Read",
            Then::Act(Act::RetryDelivery(DeliveryId(1))),
            count,
        )
    }

    fn acts(out: &[Out]) -> bool {
        out.iter().any(|o| matches!(o, Out::Act(_)))
    }

    #[test]
    fn enter_on_a_fresh_question_does_nothing_harmful() {
        let mut q = question(1);
        q.guard.painted(Ts(0));
        let later = Ts(0) + Span::secs(1);
        assert!(!acts(&q.key(Key::plain(Code::Enter), later)));
    }

    #[test]
    fn keys_typed_before_the_question_was_seen_do_not_answer_it() {
        let mut q = question(1);
        assert!(q.key(Key::char('y'), Ts(0)).is_empty(), "not painted yet");
        q.guard.painted(Ts(0));
        assert!(q.key(Key::char('y'), Ts(0) + Span::ms(10)).is_empty());
        q.key(Key::plain(Code::Right), Ts(0));
        assert!(
            q.key(Key::plain(Code::Enter), Ts(0) + Span::ms(10))
                .is_empty()
        );
        assert!(acts(&q.key(Key::char('y'), Ts(0) + Span::ms(300))));
    }

    #[test]
    fn many_objects_ask_for_the_count_to_be_typed() {
        let mut q = question(214);
        q.guard.painted(Ts(0));
        let later = Ts(0) + Span::secs(1);
        q.is_on_verb = true;
        assert!(!acts(&q.key(Key::plain(Code::Enter), later)));
        q.paste("214\n");
        assert!(acts(&q.key(Key::plain(Code::Enter), later)));
    }
}

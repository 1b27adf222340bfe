//! The form that says what an error means, so that the next one arrives with its name.

use super::super::super::ask::{Act, Question};
use super::super::super::field::Field;
use super::{FormField, Input, choice};
use crate::domain::catalogue::Kind;
use crate::domain::error_rule::{
    ADVICE_CHARS_MAX, ErrorRule, NAME_CHARS_MAX, SavedRule, WORDS_CHARS_MAX, likely_words,
};
use crate::domain::exception::{ExceptionRow, Team};
use crate::domain::ids::ExceptionId;

/// What the form is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassifyForm {
    pub case: ExceptionId,
    pub kind: Kind,
    /// What the case says.
    pub detail: String,
    /// The rule that knows it already.
    pub known: Option<Box<SavedRule>>,
}

impl ClassifyForm {
    /// About a case and the rule that knows its error.
    pub fn of(row: &ExceptionRow, known: Option<SavedRule>) -> Self {
        Self {
            case: row.id,
            kind: row.kind,
            detail: row.detail.clone(),
            known: known.map(Box::new),
        }
    }

    /// The button and the fields.
    pub(super) fn fields(&self) -> (&'static str, Vec<FormField>) {
        let known = self.known.as_ref().map(|saved| &saved.rule);
        let counted = |label, text: &str, chars_max| FormField {
            label,
            input: Input::Counted {
                field: Field::line(text),
                chars_max,
            },
            is_required: true,
        };
        let words = known.map_or_else(|| likely_words(&self.detail), |rule| rule.words.clone());
        let (name, advice) = known.map_or(("", ""), |rule| (&*rule.name, &*rule.advice));
        let stays = "whose it is by its kind".to_owned();
        let teams = Team::ALL.iter().map(ToString::to_string);
        let mut team = choice("Team", std::iter::once(stays).chain(teams).collect());
        let picked = known.and_then(|rule| rule.team);
        let at_team = picked.and_then(|team| Team::ALL.iter().position(|t| *t == team));
        if let (Input::Choice { at, .. }, Some(found)) = (&mut team.input, at_team) {
            *at = found + 1;
        }
        let fields = vec![
            counted("Words", &words, WORDS_CHARS_MAX),
            counted("Call it", name, NAME_CHARS_MAX),
            counted("Next step", advice, ADVICE_CHARS_MAX),
            team,
        ];
        ("Classify", fields)
    }

    /// Which open cases the words typed so far would name.
    pub(super) fn trial(&self, words: String) -> Question {
        Question::RuleTrial {
            kind: self.kind,
            words,
        }
    }

    /// What the form says when it is sent.
    pub(super) fn act(&self, texts: &[String], team: usize) -> Result<Act, (usize, String)> {
        let text = |at: usize| texts.get(at).cloned().unwrap_or_default();
        let rule = ErrorRule {
            kind: self.kind,
            words: text(0),
            name: text(1),
            advice: text(2),
            team: team
                .checked_sub(1)
                .and_then(|at| Team::ALL.get(at))
                .copied(),
        };
        let rule = rule.checked().map_err(|why| (place(&why), why))?;
        if !rule.knows(self.kind, &self.detail) {
            let why = "the case does not say that; take words out of its explanation";
            return Err((0, why.to_owned()));
        }
        let same = self
            .known
            .as_ref()
            .filter(|saved| saved.rule.key() == rule.key());
        Ok(Act::Classify {
            case: self.case,
            over: same.map(|saved| saved.version),
            rule: Box::new(rule),
        })
    }
}

/// The field a refusal is about.
fn place(why: &str) -> usize {
    ["the words", "the name", "the advice"]
        .iter()
        .position(|what| why.starts_with(what))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Ts;

    fn form(known: Option<SavedRule>) -> ClassifyForm {
        ClassifyForm {
            case: ExceptionId(7),
            kind: Kind::OrdRejected,
            detail: "Row 2: Sales order SL-1001 rejected, delivery postcode is missing".to_owned(),
            known: known.map(Box::new),
        }
    }

    fn texts(words: &str) -> Vec<String> {
        [words, "no postcode", "Ask the customer.", ""]
            .map(str::to_owned)
            .to_vec()
    }

    #[test]
    fn words_are_proposed_from_what_the_case_says_and_must_stand_there() {
        let (_, fields) = form(None).fields();
        let Input::Counted { field, .. } = &fields[0].input else {
            panic!("{fields:?}");
        };
        assert_eq!(field.text(), "delivery postcode is missing");
        let (at, why) = form(None).act(&texts("postcode too long"), 0).unwrap_err();
        assert_eq!(at, 0);
        assert!(why.contains("does not say that"), "{why}");
    }

    #[test]
    fn a_rule_of_the_same_words_is_replaced_as_it_was_read_and_others_stay() {
        let rule = ErrorRule {
            kind: Kind::OrdRejected,
            words: "postcode is missing".to_owned(),
            name: "no postcode".to_owned(),
            advice: "Ask.".to_owned(),
            team: Some(Team::Cx),
        };
        let saved = SavedRule {
            id: 3,
            rule,
            version: 2,
            saved_by: "kim".to_owned(),
            saved_at: Ts(0),
        };
        let over =
            |words: &str, team| match form(Some(saved.clone())).act(&texts(words), team).unwrap() {
                Act::Classify { over, rule, .. } => (over, rule.team),
                other => panic!("{other:?}"),
            };
        assert_eq!(over("Postcode is  missing", 0), (Some(2), None));
        let cx = Team::ALL.iter().position(|t| *t == Team::Cx).unwrap() + 1;
        assert_eq!(over("delivery postcode", cx), (None, Some(Team::Cx)));
    }
}

//! Rules by which an error is known: words a vendor's answer holds, and what people found them to mean.
//!
//! A rule never changes the kind of a case, so that whatever clears the case still finds it. It gives the case a name in
//! plain words, advice for whoever opens it next, and a team.

use super::catalogue::Kind;
use super::exception::Team;
use super::time::Ts;
use crate::text::clean;
use serde::{Deserialize, Serialize};

/// Rules kept at most, over all kinds.
pub const RULES_MAX: usize = 500;
/// Fewest letters and digits of the words: fewer stand in too many answers.
pub const WORDS_CHARS_MIN: usize = 6;
/// Longest words, characters.
pub const WORDS_CHARS_MAX: usize = 200;
/// Longest name, characters.
pub const NAME_CHARS_MAX: usize = 60;
/// Longest advice, characters.
pub const ADVICE_CHARS_MAX: usize = 500;

/// What people found an error to mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorRule {
    /// Only cases of this kind are looked at.
    pub kind: Kind,
    /// Found in the explanation of a case, whatever its case and spacing.
    pub words: String,
    /// What lists call the case.
    pub name: String,
    /// What the next person does about it.
    pub advice: String,
    /// Whose cases these are; `None` leaves them with the team of their kind.
    pub team: Option<Team>,
}

/// A rule as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedRule {
    pub id: i64,
    pub rule: ErrorRule,
    pub version: i64,
    pub saved_by: String,
    pub saved_at: Ts,
}

/// A rule is saved or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleChange {
    /// `over` is the version that is replaced: a rule of the same kind and words is replaced only then.
    Save { rule: ErrorRule, over: Option<i64> },
    /// Its cases lose their name.
    Remove { id: i64, version: i64 },
}

impl ErrorRule {
    /// The rule with its texts cleaned, when it can be kept.
    ///
    /// # Errors
    /// What is wrong with it, and what to do about that.
    pub fn checked(self) -> Result<Self, String> {
        let one = |text: &str| clean(text).split_whitespace().collect::<Vec<_>>().join(" ");
        let rule = Self {
            words: one(&self.words),
            name: one(&self.name),
            advice: one(&self.advice),
            ..self
        };
        let telling = rule.words.chars().filter(|c| c.is_alphanumeric()).count();
        if telling < WORDS_CHARS_MIN {
            return Err(format!(
                "the words need {WORDS_CHARS_MIN} letters or digits at least; fewer would be found in too many answers"
            ));
        }
        for (what, text, most) in [
            ("words", &rule.words, WORDS_CHARS_MAX),
            ("name", &rule.name, NAME_CHARS_MAX),
            ("advice", &rule.advice, ADVICE_CHARS_MAX),
        ] {
            if text.is_empty() {
                return Err(format!("the {what} must say something"));
            }
            if text.chars().count() > most {
                return Err(format!(
                    "the {what} may have {most} characters; say it shorter"
                ));
            }
        }
        Ok(rule)
    }

    /// By what two rules of a kind are told apart.
    pub fn key(&self) -> String {
        folded(&self.words)
    }

    /// Whether a case of this kind with this explanation is what the rule means.
    pub fn knows(&self, kind: Kind, detail: &str) -> bool {
        self.kind == kind && folded(detail).contains(&self.key())
    }

    /// The rule in one line, as the journal keeps it.
    pub fn says(&self) -> String {
        let team = self.team.map(|t| format!(", for {t}")).unwrap_or_default();
        format!("{} with {:?}: {}{team}", self.kind, self.words, self.name)
    }
}

/// The rule that knows an error best: of several the one with the longest words, then the oldest.
pub fn known<'r>(rules: &'r [SavedRule], kind: Kind, detail: &str) -> Option<&'r SavedRule> {
    rules
        .iter()
        .filter(|saved| saved.rule.knows(kind, detail))
        .max_by_key(|saved| {
            (
                saved.rule.key().chars().count(),
                std::cmp::Reverse(saved.id),
            )
        })
}

/// A part of an explanation that is likely to stand in the next one too: the longest run of words without digits,
/// quotes and brackets, which are where an answer names an order, an item or a time.
pub fn likely_words(detail: &str) -> String {
    let mut best = String::new();
    let detail = clean(detail);
    for run in detail.split(|c: char| "\"'()[]{}<>:;,".contains(c)) {
        let mut words: Vec<&str> = Vec::new();
        for word in run.split_whitespace().chain([""]) {
            if !word.is_empty() && !word.chars().any(|c| c.is_ascii_digit()) {
                words.push(word);
                continue;
            }
            let found = words.join(" ");
            if found.chars().count() > best.chars().count() {
                best = found;
            }
            words.clear();
        }
    }
    crate::text::clean_to(&best, WORDS_CHARS_MAX)
}

/// Case and spacing of an answer say nothing.
fn folded(text: &str) -> String {
    let lower = text.to_lowercase();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(words: &str, name: &str) -> ErrorRule {
        ErrorRule {
            kind: Kind::OrdRejected,
            words: words.to_owned(),
            name: name.to_owned(),
            advice: "Ask the customer for it.".to_owned(),
            team: Some(Team::Cx),
        }
    }

    fn saved(id: i64, words: &str) -> SavedRule {
        SavedRule {
            id,
            rule: rule(words, "x"),
            version: 1,
            saved_by: "kim".to_owned(),
            saved_at: Ts(0),
        }
    }

    #[test]
    fn a_rule_knows_an_error_by_its_words_whatever_their_case_and_spacing() {
        let rule = rule("Postcode  Missing", "no postcode").checked().unwrap();
        assert_eq!(rule.words, "Postcode Missing");
        let detail = "Line 1: POSTCODE   missing for this country";
        assert!(rule.knows(Kind::OrdRejected, detail));
        assert!(!rule.knows(Kind::DspConfirmFailed, detail));
        assert!(!rule.knows(Kind::OrdRejected, "post code missing"));
    }

    #[test]
    fn the_longest_words_know_best_and_of_equals_the_older() {
        let rules = [
            saved(1, "customer refused"),
            saved(2, "customer refused by credit limit"),
            saved(3, "Customer Refused"),
        ];
        let found = |detail| known(&rules, Kind::OrdRejected, detail).map(|r| r.id);
        assert_eq!(found("customer refused by credit limit 500"), Some(2));
        assert_eq!(found("customer refused"), Some(1));
        assert_eq!(found("all well"), None);
    }

    #[test]
    fn a_rule_that_would_find_everything_or_say_nothing_is_not_kept() {
        let why = |r: ErrorRule| r.checked().unwrap_err();
        assert!(why(rule("no :-)", "x")).contains("6 letters or digits"));
        assert!(why(rule("postcode", "  ")).contains("name must say"));
        assert!(why(rule("postcode", &"n".repeat(61))).contains("60 characters"));
        let hostile = rule("post\u{1b}[31mcode missing", "x").checked().unwrap();
        assert!(!hostile.words.contains('\u{1b}'));
    }

    #[test]
    fn likely_words_leave_out_what_names_one_order() {
        assert_eq!(
            likely_words("Row 2: Sales order SL-1001 rejected, delivery postcode is missing"),
            "delivery postcode is missing"
        );
        assert_eq!(likely_words("4711"), "");
    }
}

//! Errors that people classified: rules are tried out on what is open, saved and removed in a person's name.

use super::{Desk, DeskError, DeskResult, Done};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::error_rule::{ErrorRule, NAME_CHARS_MAX, RuleChange, SavedRule, known};
use crate::domain::exception::{ExceptionEdit, ExceptionRow};
use crate::domain::ids::ExceptionId;
use crate::text::count;

/// What a rule would do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleTrial {
    /// Open cases it would name, the longest open first.
    pub named: Vec<ExceptionRow>,
    /// Open cases of the kind that it does not know.
    pub others: usize,
    /// The rule of the same kind and words that it would replace.
    pub replaces: Option<SavedRule>,
}

impl RuleTrial {
    /// In one line.
    pub fn says(&self) -> String {
        let named = i64::try_from(self.named.len()).unwrap_or(i64::MAX);
        let others = i64::try_from(self.others).unwrap_or(i64::MAX);
        format!(
            "{} known by it, {} of the kind not",
            count(named, "open case is", "open cases are"),
            others
        )
    }
}

impl Desk {
    /// Every rule by which errors are known, by kind and age.
    ///
    /// # Errors
    /// [`DeskError`]: the store failed.
    pub async fn error_rules(&self) -> DeskResult<Vec<SavedRule>> {
        let rules = self.store.error_rules().await;
        rules.map_err(DeskError::store("reading the rules of errors"))
    }

    /// The rule by which the error of a case is known.
    ///
    /// # Errors
    /// As [`Desk::error_rules`].
    pub async fn rule_of(&self, case: &ExceptionRow) -> DeskResult<Option<SavedRule>> {
        let Some(known) = &case.known_as else {
            return Ok(None);
        };
        let rules = self.error_rules().await?;
        Ok(rules.into_iter().find(|saved| saved.id == known.rule))
    }

    /// What a rule would do now, written nowhere.
    ///
    /// # Errors
    /// [`DeskError`]: the rule cannot be kept, or the store failed.
    pub async fn try_rule(&self, rule: ErrorRule) -> DeskResult<(ErrorRule, RuleTrial)> {
        let rule = (rule.checked())
            .map_err(|why| DeskError::Refused(format!("the rule was not saved: {why}")))?;
        let trial = self.trial(&rule).await?;
        Ok((rule, trial))
    }

    /// Which open cases of a kind these words would name, before anything else of the rule is known.
    ///
    /// # Errors
    /// [`DeskError`]: the words make no rule, or the store failed.
    pub async fn try_words(&self, kind: Kind, words: &str) -> DeskResult<RuleTrial> {
        let rule = ErrorRule {
            kind,
            words: words.to_owned(),
            name: words.chars().take(NAME_CHARS_MAX).collect(),
            advice: "-".to_owned(),
            team: None,
        };
        self.trial(&rule.checked().map_err(DeskError::Refused)?)
            .await
    }

    async fn trial(&self, rule: &ErrorRule) -> DeskResult<RuleTrial> {
        let mut rules = self.error_rules().await?;
        let key = rule.key();
        let is_same = |saved: &SavedRule| saved.rule.kind == rule.kind && saved.rule.key() == key;
        let replaces = rules.iter().position(is_same).map(|at| rules.remove(at));
        let id = replaces.as_ref().map_or(i64::MAX, |saved| saved.id);
        rules.push(SavedRule {
            id,
            rule: rule.clone(),
            version: 0,
            saved_by: String::new(),
            saved_at: self.now(),
        });
        let open = self.store.open_of_kind(rule.kind).await;
        let open = open.map_err(DeskError::store("reading the open cases"))?;
        let is_known = |case: &ExceptionRow| {
            known(&rules, rule.kind, &case.detail).is_some_and(|saved| saved.id == id)
        };
        let all = open.len();
        let named: Vec<ExceptionRow> = open.into_iter().filter(|case| is_known(case)).collect();
        let others = all - named.len();
        Ok(RuleTrial {
            named,
            others,
            replaces,
        })
    }

    /// Keeps what people found the error of a case to mean, and calls every open case of the kind so that says the same.
    /// A rule of the same words is replaced only when `over` is its version.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, the rule cannot be kept or does not know the case it was made for, somebody was faster,
    /// or the store failed.
    pub async fn classify(
        &self,
        case: ExceptionId,
        rule: ErrorRule,
        over: Option<i64>,
    ) -> DeskResult<Done> {
        let made_for = self.exception(case).await?;
        let rule = ErrorRule {
            kind: made_for.kind,
            ..rule
        };
        let (rule, trial) = self.try_rule(rule).await?;
        if !rule.knows(made_for.kind, &made_for.detail) {
            return Err(DeskError::Refused(format!(
                "the rule was not saved: case {case} does not say {:?}; take words out of its explanation",
                rule.words
            )));
        }
        let mut changes = vec![Change::Rule(RuleChange::Save {
            rule: rule.clone(),
            over,
        })];
        let mut text = format!("From now on this is {:?}. {}.", rule.name, trial.says());
        // To be classified is all an unknown error waits for.
        if rule.kind == Kind::SysUnclassified {
            let settled = trial.named.iter().map(|found| Change::Exception {
                id: found.id,
                version: None,
                edit: ExceptionEdit::Resolve {
                    how: "classified".to_owned(),
                    evidence: format!("{}: {}", rule.name, rule.advice),
                },
            });
            changes.extend(settled);
            text.push_str(" They are settled: to be classified is all they waited for.");
        }
        self.commit("classifying the error", changes).await?;
        Ok(Done::now(text))
    }

    /// Forgets a rule; its open cases are called by their kind again.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, somebody changed it meanwhile, it is gone, or the store failed.
    pub async fn remove_rule(&self, id: i64, version: i64) -> DeskResult<Done> {
        let change = Change::Rule(RuleChange::Remove { id, version });
        self.commit("removing the rule", vec![change]).await?;
        Ok(Done::now(format!(
            "Rule {id} is removed; its open cases are called by their kind again."
        )))
    }
}

//! Who may do what: roles of people, decisions that need two of them, reasons that say something.

use super::ids::Operator;
use super::lifecycle_case::{REASON_CHARS_MIN, REMARK_CHARS_MAX};
use super::order::coded_enum;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

coded_enum! {
    /// What a person is trusted with.
    Role {
        /// Looks and searches.
        Viewer = 0, "viewer";
        /// Works on exceptions of a team.
        Operator = 1, "operator";
        /// Acts in bulk, skips in a lane, approves corrections within the limits.
        Lead = 2, "lead";
        /// Approves what costs money: valued corrections, exceptions to the credit gate.
        FinanceApprover = 3, "finance_approver";
        /// Keeps mappings, policies, schedules and connections.
        Administrator = 4, "administrator";
        /// Reads everything and changes nothing.
        Auditor = 5, "auditor";
    }
}

/// A person and the roles they hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub name: Operator,
    pub roles: BTreeSet<Role>,
}

impl Person {
    /// A person with these roles.
    pub fn new(name: &str, roles: &[Role]) -> Self {
        Self {
            name: name.into(),
            roles: roles.iter().copied().collect(),
        }
    }

    /// The one user of an installation in which no operators were set up.
    pub fn with_every_role(name: &str) -> Self {
        Self::new(name, Role::ALL)
    }

    /// Holds at least one of these roles.
    pub fn is_any(&self, roles: &[Role]) -> bool {
        roles.iter().any(|r| self.roles.contains(r))
    }

    /// The same human being, however the name was typed.
    pub fn is_same(&self, other: &Self) -> bool {
        let name = |p: &Self| p.name.as_str().trim().to_lowercase();
        name(self) == name(other)
    }
}

/// Refuses a person who holds none of these roles.
///
/// # Errors
/// In words for people: who may do it.
pub fn require(person: &Person, roles: &[Role], what: &str) -> Result<(), String> {
    if person.is_any(roles) {
        return Ok(());
    }
    let names: Vec<&str> = roles.iter().map(|r| r.as_str()).collect();
    Err(format!(
        "{} may not {what}: it takes the role {}",
        person.name,
        names.join(" or ")
    ))
}

/// The reason as it is kept.
///
/// # Errors
/// In words for people: too short to explain anything to whoever reads it later.
pub fn reason(text: &str) -> Result<String, String> {
    let kept = crate::text::clean_to(text.trim(), REMARK_CHARS_MAX);
    if kept.chars().count() < REASON_CHARS_MIN {
        return Err(format!(
            "a reason of at least {REASON_CHARS_MIN} characters is needed, for whoever reads it later"
        ));
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_asked_for_by_name_and_administration_is_not_finance() {
        let admin = Person::new("Sam", &[Role::Administrator]);
        let refusal = require(
            &admin,
            &[Role::FinanceApprover, Role::Lead],
            "release a credit",
        )
        .unwrap_err();
        assert_eq!(
            refusal,
            "Sam may not release a credit: it takes the role finance_approver or lead"
        );
        let alone = Person::with_every_role("Sam");
        assert!(require(&alone, &[Role::FinanceApprover], "release a credit").is_ok());
    }

    #[test]
    fn one_person_with_two_spellings_is_one_person() {
        let sam = Person::new("Sam", &[]);
        assert!(sam.is_same(&Person::new(" sam ", &[])));
        assert!(!sam.is_same(&Person::new("Alex", &[])));
    }

    #[test]
    fn a_reason_must_say_something() {
        assert!(reason("   fixed   ").is_err());
        assert_eq!(
            reason(" counted twice by the floor ").unwrap(),
            "counted twice by the floor"
        );
    }
}

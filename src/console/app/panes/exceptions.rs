//! Exceptions: soonest promise first, by team, one row per cause.

use super::super::list::{Keyed, List, Sort};
use crate::domain::exception::{ExceptionRow, Team};
use crate::domain::filter::{FieldOp, Filter, Term, What};

/// Orders of the list.
pub const SORTS: &[Sort] = &[
    Sort::rising("promise", "promise"),
    Sort::rising("severity", "severity"),
    Sort::rising("age", "age"),
    Sort::falling("members", "members"),
    Sort::rising("kind", "kind"),
    Sort::falling("value", "at stake"),
    Sort::rising("state", "state"),
    Sort::rising("team", "team"),
    Sort::rising("person", "person"),
];

impl Keyed for ExceptionRow {
    fn key(&self) -> String {
        self.id.to_string()
    }

    fn face(&self) -> String {
        let (members, value) = (self.members, self.value_minor);
        format!(
            "{:?} {:?} {} {} {members} {value} {:?}",
            self.state,
            self.severity,
            self.team,
            self.person.as_deref().unwrap_or_default(),
            self.ship_by
        )
    }
}

/// The pane's state.
#[derive(Debug, Clone)]
pub struct Exceptions {
    pub list: List<ExceptionRow>,
    /// Only this team's; `None` is everybody's.
    pub team: Option<Team>,
    /// Only what is in one's own name.
    pub is_mine: bool,
    /// What was typed after `/`.
    pub typed: Filter,
}

impl Exceptions {
    /// Everybody's, unfiltered.
    pub fn new() -> Self {
        Self {
            list: List::new(SORTS),
            team: None,
            is_mine: false,
            typed: Filter::default(),
        }
    }

    /// The next or previous team tab.
    pub fn turn_team(&mut self, by: isize, person: &str) {
        let n = Team::ALL.len().cast_signed() + 1;
        let at = self
            .team
            .and_then(|t| Team::ALL.iter().position(|x| *x == t))
            .map_or(0, |i| i.cast_signed() + 1);
        let next = (at + by).rem_euclid(n).unsigned_abs();
        self.team = next.checked_sub(1).and_then(|i| Team::ALL.get(i)).copied();
        self.apply(person);
    }

    /// Puts team, person and typed filter together.
    pub fn apply(&mut self, person: &str) {
        let mut filter = self.typed.clone();
        if let Some(team) = self.team {
            filter.terms.push(is("team", team.as_str()));
        }
        if self.is_mine {
            filter.terms.push(is("person", person));
        }
        let text = self.list.filter_text.clone();
        self.list.set_filter(&text, filter);
    }
}

impl Default for Exceptions {
    fn default() -> Self {
        Self::new()
    }
}

/// A term `field:value`.
pub fn is(field: &str, value: &str) -> Term {
    Term {
        is_negated: false,
        what: What::Field {
            field: field.to_owned(),
            op: FieldOp::Is,
            values: vec![value.to_owned()],
        },
    }
}

//! Forms of the Checks pane: a signature with its note, and what one shift tells the next.

use super::super::ask::Act;
use super::super::field::Field;
use super::form::{FormField, Input};
use crate::desk::signing_teams;
use crate::domain::checks::{Check, Period};
use crate::domain::exception::Team;

/// What a form is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckForm {
    Sign {
        check: &'static Check,
        team: Team,
        periods: Vec<Period>,
    },
    /// Offered first is the team whose sheet is on show.
    HandOver(Option<Team>),
}

impl CheckForm {
    /// Its button and fields.
    pub fn fields(&self) -> (&'static str, Vec<FormField>) {
        match self {
            Self::Sign { .. } => {
                let note = FormField {
                    label: "Note",
                    input: Input::Line(Field::line("")),
                    is_required: false,
                };
                ("Sign", vec![note])
            }
            Self::HandOver(team) => {
                let teams = signing_teams();
                let at = teams.iter().position(|t| Some(*t) == *team).unwrap_or(0);
                let options = teams.iter().map(ToString::to_string).collect();
                let to = FormField {
                    label: "Team",
                    input: Input::Choice { options, at },
                    is_required: true,
                };
                let text = FormField {
                    label: "Note",
                    input: Input::Editor(Field::editor()),
                    is_required: true,
                };
                ("Hand over", vec![to, text])
            }
        }
    }

    /// What the form says when it is sent.
    pub fn act(&self, texts: &[String]) -> Act {
        let text = |at: usize| texts.get(at).cloned().unwrap_or_default();
        match self {
            Self::Sign {
                check,
                team,
                periods,
            } => Act::SignCheck {
                check,
                team: *team,
                periods: periods.clone(),
                note: text(0),
            },
            Self::HandOver(team) => Act::HandOver {
                team: Team::parse(&text(0)).or(*team).unwrap_or(Team::Operations),
                text: text(1),
            },
        }
    }
}

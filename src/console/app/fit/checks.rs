//! Whether something can be done on a sheet of checks.

use super::super::App;
use super::super::action::Action;
use super::super::subject::Subject;
use super::{Fit, no};
use crate::domain::checks::Standing;

impl App {
    pub(super) fn fit_check(&self, action: Action) -> Fit {
        let line = self.subjects().into_iter().find_map(|s| match s {
            Subject::Check(line) => Some(line),
            _ => None,
        });
        match (action, line.flatten()) {
            (Action::TeamSheet, _) if self.nav.page().is_some() => {
                Fit::Elsewhere("it turns the sheet".to_owned())
            }
            (Action::SignCheck, None) => no("no check is under the cursor"),
            (Action::SignCheck, Some(line)) => match line.standing {
                Standing::Signed | Standing::NotYet => no(format!("it is {}", words(&line))),
                Standing::Carried | Standing::Due | Standing::Missed => Fit::Yes,
            },
            _ => Fit::Yes,
        }
    }
}

fn words(line: &crate::desk::CheckLine) -> String {
    match line.standing {
        Standing::NotYet => format!("signed when the month ends, {}", line.state_words()),
        _ => line.state_words(),
    }
}

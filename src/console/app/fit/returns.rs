//! Whether a decision about a return is possible: asked of the domain, which tells the engine the same.

use super::super::App;
use super::super::action::Action;
use super::super::subject::Subject;
use super::{Fit, no};
use crate::desk::GatedReturn;
use crate::domain::credit_gate::{approvable, overridable};
use crate::domain::returns::{may_accept, may_end_somehow, may_extend, may_grant, without_outcome};

impl App {
    pub(super) fn fit_refund(&self) -> Fit {
        let is_asked = self.subjects().iter().any(|s| match s {
            Subject::Refunds(refunds) => !refunds.asked.is_empty(),
            _ => false,
        });
        if is_asked {
            Fit::Yes
        } else {
            Fit::Elsewhere("no refund of it waits for an answer".to_owned())
        }
    }

    pub(super) fn fit_return(&self, action: Action) -> Fit {
        let found = self.subjects().into_iter().find_map(|s| match s {
            Subject::Return(row) => Some(row),
            _ => None,
        });
        match found {
            Some(row) => may(&row, action).map_or_else(no, |()| Fit::Yes),
            None => no("no return is under the cursor"),
        }
    }
}

fn may(row: &GatedReturn, action: Action) -> Result<(), String> {
    let GatedReturn { held, gates, .. } = row;
    let is_of_line = matches!(
        action,
        Action::SetOutcome | Action::ApproveCredit | Action::OverrideGate
    );
    if is_of_line && held.is_over() {
        return Err(format!(
            "it is {}",
            held.row.state.as_str().replace('_', " ")
        ));
    }
    match action {
        Action::GrantReturn => may_grant(&held.row),
        Action::AcceptCount => may_accept(held),
        Action::ExtendReturn => may_extend(&held.row),
        Action::CloseReturn => may_end_somehow(&held.row),
        Action::SetOutcome => any(held.lines.iter().map(without_outcome)),
        Action::ApproveCredit => any(held.lines.iter().map(|l| approvable(l, &held.approvals))),
        Action::OverrideGate => any((held.lines.iter().zip(gates)).map(|(l, g)| overridable(l, g))),
        _ => Ok(()),
    }
}

/// Possible when it is for one of the lines; what speaks against the first when it is for none.
fn any(lines: impl Iterator<Item = Result<i64, String>>) -> Result<(), String> {
    let mut first = None;
    for line in lines {
        match line {
            Ok(_) => return Ok(()),
            Err(why) => first = first.or(Some(why)),
        }
    }
    Err(first.unwrap_or_else(|| "it has no lines".to_owned()))
}

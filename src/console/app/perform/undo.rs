//! Taking back: what would be taken back is named before it is.

use super::super::App;
use super::super::ask::{Act, Question};
use super::super::event::Slot;
use super::super::layers::Out;
use super::super::nav::Pane;
use super::super::words;
use crate::domain::ids::JournalSeq;
use crate::domain::undo::{Undo, Undoable};

/// Edits named in the question; the others are counted.
const NAMED_MAX: usize = 6;

impl App {
    pub(super) fn look_for_undo(&mut self) {
        let line = self.audit_line();
        self.carry_out(vec![Out::Ask(Slot::Undo, Question::Undoable(line))]);
    }

    /// The line of the journal under the cursor, where the journal is what one looks at.
    fn audit_line(&self) -> Option<JournalSeq> {
        if self.nav.pane != Pane::Audit {
            return None;
        }
        self.panes.audit.list.current().map(|row| row.seq)
    }

    /// Names what would be taken back and asks.
    pub(in super::super) fn ask_undo(&mut self, found: &[Undoable]) {
        let Some(first) = found.first() else {
            return;
        };
        let by = if first.by == self.options.operator {
            "you".to_owned()
        } else {
            first.by.clone()
        };
        let when = match words::age(first.at, self.now).trim() {
            "now" => "just now".to_owned(),
            age => format!("{age} ago"),
        };
        let clock = words::clock(first.at, self.now);
        let mut lines = vec![format!("Done by {by} {when} ({clock}).")];
        for one in found.iter().take(NAMED_MAX) {
            lines.push(said(one));
        }
        if found.len() > NAMED_MAX {
            lines.push(format!("and {} more", found.len() - NAMED_MAX));
        }
        if matches!(first.undo, Undo::Mappings { .. }) {
            lines.push(
                "Orders that already went to the warehouse stay there; those still here are decided on again."
                    .to_owned(),
            );
        }
        let title = match found {
            [one] => format!("Take back: {}?", one.about()),
            many => format!("Take back {} edits?", many.len()),
        };
        self.ask_first(title, lines, "Take back", Act::Undo(first.seq), found.len());
    }
}

/// `exception 12: acknowledged, NEW warehouse → ACKNOWLEDGED warehouse sam`.
fn said(one: &Undoable) -> String {
    let verb = one.action.rsplit('.').next().unwrap_or_default();
    let verb = verb.replace('_', " ");
    let side = |text: &str| {
        if text.is_empty() {
            "nothing".to_owned()
        } else {
            text.to_owned()
        }
    };
    format!(
        "{}: {verb}, {} → {}",
        one.about(),
        side(&one.before),
        side(&one.after)
    )
}

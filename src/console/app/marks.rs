//! Marking many rows: a range, or everything that matches.

use super::ask::{Question, Trouble};
use super::event::Slot;
use super::list::MARKS_MAX;
use super::{App, Level};
use crate::domain::exception::ExceptionRow;
use crate::store::read::Window;

impl App {
    /// Begins a range at the cursor, or ends the one that is open.
    pub(super) fn mark_range(&mut self) {
        let list = &mut self.panes.exceptions.list;
        if !list.is_in_range() {
            list.begin_range();
            let text = "a range begins here: move to its other end and press the same key again";
            self.say(Level::Info, text);
            return;
        }
        let (marked, spanned) = list.end_range();
        if marked < spanned {
            let text = format!(
                "{marked} of {spanned} rows are marked: the others were jumped over and never read; \
                 Mark all takes every row that matches"
            );
            self.say(Level::Warning, &text);
        } else {
            let all = list.marked();
            self.say(Level::Done, &format!("{all} marked"));
        }
    }

    /// Asks the store for every row that matches.
    pub(super) fn mark_everything(&mut self) {
        let query = self.panes.exceptions.list.query(self.now);
        self.panes.exceptions.marking = Some(query.filter.clone());
        let generation = self.ask(Slot::Marks, Question::AllExceptions(query));
        self.layer_generations.insert(Slot::Marks, generation);
    }

    /// Marks what the store found; nothing where the list shows something else meanwhile.
    pub(super) fn take_marks(&mut self, found: Result<Window<ExceptionRow>, Trouble>) {
        let pane = &mut self.panes.exceptions;
        let is_same = pane.marking.take().as_ref() == Some(&pane.list.filter);
        match found {
            Err(trouble) => {
                let text = format!("nothing was marked: {}", trouble.text);
                self.say(Level::Error, &text);
            }
            Ok(_) if !is_same => {
                let text = "nothing was marked: the list shows something else by now";
                self.say(Level::Warning, text);
            }
            Ok(window) => {
                let total = usize::try_from(window.total).unwrap_or(usize::MAX);
                let marked = pane.list.mark_all(window.rows.into_iter().map(|l| l.row));
                if marked >= MARKS_MAX && total > marked {
                    let text = format!(
                        "{marked} of {total} are marked: no more are taken at once; narrow the filter"
                    );
                    self.say(Level::Warning, &text);
                } else {
                    self.say(
                        Level::Done,
                        &format!("{marked} marked: every row that matches"),
                    );
                }
            }
        }
    }
}

//! Marking many rows of exceptions or orders: a range, or everything that matches.

use super::ask::{Answer, Question, Trouble};
use super::event::Slot;
use super::list::{Keyed, List, MARKS_MAX};
use super::nav::Pane;
use super::{App, Level};
use crate::domain::filter::Filter;
use crate::store::read::Window;

/// A list whose rows can be marked, whichever is on show.
macro_rules! on_marked {
    ($app:expr, $list:ident => $do:expr) => {
        match $app.nav.pane {
            Pane::Orders => {
                let $list = &mut $app.panes.orders.list;
                $do
            }
            _ => {
                let $list = &mut $app.panes.exceptions.list;
                $do
            }
        }
    };
}

/// What became of a range, in words.
fn ended<T: Keyed + Clone>(list: &mut List<T>) -> (Level, String) {
    let (marked, spanned) = list.end_range();
    if marked < spanned {
        let text = format!(
            "{marked} of {spanned} rows are marked: the others were jumped over and never read; \
             Mark all takes every row that matches"
        );
        (Level::Warning, text)
    } else {
        (Level::Done, format!("{} marked", list.marked()))
    }
}

/// What became of the rows the store found, in words.
fn marked<T: Keyed + Clone>(list: &mut List<T>, window: Window<T>) -> (Level, String) {
    let total = usize::try_from(window.total).unwrap_or(usize::MAX);
    let marked = list.mark_all(window.rows.into_iter().map(|l| l.row));
    if marked >= MARKS_MAX && total > marked {
        let text =
            format!("{marked} of {total} are marked: no more are taken at once; narrow the filter");
        (Level::Warning, text)
    } else {
        (
            Level::Done,
            format!("{marked} marked: every row that matches"),
        )
    }
}

impl App {
    /// How many rows of the list on show are marked.
    pub(super) fn marked_here(&self) -> usize {
        match self.nav.pane {
            Pane::Exceptions => self.panes.exceptions.list.marked(),
            Pane::Orders => self.panes.orders.list.marked(),
            _ => 0,
        }
    }

    /// Rows of the list on show that can be marked.
    pub(super) fn rows_listed(&self) -> usize {
        match self.nav.pane {
            Pane::Exceptions => self.panes.exceptions.list.total(),
            Pane::Orders => self.panes.orders.list.total(),
            _ => 0,
        }
    }

    pub(super) fn toggle_mark(&mut self) {
        on_marked!(self, list => list.toggle_mark());
    }

    pub(super) fn unmark_all(&mut self) {
        on_marked!(self, list => list.unmark_all());
    }

    /// Begins a range at the cursor, or ends the one that is open.
    pub(super) fn mark_range(&mut self) {
        let ended = on_marked!(self, list => {
            if list.is_in_range() {
                Some(ended(list))
            } else {
                list.begin_range();
                None
            }
        });
        match ended {
            Some((level, text)) => self.say(level, &text),
            None => {
                let text =
                    "a range begins here: move to its other end and press the same key again";
                self.say(Level::Info, text);
            }
        }
    }

    /// Asks the store for every row that matches.
    pub(super) fn mark_everything(&mut self) {
        let query = on_marked!(self, list => list.query(self.now));
        self.marking = Some(query.filter.clone());
        let question = match self.nav.pane {
            Pane::Orders => Question::AllOrders(query),
            _ => Question::AllExceptions(query),
        };
        let generation = self.ask(Slot::Marks, question);
        self.layer_generations.insert(Slot::Marks, generation);
    }

    /// Marks what the store found; nothing where the list shows something else meanwhile.
    pub(super) fn take_marks(&mut self, found: Result<Answer, Trouble>) {
        let asked = self.marking.take();
        let is_same = |filter: &Filter| asked.as_ref() == Some(filter);
        let panes = &mut self.panes;
        let said = match found {
            Ok(Answer::Exceptions(window)) if is_same(&panes.exceptions.list.filter) => {
                marked(&mut panes.exceptions.list, window)
            }
            Ok(Answer::Orders(window)) if is_same(&panes.orders.list.filter) => {
                marked(&mut panes.orders.list, window)
            }
            Ok(_) => (
                Level::Warning,
                "nothing was marked: the list shows something else by now".to_owned(),
            ),
            Err(trouble) => (
                Level::Error,
                format!("nothing was marked: {}", trouble.text),
            ),
        };
        self.say(said.0, &said.1);
    }
}

//! Moving about: cursor, pages, parts, orders and filters of the list on show.

use super::App;
use super::ask::Question;
use super::event::Slot;
use super::nav::Pane;
use super::panes::{live, mappings, stock};
use crate::domain::filter::{self, FieldSpec, lists};

/// Does something to whichever list of the Stock pane is on show.
macro_rules! on_stock {
    ($app:expr, $($call:tt)*) => {
        match $app.panes.stock.part {
            stock::Part::Drift => $app.panes.stock.list.$($call)*,
            stock::Part::Lanes => $app.panes.stock.lanes.$($call)*,
        }
    };
}

impl App {
    pub(super) fn move_by(&mut self, by: isize) {
        if let Some(page) = self.nav.page_mut() {
            page.move_by(by);
            return;
        }
        match self.nav.pane {
            Pane::Live => self.panes.live.move_by(by),
            Pane::Exceptions => self.panes.exceptions.list.move_by(by),
            Pane::Orders => self.panes.orders.list.move_by(by),
            Pane::Mappings => self.panes.mappings.move_by(by),
            Pane::Stock => on_stock!(self, move_by(by)),
            Pane::Returns => self.panes.returns.list.move_by(by),
            Pane::Checks => self.panes.checks.move_by(by),
            Pane::Audit => self.panes.audit.list.move_by(by),
        }
    }

    pub(super) fn page_by(&mut self, direction: isize, rows: isize) {
        if let Some(page) = self.nav.page_mut() {
            let height = isize::from(i16::try_from(page.height.get().max(2) - 1).unwrap_or(10));
            page.move_by(direction * height);
            return;
        }
        match self.nav.pane {
            Pane::Live => self.panes.live.move_by(direction * rows),
            Pane::Exceptions => self.panes.exceptions.list.page_by(direction),
            Pane::Orders => self.panes.orders.list.page_by(direction),
            Pane::Mappings => match self.panes.mappings.part {
                mappings::Part::Mapped if self.panes.mappings.list.position() > 0 => {
                    self.panes.mappings.list.page_by(direction);
                }
                _ => self.panes.mappings.move_by(direction * rows),
            },
            Pane::Stock => on_stock!(self, page_by(direction)),
            Pane::Returns => self.panes.returns.list.page_by(direction),
            Pane::Checks => self.panes.checks.move_by(direction * rows),
            Pane::Audit => self.panes.audit.list.page_by(direction),
        }
    }

    pub(super) fn first(&mut self) {
        if let Some(page) = self.nav.page_mut() {
            page.line = 0;
            return;
        }
        match self.nav.pane {
            Pane::Live => self.panes.live.move_by(isize::MIN / 2),
            Pane::Exceptions => self.panes.exceptions.list.home(),
            Pane::Orders => self.panes.orders.list.home(),
            Pane::Mappings => {
                self.panes.mappings.list.home();
                self.panes.mappings.cursor = 0;
                if !self.panes.mappings.unmapped.is_empty() {
                    self.panes.mappings.part = mappings::Part::Unmapped;
                }
            }
            Pane::Stock => on_stock!(self, home()),
            Pane::Returns => self.panes.returns.list.home(),
            Pane::Checks => self.panes.checks.move_by(isize::MIN / 2),
            Pane::Audit => self.panes.audit.list.home(),
        }
    }

    pub(super) fn last(&mut self) {
        if let Some(page) = self.nav.page_mut() {
            page.move_by(isize::MAX / 2);
            return;
        }
        let now = self.now;
        match self.nav.pane {
            Pane::Live => self.panes.live.move_by(isize::MAX / 2),
            Pane::Exceptions => {
                let query = self
                    .panes
                    .exceptions
                    .list
                    .end(now)
                    .map(Question::Exceptions);
                let generation = self.ask_end(Slot::Exceptions, query);
                self.panes.exceptions.list.newest(generation);
            }
            Pane::Orders => {
                let query = self.panes.orders.list.end(now).map(Question::Orders);
                let generation = self.ask_end(Slot::Orders, query);
                self.panes.orders.list.newest(generation);
            }
            Pane::Mappings => {
                self.panes.mappings.part = mappings::Part::Mapped;
                let pair = self.panes.mappings.current_pair().cloned();
                let query = self.panes.mappings.list.end(now);
                let question = query
                    .zip(pair)
                    .map(|(query, pair)| Question::Mappings { pair, query });
                let generation = self.ask_end(Slot::Mappings, question);
                self.panes.mappings.list.newest(generation);
            }
            Pane::Stock if self.panes.stock.part == stock::Part::Lanes => {
                let query = self.panes.stock.lanes.end(now).map(Question::Lanes);
                let generation = self.ask_end(Slot::Lanes, query);
                self.panes.stock.lanes.newest(generation);
            }
            Pane::Stock => {
                let query = self.panes.stock.list.end(now).map(Question::Stock);
                let generation = self.ask_end(Slot::Stock, query);
                self.panes.stock.list.newest(generation);
            }
            Pane::Returns => {
                let query = self.panes.returns.list.end(now).map(Question::Returns);
                let generation = self.ask_end(Slot::Returns, query);
                self.panes.returns.list.newest(generation);
            }
            Pane::Checks => self.panes.checks.move_by(isize::MAX / 2),
            Pane::Audit => {
                let query = self.panes.audit.list.end(now).map(Question::Journal);
                let generation = self.ask_end(Slot::Audit, query);
                self.panes.audit.list.newest(generation);
            }
        }
    }

    fn ask_end(&mut self, slot: Slot, question: Option<Question>) -> Option<u64> {
        question.map(|question| self.ask(slot, question))
    }

    pub(super) fn turn(&mut self, by: isize) {
        if let Some(page) = self.nav.page_mut() {
            page.turn(by);
            return;
        }
        match self.nav.pane {
            Pane::Live => {
                let part: live::Part = self.panes.live.part;
                self.panes.live.part = part.turned(by);
            }
            Pane::Exceptions => {
                let person = self.options.operator.clone();
                self.panes.exceptions.turn_team(by, &person);
            }
            Pane::Mappings => {
                let pane = &mut self.panes.mappings;
                pane.part = match pane.part {
                    mappings::Part::Unmapped => mappings::Part::Mapped,
                    mappings::Part::Mapped => mappings::Part::Unmapped,
                };
            }
            Pane::Stock => self.panes.stock.part = self.panes.stock.part.turned(),
            Pane::Checks => self.panes.checks.turn(by),
            Pane::Orders | Pane::Returns | Pane::Audit => {}
        }
    }

    pub(super) fn sort(&mut self, is_reversal: bool) {
        macro_rules! on {
            ($list:expr) => {{
                if is_reversal {
                    $list.reverse();
                } else {
                    $list.next_sort();
                }
            }};
        }
        match self.nav.pane {
            Pane::Exceptions => on!(self.panes.exceptions.list),
            Pane::Orders => on!(self.panes.orders.list),
            Pane::Mappings => on!(self.panes.mappings.list),
            Pane::Stock if self.panes.stock.part == stock::Part::Lanes => {
                on!(self.panes.stock.lanes);
            }
            Pane::Stock => on!(self.panes.stock.list),
            Pane::Returns => on!(self.panes.returns.list),
            Pane::Audit | Pane::Live | Pane::Checks => {}
        }
    }

    /// The filter of the list on show, as typed.
    pub fn filter_text(&self) -> &str {
        match self.nav.pane {
            Pane::Live => &self.panes.live.filter_text,
            Pane::Checks => "",
            Pane::Exceptions => &self.panes.exceptions.list.filter_text,
            Pane::Orders => &self.panes.orders.list.filter_text,
            Pane::Mappings => &self.panes.mappings.list.filter_text,
            Pane::Stock => match self.panes.stock.part {
                stock::Part::Drift => &self.panes.stock.list.filter_text,
                stock::Part::Lanes => &self.panes.stock.lanes.filter_text,
            },
            Pane::Returns => &self.panes.returns.list.filter_text,
            Pane::Audit => &self.panes.audit.list.filter_text,
        }
    }

    /// The words the filter of the list on show knows.
    pub(super) fn filter_fields(&self) -> &'static [FieldSpec] {
        match self.nav.pane {
            Pane::Stock if self.panes.stock.part == stock::Part::Lanes => lists::STOCK_LANES,
            pane => super::layers::filter::fields(pane),
        }
    }

    pub(super) fn clear_filter(&mut self) {
        if self.nav.pane == Pane::Exceptions {
            self.panes.exceptions.team = None;
            self.panes.exceptions.is_mine = false;
        }
        self.set_filter("");
    }

    /// Gives the list on show a filter; text that is not one changes nothing.
    pub(super) fn set_filter(&mut self, text: &str) {
        let Ok(parsed) = filter::parse_with(text, self.filter_fields(), &self.named_filters())
        else {
            return;
        };
        let text = text.trim();
        if self.filter_text() == text && !text.is_empty() {
            return;
        }
        match self.nav.pane {
            Pane::Live => self.panes.live.set_filter(text, parsed),
            Pane::Checks => {}
            Pane::Exceptions => {
                let pane = &mut self.panes.exceptions;
                pane.list.filter_text = text.to_owned();
                pane.typed = parsed;
                pane.apply(&self.options.operator);
            }
            Pane::Orders => self.panes.orders.list.set_filter(text, parsed),
            Pane::Mappings => {
                self.panes.mappings.part = mappings::Part::Mapped;
                self.panes.mappings.list.set_filter(text, parsed);
            }
            Pane::Stock => on_stock!(self, set_filter(text, parsed)),
            Pane::Returns => self.panes.returns.list.set_filter(text, parsed),
            Pane::Audit => self.panes.audit.list.set_filter(text, parsed),
        }
    }
}

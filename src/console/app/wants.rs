//! Which questions are due: only for what is on the screen, never two of a kind at once.

use super::App;
use super::ask::Question;
use super::doc::Link;
use super::event::{Effect, Slot};
use super::list::Load;
use super::nav::{Page, Pane};
use super::panes::stock;
use crate::domain::filter::Filter;
use crate::report::Sight;

impl App {
    pub(super) fn ask(&mut self, slot: Slot, question: Question) -> u64 {
        let generation = self.next_generation();
        self.effects.push(Effect::Ask {
            slot,
            generation,
            question,
        });
        generation
    }

    /// Asks for whatever the screen needs now.
    pub(super) fn ask_what_is_wanted(&mut self) {
        if self.is_header_stale && self.header_load != Load::Loading {
            self.is_header_stale = false;
            self.header_load = Load::Loading;
            let person = self.options.operator.clone();
            self.header_generation = self.ask(Slot::Header, Question::Header { person });
        }
        if self.is_requests_stale && !self.requests.is_empty() {
            self.is_requests_stale = false;
            let ids = self.requests.clone();
            self.requests_generation = self.ask(Slot::Requests, Question::Requests(ids));
        }
        if self.nav.page().is_some() {
            self.ask_for_page();
        } else {
            self.ask_for_pane();
        }
        self.ask_for_beside();
    }

    fn ask_for_pane(&mut self) {
        let now = self.now;
        match self.nav.pane {
            Pane::Live => {
                let live = &mut self.panes.live;
                if live.is_stale && live.load != Load::Loading {
                    live.is_stale = false;
                    live.load = Load::Loading;
                    let question = Question::Live(self.panes.live.filter.clone());
                    self.panes.live.generation = self.ask(Slot::Live, question);
                }
            }
            Pane::Exceptions => {
                if let Some(query) = self.panes.exceptions.list.wanted(now) {
                    self.panes.exceptions.list.generation =
                        self.ask(Slot::Exceptions, Question::Exceptions(query));
                }
            }
            Pane::Orders => {
                if let Some(query) = self.panes.orders.list.wanted(now) {
                    self.panes.orders.list.generation =
                        self.ask(Slot::Orders, Question::Orders(query));
                }
            }
            Pane::Mappings => self.ask_for_mappings(),
            Pane::Stock if self.panes.stock.part == stock::Part::Lanes => {
                if let Some(query) = self.panes.stock.lanes.wanted(now) {
                    self.panes.stock.lanes.generation =
                        self.ask(Slot::Lanes, Question::Lanes(query));
                }
            }
            Pane::Stock => {
                if let Some(query) = self.panes.stock.list.wanted(now) {
                    self.panes.stock.list.generation =
                        self.ask(Slot::Stock, Question::Stock(query));
                }
            }
            Pane::Returns => {
                if let Some(query) = self.panes.returns.list.wanted(now) {
                    self.panes.returns.list.generation =
                        self.ask(Slot::Returns, Question::Returns(query));
                }
            }
            Pane::Checks => {
                let pane = &mut self.panes.checks;
                if pane.is_stale && pane.load != Load::Loading {
                    pane.is_stale = false;
                    pane.load = Load::Loading;
                    let (cadence, team) = (pane.cadence, pane.team);
                    let question = Question::Checks { cadence, team };
                    self.panes.checks.generation = self.ask(Slot::Checks, question);
                }
            }
            Pane::Audit => {
                if let Some(query) = self.panes.audit.list.wanted(now) {
                    self.panes.audit.list.generation =
                        self.ask(Slot::Audit, Question::Journal(query));
                }
            }
        }
    }

    fn ask_for_mappings(&mut self) {
        let now = self.now;
        let pane = &mut self.panes.mappings;
        let Some(pair) = pane.current_pair().cloned() else {
            return;
        };
        let is_due = pane.unmapped_load == Load::Never
            || (pane.is_unmapped_stale && pane.unmapped_load != Load::Loading);
        if is_due {
            pane.is_unmapped_stale = false;
            pane.unmapped_load = Load::Loading;
            let question = Question::Unmapped { pair: pair.clone() };
            self.panes.mappings.unmapped_generation = self.ask(Slot::Unmapped, question);
        }
        if let Some(query) = self.panes.mappings.list.wanted(now) {
            self.panes.mappings.list.generation =
                self.ask(Slot::Mappings, Question::Mappings { pair, query });
        }
    }

    fn ask_for_page(&mut self) {
        let now = self.now;
        let Some(page) = self.nav.page_mut() else {
            return;
        };
        if let Link::Journal(line) = &page.link {
            if page.load == Load::Never {
                let doc = super::sheets::records::journal(&line.0, now).naming(&self.header.places);
                let title = page.title.clone();
                page.show(title, doc);
            }
            return;
        }
        if let Link::Handbook(topic, line) = page.link {
            if page.load == Load::Never {
                let (doc, at) = super::sheets::handbook::page(topic, &self.keys, line);
                page.show(topic.title().to_owned(), doc);
                page.line = at;
            }
            return;
        }
        let is_due = page.load == Load::Never || (page.is_stale && page.load != Load::Loading);
        let (id, question) = (page.id, question_of(page));
        if is_due && let Some(question) = question {
            page.is_stale = false;
            page.load = Load::Loading;
            let generation = self.ask(Slot::Page(id), question);
            if let Some(page) = self.nav.page_mut() {
                page.generation = generation;
            }
        }
    }

    /// On a wide screen the row under the cursor is shown in full beside the list.
    fn ask_for_beside(&mut self) {
        let is_wanted = self.size.0 >= super::BESIDE_COLUMNS
            && self.nav.page().is_none()
            && matches!(
                self.nav.pane,
                Pane::Exceptions
                    | Pane::Orders
                    | Pane::Stock
                    | Pane::Returns
                    | Pane::Checks
                    | Pane::Audit
            );
        let link = if is_wanted { self.link_here() } else { None };
        let Some(link) = link else {
            self.beside = None;
            return;
        };
        let mut is_due = self
            .beside
            .as_ref()
            .is_some_and(|p| p.is_stale && p.load != Load::Loading);
        if self.beside.as_ref().is_none_or(|p| p.link != link) {
            self.beside = Some(Page::new(0, link.clone(), String::new()));
            is_due = true;
        }
        if let Link::Journal(line) = &link {
            let doc =
                super::sheets::records::journal(&line.0, self.now).naming(&self.header.places);
            if let Some(page) = &mut self.beside {
                page.show(String::new(), doc);
            }
            return;
        }
        if is_due && let Some(question) = question_for(&link) {
            let generation = self.ask(Slot::Beside, question);
            if let Some(page) = &mut self.beside {
                page.is_stale = false;
                page.load = Load::Loading;
                page.generation = generation;
            }
        }
    }
}

/// The question behind an open page. A stored call is read as far as it is looked into there.
fn question_of(page: &Page) -> Option<Question> {
    match (&page.link, &page.call) {
        (Link::Payload(id), Some(call)) => Some(Question::Payload {
            id: *id,
            sight: call.sight,
        }),
        (link, _) => question_for(link),
    }
}

/// The question behind a link; `None` when the page needs none.
fn question_for(link: &Link) -> Option<Question> {
    Some(match link {
        Link::Exception(id) => Question::Exception(*id),
        Link::Order(id) => Question::Order(*id),
        Link::Delivery(id) => Question::Delivery(*id),
        Link::Item { pair, item } => Question::Item {
            pair: pair.clone(),
            item: item.clone(),
        },
        Link::Flow { pair, flow } => Question::Flow {
            pair: pair.clone(),
            flow: *flow,
        },
        Link::Payload(id) => Question::Payload {
            id: *id,
            sight: Sight::Masked,
        },
        Link::Versions { pair } => Question::Versions { pair: pair.clone() },
        Link::Lane { pair, lane } => Question::Lane {
            pair: pair.clone(),
            lane: lane.clone(),
        },
        Link::Journal(_) | Link::Handbook(..) | Link::List { .. } => return None,
        Link::Check { check, team, first } => Question::Check {
            check,
            team: *team,
            first: *first,
        },
        Link::HandOvers(team) => Question::HandOvers(*team),
        Link::Slow => Question::Live(Filter::default()),
        Link::Bulks => Question::Bulks,
        Link::LateChanges => Question::LateChanges,
        Link::Bulk(id) => Question::Bulk(*id),
        Link::Return { pair, reference } => Question::Return {
            pair: pair.clone(),
            reference: reference.clone(),
        },
    })
}

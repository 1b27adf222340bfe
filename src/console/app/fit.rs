//! Whether an action is possible here and now, and if not, why. Read by keys, footer, help, palette alike.

mod checks;
mod returns;

use super::App;
use super::action::{Action, Context};
use super::nav::Pane;
use super::subject::{Subject, is_about_a_row, lane_of, wanted_mapping};
use crate::domain::catalogue::Kind;
use crate::domain::delivery::Flow;
use crate::domain::drift::ledger::may_correct;
use crate::domain::exception::ExceptionState;
use crate::domain::floor::is_physical;
use crate::domain::movements::{Standing, Way, may};
use crate::domain::returns::may_expect;

/// Whether an action fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
    Yes,
    /// It means something here, but not now: why.
    No(String),
    /// It means nothing here: what it would need.
    Elsewhere(String),
}

impl Fit {
    /// Why not, when it is not possible.
    pub fn refusal(self) -> Option<String> {
        match self {
            Self::Yes => None,
            Self::No(why) | Self::Elsewhere(why) => Some(why),
        }
    }
}

fn no(why: impl Into<String>) -> Fit {
    Fit::No(why.into())
}

impl App {
    /// Whether an action is possible now.
    pub fn fit(&self, action: Action) -> Fit {
        let context = action.info().context;
        if !self.contexts().contains(&context) {
            return Fit::Elsewhere(format!("needs {}", needs(context)));
        }
        if action.is_writing() && self.options.is_read_only {
            return no("this session is read-only");
        }
        match context {
            Context::Exception => self.fit_exception(action),
            Context::Order | Context::Delivery => self.fit_order(action),
            Context::Mapping | Context::Version => self.fit_mapping(action),
            Context::Stock => self.fit_stock(action),
            Context::Flow => self.fit_flow(action),
            Context::Lane => self.fit_lane(action),
            Context::List => self.fit_list(action),
            Context::Page => self.fit_page(),
            Context::Return => self.fit_return(action),
            Context::Site => self.fit_site(),
            Context::Refund => self.fit_refund(),
            Context::Check => self.fit_check(action),
            Context::Call => self.fit_call(action),
            Context::Global | Context::Audit | Context::Bulk => self.fit_global(action),
        }
    }

    fn fit_exception(&self, action: Action) -> Fit {
        let subjects = self.subjects();
        let Some(rows) = subjects.iter().find_map(|s| match s {
            Subject::Exceptions(rows) => Some(rows),
            _ => None,
        }) else {
            return no("no exception is under the cursor");
        };
        let Some(first) = rows.first() else {
            return no("no exception is under the cursor");
        };
        if rows.iter().all(|r| !r.state.is_open()) && action != Action::NoteIt {
            return no(format!("it is {} already", first.state));
        }
        match action {
            Action::Acknowledge
                if rows.iter().all(|r| {
                    matches!(
                        r.state,
                        ExceptionState::Acknowledged | ExceptionState::Working
                    )
                }) =>
            {
                no(match &first.person {
                    Some(person) => format!("{person} has it already"),
                    None => "it is taken already".to_owned(),
                })
            }
            Action::Work if rows.iter().all(|r| r.state == ExceptionState::Working) => {
                no("it is being worked on already")
            }
            Action::MarkFixed if rows.iter().all(|r| r.state == ExceptionState::FixedPending) => {
                no("both systems are being read already")
            }
            Action::Dismiss => match rows.iter().find(|r| !r.kind.entry().is_dismissable) {
                Some(row) => no(format!("{} must be settled, not dismissed", row.kind)),
                None => Fit::Yes,
            },
            Action::FloorSaid if rows.len() > 1 => {
                no("records one answer at a time; unmark the others")
            }
            Action::FloorSaid if !is_physical(first.kind) && first.kind != Kind::StkCountAsked => {
                Fit::Elsewhere("it is not about goods on the floor".to_owned())
            }
            Action::Classify if rows.len() > 1 => {
                no("classifies one error at a time; unmark the others")
            }
            Action::Classify if first.known_as.is_some() && self.nav.page().is_none() => {
                no("it has a name already; open it to change what it says")
            }
            Action::MapValue if rows.len() > 1 => no("maps one value at a time; unmark the others"),
            Action::OpenLane if rows.len() > 1 || lane_of(first).is_none() => {
                Fit::Elsewhere("it is not about a lane of stock movements".to_owned())
            }
            Action::MapValue if is_about_a_row(first) => {
                match self.nav.page().map(|p| p.mapping.is_some()) {
                    Some(true) => Fit::Yes,
                    None => no("open it first; its page knows the mapping"),
                    Some(false) => {
                        no("no one rule maps the value; see its rows among the mappings")
                    }
                }
            }
            Action::MapValue if wanted_mapping(first).is_none() => {
                no(format!("{} does not come from a mapping", first.kind))
            }
            _ => Fit::Yes,
        }
    }

    fn fit_order(&self, action: Action) -> Fit {
        for subject in self.subjects() {
            match (subject, action) {
                (Subject::Order(row), Action::Hold) => {
                    return if row.held_reason.is_some() {
                        no("it is held already")
                    } else if !row.state.is_before_warehouse() {
                        no("it is in the warehouse already")
                    } else {
                        Fit::Yes
                    };
                }
                (Subject::Order(row), Action::Release) => {
                    return if row.held_reason.is_none() {
                        no("nobody holds it")
                    } else {
                        Fit::Yes
                    };
                }
                (Subject::Orders(rows), Action::Hold) => {
                    let is_any = rows
                        .iter()
                        .any(|r| r.held_reason.is_none() && r.state.is_before_warehouse());
                    return if is_any {
                        Fit::Yes
                    } else {
                        no("they are held or in the warehouse already")
                    };
                }
                (Subject::Orders(rows), Action::Release) => {
                    return if rows.iter().any(|r| r.held_reason.is_some()) {
                        Fit::Yes
                    } else {
                        no("nobody holds any of them")
                    };
                }
                (Subject::Orders(_), Action::Resync) => return Fit::Yes,
                (Subject::Orders(_), _) => {
                    return no("is for one order at a time; unmark the others");
                }
                (Subject::Order(_), Action::EditOrder) => return self.fit_edit(),
                (Subject::Order(row), Action::ExpectReturn) => {
                    return may_expect(&row).map_or_else(no, |()| Fit::Yes);
                }
                (
                    Subject::Delivery {
                        state: Some(state), ..
                    },
                    Action::RetryDelivery | Action::CancelDelivery,
                ) if state.is_final() => return no(format!("it ended: {state}")),
                _ => {}
            }
        }
        Fit::Yes
    }

    fn fit_mapping(&self, action: Action) -> Fit {
        let subjects = self.subjects();
        let has_row = subjects
            .iter()
            .any(|s| matches!(s, Subject::Mapping(_) | Subject::Unmapped { .. }));
        match action {
            Action::EditMapping if !has_row => no("nothing is under the cursor"),
            Action::RemoveMapping if !subjects.iter().any(|s| matches!(s, Subject::Mapping(_))) => {
                no("it is not mapped yet")
            }
            Action::Staged
                if self
                    .panes
                    .mappings
                    .current_pair()
                    .is_none_or(|pair| self.aside.of(pair).is_empty()) =>
            {
                no("nothing is put aside; s on the preview of a change does that")
            }
            Action::NextPair if self.panes.mappings.pairs.len() < 2 => no("there is only one pair"),
            Action::RollBack
                if subjects.iter().any(|s| {
                    matches!(
                        s,
                        Subject::Version {
                            is_newest: true,
                            ..
                        }
                    )
                }) =>
            {
                no("this is how the mappings stand now")
            }
            _ => Fit::Yes,
        }
    }

    fn fit_stock(&self, action: Action) -> Fit {
        let Some(row) = self.subjects().into_iter().find_map(|s| match s {
            Subject::Stock(row) => Some(row),
            _ => None,
        }) else {
            return no("no item is under the cursor");
        };
        match (action, &row.paused_reason) {
            (Action::PushStock | Action::ResumeStock, _) if row.ledger.is_some() => Fit::Elsewhere(
                "its source keeps its own ledger: Correct posts what is missing".to_owned(),
            ),
            (Action::Withhold, _) if row.ledger.is_some() => Fit::Elsewhere(
                "nothing is published to a source that keeps its own ledger, so nothing is withheld"
                    .to_owned(),
            ),
            (Action::AskCount | Action::Withhold, _) => Fit::Yes,
            (Action::CorrectStock, _) if row.ledger.is_none() => Fit::Elsewhere(format!(
                "the figure of {} is published, not corrected: push it",
                row.item
            )),
            (Action::CorrectStock, _) => may_correct(&row).map_or_else(no, |()| Fit::Yes),
            (Action::PushStock, Some(reason)) => no(format!("publishing is stopped: {reason}")),
            (Action::ResumeStock, None) => no("publishing is not stopped"),
            _ => Fit::Yes,
        }
    }

    fn fit_lane(&self, action: Action) -> Fit {
        let Some(row) = self.lane() else {
            return no("no lane is under the cursor");
        };
        let way = match action {
            Action::RetryHead => Way::Retry,
            Action::SkipHead => Way::Skip,
            Action::CountLane => Way::Replace,
            Action::MapWord if row.standing == Standing::Unmapped => return Fit::Yes,
            _ => return Fit::Elsewhere("what stands at its head needs no mapping".to_owned()),
        };
        may(&row.key, row.standing, row.head(), way)
            .map_or_else(|why| no(self.header.places.say(why)), |()| Fit::Yes)
    }

    fn fit_site(&self) -> Fit {
        let found = self.subjects().into_iter().find_map(|s| match s {
            Subject::Site(found) => Some(found),
            _ => None,
        });
        match found.flatten() {
            None => no("put the cursor on one of its orders: a site is chosen for one at a time"),
            Some(question) => match question.refused {
                Some(why) => no(format!("order {}: {why}", question.number)),
                None => Fit::Yes,
            },
        }
    }

    fn fit_edit(&self) -> Fit {
        match self.nav.page().and_then(|page| page.edit.as_ref()) {
            None => no("open the order first; its page knows the address"),
            Some(question) => match &question.refused {
                Some(why) => no(why.clone()),
                None => Fit::Yes,
            },
        }
    }

    fn fit_call(&self, action: Action) -> Fit {
        let call = self.nav.page().and_then(|page| page.call.as_ref());
        match call.map(|call| call.sheet.good.is_some()) {
            Some(_) if action == Action::LookInto => Fit::Yes,
            Some(true) => Fit::Yes,
            Some(false) => no("no call of this kind that went well is kept"),
            None => no("it is still being read"),
        }
    }

    fn fit_flow(&self, action: Action) -> Fit {
        let found = self.subjects().into_iter().find_map(|s| match s {
            Subject::Flow {
                flow, is_paused, ..
            } => Some((flow, is_paused)),
            _ => None,
        });
        match (action, found) {
            (_, None) => no("no flow is under the cursor"),
            (Action::PauseFlow, Some((_, true))) => no("it is paused already"),
            (Action::ResumeFlow, Some((_, false))) => no("it is not paused"),
            (Action::RunFlow, Some((_, true))) => no("it is paused; resume it first"),
            (Action::RunFlow, Some((flow, _))) if !Flow::SCHEDULED.contains(&flow) => {
                no("it runs when an order asks for it, not by schedule")
            }
            _ => Fit::Yes,
        }
    }

    fn fit_list(&self, action: Action) -> Fit {
        match action {
            Action::Filter | Action::ClearFilter if self.nav.pane == Pane::Live => {
                if action == Action::ClearFilter && self.filter_text().is_empty() {
                    no("every event is shown")
                } else {
                    Fit::Yes
                }
            }
            _ if self.nav.pane == Pane::Live => {
                Fit::Elsewhere("of Live only the events have a filter".to_owned())
            }
            Action::Mine if self.nav.pane != Pane::Exceptions => {
                Fit::Elsewhere("only exceptions have owners".to_owned())
            }
            Action::Mark | Action::MarkRange | Action::MarkAll | Action::Unmark
                if !matches!(self.nav.pane, Pane::Exceptions | Pane::Orders) =>
            {
                Fit::Elsewhere("bulk actions are for exceptions and orders".to_owned())
            }
            Action::Views | Action::RemoveView if self.views_here().is_empty() => {
                no("no view of this list is saved yet")
            }
            Action::Unmark if self.marked_here() == 0 => no("nothing is marked"),
            Action::MarkRange | Action::MarkAll if self.rows_listed() == 0 => {
                no("the list is empty")
            }
            Action::ClearFilter if self.filter_text().is_empty() && !self.is_narrowed() => {
                no("the list is not filtered")
            }
            Action::Sort | Action::Reverse if self.nav.pane == Pane::Audit => {
                Fit::Elsewhere("the journal is in order of time".to_owned())
            }
            _ => Fit::Yes,
        }
    }

    fn fit_global(&self, action: Action) -> Fit {
        match action {
            Action::Open if self.link_here().is_none() && !self.opens_editor() => {
                no("nothing to open here")
            }
            Action::Back if self.nav.page().is_none() => no("this is the top"),
            Action::NextPart | Action::PreviousPart if !self.has_parts() => {
                no("there is only one part here")
            }
            Action::Suspend if !self.options.is_suspendable => {
                no("there is no shell to go back to")
            }
            Action::Copy if self.copy_text().is_none() => no("nothing to copy here"),
            Action::ExportList => self.no_export().map_or(Fit::Yes, no),
            _ => match action.pane() {
                Some(pane) if pane == self.nav.pane && self.nav.page().is_none() => {
                    no("you are here")
                }
                _ => Fit::Yes,
            },
        }
    }

    /// Whether Enter opens the mapping editor here.
    pub fn opens_editor(&self) -> bool {
        self.nav.page().is_none()
            && self
                .subjects()
                .iter()
                .any(|s| matches!(s, Subject::Mapping(_) | Subject::Unmapped { .. }))
    }

    /// Whether Tab goes anywhere here.
    pub fn has_parts(&self) -> bool {
        match self.nav.page() {
            Some(page) => page.doc.tabs.len() > 1,
            None => matches!(
                self.nav.pane,
                Pane::Live | Pane::Exceptions | Pane::Mappings | Pane::Stock | Pane::Checks
            ),
        }
    }

    fn fit_page(&self) -> Fit {
        match self.nav.page() {
            Some(page) if !page.doc.tabs.is_empty() => Fit::Yes,
            _ => no("the page is not read yet"),
        }
    }

    /// Whether the exception list is narrowed by team or owner.
    pub fn is_narrowed(&self) -> bool {
        self.nav.pane == Pane::Exceptions
            && (self.panes.exceptions.team.is_some() || self.panes.exceptions.is_mine)
    }
}

const fn needs(context: Context) -> &'static str {
    match context {
        Context::Global => "nothing",
        Context::List => "a list",
        Context::Exception => "an exception",
        Context::Order => "an order",
        Context::Delivery => "a delivery",
        Context::Mapping => "the Mappings pane",
        Context::Version => "a version of the mappings",
        Context::Stock => "a stock position",
        Context::Flow => "a flow of the Live pane",
        Context::Page => "a page",
        Context::Audit => "the Audit pane",
        Context::Return => "a return",
        Context::Lane => "a lane of stock movements",
        Context::Site => "the page of an order, or of an exception about sites",
        Context::Refund => "an order of which money went back",
        Context::Check => "the Checks pane",
        Context::Call => "the page of a stored call",
        Context::Bulk => "the page of a bulk act that is under way",
    }
}

//! What an action would act on: the object under the cursor or on the page.

use super::App;
use super::action::Context;
use super::ask::{Refunds, Seen};
use super::doc::{JournalLine, Link};
use super::nav::{Page, Pane};
use super::panes::checks::Row as SheetRow;
use super::panes::{live, mappings, stock};
use crate::desk::{CheckLine, GatedReturn, SiteQuestion};
use crate::domain::catalogue::Kind;
use crate::domain::delivery::{DeliveryState, Flow};
use crate::domain::exception::ExceptionRow;
use crate::domain::ids::{BulkId, DeliveryId, OrderId, PairId, PayloadId};
use crate::domain::mapping::Mapping;
use crate::domain::movements::LaneKey;
use crate::domain::order::OrderRow;
use crate::domain::stock::StockPosition;
use crate::domain::wanted::{self, Wanted};
use crate::store::LaneRow;
use crate::store::read::{MappingVersion, Unmapped};
use std::sync::Arc;

/// An object that actions know.
#[derive(Debug, Clone)]
pub enum Subject {
    /// Shared: thousands may be marked, and every question whether an action fits asks for them.
    Exceptions(Arc<[ExceptionRow]>),
    Order(Box<OrderRow>),
    /// Several that are marked.
    Orders(Arc<[OrderRow]>),
    /// `state` is known on its own page, not behind a link.
    Delivery {
        id: DeliveryId,
        order: Option<OrderId>,
        state: Option<DeliveryState>,
        title: String,
    },
    Mapping(Box<Mapping>),
    Unmapped {
        pair: PairId,
        row: Unmapped,
    },
    /// The mappings pane without a row.
    MappingsOf(PairId),
    Version {
        pair: PairId,
        row: MappingVersion,
        is_newest: bool,
    },
    Stock(Box<StockPosition>),
    Flow {
        pair: PairId,
        flow: Flow,
        is_paused: bool,
    },
    Audit,
    Return(Box<GatedReturn>),
    Lane(Box<LaneRow>),
    /// The site of one order; `None` where several are meant and the cursor is on none of them.
    Site(Option<Box<SiteQuestion>>),
    Refunds(Box<Refunds>),
    /// The sheet of checks, and the check under the cursor.
    Check(Option<Box<CheckLine>>),
    /// A stored call.
    Call(PayloadId),
    /// An act on many cases that is under way.
    Bulk(BulkId),
}

impl Subject {
    /// The keys that mean something on it.
    pub const fn context(&self) -> Context {
        match self {
            Self::Exceptions(_) => Context::Exception,
            Self::Order(_) | Self::Orders(_) => Context::Order,
            Self::Delivery { .. } => Context::Delivery,
            Self::Mapping(_) | Self::Unmapped { .. } | Self::MappingsOf(_) => Context::Mapping,
            Self::Version { .. } => Context::Version,
            Self::Stock(_) => Context::Stock,
            Self::Flow { .. } => Context::Flow,
            Self::Audit => Context::Audit,
            Self::Return(_) => Context::Return,
            Self::Lane(_) => Context::Lane,
            Self::Site(_) => Context::Site,
            Self::Refunds(_) => Context::Refund,
            Self::Check(_) => Context::Check,
            Self::Call(_) => Context::Call,
            Self::Bulk(_) => Context::Bulk,
        }
    }

    /// In a few words, for questions.
    pub fn name(&self) -> String {
        match self {
            Self::Exceptions(rows) => match &**rows {
                [one] => super::sheets::exception::title(one),
                many => format!("{} exceptions", many.len()),
            },
            Self::Order(row) => format!("order {}", row.number),
            Self::Orders(rows) => format!("{} orders", rows.len()),
            Self::Delivery { title, .. } => title.clone(),
            Self::Mapping(row) => format!("{} {}", row.kind, row.from),
            Self::Unmapped { row, .. } => format!("{} {}", row.wanted.kind, row.wanted.label()),
            Self::MappingsOf(pair) => format!("mappings of {pair}"),
            Self::Version { pair, row, .. } => format!("version {} of {pair}", row.version),
            Self::Stock(row) => format!("{} at {}", row.item, row.location),
            Self::Flow { pair, flow, .. } => format!("{flow} of {pair}"),
            Self::Audit => "the journal".to_owned(),
            Self::Return(row) => format!("return {}", row.held.row.reference),
            Self::Lane(row) => format!("lane {}", row.key),
            Self::Site(Some(question)) => format!("site of order {}", question.number),
            Self::Site(None) => "site of an order".to_owned(),
            Self::Refunds(refunds) => format!("refunds of order {}", refunds.number),
            Self::Check(Some(line)) => super::sheets::checks::title(line),
            Self::Check(None) => "the sheet".to_owned(),
            Self::Call(id) => format!("call {id}"),
            Self::Bulk(id) => format!("bulk act {id}"),
        }
    }
}

/// Exceptions as an act names them.
pub fn seen(rows: &[ExceptionRow]) -> Vec<Seen> {
    rows.iter()
        .map(|row| Seen {
            id: row.id,
            version: row.version,
        })
        .collect()
}

/// The mapping an exception asks for: its kind and the value that is not known.
pub fn wanted_mapping(row: &ExceptionRow) -> Option<Wanted> {
    wanted::of_case(row.kind, &row.discriminator)
}

/// Whether it is about a row that stands already: one that is broken, or one that does not say that its parcels have no
/// label. Only the case's page knows the row.
pub fn is_about_a_row(row: &ExceptionRow) -> bool {
    unlabelled_service(row).is_some() || wanted::broken_row(&row.discriminator).is_some()
}

/// The service whose parcels have no label.
pub fn unlabelled_service(row: &ExceptionRow) -> Option<&str> {
    let is_it = row.kind == Kind::DspTrackingMissing;
    row.discriminator.strip_prefix("SERVICE=").filter(|_| is_it)
}

/// The lane an exception is about.
pub fn lane_of(row: &ExceptionRow) -> Option<Link> {
    Some(Link::Lane {
        pair: row.pair.clone(),
        lane: LaneKey::of_discriminator(&row.discriminator)?,
    })
}

/// The order whose site can be chosen here: the one under the cursor, or the only one.
fn site_here(page: &Page) -> Option<Subject> {
    let under = match page.target() {
        Some(Link::Order(id)) => page.sites.iter().find(|q| q.order == *id),
        _ => None,
    };
    let found = match page.sites.as_slice() {
        [] => return None,
        [only] => Some(only),
        _ => under,
    };
    Some(Subject::Site(found.map(|q| Box::new(q.clone()))))
}

impl App {
    /// On the page of parcels without a label: the mapping of their service, with the word that says it has none.
    pub fn untracked_row(&self) -> Option<Mapping> {
        let mut row = self.nav.page()?.mapping.clone()?;
        row.attributes.insert("tracked".to_owned(), "no".to_owned());
        Some(row)
    }

    /// What is under the cursor, the page's own object first.
    pub fn subjects(&self) -> Vec<Subject> {
        let mut found = Vec::new();
        if let Some(page) = self.nav.page() {
            // What an exception is about comes before the exception: the next step stands first.
            found.extend(page.about.iter().cloned());
            // On an order's own page its site comes last: it is seldom what it is opened for.
            if matches!(page.subject, Some(Subject::Order(_))) {
                found.extend(page.subject.clone());
                found.extend(site_here(page));
            } else {
                found.extend(site_here(page));
                found.extend(page.subject.clone());
            }
            match page.target() {
                Some(Link::Delivery(id)) => found.push(Subject::Delivery {
                    id: *id,
                    order: None,
                    state: None,
                    title: format!("delivery {id}"),
                }),
                Some(Link::Flow { pair, flow }) => found.extend(self.flow_subject(pair, *flow)),
                _ => {}
            }
            if let Some((pair, rows)) = &page.versions
                && let Some((at, row)) = super::sheets::records::version_at(rows, page.line)
                    .and_then(|v| rows.iter().enumerate().find(|(_, r)| r.version == v))
            {
                found.push(Subject::Version {
                    pair: pair.clone(),
                    row: row.clone(),
                    is_newest: at == 0,
                });
            }
            return found;
        }
        found.extend(self.pane_subject());
        if let Some(Subject::Return(row)) = found.first() {
            let held = &row.held.row;
            let refunds = Refunds::of(held.order, &held.order_number, &row.asked);
            if refunds.is_any {
                found.push(Subject::Refunds(Box::new(refunds)));
            }
        }
        found
    }

    fn pane_subject(&self) -> Option<Subject> {
        match self.nav.pane {
            Pane::Live => {
                let flow = (self.panes.live.part == live::Part::Flows)
                    .then(|| self.panes.live.current_flow())??;
                self.flow_subject(&flow.pair, flow.flow)
            }
            Pane::Exceptions => {
                let rows = self.panes.exceptions.list.chosen();
                (!rows.is_empty()).then_some(Subject::Exceptions(rows))
            }
            Pane::Orders => {
                let rows = self.panes.orders.list.chosen();
                match &*rows {
                    [] => None,
                    [one] => Some(Subject::Order(Box::new(one.clone()))),
                    _ => Some(Subject::Orders(rows)),
                }
            }
            Pane::Mappings => {
                let pane = &self.panes.mappings;
                let pair = pane.current_pair()?.clone();
                Some(match pane.part {
                    mappings::Part::Unmapped => match pane.current_unmapped() {
                        Some(row) => Subject::Unmapped {
                            pair,
                            row: row.clone(),
                        },
                        None => Subject::MappingsOf(pair),
                    },
                    mappings::Part::Mapped => match pane.current_mapping() {
                        Some(row) => Subject::Mapping(Box::new(row.clone())),
                        None => Subject::MappingsOf(pair),
                    },
                })
            }
            Pane::Stock if self.panes.stock.part == stock::Part::Lanes => {
                let row = self.panes.stock.lanes.current()?.clone();
                Some(Subject::Lane(Box::new(row)))
            }
            Pane::Stock => {
                let row = self.panes.stock.list.current()?.clone();
                Some(Subject::Stock(Box::new(row)))
            }
            Pane::Returns => {
                let row = self.panes.returns.list.current()?.clone();
                Some(Subject::Return(Box::new(row)))
            }
            Pane::Checks => {
                let line = self.panes.checks.current_check().cloned();
                Some(Subject::Check(line.map(Box::new)))
            }
            Pane::Audit => Some(Subject::Audit),
        }
    }

    fn flow_subject(&self, pair: &PairId, flow: Flow) -> Option<Subject> {
        let live = self
            .panes
            .live
            .data
            .flows
            .iter()
            .find(|f| f.pair == *pair && f.flow == flow)?;
        Some(Subject::Flow {
            pair: pair.clone(),
            flow,
            is_paused: live.paused.is_some(),
        })
    }

    /// Contexts of keys here, the nearest first.
    pub fn contexts(&self) -> Vec<Context> {
        let mut contexts: Vec<Context> = self.subjects().iter().map(Subject::context).collect();
        if self.nav.page().is_some() {
            contexts.push(Context::Page);
        } else if self.nav.pane != Pane::Checks {
            contexts.push(Context::List);
        }
        contexts.push(Context::Global);
        contexts
    }

    /// What the cursor is on, as something to open.
    pub fn link_here(&self) -> Option<Link> {
        if let Some(page) = self.nav.page() {
            return page.target().cloned();
        }
        match self.nav.pane {
            Pane::Live => match self.panes.live.part {
                live::Part::Flows => {
                    let flow = self.panes.live.current_flow()?;
                    Some(Link::Flow {
                        pair: flow.pair.clone(),
                        flow: flow.flow,
                    })
                }
                live::Part::Systems => None,
                live::Part::Tail => {
                    let row = self.panes.live.current_event()?;
                    Some(Link::Journal(JournalLine(Box::new(row.clone()))))
                }
            },
            Pane::Exceptions => Some(Link::Exception(self.panes.exceptions.list.current()?.id)),
            Pane::Orders => Some(Link::Order(self.panes.orders.list.current()?.id)),
            Pane::Mappings => None,
            Pane::Stock if self.panes.stock.part == stock::Part::Lanes => {
                let row = self.panes.stock.lanes.current()?;
                Some(Link::Lane {
                    pair: row.pair.clone(),
                    lane: row.key.clone(),
                })
            }
            Pane::Stock => {
                let row = self.panes.stock.list.current()?;
                Some(Link::Item {
                    pair: row.pair.clone(),
                    item: row.item.clone(),
                })
            }
            Pane::Returns => {
                let row = &self.panes.returns.list.current()?.held.row;
                Some(Link::Return {
                    pair: row.pair.clone(),
                    reference: row.reference.clone(),
                })
            }
            Pane::Checks => match self.panes.checks.current()? {
                SheetRow::Note(note) => Some(Link::HandOvers(note.team)),
                SheetRow::Check(line) => Some(Link::Check {
                    check: line.check,
                    team: line.team,
                    first: line.periods.first()?.first,
                }),
            },
            Pane::Audit => {
                let row = self.panes.audit.list.current()?;
                Some(Link::Journal(JournalLine(Box::new(row.clone()))))
            }
        }
    }
}

//! Layers over the panes: the topmost gets every key first. A layer never changes the rest by itself: it hands back
//! what it wants done.

pub mod check_form;
pub mod columns;
pub mod confirm;
pub mod export;
pub mod filter;
pub mod find;
pub mod form;
pub mod handbook;
pub mod help;
pub mod lane_form;
pub mod mapping;
pub mod messages;
pub mod palette;
pub mod picker;
pub mod staged;

use super::action::Action;
use super::ask::{Act, Question};
use super::doc::Link;
use super::event::Slot;
use super::export::ExportJob;
use super::key::Key;
use super::nav::Pane;
use crate::domain::columns::Layout;
use crate::domain::exception::Team;
use crate::domain::ids::PairId;
use crate::domain::mapping::MappingEdit;
use crate::domain::time::{Span, Ts};
use crate::domain::views::{ListName, View};
use crate::handbook::Topic;

/// Layers open at once.
pub const LAYERS_MAX: usize = 4;

/// How long a question must have been on the screen before a key can answer it: what was typed before it came does
/// not count.
pub const ARMING: Span = Span::ms(250);

/// A layer.
#[derive(Debug, Clone)]
pub enum Layer {
    Filter(filter::FilterLine),
    Find(find::FindLine),
    Confirm(confirm::Confirm),
    Form(form::Form),
    Mapping(Box<mapping::MappingEditor>),
    Help(help::Help),
    Handbook(handbook::Finder),
    Palette(palette::Palette),
    Messages(messages::Messages),
    Staged(staged::Staged),
    Columns(columns::ColumnsSheet),
    Export(Box<export::ExportSheet>),
}

/// Somewhere to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Pane(Pane),
    /// A pane's list, filtered.
    Filtered {
        pane: Pane,
        filter: String,
    },
    /// A team's exceptions.
    Team(Team),
    /// A list as it was saved.
    View(View),
}

/// What a layer wants done.
#[derive(Debug, Clone)]
pub enum Out {
    Close,
    Act(Act),
    Ask(Slot, Question),
    Perform(Action),
    Go(Place),
    /// A page is opened under this title.
    Open(Link, String),
    /// The list on show gets this filter (type-ahead); the text parses.
    Filter(String),
    /// The page on show goes to a line with these words; the search began there.
    Find(String, super::find::Spot, find::Step),
    /// Mapping changes are put aside, to be applied with others.
    Stage(PairId, Vec<MappingEdit>),
    /// One of them is given up.
    Unstage(PairId, MappingEdit),
    /// Those of the pair are applied by this act.
    ApplyStaged(PairId, Act),
    /// A text of the handbook is opened at a line.
    Read(Topic, usize),
    /// The columns of a list stand so, for now.
    Columns(ListName, Layout),
    /// They are kept so.
    KeepColumns(ListName, Layout),
    /// A list gets this order; `true` falls.
    SortBy(ListName, &'static str, bool),
    /// A file is written.
    Export(ExportJob),
    StopExport,
    Quit,
}

/// Says when a question may be answered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Guard {
    ready_at: Option<Ts>,
}

impl Guard {
    /// The question was shown.
    pub fn painted(&mut self, now: Ts) {
        if self.ready_at.is_none() {
            self.ready_at = Some(now + ARMING);
        }
    }

    /// Whether a key pressed now was pressed after reading it.
    pub fn is_ready(self, now: Ts) -> bool {
        self.ready_at.is_some_and(|at| now >= at)
    }
}

impl Layer {
    /// Takes a key.
    pub fn key(&mut self, key: Key, now: Ts) -> Vec<Out> {
        match self {
            Self::Filter(layer) => layer.key(key),
            Self::Find(layer) => layer.key(key),
            Self::Confirm(layer) => layer.key(key, now),
            Self::Form(layer) => layer.key(key, now),
            Self::Mapping(layer) => layer.key(key, now),
            Self::Help(layer) => layer.key(key),
            Self::Handbook(layer) => layer.key(key),
            Self::Palette(layer) => layer.key(key),
            Self::Messages(layer) => layer.key(key),
            Self::Staged(layer) => layer.key(key, now),
            Self::Columns(layer) => layer.key(key),
            Self::Export(layer) => layer.key(key),
        }
    }

    /// Takes pasted text: it goes into a field or nowhere.
    pub fn paste(&mut self, text: &str) -> Vec<Out> {
        match self {
            Self::Filter(layer) => return layer.paste(text),
            Self::Find(layer) => return layer.paste(text),
            Self::Form(layer) => return layer.paste(text),
            Self::Confirm(layer) => layer.paste(text),
            Self::Mapping(layer) => layer.paste(text),
            Self::Help(layer) => layer.paste(text),
            Self::Handbook(layer) => layer.paste(text),
            Self::Palette(layer) => return layer.paste(text),
            Self::Staged(layer) => layer.paste(text),
            Self::Messages(_) | Self::Columns(_) | Self::Export(_) => {}
        }
        Vec::new()
    }

    /// The layer was shown.
    pub fn painted(&mut self, now: Ts) {
        match self {
            Self::Confirm(layer) => layer.guard.painted(now),
            Self::Form(layer) => layer.guard.painted(now),
            Self::Mapping(layer) => layer.painted(now),
            Self::Staged(layer) => layer.painted(now),
            Self::Filter(_)
            | Self::Find(_)
            | Self::Help(_)
            | Self::Handbook(_)
            | Self::Palette(_)
            | Self::Messages(_)
            | Self::Columns(_)
            | Self::Export(_) => {}
        }
    }

    /// Whether closing it would lose something typed.
    pub fn is_unsaved(&self) -> bool {
        match self {
            Self::Form(layer) => layer.is_changed(),
            Self::Mapping(layer) => layer.is_changed(),
            _ => false,
        }
    }
}

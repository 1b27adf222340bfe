//! Live: flows of every pair, systems, the tail of events. Tab goes from part to part.

use super::super::ask;
use super::super::list::Load;
use crate::domain::filter::Filter;
use crate::store::read::{FlowLive, JournalRow, SystemRow};

/// A part of the pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    #[default]
    Flows,
    Systems,
    Tail,
}

impl Part {
    /// The part `by` further on.
    pub const fn turned(self, by: isize) -> Self {
        match (self, by > 0) {
            (Self::Flows, true) | (Self::Tail, false) => Self::Systems,
            (Self::Systems, true) | (Self::Flows, false) => Self::Tail,
            (Self::Tail, true) | (Self::Systems, false) => Self::Flows,
        }
    }
}

/// The pane's state.
#[derive(Debug, Clone)]
pub struct Live {
    pub data: ask::Live,
    pub load: Load,
    pub generation: u64,
    pub is_stale: bool,
    pub part: Part,
    /// Cursor in each part.
    pub flow: usize,
    pub system: usize,
    pub event: usize,
    /// Which events are shown, as typed and as read.
    pub filter_text: String,
    pub filter: Filter,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            data: ask::Live::default(),
            load: Load::Never,
            generation: 0,
            is_stale: true,
            part: Part::Flows,
            flow: 0,
            system: 0,
            event: 0,
            filter_text: String::new(),
            filter: Filter::default(),
        }
    }
}

impl Live {
    /// New figures; cursors stay on their flow.
    pub fn take(&mut self, data: ask::Live) {
        let at = self.current_flow().map(|f| (f.pair.clone(), f.flow));
        self.data = data;
        if let Some((pair, flow)) = at
            && let Some(found) = self
                .data
                .flows
                .iter()
                .position(|f| f.pair == pair && f.flow == flow)
        {
            self.flow = found;
        }
        self.load = Load::Ready;
        self.move_by(0);
    }

    /// Shows the events that match; an answer to an older question no longer counts.
    pub fn set_filter(&mut self, text: &str, filter: Filter) {
        text.clone_into(&mut self.filter_text);
        self.filter = filter;
        self.part = Part::Tail;
        self.event = 0;
        self.generation = 0;
        self.load = Load::Never;
        self.is_stale = true;
    }

    /// Moves the cursor of the part with focus.
    pub fn move_by(&mut self, by: isize) {
        let (cursor, len) = match self.part {
            Part::Flows => (&mut self.flow, self.data.flows.len()),
            Part::Systems => (&mut self.system, self.data.systems.len()),
            Part::Tail => (&mut self.event, self.data.tail.len()),
        };
        *cursor = cursor.saturating_add_signed(by).min(len.saturating_sub(1));
    }

    /// The flow under the cursor.
    pub fn current_flow(&self) -> Option<&FlowLive> {
        self.data.flows.get(self.flow)
    }

    /// The system under the cursor.
    pub fn current_system(&self) -> Option<&SystemRow> {
        self.data.systems.get(self.system)
    }

    /// The event under the cursor: the tail is shown newest first.
    pub fn current_event(&self) -> Option<&JournalRow> {
        self.data.tail.iter().rev().nth(self.event)
    }
}

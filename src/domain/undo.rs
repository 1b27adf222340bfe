//! What brings an edit of our own books back. It is kept beside the edit's lines of the journal, so that it outlives the
//! session that made it.

use super::exception::{ExceptionRow, ExceptionState, Team};
use super::ids::{ExceptionId, JournalSeq, PairId};
use super::time::Ts;
use super::views::{ListName, View};
use serde::{Deserialize, Serialize};

/// How an exception stood: everything that taking, handing over, working, snoozing and waiting change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub state: ExceptionState,
    pub team: Team,
    pub person: Option<String>,
    pub ack_due_at: Ts,
    pub resolve_due_at: Ts,
    pub snoozed_until: Option<Ts>,
    pub snooze_condition: Option<String>,
    pub waiting_for: Option<String>,
}

impl Standing {
    /// How this one stands now.
    pub fn of(row: &ExceptionRow) -> Self {
        Self {
            state: row.state,
            team: row.team,
            person: row.person.clone(),
            ack_due_at: row.ack_due_at,
            resolve_due_at: row.resolve_due_at,
            snoozed_until: row.snoozed_until,
            snooze_condition: row.snooze_condition.clone(),
            waiting_for: row.waiting_for.clone(),
        }
    }

    /// Makes a row stand so again.
    pub fn restore(&self, row: &mut ExceptionRow) {
        row.state = self.state;
        row.team = self.team;
        row.person.clone_from(&self.person);
        row.ack_due_at = self.ack_due_at;
        row.resolve_due_at = self.resolve_due_at;
        row.snoozed_until = self.snoozed_until;
        row.snooze_condition.clone_from(&self.snooze_condition);
        row.waiting_for.clone_from(&self.waiting_for);
    }

    /// In short, as the journal has it: `ACKNOWLEDGED warehouse sam`.
    pub fn says(&self) -> String {
        match &self.person {
            Some(person) => format!("{} {} {person}", self.state, self.team),
            None => format!("{} {}", self.state, self.team),
        }
    }
}

/// The way back from one edit. Each holds what the object was and which version the edit made of it: when the object has
/// moved on since, the way is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Undo {
    /// An exception was taken, handed over, started on, snoozed or set waiting.
    Exception {
        id: ExceptionId,
        version: i64,
        was: Box<Standing>,
    },
    /// A set of mapping edits was applied as this version.
    Mappings { pair: PairId, version: i64 },
    /// A view was saved as this version; `was` is the one it replaced.
    ViewSaved {
        list: ListName,
        name: String,
        version: i64,
        was: Option<Box<View>>,
    },
    /// A view was removed.
    ViewRemoved { was: Box<View> },
}

/// An edit that can be taken back, with what its first line in the journal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undoable {
    /// The last of its lines in the journal: its identity.
    pub seq: JournalSeq,
    pub at: Ts,
    pub by: String,
    pub undo: Undo,
    /// When it was taken back, and by whom.
    pub undone: Option<(Ts, String)>,
    /// The journal's word for what was done, `exception.snoozed`.
    pub action: String,
    pub before: String,
    pub after: String,
    /// Lines in the journal.
    pub lines: i64,
}

impl Undoable {
    /// What it is about, for people.
    pub fn about(&self) -> String {
        match &self.undo {
            Undo::Exception { id, .. } => format!("exception {id}"),
            Undo::Mappings { pair, version } => {
                let changes = crate::text::count(self.lines, "change", "changes");
                format!("{changes} to the mappings of {pair} (version {version})")
            }
            Undo::ViewSaved { list, name, .. } => format!("the view {name:?} of {list}"),
            Undo::ViewRemoved { was } => format!("the view {:?} of {}", was.name, was.list),
        }
    }
}

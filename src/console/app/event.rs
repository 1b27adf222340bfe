//! What comes in to the console's state, and what the state wants done outside.

use super::ask::{Act, Answer, Done, Question, Trouble};
use super::export::ExportJob;
use super::key::Key;
use crate::domain::time::Ts;

/// Something happened. Time always comes beside it; the state reads no clock.
#[derive(Debug, Clone)]
pub enum Event {
    Key(Key),
    /// Bracketed paste: text, never a command.
    Paste(String),
    /// New size in columns and rows.
    Resize(u16, u16),
    /// An answer to a question; dropped when a newer question was asked in the same slot.
    Reply {
        slot: Slot,
        generation: u64,
        answer: Box<Result<Answer, Trouble>>,
    },
    /// An act ended.
    Acted {
        ticket: u64,
        result: Result<Done, Trouble>,
    },
    /// So many rows of a file are written.
    Exporting {
        written: u64,
        total: u64,
    },
    /// A file is written, in words, or why not.
    Exported(Result<String, Trouble>),
    /// Something in the store changed; carries no data.
    StoreChanged,
    Sync(SyncStatus),
    /// A moment passed for which the state had asked, or a new minute began.
    Tick,
    /// A frame was shown.
    Painted,
    /// The text was handed to the terminal, or why not.
    Copied(Result<usize, String>),
}

/// Where the answer to a question belongs. At most one running and one waiting question each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Slot {
    Header,
    Live,
    Exceptions,
    Orders,
    Mappings,
    Unmapped,
    Stock,
    Audit,
    /// A page, by its number.
    Page(u64),
    /// The page beside a list, by pane.
    Beside,
    Targets,
    Preview,
    /// What the form on show would do, as far as it is filled in.
    Trial,
    Verify,
    Undo,
    /// What an act on many cases would come to.
    Bulk,
    /// What the palette found under a number.
    Find,
    Requests,
    Returns,
    Lanes,
    /// The sheet of checks.
    Checks,
    /// Every row that matches, to be marked.
    Marks,
}

/// What the state wants done outside.
#[derive(Debug, Clone)]
pub enum Effect {
    Ask {
        slot: Slot,
        generation: u64,
        question: Question,
    },
    Act {
        ticket: u64,
        act: Act,
    },
    /// Write a file beside everything else.
    Export(Box<ExportJob>),
    /// Give up the file being written.
    StopExport,
    /// Put text on the operator's clipboard through the terminal.
    Copy(String),
    /// Ring once.
    Bell,
    /// Send every cell again.
    Repaint,
    /// Tell me when this time has come ([`Event::Tick`]).
    Wake(Ts),
    /// Leave the screen to the shell until continued.
    Suspend,
    Quit,
}

/// How the engine stands, as the header tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncStatus {
    pub state: SyncState,
    /// More in words, for example who holds the leases or what failed.
    pub note: String,
}

/// Whether and where the engine works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncState {
    /// In this program.
    Here,
    /// In another program or on another host.
    Elsewhere,
    /// Nowhere: nothing moves.
    Off,
    /// It stopped with an error.
    Failed,
}

impl SyncState {
    /// The word shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Here => "running",
            Self::Elsewhere => "elsewhere",
            Self::Off => "off",
            Self::Failed => "failed",
        }
    }
}

//! The only SQL in the house: SQLite and PostgreSQL behind one interface.

pub mod read;

mod attempts;
mod backup;
mod bulks;
mod checks;
mod commit;
mod db;
mod deliveries;
mod dialect;
mod error_rules;
mod exceptions;
mod filter_sql;
mod find;
mod journal;
mod lanes;
mod layouts;
mod leases;
mod lists;
mod looks;
mod mappings;
mod meter;
mod migrate;
mod months;
mod movements;
mod notice;
mod open;
mod orders;
mod payloads;
#[cfg(test)]
mod plans;
mod presence;
mod returns;
mod schedules;
mod stock;
mod undos;
mod value;
mod verify;
mod views;

pub use exceptions::member_cursor;
pub use lanes::LaneRow;
pub use lists::WINDOW_MAX;
pub use looks::LookRow;
pub use meter::Commits;
pub use months::{
    BareRefund, Bounded, CameBack, LeftKey, LeftRow, MoneyBack, MoneyCase, MovedSum, OwedRow,
    PairDebt, StrayRow, UnconfirmedOrder, UnpostedLane,
};
pub use movements::{AppliedMovement, LaneUnits, MovementRow};
pub use notice::Topic;
pub use presence::{PRESENT_FOR, Present};
pub use verify::UNLEASED;

use crate::domain::delivery::{Flow, Lane};
use crate::domain::ids::{DeliveryId, ExceptionId, JournalSeq, PairId, SystemId};
use crate::domain::time::Ts;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// What went wrong in the store, in words for people; the cause is kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The lease was taken over; what this worker decided is void.
    #[error("lease {lease} was taken over by another worker; nothing was written")]
    Fenced { lease: String },
    /// Somebody else changed the row first.
    #[error(
        "{what} was changed meanwhile (yours is version {yours}, stored is {stored} by {by}); nothing was written"
    )]
    Stale {
        what: String,
        yours: i64,
        stored: i64,
        by: String,
    },
    /// A life-cycle or input rule refused the change.
    #[error("{0}")]
    Refused(String),
    /// Busy, locked, connection lost: try again later, nothing was written.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// No space left.
    #[error("the store's disk is full: {0}")]
    Full(String),
    /// Corrupt, or not a tallyman store.
    #[error("the store cannot be trusted: {0}")]
    Corrupt(String),
    /// The schema is newer than this program.
    #[error("the store has schema {found}, this program knows up to {known}: use a newer tallyman")]
    Newer { found: i64, known: i64 },
    /// A row could not be understood.
    #[error("stored value not understood: {0}")]
    Decode(String),
}

/// Result of store calls.
pub type StoreResult<T> = Result<T, StoreError>;

/// How to open a store.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// `sqlite:PATH` or `postgres://…`.
    pub url: String,
    /// 32-byte key that encrypts payload bodies.
    pub payload_key: [u8; 32],
    /// Refuse every write.
    pub is_read_only: bool,
    /// Migrate an older schema (after a backup copy on SQLite); otherwise an older schema is an error.
    pub is_migrating: bool,
    /// `synchronous=FULL` unless a rehearsal, whose deaths are of the process only, says otherwise.
    pub is_durable: bool,
}

/// What a batch did.
#[derive(Debug, Clone, Default)]
pub struct Committed {
    /// Deliveries that were not stored because their key exists.
    pub duplicates: Vec<DeliveryId>,
    /// Exceptions opened or reopened by this batch.
    pub opened: Vec<ExceptionId>,
    /// Exceptions that ended with this batch.
    pub closed: Vec<ExceptionId>,
    /// Inbound messages that were duplicates.
    pub inbox_duplicates: i64,
    /// The first line it wrote into the journal.
    pub first_line: Option<JournalSeq>,
}

/// A lease as taken or renewed.
#[derive(Debug, Clone)]
pub struct Lease {
    pub name: String,
    pub epoch: i64,
    pub until: Ts,
}

/// A scheduled flow's row.
#[derive(Debug, Clone)]
pub struct ScheduleRow {
    pub pair: PairId,
    pub flow: Flow,
    pub due_at: Ts,
    pub last_started_at: Option<Ts>,
    pub last_ok_at: Option<Ts>,
    pub last_note: String,
    pub is_last_ok: bool,
    /// Failed runs in a row.
    pub failures: i64,
    /// Watermarks and page state as JSON.
    pub cursor: String,
    /// Reason when paused.
    pub paused: Option<String>,
}

/// What a claim asks for.
#[derive(Debug, Clone)]
pub struct ClaimQuery {
    pub system: SystemId,
    pub lane: Lane,
    pub flow: Flow,
    /// Only deliveries at this step (batches are formed per step).
    pub step: Option<i64>,
    pub limit: usize,
}

/// Counts of waiting work per lane of a system.
#[derive(Debug, Clone)]
pub struct LaneWork {
    pub lane: Lane,
    pub flow: Flow,
    pub step: i64,
    /// Due and ready.
    pub ready: i64,
    /// Oldest due time among the ready ones.
    pub oldest_due_at: Option<Ts>,
    /// In doubt and due to be asked about.
    pub in_doubt_due: i64,
}

/// What a system has to do.
#[derive(Debug, Clone, Default)]
pub struct SystemWork {
    /// Due now, by lane, flow and step.
    pub lanes: Vec<LaneWork>,
    /// When the next delivery falls due after now, ready or in doubt.
    pub next_due_at: Option<Ts>,
    /// Somebody asked for something that is not done yet.
    pub is_asked: bool,
    /// When the first order that events told of is to be read.
    pub look_at: Option<Ts>,
}

/// The shared state store. Cheap to clone. Every clone remembers for itself which changes it has seen
/// (see [`Store::changed`]), so each waiting task should hold its own.
pub struct Store {
    inner: Arc<Inner>,
    seen: AtomicU64,
}

impl Clone for Store {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            seen: AtomicU64::new(self.seen.load(Ordering::Acquire)),
        }
    }
}

/// What all clones share.
struct Inner {
    db: db::Db,
    /// The SQLite file; `None` on PostgreSQL.
    path: Option<PathBuf>,
    cipher: payloads::Cipher,
    notice: notice::Notice,
    counts: lists::Counts,
    meter: Arc<meter::Meter>,
    /// The schedules as they were when the store stood at that version.
    schedules: Mutex<Option<(u64, Arc<[ScheduleRow]>)>>,
}

impl Inner {
    /// A transaction that may write, counted when it is committed.
    async fn write(&self) -> StoreResult<db::Conn> {
        let conn = self.db.write().await?;
        Ok(conn.metered(Arc::clone(&self.meter)))
    }
}

/// Where a backup was written.
#[derive(Debug, Clone)]
pub struct BackupDone {
    pub path: PathBuf,
    pub bytes: u64,
}

/// A limit as a bound number.
fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

//! Change notices: in process by a watched number, across processes by `LISTEN` or a cheap version poll. They carry no data.

use super::db::{Db, fault};
use super::{Store, StoreResult};
use crate::domain::bulk::BulkChange;
use crate::domain::change::Change;
use sqlx::postgres::PgListener;
use sqlx::{Connection, PgPool, SqliteConnection};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, watch};

/// How often other processes are looked for while somebody waits.
const POLL: Duration = Duration::from_secs(1);
/// The channel of PostgreSQL notices.
pub(super) const CHANNEL: &str = "tallyman";
/// Pause before a lost notice connection is opened again.
const RELISTEN: Duration = Duration::from_secs(1);

/// A part of the store whose changes make work for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    Deliveries,
    Despatches,
    Inbox,
    Requests,
    /// Due times, cursors and pauses.
    Schedules,
    Movements,
    /// Acts on many cases that have begun or were stopped.
    Bulks,
}

const TOPICS: usize = 7;

impl Topic {
    /// The part a change touches, when it is one of them.
    fn of(change: &Change) -> Option<Self> {
        match change {
            Change::Enqueue(_) | Change::Deliver(_) => Some(Self::Deliveries),
            Change::Despatches { .. }
            | Change::DespatchState { .. }
            | Change::LabelsTaken { .. } => Some(Self::Despatches),
            Change::Inbox(_) => Some(Self::Inbox),
            Change::Request { .. } | Change::RequestDone { .. } | Change::Look(_) => {
                Some(Self::Requests)
            }
            Change::Movements(_) | Change::Movement(_) => Some(Self::Movements),
            Change::Bulk(BulkChange::Start { .. } | BulkChange::Stop { .. }) => Some(Self::Bulks),
            Change::ScheduleDone(_)
            | Change::ScheduleWait { .. }
            | Change::ScheduleHasten { .. }
            | Change::FlowPaused { .. } => Some(Self::Schedules),
            _ => None,
        }
    }

    /// Every part a batch touches.
    pub(super) fn all_of(changes: &[Change]) -> Vec<Self> {
        let mut topics = Vec::new();
        for topic in changes.iter().filter_map(Self::of) {
            if !topics.contains(&topic) {
                topics.push(topic);
            }
        }
        topics
    }
}

/// The number of changes known of, and how others' changes are noticed.
pub(super) struct Notice {
    shared: Arc<Shared>,
    /// Marks this process's own notices on PostgreSQL, so that it does not wake itself.
    pub(super) instance: String,
    watch: Mutex<Watch>,
}

struct Shared {
    version: watch::Sender<u64>,
    /// Changes of this process by topic.
    topics: [AtomicU64; TOPICS],
    /// Changes of others, which tell no topic.
    others: AtomicU64,
    is_listening: AtomicBool,
}

impl Shared {
    fn other_wrote(&self) {
        self.others.fetch_add(1, Ordering::Release);
        self.version.send_modify(|v| *v += 1);
    }
}

#[derive(Default)]
struct Watch {
    last_poll: Option<Instant>,
    /// SQLite's data version or PostgreSQL's journal head when last looked at.
    mark: Option<i64>,
    /// A connection of its own for a read-only SQLite store.
    eye: Option<SqliteConnection>,
    is_started: bool,
}

impl Notice {
    pub(super) fn new(instance: String) -> Self {
        Self {
            shared: Arc::new(Shared {
                version: watch::Sender::new(1),
                topics: Default::default(),
                others: AtomicU64::new(0),
                is_listening: AtomicBool::new(false),
            }),
            instance,
            watch: Mutex::default(),
        }
    }

    /// Looks whether another process wrote, at most once a [`POLL`] over all waiting tasks.
    async fn poll(&self, db: &Db) -> StoreResult<()> {
        let Ok(mut watch) = self.watch.try_lock() else {
            return Ok(());
        };
        if watch.last_poll.is_some_and(|at| at.elapsed() < POLL / 2) {
            return Ok(());
        }
        watch.last_poll = Some(Instant::now());
        // Seldom reached and large: boxed, so that whoever asks for the version carries none of it.
        Box::pin(self.look(db, &mut watch)).await
    }

    async fn look(&self, db: &Db, watch: &mut Watch) -> StoreResult<()> {
        let mark = match db {
            Db::Sqlite { writer, reader } => data_version(writer.as_ref(), reader, watch).await?,
            Db::Pg { pool, .. } => {
                if !watch.is_started {
                    watch.is_started = true;
                    tokio::spawn(listen(
                        pool.clone(),
                        Arc::downgrade(&self.shared),
                        self.instance.clone(),
                    ));
                }
                if self.shared.is_listening.load(Ordering::Acquire) {
                    return Ok(());
                }
                let mut conn = db.read().await?;
                Some(
                    conn.number("select seq from journal_head where one = 1", vec![])
                        .await?,
                )
            }
        };
        if let Some(mark) = mark {
            let is_other = watch.mark.is_some_and(|m| m != mark);
            watch.mark = Some(mark);
            if is_other {
                self.shared.other_wrote();
            }
        }
        Ok(())
    }
}

/// The number SQLite changes when *another* connection commits. It is asked on the writing connection, through which all
/// writes of this process go, so it tells of other processes only; while that connection is busy the look is skipped.
async fn data_version(
    writer: Option<&sqlx::SqlitePool>,
    reader: &sqlx::SqlitePool,
    watch: &mut Watch,
) -> StoreResult<Option<i64>> {
    const ASK: &str = "pragma data_version";
    if let Some(pool) = writer {
        let Some(mut conn) = pool.try_acquire() else {
            return Ok(None);
        };
        return Ok(Some(
            sqlx::query_scalar(ASK)
                .fetch_one(&mut *conn)
                .await
                .map_err(fault)?,
        ));
    }
    if watch.eye.is_none() {
        let options = reader.connect_options();
        watch.eye = Some(
            SqliteConnection::connect_with(&options)
                .await
                .map_err(fault)?,
        );
    }
    let Some(eye) = watch.eye.as_mut() else {
        return Ok(None);
    };
    match sqlx::query_scalar(ASK).fetch_one(eye).await {
        Ok(version) => Ok(Some(version)),
        Err(error) => {
            watch.eye = None;
            Err(fault(error))
        }
    }
}

/// Passes other processes' notices on until the store is gone. A lost connection is opened again, and counts as a change,
/// because notices may have been missed meanwhile.
async fn listen(pool: PgPool, shared: Weak<Shared>, instance: String) {
    while !pool.is_closed() {
        if let Ok(mut listener) = PgListener::connect_with(&pool).await
            && listener.listen(CHANNEL).await.is_ok()
        {
            let Some(strong) = shared.upgrade() else {
                return;
            };
            strong.is_listening.store(true, Ordering::Release);
            strong.other_wrote();
            drop(strong);
            while let Ok(Some(notice)) = listener.try_recv().await {
                let Some(shared) = shared.upgrade() else {
                    return;
                };
                if notice.payload() != instance {
                    shared.other_wrote();
                }
            }
        }
        let Some(shared) = shared.upgrade() else {
            return;
        };
        shared.is_listening.store(false, Ordering::Release);
        drop(shared);
        tokio::time::sleep(RELISTEN).await;
    }
}

impl Store {
    /// Waits until something changed or the timeout passed. Carries no data. Changes made through other clones and by
    /// other processes (within about a second) wake it; those made through this very clone do not.
    pub async fn changed(&self, timeout: Duration) {
        let notice = &self.inner.notice;
        let mut version = notice.shared.version.subscribe();
        let deadline = Instant::now() + timeout;
        loop {
            // Looked at before waiting too: a change since the last call must not be slept over.
            if let Err(error) = notice.poll(&self.inner.db).await {
                tracing::debug!(%error, "looking for changes of other processes failed");
            }
            let current = *version.borrow_and_update();
            if current != self.seen.swap(current, Ordering::AcqRel) {
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            // Either outcome leads back to the look above.
            let _ = tokio::time::timeout(left.min(POLL), version.changed()).await;
        }
    }

    /// A number that grows with every change to these parts: at once with those of this process, within about a second
    /// with those of others (which tell no part, so that they count for each). While it stands still, what was read of
    /// these parts is still so.
    pub async fn version(&self, topics: &[Topic]) -> u64 {
        let notice = &self.inner.notice;
        if let Err(error) = notice.poll(&self.inner.db).await {
            tracing::debug!(%error, "looking for changes of other processes failed");
        }
        let shared = &notice.shared;
        let mine: u64 = topics
            .iter()
            .filter_map(|t| shared.topics.get(*t as usize))
            .map(|count| count.load(Ordering::Acquire))
            .sum();
        mine + shared.others.load(Ordering::Acquire)
    }

    /// Tells everybody but this clone that these parts, or others without a topic, were written.
    pub(super) fn wrote(&self, topics: &[Topic]) {
        for count in topics
            .iter()
            .filter_map(|t| self.inner.notice.shared.topics.get(*t as usize))
        {
            count.fetch_add(1, Ordering::Release);
        }
        let mut before = 0;
        self.inner.notice.shared.version.send_modify(|v| {
            before = *v;
            *v += 1;
        });
        // When this clone had missed something else before, it must still wake for that.
        let _ = self
            .seen
            .compare_exchange(before, before + 1, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Marks everything up to now as seen (at opening). On SQLite others' writes are counted from here on; PostgreSQL is
    /// listened to from the first wait on, which wakes at once for what may have been missed.
    pub(super) async fn see_all(&self) {
        if let Db::Sqlite { .. } = &self.inner.db
            && let Err(error) = self.inner.notice.poll(&self.inner.db).await
        {
            tracing::debug!(%error, "looking for changes of other processes failed");
        }
        let current = *self.inner.notice.shared.version.borrow();
        self.seen.store(current, Ordering::Release);
    }
}

//! From many senders to one commit: what arrives while a commit is under way makes up the next. Nobody waits for a timer,
//! and everything is on disk before it is acknowledged.

use crate::domain::change::{Batch, Change};
use crate::store::{Store, StoreError, StoreResult};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

/// Messages that wait to be stored; the next sender is asked to come again. Fewer than there may be connections, so that
/// a store that does not answer shows as a refusal and not as silence.
pub(super) const WAITING_MAX: usize = 192;
/// Messages in one commit.
const BATCH_MAX: usize = 192;
/// Ids fetched from the store at once.
const ID_BLOCK: i64 = 2_000;

/// A message on its way to the store.
pub(super) struct Letter {
    /// Makes the changes that store it, given its id.
    pub changes: Box<dyn Fn(i64) -> Vec<Change> + Send + Sync>,
    /// Told once it is on disk.
    pub stored: oneshot::Sender<Stored>,
    /// Its share of the room for bodies, given back when it is stored.
    pub room: Option<OwnedSemaphorePermit>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    /// On disk; it may have been there before.
    Yes,
    No,
}

/// The end that senders hold.
pub(super) type Queue = mpsc::Sender<Letter>;
/// The end that stores.
pub(super) type Waiting = mpsc::Receiver<Letter>;

/// Both ends.
pub(super) fn queue() -> (Queue, Waiting) {
    mpsc::channel(WAITING_MAX)
}

/// Stores what comes until nobody can send any more. `counted` is told the doubles of each commit.
pub(super) async fn write(
    store: &Store,
    clock: &Arc<dyn Fn() -> crate::domain::time::Ts + Send + Sync>,
    mut waiting: Waiting,
    counted: impl Fn(i64),
) {
    let mut ids = 0..0;
    let mut letters = Vec::with_capacity(BATCH_MAX);
    while waiting.recv_many(&mut letters, BATCH_MAX).await > 0 {
        let batch: Vec<Letter> = std::mem::take(&mut letters);
        let told = match store_all(store, clock, &mut ids, &batch).await {
            // One that the store will never take must not keep the others out.
            Err(StoreError::Refused(_) | StoreError::Decode(_)) if batch.len() > 1 => {
                one_by_one(store, clock, &mut ids, batch, &counted).await;
                continue;
            }
            other => other,
        };
        let stored = judge(told, &counted);
        for letter in batch {
            letter.tell(stored);
        }
    }
}

async fn one_by_one(
    store: &Store,
    clock: &Arc<dyn Fn() -> crate::domain::time::Ts + Send + Sync>,
    ids: &mut std::ops::Range<i64>,
    batch: Vec<Letter>,
    counted: &impl Fn(i64),
) {
    for letter in batch {
        let told = store_all(store, clock, ids, std::slice::from_ref(&letter)).await;
        letter.tell(judge(told, counted));
    }
}

fn judge(told: StoreResult<i64>, counted: &impl Fn(i64)) -> Stored {
    match told {
        Ok(doubles) => {
            counted(doubles);
            Stored::Yes
        }
        Err(error) => {
            tracing::warn!(%error, "messages could not be stored; their senders are asked to repeat them");
            Stored::No
        }
    }
}

/// One commit; answers with how many were there already.
async fn store_all(
    store: &Store,
    clock: &Arc<dyn Fn() -> crate::domain::time::Ts + Send + Sync>,
    ids: &mut std::ops::Range<i64>,
    batch: &[Letter],
) -> StoreResult<i64> {
    let wanted = i64::try_from(batch.len()).unwrap_or(i64::MAX);
    if ids.end - ids.start < wanted {
        let first = store.reserve_ids(ID_BLOCK).await?;
        *ids = first..first + ID_BLOCK;
    }
    let mut changes = Vec::with_capacity(batch.len() * 2);
    for letter in batch {
        changes.extend((letter.changes)(ids.start));
        ids.start += 1;
    }
    let batch = Batch {
        actor: "server".to_owned(),
        at: clock(),
        fence: None,
        changes,
    };
    Ok(store.commit(batch).await?.inbox_duplicates)
}

impl Letter {
    fn tell(self, stored: Stored) {
        let Self {
            stored: told, room, ..
        } = self;
        drop(room);
        // A sender that hung up meanwhile comes again, and counts as a double then.
        let _ = told.send(stored);
    }
}

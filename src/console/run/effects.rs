//! Effects to tasks: one running and one waiting question per slot, acts in order, panics as failures.

use super::super::app::ask::{Act, Done, Question, Trouble};
use super::super::app::event::{Event, Slot};
use super::super::app::export::ExportJob;
use super::backend::Backend;
use futures::FutureExt;
use std::collections::{BTreeMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// How long a question may take.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(30);
/// How long acts under way are waited for when the console is left.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);
/// Least time between two notices that the store changed.
const CHANGE_GAP: Duration = Duration::from_millis(250);

/// A question that waits for the one before it in its slot.
struct Waiting {
    generation: u64,
    question: Question,
}

/// Runs questions and acts beside the loop.
pub struct Runner {
    backend: Arc<dyn Backend>,
    events: mpsc::Sender<Event>,
    /// Slots with a question under way, and the newest one behind it.
    slots: BTreeMap<Slot, Option<Waiting>>,
    questions: JoinSet<()>,
    acts: JoinSet<()>,
    queue: VecDeque<(u64, Act)>,
    is_acting: bool,
    watcher: JoinSet<()>,
    /// The file being written.
    exports: JoinSet<()>,
}

impl Runner {
    /// A runner that announces what happened through `events`.
    pub fn new(backend: Arc<dyn Backend>, events: mpsc::Sender<Event>) -> Self {
        Self {
            backend,
            events,
            slots: BTreeMap::new(),
            questions: JoinSet::new(),
            acts: JoinSet::new(),
            queue: VecDeque::new(),
            is_acting: false,
            watcher: JoinSet::new(),
            exports: JoinSet::new(),
        }
    }

    /// Whether nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.slots.is_empty() && !self.is_acting && self.queue.is_empty() && self.exports.is_empty()
    }

    /// Announces changes of the store, at most four a second.
    pub fn watch_changes(&mut self) {
        let backend = Arc::clone(&self.backend);
        let events = self.events.clone();
        self.watcher.spawn(async move {
            loop {
                backend.changed().await;
                // A full queue is busy with answers that are newer than this notice would be.
                if let Err(mpsc::error::TrySendError::Closed(_)) =
                    events.try_send(Event::StoreChanged)
                {
                    return;
                }
                tokio::time::sleep(CHANGE_GAP).await;
            }
        });
    }

    /// Asks a question, or keeps it as the newest one behind the one under way.
    pub fn ask(&mut self, slot: Slot, generation: u64, question: Question) {
        if let Some(waiting) = self.slots.get_mut(&slot) {
            *waiting = Some(Waiting {
                generation,
                question,
            });
            return;
        }
        self.slots.insert(slot, None);
        let backend = Arc::clone(&self.backend);
        let events = self.events.clone();
        self.questions.spawn(async move {
            let answer = guarded(async {
                tokio::time::timeout(QUESTION_TIMEOUT, backend.ask(question))
                    .await
                    .unwrap_or_else(|_| {
                        Err(Trouble::new(format!(
                            "the store gave no answer within {} seconds",
                            QUESTION_TIMEOUT.as_secs()
                        )))
                    })
            })
            .await;
            let event = Event::Reply {
                slot,
                generation,
                answer: Box::new(answer),
            };
            // The loop has ended: nobody wants the answer.
            if events.send(event).await.is_err() {
                tracing::debug!(?slot, "answer after the end");
            }
        });
    }

    /// The question of a slot was answered: the one behind it starts.
    pub fn finished(&mut self, slot: Slot) {
        while self.questions.try_join_next().is_some() {}
        if let Some(Some(waiting)) = self.slots.remove(&slot) {
            self.ask(slot, waiting.generation, waiting.question);
        }
    }

    /// Does an act after those before it, so that what was done first happens first.
    pub fn act(&mut self, ticket: u64, act: Act) {
        self.queue.push_back((ticket, act));
        self.next_act();
    }

    /// An act ended.
    pub fn acted(&mut self) {
        while self.acts.try_join_next().is_some() {}
        self.is_acting = false;
        self.next_act();
    }

    fn next_act(&mut self) {
        if self.is_acting {
            return;
        }
        let Some((ticket, act)) = self.queue.pop_front() else {
            return;
        };
        self.is_acting = true;
        let backend = Arc::clone(&self.backend);
        let events = self.events.clone();
        self.acts.spawn(async move {
            let result: Result<Done, Trouble> = guarded(backend.act(act)).await;
            if events.send(Event::Acted { ticket, result }).await.is_err() {
                tracing::warn!(ticket, "an act ended after the console was left");
            }
        });
    }

    /// Writes a file beside everything else; what it says of its progress may be left out when the loop is busy.
    pub fn export(&mut self, job: ExportJob) {
        let backend = Arc::clone(&self.backend);
        let events = self.events.clone();
        let notices = self.events.clone();
        let last = Mutex::new(Instant::now());
        let told = Arc::new(move |written, total| {
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            if last.elapsed() >= CHANGE_GAP {
                *last = Instant::now();
                let event = Event::Exporting { written, total };
                if notices.try_send(event).is_err() {
                    tracing::trace!(written, "progress of a file was not shown");
                }
            }
        });
        self.exports.spawn(async move {
            let result = guarded(backend.export(job, told)).await;
            if events.send(Event::Exported(result)).await.is_err() {
                tracing::debug!("a file was finished after the console was left");
            }
        });
    }

    /// A file was written or could not be.
    pub fn exported(&mut self) {
        while self.exports.try_join_next().is_some() {}
    }

    /// Gives up the file being written; nothing of it is left.
    pub fn stop_export(&mut self) {
        self.exports.abort_all();
        // Given up, it announces nothing: it is taken off here.
        self.exports.detach_all();
    }

    /// Ends questions at once; the act under way may finish.
    pub async fn stop(&mut self) {
        self.watcher.shutdown().await;
        self.questions.shutdown().await;
        self.exports.shutdown().await;
        let unfinished = self.queue.len();
        if unfinished > 0 {
            tracing::warn!(unfinished, "acts were not begun when the console was left");
        }
        let wait = async { while self.acts.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_TIMEOUT, wait).await.is_err() {
            tracing::warn!("an act was still under way when the console was left");
            self.acts.shutdown().await;
        }
    }
}

/// A panic inside is a failure like any other.
async fn guarded<T>(work: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    AssertUnwindSafe(work)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| {
            Err(Trouble::new(
                "the program made a mistake with this; it is in the log, the rest goes on",
            ))
        })
}

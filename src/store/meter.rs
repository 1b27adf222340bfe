//! How many transactions this opening of the store has committed, and how long the disk took for them.

use super::Store;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counters that all clones of a store share.
#[derive(Debug, Default)]
pub(super) struct Meter {
    commits: AtomicU64,
    micros: AtomicU64,
}

impl Meter {
    pub(super) fn count(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }
}

/// Commits so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Commits {
    /// Transactions committed by this process since the store was opened; reads are not counted.
    pub count: u64,
    /// Time spent in the commits themselves, that is in making them durable.
    pub took: Duration,
}

impl Commits {
    /// What came after `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            count: self.count.saturating_sub(earlier.count),
            took: self.took.saturating_sub(earlier.took),
        }
    }
}

impl Store {
    /// How many transactions were committed since the store was opened, and how long that took.
    pub fn commits(&self) -> Commits {
        let meter = &self.inner.meter;
        Commits {
            count: meter.commits.load(Ordering::Relaxed),
            took: Duration::from_micros(meter.micros.load(Ordering::Relaxed)),
        }
    }
}

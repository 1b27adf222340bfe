//! Hints: what a vendor's event may cause. It says whom to look at and never what became of them: the object is read.
//!
//! Pure: when an order is read because of events, when a read that did not find it is repeated, and when a vendor that
//! should tell of changes counts as silent.

use super::ids::SourceOrderId;
use super::time::{Span, Ts};
use serde::{Deserialize, Serialize};

/// Whom an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// These orders are to be read.
    Orders(Vec<SourceOrderId>),
    /// Some order, without an id that it could be read by: the list of changes tells.
    Changes,
    /// Stock figures.
    Stock,
    /// The catalogue.
    Products,
    /// Nothing we read.
    Nothing,
}

/// Orders one event may name; more of them are found by the poll.
pub const ORDERS_MAX: usize = 100;
/// Waits before the first, second … read of one order within [`MEMORY`]; the last one holds for all further ones, so that
/// a replayed event costs at most one read a minute.
const WAITS: [Span; 5] = [
    Span::secs(1),
    Span::secs(2),
    Span::secs(5),
    Span::secs(15),
    Span::secs(60),
];
/// Waits before an order that was told of and is not there is looked for again; after them it is left to the poll.
const AGAIN: [Span; 4] = [
    Span::secs(3),
    Span::secs(10),
    Span::secs(30),
    Span::secs(60),
];
/// Reads in a row that must miss an order known here before it counts as gone.
const GONE_AFTER: i64 = 2;
/// Calls that may fail for one order before it is left to the poll.
const FAILED_MAX: i64 = 6;
/// Wait after a call that failed.
const FAILED_WAIT: Span = Span::secs(10);
/// How long the reads of an order are counted after its last event.
pub const MEMORY: Span = Span::mins(10);
/// Changes the poll must find without a single event before the sender counts as silent.
pub const UNHEARD_MIN: i64 = 5;

/// When an order is read after an event, given its reads so far.
pub fn read_at(now: Ts, reads: i64) -> Ts {
    let at = usize::try_from(reads).unwrap_or(0).min(WAITS.len() - 1);
    now + WAITS.get(at).copied().unwrap_or(Span::mins(1))
}

/// Whether an event tells of a change that was read already. One that does not say when is news.
pub fn is_known(changed_at: Option<Ts>, read: Option<Ts>) -> bool {
    matches!((changed_at, read), (Some(event), Some(ours)) if event <= ours)
}

/// What follows when an order that events told of was asked for and is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// Not readable yet, perhaps: asked for again after this wait.
    Again(Span),
    /// Known here and missed often enough: the source no longer has it.
    Gone,
    /// Asked for often enough; should it be there one day, the poll finds it.
    LeftToPoll,
}

/// Judges an absence, the `n`th in a row (from 1).
pub fn absent(n: i64, is_known_here: bool) -> Absent {
    if is_known_here && n >= GONE_AFTER {
        return Absent::Gone;
    }
    let wait = usize::try_from(n - 1).ok().and_then(|at| AGAIN.get(at));
    wait.map_or(Absent::LeftToPoll, |wait| Absent::Again(*wait))
}

/// When an order is read again after a call that failed; `None` leaves it to the poll.
pub fn after_failure(now: Ts, reads: i64) -> Option<Ts> {
    (reads < FAILED_MAX).then_some(now + FAILED_WAIT)
}

/// Changes the poll found since an event was last heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Unheard {
    pub count: i64,
    /// When the first of them was found; microseconds.
    pub since: i64,
}

impl Unheard {
    /// After a run of the poll that found `news` changes; an event heard since the first of them ends the silence.
    #[must_use]
    pub fn after(self, news: i64, heard_at: Option<Ts>, now: Ts) -> Self {
        let is_over = heard_at.is_some_and(|at| at.0 >= self.since);
        let before = if is_over { Self::default() } else { self };
        match (before.count, news) {
            (0, 0) => Self::default(),
            (0, _) => Self {
                count: news,
                since: now.0,
            },
            _ => Self {
                count: before.count.saturating_add(news),
                ..before
            },
        }
    }

    /// Whether the sender is silent: enough changes, and its events have had time to come.
    pub fn is_silence(self, heard_at: Option<Ts>, patience: Span, now: Ts) -> bool {
        self.count >= UNHEARD_MIN
            && heard_at.is_none_or(|at| at.0 < self.since)
            && now.since(Ts(self.since)) >= patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Ts = Ts(1_000_000_000_000);

    #[test]
    fn an_order_is_read_at_once_and_never_oftener_than_once_a_minute_for_long() {
        let waits: Vec<i64> = (0..8).map(|n| read_at(T, n).since(T).as_secs()).collect();
        assert_eq!(waits, [1, 2, 5, 15, 60, 60, 60, 60]);
    }

    #[test]
    fn an_absent_order_is_asked_for_a_few_times_and_then_left_to_the_poll() {
        let unknown: Vec<Absent> = (1..=5).map(|n| absent(n, false)).collect();
        let again = |secs| Absent::Again(Span::secs(secs));
        let expected = [
            again(3),
            again(10),
            again(30),
            again(60),
            Absent::LeftToPoll,
        ];
        assert_eq!(unknown, expected);
        assert_eq!(absent(1, true), again(3));
        assert_eq!(absent(2, true), Absent::Gone);
    }

    #[test]
    fn calls_that_fail_are_repeated_a_bounded_number_of_times() {
        assert_eq!(after_failure(T, 0), Some(T + FAILED_WAIT));
        assert_eq!(after_failure(T, FAILED_MAX), None);
    }

    #[test]
    fn only_what_was_read_since_is_old_news() {
        assert!(is_known(Some(T), Some(T)));
        assert!(is_known(Some(T), Some(T + Span::secs(1))));
        assert!(!is_known(Some(T + Span::secs(1)), Some(T)));
        assert!(!is_known(None, Some(T)));
        assert!(!is_known(Some(T), None));
    }

    #[test]
    fn silence_is_changes_without_an_event_for_longer_than_events_take() {
        let wait = Span::mins(2);
        let found = Unheard::default().after(3, None, T);
        let found = found.after(2, None, T + Span::mins(1));
        assert_eq!((found.count, found.since), (5, T.0));
        assert!(!found.is_silence(None, wait, T + Span::secs(119)));
        assert!(found.is_silence(None, wait, T + wait));
        assert!(!found.is_silence(Some(T + Span::secs(5)), wait, T + wait));
        // An event before the first of them says nothing about them.
        assert!(found.is_silence(Some(T - Span::secs(5)), wait, T + wait));
        let heard = found.after(1, Some(T + Span::mins(2)), T + Span::mins(3));
        assert_eq!(heard.count, 1);
        assert_eq!(heard.since, (T + Span::mins(3)).0);
    }

    #[test]
    fn a_quiet_source_is_not_a_silent_one() {
        let nothing = Unheard::default().after(0, None, T);
        assert_eq!(nothing, Unheard::default());
        assert!(!nothing.is_silence(None, Span::ZERO, T + Span::days(2)));
    }
}

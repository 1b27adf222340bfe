//! Rows that came back from the store with another face, and for how long they say so.

use super::list::Keyed;
use crate::domain::time::{Span, Ts};
use crate::store::read::Listed;
use std::collections::BTreeMap;

/// How long a row that changed carries its sign.
pub const CHANGED_FOR: Span = Span::secs(8);

/// Rows that changed a moment ago, by key, each with the end of its moment.
#[derive(Debug, Clone, Default)]
pub struct Changed(BTreeMap<String, Ts>);

impl Changed {
    /// Whether the row changed a moment ago.
    pub fn has<T: Keyed>(&self, row: &T) -> bool {
        !self.0.is_empty() && self.0.contains_key(&row.key())
    }

    /// Until when a row says that it changed.
    pub fn until(&self) -> Option<Ts> {
        self.0.values().max().copied()
    }

    /// Takes the sign from rows that carried it long enough.
    pub fn tick(&mut self, now: Ts) {
        self.0.retain(|_, until| *until > now);
    }

    /// Notes which rows come back with another face.
    pub fn compare<T: Keyed>(&mut self, before: &[Listed<T>], after: &[Listed<T>], now: Ts) {
        self.tick(now);
        let before: BTreeMap<String, String> =
            before.iter().map(|l| (l.row.key(), l.row.face())).collect();
        for listed in after {
            let key = listed.row.key();
            if before.get(&key).is_some_and(|f| *f != listed.row.face()) {
                self.0.insert(key, now + CHANGED_FOR);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::read::Cursor;

    struct Faced(i64, &'static str);

    impl Keyed for Faced {
        fn key(&self) -> String {
            self.0.to_string()
        }

        fn face(&self) -> String {
            self.1.to_owned()
        }
    }

    fn rows(second: &'static str) -> Vec<Listed<Faced>> {
        [Faced(1, "same"), Faced(2, second)]
            .into_iter()
            .map(|row| Listed {
                cursor: Cursor(row.key()),
                row,
            })
            .collect()
    }

    #[test]
    fn a_row_that_comes_back_changed_says_so_for_some_seconds() {
        let at = |secs| Ts(0) + Span::secs(secs);
        let mut changed = Changed::default();
        changed.compare(&[], &rows("before"), at(0));
        assert_eq!(changed.until(), None, "rows read first have not changed");
        changed.compare(&rows("before"), &rows("after"), at(1));
        assert!(!changed.has(&Faced(1, "same")));
        assert!(changed.has(&Faced(2, "after")));
        // Read again unchanged it keeps its sign until the time is over.
        changed.compare(&rows("after"), &rows("after"), at(3));
        assert_eq!(changed.until(), Some(at(9)));
        changed.tick(at(9));
        assert!(!changed.has(&Faced(2, "after")));
    }
}

//! Marked rows of a list: one by one, by range, or given.

use super::{Keyed, List, MARKS_MAX};
use std::sync::Arc;

impl<T: Keyed + Clone> List<T> {
    /// Marked rows, or the one under the cursor when none is marked.
    pub fn chosen(&self) -> Arc<[T]> {
        if self.range.is_some() {
            let mut all = self.marks.clone();
            all.extend(self.range_rows().map(|row| (row.key(), row.clone())));
            return all.into_values().collect();
        }
        if self.marks.is_empty() {
            return self.current().cloned().into_iter().collect();
        }
        let mut rows = self.marked_rows.borrow_mut();
        let rows = rows.get_or_insert_with(|| self.marks.values().cloned().collect());
        Arc::clone(rows)
    }

    /// How many rows are marked, those of an open range included.
    pub fn marked(&self) -> usize {
        let more = self
            .range_rows()
            .filter(|row| !self.marks.contains_key(&row.key()));
        self.marks.len() + more.count()
    }

    /// Whether this row, which has this number, is marked.
    pub fn is_marked(&self, index: usize, row: &T) -> bool {
        self.range_ends()
            .is_some_and(|(from, to)| (from..=to).contains(&index))
            || (!self.marks.is_empty() && self.marks.contains_key(&row.key()))
    }

    /// Marks or unmarks the row under the cursor and goes one down.
    pub fn toggle_mark(&mut self) {
        if let Some(row) = self.current().cloned() {
            let key = row.key();
            if self.marks.remove(&key).is_none() && self.marks.len() < MARKS_MAX {
                self.marks.insert(key, row);
            }
            self.marked_rows.take();
            self.move_by(1);
        }
    }

    /// Whether a range is being marked.
    pub fn is_in_range(&self) -> bool {
        self.range.is_some()
    }

    /// Begins a range at the cursor.
    pub fn begin_range(&mut self) {
        self.range = self.current().map(|row| (row.key(), self.cursor));
    }

    /// Ends the range at the cursor: how many rows it marked, and how many it spans. Rows that were jumped over and never
    /// read are not marked.
    pub fn end_range(&mut self) -> (usize, usize) {
        let spanned = self.range_ends().map_or(0, |(from, to)| to - from + 1);
        let rows: Vec<T> = self.range_rows().cloned().collect();
        self.range = None;
        let mut marked = 0;
        for row in rows {
            if self.marks.len() < MARKS_MAX {
                self.marks.insert(row.key(), row);
                marked += 1;
            }
        }
        self.marked_rows.take();
        (marked, spanned)
    }

    /// Numbers of the first and last row of the open range.
    fn range_ends(&self) -> Option<(usize, usize)> {
        let (key, began) = self.range.as_ref()?;
        let loaded = self.rows.iter().position(|l| l.row.key() == *key);
        let from = loaded.map_or(*began, |at| self.first + at);
        Some((from.min(self.cursor), from.max(self.cursor)))
    }

    /// Rows of the open range that are loaded.
    fn range_rows(&self) -> impl Iterator<Item = &T> {
        let (from, to) = match self.range_ends() {
            Some((from, to)) => (from.max(self.first), to + 1),
            None => (0, 0),
        };
        let end = to.min(self.first + self.rows.len());
        (from..end).filter_map(|index| self.at(index))
    }

    /// Marks these rows too; returns how many are marked then.
    pub fn mark_all(&mut self, rows: impl Iterator<Item = T>) -> usize {
        self.range = None;
        for row in rows {
            if self.marks.len() >= MARKS_MAX {
                break;
            }
            self.marks.insert(row.key(), row);
        }
        self.marked_rows.take();
        self.marks.len()
    }

    /// Forgets the marks.
    pub fn unmark_all(&mut self) {
        self.range = None;
        self.marks.clear();
        self.marked_rows.take();
    }
}

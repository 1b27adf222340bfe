//! A list as a window of the store: rows near the cursor, everything else by number only. Knows nothing of what a row is.

mod marks;

use super::changed::Changed;
use crate::domain::filter::Filter;
use crate::domain::time::Ts;
use crate::store::read::{Anchor, Cursor, ListQuery, Listed, Window};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows asked for at a time.
pub const WINDOW_ROWS: usize = 200;
/// Rows kept; beyond it the far end is let go.
pub const WINDOW_ROWS_MAX: usize = 800;
/// Marked rows for one bulk action.
pub const MARKS_MAX: usize = 100_000;

/// A row that can be told apart and kept under the cursor while the list moves.
pub trait Keyed {
    /// Identity that survives refresh, sort and filter.
    fn key(&self) -> String;

    /// What of it people watch, as text: a row that is read again with another face has changed. Empty where rows never
    /// change.
    fn face(&self) -> String {
        String::new()
    }
}

/// An order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// Name in the store.
    pub name: &'static str,
    /// What people see.
    pub title: &'static str,
    /// Which direction people mean by it.
    pub is_falling: bool,
}

impl Sort {
    /// Smallest, earliest, worst first.
    pub const fn rising(name: &'static str, title: &'static str) -> Self {
        Self {
            name,
            title,
            is_falling: false,
        }
    }

    /// Largest or newest first.
    pub const fn falling(name: &'static str, title: &'static str) -> Self {
        Self {
            name,
            title,
            is_falling: true,
        }
    }
}

/// Whether rows are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Load {
    /// Nothing asked yet.
    Never,
    Loading,
    Ready,
    /// The last question failed; earlier rows, if any, stay.
    Failed(String),
}

/// What a running question will do to the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fill {
    Replace { is_end: bool },
    Refresh,
    Append,
    Prepend,
}

/// A list's state.
#[derive(Debug, Clone)]
pub struct List<T> {
    rows: Vec<Listed<T>>,
    /// Absolute number of `rows[0]`, exact when the store said so, else the best estimate.
    first: usize,
    total: usize,
    cursor: usize,
    offset: usize,
    /// Rows the picture has room for; set while drawing.
    pub height: Cell<u16>,
    marks: BTreeMap<String, T>,
    /// The marked rows as actions take them, made when first asked for.
    marked_rows: RefCell<Option<Arc<[T]>>>,
    /// Where a range begins that is still open: its row, and the row's number when it began.
    range: Option<(String, usize)>,
    /// Rows whose face changed a moment ago.
    pub changed: Changed,
    /// When the newest question was asked.
    asked_at: Ts,
    pub sorts: &'static [Sort],
    pub sort: usize,
    pub is_descending: bool,
    pub filter: Filter,
    pub filter_text: String,
    pub load: Load,
    fill: Option<Fill>,
    /// Generation of the newest question.
    pub generation: u64,
    is_stale: bool,
}

impl<T: Keyed + Clone> List<T> {
    /// An empty list; the first of `sorts` is the default.
    pub fn new(sorts: &'static [Sort]) -> Self {
        Self {
            rows: Vec::new(),
            first: 0,
            total: 0,
            cursor: 0,
            offset: 0,
            height: Cell::new(20),
            marks: BTreeMap::new(),
            marked_rows: RefCell::new(None),
            range: None,
            changed: Changed::default(),
            asked_at: Ts(0),
            sorts,
            sort: 0,
            is_descending: sorts.first().is_some_and(|s| s.is_falling),
            filter: Filter::default(),
            filter_text: String::new(),
            load: Load::Never,
            fill: None,
            generation: 0,
            is_stale: false,
        }
    }

    /// Rows in the whole filtered list.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Absolute number of the row under the cursor.
    pub fn position(&self) -> usize {
        self.cursor
    }

    /// Absolute number of the topmost visible row.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The row with this absolute number, when loaded.
    pub fn at(&self, index: usize) -> Option<&T> {
        self.rows
            .get(index.checked_sub(self.first)?)
            .map(|listed| &listed.row)
    }

    /// The row under the cursor, when loaded.
    pub fn current(&self) -> Option<&T> {
        self.at(self.cursor)
    }

    /// How many rows are held.
    pub fn loaded(&self) -> usize {
        self.rows.len()
    }

    /// Moves the cursor, held within the list.
    pub fn move_by(&mut self, rows: isize) {
        let last = self.total.saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(rows).min(last);
        self.follow();
    }

    /// Moves by a screen less one row.
    pub fn page_by(&mut self, direction: isize) {
        let step = isize::from(i16::try_from(self.height.get().max(2) - 1).unwrap_or(20));
        let last_top = self
            .total
            .saturating_sub(usize::from(self.height.get().max(1)));
        self.offset = self
            .offset
            .saturating_add_signed(step.saturating_mul(direction))
            .min(last_top);
        self.move_by(step.saturating_mul(direction));
    }

    /// Keeps the cursor on screen, moving the picture as little as needed.
    fn follow(&mut self) {
        let height = usize::from(self.height.get().max(1));
        if self.cursor < self.offset {
            self.offset = self.cursor;
        } else if self.cursor >= self.offset + height {
            self.offset = self.cursor + 1 - height;
        }
    }

    /// The picture's first row for a room of `height` rows: the cursor always stays visible.
    pub fn top_for(&self, height: u16) -> usize {
        self.height.set(height);
        let height = usize::from(height.max(1));
        if self.cursor < self.offset {
            self.cursor
        } else if self.cursor >= self.offset + height {
            self.cursor + 1 - height
        } else {
            self.offset
        }
    }

    /// Rows changed in the store: ask again when convenient.
    pub fn mark_stale(&mut self) {
        self.is_stale = true;
    }

    /// A new filter: from the top; the old rows stay in sight until the answer is there.
    pub fn set_filter(&mut self, text: &str, filter: Filter) {
        self.filter_text = text.to_owned();
        self.filter = filter;
        self.restart();
    }

    /// The next sort order.
    pub fn next_sort(&mut self) {
        self.sort = (self.sort + 1) % self.sorts.len().max(1);
        self.is_descending = self.sorts.get(self.sort).is_some_and(|s| s.is_falling);
        self.restart();
    }

    /// This order, when the list has it.
    pub fn set_sort(&mut self, name: &str, is_descending: bool) {
        if let Some(at) = self.sorts.iter().position(|s| s.name == name) {
            self.sort = at;
            self.is_descending = is_descending;
            self.restart();
        }
    }

    /// The other direction.
    pub fn reverse(&mut self) {
        self.is_descending = !self.is_descending;
        self.restart();
    }

    /// Title of the sort order.
    pub fn sort_title(&self) -> &'static str {
        self.sorts.get(self.sort).map_or("", |s| s.title)
    }

    /// From the top; whatever is under way no longer counts.
    pub fn restart(&mut self) {
        self.range = None;
        self.load = Load::Never;
        self.fill = None;
        self.cursor = 0;
        self.offset = 0;
        self.is_stale = false;
    }

    /// To the first row; asks only when it is not loaded.
    pub fn home(&mut self) {
        if self.first == 0 && !self.rows.is_empty() {
            self.move_by(isize::MIN / 2);
        } else {
            self.restart();
        }
    }

    /// To the last row; a list that is not loaded to its end is asked for its last window.
    pub fn end(&mut self, now: Ts) -> Option<ListQuery> {
        if self.total == 0 {
            return None;
        }
        self.cursor = self.total - 1;
        self.follow();
        if self.current().is_some() {
            return None;
        }
        Some(self.begin(Fill::Replace { is_end: true }, Anchor::Last, now))
    }

    fn begin(&mut self, fill: Fill, anchor: Anchor, now: Ts) -> ListQuery {
        self.fill = Some(fill);
        self.asked_at = now;
        if matches!(fill, Fill::Replace { .. }) || self.rows.is_empty() {
            self.load = Load::Loading;
        }
        let limit = if fill == Fill::Refresh {
            self.rows.len().clamp(WINDOW_ROWS, WINDOW_ROWS_MAX)
        } else {
            WINDOW_ROWS
        };
        ListQuery {
            anchor,
            limit,
            ..self.query(now)
        }
    }

    /// The question for the list as it stands, from its first row.
    pub fn query(&self, now: Ts) -> ListQuery {
        let sort = self.sorts.get(self.sort).map(|s| s.name.to_owned());
        ListQuery {
            filter: self.filter.clone(),
            sort: sort.unwrap_or_default(),
            is_descending: self.is_descending,
            anchor: Anchor::First,
            limit: WINDOW_ROWS,
            now,
        }
    }

    /// The question that is due now, if any: first rows, rows near the edge, or a refresh.
    pub fn wanted(&mut self, now: Ts) -> Option<ListQuery> {
        if self.fill.is_some() {
            return None;
        }
        match self.load {
            Load::Never => {
                return Some(self.begin(Fill::Replace { is_end: false }, Anchor::First, now));
            }
            Load::Failed(_) if !self.is_stale => return None,
            _ => {}
        }
        let screen = usize::from(self.height.get().max(1));
        let end = self.first + self.rows.len();
        if end < self.total && self.cursor + 2 * screen >= end {
            let last = self.rows.last()?.cursor.clone();
            return Some(self.begin(Fill::Append, Anchor::After(last), now));
        }
        if self.first > 0 && self.cursor < self.first + 2 * screen {
            let first = self.rows.first()?.cursor.clone();
            return Some(self.begin(Fill::Prepend, Anchor::Before(first), now));
        }
        if self.is_stale {
            self.is_stale = false;
            let anchor = match self.rows.first() {
                Some(row) if self.first > 0 => Anchor::At(row.cursor.clone()),
                _ => Anchor::First,
            };
            return Some(self.begin(Fill::Refresh, anchor, now));
        }
        None
    }

    /// Notes the generation of a question just asked, if one was.
    pub const fn newest(&mut self, generation: Option<u64>) {
        if let Some(generation) = generation {
            self.generation = generation;
        }
    }

    /// Takes a window that answers the newest question.
    pub fn take(&mut self, window: Window<T>) {
        let Some(fill) = self.fill.take() else {
            return;
        };
        self.load = Load::Ready;
        self.total = usize::try_from(window.total)
            .unwrap_or(0)
            .max(window.rows.len());
        let position = window.position.and_then(|p| usize::try_from(p).ok());
        match fill {
            Fill::Replace { is_end: false } => {
                self.rows = window.rows;
                self.first = 0;
            }
            Fill::Replace { is_end: true } => {
                self.first = self.total.saturating_sub(window.rows.len());
                self.rows = window.rows;
                self.cursor = self.total.saturating_sub(1);
            }
            Fill::Refresh => self.take_refresh(window, position),
            Fill::Append => self.take_after(window),
            Fill::Prepend => self.take_before(window),
        }
        self.cursor = self.cursor.min(self.total.saturating_sub(1));
        self.follow();
    }

    fn take_refresh(&mut self, window: Window<T>, position: Option<usize>) {
        let key = self.current().map(Keyed::key);
        let is_at_top = self.offset == 0;
        if let Some(position) = position {
            let shift = position.cast_signed() - self.first.cast_signed();
            self.first = position;
            self.cursor = self.cursor.saturating_add_signed(shift);
            self.offset = self.offset.saturating_add_signed(shift);
        }
        self.changed
            .compare(&self.rows, &window.rows, self.asked_at);
        self.rows = window.rows;
        self.marked_rows.take();
        for listed in &self.rows {
            if let Some(mark) = self.marks.get_mut(&listed.row.key()) {
                *mark = listed.row.clone();
            }
        }
        let found = key.and_then(|key| self.rows.iter().position(|l| l.row.key() == key));
        if let Some(at) = found {
            // Further down the row stays on its line of the screen even when others came in above it; a list that shows
            // its top goes on showing it, for what comes in there is what matters most.
            let line = self.cursor.saturating_sub(self.offset);
            self.cursor = self.first + at;
            self.offset = if is_at_top {
                0
            } else {
                self.cursor.saturating_sub(line)
            };
        }
        // Never rows above the picture while there is room below.
        let height = usize::from(self.height.get().max(1));
        self.offset = self.offset.min(self.total.saturating_sub(height));
    }

    fn take_after(&mut self, window: Window<T>) {
        if window.rows.is_empty() {
            self.total = self.first + self.rows.len();
            return;
        }
        self.rows.extend(window.rows);
        if !window.has_after {
            self.total = self.first + self.rows.len();
        }
        let excess = self.rows.len().saturating_sub(WINDOW_ROWS_MAX);
        if excess > 0 && self.cursor >= self.first + excess {
            self.rows.drain(..excess);
            self.first += excess;
        }
    }

    fn take_before(&mut self, window: Window<T>) {
        let n = window.rows.len();
        let first = if window.has_before {
            self.first.saturating_sub(n).max(1)
        } else {
            0
        };
        // The estimate of where the window stands is put right here; the cursor goes with its row.
        let shift = (first + n).cast_signed() - self.first.cast_signed();
        self.cursor = self.cursor.saturating_add_signed(shift);
        self.offset = self.offset.saturating_add_signed(shift);
        self.first = first;
        let old = std::mem::replace(&mut self.rows, window.rows);
        self.rows.extend(old);
        self.rows.truncate(WINDOW_ROWS_MAX);
        self.total = self.total.max(self.first + self.rows.len());
    }

    /// The newest question failed.
    pub fn fail(&mut self, text: String) {
        self.fill = None;
        self.load = Load::Failed(text);
    }

    /// Where the topmost loaded row stands in the store, for tests.
    pub fn first_cursor(&self) -> Option<&Cursor> {
        self.rows.first().map(|l| &l.cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Keyed for i64 {
        fn key(&self) -> String {
            self.to_string()
        }
    }

    const SORTS: &[Sort] = &[Sort::rising("n", "number")];

    /// A store of sorted numbers.
    fn answer(store: &[i64], query: &ListQuery) -> Window<i64> {
        let place = |c: &Cursor| -> i64 { c.0.parse().unwrap() };
        let (from, to) = match &query.anchor {
            Anchor::First => (0, query.limit.min(store.len())),
            Anchor::Last => (store.len().saturating_sub(query.limit), store.len()),
            Anchor::After(c) => {
                let at = store.partition_point(|n| *n <= place(c));
                (at, (at + query.limit).min(store.len()))
            }
            Anchor::Before(c) => {
                let at = store.partition_point(|n| *n < place(c));
                (at.saturating_sub(query.limit), at)
            }
            Anchor::At(c) => {
                let at = store.partition_point(|n| *n < place(c));
                (at, (at + query.limit).min(store.len()))
            }
        };
        Window {
            rows: store[from..to]
                .iter()
                .map(|n| Listed {
                    cursor: Cursor(n.to_string()),
                    row: *n,
                })
                .collect(),
            total: store.len() as i64,
            position: None,
            has_before: from > 0,
            has_after: to < store.len(),
        }
    }

    fn settle(list: &mut List<i64>, store: &[i64]) {
        for _ in 0..100 {
            let Some(query) = list.wanted(Ts(0)) else {
                return;
            };
            list.take(answer(store, &query));
        }
        panic!("the list never stops asking");
    }

    #[test]
    fn a_hundred_thousand_rows_are_held_as_a_window_near_the_cursor() {
        let store: Vec<i64> = (0..100_000).collect();
        let mut list = List::new(SORTS);
        list.height.set(20);
        settle(&mut list, &store);
        for step in 0..400 {
            list.page_by(1);
            settle(&mut list, &store);
            assert!(list.loaded() <= WINDOW_ROWS_MAX);
            assert_eq!(list.current(), Some(&((step + 1) * 19)));
        }
        for _ in 0..500 {
            list.page_by(-1);
            settle(&mut list, &store);
        }
        assert_eq!((list.position(), list.current()), (0, Some(&0)));
    }

    #[test]
    fn the_end_is_one_question_and_the_way_back_reaches_the_top() {
        let store: Vec<i64> = (0..5_000).collect();
        let mut list = List::new(SORTS);
        list.height.set(10);
        settle(&mut list, &store);
        let query = list.end(Ts(0)).unwrap();
        assert_eq!(query.anchor, Anchor::Last);
        list.take(answer(&store, &query));
        assert_eq!(list.current(), Some(&4_999));
        for _ in 0..600 {
            list.page_by(-1);
            settle(&mut list, &store);
        }
        assert_eq!(list.current(), Some(&0));
    }

    #[test]
    fn the_cursor_stays_on_its_row_when_rows_arrive_above() {
        let store: Vec<i64> = (100..130).collect();
        let mut list = List::new(SORTS);
        list.height.set(10);
        settle(&mut list, &store);
        list.move_by(15);
        let line = list.position() - list.offset();
        let store: Vec<i64> = (95..130).collect();
        list.mark_stale();
        settle(&mut list, &store);
        assert_eq!(list.current(), Some(&115));
        assert_eq!(list.position() - list.offset(), line);
    }

    #[test]
    fn what_comes_in_above_is_seen_while_the_top_is_on_show() {
        let mut list = List::new(SORTS);
        list.height.set(10);
        settle(&mut list, &(50..90).collect::<Vec<_>>());
        list.move_by(2);
        list.mark_stale();
        settle(&mut list, &(47..90).collect::<Vec<_>>());
        assert_eq!(list.current(), Some(&52), "the cursor stays on its row");
        assert_eq!(list.at(list.offset()), Some(&47));
    }

    #[test]
    fn a_list_that_fits_is_shown_whole() {
        let mut list = List::new(SORTS);
        list.height.set(10);
        settle(&mut list, &(0..40).collect::<Vec<_>>());
        list.move_by(30);
        list.mark_stale();
        settle(&mut list, &(28..34).collect::<Vec<_>>());
        assert_eq!((list.current(), list.offset()), (Some(&30), 0));
    }

    #[test]
    fn a_row_that_went_leaves_the_cursor_where_it_was() {
        let mut list = List::new(SORTS);
        settle(&mut list, &(0..10).collect::<Vec<_>>());
        list.move_by(9);
        list.mark_stale();
        settle(&mut list, &(0..5).collect::<Vec<_>>());
        assert_eq!(list.current(), Some(&4));
        list.mark_stale();
        settle(&mut list, &[]);
        assert_eq!((list.current(), list.total()), (None, 0));
    }

    #[test]
    fn marks_are_kept_by_identity() {
        let mut list = List::new(SORTS);
        settle(&mut list, &(0..10).collect::<Vec<_>>());
        list.move_by(3);
        list.toggle_mark();
        list.toggle_mark();
        list.mark_stale();
        settle(&mut list, &(2..10).collect::<Vec<_>>());
        assert_eq!(*list.chosen(), [3, 4]);
    }

    #[test]
    fn a_range_grows_and_shrinks_with_the_cursor_and_keeps_what_was_marked_before() {
        let mut list = List::new(SORTS);
        settle(&mut list, &(0..20).collect::<Vec<_>>());
        list.toggle_mark();
        list.move_by(4);
        list.begin_range();
        list.move_by(5);
        list.move_by(-2);
        assert_eq!((list.marked(), list.is_in_range()), (5, true));
        assert!(list.is_marked(6, &6) && !list.is_marked(9, &9));
        // Rows come in above while the range is open: it stays on its rows.
        list.mark_stale();
        settle(&mut list, &(-3..20).collect::<Vec<_>>());
        assert_eq!(list.end_range(), (4, 4));
        assert_eq!(*list.chosen(), [0, 5, 6, 7, 8]);
        list.unmark_all();
        assert_eq!(*list.chosen(), [8]);
    }

    #[test]
    fn rows_that_were_jumped_over_are_not_marked_unseen() {
        let store: Vec<i64> = (0..5_000).collect();
        let mut list = List::new(SORTS);
        settle(&mut list, &store);
        list.begin_range();
        let query = list.end(Ts(0)).unwrap();
        list.take(answer(&store, &query));
        let (marked, spanned) = list.end_range();
        assert_eq!((marked, spanned), (WINDOW_ROWS, 5_000));
    }

    #[test]
    fn marks_have_a_limit() {
        let mut list: List<i64> = List::new(SORTS);
        let most = i64::try_from(MARKS_MAX).unwrap();
        assert_eq!(list.mark_all(0..most + 5), MARKS_MAX);
        assert_eq!(list.chosen().len(), MARKS_MAX);
    }
}

//! Rows that only moved. A list that goes on by a line changes nearly every cell of the screen; told to move the rows
//! itself, the terminal needs but the new line.

use ratatui::buffer::{Buffer, Cell};
use std::io::Write as _;

/// Furthest move looked for, rows.
const BY_MAX: usize = 3;
/// Fewer moved rows are sent anew.
const ROWS_MIN: usize = 4;

/// Rows `top` to `bottom` (both counted) move by a few rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    top: usize,
    bottom: usize,
    by: usize,
    is_up: bool,
}

impl Shift {
    /// The move that explains most of what changed from one frame to another of the same size, if there is one.
    pub fn find(before: &Buffer, after: &Buffer) -> Option<Self> {
        let (old, new) = (rows(before), rows(after));
        let changed: Vec<usize> = (0..new.len().min(old.len()))
            .filter(|y| old.get(*y) != new.get(*y))
            .collect();
        if changed.len() < ROWS_MIN {
            return None;
        }
        let mut best: Option<(usize, Self)> = None;
        for (by, is_up) in (1..=BY_MAX).flat_map(|by| [(by, true), (by, false)]) {
            let moved: Vec<usize> = changed
                .iter()
                .copied()
                .filter(|y| came_from(*y, by, is_up).and_then(|from| old.get(from)) == new.get(*y))
                .collect();
            let (Some(first), Some(last)) = (moved.first(), moved.last()) else {
                continue;
            };
            if moved.len() >= ROWS_MIN && best.is_none_or(|(most, _)| moved.len() > most) {
                let (top, bottom) = if is_up {
                    (*first, last + by)
                } else {
                    (first.saturating_sub(by), *last)
                };
                let shift = Self {
                    top,
                    bottom,
                    by,
                    is_up,
                };
                best = Some((moved.len(), shift));
            }
        }
        best.map(|(_, shift)| shift)
    }

    /// Tells the terminal, which must be in its plain look. Its cursor stands anywhere afterwards.
    pub fn write(self, out: &mut Vec<u8>) {
        let direction = if self.is_up { 'S' } else { 'T' };
        // Writing into memory cannot fail.
        let _ = write!(
            out,
            "\x1b[{};{}r\x1b[{}{direction}\x1b[r",
            self.top + 1,
            self.bottom + 1,
            self.by
        );
    }

    /// What the terminal shows after that.
    #[must_use]
    pub fn apply(self, before: &Buffer) -> Buffer {
        let mut after = before.clone();
        let columns = columns(before);
        let old = rows(before);
        for y in self.top..=self.bottom {
            let from = came_from(y, self.by, self.is_up)
                .filter(|from| (self.top..=self.bottom).contains(from))
                .and_then(|from| old.get(from));
            let Some(row) = after.content.get_mut(y * columns..(y + 1) * columns) else {
                continue;
            };
            match from {
                Some(from) => row.clone_from_slice(from),
                None => row.fill(Cell::EMPTY),
            }
        }
        after
    }
}

/// The row a row came from.
fn came_from(y: usize, by: usize, is_up: bool) -> Option<usize> {
    if is_up {
        y.checked_add(by)
    } else {
        y.checked_sub(by)
    }
}

fn columns(frame: &Buffer) -> usize {
    usize::from(frame.area.width.max(1))
}

fn rows(frame: &Buffer) -> Vec<&[Cell]> {
    frame.content().chunks(columns(frame)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    fn list(first: usize) -> Buffer {
        let mut frame = Buffer::empty(Rect::new(0, 0, 30, 12));
        frame.set_string(0, 0, "head", Style::new());
        for y in 1..11u16 {
            let text = format!("row {} of many", first + usize::from(y));
            frame.set_string(0, y, text, Style::new());
        }
        frame.set_string(0, 11, "foot", Style::new());
        frame
    }

    #[test]
    fn a_list_that_goes_on_is_a_move_of_its_rows_and_nothing_else() {
        let (before, after) = (list(0), list(1));
        let shift = Shift::find(&before, &after).unwrap();
        assert_eq!((shift.top, shift.bottom, shift.by), (1, 10, 1));
        assert!(shift.is_up);
        let moved = shift.apply(&before);
        let differing: Vec<usize> = rows(&moved)
            .iter()
            .zip(rows(&after))
            .enumerate()
            .filter(|(_, (a, b))| **a != *b)
            .map(|(y, _)| y)
            .collect();
        assert_eq!(differing, [10], "only the new line is left to be sent");
        let back = Shift::find(&after, &before).unwrap();
        assert!(!back.is_up);
        assert_eq!((back.top, back.bottom), (1, 10));
    }

    #[test]
    fn another_page_or_a_few_changed_rows_are_no_move() {
        assert_eq!(Shift::find(&list(0), &list(40)), None);
        let mut few = list(0);
        few.set_string(0, 3, "else", Style::new());
        assert_eq!(Shift::find(&list(0), &few), None);
        assert_eq!(Shift::find(&list(0), &list(0)), None);
    }
}

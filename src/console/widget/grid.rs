//! A table of a window of rows: widths from a declaration, never from the data; columns of less weight drop out as
//! the room narrows; rows that are not loaded yet are dots.

use super::Pen;
use crate::console::theme::Role;
use crate::text;
use ratatui::layout::Rect;

/// Which edge a column's text stands at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub title: &'static str,
    /// Least columns.
    pub min: u16,
    /// Share of the room that is left; 0 stays at `min`.
    pub weight: u16,
    /// 0 always stays; the highest drops out first.
    pub priority: u8,
    pub align: Align,
}

impl Column {
    /// A column of fixed width.
    pub const fn fixed(title: &'static str, columns: u16, priority: u8) -> Self {
        Self {
            title,
            min: columns,
            weight: 0,
            priority,
            align: Align::Left,
        }
    }

    /// A column of figures.
    pub const fn figure(title: &'static str, columns: u16, priority: u8) -> Self {
        Self {
            title,
            min: columns,
            weight: 0,
            priority,
            align: Align::Right,
        }
    }

    /// A column that takes a share of the room.
    pub const fn share(title: &'static str, min: u16, weight: u16, priority: u8) -> Self {
        Self {
            title,
            min,
            weight,
            priority,
            align: Align::Left,
        }
    }
}

/// Text of one cell.
pub type CellText = (String, Role);

/// A row to be drawn.
pub struct Row {
    pub cells: Vec<CellText>,
    pub is_marked: bool,
    /// It changed a moment ago.
    pub is_changed: bool,
}

/// What to draw.
pub struct Grid<'a> {
    pub columns: &'a [Column],
    /// Number of the first visible row.
    pub top: usize,
    pub total: usize,
    /// Number of the row under the cursor; `None` when the cursor is elsewhere.
    pub cursor: Option<usize>,
    pub has_focus: bool,
    /// Sorted column's title and whether it runs downwards, for the header.
    pub sorted: Option<(&'a str, bool)>,
    /// The last column is a remark: the cursor does not light it up, which saves a slow link its bytes.
    pub has_remark: bool,
}

/// The sign of a row that changed a moment ago, the same on every terminal.
const CHANGED: &str = "~";
/// Columns for the cursor and the mark.
const GUTTER: u16 = 2;

/// Widths of the columns in `room`; `None` drops out.
pub fn widths(columns: &[Column], room: u16) -> Vec<Option<u16>> {
    let mut is_in = vec![true; columns.len()];
    let least = |is_in: &[bool]| -> u16 {
        columns
            .iter()
            .zip(is_in)
            .filter(|(_, is_in)| **is_in)
            .map(|(c, _)| c.min + 1)
            .sum::<u16>()
            .saturating_sub(1)
    };
    while least(&is_in) > room {
        let Some(worst) = columns
            .iter()
            .enumerate()
            .filter(|(at, c)| c.priority > 0 && is_in.get(*at) == Some(&true))
            .max_by_key(|(at, c)| (c.priority, *at))
            .map(|(at, _)| at)
        else {
            break;
        };
        if let Some(flag) = is_in.get_mut(worst) {
            *flag = false;
        }
    }
    let mut left = room.saturating_sub(least(&is_in));
    let mut weights: u16 = columns
        .iter()
        .zip(&is_in)
        .filter(|(_, is_in)| **is_in)
        .map(|(c, _)| c.weight)
        .sum();
    columns
        .iter()
        .zip(is_in)
        .map(|(column, is_in)| {
            if !is_in {
                return None;
            }
            let mut width = column.min;
            if column.weight > 0 && weights > 0 {
                let share =
                    u16::try_from(u32::from(left) * u32::from(column.weight) / u32::from(weights))
                        .unwrap_or(0);
                width += share;
                left -= share;
                weights -= column.weight;
            }
            Some(width)
        })
        .collect()
}

impl Grid<'_> {
    /// Draws header and rows; `row` gives the cells of a loaded row.
    pub fn draw(&self, pen: &mut Pen<'_>, area: Rect, row: impl Fn(usize) -> Option<Row>) {
        if area.height == 0 || area.width <= GUTTER {
            return;
        }
        let height = area.height - 1;
        let has_bar = self.total > usize::from(height);
        let bar = if has_bar { 2 } else { 0 };
        let room = area.width.saturating_sub(GUTTER + bar);
        let widths = widths(self.columns, room);
        self.draw_header(pen, area, &widths);
        for line in 0..height {
            let index = self.top + usize::from(line);
            if index >= self.total {
                break;
            }
            let y = area.y + 1 + line;
            let is_cursor = self.cursor == Some(index);
            match row(index) {
                Some(row) => self.draw_row(pen, area, y, &row, &widths),
                None => {
                    let dots = pen.symbols().missing;
                    pen.text(area.x + GUTTER, y, room, dots, Role::Muted);
                }
            }
            if is_cursor {
                let role = if self.has_focus {
                    Role::Selection
                } else {
                    Role::SelectionIdle
                };
                let remark = widths.last().copied().flatten().filter(|_| self.has_remark);
                let width = area.width - u16::from(has_bar) - remark.map_or(0, |w| w + 1);
                pen.fill(Rect::new(area.x, y, width, 1), role);
                let cursor = pen.symbols().cursor;
                if self.has_focus {
                    pen.text(area.x, y, 1, cursor, role);
                }
            }
        }
        if has_bar {
            let x = area.right() - 1;
            scrollbar(pen, x, area.y + 1, height, self.top, self.total);
        }
    }

    fn draw_header(&self, pen: &mut Pen<'_>, area: Rect, widths: &[Option<u16>]) {
        let mut x = area.x + GUTTER;
        for (column, width) in self.columns.iter().zip(widths) {
            let Some(width) = *width else { continue };
            let is_sorted = self.sorted.is_some_and(|(title, _)| title == column.title);
            let role = if is_sorted { Role::Accent } else { Role::Muted };
            match column.align {
                Align::Left => {
                    pen.text(x, area.y, width, column.title, role);
                }
                Align::Right => pen.right(x, area.y, width, column.title, role),
            }
            x += width + 1;
        }
    }

    fn draw_row(&self, pen: &mut Pen<'_>, area: Rect, y: u16, row: &Row, widths: &[Option<u16>]) {
        if row.is_marked {
            let mark = pen.symbols().marked;
            pen.text(area.x + 1, y, 1, mark, Role::Marked);
        } else if row.is_changed {
            pen.text(area.x + 1, y, 1, CHANGED, Role::Accent);
        }
        let mut x = area.x + GUTTER;
        for ((column, width), (text, role)) in self.columns.iter().zip(widths).zip(&row.cells) {
            let Some(width) = *width else { continue };
            match column.align {
                Align::Left => {
                    pen.text(x, y, width, text, *role);
                }
                Align::Right if text::width(text) <= usize::from(width) => {
                    pen.right(x, y, width, text, *role);
                }
                Align::Right => {
                    pen.text(x, y, width, text, *role);
                }
            }
            x += width + 1;
        }
    }
}

/// A scrollbar of one column.
pub fn scrollbar(pen: &mut Pen<'_>, x: u16, y: u16, height: u16, top: usize, total: usize) {
    let rows = usize::from(height);
    if rows == 0 || total <= rows {
        return;
    }
    let thumb = (rows * rows / total).clamp(1, rows);
    let at = (top * (rows - thumb))
        .div_ceil(total - rows)
        .min(rows - thumb);
    for line in 0..height {
        let inside = (at..at + thumb).contains(&usize::from(line));
        let symbol = if inside {
            pen.symbols().thumb
        } else {
            pen.symbols().track
        };
        pen.text(x, y + line, 1, symbol, Role::Border);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[
        Column::fixed("a", 4, 0),
        Column::share("b", 10, 1, 0),
        Column::share("c", 10, 3, 2),
        Column::figure("d", 6, 1),
    ];

    #[test]
    fn columns_of_less_weight_drop_out_and_the_rest_share_the_room() {
        assert_eq!(
            widths(COLUMNS, 33),
            vec![Some(4), Some(10), Some(10), Some(6)]
        );
        assert_eq!(widths(COLUMNS, 30), vec![Some(4), Some(18), None, Some(6)]);
        assert_eq!(widths(COLUMNS, 20), vec![Some(4), Some(15), None, None]);
        let wide: u16 = widths(COLUMNS, 100).into_iter().flatten().sum();
        assert_eq!(wide + 3, 100);
    }

    #[test]
    fn no_room_at_all_is_no_trouble() {
        assert_eq!(widths(COLUMNS, 0).len(), 4);
    }
}

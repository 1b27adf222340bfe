//! Aligned tables that fit the terminal: the widest text columns give way first, foreign text is cleaned again.

use crate::text::{clean, truncate, width};

/// How a column's cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    /// For numbers.
    Right,
}

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Title, also the CSV header.
    pub title: &'static str,
    pub align: Align,
}

impl Column {
    /// A text column.
    pub const fn text(title: &'static str) -> Self {
        Self {
            title,
            align: Align::Left,
        }
    }

    /// A number column: never narrowed, never marked as a formula in CSV.
    pub const fn number(title: &'static str) -> Self {
        Self {
            title,
            align: Align::Right,
        }
    }
}

/// Rows of text under columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<String>>,
}

/// Blanks between columns.
const GAP: usize = 2;
/// A text column is not narrowed below this many columns of the terminal.
const NARROWEST: usize = 6;

impl Table {
    /// A table without rows.
    pub fn new(columns: &[Column]) -> Self {
        Self {
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; missing cells are empty, surplus ones are left out.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let mut row: Vec<String> = cells.into_iter().map(|c| clean(&c)).collect();
        row.resize(self.columns.len(), String::new());
        self.rows.push(row);
    }

    /// The table as text. `columns_max` is the terminal's width; `None` does not narrow (output into a file).
    pub fn show(&self, columns_max: Option<usize>) -> String {
        let widths = self.widths(columns_max);
        let mut out = String::new();
        let titles: Vec<String> = self
            .columns
            .iter()
            .map(|c| c.title.to_uppercase())
            .collect();
        self.line(&mut out, &titles, &widths);
        for row in &self.rows {
            self.line(&mut out, row, &widths);
        }
        out
    }

    fn widths(&self, columns_max: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let widest = self.rows.iter().map(|r| width(&r[at])).max().unwrap_or(0);
                widest.max(width(column.title))
            })
            .collect();
        let Some(most) = columns_max else {
            return widths;
        };
        let gaps = GAP * widths.len().saturating_sub(1);
        // The widest text column gives way, one column of the terminal at a time, until the line fits.
        while widths.iter().sum::<usize>() + gaps > most {
            let widest = self
                .columns
                .iter()
                .enumerate()
                .filter(|(at, c)| c.align == Align::Left && widths[*at] > NARROWEST)
                .max_by_key(|(at, _)| widths[*at])
                .map(|(at, _)| at);
            match widest {
                Some(at) => widths[at] -= 1,
                None => break,
            }
        }
        widths
    }

    fn line(&self, out: &mut String, cells: &[String], widths: &[usize]) {
        let mut line = String::new();
        for (at, column) in self.columns.iter().enumerate() {
            let cell = truncate(&cells[at], widths[at]);
            let blank = " ".repeat(widths[at].saturating_sub(width(&cell)));
            if at > 0 {
                line.push_str(&" ".repeat(GAP));
            }
            match column.align {
                Align::Left => {
                    line.push_str(&cell);
                    line.push_str(&blank);
                }
                Align::Right => {
                    line.push_str(&blank);
                    line.push_str(&cell);
                }
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table() -> Table {
        let mut table = Table::new(&[
            Column::text("order"),
            Column::number("units"),
            Column::text("blocked by"),
        ]);
        table.row([
            "100123".into(),
            "3".into(),
            "postal service \"Tracked 48\" has no carrier service".into(),
        ]);
        table.row(["9".into(), "12".into(), String::new()]);
        table
    }

    #[test]
    fn numbers_stand_right_and_no_line_ends_in_blanks() {
        assert_eq!(
            table().show(None),
            "ORDER   UNITS  BLOCKED BY\n\
             100123      3  postal service \"Tracked 48\" has no carrier service\n\
             9          12\n"
        );
    }

    #[test]
    fn the_widest_text_gives_way_to_the_terminal() {
        assert_eq!(
            table().show(Some(34)),
            "ORDER   UNITS  BLOCKED BY\n\
             100123      3  postal service \"Tr…\n\
             9          12\n"
        );
    }

    #[test]
    fn an_escape_sequence_in_a_cell_does_not_reach_the_terminal() {
        let mut table = Table::new(&[Column::text("name")]);
        table.row(["\u{1b}[2JPat\r\nSample".to_owned()]);
        assert_eq!(table.show(None), "NAME\nPat  Sample\n");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_terminal(cells in proptest::collection::vec("\\PC{0,60}", 6), most in 30usize..120) {
            let mut table = Table::new(&[Column::text("a"), Column::text("b"), Column::text("c")]);
            table.row(cells[..3].to_vec());
            table.row(cells[3..].to_vec());
            for line in table.show(Some(most)).lines() {
                prop_assert!(width(line) <= most);
            }
        }
    }
}

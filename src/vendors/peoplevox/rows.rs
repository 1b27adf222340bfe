//! Cells to values: which column is where, and what a cell must hold. Nothing is guessed: a cell that is not what it
//! should be is an error that names the row and the column.

use super::dates::{self, DateFault, YearHint};
use super::names::{DELETED_MARK, Names};
use super::sheet::Sheet;
use crate::domain::delivery::AnswerClass;
use crate::domain::time::Ts;
use crate::text::{clean, clean_to};
use crate::vendors::transport::TEXT_CHARS_MAX;
use crate::vendors::{Answer, CallError, Page};

/// Largest quantity that is believed, in either direction.
pub const QTY_MAX: i64 = 1_000_000_000;

/// A sheet as fetched, with the call's name for errors.
#[derive(Debug)]
pub(super) struct Fetched {
    pub title: String,
    /// Our name of the template or report, for aliases.
    pub name: &'static str,
    pub sheet: Sheet,
    /// Rows matching over all pages, as the vendor counts them.
    pub total: Option<i64>,
}

/// An answer that cannot be believed.
pub(super) fn malformed(title: &str, why: &str) -> CallError {
    CallError::new(
        AnswerClass::Malformed,
        clean_to(&format!("{title}: {why}"), TEXT_CHARS_MAX),
    )
}

impl Fetched {
    /// An error about this answer.
    pub fn fault(&self, why: &str) -> CallError {
        malformed(&self.title, why)
    }

    /// Rows on this page before any of ours are left out.
    pub fn count(&self) -> usize {
        self.sheet.rows.len()
    }

    /// The vendor's count of matching rows, unless it is smaller than what is here and so counts something else.
    fn believed_total(&self) -> Option<usize> {
        self.total
            .and_then(|n| usize::try_from(n).ok())
            .filter(|n| *n >= self.count())
    }

    /// For reads of all rows at once: nothing may be left behind.
    ///
    /// # Errors
    /// Malformed when the vendor counts more rows than it gave.
    pub fn expect_all(&self) -> Answer<()> {
        match self.believed_total() {
            Some(total) if total > self.count() => Err(self.fault(&format!(
                "{} rows of {total} came although all were asked for",
                self.count()
            ))),
            _ => Ok(()),
        }
    }

    /// Wraps rows into a page and decides whether it is the last: fewer rows than asked, or `page × size` reaches the vendor's count.
    /// A full page whose size equals the count is not yet the last, because some servers may count the page only.
    ///
    /// # Errors
    /// Malformed when a short page contradicts the count: the server cut it.
    pub fn page<T>(&self, rows: Vec<T>, page: u32, size: u32) -> Answer<Page<T>> {
        let (count, size) = (self.count(), usize::try_from(size).unwrap_or(usize::MAX));
        let before = size.saturating_mul(usize::try_from(page.saturating_sub(1)).unwrap_or(0));
        let total = self.believed_total();
        let seen = before.saturating_add(count);
        let is_last = if count < size {
            if let Some(total) = total.filter(|t| *t > seen) {
                return Err(self.fault(&format!(
                    "page {page} holds {count} rows of {size} asked for although {total} match"
                )));
            }
            true
        } else if count > size {
            if total.is_none_or(|t| t != count) || page > 1 {
                return Err(self.fault(&format!("{count} rows came where {size} were asked for")));
            }
            true
        } else {
            total.is_some_and(|t| t > count && seen >= t)
        };
        Ok(Page {
            rows,
            total: total.and_then(|t| i64::try_from(t).ok()),
            is_last,
        })
    }

    /// Every row with its number for errors.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.sheet.rows.iter().enumerate().map(|(at, cells)| Row {
            title: &self.title,
            number: at + 1,
            cells,
        })
    }
}

/// Where a column is; reading an absent optional column gives blank text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Col {
    at: Option<usize>,
    name: &'static str,
}

/// Finds columns and collects all that are missing, so that one error names every one.
pub(super) struct Cols<'a> {
    names: &'a Names,
    fetched: &'a Fetched,
    missing: Vec<String>,
}

impl<'a> Cols<'a> {
    pub fn new(names: &'a Names, fetched: &'a Fetched) -> Self {
        Self {
            names,
            fetched,
            missing: Vec::new(),
        }
    }

    /// A column that may be absent; `others` are further spellings seen in the wild.
    pub fn maybe(&self, name: &'static str, others: &[&str]) -> Col {
        let at = self
            .names
            .column(self.fetched.name, name)
            .and_then(|alias| {
                let spellings: Vec<&str> = std::iter::once(alias)
                    .chain(others.iter().copied())
                    .collect();
                self.fetched.sheet.position(&spellings)
            });
        Col { at, name }
    }

    /// A column that must be there.
    pub fn need(&mut self, name: &'static str, others: &[&str]) -> Col {
        let col = self.maybe(name, others);
        if col.at.is_none() {
            self.missing.push(format!("{name:?}"));
        }
        col
    }

    /// Ends the search.
    ///
    /// # Errors
    /// Malformed naming every missing column. A wholly blank answer is fine only when nothing matches.
    pub fn finish(self) -> Answer<()> {
        if self.fetched.sheet.is_blank() {
            return match self.fetched.total {
                Some(0) => Ok(()),
                _ => Err(self.fetched.fault("no header and no rows came")),
            };
        }
        if self.missing.is_empty() {
            return Ok(());
        }
        Err(self.fetched.fault(&format!(
            "columns missing: {}; add them to the template or name their aliases",
            self.missing.join(", ")
        )))
    }
}

/// One row being read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    title: &'a str,
    number: usize,
    cells: &'a [String],
}

impl Row<'_> {
    /// An error about a cell.
    fn fault(&self, col: Col, why: &str) -> CallError {
        malformed(
            self.title,
            &format!("row {}, {:?}: {why}", self.number, col.name),
        )
    }

    fn raw(&self, col: Col) -> &str {
        col.at
            .and_then(|at| self.cells.get(at))
            .map_or("", String::as_str)
    }

    /// Cleaned text; blank when absent.
    pub fn text(&self, col: Col) -> String {
        clean(self.raw(col))
    }

    /// Cleaned text that must not be blank.
    pub fn key(&self, col: Col) -> Answer<String> {
        let text = self.text(col);
        if text.trim().is_empty() {
            return Err(self.fault(col, "blank where a key is due"));
        }
        Ok(text)
    }

    /// A key without the mark of deleted records, and whether it had none.
    pub fn live_key(&self, col: Col) -> Answer<(String, bool)> {
        let text = self.key(col)?;
        if !text.contains(DELETED_MARK) {
            return Ok((text, true));
        }
        let bare = text.replace(DELETED_MARK, "");
        if bare.trim().is_empty() {
            return Err(self.fault(col, "nothing but the mark of deleted records"));
        }
        Ok((bare, false))
    }

    /// A whole number; decimals only when they are zeros.
    pub fn whole(&self, col: Col) -> Answer<i64> {
        let text = self.raw(col).trim();
        let (units, decimals) = text.split_once('.').unwrap_or((text, ""));
        let is_whole = decimals.bytes().all(|b| b == b'0');
        let is_plain = units
            .strip_prefix('-')
            .unwrap_or(units)
            .bytes()
            .all(|b| b.is_ascii_digit());
        units
            .parse::<i64>()
            .ok()
            .filter(|n| is_whole && is_plain && n.abs() <= QTY_MAX)
            .ok_or_else(|| {
                let shown = clean_to(text, 40);
                self.fault(col, &format!("{shown:?} is not a whole number we believe"))
            })
    }

    /// A whole number that is not negative.
    pub fn quantity(&self, col: Col) -> Answer<i64> {
        let n = self.whole(col)?;
        if n < 0 {
            return Err(self.fault(col, &format!("{n} is a negative quantity")));
        }
        Ok(n)
    }

    /// Yes or no; blank is no.
    pub fn flag(&self, col: Col) -> Answer<bool> {
        let text = self.raw(col).trim().to_ascii_lowercase();
        match text.as_str() {
            "true" | "1" | "yes" | "y" => Ok(true),
            "false" | "0" | "no" | "n" | "" => Ok(false),
            _ => {
                let shown = clean_to(&text, 40);
                Err(self.fault(col, &format!("{shown:?} is neither true nor false")))
            }
        }
    }

    /// A date that must be there.
    pub fn date(&self, col: Col, hint: YearHint) -> Answer<Ts> {
        dates::read(self.raw(col), hint).map_err(|e| self.fault(col, &e.to_string()))
    }

    /// Two dates of one row that may be absent; when one of them lacks its year, the other tells it.
    pub fn dates(&self, a: Col, b: Col) -> Answer<(Option<Ts>, Option<Ts>)> {
        let plain = |col| dates::read_optional(self.raw(col), YearHint::None);
        let near = |col, other: &Result<Option<Ts>, DateFault>| {
            let hint = match other {
                Ok(Some(at)) => YearHint::Near(*at),
                _ => YearHint::None,
            };
            dates::read_optional(self.raw(col), hint).map_err(|e| self.fault(col, &e.to_string()))
        };
        let (first, second) = (plain(a), plain(b));
        Ok((near(a, &second)?, near(b, &first)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fetched(rows: usize, total: Option<i64>) -> Fetched {
        let text = format!("n\n{}", "1\n".repeat(rows));
        Fetched {
            title: "GetData X".to_owned(),
            name: "X",
            sheet: Sheet::read(&text).unwrap(),
            total,
        }
    }

    #[test]
    fn a_page_is_the_last_by_its_length_or_by_the_count() {
        for (rows, total, page, expected) in [
            (5, Some(5), 1, Some(true)),
            (5, None, 1, Some(true)),
            (0, Some(0), 1, Some(true)),
            (10, Some(25), 1, Some(false)),
            (10, Some(20), 2, Some(true)),
            (10, None, 1, Some(false)),
            (10, Some(10), 1, Some(false)),
            (0, Some(10), 2, Some(true)),
            (5, Some(25), 3, Some(true)),
            (5, Some(5), 3, Some(true)),
            (25, Some(25), 1, Some(true)),
            (5, Some(25), 1, None),
            (25, None, 1, None),
            (5, Some(3), 1, Some(true)),
        ] {
            let page_of = fetched(rows, total).page(vec![(); rows], page, 10);
            let got = page_of.ok().map(|p| p.is_last);
            assert_eq!(got, expected, "{rows} of {total:?} on page {page}");
        }
        assert!(fetched(5, Some(9)).expect_all().is_err());
        assert!(fetched(5, Some(5)).expect_all().is_ok());
    }

    #[test]
    fn quantities_must_be_whole_and_sane() {
        let names = Names::default();
        for (text, expected) in [
            ("3", Some(3)),
            ("3.00", Some(3)),
            ("-2", Some(-2)),
            (" 7 ", Some(7)),
            ("2.5", None),
            ("1e30", None),
            ("NaN", None),
            ("+3", None),
            ("", None),
            ("99999999999", None),
            ("999999999999999999999999", None),
        ] {
            let mut f = fetched(0, None);
            f.sheet.rows = vec![vec![text.to_owned()]];
            let col = Cols::new(&names, &f).maybe("n", &[]);
            let got = f.rows().next().unwrap().whole(col).ok();
            assert_eq!(got, expected, "{text}");
        }
    }
}

//! What is written to a file and how: the whole list on show, or the page on show.

use super::super::export::{ExportJob, What};
use super::super::key::{Code, Key};
use super::Out;
use crate::report::export::ListFormat;

/// The layer.
#[derive(Debug, Clone)]
pub struct ExportSheet {
    pub title: String,
    /// Rows that match; `None` for a page.
    pub rows: Option<usize>,
    pub format: ListFormat,
    /// Hidden columns too.
    pub is_all: bool,
    /// There are hidden columns to choose.
    pub has_hidden: bool,
    pub note: Option<String>,
    stem: String,
    what: What,
}

impl ExportSheet {
    /// For a list of so many rows.
    pub fn of_list(title: String, stem: String, rows: usize, what: What) -> Self {
        Self {
            title,
            rows: Some(rows),
            format: ListFormat::Csv,
            is_all: false,
            has_hidden: true,
            note: None,
            stem,
            what,
        }
    }

    /// For a list that is on the screen as a whole, with all its columns.
    pub fn of_short(title: String, stem: String, rows: usize, what: What) -> Self {
        Self {
            has_hidden: false,
            ..Self::of_list(title, stem, rows, what)
        }
    }

    /// For a page: a text, not a table.
    pub fn of_page(title: String, stem: String, text: String) -> Self {
        Self {
            title,
            rows: None,
            format: ListFormat::Markdown,
            is_all: false,
            has_hidden: false,
            note: None,
            stem,
            what: What::Page(text),
        }
    }

    /// Why a format cannot be had here.
    pub fn refusal(&self, format: ListFormat) -> Option<&'static str> {
        (self.rows.is_none() && format != ListFormat::Markdown)
            .then_some("a page is a text, not a table")
    }

    /// The file as it will be called when nothing of that name is there.
    pub fn file_name(&self) -> String {
        format!("{}.{}", self.stem, self.format.extension())
    }

    fn choose(&mut self, format: ListFormat) {
        match self.refusal(format) {
            Some(why) => self.note = Some(format!("{}: {why}", format.title())),
            None => self.format = format,
        }
    }

    fn step(&mut self, by: isize) {
        let all = ListFormat::ALL;
        let at = all.iter().position(|f| *f == self.format).unwrap_or(0);
        let to = (at.cast_signed() + by).clamp(0, all.len().cast_signed() - 1);
        if let Some(format) = all.get(to.unsigned_abs()) {
            self.choose(*format);
        }
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Vec<Out> {
        self.note = None;
        match key.code {
            Code::Esc | Code::Char('q') => return vec![Out::Close],
            Code::Up | Code::Char('k') => self.step(-1),
            Code::Down | Code::Char('j') => self.step(1),
            Code::Char('c') => self.choose(ListFormat::Csv),
            Code::Char('s') => self.choose(ListFormat::Json),
            Code::Char('m') => self.choose(ListFormat::Markdown),
            Code::Char('a') if self.has_hidden => self.is_all = !self.is_all,
            Code::Enter => {
                let job = ExportJob {
                    stem: self.stem.clone(),
                    format: self.format,
                    is_all: self.is_all,
                    what: self.what.clone(),
                };
                return vec![Out::Close, Out::Export(job)];
            }
            _ => {}
        }
        Vec::new()
    }
}

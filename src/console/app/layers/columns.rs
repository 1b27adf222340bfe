//! The columns of the list on show: which, in which order, sorted by which. The list changes behind the layer.

use super::super::key::{Code, Key};
use super::super::list::Sort;
use super::Out;
use crate::domain::columns::Layout;
use crate::domain::views::ListName;
use crate::report::columns::{Sortable, Spec};

/// Lines of a page of the sheet.
const PAGE_ROWS: usize = 10;

/// A column of the sheet.
#[derive(Debug, Clone)]
pub struct Item {
    pub spec: Spec,
    pub is_shown: bool,
}

/// The sheet.
#[derive(Debug, Clone)]
pub struct ColumnsSheet {
    pub list: ListName,
    /// In the order they stand in.
    pub items: Vec<Item>,
    pub cursor: usize,
    /// The order of the list now: its name, and whether it falls.
    pub order: (&'static str, bool),
    /// What was just done or could not be.
    pub note: Option<String>,
    /// How the list is declared.
    declared: Vec<Spec>,
    sorts: &'static [Sort],
    is_changed: bool,
}

impl ColumnsSheet {
    /// The sheet of a list with this layout, sorted so.
    pub fn new(
        list: ListName,
        declared: Vec<Spec>,
        layout: &Layout,
        sorts: &'static [Sort],
        order: (&'static str, bool),
    ) -> Self {
        let mut sheet = Self {
            list,
            items: Vec::new(),
            cursor: 0,
            order,
            note: None,
            declared,
            sorts,
            is_changed: false,
        };
        sheet.lay_out(layout);
        sheet
    }

    fn lay_out(&mut self, layout: &Layout) {
        let known: Vec<(&str, bool)> = self.declared.iter().map(|s| (s.name, s.is_shown)).collect();
        self.items = layout
            .arrange(&known)
            .into_iter()
            .filter_map(|(at, is_shown)| {
                let spec = *self.declared.get(at)?;
                Some(Item { spec, is_shown })
            })
            .collect();
    }

    /// The layout the sheet shows; as declared is none at all.
    pub fn layout(&self) -> Layout {
        let is_declared = self
            .items
            .iter()
            .map(|i| (i.spec.name, i.is_shown))
            .eq(self.declared.iter().map(|s| (s.name, s.is_shown)));
        if is_declared {
            return Layout::default();
        }
        Layout::of(self.items.iter().map(|i| (i.spec.name, i.is_shown)))
    }

    /// The column of the order the list stands in.
    pub fn is_sorted_by(&self, spec: &Spec) -> bool {
        spec.sort == Sortable::By(self.order.0)
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Vec<Out> {
        let last = self.items.len().saturating_sub(1);
        if !matches!(key.code, Code::Esc) {
            self.note = None;
        }
        match key.code {
            Code::Esc | Code::Char('q' | 'T') => return self.close(),
            Code::Up | Code::Char('k') => self.cursor = self.cursor.saturating_sub(1),
            Code::Down | Code::Char('j') => self.cursor = (self.cursor + 1).min(last),
            Code::PageUp => self.cursor = self.cursor.saturating_sub(PAGE_ROWS),
            Code::PageDown => self.cursor = (self.cursor + PAGE_ROWS).min(last),
            Code::Home | Code::Char('g') => self.cursor = 0,
            Code::End | Code::Char('G') => self.cursor = last,
            Code::Char(' ') => return self.toggle(),
            Code::Char('[' | '<') => return self.shift(-1),
            Code::Char(']' | '>') => return self.shift(1),
            Code::Enter | Code::Char('s') => return self.sort(),
            Code::Char('r') => {
                self.lay_out(&Layout::default());
                self.note = Some("as the list is declared".to_owned());
                return self.changed();
            }
            _ => {}
        }
        Vec::new()
    }

    fn close(&self) -> Vec<Out> {
        let mut out = vec![Out::Close];
        if self.is_changed {
            out.push(Out::KeepColumns(self.list, self.layout()));
        }
        out
    }

    fn changed(&mut self) -> Vec<Out> {
        self.is_changed = true;
        vec![Out::Columns(self.list, self.layout())]
    }

    fn toggle(&mut self) -> Vec<Out> {
        let shown = self.items.iter().filter(|i| i.is_shown).count();
        let Some(item) = self.items.get_mut(self.cursor) else {
            return Vec::new();
        };
        if item.is_shown && shown == 1 {
            self.note = Some("one column at least stays on show".to_owned());
            return Vec::new();
        }
        item.is_shown = !item.is_shown;
        self.changed()
    }

    fn shift(&mut self, by: isize) -> Vec<Out> {
        let to = self.cursor.saturating_add_signed(by);
        if to == self.cursor || to >= self.items.len() {
            return Vec::new();
        }
        self.items.swap(self.cursor, to);
        self.cursor = to;
        self.changed()
    }

    fn sort(&mut self) -> Vec<Out> {
        let Some(item) = self.items.get(self.cursor) else {
            return Vec::new();
        };
        let name = match item.spec.sort {
            Sortable::By(name) => name,
            Sortable::No(why) => {
                let title = item.spec.title;
                self.note = Some(format!("the list cannot be sorted by {title}: {why}"));
                return Vec::new();
            }
        };
        let natural = self.sorts.iter().find(|s| s.name == name);
        let is_falling = if self.order.0 == name {
            !self.order.1
        } else {
            natural.is_some_and(|s| s.is_falling)
        };
        self.order = (name, is_falling);
        vec![Out::SortBy(self.list, name, is_falling)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::panes::orders::SORTS;
    use crate::report::columns::specs;

    fn sheet() -> ColumnsSheet {
        let list = ListName::Orders;
        ColumnsSheet::new(
            list,
            specs(list),
            &Layout::default(),
            SORTS,
            ("received", true),
        )
    }

    #[test]
    fn a_column_is_hidden_moved_and_put_back() {
        let mut sheet = sheet();
        sheet.key(Key::char(' '));
        assert!(!sheet.items[0].is_shown);
        let out = sheet.key(Key::char(']'));
        let [Out::Columns(ListName::Orders, layout)] = out.as_slice() else {
            panic!("{out:?}")
        };
        assert!(
            layout.to_string().starts_with("state,-number,promise"),
            "{layout}"
        );
        sheet.key(Key::char('r'));
        assert!(sheet.layout().is_declared());
        let out = sheet.key(Key::plain(Code::Esc));
        assert!(matches!(out.as_slice(), [Out::Close, Out::KeepColumns(..)]));
    }

    #[test]
    fn what_no_index_has_cannot_be_sorted_by_and_says_so() {
        let mut sheet = sheet();
        let out = sheet.key(Key::char('s'));
        assert!(
            matches!(
                out.as_slice(),
                [Out::SortBy(ListName::Orders, "number", false)]
            ),
            "{out:?}"
        );
        let out = sheet.key(Key::plain(Code::Enter));
        assert!(matches!(out.as_slice(), [Out::SortBy(_, "number", true)]));
        for _ in 0..4 {
            sheet.key(Key::char('j'));
        }
        assert!(sheet.key(Key::char('s')).is_empty());
        let note = sheet.note.unwrap();
        assert!(
            note.contains("sorted by service: no index of orders"),
            "{note}"
        );
    }

    #[test]
    fn the_last_column_stays() {
        let mut sheet = sheet();
        for _ in 0..sheet.items.len() {
            if sheet.items[sheet.cursor].is_shown {
                sheet.key(Key::char(' '));
            }
            sheet.key(Key::char('j'));
        }
        assert_eq!(sheet.items.iter().filter(|i| i.is_shown).count(), 1);
    }
}

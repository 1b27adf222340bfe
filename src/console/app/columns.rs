//! The columns of lists as the person at the screen wants them, and the orders of the list on show.

use super::App;
use super::ask::Act;
use super::layers::Layer;
use super::layers::columns::ColumnsSheet;
use super::list::Sort;
use super::panes;
use crate::domain::columns::{KeptLayout, Layout};
use crate::domain::views::ListName;
use crate::report::columns::specs;
use std::collections::BTreeMap;

/// Layouts by list.
#[derive(Debug, Clone, Default)]
pub struct Layouts {
    by_list: BTreeMap<ListName, Layout>,
    /// Those of the store were taken; from then on what is done here goes before.
    is_known: bool,
    declared: Layout,
}

impl Layouts {
    /// Takes what the store keeps, once.
    pub(super) fn take(&mut self, kept: &[KeptLayout]) {
        if !self.is_known {
            self.is_known = true;
            for one in kept {
                let vacant = self.by_list.entry(one.list);
                vacant.or_insert_with(|| one.layout.clone());
            }
        }
    }
}

/// What a list can be sorted by.
const fn sorts_of(list: ListName) -> &'static [Sort] {
    match list {
        ListName::Exceptions => panes::exceptions::SORTS,
        ListName::Orders => panes::orders::SORTS,
        ListName::Mappings => panes::mappings::SORTS,
        ListName::Stock => panes::stock::SORTS,
        ListName::Lanes => panes::stock::LANE_SORTS,
        ListName::Returns => panes::returns::SORTS,
        ListName::Audit => panes::audit::SORTS,
        ListName::Deliveries => &[],
    }
}

impl App {
    /// How the columns of a list stand.
    pub fn layout(&self, list: ListName) -> &Layout {
        let layouts = &self.layouts;
        layouts.by_list.get(&list).unwrap_or(&layouts.declared)
    }

    /// Shows the list's columns so, for now.
    pub(super) fn lay_out(&mut self, list: ListName, layout: Layout) {
        self.layouts.by_list.insert(list, layout);
        self.is_dirty = true;
    }

    /// Keeps them for the next time; a session that may not write has them for itself.
    pub(super) fn keep_columns(&mut self, list: ListName, layout: Layout) {
        if !self.options.is_read_only {
            self.act(Act::KeepColumns { list, layout });
        }
    }

    /// Opens the sheet of columns of the list on show.
    pub(super) fn open_columns(&mut self) {
        let Some(list) = self.list_here() else {
            return;
        };
        let sheet = ColumnsSheet::new(
            list,
            specs(list),
            self.layout(list),
            sorts_of(list),
            self.order_here(),
        );
        self.push_layer(Layer::Columns(sheet));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_of_the_console_offers_the_orders_of_the_store() {
        for list in ListName::ALL.iter().copied() {
            let offered: Vec<&str> = sorts_of(list).iter().map(|s| s.name).collect();
            for name in list.sorts() {
                let is_screenless = list == ListName::Deliveries;
                assert!(is_screenless || offered.contains(name), "{list}: {name}");
            }
            assert!(
                offered.iter().all(|name| list.sorts().contains(name)),
                "{list}"
            );
        }
    }

    #[test]
    fn what_was_done_here_goes_before_what_the_store_kept() {
        let mut layouts = Layouts::default();
        let kept = |text: &str| KeptLayout {
            list: ListName::Orders,
            layout: Layout::parse(text),
        };
        layouts.take(&[kept("number")]);
        layouts.take(&[kept("state")]);
        let layout = layouts.by_list.get(&ListName::Orders);
        assert_eq!(layout, Some(&Layout::parse("number")));
    }
}

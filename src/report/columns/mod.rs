//! The columns of every list, declared once: the console draws them, exports write them, `list` verbs print them.
//!
//! What stands in a declaration can be exported; the console only says how a cell of it looks. A column that is not on
//! show until somebody chooses it is drawn as it is exported.

mod exceptions;
mod goods;
mod live;
mod orders;
mod records;

pub use exceptions::EXCEPTIONS;
pub use goods::{LANES, RETURNS, STOCK};
pub use live::{BUDGETS, BudgetLine, FLOWS, UNMAPPED};
pub use orders::ORDERS;
pub use records::{AUDIT, DELIVERIES, MAPPINGS};

use crate::domain::columns::Layout;
use crate::domain::time::Ts;
use crate::domain::views::ListName;

/// What can be read of a row for a column.
pub enum Value<R> {
    Text(fn(&R) -> String),
    /// A number without separators, `1520.00`; empty where there is none.
    Figure(fn(&R) -> String),
    Time(fn(&R) -> Option<Ts>),
}

/// Whether a list can be sorted by a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sortable {
    /// By this order of the list.
    By(&'static str),
    /// Why not.
    No(&'static str),
}

/// What is known of a column whatever its rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// Stable: kept layouts and exports name it so.
    pub name: &'static str,
    /// What stands above it on the screen.
    pub title: &'static str,
    /// Least columns of the screen.
    pub min: u16,
    /// Share of the room that is left; 0 stays at `min`.
    pub share: u16,
    /// 0 always stays; the highest drops out first where there is no room.
    pub priority: u8,
    /// It stands at the right edge.
    pub is_right: bool,
    /// It holds times: on the screen as an age or a span, in exports in UTC.
    pub is_time: bool,
    pub sort: Sortable,
    /// On show until somebody chooses otherwise.
    pub is_shown: bool,
}

impl Spec {
    /// What stands above it in a file.
    pub fn header(&self) -> String {
        if self.is_time {
            format!("{} (UTC)", self.name)
        } else {
            self.name.to_owned()
        }
    }
}

/// A column of a list of `R`.
pub struct ListColumn<R: 'static> {
    pub spec: Spec,
    pub value: Value<R>,
}

impl<R: 'static> ListColumn<R> {
    const fn new(name: &'static str, title: &'static str, min: u16, value: Value<R>) -> Self {
        Self {
            spec: Spec {
                name,
                title,
                min,
                share: 0,
                priority: 0,
                is_right: matches!(value, Value::Figure(_)),
                is_time: matches!(value, Value::Time(_)),
                sort: Sortable::No("the list has no order by it"),
                is_shown: true,
            },
            value,
        }
    }

    /// A column of text.
    pub(super) const fn text(
        name: &'static str,
        title: &'static str,
        min: u16,
        value: fn(&R) -> String,
    ) -> Self {
        Self::new(name, title, min, Value::Text(value))
    }

    /// A column of figures.
    pub(super) const fn figure(
        name: &'static str,
        title: &'static str,
        min: u16,
        value: fn(&R) -> String,
    ) -> Self {
        Self::new(name, title, min, Value::Figure(value))
    }

    /// A column of times.
    pub(super) const fn time(
        name: &'static str,
        title: &'static str,
        min: u16,
        value: fn(&R) -> Option<Ts>,
    ) -> Self {
        Self::new(name, title, min, Value::Time(value)).right()
    }

    /// At the right edge.
    const fn right(mut self) -> Self {
        self.spec.is_right = true;
        self
    }

    /// At the left edge.
    const fn left(mut self) -> Self {
        self.spec.is_right = false;
        self
    }

    /// Taking a share of the room that is left.
    const fn share(mut self, share: u16) -> Self {
        self.spec.share = share;
        self
    }

    /// Dropping out before those with a lower number.
    const fn drops(mut self, priority: u8) -> Self {
        self.spec.priority = priority;
        self
    }

    /// The list can be sorted by it.
    const fn by(mut self, sort: &'static str) -> Self {
        self.spec.sort = Sortable::By(sort);
        self
    }

    /// The list cannot be sorted by it: why.
    const fn unsorted(mut self, why: &'static str) -> Self {
        self.spec.sort = Sortable::No(why);
        self
    }

    /// Not on show until somebody chooses it.
    const fn extra(mut self) -> Self {
        self.spec.is_shown = false;
        self.spec.priority = 10;
        self
    }
}

/// What is known of the columns of a list; empty for a list that declares none.
pub fn specs(list: ListName) -> Vec<Spec> {
    fn of<R>(columns: &[ListColumn<R>]) -> Vec<Spec> {
        columns.iter().map(|c| c.spec).collect()
    }
    match list {
        ListName::Exceptions => of(EXCEPTIONS),
        ListName::Orders => of(ORDERS),
        ListName::Mappings => of(MAPPINGS),
        ListName::Stock => of(STOCK),
        ListName::Lanes => of(LANES),
        ListName::Returns => of(RETURNS),
        ListName::Audit => of(AUDIT),
        ListName::Deliveries => Vec::new(),
    }
}

/// Columns with their place in the declaration, in the order of a layout, and whether each is on show.
pub fn arranged<R>(
    columns: &'static [ListColumn<R>],
    layout: &Layout,
) -> Vec<(usize, &'static ListColumn<R>, bool)> {
    let known: Vec<(&str, bool)> = columns
        .iter()
        .map(|c| (c.spec.name, c.spec.is_shown))
        .collect();
    layout
        .arrange(&known)
        .into_iter()
        .filter_map(|(at, is_shown)| Some((at, columns.get(at)?, is_shown)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_name_of_its_own_and_sorts_by_an_order_of_its_list() {
        for list in ListName::ALL.iter().copied() {
            let specs = specs(list);
            for (at, spec) in specs.iter().enumerate() {
                let twins = specs.iter().filter(|s| s.name == spec.name).count();
                assert_eq!(twins, 1, "{list}: {}", spec.name);
                assert!(spec.min > 0, "{list}: {}", spec.name);
                let is_next_shown = specs.get(at + 1).is_some_and(|next| next.is_shown);
                assert!(
                    spec.is_shown || !is_next_shown,
                    "{list}: what is drawn stands first, {} does not",
                    spec.name
                );
                match spec.sort {
                    Sortable::By(sort) => {
                        assert!(list.sorts().contains(&sort), "{list}: {sort}");
                    }
                    Sortable::No(why) => assert!(!why.is_empty(), "{list}: {}", spec.name),
                }
            }
        }
    }

    #[test]
    fn every_order_of_a_list_belongs_to_a_column_of_it() {
        for list in ListName::ALL.iter().copied() {
            let specs = specs(list);
            for sort in list.sorts() {
                let has = specs.iter().any(|s| s.sort == Sortable::By(sort));
                assert!(has || specs.is_empty(), "{list}: {sort}");
            }
        }
    }
}

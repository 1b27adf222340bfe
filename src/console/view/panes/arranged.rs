//! The columns of a list as the person at the screen wants them.

use crate::console::app::App;
use crate::console::app::words;
use crate::console::theme::Role;
use crate::console::widget::grid::{Align, CellText, Column};
use crate::domain::places::Places;
use crate::domain::time::Ts;
use crate::domain::views::ListName;
use crate::report::columns::{ListColumn, Spec, Value, arranged};

/// Columns on show, and how each cell is found.
pub(super) struct Arranged<'a, R: 'static> {
    pub columns: Vec<Column>,
    picks: Vec<(usize, &'static ListColumn<R>)>,
    /// Columns of the declaration that the pane draws itself.
    drawn: usize,
    now: Ts,
    places: &'a Places,
}

impl<'a, R: 'static> Arranged<'a, R> {
    /// Those of a list, in the order chosen.
    pub(super) fn of(app: &'a App, list: ListName, declared: &'static [ListColumn<R>]) -> Self {
        let layout = app.layout(list);
        let shown = arranged(declared, layout)
            .into_iter()
            .filter(|(_, _, is_shown)| *is_shown);
        let picks: Vec<_> = shown.map(|(at, column, _)| (at, column)).collect();
        Self {
            columns: picks
                .iter()
                .enumerate()
                .map(|(place, (_, column))| {
                    let column = on_grid(&column.spec);
                    if layout.is_declared() {
                        return column;
                    }
                    // Whoever orders the columns says by it what matters: a narrow screen leaves out from the right.
                    Column {
                        priority: u8::try_from(place).unwrap_or(u8::MAX),
                        ..column
                    }
                })
                .collect(),
            picks,
            drawn: declared.iter().filter(|c| c.spec.is_shown).count(),
            now: app.now,
            places: &app.header.places,
        }
    }

    /// A row's cells: from those drawn in the declared order, or as exported where a column is not drawn of itself.
    pub(super) fn cells(&self, row: &R, mut drawn: Vec<CellText>) -> Vec<CellText> {
        debug_assert_eq!(drawn.len(), self.drawn, "a cell for every column drawn");
        self.picks
            .iter()
            .map(|(at, column)| match drawn.get_mut(*at) {
                Some(cell) => std::mem::replace(cell, (String::new(), Role::Text)),
                None => self.plain(&column.value, row),
            })
            .collect()
    }

    fn plain(&self, value: &Value<R>, row: &R) -> CellText {
        let text = match value {
            Value::Text(of) | Value::Figure(of) => self.places.say(of(row)),
            Value::Time(of) => {
                of(row).map_or_else(|| "–".to_owned(), |at| words::clock(at, self.now))
            }
        };
        (text, Role::Text)
    }
}

const fn on_grid(spec: &Spec) -> Column {
    Column {
        title: spec.title,
        min: spec.min,
        weight: spec.share,
        priority: spec.priority,
        align: if spec.is_right {
            Align::Right
        } else {
            Align::Left
        },
    }
}

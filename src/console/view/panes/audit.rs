//! ```text
//!   time     who        what              on            change                        reason
//! ▌ 14:02:10 pat        mapping.set       mapping TRK48 → TPS48                       exception 7
//! ```

use super::arranged::Arranged;
use super::{draw_list, naming};
use crate::console::app::App;
use crate::console::app::ask::object_label;
use crate::console::app::sheets::change_words;
use crate::console::app::words;
use crate::console::theme::Role;
use crate::console::widget::Pen;
use crate::console::widget::grid::CellText;
use crate::domain::time::Ts;
use crate::domain::views::ListName;
use crate::report::columns;
use crate::store::read::JournalRow;
use ratatui::layout::Rect;

/// Draws the list.
pub fn draw(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let columns = Arranged::of(app, ListName::Audit, columns::AUDIT);
    let empty = "The journal is empty.";
    draw_list(
        pen,
        area,
        &app.panes.audit.list,
        &columns,
        true,
        empty,
        |row| naming(cells(row, app.now), &app.header.places),
    );
}

fn cells(row: &JournalRow, now: Ts) -> Vec<CellText> {
    vec![
        (words::clock(row.at, now), Role::Muted),
        (row.actor.clone(), Role::Text),
        (row.action.clone(), Role::Accent),
        (object_label(&row.object), Role::Text),
        (change_words(&row.before, &row.after), Role::Text),
        (row.reason.clone(), Role::Muted),
        (
            row.pair
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
            Role::Muted,
        ),
    ]
}

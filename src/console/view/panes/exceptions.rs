//! ```text
//!   S  promise   state     what                     value          n team       person age  at stake
//! ▌ S1 late 1h10 new       Delivery service unknown Tracked 48 XL 38 ecommerce         2h    1520.00
//! ```

use super::arranged::Arranged;
use super::{draw_list, naming};
use crate::console::app::App;
use crate::console::app::words;
use crate::console::theme::Role;
use crate::console::widget::Pen;
use crate::console::widget::grid::CellText;
use crate::domain::exception::ExceptionRow;
use crate::domain::time::Ts;
use crate::domain::views::ListName;
use crate::report::columns;
use crate::text;
use ratatui::layout::Rect;

/// Draws the list.
pub fn draw(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let columns = Arranged::of(app, ListName::Exceptions, columns::EXCEPTIONS);
    let pane = &app.panes.exceptions;
    let empty = if pane.team.is_some() || pane.is_mine {
        "Nothing here is open. Tab shows the next team, c everything."
    } else {
        "Nothing is open: the systems agree, or nothing has been compared yet (see 1 Live)."
    };
    draw_list(pen, area, &pane.list, &columns, true, empty, |row| {
        naming(cells(row, app.now), &app.header.places)
    });
}

fn cells(row: &ExceptionRow, now: Ts) -> Vec<CellText> {
    let again = if row.is_regression { "again: " } else { "" };
    vec![
        words::severity(row.severity),
        words::can_wait(row, now),
        words::exception_state(row.state),
        (format!("{again}{}", row.title()), Role::Text),
        (
            words::discriminator_value(&row.discriminator).to_owned(),
            Role::Accent,
        ),
        (row.members.to_string(), Role::Text),
        (row.team.to_string(), Role::Muted),
        (row.person.clone().unwrap_or_default(), Role::Text),
        (words::age(row.began_at, now), Role::Muted),
        (text::money(row.value_minor), Role::Text),
        (row.kind.code().to_owned(), Role::Muted),
        (row.pair.to_string(), Role::Muted),
    ]
}

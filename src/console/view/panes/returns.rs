//! ```text
//!   return       goods             money   next                           due units  age order reason
//! ▌ SL-1001-RT1  not sellable      open    finance: outcome of 1              –   1/2   3d 1001  too small
//! ```

use super::arranged::Arranged;
use super::{draw_list, naming};
use crate::console::app::App;
use crate::console::app::words;
use crate::console::theme::Role;
use crate::console::widget::Pen;
use crate::console::widget::grid::CellText;
use crate::desk::GatedReturn;
use crate::domain::returns::{ReturnLine, given_up_at};
use crate::domain::time::Ts;
use crate::domain::views::ListName;
use crate::report::columns;
use ratatui::layout::Rect;

/// Draws the list.
pub fn draw(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let columns = Arranged::of(app, ListName::Returns, columns::RETURNS);
    let empty = "No return is open. One begins when a customer asks in the sales system, or with \
        Take back on an order; state:closed finds those that are over.";
    draw_list(
        pen,
        area,
        &app.panes.returns.list,
        &columns,
        true,
        empty,
        |row| naming(cells(row, app.now), &app.header.places),
    );
}

/// What it waits for first, and how many things more.
fn next(row: &GatedReturn) -> CellText {
    let steps = row.steps();
    let Some(first) = steps.first() else {
        return ("nothing more".to_owned(), Role::Muted);
    };
    let more = match steps.len() {
        1 => String::new(),
        n => format!(" (+{})", n - 1),
    };
    let role = match (first.is_decision, first.team) {
        (true, _) => Role::Warn,
        (false, Some(_)) => Role::Text,
        (false, None) => Role::Muted,
    };
    (format!("{}{more}", first.in_short()), role)
}

fn cells(row: &GatedReturn, now: Ts) -> Vec<CellText> {
    let held = &row.held;
    let sum = |of: fn(&ReturnLine) -> i64| held.lines.iter().map(of).sum::<i64>();
    let (received, agreed) = (sum(|l| l.received_each), sum(|l| l.authorised_each));
    vec![
        (held.row.reference.to_string(), Role::Text),
        words::return_state(held.row.state),
        words::money_state(held.row.money),
        next(row),
        words::promise(given_up_at(&held.row), now),
        (format!("{received}/{agreed}"), Role::Text),
        (words::age(held.row.created_at, now), Role::Muted),
        (held.lines.len().to_string(), Role::Muted),
        (held.row.order_number.clone(), Role::Text),
        (held.row.reason.clone(), Role::Muted),
        (held.row.authorised_by.clone(), Role::Muted),
        (held.row.pair.to_string(), Role::Muted),
    ]
}

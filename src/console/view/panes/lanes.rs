//! ```text
//!   item        state    head  since waiting  owed orders reason
//! ▌ MUG-RED     refused    +5   2h10      12     0      3 the account is not open in this period …
//! ```

use super::arranged::Arranged;
use super::{draw_list, naming};
use crate::console::app::App;
use crate::console::app::sheets::lane::kind_words;
use crate::console::app::words;
use crate::console::theme::Role;
use crate::console::widget::Pen;
use crate::console::widget::grid::CellText;
use crate::domain::movements::HEAD_AGE_MAX;
use crate::domain::time::Ts;
use crate::domain::views::ListName;
use crate::report::columns;
use crate::store::LaneRow;
use ratatui::layout::Rect;

/// Draws the list.
pub fn draw(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let columns = Arranged::of(app, ListName::Lanes, columns::LANES);
    let empty = "No lane holds anything: sources that keep their own ledger were told of every movement, and nothing is owed.";
    draw_list(
        pen,
        area,
        &app.panes.stock.lanes,
        &columns,
        true,
        empty,
        |row| naming(cells(row, app.now), &app.header.places),
    );
}

fn cells(row: &LaneRow, now: Ts) -> Vec<CellText> {
    let entry = &row.first.entry;
    let head = row.head();
    let is_late = head.is_some() && now.since(row.since()) >= HEAD_AGE_MAX;
    let since = if is_late { Role::Warn } else { Role::Muted };
    let figure = match entry.counted_each.filter(|_| head.is_some()) {
        Some(counted) => format!("={counted}"),
        None => words::signed(entry.movement.delta_each),
    };
    let next = row.first.due_at.filter(|_| head.is_some());
    vec![
        (entry.movement.item.to_string(), Role::Text),
        (row.key.location.to_string(), Role::Muted),
        words::lane_state(row),
        (figure, Role::Text),
        (kind_words(entry), Role::Muted),
        (words::age(row.since(), now), since),
        (row.waiting.to_string(), Role::Text),
        (words::signed(row.pending_each), Role::Text),
        (words::signed(row.owed_each), owed(row.owed)),
        (row.orders.to_string(), held(row.orders)),
        (entry.text.clone(), Role::Muted),
        (
            next.map_or_else(|| "–".to_owned(), |at| words::until(at, now)),
            Role::Muted,
        ),
        (row.pair.to_string(), Role::Muted),
    ]
}

const fn owed(movements: i64) -> Role {
    if movements > 0 {
        Role::Warn
    } else {
        Role::Muted
    }
}

const fn held(orders: i64) -> Role {
    if orders > 0 { Role::Error } else { Role::Muted }
}

//! ```text
//!   number   state        promise  not moving because             service    units    value received
//! ▌ 100123   blocked      45m      delivery service not mapped    Tracked 48     2    40.00       2h
//! ```

use super::arranged::Arranged;
use super::draw_list;
use crate::console::app::App;
use crate::console::app::words;
use crate::console::theme::Role;
use crate::console::widget::Pen;
use crate::console::widget::grid::CellText;
use crate::domain::order::OrderRow;
use crate::domain::time::Ts;
use crate::domain::views::ListName;
use crate::report::columns;
use crate::text;
use ratatui::layout::Rect;

/// Draws the list.
pub fn draw(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let columns = Arranged::of(app, ListName::Orders, columns::ORDERS);
    let empty = "No order has been read yet. The ORDER_PULL flow brings them (see 1 Live).";
    draw_list(
        pen,
        area,
        &app.panes.orders.list,
        &columns,
        true,
        empty,
        |row| cells(row, app.now),
    );
}

fn cells(row: &OrderRow, now: Ts) -> Vec<CellText> {
    let reason = match (&row.held_reason, row.blocked_by.is_empty()) {
        (Some(reason), _) => (format!("held: {reason}"), Role::Warn),
        (None, false) => (row.blocked_by.clone(), Role::Error),
        (None, true) => (String::new(), Role::Muted),
    };
    let promise = if row.state.is_finished() {
        ("kept".to_owned(), Role::Muted)
    } else {
        words::promise(row.ship_by, now)
    };
    vec![
        (row.number.clone(), Role::Text),
        words::order_state(row.state),
        promise,
        reason,
        (row.service.to_string(), Role::Muted),
        (text::money(row.value_minor), Role::Text),
        (row.units.to_string(), Role::Text),
        (words::age(row.received_at, now), Role::Muted),
        (
            row.wms_number
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
            Role::Text,
        ),
        (row.reference.clone(), Role::Muted),
        (row.channel.clone(), Role::Muted),
        (row.pair.to_string(), Role::Muted),
    ]
}

//! ```text
//!   item        location   should  shown    gap   left oversells   at risk says
//! ▌ MUG-RED     North         120    131    +11    +11      2h10    132.00 the source shows too much …
//! ```

use super::arranged::Arranged;
use super::{draw_list, naming};
use crate::console::app::App;
use crate::console::app::sheets::item::suggestion;
use crate::console::app::words;
use crate::console::theme::Role;
use crate::console::widget::Pen;
use crate::console::widget::grid::CellText;
use crate::domain::stock::StockPosition;
use crate::domain::time::Ts;
use crate::domain::views::ListName;
use crate::report::columns;
use crate::text;
use ratatui::layout::Rect;

/// Draws the list.
pub fn draw(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let columns = Arranged::of(app, ListName::Stock, columns::STOCK);
    let empty = "No drift: every figure the source shows is explained, or nothing has been compared yet (see 1 Live). Any item: type its code into Go or do.";
    draw_list(
        pen,
        area,
        &app.panes.stock.list,
        &columns,
        true,
        empty,
        |row| naming(cells(row, app.now), &app.header.places),
    );
}

fn cells(row: &StockPosition, now: Ts) -> Vec<CellText> {
    let (says, role) = match &row.paused_reason {
        Some(reason) => (format!("stopped: {reason}"), Role::Warn),
        None => (suggestion(row), Role::Muted),
    };
    let left = if row.remainder_each == 0 {
        ("0".to_owned(), Role::Ok)
    } else {
        (words::signed(row.remainder_each), Role::Error)
    };
    vec![
        (row.item.to_string(), Role::Text),
        (row.location.to_string(), Role::Muted),
        (row.publish_each.to_string(), Role::Text),
        (
            row.source_each
                .map_or_else(|| "–".to_owned(), |s| s.to_string()),
            Role::Text,
        ),
        (words::signed(row.gap_each), Role::Text),
        left,
        words::oversell(row),
        (text::money(row.value_at_risk_minor), Role::Text),
        (says, role),
        (row.runs.to_string(), Role::Muted),
        (words::age_of(row.drift_since, now), Role::Muted),
        (row.pair.to_string(), Role::Muted),
    ]
}

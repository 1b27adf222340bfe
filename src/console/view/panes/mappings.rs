//! Two lists: values nobody mapped, ranked by the orders they block; below, what is mapped.

use super::arranged::Arranged;
use super::{draw_list, message, naming, part_title};
use crate::console::app::App;
use crate::console::app::layers::mapping::attributes_text;
use crate::console::app::list::Load;
use crate::console::app::panes::mappings::Part;
use crate::console::app::words;
use crate::console::theme::Role;
use crate::console::widget::Pen;
use crate::console::widget::grid::{CellText, Column, Grid, Row};
use crate::domain::mapping::{Mapping, MappingStatus};
use crate::domain::time::Ts;
use crate::domain::views::ListName;
use crate::report::columns;
use ratatui::layout::Rect;

const UNMAPPED: &[Column] = &[
    Column::fixed("kind", 16, 0),
    Column::share("value", 20, 3, 0),
    Column::figure("orders", 7, 0),
    Column::figure("promise", 10, 0),
    Column::share("exception", 10, 1, 1),
];

/// Draws both lists.
pub fn draw(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let pane = &app.panes.mappings;
    if pane.pairs.is_empty() {
        let text = "No pair of systems is known yet.";
        message(pen, area, text, Role::Muted);
        return;
    }
    let rows = u16::try_from(pane.unmapped.len())
        .unwrap_or(u16::MAX)
        .max(1);
    let top = rows.saturating_add(2).min(area.height / 2);
    let above = Rect::new(area.x, area.y, area.width, top);
    let below = Rect::new(area.x, area.y + top, area.width, area.height - top);
    draw_unmapped(app, pen, above);
    let title = "Mapped";
    let has_focus = pane.part == Part::Mapped;
    part_title(
        pen,
        Rect::new(below.x, below.y, below.width, 1),
        title,
        has_focus,
    );
    let list = Rect::new(
        below.x,
        below.y + 1,
        below.width,
        below.height.saturating_sub(1),
    );
    let empty = "Nothing is mapped yet: n maps a value.";
    let columns = Arranged::of(app, ListName::Mappings, columns::MAPPINGS);
    draw_list(pen, list, &pane.list, &columns, has_focus, empty, |row| {
        naming(mapped_cells(row, app.now), &app.header.places)
    });
}

fn draw_unmapped(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let pane = &app.panes.mappings;
    let has_focus = pane.part == Part::Unmapped;
    let aside = pane
        .current_pair()
        .map_or(0, |pair| app.aside.of(pair).len());
    let aside = match aside {
        0 => String::new(),
        n => format!("   {n} put aside, not applied"),
    };
    let title = format!("Not mapped: {}{aside}", pane.unmapped.len());
    part_title(
        pen,
        Rect::new(area.x, area.y, area.width, 1),
        &title,
        has_focus,
    );
    let inner = Rect::new(
        area.x,
        area.y + 1,
        area.width,
        area.height.saturating_sub(1),
    );
    if pane.unmapped.is_empty() {
        let (text, role) = match &pane.unmapped_load {
            Load::Failed(why) => (format!("This could not be read: {why}"), Role::Error),
            Load::Ready => ("Every value that came is mapped.".to_owned(), Role::Ok),
            _ => ("reading …".to_owned(), Role::Muted),
        };
        message(pen, inner, &text, role);
        return;
    }
    let height = usize::from(inner.height.saturating_sub(1));
    let grid = Grid {
        columns: UNMAPPED,
        top: (pane.cursor + 1).saturating_sub(height.max(1)),
        total: pane.unmapped.len(),
        cursor: Some(pane.cursor).filter(|_| has_focus),
        has_focus,
        sorted: Some(("orders", true)),
        has_remark: false,
    };
    grid.draw(pen, inner, |index| {
        let row = pane.unmapped.get(index)?;
        Some(Row {
            cells: vec![
                (row.wanted.kind.to_string(), Role::Text),
                (row.wanted.label(), Role::Accent),
                (row.orders.to_string(), Role::Title),
                words::promise(row.earliest_ship_by, app.now),
                (
                    row.exception
                        .map_or_else(String::new, |id| format!("exception {id}")),
                    Role::Muted,
                ),
            ],
            is_marked: false,
            is_changed: false,
        })
    });
}

fn mapped_cells(row: &Mapping, now: Ts) -> Vec<CellText> {
    let status = match (&row.broken, row.status) {
        (Some(_), _) => ("broken".to_owned(), Role::Error),
        (None, MappingStatus::Active) => ("active".to_owned(), Role::Ok),
        (None, status) => (status.to_string(), Role::Muted),
    };
    let means = match &row.broken {
        Some(reason) => (format!("{} ({reason})", row.to), Role::Error),
        None => (row.to.clone(), Role::Text),
    };
    vec![
        (row.kind.to_string(), Role::Muted),
        (row.from.clone(), Role::Text),
        means,
        status,
        (attributes_text(&row.attributes), Role::Muted),
        (row.used_count.to_string(), Role::Text),
        (words::age_of(row.last_used_at, now), Role::Muted),
        (row.author.clone(), Role::Muted),
        (words::age(row.changed_at, now), Role::Muted),
    ]
}

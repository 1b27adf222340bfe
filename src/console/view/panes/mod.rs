//! Each pane's own list.

mod arranged;
mod audit;
mod checks;
mod exceptions;
mod lanes;
mod live;
mod mappings;
mod orders;
mod returns;
mod stock;

use super::{doc, draw_way, filter_line};
use crate::console::app::list::{Keyed, List, Load};
use crate::console::app::nav::Pane;
use crate::console::app::panes::stock::Part;
use crate::console::app::{App, BESIDE_COLUMNS};
use crate::console::theme::Role;
use crate::console::widget::Pen;
use crate::console::widget::grid::{CellText, Grid, Row};
use crate::domain::places::Places;
use crate::text;
use arranged::Arranged;
use ratatui::layout::Rect;

/// Draws the pane on show: its line of orientation, then its body.
pub fn draw(app: &App, pen: &mut Pen<'_>, way: Rect, body: Rect) {
    let is_filtering = filter_line(app).is_some();
    if !is_filtering {
        let used = draw_way(app, pen, way);
        if app.nav.pane == Pane::Checks {
            checks::draw_status(app, pen, way, used);
        } else {
            draw_status(app, pen, way, used);
        }
    }
    let (list, beside) = split(app, body);
    match app.nav.pane {
        Pane::Live => live::draw(app, pen, body),
        Pane::Exceptions => exceptions::draw(app, pen, list),
        Pane::Orders => orders::draw(app, pen, list),
        Pane::Mappings => mappings::draw(app, pen, body),
        Pane::Stock => match app.panes.stock.part {
            Part::Drift => stock::draw(app, pen, list),
            Part::Lanes => lanes::draw(app, pen, list),
        },
        Pane::Returns => returns::draw(app, pen, list),
        Pane::Checks => checks::draw(app, pen, list),
        Pane::Audit => audit::draw(app, pen, list),
    }
    if let (Some(area), Some(page)) = (beside, &app.beside) {
        for y in area.y..area.bottom() {
            let line = pen.symbols().vertical;
            pen.text(area.x, y, 1, line, Role::Border);
        }
        let inner = Rect::new(area.x + 1, area.y, area.width - 1, area.height);
        doc::draw(pen, inner, page, false, "");
    }
}

/// On wide screens the list leaves room for the detail of its row.
fn split(app: &App, body: Rect) -> (Rect, Option<Rect>) {
    if body.width < BESIDE_COLUMNS || app.beside.is_none() {
        return (body, None);
    }
    let left = body.width * 11 / 20;
    (
        Rect::new(body.x, body.y, left, body.height),
        Some(Rect::new(
            body.x + left,
            body.y,
            body.width - left,
            body.height,
        )),
    )
}

/// What a list says about itself: filter, order, count.
fn draw_status(app: &App, pen: &mut Pen<'_>, area: Rect, used: u16) {
    let (total, sort, is_descending, load, filter) = match app.nav.pane {
        Pane::Live | Pane::Checks => return,
        Pane::Exceptions => facts(&app.panes.exceptions.list),
        Pane::Orders => facts(&app.panes.orders.list),
        Pane::Mappings => facts(&app.panes.mappings.list),
        Pane::Stock => match app.panes.stock.part {
            Part::Drift => facts(&app.panes.stock.list),
            Part::Lanes => facts(&app.panes.stock.lanes),
        },
        Pane::Returns => facts(&app.panes.returns.list),
        Pane::Audit => facts(&app.panes.audit.list),
    };
    let mut parts: Vec<(String, Role)> = Vec::new();
    if app.nav.pane == Pane::Exceptions {
        let pane = &app.panes.exceptions;
        let team = pane.team.map_or("all teams", |t| t.as_str());
        parts.push((format!("  {team}"), Role::Accent));
        if pane.is_mine {
            parts.push(("  mine only".to_owned(), Role::Accent));
        }
        parts.extend(marks(&pane.list));
    }
    if app.nav.pane == Pane::Orders {
        parts.extend(marks(&app.panes.orders.list));
    }
    if app.nav.pane == Pane::Mappings
        && let Some(pair) = app.panes.mappings.current_pair()
    {
        parts.push((format!("  {pair}"), Role::Accent));
    }
    if app.nav.pane == Pane::Stock {
        for part in Part::ALL {
            let is_here = app.panes.stock.part == part;
            let role = if is_here { Role::Accent } else { Role::Muted };
            parts.push((format!("  {}", part.title()), role));
        }
    }
    if let Some(saved) = app.view_here() {
        parts.push((format!("  view {}", saved.view.name), Role::Accent));
    }
    if !filter.is_empty() {
        parts.push((format!("  filter {filter}"), Role::Accent));
    }
    let x = area.x + 1 + used;
    let left: Vec<(&str, Role)> = parts.iter().map(|(t, r)| (t.as_str(), *r)).collect();
    let state = match load {
        Load::Loading | Load::Never => "reading … ".to_owned(),
        _ => String::new(),
    };
    let arrow = if is_descending {
        pen.symbols().down
    } else {
        pen.symbols().up
    };
    let right = format!(
        "{state}by {sort} {arrow}  {}",
        text::count(i64::try_from(total).unwrap_or(0), "row", "rows")
    );
    let needed = u16::try_from(text::width(&right)).unwrap_or(0) + 2;
    let room = area.right().saturating_sub(x + needed);
    pen.line(x, area.y, room, &left);
    let from = area.right().saturating_sub(needed);
    pen.right(from, area.y, needed - 1, &right, Role::Muted);
}

/// How many rows of a list are marked, where any are.
fn marks<T: Keyed + Clone>(list: &List<T>) -> Option<(String, Role)> {
    let open = if list.is_in_range() {
        ", range open"
    } else {
        ""
    };
    let marked = list.marked();
    (marked > 0).then(|| (format!("  {marked} marked{open}"), Role::Marked))
}

type Facts<'a> = (usize, &'static str, bool, &'a Load, &'a str);

fn facts<T: Keyed + Clone>(list: &List<T>) -> Facts<'_> {
    (
        list.total(),
        list.sort_title(),
        list.is_descending,
        &list.load,
        &list.filter_text,
    )
}

/// Draws a list with its states: failed, empty, rows.
/// Cells with the names of places where their ids stand.
fn naming(cells: Vec<CellText>, places: &Places) -> Vec<CellText> {
    cells
        .into_iter()
        .map(|(text, role)| (places.say(text), role))
        .collect()
}

fn draw_list<T: Keyed + Clone + 'static>(
    pen: &mut Pen<'_>,
    area: Rect,
    list: &List<T>,
    columns: &Arranged<'_, T>,
    has_focus: bool,
    empty: &str,
    cells: impl Fn(&T) -> Vec<(String, Role)>,
) {
    let mut area = area;
    if let Load::Failed(why) = &list.load {
        let text = format!(
            "The list could not be read: {why}. It is read again when something changes, or with Ctrl-R."
        );
        area = message(pen, area, &text, Role::Error);
    }
    if list.total() == 0 {
        match list.load {
            Load::Ready if list.filter_text.is_empty() => {
                message(pen, area, empty, Role::Muted);
            }
            Load::Ready => {
                message(
                    pen,
                    area,
                    "Nothing matches the filter; c clears it.",
                    Role::Muted,
                );
            }
            Load::Never | Load::Loading => {
                message(pen, area, "reading …", Role::Muted);
            }
            Load::Failed(_) => {}
        }
        return;
    }
    let top = list.top_for(area.height.saturating_sub(1));
    let grid = Grid {
        columns: &columns.columns,
        top,
        total: list.total(),
        cursor: Some(list.position()).filter(|_| has_focus),
        has_focus,
        sorted: Some((list.sort_title(), list.is_descending)),
        has_remark: false,
    };
    grid.draw(pen, area, |index| {
        let row = list.at(index)?;
        Some(Row {
            cells: columns.cells(row, cells(row)),
            is_marked: list.is_marked(index, row),
            is_changed: list.changed.has(row),
        })
    });
}

/// A sentence in place of rows, wrapped; returns the room below it.
fn message(pen: &mut Pen<'_>, area: Rect, text: &str, role: Role) -> Rect {
    let line = crate::console::app::doc::DocLine::of(text, role);
    let room = usize::from(area.width.saturating_sub(4));
    let rows = doc::wrap(&line, room.max(1), usize::from(area.height.max(1)));
    for (row, y) in rows.iter().zip(area.y..) {
        for part in row {
            pen.text(
                area.x + 2,
                y,
                area.width.saturating_sub(4),
                &part.text,
                part.role,
            );
        }
    }
    let used = u16::try_from(rows.len())
        .unwrap_or(area.height)
        .min(area.height);
    Rect::new(area.x, area.y + used, area.width, area.height - used)
}

/// A title over a part of a pane.
fn part_title(pen: &mut Pen<'_>, area: Rect, title: &str, has_focus: bool) {
    // Only the words change with the focus: a whole line of box drawing would cost a slow link too much.
    let text = if has_focus { Role::Bar } else { Role::Muted };
    pen.rule(area.x, area.y, area.width, Role::Border);
    let title = format!(" {title} ");
    pen.text(
        area.x + 2,
        area.y,
        area.width.saturating_sub(4),
        &title,
        text,
    );
}

//! Layers over the picture: what is below the topmost is dimmed, except under a line in which one types what is looked for.

mod columns;
mod confirm;
mod export;
mod filter;
mod find;
mod form;
mod handbook;
mod help;
mod mapping;
mod messages;
mod palette;
mod staged;

use crate::console::app::App;
use crate::console::app::doc::DocLine;
use crate::console::app::field::Field;
use crate::console::app::layers::Layer;
use crate::console::app::layers::picker::Picker;
use crate::console::theme::Role;
use crate::console::view::doc;
use crate::console::widget::{Pen, field};
use ratatui::layout::Rect;

/// Draws every open layer, the topmost last.
pub fn draw(app: &App, pen: &mut Pen<'_>, way: Rect, foot: Rect) {
    for layer in &app.layers {
        if !matches!(layer, Layer::Filter(_) | Layer::Find(_)) {
            let all = pen.buf.area;
            dim(pen, all);
        }
        match layer {
            Layer::Filter(layer) => filter::draw(layer, pen, way, foot),
            Layer::Find(layer) => find::draw(layer, pen, way, foot),
            Layer::Confirm(layer) => confirm::draw(layer, pen),
            Layer::Form(layer) => form::draw(layer, pen),
            Layer::Mapping(layer) => mapping::draw(layer, app, pen),
            Layer::Help(layer) => help::draw(layer, pen),
            Layer::Handbook(layer) => handbook::draw(layer, pen),
            Layer::Palette(layer) => palette::draw(layer, pen),
            Layer::Messages(layer) => messages::draw(layer, app, pen),
            Layer::Columns(layer) => columns::draw(layer, pen),
            Layer::Export(layer) => export::draw(layer, pen),
            Layer::Staged(layer) => staged::draw(layer, pen),
        }
    }
}

/// What is typed where the way was, and what the foot says to it.
fn typed_on_the_way(
    pen: &mut Pen<'_>,
    (way, foot): (Rect, Rect),
    title: &str,
    typed: &Field,
    (says, role): (&str, Role),
) {
    pen.clear(way);
    let used = pen.text(way.x + 1, way.y, way.width, title, Role::Title);
    let columns = way.width.saturating_sub(used + 2);
    let room = Rect::new(way.x + 1 + used, way.y, columns, 1);
    field::draw(pen, room, &typed.area, true);
    pen.clear(foot);
    let columns = foot.width.saturating_sub(2);
    pen.text(foot.x + 1, foot.y, columns, says, role);
}

/// The line in which one types what is looked for.
fn search_line(pen: &mut Pen<'_>, area: Rect, picker: &Picker) {
    let used = pen.text(area.x, area.y, area.width, "Search ", Role::Muted);
    let room = Rect::new(area.x + used, area.y, area.width.saturating_sub(used), 1);
    field::draw(pen, room, &picker.field.area, true);
}

/// Everything below in one quiet style.
fn dim(pen: &mut Pen<'_>, area: Rect) {
    let style = pen.theme.style(Role::Dimmed);
    for y in area.y..area.bottom() {
        for x in area.x..area.right() {
            if let Some(cell) = pen.buf.cell_mut((x, y)) {
                let symbol = cell.symbol().to_owned();
                cell.reset();
                cell.set_symbol(&symbol);
                cell.set_style(style);
            }
        }
    }
}

/// A sentence wrapped into a room; returns the rows it took.
fn paragraph(pen: &mut Pen<'_>, area: Rect, text: &str, role: Role) -> u16 {
    let line = DocLine::of(text, role);
    let rows = doc::wrap(
        &line,
        usize::from(area.width.max(1)),
        usize::from(area.height.max(1)),
    );
    let mut y = area.y;
    for row in rows {
        if y >= area.bottom() {
            break;
        }
        let mut x = area.x;
        for part in row {
            x += pen.text(x, y, area.right().saturating_sub(x), &part.text, part.role);
        }
        y += 1;
    }
    y - area.y
}

/// Rows a sentence takes at this width.
fn rows_of(text: &str, columns: u16) -> u16 {
    let line = DocLine::text(text);
    let rows = doc::wrap(&line, usize::from(columns.max(1)), 50).len();
    u16::try_from(rows).unwrap_or(50)
}

/// A button: reversed when it has focus.
fn button(pen: &mut Pen<'_>, x: u16, y: u16, columns: u16, text: &str, has_focus: bool) -> u16 {
    let role = if has_focus {
        Role::Selection
    } else {
        Role::Key
    };
    pen.text(x, y, columns, &format!("[ {text} ]"), role)
}

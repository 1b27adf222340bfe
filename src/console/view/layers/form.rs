//! A form: what it is about, its fields, its button.

use super::{button, paragraph, rows_of};
use crate::console::app::layers::form::{Form, Input};
use crate::console::theme::Role;
use crate::console::widget::{Pen, field, popup};
use ratatui::layout::Rect;

const COLUMNS: u16 = 76;
const LABEL: u16 = 16;
/// Columns of how many characters are left.
const COUNT: u16 = 10;
/// Rows of an editor.
const EDITOR_ROWS: u16 = 5;

/// Draws it.
pub fn draw(layer: &Form, pen: &mut Pen<'_>) {
    let inside = COLUMNS.min(pen.buf.area.width).saturating_sub(6);
    let about: u16 = layer.about.iter().map(|l| rows_of(l, inside)).sum();
    let fields: u16 = layer.fields.iter().map(|f| rows(&f.input)).sum();
    let area = popup::draw(pen, COLUMNS, about + fields + 6, &layer.title);
    let mut y = area.y;
    for line in &layer.about {
        let room = Rect::new(area.x, y, area.width, area.bottom().saturating_sub(y));
        y += paragraph(pen, room, line, Role::Muted);
    }
    y += 1;
    for (at, form_field) in layer.fields.iter().enumerate() {
        if y >= area.bottom() {
            return;
        }
        let has_focus = layer.focus == at;
        let role = if has_focus { Role::Accent } else { Role::Muted };
        pen.text(area.x, y, LABEL, form_field.label, role);
        let room = Rect::new(
            area.x + LABEL,
            y,
            area.width.saturating_sub(LABEL),
            rows(&form_field.input).min(area.bottom() - y),
        );
        draw_input(pen, room, &form_field.input, has_focus);
        y += rows(&form_field.input);
    }
    match (&layer.error, &layer.found) {
        (Some(error), _) => pen.text(area.x, y, area.width, error, Role::Error),
        (None, Some(found)) => pen.text(area.x, y, area.width, found, Role::Text),
        (None, None) => 0,
    };
    y = (y + 1).min(area.bottom().saturating_sub(1));
    let used = button(
        pen,
        area.x,
        y,
        area.width,
        layer.verb,
        layer.focus == layer.fields.len(),
    );
    let hint = "Ctrl-S send  Tab next  Esc leave";
    pen.text(
        area.x + used + 2,
        y,
        area.width.saturating_sub(used + 2),
        hint,
        Role::Muted,
    );
}

const fn rows(input: &Input) -> u16 {
    match input {
        Input::Editor(_) => EDITOR_ROWS,
        Input::Line(_) | Input::Counted { .. } | Input::Choice { .. } => 1,
    }
}

fn draw_input(pen: &mut Pen<'_>, area: Rect, input: &Input, has_focus: bool) {
    match input {
        Input::Line(text) | Input::Editor(text) => field::draw(pen, area, &text.area, has_focus),
        Input::Counted {
            field: text,
            chars_max,
        } => {
            let room = area.width.saturating_sub(COUNT);
            let box_area = Rect::new(area.x, area.y, room, area.height);
            field::draw(pen, box_area, &text.area, has_focus);
            let used = text.text().trim().chars().count();
            let (said, role) = match chars_max.checked_sub(used) {
                Some(left) => (format!("{left} left"), Role::Muted),
                None => (format!("{} over", used - chars_max), Role::Error),
            };
            pen.text(area.x + room + 1, area.y, COUNT - 1, &said, role);
        }
        Input::Choice { options, at } => {
            let value = options.get(*at).map_or("", String::as_str);
            let role = if has_focus { Role::Accent } else { Role::Text };
            let used = pen.text(area.x, area.y, area.width, &format!("< {value} >"), role);
            if has_focus {
                let hint = "  Left, Right or a first letter";
                pen.text(
                    area.x + used,
                    area.y,
                    area.width.saturating_sub(used),
                    hint,
                    Role::Muted,
                );
            }
        }
    }
}

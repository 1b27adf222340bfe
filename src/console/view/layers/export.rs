//! What is written to a file and how.

use super::paragraph;
use crate::console::app::layers::export::ExportSheet;
use crate::console::theme::Role;
use crate::console::widget::{Pen, popup};
use crate::report::export::{EXPORT_ROWS_MAX, ListFormat};
use crate::text;
use ratatui::layout::Rect;

const COLUMNS: u16 = 70;
const ROWS: u16 = 15;

/// Draws it.
pub fn draw(layer: &ExportSheet, pen: &mut Pen<'_>) {
    let area = popup::draw(pen, COLUMNS, ROWS, &layer.title);
    let mut y = area.y;
    let room = |y: u16| Rect::new(area.x, y, area.width, area.bottom().saturating_sub(y));
    y += paragraph(pen, room(y), &about(layer), Role::Text) + 1;
    for format in ListFormat::ALL {
        let refusal = layer.refusal(*format);
        let is_chosen = *format == layer.format;
        let mark = if is_chosen { "(x) " } else { "( ) " };
        let role = match (refusal, is_chosen) {
            (Some(_), _) => Role::Muted,
            (None, true) => Role::Accent,
            (None, false) => Role::Text,
        };
        let says = refusal.unwrap_or_else(|| format.says());
        let line = format!("{mark}{:<9} {says}", format.title());
        pen.text(area.x, y, area.width, &line, role);
        y += 1;
    }
    y += 1;
    if layer.has_hidden {
        let (as_shown, all) = if layer.is_all {
            ("( )", "(x)")
        } else {
            ("(x)", "( )")
        };
        let line = format!("Columns   {as_shown} as on show   {all} all, hidden ones too");
        pen.text(area.x, y, area.width, &line, Role::Text);
        y += 1;
    }
    let file = format!("File      {}", layer.file_name());
    pen.text(area.x, y, area.width, &file, Role::Text);
    y += 1;
    let says = "          where the console was started; replaces no file";
    pen.text(area.x, y, area.width, says, Role::Muted);
    let foot = area.bottom().saturating_sub(1);
    if let Some(note) = &layer.note {
        pen.text(area.x, foot.saturating_sub(1), area.width, note, Role::Warn);
    }
    let keys = match (layer.rows, layer.has_hidden) {
        (Some(_), true) => "Enter writes it   c s m format   a columns   Esc not now",
        (Some(_), false) => "Enter writes it   c s m format   Esc not now",
        (None, _) => "Enter writes it   Esc not now",
    };
    pen.text(area.x, foot, area.width, keys, Role::Muted);
}

fn about(layer: &ExportSheet) -> String {
    let Some(rows) = layer.rows else {
        return "The page as it stands, every tab of it.".to_owned();
    };
    let count = i64::try_from(rows).unwrap_or(i64::MAX);
    let match_word = if rows == 1 { "matches" } else { "match" };
    let more = if u64::try_from(rows).is_ok_and(|n| n > EXPORT_ROWS_MAX) {
        format!(" The first {EXPORT_ROWS_MAX} are written.")
    } else {
        String::new()
    };
    format!(
        "{} {match_word}. The whole list is written, in its order, while you go on.{more}",
        text::count(count, "row", "rows")
    )
}

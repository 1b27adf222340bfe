//! Mapping changes put aside: the changes, the reason, what applying all of them would do.

use super::mapping::draw_preview;
use super::paragraph;
use crate::console::app::layers::staged::{Stage, Staged};
use crate::console::app::sheets::records::edit_words;
use crate::console::theme::Role;
use crate::console::widget::{Pen, field, popup};
use ratatui::layout::Rect;

const COLUMNS: u16 = 78;
/// Changes on show at once.
const EDITS_SHOWN: usize = 8;
const LABEL: u16 = 12;

/// Draws it.
pub fn draw(layer: &Staged, pen: &mut Pen<'_>) {
    let shown = layer.edits.len().clamp(1, EDITS_SHOWN);
    let rows = u16::try_from(shown).unwrap_or(1) + 12;
    let title = format!(
        "{} of {} put aside",
        crate::text::count(
            i64::try_from(layer.edits.len()).unwrap_or(i64::MAX),
            "change",
            "changes"
        ),
        layer.pair
    );
    let area = popup::draw(pen, COLUMNS, rows, &title);
    let top = (layer.cursor + 1).saturating_sub(shown);
    let mut y = area.y;
    for (at, edit) in layer.edits.iter().enumerate().skip(top).take(shown) {
        if y >= area.bottom() {
            return;
        }
        pen.text(area.x, y, area.width, &edit_words(edit), Role::Text);
        if at == layer.cursor {
            pen.fill(Rect::new(area.x, y, area.width, 1), Role::Selection);
        }
        y += 1;
    }
    y += 1;
    if y < area.bottom() {
        pen.text(area.x, y, LABEL, "Reason", Role::Accent);
        let room = Rect::new(area.x + LABEL, y, area.width.saturating_sub(LABEL), 1);
        field::draw(pen, room, &layer.reason.area, true);
    }
    y += 2;
    let mut below = Rect::new(area.x, y, area.width, area.bottom().saturating_sub(y + 1));
    if let Some(error) = &layer.error {
        let used = paragraph(pen, below, error, Role::Error);
        below = Rect::new(
            area.x,
            y + used,
            area.width,
            below.height.saturating_sub(used),
        );
    }
    match &layer.stage {
        Stage::Asking => {
            let text = "working out what they do together …";
            pen.text(below.x, below.y, below.width, text, Role::Muted);
        }
        Stage::Preview(preview) => draw_preview(preview, pen, below, "Enter apply them all"),
        Stage::Refused(why) => {
            paragraph(pen, below, why, Role::Error);
        }
    }
    let hint = "Up and Down choose  Delete takes one out  Esc leaves them aside";
    let foot = area.bottom().saturating_sub(1);
    pen.text(area.x, foot, area.width, hint, Role::Muted);
}

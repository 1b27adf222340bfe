//! The mapping editor: fields, completion, preview.

use super::{button, paragraph};
use crate::console::app::App;
use crate::console::app::ask::MappingPreview;
use crate::console::app::doc::pad;
use crate::console::app::field::Field;
use crate::console::app::layers::mapping::{COMPLETIONS_SHOWN, Focus, MappingEditor, Stage};
use crate::console::app::list::Load;
use crate::console::theme::Role;
use crate::console::widget::{Pen, field, popup};
use crate::domain::mapping::MappingKind;
use crate::domain::mapping_set::words;
use ratatui::layout::Rect;

const COLUMNS: u16 = 78;
const LABEL: u16 = 12;

/// Draws it.
pub fn draw(layer: &MappingEditor, _app: &App, pen: &mut Pen<'_>) {
    let rows = 10 + u16::try_from(COMPLETIONS_SHOWN).unwrap_or(8);
    let what = if layer.is_removal { "Remove" } else { "Map" };
    let title = format!("{what} {} of {}", layer.kind, layer.pair);
    let area = popup::draw(pen, COLUMNS, rows, &title);
    let mut y = area.y;
    if !layer.is_from_fixed {
        label(pen, area, y, "Kind", layer.focus == Focus::Kind);
        let text = format!("< {} >", layer.kind);
        pen.text(
            area.x + LABEL,
            y,
            area.width.saturating_sub(LABEL),
            &text,
            Role::Accent,
        );
        y += 1;
    }
    let fields: [(&str, Focus, &Field); 4] = [
        ("Value", Focus::From, &layer.from),
        ("Means", Focus::To, &layer.to),
        ("With", Focus::Attributes, &layer.attributes),
        ("Reason", Focus::Reason, &layer.reason),
    ];
    for (name, focus, input) in fields {
        let has_focus = layer.focus == focus && matches!(layer.stage, Stage::Editing);
        label(pen, area, y, name, has_focus);
        let room = Rect::new(area.x + LABEL, y, area.width.saturating_sub(LABEL), 1);
        let is_fixed = focus == Focus::From && layer.is_from_fixed;
        if is_fixed || (layer.is_removal && focus == Focus::To) {
            pen.text(room.x, y, room.width, &input.text(), Role::Accent);
        } else {
            field::draw(pen, room, &input.area, has_focus);
        }
        y += 1;
    }
    y += 1;
    let below = Rect::new(area.x, y, area.width, area.bottom().saturating_sub(y));
    match &layer.stage {
        Stage::Editing => draw_completion(layer, pen, below),
        Stage::Asking => {
            pen.text(
                below.x,
                y,
                below.width,
                "working out what this does …",
                Role::Muted,
            );
        }
        Stage::Preview(preview) => {
            let hint = "Enter apply  s put aside with others  Esc back to the fields";
            draw_preview(preview, pen, below, hint);
        }
    }
}

fn label(pen: &mut Pen<'_>, area: Rect, y: u16, name: &str, has_focus: bool) {
    let role = if has_focus { Role::Accent } else { Role::Muted };
    pen.text(area.x, y, LABEL, name, role);
}

/// What may stand beside the row.
fn draw_attributes(kind: MappingKind, pen: &mut Pen<'_>, area: Rect, top: u16) {
    let known = words::attributes(kind);
    let says = if known.is_empty() {
        "Nothing need stand here."
    } else {
        "KEY=VALUE, several parted by ; what is not compulsory may be left out:"
    };
    pen.text(area.x, top, area.width, says, Role::Muted);
    let room = area.bottom().saturating_sub(top + 2);
    for ((name, means), y) in known.iter().zip(top + 1..top + 1 + room) {
        let name = format!("{}  ", pad(name, 20));
        pen.line(
            area.x + LABEL,
            y,
            area.width.saturating_sub(LABEL),
            &[(&name, Role::Text), (means, Role::Muted)],
        );
    }
    hint(pen, area, "Enter preview  Tab next field  Esc leave");
}

fn draw_completion(layer: &MappingEditor, pen: &mut Pen<'_>, area: Rect) {
    let mut y = area.y;
    if let Some(error) = &layer.error {
        y += paragraph(pen, area, error, Role::Error);
    }
    if layer.focus == Focus::Attributes {
        return draw_attributes(layer.kind, pen, area, y);
    }
    let says = match &layer.load {
        Load::Failed(why) => Some((
            format!("The other system's values could not be read: {why}"),
            Role::Error,
        )),
        Load::Loading | Load::Never => Some((
            "reading the other system's values …".to_owned(),
            Role::Muted,
        )),
        Load::Ready if layer.targets.is_empty() => Some(match words::meaning(layer.kind) {
            Some(text) => (text.to_owned(), Role::Text),
            None => (
                "The other system's values are not known yet; what you type is checked by the preview."
                    .to_owned(),
                Role::Warn,
            ),
        }),
        Load::Ready if layer.matches.is_empty() => Some((
            "Nothing in the other system is called that.".to_owned(),
            Role::Warn,
        )),
        Load::Ready => None,
    };
    if let Some((text, role)) = says {
        let room = Rect::new(area.x, y, area.width, area.bottom().saturating_sub(y));
        paragraph(pen, room, &text, role);
        return hint(pen, area, "Enter preview  Tab next field  Esc leave");
    }
    let visible = usize::from(area.bottom().saturating_sub(y + 1)).min(COMPLETIONS_SHOWN);
    let top = (layer.pick + 1).saturating_sub(visible.max(1));
    for (at, index) in layer.matches.iter().enumerate().skip(top).take(visible) {
        let Some(target) = layer.targets.get(*index) else {
            continue;
        };
        let code = format!("{}  ", pad(&target.code, 24));
        let (role, note) = if target.is_active {
            (Role::Text, "")
        } else {
            (Role::Muted, "  not in use any more")
        };
        pen.line(
            area.x + LABEL,
            y,
            area.width.saturating_sub(LABEL),
            &[(&code, role), (&target.name, role), (note, Role::Warn)],
        );
        if at == layer.pick && layer.focus == Focus::To && layer.picked().is_some() {
            let room = Rect::new(area.x + LABEL, y, area.width.saturating_sub(LABEL), 1);
            pen.fill(room, Role::Selection);
        }
        y += 1;
    }
    hint(
        pen,
        area,
        "Up and Down choose  Enter preview  Tab next field  Esc leave",
    );
}

fn hint(pen: &mut Pen<'_>, area: Rect, text: &str) {
    if area.height > 0 {
        pen.text(area.x, area.bottom() - 1, area.width, text, Role::Muted);
    }
}

/// What applying would do, and the button that does it.
pub(super) fn draw_preview(preview: &MappingPreview, pen: &mut Pen<'_>, area: Rect, hint: &str) {
    let mut y = area.y;
    let role = if preview.newly_blocked > 0 {
        Role::Warn
    } else {
        Role::Ok
    };
    y += paragraph(pen, area, &preview.sentence(), role);
    let several = preview
        .blocked_by
        .iter()
        .filter(|_| preview.blocked_by.len() > 1);
    for (reason, n) in several {
        if y + 2 >= area.bottom() {
            break;
        }
        pen.line(
            area.x + 2,
            y,
            area.width.saturating_sub(2),
            &[
                (&format!("{n:>5}  "), Role::Warn),
                (reason.as_str(), Role::Text),
            ],
        );
        y += 1;
    }
    if preview.changed_open > 0 && y + 2 < area.bottom() {
        let text = format!(
            "{} would be sent otherwise than before",
            crate::text::count(preview.changed_open, "open order", "open orders")
        );
        pen.text(
            area.x + 2,
            y,
            area.width.saturating_sub(2),
            &text,
            Role::Warn,
        );
        y += 1;
    }
    for warning in &preview.warnings {
        if y + 2 >= area.bottom() {
            break;
        }
        let room = Rect::new(area.x, y, area.width, area.bottom().saturating_sub(y + 1));
        y += paragraph(pen, room, warning, Role::Warn);
    }
    let y = area.bottom().saturating_sub(1);
    let used = button(pen, area.x, y, area.width, "Apply", true);
    pen.text(
        area.x + used + 2,
        y,
        area.width.saturating_sub(used + 2),
        hint,
        Role::Muted,
    );
}

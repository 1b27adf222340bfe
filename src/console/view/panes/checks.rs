//! The sheet of checks: what was handed over, what is carried over, what is due.
//!
//! ```text
//!   team        check                              found                              state
//!   warehouse   Hand-over 06:02 ana                Van of 05:30 did not come
//! ▌ integration Lanes and writes in doubt          2 heads stopped                    missed Sat 21 Nov
//! ```

use super::message;
use crate::console::app::App;
use crate::console::app::list::Load;
use crate::console::app::panes::checks::Row as SheetRow;
use crate::console::app::{sheets, words};
use crate::console::theme::Role;
use crate::console::widget::Pen;
use crate::console::widget::grid::{CellText, Column, Grid, Row};
use crate::domain::checks::Cadence;
use ratatui::layout::Rect;

const COLUMNS: &[Column] = &[
    Column::fixed("team", 11, 1),
    Column::share("check", 20, 3, 0),
    Column::share("found", 16, 4, 0),
    Column::share("state", 14, 2, 0),
];

/// Draws the sheet.
pub fn draw(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let pane = &app.panes.checks;
    let mut area = area;
    if let Load::Failed(why) = &pane.load {
        let text = format!(
            "The sheet could not be read: {why}. It is read again when something changes, or with Ctrl-R."
        );
        area = message(pen, area, &text, Role::Error);
    }
    if pane.total() == 0 {
        match pane.load {
            Load::Never | Load::Loading => {
                message(pen, area, "counting …", Role::Muted);
            }
            Load::Ready => {
                let text = "This team signs nothing on this sheet; Tab shows the next sheet, t the next team.";
                message(pen, area, text, Role::Muted);
            }
            Load::Failed(_) => {}
        }
        return;
    }
    let height = usize::from(area.height.saturating_sub(1));
    let grid = Grid {
        columns: COLUMNS,
        top: (pane.cursor + 1).saturating_sub(height.max(1)),
        total: pane.total(),
        cursor: Some(pane.cursor),
        has_focus: true,
        sorted: None,
        has_remark: false,
    };
    grid.draw(pen, area, |at| {
        Some(Row {
            cells: cells(pane.row(at)?, app),
            is_marked: false,
            is_changed: false,
        })
    });
}

fn cells(row: SheetRow<'_>, app: &App) -> Vec<CellText> {
    match row {
        SheetRow::Note(note) => vec![
            (note.team.to_string(), Role::Text),
            ("Hand-over".to_owned(), Role::Accent),
            (note.headline().to_owned(), Role::Accent),
            (
                format!("{} {}", words::clock(note.at, app.now), note.by),
                Role::Muted,
            ),
        ],
        SheetRow::Check(line) => vec![
            (line.team.to_string(), Role::Text),
            (line.title.to_owned(), Role::Text),
            sheets::checks::result(line),
            sheets::checks::state(line),
        ],
    }
}

/// Which sheet it is, of which team, and how much of it is signed.
pub fn draw_status(app: &App, pen: &mut Pen<'_>, area: Rect, used: u16) {
    let pane = &app.panes.checks;
    let mut parts: Vec<(String, Role)> = Vec::new();
    for cadence in Cadence::ALL {
        let is_here = *cadence == pane.cadence;
        let role = if is_here { Role::Accent } else { Role::Muted };
        parts.push((format!("  {}", cadence.title()), role));
    }
    let team = pane.team.map_or("all teams", |t| t.as_str());
    parts.push((format!("  {team}"), Role::Accent));
    let right = match &pane.sheet {
        Some(sheet) => {
            let (signed, all) = sheet.signed();
            format!("{}  {signed} of {all} signed", sheet.period)
        }
        None => String::new(),
    };
    let x = area.x + 1 + used;
    let needed = u16::try_from(crate::text::width(&right)).unwrap_or(0) + 2;
    let left: Vec<(&str, Role)> = parts.iter().map(|(t, r)| (t.as_str(), *r)).collect();
    pen.line(x, area.y, area.right().saturating_sub(x + needed), &left);
    let from = area.right().saturating_sub(needed);
    pen.right(from, area.y, needed - 1, &right, Role::Muted);
}

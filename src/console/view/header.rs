//! The first two lines: panes, then whether anything is mine and how long it can wait.

use crate::console::app::App;
use crate::console::app::event::SyncState;
use crate::console::app::list::Load;
use crate::console::app::nav::Pane;
use crate::console::app::words;
use crate::console::theme::Role;
use crate::console::widget::Pen;
use crate::domain::exception::Severity;
use crate::domain::time::Ts;
use crate::text;
use ratatui::layout::Rect;

/// Width from which the program's name is shown.
const NAMED_FROM: u16 = 100;

/// Draws both lines.
pub fn draw(app: &App, pen: &mut Pen<'_>, area: Rect) {
    draw_panes(app, pen, area);
    draw_counts(app, pen, Rect::new(area.x, area.y + 1, area.width, 1));
}

fn draw_panes(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let mut x = area.x + 1;
    if is_named(app) {
        x += pen.text(x, area.y, 12, "tallyman", Role::Title) + 2;
    }
    let needed = panes_width(app, 1);
    let room = usize::from(area.right().saturating_sub(x + 2));
    let names = names_of(app);
    // Where panes and name do not fit side by side, the panes move together.
    let gap = if needed + text::width(&who(app)) > room {
        ""
    } else {
        " "
    };
    for pane in Pane::ALL {
        let count = count_of(app, *pane);
        let is_here = *pane == app.nav.pane;
        let room = area.right().saturating_sub(x);
        let (key, title) = if is_here {
            (Role::Bar, Role::Bar)
        } else {
            (Role::Key, Role::Text)
        };
        let digit = format!(" {} ", pane.digit());
        x += pen.line(
            x,
            area.y,
            room,
            &[
                (&digit, key),
                (name(app, *pane, names), title),
                (&count, if is_here { Role::Bar } else { Role::Accent }),
                (gap, if is_here { Role::Bar } else { Role::Text }),
            ],
        );
    }
    let room = area.right().saturating_sub(x + 2);
    let who = who(app);
    // Half a name helps nobody; that nothing can be changed here is said in the next line then.
    if text::width(&who) <= usize::from(room) {
        pen.right(x + 1, area.y, room, &who, Role::Muted);
    }
}

fn who(app: &App) -> String {
    let name = &app.options.operator;
    if app.options.is_read_only {
        format!("{name}, read-only")
    } else {
        name.clone()
    }
}

/// Columns of the names of all panes, with `gap` columns behind each.
fn panes_width(app: &App, gap: usize) -> usize {
    width_of(app, gap, names_of(app))
}

fn width_of(app: &App, gap: usize, names: Names) -> usize {
    let each =
        |pane: &Pane| 3 + text::width(name(app, *pane, names)) + text::width(&count_of(app, *pane));
    Pane::ALL.iter().map(|pane| each(pane) + gap).sum()
}

/// Columns of the program's name with what is round it.
const NAME_COLUMNS: usize = 11;

/// Whether the program's name has room beside the panes.
fn is_named(app: &App) -> bool {
    let columns = app.size.0;
    columns >= NAMED_FROM && width_of(app, 0, Names::Whole) + NAME_COLUMNS < usize::from(columns)
}

/// How the panes are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    Whole,
    /// Only the pane on show has its whole name.
    Short,
    Shortest,
}

/// The longest names of all panes that have room side by side.
fn names_of(app: &App) -> Names {
    let has_room = |names: &Names| width_of(app, 0, *names) < usize::from(app.size.0);
    let longer = [Names::Whole, Names::Short];
    longer.into_iter().find(has_room).unwrap_or(Names::Shortest)
}

fn name(app: &App, pane: Pane, names: Names) -> &'static str {
    match names {
        Names::Short if pane != app.nav.pane => pane.short(),
        Names::Shortest => pane.short(),
        Names::Whole | Names::Short => pane.title(),
    }
}

/// What waits in a pane, as it stands behind its name.
fn count_of(app: &App, pane: Pane) -> String {
    let count = match pane {
        Pane::Exceptions => app.header.counts.iter().map(|c| c.open).sum(),
        Pane::Mappings => app.header.unmapped,
        Pane::Returns => app.header.returns,
        Pane::Checks => app.header.checks,
        Pane::Live | Pane::Orders | Pane::Stock | Pane::Audit => 0,
    };
    if count > 0 {
        format!(" {count}")
    } else {
        String::new()
    }
}

/// A piece of the second line; the highest number goes first when there is no room.
struct Piece {
    parts: Vec<(String, Role)>,
    priority: u8,
}

impl Piece {
    fn width(&self) -> usize {
        self.parts.iter().map(|p| text::width(&p.0)).sum()
    }
}

fn draw_counts(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let mut pieces = pieces(app);
    let room = usize::from(area.width.saturating_sub(2));
    let gap = 3;
    while pieces.iter().map(|p| p.width() + gap).sum::<usize>() > room + gap {
        let Some(worst) = pieces
            .iter()
            .enumerate()
            .filter(|(_, p)| p.priority > 0)
            .max_by_key(|(_, p)| p.priority)
            .map(|(at, _)| at)
        else {
            break;
        };
        pieces.remove(worst);
    }
    let mut x = area.x + 1;
    let separator = format!(" {} ", pen.symbols().separator);
    for (at, piece) in pieces.iter().enumerate() {
        if at > 0 {
            x += pen.text(x, area.y, 3, &separator, Role::Border);
        }
        for (text, role) in &piece.parts {
            let left = area.right().saturating_sub(x);
            x += pen.text(x, area.y, left, text, *role);
        }
    }
}

fn pieces(app: &App) -> Vec<Piece> {
    let mut pieces = Vec::new();
    if let Load::Failed(why) = &app.header_load {
        pieces.push(Piece {
            parts: vec![(format!("the store cannot be read: {why}"), Role::Error)],
            priority: 0,
        });
        return pieces;
    }
    if app.header_load != Load::Ready && app.header.counts.is_empty() && app.header.pairs.is_empty()
    {
        pieces.push(Piece {
            parts: vec![("reading the store …".to_owned(), Role::Muted)],
            priority: 0,
        });
    } else {
        pieces.push(open_piece(app));
        pieces.push(mine_piece(app));
        pieces.push(promise_piece(app));
    }
    pieces.push(sync_piece(app));
    if let Some(frozen) = &app.frozen {
        let behind = if frozen.is_behind {
            ", changed since"
        } else {
            ""
        };
        let age = words::age(frozen.since, app.now);
        pieces.push(Piece {
            parts: vec![(format!("frozen {age}{behind}"), Role::Warn)],
            priority: 0,
        });
    }
    let before = if is_named(app) { NAME_COLUMNS } else { 0 };
    let needed = before + panes_width(app, 0) + text::width(&who(app)) + 3;
    if app.options.is_read_only && needed > usize::from(app.size.0) {
        pieces.push(Piece {
            parts: vec![("read-only".to_owned(), Role::Warn)],
            priority: 0,
        });
    }
    if !app.acting.is_empty() || !app.requests.is_empty() {
        let n = app.acting.len() + app.requests.len();
        pieces.push(Piece {
            parts: vec![(format!("{n} under way"), Role::Accent)],
            priority: 2,
        });
    }
    if let Some(exporting) = &app.exporting {
        let (name, written) = (&exporting.name, exporting.written);
        let text = format!("writing {name}: {written} of {}", exporting.total);
        pieces.push(Piece {
            parts: vec![(text, Role::Accent)],
            priority: 1,
        });
    }
    if !app.options.note.is_empty() {
        pieces.push(Piece {
            parts: vec![(app.options.note.clone(), Role::Muted)],
            priority: 3,
        });
    }
    pieces
}

fn open_piece(app: &App) -> Piece {
    let open: i64 = app.header.counts.iter().map(|c| c.open).sum();
    if open == 0 {
        return Piece {
            parts: vec![("nothing open".to_owned(), Role::Ok)],
            priority: 0,
        };
    }
    let mut parts = vec![(format!("{open} open"), Role::Title)];
    // On narrow screens what can wait is in the total alone: the promise needs the room.
    let worst = if app.size.0 >= NAMED_FROM { 4 } else { 2 };
    for severity in Severity::ALL.iter().take(worst) {
        let n: i64 = app
            .header
            .counts
            .iter()
            .filter(|c| c.severity == *severity)
            .map(|c| c.open)
            .sum();
        if n > 0 {
            let (word, role) = words::severity(*severity);
            parts.push((format!("  {word} "), role));
            parts.push((n.to_string(), role));
        }
    }
    Piece { parts, priority: 0 }
}

fn mine_piece(app: &App) -> Piece {
    let mine = app.header.mine;
    let role = if mine > 0 { Role::Accent } else { Role::Text };
    let mut parts = vec![(format!("mine {mine}"), role)];
    if mine > 0 {
        let (promise, role) = words::promise(app.header.mine_ship_by, app.now);
        if app.header.mine_ship_by.is_some() {
            parts.push((format!(" {promise}"), role));
        }
    }
    if let Some(team) = app.panes.exceptions.team {
        let n: i64 = app
            .header
            .counts
            .iter()
            .filter(|c| c.team == team)
            .map(|c| c.open)
            .sum();
        parts.push((format!("  {team} {n}"), Role::Text));
    }
    Piece { parts, priority: 0 }
}

fn promise_piece(app: &App) -> Piece {
    let earliest: Option<Ts> = app
        .header
        .counts
        .iter()
        .filter(|c| c.open > 0)
        .filter_map(|c| c.earliest_ship_by)
        .min();
    let (promise, role) = match earliest {
        Some(_) => words::promise(earliest, app.now),
        None => ("none at risk".to_owned(), Role::Muted),
    };
    Piece {
        parts: vec![("promise ".to_owned(), Role::Muted), (promise, role)],
        priority: 1,
    }
}

fn sync_piece(app: &App) -> Piece {
    let role = match app.sync.state {
        SyncState::Here | SyncState::Elsewhere => Role::Ok,
        SyncState::Off => Role::Warn,
        SyncState::Failed => Role::Error,
    };
    let mut parts = vec![
        ("sync ".to_owned(), Role::Muted),
        (app.sync.state.word().to_owned(), role),
    ];
    if !app.sync.note.is_empty() && app.size.0 >= NAMED_FROM {
        parts.push((format!(" ({})", app.sync.note), Role::Muted));
    }
    Piece { parts, priority: 0 }
}

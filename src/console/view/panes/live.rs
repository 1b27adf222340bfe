//! Flows of every pair, systems with their budgets, the tail of events.
//!
//! ```text
//!   pair    flow           state    lag last next rate             waiting doubt stuck found
//! ▌ lw-pvx  ORDER_CREATE   late      7m   1m  now ▁▂▂▅▇██▇           214     2     0 12 new
//! ── Systems ──────────────────────────────────────────────────────────────
//!   pvx     ok             calls 3 under way   orders 18/min 4 waiting   SaveData 42/60
//! ── Events ───────────────────────────────────────────────────────────────
//! ```

use super::{message, part_title};
use crate::console::app::App;
use crate::console::app::ask::object_label;
use crate::console::app::list::Load;
use crate::console::app::panes::live::Part;
use crate::console::app::sheets::change_words;
use crate::console::app::words;
use crate::console::theme::{Role, Symbols};
use crate::console::widget::grid::{CellText, Column, Grid, Row};
use crate::console::widget::{Pen, sparkline};
use crate::domain::delivery::Lane;
use crate::domain::live::{CallLive, LaneLive, MethodLive, SystemLive};
use crate::store::read::{FlowLive, JournalRow, SystemRow};
use crate::text;
use ratatui::layout::Rect;

/// Columns of the table: the pair only when there are several, the rate as wide as the screen allows.
fn columns(app: &App, rate: u16) -> Vec<Column> {
    let mut columns = vec![
        Column::fixed("flow", 16, 0),
        Column::fixed("state", 8, 0),
        Column::figure("lag", 4, 0),
        Column::figure("last", 4, 1),
        Column::figure("next", 4, 3),
        Column::fixed("30 minutes", rate, 1),
        Column::figure("waiting", 7, 0),
        Column::figure("doubt", 5, 0),
        Column::figure("stuck", 5, 0),
        Column::share("found", 14, 1, 4),
    ];
    if has_pairs(app) {
        columns.insert(0, Column::fixed("pair", 8, 0));
    }
    columns
}

/// Whether flows of more than one pair are on show.
fn has_pairs(app: &App) -> bool {
    let flows = &app.panes.live.data.flows;
    flows
        .first()
        .is_some_and(|first| flows.iter().any(|f| f.pair != first.pair))
}

/// Columns of the rate: one, two or three minutes each.
const fn rate_columns(columns: u16) -> u16 {
    match columns {
        0..100 => 10,
        100..160 => 15,
        _ => 30,
    }
}

/// Rows from which systems show lanes and methods on lines of their own.
const ROOMY_ROWS: u16 = 28;
/// Columns of a system's state.
const STATE_COLUMNS: u16 = 21;
/// Least rows of the event tail.
const TAIL_ROWS_MIN: u16 = 3;

/// Draws the pane.
pub fn draw(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let live = &app.panes.live;
    let mut area = area;
    if let Load::Failed(why) = &live.load {
        let text = format!(
            "This could not be read: {why}. It is read again when something changes, or with Ctrl-R."
        );
        area = message(pen, area, &text, Role::Error);
    }
    if live.data.flows.is_empty() && live.data.systems.is_empty() {
        if !matches!(live.load, Load::Failed(_)) {
            let text = if live.load == Load::Ready {
                "No pair of systems has run yet. Flows appear here with their first run."
            } else {
                "reading …"
            };
            message(pen, area, text, Role::Muted);
        }
        return;
    }
    let is_roomy = area.height >= ROOMY_ROWS;
    let per_system = if is_roomy { 4 } else { 1 };
    let rows = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let systems = rows(live.data.systems.len())
        .saturating_mul(per_system)
        .saturating_add(1)
        .min(area.height / 3);
    let flows = rows(live.data.flows.len())
        .saturating_add(1)
        .min(area.height.saturating_sub(systems + TAIL_ROWS_MIN + 1));
    let tail = area.height.saturating_sub(flows + systems);
    draw_flows(app, pen, Rect::new(area.x, area.y, area.width, flows));
    let below = Rect::new(area.x, area.y + flows, area.width, systems);
    draw_systems(app, pen, below, is_roomy);
    let last = Rect::new(area.x, area.y + flows + systems, area.width, tail);
    draw_tail(app, pen, last);
}

fn draw_flows(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let live = &app.panes.live;
    let height = usize::from(area.height.saturating_sub(1));
    let has_focus = live.part == Part::Flows;
    let rate = rate_columns(app.size.0);
    let columns = columns(app, rate);
    let grid = Grid {
        columns: &columns,
        top: (live.flow + 1).saturating_sub(height.max(1)),
        total: live.data.flows.len(),
        cursor: Some(live.flow).filter(|_| has_focus),
        has_focus,
        sorted: None,
        has_remark: true,
    };
    let symbols = pen.symbols();
    grid.draw(pen, area, |index| {
        let flow = live.data.flows.get(index)?;
        Some(Row {
            cells: flow_cells(flow, app, symbols, rate),
            is_marked: false,
            is_changed: false,
        })
    });
}

fn flow_cells(flow: &FlowLive, app: &App, symbols: &'static Symbols, rate: u16) -> Vec<CellText> {
    let now = app.now;
    let figure = |n: i64, role: Role| {
        let role = if n == 0 { Role::Muted } else { role };
        (n.to_string(), role)
    };
    let note = match &flow.paused {
        Some(reason) => (format!("paused: {reason}"), Role::Warn),
        None if !flow.is_last_ok && flow.last_started_at.is_some() => {
            (flow.last_note.clone(), Role::Error)
        }
        None => (flow.last_note.clone(), Role::Muted),
    };
    let mut cells = vec![
        (flow.flow.to_string(), Role::Text),
        words::flow_state(flow, now),
        (words::age_of(flow.oldest_at, now), Role::Text),
        (words::age_of(flow.last_started_at, now), Role::Muted),
        (
            flow.next_due_at
                .map_or_else(|| "–".to_owned(), |at| words::until(at, now)),
            Role::Muted,
        ),
        (
            sparkline::text(&flow.applied_per_minute, usize::from(rate), symbols),
            Role::Accent,
        ),
        figure(flow.waiting + flow.sending, Role::Text),
        figure(flow.in_doubt, Role::Warn),
        figure(flow.stuck, Role::Error),
        note,
    ];
    if has_pairs(app) {
        cells.insert(0, (flow.pair.to_string(), Role::Muted));
    }
    cells
}

fn draw_systems(app: &App, pen: &mut Pen<'_>, area: Rect, is_roomy: bool) {
    let live = &app.panes.live;
    let has_focus = live.part == Part::Systems;
    part_title(
        pen,
        Rect::new(area.x, area.y, area.width, 1),
        "Systems",
        has_focus,
    );
    let mut y = area.y + 1;
    let per = if is_roomy { 4 } else { 1 };
    let visible = usize::from(area.height.saturating_sub(1)) / per;
    let skip = (live.system + 1).saturating_sub(visible.max(1));
    for (at, system) in live.data.systems.iter().enumerate().skip(skip) {
        if y >= area.bottom() {
            break;
        }
        let rows = u16::try_from(per).unwrap_or(1).min(area.bottom() - y);
        let row = Rect::new(area.x, y, area.width, rows);
        draw_system(app, pen, row, system, is_roomy);
        if has_focus && at == live.system {
            let symbol = pen.symbols().cursor;
            pen.fill(Rect::new(area.x, y, area.width, 1), Role::Selection);
            pen.text(area.x, y, 1, symbol, Role::Selection);
        }
        y += rows;
    }
}

fn draw_system(app: &App, pen: &mut Pen<'_>, area: Rect, row: &SystemRow, is_roomy: bool) {
    let (state, role) = words::system_state(row, app.now);
    let mut x = area.x + 2;
    x += pen.text(
        x,
        area.y,
        9,
        &format!("{:<8} ", row.system.as_str()),
        Role::Text,
    );
    pen.text(x, area.y, STATE_COLUMNS, &state, role);
    x += STATE_COLUMNS + 1;
    let holder = row
        .holder
        .as_ref()
        .map_or_else(String::new, |h| format!("worker {h}  "));
    let flight = match row.live.in_flight.as_slice() {
        [] => "no call under way".to_owned(),
        calls => format!(
            "{} under way: {}",
            text::count(i64::try_from(calls.len()).unwrap_or(0), "call", "calls"),
            call_words(calls, app)
        ),
    };
    let per_order = if row.live.orders_total > 0 {
        format!(
            "{} calls per 1,000 orders",
            row.live.calls_total.saturating_mul(1_000) / row.live.orders_total
        )
    } else {
        String::new()
    };
    if is_roomy {
        let room = area.right().saturating_sub(x);
        pen.line(
            x,
            area.y,
            room,
            &[(&holder, Role::Muted), (&per_order, Role::Muted)],
        );
        let problem = row.live.auth_failed.clone().unwrap_or_default();
        let inner = area.x + 11;
        let room = area.right().saturating_sub(inner + 1);
        let lines: [(&str, String); 3] = [
            ("lanes   ", lanes(&row.live.lanes, app)),
            (
                "methods ",
                format!("{}{}", methods(&row.live.methods), parcels(&row.live)),
            ),
            ("calls   ", format!("{flight}  {problem}")),
        ];
        for (line, (label, words)) in (1u16..).zip(lines) {
            if line < area.height {
                pen.line(
                    inner,
                    area.y + line,
                    room,
                    &[(label, Role::Muted), (&words, Role::Text)],
                );
            }
        }
        return;
    }
    let room = area.right().saturating_sub(x);
    let words = match &row.live.auth_failed {
        Some(problem) => problem.clone(),
        None => format!(
            "{}  {}  {flight}",
            methods(&row.live.methods),
            lanes(&row.live.lanes, app)
        ),
    };
    pen.text(x, area.y, room, &words, Role::Muted);
}

fn call_words(calls: &[CallLive], app: &App) -> String {
    let words: Vec<String> = calls
        .iter()
        .map(|c| format!("{} ({})", c.method, words::age(c.at, app.now)))
        .collect();
    words.join(", ")
}

/// What the limit means for parcels on their way back: how many a minute, and how long those that wait take at best.
fn parcels(live: &SystemLive) -> String {
    let Some(parcels) = live.parcels else {
        return String::new();
    };
    let calls = crate::text::count(parcels.calls_each, "call", "calls");
    let most = parcels.per_minute_max;
    let despatches = live.lanes.iter().find(|l| l.lane == Lane::Despatch);
    let waiting = despatches.map_or(0, |l| l.waiting);
    let time = match waiting {
        0 => String::new(),
        n => format!(", {n} waiting: {} min at best", parcels.minutes(n)),
    };
    format!("; a parcel is {calls}, at most {most} a minute{time}")
}

fn lanes(lanes: &[LaneLive], app: &App) -> String {
    let words: Vec<String> = lanes
        .iter()
        .filter(|l| l.calls_last_minute > 0 || l.waiting > 0)
        .map(|l| {
            let waiting = if l.waiting > 0 {
                format!(
                    " {} waiting {}",
                    l.waiting,
                    words::age_of(l.oldest_at, app.now)
                )
            } else {
                String::new()
            };
            format!("{} {}/min{waiting}", l.lane, l.calls_last_minute)
        })
        .collect();
    if words.is_empty() {
        "all lanes quiet".to_owned()
    } else {
        words.join(", ")
    }
}

/// Methods with their limits, the nearest to its limit first.
fn methods(methods: &[MethodLive]) -> String {
    let mut sorted: Vec<&MethodLive> = methods.iter().collect();
    sorted.sort_by_key(|m| {
        let used = m.calls_last_minute.saturating_mul(1_000) / m.limit_per_minute.max(1);
        std::cmp::Reverse(used)
    });
    let words: Vec<String> = sorted
        .iter()
        .map(|m| {
            format!(
                "{} {}/{}",
                m.method, m.calls_last_minute, m.limit_per_minute
            )
        })
        .collect();
    words.join(", ")
}

fn draw_tail(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let live = &app.panes.live;
    let has_focus = live.part == Part::Tail;
    let title = match live.filter_text.as_str() {
        "" => "Events, newest first".to_owned(),
        text => format!("Events, newest first, filter {text}"),
    };
    part_title(
        pen,
        Rect::new(area.x, area.y, area.width, 1),
        &title,
        has_focus,
    );
    let height = usize::from(area.height.saturating_sub(1));
    let top = (live.event + 1).saturating_sub(height.max(1));
    let rows = live.data.tail.iter().rev().enumerate().skip(top);
    for ((at, row), y) in rows.zip(area.y + 1..area.bottom()) {
        draw_event(app, pen, Rect::new(area.x, y, area.width, 1), row);
        if has_focus && at == live.event {
            let symbol = pen.symbols().cursor;
            pen.fill(Rect::new(area.x, y, area.width, 1), Role::Selection);
            pen.text(area.x, y, 1, symbol, Role::Selection);
        }
    }
    if live.data.tail.is_empty() && area.height > 1 {
        let text = match live.filter_text.as_str() {
            "" => "Nothing has happened yet.",
            _ if live.load == Load::Ready => "No event matches the filter; c clears it.",
            _ => "reading …",
        };
        pen.text(area.x + 2, area.y + 1, area.width - 2, text, Role::Muted);
    }
}

fn draw_event(app: &App, pen: &mut Pen<'_>, area: Rect, row: &JournalRow) {
    let change = change_words(&row.before, &row.after);
    let time = format!("{:<13}", words::clock(row.at, app.now));
    let action = format!("{:<20} ", row.action);
    let object = format!("{}  ", object_label(&row.object));
    let actor = format!("  {}", row.actor);
    pen.line(
        area.x + 2,
        area.y,
        area.width.saturating_sub(3),
        &[
            (&time, Role::Muted),
            (&action, Role::Accent),
            (&object, Role::Text),
            (&change, Role::Text),
            (&actor, Role::Muted),
        ],
    );
}

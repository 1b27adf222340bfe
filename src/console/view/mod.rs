//! The picture of the state: pure drawing into a buffer. Nothing here changes the state but remembered geometry.

mod doc;
mod header;
mod layers;
mod panes;

use super::app::action::{Action, Context};
use super::app::fit::Fit;
use super::app::layers::Layer;
use super::app::nav::Pane;
use super::app::{App, SCREEN_MIN};
use super::theme::Role;
use super::widget::hints::{self, Hint};
use super::widget::{Pen, crumbs, toast};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Rows above the body: panes, counts, the way to here.
const HEAD_ROWS: u16 = 3;
/// Actions of an object shown before the ways on.
const OBJECT_HINTS_MAX: usize = 4;
/// Hints in the footer at most, without the one for help.
const HINTS_MAX: usize = 9;

/// Draws the whole screen.
pub fn draw(app: &App, buf: &mut Buffer) {
    let area = buf.area;
    let mut pen = Pen::new(buf, &app.theme);
    if area.width < SCREEN_MIN.0 || area.height < SCREEN_MIN.1 {
        too_small(app, &mut pen);
        return;
    }
    header::draw(app, &mut pen, Rect::new(area.x, area.y, area.width, 2));
    let body = Rect::new(
        area.x,
        area.y + HEAD_ROWS,
        area.width,
        area.height - HEAD_ROWS - 1,
    );
    let way = Rect::new(area.x, area.y + 2, area.width, 1);
    match app.nav.page() {
        Some(page) => {
            draw_way(app, &mut pen, way);
            let words = app.finding();
            doc::draw(&mut pen, body, page, true, &words.unwrap_or_default());
        }
        None => panes::draw(app, &mut pen, way, body),
    }
    let foot = Rect::new(area.x, area.bottom() - 1, area.width, 1);
    draw_foot(app, &mut pen, foot);
    layers::draw(app, &mut pen, way, foot);
}

/// Below the smallest screen: one line that still says whether anything is anybody's.
fn too_small(app: &App, pen: &mut Pen<'_>) {
    let area = pen.buf.area;
    let open: i64 = app.header.counts.iter().map(|c| c.open).sum();
    let text = format!(
        "{open} open, {} mine; needs {}x{}",
        app.header.mine, SCREEN_MIN.0, SCREEN_MIN.1
    );
    pen.text(area.x, area.y, area.width, &text, Role::Text);
}

/// The way to here, with what the list says at the right.
fn draw_way(app: &App, pen: &mut Pen<'_>, area: Rect) -> u16 {
    let mut way = vec![app.nav.pane.title().to_owned()];
    way.extend(app.nav.pages().iter().map(|p| p.title.clone()));
    crumbs::draw(pen, area.x + 1, area.y, area.width.saturating_sub(2), &way)
}

fn draw_foot(app: &App, pen: &mut Pen<'_>, area: Rect) {
    if let Some(message) = app.toast() {
        let room = area.width.saturating_sub(2);
        toast::draw(
            pen,
            area.x + 1,
            area.y,
            room,
            message.level.word(),
            &message.text,
            message.level.role(),
        );
        return;
    }
    let hints = foot_hints(app);
    hints::draw(
        pen,
        area.x + 1,
        area.y,
        area.width.saturating_sub(2),
        &hints,
    );
}

/// What can be done here, nearest context first, from the table of actions.
fn foot_hints(app: &App) -> Vec<Hint> {
    let mut hints = Vec::new();
    let contexts = app.contexts();
    for action in ordered_for_footer(app, &contexts) {
        if hints.len() >= HINTS_MAX {
            break;
        }
        let is_refused = match app.fit(action) {
            Fit::Yes => false,
            Fit::No(_) if action.is_writing() => true,
            Fit::No(_) | Fit::Elsewhere(_) => continue,
        };
        if let Some(key) = app.keymap.keys(action).first() {
            hints.push(Hint {
                key: key.to_string(),
                title: title_here(app, action).to_owned(),
                is_refused,
            });
        }
    }
    let help = app.keymap.keys(Action::Help).first();
    hints.push(Hint {
        key: help.map_or_else(|| "F1".to_owned(), ToString::to_string),
        title: "Help".to_owned(),
        is_refused: false,
    });
    hints
}

/// Back and Open, what can be done with the object, the ways on, then everything else.
fn ordered_for_footer(app: &App, contexts: &[Context]) -> Vec<Action> {
    let mut actions = Vec::new();
    if app.nav.page().is_some() {
        actions.push(Action::Back);
    }
    actions.push(Action::Open);
    let mut later = Vec::new();
    for context in contexts {
        let is_of_object = !matches!(context, Context::List | Context::Page | Context::Global);
        let mut of_context: Vec<Action> = Action::ALL
            .iter()
            .copied()
            .filter(|a| {
                a.info().context == *context
                    && a.is_for_footer()
                    && !matches!(
                        a,
                        Action::Back
                            | Action::Open
                            | Action::Help
                            | Action::Filter
                            | Action::NextPart
                    )
            })
            .collect();
        let is_page = app.nav.page().is_some();
        if is_of_object && is_page && of_context.len() > OBJECT_HINTS_MAX {
            // More than there is room for: what can be done comes before what cannot. Not in a list, where every move of
            // the cursor would send the whole line again.
            of_context.sort_by_key(|a| app.fit(*a) != Fit::Yes);
        }
        let mut of_context = of_context.into_iter();
        if is_of_object {
            // What means nothing on this object takes no room.
            let here = of_context.by_ref().filter(|a| fits_here(app, *a));
            actions.extend(here.take(OBJECT_HINTS_MAX));
        }
        later.extend(of_context);
    }
    if contexts.contains(&Context::List) {
        actions.push(Action::Filter);
    }
    actions.push(Action::NextPart);
    actions.extend(later);
    actions
}

fn fits_here(app: &App, action: Action) -> bool {
    !matches!(app.fit(action), super::app::fit::Fit::Elsewhere(_))
}

/// Some titles say more where one is.
fn title_here(app: &App, action: Action) -> &'static str {
    match (action, app.nav.page().is_some(), app.nav.pane) {
        (Action::NextPart, true, _) => "Next tab",
        (Action::NextPart, false, Pane::Exceptions) => "Next team",
        (Action::NextPart, false, Pane::Stock) => app.panes.stock.part.turned().title(),
        (Action::NextPart, false, Pane::Checks) => "Next sheet",
        (Action::Open, false, Pane::Mappings) => "Map",
        _ => action.info().title,
    }
}

/// Whether the filter line is open.
fn filter_line(app: &App) -> Option<&super::app::layers::filter::FilterLine> {
    app.layers.iter().find_map(|l| match l {
        Layer::Filter(line) => Some(line),
        _ => None,
    })
}

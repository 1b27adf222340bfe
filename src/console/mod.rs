//! The console: state (`app`), picture (`view`), reusable pieces (`widget`), loop (`run`), device (`term`).
//!
//! `app`, `view` and `widget` do no I/O and contain no `async`; the terminal library is used in `term` only; state changes in [`app::App::update`] only; colours are known to `theme` only.

pub mod app;
pub mod run;
pub mod svg;
pub mod term;
pub mod theme;
pub mod view;
pub mod widget;

pub use run::{ConsoleOptions, Exit, run};
pub use svg::svg;

use app::App;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The screen as it would be drawn at this size.
pub fn picture(app: &App, columns: u16, rows: u16) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    view::draw(app, &mut buffer);
    buffer
}

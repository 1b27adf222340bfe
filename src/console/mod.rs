//! The console: state (`app`), picture (`view`), reusable pieces (`widget`), loop (`run`), device (`term`).
//!
//! `app`, `view` and `widget` do no I/O and contain no `async`; the terminal library is used in `term` and in
//! `run::input` only; state changes in [`app::App::update`] only; colours are known to `theme` only.

pub mod app;
pub mod theme;
pub mod view;
pub mod widget;

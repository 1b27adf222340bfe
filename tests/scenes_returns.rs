//! Scenes of goods that come back, end to end: shop or books, warehouse, engine and desk under one virtual clock.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "scenes_returns/counter.rs"]
mod counter;
#[path = "scenes_returns/gate.rs"]
mod gate;
#[path = "scenes_returns/modes.rs"]
mod modes;
#[path = "scenes_returns/month.rs"]
mod month;
#[path = "support/one_core.rs"]
mod one_core;
#[path = "support/pg.rs"]
mod pg;
#[path = "scenes_returns/postgres.rs"]
mod postgres;
#[path = "scenes_returns/progress.rs"]
mod progress;

//! Scenes of the lanes: goods move in the warehouse, and a ledger that the source keeps itself is told, in order and once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/console/mod.rs"]
mod console;
#[path = "lanes/counted.rs"]
mod counted;
#[path = "lanes/doubt.rs"]
mod doubt;
#[path = "lanes/excluded.rs"]
mod excluded;
#[path = "support/one_core.rs"]
mod one_core;
#[path = "support/pg.rs"]
mod pg;
#[path = "lanes/postgres.rs"]
mod postgres;
#[path = "lanes/screen.rs"]
mod screen;
#[path = "lanes/stopped.rs"]
mod stopped;
#[path = "lanes/told.rs"]
mod told;
#[path = "lanes/yard.rs"]
mod yard;

//! Scenes of the trade, end to end: both systems simulated on the wire, the engine and the desk in between, one virtual clock.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "scenes/bulk.rs"]
mod bulk;
#[path = "scenes/cases.rs"]
mod cases;
#[path = "scenes/changes.rs"]
mod changes;
#[path = "scenes/checks.rs"]
mod checks;
#[path = "scenes/despatch.rs"]
mod despatch;
#[path = "scenes/doubt.rs"]
mod doubt;
#[path = "scenes/exceptions.rs"]
mod exceptions;
#[path = "scenes/labels.rs"]
mod labels;
#[path = "support/one_core.rs"]
mod one_core;
#[path = "scenes/orders.rs"]
mod orders;
#[path = "support/pg.rs"]
mod pg;
#[path = "scenes/postgres.rs"]
mod postgres;
#[path = "support/stage.rs"]
mod stage;
#[path = "scenes/stock.rs"]
mod stock;
#[path = "scenes/systems.rs"]
mod systems;

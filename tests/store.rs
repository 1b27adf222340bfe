//! The store's promises, the same suite on SQLite and on PostgreSQL.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "store/bench.rs"]
mod bench;
#[path = "store/calls.rs"]
mod calls;
#[path = "store/exceptions.rs"]
mod exceptions;
#[path = "store/faults.rs"]
mod faults;
#[path = "store/lanes.rs"]
mod lanes;
#[path = "store/layouts.rs"]
mod layouts;
#[path = "store/lists.rs"]
mod lists;
#[path = "support/pg.rs"]
mod pg;
#[path = "store/presence.rs"]
mod presence;
#[path = "store/queue.rs"]
mod queue;
#[path = "store/undo.rs"]
mod undo;
#[path = "store/views.rs"]
mod views;

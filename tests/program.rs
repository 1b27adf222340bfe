//! The real program from outside: its verbs, its terminal, its server, and what it says on bad days.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "program/bad_days.rs"]
mod bad_days;
#[path = "program/cli.rs"]
mod cli;
#[cfg(unix)]
#[path = "support/pty.rs"]
mod pty;
#[path = "program/sandboxed.rs"]
mod sandboxed;
#[path = "program/server.rs"]
mod server;
#[cfg(unix)]
#[path = "program/setup.rs"]
mod setup;
#[cfg(unix)]
#[path = "program/terminal.rs"]
mod terminal;

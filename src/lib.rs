//! tallyman: sales systems and the warehouse, kept in agreement.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod bench;
pub mod cli;
pub mod config;
pub mod console;
pub mod desk;
pub mod domain;
pub mod handbook;
pub mod rehearsal;
pub mod report;
pub mod sandbox;
pub mod secret;
pub mod server;
pub mod store;
pub mod sync;
pub mod text;
pub mod vendors;
pub mod wire;

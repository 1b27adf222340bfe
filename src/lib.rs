//! tallyman: sales systems and the warehouse, kept in agreement.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod console;
pub mod domain;
pub mod secret;
pub mod store;
pub mod text;
pub mod vendors;
pub mod wire;

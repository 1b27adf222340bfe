//! SHOPLINE simulated: one store's Admin REST interface, its webhooks, and what a store does by itself.
//!
//! Shapes, texts and numbers follow the official pages, the official SDK and recorded traffic of version `v20260601`.
//! Where those are silent, the behaviour is a switch of [`config::ShopSwitches`] or is marked "assumed" at its place.

pub mod config;
mod cursor;
mod deeds;
mod events;
mod ids;
mod money;
mod orders;
mod parts;
mod render;
mod render_ship;
pub(crate) mod service;
mod ship;
pub mod state;
mod stock;
mod subscriptions;
pub mod webhooks;
mod wire;

pub(crate) use deeds::{Draft, DraftLine};
pub use webhooks::Webhook;

/// A long id of the store: beginning, ascending number, four digits of chance.
pub(crate) fn long_id(seed: u64, start: &str, serial: u64) -> String {
    ids::long(seed, start, serial)
}

/// A 19-digit id, as locations and inventory items have.
pub(crate) fn plain_id(serial: u64) -> String {
    ids::digits("", serial, 19)
}

//! Webhooks the routing of orders and labels booked late, end to end: sandbox, a real store and the engine under one virtual clock; the server on a real port.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "hooks/cin7.rs"]
mod cin7;
#[path = "hooks/flash.rs"]
mod flash;
#[path = "hooks/house.rs"]
mod house;
#[path = "hooks/kill.rs"]
mod kill;
#[path = "hooks/labels.rs"]
mod labels;
#[path = "support/one_core.rs"]
mod one_core;
#[path = "hooks/property.rs"]
mod property;
#[path = "hooks/routing.rs"]
mod routing;
#[path = "hooks/server.rs"]
mod server;
#[path = "hooks/shop.rs"]
mod shop;
#[path = "hooks/short.rs"]
mod short;

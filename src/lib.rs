//! tallyman: sales systems and the warehouse, kept in agreement.

pub mod domain;
pub mod secret;
pub mod store;
pub mod text;
pub mod vendors;
pub mod wire;

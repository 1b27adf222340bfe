//! Linnworks simulated: sign-in, open and processed orders, postal services, items and stock.

pub mod despatch;
pub mod filters;
pub mod orders_read;
pub mod orders_write;
pub mod params;
pub mod processed;
pub mod render;
pub mod service;
pub mod split;
pub mod state;
pub mod stock;

//! Cin7 Core simulated (External API v2): products, locations, availability, sales with their fulfilments, adjustments,
//! invoices and credit notes, webhooks.
//!
//! Whatever nobody has documented is a switch in [`config`]; its default is the likelier reading.

pub mod adjust;
pub mod build;
pub mod config;
pub mod credit;
pub mod decimal;
pub mod deeds;
pub mod fulfil;
pub mod hands;
pub mod hooks;
pub mod orders;
pub mod params;
pub mod payloads;
pub mod people;
pub mod refs;
pub mod render;
pub mod sale;
pub mod sales;
pub mod service;
pub mod ship;
pub mod stages;
pub mod state;
pub mod status;
pub mod stock;

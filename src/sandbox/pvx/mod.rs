//! Peoplevox simulated: SOAP in, SOAP out, CSV inside, and a warehouse floor behind it.

pub mod allocate;
pub mod callbacks;
pub mod clause;
pub mod columns;
pub mod csvio;
pub mod movements;
pub mod returns;
pub mod save;
pub mod save_orders;
pub mod service;
pub mod soap;
pub mod state;
pub mod tables;

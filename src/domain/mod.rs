//! The trade's rules, pure: no I/O, no `async`, no clock, no randomness. Time and ids come in as arguments.

pub mod catalogue;
pub mod change;
pub mod delivery;
pub mod exception;
pub mod filter;
pub mod hash;
pub mod ids;
pub mod lifecycle_case;
pub mod live;
pub mod mapping;
pub mod near;
pub mod order;
pub mod places;
pub mod policy;
pub mod severity;
pub mod stock;
pub mod time;
pub mod wms;

pub mod amend;
pub mod breaker;
pub mod budget;
pub mod confirm;
pub mod country;
pub mod decide;
pub mod drift;
pub mod hint;
pub mod keys;
pub mod loops;
pub mod mapping_set;
pub mod preflight;
pub mod publish;
pub mod release;
pub mod retry;
pub mod sla;
pub mod status;

//! What this machine can do: each bench measures the program beside a floor taken in the same run on the same disk, so
//! that a slow machine is not mistaken for a slow program.

pub mod calls;
pub mod console;
pub mod drift;
pub mod engine;
pub mod fill;
mod floor;
pub mod machine;
pub mod naive;
pub mod queue;
pub mod rig;
mod screen;
pub mod sheet;
pub mod trade;

pub use sheet::{Figure, Sheet};

use crate::rehearsal::RehearsalError;
use crate::store::StoreError;

/// Why a bench came to no figures.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The store failed.
    #[error("the bench's store failed: {0}")]
    Store(#[from] StoreError),
    /// Sandbox or adapters could not be built.
    #[error("the bench could not be set up: {0}")]
    Setup(#[from] RehearsalError),
    /// A file or folder of the bench.
    #[error("the bench's own files: {0}")]
    Files(#[from] std::io::Error),
    /// What was measured did not come to the end it must come to: figures would mislead.
    #[error("{0}; no figures are given")]
    Unfinished(String),
}

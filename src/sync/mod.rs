//! The engine: intake, decide, deliver, compare. It knows `domain`, `store` and `vendors`, never the screen.
//!
//! All business state lives in the store. A worker holds only what can be learnt again: sessions, call budgets,
//! half-read lists. Dropping a worker at any await point therefore loses nothing.

mod bulks;
pub mod calls;
pub mod cases;
mod closing;
pub mod context;
mod corrections;
pub mod decide;
pub mod deliver;
pub mod desk;
mod edits;
pub mod engine;
pub mod hints;
mod holds;
mod labels;
pub mod lanes;
mod promises;
pub mod reads;
pub mod remedies;
pub mod requests;
mod returns;
pub mod settle;
mod silence;
pub mod stock;
mod unlabelled;
pub mod watch;
pub mod worker;

pub use context::{Cx, Pace, PairCx, Systems};
pub use engine::{Engine, StepDone};
pub use unlabelled::LABEL_GRACE;

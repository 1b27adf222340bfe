//! What is printed for people and programs: tables, CSV, JSON, the evidence sheet of an order, the shift report.

mod evidence;
mod print;
mod sheet;
mod shift;
mod summary;
mod table;

pub use evidence::{Evidence, TIMELINE_ROWS_MAX, order_evidence};
pub use print::{Format, Print, PrintError, at, opt};
pub use sheet::{guard, unguard};
pub use shift::{ShiftFacts, shift_facts, shift_markdown};
pub use summary::RunSummary;
pub use table::{Align, Column, Table};

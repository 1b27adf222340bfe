//! What is printed for people and programs: tables, CSV, JSON, the evidence sheet of an order, the reports of shift and month.

pub mod body;
mod call;
mod checks;
pub mod columns;
mod evidence;
pub mod export;
mod markup;
mod month;
mod outside;
mod print;
mod sheet;
mod shift;
mod slow;
mod summary;
mod table;
mod why;

pub use call::{CallBody, GoodCall, Origin, Sight, StoredCall, stored_call};
pub use checks::{Saved, check_table, checks_html, checks_markdown, save_checks};
pub use evidence::{Evidence, TIMELINE_ROWS_MAX, order_evidence};
pub use month::{
    CutLine, CutSum, Cuts, MonthFacts, PairMonth, month_csv, month_facts, month_html,
    month_markdown,
};
pub use outside::{Paper, Reader, order_paper};
pub use print::{Format, Print, PrintError, at, opt};
pub use sheet::{guard, unguard};
pub use shift::{ShiftFacts, shift_facts, shift_markdown};
pub use slow::{Finding, LAG_LATE, Spot, Weight, all_well, why_slow};
pub use summary::RunSummary;
pub use table::{Align, Column, Table};
pub use why::why_text;

//! A source that keeps its own on-hand figure and takes changes to it, one document at a time.

use super::{Answer, CallLog, SalesSystem, SourceStock};
use crate::domain::ids::{LocationId, Sku};
use crate::domain::movements::FoundDocument;
use crate::domain::time::Ts;
use futures::future::BoxFuture;

/// Where a line of an adjustment is booked, and what lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    pub sku: Sku,
    pub location: LocationId,
    /// The very place inside the location, in the source's own terms; only the adapter reads it.
    pub place: String,
    /// On hand there, as just read.
    pub on_hand_each: i64,
}

/// A line to be written: an absolute on-hand figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdjustmentLineWrite {
    pub shelf: Shelf,
    /// On hand afterwards.
    pub target_each: i64,
}

/// A document to be written, completed at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdjustmentDoc {
    /// Business date.
    pub at: Ts,
    /// Found again by it.
    pub reference: String,
    pub comment: String,
    /// The source's own default when `None`.
    pub account: Option<String>,
    pub lines: Vec<AdjustmentLineWrite>,
}

/// What came of writing a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Posting {
    /// Completed, every line as written; the quantity before of each line, in the order sent, where the answer has it.
    Done {
        document: String,
        before: Vec<Option<i64>>,
    },
    /// A document, but not as written.
    Unlike { document: String, why: String },
    /// Every figure stands already; no document was made.
    NoNeed,
}

/// A document as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedDoc {
    pub document: String,
    pub found: FoundDocument,
}

/// What a page of the list of documents says about a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// Documents with exactly that reference.
    pub documents: Vec<String>,
    pub is_last: bool,
}

/// A page of the whole ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerPage {
    /// One per SKU and location on this page; parts of one may stand on two pages.
    pub rows: Vec<SourceStock>,
    /// SKUs that are there and cannot be counted in whole units: nothing follows from their absence in `rows`.
    pub not_whole: Vec<Sku>,
    /// Rows of the vendor's answer, before they were added up.
    pub count: i64,
    /// The vendor's own count of rows over all pages, where it tells.
    pub total: Option<i64>,
    pub is_last: bool,
}

/// A source that takes changes.
pub trait Adjustments: SalesSystem {
    /// On hand of an item at a location, read now: the place a change of it is booked at.
    fn shelf<'a>(
        &'a self,
        sku: &'a Sku,
        location: &'a LocationId,
        delta_each: i64,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Shelf>>;
    /// Whether enough is known of the product to bring goods in (its cost).
    fn knows(&self, sku: &Sku) -> bool;
    /// What a unit costs by the source's books, minor units; `None` while nothing is known of the product.
    fn unit_cost_minor(&self, sku: &Sku) -> Option<i64>;
    /// Learns that.
    fn learn<'a>(&'a self, sku: &'a Sku, log: &'a CallLog) -> BoxFuture<'a, Answer<()>>;
    /// Writes a document, never twice.
    fn post<'a>(
        &'a self,
        doc: &'a AdjustmentDoc,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Posting>>;
    /// One document.
    fn posted<'a>(
        &'a self,
        document: &'a str,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<PostedDoc>>;
    /// A page (from 1) of the list of documents, looked through for a reference.
    fn seek<'a>(
        &'a self,
        reference: &'a str,
        page: u32,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Sought>>;
    /// A page (from 1) of everything on hand. What is on no page is zero.
    fn ledger_page<'a>(&'a self, page: u32, log: &'a CallLog) -> BoxFuture<'a, Answer<LedgerPage>>;
}

//! The systems we speak to: two traits named for the trade, one folder per vendor behind them.
//!
//! Every method of the traits is exactly one HTTP call (sign-in and its renewal aside), so that a call budget can be
//! spent before it is made. Success is read from the body, row by row, never from the HTTP status alone.

mod adjustments;
mod aside;
pub mod cin7core;
mod findings;
pub mod hooks;
pub mod linnworks;
pub mod peoplevox;
pub mod registry;
mod sales;
mod scalar;
pub mod shopline;
pub mod transport;

use crate::domain::budget::Rate;
use crate::domain::delivery::AnswerClass;
use crate::domain::ids::{ItemCode, ReturnRef, SiteRef, SourceOrderId, WmsOrderNo};
use crate::domain::order::{SourceOrder, WmsOrderIntent};
use crate::domain::returns::ReturnIntent;
use crate::domain::time::{Span, Ts};
use crate::domain::wms::{
    DespatchLine, NewItem, WmsItem, WmsLine, WmsMovement, WmsOrder, WmsOrderStatus, WmsReturn,
    WmsReturnItem, WmsReturnLine, WmsService, WmsSite, WmsStock, WmsStockChange,
};
use futures::future::BoxFuture;
use std::sync::{Arc, Mutex};

pub use adjustments::{
    AdjustmentDoc, AdjustmentLineWrite, Adjustments, LedgerPage, PostedDoc, Posting, Shelf, Sought,
};
pub use hooks::Hooks;
pub use sales::{
    ChangedOrder, ChangedOrders, ChangesPage, Channel, Confirming, Crediting, Intake, ItemIds,
    LevelWrite, NotifyState, OpenOrders, ParcelStep, Parcels, Processing, ProductsPage, Relation,
    SalesSystem, ShippingUpdate, SourceLocation, SourceProduct, SourceStock, StockByItem,
    StockFigures,
};

/// One HTTP exchange as recorded for the attempt's evidence. Credentials are already taken out.
#[derive(Debug, Clone)]
pub struct Trace {
    /// Vendor method, for example `SaveData Sales orders` or `Orders/ProcessOrdersInBatch`.
    pub method: String,
    pub request: Vec<u8>,
    /// Empty when no answer came.
    pub answer: Vec<u8>,
    /// HTTP status; `None` when no answer came.
    pub status: Option<u16>,
    /// Wall time of the exchange.
    pub elapsed: Span,
    /// The exchange was a sign-in or its renewal.
    pub is_sign_in: bool,
}

/// Collects the exchanges of one trait call, and carries what the caller knows of the system's limit.
#[derive(Debug, Default)]
pub struct CallLog {
    traces: Mutex<Vec<Trace>>,
    is_limit_near: bool,
}

impl CallLog {
    /// For a call made when the calls of the last minute are nearly the limit: an overload that does not say why is the
    /// limit then.
    pub fn near_limit(is_limit_near: bool) -> Self {
        Self {
            is_limit_near,
            ..Self::default()
        }
    }

    /// By our own count the limit is nearly reached.
    pub const fn is_limit_near(&self) -> bool {
        self.is_limit_near
    }

    /// Adds one exchange.
    pub fn record(&self, trace: Trace) {
        if let Ok(mut traces) = self.traces.lock() {
            traces.push(trace);
        }
    }

    /// Takes everything recorded so far.
    pub fn take(&self) -> Vec<Trace> {
        self.traces
            .lock()
            .map(|mut t| std::mem::take(&mut *t))
            .unwrap_or_default()
    }
}

/// Why a call brought no usable answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// Never [`AnswerClass::Applied`].
    pub class: AnswerClass,
    /// Plain words, cleaned: what failed and what the vendor said.
    pub text: String,
    /// How long the vendor asked us to wait, when throttled and told.
    pub wait: Option<Span>,
}

impl CallError {
    /// One with no wait asked for. `text` is cleaned by the caller.
    pub const fn new(class: AnswerClass, text: String) -> Self {
        Self {
            class,
            text,
            wait: None,
        }
    }
}

impl std::fmt::Display for CallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl std::error::Error for CallError {}

/// Answer of one trait call.
pub type Answer<T> = Result<T, CallError>;

/// A page of a list. `is_last` is decided by the vendor's own end rule; `total` is the vendor's own count when it gives one.
#[derive(Debug, Clone)]
pub struct Page<T> {
    pub rows: Vec<T>,
    pub total: Option<i64>,
    pub is_last: bool,
}

/// An order the vendor sent that cannot be read: a member is missing or holds what no order can hold. It is set aside
/// alone, so that the orders beside it go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadOrder {
    pub source_id: SourceOrderId,
    /// The number people know it by, or its id.
    pub label: String,
    /// The member at fault and why.
    pub text: String,
}

/// Orders of one answer.
#[derive(Debug, Clone, Default)]
pub struct Orders {
    pub rows: Vec<SourceOrder>,
    /// Those that could not be read. They exist, so nothing may be concluded from their absence in `rows`.
    pub unread: Vec<UnreadOrder>,
}

/// A page of orders.
#[derive(Debug, Clone)]
pub struct OrdersPage {
    pub orders: Orders,
    /// The vendor's own count when it gives one.
    pub total: Option<i64>,
    /// Decided by the vendor's own end rule.
    pub is_last: bool,
}

/// Result of one row of a batch write, in the order sent. A row that is missing from the answer is `Unknown`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowOutcome {
    pub key: String,
    /// Applied, Rejected or Unknown.
    pub class: AnswerClass,
    pub text: String,
}

/// What is called, for budgets: adapters translate it to their own limit key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Op {
    // warehouse
    ItemsPage,
    ItemsByCode,
    SaveItems,
    OrdersByNumber,
    LinesByNumber,
    SaveHeaders,
    SaveLines,
    CancelOrders,
    StatusesPage,
    DespatchesPage,
    StockPage,
    StockChangesPage,
    SaveReturns,
    SaveReturnItems,
    ReturnsByRef,
    ReturnItemsByRef,
    ReturnsPage,
    MovementsPage,
    CarrierServices,
    Sites,
    Templates,
    Subscribe,
    // source
    Locations,
    PostalServices,
    ChangedOrders,
    OpenOrderIds,
    OpenOrdersPage,
    OpenOrdersByIds,
    OrdersByIds,
    ParcelsShown,
    ShipParcel,
    SetShipping,
    ProcessBatch,
    ProcessOne,
    SplitOrder,
    Relations,
    SetStock,
    StockLevels,
    StockIds,
    ShelfOf,
    LearnProduct,
    PostAdjustment,
    AdjustmentById,
    AdjustmentsPage,
    LedgerPage,
    ProductsPage,
    AuditTrails,
    CreditNotes,
    WriteCreditNote,
}

/// A limit the vendor (or prudence) sets, to be respected by our own counting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// The key calls are counted under.
    pub key: String,
    pub rate: Rate,
}

/// One finding of a check, for `tallyman check`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub is_ok: bool,
    /// What was checked.
    pub what: String,
    /// What was found, and the remedy when not ok.
    pub found: String,
}

/// What both kinds of system can do.
pub trait System: Send + Sync {
    /// Limits to keep; every [`Op`] counts under exactly one key of them.
    fn limits(&self) -> Vec<Limit>;
    /// The key an operation counts under.
    fn limit_key(&self, op: Op) -> &str;
    /// Calls that may be in flight at once.
    fn concurrency_max(&self) -> usize;
    /// Reads that show whether credentials, permissions, templates and clocks are right. Makes several calls.
    fn check<'a>(&'a self, now: Ts, log: &'a CallLog) -> BoxFuture<'a, Vec<Finding>>;
    /// The cheapest read that proves the system answers and lets us in (breaker probe, `SYS_AUTH` test).
    fn probe<'a>(&'a self, log: &'a CallLog) -> BoxFuture<'a, Answer<()>>;
    /// What it sends by itself, when it is able and set up to; `None` for one that is only asked.
    fn hooks(self: Arc<Self>) -> Option<Arc<dyn Hooks>> {
        None
    }
}

/// A warehouse (Peoplevox). No method writes stock: that edge does not exist.
pub trait Warehouse: System {
    fn items_page<'a>(
        &'a self,
        page: u32,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Page<WmsItem>>>;
    /// At most [`TERMS_MAX`] codes; unknown codes are absent from the answer.
    fn items_by_code<'a>(
        &'a self,
        codes: &'a [ItemCode],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<WmsItem>>>;
    /// At most [`ROWS_MAX`] rows.
    fn save_items<'a>(
        &'a self,
        items: &'a [NewItem],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<RowOutcome>>>;
    fn orders_by_number<'a>(
        &'a self,
        numbers: &'a [WmsOrderNo],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<WmsOrder>>>;
    fn lines_by_number<'a>(
        &'a self,
        numbers: &'a [WmsOrderNo],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<WmsLine>>>;
    /// First of the two saves; outcomes by order number.
    fn save_headers<'a>(
        &'a self,
        orders: &'a [WmsOrderIntent],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<RowOutcome>>>;
    /// Second of the two saves: all lines of the orders, at most [`ROWS_MAX`] rows in all; one outcome per *order*, worst of its rows.
    fn save_lines<'a>(
        &'a self,
        orders: &'a [WmsOrderIntent],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<RowOutcome>>>;
    fn cancel_orders<'a>(
        &'a self,
        numbers: &'a [WmsOrderNo],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<RowOutcome>>>;
    /// Numbers and statuses of all orders whose number starts with `prefix`; `open_only` leaves out despatched and cancelled ones.
    fn statuses_page<'a>(
        &'a self,
        prefix: &'a str,
        open_only: bool,
        page: u32,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Page<WmsOrderStatus>>>;
    fn despatches_page<'a>(
        &'a self,
        since: Ts,
        page: u32,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Page<DespatchLine>>>;
    fn stock_page<'a>(
        &'a self,
        sites: &'a [SiteRef],
        page: u32,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Page<WmsStock>>>;
    fn stock_changes_page<'a>(
        &'a self,
        since: Ts,
        sites: &'a [SiteRef],
        page: u32,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Page<WmsStockChange>>>;
    /// Movements of goods at these sites since a time, oldest first where the report can be ordered.
    fn movements_page<'a>(
        &'a self,
        since: Ts,
        sites: &'a [SiteRef],
        page: u32,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Page<WmsMovement>>>;
    fn carrier_services<'a>(&'a self, log: &'a CallLog) -> BoxFuture<'a, Answer<Vec<WmsService>>>;
    fn sites<'a>(&'a self, log: &'a CallLog) -> BoxFuture<'a, Answer<Vec<WmsSite>>>;
    /// Checks the templates and report columns we need; the text names what is missing.
    fn templates<'a>(&'a self, log: &'a CallLog) -> BoxFuture<'a, Answer<Vec<Finding>>>;
    /// Asks for callbacks of an event to a URL; answers with the subscription number, which cannot be listed later.
    fn subscribe<'a>(
        &'a self,
        event: &'a str,
        url: &'a str,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<i64>>;
    fn unsubscribe<'a>(
        &'a self,
        subscription: i64,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<bool>>;
    /// First of the two saves of expected returns; outcomes by reference.
    fn save_returns<'a>(
        &'a self,
        returns: &'a [ReturnIntent],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<RowOutcome>>>;
    /// Second of the two saves: all lines of the returns, at most [`ROWS_MAX`] rows in all; one outcome per return.
    fn save_return_items<'a>(
        &'a self,
        returns: &'a [ReturnIntent],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<RowOutcome>>>;
    /// Expected returns by number; unknown ones are absent.
    fn returns_by_ref<'a>(
        &'a self,
        references: &'a [ReturnRef],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<WmsReturn>>>;
    /// Lines of expected returns.
    fn return_items_by_ref<'a>(
        &'a self,
        references: &'a [ReturnRef],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<WmsReturnItem>>>;
    /// What arrived at or after `since` and where it is now.
    fn return_progress_page<'a>(
        &'a self,
        since: Ts,
        page: u32,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Page<WmsReturnLine>>>;
    /// Longest order number.
    fn order_number_chars_max(&self) -> usize;
    /// What is wrong with an item code by this warehouse's rules; `None` when legal.
    fn item_code_fault(&self, code: &ItemCode) -> Option<String>;
}

/// Largest number of OR-ed terms or ids in one read.
pub const TERMS_MAX: usize = 100;
/// Largest number of rows in one write.
pub const ROWS_MAX: usize = 100;
/// Page size of reports and lists that allow it.
pub const PAGE_ROWS: u32 = 1_000;

//! Outward writes on their way: flows, lanes, states, answer classes, what exactly is to be written.

use super::ids::{
    DeliveryId, DespatchNo, ItemCode, LocationId, OrderId, PairId, ReturnRef, Sku, SourceOrderId,
    SystemId, WmsOrderNo,
};
use super::movements::MovementPost;
use super::order::{WmsOrderIntent, coded_enum};
use super::returns::ReturnIntent;
use super::time::Ts;
use super::wms::NewItem;
use serde::{Deserialize, Serialize};

coded_enum! {
    /// A flow of the trade. A direction that is not listed cannot be constructed; none writes stock to a warehouse.
    Flow {
        /// Source to warehouse: product created or changed.
        Product = 1, "PRODUCT";
        /// Source to warehouse: a released order.
        OrderCreate = 2, "ORDER_CREATE";
        /// Source to warehouse: a changed order.
        OrderAmend = 3, "ORDER_AMEND";
        /// Source to warehouse: a cancelled order.
        OrderCancel = 4, "ORDER_CANCEL";
        /// Warehouse to source: confirmation of what left.
        Despatch = 5, "DESPATCH";
        /// Warehouse to source: absolute stock figures.
        StockSnapshot = 6, "STOCK_SNAPSHOT";
        /// Warehouse to source: signed changes of a ledger the source keeps itself, strictly in order.
        StockDelta = 7, "STOCK_DELTA";
        /// Source (or customer service) to warehouse: a return to be expected.
        ReturnExpect = 8, "RETURN_EXPECT";
        /// Into the source: a credit for goods its books show as back.
        CreditNote = 10, "CREDIT_NOTE";
        /// Warehouse to us: order progress.
        StatusPull = 20, "STATUS_PULL";
        /// Source to us: open orders and what became of them.
        OrderPull = 21, "ORDER_PULL";
        /// Both read, orders compared.
        ReconcileOrders = 22, "RECONCILE_ORDERS";
        /// Both read, stock compared.
        ReconcileStock = 23, "RECONCILE_STOCK";
        /// Both read: lists that mappings point at, items, templates.
        Catalogue = 24, "CATALOGUE";
        /// Source to us: whether the channel was told (hop 2).
        NotifyWatch = 25, "NOTIFY_WATCH";
        /// Warehouse to us: what came back and what became of it.
        ReturnProgress = 26, "RETURN_PROGRESS";
    }
}

impl Flow {
    /// The lane its calls belong to.
    pub const fn lane(self) -> Lane {
        match self {
            Self::OrderAmend | Self::OrderCancel => Lane::Priority,
            Self::Despatch => Lane::Despatch,
            Self::OrderCreate => Lane::Orders,
            Self::StockSnapshot => Lane::Stock,
            Self::StockDelta => Lane::StockFifo,
            Self::Product | Self::ReturnExpect | Self::CreditNote => Lane::Other,
            Self::StatusPull
            | Self::OrderPull
            | Self::ReconcileOrders
            | Self::ReconcileStock
            | Self::Catalogue
            | Self::NotifyWatch
            | Self::ReturnProgress => Lane::Read,
        }
    }

    /// Flows that read on a schedule.
    pub const SCHEDULED: &'static [Self] = &[
        Self::OrderPull,
        Self::StatusPull,
        Self::Despatch,
        Self::StockSnapshot,
        Self::StockDelta,
        Self::ReconcileOrders,
        Self::ReconcileStock,
        Self::Catalogue,
        Self::NotifyWatch,
        Self::Product,
        Self::ReturnProgress,
    ];
}

coded_enum! {
    /// An ordered queue with a reserved share of a system's call budget.
    Lane {
        Priority = 0, "priority";
        Despatch = 1, "despatch";
        Orders = 2, "orders";
        StockFifo = 3, "stock-fifo";
        Stock = 4, "stock";
        Other = 5, "other";
        Read = 6, "read";
    }
}

coded_enum! {
    /// Where a delivery stands. It says nothing about the business outcome, which is the order's state.
    DeliveryState {
        /// Behind another delivery of its key.
        Waiting = 0, "waiting";
        /// Head of its key; sent when due.
        Ready = 1, "ready";
        /// A call is under way, or was when the process died.
        Sending = 2, "sending";
        /// The effect is unknown; it will be asked about.
        InDoubt = 3, "in_doubt";
        /// Refused by the other system; tried again when the cause changes or a person says so. Holds its key.
        Rejected = 4, "rejected";
        /// Given up by the engine; an exception is open. Holds its key.
        Dead = 5, "dead";
        Applied = 10, "applied";
        Superseded = 11, "superseded";
        Cancelled = 12, "cancelled";
    }
}

impl DeliveryState {
    /// Ended: it leaves the hot table and frees its key.
    pub const fn is_final(self) -> bool {
        self.code() >= Self::Applied.code()
    }
}

coded_enum! {
    /// What an answer means for the message (never the HTTP status alone).
    AnswerClass {
        Applied = 0, "applied";
        Rejected = 1, "rejected";
        Throttled = 2, "throttled";
        Unavailable = 3, "unavailable";
        Auth = 4, "auth";
        Unknown = 5, "unknown";
        Malformed = 6, "malformed";
    }
}

/// A figure to publish in the source: absolute, never a difference.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StockWrite {
    pub item: ItemCode,
    pub sku: Sku,
    pub location: LocationId,
    /// The field value to write (domain §11.2: P or P + C by basis), each.
    pub level_each: i64,
    /// The sellable figure P the value stands for; with a GROSS basis the level is recomputed at the moment of writing.
    pub publish_each: i64,
    pub snapshot_id: i64,
}

/// A confirmation to write in the source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DespatchIntent {
    pub source_id: SourceOrderId,
    pub number: WmsOrderNo,
    pub despatches: Vec<DespatchNo>,
    pub tracking: String,
    /// The carrier's name at the channel.
    pub carrier: String,
    /// The carrier as the warehouse names it: its name at the channel is looked up again before it is first sent, so
    /// that a mapping put right reaches the parcels that wait. Empty in those stored without it.
    #[serde(default)]
    pub carrier_wms: String,
    pub despatched_at: Ts,
    pub location: LocationId,
    /// Lines and quantities that left with these despatches, by source line.
    pub lines: Vec<DespatchIntentLine>,
    /// Everything that was still outstanding left with it; otherwise the order is split first.
    pub is_whole: bool,
    /// The source shall write to the customer, where it asks.
    #[serde(default = "yes")]
    pub is_customer_told: bool,
    /// After a split: the source order that carries the shipped part.
    pub split_id: Option<SourceOrderId>,
}

/// Another tracking for a parcel the source was told of. The shopper hears nothing of it: the parcel was announced.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RelabelIntent {
    /// The parcel with the tracking it shall have.
    pub parcel: DespatchIntent,
    /// The tracking the source was told; empty when it left without a label.
    pub told: String,
}

/// A credit note to write in the source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CreditIntent {
    pub source_id: SourceOrderId,
    pub reference: ReturnRef,
    /// Our key, by which the note is found again.
    pub memo: String,
    /// Units by SKU that may be credited.
    pub lines: Vec<(Sku, i64)>,
    pub issued_at: Ts,
}

const fn yes() -> bool {
    true
}

/// One line of a confirmation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DespatchIntentLine {
    pub row_id: String,
    pub sku: Sku,
    pub qty_each: i64,
    /// Units of the line that left with earlier parcels of the order.
    #[serde(default)]
    pub before_each: i64,
    pub unit_price_minor: i64,
}

/// What exactly a delivery writes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Intent {
    CreateOrder(Box<WmsOrderIntent>),
    AmendOrder(Box<WmsOrderIntent>),
    CancelOrder { number: WmsOrderNo },
    ConfirmDespatch(Box<DespatchIntent>),
    Relabel(Box<RelabelIntent>),
    CreateItem(NewItem),
    PublishStock(StockWrite),
    ExpectReturn(Box<ReturnIntent>),
    IssueCredit(Box<CreditIntent>),
    PostMovement(Box<MovementPost>),
}

impl Intent {
    /// Hash of the content: the same key with another hash is a conflict for a person, never an overwrite.
    pub fn content_hash(&self) -> String {
        super::hash::of_json(self)
    }
}

/// A delivery to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewDelivery {
    pub id: DeliveryId,
    pub flow: Flow,
    pub pair: PairId,
    /// The system that is written to.
    pub system: SystemId,
    pub lane: Lane,
    /// Strict FIFO among deliveries of one key, for example `order:LW-1001` or `stock:MUG@loc`.
    pub order_key: String,
    /// Unique over all states for ever.
    pub idem_key: String,
    pub order: Option<OrderId>,
    /// What it is about, for lists: an order number, an item code.
    pub object: String,
    pub intent: Intent,
    /// Sorts within the lane: earliest promise first.
    pub ship_by: Option<Ts>,
    pub due_at: Ts,
    /// How deep in a chain of causes (loops are cut at 4).
    pub depth: i64,
    /// When the business event happened (the clock of latency and severity).
    pub caused_at: Ts,
}

/// A delivery as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryRow {
    pub id: DeliveryId,
    pub flow: Flow,
    pub pair: PairId,
    pub system: SystemId,
    pub lane: Lane,
    pub order_key: String,
    pub idem_key: String,
    pub order: Option<OrderId>,
    pub object: String,
    pub intent: Intent,
    pub state: DeliveryState,
    /// Progress inside a write of several calls; meaning is the flow's.
    pub step: i64,
    pub attempts: i64,
    pub ship_by: Option<Ts>,
    pub due_at: Ts,
    pub created_at: Ts,
    pub caused_at: Ts,
    /// When the bytes of the current attempt left (for doubt and settle times).
    pub sent_at: Option<Ts>,
    /// When a first read said "absent" while in doubt; a second read ≥ 10 s later decides.
    pub absent_at: Option<Ts>,
    pub last_class: Option<AnswerClass>,
    /// Last answer in plain words.
    pub last_text: String,
    pub depth: i64,
    pub version: i64,
    pub updated_at: Ts,
}

impl DeliveryRow {
    /// Whether it creates an order and the warehouse may have something of it already.
    pub fn is_creation_begun(&self) -> bool {
        let is_begun = matches!(self.state, DeliveryState::Sending | DeliveryState::InDoubt)
            || (self.state == DeliveryState::Ready && self.step > 1);
        self.flow == Flow::OrderCreate && is_begun
    }
}

/// One attempt, appended and never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub delivery: DeliveryId,
    pub n: i64,
    pub step: i64,
    pub started_at: Ts,
    pub finished_at: Ts,
    pub class: AnswerClass,
    pub text: String,
    pub request: Option<super::ids::PayloadId>,
    pub answer: Option<super::ids::PayloadId>,
}

/// Largest number of causes in a chain before a message is stopped.
pub const CAUSE_DEPTH_MAX: i64 = 4;

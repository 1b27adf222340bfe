//! Policy of a pair: every switch with its default. Keys are those of `[pair.policy]`; unknown keys are errors.

use super::credit_gate::{Gate, GatePolicy, UnsellableGate};
use super::returns::CreateOn;
use super::time::Span;
use serde::{Deserialize, Serialize};

/// What to do when barcodes differ between the systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BarcodePolicy {
    Warn,
    Block,
}

/// Which side says what items exist, and is corrected when the two disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProductMaster {
    Source,
    Warehouse,
}

impl ProductMaster {
    /// Every value, in the order of the policy key's words.
    pub const ALL: &'static [Self] = &[Self::Source, Self::Warehouse];

    /// The word of the policy key.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Warehouse => "pvx",
        }
    }

    /// In a sentence for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Source => "the source",
            Self::Warehouse => "the warehouse",
        }
    }
}

/// How stock reaches the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StockMode {
    /// Absolute figures on a schedule.
    Snapshot,
    /// The source keeps a ledger of its own and is told of each movement.
    Delta,
}

impl StockMode {
    /// The word of the policy key.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Delta => "delta",
        }
    }
}

/// By what finance recognises that goods were sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinanceBasis {
    /// Despatches that the source shows, as its own reports count them.
    SourceReports,
    /// What the warehouse despatched.
    DespatchData,
    /// Documents posted in the ledger the source keeps.
    Ledger,
}

impl FinanceBasis {
    /// Every value, in the order of the policy key's words.
    pub const ALL: &'static [Self] = &[Self::SourceReports, Self::DespatchData, Self::Ledger];

    /// The word of the policy key.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SourceReports => "source_reports",
            Self::DespatchData => "despatch_data",
            Self::Ledger => "ledger",
        }
    }

    /// In a sentence for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::SourceReports => "despatches that the source shows",
            Self::DespatchData => "what the warehouse despatched",
            Self::Ledger => "shipments posted in the source's ledger",
        }
    }
}

/// Every switch of a pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// `order.release_on`: paid is required unless `open`.
    pub release_requires_paid: bool,
    /// `order.in_wms_grace`
    pub in_wms_grace: Span,
    /// `order.auto_cancel_recreate`
    pub auto_cancel_recreate: bool,
    /// `order.partial_shipment`: the warehouse may ship in parts.
    pub partial_shipment: bool,
    /// `order.pull_interval`: how often the source's open orders are read.
    pub order_pull_interval: Span,
    /// `order.sweep_interval`: how often every open order is read whole.
    pub order_sweep_interval: Span,
    /// `despatch.poll_interval`
    pub despatch_poll_interval: Span,
    /// `despatch.confirm_grace`
    pub confirm_grace: Span,
    /// `despatch.wait_for_tracking`
    pub wait_for_tracking: Span,
    /// `despatch.scan_required`: the account demands scans, so orders are processed one by one.
    pub scan_required: bool,
    /// `despatch.notify_customer`: a source that asks whether to write to the customer is told to.
    pub notify_customer: bool,
    /// `status.interval`: how often order progress is read in the warehouse.
    pub status_interval: Span,
    /// `stock.mode`: follows from the source.
    pub stock_mode: StockMode,
    /// `stock.interval`
    pub stock_interval: Span,
    /// `stock.full_interval`: how often every figure is read, not only changes.
    pub stock_full_interval: Span,
    /// `stock.reserve_unpaid`
    pub reserve_unpaid: bool,
    /// `stock.mass_change_percent`: a run that would change more of the items stops and asks.
    pub mass_change_percent: i64,
    /// `reconcile.stock`
    pub reconcile_stock_interval: Span,
    /// `reconcile.orders`
    pub reconcile_orders_interval: Span,
    /// `catalogue.interval`: how often items, services, sites and templates are read.
    pub catalogue_interval: Span,
    /// `notify.grace`: how long hop 2 may take.
    pub notify_grace: Span,
    /// `product.master`
    pub product_master: ProductMaster,
    /// `product.auto_create`
    pub product_auto_create: bool,
    /// `barcode.mismatch`
    pub barcode_mismatch: BarcodePolicy,
    /// `loop.window`
    pub loop_window: Span,
    /// `loop.flips`
    pub loop_flips: i64,
    /// `payload.retention`
    pub payload_retention: Span,
    /// `returns.create_on`: what makes the warehouse expect goods.
    pub returns_create_on: CreateOn,
    /// `returns.interval`: how often returns are read in the warehouse.
    pub returns_interval: Span,
    /// `credit.gate`: whether a credit waits for the goods.
    pub credit_gate: Gate,
    /// `credit.gate_unsellable`: what opens the gate for goods that cannot be sold again.
    pub credit_gate_unsellable: UnsellableGate,
    /// `sla.cutoff_hour`: orders released before it ship the same working day.
    pub cutoff_hour: u32,
    /// `finance.basis`
    pub finance_basis: FinanceBasis,
    /// `sla.time_zone`
    pub time_zone: String,
}

impl Policy {
    /// Defaults for a pair whose source is of this kind (domain §22).
    pub fn of_source(kind: &str) -> Self {
        match kind {
            "shopline" => Self::shopline(),
            "cin7core" => Self::cin7core(),
            _ => Self::linnworks(),
        }
    }

    /// Defaults for a SHOPLINE–Peoplevox pair: figures every two minutes, the warehouse's item codes are the master.
    pub fn shopline() -> Self {
        Self {
            in_wms_grace: Span::mins(5),
            confirm_grace: Span::mins(10),
            stock_interval: Span::mins(2),
            product_master: ProductMaster::Warehouse,
            product_auto_create: false,
            barcode_mismatch: BarcodePolicy::Warn,
            finance_basis: FinanceBasis::DespatchData,
            ..Self::linnworks()
        }
    }

    /// Defaults for a Cin7 Core–Peoplevox pair: it holds its own credit rules, so that unpaid orders do not exist for us.
    pub fn cin7core() -> Self {
        Self {
            confirm_grace: Span::mins(5),
            stock_mode: StockMode::Delta,
            reserve_unpaid: false,
            barcode_mismatch: BarcodePolicy::Warn,
            credit_gate: Gate::StockInConfirmed,
            finance_basis: FinanceBasis::Ledger,
            ..Self::linnworks()
        }
    }

    /// The switches of the credit gate.
    pub const fn gate(&self) -> GatePolicy {
        GatePolicy {
            gate: self.credit_gate,
            unsellable: self.credit_gate_unsellable,
        }
    }

    /// Defaults for a Linnworks–Peoplevox pair (domain §22).
    pub fn linnworks() -> Self {
        Self {
            release_requires_paid: true,
            in_wms_grace: Span::mins(10),
            auto_cancel_recreate: false,
            partial_shipment: false,
            order_pull_interval: Span::secs(30),
            order_sweep_interval: Span::hours(1),
            despatch_poll_interval: Span::secs(20),
            confirm_grace: Span::mins(15),
            wait_for_tracking: Span::mins(10),
            scan_required: false,
            notify_customer: true,
            status_interval: Span::secs(60),
            stock_mode: StockMode::Snapshot,
            stock_interval: Span::mins(5),
            stock_full_interval: Span::hours(24),
            reserve_unpaid: true,
            mass_change_percent: 5,
            reconcile_stock_interval: Span::hours(1),
            reconcile_orders_interval: Span::mins(15),
            catalogue_interval: Span::hours(6),
            notify_grace: Span::mins(60),
            product_master: ProductMaster::Source,
            product_auto_create: true,
            barcode_mismatch: BarcodePolicy::Block,
            loop_window: Span::mins(30),
            loop_flips: 3,
            payload_retention: Span::days(90),
            returns_create_on: CreateOn::Manual,
            returns_interval: Span::mins(5),
            credit_gate: Gate::Off,
            credit_gate_unsellable: UnsellableGate::FinanceApproval,
            cutoff_hour: 14,
            finance_basis: FinanceBasis::SourceReports,
            time_zone: "Europe/London".to_owned(),
        }
    }
}

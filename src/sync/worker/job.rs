//! What a worker can be busy with, and what it could start.

use crate::domain::delivery::{Flow, Lane};
use crate::domain::ids::PairId;
use crate::store::StoreResult;
use crate::sync::calls::JobCx;
use crate::sync::deliver::Tick;
use crate::sync::deliver::adjust::AdjustJob;
use crate::sync::deliver::change::ChangeJob;
use crate::sync::deliver::confirm::ConfirmJob;
use crate::sync::deliver::create::CreateJob;
use crate::sync::deliver::credit::CreditJob;
use crate::sync::deliver::parcels::ParcelJob;
use crate::sync::deliver::product::ProductJob;
use crate::sync::deliver::publish::PublishJob;
use crate::sync::deliver::returns::ExpectJob;
use crate::sync::reads::catalogue::Catalogue;
use crate::sync::reads::changes::ChangePull;
use crate::sync::reads::despatches::DespatchPoll;
use crate::sync::reads::hinted::HintLook;
use crate::sync::reads::hooks::HookCheck;
use crate::sync::reads::ledger::LedgerCompare;
use crate::sync::reads::levels::Levels;
use crate::sync::reads::lookups::{ItemLook, SourceLook, WmsLook};
use crate::sync::reads::movements::MovementPoll;
use crate::sync::reads::orders::OrderPull;
use crate::sync::reads::products::{NotifyWatch, Products};
use crate::sync::reads::returns::ReturnPoll;
use crate::sync::reads::snapshot::Snapshot;
use crate::sync::reads::statuses::{ReconcileOrders, StatusPull};
use crate::vendors::Op;

pub(super) enum Job {
    Create(CreateJob),
    Change(ChangeJob),
    Product(ProductJob),
    Confirm(ConfirmJob),
    Parcels(ParcelJob),
    Publish(PublishJob),
    Expect(ExpectJob),
    Credit(CreditJob),
    Returns(ReturnPoll),
    Adjust(AdjustJob),
    Movements(MovementPoll),
    Status(StatusPull),
    Reconcile(ReconcileOrders),
    Despatch(DespatchPoll),
    Snapshot(Snapshot),
    Catalogue(Catalogue),
    Orders(OrderPull),
    Changes(ChangePull),
    Products(Products),
    Notify(NotifyWatch),
    Levels(Levels),
    Compare(LedgerCompare),
    Items(ItemLook),
    SourceLook(SourceLook),
    WmsLook(WmsLook),
    Hinted(HintLook),
    Hooks(HookCheck),
}

impl Job {
    pub(super) fn next_op(&self) -> Op {
        match self {
            Self::Create(job) => job.next_op(),
            Self::Change(job) => job.next_op(),
            Self::Product(job) => job.next_op(),
            Self::Confirm(job) => job.next_op(),
            Self::Parcels(job) => job.next_op(),
            Self::Publish(job) => job.next_op(),
            Self::Expect(job) => job.next_op(),
            Self::Credit(job) => job.next_op(),
            Self::Returns(job) => job.next_op(),
            Self::Adjust(job) => job.next_op(),
            Self::Movements(job) => job.next_op(),
            Self::Status(job) => job.next_op(),
            Self::Reconcile(job) => job.next_op(),
            Self::Despatch(job) => job.next_op(),
            Self::Snapshot(job) => job.next_op(),
            Self::Catalogue(job) => job.next_op(),
            Self::Orders(job) => job.next_op(),
            Self::Changes(job) => job.next_op(),
            Self::Products(job) => job.next_op(),
            Self::Notify(job) => job.next_op(),
            Self::Levels(job) => job.next_op(),
            Self::Compare(job) => job.next_op(),
            Self::Items(job) => job.next_op(),
            Self::SourceLook(job) => job.next_op(),
            Self::WmsLook(job) => job.next_op(),
            Self::Hinted(job) => job.next_op(),
            Self::Hooks(job) => job.next_op(),
        }
    }

    /// Boxed, so that the worker's own future stays small however large a job's is.
    pub(super) async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        match self {
            Self::Create(job) => Box::pin(job.tick(jcx)).await,
            Self::Change(job) => Box::pin(job.tick(jcx)).await,
            Self::Product(job) => Box::pin(job.tick(jcx)).await,
            Self::Confirm(job) => Box::pin(job.tick(jcx)).await,
            Self::Parcels(job) => Box::pin(job.tick(jcx)).await,
            Self::Publish(job) => Box::pin(job.tick(jcx)).await,
            Self::Expect(job) => Box::pin(job.tick(jcx)).await,
            Self::Credit(job) => Box::pin(job.tick(jcx)).await,
            Self::Returns(job) => Box::pin(job.tick(jcx)).await,
            Self::Adjust(job) => Box::pin(job.tick(jcx)).await,
            Self::Movements(job) => Box::pin(job.tick(jcx)).await,
            Self::Status(job) => Box::pin(job.tick(jcx)).await,
            Self::Reconcile(job) => Box::pin(job.tick(jcx)).await,
            Self::Despatch(job) => Box::pin(job.tick(jcx)).await,
            Self::Snapshot(job) => Box::pin(job.tick(jcx)).await,
            Self::Catalogue(job) => Box::pin(job.tick(jcx)).await,
            Self::Orders(job) => Box::pin(job.tick(jcx)).await,
            Self::Changes(job) => Box::pin(job.tick(jcx)).await,
            Self::Products(job) => Box::pin(job.tick(jcx)).await,
            Self::Notify(job) => Box::pin(job.tick(jcx)).await,
            Self::Levels(job) => Box::pin(job.tick(jcx)).await,
            Self::Compare(job) => Box::pin(job.tick(jcx)).await,
            Self::Items(job) => Box::pin(job.tick(jcx)).await,
            Self::SourceLook(job) => Box::pin(job.tick(jcx)).await,
            Self::WmsLook(job) => Box::pin(job.tick(jcx)).await,
            Self::Hinted(job) => Box::pin(job.tick(jcx)).await,
            Self::Hooks(job) => Box::pin(job.tick(jcx)).await,
        }
    }
}

/// What a job is for, so that no two do the same at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    Deliver {
        flow: Flow,
        is_asking: bool,
    },
    Scheduled {
        pair: PairId,
        flow: Flow,
    },
    Look(&'static str),
    /// Orders that events told of.
    Hinted,
    /// Subscriptions to events.
    Hooks,
}

pub(super) struct Active {
    pub(super) purpose: Purpose,
    pub(super) lane: Lane,
    pub(super) job: Job,
}

/// A job that could be started.
pub(super) struct Proposal {
    pub(super) purpose: Purpose,
    pub(super) lane: Lane,
    pub(super) op: Op,
}

/// Reading despatches is worth the despatch lane's share: it is the first half of every confirmation.
pub(super) const fn read_lane(flow: Flow) -> Lane {
    match flow {
        Flow::Despatch => Lane::Despatch,
        Flow::StockSnapshot => Lane::Stock,
        Flow::StockDelta => Lane::StockFifo,
        _ => Lane::Read,
    }
}

pub(super) const fn first_read(flow: Flow) -> Op {
    match flow {
        Flow::StatusPull => Op::StatusesPage,
        Flow::Despatch => Op::DespatchesPage,
        Flow::StockSnapshot => Op::StockPage,
        Flow::StockDelta => Op::MovementsPage,
        Flow::Catalogue => Op::Sites,
        Flow::OrderPull => Op::OpenOrderIds,
        Flow::NotifyWatch => Op::AuditTrails,
        Flow::Product => Op::Locations,
        Flow::ReconcileStock => Op::ProductsPage,
        Flow::ReturnProgress => Op::ReturnsPage,
        Flow::ReturnExpect => Op::ReturnsByRef,
        Flow::CreditNote => Op::CreditNotes,
        Flow::ReconcileOrders | Flow::OrderCreate | Flow::OrderAmend | Flow::OrderCancel => {
            Op::OrdersByNumber
        }
    }
}

pub(super) const fn first_op(flow: Flow) -> Op {
    match flow {
        Flow::Product => Op::ItemsByCode,
        Flow::Despatch => Op::OrdersByIds,
        Flow::StockSnapshot => Op::StockLevels,
        Flow::ReturnExpect => Op::ReturnsByRef,
        Flow::CreditNote => Op::CreditNotes,
        Flow::StockDelta => Op::ShelfOf,
        _ => Op::OrdersByNumber,
    }
}

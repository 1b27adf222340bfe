//! Scheduled reading: every list we keep up to date, one call per tick. Half-read lists live only in memory.

pub mod catalogue;
pub mod changes;
pub mod despatches;
pub mod hinted;
pub mod hooks;
pub mod ledger;
pub mod levels;
pub mod lookups;
pub mod movements;
pub mod orders;
pub mod products;
pub mod returns;
pub mod snapshot;
pub mod statuses;
pub mod subscriptions;
pub mod unread;

use super::calls::JobCx;
use super::context::PairCx;
use crate::domain::catalogue::Kind;
use crate::domain::change::{Change, ScheduleDone};
use crate::domain::delivery::{AnswerClass, Flow};
use crate::domain::exception::{ObjectRef, Occurrence};
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;
use crate::vendors::{CallError, SalesSystem};
use std::sync::Arc;

/// First wait after a failed run; doubled with every further failure up to the flow's interval.
const RETRY_FIRST: Span = Span::secs(10);

/// A run that is under way: whose, which, since when.
#[derive(Debug, Clone)]
pub struct Run {
    pub pair: PairCx,
    pub flow: Flow,
    pub started_at: Ts,
    pub cursor: String,
    pub failures: i64,
}

impl Run {
    /// The flow's interval by policy.
    pub const fn interval(&self) -> Span {
        interval(&self.pair, self.flow)
    }

    /// The change that records a finished run.
    pub fn done(&self, now: Ts, note: String, cursor: Option<String>) -> Change {
        Change::ScheduleDone(ScheduleDone {
            pair: self.pair.id.clone(),
            flow: self.flow,
            started_at: self.started_at,
            is_ok: true,
            note,
            next_due_at: (self.started_at + self.interval()).max(now),
            cursor,
        })
    }

    /// Records a failed run; a shape nobody expected becomes a case.
    pub async fn failed(
        &self,
        jcx: &JobCx<'_>,
        error: &CallError,
        payloads: Vec<Change>,
    ) -> StoreResult<()> {
        let now = jcx.cx.now();
        let wait = RETRY_FIRST
            .times(1 << self.failures.clamp(0, 10))
            .0
            .min(self.interval().0.max(RETRY_FIRST.0));
        let mut changes = payloads;
        if error.class == AnswerClass::Malformed {
            changes.push(Change::Raise(self.occurrence(
                Kind::SysSchema,
                &error.text,
                now,
            )));
        }
        changes.push(Change::ScheduleDone(ScheduleDone {
            pair: self.pair.id.clone(),
            flow: self.flow,
            started_at: self.started_at,
            is_ok: false,
            note: crate::text::clean_to(&error.to_string(), 300),
            next_due_at: now + Span(wait),
            cursor: None,
        }));
        jcx.cx
            .commit("read", Some(jcx.fence), changes)
            .await
            .map(|_| ())
    }

    /// An occurrence about this flow.
    pub fn occurrence(&self, kind: Kind, detail: &str, began_at: Ts) -> Occurrence {
        Occurrence {
            kind,
            pair: self.pair.id.clone(),
            discriminator: format!("FLOW={}", self.flow),
            object: ObjectRef::Flow(format!("{}/{}", self.pair.id, self.flow)),
            label: self.flow.as_str().to_owned(),
            detail: crate::text::clean_to(detail, crate::domain::exception::DETAIL_CHARS_MAX),
            began_at,
            ship_by: None,
            value_minor: 0,
            severity: None,
        }
    }
}

/// How often a flow runs.
pub const fn interval(pair: &PairCx, flow: Flow) -> Span {
    let policy = &pair.policy;
    match flow {
        Flow::OrderPull => policy.order_pull_interval,
        Flow::StatusPull => policy.status_interval,
        // Goods that moved are brought over as promptly as goods that left.
        Flow::Despatch | Flow::StockDelta => policy.despatch_poll_interval,
        Flow::StockSnapshot => policy.stock_interval,
        Flow::ReconcileOrders => policy.reconcile_orders_interval,
        Flow::ReconcileStock => policy.reconcile_stock_interval,
        Flow::Catalogue | Flow::Product => policy.catalogue_interval,
        Flow::NotifyWatch => Span::mins(5),
        Flow::ReturnProgress => policy.returns_interval,
        Flow::OrderCreate
        | Flow::OrderAmend
        | Flow::OrderCancel
        | Flow::ReturnExpect
        | Flow::CreditNote => Span::mins(1),
    }
}

/// Flows that a warehouse's worker runs.
pub const WAREHOUSE_FLOWS: &[Flow] = &[
    Flow::Despatch,
    Flow::StatusPull,
    Flow::StockSnapshot,
    Flow::StockDelta,
    Flow::Catalogue,
    Flow::ReconcileOrders,
    Flow::ReturnProgress,
];

/// Flows that a source's worker runs.
pub const SOURCE_FLOWS: &[Flow] = &[
    Flow::OrderPull,
    Flow::NotifyWatch,
    Flow::Product,
    Flow::ReconcileStock,
];

/// Whether a flow exists for a pair with this source: a source without channels has no hop 2, and one that keeps its own
/// stock figures is not overwritten.
pub fn exists(flow: Flow, source: &Arc<dyn SalesSystem>) -> bool {
    match flow {
        Flow::NotifyWatch => source.clone().channel().is_some(),
        Flow::StockDelta => source.clone().adjustments().is_some(),
        Flow::StockSnapshot => source.clone().stock().is_some(),
        Flow::ReconcileStock => {
            source.clone().stock().is_some() || source.clone().adjustments().is_some()
        }
        _ => true,
    }
}

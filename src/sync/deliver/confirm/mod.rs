//! A despatch back to the source: look at the order, split it when only part has left, set the tracking, process it,
//! read it back. Processing is final and the shopper is told, so nothing is processed that was not looked at first.

mod outcome;
mod steps;

use crate::domain::delivery::{DeliveryRow, DespatchIntent, Intent};
use crate::domain::ids::{LocationId, SourceOrderId};
use crate::domain::order::SourceOrder;
use crate::store::StoreResult;
use crate::sync::calls::JobCx;
use crate::sync::deliver::Tick;
use crate::vendors::{Op, Processing};
use std::sync::Arc;

const STEP_SPLIT: i64 = 1;
const STEP_SHIP: i64 = 2;
const STEP_PROCESS: i64 = 3;
const STEP_READ_BACK: i64 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    LookFirst,
    Split,
    Ship,
    Process,
    ReadBack,
    /// In doubt after a split: which order came out of it?
    Relations,
}

struct One {
    row: DeliveryRow,
    intent: DespatchIntent,
    source: Option<SourceOrder>,
    is_live: bool,
    refusal: Option<String>,
}

impl One {
    fn target(&self) -> &SourceOrderId {
        self.intent
            .split_id
            .as_ref()
            .unwrap_or(&self.intent.source_id)
    }
}

/// A batch of confirmations on its way.
pub struct ConfirmJob {
    source: Arc<dyn Processing>,
    orders: Vec<One>,
    phase: Phase,
    is_asking: bool,
    is_scan_required: bool,
    fulfilment_centres: Vec<LocationId>,
}

impl ConfirmJob {
    /// From claimed rows, or (asking) from rows in doubt.
    pub fn new(
        source: Arc<dyn Processing>,
        rows: Vec<DeliveryRow>,
        is_asking: bool,
        is_scan_required: bool,
        fulfilment_centres: Vec<LocationId>,
    ) -> Self {
        let orders: Vec<One> = rows
            .into_iter()
            .filter_map(|row| match &row.intent {
                Intent::ConfirmDespatch(intent) => {
                    let intent = intent.as_ref().clone();
                    Some(One {
                        row,
                        intent,
                        source: None,
                        is_live: true,
                        refusal: None,
                    })
                }
                _ => None,
            })
            .collect();
        let is_split_in_doubt = is_asking
            && orders.iter().any(|o| {
                !o.intent.is_whole && o.intent.split_id.is_none() && o.row.step == STEP_SPLIT
            });
        let phase = match (is_asking, is_split_in_doubt) {
            (true, true) => Phase::Relations,
            (true, false) => Phase::ReadBack,
            _ => Phase::LookFirst,
        };
        Self {
            source,
            orders,
            phase,
            is_asking,
            is_scan_required,
            fulfilment_centres,
        }
    }

    /// The next call it will make.
    pub fn next_op(&self) -> Op {
        match self.phase {
            Phase::LookFirst | Phase::ReadBack => Op::OrdersByIds,
            Phase::Split => Op::SplitOrder,
            Phase::Ship => Op::SetShipping,
            Phase::Process if self.next_is_single() => Op::ProcessOne,
            Phase::Process => Op::ProcessBatch,
            Phase::Relations => Op::Relations,
        }
    }

    fn next_is_single(&self) -> bool {
        self.is_scan_required
            || self
                .orders
                .iter()
                .find(|o| o.is_live && o.row.step == STEP_PROCESS)
                .is_some_and(|o| self.fulfilment_centres.contains(&o.intent.location))
    }

    /// Makes that call and stores what came of it.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        if !self.orders.iter().any(|o| o.is_live) {
            return Ok(Tick::Done);
        }
        match self.phase {
            Phase::LookFirst => self.look_first(jcx).await?,
            Phase::Split => self.split(jcx).await?,
            Phase::Ship => self.ship(jcx).await?,
            Phase::Process => self.process(jcx).await?,
            Phase::ReadBack => self.read_back(jcx).await?,
            Phase::Relations => self.relations(jcx).await?,
        }
        Ok(if self.orders.iter().any(|o| o.is_live) {
            Tick::More
        } else {
            Tick::Done
        })
    }

    fn advance(&mut self) {
        let has = |step| self.orders.iter().any(|o| o.is_live && o.row.step == step);
        self.phase = if has(STEP_SPLIT) {
            Phase::Split
        } else if has(STEP_SHIP) {
            Phase::Ship
        } else if has(STEP_PROCESS) {
            Phase::Process
        } else {
            Phase::ReadBack
        };
    }
}

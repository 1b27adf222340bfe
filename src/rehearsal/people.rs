//! The rehearsal's people: what they decide between two looks at the screen. They know only what the screen shows, and act
//! by the same requests as everybody.

use super::{RehearsalError, Rig};
use crate::desk::{Decision, RequestKind, ReturnRequest};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::credit_gate::ApprovalKind;
use crate::domain::ids::{OrderId, RequestId};
use crate::domain::order::{OrderFull, OrderState};
use crate::domain::returns::{Disposition, Return, ReturnLine, Units};
use crate::sandbox::SimSystem;
use crate::sync::context::PairCx;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Steps between two looks.
const LOOKS_EVERY: u64 = 50;
/// Orders and returns looked at.
const LOOKED_AT_MAX: usize = 2_000;

impl Rig {
    /// Somebody looks at the screen now and then.
    pub(super) async fn people_look(&mut self) -> Result<(), RehearsalError> {
        if !self.steps.is_multiple_of(LOOKS_EVERY) {
            return Ok(());
        }
        self.approve_mass_changes().await?;
        let ledgers: Vec<PairCx> = self
            .pairs
            .iter()
            .filter(|(system, _)| *system == SimSystem::Cin7)
            .map(|(_, pair)| pair.clone())
            .collect();
        for pair in &ledgers {
            self.authorise_returns(pair).await?;
            self.settle_unsellable(pair).await?;
        }
        Ok(())
    }

    async fn asks(&self, who: &str, kind: &RequestKind) -> Result<(), RehearsalError> {
        let change = Change::Request {
            id: RequestId(self.store.reserve_ids(1).await?),
            kind: kind.name().to_owned(),
            body: kind.body(),
        };
        self.commit(who, vec![change]).await
    }

    /// A stopped stock run is looked at and approved.
    async fn approve_mass_changes(&self) -> Result<(), RehearsalError> {
        for (_, pair) in &self.pairs {
            let open = self
                .store
                .open_exceptions(&[Kind::StkSnapshotIncomplete], Some(&pair.id))
                .await?;
            if open.iter().any(|case| case.discriminator == "MASS") {
                let pair = pair.id.clone();
                self.asks("operator", &RequestKind::ApproveMassChange { pair })
                    .await?;
            }
        }
        Ok(())
    }

    /// Customers of some sales that have left ask for their money back: customer service lets the goods come.
    async fn authorise_returns(&mut self, pair: &PairCx) -> Result<(), RehearsalError> {
        if self.options.authorised_returns <= 0.0 {
            return Ok(());
        }
        let states = [
            OrderState::Confirmed,
            OrderState::Notified,
            OrderState::Closed,
        ];
        let rows = self
            .store
            .order_rows_in(&pair.id, &states, None, LOOKED_AT_MAX)
            .await?;
        let mut coming = Vec::new();
        for row in rows {
            let share = self.options.authorised_returns;
            if self.asked.insert(row.id) && self.mood_of(row.id).random_bool(share) {
                coming.push(row.id);
            }
        }
        for order in self.store.orders_by_id(&coming).await? {
            let units = self.sent_back(&order);
            let request = ReturnRequest::Expect {
                order: order.row.id,
                units,
                reason: "wrong size".to_owned(),
            };
            self.asks("service", &RequestKind::Returns(request)).await?;
        }
        Ok(())
    }

    /// What a customer does depends on nothing but the order, so that a rehearsal plays the same again.
    fn mood_of(&self, order: OrderId) -> StdRng {
        StdRng::seed_from_u64(self.options.sandbox.seed ^ order.0.unsigned_abs().rotate_left(17))
    }

    /// Everything, or one unit of one line.
    fn sent_back(&self, order: &OrderFull) -> Units {
        let mut mood = self.mood_of(order.row.id);
        let whole = mood.random_bool(0.5);
        let left = order.lines.iter().find(|l| l.despatched_each > 0);
        match left {
            Some(line) if !whole => Units::from([(line.sku.clone(), 1)]),
            _ => Units::new(),
        }
    }

    /// Goods that cannot be sold get an outcome from the floor, and their credit from finance.
    async fn settle_unsellable(&self, pair: &PairCx) -> Result<(), RehearsalError> {
        let open = self
            .store
            .returns_open(&pair.id, None, LOOKED_AT_MAX)
            .await?;
        for held in &open {
            for line in &held.lines {
                if line.unsellable_each > line.disposed_each {
                    let what = Decision::Outcome {
                        line: Some(line.line_ref.clone()),
                        to: Disposition::WriteOff,
                        units: None,
                    };
                    self.decides("floor", pair, held, what).await?;
                } else if let Some(units) = not_approved(held, line) {
                    let what = Decision::Approve {
                        line: Some(line.line_ref.clone()),
                        units,
                        reason: "written off, seen by finance".to_owned(),
                    };
                    self.decides("finance", pair, held, what).await?;
                }
            }
        }
        Ok(())
    }

    async fn decides(
        &self,
        who: &str,
        pair: &PairCx,
        held: &Return,
        what: Decision,
    ) -> Result<(), RehearsalError> {
        let request = ReturnRequest::Of {
            pair: pair.id.clone(),
            reference: held.row.reference.clone(),
            what,
        };
        self.asks(who, &RequestKind::Returns(request)).await
    }
}

/// Units with an outcome whose credit finance has not let pass yet.
fn not_approved(held: &Return, line: &ReturnLine) -> Option<i64> {
    let approved: i64 = held
        .approvals
        .iter()
        .filter(|a| a.kind == ApprovalKind::Unsellable && a.line_ref == line.line_ref)
        .map(|a| a.units_each)
        .sum();
    let left = line.disposed_each - approved;
    (left > 0).then_some(left)
}

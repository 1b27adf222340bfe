//! Returns at the desk: goods that come back, money explained, outcomes, credits released.

use super::request::RequestKind;
use super::{Desk, DeskError, DeskResult, Done, reason};
use crate::domain::credit_gate::{LineGate, gate};
use crate::domain::ids::{OrderId, PairId, ReturnRef};
use crate::domain::order::OrderRow;
use crate::domain::returns::{
    Alignment, Claim, ClaimState, Disposition, NextStep, Return, ReturnState, Units, money_back,
    next_steps, unexplained,
};
use crate::store::read::{ListQuery, Listed, Window};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeSet;

/// What a person may decide about returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReturnRequest {
    /// Goods of an order come back; no units mean everything that left and is not expected yet.
    Expect {
        order: OrderId,
        units: Units,
        reason: String,
    },
    /// Why money went back without goods; all open questions of the order, or one refund.
    Explain {
        order: OrderId,
        refund: Option<String>,
        to: ClaimState,
        reason: String,
    },
    /// Something about one return.
    Of {
        pair: PairId,
        reference: ReturnRef,
        what: Decision,
    },
}

/// What is decided about one return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// What the customer asked for is allowed.
    Grant,
    /// What becomes of units that cannot be sold.
    Outcome {
        line: Option<String>,
        to: Disposition,
        units: Option<i64>,
    },
    /// What was received is what counts.
    Accept { reason: String },
    /// It is waited for longer.
    Extend { days: i64 },
    /// It never came, was refused, or no money is due (`closed`).
    Close { to: ReturnState, reason: String },
    /// Finance approves the credit of units that have an outcome.
    Approve {
        line: Option<String>,
        units: i64,
        reason: String,
    },
    /// Finance passes the shut gate.
    Override {
        line: Option<String>,
        units: i64,
        reason: String,
    },
}

impl Decision {
    const fn name(&self) -> &'static str {
        match self {
            Self::Grant | Self::Close { .. } => "close_return",
            Self::Outcome { .. } => "return_outcome",
            Self::Accept { .. } => "accept_return",
            Self::Extend { .. } => "extend_return",
            Self::Approve { .. } => "approve_credit",
            Self::Override { .. } => "override_gate",
        }
    }

    fn body(&self) -> serde_json::Value {
        match self {
            Self::Grant => json!({ "as": ReturnState::Authorised }),
            Self::Outcome { line, to, units } => json!({ "line": line, "as": to, "units": units }),
            Self::Accept { reason } => json!({ "reason": reason }),
            Self::Extend { days } => json!({ "days": days }),
            Self::Close { to, reason } => json!({ "as": to, "reason": reason }),
            Self::Approve {
                line,
                units,
                reason,
            }
            | Self::Override {
                line,
                units,
                reason,
            } => {
                json!({ "line": line, "units": units, "reason": reason })
            }
        }
    }
}

impl ReturnRequest {
    /// The stored name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Expect { .. } => "expect_return",
            Self::Explain { .. } => "explain_refund",
            Self::Of { what, .. } => what.name(),
        }
    }

    /// The stored body.
    pub fn body(&self) -> serde_json::Value {
        match self {
            Self::Expect {
                order,
                units,
                reason,
            } => json!({ "order": order, "units": units, "reason": reason }),
            Self::Explain {
                order,
                refund,
                to,
                reason,
            } => json!({ "order": order, "refund": refund, "as": to, "reason": reason }),
            Self::Of {
                pair,
                reference,
                what,
            } => {
                let mut body = what.body();
                body["pair"] = json!(pair);
                body["return"] = json!(reference);
                body
            }
        }
    }
}

/// Returns of a pair looked through for decisions that wait.
const DECISIONS_MAX: usize = 1_000;

/// A return with what the gate says of each of its lines, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatedReturn {
    pub held: Return,
    /// Empty when the configuration no longer has its pair.
    pub gates: Vec<LineGate>,
    /// Refunds of its order whose meaning nobody has said yet.
    pub asked: Vec<Claim>,
}

impl GatedReturn {
    /// What it waits for, the decisions first.
    pub fn steps(&self) -> Vec<NextStep> {
        next_steps(&self.held, &self.gates)
    }
}

/// A return as finance reads it: goods and money side by side, and the gate line by line.
#[derive(Debug, Clone, Serialize)]
pub struct ReturnSheet {
    #[serde(flatten)]
    pub held: Return,
    /// What the gate says of each line, in the order of the lines.
    pub gates: Vec<String>,
    /// The same in figures.
    #[serde(skip)]
    pub line_gates: Vec<LineGate>,
    /// What was said about the order's goods and money.
    pub claims: Vec<Claim>,
    pub alignment: Vec<AlignedRow>,
}

/// Money beside goods of one SKU of the order.
#[derive(Debug, Clone, Serialize)]
pub struct AlignedRow {
    pub sku: String,
    pub refunded_each: i64,
    pub authorised_each: i64,
    pub received_each: i64,
    pub stocked_each: i64,
    pub unposted_each: i64,
    pub words: String,
}

impl From<&Alignment> for AlignedRow {
    fn from(row: &Alignment) -> Self {
        Self {
            sku: row.sku.0.clone(),
            refunded_each: row.refunded_each,
            authorised_each: row.authorised_each,
            received_each: row.received_each,
            stocked_each: row.stocked_each,
            unposted_each: row.unposted_each,
            words: row.words(),
        }
    }
}

impl Desk {
    /// A return by its number.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] when no pair has it.
    pub async fn return_named(&self, reference: &str) -> DeskResult<Return> {
        for pair in self.pairs() {
            if let Some(held) = self.return_of(&pair.id, &reference.into()).await? {
                return Ok(held);
            }
        }
        let what = format!("return {:?}", crate::text::clean_to(reference, 60));
        Err(DeskError::NotFound { what })
    }

    /// A return of a pair.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn return_of(
        &self,
        pair: &PairId,
        reference: &ReturnRef,
    ) -> DeskResult<Option<Return>> {
        let shown = crate::text::clean_to(reference.as_str(), 60);
        let found = self
            .store()
            .returns_by_ref(pair, std::slice::from_ref(reference))
            .await
            .map_err(DeskError::store(&format!("return {shown:?}")))?;
        Ok(found.into_iter().next())
    }

    /// The list of returns with what each waits for; those that are over only when the filter names a state.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn returns(&self, query: &ListQuery) -> DeskResult<Window<GatedReturn>> {
        let found = self.store().returns(None, false, query).await;
        let found = found.map_err(DeskError::store("the list of returns"))?;
        let (cursors, held): (Vec<_>, Vec<_>) =
            (found.rows.into_iter().map(|l| (l.cursor, l.row))).unzip();
        let rows = self.with_gates(held).await?;
        Ok(Window {
            rows: (cursors.into_iter().zip(rows))
                .map(|(cursor, row)| Listed { cursor, row })
                .collect(),
            total: found.total,
            position: found.position,
            has_before: found.has_before,
            has_after: found.has_after,
        })
    }

    /// These returns with what their credit waits for.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn with_gates(&self, returns: Vec<Return>) -> DeskResult<Vec<GatedReturn>> {
        let orders: BTreeSet<OrderId> = returns.iter().map(|held| held.row.order).collect();
        let orders: Vec<OrderId> = orders.into_iter().collect();
        let claims = self.store().claims_of(&orders).await;
        let claims = claims.map_err(DeskError::store("refunds of the returns in the list"))?;
        Ok((returns.into_iter())
            .map(|held| self.gated(held, &claims))
            .collect())
    }

    /// How many returns wait for somebody's word.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn returns_to_decide(&self) -> DeskResult<usize> {
        let waits = |held: &Return| {
            let steps = self.gated(held.clone(), &[]).steps();
            steps.iter().any(|s| s.is_decision)
        };
        let mut waiting = 0;
        for pair in self.pairs() {
            let found = self
                .store()
                .returns_to_decide(&pair.id, DECISIONS_MAX)
                .await;
            let found = found.map_err(DeskError::store("counting the returns to decide on"))?;
            waiting += found.iter().filter(|held| waits(held)).count();
        }
        Ok(waiting)
    }

    /// Goods and money of a return and its order, side by side.
    ///
    /// # Errors
    /// As [`Desk::return_named`].
    pub async fn return_sheet(&self, reference: &str) -> DeskResult<ReturnSheet> {
        let held = self.return_named(reference).await?;
        self.sheet_of(held).await
    }

    /// As [`Desk::return_sheet`], of a return at hand.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn sheet_of(&self, held: Return) -> DeskResult<ReturnSheet> {
        let what = format!("return {}", held.row.reference);
        let orders = [held.row.order];
        let claims = self.store().claims_of(&orders).await;
        let claims = claims.map_err(DeskError::store(&what))?;
        let all = self.store().returns_of(&orders).await;
        let all = all.map_err(DeskError::store(&what))?;
        let GatedReturn { held, gates, .. } = self.gated(held, &claims);
        Ok(ReturnSheet {
            gates: gates.iter().map(LineGate::words).collect(),
            alignment: money_back(&claims, &all)
                .iter()
                .map(AlignedRow::from)
                .collect(),
            line_gates: gates,
            held,
            claims,
        })
    }

    /// A return with what the gate says of it, and what of these claims is about its order and not explained.
    pub fn gated(&self, held: Return, claims: &[Claim]) -> GatedReturn {
        let gates = self.pair(&held.row.pair).map(|pair| {
            let policy = pair.policy.gate();
            let lines = held.lines.iter();
            lines.map(|l| gate(policy, l, &held.approvals)).collect()
        });
        GatedReturn {
            gates: gates.unwrap_or_default(),
            asked: unexplained(claims)
                .filter(|c| c.order == held.row.order)
                .cloned()
                .collect(),
            held,
        }
    }

    /// Says that goods of an order come back.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, no reason, or the store failed.
    pub async fn expect_return(
        &self,
        order: &OrderRow,
        units: Units,
        why: &str,
    ) -> DeskResult<Done> {
        let request = ReturnRequest::Expect {
            order: order.id,
            units,
            reason: reason("expecting a return", why)?,
        };
        let asked = format!("A return of order {} will be announced.", order.number);
        let what = format!("expecting a return of order {}", order.number);
        self.ask(&what, RequestKind::Returns(request), asked).await
    }

    /// Answers finance's question about money that went back without goods.
    ///
    /// # Errors
    /// As [`Desk::expect_return`].
    pub async fn explain_refund(
        &self,
        order: &OrderRow,
        refund: Option<String>,
        to: ClaimState,
        why: &str,
    ) -> DeskResult<Done> {
        let request = ReturnRequest::Explain {
            order: order.id,
            refund,
            to,
            reason: reason("explaining a refund", why)?,
        };
        let asked = format!("Refunds of order {} will be explained.", order.number);
        let what = format!("explaining a refund of order {}", order.number);
        self.ask(&what, RequestKind::Returns(request), asked).await
    }

    /// Decides something about one return. Reasons are looked at where they are demanded.
    ///
    /// # Errors
    /// As [`Desk::expect_return`]; [`DeskError::NotFound`] for an unknown return.
    pub async fn decide_return(&self, reference: &str, what: Decision) -> DeskResult<Done> {
        let held = self.return_named(reference).await?;
        self.decide(held.row.pair, held.row.reference, what).await
    }

    /// As [`Desk::decide_return`], for a return of a pair.
    ///
    /// # Errors
    /// As [`Desk::expect_return`]. That there is no such return is the engine's answer.
    pub async fn decide(
        &self,
        pair: PairId,
        reference: ReturnRef,
        mut what: Decision,
    ) -> DeskResult<Done> {
        match &mut what {
            Decision::Accept { reason: why }
            | Decision::Close { reason: why, .. }
            | Decision::Approve { reason: why, .. }
            | Decision::Override { reason: why, .. } => *why = reason("this decision", why)?,
            Decision::Grant | Decision::Outcome { .. } | Decision::Extend { .. } => {}
        }
        let asked = format!("Return {reference} will be brought up to date.");
        let doing = format!("deciding on return {reference}");
        let request = ReturnRequest::Of {
            pair,
            reference,
            what,
        };
        self.ask(&doing, RequestKind::Returns(request), asked).await
    }
}

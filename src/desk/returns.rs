//! Returns at the desk: goods that come back, money explained, outcomes, credits released.

use super::request::RequestKind;
use super::{Desk, DeskError, DeskResult, Done, reason};
use crate::domain::credit_gate::{LineGate, gate};
use crate::domain::ids::{OrderId, PairId, ReturnRef};
use crate::domain::order::OrderRow;
use crate::domain::returns::{
    Alignment, Claim, ClaimState, Disposition, Return, ReturnState, Units, money_back,
};
use serde::Serialize;
use serde_json::json;

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

/// A return as finance reads it: goods and money side by side, and the gate line by line.
#[derive(Debug, Clone, Serialize)]
pub struct ReturnSheet {
    #[serde(flatten)]
    pub held: Return,
    /// What the gate says of each line, in the order of the lines.
    pub gates: Vec<String>,
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
        let what = format!("return {:?}", crate::text::clean_to(reference, 60));
        for pair in self.pairs() {
            let found = self
                .store()
                .returns_by_ref(&pair.id, &[reference.into()])
                .await
                .map_err(DeskError::store(&what))?;
            if let Some(held) = found.into_iter().next() {
                return Ok(held);
            }
        }
        Err(DeskError::NotFound { what })
    }

    /// Goods and money of a return and its order, side by side.
    ///
    /// # Errors
    /// As [`Desk::return_named`].
    pub async fn return_sheet(&self, reference: &str) -> DeskResult<ReturnSheet> {
        let held = self.return_named(reference).await?;
        let what = format!("return {reference}");
        let orders = [held.row.order];
        let claims = self.store().claims_of(&orders).await;
        let claims = claims.map_err(DeskError::store(&what))?;
        let all = self.store().returns_of(&orders).await;
        let all = all.map_err(DeskError::store(&what))?;
        Ok(ReturnSheet {
            gates: self.gates(&held)?.iter().map(LineGate::words).collect(),
            alignment: money_back(&claims, &all)
                .iter()
                .map(AlignedRow::from)
                .collect(),
            held,
            claims,
        })
    }

    fn gates(&self, held: &Return) -> DeskResult<Vec<LineGate>> {
        let policy = self.pair(&held.row.pair)?.policy.gate();
        let lines = held.lines.iter();
        Ok(lines.map(|l| gate(policy, l, &held.approvals)).collect())
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
    pub async fn decide_return(&self, reference: &str, mut what: Decision) -> DeskResult<Done> {
        let held = self.return_named(reference).await?;
        match &mut what {
            Decision::Accept { reason: why }
            | Decision::Close { reason: why, .. }
            | Decision::Approve { reason: why, .. }
            | Decision::Override { reason: why, .. } => *why = reason("this decision", why)?,
            Decision::Grant | Decision::Outcome { .. } | Decision::Extend { .. } => {}
        }
        let asked = format!("Return {} will be brought up to date.", held.row.reference);
        let doing = format!("deciding on return {}", held.row.reference);
        let request = ReturnRequest::Of {
            pair: held.row.pair,
            reference: held.row.reference,
            what,
        };
        self.ask(&doing, RequestKind::Returns(request), asked).await
    }
}

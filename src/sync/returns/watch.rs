//! The watch over returns: what the books of both systems prove about each open one, and what is late.

use super::money::{self, Proofs};
use super::{Known, hear_order, occurrence};
use crate::domain::catalogue::Kind;
use crate::domain::change::{Change, Fence};
use crate::domain::credit_gate::{self, Gate, LineGate};
use crate::domain::ids::OrderId;
use crate::domain::order::OrderFull;
use crate::domain::preflight::Fault;
use crate::domain::returns::{
    self, Claim, ClaimState, OVERDUE_AFTER, Return, ReturnLine, ReturnState, Watched, credited,
    not_expected_fault, reached, refund_fault, settled,
};
use crate::domain::time::Ts;
use crate::store::read::OpenException;
use crate::store::{StoreError, StoreResult};
use crate::sync::context::{Cx, PairCx};
use std::collections::BTreeSet;

/// Returns looked at per page.
const PAGE: usize = 500;
/// Claims looked at per watch; the rest follows in the next.
const CLAIMS_MAX: usize = 2_000;

/// Kinds this watch opens and closes.
const WATCHED: &[Kind] = &[
    Kind::RetNotExpected,
    Kind::RetRefundNoReturn,
    Kind::RetOverdue,
    Kind::RetStuck,
    Kind::RetQtyMismatch,
    Kind::RetNotSellable,
    Kind::RetStockinFailed,
    Kind::CrnBeforeStockin,
    Kind::CrnOverdue,
];

/// Only what the source's books and people's decisions add: everything before it is the warehouse's to say.
fn state_of(before: &Return, lines: &[ReturnLine]) -> Result<ReturnState, Fault> {
    let to = reached(before, lines)?;
    let is_ours = matches!(to, ReturnState::StockInConfirmed | ReturnState::Disposed);
    Ok(if is_ours { to } else { before.row.state })
}

struct Found {
    order: OrderId,
    label: String,
    fault: Fault,
    began_at: Ts,
}

/// A credit in the books that no return stands behind: the gate was never asked.
fn ungated(number: &str, claim: &Claim) -> Fault {
    let goods: Vec<String> = claim
        .units
        .iter()
        .map(|(s, n)| format!("{n} × {s}"))
        .collect();
    Fault::new(
        Kind::CrnBeforeStockin,
        format!("ORDER={number};CREDIT={}", claim.id),
        format!(
            "order {number}: {} were credited and no return is expected; hold or void the note, or authorise the return",
            goods.join(", ")
        ),
    )
}

struct Watch<'a> {
    cx: &'a Cx,
    pair: &'a PairCx,
    fence: &'a Fence,
    now: Ts,
    open: Vec<OpenException>,
    found: Vec<Found>,
}

/// Runs the watch of one pair.
pub async fn watch(cx: &Cx, pair: &PairCx, fence: &Fence, now: Ts) -> StoreResult<()> {
    let mut watch = Watch {
        cx,
        pair,
        fence,
        now,
        open: cx.store.open_exceptions(WATCHED, Some(&pair.id)).await?,
        found: Vec::new(),
    };
    watch.claims().await?;
    watch.returns().await?;
    watch.tell().await
}

impl Watch<'_> {
    /// Questions that wait: decided again when the goods have left or are expected by now, a person's when they are due.
    async fn claims(&mut self) -> StoreResult<()> {
        let open = self.cx.store.claims_open(&self.pair.id, CLAIMS_MAX).await?;
        let ids: BTreeSet<OrderId> = open.iter().map(|c| c.order).collect();
        let ids: Vec<OrderId> = ids.into_iter().collect();
        for chunk in ids.chunks(PAGE) {
            let orders = self.cx.store.orders_by_id(chunk).await?;
            let known = Known::read(self.cx, chunk).await?;
            for order in &orders {
                let changes = hear_order(self.cx, self.pair, order, &known).await?;
                self.commit(changes).await?;
                self.ask(order, &open);
            }
        }
        Ok(())
    }

    /// Money that went back for goods nobody expects, once its grace is over.
    fn ask(&mut self, order: &OrderFull, open: &[Claim]) {
        let mine = open
            .iter()
            .filter(|c| c.order == order.row.id && c.state == ClaimState::Asked);
        for claim in mine {
            let due_at = claim.due_at.unwrap_or(self.now);
            let number = &order.row.number;
            if self.pair.policy.credit_gate != Gate::Off {
                self.found.push(Found {
                    order: order.row.id,
                    label: number.clone(),
                    fault: ungated(number, claim),
                    began_at: claim.at,
                });
                continue;
            }
            if let Some(fault) = refund_fault(number, &claim.units, due_at, false, self.now) {
                self.found.push(Found {
                    order: order.row.id,
                    label: number.clone(),
                    fault,
                    began_at: claim.at,
                });
            }
        }
    }

    async fn returns(&mut self) -> StoreResult<()> {
        let mut after = None;
        loop {
            let page = self
                .cx
                .store
                .returns_open(&self.pair.id, after, PAGE)
                .await?;
            after = page.last().map(|r| r.row.id);
            let orders: BTreeSet<OrderId> = page.iter().map(|r| r.row.order).collect();
            let orders: Vec<OrderId> = orders.into_iter().collect();
            let known = Known::read(self.cx, &orders).await?;
            let proofs = Proofs::read(self.cx, self.pair).await?;
            for order in orders {
                self.order(order, &known, &proofs).await?;
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// All returns of one order, because money is shared out among them.
    async fn order(&mut self, order: OrderId, known: &Known, proofs: &Proofs) -> StoreResult<()> {
        let (claims, stored) = known.of(order);
        let mut all = stored.clone();
        for mut held in credited(&stored, &claims) {
            if held.is_over() {
                continue;
            }
            let before = stored.iter().find(|r| r.row.id == held.row.id).cloned();
            proofs.confirm(self.cx, self.pair, &mut held, &all).await?;
            if let Some(kept) = all.iter_mut().find(|r| r.row.id == held.row.id) {
                kept.lines.clone_from(&held.lines);
            }
            let known = before.as_ref().unwrap_or(&held);
            if let Ok(state) = state_of(known, &held.lines) {
                held.row.state = state;
            }
            let gates = self.gates(&held);
            self.opened(&mut held, &gates);
            let held = settled(held, self.now);
            self.late(&held, &gates);
            let mut changes = Vec::new();
            if !held.is_over() {
                changes = money::credit(self.cx, self.pair, &held, &gates).await?;
            }
            if before.as_ref() != Some(&held) {
                changes.push(Change::Return(Box::new(held)));
            }
            self.commit(changes).await?;
        }
        Ok(())
    }

    fn gates(&self, held: &Return) -> Vec<LineGate> {
        let policy = self.pair.policy.gate();
        let lines = held.lines.iter();
        lines
            .map(|l| credit_gate::gate(policy, l, &held.approvals))
            .collect()
    }

    /// Since when something may be credited and is not.
    fn opened(&self, held: &mut Return, gates: &[LineGate]) {
        let is_open = gates.iter().any(|g| g.allowed_each > 0);
        let is_gated = self.pair.policy.credit_gate != Gate::Off;
        held.row.gate_opened_at = match held.row.gate_opened_at {
            since if is_open && is_gated => since.or(Some(self.now)),
            _ => None,
        };
    }

    fn late(&mut self, held: &Return, gates: &[LineGate]) {
        let row = &held.row;
        let agreed = row.awaited_until.map(|until| until - OVERDUE_AFTER);
        let watched = Watched {
            return_ref: &row.reference,
            state: row.state,
            lines: &held.lines,
            authorised_at: agreed.or(row.authorised_at),
            received_at: row.received_at,
            stocked_at: row.stocked_at,
            is_ledger: money::is_ledger(self.cx, self.pair),
        };
        let mut faults = returns::watch(&watched, &self.pair.policy, self.now);
        let reference = &row.reference;
        if row.state == ReturnState::Authorised {
            let since = row.authorised_at.unwrap_or(row.created_at);
            let number = &row.order_number;
            faults.extend(not_expected_fault(
                reference.as_str(),
                number,
                since,
                self.now,
            ));
        }
        for (line, gate) in held.lines.iter().zip(gates) {
            let early = credit_gate::too_early_fault(reference, line, gate, &held.approvals);
            faults.extend(early);
        }
        if let Some(since) = row.gate_opened_at {
            let policy = &self.pair.policy;
            faults.extend(credit_gate::overdue_fault(
                reference, gates, since, policy, self.now,
            ));
        }
        let began_at = row
            .received_at
            .or(row.authorised_at)
            .unwrap_or(row.created_at);
        self.found.extend(faults.into_iter().map(|fault| Found {
            order: row.order,
            label: row.order_number.clone(),
            fault,
            began_at,
        }));
    }

    async fn commit(&self, changes: Vec<Change>) -> StoreResult<()> {
        match self.cx.commit("returns", Some(self.fence), changes).await {
            // Somebody else moved it on: the next watch looks again.
            Err(StoreError::Stale { .. }) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    /// Opens what was found and closes what is no longer so.
    async fn tell(&mut self) -> StoreResult<()> {
        let is_open = |f: &Found| {
            self.open
                .iter()
                .any(|o| o.kind == f.fault.kind && o.discriminator == f.fault.discriminator)
        };
        let new = self.found.iter().filter(|f| !is_open(f));
        let mut changes: Vec<Change> = new
            .map(|f| {
                let order = (f.order, f.label.as_str());
                Change::Raise(occurrence(self.pair, order, &f.fault, f.began_at))
            })
            .collect();
        for case in &self.open {
            let is_still = self
                .found
                .iter()
                .any(|f| f.fault.kind == case.kind && f.fault.discriminator == case.discriminator);
            if !is_still && self.may_clear(case).await? {
                changes.push(Change::ClearAll {
                    kind: case.kind,
                    pair: case.pair.clone(),
                    discriminator: case.discriminator.clone(),
                    how: "auto".to_owned(),
                    evidence: "the return's own record shows it no longer".to_owned(),
                });
            }
        }
        for chunk in changes.chunks(500) {
            self.commit(chunk.to_vec()).await?;
        }
        Ok(())
    }

    /// A refusal of the warehouse or the source stays open until what was refused has happened.
    async fn may_clear(&self, case: &OpenException) -> StoreResult<bool> {
        if !matches!(case.kind, Kind::RetNotExpected | Kind::CrnOverdue) {
            return Ok(true);
        }
        let Some(reference) = case.discriminator.strip_prefix("RETURN=") else {
            return Ok(true);
        };
        let found = self
            .cx
            .store
            .returns_by_ref(&self.pair.id, &[reference.into()])
            .await?;
        let Some(held) = found.first() else {
            return Ok(true);
        };
        Ok(match case.kind {
            Kind::RetNotExpected => held.row.state != ReturnState::Authorised,
            _ => !money::is_waiting(self.cx, held).await?,
        })
    }
}

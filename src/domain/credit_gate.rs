//! The credit gate: in a source that keeps the books, money goes back only for goods that its ledger shows. It opens line
//! by line and unit by unit, and says in plain words why the rest waits.

use super::catalogue::Kind;
use super::ids::ReturnRef;
use super::order::coded_enum;
use super::policy::Policy;
use super::preflight::Fault;
use super::returns::ReturnLine;
use super::role::{self, Person, Role};
use super::sla;
use super::time::Ts;
use serde::{Deserialize, Serialize};

/// A credit must follow the opened gate within this many working days.
pub const CREDIT_WORKING_DAYS: u32 = 1;

coded_enum! {
    /// Whether there is a gate at all (`credit.gate`).
    Gate {
        /// Money follows its own rules in the source.
        Off = 0, "off";
        /// Credit only what the source's ledger shows as back in stock.
        StockInConfirmed = 1, "stock_in_confirmed";
    }
}

coded_enum! {
    /// What opens the gate for goods that never go back to stock (`credit.gate_unsellable`).
    UnsellableGate {
        /// The outcome is on record and finance has approved.
        FinanceApproval = 0, "finance_approval";
    }
}

/// The switches of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GatePolicy {
    pub gate: Gate,
    pub unsellable: UnsellableGate,
}

/// A decision of finance about a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    pub line_ref: String,
    pub kind: ApprovalKind,
    /// How many units it is for.
    pub units_each: i64,
    /// For an override: the units credited in total that it releases. Goods booked later make it good instead of
    /// releasing as many again.
    pub up_to_each: Option<i64>,
    pub by: Person,
    pub reason: String,
}

coded_enum! {
    /// What finance decided.
    ApprovalKind {
        /// Goods with a recorded outcome may be credited without a stock-in.
        Unsellable = 0, "unsellable";
        /// The gate is passed although it is shut; stays visible until the goods are booked.
        Override = 1, "override";
    }
}

/// Units that wait, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shut {
    pub units_each: i64,
    pub why: String,
}

/// What may be credited of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineGate {
    pub line_ref: String,
    /// Units that may be credited now, on top of what was credited already.
    pub allowed_each: i64,
    /// Of those: only because of an override.
    pub overridden_each: i64,
    /// Units credited beyond what the gate allows.
    pub too_early_each: i64,
    /// The rest, by what it waits for; first what is nearest to opening.
    pub shut: Vec<Shut>,
}

impl LineGate {
    /// Units that wait at the gate.
    pub fn waiting_each(&self) -> i64 {
        self.shut.iter().map(|s| s.units_each).sum()
    }

    /// What waits, part by part: `1 waits: not received yet`.
    pub fn waits(&self) -> Vec<String> {
        let parts = self.shut.iter().map(|shut| {
            let waits = if shut.units_each == 1 {
                "waits"
            } else {
                "wait"
            };
            format!("{} {waits}: {}", shut.units_each, shut.why)
        });
        parts.collect()
    }

    /// The line in plain words: `1 may be credited now; 1 waits: …`.
    pub fn words(&self) -> String {
        let mut parts = Vec::new();
        if self.allowed_each > 0 {
            parts.push(format!("{} may be credited now", self.allowed_each));
        }
        if self.too_early_each > 0 {
            parts.push(format!("{} were credited too early", self.too_early_each));
        }
        parts.extend(self.waits());
        if parts.is_empty() {
            parts.push("nothing is left to credit".to_owned());
        }
        parts.join("; ")
    }
}

/// What may be credited of a line now. With the gate off everything received may be; without a receipt the source's own
/// rules apply and the gate has nothing to say.
pub fn gate(policy: GatePolicy, line: &ReturnLine, approvals: &[Approval]) -> LineGate {
    let of_finance = |kind: ApprovalKind| {
        approvals
            .iter()
            .filter(move |a| a.kind == kind && a.line_ref == line.line_ref)
            .filter(|a| a.by.is_any(&[Role::FinanceApprover]))
    };
    let approved = of_finance(ApprovalKind::Unsellable)
        .map(|a| a.units_each.max(0))
        .fold(0, i64::saturating_add);
    let released = of_finance(ApprovalKind::Override)
        .filter_map(|a| a.up_to_each)
        .max()
        .unwrap_or(0);
    // Inspected, on the shelf and in the source: whichever is least, should the figures ever disagree.
    let stocked = line
        .confirmed_each
        .min(line.stocked_each)
        .min(line.sellable_each)
        .max(0);
    let unsellable = match policy.unsellable {
        UnsellableGate::FinanceApproval => line
            .disposed_each
            .min(line.unsellable_each)
            .min(approved)
            .max(0),
    };
    let by_rule = match policy.gate {
        Gate::Off => line.received_each.max(0),
        Gate::StockInConfirmed => stocked.saturating_add(unsellable),
    };
    let most = line.received_each.max(line.authorised_each).max(by_rule);
    let with_override = by_rule.max(released.min(most));
    let credited = line.credited_each.max(0);
    let allowed = (with_override - credited).max(0);
    LineGate {
        line_ref: line.line_ref.clone(),
        allowed_each: allowed,
        overridden_each: allowed.min(with_override - by_rule),
        too_early_each: match policy.gate {
            Gate::Off => 0,
            Gate::StockInConfirmed => (credited - by_rule).max(0),
        },
        shut: match policy.gate {
            Gate::Off => Vec::new(),
            Gate::StockInConfirmed => shut(line, unsellable, most - with_override.max(credited)),
        },
    }
}

/// What the rest waits for. At most `rest` units are named: those beyond went back by override or too early.
fn shut(line: &ReturnLine, unsellable: i64, rest: i64) -> Vec<Shut> {
    let received = line.received_each.max(0);
    let steps = [
        (
            line.stocked_each - line.confirmed_each,
            "on the shelf, and the source has not confirmed the stock-in",
        ),
        (
            line.sellable_each - line.stocked_each,
            "fit for sale, not yet back on the shelf",
        ),
        (
            line.disposed_each - unsellable,
            "the outcome is recorded; finance must approve",
        ),
        (
            line.unsellable_each - line.disposed_each,
            "cannot be sold again; its outcome must be recorded and finance must approve",
        ),
        (received - line.inspected_each(), "not inspected yet"),
        (line.authorised_each - received, "not received yet"),
    ];
    let mut left = rest.max(0);
    let mut out = Vec::new();
    for (units, why) in steps {
        let units_each = units.clamp(0, left);
        left -= units_each;
        if units_each > 0 {
            out.push(Shut {
                units_each,
                why: why.to_owned(),
            });
        }
    }
    out
}

/// Units of a line that have an outcome and no approval of finance yet.
///
/// # Errors
/// In words for people: no outcome recorded, or all approved.
pub fn approvable(line: &ReturnLine, approvals: &[Approval]) -> Result<i64, String> {
    if line.disposition.is_none() || line.disposed_each <= 0 {
        return Err(format!(
            "record first what becomes of {}: finance approves an outcome, not a guess",
            line.item
        ));
    }
    let approved: i64 = approvals
        .iter()
        .filter(|a| a.kind == ApprovalKind::Unsellable && a.line_ref == line.line_ref)
        .map(|a| a.units_each.max(0))
        .fold(0, i64::saturating_add);
    let left = line.disposed_each.saturating_sub(approved);
    if left <= 0 {
        return Err(format!(
            "the credit of all {} of {} with an outcome is approved already",
            line.disposed_each, line.item
        ));
    }
    Ok(left)
}

/// Records finance's approval for goods that cannot be sold again.
///
/// # Errors
/// In words for people: no outcome recorded, more units than have one, wrong role, no reason.
pub fn approve_unsellable(
    line: &ReturnLine,
    approvals: &[Approval],
    units_each: i64,
    by: &Person,
    reason: &str,
) -> Result<Approval, String> {
    role::require(by, &[Role::FinanceApprover], "approve this credit")?;
    let left = approvable(line, approvals)?;
    if units_each < 1 || units_each > left {
        return Err(format!(
            "{units_each} cannot be approved: {left} of {} have a recorded outcome and no approval",
            line.item
        ));
    }
    Ok(Approval {
        line_ref: line.line_ref.clone(),
        kind: ApprovalKind::Unsellable,
        units_each,
        up_to_each: None,
        by: by.clone(),
        reason: role::reason(reason)?,
    })
}

/// Units of a line that an override of the gate could release.
///
/// # Errors
/// In words for people: the gate is open or off anyway.
pub fn overridable(line: &ReturnLine, now: &LineGate) -> Result<i64, String> {
    match now.waiting_each() {
        0 => Err(format!(
            "nothing of {} waits at the gate: {}",
            line.item,
            now.words()
        )),
        n => Ok(n),
    }
}

/// Records that finance passes the shut gate by hand. It leaves `CRN_BEFORE_STOCKIN` open until the goods are booked.
///
/// # Errors
/// In words for people: the gate is open or off anyway, too many units, wrong role, no reason.
pub fn approve_override(
    policy: GatePolicy,
    line: &ReturnLine,
    approvals: &[Approval],
    units_each: i64,
    by: &Person,
    reason: &str,
) -> Result<Approval, String> {
    role::require(by, &[Role::FinanceApprover], "pass the credit gate")?;
    let now = gate(policy, line, approvals);
    let waiting = overridable(line, &now)?;
    if units_each < 1 || units_each > waiting {
        return Err(format!(
            "{units_each} cannot be released: {waiting} of {} wait at the gate",
            line.item
        ));
    }
    Ok(Approval {
        line_ref: line.line_ref.clone(),
        kind: ApprovalKind::Override,
        units_each,
        up_to_each: Some(line.credited_each.max(0) + now.allowed_each + units_each),
        by: by.clone(),
        reason: role::reason(reason)?,
    })
}

/// A credit that ran ahead of the goods, or was released by override and is not made good yet.
pub fn too_early_fault(
    return_ref: &ReturnRef,
    line: &ReturnLine,
    found: &LineGate,
    approvals: &[Approval],
) -> Option<Fault> {
    let n = found.too_early_each;
    if n <= 0 {
        return None;
    }
    let approval = approvals
        .iter()
        .find(|a| a.kind == ApprovalKind::Override && a.line_ref == line.line_ref);
    let how = approval.map_or_else(
        || "nobody approved that; hold or void the credit note".to_owned(),
        |a| format!("released by {}: {}", a.by.name, a.reason),
    );
    let were = if n == 1 { "was" } else { "were" };
    Some(Fault::new(
        Kind::CrnBeforeStockin,
        format!("RETURN={return_ref};LINE={}", line.line_ref),
        format!(
            "{n} of {} {were} credited before the goods were booked in; {how}",
            line.item
        ),
    ))
}

/// A gate that has been open for a working day and no credit followed.
pub fn overdue_fault(
    return_ref: &ReturnRef,
    gates: &[LineGate],
    opened_at: Ts,
    policy: &Policy,
    now: Ts,
) -> Option<Fault> {
    let open: i64 = gates.iter().map(|g| g.allowed_each).sum();
    let due = sla::working_days_after(opened_at, CREDIT_WORKING_DAYS, policy);
    (open > 0 && now > due).then(|| {
        Fault::new(
            Kind::CrnOverdue,
            format!("RETURN={return_ref}"),
            format!(
                "{} of return {return_ref} may be credited since {} and no credit note exists",
                crate::text::count(open, "unit", "units"),
                opened_at.in_words()
            ),
        )
    })
}

#[cfg(test)]
mod tests;

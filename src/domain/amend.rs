//! Changes and cancellations of orders that were already sent: what the live status in the warehouse allows.

use super::catalogue::Kind;
use super::exception::Severity;
use super::order::{WmsLineIntent, WmsOrderIntent};
use super::policy::Policy;
use super::wms::WmsStatus;
use std::collections::BTreeSet;

/// What is said of a change that comes when the parcel is gone.
pub const CHANGED_AFTER_DESPATCH: &str = "changed in the source after it was despatched; nothing was written, offer the customer a return";

/// What a live query of the warehouse said. A remembered status is never good enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveStatus {
    /// Read, and the order is not there.
    NotThere,
    /// The create is in doubt: nobody knows yet whether it is there.
    InDoubt,
    /// There, with this status. On hold is a flag beside it.
    Known { status: WmsStatus, on_hold: bool },
    /// Could not be read, or the status word is unknown.
    Unreadable,
}

/// What the source wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderChange {
    Amend,
    Cancel,
}

/// What to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeVerdict {
    /// Put the new content into the create that was not sent yet.
    Merge,
    /// Drop the create that was not sent yet (if any) and mark the order cancelled.
    Drop,
    /// The create's doubt must be settled first; then decide again.
    Wait,
    /// Write it, then read it back.
    Apply,
    /// Cancel the warehouse order and send a new one with the next revision.
    Recreate,
    /// Write nothing: a person decides.
    Review {
        kind: Kind,
        severity: Option<Severity>,
        why: String,
    },
    /// The warehouse already holds what is wanted.
    Nothing,
    /// Ask for the status again.
    RetryRead,
}

/// The table of changes against live status. `is_create_sent`: the create was written and accepted at some time, or
/// bytes of it left. `is_expressible`: what [`expressible`] said (always true for a cancellation).
pub fn decide(
    change: OrderChange,
    live: &LiveStatus,
    is_create_sent: bool,
    is_expressible: bool,
    policy: &Policy,
) -> ChangeVerdict {
    match live {
        LiveStatus::InDoubt => ChangeVerdict::Wait,
        LiveStatus::Unreadable => ChangeVerdict::RetryRead,
        LiveStatus::NotThere => not_there(change, is_create_sent),
        LiveStatus::Known { status, on_hold } => {
            let stage = Stage::of(*status);
            match change {
                OrderChange::Cancel => cancel(stage, *status),
                OrderChange::Amend => amend(stage, *status, *on_hold, is_expressible, policy),
            }
        }
    }
}

fn not_there(change: OrderChange, is_create_sent: bool) -> ChangeVerdict {
    match (change, is_create_sent) {
        (OrderChange::Amend, false) => ChangeVerdict::Merge,
        (OrderChange::Cancel, _) => ChangeVerdict::Drop,
        (OrderChange::Amend, true) => review(
            Kind::OrdMissingInWms,
            Severity::S2,
            "the order was sent, but the warehouse does not have it; settle that before changing it",
        ),
    }
}

/// How far the floor is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Untouched,
    Picking,
    Packed,
    PartDespatched,
    Despatched,
    Cancelled,
}

impl Stage {
    const fn of(status: WmsStatus) -> Self {
        match status {
            WmsStatus::New
            | WmsStatus::BackOrder
            | WmsStatus::PartAllocated
            | WmsStatus::Allocated => Self::Untouched,
            WmsStatus::PartPicked | WmsStatus::Picked => Self::Picking,
            WmsStatus::Packed => Self::Packed,
            WmsStatus::PartDespatched => Self::PartDespatched,
            WmsStatus::Despatched => Self::Despatched,
            WmsStatus::Cancelled => Self::Cancelled,
        }
    }
}

fn review(kind: Kind, severity: Severity, why: &str) -> ChangeVerdict {
    ChangeVerdict::Review {
        kind,
        severity: Some(severity),
        why: why.to_owned(),
    }
}

fn cancel(stage: Stage, status: WmsStatus) -> ChangeVerdict {
    match stage {
        Stage::Untouched => ChangeVerdict::Apply,
        Stage::Cancelled => ChangeVerdict::Nothing,
        Stage::Picking | Stage::Packed => review(
            Kind::CanTooLate,
            Severity::S1,
            &format!(
                "cancelled in the source while {} in the warehouse; nothing was written, stop it on the floor or let it ship",
                words(status)
            ),
        ),
        Stage::PartDespatched => review(
            Kind::CanTooLate,
            Severity::S1,
            "cancelled in the source after part of it was despatched; only the outstanding lines can still be stopped",
        ),
        Stage::Despatched => review(
            Kind::CanAfterDespatch,
            Severity::S3,
            "cancelled in the source after it was despatched; nothing was written, offer the customer a return",
        ),
    }
}

fn amend(
    stage: Stage,
    status: WmsStatus,
    is_on_hold: bool,
    is_expressible: bool,
    policy: &Policy,
) -> ChangeVerdict {
    match stage {
        Stage::Untouched if is_expressible => ChangeVerdict::Apply,
        Stage::Untouched if policy.auto_cancel_recreate => ChangeVerdict::Recreate,
        Stage::Untouched => {
            let hold = if is_on_hold { " (on hold)" } else { "" };
            review(
                Kind::AmdNotExpressible,
                Severity::S2,
                &format!(
                    "the change cannot be made to an existing warehouse order, which is {}{hold}; approve cancel-and-recreate or keep it as it is",
                    words(status)
                ),
            )
        }
        Stage::Picking => review(
            Kind::AmdTooLate,
            Severity::S2,
            &format!(
                "changed in the source while {} in the warehouse; nothing was written, stop it on the floor or let it ship",
                words(status)
            ),
        ),
        Stage::Packed => review(
            Kind::AmdTooLate,
            Severity::S1,
            "changed in the source while packed in the warehouse; nothing was written, stop it on the floor before it leaves",
        ),
        Stage::PartDespatched => review(
            Kind::AmdTooLate,
            Severity::S2,
            "changed in the source after part of it was despatched; only the outstanding lines can still be changed",
        ),
        Stage::Despatched => review(Kind::AmdTooLate, Severity::S2, CHANGED_AFTER_DESPATCH),
        Stage::Cancelled => review(
            Kind::AmdConflict,
            Severity::S2,
            "changed in the source, but cancelled in the warehouse; find out who cancelled it before sending it again",
        ),
    }
}

fn words(status: WmsStatus) -> String {
    status.as_str().replace('_', " ")
}

/// Gives the wanted lines the references they were sent with. References are ordinals: a line removed from or put into
/// the middle of a source order would otherwise rename all that follow, and a save would edit the wrong lines. New
/// lines get references that were never used. Call it before [`expressible`] and before sending an amendment.
pub fn keep_line_refs(sent: &WmsOrderIntent, mut wanted: WmsOrderIntent) -> WmsOrderIntent {
    let mut free: Vec<&WmsLineIntent> = sent.lines.iter().collect();
    let mut kept: Vec<Option<String>> = Vec::with_capacity(wanted.lines.len());
    for line in &wanted.lines {
        // The same line with the same goods first; a kit's row holds several lines, so the item takes part.
        let at = free
            .iter()
            .position(|s| {
                s.row_id == line.row_id && s.item == line.item && s.line_ref == line.line_ref
            })
            .or_else(|| {
                free.iter()
                    .position(|s| s.row_id == line.row_id && s.item == line.item)
            });
        kept.push(at.map(|at| free.remove(at).line_ref.clone()));
    }
    let mut taken: BTreeSet<String> = sent.lines.iter().map(|l| l.line_ref.clone()).collect();
    for (line, kept) in wanted.lines.iter_mut().zip(kept) {
        match kept {
            Some(reference) => line.line_ref = reference,
            None => {
                line.line_ref = unused(&line.line_ref, &taken);
                taken.insert(line.line_ref.clone());
            }
        }
    }
    wanted
}

/// The reference itself when it is unused, else the lowest ordinal above all used ones.
fn unused(reference: &str, taken: &BTreeSet<String>) -> String {
    if !taken.contains(reference) {
        return reference.to_owned();
    }
    let top = taken
        .iter()
        .filter_map(|r| r.split('.').next()?.parse::<u64>().ok())
        .max()
        .unwrap_or(0);
    (top + 1).to_string()
}

/// Whether a save over the existing warehouse order can bring it from what was sent to what is wanted. A save edits
/// header fields and adds or edits lines; it never removes a line, and it must not turn the order into another one.
///
/// # Errors
/// What cannot be expressed, in words for people.
pub fn expressible(sent: &WmsOrderIntent, wanted: &WmsOrderIntent) -> Result<(), String> {
    let wanted = &keep_line_refs(sent, wanted.clone());
    let mut faults = Vec::new();
    if sent.number != wanted.number
        || sent.po_reference != wanted.po_reference
        || sent.channel != wanted.channel
    {
        faults.push("it would become another order".to_owned());
    }
    if sent.site != wanted.site {
        faults.push(format!(
            "the site changes from {} to {}",
            sent.site, wanted.site
        ));
    }
    if is_other_customer(sent, wanted) {
        faults.push(format!(
            "the customer changes from {} to {}",
            sent.address.name, wanted.address.name
        ));
    }
    for line in &sent.lines {
        if !wanted.lines.iter().any(|l| l.line_ref == line.line_ref) {
            faults.push(format!(
                "line {} ({} × {}) is removed",
                line.line_ref, line.item, line.qty_each
            ));
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.join("; "))
    }
}

/// A corrected name or a new e-mail address is a correction; both at once is somebody else.
fn is_other_customer(sent: &WmsOrderIntent, wanted: &WmsOrderIntent) -> bool {
    let differs = |a: &str, b: &str| !a.trim().eq_ignore_ascii_case(b.trim());
    differs(&sent.address.name, &wanted.address.name)
        && differs(&sent.address.email, &wanted.address.email)
}

#[cfg(test)]
mod tests;

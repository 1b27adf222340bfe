//! Whether a write took effect, read from the answer's body: processing, tracking, splits, notes, hop 2.

use super::client::is_quota_text;
use super::order::ZERO_ID;
use super::wire;
use crate::domain::delivery::{AnswerClass, DespatchIntentLine};
use crate::domain::ids::SourceOrderId;
use crate::domain::order::SourceOrder;
use crate::domain::time::Ts;
use crate::vendors::scalar::{Fault, Read, normal_id};
use crate::vendors::{NotifyState, Relation, RowOutcome};

/// What became of each order, in the order sent. Linnworks Orders/ProcessOrder and Orders/ProcessOrdersInBatch: 200 with
/// `Processed` false is a refusal; rows may come in any order and are matched by `OrderId`; a missing row is unknown.
pub(super) fn processed(ids: &[SourceOrderId], rows: &[wire::ProcessResult]) -> Vec<RowOutcome> {
    ids.iter()
        .map(|id| {
            let wanted = normal_id(id.as_str());
            let verdicts = rows
                .iter()
                .filter(|r| r.order_id.id("OrderId").ok().flatten().as_deref() == Some(&wanted))
                .map(verdict);
            // The same order twice: processing is final, so one "yes" outweighs a later "already done".
            let (class, text) = verdicts.min_by_key(|(class, _)| class.code()).unwrap_or((
                AnswerClass::Unknown,
                "Linnworks did not say what became of it".to_owned(),
            ));
            RowOutcome {
                key: id.0.clone(),
                class,
                text,
            }
        })
        .collect()
}

fn verdict(row: &wire::ProcessResult) -> (AnswerClass, String) {
    let error = row.error.text("Error").unwrap_or_default();
    match row.processed.flag("Processed") {
        Ok(Some(true)) => (AnswerClass::Applied, error),
        // Nothing was decided about the order itself; it is asked about and sent again.
        Ok(Some(false)) if is_quota_text(&error) => (AnswerClass::Unknown, error),
        Ok(Some(false)) if error.trim().is_empty() => (
            AnswerClass::Rejected,
            "Linnworks did not process it and gave no reason".to_owned(),
        ),
        Ok(Some(false)) => (AnswerClass::Rejected, error),
        Ok(None) => (
            AnswerClass::Unknown,
            Fault::missing("Processed").to_string(),
        ),
        Err(fault) => (AnswerClass::Unknown, fault.to_string()),
    }
}

/// Whether the tracking stuck. Linnworks Orders/SetOrderShippingInfo answers with the shipping as stored.
pub(super) fn shipping(
    answer: &wire::ShippingResult,
    tracking: &str,
) -> Result<(), (AnswerClass, String)> {
    let stored = answer
        .shipping_info
        .as_ref()
        .ok_or_else(|| Fault::missing("ShippingInfo"))
        .and_then(|info| info.tracking_number.text("ShippingInfo.TrackingNumber"))
        .map_err(|fault| (AnswerClass::Malformed, fault.to_string()))?;
    let bare = |text: &str| -> String {
        text.chars()
            .filter(|c| !c.is_whitespace())
            .flat_map(char::to_lowercase)
            .collect()
    };
    if bare(&stored) == bare(tracking) {
        Ok(())
    } else {
        let text = format!("Linnworks holds tracking {stored:?} after {tracking:?} was set");
        Err((AnswerClass::Rejected, text))
    }
}

/// The order that carries the split-off lines: the answer's only other order, else the only one with exactly these lines.
pub(super) fn split_child(
    parent: &SourceOrderId,
    lines: &[DespatchIntentLine],
    orders: &[SourceOrder],
) -> Result<SourceOrderId, String> {
    let parent = normal_id(parent.as_str());
    let others: Vec<&SourceOrder> = orders
        .iter()
        .filter(|o| o.source_id.as_str() != parent)
        .collect();
    if let [only] = others.as_slice() {
        return Ok(only.source_id.clone());
    }
    let mut wanted: Vec<(&str, i64)> = lines.iter().map(|l| (l.sku.as_str(), l.qty_each)).collect();
    wanted.sort_unstable();
    let mut same = others.iter().filter(|order| {
        let mut held: Vec<(&str, i64)> = order
            .lines
            .iter()
            .filter(|l| !l.is_service)
            .map(|l| (l.sku.as_str(), l.qty_each))
            .collect();
        held.sort_unstable();
        held == wanted
    });
    match (same.next(), same.next()) {
        (Some(child), None) => Ok(child.source_id.clone()),
        _ => Err(format!(
            "the split answered with {} new orders and none can be told to hold the lines",
            others.len()
        )),
    }
}

/// Parent and child orders.
pub(super) fn relations(rows: &[wire::OrderRelation]) -> Read<Vec<Relation>> {
    let mut out = Vec::with_capacity(rows.len());
    for row in rows {
        let need = |value: Read<Option<String>>, member: &str| {
            value.and_then(|id| id.ok_or_else(|| Fault::missing(member)))
        };
        let parent = need(row.parent_order_id.id("ParentOrderId"), "ParentOrderId")?;
        let child = need(row.child_order_id.id("ChildOrderId"), "ChildOrderId")?;
        if parent == ZERO_ID || child == ZERO_ID {
            continue;
        }
        out.push(Relation {
            parent: SourceOrderId(parent),
            child: SourceOrderId(child),
            kind: row.kind.text("Type")?,
        });
    }
    Ok(out)
}

/// Whether a note is on the order: the answer names the notes that were added.
pub(super) fn has_note(answer: &wire::NoteResult, id: &SourceOrderId) -> bool {
    let wanted = normal_id(id.as_str());
    answer
        .order_notes
        .iter()
        .flatten()
        .any(|note| note.order_id.id("OrderId").ok().flatten().as_deref() == Some(&wanted))
}

/// Kind of audit entry that speaks of the despatch message to the channel.
const DESPATCH_NOTE: &str = "DESPATCH_NOTE";
/// Start of the tag that means the channel was told.
const TOLD: &str = "CONFIRM";
/// Parts of a tag that mean it will not be told.
const NOT_TOLD: [&str; 6] = ["FAIL", "REJECT", "IGNOR", "ERROR", "CANCEL", "DISABL"];

/// Hop 2 from an order's history: the newest despatch-note entry decides; of two with the same time the worse.
/// No such entry is "not yet".
pub(super) fn notify_state(entries: &[wire::AuditEntry]) -> Read<NotifyState> {
    let mut newest: Option<(Ts, NotifyState)> = None;
    for entry in entries {
        let kind = entry.history_type.text("fkOrderHistoryTypeId")?;
        if !kind.trim().eq_ignore_ascii_case(DESPATCH_NOTE) {
            continue;
        }
        let at = match entry.date_stamp.time("DateStamp")? {
            Some(at) => Some(at),
            None => entry.date.time("Date")?,
        };
        let at = at.unwrap_or(Ts::MIN);
        let state = state_of(entry)?;
        let is_newer = match &newest {
            None => true,
            Some((then, held)) => {
                at > *then || (at == *then && !matches!(held, NotifyState::Failed(_)))
            }
        };
        if is_newer {
            newest = Some((at, state));
        }
    }
    Ok(newest.map_or(NotifyState::Pending, |(_, state)| state))
}

fn state_of(entry: &wire::AuditEntry) -> Read<NotifyState> {
    let tag = entry.tag.text("Tag")?.to_ascii_uppercase();
    if NOT_TOLD.iter().any(|part| tag.contains(part)) {
        let mut note = entry.history_note.text("HistoryNote")?;
        if note.is_empty() {
            note = entry.note.text("Note")?;
        }
        return Ok(NotifyState::Failed(if note.is_empty() {
            tag
        } else {
            note
        }));
    }
    Ok(if tag.starts_with(TOLD) {
        NotifyState::Confirmed
    } else {
        NotifyState::Pending
    })
}

//! What an answer means for a confirmation.

use super::{One, STEP_PROCESS};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::delivery::{AnswerClass, DeliveryRow, DeliveryState, DespatchIntent, Intent};
use crate::domain::ids::{LocationId, SourceOrderId};
use crate::domain::order::{SourceOrder, SourceStatus};
use crate::domain::time::Ts;
use crate::store::StoreResult;
use crate::sync::calls::{Called, JobCx};
use crate::sync::settle::{self, Was};

pub(super) enum Look {
    Go,
    AlreadyDone(String),
    /// Something a person can lift in the source; tried again by itself.
    Blocked(Kind, String),
    /// The source answered without it. One answer proves nothing; it may lag or leave rows out.
    Missing,
    Refused(Kind, String),
}

pub(super) fn look(
    intent: &DespatchIntent,
    source: Option<&SourceOrder>,
    centres: &[LocationId],
) -> Look {
    let Some(source) = source else {
        return Look::Missing;
    };
    match source.status {
        SourceStatus::Processed
            if source.tracking == intent.tracking || intent.tracking.is_empty() =>
        {
            Look::AlreadyDone("already processed in the source; not processed again".to_owned())
        }
        SourceStatus::Processed => Look::AlreadyDone(format!(
            "already processed in the source with tracking \"{}\" (ours is \"{}\"); not processed again",
            source.tracking, intent.tracking
        )),
        SourceStatus::Cancelled | SourceStatus::Gone => Look::Refused(
            Kind::CanAfterDespatch,
            "cancelled in the source, and the warehouse has despatched it".to_owned(),
        ),
        SourceStatus::Open if centres.contains(&source.location) => Look::Go,
        SourceStatus::Open if source.is_locked => Look::Blocked(
            Kind::DspConfirmFailed,
            "locked in the source: unlock it there, the confirmation follows by itself".to_owned(),
        ),
        SourceStatus::Open if source.is_parked => Look::Blocked(
            Kind::DspConfirmFailed,
            "parked in the source: unpark it there, the confirmation follows by itself".to_owned(),
        ),
        SourceStatus::Open => Look::Go,
    }
}

pub(super) fn shipped(jcx: &JobCx<'_>, one: &mut One, called: Called<()>) -> Vec<Change> {
    let evidence = called.evidence();
    let mut changes = called.payloads;
    match called.answer {
        Ok(()) => {
            changes.push(settle::attempt(
                &one.row,
                AnswerClass::Applied,
                "tracking set",
                &evidence,
            ));
            changes.push(settle::stepped(&one.row, STEP_PROCESS, called.finished_at));
            one.row.step = STEP_PROCESS;
        }
        Err(error) => {
            one.is_live = false;
            if error.class == AnswerClass::Rejected {
                changes.push(settle::attempt(
                    &one.row,
                    error.class,
                    &error.text,
                    &evidence,
                ));
                changes.extend(settle::back_off(
                    jcx.cx,
                    &one.row,
                    &error.text,
                    called.finished_at,
                ));
                changes.push(Change::Raise(settle::about(
                    &one.row,
                    Kind::DspTrackingRejected,
                    &error.text,
                    one.row.caused_at,
                )));
            } else {
                changes.extend(settle::failed(
                    jcx.cx,
                    &one.row,
                    &error,
                    Was::Write,
                    &evidence,
                ));
            }
        }
    }
    changes
}

pub(super) fn with_intent(
    row: &DeliveryRow,
    intent: &DespatchIntent,
    to: DeliveryState,
    step: i64,
    now: Ts,
) -> Change {
    let mut change = match to {
        DeliveryState::Ready => settle::again(row, step, now, "the split order was found"),
        _ => settle::stepped(row, step, now),
    };
    if let Change::Deliver(moved) = &mut change {
        moved.intent = Some(Intent::ConfirmDespatch(Box::new(intent.clone())));
    }
    change
}

/// Children of the same parent that other confirmations already use.
pub(super) async fn used_children(
    jcx: &JobCx<'_>,
    row: &DeliveryRow,
) -> StoreResult<Vec<SourceOrderId>> {
    let Some(order) = row.order else {
        return Ok(Vec::new());
    };
    let others = jcx.cx.store.deliveries_of_order(order).await?;
    Ok(others
        .into_iter()
        .filter(|d| d.id != row.id)
        .filter_map(|d| match d.intent {
            Intent::ConfirmDespatch(intent) => intent.split_id,
            _ => None,
        })
        .collect())
}

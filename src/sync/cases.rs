//! Time-outs of exceptions: snoozes that end, acknowledgements that lapse, fixes that must be proven.

use super::context::Cx;
use super::requests;
use crate::domain::change::{Change, Fence};
use crate::domain::exception::{ExceptionEdit, ExceptionRow, ExceptionState, ObjectRef};
use crate::domain::floor::is_physical;
use crate::domain::ids::{ExceptionId, OrderId};
use crate::domain::order::OrderState;
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;

/// Exceptions looked at per round.
const ROUND: usize = 500;
/// How long the re-reading after "marked as fixed" may take before the check counts as failed.
const PROOF_WAIT: Span = Span::secs(90);

/// Ends snoozes and acknowledgements that are over, and judges fixes.
pub async fn time_out(cx: &Cx, fence: &Fence, now: Ts) -> StoreResult<()> {
    let mut changes = Vec::new();
    for row in cx.store.exceptions_due(now, ROUND).await? {
        let edit = if row.state == ExceptionState::FixedPending {
            proof(cx, &row, now).await?
        } else {
            Some(ExceptionEdit::Lapse)
        };
        if let Some(edit) = edit {
            changes.push(Change::Exception {
                id: row.id,
                version: None,
                edit,
            });
        }
    }
    // One refused edit must not hold up the others.
    for change in changes {
        match cx.commit("cases", Some(fence), vec![change]).await {
            Ok(_) | Err(crate::store::StoreError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Somebody says it is fixed: only agreement of both systems, or a recorded physical outcome, settles it.
async fn proof(cx: &Cx, row: &ExceptionRow, now: Ts) -> StoreResult<Option<ExceptionEdit>> {
    let waited = now.since(row.updated_at);
    if is_physical(row.kind)
        && let Some(evidence) = physical_outcome(cx, row).await?
    {
        return Ok(Some(ExceptionEdit::Resolve {
            how: "warehouse action".to_owned(),
            evidence,
        }));
    }
    let is_reading = cx
        .store
        .requests_new(ROUND)
        .await?
        .iter()
        .any(|r| requests::field::<ExceptionId>(r, "exception") == Some(row.id));
    if waited < PROOF_WAIT || is_reading && waited < PROOF_WAIT.times(4) {
        return Ok(None);
    }
    if row.members == 0 {
        let evidence = "both systems were read again and no member fails any more".to_owned();
        return Ok(Some(ExceptionEdit::Resolve {
            how: "source data".to_owned(),
            evidence,
        }));
    }
    let found = format!(
        "both systems were read again: {} still fail. {}",
        crate::text::count(row.members, "member", "members"),
        row.detail
    );
    Ok(Some(ExceptionEdit::FixFailed { found }))
}

/// What became of the goods, when every member's order has reached an end in the warehouse.
async fn physical_outcome(cx: &Cx, row: &ExceptionRow) -> StoreResult<Option<String>> {
    let members = cx.store.members(row.id, None, ROUND).await?;
    let ids: Vec<OrderId> = members
        .iter()
        .filter_map(|m| match m.object {
            ObjectRef::Order(id) => Some(id),
            _ => None,
        })
        .collect();
    if ids.is_empty() {
        return Ok(None);
    }
    let orders = cx.store.orders_by_id(&ids).await?;
    let is_over = |state: OrderState| state.code() >= OrderState::Despatched.code();
    if !orders.iter().all(|o| is_over(o.row.state)) {
        return Ok(None);
    }
    let said: Vec<String> = orders
        .iter()
        .take(5)
        .map(|o| {
            format!(
                "{} is {} (warehouse: {})",
                o.row.number,
                o.row.state,
                o.row.wms_status.as_deref().unwrap_or("not there")
            )
        })
        .collect();
    Ok(Some(format!(
        "outcome recorded by a person; read: {}",
        said.join(", ")
    )))
}

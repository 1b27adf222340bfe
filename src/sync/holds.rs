//! Orders kept back by a person, and let go.

use super::context::Cx;
use super::requests::{Answered, recheck_order, refused};
use crate::domain::change::Change;
use crate::domain::ids::OrderId;
use crate::domain::time::Ts;
use crate::store::StoreResult;

/// Keeps an order back for a reason, or lets it go when there is none.
pub(super) async fn hold(
    cx: &Cx,
    id: OrderId,
    reason: Option<&str>,
    who: &str,
    now: Ts,
) -> StoreResult<Answered> {
    let Some(order) = cx.store.orders_by_id(&[id]).await?.into_iter().next() else {
        return Ok(refused("there is no such order"));
    };
    if reason.is_some() && !order.row.state.is_before_warehouse() {
        return Ok(refused(
            "the warehouse already has it: ask the floor, or cancel it in the source",
        ));
    }
    let mut row = order.row.clone();
    row.held_reason = reason.map(|reason| format!("{reason} ({who})"));
    row.updated_at = now;
    let changes = vec![
        Change::Order {
            row: Box::new(row),
            body: None,
            lines: None,
        },
        recheck_order(cx, id).await?,
    ];
    let text = match reason {
        Some(_) => "held back",
        None => "released",
    };
    Ok(Answered {
        changes,
        is_ok: true,
        text: format!("{} is {text}", order.row.number),
    })
}

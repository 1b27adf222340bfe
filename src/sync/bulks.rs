//! Acts on many cases or orders, worked through one by one in the name of whoever asked.

use super::context::Cx;
use super::{holds, requests};
use crate::domain::bulk::{
    Bulk, BulkAct, BulkChange, BulkItem, BulkTarget, ExceptionAct, OrderAct,
};
use crate::domain::change::{Change, Fence};
use crate::domain::ids::{BulkId, ExceptionId, JournalSeq, OrderId, RequestId};
use crate::domain::lifecycle_case::is_rule;
use crate::store::{StoreError, StoreResult};
use std::collections::HashMap;

/// Cases or orders tried per round of the desk: a step of many rounds must not keep despatches waiting.
const ROUND: usize = 20;

/// Tries the next ones; how many there were.
pub async fn take(cx: &Cx, fence: &Fence) -> StoreResult<usize> {
    let due = cx.store.bulk_due(ROUND).await?;
    let tries = due.len();
    // What the first one of an act wrote names the act for whoever takes it back.
    let mut begun: HashMap<BulkId, JournalSeq> = HashMap::new();
    for (mut bulk, item) in due {
        bulk.first_line = bulk.first_line.or_else(|| begun.get(&bulk.id).copied());
        if let Some(first) = one(cx, fence, &bulk, &item).await? {
            begun.entry(bulk.id).or_insert(first);
        }
    }
    Ok(tries)
}

/// Tries one. What comes of it is stored with what it changes, so that it is tried once whatever happens. The first
/// line it wrote in the journal, when it was done.
async fn one(
    cx: &Cx,
    fence: &Fence,
    bulk: &Bulk,
    item: &BulkItem,
) -> StoreResult<Option<JournalSeq>> {
    let mut version = Some(item.version);
    let why = loop {
        let changes = match worked(cx, bulk, item, version).await? {
            Ok(changes) => changes,
            Err(why) => break why,
        };
        match cx.commit_for(&bulk.who, fence, changes).await {
            Ok(done) => return Ok(done.first_line),
            // Rules bring cases up to date all day long; only what a person changed is a reason to ask again.
            Err(StoreError::Stale { by, .. }) if version.is_some() && is_rule(&by) => {
                version = None;
            }
            Err(error @ (StoreError::Stale { .. } | StoreError::Refused(_))) => {
                break error.to_string();
            }
            Err(error) => return Err(error),
        }
    };
    let refused = vec![tried(bulk, item, false, why)];
    match cx.commit_for(&bulk.who, fence, refused).await {
        // Refused here: somebody stopped the act at this very moment, and the case stays untried.
        Ok(_) | Err(StoreError::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn tried(bulk: &Bulk, item: &BulkItem, is_done: bool, text: String) -> Change {
    Change::Bulk(BulkChange::Item {
        id: bulk.id,
        place: item.place,
        is_done,
        text,
    })
}

/// The changes of one of them, or why there are none.
async fn worked(
    cx: &Cx,
    bulk: &Bulk,
    item: &BulkItem,
    version: Option<i64>,
) -> StoreResult<Result<Vec<Change>, String>> {
    let worked = match (&bulk.act, item.target) {
        (BulkAct::Cases(act), BulkTarget::Case(case)) => {
            on_case(cx, bulk, act, case, version).await?
        }
        (BulkAct::Orders(act), BulkTarget::Order(order)) => on_order(cx, bulk, act, order).await?,
        (BulkAct::Cases(_), _) | (BulkAct::Orders(_), _) => {
            return Ok(Err("the act is not for it".to_owned()));
        }
    };
    Ok(worked.map(|(mut changes, text)| {
        // Line 0 begins what is taken back together.
        changes.push(Change::Together(bulk.first_line.unwrap_or(JournalSeq(0))));
        changes.push(tried(bulk, item, true, text));
        changes
    }))
}

/// What is to be changed, and what is said of it; or why nothing is.
type Worked = Result<(Vec<Change>, String), String>;

async fn on_case(
    cx: &Cx,
    bulk: &Bulk,
    act: &ExceptionAct,
    case: ExceptionId,
    version: Option<i64>,
) -> StoreResult<Worked> {
    let now = cx.now();
    let Some(row) = cx.store.exception(case).await? else {
        return Ok(Err(format!("there is no exception {case}")));
    };
    if let Err(why) = act.would(&row, &bulk.who, now) {
        return Ok(Err(why));
    }
    let mut changes = Vec::new();
    let mut text = act.says();
    if let Some(edit) = act.edit() {
        changes.push(Change::Exception {
            id: row.id,
            version: version.filter(|_| act.minds_changes()),
            edit,
        });
    }
    if act.is_outward() {
        let is_check = *act == ExceptionAct::MarkFixed;
        let answered = requests::retry_exception(cx, row.id, is_check, now).await?;
        if !answered.is_ok {
            return Ok(Err(answered.text));
        }
        changes.extend(answered.changes);
        text = answered.text;
    }
    Ok(Ok((changes, text)))
}

async fn on_order(cx: &Cx, bulk: &Bulk, act: &OrderAct, id: OrderId) -> StoreResult<Worked> {
    let Some(row) = cx.store.order_rows(&[id]).await?.into_iter().next() else {
        return Ok(Err(format!("there is no order {id}")));
    };
    if let Err(why) = act.would(&row) {
        return Ok(Err(why));
    }
    let reason = match act {
        OrderAct::Hold { reason } => Some(reason.as_str()),
        OrderAct::Release => None,
        OrderAct::Resync => {
            let read = Change::Request {
                id: RequestId(cx.id().await?),
                kind: requests::RESYNC_ORDER.to_owned(),
                body: serde_json::json!({ "order": id }),
            };
            return Ok(Ok((vec![read], "is read in both systems".to_owned())));
        }
    };
    let answered = holds::hold(cx, id, reason, &bulk.who, cx.now()).await?;
    Ok(if answered.is_ok {
        Ok((answered.changes, answered.text))
    } else {
        Err(answered.text)
    })
}

//! Acts on many cases or orders: begun, gone on with one by one, stopped.

use super::{Work, entry};
use crate::domain::bulk::{
    BulkAct, BulkChange, BulkState, ITEMS_MAX, ItemState, KEPT, RUNNING_MAX,
};
use crate::domain::exception::ObjectRef;
use crate::domain::ids::BulkId;
use crate::store::value::{to_json, vals};
use crate::store::{StoreError, StoreResult};

pub(super) async fn write(
    work: &mut Work<'_>,
    changes: &[(usize, &BulkChange)],
) -> StoreResult<()> {
    for (index, change) in changes {
        match change {
            BulkChange::Start { id, act, targets } => {
                start(work, *index, *id, act, targets).await?
            }
            BulkChange::Item {
                id,
                place,
                is_done,
                text,
            } => item(work, *index, (*id, *place), *is_done, text).await?,
            BulkChange::Stop { id } => stop(work, *index, *id).await?,
        }
    }
    Ok(())
}

/// The first line of the journal that an act led to names it for whoever takes it back.
pub(super) async fn began(
    work: &mut Work<'_>,
    changes: &[(usize, &BulkChange)],
) -> StoreResult<()> {
    let Some(first) = work.done.first_line else {
        return Ok(());
    };
    for (_, change) in changes {
        if let BulkChange::Item {
            id, is_done: true, ..
        } = change
        {
            work.conn
                .exec(
                    "update bulk set first_line = $2 where id = $1 and first_line is null",
                    vals![id.0, first.0],
                )
                .await?;
        }
    }
    Ok(())
}

fn object(id: BulkId) -> ObjectRef {
    ObjectRef::House(format!("bulk {id}"))
}

fn refused<T>(text: String) -> StoreResult<T> {
    Err(StoreError::Refused(text))
}

async fn start(
    work: &mut Work<'_>,
    index: usize,
    id: BulkId,
    act: &BulkAct,
    targets: &[(i64, i64)],
) -> StoreResult<()> {
    if targets.is_empty() {
        return refused("nothing was chosen".to_owned());
    }
    let total = i64::try_from(targets.len()).unwrap_or(i64::MAX);
    if targets.len() > ITEMS_MAX {
        return refused(format!(
            "{} are more than the {ITEMS_MAX} one act may have; narrow the filter",
            act.count(total)
        ));
    }
    let running = "select count(*) from bulk where state = 0";
    if work.conn.number(running, vals![]).await? >= RUNNING_MAX {
        return refused(format!(
            "{RUNNING_MAX} bulk acts are under way already; wait for one to end or stop one"
        ));
    }
    work.conn
        .exec(
            "delete from bulk where state <> 0 and ended_at < $1",
            vals![work.at - KEPT],
        )
        .await?;
    work.conn
        .exec(
            "insert into bulk (id, act, who, began_at, state, total, done, refused, is_on_orders) \
             values ($1, $2, $3, $4, $5, $6, 0, 0, $7)",
            vals![
                id.0,
                to_json(act)?,
                work.actor,
                work.at,
                BulkState::Running.code(),
                total,
                i64::from(matches!(act, BulkAct::Orders(_)))
            ],
        )
        .await?;
    let items = targets
        .iter()
        .zip(0_i64..)
        .map(|((number, version), place)| {
            vals![
                id.0,
                place,
                *number,
                *version,
                ItemState::Waiting.code(),
                ""
            ]
        });
    work.conn
        .bulk(
            "insert into bulk_item (bulk_id, place, object_id, version, state, note)",
            "",
            items.collect(),
        )
        .await?;
    let line = entry(
        "bulk.started",
        object(id),
        None,
        "",
        act.says(),
        act.count(total),
    );
    work.note(index, None, line);
    Ok(())
}

async fn item(
    work: &mut Work<'_>,
    index: usize,
    (id, place): (BulkId, i64),
    is_done: bool,
    text: &str,
) -> StoreResult<()> {
    let state = if is_done {
        ItemState::Done
    } else {
        ItemState::Refused
    };
    let tried = work
        .conn
        .exec(
            "update bulk_item set state = $3, note = $4 where bulk_id = $1 and place = $2 and state = 0",
            vals![id.0, place, state.code(), text],
        )
        .await?;
    if tried == 0 {
        return refused(format!("number {place} of bulk act {id} was tried before"));
    }
    let counts = work
        .conn
        .row(
            "update bulk set done = done + $2, refused = refused + $3 where id = $1 and state = 0 \
             returning total, done, refused",
            vals![id.0, i64::from(is_done), i64::from(!is_done)],
        )
        .await?;
    let Some(counts) = counts else {
        return refused(format!("bulk act {id} is not under way any more"));
    };
    let (total, done, not): (i64, i64, i64) = (counts.get(0)?, counts.get(1)?, counts.get(2)?);
    if done + not < total {
        return Ok(());
    }
    end(work, id, BulkState::Ended).await?;
    let after = format!("{done} done, {not} refused");
    let line = entry("bulk.ended", object(id), None, "", after, "");
    work.note(index, None, line);
    Ok(())
}

async fn end(work: &mut Work<'_>, id: BulkId, state: BulkState) -> StoreResult<u64> {
    work.conn
        .exec(
            "update bulk set state = $2, ended_at = $3 where id = $1 and state = 0",
            vals![id.0, state.code(), work.at],
        )
        .await
}

async fn stop(work: &mut Work<'_>, index: usize, id: BulkId) -> StoreResult<()> {
    if end(work, id, BulkState::Stopped).await? == 0 {
        return refused(format!("bulk act {id} is not under way"));
    }
    let line = entry("bulk.stopped", object(id), None, "", "", "");
    work.note(index, None, line);
    Ok(())
}

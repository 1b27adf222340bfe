//! Schedules, pauses, requests, live state and settings.

use super::{Work, entry};
use crate::domain::change::{Change, ScheduleDone};
use crate::domain::delivery::Flow;
use crate::domain::exception::ObjectRef;
use crate::domain::ids::PairId;
use crate::store::StoreResult;
use crate::store::value::{to_json, vals};

pub(super) async fn write(work: &mut Work<'_>, changes: &[(usize, &Change)]) -> StoreResult<()> {
    for (index, change) in changes {
        match change {
            Change::ScheduleDone(done) => schedule_done(work, done).await?,
            Change::ScheduleWait {
                pair,
                flow,
                at,
                note,
                cursor,
            } => {
                work.conn
                    .exec(
                        "update schedule set due_at = $3, last_note = $4, cursor = $5, updated_at = $6 \
                         where pair = $1 and flow = $2",
                        vals![
                            pair.as_str(),
                            flow.code(),
                            *at,
                            note.as_str(),
                            cursor.as_str(),
                            work.at
                        ],
                    )
                    .await?;
            }
            Change::ScheduleHasten { pair, flow, at } => {
                work.conn
                    .exec(
                        "insert into schedule (pair, flow, due_at, last_note, is_last_ok, failures, cursor, updated_at) \
                         values ($1, $2, $3, '', 1, 0, '', $4) on conflict (pair, flow) do update set \
                         due_at = case when excluded.due_at < schedule.due_at then excluded.due_at else schedule.due_at end, \
                         updated_at = excluded.updated_at",
                        vals![pair.as_str(), flow.code(), *at, work.at],
                    )
                    .await?;
            }
            Change::FlowPaused { pair, flow, paused } => {
                pause(work, *index, pair, *flow, paused.as_deref()).await?;
            }
            Change::Request { .. } | Change::RequestDone { .. } => {
                request(work, *index, change).await?;
            }
            Change::SystemLive { system, live } => {
                work.conn
                    .exec(
                        "insert into system_live (system, live, updated_at) values ($1, $2, $3) on conflict (system) \
                         do update set live = excluded.live, updated_at = excluded.updated_at",
                        vals![system.as_str(), to_json(live)?, work.at],
                    )
                    .await?;
            }
            Change::Setting { key, value } => {
                work.conn
                    .exec(
                        "insert into setting (key, value, updated_at) values ($1, $2, $3) on conflict (key) \
                         do update set value = excluded.value, updated_at = excluded.updated_at",
                        vals![key.as_str(), value.as_str(), work.at],
                    )
                    .await?;
            }
            _ => {}
        }
    }
    Ok(())
}

async fn schedule_done(work: &mut Work<'_>, done: &ScheduleDone) -> StoreResult<()> {
    let last_ok = done.is_ok.then_some(work.at);
    work.conn
        .exec(
            "insert into schedule (pair, flow, due_at, last_started_at, last_ok_at, last_note, is_last_ok, failures, cursor, updated_at) \
             values ($1, $2, $3, $4, $5, $6, $7, 1 - $7, coalesce($8, ''), $9) on conflict (pair, flow) do update set \
             due_at = excluded.due_at, last_started_at = excluded.last_started_at, \
             last_ok_at = coalesce(excluded.last_ok_at, schedule.last_ok_at), last_note = excluded.last_note, \
             is_last_ok = excluded.is_last_ok, \
             failures = case when excluded.is_last_ok = 1 then 0 else schedule.failures + 1 end, \
             cursor = coalesce($8, schedule.cursor), updated_at = excluded.updated_at",
            vals![
                done.pair.as_str(),
                done.flow.code(),
                done.next_due_at,
                done.started_at,
                last_ok,
                done.note.as_str(),
                done.is_ok,
                done.cursor.clone(),
                work.at,
            ],
        )
        .await?;
    Ok(())
}

async fn pause(
    work: &mut Work<'_>,
    index: usize,
    pair: &PairId,
    flow: Option<Flow>,
    reason: Option<&str>,
) -> StoreResult<()> {
    let code = flow.map_or(0, Flow::code);
    let before = work
        .conn
        .row(
            "select reason from pause where pair = $1 and flow = $2",
            vals![pair.as_str(), code],
        )
        .await?
        .map(|row| row.get::<String>(0))
        .transpose()?;
    if before.as_deref() == reason {
        return Ok(());
    }
    match reason {
        Some(reason) => {
            work.conn
                .exec(
                    "insert into pause (pair, flow, reason, who, at) values ($1, $2, $3, $4, $5) \
                     on conflict (pair, flow) do update set reason = excluded.reason, who = excluded.who, at = excluded.at",
                    vals![pair.as_str(), code, reason, work.actor, work.at],
                )
                .await?;
        }
        None => {
            work.conn
                .exec(
                    "delete from pause where pair = $1 and flow = $2",
                    vals![pair.as_str(), code],
                )
                .await?;
        }
    }
    let name = flow.map_or_else(
        || pair.to_string(),
        |flow| format!("{pair}/{}", flow.as_str()),
    );
    let action = if reason.is_some() {
        "flow.paused"
    } else {
        "flow.resumed"
    };
    work.note(
        index,
        None,
        entry(
            action,
            ObjectRef::Flow(name),
            Some(pair),
            before.unwrap_or_default(),
            reason.unwrap_or_default(),
            reason.unwrap_or_default(),
        ),
    );
    Ok(())
}

async fn request(work: &mut Work<'_>, index: usize, change: &Change) -> StoreResult<()> {
    let (id, action, after) = match change {
        Change::Request { id, kind, body } => {
            let body = to_json(body)?;
            work.conn
                .exec(
                    "insert into request (id, at, who, kind, body, is_done, is_ok, answer) \
                     values ($1, $2, $3, $4, $5, 0, 0, '')",
                    vals![id.0, work.at, work.actor, kind.as_str(), body.as_str()],
                )
                .await?;
            (id, "request.made", format!("{kind} {body}"))
        }
        Change::RequestDone { id, is_ok, answer } => {
            work.conn
                .exec(
                    "update request set is_done = 1, is_ok = $2, answer = $3, done_at = $4 where id = $1",
                    vals![id.0, *is_ok, answer.as_str(), work.at],
                )
                .await?;
            let word = if *is_ok { "done" } else { "refused" };
            (id, "request.answered", format!("{word}: {answer}"))
        }
        _ => return Ok(()),
    };
    work.note(
        index,
        None,
        entry(
            action,
            ObjectRef::House(format!("request:{id}")),
            None,
            "",
            after,
            "",
        ),
    );
    Ok(())
}

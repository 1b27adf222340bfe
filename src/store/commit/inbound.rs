//! Inbound messages, stored bodies and attempts: rows that are only ever added.

use super::Work;
use crate::domain::change::{Batch, Change};
use crate::domain::delivery::Attempt;
use crate::domain::hash;
use crate::store::StoreResult;
use crate::store::payloads::Cipher;
use crate::store::value::{Val, to_json, vals};

/// Stores inbound messages and marks those that were decided on. A decided message keeps its key and note; its content
/// lives on where the decision put it.
pub(super) async fn inbox(work: &mut Work<'_>, changes: &[&Change]) -> StoreResult<()> {
    let mut new = Vec::new();
    let mut done: Vec<Vec<Val>> = Vec::new();
    for change in changes {
        match change {
            Change::Inbox(inbox) => new.push(vals![
                inbox.id.0,
                inbox.system.as_str(),
                inbox.pair.as_ref().map(|p| p.0.clone()),
                inbox.entity.as_str(),
                inbox.entity_id.as_str(),
                inbox.dedup_key.as_str(),
                inbox.content_key.clone(),
                to_json(&inbox.body)?,
                work.at,
                "",
            ]),
            Change::InboxDone { id, note } => done.push(vals![id.0, work.at, note.as_str()]),
            _ => {}
        }
    }
    let offered = u64::try_from(new.len()).unwrap_or(u64::MAX);
    let stored = work
        .conn
        .bulk(
            "insert into inbox (id, system, pair, entity, entity_id, dedup_key, content_key, body, received_at, note)",
            "on conflict do nothing",
            new,
        )
        .await?;
    work.done.inbox_duplicates += i64::try_from(offered - stored.min(offered)).unwrap_or(i64::MAX);
    work.conn
        .bulk(
            "update inbox set done_at = v.column2, note = v.column3, body = '' from (",
            ") as v where inbox.id = v.column1 and inbox.done_at is null",
            done,
        )
        .await?;
    Ok(())
}

/// Appends attempts.
pub(super) async fn attempts(work: &mut Work<'_>, attempts: &[&Attempt]) -> StoreResult<()> {
    let rows = attempts
        .iter()
        .map(|a| {
            vals![
                a.delivery.0,
                a.n,
                a.step,
                a.started_at,
                a.finished_at,
                a.class.code(),
                a.text.as_str(),
                a.request.map(|p| p.0),
                a.answer.map(|p| p.0),
            ]
        })
        .collect();
    work.conn
        .bulk(
            "insert into attempt (delivery_id, n, step, started_at, finished_at, class, text, request, answer)",
            "",
            rows,
        )
        .await?;
    Ok(())
}

/// Kind of a body that came with an inbound message.
const INBOUND: &str = "inbound";

/// The bodies of a batch, sealed.
#[derive(Default)]
pub(super) struct Sealed {
    pub(super) bodies: Vec<Vec<Val>>,
    /// Those that came with inbound messages of the same batch.
    pub(super) inbound: Vec<Vec<Val>>,
}

/// Compresses and encrypts the bodies of a batch, before the transaction is opened: the writer's time is precious.
pub(super) fn seal(cipher: &Cipher, batch: &Batch) -> StoreResult<Sealed> {
    let mut sealed = Sealed::default();
    for change in &batch.changes {
        if let Change::Payload(payload) = change {
            let row = vals![
                payload.id.0,
                batch.at,
                payload.kind,
                payload.system.as_str(),
                payload.method.as_str(),
                cipher.seal(payload.id.0, &payload.body)?,
                hash::of_bytes(&payload.body),
            ];
            if payload.kind == INBOUND {
                sealed.inbound.push(row);
            } else {
                sealed.bodies.push(row);
            }
        }
    }
    Ok(sealed)
}

/// Stores sealed bodies. A body whose id exists stays as it is.
pub(super) async fn payloads(work: &mut Work<'_>, rows: &[Vec<Val>]) -> StoreResult<()> {
    work.conn
        .bulk(
            "insert into payload (id, at, kind, system, method, body, hash)",
            "on conflict (id) do nothing",
            rows.to_vec(),
        )
        .await?;
    Ok(())
}

/// Stores what came with inbound messages; a double's is not kept.
pub(super) async fn came_with(work: &mut Work<'_>, rows: &[Vec<Val>]) -> StoreResult<()> {
    work.conn
        .bulk(
            "insert into payload (id, at, kind, system, method, body, hash) select v.* from (",
            ") as v where exists (select 1 from inbox i where i.id = v.column1) on conflict (id) do nothing",
            rows.to_vec(),
        )
        .await?;
    Ok(())
}

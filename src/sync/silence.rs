//! A sender that has gone silent: the poll finds changes that its events should have told of, and none comes.

use super::context::Cx;
use super::hints::heard_key;
use super::reads::hooks;
use super::requests::{ALL_PAIRS, CHECK_HOOKS};
use crate::domain::catalogue::Kind;
use crate::domain::change::{Change, Fence};
use crate::domain::delivery::Flow;
use crate::domain::exception::{ObjectRef, Occurrence};
use crate::domain::hint::{MEMORY, Unheard};
use crate::domain::ids::{RequestId, SystemId};
use crate::domain::time::Ts;
use crate::store::StoreResult;
use crate::vendors::Hooks;
use std::sync::Arc;

fn unheard_key(system: &SystemId) -> String {
    format!("hooks/{system}/unheard")
}

async fn heard_at(cx: &Cx, system: &SystemId) -> StoreResult<Option<Ts>> {
    let stored = cx.store.setting(&heard_key(system)).await?;
    Ok(stored.and_then(|text| text.parse().ok()).map(Ts))
}

async fn unheard(cx: &Cx, system: &SystemId) -> StoreResult<Unheard> {
    let stored = cx.store.setting(&unheard_key(system)).await?;
    Ok(stored
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default())
}

/// Since when a system's changes should be announced: its subscriptions stand and this process listens. `None` when
/// they need not be.
pub async fn told_since(cx: &Cx, system: &SystemId) -> StoreResult<Option<Ts>> {
    if cx.listening(system).is_none() {
        return Ok(None);
    }
    let ready_at = hooks::held(cx, system).await?.ready_at;
    Ok((ready_at > 0).then(|| Ts(ready_at).max(cx.started_at)))
}

/// Counts changes that the poll found and an event should have told of; the change that records it, if any.
pub async fn polled(cx: &Cx, system: &SystemId, news: usize) -> StoreResult<Option<Change>> {
    let before = unheard(cx, system).await?;
    let heard_at = heard_at(cx, system).await?;
    let news = i64::try_from(news).unwrap_or(i64::MAX);
    let after = before.after(news, heard_at, cx.now());
    Ok((after != before).then(|| Change::Setting {
        key: unheard_key(system),
        value: serde_json::json!(after).to_string(),
    }))
}

/// Opens and closes the cases of silent senders, and forgets looks that were answered long ago.
pub async fn watch(cx: &Cx, fence: &Fence, now: Ts) -> StoreResult<()> {
    let mut changes = Vec::new();
    let open = cx
        .store
        .open_exceptions(&[Kind::SysWebhookSilent], None)
        .await?;
    let mut listens = false;
    for system in cx.systems.sources.keys() {
        let Some((hooks, _)) = cx.listening(system) else {
            continue;
        };
        listens = true;
        let discriminator = format!("SYSTEM={system}");
        let is_open = open.iter().any(|c| c.discriminator == discriminator);
        changes.extend(judge(cx, (system, &hooks), discriminator, is_open, now).await?);
    }
    if listens {
        changes.push(Change::LooksForgotten {
            before: now - MEMORY,
        });
    }
    cx.commit("silence", Some(fence), changes).await.map(|_| ())
}

async fn judge(
    cx: &Cx,
    (system, hooks): (&SystemId, &Arc<dyn Hooks>),
    discriminator: String,
    is_open: bool,
    now: Ts,
) -> StoreResult<Vec<Change>> {
    let unheard = unheard(cx, system).await?;
    let heard_at = heard_at(cx, system).await?;
    let mut changes = Vec::new();
    if !unheard.is_silence(heard_at, hooks.patience(), now) {
        if is_open && heard_at.is_some_and(|at| at.0 >= unheard.since) {
            changes.push(Change::ClearAll {
                kind: Kind::SysWebhookSilent,
                pair: ALL_PAIRS.into(),
                discriminator,
                how: "auto".to_owned(),
                evidence: "events arrive again".to_owned(),
            });
        }
        return Ok(changes);
    }
    // What its events do not tell is asked for more often.
    for pair in cx.pairs.iter().filter(|p| &p.source == system) {
        changes.push(Change::ScheduleHasten {
            pair: pair.id.clone(),
            flow: Flow::OrderPull,
            at: now,
        });
    }
    if is_open {
        return Ok(changes);
    }
    changes.push(Change::Request {
        id: RequestId(cx.id().await?),
        kind: CHECK_HOOKS.to_owned(),
        body: serde_json::json!({ "system": system }),
    });
    let age = crate::text::age(now.since(Ts(unheard.since)).as_secs());
    changes.push(Change::Raise(Occurrence {
        kind: Kind::SysWebhookSilent,
        pair: ALL_PAIRS.into(),
        discriminator,
        object: ObjectRef::System(system.0.clone()),
        label: system.0.clone(),
        detail: format!(
            "{} were found by asking in the last {age}, and no event told of them",
            crate::text::count(unheard.count, "change", "changes")
        ),
        began_at: Ts(unheard.since),
        ship_by: None,
        value_minor: 0,
        severity: None,
    }));
    Ok(changes)
}

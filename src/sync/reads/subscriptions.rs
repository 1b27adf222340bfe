//! Callbacks of a warehouse: asked for once per event and address. Subscriptions cannot be listed (Peoplevox
//! SubscribeEvent answers a number and nothing lists them), so the number is kept; lost, it is lost.

use super::super::calls::{JobCx, Keep, call};
use super::super::context::Cx;
use crate::domain::change::Change;
use crate::domain::delivery::AnswerClass;
use crate::domain::hash;
use crate::domain::ids::SystemId;
use crate::store::StoreResult;
use crate::vendors::Warehouse;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;

/// Events that make a reading come sooner: order progress, tracking, availability.
pub const EVENTS: [&str; 3] = [
    "SalesOrderStatusChanges",
    "TrackingNumberReceived",
    "AvailabilityChanges",
];
/// An answer lost so often for one address is not risked again: each may have made a subscription nobody can end.
const LOST_MAX: u32 = 5;

/// What is known of one event's subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    /// Its number; absent while there is none, or none is known.
    id: Option<i64>,
    /// Hash of the address it calls. The address itself is a credential and is kept nowhere.
    address: String,
    /// Answers lost while asking for this address.
    lost: u32,
}

/// One call to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// End a subscription whose address is no longer ours.
    End { event: &'static str, id: i64 },
    /// Ask for one.
    Ask { event: &'static str },
}

impl Step {
    /// The event it is about.
    pub const fn event(&self) -> &'static str {
        match self {
            Self::End { event, .. } | Self::Ask { event } => event,
        }
    }
}

/// Where an event's subscription is kept.
pub fn key(system: &SystemId, event: &str) -> String {
    format!("subscription/{system}/{event}")
}

fn address(cx: &Cx, system: &SystemId, event: &str) -> Option<crate::secret::Secret> {
    let base = cx.callback_base.get(system)?;
    let url = format!("{}/{event}", base.expose());
    Some(crate::secret::Secret::new(url))
}

async fn held(cx: &Cx, system: &SystemId, event: &str) -> StoreResult<Held> {
    let stored = cx.store.setting(&key(system, event)).await?;
    Ok(stored
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default())
}

/// What is to be done so that every event calls our address; nothing when callbacks are not configured.
pub async fn steps(cx: &Cx, system: &SystemId) -> StoreResult<VecDeque<Step>> {
    let mut out = VecDeque::new();
    for event in EVENTS {
        let Some(url) = address(cx, system, event) else {
            continue;
        };
        let held = held(cx, system, event).await?;
        out.extend(wanted(
            event,
            &held,
            &hash::of_bytes(url.expose().as_bytes()),
        ));
    }
    Ok(out)
}

fn wanted(event: &'static str, held: &Held, address: &str) -> Vec<Step> {
    let is_same = held.address == address;
    match held.id {
        Some(_) if is_same => Vec::new(),
        Some(id) => vec![Step::End { event, id }, Step::Ask { event }],
        None if is_same && held.lost >= LOST_MAX => Vec::new(),
        None => vec![Step::Ask { event }],
    }
}

/// Carries one step out. Answers with what went wrong, in words without the address.
pub async fn take(
    jcx: &mut JobCx<'_>,
    warehouse: &Arc<dyn Warehouse>,
    system: &SystemId,
    step: &Step,
) -> StoreResult<Option<String>> {
    match step {
        Step::End { event, id } => end(jcx, warehouse, system, event, *id).await,
        Step::Ask { event } => ask(jcx, warehouse, system, event).await,
    }
}

async fn end(
    jcx: &mut JobCx<'_>,
    warehouse: &Arc<dyn Warehouse>,
    system: &SystemId,
    event: &'static str,
    id: i64,
) -> StoreResult<Option<String>> {
    let called = call!(jcx, Keep::OnError, |log| warehouse.unsubscribe(id, &log));
    let mut changes = called.payloads;
    let fault = match called.answer {
        // "No such subscription" is as good: it calls nobody.
        Ok(_) => {
            changes.push(keep(system, event, &Held::default()));
            None
        }
        Err(error) => Some(format!("the old callback could not be ended: {error}")),
    };
    jcx.cx.commit("catalogue", Some(jcx.fence), changes).await?;
    Ok(fault)
}

async fn ask(
    jcx: &mut JobCx<'_>,
    warehouse: &Arc<dyn Warehouse>,
    system: &SystemId,
    event: &'static str,
) -> StoreResult<Option<String>> {
    let Some(url) = address(jcx.cx, system, event) else {
        return Ok(None);
    };
    let hashed = hash::of_bytes(url.expose().as_bytes());
    let before = held(jcx.cx, system, event).await?;
    let lost = if before.address == hashed {
        before.lost
    } else {
        0
    };
    // Stored first: a process that dies while asking counts as a lost answer.
    let mut now = Held {
        id: None,
        address: hashed,
        lost: lost + 1,
    };
    let asking = keep(system, event, &now);
    jcx.cx
        .commit("catalogue", Some(jcx.fence), vec![asking])
        .await?;
    let called = call!(jcx, Keep::OnError, |log| warehouse.subscribe(
        event,
        url.expose(),
        &log
    ));
    let mut changes = called.payloads;
    let fault = match called.answer {
        Ok(id) => {
            now.id = Some(id);
            now.lost = 0;
            None
        }
        Err(error) => {
            if error.class != AnswerClass::Unknown {
                now.lost = lost;
            }
            Some(format!("no callback: {error}"))
        }
    };
    changes.push(keep(system, event, &now));
    jcx.cx.commit("catalogue", Some(jcx.fence), changes).await?;
    Ok(fault)
}

fn keep(system: &SystemId, event: &str, held: &Held) -> Change {
    let value = serde_json::json!({
        "id": held.id,
        "address": held.address,
        "lost": held.lost,
    });
    Change::Setting {
        key: key(system, event),
        value: value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_asked_for_once_and_moved_when_the_address_changes() {
        let event = EVENTS[0];
        let held = |id, address: &str, lost| Held {
            id,
            address: address.to_owned(),
            lost,
        };
        let ask = Step::Ask { event };
        let cases = [
            (Held::default(), vec![ask.clone()]),
            (held(Some(7), "here", 0), vec![]),
            (
                held(Some(7), "there", 0),
                vec![Step::End { event, id: 7 }, ask.clone()],
            ),
            (held(None, "here", LOST_MAX - 1), vec![ask.clone()]),
            (held(None, "here", LOST_MAX), vec![]),
            (held(None, "there", LOST_MAX), vec![ask]),
        ];
        for (held, expected) in cases {
            assert_eq!(wanted(event, &held, "here"), expected, "{held:?}");
        }
    }
}

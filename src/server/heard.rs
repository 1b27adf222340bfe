//! What is stored of a message from outside: always whole, and once.

use crate::domain::change::{Change, InboxBody, NewInbox, Payload};
use crate::domain::hash;
use crate::domain::ids::{InboxId, PayloadId, SystemId};
use crate::domain::time::Ts;
use crate::vendors::Hooks;
use crate::vendors::hooks::{Delivery, Judged};

/// Fields kept of a callback, and characters of each.
const FIELDS_MAX: usize = 32;
const FIELD_CHARS_MAX: usize = 500;
/// Longest value kept of a header, characters.
const HEADER_CHARS_MAX: usize = 500;
/// Within this time the same content of a sender that gives its events no ids is the same event, seconds.
const SAME_SECS: i64 = 600;

/// A callback as an inbound message: a hint that something changed.
pub fn hint(id: i64, system: &SystemId, event: &str, address: &str, now: Ts) -> Change {
    let query = address.split_once('?').map_or(address, |(_, query)| query);
    let fields: Vec<(String, String)> = query
        .split('&')
        .filter_map(|part| part.split_once('='))
        .take(FIELDS_MAX)
        .map(|(name, value)| {
            (
                crate::text::clean_to(name, 60),
                crate::text::clean_to(value, FIELD_CHARS_MAX),
            )
        })
        .collect();
    let content = hash::of_json(&(event, &fields));
    Change::Inbox(NewInbox {
        id: InboxId(id),
        system: system.clone(),
        pair: None,
        entity: "hint".to_owned(),
        entity_id: event.to_owned(),
        // No event id exists: the content within the minute is the identity. A wrong "double" costs nothing, the poll decides.
        dedup_key: format!("{system}|{event}|{content}|{}", now.unix_secs() / 60),
        content_key: None,
        body: InboxBody::Hint {
            event: event.to_owned(),
            fields,
        },
    })
}

/// A delivery as an inbound message, with what came beside it.
pub fn delivered(
    id: i64,
    system: &SystemId,
    hooks: &dyn Hooks,
    delivery: &Delivery<'_>,
    now: Ts,
) -> Vec<Change> {
    let judged = hooks.judge(delivery);
    let raw = whole(hooks, delivery);
    let content = hash::of_bytes(delivery.body);
    stored(id, system, &judged, (&content, &raw), now)
}

/// The headers that are kept, an empty line, and the body as it was sent.
pub(super) fn whole(hooks: &dyn Hooks, delivery: &Delivery<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(delivery.body.len() + 512);
    for name in hooks.kept_headers() {
        let Some(value) = delivery.headers.get(*name) else {
            continue;
        };
        let value = String::from_utf8_lossy(value.as_bytes());
        let value = crate::text::clean_to(&value, HEADER_CHARS_MAX);
        out.extend_from_slice(format!("{name}: {value}\n").as_bytes());
    }
    out.push(b'\n');
    out.extend_from_slice(delivery.body);
    out
}

/// The changes that store a judged delivery: the message, sealed beside it the whole of it, and for one that proves
/// nothing its end.
pub(super) fn stored(
    id: i64,
    system: &SystemId,
    judged: &Judged,
    (content, raw): (&str, &[u8]),
    now: Ts,
) -> Vec<Change> {
    let topic = &judged.topic;
    let (dedup_key, content_key) = match (&judged.refused, &judged.event_id) {
        // A namespace of its own: a stranger must not take the place of a true event.
        (Some(_), _) => (format!("{system}|refused|{topic}|{content}"), None),
        // The id is not signed, the content is.
        (None, Some(event)) => (
            format!("{system}|event|{event}"),
            Some(format!("{system}|{topic}|{content}")),
        ),
        (None, None) => (
            format!("{system}|{topic}|{content}|{}", now.unix_secs() / SAME_SECS),
            None,
        ),
    };
    let mut changes = vec![
        Change::Inbox(NewInbox {
            id: InboxId(id),
            system: system.clone(),
            pair: None,
            entity: "event".to_owned(),
            entity_id: topic.clone(),
            dedup_key,
            content_key,
            body: InboxBody::Event {
                topic: topic.clone(),
                about: judged.about.clone(),
                changed_at: judged.changed_at,
                refused: judged.refused.clone(),
            },
        }),
        Change::Payload(Payload {
            id: PayloadId(id),
            kind: "inbound",
            system: system.clone(),
            method: topic.clone(),
            body: raw.to_vec(),
        }),
    ];
    if let Some(why) = &judged.refused {
        changes.push(Change::InboxDone {
            id: InboxId(id),
            note: format!("not believed: {why}"),
        });
    }
    changes
}

//! Webhooks as the house needs them: what a delivery is, and the topics asked for.

use super::Shopline;
use super::event::{SIGNATURE_HEADER, Topic, envelope, subject, verify};
use super::webhooks::Subscription;
use crate::domain::hint::About;
use crate::domain::time::Span;
use crate::secret::Secret;
use crate::text::clean_to;
use crate::vendors::hooks::{self, Delivery, Hooks, Judged, TOPIC_CHARS_MAX, is_plain_id};
use crate::vendors::{Answer, CallLog};
use futures::future::BoxFuture;

/// The headers of a delivery.
const HEADERS: &[&str] = &[
    "x-shopline-topic",
    SIGNATURE_HEADER,
    "x-shopline-shop-domain",
    "x-shopline-shop-id",
    "x-shopline-merchant-id",
    "x-shopline-api-version",
    "x-shopline-webhook-id",
];
/// Everything that changes an order. Stock and products are not asked for: every sale and every write of ours would send
/// one, and the comparison reads them in bulk. That fulfilments change shows as `orders/updated`.
const TOPICS: &[&str] = &[
    "orders/create",
    "orders/updated",
    "orders/paid",
    "orders/cancelled",
    "orders/edited",
    "orders/delete",
];
/// An event usually comes within seconds; a failed delivery is repeated within the first minute four times.
const PATIENCE: Span = Span::mins(2);

impl Hooks for Shopline {
    fn kept_headers(&self) -> &'static [&'static str] {
        HEADERS
    }

    fn judge(&self, delivery: &Delivery<'_>) -> Judged {
        let named = delivery.headers.get("x-shopline-topic");
        let named = named.and_then(|t| t.to_str().ok()).unwrap_or_default();
        let topic = clean_to(named, TOPIC_CHARS_MAX);
        let signature = delivery.headers.get(SIGNATURE_HEADER);
        let Some(signature) = signature.and_then(|s| s.to_str().ok()) else {
            return Judged::refused(topic, "it carries no signature".to_owned());
        };
        let none = Secret::new(String::new());
        let secret = self.app_secret.as_ref().unwrap_or(&none);
        match verify(secret, signature, delivery.body) {
            Ok(()) => judge(delivery, topic),
            Err(fault) => Judged::refused(topic, fault.to_string()),
        }
    }

    fn topics(&self) -> &'static [&'static str] {
        TOPICS
    }

    fn address(&self, base: &Secret, _topic: &str) -> Secret {
        // A header names the topic.
        base.clone()
    }

    fn patience(&self) -> Span {
        PATIENCE
    }

    fn subscriptions<'a>(
        &'a self,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<hooks::Subscription>>> {
        Box::pin(async move {
            let listed = self.subscriptions(log).await?;
            Ok(listed.into_iter().map(|s| self.shown(s)).collect())
        })
    }

    fn subscribe<'a>(
        &'a self,
        topic: &'a str,
        address: &'a Secret,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<String>> {
        Box::pin(async move {
            let made = self.subscribe(topic, address.expose(), log).await?;
            Ok(made.id.to_string())
        })
    }

    /// SHOPLINE removes what it gives up; there is nothing inactive.
    fn revive<'a>(
        &'a self,
        held: &'a hooks::Subscription,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<()>> {
        Box::pin(async move {
            let address = held.address.expose();
            self.subscribe(&held.topic, address, log).await.map(|_| ())
        })
    }

    fn unsubscribe<'a>(&'a self, id: &'a str, log: &'a CallLog) -> BoxFuture<'a, Answer<()>> {
        Box::pin(async move {
            match id.parse() {
                Ok(id) => self.unsubscribe(id, log).await,
                // Not one of SHOPLINE's numbers: there is nothing to end.
                Err(_) => Ok(()),
            }
        })
    }
}

impl Shopline {
    fn shown(&self, held: Subscription) -> hooks::Subscription {
        hooks::Subscription {
            id: held.id.to_string(),
            is_current: held.api_version == self.api_version,
            topic: held.topic,
            address: Secret::new(held.address),
            is_active: true,
        }
    }
}

/// A signed delivery. One that cannot be understood still says that something happened.
fn judge(delivery: &Delivery<'_>, topic: String) -> Judged {
    let mut judged = Judged {
        refused: None,
        topic,
        event_id: None,
        about: About::Changes,
        changed_at: None,
    };
    let Ok(envelope) = envelope(delivery.headers) else {
        return judged;
    };
    let kind = envelope.about();
    judged.event_id = Some(envelope.event_id);
    judged.topic = envelope.topic;
    let Ok(subject) = subject(kind, delivery.body) else {
        return judged;
    };
    judged.about = match (kind, subject.order) {
        (Topic::Stock | Topic::InventoryItem, _) => About::Stock,
        (Topic::Product, _) => About::Products,
        (Topic::Location | Topic::App | Topic::Other, _) => About::Nothing,
        (_, Some(id)) if is_plain_id(id.as_str()) => About::Orders(vec![id]),
        _ => About::Changes,
    };
    if kind == Topic::Order {
        judged.changed_at = subject.changed_at;
    }
    judged
}

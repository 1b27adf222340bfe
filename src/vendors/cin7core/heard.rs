//! Webhooks as the house needs them: what a delivery is, and the types asked for. Nothing is signed: the secret in the
//! address is all the proof there is.

use super::Cin7Core;
use super::call::Call;
use super::client::{fail, refused};
use super::hooks::{Event, Webhook, WebhookLogin, WebhookWrite, parse_event};
use super::stages::Written;
use super::words::{EventKind, HookAuth};
use crate::domain::delivery::AnswerClass;
use crate::domain::hint::About;
use crate::domain::time::Span;
use crate::secret::Secret;
use crate::text::clean_to;
use crate::vendors::hooks::{Delivery, Hooks, Judged, Subscription, TOPIC_CHARS_MAX, is_plain_id};
use crate::vendors::{Answer, CallError, CallLog};
use futures::future::BoxFuture;

/// What changes the orders we send. Pick, pack and ship are not asked for: they are our own doing, and what people ship
/// by hand is found by the poll. Stock is not either: every movement would send one.
const KINDS: [EventKind; 6] = [
    EventKind::OrderAuthorised,
    EventKind::Backordered,
    EventKind::SaleVoided,
    EventKind::SaleUndone,
    EventKind::PartialPayment,
    EventKind::FullPayment,
];
const TOPICS: &[&str] = &[
    KINDS[0].as_str(),
    KINDS[1].as_str(),
    KINDS[2].as_str(),
    KINDS[3].as_str(),
    KINDS[4].as_str(),
    KINDS[5].as_str(),
];
/// The first attempt comes about a minute after the event, the second five minutes later.
const PATIENCE: Span = Span::mins(8);

impl Hooks for Cin7Core {
    fn kept_headers(&self) -> &'static [&'static str] {
        &[]
    }

    fn judge(&self, delivery: &Delivery<'_>) -> Judged {
        let tail = clean_to(delivery.tail, TOPIC_CHARS_MAX);
        let (topic, about) = match parse_event(delivery.body) {
            Ok(Event::Sale(sale)) => {
                let id = sale.sale.filter(|id| is_plain_id(id.as_str()));
                let about = id.map_or(About::Changes, |id| About::Orders(vec![id]));
                (sale.kind.as_str().to_owned(), about)
            }
            Ok(Event::Products(_)) => (
                EventKind::ProductUpdated.as_str().to_owned(),
                About::Products,
            ),
            // A stock event does not name itself.
            Ok(Event::Stock(_)) => (EventKind::StockChanged.as_str().to_owned(), About::Stock),
            Ok(Event::Other(topic)) => (clean_to(&topic, TOPIC_CHARS_MAX), About::Nothing),
            // It says all the same that something happened.
            Err(_) => (tail, About::Changes),
        };
        Judged {
            refused: None,
            topic,
            event_id: None,
            about,
            changed_at: None,
        }
    }

    fn topics(&self) -> &'static [&'static str] {
        TOPICS
    }

    fn address(&self, base: &Secret, topic: &str) -> Secret {
        Secret::new(format!("{}/{topic}", base.expose()))
    }

    fn patience(&self) -> Span {
        PATIENCE
    }

    fn subscriptions<'a>(&'a self, log: &'a CallLog) -> BoxFuture<'a, Answer<Vec<Subscription>>> {
        Box::pin(async move {
            let listed = self.webhooks(log).await?;
            Ok(listed.into_iter().map(shown).collect())
        })
    }

    fn subscribe<'a>(
        &'a self,
        topic: &'a str,
        address: &'a Secret,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<String>> {
        Box::pin(async move {
            let Some(write) = write_of(topic, address) else {
                return Err(unwanted(topic));
            };
            let made = shows(Call::AddWebhook, self.add_webhook(&write, log).await?)?;
            Ok(made.id)
        })
    }

    fn revive<'a>(&'a self, held: &'a Subscription, log: &'a CallLog) -> BoxFuture<'a, Answer<()>> {
        Box::pin(async move {
            let Some(write) = write_of(&held.topic, &held.address) else {
                return Err(unwanted(&held.topic));
            };
            let written = self.change_webhook(&held.id, &write, log).await?;
            shows(Call::ChangeWebhook, written).map(|_| ())
        })
    }

    fn unsubscribe<'a>(&'a self, id: &'a str, log: &'a CallLog) -> BoxFuture<'a, Answer<()>> {
        Box::pin(self.remove_webhook(id, log))
    }
}

fn shown(held: Webhook) -> Subscription {
    Subscription {
        id: held.id,
        topic: held.kind_text,
        address: Secret::new(held.url),
        is_active: held.is_active,
        is_current: held.auth.is_none_or(|auth| auth == HookAuth::None),
    }
}

/// The whole subscription; `None` for a type we do not know.
fn write_of(topic: &str, address: &Secret) -> Option<WebhookWrite> {
    let kind = KINDS.into_iter().find(|k| k.as_str() == topic)?;
    Some(WebhookWrite {
        kind,
        url: address.expose().to_owned(),
        is_active: true,
        login: WebhookLogin::None,
        headers: Vec::new(),
    })
}

/// The subscription as the answer shows it; unknown when it shows another or none.
fn shows(call: Call, written: Written<Webhook>) -> Answer<Webhook> {
    match (written.class, written.found) {
        (AnswerClass::Applied, Some(hook)) => Ok(hook),
        (class, _) => Err(fail(call, class, &written.text)),
    }
}

fn unwanted(topic: &str) -> CallError {
    refused(Call::AddWebhook, &format!("{topic} is not a type we read"))
}

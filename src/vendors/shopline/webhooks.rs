//! Subscriptions to webhooks. After 19 failed deliveries in a row SHOPLINE deletes one without a word to us, so that the
//! list has to be looked at regularly.

use super::client::{Ask, expect_no_page, malformed, refused, unknown};
use super::method::Method;
use super::order::need;
use super::{Shopline, unread, wire};
use crate::text::clean_to;
use crate::vendors::scalar::Read;
use crate::vendors::{Answer, CallLog};
use serde_json::json;

/// Longest address of a subscription, characters.
pub const ADDRESS_CHARS_MAX: usize = 255;
/// Longest topic, characters.
const TOPIC_CHARS_MAX: usize = 100;

/// A subscription. The store's token sees those of its own app only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    pub id: i64,
    pub topic: String,
    pub address: String,
    /// Decides the shape of what is delivered, whatever version we call.
    pub api_version: String,
}

impl Shopline {
    /// Every subscription of this app.
    ///
    /// # Errors
    /// As every call; malformed when one cannot be read.
    pub async fn subscriptions(&self, log: &CallLog) -> Answer<Vec<Subscription>> {
        let method = Method::Webhooks;
        let ask = Ask::new(method, "webhooks.json");
        let reply = self.client.call::<wire::WebhooksAnswer>(ask, log).await?;
        reply
            .value
            .webhooks
            .ok_or_else(|| malformed(method, "webhooks is missing"))?
            .iter()
            .map(subscription)
            .collect::<Read<_>>()
            .map_err(|fault| unread(method, &fault))
    }

    /// Asks for deliveries of one topic to an https address, in the version we call. Whether SHOPLINE takes the same
    /// topic and address twice is not known; look at [`Self::subscriptions`] first.
    ///
    /// # Errors
    /// As every call; unknown when the answer is about another topic or address.
    pub async fn subscribe(
        &self,
        topic: &str,
        address: &str,
        log: &CallLog,
    ) -> Answer<Subscription> {
        let method = Method::CreateWebhook;
        if !is_topic(topic) {
            let text = format!("{:?} is not a topic", clean_to(topic, TOPIC_CHARS_MAX));
            return Err(refused(method, &text));
        }
        let is_https = reqwest::Url::parse(address).is_ok_and(|u| u.scheme() == "https");
        if !is_https || address.chars().count() > ADDRESS_CHARS_MAX {
            let text =
                format!("an https address of at most {ADDRESS_CHARS_MAX} characters is needed");
            return Err(refused(method, &text));
        }
        let body = json!({"webhook": {
            "topic": topic,
            "address": address,
            "api_version": self.api_version,
        }});
        let ask = Ask::new(method, "webhooks.json").sending(body);
        let reply = self.client.call::<wire::WebhookAnswer>(ask, log).await?;
        let row = reply
            .value
            .webhook
            .ok_or_else(|| malformed(method, "webhook is missing"))?;
        let made = subscription(&row).map_err(|fault| unread(method, &fault))?;
        if made.topic != topic || made.address != address {
            let text = format!("the answer is about {} to {}", made.topic, made.address);
            return Err(unknown(method, &text));
        }
        Ok(made)
    }

    /// Ends a subscription. The answer has no body.
    ///
    /// # Errors
    /// As every call.
    pub async fn unsubscribe(&self, id: i64, log: &CallLog) -> Answer<()> {
        let method = Method::DeleteWebhook;
        // The id stands before the noun here.
        let ask = Ask::new(method, format!("{id}/webhooks.json"));
        let response = self.client.send(ask, log).await?;
        expect_no_page(method, response.body())
    }
}

/// `group/event`.
fn is_topic(topic: &str) -> bool {
    let is_word = |w: &str| {
        !w.is_empty()
            && w.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    topic.len() <= TOPIC_CHARS_MAX
        && topic
            .split_once('/')
            .is_some_and(|(group, event)| is_word(group) && is_word(event))
}

fn subscription(row: &wire::Webhook) -> Read<Subscription> {
    Ok(Subscription {
        id: need(row.id.whole("webhooks.id")?, "webhooks.id")?,
        topic: row.topic.text("webhooks.topic")?,
        address: row.address.text("webhooks.address")?,
        api_version: row.api_version.text("webhooks.api_version")?,
    })
}

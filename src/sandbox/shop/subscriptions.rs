//! Subscriptions to webhooks: listed, made, moved and ended.

use super::service::{Call, Out};
use super::webhooks::{HookSubscription, TOPICS};
use super::wire::Refusal;
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// Longest address of a subscription, characters.
const ADDRESS_CHARS_MAX: usize = 255;
/// The first version in which subscriptions can be made by call.
const HOOK_VERSION_MIN: &str = "v20240601";

impl World {
    fn shop_hook_json(&self, s: &HookSubscription) -> Value {
        json!({
            "id": s.id, "topic": s.topic, "address": s.address, "api_version": s.api_version,
            "created_at": self.shop_time(s.created_at), "updated_at": self.shop_time(s.updated_at),
        })
    }

    /// `GET webhooks.json`.
    pub(super) fn shop_hooks(&self) -> Out {
        let all = self.shop.hooks.subscriptions();
        let rows: Vec<Value> = all.iter().map(|s| self.shop_hook_json(s)).collect();
        Out::list("webhooks", rows)
    }

    /// `GET webhooks/count.json`.
    pub(super) fn shop_hooks_count(&self) -> Out {
        Out::json(json!({"count": self.shop.hooks.subscriptions().len()}))
    }

    fn shop_address(&self, value: &Value) -> Result<String, Refusal> {
        let address = value.as_str().unwrap_or_default();
        let is_plain = address.starts_with("http://");
        let is_good = address.starts_with("https://")
            || (is_plain && self.config.shop.switches.takes_plain_http);
        if !is_good || address.chars().count() > ADDRESS_CHARS_MAX {
            return Err(Refusal::not_possible("address is invalid"));
        }
        Ok(address.to_owned())
    }

    /// `POST webhooks.json`: one topic to one address.
    pub(super) fn shop_subscribe(&mut self, call: &Call) -> Result<Out, Refusal> {
        let body = &call.body["webhook"];
        let topic = body["topic"].as_str().unwrap_or_default().to_owned();
        let api_version = body["api_version"].as_str().unwrap_or_default().to_owned();
        let address = self.shop_address(&body["address"])?;
        if !TOPICS.contains(&topic.as_str()) {
            return Err(Refusal::not_possible("topic is invalid"));
        }
        if !is_version(&api_version) || api_version.as_str() < HOOK_VERSION_MIN {
            return Err(Refusal::not_possible("api_version is invalid"));
        }
        let mut there = self.shop.hooks.subscriptions.iter();
        if there.any(|s| s.topic == topic && s.address == address) {
            return Err(Refusal::not_possible("webhook already exists"));
        }
        self.shop.hooks.next_id += 1;
        let made = HookSubscription {
            id: 13_813 + self.shop.hooks.next_id,
            topic,
            address,
            api_version,
            created_at: self.now,
            updated_at: self.now,
            failures: 0,
        };
        let row = self.shop_hook_json(&made);
        let detail = json!({"topic": made.topic, "address": made.address});
        let (object, key) = (made.topic.clone(), made.id.to_string());
        self.shop.hooks.subscriptions.push(made);
        self.shop_ledger("Create webhook", object, key, detail, false);
        Ok(Out::json(json!({ "webhook": row })))
    }

    fn shop_hook_at(&self, call: &Call) -> Result<usize, Refusal> {
        let all = self.shop.hooks.subscriptions();
        let at = all.iter().position(|s| s.id.to_string() == call.id(0));
        at.ok_or_else(|| Refusal::missing("webhook not found"))
    }

    /// `GET {id}/webhooks.json`: the id stands before the noun.
    pub(super) fn shop_one_hook(&self, call: &Call) -> Result<Out, Refusal> {
        let at = self.shop_hook_at(call)?;
        let row = self.shop_hook_json(&self.shop.hooks.subscriptions[at]);
        Ok(Out::json(json!({ "webhook": row })))
    }

    /// `PUT {id}/webhooks.json`: only the address can be changed.
    pub(super) fn shop_move_hook(&mut self, call: &Call) -> Result<Out, Refusal> {
        let at = self.shop_hook_at(call)?;
        let address = self.shop_address(&call.body["webhook"]["address"])?;
        let detail = json!({ "address": address });
        let subscription = &mut self.shop.hooks.subscriptions[at];
        subscription.address = address;
        subscription.updated_at = self.now;
        let (object, key) = (subscription.topic.clone(), subscription.id.to_string());
        self.shop_ledger("Move webhook", object, key, detail, false);
        self.shop_one_hook(call)
    }

    /// `DELETE {id}/webhooks.json`; the answer has no body.
    pub(super) fn shop_unsubscribe(&mut self, call: &Call) -> Result<Out, Refusal> {
        let at = self.shop_hook_at(call)?;
        let gone = self.shop.hooks.subscriptions.remove(at);
        self.shop_ledger(
            "Delete webhook",
            gone.topic,
            gone.id.to_string(),
            json!({}),
            false,
        );
        Ok(Out::nothing())
    }
}

/// `v` and eight digits.
fn is_version(text: &str) -> bool {
    let digits = text.strip_prefix('v').unwrap_or_default();
    digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit())
}

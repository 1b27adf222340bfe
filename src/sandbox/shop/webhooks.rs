//! Webhooks: subscriptions, the signed delivery, repeats of failed ones, and the end of a subscription nobody answers.

use super::events::About;
use crate::domain::time::{Span, Ts};
use crate::sandbox::config::SimSystem;
use crate::sandbox::faults::FaultKind;
use crate::sandbox::ledger::Entry;
use crate::sandbox::rng::Rng;
use crate::sandbox::world::{Event, ShopEvent, World};
use base64::Engine as _;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::VecDeque;
use std::fmt::Write as _;

/// Most deliveries waiting to be taken; the oldest go first.
const OUTBOX_MAX: usize = 100_000;
/// Failures in a row after which a subscription is deleted, and attempts to deliver one event.
pub const FAILURES_MAX: u32 = 19;
/// Seconds between the attempts to deliver one event; the first follows at once.
pub const RETRY_SECS: [i64; 18] = [
    5, 10, 30, 45, 60, 120, 300, 720, 2_280, 3_600, 7_200, 14_400, 14_400, 14_400, 14_400, 14_400,
    14_400, 14_400,
];
/// Longest a creation event is held back for another event of the order.
const HELD_MAX: Span = Span::hours(6);
/// How long after that other event the held one follows.
const HELD_AFTER: Span = Span::secs(15);

/// Topics a subscription may name.
pub const TOPICS: &[&str] = &[
    "orders/create",
    "orders/updated",
    "orders/paid",
    "orders/cancelled",
    "orders/edited",
    "orders/fulfilled",
    "orders/partially_fulfilled",
    "orders/delete",
    "order_transactions/create",
    "refunds/create",
    "refunds/update",
    "fulfillments/create",
    "fulfillments/update",
    "fulfillment_order/create",
    "fulfillment_order/update",
    "fulfillment_order/on_hold",
    "fulfillment_order/released",
    "fulfillment_order/location_changed",
    "inventory_levels/update",
    "inventory_levels/connect",
    "inventory_levels/disconnect",
    "inventory_items/create",
    "inventory_items/update",
    "inventory_items/delete",
    "products/create",
    "products/update",
    "products/delete",
    "products/status_changed",
    "return/create",
    "return/update",
    "return_package/create",
    "return_package/update",
    "logistics/create",
    "logistics/update",
    "logistics/delete",
    "apps/installed_uninstalled",
];

/// A subscription.
#[derive(Debug, Clone)]
pub struct HookSubscription {
    pub id: i64,
    pub topic: String,
    pub address: String,
    pub api_version: String,
    pub created_at: Ts,
    pub updated_at: Ts,
    /// Failed deliveries since the last one that was taken.
    pub failures: u32,
}

/// One delivery to make: a POST of the body with the headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    pub due: Ts,
    pub subscription: i64,
    pub topic: String,
    pub url: String,
    /// In lower case.
    pub headers: Vec<(&'static str, String)>,
    /// Raw JSON, exactly as it was signed.
    pub body: Bytes,
    /// 1 for the first delivery.
    pub attempt: u32,
}

impl Webhook {
    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|h| h.0 == name);
        found.map(|h| h.1.as_str())
    }
}

/// Creation events held back until the order's other event has gone out.
#[derive(Debug)]
struct Held {
    order: usize,
    until: &'static str,
    deliveries: Vec<Webhook>,
}

/// Subscriptions and deliveries on their way.
#[derive(Debug, Default)]
pub struct Hooks {
    pub(super) subscriptions: Vec<HookSubscription>,
    pub(super) next_id: i64,
    events_made: u64,
    /// Deliveries leave in the order of their events unless a fault says otherwise.
    last_due: Ts,
    held: Vec<Held>,
    outbox: VecDeque<Webhook>,
}

impl Hooks {
    /// Subscriptions in force.
    pub fn subscriptions(&self) -> &[HookSubscription] {
        &self.subscriptions
    }

    /// Takes what is due.
    pub fn take(&mut self) -> Vec<Webhook> {
        self.outbox.drain(..).collect()
    }
}

/// HMAC-SHA256 of the raw body, in lower-case hexadecimal or base64.
pub fn sign(secret: &str, body: &[u8], is_base64: bool) -> String {
    // A key of any length is taken, so that the other branch is never reached.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(body);
    let bytes = mac.finalize().into_bytes();
    if is_base64 {
        return base64::engine::general_purpose::STANDARD.encode(bytes);
    }
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

impl World {
    /// Something happened in the store: whoever subscribed is told, as well as the faults let it.
    pub(crate) fn shop_tell(&mut self, topic: &'static str, about: About) {
        let subscribed = |s: &&HookSubscription| s.topic == topic;
        let wanted: Vec<HookSubscription> = self
            .shop
            .hooks
            .subscriptions
            .iter()
            .filter(subscribed)
            .cloned()
            .collect();
        if !wanted.is_empty() {
            self.shop_send(topic, about, &wanted);
        }
        if let Some(order) = about.order() {
            self.shop_release_held(order, Some(topic));
        }
    }

    fn shop_send(&mut self, topic: &'static str, about: About, wanted: &[HookSubscription]) {
        self.shop.hooks.events_made += 1;
        let event = self.shop.hooks.events_made;
        let mut dice = Rng::keyed(self.config.seed, "webhook", event);
        let body = Bytes::from(self.shop_event_body(about).to_string());
        let usual = Span::ms(dice.between(300, 2_500));
        let due = (self.now + usual).max(self.shop.hooks.last_due);
        self.shop.hooks.last_due = due;
        let id = event_id(&mut dice);
        let made: Vec<Webhook> = wanted
            .iter()
            .map(|s| self.shop_delivery(s, &id, body.clone(), due))
            .collect();
        match self.faults.webhook_fate(topic, self.now) {
            Some(FaultKind::LostCallback) => {}
            Some(FaultKind::LateCallback) => self.shop_queue(made, Span::mins(2)),
            Some(FaultKind::DuplicateCallback) => {
                let again = if dice.chance(0.25) {
                    event_id(&mut dice)
                } else {
                    id
                };
                let copies = wanted
                    .iter()
                    .map(|s| self.shop_delivery(s, &again, body.clone(), due))
                    .collect();
                self.shop_queue(made, Span::ZERO);
                self.shop_queue(copies, Span::secs(20));
            }
            Some(FaultKind::CreationAfterPayment) => {
                self.shop_hold_back(about, "orders/paid", made)
            }
            Some(FaultKind::CreationAfterCancel) => {
                self.shop_hold_back(about, "orders/cancelled", made)
            }
            Some(FaultKind::NotYetReadable(wait)) => {
                if let Some(ix) = about.order() {
                    self.shop.orders[ix].readable_from = self.now + wait;
                }
                self.shop_queue(made, Span::ZERO);
            }
            _ => self.shop_queue(made, Span::ZERO),
        }
    }

    fn shop_queue(&mut self, made: Vec<Webhook>, extra: Span) {
        for mut webhook in made {
            webhook.due = webhook.due + extra;
            self.shop_schedule_hook(webhook);
        }
    }

    fn shop_schedule_hook(&mut self, webhook: Webhook) {
        let due = webhook.due;
        self.schedule(due, Event::Shop(ShopEvent::Hook(Box::new(webhook))));
    }

    fn shop_hold_back(&mut self, about: About, until: &'static str, deliveries: Vec<Webhook>) {
        let Some(order) = about.order() else {
            return self.shop_queue(deliveries, Span::ZERO);
        };
        self.shop.hooks.held.push(Held {
            order,
            until,
            deliveries,
        });
        let latest = self.now + HELD_MAX;
        self.schedule(latest, Event::Shop(ShopEvent::Release(order)));
    }

    /// Held creation events of an order go out: the one they waited for went, or (`None`) they waited long enough.
    pub(crate) fn shop_release_held(&mut self, order: usize, topic: Option<&str>) {
        let (go, stay) = std::mem::take(&mut self.shop.hooks.held)
            .into_iter()
            .partition(|h| h.order == order && topic.is_none_or(|t| t == h.until));
        self.shop.hooks.held = stay;
        let go: Vec<Held> = go;
        for mut webhook in go.into_iter().flat_map(|h| h.deliveries) {
            webhook.due = self.now.max(self.shop.hooks.last_due) + HELD_AFTER;
            self.shop_schedule_hook(webhook);
        }
    }

    /// Makes a delivery available to be taken, unless its subscription is gone.
    pub(crate) fn shop_hook_due(&mut self, webhook: Webhook) {
        let hooks = &mut self.shop.hooks;
        if !hooks
            .subscriptions
            .iter()
            .any(|s| s.id == webhook.subscription)
        {
            return;
        }
        if hooks.outbox.len() >= OUTBOX_MAX {
            hooks.outbox.pop_front();
        }
        hooks.outbox.push_back(webhook);
    }

    /// What the receiver answered; `None` when it did not within five seconds. A failed delivery is repeated; 19
    /// failures without a success between them end the subscription, silently.
    pub(crate) fn shop_hook_answered(&mut self, mut webhook: Webhook, status: Option<u16>) {
        let switches = &self.config.shop.switches;
        let is_taken = match status {
            Some(200) => true,
            Some(other) => !switches.only_200_counts && (200..300).contains(&other),
            None => false,
        };
        let percent = i64::from(switches.retry_percent);
        let subscriptions = &mut self.shop.hooks.subscriptions;
        let Some(at) = subscriptions
            .iter()
            .position(|s| s.id == webhook.subscription)
        else {
            return;
        };
        if is_taken {
            subscriptions[at].failures = 0;
            return;
        }
        subscriptions[at].failures += 1;
        if subscriptions[at].failures >= FAILURES_MAX {
            let gone = subscriptions.remove(at);
            let detail =
                json!({"topic": gone.topic, "address": gone.address, "failures": gone.failures});
            self.shop_ledger(
                "Shop webhook removed",
                gone.topic,
                gone.id.to_string(),
                detail,
                true,
            );
            return;
        }
        let tried = usize::try_from(webhook.attempt.saturating_sub(1)).unwrap_or(usize::MAX);
        if let Some(secs) = RETRY_SECS.get(tried) {
            webhook.attempt += 1;
            webhook.due = self.now + Span::ms(secs * 10 * percent);
            self.shop_schedule_hook(webhook);
        }
    }

    fn shop_delivery(&self, s: &HookSubscription, id: &str, body: Bytes, due: Ts) -> Webhook {
        let signature = sign(
            &self.shop.app_secret,
            &body,
            self.config.shop.switches.signs_base64,
        );
        let headers = vec![
            ("content-type", "application/json; charset=utf-8".to_owned()),
            ("x-shopline-topic", s.topic.clone()),
            ("x-shopline-hmac-sha256", signature),
            (
                "x-shopline-shop-domain",
                format!("{}.myshopline.com", self.shop.handle),
            ),
            ("x-shopline-shop-id", self.shop.store_id.clone()),
            ("x-shopline-merchant-id", self.shop.merchant_id.clone()),
            ("x-shopline-api-version", s.api_version.clone()),
            ("x-shopline-webhook-id", id.to_owned()),
        ];
        Webhook {
            due,
            subscription: s.id,
            topic: s.topic.clone(),
            url: s.address.clone(),
            headers,
            body,
            attempt: 1,
        }
    }

    /// Appends to the ledger of effects.
    pub(super) fn shop_ledger(
        &mut self,
        op: &'static str,
        object: String,
        key: String,
        detail: Value,
        by_world: bool,
    ) {
        let entry = Entry {
            system: SimSystem::Shopline,
            op,
            object,
            key,
            detail,
            caused_by_world: by_world,
        };
        self.ledger.append(self.now, entry);
    }
}

/// 24 hexadecimal digits.
fn event_id(dice: &mut Rng) -> String {
    format!("{:016x}{:08x}", dice.next_u64(), dice.next_u64() >> 32)
}

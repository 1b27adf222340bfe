//! Webhooks as they arrive: the signature over the raw body, the envelope in the headers, and which object they are
//! about. They are hints: unordered, repeated, sometimes lost. What happened is read from the store afterwards.

use super::order::need;
use crate::domain::ids::SourceOrderId;
use crate::domain::time::Ts;
use crate::secret::Secret;
use crate::text::clean_to;
use crate::vendors::scalar::{Fault, Read, Scalar};
use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use serde_json::Value;
use sha2::Sha256;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "x-shopline-hmac-sha256";
/// Bytes of a signature.
const MAC_BYTES: usize = 32;
/// Longest value of an envelope header, characters.
const HEADER_CHARS_MAX: usize = 255;

/// Why a webhook is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// No secret is configured: nothing can be proved.
    #[error("no app secret is configured to verify webhooks with")]
    NoSecret,
    /// Neither 64 hexadecimal digits nor the base64 of 32 bytes.
    #[error("the signature is neither hexadecimal nor base64 of 32 bytes")]
    Form,
    /// It was not made with our secret over this body.
    #[error("the signature does not fit the body")]
    Wrong,
}

/// Whether a webhook was signed with the app's secret: HMAC-SHA256 over the raw body, compared in constant time.
/// SHOPLINE's own code writes it in hexadecimal, its pages show base64; both are taken.
///
/// # Errors
/// [`SignatureFault`].
pub fn verify(app_secret: &Secret, signature: &str, body: &[u8]) -> Result<(), SignatureFault> {
    if app_secret.is_empty() {
        return Err(SignatureFault::NoSecret);
    }
    let given = decode(signature.trim()).ok_or(SignatureFault::Form)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(app_secret.expose().as_bytes())
        .map_err(|_| SignatureFault::NoSecret)?;
    mac.update(body);
    mac.verify_slice(&given).map_err(|_| SignatureFault::Wrong)
}

fn decode(signature: &str) -> Option<[u8; MAC_BYTES]> {
    let mut out = [0; MAC_BYTES];
    if signature.len() == MAC_BYTES * 2 && signature.bytes().all(|b| b.is_ascii_hexdigit()) {
        for (at, byte) in out.iter_mut().enumerate() {
            *byte = u8::from_str_radix(signature.get(at * 2..at * 2 + 2)?, 16).ok()?;
        }
        return Some(out);
    }
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(signature)
        .ok()?;
    bytes.try_into().ok()
}

/// What the headers say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// `group/event`, for example `orders/create`.
    pub topic: String,
    /// Stays the same when one event is delivered again: the key to notice a repeat by.
    pub event_id: String,
    /// For example `demo.myshopline.com`.
    pub shop_domain: String,
    pub shop_id: String,
    pub merchant_id: String,
    /// Version the body is shaped by.
    pub api_version: String,
}

/// Reads the envelope. Every one of its headers is always present, so that a missing one is a fault. There is no header
/// that says when: see [`Subject::changed_at`].
///
/// # Errors
/// The name of the header that is missing or unreadable.
pub fn envelope(headers: &HeaderMap) -> Result<Envelope, String> {
    let get = |name: &str| -> Result<String, String> {
        let value = headers
            .get(name)
            .ok_or_else(|| format!("the header {name} is missing"))?
            .to_str()
            .map_err(|_| format!("the header {name} cannot be read"))?;
        let text = clean_to(value, HEADER_CHARS_MAX).trim().to_owned();
        if text.is_empty() {
            return Err(format!("the header {name} is empty"));
        }
        Ok(text)
    };
    Ok(Envelope {
        topic: get("x-shopline-topic")?.to_ascii_lowercase(),
        event_id: get("x-shopline-webhook-id")?,
        shop_domain: get("x-shopline-shop-domain")?.to_ascii_lowercase(),
        shop_id: get("x-shopline-shop-id")?,
        merchant_id: get("x-shopline-merchant-id")?,
        api_version: get("x-shopline-api-version")?,
    })
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Placed, paid, changed, edited, shipped, cancelled.
    Order,
    /// The order is gone from every list.
    OrderDeleted,
    /// A payment slip; no replacement for an order's own event.
    Payment,
    Refund,
    Fulfilment,
    FulfilmentOrder,
    Stock,
    InventoryItem,
    Product,
    Return,
    Location,
    /// The app was installed or removed.
    App,
    /// Not one we know: recorded, nothing follows from it.
    Other,
}

impl Envelope {
    /// What the event is about. Both `orders/updated` (the catalogue's name) and `orders/update` (the pages') are the
    /// order's.
    pub fn about(&self) -> Topic {
        let (group, event) = self.topic.split_once('/').unwrap_or((&self.topic, ""));
        match (group, event) {
            ("orders", "delete") => Topic::OrderDeleted,
            ("orders", _) => Topic::Order,
            ("order_transactions", _) => Topic::Payment,
            ("refunds", _) => Topic::Refund,
            ("fulfillments", _) => Topic::Fulfilment,
            ("fulfillment_order", _) => Topic::FulfilmentOrder,
            ("inventory_levels", _) => Topic::Stock,
            ("inventory_items", _) => Topic::InventoryItem,
            ("products", _) => Topic::Product,
            ("return" | "return_package", _) => Topic::Return,
            ("logistics", _) => Topic::Location,
            ("apps", _) => Topic::App,
            _ => Topic::Other,
        }
    }
}

/// The object an event is about, by id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// The object's own id, or the inventory item of a level.
    pub id: Option<String>,
    /// The order it belongs to, which is to be read again.
    pub order: Option<SourceOrderId>,
    /// When the object last changed: an older one than what is known is stale news.
    pub changed_at: Option<Ts>,
}

/// Finds the object in a body. Some bodies are the bare object, some wrap it; returns name their ids in a way of their
/// own.
///
/// # Errors
/// The member at fault; an event about an order has to name it.
pub fn subject(topic: Topic, body: &[u8]) -> Result<Subject, String> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| format!("the body cannot be read: {error}"))?;
    read_subject(topic, &value).map_err(|fault| fault.to_string())
}

fn read_subject(topic: Topic, body: &Value) -> Read<Subject> {
    let wrapper = match topic {
        Topic::FulfilmentOrder => "fulfillment_order",
        Topic::InventoryItem => "inventory_item",
        _ => "",
    };
    let object = body
        .get(wrapper)
        .filter(|inner| inner.is_object())
        .unwrap_or(body);
    if !object.is_object() {
        return Err(Fault {
            member: "the body".to_owned(),
            why: "is not an object".to_owned(),
        });
    }
    let id = match topic {
        Topic::Return => first_id(object, &["after_sale_order_seq", "return_id", "id"])?,
        Topic::Stock => first_id(object, &["inventory_item_id"])?,
        Topic::Payment => first_id(object, &["pay_seq", "id"])?,
        Topic::App => first_id(object, &["store_id"])?,
        _ => first_id(object, &["id"])?,
    };
    let order = match topic {
        Topic::Order | Topic::OrderDeleted => Some(need(id.clone(), "id")?),
        Topic::Payment | Topic::Refund | Topic::Fulfilment => {
            Some(need(first_id(object, &["order_id"])?, "order_id")?)
        }
        Topic::FulfilmentOrder => {
            // A submitted one names both in one id: `{order}_{fulfilment order}`.
            let composite = id.as_deref().and_then(|id| id.split_once('_'));
            let composite = composite.map(|(order, _)| order.to_owned());
            first_id(object, &["order_id"])?.or(composite)
        }
        Topic::Return => first_id(object, &["order_seq", "order_id"])?,
        _ => None,
    };
    let mut changed_at = None;
    for name in ["updated_at", "update_at", "created_at", "create_at"] {
        if changed_at.is_none() {
            changed_at = scalar(object, name).time(name)?;
        }
    }
    Ok(Subject {
        id,
        order: order.map(SourceOrderId),
        changed_at,
    })
}

fn scalar(object: &Value, name: &str) -> Scalar {
    let found = object.get(name).cloned().unwrap_or_default();
    // Every JSON value is a scalar, if an odd one.
    serde_json::from_value(found).unwrap_or_default()
}

fn first_id(object: &Value, names: &[&str]) -> Read<Option<String>> {
    for name in names {
        if let Some(id) = scalar(object, name).id(name)? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

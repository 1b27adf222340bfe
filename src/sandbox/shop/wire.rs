//! Small parts of the wire: query members, refusals, times, money, the order of members.

use super::config::ErrorShape;
use crate::domain::time::Ts;
use crate::sandbox::rng::Rng;
use chrono::{DateTime, FixedOffset, Utc};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A call that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub text: String,
}

impl Refusal {
    /// With a status and a text.
    pub fn new(status: u16, text: impl Into<String>) -> Self {
        Self {
            status,
            text: text.into(),
        }
    }

    /// Of wrong form.
    pub fn bad(text: impl Into<String>) -> Self {
        Self::new(400, text)
    }

    /// Nothing by that id.
    pub fn missing(text: impl Into<String>) -> Self {
        Self::new(404, text)
    }

    /// Well-formed and not possible.
    pub fn not_possible(text: impl Into<String>) -> Self {
        Self::new(422, text)
    }

    /// The body, in the shape the store writes errors.
    pub fn body(&self, shape: ErrorShape) -> Value {
        match shape {
            ErrorShape::Text => json!({ "errors": self.text }),
            ErrorShape::List => json!({ "errors": [self.text] }),
            ErrorShape::Map => json!({ "errors": {"base": [self.text]} }),
        }
    }
}

/// Members of a query, decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(pub BTreeMap<String, String>);

impl Query {
    /// Reads the part behind the question mark.
    pub fn read(text: Option<&str>) -> Self {
        let pairs = text
            .unwrap_or_default()
            .split('&')
            .filter(|p| !p.is_empty());
        Self(
            pairs
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decode(name), decode(value))
                })
                .collect(),
        )
    }

    /// A member that is there and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|v| !v.is_empty())
    }

    /// A comma list; `None` when it is not given.
    pub fn list(&self, name: &str) -> Option<Vec<&str>> {
        let text = self.get(name)?;
        Some(
            text.split(',')
                .map(str::trim)
                .filter(|t| !t.is_empty())
                .collect(),
        )
    }

    /// A flag; anything but `true` is false.
    pub fn flag(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|v| v.eq_ignore_ascii_case("true"))
    }

    /// A time as ISO 8601 with an offset.
    ///
    /// # Errors
    /// Refused when it is not one.
    pub fn time(&self, name: &str) -> Result<Option<Ts>, Refusal> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        DateTime::parse_from_rfc3339(text)
            .map(|at| Some(Ts::from_utc(at.with_timezone(&Utc))))
            .map_err(|_| Refusal::bad(format!("{name} is invalid")))
    }
}

/// Percent and plus signs decoded, as in a form.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes
            .get(at + 1..at + 3)
            .and_then(|pair| std::str::from_utf8(pair).ok())
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (b'+', _) => {
                out.push(b' ');
                at += 1;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A time as the store writes it: whole seconds with the store's offset.
pub fn stamp(at: Ts, offset_minutes: i32) -> String {
    let offset = FixedOffset::east_opt(offset_minutes * 60);
    let utc = at.to_utc();
    match offset {
        Some(offset) => utc
            .with_timezone(&offset)
            .format("%Y-%m-%dT%H:%M:%S%:z")
            .to_string(),
        None => utc.format("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
    }
}

/// Money with two places.
pub fn money(minor: i64) -> String {
    crate::text::money(minor)
}

/// Money as GET of fulfilments writes it: without a trailing zero in the second place.
pub fn short_money(minor: i64) -> String {
    let text = money(minor);
    match text.strip_suffix('0') {
        Some(short) => short.to_owned(),
        None => text,
    }
}

/// Money in both currencies, which are one.
pub fn money_set(minor: i64) -> Value {
    both(json!({"amount": money(minor), "currency_code": CURRENCY}))
}

/// As [`money_set`] with the amounts as numbers, as refunds have them.
pub fn number_set(minor: i64) -> Value {
    both(json!({"amount": number(minor), "currency_code": CURRENCY}))
}

/// Moved into place: given to `json!` it would be copied, value by value, for each of thirty amounts of an order.
fn both(one: Value) -> Value {
    let mut out = json!({"shop_money": null, "presentment_money": null});
    out["shop_money"] = one.clone();
    out["presentment_money"] = one;
    out
}

/// Money as a JSON number.
pub fn number(minor: i64) -> Value {
    if minor % 100 == 0 {
        json!(minor / 100)
    } else {
        json!(minor as f64 / 100.0)
    }
}

/// The store's currency.
pub const CURRENCY: &str = "GBP";

/// Empty text as null.
pub fn or_null(text: &str) -> Value {
    if text.is_empty() {
        Value::Null
    } else {
        json!(text)
    }
}

/// Turns the members of an object around and, now and then, adds one nobody knows: key order varies between answers
/// and members appear without notice.
pub fn unsettle(value: &mut Value, dice: &mut Rng) {
    let Value::Object(members) = value else {
        return;
    };
    let old: Vec<(String, Value)> = std::mem::take(members).into_iter().collect();
    let from = dice.below(old.len());
    let mut turned = Map::with_capacity(old.len() + 1);
    for at in 0..old.len() {
        let (name, value) = &old[(at + from) % old.len()];
        turned.insert(name.clone(), value.clone());
    }
    if dice.chance(0.1) {
        turned.insert(
            "checkout_channel_v3".to_owned(),
            json!({"kind": "web", "steps": [1, 2]}),
        );
    }
    *members = turned;
}

/// Keeps only the members that were asked for.
pub fn keep_fields(value: &mut Value, fields: &[&str]) {
    if let Value::Object(members) = value {
        members.retain(|name, _| fields.contains(&name.as_str()));
    }
}

/// A JSON value as text: a string as it is, a number in digits. Requests write ids either way.
pub fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A whole number, also as text.
pub fn int_of(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_str()?.trim().parse().ok())
}

//! Parameters of a call, whatever the encoding: JSON bare or wrapped, form, query string, or a mixture.

use crate::sandbox::rng::Guid;
use serde_json::{Map, Value};

/// Why a call is refused; becomes a status and a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub message: String,
}

impl Refusal {
    /// 400 with a message.
    pub fn bad(message: impl Into<String>) -> Self {
        Self {
            status: 400,
            message: message.into(),
        }
    }

    /// The answer to a missing or unreadable value-type parameter.
    pub fn invalid() -> Self {
        Self::bad("The request is invalid.")
    }
}

/// How the JSON body of a method is shaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Several parameters, each a member.
    Plain,
    /// One member `request`.
    Wrapped,
    /// The inner object directly.
    Bare,
}

/// Parameters by lower-case name.
#[derive(Debug, Clone, Default)]
pub struct Params {
    values: Map<String, Value>,
    /// The body was JSON (some calls then do nothing, by switch).
    pub is_json: bool,
}

/// A member of an object, name matched ignoring case.
pub fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value
        .as_object()?
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, v)| v)
        .filter(|v| !v.is_null())
}

impl Params {
    /// Reads query string and body.
    pub fn read(
        query: Option<&str>,
        content_type: &str,
        body: &[u8],
        shape: Shape,
        is_strict: bool,
    ) -> Result<Self, Refusal> {
        let mut params = Self::default();
        for (name, value) in form_pairs(query.unwrap_or("")) {
            params.add(&name, value);
        }
        let text = std::str::from_utf8(body).map_err(|_| Refusal::invalid())?;
        if text.trim().is_empty() {
            return Ok(params);
        }
        if content_type
            .to_ascii_lowercase()
            .starts_with("application/x-www-form-urlencoded")
        {
            for (name, value) in form_pairs(text) {
                if name.eq_ignore_ascii_case("request") {
                    let inner: Value =
                        serde_json::from_str(&value).map_err(|_| Refusal::invalid())?;
                    params.take_object(inner)?;
                } else {
                    params.add(&name, value);
                }
            }
            return Ok(params);
        }
        params.is_json = true;
        let body: Value = serde_json::from_str(text).map_err(|_| Refusal::invalid())?;
        let inner = match (shape, member(&body, "request")) {
            (Shape::Wrapped, None) if is_strict => {
                return Err(Refusal::bad("'request' parameter is missing"));
            }
            (Shape::Bare, Some(_)) if is_strict => return Err(Refusal::bad("request is empty")),
            (_, Some(inner)) => inner.clone(),
            (_, None) => body,
        };
        params.take_object(inner)?;
        Ok(params)
    }

    fn add(&mut self, name: &str, text: String) {
        let name = name.to_ascii_lowercase();
        let value = Value::String(text);
        match self.values.get_mut(&name) {
            Some(Value::Array(list)) => list.push(value),
            Some(first) => *first = Value::Array(vec![first.clone(), value]),
            None => {
                self.values.insert(name, value);
            }
        }
    }

    fn take_object(&mut self, value: Value) -> Result<(), Refusal> {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    self.values.insert(name.to_ascii_lowercase(), value);
                }
                Ok(())
            }
            Value::Null => Ok(()),
            _ => Err(Refusal::invalid()),
        }
    }

    /// A parameter, decoded: form texts that hold JSON lists or objects become those.
    pub fn get(&self, name: &str) -> Option<Value> {
        let value = self.values.get(&name.to_ascii_lowercase())?;
        match value {
            Value::Null => None,
            Value::String(text) => {
                let trimmed = text.trim();
                if trimmed.is_empty() || trimmed == "null" {
                    return (trimmed.is_empty() && self.is_json).then(|| value.clone());
                }
                if trimmed.starts_with(['[', '{']) {
                    return serde_json::from_str(trimmed).ok().or(Some(value.clone()));
                }
                Some(value.clone())
            }
            other => Some(other.clone()),
        }
    }

    /// Whether a parameter was named at all.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(&name.to_ascii_lowercase())
    }

    /// A text; `None` when absent.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|v| text_of(&v))
    }

    /// A whole number, required (value type).
    pub fn int(&self, name: &str) -> Result<i64, Refusal> {
        self.get(name)
            .as_ref()
            .and_then(int_of)
            .ok_or_else(Refusal::invalid)
    }

    /// A decimal, required (value type).
    pub fn decimal(&self, name: &str) -> Result<f64, Refusal> {
        self.get(name)
            .and_then(|v| v.as_f64().or_else(|| text_of(&v).parse().ok()))
            .ok_or_else(Refusal::invalid)
    }

    /// A boolean; absent is the default.
    pub fn flag(&self, name: &str, default: bool) -> bool {
        self.get(name).as_ref().and_then(bool_of).unwrap_or(default)
    }

    /// A GUID, required (value type).
    pub fn guid(&self, name: &str) -> Result<Guid, Refusal> {
        self.optional_guid(name)?.ok_or_else(Refusal::invalid)
    }

    /// A nullable GUID.
    pub fn optional_guid(&self, name: &str) -> Result<Option<Guid>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => Guid::parse(&text_of(&value))
                .map(Some)
                .ok_or_else(Refusal::invalid),
        }
    }

    /// A list of GUIDs, required and readable.
    pub fn guids(&self, name: &str) -> Result<Vec<Guid>, Refusal> {
        let value = self
            .get(name)
            .ok_or_else(|| Refusal::bad(format!("Parameter '{name}' has invalid value")))?;
        let list = match &value {
            Value::Array(list) => list.clone(),
            single => vec![single.clone()],
        };
        list.iter()
            .map(|v| Guid::parse(&text_of(v)))
            .collect::<Option<Vec<Guid>>>()
            .ok_or_else(Refusal::invalid)
    }

    /// A list; absent is empty.
    pub fn list(&self, name: &str) -> Vec<Value> {
        match self.get(name) {
            Some(Value::Array(list)) => list,
            Some(single) => vec![single],
            None => Vec::new(),
        }
    }
}

/// A value as text.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A value as a whole number.
pub fn int_of(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| {
            value
                .as_f64()
                .filter(|f| f.fract() == 0.0)
                .map(|f| f as i64)
        })
        .or_else(|| text_of(value).trim().parse().ok())
}

/// A value as a boolean.
pub fn bool_of(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(b) => Some(*b),
        other => match text_of(other).to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
    }
}

/// Pairs of a form or query string, decoded.
pub fn form_pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|p| !p.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(|h| std::str::from_utf8(h).ok())
            .and_then(|h| u8::from_str_radix(h, 16).ok());
        match (bytes[at], hex) {
            (_, Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (b'+', None) => {
                out.push(b' ');
                at += 1;
            }
            (byte, None) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

//! Keeps credentials out of what is recorded: account id and application key in any case of letters, and by name the
//! credentials of webhooks, which Cin7 Core answers in plain text.

use crate::vendors::transport::{Redactor, looks_like_html};
use serde_json::Value;

/// What stands in place of a secret.
const MARK: &str = "(removed)";
/// Members of a webhook that are never recorded. The address counts: its path proves the caller.
const HOOK_MEMBERS: [&str; 4] = [
    "ExternalURL",
    "ExternalUserName",
    "ExternalPassword",
    "ExternalBearerToken",
];
/// Further headers of a webhook: their values are never recorded.
const HOOK_HEADERS: &str = "ExternalHeaders";

/// The credentials in use.
#[derive(Clone, Default)]
pub(super) struct Secrets {
    values: Vec<String>,
    encoded: Redactor,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secrets)")
    }
}

impl Secrets {
    /// Adds a secret.
    #[must_use]
    pub fn with(mut self, secret: &str) -> Self {
        if !secret.is_empty() {
            self.values.push(secret.to_owned());
            self.encoded = self.encoded.hide(secret);
        }
        self
    }

    /// A copy without the secrets.
    pub fn redact(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = self.encoded.redact(bytes);
        for value in &self.values {
            out = without(&out, value.as_bytes());
        }
        out
    }

    /// Text without the secrets.
    pub fn redact_text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.redact(text.as_bytes())).into_owned()
    }

    /// A request or answer about webhooks without their credentials.
    pub fn redact_hooks(&self, bytes: &[u8]) -> Vec<u8> {
        let head = head_len(bytes);
        let mut out = self.redact(&bytes[..head]);
        out.extend_from_slice(&self.redact_hook_body(&bytes[head..]));
        out
    }

    fn redact_hook_body(&self, bytes: &[u8]) -> Vec<u8> {
        if bytes.is_empty() || looks_like_html(bytes) {
            return self.redact(bytes);
        }
        match serde_json::from_slice::<Value>(bytes) {
            Ok(mut value) => {
                mark(&mut value);
                self.redact(value.to_string().as_bytes())
            }
            Err(_) => format!("({} bytes that cannot be read)", bytes.len()).into_bytes(),
        }
    }
}

/// Marks the credentials of every webhook inside.
fn mark(value: &mut Value) {
    match value {
        Value::Array(rows) => rows.iter_mut().for_each(mark),
        Value::Object(members) => {
            for (name, value) in members {
                let is_one = |known: &str| known.eq_ignore_ascii_case(name);
                let is_secret = HOOK_MEMBERS.iter().any(|m| is_one(m)) || is_one(HOOK_HEADERS);
                if is_secret && !value.is_null() {
                    *value = MARK.into();
                } else {
                    mark(value);
                }
            }
        }
        _ => {}
    }
}

/// Length of a recorded request's head; an answer has none.
fn head_len(bytes: &[u8]) -> usize {
    let verbs: [&[u8]; 3] = [b"GET ", b"POST ", b"PUT "];
    if !verbs.iter().any(|v| bytes.starts_with(v)) {
        return 0;
    }
    bytes
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .map_or(bytes.len(), |at| at + 4)
}

/// A copy without a value, case ignored.
fn without(bytes: &[u8], value: &[u8]) -> Vec<u8> {
    let Some(first) = value.first() else {
        return bytes.to_vec();
    };
    let mut out = Vec::with_capacity(bytes.len());
    let mut from = 0;
    let mut at = 0;
    let (upper, lower) = (first.to_ascii_uppercase(), first.to_ascii_lowercase());
    while let Some(step) = memchr::memchr2(upper, lower, &bytes[at..]) {
        let start = at + step;
        let is_it = bytes
            .get(start..start + value.len())
            .is_some_and(|w| w.eq_ignore_ascii_case(value));
        if is_it {
            out.extend_from_slice(&bytes[from..start]);
            out.extend_from_slice(MARK.as_bytes());
            from = start + value.len();
            at = from;
        } else {
            at = start + 1;
        }
    }
    out.extend_from_slice(&bytes[from..]);
    out
}

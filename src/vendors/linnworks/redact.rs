//! Keeps credentials out of what is recorded. Linnworks credentials are GUIDs, which one pass over a body finds in any
//! case of letters; other forms go through the shared redactor. Sign-in answers keep named harmless members only.

use crate::vendors::scalar::is_guid;
use crate::vendors::transport::{Redactor, looks_like_html};
use serde_json::Value;

/// Places of a GUID's other hyphens.
const HYPHENS: [usize; 3] = [13, 18, 23];
/// What stands in place of a secret.
const MARK: &str = "(removed)";
/// Members of a sign-in answer that may be recorded.
const SIGN_IN_KEPT: [&str; 10] = [
    "Server",
    "Locality",
    "TTL",
    "Status",
    "UserType",
    "Code",
    "Message",
    "message",
    "error",
    "error_description",
];

/// The secrets in use.
#[derive(Clone, Default)]
pub(super) struct Secrets {
    guids: Vec<String>,
    others: Redactor,
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
        if is_guid(secret.as_bytes()) {
            self.guids.push(secret.to_ascii_lowercase());
        } else {
            self.others = self.others.hide(secret);
        }
        self
    }

    /// A copy without the secrets.
    pub fn redact(&self, bytes: &[u8]) -> Vec<u8> {
        self.others.redact(&self.without_guids(bytes))
    }

    /// Text without the secrets.
    pub fn redact_text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.redact(text.as_bytes())).into_owned()
    }

    fn without_guids(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        let mut from = 0;
        // A GUID's first hyphen stands at its ninth place: hyphens are rare, so the search steps from one to the next.
        for hyphen in memchr::memchr_iter(b'-', bytes) {
            let Some(start) = hyphen.checked_sub(8).filter(|s| *s >= from) else {
                continue;
            };
            let Some(word) = bytes.get(start..start + 36) else {
                continue;
            };
            if HYPHENS.iter().any(|at| word.get(*at) != Some(&b'-')) {
                continue;
            }
            let is_secret = self
                .guids
                .iter()
                .any(|g| g.as_bytes().eq_ignore_ascii_case(word));
            if is_secret {
                out.extend_from_slice(&bytes[from..start]);
                out.extend_from_slice(MARK.as_bytes());
                from = start + 36;
            }
        }
        out.extend_from_slice(&bytes[from..]);
        out
    }

    /// A sign-in answer (or request) without anything that could be a credential, known to us or new.
    pub fn redact_sign_in(&self, bytes: &[u8]) -> Vec<u8> {
        if let Some(at) = head_end(bytes) {
            let mut out = self.redact(&bytes[..at]);
            out.extend_from_slice(&self.redact_sign_in_body(&bytes[at..]));
            return out;
        }
        self.redact_sign_in_body(bytes)
    }

    fn redact_sign_in_body(&self, bytes: &[u8]) -> Vec<u8> {
        match serde_json::from_slice::<Value>(bytes) {
            Ok(Value::Object(mut members)) => {
                for (name, value) in &mut members {
                    if !SIGN_IN_KEPT.contains(&name.as_str()) && !value.is_null() {
                        *value = MARK.into();
                    }
                }
                self.redact(Value::Object(members).to_string().as_bytes())
            }
            Ok(Value::String(_)) => self.redact(bytes),
            _ if bytes.is_empty() || looks_like_html(bytes) => self.redact(bytes),
            _ => format!("({} bytes that are no sign-in answer)", bytes.len()).into_bytes(),
        }
    }
}

/// Where the body of a recorded request begins: after the request line and headers.
fn head_end(bytes: &[u8]) -> Option<usize> {
    if !bytes.starts_with(b"POST ") {
        return None;
    }
    bytes
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .map(|at| at + 4)
}

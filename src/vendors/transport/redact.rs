//! Takes known secrets out of recorded requests and answers.

use base64::Engine;
use memchr::memmem;

/// Shortest value that is searched for. Shorter ones are taken out by field, by the vendor's own redactor;
/// searching for them would only shred the evidence.
const VALUE_BYTES_MIN: usize = 4;

/// What stands in place of a secret.
pub const MARK: &[u8] = b"(removed)";

/// Replaces known values in plain, base64, URL-encoded, XML-escaped and JSON-escaped form.
#[derive(Clone, Default)]
pub struct Redactor {
    needles: Vec<Vec<u8>>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} forms)", self.needles.len())
    }
}

impl Redactor {
    /// Nothing to hide yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Hides a value and its usual encodings. Values shorter than four bytes are ignored.
    #[must_use]
    pub fn hide(mut self, value: &str) -> Self {
        if value.len() < VALUE_BYTES_MIN {
            return self;
        }
        let engine = base64::engine::general_purpose::STANDARD;
        let base64 = engine.encode(value);
        let forms = [
            value.to_owned(),
            url_encoded(value, true),
            url_encoded(value, false),
            quick_xml::escape::escape(value).into_owned(),
            serde_json::Value::from(value)
                .to_string()
                .trim_matches('"')
                .to_owned(),
            url_encoded(&base64, true),
            base64,
        ];
        for form in forms {
            if !self.needles.iter().any(|n| n == form.as_bytes()) {
                self.needles.push(form.into_bytes());
            }
        }
        // Longest first, so that a form that contains another leaves no rest behind.
        self.needles.sort_by_key(|n| std::cmp::Reverse(n.len()));
        self
    }

    /// A copy of `bytes` without the hidden values.
    pub fn redact(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = bytes.to_vec();
        for needle in &self.needles {
            if memmem::find(&out, needle).is_some() {
                out = replace(&out, needle);
            }
        }
        out
    }
}

fn replace(bytes: &[u8], needle: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memmem::find(rest, needle) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(MARK);
        rest = &rest[at + needle.len()..];
    }
    out.extend_from_slice(rest);
    out
}

fn url_encoded(value: &str, is_upper: bool) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else if is_upper {
            out.push_str(&format!("%{byte:02X}"));
        } else {
            out.push_str(&format!("%{byte:02x}"));
        }
    }
    out
}

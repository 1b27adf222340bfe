//! Content hashes: canonical JSON through SHA-256, in lower-case hex.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// SHA-256 of bytes, in hex.
pub fn of_bytes(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let mut out = String::with_capacity(digest.len() * 2);
    for byte in digest {
        out.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
        out.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
    }
    out
}

/// SHA-256 of a value's JSON form. Values that cannot be written as JSON hash as their error text.
pub fn of_json<T: Serialize + ?Sized>(value: &T) -> String {
    match serde_json::to_vec(value) {
        Ok(bytes) => of_bytes(&bytes),
        Err(error) => of_bytes(error.to_string().as_bytes()),
    }
}

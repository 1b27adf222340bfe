//! Copying through the terminal (OSC 52): the text reaches the operator's own clipboard, also over SSH.

use crate::text;
use crossterm::Command;
use crossterm::clipboard::CopyToClipboard;
use std::io;

/// Longest text sent: terminals drop longer sequences without a word.
pub const COPY_BYTES_MAX: usize = 74_000;

/// The bytes that put a text on the clipboard; the text is cleaned first.
///
/// # Errors
/// The text is longer than [`COPY_BYTES_MAX`].
pub fn sequence(content: &str) -> io::Result<String> {
    let cleaned: Vec<String> = content.lines().map(text::clean).collect();
    let cleaned = cleaned.join("\n");
    if cleaned.len() > COPY_BYTES_MAX {
        return Err(io::Error::other(format!(
            "{} bytes are more than a terminal takes ({COPY_BYTES_MAX})",
            cleaned.len()
        )));
    }
    let mut out = String::new();
    CopyToClipboard::to_clipboard_from(cleaned)
        .write_ansi(&mut out)
        .map_err(io::Error::other)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_bytes_are_osc_52_with_base64() {
        assert_eq!(sequence("hi").unwrap(), "\u{1b}]52;c;aGk=\u{1b}\\");
    }

    #[test]
    fn an_escape_sequence_is_not_copied_and_too_long_is_refused() {
        assert_eq!(sequence("h\u{1b}[31mi").unwrap(), sequence("hi").unwrap());
        assert!(sequence(&format!("{}\n", "x".repeat(9_000)).repeat(9)).is_err());
    }
}

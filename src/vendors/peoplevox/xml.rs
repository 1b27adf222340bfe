//! Bounded XML reading: streaming, local names only, nothing external, nothing recursive.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

/// Deepest nesting of elements that is read.
pub const DEPTH_MAX: usize = 32;
/// Longest text of one element, bytes; more than the answer cap lets through.
pub const TEXT_BYTES_MAX: usize = crate::wire::ANSWER_BYTES_MAX;

/// Why a document was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlFault {
    /// Not UTF-8.
    #[error("the answer is not UTF-8 text")]
    NotText,
    /// Nothing in it.
    #[error("the answer is empty")]
    Empty,
    /// Not well formed, or cut.
    #[error("the answer is not well-formed XML: {0}")]
    IllFormed(String),
    /// A document type, a processing instruction or an entity of its own.
    #[error("the answer holds {0}, which is never read")]
    Refused(&'static str),
    /// Nested too deep or a text too long.
    #[error("the answer is nested deeper than {DEPTH_MAX} or holds too long a text")]
    TooDeep,
}

/// Reads a document and calls `on_end` for every element as it closes, with the local names from the root down to it
/// and its own text (children's text left out). Prefixes, attributes, comments and unknown elements do not matter.
///
/// # Errors
/// [`XmlFault`]; `on_end` may have been called for a part of the document by then.
pub fn walk(bytes: &[u8], mut on_end: impl FnMut(&[String], &str)) -> Result<(), XmlFault> {
    let text = std::str::from_utf8(bytes).map_err(|_| XmlFault::NotText)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(XmlFault::Empty);
    }
    let mut reader = Reader::from_str(text);
    let mut path: Vec<String> = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    let mut has_root = false;
    loop {
        let event = reader
            .read_event()
            .map_err(|e| XmlFault::IllFormed(crate::text::clean_to(&e.to_string(), 200)))?;
        match event {
            Event::Start(start) => {
                open(&mut path, start.local_name().as_ref(), &mut has_root)?;
                texts.push(String::new());
            }
            Event::Empty(start) => {
                open(&mut path, start.local_name().as_ref(), &mut has_root)?;
                on_end(&path, "");
                path.pop();
            }
            Event::End(_) => {
                on_end(&path, texts.last().map_or("", String::as_str));
                path.pop();
                texts.pop();
            }
            Event::Text(part) => append(&mut texts, &part.xml10_content())?,
            Event::CData(part) => append(&mut texts, &part.xml10_content())?,
            Event::GeneralRef(reference) => append(&mut texts, &resolve(&reference)?)?,
            Event::Comment(_) | Event::Decl(_) => {}
            Event::PI(_) => return Err(XmlFault::Refused("a processing instruction")),
            Event::DocType(_) => return Err(XmlFault::Refused("a document type")),
            Event::Eof => break,
        }
    }
    if !path.is_empty() || !has_root {
        return Err(XmlFault::IllFormed("it ends too early".to_owned()));
    }
    Ok(())
}

fn open(path: &mut Vec<String>, name: &str, has_root: &mut bool) -> Result<(), XmlFault> {
    if path.len() >= DEPTH_MAX {
        return Err(XmlFault::TooDeep);
    }
    if path.is_empty() && std::mem::replace(has_root, true) {
        return Err(XmlFault::IllFormed("it has two roots".to_owned()));
    }
    path.push(name.to_owned());
    Ok(())
}

fn append(texts: &mut [String], part: &str) -> Result<(), XmlFault> {
    match texts.last_mut() {
        Some(text) if text.len() + part.len() <= TEXT_BYTES_MAX => {
            text.push_str(part);
            Ok(())
        }
        Some(_) => Err(XmlFault::TooDeep),
        None if part.trim().is_empty() => Ok(()),
        None => Err(XmlFault::IllFormed("text outside the root".to_owned())),
    }
}

/// Only the five built-in entities and character numbers are known.
fn resolve(reference: &quick_xml::events::BytesRef<'_>) -> Result<String, XmlFault> {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return Ok(c.to_string());
    }
    resolve_predefined_entity(reference)
        .map(str::to_owned)
        .ok_or(XmlFault::Refused("an entity of its own"))
}

/// Escapes text for an element: markup characters, and carriage returns so that they survive the other side's reader.
pub fn escape(text: &str) -> std::borrow::Cow<'_, str> {
    quick_xml::escape::escape(text)
}

/// The first character of a text that XML 1.0 cannot carry at all, escaped or not.
pub fn unwritable(text: &str) -> Option<char> {
    text.chars().find(|c| {
        !matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    fn leaves(text: &str) -> Result<Vec<(String, String)>, XmlFault> {
        let mut out = Vec::new();
        walk(text.as_bytes(), |path, text| {
            out.push((path.join("/"), text.to_owned()));
        })?;
        Ok(out)
    }

    #[test]
    fn prefixes_and_comments_do_not_matter_and_entities_are_resolved_once() {
        let got = leaves("<?xml version=\"1.0\"?><s:a xmlns:s='x'><!-- c --><t:b>1 &lt; 2 &amp;amp; &#65;<![CDATA[<x>]]></t:b><b/></s:a>\n").unwrap();
        assert_eq!(got[0], ("a/b".into(), "1 < 2 &amp; A<x>".into()));
        assert_eq!(got[1], ("a/b".into(), String::new()));
        assert_eq!(got[2].0, "a");
    }

    #[test]
    fn bombs_and_external_entities_are_refused_quickly() {
        let laughs =
            "<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><l>&b;</l>";
        let outside = "<!DOCTYPE a [<!ENTITY x SYSTEM 'http://127.0.0.1:1/x'>]><a>&x;</a>";
        let deep = "<a>".repeat(1_000_000);
        let blow_up = format!("<a>{}</a>", "&x;".repeat(500_000));
        let attributes = format!("<a {}>", "b='c' ".repeat(100_000));
        for text in [laughs, outside, &deep, &blow_up, &attributes] {
            let started = Instant::now();
            assert!(leaves(text).is_err());
            assert!(started.elapsed() < Duration::from_millis(500));
        }
        assert_eq!(leaves(laughs), Err(XmlFault::Refused("a document type")));
        assert_eq!(leaves(&deep), Err(XmlFault::TooDeep));
        assert_eq!(
            leaves("<?php x?><a/>"),
            Err(XmlFault::Refused("a processing instruction"))
        );
    }

    #[test]
    fn half_a_document_and_two_documents_are_faults() {
        for text in [
            "<a><b>1</b>",
            "<a></b>",
            "<a/><a/>",
            "<a/>x",
            "x<a/>",
            "<a",
            "",
        ] {
            assert!(leaves(text).is_err(), "{text}");
        }
        assert!(walk(b"<a>\xff</a>", |_, _| {}).is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = walk(&bytes, |_, _| {});
        }

        #[test]
        fn arbitrary_markup_never_panics(text in "(<|>|/|!|\\?|&|;|#|\\[|\\]|a|b|:|=|'|CDATA|DOCTYPE|--| ){0,60}") {
            let _ = walk(text.as_bytes(), |_, _| {});
        }

        #[test]
        fn text_survives_escaping_and_reading(text in "\\PC*[\\r\\n\\t<>&\"']{0,9}\\PC*") {
            prop_assume!(unwritable(&text).is_none());
            let document = format!("<a><v>{}</v></a>", escape(&text));
            let got = leaves(&document).unwrap();
            prop_assert_eq!(&got[0].1, &text);
        }
    }
}

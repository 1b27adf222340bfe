//! Reading a TOML file key by key, so that every problem carries its line and all of them are told together.

use super::secrets::SecretRef;
use super::suggest::hint;
use std::ops::Range;
use std::path::PathBuf;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Most problems told at once.
pub const PROBLEMS_MAX: usize = 50;

/// One thing wrong with a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line in the file, from 1.
    pub line: usize,
    /// Where in the file: `system "pvx", password`.
    pub key: String,
    /// What is wrong and what to write instead. Never holds a value that may be a secret.
    pub text: String,
}

/// The problems found so far in one file.
pub(super) struct Problems<'s> {
    source: &'s str,
    pub list: Vec<Problem>,
}

impl<'s> Problems<'s> {
    pub fn new(source: &'s str) -> Self {
        Self {
            source,
            list: Vec::new(),
        }
    }

    /// Adds a problem at a place of the file.
    pub fn add(&mut self, at: &Range<usize>, key: impl Into<String>, text: impl Into<String>) {
        let upto = self.source.len().min(at.start);
        let line = 1 + self.source.as_bytes()[..upto]
            .iter()
            .filter(|b| **b == b'\n')
            .count();
        let problem = Problem {
            line,
            key: key.into(),
            text: text.into(),
        };
        if self.list.len() < PROBLEMS_MAX && !self.list.contains(&problem) {
            self.list.push(problem);
        }
    }
}

/// A table being read. Keys that were never asked for are unknown keys.
pub(super) struct Section<'t, 's> {
    /// What the table is, for messages: `system "pvx"`; empty for the file itself.
    pub what: String,
    pub table: &'t DeTable<'s>,
    pub at: Range<usize>,
    known: Vec<&'static str>,
}

/// A value with its place.
pub(super) struct At<T> {
    pub value: T,
    pub at: Range<usize>,
}

/// The TOML name of a value's type.
pub(super) fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl<'t, 's> Section<'t, 's> {
    pub fn new(what: impl Into<String>, table: &'t DeTable<'s>, at: Range<usize>) -> Self {
        Self {
            what: what.into(),
            table,
            at,
            known: Vec::new(),
        }
    }

    /// How messages call a key of this table.
    pub fn name(&self, key: &str) -> String {
        if self.what.is_empty() {
            key.to_owned()
        } else {
            format!("{}, {key}", self.what)
        }
    }

    /// The raw value of a key.
    pub fn get(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'s>>> {
        self.known.push(key);
        self.table.get(key)
    }

    fn wrong_type(&self, p: &mut Problems<'_>, key: &str, v: &Spanned<DeValue<'_>>, want: &str) {
        let text = format!("{want} is expected, not {}", type_name(v.get_ref()));
        p.add(&v.span(), self.name(key), text);
    }

    /// Text that may be absent; blank text is a problem.
    pub fn text(&mut self, p: &mut Problems<'_>, key: &'static str) -> Option<At<String>> {
        let v = self.get(key)?;
        match v.get_ref() {
            DeValue::String(s) if s.trim().is_empty() => {
                p.add(&v.span(), self.name(key), "must not be empty");
                None
            }
            DeValue::String(s) => Some(At {
                value: s.clone().into_owned(),
                at: v.span(),
            }),
            _ => {
                self.wrong_type(p, key, v, "text in quotes");
                None
            }
        }
    }

    /// Text that must be there.
    pub fn required(&mut self, p: &mut Problems<'_>, key: &'static str) -> Option<At<String>> {
        self.must_exist(p, key);
        self.text(p, key)
    }

    fn must_exist(&self, p: &mut Problems<'_>, key: &str) {
        if !self.table.contains_key(key) {
            p.add(&self.at, self.name(key), "is missing");
        }
    }

    /// A list of texts; absent is empty.
    pub fn texts(&mut self, p: &mut Problems<'_>, key: &'static str) -> Vec<String> {
        let Some(v) = self.get(key) else {
            return Vec::new();
        };
        match v.get_ref() {
            DeValue::Array(items)
                if items
                    .iter()
                    .all(|i| matches!(i.get_ref(), DeValue::String(_))) =>
            {
                items
                    .iter()
                    .filter_map(|i| match i.get_ref() {
                        DeValue::String(s) => Some(s.clone().into_owned()),
                        _ => None,
                    })
                    .collect()
            }
            _ => {
                self.wrong_type(p, key, v, "a list of texts");
                Vec::new()
            }
        }
    }

    /// A table under a key.
    pub fn table(&mut self, p: &mut Problems<'_>, key: &'static str) -> Option<Section<'t, 's>> {
        let v = self.get(key)?;
        match v.get_ref() {
            DeValue::Table(t) => Some(Section::new(self.name(key), t, v.span())),
            _ => {
                self.wrong_type(p, key, v, "a table");
                None
            }
        }
    }

    /// The tables of `[[key]]`.
    pub fn tables(
        &mut self,
        p: &mut Problems<'_>,
        key: &'static str,
    ) -> Vec<(&'t DeTable<'s>, Range<usize>)> {
        let Some(v) = self.get(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = v.get_ref() else {
            self.wrong_type(p, key, v, &format!("a list of tables ([[{key}]])"));
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in items.iter() {
            match item.get_ref() {
                DeValue::Table(t) => out.push((t, item.span())),
                _ => self.wrong_type(p, key, item, "a table"),
            }
        }
        out
    }

    /// A secret's reference that may be absent.
    pub fn secret(&mut self, p: &mut Problems<'_>, key: &'static str) -> Option<SecretRef> {
        let v = self.get(key)?;
        let name = self.name(key);
        let DeValue::Table(t) = v.get_ref() else {
            // The value is not repeated: it may be the secret itself.
            p.add(
                &v.span(),
                name,
                format!("a secret may not stand in the file; write {key} = {{ env = \"NAME\" }}, {{ file = \"PATH\" }} or {{ command = [\"program\", \"argument\"] }}"),
            );
            return None;
        };
        let mut inner = Section::new(name.clone(), t, v.span());
        let env = inner.text(p, "env").map(|t| SecretRef::Env(t.value));
        let file = inner
            .text(p, "file")
            .map(|t| SecretRef::File(PathBuf::from(t.value)));
        let words = inner.texts(p, "command");
        let command = (!words.is_empty()).then_some(SecretRef::Command(words));
        inner.finish(p);
        let mut found = [env, file, command].into_iter().flatten();
        match (found.next(), found.next()) {
            (Some(one), None) => Some(one),
            (Some(_), Some(_)) => {
                p.add(
                    &v.span(),
                    name,
                    "names two places; keep one of env, file, command",
                );
                None
            }
            (None, _) if t.is_empty() => {
                p.add(
                    &v.span(),
                    name,
                    "names no place; write one of env, file, command",
                );
                None
            }
            (None, _) => None,
        }
    }

    /// A secret's reference that must be there.
    pub fn required_secret(
        &mut self,
        p: &mut Problems<'_>,
        key: &'static str,
    ) -> Option<SecretRef> {
        self.must_exist(p, key);
        self.secret(p, key)
    }

    /// Reports every key nobody asked for.
    pub fn finish(self, p: &mut Problems<'_>) {
        for (key, value) in self.table {
            let word = key.get_ref().as_ref();
            if !self.known.contains(&word) {
                let at = if key.span().is_empty() {
                    value.span()
                } else {
                    key.span()
                };
                let shown = crate::text::clean_to(word, 60);
                let text = format!("unknown key{}", hint(word, self.known.iter().copied()));
                p.add(&at, self.name(&shown), text);
            }
        }
    }
}

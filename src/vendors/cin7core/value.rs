//! Members of an answer, read tolerantly and named when they cannot be used. Absent, null and blank are alike (Cin7 Core
//! writes `null` in some places and `""` in others for one field), numbers may come as text and flags as `"false"` or 1.

use super::decimal::Decimal;
use crate::domain::time::Ts;
use crate::text::{clean, clean_to};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime};
use serde_json::Value;
use std::fmt;

/// The GUID that stands for nothing, and for "a new one" in writes.
pub(super) const ZERO_ID: &str = "00000000-0000-0000-0000-000000000000";
/// Longest value quoted in an error, characters.
const SHOWN_CHARS_MAX: usize = 40;
/// Most entries of a list inside one document.
const LINES_MAX: usize = 2_000;

/// A member that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    member: String,
    why: String,
}

impl Fault {
    pub fn new(member: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            member: member.into(),
            why: why.into(),
        }
    }

    /// A required member is absent or blank.
    pub fn missing(member: impl Into<String>) -> Self {
        Self::new(member, "is missing")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.member, self.why)
    }
}

/// A value read, or the member that is at fault.
pub(super) type Read<T> = Result<T, Fault>;

/// A word of a closed vocabulary.
pub(super) trait Word: Sized {
    fn of(text: &str) -> Option<Self>;
}

/// An object of an answer and where it stands. Numbers were turned into text by [`numbers_as_text`].
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Node<'a> {
    /// The whole answer; the members are named without a prefix.
    pub fn root(value: &'a Value) -> Self {
        Self {
            value,
            path: String::new(),
        }
    }

    /// The member by name; `None` when absent or null.
    fn member(&self, name: &str) -> Option<&'a Value> {
        self.value.get(name).filter(|v| !v.is_null())
    }

    /// Whether the member stands there with something in it.
    pub fn has(&self, name: &str) -> bool {
        self.member(name).is_some()
    }

    /// The name of a member in an error.
    pub fn place(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// A fault of a member, with its value.
    pub fn fault(&self, name: &str, what: &str) -> Fault {
        let shown = match self.member(name) {
            None => "null".to_owned(),
            Some(Value::String(t)) => format!("\"{}\"", clean_to(t, SHOWN_CHARS_MAX)),
            Some(Value::Array(_)) => "a list".to_owned(),
            Some(Value::Object(_)) => "an object".to_owned(),
            Some(other) => other.to_string(),
        };
        Fault::new(self.place(name), format!("is {shown}, which is {what}"))
    }

    /// The bare text of a scalar; `None` when nothing is there.
    fn scalar(&self, name: &str) -> Read<Option<&'a str>> {
        match self.member(name) {
            None => Ok(None),
            Some(Value::String(t)) => Ok(Some(t.trim()).filter(|t| !t.is_empty())),
            Some(Value::Bool(true)) => Ok(Some("true")),
            Some(Value::Bool(false)) => Ok(Some("false")),
            Some(_) => Err(self.fault(name, "not a single value")),
        }
    }

    /// Text for people, cleaned and trimmed; absent is empty.
    pub fn text(&self, name: &str) -> Read<String> {
        let text = self.scalar(name)?.unwrap_or_default();
        Ok(clean(text).trim().to_owned())
    }

    /// Text that must be there.
    pub fn need_text(&self, name: &str) -> Read<String> {
        let text = self.text(name)?;
        if text.is_empty() {
            return Err(Fault::missing(self.place(name)));
        }
        Ok(text)
    }

    /// An identifier: cleaned, GUIDs in lower case (both cases are seen for one object). `None` when nothing is there or
    /// it is the GUID of zeros.
    pub fn id(&self, name: &str) -> Read<Option<String>> {
        let text = normal_id(&self.text(name)?);
        Ok(Some(text).filter(|t| !t.is_empty() && t != ZERO_ID))
    }

    /// An identifier that must be there.
    pub fn need_id(&self, name: &str) -> Read<String> {
        self.id(name)?
            .ok_or_else(|| Fault::missing(self.place(name)))
    }

    /// A figure; `None` when nothing is there.
    pub fn decimal(&self, name: &str) -> Read<Option<Decimal>> {
        match self.scalar(name)? {
            None => Ok(None),
            Some(text) => Decimal::parse(text)
                .map(Some)
                .ok_or_else(|| self.fault(name, "not a number")),
        }
    }

    /// A figure; absent is zero.
    pub fn amount(&self, name: &str) -> Read<Decimal> {
        Ok(self.decimal(name)?.unwrap_or_default())
    }

    /// A figure that must be there.
    pub fn need_decimal(&self, name: &str) -> Read<Decimal> {
        self.decimal(name)?
            .ok_or_else(|| Fault::missing(self.place(name)))
    }

    /// A quantity of goods that must be there: not negative, parts of a unit allowed.
    pub fn quantity(&self, name: &str) -> Read<Decimal> {
        let figure = self.need_decimal(name)?;
        if figure.is_negative() {
            return Err(self.fault(name, "negative"));
        }
        Ok(figure)
    }

    /// A whole number; `None` when nothing is there.
    pub fn whole(&self, name: &str) -> Read<Option<i64>> {
        match self.decimal(name)? {
            None => Ok(None),
            Some(figure) => figure
                .as_whole()
                .map(Some)
                .ok_or_else(|| self.fault(name, "not a whole number")),
        }
    }

    /// A flag; absent is false.
    pub fn flag(&self, name: &str) -> Read<bool> {
        let text = self.scalar(name)?.unwrap_or("false");
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(self.fault(name, "neither true nor false")),
        }
    }

    /// A point in time. Cin7 Core's audit stamps are UTC with `Z` and 0 to 7 fraction digits; one without a zone is
    /// taken as UTC.
    pub fn time(&self, name: &str) -> Read<Option<Ts>> {
        let Some(text) = self.scalar(name)? else {
            return Ok(None);
        };
        let at = DateTime::parse_from_rfc3339(text)
            .map(|at| at.to_utc())
            .ok()
            .or_else(|| Some(parse_moment(text)?.and_utc()))
            .ok_or_else(|| self.fault(name, "not a date"))?;
        Ok((at.year() > 1).then(|| Ts::from_utc(at)))
    }

    /// A business date (`OrderDate`, `ShipBy`, `ShipmentDate` …) as the tenant's calendar has it, not a point in time.
    pub fn moment(&self, name: &str) -> Read<Option<NaiveDateTime>> {
        let Some(text) = self.scalar(name)? else {
            return Ok(None);
        };
        let at = parse_moment(text).ok_or_else(|| self.fault(name, "not a date"))?;
        Ok((at.year() > 1).then_some(at))
    }

    /// As [`Node::moment`], the day only.
    pub fn day(&self, name: &str) -> Read<Option<NaiveDate>> {
        Ok(self.moment(name)?.map(|at| at.date()))
    }

    /// A word of a closed vocabulary, case ignored; `None` when nothing is there. An unknown word is a fault: it is
    /// never guessed.
    pub fn word<W: Word>(&self, name: &str) -> Read<Option<W>> {
        match self.scalar(name)? {
            None => Ok(None),
            Some(text) => W::of(text)
                .map(Some)
                .ok_or_else(|| self.fault(name, "not a known value")),
        }
    }

    /// A word that must be there.
    pub fn need_word<W: Word>(&self, name: &str) -> Read<W> {
        self.word(name)?
            .ok_or_else(|| Fault::missing(self.place(name)))
    }

    /// An object inside; `None` when absent.
    pub fn child(&self, name: &str) -> Read<Option<Node<'a>>> {
        match self.member(name) {
            None => Ok(None),
            Some(value @ Value::Object(_)) => Ok(Some(Self {
                value,
                path: self.place(name),
            })),
            Some(_) => Err(self.fault(name, "not an object")),
        }
    }

    /// A list of objects inside a document; absent is empty.
    pub fn list(&self, name: &str) -> Read<Vec<Node<'a>>> {
        if !self.has(name) {
            return Ok(Vec::new());
        }
        let rows = self.need_list(name)?;
        if rows.len() > LINES_MAX {
            let why = format!("holds more than {LINES_MAX} entries");
            return Err(Fault::new(self.place(name), why));
        }
        if let Some(odd) = rows.iter().find(|r| !r.value.is_object()) {
            return Err(Fault::new(odd.path.clone(), "is not an object"));
        }
        Ok(rows)
    }

    /// The list of an answer; it must be there.
    pub fn need_list(&self, name: &str) -> Read<Vec<Node<'a>>> {
        match self.member(name) {
            None => Err(Fault::missing(self.place(name))),
            Some(Value::Array(rows)) => Ok(rows
                .iter()
                .enumerate()
                .map(|(at, value)| Self {
                    value,
                    path: format!("{}[{}]", self.place(name), at + 1),
                })
                .collect()),
            Some(_) => Err(self.fault(name, "not a list")),
        }
    }

    /// Entries of an answer that is itself a list.
    pub fn entries(&self) -> Option<Vec<Node<'a>>> {
        let rows = self.value.as_array()?;
        let named = rows.iter().enumerate().map(|(at, value)| Self {
            value,
            path: format!("[{}]", at + 1),
        });
        Some(named.collect())
    }

    /// The same object, its members named without a prefix: for documents that are named otherwise.
    pub fn bare(&self) -> Self {
        Self::root(self.value)
    }
}

fn parse_moment(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim_end_matches(['Z', 'z']);
    for form in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"] {
        if let Ok(at) = NaiveDateTime::parse_from_str(text, form) {
            return Some(at);
        }
    }
    // Webhooks write some dates as 05/03/2026: day first.
    ["%Y-%m-%d", "%d/%m/%Y"]
        .iter()
        .find_map(|form| NaiveDate::parse_from_str(text, form).ok())
        .map(|day| day.and_time(NaiveTime::MIN))
}

/// A GUID in lower case; anything else as it is.
pub(super) fn normal_id(text: &str) -> String {
    if is_guid(text) {
        text.to_ascii_lowercase()
    } else {
        text.to_owned()
    }
}

/// Whether a text has the form of a GUID: 8-4-4-4-12 hexadecimal digits.
pub(super) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// JSON with every number in quotation marks, so that its digits survive reading as they were written.
pub(super) fn numbers_as_text(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len() + json.len() / 8);
    let mut at = 0;
    let mut is_text = false;
    while let Some(&b) = json.get(at) {
        if is_text && b == b'\\' {
            out.extend_from_slice(&json[at..json.len().min(at + 2)]);
            at += 2;
            continue;
        }
        if b == b'"' {
            is_text = !is_text;
        }
        if is_text || !(b == b'-' || b.is_ascii_digit()) {
            out.push(b);
            at += 1;
            continue;
        }
        let rest = &json[at..];
        let is_digit = |c: &u8| c.is_ascii_digit() || matches!(c, b'-' | b'+' | b'.' | b'e' | b'E');
        let len = rest.iter().position(|c| !is_digit(c)).unwrap_or(rest.len());
        out.push(b'"');
        out.extend_from_slice(&rest[..len]);
        out.push(b'"');
        at += len;
    }
    out
}

//! One JSON value of an answer, read tolerantly: absent and null are alike, numbers may come as text, flags as numbers,
//! enums by name or ordinal. What cannot be read is named by its member, never guessed.

use crate::domain::time::Ts;
use crate::text::{clean, clean_to};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Largest amount of money read, in whole units of the currency; beyond it a figure is a mistake.
const MONEY_MAX: i128 = 1_000_000_000_000;
/// Longest value quoted in an error, characters.
const SHOWN_CHARS_MAX: usize = 40;
/// Largest whole number a double holds exactly (2^53).
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// A value as it stood in the answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Scalar {
    /// Absent or null.
    #[default]
    Absent,
    Flag(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// A list or an object where a single value is due: which of them.
    Odd(&'static str),
}

/// A member that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub member: String,
    pub why: String,
}

impl Fault {
    /// A required member is absent or null.
    pub fn missing(member: &str) -> Self {
        Self {
            member: member.to_owned(),
            why: "is missing".to_owned(),
        }
    }

    /// A member holds something that is not what it has to be.
    pub fn is(member: &str, value: &Scalar, what: &str) -> Self {
        Self {
            member: member.to_owned(),
            why: format!("is {}, which is {what}", value.shown()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.member, self.why)
    }
}

/// A value read, or the member that is at fault.
pub(super) type Read<T> = Result<T, Fault>;

impl Scalar {
    /// The value in an error text.
    fn shown(&self) -> String {
        match self {
            Self::Absent => "null".to_owned(),
            Self::Flag(b) => b.to_string(),
            Self::Int(n) => n.to_string(),
            Self::Float(x) => x.to_string(),
            Self::Text(t) => format!("\"{}\"", clean_to(t, SHOWN_CHARS_MAX)),
            Self::Odd(what) => (*what).to_owned(),
        }
    }

    /// Nothing there: absent, null, blank text, or the text `null` where text is not meant.
    pub fn is_void(&self) -> bool {
        match self {
            Self::Absent => true,
            Self::Text(t) => t.trim().is_empty() || t.trim().eq_ignore_ascii_case("null"),
            _ => false,
        }
    }

    /// Text for people, cleaned; absent is empty.
    pub fn text(&self, member: &str) -> Read<String> {
        match self {
            Self::Absent => Ok(String::new()),
            Self::Text(t) => Ok(clean(t)),
            Self::Int(n) => Ok(n.to_string()),
            Self::Float(x) => Ok(x.to_string()),
            Self::Flag(b) => Ok(b.to_string()),
            Self::Odd(_) => Err(Fault::is(member, self, "not a text")),
        }
    }

    /// An identifier: trimmed, cleaned, GUIDs in lower case; `None` when nothing is there.
    pub fn id(&self, member: &str) -> Read<Option<String>> {
        if self.is_void() {
            return Ok(None);
        }
        match self {
            Self::Text(_) | Self::Int(_) => {
                let text = self.text(member)?;
                Ok(Some(normal_id(text.trim())))
            }
            _ => Err(Fault::is(member, self, "not an identifier")),
        }
    }

    /// A whole number; also `3.0` and `"3"`.
    pub fn whole(&self, member: &str) -> Read<Option<i64>> {
        if self.is_void() {
            return Ok(None);
        }
        let n = match self {
            Self::Int(n) => Some(*n),
            Self::Float(x) => whole_of(*x),
            Self::Text(t) => {
                let t = t.trim();
                t.parse::<i64>()
                    .ok()
                    .or_else(|| t.parse::<f64>().ok().and_then(whole_of))
            }
            _ => None,
        };
        n.map(Some)
            .ok_or_else(|| Fault::is(member, self, "not a whole number"))
    }

    /// A quantity of goods: whole and not negative.
    pub fn quantity(&self, member: &str) -> Read<Option<i64>> {
        match self.whole(member)? {
            Some(n) if n < 0 => Err(Fault::is(member, self, "negative")),
            other => Ok(other),
        }
    }

    /// Money in minor units (hundredths), from the decimal text of the number, halves away from zero after noise of
    /// doubles beyond the sixth digit is rounded off. Absent is zero.
    pub fn minor(&self, member: &str) -> Read<i64> {
        if self.is_void() {
            return Ok(0);
        }
        let read = match self {
            Self::Int(n) => minor_of(&n.to_string()),
            Self::Float(x) => minor_of(&x.to_string()),
            Self::Text(t) => {
                let t = t.trim();
                minor_of(t).or_else(|| t.parse::<f64>().ok().and_then(|x| minor_of(&x.to_string())))
            }
            _ => None,
        };
        read.ok_or_else(|| Fault::is(member, self, "not an amount of money"))
    }

    /// A flag: a boolean, 0 or 1, or either as text.
    pub fn flag(&self, member: &str) -> Read<Option<bool>> {
        if self.is_void() {
            return Ok(None);
        }
        let read = match self {
            Self::Flag(b) => Some(*b),
            Self::Int(0) => Some(false),
            Self::Int(1) => Some(true),
            Self::Text(t) => match t.trim().to_ascii_lowercase().as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        };
        read.map(Some)
            .ok_or_else(|| Fault::is(member, self, "neither true nor false"))
    }

    /// Money that must be there; otherwise as [`Self::minor`].
    pub fn amount(&self, member: &str) -> Read<i64> {
        if self.is_void() {
            return Err(Fault::missing(member));
        }
        self.minor(member)
    }

    /// A point in time. Linnworks writes ISO 8601 in UTC with 0 to 7 fraction digits, year 1 meaning "none"; SHOPLINE
    /// writes a numeric offset, in some places without its colon.
    pub fn time(&self, member: &str) -> Read<Option<Ts>> {
        if self.is_void() {
            return Ok(None);
        }
        let Self::Text(text) = self else {
            return Err(Fault::is(member, self, "not a date"));
        };
        let at = parse_time(text.trim()).ok_or_else(|| Fault::is(member, self, "not a date"))?;
        Ok((at.year() > 1).then(|| Ts::from_utc(at)))
    }

    /// The position of an enum value: its ordinal, or the place of its name in `names` (case ignored).
    pub fn ordinal(&self, member: &str, names: &[&str]) -> Read<Option<usize>> {
        if self.is_void() {
            return Ok(None);
        }
        let by_name = match self {
            Self::Text(t) => names.iter().position(|n| n.eq_ignore_ascii_case(t.trim())),
            _ => None,
        };
        let at = match (by_name, self.whole(member)) {
            (Some(at), _) => Some(at),
            (None, Ok(Some(n))) => usize::try_from(n).ok().filter(|n| *n < names.len()),
            _ => None,
        };
        at.map(Some)
            .ok_or_else(|| Fault::is(member, self, "not a known value"))
    }

    /// The value to be sent back unchanged; `None` when nothing is there.
    pub fn as_json(&self) -> Option<serde_json::Value> {
        match self {
            Self::Absent | Self::Odd(_) => None,
            Self::Flag(b) => Some((*b).into()),
            Self::Int(n) => Some((*n).into()),
            Self::Float(x) => serde_json::Number::from_f64(*x).map(Into::into),
            Self::Text(t) => Some(t.clone().into()),
        }
    }
}

/// A GUID in lower case; anything else as it is.
pub(super) fn normal_id(text: &str) -> String {
    if is_guid(text.as_bytes()) {
        text.to_ascii_lowercase()
    } else {
        text.to_owned()
    }
}

/// Whether bytes have the form of a GUID: 8-4-4-4-12 hexadecimal digits.
pub(super) fn is_guid(bytes: &[u8]) -> bool {
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

fn whole_of(x: f64) -> Option<i64> {
    // The range check makes the conversion exact.
    (x.fract() == 0.0 && x.abs() <= EXACT_MAX).then_some(x as i64)
}

fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    if let Ok(at) = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z") {
        return Some(at.to_utc());
    }
    for form in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"] {
        if let Ok(at) = NaiveDateTime::parse_from_str(text, form) {
            return Some(at.and_utc());
        }
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(date.and_hms_opt(0, 0, 0)?.and_utc())
}

/// Hundredths from plain decimal text.
fn minor_of(text: &str) -> Option<i64> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let whole: i128 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok().filter(|n| *n <= MONEY_MAX)?
    };
    let mut millionths = whole * 1_000_000;
    let mut place = 100_000;
    for (at, b) in fraction.bytes().take(7).enumerate() {
        let digit = i128::from(b - b'0');
        if at < 6 {
            millionths += digit * place;
            place /= 10;
        } else if digit >= 5 {
            millionths += 1;
        }
    }
    let hundredths = i64::try_from((millionths + 5_000) / 10_000).ok()?;
    Some(if is_negative { -hundredths } else { hundredths })
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Absent)
    }

    fn visit_none<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Absent)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Scalar, D::Error> {
        Scalar::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar::Flag(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
        Ok(i64::try_from(value).map_or_else(|_| Scalar::Text(value.to_string()), Scalar::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Scalar, E> {
        Ok(Scalar::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Odd("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Scalar, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Odd("an object"))
    }
}

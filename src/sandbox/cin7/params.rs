//! What a call brings: parameters of the query and members of the body, names matched ignoring case, unknown ones
//! ignored in silence.

use super::decimal::Dec;
use crate::domain::time::Ts;
use crate::sandbox::lw::params::{bool_of, form_pairs, member, text_of};
use crate::sandbox::rng::Guid;
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde_json::Value;

/// Why a call is refused: a status, and one text per problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub problems: Vec<String>,
}

impl Refusal {
    /// 400 with one problem.
    pub fn bad(problem: impl Into<String>) -> Self {
        Self {
            status: 400,
            problems: vec![problem.into()],
        }
    }

    /// A required member is not there.
    pub fn missing(name: &str) -> Self {
        Self::bad(format!("Required attribute '{name}' not provided."))
    }

    /// A value outside its vocabulary.
    pub fn invalid(name: &str) -> Self {
        Self::bad(format!("Attribute '{name}' is invalid."))
    }
}

/// Reads members of a JSON object, tolerantly: numbers and flags also as text.
#[derive(Debug, Clone)]
pub struct Body(pub Value);

impl Body {
    /// The member, unless absent or null.
    pub fn get(&self, name: &str) -> Option<&Value> {
        member(&self.0, name)
    }

    /// A text, trimmed; `None` when absent or blank.
    pub fn text(&self, name: &str) -> Option<String> {
        let text = text_of(self.get(name)?).trim().to_owned();
        Some(text).filter(|t| !t.is_empty())
    }

    /// A text that must be there.
    pub fn need_text(&self, name: &str) -> Result<String, Refusal> {
        self.text(name).ok_or_else(|| Refusal::missing(name))
    }

    /// A GUID; `None` when absent.
    pub fn guid(&self, name: &str) -> Result<Option<Guid>, Refusal> {
        guid(name, self.text(name))
    }

    /// A GUID that must be there.
    pub fn need_guid(&self, name: &str) -> Result<Guid, Refusal> {
        self.guid(name)?.ok_or_else(|| Refusal::missing(name))
    }

    /// A figure; `None` when absent.
    pub fn dec(&self, name: &str) -> Result<Option<Dec>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => Dec::read(value)
                .map(Some)
                .ok_or_else(|| Refusal::invalid(name)),
        }
    }

    /// A flag; `None` when absent or unreadable.
    pub fn flag(&self, name: &str) -> Option<bool> {
        bool_of(self.get(name)?)
    }

    /// A calendar date; `None` when absent.
    pub fn day(&self, name: &str) -> Result<Option<NaiveDate>, Refusal> {
        match self.text(name) {
            None => Ok(None),
            Some(text) => day_of(&text)
                .map(Some)
                .ok_or_else(|| Refusal::invalid(name)),
        }
    }

    /// A list of objects; absent is empty.
    pub fn list(&self, name: &str) -> Vec<Self> {
        match self.get(name) {
            Some(Value::Array(rows)) => rows.iter().cloned().map(Self).collect(),
            _ => Vec::new(),
        }
    }
}

fn guid(name: &str, text: Option<String>) -> Result<Option<Guid>, Refusal> {
    match text {
        None => Ok(None),
        Some(text) => Guid::parse(&text)
            .map(Some)
            .ok_or_else(|| Refusal::bad(format!("{name} parameter must be of GUID type"))),
    }
}

/// A date in any of the accepted forms; a time of day is cut off.
pub fn day_of(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()
}

/// A moment; without a zone it is UTC.
pub fn moment_of(text: &str) -> Option<Ts> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(Ts::from_utc(at.to_utc()));
    }
    let naive = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")
        .ok()
        .or_else(|| day_of(text).and_then(|d| d.and_hms_opt(0, 0, 0)))?;
    Some(Ts::from_utc(naive.and_utc()))
}

/// Rows a page has when nobody says.
const LIMIT_DEFAULT: usize = 100;
/// Most rows of a page.
const LIMIT_MAX: usize = 1_000;

/// Parameters of a query.
#[derive(Debug, Clone, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads them.
    pub fn read(query: Option<&str>) -> Self {
        Self(form_pairs(query.unwrap_or("")))
    }

    /// A parameter's text; `None` when absent or blank.
    pub fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, v)| v.trim()).filter(|v| !v.is_empty())
    }

    /// A GUID; `None` when absent.
    pub fn guid(&self, name: &str) -> Result<Option<Guid>, Refusal> {
        guid(name, self.text(name).map(str::to_owned))
    }

    /// A GUID that must be there.
    pub fn need_guid(&self, name: &str) -> Result<Guid, Refusal> {
        self.guid(name)?
            .ok_or_else(|| Refusal::bad(format!("{name} parameter must be of GUID type")))
    }

    /// A flag; absent is off.
    pub fn flag(&self, name: &str) -> bool {
        self.text(name)
            .is_some_and(|t| t == "1" || t.eq_ignore_ascii_case("true"))
    }

    /// A moment; unreadable ones are ignored like everything unknown.
    pub fn moment(&self, name: &str) -> Option<Ts> {
        moment_of(self.text(name)?)
    }

    /// Page (from 1) and its rows.
    pub fn page(&self) -> (usize, usize) {
        let number = |name: &str| self.text(name).and_then(|t| t.parse::<usize>().ok());
        let limit = number("Limit").unwrap_or(LIMIT_DEFAULT);
        (
            number("Page").unwrap_or(1).max(1),
            limit.clamp(1, LIMIT_MAX),
        )
    }
}

//! Lists in pages: the place in a list travels in the `link` header, opaque, with the filters inside.

use super::wire::{Query, Refusal};
use crate::domain::time::Ts;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How a list pages.
#[derive(Debug, Clone, Copy)]
pub struct Paging {
    /// Rows of a page when not told.
    pub default: usize,
    pub max: usize,
    /// What becomes of a larger page: `Some(status)` is answered, `None` cuts to the largest.
    pub above: Option<u16>,
}

/// Where a page starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Start,
    After(String),
    Before(String),
}

/// A page that is asked for: what, from where, how many.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Filters of the first page; what the caller sends beside a cursor is ignored.
    pub filters: Query,
    pub place: Place,
    pub limit: usize,
    pub fields: Option<Vec<String>>,
}

/// A page of positions, and the cursors of its neighbours.
#[derive(Debug, Clone)]
pub struct Page {
    pub rows: Vec<usize>,
    pub next: Option<String>,
    pub previous: Option<String>,
}

impl Ask {
    /// Reads what page a query asks for.
    ///
    /// # Errors
    /// Refused: page size of wrong form or too large, a cursor that is not one or too old.
    pub fn read(query: &Query, paging: Paging, now: Ts) -> Result<Self, Refusal> {
        let fields = query
            .list("fields")
            .map(|f| f.into_iter().map(str::to_owned).collect());
        let asked = match query.get("limit") {
            None => None,
            Some(text) => Some(
                text.parse::<usize>()
                    .ok()
                    .filter(|n| *n > 0)
                    .ok_or_else(|| Refusal::bad("limit is invalid"))?,
            ),
        };
        let (filters, place, held) = match query.get("page_info") {
            Some(text) => {
                let cursor = Cursor::read(text, now)?;
                (cursor.filters, cursor.place, Some(cursor.limit))
            }
            None => {
                let place = match query.get("since_id") {
                    Some(id) => Place::After(id.to_owned()),
                    None => Place::Start,
                };
                (query.clone(), place, None)
            }
        };
        let limit = asked.or(held).unwrap_or(paging.default);
        let limit = match paging.above {
            Some(status) if limit > paging.max => return Err(Refusal::new(status, "system error")),
            _ => limit.min(paging.max),
        };
        Ok(Self {
            filters,
            place,
            limit,
            fields,
        })
    }

    /// Cuts the page out of all matching rows, which stand in the list's order. `id` names a row; `is_before` tells
    /// whether one id stands before another in that order.
    pub fn cut<'a>(
        &self,
        all: &[usize],
        id: impl Fn(usize) -> &'a str,
        is_before: impl Fn(&str, &str) -> bool,
        until: Ts,
    ) -> Page {
        let (from, to) = match &self.place {
            Place::Start => (0, self.limit.min(all.len())),
            Place::After(mark) => {
                let from = all
                    .iter()
                    .position(|ix| is_before(mark, id(*ix)))
                    .unwrap_or(all.len());
                (from, (from + self.limit).min(all.len()))
            }
            Place::Before(mark) => {
                let to = all
                    .iter()
                    .position(|ix| !is_before(id(*ix), mark))
                    .unwrap_or(all.len());
                (to.saturating_sub(self.limit), to)
            }
        };
        let rows = all[from..to].to_vec();
        let cursor = |place: Place| {
            let cursor = Cursor {
                filters: self.filters.clone(),
                place,
                limit: self.limit,
            };
            cursor.write(until)
        };
        let next = rows
            .last()
            .filter(|_| to < all.len())
            .map(|ix| cursor(Place::After(id(*ix).to_owned())));
        let previous = rows
            .first()
            .filter(|_| from > 0 && self.place != Place::Start)
            .map(|ix| cursor(Place::Before(id(*ix).to_owned())));
        Page {
            rows,
            next,
            previous,
        }
    }
}

/// Numerical order of decimal ids of any length.
pub fn id_before(one: &str, other: &str) -> bool {
    (one.len(), one) < (other.len(), other)
}

/// The value of the `link` header; `None` when there is nothing to link.
pub fn link(address: &str, limit: usize, page: &Page) -> Option<String> {
    let one = |cursor: &String, rel: &str| {
        format!("<{address}?limit={limit}&page_info={cursor}>; rel=\"{rel}\"")
    };
    let links: Vec<String> = page
        .next
        .iter()
        .map(|c| one(c, "next"))
        .chain(page.previous.iter().map(|c| one(c, "previous")))
        .collect();
    (!links.is_empty()).then(|| links.join(","))
}

struct Cursor {
    filters: Query,
    place: Place,
    limit: usize,
}

impl Cursor {
    /// Upper-case hexadecimal digits, as live orders have them.
    fn write(&self, until: Ts) -> String {
        let (mark, direction) = match &self.place {
            Place::Start => ("", "next"),
            Place::After(mark) => (mark.as_str(), "next"),
            Place::Before(mark) => (mark.as_str(), "previous"),
        };
        let filters: BTreeMap<&str, &str> = self
            .filters
            .0
            .iter()
            .filter(|(name, _)| {
                !matches!(name.as_str(), "limit" | "fields" | "page_info" | "since_id")
            })
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let text = json!({
            "sinceId": mark, "direction": direction, "limit": self.limit, "filters": filters,
            "until": until.unix_secs(),
        })
        .to_string();
        text.bytes().fold(String::new(), |mut out, byte| {
            let _ = write!(out, "{byte:02X}");
            out
        })
    }

    fn read(text: &str, now: Ts) -> Result<Self, Refusal> {
        let refusal = || Refusal::bad("page_info is invalid");
        let bytes: Option<Vec<u8>> = text
            .as_bytes()
            .chunks(2)
            .map(|pair| {
                let pair = std::str::from_utf8(pair).ok().filter(|p| p.len() == 2)?;
                u8::from_str_radix(pair, 16).ok()
            })
            .collect();
        let value: Value = bytes
            .and_then(|b| serde_json::from_slice(&b).ok())
            .ok_or_else(refusal)?;
        if value["until"].as_i64().ok_or_else(refusal)? < now.unix_secs() {
            return Err(Refusal::bad("page_info is expired"));
        }
        let mark = value["sinceId"].as_str().ok_or_else(refusal)?.to_owned();
        let place = match value["direction"].as_str() {
            Some("previous") => Place::Before(mark),
            _ => Place::After(mark),
        };
        let filters = value["filters"].as_object().ok_or_else(refusal)?;
        let filters = filters
            .iter()
            .filter_map(|(name, v)| Some((name.clone(), v.as_str()?.to_owned())))
            .collect();
        let limit = value["limit"].as_u64().ok_or_else(refusal)?;
        Ok(Self {
            filters: Query(filters),
            place,
            limit: usize::try_from(limit).map_err(|_| refusal())?,
        })
    }
}

//! What a check finds out about one system, collected in the order it was found.

use super::transport::clock_skew;
use super::{CallError, Finding};
use crate::domain::time::{Span, Ts};
use http::HeaderMap;

/// A clock that differs by more than this is worth a word.
pub(super) const SKEW_MAX: Span = Span::mins(1);
/// Names listed in one finding.
const NAMES_MAX: usize = 10;

/// Findings about a system of one vendor.
pub(super) struct Findings {
    /// Before every subject: `linnworks locations`.
    prefix: &'static str,
    /// The vendor as people write it.
    vendor: &'static str,
    made: Vec<Finding>,
}

impl Findings {
    pub(super) const fn new(prefix: &'static str, vendor: &'static str) -> Self {
        Self {
            prefix,
            vendor,
            made: Vec::new(),
        }
    }

    fn add(&mut self, is_ok: bool, what: &str, found: String) {
        self.made.push(Finding {
            is_ok,
            what: format!("{} {what}", self.prefix),
            found,
        });
    }

    pub(super) fn good(&mut self, what: &str, found: impl Into<String>) {
        self.add(true, what, found.into());
    }

    pub(super) fn bad(&mut self, what: &str, found: impl Into<String>) {
        self.add(false, what, found.into());
    }

    /// Whether something may be done at all: the error of a harmless try tells.
    pub(super) fn permission(&mut self, what: &str, error: Option<&CallError>) {
        match error {
            None => self.good(what, "allowed"),
            Some(error) => self.bad(what, error.to_string()),
        }
    }

    /// Names that mappings can use; `has_more` when they are only the first of a longer list.
    pub(super) fn list(&mut self, what: &str, names: &[&str], has_more: bool) {
        if names.is_empty() {
            return self.bad(what, "none; nothing can be mapped");
        }
        self.good(what, named(names, has_more));
    }

    /// As [`Findings::list`], where an empty list is as good as any.
    pub(super) fn any(&mut self, what: &str, names: &[&str]) {
        match names {
            [] => self.good(what, "none"),
            _ => self.good(what, named(names, false)),
        }
    }

    /// Our clock against the `Date` of an answer.
    pub(super) fn clock(&mut self, now: Ts, headers: &HeaderMap) {
        let Some(skew) = clock_skew(now, headers) else {
            return self.good("clock", "the answer carries no time to compare with");
        };
        if skew.0.abs() > SKEW_MAX.0 {
            let text = format!(
                "this machine is {} s away from {}; set its clock by a time server",
                skew.as_secs(),
                self.vendor
            );
            return self.bad("clock", text);
        }
        self.good("clock", format!("within {} s", skew.as_secs().abs()));
    }

    pub(super) fn done(self) -> Vec<Finding> {
        self.made
    }
}

fn named(names: &[&str], has_more: bool) -> String {
    let shown = names[..names.len().min(NAMES_MAX)].join(", ");
    let more = if names.len() > NAMES_MAX || has_more {
        ", …"
    } else {
        ""
    };
    format!("{}: {shown}{more}", names.len())
}

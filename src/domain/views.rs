//! Saved views: what a list shows, kept by name for the whole team.

use super::filter::{self, FieldSpec, lists};
use super::time::Ts;
use serde::Serialize;
use std::fmt;

/// Views kept at most, over all lists.
pub const VIEWS_MAX: usize = 200;
/// Longest name of a view, characters.
pub const VIEW_NAME_CHARS_MAX: usize = 40;

/// A list that has views.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum ListName {
    Exceptions,
    Orders,
    Mappings,
    Stock,
    Lanes,
    Returns,
    Deliveries,
    Audit,
}

impl ListName {
    /// Every list.
    pub const ALL: &'static [Self] = &[
        Self::Exceptions,
        Self::Orders,
        Self::Mappings,
        Self::Stock,
        Self::Lanes,
        Self::Returns,
        Self::Deliveries,
        Self::Audit,
    ];

    /// Its stable name, in the store and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exceptions => "exceptions",
            Self::Orders => "orders",
            Self::Mappings => "mappings",
            Self::Stock => "stock",
            Self::Lanes => "lanes",
            Self::Returns => "returns",
            Self::Deliveries => "deliveries",
            Self::Audit => "audit",
        }
    }

    /// From the stable name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|l| l.as_str() == text)
    }

    /// The fields its filter knows.
    pub const fn fields(self) -> &'static [FieldSpec] {
        match self {
            Self::Exceptions => lists::EXCEPTIONS,
            Self::Orders => lists::ORDERS,
            Self::Mappings => lists::MAPPINGS,
            Self::Stock => lists::STOCK,
            Self::Lanes => lists::STOCK_LANES,
            Self::Returns => lists::RETURNS,
            Self::Deliveries => lists::DELIVERIES,
            Self::Audit => lists::AUDIT,
        }
    }

    /// What it can be sorted by.
    pub const fn sorts(self) -> &'static [&'static str] {
        match self {
            Self::Exceptions => &[
                "promise", "severity", "age", "members", "kind", "value", "state", "team", "person",
            ],
            Self::Orders => &["received", "ship", "number", "state", "value"],
            Self::Mappings => &[
                "kind",
                "from",
                "used",
                "changed",
                "to",
                "last_used",
                "author",
            ],
            Self::Stock => &["risk", "gap", "value", "item"],
            Self::Lanes => &["state", "age", "orders", "waiting", "item"],
            Self::Returns => &["id", "age", "order", "due", "state", "money"],
            Self::Deliveries => &["id", "due", "age"],
            Self::Audit => &["seq"],
        }
    }
}

impl fmt::Display for ListName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a list shows and in which order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct View {
    pub list: ListName,
    pub name: String,
    /// As it is typed.
    pub filter: String,
    pub sort: String,
    pub is_descending: bool,
}

impl View {
    /// The view with its texts cleaned, when it can be kept.
    ///
    /// # Errors
    /// What is wrong with it, for the person who saves it.
    pub fn checked(self) -> Result<Self, String> {
        let name = crate::text::clean(&self.name).trim().to_owned();
        let chars = name.chars().count();
        if chars == 0 {
            return Err("a view needs a name".to_owned());
        }
        if chars > VIEW_NAME_CHARS_MAX {
            return Err(format!(
                "the name has {chars} characters; at most {VIEW_NAME_CHARS_MAX} are kept"
            ));
        }
        let filter = crate::text::clean(&self.filter).trim().to_owned();
        filter::parse(&filter, self.list.fields()).map_err(|e| e.to_string())?;
        if !self.list.sorts().contains(&self.sort.as_str()) {
            return Err(format!(
                "{} cannot be sorted by {:?}; use one of {}",
                self.list,
                crate::text::clean_to(&self.sort, VIEW_NAME_CHARS_MAX),
                self.list.sorts().join(", ")
            ));
        }
        Ok(Self {
            name,
            filter,
            ..self
        })
    }

    /// What tells views of one list apart: the name, whatever its case.
    pub fn key(&self) -> String {
        name_key(&self.name)
    }

    /// In one line: `state:blocked, by ship`.
    pub fn says(&self) -> String {
        let filter = if self.filter.is_empty() {
            "all rows"
        } else {
            &self.filter
        };
        let way = if self.is_descending { ", falling" } else { "" };
        format!("{filter}, by {}{way}", self.sort)
    }
}

/// A name as views are told apart by it.
pub fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}

/// A view in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SavedView {
    #[serde(flatten)]
    pub view: View,
    pub version: i64,
    pub saved_by: String,
    pub saved_at: Ts,
}

/// What is done to the views.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewChange {
    /// Keeps a view; `over` is the version of the one it takes the place of.
    Save { view: View, over: Option<i64> },
    /// Forgets the view of this version.
    Remove {
        list: ListName,
        name: String,
        version: i64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(name: &str, filter: &str, sort: &str) -> View {
        View {
            list: ListName::Orders,
            name: name.to_owned(),
            filter: filter.to_owned(),
            sort: sort.to_owned(),
            is_descending: false,
        }
    }

    #[test]
    fn a_view_that_could_not_be_shown_is_not_kept() {
        let told = |v: View| v.checked().unwrap_err();
        assert!(told(view(" \u{1b} ", "", "ship")).contains("needs a name"));
        assert!(told(view(&"x".repeat(41), "", "ship")).contains("41 characters"));
        assert!(told(view("late", "team:cx", "ship")).contains("team"));
        assert!(told(view("late", "", "postcode")).contains("received, ship"));
    }

    #[test]
    fn names_are_cleaned_and_told_apart_whatever_their_case() {
        let kept = view(" Late\u{1b}[2J DHL ", " ship<0m ", "ship")
            .checked()
            .unwrap();
        assert!(!kept.name.contains('\u{1b}'), "{:?}", kept.name);
        assert_eq!(kept.filter, "ship<0m");
        assert_eq!(
            view("LATE dhl", "", "ship").key(),
            view("Late DHL", "", "ship").key()
        );
    }

    #[test]
    fn every_list_is_found_by_its_name() {
        for list in ListName::ALL {
            assert_eq!(ListName::parse(list.as_str()), Some(*list));
        }
    }
}

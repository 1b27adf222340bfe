//! A detail as a document: a head, tabs of lines, lines that lead somewhere. Built from data, drawn by the view.

use crate::console::theme::Role;
use crate::domain::checks::{Check, Shelf};
use crate::domain::delivery::Flow;
use crate::domain::exception::{ObjectRef, Team};
use crate::domain::ids::{
    BulkId, DeliveryId, ExceptionId, ItemCode, OrderId, PairId, PayloadId, ReturnRef,
};
use crate::domain::movements::LaneKey;
use crate::domain::places::Places;
use crate::handbook::Topic;
use crate::store::read::JournalRow;
use crate::text;
use chrono::NaiveDate;

/// Lines kept in one tab.
pub const TAB_LINES_MAX: usize = 5_000;

/// Something that can be opened as a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    Exception(ExceptionId),
    Order(OrderId),
    Delivery(DeliveryId),
    Item {
        pair: PairId,
        item: ItemCode,
    },
    Flow {
        pair: PairId,
        flow: Flow,
    },
    Payload(PayloadId),
    /// Versions of a pair's mappings.
    Versions {
        pair: PairId,
    },
    /// A lane of stock movements.
    Lane {
        pair: PairId,
        lane: LaneKey,
    },
    /// One journal line, shown from what the list already knows.
    Journal(JournalLine),
    Return {
        pair: PairId,
        reference: ReturnRef,
    },
    /// A text of the handbook, from a line of it on.
    Handbook(Topic, usize),
    /// A line of a sheet of checks; `first` is the first day of its oldest period.
    Check {
        check: &'static Check,
        team: Team,
        first: NaiveDate,
    },
    /// What the shifts of a team told each other.
    HandOvers(Team),
    /// Why things are slow.
    Slow,
    /// Acts on many cases.
    Bulks,
    Bulk(BulkId),
    /// What came too late for the floor.
    LateChanges,
    /// A list under a filter: not a page of its own, but the list itself.
    List {
        shelf: Shelf,
        filter: String,
        pair: Option<PairId>,
    },
}

/// A journal line as a link; its number is its identity.
#[derive(Debug, Clone)]
pub struct JournalLine(pub Box<JournalRow>);

impl PartialEq for JournalLine {
    fn eq(&self, other: &Self) -> bool {
        self.0.seq == other.0.seq
    }
}

impl Eq for JournalLine {}

/// What an object of the journal or of an exception leads to, if anything.
pub fn link_of(object: &ObjectRef, pair: Option<&PairId>) -> Option<Link> {
    match object {
        ObjectRef::Order(id) => Some(Link::Order(*id)),
        ObjectRef::Delivery(id) => Some(Link::Delivery(DeliveryId(*id))),
        ObjectRef::Exception(id) => Some(Link::Exception(ExceptionId(*id))),
        ObjectRef::Item(text) => Some(Link::Item {
            pair: pair?.clone(),
            item: ItemCode(text.split('@').next().unwrap_or(text).to_owned()),
        }),
        ObjectRef::Flow(text) => {
            let (pair, flow) = text.split_once('/')?;
            Some(Link::Flow {
                pair: PairId::from(pair),
                flow: Flow::parse(flow)?,
            })
        }
        _ => None,
    }
}

/// The return a case is about, from its discriminator: `RETURN=SL-1-RT1;LINE=2`.
pub fn return_of(discriminator: &str, pair: &PairId) -> Option<Link> {
    let parts = discriminator.split(';');
    let mut named = parts.filter_map(|p| p.strip_prefix("RETURN="));
    let reference = named.next().filter(|r| !r.is_empty())?;
    Some(Link::Return {
        pair: pair.clone(),
        reference: reference.into(),
    })
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub text: String,
    pub role: Role,
}

/// One line before wrapping.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DocLine {
    pub parts: Vec<Part>,
    pub link: Option<Link>,
    /// Columns by which continuation lines are moved in.
    pub hang: u16,
}

impl DocLine {
    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::default().and(text, Role::Text)
    }

    /// Text with a role.
    pub fn of(text: impl Into<String>, role: Role) -> Self {
        Self::default().and(text, role)
    }

    /// A heading.
    pub fn heading(text: impl Into<String>) -> Self {
        Self::of(text, Role::Title)
    }

    /// Nothing.
    pub fn blank() -> Self {
        Self::default()
    }

    /// A label of 14 columns and what it says.
    pub fn pair(label: &str, value: impl Into<String>) -> Self {
        Self::labelled(label).and(value, Role::Text)
    }

    /// A label of 14 columns.
    pub fn labelled(label: &str) -> Self {
        let mut line = Self::default().and(pad(label, 14), Role::Muted);
        line.hang = 14;
        line
    }

    /// With another piece.
    #[must_use]
    pub fn and(mut self, text: impl Into<String>, role: Role) -> Self {
        self.parts.push(Part {
            text: text.into(),
            role,
        });
        self
    }

    /// Leading to a page.
    #[must_use]
    pub fn to(mut self, link: Option<Link>) -> Self {
        self.link = link;
        self
    }

    /// With continuation lines moved in.
    #[must_use]
    pub const fn hanging(mut self, columns: u16) -> Self {
        self.hang = columns;
        self
    }

    /// With the names of places where their ids stand.
    #[must_use]
    pub fn naming(mut self, places: &Places) -> Self {
        for part in &mut self.parts {
            part.text = places.say(std::mem::take(&mut part.text));
        }
        self
    }

    /// All text of the line.
    pub fn plain(&self) -> String {
        self.parts.iter().map(|p| p.text.as_str()).collect()
    }
}

/// Text cut and filled to exactly `columns`.
pub fn pad(text: &str, columns: usize) -> String {
    let mut out = text::truncate(text, columns);
    let missing = columns.saturating_sub(text::width(&out));
    out.extend(std::iter::repeat_n(' ', missing));
    out
}

/// As [`pad`], to the right.
pub fn pad_left(text: &str, columns: usize) -> String {
    let out = text::truncate(text, columns);
    let missing = columns.saturating_sub(text::width(&out));
    let mut padded: String = std::iter::repeat_n(' ', missing).collect();
    padded.push_str(&out);
    padded
}

/// A part of a document, shown one at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab {
    pub title: String,
    pub lines: Vec<DocLine>,
}

/// A whole document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Doc {
    /// Always visible.
    pub head: Vec<DocLine>,
    pub tabs: Vec<Tab>,
}

impl Doc {
    /// With another tab, held to [`TAB_LINES_MAX`] lines.
    #[must_use]
    pub fn tab(mut self, title: impl Into<String>, mut lines: Vec<DocLine>) -> Self {
        lines.truncate(TAB_LINES_MAX);
        self.tabs.push(Tab {
            title: title.into(),
            lines,
        });
        self
    }

    /// With the names of places where their ids stand.
    #[must_use]
    pub fn naming(mut self, places: &Places) -> Self {
        let all = |lines: Vec<DocLine>| lines.into_iter().map(|l| l.naming(places)).collect();
        self.head = all(self.head);
        for tab in &mut self.tabs {
            tab.lines = all(std::mem::take(&mut tab.lines));
        }
        self
    }

    /// All text, for copying and tests.
    pub fn plain(&self) -> String {
        let mut out = String::new();
        for line in self
            .head
            .iter()
            .chain(self.tabs.iter().flat_map(|t| t.lines.iter()))
        {
            out.push_str(line.plain().trim_end());
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_of_the_journal_leads_to_its_stock_and_a_flow_to_its_runs() {
        let pair = PairId::from("lw-pvx");
        assert_eq!(
            link_of(&ObjectRef::Item("MUG@North".to_owned()), Some(&pair)),
            Some(Link::Item {
                pair: pair.clone(),
                item: ItemCode::from("MUG")
            })
        );
        assert_eq!(
            link_of(&ObjectRef::Flow("lw-pvx/DESPATCH".to_owned()), None),
            Some(Link::Flow {
                pair,
                flow: Flow::Despatch
            })
        );
        assert_eq!(link_of(&ObjectRef::House("store".to_owned()), None), None);
    }

    #[test]
    fn a_case_about_a_return_leads_to_it() {
        let pair = PairId::from("sl-pvx");
        let link = return_of("RETURN=SL-1-RT1;LINE=2", &pair);
        let reference = "SL-1-RT1".into();
        assert_eq!(
            link,
            Some(Link::Return {
                pair: pair.clone(),
                reference
            })
        );
        assert_eq!(return_of("ORDER=1001;CREDIT=9", &pair), None);
        assert_eq!(return_of("RETURN=", &pair), None);
    }

    #[test]
    fn padding_counts_columns() {
        assert_eq!(pad("漢字", 5), "漢字 ");
        assert_eq!(pad_left("12", 4), "  12");
        assert_eq!(pad("abcdef", 4), "abc…");
    }
}

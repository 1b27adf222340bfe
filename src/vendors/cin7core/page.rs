//! Lists by page: which page it is, where the list ends, and rows that cannot be read.

use super::call::Call;
use super::client::{Parameter, fail, unread};
use super::value::{Fault, Node, Read};
use crate::domain::delivery::AnswerClass;
use crate::vendors::{Answer, PAGE_ROWS};
use serde_json::Value;

/// Rows Cin7 Core gives when `Limit` is left out. A first page of exactly so many, though more exist, shows that our
/// `Limit` was ignored and the pages would be counted wrongly.
pub const ROWS_DEFAULT: u32 = 100;
/// So many rows of a page may be unreadable however few are well.
pub(super) const UNREAD_MAX: usize = 2;

/// A row that cannot be read, set aside alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadRow {
    /// What people know it by; empty when it has no name.
    pub label: String,
    /// The member at fault and why.
    pub text: String,
}

/// A page of a list. Rows may come again on another page while data changes: tell them apart by id.
#[derive(Debug, Clone)]
pub struct RowsPage<T> {
    pub rows: Vec<T>,
    /// Rows that could not be read. They exist, so nothing may be concluded from their absence in `rows`.
    pub unread: Vec<UnreadRow>,
    /// The vendor's own count over all pages; not exact while data changes.
    pub total: Option<i64>,
    pub is_last: bool,
}

/// Rows of one answer and where the list ends.
pub(super) struct List<'a> {
    pub rows: Vec<Node<'a>>,
    pub total: Option<i64>,
    pub is_last: bool,
}

/// `Page` (from 1) and `Limit` of a query.
pub(super) fn page_query(page: u32) -> Vec<Parameter<'static>> {
    vec![
        ("Page", page.max(1).to_string()),
        ("Limit", PAGE_ROWS.to_string()),
    ]
}

/// The rows of a list answer. A list ends with an empty page, or a short one up to which everything counted has come: a
/// short page below the vendor's own count is not believed to be the last.
pub(super) fn list<'a>(answer: &Node<'a>, key: &str, page: u32) -> Read<List<'a>> {
    let page = i64::from(page.max(1));
    let rows = answer.need_list(key)?;
    if let Some(n) = answer.whole("Page")?
        && n != page
    {
        let why = format!("is {n} though page {page} was asked for");
        return Err(Fault::new("Page", why));
    }
    let total = answer.whole("Total")?;
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let full = i64::from(PAGE_ROWS);
    let is_more_counted = total.is_some_and(|t| (page - 1) * full + count < t);
    if page == 1 && count == i64::from(ROWS_DEFAULT) && is_more_counted {
        let why = format!(
            "holds {count} rows of {} though {full} were asked for",
            total.unwrap_or_default()
        );
        return Err(Fault::new(key, why));
    }
    Ok(List {
        is_last: count == 0 || (count < full && !is_more_counted),
        rows,
        total,
    })
}

/// Reads a page row by row. One that cannot be read is set aside alone as long as most are well: beyond that it is the
/// answer that changed its shape.
pub(super) fn rows<T>(
    call: Call,
    answer: &Value,
    (key, page): (&str, u32),
    label: &str,
    read: impl Fn(&Node<'_>) -> Read<Option<T>>,
) -> Answer<RowsPage<T>> {
    let list = list(&Node::root(answer), key, page).map_err(|fault| unread(call, &fault))?;
    let mut out = RowsPage {
        rows: Vec::with_capacity(list.rows.len()),
        unread: Vec::new(),
        total: list.total,
        is_last: list.is_last,
    };
    for row in &list.rows {
        match read(row) {
            Ok(Some(value)) => out.rows.push(value),
            Ok(None) => {}
            Err(fault) => out.unread.push(UnreadRow {
                label: row.text(label).unwrap_or_default(),
                text: fault.to_string(),
            }),
        }
    }
    too_many_unread(call, out.rows.len(), out.unread.len(), || {
        out.unread.first().map(|u| u.text.clone())
    })?;
    Ok(out)
}

/// Refuses an answer in which more is unreadable than well.
pub(super) fn too_many_unread(
    call: Call,
    well: usize,
    unread: usize,
    first: impl Fn() -> Option<String>,
) -> Answer<()> {
    if unread > UNREAD_MAX.max(well) {
        let text = first().unwrap_or_default();
        return Err(fail(call, AnswerClass::Malformed, &text));
    }
    Ok(())
}

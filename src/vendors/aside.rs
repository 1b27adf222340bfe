//! Orders of one answer: each is read once, and one that cannot be read is set aside alone.

use super::UnreadOrder;
use crate::domain::ids::SourceOrderId;
use std::collections::HashSet;

/// So many orders of an answer may be unreadable however few are well.
const UNREAD_MAX: usize = 2;

/// What came of reading one order.
pub(super) enum Sent<T> {
    /// It is well.
    Well(SourceOrderId, T),
    /// It cannot be read; the text names the member at fault. Without an id nothing can be set aside.
    Unwell {
        id: Option<SourceOrderId>,
        label: String,
        text: String,
    },
}

/// Sorts the orders of an answer. One that cannot be read is set aside alone, as long as its id can be read and most of
/// the answer is well: beyond that it is the answer that changed its shape.
///
/// # Errors
/// The first fault, when the whole answer has to be refused.
pub(super) fn sort<T>(
    sent: impl IntoIterator<Item = Sent<T>>,
) -> Result<(Vec<T>, Vec<UnreadOrder>), String> {
    let mut rows = Vec::new();
    let mut unread: Vec<UnreadOrder> = Vec::new();
    let mut seen = HashSet::new();
    for order in sent {
        match order {
            Sent::Well(id, order) => {
                if seen.insert(id) {
                    rows.push(order);
                }
            }
            Sent::Unwell { id: None, text, .. } => return Err(text),
            Sent::Unwell {
                id: Some(source_id),
                label,
                text,
            } => {
                if seen.insert(source_id.clone()) {
                    unread.push(UnreadOrder {
                        source_id,
                        label,
                        text,
                    });
                }
            }
        }
    }
    match unread.first() {
        Some(first) if unread.len() > UNREAD_MAX.max(rows.len()) => Err(first.text.clone()),
        _ => Ok((rows, unread)),
    }
}

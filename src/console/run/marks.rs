//! Every row that matches, for marks: read window by window.

use super::super::app::ask::Trouble;
use super::super::app::list::MARKS_MAX;
use crate::store::StoreResult;
use crate::store::read::{Anchor, ListQuery, Window};

/// Rows read at a time.
const PAGE_ROWS: usize = 1_000;

/// All rows under a filter, at most as many as can be marked; the total counts those beyond.
pub(super) async fn every_row<R, W>(
    mut query: ListQuery,
    fetch: impl Fn(ListQuery) -> W,
) -> Result<Window<R>, Trouble>
where
    W: Future<Output = StoreResult<Window<R>>>,
{
    query.limit = PAGE_ROWS;
    query.anchor = Anchor::First;
    let mut all = fetch(query.clone()).await?;
    let mut has_more = all.has_after;
    while has_more && all.rows.len() < MARKS_MAX {
        let Some(last) = all.rows.last() else {
            break;
        };
        query.anchor = Anchor::After(last.cursor.clone());
        let next = fetch(query.clone()).await?;
        has_more = next.has_after && !next.rows.is_empty();
        all.rows.extend(next.rows);
    }
    all.rows.truncate(MARKS_MAX);
    Ok(all)
}

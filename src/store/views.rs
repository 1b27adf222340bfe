//! Saved views, read.

use super::value::{Cols, vals};
use super::{Store, StoreError, StoreResult};
use crate::domain::views::{ListName, SavedView, VIEWS_MAX, View};

/// Columns of [`saved_view`], in its order.
pub(super) const COLUMNS: &str =
    "list, name, filter, sort, is_descending, version, saved_by, saved_at";

pub(super) fn saved_view(c: &mut Cols<'_>) -> StoreResult<SavedView> {
    let list: String = c.text()?;
    let list = ListName::parse(&list).ok_or_else(|| {
        StoreError::Decode(format!("a view belongs to {list:?}, which is no list"))
    })?;
    Ok(SavedView {
        view: View {
            list,
            name: c.text()?,
            filter: c.text()?,
            sort: c.text()?,
            is_descending: c.flag()?,
        },
        version: c.int()?,
        saved_by: c.text()?,
        saved_at: c.ts()?,
    })
}

impl Store {
    /// Every saved view, by list and name.
    pub async fn views(&self) -> StoreResult<Vec<SavedView>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            format!("select {COLUMNS} from list_view order by list, name_key @limit($1)"),
            vals![super::limit(VIEWS_MAX)],
        )
        .await?
        .iter()
        .map(|row| saved_view(&mut row.cols()))
        .collect()
    }
}

//! How people want their columns, read.

use super::value::vals;
use super::{Store, StoreResult};
use crate::domain::columns::{KeptLayout, Layout};
use crate::domain::views::ListName;

impl Store {
    /// The columns of every list as this person left them. A list that is not known any more is passed over.
    pub async fn layouts(&self, operator: &str) -> StoreResult<Vec<KeptLayout>> {
        let mut conn = self.inner.db.read().await?;
        let rows = conn
            .rows(
                "select list, columns from column_layout where operator = $1 order by list @limit($2)"
                    .to_owned(),
                vals![operator, super::limit(ListName::ALL.len())],
            )
            .await?;
        let mut kept = Vec::with_capacity(rows.len());
        for row in rows {
            let mut c = row.cols();
            let (list, columns): (String, String) = (c.text()?, c.text()?);
            if let Some(list) = ListName::parse(&list) {
                let layout = Layout::parse(&columns);
                kept.push(KeptLayout { list, layout });
            }
        }
        Ok(kept)
    }
}

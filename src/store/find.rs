//! Finding by what people read off a screen, a box or an e-mail: every question goes through an index.

use super::value::vals;
use super::{Store, StoreResult};
use crate::domain::ids::{ItemCode, PairId, ReturnRef, SystemId};

/// Stands behind everything that begins with a text.
const LAST: char = '\u{10ffff}';

impl Store {
    /// Items of a warehouse whose code begins with the text, or whose barcode is it, with their names, by code.
    pub async fn find_items(
        &self,
        system: &SystemId,
        text: &str,
        limit: usize,
    ) -> StoreResult<Vec<(ItemCode, String)>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            "select code, name from item where system = $1 and code >= $2 and code < $3 \
             union select code, name from item where system = $1 and barcode = $2 and barcode <> '' \
             order by 1 @limit($4)",
            vals![
                system.as_str(),
                text,
                format!("{text}{LAST}"),
                super::limit(limit)
            ],
        )
        .await?
        .iter()
        .map(|row| Ok((ItemCode(row.get(0)?), row.get(1)?)))
        .collect()
    }

    /// Returns of a pair whose reference begins with the text, with the numbers of their orders.
    pub async fn find_returns(
        &self,
        pair: &PairId,
        text: &str,
        limit: usize,
    ) -> StoreResult<Vec<(ReturnRef, String)>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            "select reference, order_number from goods_return \
             where pair = $1 and reference >= $2 and reference < $3 order by reference @limit($4)",
            vals![
                pair.as_str(),
                text,
                format!("{text}{LAST}"),
                super::limit(limit)
            ],
        )
        .await?
        .iter()
        .map(|row| Ok((ReturnRef(row.get(0)?), row.get(1)?)))
        .collect()
    }
}

//! Rules by which errors are known, read.

use super::db::Conn;
use super::exceptions::kind_of;
use super::value::{Cols, vals};
use super::{Store, StoreResult};
use crate::domain::error_rule::{ErrorRule, RULES_MAX, SavedRule};
use crate::domain::exception::Team;

/// Columns of [`saved_rule`], in its order.
pub(super) const COLUMNS: &str =
    "r.id, r.kind, r.words, r.name, r.advice, r.team, r.version, r.saved_by, r.saved_at";

pub(super) fn saved_rule(c: &mut Cols<'_>) -> StoreResult<SavedRule> {
    Ok(SavedRule {
        id: c.int()?,
        rule: ErrorRule {
            kind: kind_of(&c.text::<String>()?)?,
            words: c.text()?,
            name: c.text()?,
            advice: c.text()?,
            team: c.opt_int()?.and_then(Team::from_code),
        },
        version: c.int()?,
        saved_by: c.text()?,
        saved_at: c.ts()?,
    })
}

/// Every rule, by kind and age.
pub(super) async fn all(conn: &mut Conn) -> StoreResult<Vec<SavedRule>> {
    conn.rows(
        format!("select {COLUMNS} from error_rule r order by r.kind, r.id @limit($1)"),
        vals![super::limit(RULES_MAX)],
    )
    .await?
    .iter()
    .map(|row| saved_rule(&mut row.cols()))
    .collect()
}

impl Store {
    /// Every rule by which errors are known, by kind and age.
    pub async fn error_rules(&self) -> StoreResult<Vec<SavedRule>> {
        all(&mut self.inner.db.read().await?).await
    }
}

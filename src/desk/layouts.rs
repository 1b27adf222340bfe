//! How this person wants the columns of lists: kept for them alone, on every machine.

use super::{Desk, DeskError, DeskResult, Done};
use crate::domain::change::Change;
use crate::domain::columns::{KeptLayout, Layout};
use crate::domain::views::ListName;

impl Desk {
    /// The columns of every list as this person left them.
    ///
    /// # Errors
    /// [`DeskError`]: the store failed.
    pub async fn layouts(&self) -> DeskResult<Vec<KeptLayout>> {
        self.store
            .layouts(&self.who.0)
            .await
            .map_err(DeskError::store("reading how you want your columns"))
    }

    /// Keeps how this person wants the columns of a list; as declared forgets it.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, too many are kept already, or the store failed.
    pub async fn keep_layout(&self, list: ListName, layout: Layout) -> DeskResult<Done> {
        let change = Change::Layout(KeptLayout { list, layout });
        self.commit("keeping the columns", vec![change]).await?;
        Ok(Done::now(""))
    }
}

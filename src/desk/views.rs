//! Saved views of lists: shared by the team, saved and removed in a person's name.

use super::{Desk, DeskError, DeskResult, Done};
use crate::domain::change::Change;
use crate::domain::views::{ListName, SavedView, View, ViewChange, name_key};

impl Desk {
    /// Every saved view, by list and name.
    ///
    /// # Errors
    /// [`DeskError`]: the store failed.
    pub async fn views(&self) -> DeskResult<Vec<SavedView>> {
        self.store
            .views()
            .await
            .map_err(DeskError::store("reading the saved views"))
    }

    /// The view of a list with this name, whatever its case.
    ///
    /// # Errors
    /// [`DeskError`]: there is none, or the store failed.
    pub async fn view_named(&self, list: ListName, name: &str) -> DeskResult<SavedView> {
        let key = name_key(name);
        let of_list: Vec<SavedView> = self
            .views()
            .await?
            .into_iter()
            .filter(|v| v.view.list == list)
            .collect();
        let names: Vec<String> = of_list.iter().map(|v| v.view.name.clone()).collect();
        of_list
            .into_iter()
            .find(|v| v.view.key() == key)
            .ok_or_else(|| {
                let called = crate::text::clean_to(name, 40);
                DeskError::Refused(if names.is_empty() {
                    format!("there is no view {called:?} of {list}; none is saved")
                } else {
                    format!(
                        "there is no view {called:?} of {list}; saved are {}",
                        names.join(", ")
                    )
                })
            })
    }

    /// Keeps a view. One of the same name is replaced only when `over` is its version.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, it could not be shown, the name is taken, or the store failed.
    pub async fn save_view(&self, view: View, over: Option<i64>) -> DeskResult<Done> {
        let view = view
            .checked()
            .map_err(|why| DeskError::Refused(format!("the view was not saved: {why}")))?;
        let text = format!(
            "Saved the view {:?} of {}: {}.",
            view.name,
            view.list,
            view.says()
        );
        let change = Change::View(ViewChange::Save { view, over });
        self.commit("saving the view", vec![change]).await?;
        Ok(Done::now(text))
    }

    /// Forgets a view, for everybody.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, somebody changed it meanwhile, it is gone, or the store failed.
    pub async fn remove_view(&self, list: ListName, name: &str, version: i64) -> DeskResult<Done> {
        let text = format!("Removed the view {name:?} of {list}.");
        let change = Change::View(ViewChange::Remove {
            list,
            name: name.to_owned(),
            version,
        });
        self.commit("removing the view", vec![change]).await?;
        Ok(Done::now(text))
    }
}

//! What the forms about saved views ask and say.

use super::super::super::ask::Act;
use super::{Form, FormField, choice, line};
use crate::domain::views::{SavedView, View, name_key};
use crate::text::truncate;

/// Columns of a view among the choices.
const VIEW_COLUMNS: usize = 24;

/// What the form is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewForm {
    /// Under which name a view is kept; those of its list have their names already.
    Save { view: View, taken: Vec<SavedView> },
    /// Which of these goes.
    Remove(Vec<SavedView>),
}

impl ViewForm {
    /// The button and the fields.
    pub(super) fn fields(&self) -> (&'static str, Vec<FormField>) {
        match self {
            Self::Save { taken, .. } => {
                let mut fields = vec![line("Name", true)];
                if !taken.is_empty() {
                    let options = vec!["is left alone".to_owned(), "is replaced".to_owned()];
                    fields.push(choice("One so named", options));
                }
                ("Save", fields)
            }
            Self::Remove(views) => {
                let named = views
                    .iter()
                    .map(|v| truncate(&v.view.name, VIEW_COLUMNS))
                    .collect();
                ("Remove", vec![choice("View", named)])
            }
        }
    }

    /// What the form says when it is sent.
    pub(super) fn act(&self, form: &Form) -> Result<Act, (usize, String)> {
        match self {
            Self::Save { view, taken } => {
                let key = name_key(&form.text(0));
                let old = taken.iter().find(|v| v.view.key() == key);
                if let Some(old) = old
                    && form.picked(1) == 0
                {
                    let why = format!("{:?} is there already, by {}", old.view.name, old.saved_by);
                    return Err((1, why));
                }
                let view = View {
                    name: form.text(0),
                    ..view.clone()
                };
                let view = view.checked().map_err(|why| (0, why))?;
                let over = old.map(|v| v.version);
                Ok(Act::SaveView { view, over })
            }
            Self::Remove(views) => match views.get(form.picked(0)) {
                Some(saved) => Ok(Act::RemoveView {
                    list: saved.view.list,
                    name: saved.view.name.clone(),
                    version: saved.version,
                }),
                None => Err((0, "there is no view to remove".to_owned())),
            },
        }
    }
}

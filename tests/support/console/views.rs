//! Saved views of the generated lists.

use super::NOW;
use super::rows::name;
use tallyman::console::app::ask::Act;
use tallyman::domain::time::Span;
use tallyman::domain::views::{ListName, SavedView, View};

/// What the team saved.
pub fn saved(hostile: bool) -> Vec<SavedView> {
    let view = |list, named: &str, filter: &str, sort: &str, is_descending| SavedView {
        view: View {
            list,
            name: name(named, hostile),
            filter: filter.to_owned(),
            sort: sort.to_owned(),
            is_descending,
        },
        version: 3,
        saved_by: name("kim", hostile),
        saved_at: NOW - Span::days(4),
    };
    vec![
        view(
            ListName::Exceptions,
            "Data, oldest",
            "team:data",
            "age",
            false,
        ),
        view(
            ListName::Exceptions,
            "Mugs",
            "MUG state:new,reopened -team:cx severity:S1,S2,S3 members>=2 value>100",
            "members",
            true,
        ),
        view(ListName::Orders, "Held back", "held:yes", "ship", false),
        view(
            ListName::Lanes,
            "Stopped lanes",
            "stopped:yes",
            "age",
            false,
        ),
    ]
}

/// What saving and removing make of them.
pub fn changed(views: &mut Vec<SavedView>, act: &Act) {
    match act {
        Act::SaveView { view, over } => {
            views.retain(|v| (v.view.list, v.view.key()) != (view.list, view.key()));
            views.push(SavedView {
                view: view.clone(),
                version: over.map_or(1, |v| v + 1),
                saved_by: "sam".to_owned(),
                saved_at: NOW,
            });
        }
        Act::RemoveView { list, name, .. } => {
            views.retain(|v| (v.view.list, &v.view.name) != (*list, name));
        }
        _ => {}
    }
}

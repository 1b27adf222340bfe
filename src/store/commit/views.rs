//! Saved views: one row each, refused or stale when somebody else was faster.

use super::{Work, entry};
use crate::domain::exception::ObjectRef;
use crate::domain::undo::Undo;
use crate::domain::views::{ListName, SavedView, VIEWS_MAX, View, ViewChange, name_key};
use crate::store::value::vals;
use crate::store::views::{COLUMNS, saved_view};
use crate::store::{StoreError, StoreResult};

pub(super) async fn write(
    work: &mut Work<'_>,
    changes: &[(usize, &ViewChange)],
) -> StoreResult<()> {
    for (index, change) in changes {
        match change {
            ViewChange::Save { view, over } => save(work, *index, view, *over).await?,
            ViewChange::Remove {
                list,
                name,
                version,
            } => remove(work, *index, (*list, name), *version).await?,
        }
    }
    Ok(())
}

async fn found(
    work: &mut Work<'_>,
    (list, key): (ListName, &str),
) -> StoreResult<Option<SavedView>> {
    work.conn
        .row(
            format!("select {COLUMNS} from list_view where list = $1 and name_key = $2"),
            vals![list.as_str(), key],
        )
        .await?
        .map(|row| saved_view(&mut row.cols()))
        .transpose()
}

/// The object of the journal's lines about a view.
fn object(list: ListName, name: &str) -> ObjectRef {
    ObjectRef::House(format!("view {list}/{name}"))
}

fn called(list: ListName, name: &str) -> String {
    format!("the view {name:?} of {list}")
}

async fn save(
    work: &mut Work<'_>,
    index: usize,
    view: &View,
    over: Option<i64>,
) -> StoreResult<()> {
    let key = view.key();
    let before = found(work, (view.list, &key)).await?;
    match (&before, over) {
        (Some(old), None) => {
            return Err(StoreError::Refused(format!(
                "{} is there already, saved by {} ({}); replace it or choose another name",
                called(view.list, &old.view.name),
                old.saved_by,
                old.view.says()
            )));
        }
        (Some(old), Some(yours)) if old.version != yours => {
            return Err(StoreError::Stale {
                what: called(view.list, &old.view.name),
                yours,
                stored: old.version,
                by: old.saved_by.clone(),
            });
        }
        (Some(_), Some(_)) => {}
        (None, _) => room_for_one(work).await?,
    }
    let version = before.as_ref().map_or(1, |old| old.version + 1);
    let written = work
        .conn
        .exec(
            "insert into list_view (list, name_key, name, filter, sort, is_descending, version, saved_by, saved_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (list, name_key) do update set \
             name = excluded.name, filter = excluded.filter, sort = excluded.sort, \
             is_descending = excluded.is_descending, version = excluded.version, saved_by = excluded.saved_by, \
             saved_at = excluded.saved_at where list_view.version = excluded.version - 1",
            vals![
                view.list.as_str(),
                key,
                view.name.as_str(),
                view.filter.as_str(),
                view.sort.as_str(),
                view.is_descending,
                version,
                work.actor,
                work.at
            ],
        )
        .await?;
    if written == 0 {
        return Err(StoreError::Refused(format!(
            "{} was saved by somebody else at the same moment; look at it first",
            called(view.list, &view.name)
        )));
    }
    let undo = Undo::ViewSaved {
        list: view.list,
        name: view.name.clone(),
        version,
        was: before.as_ref().map(|old| Box::new(old.view.clone())),
    };
    work.undoable(index, undo);
    let was = before.map(|old| old.view.says()).unwrap_or_default();
    let entry = entry(
        "view.saved",
        object(view.list, &view.name),
        None,
        was,
        view.says(),
        "",
    );
    work.note(index, None, entry);
    Ok(())
}

async fn room_for_one(work: &mut Work<'_>) -> StoreResult<()> {
    let held = work
        .conn
        .number("select count(*) from list_view", vals![])
        .await?;
    if usize::try_from(held).is_ok_and(|n| n < VIEWS_MAX) {
        return Ok(());
    }
    Err(StoreError::Refused(format!(
        "{VIEWS_MAX} views are kept already; remove one that nobody needs"
    )))
}

async fn remove(
    work: &mut Work<'_>,
    index: usize,
    (list, name): (ListName, &str),
    version: i64,
) -> StoreResult<()> {
    let key = name_key(name);
    let Some(old) = found(work, (list, &key)).await? else {
        return Err(StoreError::Refused(format!(
            "{} is not there any more",
            called(list, name)
        )));
    };
    let gone = work
        .conn
        .exec(
            "delete from list_view where list = $1 and name_key = $2 and version = $3",
            vals![list.as_str(), key, version],
        )
        .await?;
    if gone == 0 {
        return Err(StoreError::Stale {
            what: called(list, &old.view.name),
            yours: version,
            stored: old.version,
            by: old.saved_by,
        });
    }
    let was = Box::new(old.view.clone());
    work.undoable(index, Undo::ViewRemoved { was });
    let entry = entry(
        "view.removed",
        object(list, &old.view.name),
        None,
        old.view.says(),
        "",
        "",
    );
    work.note(index, None, entry);
    Ok(())
}

//! Saved views: one of a name, never lost to somebody who was faster, and audited.

use crate::bench::{Bench, NOW, both, pair};
use tallyman::domain::change::Change;
use tallyman::domain::filter::{self, Filter};
use tallyman::domain::views::{ListName, VIEWS_MAX, View, ViewChange};
use tallyman::store::StoreError;
use tallyman::store::read::{Anchor, ListQuery};

both! {
    a_view_is_kept_replaced_and_removed_with_its_lines_in_the_journal,
    a_name_that_is_taken_and_an_old_version_are_refused,
    no_more_views_are_kept_than_people_can_look_through,
    every_list_can_be_sorted_by_what_a_view_may_name,
}

fn view(list: ListName, name: &str, filter: &str) -> View {
    View {
        list,
        name: name.to_owned(),
        filter: filter.to_owned(),
        sort: list.sorts()[0].to_owned(),
        is_descending: false,
    }
}

fn save(view: View, over: Option<i64>) -> Vec<Change> {
    vec![Change::View(ViewChange::Save { view, over })]
}

fn remove(name: &str, version: i64) -> Vec<Change> {
    vec![Change::View(ViewChange::Remove {
        list: ListName::Orders,
        name: name.to_owned(),
        version,
    })]
}

fn ask(filter: Filter, sort: &str) -> ListQuery {
    ListQuery {
        filter,
        sort: sort.to_owned(),
        is_descending: true,
        anchor: Anchor::First,
        limit: 10,
        now: NOW,
    }
}

async fn a_view_is_kept_replaced_and_removed_with_its_lines_in_the_journal(b: Bench) {
    let late = view(ListName::Orders, "Late DHL", "ship<0m DHL");
    b.commit(save(late.clone(), None)).await.unwrap();
    b.commit(save(view(ListName::Stock, "Late DHL", ""), None))
        .await
        .unwrap();
    let kept = b.store.views().await.unwrap();
    assert_eq!(kept.len(), 2, "a name belongs to a list");
    assert_eq!((&kept[0].view, kept[0].version), (&late, 1));

    let wider = view(ListName::Orders, "late dhl", "ship<1h DHL");
    b.commit(save(wider.clone(), Some(1))).await.unwrap();
    let kept = b.store.views().await.unwrap();
    assert_eq!((&kept[0].view, kept[0].version), (&wider, 2));

    b.commit(remove("LATE DHL", 2)).await.unwrap();
    assert_eq!(b.store.views().await.unwrap().len(), 1);
    let about = filter::parse("\"view orders/\"", filter::lists::AUDIT).unwrap();
    let lines = b.store.journal(&ask(about, "seq")).await.unwrap().rows;
    let told: Vec<(&str, &str, &str)> = lines
        .iter()
        .rev()
        .map(|l| {
            let row = &l.row;
            (row.action.as_str(), row.before.as_str(), row.after.as_str())
        })
        .collect();
    let (first, second) = ("ship<0m DHL, by received", "ship<1h DHL, by received");
    assert_eq!(
        told,
        [
            ("view.saved", "", first),
            ("view.saved", first, second),
            ("view.removed", second, ""),
        ]
    );
    assert_eq!(b.store.verify_journal().await.unwrap(), None);
}

async fn a_name_that_is_taken_and_an_old_version_are_refused(b: Bench) {
    let late = || view(ListName::Orders, "Late", "ship<0m");
    b.commit(save(late(), None)).await.unwrap();
    let told = b.commit(save(late(), None)).await.unwrap_err();
    assert!(
        matches!(&told, StoreError::Refused(why) if why.contains("is there already")),
        "{told}"
    );
    b.commit(save(late(), Some(1))).await.unwrap();
    for changes in [save(late(), Some(1)), remove("Late", 1)] {
        let told = b.commit(changes).await.unwrap_err();
        assert!(
            matches!(told, StoreError::Stale { stored: 2, .. }),
            "{told}"
        );
    }
    let told = b.commit(remove("Early", 1)).await.unwrap_err();
    assert!(told.to_string().contains("not there any more"), "{told}");
    assert_eq!(b.store.views().await.unwrap()[0].version, 2);
}

async fn no_more_views_are_kept_than_people_can_look_through(b: Bench) {
    let many =
        (0..VIEWS_MAX).flat_map(|n| save(view(ListName::Orders, &format!("view {n}"), ""), None));
    b.commit(many.collect()).await.unwrap();
    let told = b
        .commit(save(view(ListName::Orders, "one more", ""), None))
        .await
        .unwrap_err();
    assert!(told.to_string().contains("200 views"), "{told}");
    b.commit(save(view(ListName::Orders, "view 7", "mug"), Some(1)))
        .await
        .unwrap();
}

async fn every_list_can_be_sorted_by_what_a_view_may_name(b: Bench) {
    let (store, pair) = (&b.store, pair());
    for list in ListName::ALL {
        for sort in list.sorts() {
            let query = ask(Filter::default(), sort);
            let found = match list {
                ListName::Exceptions => store.exceptions(&query).await.map(|w| w.total),
                ListName::Orders => store.orders(&query).await.map(|w| w.total),
                ListName::Mappings => store.mapping_list(&pair, &query).await.map(|w| w.total),
                ListName::Stock => store.positions(None, &query).await.map(|w| w.total),
                ListName::Lanes => store.lanes(None, &query).await.map(|w| w.total),
                ListName::Returns => store.returns(None, false, &query).await.map(|w| w.total),
                ListName::Deliveries => store.deliveries(&query).await.map(|w| w.total),
                ListName::Audit => store.journal(&query).await.map(|w| w.total),
            };
            found.unwrap_or_else(|e| panic!("{list} by {sort}: {e}"));
        }
    }
}

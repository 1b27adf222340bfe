//! How people want their columns: for each alone, and never in the journal.

use crate::bench::{Bench, both};
use tallyman::domain::change::Change;
use tallyman::domain::columns::{KeptLayout, Layout};
use tallyman::domain::filter::Filter;
use tallyman::domain::views::ListName;
use tallyman::store::read::{Anchor, ListQuery};

both! {
    columns_are_kept_for_one_person_and_list_and_the_journal_is_not_told,
}

fn keep(list: ListName, columns: &str) -> Vec<Change> {
    vec![Change::Layout(KeptLayout {
        list,
        layout: Layout::parse(columns),
    })]
}

async fn columns_are_kept_for_one_person_and_list_and_the_journal_is_not_told(b: Bench) {
    let journal = ListQuery {
        filter: Filter::default(),
        sort: String::new(),
        is_descending: true,
        anchor: Anchor::First,
        limit: 10,
        now: crate::bench::NOW,
    };
    let before = b.store.journal(&journal).await.unwrap().total;
    let who = "engine/test";
    b.commit(keep(ListName::Orders, "number,-units"))
        .await
        .unwrap();
    b.commit(keep(ListName::Stock, "item,gap")).await.unwrap();
    b.commit(keep(ListName::Orders, "state,number"))
        .await
        .unwrap();
    let kept = b.store.layouts(who).await.unwrap();
    let as_text: Vec<(ListName, String)> = kept
        .iter()
        .map(|k| (k.list, k.layout.to_string()))
        .collect();
    let want = [
        (ListName::Orders, "state,number".to_owned()),
        (ListName::Stock, "item,gap".to_owned()),
    ];
    assert_eq!(as_text, want);
    assert!(b.store.layouts("somebody else").await.unwrap().is_empty());
    b.commit(keep(ListName::Orders, "")).await.unwrap();
    assert_eq!(
        b.store.layouts(who).await.unwrap().len(),
        1,
        "as declared is none"
    );
    assert_eq!(b.store.journal(&journal).await.unwrap().total, before);
}

//! Who looks at what just now.

use crate::bench::{Bench, NOW, both};
use tallyman::domain::time::Span;
use tallyman::store::{PRESENT_FOR, Present};

both! {
    people_at_one_thing_know_of_each_other_until_they_leave_or_fall_silent,
}

async fn people_at_one_thing_know_of_each_other_until_they_leave_or_fall_silent(b: Bench) {
    let store = &b.store;
    let later = |secs| NOW + Span::secs(secs);
    store
        .look_at("s1", "kim", "exception 7", NOW)
        .await
        .unwrap();
    store
        .look_at("s2", "lee", "exception 7", later(20))
        .await
        .unwrap();
    // Looking again keeps since when; a second console of one person is one person.
    store
        .look_at("s1", "kim", "exception 7", later(40))
        .await
        .unwrap();
    store
        .look_at("s3", "kim", "exception 7", later(41))
        .await
        .unwrap();
    let kim = Present {
        who: "kim".to_owned(),
        since: NOW,
    };
    let seen = store.others_at("exception 7", "s2", later(60)).await;
    assert_eq!(seen.unwrap(), [kim]);
    assert!(
        store
            .others_at("exception 8", "s2", later(60))
            .await
            .unwrap()
            .is_empty()
    );
    store
        .look_at("s1", "kim", "order 1", later(61))
        .await
        .unwrap();
    store
        .look_at("s3", "kim", "order 1", later(61))
        .await
        .unwrap();
    let left = store.others_at("exception 7", "s2", later(62)).await;
    assert!(left.unwrap().is_empty(), "she went elsewhere");
    let silent = later(20) + PRESENT_FOR + Span::secs(1);
    let gone = store.others_at("exception 7", "s1", silent).await;
    assert!(gone.unwrap().is_empty(), "nothing was heard of him");
}

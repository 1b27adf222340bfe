//! Stored calls: both bodies of one, and the last one that went well.

use crate::bench::{Bench, NOW, both};
use tallyman::domain::change::{Change, Payload};
use tallyman::domain::delivery::{AnswerClass, Attempt};
use tallyman::domain::ids::{DeliveryId, PayloadId, SystemId};
use tallyman::domain::time::Span;
use tallyman::store::read::Exchange;

both! {
    a_call_is_found_by_either_body_and_the_last_good_one_by_its_method,
}

fn body(id: i64, kind: &'static str, method: &str) -> Change {
    Change::Payload(Payload {
        id: PayloadId(id),
        kind,
        system: SystemId::from("pvx"),
        method: method.to_owned(),
        body: format!("{kind} {id}").into_bytes(),
    })
}

fn attempt(n: i64, class: AnswerClass, request: i64) -> Change {
    Change::Attempt(Attempt {
        delivery: DeliveryId(1),
        n,
        step: 0,
        started_at: NOW,
        finished_at: NOW + Span::ms(5),
        class,
        text: String::new(),
        request: Some(PayloadId(request)),
        answer: Some(PayloadId(request + 1)),
    })
}

async fn a_call_is_found_by_either_body_and_the_last_good_one_by_its_method(bench: Bench) {
    let mut changes = Vec::new();
    for (n, class, id, method) in [
        (1, AnswerClass::Applied, 10, "SaveData"),
        (2, AnswerClass::Applied, 20, "SaveData"),
        (3, AnswerClass::Applied, 30, "GetData"),
        (4, AnswerClass::Rejected, 40, "SaveData"),
    ] {
        changes.push(body(id, "request", method));
        changes.push(body(id + 1, "answer", method));
        changes.push(attempt(n, class, id));
    }
    // Neither a request nor an answer: it came in by itself.
    changes.push(body(50, "event", "SaveData"));
    changes.push(body(51, "answer", "SaveData"));
    bench.commit(changes).await.unwrap();
    for id in [40, 41] {
        let found = bench.store.exchange(PayloadId(id)).await.unwrap().unwrap();
        let (request, answer) = found.bodies();
        assert_eq!(request.unwrap().id, PayloadId(40));
        assert_eq!(answer.unwrap().id, PayloadId(41));
    }
    let heard = bench.store.exchange(PayloadId(50)).await.unwrap().unwrap();
    assert!(matches!(heard, Exchange::Heard(_)), "{heard:?}");
    assert!(bench.store.exchange(PayloadId(99)).await.unwrap().is_none());

    let pvx = SystemId::from("pvx");
    let good = async |method: &str, but: &[i64]| {
        let but: Vec<PayloadId> = but.iter().map(|id| PayloadId(*id)).collect();
        bench
            .store
            .last_good_call(&pvx, method, &but)
            .await
            .unwrap()
    };
    assert_eq!(good("SaveData", &[40, 41]).await, Some(PayloadId(20)));
    assert_eq!(good("SaveData", &[20, 21]).await, Some(PayloadId(10)));
    assert_eq!(good("Cancel", &[]).await, None);
    bench
        .store
        .expire_payloads(NOW + Span::days(400), 100)
        .await
        .unwrap();
    assert_eq!(
        good("SaveData", &[]).await,
        None,
        "a body past its retention shows nothing"
    );
}

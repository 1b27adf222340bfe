//! Orders and deliveries: versions, keys, order per key, claims, fences.

use crate::bench::{
    Bench, LEASE, NOW, both, claim_query, delivery, enqueue, moved, new_order, order_row, pair,
    save, step,
};
use std::collections::HashMap;
use tallyman::domain::catalogue::Kind;
use tallyman::domain::change::{Change, Fence};
use tallyman::domain::delivery::{DeliveryState, Flow, Intent};
use tallyman::domain::exception::ObjectRef;
use tallyman::domain::ids::{DeliveryId, OrderId, SystemId, WmsOrderNo};
use tallyman::domain::order::OrderState;
use tallyman::domain::time::Span;
use tallyman::store::StoreError;

both! {
    an_order_reads_back_as_it_was_saved,
    a_save_against_an_old_version_names_who_was_first,
    a_batch_is_applied_whole_or_not_at_all,
    a_worker_whose_lease_was_taken_over_writes_nothing,
    a_lease_is_taken_over_only_when_it_has_expired,
    only_the_head_of_a_key_is_ready,
    a_rejected_head_holds_its_key_until_it_is_cancelled,
    a_key_is_unique_over_every_state_for_ever,
    the_same_key_with_other_content_opens_a_conflict,
    claims_take_the_earliest_promise_first_and_leave_paused_flows_alone,
    what_is_found_sending_becomes_doubtful,
    many_workers_never_deliver_a_key_out_of_order,
    work_is_counted_by_flow_and_step,
}

async fn an_order_reads_back_as_it_was_saved(bench: Bench) {
    bench
        .commit(vec![new_order(1, OrderState::Ready)])
        .await
        .unwrap();
    let found = bench
        .store
        .orders_by_source(&pair(), &["guid-1".into()])
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    let mut wanted = order_row(1, OrderState::Ready);
    wanted.version = 1;
    assert_eq!(found[0].row, wanted);
    assert_eq!(found[0].body.source.address.name, "Zoë Smith");
    assert_eq!(found[0].lines.len(), 1);
    let by_number = bench
        .store
        .orders_by_wms(
            &pair(),
            &[WmsOrderNo::from("LW-1"), WmsOrderNo::from("LW-2")],
        )
        .await
        .unwrap();
    assert_eq!(by_number, found);
    let open = bench
        .store
        .known_open(&pair(), &"loc-1".into())
        .await
        .unwrap();
    assert_eq!((open.len(), open[0].id), (1, OrderId(1)));
    let states = [OrderState::Ready, OrderState::Blocked];
    let in_state = bench
        .store
        .order_rows_in(&pair(), &states, None, 10)
        .await
        .unwrap();
    assert_eq!(in_state.len(), 1);
    let after = bench
        .store
        .order_rows_in(&pair(), &states, Some(OrderId(1)), 10)
        .await
        .unwrap();
    assert!(after.is_empty());
}

async fn a_save_against_an_old_version_names_who_was_first(bench: Bench) {
    bench
        .commit(vec![new_order(1, OrderState::Ready)])
        .await
        .unwrap();
    let read = bench.order(1).await;
    let mut mine = read.clone();
    mine.state = OrderState::Queued;
    bench
        .store
        .commit(crate::bench::batch("anna", NOW, vec![save(mine, None)]))
        .await
        .unwrap();
    let mut late = read;
    late.state = OrderState::Blocked;
    match bench.commit(vec![save(late, None)]).await {
        Err(StoreError::Stale {
            yours, stored, by, ..
        }) => assert_eq!((yours, stored, by.as_str()), (1, 2, "anna")),
        other => panic!("{other:?}"),
    }
    assert_eq!(bench.order(1).await.state, OrderState::Queued);
    // Two changes in one batch build on each other.
    let mut first = bench.order(1).await;
    first.state = OrderState::Sending;
    let mut second = first.clone();
    second.version += 1;
    second.state = OrderState::InWarehouse;
    bench
        .commit(vec![save(first, None), save(second, None)])
        .await
        .unwrap();
    assert_eq!(bench.order(1).await.state, OrderState::InWarehouse);
}

async fn a_batch_is_applied_whole_or_not_at_all(bench: Bench) {
    let mut stale = order_row(2, OrderState::Ready);
    stale.version = 7;
    let outcome = bench
        .commit(vec![
            new_order(1, OrderState::Ready),
            enqueue(1, "order:1", "k1"),
            save(stale, None),
        ])
        .await;
    assert!(matches!(outcome, Err(StoreError::Stale { .. })));
    assert!(
        bench
            .store
            .orders_by_id(&[OrderId(1)])
            .await
            .unwrap()
            .is_empty()
    );
    assert!(bench.store.delivery_by_key("k1").await.unwrap().is_none());
    assert_eq!(bench.store.verify_journal().await.unwrap(), None);
}

async fn a_worker_whose_lease_was_taken_over_writes_nothing(bench: Bench) {
    let old = bench.fence().await;
    bench
        .commit(vec![enqueue(1, "order:1", "k1")])
        .await
        .unwrap();
    bench.store.release(&old, "w1").await.unwrap();
    let lease = bench
        .store
        .lease(LEASE, "w2", NOW, Span::mins(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(lease.epoch, old.epoch + 1);
    let mut late = crate::bench::batch(
        "engine/deliver",
        NOW,
        vec![moved(1, DeliveryState::Applied)],
    );
    late.fence = Some(old.clone());
    assert!(matches!(
        bench.store.commit(late).await,
        Err(StoreError::Fenced { .. })
    ));
    assert!(matches!(
        bench.store.claim(&claim_query(5), NOW, &old).await,
        Err(StoreError::Fenced { .. })
    ));
    assert!(matches!(
        bench
            .store
            .recover(&SystemId::from("pvx"), NOW, Span::secs(5), &old)
            .await,
        Err(StoreError::Fenced { .. })
    ));
    assert_eq!(bench.delivery(1).await.state, DeliveryState::Ready);
}

async fn a_lease_is_taken_over_only_when_it_has_expired(bench: Bench) {
    let ttl = Span::ms(400);
    let first = bench
        .store
        .lease("system/lw", "w1", NOW, ttl)
        .await
        .unwrap()
        .unwrap();
    assert!(
        bench
            .store
            .lease("system/lw", "w2", NOW, ttl)
            .await
            .unwrap()
            .is_none()
    );
    let again = bench
        .store
        .lease("system/lw", "w1", NOW, ttl)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(again.epoch, first.epoch);
    // PostgreSQL judges by its own clock, whatever the worker's says.
    let later = if bench.is_sqlite() {
        NOW + ttl + Span::ms(1)
    } else {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        NOW - Span::hours(3)
    };
    let taken = bench
        .store
        .lease("system/lw", "w2", later, ttl)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(taken.epoch, first.epoch + 1);
}

async fn only_the_head_of_a_key_is_ready(bench: Bench) {
    bench
        .commit(vec![
            enqueue(1, "order:1", "a"),
            enqueue(2, "order:1", "b"),
            enqueue(3, "order:2", "c"),
        ])
        .await
        .unwrap();
    assert_eq!(bench.delivery(1).await.state, DeliveryState::Ready);
    assert_eq!(bench.delivery(2).await.state, DeliveryState::Waiting);
    assert_eq!(bench.delivery(3).await.state, DeliveryState::Ready);
    // The predecessor ends and a third comes in the same commit: the second is next.
    bench
        .commit(vec![
            enqueue(4, "order:1", "d"),
            moved(1, DeliveryState::Applied),
        ])
        .await
        .unwrap();
    assert_eq!(bench.delivery(1).await.state, DeliveryState::Applied);
    assert_eq!(bench.delivery(2).await.state, DeliveryState::Ready);
    assert_eq!(bench.delivery(4).await.state, DeliveryState::Waiting);
    // A superseded one in the middle leaves the queue as it is.
    bench
        .commit(vec![moved(4, DeliveryState::Superseded)])
        .await
        .unwrap();
    assert_eq!(bench.delivery(2).await.state, DeliveryState::Ready);
    assert_eq!(bench.delivery(4).await.state, DeliveryState::Superseded);
    let ended = bench.commit(vec![moved(4, DeliveryState::Ready)]).await;
    assert!(matches!(ended, Err(StoreError::Refused(_))), "{ended:?}");
}

async fn a_rejected_head_holds_its_key_until_it_is_cancelled(bench: Bench) {
    bench
        .commit(vec![enqueue(1, "order:1", "a"), enqueue(2, "order:1", "b")])
        .await
        .unwrap();
    for state in [DeliveryState::Rejected, DeliveryState::Dead] {
        bench.commit(vec![moved(1, state)]).await.unwrap();
        assert_eq!(bench.delivery(2).await.state, DeliveryState::Waiting);
    }
    bench
        .commit(vec![moved(1, DeliveryState::Ready)])
        .await
        .unwrap();
    assert_eq!(bench.delivery(1).await.state, DeliveryState::Ready);
    let mut from_doubt = step(1, DeliveryState::Cancelled);
    from_doubt.from = Some(DeliveryState::InDoubt);
    assert!(matches!(
        bench.commit(vec![Change::Deliver(from_doubt)]).await,
        Err(StoreError::Refused(_))
    ));
    bench
        .commit(vec![moved(1, DeliveryState::Cancelled)])
        .await
        .unwrap();
    assert_eq!(bench.delivery(2).await.state, DeliveryState::Ready);
}

async fn a_key_is_unique_over_every_state_for_ever(bench: Bench) {
    let ends = [
        DeliveryState::Applied,
        DeliveryState::Superseded,
        DeliveryState::Cancelled,
        DeliveryState::Dead,
        DeliveryState::Rejected,
        DeliveryState::InDoubt,
    ];
    for (n, end) in (0_i64..).zip(ends) {
        let (id, key) = (100 + n, format!("key-{n}"));
        bench.commit(vec![enqueue(id, &key, &key)]).await.unwrap();
        bench.commit(vec![moved(id, end)]).await.unwrap();
        let again = bench
            .commit(vec![enqueue(id + 50, &key, &key)])
            .await
            .unwrap();
        assert_eq!(again.duplicates, [DeliveryId(id + 50)], "{end}");
        let owner = bench.store.delivery_by_key(&key).await.unwrap().unwrap();
        assert_eq!((owner.id, owner.state), (DeliveryId(id), end));
    }
    // Within one batch too.
    let twice = bench
        .commit(vec![enqueue(1, "k", "same"), enqueue(2, "k", "same")])
        .await
        .unwrap();
    assert_eq!(twice.duplicates, [DeliveryId(2)]);
    assert!(
        bench
            .store
            .open_exceptions(&[Kind::SysInvariant], None)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn the_same_key_with_other_content_opens_a_conflict(bench: Bench) {
    bench
        .commit(vec![enqueue(1, "order:1", "a")])
        .await
        .unwrap();
    let mut other = delivery(2, "order:1", "a");
    other.intent = Intent::CancelOrder {
        number: WmsOrderNo::from("LW-OTHER"),
    };
    let done = bench
        .commit(vec![Change::Enqueue(Box::new(other))])
        .await
        .unwrap();
    assert_eq!(done.duplicates, [DeliveryId(2)]);
    assert_eq!(done.opened.len(), 1);
    let open = bench
        .store
        .open_exceptions(&[Kind::SysInvariant], Some(&pair()))
        .await
        .unwrap();
    assert_eq!(open[0].discriminator, "KEY=a");
    let told = bench
        .store
        .timeline(&ObjectRef::Delivery(1), 10)
        .await
        .unwrap();
    assert!(told.iter().any(|j| j.action == "delivery.conflict"));
    assert_eq!(
        bench.delivery(1).await.intent,
        delivery(1, "order:1", "a").intent
    );
}

async fn claims_take_the_earliest_promise_first_and_leave_paused_flows_alone(bench: Bench) {
    let fence = bench.fence().await;
    let mut late = delivery(1, "o:1", "1");
    late.ship_by = None;
    let mut soon = delivery(2, "o:2", "2");
    soon.ship_by = Some(NOW + Span::hours(1));
    let mut later = delivery(3, "o:3", "3");
    later.due_at = NOW + Span::secs(30);
    bench
        .commit(
            [late, soon, later]
                .into_iter()
                .map(|d| Change::Enqueue(Box::new(d)))
                .collect(),
        )
        .await
        .unwrap();
    let pause = |paused: Option<&str>, flow| Change::FlowPaused {
        pair: pair(),
        flow,
        paused: paused.map(str::to_owned),
    };
    for flow in [Some(Flow::OrderCreate), None] {
        bench
            .commit(vec![pause(Some("stock take"), flow)])
            .await
            .unwrap();
        assert!(bench.claim(&fence, NOW, 10).await.is_empty());
        assert!(
            bench
                .store
                .lane_work(&SystemId::from("pvx"), NOW)
                .await
                .unwrap()
                .is_empty()
        );
        bench.commit(vec![pause(None, flow)]).await.unwrap();
    }
    let claimed = bench.claim(&fence, NOW, 10).await;
    let ids: Vec<i64> = claimed.iter().map(|d| d.id.0).collect();
    assert_eq!(ids, [2, 1]);
    assert!(
        claimed.iter().all(|d| d.state == DeliveryState::Sending
            && d.attempts == 1
            && d.sent_at == Some(NOW))
    );
    assert!(bench.claim(&fence, NOW, 10).await.is_empty());
    let due = bench
        .store
        .next_delivery_due(&SystemId::from("pvx"), NOW)
        .await
        .unwrap();
    assert_eq!(due, Some(NOW + Span::secs(30)));
    assert_eq!(bench.claim(&fence, NOW + Span::secs(30), 10).await.len(), 1);
}

async fn what_is_found_sending_becomes_doubtful(bench: Bench) {
    let fence = bench.fence().await;
    bench
        .commit(vec![enqueue(1, "o:1", "1"), enqueue(2, "o:2", "2")])
        .await
        .unwrap();
    assert_eq!(bench.claim(&fence, NOW, 1).await.len(), 1);
    let system = SystemId::from("pvx");
    let count = bench
        .store
        .recover(&system, NOW, Span::secs(5), &fence)
        .await
        .unwrap();
    assert_eq!(count, 1);
    let row = bench.delivery(1).await;
    assert_eq!(row.state, DeliveryState::InDoubt);
    let ask = |at| {
        let (store, system) = (bench.store.clone(), system.clone());
        async move {
            store
                .in_doubt_due(&system, Flow::OrderCreate, at, 10)
                .await
                .unwrap()
        }
    };
    assert!(ask(NOW + Span::secs(4)).await.is_empty());
    assert_eq!(ask(NOW + Span::secs(5)).await[0].id, DeliveryId(1));
}

async fn work_is_counted_by_flow_and_step(bench: Bench) {
    bench
        .commit(
            (1..=5)
                .map(|n| enqueue(n, &format!("o:{n}"), &format!("{n}")))
                .collect(),
        )
        .await
        .unwrap();
    let mut second = step(1, DeliveryState::Ready);
    second.step = 1;
    let doubtful = step(2, DeliveryState::InDoubt);
    bench
        .commit(vec![Change::Deliver(second), Change::Deliver(doubtful)])
        .await
        .unwrap();
    let work = bench
        .store
        .lane_work(&SystemId::from("pvx"), NOW)
        .await
        .unwrap();
    let told: Vec<_> = work
        .iter()
        .map(|w| (w.step, w.ready, w.in_doubt_due))
        .collect();
    assert_eq!(told, [(0, 3, 1), (1, 1, 0)]);
    let fence = bench.fence().await;
    let mut query = claim_query(10);
    query.step = Some(1);
    let claimed = bench.store.claim(&query, NOW, &fence).await.unwrap();
    assert_eq!(claimed.len(), 1);
}

/// Four enqueuing and four delivering tasks over two openings of the store; per key, deliveries must be applied in the
/// order of their sequence and none may be left over.
async fn many_workers_never_deliver_a_key_out_of_order(bench: Bench) {
    const KEYS: i64 = 7;
    const PER_TASK: i64 = 40;
    let fence = bench.fence().await;
    let other = bench.another().await;
    let mut tasks = Vec::new();
    for task in 0..4_i64 {
        let store = if task % 2 == 0 {
            bench.store.clone()
        } else {
            other.clone()
        };
        tasks.push(tokio::spawn(async move {
            for n in 0..PER_TASK {
                let id = task * PER_TASK + n + 1;
                let key = format!("stock:{}", id % KEYS);
                let change = enqueue(id, &key, &format!("idem-{id}"));
                commit_patiently(&store, vec![change]).await;
            }
        }));
    }
    let mut applied: Vec<tokio::task::JoinHandle<()>> = Vec::new();
    for task in 0..4 {
        let store = if task % 2 == 0 {
            bench.store.clone()
        } else {
            other.clone()
        };
        let fence = fence.clone();
        applied.push(tokio::spawn(
            async move { deliver_all(&store, &fence).await },
        ));
    }
    for task in tasks.into_iter().chain(applied) {
        task.await.unwrap();
    }
    deliver_all(&bench.store, &fence).await;
    let mut last: HashMap<String, i64> = HashMap::new();
    let mut count = 0;
    let rows = bench.store.timeline_of_moves().await;
    for (key, seq) in rows {
        let before = last.insert(key.clone(), seq).unwrap_or(0);
        assert!(before < seq, "{key}: {seq} after {before}");
        count += 1;
    }
    assert_eq!(count, 4 * PER_TASK);
    assert_eq!(bench.store.verify_journal().await.unwrap(), None);
}

async fn commit_patiently(store: &tallyman::store::Store, changes: Vec<Change>) {
    for _ in 0..50 {
        match store
            .commit(crate::bench::batch("engine/test", NOW, changes.clone()))
            .await
        {
            Ok(_) => return,
            Err(StoreError::Unavailable(_)) => {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the store stayed unavailable");
}

async fn deliver_all(store: &tallyman::store::Store, fence: &Fence) {
    let mut idle = 0;
    while idle < 20 {
        let claimed = match store.claim(&claim_query(5), NOW, fence).await {
            Ok(claimed) => claimed,
            Err(StoreError::Unavailable(_)) => Vec::new(),
            Err(error) => panic!("{error}"),
        };
        if claimed.is_empty() {
            idle += 1;
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            continue;
        }
        idle = 0;
        let changes = claimed
            .iter()
            .map(|d| moved(d.id.0, DeliveryState::Applied))
            .collect();
        commit_patiently(store, changes).await;
    }
}

/// What was applied in the order of the journal: key and place of enqueuing within it.
trait Moves {
    async fn timeline_of_moves(&self) -> Vec<(String, i64)>;
}

impl Moves for tallyman::store::Store {
    async fn timeline_of_moves(&self) -> Vec<(String, i64)> {
        let mut out = Vec::new();
        let mut queued: HashMap<i64, i64> = HashMap::new();
        let mut all = Vec::new();
        for id in 1..=160_i64 {
            for line in self.timeline(&ObjectRef::Delivery(id), 20).await.unwrap() {
                all.push((line.seq.0, id, line.action, line.after));
            }
        }
        all.sort();
        for (seq, id, action, after) in all {
            if action == "delivery.queued" {
                queued.insert(id, seq);
            } else if after == "applied" {
                out.push((format!("{}", id % 7), queued[&id]));
            }
        }
        out
    }
}

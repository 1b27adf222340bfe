//! What must hold when things break: tampering, damage, full disks, lost connections, other processes, other versions.

use crate::bench::{
    Bench, NOW, batch, both, delivery, enqueue, new_order, options, order_row, pair, save,
};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use std::time::Duration;
use tallyman::domain::change::{Change, InboxBody, NewInbox, Payload, ScheduleDone};
use tallyman::domain::delivery::Flow;
use tallyman::domain::ids::{InboxId, OrderId, PayloadId, RequestId, SystemId};
use tallyman::domain::order::OrderState;
use tallyman::domain::time::Span;
use tallyman::store::{Store, StoreError};

both! {
    the_journal_cannot_be_changed_and_tampering_shows,
    a_newer_schema_is_refused,
    a_dropped_commit_leaves_nothing_half_done,
    two_openings_see_and_wake_each_other,
    ids_are_never_given_twice,
    a_body_is_kept_for_its_time_and_only_for_its_key,
    inbound_messages_are_stored_once,
    a_read_only_store_refuses_writes,
    schedules_and_requests_come_back,
    a_sound_store_verifies,
}

/// Runs a statement behind the store's back.
async fn meddle(bench: &Bench, sql: &str) -> Result<(), sqlx::Error> {
    if bench.is_sqlite() {
        let path = bench.options.url.trim_start_matches("sqlite:");
        let mut conn = SqliteConnection::connect(path).await?;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut conn)
            .await?;
        conn.close().await
    } else {
        let mut conn = PgConnection::connect(&bench.options.url).await?;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut conn)
            .await?;
        conn.close().await
    }
}

async fn the_journal_cannot_be_changed_and_tampering_shows(bench: Bench) {
    bench
        .commit((1..=5).map(|id| new_order(id, OrderState::Ready)).collect())
        .await
        .unwrap();
    assert_eq!(bench.store.verify_journal().await.unwrap(), None);
    for refused in [
        "update journal set reason = 'x' where seq = 3",
        "delete from journal where seq = 5",
    ] {
        let error = meddle(&bench, refused).await.unwrap_err();
        assert!(error.to_string().contains("append-only"), "{error}");
    }
    let (off, on) = if bench.is_sqlite() {
        (
            "drop trigger journal_no_update; drop trigger journal_no_delete;",
            "",
        )
    } else {
        (
            "alter table journal disable trigger all;",
            "alter table journal enable trigger all;",
        )
    };
    meddle(
        &bench,
        &format!("{off} update journal set actor = 'somebody else' where seq = 3; {on}"),
    )
    .await
    .unwrap();
    let told = bench.store.verify_journal().await.unwrap().unwrap();
    assert!(told.contains("row 3"), "{told}");
    let off = if bench.is_sqlite() { "" } else { off };
    meddle(
        &bench,
        &format!("{off} update journal set actor = 'engine/test' where seq = 3; delete from journal where seq = 5; {on}"),
    )
    .await
    .unwrap();
    let told = bench.store.verify_journal().await.unwrap().unwrap();
    assert!(told.contains('5'), "{told}");
    assert!(!bench.store.verify().await.unwrap().is_empty());
}

async fn a_newer_schema_is_refused(bench: Bench) {
    bench.store.close().await;
    meddle(
        &bench,
        "insert into schema_step (version, name, at) values (9999, 'future', 0)",
    )
    .await
    .unwrap();
    match Store::open(&bench.options).await.map(|_| ()) {
        Err(StoreError::Newer { found, .. }) => assert_eq!(found, 9999),
        other => panic!("{other:?}"),
    }
}

async fn a_dropped_commit_leaves_nothing_half_done(bench: Bench) {
    let mut done = 0;
    for round in 0..40_i64 {
        let first = round * 20 + 1;
        let changes: Vec<Change> = (first..first + 20)
            .flat_map(|id| {
                [
                    new_order(id, OrderState::Ready),
                    enqueue(id, &format!("o:{id}"), &format!("i{id}")),
                ]
            })
            .collect();
        let commit = bench.commit(changes);
        let wait = Duration::from_micros(u64::try_from(round).unwrap() * 300);
        if tokio::time::timeout(wait, commit).await.is_ok() {
            done += 1;
        }
        let ids: Vec<OrderId> = (first..first + 20).map(OrderId).collect();
        let found = bench.store.orders_by_id(&ids).await.unwrap().len();
        assert!(found == 0 || found == 20, "{found} of 20 orders");
    }
    assert!(done < 40, "no commit was interrupted");
    // A commit that was dropped is rolled back before the next one starts.
    bench
        .commit(vec![new_order(9_000, OrderState::Ready)])
        .await
        .unwrap();
    assert_eq!(bench.store.verify().await.unwrap(), Vec::<String>::new());
}

async fn two_openings_see_and_wake_each_other(bench: Bench) {
    let other = bench.another().await;
    // Start listening.
    other.changed(Duration::from_millis(1_500)).await;
    other.changed(Duration::from_millis(1_500)).await;
    let waiting = tokio::spawn(async move {
        let begun = std::time::Instant::now();
        other.changed(Duration::from_secs(20)).await;
        (begun.elapsed(), other)
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    bench
        .commit(vec![new_order(1, OrderState::Ready)])
        .await
        .unwrap();
    let (waited, other) = waiting.await.unwrap();
    assert!(waited < Duration::from_secs(15), "{waited:?}");
    assert_eq!(other.orders_by_id(&[OrderId(1)]).await.unwrap().len(), 1);
    // A clone in this process is woken at once, the one that wrote is not.
    let clone = bench.store.clone();
    clone.changed(Duration::from_millis(10)).await;
    bench
        .commit(vec![new_order(2, OrderState::Ready)])
        .await
        .unwrap();
    let begun = std::time::Instant::now();
    clone.changed(Duration::from_secs(20)).await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    // Both write at the same time and nothing is lost.
    let (a, b) = (bench.store.clone(), other);
    let write = |store: Store, from: i64| async move {
        for id in from..from + 25 {
            store
                .commit(batch(
                    "engine/test",
                    NOW,
                    vec![new_order(id, OrderState::Ready)],
                ))
                .await
                .unwrap();
        }
    };
    tokio::join!(write(a, 100), write(b, 200));
    let ids: Vec<OrderId> = (100..125).chain(200..225).map(OrderId).collect();
    assert_eq!(bench.store.orders_by_id(&ids).await.unwrap().len(), 50);
    assert_eq!(bench.store.verify_journal().await.unwrap(), None);
}

async fn ids_are_never_given_twice(bench: Bench) {
    let other = bench.another().await;
    let mut tasks = Vec::new();
    for task in 0..8 {
        let store = if task % 2 == 0 {
            bench.store.clone()
        } else {
            other.clone()
        };
        tasks.push(tokio::spawn(async move {
            let mut blocks = Vec::new();
            for _ in 0..20 {
                blocks.push(store.reserve_ids(7).await.unwrap());
            }
            blocks
        }));
    }
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    all.sort_unstable();
    assert!(all.windows(2).all(|pair| pair[1] >= pair[0] + 7));
    assert!(bench.store.reserve_ids(0).await.is_err());
}

async fn a_body_is_kept_for_its_time_and_only_for_its_key(bench: Bench) {
    let body = b"<order name=\"Zo\xc3\xab\">".repeat(50);
    bench
        .commit(vec![Change::Payload(Payload {
            id: PayloadId(5),
            kind: "request",
            system: SystemId::from("pvx"),
            method: "SaveData Sales orders".to_owned(),
            body: body.clone(),
        })])
        .await
        .unwrap();
    let read = bench.store.payload(PayloadId(5)).await.unwrap().unwrap();
    assert_eq!(read.body.as_deref(), Some(body.as_slice()));
    assert_eq!(read.method, "SaveData Sales orders");
    let mut other = bench.options.clone();
    other.payload_key = [1; 32];
    let stranger = Store::open(&other).await.unwrap();
    assert!(matches!(
        stranger.payload(PayloadId(5)).await,
        Err(StoreError::Decode(_))
    ));
    assert_eq!(bench.store.expire_payloads(NOW, 10).await.unwrap(), 0);
    let later = NOW + Span::days(91);
    assert_eq!(bench.store.expire_payloads(later, 10).await.unwrap(), 1);
    let read = bench.store.payload(PayloadId(5)).await.unwrap().unwrap();
    assert_eq!(read.body, None);
    assert_eq!(read.hash.len(), 64);
}

async fn inbound_messages_are_stored_once(bench: Bench) {
    let message = |id: i64, key: &str| {
        Change::Inbox(NewInbox {
            id: InboxId(id),
            system: SystemId::from("lw"),
            pair: Some(pair()),
            entity: "hint".to_owned(),
            entity_id: "x".to_owned(),
            dedup_key: key.to_owned(),
            content_key: None,
            body: InboxBody::Hint {
                event: "OrderProcessed".to_owned(),
                fields: vec![],
            },
        })
    };
    let done = bench
        .commit(vec![message(1, "a"), message(2, "a"), message(3, "b")])
        .await
        .unwrap();
    assert_eq!(done.inbox_duplicates, 1);
    let new = bench.store.inbox_new(10).await.unwrap();
    assert_eq!(new.iter().map(|m| m.id.0).collect::<Vec<_>>(), [1, 3]);
    bench
        .commit(vec![Change::InboxDone {
            id: InboxId(1),
            note: "nothing new".to_owned(),
        }])
        .await
        .unwrap();
    assert_eq!(bench.store.inbox_new(10).await.unwrap().len(), 1);
    let again = bench.commit(vec![message(4, "a")]).await.unwrap();
    assert_eq!(again.inbox_duplicates, 1);
}

async fn a_read_only_store_refuses_writes(bench: Bench) {
    bench
        .commit(vec![new_order(1, OrderState::Ready)])
        .await
        .unwrap();
    let mut read_only = bench.options.clone();
    read_only.is_read_only = true;
    let store = Store::open(&read_only).await.unwrap();
    assert_eq!(store.orders_by_id(&[OrderId(1)]).await.unwrap().len(), 1);
    let outcome = store
        .commit(batch("anna", NOW, vec![new_order(2, OrderState::Ready)]))
        .await;
    assert!(matches!(outcome, Err(StoreError::Refused(_))));
    assert!(matches!(
        store.reserve_ids(1).await,
        Err(StoreError::Refused(_))
    ));
}

async fn schedules_and_requests_come_back(bench: Bench) {
    let done = |is_ok, cursor: Option<&str>| {
        Change::ScheduleDone(ScheduleDone {
            pair: pair(),
            flow: Flow::OrderPull,
            started_at: NOW,
            is_ok,
            note: "12 new".to_owned(),
            next_due_at: NOW + Span::secs(30),
            cursor: cursor.map(str::to_owned),
        })
    };
    bench
        .commit(vec![done(true, Some("{\"page\":3}"))])
        .await
        .unwrap();
    bench
        .commit(vec![
            done(false, None),
            done(false, None),
            Change::ScheduleHasten {
                pair: pair(),
                flow: Flow::OrderPull,
                at: NOW + Span::secs(5),
            },
            Change::ScheduleHasten {
                pair: pair(),
                flow: Flow::Catalogue,
                at: NOW,
            },
            Change::FlowPaused {
                pair: pair(),
                flow: None,
                paused: Some("stock take".to_owned()),
            },
        ])
        .await
        .unwrap();
    let rows = bench.store.schedules().await.unwrap();
    assert_eq!(rows.len(), 2);
    let pull = &rows[0];
    assert_eq!(
        (pull.flow, pull.failures, pull.is_last_ok),
        (Flow::OrderPull, 2, false)
    );
    assert_eq!(pull.due_at, NOW + Span::secs(5));
    assert_eq!(pull.last_ok_at, Some(NOW));
    assert_eq!(pull.cursor, "{\"page\":3}");
    assert_eq!(pull.paused.as_deref(), Some("stock take"));
    bench
        .commit(vec![Change::Request {
            id: RequestId(1),
            kind: "flow.run".to_owned(),
            body: serde_json::json!({"flow": "CATALOGUE"}),
        }])
        .await
        .unwrap();
    assert_eq!(bench.store.requests_new(5).await.unwrap().len(), 1);
    bench
        .commit(vec![
            Change::RequestDone {
                id: RequestId(1),
                is_ok: true,
                answer: "started".to_owned(),
            },
            Change::Setting {
                key: "subscription".to_owned(),
                value: "17".to_owned(),
            },
        ])
        .await
        .unwrap();
    assert!(bench.store.requests_new(5).await.unwrap().is_empty());
    let row = bench.store.request(RequestId(1)).await.unwrap().unwrap();
    assert!(row.is_done && row.is_ok && row.done_at == Some(NOW));
    assert_eq!(
        bench
            .store
            .setting("subscription")
            .await
            .unwrap()
            .as_deref(),
        Some("17")
    );
}

async fn a_sound_store_verifies(bench: Bench) {
    let mut changes = Vec::new();
    for id in 1..=20 {
        changes.push(new_order(id, OrderState::Ready));
        let mut new = delivery(id, &format!("o:{}", id % 5), &format!("{id}"));
        new.order = Some(OrderId(id));
        changes.push(Change::Enqueue(Box::new(new)));
    }
    bench.commit(changes).await.unwrap();
    assert_eq!(bench.store.verify().await.unwrap(), Vec::<String>::new());
    assert_eq!(
        bench.store.invariants(NOW).await.unwrap(),
        Vec::<String>::new()
    );
    // A row behind the store's back is noticed.
    meddle(&bench, "update orders set state = 24 where id = 20")
        .await
        .unwrap();
    meddle(&bench, "delete from delivery where id = 1")
        .await
        .unwrap();
    let told = bench.store.invariants(NOW).await.unwrap().join("\n");
    assert!(
        told.contains("I-AUD-1") && told.contains("I-MSG-1"),
        "{told}"
    );
    assert!(!bench.store.verify().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_damaged_file_is_reported_and_never_repaired_silently() {
    let bench = Bench::sqlite().await;
    bench
        .commit(
            (1..=200)
                .map(|id| new_order(id, OrderState::Ready))
                .collect(),
        )
        .await
        .unwrap();
    bench.store.close().await;
    let path = bench.dir.as_ref().unwrap().path().join("t.db");
    let sound = std::fs::read(&path).unwrap();
    let mut header = sound.clone();
    header[..16].copy_from_slice(b"not a database!!");
    std::fs::write(&path, header).unwrap();
    let outcome = Store::open(&bench.options).await.map(|_| ());
    assert!(
        matches!(outcome, Err(StoreError::Corrupt(_))),
        "{outcome:?}"
    );
    let mut pages = sound.clone();
    for page in (8..sound.len() / 4096).step_by(3) {
        for byte in &mut pages[page * 4096..page * 4096 + 64] {
            *byte ^= 0x5a;
        }
    }
    std::fs::write(&path, pages).unwrap();
    let outcome = Store::open(&bench.options).await.map(|_| ());
    assert!(
        matches!(outcome, Err(StoreError::Corrupt(_))),
        "{outcome:?}"
    );
    std::fs::write(&path, sound).unwrap();
    let store = Store::open(&bench.options).await.unwrap();
    assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn somebody_elses_database_is_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("other.db");
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let mut conn = SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("create table invoices (id integer)")
        .execute(&mut conn)
        .await
        .unwrap();
    conn.close().await.unwrap();
    let outcome = Store::open(&options(format!("sqlite:{}", path.display()))).await;
    assert!(matches!(outcome.map(|_| ()), Err(StoreError::Corrupt(_))));
    assert!(matches!(
        Store::open(&options("sqlite::memory:".to_owned()))
            .await
            .map(|_| ()),
        Err(StoreError::Refused(_))
    ));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::sqlite().await;
    bench
        .commit(vec![new_order(1, OrderState::Ready)])
        .await
        .unwrap();
    for entry in std::fs::read_dir(bench.dir.as_ref().unwrap().path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.path());
    }
}

#[tokio::test]
async fn a_backup_is_a_store_of_its_own() {
    let bench = Bench::sqlite().await;
    bench
        .commit(vec![new_order(1, OrderState::Ready)])
        .await
        .unwrap();
    let to = bench.dir.as_ref().unwrap().path().join("copy.db");
    let done = bench.store.backup(&to).await.unwrap();
    assert!(done.bytes > 0);
    assert!(matches!(
        bench.store.backup(&to).await,
        Err(StoreError::Refused(_))
    ));
    bench
        .commit(vec![new_order(2, OrderState::Ready)])
        .await
        .unwrap();
    let copy = Store::open(&options(format!("sqlite:{}", to.display())))
        .await
        .unwrap();
    let found = copy.orders_by_id(&[OrderId(1), OrderId(2)]).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(copy.verify().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_lock_held_by_another_process_is_waited_for() {
    let bench = Bench::sqlite().await;
    let path = bench.dir.as_ref().unwrap().path().join("t.db");
    let mut other = SqliteConnection::connect(&path.display().to_string())
        .await
        .unwrap();
    sqlx::raw_sql("begin immediate")
        .execute(&mut other)
        .await
        .unwrap();
    let writing = {
        let store = bench.store.clone();
        tokio::spawn(async move {
            store
                .commit(batch(
                    "engine/test",
                    NOW,
                    vec![new_order(1, OrderState::Ready)],
                ))
                .await
        })
    };
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(
        bench
            .store
            .orders_by_id(&[OrderId(1)])
            .await
            .unwrap()
            .is_empty()
    );
    sqlx::raw_sql("commit").execute(&mut other).await.unwrap();
    writing.await.unwrap().unwrap();
    // Held for longer than the patience: not available, nothing written.
    sqlx::raw_sql("begin immediate")
        .execute(&mut other)
        .await
        .unwrap();
    let outcome = bench.commit(vec![new_order(2, OrderState::Ready)]).await;
    assert!(
        matches!(outcome, Err(StoreError::Unavailable(_))),
        "{outcome:?}"
    );
    sqlx::raw_sql("rollback").execute(&mut other).await.unwrap();
    bench
        .commit(vec![new_order(2, OrderState::Ready)])
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_connections_lose_nothing_that_was_acknowledged() {
    let Some(bench) = Bench::postgres().await else {
        return;
    };
    let killer = {
        let url = bench.options.url.clone();
        tokio::spawn(async move {
            let mut conn = PgConnection::connect(&url).await.unwrap();
            for _ in 0..25 {
                sqlx::query(
                    "select pg_terminate_backend(pid) from pg_stat_activity \
                     where datname = current_database() and application_name = 'tallyman'",
                )
                .execute(&mut conn)
                .await
                .unwrap();
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
        })
    };
    let (mut acknowledged, mut lost, mut id) = (Vec::new(), 0, 0);
    while !killer.is_finished() || acknowledged.is_empty() {
        id += 1;
        let change = save(order_row(id, OrderState::Ready), None);
        match bench.commit(vec![change]).await {
            Ok(_) => acknowledged.push(OrderId(id)),
            Err(StoreError::Unavailable(_)) => lost += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(lost > 0, "no connection was killed in time");
    let found = bench.store.orders_by_id(&acknowledged).await.unwrap();
    assert_eq!(found.len(), acknowledged.len());
    assert_eq!(bench.store.verify_journal().await.unwrap(), None);
}

//! Tests that need the inside of the store: query plans, a full disk, the speed of commits.

use super::db::Db;
use super::*;
use crate::domain::change::{Batch, Change, DeliveryMove};
use crate::domain::delivery::{AnswerClass, DeliveryState, Intent, NewDelivery};
use crate::domain::ids::WmsOrderNo;
use sqlx::{AssertSqlSafe, Row as _};

fn options(dir: &std::path::Path, is_durable: bool) -> StoreOptions {
    StoreOptions {
        url: format!("sqlite:{}", dir.join("t.db").display()),
        payload_key: [3; 32],
        is_read_only: false,
        is_migrating: true,
        is_durable,
    }
}

fn writer(store: &Store) -> &sqlx::SqlitePool {
    match &store.inner.db {
        Db::Sqlite {
            writer: Some(pool), ..
        } => pool,
        _ => panic!("a SQLite store that writes"),
    }
}

fn enqueue(id: i64) -> Change {
    Change::Enqueue(Box::new(NewDelivery {
        id: DeliveryId(id),
        flow: Flow::OrderCreate,
        pair: PairId::from("lw-pvx"),
        system: SystemId::from("pvx"),
        lane: Lane::Orders,
        order_key: format!("order:{id}"),
        idem_key: format!("create|{id}"),
        order: None,
        object: format!("LW-{id}"),
        intent: Intent::CancelOrder {
            number: WmsOrderNo(format!("LW-{id}")),
        },
        ship_by: None,
        due_at: Ts(0),
        depth: 0,
        caused_at: Ts(0),
    }))
}

fn applied(id: i64) -> Change {
    Change::Deliver(DeliveryMove {
        id: DeliveryId(id),
        from: None,
        to: DeliveryState::Applied,
        step: 0,
        due_at: Ts(0),
        attempts: 1,
        sent_at: None,
        absent_at: None,
        class: Some(AnswerClass::Applied),
        text: "created".to_owned(),
        intent: None,
    })
}

fn batch(changes: Vec<Change>) -> Batch {
    Batch {
        actor: "engine/test".to_owned(),
        at: Ts(1),
        fence: None,
        changes,
    }
}

/// The steps of a plan that walk a whole table.
async fn scans(store: &Store, sql: &str) -> Vec<String> {
    let sql = dialect::Dialect::Sqlite.expand(sql.to_owned().into());
    let rows = sqlx::query(AssertSqlSafe(format!("explain query plan {sql}")))
        .fetch_all(writer(store))
        .await
        .unwrap();
    rows.iter()
        .map(|row| row.get::<String, _>("detail"))
        // A bound list is walked as a list; a partial index is walked from one end, which is what it is for.
        .filter(|step| {
            step.starts_with("SCAN")
                && !step.contains("json_each")
                && !step.ends_with(" inbox_new")
                && !step.ends_with(" request_new")
        })
        .chain(
            rows.iter()
                .map(|row| row.get::<String, _>("detail"))
                .filter(|step| step.contains("TEMP B-TREE FOR ORDER BY")),
        )
        .collect()
}

#[tokio::test]
async fn hot_queries_walk_an_index() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&options(dir.path(), false)).await.unwrap();
    let others = [
        "select id from orders where source_id @any($1) and pair = $2",
        "select id from orders where wms_number @any($1) and pair = $2",
        "select id from orders where source_status = 0 and pair = $1 and location = $2",
        "select body from inbox where done_at is null order by id @limit($1)",
        "select id from request where is_done = 0 order by id @limit($1)",
        "select despatch from despatch where state in ('new', 'waiting') and system = $1 order by first_seen_at, despatch, number @limit($2)",
        "select delivery_id from delivery_key where idem_key @any($1)",
        "select id from delivery where order_key @any($1)",
        "select id from exception where fingerprint @any($1)",
        "select id from exception where state < 10 and kind @any($1) and pair = $2",
        "select m.value_minor from occurrence m where m.object_kind = $1 and m.object_id @any($2) and m.cleared_at is null",
        "select label from occurrence m where m.exception_id = $1 and m.cleared_at is null \
         and (m.ship_sort, m.object_kind, m.object_id) > ($2, $3, $4) order by m.ship_sort, m.object_kind, m.object_id @limit($5)",
        "select seq from journal where order_id = $1 order by seq desc @limit($2)",
        "select seq from journal where exception_id = $1 order by seq desc @limit($2)",
        "select seq from journal where object_kind = $1 and object_id = $2 order by seq desc @limit($3)",
        looks::DUE,
        stock::UNJUDGED,
        "update despatch_line set is_judged = 0 where system = $1 and tracking = '' and despatched_at >= $2 and is_judged = 1",
        "select pair from look where pair = $1 and source_id @any($2)",
        "delete from look where due_at is null and updated_at < $1",
        "select l.order_id from order_line l where l.despatched_each > l.confirmed_each and l.order_id = $1",
    ];
    for sql in deliveries::HOT.iter().chain(&others) {
        let found = scans(&store, sql).await;
        assert!(found.is_empty(), "{sql}\n{found:?}");
    }
}

#[tokio::test]
async fn every_list_is_read_in_the_order_of_an_index() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&options(dir.path(), false)).await.unwrap();
    for sql in lists::walks() {
        for direction in ["", " desc"] {
            let sql = sql.replace("{dir}", direction);
            let rows = sqlx::query(AssertSqlSafe(format!("explain query plan {sql}")))
                .fetch_all(writer(&store))
                .await
                .unwrap();
            let plan: Vec<String> = rows.iter().map(|r| r.get("detail")).collect();
            assert!(
                plan.iter().all(|s| !s.contains("TEMP B-TREE")),
                "{sql}\n{plan:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_full_disk_is_told_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&options(dir.path(), true)).await.unwrap();
    store.commit(batch(vec![enqueue(1)])).await.unwrap();
    let pages: i64 = sqlx::query_scalar("pragma page_count")
        .fetch_one(writer(&store))
        .await
        .unwrap();
    sqlx::query(AssertSqlSafe(format!(
        "pragma max_page_count = {}",
        pages + 20
    )))
    .fetch_one(writer(&store))
    .await
    .unwrap();
    let (mut stored, mut id, mut full) = (1, 1, None);
    while full.is_none() && id < 100_000 {
        let first = id + 1;
        match store
            .commit(batch((first..first + 50).map(enqueue).collect()))
            .await
        {
            Ok(_) => stored += 50,
            Err(error) => full = Some(error),
        }
        id += 50;
    }
    assert!(matches!(full, Some(StoreError::Full(_))), "{full:?}");
    // Reading goes on, nothing is half there, and room brings everything back.
    assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
    let count = store.totals().await.unwrap().deliveries_by_state;
    assert_eq!(count.iter().map(|(_, n)| n).sum::<i64>(), stored);
    sqlx::query("pragma max_page_count = 1000000")
        .fetch_one(writer(&store))
        .await
        .unwrap();
    store
        .commit(batch((id + 1..id + 51).map(enqueue).collect()))
        .await
        .unwrap();
    assert_eq!(store.verify_journal().await.unwrap(), None);
}

#[tokio::test]
async fn a_copy_is_made_before_the_schema_changes() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&options(dir.path(), false)).await.unwrap();
    store.commit(batch(vec![enqueue(1)])).await.unwrap();
    let path = dir.path().join("t.db");
    for _ in 0..2 {
        backup::copy_before_migration(&store.inner.db, &path, 0)
            .await
            .unwrap();
    }
    let copy = dir.path().join("t.db.schema-0.bak");
    assert!(std::fs::metadata(copy).unwrap().len() > 0);
}

/// Not a benchmark, but a floor: ten thousand row changes a second even in a build without optimisation would be lost
/// only by a mistake such as one statement per row.
#[tokio::test]
async fn a_batch_costs_a_few_statements_however_large_it_is() {
    const COUNT: i64 = 5_000;
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&options(dir.path(), false)).await.unwrap();
    let begun = std::time::Instant::now();
    for from in (0..COUNT).step_by(500) {
        store
            .commit(batch((from + 1..=from + 500).map(enqueue).collect()))
            .await
            .unwrap();
    }
    for from in (0..COUNT).step_by(500) {
        store
            .commit(batch((from + 1..=from + 500).map(applied).collect()))
            .await
            .unwrap();
    }
    let spent = begun.elapsed();
    println!("{COUNT} deliveries queued and ended in {spent:?}");
    assert!(spent.as_secs() < 20, "{spent:?}");
    let totals = store.totals().await.unwrap();
    assert_eq!(totals.deliveries_by_state, [("applied".to_owned(), COUNT)]);
}

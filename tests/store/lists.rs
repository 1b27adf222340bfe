//! Lists: every page is a piece of the one full order; filters find what people mean.

use crate::bench::{
    Bench, NOW, both, delivery, line, moved, new_order, order_row, pair, save, unknown_sku,
};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::change::Change;
use tallyman::domain::delivery::DeliveryState;
use tallyman::domain::exception::Occurrence;
use tallyman::domain::filter::{self, Filter, lists};
use tallyman::domain::ids::{ItemCode, LocationId, OrderId, PairId, ReturnId};
use tallyman::domain::mapping::{Attributes, MappingEdit, MappingKind};
use tallyman::domain::order::{OrderRow, OrderState};
use tallyman::domain::returns::{Cause, MoneyState, Return, ReturnRow, ReturnState, fresh_line};
use tallyman::domain::stock::{Basis, DAYS_KEPT, StockPosition};
use tallyman::domain::time::{Span, Ts};
use tallyman::store::Store;
use tallyman::store::read::{Anchor, Cursor, ListQuery, Window};

both! {
    every_page_is_a_piece_of_the_full_order,
    orders_are_found_by_what_people_type,
    deliveries_on_their_way_and_ended_are_one_list,
    returns_are_found_by_what_people_type,
    exceptions_are_listed_by_promise,
    mappings_are_listed_and_rolled_back_by_version,
    positions_with_drift_come_first,
    an_items_stock_is_kept_day_by_day_for_a_month,
    the_journal_is_listed_newest_first,
}

fn ask(filter: &str, fields: &[filter::FieldSpec], sort: &str, limit: usize) -> ListQuery {
    ListQuery {
        filter: filter::parse(filter, fields).unwrap(),
        sort: sort.to_owned(),
        is_descending: false,
        anchor: Anchor::First,
        limit,
        now: NOW,
    }
}

/// Numbers that look random and are the same in every run.
fn noise(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

fn some_orders(count: i64) -> Vec<OrderRow> {
    let mut next = noise(7);
    (1..=count)
        .map(|id| {
            let state = OrderState::ALL[usize::try_from(next(6)).unwrap()];
            let mut row = order_row(id, state);
            row.received_at = NOW - Span::mins(i64::try_from(next(5)).unwrap());
            row.ship_by = (next(3) > 0).then(|| NOW + Span::hours(i64::try_from(next(4)).unwrap()));
            row.number = format!("{}", 500 + next(40));
            row.value_minor = i64::try_from(next(4)).unwrap() * 100;
            row
        })
        .collect()
}

/// What one row is sorted by, written so that texts compare as the values do.
fn sort_key(row: &OrderRow, sort: &str) -> (i64, String, i64, i64) {
    let first = match sort {
        "received" => row.received_at.0,
        "ship" => row.ship_by.unwrap_or(Ts::NEVER).0,
        "number" => 0,
        "state" => row.state.code(),
        _ => row.value_minor,
    };
    let text = if sort == "number" {
        row.number.clone()
    } else {
        String::new()
    };
    let second = if sort == "state" {
        row.received_at.0
    } else {
        0
    };
    (first, text, second, row.id.0)
}

async fn every_page_is_a_piece_of_the_full_order(bench: Bench) {
    let rows = some_orders(137);
    bench
        .commit(rows.iter().map(|r| save(r.clone(), None)).collect())
        .await
        .unwrap();
    for sort in ["received", "ship", "number", "state", "value"] {
        for is_descending in [false, true] {
            for text in ["", "state:ready,received", "ship<3h", "-value>=200"] {
                let mut query = ask(text, lists::ORDERS, sort, 10);
                query.is_descending = is_descending;
                let mut full: Vec<&OrderRow> = rows.iter().filter(|r| matches(r, text)).collect();
                full.sort_by_key(|r| sort_key(r, sort));
                if is_descending {
                    full.reverse();
                }
                let ids: Vec<i64> = full.iter().map(|r| r.id.0).collect();
                check_pages(&bench.store, query, &ids).await;
            }
        }
    }
}

fn matches(row: &OrderRow, text: &str) -> bool {
    match text {
        "state:ready,received" => {
            matches!(row.state, OrderState::Ready | OrderState::Received)
        }
        "ship<3h" => row.ship_by.is_some_and(|t| t < NOW + Span::hours(3)),
        "-value>=200" => row.value_minor < 20_000,
        _ => true,
    }
}

fn ids(window: &Window<OrderRow>) -> Vec<i64> {
    window.rows.iter().map(|r| r.row.id.0).collect()
}

async fn check_pages(store: &Store, mut query: ListQuery, full: &[i64]) {
    let limit = query.limit;
    let mut forward = Vec::new();
    let mut places: Vec<Cursor> = Vec::new();
    loop {
        let window = store.orders(&query).await.unwrap();
        assert_eq!(window.total, i64::try_from(full.len()).unwrap());
        assert_eq!(window.position, Some(i64::try_from(forward.len()).unwrap()));
        assert_eq!(window.has_before, !forward.is_empty());
        forward.extend(ids(&window));
        places.extend(window.rows.iter().map(|r| r.cursor.clone()));
        assert_eq!(window.has_after, forward.len() < full.len());
        if !window.has_after {
            break;
        }
        query.anchor = Anchor::After(window.rows.last().unwrap().cursor.clone());
    }
    assert_eq!(forward, full);
    if full.is_empty() {
        return;
    }
    query.anchor = Anchor::Last;
    let last = store.orders(&query).await.unwrap();
    assert_eq!(ids(&last), full[full.len().saturating_sub(limit)..]);
    assert!(!last.has_after);
    let middle = full.len() / 2;
    query.anchor = Anchor::At(places[middle].clone());
    let at = store.orders(&query).await.unwrap();
    assert_eq!(ids(&at), full[middle..(middle + limit).min(full.len())]);
    query.anchor = Anchor::Before(places[middle].clone());
    let before = store.orders(&query).await.unwrap();
    assert_eq!(ids(&before), full[middle.saturating_sub(limit)..middle]);
    assert!(before.has_after);
    assert_eq!(before.has_before, middle > limit);
    if middle > 0 {
        query.sort = if query.sort == "value" {
            "ship"
        } else {
            "value"
        }
        .to_owned();
        assert!(store.orders(&query).await.is_err(), "a foreign place");
    }
}

async fn orders_are_found_by_what_people_type(bench: Bench) {
    let mut row = order_row(1, OrderState::Blocked);
    row.tracking = "JD0002".to_owned();
    row.reference = "Web-100%_A".to_owned();
    bench
        .commit(vec![
            save(row, Some(vec![line(1, "MUG-RED", 2)])),
            new_order(2, OrderState::Ready),
        ])
        .await
        .unwrap();
    let found = |text: &'static str| {
        let store = bench.store.clone();
        async move {
            let window = store
                .orders(&ask(text, lists::ORDERS, "received", 9))
                .await
                .unwrap();
            ids(&window)
        }
    };
    assert_eq!(found("web-100%_a").await, [1]);
    assert_eq!(found("web-100a").await, [0_i64; 0]);
    assert_eq!(found("reference:100%_").await, [1]);
    assert_eq!(found("number:100002").await, [2]);
    assert_eq!(found("wms:lw-1").await, [1]);
    assert_eq!(found("state:blocked jd0002").await, [1]);
    assert_eq!(found("-state:blocked").await, [2]);
    assert_eq!(found("sku:mug postcode:ls1").await, [1, 2]);
    assert_eq!(found("held:no source:open").await, [1, 2]);
    assert_eq!(found("value>24.99 age<1h").await, [1, 2]);
    for name in ["100001", "LW-1", "Web-100%_A", "guid-1", "JD0002", "10000"] {
        let rows = bench.store.find_orders(name, 5).await.unwrap();
        assert_eq!(rows[0].id, OrderId(1), "{name}");
    }
    assert!(
        bench
            .store
            .find_orders("x' or '1'='1", 5)
            .await
            .unwrap()
            .is_empty()
    );
}

/// A return of one unit of an order.
fn return_of(id: i64, sku: &str, state: ReturnState, awaited_until: Option<Ts>) -> Change {
    let order = order_row(id, OrderState::Confirmed);
    let row = ReturnRow {
        id: ReturnId(id),
        pair: pair(),
        reference: format!("LW-{id}-RT1").as_str().into(),
        key: format!("key-{id}"),
        cause: Cause::Request,
        cause_id: format!("R{id}"),
        order: order.id,
        order_number: order.number,
        wms_number: format!("LW-{id}").as_str().into(),
        state,
        money: MoneyState::Open,
        reason: "too small".to_owned(),
        authorised_by: "ann".to_owned(),
        created_at: NOW - Span::hours(id),
        authorised_at: None,
        expected_at: None,
        received_at: None,
        inspected_at: None,
        stocked_at: None,
        gate_opened_at: None,
        awaited_until,
        version: 0,
        updated_at: NOW,
    };
    let line = fresh_line("1".to_owned(), sku.into(), sku.into(), 1);
    Change::Return(Box::new(Return {
        row,
        lines: vec![line],
        approvals: Vec::new(),
    }))
}

async fn returns_are_found_by_what_people_type(bench: Bench) {
    let orders = (1..=4).map(|id| new_order(id, OrderState::Confirmed));
    bench.commit(orders.collect()).await.unwrap();
    let soon = Some(NOW + Span::hours(1));
    let made = vec![
        return_of(1, "MUG-RED", ReturnState::AwaitingReceipt, soon),
        return_of(2, "PLATE", ReturnState::Received, None),
        return_of(3, "MUG-RED", ReturnState::Closed, None),
        return_of(4, "PLATE", ReturnState::AwaitingReceipt, None),
    ];
    bench.commit(made).await.unwrap();
    let listed = async |text: &str, sort: &str, with_closed: bool, of: Option<&PairId>| {
        let query = ask(text, lists::RETURNS, sort, 10);
        let window = bench.store.returns(of, with_closed, &query).await.unwrap();
        assert!(window.rows.iter().all(|r| r.row.lines.len() == 1));
        window
            .rows
            .iter()
            .map(|r| r.row.row.id.0)
            .collect::<Vec<_>>()
    };
    assert_eq!(listed("", "id", false, None).await, [1, 2, 4]);
    assert_eq!(listed("", "id", true, None).await, [1, 2, 3, 4]);
    assert_eq!(listed("state:closed", "id", false, None).await, [3]);
    assert_eq!(listed("sku:mug", "id", true, None).await, [1, 3]);
    assert_eq!(
        listed("-sku:mug state:received", "id", true, None).await,
        [2]
    );
    assert_eq!(listed("due<2h", "id", true, None).await, [1]);
    assert_eq!(listed("plate", "age", false, None).await, [4, 2]);
    assert_eq!(listed("return:lw-2", "id", false, None).await, [2]);
    assert_eq!(listed("money:done", "id", true, None).await, [0_i64; 0]);
    assert_eq!(listed("", "id", true, Some(&pair())).await.len(), 4);
    let other = PairId::from("sl-pvx");
    assert_eq!(listed("", "id", true, Some(&other)).await, [0_i64; 0]);
}

async fn deliveries_on_their_way_and_ended_are_one_list(bench: Bench) {
    let new =
        |id: i64| Change::Enqueue(Box::new(delivery(id, &format!("o:{id}"), &format!("{id}"))));
    bench.commit((1..=9).map(new).collect()).await.unwrap();
    bench
        .commit(
            [2, 3, 5, 8]
                .map(|id| moved(id, DeliveryState::Applied))
                .to_vec(),
        )
        .await
        .unwrap();
    let listed = |text: &'static str, sort: &'static str| {
        let store = bench.store.clone();
        async move {
            let window = store
                .deliveries(&ask(text, lists::DELIVERIES, sort, 4))
                .await
                .unwrap();
            let ids: Vec<i64> = window.rows.iter().map(|r| r.row.id.0).collect();
            (ids, window.total)
        }
    };
    assert_eq!(listed("", "id").await, (vec![1, 2, 3, 4], 9));
    assert_eq!(listed("", "due").await, (vec![1, 4, 6, 7], 5));
    assert_eq!(listed("state:applied", "age").await, (vec![2, 3, 5, 8], 4));
    assert_eq!(listed("order:LW-7", "id").await, (vec![7], 1));
    assert_eq!(listed("lane:stock", "id").await, (vec![], 0));
    let totals = bench.store.totals().await.unwrap();
    assert!(
        totals
            .deliveries_by_state
            .contains(&("applied".to_owned(), 4))
    );
    let live = bench.store.flows_live(NOW).await.unwrap();
    assert_eq!(live[0].waiting, 5);
    assert_eq!(live[0].applied_per_minute.last(), Some(&4));
}

async fn exceptions_are_listed_by_promise(bench: Bench) {
    let mut raised = Vec::new();
    for (id, hours) in [(1, Some(30)), (2, Some(20)), (3, None)] {
        let mut occurrence: Occurrence = unknown_sku(id, &format!("S{id}"));
        occurrence.ship_by = hours.map(|h| NOW + Span::hours(h));
        raised.push(Change::Raise(occurrence));
    }
    bench.commit(raised).await.unwrap();
    let listed = |text: &'static str| {
        let store = bench.store.clone();
        async move {
            let window = store
                .exceptions(&ask(text, lists::EXCEPTIONS, "promise", 9))
                .await
                .unwrap();
            window
                .rows
                .iter()
                .map(|r| r.row.discriminator.clone())
                .collect::<Vec<_>>()
        }
    };
    // Without a promise the time by which it should be settled counts: a day for this kind.
    assert_eq!(listed("").await, ["SKU=S2", "SKU=S3", "SKU=S1"]);
    assert_eq!(listed("ship<25h").await, ["SKU=S2"]);
    assert_eq!(listed("100003").await, ["SKU=S3"]);
    assert_eq!(listed("kind:ORD* members:1").await.len(), 3);
    assert_eq!(listed("state:resolved").await.len(), 0);
    let clear = Change::ClearAll {
        kind: Kind::OrdSkuUnknown,
        pair: pair(),
        discriminator: "SKU=S2".to_owned(),
        how: "auto".to_owned(),
        evidence: "read".to_owned(),
    };
    bench.commit(vec![clear]).await.unwrap();
    assert_eq!(listed("").await, ["SKU=S3", "SKU=S1"]);
    assert_eq!(listed("state:resolved").await, ["SKU=S2"]);
}

async fn mappings_are_listed_and_rolled_back_by_version(bench: Bench) {
    let set = |from: &str, to: &str, country: Option<&str>| MappingEdit::Set {
        kind: MappingKind::Carrier,
        from: from.to_owned(),
        to: to.to_owned(),
        attributes: country
            .map(|c| Attributes::from([("country".to_owned(), c.to_owned())]))
            .unwrap_or_default(),
    };
    let apply = |edits: Vec<MappingEdit>| Change::Mappings {
        pair: pair(),
        edits,
        reason: "peak".to_owned(),
    };
    bench
        .commit(vec![apply(vec![
            set("Tracked 48", "RM48", None),
            set("Tracked 48", "RMINT", Some("FR")),
            set("Next Day", "DPD12", None),
        ])])
        .await
        .unwrap();
    let first = bench.store.mapping_version(&pair()).await.unwrap();
    bench
        .commit(vec![apply(vec![
            set("Tracked 48", "RM48X", None),
            MappingEdit::Remove {
                kind: MappingKind::Carrier,
                from: "Next Day".to_owned(),
            },
        ])])
        .await
        .unwrap();
    let second = bench.store.mapping_version(&pair()).await.unwrap();
    assert!(second > first);
    let to = |rows: Vec<tallyman::domain::mapping::Mapping>| {
        rows.into_iter().map(|m| m.to).collect::<Vec<_>>()
    };
    assert_eq!(
        to(bench.store.mappings(&pair()).await.unwrap()),
        ["RM48X", "RMINT"]
    );
    assert_eq!(
        to(bench.store.mappings_at(&pair(), first).await.unwrap()),
        ["DPD12", "RM48", "RMINT"]
    );
    let versions = bench.store.mapping_versions(&pair(), 5).await.unwrap();
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[0].edits.len(), 2);
    let row = &bench.store.mappings(&pair()).await.unwrap()[0];
    assert_eq!(row.version, 2);
    bench
        .commit(vec![
            Change::MappingUsed {
                ids: vec![(row.id.0, row.version); 3],
                at: NOW,
            },
            Change::MappingBroken {
                pair: pair(),
                kind: MappingKind::Carrier,
                from: "Tracked 48".to_owned(),
                broken: Some("RM48X is gone".to_owned()),
            },
        ])
        .await
        .unwrap();
    assert!(bench.store.mapping_version(&pair()).await.unwrap() > second);
    let window = bench
        .store
        .mapping_list(
            &pair(),
            &ask("broken:yes used>2", lists::MAPPINGS, "used", 5),
        )
        .await
        .unwrap();
    assert_eq!((window.total, window.rows[0].row.used_count), (1, 3));
    let retired = bench
        .store
        .mapping_list(&pair(), &ask("status:retired", lists::MAPPINGS, "kind", 5))
        .await
        .unwrap();
    assert_eq!(retired.total, 2);
    let missing = bench
        .commit(vec![apply(vec![MappingEdit::Remove {
            kind: MappingKind::Carrier,
            from: "Next Day".to_owned(),
        }])])
        .await;
    assert!(missing.is_err());
}

fn position(item: &str, remainder: i64, risk: Option<i64>) -> StockPosition {
    StockPosition {
        pair: pair(),
        item: item.into(),
        sku: item.into(),
        location: LocationId::from("loc-1"),
        basis: Basis::Gross,
        available_each: 5,
        others_each: 0,
        on_hand_each: 5,
        allocated_each: 0,
        unsent_each: 0,
        unconfirmed_each: 0,
        buffer_each: 0,
        publish_each: 5,
        written_each: None,
        written_snapshot: None,
        written_at: None,
        committed_each: 0,
        written_committed_each: 0,
        processed_since_each: 0,
        source_each: None,
        source_level_each: None,
        source_read_at: None,
        gap_each: remainder,
        external_each: 0,
        lag_each: 0,
        remainder_each: remainder,
        runs: 1,
        velocity_milli: 0,
        oversell_hours_milli: risk,
        value_at_risk_minor: remainder.abs() * 100,
        price_minor: 100,
        history: vec![(NOW, 5)],
        paused_reason: None,
        drift_since: None,
        updated_at: NOW,
        ledger: None,
    }
}

async fn positions_with_drift_come_first(bench: Bench) {
    let rows = vec![
        position("A", 0, None),
        position("B", -4, Some(500)),
        position("C", 9, None),
    ];
    bench
        .commit(vec![Change::Positions(rows.clone())])
        .await
        .unwrap();
    let listed = |text: &'static str, sort: &'static str, is_descending| {
        let store = bench.store.clone();
        async move {
            let mut query = ask(text, lists::STOCK, sort, 9);
            query.is_descending = is_descending;
            let window = store.positions(Some(&pair()), &query).await.unwrap();
            window
                .rows
                .iter()
                .map(|r| r.row.item.0.clone())
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(listed("", "risk", false).await, ["B", "C"]);
    assert_eq!(listed("", "gap", true).await, ["C", "B"]);
    assert_eq!(listed("drift:no", "item", false).await, ["A"]);
    assert_eq!(listed("gap<0", "item", false).await, ["B"]);
    assert_eq!(listed("risk<1", "item", false).await, ["B"]);
    let page = bench
        .store
        .positions_page(&pair(), Some(("A".into(), "loc-1".into())), 5)
        .await
        .unwrap();
    assert_eq!(page, rows[1..]);
    let of = bench
        .store
        .positions_of(&pair(), &[ItemCode::from("A")])
        .await
        .unwrap();
    assert_eq!(of, rows[..1]);
}

async fn the_journal_is_listed_newest_first(bench: Bench) {
    bench
        .commit(
            (1..=30)
                .map(|id| new_order(id, OrderState::Ready))
                .collect(),
        )
        .await
        .unwrap();
    let mut query = ask("action:order.state who:engine", lists::AUDIT, "seq", 12);
    query.is_descending = true;
    let first = bench.store.journal(&query).await.unwrap();
    assert_eq!((first.total, first.rows.len()), (30, 12));
    assert_eq!(first.rows[0].row.after, "ready");
    query.anchor = Anchor::After(first.rows[11].cursor.clone());
    let second = bench.store.journal(&query).await.unwrap();
    assert_eq!(second.rows[0].row.seq.0, first.rows[11].row.seq.0 - 1);
    let empty = ListQuery {
        filter: Filter::default(),
        sort: "colour".to_owned(),
        ..query
    };
    assert!(bench.store.journal(&empty).await.is_err());
}

async fn an_items_stock_is_kept_day_by_day_for_a_month(bench: Bench) {
    let first = NOW - Span::days(39);
    for n in 0..40 {
        // Twice a day: the later look counts.
        for hour in [1, 9] {
            let mut stood = position("A", n % 3, None);
            stood.on_hand_each = 100 - n;
            stood.source_each = (n > 20).then_some(hour);
            let at = first + Span::days(n) + Span::hours(hour) - Span::hours(9);
            bench
                .commit_at(at, vec![Change::Positions(vec![stood])])
                .await
                .unwrap();
        }
    }
    let since = NOW.day() - DAYS_KEPT + 1;
    let days = bench.store.stock_days(&pair(), &"A".into(), since).await;
    let days = days.unwrap();
    assert_eq!(days.len(), 30);
    let whole: Vec<i64> = days.iter().map(|d| d.day).collect();
    assert_eq!(whole, (since..=NOW.day()).collect::<Vec<_>>());
    assert_eq!((days[29].on_hand_each, days[29].source_each), (61, Some(9)));
    assert_eq!((days[0].on_hand_each, days[0].source_each), (90, None));
    // Older days gave their place away: the store does not grow with them.
    let all = bench
        .store
        .stock_days(&pair(), &"A".into(), 0)
        .await
        .unwrap();
    assert_eq!(all.len(), 32);
}

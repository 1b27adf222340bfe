//! The board of lanes: one row a lane, in order, found by what people type, cheap however much waits.

use crate::bench::{Bench, NOW, both, pair};
use tallyman::domain::change::{Change, NewMovement};
use tallyman::domain::filter::{self, lists};
use tallyman::domain::ids::{ItemCode, MovementId};
use tallyman::domain::movements::{LaneEntry, LaneKey, Movement, MovementKind, MovementState};
use tallyman::domain::time::Span;
use tallyman::store::LaneRow;
use tallyman::store::read::{Anchor, ListQuery, Window};

both! {
    what_has_stopped_comes_first_then_the_oldest,
    a_board_is_paged_by_key,
}

fn kept(id: i64, item: &str, each: i64, state: MovementState) -> NewMovement {
    let movement = Movement {
        id: Some(MovementId(id.to_string())),
        word: "Found".to_owned(),
        item: ItemCode(item.to_owned()),
        site: "NORTH".into(),
        other_site: None,
        delta_each: each,
        at: NOW + Span::secs(id),
        document: String::new(),
        ordinal: 0,
        goods_in_line: None,
        after_each: None,
        seen_at: NOW,
    };
    NewMovement {
        id,
        pair: pair(),
        entry: LaneEntry {
            lane: LaneKey::of(&movement.item, &"main".into()),
            key: movement.key(&pair()),
            kind: Some(MovementKind::Found),
            movement,
            state,
            account: None,
            text: String::new(),
            counted_each: None,
        },
        reference: String::new(),
    }
}

fn ask(text: &str, sort: &str, limit: usize) -> ListQuery {
    ListQuery {
        filter: filter::parse(text, lists::STOCK_LANES).unwrap(),
        sort: sort.to_owned(),
        is_descending: false,
        anchor: Anchor::First,
        limit,
        now: NOW,
    }
}

fn items(window: &Window<LaneRow>) -> Vec<String> {
    let rows = window.rows.iter();
    rows.map(|l| l.row.first.entry.movement.item.0.clone())
        .collect()
}

async fn what_has_stopped_comes_first_then_the_oldest(bench: Bench) {
    use MovementState::{Applied, Refused, Skipped, UnknownWord, Waiting};
    let of = [
        (
            0,
            vec![kept(1, "OPEN", 5, Waiting), kept(2, "OPEN", -2, Waiting)],
        ),
        (1, vec![kept(3, "ODD", 4, UnknownWord)]),
        (
            2,
            vec![
                kept(4, "REFUSED", 1, Refused),
                kept(5, "REFUSED", 9, Skipped),
            ],
        ),
        (
            3,
            vec![kept(6, "OWED", -7, Skipped), kept(7, "OWED", 3, Applied)],
        ),
        (4, vec![kept(8, "DONE", 3, Applied)]),
    ];
    for (minutes, rows) in of {
        let at = NOW + Span::mins(minutes);
        let change = Change::Movements(rows);
        bench.commit_at(at, vec![change]).await.unwrap();
    }
    let store = &bench.store;
    let all = store.lanes(None, &ask("", "state", 9)).await.unwrap();
    assert_eq!(items(&all), ["ODD", "REFUSED", "OPEN", "OWED"]);
    assert_eq!(all.total, 4);
    let figures: Vec<_> = all
        .rows
        .iter()
        .map(|l| {
            (
                l.row.waiting,
                l.row.pending_each,
                l.row.owed,
                l.row.owed_each,
            )
        })
        .collect();
    assert_eq!(
        figures,
        [(0, 4, 0, 0), (0, 1, 1, 9), (1, 3, 0, 0), (0, 0, 1, -7)]
    );
    for (text, found) in [
        ("stopped:yes", vec!["ODD", "REFUSED"]),
        ("state:open,empty", vec!["OPEN", "OWED"]),
        ("owed>0", vec!["REFUSED", "OWED"]),
        ("waiting>0", vec!["OPEN"]),
        ("item:odd", vec!["ODD"]),
        ("-state:empty units<4 open", vec!["OPEN"]),
        ("orders>0", vec![]),
    ] {
        let window = store.lanes(None, &ask(text, "state", 9)).await.unwrap();
        assert_eq!(items(&window), found, "{text}");
    }
    let mine = store.lanes_of_item(&pair(), &"OWED".into()).await.unwrap();
    assert!(mine.len() == 1 && mine[0].head().is_none(), "{mine:?}");
    let done = LaneKey::of(&"DONE".into(), &"main".into());
    assert_eq!(store.lane(&pair(), &done).await.unwrap(), None);
}

async fn a_board_is_paged_by_key(bench: Bench) {
    let mut rows = Vec::new();
    for id in 0..120_i64 {
        let state = if id % 3 == 0 {
            MovementState::UnknownWord
        } else {
            MovementState::Waiting
        };
        rows.push(kept(id + 1, &format!("I-{}", id % 60), id - 60, state));
    }
    bench.commit(vec![Change::Movements(rows)]).await.unwrap();
    for sort in ["state", "age", "orders", "waiting", "item"] {
        for is_descending in [false, true] {
            let mut query = ask("", sort, 7);
            query.is_descending = is_descending;
            let mut whole = query.clone();
            whole.limit = 100;
            let full = items(&bench.store.lanes(None, &whole).await.unwrap());
            assert_eq!(full.len(), 60);
            let mut seen: Vec<String> = Vec::new();
            loop {
                let window = bench.store.lanes(None, &query).await.unwrap();
                assert_eq!(window.position, Some(seen.len() as i64));
                seen.extend(items(&window));
                let Some(last) = window.rows.last().filter(|_| window.has_after) else {
                    break;
                };
                query.anchor = Anchor::After(last.cursor.clone());
            }
            assert_eq!(seen, full, "{sort}");
        }
    }
}

/// Prints what a board over 100,000 movements costs: `cargo test --release --test store -- --ignored --nocapture board`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn a_board_of_a_hundred_thousand_movements_is_measured() {
    let bench = Bench::sqlite().await;
    for (lanes, first) in [(5_000, 0), (50_000, 100_000)] {
        for chunk in 0..50_i64 {
            let rows = (0..2_000)
                .map(|n| first + chunk * 2_000 + n)
                .map(|id| {
                    let item = format!("I-{first}-{}", id % lanes);
                    kept(id + 1, &item, 3, MovementState::Waiting)
                })
                .collect();
            bench.commit(vec![Change::Movements(rows)]).await.unwrap();
        }
        for text in ["", "stopped:yes"] {
            let begun = std::time::Instant::now();
            let window = bench
                .store
                .lanes(None, &ask(text, "state", 200))
                .await
                .unwrap();
            println!("{text:?}: {} lanes in {:?}", window.total, begun.elapsed());
        }
        let begun = std::time::Instant::now();
        let key = LaneKey::of(&format!("I-{first}-7").as_str().into(), &"main".into());
        let lane = bench.store.lane(&pair(), &key).await.unwrap().unwrap();
        println!("one lane of {}: {:?}", lane.waiting + 1, begun.elapsed());
    }
}

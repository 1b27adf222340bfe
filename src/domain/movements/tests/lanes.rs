use super::{floor, lead, no_lock};
use crate::domain::catalogue::Kind;
use crate::domain::exception::Severity;
use crate::domain::ids::{ItemCode, LocationId};
use crate::domain::mapping::MappingKind;
use crate::domain::mapping_set::MappingSet;
use crate::domain::mapping_set::testing::set;
use crate::domain::movements::testing::{at, entry, movement};
use crate::domain::movements::*;
use crate::domain::role::Person;
use crate::domain::time::Span;
use proptest::prelude::*;

fn order_of(item: &str) -> Vec<ItemCode> {
    vec![item.into()]
}

fn barrier<'a>(items: &'a [ItemCode], location: &'a LocationId, minutes: i64) -> BarrierInput<'a> {
    BarrierInput {
        items,
        location,
        approved_at: at(30),
        waiting_since: at(30),
        now: at(minutes),
    }
}

#[test]
fn example_7_a_refused_head_stops_its_item_and_the_orders_of_it_and_nothing_else() {
    let mut m1 = entry(1, "A", -3, MovementState::Refused);
    m1.text = "the date is before the lock date".to_owned();
    let entries = [
        entry(2, "A", 5, MovementState::Waiting),
        m1,
        entry(3, "B", 7, MovementState::Waiting),
    ];
    let lanes = lanes(&entries);
    let [a, b] = lanes.as_slice() else {
        panic!("two lanes")
    };
    assert_eq!(
        (a.standing, b.standing),
        (Standing::Blocked, Standing::Open)
    );
    assert_eq!(a.head.unwrap().movement.delta_each, -3);
    assert_eq!(a.waiting.len(), 1, "+5 waits behind −3");
    assert_eq!((a.pending_each(), b.pending_each()), (2, 7));
    assert_eq!(
        refusal_fault(a.head.unwrap(), &a.head.unwrap().text).0.kind,
        Kind::FinPeriodLocked
    );
    // B goes on; A's head is tried alone, never its tail.
    let documents = documents(&lanes, &no_lock, LINES_MAX);
    let deltas: Vec<Vec<i64>> = documents
        .iter()
        .map(|d| d.iter().map(|e| e.movement.delta_each).collect())
        .collect();
    assert_eq!(deltas, [vec![-3], vec![7]]);

    let location = "main".into();
    let (with_a, with_c) = (order_of("A"), order_of("C"));
    let waits = passage(&barrier(&with_a, &location, 31), &lanes);
    assert!(matches!(waits, Passage::Wait { until, .. } if until == at(35)));
    let Passage::Hold(faults) = passage(&barrier(&with_a, &location, 35), &lanes) else {
        panic!("held after five minutes")
    };
    assert_eq!(faults[0].kind, Kind::StkLaneBlocked);
    assert_eq!(faults[0].discriminator, "LANE=A@main");
    assert_eq!(
        passage(&barrier(&with_c, &location, 40), &lanes),
        Passage::Go
    );

    let (sam, alex) = (lead(), floor());
    let skip = |reason: &str, by: &Person| {
        let remedy = HeadRemedy::Skip {
            reason: reason.to_owned(),
        };
        resolve(a, &remedy, by, None, at(40))
    };
    assert!(skip("because", &sam).unwrap_err().contains("reason"));
    assert!(
        skip("booked by hand in March", &alex)
            .unwrap_err()
            .contains("lead")
    );
    let Ok(Resolution::Skipped { head, debt, next }) = skip("booked by hand in March", &sam) else {
        panic!("skipped")
    };
    assert_eq!((head.movement.delta_each, debt.delta_each), (-3, -3));
    assert_eq!(next.unwrap().movement.delta_each, 5, "the tail moves up");
    assert_eq!(debt.lane.to_string(), "A@main", "and A is compared");
}

#[test]
fn example_7_an_order_of_a_free_item_goes_although_its_lane_has_newer_movements() {
    let entries = [entry(40, "B", 7, MovementState::Waiting)];
    let (with_b, location) = (order_of("B"), "main".into());
    assert_eq!(
        passage(&barrier(&with_b, &location, 45), &lanes(&entries)),
        Passage::Go
    );
    let elsewhere = "shop".into();
    let older = [entry(1, "B", 7, MovementState::Waiting)];
    assert_eq!(
        passage(&barrier(&with_b, &elsewhere, 45), &lanes(&older)),
        Passage::Go
    );
}

#[test]
fn example_19_a_despatch_is_recorded_and_not_posted() {
    let mut despatch = movement(1, "A", -4);
    despatch.word = "Despatched".to_owned();
    let own = set(&[(MappingKind::Reason, "Despatched", "no delta", "")]);
    for mappings in [set(&[]), own] {
        let Posting::NoDelta { why, .. } = posting(&despatch, &mappings, "C7-") else {
            panic!("a despatch is no delta")
        };
        assert!(!why.is_empty());
    }
}

#[test]
fn goods_that_left_for_another_sources_order_are_told_to_the_ledger() {
    let mut despatch = movement(1, "A", -4);
    despatch.word = "Despatched".to_owned();
    let told = |order: &str, mappings: &MappingSet| {
        let despatch = Movement {
            document: order.to_owned(),
            ..despatch.clone()
        };
        matches!(
            posting(&despatch, mappings, "C7-"),
            Posting::Delta {
                kind: Some(MovementKind::OtherOrder),
                ..
            }
        )
    };
    assert!(told("LW-100", &set(&[])));
    assert!(!told("C7-SO-1", &set(&[])));
    assert!(!told("", &set(&[])), "nobody says whose it was");
    let by_kind = set(&[(MappingKind::Reason, "Despatched", "despatch", "")]);
    assert!(told("LW-100", &by_kind));
    let never = set(&[(MappingKind::Reason, "Despatched", "no delta", "")]);
    assert!(!told("LW-100", &never), "the team said so");
}

#[test]
fn words_of_the_warehouse_and_what_becomes_of_them() {
    let rows = set(&[
        (
            MappingKind::Reason,
            "Stock write off",
            "write_off",
            "account=403",
        ),
        (MappingKind::Reason, "Gift", "delta", ""),
        (MappingKind::Reason, "Odd", "perhaps", ""),
    ]);
    let of = |word: &str, other: Option<&str>, delta| {
        let mut m = movement(1, "A", delta);
        m.word = word.to_owned();
        m.other_site = other.map(Into::into);
        posting(&m, &rows, "C7-")
    };
    let is_delta = |p: &Posting| matches!(p, Posting::Delta { .. });
    assert!(is_delta(&of("Received through mobile unit", None, 4)));
    assert!(is_delta(&of("Gift", None, 4)));
    assert!(matches!(of("stock WRITE off", None, -1),
        Posting::Delta { kind: Some(MovementKind::WriteOff), account: Some(a), .. } if a == "403"));
    assert!(
        !is_delta(&of("Moved using the device.", Some("MAIN"), 4)),
        "another bin"
    );
    assert!(
        is_delta(&of("Moved using the device.", Some("NORTH"), -4)),
        "another site"
    );
    assert!(!is_delta(&of("Picking", None, -1)));
    assert!(!is_delta(&of("Gift", None, 0)), "nothing changed");
    for word in ["Odd", "Wave hands", ""] {
        assert!(
            matches!(of(word, None, 1), Posting::Unknown(f) if f.kind == Kind::MapStatusUnknown)
        );
    }
}

#[test]
fn an_unknown_word_stops_its_lane_until_somebody_maps_it() {
    let entries = [
        entry(1, "A", 2, MovementState::UnknownWord),
        entry(2, "A", 5, MovementState::Waiting),
    ];
    let lanes = lanes(&entries);
    assert_eq!(lanes[0].standing, Standing::Unmapped);
    assert!(documents(&lanes, &no_lock, LINES_MAX).is_empty());
}

#[test]
fn a_move_between_sites_is_one_minus_and_one_plus() {
    let (main, north) = ("MAIN".into(), "NORTH".into());
    let deltas = |from, to| {
        legs(from, to, 6)
            .into_iter()
            .map(|l| (l.site, l.delta_each))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        deltas(Some(&main), Some(&north)),
        [("MAIN".into(), -6), ("NORTH".into(), 6)]
    );
    assert_eq!(deltas(Some(&main), Some(&main)), []);
    assert_eq!(deltas(None, Some(&north)), [("NORTH".into(), 6)]);
    assert_eq!(deltas(Some(&main), None), [("MAIN".into(), -6)]);
}

#[test]
fn a_site_is_one_location_or_its_stock_does_not_flow() {
    let rows = set(&[
        (MappingKind::Site, "main", "MAIN", ""),
        (MappingKind::Site, "shop", "SHOP", ""),
        (MappingKind::Site, "stall", "SHOP", ""),
        (MappingKind::Site, "both", "EAST+WEST", ""),
    ]);
    assert_eq!(place(&"MAIN".into(), &rows).unwrap().as_str(), "main");
    assert_eq!(
        place(&"SHOP".into(), &rows).unwrap_err().kind,
        Kind::MapNotOneToOne
    );
    assert_eq!(
        place(&"EAST".into(), &rows).unwrap_err().kind,
        Kind::MapNotOneToOne
    );
    assert_eq!(
        place(&"VAN".into(), &rows).unwrap_err().kind,
        Kind::MapLocationUnaligned
    );
}

#[test]
fn order_is_by_the_warehouse_s_time_then_number_then_arrival() {
    let mut early = movement(5, "A", 1);
    early.at = at(1);
    let (mut nine, mut ten) = (movement(9, "A", 1), movement(10, "A", 1));
    (nine.at, ten.at) = (at(2), at(2));
    let mut nameless = movement(3, "A", 1);
    (nameless.at, nameless.id) = (at(2), None);
    let mut all = [nameless.clone(), ten.clone(), nine.clone(), early.clone()];
    all.sort_by_key(Movement::turn);
    assert_eq!(all, [early, nine, ten, nameless]);
}

#[test]
fn a_late_movement_takes_its_place_unless_the_lane_has_passed_it() {
    let lane = [
        entry(2, "A", 5, MovementState::Applied),
        entry(6, "A", 1, MovementState::Waiting),
    ];
    let of = |n| {
        let m = movement(n, "A", 4);
        arrival(&m, &m.key(&"c7-pvx".into()), &lane)
    };
    assert_eq!(of(4), Arrival::InPlace);
    assert_eq!(of(6), Arrival::Known);
    assert!(matches!(of(1), Arrival::TooLate(f) if f.kind == Kind::StkSequenceBroken));
}

#[test]
fn movements_that_do_not_join_up_name_what_is_missing() {
    let row = |n, delta, after, kind| {
        let mut m = movement(n, "A", delta);
        m.after_each = after;
        (m, kind)
    };
    let key = LaneKey::of(&"A".into(), &"main".into());
    let count = Some(MovementKind::Count);
    let joined = [
        row(1, 5, Some(45), count),
        row(2, -4, Some(41), Some(MovementKind::Despatch)),
        row(3, -1, None, count),
        row(4, -1, Some(40), Some(MovementKind::Picking)),
    ];
    assert_eq!(continuity(&key, &joined), None);
    let gap = [row(1, 5, Some(45), count), row(3, 2, Some(44), count)];
    assert!(
        continuity(&key, &gap)
            .unwrap()
            .detail
            .contains("-3 is missing")
    );
}

#[test]
fn a_head_older_than_ten_minutes_is_a_stopped_lane_and_orders_make_it_worse() {
    let entries = [
        entry(1, "A", 2, MovementState::Refused),
        entry(2, "A", 5, MovementState::Waiting),
    ];
    let lanes = lanes(&entries);
    assert_eq!(block_fault(&lanes[0], at(1), 0, at(10)), None);
    let fault = block_fault(&lanes[0], at(1), 0, at(11)).unwrap();
    assert_eq!(fault.kind.entry().severity, Severity::S2);
    assert!(
        fault.detail.contains("1 movement waits behind it"),
        "{}",
        fault.detail
    );
    let behind = block_fault(&lanes[0], at(1), 2, at(11)).unwrap();
    assert!(behind.detail.contains("2 orders wait"), "{}", behind.detail);
    assert_eq!(severity_of_held(behind.kind), Some(Severity::S1));
    assert_eq!(severity_of_held(Kind::OrdSkuUnknown), None);
}

#[test]
fn received_goods_are_missing_after_half_an_hour() {
    let lane = LaneKey::of(&"A".into(), &"main".into());
    let of = |state, minutes| increment_missing(&movement(0, "A", 5), &lane, state, at(minutes));
    assert_eq!(of(None, 29), None);
    assert_eq!(of(None, 30).unwrap().kind, Kind::StkIncrementMissing);
    assert!(of(Some(MovementState::Refused), 30).is_some());
    assert_eq!(of(Some(MovementState::Applied), 30), None);
}

prop_compose! {
    fn any_lane()(deltas in proptest::collection::vec((0i64..40, -9i64..10, 0i64..3), 1..20)) -> Vec<LaneEntry> {
        deltas.into_iter().enumerate().map(|(n, (minute, delta, item))| {
            let item = ["A", "B", "C"][usize::try_from(item).unwrap()];
            let mut e = entry(i64::try_from(n).unwrap(), item, delta, MovementState::Waiting);
            e.movement.at = at(minute);
            e
        }).collect()
    }
}

proptest! {
    #[test]
    fn working_off_the_heads_posts_every_movement_once_and_in_order(mut all in any_lane(), lines in 1usize..4) {
        let mut posted: Vec<LaneEntry> = Vec::new();
        while posted.len() < all.len() {
            let now: Vec<String> = {
                let lanes = lanes(&all);
                let documents = documents(&lanes, &no_lock, lines);
                for d in &documents {
                    let items: std::collections::BTreeSet<_> = d.iter().map(|e| &e.movement.item).collect();
                    prop_assert_eq!(items.len(), d.len());
                    prop_assert!(d.len() <= lines);
                }
                documents.into_iter().flatten().map(|e| e.key.clone()).collect()
            };
            prop_assert!(!now.is_empty());
            for e in all.iter_mut().filter(|e| now.contains(&e.key)) {
                e.state = MovementState::Applied;
                posted.push(e.clone());
            }
        }
        for item in ["A", "B", "C"] {
            let turns: Vec<_> = posted.iter().filter(|e| e.movement.item.as_str() == item).map(|e| e.movement.turn()).collect();
            prop_assert!(turns.is_sorted());
        }
    }

    #[test]
    fn on_hand_moves_by_the_change_and_never_below_zero(on_hand in 0i64..100, delta in -200i64..200) {
        match target(&entry(1, "A", delta, MovementState::Waiting), on_hand) {
            Ok(t) => prop_assert!(t.target_each == on_hand + delta && t.target_each >= 0),
            Err(_) => prop_assert!(on_hand + delta < 0),
        }
    }

    #[test]
    fn an_order_passes_the_barrier_once_nothing_older_is_outstanding(
        all in any_lane(), approved in 0i64..40, waited in 0i64..20,
    ) {
        let (items, location) = (order_of("A"), "main".into());
        let input = BarrierInput {
            items: &items, location: &location, approved_at: at(approved), waiting_since: at(50), now: at(50) + Span::mins(waited),
        };
        let is_older = all.iter().any(|e| e.movement.item.as_str() == "A" && e.movement.at < at(approved));
        prop_assert_eq!(passage(&input, &lanes(&all)) != Passage::Go, is_older);
    }
}

#[test]
fn a_lane_is_known_by_what_is_said_to_be_wrong_with_it() {
    for item in ["MUG", "A@B", "LANE=X"] {
        let key = LaneKey::of(&item.into(), &"main".into());
        assert_eq!(LaneKey::of_discriminator(&key.discriminator()), Some(key));
    }
    let whole = LaneKey {
        location: "main".into(),
        item: None,
    };
    assert_eq!(
        LaneKey::of_discriminator(&whole.discriminator()),
        Some(whole)
    );
    assert_eq!(LaneKey::of_discriminator("ITEM=MUG@main"), None);
}

#[test]
fn what_may_be_done_follows_from_how_the_head_stands() {
    let all = [Way::Retry, Way::Skip, Way::Replace];
    let may_all = |state: MovementState| {
        let head = entry(1, "A", 5, state);
        let standing = Standing::of_head(state);
        all.map(|way| may(&head.lane, standing, Some(&head), way).is_ok())
    };
    assert_eq!(may_all(MovementState::Refused), [true, true, true]);
    assert_eq!(may_all(MovementState::Waiting), [true, true, true]);
    assert_eq!(may_all(MovementState::UnknownWord), [false, true, true]);
    assert_eq!(may_all(MovementState::InDoubt), [false, false, false]);
    assert_eq!(may_all(MovementState::Sending), [false, false, false]);
    let key = LaneKey::of(&"A".into(), &"main".into());
    for way in all {
        let why = may(&key, Standing::Empty, None, way).unwrap_err();
        assert!(why.contains("nothing to deal with"), "{why}");
    }
}

#[test]
fn every_reason_that_is_offered_is_one_that_is_taken() {
    for (code, _) in reasons() {
        assert_eq!(check_reason(code), Ok(()), "{code}");
    }
}

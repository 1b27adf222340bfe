//! A head that cannot be posted stops its lane and no other.

use crate::yard::{MUG, SOON, Yard};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::exception::Severity;
use tallyman::domain::movements::{LaneKey, MovementState};
use tallyman::domain::time::Span;
use tallyman::sandbox::FaultKind;

const WRITE: &str = "POST stockadjustment";

#[tokio::test]
async fn a_refused_head_stops_its_lane_and_no_other() {
    Yard::play(a_refused_head).await;
}

pub async fn a_refused_head(yard: &mut Yard) {
    let other = yard.other.clone();
    yard.rig
        .sandbox
        .act(|w| w.cin7_keeps_stock_of(MUG, false).unwrap());
    let before = yard.in_cin7(MUG);
    yard.goods_in(MUG, 5);
    yard.run(Span::secs(2)).await;
    yard.count(MUG, yard.on_shelf(MUG) - 2);
    yard.goods_in(&other, 7);
    yard.run(Span::mins(12)).await;
    assert_eq!(yard.in_cin7(MUG), before, "nothing of the lane is through");
    assert_eq!(
        yard.in_cin7(&other),
        yard.on_shelf(&other),
        "the other lane goes on"
    );
    let lane = yard.lane(MUG).await;
    assert_eq!(lane.len(), 2);
    assert_eq!(lane[0].entry.state, MovementState::Refused);
    assert_eq!(lane[1].entry.state, MovementState::Waiting);
    assert!(yard.has(Kind::StkAdjFailed).await);
    yard.rig
        .sandbox
        .act(|w| w.cin7_keeps_stock_of(MUG, true).unwrap());
    yard.run(Span::mins(25)).await;
    assert_eq!(
        yard.in_cin7(MUG),
        yard.on_shelf(MUG),
        "the head went, then the rest"
    );
    assert_eq!(yard.cases().await, []);
}

#[tokio::test]
async fn a_closed_period_stops_the_lane_and_is_named() {
    let mut yard = Yard::open().await;
    let today = yard.now().to_utc().date_naive();
    yard.rig
        .sandbox
        .act(|w| w.config.cin7.switches.lock_date = today.succ_opt());
    yard.goods_in(MUG, 5);
    yard.run(SOON).await;
    assert!(
        yard.has(Kind::FinPeriodLocked).await,
        "{:?}",
        yard.cases().await
    );
    yard.rig
        .sandbox
        .act(|w| w.config.cin7.switches.lock_date = None);
    yard.run(Span::mins(25)).await;
    assert_eq!(yard.in_cin7(MUG), yard.on_shelf(MUG));
    assert_eq!(yard.cases().await, []);
    yard.rig.close().await;
}

#[tokio::test]
async fn a_change_below_nothing_is_not_written() {
    let mut yard = Yard::open().await;
    let held = yard.in_cin7(MUG);
    let place = crate::yard::PLACE;
    yard.rig
        .sandbox
        .act(|w| w.cin7_set_on_hand(MUG, place, 1).unwrap());
    yard.count(MUG, held - 4);
    yard.run(SOON).await;
    assert_eq!(yard.in_cin7(MUG), 1);
    assert!(
        yard.has(Kind::StkNegative).await,
        "{:?}",
        yard.cases().await
    );
    yard.rig.close().await;
}

#[tokio::test]
async fn an_outage_delays_the_lane_and_loses_nothing() {
    let mut yard = Yard::open().await;
    yard.fault(WRITE, FaultKind::ErrorBefore(503), 3);
    yard.goods_in(MUG, 5);
    yard.run(Span::mins(15)).await;
    assert_eq!(yard.in_cin7(MUG), yard.on_shelf(MUG));
    assert_eq!(yard.adjustments(MUG).len(), 1);
    yard.rig.close().await;
}

#[tokio::test]
async fn an_order_with_a_blocked_item_waits_and_the_others_go() {
    let mut yard = Yard::open().await;
    let other = yard.other.clone();
    stop(&mut yard).await;
    let held = yard.sell(&[(MUG, 1)]);
    let free = yard.sell(&[(&other, 1)]);
    yard.run(SOON).await;
    assert!(yard.is_sent(&free), "an order of a free item goes");
    assert!(!yard.is_sent(&held), "goods first");
    assert!(!yard.has(Kind::StkLaneBlocked).await, "it only waits");
    yard.run(Span::mins(15)).await;
    assert!(!yard.is_sent(&held));
    let cases = yard.cases().await;
    let lane = cases.iter().filter(|(k, _)| *k == Kind::StkLaneBlocked);
    assert!(lane.count() >= 2, "the order and the head: {cases:?}");
    yard.rig
        .sandbox
        .act(|w| w.cin7_keeps_stock_of(MUG, true).unwrap());
    yard.run(Span::mins(25)).await;
    assert!(yard.is_sent(&held), "the lane moved on");
    assert_eq!(yard.cases().await, []);
    yard.rig.close().await;
}

#[tokio::test]
async fn a_stopped_lane_is_worse_while_an_order_waits_behind_it() {
    Yard::play(an_order_behind_a_lane).await;
}

pub async fn an_order_behind_a_lane(yard: &mut Yard) {
    stop(yard).await;
    yard.run(Span::mins(16)).await;
    let at_first = yard.severity(Kind::StkLaneBlocked).await;
    assert_eq!(at_first, Some(Severity::S2), "{:?}", yard.cases().await);
    let sale = yard.sell(&[(MUG, 1)]);
    yard.run(Span::mins(16)).await;
    let joined = yard.severity(Kind::StkLaneBlocked).await;
    assert_eq!(joined, Some(Severity::S1), "{:?}", yard.cases().await);
    let lane = LaneKey::of(&MUG.into(), &yard.location().as_str().into());
    let row = yard.rig.store.lane(&yard.pair(), &lane).await.unwrap();
    let row = row.unwrap();
    assert!(row.is_stopped() && row.exception.is_some(), "{row:?}");
    assert_eq!(row.orders, 1, "the order held behind it");
    yard.rig.sandbox.act(|w| w.cin7_void_sale(&sale)).unwrap();
    yard.run(Span::mins(16)).await;
    let left = yard.severity(Kind::StkLaneBlocked).await;
    assert_eq!(left, Some(Severity::S2), "{:?}", yard.cases().await);
}

#[tokio::test]
async fn a_case_of_a_lane_that_is_tried_again_sends_its_head_now() {
    let mut yard = Yard::open().await;
    stop(&mut yard).await;
    yard.run(Span::mins(16)).await;
    yard.rig
        .sandbox
        .act(|w| w.cin7_keeps_stock_of(MUG, true).unwrap());
    let said = yard.retries(Kind::StkLaneBlocked).await;
    assert!(said.0, "{said:?}");
    yard.run(Span::secs(40)).await;
    assert_eq!(yard.in_cin7(MUG), yard.on_shelf(MUG));
    assert_eq!(yard.cases().await, []);
    yard.rig.close().await;
}

pub async fn stop(yard: &mut Yard) {
    yard.rig
        .sandbox
        .act(|w| w.cin7_keeps_stock_of(MUG, false).unwrap());
    yard.goods_in(MUG, 5);
    yard.run(SOON).await;
    // Sold again as goods, while the account refuses the posting until the head is tried again.
    let lane = yard.lane(MUG).await;
    assert_eq!(lane[0].entry.state, MovementState::Refused);
}

#[tokio::test]
async fn skipping_a_head_leaves_a_debt_and_the_lane_goes_on() {
    Yard::play(a_skipped_head).await;
}

pub async fn a_skipped_head(yard: &mut Yard) {
    let before = yard.in_cin7(MUG);
    stop(yard).await;
    yard.count(MUG, yard.on_shelf(MUG) - 2);
    yard.run(SOON).await;
    yard.rig
        .sandbox
        .act(|w| w.cin7_keeps_stock_of(MUG, true).unwrap());
    let refused = yard.asks("sam", "skip", None, "").await;
    assert!(!refused.0, "a reason is needed: {refused:?}");
    let (is_ok, text) = yard
        .asks("sam", "skip", None, "entered by hand in the office")
        .await;
    assert!(is_ok, "{text}");
    assert!(text.contains("+5 is owed"), "{text}");
    yard.run(Span::mins(5)).await;
    assert_eq!(yard.in_cin7(MUG), before - 2, "what waited behind it went");
    let owed = yard.rig.store.movements_owed(&yard.pair()).await.unwrap();
    assert_eq!(owed.len(), 1);
    assert_eq!(owed[0].units_each, 5);
}

#[tokio::test]
async fn a_count_of_two_persons_takes_the_place_of_what_waits() {
    Yard::play(a_count_of_two).await;
}

pub async fn a_count_of_two(yard: &mut Yard) {
    stop(yard).await;
    yard.count(MUG, yard.on_shelf(MUG) - 2);
    yard.run(SOON).await;
    yard.rig
        .sandbox
        .act(|w| w.cin7_keeps_stock_of(MUG, true).unwrap());
    let shelf = yard.on_shelf(MUG);
    let why = "counted twice on the floor";
    let first = yard.asks("sam", "replace", Some(shelf), why).await;
    assert!(first.0 && first.1.contains("second person"), "{first:?}");
    let same = yard.asks("Sam", "replace", Some(shelf), why).await;
    assert!(
        same.1.contains("second person"),
        "one person is not two: {same:?}"
    );
    assert_eq!(yard.lane(MUG).await.len(), 2);
    let second = yard.asks("alex", "replace", Some(shelf), why).await;
    assert!(second.0 && second.1.contains("2 movements"), "{second:?}");
    yard.run(Span::mins(5)).await;
    assert_eq!(yard.in_cin7(MUG), shelf);
    assert!(yard.lane(MUG).await.is_empty());
    let kept = yard.kept(MUG).await;
    let replaced = kept
        .iter()
        .filter(|m| m.entry.state == MovementState::Replaced);
    assert_eq!(replaced.count(), 2);
}

#[tokio::test]
async fn a_word_nobody_mapped_stops_its_lane_until_it_is_mapped() {
    Yard::play(an_unmapped_word).await;
}

pub async fn an_unmapped_word(yard: &mut Yard) {
    let other = yard.other.clone();
    yard.odd_movement(MUG, "Found behind the rack", 3);
    yard.goods_in(MUG, 5);
    yard.goods_in(&other, 5);
    yard.run(SOON).await;
    assert!(
        yard.has(Kind::MapStatusUnknown).await,
        "{:?}",
        yard.cases().await
    );
    assert_eq!(yard.in_cin7(&other), yard.on_shelf(&other));
    assert_eq!(yard.lane(MUG).await.len(), 2);
    yard.maps("REASON", "Found behind the rack", "found").await;
    yard.run(Span::mins(5)).await;
    assert_eq!(yard.in_cin7(MUG), yard.on_shelf(MUG));
    assert_eq!(yard.cases().await, []);
}

//! A head that cannot be posted stops its lane and no other.

use crate::yard::{MUG, SOON, Yard};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::movements::MovementState;
use tallyman::domain::time::Span;
use tallyman::sandbox::FaultKind;

const WRITE: &str = "POST stockadjustment";

#[tokio::test]
async fn a_refused_head_stops_its_lane_and_no_other() {
    let mut yard = Yard::open().await;
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
    yard.rig.close().await;
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

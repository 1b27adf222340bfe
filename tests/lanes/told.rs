//! What moved is told, once and in order.

use crate::yard::{MUG, SOON, Yard};
use tallyman::domain::movements::MovementState;
use tallyman::domain::time::Span;

#[tokio::test]
async fn goods_that_came_in_and_a_count_are_posted_in_order_and_once() {
    let mut yard = Yard::open().await;
    let before = yard.in_cin7(MUG);
    yard.goods_in(MUG, 20);
    yard.run(Span::secs(2)).await;
    yard.count(MUG, yard.on_shelf(MUG) - 3);
    yard.run(SOON).await;
    yard.run(Span::mins(10)).await;
    assert_eq!(yard.in_cin7(MUG), before + 17);
    assert_eq!(yard.in_cin7(MUG), yard.on_shelf(MUG));
    let posted = yard.adjustments(MUG);
    let targets: Vec<i64> = posted
        .iter()
        .map(|e| e.detail["after"].as_i64().unwrap())
        .collect();
    assert_eq!(targets, [before + 20, before + 17]);
    assert!(yard.lane(MUG).await.is_empty());
    assert_eq!(yard.cases().await, []);
    yard.rig.close().await;
}

#[tokio::test]
async fn heads_of_many_lanes_share_a_document() {
    let mut yard = Yard::open().await;
    let other = yard.other.clone();
    yard.goods_in(MUG, 5);
    yard.goods_in(&other, 6);
    yard.run(SOON).await;
    assert_eq!(yard.in_cin7(MUG), yard.on_shelf(MUG));
    assert_eq!(yard.in_cin7(&other), yard.on_shelf(&other));
    let (one, two) = (yard.adjustments(MUG), yard.adjustments(&other));
    assert_eq!((one.len(), two.len()), (1, 1));
    assert_eq!(one[0].key, two[0].key, "one reference");
    yard.rig.close().await;
}

#[tokio::test]
async fn a_despatch_is_recorded_and_never_posted() {
    let mut yard = Yard::with(|o| o.sandbox.floor_percent = 100).await;
    let before = yard.in_cin7(MUG);
    yard.sell(&[(MUG, 4)]);
    yard.run(Span::hours(4)).await;
    assert_eq!(yard.on_shelf(MUG), before - 4, "it left");
    assert_eq!(yard.in_cin7(MUG), before - 4, "the shipment lowered it");
    assert_eq!(yard.adjustments(MUG).len(), 0);
    let kept = yard.kept(MUG).await;
    assert!(
        kept.iter()
            .any(|m| m.entry.state == MovementState::NoDelta && m.entry.movement.delta_each == -4),
        "{kept:?}"
    );
    assert_eq!(yard.cases().await, []);
    yard.rig.close().await;
}

//! Answers that were lost, and stock that somebody else moved in between.

use crate::yard::{MUG, PLACE, SOON, WRITE, Yard};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::time::Span;
use tallyman::sandbox::FaultKind;

#[tokio::test]
async fn a_lost_answer_to_an_adjustment_is_asked_about_and_not_written_twice() {
    for lost in [
        FaultKind::LostAfter,
        FaultKind::ErrorAfter(502),
        FaultKind::EmptyBody,
    ] {
        let mut yard = Yard::open().await;
        yard.fault(WRITE, lost, 1);
        yard.goods_in(MUG, 9);
        yard.run(SOON).await;
        assert_eq!(yard.adjustments(MUG).len(), 1, "{lost:?}");
        assert_eq!(yard.in_cin7(MUG), yard.on_shelf(MUG), "{lost:?}");
        assert!(yard.lane(MUG).await.is_empty());
        assert_eq!(yard.cases().await, []);
        yard.rig.close().await;
    }
}

#[tokio::test]
async fn a_lost_request_is_written_once_after_two_readings_agree() {
    Yard::play(a_lost_request).await;
}

pub async fn a_lost_request(yard: &mut Yard) {
    yard.fault(WRITE, FaultKind::LostBefore, 1);
    let moved_at = yard.now();
    yard.goods_in(MUG, 9);
    yard.run(SOON).await;
    let posted = yard.adjustments(MUG);
    assert_eq!(posted.len(), 1);
    assert!(posted[0].at.since(moved_at) >= Span::secs(15));
    assert_eq!(yard.in_cin7(MUG), yard.on_shelf(MUG));
    assert_eq!(yard.cases().await, []);
}

#[tokio::test]
async fn a_count_moved_in_between_opens_a_case_with_the_units() {
    Yard::play(a_count_in_between).await;
}

pub async fn a_count_in_between(yard: &mut Yard) {
    let held = yard.in_cin7(MUG);
    yard.rig
        .sandbox
        .act(|w| w.cin7_meddle_at_next_write(MUG, PLACE, held - 2))
        .unwrap();
    yard.goods_in(MUG, 5);
    yard.run(SOON).await;
    assert_eq!(yard.in_cin7(MUG), held + 5, "our figure erased it");
    let cases = yard.cases().await;
    let broken: Vec<&String> = cases
        .iter()
        .filter(|(k, _)| *k == Kind::StkSequenceBroken)
        .map(|(_, d)| d)
        .collect();
    assert_eq!(broken.len(), 1, "{cases:?}");
    assert!(
        broken[0].contains("2 units were taken in between"),
        "{}",
        broken[0]
    );
}

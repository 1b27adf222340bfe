//! Two ledgers of one item are compared: what nothing explains is told, what is on its way is not, and what agrees again is
//! closed by itself.

use crate::yard::{MUG, SOON, WRITE, Yard};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::time::Span;
use tallyman::sandbox::FaultKind;

/// Long enough for two comparisons and what they wait for.
const LOOKS: Span = Span::mins(16);

#[tokio::test]
async fn a_posting_by_hand_is_told_after_two_looks_and_closed_after_two_that_agree() {
    Yard::play(a_posting_by_hand).await;
}

pub async fn a_posting_by_hand(yard: &mut Yard) {
    let right = yard.in_cin7(MUG);
    yard.set_in_cin7(MUG, right + 40);
    yard.run(Span::mins(4)).await;
    assert!(!yard.has(Kind::StkDrift).await, "one look proves nothing");
    let note = yard.note().await;
    assert!(note.contains("compared"), "{note}");
    yard.run(LOOKS).await;
    let said = yard.said(Kind::StkDrift).await;
    assert_eq!(said.len(), 1, "{:?}", yard.cases().await);
    assert!(said[0].contains("+40"), "{said:?}");
    let position = yard.position(MUG).await;
    assert_eq!(position.remainder_each, 40);
    let steps = tallyman::domain::drift::waterfall(&position);
    let sum: i64 = steps.iter().map(|s| s.value).sum();
    assert_eq!(sum, position.on_hand_each, "{steps:?}");
    yard.set_in_cin7(MUG, right);
    yard.run(LOOKS).await;
    assert_eq!(yard.cases().await, []);
    assert_eq!(yard.position(MUG).await.drift_since, None);
    assert_eq!(yard.adjustments(MUG).len(), 0, "nothing was written");
}

#[tokio::test]
async fn what_waits_in_a_lane_explains_the_difference() {
    Yard::play(what_waits).await;
}

pub async fn what_waits(yard: &mut Yard) {
    yard.fault(WRITE, FaultKind::ErrorBefore(503), 100);
    yard.goods_in(MUG, 50);
    yard.run(Span::mins(9)).await;
    yard.run(LOOKS).await;
    assert!(yard.in_cin7(MUG) != yard.on_shelf(MUG));
    assert!(!yard.has(Kind::StkDrift).await, "{:?}", yard.cases().await);
    let position = yard.position(MUG).await;
    assert_eq!((position.gap_each, position.remainder_each), (-50, 0));
}

#[tokio::test]
async fn goods_that_left_and_were_not_told_explain_the_difference() {
    Yard::play(goods_that_left).await;
}

pub async fn goods_that_left(yard: &mut Yard) {
    yard.fault(
        "POST sale/fulfilment/ship",
        FaultKind::ErrorBefore(503),
        1_000,
    );
    yard.sell(&[(MUG, 3)]);
    yard.run(SOON).await;
    yard.ship_everything().await;
    yard.run(LOOKS).await;
    assert_eq!(yard.in_cin7(MUG), yard.on_shelf(MUG) + 3);
    assert!(!yard.has(Kind::StkDrift).await, "{:?}", yard.cases().await);
}

#[tokio::test]
async fn a_debt_is_told_and_settled_when_the_figures_agree() {
    Yard::play(a_debt).await;
}

pub async fn a_debt(yard: &mut Yard) {
    crate::stopped::stop(yard).await;
    yard.rig
        .sandbox
        .act(|w| w.cin7_keeps_stock_of(MUG, true).unwrap());
    let (is_ok, text) = yard.asks("sam", "skip", None, "the office books it").await;
    assert!(is_ok, "{text}");
    yard.run(LOOKS).await;
    let said = yard.said(Kind::StkDrift).await;
    assert!(
        said.iter().any(|s| s.contains("+5 was left out")),
        "{said:?}"
    );
    yard.set_in_cin7(MUG, yard.on_shelf(MUG));
    yard.run(LOOKS).await;
    let owed = yard.rig.store.movements_owed(&yard.pair()).await.unwrap();
    assert_eq!(owed, []);
    assert_eq!(yard.cases().await, []);
}

#[tokio::test]
async fn figures_that_agree_settle_a_broken_sequence() {
    Yard::play(a_broken_sequence).await;
}

pub async fn a_broken_sequence(yard: &mut Yard) {
    yard.break_sequence(MUG).await;
    yard.run(SOON).await;
    assert!(
        yard.has(Kind::StkSequenceBroken).await,
        "{:?}",
        yard.cases().await
    );
    assert_ne!(yard.in_cin7(MUG), yard.on_shelf(MUG));
    yard.set_in_cin7(MUG, yard.on_shelf(MUG));
    yard.run(LOOKS).await;
    assert_eq!(yard.cases().await, []);
}

#[tokio::test]
async fn a_drift_is_corrected_through_the_lane_and_proved_by_the_next_look() {
    Yard::play(a_correction).await;
}

pub async fn a_correction(yard: &mut Yard) {
    let right = yard.in_cin7(MUG);
    yard.set_in_cin7(MUG, right + 40);
    let early = yard.corrects("sam", Some(right), "typed by hand").await;
    assert!(!early.0, "{early:?}");
    yard.run(LOOKS).await;
    assert!(yard.has(Kind::StkDrift).await);
    let silent = yard.corrects("sam", None, "typed by hand").await;
    assert!(!silent.0 && silent.1.contains("counted"), "{silent:?}");
    let other = yard.corrects("sam", Some(right - 1), "typed by hand").await;
    assert!(
        !other.0 && other.1.contains("in the warehouse first"),
        "{other:?}"
    );
    let mut said = yard.corrects("sam", Some(right), "typed by hand").await;
    assert!(said.0, "{said:?}");
    if said.1.contains("second person") {
        let same = yard.corrects("Sam", Some(right), "typed by hand").await;
        assert!(same.1.contains("second person"), "{same:?}");
        said = yard.corrects("alex", Some(right), "typed by hand").await;
    }
    assert!(said.1.contains("-40"), "{said:?}");
    let twice = yard.corrects("alex", Some(right), "typed by hand").await;
    assert!(!twice.0, "{twice:?}");
    yard.run(LOOKS).await;
    assert_eq!(yard.in_cin7(MUG), right);
    assert_eq!(yard.adjustments(MUG).len(), 1, "posted once");
    assert_eq!(yard.cases().await, []);
}

#[tokio::test]
async fn a_correction_waits_for_the_head_of_its_lane() {
    Yard::play(a_correction_behind_a_head).await;
}

pub async fn a_correction_behind_a_head(yard: &mut Yard) {
    crate::stopped::stop(yard).await;
    let held = yard.in_cin7(MUG);
    yard.set_in_cin7(MUG, held - 4);
    yard.run(LOOKS).await;
    let shelf = yard.on_shelf(MUG);
    let said = yard
        .corrects("sam", Some(shelf), "written off by mistake")
        .await;
    assert!(said.0 && said.1.contains("+4"), "{said:?}");
    yard.run(SOON).await;
    assert_eq!(yard.in_cin7(MUG), held - 4, "the head is first");
    assert_eq!(yard.lane(MUG).await.len(), 2);
    yard.rig
        .sandbox
        .act(|w| w.cin7_keeps_stock_of(MUG, true).unwrap());
    yard.run(Span::mins(40)).await;
    assert_eq!(yard.in_cin7(MUG), shelf);
    assert_eq!(yard.cases().await, []);
}

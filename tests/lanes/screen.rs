//! People at the board of lanes: keys into the real loop, requests in a real store, an engine that carries them out.

use crate::console::flow::Console;
use crate::console::{FakeBackend, Scene};
use crate::stopped;
use crate::yard::{MUG, SOON, Yard};
use std::sync::Arc;
use tallyman::config::PairConfig;
use tallyman::console::app::nav::Pane;
use tallyman::console::run::store::StoreBackend;
use tallyman::desk::{Access, Desk};
use tallyman::domain::movements::MovementState;
use tallyman::domain::time::Span;

const SIZE: (u16, u16) = (120, 40);

/// A person's console on the yard's store.
async fn console(yard: &Yard, name: &str) -> Console {
    let rig = &yard.rig;
    let pairs = rig.pairs.iter().map(|(_, pair)| PairConfig {
        id: pair.id.clone(),
        source: pair.source.clone(),
        warehouse: pair.warehouse.clone(),
        prefix: pair.prefix.clone(),
        channel: pair.channel.clone(),
        policy: pair.policy.clone(),
    });
    let now = rig.now();
    let desk = Desk::new(
        rig.store.clone(),
        name.into(),
        Access::Full,
        pairs.collect(),
        Arc::new(move || now),
    );
    let backend = Arc::new(StoreBackend::new(desk));
    let fake = FakeBackend::new(Scene::Empty);
    Console::start_on(backend, fake, Pane::Stock, SIZE, now).await
}

/// A person at the board of lanes.
async fn person(yard: &Yard, name: &str) -> Console {
    let mut console = console(yard, name).await;
    console.press("tab").await;
    console.sees(MUG).await;
    console
}

/// A refused head, and one movement that waits behind it.
async fn stopped_lane(yard: &mut Yard) {
    stopped::stop(yard).await;
    yard.count(MUG, yard.on_shelf(MUG) - 2);
    yard.run(SOON).await;
    yard.rig
        .sandbox
        .act(|w| w.cin7_keeps_stock_of(MUG, true).unwrap());
}

#[tokio::test]
async fn a_head_is_skipped_with_keys_and_the_board_shows_the_debt() {
    Yard::play(a_head_is_skipped).await;
}

pub async fn a_head_is_skipped(yard: &mut Yard) {
    let before = yard.in_cin7(MUG);
    stopped_lane(yard).await;
    let mut sam = person(yard, "sam").await;
    assert!(sam.text().contains("refused"), "{}", sam.text());
    sam.press("enter").await;
    sam.sees("Behind it 1").await;
    sam.press("x 'no enter enter").await;
    sam.sees("characters is needed").await;
    assert_eq!(
        yard.lane(MUG).await.len(),
        2,
        "too short a reason does nothing"
    );
    sam.press("x").await;
    assert!(sam.text().contains("+5 units are owed"), "{}", sam.text());
    sam.press("'entered space 'by space 'hand enter enter")
        .await;
    sam.sees("will be dealt with: skip").await;
    yard.run(Span::secs(5)).await;
    sam.sees("is left out; +5 is owed").await;
    yard.run(Span::mins(5)).await;
    assert_eq!(yard.in_cin7(MUG), before - 2, "what waited behind it went");
    sam.sees("Owed 1").await;
    sam.press("esc").await;
    sam.sees("owed").await;
    assert!(!sam.text().contains("refused"), "{}", sam.text());
}

#[tokio::test]
async fn a_count_is_given_by_two_persons_with_keys() {
    Yard::play(a_count_is_given).await;
}

pub async fn a_count_is_given(yard: &mut Yard) {
    stopped_lane(yard).await;
    let shelf = yard.on_shelf(MUG);
    let keys = format!("Q '{shelf} tab 'counted space 'twice enter enter");
    let mut sam = person(yard, "sam").await;
    sam.press("Q 'many tab 'counted ctrl-s").await;
    sam.sees("Counted is a whole number").await;
    sam.press("esc").await;
    sam.press(&keys).await;
    yard.run(Span::secs(5)).await;
    sam.sees("a second person has to give the same count").await;
    let mut alex = person(yard, "alex").await;
    alex.press("enter").await;
    alex.sees(&format!("sam counted {shelf}")).await;
    alex.press(&keys).await;
    yard.run(Span::secs(5)).await;
    alex.sees(&format!("on hand {shelf} is written")).await;
    yard.run(Span::mins(5)).await;
    assert_eq!(yard.in_cin7(MUG), shelf);
    alex.sees("nothing is outstanding").await;
    let kept = yard.kept(MUG).await;
    let replaced = kept.iter().map(|m| m.entry.state);
    assert_eq!(
        replaced.filter(|s| *s == MovementState::Replaced).count(),
        2
    );
}

#[tokio::test]
async fn a_head_is_tried_again_from_its_exception() {
    Yard::play(a_head_is_tried_again).await;
}

pub async fn a_head_is_tried_again(yard: &mut Yard) {
    stopped_lane(yard).await;
    yard.rig
        .sandbox
        .act(|w| w.cin7_keeps_stock_of(MUG, false).unwrap());
    yard.run(Span::mins(14)).await;
    yard.rig
        .sandbox
        .act(|w| w.cin7_keeps_stock_of(MUG, true).unwrap());
    let mut sam = person(yard, "sam").await;
    sam.press("2 / 'kind:STK_LANE_BLOCKED enter").await;
    sam.sees("STK_LANE_BLOCKED").await;
    sam.press("l").await;
    sam.sees("Behind it 1").await;
    sam.press("esc enter").await;
    sam.sees("Try head again").await;
    sam.press("t y").await;
    yard.run(Span::secs(40)).await;
    sam.sees("is tried again").await;
    yard.run(Span::mins(3)).await;
    assert_eq!(yard.in_cin7(MUG), yard.on_shelf(MUG));
}

#[tokio::test]
async fn a_word_nobody_mapped_is_mapped_from_its_lane() {
    Yard::play(a_word_is_mapped).await;
}

pub async fn a_word_is_mapped(yard: &mut Yard) {
    yard.odd_movement(MUG, "Found behind the rack", 3);
    yard.run(SOON).await;
    let mut sam = person(yard, "sam").await;
    sam.press("t").await;
    sam.sees("map it first").await;
    sam.press("m").await;
    sam.sees("Found behind the rack").await;
    sam.press("'found enter enter").await;
    yard.run(Span::mins(5)).await;
    assert_eq!(yard.in_cin7(MUG), yard.on_shelf(MUG));
}

#[tokio::test]
async fn a_drift_is_corrected_with_keys_from_its_exception() {
    Yard::play(a_drift_is_corrected).await;
}

pub async fn a_drift_is_corrected(yard: &mut Yard) {
    let right = yard.in_cin7(MUG);
    yard.set_in_cin7(MUG, right + 40);
    yard.run(Span::mins(16)).await;
    let mut asked = 0;
    for name in ["sam", "alex"] {
        if yard.in_cin7(MUG) == right {
            break;
        }
        asked += 1;
        let mut person = drifted(yard, name).await;
        person
            .press(&format!(
                "C '{right} tab 'typed space 'by space 'hand enter enter"
            ))
            .await;
        yard.run(Span::secs(5)).await;
        person.sees("-40").await;
        yard.run(Span::mins(3)).await;
    }
    assert_eq!(yard.in_cin7(MUG), right);
    assert!((1..=2).contains(&asked));
}

/// At the exception of the drift.
async fn drifted(yard: &Yard, name: &str) -> Console {
    let mut console = console(yard, name).await;
    console.press("2 / 'kind:STK_DRIFT enter enter").await;
    console.sees("C Correct").await;
    console
}

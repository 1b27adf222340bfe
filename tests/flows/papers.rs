//! What leaves the screen or tells who a customer is.

use super::{Console, Pane, SIZE, Scene, console};
use tallyman::console::app::ask::{Act, OrderAct, Trouble};
use tallyman::console::app::export::{Short, What};

const CALL: &str = "enter tab tab enter tab enter";

#[tokio::test]
async fn people_in_a_call_are_masked_until_the_journal_has_it_that_somebody_looks() {
    let mut c = console(Pane::Orders).await;
    c.press(CALL).await;
    c.sees("People are masked.").await;
    assert!(c.text().contains("Contact: [name 1]"), "{}", c.text());
    c.press("p").await;
    c.sees("Contact: Pat Sample").await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::LookInto(id)] if id.0 == 202),
        "{acts:?}"
    );
    c.press("p").await;
    c.sees("Contact: [name 1]").await;
    assert_eq!(
        c.backend.done().len(),
        1,
        "masking them again is nobody's business"
    );
    c.press("p").await;
    c.sees("Contact: Pat Sample").await;
    c.press("esc enter").await;
    c.sees("Contact: [name 1]").await;
}

#[tokio::test]
async fn who_cannot_be_written_down_sees_no_people() {
    let mut c = console(Pane::Orders).await;
    c.press(CALL).await;
    c.sees("People are masked.").await;
    *c.backend.refusal.lock().unwrap() = Some(Trouble::new("the disk is full"));
    c.press("p").await;
    c.sees("the disk is full").await;
    assert!(!c.text().contains("Pat Sample"), "{}", c.text());
}

#[tokio::test]
async fn what_the_live_pane_shows_and_what_nobody_mapped_becomes_a_file() {
    let mut c = console(Pane::Live).await;
    c.press("X").await;
    c.sees("flows-").await;
    assert!(!c.text().contains("hidden ones too"), "{}", c.text());
    c.press("s enter tab X enter tab X enter").await;
    c.press("4 X m enter").await;
    let files = c.backend.files.lock().unwrap().clone();
    let shorts: Vec<&Short> = files
        .iter()
        .filter_map(|job| match &job.what {
            What::Short(short) => Some(short),
            _ => None,
        })
        .collect();
    assert!(
        matches!(
            shorts.as_slice(),
            [Short::Flows(flows), Short::Budgets(_), Short::Events(events), Short::Unmapped(values)]
                if !flows.is_empty() && !values.is_empty() && events.len() > 1 && events[0].seq > events[1].seq
        ),
        "{files:?}"
    );
}

#[tokio::test]
async fn the_events_of_live_are_narrowed_and_shown_again() {
    let mut c = console(Pane::Live).await;
    c.press("/ 'nothing.like.it enter").await;
    c.sees("No event matches the filter; c clears it.").await;
    assert!(c.text().contains("filter nothing.like.it"), "{}", c.text());
    assert!(
        c.text().contains("ORDER_CREATE"),
        "flows stay:\n{}",
        c.text()
    );
    c.press("c").await;
    c.sees("Events, newest first ").await;
    assert!(!c.text().contains("No event matches"), "{}", c.text());
}

#[tokio::test]
async fn the_floor_is_asked_for_a_count_and_its_figure_ends_the_case() {
    let mut c = console(Pane::Stock).await;
    c.press("I 'shelf space 'looks space 'empty ctrl-s").await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::AskCount { reason, .. }] if reason == "shelf looks empty"),
        "{acts:?}"
    );
}

#[tokio::test]
async fn marked_orders_are_held_together_and_many_are_looked_at_first() {
    let mut c = console(Pane::Orders).await;
    c.press("space space h 'recall ctrl-s").await;
    let acts = c.backend.done();
    assert!(
        matches!(
            acts.as_slice(),
            [Act::Orders { targets, what: OrderAct::Hold { reason } }] if targets.len() == 2 && reason == "recall"
        ),
        "{acts:?}"
    );
    let mut c = Console::start(Scene::Many, Pane::Orders, SIZE).await;
    c.press("B").await;
    for _ in 0..24 {
        c.press("down").await;
    }
    c.press("B").await;
    c.sees("25 marked").await;
    c.press("e").await;
    c.sees("is for one order at a time").await;
    c.press("r").await;
    c.sees("Read again 25 orders?").await;
    c.press("y").await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::BulkOrders { targets, what: OrderAct::Resync }] if targets.len() == 25),
        "{acts:?}"
    );
}

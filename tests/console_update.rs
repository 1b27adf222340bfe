//! The state by itself: what each event does, as tables. No loop, no terminal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/console/mod.rs"]
mod support;

use proptest::prelude::*;
use support::{Desk, FakeBackend, Scene, options, rows};
use tallyman::console::app::action::{Action, Context};
use tallyman::console::app::ask::{Act, Answer, Trouble};
use tallyman::console::app::event::{Event, Slot};
use tallyman::console::app::fit::Fit;
use tallyman::console::app::key::{Code, Key};
use tallyman::console::app::list::Load;
use tallyman::console::app::nav::Pane;
use tallyman::console::app::subject::Subject;
use tallyman::domain::catalogue::Kind;
use tallyman::domain::columns::{KeptLayout, Layout};
use tallyman::domain::time::Span;
use tallyman::domain::views::ListName;

const SIZE: (u16, u16) = (100, 30);

#[test]
fn number_keys_go_to_their_pane_and_0_to_what_came_too_late() {
    let mut desk = Desk::new(Scene::Typical, Pane::Live, SIZE);
    for (key, pane) in [
        ("2", Pane::Exceptions),
        ("3", Pane::Orders),
        ("4", Pane::Mappings),
        ("5", Pane::Stock),
        ("6", Pane::Returns),
        ("7", Pane::Checks),
        ("8", Pane::Audit),
        ("1", Pane::Live),
    ] {
        desk.press(key);
        assert_eq!(desk.app.nav.pane, pane);
    }
    desk.press("0");
    assert_eq!(desk.app.nav.pane, Pane::Live);
    assert!(desk.text().contains("Late changes"), "{}", desk.text());
}

#[test]
fn in_a_read_only_session_no_action_reaches_the_desk() {
    for (pane, keys) in [
        (Pane::Exceptions, "a w e z n r f d m"),
        (Pane::Orders, "r h H e P a"),
        (Pane::Mappings, "e enter n x"),
        (Pane::Stock, "p u"),
        (Pane::Live, "p r u"),
        (Pane::Returns, "a u p t w x O"),
        (Pane::Checks, "down s n"),
    ] {
        let mut desk = Desk::with(Scene::Typical, pane, SIZE, |o| o.is_read_only = true);
        desk.press(keys);
        assert!(desk.app.layers.is_empty(), "{pane:?}: no form opens");
        assert!(desk.backend.done().is_empty(), "{pane:?}");
        assert!(desk.text().contains("read-only"));
    }
}

#[test]
fn every_disabled_action_says_why() {
    for pane in Pane::ALL {
        for scene in [Scene::Typical, Scene::Empty] {
            let desk = Desk::new(scene, *pane, SIZE);
            for action in Action::ALL {
                if let Fit::No(why) | Fit::Elsewhere(why) = desk.app.fit(*action) {
                    assert!(!why.is_empty(), "{action:?} in {pane:?}");
                }
            }
        }
    }
}

#[test]
fn every_writing_action_is_possible_somewhere() {
    let mut possible = Vec::new();
    let places = [
        (Pane::Exceptions, ""),
        (Pane::Exceptions, "down down down"),
        (Pane::Orders, ""),
        (Pane::Orders, "enter"),
        (Pane::Orders, "enter tab tab enter"),
        (Pane::Orders, "enter tab tab enter tab enter"),
        (Pane::Orders, "down down down down enter"),
        (Pane::Orders, "down down down"),
        (Pane::Returns, ""),
        (Pane::Returns, "down"),
        (Pane::Returns, "down down"),
        (Pane::Returns, "down down down down"),
        (Pane::Returns, "G"),
        (Pane::Mappings, ""),
        (Pane::Mappings, "tab"),
        (Pane::Mappings, "v down down down"),
        (Pane::Stock, ""),
        (Pane::Stock, "down down down"),
        (Pane::Stock, "tab"),
        (Pane::Stock, "tab down"),
        (Pane::Stock, "tab enter"),
        (Pane::Live, ""),
        (Pane::Live, "down down down down down"),
        (Pane::Checks, "down"),
        (Pane::Live, "J enter"),
        (Pane::Exceptions, "down down down down"),
    ];
    for (pane, keys) in places {
        let mut desk = Desk::new(Scene::Typical, pane, SIZE);
        desk.press(keys);
        possible.extend(
            Action::ALL
                .iter()
                .filter(|a| a.is_writing() && desk.app.fit(**a) == Fit::Yes),
        );
    }
    for action in Action::ALL.iter().filter(|a| a.is_writing()) {
        // Nothing in the typical scene is held back by a person.
        if *action != Action::Release {
            assert!(possible.contains(&action), "{action:?} is possible nowhere");
        }
    }
}

#[test]
fn an_answer_to_an_older_question_is_dropped() {
    let mut desk = Desk::new(Scene::Typical, Pane::Exceptions, SIZE);
    let total = desk.app.panes.exceptions.list.total();
    desk.event(Event::Reply {
        slot: Slot::Exceptions,
        generation: 1,
        answer: Box::new(Err(Trouble::new("too late"))),
    });
    assert_eq!(desk.app.panes.exceptions.list.load, Load::Ready);
    assert_eq!(desk.app.panes.exceptions.list.total(), total);
}

#[test]
fn an_answer_that_does_not_fit_its_question_is_a_failure_not_a_crash() {
    let mut desk = Desk::new(Scene::Silent, Pane::Exceptions, SIZE);
    // The first failure is followed by another question, since the store changed meanwhile; the second stays.
    for _ in 0..2 {
        let generation = desk.app.panes.exceptions.list.generation;
        desk.event(Event::Reply {
            slot: Slot::Exceptions,
            generation,
            answer: Box::new(Ok(Answer::VerifyJournal(None))),
        });
    }
    assert!(matches!(
        desk.app.panes.exceptions.list.load,
        Load::Failed(_)
    ));
}

#[test]
fn a_failed_list_is_read_again_when_something_changes() {
    let mut desk = Desk::new(Scene::Failing, Pane::Orders, SIZE);
    assert!(matches!(desk.app.panes.orders.list.load, Load::Failed(_)));
    let before = desk.backend.questions.lock().unwrap().len();
    desk.event(Event::Tick);
    assert_eq!(
        desk.backend.questions.lock().unwrap().len(),
        before,
        "a tick does not hammer"
    );
    desk.event(Event::StoreChanged);
    assert!(desk.backend.questions.lock().unwrap().len() > before);
}

#[test]
fn the_cursor_follows_its_case_through_a_refresh() {
    let mut desk = Desk::new(Scene::Typical, Pane::Exceptions, SIZE);
    desk.press("down down down");
    let id = desk.app.panes.exceptions.list.current().unwrap().id;
    desk.press("g m 'TPS48 enter enter");
    desk.press("down down");
    assert_eq!(desk.app.panes.exceptions.list.current().unwrap().id, id);
}

#[test]
fn messages_go_after_six_seconds_and_stay_in_the_list() {
    let mut desk = Desk::new(Scene::Typical, Pane::Exceptions, SIZE);
    desk.press("a");
    assert!(desk.text().contains("Done: 1 done."));
    desk.now = desk.now + Span::secs(7);
    desk.event(Event::Tick);
    assert!(!desk.text().contains("Done: 1 done."));
    desk.press("M");
    assert!(desk.text().contains("1 done."));
}

#[test]
fn team_tabs_turn_in_both_directions() {
    let mut desk = Desk::new(Scene::Typical, Pane::Exceptions, SIZE);
    desk.press("tab");
    assert!(desk.text().contains("warehouse  "), "{}", desk.text());
    assert_eq!(desk.app.panes.exceptions.list.total(), 4);
    desk.press("shift-tab shift-tab");
    assert!(desk.text().contains("integration"));
    desk.press("c");
    assert_eq!(desk.app.panes.exceptions.list.total(), 12);
    desk.press("o");
    assert_eq!(
        desk.app.panes.exceptions.list.total(),
        1,
        "only what is in one's own name"
    );
}

#[test]
fn many_members_ask_for_the_count() {
    let mut desk = Desk::new(Scene::Many, Pane::Exceptions, SIZE);
    desk.press("space down down down down down down down down down down down space r");
    assert!(desk.text().contains("Type 76 to go on"), "{}", desk.text());
    desk.press("'75 tab enter");
    assert!(desk.backend.done().is_empty());
    desk.press("backspace '6 enter");
    assert!(
        matches!(desk.backend.done().as_slice(), [Act::Exceptions { targets, .. }] if targets.len() == 2)
    );
}

#[test]
fn a_roll_back_needs_an_older_version_and_a_reason() {
    let mut desk = Desk::new(Scene::Typical, Pane::Mappings, SIZE);
    desk.press("v b");
    assert!(
        desk.text().contains("this is how the mappings stand now"),
        "{}",
        desk.text()
    );
    desk.press("down down down b enter enter");
    assert!(desk.text().contains("Reason is needed"), "{}", desk.text());
    desk.press("'wrong ctrl-s");
    assert!(matches!(
        desk.backend.done().as_slice(),
        [Act::RollBackMappings { version: 16, reason, .. }] if reason == "wrong"
    ));
}

#[test]
fn help_and_palette_list_every_action_of_the_table() {
    let desk = Desk::new(Scene::Typical, Pane::Live, SIZE);
    let lines = desk.app.help_lines();
    assert_eq!(lines.len(), Action::ALL.len());
    assert!(lines.iter().all(|l| !l.keys.is_empty()));
    assert!(
        lines
            .iter()
            .filter(|l| l.action.info().context == Context::Exception)
            .all(|l| l.refused.is_some()),
        "on the Live pane no exception is at hand"
    );
}

fn any_key() -> impl Strategy<Value = Key> {
    prop_oneof![
        6 => prop::char::range(' ', '~').prop_map(Key::char),
        1 => prop::char::range('a', 'z').prop_map(Key::ctrl),
        1 => prop::char::any().prop_map(Key::char),
        8 => prop::sample::select(vec![
            Code::Enter, Code::Enter, Code::Esc, Code::Tab, Code::BackTab, Code::Backspace, Code::Delete,
            Code::Up, Code::Down, Code::Left, Code::Right, Code::Home, Code::End, Code::PageUp, Code::PageDown,
            Code::F(1), Code::F(5),
        ]).prop_map(Key::plain),
    ]
}

#[derive(Debug, Clone)]
enum Step {
    Key(Key),
    Paste(String),
    Resize(u16, u16),
    Changed,
    Tick,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => any_key().prop_map(Step::Key),
        1 => any::<String>().prop_map(Step::Paste),
        2 => (1u16..220, 1u16..70).prop_map(|(c, r)| Step::Resize(c, r)),
        1 => Just(Step::Changed),
        1 => Just(Step::Tick),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_keys_at_any_size_ends_in_a_panic(
        scene in prop::sample::select(vec![Scene::Typical, Scene::Empty, Scene::Failing, Scene::Many, Scene::Hostile]),
        pane in prop::sample::select(Pane::ALL.to_vec()),
        steps in prop::collection::vec(any_step(), 0..60),
    ) {
        let mut desk = Desk::new(scene, pane, (80, 24));
        for step in steps {
            match step {
                Step::Key(key) => desk.key(key),
                Step::Paste(text) => desk.event(Event::Paste(text)),
                Step::Resize(columns, rows) => desk.event(Event::Resize(columns, rows)),
                Step::Changed => desk.event(Event::StoreChanged),
                Step::Tick => desk.event(Event::Tick),
            }
            desk.text();
        }
    }

    #[test]
    fn every_screen_draws_at_every_size(columns in 1u16..240, rows in 1u16..80, keys in 0usize..8) {
        let keys = ["", "enter", "m", "?", ":", "/", "n", "r"][keys];
        let mut desk = Desk::new(Scene::Hostile, Pane::Exceptions, (80, 24));
        desk.press(keys);
        desk.resize(columns, rows);
    }
}

#[test]
fn parcels_without_a_label_lead_to_the_mapping_that_says_their_service_has_none() {
    let mut desk = Desk::new(Scene::Typical, Pane::Exceptions, SIZE);
    desk.press("enter");
    let mut row = rows::exception(0, false);
    row.kind = Kind::DspTrackingMissing;
    row.discriminator = "SERVICE=Tracked 48".to_owned();
    let page = desk.app.nav.page_mut().unwrap();
    page.subject = Some(Subject::Exceptions([row].into()));
    page.mapping = None;
    desk.press("m");
    assert!(
        desk.text().contains("no one rule maps the value"),
        "{}",
        desk.text()
    );
    desk.app.nav.page_mut().unwrap().mapping = Some(rows::mapping(1, false));
    desk.press("m");
    for expected in ["Tracked 48", "TPS48", "tracked=no", "exception 1"] {
        assert!(
            desk.text().contains(expected),
            "{expected}: {}",
            desk.text()
        );
    }
}

#[test]
fn columns_chosen_here_are_on_show_at_once_and_kept_once_when_the_sheet_is_left() {
    let mut desk = Desk::new(Scene::Typical, Pane::Orders, SIZE);
    assert!(desk.text().contains("not moving because"));
    desk.press("T down down down space");
    assert!(desk.backend.done().is_empty(), "nothing is kept yet");
    desk.press("[ esc");
    assert!(!desk.text().contains("not moving because"));
    let acts = desk.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::KeepColumns { layout, .. }]
            if layout.to_string().starts_with("number,state,-blocked_by,promise,")),
        "{acts:?}"
    );
    assert!(desk.app.toast().is_none(), "nothing needs saying");
    desk.press("T r esc");
    assert!(desk.text().contains("not moving because"));
    let acts = desk.backend.done();
    assert!(
        matches!(acts.last(), Some(Act::KeepColumns { layout, .. }) if layout.is_declared()),
        "{acts:?}"
    );
}

#[test]
fn columns_of_the_last_time_are_there_from_the_start_and_broken_ones_do_no_harm() {
    let kept = |list, text: &str| KeptLayout {
        list,
        layout: Layout::parse(text),
    };
    let backend = FakeBackend::new(Scene::Typical);
    backend.layouts.lock().unwrap().extend([
        kept(ListName::Orders, "country,number,-value,no_such_column"),
        kept(ListName::Stock, "!!,,"),
    ]);
    let mut desk = Desk::on(backend, options(Pane::Orders), SIZE);
    let text = desk.text();
    let head = text.lines().find(|l| l.contains("country")).unwrap();
    assert!(head.find("country") < head.find("number"), "{head}");
    assert!(!head.contains("value"), "{head}");
    desk.press("5");
    assert!(desk.text().contains("unexplained"), "{}", desk.text());
}

#[test]
fn in_a_read_only_session_columns_are_for_the_session() {
    let mut desk = Desk::with(Scene::Typical, Pane::Orders, SIZE, |o| {
        o.is_read_only = true
    });
    desk.press("T down down down space esc");
    assert!(!desk.text().contains("not moving because"));
    assert!(desk.backend.done().is_empty());
    assert!(desk.app.toast().is_none());
}

#[test]
fn a_list_is_sorted_from_its_columns_and_says_by_what_it_cannot_be() {
    let mut desk = Desk::new(Scene::Typical, Pane::Exceptions, (100, 40));
    desk.press("T down down down down down down enter esc");
    assert!(desk.text().contains("by team"), "{}", desk.text());
    desk.press("3 T down down down down s");
    assert!(
        desk.text()
            .contains("sorted by service: no index of orders"),
        "{}",
        desk.text()
    );
}

#[test]
fn while_a_file_is_written_the_header_says_how_far_and_the_key_asks_whether_to_stop() {
    let mut desk = Desk::new(Scene::Many, Pane::Orders, (120, 30));
    desk.press("X enter");
    assert!(desk.text().contains(": 500 of 100000"), "{}", desk.text());
    desk.press("2 q");
    assert!(
        desk.text().contains("is still being written"),
        "{}",
        desk.text()
    );
    desk.press("esc X y");
    assert!(desk.text().contains("was given up"), "{}", desk.text());
    assert!(desk.app.exporting.is_none());
}

#[test]
fn everything_that_matches_is_marked_also_what_was_never_on_the_screen() {
    let mut desk = Desk::new(Scene::Many, Pane::Exceptions, SIZE);
    desk.press("*");
    assert!(desk.text().contains("100000 marked"), "{}", desk.text());
    desk.press("U");
    assert_eq!(desk.app.panes.exceptions.list.marked(), 0);
    desk.press("B down down down");
    assert!(
        desk.text().contains("4 marked, range open"),
        "{}",
        desk.text()
    );
    desk.press("B up up up up");
    assert!(desk.text().contains("4 marked"), "{}", desk.text());
}

#[test]
fn a_saved_view_is_named_inside_a_filter_and_saved_again_as_what_it_stands_for() {
    let mut desk = Desk::new(Scene::Typical, Pane::Orders, SIZE);
    desk.press("/ 'view:he");
    assert!(
        desk.text().contains("view:\"Held back\""),
        "{}",
        desk.text()
    );
    desk.press("tab enter");
    let filter = desk.app.panes.orders.list.filter.to_string();
    assert_eq!(filter, "held:yes");
    desk.press("/ space 'mug enter K 'Mugs ctrl-s");
    let acts = desk.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::SaveView { view, .. }] if view.filter == "held:yes mug"),
        "{acts:?}"
    );
    desk.press("c / 'view:nobody");
    assert!(
        desk.text()
            .contains("there is no view `nobody` of this list; one of Held back"),
        "{}",
        desk.text()
    );
}

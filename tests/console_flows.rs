//! People at work: keys into the real loop, text on the screen, acts at the desk.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "flows/everyday.rs"]
mod everyday;
#[path = "flows/papers.rs"]
mod papers;
#[path = "support/console/mod.rs"]
mod support;

use support::flow::Console;
use support::{FakeBackend, Scene};
use tallyman::console::app::ask::{Act, ExceptionAct, Trouble};
use tallyman::console::app::event::{SyncState, SyncStatus};
use tallyman::console::app::export::What;
use tallyman::console::app::nav::Pane;
use tallyman::console::run::Exit;
use tallyman::console::run::signals::Signal;
use tallyman::console::term::input::Input;
use tallyman::desk::{Decision, LaneRemedy};
use tallyman::domain::exception::Team;
use tallyman::domain::floor::FloorAnswer;
use tallyman::domain::ids::ExceptionId;
use tallyman::domain::mapping::MappingEdit;
use tallyman::domain::returns::{ClaimState, Disposition};
use tallyman::domain::views::ListName;
use tallyman::report::Reader;
use tallyman::report::export::ListFormat;

const SIZE: (u16, u16) = (100, 30);

async fn console(pane: Pane) -> Console {
    Console::start(Scene::Typical, pane, SIZE).await
}

#[tokio::test]
async fn one_mapping_is_fixed_and_38_orders_go_in_at_most_eight_keys_beside_the_code() {
    let mut c = console(Pane::Live).await;
    c.press("2").await;
    assert!(c.text().contains("Tracked 48 XL"));
    c.press("m").await;
    assert!(c.text().contains("Map CARRIER of lw-pvx"), "{}", c.text());
    let before_code = c.pressed;
    c.press("'TPS48").await;
    let code_keys = c.pressed - before_code;
    assert!(c.text().contains("Royal Mail Tracked 48"));
    c.press("enter").await;
    assert!(
        c.text()
            .contains("38 orders released, 2 still blocked by ORD_SKU_UNKNOWN MUG-BLU-XL"),
        "{}",
        c.text()
    );
    c.press("enter").await;
    assert!(
        c.text()
            .contains("Done: 1 mapping set, 38 orders released."),
        "{}",
        c.text()
    );
    assert!(c.pressed - code_keys <= 8, "{} keys", c.pressed - code_keys);
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::ApplyMappings { edits, expected: Some(17), reason, .. }]
            if reason == "exception 1"
            && matches!(edits.as_slice(), [MappingEdit::Set { from, to, .. }] if from == "Tracked 48 XL" && to == "TPS48")),
        "{acts:?}"
    );
    c.idle().await;
    c.press("esc").await;
    assert!(
        !c.text().contains("Tracked 48 XL"),
        "the case is gone:\n{}",
        c.text()
    );
}

#[tokio::test]
async fn enter_typed_ahead_does_not_apply_a_mapping() {
    let mut c = console(Pane::Exceptions).await;
    c.press("m 'TPS48").await;
    for _ in 0..5 {
        let enter = tallyman::console::app::key::Key::parse("enter").unwrap();
        c.send(Input::Key(enter));
    }
    c.idle().await;
    assert!(c.text().contains("38 orders released"), "{}", c.text());
    assert!(c.backend.done().is_empty(), "nothing was applied");
    c.press("enter").await;
    assert_eq!(c.backend.done().len(), 1);
}

#[tokio::test]
async fn an_outward_action_asks_and_its_default_does_nothing() {
    let mut c = console(Pane::Stock).await;
    c.press("p").await;
    assert!(
        c.text().contains("Publish MUG-RED at Default now?"),
        "{}",
        c.text()
    );
    assert!(c.text().contains("The source shows 131; it is told 120."));
    c.press("enter").await;
    assert!(c.backend.done().is_empty());
    c.press("p y").await;
    assert!(matches!(
        c.backend.done().as_slice(),
        [Act::PushStock { .. }]
    ));
}

#[tokio::test]
async fn finance_sees_why_money_waits_and_approves_its_credit() {
    let mut c = console(Pane::Live).await;
    c.press("6").await;
    assert!(c.text().contains("finance: approve 1"), "{}", c.text());
    c.press("down down enter tab").await;
    assert!(
        c.text()
            .contains("the outcome is recorded; finance must approve"),
        "{}",
        c.text()
    );
    c.press("p").await;
    assert!(
        c.text().contains("Approve credit of return 100103-RT1"),
        "{}",
        c.text()
    );
    c.press("enter enter enter").await;
    assert!(c.text().contains("Reason is needed"), "{}", c.text());
    assert!(c.backend.done().is_empty(), "nothing goes without a reason");
    c.press("'seen, space 'cracked enter enter").await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::DecideReturn {
            reference,
            what: Decision::Approve { line: Some(line), units: 1, reason },
            ..
        }] if reference.as_str() == "100103-RT1" && line == "1" && reason == "seen, cracked"),
        "{acts:?}"
    );
}

#[tokio::test]
async fn a_case_about_a_return_takes_its_decision_where_it_is_read() {
    let mut c = console(Pane::Returns).await;
    c.press("down enter shift-tab shift-tab enter").await;
    assert!(
        c.text().contains("finance: say what becomes of 2 units"),
        "{}",
        c.text()
    );
    c.press("i").await;
    assert!(
        c.text().contains("Outcome for return 100102-RT1"),
        "{}",
        c.text()
    );
    c.press("tab right ctrl-s").await;
    let acts = c.backend.done();
    assert!(
        matches!(
            acts.as_slice(),
            [Act::DecideReturn {
                what: Decision::Outcome {
                    units: Some(2),
                    to: Disposition::Repair,
                    ..
                },
                ..
            }]
        ),
        "{acts:?}"
    );
}

#[tokio::test]
async fn one_order_of_a_case_about_sites_is_sent_from_a_chosen_one() {
    let mut c = console(Pane::Orders).await;
    c.press("down down down down down enter shift-tab shift-tab enter")
        .await;
    assert!(c.text().contains("ORD_UNROUTABLE"), "{}", c.text());
    c.press("R").await;
    assert!(
        c.text().contains("put the cursor on one of its orders"),
        "several orders stand there:\n{}",
        c.text()
    );
    c.press("tab tab down R").await;
    assert!(
        c.text().contains("Choose the site of order 100102")
            && c.text().contains("It goes nowhere: no rule is for Ireland")
            && c.text().contains("Sites: NORTH, SOUTH, WEST"),
        "{}",
        c.text()
    );
    c.press("w ctrl-s").await;
    assert!(c.text().contains("Reason is needed"), "{}", c.text());
    assert!(c.backend.done().is_empty(), "nothing goes without a reason");
    c.press("'nearest ctrl-s").await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::ChooseSite { id, site, reason }]
            if id.0 == 2 && site.as_str() == "WEST" && reason == "nearest"),
        "{acts:?}"
    );
}

#[tokio::test]
async fn an_orders_own_page_chooses_its_site_and_says_why_it_may_not() {
    let mut c = console(Pane::Orders).await;
    c.press("R").await;
    assert!(
        c.text().contains("needs the page of an order"),
        "{}",
        c.text()
    );
    c.press("down enter R").await;
    assert!(
        c.text().contains("the warehouse already has it"),
        "{}",
        c.text()
    );
    c.press("esc up enter R").await;
    assert!(
        c.text().contains("It goes to NORTH: rule north"),
        "{}",
        c.text()
    );
    c.press("right tab 'stock ctrl-s").await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::ChooseSite { id, site, .. }]
            if id.0 == 1 && site.as_str() == "SOUTH"),
        "{acts:?}"
    );
}

#[tokio::test]
async fn finance_says_what_a_refund_without_goods_meant_where_the_case_is_read() {
    let mut c = console(Pane::Orders).await;
    c.press("down down down down enter").await;
    assert!(c.text().contains("nobody said what was"), "{}", c.text());
    c.press("shift-tab shift-tab enter").await;
    assert!(c.text().contains("RET_REFUND_NO_RETURN"), "{}", c.text());
    c.press("E").await;
    assert!(
        c.text()
            .contains("Refund rf-77: 12.00 GBP for 1 × LAMP-OAK"),
        "{}",
        c.text()
    );
    c.press("'n tab 'lost space 'label tab right right ctrl-s")
        .await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::ExplainRefund { order, refund: Some(refund), to: ClaimState::NeverShipped, reason }]
            if order.0 == 5 && refund == "rf-78" && reason == "lost label"),
        "{acts:?}"
    );
    c.press("esc E tab 'kept ctrl-s").await;
    assert!(
        matches!(
            c.backend.done().last(),
            Some(Act::ExplainRefund {
                refund: None,
                to: ClaimState::Goodwill,
                ..
            })
        ),
        "all of them, from the order's page"
    );
}

#[tokio::test]
async fn the_gate_is_passed_only_with_what_is_passed_over_in_sight() {
    let mut c = console(Pane::Returns).await;
    c.press("O").await;
    assert!(c.text().contains("not received yet"), "{}", c.text());
    assert!(
        c.text().contains("CRN_BEFORE_STOCKIN stays"),
        "{}",
        c.text()
    );
    c.press("esc").await;
    assert!(c.backend.done().is_empty());
}

#[tokio::test]
async fn an_order_leads_to_its_return_and_the_return_back_to_the_order() {
    let mut c = console(Pane::Orders).await;
    c.press("down down down down enter tab tab tab tab enter")
        .await;
    assert!(c.text().contains("› Return 100105-RT1"), "{}", c.text());
    c.press("enter").await;
    assert!(
        c.text().contains("› Return 100105-RT1 › Order 100105"),
        "{}",
        c.text()
    );
}

#[tokio::test]
async fn pasted_text_and_keys_typed_ahead_answer_no_question() {
    let mut c = console(Pane::Stock).await;
    let key = |k: &str| Input::Key(tallyman::console::app::key::Key::parse(k).unwrap());
    c.send(key("p"));
    c.send(key("y"));
    c.send(Input::Paste("y\n".to_owned()));
    c.idle().await;
    assert!(c.text().contains("Publish MUG-RED"), "{}", c.text());
    assert!(c.backend.done().is_empty());
}

#[tokio::test]
async fn a_supervisor_hands_a_case_over_and_notes_why() {
    let mut c = console(Pane::Exceptions).await;
    c.press("e right 'd tab 'kim tab enter").await;
    c.press("n 'asked space 'the space 'carrier ctrl-s").await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [
            Act::Exceptions { what: ExceptionAct::Assign { team: Team::Data, person: Some(person) }, .. },
            Act::Exceptions { what: ExceptionAct::Note { text }, .. },
        ] if person == "kim" && text == "asked the carrier"),
        "{acts:?}"
    );
}

#[tokio::test]
async fn an_error_is_given_a_name_by_words_it_says_and_the_form_tells_which_cases_say_them() {
    let mut c = console(Pane::Exceptions).await;
    c.press("N").await;
    c.sees("12 open cases are known by it, 3 of the kind not")
        .await;
    c.press("ctrl-u 'zebra space 'crossing ctrl-s").await;
    c.sees("Call it is needed").await;
    c.press("'odd tab 'Ask ctrl-s").await;
    c.sees("the case does not say that").await;
    c.press("ctrl-u 'Carrier space 'service ctrl-s").await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::Classify { rule, over: None, .. }]
            if rule.words == "Carrier service" && rule.name == "odd" && rule.advice == "Ask" && rule.team.is_none()),
        "{acts:?}"
    );
    c.press("space space N").await;
    c.sees("classifies one error at a time").await;
}

#[tokio::test]
async fn the_floors_answer_is_recorded_from_the_board_with_where_the_goods_are() {
    let mut c = console(Pane::Live).await;
    c.press("0").await;
    c.sees("1 of 2 without an answer from the floor").await;
    c.sees("Part Picked in the warehouse since").await;
    c.press("enter v").await;
    c.press("right tab 'ok ctrl-s").await;
    c.sees("say where the goods are").await;
    assert!(c.backend.done().is_empty());
    c.press("ctrl-u 'shelf space 'A-3 ctrl-s").await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::FloorSaid { answer: FloorAnswer::Ships, goods, .. }] if goods == "shelf A-3"),
        "{acts:?}"
    );
}

#[tokio::test]
async fn marked_rows_are_taken_together() {
    let mut c = console(Pane::Exceptions).await;
    c.press("space space a").await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::Exceptions { targets, what: ExceptionAct::Acknowledge }] if targets.len() == 2),
        "{acts:?}"
    );
    assert!(!c.text().contains("marked"), "marks are used up");
}

#[tokio::test]
async fn many_marked_rows_are_looked_at_first_and_then_worked_through_by_the_engine() {
    let mut c = Console::start(Scene::Many, Pane::Exceptions, SIZE).await;
    c.press("space pagedown B pagedown pagedown B").await;
    c.press("a").await;
    c.sees("would be refused").await;
    assert!(c.backend.done().is_empty(), "nothing before the answer");
    c.sees("about 4").await;
    let cases = c.text();
    let cases = cases.split("Take ").nth(1).unwrap();
    let cases: usize = cases.split(' ').next().unwrap().parse().unwrap();
    assert!(cases > 20);
    c.press(&format!("'{cases} tab enter")).await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::Bulk { targets, what: ExceptionAct::Acknowledge }] if targets.len() == cases),
        "{acts:?}"
    );
    c.press("J").await;
    c.sees("340 cases: 121 done, 3 refused, 216 to go").await;
    c.press("enter x").await;
    let acts = c.backend.done();
    assert!(matches!(acts.last(), Some(Act::StopBulk(_))), "{acts:?}");
}

#[tokio::test]
async fn links_lead_from_exception_to_order_to_delivery_to_its_call_and_esc_leads_back() {
    let mut c = console(Pane::Exceptions).await;
    c.press("enter tab enter").await;
    assert!(c.text().contains("› Order 100101"), "{}", c.text());
    c.press("tab tab enter tab enter").await;
    assert!(c.text().contains("› Call 202"), "{}", c.text());
    assert!(c.text().contains("SalesOrderNumber: LW-100101"));
    c.press("esc esc esc").await;
    assert!(
        c.text().contains("Members 38"),
        "the tab is where it was left:\n{}",
        c.text()
    );
    c.press("1 2").await;
    assert!(
        c.text().contains("Members 38"),
        "another pane loses nothing"
    );
    c.press("esc").await;
    assert!(c.text().contains("12 rows"));
}

#[tokio::test]
async fn a_filter_narrows_as_it_is_typed_and_is_explained() {
    let mut c = console(Pane::Exceptions).await;
    c.press("/ 'team:data").await;
    assert!(
        c.text().contains("MUG-BLU-XL") && !c.text().contains("LAMP-OAK"),
        "{}",
        c.text()
    );
    c.press("enter").await;
    assert!(c.text().contains("filter team:data") && c.text().contains("2 rows"));
    c.press("c").await;
    assert!(c.text().contains("12 rows"));
}

#[tokio::test]
async fn the_palette_goes_to_a_team_and_does_what_it_is_told() {
    let mut c = console(Pane::Live).await;
    c.press(": 'exceptions space 'of space 'data down enter")
        .await;
    c.press("2").await;
    assert!(c.text().contains("Exceptions"), "{}", c.text());
    c.press("esc : 'quit enter").await;
    assert_eq!(c.exit().await, Exit::Quit);
}

#[tokio::test]
async fn a_case_somebody_else_changed_is_said_and_read_again() {
    let backend = FakeBackend::new(Scene::Typical);
    *backend.refusal.lock().unwrap() = Some(Trouble {
        text: "exception 1 was changed by sam meanwhile; nothing was written".to_owned(),
        is_stale: true,
    });
    let mut c = Console::start_with(backend, Pane::Exceptions, SIZE).await;
    let before = c.backend.questions.lock().unwrap().len();
    c.press("a").await;
    assert!(
        c.text().contains("Not done: taking exception 1"),
        "{}",
        c.text()
    );
    assert!(c.text().contains("changed by sam"));
    assert!(
        c.backend.questions.lock().unwrap().len() > before,
        "the list was read again"
    );
}

#[tokio::test]
async fn the_engines_answer_to_a_request_is_told() {
    let mut c = console(Pane::Orders).await;
    c.press("r").await;
    c.sees("The engine read both systems: they agree.").await;
}

#[tokio::test]
async fn a_change_by_somebody_else_appears_without_a_key() {
    let mut c = console(Pane::Exceptions).await;
    let before = c.backend.questions.lock().unwrap().len();
    c.backend.touch();
    for _ in 0..200 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        if c.backend.questions.lock().unwrap().len() > before {
            c.idle().await;
            return;
        }
    }
    panic!("the change was not noticed");
}

#[tokio::test]
async fn the_state_of_the_engine_is_a_word_in_the_header() {
    let mut c = console(Pane::Live).await;
    c.sync
        .send(SyncStatus {
            state: SyncState::Failed,
            note: "lease lost".to_owned(),
        })
        .unwrap();
    c.sees("sync failed (lease lost)").await;
}

#[tokio::test]
async fn a_store_that_gives_no_answer_leaves_every_key_alive() {
    let mut c = Console::start(Scene::Silent, Pane::Exceptions, SIZE).await;
    c.sees("reading").await;
    for key in ["3", "?"] {
        c.send(Input::Key(
            tallyman::console::app::key::Key::parse(key).unwrap(),
        ));
    }
    c.sees("Help: type to search").await;
    c.send(Input::Key(tallyman::console::app::key::Key::ctrl('c')));
    assert_eq!(c.exit().await, Exit::Quit);
}

#[tokio::test]
async fn quit_asks_only_when_something_is_unsaved_and_ctrl_c_never() {
    let mut c = console(Pane::Exceptions).await;
    c.press("n 'half").await;
    c.send(Input::Key(tallyman::console::app::key::Key::ctrl('c')));
    assert_eq!(c.exit().await, Exit::Quit);
    let c2 = {
        let mut c = console(Pane::Exceptions).await;
        c.press("q").await;
        c
    };
    assert_eq!(c2.exit().await, Exit::Quit);
}

#[tokio::test]
async fn signals_end_the_loop_and_a_vanished_terminal_too() {
    let c = console(Pane::Live).await;
    c.signals.send(Signal::Terminate).await.unwrap();
    let exit = c.exit().await;
    assert_eq!((exit, exit.code()), (Exit::Signal(Signal::Terminate), 143));

    let c = console(Pane::Live).await;
    c.seen.lock().unwrap().is_gone = true;
    c.signals.send(Signal::Hangup).await.unwrap();
    assert_eq!(c.exit().await, Exit::Gone);

    let c = console(Pane::Live).await;
    c.signals.send(Signal::Hangup).await.unwrap();
    assert_eq!(
        c.exit().await,
        Exit::Signal(Signal::Hangup),
        "the terminal is still there"
    );
}

#[tokio::test]
async fn an_idle_console_draws_nothing() {
    let mut c = console(Pane::Live).await;
    let before = c.seen.lock().unwrap().frames;
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    c.idle().await;
    assert_eq!(c.seen.lock().unwrap().frames, before);
}

#[tokio::test]
async fn ctrl_l_sends_the_whole_picture_again() {
    let mut c = console(Pane::Live).await;
    let before = c.seen.lock().unwrap().whole;
    c.press("ctrl-l").await;
    assert_eq!(c.seen.lock().unwrap().whole, before + 1);
}

#[tokio::test]
async fn copying_goes_through_the_terminal() {
    let mut c = console(Pane::Orders).await;
    c.press("y").await;
    assert_eq!(c.seen.lock().unwrap().copied, ["100101"]);
    assert!(c.text().contains("sent to your terminal's clipboard"));
}

#[tokio::test]
async fn a_hundred_thousand_rows_are_walked_by_page_and_by_end() {
    let mut c = Console::start(Scene::Many, Pane::Orders, SIZE).await;
    c.press("G").await;
    assert!(c.text().contains("200100"), "{}", c.text());
    c.press("g").await;
    assert!(c.text().contains("100101"), "{}", c.text());
    for _ in 0..30 {
        c.press("pagedown").await;
    }
    assert!(
        !c.text().contains("···"),
        "every row is there:\n{}",
        c.text()
    );
}

#[tokio::test]
async fn a_lane_is_skipped_or_replaced_by_a_count_with_a_reason_and_a_figure() {
    let mut c = console(Pane::Stock).await;
    c.press("tab x").await;
    assert!(
        c.text().contains("Skip the head of MUG-RED"),
        "{}",
        c.text()
    );
    c.press("enter enter").await;
    assert!(c.text().contains("Reason is needed"), "{}", c.text());
    assert!(c.backend.done().is_empty());
    c.press("up 'by space 'hand enter enter").await;
    c.press("Q '12,5 tab 'counted ctrl-s").await;
    assert!(
        c.text().contains("Counted is a whole number"),
        "{}",
        c.text()
    );
    c.press("backspace backspace backspace backspace '131 ctrl-s")
        .await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [
            Act::LaneHead { remedy: LaneRemedy::Skip, reason, .. },
            Act::LaneHead { remedy: LaneRemedy::Replace { counted_each: 131 }, reason: why, .. },
        ] if reason == "by hand" && why == "counted"),
        "{acts:?}"
    );
}

#[tokio::test]
async fn a_head_in_doubt_is_left_alone_and_the_reason_is_said() {
    let mut c = console(Pane::Stock).await;
    c.press("tab down down t").await;
    assert!(
        c.text().contains("wait until it was asked about"),
        "{}",
        c.text()
    );
    assert!(c.backend.done().is_empty());
}

#[tokio::test]
async fn a_lead_opens_the_sheet_signs_what_was_missed_and_hands_over() {
    let mut c = console(Pane::Live).await;
    c.press("7").await;
    let text = c.text();
    assert!(text.contains("The van of 05:30 did not come."), "{text}");
    assert!(text.contains("missed Sun 22 Nov"), "{text}");
    c.press("down s").await;
    assert!(c.text().contains("Sign Runs, snapshots and webhooks"));
    c.press("'seen enter enter").await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::SignCheck { check, periods, note, .. }]
            if check.code == "runs" && periods.len() == 1 && note == "seen"),
        "{acts:?}"
    );
    // What is signed cannot be signed again, and the screen says so.
    c.press("G k").await;
    c.press("n").await;
    c.press("tab 'door space '3 ctrl-s").await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.last(), Some(Act::HandOver { text, .. }) if text == "door 3"),
        "{acts:?}"
    );
    c.press("x").await;
    assert!(matches!(
        c.backend.done().last(),
        Some(Act::ExportChecks { team: None, .. })
    ));
}

#[tokio::test]
async fn an_order_is_edited_for_its_send_and_written_to_files_for_a_support_desk() {
    let mut c = console(Pane::Orders).await;
    c.press("a").await;
    c.sees("open the order first").await;
    c.press("enter a").await;
    c.sees("4 over").await;
    c.press("ctrl-u '9 space 'Sample ctrl-s").await;
    c.sees("Reason is needed").await;
    c.press("'asked ctrl-s").await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::EditOrder { fields, reason, .. }]
            if fields.len() == 1 && fields[0].1 == "9 Sample" && reason == "asked"),
        "{acts:?}"
    );
    c.press("P right ctrl-s").await;
    let acts = c.backend.done();
    assert!(
        matches!(
            acts.last(),
            Some(Act::ExportOrder {
                reader: Reader::Warehouse,
                ..
            })
        ),
        "{acts:?}"
    );
}

#[tokio::test]
async fn a_stored_call_is_compared_with_the_last_good_one_and_set_out_anew_when_the_screen_grows() {
    let mut c = console(Pane::Orders).await;
    c.press("enter tab tab enter tab enter").await;
    c.sees("Compare shows what differs").await;
    c.press("d").await;
    c.sees("7 here only").await;
    c.send(Input::Resize(140, 40));
    c.sees("│ Answer").await;
    c.press("d").await;
    c.sees("Compare shows what differs").await;
}

#[tokio::test]
async fn a_figure_opens_the_list_that_was_counted() {
    let mut c = console(Pane::Checks).await;
    c.press("t t t down").await;
    c.press("enter").await;
    let page = c.text();
    assert!(page.contains("Now") && page.contains("Signed"), "{page}");
    c.press("enter").await;
    let list = c.text();
    assert!(list.contains("filter "), "{list}");
    c.press("7").await;
    assert_eq!(c.text(), page, "the check is still open in its pane");
}

#[tokio::test]
async fn a_view_is_saved_found_by_name_and_shown_as_it_was() {
    let mut c = console(Pane::Exceptions).await;
    c.press("/ 'state:new enter s tab K 'New space 'ones ctrl-s")
        .await;
    let acts = c.backend.done();
    let Some(Act::SaveView { view, over: None }) = acts.first() else {
        panic!("{acts:?}")
    };
    assert!(view.filter.starts_with("state:new team:"), "{view:?}");
    assert_eq!(
        (view.name.as_str(), view.sort.as_str()),
        ("New ones", "severity")
    );
    c.press("c s 3").await;
    c.press(": 'new space 'ones enter").await;
    let text = c.text();
    assert!(
        text.contains("view New ones")
            && text.contains("by severity")
            && text.contains(&view.filter),
        "{text}"
    );
    // The same words under another order are not that view.
    c.press("s").await;
    assert!(!c.text().contains("view New ones"), "{}", c.text());
}

#[tokio::test]
async fn a_name_that_is_taken_is_only_replaced_when_that_was_chosen() {
    let mut c = console(Pane::Exceptions).await;
    c.press("K 'mugs ctrl-s").await;
    assert!(
        c.text().contains("is there already, by kim"),
        "{}",
        c.text()
    );
    assert!(c.backend.done().is_empty());
    c.press("right ctrl-s").await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::SaveView { view, over: Some(3) }] if view.name == "mugs"),
        "{acts:?}"
    );
}

#[tokio::test]
async fn a_view_is_chosen_with_a_key_and_removing_one_asks() {
    let mut c = console(Pane::Stock).await;
    c.press("V").await;
    assert!(
        c.text().contains("no view of this list is saved yet"),
        "{}",
        c.text()
    );
    c.press("tab V enter").await;
    assert!(c.text().contains("view Stopped lanes"), "{}", c.text());
    c.press("D esc").await;
    assert!(c.backend.done().is_empty());
    c.press("D ctrl-s").await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::RemoveView { name, version: 3, .. }] if name == "Stopped lanes"),
        "{acts:?}"
    );
    assert!(!c.text().contains("view Stopped lanes"), "{}", c.text());
    assert!(
        c.text().contains("filter stopped:yes"),
        "the list stays as it is"
    );
}

#[tokio::test]
async fn a_frozen_screen_stands_still_says_so_and_catches_up_with_the_same_key() {
    let mut c = console(Pane::Exceptions).await;
    c.press("F").await;
    assert!(c.text().contains("frozen now"), "{}", c.text());
    let lists = |c: &Console| {
        let asked = c.backend.questions.lock().unwrap();
        asked.iter().filter(|q| *q == "Exceptions").count()
    };
    let before = lists(&c);
    c.backend.touch();
    c.sees("frozen now, changed since").await;
    assert_eq!(lists(&c), before, "the list is not read while frozen");
    c.press("down ctrl-r").await;
    assert_eq!(lists(&c), before + 1, "read once when asked to");
    assert!(!c.text().contains("changed since"), "{}", c.text());
    c.backend.touch();
    c.sees("changed since").await;
    c.press("F").await;
    assert!(!c.text().contains("frozen"), "{}", c.text());
    assert_eq!(lists(&c), before + 2, "what was missed is read");
}

#[tokio::test]
async fn a_list_is_written_to_a_file_while_one_goes_on() {
    let mut c = console(Pane::Orders).await;
    c.press("/ 'held:no enter s X").await;
    let text = c.text();
    assert!(
        text.contains("24 rows match") && text.contains("orders-"),
        "{text}"
    );
    c.press("m a enter").await;
    assert!(
        c.text().contains("wrote its rows to orders-"),
        "{}",
        c.text()
    );
    let files = c.backend.files.lock().unwrap().clone();
    let [job] = files.as_slice() else {
        panic!("{files:?}")
    };
    assert_eq!((job.format, job.is_all), (ListFormat::Markdown, true));
    let What::List {
        list,
        query,
        shown,
        hidden,
        ..
    } = &job.what
    else {
        panic!("{job:?}")
    };
    assert_eq!(*list, ListName::Orders);
    assert_eq!(
        (query.filter.to_string(), query.sort.as_str()),
        ("held:no".to_owned(), "ship")
    );
    assert_eq!((shown[0], hidden[0]), ("number", "site"));
}

#[tokio::test]
async fn a_page_is_written_as_markdown_and_a_failure_is_said() {
    let mut c = console(Pane::Orders).await;
    c.press("enter X c").await;
    assert!(
        c.text().contains("a page is a text, not a table"),
        "{}",
        c.text()
    );
    *c.backend.refusal.lock().unwrap() = Some(Trouble::new("order-1 was not written: no room"));
    c.press("enter").await;
    assert!(
        c.text().contains("was not written: no room"),
        "{}",
        c.text()
    );
    let files = c.backend.files.lock().unwrap().clone();
    assert!(
        matches!(&files[0].what, What::Page(text) if text.starts_with("# Order") && text.contains("## ")),
        "{files:?}"
    );
}

#[tokio::test]
async fn a_range_of_cases_is_taken_together() {
    let mut c = console(Pane::Exceptions).await;
    c.press("B down down B a").await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::Exceptions { targets, what: ExceptionAct::Acknowledge }] if targets.len() == 3),
        "{acts:?}"
    );
}

#[tokio::test]
async fn an_edit_is_named_before_it_is_taken_back() {
    let mut c = console(Pane::Exceptions).await;
    c.press("u").await;
    assert!(
        c.text().contains("exception 1: snoozed, NEW ecommerce"),
        "{}",
        c.text()
    );
    assert!(c.text().contains("Done by you"), "{}", c.text());
    c.press("enter").await;
    assert!(c.backend.done().is_empty(), "its default does nothing");
    c.press("u y").await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::Undo(line)] if line.0 == 4_711),
        "{acts:?}"
    );
}

#[tokio::test]
async fn a_number_read_off_a_box_is_typed_and_leads_to_its_order() {
    let mut c = console(Pane::Exceptions).await;
    c.press(": '100103").await;
    assert!(c.text().contains("Order 100103"), "{}", c.text());
    c.press("enter").await;
    assert!(!c.text().contains("Go or do"), "{}", c.text());
    assert!(c.text().contains("Evidence"), "{}", c.text());
    c.press("esc : 'mug-r enter").await;
    assert!(c.text().contains("Item MUG-RED"), "{}", c.text());
    c.press("esc").await;
    assert!(
        c.text().contains("Tracked 48 XL"),
        "back where it began:\n{}",
        c.text()
    );
}

#[tokio::test]
async fn a_new_s1_case_rings_once_and_the_old_ones_never() {
    let mut c = console(Pane::Orders).await;
    let rings = |c: &Console| c.seen.lock().unwrap().rings;
    assert_eq!(rings(&c), 0, "what was so when the console opened");
    c.backend.urgent.lock().unwrap().push(ExceptionId(44));
    c.backend.touch();
    c.sees("a new S1 case: exception 44").await;
    assert_eq!(rings(&c), 1);
    c.backend.touch();
    c.press("down").await;
    assert_eq!(rings(&c), 1, "once for each");
}

#[tokio::test]
async fn several_mappings_are_put_aside_previewed_together_and_applied_as_one() {
    let mut c = console(Pane::Mappings).await;
    c.press("enter 'TPS48 enter s").await;
    assert!(
        c.text().contains("1 put aside, not applied"),
        "{}",
        c.text()
    );
    c.press("down enter 'TPN24 enter s a").await;
    assert!(
        c.text().contains("2 changes of lw-pvx put aside"),
        "{}",
        c.text()
    );
    assert!(c.backend.done().is_empty(), "nothing is changed yet");
    c.press("enter").await;
    assert!(c.text().contains("a reason is needed"), "{}", c.text());
    // Leaving them aside keeps them; quitting asks.
    c.press("esc q").await;
    assert!(
        c.text().contains("2 mapping changes are put aside"),
        "{}",
        c.text()
    );
    c.press("esc a 'peak enter").await;
    let acts = c.backend.done();
    assert!(
        matches!(acts.as_slice(), [Act::ApplyMappings { edits, expected: Some(17), reason, .. }]
            if edits.len() == 2 && reason == "peak"),
        "{acts:?}"
    );
    assert!(!c.text().contains("put aside"), "{}", c.text());
}

#[tokio::test]
async fn words_are_looked_for_on_a_page_in_all_its_tabs_and_esc_stays_where_they_are() {
    let mut c = console(Pane::Orders).await;
    c.press("enter").await;
    c.press("/").await;
    assert!(c.text().contains("Words of this page"), "{}", c.text());
    c.press("'zebra").await;
    assert!(c.text().contains("No line of this page has it."));
    c.press("esc / 'MUG").await;
    let first = c.text();
    assert!(first.contains("Line 1 of "), "{first}");
    c.press("enter").await;
    assert!(c.text().contains("Line 2 of "), "{}", c.text());
    c.press("up").await;
    assert!(c.text().contains("Line 1 of "), "{}", c.text());
    c.press("up").await;
    assert!(
        !c.text().contains("Line 1 of "),
        "round to the last: {}",
        c.text()
    );
    c.press("esc").await;
    assert!(!c.text().contains("Enter next"), "{}", c.text());
    c.press("/ enter").await;
    assert!(
        c.text().contains("Line 1 of "),
        "again, and round: {}",
        c.text()
    );
}

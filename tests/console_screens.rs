//! Every screen as text: panes, pages and layers over typical, empty, loading, failing, huge and hostile stores.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/console/mod.rs"]
mod support;

use support::{Desk, Scene};
use tallyman::console::app::nav::Pane;

fn shot(name: &str, desk: &mut Desk, sizes: &[(u16, u16)]) {
    let mut out = String::new();
    for (columns, rows) in sizes {
        desk.resize(*columns, *rows);
        desk.event(tallyman::console::app::event::Event::Tick);
        out.push_str(&format!("== {columns}x{rows}\n{}", desk.text()));
    }
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, out);
    });
}

const SMALL: (u16, u16) = (80, 24);
const MIDDLE: (u16, u16) = (120, 40);
const LARGE: (u16, u16) = (200, 60);

fn panes(scene: Scene, word: &str, sizes: &[(u16, u16)]) {
    for pane in Pane::ALL {
        let mut desk = Desk::new(scene, *pane, SMALL);
        let name = format!("{}_{word}", pane.title().to_lowercase());
        shot(&name, &mut desk, sizes);
    }
}

#[test]
fn panes_of_a_typical_morning() {
    panes(Scene::Typical, "typical", &[SMALL, MIDDLE, LARGE]);
}

#[test]
fn panes_of_an_empty_store() {
    panes(Scene::Empty, "empty", &[SMALL, MIDDLE, LARGE]);
}

#[test]
fn panes_while_the_store_is_read() {
    panes(Scene::Silent, "loading", &[SMALL, MIDDLE, LARGE]);
}

#[test]
fn panes_when_the_store_cannot_be_read() {
    panes(Scene::Failing, "failing", &[SMALL, MIDDLE, LARGE]);
}

#[test]
fn panes_with_a_hundred_thousand_rows() {
    panes(Scene::Many, "many", &[SMALL, MIDDLE, LARGE]);
}

#[test]
fn panes_with_hostile_and_wide_text() {
    panes(Scene::Hostile, "hostile", &[SMALL, MIDDLE, LARGE]);
}

fn page(name: &str, pane: Pane, keys: &str) {
    let mut desk = Desk::new(Scene::Typical, pane, SMALL);
    desk.press(keys);
    shot(name, &mut desk, &[SMALL, MIDDLE]);
}

#[test]
fn pages_of_an_exception() {
    page("page_exception_overview", Pane::Exceptions, "enter");
    page("page_exception_evidence", Pane::Exceptions, "enter tab");
    page(
        "page_exception_members",
        Pane::Exceptions,
        "enter tab tab down",
    );
    page(
        "page_exception_timeline",
        Pane::Exceptions,
        "enter tab tab tab",
    );
    page(
        "page_exception_attempts",
        Pane::Exceptions,
        "enter tab tab tab tab",
    );
    page(
        "page_exception_runbook",
        Pane::Exceptions,
        "enter shift-tab",
    );
}

#[test]
fn pages_of_an_order() {
    page("page_order_evidence", Pane::Orders, "enter");
    page("page_order_lines", Pane::Orders, "enter tab");
    page("page_order_deliveries", Pane::Orders, "enter tab tab");
    page("page_order_timeline", Pane::Orders, "enter shift-tab");
}

#[test]
fn pages_of_the_rest() {
    page("page_delivery", Pane::Orders, "enter tab tab enter");
    page(
        "page_delivery_attempts",
        Pane::Orders,
        "enter tab tab enter tab",
    );
    page("page_call", Pane::Orders, "enter tab tab enter tab enter");
    page(
        "page_call_compared",
        Pane::Orders,
        "enter tab tab enter tab enter d",
    );
    page("page_item", Pane::Stock, "enter");
    page("page_item_days", Pane::Stock, "enter tab");
    page("page_item_history", Pane::Stock, "enter tab tab");
    page("page_flow", Pane::Live, "down enter");
    page("page_flow_policy", Pane::Live, "down enter shift-tab");
    page("page_versions", Pane::Mappings, "v down down down");
    page("page_journal_line", Pane::Audit, "enter");
}

/// The lanes part of the Stock pane, over a scene.
fn lanes(scene: Scene, word: &str, sizes: &[(u16, u16)]) {
    let mut desk = Desk::new(scene, Pane::Stock, SMALL);
    desk.press("tab");
    shot(&format!("lanes_{word}"), &mut desk, sizes);
}

#[test]
fn lanes_of_stock_movements() {
    lanes(Scene::Typical, "typical", &[SMALL, MIDDLE, LARGE]);
    lanes(Scene::Empty, "empty", &[SMALL, MIDDLE, LARGE]);
    lanes(Scene::Silent, "loading", &[SMALL, MIDDLE, LARGE]);
    lanes(Scene::Failing, "failing", &[SMALL, MIDDLE, LARGE]);
    lanes(Scene::Many, "many", &[SMALL, MIDDLE, LARGE]);
    lanes(Scene::Hostile, "hostile", &[SMALL, MIDDLE, LARGE]);
}

#[test]
fn pages_of_a_lane() {
    page("page_lane", Pane::Stock, "tab enter");
    page("page_lane_behind", Pane::Stock, "tab enter tab");
    page("page_lane_orders", Pane::Stock, "tab enter tab tab");
    page("page_lane_settled", Pane::Stock, "tab enter shift-tab");
    page("page_lane_unmapped", Pane::Stock, "tab down enter");
    page("page_lane_in_doubt", Pane::Stock, "tab down down enter");
    page("page_lane_owed", Pane::Stock, "tab G enter");
    page("page_lane_exception", Pane::Stock, "tab enter G enter");
    page(
        "page_lane_item",
        Pane::Stock,
        "tab G enter down down down down down enter",
    );
    page("layer_lane_retry", Pane::Stock, "tab t");
    page("layer_lane_skip", Pane::Stock, "tab x");
    page(
        "layer_lane_count",
        Pane::Stock,
        "tab b 'many tab 'twice ctrl-s",
    );
    page("layer_lane_map", Pane::Stock, "tab down m");
    page("layer_lane_filter", Pane::Stock, "tab / 'state:");
    page("layer_stock_correct", Pane::Stock, "tab enter C");
    page("toast_lane_refused", Pane::Stock, "tab down down x");
}

#[test]
fn pages_of_a_check() {
    page("page_check", Pane::Checks, "down down down down enter");
    page("page_check_signed", Pane::Checks, "down enter tab");
    page("page_hand_over", Pane::Checks, "enter");
    page("pane_checks_week", Pane::Checks, "tab");
    page("pane_checks_month", Pane::Checks, "tab tab");
    page("pane_checks_team", Pane::Checks, "t t");
    page("layer_form_sign", Pane::Checks, "down s");
    page("layer_form_hand_over", Pane::Checks, "n");
}

#[test]
fn pages_of_a_return() {
    page("page_return_overview", Pane::Returns, "down down enter");
    page("page_return_lines", Pane::Returns, "down down enter tab");
    page(
        "page_return_decisions",
        Pane::Returns,
        "down down enter tab tab",
    );
    page(
        "page_return_exceptions",
        Pane::Returns,
        "down enter shift-tab shift-tab",
    );
    page("page_return_timeline", Pane::Returns, "enter shift-tab");
    page(
        "page_exception_return",
        Pane::Returns,
        "down enter shift-tab shift-tab enter",
    );
    page(
        "page_order_returns",
        Pane::Orders,
        "down down down down enter tab tab tab tab",
    );
}

#[test]
fn layers_of_a_return() {
    page("layer_confirm_grant", Pane::Returns, "G A");
    page("layer_form_outcome", Pane::Returns, "down i");
    page("layer_form_approve", Pane::Returns, "down down p");
    page("layer_form_override", Pane::Returns, "down down O");
    page("layer_form_accept", Pane::Returns, "down down down down t");
    page("layer_form_extend", Pane::Returns, "L");
    page("layer_form_end", Pane::Returns, "x");
    page("layer_form_expect", Pane::Orders, "down down down e");
}

#[test]
fn what_is_done_about_one_order() {
    page("layer_form_edit", Pane::Orders, "enter a");
    page("layer_form_export", Pane::Orders, "P");
}

#[test]
fn decisions_about_one_order() {
    let unroutable = "down down down down down enter shift-tab shift-tab enter";
    page("page_exception_site", Pane::Orders, unroutable);
    page(
        "layer_form_site",
        Pane::Orders,
        &format!("{unroutable} tab down R"),
    );
    let refunded = "down down down down enter shift-tab shift-tab enter";
    page("page_exception_refund", Pane::Orders, refunded);
    page("layer_form_refund", Pane::Orders, &format!("{refunded} E"));
}

#[test]
fn layers() {
    page("layer_mapping_editor", Pane::Exceptions, "m 'trk48");
    page("layer_mapping_preview", Pane::Exceptions, "m 'TPS48 enter");
    page("layer_mapping_new", Pane::Mappings, "n");
    page("layer_staged", Pane::Mappings, "enter 'TPS48 enter s a");
    page("layer_confirm_retry", Pane::Exceptions, "down down r");
    page("layer_confirm_push", Pane::Stock, "p");
    page("layer_buffer", Pane::Stock, "b");
    page("layer_mapping_with", Pane::Mappings, "enter tab");
    page("layer_form_note", Pane::Exceptions, "n 'seen enter 'asked");
    page("layer_form_assign", Pane::Exceptions, "e");
    page("layer_form_snooze", Pane::Exceptions, "z");
    page("layer_form_dismiss", Pane::Exceptions, "down down down d");
    page("layer_form_classify", Pane::Exceptions, "down down N");
    page("layer_help", Pane::Exceptions, "?");
    page("layer_help_search", Pane::Exceptions, "? 'snoo");
    page("layer_find", Pane::Orders, "enter / 'mug");
    page("layer_find_nothing", Pane::Orders, "enter / 'zebra");
    page("layer_handbook", Pane::Exceptions, "9");
    page("layer_handbook_search", Pane::Exceptions, "9 'untracked");
    page("handbook_chapter", Pane::Exceptions, "9 'tracked=no enter");
    page("handbook_keys", Pane::Orders, "9 'keys enter");
    page("layer_palette", Pane::Exceptions, ":");
    page(
        "layer_palette_search",
        Pane::Exceptions,
        ": 'orders space 'blocked",
    );
    page("layer_palette_number", Pane::Exceptions, ": '10010");
    page("layer_filter", Pane::Exceptions, "/ 'team:ware");
    page("layer_filter_mistake", Pane::Exceptions, "/ 'severity:9");
    page("page_slow", Pane::Live, "!");
    page("page_late_changes", Pane::Live, "0");
    page(
        "layer_form_floor",
        Pane::Exceptions,
        "down down down down v",
    );
    page("page_bulks", Pane::Live, "J");
    page("page_bulk", Pane::Live, "J enter");
    let mut many = Desk::new(Scene::Many, Pane::Exceptions, SMALL);
    many.press("space pagedown B pagedown pagedown B r");
    shot("layer_bulk", &mut many, &[SMALL, MIDDLE]);
    page("layer_undo", Pane::Exceptions, "u");
    page("layer_views", Pane::Exceptions, "V");
    page(
        "layer_view_save",
        Pane::Exceptions,
        "/ 'mug enter tab K 'Mugs",
    );
    page("layer_view_remove", Pane::Exceptions, "V enter D");
    page(
        "layer_columns",
        Pane::Orders,
        "T down down space ] down enter",
    );
    page(
        "pane_columns_chosen",
        Pane::Orders,
        "T down down space G space [ [ [ [ [ [ [ [ [ [ [ [ [ [ [ [ esc",
    );
    page("layer_export", Pane::Orders, "X a");
    page("layer_export_page", Pane::Orders, "enter X c");
    page("pane_marked", Pane::Exceptions, "space B down down");
    page("layer_filter_view", Pane::Exceptions, "/ 'view:mu");
    page("pane_by_a_view", Pane::Exceptions, "V down enter");
    page("pane_frozen", Pane::Exceptions, "F");
    page("layer_messages", Pane::Exceptions, "a n esc M");
    page(
        "toast_refused",
        Pane::Exceptions,
        "down a down down down down down down down down down down m",
    );
}

#[test]
fn a_screen_too_small_still_says_whether_anything_is_anybodys() {
    let mut desk = Desk::new(Scene::Typical, Pane::Exceptions, (40, 10));
    let text = desk.text();
    assert_eq!(text.trim(), "12 open, 2 mine; needs 60x16");
    desk.resize(60, 16);
    assert!(desk.text().contains("Tracked 48 XL"), "{}", desk.text());
}

#[test]
fn decisions_about_returns_keep_their_fields_in_sight_on_a_small_screen() {
    let places = [
        ("G A", "[ Allow ]"),
        ("down i", "[ Put on record ]"),
        ("down down p", "[ Approve ]"),
        ("down down O", "[ Pass the gate ]"),
        ("down down down down t", "[ Accept ]"),
        ("L", "[ Wait ]"),
        ("x", "[ End it ]"),
    ];
    for (keys, button) in places {
        let mut desk = Desk::new(Scene::Hostile, Pane::Returns, SMALL);
        desk.press(keys);
        assert!(desk.text().contains(button), "{}", desk.text());
    }
}

#[test]
fn a_read_only_session_says_so_on_every_width() {
    for size in [SMALL, (100, 30), LARGE] {
        let desk = Desk::with(Scene::Typical, Pane::Orders, size, |o| {
            o.is_read_only = true
        });
        let text = desk.text();
        let head: Vec<&str> = text.lines().take(2).collect();
        assert!(head.join(" ").contains("read-only"), "{head:?}");
    }
}

#[test]
fn ascii_screens_hold_no_other_character() {
    for pane in Pane::ALL {
        let desk = Desk::with(Scene::Typical, *pane, MIDDLE, |o| o.is_ascii = true);
        let text = desk.text();
        let odd: Vec<char> = text.chars().filter(|c| !c.is_ascii()).collect();
        assert!(odd.is_empty(), "{odd:?} in\n{text}");
    }
}

#[test]
fn hostile_text_never_reaches_a_cell() {
    for pane in Pane::ALL {
        let mut desk = Desk::new(Scene::Hostile, *pane, LARGE);
        for keys in ["", "enter", "tab", "tab", "tab"] {
            desk.press(keys);
            let buffer = tallyman::console::picture(&desk.app, LARGE.0, LARGE.1);
            for cell in buffer.content() {
                let bad = cell.symbol().chars().any(|c| {
                    c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || c == '\u{fe0f}'
                });
                assert!(!bad, "{:?}", cell.symbol());
            }
        }
    }
}

//! How many bytes the terminal gets: the budgets of a slow link.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/console/mod.rs"]
mod support;

use support::{Desk, Scene};
use tallyman::console::app::nav::Pane;
use tallyman::console::picture;
use tallyman::console::term::Screen;
use tallyman::console::term::frame::FrameWriter;
use tallyman::console::theme::ThemeName;
use tallyman::domain::time::Span;

const SIZE: (u16, u16) = (120, 40);
/// Budgets at 120x40.
const CURSOR_BYTES_MAX: usize = 400;
const PAGE_BYTES_MAX: usize = 2_500;
const SCROLL_BYTES_MAX: usize = 500;

struct Link {
    desk: Desk,
    writer: FrameWriter<Vec<u8>>,
}

impl Link {
    fn new(scene: Scene, pane: Pane) -> Self {
        let mut link = Self {
            desk: Desk::new(scene, pane, SIZE),
            writer: FrameWriter::new(Vec::new()),
        };
        // Away from the full minute, so that no age changes while keys are pressed.
        link.desk.now = link.desk.now + Span::secs(5);
        link.press("down");
        link.press("up");
        link
    }

    fn frame(&mut self) -> usize {
        self.writer
            .paint(&picture(&self.desk.app, SIZE.0, SIZE.1))
            .unwrap()
    }

    fn press(&mut self, keys: &str) -> usize {
        self.desk.press(keys);
        self.frame()
    }
}

#[test]
fn a_cursor_move_stays_within_its_budget_in_every_pane() {
    for pane in Pane::ALL {
        let mut link = Link::new(Scene::Many, *pane);
        for step in 0..8 {
            let bytes = link.press("down");
            assert!(
                bytes <= CURSOR_BYTES_MAX,
                "{pane:?} step {step}: {bytes} bytes"
            );
        }
    }
}

#[test]
fn a_list_that_scrolls_under_the_cursor_costs_its_new_line_and_the_move() {
    for pane in [
        Pane::Exceptions,
        Pane::Orders,
        Pane::Stock,
        Pane::Returns,
        Pane::Audit,
    ] {
        let mut link = Link::new(Scene::Many, pane);
        for _ in 0..40 {
            link.press("down");
        }
        for step in 0..4 {
            let bytes = link.press("down");
            assert!(
                bytes <= SCROLL_BYTES_MAX,
                "{pane:?} step {step}: {bytes} bytes"
            );
        }
    }
}

#[test]
fn a_page_stays_within_its_budget() {
    for pane in [
        Pane::Exceptions,
        Pane::Orders,
        Pane::Stock,
        Pane::Returns,
        Pane::Audit,
    ] {
        let mut link = Link::new(Scene::Many, pane);
        link.press("pagedown");
        for step in 0..5 {
            let bytes = link.press("pagedown");
            assert!(
                bytes <= PAGE_BYTES_MAX,
                "{pane:?} step {step}: {bytes} bytes"
            );
        }
    }
}

#[test]
fn a_page_of_rows_that_have_nothing_in_common_stays_below_twice_the_budget() {
    let mut link = Link::new(Scene::Typical, Pane::Audit);
    let bytes = link.press("2");
    assert!(bytes <= 2 * PAGE_BYTES_MAX, "{bytes} bytes");
}

#[test]
fn an_unchanged_screen_costs_nothing_even_when_a_minute_passes_without_a_changed_age() {
    let mut link = Link::new(Scene::Typical, Pane::Live);
    let writes = link.writer.writes;
    link.desk.event(tallyman::console::app::event::Event::Tick);
    assert_eq!(link.frame(), 0);
    link.desk
        .event(tallyman::console::app::event::Event::StoreChanged);
    assert_eq!(link.frame(), 0);
    assert_eq!(link.writer.writes, writes);
}

#[test]
fn every_frame_is_one_write() {
    let mut link = Link::new(Scene::Typical, Pane::Live);
    let before = link.writer.writes;
    link.press("2");
    assert_eq!(link.writer.writes, before + 1);
}

#[test]
fn without_colour_no_colour_is_sent_and_the_selected_row_is_reversed() {
    let desk = Desk::with(Scene::Typical, Pane::Exceptions, SIZE, |o| {
        o.theme = ThemeName::Mono;
    });
    let mut writer = FrameWriter::new(Vec::new());
    writer.paint(&picture(&desk.app, SIZE.0, SIZE.1)).unwrap();
    let text = String::from_utf8(writer.out().clone()).unwrap();
    for colour in ["[38;5", "[48;5", "[31m", "[32m", "[33m"] {
        assert!(!text.contains(colour), "{colour}");
    }
    let row = text.find("Tracked 48 XL").unwrap();
    let before = &text[..row];
    let reverse = before.rfind("\u{1b}[7m").unwrap();
    assert!(!before[reverse..].contains("\u{1b}[0m") && !before[reverse..].contains("\u{1b}[27m"));
}

#[test]
fn hostile_text_sends_no_escape_sequence_of_its_own() {
    for pane in Pane::ALL {
        let link = Link::new(Scene::Hostile, *pane);
        let text = String::from_utf8(link.writer.out().clone()).unwrap();
        assert!(!text.contains("\u{1b}]52"), "{pane:?}");
        assert!(
            !text.contains('\u{202e}') && !text.contains('\u{9b}'),
            "{pane:?}"
        );
        // Ours is the only clearing of the screen: the first frame.
        assert_eq!(text.matches("\u{1b}[2J").count(), 1, "{pane:?}");
    }
}

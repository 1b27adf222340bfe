//! The picture in the README is the program's own screen: made from generated rows, compared with what is drawn now.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/console/mod.rs"]
mod support;

use std::path::Path;
use support::{Desk, Scene};
use tallyman::console::app::nav::Pane;

const COLUMNS: u16 = 118;
const ROWS: u16 = 30;

#[test]
fn the_picture_shows_the_screen_as_it_is_drawn_now() {
    let desk = Desk::new(Scene::Typical, Pane::Exceptions, (COLUMNS, ROWS));
    let drawn = tallyman::console::svg(&tallyman::console::picture(&desk.app, COLUMNS, ROWS));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/console.svg");
    if std::env::var_os("UPDATE_PICTURE").is_some() {
        std::fs::write(&file, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == drawn,
        "assets/console.svg is not what the console draws; refresh it with: UPDATE_PICTURE=1 cargo test --test picture"
    );
    // A browser must take it: one root, no control characters, nothing loaded from elsewhere.
    assert!(kept.starts_with("<svg ") && kept.ends_with("</svg>\n"));
    assert!(kept.chars().all(|c| c == '\n' || !c.is_control()));
    assert!(!kept.contains("href") && !kept.contains("<script"));
}

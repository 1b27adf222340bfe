//! The real program in a real (pseudo) terminal: `tallyman demo` and `tallyman console`, as a person meets them.

use crate::pty::Pty;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tallyman");
/// Longest wait for the end of the program.
const LIMIT: Duration = Duration::from_secs(60);
/// Longest wait for the demo's first picture with something in it.
const PAINT_MAX: Duration = Duration::from_secs(30);

/// A folder that is home, configuration and state.
fn place() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn start_in(home: &Path, args: &[&str], more: &[(&str, &str)], columns: u16, rows: u16) -> Pty {
    let folder = home.to_str().unwrap();
    let config = home.join("config");
    let state = home.join("state");
    let mut variables = vec![
        ("HOME", folder),
        ("XDG_CONFIG_HOME", config.to_str().unwrap()),
        ("TALLYMAN_STATE", state.to_str().unwrap()),
        ("RUST_BACKTRACE", "0"),
    ];
    variables.extend_from_slice(more);
    Pty::start(PROGRAM, args, &variables, columns, rows)
}

/// A demo whose first screen is there.
fn demo(home: &Path, columns: u16, rows: u16) -> Pty {
    let pty = start_in(home, &["demo", "--seed", "7"], &[], columns, rows);
    pty.sees("ORDER_CREATE");
    pty
}

fn is_given_back(pty: &Pty) {
    pty.waits_for("the terminal given back", |p| {
        !p.is_alternate() && !p.is_cursor_hidden() && !p.is_paste_bracketed()
    });
}

/// A configuration whose systems nobody answers for, and its empty store.
const CONFIG: &str = r#"
[store]
url = "sqlite:tallyman.db"
[[system]]
id = "pvx"
kind = "peoplevox"
base_url = "http://127.0.0.1:9"
client_id = "acme1234"
username = "robot"
password = { command = ["echo", "p"] }
[[system]]
id = "lw"
kind = "linnworks"
auth_url = "http://127.0.0.1:9"
application_id = "app"
application_secret = { command = ["echo", "s"] }
token = { command = ["echo", "t"] }
[[pair]]
id = "lw-pvx"
source = "lw"
warehouse = "pvx"
prefix = "LW"
channel = "Linnworks"
"#;

fn place_with_store() -> tempfile::TempDir {
    let home = place();
    let folder = home.path().join("config/tallyman");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("tallyman.toml"), CONFIG).unwrap();
    let output = Command::new(PROGRAM)
        .args(["store", "migrate"])
        .current_dir(home.path())
        .env("HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path().join("config"))
        .env("TALLYMAN_STATE", home.path().join("state"))
        .env_remove("TALLYMAN_CONFIG")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    home
}

/// A console on an empty store, without the engine.
fn quiet_console(home: &Path, more: &[(&str, &str)]) -> Pty {
    let pty = start_in(home, &["console", "--no-sync"], more, 100, 30);
    pty.sees("Live");
    pty.sees("? Help");
    pty
}

/// Goes to a pane and waits for its title, which stands in the third line.
fn goes_to(pty: &mut Pty, key: &str, title: &str) {
    pty.send(key);
    pty.waits_for(title, |p| {
        p.screen()
            .lines()
            .nth(2)
            .is_some_and(|line| line.trim_start().starts_with(title))
    });
}

#[test]
fn the_demo_paints_soon_and_every_pane_opens_by_its_number() {
    let home = place();
    let begun = Instant::now();
    let mut pty = demo(home.path(), 80, 24);
    assert!(begun.elapsed() < PAINT_MAX, "{:?}", begun.elapsed());
    for (key, title) in [
        ("2", "Exceptions"),
        ("3", "Orders"),
        ("4", "Mappings"),
        ("5", "Stock"),
        ("8", "Audit"),
        ("1", "Live"),
    ] {
        goes_to(&mut pty, key, title);
    }
    pty.send("?");
    pty.sees("Help: type to search");
    pty.send("\u{1b}");
    pty.waits_for("the help closed", |p| !p.screen().contains("Help: type"));
    pty.send("q");
    assert_eq!(pty.exit_code(LIMIT), 0);
    is_given_back(&pty);
}

#[test]
fn a_large_demo_survives_a_storm_of_resizes_and_gives_the_terminal_back_when_terminated() {
    let home = place();
    let begun = Instant::now();
    let mut pty = demo(home.path(), 200, 50);
    assert!(begun.elapsed() < PAINT_MAX, "{:?}", begun.elapsed());
    for n in 0..40u16 {
        pty.resize(30 + 5 * (n % 35), 8 + n % 45);
        std::thread::sleep(Duration::from_millis(3));
    }
    pty.resize(120, 40);
    pty.sees("ORDER_CREATE");
    // A key in the very instant of a resize is read with the next key (the terminal library's own reader).
    std::thread::sleep(Duration::from_millis(500));
    goes_to(&mut pty, "3", "Orders");
    pty.sees("in warehouse");
    pty.signal("TERM");
    assert_eq!(pty.exit_code(LIMIT), 143);
    is_given_back(&pty);
}

#[test]
fn interrupt_and_hang_up_end_the_demo_with_the_terminal_given_back() {
    let home = place();
    for (name, code) in [("INT", 130), ("HUP", 129)] {
        let mut pty = demo(home.path(), 100, 30);
        pty.signal(name);
        assert_eq!(pty.exit_code(LIMIT), code, "{name}");
        is_given_back(&pty);
    }
}

#[test]
fn a_demo_whose_terminal_was_closed_is_gone_within_twenty_seconds() {
    let home = place();
    let mut pty = demo(home.path(), 100, 30);
    pty.vanish("\u{c}");
    pty.exit_code(LIMIT);
}

#[test]
fn without_a_verb_the_console_opens_even_when_no_system_answers() {
    let home = place_with_store();
    let mut pty = start_in(home.path(), &[], &[], 100, 30);
    pty.sees("ORDER_PULL");
    pty.sees("failing");
    pty.send("q");
    assert_eq!(pty.exit_code(LIMIT), 0);
    is_given_back(&pty);
}

#[test]
fn an_idle_console_sends_nothing_and_no_color_is_respected() {
    let home = place_with_store();
    let mut pty = quiet_console(home.path(), &[("NO_COLOR", "1")]);
    pty.settles(Duration::from_secs(3));
    let before = pty.bytes();
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(pty.bytes(), before, "an idle console sends nothing");
    let raw = pty.raw();
    for colour in ["[36m", "[30;46m", "[90m", "[38;5", "[38;2"] {
        assert!(!raw.contains(colour), "{colour}");
    }
    pty.send("q");
    assert_eq!(pty.exit_code(LIMIT), 0);
    is_given_back(&pty);
}

#[test]
fn keys_of_ones_own_are_taken_and_a_mistake_in_them_is_told_with_its_line() {
    let home = place_with_store();
    let file = home.path().join("config/tallyman/keymap.toml");
    std::fs::write(&file, "[global]\ngo_orders = [\"O\"]\n").unwrap();
    let mut pty = quiet_console(home.path(), &[]);
    goes_to(&mut pty, "O", "Orders");
    pty.send("q");
    assert_eq!(pty.exit_code(LIMIT), 0);

    std::fs::write(&file, "[global]\ngo_orders = [\"hyper-o\"]\n").unwrap();
    let mut pty = start_in(home.path(), &["console", "--no-sync"], &[], 160, 30);
    pty.sees("keymap.toml, line 2");
    goes_to(&mut pty, "3", "Orders");
    pty.send("q");
    assert_eq!(pty.exit_code(LIMIT), 0);
}

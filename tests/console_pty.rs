//! The console in a real (pseudo) terminal. The program under test is this test program itself, started again with a
//! variable that makes [`the_console_itself`] run the console over generated rows.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/pty.rs"]
mod pty;
#[path = "support/console/mod.rs"]
mod support;

use futures::future::BoxFuture;
use pty::Pty;
use std::sync::Arc;
use std::time::Duration;
use support::{FakeBackend, Scene};
use tallyman::console::app::ask::{Act, Answer, Done, Question, Trouble};
use tallyman::console::app::event::{SyncState, SyncStatus};
use tallyman::console::app::export::ExportJob;
use tallyman::console::app::nav::Pane;
use tallyman::console::run::backend::Backend;
use tallyman::console::run::export::Progress;
use tallyman::console::term::session::Session;
use tallyman::console::{ConsoleOptions, run};

const CHILD: &str = "TALLYMAN_TEST_CONSOLE";
const LIMIT: Duration = Duration::from_secs(60);

/// A backend whose journal question is a programming mistake.
struct Mistaken(Arc<FakeBackend>);

impl Backend for Mistaken {
    fn ask(&self, question: Question) -> BoxFuture<'_, Result<Answer, Trouble>> {
        if matches!(question, Question::Journal(_)) {
            return Box::pin(async { panic!("a mistake in a worker") });
        }
        self.0.ask(question)
    }

    fn act(&self, act: Act) -> BoxFuture<'_, Result<Done, Trouble>> {
        self.0.act(act)
    }

    fn export(&self, job: ExportJob, told: Progress) -> BoxFuture<'_, Result<String, Trouble>> {
        self.0.export(job, told)
    }

    fn changed(&self) -> BoxFuture<'_, ()> {
        self.0.changed()
    }
}

/// Without the variable there is nothing to do; with it this is the program that the other tests start.
#[test]
fn the_console_itself() {
    let Ok(mode) = std::env::var(CHILD) else {
        return;
    };
    if mode == "panic" {
        let _session = Session::enter().unwrap();
        panic!("a mistake in the loop");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let (_sender, sync) = tokio::sync::watch::channel(SyncStatus {
        state: SyncState::Here,
        note: String::new(),
    });
    let options = ConsoleOptions {
        operator: "pat".to_owned(),
        pane: Pane::Live,
        ..ConsoleOptions::default()
    };
    let backend: Arc<dyn Backend> = Arc::new(Mistaken(FakeBackend::new(Scene::Typical)));
    let exit = runtime.block_on(run(options, backend, sync)).unwrap();
    std::process::exit(exit.code());
}

fn start_as(mode: &str, columns: u16, rows: u16, variables: &[(&str, &str)]) -> Pty {
    let program = std::env::current_exe().unwrap();
    let mut all = vec![(CHILD, mode), ("RUST_BACKTRACE", "0")];
    all.extend_from_slice(variables);
    Pty::start(
        program.to_str().unwrap(),
        &["--exact", "the_console_itself", "--nocapture"],
        &all,
        columns,
        rows,
    )
}

fn start() -> Pty {
    let pty = start_as("run", 100, 30, &[]);
    pty.sees("ORDER_CREATE");
    pty
}

fn is_given_back(pty: &Pty) {
    pty.waits_for("the terminal given back", |p| {
        !p.is_alternate() && !p.is_cursor_hidden() && !p.is_paste_bracketed()
    });
}

#[test]
fn it_paints_goes_where_it_is_told_and_quits_with_the_terminal_given_back() {
    let mut pty = start();
    assert!(pty.is_alternate() && pty.is_cursor_hidden() && pty.is_paste_bracketed());
    pty.send("2");
    pty.sees("Tracked 48 XL");
    pty.send("m");
    pty.sees("Map CARRIER of lw-pvx");
    pty.send("dhl\r");
    pty.sees("38 orders released");
    pty.send("\u{1b}");
    pty.sees("Up and Down choose");
    pty.send("\u{1b}");
    pty.waits_for("the editor closed", |p| !p.screen().contains("Map CARRIER"));
    pty.send("q");
    assert_eq!(pty.exit_code(LIMIT), 0);
    is_given_back(&pty);
}

#[test]
fn every_signal_gives_the_terminal_back_with_its_exit_code() {
    for (name, code) in [("TERM", 143), ("INT", 130), ("QUIT", 131), ("HUP", 129)] {
        let mut pty = start();
        pty.signal(name);
        assert_eq!(pty.exit_code(LIMIT), code, "{name}");
        is_given_back(&pty);
    }
}

#[test]
fn a_panic_of_the_loop_gives_the_terminal_back_and_is_printed() {
    let mut pty = start_as("panic", 100, 30, &[]);
    assert_ne!(pty.exit_code(LIMIT), 0);
    is_given_back(&pty);
    pty.sees("a mistake in the loop");
}

#[test]
fn a_panic_of_a_worker_is_a_failure_in_its_pane_and_the_console_lives_on() {
    let mut pty = start();
    pty.send("8");
    pty.sees("The list could not be read: the program made a mistake");
    assert!(pty.is_alternate());
    assert!(
        !pty.screen().contains("panicked"),
        "nothing is printed over the screen"
    );
    pty.send("2");
    pty.sees("Tracked 48 XL");
    pty.send("q");
    assert_eq!(pty.exit_code(LIMIT), 0);
}

#[test]
fn a_vanished_terminal_ends_the_program() {
    let mut pty = start();
    pty.vanish("\u{c}");
    pty.exit_code(LIMIT);
}

#[test]
fn an_idle_console_sends_nothing() {
    let mut pty = start();
    pty.settles(Duration::from_millis(300));
    let before = pty.bytes();
    std::thread::sleep(Duration::from_millis(1_500));
    // A full minute may fall into the wait: then ages may change, once.
    assert!(pty.bytes() - before < 600, "{} bytes", pty.bytes() - before);
    pty.send("\u{3}");
    assert_eq!(pty.exit_code(LIMIT), 0);
}

#[test]
fn a_storm_of_resizes_ends_in_a_whole_picture() {
    let mut pty = start();
    for n in 0..40u16 {
        pty.resize(30 + 5 * (n % 30), 8 + n % 40);
        std::thread::sleep(Duration::from_millis(3));
    }
    pty.resize(100, 30);
    pty.sees("ORDER_CREATE");
    pty.sees("? Help");
    pty.send("q");
    assert_eq!(pty.exit_code(LIMIT), 0);
}

#[test]
fn ctrl_z_stops_and_continuing_paints_again() {
    let mut pty = start();
    pty.send("\u{1a}");
    pty.waits_for("stopped", Pty::is_stopped);
    pty.waits_for("the shell's own screen", |p| !p.is_alternate());
    pty.signal("CONT");
    pty.waits_for("the picture again", |p| {
        p.is_alternate() && p.screen().contains("ORDER_CREATE")
    });
    pty.send("q");
    assert_eq!(pty.exit_code(LIMIT), 0);
}

#[test]
fn esc_and_a_key_in_one_packet_are_esc_and_the_key() {
    let mut pty = start();
    pty.send("2");
    pty.sees("Tracked 48 XL");
    pty.send("\r");
    pty.sees("Members 38");
    pty.send("\u{1b}3");
    pty.sees("not moving because");
    pty.send("2");
    pty.sees("12 rows");
    pty.send("q");
    assert_eq!(pty.exit_code(LIMIT), 0);
}

#[test]
fn pasted_line_ends_and_commands_do_nothing() {
    let mut pty = start();
    pty.send("5");
    pty.sees("MUG-RED");
    pty.send("\u{1b}[200~p\ry\rq\r\u{1b}[201~");
    pty.sees("pasted text was ignored");
    assert!(pty.is_alternate());
    pty.send("q");
    assert_eq!(pty.exit_code(LIMIT), 0);
}

#[test]
fn nothing_is_asked_of_the_terminal() {
    let mut pty = start();
    pty.send("2\u{c}q");
    assert_eq!(pty.exit_code(LIMIT), 0);
    let raw = pty.raw();
    for question in [
        "\u{1b}[6n",
        "\u{1b}[c",
        "\u{1b}[>c",
        "\u{1b}]11;?",
        "\u{1b}[?u",
    ] {
        assert!(!raw.contains(question), "{question:?}");
    }
}

#[test]
fn no_color_shows_the_selected_row_reversed() {
    let mut pty = start_as("run", 100, 30, &[("NO_COLOR", "1")]);
    pty.sees("ORDER_CREATE");
    let raw = pty.raw();
    for colour in ["[36m", "[30;46m", "[90m", "[38;5"] {
        assert!(!raw.contains(colour), "{colour}");
    }
    assert!(
        raw.contains("\u{1b}[7m") || raw.contains("\u{1b}[0;7m"),
        "the row under the cursor is reversed"
    );
    pty.send("q");
    assert_eq!(pty.exit_code(LIMIT), 0);
}

//! Entering the terminal and giving it back: at the end, on an error, in a panic of the loop's thread, on a signal.

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::execute;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use std::io::{self, IsTerminal};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ThreadId;
use std::time::Duration;

/// Whether the terminal is ours now; one terminal per process.
static IS_ENTERED: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// How long late answers and keys are thrown away before the shell gets the terminal back.
const DRAIN_FOR: Duration = Duration::from_millis(5);
/// Events thrown away at most.
const DRAIN_EVENTS_MAX: usize = 1_000;

/// The terminal while it is ours; given back when dropped.
pub struct Session {
    _private: (),
}

impl Session {
    /// Takes the terminal: raw mode, alternate screen, bracketed paste, no cursor.
    ///
    /// # Errors
    /// Standard input or output is not a terminal, or it refused.
    pub fn enter() -> io::Result<Self> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(io::Error::other(
                "the console needs a terminal; for scripts use the list commands with --format json",
            ));
        }
        install_hook(std::thread::current().id());
        // A theme without colours holds none; this keeps the library from turning styles into resets besides.
        crossterm::style::force_color_output(true);
        take()?;
        Ok(Self { _private: () })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        leave();
    }
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    IS_ENTERED.store(true, Ordering::SeqCst);
    let result = execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        Hide
    );
    if result.is_err() {
        leave();
    }
    result
}

/// Gives the terminal back, once; harmless when it is not ours. When the terminal is gone nothing is written.
pub fn leave() {
    if !IS_ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    if !is_there() {
        return;
    }
    drain();
    // Raw mode first: whatever fails later, the shell can be typed in. Failures have nowhere to be told.
    let raw = disable_raw_mode();
    let modes = execute!(
        io::stdout(),
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    );
    if let Err(error) = raw.and(modes) {
        tracing::warn!(%error, "the terminal could not be given back in full");
    }
}

/// Late keys and answers would land in the shell.
fn drain() {
    for _ in 0..DRAIN_EVENTS_MAX {
        match crossterm::event::poll(DRAIN_FOR) {
            Ok(true) => {
                if crossterm::event::read().is_err() {
                    return;
                }
            }
            Ok(false) | Err(_) => return,
        }
    }
}

/// Whether the terminal still exists. Turns false when its window was closed.
pub fn is_there() -> bool {
    io::stdin().is_terminal()
}

/// How often the guard looks whether the terminal still exists.
const GUARD_EVERY: Duration = Duration::from_secs(1);
/// What the loop is given to end by itself once the terminal is gone.
const GUARD_GRACE: Duration = Duration::from_secs(5);

/// Ends this process with `code` when the terminal has been gone for a while and nobody else has ended it. On a thread of
/// its own: the terminal's reader can spin for ever inside the loop's own thread when the window closes between two reads,
/// and then neither a signal nor a timer of the loop is ever looked at.
///
/// # Errors
/// The system gave no thread.
pub fn end_when_gone(code: i32) -> io::Result<()> {
    let guard = move || {
        while is_there() {
            std::thread::sleep(GUARD_EVERY);
        }
        std::thread::sleep(GUARD_GRACE);
        tracing::warn!("the terminal is gone and its reader hangs; the process ends");
        std::process::exit(code);
    };
    std::thread::Builder::new()
        .name("terminal-guard".to_owned())
        .spawn(guard)
        .map(drop)
}

/// Gives the terminal back, stops this process until it is continued, takes the terminal again.
///
/// # Errors
/// Stopping or taking the terminal again failed.
pub fn suspend() -> io::Result<()> {
    leave();
    let stopped = stop_self();
    take()?;
    stopped
}

/// Stops this process as job control does. The uncatchable signal is sent, since the catchable one is handled by us.
fn stop_self() -> io::Result<()> {
    let status = std::process::Command::new("kill")
        .arg("-STOP")
        .arg(std::process::id().to_string())
        .stdin(std::process::Stdio::null())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(
            "the shell's kill command refused to stop this process",
        ))
    }
}

/// A panic anywhere is logged; only one of the loop's own thread gives the terminal back and is printed, since a
/// worker's panic must not print over a living screen (it comes back as a failed question instead).
fn install_hook(ui_thread: ThreadId) {
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            tracing::error!(panic = %info, "panic");
            if !IS_ENTERED.load(Ordering::SeqCst) {
                before(info);
            } else if std::thread::current().id() == ui_thread {
                leave();
                before(info);
            }
        }));
    });
}

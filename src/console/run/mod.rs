//! The loop round the state: input, answers and ticks in, frames and effects out. It never waits for an answer.

mod about;
mod acts;
pub mod backend;
pub mod effects;
pub mod export;
mod lanes;
mod marks;
mod presence;
pub mod signals;
pub mod store;

use super::app::event::{Effect, Event, SyncStatus};
use super::app::key::{Code, Key};
use super::app::keymap::Keymap;
use super::app::nav::Pane;
use super::app::{App, Level, Options};
use super::term::caps::Caps;
use super::term::frame::FrameWriter;
use super::term::input::{self, Input, SCREEN_MAX};
use super::term::session::Session;
use super::term::{Screen, session};
use super::theme::{Theme, ThemeName};
use super::view;
use crate::domain::time::{Span, Ts};
use backend::Backend;
use effects::Runner;
use futures::{Stream, StreamExt};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use signals::Signal;
use std::collections::BTreeSet;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// Events waiting to be taken; a producer waits when it is full, none is lost.
pub const EVENTS_MAX: usize = 256;
/// Inputs taken before a frame is drawn.
const INPUTS_AT_ONCE: usize = 128;
/// How often it is checked that the terminal still exists.
const TERMINAL_CHECK: Duration = Duration::from_secs(10);
/// Moments waited for.
const WAKES_MAX: usize = 64;

/// Where the time comes from.
pub type Clock = Arc<dyn Fn() -> Ts + Send + Sync>;

/// What the console is started with.
#[derive(Debug, Clone)]
pub struct ConsoleOptions {
    /// Who works here.
    pub operator: String,
    pub is_read_only: bool,
    /// Said in the header, for example that everyone is administrator or that no engine runs here.
    pub note: String,
    pub theme: ThemeName,
    /// A user's theme file: name and text.
    pub theme_file: Option<(String, String)>,
    /// A user's keymap file: name and text.
    pub keymap_file: Option<(String, String)>,
    /// Symbols in ASCII whatever the locale says.
    pub is_ascii: bool,
    /// Nothing rings.
    pub is_silent: bool,
    /// What went wrong before the screen opened: told first.
    pub problems: Vec<String>,
    pub pane: Pane,
    /// There is a shell to go back to with Ctrl-Z; a forced command over SSH has none.
    pub is_suspendable: bool,
}

impl Default for ConsoleOptions {
    fn default() -> Self {
        Self {
            operator: "operator".to_owned(),
            is_read_only: false,
            note: String::new(),
            theme: ThemeName::Default,
            theme_file: None,
            keymap_file: None,
            is_ascii: false,
            is_silent: false,
            problems: Vec::new(),
            pane: Pane::Exceptions,
            is_suspendable: true,
        }
    }
}

/// How the console ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The operator left.
    Quit,
    /// A signal asked for it.
    Signal(Signal),
    /// The terminal vanished: nothing may be written any more.
    Gone,
}

impl Exit {
    /// The process's exit code.
    pub const fn code(self) -> i32 {
        match self {
            Self::Quit => 0,
            Self::Signal(signal) => signal.exit_code(),
            Self::Gone => 129,
        }
    }
}

/// What is known of the loop from outside, for tests.
#[derive(Debug, Clone, Default)]
pub struct Probe {
    /// Inputs taken so far.
    pub inputs: u64,
    /// Nothing runs, nothing waits, the picture is up to date.
    pub is_idle: bool,
}

/// Everything the loop needs beside its state.
pub struct Wiring<I> {
    pub input: I,
    pub signals: mpsc::Receiver<Signal>,
    pub backend: Arc<dyn Backend>,
    pub sync: watch::Receiver<SyncStatus>,
    pub clock: Clock,
    pub frame_gap: Duration,
    pub probe: Option<watch::Sender<Probe>>,
}

/// Builds the state the options ask for; mistakes in user files become messages, never a refusal to start.
pub fn build(options: &ConsoleOptions, caps: Caps, now: Ts, size: (u16, u16)) -> App {
    let is_ascii = options.is_ascii || caps.is_ascii;
    let name = if caps.is_mono {
        ThemeName::Mono
    } else {
        options.theme
    };
    let mut theme = Theme::built_in(name, is_ascii);
    let mut problems = options.problems.clone();
    if let Some((file, text)) = &options.theme_file
        && !caps.is_mono
    {
        let mut changed = theme.clone();
        match changed.overlay(file, text) {
            Ok(()) => theme = changed,
            Err(error) => problems.push(error.to_string()),
        }
    }
    let mut keymap = Keymap::built_in();
    if let Some((file, text)) = &options.keymap_file
        && let Err(error) = keymap.overlay(file, text)
    {
        problems.push(error.to_string());
    }
    let app_options = Options {
        operator: crate::text::clean_to(&options.operator, 64),
        is_read_only: options.is_read_only,
        note: crate::text::clean_to(&options.note, 120),
        pane: options.pane,
        is_suspendable: options.is_suspendable,
        is_silent: options.is_silent,
    };
    let mut app = App::new(app_options, theme, keymap, now, size);
    for problem in problems {
        app.say(
            Level::Error,
            &format!("{problem}; the built-in one is used"),
        );
    }
    app
}

/// Runs the console on this process's terminal until it is left.
///
/// # Errors
/// There is no terminal, or it refused bytes. The terminal is given back in every case.
pub async fn run(
    options: ConsoleOptions,
    backend: Arc<dyn Backend>,
    sync: watch::Receiver<SyncStatus>,
) -> color_eyre::Result<Exit> {
    let caps = Caps::from_env();
    let clock: Clock = Arc::new(|| Ts::from_utc(chrono::Utc::now()));
    let session = Session::enter()?;
    session::end_when_gone(Exit::Gone.code())?;
    let size = input::terminal_size();
    let mut app = build(&options, caps, clock(), size);
    let mut screen = FrameWriter::new(io::stdout());
    let wiring = Wiring {
        input: input::terminal_inputs(),
        signals: signals::listen()?,
        backend,
        sync,
        clock,
        frame_gap: caps.frame_gap(),
        probe: None,
    };
    let exit = drive(&mut app, &mut screen, wiring).await;
    if matches!(exit, Ok(Exit::Gone)) {
        // Nothing is restored and nothing written: the reader of a vanished terminal would spin for ever.
        std::process::exit(Exit::Gone.code());
    }
    drop(session);
    Ok(exit?)
}

/// The loop itself, on any screen and any stream of input.
///
/// # Errors
/// The screen refused bytes or the input failed.
pub async fn drive<S, I>(app: &mut App, screen: &mut S, wiring: Wiring<I>) -> io::Result<Exit>
where
    S: Screen,
    I: Stream<Item = io::Result<Input>> + Unpin,
{
    let (sender, inbox) = mpsc::channel(EVENTS_MAX);
    let mut looped = Loop {
        app,
        screen,
        runner: Runner::new(wiring.backend, sender),
        inbox,
        clock: wiring.clock,
        frame_gap: wiring.frame_gap,
        frame_due: None,
        last_frame: None,
        last_key_frame: None,
        is_for_key: false,
        frame: Buffer::empty(Rect::ZERO),
        wakes: BTreeSet::new(),
        probe: wiring.probe,
        inputs: 0,
        exit: None,
    };
    let exit = looped.run(wiring.input, wiring.signals, wiring.sync).await;
    looped.runner.stop().await;
    match exit {
        // What fails on a terminal that is gone fails because it is gone. Its reads and writes fail a moment before it
        // says so itself.
        Err(error) if is_hung_up(&error) || !looped.screen.is_there() => Ok(Exit::Gone),
        exit => exit,
    }
}

/// The error of a terminal whose other end was closed: EIO, on Linux, macOS and the BSDs alike.
fn is_hung_up(error: &io::Error) -> bool {
    const EIO: i32 = 5;
    error.raw_os_error() == Some(EIO)
}

struct Loop<'a, S> {
    app: &'a mut App,
    screen: &'a mut S,
    runner: Runner,
    inbox: mpsc::Receiver<Event>,
    clock: Clock,
    frame_gap: Duration,
    /// When the next frame may be drawn; `None` when nothing changed.
    frame_due: Option<Instant>,
    last_frame: Option<Instant>,
    /// The last one that showed what a key did.
    last_key_frame: Option<Instant>,
    /// The next frame shows what a key did.
    is_for_key: bool,
    frame: Buffer,
    wakes: BTreeSet<Ts>,
    probe: Option<watch::Sender<Probe>>,
    inputs: u64,
    exit: Option<Exit>,
}

impl<S: Screen> Loop<'_, S> {
    async fn run<I>(
        &mut self,
        mut input: I,
        mut signals: mpsc::Receiver<Signal>,
        mut sync: watch::Receiver<SyncStatus>,
    ) -> io::Result<Exit>
    where
        I: Stream<Item = io::Result<Input>> + Unpin,
    {
        self.runner.watch_changes();
        let status = sync.borrow_and_update().clone();
        self.take(Event::Sync(status))?;
        let mut is_sync_known = true;
        let mut check = Instant::now() + TERMINAL_CHECK;
        loop {
            self.paint_when_due()?;
            if let Some(exit) = self.exit {
                return Ok(exit);
            }
            self.report();
            let frame_due = self.frame_due.unwrap_or_else(Instant::now);
            let tick = self.next_tick();
            tokio::select! {
                biased;
                signal = signals.recv() => {
                    if let Some(exit) = self.signal(signal)? {
                        return Ok(exit);
                    }
                }
                next = input.next() => match next {
                    Some(next) => {
                        self.input(next?)?;
                        self.drain_input(&mut input).await?;
                    }
                    None => return Ok(Exit::Gone),
                },
                Some(event) = self.inbox.recv() => {
                    self.settle(event)?;
                    self.drain_inbox()?;
                }
                () = sleep_until(frame_due), if self.frame_due.is_some() => {}
                changed = sync.changed(), if is_sync_known => match changed {
                    Ok(()) => {
                        let status = sync.borrow_and_update().clone();
                        self.take(Event::Sync(status))?;
                    }
                    Err(_) => is_sync_known = false,
                },
                () = sleep_until(tick) => {
                    let now = (self.clock)();
                    self.wakes.retain(|at| *at > now);
                    self.take(Event::Tick)?;
                }
                () = sleep_until(check) => {
                    check = Instant::now() + TERMINAL_CHECK;
                    if !self.screen.is_there() {
                        return Ok(Exit::Gone);
                    }
                }
            }
        }
    }

    /// The next moment the state waits for, or the next full minute.
    fn next_tick(&self) -> Instant {
        let now = (self.clock)();
        let minute = Ts((now.0.div_euclid(60_000_000) + 1) * 60_000_000);
        let at = self.wakes.first().copied().unwrap_or(minute).min(minute);
        let wait = at.since(now).0.max(1_000);
        Instant::now() + Span(wait).to_std()
    }

    /// Takes what else has been typed. Asked with this task's own waker: the terminal's stream keeps the waker of the
    /// question it could not answer, and a waker that does nothing would leave the next key lying there.
    async fn drain_input<I>(&mut self, input: &mut I) -> io::Result<()>
    where
        I: Stream<Item = io::Result<Input>> + Unpin,
    {
        for _ in 0..INPUTS_AT_ONCE {
            if self.exit.is_some() {
                return Ok(());
            }
            match poll_fn(|cx| Poll::Ready(input.poll_next_unpin(cx))).await {
                Poll::Ready(Some(next)) => self.input(next?)?,
                Poll::Ready(None) | Poll::Pending => return Ok(()),
            }
        }
        Ok(())
    }

    fn drain_inbox(&mut self) -> io::Result<()> {
        for _ in 0..EVENTS_MAX {
            match self.inbox.try_recv() {
                Ok(event) => self.settle(event)?,
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }

    fn input(&mut self, input: Input) -> io::Result<()> {
        self.inputs += 1;
        self.take_input(input)?;
        self.hasten_frame();
        Ok(())
    }

    fn take_input(&mut self, input: Input) -> io::Result<()> {
        match input {
            Input::Key(key) if key.is_alt => {
                // Esc and a key in one packet of a slow link read as a chord; there are no chords here.
                self.take(Event::Key(Key::plain(Code::Esc)))?;
                self.take(Event::Key(Key {
                    is_alt: false,
                    ..key
                }))
            }
            Input::Key(key) => self.take(Event::Key(key)),
            Input::Paste(text) => self.take(Event::Paste(text)),
            Input::Resize(columns, rows) => self.take(Event::Resize(
                columns.clamp(1, SCREEN_MAX.0),
                rows.clamp(1, SCREEN_MAX.1),
            )),
            Input::Repaint => {
                self.screen.forget();
                self.want_frame();
                Ok(())
            }
            Input::Nothing => Ok(()),
        }
    }

    /// An event from a task: the slot it came from may ask its next question.
    fn settle(&mut self, event: Event) -> io::Result<()> {
        if let Event::Reply { slot, .. } = &event {
            self.runner.finished(*slot);
        }
        if matches!(event, Event::Acted { .. }) {
            self.runner.acted();
        }
        if matches!(event, Event::Exported(_)) {
            self.runner.exported();
        }
        self.take(event)
    }

    fn signal(&mut self, signal: Option<Signal>) -> io::Result<Option<Exit>> {
        match signal {
            // The listener ended; keys still work.
            None => Ok(None),
            Some(Signal::Hangup) if !self.screen.is_there() => Ok(Some(Exit::Gone)),
            Some(Signal::Stop) => {
                self.suspend()?;
                Ok(None)
            }
            Some(signal) => Ok(Some(Exit::Signal(signal))),
        }
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.screen.suspend()?;
        self.want_frame();
        let (columns, rows) = input::terminal_size_or(self.app.size);
        self.take(Event::Resize(columns, rows))
    }

    fn take(&mut self, event: Event) -> io::Result<()> {
        let effects = self.app.update((self.clock)(), event);
        for effect in effects {
            self.carry_out(effect)?;
        }
        if self.app.take_dirty() {
            self.want_frame();
        }
        Ok(())
    }

    fn carry_out(&mut self, effect: Effect) -> io::Result<()> {
        match effect {
            Effect::Ask {
                slot,
                generation,
                question,
            } => self.runner.ask(slot, generation, question),
            Effect::Act { ticket, act } => self.runner.act(ticket, act),
            Effect::Export(job) => self.runner.export(*job),
            Effect::StopExport => self.runner.stop_export(),
            Effect::Copy(text) => {
                let result = self.screen.copy(&text).map_err(|e| e.to_string());
                self.take(Event::Copied(result))?;
            }
            Effect::Bell => self.screen.ring()?,
            Effect::Repaint => {
                self.screen.forget();
                self.want_frame();
            }
            Effect::Wake(at) => {
                if self.wakes.len() < WAKES_MAX {
                    self.wakes.insert(at);
                }
            }
            Effect::Suspend => self.suspend()?,
            Effect::Quit => self.exit = Some(Exit::Quit),
        }
        Ok(())
    }

    /// A frame is drawn as soon as the last one is old enough.
    fn want_frame(&mut self) {
        if self.frame_due.is_none() {
            let now = Instant::now();
            let due = self.last_frame.map_or(now, |last| last + self.frame_gap);
            self.frame_due = Some(due.max(now));
        }
    }

    /// What a key did does not wait for the sake of a frame that nobody pressed a key for.
    fn hasten_frame(&mut self) {
        if let Some(due) = self.frame_due {
            let now = Instant::now();
            let own = self
                .last_key_frame
                .map_or(now, |last| last + self.frame_gap);
            self.frame_due = Some(due.min(own.max(now)));
            self.is_for_key = true;
        }
    }

    fn paint_when_due(&mut self) -> io::Result<()> {
        let now = Instant::now();
        if self.frame_due.is_none_or(|due| due > now) || self.exit.is_some() {
            return Ok(());
        }
        self.frame_due = None;
        self.last_frame = Some(now);
        if std::mem::take(&mut self.is_for_key) {
            self.last_key_frame = Some(now);
        }
        let area = Rect::new(0, 0, self.app.size.0, self.app.size.1);
        if self.frame.area == area {
            self.frame.reset();
        } else {
            self.frame = Buffer::empty(area);
        }
        view::draw(self.app, &mut self.frame);
        self.screen.paint(&self.frame)?;
        self.take(Event::Painted)
    }

    fn report(&self) {
        if let Some(probe) = &self.probe {
            let is_idle =
                self.runner.is_idle() && self.frame_due.is_none() && self.inbox.is_empty();
            // Nobody listening is no trouble.
            probe.send_replace(Probe {
                inputs: self.inputs,
                is_idle,
            });
        }
    }
}

/// Gives the terminal back from outside the loop, for a last resort in `main`.
pub fn restore_terminal() {
    session::leave();
}

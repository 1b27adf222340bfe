//! A console without a terminal: keys from a channel, frames into a counter.

use super::BenchError;
use crate::console::ConsoleOptions;
use crate::console::app::event::{SyncState, SyncStatus};
use crate::console::app::key::Key;
use crate::console::app::nav::Pane;
use crate::console::run::signals::Signal;
use crate::console::run::store::StoreBackend;
use crate::console::run::{Exit, Probe, Wiring, build, drive};
use crate::console::term::Screen;
use crate::console::term::caps::Caps;
use crate::console::term::frame::FrameWriter;
use crate::console::term::input::Input;
use crate::desk::{Access, Desk as StoreDesk};
use crate::domain::ids::Operator;
use crate::domain::time::Ts;
use crate::store::Store;
use futures::channel::mpsc::{UnboundedSender, unbounded};
use ratatui::buffer::Buffer;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// Size of the screen.
const SIZE: (u16, u16) = (120, 40);
/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(60);
/// Text of every list's rows: prices and order numbers hold digits, so rows are told by their number.
const LOOK: Duration = Duration::from_millis(1);

/// One frame as it was sent.
#[derive(Debug, Clone, Copy)]
struct Sent {
    at: Instant,
    bytes: usize,
    /// Lines of the screen with text on them.
    lines: usize,
}

/// Frames so far.
#[derive(Debug, Default)]
struct Log {
    frames: Vec<Sent>,
    bytes: u64,
}

type Shared = Arc<Mutex<Log>>;

/// A device that takes everything and keeps nothing.
struct Sink;

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct CountingScreen {
    writer: FrameWriter<Sink>,
    log: Shared,
}

fn filled_lines(frame: &Buffer) -> usize {
    let width = usize::from(frame.area.width).max(1);
    frame
        .content
        .chunks(width)
        .filter(|line| line.iter().filter(|c| c.symbol().trim() != "").count() > 20)
        .count()
}

impl Screen for CountingScreen {
    fn paint(&mut self, frame: &Buffer) -> io::Result<usize> {
        let bytes = self.writer.paint(frame)?;
        let at = Instant::now();
        if bytes > 0 {
            let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
            log.bytes += bytes as u64;
            log.frames.push(Sent {
                at,
                bytes,
                lines: filled_lines(frame),
            });
        }
        Ok(bytes)
    }

    fn forget(&mut self) {
        self.writer.forget();
    }

    fn copy(&mut self, text: &str) -> io::Result<usize> {
        Ok(text.chars().count())
    }

    fn ring(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.forget();
        Ok(())
    }

    fn is_there(&self) -> bool {
        true
    }
}

/// What a key brought about.
#[derive(Debug, Clone, Copy)]
pub struct Painted {
    /// From the key to the frame handed to the device.
    pub wait: Duration,
    pub bytes: usize,
}

/// A running console.
pub struct Desk {
    keys: UnboundedSender<io::Result<Input>>,
    sent: u64,
    probe: watch::Receiver<Probe>,
    log: Shared,
    task: JoinHandle<io::Result<Exit>>,
    /// Kept open: a closed channel of signals or of the engine's state would end something.
    _signals: mpsc::Sender<Signal>,
    _sync: watch::Sender<SyncStatus>,
}

fn late(what: &str) -> BenchError {
    BenchError::Unfinished(format!("the console did not {what}"))
}

impl Desk {
    /// Starts a console on the store and waits for its first frame.
    pub async fn start(store: &Store, pane: Pane) -> Result<Self, BenchError> {
        let (keys, input) = unbounded();
        let (probe_sender, probe) = watch::channel(Probe::default());
        let (signals, signal_receiver) = mpsc::channel(4);
        let (sync, sync_receiver) = watch::channel(SyncStatus {
            state: SyncState::Here,
            note: String::new(),
        });
        let clock: crate::console::run::Clock = Arc::new(|| Ts::from_utc(chrono::Utc::now()));
        let desk = StoreDesk::new(
            store.clone(),
            Operator("bench".to_owned()),
            Access::ReadOnly,
            Vec::new(),
            clock.clone(),
        );
        let log = Shared::default();
        let mut screen = CountingScreen {
            writer: FrameWriter::new(Sink),
            log: Arc::clone(&log),
        };
        let caps = Caps::from_lookup(|_| None);
        let options = ConsoleOptions {
            pane,
            is_read_only: true,
            ..ConsoleOptions::default()
        };
        let mut app = build(&options, caps, clock(), SIZE);
        let wiring = Wiring {
            input,
            signals: signal_receiver,
            backend: Arc::new(StoreBackend::new(desk)),
            sync: sync_receiver,
            clock,
            frame_gap: caps.frame_gap(),
            probe: Some(probe_sender),
        };
        let task = tokio::spawn(async move { drive(&mut app, &mut screen, wiring).await });
        let desk = Self {
            keys,
            sent: 0,
            probe,
            log,
            task,
            _signals: signals,
            _sync: sync,
        };
        desk.until("paint", |log| !log.frames.is_empty()).await?;
        Ok(desk)
    }

    fn look<T>(&self, look: impl FnOnce(&Log) -> T) -> T {
        look(&self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn until(&self, what: &str, is_so: impl Fn(&Log) -> bool) -> Result<(), BenchError> {
        let begun = Instant::now();
        while !self.look(&is_so) {
            if begun.elapsed() > LIMIT || self.task.is_finished() {
                return Err(late(what));
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// When the first frame was sent.
    pub fn first_paint(&self) -> Instant {
        self.look(|log| log.frames.first().map_or_else(Instant::now, |f| f.at))
    }

    /// When the newest frame was sent.
    pub fn last_paint(&self) -> Instant {
        self.look(|log| log.frames.last().map_or_else(Instant::now, |f| f.at))
    }

    /// Bytes sent so far.
    pub fn bytes(&self) -> u64 {
        self.look(|log| log.bytes)
    }

    /// When the first frame full of rows was sent.
    pub async fn rows_shown(&mut self) -> Result<Instant, BenchError> {
        let is_full = |sent: &Sent| sent.lines > usize::from(SIZE.1) / 2;
        self.until("show rows", |log| log.frames.iter().any(is_full))
            .await?;
        Ok(self.look(|log| {
            let mut frames = log.frames.iter();
            frames
                .find(|f| is_full(f))
                .map_or_else(Instant::now, |f| f.at)
        }))
    }

    /// Waits until every input was taken, no question is open and the picture is up to date.
    pub async fn settled(&mut self) -> Result<(), BenchError> {
        let sent = self.sent;
        let is_idle = self.probe.wait_for(|p| p.is_idle && p.inputs >= sent);
        match tokio::time::timeout(LIMIT, is_idle).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(late("come to rest")),
        }
    }

    /// Presses a key and waits until it was taken; the frame it brought about, when it changed the picture at once.
    pub async fn key(&mut self, key: Key) -> Result<Option<Painted>, BenchError> {
        let frames = self.look(|log| log.frames.len());
        self.sent += 1;
        let sent = self.sent;
        let begun = Instant::now();
        self.keys
            .unbounded_send(Ok(Input::Key(key)))
            .map_err(|_| late("take a key"))?;
        let taken = self.probe.wait_for(|p| p.inputs >= sent);
        if !matches!(tokio::time::timeout(LIMIT, taken).await, Ok(Ok(_))) {
            return Err(late("take a key"));
        }
        // The loop draws before it tells that the key was taken, unless the last frame is too young: then soon after.
        let gap = Caps::from_lookup(|_| None).frame_gap() * 2;
        while self.look(|log| log.frames.len()) == frames && begun.elapsed() < gap {
            tokio::time::sleep(LOOK).await;
        }
        Ok(self.look(|log| {
            log.frames.get(frames).map(|f| Painted {
                wait: f.at.saturating_duration_since(begun),
                bytes: f.bytes,
            })
        }))
    }

    /// Leaves the console.
    pub async fn quit(mut self) -> Result<(), BenchError> {
        self.key(Key::ctrl('c')).await.ok();
        match tokio::time::timeout(LIMIT, self.task).await {
            Ok(Ok(Ok(_))) => Ok(()),
            _ => Err(late("end")),
        }
    }
}

//! The real loop on a screen of memory and a stream of keys: press, wait until idle, look.

use super::{FakeBackend, Scene, caps, options, text_of};
use futures::channel::mpsc::{UnboundedSender, unbounded};
use ratatui::buffer::Buffer;
use std::io;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tallyman::console::app::event::{SyncState, SyncStatus};
use tallyman::console::app::key::Key;
use tallyman::console::app::nav::Pane;
use tallyman::console::run::backend::Backend;
use tallyman::console::run::signals::Signal;
use tallyman::console::run::{Exit, Probe, Wiring, build, drive};
use tallyman::console::term::Screen;
use tallyman::console::term::input::Input;
use tallyman::domain::time::Ts;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(60);

/// What the memory screen saw.
#[derive(Default)]
pub struct Seen {
    pub text: String,
    pub frames: usize,
    pub whole: usize,
    pub copied: Vec<String>,
    /// How often it rang.
    pub rings: usize,
    pub is_gone: bool,
}

struct MemoryScreen {
    seen: Arc<Mutex<Seen>>,
    shown: Option<Buffer>,
}

impl Screen for MemoryScreen {
    fn paint(&mut self, frame: &Buffer) -> io::Result<usize> {
        let mut seen = self.seen.lock().unwrap();
        if self.shown.is_none() {
            seen.whole += 1;
        }
        if self.shown.as_ref() == Some(frame) {
            return Ok(0);
        }
        seen.frames += 1;
        seen.text = text_of(frame);
        self.shown = Some(frame.clone());
        Ok(1)
    }

    fn forget(&mut self) {
        self.shown = None;
    }

    fn copy(&mut self, text: &str) -> io::Result<usize> {
        self.seen.lock().unwrap().copied.push(text.to_owned());
        Ok(text.len())
    }

    fn ring(&mut self) -> io::Result<()> {
        self.seen.lock().unwrap().rings += 1;
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.forget();
        Ok(())
    }

    fn is_there(&self) -> bool {
        !self.seen.lock().unwrap().is_gone
    }
}

/// A running console.
pub struct Console {
    keys: UnboundedSender<io::Result<Input>>,
    sent: u64,
    probe: watch::Receiver<Probe>,
    pub seen: Arc<Mutex<Seen>>,
    clock: Arc<AtomicI64>,
    pub backend: Arc<FakeBackend>,
    pub signals: mpsc::Sender<Signal>,
    pub sync: watch::Sender<SyncStatus>,
    task: JoinHandle<io::Result<Exit>>,
    /// Keys pressed so far.
    pub pressed: usize,
}

impl Console {
    pub async fn start(scene: Scene, pane: Pane, size: (u16, u16)) -> Self {
        Self::start_with(FakeBackend::new(scene), pane, size).await
    }

    pub async fn start_with(backend: Arc<FakeBackend>, pane: Pane, size: (u16, u16)) -> Self {
        Self::start_on(backend.clone(), backend, pane, size, super::NOW).await
    }

    /// On any backend; `fake` stands for what is not looked at then.
    pub async fn start_on(
        backend: Arc<dyn Backend>,
        fake: Arc<FakeBackend>,
        pane: Pane,
        size: (u16, u16),
        now: Ts,
    ) -> Self {
        let (keys, input) = unbounded();
        let (probe_sender, probe) = watch::channel(Probe::default());
        let (signals, signal_receiver) = mpsc::channel(4);
        let (sync, sync_receiver) = watch::channel(SyncStatus {
            state: SyncState::Here,
            note: String::new(),
        });
        let clock = Arc::new(AtomicI64::new(now.0));
        let seen = Arc::new(Mutex::new(Seen::default()));
        let mut screen = MemoryScreen {
            seen: Arc::clone(&seen),
            shown: None,
        };
        let ticking = Arc::clone(&clock);
        let wiring = Wiring {
            input,
            signals: signal_receiver,
            backend,
            sync: sync_receiver,
            clock: Arc::new(move || Ts(ticking.load(Ordering::SeqCst))),
            frame_gap: Duration::from_millis(1),
            probe: Some(probe_sender),
        };
        let mut app = build(&options(pane), caps(), now, size);
        let task = tokio::spawn(async move { drive(&mut app, &mut screen, wiring).await });
        let mut console = Self {
            keys,
            sent: 0,
            probe,
            seen,
            clock,
            backend: fake,
            signals,
            sync,
            task,
            pressed: 0,
        };
        if console.backend.scene != Scene::Silent {
            console.idle().await;
        }
        console
    }

    /// Waits until everything sent was taken, nothing runs and the picture is up to date.
    pub async fn idle(&mut self) {
        let sent = self.sent;
        // An inner error means that the loop has ended: nothing runs any more.
        let is_late = tokio::time::timeout(
            LIMIT,
            self.probe.wait_for(|p| p.is_idle && p.inputs >= sent),
        )
        .await
        .is_err();
        assert!(!is_late, "never idle; the screen:\n{}", self.text());
    }

    /// Presses keys one by one, reading the screen before each.
    pub async fn press(&mut self, keys: &str) {
        for word in keys.split(' ').filter(|w| !w.is_empty()) {
            if let Some(text) = word.strip_prefix('\'') {
                for c in text.chars() {
                    self.key(Key::char(c)).await;
                }
            } else {
                let key = Key::parse(word).unwrap_or_else(|| panic!("{word:?} is not a key"));
                self.key(key).await;
            }
        }
    }

    async fn key(&mut self, key: Key) {
        self.pressed += 1;
        self.clock.fetch_add(400_000, Ordering::SeqCst);
        self.send(Input::Key(key));
        self.idle().await;
    }

    /// Sends input without waiting and without the clock moving: as if it had been typed ahead.
    pub fn send(&mut self, input: Input) {
        self.sent += 1;
        // A loop that has ended takes nothing more; the test will see that on the screen.
        let _ = self.keys.unbounded_send(Ok(input));
    }

    pub fn text(&self) -> String {
        self.seen.lock().unwrap().text.clone()
    }

    /// Waits for a text on the screen.
    pub async fn sees(&mut self, text: &str) {
        let begun = std::time::Instant::now();
        while !self.text().contains(text) {
            assert!(
                begun.elapsed() < LIMIT,
                "{text:?} never came; the screen:\n{}",
                self.text()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub async fn exit(self) -> Exit {
        tokio::time::timeout(LIMIT, self.task)
            .await
            .expect("the loop ends")
            .expect("the loop does not panic")
            .expect("the loop does not fail")
    }
}

//! A program in a pseudo terminal: start it, type, look at its screen, send it signals, take its terminal away.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Longest wait for anything on the screen.
const LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(5);

/// A running program and its terminal.
pub struct Pty {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    parser: Arc<Mutex<vt100::Parser>>,
    bytes: Arc<AtomicUsize>,
    /// Everything the program has written.
    raw: Arc<Mutex<Vec<u8>>>,
    is_leaving: Arc<AtomicBool>,
    reading: Option<JoinHandle<()>>,
}

const fn size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn parser(columns: u16, rows: u16) -> vt100::Parser {
    vt100::Parser::new(
        rows.try_into().expect("rows"),
        columns.try_into().expect("columns"),
        0,
    )
}

impl Pty {
    /// Starts a program with arguments and variables in a terminal of this size.
    pub fn start(
        program: &str,
        args: &[&str],
        variables: &[(&str, &str)],
        columns: u16,
        rows: u16,
    ) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env_remove("NO_COLOR");
        command.env_remove("LC_ALL");
        command.env_remove("SSH_CONNECTION");
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        // Held open here, the end of the program would never be seen.
        drop(pair.slave);
        let parser = Arc::new(Mutex::new(parser(columns, rows)));
        let bytes = Arc::new(AtomicUsize::new(0));
        let raw = Arc::new(Mutex::new(Vec::new()));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (into, count, all) = (Arc::clone(&parser), Arc::clone(&bytes), Arc::clone(&raw));
        let is_leaving = Arc::new(AtomicBool::new(false));
        let leaving = Arc::clone(&is_leaving);
        let reading = std::thread::spawn(move || {
            let mut buffer = [0u8; 16_384];
            while let Ok(n) = reader.read(&mut buffer) {
                if n == 0 {
                    return;
                }
                into.lock().unwrap().process(&buffer[..n]);
                all.lock().unwrap().extend_from_slice(&buffer[..n]);
                count.fetch_add(n, Ordering::SeqCst);
                if leaving.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        let writer = pair.master.take_writer().unwrap();
        Self {
            child,
            master: Some(pair.master),
            writer: Some(writer),
            parser,
            bytes,
            raw,
            is_leaving,
            reading: Some(reading),
        }
    }

    /// Types text or escape sequences.
    pub fn send(&mut self, text: &str) {
        let writer = self.writer.as_mut().expect("the terminal is still there");
        writer.write_all(text.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// What the terminal shows.
    pub fn screen(&self) -> String {
        self.parser.lock().unwrap().screen().contents()
    }

    /// Whether the terminal shows the alternate screen.
    pub fn is_alternate(&self) -> bool {
        self.parser.lock().unwrap().screen().alternate_screen()
    }

    /// Whether the cursor is hidden.
    pub fn is_cursor_hidden(&self) -> bool {
        self.parser.lock().unwrap().screen().hide_cursor()
    }

    /// Whether pasted text is bracketed.
    pub fn is_paste_bracketed(&self) -> bool {
        self.parser.lock().unwrap().screen().bracketed_paste()
    }

    /// Bytes the program has written so far.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::SeqCst)
    }

    /// Everything it has written, as text.
    pub fn raw(&self) -> String {
        String::from_utf8_lossy(&self.raw.lock().unwrap()).into_owned()
    }

    /// Waits until `holds`; the screen is told when it never does.
    pub fn waits_for(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !holds(self) {
            assert!(
                begun.elapsed() < LIMIT,
                "never came: {what}; the screen:\n{}",
                self.screen()
            );
            std::thread::sleep(POLL);
        }
    }

    /// Waits for a text on the screen.
    pub fn sees(&self, text: &str) {
        self.waits_for(text, |pty| pty.screen().contains(text));
    }

    /// Waits until nothing has been written for a while.
    pub fn settles(&self, quiet: Duration) {
        let begun = Instant::now();
        let mut last = (self.bytes(), Instant::now());
        while last.1.elapsed() < quiet {
            assert!(begun.elapsed() < LIMIT, "it never falls silent");
            std::thread::sleep(POLL);
            if self.bytes() != last.0 {
                last = (self.bytes(), Instant::now());
            }
        }
    }

    /// Gives the terminal another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        let master = self.master.as_ref().expect("the terminal is still there");
        master.resize(size(columns, rows)).unwrap();
        self.parser
            .lock()
            .unwrap()
            .screen_mut()
            .set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
    }

    /// Sends the program a signal by name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let id = self.child.process_id().expect("it runs").to_string();
        let status = std::process::Command::new("kill")
            .args([&format!("-{name}"), &id])
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// Takes the terminal away, as closing its window does. `nudge` is typed first and must make the program write:
    /// the reader holds the terminal open until it has read something.
    pub fn vanish(&mut self, nudge: &str) {
        self.is_leaving.store(true, Ordering::SeqCst);
        self.send(nudge);
        if let Some(reading) = self.reading.take() {
            reading.join().unwrap();
        }
        self.writer = None;
        self.master = None;
    }

    /// Whether the program is stopped (job control).
    pub fn is_stopped(&self) -> bool {
        let id = self.child.process_id().expect("it runs");
        std::fs::read_to_string(format!("/proc/{id}/stat"))
            .ok()
            .and_then(|stat| {
                let state = stat.rsplit(") ").next()?.chars().next()?;
                Some(state == 'T')
            })
            .unwrap_or(false)
    }

    /// Waits for the end; the exit code.
    pub fn exit_code(&mut self, limit: Duration) -> u32 {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(
                begun.elapsed() < limit,
                "it does not end; the screen:\n{}",
                self.screen()
            );
            std::thread::sleep(POLL);
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // A test that failed must not leave its program behind; one that ended is gone already.
        let _ = self.child.kill();
    }
}

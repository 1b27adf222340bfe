//! One line at a time in the plain terminal, for dialogues without a screen: raw mode only while something is typed or
//! waited for, so that secrets never show, a pasted line break answers nothing, and a signal gives the terminal back.

use super::input::PASTE_BYTES_MAX;
use crate::console::run::signals::{self, Signal};
use crate::text::width;
use crossterm::event::{
    DisableBracketedPaste, EnableBracketedPaste, Event, EventStream, KeyCode, KeyEvent,
    KeyEventKind, KeyModifiers,
};
use crossterm::execute;
use crossterm::terminal::{Clear, ClearType, disable_raw_mode, enable_raw_mode};
use futures::StreamExt;
use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;
use tokio::sync::mpsc;

/// Longest line taken, bytes; longer ones are told as such.
pub const LINE_BYTES_MAX: usize = 4_096;
/// Keys pressed before a question are thrown away for this long: the rest of a paste must not answer it.
const DRAIN_FOR: Duration = Duration::from_millis(20);
/// Events thrown away at most.
const DRAIN_EVENTS_MAX: usize = 100_000;

/// What came of asking for a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    Typed(String),
    /// More than [`LINE_BYTES_MAX`]; nothing of it is handed out.
    TooLong,
    /// Ctrl-C or Ctrl-D.
    Left,
    /// A signal asks for the end.
    Signal(Signal),
    /// The terminal has gone.
    Gone,
}

/// Whether what is typed shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echo {
    Shown,
    Hidden,
}

/// Whether there is a terminal to ask in.
pub fn is_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// The terminal as a place for questions.
pub struct Lines {
    signals: mpsc::Receiver<Signal>,
}

/// Raw mode while it lives.
struct Raw;

impl Raw {
    fn enter() -> io::Result<Self> {
        enable_raw_mode()?;
        let raw = Self;
        execute!(io::stdout(), EnableBracketedPaste)?;
        Ok(raw)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if !io::stdin().is_terminal() {
            return;
        }
        let paste = execute!(io::stdout(), DisableBracketedPaste);
        if let Err(error) = disable_raw_mode().and(paste) {
            tracing::warn!(%error, "the terminal could not be given back in full");
        }
    }
}

/// What a key does to a line.
enum Step {
    Go,
    Done(Line),
}

/// A line being typed.
struct Edit {
    prompt: String,
    text: String,
    echo: Echo,
    columns: usize,
    is_too_long: bool,
    /// What stands in the line now.
    drawn: String,
}

impl Lines {
    /// Listens for signals from now on.
    ///
    /// # Errors
    /// The system refused a handler.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            signals: signals::listen()?,
        })
    }

    /// Reads a line behind a prompt.
    ///
    /// # Errors
    /// The terminal refused.
    pub async fn read(&mut self, prompt: &str, echo: Echo) -> io::Result<Line> {
        let raw = Raw::enter()?;
        let mut edit = Edit {
            prompt: prompt.to_owned(),
            text: String::new(),
            echo,
            columns: usize::from(super::input::terminal_size().0),
            is_too_long: false,
            drawn: String::new(),
        };
        let mut events = EventStream::new();
        drain(&mut events).await;
        edit.draw()?;
        let line = loop {
            tokio::select! {
                signal = self.signals.recv() => match signal {
                    // Job control cannot be had in a dialogue; the question stays.
                    Some(Signal::Stop) => {}
                    Some(signal) => break Line::Signal(signal),
                    None => break Line::Gone,
                },
                event = events.next() => match event {
                    Some(Ok(event)) => if let Some(line) = edit.take_all(event, &mut events).await? {
                        break line;
                    },
                    Some(Err(_)) | None => break Line::Gone,
                },
            }
        };
        if line == Line::Gone || !io::stdin().is_terminal() {
            return Ok(Line::Gone);
        }
        io::stdout().write_all(b"\r\n")?;
        io::stdout().flush()?;
        drop(raw);
        Ok(line)
    }

    /// Waits for work to end while nothing that is typed shows; Ctrl-C or a signal ends the wait.
    ///
    /// # Errors
    /// What ended the wait instead.
    pub async fn wait<T>(&mut self, work: impl Future<Output = T>) -> io::Result<Result<T, Line>> {
        let _raw = Raw::enter()?;
        let mut events = EventStream::new();
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Ok(Ok(done)),
                signal = self.signals.recv() => match signal {
                    Some(Signal::Stop) => {}
                    Some(signal) => return Ok(Err(Line::Signal(signal))),
                    None => return Ok(Err(Line::Gone)),
                },
                event = events.next() => match event {
                    Some(Ok(event)) if is_leaving(&event) => return Ok(Err(Line::Left)),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Ok(Err(Line::Gone)),
                },
            }
        }
    }
}

/// What was typed before the question was there.
async fn drain(events: &mut EventStream) {
    for _ in 0..DRAIN_EVENTS_MAX {
        match tokio::time::timeout(DRAIN_FOR, events.next()).await {
            Ok(Some(Ok(_))) => {}
            Ok(_) | Err(_) => return,
        }
    }
}

const fn is_ctrl(key: &KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL)
}

fn is_leaving(event: &Event) -> bool {
    matches!(event, Event::Key(key) if is_ctrl(key) && matches!(key.code, KeyCode::Char('c' | 'C')))
}

impl Edit {
    /// Takes an event and every other one that is there already, then draws once.
    async fn take_all(
        &mut self,
        event: Event,
        events: &mut EventStream,
    ) -> io::Result<Option<Line>> {
        let mut next = Some(event);
        for _ in 0..DRAIN_EVENTS_MAX {
            let Some(event) = next.take() else {
                break;
            };
            if let Step::Done(line) = self.take(event) {
                self.draw()?;
                return Ok(Some(line));
            }
            // Polled by this task itself: the stream wakes only the one that asked first.
            let more = tokio::time::timeout(Duration::ZERO, events.next()).await;
            next = more.ok().flatten().transpose()?;
        }
        self.draw()?;
        Ok(None)
    }

    /// Takes one event of the terminal.
    fn take(&mut self, event: Event) -> Step {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => return self.key(key),
            Event::Paste(text) => {
                let text = text.trim_end_matches(['\r', '\n']);
                if text.len() > PASTE_BYTES_MAX {
                    self.is_too_long = true;
                } else {
                    self.push(text);
                }
            }
            Event::Resize(columns, _) => {
                self.columns = usize::from(columns);
                self.drawn.clear();
            }
            _ => {}
        }
        Step::Go
    }

    fn key(&mut self, key: KeyEvent) -> Step {
        match key.code {
            KeyCode::Char('c' | 'd' | 'C' | 'D') if is_ctrl(&key) => {
                return Step::Done(Line::Left);
            }
            KeyCode::Char('u' | 'U') if is_ctrl(&key) => {
                self.text.clear();
                self.is_too_long = false;
            }
            KeyCode::Char('w' | 'W') if is_ctrl(&key) => {
                let kept = self.text.trim_end().rfind(' ').map_or(0, |at| at + 1);
                self.text.truncate(kept);
            }
            KeyCode::Char('h' | 'H') if is_ctrl(&key) => {
                self.text.pop();
            }
            KeyCode::Char(c) if !is_ctrl(&key) && !key.modifiers.contains(KeyModifiers::ALT) => {
                let mut bytes = [0; 4];
                self.push(c.encode_utf8(&mut bytes));
            }
            KeyCode::Backspace => {
                self.text.pop();
            }
            KeyCode::Enter if self.is_too_long => return Step::Done(Line::TooLong),
            KeyCode::Enter => return Step::Done(Line::Typed(self.text.clone())),
            _ => {}
        }
        Step::Go
    }

    fn push(&mut self, text: &str) {
        if self.text.len() + text.len() > LINE_BYTES_MAX {
            self.is_too_long = true;
        } else {
            self.text.push_str(text);
        }
    }

    /// What stands in the line: the prompt and the end of the text, or only the prompt.
    fn shown(&self) -> String {
        let prompt = &self.prompt;
        if self.echo == Echo::Hidden {
            return prompt.clone();
        }
        let text = crate::text::clean_to(&self.text, LINE_BYTES_MAX);
        let room = self.columns.saturating_sub(width(prompt) + 1);
        if width(&text) <= room {
            return format!("{prompt}{text}");
        }
        let mut start = text.len();
        for (at, _) in text.char_indices().rev() {
            if width(&text[at..]) + 1 > room {
                break;
            }
            start = at;
        }
        format!("{prompt}<{}", &text[start..])
    }

    /// Brings the line up to date; what only became longer is only added to.
    fn draw(&mut self) -> io::Result<()> {
        let shown = self.shown();
        let mut out = io::stdout();
        match shown.strip_prefix(self.drawn.as_str()) {
            Some(more) if !self.drawn.is_empty() => out.write_all(more.as_bytes())?,
            _ => {
                out.write_all(b"\r")?;
                execute!(out, Clear(ClearType::UntilNewLine))?;
                out.write_all(shown.as_bytes())?;
            }
        }
        self.drawn = shown;
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(echo: Echo) -> Edit {
        Edit {
            prompt: "> ".to_owned(),
            text: String::new(),
            echo,
            columns: 20,
            is_too_long: false,
            drawn: String::new(),
        }
    }

    #[test]
    fn a_long_line_shows_its_end_and_a_secret_shows_nothing() {
        let mut line = edit(Echo::Shown);
        line.push("https://warehouse.example");
        assert_eq!(line.shown(), "> <arehouse.example".to_owned());
        assert!(width(&line.shown()) < 20);
        let mut line = edit(Echo::Hidden);
        line.push("hunter2");
        assert_eq!(line.shown(), "> ");
    }

    #[test]
    fn escape_sequences_in_a_paste_do_not_reach_the_terminal_and_too_much_is_told() {
        let mut line = edit(Echo::Shown);
        line.push("a\u{1b}[2Jb");
        assert_eq!(line.shown(), "> ab");
        line.push(&"x".repeat(LINE_BYTES_MAX));
        assert!(line.is_too_long);
        assert_eq!(line.text, "a\u{1b}[2Jb");
    }
}

//! Frames to bytes: only what changed, in one write, inside one synchronised update. An unchanged frame is no bytes.

use super::{Screen, clipboard, encode, session};
use crossterm::cursor::Hide;
use crossterm::queue;
use crossterm::style::{Attribute, SetAttribute};
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};
use ratatui::buffer::Buffer;
use std::io::{self, Write};

/// Bytes set aside for a frame.
const FRAME_BYTES: usize = 64 * 1024;

/// Writes frames to a terminal.
pub struct FrameWriter<W: Write> {
    out: W,
    /// Bytes of the frame being made; kept to be used again.
    bytes: Vec<u8>,
    /// What the terminal shows; `None` when that is not known.
    shown: Option<Buffer>,
    /// Told apart for tests: how many writes reached the device.
    pub writes: u64,
}

impl<W: Write> FrameWriter<W> {
    /// A writer on a device; the first frame is sent whole.
    pub fn new(out: W) -> Self {
        Self {
            out,
            bytes: Vec::with_capacity(FRAME_BYTES),
            shown: None,
            writes: 0,
        }
    }

    /// The device.
    pub const fn out(&self) -> &W {
        &self.out
    }

    fn send(&mut self) -> io::Result<usize> {
        self.out.write_all(&self.bytes)?;
        self.out.flush()?;
        self.writes += 1;
        Ok(self.bytes.len())
    }
}

impl<W: Write> Screen for FrameWriter<W> {
    fn paint(&mut self, frame: &Buffer) -> io::Result<usize> {
        let shown = self.shown.take().filter(|s| s.area == frame.area);
        let is_whole = shown.is_none();
        let before = shown.unwrap_or_else(|| Buffer::empty(frame.area));
        if !is_whole && before == *frame {
            self.shown = Some(before);
            return Ok(0);
        }
        self.bytes.clear();
        queue!(self.bytes, BeginSynchronizedUpdate)?;
        if is_whole {
            // Cleared by us and not by asking where the cursor is: no answer has to be waited for.
            queue!(
                self.bytes,
                SetAttribute(Attribute::Reset),
                Hide,
                Clear(ClearType::All)
            )?;
        }
        encode::encode(&before, frame, &mut self.bytes);
        queue!(self.bytes, EndSynchronizedUpdate)?;
        let sent = self.send()?;
        self.shown = Some(frame.clone());
        Ok(sent)
    }

    fn forget(&mut self) {
        self.shown = None;
    }

    fn copy(&mut self, text: &str) -> io::Result<usize> {
        let sequence = clipboard::sequence(text)?;
        self.out.write_all(sequence.as_bytes())?;
        self.out.flush()?;
        Ok(text.chars().count())
    }

    fn suspend(&mut self) -> io::Result<()> {
        session::suspend()?;
        self.forget();
        Ok(())
    }

    fn is_there(&self) -> bool {
        session::is_there()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::{Modifier, Style};

    fn frame(text: &str, style: Style) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 3));
        buffer.set_string(1, 1, text, style);
        buffer
    }

    #[test]
    fn an_unchanged_frame_is_no_bytes_and_a_changed_one_is_one_write() {
        let mut writer = FrameWriter::new(Vec::new());
        let first = frame("hello", Style::new());
        assert!(writer.paint(&first).unwrap() > 0);
        assert_eq!(writer.writes, 1);
        assert_eq!(writer.paint(&first).unwrap(), 0);
        assert_eq!(writer.writes, 1);
        let sent = writer.paint(&frame("hallo", Style::new())).unwrap();
        assert!(sent > 0 && sent < 60, "{sent}");
        assert_eq!(writer.writes, 2);
    }

    #[test]
    fn every_frame_is_one_synchronised_update_and_asks_the_terminal_nothing() {
        let mut writer = FrameWriter::new(Vec::new());
        writer.paint(&frame("hello", Style::new())).unwrap();
        let text = String::from_utf8(writer.out().clone()).unwrap();
        assert!(text.starts_with("\u{1b}[?2026h") && text.ends_with("\u{1b}[?2026l"));
        assert!(!text.contains("\u{1b}[6n"), "no cursor position query");
    }

    #[test]
    fn without_colour_a_highlight_is_still_sent() {
        let mut writer = FrameWriter::new(Vec::new());
        let reversed = Style::reset().add_modifier(Modifier::REVERSED);
        writer.paint(&frame("row", reversed)).unwrap();
        let text = String::from_utf8(writer.out().clone()).unwrap();
        let at = text.find("row").unwrap();
        let before = &text[..at];
        let reverse = before.rfind("\u{1b}[7m").expect("reverse is set");
        assert!(
            !before[reverse + 4..].contains("\u{1b}[m")
                && !before[reverse + 4..].contains("\u{1b}[0m"),
            "nothing resets it before the text: {before:?}"
        );
    }

    #[test]
    fn after_forgetting_everything_is_sent_again() {
        let mut writer = FrameWriter::new(Vec::new());
        let first = frame("hello", Style::new());
        let whole = writer.paint(&first).unwrap();
        writer.forget();
        assert_eq!(writer.paint(&first).unwrap(), whole);
    }
}

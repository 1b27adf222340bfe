//! Frames to bytes: only what changed, in one write, inside one synchronised update. An unchanged frame is no bytes.

use super::scroll::Shift;
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
        let begun = self.bytes.len();
        encode::encode(&before, frame, &mut self.bytes);
        if let Some(shift) = Shift::find(&before, frame).filter(|_| !is_whole) {
            let mut moved = Vec::new();
            shift.write(&mut moved);
            encode::encode(&shift.apply(&before), frame, &mut moved);
            if moved.len() < self.bytes.len() - begun {
                self.bytes.truncate(begun);
                self.bytes.append(&mut moved);
            }
        }
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

    fn ring(&mut self) -> io::Result<()> {
        self.out.write_all(b"\x07")?;
        self.out.flush()
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
    use ratatui::style::{Color, Modifier, Style};

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

    fn parser() -> vt100::Parser {
        let rows = std::num::NonZero::new(12).unwrap();
        let columns = std::num::NonZero::new(40).unwrap();
        vt100::Parser::new(rows, columns, 0)
    }

    /// Every cell with its colours; a blank that was written is one that was erased.
    fn cells(terminal: &vt100::Parser) -> Vec<(String, vt100::Color, vt100::Color)> {
        let screen = terminal.screen();
        (0..12)
            .flat_map(|y| (0..40).map(move |x| (y, x)))
            .map(|(y, x)| {
                let cell = screen.cell(y, x).unwrap();
                let text = cell.contents().trim_end().to_owned();
                let fg = if text.is_empty() {
                    vt100::Color::Default
                } else {
                    cell.fgcolor()
                };
                (text, fg, cell.bgcolor())
            })
            .collect()
    }

    #[test]
    fn a_list_that_scrolls_looks_on_the_terminal_as_it_was_drawn() {
        let list = |first: u16| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 12));
            buffer.set_string(0, 0, "head", Style::new());
            for y in 1..11 {
                let n = u32::from(first + y) * 7919 % 1000;
                let style = Style::new().fg(if n % 2 == 0 { Color::Red } else { Color::Green });
                buffer.set_string(0, y, format!("order {n} of the day"), style);
            }
            let cursor = Style::new().bg(Color::Blue);
            buffer.set_style(Rect::new(0, 10, 40, 1), cursor);
            buffer.set_string(0, 11, format!("row {first}"), Style::new());
            buffer
        };
        let mut terminal = parser();
        for first in [0, 1, 2, 4, 3, 2, 9, 6, 5] {
            let mut writer = FrameWriter::new(Vec::new());
            let mut shown = 0;
            for at in [first, first + 1, first] {
                writer.paint(&list(at)).unwrap();
                terminal.process(&writer.out()[shown..]);
                shown = writer.out().len();
                let mut whole = parser();
                let mut anew = FrameWriter::new(Vec::new());
                anew.paint(&list(at)).unwrap();
                whole.process(anew.out());
                assert_eq!(cells(&terminal), cells(&whole), "{at}");
            }
            let text = String::from_utf8(writer.out().clone()).unwrap();
            assert!(text.contains("\u{1b}[1S") && text.contains("\u{1b}[1T"));
        }
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

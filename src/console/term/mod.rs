//! The terminal as a device: entering and leaving it, reading what is typed, writing frames, what it can
//! do. The only place that speaks to it.

pub mod caps;
pub mod clipboard;
pub mod encode;
pub mod frame;
pub mod input;
pub mod line;
mod scroll;
pub mod session;

use ratatui::buffer::Buffer;
use std::io;

/// Something frames can be shown on.
pub trait Screen {
    /// Shows a frame; returns how many bytes that took. An unchanged frame takes none.
    ///
    /// # Errors
    /// The device refused the bytes.
    fn paint(&mut self, frame: &Buffer) -> io::Result<usize>;

    /// Forgets what was shown: the next frame is sent whole.
    fn forget(&mut self);

    /// Puts text on the operator's clipboard; returns the characters sent.
    ///
    /// # Errors
    /// Too long, or the device refused the bytes.
    fn copy(&mut self, text: &str) -> io::Result<usize>;

    /// Rings once, as the terminal is set to.
    ///
    /// # Errors
    /// The device refused the byte.
    fn ring(&mut self) -> io::Result<()>;

    /// Gives the terminal back, stops until continued, takes it again.
    ///
    /// # Errors
    /// The terminal refused.
    fn suspend(&mut self) -> io::Result<()>;

    /// Whether the terminal still exists.
    fn is_there(&self) -> bool;
}

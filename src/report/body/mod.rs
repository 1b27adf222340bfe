//! Stored requests and answers as people read them: set out in lines, compared with one that went well, masked for
//! those outside.

mod compare;
mod mask;
mod pretty;
mod xml;

pub use compare::{COMPARE_LINES_MAX, Compared, Sign, compare};
pub use mask::Masker;
pub use pretty::{Form, LINE_CHARS_MAX, LINES_MAX, Pretty, pretty};

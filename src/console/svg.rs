//! A screen as an SVG picture: monospaced text with the colours of the buffer.

use crate::console::theme::{BACKGROUND, FOREGROUND, hex};
use ratatui::buffer::Buffer;
use ratatui::style::Modifier;
use std::fmt::Write as _;

/// Size of a cell in the picture's units.
const CELL: (usize, usize) = (9, 19);
const PADDING: usize = 12;

/// The picture.
pub fn svg(buffer: &Buffer) -> String {
    let area = buffer.area;
    let width = usize::from(area.width) * CELL.0 + 2 * PADDING;
    let height = usize::from(area.height) * CELL.1 + 2 * PADDING;
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"15\">\n<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{BACKGROUND}\"/>"
    );
    for y in 0..area.height {
        for run in runs(buffer, y) {
            run.write(&mut out, y);
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Neighbouring cells of one look.
struct Run {
    x: u16,
    columns: u16,
    text: String,
    fg: String,
    bg: Option<String>,
    modifier: Modifier,
}

fn runs(buffer: &Buffer, y: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let area = buffer.area;
    for x in 0..area.width {
        let Some(cell) = buffer.cell((area.x + x, area.y + y)) else {
            continue;
        };
        let is_reversed = cell.modifier.contains(Modifier::REVERSED);
        let (mut fg, mut bg) = (hex(cell.fg), hex(cell.bg));
        if is_reversed {
            (fg, bg) = (
                Some(bg.unwrap_or(BACKGROUND)),
                Some(fg.unwrap_or(FOREGROUND)),
            );
        }
        let fg = fg.unwrap_or(FOREGROUND).to_owned();
        let bg = bg.map(str::to_owned);
        let is_wide = crate::text::width(cell.symbol()) > 1;
        match runs.last_mut() {
            Some(run)
                if run.fg == fg && run.bg == bg && run.modifier == cell.modifier && !is_wide =>
            {
                run.columns += 1;
                run.text.push_str(cell.symbol());
            }
            _ => runs.push(Run {
                x,
                columns: 1,
                text: cell.symbol().to_owned(),
                fg,
                bg,
                modifier: cell.modifier,
            }),
        }
    }
    runs
}

impl Run {
    fn write(&self, out: &mut String, y: u16) {
        let left = PADDING + usize::from(self.x) * CELL.0;
        let top = PADDING + usize::from(y) * CELL.1;
        let width = usize::from(self.columns) * CELL.0;
        if let Some(bg) = &self.bg {
            let _ = writeln!(
                out,
                "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{}\" fill=\"{bg}\"/>",
                CELL.1
            );
        }
        if self.text.trim().is_empty() {
            return;
        }
        let mut extra = String::new();
        if self.modifier.contains(Modifier::BOLD) {
            extra.push_str(" font-weight=\"bold\"");
        }
        if self.modifier.contains(Modifier::UNDERLINED) {
            extra.push_str(" text-decoration=\"underline\"");
        }
        if self.modifier.contains(Modifier::DIM) {
            extra.push_str(" opacity=\"0.6\"");
        }
        let baseline = top + CELL.1 - 5;
        let _ = writeln!(
            out,
            "<text x=\"{left}\" y=\"{baseline}\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\" fill=\"{}\"{extra}>{}</text>",
            self.fg,
            escape(&self.text)
        );
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn text_is_escaped_and_reverse_becomes_a_rectangle() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 1));
        buffer.set_string(0, 0, "a<b", Style::new().add_modifier(Modifier::REVERSED));
        let picture = svg(&buffer);
        assert!(picture.contains("a&lt;b"));
        assert!(picture.contains(&format!("fill=\"{FOREGROUND}\"/>")));
        assert!(picture.ends_with("</svg>\n"));
    }
}

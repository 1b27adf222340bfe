//! Changed cells to bytes, as few as a plain terminal allows: short colour codes, relative moves, erased blanks. Only
//! sequences every terminal of the last thirty years knows.

use crate::text;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::io::Write as _;

/// Unchanged cells that are sent again rather than jumped over: a jump costs as much.
const GAP_MAX: u16 = 4;
/// Blanks from which erasing and jumping over them is shorter than writing them.
const ERASE_MIN: usize = 11;
/// Blanks up to the right edge from which erasing is shorter.
const ERASE_TO_EDGE_MIN: usize = 4;

/// The look of what is written next.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

const PLAIN: Look = Look {
    fg: Color::Reset,
    bg: Color::Reset,
    modifier: Modifier::empty(),
};

const fn look(cell: &Cell) -> Look {
    Look {
        fg: cell.fg,
        bg: cell.bg,
        modifier: cell.modifier,
    }
}

/// Whether a cell is a blank on the terminal's own ground.
fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && cell.bg == Color::Reset && cell.modifier.is_empty()
}

/// A cell to be sent, with its place.
type Change<'a> = (u16, u16, &'a Cell);

/// Writes the changes that lead from one frame to another of the same size. The terminal must be in its plain look,
/// and is left in it; where its cursor stands does not matter.
pub fn encode(before: &Buffer, after: &Buffer, out: &mut Vec<u8>) {
    let mut pen = Pen {
        out,
        after,
        at: None,
        look: PLAIN,
    };
    let columns = usize::from(after.area.width.max(1));
    let rows = before
        .content()
        .chunks(columns)
        .zip(after.content().chunks(columns));
    for ((old, new), y) in rows.zip(0u16..) {
        if old == new {
            continue;
        }
        // Where a wide glyph stood or stands the row is sent whole: terminals differ in what half a glyph leaves.
        let is_whole = old.iter().chain(new).any(is_wide);
        if is_whole {
            pen.erase_row(y);
        }
        let changes = changes(old, new, y, is_whole);
        pen.row(&changes);
    }
    pen.wear(PLAIN);
}

fn is_wide(cell: &Cell) -> bool {
    !cell.symbol().is_ascii() && text::width(cell.symbol()) > 1
}

/// The cells of a row that differ; of a whole row, those that are not blank nor covered by a wide glyph.
fn changes<'a>(old: &[Cell], new: &'a [Cell], y: u16, is_whole: bool) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    let mut covered = 0;
    for ((before, cell), x) in old.iter().zip(new).zip(0u16..) {
        if covered > 0 {
            covered -= 1;
            continue;
        }
        covered = text::width(cell.symbol()).saturating_sub(1);
        let is_due = if is_whole {
            !is_blank(cell)
        } else {
            before != cell
        };
        if is_due {
            changes.push((x, y, cell));
        }
    }
    changes
}

/// How many of the first changes are neighbouring blanks of one row.
fn blanks(changes: &[Change<'_>]) -> usize {
    let Some((x, y, _)) = changes.first() else {
        return 0;
    };
    changes
        .iter()
        .zip(*x..)
        .take_while(|((cx, cy, cell), expected)| cy == y && cx == expected && is_blank(cell))
        .count()
}

struct Pen<'a> {
    out: &'a mut Vec<u8>,
    after: &'a Buffer,
    /// Where the terminal's cursor stands; `None` when it cannot be known.
    at: Option<(u16, u16)>,
    look: Look,
}

impl Pen<'_> {
    /// Sends the changes of a row.
    fn row(&mut self, changes: &[Change<'_>]) {
        let mut rest = changes;
        while let Some((x, y, cell)) = rest.first().copied() {
            let run = blanks(rest);
            let columns = u16::try_from(run).unwrap_or(u16::MAX);
            let is_to_edge = x.saturating_add(columns) >= self.after.area.right();
            if run >= ERASE_MIN || (is_to_edge && run >= ERASE_TO_EDGE_MIN) {
                self.erase(x, y, columns);
                rest = rest.get(run..).unwrap_or_default();
                continue;
            }
            self.go(x, y);
            self.cell(x, y, cell);
            rest = rest.get(1..).unwrap_or_default();
        }
    }

    /// Blanks a whole row.
    fn erase_row(&mut self, y: u16) {
        self.wear(PLAIN);
        self.go(0, y);
        self.out.extend_from_slice(b"\x1b[2K");
    }

    /// Moves the cursor by the shortest way.
    fn go(&mut self, x: u16, y: u16) {
        match self.at {
            Some((cx, cy)) if (cx, cy) == (x, y) => {}
            Some((cx, cy)) if cy == y && cx < x => {
                if x - cx <= GAP_MAX && self.bridge(cx, x, y) {
                    return;
                }
                self.sequence(usize::from(x - cx), 'C');
            }
            Some((_, cy)) if x == 0 && y == cy + 1 => self.out.extend_from_slice(b"\r\n"),
            _ => {
                // Writing into memory cannot fail.
                let _ = write!(self.out, "\u{1b}[{};{}H", y + 1, x + 1);
            }
        }
        self.at = Some((x, y));
    }

    /// Sends the cells between again when they have the present look; `false` when they have not.
    fn bridge(&mut self, from: u16, to: u16, y: u16) -> bool {
        let is_same = |x: u16| {
            self.after.cell((x, y)).is_some_and(|cell| {
                look(cell) == self.look && cell.symbol().len() == 1 && cell.symbol().is_ascii()
            })
        };
        if !(from..to).all(is_same) {
            return false;
        }
        for x in from..to {
            if let Some(cell) = self.after.cell((x, y)) {
                self.out.extend_from_slice(cell.symbol().as_bytes());
            }
        }
        self.at = Some((to, y));
        true
    }

    fn sequence(&mut self, n: usize, end: char) {
        // Writing into memory cannot fail.
        let _ = if n == 1 {
            write!(self.out, "\u{1b}[{end}")
        } else {
            write!(self.out, "\u{1b}[{n}{end}")
        };
    }

    fn cell(&mut self, x: u16, y: u16, cell: &Cell) {
        let wanted = look(cell);
        // A blank without ground or weight looks the same in every foreground.
        if !(is_blank(cell) && self.look.bg == Color::Reset && self.look.modifier.is_empty()) {
            self.wear(wanted);
        }
        let symbol = cell.symbol();
        self.out.extend_from_slice(symbol.as_bytes());
        let is_sure = symbol.chars().count() == 1 && text::width(symbol) == 1;
        let next = x + 1;
        // At the right edge and after glyphs whose width terminals dispute the place is not known.
        self.at = (is_sure && next < self.after.area.right()).then_some((next, y));
    }

    fn erase(&mut self, x: u16, y: u16, columns: u16) {
        self.go(x, y);
        if self.look.bg != Color::Reset || !self.look.modifier.is_empty() {
            self.wear(PLAIN);
        }
        if x + columns >= self.after.area.right() {
            self.out.extend_from_slice(b"\x1b[K");
        } else {
            self.sequence(usize::from(columns), 'X');
        }
    }

    /// Changes the look by the shortest code.
    fn wear(&mut self, wanted: Look) {
        if wanted == self.look {
            return;
        }
        let mut codes: Vec<u8> = Vec::new();
        let taken_off = self.look.modifier.difference(wanted.modifier);
        let mut from = self.look;
        if wanted == PLAIN || !taken_off.is_empty() {
            from = PLAIN;
            if wanted != PLAIN {
                push(&mut codes, b"0");
            }
        }
        for (modifier, code) in [
            (Modifier::BOLD, b"1"),
            (Modifier::DIM, b"2"),
            (Modifier::ITALIC, b"3"),
            (Modifier::UNDERLINED, b"4"),
            (Modifier::REVERSED, b"7"),
            (Modifier::CROSSED_OUT, b"9"),
        ] {
            if wanted.modifier.difference(from.modifier).contains(modifier) {
                push(&mut codes, code);
            }
        }
        if wanted.fg != from.fg {
            colour(&mut codes, wanted.fg, 30);
        }
        if wanted.bg != from.bg {
            colour(&mut codes, wanted.bg, 40);
        }
        self.out.extend_from_slice(b"\x1b[");
        self.out.extend_from_slice(&codes);
        self.out.push(b'm');
        self.look = wanted;
    }
}

fn push(codes: &mut Vec<u8>, code: &[u8]) {
    if !codes.is_empty() {
        codes.push(b';');
    }
    codes.extend_from_slice(code);
}

/// Code of a colour as foreground (`base` 30) or ground (`base` 40).
fn colour(codes: &mut Vec<u8>, color: Color, base: u8) {
    let number = match color {
        Color::Reset => 9,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 60,
        Color::LightRed => 61,
        Color::LightGreen => 62,
        Color::LightYellow => 63,
        Color::LightBlue => 64,
        Color::LightMagenta => 65,
        Color::LightCyan => 66,
        Color::White => 67,
        // Themes hold names only; the terminal's own colour is the honest fallback.
        Color::Indexed(_) | Color::Rgb(..) => 9,
    };
    push(codes, (u16::from(base) + number).to_string().as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    fn frame(text: &str, style: Style) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 2));
        buffer.set_string(0, 0, text, style);
        buffer
    }

    fn bytes(before: &Buffer, after: &Buffer) -> String {
        let mut out = Vec::new();
        encode(before, after, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn short_gaps_are_written_and_long_ones_jumped() {
        let plain = Style::reset();
        let a = frame("abcdefghij", plain);
        assert_eq!(bytes(&a, &frame("aXcYefghij", plain)), "\u{1b}[1;2HXcY");
        assert_eq!(
            bytes(&a, &frame("XbcdefghiY", plain)),
            "\u{1b}[1;1HX\u{1b}[8CY"
        );
    }

    #[test]
    fn vanished_text_is_erased() {
        let plain = Style::reset();
        assert_eq!(
            bytes(&frame("abcdefghijklmno", plain), &frame("a", plain)),
            "\u{1b}[1;2H\u{1b}[14X"
        );
    }

    #[test]
    fn colours_are_the_short_codes_and_the_end_is_plain() {
        let plain = Buffer::empty(Rect::new(0, 0, 20, 2));
        let style = Style::reset()
            .fg(Color::LightRed)
            .bg(Color::Cyan)
            .add_modifier(Modifier::BOLD);
        assert_eq!(
            bytes(&plain, &frame("no", style)),
            "\u{1b}[1;1H\u{1b}[1;91;46mno\u{1b}[m"
        );
    }

    fn any_style() -> impl Strategy<Value = Style> {
        let color = prop::sample::select(vec![
            Color::Reset,
            Color::Cyan,
            Color::LightRed,
            Color::Black,
        ]);
        let weight = prop::sample::select(vec![
            Modifier::empty(),
            Modifier::BOLD,
            Modifier::REVERSED,
            Modifier::UNDERLINED | Modifier::BOLD,
        ]);
        (color.clone(), color, weight)
            .prop_map(|(fg, bg, weight)| Style::reset().fg(fg).bg(bg).add_modifier(weight))
    }

    fn any_frame() -> impl Strategy<Value = Buffer> {
        let piece = (
            0u16..30,
            0u16..4,
            "[a-c ]{1,12}|漢字{1,3}|e\u{301}x",
            any_style(),
        );
        prop::collection::vec(piece, 0..12).prop_map(|pieces| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 30, 4));
            for (x, y, text, style) in pieces {
                buffer.set_string(x, y, text, style);
            }
            buffer
        })
    }

    proptest! {
        /// A terminal that gets the bytes shows the frame, whatever it showed before.
        #[test]
        fn a_terminal_shows_what_was_meant(first in any_frame(), second in any_frame()) {
            let mut parser = vt100::Parser::new(4.try_into().unwrap(), 30.try_into().unwrap(), 0);
            let mut out = Vec::new();
            encode(&Buffer::empty(first.area), &first, &mut out);
            encode(&first, &second, &mut out);
            parser.process(&out);
            for y in 0..4u16 {
                let mut x = 0;
                while x < 30u16 {
                    let cell = &second[(x, y)];
                    let shown = parser.screen().cell(y, x).unwrap();
                    let symbol = if shown.contents().is_empty() { " " } else { shown.contents() };
                    prop_assert_eq!(symbol, cell.symbol(), "at {},{}", x, y);
                    prop_assert_eq!(shown.inverse(), cell.modifier.contains(Modifier::REVERSED));
                    prop_assert_eq!(shown.bold() && symbol != " ", cell.modifier.contains(Modifier::BOLD) && symbol != " ");
                    prop_assert_eq!(shown.bgcolor() == vt100::Color::Default, cell.bg == Color::Reset);
                    if symbol != " " {
                        prop_assert_eq!(shown.fgcolor() == vt100::Color::Default, cell.fg == Color::Reset);
                    }
                    x += u16::try_from(text::width(cell.symbol())).unwrap().max(1);
                }
            }
        }
    }
}

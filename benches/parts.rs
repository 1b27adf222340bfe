//! Small parts that run very often: call budgets, lines of a frame to the terminal.

use divan::Bencher;
use divan::counter::ItemsCount;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use tallyman::console::term::Screen;
use tallyman::console::term::frame::FrameWriter;
use tallyman::domain::budget::{Budgets, Rate};
use tallyman::domain::time::{Span, Ts};

const LINNWORKS_BUSIEST: Rate = Rate::Window { per_minute: 250 };

fn main() {
    divan::main();
}

/// Calls taken from a budget, one a millisecond.
const CALLS: i64 = 1_000;

#[divan::bench]
fn budget(bencher: Bencher) {
    bencher.counter(ItemsCount::new(CALLS as usize)).bench(|| {
        let mut budgets = Budgets::new([("Orders".to_owned(), LINNWORKS_BUSIEST)], Ts(0));
        let mut taken = 0;
        for n in 0..CALLS {
            taken += i64::from(budgets.try_take("Orders", Ts(0) + Span::ms(n)));
        }
        taken
    });
}

/// A list with the cursor on one of its lines.
fn list(cursor: u16) -> Buffer {
    let mut frame = Buffer::empty(Rect::new(0, 0, 120, 40));
    for line in 0..40 {
        let style = if line == cursor {
            Style::new().add_modifier(Modifier::REVERSED)
        } else {
            Style::new()
        };
        let text = format!(
            "{line:>4}  LW-{:06}  allocated  Royal Mail Tracked 48",
            line * 37
        );
        frame.set_string(0, line, text, style);
    }
    frame
}

#[divan::bench]
fn cursor_move_to_bytes(bencher: Bencher) {
    let frames = [list(10), list(11)];
    let mut writer = FrameWriter::new(std::io::sink());
    let mut n = 0;
    bencher.bench_local(|| {
        n += 1;
        writer.paint(&frames[n % 2]).map(|bytes| bytes > 0)
    });
}

//! What a page says about a stored call: request and answer, side by side where there is room, and in what they differ
//! from the last call that went well.

use super::super::doc::{Doc, DocLine, pad};
use super::super::words;
use crate::console::theme::Role;
use crate::domain::time::Ts;
use crate::report::body::{COMPARE_LINES_MAX, Compared, LINES_MAX, Sign};
use crate::report::{CallBody, Origin, Sight, StoredCall};
use crate::text;
use unicode_segmentation::UnicodeSegmentation;

/// Columns from which on request and answer stand side by side.
pub const SIDE_BY_SIDE_COLUMNS: u16 = 120;
/// Columns beside the two bodies: cursor, line between them, scroll bar.
const FRAME_COLUMNS: u16 = 6;
/// Columns of the mark before a compared line.
const MARK_COLUMNS: usize = 2;

/// Lines shown on either side of one that differs.
const CONTEXT_LINES: usize = 3;

/// What is shown of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Whole,
    /// Against the last one that went well.
    Compared,
}

/// The document, for a screen of so many columns.
pub fn doc(sheet: &StoredCall, mode: Mode, columns: u16, now: Ts) -> Doc {
    if sheet.origin == Origin::Heard {
        let lines = side("Message", sheet.request.as_ref(), None);
        return Doc {
            head: head(sheet, mode, now),
            tabs: Vec::new(),
        }
        .tab("Message", lines);
    }
    let request = side("Request", sheet.request.as_ref(), compared(sheet, mode, 0));
    let answer = side("Answer", sheet.answer.as_ref(), compared(sheet, mode, 1));
    let lines = if columns >= SIDE_BY_SIDE_COLUMNS {
        let half = usize::from(columns.saturating_sub(FRAME_COLUMNS)) / 2;
        side_by_side(&request, &answer, half)
    } else {
        let mut lines = request;
        lines.push(DocLine::blank());
        lines.extend(answer);
        lines
    };
    Doc {
        head: head(sheet, mode, now),
        tabs: Vec::new(),
    }
    .tab("Call", lines)
}

fn compared(sheet: &StoredCall, mode: Mode, at: usize) -> Option<Option<&Compared>> {
    let good = sheet.good.as_ref().filter(|_| mode == Mode::Compared)?;
    let sides = [good.request.as_ref(), good.answer.as_ref()];
    sides.get(at).copied()
}

fn head(sheet: &StoredCall, mode: Mode, now: Ts) -> Vec<DocLine> {
    let mut second = DocLine::of(words::clock(sheet.at, now), Role::Muted);
    let first = match sheet.origin {
        Origin::Ours => "request",
        Origin::Heard => "message",
    };
    for (name, body) in [(first, &sheet.request), ("answer", &sheet.answer)] {
        if let Some(body) = body {
            second = second
                .and(format!("  {name} hash "), Role::Muted)
                .and(text::truncate(&body.hash, 13), Role::Text);
        }
    }
    let third = match (&sheet.good, mode) {
        (None, _) if sheet.origin == Origin::Heard => {
            DocLine::of("It came in by itself; nothing was asked.", Role::Muted)
        }
        (None, _) => DocLine::of(
            "No call of this kind that went well is kept to compare it with.",
            Role::Muted,
        ),
        (Some(good), Mode::Whole) => DocLine::of(
            format!(
                "The last one that went well: {}. Compare shows what differs.",
                words::clock(good.at, now)
            ),
            Role::Muted,
        ),
        (Some(good), Mode::Compared) => {
            let sides = [&good.request, &good.answer];
            let changes = sides.into_iter().flatten().map(Compared::changes);
            let (new, gone) = changes.fold((0, 0), |sum, c| (sum.0 + c.0, sum.1 + c.1));
            DocLine::of(
                format!(
                    "Against the last one that went well, {}: ",
                    words::clock(good.at, now)
                ),
                Role::Muted,
            )
            .and(format!("+ {new} here only"), Role::Warn)
            .and(format!("  - {gone} there only"), Role::Accent)
            .and("  ~ other id or time", Role::Muted)
        }
    };
    let fourth = match sheet.sight {
        Sight::Masked => DocLine::of("People are masked.", Role::Muted),
        Sight::Whole => DocLine::of(
            "Names and addresses are shown; the journal says who looked.",
            Role::Warn,
        ),
    };
    vec![
        DocLine::of(sheet.title.clone(), Role::Title),
        second,
        third,
        fourth,
    ]
}

/// One body under its heading.
fn side(name: &str, body: Option<&CallBody>, compared: Option<Option<&Compared>>) -> Vec<DocLine> {
    let Some(body) = body else {
        let none = if name == "Answer" {
            "No answer came."
        } else {
            "The request was not kept."
        };
        return vec![DocLine::heading(name), DocLine::of(none, Role::Muted)];
    };
    let Some(shown) = &body.shown else {
        let gone = "The body is past its retention; only its hash is kept.";
        return vec![DocLine::heading(name), DocLine::of(gone, Role::Muted)];
    };
    let mut lines =
        vec![DocLine::heading(name).and(format!("  {}", shown.form.as_str()), Role::Muted)];
    match compared {
        Some(Some(compared)) => lines.extend(marked(compared)),
        Some(None) => {
            let none = "There is nothing in the good call to compare it with.";
            lines.push(DocLine::of(none, Role::Muted));
        }
        None => {
            lines.extend(shown.lines.iter().map(|l| DocLine::text(l.clone())));
            if shown.is_cut {
                let cut = format!("It is longer: the first {LINES_MAX} lines are shown.");
                lines.push(DocLine::of(cut, Role::Warn));
            }
        }
    }
    lines
}

/// What differs, with a few lines round it; longer runs of lines that are alike are counted.
fn marked(compared: &Compared) -> Vec<DocLine> {
    let mut lines = Vec::new();
    let mut alike = 0;
    for (at, (sign, line)) in compared.lines.iter().enumerate() {
        if is_far_from_change(compared, at) {
            alike += 1;
            continue;
        }
        lines.extend(counted(&mut alike));
        let role = match sign {
            Sign::Same | Sign::Volatile => Role::Muted,
            Sign::Gone => Role::Accent,
            Sign::New => Role::Warn,
        };
        lines.push(DocLine::of(format!("{} ", sign.mark()), role).and(line.clone(), role));
    }
    lines.extend(counted(&mut alike));
    if compared.is_cut {
        let cut = format!("They are longer: {COMPARE_LINES_MAX} lines of each were compared.");
        lines.push(DocLine::of(cut, Role::Warn));
    }
    lines
}

fn is_far_from_change(compared: &Compared, at: usize) -> bool {
    let near = at.saturating_sub(CONTEXT_LINES)..=at + CONTEXT_LINES;
    let is_change = |n: usize| {
        let line = compared.lines.get(n);
        line.is_some_and(|(sign, _)| matches!(sign, Sign::Gone | Sign::New))
    };
    !near.into_iter().any(is_change)
}

/// The lines left out since the last one shown, in words.
fn counted(alike: &mut i64) -> Option<DocLine> {
    let n = std::mem::take(alike);
    let said = text::count(n, "line alike", "lines alike");
    (n > 0).then(|| DocLine::of(format!("  … {said}"), Role::Muted))
}

/// Two columns of lines; a line too long for its column goes on below itself.
fn side_by_side(left: &[DocLine], right: &[DocLine], half: usize) -> Vec<DocLine> {
    let half = half.max(MARK_COLUMNS + 1);
    let fold = |lines: &[DocLine]| -> Vec<(String, Role)> {
        lines.iter().flat_map(|line| folded(line, half)).collect()
    };
    let (left, right) = (fold(left), fold(right));
    let rows = left.len().max(right.len());
    (0..rows)
        .map(|at| {
            let none = (String::new(), Role::Text);
            let (text, role) = left.get(at).unwrap_or(&none);
            let line = DocLine::of(pad(text, half), *role).and(" │ ", Role::Border);
            let (text, role) = right.get(at).unwrap_or(&none);
            line.and(text.clone(), *role)
        })
        .collect()
}

/// A line in pieces of at most `columns`.
fn folded(line: &DocLine, columns: usize) -> Vec<(String, Role)> {
    let role = line.parts.first().map_or(Role::Text, |p| p.role);
    let mut out = Vec::new();
    let mut piece = String::new();
    let mut used = 0;
    for grapheme in line.plain().graphemes(true) {
        let width = text::width(grapheme);
        if used + width > columns {
            out.push((std::mem::take(&mut piece), role));
            used = 0;
        }
        piece.push_str(grapheme);
        used += width;
    }
    out.push((piece, role));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::PayloadId;
    use crate::report::GoodCall;
    use crate::report::body::{compare, pretty};

    fn sheet() -> StoredCall {
        let body = |text: &str| CallBody {
            shown: Some(pretty(text)),
            hash: "3f5a".repeat(16),
        };
        let (this, good) = (pretty("{\"Town\":\"\"}"), pretty("{\"Town\":\"York\"}"));
        StoredCall {
            id: PayloadId(1),
            at: Ts(0),
            title: "SaveData of pvx".to_owned(),
            origin: Origin::Ours,
            sight: Sight::Masked,
            request: Some(body("{\"Town\":\"\"}")),
            answer: None,
            good: Some(GoodCall {
                id: PayloadId(9),
                at: Ts(0),
                request: Some(compare(&good.lines, &this.lines)),
                answer: None,
            }),
        }
    }

    #[test]
    fn a_narrow_screen_has_the_answer_below_and_a_wide_one_beside() {
        let narrow = doc(&sheet(), Mode::Whole, 80, Ts(0)).plain();
        assert!(narrow.find("Request") < narrow.find("Answer"));
        assert!(narrow.contains("No answer came."), "{narrow}");
        let wide = doc(&sheet(), Mode::Whole, 120, Ts(0));
        let first = wide.tabs[0].lines[0].plain();
        assert!(
            first.contains("Request") && first.contains("│ Answer"),
            "{first}"
        );
        assert!(
            wide.tabs[0]
                .lines
                .iter()
                .all(|l| text::width(&l.plain()) <= 117)
        );
    }

    #[test]
    fn what_differs_from_the_last_good_call_has_a_sign_before_it() {
        let text = doc(&sheet(), Mode::Compared, 80, Ts(0)).plain();
        assert!(text.contains("-   \"Town\": \"York\""), "{text}");
        assert!(text.contains("+   \"Town\": \"\""), "{text}");
        assert!(text.contains("+ 1 here only  - 1 there only"), "{text}");
    }

    #[test]
    fn long_runs_of_lines_that_are_alike_are_counted() {
        let lines = |town: &str| -> Vec<String> {
            let around = |n: i32| (0..n).map(|n| format!("row {n}"));
            around(20)
                .chain([town.to_owned()])
                .chain(around(2))
                .collect()
        };
        let mut sheet = sheet();
        if let Some(good) = &mut sheet.good {
            good.request = Some(compare(&lines("York"), &lines("Leeds")));
        }
        let text = doc(&sheet, Mode::Compared, 80, Ts(0)).plain();
        assert!(text.contains("  … 17 lines alike\n  row 17\n"), "{text}");
        assert!(
            text.contains("- York\n+ Leeds\n  row 0\n  row 1\n"),
            "{text}"
        );
    }

    #[test]
    fn a_message_that_came_in_by_itself_has_no_answer_to_miss() {
        let mut sheet = sheet();
        (sheet.origin, sheet.good) = (Origin::Heard, None);
        let text = doc(&sheet, Mode::Whole, 140, Ts(0)).plain();
        assert!(
            text.contains("Message  JSON") && !text.contains("answer"),
            "{text}"
        );
    }

    #[test]
    fn a_body_past_its_retention_says_so() {
        let mut sheet = sheet();
        sheet.request = Some(CallBody {
            shown: None,
            hash: String::new(),
        });
        let text = doc(&sheet, Mode::Whole, 80, Ts(0)).plain();
        assert!(text.contains("past its retention"), "{text}");
    }
}

//! Text at the border: cleaning foreign text, width, truncation, ages and counts in words.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Longest foreign text kept in one field, characters.
pub const FIELD_CHARS_MAX: usize = 10_000;

/// Cleans foreign text where it enters: whole escape sequences, control characters (C0, C1, DEL), bidirectional
/// controls and stray zero-width characters go; tab and line breaks become a space; the length is capped.
pub fn clean(text: &str) -> String {
    clean_to(text, FIELD_CHARS_MAX)
}

/// As [`clean`], with a cap of `chars_max` characters.
pub fn clean_to(text: &str, chars_max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(chars_max));
    let mut count = 0;
    let mut chars = text.chars().peekable();
    let mut previous = '\0';
    while let Some(c) = chars.next() {
        if count >= chars_max {
            break;
        }
        let kept = match c {
            '\u{1b}' => {
                skip_escape(&mut chars);
                continue;
            }
            '\u{9b}' => {
                skip_csi(&mut chars);
                continue;
            }
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => {
                skip_string(&mut chars);
                continue;
            }
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => ' ',
            c if c.is_control() => continue,
            '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{061c}' => continue,
            '\u{200d}'
                if is_pictograph(previous) && chars.peek().is_some_and(|n| is_pictograph(*n)) =>
            {
                c
            }
            '\u{200b}'..='\u{200d}'
            | '\u{2060}'..='\u{2064}'
            | '\u{feff}'
            | '\u{fe0e}'
            | '\u{fe0f}'
            | '\u{fff9}'..='\u{fffb}' => continue,
            '\u{e0000}'..='\u{e007f}' => continue,
            c => c,
        };
        out.push(kept);
        previous = kept;
        count += 1;
    }
    out
}

fn is_pictograph(c: char) -> bool {
    matches!(c as u32, 0x1f300..=0x1faff | 0x2600..=0x27bf | 0x1f1e6..=0x1f1ff)
}

fn skip_escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            skip_csi(chars);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            chars.next();
            skip_string(chars);
        }
        Some(' '..='/') => {
            while matches!(chars.peek(), Some(' '..='/')) {
                chars.next();
            }
            chars.next();
        }
        Some('0'..='~') => {
            chars.next();
        }
        _ => {}
    }
}

fn skip_csi(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while let Some(c) = chars.peek() {
        match c {
            ' '..='?' => {
                chars.next();
            }
            '@'..='~' => {
                chars.next();
                return;
            }
            _ => return,
        }
    }
}

/// Longest run of an unterminated escape string that is swallowed with it.
const ESCAPE_STRING_CHARS_MAX: usize = 4_096;

fn skip_string(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    for _ in 0..ESCAPE_STRING_CHARS_MAX {
        match chars.next() {
            None | Some('\u{7}' | '\u{9c}') => return,
            Some('\u{1b}') => {
                if chars.peek() == Some(&'\\') {
                    chars.next();
                }
                return;
            }
            Some('\n' | '\r') => return,
            Some(_) => {}
        }
    }
}

/// Columns a text takes on a terminal.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Cut to `columns`, with an ellipsis when something was left out. Never splits a grapheme, never exceeds the width.
pub fn truncate(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let w = width(grapheme);
        if used + w > columns - 1 {
            break;
        }
        out.push_str(grapheme);
        used += w;
    }
    out.push('…');
    out
}

/// An age in at most four columns: `12s`, `5m`, `3h`, `2d`, `9w`.
pub fn age(secs: i64) -> String {
    let secs = secs.max(0);
    match secs {
        0..60 => format!("{secs}s"),
        60..3_600 => format!("{}m", secs / 60),
        3_600..86_400 => format!("{}h", secs / 3_600),
        86_400..1_209_600 => format!("{}d", secs / 86_400),
        _ => format!("{}w", secs / 604_800),
    }
}

/// Time left to a promise, with a sign when it has passed: `2h10`, `45m`, `-3h05`.
pub fn time_left(secs: i64) -> String {
    let sign = if secs < 0 { "-" } else { "" };
    let s = secs.unsigned_abs();
    if s < 3_600 {
        format!("{sign}{}m", s / 60)
    } else if s < 172_800 {
        format!("{sign}{}h{:02}", s / 3_600, (s % 3_600) / 60)
    } else {
        format!("{sign}{}d", s / 86_400)
    }
}

/// Money from minor units: `12.50`.
pub fn money(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let m = minor.unsigned_abs();
    format!("{sign}{}.{:02}", m / 100, m % 100)
}

/// `1 order`, `2 orders`.
pub fn count(n: i64, one: &str, many: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {many}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_escape_sequence_in_a_name_leaves_only_the_name() {
        assert_eq!(clean("Pat\u{1b}]52;c;aGk=\u{7} Sample"), "Pat Sample");
        assert_eq!(clean("\u{1b}[31mred\u{1b}[0m"), "red");
        assert_eq!(clean("a\u{9b}31mb"), "ab");
        assert_eq!(clean("line\r\nbreak\tand tab"), "line  break and tab");
        assert_eq!(clean("evil\u{202e}txt"), "eviltxt");
    }

    #[test]
    fn truncation_counts_columns_not_characters() {
        assert_eq!(truncate("漢字漢字", 5), "漢字…");
        assert_eq!(truncate("short", 10), "short");
        assert_eq!(truncate("anything", 0), "");
    }

    proptest! {
        #[test]
        fn cleaned_text_never_holds_a_control_character(text in "\\PC*|[\\x00-\\x{ff}\\x{202a}-\\x{2069}]*") {
            let cleaned = clean(&text);
            let has_control = cleaned.chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
            prop_assert!(!has_control, "{cleaned:?}");
            prop_assert_eq!(clean(&cleaned), cleaned.clone());
        }

        #[test]
        fn truncation_never_exceeds_its_columns(text in "\\PC*", columns in 0usize..40) {
            prop_assert!(width(&truncate(&text, columns)) <= columns);
        }
    }
}

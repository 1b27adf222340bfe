//! CSV for people's spreadsheets: cells that a spreadsheet would take for a formula are marked, and unmarked on the way back.

/// Characters with which a spreadsheet begins a formula, full-width forms included.
const FORMULA_STARTS: &[char] = &['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

fn looks_like_formula(cell: &str) -> bool {
    let first = cell
        .chars()
        .find(|c| FORMULA_STARTS.contains(c) || !c.is_whitespace());
    first.is_some_and(|c| FORMULA_STARTS.contains(&c))
}

/// A cell as it may go into a spreadsheet: with a leading `'` where it would be taken for a formula.
pub fn guard(cell: &str) -> String {
    if looks_like_formula(cell.trim_start_matches('\'')) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

/// Takes the mark of [`guard`] away again; anything else is left as it is.
pub fn unguard(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if looks_like_formula(rest.trim_start_matches('\'')) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_marked() {
        let cases = [
            ("=1+1", "'=1+1"),
            ("+44 20", "'+44 20"),
            ("-3", "'-3"),
            ("@cmd", "'@cmd"),
            ("  =A1", "'  =A1"),
            ("\t=A1", "'\t=A1"),
            ("\r", "'\r"),
            ("＝A1", "'＝A1"),
            ("'=A1", "''=A1"),
            ("Tracked 48", "Tracked 48"),
            ("'quoted'", "'quoted'"),
            ("", ""),
            ("a=b", "a=b"),
        ];
        for (cell, expected) in cases {
            assert_eq!(guard(cell), expected);
            assert_eq!(unguard(expected), cell);
        }
    }

    proptest! {
        #[test]
        fn what_goes_out_comes_back_and_is_never_a_formula(cell in "['=+@ \\-\\ta-z＝]{0,8}|\\PC{0,20}") {
            let guarded = guard(&cell);
            prop_assert!(!looks_like_formula(&guarded), "{:?}", guarded);
            prop_assert_eq!(unguard(&guarded), cell);
        }
    }
}

//! Near matches: what a mistyped code may have meant.

/// How many near matches are offered.
pub const NEAR_MAX: usize = 5;

/// Largest number of typing slips that still counts as near.
const SLIPS_MAX: usize = 2;

/// Known codes that a person may have meant, the closest first, at most [`NEAR_MAX`]: the same but for case, spaces
/// and punctuation, or at most two slips away. The code itself is not offered.
pub fn near_matches(code: &str, known: &[&str]) -> Vec<String> {
    let wanted = letters(code);
    if wanted.is_empty() {
        return Vec::new();
    }
    // Short codes are near to everything: allow one slip per four characters.
    let allowed = (wanted.len() / 4).min(SLIPS_MAX);
    let mut found: Vec<(usize, &str)> = known
        .iter()
        .filter(|k| **k != code)
        .filter_map(|k| Some((slips(&wanted, &letters(k), allowed)?, *k)))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
        .into_iter()
        .take(NEAR_MAX)
        .map(|(_, k)| k.to_owned())
        .collect()
}

/// Letters and digits in lower case.
fn letters(code: &str) -> Vec<char> {
    code.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Edit distance when it is at most `allowed`; a swap of neighbours counts as one slip.
fn slips(a: &[char], b: &[char], allowed: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > allowed {
        return None;
    }
    if a == b {
        return Some(0);
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let changed = above[j] + usize::from(x != y);
            let mut best = changed.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        if row.iter().min().is_some_and(|m| *m > allowed) {
            return None;
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().filter(|n| *n <= allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_spaces_and_dashes_are_the_nearest_slips() {
        let known = ["MUG-RED", "MUG-REED", "MUG-BLUE", "mug red", "PLATE"];
        assert_eq!(
            near_matches("MUG RED", &known),
            ["MUG-RED", "mug red", "MUG-REED"]
        );
        assert_eq!(near_matches("MUG-RDE", &known), ["MUG-RED", "mug red"]);
    }

    #[test]
    fn nothing_near_is_nothing_offered() {
        assert!(near_matches("ZZZ-999", &["MUG-RED", "PLATE"]).is_empty());
        assert!(near_matches("A1", &["A2", "B1"]).is_empty());
        assert!(near_matches("", &["A"]).is_empty());
        assert!(near_matches("MUG", &["MUG"]).is_empty());
    }

    proptest! {
        #[test]
        fn one_replaced_letter_in_a_long_code_is_always_found(
            code in "[A-Z]{6,12}", at in 0usize..6, new in "[0-9]",
        ) {
            let mut slip: Vec<char> = code.chars().collect();
            slip[at] = new.chars().next().unwrap();
            let slip: String = slip.into_iter().collect();
            prop_assert_eq!(near_matches(&slip, &[code.as_str()]), vec![code.clone()]);
        }
    }
}

//! Did-you-mean for configuration words.

use crate::domain::near::near_matches;

/// Shortest beginning of a word that says which one is meant.
const BEGINNING_MIN: usize = 3;

/// The known word a mistyped one probably meant: one that differs by a slip or two, or the only one it begins.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    near_matches(word, &known)
        .into_iter()
        .next()
        .or_else(|| begun_by(word, &known))
}

fn begun_by(word: &str, known: &[&str]) -> Option<String> {
    let mut begun = known.iter().filter(|k| k.starts_with(word));
    match (begun.next(), begun.next()) {
        (Some(only), None) if word.len() >= BEGINNING_MIN => Some((*only).to_owned()),
        _ => None,
    }
}

/// `; did you mean "x"?`, or nothing.
pub fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known)
        .map(|k| format!("; did you mean {k:?}?"))
        .unwrap_or_default()
}

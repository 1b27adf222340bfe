//! Did-you-mean for configuration words.

use crate::domain::near::near_matches;

/// The known word a mistyped one probably meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    near_matches(word, &known).into_iter().next()
}

/// `; did you mean "x"?`, or nothing.
pub fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known)
        .map(|k| format!("; did you mean {k:?}?"))
        .unwrap_or_default()
}

//! Fuzzy matching for the palette, help and completion.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Most texts matched at once.
pub const CANDIDATES_MAX: usize = 5_000;

/// Numbers of the texts that match, best first; every text in its order when the query is blank.
pub fn rank<'a>(query: &str, texts: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let texts = texts.take(CANDIDATES_MAX).enumerate();
    if query.trim().is_empty() {
        return texts.map(|(at, _)| at).collect();
    }
    let pattern = Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut found: Vec<(u32, usize)> = texts
        .filter_map(|(at, text)| {
            let score = pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher)?;
            Some((score, at))
        })
        .collect();
    found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    found.into_iter().map(|(_, at)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_order_are_enough_and_the_closest_comes_first() {
        let texts = ["Royal Mail Tracked 48", "DHL Express", "DPD Next Day"];
        assert_eq!(rank("dhl", texts.iter().copied()), vec![1]);
        assert_eq!(rank("trk48", texts.iter().copied()), vec![0]);
        assert_eq!(rank("", texts.iter().copied()), vec![0, 1, 2]);
        assert!(rank("zzz", texts.iter().copied()).is_empty());
    }
}

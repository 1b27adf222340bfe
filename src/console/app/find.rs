//! Words looked for on a page: where they stand, and the way from one to the next.

use super::App;
use super::doc::Doc;
use super::layers::Layer;
use super::layers::find::{FindLine, Found, Step};
use std::ops::Range;

/// A line of a page: its tab, its place in the tab.
pub type Spot = (usize, usize);

/// Where the words stand in a text, whatever the case of either. Nothing where no word is given.
pub fn places(text: &str, words: &str) -> Vec<Range<usize>> {
    let wanted: Vec<char> = words.chars().flat_map(char::to_lowercase).collect();
    let mut found = Vec::new();
    if wanted.is_empty() {
        return found;
    }
    let mut at = 0;
    while let Some(rest) = text.get(at..)
        && let Some(first) = rest.chars().next()
    {
        let length = length_at(rest, &wanted).unwrap_or(0);
        if length > 0 {
            found.push(at..at + length);
        }
        at += length.max(first.len_utf8());
    }
    found
}

/// Bytes of the text that the words take, when it begins with them.
fn length_at(text: &str, wanted: &[char]) -> Option<usize> {
    let mut left = wanted.iter();
    for (at, c) in text.char_indices() {
        for lower in c.to_lowercase() {
            match left.next() {
                Some(one) if *one == lower => {}
                // A letter that is two in lower case counts as found with its first.
                None => break,
                Some(_) => return None,
            }
        }
        if left.as_slice().is_empty() {
            return Some(at + c.len_utf8());
        }
    }
    None
}

/// Every line of a page that has the words.
fn spots(doc: &Doc, words: &str) -> Vec<Spot> {
    let mut found = Vec::new();
    for (tab, part) in doc.tabs.iter().enumerate() {
        let lines = part.lines.iter().enumerate();
        let hits = lines.filter(|(_, line)| !places(&line.plain(), words).is_empty());
        found.extend(hits.map(|(line, _)| (tab, line)));
    }
    found
}

/// Which of the lines comes next, from where one stands; behind the last comes the first.
fn next(spots: &[Spot], here: Spot, step: Step) -> Option<usize> {
    let found = match step {
        Step::Here => spots.iter().position(|s| *s >= here),
        Step::Next => spots.iter().position(|s| *s > here),
        Step::Previous => spots.iter().rposition(|s| *s < here),
    };
    let round = match step {
        Step::Here | Step::Next => 0,
        Step::Previous => spots.len().checked_sub(1)?,
    };
    (!spots.is_empty()).then(|| found.unwrap_or(round))
}

impl App {
    /// Opens the find line of the page on show.
    pub(super) fn open_find(&mut self) {
        if let Some(page) = self.nav.page() {
            let line = FindLine::new((page.tab, page.line), &self.found_last);
            self.push_layer(Layer::Find(line));
        }
    }

    /// Goes to a line of the page that has the words, or back to where the search began when there is none.
    pub(super) fn find(&mut self, words: &str, from: Spot, step: Step) {
        let Some(page) = self.nav.page_mut() else {
            return;
        };
        let spots = spots(&page.doc, words);
        let here = match step {
            Step::Here => from,
            Step::Next | Step::Previous => (page.tab, page.line),
        };
        let at = next(&spots, here, step);
        let (tab, line) = at.and_then(|at| spots.get(at)).copied().unwrap_or(from);
        if page.tab != tab {
            page.tab = tab;
            page.top.set(0);
        }
        page.line = line;
        page.move_by(0);
        if !words.is_empty() {
            words.clone_into(&mut self.found_last);
        }
        if let Some(Layer::Find(layer)) = self.layers.last_mut() {
            layer.found = at.map(|at| Found {
                at: at + 1,
                lines: spots.len(),
                lines_elsewhere: spots.iter().filter(|s| s.0 != tab).count(),
            });
        }
    }

    /// The words that are being looked for on the page.
    pub fn finding(&self) -> Option<String> {
        match self.layers.last()? {
            Layer::Find(line) => Some(line.field.text()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whatever_their_case_and_cut_where_letters_begin() {
        assert_eq!(places("Tracked 48, tracked 24", "TRACKED"), [0..7, 12..19]);
        assert!(places("Straße 3", "STRASSE").is_empty());
        assert_eq!(places("Åse åse", "åse"), [0..4, 5..9]);
        assert_eq!(places("aaa", "aa").len(), 1, "no overlap");
        assert!(places("ab", "abc").is_empty());
        assert!(places("anything", "").is_empty());
    }

    #[test]
    fn the_way_goes_round_the_tabs_and_back() {
        let spots = [(0, 2), (0, 5), (2, 0)];
        assert_eq!(next(&spots, (0, 2), Step::Here), Some(0));
        assert_eq!(next(&spots, (0, 2), Step::Next), Some(1));
        assert_eq!(next(&spots, (1, 0), Step::Next), Some(2));
        assert_eq!(next(&spots, (2, 0), Step::Next), Some(0));
        assert_eq!(next(&spots, (0, 2), Step::Previous), Some(2));
        assert_eq!(next(&[], (0, 0), Step::Previous), None);
    }
}

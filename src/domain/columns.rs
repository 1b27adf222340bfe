//! How somebody wants the columns of a list: which, and in which order. Kept as one line of names: `number,-units,state`.

use super::views::ListName;
use std::fmt;

/// Longest kept layout, characters.
pub const LAYOUT_CHARS_MAX: usize = 1_000;
/// Most columns in one layout.
pub const LAYOUT_COLUMNS_MAX: usize = 64;
/// Layouts kept at most, over all people and lists.
pub const LAYOUTS_MAX: usize = 5_000;

/// Names of columns in order, each on show or hidden. Names nobody knows any more are passed over when it is used; a
/// column it does not name comes last, as the list declares it. Empty is how the list is declared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout(Vec<(String, bool)>);

impl Layout {
    /// These columns in this order.
    pub fn of<'a>(columns: impl IntoIterator<Item = (&'a str, bool)>) -> Self {
        Self(
            columns
                .into_iter()
                .take(LAYOUT_COLUMNS_MAX)
                .map(|(name, is_shown)| (name.to_owned(), is_shown))
                .collect(),
        )
    }

    /// Reads a kept line; whatever is no name in it is left out.
    pub fn parse(text: &str) -> Self {
        let is_name = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let columns = text
            .split(',')
            .take(LAYOUT_COLUMNS_MAX)
            .filter_map(|part| {
                let part = part.trim();
                let (name, is_shown) = match part.strip_prefix('-') {
                    Some(name) => (name, false),
                    None => (part, true),
                };
                is_name(name).then(|| (name.to_owned(), is_shown))
            })
            .collect();
        Self(columns)
    }

    /// Whether the list stands as it is declared.
    pub fn is_declared(&self) -> bool {
        self.0.is_empty()
    }

    /// The declared columns (`name`, shown at first) as this layout wants them: places in the declaration, and whether
    /// each is on show. At least one always is.
    pub fn arrange(&self, declared: &[(&str, bool)]) -> Vec<(usize, bool)> {
        let mut out: Vec<(usize, bool)> = Vec::with_capacity(declared.len());
        for (name, is_shown) in &self.0 {
            let at = declared.iter().position(|(known, _)| known == name);
            if let Some(at) = at.filter(|at| out.iter().all(|(taken, _)| taken != at)) {
                out.push((at, *is_shown));
            }
        }
        for (at, (_, is_shown)) in declared.iter().enumerate() {
            if out.iter().all(|(taken, _)| *taken != at) {
                out.push((at, *is_shown));
            }
        }
        if out.iter().all(|(_, is_shown)| !is_shown) {
            return Self::default_of(declared);
        }
        out
    }

    fn default_of(declared: &[(&str, bool)]) -> Vec<(usize, bool)> {
        declared
            .iter()
            .enumerate()
            .map(|(at, (_, is_shown))| (at, *is_shown))
            .collect()
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, is_shown)) in self.0.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            let minus = if *is_shown { "" } else { "-" };
            write!(f, "{comma}{minus}{name}")?;
        }
        Ok(())
    }
}

/// A list's layout as somebody left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptLayout {
    pub list: ListName,
    pub layout: Layout,
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECLARED: &[(&str, bool)] = &[("a", true), ("b", true), ("c", false)];

    #[test]
    fn a_kept_layout_reads_back_as_it_was() {
        let layout = Layout::of([("c", true), ("a", false)]);
        assert_eq!(layout.to_string(), "c,-a");
        assert_eq!(Layout::parse("c,-a"), layout);
        assert!(Layout::parse("").is_declared());
    }

    #[test]
    fn names_nobody_knows_any_more_are_passed_over_and_new_columns_come_last() {
        let layout = Layout::parse("gone,-b,b,b; drop,c");
        assert_eq!(layout.arrange(DECLARED), [(1, false), (2, true), (0, true)]);
    }

    #[test]
    fn a_list_never_loses_its_last_column() {
        let none = Layout::parse("-a,-b,-c");
        assert_eq!(
            none.arrange(DECLARED),
            [(0, true), (1, true), (2, false)],
            "as declared"
        );
    }
}

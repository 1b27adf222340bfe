//! What the source systems call their locations, so that people read names where the systems use ids.

/// Shortest id that is replaced inside other text; shorter ones could be part of a word.
const ID_CHARS_MIN: usize = 6;

/// Names of source locations by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places(Vec<(String, String)>);

impl Places {
    /// Places from ids and names.
    pub fn of(mut known: Vec<(String, String)>) -> Self {
        known.retain(|(id, _)| id.chars().count() >= ID_CHARS_MIN);
        known.sort();
        known.dedup();
        Self(known)
    }

    /// Whether a person who writes `word` means this place: its id, or its name in any case.
    #[must_use]
    pub fn is_meant(&self, id: &str, word: &str) -> bool {
        id == word
            || self
                .0
                .iter()
                .any(|(known, name)| known == id && name.eq_ignore_ascii_case(word))
    }

    /// The text with every id of a place replaced by its name: `MUG@6f3c…` becomes `MUG at Main`.
    #[must_use]
    pub fn say(&self, text: String) -> String {
        let mut said = text;
        for (id, name) in &self.0 {
            if said.contains(id.as_str()) {
                said = said
                    .replace(&format!("@{id}"), &format!(" at {name}"))
                    .replace(id.as_str(), name);
            }
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_the_name_of_its_place_wherever_it_stands() {
        let places = Places::of(vec![
            ("6f3c-11".to_owned(), "Main".to_owned()),
            ("UK".to_owned(), "United Kingdom".to_owned()),
        ]);
        assert_eq!(places.say("6f3c-11".to_owned()), "Main");
        assert_eq!(places.say("MUG@6f3c-11".to_owned()), "MUG at Main");
        assert_eq!(
            places.say("STOCK_SNAPSHOT MUG@6f3c-11, then PLATE@6f3c-11".to_owned()),
            "STOCK_SNAPSHOT MUG at Main, then PLATE at Main"
        );
        assert_eq!(
            places.say("UK-MUG".to_owned()),
            "UK-MUG",
            "too short to be told from a word"
        );
        assert_eq!(places.say("9999-99".to_owned()), "9999-99");
        assert!(places.is_meant("6f3c-11", "6f3c-11") && places.is_meant("6f3c-11", "main"));
        assert!(!places.is_meant("6f3c-11", "Overseas"));
    }
}

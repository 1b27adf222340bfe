//! Keys are data: the defaults of `assets/keymap.toml`, and a user's file over them. Mistakes name file and line.

use super::action::{Action, Context};
use super::key::Key;
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};

/// Keys of one action.
pub const KEYS_MAX: usize = 8;

/// A mistake in a keymap file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {what}")]
pub struct KeymapError {
    /// File as given.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong, and what there is instead.
    pub what: String,
}

/// Which key does what, by context.
#[derive(Debug, Clone, Default)]
pub struct Keymap {
    by_key: BTreeMap<(Context, Key), Action>,
    by_action: BTreeMap<Action, Vec<Key>>,
}

impl Keymap {
    /// The built-in keys.
    pub fn built_in() -> Self {
        let mut keymap = Self::default();
        // The embedded file is checked by a test; were it wrong, Ctrl-C below still ends the program.
        if keymap
            .overlay(
                "assets/keymap.toml",
                include_str!("../../../assets/keymap.toml"),
            )
            .is_err()
        {
            keymap.by_action.clear();
            keymap.by_key.clear();
        }
        keymap
            .by_key
            .insert((Context::Global, Key::ctrl('c')), Action::QuitNow);
        keymap
    }

    /// Lays a user's file over these keys. On a mistake nothing of it applies.
    pub fn overlay(&mut self, file: &str, text: &str) -> Result<(), KeymapError> {
        let mut changed = self.clone();
        let fail = |offset: usize, what: String| KeymapError {
            file: file.to_owned(),
            line: line_of(text, offset),
            what,
        };
        let table = DeTable::parse(text).map_err(|error| {
            let offset = error.span().map_or(0, |s| s.start);
            fail(offset, error.message().to_owned())
        })?;
        let mut seen: BTreeMap<(Context, Key), (Action, usize)> = BTreeMap::new();
        for (name, value) in table.get_ref() {
            let at = name.span().start;
            let Some(context) = Context::ALL
                .iter()
                .copied()
                .find(|c| c.name() == name.get_ref())
            else {
                let known: Vec<&str> = Context::ALL.iter().map(|c| c.name()).collect();
                return Err(fail(
                    at,
                    format!(
                        "no table is called [{}]; there are {}",
                        name.get_ref(),
                        known.join(", ")
                    ),
                ));
            };
            let DeValue::Table(entries) = value.get_ref() else {
                return Err(fail(at, format!("[{}] must be a table", context.name())));
            };
            for (action_name, keys) in entries {
                let at = action_name.span().start;
                let action =
                    find_action(context, action_name.get_ref()).map_err(|what| fail(at, what))?;
                let keys = read_keys(keys.get_ref()).map_err(|what| fail(at, what))?;
                for key in &keys {
                    let line = line_of(text, at);
                    if let Some((other, other_line)) = seen.insert((context, *key), (action, line))
                        && other != action
                    {
                        return Err(fail(
                            at,
                            format!(
                                "{key} is given to {} in line {other_line} as well",
                                other.info().name
                            ),
                        ));
                    }
                }
                changed.bind(action, keys);
            }
        }
        *self = changed;
        Ok(())
    }

    fn bind(&mut self, action: Action, keys: Vec<Key>) {
        let context = action.info().context;
        self.by_key.retain(|_, bound| *bound != action);
        for key in &keys {
            if let Some(loser) = self.by_key.insert((context, *key), action)
                && let Some(rest) = self.by_action.get_mut(&loser)
            {
                rest.retain(|k| k != key);
            }
        }
        self.by_action.insert(action, keys);
    }

    /// The action of a key, looking through the contexts in order.
    pub fn resolve(&self, key: Key, contexts: &[Context]) -> Option<Action> {
        contexts
            .iter()
            .find_map(|context| self.by_key.get(&(*context, key)).copied())
    }

    /// Keys of an action, the first one to be shown.
    pub fn keys(&self, action: Action) -> &[Key] {
        self.by_action.get(&action).map_or(&[], Vec::as_slice)
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()
        .iter()
        .take(offset)
        .filter(|b| **b == b'\n')
        .count()
        + 1
}

fn find_action(context: Context, name: &str) -> Result<Action, String> {
    match Action::parse(name) {
        Some(action) if action.info().context == context => Ok(action),
        Some(action) => Err(format!(
            "{name} belongs in [{}]",
            action.info().context.name()
        )),
        None => {
            let known: Vec<&str> = Action::ALL
                .iter()
                .map(|a| a.info())
                .filter(|i| i.context == context)
                .map(|i| i.name)
                .collect();
            Err(format!(
                "no action is called {name:?}; [{}] has {}",
                context.name(),
                known.join(", ")
            ))
        }
    }
}

fn read_keys(value: &DeValue<'_>) -> Result<Vec<Key>, String> {
    let one = |text: &str| Key::parse(text).ok_or_else(|| format!("{text:?} is not a key"));
    match value {
        DeValue::String(text) => Ok(vec![one(text)?]),
        DeValue::Array(items) => {
            let mut keys = Vec::new();
            for item in items.iter().take(KEYS_MAX) {
                match item.get_ref() {
                    DeValue::String(text) => keys.push(one(text)?),
                    _ => return Err("keys are texts, such as \"a\" or \"ctrl-l\"".to_owned()),
                }
            }
            Ok(keys)
        }
        _ => Err("expected a key or a list of keys".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::Code;
    use super::*;

    #[test]
    fn every_action_has_a_key_and_the_file_has_no_mistake() {
        let mut keymap = Keymap::default();
        keymap
            .overlay(
                "assets/keymap.toml",
                include_str!("../../../assets/keymap.toml"),
            )
            .unwrap();
        for action in Action::ALL {
            assert!(!keymap.keys(*action).is_empty(), "{action:?} has no key");
        }
    }

    #[test]
    fn keys_of_an_object_never_hide_a_key_that_works_everywhere() {
        let keymap = Keymap::built_in();
        let outer: Vec<Key> = keymap
            .by_key
            .keys()
            .filter(|(c, _)| matches!(c, Context::Global | Context::List))
            .map(|(_, k)| *k)
            .collect();
        for (context, key) in keymap.by_key.keys() {
            // A sheet of checks is in its own order and has no filter, a page is no list: the keys of lists mean
            // nothing there.
            let is_apart = matches!(context, Context::Check | Context::Page)
                && !keymap.by_key.contains_key(&(Context::Global, *key));
            if !is_apart && !matches!(context, Context::Global | Context::List) {
                assert!(!outer.contains(key), "{key} in {context:?}");
            }
        }
    }

    #[test]
    fn what_an_exception_is_about_never_hides_a_key_of_the_exception() {
        let keymap = Keymap::built_in();
        let keys = |wanted: Context| {
            let mut found: Vec<Key> = keymap
                .by_key
                .keys()
                .filter(|(c, _)| *c == wanted)
                .map(|(_, k)| *k)
                .collect();
            // One key maps, whatever it is that is not mapped.
            found.retain(|key| *key != Key::char('m'));
            found
        };
        let of_exceptions = keys(Context::Exception);
        for context in [
            Context::Return,
            Context::Lane,
            Context::Stock,
            Context::Site,
            Context::Refund,
        ] {
            for key in keys(context) {
                assert!(!of_exceptions.contains(&key), "{key} in {context:?}");
            }
        }
    }

    #[test]
    fn what_stands_beside_an_order_or_a_return_hides_no_key_of_it() {
        let keymap = Keymap::built_in();
        let keys = |wanted: Context| -> Vec<Key> {
            let all = keymap.by_key.keys();
            all.filter(|(c, _)| *c == wanted).map(|(_, k)| *k).collect()
        };
        let sets = [
            // The page of an order: its refunds, itself, its site, a delivery under the cursor.
            &[
                Context::Refund,
                Context::Order,
                Context::Site,
                Context::Delivery,
            ][..],
            // The page of a return, and of a case about one.
            &[Context::Refund, Context::Return][..],
        ];
        for set in sets {
            let mut seen: Vec<Key> = Vec::new();
            for context in set {
                let own = keys(*context);
                assert!(!own.is_empty(), "{context:?}");
                for key in &own {
                    assert!(!seen.contains(key), "{key} in {context:?}");
                }
                seen.extend(own);
            }
        }
    }

    #[test]
    fn a_users_file_replaces_only_what_it_names() {
        let mut keymap = Keymap::built_in();
        keymap
            .overlay("mine.toml", "[exception]\nacknowledge = \"x\"\n")
            .unwrap();
        let on_exception = [Context::Exception, Context::Global];
        assert_eq!(
            keymap.resolve(Key::char('x'), &on_exception),
            Some(Action::Acknowledge)
        );
        assert_eq!(keymap.resolve(Key::char('a'), &on_exception), None);
        assert_eq!(
            keymap.resolve(Key::plain(Code::Esc), &on_exception),
            Some(Action::Back)
        );
    }

    #[test]
    fn mistakes_name_file_line_and_alternatives() {
        let mut keymap = Keymap::built_in();
        let error = |keymap: &mut Keymap, text: &str| {
            keymap.overlay("mine.toml", text).unwrap_err().to_string()
        };
        let text = error(&mut keymap, "[list]\n\nfliter = \"x\"\n");
        assert!(
            text.starts_with(
                "mine.toml, line 3: no action is called \"fliter\"; [list] has filter"
            ),
            "{text}"
        );
        let text = error(&mut keymap, "[order]\nhold = \"x\"\nrelease = [\"x\"]\n");
        assert!(text.contains("x is given to"), "{text}");
        let text = error(&mut keymap, "[order]\nhold = \"ctrl-shift-x\"\n");
        assert!(
            text.contains("line 2") && text.contains("is not a key"),
            "{text}"
        );
        let text = error(&mut keymap, "[order]\nhold = \n");
        assert!(text.starts_with("mine.toml, line 2"), "{text}");
        assert_eq!(
            keymap.resolve(Key::char('h'), &[Context::Order]),
            Some(Action::Hold),
            "a broken file changes nothing"
        );
    }
}

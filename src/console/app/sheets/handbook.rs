//! A text of the handbook as a page, and the chapter of keys, which is made from the table of actions.

use crate::console::app::action::{Action, Context};
use crate::console::app::doc::{Doc, DocLine};
use crate::console::app::keymap::Keymap;
use crate::console::app::markdown;
use crate::handbook::Topic;
use std::fmt::Write as _;

/// The chapter of keys in Markdown: every action under the part of the screen it belongs to, with the keys as they are
/// now, yours included.
pub fn keys(keymap: &Keymap) -> String {
    let mut out = String::from("# Keys\n");
    for context in Context::ALL {
        let _ = write!(
            out,
            "\n## {}\n\n| key | does |\n|---|---|\n",
            context.title()
        );
        for action in Action::ALL.iter().filter(|a| a.info().context == *context) {
            let keys: Vec<String> = keymap
                .keys(*action)
                .iter()
                .map(ToString::to_string)
                .collect();
            let info = action.info();
            let _ = writeln!(
                out,
                "| `{}` | {}: {} |",
                keys.join(" "),
                info.title,
                info.help
            );
        }
    }
    out
}

/// The page of a topic, and where the line of its source stands on it.
pub fn page(topic: Topic, keymap: &Keymap, line: usize) -> (Doc, usize) {
    let text = match topic {
        Topic::Keys => keys(keymap),
        _ => topic.text(),
    };
    let numbered = markdown::numbered(&text);
    let at = numbered.iter().rposition(|(n, _)| *n <= line).unwrap_or(0);
    let lines: Vec<DocLine> = numbered.into_iter().map(|(_, line)| line).collect();
    (Doc::default().tab(topic.title(), lines), at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chapter_of_keys_has_every_action() {
        let text = keys(&Keymap::built_in());
        for action in Action::ALL {
            assert!(text.contains(action.info().help), "{action:?}");
        }
        assert!(text.contains("| `/` | Filter:"), "{text}");
    }
}

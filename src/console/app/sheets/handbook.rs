//! A text of the handbook as a page, and the chapter of keys, which is made from the table of actions.

use crate::console::app::action::{Action, Context};
use crate::console::app::doc::{Doc, DocLine};
use crate::console::app::keymap::Keymap;
use crate::console::app::markdown;
use crate::handbook::{Keys, Topic};
use std::fmt::Write as _;

/// The chapter of keys in Markdown: every action under the part of the screen it belongs to, with the keys as they are
/// now, yours included.
fn chapter(keymap: &Keymap) -> String {
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
                "| `{}` | {}: {}{} |",
                keys.join(" "),
                info.title,
                info.help,
                info.verb
                    .map_or_else(String::new, |verb| format!(" (`tallyman {verb}`)"))
            );
        }
    }
    out
}

/// The keys as they are now: the chapter, and what stands in a text for an action.
pub fn keys(keymap: &Keymap) -> Keys {
    let first = |action: &Action| keymap.keys(*action).first().map(ToString::to_string);
    let by_action = Action::ALL
        .iter()
        .filter_map(|action| Some((action.info().name, first(action)?)))
        .collect();
    Keys::new(chapter(keymap), by_action)
}

/// The page of a topic, and where the line of its source stands on it.
pub fn page(topic: Topic, keys: &Keys, line: usize) -> (Doc, usize) {
    let text = topic.text(keys);
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
        let text = chapter(&Keymap::built_in());
        for action in Action::ALL {
            assert!(text.contains(action.info().help), "{action:?}");
        }
        assert!(text.contains("| `/` | Filter:"), "{text}");
        assert!(text.contains("(`tallyman exceptions ack`) |"), "{text}");
    }
}

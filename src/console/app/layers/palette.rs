//! Go anywhere or do anything by name: the actions of the table and the places, matched by letters in order.

use super::super::action::Action;
use super::super::field::Field;
use super::super::fuzzy;
use super::super::key::{Code, Key};
use super::super::nav::Pane;
use super::help::HelpLine;
use super::{Out, Place};
use crate::domain::exception::Team;
use crate::domain::filter;

/// Something the palette offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub text: String,
    pub keys: String,
    pub what: What,
    pub refused: Option<String>,
}

/// What choosing it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Do(Action),
    Go(Place),
}

/// The layer.
#[derive(Debug, Clone)]
pub struct Palette {
    pub field: Field,
    fixed: Vec<Item>,
    /// What matches, best first.
    pub items: Vec<Item>,
    pub cursor: usize,
}

/// Panes whose lists the palette can open with a filter.
const SEARCHED: [Pane; 5] = [
    Pane::Orders,
    Pane::Exceptions,
    Pane::Stock,
    Pane::Returns,
    Pane::Audit,
];

impl Palette {
    /// A palette over these actions and all places.
    pub fn new(actions: Vec<HelpLine>) -> Self {
        let mut fixed: Vec<Item> = actions
            .into_iter()
            .filter(|l| l.action != Action::Palette)
            .map(|l| Item {
                text: match l.action.pane() {
                    Some(pane) => format!("Go to {}", pane.title()),
                    None => l.action.info().title.to_owned(),
                },
                keys: l.keys,
                what: What::Do(l.action),
                refused: l.refused,
            })
            .collect();
        for team in Team::ALL {
            fixed.push(Item {
                text: format!("Exceptions of {team}"),
                keys: String::new(),
                what: What::Go(Place::Team(*team)),
                refused: None,
            });
        }
        // What can be done now comes before what cannot.
        fixed.sort_by_key(|i| i.refused.is_some());
        let mut palette = Self {
            field: Field::line(""),
            fixed,
            items: Vec::new(),
            cursor: 0,
        };
        palette.narrow();
        palette
    }

    fn narrow(&mut self) {
        let query = self.field.text();
        let found = fuzzy::rank(&query, self.fixed.iter().map(|i| i.text.as_str()));
        self.items = found
            .into_iter()
            .filter_map(|at| self.fixed.get(at).cloned())
            .collect();
        self.cursor = 0;
        let searches = searches(query.trim());
        if self.items.is_empty() || query.trim().contains(' ') {
            self.items.splice(0..0, searches);
        } else {
            self.items.extend(searches);
        }
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Vec<Out> {
        let last = self.items.len().saturating_sub(1);
        match key.code {
            Code::Esc => return vec![Out::Close],
            Code::Enter => {
                return match self.items.get(self.cursor) {
                    Some(item) if item.refused.is_none() => match &item.what {
                        What::Do(action) => vec![Out::Close, Out::Perform(*action)],
                        What::Go(place) => vec![Out::Close, Out::Go(place.clone())],
                    },
                    _ => Vec::new(),
                };
            }
            Code::Up => self.cursor = self.cursor.saturating_sub(1),
            Code::Down | Code::Tab => self.cursor = (self.cursor + 1).min(last),
            Code::PageUp => self.cursor = self.cursor.saturating_sub(10),
            Code::PageDown => self.cursor = (self.cursor + 10).min(last),
            _ => {
                if self.field.key(key) {
                    self.narrow();
                }
            }
        }
        Vec::new()
    }

    /// Pasted text narrows.
    pub fn paste(&mut self, text: &str) {
        self.field.paste(text);
        self.narrow();
    }
}

/// Lists that could be searched for what was typed: `orders dhl` searches orders for `dhl`.
fn searches(query: &str) -> Vec<Item> {
    if query.is_empty() {
        return Vec::new();
    }
    let (first, rest) = query.split_once(' ').unwrap_or((query, ""));
    let named = SEARCHED
        .into_iter()
        .find(|p| !rest.is_empty() && p.title().eq_ignore_ascii_case(first));
    let (panes, text): (Vec<Pane>, &str) = match named {
        Some(pane) => (vec![pane], rest.trim()),
        None => (SEARCHED.to_vec(), query),
    };
    panes
        .into_iter()
        .filter(|pane| filter::parse(text, super::filter::fields(*pane)).is_ok())
        .map(|pane| Item {
            text: format!("{}: {text}", pane.title()),
            keys: String::new(),
            what: What::Go(Place::Filtered {
                pane,
                filter: text.to_owned(),
            }),
            refused: None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_in(palette: &mut Palette, text: &str) {
        for c in text.chars() {
            palette.key(Key::char(c));
        }
    }

    #[test]
    fn a_few_letters_find_an_action_and_enter_does_it() {
        let lines = Action::ALL
            .iter()
            .map(|a| HelpLine {
                action: *a,
                keys: String::new(),
                refused: None,
            })
            .collect();
        let mut palette = Palette::new(lines);
        type_in(&mut palette, "ackn");
        let out = palette.key(Key::plain(Code::Enter));
        assert!(matches!(
            out.as_slice(),
            [Out::Close, Out::Perform(Action::Acknowledge)]
        ));
    }

    #[test]
    fn a_pane_and_a_filter_go_straight_to_the_list() {
        let mut palette = Palette::new(Vec::new());
        type_in(&mut palette, "orders postcode:AB1");
        let out = palette.key(Key::plain(Code::Enter));
        assert!(matches!(
            out.last(),
            Some(Out::Go(Place::Filtered { pane: Pane::Orders, filter })) if filter == "postcode:AB1"
        ));
    }
}

//! Go anywhere or do anything by name: the actions of the table and the places, matched by letters in order.

use super::super::action::Action;
use super::super::ask::Question;
use super::super::doc::Link;
use super::super::event::Slot;
use super::super::fuzzy;
use super::super::key::Key;
use super::super::nav::Pane;
use super::super::views::pane_of;
use super::super::{sheets, words};
use super::help::HelpLine;
use super::picker::{Picked, Picker};
use super::{Out, Place};
use crate::desk::{FIND_CHARS_MIN, Found};
use crate::domain::exception::Team;
use crate::domain::filter;
use crate::domain::views::{SavedView, name_key};
use crate::handbook::Topic;
use crate::text::truncate;

/// Something the palette offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub text: String,
    pub keys: String,
    pub what: What,
    pub refused: Option<String>,
}

impl Item {
    /// Whether it is a saved view with these letters in its name.
    fn is_view_named(&self, letters: &str) -> bool {
        match &self.what {
            What::Go(Place::View(view)) => !letters.is_empty() && view.key().contains(letters),
            _ => false,
        }
    }
}

/// What choosing it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Do(Action),
    Go(Place),
    Read(Topic),
    Open(Link, String),
}

impl What {
    fn out(&self) -> Out {
        match self {
            Self::Do(action) => Out::Perform(*action),
            Self::Go(place) => Out::Go(place.clone()),
            Self::Read(topic) => Out::Read(*topic, 0),
            Self::Open(link, title) => Out::Open(link.clone(), title.clone()),
        }
    }
}

/// The layer.
#[derive(Debug, Clone)]
pub struct Palette {
    pub picker: Picker,
    fixed: Vec<Item>,
    /// What carries the number that was typed.
    found: Vec<Item>,
    /// Why it could not be looked for.
    pub trouble: Option<String>,
    /// What matches, best first.
    pub items: Vec<Item>,
    pub title: &'static str,
    /// Whether lists can be searched for what is typed.
    is_searching: bool,
}

/// Columns of a saved view in the choice among them.
const VIEW_COLUMNS: usize = 52;
/// Columns of who saved it.
const SAVER_COLUMNS: usize = 14;
/// Columns of something found by its number.
const FOUND_COLUMNS: usize = 54;

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
    pub fn new(actions: Vec<HelpLine>, views: &[SavedView]) -> Self {
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
        fixed.extend(views.iter().filter_map(|saved| {
            pane_of(saved.view.list)?;
            let text = format!("View of {}: {}", saved.view.list, saved.view.name);
            Some(of_view(saved, text))
        }));
        fixed.extend(Topic::all().map(|topic| Item {
            text: format!("Read: {}", topic.title()),
            keys: String::new(),
            what: What::Read(topic),
            refused: None,
        }));
        // What can be done now comes before what cannot.
        fixed.sort_by_key(|i| i.refused.is_some());
        Self::over(fixed, "Go or do", true)
    }

    /// A choice among the saved views of one list.
    pub fn of_views<'v>(views: impl Iterator<Item = &'v SavedView>) -> Self {
        let items = views.map(|saved| {
            let text = format!("{}  {}", saved.view.name, saved.view.says());
            of_view(saved, truncate(&text, VIEW_COLUMNS))
        });
        Self::over(items.collect(), "Saved views", false)
    }

    fn over(fixed: Vec<Item>, title: &'static str, is_searching: bool) -> Self {
        let mut palette = Self {
            picker: Picker::new(),
            fixed,
            found: Vec::new(),
            trouble: None,
            items: Vec::new(),
            title,
            is_searching,
        };
        palette.narrow();
        palette
    }

    fn narrow(&mut self) {
        let query = self.picker.text();
        let found = fuzzy::rank(&query, self.fixed.iter().map(|i| i.text.as_str()));
        self.items = found
            .into_iter()
            .filter_map(|at| self.fixed.get(at).cloned())
            .collect();
        if !self.is_searching {
            return;
        }
        let searches = searches(query.trim());
        if self.items.is_empty() || query.trim().contains(' ') {
            self.items.splice(0..0, searches);
        } else {
            self.items.extend(searches);
        }
        // A view is called by the name somebody gave it, which may have blanks: it comes before a search for the words.
        let named = name_key(&query);
        self.items.sort_by_key(|item| !item.is_view_named(&named));
        // Who types a number means the thing that carries it.
        self.items.splice(0..0, self.found.iter().cloned());
    }

    /// Narrows to what was typed, and asks the store what carries it.
    fn typed(&mut self) -> Vec<Out> {
        self.found.clear();
        self.trouble = None;
        self.narrow();
        let text = self.picker.text().trim().to_owned();
        let is_number = text.starts_with('#') || text.chars().any(|c| c.is_ascii_digit());
        if !self.is_searching || !(is_number || text.chars().count() >= FIND_CHARS_MIN) {
            return Vec::new();
        }
        vec![Out::Ask(Slot::Find, Question::Find(text))]
    }

    /// What the store knows under it. The cursor stays on its row.
    pub fn take_found(&mut self, found: Result<Vec<Found>, String>) {
        match found {
            Ok(found) => {
                self.found = found.iter().map(of_found).collect();
                if self.picker.cursor > 0 {
                    self.picker.cursor += self.found.len();
                }
            }
            Err(trouble) => self.trouble = Some(trouble),
        }
        self.narrow();
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Vec<Out> {
        match self.picker.key(key, self.items.len()) {
            Picked::Leave => return vec![Out::Close],
            Picked::Chosen => {
                let item = self.items.get(self.picker.cursor);
                if let Some(item) = item.filter(|i| i.refused.is_none()) {
                    return vec![Out::Close, item.what.out()];
                }
            }
            Picked::Typed => return self.typed(),
            Picked::Stayed => {}
        }
        Vec::new()
    }

    /// Pasted text narrows.
    pub fn paste(&mut self, text: &str) -> Vec<Out> {
        self.picker.paste(text);
        self.typed()
    }
}

/// A saved view as something to go to; who saved it stands where others have their keys.
fn of_view(saved: &SavedView, text: String) -> Item {
    Item {
        text,
        keys: truncate(&saved.saved_by, SAVER_COLUMNS),
        what: What::Go(Place::View(saved.view.clone())),
        refused: None,
    }
}

/// Something that carries the number, as something to open; its pair stands where others have their keys.
fn of_found(found: &Found) -> Item {
    let (text, pair, link, title) = match found {
        Found::Order(row) => (
            format!(
                "Order {}  {}  {}",
                row.number,
                words::order_state(row.state).0,
                row.reference
            ),
            &row.pair,
            Link::Order(row.id),
            sheets::order::title(row),
        ),
        Found::Item { pair, item, name } => {
            let link = Link::Item {
                pair: pair.clone(),
                item: item.clone(),
            };
            let title = format!("Item {item}");
            (format!("{title}  {name}"), pair, link, title)
        }
        Found::Return {
            pair,
            reference,
            order_number,
        } => {
            let link = Link::Return {
                pair: pair.clone(),
                reference: reference.clone(),
            };
            let title = format!("Return {reference}");
            (
                format!("{title}  of order {order_number}"),
                pair,
                link,
                title,
            )
        }
        Found::Exception(row) => (
            format!("Exception {}  {}", row.id, sheets::exception::title(row)),
            &row.pair,
            Link::Exception(row.id),
            sheets::exception::title(row),
        ),
    };
    Item {
        text: truncate(&text, FOUND_COLUMNS),
        keys: truncate(pair.as_str(), SAVER_COLUMNS),
        what: What::Open(link, title),
        refused: None,
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
    use crate::console::app::key::Code;

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
        let mut palette = Palette::new(lines, &[]);
        type_in(&mut palette, "ackn");
        let out = palette.key(Key::plain(Code::Enter));
        assert!(matches!(
            out.as_slice(),
            [Out::Close, Out::Perform(Action::Acknowledge)]
        ));
    }

    #[test]
    fn a_pane_and_a_filter_go_straight_to_the_list() {
        let mut palette = Palette::new(Vec::new(), &[]);
        type_in(&mut palette, "orders postcode:AB1");
        let out = palette.key(Key::plain(Code::Enter));
        assert!(matches!(
            out.last(),
            Some(Out::Go(Place::Filtered { pane: Pane::Orders, filter })) if filter == "postcode:AB1"
        ));
    }
}

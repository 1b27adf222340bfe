//! The filter line: the language of lists, read and explained while it is typed.

use super::super::field::Field;
use super::super::key::{Code, Key};
use super::super::nav::Pane;
use super::Out;
use crate::domain::filter::{self, FieldSpec, NamedFilter, VIEW_FIELD, lists};
use tui_textarea::CursorMove;

/// Fields of a pane's list.
pub const fn fields(pane: Pane) -> &'static [FieldSpec] {
    match pane {
        Pane::Exceptions | Pane::Checks => lists::EXCEPTIONS,
        Pane::Orders => lists::ORDERS,
        Pane::Mappings => lists::MAPPINGS,
        Pane::Stock => lists::STOCK,
        Pane::Returns => lists::RETURNS,
        Pane::Audit | Pane::Live => lists::AUDIT,
    }
}

/// The line.
#[derive(Debug, Clone)]
pub struct FilterLine {
    fields: &'static [FieldSpec],
    /// Saved views of the list.
    views: Vec<NamedFilter>,
    pub field: Field,
    /// What Esc goes back to.
    before: String,
    /// What the text means, or what is wrong with it.
    pub says: Result<String, String>,
    pub completions: Vec<String>,
    /// The completion last taken.
    pub pick: Option<usize>,
    /// Where the completed part began, and what was typed of it.
    part: (usize, usize),
}

impl FilterLine {
    /// A line that starts with the list's present filter.
    pub fn new(fields: &'static [FieldSpec], views: Vec<NamedFilter>, text: &str) -> Self {
        let mut line = Self {
            fields,
            views,
            field: Field::line(text),
            before: text.to_owned(),
            says: Ok(String::new()),
            completions: Vec::new(),
            pick: None,
            part: (0, 0),
        };
        line.read();
        line
    }

    fn cursor(&self) -> usize {
        self.field.area.cursor().1
    }

    /// Reads the text; `true` when it is a filter.
    fn read(&mut self) -> bool {
        let text = self.field.text();
        let fields = self.fields;
        self.completions = filter::complete(&text, self.cursor(), fields, &self.views);
        self.part = filter::part_at(&text, self.cursor());
        self.pick = None;
        match filter::parse_with(&text, fields, &self.views) {
            Ok(parsed) => {
                self.says = Ok(filter::explain(&parsed, fields));
                true
            }
            Err(error) => {
                self.says = Err(error.to_string());
                false
            }
        }
    }

    /// A word that could become a field's name is not looked for yet: `team` on the way to `team:warehouse`.
    fn is_half_a_field(&self) -> bool {
        let (from, to) = self.part;
        let text = self.field.text();
        let part: String = text.chars().skip(from).take(to - from).collect();
        let part = part.trim_start_matches('-').to_ascii_lowercase();
        let names = self.fields.iter().map(|f| f.name);
        let view = Some(VIEW_FIELD).filter(|_| !self.views.is_empty());
        !part.is_empty() && names.chain(view).any(|name| name.starts_with(&part))
    }

    fn changed(&mut self) -> Vec<Out> {
        if self.read() && !self.is_half_a_field() {
            vec![Out::Filter(self.field.text())]
        } else {
            Vec::new()
        }
    }

    /// Puts the next completion in place of the part being typed.
    fn complete(&mut self) -> Vec<Out> {
        if self.completions.is_empty() {
            return Vec::new();
        }
        let pick = self.pick.map_or(0, |p| (p + 1) % self.completions.len());
        let Some(choice) = self.completions.get(pick).cloned() else {
            return Vec::new();
        };
        let text = self.field.text();
        let (from, to) = self.part;
        let head: String = text.chars().take(from).collect();
        let tail: String = text.chars().skip(to).collect();
        let end = from + choice.chars().count();
        self.field = Field::line(&format!("{head}{choice}{tail}"));
        let column = u16::try_from(end).unwrap_or(u16::MAX);
        self.field.area.move_cursor(CursorMove::Jump(0, column));
        let fields = self.fields;
        let text = self.field.text();
        self.pick = Some(pick);
        self.part = (from, end);
        match filter::parse_with(&text, fields, &self.views) {
            Ok(parsed) => {
                self.says = Ok(filter::explain(&parsed, fields));
                vec![Out::Filter(text)]
            }
            Err(error) => {
                self.says = Err(error.to_string());
                Vec::new()
            }
        }
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Vec<Out> {
        match key.code {
            Code::Esc => vec![Out::Filter(self.before.clone()), Out::Close],
            Code::Enter if self.says.is_ok() => {
                vec![Out::Filter(self.field.text()), Out::Close]
            }
            Code::Tab => self.complete(),
            _ => {
                let before = self.field.text();
                if self.field.key(key) && self.field.text() != before {
                    self.changed()
                } else {
                    if !self.field.is_blank() {
                        self.read();
                    }
                    Vec::new()
                }
            }
        }
    }

    /// Pasted text is typed text.
    pub fn paste(&mut self, text: &str) -> Vec<Out> {
        self.field.paste(text);
        self.changed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(line: &mut FilterLine, text: &str) -> Vec<Out> {
        let mut out = Vec::new();
        for c in text.chars() {
            out = line.key(Key::char(c));
        }
        out
    }

    #[test]
    fn the_filter_applies_as_it_is_typed_and_esc_goes_back_to_the_one_before() {
        let mut line = FilterLine::new(fields(Pane::Exceptions), Vec::new(), "");
        let out = typed(&mut line, "dhl");
        assert!(matches!(out.as_slice(), [Out::Filter(text)] if text == "dhl"));
        let out = line.key(Key::plain(Code::Esc));
        assert!(matches!(out.as_slice(), [Out::Filter(text), Out::Close] if text.is_empty()));
    }

    #[test]
    fn a_mistake_is_said_and_does_not_reach_the_list() {
        let mut line = FilterLine::new(fields(Pane::Exceptions), Vec::new(), "");
        let out = typed(&mut line, "severity:9");
        assert!(out.is_empty());
        assert!(line.says.is_err());
        assert!(line.key(Key::plain(Code::Enter)).is_empty());
    }

    #[test]
    fn tab_completes_the_part_at_the_cursor() {
        let mut line = FilterLine::new(fields(Pane::Exceptions), Vec::new(), "");
        typed(&mut line, "team:ware");
        let out = line.key(Key::plain(Code::Tab));
        assert_eq!(line.field.text().trim(), "team:warehouse");
        assert!(matches!(out.as_slice(), [Out::Filter(_)]));
    }
}

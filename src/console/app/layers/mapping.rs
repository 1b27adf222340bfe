//! The mapping editor: what a value means in the other system, completed from that system's own list, previewed, applied.

use super::super::ask::{Act, MappingPreview, Question};
use super::super::event::Slot;
use super::super::field::Field;
use super::super::fuzzy;
use super::super::key::{Code, Key};
use super::super::list::Load;
use super::{Guard, Out};
use crate::domain::ids::PairId;
use crate::domain::mapping::{Attributes, Mapping, MappingEdit, MappingKind, Target};
use crate::domain::near::near_matches;
use crate::domain::stock::StockPosition;
use crate::domain::time::Ts;
use crate::domain::wanted::Wanted;
use crate::text;
use std::collections::HashMap;

/// Completions on show.
pub const COMPLETIONS_SHOWN: usize = 8;

/// A field of the editor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    Kind,
    From,
    To,
    Attributes,
    Reason,
}

/// How far one is.
#[derive(Debug, Clone)]
pub enum Stage {
    Editing,
    /// The preview was asked for.
    Asking,
    /// What applying would do; Enter applies.
    Preview(MappingPreview),
}

/// The editor.
#[derive(Debug, Clone)]
pub struct MappingEditor {
    pub pair: PairId,
    pub kind: MappingKind,
    /// An existing value or an exception's cannot be changed here.
    pub is_from_fixed: bool,
    pub is_removal: bool,
    pub from: Field,
    pub to: Field,
    pub attributes: Field,
    pub reason: Field,
    pub focus: Focus,
    pub targets: Vec<Target>,
    pub load: Load,
    /// Numbers of the targets that match what is typed, best first.
    pub matches: Vec<usize>,
    pub pick: usize,
    /// A completion was chosen with the arrows; without it an empty field picks nothing.
    has_picked: bool,
    pub stage: Stage,
    pub error: Option<String>,
    pub guard: Guard,
    is_touched: bool,
}

impl MappingEditor {
    /// An editor for a value, or for a new one when `from` is empty. The second part asks for completions.
    pub fn new(pair: PairId, kind: MappingKind, from: &str, reason: &str) -> (Self, Out) {
        let is_from_fixed = !from.is_empty();
        let editor = Self {
            is_from_fixed,
            is_removal: false,
            from: Field::line(from),
            to: Field::line(""),
            attributes: Field::line(""),
            reason: Field::line(reason),
            focus: if is_from_fixed {
                Focus::To
            } else {
                Focus::Kind
            },
            targets: Vec::new(),
            load: Load::Loading,
            matches: Vec::new(),
            pick: 0,
            has_picked: false,
            stage: Stage::Editing,
            error: None,
            guard: Guard::default(),
            is_touched: false,
            pair,
            kind,
        };
        let ask = editor.ask_targets();
        (editor, ask)
    }

    /// An editor for a mapping that exists.
    pub fn of(mapping: &Mapping) -> (Self, Out) {
        let (mut editor, ask) =
            Self::new(mapping.pair.clone(), mapping.kind, &mapping.from, "changed");
        editor.to = Field::line(&mapping.to);
        editor.attributes = Field::line(&attributes_text(&mapping.attributes));
        (editor, ask)
    }

    /// An editor for what a case asks for: what it says stands there already.
    pub fn wanted(pair: &PairId, wanted: &Wanted, reason: &str) -> (Self, Out) {
        let (mut editor, ask) = Self::new(pair.clone(), wanted.kind, &wanted.from, reason);
        editor.to = Field::line(&wanted.to);
        editor.attributes = Field::line(&attributes_text(&wanted.attributes));
        if !editor.is_from_fixed {
            editor.focus = Focus::From;
        }
        (editor, ask)
    }

    /// An editor for a row a case is about; with another target to be named, or with the one it has.
    pub fn again(row: &Mapping, keeps_target: bool, reason: &str) -> (Self, Out) {
        let (mut editor, ask) = Self::of(row);
        editor.reason = Field::line(reason);
        if !keeps_target {
            editor.to = Field::line("");
        }
        (editor, ask)
    }

    /// An editor for the units of an item that are kept back from sale, wherever the pair publishes it.
    pub fn buffer(position: &StockPosition) -> (Self, Out) {
        let scope = format!("item:{}", position.item);
        let reason = format!("{} at risk", position.item);
        Self::new(position.pair.clone(), MappingKind::Buffer, &scope, &reason)
    }

    /// A removal goes straight to its preview.
    pub fn removal(mapping: &Mapping) -> (Self, Out) {
        let (mut editor, _) =
            Self::new(mapping.pair.clone(), mapping.kind, &mapping.from, "removed");
        editor.is_removal = true;
        editor.focus = Focus::Reason;
        editor.to = Field::line(&mapping.to);
        let ask = editor.ask_preview();
        (editor, ask)
    }

    fn ask_targets(&self) -> Out {
        Out::Ask(
            Slot::Targets,
            Question::Targets {
                pair: self.pair.clone(),
                kind: self.kind,
            },
        )
    }

    /// Whether something was typed.
    pub fn is_changed(&self) -> bool {
        self.is_touched
    }

    /// The layer was shown; only a preview can be answered.
    pub fn painted(&mut self, now: Ts) {
        if matches!(self.stage, Stage::Preview(_)) {
            self.guard.painted(now);
        }
    }

    /// The values of the other system.
    pub fn take_targets(&mut self, answer: Result<Vec<Target>, String>) {
        match answer {
            Ok(targets) => {
                self.targets = targets;
                self.load = Load::Ready;
                self.narrow();
            }
            Err(text) => self.load = Load::Failed(text),
        }
    }

    /// What applying would do.
    pub fn take_preview(&mut self, answer: Result<MappingPreview, String>) {
        if !matches!(self.stage, Stage::Asking) {
            return;
        }
        self.guard = Guard::default();
        match answer {
            Ok(preview) => {
                self.error.clone_from(&preview.refused);
                self.stage = if preview.refused.is_some() {
                    Stage::Editing
                } else {
                    Stage::Preview(preview)
                };
            }
            Err(text) => {
                self.error = Some(text);
                self.stage = Stage::Editing;
            }
        }
    }

    fn narrow(&mut self) {
        let texts: Vec<String> = self
            .targets
            .iter()
            .map(|t| format!("{} {}", t.code, t.name))
            .collect();
        let typed = self.to.text();
        self.matches = fuzzy::rank(typed.trim(), texts.iter().map(String::as_str));
        if typed.trim().is_empty() {
            // Nothing typed yet: what the value may be a slip of comes first, then what is called like it.
            let from = self.from.text().trim().to_owned();
            let codes: Vec<&str> = self.targets.iter().map(|t| t.code.as_str()).collect();
            let near = near_matches(&from, &codes);
            let mut slips: Vec<usize> = near
                .iter()
                .filter_map(|near| codes.iter().position(|code| code == near))
                .collect();
            slips.extend(fuzzy::rank(&from, texts.iter().map(String::as_str)));
            let mut first: HashMap<usize, usize> = HashMap::new();
            for (place, at) in slips.into_iter().enumerate() {
                first.entry(at).or_insert(place);
            }
            self.matches
                .sort_by_key(|at| first.get(at).copied().unwrap_or(usize::MAX));
        }
        // What still exists in the other system is offered first.
        self.matches
            .sort_by_key(|at| self.targets.get(*at).is_none_or(|t| !t.is_active));
        self.pick = 0;
        self.has_picked = false;
    }

    /// The completion Enter would take.
    pub fn picked(&self) -> Option<&Target> {
        if !self.has_picked && self.to.is_blank() {
            return None;
        }
        self.targets.get(*self.matches.get(self.pick)?)
    }

    /// The code to be stored: what is typed when it is a code, else the picked completion.
    fn code(&self) -> Result<String, String> {
        let typed = self.to.text().trim().to_owned();
        if self.targets.is_empty() {
            return if typed.is_empty() {
                Err("a value is needed".to_owned())
            } else {
                Ok(typed)
            };
        }
        if !self.has_picked
            && let Some(exact) = self.targets.iter().find(|t| t.code == typed)
        {
            return Ok(exact.code.clone());
        }
        if typed.is_empty() && !self.has_picked {
            return Err("type a few letters of the code or the name, or pick one".to_owned());
        }
        self.picked().map(|t| t.code.clone()).ok_or_else(|| {
            format!(
                "{typed:?} is not in the other system's list of {}",
                self.targets.len()
            )
        })
    }

    fn edits(&self) -> Result<Vec<MappingEdit>, (Focus, String)> {
        let from = self.from.text().trim().to_owned();
        if from.is_empty() {
            return Err((
                Focus::From,
                "the value that is to be mapped is needed".to_owned(),
            ));
        }
        if self.is_removal {
            return Ok(vec![MappingEdit::Remove {
                kind: self.kind,
                from,
            }]);
        }
        let to = self.code().map_err(|text| (Focus::To, text))?;
        let attributes =
            read_attributes(&self.attributes.text()).map_err(|text| (Focus::Attributes, text))?;
        Ok(vec![MappingEdit::Set {
            kind: self.kind,
            from,
            to,
            attributes,
        }])
    }

    fn ask_preview(&mut self) -> Out {
        self.stage = Stage::Asking;
        Out::Ask(
            Slot::Preview,
            Question::Preview {
                pair: self.pair.clone(),
                edits: self.edits().unwrap_or_default(),
            },
        )
    }

    fn preview(&mut self) -> Vec<Out> {
        match self.edits() {
            Ok(edits) => {
                if let Some(MappingEdit::Set { to, .. }) = edits.first() {
                    self.to = Field::line(to);
                    self.narrow();
                }
                self.error = None;
                vec![self.ask_preview()]
            }
            Err((focus, text)) => {
                self.focus = focus;
                self.error = Some(text);
                Vec::new()
            }
        }
    }

    fn apply(&mut self, now: Ts) -> Vec<Out> {
        if !self.guard.is_ready(now) {
            return Vec::new();
        }
        let expected = match &self.stage {
            Stage::Preview(preview) => preview.version,
            Stage::Editing | Stage::Asking => None,
        };
        let reason = self.reason.text().trim().to_owned();
        if reason.is_empty() {
            self.stage = Stage::Editing;
            self.focus = Focus::Reason;
            self.error = Some("a reason is needed".to_owned());
            return Vec::new();
        }
        match self.edits() {
            Ok(edits) => vec![
                Out::Close,
                Out::Act(Act::ApplyMappings {
                    pair: self.pair.clone(),
                    edits,
                    expected,
                    reason,
                }),
            ],
            Err((focus, text)) => {
                self.stage = Stage::Editing;
                self.focus = focus;
                self.error = Some(text);
                Vec::new()
            }
        }
    }

    /// Kept for later, to be looked at and applied with others.
    fn put_aside(&self) -> Vec<Out> {
        match self.edits() {
            Ok(edits) => vec![Out::Close, Out::Stage(self.pair.clone(), edits)],
            Err(_) => Vec::new(),
        }
    }

    fn order(&self) -> Vec<Focus> {
        let mut order = Vec::new();
        if !self.is_from_fixed {
            order.extend([Focus::Kind, Focus::From]);
        }
        if !self.is_removal {
            order.extend([Focus::To, Focus::Attributes]);
        }
        order.push(Focus::Reason);
        order
    }

    fn turn(&mut self, by: isize) {
        let order = self.order();
        let at = order.iter().position(|f| *f == self.focus).unwrap_or(0);
        let n = order.len().cast_signed();
        let next = (at.cast_signed() + by).rem_euclid(n).unsigned_abs();
        if let Some(focus) = order.get(next) {
            self.focus = *focus;
        }
    }

    /// Takes a key: Enter previews, on the preview it applies; Esc goes one step back.
    pub fn key(&mut self, key: Key, now: Ts) -> Vec<Out> {
        match (&self.stage, key.code) {
            (Stage::Preview(_), Code::Enter) => return self.apply(now),
            (Stage::Preview(_), Code::Char('s')) if self.guard.is_ready(now) => {
                return self.put_aside();
            }
            (Stage::Preview(_) | Stage::Asking, Code::Esc) if !self.is_removal => {
                self.stage = Stage::Editing;
                return Vec::new();
            }
            (_, Code::Esc) => return vec![Out::Close],
            (Stage::Preview(_) | Stage::Asking, _) => return Vec::new(),
            (Stage::Editing, Code::Enter) => return self.preview(),
            (Stage::Editing, Code::Tab) => self.turn(1),
            (Stage::Editing, Code::BackTab) => self.turn(-1),
            (Stage::Editing, _) => return self.field_key(key),
        }
        Vec::new()
    }

    fn field_key(&mut self, key: Key) -> Vec<Out> {
        self.error = None;
        match (self.focus, key.code) {
            (Focus::Kind, Code::Left | Code::Right | Code::Char(' ')) => {
                let kinds: Vec<MappingKind> = MappingKind::offered().collect();
                let at = kinds.iter().position(|k| *k == self.kind).unwrap_or(0);
                let n = kinds.len();
                let step = if key.code == Code::Left { n - 1 } else { 1 };
                if let Some(kind) = kinds.get((at + step) % n) {
                    self.kind = *kind;
                }
                self.targets.clear();
                self.matches.clear();
                self.load = Load::Loading;
                return vec![self.ask_targets()];
            }
            (Focus::To, Code::Down) => {
                let last = self.matches.len().saturating_sub(1);
                if self.picked().is_some() {
                    self.pick = (self.pick + 1).min(last);
                }
                self.has_picked = true;
            }
            (Focus::To, Code::Up) if self.pick > 0 => self.pick -= 1,
            (_, Code::Down) => self.turn(1),
            (_, Code::Up) => self.turn(-1),
            _ => {
                let field = match self.focus {
                    Focus::Kind => return Vec::new(),
                    Focus::From => &mut self.from,
                    Focus::To => &mut self.to,
                    Focus::Attributes => &mut self.attributes,
                    Focus::Reason => &mut self.reason,
                };
                let before = field.text();
                if field.key(key) && field.text() != before {
                    self.is_touched = true;
                    if self.focus == Focus::To {
                        self.narrow();
                    }
                }
            }
        }
        Vec::new()
    }

    /// Pasted text goes into the field with focus; it never previews nor applies.
    pub fn paste(&mut self, pasted: &str) {
        if !matches!(self.stage, Stage::Editing) {
            return;
        }
        match self.focus {
            Focus::Kind => return,
            Focus::From if !self.is_from_fixed => self.from.paste(pasted),
            Focus::From => return,
            Focus::To => self.to.paste(pasted),
            Focus::Attributes => self.attributes.paste(pasted),
            Focus::Reason => self.reason.paste(pasted),
        }
        self.is_touched = true;
        self.error = None;
        self.narrow();
    }
}

/// `basis=GROSS;country=GB`.
pub fn attributes_text(attributes: &Attributes) -> String {
    let parts: Vec<String> = attributes.iter().map(|(k, v)| format!("{k}={v}")).collect();
    parts.join(";")
}

fn read_attributes(typed: &str) -> Result<Attributes, String> {
    let mut attributes = Attributes::new();
    for part in typed.split(';').map(str::trim).filter(|p| !p.is_empty()) {
        let Some((key, value)) = part.split_once('=') else {
            return Err(format!(
                "{part:?} should read KEY=VALUE; several are parted by ;"
            ));
        };
        attributes.insert(text::clean(key.trim()), text::clean(value.trim()));
    }
    Ok(attributes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Span;

    fn editor() -> MappingEditor {
        let (mut editor, ask) = MappingEditor::new(
            PairId::from("lw-pvx"),
            MappingKind::Carrier,
            "Tracked 48 XL",
            "exception 7",
        );
        assert!(matches!(
            ask,
            Out::Ask(Slot::Targets, Question::Targets { .. })
        ));
        let target = |code: &str, name: &str, is_active| Target {
            code: code.to_owned(),
            name: name.to_owned(),
            is_active,
        };
        editor.take_targets(Ok(vec![
            target("OLD48", "Tracked 48 old", false),
            target("TPS48", "Tracked 48", true),
            target("DHLX", "DHL Express", true),
        ]));
        editor
    }

    fn type_in(editor: &mut MappingEditor, text: &str) {
        for c in text.chars() {
            editor.key(Key::char(c), Ts(0));
        }
    }

    #[test]
    fn letters_of_the_name_are_enough_then_enter_previews_and_enter_applies() {
        let mut editor = editor();
        type_in(&mut editor, "trk48");
        assert_eq!(editor.picked().map(|t| t.code.as_str()), Some("TPS48"));
        let out = editor.key(Key::plain(Code::Enter), Ts(0));
        assert!(matches!(
            out.as_slice(),
            [Out::Ask(Slot::Preview, Question::Preview { edits, .. })]
                if matches!(edits.as_slice(), [MappingEdit::Set { to, .. }] if to == "TPS48")
        ));
        editor.take_preview(Ok(MappingPreview {
            released: 38,
            ..MappingPreview::default()
        }));
        assert!(
            editor.key(Key::plain(Code::Enter), Ts(0)).is_empty(),
            "not seen yet"
        );
        editor.painted(Ts(0));
        let out = editor.key(Key::plain(Code::Enter), Ts(0) + Span::ms(300));
        assert!(
            matches!(out.as_slice(), [Out::Close, Out::Act(Act::ApplyMappings { reason, .. })] if reason == "exception 7")
        );
    }

    #[test]
    fn with_nothing_typed_the_arrows_pick_and_the_value_most_alike_comes_first() {
        let mut editor = editor();
        editor.from = Field::line("Tracked 48");
        editor.take_targets(Ok(editor.targets.clone()));
        assert!(editor.picked().is_none());
        assert!(
            editor.key(Key::plain(Code::Enter), Ts(0)).is_empty(),
            "nothing is chosen"
        );
        editor.key(Key::plain(Code::Down), Ts(0));
        assert_eq!(editor.picked().map(|t| t.code.as_str()), Some("TPS48"));
        editor.key(Key::plain(Code::Down), Ts(0));
        assert_eq!(editor.picked().map(|t| t.code.as_str()), Some("DHLX"));
    }

    #[test]
    fn a_code_the_other_system_does_not_know_is_refused_at_once() {
        let mut editor = editor();
        type_in(&mut editor, "zzzz");
        assert!(editor.key(Key::plain(Code::Enter), Ts(0)).is_empty());
        assert!(
            editor
                .error
                .is_some_and(|e| e.contains("not in the other system's list of 3"))
        );
    }

    #[test]
    fn a_pasted_line_end_does_not_preview() {
        let mut editor = editor();
        editor.paste("DHLX\n");
        assert!(matches!(editor.stage, Stage::Editing));
        assert_eq!(editor.to.text(), "DHLX");
    }

    #[test]
    fn esc_on_the_preview_goes_back_to_the_fields() {
        let mut editor = editor();
        type_in(&mut editor, "DHLX");
        editor.key(Key::plain(Code::Enter), Ts(0));
        editor.take_preview(Ok(MappingPreview::default()));
        assert!(editor.key(Key::plain(Code::Esc), Ts(0)).is_empty());
        assert!(matches!(editor.stage, Stage::Editing));
        assert_eq!(editor.to.text(), "DHLX");
    }
}

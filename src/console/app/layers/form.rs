//! A form of a few fields: note, hand over, snooze, wait, dismiss, hold, pause, cancel, roll back, returns. What it says
//! when sent is one [`Act`].

mod classify;
mod edit;
mod returns;
mod views;

pub use classify::ClassifyForm;
pub use edit::EditForm;
pub use returns::{Asked, Goods, ReturnForm};
pub use views::ViewForm;

use super::super::ask::{Act, ExceptionAct, OrderAct, Seen};
use super::super::event::Slot;
use super::super::field::Field;
use super::super::key::{Code, Key};
use super::check_form::CheckForm;
use super::lane_form::LaneForm;
use super::{Guard, Out};
use crate::domain::count;
use crate::domain::delivery::Flow;
use crate::domain::exception::Team;
use crate::domain::floor::{self, FloorAnswer};
use crate::domain::ids::{DeliveryId, ExceptionId, ItemCode, LocationId, OrderId, PairId, SiteRef};
use crate::domain::time::{Span, Ts};
use crate::report::Reader;

/// A field of a form.
#[derive(Debug, Clone)]
pub struct FormField {
    pub label: &'static str,
    pub input: Input,
    pub is_required: bool,
}

/// How a field is filled in.
#[derive(Debug, Clone)]
pub enum Input {
    Line(Field),
    Editor(Field),
    /// One line of which a system takes only so many characters.
    Counted {
        field: Field,
        chars_max: usize,
    },
    Choice {
        options: Vec<String>,
        at: usize,
    },
}

/// What the form is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    Note(Vec<Seen>),
    Assign(Vec<Seen>),
    Snooze(Vec<Seen>),
    Wait(Vec<Seen>),
    Dismiss(Vec<Seen>),
    Hold(Vec<OrderId>),
    CancelDelivery(DeliveryId),
    Pause {
        pair: PairId,
        flow: Flow,
    },
    RollBack {
        pair: PairId,
        version: i64,
    },
    ResumeStock {
        pair: PairId,
        item: ItemCode,
        location: LocationId,
    },
    Returns(ReturnForm),
    Lane(LaneForm),
    View(ViewForm),
    /// Which of these sites ships one order.
    Site {
        order: OrderId,
        sites: Vec<SiteRef>,
    },
    Checks(CheckForm),
    /// Who reads an order that is written to files.
    Export(OrderId),
    Edit(EditForm),
    Classify(ClassifyForm),
    /// What the floor answered.
    Floor(Seen),
    /// What the floor counted.
    Count(ExceptionId),
}

/// Spans offered for sleeping and waiting.
const SPANS: [(&str, Span); 6] = [
    ("30 minutes", Span::mins(30)),
    ("1 hour", Span::hours(1)),
    ("2 hours", Span::hours(2)),
    ("4 hours", Span::hours(4)),
    ("1 day", Span::days(1)),
    ("3 days", Span::days(3)),
];

/// Conditions offered for sleeping: what is said, what the store knows.
const CONDITIONS: [(&str, Option<&str>); 3] = [
    ("no other condition", None),
    ("or the next stock snapshot", Some("next_snapshot")),
    ("or it grows", Some("grows")),
];

/// The form.
#[derive(Debug, Clone)]
pub struct Form {
    pub title: String,
    /// What it is about and what will happen.
    pub about: Vec<String>,
    pub fields: Vec<FormField>,
    /// Field with focus; one past the last is the button.
    pub focus: usize,
    pub verb: &'static str,
    pub purpose: Purpose,
    pub error: Option<String>,
    /// What sending it would do now, as far as that was asked.
    pub found: Option<String>,
    pub guard: Guard,
    is_touched: bool,
}

fn line(label: &'static str, is_required: bool) -> FormField {
    FormField {
        label,
        input: Input::Line(Field::line("")),
        is_required,
    }
}

fn choice(label: &'static str, options: Vec<String>) -> FormField {
    FormField {
        label,
        input: Input::Choice { options, at: 0 },
        is_required: true,
    }
}

fn spans() -> Vec<String> {
    SPANS.iter().map(|s| s.0.to_owned()).collect()
}

impl Form {
    /// A form for a purpose, about something.
    pub fn new(purpose: Purpose, title: String, about: Vec<String>) -> Self {
        let (verb, fields) = match &purpose {
            Purpose::Note(_) => (
                "Keep the note",
                vec![FormField {
                    label: "Note",
                    input: Input::Editor(Field::editor()),
                    is_required: true,
                }],
            ),
            Purpose::Assign(_) => (
                "Hand over",
                vec![
                    choice("Team", Team::ALL.iter().map(|t| t.to_string()).collect()),
                    line("Person", false),
                ],
            ),
            Purpose::Snooze(_) => (
                "Snooze",
                vec![
                    choice("For", spans()),
                    choice(
                        "Wakes at",
                        CONDITIONS.iter().map(|c| c.0.to_owned()).collect(),
                    ),
                ],
            ),
            Purpose::Wait(_) => ("Wait", vec![line("Who", true), choice("For", spans())]),
            Purpose::Dismiss(_) => ("Dismiss", vec![line("Reason", true)]),
            Purpose::Hold(_) => ("Hold", vec![line("Reason", true)]),
            Purpose::CancelDelivery(_) => ("Give it up", vec![line("Reason", true)]),
            Purpose::Pause { .. } => ("Pause", vec![line("Reason", true)]),
            Purpose::RollBack { .. } => ("Roll back", vec![line("Reason", true)]),
            Purpose::ResumeStock { .. } => ("Resume", vec![line("Cause put right", true)]),
            Purpose::Returns(form) => form.fields(),
            Purpose::View(form) => form.fields(),
            Purpose::Site { sites, .. } => (
                "Choose it",
                vec![
                    choice("Site", sites.iter().map(ToString::to_string).collect()),
                    line("Reason", true),
                ],
            ),
            Purpose::Checks(form) => form.fields(),
            Purpose::Edit(form) => form.fields(),
            Purpose::Classify(form) => form.fields(),
            Purpose::Floor(_) => {
                let answers = FloorAnswer::ALL.iter().map(|a| a.words().to_owned());
                (
                    "Record it",
                    vec![
                        choice("The floor", answers.collect()),
                        line("Where goods are", true),
                    ],
                )
            }
            Purpose::Count(_) => (
                "Record it",
                vec![line("Counted", true), line("Remark", false)],
            ),
            Purpose::Export(_) => {
                let readers = Reader::ALL.iter().map(|r| r.words().to_owned());
                ("Write it", vec![choice("For", readers.collect())])
            }
            Purpose::Lane(lane) => {
                let labels = lane.matter.labels().iter();
                let fields = labels.map(|(label, must)| line(label, *must)).collect();
                (lane.matter.verb(), fields)
            }
        };
        Self {
            title,
            about,
            fields,
            focus: 0,
            verb,
            purpose,
            error: None,
            found: None,
            guard: Guard::default(),
            is_touched: false,
        }
    }

    /// Whether something was typed.
    pub fn is_changed(&self) -> bool {
        self.is_touched
    }

    fn text(&self, at: usize) -> String {
        match self.fields.get(at).map(|f| &f.input) {
            Some(Input::Line(field) | Input::Editor(field) | Input::Counted { field, .. }) => {
                field.text().trim().to_owned()
            }
            Some(Input::Choice { options, at }) => options.get(*at).cloned().unwrap_or_default(),
            None => String::new(),
        }
    }

    fn texts(&self) -> Vec<String> {
        (0..self.fields.len()).map(|at| self.text(at)).collect()
    }

    fn picked(&self, at: usize) -> usize {
        match self.fields.get(at).map(|f| &f.input) {
            Some(Input::Choice { at, .. }) => *at,
            _ => 0,
        }
    }

    fn span(&self, at: usize) -> Span {
        SPANS.get(self.picked(at)).map_or(Span::hours(1), |s| s.1)
    }

    /// What the form says when it is sent.
    ///
    /// # Errors
    /// The field that is wrong and what is wrong with it.
    fn act(&self, now: Ts) -> Result<Act, (usize, String)> {
        let exceptions = |targets: &Vec<Seen>, what: ExceptionAct| Act::Exceptions {
            targets: targets.clone(),
            what,
        };
        Ok(match &self.purpose {
            Purpose::Lane(lane) => return lane.act(&self.texts()),
            Purpose::Checks(form) => form.act(&self.texts()),
            Purpose::Edit(form) => return form.act(&self.texts()),
            Purpose::Classify(form) => return form.act(&self.texts(), self.picked(3)),
            Purpose::Floor(case) => Act::FloorSaid {
                case: *case,
                answer: FloorAnswer::ALL
                    .get(self.picked(0))
                    .copied()
                    .unwrap_or(FloorAnswer::Stopped),
                goods: floor::goods(&self.text(1)).map_err(|why| (1, why))?,
            },
            Purpose::Count(case) => Act::Counted {
                case: *case,
                counted_each: count::figure(&self.text(0)).map_err(|why| (0, why))?,
                remark: self.text(1),
            },
            Purpose::Export(id) => Act::ExportOrder {
                id: *id,
                reader: Reader::ALL
                    .get(self.picked(0))
                    .copied()
                    .unwrap_or(Reader::Customer),
            },
            Purpose::Note(targets) => {
                exceptions(targets, ExceptionAct::Note { text: self.text(0) })
            }
            Purpose::Assign(targets) => {
                let team = Team::ALL
                    .get(self.picked(0))
                    .copied()
                    .unwrap_or(Team::Operations);
                let person = Some(self.text(1)).filter(|p| !p.is_empty());
                exceptions(targets, ExceptionAct::Assign { team, person })
            }
            Purpose::Snooze(targets) => exceptions(
                targets,
                ExceptionAct::Snooze {
                    until: now + self.span(0),
                    condition: CONDITIONS
                        .get(self.picked(1))
                        .and_then(|c| c.1)
                        .map(str::to_owned),
                },
            ),
            Purpose::Wait(targets) => exceptions(
                targets,
                ExceptionAct::Wait {
                    who: self.text(0),
                    until: now + self.span(1),
                },
            ),
            Purpose::Dismiss(targets) => exceptions(
                targets,
                ExceptionAct::Dismiss {
                    reason: self.text(0),
                },
            ),
            Purpose::Hold(targets) => Act::Orders {
                targets: targets.clone(),
                what: OrderAct::Hold {
                    reason: self.text(0),
                },
            },
            Purpose::ResumeStock {
                pair,
                item,
                location,
            } => Act::ResumeStock {
                pair: pair.clone(),
                item: item.clone(),
                location: location.clone(),
                reason: self.text(0),
            },
            Purpose::CancelDelivery(id) => Act::CancelDelivery {
                id: *id,
                reason: self.text(0),
            },
            Purpose::Pause { pair, flow } => Act::PauseFlow {
                pair: pair.clone(),
                flow: *flow,
                reason: self.text(0),
            },
            Purpose::RollBack { pair, version } => Act::RollBackMappings {
                pair: pair.clone(),
                version: *version,
                reason: self.text(0),
            },
            Purpose::Returns(form) => return form.act(self),
            Purpose::View(form) => return form.act(self),
            Purpose::Site { order, sites } => match sites.get(self.picked(0)) {
                Some(site) => Act::ChooseSite {
                    id: *order,
                    site: site.clone(),
                    reason: self.text(1),
                },
                None => return Err((0, "no site is known".to_owned())),
            },
        })
    }

    fn send(&mut self, now: Ts) -> Vec<Out> {
        if !self.guard.is_ready(now) {
            return Vec::new();
        }
        for (at, field) in self.fields.iter().enumerate() {
            if field.is_required && self.text(at).is_empty() {
                self.error = Some(format!("{} is needed", field.label));
                self.focus = at;
                return Vec::new();
            }
        }
        match self.act(now) {
            Ok(act) => vec![Out::Close, Out::Act(act)],
            Err((at, why)) => {
                self.error = Some(why);
                self.focus = at;
                Vec::new()
            }
        }
    }

    /// What to ask about what is filled in so far.
    pub fn asks(&self) -> Option<Out> {
        match &self.purpose {
            Purpose::Classify(form) => Some(Out::Ask(Slot::Trial, form.trial(self.text(0)))),
            _ => None,
        }
    }

    /// Takes a key: Enter goes to the next field, on the button it sends; Ctrl-S sends from anywhere.
    pub fn key(&mut self, key: Key, now: Ts) -> Vec<Out> {
        let before = self.text(0);
        let mut out = self.take(key, now);
        if out.is_empty() && self.text(0) != before {
            out.extend(self.asks());
        }
        out
    }

    fn take(&mut self, key: Key, now: Ts) -> Vec<Out> {
        let last = self.fields.len();
        match key.code {
            Code::Esc => return vec![Out::Close],
            Code::Char('s') if key.is_ctrl => return self.send(now),
            Code::Tab => self.focus = (self.focus + 1) % (last + 1),
            Code::BackTab => self.focus = (self.focus + last) % (last + 1),
            Code::Enter if self.focus == last => return self.send(now),
            _ => self.field_key(key),
        }
        Vec::new()
    }

    fn field_key(&mut self, key: Key) {
        let last = self.fields.len();
        let Some(field) = self.fields.get_mut(self.focus) else {
            match key.code {
                Code::Up => self.focus = last.saturating_sub(1),
                Code::Down => self.focus = 0,
                _ => {}
            }
            return;
        };
        let is_taken = match &mut field.input {
            Input::Line(text) | Input::Editor(text) | Input::Counted { field: text, .. } => {
                text.key(key)
            }
            Input::Choice { options, at } => {
                let n = options.len().max(1);
                match key.code {
                    Code::Right | Code::Char(' ') => *at = (*at + 1) % n,
                    Code::Left => *at = (*at + n - 1) % n,
                    Code::Char(c) => {
                        let found = (1..=n).map(|step| (*at + step) % n).find(|i| {
                            options.get(*i).is_some_and(|o| {
                                o.chars().next().is_some_and(|f| f.eq_ignore_ascii_case(&c))
                            })
                        });
                        if let Some(found) = found {
                            *at = found;
                        }
                    }
                    _ => {}
                }
                !matches!(key.code, Code::Up | Code::Down | Code::Enter)
            }
        };
        if is_taken {
            self.is_touched = true;
            self.error = None;
            return;
        }
        match key.code {
            Code::Up => self.focus = self.focus.saturating_sub(1),
            Code::Down | Code::Enter => self.focus = (self.focus + 1).min(last),
            _ => {}
        }
    }

    /// Pasted text goes into the field with focus.
    pub fn paste(&mut self, text: &str) -> Vec<Out> {
        if let Some(FormField {
            input: Input::Line(field) | Input::Editor(field) | Input::Counted { field, .. },
            ..
        }) = self.fields.get_mut(self.focus)
        {
            field.paste(text);
            self.is_touched = true;
            self.error = None;
        }
        self.asks().into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ExceptionId;

    fn seen() -> Vec<Seen> {
        vec![Seen {
            id: ExceptionId(7),
            version: 3,
        }]
    }

    #[test]
    fn a_dismissal_without_a_reason_is_not_sent() {
        let mut form = Form::new(Purpose::Dismiss(seen()), String::new(), Vec::new());
        form.guard.painted(Ts(0));
        let later = Ts(0) + Span::secs(1);
        form.key(Key::plain(Code::Enter), later);
        assert!(form.key(Key::plain(Code::Enter), later).is_empty());
        assert_eq!(form.error.as_deref(), Some("Reason is needed"));
        form.paste("customer agreed\n");
        form.key(Key::plain(Code::Enter), later);
        let out = form.key(Key::plain(Code::Enter), later);
        assert!(matches!(
            out.as_slice(),
            [Out::Close, Out::Act(Act::Exceptions { what: ExceptionAct::Dismiss { reason }, .. })] if reason == "customer agreed"
        ));
    }

    #[test]
    fn a_note_may_have_several_lines() {
        let mut form = Form::new(Purpose::Note(seen()), String::new(), Vec::new());
        form.guard.painted(Ts(0));
        for c in "one".chars() {
            form.key(Key::char(c), Ts(0));
        }
        form.key(Key::plain(Code::Enter), Ts(0));
        form.key(Key::char('2'), Ts(0));
        let out = form.key(Key::ctrl('s'), Ts(0) + Span::secs(1));
        assert!(matches!(
            out.last(),
            Some(Out::Act(Act::Exceptions { what: ExceptionAct::Note { text }, .. })) if text == "one\n2"
        ));
    }

    #[test]
    fn a_team_is_picked_by_its_letter() {
        let mut form = Form::new(Purpose::Assign(seen()), String::new(), Vec::new());
        form.guard.painted(Ts(0));
        form.key(Key::char('f'), Ts(0));
        let out = form.key(Key::ctrl('s'), Ts(0) + Span::secs(1));
        assert!(matches!(
            out.last(),
            Some(Out::Act(Act::Exceptions {
                what: ExceptionAct::Assign {
                    team: Team::Finance,
                    person: None
                },
                ..
            }))
        ));
    }
}

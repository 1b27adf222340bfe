//! What each action does to the state. Whether it may is decided before, in one place.

mod bulk;
mod calls;
mod cases;
mod checks;
mod lanes;
mod orders;
mod returns;
mod undo;

pub use bulk::Trying;

use super::action::{Action, Reach};
use super::ask::{Act, ExceptionAct, Question};
use super::doc::Link;
use super::event::{Effect, Slot};
use super::fit::Fit;
use super::layers::confirm::{Confirm, Then};
use super::layers::filter::FilterLine;
use super::layers::form::{Form, Purpose};
use super::layers::handbook::Finder;
use super::layers::help::{Help, HelpLine};
use super::layers::mapping::MappingEditor;
use super::layers::messages::Messages;
use super::layers::palette::Palette;
use super::layers::{Layer, Out, Place};
use super::nav::Pane;
use super::panes::stock;
use super::subject::{Subject, is_about_a_row, seen, unlabelled_service, wanted_mapping};
use super::{App, Level, sheets};
use crate::desk::SiteQuestion;
use crate::domain::bulk::AT_ONCE_MAX;
use crate::domain::exception::ExceptionRow;
use crate::text;

/// Sites named in a question; the others are counted, and all are among the choices.
const SITES_NAMED_MAX: usize = 12;
/// Columns of why an order goes where it goes: the fields below keep their room on a small screen.
const WHY_COLUMNS: usize = 200;
/// Objects named in a question; the others are counted.
const NAMED_MAX: usize = 6;

impl App {
    /// Does an action, or says why not.
    pub(super) fn perform(&mut self, action: Action) {
        match self.fit(action) {
            Fit::Yes => {}
            // Esc is pressed until it does nothing; a message would only cover the footer.
            Fit::No(_) | Fit::Elsewhere(_) if action == Action::Back => return,
            Fit::No(why) | Fit::Elsewhere(why) => {
                let level = if action.info().reach == Reach::Screen {
                    Level::Info
                } else {
                    Level::Warning
                };
                self.say(level, &format!("{}: {why}", action.info().title));
                return;
            }
        }
        if let Some(pane) = action.pane() {
            self.go(Place::Pane(pane));
        } else if action.is_writing() {
            self.perform_writing(action);
        } else {
            self.perform_here(action);
        }
    }

    fn perform_here(&mut self, action: Action) {
        let page = i16::try_from(self.size.1.saturating_sub(8).max(1)).unwrap_or(10);
        match action {
            Action::Up => self.move_by(-1),
            Action::Down => self.move_by(1),
            Action::PageUp => self.page_by(-1, isize::from(page)),
            Action::PageDown => self.page_by(1, isize::from(page)),
            Action::First => self.first(),
            Action::Last => self.last(),
            Action::Open => self.open(),
            Action::Back => {
                self.nav.back();
            }
            Action::NextPart => self.turn(1),
            Action::PreviousPart => self.turn(-1),
            Action::Filter => {
                let text = self.filter_text().to_owned();
                let line = FilterLine::new(self.filter_fields(), self.named_filters(), &text);
                self.push_layer(Layer::Filter(line));
            }
            Action::Find => self.open_find(),
            Action::ClearFilter => self.clear_filter(),
            Action::Mine => {
                let pane = &mut self.panes.exceptions;
                pane.is_mine = !pane.is_mine;
                pane.apply(&self.options.operator);
            }
            Action::Views => self.choose_view(),
            Action::Columns => self.open_columns(),
            Action::ExportList => self.ask_export(),
            Action::Sort => self.sort(false),
            Action::Reverse => self.sort(true),
            Action::Mark => self.toggle_mark(),
            Action::MarkRange => self.mark_range(),
            Action::MarkAll => self.mark_everything(),
            Action::Unmark => self.unmark_all(),
            Action::Copy => {
                if let Some(text) = self.copy_text() {
                    self.effects.push(Effect::Copy(text));
                }
            }
            Action::Palette => {
                let lines = self.help_lines();
                let palette = Palette::new(lines, &self.header.views);
                self.push_layer(Layer::Palette(palette));
            }
            Action::Help => {
                let lines = self.help_lines();
                let here = self.contexts();
                self.push_layer(Layer::Help(Help::new(lines, &here)));
            }
            Action::GoHandbook => {
                self.push_layer(Layer::Handbook(Finder::new(self.keys.clone())));
            }
            Action::Messages => self.push_layer(Layer::Messages(Messages::default())),
            Action::Refresh => self.mark_stale(),
            Action::Freeze => self.freeze(),
            Action::WhySlow => {
                self.nav.open(Link::Slow, sheets::slow::TITLE.to_owned());
            }
            Action::LateChanges => {
                self.nav
                    .open(Link::LateChanges, sheets::late::TITLE.to_owned());
            }
            Action::Bulks => {
                self.nav.open(Link::Bulks, sheets::bulk::TITLE.to_owned());
            }
            Action::Repaint => self.effects.push(Effect::Repaint),
            Action::Suspend => self.effects.push(Effect::Suspend),
            Action::Quit => self.quit(),
            Action::QuitNow => self.effects.push(Effect::Quit),
            Action::Versions => self.open_versions(),
            Action::Staged => self.show_staged(),
            Action::OpenLane => self.open_lane(),
            Action::NextPair => self.panes.mappings.next_pair(),
            Action::TeamSheet => self.panes.checks.next_team(),
            Action::CompareCall => self.compare_call(),
            Action::VerifyChain => {
                self.say(Level::Info, "recomputing the journal's hash chain …");
                self.carry_out(vec![Out::Ask(Slot::Verify, Question::VerifyJournal)]);
            }
            _ => {}
        }
    }

    fn perform_writing(&mut self, action: Action) {
        match action {
            Action::SaveView => return self.name_view(),
            Action::RemoveView => return self.remove_view(),
            Action::Undo => return self.look_for_undo(),
            _ => {}
        }
        for subject in self.subjects() {
            if subject.context() != action.info().context {
                continue;
            }
            match subject {
                Subject::Exceptions(rows) => self.on_exceptions(action, &rows),
                Subject::Lane(row) => self.on_lane(action, &row),
                Subject::Stock(row) if action == Action::CorrectStock => self.correct_stock(&row),
                Subject::Stock(row) if action == Action::AskCount => self.ask_count(&row),
                Subject::Stock(row) if action == Action::Withhold => {
                    let (editor, ask) = MappingEditor::buffer(&row);
                    self.edit_mapping(editor, ask);
                }
                Subject::Stock(_) | Subject::Flow { .. } => self.on_running(action, &subject),
                Subject::Return(_) => self.on_return(action, &subject),
                Subject::Refunds(refunds) => self.explain_refund(&refunds),
                Subject::Site(question) => {
                    if let Some(question) = question {
                        self.choose_site(&question);
                    }
                }
                Subject::Check(line) => self.on_check(action, line.as_deref()),
                Subject::Bulk(id) => self.act(Act::StopBulk(id)),
                Subject::Call(_) => self.look_into(),
                Subject::Order(_) | Subject::Orders(_) | Subject::Delivery { .. } => {
                    self.on_order(action, &subject);
                }
                _ => self.on_mapping(action, &subject),
            }
            return;
        }
    }

    fn on_exceptions(&mut self, action: Action, rows: &[ExceptionRow]) {
        let targets = seen(rows);
        let now = |app: &mut Self, what: ExceptionAct| app.act_on_cases(targets.clone(), what);
        match action {
            Action::Acknowledge => now(self, ExceptionAct::Acknowledge),
            Action::Work => now(self, ExceptionAct::Work),
            Action::MarkFixed => now(self, ExceptionAct::MarkFixed),
            Action::Retry if rows.len() > AT_ONCE_MAX => now(self, ExceptionAct::Retry),
            Action::Retry => {
                let members: i64 = rows.iter().map(|r| r.members).sum();
                let mut lines = named(rows);
                lines.push(format!(
                    "{} will be tried again; what is in doubt is asked about first.",
                    text::count(members, "member", "members")
                ));
                self.ask_first(
                    format!("Retry {}?", about(rows)),
                    lines,
                    "Retry",
                    Act::Exceptions {
                        targets,
                        what: ExceptionAct::Retry,
                    },
                    usize::try_from(members).unwrap_or(0),
                );
            }
            Action::MapValue => self.map_value(rows),
            Action::Assign => self.form(Purpose::Assign(targets), "Hand over", rows),
            Action::Snooze => self.form(Purpose::Snooze(targets), "Snooze", rows),
            Action::WaitFor => self.form(Purpose::Wait(targets), "Wait with", rows),
            Action::NoteIt => self.form(Purpose::Note(targets), "Note on", rows),
            Action::Dismiss => self.form(Purpose::Dismiss(targets), "Dismiss", rows),
            Action::Classify => self.classify(rows),
            Action::FloorSaid => self.floor_said(rows),
            _ => {}
        }
    }

    fn form(&mut self, purpose: Purpose, verb: &str, rows: &[ExceptionRow]) {
        let mut lines = named(rows);
        if matches!(purpose, Purpose::Dismiss(_)) {
            lines.push("Nothing is put right by this: it closes, and a debt stays open until both systems agree.".to_owned());
        }
        let title = format!("{verb} {}", about(rows));
        self.push_layer(Layer::Form(Form::new(purpose, title, lines)));
    }

    fn map_value(&mut self, rows: &[ExceptionRow]) {
        let Some(row) = rows.first() else {
            return;
        };
        let reason = format!("exception {}", row.id);
        let found = if unlabelled_service(row).is_some() {
            self.untracked_row()
                .map(|row| MappingEditor::again(&row, true, &reason))
        } else if is_about_a_row(row) {
            let broken = self.nav.page().and_then(|p| p.mapping.clone());
            broken.map(|row| MappingEditor::again(&row, false, &reason))
        } else {
            wanted_mapping(row).map(|wanted| MappingEditor::wanted(&row.pair, &wanted, &reason))
        };
        if let Some((editor, ask)) = found {
            self.edit_mapping(editor, ask);
        }
    }

    fn edit_mapping(&mut self, editor: MappingEditor, ask: Out) {
        self.push_layer(Layer::Mapping(Box::new(editor)));
        self.carry_out(vec![ask]);
    }

    fn choose_site(&mut self, question: &SiteQuestion) {
        let now = match &question.site {
            Some(site) => format!("It goes to {site}: {}", question.why),
            None => format!("It goes nowhere: {}", question.why),
        };
        let mut sites: Vec<String> = question.sites.iter().map(ToString::to_string).collect();
        let more = sites.len().saturating_sub(SITES_NAMED_MAX);
        sites.truncate(SITES_NAMED_MAX);
        let mut known = format!("Sites: {}", sites.join(", "));
        if more > 0 {
            known.push_str(&format!(" and {more} more"));
        }
        let about = vec![
            text::truncate(&self.header.places.say(now), WHY_COLUMNS),
            known,
            "It is checked again and sent to the site you name. The rules stay as they are."
                .to_owned(),
        ];
        let title = format!("Choose the site of order {}", question.number);
        let purpose = Purpose::Site {
            order: question.order,
            sites: question.sites.clone(),
        };
        self.push_layer(Layer::Form(Form::new(purpose, title, about)));
    }

    fn on_mapping(&mut self, action: Action, subject: &Subject) {
        match (action, subject) {
            (Action::EditMapping, Subject::Mapping(row)) => {
                let (editor, ask) = MappingEditor::of(row);
                self.edit_mapping(editor, ask);
            }
            (Action::EditMapping, Subject::Unmapped { pair, row }) => {
                let reason = row
                    .exception
                    .map_or_else(|| "mapped".to_owned(), |id| format!("exception {id}"));
                let (editor, ask) = MappingEditor::wanted(pair, &row.wanted, &reason);
                self.edit_mapping(editor, ask);
            }
            (Action::RemoveMapping, Subject::Mapping(row)) => {
                let (editor, ask) = MappingEditor::removal(row);
                self.edit_mapping(editor, ask);
            }
            (Action::NewMapping, subject) => {
                let (pair, kind) = match subject {
                    Subject::Mapping(row) => (row.pair.clone(), row.kind),
                    Subject::Unmapped { pair, row } => (pair.clone(), row.wanted.kind),
                    Subject::MappingsOf(pair) => {
                        (pair.clone(), crate::domain::mapping::MappingKind::Carrier)
                    }
                    _ => return,
                };
                let (editor, ask) = MappingEditor::new(pair, kind, "", "new");
                self.edit_mapping(editor, ask);
            }
            (Action::RollBack, Subject::Version { pair, row, .. }) => {
                let about = vec![
                    format!(
                        "Puts the mappings of {pair} back as they stood at version {}.",
                        row.version
                    ),
                    "This makes a new version; orders are decided on again.".to_owned(),
                ];
                let title = format!("Roll back to version {}", row.version);
                let purpose = Purpose::RollBack {
                    pair: pair.clone(),
                    version: row.version,
                };
                self.push_layer(Layer::Form(Form::new(purpose, title, about)));
            }
            _ => {}
        }
    }

    fn on_running(&mut self, action: Action, subject: &Subject) {
        match (action, subject) {
            (Action::PushStock, Subject::Stock(row)) => self.ask_first(
                format!("Publish {} at {} now?", row.item, row.location),
                vec![format!(
                    "The source shows {}; it is told {}.",
                    row.source_each
                        .map_or_else(|| "an unknown figure".to_owned(), |s| s.to_string()),
                    row.publish_each
                )],
                "Push",
                Act::PushStock {
                    pair: row.pair.clone(),
                    item: row.item.clone(),
                    location: row.location.clone(),
                },
                1,
            ),
            (Action::ResumeStock, Subject::Stock(row)) => {
                let about = vec![format!(
                    "Stopped: {}",
                    row.paused_reason.clone().unwrap_or_default()
                )];
                let title = format!("Resume {} at {}", row.item, row.location);
                let purpose = Purpose::ResumeStock {
                    pair: row.pair.clone(),
                    item: row.item.clone(),
                    location: row.location.clone(),
                };
                self.push_layer(Layer::Form(Form::new(purpose, title, about)));
            }
            (Action::RunFlow, Subject::Flow { pair, flow, .. }) => self.act(Act::RunFlow {
                pair: pair.clone(),
                flow: *flow,
            }),
            (Action::ResumeFlow, Subject::Flow { pair, flow, .. }) => self.act(Act::ResumeFlow {
                pair: pair.clone(),
                flow: *flow,
            }),
            (Action::PauseFlow, Subject::Flow { pair, flow, .. }) => {
                let about =
                    vec!["Its runs and its deliveries wait until it is resumed.".to_owned()];
                let title = format!("Pause {flow} of {pair}");
                let purpose = Purpose::Pause {
                    pair: pair.clone(),
                    flow: *flow,
                };
                self.push_layer(Layer::Form(Form::new(purpose, title, about)));
            }
            _ => {}
        }
    }

    fn ask_first(&mut self, title: String, lines: Vec<String>, verb: &str, act: Act, count: usize) {
        let question = Confirm::new(title, lines, verb, Then::Act(act), count);
        self.push_layer(Layer::Confirm(question));
    }

    fn quit(&mut self) {
        match self.unsaved() {
            None => self.effects.push(Effect::Quit),
            Some(what) => {
                let question = Confirm::new("Quit?".to_owned(), vec![what], "Quit", Then::Quit, 1);
                self.push_layer(Layer::Confirm(question));
            }
        }
    }

    /// Goes to a place.
    pub(super) fn go(&mut self, place: Place) {
        match place {
            Place::Pane(pane) => self.nav.pane = pane,
            Place::View(view) => self.show_view(&view),
            Place::Filtered { pane, filter } => {
                self.nav.pane = pane;
                while self.nav.back() {}
                self.panes.stock.part = stock::Part::Drift;
                self.set_filter(&filter);
            }
            Place::Team(team) => {
                self.nav.pane = Pane::Exceptions;
                while self.nav.back() {}
                self.panes.exceptions.team = Some(team);
                self.panes.exceptions.apply(&self.options.operator);
            }
        }
    }

    fn open(&mut self) {
        if self.opens_editor() {
            self.perform(Action::EditMapping);
            return;
        }
        if let Some(Link::List {
            shelf,
            filter,
            pair,
        }) = self.link_here()
        {
            self.go_to_list(shelf, pair.as_ref(), &filter);
        } else if let Some(link) = self.link_here() {
            let title = self.link_title(&link);
            self.nav.open(link, title);
        }
    }

    fn open_versions(&mut self) {
        if let Some(pair) = self.panes.mappings.current_pair().cloned() {
            self.nav
                .open(Link::Versions { pair }, "Versions".to_owned());
        }
    }

    fn link_title(&self, link: &Link) -> String {
        match link {
            Link::Exception(id) => match self.panes.exceptions.list.current() {
                Some(row) if row.id == *id => sheets::exception::title(row),
                _ => format!("Exception {id}"),
            },
            Link::Order(id) => match self.panes.orders.list.current() {
                Some(row) if row.id == *id => sheets::order::title(row),
                _ => "Order".to_owned(),
            },
            Link::Delivery(id) => format!("Delivery {id}"),
            Link::Item { item, .. } => format!("Item {item}"),
            Link::Flow { pair, flow } => format!("{flow} of {pair}"),
            Link::Payload(id) => format!("Call {id}"),
            Link::Versions { .. } => "Versions".to_owned(),
            Link::Journal(line) => format!("Line {}", line.0.seq),
            Link::Return { reference, .. } => format!("Return {reference}"),
            Link::Handbook(topic, _) => topic.title().to_owned(),
            Link::Check { check, team, .. } => format!("{} ({team})", check.title),
            Link::Slow => sheets::slow::TITLE.to_owned(),
            Link::Bulks => sheets::bulk::TITLE.to_owned(),
            Link::LateChanges => sheets::late::TITLE.to_owned(),
            Link::Bulk(id) => format!("Bulk act {id}"),
            Link::HandOvers(team) => format!("Hand-over of {team}"),
            Link::List { filter, .. } => filter.clone(),
            Link::Lane { lane, .. } => self.header.places.say(sheets::lane::title(lane)),
        }
    }

    /// Every action with its keys and, when it is not possible now, why.
    pub fn help_lines(&self) -> Vec<HelpLine> {
        Action::ALL
            .iter()
            .map(|action| {
                let keys: Vec<String> = self
                    .keymap
                    .keys(*action)
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                HelpLine {
                    action: *action,
                    keys: keys.join(" "),
                    refused: self.fit(*action).refusal(),
                }
            })
            .collect()
    }

    /// What `copy` puts on the clipboard: the name people search by.
    pub fn copy_text(&self) -> Option<String> {
        let text = if let Some(page) = self.nav.page() {
            match page.lines().get(page.line) {
                Some(line) if !line.plain().trim().is_empty() => line.plain().trim().to_owned(),
                _ => return None,
            }
        } else {
            self.pane_copy()?
        };
        Some(text::clean(&text))
    }

    fn pane_copy(&self) -> Option<String> {
        Some(match self.nav.pane {
            Pane::Live => self.panes.live.current_flow()?.last_note.clone(),
            Pane::Exceptions => sheets::exception::title(self.panes.exceptions.list.current()?),
            Pane::Orders => self.panes.orders.list.current()?.number.clone(),
            Pane::Mappings => match self.panes.mappings.current_unmapped() {
                Some(row) => row.wanted.label(),
                None => self.panes.mappings.current_mapping()?.from.clone(),
            },
            Pane::Stock if self.panes.stock.part == stock::Part::Lanes => self
                .panes
                .stock
                .lanes
                .current()?
                .first
                .entry
                .movement
                .item
                .to_string(),
            Pane::Stock => self.panes.stock.list.current()?.item.to_string(),
            Pane::Returns => {
                let row = &self.panes.returns.list.current()?.held.row;
                row.reference.to_string()
            }
            Pane::Checks => match self.panes.checks.current()? {
                super::panes::checks::Row::Note(note) => note.text.clone(),
                super::panes::checks::Row::Check(line) => {
                    format!("{}: {}", sheets::checks::title(line), line.result(self.now))
                }
            },
            Pane::Audit => {
                let row = self.panes.audit.list.current()?;
                super::ask::object_label(&row.object)
            }
        })
    }
}

fn about(rows: &[ExceptionRow]) -> String {
    match rows {
        [one] => sheets::exception::title(one),
        many => format!("{} exceptions", many.len()),
    }
}

fn named(rows: &[ExceptionRow]) -> Vec<String> {
    let mut lines: Vec<String> = rows
        .iter()
        .take(NAMED_MAX)
        .map(|row| {
            format!(
                "{} ({})",
                sheets::exception::title(row),
                text::count(row.members, "member", "members")
            )
        })
        .collect();
    if rows.len() > NAMED_MAX {
        lines.push(format!("and {} more", rows.len() - NAMED_MAX));
    }
    lines
}

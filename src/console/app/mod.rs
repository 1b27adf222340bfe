//! The console's state. [`App::update`] is the only place where it changes: synchronous, no I/O, no clock.

pub mod action;
pub mod ask;
pub mod changed;
pub mod columns;
pub mod doc;
pub mod event;
pub mod export;
pub mod field;
pub mod find;
pub mod fit;
pub mod fuzzy;
pub mod key;
pub mod keymap;
pub mod layers;
pub mod list;
pub mod markdown;
mod marks;
mod movement;
pub mod nav;
pub mod panes;
mod perform;
mod replies;
pub mod sheets;
pub mod staged;
pub mod subject;
pub mod views;
mod wants;
pub mod words;

use crate::handbook::Keys;
use action::Action;
use ask::{Act, Done, Header, Trouble};
use doc::Link;
use event::{Effect, Event, Slot, SyncState, SyncStatus};
use key::{Code, Key};
use keymap::Keymap;
use layers::{LAYERS_MAX, Layer, Out};
use list::Load;
use nav::{Nav, Page, Pane};
use panes::Panes;

use crate::console::theme::{Role, Theme};
use crate::domain::filter::Filter;
use crate::domain::ids::{ExceptionId, RequestId};
use crate::domain::time::{Span, Ts};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How long a message stays at the foot of the screen.
pub const TOAST_FOR: Span = Span::secs(6);
/// Messages kept for the list of messages.
pub const MESSAGES_MAX: usize = 200;
/// Requests to the engine watched for their answer.
pub const REQUESTS_MAX: usize = 50;
/// Width from which a list has its detail beside it.
pub const BESIDE_COLUMNS: u16 = 160;
/// Smallest screen that is drawn in full.
pub const SCREEN_MIN: (u16, u16) = (60, 16);

/// What the program was started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// Who works here.
    pub operator: String,
    pub is_read_only: bool,
    /// Said in the header, for example that everyone is administrator.
    pub note: String,
    pub pane: Pane,
    /// There is a shell to go back to.
    pub is_suspendable: bool,
    /// Nothing rings.
    pub is_silent: bool,
}

/// How a message is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Done,
    Info,
    Warning,
    Error,
}

impl Level {
    /// The word before the message.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "Done",
            Self::Info => "Note",
            Self::Warning => "Not done",
            Self::Error => "Failed",
        }
    }

    /// Its role.
    pub const fn role(self) -> Role {
        match self {
            Self::Done => Role::Ok,
            Self::Info => Role::Accent,
            Self::Warning => Role::Warn,
            Self::Error => Role::Error,
        }
    }
}

/// Something said at the foot of the screen.
#[derive(Debug, Clone)]
pub struct Message {
    pub at: Ts,
    pub level: Level,
    pub text: String,
}

/// A screen that stands still while somebody reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frozen {
    pub since: Ts,
    /// Something changed in the store that the screen does not show.
    pub is_behind: bool,
}

/// The whole state.
pub struct App {
    pub options: Options,
    pub theme: Theme,
    pub keymap: Keymap,
    /// The same keys as texts name them.
    pub keys: Keys,
    pub now: Ts,
    /// Columns and rows.
    pub size: (u16, u16),
    pub nav: Nav,
    pub panes: Panes,
    pub layers: Vec<Layer>,
    pub header: Header,
    pub header_load: Load,
    header_generation: u64,
    is_header_stale: bool,
    /// Lists and pages stand still.
    pub frozen: Option<Frozen>,
    pub sync: SyncStatus,
    /// Newest last.
    pub messages: VecDeque<Message>,
    pub toast_until: Option<Ts>,
    /// The page beside a list on wide screens.
    pub beside: Option<Page>,
    /// Acts under way: what was asked, by ticket.
    pub acting: BTreeMap<u64, String>,
    /// How lists stand for the person here.
    pub layouts: columns::Layouts,
    /// The S1 cases known so far; `None` before the first look.
    urgent: Option<BTreeSet<ExceptionId>>,
    /// Mapping changes put aside.
    pub aside: staged::Aside,
    /// Act and page by which somebody looks into a stored call.
    looking: Option<(u64, u64)>,
    /// The act on many cases whose question is being put together.
    trying: Option<perform::Trying>,
    /// The filter whose rows are to be marked.
    marking: Option<Filter>,
    /// What was last looked for on a page.
    found_last: String,
    /// The file being written.
    pub exporting: Option<export::Exporting>,
    /// Requests the engine has yet to answer.
    pub requests: Vec<RequestId>,
    is_requests_stale: bool,
    requests_generation: u64,
    /// Newest generation of the questions layers ask.
    layer_generations: BTreeMap<Slot, u64>,
    generation: u64,
    ticket: u64,
    effects: Vec<Effect>,
    is_dirty: bool,
}

impl App {
    /// A console that has read nothing yet.
    pub fn new(options: Options, theme: Theme, keymap: Keymap, now: Ts, size: (u16, u16)) -> Self {
        Self {
            nav: Nav::new(options.pane),
            options,
            theme,
            keys: sheets::handbook::keys(&keymap),
            keymap,
            now,
            size,
            panes: Panes::new(),
            layers: Vec::new(),
            header: Header::default(),
            header_load: Load::Never,
            header_generation: 0,
            is_header_stale: true,
            frozen: None,
            sync: SyncStatus {
                state: SyncState::Off,
                note: String::new(),
            },
            messages: VecDeque::new(),
            toast_until: None,
            beside: None,
            acting: BTreeMap::new(),
            layouts: columns::Layouts::default(),
            urgent: None,
            aside: staged::Aside::default(),
            looking: None,
            trying: None,
            marking: None,
            found_last: String::new(),
            exporting: None,
            requests: Vec::new(),
            is_requests_stale: false,
            requests_generation: 0,
            layer_generations: BTreeMap::new(),
            generation: 0,
            ticket: 0,
            effects: Vec::new(),
            is_dirty: true,
        }
    }

    /// Takes what happened; says what must be done outside.
    pub fn update(&mut self, now: Ts, event: Event) -> Vec<Effect> {
        self.now = now;
        match event {
            Event::Key(key) => self.key(key),
            Event::Paste(text) => self.paste(&text),
            Event::Resize(columns, rows) => {
                self.size = (columns.max(1), rows.max(1));
                let (columns, now) = (self.size.0, self.now);
                for page in self.nav.all_pages() {
                    page.lay_out_call(columns, now);
                }
                self.is_dirty = true;
            }
            Event::Reply {
                slot,
                generation,
                answer,
            } => self.reply(slot, generation, *answer),
            Event::Acted { ticket, result } => self.acted(ticket, result),
            Event::Exporting { written, total } => self.export_went_on(written, total),
            Event::Exported(result) => self.exported(result),
            Event::StoreChanged => self.store_changed(),
            Event::Sync(status) => {
                self.is_dirty |= self.sync != status;
                self.sync = status;
            }
            Event::Tick => self.tick(),
            Event::Painted => {
                if let Some(layer) = self.layers.last_mut() {
                    layer.painted(now);
                }
            }
            Event::Copied(result) => match result {
                Ok(_) => self.say(Level::Done, "sent to your terminal's clipboard"),
                Err(why) => self.say(Level::Error, &format!("not copied: {why}")),
            },
        }
        self.ask_what_is_wanted();
        std::mem::take(&mut self.effects)
    }

    /// Whether the picture may have changed since it was last asked for.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.is_dirty)
    }

    fn key(&mut self, key: Key) {
        self.is_dirty = true;
        if key == Key::ctrl('c') {
            self.effects.push(Effect::Quit);
            return;
        }
        if key == Key::ctrl('l') {
            self.effects.push(Effect::Repaint);
            return;
        }
        if let Some(layer) = self.layers.last_mut() {
            let out = layer.key(key, self.now);
            self.carry_out(out);
            return;
        }
        let contexts = self.contexts();
        match self.keymap.resolve(key, &contexts) {
            Some(action) => self.perform(action),
            None => self.say_unbound(key),
        }
    }

    /// A key that means something elsewhere says where, anything else says how to find out.
    fn say_unbound(&mut self, key: Key) {
        let elsewhere = Action::ALL
            .iter()
            .copied()
            .find(|a| self.keymap.keys(*a).contains(&key));
        let text = match elsewhere.map(|a| (a, self.fit(a).refusal())) {
            Some((action, Some(why))) => format!("{key} {}: {why}", action.info().title),
            _ => format!("{key} does nothing here; ? shows every key"),
        };
        if !matches!(
            key.code,
            Code::Left | Code::Right | Code::Backspace | Code::Delete
        ) {
            self.say(Level::Info, &text);
        }
    }

    /// Pasted text goes into the topmost layer's field or nowhere; it is never a command.
    fn paste(&mut self, text: &str) {
        self.is_dirty = true;
        match self.layers.last_mut() {
            Some(layer) => {
                let out = layer.paste(text);
                self.carry_out(out);
            }
            None => self.say(
                Level::Info,
                "pasted text was ignored: open a filter with / first",
            ),
        }
    }

    fn tick(&mut self) {
        if self.toast_until.is_some_and(|at| at <= self.now) {
            self.toast_until = None;
        }
        let (panes, now) = (&mut self.panes, self.now);
        panes.exceptions.list.changed.tick(now);
        panes.orders.list.changed.tick(now);
        panes.mappings.list.changed.tick(now);
        panes.stock.list.changed.tick(now);
        panes.stock.lanes.changed.tick(now);
        panes.returns.list.changed.tick(now);
        self.rebuild_pages();
        self.is_dirty = true;
    }

    /// Says something at the foot of the screen; it is kept in the list of messages.
    pub fn say(&mut self, level: Level, text: &str) {
        if self.messages.len() >= MESSAGES_MAX {
            self.messages.pop_front();
        }
        self.messages.push_back(Message {
            at: self.now,
            level,
            text: text.to_owned(),
        });
        let until = self.now + TOAST_FOR;
        self.toast_until = Some(until);
        self.effects.push(Effect::Wake(until));
        self.is_dirty = true;
    }

    /// The message on show.
    pub fn toast(&self) -> Option<&Message> {
        self.toast_until
            .filter(|at| *at > self.now)
            .and_then(|_| self.messages.back())
    }

    fn push_layer(&mut self, layer: Layer) {
        if self.layers.len() < LAYERS_MAX {
            self.layers.push(layer);
        }
        self.is_dirty = true;
    }

    /// Does what a layer wanted.
    fn carry_out(&mut self, out: Vec<Out>) {
        for out in out {
            match out {
                Out::Close => {
                    self.layers.pop();
                }
                Out::Act(Act::Exceptions { targets, what }) => self.act_on_cases(targets, what),
                Out::Act(Act::Orders { targets, what }) => self.act_on_orders(targets, what),
                Out::Act(act) => self.act(act),
                Out::Ask(slot, question) => {
                    let generation = self.next_generation();
                    self.layer_generations.insert(slot, generation);
                    self.effects.push(Effect::Ask {
                        slot,
                        generation,
                        question,
                    });
                }
                Out::Perform(action) => self.perform(action),
                Out::Go(place) => self.go(place),
                Out::Open(link, title) => {
                    self.nav.open(link, title);
                }
                Out::Filter(text) => self.set_filter(&text),
                Out::Find(words, from, step) => self.find(&words, from, step),
                Out::Stage(pair, edits) => self.stage(&pair, edits),
                Out::Unstage(pair, edit) => self.unstage(&pair, &edit),
                Out::ApplyStaged(pair, act) => {
                    self.act(act);
                    self.aside.applying(self.ticket, pair);
                }
                Out::Read(topic, line) => {
                    let link = Link::Handbook(topic, line);
                    self.nav.open(link, topic.title().to_owned());
                }
                Out::Columns(list, layout) => self.lay_out(list, layout),
                Out::KeepColumns(list, layout) => self.keep_columns(list, layout),
                Out::SortBy(list, name, is_falling) => self.set_order(list, name, is_falling),
                Out::Export(job) => self.export(job),
                Out::StopExport => self.stop_export(),
                Out::Quit => self.effects.push(Effect::Quit),
            }
        }
    }

    const fn next_generation(&mut self) -> u64 {
        self.generation += 1;
        self.generation
    }

    /// Hands an act to the desk. Read-only is checked here as well as behind the desk.
    fn act(&mut self, act: Act) {
        if self.options.is_read_only {
            self.say(
                Level::Warning,
                "this session is read-only; nothing was changed",
            );
            return;
        }
        self.ticket += 1;
        let ticket = self.ticket;
        self.acting.insert(ticket, act_words(&act));
        self.effects.push(Effect::Act { ticket, act });
    }

    fn acted(&mut self, ticket: u64, result: Result<Done, Trouble>) {
        let what = self.acting.remove(&ticket).unwrap_or_default();
        self.aside.ended(ticket, result.is_ok());
        self.looked_into(ticket, result.is_ok());
        match result {
            // Nothing of the books was touched, and nothing needs saying.
            Ok(done) if done.text.is_empty() => return,
            Ok(done) => {
                if let Some(request) = done.request
                    && self.requests.len() < REQUESTS_MAX
                {
                    self.requests.push(request);
                    self.is_requests_stale = true;
                }
                self.panes.exceptions.list.unmark_all();
                self.panes.orders.list.unmark_all();
                self.say(Level::Done, &done.text);
            }
            Err(trouble) => {
                let level = if trouble.is_stale {
                    Level::Warning
                } else {
                    Level::Error
                };
                let text = if what.is_empty() {
                    trouble.text
                } else {
                    format!("{what}: {}", trouble.text)
                };
                self.say(level, &text);
            }
        }
        self.mark_stale();
    }

    /// Somebody changed the store. A frozen screen only counts on: whether anything is anybody's is never held back, nor
    /// the engine's answer to what was asked for here.
    fn store_changed(&mut self) {
        let Some(frozen) = &mut self.frozen else {
            self.mark_stale();
            return;
        };
        self.is_dirty |= !frozen.is_behind;
        frozen.is_behind = true;
        self.is_header_stale = true;
        self.is_requests_stale = !self.requests.is_empty();
    }

    /// Stands still, or catches up and follows again.
    fn freeze(&mut self) {
        if self.frozen.take().is_some() {
            self.say(Level::Done, "the screen follows the store again");
            self.mark_stale();
        } else {
            self.frozen = Some(Frozen {
                since: self.now,
                is_behind: false,
            });
            let text = "the screen stands still; the same key follows again, Ctrl-R reads once";
            self.say(Level::Done, text);
        }
    }

    /// Something changed in the store: what is on show is read again.
    fn mark_stale(&mut self) {
        if let Some(frozen) = &mut self.frozen {
            frozen.is_behind = false;
        }
        self.is_header_stale = true;
        self.panes.live.is_stale = true;
        self.panes.exceptions.list.mark_stale();
        self.panes.orders.list.mark_stale();
        self.panes.mappings.list.mark_stale();
        self.panes.mappings.is_unmapped_stale = true;
        self.panes.stock.list.mark_stale();
        self.panes.stock.lanes.mark_stale();
        self.panes.audit.list.mark_stale();
        self.panes.returns.list.mark_stale();
        self.panes.checks.is_stale = true;
        for page in self.nav.all_pages() {
            page.is_stale = true;
        }
        if let Some(page) = &mut self.beside {
            page.is_stale = true;
        }
        self.is_requests_stale = !self.requests.is_empty();
    }

    /// Whether leaving now would lose something.
    fn unsaved(&self) -> Option<String> {
        if self.layers.iter().any(Layer::is_unsaved) {
            return Some("Something typed is not saved yet.".to_owned());
        }
        if self.aside.count() > 0 {
            let count = i64::try_from(self.aside.count()).unwrap_or(i64::MAX);
            let changes = crate::text::count(count, "mapping change is", "mapping changes are");
            return Some(format!("{changes} put aside and not applied."));
        }
        match self.acting.len() {
            0 => self.exporting.as_ref().map(|exporting| {
                let name = &exporting.name;
                format!("{name} is still being written; it would be given up.")
            }),
            n => Some(format!(
                "{} still under way.",
                crate::text::count(i64::try_from(n).unwrap_or(0), "action is", "actions are")
            )),
        }
    }
}

/// What is done to exceptions, for the message when it fails.
const fn doing(what: &ask::ExceptionAct) -> &'static str {
    match what {
        ask::ExceptionAct::Acknowledge => "taking",
        ask::ExceptionAct::Assign { .. } => "handing over",
        ask::ExceptionAct::Work => "starting on",
        ask::ExceptionAct::Snooze { .. } => "snoozing",
        ask::ExceptionAct::Wait { .. } => "waiting with",
        ask::ExceptionAct::Note { .. } => "a note on",
        ask::ExceptionAct::MarkFixed => "marking fixed",
        ask::ExceptionAct::Dismiss { .. } => "dismissing",
        ask::ExceptionAct::Retry => "retrying",
    }
}

/// What is done to orders, for the message when it fails.
const fn doing_order(what: &ask::OrderAct) -> &'static str {
    match what {
        ask::OrderAct::Hold { .. } => "holding",
        ask::OrderAct::Release => "releasing",
        ask::OrderAct::Resync => "reading again",
    }
}

/// An act in a few words, for the message when it fails.
fn act_words(act: &Act) -> String {
    match act {
        Act::Exceptions { targets, what } => {
            let verb = doing(what);
            match targets.as_slice() {
                [one] => format!("{verb} exception {}", one.id),
                many => format!("{verb} {} exceptions", many.len()),
            }
        }
        Act::Bulk { targets, what } => format!("{} {} exceptions", doing(what), targets.len()),
        Act::FloorSaid { case, .. } => {
            format!("the floor's answer to exception {}", case.id)
        }
        Act::StopBulk(id) => format!("stopping bulk act {id}"),
        Act::RetryDelivery(id) => format!("retrying delivery {id}"),
        Act::CancelDelivery { id, .. } => format!("cancelling delivery {id}"),
        Act::Orders { targets, what } => match targets.as_slice() {
            [one] => format!("{} order {one}", doing_order(what)),
            many => format!("{} {} orders", doing_order(what), many.len()),
        },
        Act::BulkOrders { targets, what } => {
            format!("{} {} orders", doing_order(what), targets.len())
        }
        Act::ChooseSite { id, .. } => format!("choosing the site of order {id}"),
        Act::PauseFlow { pair, flow, .. } => format!("pausing {flow} of {pair}"),
        Act::ResumeFlow { pair, flow } => format!("resuming {flow} of {pair}"),
        Act::RunFlow { pair, flow } => format!("running {flow} of {pair}"),
        Act::PushStock { item, .. } => format!("pushing {item}"),
        Act::LookInto(id) => format!("looking into call {id}"),
        Act::Undo(line) => format!("taking back line {line}"),
        Act::ResumeStock { item, .. } => format!("resuming {item}"),
        Act::ApplyMappings { pair, .. } => format!("mappings of {pair}"),
        Act::RollBackMappings { pair, version, .. } => {
            format!("mappings of {pair} back to version {version}")
        }
        Act::ExpectReturn { order, .. } => format!("expecting a return of order {order}"),
        Act::ExplainRefund { order, .. } => format!("explaining a refund of order {order}"),
        Act::DecideReturn { reference, .. } => format!("deciding on return {reference}"),
        Act::LaneHead { item, .. } => format!("the lane of {item}"),
        Act::CorrectStock { item, .. } => format!("correcting {item}"),
        Act::AskCount { item, .. } => format!("asking for a count of {item}"),
        Act::Counted { case, .. } => format!("recording the count of exception {case}"),
        Act::SignCheck { check, team, .. } => format!("signing {:?} for {team}", check.title),
        Act::HandOver { team, .. } => format!("the hand-over of {team}"),
        Act::ExportChecks { cadence, .. } => format!("the export of the {cadence} sheet"),
        Act::EditOrder { id, .. } => format!("editing order {id}"),
        Act::Classify { case, .. } => format!("classifying exception {case}"),
        Act::ExportOrder { id, .. } => format!("the export of order {id}"),
        Act::SaveView { view, .. } => format!("saving the view {:?}", view.name),
        Act::RemoveView { name, .. } => format!("removing the view {name:?}"),
        Act::KeepColumns { list, .. } => format!("keeping the columns of {list}"),
    }
}

//! Test support for the console: a backend of generated rows, a synchronous harness and one round the real loop.
//! Every test program uses a part of it.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod bulks;
pub mod cases;
pub mod checks;
pub mod decisions;
pub mod flow;
pub mod lanes;
pub mod returns;
pub mod rows;
pub mod views;

use futures::FutureExt;
use futures::future::BoxFuture;
pub use rows::NOW;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tallyman::console::app::App;
use tallyman::console::app::ask::{
    Act, Answer, Answered, Done, Header, Live, MappingPreview, OrderAct, Question, Trouble,
};
use tallyman::console::app::event::{Effect, Event, SyncState, SyncStatus};
use tallyman::console::app::export::{self, ExportJob};
use tallyman::console::app::key::Key;
use tallyman::console::app::nav::Pane;
use tallyman::console::run::backend::Backend;
use tallyman::console::run::export::Progress;
use tallyman::console::run::{ConsoleOptions, build};
use tallyman::console::term::caps::Caps;
use tallyman::desk::RuleTrial;
use tallyman::domain::bulk::{Bulk, BulkState, BulkTrial};
use tallyman::domain::columns::KeptLayout;
use tallyman::domain::exception::{ExceptionRow, Severity, Team};
use tallyman::domain::filter::{Filter, What};
use tallyman::domain::ids::{BulkId, ExceptionId, PairId, RequestId};
use tallyman::domain::mapping::MappingKind;
use tallyman::domain::time::{Span, Ts};
use tallyman::domain::views::SavedView;
use tallyman::store::read::{Anchor, Cursor, ExceptionCount, ListQuery, Listed, Window};

/// What the store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    Typical,
    Empty,
    /// Every question fails.
    Failing,
    /// No question is ever answered.
    Silent,
    /// 100,000 rows in every list.
    Many,
    /// Escape sequences, wide glyphs, long names.
    Hostile,
}

/// Rows of every list of [`Scene::Many`].
pub const MANY: usize = 100_000;

/// A store and a desk without either: rows are generated, acts are remembered.
pub struct FakeBackend {
    pub scene: Scene,
    pub acts: Mutex<Vec<Act>>,
    /// What the next act meets instead of success.
    pub refusal: Mutex<Option<Trouble>>,
    pub questions: Mutex<Vec<String>>,
    /// Once mapped, the carrier exception and its unmapped value are gone.
    is_mapped: Mutex<bool>,
    /// What the team saved of its lists.
    views: Mutex<Vec<SavedView>>,
    /// How the person left the columns.
    pub layouts: Mutex<Vec<KeptLayout>>,
    /// Files asked for.
    pub files: Mutex<Vec<ExportJob>>,
    /// Open S1 cases.
    pub urgent: Mutex<Vec<ExceptionId>>,
    changed: tokio::sync::Notify,
}

impl FakeBackend {
    pub fn new(scene: Scene) -> Arc<Self> {
        Arc::new(Self {
            scene,
            acts: Mutex::new(Vec::new()),
            refusal: Mutex::new(None),
            questions: Mutex::new(Vec::new()),
            is_mapped: Mutex::new(false),
            views: Mutex::new(match scene {
                Scene::Typical | Scene::Hostile => views::saved(scene == Scene::Hostile),
                _ => Vec::new(),
            }),
            layouts: Mutex::new(Vec::new()),
            files: Mutex::new(Vec::new()),
            urgent: Mutex::new(vec![ExceptionId(1), ExceptionId(3)]),
            changed: tokio::sync::Notify::new(),
        })
    }

    /// Somebody else changed something.
    pub fn touch(&self) {
        self.changed.notify_one();
    }

    pub fn done(&self) -> Vec<Act> {
        self.acts.lock().unwrap().clone()
    }

    fn is_hostile(&self) -> bool {
        self.scene == Scene::Hostile
    }

    fn total(&self, typical: usize) -> usize {
        match self.scene {
            Scene::Many => MANY,
            Scene::Empty | Scene::Failing | Scene::Silent => 0,
            Scene::Typical | Scene::Hostile => typical,
        }
    }

    fn exceptions(&self, query: &ListQuery) -> Window<ExceptionRow> {
        let hostile = self.is_hostile();
        if self.scene == Scene::Many {
            return window(MANY, query, |n| rows::exception(n, hostile));
        }
        let is_mapped = *self.is_mapped.lock().unwrap();
        let kept: Vec<ExceptionRow> = (0..self.total(rows::EXCEPTIONS))
            .map(|n| rows::exception(n, hostile))
            .filter(|row| !(is_mapped && row.id.0 == 1))
            .filter(|row| exception_matches(&query.filter, row))
            .collect();
        window(kept.len(), query, |n| kept[n].clone())
    }

    fn header(&self) -> Header {
        let ship = |mins: i64| Some(NOW + Span::mins(mins));
        let count = |team, severity, open, earliest_ship_by| ExceptionCount {
            team,
            severity,
            open,
            unacknowledged: open / 2,
            earliest_ship_by,
        };
        let pairs = vec![PairId::from("lw-pvx")];
        match self.scene {
            Scene::Empty => Header {
                pairs,
                ..Header::default()
            },
            Scene::Many => Header {
                places: Default::default(),
                counts: vec![count(Team::Warehouse, Severity::S2, 100_000, ship(12))],
                urgent: Vec::new(),
                mine: 2_000,
                mine_ship_by: ship(12),
                pairs,
                unmapped: 1,
                returns: 0,
                checks: 0,
                views: Vec::new(),
                layouts: Vec::new(),
            },
            _ => Header {
                places: Default::default(),
                urgent: self.urgent.lock().unwrap().clone(),
                counts: vec![
                    count(Team::Ecommerce, Severity::S1, 2, ship(45)),
                    count(Team::Warehouse, Severity::S2, 4, ship(-70)),
                    count(Team::Data, Severity::S3, 5, ship(200)),
                    count(Team::Integration, Severity::S4, 1, None),
                ],
                mine: 2,
                mine_ship_by: ship(-70),
                pairs,
                unmapped: i64::from(!*self.is_mapped.lock().unwrap()) + 1,
                returns: 4,
                checks: 1,
                views: self.views.lock().unwrap().clone(),
                layouts: self.layouts.lock().unwrap().clone(),
            },
        }
    }

    fn answer(&self, question: Question) -> Answer {
        let hostile = self.is_hostile();
        let is_empty = self.scene == Scene::Empty;
        match question {
            Question::Header { .. } => Answer::Header(self.header()),
            Question::Live(filter) => Answer::Live(Box::new(if is_empty {
                Live::default()
            } else {
                let mut live = rows::live(hostile);
                let word = filter.to_string();
                live.tail.retain(|row| row.action.contains(&word));
                live
            })),
            Question::Exceptions(query) => Answer::Exceptions(self.exceptions(&query)),
            Question::AllExceptions(query) => {
                let all = ListQuery {
                    limit: MANY,
                    ..query
                };
                Answer::Exceptions(self.exceptions(&all))
            }
            Question::AllOrders(query) => {
                let all = ListQuery {
                    limit: MANY,
                    ..query
                };
                Answer::Orders(window(self.total(24), &all, |n| rows::order(n, hostile)))
            }
            Question::Orders(query) => {
                Answer::Orders(window(self.total(24), &query, |n| rows::order(n, hostile)))
            }
            Question::Mappings { query, .. } => {
                Answer::Mappings(window(self.total(18), &query, |n| {
                    rows::mapping(n, hostile)
                }))
            }
            Question::Unmapped { .. } => Answer::Unmapped(if is_empty {
                Vec::new()
            } else {
                let mut found = rows::unmapped(hostile);
                if *self.is_mapped.lock().unwrap() {
                    found.remove(0);
                }
                found
            }),
            Question::Stock(query) => Answer::Stock(window(self.total(12), &query, |n| {
                rows::position(n, hostile)
            })),
            Question::Journal(query) => Answer::Journal(window(self.total(30), &query, |n| {
                rows::journal(n, hostile)
            })),
            Question::Returns(query) => {
                Answer::Returns(window(self.total(returns::RETURNS), &query, |n| {
                    returns::gated(n, hostile)
                }))
            }
            Question::Return { reference, .. } => {
                let found = (0..24).find(|n| returns::held(*n, hostile).row.reference == reference);
                Answer::Return(found.map(|n| Box::new(returns::sheet(n, hostile))))
            }
            Question::Exception(id) if id == returns::CASE => {
                Answer::Exception(Some(Box::new(returns::case_sheet(hostile))))
            }
            Question::Exception(id) if decisions::case_sheet(id, hostile).is_some() => {
                Answer::Exception(decisions::case_sheet(id, hostile).map(Box::new))
            }
            Question::Exception(id) if lanes::case_sheet(id, hostile).is_some() => {
                Answer::Exception(lanes::case_sheet(id, hostile).map(Box::new))
            }
            Question::Exception(id) => Answer::Exception(Some(Box::new(rows::exception_sheet(
                usize::try_from(id.0 - 1).unwrap_or(0),
                hostile,
            )))),
            Question::Order(id) => Answer::Order(Some(Box::new(rows::order_sheet(
                usize::try_from(id.0 - 1).unwrap_or(0),
                hostile,
            )))),
            Question::Delivery(id) => {
                Answer::Delivery(Some(Box::new(rows::delivery_sheet(id.0, hostile))))
            }
            Question::Item { pair, item } if pair.as_str() == "c7-pvx" => {
                Answer::Item(Box::new(lanes::item_sheet(pair, item, hostile)))
            }
            Question::Item { pair, item } => {
                Answer::Item(Box::new(rows::item_sheet(pair, item, hostile)))
            }
            Question::Checks { cadence, team } => {
                let sheet = checks::sheet(cadence, team, (is_empty, hostile));
                Answer::Checks(Box::new(sheet))
            }
            Question::Check { check, team, first } => {
                Answer::Check(Box::new(checks::page(check, team, first, hostile)))
            }
            Question::HandOvers(team) => Answer::HandOvers(if is_empty {
                Vec::new()
            } else {
                checks::notes(team, hostile)
            }),
            Question::Lanes(query) => {
                Answer::Lanes(window(self.total(lanes::LANES), &query, |n| {
                    lanes::lane(n, hostile)
                }))
            }
            Question::Lane { pair, lane } => {
                Answer::Lane(Box::new(lanes::lane_sheet(pair, lane, hostile)))
            }
            Question::Flow { pair, flow } => {
                Answer::Flow(Box::new(rows::flow_sheet(pair, flow, hostile)))
            }
            Question::Payload { id, sight } => {
                Answer::Payload(Some(Box::new(cases::call(id, sight))))
            }
            Question::Versions { .. } => Answer::Versions(rows::versions()),
            Question::Targets { kind, .. } => Answer::Targets(match kind {
                MappingKind::Buffer => Vec::new(),
                _ => rows::targets(hostile),
            }),
            Question::Preview { .. } => Answer::Preview(MappingPreview {
                version: Some(17),
                released: 38,
                blocked_by: vec![("ORD_SKU_UNKNOWN MUG-BLU-XL".to_owned(), 2)],
                ..MappingPreview::default()
            }),
            Question::LateChanges if is_empty => Answer::LateChanges(Vec::new()),
            Question::LateChanges => Answer::LateChanges(rows::late(hostile)),
            Question::BulkTrial { cases, .. } => Answer::BulkTrial(bulks::trial(cases.len())),
            Question::OrderTrial { orders, .. } => Answer::BulkTrial(BulkTrial {
                orders: None,
                refused: vec![("it is held already".to_owned(), 2)],
                first: vec!["100101".to_owned()],
                ..bulks::trial(orders.len())
            }),
            Question::Bulks if is_empty => Answer::Bulks(Vec::new()),
            Question::Bulks => Answer::Bulks(vec![
                bulks::bulk(BulkId(12), hostile),
                Bulk {
                    state: BulkState::Ended,
                    ended_at: Some(NOW),
                    done: 340,
                    refused: 0,
                    ..bulks::bulk(BulkId(11), hostile)
                },
            ]),
            Question::Bulk(id) => Answer::Bulk(Some(Box::new(bulks::page(id, hostile)))),
            Question::RuleTrial { .. } => Answer::RuleTrial(Box::new(RuleTrial {
                named: (0..12).map(|n| rows::exception(n, hostile)).collect(),
                others: 3,
                replaces: None,
            })),
            Question::VerifyJournal => Answer::VerifyJournal(None),
            Question::Find(text) => Answer::Find(rows::found(&text)),
            Question::Undoable(_) => Answer::Undoable(vec![rows::undoable()]),
            Question::Requests(ids) => Answer::Requests(
                ids.into_iter()
                    .map(|id| Answered {
                        id,
                        is_ok: true,
                        text: "The engine read both systems: they agree.".to_owned(),
                    })
                    .collect(),
            ),
        }
    }

    fn carry_out(&self, act: Act) -> Result<Done, Trouble> {
        if let Some(trouble) = self.refusal.lock().unwrap().take() {
            return Err(trouble);
        }
        let is_read = matches!(
            act,
            Act::Orders {
                what: OrderAct::Resync,
                ..
            }
        );
        let request = is_read.then_some(RequestId(1));
        let text = match &act {
            Act::ApplyMappings { edits, .. } => {
                *self.is_mapped.lock().unwrap() = true;
                format!("{} mapping set, 38 orders released.", edits.len())
            }
            Act::KeepColumns { .. } => String::new(),
            Act::Bulk { targets, .. } => format!("Bulk act 12 begins: {} cases.", targets.len()),
            Act::Exceptions { targets, .. } => format!("{} done.", targets.len()),
            other => format!("{other:?} done."),
        };
        views::changed(&mut self.views.lock().unwrap(), &act);
        self.acts.lock().unwrap().push(act);
        self.touch();
        Ok(Done { text, request })
    }
}

impl Backend for FakeBackend {
    fn ask(&self, question: Question) -> BoxFuture<'_, Result<Answer, Trouble>> {
        let name = format!("{question:?}");
        let name = name.split([' ', '(', '{']).next().unwrap_or_default();
        self.questions.lock().unwrap().push(name.to_owned());
        match self.scene {
            Scene::Silent => futures::future::pending().boxed(),
            Scene::Failing => futures::future::ready(Err(Trouble::new(
                "the store is not available: database is locked",
            )))
            .boxed(),
            _ => futures::future::ready(Ok(self.answer(question))).boxed(),
        }
    }

    fn act(&self, act: Act) -> BoxFuture<'_, Result<Done, Trouble>> {
        futures::future::ready(self.carry_out(act)).boxed()
    }

    fn export(&self, job: ExportJob, told: Progress) -> BoxFuture<'_, Result<String, Trouble>> {
        if self.scene == Scene::Many {
            told(500, MANY as u64);
            return futures::future::pending().boxed();
        }
        let name = format!("{}.{}", job.stem, job.format.extension());
        let rows = match &job.what {
            export::What::List { .. } | export::What::Short(_) => "its rows",
            export::What::Page(_) => "the page",
        };
        self.files.lock().unwrap().push(job);
        futures::future::ready(match self.refusal.lock().unwrap().take() {
            Some(trouble) => Err(trouble),
            None => Ok(format!("wrote {rows} to {name}")),
        })
        .boxed()
    }

    fn changed(&self) -> BoxFuture<'_, ()> {
        self.changed.notified().boxed()
    }
}

/// A window of a generated list: the place is the row's number.
pub fn window<T>(total: usize, query: &ListQuery, make: impl Fn(usize) -> T) -> Window<T> {
    let place = |c: &Cursor| -> usize { c.0.parse().unwrap() };
    let (from, to) = match &query.anchor {
        Anchor::First => (0, query.limit.min(total)),
        Anchor::Last => (total.saturating_sub(query.limit), total),
        Anchor::After(c) => (
            (place(c) + 1).min(total),
            (place(c) + 1 + query.limit).min(total),
        ),
        Anchor::Before(c) => (
            place(c).min(total).saturating_sub(query.limit),
            place(c).min(total),
        ),
        Anchor::At(c) => (place(c).min(total), (place(c) + query.limit).min(total)),
    };
    Window {
        rows: (from..to)
            .map(|n| Listed {
                cursor: Cursor(n.to_string()),
                row: make(n),
            })
            .collect(),
        total: i64::try_from(total).unwrap(),
        position: Some(i64::try_from(from).unwrap()),
        has_before: from > 0,
        has_after: to < total,
    }
}

fn exception_matches(filter: &Filter, row: &ExceptionRow) -> bool {
    filter.terms.iter().all(|term| {
        let holds = match &term.what {
            What::Word(word) => format!("{} {}", row.kind, row.discriminator)
                .to_lowercase()
                .contains(&word.to_lowercase()),
            What::Field { field, values, .. } => {
                let has = match field.as_str() {
                    "team" => row.team.to_string(),
                    "person" => row.person.clone().unwrap_or_default(),
                    "severity" => row.severity.to_string(),
                    "kind" => row.kind.to_string(),
                    _ => return true,
                };
                values.contains(&has)
            }
        };
        holds != term.is_negated
    })
}

/// The state without a loop: effects are carried out on the spot.
pub struct Desk {
    pub app: App,
    pub backend: Arc<FakeBackend>,
    pub now: Ts,
    pub copied: Vec<String>,
    pub has_quit: bool,
}

impl Desk {
    pub fn new(scene: Scene, pane: Pane, size: (u16, u16)) -> Self {
        Self::with(scene, pane, size, |_| {})
    }

    pub fn with(
        scene: Scene,
        pane: Pane,
        size: (u16, u16),
        change: impl FnOnce(&mut ConsoleOptions),
    ) -> Self {
        let mut options = options(pane);
        change(&mut options);
        Self::on(FakeBackend::new(scene), options, size)
    }

    pub fn on(backend: Arc<FakeBackend>, options: ConsoleOptions, size: (u16, u16)) -> Self {
        let app = build(&options, caps(), NOW, size);
        let mut desk = Self {
            app,
            backend,
            now: NOW,
            copied: Vec::new(),
            has_quit: false,
        };
        desk.event(Event::Sync(SyncStatus {
            state: SyncState::Here,
            note: String::new(),
        }));
        // The first picture tells lists how much room they have, as in the loop.
        desk.text();
        desk.event(Event::StoreChanged);
        desk
    }

    pub fn event(&mut self, event: Event) {
        let mut effects: VecDeque<Effect> = self.app.update(self.now, event).into();
        while let Some(effect) = effects.pop_front() {
            let next = match effect {
                Effect::Ask {
                    slot,
                    generation,
                    question,
                } => match self.backend.ask(question).now_or_never() {
                    None => continue,
                    Some(answer) => Event::Reply {
                        slot,
                        generation,
                        answer: Box::new(answer),
                    },
                },
                Effect::Act { ticket, act } => {
                    let result = self.backend.act(act).now_or_never().unwrap();
                    Event::Acted { ticket, result }
                }
                Effect::Export(job) => {
                    let told: Progress = Arc::new(|_, _| {});
                    match self.backend.export(*job, told).now_or_never() {
                        None => Event::Exporting {
                            written: 500,
                            total: MANY as u64,
                        },
                        Some(result) => Event::Exported(result),
                    }
                }
                Effect::Copy(text) => {
                    let n = text.chars().count();
                    self.copied.push(text);
                    Event::Copied(Ok(n))
                }
                Effect::Quit => {
                    self.has_quit = true;
                    continue;
                }
                Effect::Bell
                | Effect::Repaint
                | Effect::Wake(_)
                | Effect::Suspend
                | Effect::StopExport => {
                    continue;
                }
            };
            effects.extend(self.app.update(self.now, next));
        }
    }

    /// Presses keys spelt as in the keymap, parted by blanks; single letters may stand together as `'text`.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for word in keys.split(' ').filter(|w| !w.is_empty()) {
            if let Some(text) = word.strip_prefix('\'') {
                for c in text.chars() {
                    self.key(Key::char(c));
                }
            } else {
                self.key(Key::parse(word).unwrap_or_else(|| panic!("{word:?} is not a key")));
            }
        }
        self
    }

    pub fn key(&mut self, key: Key) {
        // A person reads what is on the screen before the next key.
        self.event(Event::Painted);
        self.now = self.now + Span::ms(400);
        self.event(Event::Key(key));
    }

    pub fn text(&self) -> String {
        let (columns, rows) = self.app.size;
        text_of(&tallyman::console::picture(&self.app, columns, rows))
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.event(Event::Resize(columns, rows));
        self.text();
    }
}

/// The text of a screen, line by line, without the cells a wide glyph covers.
pub fn text_of(buffer: &ratatui::buffer::Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..buffer.area.width {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            skip = tallyman::text::width(symbol).saturating_sub(1);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

pub fn options(pane: Pane) -> ConsoleOptions {
    ConsoleOptions {
        operator: "pat".to_owned(),
        pane,
        ..ConsoleOptions::default()
    }
}

pub const fn caps() -> Caps {
    Caps {
        is_ssh: false,
        is_mono: false,
        is_ascii: false,
    }
}

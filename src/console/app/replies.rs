//! What becomes of answers. An answer to anything but the newest question of its slot is dropped.

use super::ask::{Answer, ExceptionSheet, Refunds, Trouble};
use super::event::{Effect, Slot};
use super::layers::Layer;
use super::list::{Keyed, List, Load};
use super::nav::{CallOnPage, Page};
use super::sheets::call::Mode;
use super::subject::Subject;
use super::{App, Level, sheets};
use crate::domain::bulk::BulkState;
use crate::domain::ids::ExceptionId;
use crate::domain::places::Places;
use crate::domain::time::Ts;
use crate::handbook::Keys;
use crate::store::read::Window;
use std::collections::BTreeSet;

/// Takes an answer into a list when it is the newest.
fn into_list<T: Keyed + Clone>(
    list: &mut List<T>,
    generation: u64,
    answer: Result<Window<T>, Trouble>,
) {
    if list.generation != generation {
        return;
    }
    match answer {
        Ok(window) => list.take(window),
        Err(trouble) => list.fail(trouble.text),
    }
}

/// Narrows an answer to the one kind its slot expects.
macro_rules! expect {
    ($answer:expr, $variant:ident) => {
        match $answer {
            Ok(Answer::$variant(value)) => Ok(value),
            Ok(_) => Err(Trouble::new("the answer does not fit the question")),
            Err(trouble) => Err(trouble),
        }
    };
}

impl App {
    pub(super) fn reply(&mut self, slot: Slot, generation: u64, answer: Result<Answer, Trouble>) {
        self.is_dirty = true;
        let panes = &mut self.panes;
        match slot {
            Slot::Exceptions => into_list(
                &mut panes.exceptions.list,
                generation,
                expect!(answer, Exceptions),
            ),
            Slot::Orders => {
                into_list(&mut panes.orders.list, generation, expect!(answer, Orders));
            }
            Slot::Mappings => into_list(
                &mut panes.mappings.list,
                generation,
                expect!(answer, Mappings),
            ),
            Slot::Stock => into_list(&mut panes.stock.list, generation, expect!(answer, Stock)),
            Slot::Lanes => into_list(&mut panes.stock.lanes, generation, expect!(answer, Lanes)),
            Slot::Audit => into_list(&mut panes.audit.list, generation, expect!(answer, Journal)),
            Slot::Returns => {
                into_list(
                    &mut panes.returns.list,
                    generation,
                    expect!(answer, Returns),
                );
            }
            Slot::Checks if panes.checks.generation == generation => {
                match expect!(answer, Checks) {
                    Ok(sheet) => panes.checks.take(*sheet),
                    Err(trouble) => panes.checks.load = Load::Failed(trouble.text),
                }
            }
            Slot::Unmapped if panes.mappings.unmapped_generation == generation => {
                match expect!(answer, Unmapped) {
                    Ok(rows) => panes.mappings.take_unmapped(rows),
                    Err(trouble) => panes.mappings.unmapped_load = Load::Failed(trouble.text),
                }
            }
            Slot::Live if panes.live.generation == generation => match expect!(answer, Live) {
                Ok(live) => panes.live.take(*live),
                Err(trouble) => panes.live.load = Load::Failed(trouble.text),
            },
            Slot::Header if self.header_generation == generation => self.take_header(answer),
            Slot::Page(id) => {
                let at = At {
                    now: self.now,
                    keys: &self.keys,
                    bar: self.theme.symbols.bar,
                    spark: &self.theme.symbols.spark,
                    columns: self.size.0,
                };
                if let Some(page) = self.nav.by_id(id)
                    && page.generation == generation
                {
                    show(page, answer, at, &self.header.places);
                }
            }
            Slot::Beside => {
                let at = At {
                    now: self.now,
                    keys: &self.keys,
                    bar: self.theme.symbols.bar,
                    spark: &self.theme.symbols.spark,
                    columns: 0,
                };
                if let Some(page) = &mut self.beside
                    && page.generation == generation
                {
                    show(page, answer, at, &self.header.places);
                }
            }
            Slot::Targets
            | Slot::Preview
            | Slot::Trial
            | Slot::Verify
            | Slot::Undo
            | Slot::Bulk
            | Slot::Find
                if self.layer_generations.get(&slot) == Some(&generation) =>
            {
                self.layer_reply(slot, answer);
            }
            Slot::Marks if self.layer_generations.get(&slot) == Some(&generation) => {
                self.take_marks(answer);
            }
            Slot::Requests if self.requests_generation == generation => {
                self.take_requests(answer);
            }
            _ => {}
        }
        // The signs of rows that changed go when their time is over, without a key.
        if let Some(until) = self.changed_until(slot).filter(|at| *at > self.now) {
            self.effects.push(Effect::Wake(until));
        }
    }

    fn changed_until(&self, slot: Slot) -> Option<crate::domain::time::Ts> {
        let panes = &self.panes;
        match slot {
            Slot::Exceptions => panes.exceptions.list.changed.until(),
            Slot::Orders => panes.orders.list.changed.until(),
            Slot::Mappings => panes.mappings.list.changed.until(),
            Slot::Stock => panes.stock.list.changed.until(),
            Slot::Lanes => panes.stock.lanes.changed.until(),
            Slot::Returns => panes.returns.list.changed.until(),
            _ => None,
        }
    }

    fn take_header(&mut self, answer: Result<Answer, Trouble>) {
        match expect!(answer, Header) {
            Ok(header) => {
                if self.panes.mappings.pairs != header.pairs {
                    self.panes.mappings.pairs.clone_from(&header.pairs);
                    let last = header.pairs.len().saturating_sub(1);
                    self.panes.mappings.pair = self.panes.mappings.pair.min(last);
                }
                self.layouts.take(&header.layouts);
                self.ring_for(&header.urgent);
                self.header = header;
                self.header_load = Load::Ready;
            }
            Err(trouble) => self.header_load = Load::Failed(trouble.text),
        }
    }

    /// Once for what has become S1 since the last look; never for what was so when the console opened.
    fn ring_for(&mut self, urgent: &[ExceptionId]) {
        let now: BTreeSet<ExceptionId> = urgent.iter().copied().collect();
        let known = self.urgent.replace(now.clone());
        let new: Vec<ExceptionId> =
            known.map_or_else(Vec::new, |known| now.difference(&known).copied().collect());
        let Some(newest) = new.last() else {
            return;
        };
        let text = match new.len() {
            1 => format!("a new S1 case: exception {newest}; 2 shows it"),
            n => format!("{n} new S1 cases; 2 shows them"),
        };
        self.say(Level::Info, &text);
        if !self.options.is_silent {
            self.effects.push(Effect::Bell);
        }
    }

    fn layer_reply(&mut self, slot: Slot, answer: Result<Answer, Trouble>) {
        if slot == Slot::Undo {
            match expect!(answer, Undoable) {
                Ok(found) => self.ask_undo(&found),
                Err(trouble) => self.say(Level::Warning, &trouble.text),
            }
            return;
        }
        if slot == Slot::Bulk {
            self.take_bulk_trial(expect!(answer, BulkTrial));
            return;
        }
        if slot == Slot::Verify {
            match expect!(answer, VerifyJournal) {
                Ok(None) => self.say(
                    Level::Done,
                    "the journal's hash chain holds from end to end",
                ),
                Ok(Some(what)) => {
                    self.say(
                        Level::Error,
                        &format!("the journal's hash chain is broken: {what}"),
                    );
                }
                Err(trouble) => self.say(Level::Error, &trouble.text),
            }
            return;
        }
        for layer in &mut self.layers {
            if let (Layer::Palette(palette), Slot::Find) = (&mut *layer, slot) {
                palette.take_found(expect!(answer, Find).map_err(|t| t.text));
                return;
            }
            if let (Layer::Form(form), Slot::Trial) = (&mut *layer, slot) {
                form.found = Some(match expect!(answer, RuleTrial) {
                    Ok(trial) => trial.says(),
                    Err(trouble) => trouble.text,
                });
                return;
            }
            if let (Layer::Staged(staged), Slot::Preview) = (&mut *layer, slot) {
                staged.take_preview(expect!(answer, Preview).map_err(|t| t.text));
                return;
            }
            if let Layer::Mapping(editor) = layer {
                if slot == Slot::Targets {
                    editor.take_targets(expect!(answer, Targets).map_err(|t| t.text));
                } else {
                    editor.take_preview(expect!(answer, Preview).map_err(|t| t.text));
                }
                return;
            }
        }
    }

    /// The engine answered requests made from here: the person who made them is told.
    fn take_requests(&mut self, answer: Result<Answer, Trouble>) {
        // A failure here is not worth a message: the answer is asked for again with the next change.
        if let Ok(answered) = expect!(answer, Requests) {
            for one in answered {
                self.requests.retain(|id| *id != one.id);
                let level = if one.is_ok { Level::Done } else { Level::Error };
                self.say(level, &one.text);
            }
        }
    }

    /// Ages on open pages are words in their documents: they are asked again when a minute has passed.
    pub(super) fn rebuild_pages(&mut self) {
        if let Some(page) = self.nav.page_mut() {
            page.is_stale = true;
        }
        if let Some(page) = &mut self.beside {
            page.is_stale = true;
        }
    }
}

/// The refunds, the return, the lane or the stock position that an exception is about.
fn about(sheet: &ExceptionSheet) -> Vec<Subject> {
    let refunds = sheet.refunds.clone();
    let refunds = refunds.map(|refunds| Subject::Refunds(Box::new(refunds)));
    refunds.into_iter().chain(goods_of(sheet)).collect()
}

fn goods_of(sheet: &ExceptionSheet) -> Option<Subject> {
    let returned = sheet.returned.clone();
    let lane = sheet.lane.clone();
    let position = sheet.position.clone();
    returned
        .map(|row| Subject::Return(Box::new(row)))
        .or_else(|| lane.map(|row| Subject::Lane(Box::new(row))))
        .or_else(|| position.map(|row| Subject::Stock(Box::new(row))))
}

/// Refunds as something to act on, where any money went back.
fn refunds_of(refunds: &Refunds) -> Vec<Subject> {
    let found = refunds.is_any.then(|| Box::new(refunds.clone()));
    found.map(Subject::Refunds).into_iter().collect()
}

/// When and where a page is shown.
struct At<'a> {
    now: Ts,
    keys: &'a Keys,
    /// Sign of a bar in a picture.
    bar: &'a str,
    /// Signs of a figure, from nothing to most.
    spark: &'a [&'static str; 9],
    /// Of the whole screen.
    columns: u16,
}

/// Puts an answer on a page.
fn show(page: &mut Page, answer: Result<Answer, Trouble>, at: At<'_>, places: &Places) {
    let At {
        now,
        keys,
        bar,
        spark,
        columns,
    } = at;
    let gone =
        |page: &mut Page| page.load = Load::Failed("it is not in the store any more".to_owned());
    match answer {
        Err(trouble) => page.load = Load::Failed(trouble.text),
        Ok(Answer::Exception(Some(sheet))) => {
            page.subject = Some(Subject::Exceptions([sheet.row.clone()].into()));
            page.about = about(&sheet);
            page.mapping = sheet.mapping.clone();
            page.rule.clone_from(&sheet.rule);
            page.sites.clone_from(&sheet.sites);
            page.show(
                places.say(sheets::exception::title(&sheet.row)),
                sheets::exception::doc(&sheet, keys, bar, places, now).naming(places),
            );
        }
        Ok(Answer::Order(Some(sheet))) => {
            page.subject = Some(Subject::Order(Box::new(sheet.full.row.clone())));
            page.about = refunds_of(&sheet.refunds);
            page.sites = sheet.site.iter().cloned().collect();
            page.edit = sheet.edit.clone().map(Box::new);
            page.show(
                places.say(sheets::order::title(&sheet.full.row)),
                sheets::order::doc(&sheet, now, places).naming(places),
            );
        }
        Ok(Answer::Delivery(Some(sheet))) => {
            page.subject = Some(Subject::Delivery {
                id: sheet.row.id,
                order: sheet.row.order,
                state: Some(sheet.row.state),
                title: places.say(sheets::delivery::title(&sheet.row)),
            });
            page.show(
                places.say(sheets::delivery::title(&sheet.row)),
                sheets::delivery::doc(&sheet, now).naming(places),
            );
        }
        Ok(Answer::Item(sheet)) => {
            page.subject = sheet
                .positions
                .first()
                .map(|p| Subject::Stock(Box::new(p.clone())));
            page.show(
                places.say(sheets::item::title(&sheet)),
                sheets::item::doc(&sheet, now, (bar, spark)).naming(places),
            );
        }
        Ok(Answer::Lane(sheet)) => {
            let lane = sheet.row.clone().map(|row| Subject::Lane(Box::new(row)));
            page.about = lane.into_iter().collect();
            page.subject = sheet
                .position
                .clone()
                .filter(|p| p.remainder_each != 0)
                .map(|position| Subject::Stock(Box::new(position)));
            page.show(
                places.say(sheets::lane::title(&sheet.key)),
                sheets::lane::doc(&sheet, now).naming(places),
            );
        }
        Ok(Answer::Flow(sheet)) => {
            page.subject = Some(Subject::Flow {
                pair: sheet.live.pair.clone(),
                flow: sheet.live.flow,
                is_paused: sheet.live.paused.is_some(),
            });
            page.show(
                places.say(sheets::flow::title(&sheet)),
                sheets::flow::doc(&sheet, now).naming(places),
            );
        }
        Ok(Answer::Return(Some(sheet))) => {
            page.subject = Some(Subject::Return(Box::new(sheet.gated())));
            let row = &sheet.books.held.row;
            let claims = &sheet.books.claims;
            page.about = refunds_of(&Refunds::of(row.order, &row.order_number, claims));
            page.show(
                places.say(sheets::returns::title(&sheet.books.held.row)),
                sheets::returns::doc(&sheet, now).naming(places),
            );
        }
        Ok(Answer::Check(sheet)) => {
            page.subject = Some(Subject::Check(Some(Box::new(sheet.line.clone()))));
            page.show(
                sheets::checks::title(&sheet.line),
                sheets::checks::doc(&sheet, now).naming(places),
            );
        }
        Ok(Answer::HandOvers(notes)) => {
            if let super::doc::Link::HandOvers(team) = page.link {
                page.subject = Some(Subject::Check(None));
                let title = format!("Hand-over of {team}");
                page.show(title, sheets::checks::hand_overs(team, &notes, now));
            }
        }
        Ok(Answer::Live(live)) => {
            page.show(
                sheets::slow::TITLE.to_owned(),
                sheets::slow::doc(&live, now),
            );
        }
        Ok(Answer::LateChanges(late)) => {
            page.show(
                sheets::late::TITLE.to_owned(),
                sheets::late::doc(&late, now).naming(places),
            );
        }
        Ok(Answer::Bulks(bulks)) => {
            page.show(
                sheets::bulk::TITLE.to_owned(),
                sheets::bulk::list(&bulks, now),
            );
        }
        Ok(Answer::Bulk(Some(sheet))) => {
            let id = sheet.bulk.id;
            let is_running = sheet.bulk.state == BulkState::Running;
            page.subject = is_running.then_some(Subject::Bulk(id));
            page.show(
                sheets::bulk::title(&sheet.bulk),
                sheets::bulk::doc(&sheet, now, bar).naming(places),
            );
        }
        Ok(Answer::Payload(Some(sheet))) => {
            page.subject = Some(Subject::Call(sheet.id));
            let mode = page.call.as_ref().map_or(Mode::Whole, |call| call.mode);
            let sight = page.call.as_ref().map_or(sheet.sight, |call| call.sight);
            page.call = Some(CallOnPage { sheet, mode, sight });
            page.lay_out_call(columns, now);
        }
        Ok(Answer::Versions(rows)) => {
            if let super::doc::Link::Versions { pair } = &page.link {
                let pair = pair.clone();
                page.show(
                    "Versions".to_owned(),
                    sheets::records::versions(&pair, &rows, now).naming(places),
                );
                page.versions = Some((pair, rows));
            }
        }
        Ok(
            Answer::Exception(None)
            | Answer::Order(None)
            | Answer::Delivery(None)
            | Answer::Payload(None)
            | Answer::Bulk(None)
            | Answer::Return(None),
        ) => gone(page),
        Ok(_) => page.load = Load::Failed("the answer does not fit the question".to_owned()),
    }
}

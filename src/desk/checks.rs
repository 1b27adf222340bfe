//! The sheets of checks: computed live, signed with the figure as it is, handed over to the next shift.

use super::{Desk, DeskError, DeskResult, Done};
use crate::domain::change::{Change, Journal};
use crate::domain::checks::{
    CATALOGUE, Cadence, Check, Entry, Figure, HandOver, Part, Period, REMARK_CHARS_MAX, Shelf,
    Signature, Source, Standing, Tally, day_of, is_clean, looks_back, may_sign, plan, result_words,
    short_words, starts,
};
use crate::domain::delivery::Flow;
use crate::domain::exception::{ObjectRef, Team};
use crate::domain::filter::{self, Filter};
use crate::domain::ids::{ExceptionId, ItemCode, OrderId, PairId, ReturnRef};
use crate::domain::movements::LaneKey;
use crate::domain::role::Person;
use crate::domain::time::{Span, Ts};
use crate::store::read::{Anchor, FlowLive, ListQuery};
use crate::text::{age, clean_to, count, time_left};
use chrono::NaiveDate;
use serde::Serialize;

/// Rows named behind one figure; the rest is in the list it leads to.
pub const BEHIND_MAX: usize = 20;
/// How long a hand-over note stands on top of the sheet.
const FRESH: Span = Span::days(2);
/// Notes of a team that can be read again.
const NOTES_MAX: usize = 50;

/// A line of a sheet with its figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckLine {
    pub check: &'static Check,
    pub title: &'static str,
    pub team: Team,
    /// What a signature covers; several when it was missed more than once.
    pub periods: Vec<Period>,
    pub standing: Standing,
    /// As they are now. None on sheets of the past: what was found then is in the signature.
    pub figures: Vec<Figure>,
    pub signed: Option<Signature>,
}

impl CheckLine {
    /// Whether nothing was found.
    pub fn is_clean(&self) -> bool {
        is_clean(&self.figures)
    }

    /// What was found: now, or when it was signed.
    pub fn result(&self, now: Ts) -> String {
        match &self.signed {
            Some(signed) => signed.result.clone(),
            None if self.standing == Standing::Missed => String::new(),
            None => result_words(&self.figures, now),
        }
    }

    /// As [`Self::result`], for a list: numbers first.
    pub fn short_result(&self) -> String {
        match &self.signed {
            Some(signed) => signed.result.clone(),
            None if self.standing == Standing::Missed => String::new(),
            None => short_words(&self.figures),
        }
    }

    /// How it stands, in words.
    pub fn state_words(&self) -> String {
        match (&self.signed, self.standing) {
            (Some(signed), _) => format!("signed by {}", signed.by),
            (None, Standing::Carried) => match self.periods.as_slice() {
                [one] => format!("missed {one}"),
                many => format!("missed {} times", many.len()),
            },
            (None, Standing::NotYet) => match self.periods.first() {
                Some(period) => format!("from {}", period.opens().format("%-d %b")),
                None => "later".to_owned(),
            },
            (None, Standing::Missed) => "nobody signed".to_owned(),
            (None, _) => "to sign".to_owned(),
        }
    }
}

/// The sheet of a day, a week or a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckSheet {
    pub cadence: Cadence,
    pub period: Period,
    pub at: Ts,
    /// Only this team's lines.
    pub team: Option<Team>,
    /// The newest note of each team, newest first.
    pub hand_overs: Vec<HandOver>,
    pub lines: Vec<CheckLine>,
}

impl CheckSheet {
    /// Lines that are signed, and all of them.
    pub fn signed(&self) -> (usize, usize) {
        let signed = self.lines.iter().filter(|l| l.signed.is_some()).count();
        (signed, self.lines.len())
    }
}

/// What a row behind a figure is, to be opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    Order(OrderId),
    Exception(ExceptionId),
    Item {
        pair: PairId,
        item: ItemCode,
    },
    Lane {
        pair: PairId,
        lane: LaneKey,
    },
    Return {
        pair: PairId,
        reference: ReturnRef,
    },
    Flow {
        pair: PairId,
        flow: Flow,
    },
    /// Shown only in its list.
    Unopened,
}

/// A row behind a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Behind {
    pub text: String,
    pub object: Object,
}

/// A check in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckPage {
    pub line: CheckLine,
    pub how: &'static str,
    /// The figures of the line with the first rows behind each.
    pub behind: Vec<(Figure, Vec<Behind>)>,
    /// Earlier signatures, newest first.
    pub earlier: Vec<Signature>,
}

/// The name of a team in what was not done.
fn what(check: &Check, team: Team) -> String {
    format!("signing {:?} for {team}", check.title)
}

impl Desk {
    /// The clock of the house: that of the first pair.
    fn zone(&self) -> &str {
        self.pairs
            .first()
            .map_or("UTC", |pair| pair.policy.time_zone.as_str())
    }

    /// The day it is in the house.
    pub fn today(&self) -> NaiveDate {
        day_of(self.now(), self.zone())
    }

    async fn read<T>(
        &self,
        reading: impl Future<Output = crate::store::StoreResult<T>>,
    ) -> DeskResult<T> {
        reading
            .await
            .map_err(DeskError::store("reading the checks"))
    }

    /// The sheet of a day, today's when none is given.
    ///
    /// # Errors
    /// For a day to come, or when the store fails.
    pub async fn check_sheet(
        &self,
        cadence: Cadence,
        day: Option<NaiveDate>,
        team: Option<Team>,
    ) -> DeskResult<CheckSheet> {
        let (now, today) = (self.now(), self.today());
        let day = day.unwrap_or(today);
        let entries = self.entries(cadence, day).await?;
        let mut lines: Vec<CheckLine> = Vec::with_capacity(entries.len());
        for entry in entries {
            if team.is_some_and(|t| t != entry.team) {
                continue;
            }
            let is_past = entry
                .periods
                .iter()
                .all(|p| day < today && p.last() < today)
                && entry.standing != Standing::Carried;
            let known = lines
                .iter()
                .find(|l| l.check == entry.check && !l.figures.is_empty());
            let figures = match known {
                _ if is_past => Vec::new(),
                Some(line) => line.figures.clone(),
                None => self.figures(entry.check, now).await?,
            };
            lines.push(CheckLine {
                check: entry.check,
                title: entry.check.title,
                team: entry.team,
                periods: entry.periods,
                standing: entry.standing,
                figures,
                signed: entry.signed,
            });
        }
        Ok(CheckSheet {
            cadence,
            period: Period::of(cadence, day),
            at: now,
            team,
            hand_overs: self.fresh_notes(team).await?,
            lines,
        })
    }

    async fn entries(&self, cadence: Cadence, day: NaiveDate) -> DeskResult<Vec<Entry>> {
        let today = self.today();
        if day > today {
            return Err(DeskError::Refused(format!(
                "there is no sheet of {day} yet: today is {today}"
            )));
        }
        let from = looks_back(cadence, day);
        let (signatures, began) = tokio::try_join!(
            self.read(self.store.signatures(cadence, from, day)),
            self.read(self.store.began_at())
        )?;
        let began = day_of(began.unwrap_or_else(|| self.now()), self.zone());
        Ok(plan(cadence, day, today, began, &signatures))
    }

    async fn fresh_notes(&self, team: Option<Team>) -> DeskResult<Vec<HandOver>> {
        let since = self.now() - FRESH;
        let mut notes = Vec::new();
        for of in Team::ALL {
            if team.is_none_or(|t| t == *of) {
                let newest = self.read(self.store.hand_overs(*of, 1)).await?;
                notes.extend(newest.into_iter().filter(|n| n.at >= since));
            }
        }
        notes.sort_by_key(|n| std::cmp::Reverse(n.at));
        Ok(notes)
    }

    /// Hand-over notes of a team, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn hand_overs(&self, team: Team) -> DeskResult<Vec<HandOver>> {
        self.read(self.store.hand_overs(team, NOTES_MAX)).await
    }

    /// What the parts of a check come to now.
    async fn figures(&self, check: &Check, now: Ts) -> DeskResult<Vec<Figure>> {
        let mut figures = Vec::with_capacity(check.parts.len());
        for part in check.parts {
            match part.source {
                Source::List(Shelf::Mappings, text) => {
                    let filter = parsed(Shelf::Mappings, text)?;
                    for pair in self.pairs.iter() {
                        let tally = self
                            .store
                            .tally(Shelf::Mappings, Some(&pair.id), &filter, now);
                        let tally = self.read(tally).await?;
                        let mut figure = Figure::of(part, tally, Some(pair.id.clone()));
                        if self.pairs.len() > 1 {
                            figure.label = format!("{} ({})", part.label, pair.id);
                        }
                        figures.push(figure);
                    }
                }
                Source::List(shelf, text) => {
                    let filter = parsed(shelf, text)?;
                    let tally = self
                        .read(self.store.tally(shelf, None, &filter, now))
                        .await?;
                    figures.push(Figure::of(part, tally, None));
                }
                _ => figures.push(Figure::of(part, self.unlisted(part, now).await?, None)),
            }
        }
        Ok(figures)
    }

    async fn unlisted(&self, part: &Part, now: Ts) -> DeskResult<Tally> {
        match part.source {
            Source::OpenDebt => self.read(self.store.open_debt()).await,
            Source::Dismissed => {
                let since = self.dismissed_since();
                self.read(self.store.dismissed_since(since)).await
            }
            Source::Flows => {
                let flows = self.read(self.store.flows_live(now)).await?;
                let count = flows.iter().filter(|f| in_trouble(f)).count();
                Ok(Tally {
                    count: i64::try_from(count).unwrap_or(i64::MAX),
                    ..Tally::default()
                })
            }
            Source::List(..) => Ok(Tally::default()),
        }
    }

    fn dismissed_since(&self) -> Ts {
        let yesterday = Period::of(Cadence::Daily, self.today()).previous();
        starts(yesterday.first, self.zone())
    }

    /// A check of a sheet in full: today's line of it, what stands behind its figures, who signed it before. `first` is
    /// the first day of the oldest period of the line.
    ///
    /// # Errors
    /// When there is no such line, or the store fails.
    pub async fn check_page(
        &self,
        check: &'static Check,
        team: Team,
        first: Option<NaiveDate>,
    ) -> DeskResult<CheckPage> {
        let sheet = self.check_sheet(check.cadence, None, Some(team)).await?;
        let mut of = sheet.lines.into_iter().filter(|l| l.check == check);
        let line = match first {
            // Signed meanwhile, it is no longer carried: the line of today stands for it.
            Some(first) => {
                let lines: Vec<CheckLine> = of.collect();
                let at = lines
                    .iter()
                    .position(|l| l.periods.first().is_some_and(|p| p.first == first));
                lines.into_iter().nth(at.unwrap_or(0))
            }
            None => of.next_back(),
        };
        let line = line.ok_or_else(|| DeskError::NotFound {
            what: format!("{:?} on the sheet of {team}", check.code),
        })?;
        let mut behind = Vec::with_capacity(line.figures.len());
        for figure in &line.figures {
            behind.push((figure.clone(), self.behind(check, figure).await?));
        }
        let today = self.today();
        let from = looks_back(check.cadence, today);
        let signatures = self
            .read(self.store.signatures(check.cadence, from, today))
            .await?;
        let earlier = signatures
            .into_iter()
            .rev()
            .filter(|s| s.check == check.code && s.team == team)
            .collect();
        Ok(CheckPage {
            how: check.how,
            line,
            behind,
            earlier,
        })
    }

    /// The first rows behind a figure.
    async fn behind(&self, check: &Check, figure: &Figure) -> DeskResult<Vec<Behind>> {
        if figure.count == 0 {
            return Ok(Vec::new());
        }
        match figure.shelf {
            Some(shelf) => {
                let filter = parsed(shelf, &figure.filter)?;
                let by_members = check.code == "causes";
                self.rows_of(shelf, figure.pair.as_ref(), filter, by_members)
                    .await
            }
            None => self.unlisted_rows(figure).await,
        }
    }

    async fn rows_of(
        &self,
        shelf: Shelf,
        pair: Option<&PairId>,
        filter: Filter,
        by_members: bool,
    ) -> DeskResult<Vec<Behind>> {
        let now = self.now();
        let (sort, is_descending) = match shelf {
            Shelf::Orders => ("ship", false),
            Shelf::Exceptions if by_members => ("members", true),
            Shelf::Exceptions => ("promise", false),
            Shelf::Mappings => ("kind", false),
            Shelf::Stock => ("risk", false),
            Shelf::Lanes => ("state", false),
            Shelf::Returns => ("age", false),
        };
        let query = ListQuery {
            filter,
            sort: sort.to_owned(),
            is_descending,
            anchor: Anchor::First,
            limit: BEHIND_MAX,
            now,
        };
        let store = &self.store;
        Ok(match shelf {
            Shelf::Orders => {
                let rows = self.read(store.orders(&query)).await?.rows;
                rows.into_iter()
                    .map(|l| order_behind(&l.row, now))
                    .collect()
            }
            Shelf::Exceptions => {
                let rows = self.read(store.exceptions(&query)).await?.rows;
                rows.into_iter()
                    .map(|l| exception_behind(&l.row, now))
                    .collect()
            }
            Shelf::Mappings => match pair {
                Some(pair) => {
                    let rows = self.read(store.mapping_list(pair, &query)).await?.rows;
                    rows.into_iter()
                        .map(|l| Behind {
                            text: format!("{} {} → {}", l.row.kind, l.row.from, l.row.to),
                            object: Object::Unopened,
                        })
                        .collect()
                }
                None => Vec::new(),
            },
            Shelf::Stock => {
                let rows = self.read(store.positions(None, &query)).await?.rows;
                rows.into_iter().map(|l| position_behind(&l.row)).collect()
            }
            Shelf::Lanes => {
                let rows = self.read(store.lanes(None, &query)).await?.rows;
                rows.into_iter()
                    .map(|l| Behind {
                        text: format!(
                            "{} {}, {} waiting, {} owed",
                            l.row.key, l.row.standing, l.row.waiting, l.row.owed
                        ),
                        object: Object::Lane {
                            pair: l.row.pair,
                            lane: l.row.key,
                        },
                    })
                    .collect()
            }
            Shelf::Returns => {
                let rows = self.read(store.returns(None, false, &query)).await?.rows;
                rows.into_iter()
                    .map(|l| {
                        let row = l.row.row;
                        Behind {
                            text: format!(
                                "{} of {} {}, {}",
                                row.reference,
                                row.order_number,
                                row.state.as_str().replace('_', " "),
                                age(now.since(row.created_at).as_secs())
                            ),
                            object: Object::Return {
                                pair: row.pair,
                                reference: row.reference,
                            },
                        }
                    })
                    .collect()
            }
        })
    }

    async fn unlisted_rows(&self, figure: &Figure) -> DeskResult<Vec<Behind>> {
        let now = self.now();
        if figure.nouns.0 == "flow" {
            let flows = self.read(self.store.flows_live(now)).await?;
            let troubled = flows.into_iter().filter(in_trouble).take(BEHIND_MAX);
            return Ok(troubled.map(flow_behind).collect());
        }
        let is_open_only = figure.nouns.0 == "debt";
        let since = self.dismissed_since();
        let debts = self
            .read(self.store.debts(is_open_only, BEHIND_MAX))
            .await?;
        let kept = debts.into_iter().filter(|d| is_open_only || d.at >= since);
        Ok(kept
            .map(|d| Behind {
                text: format!(
                    "exception {} {} {}: {} ({}, {})",
                    d.exception,
                    d.kind,
                    d.label,
                    d.reason,
                    d.who,
                    age(now.since(d.at).as_secs())
                ),
                object: Object::Exception(d.exception),
            })
            .collect())
    }

    /// Signs a check for these periods with the figures as they are now.
    ///
    /// # Errors
    /// When the person, the team or the time does not fit, somebody signed it before, or the store fails.
    pub async fn sign_check(
        &self,
        check: &'static Check,
        team: Team,
        periods: &[Period],
        note: &str,
    ) -> DeskResult<Done> {
        let name = what(check, team);
        self.must_write(&name)?;
        let (now, today) = (self.now(), self.today());
        let refuse = |why: String| DeskError::Refused(format!("{name} was not done: {why}"));
        if periods.is_empty() {
            return Err(refuse("there is nothing to sign".to_owned()));
        }
        if let Some(later) = periods.iter().find(|p| p.first > today) {
            return Err(refuse(format!("{later} has not begun")));
        }
        // Without operators set up everyone is everything.
        let person = Person::with_every_role(self.who.as_str());
        may_sign(&person, check, team, periods, today).map_err(&refuse)?;
        let result = result_words(&self.figures(check, now).await?, now);
        let note = clean_to(note.trim(), REMARK_CHARS_MAX);
        let sign = |period: &Period| {
            Change::CheckSigned(Box::new(Signature {
                check: check.code.to_owned(),
                team,
                period: *period,
                at: now,
                by: self.who.0.clone(),
                result: result.clone(),
                note: note.clone(),
            }))
        };
        self.commit(&name, periods.iter().map(sign).collect())
            .await?;
        let of = match periods {
            [one] => one.to_string(),
            many => format!("{} sheets", many.len()),
        };
        Ok(Done::now(format!(
            "{} is signed for {team}, {of}: {result}.",
            check.title
        )))
    }

    /// Tells the next shift of a team something.
    ///
    /// # Errors
    /// When nothing is said or too much, or the store fails.
    pub async fn hand_over(&self, team: Team, text: &str) -> DeskResult<Done> {
        let name = format!("the hand-over of {team}");
        let text = HandOver::text_of(text).map_err(DeskError::Refused)?;
        let note = HandOver {
            team,
            at: self.now(),
            by: self.who.0.clone(),
            text,
        };
        self.commit(&name, vec![Change::HandedOver(Box::new(note))])
            .await?;
        Ok(Done::now(format!(
            "The hand-over of {team} is kept: the next shift sees it first."
        )))
    }

    /// Keeps in the audit that a sheet left the house.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn exported(
        &self,
        sheet: &CheckSheet,
        (folder, names): (&str, &[String]),
    ) -> DeskResult<Done> {
        let line = Journal {
            action: "check.exported".to_owned(),
            object: ObjectRef::House(format!("check/{}/{}", sheet.cadence, sheet.period.first)),
            pair: None,
            before: String::new(),
            after: format!("{folder}: {}", names.join(", ")),
            reason: String::new(),
            exception: None,
            payload: None,
        };
        self.commit("the export of the sheet", vec![Change::Journal(line)])
            .await?;
        Ok(Done::now(format!(
            "Written to {folder}: {}.",
            names.join(", ")
        )))
    }

    /// Lines of today's sheets that wait for somebody: carried over, and all of them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn checks_waiting(&self) -> DeskResult<(usize, usize)> {
        let entries = self.entries(Cadence::Daily, self.today()).await?;
        let is_of = |e: &Entry, standing| e.standing == standing;
        let carried = entries
            .iter()
            .filter(|e| is_of(e, Standing::Carried))
            .count();
        let due = entries.iter().filter(|e| is_of(e, Standing::Due)).count();
        Ok((carried, carried + due))
    }
}

/// Teams that sign anything.
pub fn signing_teams() -> Vec<Team> {
    let all = Team::ALL.iter().copied();
    all.filter(|team| CATALOGUE.iter().any(|c| c.teams.contains(team)))
        .collect()
}

fn parsed(shelf: Shelf, text: &str) -> DeskResult<Filter> {
    filter::parse(text, shelf.fields())
        .map_err(|e| DeskError::Refused(format!("the filter {text:?} is not understood: {e}")))
}

fn in_trouble(flow: &FlowLive) -> bool {
    flow.paused.is_some() || (flow.last_started_at.is_some() && !flow.is_last_ok) || flow.stuck > 0
}

fn flow_behind(flow: FlowLive) -> Behind {
    let why = match &flow.paused {
        Some(why) => format!("paused: {why}"),
        None if !flow.is_last_ok => flow.last_note.clone(),
        None => count(flow.stuck, "delivery stuck", "deliveries stuck"),
    };
    Behind {
        text: format!("{} of {}: {why}", flow.flow, flow.pair),
        object: Object::Flow {
            pair: flow.pair,
            flow: flow.flow,
        },
    }
}

fn order_behind(row: &crate::domain::order::OrderRow, now: Ts) -> Behind {
    let promise = row
        .ship_by
        .map(|at| format!(", promise {}", time_left(at.since(now).as_secs())))
        .unwrap_or_default();
    Behind {
        text: format!(
            "{} {}, {}{promise}",
            row.number,
            row.state.as_str().replace('_', " "),
            age(now.since(row.received_at).as_secs())
        ),
        object: Object::Order(row.id),
    }
}

fn exception_behind(row: &crate::domain::exception::ExceptionRow, now: Ts) -> Behind {
    Behind {
        text: format!(
            "{} {}: {}, {}, {}",
            row.id,
            row.kind.entry().title,
            row.discriminator,
            count(row.members, "member", "members"),
            age(now.since(row.began_at).as_secs())
        ),
        object: Object::Exception(row.id),
    }
}

fn position_behind(row: &crate::domain::stock::StockPosition) -> Behind {
    Behind {
        text: format!(
            "{} at {}: {:+} unexplained",
            row.item, row.location, row.remainder_each
        ),
        object: Object::Item {
            pair: row.pair.clone(),
            item: row.item.clone(),
        },
    }
}

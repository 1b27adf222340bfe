//! The movement poll: what moved in the building since last time, with an overlap, because stamps are the vendor's. What
//! a movement means is decided here once; what nobody can explain stops its lane and is shown.

use super::super::calls::{JobCx, Keep, call};
use super::super::context::mapped_places;
use super::super::deliver::Tick;
use super::super::lanes;
use super::Run;
use crate::domain::catalogue::Kind;
use crate::domain::change::{Change, NewMovement};
use crate::domain::exception::Severity;
use crate::domain::ids::{ItemCode, SiteRef};
use crate::domain::mapping_set::MappingSet;
use crate::domain::movements::{
    Arrival, LaneEntry, Movement, MovementKind, MovementState, arrival, movement_of,
};
use crate::domain::preflight::Fault;
use crate::domain::time::{Span, Ts};
use crate::domain::wms::WmsMovement;
use crate::store::StoreResult;
use crate::vendors::{Op, Warehouse};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How far before the newest stamp seen the next poll begins.
const OVERLAP: Span = Span::mins(5);
/// Rows of one poll; the rest follows in the next.
const ROWS_MAX: usize = 20_000;

/// What is kept between polls.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Mark {
    /// Newest stamp seen, microseconds; before the first poll there is none.
    newest: Option<i64>,
}

/// The movement poll of one pair.
pub struct MovementPoll {
    warehouse: Arc<dyn Warehouse>,
    run: Run,
    page: u32,
    sites: Option<Vec<SiteRef>>,
    rows: Vec<WmsMovement>,
}

impl MovementPoll {
    /// A fresh poll.
    pub const fn new(warehouse: Arc<dyn Warehouse>, run: Run) -> Self {
        Self {
            warehouse,
            run,
            page: 1,
            sites: None,
            rows: Vec::new(),
        }
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        Op::MovementsPage
    }

    fn mark(&self) -> Mark {
        serde_json::from_str(&self.run.cursor).unwrap_or_default()
    }

    /// Makes that call.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let set = jcx.cx.mapping_set(&self.run.pair.id).await?;
        let sites = self
            .sites
            .get_or_insert_with(|| mapped_places(&set).1)
            .clone();
        let now = jcx.cx.now();
        let Some(newest) = self.mark().newest.filter(|_| !sites.is_empty()) else {
            // What moved before belongs to the opening stock, which both systems have when the pair is set up.
            let mark = Mark {
                newest: (!sites.is_empty()).then_some(now.0),
            };
            let note = if sites.is_empty() {
                "no site is mapped"
            } else {
                "movements count from now on"
            };
            return self.done(jcx, note.to_owned(), &mark, Vec::new()).await;
        };
        let since = Ts(newest) - OVERLAP;
        let called = call!(jcx, Keep::OnError, |log| self
            .warehouse
            .movements_page(since, &sites, self.page, &log));
        match called.answer {
            Err(error) => {
                self.run.failed(jcx, &error, called.payloads).await?;
                Ok(Tick::Done)
            }
            Ok(page) => {
                self.rows.extend(page.rows);
                self.page += 1;
                if !page.is_last && self.rows.len() < ROWS_MAX {
                    return Ok(Tick::More);
                }
                self.finish(jcx, &set, newest).await
            }
        }
    }

    async fn finish(
        &mut self,
        jcx: &mut JobCx<'_>,
        set: &MappingSet,
        newest: i64,
    ) -> StoreResult<Tick> {
        let now = jcx.cx.now();
        let read = self.rows.len();
        let mark = Mark {
            newest: self.rows.iter().map(|r| r.at.0).max().max(Some(newest)),
        };
        let movements = numbered(std::mem::take(&mut self.rows), now);
        let fresh = self.fresh(jcx, movements).await?;
        let mut kept = Vec::new();
        let mut faults = Vec::new();
        for movement in fresh {
            let (entry, fault) = lanes::entry_of(&self.run.pair, movement, set);
            // Nothing changed and everybody knows it: not worth a row.
            if entry.state == MovementState::NoDelta && entry.movement.delta_each == 0 {
                continue;
            }
            faults.extend(fault.map(|f| (entry.movement.item.clone(), f, None, entry.movement.at)));
            kept.push(entry);
        }
        let late = self.late(jcx, &mut kept).await?;
        faults.extend(late);
        let note = format!("{read} rows, {} new", kept.len());
        let first = jcx.cx.ids(kept.len() as i64 + 1).await?;
        let new = kept.into_iter().enumerate().map(|(at, entry)| NewMovement {
            id: first + at as i64,
            pair: self.run.pair.id.clone(),
            reference: match entry.kind {
                Some(MovementKind::ReturnPutAway) => entry.movement.document.clone(),
                _ => String::new(),
            },
            entry,
        });
        let new: Vec<NewMovement> = new.collect();
        let mut changes = Vec::new();
        if !new.is_empty() {
            changes.push(Change::Movements(new));
        }
        for (item, fault, severity, began_at) in faults {
            let found = lanes::occurrence(&self.run.pair.id, &item, &fault, severity, began_at);
            changes.push(Change::Raise(found));
        }
        self.done(jcx, note, &mark, changes).await
    }

    async fn done(
        &self,
        jcx: &JobCx<'_>,
        note: String,
        mark: &Mark,
        mut changes: Vec<Change>,
    ) -> StoreResult<Tick> {
        let cursor = serde_json::to_string(mark).ok();
        changes.push(self.run.done(jcx.cx.now(), note, cursor));
        jcx.cx.commit("movement", Some(jcx.fence), changes).await?;
        Ok(Tick::Done)
    }

    /// Those that are not known yet, in the order in which the goods moved.
    async fn fresh(&self, jcx: &JobCx<'_>, movements: Vec<Movement>) -> StoreResult<Vec<Movement>> {
        let pair = &self.run.pair.id;
        let keys: Vec<String> = movements.iter().map(|m| m.key(pair)).collect();
        let known = jcx.cx.store.movements_by_key(pair, &keys).await?;
        let known: HashSet<String> = known.into_iter().map(|m| m.entry.key).collect();
        let mut fresh: Vec<Movement> = movements
            .into_iter()
            .filter(|m| !known.contains(&m.key(pair)))
            .collect();
        fresh.sort_by_cached_key(Movement::turn);
        Ok(fresh)
    }

    /// Movements whose turn has passed: left out with a debt, and the item compared.
    async fn late(
        &self,
        jcx: &JobCx<'_>,
        kept: &mut [LaneEntry],
    ) -> StoreResult<Vec<(ItemCode, Fault, Option<Severity>, Ts)>> {
        let mut keys: Vec<String> = kept.iter().map(|e| e.lane.order_key()).collect();
        keys.sort();
        keys.dedup();
        let passed = jcx
            .cx
            .store
            .movements_passed(&self.run.pair.id, &keys)
            .await?;
        let mut faults = Vec::new();
        for entry in kept.iter_mut().filter(|e| !e.state.is_settled()) {
            let before: Vec<LaneEntry> = passed
                .iter()
                .filter(|p| p.entry.lane == entry.lane)
                .map(|p| p.entry.clone())
                .collect();
            if let Arrival::TooLate(fault) = arrival(&entry.movement, &entry.key, &before) {
                debug_assert_eq!(fault.kind, Kind::StkSequenceBroken);
                entry.state = MovementState::Skipped;
                entry.text.clone_from(&fault.detail);
                let item = entry.movement.item.clone();
                faults.push((item, fault, None, entry.movement.at));
            }
        }
        Ok(faults)
    }
}

/// Rows as movements. Rows without a number are told apart by their place among their equals; the poll begins between
/// two stamps, so that equals are always read together.
fn numbered(rows: Vec<WmsMovement>, seen_at: Ts) -> Vec<Movement> {
    let mut places: HashMap<String, i64> = HashMap::new();
    rows.into_iter()
        .map(|row| {
            let equals = format!(
                "{}|{}|{}|{}|{}|{}|{}",
                row.item, row.site, row.from, row.to, row.qty_each, row.at, row.order
            );
            let place = places.entry(equals).or_insert(0);
            *place += 1;
            movement_of(row, *place - 1, seen_at)
        })
        .collect()
}

//! The comparison of a ledger the source keeps itself with the warehouse's shelves (RECONCILE_STOCK). The warehouse's
//! levels are asked for, everything that moved until they were read is waited for, then the source's ledger is read, and
//! what both show is held against what stands in our queues. What moves meanwhile is left for the next look.

use super::super::calls::{JobCx, Keep, call};
use super::super::deliver::Tick;
use super::super::deliver::publish::ItemIds;
use super::super::requests;
use super::super::stock::{self, Queues, Shown};
use super::Run;
use super::levels::{self, LevelsRead};
use super::products::is_worth_writing;
use crate::domain::change::{Change, ScheduleDone};
use crate::domain::delivery::Flow;
use crate::domain::drift::ledger::{COMPARABLE_WITHIN, LedgerFigures};
use crate::domain::ids::{ItemCode, LocationId, RequestId, Sku};
use crate::domain::mapping_set::{MappingSet, SiteMap};
use crate::domain::movements::{LaneKey, place};
use crate::domain::stock::{StockLevelRow, StockPosition};
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;
use crate::store::read::OpenException;
use crate::vendors::{Adjustments, Op, SourceStock};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How long the warehouse's half is waited for before it is looked at again.
const WAIT: Span = Span::secs(15);
/// Waits in a row after which the comparison counts as failed.
const WAITS_MAX: u32 = 20;
/// A difference seen once is looked at again after this long.
const LOOK_AGAIN: Span = Span::mins(5);
/// Items judged and committed at once.
const CHUNK: usize = 500;
/// Rows of the source's ledger held at once.
const LEDGER_MAX: usize = 2_000_000;
/// Newest readings of the warehouse's levels looked at.
const READINGS_MAX: usize = 50;
/// Requests looked at for one that asks for the same already.
const REQUESTS_MAX: usize = 1_000;

/// What is kept while the comparison waits.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Mark {
    /// Levels read before this time are not leaned on.
    asked_at: Option<Ts>,
    waits: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Which items the source keeps at all; what is not on hand is on no page of the ledger.
    Products,
    /// Whether the warehouse's half is there.
    Begin,
    Ledger,
}

/// The comparison of one pair.
pub struct LedgerCompare {
    source: Arc<dyn Adjustments>,
    run: Run,
    ids: ItemIds,
    phase: Phase,
    /// Where the walk over the products goes on.
    products_mark: Option<String>,
    page: u32,
    count: i64,
    total: Option<i64>,
    ledger: HashMap<(Sku, LocationId), SourceStock>,
    not_whole: HashSet<Sku>,
    levels: Option<LevelsRead>,
}

impl LedgerCompare {
    /// A fresh comparison, or one that goes on after it waited.
    pub fn new(source: Arc<dyn Adjustments>, run: Run, ids: ItemIds) -> Self {
        let phase = if ids.is_whole() {
            Phase::Begin
        } else {
            Phase::Products
        };
        Self {
            source,
            run,
            ids,
            phase,
            products_mark: None,
            page: 1,
            count: 0,
            total: None,
            ledger: HashMap::new(),
            not_whole: HashSet::new(),
            levels: None,
        }
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        match self.phase {
            Phase::Products => Op::ProductsPage,
            Phase::Begin | Phase::Ledger => Op::LedgerPage,
        }
    }

    /// Makes that call.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        match self.phase {
            Phase::Products => self.products(jcx).await,
            Phase::Begin => self.begin(jcx).await,
            Phase::Ledger => self.ledger_page(jcx).await,
        }
    }

    async fn products(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let called = call!(jcx, Keep::OnError, |log| self
            .source
            .products_page(self.products_mark.as_deref(), &log));
        let found = match called.answer {
            Ok(found) => found,
            Err(error) => {
                self.run.failed(jcx, &error, called.payloads).await?;
                return Ok(Tick::Done);
            }
        };
        let named = found.rows.into_iter().filter(|p| !p.id.is_empty());
        self.ids.learn(named.map(|p| (p.sku, p.id)));
        self.products_mark = found.next;
        if self.products_mark.is_none() {
            self.ids.is_whole_now();
            self.phase = Phase::Begin;
        }
        Ok(Tick::More)
    }

    fn mark(&self) -> Mark {
        serde_json::from_str(&self.run.cursor).unwrap_or_default()
    }

    /// Goes on when the warehouse's half is there, else asks for it and waits.
    async fn begin(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let now = jcx.cx.now();
        let asked_at = self.mark().asked_at.unwrap_or(self.run.started_at);
        let kept = jcx
            .cx
            .store
            .setting(&levels::setting(&self.run.pair.id))
            .await?;
        let read: Option<LevelsRead> = kept.and_then(|text| serde_json::from_str(&text).ok());
        let fresh =
            read.filter(|r| r.started_at >= asked_at && now.since(r.ended_at) <= COMPARABLE_WITHIN);
        let Some(read) = fresh else {
            let request = self.asking(jcx).await?;
            let note = "waits for the warehouse's levels";
            return self.wait(jcx, asked_at, note, request).await;
        };
        if let Some(flow) = self.unread(jcx, read.ended_at).await? {
            let note = format!("waits for {flow}: what moved until the levels were read");
            return self.wait(jcx, asked_at, &note, None).await;
        }
        self.levels = Some(read);
        self.phase = Phase::Ledger;
        Ok(Tick::More)
    }

    /// The request for the warehouse's levels, unless one is open already.
    async fn asking(&self, jcx: &JobCx<'_>) -> StoreResult<Option<Change>> {
        let pair = &self.run.pair.id;
        let open = jcx.cx.store.requests_new(REQUESTS_MAX).await?;
        let is_asked = open.iter().any(|r| {
            r.kind == requests::READ_LEVELS && requests::field(r, "pair").as_ref() == Some(pair)
        });
        if is_asked {
            return Ok(None);
        }
        Ok(Some(Change::Request {
            id: RequestId(jcx.cx.id().await?),
            kind: requests::READ_LEVELS.to_owned(),
            body: serde_json::json!({ "pair": pair }),
        }))
    }

    /// The flow that has not read on since the levels were read, when there is one.
    async fn unread(&self, jcx: &JobCx<'_>, since: Ts) -> StoreResult<Option<Flow>> {
        let schedules = jcx.cx.store.schedules().await?;
        let is_read = |flow: Flow| {
            schedules.iter().any(|s| {
                let is_ours = s.pair == self.run.pair.id && s.flow == flow;
                is_ours && s.is_last_ok && s.last_started_at.is_some_and(|at| at >= since)
            })
        };
        let needed = [Flow::StockDelta, Flow::Despatch].into_iter();
        Ok(needed.into_iter().find(|flow| !is_read(*flow)))
    }

    /// Until when everything that moved in the building is known.
    async fn known_until(&self, jcx: &JobCx<'_>) -> StoreResult<Option<Ts>> {
        let schedules = jcx.cx.store.schedules().await?;
        let polls = schedules.iter().filter(|s| {
            s.pair == self.run.pair.id && matches!(s.flow, Flow::StockDelta | Flow::Despatch)
        });
        Ok(polls
            .map(|s| s.last_started_at.filter(|_| s.is_last_ok))
            .min()
            .flatten())
    }

    async fn wait(
        &self,
        jcx: &JobCx<'_>,
        asked_at: Ts,
        note: &str,
        request: Option<Change>,
    ) -> StoreResult<Tick> {
        let now = jcx.cx.now();
        let waits = self.mark().waits + 1;
        let mut changes: Vec<Change> = request.into_iter().collect();
        changes.push(if waits >= WAITS_MAX {
            Change::ScheduleDone(ScheduleDone {
                pair: self.run.pair.id.clone(),
                flow: self.run.flow,
                started_at: self.run.started_at,
                is_ok: false,
                note: format!("given up for now: it {note}"),
                next_due_at: now + LOOK_AGAIN,
                cursor: Some(String::new()),
            })
        } else {
            let mark = Mark {
                asked_at: Some(asked_at),
                waits,
            };
            Change::ScheduleWait {
                pair: self.run.pair.id.clone(),
                flow: self.run.flow,
                at: now + WAIT,
                note: note.to_owned(),
                cursor: serde_json::to_string(&mark).unwrap_or_default(),
            }
        });
        jcx.cx.commit("compare", Some(jcx.fence), changes).await?;
        Ok(Tick::Done)
    }

    async fn ledger_page(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let called = call!(jcx, Keep::OnError, |log| self
            .source
            .ledger_page(self.page, &log));
        let page = match called.answer {
            Ok(page) => page,
            Err(error) => {
                self.run.failed(jcx, &error, called.payloads).await?;
                return Ok(Tick::Done);
            }
        };
        let has_moved = self.total.is_some() && page.total.is_some() && self.total != page.total;
        self.total = page.total.or(self.total);
        self.count += page.count;
        let is_short = page.is_last && self.total.is_some_and(|total| total != self.count);
        if has_moved || is_short || self.ledger.len() > LEDGER_MAX {
            let note =
                "reads again: rows came, went or were missing while the source's pages were read";
            let asked_at = self.mark().asked_at.unwrap_or(self.run.started_at);
            return self.wait(jcx, asked_at, note, None).await;
        }
        self.not_whole.extend(page.not_whole);
        for row in page.rows {
            self.add(row);
        }
        self.page += 1;
        if !page.is_last {
            return Ok(Tick::More);
        }
        self.finish(jcx).await
    }

    /// Parts of one item's stock may stand on two pages.
    fn add(&mut self, row: SourceStock) {
        let key = (row.sku.clone(), row.location.clone());
        match self.ledger.entry(key) {
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(row);
            }
            std::collections::hash_map::Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.level_each += row.level_each;
                known.committed_each += row.committed_each;
                known.available_each += row.available_each;
            }
        }
    }

    async fn finish(&mut self, jcx: &JobCx<'_>) -> StoreResult<Tick> {
        let now = jcx.cx.now();
        let Some(levels) = self.levels else {
            return Ok(Tick::Done);
        };
        let mut judge = Judge::read(jcx, self, levels).await?;
        judge.warehouse(jcx).await?;
        judge.elsewhere(jcx).await?;
        judge.flush(jcx).await?;
        let found = judge.found;
        let note = format!(
            "{} compared, {} drifting, {} on the move",
            crate::text::count(found.compared, "item", "items"),
            found.drifting,
            found.moving
        );
        let mut done = self.run.done(now, note, Some(String::new()));
        if let (true, Change::ScheduleDone(done)) = (found.is_pending, &mut done) {
            // One look proves nothing: the second follows soon.
            done.next_due_at = done.next_due_at.min(now + LOOK_AGAIN);
        }
        jcx.cx
            .commit("compare", Some(jcx.fence), vec![done])
            .await?;
        Ok(Tick::Done)
    }

    /// What the source holds of an item at a location: `None` where nothing can be said.
    fn held(
        &self,
        set: &MappingSet,
        item: &ItemCode,
        location: &LocationId,
    ) -> Option<SourceStock> {
        let skus = set.skus_of(item);
        let mut sum = SourceStock {
            sku: skus.first()?.clone(),
            location: location.clone(),
            level_each: 0,
            committed_each: 0,
            available_each: 0,
        };
        let mut is_kept = false;
        for sku in &skus {
            let meant = set.item(sku);
            // A multiple or a set is not kept in units of the item.
            let is_plain = meant.unit_multiple == 1 && meant.broken.is_none();
            if self.not_whole.contains(sku) || !is_plain || set.composite(sku).is_some() {
                return None;
            }
            is_kept |= self.ids.of(sku).is_some();
            if let Some(row) = self.ledger.get(&(sku.clone(), location.clone())) {
                is_kept = true;
                sum.level_each += row.level_each;
                sum.committed_each += row.committed_each;
                sum.available_each += row.available_each;
            }
        }
        is_kept.then_some(sum)
    }
}

/// What a comparison came to.
#[derive(Debug, Default, Clone, Copy)]
struct Found {
    compared: i64,
    drifting: i64,
    moving: i64,
    is_pending: bool,
}

/// The warehouse's figures of one item at one location.
struct Shelf {
    item: ItemCode,
    location: LocationId,
    on_hand_each: i64,
    allocated_each: i64,
    available_each: i64,
}

/// Judges item by item, a chunk at a time.
struct Judge<'j> {
    compare: &'j LedgerCompare,
    levels: LevelsRead,
    /// Whole readings for other pairs since, which may have taken the place of ours.
    readings: HashSet<i64>,
    /// Everything that moved until then is known.
    known_until: Ts,
    set: Arc<MappingSet>,
    places: Vec<(LocationId, SiteMap)>,
    queues: Queues,
    open: Vec<OpenException>,
    sold: HashMap<ItemCode, i64>,
    seen: HashSet<ItemCode>,
    waiting: Vec<Shelf>,
    found: Found,
}

impl<'j> Judge<'j> {
    async fn read(
        jcx: &JobCx<'_>,
        compare: &'j LedgerCompare,
        levels: LevelsRead,
    ) -> StoreResult<Self> {
        let pair = &compare.run.pair;
        let set = jcx.cx.mapping_set(&pair.id).await?;
        let since = levels.started_at - stock::SKEW;
        let day = jcx.cx.now() - Span::days(1);
        let sold = jcx.cx.store.units_sold_since(&pair.id, day).await?;
        let newest = jcx
            .cx
            .store
            .snapshots(&pair.warehouse, READINGS_MAX)
            .await?;
        let whole = newest.iter().filter(|s| s.is_complete && s.is_full);
        // Only where site and location are one to one is the location the ledger of the building.
        let is_ledger = |(_, map): &(LocationId, SiteMap)| {
            map.sites.iter().all(|site| place(site, &set).is_ok())
        };
        Ok(Self {
            places: set.locations().into_iter().filter(is_ledger).collect(),
            queues: Queues::read(jcx.cx, pair, &set, since).await?,
            open: jcx.cx.store.open_exceptions(&[], Some(&pair.id)).await?,
            sold: sold.into_iter().collect(),
            readings: whole.map(|s| s.id).collect(),
            known_until: compare.known_until(jcx).await?.unwrap_or(levels.ended_at),
            seen: HashSet::new(),
            waiting: Vec::new(),
            found: Found::default(),
            compare,
            levels,
            set,
        })
    }

    /// Every item the warehouse reported.
    async fn warehouse(&mut self, jcx: &JobCx<'_>) -> StoreResult<()> {
        let system = self.compare.run.pair.warehouse.clone();
        let mut after = None;
        loop {
            let mut page = jcx
                .cx
                .store
                .levels_page(&system, after, stock::LEVELS_PAGE)
                .await?;
            let is_last = page.len() < stock::LEVELS_PAGE;
            if !is_last {
                stock::leave_cut_item(&mut page);
            }
            after = page.last().map(|l| (l.item.clone(), l.site.clone()));
            for levels in page.chunk_by(|a, b| a.item == b.item) {
                self.item(levels);
                if self.waiting.len() >= CHUNK {
                    self.flush(jcx).await?;
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }

    fn item(&mut self, levels: &[StockLevelRow]) {
        let Some(item) = levels.first().map(|l| l.item.clone()) else {
            return;
        };
        for (location, map) in &self.places {
            let here = || levels.iter().filter(|l| map.sites.contains(&l.site));
            let is_ours = |l: &StockLevelRow| {
                let is_whole = self.readings.contains(&l.snapshot_id);
                l.snapshot_id == self.levels.snapshot || (is_whole && l.read_at <= self.known_until)
            };
            // Overwritten since by a reading that cannot be compared: left for another look, soon.
            if here().any(|l| l.snapshot_id > self.levels.snapshot && !is_ours(l)) {
                self.seen.insert(item.clone());
                self.found.moving += 1;
                self.found.is_pending = true;
                continue;
            }
            let now = || here().filter(|l| l.snapshot_id >= self.levels.snapshot);
            if now().next().is_none() {
                continue;
            }
            self.seen.insert(item.clone());
            self.waiting.push(Shelf {
                item: item.clone(),
                location: location.clone(),
                on_hand_each: now().map(|l| l.on_hand_each).sum(),
                allocated_each: now().map(|l| l.allocated_each).sum(),
                available_each: now().map(|l| l.available_each).sum(),
            });
        }
    }

    /// Items the source holds and the whole report of the warehouse does not name: none of them lies there. An item the
    /// warehouse does not know at all is another matter, and told as such.
    async fn elsewhere(&mut self, jcx: &JobCx<'_>) -> StoreResult<()> {
        let rows = self.compare.ledger.values().filter(|r| r.level_each != 0);
        let left: HashSet<ItemCode> = rows
            .map(|r| self.set.item(&r.sku).item)
            .filter(|item| !self.seen.contains(item))
            .collect();
        let mut left: Vec<ItemCode> = left.into_iter().collect();
        left.sort();
        let system = self.compare.run.pair.warehouse.clone();
        for chunk in left.chunks(CHUNK) {
            let known = jcx.cx.store.items(&system, chunk).await?;
            for item in known.into_iter().filter(|i| i.is_active && !i.is_absent()) {
                for (location, _) in &self.places {
                    self.waiting.push(Shelf {
                        item: item.code.clone(),
                        location: location.clone(),
                        on_hand_each: 0,
                        allocated_each: 0,
                        available_each: 0,
                    });
                }
            }
            self.flush(jcx).await?;
        }
        Ok(())
    }

    /// Judges what waits and stores what came of it.
    async fn flush(&mut self, jcx: &JobCx<'_>) -> StoreResult<()> {
        let shelves = std::mem::take(&mut self.waiting);
        let mut items: Vec<ItemCode> = shelves.iter().map(|s| s.item.clone()).collect();
        items.dedup();
        let pair = self.compare.run.pair.id.clone();
        let known: HashMap<(ItemCode, LocationId), StockPosition> = jcx
            .cx
            .store
            .positions_of(&pair, &items)
            .await?
            .into_iter()
            .map(|p| ((p.item.clone(), p.location.clone()), p))
            .collect();
        let mut positions = Vec::new();
        let mut changes = Vec::new();
        for shelf in shelves {
            let old = known.get(&(shelf.item.clone(), shelf.location.clone()));
            positions.extend(self.judge(jcx.cx.now(), &shelf, old, &mut changes));
        }
        changes.retain(|c| is_worth_writing(c, &self.open));
        if !positions.is_empty() {
            changes.push(Change::Positions(positions));
        }
        jcx.cx.commit("compare", Some(jcx.fence), changes).await?;
        Ok(())
    }

    /// One item at one location; answers its position when that is worth keeping.
    fn judge(
        &mut self,
        now: Ts,
        shelf: &Shelf,
        old: Option<&StockPosition>,
        changes: &mut Vec<Change>,
    ) -> Option<StockPosition> {
        let held = self.compare.held(&self.set, &shelf.item, &shelf.location)?;
        let lane = LaneKey::of(&shelf.item, &shelf.location);
        if self.queues.is_busy(&lane) {
            self.found.moving += 1;
            self.found.is_pending |= old.is_some_and(|p| p.drift_since.is_some());
            return None;
        }
        let pair = &self.compare.run.pair;
        let blank;
        let before = match old {
            Some(old) => old,
            None => {
                let basis = crate::domain::stock::Basis::NetStatic;
                blank = stock::blank(pair, &self.set, &shelf.item, &shelf.location, basis);
                &blank
            }
        };
        let compared = stock::compare_ledger(before, &self.shown(shelf, &held, &lane), now);
        self.found.compared += 1;
        self.found.drifting += i64::from(compared.position.runs >= 2);
        self.found.is_pending |= compared.is_pending;
        changes.extend(compared.changes);
        if compared.is_equal {
            let is_owed = self.queues.is_owed(&lane);
            changes.extend(stock::settled(&compared.position, is_owed));
        }
        let is_new = old.is_none_or(|old| !is_same(old, &compared.position));
        is_new.then_some(compared.position)
    }

    fn shown(&self, shelf: &Shelf, held: &SourceStock, lane: &LaneKey) -> Shown {
        let sold = self.sold.get(&shelf.item).copied().unwrap_or(0);
        Shown {
            figures: LedgerFigures {
                on_hand: shelf.on_hand_each,
                allocated: shelf.allocated_each,
                available: shelf.available_each,
                unsent: self.queues.unsent_each(lane),
                unconfirmed: self.queues.unconfirmed.each(lane),
                pending: self.queues.pending_each(lane),
                in_returns: self.queues.in_returns_each(&shelf.item),
                source_on_hand: held.level_each,
                source_allocated: held.committed_each,
                source_available: held.available_each,
                has_unsellable_place: false,
            },
            lost: self.queues.lost(&shelf.item),
            owed_each: self.queues.owed_each(lane),
            warehouse_read_at: self.levels.started_at,
            unit_cost_minor: self.compare.source.unit_cost_minor(&held.sku).unwrap_or(0),
            velocity_milli: sold * 1_000 / 24,
        }
    }
}

/// Nothing but the times of reading differs, and no drift is open whose readings people look at.
fn is_same(old: &StockPosition, new: &StockPosition) -> bool {
    let book = |p: &StockPosition| p.ledger.map(|b| (b.figures, b.owed_each, b.agreed_since));
    new.runs == 0
        && old.runs == 0
        && new.remainder_each == 0
        && old.drift_since == new.drift_since
        && book(old) == book(new)
}

//! Stock levels of the warehouse: every figure now and then, only changes in between. A snapshot with a hole changes nothing.

use super::super::calls::{JobCx, Keep, call};
use super::super::context::mapped_places;
use super::super::deliver::Tick;
use super::super::requests;
use super::super::stock;
use super::Run;
use super::levels::LevelPages;
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::ids::{ItemCode, RequestId, SiteRef};
use crate::domain::mapping::MappingKind;
use crate::domain::routing;
use crate::domain::stock::{SnapshotRow, StockLevelRow};
use crate::domain::time::{Span, Ts};
use crate::domain::wms::{WmsStock, WmsStockChange};
use crate::store::StoreResult;
use crate::vendors::{Op, PAGE_ROWS, Warehouse};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// Incremental reads begin this long before the newest stamp seen.
const OVERLAP: Span = Span::secs(120);
/// Up to this many rows every snapshot is a full one: it costs no more than a few calls.
const SMALL_ROWS: i64 = 3 * PAGE_ROWS as i64;
/// A full snapshot with fewer rows than this share (percent) of the one before has a hole.
const ROWS_KEPT_PERCENT_MIN: i64 = 95;

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
struct Mark {
    full_at: i64,
    full_rows: i64,
    /// Newest change stamp seen, microseconds.
    newest: i64,
    /// Full snapshots refused in a row for missing rows.
    refused: i64,
}

/// The stock snapshot.
pub struct Snapshot {
    warehouse: Arc<dyn Warehouse>,
    run: Run,
    mark: Mark,
    is_full: bool,
    is_approved: bool,
    /// Of the list of changes.
    page: u32,
    pages: LevelPages,
    sites: Option<Vec<SiteRef>>,
    levels: Vec<WmsStock>,
    moves: Vec<WmsStockChange>,
}

impl Snapshot {
    /// A fresh snapshot; `is_approved` lets a mass change through once.
    pub fn new(warehouse: Arc<dyn Warehouse>, run: Run, is_approved: bool) -> Self {
        let mark: Mark = serde_json::from_str(&run.cursor).unwrap_or_default();
        let is_due = run.started_at.since(Ts(mark.full_at)) >= run.pair.policy.stock_full_interval;
        let is_full = is_due || mark.full_rows <= SMALL_ROWS || is_approved;
        Self {
            warehouse,
            run,
            mark,
            is_full,
            is_approved,
            page: 1,
            pages: LevelPages::default(),
            sites: None,
            levels: Vec::new(),
            moves: Vec::new(),
        }
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        if self.is_full {
            Op::StockPage
        } else {
            Op::StockChangesPage
        }
    }

    /// Makes that call.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        if self.sites.is_none() {
            let set = jcx.cx.mapping_set(&self.run.pair.id).await?;
            self.sites = Some(mapped_places(&set).1);
            // A site that was mapped since the last whole report is in none yet.
            let mapped_at = set.rows(MappingKind::Site).map(|r| r.changed_at).max();
            self.is_full |= mapped_at.is_some_and(|at| at > Ts(self.mark.full_at));
        }
        let sites = self.sites.clone().unwrap_or_default();
        if sites.is_empty() {
            let done = self.run.done(
                jcx.cx.now(),
                "no location is mapped to a site".to_owned(),
                None,
            );
            jcx.cx
                .commit("snapshot", Some(jcx.fence), vec![done])
                .await?;
            return Ok(Tick::Done);
        }
        if self.is_full {
            self.full_page(jcx, &sites).await
        } else {
            self.changes_page(jcx, &sites).await
        }
    }

    async fn full_page(&mut self, jcx: &mut JobCx<'_>, sites: &[SiteRef]) -> StoreResult<Tick> {
        let called = call!(jcx, Keep::OnError, |log| self.warehouse.stock_page(
            sites,
            self.pages.next(),
            &log
        ));
        let page = match called.answer {
            Ok(page) => page,
            Err(error) => {
                self.run.failed(jcx, &error, called.payloads).await?;
                return Ok(Tick::Done);
            }
        };
        match self.pages.take(page) {
            Ok(false) => return Ok(Tick::More),
            Ok(true) => {}
            Err(why) => return self.incomplete(jcx, &why).await,
        }
        match self.pages.whole() {
            Ok(rows) => self.levels = rows,
            Err(why) => return self.incomplete(jcx, &why).await,
        }
        let kept = self.levels.len() as i64;
        if kept * 100 < self.mark.full_rows * ROWS_KEPT_PERCENT_MIN && !self.is_approved {
            let before = self.mark.full_rows;
            return self
                .incomplete(
                    jcx,
                    &format!(
                        "{kept} rows, the snapshot before had {before}: more than 5 % are missing"
                    ),
                )
                .await;
        }
        self.apply(jcx).await
    }

    async fn changes_page(&mut self, jcx: &mut JobCx<'_>, sites: &[SiteRef]) -> StoreResult<Tick> {
        let since = Ts(self.mark.newest.max(self.mark.full_at)) - OVERLAP;
        let called = call!(jcx, Keep::OnError, |log| self
            .warehouse
            .stock_changes_page(since, sites, self.page, &log));
        match called.answer {
            Err(error) => {
                self.run.failed(jcx, &error, called.payloads).await?;
                return Ok(Tick::Done);
            }
            Ok(page) => {
                self.moves.extend(page.rows);
                self.page += 1;
                if !page.is_last {
                    return Ok(Tick::More);
                }
            }
        }
        self.merge_changes(jcx).await?;
        self.apply(jcx).await
    }

    /// The newest change per item and site, laid over what is stored.
    async fn merge_changes(&mut self, jcx: &JobCx<'_>) -> StoreResult<()> {
        self.moves.sort_by_key(|m| m.at);
        let newest: HashMap<(ItemCode, SiteRef), WmsStockChange> = self
            .moves
            .drain(..)
            .map(|m| ((m.item.clone(), m.site.clone()), m))
            .collect();
        let mut items: Vec<ItemCode> = newest.keys().map(|(item, _)| item.clone()).collect();
        items.sort();
        items.dedup();
        let stored = jcx
            .cx
            .store
            .levels_of(&self.run.pair.warehouse, &items)
            .await?;
        for ((item, site), change) in newest {
            self.mark.newest = self.mark.newest.max(change.at.0);
            let old = stored.iter().find(|l| l.item == item && l.site == site);
            let moved = change.available_each - old.map_or(0, |l| l.available_each);
            self.levels.push(WmsStock {
                on_hand_each: old.map_or(change.available_each, |l| {
                    (l.on_hand_each + moved).max(change.available_each)
                }),
                allocated_each: old.map_or(0, |l| l.allocated_each),
                available_each: change.available_each,
                item,
                site,
            });
        }
        Ok(())
    }

    async fn incomplete(&mut self, jcx: &JobCx<'_>, why: &str) -> StoreResult<Tick> {
        let now = jcx.cx.now();
        self.mark.refused += 1;
        let id = jcx.cx.id().await?;
        let row = self.row(id, false, why);
        let mut done = self.run.done(
            now,
            format!("refused: {why}"),
            serde_json::to_string(&self.mark).ok(),
        );
        if let Change::ScheduleDone(done) = &mut done {
            done.is_ok = false;
            // Read again soon; one odd reading is no case, two are.
            done.next_due_at = now + Span::secs(20);
        }
        let mut changes = vec![
            Change::Snapshot {
                row,
                levels: Vec::new(),
            },
            done,
        ];
        if self.mark.refused >= 2 {
            let mut occurrence = self.run.occurrence(
                Kind::StkSnapshotIncomplete,
                &format!("nothing was published: {why}"),
                now,
            );
            occurrence.discriminator = "HOLES".to_owned();
            changes.push(Change::Raise(occurrence));
        }
        jcx.cx.commit("snapshot", Some(jcx.fence), changes).await?;
        Ok(Tick::Done)
    }

    fn row(&self, id: i64, is_complete: bool, note: &str) -> SnapshotRow {
        SnapshotRow {
            id,
            system: self.run.pair.warehouse.clone(),
            pair: self.run.pair.id.clone(),
            taken_at: self.run.started_at,
            is_complete,
            is_full: self.is_full,
            rows: self.levels.len() as i64,
            note: note.to_owned(),
        }
    }

    async fn apply(&mut self, jcx: &JobCx<'_>) -> StoreResult<Tick> {
        let id = jcx.cx.id().await?;
        let now = jcx.cx.now();
        let row = self.row(id, true, "");
        let levels: Vec<StockLevelRow> = std::mem::take(&mut self.levels)
            .into_iter()
            .map(|l| StockLevelRow {
                system: self.run.pair.warehouse.clone(),
                item: l.item,
                site: l.site,
                on_hand_each: l.on_hand_each,
                allocated_each: l.allocated_each,
                available_each: l.available_each,
                snapshot_id: id,
                read_at: now,
            })
            .collect();
        let negative: Vec<Change> = levels
            .iter()
            .filter(|l| l.on_hand_each < 0 || l.available_each < 0)
            .map(|l| self.negative(l, now))
            .collect();
        let rows = levels.len() as i64;
        if self.is_full {
            self.mark.full_at = self.run.started_at.0;
            self.mark.full_rows = rows;
            self.mark.newest = self.mark.newest.max(self.run.started_at.0);
        }
        self.mark.refused = 0;
        let mut changes = vec![Change::Snapshot { row, levels }];
        changes.extend(negative);
        changes.push(Change::ClearAll {
            kind: Kind::StkSnapshotIncomplete,
            pair: self.run.pair.id.clone(),
            discriminator: "HOLES".to_owned(),
            how: "auto".to_owned(),
            evidence: format!("a complete snapshot of {rows} rows was read"),
        });
        jcx.cx.commit("snapshot", Some(jcx.fence), changes).await?;
        let published =
            stock::publish_all(jcx.cx, jcx.fence, &self.run.pair, id, self.is_approved).await?;
        let note = if published.is_stopped {
            format!(
                "{rows} rows; {} figures would change: stopped, waiting for approval",
                published.changed
            )
        } else {
            format!("{rows} rows, {} figures to publish", published.changed)
        };
        let done = self
            .run
            .done(now, note, serde_json::to_string(&self.mark).ok());
        let mut changes = vec![done];
        changes.extend(self.route_again(jcx).await?);
        jcx.cx.commit("snapshot", Some(jcx.fence), changes).await?;
        Ok(Tick::Done)
    }

    /// Orders that wait for stock, or that every routing rule refused, are judged again by the new figures.
    async fn route_again(&self, jcx: &JobCx<'_>) -> StoreResult<Option<Change>> {
        let pair = &self.run.pair.id;
        let set = jcx.cx.mapping_set(pair).await?;
        if !routing::asks_for_stock(&set) {
            return Ok(None);
        }
        let waiting = requests::orders_to_route(jcx.cx, pair).await?;
        if waiting.is_empty() {
            return Ok(None);
        }
        Ok(Some(Change::Request {
            id: RequestId(jcx.cx.id().await?),
            kind: requests::RECHECK_ORDERS.to_owned(),
            body: serde_json::json!({ "pair": pair, "by_stock": true }),
        }))
    }

    fn negative(&self, level: &StockLevelRow, now: Ts) -> Change {
        let mut occurrence = self.run.occurrence(
            Kind::StkNegative,
            &format!(
                "the warehouse reports {} on hand and {} available",
                level.on_hand_each, level.available_each
            ),
            now,
        );
        let name = format!("{}@{}", level.item, level.site);
        occurrence.discriminator = format!("ITEM={name}");
        occurrence.object = crate::domain::exception::ObjectRef::Item(name);
        occurrence.label = level.item.0.clone();
        Change::Raise(occurrence)
    }
}

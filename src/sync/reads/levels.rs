//! The warehouse's levels for a comparison: every page, or nothing. It is asked for by the comparison, which reads the
//! other ledger once everything that moved until then is known.

use super::super::calls::{JobCx, Keep, call};
use super::super::context::{PairCx, mapped_places};
use super::super::deliver::Tick;
use crate::domain::change::Change;
use crate::domain::delivery::Flow;
use crate::domain::ids::{PairId, RequestId, SiteRef};
use crate::domain::stock::{SnapshotRow, StockLevelRow};
use crate::domain::time::Ts;
use crate::domain::wms::WmsStock;
use crate::store::StoreResult;
use crate::vendors::{Op, Page, Warehouse};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Pages of a report of levels, until it is whole.
#[derive(Debug, Default)]
pub struct LevelPages {
    read: u32,
    total: Option<i64>,
    rows: Vec<WmsStock>,
}

impl LevelPages {
    /// The next page to be read, from 1.
    pub const fn next(&self) -> u32 {
        self.read + 1
    }

    /// Takes the next page; answers whether it was the last.
    ///
    /// # Errors
    /// Why what was read is no whole report.
    pub fn take(&mut self, page: Page<WmsStock>) -> Result<bool, String> {
        if self.total.is_some() && page.total.is_some() && self.total != page.total {
            return Err("the row count changed while the pages were read".to_owned());
        }
        self.total = page.total.or(self.total);
        self.rows.extend(page.rows);
        self.read += 1;
        Ok(page.is_last)
    }

    /// All rows, in order of item and site.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn whole(&mut self) -> Result<Vec<WmsStock>, String> {
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_by(|a, b| (&a.item, &a.site).cmp(&(&b.item, &b.site)));
        let read = rows.len();
        rows.dedup_by(|a, b| a.item == b.item && a.site == b.site);
        if rows.len() != read {
            return Err("a row came twice: pages shifted while they were read".to_owned());
        }
        match self.total {
            Some(total) if total != read as i64 => {
                Err(format!("{read} rows read, {total} announced"))
            }
            _ => Ok(rows),
        }
    }
}

/// A reading of levels that a comparison can lean on.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct LevelsRead {
    pub started_at: Ts,
    pub ended_at: Ts,
    /// Rows of this reading carry its number; others were overwritten since.
    pub snapshot: i64,
}

/// Where the last reading of a pair is kept.
pub fn setting(pair: &PairId) -> String {
    format!("levels/{pair}")
}

/// Reads the levels of a pair's sites.
pub struct Levels {
    warehouse: Arc<dyn Warehouse>,
    pair: PairCx,
    requests: Vec<RequestId>,
    started_at: Ts,
    sites: Option<Vec<SiteRef>>,
    pages: LevelPages,
}

impl Levels {
    /// For the comparison that asked.
    pub fn new(
        warehouse: Arc<dyn Warehouse>,
        pair: PairCx,
        requests: Vec<RequestId>,
        now: Ts,
    ) -> Self {
        Self {
            warehouse,
            pair,
            requests,
            started_at: now,
            sites: None,
            pages: LevelPages::default(),
        }
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        Op::StockPage
    }

    /// Makes that call.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        if self.sites.is_none() {
            let set = jcx.cx.mapping_set(&self.pair.id).await?;
            self.sites = Some(mapped_places(&set).1);
        }
        let sites = self.sites.clone().unwrap_or_default();
        let called = call!(jcx, Keep::OnError, |log| self.warehouse.stock_page(
            &sites,
            self.pages.next(),
            &log
        ));
        let mut changes = called.payloads;
        let read = match called.answer {
            Ok(page) => self.pages.take(page),
            Err(error) => Err(error.to_string()),
        };
        match read {
            Ok(false) => return Ok(Tick::More),
            Ok(true) => match self.pages.whole() {
                Ok(rows) => changes.extend(self.kept(jcx, rows).await?),
                Err(why) => changes.extend(self.answered(false, &why)),
            },
            Err(why) => changes.extend(self.answered(false, &why)),
        }
        jcx.cx.commit("levels", Some(jcx.fence), changes).await?;
        Ok(Tick::Done)
    }

    fn answered(&mut self, is_ok: bool, text: &str) -> Vec<Change> {
        let ids = self.requests.drain(..);
        ids.map(|id| Change::RequestDone {
            id,
            is_ok,
            answer: crate::text::clean_to(text, 300),
        })
        .collect()
    }

    /// The levels, and word to whoever must have read on before they can be compared.
    async fn kept(&mut self, jcx: &JobCx<'_>, rows: Vec<WmsStock>) -> StoreResult<Vec<Change>> {
        let now = jcx.cx.now();
        let snapshot = jcx.cx.id().await?;
        let read = LevelsRead {
            started_at: self.started_at,
            ended_at: now,
            snapshot,
        };
        let count = rows.len();
        let levels = rows.into_iter().map(|l| StockLevelRow {
            system: self.pair.warehouse.clone(),
            item: l.item,
            site: l.site,
            on_hand_each: l.on_hand_each,
            allocated_each: l.allocated_each,
            available_each: l.available_each,
            snapshot_id: snapshot,
            read_at: now,
        });
        let mut changes = vec![
            Change::Snapshot {
                row: SnapshotRow {
                    id: snapshot,
                    system: self.pair.warehouse.clone(),
                    pair: self.pair.id.clone(),
                    taken_at: self.started_at,
                    is_complete: true,
                    is_full: true,
                    rows: count as i64,
                    note: "for a comparison".to_owned(),
                },
                levels: levels.collect(),
            },
            Change::Setting {
                key: setting(&self.pair.id),
                value: serde_json::to_string(&read).unwrap_or_default(),
            },
        ];
        for flow in [Flow::StockDelta, Flow::Despatch, Flow::ReconcileStock] {
            changes.push(Change::ScheduleHasten {
                pair: self.pair.id.clone(),
                flow,
                at: now,
            });
        }
        changes.extend(self.answered(true, &format!("{count} levels were read")));
        Ok(changes)
    }
}

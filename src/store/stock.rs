//! Items, targets, stock levels and positions, snapshots and despatches.

use super::read::DespatchGroup;
use super::value::{Cols, Row, Val, from_json, vals};
use super::{Store, StoreResult};
use crate::domain::ids::{ItemCode, LocationId, PairId, SiteRef, SystemId, WmsOrderNo};
use crate::domain::mapping::{MappingKind, Target};
use crate::domain::mapping_set::MappingSet;
use crate::domain::order::OrderState;
use crate::domain::places::Places;
use crate::domain::routing::{PROMISED_IN, Place, Shelves, TAKEN_IN};
use crate::domain::stock::{SnapshotRow, StockDay, StockLevelRow, StockPosition};
use crate::domain::time::Ts;
use crate::domain::wms::{DespatchLine, WmsItem};
use std::collections::HashMap;

const ITEM: &str = "select code, name, barcode, is_active from item";
/// Lines without a label that were not judged yet, oldest first.
pub(super) const UNJUDGED: &str = "select despatch, number from despatch_line where system = $1 and tracking = '' \
 and is_judged = 0 and despatched_at >= $2 and despatched_at < $3 and substr(number, 1, length($4)) = $4 order by despatched_at @limit($5)";
const LEVEL: &str = "select system, item, site, on_hand_each, allocated_each, available_each, snapshot_id, read_at from stock_level";

fn item(row: &Row) -> StoreResult<WmsItem> {
    let mut c = row.cols();
    Ok(WmsItem {
        code: c.text()?,
        name: c.text()?,
        barcode: c.text()?,
        is_active: c.flag()?,
    })
}

fn level(row: &Row) -> StoreResult<StockLevelRow> {
    let mut c = row.cols();
    Ok(StockLevelRow {
        system: c.text()?,
        item: c.text()?,
        site: c.text()?,
        on_hand_each: c.int()?,
        allocated_each: c.int()?,
        available_each: c.int()?,
        snapshot_id: c.int()?,
        read_at: c.ts()?,
    })
}

pub(super) fn position(c: &mut Cols<'_>) -> StoreResult<StockPosition> {
    from_json(&c.text::<String>()?)
}

fn codes(items: &[ItemCode]) -> Vec<String> {
    items.iter().map(|i| i.0.clone()).collect()
}

fn target(row: &Row) -> StoreResult<Target> {
    let mut c = row.cols();
    Ok(Target {
        code: c.text()?,
        name: c.text()?,
        is_active: c.flag()?,
    })
}

impl Store {
    /// Items of a warehouse by code; unknown codes are absent.
    pub async fn items(&self, system: &SystemId, codes: &[ItemCode]) -> StoreResult<Vec<WmsItem>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            format!("{ITEM} where system = $1 and code @any($2) order by code"),
            vals![system.as_str(), self::codes(codes)],
        )
        .await?
        .iter()
        .map(item)
        .collect()
    }

    /// How many items of a warehouse are known.
    pub async fn item_count(&self, system: &SystemId) -> StoreResult<i64> {
        let mut conn = self.inner.db.read().await?;
        conn.number(
            "select count(*) from item where system = $1",
            vals![system.as_str()],
        )
        .await
    }

    /// Item codes of a warehouse as values a mapping may point at; codes that were only asked for are left out.
    pub async fn item_targets(&self, system: &SystemId, limit: usize) -> StoreResult<Vec<Target>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            "select code, name, is_active from item where system = $1 and (is_active = 1 or name <> '' or barcode <> '') \
             order by code @limit($2)",
            vals![system.as_str(), super::limit(limit)],
        )
        .await?
        .iter()
        .map(target)
        .collect()
    }

    /// Items holding one of these barcodes.
    pub async fn items_by_barcode(
        &self,
        system: &SystemId,
        barcodes: &[String],
    ) -> StoreResult<Vec<WmsItem>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            format!(
                "{ITEM} where barcode <> '' and system = $1 and barcode @any($2) order by code"
            ),
            vals![system.as_str(), barcodes.to_vec()],
        )
        .await?
        .iter()
        .map(item)
        .collect()
    }

    /// What a mapping of this kind may point at, inactive values too.
    pub async fn targets(
        &self,
        pair: &PairId,
        kind: MappingKind,
        side: &str,
    ) -> StoreResult<Vec<Target>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            "select code, name, is_active from target where pair = $1 and kind = $2 and side = $3 order by code",
            vals![pair.as_str(), kind.code(), side],
        )
        .await?
        .iter()
        .map(target)
        .collect()
    }

    /// What the source systems of these pairs call their locations, as last read.
    pub async fn places(&self, pairs: &[PairId]) -> StoreResult<Places> {
        let mut known = Vec::new();
        for pair in pairs {
            for place in self.targets(pair, MappingKind::Site, "source").await? {
                if !place.name.is_empty() && place.name != place.code {
                    known.push((place.code, place.name));
                }
            }
        }
        Ok(Places::of(known))
    }

    /// Warehouse levels in order of (item, site) after the given key.
    pub async fn levels_page(
        &self,
        system: &SystemId,
        after: Option<(ItemCode, SiteRef)>,
        limit: usize,
    ) -> StoreResult<Vec<StockLevelRow>> {
        let (item, site) = after.unwrap_or_default();
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            format!(
                "{LEVEL} where system = $1 and (item, site) > ($2, $3) order by item, site @limit($4)"
            ),
            vals![
                system.as_str(),
                item.as_str(),
                site.as_str(),
                super::limit(limit)
            ],
        )
        .await?
        .iter()
        .map(level)
        .collect()
    }

    /// Warehouse levels of these items at every site.
    pub async fn levels_of(
        &self,
        system: &SystemId,
        items: &[ItemCode],
    ) -> StoreResult<Vec<StockLevelRow>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            format!("{LEVEL} where system = $1 and item @any($2) order by item, site"),
            vals![system.as_str(), codes(items)],
        )
        .await?
        .iter()
        .map(level)
        .collect()
    }

    /// What may still be promised of these items at the sites of a pair; `sharers` are all pairs of the warehouse.
    pub async fn shelves(
        &self,
        warehouse: &SystemId,
        pair: &PairId,
        sharers: &[PairId],
        items: &[ItemCode],
        mappings: &MappingSet,
    ) -> StoreResult<Shelves> {
        let levels = self.levels_of(warehouse, items).await?;
        let mut conn = self.inner.db.read().await?;
        let read = conn
            .row(
                "select max(taken_at), max(case when is_full = 1 then taken_at end) from snapshot \
                 where system = $1 and pair = $2 and is_complete = 1",
                vals![warehouse.as_str(), pair.as_str()],
            )
            .await?;
        let (read_at, full_at) = match read {
            Some(row) => (
                row.get::<Option<i64>>(0)?.map(Ts),
                row.get::<Option<i64>>(1)?.map(Ts),
            ),
            None => (None, None),
        };
        drop(conn);
        let since = read_at.unwrap_or_default();
        let promised = self.promised_units(sharers, items, since).await?;
        Ok(Shelves::new(levels, promised, full_at, mappings))
    }

    /// Units that orders were given at a site and that the figures read at `since` do not know of: not set aside yet, or
    /// set aside and perhaps gone after that.
    async fn promised_units(
        &self,
        pairs: &[PairId],
        items: &[ItemCode],
        since: Ts,
    ) -> StoreResult<Vec<(Place, i64)>> {
        let pairs: Vec<String> = pairs.iter().map(|p| p.0.clone()).collect();
        let waiting: Vec<i64> = PROMISED_IN.iter().map(|s| s.code()).collect();
        let taken: Vec<i64> = TAKEN_IN.iter().map(|s| s.code()).collect();
        let items = codes(items);
        let mut conn = self.inner.db.read().await?;
        let mut rows = conn
            .rows(
                "select o.site, l.item, cast(sum(l.qty_each - l.despatched_each) as bigint) \
                 from orders o join order_line l on l.order_id = o.id \
                 where o.pair @any($1) and o.state @any($2) and o.site is not null and l.item @any($3) \
                 group by o.site, l.item",
                vals![pairs.clone(), waiting, items.clone()],
            )
            .await?;
        rows.extend(
            conn.rows(
                "select o.site, l.item, cast(sum(l.qty_each) as bigint) \
                 from orders o join order_line l on l.order_id = o.id \
                 where o.pair @any($1) and o.state @any($2) and o.state_since >= $3 and o.site is not null \
                 and l.item @any($4) group by o.site, l.item",
                vals![pairs.clone(), taken, since, items.clone()],
            )
            .await?,
        );
        rows.extend(
            conn.rows(
                "select o.site, l.item, cast(sum(l.qty_each) as bigint) \
                 from orders o join order_line l on l.order_id = o.id \
                 where o.confirmed_at >= $1 and o.accepted_at >= $1 and o.pair @any($2) and o.site is not null \
                 and o.state >= $3 and l.item @any($4) group by o.site, l.item",
                vals![since, pairs, OrderState::Confirmed.code(), items],
            )
            .await?,
        );
        let mut units: HashMap<Place, i64> = HashMap::new();
        for row in &rows {
            let mut c = row.cols();
            let place = (c.text()?, c.text()?);
            *units.entry(place).or_default() += c.int()?;
        }
        Ok(units.into_iter().collect())
    }

    /// Newest snapshots, newest first.
    pub async fn snapshots(
        &self,
        system: &SystemId,
        limit: usize,
    ) -> StoreResult<Vec<SnapshotRow>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            "select id, system, pair, taken_at, is_complete, is_full, row_count, note from snapshot \
             where system = $1 order by taken_at desc, id desc @limit($2)",
            vals![system.as_str(), super::limit(limit)],
        )
        .await?
        .iter()
        .map(|row| {
            let mut c = row.cols();
            Ok(SnapshotRow {
                id: c.int()?,
                system: c.text()?,
                pair: c.text()?,
                taken_at: c.ts()?,
                is_complete: c.flag()?,
                is_full: c.flag()?,
                rows: c.int()?,
                note: c.text()?,
            })
        })
        .collect()
    }

    /// Stock positions in order of (item, location) after the given key.
    pub async fn positions_page(
        &self,
        pair: &PairId,
        after: Option<(ItemCode, LocationId)>,
        limit: usize,
    ) -> StoreResult<Vec<StockPosition>> {
        let (item, location) = after.unwrap_or_default();
        self.positions_where(
            "where pair = $1 and (item, location) > ($2, $3) order by item, location @limit($4)",
            vals![
                pair.as_str(),
                item.as_str(),
                location.as_str(),
                super::limit(limit)
            ],
        )
        .await
    }

    /// Stock positions of these items at every location.
    pub async fn positions_of(
        &self,
        pair: &PairId,
        items: &[ItemCode],
    ) -> StoreResult<Vec<StockPosition>> {
        self.positions_where(
            "where pair = $1 and item @any($2) order by item, location",
            vals![pair.as_str(), codes(items)],
        )
        .await
    }

    /// How the stock of an item stood day by day, the oldest first; days on which nobody looked are left out.
    pub async fn stock_days(
        &self,
        pair: &PairId,
        item: &ItemCode,
        since_day: i64,
    ) -> StoreResult<Vec<StockDay>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            "select location, day, on_hand_each, publish_each, source_each, remainder_each from stock_day \
             where pair = $1 and item = $2 and day >= $3 order by location, day",
            vals![pair.as_str(), item.as_str(), since_day],
        )
        .await?
        .iter()
        .map(|row| {
            let mut c = row.cols();
            Ok(StockDay {
                location: c.text()?,
                day: c.int()?,
                on_hand_each: c.int()?,
                publish_each: c.int()?,
                source_each: c.opt_int()?,
                remainder_each: c.int()?,
            })
        })
        .collect()
    }

    async fn positions_where(&self, tail: &str, args: Vec<Val>) -> StoreResult<Vec<StockPosition>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(format!("select body from position {tail}"), args)
            .await?
            .iter()
            .map(|row| position(&mut row.cols()))
            .collect()
    }

    /// Despatches in state `new` or `waiting`, oldest first.
    pub async fn despatches_open(
        &self,
        system: &SystemId,
        limit: usize,
    ) -> StoreResult<Vec<DespatchGroup>> {
        self.despatches(
            system,
            "where state in ('new', 'waiting') and system = $1 order by first_seen_at, despatch, number @limit($2)",
            vals![system.as_str(), super::limit(limit)],
        )
        .await
    }

    /// Despatches that were taken into account and whose labels were booked, or booked again, since.
    pub async fn despatches_relabelled(
        &self,
        system: &SystemId,
        limit: usize,
    ) -> StoreResult<Vec<DespatchGroup>> {
        self.despatches(
            system,
            "where system = $1 and state = 'matched' and (despatch, number) in \
             (select despatch, number from despatch_line where system = $1 and is_news = 1) \
             order by first_seen_at, despatch, number @limit($2)",
            vals![system.as_str(), super::limit(limit)],
        )
        .await
    }

    /// Despatches of orders whose numbers start like this that left in this time without a label and were not judged
    /// yet, the oldest of them.
    pub async fn despatches_unlabelled(
        &self,
        (system, start): (&SystemId, &str),
        (since, before): (Ts, Ts),
        limit: usize,
    ) -> StoreResult<Vec<DespatchGroup>> {
        self.despatches(
            system,
            &format!("where system = $1 and (despatch, number) in ({UNJUDGED})"),
            vals![system.as_str(), since, before, start, super::limit(limit)],
        )
        .await
    }

    /// When the oldest despatch since a time left that is still without a label.
    pub async fn oldest_unlabelled(&self, system: &SystemId, since: Ts) -> StoreResult<Option<Ts>> {
        let mut conn = self.inner.db.read().await?;
        let row = conn
            .row(
                "select min(despatched_at) from despatch_line where system = $1 and tracking = '' and despatched_at >= $2",
                vals![system.as_str(), since],
            )
            .await?;
        match row {
            Some(row) => Ok(row.get::<Option<i64>>(0)?.map(Ts)),
            None => Ok(None),
        }
    }

    /// All despatches of these warehouse orders, any state.
    pub async fn despatches_of(
        &self,
        system: &SystemId,
        numbers: &[WmsOrderNo],
    ) -> StoreResult<Vec<DespatchGroup>> {
        let numbers: Vec<String> = numbers.iter().map(|n| n.0.clone()).collect();
        self.despatches(
            system,
            "where system = $1 and number @any($2) order by first_seen_at, despatch, number",
            vals![system.as_str(), numbers],
        )
        .await
    }

    async fn despatches(
        &self,
        system: &SystemId,
        tail: &str,
        args: Vec<Val>,
    ) -> StoreResult<Vec<DespatchGroup>> {
        let mut conn = self.inner.db.read().await?;
        let mut groups: Vec<DespatchGroup> = conn
            .rows(
                format!("select despatch, number, state, first_seen_at from despatch {tail}"),
                args,
            )
            .await?
            .iter()
            .map(|row| {
                let mut c = row.cols();
                Ok(DespatchGroup {
                    despatch: c.text()?,
                    number: c.text()?,
                    state: c.text()?,
                    first_seen_at: c.ts()?,
                    lines: Vec::new(),
                })
            })
            .collect::<StoreResult<_>>()?;
        if groups.is_empty() {
            return Ok(groups);
        }
        let names: Vec<String> = groups.iter().map(|g| g.despatch.clone()).collect();
        let rows = conn
            .rows(
                "select despatch, number, line_ref, item, qty_each, carrier, service, tracking, despatched_at, site, channel \
                 from despatch_line where system = $1 and despatch @any($2) order by despatch, number, line_ref, item, n",
                vals![system.as_str(), names],
            )
            .await?;
        let mut lines: HashMap<(String, String), Vec<DespatchLine>> = HashMap::new();
        for row in rows {
            let mut c = row.cols();
            let line = DespatchLine {
                despatch: c.text()?,
                number: c.text()?,
                line_ref: c.text()?,
                item: c.text()?,
                qty_each: c.int()?,
                carrier: c.text()?,
                service: c.text()?,
                tracking: c.text()?,
                despatched_at: c.ts()?,
                site: c.text()?,
                channel: c.text()?,
            };
            lines
                .entry((line.despatch.0.clone(), line.number.0.clone()))
                .or_default()
                .push(line);
        }
        for group in &mut groups {
            let key = (group.despatch.clone(), group.number.0.clone());
            group.lines = lines.remove(&key).unwrap_or_default();
        }
        Ok(groups)
    }
}

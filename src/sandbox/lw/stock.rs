//! Items and stock levels: reads, absolute writes, and the delta write nobody should use.

use super::params::{Params, Refusal, int_of, member, text_of};
use super::render::{double, time};
use super::state::History;
use crate::sandbox::config::SimSystem;
use crate::sandbox::ledger::Entry;
use crate::sandbox::rng::Guid;
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// Largest page of the stock listings.
const STOCK_PAGE_MAX: i64 = 200;
/// Most ids in a batch read of the inventory controller.
const BATCH_IDS_MAX: usize = 100;

impl World {
    /// Writes a level and its history row.
    pub(crate) fn lw_write_level(&mut self, item: usize, location: usize, level: i64, note: &str) {
        let at = self.now;
        let note: std::sync::Arc<str> = note.into();
        let record = &mut self.lw.levels[item][location];
        let change = level - record.level;
        record.level = level;
        record.updated_at = at;
        record.operation = note.clone();
        self.lw.history.push(History {
            item,
            location,
            at,
            level,
            change,
            note,
        });
    }

    /// Writes a level for a caller or a person, with its effect.
    pub(crate) fn lw_set_level(
        &mut self,
        op: &'static str,
        place: (usize, usize),
        level: i64,
        source: &str,
        by_world: bool,
    ) {
        let (item, location) = place;
        let before = self.lw.levels[item][location].level;
        let level = level.max(0);
        let operation = if source.is_empty() {
            "DIRECT ADJUSTMENT"
        } else {
            source
        };
        self.lw_write_level(item, location, level, operation);
        let entry = Entry {
            system: SimSystem::Linnworks,
            op,
            object: format!(
                "{}@{}",
                self.lw.items[item].sku, self.lw.locations[location].name
            ),
            key: source.to_owned(),
            detail: json!({
                "before": before, "after": level,
                "location": self.lw.locations[location].id,
                "in_orders": self.lw.levels[item][location].in_orders,
            }),
            caused_by_world: by_world,
        };
        self.ledger.append(self.now, entry);
    }

    fn lw_level_row(&self, item: usize, location: usize) -> Value {
        let record = &self.lw.items[item];
        let place = &self.lw.locations[location];
        let level = &self.lw.levels[item][location];
        let cost = double(record.price_minor) / 3.0;
        json!({
            "Location": {
                "StockLocationId": place.id, "StockLocationIntId": location,
                "LocationName": place.name, "IsFulfillmentCenter": place.is_fulfilment_centre,
                "BinRack": "",
            },
            "StockLevel": level.level, "StockValue": cost * level.level as f64,
            "MinimumLevel": 0, "InOrderBook": level.in_orders, "Due": 0, "JIT": false,
            "InOrders": level.in_orders, "Available": level.level - level.in_orders,
            "UnitCost": cost, "SKU": record.sku, "AutoAdjust": true,
            "LastUpdateDate": time(level.updated_at), "LastUpdateOperation": &*level.operation,
            "PendingUpdate": false, "StockItemPurchasePrice": cost, "StockItemId": record.id,
            "StockItemIntId": 0,
        })
    }

    fn lw_level_rows(&self, item: usize) -> Vec<Value> {
        (0..self.lw.locations.len())
            .map(|location| self.lw_level_row(item, location))
            .collect()
    }

    fn lw_item(&self, p: &Params, name: &str) -> Result<usize, Refusal> {
        let id = p.guid(name)?;
        self.lw
            .item_by_id
            .get(&id)
            .copied()
            .ok_or_else(|| Refusal::bad("Stock item not found"))
    }

    pub(super) fn lw_levels_of(&self, p: &Params) -> Result<Value, Refusal> {
        let item = self.lw_item(p, "stockItemId")?;
        Ok(self.lw_level_rows(item).into())
    }

    pub(super) fn lw_levels_batch(&self, p: &Params) -> Result<Value, Refusal> {
        Ok(p.guids("StockItemIds")?
            .into_iter()
            .filter_map(|id| {
                let item = *self.lw.item_by_id.get(&id)?;
                let mut row = json!({"pkStockItemId": id});
                row["StockItemLevels"] = self.lw_level_rows(item).into();
                Some(row)
            })
            .collect())
    }

    /// Rows of a write: item, location, number. Unknown SKUs and kits are skipped and missing in the answer.
    fn lw_level_writes(&self, p: &Params) -> Result<Vec<(usize, usize, i64)>, Refusal> {
        if !p.has("stockLevels") {
            return Err(Refusal::bad("Parameter 'stockLevels' has invalid value"));
        }
        let mut out = Vec::new();
        for row in p.list("stockLevels") {
            let level = member(&row, "Level")
                .and_then(int_of)
                .ok_or_else(Refusal::invalid)?;
            let sku = member(&row, "SKU").map(text_of).unwrap_or_default();
            let location = member(&row, "LocationId")
                .map(text_of)
                .map_or(Some(Guid::ZERO), |t| Guid::parse(&t))
                .ok_or_else(Refusal::invalid)?;
            let known = self.lw.item_by_sku.get(&sku).copied();
            if let (Some(item), Some(location)) = (known, self.lw.location(location))
                && self.lw.items[item].components.is_empty()
            {
                out.push((item, location, level));
            }
        }
        Ok(out)
    }

    fn lw_written(&self, writes: &[(usize, usize, i64)]) -> Value {
        writes
            .iter()
            .map(|(item, location, _)| {
                let mut row = self.lw_level_row(*item, *location);
                if let Some(members) = row.as_object_mut() {
                    members.shift_remove("AutoAdjust");
                    members.shift_remove("LastUpdateOperation");
                }
                row
            })
            .collect()
    }

    pub(super) fn lw_set_levels(&mut self, p: &Params) -> Result<Value, Refusal> {
        let mut writes = self.lw_level_writes(p)?;
        let source = p.text("changeSource").unwrap_or_default();
        for (item, location, level) in writes.iter().copied() {
            self.lw_set_level("SetStockLevel", (item, location), level, &source, false);
        }
        self.faults.bend_results(&mut writes);
        Ok(self.lw_written(&writes))
    }

    pub(super) fn lw_add_levels(&mut self, p: &Params) -> Result<Value, Refusal> {
        let writes = self.lw_level_writes(p)?;
        let source = p.text("changeSource").unwrap_or_default();
        for (item, location, delta) in writes.iter().copied() {
            let level = self.lw.levels[item][location].level + delta;
            self.lw_set_level(
                "UpdateStockLevelsBySKU",
                (item, location),
                level,
                &source,
                false,
            );
        }
        Ok(self.lw_written(&writes))
    }

    fn lw_item_json(&self, item: usize) -> Value {
        let record = &self.lw.items[item];
        json!({
            "StockItemId": record.id, "StockItemIntId": 0, "ItemNumber": record.sku,
            "ItemTitle": record.title, "BarcodeNumber": record.barcode, "MetaData": null,
            "IsVariationParent": false, "isBatchedStockType": false,
            "PurchasePrice": double(record.price_minor) / 3.0,
            "RetailPrice": double(record.price_minor), "TaxRate": -1.0,
            "PostalServiceId": Guid::ZERO, "PostalServiceName": "Default",
            "CategoryId": Guid::ZERO, "CategoryName": record.category,
            "PackageGroupId": Guid::ZERO, "PackageGroupName": "Default", "Height": 10.0,
            "Width": 10.0, "Depth": 10.0, "Weight": record.weight_grams as f64 / 1000.0,
            "CreationDate": time(self.config.start), "InventoryTrackingType": 0,
            "BatchNumberScanRequired": false, "SerialNumberScanRequired": false,
            "IsCompositeParent": !record.components.is_empty(),
        })
    }

    fn lw_full(&self, item: usize, with_levels: bool) -> Value {
        let mut row = self.lw_item_json(item);
        row["StockLevels"] = if with_levels {
            self.lw_level_rows(item).into()
        } else {
            json!([])
        };
        for name in ["Suppliers", "Images", "ItemExtendedProperties"] {
            row[name] = json!([]);
        }
        row
    }

    fn lw_listed(&self, keyword: &str, with_kits: bool) -> Vec<usize> {
        let keyword = keyword.to_lowercase();
        (0..self.lw.items.len())
            .filter(|ix| {
                let item = &self.lw.items[*ix];
                !item.is_archived
                    && (with_kits || item.components.is_empty())
                    && (keyword.is_empty()
                        || item.sku.to_lowercase().contains(&keyword)
                        || item.title.to_lowercase().contains(&keyword)
                        || item.barcode.contains(&keyword))
            })
            .collect()
    }

    fn lw_stock_page(&self, p: &Params) -> Result<(usize, usize), Refusal> {
        let size = p.int("entriesPerPage")?;
        if !(1..=STOCK_PAGE_MAX).contains(&size) {
            return Err(Refusal::bad("Number must be between 1 and 200"));
        }
        let page = p.int("pageNumber")?.max(1);
        Ok((
            usize::try_from(page).unwrap_or(1),
            usize::try_from(size).unwrap_or(1),
        ))
    }

    /// A bare list; past the end, or when nothing matches, a 400.
    pub(super) fn lw_stock_full(&mut self, p: &Params) -> Result<Value, Refusal> {
        let (page, size) = self.lw_stock_page(p)?;
        let needs: Vec<String> = p.list("dataRequirements").iter().map(text_of).collect();
        let with_levels = needs.iter().any(|n| n == "StockLevels" || n == "0");
        let listed = self.lw_listed(
            &p.text("keyword").unwrap_or_default(),
            p.flag("loadCompositeParents", false),
        );
        let mut rows: Vec<usize> = listed
            .into_iter()
            .skip((page - 1).saturating_mul(size))
            .take(size)
            .collect();
        if rows.is_empty() {
            return Err(Refusal::bad("No items found with given filter."));
        }
        self.faults.bend_page(&mut rows);
        Ok(rows
            .into_iter()
            .map(|ix| self.lw_full(ix, with_levels))
            .collect())
    }

    pub(super) fn lw_stock_items(&self, p: &Params) -> Result<Value, Refusal> {
        let (page, size) = self.lw_stock_page(p)?;
        let location = p.optional_guid("locationId")?.unwrap_or(Guid::ZERO);
        let at = self.lw.location(location).unwrap_or(0);
        let listed = self.lw_listed(
            &p.text("keyWord").unwrap_or_default(),
            !p.flag("excludeComposites", false),
        );
        let total = listed.len();
        let rows: Vec<Value> = listed
            .into_iter()
            .skip((page - 1).saturating_mul(size))
            .take(size)
            .map(|ix| {
                let level = &self.lw.levels[ix][at];
                let mut row = self.lw_item_json(ix);
                row["Quantity"] = json!(level.level);
                row["InOrder"] = json!(level.in_orders);
                row["Due"] = json!(0);
                row["Available"] = json!(level.level - level.in_orders);
                row["MinimumLevel"] = json!(0);
                row
            })
            .collect();
        Ok(json!({
            "PageNumber": page, "EntriesPerPage": size, "TotalEntries": total,
            "TotalPages": total.div_ceil(size), "Data": rows,
        }))
    }

    pub(super) fn lw_stock_full_by_ids(&self, p: &Params) -> Result<Value, Refusal> {
        let needs: Vec<String> = p.list("DataRequirements").iter().map(text_of).collect();
        let with_levels = needs.iter().any(|n| n == "StockLevels" || n == "0");
        let rows: Vec<Value> = p
            .guids("StockItemIds")?
            .into_iter()
            .filter_map(|id| self.lw.item_by_id.get(&id))
            .map(|ix| self.lw_full(*ix, with_levels))
            .collect();
        Ok(json!({ "StockItemsFullExtended": rows }))
    }

    pub(super) fn lw_ids_by_sku(&self, p: &Params) -> Result<Value, Refusal> {
        let rows: Vec<Value> = p
            .list("SKUS")
            .iter()
            .map(text_of)
            .filter_map(|sku| {
                let ix = self.lw.item_by_sku.get(&sku)?;
                Some(json!({"StockItemId": self.lw.items[*ix].id, "SKU": sku}))
            })
            .collect();
        Ok(json!({ "Items": rows }))
    }

    pub(super) fn lw_compositions(&self, p: &Params) -> Result<Value, Refusal> {
        let ids = p.guids("InventoryItemIds")?;
        if ids.len() > BATCH_IDS_MAX {
            return Err(Refusal::bad("The maximum items count for this call is 100"));
        }
        let mut found = serde_json::Map::new();
        for id in ids {
            let Some(item) = self.lw.item_by_id.get(&id).map(|ix| &self.lw.items[*ix]) else {
                continue;
            };
            if item.components.is_empty() {
                continue;
            }
            let rows: Vec<Value> = item
                .components
                .iter()
                .map(|(part, quantity)| {
                    let part = &self.lw.items[*part];
                    json!({
                        "StockItemId": id, "LinkedStockItemId": part.id, "SKU": part.sku,
                        "ItemTitle": part.title, "Quantity": quantity,
                    })
                })
                .collect();
            found.insert(id.to_string(), json!(rows));
        }
        Ok(json!({ "InventoryItemsCompositionByIds": found }))
    }

    pub(super) fn lw_item_history(&self, p: &Params) -> Result<Value, Refusal> {
        let item = self.lw_item(p, "stockItemId")?;
        let location = p
            .optional_guid("locationId")?
            .and_then(|id| self.lw.location(id));
        let size = p.int("entriesPerPage")?.max(1);
        let page = p.int("pageNumber")?;
        let id = self.lw.items[item].id;
        let mut rows: Vec<Value> = self
            .lw
            .history
            .iter()
            .rev()
            .filter(|h| h.item == item && location.is_none_or(|l| l == h.location))
            .map(|h| {
                json!({
                    "StockItemId": id, "Date": time(h.at), "Level": h.level, "StockValue": 0.0,
                    "Note": &*h.note, "ChangeQty": h.change, "ChangeValue": 0.0,
                })
            })
            .collect();
        let total = rows.len();
        let size = usize::try_from(size).unwrap_or(1);
        if let Ok(page) = usize::try_from(page) {
            let skip = page.saturating_sub(1).saturating_mul(size);
            rows = rows.into_iter().skip(skip).take(size).collect();
        }
        Ok(json!({
            "PageNumber": page, "EntriesPerPage": size, "TotalEntries": total,
            "TotalPages": total.div_ceil(size), "Data": rows,
        }))
    }
}

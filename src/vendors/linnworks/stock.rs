//! Stock levels, items, locations and postal services, read into the house's terms.

use super::order::ZERO_ID;
use super::wire;
use crate::domain::delivery::{AnswerClass, StockWrite};
use crate::domain::ids::{LocationId, Sku};
use crate::domain::mapping::Target;
use crate::vendors::scalar::{Fault, Read, Scalar, normal_id};
use crate::vendors::{RowOutcome, SourceLocation, SourceProduct, SourceStock};

/// Largest level Linnworks can hold (a 32-bit number).
const LEVEL_MAX: i64 = i32::MAX as i64;

/// A location. An ordinary one always counts open orders; a fulfilment centre only when its switch says so.
pub(super) fn location(row: &wire::Location) -> Read<SourceLocation> {
    let member = "StockLocationId";
    let id = row
        .stock_location_id
        .id(member)?
        .ok_or_else(|| Fault::missing(member))?;
    let is_fulfilment_centre = flag(&row.is_fulfillment_center, "IsFulfillmentCenter")?;
    let counts = flag(
        &row.count_in_order_until_acknowledgement,
        "CountInOrderUntilAcknowledgement",
    )?;
    Ok(SourceLocation {
        id: LocationId(id),
        name: row.location_name.text("LocationName")?,
        is_fulfilment_centre,
        counts_open_orders: !is_fulfilment_centre || counts,
    })
}

fn flag(value: &Scalar, member: &str) -> Read<bool> {
    Ok(value.flag(member)?.unwrap_or(false))
}

/// Postal services as mapping targets. Orders name their service by its text, and so do the mappings: the code is the
/// name. Names repeat across vendors; such a name appears once, with every vendor.
pub(super) fn services(rows: &[wire::PostalService]) -> Read<Vec<Target>> {
    let mut out: Vec<Target> = Vec::with_capacity(rows.len());
    for row in rows {
        let id = match row.pk_postal_service_id.id("pkPostalServiceId")? {
            Some(id) => Some(id),
            None => row.id.id("id")?,
        };
        if id.is_none() {
            return Err(Fault::missing("pkPostalServiceId"));
        }
        let code = row.postal_service_name.text("PostalServiceName")?;
        if code.is_empty() {
            return Err(Fault::missing("PostalServiceName"));
        }
        let vendor = row.vendor.text("Vendor")?;
        match out.iter_mut().find(|t| t.code == code) {
            Some(known) => {
                if !vendor.is_empty() && !known.name.split(", ").any(|v| v == vendor) {
                    known.name = format!("{}, {vendor}", known.name);
                }
            }
            None => out.push(Target {
                code,
                name: vendor,
                is_active: true,
            }),
        }
    }
    Ok(out)
}

/// One level row. `sku` stands in when the row has none.
fn level(row: &wire::StockLevel, sku: &str) -> Read<SourceStock> {
    let own = row.sku.text("SKU")?;
    let sku = if own.is_empty() { sku.to_owned() } else { own };
    let place = |fault: Fault| Fault {
        member: format!("stock of {sku:?}: {}", fault.member),
        why: fault.why,
    };
    let location = location_of(row).map_err(place)?;
    let need = |value: &Scalar, member: &str| -> Read<i64> {
        value
            .whole(member)
            .and_then(|n| n.ok_or_else(|| Fault::missing(member)))
            .map_err(place)
    };
    let committed = if row.in_orders == Scalar::Absent {
        need(&row.in_order_book, "InOrderBook")?
    } else {
        need(&row.in_orders, "InOrders")?
    };
    Ok(SourceStock {
        location: LocationId(location),
        level_each: need(&row.stock_level, "StockLevel")?,
        committed_each: committed,
        available_each: need(&row.available, "Available")?,
        sku: Sku(sku),
    })
}

fn location_of(row: &wire::StockLevel) -> Read<String> {
    let member = "Location.StockLocationId";
    row.location
        .as_ref()
        .map(|l| l.stock_location_id.id(member))
        .transpose()?
        .flatten()
        .ok_or_else(|| Fault::missing(member))
}

/// Levels of one item.
pub(super) fn levels(rows: &[wire::StockLevel], sku: &str) -> Read<Vec<SourceStock>> {
    rows.iter().map(|row| level(row, sku)).collect()
}

/// Levels by item id.
pub(super) fn item_levels(rows: &[wire::ItemLevels]) -> Read<Vec<(String, Vec<SourceStock>)>> {
    let mut out = Vec::with_capacity(rows.len());
    for row in rows {
        let member = "pkStockItemId";
        let id = row
            .pk_stock_item_id
            .id(member)?
            .ok_or_else(|| Fault::missing(member))?;
        let rows = row.stock_item_levels.as_deref().unwrap_or_default();
        out.push((id, levels(rows, "")?));
    }
    Ok(out)
}

/// Ids by the SKUs asked for. Linnworks compares SKUs without case; a SKU that is only similar is not taken.
pub(super) fn ids(answer: &wire::StockIds, asked: &[Sku]) -> Read<Vec<(Sku, String)>> {
    let rows = answer
        .items
        .as_ref()
        .ok_or_else(|| Fault::missing("Items"))?;
    let mut out = Vec::with_capacity(rows.len());
    for row in rows {
        let found = row.sku.text("SKU")?;
        let id = row.stock_item_id.id("StockItemId")?;
        let exact = asked.iter().find(|s| s.0 == found);
        let sku = exact.or_else(|| asked.iter().find(|s| s.0.eq_ignore_ascii_case(&found)));
        if let (Some(sku), Some(id)) = (sku, id)
            && id != ZERO_ID
        {
            out.push((sku.clone(), id));
        }
    }
    Ok(out)
}

/// A product with its levels.
pub(super) fn product(row: &wire::Product) -> Read<SourceProduct> {
    let need = |value: Option<String>, member: &str| value.ok_or_else(|| Fault::missing(member));
    let id = need(row.stock_item_id.id("StockItemId")?, "StockItemId")?;
    let sku = row.item_number.text("ItemNumber")?;
    if sku.is_empty() {
        return Err(Fault {
            member: format!("item {id}: ItemNumber"),
            why: "is missing".to_owned(),
        });
    }
    let rows = row.stock_levels.as_deref().unwrap_or_default();
    Ok(SourceProduct {
        id,
        title: row.item_title.text("ItemTitle")?,
        barcode: row.barcode_number.text("BarcodeNumber")?,
        category: row.category_name.text("CategoryName")?,
        is_composite: flag(&row.is_composite_parent, "IsCompositeParent")?,
        price_minor: row.retail_price.minor("RetailPrice")?,
        stock: Some(levels(rows, &sku)?),
        sku: Sku(sku),
    })
}

/// Whether a level can be written at all; the reason when not. Linnworks silently clamps below zero.
pub(super) fn write_fault(write: &StockWrite) -> Option<String> {
    (write.level_each < 0 || write.level_each > LEVEL_MAX).then(|| {
        format!(
            "a level of {} cannot be written: Linnworks holds 0 to {LEVEL_MAX}",
            write.level_each
        )
    })
}

/// The key of a stock row: `SKU@location`.
pub(super) fn write_key(write: &StockWrite) -> String {
    format!("{}@{}", write.sku, write.location)
}

/// What became of each level written, in the order sent. Stock/SetStockLevel answers one row per level it set and leaves
/// out a SKU it does not know; a row that shows another figure than the one sent was not set.
pub(super) fn write_outcomes(writes: &[StockWrite], rows: &[wire::StockLevel]) -> Vec<RowOutcome> {
    writes
        .iter()
        .map(|write| {
            let (class, text) = match write_fault(write) {
                Some(fault) => (AnswerClass::Rejected, fault),
                None => write_outcome(write, writes, rows),
            };
            RowOutcome {
                key: write_key(write),
                class,
                text,
            }
        })
        .collect()
}

fn write_outcome(
    write: &StockWrite,
    writes: &[StockWrite],
    rows: &[wire::StockLevel],
) -> (AnswerClass, String) {
    let Some(row) = row_of(write, writes, rows) else {
        let text = "Linnworks did not set it: no row of this SKU and location in the answer";
        return (AnswerClass::Rejected, text.to_owned());
    };
    match row.stock_level.whole("StockLevel") {
        Ok(Some(n)) if n == write.level_each => (AnswerClass::Applied, String::new()),
        Ok(Some(n)) => (
            AnswerClass::Rejected,
            format!("Linnworks shows {n} after {} was set", write.level_each),
        ),
        Ok(None) => (
            AnswerClass::Unknown,
            Fault::missing("StockLevel").to_string(),
        ),
        Err(fault) => (AnswerClass::Unknown, fault.to_string()),
    }
}

/// The answer's row for a write: same SKU and location. The location is not always filled in; then the SKU decides if
/// it was sent for one location only.
fn row_of<'a>(
    write: &StockWrite,
    writes: &[StockWrite],
    rows: &'a [wire::StockLevel],
) -> Option<&'a wire::StockLevel> {
    let wanted = normal_id(write.location.as_str());
    let is_only = writes.iter().filter(|w| w.sku == write.sku).count() == 1;
    let fits = |row: &wire::StockLevel| match location_of(row) {
        Ok(id) => id == wanted,
        Err(_) => is_only,
    };
    let sku_of = |row: &wire::StockLevel| row.sku.text("SKU").unwrap_or_default();
    rows.iter()
        .find(|row| sku_of(row) == write.sku.0 && fits(row))
        .or_else(|| {
            rows.iter()
                .find(|row| sku_of(row).eq_ignore_ascii_case(&write.sku.0) && fits(row))
        })
}

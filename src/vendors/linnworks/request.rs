//! What is sent: bodies by Linnworks's own names, misspellings included. Some bodies are wrapped in `request`, some are
//! not; each follows the official description of its method.

use super::order::RESENT_MEMBERS;
use crate::domain::delivery::{DespatchIntentLine, StockWrite};
use crate::domain::ids::{LocationId, Sku, SourceOrderId};
use crate::vendors::ShippingUpdate;
use serde_json::{Map, Value, json};

/// Orders per page of open orders.
pub(super) const ORDERS_PAGE_ROWS: u32 = 200;
/// Items per page of the catalogue: the most Linnworks allows.
pub(super) const ITEMS_PAGE_ROWS: u32 = 200;
/// Author of our stock writes in an item's history.
pub(super) const CHANGE_SOURCE: &str = "tallyman";
/// Kind of split we name; Linnworks does not publish its own values.
const SPLIT_TYPE: &str = "Manual";

/// Auth/AuthorizeByApplication: bare.
pub(super) fn sign_in(application_id: &str, secret: &str, token: &str) -> Value {
    json!({"ApplicationId": application_id, "ApplicationSecret": secret, "Token": token})
}

/// Orders/GetAllOpenOrders: ids of every open order of one location.
pub(super) fn all_open_orders(location: &LocationId) -> Value {
    json!({
        "filters": {},
        "sorting": [],
        "fulfilmentCenter": location,
        "additionalFilter": "",
        "exactMatch": false,
    })
}

/// Orders/GetOpenOrders: oldest first, so that rows shift as little as can be between pages.
pub(super) fn open_orders(location: &LocationId, page: u32) -> Value {
    json!({
        "entriesPerPage": ORDERS_PAGE_ROWS,
        "pageNumber": page,
        "filters": {},
        "sorting": [{"FieldCode": "GENERAL_INFO_DATE", "Direction": "Ascending", "Order": 0}],
        "fulfilmentCenter": location,
        "additionalFilter": "",
    })
}

/// OpenOrders/GetOpenOrdersDetails: bare. Notes, folders and bins are not needed; naming one cheap level keeps the rest
/// out, because an empty list means everything.
pub(super) fn open_orders_details(ids: &[SourceOrderId]) -> Value {
    json!({"OrderIds": ids, "DetailLevel": ["FOLDER"]})
}

/// Orders/GetOrdersById.
pub(super) fn orders_by_id(ids: &[SourceOrderId]) -> Value {
    json!({"pkOrderIds": ids})
}

/// Orders/SetOrderShippingInfo: the tracking, with everything else as it was read.
pub(super) fn shipping_info(update: &ShippingUpdate) -> Value {
    let mut info = Map::new();
    if !update.service_id.is_empty() {
        info.insert("PostalServiceId".to_owned(), json!(update.service_id));
    }
    for name in RESENT_MEMBERS {
        if let Some(value) = update.vendor_extra.get(name).filter(|v| !v.is_null()) {
            info.insert(name.to_owned(), value.clone());
        }
    }
    info.insert("TrackingNumber".to_owned(), json!(update.tracking));
    json!({"orderId": update.source_id, "info": info})
}

/// Orders/ProcessOrdersInBatch; the list really is called `ordersIds`.
pub(super) fn process_batch(ids: &[SourceOrderId], location: &LocationId) -> Value {
    json!({"ordersIds": ids, "locationId": location, "context": null})
}

/// Orders/ProcessOrder: the warehouse scanned every item, so the scan is vouched for.
pub(super) fn process_order(id: &SourceOrderId, location: &LocationId) -> Value {
    json!({"orderId": id, "scanPerformed": true, "locationId": location, "context": null})
}

/// Orders/ProcessFulfilmentCentreOrder.
pub(super) fn process_centre_order(id: &SourceOrderId) -> Value {
    json!({"orderId": id})
}

/// Orders/SplitOrder: one new order with these lines. Weight is left to the recalculation of the packaging.
pub(super) fn split_order(
    id: &SourceOrderId,
    location: &LocationId,
    service_id: &str,
    lines: &[DespatchIntentLine],
) -> Value {
    let items: Vec<Value> = lines
        .iter()
        .map(|line| {
            json!({
                "RowId": line.row_id,
                "Quantity": line.qty_each,
                "Weight": 0.0,
                "UnitCost": decimal(line.unit_price_minor),
            })
        })
        .collect();
    let mut child = Map::new();
    child.insert("Items".to_owned(), Value::Array(items));
    if !service_id.is_empty() {
        child.insert("PostalServiceId".to_owned(), json!(service_id));
    }
    child.insert("ParkOrder".to_owned(), json!(false));
    json!({
        "orderId": id,
        "newOrders": [child],
        "type": SPLIT_TYPE,
        "fulfilmentLocationId": location,
        "recalcPackaging": true,
        "fulfillmentStatus": null,
    })
}

/// Minor units as the decimal number Linnworks takes. Division by 100 gives the double closest to the decimal, which is
/// what writing it out and reading it back would give.
fn decimal(minor: i64) -> f64 {
    minor as f64 / 100.0
}

/// Orders/GetOrderAuditTrailsByIds: bare.
pub(super) fn audit_trails(ids: &[SourceOrderId]) -> Value {
    json!({"OrderIds": ids})
}

/// Orders/AddOrdersNote: bare; an internal note that stops nobody at processing.
pub(super) fn add_note(id: &SourceOrderId, text: &str) -> Value {
    json!({"OrderIds": [id], "NoteText": text, "IsInternal": true, "IsProcessingNote": false})
}

/// Stock/SetStockLevel: absolute physical levels.
pub(super) fn set_stock_level(writes: &[&StockWrite]) -> Value {
    let rows: Vec<Value> = writes
        .iter()
        .map(|w| json!({"SKU": w.sku, "LocationId": w.location, "Level": w.level_each}))
        .collect();
    json!({"stockLevels": rows, "changeSource": CHANGE_SOURCE})
}

/// Stock/GetStockLevel_Batch: wrapped.
pub(super) fn stock_levels(ids: &[String]) -> Value {
    json!({"request": {"StockItemIds": ids}})
}

/// Inventory/GetStockItemIdsBySKU: wrapped.
pub(super) fn stock_ids(skus: &[Sku]) -> Value {
    json!({"request": {"SKUS": skus}})
}

/// Stock/GetStockItemsFull. Kits are left out: they hold no stock, orders give their components, and the answer does not
/// say which item is one.
pub(super) fn items_full(page: u32) -> Value {
    json!({
        "keyword": "",
        "loadCompositeParents": false,
        "loadVariationParents": false,
        "entriesPerPage": ITEMS_PAGE_ROWS,
        "pageNumber": page,
        "dataRequirements": ["StockLevels"],
        "searchTypes": ["SKU"],
    })
}

//! Orders as JSON, in the two shapes the API has.

use super::state::{Book, COUNTRIES, LwLine, LwOrder, country_id};
use crate::domain::time::Ts;
use crate::sandbox::rng::Guid;
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// "No date" in a field that cannot be null.
pub const NO_DATE: &str = "0001-01-01T00:00:00Z";

/// Money as the double it is kept in.
pub fn double(minor: i64) -> f64 {
    minor as f64 / 100.0
}

/// A time as the API writes it: fractional digits without trailing zeros.
pub fn time(at: Ts) -> String {
    let utc = at.to_utc();
    let millis = utc.timestamp_subsec_millis();
    if millis == 0 {
        return utc.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    }
    let fraction = format!("{millis:03}");
    let fraction = fraction.trim_end_matches('0');
    format!("{}.{fraction}Z", utc.format("%Y-%m-%dT%H:%M:%S"))
}

/// A nullable time.
pub fn maybe_time(at: Option<Ts>) -> Value {
    at.map_or(Value::Null, |at| json!(time(at)))
}

impl World {
    /// The shape of the by-id calls.
    pub(crate) fn lw_details(&self, ix: usize) -> Value {
        let order = &self.lw.orders[ix];
        let is_lagging = self
            .lw
            .stale_since
            .is_some_and(|since| matches!(order.book, Book::Processed(at) if at > since));
        let (processed_at, is_processed) = match order.book {
            Book::Processed(at) | Book::Cancelled(at) if !is_lagging => (Some(at), true),
            _ => (None, false),
        };
        let notes: Vec<Value> = order.notes.iter().map(|n| note(order.id, n)).collect();
        let out = json!({
            "OrderId": order.id, "NumOrderId": order.number, "Processed": is_processed,
            "ProcessedDateTime": maybe_time(processed_at), "PaidDateTime": maybe_time(order.paid_at),
            "FulfilmentLocationId": self.lw.locations[order.location].id, "TaxId": null,
            "GeneralInfo": null, "ShippingInfo": null, "CustomerInfo": null, "TotalsInfo": null,
            "ExtendedProperties": [], "FolderName": order.folders, "Notes": notes, "Items": null,
        });
        self.with_parts(order, out)
    }

    /// The parts both shapes have, in their places. Given to `json!` they would be copied, value by value.
    fn with_parts(&self, order: &LwOrder, mut out: Value) -> Value {
        out["GeneralInfo"] = self.lw_general(order);
        out["ShippingInfo"] = self.lw_shipping(order);
        out["CustomerInfo"] = customer(order);
        out["TotalsInfo"] = totals(order);
        out["Items"] = self.lw_lines(order).into();
        out
    }

    /// The shape of the open-order listings.
    pub(crate) fn lw_open_shape(&self, ix: usize) -> Value {
        let order = &self.lw.orders[ix];
        let units: i64 = order.lines.iter().map(|l| l.quantity).sum();
        let out = json!({
            "NumOrderId": order.number, "GeneralInfo": null, "ShippingInfo": null,
            "CustomerInfo": null, "TotalsInfo": null, "TaxInfo": {"TaxNumber": null},
            "FolderName": order.folders, "IsPostFilteredOut": false, "CanFulfil": true,
            "Fulfillment": {"FulfillmentState": "Sufficient_Stock", "PurchaseOrderState": null},
            "Items": null, "HasItems": !order.lines.is_empty(),
            "TotalItemsSum": units, "OrderId": order.id,
        });
        self.with_parts(order, out)
    }

    fn lw_general(&self, order: &LwOrder) -> Value {
        let ship_by = order.ship_by.map_or_else(|| NO_DATE.to_owned(), time);
        json!({
            "Status": order.status, "LabelPrinted": false, "LabelError": "", "InvoicePrinted": false,
            "InvoicePrintError": null, "PickListPrinted": false, "PickListPrintError": null,
            "IsRuleRun": true, "Notes": order.notes.len(), "PartShipped": false,
            "Marker": order.marker.unwrap_or(0), "IsParked": order.is_parked, "Identifiers": [],
            "ReferenceNum": order.reference, "SecondaryReference": null,
            "ExternalReferenceNum": order.reference, "ReceivedDate": time(order.received_at),
            "Source": order.source, "SubSource": order.sub_source, "SiteCode": "",
            "HoldOrCancel": order.is_locked || matches!(order.book, Book::Cancelled(_)),
            "DespatchByDate": ship_by, "ScheduledDelivery": null, "HasScheduledDelivery": false,
            "Location": self.lw.locations[order.location].id, "NumItems": 0, "PickwaveIds": null,
            "PIIRedactionDays": null, "StockAllocationType": null,
        })
    }

    pub(crate) fn lw_shipping(&self, order: &LwOrder) -> Value {
        let service = &self.lw.services[order.service];
        let grams = self.lw_grams(order);
        json!({
            "Vendor": service.vendor, "PostalServiceId": service.id,
            "PostalServiceName": service.name, "TotalWeight": (grams + 100) as f64 / 1000.0,
            "ItemWeight": grams as f64 / 1000.0, "PackageCategoryId": Guid::ZERO,
            "PackageCategory": "Default", "PackageTypeId": Guid::ZERO, "PackageType": "Default",
            "PostageCost": double(order.postage_minor),
            "PostageCostExTax": double(order.postage_minor) / 1.2,
            "TrackingNumber": order.tracking, "ManualAdjust": false,
        })
    }

    fn lw_grams(&self, order: &LwOrder) -> i64 {
        order
            .lines
            .iter()
            .filter_map(|l| l.item.map(|i| self.lw.items[i].weight_grams * l.quantity))
            .sum()
    }

    fn lw_lines(&self, order: &LwOrder) -> Vec<Value> {
        order
            .lines
            .iter()
            .map(|line| {
                let children: Vec<Value> = line
                    .item
                    .map(|item| {
                        self.lw.items[item]
                            .components
                            .iter()
                            .enumerate()
                            .map(|(at, (part, per_kit))| {
                                let child = LwLine {
                                    row: Guid(line.row.0 ^ (at as u128 + 1)),
                                    item: Some(*part),
                                    sku: self.lw.items[*part].sku.clone(),
                                    title: self.lw.items[*part].title.clone(),
                                    quantity: per_kit * line.quantity,
                                    price_minor: 0,
                                    is_service: false,
                                    channel_number: String::new(),
                                };
                                self.lw_line(order, &child, Vec::new())
                            })
                            .collect()
                    })
                    .unwrap_or_default();
                self.lw_line(order, line, children)
            })
            .collect()
    }

    fn lw_line(&self, order: &LwOrder, line: &LwLine, children: Vec<Value>) -> Value {
        let item = line.item.map(|i| &self.lw.items[i]);
        let id = item.map_or(Guid::ZERO, |i| i.id);
        let level = line.item.map(|i| &self.lw.levels[i][order.location]);
        let on_hand = level.map_or(0, |l| l.level);
        let in_orders = level.map_or(0, |l| l.in_orders);
        let gross = double(line.price_minor * line.quantity);
        let mut out = json!({
            "RowId": line.row, "OrderId": order.id, "ItemId": id, "StockItemId": id,
            "StockItemIntId": 0, "ItemNumber": line.channel_number, "SKU": line.sku,
            "ItemSource": order.source, "Title": line.title, "Quantity": line.quantity,
            "CategoryName": item.map_or("Default", |i| &i.category),
            "Level": on_hand, "AvailableStock": on_hand - in_orders, "InOrderBook": in_orders,
            "OnOrder": 0, "MinimumLevel": 0, "StockLevelsSpecified": item.is_some(),
            "PricePerUnit": double(line.price_minor), "UnitCost": double(line.price_minor) / 3.0,
            "Discount": 0.0, "TaxRate": 20.0, "Cost": gross / 1.2, "CostIncTax": gross,
            "CompositeSubItems": null, "IsService": line.is_service,
            "IsUnlinked": item.is_none() && !line.is_service, "TaxCostInclusive": true,
            "Weight": item.map_or(0.0, |i| i.weight_grams as f64 / 1000.0),
            "BarcodeNumber": item.map(|i| i.barcode.as_str()), "ChannelSKU": line.sku,
            "ChannelTitle": line.title, "AdditionalInfo": [], "BinRack": "", "BinRacks": null,
            "BatchNumberScanRequired": false, "SerialNumberScanRequired": false,
            "InventoryTrackingType": 0, "isBatchedStockItem": false, "PartShippedQty": 0,
        });
        out["CompositeSubItems"] = children.into();
        out
    }
}

/// A note as JSON.
pub(crate) fn note(order: Guid, note: &super::state::Note) -> Value {
    json!({
        "OrderNoteId": note.id, "OrderId": order, "NoteDate": time(note.at),
        "Internal": note.is_internal, "Note": note.text, "CreatedBy": note.author,
        "NoteTypeId": null,
    })
}

fn customer(order: &LwOrder) -> Value {
    let a = &order.address;
    let (country, _, continent) = COUNTRIES[a.country];
    json!({
        "ChannelBuyerName": "",
        "Address": {
            "EmailAddress": a.email, "Address1": a.line1, "Address2": a.line2, "Address3": a.line3,
            "Town": a.town, "Region": a.region, "PostCode": a.postcode, "Country": country,
            "Continent": continent, "FullName": a.name, "Company": a.company,
            "PhoneNumber": a.phone, "CountryId": country_id(a.country),
        },
        "BillingAddress": null,
    })
}

/// Totals of an order.
pub(crate) fn totals(order: &LwOrder) -> Value {
    let goods = double(order.goods_minor());
    let total = double(order.total_minor());
    json!({
        "Subtotal": goods / 1.2, "PostageCost": double(order.postage_minor),
        "PostageCostExTax": double(order.postage_minor) / 1.2, "Tax": total - total / 1.2,
        "TotalCharge": total, "PaymentMethod": "Default", "PaymentMethodId": Guid::ZERO,
        "ProfitMargin": 0.0, "TotalDiscount": 0.0, "Currency": "GBP", "CountryTaxRate": 20.0,
        "ConversionRate": 1.0,
    })
}

//! An order as Linnworks tells it, read into the house's terms.

use super::wire;
use crate::domain::ids::{LocationId, ServiceTag, Sku, SourceOrderId};
use crate::domain::order::{Address, Component, SourceLine, SourceOrder, SourceStatus};
use crate::vendors::scalar::{Fault, Read, Scalar};
use serde_json::{Map, Value};

/// The id Linnworks gives to nothing: no order, no item. As a location it is the built-in Default.
pub(super) const ZERO_ID: &str = "00000000-0000-0000-0000-000000000000";
/// Deepest nesting of kits inside kits that is followed.
const KIT_DEPTH_MAX: usize = 8;
/// Most lines (or components of one line) an order may have.
const LINES_MAX: usize = 2_000;
/// `GeneralInfo.Status` by ordinal.
const STATUS_NAMES: [&str; 5] = ["UNPAID", "PAID", "RETURN", "PENDING", "RESEND"];
const PAID: usize = 1;
const RESEND: usize = 4;
/// Members of `ShippingInfo` that Orders/SetOrderShippingInfo wants back unchanged.
pub(super) const RESENT_MEMBERS: [&str; 4] =
    ["TotalWeight", "ItemWeight", "PostageCost", "ManualAdjust"];

/// Which of the two shapes an order came in; only by-id answers say whether it was processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// From a list of open orders: open by definition.
    Listed,
    /// From a call by id over both books: `Processed` is required.
    ByIdAnyState,
}

/// Whether this is the object of default values that stands for "not found".
pub(super) fn is_nothing(order: &wire::Order) -> bool {
    matches!(order.order_id.id("OrderId"), Ok(Some(id)) if id == ZERO_ID)
}

/// Reads an order. `is_centre` tells whether a location is a fulfilment centre.
///
/// # Errors
/// The order (by the best name it has), the member at fault and why.
pub(super) fn read(
    order: &wire::Order,
    shape: Shape,
    is_centre: &dyn Fn(&LocationId) -> bool,
) -> Result<SourceOrder, String> {
    read_members(order, shape, is_centre).map_err(|fault| format!("{}: {fault}", name_of(order)))
}

/// The id of an order, when that much can be read.
pub(super) fn id_of(order: &wire::Order) -> Option<SourceOrderId> {
    let id = order.order_id.id("").ok()??;
    (id != ZERO_ID).then_some(SourceOrderId(id))
}

/// What people know an order by: its number, else its id; empty when it has neither.
pub(super) fn label_of(order: &wire::Order) -> String {
    match order.num_order_id.whole("") {
        Ok(Some(number)) => number.to_string(),
        _ => id_of(order).map(|id| id.0).unwrap_or_default(),
    }
}

/// What to call an order in an error.
fn name_of(order: &wire::Order) -> String {
    let label = label_of(order);
    if label.is_empty() {
        "an order without a number".to_owned()
    } else {
        format!("order {label}")
    }
}

fn read_members(
    order: &wire::Order,
    shape: Shape,
    is_centre: &dyn Fn(&LocationId) -> bool,
) -> Read<SourceOrder> {
    let id = required(order.order_id.id("OrderId")?, "OrderId")?;
    if id == ZERO_ID {
        return Err(Fault::missing("OrderId"));
    }
    let number = required(order.num_order_id.whole("NumOrderId")?, "NumOrderId")?;
    let general = section(order.general_info.as_ref(), "GeneralInfo")?;
    let shipping = section(order.shipping_info.as_ref(), "ShippingInfo")?;
    let totals = section(order.totals_info.as_ref(), "TotalsInfo")?;
    let items = section(order.items.as_ref(), "Items")?;
    let source_status = status(order, general, shape)?;
    let state = required(
        general
            .status
            .ordinal("GeneralInfo.Status", &STATUS_NAMES)?,
        "GeneralInfo.Status",
    )?;
    let location = location(order, general)?;
    Ok(SourceOrder {
        source_id: SourceOrderId(id),
        number: number.to_string(),
        reference: general.reference_num.text("GeneralInfo.ReferenceNum")?,
        channel: channel(general)?,
        status: source_status,
        is_paid: state == PAID,
        is_resend: state == RESEND,
        is_parked: flag(&general.is_parked, "GeneralInfo.IsParked")?,
        // The same member means "on hold" on an open order and "cancelled" on a processed one.
        is_locked: source_status == SourceStatus::Open
            && flag(&general.hold_or_cancel, "GeneralInfo.HoldOrCancel")?,
        location_is_fulfilment_centre: is_centre(&location),
        location,
        received_at: required(
            general.received_date.time("GeneralInfo.ReceivedDate")?,
            "GeneralInfo.ReceivedDate",
        )?,
        paid_at: order.paid_date_time.time("PaidDateTime")?,
        ship_by: ship_by(general)?,
        processed_at: order.processed_date_time.time("ProcessedDateTime")?,
        service: ServiceTag(
            shipping
                .postal_service_name
                .text("ShippingInfo.PostalServiceName")?,
        ),
        service_id: shipping
            .postal_service_id
            .id("ShippingInfo.PostalServiceId")?
            .unwrap_or_default(),
        tracking: shipping
            .tracking_number
            .text("ShippingInfo.TrackingNumber")?,
        address: address(order.customer_info.as_ref())?,
        currency: totals.currency.text("TotalsInfo.Currency")?,
        total_minor: totals.total_charge.minor("TotalsInfo.TotalCharge")?,
        shipping_minor: totals.postage_cost.minor("TotalsInfo.PostageCost")?,
        lines: lines(items)?,
        changed_at: None,
        shipments: Vec::new(),
        refunds: Vec::new(),
        returns: Vec::new(),
        vendor_extra: resent(shipping),
    })
}

fn required<T>(value: Option<T>, member: &str) -> Read<T> {
    value.ok_or_else(|| Fault::missing(member))
}

fn section<'a, T>(value: Option<&'a T>, member: &str) -> Read<&'a T> {
    value.ok_or_else(|| Fault::missing(member))
}

fn flag(value: &Scalar, member: &str) -> Read<bool> {
    Ok(value.flag(member)?.unwrap_or(false))
}

/// Linnworks: cancelling moves an order to the processed book with `HoldOrCancel` set.
fn status(order: &wire::Order, general: &wire::GeneralInfo, shape: Shape) -> Read<SourceStatus> {
    let processed = order.processed.flag("Processed")?;
    let is_processed = match shape {
        Shape::Listed => processed.unwrap_or(false),
        Shape::ByIdAnyState => required(processed, "Processed")?,
    };
    let is_held = flag(&general.hold_or_cancel, "GeneralInfo.HoldOrCancel")?;
    Ok(match (is_processed, is_held) {
        (true, true) => SourceStatus::Cancelled,
        (true, false) => SourceStatus::Processed,
        (false, _) => SourceStatus::Open,
    })
}

/// The stock location; all zeros is the built-in Default and a location like any other.
fn location(order: &wire::Order, general: &wire::GeneralInfo) -> Read<LocationId> {
    let id = match general.location.id("GeneralInfo.Location")? {
        Some(id) => Some(id),
        None => order.fulfilment_location_id.id("FulfilmentLocationId")?,
    };
    required(id, "GeneralInfo.Location").map(LocationId)
}

fn channel(general: &wire::GeneralInfo) -> Read<String> {
    let source = general.source.text("GeneralInfo.Source")?;
    let sub = general.sub_source.text("GeneralInfo.SubSource")?;
    Ok(match (source.trim(), sub.trim()) {
        (source, "") => source.to_owned(),
        ("", sub) => sub.to_owned(),
        (source, sub) => format!("{source} / {sub}"),
    })
}

/// The promise: a scheduled delivery window takes the place of the despatch date; its start is the careful reading.
fn ship_by(general: &wire::GeneralInfo) -> Read<Option<crate::domain::time::Ts>> {
    if let Some(window) = &general.scheduled_delivery {
        let from = window.from.time("GeneralInfo.ScheduledDelivery.From")?;
        let to = window.to.time("GeneralInfo.ScheduledDelivery.To")?;
        if let Some(at) = from.or(to) {
            return Ok(Some(at));
        }
    }
    general.despatch_by_date.time("GeneralInfo.DespatchByDate")
}

fn address(customer: Option<&wire::CustomerInfo>) -> Read<Address> {
    // Customer data is blank after redaction, and absent for accounts without permission for it.
    let Some(a) = customer.and_then(|c| c.address.as_ref()) else {
        return Ok(Address::default());
    };
    Ok(Address {
        name: a.full_name.text("Address.FullName")?,
        company: a.company.text("Address.Company")?,
        line1: a.address1.text("Address.Address1")?,
        line2: a.address2.text("Address.Address2")?,
        line3: a.address3.text("Address.Address3")?,
        town: a.town.text("Address.Town")?,
        region: a.region.text("Address.Region")?,
        postcode: a.post_code.text("Address.PostCode")?,
        country: a.country.text("Address.Country")?,
        email: a.email_address.text("Address.EmailAddress")?,
        phone: a.phone_number.text("Address.PhoneNumber")?,
    })
}

fn lines(items: &[wire::Item]) -> Read<Vec<SourceLine>> {
    if items.len() > LINES_MAX {
        return Err(Fault {
            member: "Items".to_owned(),
            why: format!("holds more than {LINES_MAX} lines"),
        });
    }
    let mut out = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let sku = sku(item)?;
        let place = format!("line {} ({})", at + 1, sku.trim());
        out.push(line(item, sku).map_err(|fault| Fault {
            member: format!("{place}: {}", fault.member),
            why: fault.why,
        })?);
    }
    Ok(out)
}

/// The SKU; an unlinked line has only the channel's.
fn sku(item: &wire::Item) -> Read<String> {
    let sku = item.sku.text("SKU")?;
    if sku.trim().is_empty() {
        item.channel_sku.text("ChannelSKU")
    } else {
        Ok(sku)
    }
}

fn line(item: &wire::Item, sku: String) -> Read<SourceLine> {
    let is_service = flag(&item.is_service, "IsService")?;
    let has_item = stock_item(item)?.is_some();
    let is_unlinked = item.is_unlinked.flag("IsUnlinked")?.unwrap_or(!has_item)
        || (sku.trim().is_empty() && !is_service);
    let mut components = Vec::new();
    for part in item.composite_sub_items.iter().flatten() {
        collect_components(part, 1, &mut components)?;
    }
    Ok(SourceLine {
        row_id: required(item.row_id.id("RowId")?, "RowId")?,
        sku: Sku(sku),
        title: title(item)?,
        qty_each: required(item.quantity.quantity("Quantity")?, "Quantity")?,
        unit_price_minor: item.price_per_unit.minor("PricePerUnit")?,
        barcode: item.barcode_number.text("BarcodeNumber")?,
        is_service,
        backorder_each: 0,
        is_unlinked: is_unlinked && !is_service,
        components,
    })
}

/// The stock item behind a line: `ItemId`, else `StockItemId` (zeros in one of them are seen in listings).
fn stock_item(item: &wire::Item) -> Read<Option<String>> {
    for (value, member) in [
        (&item.item_id, "ItemId"),
        (&item.stock_item_id, "StockItemId"),
    ] {
        if let Some(id) = value.id(member)?
            && id != ZERO_ID
        {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

fn title(item: &wire::Item) -> Read<String> {
    let title = item.title.text("Title")?;
    if title.is_empty() {
        item.item_name.text("ItemName")
    } else {
        Ok(title)
    }
}

/// Components of a kit, innermost first class: a kit inside a kit gives its own components. Quantities are already
/// multiplied out for the line by Linnworks.
fn collect_components(part: &wire::Item, depth: usize, out: &mut Vec<Component>) -> Read<()> {
    if depth > KIT_DEPTH_MAX || out.len() >= LINES_MAX {
        return Err(Fault {
            member: "CompositeSubItems".to_owned(),
            why: format!("is nested deeper than {KIT_DEPTH_MAX} or longer than {LINES_MAX}"),
        });
    }
    if flag(&part.is_service, "CompositeSubItems.IsService")? {
        return Ok(());
    }
    let inner = part.composite_sub_items.as_deref().unwrap_or_default();
    if !inner.is_empty() {
        for deeper in inner {
            collect_components(deeper, depth + 1, out)?;
        }
        return Ok(());
    }
    let member = "CompositeSubItems.Quantity";
    out.push(Component {
        sku: Sku(sku(part)?),
        qty_each: required(part.quantity.quantity(member)?, member)?,
        barcode: part
            .barcode_number
            .text("CompositeSubItems.BarcodeNumber")?,
        title: title(part)?,
    });
    Ok(())
}

/// Values that go back unchanged with the tracking: whether Linnworks keeps or clears an omitted member is not known.
fn resent(shipping: &wire::ShippingInfo) -> Value {
    let values = [
        &shipping.total_weight,
        &shipping.item_weight,
        &shipping.postage_cost,
        &shipping.manual_adjust,
    ];
    let mut out = Map::new();
    for (name, value) in RESENT_MEMBERS.iter().zip(values) {
        if let Some(value) = value.as_json() {
            out.insert((*name).to_owned(), value);
        }
    }
    Value::Object(out)
}

//! A sale in the house's terms.

use super::crediting;
use super::decimal::Decimal;
use super::sale::{Context, Sale, SaleLine};
use super::tasks::{self, Tasks};
use super::value::{Fault, Node, Read};
use super::words::{FulfilmentStatus, OrderStatus, SaleKind, SaleStatus, ShippingStatus};
use crate::domain::ids::{LocationId, ServiceTag, SourceOrderId};
use crate::domain::order::{Address, SourceLine, SourceOrder, SourceRefund, SourceStatus};
use crate::domain::time::{Span, Ts};
use chrono::{NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;
use serde_json::Value;

/// An order of this id with nothing in it yet.
pub(super) fn blank(id: String) -> SourceOrder {
    SourceOrder {
        source_id: SourceOrderId(id),
        number: String::new(),
        reference: String::new(),
        channel: String::new(),
        status: SourceStatus::Open,
        is_paid: false,
        is_resend: false,
        is_parked: false,
        is_locked: false,
        location: LocationId::default(),
        location_is_fulfilment_centre: false,
        received_at: Ts::default(),
        paid_at: None,
        ship_by: None,
        processed_at: None,
        service: ServiceTag::default(),
        service_id: String::new(),
        tracking: String::new(),
        address: Address::default(),
        currency: String::new(),
        total_minor: 0,
        shipping_minor: 0,
        lines: Vec::new(),
        changed_at: None,
        shipments: Vec::new(),
        refunds: Vec::new(),
        returns: Vec::new(),
        vendor_extra: Value::Null,
    }
}

/// Fills the order from the sale. `details` is its `Order`.
pub(super) fn read(
    node: &Node<'_>,
    details: Option<&Node<'_>>,
    sale: &Sale,
    context: &Context<'_>,
) -> Read<SourceOrder> {
    let zone = context.time_zone;
    let carrier = node.text("Carrier")?;
    let status = status(sale);
    let id = sale.order.source_id.clone();
    let received = node
        .moment("SaleOrderDate")?
        .ok_or_else(|| Fault::missing("SaleOrderDate"))?;
    Ok(SourceOrder {
        number: number(details, sale, &id)?,
        reference: node.text("CustomerReference")?,
        channel: node.text("SourceChannel")?,
        status,
        // Cin7 Core holds the credit rules itself: what it authorised may leave, paid or on account.
        is_paid: sale.order_status.is_authorised(),
        location: (context.location_id)(&sale.location_name),
        received_at: instant(received, zone),
        ship_by: node.moment("ShipBy")?.map(|at| deadline(at, zone)),
        processed_at: (status == SourceStatus::Processed)
            .then(|| shipped_at(sale, zone))
            .flatten(),
        service: ServiceTag(carrier.clone()),
        service_id: carrier,
        tracking: node.text("CombinedTrackingNumbers")?,
        address: address(node)?,
        currency: node.text("CustomerCurrency")?,
        total_minor: details
            .map_or(Ok(Decimal::ZERO), |d| d.amount("Total"))?
            .as_minor(),
        shipping_minor: charged(sale)?.as_minor(),
        lines: lines(sale)?,
        changed_at: sale.modified_at,
        shipments: tasks::shipments(sale),
        refunds: refunds(sale),
        returns: Vec::new(),
        vendor_extra: Tasks::of(sale).keep(),
        ..blank(id.0)
    })
}

/// The order's number. A sale that is still a quote may have none and goes by its id.
fn number(details: Option<&Node<'_>>, sale: &Sale, id: &SourceOrderId) -> Read<String> {
    let number = details.map_or(Ok(String::new()), |d| d.text("SaleOrderNumber"))?;
    match (number.is_empty(), sale.order_status.is_authorised()) {
        (false, _) => Ok(number),
        (true, true) => Err(Fault::missing("Order.SaleOrderNumber")),
        (true, false) => Ok(id.0.clone()),
    }
}

/// What became of the sale. `Status` says nothing about the warehouse's stages on advanced sales, and
/// `Order.Status` stays AUTHORISED on some that were shipped: the combined statuses decide.
fn status(sale: &Sale) -> SourceStatus {
    if sale.status == SaleStatus::Voided || sale.order_status == OrderStatus::Voided {
        return SourceStatus::Cancelled;
    }
    let is_done = sale.shipping == ShippingStatus::Shipped
        || sale.fulfilment == FulfilmentStatus::Fulfilled
        || sale.status == SaleStatus::Completed
        || matches!(
            sale.order_status,
            OrderStatus::Fulfilled | OrderStatus::Closed
        );
    if is_done {
        SourceStatus::Processed
    } else {
        SourceStatus::Open
    }
}

fn lines(sale: &Sale) -> Read<Vec<SourceLine>> {
    let is_service_sale = sale.kind == SaleKind::Service;
    let one = |(at, line): (usize, &SaleLine)| {
        let place = |member: &str| format!("line {} ({}): {member}", at + 1, line.sku);
        let qty_each = line.quantity.as_whole().ok_or_else(|| {
            let why = format!("is {}, which is not a whole number", line.quantity);
            Fault::new(place("Quantity"), why)
        })?;
        let price = line
            .price
            .less_percent(line.discount_percent)
            .ok_or_else(|| Fault::new(place("Price"), "is beyond any price"))?;
        let is_charge = line.product_id.is_empty() || line.sku.as_str().is_empty();
        Ok(SourceLine {
            row_id: line.row_id.clone(),
            sku: line.sku.clone(),
            title: line.title.clone(),
            qty_each,
            unit_price_minor: price.as_minor(),
            // A part of a unit waits as a whole one: nothing of it can be picked.
            backorder_each: waiting_each(line.backorder).min(qty_each),
            barcode: String::new(),
            // Charges have no product behind them; what the supplier ships is nothing for the warehouse to pick.
            is_service: is_service_sale || is_charge || line.is_drop_ship,
            is_unlinked: false,
            components: Vec::new(),
        })
    };
    sale.lines.iter().enumerate().map(one).collect()
}

/// Units on backorder, a part of one counted as a whole one.
fn waiting_each(units: Decimal) -> i64 {
    if units <= Decimal::ZERO {
        return 0;
    }
    units.as_whole().unwrap_or(units.as_minor() / 100 + 1)
}

/// Credit notes that count, whoever made them.
fn refunds(sale: &Sale) -> Vec<SourceRefund> {
    let rows: Vec<_> = sale
        .lines
        .iter()
        .map(|l| (l.row_id.clone(), l.sku.clone()))
        .collect();
    let notes = sale.credit_notes.iter();
    notes.filter_map(|n| crediting::refund(n, &rows)).collect()
}

/// Everything charged beside goods.
fn charged(sale: &Sale) -> Read<Decimal> {
    let mut sum = Decimal::ZERO;
    for charge in &sale.charges {
        sum = sum
            .plus(charge.total)
            .ok_or_else(|| Fault::new("Order.AdditionalCharges", "add up beyond any amount"))?;
    }
    Ok(sum)
}

fn address(node: &Node<'_>) -> Read<Address> {
    let email = node.text("Email")?;
    let phone = node.text("Phone")?;
    let Some(a) = node.child("ShippingAddress")? else {
        return Ok(Address {
            email,
            phone,
            ..Address::default()
        });
    };
    let mut name = a.text("Contact")?;
    for other in ["Contact", "Customer"] {
        if name.is_empty() {
            name = node.text(other)?;
        }
    }
    Ok(Address {
        name,
        company: a.text("Company")?,
        line1: a.text("Line1")?,
        line2: a.text("Line2")?,
        line3: String::new(),
        town: a.text("City")?,
        region: a.text("State")?,
        postcode: a.text("Postcode")?,
        country: a.text("Country")?,
        email,
        phone,
    })
}

/// A moment of the tenant's calendar. A local time that a clock change skips becomes the same reading in UTC.
fn instant(at: NaiveDateTime, zone: Tz) -> Ts {
    let utc = zone
        .from_local_datetime(&at)
        .earliest()
        .map_or_else(|| at.and_utc(), |local| local.to_utc());
    Ts::from_utc(utc)
}

/// `ShipBy` is a day: the promise is kept until its last second.
fn deadline(at: NaiveDateTime, zone: Tz) -> Ts {
    if at.time() != NaiveTime::MIN {
        return instant(at, zone);
    }
    match at.date().succ_opt() {
        Some(next) => instant(next.and_time(NaiveTime::MIN), zone) - Span::secs(1),
        None => instant(at, zone),
    }
}

/// The latest shipment date of the sale.
fn shipped_at(sale: &Sale, zone: Tz) -> Option<Ts> {
    let days = sale
        .fulfilments
        .iter()
        .flat_map(|f| &f.ship.lines)
        .filter(|line| line.is_shipped)
        .filter_map(|line| line.shipped_on);
    days.max()
        .map(|day| instant(day.and_time(NaiveTime::MIN), zone))
}

//! Fulfilments: what was shipped of an order, and the parts of it still to be shipped by location.

use super::order::{PARTS_MAX, need};
use super::wire;
use crate::domain::ids::{LocationId, Sku};
use crate::domain::time::Ts;
use crate::vendors::scalar::{Fault, Read, Scalar};

/// A parcel's tracking.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Tracking {
    /// Free text.
    pub carrier: String,
    pub number: String,
    /// May be empty.
    pub url: String,
}

/// A line of a fulfilment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FulfilledLine {
    /// Id of the order's line.
    pub row_id: String,
    pub variant_id: Option<String>,
    pub sku: Sku,
    /// Units in this fulfilment; `None` when the answer tells only the units ordered.
    pub shipped_each: Option<i64>,
}

/// A shipment of an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fulfilment {
    pub id: String,
    pub order_id: String,
    /// For example `#1003.1`.
    pub name: String,
    /// Taken back; it stays in the lists and counts for nothing.
    pub is_cancelled: bool,
    /// Progress at the carrier as SHOPLINE words it; empty when none.
    pub shipment_status: String,
    pub location: Option<LocationId>,
    pub created_at: Option<Ts>,
    pub updated_at: Option<Ts>,
    /// Every parcel that has a number.
    pub tracking: Vec<Tracking>,
    pub lines: Vec<FulfilledLine>,
}

/// Where a fulfilment order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FulfilmentOrderState {
    /// Nothing shipped.
    Open,
    OnHold,
    /// Partly shipped.
    InProgress,
    /// All shipped.
    Closed,
    Scheduled,
    Cancelled,
    Incomplete,
}

/// `status` by name.
const STATES: [(&str, FulfilmentOrderState); 7] = [
    ("open", FulfilmentOrderState::Open),
    ("on_hold", FulfilmentOrderState::OnHold),
    ("in_progress", FulfilmentOrderState::InProgress),
    ("closed", FulfilmentOrderState::Closed),
    ("scheduled", FulfilmentOrderState::Scheduled),
    ("cancelled", FulfilmentOrderState::Cancelled),
    ("incomplete", FulfilmentOrderState::Incomplete),
];

/// A line of a fulfilment order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FulfilmentOrderLine {
    /// Its own id, which a fulfilment by fulfilment order names.
    pub id: String,
    /// Id of the order's line.
    pub row_id: String,
    pub variant_id: Option<String>,
    pub sku: Sku,
    pub qty_each: i64,
    /// Units still to be shipped.
    pub fulfillable_each: i64,
}

/// The part of an order one location is to ship.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FulfilmentOrder {
    pub id: String,
    pub order_id: String,
    pub state: FulfilmentOrderState,
    /// What a fulfilment app was asked and answered, as SHOPLINE words it.
    pub request_status: String,
    pub location: Option<LocationId>,
    /// `shipping`, `pickup`, `local_delivery`, `none`.
    pub method: String,
    /// SHOPLINE names `create_fulfillment` among its supported actions.
    pub can_fulfil: bool,
    pub lines: Vec<FulfilmentOrderLine>,
}

/// Reads fulfilments; none given is none there. With `of`, those of another order are a fault.
pub(super) fn read_all(
    rows: Option<&[wire::Fulfilment]>,
    of: Option<&str>,
) -> Read<Vec<Fulfilment>> {
    let rows = rows.unwrap_or_default();
    at_most(rows.len(), "fulfillments")?;
    rows.iter().map(|row| read(row, of)).collect()
}

/// A list that is too long to be true.
pub(super) fn at_most(count: usize, member: &str) -> Read<()> {
    if count > PARTS_MAX {
        return Err(Fault {
            member: member.to_owned(),
            why: format!("holds more than {PARTS_MAX} entries"),
        });
    }
    Ok(())
}

/// Reads a fulfilment. `of` stands in for the order's id where it is left out, as inside an order.
pub(super) fn read(row: &wire::Fulfilment, of: Option<&str>) -> Read<Fulfilment> {
    let id = need(row.id.id("fulfillments.id")?, "fulfillments.id")?;
    let member = "fulfillments.order_id";
    let order_id = row.order_id.id(member)?.or_else(|| of.map(str::to_owned));
    let order_id = need(order_id, member)?;
    if of.is_some_and(|of| of != order_id) {
        return Err(Fault::is(member, &row.order_id, "another order's"));
    }
    let items = row.line_items.as_deref().unwrap_or_default();
    at_most(items.len(), "fulfillments.line_items")?;
    Ok(Fulfilment {
        id,
        order_id,
        name: row.name.text("fulfillments.name")?,
        is_cancelled: is_cancelled(&row.status)?,
        shipment_status: word(&row.shipment_status, "fulfillments.shipment_status")?,
        location: row
            .location_id
            .id("fulfillments.location_id")?
            .map(LocationId),
        created_at: row.created_at.time("fulfillments.created_at")?,
        updated_at: row.updated_at.time("fulfillments.updated_at")?,
        tracking: tracking(row)?,
        lines: items.iter().map(line).collect::<Read<_>>()?,
    })
}

/// A word that may be null, or the four letters.
fn word(value: &Scalar, member: &str) -> Read<String> {
    if value.is_void() {
        return Ok(String::new());
    }
    Ok(value.text(member)?.trim().to_owned())
}

/// `success` or `cancelled`; anything else would have to be guessed.
fn is_cancelled(status: &Scalar) -> Read<bool> {
    let member = "fulfillments.status";
    match word(status, member)?.to_ascii_lowercase().as_str() {
        "success" => Ok(false),
        "cancelled" | "canceled" => Ok(true),
        "" => Err(Fault::missing(member)),
        _ => Err(Fault::is(member, status, "not a known value")),
    }
}

fn line(item: &wire::Line) -> Read<FulfilledLine> {
    let member = "fulfillments.line_items.id";
    Ok(FulfilledLine {
        row_id: need(item.id.id(member)?, member)?,
        variant_id: item.variant_id.id("fulfillments.line_items.variant_id")?,
        sku: Sku(word(&item.sku, "fulfillments.line_items.sku")?),
        shipped_each: item
            .fulfillment_quantity
            .quantity("fulfillments.line_items.fulfillment_quantity")?,
    })
}

/// The list of parcels, or the single members of older versions. A fulfilment without tracking lists one empty entry.
fn tracking(row: &wire::Fulfilment) -> Read<Vec<Tracking>> {
    let single = wire::Tracking {
        tracking_company: row.tracking_company.clone(),
        tracking_number: row.tracking_number.clone(),
        tracking_url: row.tracking_url.clone(),
    };
    let listed = row.tracking_info_list.as_deref().unwrap_or_default();
    let entries = if listed.is_empty() {
        std::slice::from_ref(&single)
    } else {
        listed
    };
    at_most(entries.len(), "fulfillments.tracking_info_list")?;
    let mut out = Vec::new();
    for entry in entries {
        let tracking = Tracking {
            carrier: word(&entry.tracking_company, "fulfillments.tracking_company")?,
            number: word(&entry.tracking_number, "fulfillments.tracking_number")?,
            url: word(&entry.tracking_url, "fulfillments.tracking_url")?,
        };
        if !tracking.number.is_empty() && !out.contains(&tracking) {
            out.push(tracking);
        }
    }
    Ok(out)
}

/// Tracking numbers of everything shipped and not taken back, joined with commas.
pub(super) fn tracking_text(fulfilments: &[Fulfilment]) -> String {
    let valid = fulfilments.iter().filter(|f| !f.is_cancelled);
    let mut numbers: Vec<&str> = Vec::new();
    for tracking in valid.flat_map(|f| &f.tracking) {
        if !numbers.contains(&tracking.number.as_str()) {
            numbers.push(&tracking.number);
        }
    }
    numbers.join(", ")
}

/// Reads a fulfilment order.
pub(super) fn fulfilment_order(row: &wire::FulfilmentOrder) -> Read<FulfilmentOrder> {
    let at = |name: &str| format!("fulfillment_orders.{name}");
    let id = need(row.id.id(&at("id"))?, &at("id"))?;
    let order_id = need(row.order_id.id(&at("order_id"))?, &at("order_id"))?;
    let items = row.line_items.as_deref().unwrap_or_default();
    at_most(items.len(), &at("line_items"))?;
    let mut can_fulfil = false;
    for action in row.supported_actions.iter().flatten() {
        can_fulfil |= action.text(&at("supported_actions"))? == "create_fulfillment";
    }
    Ok(FulfilmentOrder {
        id,
        order_id,
        state: state(&row.status)?,
        request_status: word(&row.request_status, &at("request_status"))?,
        location: row
            .assigned_location_id
            .id(&at("assigned_location_id"))?
            .map(LocationId),
        method: word(row.delivery_method.word(), &at("delivery_method"))?,
        can_fulfil,
        lines: items
            .iter()
            .map(fulfilment_order_line)
            .collect::<Read<_>>()?,
    })
}

fn state(value: &Scalar) -> Read<FulfilmentOrderState> {
    let member = "fulfillment_orders.status";
    let word = word(value, member)?.to_ascii_lowercase();
    if word.is_empty() {
        return Err(Fault::missing(member));
    }
    STATES
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, state)| *state)
        .ok_or_else(|| Fault::is(member, value, "not a known value"))
}

fn fulfilment_order_line(row: &wire::FulfilmentOrderLine) -> Read<FulfilmentOrderLine> {
    let at = |name: &str| format!("fulfillment_orders.line_items.{name}");
    let quantity = |value: &Scalar, name: &str| need(value.quantity(&at(name))?, &at(name));
    Ok(FulfilmentOrderLine {
        id: need(row.id.id(&at("id"))?, &at("id"))?,
        row_id: need(
            row.line_item_id.id(&at("line_item_id"))?,
            &at("line_item_id"),
        )?,
        variant_id: row.variant_id.id(&at("variant_id"))?,
        sku: Sku(word(&row.sku, &at("sku"))?),
        qty_each: quantity(&row.quantity, "quantity")?,
        fulfillable_each: quantity(&row.fulfillable_quantity, "fulfillable_quantity")?,
    })
}

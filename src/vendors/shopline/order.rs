//! An order as SHOPLINE tells it, read into the house's terms, with what the house has no member for beside it.

use super::fulfilment::{self, Fulfilment};
use super::refund::{self, Refund};
use super::{trade, wire};
use crate::domain::ids::{LocationId, ServiceTag, Sku, SourceOrderId};
use crate::domain::order::{Address, SourceLine, SourceOrder, SourceStatus};
use crate::domain::time::Ts;
use crate::text::clean;
use crate::vendors::scalar::{Fault, Read, Scalar};
use serde_json::Value;

/// Most lines an order may have.
const LINES_MAX: usize = 2_000;
/// Most fulfilments or refunds of one order that are read.
pub(super) const PARTS_MAX: usize = 2_000;
/// Most tags of one order.
const TAGS_MAX: usize = 250;
/// What every order's channel starts with.
const CHANNEL: &str = "SHOPLINE";
/// `service` of an order that is picked up in a shop.
const PICKUP: &str = "Pickup";

/// Where the money stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Payment {
    Unpaid,
    /// Promised by the bank, not captured.
    Authorized,
    /// Paid by a slow method, not yet settled.
    Pending,
    PartiallyPaid,
    Paid,
    PartiallyRefunded,
    Refunded,
}

/// `financial_status` by name, in the order of [`PAYMENTS`].
const PAYMENT_NAMES: [&str; 7] = [
    "unpaid",
    "authorized",
    "pending",
    "partially_paid",
    "paid",
    "partially_refunded",
    "refunded",
];
const PAYMENTS: [Payment; 7] = [
    Payment::Unpaid,
    Payment::Authorized,
    Payment::Pending,
    Payment::PartiallyPaid,
    Payment::Paid,
    Payment::PartiallyRefunded,
    Payment::Refunded,
];

impl Payment {
    /// The whole amount was captured and not all of it has gone back.
    pub const fn is_captured(self) -> bool {
        matches!(self, Self::Paid | Self::PartiallyRefunded)
    }
}

/// How much of an order or line has been shipped, in SHOPLINE's eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shipped {
    Nothing,
    Part,
    All,
}

/// How a line belongs to a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Bundle {
    /// It does not.
    None,
    /// The bundle itself; its components stand on lines of their own.
    Parent,
    /// A part of the bundle with this variant id, when told.
    Component(Option<String>),
}

/// What SHOPLINE knows about a line beyond [`SourceLine`], in the same order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFacts {
    /// The line's id; unique only within its order.
    pub row_id: String,
    pub product_id: Option<String>,
    /// Survives a change of the SKU; absent for custom items.
    pub variant_id: Option<String>,
    /// Where its stock is taken from.
    pub location: Option<LocationId>,
    /// Units still to be shipped, when told.
    pub fulfillable_each: Option<i64>,
    pub shipped: Shipped,
    /// Carrier of the shipment; empty before one. SHOPLINE calls it the fulfilment service.
    pub carrier: String,
    pub bundle: Bundle,
}

/// An order with what SHOPLINE knows beyond the house's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShoplineOrder {
    pub order: SourceOrder,
    /// When it last changed; second precision, so that several changes may share it.
    pub updated_at: Ts,
    /// Archived by the merchant: absent from ordinary lists.
    pub is_archived: bool,
    pub payment: Payment,
    pub shipped: Shipped,
    /// Still to be paid. Stays at the whole amount on orders entered as paid.
    pub outstanding_minor: i64,
    /// The customer fetches it from a shop.
    pub is_pickup: bool,
    pub cancelled_at: Option<Ts>,
    pub cancel_reason: String,
    /// State of returns as SHOPLINE words it, for example `NO_RETURN`.
    pub return_status: String,
    pub buyer_note: String,
    pub tags: Vec<String>,
    /// One per line of the order, in its order.
    pub lines: Vec<LineFacts>,
    /// Cancelled ones included.
    pub fulfilments: Vec<Fulfilment>,
    /// A cancelled order has one although no money may have moved: not a second event.
    pub refunds: Vec<Refund>,
}

/// The id of an order, when that much can be read.
pub(super) fn id_of(order: &wire::Order) -> Option<SourceOrderId> {
    order.id.id("").ok().flatten().map(SourceOrderId)
}

/// What people know an order by: its number, else its id; empty when it has neither.
pub(super) fn label_of(order: &wire::Order) -> String {
    match order.name.text("") {
        Ok(name) if !name.trim().is_empty() => name,
        _ => id_of(order).map(|id| id.0).unwrap_or_default(),
    }
}

/// The members an order is named by, whatever shape the rest has.
pub(super) fn head(value: &Value) -> wire::Order {
    let member = |name: &str| {
        let found = value.get(name).cloned().unwrap_or_default();
        serde_json::from_value(found).unwrap_or_default()
    };
    wire::Order {
        id: member("id"),
        name: member("name"),
        ..wire::Order::default()
    }
}

/// Reads an order. `is_centre` tells whether a location is run by a fulfilment app.
///
/// # Errors
/// The order (by the best name it has), the member at fault and why.
pub(super) fn read(
    order: &wire::Order,
    is_centre: &dyn Fn(&LocationId) -> bool,
) -> Result<ShoplineOrder, String> {
    read_members(order, is_centre).map_err(|fault| {
        let label = label_of(order);
        if label.is_empty() {
            format!("an order without a number: {fault}")
        } else {
            format!("order {label}: {fault}")
        }
    })
}

fn read_members(
    order: &wire::Order,
    is_centre: &dyn Fn(&LocationId) -> bool,
) -> Read<ShoplineOrder> {
    let id = need(order.id.id("id")?, "id")?;
    let number = order.name.text("name")?.trim().to_owned();
    if number.is_empty() {
        return Err(Fault::missing("name"));
    }
    let payment = payment(&order.financial_status)?;
    let shipped = shipped(&order.fulfillment_status, "fulfillment_status")?;
    let items = section(order.line_items.as_ref(), "line_items")?;
    let (mut lines, facts) = lines(items)?;
    let fulfilments = fulfilment::read_all(order.fulfillments.as_deref(), Some(&id))?;
    if order.cancelled_at.time("cancelled_at")?.is_none() {
        leave_out_refunded(&mut lines, &facts, &fulfilments);
    }
    let location = location(order, &lines, &facts)?;
    let refunds = refund::read_all(order.refunds.as_deref(), Some(&id))?;
    let created_at = order.created_at.time("created_at")?;
    let received_at = order.order_at.time("order_at")?.or(created_at);
    let updated_at = need(order.updated_at.time("updated_at")?, "updated_at")?;
    let source = SourceOrder {
        source_id: SourceOrderId(id),
        number,
        reference: order.po_number.text("po_number")?,
        channel: channel(order)?,
        status: status(order, shipped)?,
        // Money given back once goods have left makes no unpaid order of it.
        is_paid: payment.is_captured()
            || (payment == Payment::Refunded && shipped != Shipped::Nothing),
        is_resend: false,
        is_parked: false,
        is_locked: false,
        location_is_fulfilment_centre: is_centre(&location),
        location,
        received_at: need(received_at, "created_at")?,
        paid_at: None,
        ship_by: None,
        processed_at: shipped_at(shipped, &fulfilments),
        service: service(order)?,
        service_id: String::new(),
        tracking: fulfilment::tracking_text(&fulfilments),
        address: address(order)?,
        currency: order.currency.text("currency")?,
        total_minor: order.current_total_price.amount("current_total_price")?,
        shipping_minor: shipping_minor(order)?,
        lines,
        changed_at: Some(updated_at),
        shipments: fulfilments.iter().filter_map(trade::shipment).collect(),
        refunds: refunds.iter().map(|r| r.in_trade(payment)).collect(),
        returns: Vec::new(),
        vendor_extra: Value::Null,
    };
    Ok(ShoplineOrder {
        updated_at,
        is_archived: order.hidden_order.flag("hidden_order")?.unwrap_or(false),
        payment,
        shipped,
        outstanding_minor: order.total_outstanding.minor("total_outstanding")?,
        is_pickup: order.service.text("service")?.eq_ignore_ascii_case(PICKUP),
        cancelled_at: order.cancelled_at.time("cancelled_at")?,
        cancel_reason: order.cancel_reason.text("cancel_reason")?,
        return_status: match &order.return_info {
            Some(info) => info.return_status.text("return_info.return_status")?,
            None => String::new(),
        },
        buyer_note: order.buyer_note.text("buyer_note")?,
        tags: tags(&order.tags)?,
        lines: facts,
        refunds,
        fulfilments,
        order: source,
    })
}

/// A value that has to be there.
pub(super) fn need<T>(value: Option<T>, member: &str) -> Read<T> {
    value.ok_or_else(|| Fault::missing(member))
}

fn section<'a, T>(value: Option<&'a T>, member: &str) -> Read<&'a T> {
    value.ok_or_else(|| Fault::missing(member))
}

fn payment(value: &Scalar) -> Read<Payment> {
    let member = "financial_status";
    let at = match value {
        // By name only: an ordinal would be a guess.
        Scalar::Text(_) => value.ordinal(member, &PAYMENT_NAMES)?,
        Scalar::Absent => None,
        _ => return Err(Fault::is(member, value, "not a known value")),
    };
    need(at.and_then(|at| PAYMENTS.get(at).copied()), member)
}

/// SHOPLINE writes the four letters `null` for "nothing shipped". A word that is not listed is never guessed.
fn shipped(value: &Scalar, member: &str) -> Read<Shipped> {
    if value.is_void() {
        return Ok(Shipped::Nothing);
    }
    match value.text(member)?.trim().to_ascii_lowercase().as_str() {
        "unshipped" => Ok(Shipped::Nothing),
        "partial" => Ok(Shipped::Part),
        "fulfilled" | "shipped" => Ok(Shipped::All),
        _ => Err(Fault::is(member, value, "not a known value")),
    }
}

/// A cancel wins over what was shipped before it.
fn status(order: &wire::Order, shipped: Shipped) -> Read<SourceStatus> {
    let member = "status";
    let is_cancelled = order.cancelled_at.time("cancelled_at")?.is_some();
    if order.status.is_void() {
        return if is_cancelled {
            Ok(SourceStatus::Cancelled)
        } else {
            Err(Fault::missing(member))
        };
    }
    match order
        .status
        .text(member)?
        .trim()
        .to_ascii_lowercase()
        .as_str()
    {
        "cancelled" | "canceled" => Ok(SourceStatus::Cancelled),
        "open" if is_cancelled => Ok(SourceStatus::Cancelled),
        "open" if shipped == Shipped::All => Ok(SourceStatus::Processed),
        "open" => Ok(SourceStatus::Open),
        _ => Err(Fault::is(member, &order.status, "not a known value")),
    }
}

/// When the last parcel of a wholly shipped order was entered.
fn shipped_at(shipped: Shipped, fulfilments: &[Fulfilment]) -> Option<Ts> {
    let valid = fulfilments.iter().filter(|f| !f.is_cancelled);
    let last = valid.filter_map(|f| f.created_at).max();
    last.filter(|_| shipped == Shipped::All)
}

fn channel(order: &wire::Order) -> Read<String> {
    for (value, member) in [
        (&order.source_name, "source_name"),
        (&order.order_source, "order_source"),
    ] {
        if !value.is_void() {
            return Ok(format!("{CHANNEL} / {}", value.text(member)?.trim()));
        }
    }
    Ok(CHANNEL.to_owned())
}

/// The title of the rate chosen at checkout; a local delivery or pick-up without a title is named as such.
fn service(order: &wire::Order) -> Read<ServiceTag> {
    for line in order.shipping_lines.iter().flatten() {
        for (value, member) in [
            (&line.title, "shipping_lines.title"),
            (&line.code, "shipping_lines.code"),
        ] {
            if !value.is_void() {
                return value.text(member).map(|t| ServiceTag(t.trim().to_owned()));
            }
        }
    }
    if order.service.is_void() {
        return Ok(ServiceTag::default());
    }
    order.service.text("service").map(ServiceTag)
}

fn shipping_minor(order: &wire::Order) -> Read<i64> {
    let mut sum: i64 = 0;
    for line in order.shipping_lines.iter().flatten() {
        sum = sum.saturating_add(line.price.minor("shipping_lines.price")?);
    }
    Ok(sum)
}

/// Where it ships from: the location of the first line with something to pick, else the shop it was sold in. Empty when
/// SHOPLINE names none; lines may name others, see [`LineFacts::location`].
/// Where the goods are stocked. Lines at several locations make a place of their own, the ids joined: which site is to
/// ship them is for people to say, by mapping that place.
fn location(order: &wire::Order, lines: &[SourceLine], facts: &[LineFacts]) -> Read<LocationId> {
    let mut places: Vec<&str> = lines
        .iter()
        .zip(facts)
        .filter(|(line, _)| !line.is_service)
        .filter_map(|(_, facts)| facts.location.as_ref().map(LocationId::as_str))
        .collect();
    places.sort_unstable();
    places.dedup();
    if !places.is_empty() {
        return Ok(LocationId(places.join("+")));
    }
    let till = order.pos_location_id.id("pos_location_id")?;
    Ok(LocationId(till.unwrap_or_default()))
}

fn text(value: &Scalar, member: &str) -> Read<String> {
    Ok(value.text(member)?.trim().to_owned())
}

fn first_of(values: [(&Scalar, &str); 2]) -> Read<String> {
    for (value, member) in values {
        let found = text(value, member)?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(String::new())
}

fn address(order: &wire::Order) -> Read<Address> {
    let nobody = wire::Customer::default();
    let customer = order.customer.as_ref().unwrap_or(&nobody);
    let Some(a) = &order.shipping_address else {
        return Ok(Address::default());
    };
    let mut name = text(&a.name, "shipping_address.name")?;
    if name.is_empty() {
        let first = text(&a.first_name, "shipping_address.first_name")?;
        let last = text(&a.last_name, "shipping_address.last_name")?;
        name = format!("{first} {last}").trim().to_owned();
    }
    let district = text(&a.district, "shipping_address.district")?;
    let neighbourhood = text(&a.neighborhood, "shipping_address.neighborhood")?;
    let line3 = match (district.as_str(), neighbourhood.as_str()) {
        (one, "") | ("", one) => one.to_owned(),
        (district, neighbourhood) => format!("{neighbourhood}, {district}"),
    };
    Ok(Address {
        name,
        company: text(&a.company, "shipping_address.company")?,
        line1: text(&a.address1, "shipping_address.address1")?,
        line2: text(&a.address2, "shipping_address.address2")?,
        line3,
        town: text(&a.city, "shipping_address.city")?,
        // The codes of provinces are SHOPLINE's own; the name is what a label needs.
        region: text(&a.province, "shipping_address.province")?,
        postcode: text(&a.zip, "shipping_address.zip")?,
        country: first_of([
            (&a.country_code, "shipping_address.country_code"),
            (&a.country, "shipping_address.country"),
        ])?,
        email: first_of([(&order.email, "email"), (&customer.email, "customer.email")])?,
        phone: match text(&a.phone, "shipping_address.phone")? {
            phone if !phone.is_empty() => phone,
            _ => first_of([(&order.phone, "phone"), (&customer.phone, "customer.phone")])?,
        },
    })
}

/// Tags come as a JSON list written out as text; plain commas are read too.
fn tags(value: &Scalar) -> Read<Vec<String>> {
    if value.is_void() {
        return Ok(Vec::new());
    }
    let Scalar::Text(raw) = value else {
        return Err(Fault::is("tags", value, "not a text"));
    };
    let list = serde_json::from_str::<Vec<String>>(raw)
        .unwrap_or_else(|_| raw.split(',').map(str::to_owned).collect());
    Ok(list
        .iter()
        .map(|tag| clean(tag).trim().to_owned())
        .filter(|tag| !tag.is_empty())
        .take(TAGS_MAX)
        .collect())
}

/// Units refunded before they were shipped stay in `quantity` and leave `fulfillable_quantity`: what is sold is what was
/// shipped and what is still to be. A line of which nothing is left keeps its place, and nobody picks it.
fn leave_out_refunded(lines: &mut [SourceLine], facts: &[LineFacts], fulfilments: &[Fulfilment]) {
    for (line, facts) in lines.iter_mut().zip(facts) {
        let shipped: Option<i64> = fulfilments
            .iter()
            .filter(|f| !f.is_cancelled)
            .flat_map(|f| &f.lines)
            .filter(|l| l.row_id == line.row_id)
            .map(|l| l.shipped_each)
            .sum();
        if let (Some(shipped), Some(open)) = (shipped, facts.fulfillable_each) {
            line.qty_each = line.qty_each.min(shipped.saturating_add(open));
        }
        line.is_service |= line.qty_each == 0;
    }
}

fn lines(items: &[wire::Line]) -> Read<(Vec<SourceLine>, Vec<LineFacts>)> {
    if items.len() > LINES_MAX {
        return Err(Fault {
            member: "line_items".to_owned(),
            why: format!("holds more than {LINES_MAX} lines"),
        });
    }
    let mut lines: Vec<SourceLine> = Vec::with_capacity(items.len());
    let mut facts: Vec<LineFacts> = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let sku = text(&item.sku, "sku")?;
        let place = format!("line {} ({sku})", at + 1);
        let within = |fault: Fault| Fault {
            member: format!("{place}: {}", fault.member),
            why: fault.why,
        };
        let found = line_facts(item, items).map_err(within)?;
        if facts.iter().any(|f| f.row_id == found.row_id) {
            return Err(within(Fault {
                member: "id".to_owned(),
                why: "stands on two lines".to_owned(),
            }));
        }
        lines.push(line(item, sku, &found).map_err(within)?);
        facts.push(found);
    }
    Ok((lines, facts))
}

fn flag(value: &Scalar, member: &str) -> Read<bool> {
    Ok(value.flag(member)?.unwrap_or(false))
}

fn line(item: &wire::Line, sku: String, facts: &LineFacts) -> Read<SourceLine> {
    let is_shipped = item
        .requires_shipping
        .flag("requires_shipping")?
        .unwrap_or(true);
    let is_service =
        !is_shipped || flag(&item.gift_card, "gift_card")? || facts.bundle == Bundle::Parent;
    let is_unlinked = facts.variant_id.is_none() || sku.is_empty();
    let title = first_of([(&item.title, "title"), (&item.name, "name")])?;
    let variant = text(&item.variant_title, "variant_title")?;
    Ok(SourceLine {
        row_id: facts.row_id.clone(),
        sku: Sku(sku),
        title: if variant.is_empty() {
            title
        } else {
            format!("{title} ({variant})")
        },
        qty_each: need(item.quantity.quantity("quantity")?, "quantity")?,
        unit_price_minor: item.price.minor("price")?,
        barcode: String::new(),
        is_service,
        backorder_each: 0,
        is_unlinked: is_unlinked && !is_service,
        components: Vec::new(),
    })
}

fn line_facts(item: &wire::Line, all: &[wire::Line]) -> Read<LineFacts> {
    Ok(LineFacts {
        row_id: need(item.id.id("id")?, "id")?,
        product_id: item.product_id.id("product_id")?,
        variant_id: item.variant_id.id("variant_id")?,
        location: item.location_id.id("location_id")?.map(LocationId),
        fulfillable_each: item.fulfillable_quantity.quantity("fulfillable_quantity")?,
        shipped: shipped(&item.fulfillment_status, "fulfillment_status")?,
        carrier: text(&item.fulfillment_service, "fulfillment_service")?,
        bundle: bundle(item, all)?,
    })
}

/// A bundle whose components stand on lines of their own is not picked itself; without such lines it is picked as it
/// stands, so that nothing sold gets lost.
fn bundle(item: &wire::Line, all: &[wire::Line]) -> Read<Bundle> {
    let parent_of =
        |line: &wire::Line| line.bundle_parent_variant_id.id("bundle_parent_variant_id");
    if flag(&item.is_bundle_component, "is_bundle_component")? {
        return parent_of(item).map(Bundle::Component);
    }
    if !flag(&item.is_bundle, "is_bundle")? {
        return Ok(Bundle::None);
    }
    let own = item.variant_id.id("variant_id")?;
    for other in all {
        if flag(&other.is_bundle_component, "is_bundle_component")?
            && own.is_some()
            && parent_of(other)? == own
        {
            return Ok(Bundle::Parent);
        }
    }
    Ok(Bundle::None)
}

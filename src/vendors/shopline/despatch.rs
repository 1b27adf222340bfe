//! Calls about fulfilments: what was shipped is written by line and quantity, and read back.

use super::client::{Ask, malformed, path_id, refused, unknown};
use super::fulfilment::{self, Fulfilment, FulfilmentOrder, Tracking};
use super::method::Method;
use super::{Shopline, unread, wire};
use crate::domain::ids::SourceOrderId;
use crate::vendors::{Answer, CallLog};
use serde_json::{Value, json};

/// Most parcels in one fulfilment.
pub const TRACKING_MAX: usize = 10;
/// Most lines in one fulfilment, as many as an order may be entered with.
pub const LINES_MAX: usize = 100;
/// Longest carrier, number or address of a parcel that is sent, characters.
const TRACKING_CHARS_MAX: usize = 255;
/// Longest message with a fulfilment, characters.
const MESSAGE_CHARS_MAX: usize = 255;

/// Whether SHOPLINE tells the customer. Its own default is not to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Notify {
    Customer,
    Nobody,
}

impl Notify {
    const fn flag(self) -> bool {
        matches!(self, Self::Customer)
    }
}

/// Units of one line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ShipLine {
    /// Id of the order's line, or of the fulfilment order's line; see [`Ship`].
    pub line_id: String,
    /// At least one.
    pub qty_each: i64,
}

/// What is shipped. Lines are always named: SHOPLINE takes a missing list for everything that is left.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ship {
    /// Lines of the order by their own ids. Needs the scope `write_orders`.
    OfOrder(Vec<ShipLine>),
    /// Lines of fulfilment orders: (fulfilment order, its lines by *its* line ids). Needs the scope
    /// `write_assigned_fulfillment_orders`.
    OfFulfilmentOrders(Vec<(String, Vec<ShipLine>)>),
}

/// A shipment to be entered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NewFulfilment {
    pub order: SourceOrderId,
    pub ship: Ship,
    /// At most [`TRACKING_MAX`]; each with a number.
    pub tracking: Vec<Tracking>,
    pub notify: Notify,
    /// Goes with a shipment by fulfilment order only; may be empty.
    pub message: String,
}

impl Shopline {
    /// Enters a shipment. SHOPLINE knows no idempotency key: the same call again ships again. After an unknown answer
    /// ask with [`Self::fulfilments`] and compare tracking and quantities before anything is sent once more.
    ///
    /// # Errors
    /// As every call; rejected before sending when a line, quantity or parcel cannot be; unknown when the answer does
    /// not show the shipment that was sent.
    pub async fn create_fulfilment(
        &self,
        new: &NewFulfilment,
        log: &CallLog,
    ) -> Answer<Fulfilment> {
        let method = match new.ship {
            Ship::OfOrder(_) => Method::CreateFulfilment,
            Ship::OfFulfilmentOrders(_) => Method::CreateByFulfilmentOrder,
        };
        let id = path_id(method, "an order", new.order.as_str())?;
        let parcels = parcels(method, &new.tracking)?;
        let notify = new.notify.flag();
        let ask = match &new.ship {
            Ship::OfOrder(lines) => {
                let body = json!({"fulfillment": {
                    "line_items": ship_lines(method, lines)?,
                    "tracking_info_list": parcels,
                    "notify_customer": notify,
                }});
                Ask::new(method, format!("orders/{id}/fulfillments.json")).sending(body)
            }
            Ship::OfFulfilmentOrders(parts) => {
                let mut body = json!({"order_id": id, "fulfillment": {
                    "line_items_by_fulfillment_order": ship_parts(method, parts)?,
                    "tracking_info_list": parcels,
                    "notify_customer": notify,
                }});
                if !new.message.is_empty() {
                    let message = crate::text::clean_to(&new.message, MESSAGE_CHARS_MAX);
                    body["fulfillment"]["message"] = message.into();
                }
                Ask::new(method, "fulfillments/fulfillments.json").sending(body)
            }
        };
        let reply = self.client.call::<wire::FulfilmentAnswer>(ask, log).await?;
        let made = written(method, reply.value, id)?;
        shows_tracking(method, &made, &new.tracking)?;
        if let Ship::OfOrder(lines) = &new.ship {
            shows_lines(method, &made, lines)?;
        }
        Ok(made)
    }

    /// Replaces the tracking of a fulfilment. What is not in the list is cleared.
    ///
    /// # Errors
    /// As [`Self::create_fulfilment`].
    pub async fn update_tracking(
        &self,
        order: &SourceOrderId,
        fulfilment: &str,
        tracking: &[Tracking],
        notify: Notify,
        log: &CallLog,
    ) -> Answer<Fulfilment> {
        let method = Method::UpdateTracking;
        let order = path_id(method, "an order", order.as_str())?;
        let fulfilment = path_id(method, "a fulfilment", fulfilment)?;
        if tracking.is_empty() {
            return Err(refused(
                method,
                "no tracking is given; it would clear what is there",
            ));
        }
        let body = json!({"fulfillment": {
            "tracking_info_list": parcels(method, tracking)?,
            "notify_customer": notify.flag(),
        }});
        let path = format!("fulfillments/{order}/{fulfilment}/update_tracking.json");
        let ask = Ask::new(method, path).sending(body);
        let reply = self.client.call::<wire::FulfilmentAnswer>(ask, log).await?;
        let made = written(method, reply.value, order)?;
        if made.id != fulfilment {
            let text = format!("the answer is about fulfilment {}", made.id);
            return Err(unknown(method, &text));
        }
        shows_tracking(method, &made, tracking)?;
        Ok(made)
    }

    /// Every fulfilment of an order, cancelled ones included.
    ///
    /// # Errors
    /// As every call; malformed when one cannot be read.
    pub async fn fulfilments(
        &self,
        order: &SourceOrderId,
        log: &CallLog,
    ) -> Answer<Vec<Fulfilment>> {
        let method = Method::Fulfilments;
        let id = path_id(method, "an order", order.as_str())?;
        let ask = Ask::new(method, format!("orders/{id}/fulfillments.json"));
        let reply = self
            .client
            .call::<wire::FulfilmentsAnswer>(ask, log)
            .await?;
        let rows = reply
            .value
            .fulfillments
            .ok_or_else(|| malformed(method, "fulfillments is missing"))?;
        fulfilment::read_all(Some(&rows), Some(id)).map_err(|fault| unread(method, &fault))
    }

    /// The parts of an order by the location that ships them.
    ///
    /// # Errors
    /// As every call; malformed when one cannot be read or belongs to another order.
    pub async fn fulfilment_orders(
        &self,
        order: &SourceOrderId,
        log: &CallLog,
    ) -> Answer<Vec<FulfilmentOrder>> {
        let method = Method::FulfilmentOrders;
        let id = path_id(method, "an order", order.as_str())?;
        let ask = Ask::new(
            method,
            format!("fulfillment_orders/{id}/fulfillment_orders.json"),
        );
        let reply = self
            .client
            .call::<wire::FulfilmentOrdersAnswer>(ask, log)
            .await?;
        let rows = reply
            .value
            .fulfillment_orders
            .ok_or_else(|| malformed(method, "fulfillment_orders is missing"))?;
        let mut out = Vec::with_capacity(rows.len());
        for row in &rows {
            let found =
                fulfilment::fulfilment_order(row).map_err(|fault| unread(method, &fault))?;
            if found.order_id != id {
                let text = format!("fulfilment order {} belongs to another order", found.id);
                return Err(malformed(method, &text));
            }
            out.push(found);
        }
        Ok(out)
    }
}

fn ship_lines(method: Method, lines: &[ShipLine]) -> Answer<Vec<Value>> {
    if lines.is_empty() {
        return Err(refused(
            method,
            "no line is named; SHOPLINE would ship everything that is left",
        ));
    }
    if lines.len() > LINES_MAX {
        let text = format!("{} lines in one call, at most {LINES_MAX}", lines.len());
        return Err(refused(method, &text));
    }
    let mut out = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate() {
        let id = path_id(method, "a line", &line.line_id)?;
        if line.qty_each < 1 {
            let text = format!("{} of line {id} cannot be shipped", line.qty_each);
            return Err(refused(method, &text));
        }
        if lines[..at].iter().any(|l| l.line_id == line.line_id) {
            return Err(refused(method, &format!("line {id} is named twice")));
        }
        out.push(json!({"id": id, "quantity": line.qty_each}));
    }
    Ok(out)
}

fn ship_parts(method: Method, parts: &[(String, Vec<ShipLine>)]) -> Answer<Vec<Value>> {
    if parts.is_empty() {
        return Err(refused(method, "no fulfilment order is named"));
    }
    let mut out = Vec::with_capacity(parts.len());
    for (id, lines) in parts {
        out.push(json!({
            "fulfillment_order_id": path_id(method, "a fulfilment order", id)?,
            "fulfillment_order_line_items": ship_lines(method, lines)?,
        }));
    }
    Ok(out)
}

fn parcels(method: Method, tracking: &[Tracking]) -> Answer<Vec<Value>> {
    if tracking.len() > TRACKING_MAX {
        let text = format!(
            "{} parcels in one call, at most {TRACKING_MAX}",
            tracking.len()
        );
        return Err(refused(method, &text));
    }
    let mut out = Vec::with_capacity(tracking.len());
    for parcel in tracking {
        if parcel.number.trim().is_empty() {
            return Err(refused(method, "a parcel has no tracking number"));
        }
        let texts = [&parcel.carrier, &parcel.number, &parcel.url];
        if texts.iter().any(|t| t.chars().count() > TRACKING_CHARS_MAX) {
            let text = format!("a parcel's text is longer than {TRACKING_CHARS_MAX} characters");
            return Err(refused(method, &text));
        }
        out.push(json!({
            "tracking_company": parcel.carrier,
            "tracking_number": parcel.number,
            "tracking_url": parcel.url,
        }));
    }
    Ok(out)
}

/// The fulfilment a write answers with. It was written, so whatever is wrong with it leaves the effect unknown.
fn written(method: Method, answer: wire::FulfilmentAnswer, order: &str) -> Answer<Fulfilment> {
    let row = answer
        .fulfillment
        .ok_or_else(|| malformed(method, "fulfillment is missing"))?;
    let made = fulfilment::read(&row, None).map_err(|fault| unread(method, &fault))?;
    if made.order_id != order {
        let text = format!("the answer is about order {}", made.order_id);
        return Err(unknown(method, &text));
    }
    if made.is_cancelled {
        let text = format!("fulfilment {} is cancelled", made.id);
        return Err(unknown(method, &text));
    }
    Ok(made)
}

/// Whether the parcels stuck. The carrier is not compared: SHOPLINE may show one it does not know as another.
fn shows_tracking(method: Method, made: &Fulfilment, sent: &[Tracking]) -> Answer<()> {
    let bare = |number: &str| number.trim().to_ascii_lowercase();
    let held: Vec<String> = made.tracking.iter().map(|t| bare(&t.number)).collect();
    for parcel in sent {
        // Read back through the same cleaning as everything that enters.
        let wanted = bare(&crate::text::clean(&parcel.number));
        if !held.contains(&wanted) {
            let text = format!("fulfilment {} does not show tracking {wanted:?}", made.id);
            return Err(unknown(method, &text));
        }
    }
    Ok(())
}

/// Whether the lines and quantities are those sent. An answer that leaves the lines out says nothing against it.
fn shows_lines(method: Method, made: &Fulfilment, sent: &[ShipLine]) -> Answer<()> {
    if made.lines.is_empty() {
        return Ok(());
    }
    for line in sent {
        let held = made.lines.iter().find(|l| l.row_id == line.line_id);
        let is_same = held.is_some_and(|l| l.shipped_each.is_none_or(|each| each == line.qty_each));
        if !is_same {
            let text = format!(
                "fulfilment {} does not show {} of line {}",
                made.id, line.qty_each, line.line_id
            );
            return Err(unknown(method, &text));
        }
    }
    if made.lines.len() > sent.len() {
        let text = format!("fulfilment {} shows lines that were not sent", made.id);
        return Err(unknown(method, &text));
    }
    Ok(())
}

//! The stored row and lines of an order, made from what the source says.

use super::DecideInput;
use crate::domain::change::Change;
use crate::domain::order::{
    OrderBody, OrderLine, OrderRow, OrderState, SourceOrder, WmsOrderIntent,
};
use crate::domain::time::Ts;

/// Enters a state, keeping the time since when.
pub fn enter(row: &mut OrderRow, state: OrderState, now: Ts) {
    if row.state != state {
        row.state = state;
        row.state_since = now;
    }
}

pub(super) fn order_change(
    row: OrderRow,
    input: &DecideInput<'_>,
    intent: Option<WmsOrderIntent>,
    lines: Option<Vec<OrderLine>>,
) -> Change {
    Change::Order {
        row: Box::new(row),
        body: Some(Box::new(OrderBody {
            source: input.incoming.clone(),
            intent,
            site_choice: input.existing.and_then(|o| o.body.site_choice.clone()),
            edits: input
                .existing
                .map_or_else(Vec::new, |o| o.body.edits.clone()),
        })),
        lines,
    }
}

pub(super) fn lines_of(input: &DecideInput<'_>) -> Vec<OrderLine> {
    let old = input
        .existing
        .map(|o| o.lines.as_slice())
        .unwrap_or_default();
    input
        .incoming
        .pick_lines()
        .into_iter()
        .map(|line| {
            let known = old.iter().find(|o| o.line_ref == line.line_ref);
            OrderLine {
                item: Some(input.mappings.item(&line.sku).item),
                line_ref: line.line_ref,
                row_id: line.row_id,
                sku: line.sku,
                title: line.title,
                qty_each: line.qty_each,
                despatched_each: known.map_or(0, |o| o.despatched_each),
                confirmed_each: known.map_or(0, |o| o.confirmed_each),
                unit_price_minor: line.unit_price_minor,
            }
        })
        .collect()
}

/// Lines in warehouse units, exactly those of the intent; what has left or was confirmed already is kept by line.
pub fn lines_from(
    intent: &WmsOrderIntent,
    source: &SourceOrder,
    old: &[OrderLine],
) -> Vec<OrderLine> {
    let picks = source.pick_lines();
    intent
        .lines
        .iter()
        .map(|wanted| {
            let known = old.iter().find(|l| l.line_ref == wanted.line_ref);
            let title = picks
                .iter()
                .find(|p| p.row_id == wanted.row_id && p.sku == wanted.sku)
                .map(|p| p.title.clone());
            OrderLine {
                line_ref: wanted.line_ref.clone(),
                row_id: wanted.row_id.clone(),
                sku: wanted.sku.clone(),
                item: Some(wanted.item.clone()),
                title: title
                    .or_else(|| known.map(|l| l.title.clone()))
                    .unwrap_or_default(),
                qty_each: wanted.qty_each,
                despatched_each: known.map_or(0, |l| l.despatched_each),
                confirmed_each: known.map_or(0, |l| l.confirmed_each),
                unit_price_minor: wanted.unit_price_minor,
            }
        })
        .collect()
}

pub(super) fn new_row(input: &DecideInput<'_>) -> OrderRow {
    let order = input.incoming;
    let mut row = OrderRow {
        id: input.order_id,
        pair: input.pair.clone(),
        source_id: order.source_id.clone(),
        number: order.number.clone(),
        reference: order.reference.clone(),
        channel: order.channel.clone(),
        wms_number: None,
        wms_revision: 1,
        state: OrderState::Received,
        source_status: order.status,
        location: order.location.clone(),
        site: None,
        service: order.service.clone(),
        carrier_service: None,
        wms_status: None,
        is_on_hold: false,
        ship_by: order.ship_by,
        value_minor: order.total_minor,
        currency: order.currency.clone(),
        units: 0,
        postcode_district: String::new(),
        customer_initials: String::new(),
        country: String::new(),
        tracking: String::new(),
        source_revision: String::new(),
        sent_hash: None,
        blocked_by: String::new(),
        missing_polls: 0,
        received_at: order.received_at,
        released_at: None,
        first_sent_at: None,
        accepted_at: None,
        despatched_at: None,
        confirmed_at: None,
        notified_at: None,
        source_read_at: input.now,
        state_since: input.now,
        held_reason: None,
        version: 0,
        updated_at: input.now,
    };
    take_source(&mut row, order, input.now);
    row
}

/// Copies into the row what lists show of the source's content.
pub(super) fn take_source(row: &mut OrderRow, order: &SourceOrder, now: Ts) {
    row.number = order.number.clone();
    row.reference = order.reference.clone();
    row.channel = order.channel.clone();
    row.source_status = order.status;
    row.location = order.location.clone();
    row.service = order.service.clone();
    row.value_minor = order.total_minor;
    row.currency = order.currency.clone();
    row.units = order.pick_lines().iter().map(|l| l.qty_each).sum();
    row.postcode_district = district(&order.address.postcode);
    row.customer_initials = initials(&order.address.name);
    row.country = order.address.country.clone();
    if !order.tracking.is_empty() {
        row.tracking = order.tracking.clone();
    }
    row.source_revision = order.revision();
    row.source_read_at = now;
    row.missing_polls = 0;
    row.updated_at = now;
}

/// The outward part of a postcode: enough for people, not enough to find a door.
fn district(postcode: &str) -> String {
    postcode
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .chars()
        .take(5)
        .collect()
}

fn initials(name: &str) -> String {
    name.split_whitespace()
        .filter_map(|word| word.chars().next())
        .take(3)
        .collect::<String>()
        .to_uppercase()
}

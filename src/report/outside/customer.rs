//! A page about an order in the words of a shop: what was ordered, where it is, what happens next. No ids of ours.

use crate::domain::catalogue::Kind;
use crate::domain::order::{OrderFull, OrderRow, OrderState};
use crate::domain::time::Ts;
use crate::domain::why::{Standing, Why};
use crate::report::markup::cell;
use crate::report::{Column, Table};
use crate::store::read::DespatchGroup;
use crate::text::{clean, count};
use chrono_tz::Tz;

/// Lines of an order on one page.
const LINES_MAX: usize = 100;

/// The page; times in the zone of the people who read it.
pub(super) fn markdown(
    order: &OrderFull,
    despatches: &[DespatchGroup],
    why: &Why,
    (now, zone): (Ts, Tz),
) -> String {
    let row = &order.row;
    let time = |at: Ts| {
        at.to_utc()
            .with_timezone(&zone)
            .format("%a %-d %b %Y, %H:%M")
            .to_string()
    };
    let mut out = format!("# Order {}\n\n", cell(&row.number));
    if !row.reference.is_empty() && row.reference != row.number {
        out.push_str(&format!("Your reference: {}\n\n", cell(&row.reference)));
    }
    out.push_str(&format!("**{}**\n\n", standing(row)));
    let mut facts = vec![format!("Ordered: {}", time(row.received_at))];
    if let Some(at) = row.ship_by.filter(|at| *at != Ts::NEVER) {
        let word = if row.state.has_left() || row.despatched_at.is_some() {
            "Promised to leave by"
        } else if at < now {
            "Promised to leave by (this time has passed)"
        } else {
            "Leaves us by"
        };
        facts.push(format!("{word}: {}", time(at)));
    }
    if let Some(at) = row.despatched_at {
        facts.push(format!("Left us: {}", time(at)));
    }
    for fact in facts {
        out.push_str(&format!("- {fact}\n"));
    }
    out.push_str(&format!("\n## What was ordered\n\n{}", ordered(order)));
    out.push_str(&format!("\n## Parcels\n\n{}", parcels(despatches, &time)));
    out.push_str(&format!("\n## What happens next\n\n{}\n", next(order, why)));
    out.push_str(&format!("\nAs of {} ({zone}).\n", time(now)));
    out
}

fn standing(row: &OrderRow) -> &'static str {
    match row.state {
        OrderState::HeldPayment => "Waiting for payment",
        OrderState::Received
        | OrderState::HeldSource
        | OrderState::Ready
        | OrderState::Checking
        | OrderState::Blocked
        | OrderState::Queued
        | OrderState::Sending
        | OrderState::InDoubt
        | OrderState::OrphanSource => "Accepted, not yet in the warehouse",
        OrderState::InWarehouse | OrderState::Allocated => "In the warehouse",
        OrderState::AmendReview | OrderState::CancelReview => {
            "In the warehouse, a change is being looked at"
        }
        OrderState::Backordered => "Waiting for stock",
        OrderState::Picking => "Being picked in the warehouse",
        OrderState::Packing => "Being packed in the warehouse",
        OrderState::PartDespatched => "A part of it is on its way",
        OrderState::Despatched
        | OrderState::Confirming
        | OrderState::Confirmed
        | OrderState::Notified => "On its way",
        OrderState::Closed if row.despatched_at.is_some() => "On its way",
        OrderState::Closed => "Finished",
        OrderState::Cancelled => "Cancelled",
        OrderState::OrphanWarehouse => "In the warehouse, being looked at",
        OrderState::Returning => "On its way back to us",
    }
}

fn ordered(order: &OrderFull) -> String {
    let mut table = Table::new(&[
        Column::text("item"),
        Column::number("ordered"),
        Column::number("sent"),
    ]);
    for line in order.lines.iter().take(LINES_MAX) {
        let title = if line.title.trim().is_empty() {
            line.sku.as_str()
        } else {
            line.title.as_str()
        };
        table.row([
            clean(title),
            line.qty_each.to_string(),
            line.despatched_each.to_string(),
        ]);
    }
    let mut out = table.markdown();
    if let Some(more) = order.lines.len().checked_sub(LINES_MAX).filter(|n| *n > 0) {
        let more = i64::try_from(more).unwrap_or(i64::MAX);
        out.push_str(&format!("\nand {} more.\n", count(more, "line", "lines")));
    }
    out
}

fn parcels(despatches: &[DespatchGroup], time: &dyn Fn(Ts) -> String) -> String {
    if despatches.is_empty() {
        return "Nothing has left yet.\n".to_owned();
    }
    let mut table = Table::new(&[
        Column::text("left"),
        Column::text("carrier"),
        Column::text("tracking"),
        Column::number("units"),
    ]);
    for group in despatches {
        let Some(first) = group.lines.first() else {
            continue;
        };
        let units: i64 = group.lines.iter().map(|l| l.qty_each).sum();
        let tracking = if first.tracking.trim().is_empty() {
            "none yet".to_owned()
        } else {
            clean(&first.tracking)
        };
        table.row([
            time(first.despatched_at),
            clean(&first.carrier),
            tracking,
            units.to_string(),
        ]);
    }
    table.markdown()
}

/// In the words of a shop; what went wrong inside is nobody's business outside.
fn next(order: &OrderFull, why: &Why) -> String {
    let row = &order.row;
    let has_kind = |kind: Kind| why.reasons.iter().any(|r| r.kind == Some(kind));
    let text = match row.state {
        OrderState::Cancelled => "Nothing: the order was cancelled.",
        OrderState::HeldPayment => "It is sent to the warehouse as soon as the payment has come.",
        OrderState::Backordered => "It leaves as soon as the missing goods have come in.",
        OrderState::PartDespatched => "The rest follows in another parcel.",
        _ if has_kind(Kind::OrdAddressInvalid) => {
            "We need a complete delivery address before it can go; please check it with the customer."
        }
        _ if has_kind(Kind::OrdBackordered) => {
            "It leaves as soon as the missing goods have come in."
        }
        _ if row.state.has_left() || row.state.is_finished() => {
            "The carrier delivers it; the tracking number shows where it is."
        }
        _ if why.standing == Standing::Stopped => {
            "It is held while we put something right. Nothing is needed from the customer."
        }
        _ if row.state.is_in_warehouse() => {
            "The warehouse picks, packs and hands it to the carrier."
        }
        _ => "It goes to the warehouse next.",
    };
    text.to_owned()
}

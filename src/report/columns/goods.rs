//! Columns of the lists about goods: stock positions, lanes of movements, returns.

use super::ListColumn;
use crate::desk::GatedReturn;
use crate::domain::drift;
use crate::domain::returns::{ReturnLine, given_up_at};
use crate::domain::stock::StockPosition;
use crate::report::opt;
use crate::store::LaneRow;
use crate::text;

type Position = ListColumn<StockPosition>;
type Lane = ListColumn<LaneRow>;
type Coming = ListColumn<GatedReturn>;

/// There is a position for every item and place.
const NO_INDEX: &str = "no index of positions by it";

/// Every column of the positions that disagree; those on show at first stand first.
pub const STOCK: &[Position] = &[
    Position::text("item", "item", 12, |s| s.item.to_string())
        .share(2)
        .by("item"),
    Position::text("location", "location", 8, |s| s.location.to_string())
        .share(1)
        .drops(3)
        .unsorted(NO_INDEX),
    Position::figure("should", "should", 6, |s| s.publish_each.to_string())
        .drops(1)
        .unsorted(NO_INDEX),
    Position::figure("shown", "shown", 6, |s| opt(s.source_each.as_ref()))
        .drops(1)
        .unsorted(NO_INDEX),
    Position::figure("gap", "gap", 6, |s| s.gap_each.to_string())
        .drops(2)
        .by("gap"),
    Position::figure("unexplained", "unexplained", 11, |s| {
        s.remainder_each.to_string()
    })
    .unsorted(NO_INDEX),
    Position::figure("hours_to_oversell", "oversells", 9, |s| {
        s.oversell_hours_milli
            .map_or_else(String::new, |milli| text::money(milli / 10))
    })
    .by("risk"),
    Position::figure("at_risk", "at risk", 9, |s| {
        text::money(s.value_at_risk_minor)
    })
    .drops(2)
    .by("value"),
    Position::text("says", "says", 30, |s| match &s.paused_reason {
        Some(reason) => format!("stopped: {reason}"),
        None => drift::suggest(s).unwrap_or_default(),
    })
    .share(5)
    .drops(4),
    Position::figure("runs", "runs", 4, |s| s.runs.to_string())
        .drops(6)
        .unsorted(NO_INDEX),
    Position::time("since", "since", 5, |s| s.drift_since)
        .drops(5)
        .unsorted(NO_INDEX),
    Position::text("pair", "pair", 8, |s| s.pair.to_string())
        .drops(7)
        .unsorted(NO_INDEX),
    Position::text("sku", "SKU", 12, |s| s.sku.to_string())
        .extra()
        .unsorted(NO_INDEX),
    Position::figure("available", "available", 9, |s| {
        s.available_each.to_string()
    })
    .extra()
    .unsorted(NO_INDEX),
    Position::figure("on_hand", "on hand", 7, |s| s.on_hand_each.to_string())
        .extra()
        .unsorted(NO_INDEX),
    Position::figure("allocated", "allocated", 9, |s| {
        s.allocated_each.to_string()
    })
    .extra()
    .unsorted(NO_INDEX),
    Position::figure("buffer", "buffer", 6, |s| s.buffer_each.to_string())
        .extra()
        .unsorted(NO_INDEX),
    Position::figure("written", "written", 7, |s| opt(s.written_each.as_ref()))
        .extra()
        .unsorted(NO_INDEX),
    Position::time("read", "read", 12, |s| s.source_read_at)
        .extra()
        .unsorted(NO_INDEX),
];

/// Every column of the lanes of movements.
pub const LANES: &[Lane] = &[
    Lane::text("item", "item", 12, |l| {
        l.first.entry.movement.item.to_string()
    })
    .share(2)
    .by("item"),
    Lane::text("location", "location", 8, |l| l.key.location.to_string())
        .share(1)
        .drops(4)
        .unsorted("sort by item: its places stand together"),
    Lane::text("state", "state", 8, |l| l.standing.word().to_owned()).by("state"),
    Lane::text("head", "head", 6, |l| {
        let entry = &l.first.entry;
        match entry.counted_each.filter(|_| l.head().is_some()) {
            Some(counted) => format!("={counted}"),
            None => entry.movement.delta_each.to_string(),
        }
    })
    .right(),
    Lane::text("kind", "kind", 15, |l| match l.first.entry.kind {
        Some(kind) => kind.as_str().replace('_', " "),
        None => l.first.entry.movement.word.clone(),
    })
    .drops(5),
    Lane::time("since", "since", 5, |l| Some(l.since())).by("age"),
    Lane::figure("waiting", "waiting", 7, |l| l.waiting.to_string())
        .drops(1)
        .by("waiting"),
    Lane::figure("units", "units", 6, |l| l.pending_each.to_string()).drops(3),
    Lane::figure("owed", "owed", 5, |l| l.owed_each.to_string()).drops(2),
    Lane::figure("orders", "orders", 6, |l| l.orders.to_string()).by("orders"),
    Lane::text("reason", "reason", 16, |l| l.first.entry.text.clone()).share(5),
    Lane::time("next", "next", 5, |l| {
        l.first.due_at.filter(|_| l.head().is_some())
    })
    .drops(6),
    Lane::text("pair", "pair", 8, |l| l.pair.to_string()).drops(7),
];

fn sum(row: &GatedReturn, of: fn(&ReturnLine) -> i64) -> String {
    row.held.lines.iter().map(of).sum::<i64>().to_string()
}

/// Every column of the returns.
pub const RETURNS: &[Coming] = &[
    Coming::text("return", "return", 16, |r| r.held.row.reference.to_string())
        .share(1)
        .by("id"),
    Coming::text("goods", "goods", 18, |r| r.held.row.state.to_string()).by("state"),
    Coming::text("money", "money", 7, |r| r.held.row.money.to_string()).by("money"),
    Coming::text("next", "next", 22, |r| {
        let steps = r.steps();
        match (steps.first(), steps.len()) {
            (None, _) => String::new(),
            (Some(first), 1) => first.in_short(),
            (Some(first), n) => format!("{} (+{})", first.in_short(), n - 1),
        }
    })
    .share(4),
    Coming::time("due", "due", 9, |r| given_up_at(&r.held.row))
        .drops(1)
        .by("due"),
    Coming::text("units", "units", 5, |r| {
        let received = sum(r, |l| l.received_each);
        format!("{received}/{}", sum(r, |l| l.authorised_each))
    })
    .right()
    .drops(2),
    Coming::time("began", "age", 4, |r| Some(r.held.row.created_at))
        .drops(3)
        .by("age"),
    Coming::figure("lines", "lines", 5, |r| r.held.lines.len().to_string()).drops(7),
    Coming::text("order", "order", 10, |r| r.held.row.order_number.clone())
        .share(1)
        .drops(4)
        .by("order"),
    Coming::text("reason", "reason", 12, |r| r.held.row.reason.clone())
        .share(2)
        .drops(5),
    Coming::text("allowed_by", "allowed by", 10, |r| {
        r.held.row.authorised_by.clone()
    })
    .share(1)
    .drops(6),
    Coming::text("pair", "pair", 8, |r| r.held.row.pair.to_string()).drops(8),
    Coming::figure("agreed", "agreed", 6, |r| sum(r, |l| l.authorised_each)).extra(),
    Coming::figure("received", "received", 8, |r| sum(r, |l| l.received_each)).extra(),
    Coming::figure("shelf", "shelf", 5, |r| sum(r, |l| l.stocked_each)).extra(),
    Coming::figure("booked", "booked", 6, |r| sum(r, |l| l.confirmed_each)).extra(),
    Coming::figure("credited", "credited", 8, |r| sum(r, |l| l.credited_each)).extra(),
    Coming::text("cause", "cause", 10, |r| r.held.row.cause.to_string()).extra(),
];

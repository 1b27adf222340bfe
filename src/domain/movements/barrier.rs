//! The allocation barrier: goods first, promises after. An order waits while an older movement of one of its items is
//! not in the source yet.

use super::{LaneKey, LaneView};
use crate::domain::catalogue::Kind;
use crate::domain::ids::{ItemCode, LocationId};
use crate::domain::order::{OrderRow, OrderState};
use crate::domain::preflight::Fault;
use crate::domain::time::{Span, Ts};

/// How long an order waits at the barrier before it is held and shown.
pub const BARRIER_WAIT: Span = Span::mins(5);

/// What every order says that is held at the barrier.
pub const HELD: &str = "the order waits for it";

/// How the waiting of an order at the barrier begins.
const WAITS: &str = "waits for stock movements of ";

/// What an order at the barrier says.
pub fn waits_for(lanes: &[LaneKey]) -> String {
    let names: Vec<String> = lanes.iter().map(LaneKey::to_string).collect();
    format!("{WAITS}{}", names.join(", "))
}

/// Whether an order waits at the barrier, or is held there.
pub fn is_at_barrier(row: &OrderRow) -> bool {
    match row.state {
        OrderState::Checking => row.blocked_by.starts_with(WAITS),
        OrderState::Blocked => row.blocked_by.contains(HELD),
        _ => false,
    }
}

/// What the barrier looks at.
#[derive(Debug, Clone, Copy)]
pub struct BarrierInput<'a> {
    pub items: &'a [ItemCode],
    pub location: &'a LocationId,
    /// When the order was approved: movements after that do not concern it.
    pub approved_at: Ts,
    /// When it came to the barrier.
    pub waiting_since: Ts,
    pub now: Ts,
}

/// Whether an order may pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passage {
    /// Nothing older is outstanding for any of its items.
    Go,
    /// These lanes must move first; look again by `until`.
    Wait { lanes: Vec<LaneKey>, until: Ts },
    /// Waited long enough: held and linked to the stopped lanes, one fault each.
    Hold(Vec<Fault>),
}

/// Whether an order may pass the barrier. Orders without the item of a stopped lane are never held.
pub fn passage(input: &BarrierInput<'_>, lanes: &[LaneView<'_>]) -> Passage {
    let in_the_way: Vec<&LaneView<'_>> = lanes
        .iter()
        .filter(|lane| lane.key.location == *input.location)
        .filter(|lane| has_older(lane, input))
        .collect();
    if in_the_way.is_empty() {
        return Passage::Go;
    }
    let until = input.waiting_since + BARRIER_WAIT;
    if input.now < until {
        let lanes = in_the_way.iter().map(|l| l.key.clone()).collect();
        return Passage::Wait { lanes, until };
    }
    Passage::Hold(in_the_way.into_iter().map(fault).collect())
}

fn has_older(lane: &LaneView<'_>, input: &BarrierInput<'_>) -> bool {
    lane.outstanding()
        .any(|e| e.movement.at < input.approved_at && input.items.contains(&e.movement.item))
}

fn fault(lane: &LaneView<'_>) -> Fault {
    let first = lane.head.map_or_else(String::new, |h| {
        format!(": {} comes first", h.movement.words())
    });
    Fault::new(
        Kind::StkLaneBlocked,
        lane.key.discriminator(),
        format!("lane {} has stopped{first}; {HELD}", lane.key),
    )
}

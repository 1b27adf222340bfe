//! What the deliveries of an order say about it: paused, refused, in doubt, waiting for a system.

use super::way::Way;
use super::{Reason, Standing, WhyInput, pause};
use crate::domain::delivery::{DeliveryRow, DeliveryState, Flow};
use crate::domain::live::{BreakerState, SystemLive};
use crate::domain::order::OrderState;
use crate::text;

/// What holds the deliveries that have not ended, oldest first.
pub(super) fn reasons(input: &WhyInput<'_>) -> Vec<Reason> {
    let state = input.order.row.state;
    // A create that a check or a hold stopped is parked as refused; the check itself has said why.
    let is_parked = |d: &DeliveryRow| {
        d.flow == Flow::OrderCreate
            && d.state == DeliveryState::Rejected
            && state.is_before_warehouse()
            && !matches!(state, OrderState::Queued | OrderState::Sending)
    };
    input
        .deliveries
        .iter()
        .filter(|d| !d.state.is_final() && !is_parked(d))
        .filter_map(|d| of_delivery(input, d))
        .map(|(mut reason, delivery)| {
            reason.delivery = Some(delivery.id);
            reason
        })
        .collect()
}

fn of_delivery<'a>(
    input: &WhyInput<'_>,
    delivery: &'a DeliveryRow,
) -> Option<(Reason, &'a DeliveryRow)> {
    let can_move = matches!(
        delivery.state,
        DeliveryState::Waiting | DeliveryState::Ready | DeliveryState::InDoubt
    );
    let outside = can_move.then(|| held_outside(input, delivery)).flatten();
    let reason = match outside {
        Some(reason) => reason,
        None => by_state(input, delivery)?,
    };
    Some((reason, delivery))
}

/// The flow is paused, or its system cannot be called.
fn held_outside(input: &WhyInput<'_>, delivery: &DeliveryRow) -> Option<Reason> {
    let what = subject(delivery.flow);
    let system = &delivery.system;
    if let Some(paused) = pause(input, delivery.flow) {
        let whole = "the whole pair".to_owned();
        let named = paused.flow.map_or(whole, |flow| flow.to_string());
        let text = format!("{named} is paused, so {what} waits: {}", paused.why);
        let way = Way::Resume { flow: paused.flow };
        let next = "Sends it when that is resumed.";
        return Some(Reason::new(Standing::Stopped, text, next, way));
    }
    let live = input.systems.iter().find(|(id, _)| id == system)?;
    let live = &live.1;
    if let Some(why) = &live.auth_failed {
        let text = format!("{system} refuses our sign-in, so {what} cannot be sent: {why}");
        let advice = Way::Advice("renew the credentials; integration can".to_owned());
        return Some(Reason::new(
            Standing::Stopped,
            text,
            "Tries to sign in again.",
            advice,
        ));
    }
    let (text, until) = cannot_be_called(input, live)?;
    let text = format!("{system} {text}, so {what} waits");
    Some(
        Reason::new(
            Standing::Waiting,
            text,
            "Goes on as soon as it may.",
            Way::Nothing,
        )
        .next_at(until),
    )
}

fn cannot_be_called(
    input: &WhyInput<'_>,
    live: &SystemLive,
) -> Option<(&'static str, Option<crate::domain::time::Ts>)> {
    if live.breaker != BreakerState::Closed {
        return Some(("does not answer", live.breaker_until));
    }
    let until = live.throttled_until.filter(|at| *at > input.now)?;
    Some(("asked us to wait", Some(until)))
}

fn by_state(input: &WhyInput<'_>, delivery: &DeliveryRow) -> Option<Reason> {
    let what = subject(delivery.flow);
    let tries = text::count(delivery.attempts, "try", "tries");
    let retry = Way::Retry {
        delivery: delivery.id,
    };
    let since = delivery.sent_at.unwrap_or(delivery.caused_at);
    Some(match delivery.state {
        DeliveryState::Waiting => Reason::new(
            Standing::Waiting,
            format!("{what} waits behind an earlier write of the same key"),
            "Sends it when the earlier one is settled.",
            Way::Nothing,
        )
        .since(delivery.created_at),
        DeliveryState::Ready if delivery.attempts == 0 => return in_turn(input, delivery),
        DeliveryState::Ready => Reason::new(
            Standing::Waiting,
            format!("{what} failed after {tries}: {}", delivery.last_text),
            "Tries again.",
            retry,
        )
        .since(delivery.caused_at)
        .next_at(Some(delivery.due_at)),
        DeliveryState::Sending => return None,
        DeliveryState::InDoubt => Reason::new(
            Standing::Waiting,
            format!(
                "nobody knows yet whether {what} took effect: {}",
                delivery.last_text
            ),
            "Asks whether it did; sends again only when it surely did not.",
            retry,
        )
        .since(since)
        .next_at(Some(delivery.due_at)),
        DeliveryState::Rejected => Reason::new(
            Standing::Stopped,
            format!("{} refused {what}: {}", delivery.system, delivery.last_text),
            "Tries again when the order, a mapping or an item changes.",
            retry,
        )
        .since(delivery.updated_at),
        DeliveryState::Dead => Reason::new(
            Standing::Stopped,
            format!("{what} was given up after {tries}: {}", delivery.last_text),
            "Nothing until somebody says so.",
            retry,
        )
        .since(delivery.updated_at),
        DeliveryState::Applied | DeliveryState::Superseded | DeliveryState::Cancelled => {
            return None;
        }
    })
}

/// In its lane behind others: worth a word only when there is a queue.
fn in_turn(input: &WhyInput<'_>, delivery: &DeliveryRow) -> Option<Reason> {
    let what = subject(delivery.flow);
    if delivery.due_at > input.now {
        let text = format!("{what} is due later");
        return Some(
            Reason::new(Standing::Waiting, text, "Sends it then.", Way::Nothing)
                .next_at(Some(delivery.due_at)),
        );
    }
    let (_, live) = input
        .systems
        .iter()
        .find(|(id, _)| *id == delivery.system)?;
    let lane = live.lanes.iter().find(|l| l.lane == delivery.lane)?;
    if lane.waiting < 2 {
        return None;
    }
    let text = format!(
        "{what} stands in the {} lane of {}, {} wait there",
        delivery.lane, delivery.system, lane.waiting
    );
    let next = "Sends in order of promise, as fast as the system's limit allows.";
    Some(Reason::new(Standing::Waiting, text, next, Way::Nothing).since(delivery.caused_at))
}

/// What a flow writes, as people say it.
const fn subject(flow: Flow) -> &'static str {
    match flow {
        Flow::OrderCreate => "the order",
        Flow::OrderAmend => "its change",
        Flow::OrderCancel => "its cancellation",
        Flow::Despatch => "the confirmation of its despatch",
        Flow::ReturnExpect => "the announcement of its return",
        Flow::CreditNote => "its credit note",
        _ => "a write of it",
    }
}

//! Operator requests and the engine's own errands: kinds, and those that need no call to another system.

use super::context::Cx;
use crate::domain::catalogue::Kind;
use crate::domain::change::{Change, DeliveryMove, Fence, Journal};
use crate::domain::delivery::{DeliveryRow, DeliveryState, Flow};
use crate::domain::exception::ObjectRef;
use crate::domain::ids::{
    DeliveryId, ExceptionId, ItemCode, LocationId, OrderId, PairId, RequestId, SiteRef,
};
use crate::domain::order::{OrderFull, OrderState, SiteChoice};
use crate::domain::routing;
use crate::domain::time::Ts;
use crate::store::read::RequestRow;
use crate::store::{StoreError, StoreResult};
use serde::de::DeserializeOwned;

/// Decide one order again (no call).
pub const RECHECK_ORDER: &str = "recheck_order";
/// Decide every blocked order of a pair again (no call).
pub const RECHECK_ORDERS: &str = "recheck_orders";
/// Read an order in the source, then in the warehouse.
pub const RESYNC_ORDER: &str = "resync_order";
/// Read an order in the warehouse.
pub const RESYNC_WMS: &str = "resync_wms";
/// Look item codes up in the warehouse.
pub const READ_ITEMS: &str = "read_items";
/// Let a mass change of stock figures through once.
pub const APPROVE_MASS_CHANGE: &str = "approve_mass_change";

/// Read a warehouse's levels for a comparison.
pub const READ_LEVELS: &str = "read_levels";

/// Look at a system's subscriptions to webhooks and put them right.
pub const CHECK_HOOKS: &str = "check_hooks";

/// Orders whose site depends on stock, judged again at once; the rest follow with the next figures.
const ROUTE_AGAIN_MAX: usize = 10_000;
/// Members of an exception that one request works on.
const MEMBERS_MAX: usize = 5_000;

/// Whether the request needs a system's worker rather than the desk.
pub fn needs_system(kind: &str) -> bool {
    matches!(
        kind,
        RESYNC_ORDER | RESYNC_WMS | READ_ITEMS | READ_LEVELS | APPROVE_MASS_CHANGE | CHECK_HOOKS
    )
}

/// A field of a request's body.
pub fn field<T: DeserializeOwned>(request: &RequestRow, name: &str) -> Option<T> {
    request
        .body
        .get(name)
        .cloned()
        .and_then(|value| serde_json::from_value(value).ok())
}

/// What a request led to: changes to commit and the answer for the person.
pub struct Answered {
    pub changes: Vec<Change>,
    pub is_ok: bool,
    pub text: String,
}

/// Nothing is done, and why.
pub fn refused(text: &str) -> Answered {
    Answered {
        changes: Vec::new(),
        is_ok: false,
        text: text.to_owned(),
    }
}

/// Carries out one request that needs no call. `None` when it is not for the desk.
pub async fn carry_out(cx: &Cx, request: &RequestRow) -> StoreResult<Option<Answered>> {
    let now = cx.now();
    let answered = match request.kind.as_str() {
        "retry_exception" | "check_fixed" => match field::<ExceptionId>(request, "exception") {
            Some(id) => retry_exception(cx, id, request.kind == "check_fixed", now).await?,
            None => refused("the request names no exception"),
        },
        "retry_delivery" => match field::<DeliveryId>(request, "delivery") {
            Some(id) => move_delivery(cx, id, None, now).await?,
            None => refused("the request names no delivery"),
        },
        "cancel_delivery" => match field::<DeliveryId>(request, "delivery") {
            Some(id) => {
                let reason: String = field(request, "reason").unwrap_or_default();
                move_delivery(
                    cx,
                    id,
                    Some(&format!("cancelled by {}: {reason}", request.who)),
                    now,
                )
                .await?
            }
            None => refused("the request names no delivery"),
        },
        "hold_order" | "release_order" => match field::<OrderId>(request, "order") {
            Some(id) => {
                let reason: String = field(request, "reason").unwrap_or_default();
                let reason = Some(reason.as_str()).filter(|_| request.kind == "hold_order");
                super::holds::hold(cx, id, reason, &request.who, now).await?
            }
            None => refused("the request names no order"),
        },
        "choose_site" => choose_site(cx, request, now).await?,
        "edit_order" => super::edits::edit_order(cx, request, now).await?,
        "run_flow" => match (
            field::<PairId>(request, "pair"),
            field::<Flow>(request, "flow"),
        ) {
            (Some(pair), Some(flow)) => Answered {
                changes: vec![Change::ScheduleHasten {
                    pair,
                    flow,
                    at: now,
                }],
                is_ok: true,
                text: format!("{flow} runs now"),
            },
            _ => refused("the request names no pair and flow"),
        },
        kind if super::returns::is_ours(kind) => super::returns::carry_out(cx, request).await?,
        super::remedies::LANE_HEAD => super::remedies::lane_head(cx, request, now).await?,
        super::corrections::CORRECT_STOCK => {
            super::corrections::correct_stock(cx, request, now).await?
        }
        "push_stock" => push_stock(cx, request, now).await?,
        "resume_stock" => resume_stock(cx, request, now).await?,
        _ => return Ok(None),
    };
    Ok(Some(answered))
}

/// Every member is tried again: orders are decided again, their waiting deliveries are due now, systems are read again.
/// `is_check`: to see whether it is settled, as somebody says.
pub(super) async fn retry_exception(
    cx: &Cx,
    id: ExceptionId,
    is_check: bool,
    now: Ts,
) -> StoreResult<Answered> {
    let Some(case) = cx.store.exception(id).await? else {
        return Ok(refused("there is no such exception"));
    };
    let members = cx.store.members(id, None, MEMBERS_MAX).await?;
    let mut changes = Vec::new();
    let mut next = cx.ids(members.len() as i64 * 2 + 2).await?;
    let mut take = || {
        next += 1;
        RequestId(next - 1)
    };
    let mut errands = 0;
    for member in &members {
        match &member.object {
            ObjectRef::Order(order) => {
                for delivery in cx.store.deliveries_of_order(*order).await? {
                    if is_retryable(&delivery) {
                        changes.push(retry_now(&delivery, now));
                    }
                }
                let body = serde_json::json!({ "order": order, "exception": id });
                changes.push(Change::Request {
                    id: take(),
                    kind: RESYNC_ORDER.to_owned(),
                    body: body.clone(),
                });
                changes.push(Change::Request {
                    id: take(),
                    kind: RECHECK_ORDER.to_owned(),
                    body,
                });
            }
            ObjectRef::Delivery(delivery) => {
                for row in cx.store.deliveries_by_id(&[DeliveryId(*delivery)]).await? {
                    if is_retryable(&row) {
                        changes.push(retry_now(&row, now));
                    }
                }
            }
            ObjectRef::Flow(name) => {
                if let Some((pair, flow)) = name
                    .split_once('/')
                    .and_then(|(p, f)| Flow::parse(f).map(|f| (p, f)))
                {
                    changes.push(Change::ScheduleHasten {
                        pair: pair.into(),
                        flow,
                        at: now,
                    });
                }
            }
            ObjectRef::System(system) if case.kind == Kind::SysWebhookSilent => {
                changes.push(Change::Request {
                    id: take(),
                    kind: CHECK_HOOKS.to_owned(),
                    body: serde_json::json!({ "system": system }),
                });
                errands += 1;
            }
            ObjectRef::Item(_) | ObjectRef::Mapping(_) => errands += 1,
            ObjectRef::System(_) | ObjectRef::Despatch(_) | ObjectRef::WmsOrder(_) => errands += 1,
            ObjectRef::Exception(_) | ObjectRef::House(_) => {}
        }
    }
    if errands > 0 {
        for pair in cx
            .pairs
            .iter()
            .filter(|p| p.id == case.pair || case.pair.as_str() == ALL_PAIRS)
        {
            let provers = flows_that_prove(case.kind).iter();
            for flow in provers.filter(|flow| cx.has_flow(pair, **flow)) {
                changes.push(Change::ScheduleHasten {
                    pair: pair.id.clone(),
                    flow: *flow,
                    at: now,
                });
            }
        }
        for delivery in stuck_stock(cx, &case.pair).await? {
            if members
                .iter()
                .any(|m| m.object == ObjectRef::Item(delivery.object.clone()))
            {
                changes.push(retry_now(&delivery, now));
            }
        }
    }
    if let Some(sku) = case.discriminator.strip_prefix("SKU=") {
        let body = serde_json::json!({ "pair": case.pair, "codes": [sku] });
        changes.push(Change::Request {
            id: take(),
            kind: READ_ITEMS.to_owned(),
            body,
        });
    }
    let what = if is_check {
        "are read again in both systems"
    } else {
        "are tried again"
    };
    let text = format!(
        "{} {what}",
        crate::text::count(members.len() as i64, "member", "members")
    );
    Ok(Answered {
        changes,
        is_ok: true,
        text,
    })
}

/// Pair name of exceptions that concern a whole system.
pub const ALL_PAIRS: &str = "all";

/// Which reads show whether a kind that is not about an order still holds.
fn flows_that_prove(kind: Kind) -> &'static [Flow] {
    match kind.code().get(..3) {
        Some("STK") => &[Flow::StockSnapshot, Flow::ReconcileStock],
        Some("PRD") => &[Flow::Catalogue, Flow::Product],
        Some("MAP") => &[Flow::Catalogue, Flow::StatusPull],
        Some("DSP") => &[Flow::Despatch, Flow::OrderPull],
        _ => &[Flow::StatusPull, Flow::OrderPull],
    }
}

/// Writes of stock that wait for somebody. A head of a lane that was given up is dealt with at its lane, where a person
/// says what the figure means; one that is tried again by itself is tried now.
async fn stuck_stock(cx: &Cx, pair: &PairId) -> StoreResult<Vec<DeliveryRow>> {
    let states = [DeliveryState::Rejected, DeliveryState::Dead];
    let mut rows = cx
        .store
        .deliveries_in(pair, Flow::StockSnapshot, &states, MEMBERS_MAX)
        .await?;
    rows.extend(
        cx.store
            .deliveries_in(pair, Flow::Product, &states, MEMBERS_MAX)
            .await?,
    );
    let again = [DeliveryState::Ready, DeliveryState::InDoubt];
    rows.extend(
        cx.store
            .deliveries_in(pair, Flow::StockDelta, &again, MEMBERS_MAX)
            .await?,
    );
    Ok(rows)
}

const fn is_retryable(delivery: &DeliveryRow) -> bool {
    matches!(
        delivery.state,
        DeliveryState::Rejected
            | DeliveryState::Dead
            | DeliveryState::Ready
            | DeliveryState::InDoubt
    )
}

/// Due now. In doubt it is asked about now, never sent blindly.
fn retry_now(delivery: &DeliveryRow, now: Ts) -> Change {
    let is_doubt = delivery.state == DeliveryState::InDoubt;
    Change::Deliver(DeliveryMove {
        id: delivery.id,
        from: Some(delivery.state),
        to: if is_doubt {
            DeliveryState::InDoubt
        } else {
            DeliveryState::Ready
        },
        step: if is_doubt { delivery.step } else { 0 },
        due_at: now,
        attempts: delivery.attempts,
        sent_at: delivery.sent_at,
        absent_at: delivery.absent_at,
        class: None,
        text: if is_doubt {
            "asked about now"
        } else {
            "tried again by a person"
        }
        .to_owned(),
        intent: None,
    })
}

async fn move_delivery(
    cx: &Cx,
    id: DeliveryId,
    cancel: Option<&str>,
    now: Ts,
) -> StoreResult<Answered> {
    let Some(delivery) = cx.store.deliveries_by_id(&[id]).await?.into_iter().next() else {
        return Ok(refused("there is no such delivery"));
    };
    if delivery.state.is_final() {
        return Ok(refused(&format!(
            "the delivery has ended: {}",
            delivery.state
        )));
    }
    match cancel {
        None if is_retryable(&delivery) => Ok(Answered {
            changes: vec![retry_now(&delivery, now)],
            is_ok: true,
            text: format!("{} is tried again", delivery.object),
        }),
        None => Ok(refused(&format!(
            "the delivery is {}: there is nothing to try again",
            delivery.state
        ))),
        Some(_) if delivery.flow == Flow::StockDelta => Ok(refused(
            "it is the head of a lane: skip it there, so that the debt is kept and the item compared",
        )),
        Some(_)
            if matches!(
                delivery.state,
                DeliveryState::Sending | DeliveryState::InDoubt
            ) =>
        {
            Ok(refused(
                "it may already have taken effect; it can be cancelled once that is known",
            ))
        }
        Some(reason) => {
            let moved = DeliveryMove {
                id,
                from: Some(delivery.state),
                to: DeliveryState::Cancelled,
                step: delivery.step,
                due_at: now,
                attempts: delivery.attempts,
                sent_at: delivery.sent_at,
                absent_at: None,
                class: None,
                text: reason.to_owned(),
                intent: None,
            };
            Ok(Answered {
                changes: vec![Change::Deliver(moved)],
                is_ok: true,
                text: format!("{} was cancelled", delivery.object),
            })
        }
    }
}

/// Keeps with the order which site a person chose for it, and has it decided again.
async fn choose_site(cx: &Cx, request: &RequestRow, now: Ts) -> StoreResult<Answered> {
    let (Some(id), Some(site)) = (
        field::<OrderId>(request, "order"),
        field::<SiteRef>(request, "site"),
    ) else {
        return Ok(refused("the request names no order and site"));
    };
    let Some(order) = cx.store.orders_by_id(&[id]).await?.into_iter().next() else {
        return Ok(refused("there is no such order"));
    };
    if let Some(why) = why_site_stays(cx, &order, &site).await? {
        return Ok(refused(&why));
    }
    let (mut row, mut body) = (order.row.clone(), order.body.clone());
    let choice = SiteChoice {
        site: site.clone(),
        location: body.source.location.clone(),
        who: request.who.clone(),
        reason: field(request, "reason").unwrap_or_default(),
    };
    row.updated_at = now;
    let journal = Journal {
        action: "order.site_chosen".to_owned(),
        object: ObjectRef::Order(id),
        pair: Some(order.row.pair.clone()),
        before: order
            .row
            .site
            .as_ref()
            .map_or_else(String::new, ToString::to_string),
        after: site.to_string(),
        reason: format!("{} ({})", choice.reason, request.who),
        exception: None,
        payload: None,
    };
    body.site_choice = Some(choice);
    let changes = vec![
        Change::Order {
            row: Box::new(row),
            body: Some(Box::new(body)),
            lines: None,
        },
        Change::Journal(journal),
        recheck_order(cx, id).await?,
    ];
    Ok(Answered {
        changes,
        is_ok: true,
        text: format!("{} ships from {site}", order.row.number),
    })
}

/// Why nobody may choose this site for the order; `None` when it may be chosen.
async fn why_site_stays(cx: &Cx, order: &OrderFull, site: &SiteRef) -> StoreResult<Option<String>> {
    let row = &order.row;
    let no = |why: &str| Ok(Some(why.to_owned()));
    let hot = cx.store.hot_deliveries_of(&[row.id]).await?;
    let is_begun = hot.values().flatten().any(DeliveryRow::is_creation_begun);
    let Some(pair) = cx.pair(&row.pair) else {
        return no("there is no such pair");
    };
    let source = cx.systems.sources.get(&pair.source).cloned();
    let is_ledger = source.is_some_and(|s| s.adjustments().is_some());
    if let Some(why) = routing::keeps_site(row.state, is_begun, is_ledger) {
        return no(why);
    }
    let set = cx.mapping_set(&pair.id).await?;
    if set.is_site_named(site) {
        return Ok(None);
    }
    let known: Vec<String> = set.sites().iter().map(ToString::to_string).collect();
    no(&format!(
        "no mapping of {} names the site {site}; there are {}",
        pair.id,
        known.join(", ")
    ))
}

/// The wish that an order be decided on again.
pub(super) async fn recheck_order(cx: &Cx, id: OrderId) -> StoreResult<Change> {
    Ok(Change::Request {
        id: RequestId(cx.id().await?),
        kind: RECHECK_ORDER.to_owned(),
        body: serde_json::json!({ "order": id }),
    })
}

async fn push_stock(cx: &Cx, request: &RequestRow, now: Ts) -> StoreResult<Answered> {
    let (Some(pair_id), Some(item), Some(location)) = (
        field::<PairId>(request, "pair"),
        field::<ItemCode>(request, "item"),
        field::<LocationId>(request, "location"),
    ) else {
        return Ok(refused("the request names no pair, item and location"));
    };
    let Some(pair) = cx.pair(&pair_id) else {
        return Ok(refused("there is no such pair"));
    };
    let found = cx
        .store
        .positions_of(&pair_id, std::slice::from_ref(&item))
        .await?;
    let Some(position) = found.into_iter().find(|p| p.location == location) else {
        return Ok(refused(
            "nothing is known about this item at this location yet",
        ));
    };
    if position.ledger.is_some() {
        return Ok(refused(
            "this source keeps its own ledger: nothing is published there, a drift is corrected through the item's lane",
        ));
    }
    if let Some(reason) = &position.paused_reason {
        return Ok(refused(&format!(
            "stock writes for it are stopped ({reason}): resume it with the cause first"
        )));
    }
    let mut changes = Vec::new();
    let states = [
        DeliveryState::Waiting,
        DeliveryState::Ready,
        DeliveryState::Rejected,
        DeliveryState::Dead,
    ];
    let lane = crate::domain::keys::stock_lane(&item, &location);
    for old in cx
        .store
        .deliveries_in(&pair_id, Flow::StockSnapshot, &states, MEMBERS_MAX)
        .await?
    {
        if old.order_key == lane {
            changes.push(super::settle::ended(
                &old,
                DeliveryState::Superseded,
                now,
                "pushed again by a person",
            ));
        }
    }
    // Every push is a write of its own: the id of the push takes the place of a snapshot's.
    let snapshot = cx.id().await?;
    let id = DeliveryId(cx.id().await?);
    changes.push(Change::Enqueue(Box::new(super::stock::write_of(
        pair, &position, snapshot, id, now,
    ))));
    Ok(Answered {
        changes,
        is_ok: true,
        text: format!("{item}: {} is written now", position.publish_each),
    })
}

async fn resume_stock(cx: &Cx, request: &RequestRow, now: Ts) -> StoreResult<Answered> {
    let (Some(pair), Some(item), Some(location)) = (
        field::<PairId>(request, "pair"),
        field::<ItemCode>(request, "item"),
        field::<LocationId>(request, "location"),
    ) else {
        return Ok(refused("the request names no pair, item and location"));
    };
    let cause: String = field(request, "cause").unwrap_or_default();
    if cause.trim().is_empty() {
        return Ok(refused(
            "name the cause: who else wrote this figure, and what was done about it",
        ));
    }
    let found = cx
        .store
        .positions_of(&pair, std::slice::from_ref(&item))
        .await?;
    let Some(mut position) = found.into_iter().find(|p| p.location == location) else {
        return Ok(refused(
            "nothing is known about this item at this location yet",
        ));
    };
    position.paused_reason = None;
    position.history.clear();
    position.updated_at = now;
    let name = super::stock::object_name(&item, &location);
    let changes = vec![
        Change::Positions(vec![position]),
        Change::ClearAll {
            kind: Kind::StkLoop,
            pair: pair.clone(),
            discriminator: format!("ITEM={name}"),
            how: "source data".to_owned(),
            evidence: format!("{} named the cause: {cause}", request.who),
        },
        Change::ScheduleHasten {
            pair,
            flow: Flow::StockSnapshot,
            at: now,
        },
    ];
    Ok(Answered {
        changes,
        is_ok: true,
        text: format!("{item} is published again"),
    })
}

/// Orders of a pair whose site depends on the next stock figures.
pub async fn orders_to_route(cx: &Cx, pair: &PairId) -> StoreResult<Vec<OrderId>> {
    let states = [OrderState::Checking, OrderState::Blocked];
    let rows = cx
        .store
        .order_rows_in(pair, &states, None, ROUTE_AGAIN_MAX)
        .await?;
    let waiting = rows.iter().filter(|r| routing::depends_on_stock(r));
    Ok(waiting.map(|r| r.id).collect())
}

/// Orders a recheck request is about.
pub async fn orders_to_recheck(
    cx: &Cx,
    request: &RequestRow,
    limit: usize,
) -> StoreResult<Vec<OrderFull>> {
    if let Some(order) = field::<OrderId>(request, "order") {
        return cx.store.orders_by_id(&[order]).await;
    }
    let Some(pair) = field::<PairId>(request, "pair") else {
        return Ok(Vec::new());
    };
    if field::<bool>(request, "by_stock") == Some(true) {
        let ids = orders_to_route(cx, &pair).await?;
        return cx.store.orders_by_id(&ids).await;
    }
    let mut all = Vec::new();
    let mut after = None;
    while all.len() < limit {
        let page = cx
            .store
            .orders_in(
                &pair,
                &[OrderState::Checking, OrderState::Blocked],
                after,
                500,
            )
            .await?;
        after = page.last().map(|o| o.row.id);
        let is_last = page.len() < 500;
        all.extend(page);
        if is_last {
            break;
        }
    }
    Ok(all)
}

/// Answers a request in the same commit as its changes; a refusal by the store is the answer.
pub async fn answer(cx: &Cx, fence: &Fence, id: RequestId, answered: Answered) -> StoreResult<()> {
    let mut changes = answered.changes;
    changes.push(Change::RequestDone {
        id,
        is_ok: answered.is_ok,
        answer: answered.text,
    });
    match cx.commit("request", Some(fence), changes).await {
        Ok(_) => Ok(()),
        Err(error @ (StoreError::Stale { .. } | StoreError::Refused(_))) => {
            let done = Change::RequestDone {
                id,
                is_ok: false,
                answer: error.to_string(),
            };
            cx.commit("request", Some(fence), vec![done])
                .await
                .map(|_| ())
        }
        Err(error) => Err(error),
    }
}

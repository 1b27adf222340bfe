//! What people decide about returns: goods that come, money that is explained, outcomes, credits released.

use super::{Known, hear_order};
use crate::domain::change::{Change, Journal};
use crate::domain::credit_gate::{approve_override, approve_unsellable};
use crate::domain::exception::ObjectRef;
use crate::domain::ids::{OrderId, PairId, ReturnRef, Sku};
use crate::domain::order::OrderFull;
use crate::domain::returns::{
    Cause, Claim, ClaimState, Disposition, Hearing, MoneyState, Return, ReturnRow, ReturnState,
    Units, delivery, extend_days, may_accept, may_end, may_expect, may_extend, may_grant,
    sold_lines, without_outcome,
};
use crate::domain::role::Person;
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;
use crate::store::read::RequestRow;
use crate::sync::context::{Cx, PairCx};
use crate::sync::requests::{Answered, field};

const EXPECT: &str = "expect_return";
const EXPLAIN: &str = "explain_refund";
const OUTCOME: &str = "return_outcome";
const ACCEPT: &str = "accept_return";
const EXTEND: &str = "extend_return";
const CLOSE: &str = "close_return";
const APPROVE: &str = "approve_credit";
const OVERRIDE: &str = "override_gate";

/// Whether a request is about returns.
pub fn is_ours(kind: &str) -> bool {
    let all = [
        EXPECT, EXPLAIN, OUTCOME, ACCEPT, EXTEND, CLOSE, APPROVE, OVERRIDE,
    ];
    all.contains(&kind)
}

type Carried = Result<(Vec<Change>, String), String>;

/// Carries a request out; what speaks against it is its answer.
pub async fn carry_out(cx: &Cx, request: &RequestRow) -> StoreResult<Answered> {
    let carried = match request.kind.as_str() {
        EXPECT => expect(cx, request).await?,
        EXPLAIN => explain(cx, request).await?,
        _ => of_return(cx, request).await?,
    };
    Ok(match carried {
        Ok((changes, text)) => Answered {
            changes,
            is_ok: true,
            text,
        },
        Err(text) => Answered {
            changes: Vec::new(),
            is_ok: false,
            text,
        },
    })
}

async fn order_of(cx: &Cx, request: &RequestRow) -> StoreResult<Option<(OrderFull, PairCx)>> {
    let Some(id) = field::<OrderId>(request, "order") else {
        return Ok(None);
    };
    let found = cx.store.orders_by_id(&[id]).await?.into_iter().next();
    Ok(found.and_then(|order| {
        let pair = cx.pair(&order.row.pair)?.clone();
        Some((order, pair))
    }))
}

/// Customer service says that goods come back: those named, else everything that left and is not expected yet.
async fn expect(cx: &Cx, request: &RequestRow) -> StoreResult<Carried> {
    let Some((order, pair)) = order_of(cx, request).await? else {
        return Ok(Err("there is no such order".to_owned()));
    };
    if let Err(why) = may_expect(&order.row) {
        return Ok(Err(format!("order {}: {why}", order.row.number)));
    }
    let known = Known::read(cx, &[order.row.id]).await?;
    let mut units: Units = field(request, "units").unwrap_or_default();
    if units.is_empty() {
        units = everything_out(&order, &known.returns);
    }
    if let Some(why) = too_many(&order, &known.returns, &units) {
        return Ok(Err(why));
    }
    let reason: String = field(request, "reason").unwrap_or_default();
    let claim = Claim {
        pair: pair.id.clone(),
        cause: Cause::Authorisation,
        id: format!("cx-{}", request.id),
        order: order.row.id,
        at: cx.now(),
        units,
        is_whole: false,
        amount_minor: None,
        currency: order.row.currency.clone(),
        state: ClaimState::Waiting,
        due_at: None,
        note: format!("{} ({reason})", request.who),
    };
    let mut with_ours = known;
    with_ours.claims.retain(|c| !c.state.is_open());
    with_ours.claims.push(claim);
    let mut changes = hear_order(cx, &pair, &order, &with_ours).await?;
    let made = changes.iter().find_map(|c| match c {
        Change::Return(held) if held.row.state == ReturnState::Authorised => {
            Some(held.row.reference.clone())
        }
        _ => None,
    });
    for change in &mut changes {
        if let Change::Return(held) = change
            && held.row.reason.is_empty()
        {
            held.row.reason.clone_from(&reason);
        }
    }
    Ok(match made {
        Some(reference) => Ok((
            changes,
            format!("return {reference} is announced to the warehouse"),
        )),
        None => Err(format!(
            "nothing of order {} can come back: its goods have not left, or are expected already",
            order.row.number
        )),
    })
}

fn everything_out(order: &OrderFull, returns: &[Return]) -> Units {
    let sold = sold_lines(order, returns);
    let out = sold
        .into_iter()
        .map(|s| (s.sku, s.despatched_each - s.covered_each));
    out.filter(|(_, n)| *n > 0).collect()
}

fn too_many(order: &OrderFull, returns: &[Return], units: &Units) -> Option<String> {
    let out = everything_out(order, returns);
    units.iter().find_map(|(sku, n)| {
        let most = out.get(sku).copied().unwrap_or(0);
        (*n > most || *n < 1).then(|| {
            format!(
                "{n} × {sku} cannot come back of order {}: {most} left and are not expected yet",
                order.row.number
            )
        })
    })
}

/// Finance's question about a refund is answered: no goods come, and that is meant.
async fn explain(cx: &Cx, request: &RequestRow) -> StoreResult<Carried> {
    let Some((order, _)) = order_of(cx, request).await? else {
        return Ok(Err("there is no such order".to_owned()));
    };
    let state = match field::<ClaimState>(request, "as") {
        Some(state) if state.is_explained() => state,
        _ => {
            return Ok(Err(
                "say whether it was goodwill or never shipped".to_owned()
            ));
        }
    };
    let reason: String = field(request, "reason").unwrap_or_default();
    let only: Option<String> = field(request, "refund");
    let claims = cx.store.claims_of(&[order.row.id]).await?;
    let mine = claims.into_iter().filter(|c| {
        c.cause == Cause::Refund
            && only
                .as_ref()
                .map_or(c.state == ClaimState::Asked, |id| *id == c.id)
    });
    let changes: Vec<Change> = mine
        .map(|mut claim| {
            claim.state = state;
            claim.due_at = None;
            claim.note = format!("{} ({reason})", request.who);
            Change::Claim(Box::new(claim))
        })
        .collect();
    let number = &order.row.number;
    if changes.is_empty() {
        return Ok(Err(format!(
            "no refund of order {number} waits for an answer"
        )));
    }
    let n = crate::text::count(changes.len() as i64, "refund", "refunds");
    Ok(Ok((changes, format!("{n} of order {number}: {state}"))))
}

/// Decisions about one return.
async fn of_return(cx: &Cx, request: &RequestRow) -> StoreResult<Carried> {
    let (Some(pair), Some(reference)) = (
        field::<PairId>(request, "pair"),
        field::<ReturnRef>(request, "return"),
    ) else {
        return Ok(Err("the request names no return".to_owned()));
    };
    let found = cx
        .store
        .returns_by_ref(&pair, std::slice::from_ref(&reference))
        .await?;
    let (Some(held), Some(pair)) = (found.into_iter().next(), cx.pair(&pair)) else {
        return Ok(Err(format!("there is no return {reference}")));
    };
    let (now, row) = (cx.now(), held.row.clone());
    let carried = match request.kind.as_str() {
        OUTCOME => Ok(outcome(held, request)),
        ACCEPT => Ok(accept(held)),
        EXTEND => Ok(extend(held, request, now)),
        CLOSE if field::<ReturnState>(request, "as") == Some(ReturnState::Authorised) => {
            grant(cx, pair, held, request).await
        }
        CLOSE => Ok(close(held, request)),
        APPROVE | OVERRIDE => Ok(release(pair, held, request)),
        other => Ok(Err(format!("nothing here knows how to do {other:?}"))),
    }?;
    Ok(carried.map(|(mut changes, text)| {
        changes.push(decided(&row, request, &text));
        (changes, text)
    }))
}

/// Every decision stands on the order's timeline, with who took it and why.
fn decided(row: &ReturnRow, request: &RequestRow, text: &str) -> Change {
    let reason: String = field(request, "reason").unwrap_or_default();
    let after = if text.contains(row.reference.as_str()) {
        text.to_owned()
    } else {
        format!("return {}: {text}", row.reference)
    };
    let why = match reason.as_str() {
        "" => request.who.clone(),
        why => format!("{why} ({})", request.who),
    };
    Change::Journal(Journal {
        action: "return.decided".to_owned(),
        object: ObjectRef::Order(row.order),
        pair: Some(row.pair.clone()),
        before: String::new(),
        after,
        reason: why,
        exception: None,
        payload: None,
    })
}

/// What the customer asked for is allowed.
async fn grant(
    cx: &Cx,
    pair: &PairCx,
    mut held: Return,
    request: &RequestRow,
) -> StoreResult<Carried> {
    if let Err(why) = may_grant(&held.row) {
        return Ok(Err(why));
    }
    let orders = cx.store.orders_by_id(&[held.row.order]).await?;
    let Some(order) = orders.first() else {
        return Ok(Err("its order is not known".to_owned()));
    };
    let now = cx.now();
    held.row.state = ReturnState::Authorised;
    held.row.authorised_at = Some(now);
    held.row.authorised_by = request.who.clone();
    let hearing = Hearing {
        pair: &pair.id,
        warehouse: &pair.warehouse,
        create_on: pair.policy.returns_create_on,
        order,
        claims: &[],
        returns: &[],
        now,
    };
    let announced = delivery(&hearing, &held, cx.id().await?);
    let text = format!(
        "return {} is announced to the warehouse",
        held.row.reference
    );
    let changes = vec![Change::Return(Box::new(held)), announced];
    Ok(Ok((changes, text)))
}

fn line_at<'a>(
    held: &'a mut Return,
    request: &RequestRow,
) -> Result<&'a mut crate::domain::returns::ReturnLine, String> {
    let wanted: Option<String> = field(request, "line");
    let is_only = held.lines.len() == 1;
    let reference = held.row.reference.clone();
    let is_it = |l: &crate::domain::returns::ReturnLine| match &wanted {
        Some(name) => l.line_ref == *name || l.sku == Sku(name.clone()),
        None => is_only,
    };
    held.lines
        .iter_mut()
        .find(|l| is_it(l))
        .ok_or_else(|| format!("name a line of return {reference} by its number or SKU"))
}

fn outcome(mut held: Return, request: &RequestRow) -> Carried {
    let disposition: Disposition = field(request, "as")
        .ok_or("say what becomes of the goods: write_off, repair or send_back")?;
    let units: Option<i64> = field(request, "units");
    let line = line_at(&mut held, request)?;
    let open = without_outcome(line)?;
    let n = units.unwrap_or(open);
    if n < 1 || n > open {
        return Err(format!(
            "{n} of {} cannot get an outcome: {open} cannot be sold and have none",
            line.item
        ));
    }
    line.disposed_each += n;
    line.disposition = Some(disposition);
    let text = format!("{n} of {}: {disposition}", line.item);
    Ok((vec![Change::Return(Box::new(held))], text))
}

/// What was received is what counts.
fn accept(mut held: Return) -> Carried {
    may_accept(&held)?;
    for line in &mut held.lines {
        line.authorised_each = line.received_each;
    }
    let text = format!(
        "return {}: what was received is accepted",
        held.row.reference
    );
    Ok((vec![Change::Return(Box::new(held))], text))
}

fn extend(mut held: Return, request: &RequestRow, now: Ts) -> Carried {
    let days = field::<i64>(request, "days").unwrap_or(0);
    may_extend(&held.row)?;
    extend_days(days)?;
    held.row.awaited_until = Some(now + Span::days(days));
    let text = format!("return {} is waited for {days} days", held.row.reference);
    Ok((vec![Change::Return(Box::new(held))], text))
}

fn close(mut held: Return, request: &RequestRow) -> Carried {
    let to: ReturnState = field(request, "as").unwrap_or(ReturnState::Closed);
    let reference = held.row.reference.clone();
    may_end(&held.row, to)?;
    match to {
        ReturnState::NotReceived | ReturnState::Rejected => held.row.state = to,
        _ => {
            held.row.money = MoneyState::NotDue;
            if held.row.state == ReturnState::Requested {
                held.row.state = ReturnState::Closed;
            }
        }
    }
    let text = format!(
        "return {reference}: {}, money {}",
        held.row.state, held.row.money
    );
    Ok((vec![Change::Return(Box::new(held))], text))
}

/// Finance lets a credit pass.
fn release(pair: &PairCx, mut held: Return, request: &RequestRow) -> Carried {
    let reason: String = field(request, "reason").unwrap_or_default();
    let units: i64 = field(request, "units").unwrap_or(0);
    // Without operators set up every person holds every role.
    let person = Person::with_every_role(&request.who);
    let approvals = held.approvals.clone();
    let line = line_at(&mut held, request)?.clone();
    let approval = if request.kind == APPROVE {
        approve_unsellable(&line, &approvals, units, &person, &reason)?
    } else {
        approve_override(
            pair.policy.gate(),
            &line,
            &approvals,
            units,
            &person,
            &reason,
        )?
    };
    let text = format!(
        "{units} of {} may be credited: {}",
        line.item, approval.kind
    );
    held.approvals.push(approval);
    Ok((vec![Change::Return(Box::new(held))], text))
}

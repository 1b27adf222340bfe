//! What the warehouse shows of returns, taken into the books.

use super::occurrence;
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::ids::{OrderId, ReturnRef, WmsOrderNo};
use crate::domain::mapping::MappingKind;
use crate::domain::mapping_set::MappingSet;
use crate::domain::preflight::Fault;
use crate::domain::returns::{GoodsStep, Return, ReturnState, Seen, advanced, counted, reached};
use crate::domain::wms::WmsReturnLine;
use crate::store::StoreResult;
use crate::sync::calls::JobCx;
use crate::sync::context::PairCx;
use std::collections::BTreeMap;

/// Returns looked up at once.
const CHUNK: usize = 200;

/// What a poll led to.
#[derive(Debug, Default)]
pub struct Taken {
    pub moved: usize,
    /// Returns that seemed to go backwards, to be looked at once more.
    pub doubted: Vec<ReturnRef>,
}

/// Takes in the rows of a poll. A step backwards counts only when the poll before saw it too: one reading may be old.
pub async fn take_rows(
    jcx: &JobCx<'_>,
    pair: &PairCx,
    rows: &[WmsReturnLine],
    doubted: &[ReturnRef],
) -> StoreResult<Taken> {
    let set = jcx.cx.mapping_set(&pair.id).await?;
    let mut taken = Taken::default();
    let mut by_ref: BTreeMap<&ReturnRef, Vec<&WmsReturnLine>> = BTreeMap::new();
    let mut strangers: Vec<&WmsReturnLine> = Vec::new();
    for row in rows {
        if row.reference.as_str().is_empty() {
            strangers.push(row);
        } else {
            by_ref.entry(&row.reference).or_default().push(row);
        }
    }
    let groups: Vec<(&ReturnRef, Vec<&WmsReturnLine>)> = by_ref.into_iter().collect();
    for chunk in groups.chunks(CHUNK) {
        let references: Vec<ReturnRef> = chunk.iter().map(|(r, _)| (*r).clone()).collect();
        let found = jcx.cx.store.returns_by_ref(&pair.id, &references).await?;
        for (reference, rows) in chunk {
            match found.iter().find(|r| &r.row.reference == *reference) {
                None => strangers.extend(rows.iter().copied()),
                Some(known) => {
                    let looked = (rows.as_slice(), doubted);
                    one(jcx, pair, &set, known, looked, &mut taken).await?;
                }
            }
        }
    }
    unexpected(jcx, pair, &strangers).await?;
    Ok(taken)
}

fn steps<'a>(
    set: &MappingSet,
    rows: &[&'a WmsReturnLine],
) -> (Vec<Seen<'a>>, Vec<&'a WmsReturnLine>) {
    let (mut seen, mut unknown) = (Vec::new(), Vec::new());
    for row in rows {
        let text = row.status_text.trim();
        let mapped = set
            .rows(MappingKind::ReturnStatus)
            .find(|m| m.from.trim().eq_ignore_ascii_case(text))
            .map(|m| m.to.as_str());
        let step = GoodsStep::read(text, mapped).unwrap_or_else(|| {
            unknown.push(*row);
            // It is in the building; more than that its word does not say.
            GoodsStep::Received
        });
        seen.push(Seen { row, step });
    }
    (seen, unknown)
}

async fn one(
    jcx: &JobCx<'_>,
    pair: &PairCx,
    set: &MappingSet,
    known: &Return,
    (rows, doubted): (&[&WmsReturnLine], &[ReturnRef]),
    taken: &mut Taken,
) -> StoreResult<()> {
    let now = jcx.cx.now();
    let (seen, unknown) = steps(set, rows);
    let order = (known.row.order, known.row.order_number.as_str());
    let mut changes: Vec<Change> = unknown
        .iter()
        .map(|row| Change::Raise(occurrence(pair, order, &unknown_word(row), now)))
        .collect();
    let lines = counted(&known.lines, &seen);
    let invalid = Kind::RetStateInvalid;
    let discriminator = format!("RETURN={}", known.row.reference);
    match reached(known, &lines) {
        Ok(state) if lines == known.lines && state == known.row.state => {}
        Ok(state) => {
            taken.moved += 1;
            let next = advanced(known, lines, state, now);
            changes.push(Change::Return(Box::new(next)));
            changes.push(Change::Clear {
                kind: invalid,
                pair: pair.id.clone(),
                discriminator: Some(discriminator),
                object: crate::domain::exception::ObjectRef::Order(known.row.order),
                how: "warehouse action".to_owned(),
                evidence: format!("return {} is {state}", known.row.reference),
            });
        }
        Err(fault) if fault.kind == Kind::RetUnexpected => {
            // Goods of a return that was given up: they are counted, a person says what happens.
            let mut next = advanced(known, lines.clone(), known.row.state, now);
            next.row.state = known.row.state;
            if lines != known.lines {
                changes.push(Change::Return(Box::new(next)));
                changes.push(Change::Raise(occurrence(pair, order, &fault, now)));
            }
        }
        Err(fault) => {
            let reference = &known.row.reference;
            if doubted.contains(reference) {
                changes.push(Change::Raise(occurrence(pair, order, &fault, now)));
            }
            taken.doubted.push(reference.clone());
        }
    }
    match jcx.cx.commit("returns", Some(jcx.fence), changes).await {
        // Somebody decided on it meanwhile: the next poll looks again.
        Err(crate::store::StoreError::Stale { .. }) => Ok(()),
        other => other.map(|_| ()),
    }
}

fn unknown_word(row: &WmsReturnLine) -> Fault {
    Fault::new(
        Kind::MapStatusUnknown,
        format!("RETURN_STATUS={}", row.status_text.trim()),
        format!(
            "the warehouse says {:?} of return {}; map it, so that its goods are counted where they are",
            row.status_text, row.reference
        ),
    )
}

/// Goods that came back with an order of ours and no return of ours explains.
async fn unexpected(jcx: &JobCx<'_>, pair: &PairCx, rows: &[&WmsReturnLine]) -> StoreResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let open = jcx
        .cx
        .store
        .open_exceptions(&[Kind::RetUnexpected], Some(&pair.id))
        .await?;
    let mut numbers: Vec<WmsOrderNo> = rows.iter().map(|r| r.number.clone()).collect();
    numbers.sort();
    numbers.dedup();
    let orders = jcx.cx.store.orders_by_wms(&pair.id, &numbers).await?;
    let ids: Vec<OrderId> = orders.iter().map(|o| o.row.id).collect();
    let known = super::Known::read(jcx.cx, &ids).await?;
    let mut changes = Vec::new();
    for row in rows {
        let order = orders
            .iter()
            .find(|o| o.row.wms_number.as_ref() == Some(&row.number));
        let Some(order) = order else {
            continue;
        };
        let discriminator = format!("RECEIPT={}", row.code);
        let (_, returns) = known.of(order.row.id);
        let is_open = open.iter().any(|o| o.discriminator == discriminator);
        if is_open && is_matched(&returns, row) {
            changes.push(Change::ClearAll {
                kind: Kind::RetUnexpected,
                pair: pair.id.clone(),
                discriminator: discriminator.clone(),
                how: "warehouse action".to_owned(),
                evidence: "a return of these goods was authorised".to_owned(),
            });
        }
        if is_open || is_matched(&returns, row) {
            continue;
        }
        let fault = Fault::new(
            Kind::RetUnexpected,
            discriminator,
            format!(
                "{} × {} of order {} came back ({}) and nobody expected it; match it or authorise a return",
                row.qty_each, row.item, order.row.number, row.code
            ),
        );
        let who = (order.row.id, order.row.number.as_str());
        changes.push(Change::Raise(occurrence(
            pair,
            who,
            &fault,
            row.returned_at,
        )));
    }
    jcx.cx
        .commit("returns", Some(jcx.fence), changes)
        .await
        .map(|_| ())
}

/// A person authorised goods of this item after they had come.
fn is_matched(returns: &[Return], row: &WmsReturnLine) -> bool {
    returns.iter().any(|r| {
        r.row.state != ReturnState::Requested
            && r.row.authorised_at.is_some_and(|at| at >= row.returned_at)
            && r.lines.iter().any(|l| l.item == row.item)
    })
}

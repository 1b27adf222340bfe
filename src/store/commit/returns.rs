//! Returns with the version check of orders, claims, and the proof of stock-ins.

use super::{Work, entry};
use crate::domain::change::Change;
use crate::domain::exception::ObjectRef;
use crate::domain::returns::{Claim, Return, ReturnState};
use crate::store::value::{to_json, vals};
use crate::store::{StoreError, StoreResult};

pub(super) async fn write(work: &mut Work<'_>, changes: &[(usize, &Change)]) -> StoreResult<()> {
    for (index, change) in changes {
        match change {
            Change::Return(held) => write_return(work, *index, held).await?,
            Change::Claim(claim) => write_claim(work, *index, claim).await?,
            _ => {}
        }
    }
    Ok(())
}

/// Version and state of a return as stored, and who wrote it.
async fn stored(work: &mut Work<'_>, held: &Return) -> StoreResult<Option<(i64, i64, String)>> {
    let row = work
        .conn
        .row(
            "select version, state, updated_by from goods_return where id = $1 @lock",
            vals![held.row.id.0],
        )
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let mut c = row.cols();
    Ok(Some((c.int()?, c.int()?, c.text()?)))
}

async fn write_return(work: &mut Work<'_>, index: usize, held: &Return) -> StoreResult<()> {
    let row = &held.row;
    let before = stored(work, held).await?;
    let (version, by) = before
        .as_ref()
        .map_or((0, "nobody".to_owned()), |(v, _, by)| (*v, by.clone()));
    if version != row.version {
        return Err(StoreError::Stale {
            what: format!("return {}", row.reference),
            yours: row.version,
            stored: version,
            by,
        });
    }
    note(work, index, held, before.map(|b| b.1));
    let values = vals![
        row.id.0,
        row.pair.as_str(),
        row.reference.as_str(),
        row.key.as_str(),
        row.cause.code(),
        row.cause_id.as_str(),
        row.order.0,
        row.order_number.as_str(),
        row.wms_number.as_str(),
        row.state.code(),
        row.money.code(),
        row.reason.as_str(),
        row.authorised_by.as_str(),
        row.created_at,
        row.authorised_at,
        row.expected_at,
        row.received_at,
        row.inspected_at,
        row.stocked_at,
        row.gate_opened_at,
        row.awaited_until,
        to_json(&held.approvals)?,
        row.version + 1,
        work.at,
        work.actor,
    ];
    work.conn
        .bulk(
            "insert into goods_return (id, pair, reference, key, cause, cause_id, order_id, order_number, wms_number, \
             state, money, reason, authorised_by, created_at, authorised_at, expected_at, received_at, inspected_at, \
             stocked_at, gate_opened_at, awaited_until, approvals, version, updated_at, updated_by)",
            "on conflict (id) do update set state = excluded.state, money = excluded.money, reason = excluded.reason, \
             authorised_by = excluded.authorised_by, authorised_at = excluded.authorised_at, \
             expected_at = excluded.expected_at, received_at = excluded.received_at, \
             inspected_at = excluded.inspected_at, stocked_at = excluded.stocked_at, \
             gate_opened_at = excluded.gate_opened_at, awaited_until = excluded.awaited_until, \
             approvals = excluded.approvals, version = excluded.version, updated_at = excluded.updated_at, \
             updated_by = excluded.updated_by",
            vec![values],
        )
        .await?;
    write_lines(work, held).await
}

async fn write_lines(work: &mut Work<'_>, held: &Return) -> StoreResult<()> {
    work.conn
        .exec(
            "delete from goods_return_line where return_id = $1",
            vals![held.row.id.0],
        )
        .await?;
    let rows = (0_i64..).zip(&held.lines).map(|(n, line)| {
        vals![
            held.row.id.0,
            n,
            line.line_ref.as_str(),
            line.sku.as_str(),
            line.item.as_str(),
            line.authorised_each,
            line.received_each,
            line.sellable_each,
            line.unsellable_each,
            line.stocked_each,
            line.confirmed_each,
            line.disposed_each,
            line.disposition.map(|d| d.code()),
            line.credited_each,
        ]
    });
    let rows = rows.collect();
    work.conn
        .bulk(
            "insert into goods_return_line (return_id, n, line_ref, sku, item, authorised_each, received_each, \
             sellable_each, unsellable_each, stocked_each, confirmed_each, disposed_each, disposition, credited_each)",
            "",
            rows,
        )
        .await?;
    Ok(())
}

/// Every change of state stands on the order's timeline.
fn note(work: &mut Work<'_>, index: usize, held: &Return, before: Option<i64>) {
    let row = &held.row;
    if before == Some(row.state.code()) {
        return;
    }
    let was = before
        .and_then(ReturnState::from_code)
        .map_or("", ReturnState::as_str);
    let why = format!("return {}, money {}", row.reference, row.money);
    work.note(
        index,
        Some(row.order.0),
        entry(
            "return.state",
            ObjectRef::Order(row.order),
            Some(&row.pair),
            was,
            row.state.as_str(),
            why,
        ),
    );
}

async fn write_claim(work: &mut Work<'_>, index: usize, claim: &Claim) -> StoreResult<()> {
    work.note(
        index,
        Some(claim.order.0),
        entry(
            "return.claim",
            ObjectRef::Order(claim.order),
            Some(&claim.pair),
            "",
            claim.state.as_str(),
            format!("{} {}: {}", claim.cause, claim.id, claim.note),
        ),
    );
    let values = vals![
        claim.pair.as_str(),
        claim.cause.code(),
        claim.id.as_str(),
        claim.order.0,
        claim.at,
        to_json(&claim.units)?,
        claim.is_whole,
        claim.amount_minor,
        claim.currency.as_str(),
        claim.state.code(),
        claim.due_at,
        claim.note.as_str(),
        work.at,
    ];
    work.conn
        .bulk(
            "insert into return_claim (pair, cause, id, order_id, at, units, is_whole, amount_minor, currency, state, \
             due_at, note, updated_at)",
            "on conflict (pair, cause, id) do update set units = excluded.units, is_whole = excluded.is_whole, \
             amount_minor = excluded.amount_minor, state = excluded.state, due_at = excluded.due_at, \
             note = excluded.note, updated_at = excluded.updated_at",
            vec![values],
        )
        .await?;
    Ok(())
}

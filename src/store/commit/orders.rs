//! Orders: row, body and lines, with the version check.

use super::{OrderChange, Work, entry};
use crate::domain::change::Change;
use crate::domain::exception::ObjectRef;
use crate::domain::ids::{ItemCode, LocationId, PairId};
use crate::domain::order::{OrderRow, OrderState};
use crate::domain::time::{Span, Ts};
use crate::store::orders::{row_values, state_name};
use crate::store::value::{to_json, vals};
use crate::store::{StoreError, StoreResult};
use std::collections::{HashMap, HashSet};

/// What is stored of an order before the batch.
struct Stored {
    version: i64,
    state: i64,
    held_reason: Option<String>,
    by: String,
}

const UPSERT: &str = "insert into orders (id, pair, source_id, number, reference, channel, wms_number, wms_revision, state, \
 source_status, location, site, service, carrier_service, wms_status, is_on_hold, ship_by, value_minor, currency, units, \
 postcode_district, customer_initials, country, tracking, source_revision, sent_hash, blocked_by, missing_polls, received_at, \
 released_at, first_sent_at, accepted_at, despatched_at, confirmed_at, notified_at, source_read_at, state_since, held_reason, \
 version, updated_at, updated_by, ship_sort, search)";

const ON_CONFLICT: &str = "on conflict (id) do update set \
 source_id = excluded.source_id, number = excluded.number, reference = excluded.reference, channel = excluded.channel, \
 wms_number = excluded.wms_number, wms_revision = excluded.wms_revision, state = excluded.state, \
 source_status = excluded.source_status, location = excluded.location, site = excluded.site, service = excluded.service, \
 carrier_service = excluded.carrier_service, wms_status = excluded.wms_status, is_on_hold = excluded.is_on_hold, \
 ship_by = excluded.ship_by, value_minor = excluded.value_minor, currency = excluded.currency, units = excluded.units, \
 postcode_district = excluded.postcode_district, customer_initials = excluded.customer_initials, \
 country = excluded.country, tracking = excluded.tracking, source_revision = excluded.source_revision, \
 sent_hash = excluded.sent_hash, blocked_by = excluded.blocked_by, missing_polls = excluded.missing_polls, \
 received_at = excluded.received_at, released_at = excluded.released_at, first_sent_at = excluded.first_sent_at, \
 accepted_at = excluded.accepted_at, despatched_at = excluded.despatched_at, confirmed_at = excluded.confirmed_at, \
 notified_at = excluded.notified_at, source_read_at = excluded.source_read_at, state_since = excluded.state_since, \
 held_reason = excluded.held_reason, version = excluded.version, updated_at = excluded.updated_at, \
 updated_by = excluded.updated_by, ship_sort = excluded.ship_sort, search = excluded.search";

/// Writes orders in the order of the batch. An order that comes twice is written twice: the second change must build on
/// the version the first one made.
pub(super) async fn write(work: &mut Work<'_>, changes: &[OrderChange<'_>]) -> StoreResult<()> {
    let mut wave: Vec<&OrderChange<'_>> = Vec::with_capacity(changes.len());
    let mut in_wave = HashSet::new();
    for change in changes {
        if !in_wave.insert(change.row.id) {
            write_wave(work, &wave).await?;
            wave.clear();
            in_wave.clear();
            in_wave.insert(change.row.id);
        }
        wave.push(change);
    }
    write_wave(work, &wave).await
}

async fn write_wave(work: &mut Work<'_>, wave: &[&OrderChange<'_>]) -> StoreResult<()> {
    if wave.is_empty() {
        return Ok(());
    }
    let stored = stored(work, wave).await?;
    let mut rows = Vec::with_capacity(wave.len());
    let mut bodies = Vec::new();
    let mut lines = Vec::new();
    let mut relined = Vec::new();
    for change in wave {
        let row = change.row;
        let before = stored.get(&row.id.0);
        check_version(row, before)?;
        note_changes(work, change.index, row, before);
        rows.push(row_values(row, row.version + 1, work.at, work.actor));
        if let Some(body) = change.body {
            bodies.push(vals![row.id.0, to_json(body)?]);
        }
        if let Some(given) = change.lines {
            if before.is_some() {
                relined.push(row.id.0);
            }
            for (n, line) in (0_i64..).zip(given) {
                lines.push(vals![
                    row.id.0,
                    n,
                    line.line_ref.as_str(),
                    line.row_id.as_str(),
                    line.sku.as_str(),
                    line.item.as_ref().map(|i| i.0.clone()),
                    line.title.as_str(),
                    line.qty_each,
                    line.despatched_each,
                    line.confirmed_each,
                    line.unit_price_minor,
                ]);
            }
        }
    }
    let conn = &mut *work.conn;
    conn.bulk(UPSERT, ON_CONFLICT, rows).await?;
    conn.bulk(
        "insert into order_body (order_id, body)",
        "on conflict (order_id) do update set body = excluded.body",
        bodies,
    )
    .await?;
    if !relined.is_empty() {
        conn.exec(
            "delete from order_line where order_id @any($1)",
            vals![relined],
        )
        .await?;
    }
    conn.bulk(
        "insert into order_line (order_id, n, line_ref, row_id, sku, item, title, qty_each, despatched_each, \
         confirmed_each, unit_price_minor)",
        "",
        lines,
    )
    .await?;
    Ok(())
}

async fn stored(
    work: &mut Work<'_>,
    wave: &[&OrderChange<'_>],
) -> StoreResult<HashMap<i64, Stored>> {
    let mut ids: Vec<i64> = wave.iter().map(|c| c.row.id.0).collect();
    ids.sort_unstable();
    let rows = work
        .conn
        .rows(
            "select id, version, state, held_reason, updated_by from orders where id @any($1) order by id @lock",
            vals![ids],
        )
        .await?;
    let mut out = HashMap::with_capacity(rows.len());
    for row in rows {
        let mut c = row.cols();
        out.insert(
            c.int()?,
            Stored {
                version: c.int()?,
                state: c.int()?,
                held_reason: c.opt_text()?,
                by: c.text()?,
            },
        );
    }
    Ok(out)
}

fn check_version(row: &OrderRow, before: Option<&Stored>) -> StoreResult<()> {
    let (stored, by) = match before {
        Some(before) => (before.version, before.by.clone()),
        None => (0, "nobody".to_owned()),
    };
    if stored == row.version {
        return Ok(());
    }
    Err(StoreError::Stale {
        what: format!("order {}", row.number),
        yours: row.version,
        stored,
        by,
    })
}

/// A change of state and a hold by a person each make a journal line.
fn note_changes(work: &mut Work<'_>, index: usize, row: &OrderRow, before: Option<&Stored>) {
    let order = Some(row.id.0);
    let object = ObjectRef::Order(row.id);
    if before.is_none_or(|b| b.state != row.state.code()) {
        let was = before
            .and_then(|b| OrderState::from_code(b.state))
            .map_or("", state_name);
        work.note(
            index,
            order,
            entry(
                "order.state",
                object.clone(),
                Some(&row.pair),
                was,
                row.state.as_str(),
                row.blocked_by.as_str(),
            ),
        );
    }
    let held = before.and_then(|b| b.held_reason.clone());
    if held != row.held_reason {
        let action = if row.held_reason.is_some() {
            "order.hold"
        } else {
            "order.unhold"
        };
        work.note(
            index,
            order,
            entry(
                action,
                object,
                Some(&row.pair),
                held.unwrap_or_default(),
                row.held_reason.clone().unwrap_or_default(),
                "",
            ),
        );
    }
}

/// The time of the last source read moves and the missing counter starts again. The version stays: nothing that anybody
/// decides on has changed.
pub(super) async fn seen(work: &mut Work<'_>, changes: &[&Change]) -> StoreResult<()> {
    for change in changes {
        match change {
            Change::OrderSeen { ids, at } => {
                work.conn
                    .exec(
                        "update orders set source_read_at = $2, missing_polls = 0 where id @any($1)",
                        vals![ids.iter().map(|id| id.0).collect::<Vec<_>>(), *at],
                    )
                    .await?;
            }
            Change::Confirmed {
                pair,
                location,
                at,
                units,
            } => confirmed(work, (pair, location, *at), units).await?,
            _ => {}
        }
    }
    Ok(())
}

/// How long it is remembered when units were confirmed; figures are compared over less.
const CONFIRMED_KEPT: Span = Span::days(7);

async fn confirmed(
    work: &mut Work<'_>,
    (pair, location, at): (&PairId, &LocationId, Ts),
    units: &[(ItemCode, i64)],
) -> StoreResult<()> {
    work.conn
        .exec(
            "delete from confirmed where pair = $1 and at < $2",
            vals![pair.as_str(), work.at - CONFIRMED_KEPT],
        )
        .await?;
    let rows = units
        .iter()
        .map(|(item, qty)| vals![pair.as_str(), item.as_str(), location.as_str(), at, *qty])
        .collect();
    work.conn
        .bulk(
            "insert into confirmed (pair, item, location, at, qty_each)",
            "",
            rows,
        )
        .await?;
    Ok(())
}

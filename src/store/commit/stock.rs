//! What the warehouse told: despatches, items, targets, snapshots; and stock positions.

use super::{Work, entry};
use crate::domain::change::Change;
use crate::domain::exception::ObjectRef;
use crate::domain::ids::{OrderId, PairId, SystemId, WmsOrderNo};
use crate::domain::mapping::{MappingKind, Target};
use crate::domain::stock::{DAY_SLOTS, SnapshotRow, StockLevelRow, StockPosition};
use crate::domain::time::Ts;
use crate::domain::wms::{DespatchLine, WmsItem};
use crate::store::StoreResult;
use crate::store::value::{to_json, vals};
use std::collections::{HashMap, HashSet};

/// A despatch taken into account: its place in the batch, and what it is now.
struct Marked<'b> {
    index: usize,
    system: &'b SystemId,
    despatch: &'b str,
    state: &'b str,
    order: Option<OrderId>,
}

pub(super) async fn write(work: &mut Work<'_>, changes: &[(usize, &Change)]) -> StoreResult<()> {
    let mut marked: Vec<Marked<'_>> = Vec::new();
    let mut in_marked: HashSet<(&str, &str)> = HashSet::new();
    for (index, change) in changes {
        if let Change::DespatchState {
            system,
            despatch,
            state,
            order,
        } = change
        {
            // One statement may touch a despatch once.
            if !in_marked.insert((system.as_str(), despatch)) {
                despatch_states(work, std::mem::take(&mut marked)).await?;
                in_marked.clear();
                in_marked.insert((system.as_str(), despatch));
            }
            marked.push(Marked {
                index: *index,
                system,
                despatch,
                state,
                order: *order,
            });
            continue;
        }
        despatch_states(work, std::mem::take(&mut marked)).await?;
        in_marked.clear();
        match change {
            Change::Despatches { system, lines } => {
                relabelled(work, system, lines).await?;
                despatches(work, system, lines).await?;
            }
            Change::LabelsTaken {
                system,
                despatch,
                number,
                trackings,
            } => labels_taken(work, (system, despatch, number), trackings).await?,
            Change::LabelsJudged { system, despatches } => {
                labels_judged(work, system, despatches).await?;
            }
            Change::LabelsUnjudged { system, since } => {
                labels_unjudged(work, system, *since).await?;
            }
            Change::Items { system, items, at } => self::items(work, system, items, *at).await?,
            Change::Targets {
                pair,
                kind,
                side,
                targets,
                at,
            } => self::targets(work, (pair, *kind, side), targets, *at).await?,
            Change::Snapshot { row, levels } => snapshot(work, *index, row, levels).await?,
            Change::Positions(positions) => self::positions(work, positions).await?,
            _ => {}
        }
    }
    despatch_states(work, marked).await
}

/// Known lines stay, tracking that was empty is filled in. Lines of one despatch that do not differ in anything are told
/// apart by their place among their equals within this change, so a despatch should come whole.
async fn despatches(
    work: &mut Work<'_>,
    system: &SystemId,
    lines: &[DespatchLine],
) -> StoreResult<()> {
    let mut heads = Vec::new();
    let mut seen = HashSet::new();
    let mut places: HashMap<(&str, &str, &str, &str), i64> = HashMap::new();
    let mut rows = Vec::with_capacity(lines.len());
    for line in lines {
        let (despatch, number) = (line.despatch.as_str(), line.number.as_str());
        if seen.insert((despatch, number)) {
            heads.push(vals![
                system.as_str(),
                despatch,
                number,
                "new",
                work.at,
                work.at
            ]);
        }
        let place = places
            .entry((despatch, number, line.line_ref.as_str(), line.item.as_str()))
            .or_insert(0);
        *place += 1;
        rows.push(vals![
            system.as_str(),
            despatch,
            number,
            line.line_ref.as_str(),
            line.item.as_str(),
            *place,
            line.qty_each,
            line.carrier.as_str(),
            line.service.as_str(),
            line.tracking.as_str(),
            line.despatched_at,
            line.site.as_str(),
            line.channel.as_str(),
        ]);
    }
    work.conn
        .bulk(
            "insert into despatch (system, despatch, number, state, first_seen_at, updated_at)",
            "on conflict (system, despatch, number) do nothing",
            heads,
        )
        .await?;
    work.conn
        .bulk(
            "insert into despatch_line (system, despatch, number, line_ref, item, n, qty_each, carrier, service, tracking, \
             despatched_at, site, channel)",
            "on conflict (system, despatch, number, line_ref, item, n) do update set tracking = excluded.tracking, \
             carrier = excluded.carrier, service = excluded.service, is_news = 1 \
             where despatch_line.tracking = '' and excluded.tracking <> ''",
            rows,
        )
        .await?;
    Ok(())
}

/// A despatch known under one number that is now shown under another: its label was booked again. Where boxes have
/// numbers of their own nobody can say which took the place of which, so those stay.
async fn relabelled(
    work: &mut Work<'_>,
    system: &SystemId,
    lines: &[DespatchLine],
) -> StoreResult<()> {
    let mut shown: HashMap<(&str, &str), HashSet<&str>> = HashMap::new();
    for line in lines {
        let key = (line.despatch.as_str(), line.number.as_str());
        shown.entry(key).or_default().insert(line.tracking.as_str());
    }
    shown.retain(|_, labels| labels.len() == 1 && !labels.contains(""));
    if shown.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = shown
        .keys()
        .map(|(despatch, _)| (*despatch).to_owned())
        .collect();
    let rows = work
        .conn
        .rows(
            "select despatch, number, min(tracking) from despatch_line where system = $1 and despatch @any($2) \
             group by despatch, number having min(tracking) = max(tracking) and min(tracking) <> ''",
            vals![system.as_str(), names],
        )
        .await?;
    for row in rows {
        let mut c = row.cols();
        let (despatch, number, held): (String, String, String) = (c.text()?, c.text()?, c.text()?);
        let labels = shown.get(&(despatch.as_str(), number.as_str()));
        let Some(label) = labels.and_then(|l| l.iter().next()).filter(|l| **l != held) else {
            continue;
        };
        work.conn
            .exec(
                "update despatch_line set tracking = $4, is_news = 1 \
                 where system = $1 and despatch = $2 and number = $3",
                vals![system.as_str(), despatch.as_str(), number.as_str(), *label],
            )
            .await?;
    }
    Ok(())
}

/// What was planned with is no news any more; a label that came since stays news.
async fn labels_taken(
    work: &mut Work<'_>,
    (system, despatch, number): (&SystemId, &str, &WmsOrderNo),
    trackings: &[String],
) -> StoreResult<()> {
    work.conn
        .exec(
            "update despatch_line set is_news = 0 where system = $1 and despatch = $2 and number = $3 and is_news = 1 \
             and tracking @any($4)",
            vals![system.as_str(), despatch, number.as_str(), trackings.to_vec()],
        )
        .await?;
    Ok(())
}

/// Lines without a label that need not be looked at again. Lines of theirs that are shown later are.
async fn labels_judged(
    work: &mut Work<'_>,
    system: &SystemId,
    despatches: &[(String, WmsOrderNo)],
) -> StoreResult<()> {
    let rows = despatches
        .iter()
        .map(|(despatch, number)| vals![system.as_str(), despatch.as_str(), number.as_str()])
        .collect();
    work.conn
        .bulk_rows(
            "update despatch_line set is_judged = 1 from (",
            ") as v where despatch_line.system = v.column1 and despatch_line.despatch = v.column2 \
             and despatch_line.number = v.column3 and despatch_line.tracking = ''",
            rows,
        )
        .await?;
    Ok(())
}

async fn labels_unjudged(work: &mut Work<'_>, system: &SystemId, since: Ts) -> StoreResult<()> {
    work.conn
        .exec(
            "update despatch_line set is_judged = 0 where system = $1 and tracking = '' and despatched_at >= $2 \
             and is_judged = 1",
            vals![system.as_str(), since],
        )
        .await?;
    Ok(())
}

/// Marks despatches, each of them once. A despatch that holds several orders is marked for the named order only.
async fn despatch_states(work: &mut Work<'_>, marked: Vec<Marked<'_>>) -> StoreResult<()> {
    if marked.is_empty() {
        return Ok(());
    }
    let rows = marked
        .iter()
        .map(|m| {
            vals![
                m.system.as_str(),
                m.despatch,
                m.state,
                m.order.map(|o| o.0),
                work.at
            ]
        })
        .collect();
    let changed = work
        .conn
        .bulk_rows(
            "update despatch set state = v.column3, order_id = coalesce(v.column4, order_id), updated_at = v.column5 from (",
            ") as v where despatch.system = v.column1 and despatch.despatch = v.column2 and despatch.state <> v.column3 \
             and (v.column4 is null or number = (select wms_number from orders where id = v.column4) \
             or not exists (select 1 from despatch d where d.system = v.column1 and d.despatch = v.column2 \
             and d.number <> despatch.number)) returning despatch.system, despatch.despatch",
            rows,
        )
        .await?;
    let mut hits: HashSet<(String, String)> = HashSet::with_capacity(changed.len());
    for row in changed {
        let mut c = row.cols();
        hits.insert((c.text()?, c.text()?));
    }
    for m in marked {
        if hits.contains(&(m.system.0.clone(), m.despatch.to_owned())) {
            work.note(
                m.index,
                m.order.map(|o| o.0),
                entry(
                    "despatch.state",
                    ObjectRef::Despatch(m.despatch.to_owned()),
                    None,
                    "",
                    m.state,
                    m.system.as_str(),
                ),
            );
        }
    }
    Ok(())
}

/// Items as read; rows that say the same are left alone.
async fn items(
    work: &mut Work<'_>,
    system: &SystemId,
    items: &[WmsItem],
    at: Ts,
) -> StoreResult<()> {
    let mut last: HashMap<&str, usize> = HashMap::new();
    for (place, item) in items.iter().enumerate() {
        last.insert(item.code.as_str(), place);
    }
    let rows = items
        .iter()
        .enumerate()
        .filter(|(place, item)| last.get(item.code.as_str()) == Some(place))
        .map(|(_, item)| {
            vals![
                system.as_str(),
                item.code.as_str(),
                item.name.as_str(),
                item.barcode.as_str(),
                item.is_active,
                at,
            ]
        })
        .collect();
    work.conn
        .bulk(
            "insert into item (system, code, name, barcode, is_active, read_at)",
            "on conflict (system, code) do update set name = excluded.name, barcode = excluded.barcode, \
             is_active = excluded.is_active, read_at = excluded.read_at where item.name <> excluded.name \
             or item.barcode <> excluded.barcode or item.is_active <> excluded.is_active",
            rows,
        )
        .await?;
    Ok(())
}

/// The full list of a mapping target: what is absent becomes inactive.
async fn targets(
    work: &mut Work<'_>,
    (pair, kind, side): (&PairId, MappingKind, &str),
    targets: &[Target],
    at: Ts,
) -> StoreResult<()> {
    let mut codes = HashSet::new();
    let mut rows = Vec::with_capacity(targets.len());
    for target in targets.iter().rev() {
        if codes.insert(target.code.clone()) {
            rows.push(vals![
                pair.as_str(),
                kind.code(),
                side,
                target.code.as_str(),
                target.name.as_str(),
                target.is_active,
                at,
            ]);
        }
    }
    work.conn
        .bulk(
            "insert into target (pair, kind, side, code, name, is_active, read_at)",
            "on conflict (pair, kind, side, code) do update set name = excluded.name, is_active = excluded.is_active, \
             read_at = excluded.read_at",
            rows,
        )
        .await?;
    let codes: Vec<String> = codes.into_iter().collect();
    work.conn
        .exec(
            "update target set is_active = 0, read_at = $5 where pair = $1 and kind = $2 and side = $3 \
             and is_active = 1 and not (code @any($4))",
            vals![pair.as_str(), kind.code(), side, codes, at],
        )
        .await?;
    Ok(())
}

/// A run that is not complete leaves a note and changes no figure. A figure of an older snapshot never replaces that of
/// a newer one. Items that a complete run does not mention keep their last figure: absence is never zero.
async fn snapshot(
    work: &mut Work<'_>,
    index: usize,
    row: &SnapshotRow,
    levels: &[StockLevelRow],
) -> StoreResult<()> {
    work.conn
        .exec(
            "insert into snapshot (id, system, pair, taken_at, is_complete, is_full, row_count, note) \
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do update set is_complete = excluded.is_complete, \
             row_count = excluded.row_count, note = excluded.note",
            vals![
                row.id,
                row.system.as_str(),
                row.pair.as_str(),
                row.taken_at,
                row.is_complete,
                row.is_full,
                row.rows,
                row.note.as_str(),
            ],
        )
        .await?;
    let mut summary = format!("{} rows", row.rows);
    if row.is_complete {
        let mut last: HashMap<(&str, &str), usize> = HashMap::new();
        for (place, level) in levels.iter().enumerate() {
            last.insert((level.item.as_str(), level.site.as_str()), place);
        }
        let rows = levels
            .iter()
            .enumerate()
            .filter(|(place, l)| last.get(&(l.item.as_str(), l.site.as_str())) == Some(place))
            .map(|(_, l)| {
                vals![
                    l.system.as_str(),
                    l.item.as_str(),
                    l.site.as_str(),
                    l.on_hand_each,
                    l.allocated_each,
                    l.available_each,
                    l.snapshot_id,
                    l.read_at,
                ]
            })
            .collect();
        work.conn
            .bulk(
                "insert into stock_level (system, item, site, on_hand_each, allocated_each, available_each, snapshot_id, read_at)",
                "on conflict (system, item, site) do update set on_hand_each = excluded.on_hand_each, \
                 allocated_each = excluded.allocated_each, available_each = excluded.available_each, \
                 snapshot_id = excluded.snapshot_id, read_at = excluded.read_at \
                 where excluded.snapshot_id >= stock_level.snapshot_id",
                rows,
            )
            .await?;
    } else {
        summary.push_str(", incomplete: no figure was changed");
    }
    work.note(
        index,
        None,
        entry(
            "stock.snapshot",
            ObjectRef::System(row.system.0.clone()),
            Some(&row.pair),
            "",
            summary,
            row.note.as_str(),
        ),
    );
    Ok(())
}

/// Sorts positions without a sale last.
const NO_RISK: i64 = i64::MAX;

async fn positions(work: &mut Work<'_>, positions: &[StockPosition]) -> StoreResult<()> {
    let mut last: HashMap<(&str, &str, &str), usize> = HashMap::new();
    for (place, p) in positions.iter().enumerate() {
        last.insert(
            (p.pair.as_str(), p.item.as_str(), p.location.as_str()),
            place,
        );
    }
    let mut rows = Vec::with_capacity(positions.len());
    let mut days = Vec::with_capacity(positions.len());
    let day = work.at.day();
    for (place, p) in positions.iter().enumerate() {
        let key = (p.pair.as_str(), p.item.as_str(), p.location.as_str());
        if last.get(&key) != Some(&place) {
            continue;
        }
        days.push(vals![
            p.pair.as_str(),
            p.item.as_str(),
            p.location.as_str(),
            day.rem_euclid(DAY_SLOTS),
            day,
            p.on_hand_each,
            p.publish_each,
            p.source_each,
            p.remainder_each
        ]);
        let is_notable =
            p.remainder_each != 0 || p.drift_since.is_some() || p.paused_reason.is_some();
        rows.push(vals![
            p.pair.as_str(),
            p.item.as_str(),
            p.location.as_str(),
            p.sku.as_str(),
            is_notable,
            p.paused_reason.is_some(),
            p.gap_each,
            p.gap_each.saturating_abs(),
            p.oversell_hours_milli.unwrap_or(NO_RISK),
            p.remainder_each,
            p.value_at_risk_minor,
            p.runs,
            p.drift_since,
            p.updated_at,
            to_json(p)?,
        ]);
    }
    work.conn
        .bulk(
            "insert into position (pair, item, location, sku, is_notable, is_paused, gap_each, gap_sort, risk_sort, remainder_each, \
             value_at_risk_minor, runs, drift_since, updated_at, body)",
            "on conflict (pair, item, location) do update set sku = excluded.sku, is_notable = excluded.is_notable, \
             is_paused = excluded.is_paused, gap_each = excluded.gap_each, gap_sort = excluded.gap_sort, risk_sort = excluded.risk_sort, \
             remainder_each = excluded.remainder_each, value_at_risk_minor = excluded.value_at_risk_minor, \
             runs = excluded.runs, drift_since = excluded.drift_since, updated_at = excluded.updated_at, body = excluded.body",
            rows,
        )
        .await?;
    work.conn
        .bulk(
            "insert into stock_day (pair, item, location, slot, day, on_hand_each, publish_each, source_each, remainder_each)",
            "on conflict (pair, item, location, slot) do update set day = excluded.day, on_hand_each = excluded.on_hand_each, \
             publish_each = excluded.publish_each, source_each = excluded.source_each, remainder_each = excluded.remainder_each",
            days,
        )
        .await?;
    Ok(())
}

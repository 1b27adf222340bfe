//! Movements of lanes: kept once, moved on, and what they still owe.

use super::{Work, entry};
use crate::domain::change::{Change, MovementMove, NewMovement};
use crate::domain::exception::ObjectRef;
use crate::domain::ids::PairId;
use crate::domain::movements::{LaneEntry, LaneKey, MovementState};
use crate::store::value::{from_json, to_json, vals};
use crate::store::{StoreError, StoreResult};
use std::collections::HashSet;

pub(super) async fn write(work: &mut Work<'_>, changes: &[(usize, &Change)]) -> StoreResult<()> {
    for (index, change) in changes {
        match change {
            Change::Movements(new) => keep(work, *index, new).await?,
            Change::Movement(moved) => move_on(work, *index, moved).await?,
            Change::MovementDebtsSettled {
                pair,
                lanes,
                evidence,
            } => settle(work, *index, (pair, lanes), evidence).await?,
            _ => {}
        }
    }
    Ok(())
}

fn object(entry: &LaneEntry) -> ObjectRef {
    ObjectRef::Item(entry.movement.item.0.clone())
}

async fn keep(work: &mut Work<'_>, index: usize, new: &[NewMovement]) -> StoreResult<()> {
    let mut known: HashSet<(String, String)> = HashSet::new();
    for pair in new.iter().map(|n| &n.pair).collect::<HashSet<_>>() {
        let keys: Vec<String> = new
            .iter()
            .filter(|n| n.pair == *pair)
            .map(|n| n.entry.key.clone())
            .collect();
        let rows = work
            .conn
            .rows(
                "select idem_key from movement where pair = $1 and idem_key @any($2)",
                vals![pair.as_str(), keys],
            )
            .await?;
        for row in rows {
            known.insert((pair.0.clone(), row.get(0)?));
        }
    }
    let mut rows = Vec::new();
    for movement in new {
        let held = &movement.entry;
        if !known.insert((movement.pair.0.clone(), held.key.clone())) {
            continue;
        }
        let is_open = !held.state.is_settled();
        rows.push(vals![
            movement.id,
            movement.pair.as_str(),
            held.key.as_str(),
            held.lane.order_key(),
            held.lane.location.as_str(),
            held.movement.item.as_str(),
            held.movement.turn().sort_text(),
            held.state.code(),
            is_open,
            held.state == MovementState::Skipped,
            held.movement.delta_each,
            held.movement.at,
            movement.reference.as_str(),
            Option::<i64>::None,
            "",
            held.text.as_str(),
            is_open.then_some(work.at),
            to_json(held)?,
            work.at,
            work.at,
        ]);
        let line = entry(
            "movement.kept",
            object(held),
            Some(&movement.pair),
            "",
            held.state.as_str(),
            format!(
                "{} ({}) {}",
                held.movement.words(),
                held.movement.word,
                held.text
            ),
        );
        work.note(index, None, line);
    }
    work.conn
        .bulk(
            "insert into movement (id, pair, idem_key, lane, location, item, turn, state, is_open, is_owed, delta_each, \
             moved_at, reference, delivery_id, document, last_text, head_since, entry, created_at, updated_at)",
            "on conflict (pair, idem_key) do nothing",
            rows,
        )
        .await?;
    Ok(())
}

/// A settled movement never moves again; a lane that is asked to is answered in words.
async fn move_on(work: &mut Work<'_>, index: usize, moved: &MovementMove) -> StoreResult<()> {
    let found = work
        .conn
        .rows(
            "select state, entry from movement where pair = $1 and idem_key = $2",
            vals![moved.pair.as_str(), moved.key.as_str()],
        )
        .await?;
    let Some(row) = found.first() else {
        return Err(StoreError::Refused(format!(
            "movement {} is not known; nothing was written",
            moved.key
        )));
    };
    let mut c = row.cols();
    let before: MovementState = c.code(MovementState::from_code)?;
    let mut held: LaneEntry = from_json(&c.text::<String>()?)?;
    if before.is_settled() {
        return Err(StoreError::Refused(format!(
            "{} is {before} already; nothing was written",
            held.movement.words()
        )));
    }
    if let Some(now) = &moved.entry {
        held = now.as_ref().clone();
    }
    held.state = moved.to;
    held.text.clone_from(&moved.text);
    let is_open = !moved.to.is_settled();
    work.conn
        .exec(
            "update movement set state = $3, is_open = $4, is_owed = $5, last_text = $6, \
             document = case when $7 = '' then document else $7 end, \
             delivery_id = case when $4 = 0 then null when $8 is null then delivery_id else $8 end, \
             entry = $9, lane = $10, location = $11, updated_at = $12 \
             where pair = $1 and idem_key = $2",
            vals![
                moved.pair.as_str(),
                moved.key.as_str(),
                moved.to.code(),
                is_open,
                moved.is_owed,
                moved.text.as_str(),
                moved.document.clone().unwrap_or_default(),
                moved.delivery.map(|d| d.0),
                to_json(&held)?,
                held.lane.order_key(),
                held.lane.location.as_str(),
                work.at,
            ],
        )
        .await?;
    if !is_open {
        next_is_first(work, &moved.pair, &held).await?;
    }
    let reason = match &moved.document {
        Some(document) => format!("{} (document {document})", moved.text),
        None => moved.text.clone(),
    };
    let line = entry(
        "movement.moved",
        object(&held),
        Some(&moved.pair),
        before.as_str(),
        moved.to.as_str(),
        format!("{}: {reason}", held.movement.words()),
    );
    work.note(index, None, line);
    Ok(())
}

/// Whoever is first in the lane now is so since now.
async fn next_is_first(work: &mut Work<'_>, pair: &PairId, gone: &LaneEntry) -> StoreResult<()> {
    work.conn
        .exec(
            "update movement set head_since = $3 where pair = $1 and lane = $2 and is_open = 1 and turn = \
             (select min(m.turn) from movement m where m.pair = $1 and m.lane = $2 and m.is_open = 1)",
            vals![pair.as_str(), gone.lane.order_key(), work.at],
        )
        .await?;
    Ok(())
}

async fn settle(
    work: &mut Work<'_>,
    index: usize,
    (pair, lanes): (&PairId, &[LaneKey]),
    evidence: &str,
) -> StoreResult<()> {
    let lanes: Vec<String> = lanes.iter().map(LaneKey::order_key).collect();
    let owed = work
        .conn
        .rows(
            "select distinct item from movement where pair = $1 and is_owed = 1 and lane @any($2)",
            vals![pair.as_str(), lanes.clone()],
        )
        .await?;
    if owed.is_empty() {
        return Ok(());
    }
    for row in &owed {
        let mut c = row.cols();
        let item: String = c.text()?;
        let line = entry(
            "movement.debt_settled",
            ObjectRef::Item(item),
            Some(pair),
            "",
            "",
            evidence,
        );
        work.note(index, None, line);
    }
    work.conn
        .exec(
            "update movement set is_owed = 0, updated_at = $3 where pair = $1 and is_owed = 1 and lane @any($2)",
            vals![pair.as_str(), lanes, work.at],
        )
        .await?;
    Ok(())
}

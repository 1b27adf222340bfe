//! Deliveries: the queue of every key is loaded, changed in memory in the order of the batch, promoted and written back.

use super::{DeliveryChange, Work, entry, invariant};
use crate::domain::change::DeliveryMove;
use crate::domain::delivery::{DeliveryState, Flow, NewDelivery};
use crate::domain::exception::{ObjectRef, Occurrence};
use crate::domain::ids::PairId;
use crate::store::db::Conn;
use crate::store::orders::sort_time;
use crate::store::value::{Val, to_json, vals};
use crate::store::{StoreError, StoreResult};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A delivery that has not ended, without its intent.
struct Hot {
    order_key: String,
    key_seq: i64,
    state: DeliveryState,
    step: i64,
    due_at: i64,
    attempts: i64,
    sent_at: Option<i64>,
    absent_at: Option<i64>,
    last_class: Option<i64>,
    last_text: String,
    version: i64,
    flow: Flow,
    pair: PairId,
    order: Option<i64>,
    object: String,
    is_new: bool,
    is_dirty: bool,
}

/// The queues a batch touches.
struct Queues<'b> {
    rows: BTreeMap<i64, Hot>,
    /// Keys whose head may have changed.
    touched: HashSet<String>,
    last_seq: HashMap<String, i64>,
    /// Idempotency keys that exist: delivery and content.
    known: HashMap<String, (i64, String)>,
    new: Vec<(&'b NewDelivery, String)>,
    intents: Vec<Vec<Val>>,
    conflicts: Vec<(usize, Occurrence)>,
}

/// The lock names of a batch (PostgreSQL).
pub(super) async fn keys(
    conn: &mut Conn,
    changes: &[(usize, DeliveryChange<'_>)],
) -> StoreResult<Vec<String>> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let mut keys: Vec<String> = order_keys(conn, &moved(changes)).await?;
    keys.extend(enqueued(changes).map(|n| n.order_key.clone()));
    Ok(keys.into_iter().map(|k| format!("delivery|{k}")).collect())
}

fn moved(changes: &[(usize, DeliveryChange<'_>)]) -> Vec<i64> {
    changes
        .iter()
        .filter_map(|(_, c)| match c {
            DeliveryChange::Move(m) => Some(m.id.0),
            DeliveryChange::Enqueue(_) => None,
        })
        .collect()
}

fn enqueued<'a, 'b>(
    changes: &'a [(usize, DeliveryChange<'b>)],
) -> impl Iterator<Item = &'b NewDelivery> + use<'a, 'b> {
    changes.iter().filter_map(|(_, c)| match c {
        DeliveryChange::Enqueue(n) => Some(*n),
        DeliveryChange::Move(_) => None,
    })
}

async fn order_keys(conn: &mut Conn, ids: &[i64]) -> StoreResult<Vec<String>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    conn.rows(
        "select distinct order_key from delivery where id @any($1)",
        vals![ids.to_vec()],
    )
    .await?
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// Applies enqueues and moves; returns the conflicts of keys that exist with another content.
pub(super) async fn write(
    work: &mut Work<'_>,
    changes: &[(usize, DeliveryChange<'_>)],
) -> StoreResult<Vec<(usize, Occurrence)>> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let mut queues = load(work.conn, changes).await?;
    for (index, change) in changes {
        match change {
            DeliveryChange::Enqueue(new) => enqueue(work, &mut queues, *index, new)?,
            DeliveryChange::Move(step) => advance(work, &mut queues, *index, step)?,
        }
    }
    promote(&mut queues);
    store(work, &mut queues).await?;
    Ok(queues.conflicts)
}

async fn load<'b>(
    conn: &mut Conn,
    changes: &[(usize, DeliveryChange<'b>)],
) -> StoreResult<Queues<'b>> {
    let mut keys = order_keys(conn, &moved(changes)).await?;
    keys.extend(enqueued(changes).map(|n| n.order_key.clone()));
    keys.sort();
    keys.dedup();
    let mut queues = Queues {
        rows: BTreeMap::new(),
        touched: HashSet::new(),
        last_seq: HashMap::new(),
        known: HashMap::new(),
        new: Vec::new(),
        intents: Vec::new(),
        conflicts: Vec::new(),
    };
    let rows = conn
        .rows(
            "select id, order_key, key_seq, state, step, due_at, attempts, sent_at, absent_at, last_class, last_text, \
             version, flow, pair, order_id, object from delivery where order_key @any($1)",
            vals![keys],
        )
        .await?;
    for row in rows {
        let mut c = row.cols();
        let id = c.int()?;
        let hot = Hot {
            order_key: c.text()?,
            key_seq: c.int()?,
            state: c.code(DeliveryState::from_code)?,
            step: c.int()?,
            due_at: c.int()?,
            attempts: c.int()?,
            sent_at: c.opt_int()?,
            absent_at: c.opt_int()?,
            last_class: c.opt_int()?,
            last_text: c.text()?,
            version: c.int()?,
            flow: c.code(Flow::from_code)?,
            pair: c.text()?,
            order: c.opt_int()?,
            object: c.text()?,
            is_new: false,
            is_dirty: false,
        };
        let last = queues.last_seq.entry(hot.order_key.clone()).or_insert(0);
        *last = hot.key_seq.max(*last);
        queues.rows.insert(id, hot);
    }
    let wanted: Vec<String> = enqueued(changes).map(|n| n.idem_key.clone()).collect();
    if !wanted.is_empty() {
        let known = conn
            .rows(
                "select idem_key, delivery_id, content_hash from delivery_key where idem_key @any($1)",
                vals![wanted],
            )
            .await?;
        for row in known {
            let mut c = row.cols();
            queues.known.insert(c.text()?, (c.int()?, c.text()?));
        }
    }
    Ok(queues)
}

fn enqueue<'b>(
    work: &mut Work<'_>,
    queues: &mut Queues<'b>,
    index: usize,
    new: &'b NewDelivery,
) -> StoreResult<()> {
    let hash = new.intent.content_hash();
    if let Some((known, known_hash)) = queues.known.get(&new.idem_key) {
        work.done.duplicates.push(new.id);
        if *known_hash != hash {
            let conflict = conflict(work, index, new, *known);
            queues.conflicts.push((index, conflict));
        }
        return Ok(());
    }
    queues
        .known
        .insert(new.idem_key.clone(), (new.id.0, hash.clone()));
    let seq = queues.last_seq.entry(new.order_key.clone()).or_insert(0);
    *seq += 1;
    let hot = Hot {
        order_key: new.order_key.clone(),
        key_seq: *seq,
        state: DeliveryState::Waiting,
        step: 0,
        due_at: new.due_at.0,
        attempts: 0,
        sent_at: None,
        absent_at: None,
        last_class: None,
        last_text: String::new(),
        version: 1,
        flow: new.flow,
        pair: new.pair.clone(),
        order: new.order.map(|o| o.0),
        object: new.object.clone(),
        is_new: true,
        is_dirty: false,
    };
    queues.touched.insert(hot.order_key.clone());
    if queues.rows.insert(new.id.0, hot).is_some() {
        return Err(StoreError::Refused(format!(
            "delivery {} exists already; nothing was written",
            new.id
        )));
    }
    queues.intents.push(vals![new.id.0, to_json(&new.intent)?]);
    queues.new.push((new, hash));
    work.note(
        index,
        new.order.map(|o| o.0),
        entry(
            "delivery.queued",
            ObjectRef::Delivery(new.id.0),
            Some(&new.pair),
            "",
            format!("{} {}", new.flow, new.object),
            new.idem_key.as_str(),
        ),
    );
    Ok(())
}

/// The key is taken by another content: an outward write is never silently replaced by another.
fn conflict(work: &mut Work<'_>, index: usize, new: &NewDelivery, known: i64) -> Occurrence {
    let detail = format!(
        "A write of {} for {} was not stored: its key {} already belongs to delivery {known} with another content. \
         Compare the two and decide which one the other system should have.",
        new.flow, new.object, new.idem_key
    );
    work.note(
        index,
        new.order.map(|o| o.0),
        entry(
            "delivery.conflict",
            ObjectRef::Delivery(known),
            Some(&new.pair),
            "",
            new.idem_key.as_str(),
            detail.as_str(),
        ),
    );
    let object = match new.order {
        Some(order) => ObjectRef::Order(order),
        None => ObjectRef::Delivery(known),
    };
    invariant(
        &new.pair,
        format!("KEY={}", new.idem_key),
        object,
        &new.object,
        detail,
        work.at,
    )
}

fn advance(
    work: &mut Work<'_>,
    queues: &mut Queues<'_>,
    index: usize,
    step: &DeliveryMove,
) -> StoreResult<()> {
    let hot = queues
        .rows
        .get_mut(&step.id.0)
        .filter(|h| !h.state.is_final())
        .ok_or_else(|| {
            StoreError::Refused(format!(
                "delivery {} has ended already or is not known; nothing was written",
                step.id
            ))
        })?;
    if let Some(from) = step.from
        && from != hot.state
    {
        return Err(StoreError::Refused(format!(
            "delivery {} ({}) is {}, not {from}; nothing was written",
            step.id, hot.object, hot.state
        )));
    }
    let before = hot.state;
    hot.state = step.to;
    hot.step = step.step;
    hot.due_at = step.due_at.0;
    hot.attempts = step.attempts;
    hot.sent_at = step.sent_at.map(|t| t.0);
    hot.absent_at = step.absent_at.map(|t| t.0);
    if let Some(class) = step.class {
        hot.last_class = Some(class.code());
    }
    hot.last_text.clone_from(&step.text);
    hot.is_dirty = true;
    queues.touched.insert(hot.order_key.clone());
    if let Some(intent) = &step.intent {
        queues.intents.push(vals![step.id.0, to_json(intent)?]);
    }
    // A step within one attempt changes nothing for anybody; the attempt itself is on record.
    if before == step.to && step.text.is_empty() {
        return Ok(());
    }
    let line = entry(
        "delivery.moved",
        ObjectRef::Delivery(step.id.0),
        Some(&hot.pair),
        before.as_str(),
        step.to.as_str(),
        format!("{} {}: {}", hot.flow, hot.object, step.text),
    );
    let order = hot.order;
    work.note(index, order, line);
    Ok(())
}

/// In every touched queue the head, and only the head, may be ready. A head that is rejected, dead or in doubt holds its key.
fn promote(queues: &mut Queues<'_>) {
    let mut by_key: HashMap<&str, Vec<(i64, i64)>> = HashMap::new();
    for (id, hot) in &queues.rows {
        if !hot.state.is_final() && queues.touched.contains(&hot.order_key) {
            by_key
                .entry(&hot.order_key)
                .or_default()
                .push((hot.key_seq, *id));
        }
    }
    let mut changes = Vec::new();
    for queue in by_key.values_mut() {
        queue.sort_unstable();
        for (place, (_, id)) in queue.iter().enumerate() {
            let Some(hot) = queues.rows.get(id) else {
                continue;
            };
            match (place, hot.state) {
                (0, DeliveryState::Waiting) => changes.push((*id, DeliveryState::Ready)),
                (1.., DeliveryState::Ready) => changes.push((*id, DeliveryState::Waiting)),
                _ => {}
            }
        }
    }
    for (id, state) in changes {
        if let Some(hot) = queues.rows.get_mut(&id) {
            hot.state = state;
            hot.is_dirty = true;
        }
    }
}

async fn store(work: &mut Work<'_>, queues: &mut Queues<'_>) -> StoreResult<()> {
    let at = work.at.0;
    let (mut inserts, mut keys) = (Vec::new(), Vec::new());
    for (new, hash) in &queues.new {
        keys.push(vals![new.idem_key.as_str(), new.id.0, hash.as_str()]);
        if let Some(hot) = queues.rows.get(&new.id.0) {
            inserts.push(insert_values(new, hot, at));
        }
    }
    let mut updates = Vec::new();
    let mut ended = Vec::new();
    for (id, hot) in &queues.rows {
        if hot.is_dirty && !hot.is_new {
            updates.push(vals![
                *id,
                hot.state.code(),
                hot.step,
                hot.due_at,
                hot.attempts,
                hot.sent_at,
                hot.absent_at,
                hot.last_class,
                hot.last_text.as_str(),
                hot.version + 1,
                at,
            ]);
        }
        if hot.state.is_final() {
            ended.push(*id);
        }
    }
    let conn = &mut *work.conn;
    conn.bulk(INSERT, "", inserts).await?;
    conn.bulk(
        "insert into delivery_key (idem_key, delivery_id, content_hash)",
        "",
        keys,
    )
    .await?;
    conn.bulk(
        "insert into delivery_intent (delivery_id, intent)",
        "on conflict (delivery_id) do update set intent = excluded.intent",
        last_per_id(std::mem::take(&mut queues.intents)),
    )
    .await?;
    conn.bulk(
        "update delivery set state = v.column2, step = v.column3, due_at = v.column4, attempts = v.column5, \
         sent_at = v.column6, absent_at = v.column7, last_class = v.column8, last_text = v.column9, \
         version = v.column10, updated_at = v.column11 from (",
        ") as v where delivery.id = v.column1",
        updates,
    )
    .await?;
    if !ended.is_empty() {
        conn.exec(ARCHIVE, vals![ended.clone()]).await?;
        conn.exec("delete from delivery where id @any($1)", vals![ended])
            .await?;
    }
    Ok(())
}

const INSERT: &str = "insert into delivery (id, flow, pair, system, lane, order_key, key_seq, idem_key, order_id, object, \
 state, step, attempts, ship_by, ship_sort, due_at, created_at, caused_at, sent_at, absent_at, last_class, last_text, depth, \
 version, updated_at)";

/// Ended deliveries leave the hot table in the commit that ended them.
const ARCHIVE: &str = "insert into delivery_done (id, flow, pair, system, lane, order_key, key_seq, idem_key, order_id, \
 object, state, step, attempts, ship_by, ship_sort, due_at, created_at, caused_at, sent_at, absent_at, last_class, last_text, \
 depth, version, updated_at) select id, flow, pair, system, lane, order_key, key_seq, idem_key, order_id, object, state, step, \
 attempts, ship_by, ship_sort, due_at, created_at, caused_at, sent_at, absent_at, last_class, last_text, depth, version, \
 updated_at from delivery where id @any($1)";

fn insert_values(new: &NewDelivery, hot: &Hot, at: i64) -> Vec<Val> {
    vals![
        new.id.0,
        new.flow.code(),
        new.pair.as_str(),
        new.system.as_str(),
        new.lane.code(),
        new.order_key.as_str(),
        hot.key_seq,
        new.idem_key.as_str(),
        new.order.map(|o| o.0),
        new.object.as_str(),
        hot.state.code(),
        hot.step,
        hot.attempts,
        new.ship_by,
        sort_time(new.ship_by),
        hot.due_at,
        at,
        new.caused_at,
        hot.sent_at,
        hot.absent_at,
        hot.last_class,
        hot.last_text.as_str(),
        new.depth,
        hot.version,
        at,
    ]
}

/// One statement may touch a row once: of several intents of a delivery the last one counts.
fn last_per_id(rows: Vec<Vec<Val>>) -> Vec<Vec<Val>> {
    let mut place: HashMap<i64, usize> = HashMap::new();
    let mut out: Vec<Vec<Val>> = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(Val::Int(Some(id))) = row.first() else {
            continue;
        };
        match place.get(id) {
            Some(at) => out[*at] = row,
            None => {
                place.insert(*id, out.len());
                out.push(row);
            }
        }
    }
    out
}

//! Order progress in the warehouse: the list of open orders, then a direct look at those that left it; and the
//! comparison of what stands there with what was sent.

use super::super::calls::{JobCx, Keep, call};
use super::super::deliver::Tick;
use super::super::settle;
use super::Run;
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::decide;
use crate::domain::exception::{ObjectRef, Occurrence, Severity};
use crate::domain::ids::{OrderId, WmsOrderNo};
use crate::domain::mapping_set::MappingSet;
use crate::domain::order::{OrderFull, OrderRow, OrderState, SourceStatus};
use crate::domain::preflight::{self, Fault};
use crate::domain::status;
use crate::domain::time::{Span, Ts};
use crate::domain::wms::{WmsLine, WmsOrder, WmsOrderStatus};
use crate::store::StoreResult;
use crate::vendors::{Op, TERMS_MAX, Warehouse};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// States in which the warehouse is expected to have the order open.
pub const IN_WAREHOUSE: &[OrderState] = &[
    OrderState::InWarehouse,
    OrderState::Allocated,
    OrderState::Picking,
    OrderState::Packing,
    OrderState::PartDespatched,
    OrderState::Backordered,
    OrderState::AmendReview,
    OrderState::CancelReview,
];

/// Rows of ours loaded at once.
const ROWS_PAGE: usize = 2_000;
/// Orders changed per commit.
const CHUNK: usize = 200;

/// Every row of ours the warehouse should have open.
async fn ours(jcx: &JobCx<'_>, run: &Run) -> StoreResult<Vec<OrderRow>> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = jcx
            .cx
            .store
            .order_rows_in(&run.pair.id, IN_WAREHOUSE, after, ROWS_PAGE)
            .await?;
        after = page.last().map(|r| r.id);
        let is_last = page.len() < ROWS_PAGE;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

/// The status pull.
pub struct StatusPull {
    warehouse: Arc<dyn Warehouse>,
    run: Run,
    page: u32,
    seen: Vec<WmsOrderStatus>,
    /// Orders of ours that left the open list, to be looked at directly.
    left: Option<Vec<WmsOrderNo>>,
    changed: usize,
}

impl StatusPull {
    /// A fresh pull.
    pub const fn new(warehouse: Arc<dyn Warehouse>, run: Run) -> Self {
        Self {
            warehouse,
            run,
            page: 1,
            seen: Vec::new(),
            left: None,
            changed: 0,
        }
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        if self.left.is_some() {
            Op::OrdersByNumber
        } else {
            Op::StatusesPage
        }
    }

    /// Makes that call.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        if self.left.is_some() {
            return self.look_at_left(jcx).await;
        }
        let start = self.run.pair.number_start();
        let called = call!(jcx, Keep::OnError, |log| self
            .warehouse
            .statuses_page(&start, true, self.page, &log));
        match called.answer {
            Err(error) => {
                self.run.failed(jcx, &error, called.payloads).await?;
                Ok(Tick::Done)
            }
            Ok(page) => {
                self.seen.extend(page.rows);
                self.page += 1;
                if !page.is_last {
                    return Ok(Tick::More);
                }
                self.compare(jcx).await
            }
        }
    }

    async fn compare(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let set = jcx.cx.mapping_set(&self.run.pair.id).await?;
        let learnt = learnt(jcx, &self.run, &set).await?;
        let rows = ours(jcx, &self.run).await?;
        let by_number: HashMap<&str, &OrderRow> = rows
            .iter()
            .filter_map(|r| r.wms_number.as_ref().map(|n| (n.as_str(), r)))
            .collect();
        let mut moved: HashMap<OrderId, String> = HashMap::new();
        let mut strangers = Vec::new();
        let mut present = HashSet::new();
        for status in &self.seen {
            present.insert(status.number.as_str());
            match by_number.get(status.number.as_str()) {
                Some(row)
                    if row.wms_status.as_deref() != Some(status.status_text.as_str())
                        || learnt.contains(&status.status_text) =>
                {
                    moved.insert(row.id, status.status_text.clone());
                }
                Some(_) => {}
                None => strangers.push(status.clone()),
            }
        }
        let left: Vec<WmsOrderNo> = rows
            .iter()
            .filter_map(|r| r.wms_number.clone())
            .filter(|n| !present.contains(n.as_str()))
            .collect();
        self.changed = moved.len();
        settle_learnt(jcx, &self.run, &learnt).await?;
        apply_statuses(jcx, &moved, &HashMap::new(), &set).await?;
        self.report_strangers(jcx, &strangers).await?;
        if left.is_empty() {
            return self.finish(jcx).await;
        }
        self.left = Some(left);
        Ok(Tick::More)
    }

    /// Orders with our prefix that we never sent.
    async fn report_strangers(
        &self,
        jcx: &JobCx<'_>,
        strangers: &[WmsOrderStatus],
    ) -> StoreResult<()> {
        let mut changes = Vec::new();
        for chunk in strangers.chunks(TERMS_MAX) {
            let numbers: Vec<WmsOrderNo> = chunk.iter().map(|s| s.number.clone()).collect();
            let known = jcx
                .cx
                .store
                .orders_by_wms(&self.run.pair.id, &numbers)
                .await?;
            for stranger in chunk.iter().filter(|s| {
                !known
                    .iter()
                    .any(|k| k.row.wms_number.as_ref() == Some(&s.number))
            }) {
                changes.push(Change::Raise(not_in_source(
                    &self.run,
                    stranger,
                    jcx.cx.now(),
                )));
            }
        }
        jcx.cx
            .commit("status", Some(jcx.fence), changes)
            .await
            .map(|_| ())
    }

    async fn look_at_left(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let Some(left) = self.left.as_mut() else {
            return Ok(Tick::Done);
        };
        let chunk: Vec<WmsOrderNo> = left.drain(..left.len().min(TERMS_MAX)).collect();
        let is_last = left.is_empty();
        let called = call!(jcx, Keep::OnError, |log| self
            .warehouse
            .orders_by_number(&chunk, &log));
        match called.answer {
            Err(error) => {
                self.run.failed(jcx, &error, called.payloads).await?;
                return Ok(Tick::Done);
            }
            Ok(found) => {
                self.changed += chunk.len();
                apply_headers(jcx, &self.run, &chunk, &found).await?;
            }
        }
        if is_last {
            self.finish(jcx).await
        } else {
            Ok(Tick::More)
        }
    }

    async fn finish(&self, jcx: &JobCx<'_>) -> StoreResult<Tick> {
        let note = format!(
            "{} open in the warehouse, {} moved",
            self.seen.len(),
            self.changed
        );
        let done = self.run.done(jcx.cx.now(), note, None);
        jcx.cx.commit("status", Some(jcx.fence), vec![done]).await?;
        Ok(Tick::Done)
    }
}

/// Statuses that were unknown when they were seen and have a meaning by now.
async fn learnt(jcx: &JobCx<'_>, run: &Run, set: &MappingSet) -> StoreResult<HashSet<String>> {
    let open = jcx
        .cx
        .store
        .open_exceptions(&[Kind::MapStatusUnknown], Some(&run.pair.id))
        .await?;
    Ok(open
        .iter()
        .filter_map(|case| case.discriminator.strip_prefix("STATUS="))
        .filter(|text| status::wms_status(text, set).is_some())
        .map(str::to_owned)
        .collect())
}

async fn settle_learnt(jcx: &JobCx<'_>, run: &Run, learnt: &HashSet<String>) -> StoreResult<()> {
    let changes = learnt
        .iter()
        .map(|text| Change::ClearAll {
            kind: Kind::MapStatusUnknown,
            pair: run.pair.id.clone(),
            discriminator: format!("STATUS={text}"),
            how: "mapping".to_owned(),
            evidence: "the status is mapped now; the orders that show it were taken on".to_owned(),
        })
        .collect();
    jcx.cx
        .commit("status", Some(jcx.fence), changes)
        .await
        .map(|_| ())
}

fn not_in_source(run: &Run, stranger: &WmsOrderStatus, now: Ts) -> Occurrence {
    Occurrence {
        kind: Kind::OrdNotInSource,
        pair: run.pair.id.clone(),
        discriminator: format!("ORDER={}", stranger.number),
        object: ObjectRef::WmsOrder(stranger.number.0.clone()),
        label: stranger.number.0.clone(),
        detail: format!(
            "the warehouse has {} ({}), and it was not sent from here: status {}",
            stranger.number,
            if stranger.channel.is_empty() {
                "no channel"
            } else {
                &stranger.channel
            },
            stranger.status_text
        ),
        began_at: now,
        ship_by: None,
        value_minor: 0,
        severity: None,
    }
}

/// Orders read directly by number: found ones get their status, absent ones become a case.
pub async fn apply_headers(
    jcx: &JobCx<'_>,
    run: &Run,
    asked: &[WmsOrderNo],
    found: &[WmsOrder],
) -> StoreResult<()> {
    let set = jcx.cx.mapping_set(&run.pair.id).await?;
    let known = jcx.cx.store.orders_by_wms(&run.pair.id, asked).await?;
    let mut moved = HashMap::new();
    let mut absent = HashMap::new();
    for order in &known {
        match found
            .iter()
            .find(|h| Some(&h.number) == order.row.wms_number.as_ref())
        {
            Some(header) => {
                moved.insert(order.row.id, header.status_text.clone());
            }
            None => {
                absent.insert(order.row.id, ());
            }
        }
    }
    apply_statuses(jcx, &moved, &absent, &set).await
}

/// Records statuses just read, order by order.
pub async fn apply_statuses(
    jcx: &JobCx<'_>,
    moved: &HashMap<OrderId, String>,
    absent: &HashMap<OrderId, ()>,
    set: &MappingSet,
) -> StoreResult<()> {
    let mut ids: Vec<OrderId> = moved.keys().chain(absent.keys()).copied().collect();
    ids.sort_unstable();
    let now = jcx.cx.now();
    for chunk in ids.chunks(CHUNK) {
        settle::commit_orders(jcx, "status", chunk, |orders| {
            let mut changes = Vec::new();
            for id in chunk {
                let Some(order) = orders.get(id) else {
                    continue;
                };
                match moved.get(id) {
                    Some(text) => changes.extend(status_change(order, text, set, now)),
                    None => changes.extend(gone_change(order, now)),
                }
            }
            changes
        })
        .await?;
    }
    Ok(())
}

fn status_change(order: &OrderFull, text: &str, set: &MappingSet, now: Ts) -> Vec<Change> {
    let mut row = order.row.clone();
    let mut changes = Vec::new();
    let known = status::wms_status(text, set);
    // The same word again is news only when its meaning has been learnt since.
    let is_learnt = known.map(status::order_state).is_some_and(|state| {
        row.state.is_in_warehouse() && state.is_in_warehouse() && state.code() > row.state.code()
    });
    if row.wms_status.as_deref() == Some(text) && !is_learnt {
        return changes;
    }
    let old = row.wms_status.replace(text.to_owned());
    let pair = row.pair.clone();
    match known {
        None => {
            let fault = Fault {
                kind: Kind::MapStatusUnknown,
                discriminator: format!("STATUS={text}"),
                detail: format!(
                    "the warehouse shows status \"{text}\", which nobody mapped; the order keeps its last known state"
                ),
            };
            changes.push(Change::Raise(decide::occurrence(
                &pair, &row, &fault, None, now,
            )));
        }
        Some(known) => {
            changes.extend(
                old.filter(|o| status::wms_status(o, set).is_none())
                    .map(|o| {
                        clear(
                            &row,
                            Kind::MapStatusUnknown,
                            format!("STATUS={o}"),
                            "the status is known now",
                        )
                    }),
            );
            let state = status::order_state(known);
            match state {
                OrderState::Cancelled if row.source_status == SourceStatus::Open => {
                    let fault = Fault {
                        kind: Kind::OrdMissingInWms,
                        discriminator: format!("ORDER={}", row.number),
                        detail: "cancelled in the warehouse, and the source still sells it"
                            .to_owned(),
                    };
                    decide::enter(&mut row, OrderState::OrphanSource, now);
                    changes.push(Change::Raise(decide::occurrence(
                        &pair, &row, &fault, None, now,
                    )));
                }
                state if is_forward(row.state, state) => decide::enter(&mut row, state, now),
                _ => {}
            }
            changes.push(clear(
                &row,
                Kind::OrdStalled,
                format!("ORDER={}", row.number),
                "it has moved on",
            ));
        }
    }
    row.updated_at = now;
    changes.push(Change::Order {
        row: Box::new(row),
        body: None,
        lines: None,
    });
    changes
}

/// The warehouse's status moves an order only while it is in the warehouse's hands.
fn is_forward(from: OrderState, to: OrderState) -> bool {
    from.is_in_warehouse()
        || (from == OrderState::OrphanSource && to.is_in_warehouse())
        || to == from
}

/// An order accepted this lately need not show in every answer yet: nothing is concluded from its absence.
const FRESH: Span = Span::mins(2);

fn gone_change(order: &OrderFull, now: Ts) -> Vec<Change> {
    let mut row = order.row.clone();
    let is_fresh = row.accepted_at.is_some_and(|at| now.since(at) < FRESH);
    if row.state == OrderState::OrphanSource || is_fresh {
        return Vec::new();
    }
    decide::enter(&mut row, OrderState::OrphanSource, now);
    row.wms_status = None;
    let fault = Fault {
        kind: Kind::OrdMissingInWms,
        discriminator: format!("ORDER={}", row.number),
        detail: "the warehouse accepted this order and no longer has it".to_owned(),
    };
    vec![
        Change::Raise(decide::occurrence(
            &row.pair.clone(),
            &row,
            &fault,
            None,
            now,
        )),
        Change::Order {
            row: Box::new(row),
            body: None,
            lines: None,
        },
    ]
}

fn clear(row: &OrderRow, kind: Kind, discriminator: String, evidence: &str) -> Change {
    Change::Clear {
        kind,
        pair: row.pair.clone(),
        discriminator: Some(discriminator),
        object: ObjectRef::Order(row.id),
        how: "auto".to_owned(),
        evidence: evidence.to_owned(),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Headers,
    Lines,
}

/// The comparison of orders: everything that stands in the warehouse against what was sent.
pub struct ReconcileOrders {
    warehouse: Arc<dyn Warehouse>,
    run: Run,
    waiting: Option<Vec<WmsOrderNo>>,
    chunk: Vec<WmsOrderNo>,
    headers: Vec<WmsOrder>,
    half: Half,
    compared: usize,
    differing: usize,
}

impl ReconcileOrders {
    /// A fresh comparison.
    pub const fn new(warehouse: Arc<dyn Warehouse>, run: Run) -> Self {
        Self {
            warehouse,
            run,
            waiting: None,
            chunk: Vec::new(),
            headers: Vec::new(),
            half: Half::Headers,
            compared: 0,
            differing: 0,
        }
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        match self.half {
            Half::Headers => Op::OrdersByNumber,
            Half::Lines => Op::LinesByNumber,
        }
    }

    /// Makes that call.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        if self.half == Half::Lines {
            return self.lines(jcx).await;
        }
        if self.waiting.is_none() {
            // An order was read back whole when the warehouse took it: reading it again at once would prove nothing.
            let settled = jcx.cx.now() - self.run.pair.policy.reconcile_orders_interval;
            let rows = ours(jcx, &self.run).await?.into_iter();
            self.waiting = Some(
                rows.filter(|r| r.accepted_at.is_none_or(|at| at <= settled))
                    .filter_map(|r| r.wms_number)
                    .collect(),
            );
        }
        let Some(waiting) = self.waiting.as_mut() else {
            return Ok(Tick::Done);
        };
        self.chunk = waiting.drain(..waiting.len().min(TERMS_MAX)).collect();
        if self.chunk.is_empty() {
            return self.finish(jcx).await;
        }
        let called = call!(jcx, Keep::OnError, |log| self
            .warehouse
            .orders_by_number(&self.chunk, &log));
        match called.answer {
            Err(error) => {
                self.run.failed(jcx, &error, called.payloads).await?;
                Ok(Tick::Done)
            }
            Ok(found) => {
                apply_headers(jcx, &self.run, &self.chunk, &found).await?;
                self.headers = found;
                self.half = Half::Lines;
                Ok(Tick::More)
            }
        }
    }

    async fn lines(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let called = call!(jcx, Keep::OnError, |log| self
            .warehouse
            .lines_by_number(&self.chunk, &log));
        let lines = match called.answer {
            Ok(lines) => lines,
            Err(error) => {
                self.run.failed(jcx, &error, called.payloads).await?;
                return Ok(Tick::Done);
            }
        };
        let known = jcx
            .cx
            .store
            .orders_by_wms(&self.run.pair.id, &self.chunk)
            .await?;
        let open = jcx
            .cx
            .store
            .open_exceptions(&[Kind::OrdLinesDiffer], Some(&self.run.pair.id))
            .await?;
        let mut changes = Vec::new();
        for order in &known {
            let Some(header) = self
                .headers
                .iter()
                .find(|h| Some(&h.number) == order.row.wms_number.as_ref())
            else {
                continue;
            };
            self.compared += 1;
            if let Some(change) = difference(order, header, &lines, &open, jcx.cx.now()) {
                self.differing += usize::from(matches!(change, Change::Raise(_)));
                changes.push(change);
            }
        }
        jcx.cx.commit("reconcile", Some(jcx.fence), changes).await?;
        self.half = Half::Headers;
        if self.waiting.as_ref().is_some_and(Vec::is_empty) {
            self.finish(jcx).await
        } else {
            Ok(Tick::More)
        }
    }

    async fn finish(&self, jcx: &JobCx<'_>) -> StoreResult<Tick> {
        let note = format!("{} compared, {} differ", self.compared, self.differing);
        let done = self.run.done(jcx.cx.now(), note, None);
        jcx.cx
            .commit("reconcile", Some(jcx.fence), vec![done])
            .await?;
        Ok(Tick::Done)
    }
}

fn difference(
    order: &OrderFull,
    header: &WmsOrder,
    lines: &[WmsLine],
    open: &[crate::store::read::OpenException],
    now: Ts,
) -> Option<Change> {
    let intent = order.body.intent.as_ref()?;
    // What was last accepted is the measure: a change still on its way is not a difference.
    if order.row.sent_hash.as_deref() != Some(intent.content_hash().as_str())
        && order.row.sent_hash.as_deref() != Some("")
    {
        return None;
    }
    let mine: Vec<WmsLine> = lines
        .iter()
        .filter(|l| l.number == intent.number)
        .cloned()
        .collect();
    let differences = preflight::differs(intent, header, &mine);
    let discriminator = format!("ORDER={}", order.row.number);
    if differences.is_empty() {
        let is_open = open.iter().any(|e| e.discriminator == discriminator);
        return is_open.then(|| {
            clear(
                &order.row,
                Kind::OrdLinesDiffer,
                discriminator,
                "read again: header and lines agree",
            )
        });
    }
    let severity = matches!(order.row.state, OrderState::Picking | OrderState::Packing)
        .then_some(Severity::S1);
    let fault = Fault {
        kind: Kind::OrdLinesDiffer,
        discriminator,
        detail: differences.join("; "),
    };
    Some(Change::Raise(decide::occurrence(
        &order.row.pair,
        &order.row,
        &fault,
        severity,
        now,
    )))
}

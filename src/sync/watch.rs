//! Watches: rules that look at what did *not* happen. They compare what both systems were last read to say, and never
//! our own queue alone.

use super::context::{Cx, PairCx};
use super::promises::Promises;
use super::reads::{Run, interval};
use super::requests;
use crate::domain::catalogue::Kind;
use crate::domain::change::{Change, Fence};
use crate::domain::decide as rules;
use crate::domain::delivery::{DeliveryState, Flow};
use crate::domain::exception::{ObjectRef, Occurrence, Severity};
use crate::domain::ids::{OrderId, RequestId};
use crate::domain::movements::{self, LaneEntry, MovementKind};
use crate::domain::order::{OrderRow, OrderState, SourceStatus};
use crate::domain::preflight::Fault;
use crate::domain::time::{Span, Ts};
use crate::store::read::OpenException;
use crate::store::{StoreResult, UNLEASED};
use std::collections::{HashMap, HashSet};

/// Rows looked at per page.
const PAGE: usize = 2_000;
/// How long an unpaid order may wait.
const PAYMENT_WAIT: Span = Span::hours(24);
/// The source says shipped and the warehouse has not shipped.
const CLOSED_GRACE: Span = Span::mins(30);
/// Movements looked at per watch.
const LANES_MAX: usize = 20_000;
/// A process that came up has asked by then about what was under way before.
const TAKE_OVER_MAX: Span = Span::mins(2);
/// Orders asked to be read again per watch.
const RESYNC_MAX: usize = 200;

struct Watch<'a> {
    cx: &'a Cx,
    pair: &'a PairCx,
    now: Ts,
    open: Vec<OpenException>,
    changes: Vec<Change>,
    resync: Vec<OrderId>,
}

/// Runs every watch of every pair.
pub async fn watch(cx: &Cx, fence: &Fence, now: Ts) -> StoreResult<()> {
    for pair in &cx.pairs {
        let open = cx.store.open_exceptions(&[], Some(&pair.id)).await?;
        let mut watch = Watch {
            cx,
            pair,
            now,
            open,
            changes: Vec::new(),
            resync: Vec::new(),
        };
        watch.orders().await?;
        watch.schedules().await?;
        watch.items().await?;
        watch.doubts().await?;
        watch.lanes().await?;
        let Watch {
            mut changes,
            resync,
            ..
        } = watch;
        let first = cx.ids(resync.len() as i64 + 1).await?;
        for (at, order) in resync.into_iter().take(RESYNC_MAX).enumerate() {
            let body = serde_json::json!({ "order": order });
            changes.push(Change::Request {
                id: RequestId(first + at as i64),
                kind: requests::RESYNC_ORDER.to_owned(),
                body,
            });
        }
        for chunk in changes.chunks(500) {
            cx.commit("watch", Some(fence), chunk.to_vec()).await?;
        }
    }
    for pair in &cx.pairs {
        super::unlabelled::watch(cx, fence, pair, now).await?;
        super::returns::watch(cx, pair, fence, now).await?;
        super::closing::watch(cx, pair, fence, now).await?;
    }
    invariants(cx, fence, now).await
}

async fn invariants(cx: &Cx, fence: &Fence, now: Ts) -> StoreResult<()> {
    let mut broken = cx.store.invariants(now).await?;
    if now.since(cx.started_at) < TAKE_OVER_MAX {
        // What was under way when the process before this one ended is being asked about.
        broken.retain(|line| !line.starts_with(UNLEASED));
    }
    let open = cx
        .store
        .open_exceptions(&[Kind::SysInvariant], None)
        .await?;
    let mut changes: Vec<Change> = broken
        .iter()
        .map(|line| {
            let code = line
                .split_whitespace()
                .next()
                .unwrap_or("I")
                .trim_end_matches(':')
                .to_owned();
            Change::Raise(Occurrence {
                kind: Kind::SysInvariant,
                pair: requests::ALL_PAIRS.into(),
                discriminator: format!("RULE={code}"),
                object: ObjectRef::House(code.clone()),
                label: code,
                detail: line.clone(),
                began_at: now,
                ship_by: None,
                value_minor: 0,
                severity: None,
            })
        })
        .collect();
    for case in open.iter().filter(|c| c.discriminator.starts_with("RULE=")) {
        let code = case.discriminator.trim_start_matches("RULE=");
        if !broken.iter().any(|line| line.starts_with(code)) {
            changes.push(Change::ClearAll {
                kind: Kind::SysInvariant,
                pair: case.pair.clone(),
                discriminator: case.discriminator.clone(),
                how: "auto".to_owned(),
                evidence: "the rule holds again".to_owned(),
            });
        }
    }
    cx.commit("watch", Some(fence), changes).await.map(|_| ())
}

impl Watch<'_> {
    fn is_open(&self, kind: Kind, discriminator: &str) -> bool {
        self.open
            .iter()
            .any(|e| e.kind == kind && e.discriminator == discriminator)
    }

    fn raise(
        &mut self,
        row: &OrderRow,
        kind: Kind,
        detail: String,
        severity: Option<Severity>,
        began_at: Ts,
    ) {
        let fault = Fault::new(kind, format!("ORDER={}", row.number), detail);
        // A case that is open and says the same need not be written every minute.
        if self.is_open(kind, &fault.discriminator) {
            return;
        }
        self.changes.push(Change::Raise(rules::occurrence(
            &self.pair.id,
            row,
            &fault,
            severity,
            began_at,
        )));
    }

    fn clear(&mut self, row: &OrderRow, kind: Kind, evidence: &str) {
        let discriminator = format!("ORDER={}", row.number);
        if self.is_open(kind, &discriminator) {
            self.changes.push(Change::Clear {
                kind,
                pair: self.pair.id.clone(),
                discriminator: Some(discriminator),
                object: ObjectRef::Order(row.id),
                how: "auto".to_owned(),
                evidence: evidence.to_owned(),
            });
        }
    }

    async fn orders(&mut self) -> StoreResult<()> {
        let states: Vec<OrderState> = OrderState::ALL
            .iter()
            .copied()
            .filter(|s| {
                s.is_before_warehouse()
                    || s.is_in_warehouse()
                    || matches!(s, OrderState::Despatched | OrderState::Confirming)
            })
            .collect();
        let mut promises = Promises::read(self.cx, self.pair, self.now).await?;
        let mut after = None;
        let mut seen: HashSet<String> = HashSet::new();
        loop {
            let page = self
                .cx
                .store
                .order_rows_in(&self.pair.id, &states, after, PAGE)
                .await?;
            after = page.last().map(|r| r.id);
            for row in &page {
                seen.insert(format!("ORDER={}", row.number));
                self.order(row);
                promises.order(row, &mut self.changes);
            }
            if page.len() < PAGE {
                break;
            }
        }
        promises.rest(&mut self.changes);
        self.settle_finished(&seen);
        Ok(())
    }

    /// Waits of orders that have ended since: what a watch opened, the watch closes.
    fn settle_finished(&mut self, seen: &HashSet<String>) {
        const WATCHED: &[Kind] = &[
            Kind::OrdStalled,
            Kind::OrdPaymentStuck,
            Kind::DspOpenAfterDespatch,
            Kind::DspClosedNotDespatched,
            Kind::DspPartialUnreflected,
        ];
        for case in &self.open {
            if WATCHED.contains(&case.kind) && !seen.contains(&case.discriminator) {
                self.changes.push(Change::ClearAll {
                    kind: case.kind,
                    pair: case.pair.clone(),
                    discriminator: case.discriminator.clone(),
                    how: "auto".to_owned(),
                    evidence: "both systems have finished with the order".to_owned(),
                });
            }
        }
    }

    fn order(&mut self, row: &OrderRow) {
        let waited = self.now.since(row.state_since);
        match row.state {
            OrderState::HeldPayment if waited > PAYMENT_WAIT => {
                self.raise(
                    row,
                    Kind::OrdPaymentStuck,
                    "unpaid for more than a day".to_owned(),
                    None,
                    row.state_since,
                );
            }
            OrderState::Ready | OrderState::Checking | OrderState::Queued | OrderState::Sending => {
                self.not_sent(row)
            }
            OrderState::Despatched => self.despatched(row),
            OrderState::Confirming => self.confirming(row),
            OrderState::PartDespatched if waited > self.pair.policy.confirm_grace.times(8) => {
                let text = "part of it left, and the rest has not followed".to_owned();
                self.raise(
                    row,
                    Kind::DspPartialUnreflected,
                    text,
                    None,
                    row.state_since,
                );
            }
            state if state.is_in_warehouse() => self.in_warehouse(row, waited),
            _ => {}
        }
        if row.state != OrderState::HeldPayment {
            self.clear(row, Kind::OrdPaymentStuck, "paid or no longer wanted");
        }
    }

    fn not_sent(&mut self, row: &OrderRow) {
        let Some(released) = row.released_at else {
            return;
        };
        if row.held_reason.is_none()
            && self.now.since(released.max(row.state_since)) > self.pair.policy.in_wms_grace
        {
            let text = format!(
                "released {} ago and not in the warehouse: {}",
                crate::text::age(self.now.since(released).as_secs()),
                row.state
            );
            self.raise(row, Kind::OrdMissingInWms, text, None, released);
        }
    }

    /// The warehouse says despatched; no despatch record explains it, or not all of it.
    fn despatched(&mut self, row: &OrderRow) {
        if row.source_status == SourceStatus::Processed {
            let evidence = "the source has closed it";
            return self.clear(row, Kind::DspOpenAfterDespatch, evidence);
        }
        if self.now.since(row.state_since) <= self.pair.policy.confirm_grace {
            return;
        }
        let reached = match row.despatched_at {
            None => "no despatch record has reached us",
            Some(_) => "the despatch records that reached us do not cover all of it",
        };
        let text = format!(
            "the warehouse shows it despatched, and {reached}; the source still has it open"
        );
        self.raise(row, Kind::DspOpenAfterDespatch, text, None, row.state_since);
        // Both systems are asked again, and the despatch report is read again, but not every minute.
        if self.now.since(row.source_read_at) < self.cx.pace.resync_again {
            return;
        }
        self.resync.push(row.id);
        self.changes.push(Change::ScheduleHasten {
            pair: self.pair.id.clone(),
            flow: Flow::Despatch,
            at: self.now,
        });
    }

    fn confirming(&mut self, row: &OrderRow) {
        let since = row.despatched_at.unwrap_or(row.state_since);
        if self.now.since(since) > self.pair.policy.confirm_grace {
            let text = "shipped, and the source still has it open".to_owned();
            self.raise(row, Kind::DspOpenAfterDespatch, text, None, since);
        }
    }

    fn in_warehouse(&mut self, row: &OrderRow, waited: Span) {
        let is_closed = row.source_status == SourceStatus::Processed;
        if is_closed
            && self.now.since(row.source_read_at) >= Span::ZERO
            && waited.0.min(self.now.since(row.updated_at).0) > CLOSED_GRACE.0
        {
            let text = format!(
                "the source says shipped; the warehouse has it {}",
                row.state
            );
            self.raise(
                row,
                Kind::DspClosedNotDespatched,
                text,
                None,
                row.updated_at,
            );
        } else if !is_closed {
            self.clear(
                row,
                Kind::DspClosedNotDespatched,
                "the source has it open again",
            );
        }
        let limit = match row.state {
            OrderState::InWarehouse | OrderState::Backordered => Span::hours(8),
            OrderState::Packing => Span::hours(2),
            _ => Span::hours(4),
        };
        if waited > limit {
            let text = format!("{} for {}", row.state, crate::text::age(waited.as_secs()));
            self.raise(row, Kind::OrdStalled, text, None, row.state_since);
        } else {
            self.clear(row, Kind::OrdStalled, "it has moved on");
        }
        if row.released_at.is_some() && !row.state.is_before_warehouse() {
            self.clear(row, Kind::OrdMissingInWms, "the warehouse has it");
        }
    }

    /// Flows that should have run and did not; flows whose shape did not fit and does again.
    async fn schedules(&mut self) -> StoreResult<()> {
        for row in self
            .cx
            .store
            .known_schedules()
            .await?
            .iter()
            .filter(|s| s.pair == self.pair.id)
        {
            let run = Run {
                pair: self.pair.clone(),
                flow: row.flow,
                started_at: self.now,
                cursor: String::new(),
                failures: row.failures,
            };
            let discriminator = format!("FLOW={}", row.flow);
            let late = self.now.since(row.last_ok_at.unwrap_or(row.due_at));
            let allowed = Span((interval(self.pair, row.flow).0 * 3 / 2).max(Span::mins(5).0));
            // A comparison that waits for its other half is due again and again, and never made.
            let is_waiting = row.flow == Flow::ReconcileStock && !row.is_last_ok;
            let is_overdue = is_waiting || self.now.since(row.due_at) > Span::mins(1);
            if row.paused.is_none() && late > allowed && is_overdue {
                if !self.is_open(Kind::SysScheduleMissed, &discriminator) {
                    let text = format!(
                        "{} has not run well for {}: {}",
                        row.flow,
                        crate::text::age(late.as_secs()),
                        row.last_note
                    );
                    self.changes.push(Change::Raise(run.occurrence(
                        Kind::SysScheduleMissed,
                        &text,
                        row.last_ok_at.unwrap_or(row.due_at),
                    )));
                }
            } else {
                self.close(Kind::SysScheduleMissed, &discriminator, "it ran");
            }
            let is_stock = row.flow == Flow::StockSnapshot;
            if is_stock && row.paused.is_none() && late > self.pair.policy.stock_interval.times(3) {
                if !self.is_open(Kind::StkStale, &discriminator) {
                    let text = format!(
                        "no complete snapshot for {}: {}",
                        crate::text::age(late.as_secs()),
                        row.last_note
                    );
                    self.changes.push(Change::Raise(run.occurrence(
                        Kind::StkStale,
                        &text,
                        row.last_ok_at.unwrap_or(row.due_at),
                    )));
                }
            } else if is_stock {
                self.close(
                    Kind::StkStale,
                    &discriminator,
                    "a complete snapshot was read",
                );
            }
            if row.is_last_ok {
                self.close(
                    Kind::SysSchema,
                    &discriminator,
                    "the last reading was understood",
                );
            }
        }
        Ok(())
    }

    fn close(&mut self, kind: Kind, discriminator: &str, evidence: &str) {
        if self.is_open(kind, discriminator) {
            self.changes.push(Change::ClearAll {
                kind,
                pair: self.pair.id.clone(),
                discriminator: discriminator.to_owned(),
                how: "auto".to_owned(),
                evidence: evidence.to_owned(),
            });
        }
    }

    /// Unknown SKUs are looked up again every few minutes: somebody may have created the item.
    async fn items(&mut self) -> StoreResult<()> {
        let key = format!("items_again/{}", self.pair.id);
        let last = self
            .cx
            .store
            .setting(&key)
            .await?
            .and_then(|v| v.parse::<i64>().ok())
            .unwrap_or(0);
        if self.now.since(Ts(last)) < self.cx.pace.items_again {
            return Ok(());
        }
        let set = self.cx.mapping_set(&self.pair.id).await?;
        let kinds = [
            Kind::OrdSkuUnknown,
            Kind::OrdSkuInactive,
            Kind::PrdBarcodeMismatch,
        ];
        let codes: Vec<_> = self
            .open
            .iter()
            .filter(|e| kinds.contains(&e.kind))
            .filter_map(|e| {
                e.discriminator
                    .split_once('=')
                    .map(|(_, sku)| set.item(&sku.into()).item)
            })
            .collect();
        for chunk in codes.chunks(crate::vendors::TERMS_MAX) {
            let body = serde_json::json!({ "pair": self.pair.id, "codes": chunk });
            let id = RequestId(self.cx.id().await?);
            self.changes.push(Change::Request {
                id,
                kind: requests::READ_ITEMS.to_owned(),
                body,
            });
        }
        if !codes.is_empty() {
            self.changes.push(Change::Setting {
                key,
                value: self.now.0.to_string(),
            });
        }
        Ok(())
    }

    /// Doubts that last become a case of their own, whatever keeps them from being settled.
    async fn doubts(&mut self) -> StoreResult<()> {
        for flow in [
            Flow::OrderCreate,
            Flow::OrderAmend,
            Flow::OrderCancel,
            Flow::Despatch,
            Flow::StockSnapshot,
            Flow::StockDelta,
            Flow::Product,
        ] {
            for row in self
                .cx
                .store
                .deliveries_in(&self.pair.id, flow, &[DeliveryState::InDoubt], PAGE)
                .await?
            {
                let since = row.sent_at.unwrap_or(row.updated_at);
                if self.now.since(since) >= crate::domain::retry::DOUBT_EXCEPTION {
                    let kind = super::settle::kind_of_doubt(flow);
                    let occurrence = super::settle::about(&row, kind, &row.last_text, since);
                    if !self.is_open(kind, &occurrence.discriminator) {
                        self.changes.push(Change::Raise(occurrence));
                    }
                }
            }
        }
        Ok(())
    }

    /// Lanes that stand still, and received goods that are not in the source yet.
    async fn lanes(&mut self) -> StoreResult<()> {
        if !self.cx.has_flow(self.pair, Flow::StockDelta) {
            return Ok(());
        }
        let open = self
            .cx
            .store
            .movements_open(&self.pair.id, &[], LANES_MAX)
            .await?;
        let entries: Vec<LaneEntry> = open.iter().map(|m| m.entry.clone()).collect();
        let waiting = self.at_barrier().await?;
        let items: HashSet<ObjectRef> = entries
            .iter()
            .map(|e| ObjectRef::Item(e.movement.item.0.clone()))
            .collect();
        let items: Vec<ObjectRef> = items.into_iter().collect();
        let known = self.cx.store.open_for(&items).await?;
        let mut stopped: HashSet<String> = HashSet::new();
        for lane in movements::lanes(&entries) {
            let head = open
                .iter()
                .find(|m| lane.head.is_some_and(|h| h.key == m.entry.key));
            let since = head.and_then(|m| m.head_since).unwrap_or(self.now);
            let name = lane.key.to_string();
            let orders = waiting.iter().filter(|text| text.contains(&name)).count();
            let orders = i64::try_from(orders).unwrap_or(i64::MAX);
            if let Some(fault) = movements::block_fault(&lane, since, orders, self.now)
                && let Some(head) = head
            {
                stopped.insert(fault.discriminator.clone());
                self.lane_case(&known, &head.entry, &fault, since);
            }
            for entry in lane.outstanding() {
                if entry.kind == Some(MovementKind::GoodsIn)
                    && let Some(fault) = movements::increment_missing(
                        &entry.movement,
                        &entry.lane,
                        Some(entry.state),
                        self.now,
                    )
                {
                    stopped.insert(fault.discriminator.clone());
                    self.lane_case(&known, entry, &fault, entry.movement.at);
                }
            }
        }
        for kind in [Kind::StkLaneBlocked, Kind::StkIncrementMissing] {
            let over: Vec<String> = self
                .open
                .iter()
                .filter(|e| e.kind == kind && !stopped.contains(&e.discriminator))
                .map(|e| e.discriminator.clone())
                .collect();
            for discriminator in over {
                self.close(kind, &discriminator, "the lane has moved on");
            }
        }
        Ok(())
    }

    fn lane_case(
        &mut self,
        known: &HashMap<ObjectRef, Vec<(Kind, String)>>,
        entry: &LaneEntry,
        fault: &Fault,
        since: Ts,
    ) {
        let item = &entry.movement.item;
        // Orders held at the barrier open the same case; what the head says belongs in it all the same.
        let about = (fault.kind, fault.discriminator.clone());
        let object = ObjectRef::Item(item.0.clone());
        if known.get(&object).is_some_and(|open| open.contains(&about)) {
            return;
        }
        let found = super::lanes::occurrence(&self.pair.id, item, fault, None, since);
        self.changes.push(Change::Raise(found));
    }

    /// What the orders at the barrier wait for.
    async fn at_barrier(&self) -> StoreResult<Vec<String>> {
        let states = [OrderState::Checking, OrderState::Blocked];
        let rows = self
            .cx
            .store
            .order_rows_in(&self.pair.id, &states, None, PAGE)
            .await?;
        Ok(rows
            .into_iter()
            .filter(movements::is_at_barrier)
            .map(|r| r.blocked_by)
            .collect())
    }
}

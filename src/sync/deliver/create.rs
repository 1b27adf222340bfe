//! An order into the warehouse: look whether the number is taken, save the header, save the lines, read both back.
//!
//! Header and lines are two calls (Peoplevox has no nested form), so the step is kept in the row. The order counts as
//! accepted only when both were read back and agree.

use super::super::calls::{Called, JobCx, Keep, call};
use super::super::context::Cx;
use super::super::settle::{self, Evidence, Was};
use super::{Tick, open_of};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::decide::{self, PENDING_CHANGE};
use crate::domain::delivery::{AnswerClass, DeliveryRow, DeliveryState, Intent};
use crate::domain::ids::{OrderId, PairId, RequestId, WmsOrderNo};
use crate::domain::mapping::MappingKind;
use crate::domain::mapping_set::MappingSet;
use crate::domain::order::{OrderFull, OrderState, SourceStatus, WmsOrderIntent};
use crate::domain::preflight::{self, Fault, mapping_discriminator};
use crate::domain::status;
use crate::domain::time::Ts;
use crate::domain::wms::{WmsLine, WmsOrder};
use crate::store::StoreResult;
use crate::vendors::{Op, ROWS_MAX, RowOutcome, TERMS_MAX, Warehouse};
use std::collections::HashMap;
use std::sync::Arc;

/// Orders of one job where so many wait: their lines fill the calls better than those of one call's headers do.
pub const ORDERS_MAX: usize = 2 * ROWS_MAX;

/// Steps as kept in the delivery row.
const STEP_HEADER: i64 = 1;
const STEP_LINES: i64 = 2;
const STEP_READ_BACK: i64 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    LookFirst,
    Header,
    Lines,
    ReadHeaders,
    ReadLines,
}

struct One {
    row: DeliveryRow,
    intent: WmsOrderIntent,
    is_live: bool,
    /// The warehouse was asked whether the number is taken.
    is_looked_for: bool,
    /// Lines were already sent a second time.
    is_repeated: bool,
}

impl One {
    const fn is_header_due(&self) -> bool {
        self.is_live && self.row.step < STEP_LINES
    }

    const fn is_lines_due(&self) -> bool {
        self.is_live && self.row.step == STEP_LINES
    }
}

/// A batch of order creations on its way.
pub struct CreateJob {
    warehouse: Arc<dyn Warehouse>,
    orders: Vec<One>,
    phase: Phase,
    /// The batch was in doubt: it only asks.
    is_asking: bool,
    /// What is being read back: as many numbers as one question takes.
    asked: Vec<WmsOrderNo>,
    headers: HashMap<WmsOrderNo, WmsOrder>,
}

impl CreateJob {
    /// From claimed rows, or (asking) from rows in doubt.
    pub fn new(warehouse: Arc<dyn Warehouse>, rows: Vec<DeliveryRow>, is_asking: bool) -> Self {
        let orders: Vec<One> = rows
            .into_iter()
            .filter_map(|row| match &row.intent {
                Intent::CreateOrder(intent) => {
                    let intent = intent.as_ref().clone();
                    Some(One {
                        row,
                        intent,
                        is_live: true,
                        is_looked_for: false,
                        is_repeated: false,
                    })
                }
                _ => None,
            })
            .collect();
        let phase = if is_asking {
            Phase::ReadHeaders
        } else if orders.iter().any(|o| o.row.step < STEP_LINES) {
            Phase::LookFirst
        } else {
            Phase::Lines
        };
        Self {
            warehouse,
            orders,
            phase,
            is_asking,
            asked: Vec::new(),
            headers: HashMap::new(),
        }
    }

    /// The next call it will make.
    pub fn next_op(&self) -> Op {
        match self.phase {
            Phase::LookFirst | Phase::ReadHeaders => Op::OrdersByNumber,
            Phase::Header => Op::SaveHeaders,
            Phase::Lines => Op::SaveLines,
            Phase::ReadLines => Op::LinesByNumber,
        }
    }

    /// Makes that call and stores what came of it.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        if !self.orders.iter().any(|o| o.is_live) {
            return Ok(Tick::Done);
        }
        match self.phase {
            Phase::LookFirst => self.look_first(jcx).await?,
            Phase::Header => self.save_headers(jcx).await?,
            Phase::Lines => self.save_lines(jcx).await?,
            Phase::ReadHeaders => self.read_headers(jcx).await?,
            Phase::ReadLines => self.read_lines(jcx).await?,
        }
        Ok(if self.orders.iter().any(|o| o.is_live) {
            Tick::More
        } else {
            Tick::Done
        })
    }

    /// Orders whose lines were sent (asking: all of them), as many as one question takes.
    fn next_asked(&self) -> Vec<WmsOrderNo> {
        self.orders
            .iter()
            .filter(|o| o.is_live && (self.is_asking || o.row.step == STEP_READ_BACK))
            .map(|o| o.intent.number.clone())
            .take(TERMS_MAX)
            .collect()
    }

    fn is_any(&self, is_so: impl Fn(&One) -> bool) -> bool {
        self.orders.iter().any(is_so)
    }

    async fn look_first(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let numbers: Vec<WmsOrderNo> = self
            .orders
            .iter()
            .filter(|o| o.is_header_due() && !o.is_looked_for)
            .map(|o| o.intent.number.clone())
            .take(TERMS_MAX)
            .collect();
        let called = call!(jcx, Keep::OnError, |log| self
            .warehouse
            .orders_by_number(&numbers, &log));
        let Some(found) = self.read_or_back_off(jcx, &called).await? else {
            return Ok(());
        };
        let mut changes = Vec::new();
        let mut touched = Vec::new();
        for one in self
            .orders
            .iter_mut()
            .filter(|o| o.is_header_due() && numbers.contains(&o.intent.number))
        {
            one.is_looked_for = true;
            match found.iter().find(|h| h.number == one.intent.number) {
                None => {}
                Some(header) if preflight::is_clash(&one.intent, header) => {
                    one.is_live = false;
                    touched.push((one.row.clone(), clash_text(&one.intent, header)));
                }
                // Ours, from an earlier life: the header need not be saved again, the lines are completed.
                Some(_) => {
                    changes.push(settle::stepped(&one.row, STEP_LINES, jcx.cx.now()));
                    one.row.step = STEP_LINES;
                }
            }
        }
        if !touched.is_empty() {
            refuse(jcx, &touched, Kind::OrdReferenceClash, &called.evidence()).await?;
        }
        jcx.cx.commit("create", Some(jcx.fence), changes).await?;
        self.phase = if self.is_any(|o| o.is_header_due() && !o.is_looked_for) {
            Phase::LookFirst
        } else if self.is_any(One::is_header_due) {
            Phase::Header
        } else {
            Phase::Lines
        };
        Ok(())
    }

    async fn save_headers(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let chunk: Vec<WmsOrderIntent> = self
            .orders
            .iter()
            .filter(|o| o.is_header_due())
            .map(|o| o.intent.clone())
            .take(ROWS_MAX)
            .collect();
        let called = call!(jcx, Keep::Always, |log| self
            .warehouse
            .save_headers(&chunk, &log));
        self.after_save(jcx, called, &chunk, STEP_LINES).await?;
        if !self.is_any(One::is_header_due) {
            self.phase = Phase::Lines;
        }
        Ok(())
    }

    async fn save_lines(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let mut chunk: Vec<WmsOrderIntent> = Vec::new();
        let mut rows = 0;
        for one in self.orders.iter().filter(|o| o.is_lines_due()) {
            if !chunk.is_empty() && rows + one.intent.lines.len() > ROWS_MAX {
                break;
            }
            rows += one.intent.lines.len();
            chunk.push(one.intent.clone());
        }
        if !chunk.is_empty() {
            let called = call!(jcx, Keep::Always, |log| self
                .warehouse
                .save_lines(&chunk, &log));
            self.after_save(jcx, called, &chunk, STEP_READ_BACK).await?;
        }
        if !self.is_any(One::is_lines_due) {
            self.phase = Phase::ReadHeaders;
        }
        Ok(())
    }

    /// Applies the row outcomes of one of the two saves.
    async fn after_save(
        &mut self,
        jcx: &mut JobCx<'_>,
        called: Called<Vec<RowOutcome>>,
        chunk: &[WmsOrderIntent],
        next: i64,
    ) -> StoreResult<()> {
        let evidence = called.evidence();
        let mut changes = called.payloads;
        let now = called.finished_at;
        let mut refused = Vec::new();
        for one in self
            .orders
            .iter_mut()
            .filter(|o| o.is_live && chunk.iter().any(|c| c.number == o.intent.number))
        {
            match &called.answer {
                Err(error) => {
                    one.is_live = false;
                    if one.row.step < STEP_LINES {
                        one.row.step = STEP_HEADER;
                    }
                    if error.class == AnswerClass::Rejected {
                        refused.push((one.row.clone(), error.text.clone()));
                    } else {
                        changes.extend(settle::failed(
                            jcx.cx,
                            &one.row,
                            error,
                            Was::Write,
                            &evidence,
                        ));
                    }
                }
                Ok(outcomes) => {
                    let outcome = outcomes.iter().find(|r| r.key == one.intent.number.0);
                    match outcome.map(|r| (r.class, r.text.clone())) {
                        Some((AnswerClass::Applied, _)) => {
                            changes.push(settle::attempt(
                                &one.row,
                                AnswerClass::Applied,
                                "",
                                &evidence,
                            ));
                            changes.push(settle::stepped(&one.row, next, now));
                            one.row.step = next;
                        }
                        Some((AnswerClass::Rejected, text)) => {
                            one.is_live = false;
                            refused.push((one.row.clone(), text));
                        }
                        other => {
                            one.is_live = false;
                            let text = other.map_or(
                                "the answer does not mention the order".to_owned(),
                                |(_, text)| text,
                            );
                            changes.push(settle::attempt(
                                &one.row,
                                AnswerClass::Unknown,
                                &text,
                                &evidence,
                            ));
                            changes.push(settle::doubtful(&one.row, now, &text));
                        }
                    }
                }
            }
        }
        jcx.cx.commit("create", Some(jcx.fence), changes).await?;
        if !refused.is_empty() {
            refuse(jcx, &refused, Kind::OrdRejected, &evidence).await?;
        }
        Ok(())
    }

    async fn read_headers(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        self.asked = self.next_asked();
        let called = call!(jcx, Keep::OnError, |log| self
            .warehouse
            .orders_by_number(&self.asked, &log));
        let Some(found) = self.read_or_doubt(jcx, &called).await? else {
            return Ok(());
        };
        self.headers = found.into_iter().map(|h| (h.number.clone(), h)).collect();
        self.phase = Phase::ReadLines;
        Ok(())
    }

    async fn read_lines(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let called = call!(jcx, Keep::OnError, |log| self
            .warehouse
            .lines_by_number(&self.asked, &log));
        let evidence = called.evidence();
        let Some(lines) = self.read_or_doubt(jcx, &called).await? else {
            return Ok(());
        };
        let now = jcx.cx.now();
        let mut accepted: Vec<(DeliveryRow, WmsOrderIntent, Vec<String>, String)> = Vec::new();
        let mut clashes = Vec::new();
        let mut changes = Vec::new();
        let asked = std::mem::take(&mut self.asked);
        for one in self
            .orders
            .iter_mut()
            .filter(|o| o.is_live && asked.contains(&o.intent.number))
        {
            let mine: Vec<WmsLine> = lines
                .iter()
                .filter(|l| l.number == one.intent.number)
                .cloned()
                .collect();
            match judge(&one.intent, self.headers.get(&one.intent.number), &mine) {
                Seen::Absent => {
                    one.is_live = false;
                    changes.extend(absent(jcx.cx, &one.row, now));
                }
                Seen::Clash(text) => {
                    one.is_live = false;
                    clashes.push((one.row.clone(), text));
                }
                Seen::LinesMissing if !one.is_repeated => {
                    one.is_repeated = true;
                    if self.is_asking {
                        one.is_live = false;
                        changes.push(settle::again(
                            &one.row,
                            STEP_LINES,
                            now,
                            "the header is there, the lines are completed",
                        ));
                    } else {
                        changes.push(settle::stepped(&one.row, STEP_LINES, now));
                        one.row.step = STEP_LINES;
                    }
                }
                Seen::LinesMissing => {
                    one.is_live = false;
                    let found = vec!["the warehouse keeps dropping a line".to_owned()];
                    accepted.push((one.row.clone(), one.intent.clone(), found, String::new()));
                }
                Seen::There {
                    differences,
                    status,
                } => {
                    one.is_live = false;
                    accepted.push((one.row.clone(), one.intent.clone(), differences, status));
                }
            }
        }
        jcx.cx.commit("create", Some(jcx.fence), changes).await?;
        if !clashes.is_empty() {
            refuse(jcx, &clashes, Kind::OrdReferenceClash, &evidence).await?;
        }
        if !accepted.is_empty() {
            accept(jcx, &accepted).await?;
        }
        self.phase = if !self.next_asked().is_empty() {
            Phase::ReadHeaders
        } else {
            Phase::Lines
        };
        Ok(())
    }

    /// A failed read before anything was written: every order goes back into its lane.
    async fn read_or_back_off<T: Clone>(
        &mut self,
        jcx: &mut JobCx<'_>,
        called: &Called<Vec<T>>,
    ) -> StoreResult<Option<Vec<T>>> {
        match &called.answer {
            Ok(found) => Ok(Some(found.clone())),
            Err(error) => {
                let evidence = called.evidence();
                let mut changes = called.payloads.clone();
                for one in self.orders.iter_mut().filter(|o| o.is_live) {
                    one.is_live = false;
                    changes.extend(settle::failed(
                        jcx.cx,
                        &one.row,
                        error,
                        Was::Read,
                        &evidence,
                    ));
                }
                jcx.cx.commit("create", Some(jcx.fence), changes).await?;
                Ok(None)
            }
        }
    }

    /// A failed read after something was written: nothing is proven, every order stays in doubt.
    async fn read_or_doubt<T: Clone>(
        &mut self,
        jcx: &mut JobCx<'_>,
        called: &Called<Vec<T>>,
    ) -> StoreResult<Option<Vec<T>>> {
        match &called.answer {
            Ok(found) => Ok(Some(found.clone())),
            Err(error) => {
                let now = called.finished_at;
                let mut changes = called.payloads.clone();
                for one in self.orders.iter_mut().filter(|o| o.is_live) {
                    one.is_live = false;
                    changes.extend(super::super::settle::unreadable(
                        jcx.cx,
                        &one.row,
                        &error.text,
                        now,
                    ));
                }
                jcx.cx.commit("create", Some(jcx.fence), changes).await?;
                Ok(None)
            }
        }
    }
}

enum Seen {
    Absent,
    Clash(String),
    LinesMissing,
    There {
        differences: Vec<String>,
        status: String,
    },
}

fn judge(intent: &WmsOrderIntent, header: Option<&WmsOrder>, lines: &[WmsLine]) -> Seen {
    let Some(header) = header else {
        return Seen::Absent;
    };
    if preflight::is_clash(intent, header) {
        return Seen::Clash(clash_text(intent, header));
    }
    let has_refs = lines.iter().all(|l| !l.line_ref.is_empty());
    let is_missing = intent.lines.iter().any(|wanted| {
        !lines.iter().any(|l| {
            if has_refs {
                l.line_ref == wanted.line_ref
            } else {
                l.item == wanted.item
            }
        })
    });
    if is_missing {
        return Seen::LinesMissing;
    }
    Seen::There {
        differences: preflight::differs(intent, header, lines),
        status: header.status_text.clone(),
    }
}

fn clash_text(intent: &WmsOrderIntent, header: &WmsOrder) -> String {
    format!(
        "{} is already another order in the warehouse (reference {}, {}); nothing was written over it",
        intent.number, header.po_reference, header.contact_name
    )
}

/// Not found while in doubt: one reading is not enough, two at least ten seconds apart decide.
fn absent(cx: &Cx, row: &DeliveryRow, now: Ts) -> Vec<Change> {
    if row.state != DeliveryState::InDoubt {
        return vec![settle::doubtful(
            row,
            now,
            "written, yet not found when read back",
        )];
    }
    settle::absent(cx, row, "it is not there", now)
}

/// The warehouse said no: the delivery waits for its cause, the order is blocked and a case is opened.
async fn refuse(
    jcx: &JobCx<'_>,
    refused: &[(DeliveryRow, String)],
    kind: Kind,
    evidence: &Evidence,
) -> StoreResult<()> {
    let ids: Vec<OrderId> = refused.iter().filter_map(|(row, _)| row.order).collect();
    let now = evidence.finished_at;
    settle::commit_orders(jcx, "create", &ids, |orders| {
        let mut changes = Vec::new();
        for (row, text) in refused {
            let Some(order) = row.order.and_then(|id| orders.get(&id)) else {
                continue;
            };
            changes.push(settle::attempt(row, AnswerClass::Rejected, text, evidence));
            changes.push(settle::rejected(row, now, text));
            let mut copy = order.row.clone();
            decide::enter(&mut copy, OrderState::Blocked, now);
            copy.blocked_by = crate::text::clean_to(text, 500);
            let kind = refine(kind, text);
            let discriminator = match kind {
                Kind::MapTargetGone => {
                    mapping_discriminator(MappingKind::Carrier, copy.service.as_str())
                }
                _ => format!("ORDER={}", copy.number),
            };
            let fault = Fault {
                kind,
                discriminator,
                detail: text.clone(),
            };
            changes.push(Change::Raise(decide::occurrence(
                &row.pair, &copy, &fault, None, now,
            )));
            changes.push(Change::Order {
                row: Box::new(copy),
                body: None,
                lines: None,
            });
        }
        changes
    })
    .await
}

/// A refusal's text only sharpens the kind; it never decides whether something succeeded.
fn refine(kind: Kind, text: &str) -> Kind {
    let lower = text.to_lowercase();
    if kind == Kind::OrdRejected && lower.contains("service type") {
        Kind::MapTargetGone
    } else {
        kind
    }
}

/// Read back and equal: the order is the warehouse's from now on.
async fn accept(
    jcx: &mut JobCx<'_>,
    accepted: &[(DeliveryRow, WmsOrderIntent, Vec<String>, String)],
) -> StoreResult<()> {
    let rows: Vec<&DeliveryRow> = accepted.iter().map(|(row, ..)| row).collect();
    let open = open_of(&jcx.cx.store, &rows).await?;
    let ids: Vec<OrderId> = rows.iter().filter_map(|row| row.order).collect();
    let first_id = jcx.cx.ids(ids.len() as i64).await?;
    let now = jcx.cx.now();
    let mut sets: HashMap<PairId, Arc<MappingSet>> = HashMap::new();
    for row in &rows {
        if !sets.contains_key(&row.pair) {
            sets.insert(row.pair.clone(), jcx.cx.mapping_set(&row.pair).await?);
        }
    }
    jcx.gate.orders_total += accepted.len() as i64;
    settle::commit_orders(jcx, "create", &ids, |orders| {
        let mut changes = Vec::new();
        for (at, (row, intent, differences, status)) in accepted.iter().enumerate() {
            changes.push(settle::applied(
                row,
                now,
                "read back: number, lines and service agree",
            ));
            let none = Vec::new();
            changes.extend(settle::cleared(
                row,
                open.get(&row.id.0).unwrap_or(&none),
                "the order was read back from the warehouse",
            ));
            if let Some(order) = row.order.and_then(|id| orders.get(&id)) {
                changes.extend(accepted_order(
                    row,
                    order,
                    intent,
                    differences,
                    sets.get(&row.pair).and_then(|set| shown_state(status, set)),
                    now,
                    RequestId(first_id + at as i64),
                ));
            }
        }
        changes
    })
    .await
}

/// The status read back and the state it stands for. A status that is unknown or already past the warehouse is left to
/// the status pull, which knows what to make of it.
fn shown_state(text: &str, set: &MappingSet) -> Option<(String, OrderState)> {
    let state = status::order_state(status::wms_status(text, set)?);
    state.is_in_warehouse().then(|| (text.to_owned(), state))
}

fn accepted_order(
    delivery: &DeliveryRow,
    order: &OrderFull,
    intent: &WmsOrderIntent,
    differences: &[String],
    shown: Option<(String, OrderState)>,
    now: Ts,
    request: RequestId,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut row = order.row.clone();
    let is_change_waiting =
        row.blocked_by == PENDING_CHANGE || row.source_status != SourceStatus::Open;
    let (text, state) = shown.unzip();
    decide::enter(&mut row, state.unwrap_or(OrderState::InWarehouse), now);
    row.accepted_at = Some(now);
    row.first_sent_at = row.first_sent_at.or(delivery.sent_at).or(Some(now));
    row.sent_hash = Some(intent.content_hash());
    row.wms_number = Some(intent.number.clone());
    row.wms_status = text;
    row.blocked_by = String::new();
    if !differences.is_empty() {
        row.blocked_by = crate::text::clean_to(&differences.join("; "), 500);
        row.sent_hash = Some(String::new());
        let fault = Fault {
            kind: Kind::OrdLinesDiffer,
            discriminator: format!("ORDER={}", row.number),
            detail: differences.join("; "),
        };
        changes.push(Change::Raise(decide::occurrence(
            &delivery.pair,
            &row,
            &fault,
            None,
            now,
        )));
    }
    if is_change_waiting {
        let body = serde_json::json!({ "order": row.id });
        changes.push(Change::Request {
            id: request,
            kind: "recheck_order".to_owned(),
            body,
        });
    }
    changes.push(Change::Order {
        row: Box::new(row),
        body: None,
        lines: None,
    });
    changes
}

//! Despatches to a source that is told of every parcel: look at the sale, enter the parcel (in as many calls as the
//! source needs), look again. What the source shows decides every call, so that nothing it shows is written twice.

use super::Tick;
use super::told::{self, changed_sales, in_rows, missing, not_there, sold_since, why_unread};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::delivery::{
    AnswerClass, DeliveryRow, DeliveryState, DespatchIntent, Intent, Lane, RelabelIntent,
};
use crate::domain::exception::Occurrence;
use crate::domain::ids::{OrderId, SourceOrderId};
use crate::domain::order::{OrderFull, SourceOrder, SourceStatus};
use crate::domain::time::{Span, Ts};
use crate::domain::wanted::carrier_discriminator;
use crate::store::StoreResult;
use crate::sync::calls::{Called, JobCx, Keep, call};
use crate::sync::settle::{self, Was};
use crate::vendors::{Answer, CallLog, Op, Orders, ParcelStep, Parcels};
use std::collections::HashMap;
use std::sync::Arc;

/// Calls one parcel may take before something must be wrong.
const CALLS_MAX: u32 = 8;

/// How long a parcel waits for a stock movement of one of its items.
const LOCK_WAIT: Span = Span::secs(3);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// A bulk look at the sales as known.
    Look,
    /// Those the look told nothing of, read whole.
    Read,
    Write,
    /// A bulk look at what was entered.
    Check,
    /// As `Read`, after writing.
    CheckRead,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// Not looked at yet.
    New,
    /// The sale must be read whole.
    Unseen,
    /// A call is due.
    Due,
    /// Entered; to be looked at once more.
    Entered,
    /// This job has nothing more to do with it.
    Over,
}

struct One {
    row: DeliveryRow,
    parcel: DespatchIntent,
    /// Only the tracking of a parcel told before is changed.
    change: Option<RelabelIntent>,
    sale: Option<SourceOrder>,
    stand: Stand,
    calls: u32,
}

/// A batch of parcels on their way to the source.
pub struct ParcelJob {
    source: Arc<dyn Parcels>,
    parcels: Vec<One>,
    known: HashMap<OrderId, OrderFull>,
    phase: Phase,
    is_asking: bool,
    is_loaded: bool,
}

impl ParcelJob {
    /// From claimed rows, or (asking) from rows in doubt.
    pub fn new(source: Arc<dyn Parcels>, rows: Vec<DeliveryRow>, is_asking: bool) -> Self {
        let parcels = rows
            .into_iter()
            .filter_map(|row| match &row.intent {
                Intent::ConfirmDespatch(parcel) => {
                    Some(One::of(parcel.as_ref().clone(), None, row))
                }
                Intent::Relabel(change) => {
                    let change = change.as_ref().clone();
                    Some(One::of(change.parcel.clone(), Some(change), row))
                }
                _ => None,
            })
            .collect();
        let mut job = Self {
            source,
            parcels,
            known: HashMap::new(),
            phase: Phase::Look,
            is_asking,
            is_loaded: false,
        };
        job.advance();
        job
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        match self.phase {
            Phase::Look | Phase::Check => Op::ParcelsShown,
            Phase::Read | Phase::CheckRead => Op::OrdersByIds,
            Phase::Write => Op::ShipParcel,
        }
    }

    /// Makes that call and stores what came of it.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        if !self.is_loaded {
            self.known = told::known(jcx, self.parcels.iter().map(|o| &o.row)).await?;
            for one in &mut self.parcels {
                let order = one.row.order.and_then(|id| self.known.get(&id));
                one.sale = order.map(|o| o.body.source.clone());
            }
            self.name_carriers(jcx).await?;
            self.is_loaded = true;
        }
        match self.phase {
            Phase::Look => self.look(jcx, Stand::New).await?,
            Phase::Check => self.look(jcx, Stand::Entered).await?,
            Phase::Read | Phase::CheckRead => self.read(jcx).await?,
            Phase::Write => self.write(jcx).await?,
        }
        self.advance();
        Ok(if self.parcels.iter().any(|o| o.stand != Stand::Over) {
            Tick::More
        } else {
            Tick::Done
        })
    }

    fn advance(&mut self) {
        let has = |stand| self.parcels.iter().any(|o| o.stand == stand);
        let is_checking = matches!(self.phase, Phase::Check | Phase::CheckRead);
        self.phase = if has(Stand::Unseen) && is_checking {
            Phase::CheckRead
        } else if has(Stand::Unseen) {
            Phase::Read
        } else if has(Stand::New) {
            Phase::Look
        } else if has(Stand::Due) {
            Phase::Write
        } else {
            Phase::Check
        };
    }

    /// One bulk look at the sales that stand at `from`.
    async fn look(&mut self, jcx: &mut JobCx<'_>, from: Stand) -> StoreResult<()> {
        let limit = self.source.at_once(Op::ParcelsShown).max(1);
        let mut sales: Vec<SourceOrder> = Vec::new();
        for sale in self.at(from).filter_map(|o| o.sale.as_ref()) {
            if sales.len() < limit && !sales.iter().any(|s| s.source_id == sale.source_id) {
                sales.push(sale.clone());
            }
        }
        let called = call!(jcx, Keep::OnError, |log| self.source.shown(&sales, &log));
        let ids: Vec<SourceOrderId> = sales.into_iter().map(|s| s.source_id).collect();
        self.seen(jcx, called, &ids, from == Stand::Entered, false)
            .await
    }

    /// Reads sales whole that the bulk look told nothing of.
    async fn read(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let limit = self.source.at_once(Op::OrdersByIds).max(1);
        let mut ids: Vec<SourceOrderId> = Vec::new();
        for one in self.at(Stand::Unseen) {
            if ids.len() < limit && !ids.contains(&one.parcel.source_id) {
                ids.push(one.parcel.source_id.clone());
            }
        }
        let called = call!(jcx, Keep::OnError, |log| self
            .source
            .orders_by_ids(&ids, &log));
        let is_check = self.phase == Phase::CheckRead;
        self.seen(jcx, called, &ids, is_check, true).await
    }

    fn at(&self, stand: Stand) -> impl Iterator<Item = &One> {
        self.parcels.iter().filter(move |o| o.stand == stand)
    }

    /// What an answer about these sales means for their parcels. After a bulk look an absent sale is read whole; after
    /// that it is missing.
    async fn seen(
        &mut self,
        jcx: &mut JobCx<'_>,
        called: Called<Orders>,
        ids: &[SourceOrderId],
        is_check: bool,
        is_whole_read: bool,
    ) -> StoreResult<()> {
        let evidence = called.evidence();
        let now = called.finished_at;
        let mut changes = called.payloads;
        let found = match called.answer {
            Ok(found) => found,
            Err(error) => {
                for one in self.parcels.iter_mut().filter(|o| o.is_among(ids)) {
                    one.stand = Stand::Over;
                    changes.extend(if is_check || self.is_asking {
                        settle::unreadable(jcx.cx, &one.row, &error.text, now)
                    } else {
                        settle::failed(jcx.cx, &one.row, &error, Was::Read, &evidence)
                    });
                }
                jcx.cx.commit("parcel", Some(jcx.fence), changes).await?;
                return Ok(());
            }
        };
        if !is_check {
            changes.extend(changed_sales(jcx, &self.known, &found).await?);
        }
        let mut done = Vec::new();
        let is_asking = self.is_asking;
        for one in self.parcels.iter_mut().filter(|o| o.is_among(ids)) {
            if let Some(text) = why_unread(&found, &one.parcel.source_id) {
                one.stand = Stand::Over;
                changes.extend(if is_check || is_asking {
                    settle::unreadable(jcx.cx, &one.row, &text, now)
                } else {
                    one.refused(jcx, &text, now)
                });
                continue;
            }
            match in_rows(&found, &one.parcel.source_id) {
                None if !is_whole_read => one.stand = Stand::Unseen,
                Some(_) if !is_whole_read && one.change.is_some() => one.stand = Stand::Unseen,
                None => {
                    one.stand = Stand::Over;
                    changes.extend(missing(&one.row, now));
                }
                Some(sale) => {
                    let order = one.row.order.and_then(|id| self.known.get(&id));
                    let look = one.look_at(self.source.as_ref(), &sale, order);
                    one.sale = Some(sale);
                    changes.extend(one.judge(jcx, look, is_check, is_asking, now, &mut done));
                }
            }
        }
        jcx.cx.commit("parcel", Some(jcx.fence), changes).await?;
        told::finish(jcx, done).await
    }

    /// Makes as many calls side by side as budget and concurrency allow; the first one's budget is taken already.
    async fn write(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        self.leave_locked(jcx).await?;
        let at_once = self.source.concurrency_max().max(1);
        let mut chosen: Vec<usize> = Vec::new();
        let mut sales: Vec<&SourceOrderId> = Vec::new();
        for (at, one) in self.parcels.iter().enumerate() {
            // Two parcels of one sale are entered one after the other: the second is judged by what the first left.
            if one.stand != Stand::Due || sales.contains(&&one.parcel.source_id) {
                continue;
            }
            let is_granted =
                chosen.is_empty() || jcx.gate.take(Op::ShipParcel, Lane::Despatch, jcx.cx.now());
            if !is_granted {
                break;
            }
            sales.push(&one.parcel.source_id);
            chosen.push(at);
            if chosen.len() >= at_once {
                break;
            }
        }
        let started = jcx.cx.now();
        let calls = chosen.into_iter().filter_map(|at| {
            let one = self.parcels.get(at)?;
            let (source, parcel) = (self.source.clone(), one.parcel.clone());
            let change = one.change.clone();
            let sale = one.sale.clone()?;
            let log = jcx.gate.call_log(started);
            Some(async move {
                let answer = match &change {
                    Some(change) => source.write_label(&sale, change, &log).await,
                    None => source.write(&sale, &parcel, &log).await,
                };
                (at, log, answer)
            })
        });
        let answers: Vec<(usize, CallLog, Answer<SourceOrder>)> =
            futures::future::join_all(calls).await;
        let mut changes = Vec::new();
        for (at, log, answer) in answers {
            let called = jcx.finish(Keep::Always, started, log, answer).await?;
            if let Some(one) = self.parcels.get_mut(at) {
                changes.extend(one.written(jcx, self.source.as_ref(), called));
                self.share(at);
            }
        }
        jcx.cx.commit("parcel", Some(jcx.fence), changes).await?;
        Ok(())
    }

    /// The carriers' names at the channel as they are mapped now. What may have been sent is asked about as it was sent.
    async fn name_carriers(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        if self.is_asking {
            return Ok(());
        }
        for one in &mut self.parcels {
            if !one.parcel.carrier_wms.is_empty() {
                let set = jcx.cx.mapping_set(&one.row.pair).await?;
                one.parcel.carrier = set.tracking_carrier(&one.parcel.carrier_wms);
            }
        }
        Ok(())
    }

    /// Parcels of items whose movement is being written, or may take effect at any moment, wait: a shipment changes the
    /// same figure on hand, and an absolute figure written around it would erase it.
    async fn leave_locked(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<()> {
        let Some(pair) = self.parcels.first().map(|o| o.row.pair.clone()) else {
            return Ok(());
        };
        if self.source.clone().adjustments().is_none() {
            return Ok(());
        }
        let held = jcx.cx.store.lanes_held(&pair).await?;
        if held.is_empty() {
            return Ok(());
        }
        let set = jcx.cx.mapping_set(&pair).await?;
        let now = jcx.cx.now();
        let mut changes = Vec::new();
        let is_due = |o: &&mut One| o.stand == Stand::Due && o.change.is_none();
        for one in self.parcels.iter_mut().filter(is_due) {
            let lanes = super::lane_keys(&set, &one.parcel);
            if lanes.iter().any(|lane| held.contains(lane)) {
                one.stand = Stand::Over;
                let text = "waits for a stock movement of one of its items";
                let due = now + LOCK_WAIT;
                changes.push(settle::again_uncounted(&one.row, one.row.step, due, text));
            }
        }
        jcx.cx.commit("parcel", Some(jcx.fence), changes).await?;
        Ok(())
    }

    /// Other parcels of the same sale are judged by what it shows now.
    fn share(&mut self, at: usize) {
        let Some(sale) = self.parcels.get(at).and_then(|o| o.sale.clone()) else {
            return;
        };
        for (other, one) in self.parcels.iter_mut().enumerate() {
            if other != at && one.parcel.source_id == sale.source_id {
                one.sale = Some(sale.clone());
            }
        }
    }
}

/// What a sale says about a parcel.
enum Look {
    Shown(String),
    Due,
    Blocked(String),
    Refused(String),
    /// Nobody needs it any more.
    Idle(&'static str),
}

impl Look {
    fn at_label(source: &dyn Parcels, change: &RelabelIntent, sale: &SourceOrder) -> Self {
        if matches!(sale.status, SourceStatus::Cancelled | SourceStatus::Gone) {
            return Self::Idle("cancelled in the source: nobody follows the parcel there");
        }
        match source.next_label(sale, change) {
            Ok(ParcelStep::Shown) => {
                Self::Shown(format!("the source shows {}", change.parcel.tracking))
            }
            Ok(ParcelStep::Write) => Self::Due,
            Err(why) => Self::Blocked(why),
        }
    }

    fn at(
        source: &dyn Parcels,
        parcel: &DespatchIntent,
        sale: &SourceOrder,
        order: Option<&OrderFull>,
    ) -> Self {
        if matches!(sale.status, SourceStatus::Cancelled | SourceStatus::Gone) {
            return Self::Refused(
                "cancelled in the source, and the warehouse has despatched it".to_owned(),
            );
        }
        match source.next(sale, parcel) {
            Ok(ParcelStep::Shown) => Self::Shown("the source shows this parcel".to_owned()),
            _ if sale.status == SourceStatus::Processed => Self::Shown(format!(
                "already shipped in the source with tracking \"{}\" (ours is \"{}\"); not entered again",
                sale.tracking, parcel.tracking
            )),
            Err(why) => Self::Blocked(why),
            Ok(ParcelStep::Write) => {
                sold_since(order, parcel, sale).map_or(Self::Due, Self::Blocked)
            }
        }
    }
}

impl One {
    fn of(parcel: DespatchIntent, change: Option<RelabelIntent>, row: DeliveryRow) -> Self {
        Self {
            parcel,
            // A bulk look need not tell which shipment shows which number.
            stand: if change.is_some() {
                Stand::Unseen
            } else {
                Stand::New
            },
            change,
            row,
            sale: None,
            calls: 0,
        }
    }

    fn next(&self, source: &dyn Parcels, sale: &SourceOrder) -> Result<ParcelStep, String> {
        match &self.change {
            Some(change) => source.next_label(sale, change),
            None => source.next(sale, &self.parcel),
        }
    }

    fn look_at(&self, source: &dyn Parcels, sale: &SourceOrder, order: Option<&OrderFull>) -> Look {
        match &self.change {
            Some(change) => Look::at_label(source, change, sale),
            None => Look::at(source, &self.parcel, sale, order),
        }
    }

    /// What a person is told when the source does not take it.
    const fn kind_of_refusal(&self) -> Kind {
        match self.change {
            Some(_) => Kind::DspTrackingRejected,
            None => Kind::DspConfirmFailed,
        }
    }

    /// A carrier the source does not know is one case for all its parcels: one mapping ends it. The text only says whose
    /// case it is, never whether something succeeded.
    fn about_refusal(&self, text: &str) -> Occurrence {
        let parcel = &self.parcel;
        let is_carrier = !parcel.carrier_wms.is_empty()
            && text.to_lowercase().contains("carrier")
            && text.contains(parcel.carrier.as_str());
        if !is_carrier {
            return settle::about(&self.row, self.kind_of_refusal(), text, self.row.caused_at);
        }
        let kind = Kind::DspTrackingRejected;
        let mut about = settle::about(&self.row, kind, text, self.row.caused_at);
        about.discriminator = carrier_discriminator(&parcel.carrier_wms);
        about
    }

    fn is_among(&self, ids: &[SourceOrderId]) -> bool {
        let is_waiting = matches!(self.stand, Stand::New | Stand::Unseen | Stand::Entered);
        is_waiting && ids.contains(&self.parcel.source_id)
    }

    /// Tried again by itself; a person is told.
    fn refused(&self, jcx: &JobCx<'_>, text: &str, now: Ts) -> Vec<Change> {
        let mut changes = settle::back_off(jcx.cx, &self.row, text, now);
        changes.push(Change::Raise(self.about_refusal(text)));
        changes
    }

    fn judge(
        &mut self,
        jcx: &JobCx<'_>,
        look: Look,
        is_check: bool,
        is_asking: bool,
        now: Ts,
        done: &mut Vec<(DeliveryRow, Option<SourceOrder>, String)>,
    ) -> Vec<Change> {
        let was_entered = is_check;
        self.stand = Stand::Over;
        match look {
            Look::Shown(text) => {
                done.push((self.row.clone(), self.sale.clone(), text));
                Vec::new()
            }
            Look::Due if was_entered => vec![settle::doubtful(
                &self.row,
                now,
                "entered, yet not shown when read back",
            )],
            Look::Due if is_asking && self.change.is_some() => {
                settle::absent(jcx.cx, &self.row, "it shows the tracking it had", now)
            }
            Look::Due if is_asking => not_there(jcx, &self.row, now),
            Look::Due => {
                self.stand = Stand::Due;
                Vec::new()
            }
            Look::Blocked(text) if was_entered => vec![settle::doubtful(&self.row, now, &text)],
            Look::Blocked(text) => self.refused(jcx, &text, now),
            Look::Idle(text) => vec![settle::ended(
                &self.row,
                DeliveryState::Superseded,
                now,
                text,
            )],
            Look::Refused(text) => {
                let about =
                    settle::about(&self.row, Kind::CanAfterDespatch, &text, self.row.caused_at);
                vec![
                    settle::rejected(&self.row, now, &text),
                    Change::Raise(about),
                ]
            }
        }
    }

    /// What the answer to a call that enters the parcel means.
    fn written(
        &mut self,
        jcx: &JobCx<'_>,
        source: &dyn Parcels,
        called: Called<SourceOrder>,
    ) -> Vec<Change> {
        let evidence = called.evidence();
        let now = called.finished_at;
        let mut changes = called.payloads;
        self.calls += 1;
        match called.answer {
            Ok(sale) => {
                let step = self.next(source, &sale);
                self.sale = Some(sale);
                let text = match &step {
                    Ok(ParcelStep::Shown) => "entered",
                    _ => "a stage is done",
                };
                changes.push(settle::attempt(
                    &self.row,
                    AnswerClass::Applied,
                    text,
                    &evidence,
                ));
                changes.push(settle::stepped(&self.row, i64::from(self.calls), now));
                self.row.step = i64::from(self.calls);
                match step {
                    Ok(ParcelStep::Shown) => self.stand = Stand::Entered,
                    Ok(ParcelStep::Write) if self.calls < CALLS_MAX => self.stand = Stand::Due,
                    Ok(ParcelStep::Write) => {
                        self.stand = Stand::Over;
                        let text = format!(
                            "{CALLS_MAX} calls were answered well, and the source still wants more"
                        );
                        changes.extend(self.refused(jcx, &text, now));
                    }
                    Err(why) => {
                        self.stand = Stand::Over;
                        changes.extend(self.refused(jcx, &why, now));
                    }
                }
            }
            Err(error) if error.class == AnswerClass::Rejected => {
                self.stand = Stand::Over;
                changes.push(settle::attempt(
                    &self.row,
                    error.class,
                    &error.text,
                    &evidence,
                ));
                changes.extend(self.refused(jcx, &error.text, now));
            }
            Err(error) => {
                self.stand = Stand::Over;
                changes.extend(settle::failed(
                    jcx.cx,
                    &self.row,
                    &error,
                    Was::Write,
                    &evidence,
                ));
            }
        }
        changes
    }
}

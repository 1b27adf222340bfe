//! Applies a batch: one transaction, changes grouped by kind, statements over many rows, journal last.

mod bulks;
mod checks;
mod deliveries;
mod error_rules;
mod exceptions;
mod inbound;
mod layouts;
mod looks;
mod mappings;
mod movements;
mod orders;
mod returns;
mod schedules;
mod stock;
mod undos;
mod views;

use super::db::Conn;
use super::dialect::Dialect;
use super::journal::{self, Draft};
use super::notice::Topic;
use super::value::vals;
use super::{Committed, Store, StoreError, StoreResult, leases};
use crate::domain::bulk::BulkChange;
use crate::domain::change::{Batch, Change, DeliveryMove, Journal};
use crate::domain::columns::KeptLayout;
use crate::domain::delivery::{Attempt, NewDelivery};
use crate::domain::error_rule::RuleChange;
use crate::domain::exception::{ObjectRef, Occurrence};
use crate::domain::ids::{JournalSeq, PairId};
use crate::domain::lifecycle_case;
use crate::domain::order::{OrderBody, OrderLine, OrderRow};
use crate::domain::time::Ts;
use crate::domain::undo::Undo;
use crate::domain::views::ViewChange;

/// How often a transaction that lost a conflict on PostgreSQL is repeated.
const CONFLICT_TRIES: u32 = 5;
/// Changes in one batch; more is a mistake of the caller.
const CHANGES_MAX: usize = 100_000;

/// What the parts of a commit share.
struct Work<'a> {
    conn: &'a mut Conn,
    actor: &'a str,
    at: Ts,
    journal: Vec<Draft>,
    /// Ways back from the changes of these indexes.
    undos: Vec<(usize, Undo)>,
    /// The batch takes an edit back: what it changes is no edit of its own.
    is_taking_back: bool,
    done: Committed,
}

impl Work<'_> {
    /// Notes a journal line for the change at `index`.
    fn note(&mut self, index: usize, order: Option<i64>, entry: Journal) {
        self.journal.push(Draft {
            index,
            order,
            entry,
        });
    }

    /// Keeps the way back from the change at `index`. What rules do is not a person's to take back.
    fn undoable(&mut self, index: usize, undo: Undo) {
        if !self.is_taking_back && !lifecycle_case::is_rule(self.actor) {
            self.undos.push((index, undo));
        }
    }
}

/// A short journal entry without exception and payload.
fn entry(
    action: &str,
    object: ObjectRef,
    pair: Option<&PairId>,
    before: impl Into<String>,
    after: impl Into<String>,
    reason: impl Into<String>,
) -> Journal {
    Journal {
        action: action.to_owned(),
        object,
        pair: pair.cloned(),
        before: before.into(),
        after: after.into(),
        reason: reason.into(),
        exception: None,
        payload: None,
    }
}

/// An order change of a batch.
struct OrderChange<'b> {
    index: usize,
    row: &'b OrderRow,
    body: Option<&'b OrderBody>,
    lines: Option<&'b [OrderLine]>,
}

/// A delivery change of a batch.
enum DeliveryChange<'b> {
    Enqueue(&'b NewDelivery),
    Move(&'b DeliveryMove),
}

/// A batch sorted by kind. Within a kind the order of the batch is kept; kinds that touch the same rows share a list.
#[derive(Default)]
struct Groups<'b> {
    inbound: Vec<&'b Change>,
    looks: Vec<&'b Change>,
    orders: Vec<OrderChange<'b>>,
    seen: Vec<&'b Change>,
    deliveries: Vec<(usize, DeliveryChange<'b>)>,
    attempts: Vec<&'b Attempt>,
    stock: Vec<(usize, &'b Change)>,
    movements: Vec<(usize, &'b Change)>,
    mappings: Vec<(usize, &'b Change)>,
    returns: Vec<(usize, &'b Change)>,
    checks: Vec<(usize, &'b Change)>,
    schedules: Vec<(usize, &'b Change)>,
    exceptions: Vec<(usize, exceptions::Step<'b>)>,
    views: Vec<(usize, &'b ViewChange)>,
    rules: Vec<(usize, &'b RuleChange)>,
    bulks: Vec<(usize, &'b BulkChange)>,
    undone: Vec<JournalSeq>,
    together: Option<JournalSeq>,
    layouts: Vec<&'b KeptLayout>,
    journal: Vec<(usize, &'b Journal)>,
}

impl<'b> Groups<'b> {
    fn of(batch: &'b Batch) -> Self {
        let mut groups = Self::default();
        for (index, change) in batch.changes.iter().enumerate() {
            groups.add(index, change);
        }
        groups
    }

    fn add(&mut self, index: usize, change: &'b Change) {
        match change {
            Change::Inbox(_) | Change::InboxDone { .. } => self.inbound.push(change),
            Change::Look(_) | Change::Looked(_) | Change::LooksForgotten { .. } => {
                self.looks.push(change)
            }
            Change::Order { row, body, lines } => self.orders.push(OrderChange {
                index,
                row,
                body: body.as_deref(),
                lines: lines.as_deref(),
            }),
            Change::OrderSeen { .. } | Change::Confirmed { .. } => self.seen.push(change),
            Change::Enqueue(new) => self.deliveries.push((index, DeliveryChange::Enqueue(new))),
            Change::Deliver(step) => self.deliveries.push((index, DeliveryChange::Move(step))),
            Change::Attempt(attempt) => self.attempts.push(attempt),
            // Sealed before the transaction.
            Change::Payload(_) => {}
            Change::Despatches { .. }
            | Change::DespatchState { .. }
            | Change::LabelsTaken { .. }
            | Change::LabelsJudged { .. }
            | Change::LabelsUnjudged { .. }
            | Change::Items { .. }
            | Change::Targets { .. }
            | Change::Snapshot { .. }
            | Change::Positions(_) => self.stock.push((index, change)),
            Change::Movements(_) | Change::Movement(_) | Change::MovementDebtsSettled { .. } => {
                self.movements.push((index, change))
            }
            Change::Mappings { .. } | Change::MappingUsed { .. } | Change::MappingBroken { .. } => {
                self.mappings.push((index, change))
            }
            Change::Return(_) | Change::Claim(_) => {
                self.returns.push((index, change));
            }
            Change::CheckSigned(_) | Change::HandedOver(_) => self.checks.push((index, change)),
            Change::ScheduleDone(_)
            | Change::ScheduleWait { .. }
            | Change::ScheduleHasten { .. }
            | Change::FlowPaused { .. }
            | Change::Request { .. }
            | Change::RequestDone { .. }
            | Change::SystemLive { .. }
            | Change::Setting { .. } => self.schedules.push((index, change)),
            Change::Raise(_)
            | Change::Clear { .. }
            | Change::ClearAll { .. }
            | Change::Exception { .. }
            | Change::DebtSettled { .. } => {
                self.exceptions
                    .push((index, exceptions::Step::Given(change)));
            }
            Change::View(change) => self.views.push((index, change)),
            Change::Rule(change) => self.rules.push((index, change)),
            Change::Bulk(change) => self.bulks.push((index, change)),
            Change::Undone(seq) => self.undone.push(*seq),
            Change::Together(seq) => self.together = Some(*seq).filter(|seq| seq.0 > 0),
            Change::Layout(kept) => self.layouts.push(kept),
            Change::Journal(entry) => self.journal.push((index, entry)),
        }
    }
}

impl Store {
    /// Applies a batch whole or not at all, with its journal rows, in one durable commit.
    pub async fn commit(&self, batch: Batch) -> StoreResult<Committed> {
        if batch.changes.len() > CHANGES_MAX {
            return Err(StoreError::Refused(format!(
                "a batch of {} changes is larger than {CHANGES_MAX}; nothing was written",
                batch.changes.len()
            )));
        }
        let sealed = inbound::seal(&self.inner.cipher, &batch)?;
        let mut tries = 0;
        loop {
            match self.commit_once(&batch, &sealed).await {
                Ok(done) => {
                    self.wrote(&Topic::all_of(&batch.changes));
                    return Ok(done);
                }
                Err((_, true)) if tries < CONFLICT_TRIES => tries += 1,
                Err((error, _)) => return Err(error),
            }
        }
    }

    /// One try; the flag tells that it lost a conflict and may be repeated.
    async fn commit_once(
        &self,
        batch: &Batch,
        sealed: &inbound::Sealed,
    ) -> Result<Committed, (StoreError, bool)> {
        let mut conn = self.inner.write().await.map_err(|e| (e, false))?;
        let done = match apply(&mut conn, sealed, batch).await {
            Ok(done) => done,
            Err(error) => return Err((error, conn.is_conflict)),
        };
        if conn.dialect() == Dialect::Pg {
            conn.exec(
                "select pg_notify($1, $2)",
                vals![super::notice::CHANNEL, self.inner.notice.instance.as_str()],
            )
            .await
            .map_err(|e| (e, false))?;
        }
        conn.commit().await?;
        Ok(done)
    }
}

async fn apply(conn: &mut Conn, sealed: &inbound::Sealed, batch: &Batch) -> StoreResult<Committed> {
    let mut groups = Groups::of(batch);
    lock_keys(conn, &groups).await?;
    if let Some(fence) = &batch.fence {
        leases::check_fence(conn, fence).await?;
    }
    let mut work = Work {
        conn,
        actor: &batch.actor,
        at: batch.at,
        journal: Vec::new(),
        undos: Vec::new(),
        is_taking_back: !groups.undone.is_empty(),
        done: Committed::default(),
    };
    let work = &mut work;
    inbound::payloads(work, &sealed.bodies).await?;
    inbound::inbox(work, &groups.inbound).await?;
    inbound::came_with(work, &sealed.inbound).await?;
    looks::write(work, &groups.looks).await?;
    orders::write(work, &groups.orders).await?;
    orders::seen(work, &groups.seen).await?;
    returns::write(work, &groups.returns).await?;
    let conflicts = deliveries::write(work, &groups.deliveries).await?;
    inbound::attempts(work, &groups.attempts).await?;
    stock::write(work, &groups.stock).await?;
    movements::write(work, &groups.movements).await?;
    mappings::write(work, &groups.mappings).await?;
    schedules::write(work, &groups.schedules).await?;
    checks::write(work, &groups.checks).await?;
    views::write(work, &groups.views).await?;
    error_rules::write(work, &groups.rules).await?;
    bulks::write(work, &groups.bulks).await?;
    undos::take(work, &groups.undone).await?;
    layouts::write(work, &groups.layouts).await?;
    groups.exceptions.extend(
        conflicts
            .into_iter()
            .map(|(index, occurrence)| (index, exceptions::Step::Found(Box::new(occurrence)))),
    );
    groups.exceptions.sort_by_key(|(index, _)| *index);
    exceptions::write(work, &groups.exceptions).await?;
    for (index, given) in &groups.journal {
        let order = match given.object {
            ObjectRef::Order(id) => Some(id.0),
            _ => None,
        };
        work.note(*index, order, (*given).clone());
    }
    let drafts = std::mem::take(&mut work.journal);
    let lines = journal::append(work.conn, work.actor, work.at, drafts).await?;
    work.done.first_line = lines.values().map(|(first, _)| JournalSeq(*first)).min();
    bulks::began(work, &groups.bulks).await?;
    undos::keep(work, &lines, groups.together).await?;
    Ok(std::mem::take(&mut work.done))
}

/// On PostgreSQL several workers write at once: everything that must not interleave (the queue of an order key, the cases
/// of a kind and pair) is locked first, in one sorted order. SQLite has a single writer.
async fn lock_keys(conn: &mut Conn, groups: &Groups<'_>) -> StoreResult<()> {
    if conn.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let mut keys = exceptions::keys(conn, &groups.exceptions).await?;
    keys.extend(deliveries::keys(conn, &groups.deliveries).await?);
    keys.extend(mappings::keys(&groups.mappings));
    lock(conn, keys).await
}

/// Takes transaction locks on names, in the order of their hashes.
pub(super) async fn lock(conn: &mut Conn, mut keys: Vec<String>) -> StoreResult<()> {
    if conn.dialect() == Dialect::Sqlite || keys.is_empty() {
        return Ok(());
    }
    keys.sort();
    keys.dedup();
    conn.exec(
        "select pg_advisory_xact_lock(s.k) from (select distinct hashtextextended(t, 1952541817) as k \
         from unnest($1) as t order by 1 offset 0) s",
        vals![keys],
    )
    .await?;
    Ok(())
}

/// An occurrence of a broken rule that the store itself found.
fn invariant(
    pair: &PairId,
    discriminator: String,
    object: ObjectRef,
    label: &str,
    detail: String,
    at: Ts,
) -> Occurrence {
    Occurrence {
        kind: crate::domain::catalogue::Kind::SysInvariant,
        pair: pair.clone(),
        discriminator,
        object,
        label: label.to_owned(),
        detail,
        began_at: at,
        ship_by: None,
        value_minor: 0,
        severity: None,
    }
}

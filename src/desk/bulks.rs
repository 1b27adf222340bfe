//! One act on many cases or orders: what it would come to, begun, looked at, stopped. The engine works through it.

use super::{Desk, DeskError, DeskResult, Done, reason};
use crate::domain::bulk::{
    Bulk, BulkAct, BulkChange, BulkItem, BulkTrial, ExceptionAct, ITEMS_MAX, ItemState, OrderAct,
    OrdersTrial, common_reason, tally,
};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::exception::{ExceptionRow, ObjectRef};
use crate::domain::ids::{BulkId, ExceptionId, OrderId};
use crate::domain::live::SystemLive;
use crate::domain::order::{OrderRow, OrderState};
use crate::domain::preflight::Verdict;
use crate::domain::time::{Span, Ts};
use crate::text::clean_to;
use std::collections::{BTreeSet, HashMap};

/// Cases read at once.
const PAGE: usize = 500;
/// Orders asked of the checks for one trial.
const ORDERS_MAX: usize = 300;
/// Causes of one kind told by name; more are only counted.
const CAUSES_NAMED_MAX: usize = 3;
/// Cases named in a trial.
const NAMED_MAX: usize = 3;
/// Cases of each sort on the page of an act.
pub const BULK_ITEMS_MAX: usize = 1_000;
/// Longest list of acts.
pub const BULKS_MAX: usize = 100;

/// A bulk act with its cases, the refused ones first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkPage {
    pub bulk: Bulk,
    pub refused: Vec<BulkItem>,
    pub waiting: Vec<BulkItem>,
    pub done: Vec<BulkItem>,
}

/// Before the earliest promise comes nothing; without one, the time by which a case is to be settled counts.
fn urgency(row: &ExceptionRow) -> (Ts, ExceptionId) {
    (row.ship_by.unwrap_or(row.resolve_due_at), row.id)
}

fn few_enough(many: usize) -> DeskResult<()> {
    if many > ITEMS_MAX {
        return Err(DeskError::Refused(format!(
            "{many} are more than the {ITEMS_MAX} one act may have; narrow the filter"
        )));
    }
    Ok(())
}

/// The act with its text as it is kept.
fn checked_order_act(act: OrderAct) -> DeskResult<OrderAct> {
    Ok(match act {
        OrderAct::Hold { reason: why } => OrderAct::Hold {
            reason: reason("holding orders", &why)?,
        },
        other => other,
    })
}

/// How long orders take at the limits of today: the calls each needed so far, at the narrowest limit of each system.
fn takes(orders: usize, systems: &[SystemLive]) -> Option<Span> {
    let orders = i64::try_from(orders).unwrap_or(i64::MAX);
    let of = |system: &SystemLive| {
        let limit = system.methods.iter().map(|m| m.limit_per_minute);
        let limit = limit.filter(|n| *n > 0).min()?;
        if system.orders_total <= 0 {
            return None;
        }
        let calls = orders.saturating_mul(system.calls_total) / system.orders_total;
        Some(Span::secs(calls.saturating_mul(60) / limit))
    };
    systems.iter().filter_map(of).max()
}

/// Causes as they are counted: by name, or only by kind where nearly every order has one of its own.
fn causes(faults: &[(Kind, String)]) -> Vec<String> {
    let mut named: HashMap<Kind, BTreeSet<&str>> = HashMap::new();
    for (kind, about) in faults {
        named.entry(*kind).or_default().insert(about);
    }
    let says = |(kind, about): &(Kind, String)| match named.get(kind).map_or(0, BTreeSet::len) {
        0..=CAUSES_NAMED_MAX => format!("{kind} {about}"),
        different => format!("{kind}, {different} different ones"),
    };
    faults.iter().map(says).collect()
}

impl Desk {
    /// Cases by number, the most urgent first.
    async fn in_order(&self, ids: &[ExceptionId]) -> DeskResult<Vec<ExceptionRow>> {
        let mut rows = Vec::with_capacity(ids.len());
        for page in ids.chunks(PAGE) {
            let read = self.store.exceptions_by_id(page).await;
            rows.extend(read.map_err(DeskError::store("reading the cases"))?);
        }
        rows.sort_by_key(urgency);
        Ok(rows)
    }

    /// The act with its texts as they are kept.
    fn checked_act(act: ExceptionAct) -> DeskResult<ExceptionAct> {
        Ok(match act {
            ExceptionAct::Note { text } => ExceptionAct::Note {
                text: reason("a note", &text)?,
            },
            ExceptionAct::Dismiss { reason: why } => ExceptionAct::Dismiss {
                reason: reason("dismissing an exception", &why)?,
            },
            ExceptionAct::Wait { who, until } => ExceptionAct::Wait {
                who: reason("waiting for somebody", &who)?,
                until,
            },
            ExceptionAct::Assign { team, person } => ExceptionAct::Assign {
                team,
                person: person
                    .map(|p| clean_to(p.trim(), 64))
                    .filter(|p| !p.is_empty()),
            },
            other => other,
        })
    }

    /// What an act on these cases would come to now. Nothing is changed.
    ///
    /// # Errors
    /// [`DeskError`]: the act cannot be kept, or the store failed.
    pub async fn bulk_trial(
        &self,
        ids: &[ExceptionId],
        act: &ExceptionAct,
    ) -> DeskResult<BulkTrial> {
        let act = Self::checked_act(act.clone())?;
        let rows = self.in_order(ids).await?;
        let mut whys = Vec::new();
        let mut passing = Vec::new();
        for row in &rows {
            match act.would(row, &self.who.0, self.now()) {
                Ok(()) => passing.push(row),
                Err(why) => whys.push(common_reason(&why, row.id)),
            }
        }
        let first = rows.iter().take(NAMED_MAX);
        let first = first.map(|row| format!("{} {}", row.id, row.title()));
        let mut trial = BulkTrial {
            cases: rows.len(),
            passes: passing.len(),
            refused: tally(whys),
            first: first.collect(),
            orders: None,
            takes: None,
        };
        if act == ExceptionAct::Retry {
            self.try_orders(&passing, &mut trial).await?;
        }
        Ok(trial)
    }

    /// What today's checks say of the orders of these cases, the most urgent first.
    async fn try_orders(&self, rows: &[&ExceptionRow], trial: &mut BulkTrial) -> DeskResult<()> {
        let what = "trying the orders";
        let mut ids = BTreeSet::new();
        let mut is_cut = false;
        for row in rows {
            let members = self.store.members(row.id, None, ORDERS_MAX).await;
            for member in members.map_err(DeskError::store(what))? {
                if let ObjectRef::Order(id) = member.object {
                    ids.insert(id);
                }
            }
            if ids.len() >= ORDERS_MAX {
                is_cut = true;
                break;
            }
        }
        let ids: Vec<OrderId> = ids.into_iter().take(ORDERS_MAX).collect();
        let orders = self.store.orders_by_id(&ids).await;
        let mut found = OrdersTrial {
            is_cut,
            ..OrdersTrial::default()
        };
        let mut faulty: Vec<(Kind, String)> = Vec::new();
        let mut others = Vec::new();
        for order in orders.map_err(DeskError::store(what))? {
            if !matches!(order.row.state, OrderState::Checking | OrderState::Blocked) {
                continue;
            }
            found.looked_at += 1;
            if let Some(held) = &order.row.held_reason {
                others.push(format!("held: {held}"));
                continue;
            }
            match self.judged(&order).await?.0 {
                Verdict::Pass { .. } => found.passes += 1,
                Verdict::Fail(faults) => {
                    faulty.extend(faults.into_iter().map(|f| (f.kind, f.discriminator)));
                }
                Verdict::NeedItems(_) => {
                    others.push("items of the warehouse were not read yet".to_owned());
                }
                Verdict::Wait(why) => others.push(why),
            }
        }
        found.still = tally(causes(&faulty).into_iter().chain(others));
        if found.looked_at > 0 {
            let systems = self.store.systems_live().await;
            let systems = systems.map_err(DeskError::store(what))?;
            let live: Vec<SystemLive> = systems.into_iter().map(|s| s.live).collect();
            trial.takes = takes(found.passes, &live).filter(|_| found.passes > 0);
            trial.orders = Some(found);
        }
        Ok(())
    }

    /// Begins an act on many cases, each as it was seen. The engine works through them, the most urgent first.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, the act cannot be kept, too many cases, or the store failed.
    pub async fn start_bulk(
        &self,
        seen: &[(ExceptionId, i64)],
        act: ExceptionAct,
    ) -> DeskResult<(BulkId, Done)> {
        let what = "the act on many cases";
        self.must_write(what)?;
        few_enough(seen.len())?;
        let act = Self::checked_act(act)?;
        let versions: HashMap<ExceptionId, i64> = seen.iter().copied().collect();
        let ids: Vec<ExceptionId> = seen.iter().map(|(id, _)| *id).collect();
        let rows = self.in_order(&ids).await?;
        let targets = rows
            .iter()
            .map(|row| {
                let version = versions.get(&row.id).copied().unwrap_or(row.version);
                (row.id.0, version)
            })
            .collect();
        self.begin(what, BulkAct::Cases(act), targets).await
    }

    async fn begin(
        &self,
        what: &str,
        act: BulkAct,
        targets: Vec<(i64, i64)>,
    ) -> DeskResult<(BulkId, Done)> {
        let id = self.store.reserve_ids(1).await.map(BulkId);
        let id = id.map_err(DeskError::store(what))?;
        let many = i64::try_from(targets.len()).unwrap_or(i64::MAX);
        let text = format!(
            "Bulk act {id} begins: {}, {}, the most urgent first.{}",
            act.says(),
            act.count(many),
            self.worker_hint().await?
        );
        let start = Change::Bulk(BulkChange::Start { id, act, targets });
        self.commit(what, vec![start]).await?;
        Ok((id, Done::now(text)))
    }

    /// Orders by number, the earliest promise first.
    async fn orders_in_order(&self, ids: &[OrderId]) -> DeskResult<Vec<OrderRow>> {
        let mut rows = Vec::with_capacity(ids.len());
        for page in ids.chunks(PAGE) {
            let read = self.store.order_rows(page).await;
            rows.extend(read.map_err(DeskError::store("reading the orders"))?);
        }
        rows.sort_by_key(|row| (row.ship_by.unwrap_or(Ts::NEVER), row.id));
        Ok(rows)
    }

    /// What an act on these orders would come to now. Nothing is changed.
    ///
    /// # Errors
    /// [`DeskError`]: the act cannot be kept, or the store failed.
    pub async fn order_trial(&self, ids: &[OrderId], act: &OrderAct) -> DeskResult<BulkTrial> {
        let act = checked_order_act(act.clone())?;
        let rows = self.orders_in_order(ids).await?;
        let whys: Vec<String> = rows.iter().filter_map(|row| act.would(row).err()).collect();
        let mut trial = BulkTrial {
            cases: rows.len(),
            passes: rows.len() - whys.len(),
            refused: tally(whys),
            first: rows
                .iter()
                .take(NAMED_MAX)
                .map(|row| row.number.clone())
                .collect(),
            ..BulkTrial::default()
        };
        if act == OrderAct::Resync && trial.passes > 0 {
            let systems = self.store.systems_live().await;
            let systems = systems.map_err(DeskError::store("reading the limits"))?;
            let live: Vec<SystemLive> = systems.into_iter().map(|s| s.live).collect();
            trial.takes = takes(trial.passes, &live);
        }
        Ok(trial)
    }

    /// Begins an act on many orders. The engine works through them, the earliest promise first.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, the act cannot be kept, too many orders, or the store failed.
    pub async fn start_order_bulk(
        &self,
        ids: &[OrderId],
        act: OrderAct,
    ) -> DeskResult<(BulkId, Done)> {
        let what = "the act on many orders";
        self.must_write(what)?;
        few_enough(ids.len())?;
        let act = checked_order_act(act)?;
        let rows = self.orders_in_order(ids).await?;
        let targets = rows.iter().map(|row| (row.id.0, row.version)).collect();
        self.begin(what, BulkAct::Orders(act), targets).await
    }

    /// Leaves what is left of an act untried.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, it is not under way, or the store failed.
    pub async fn stop_bulk(&self, id: BulkId) -> DeskResult<Done> {
        let what = format!("stopping bulk act {id}");
        self.commit(&what, vec![Change::Bulk(BulkChange::Stop { id })])
            .await?;
        Ok(Done::now(format!(
            "Bulk act {id} is stopped; what was done stays done."
        )))
    }

    /// Acts on many cases, the newest first.
    ///
    /// # Errors
    /// [`DeskError`]: the store failed.
    pub async fn bulks(&self) -> DeskResult<Vec<Bulk>> {
        let bulks = self.store.bulks(BULKS_MAX).await;
        bulks.map_err(DeskError::store("reading the bulk acts"))
    }

    /// One of them with its cases.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] when there is none with this number; otherwise the store failed.
    pub async fn bulk_page(&self, id: BulkId) -> DeskResult<BulkPage> {
        let what = format!("bulk act {id}");
        let bulk = self.store.bulk(id).await.map_err(DeskError::store(&what))?;
        let bulk = bulk.ok_or_else(|| DeskError::NotFound { what: what.clone() })?;
        let items = async |state| {
            let items = self.store.bulk_items(id, state, None, BULK_ITEMS_MAX).await;
            items.map_err(DeskError::store(&what))
        };
        Ok(BulkPage {
            refused: items(ItemState::Refused).await?,
            waiting: items(ItemState::Waiting).await?,
            done: items(ItemState::Done).await?,
            bulk,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::live::MethodLive;

    fn system(calls: i64, orders: i64, limits: &[i64]) -> SystemLive {
        SystemLive {
            calls_total: calls,
            orders_total: orders,
            methods: limits
                .iter()
                .map(|limit| MethodLive {
                    method: "SaveData".to_owned(),
                    calls_last_minute: 0,
                    limit_per_minute: *limit,
                })
                .collect(),
            ..SystemLive::default()
        }
    }

    #[test]
    fn the_narrowest_limit_says_how_long_orders_take() {
        let systems = [system(200, 100, &[0, 240, 60]), system(50, 100, &[150])];
        // 90 orders at two calls each, 60 calls a minute.
        assert_eq!(takes(90, &systems), Some(Span::mins(3)));
        assert_eq!(takes(90, &[system(10, 0, &[60])]), None);
    }
}

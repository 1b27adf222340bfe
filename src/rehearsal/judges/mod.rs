//! The judges: invariants checked against the sandbox's own state and ledger of effects, and against what people can
//! see in the product (open exceptions). They never look at the engine's queue to decide what should have happened.

mod despatches;
mod orders;
mod stock;
#[cfg(test)]
mod tests;

pub use orders::units_of;

use super::{RehearsalError, Rig};
use crate::domain::exception::ObjectRef;
use crate::domain::ids::OrderId;
use crate::domain::order::OrderRow;
use crate::sandbox::{Effect, LwOrder, SimSystem, World};
use std::collections::{HashMap, HashSet};

/// One invariant, held or broken.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Verdict {
    /// Code of the rule.
    pub code: &'static str,
    /// What must hold, in one line.
    pub rule: &'static str,
    /// The objects that break it, with the reason. Empty when it holds.
    pub broken: Vec<String>,
}

impl Verdict {
    fn new(code: &'static str, rule: &'static str, broken: Vec<String>) -> Self {
        Self { code, rule, broken }
    }

    /// Whether the rule holds.
    pub fn holds(&self) -> bool {
        self.broken.is_empty()
    }
}

/// Objects named at most per broken rule.
const NAMED_MAX: usize = 12;

/// What people can see: orders, and which of them have an open case.
#[derive(Default)]
struct Seen {
    rows: HashMap<String, OrderRow>,
    cased_orders: HashSet<OrderId>,
    cased_labels: HashSet<String>,
}

impl Seen {
    async fn read(rig: &Rig) -> Result<Self, RehearsalError> {
        let mut rows = HashMap::new();
        let mut after = None;
        loop {
            let page = rig
                .store
                .order_rows_in(
                    &rig.pair.id,
                    crate::domain::order::OrderState::ALL,
                    after,
                    2_000,
                )
                .await?;
            after = page.last().map(|r| r.id);
            let is_last = page.len() < 2_000;
            rows.extend(page.into_iter().map(|r| (r.source_id.0.to_lowercase(), r)));
            if is_last {
                break;
            }
        }
        let mut cased_orders = HashSet::new();
        let mut cased_labels = HashSet::new();
        for case in rig.store.open_exceptions(&[], None).await? {
            for member in rig.store.members(case.id, None, 10_000).await? {
                if let ObjectRef::Order(id) = member.object {
                    cased_orders.insert(id);
                }
                cased_labels.insert(member.label);
            }
        }
        // A dismissed or otherwise settled case leaves a debt; a rehearsal dismisses nothing.
        Ok(Self {
            rows,
            cased_orders,
            cased_labels,
        })
    }

    fn has_case(&self, order: &LwOrder) -> bool {
        let row = self.rows.get(&order.id.to_string().to_lowercase());
        row.is_some_and(|r| self.cased_orders.contains(&r.id))
            || self.cased_labels.contains(&order.number.to_string())
    }

    /// Whether a case names this warehouse order.
    fn is_told(&self, number: &str) -> bool {
        self.cased_labels.contains(number)
    }
}

/// Judges everything that can be judged when the world has come to rest.
pub async fn judge(rig: &Rig) -> Result<Vec<Verdict>, RehearsalError> {
    let seen = Seen::read(rig).await?;
    // What other sources' stores did is no business of this pair.
    let is_of_pair = |e: &Effect| matches!(e.system, SimSystem::Peoplevox | SimSystem::Linnworks);
    let ledger: Vec<Effect> = rig
        .sandbox
        .ledger()
        .into_iter()
        .filter(is_of_pair)
        .collect();
    // Read once more, decided and sent: a whole reading interval and the time it takes.
    let lately = rig.now() - rig.read_every().times(2);
    let touched: HashSet<String> = ledger
        .iter()
        .filter(|e| e.caused_by_world && e.at >= lately)
        .map(|e| e.object.clone())
        .collect();
    let mut verdicts = rig.sandbox.inspect(|world| {
        vec![
            orders::orders_arrived(world, &seen, &touched),
            orders::one_live_order(world),
            orders::lines_equal(world, &seen),
            orders::no_empty_headers(world, &seen),
            orders::nothing_shipped_after_cancel(world, &ledger, &seen),
            orders::no_write_after_picking(&ledger),
            despatches::confirmed_once(&ledger),
            despatches::every_despatch_confirmed(world, &seen),
            stock::no_forbidden_write(&ledger),
            stock::published_figures(rig, world, &seen, &ledger),
            stock::is_not_fought_over(&ledger),
        ]
    });
    verdicts.push(despatches::shopper_told_once(&rig.sandbox.notifications()));
    verdicts.push(limits_kept(rig.sandbox.calls().throttled_own));
    verdicts.push(at_rest(rig).await?);
    verdicts.push(Verdict::new(
        "I-MSG",
        "message conservation, keys, leases, evidence",
        rig.store.invariants(rig.now()).await?,
    ));
    let chain = rig.store.verify_journal().await?;
    verdicts.push(Verdict::new(
        "I-AUD-2",
        "the audit chain verifies",
        chain.into_iter().collect(),
    ));
    Ok(verdicts)
}

fn capped(mut broken: Vec<String>) -> Vec<String> {
    let more = broken.len().saturating_sub(NAMED_MAX);
    broken.truncate(NAMED_MAX);
    if more > 0 {
        broken.push(format!("and {more} more"));
    }
    broken
}

fn is_mapped(world: &World, order: &LwOrder) -> bool {
    world
        .lw
        .locations
        .get(order.location)
        .is_some_and(|l| l.name == crate::sandbox::MAPPED_LOCATION)
}

fn is_ours(world: &World, number: &str) -> bool {
    world.source_of(number) == Some(SimSystem::Linnworks)
}

/// Released orders of the mapped location that are still open in the source.
fn is_released(world: &World, order: &LwOrder) -> bool {
    let has_goods = order.lines.iter().any(|l| !l.is_service);
    order.is_open()
        && is_mapped(world, order)
        && matches!(order.status, 1 | 4)
        && !order.is_parked
        && !order.is_locked
        && has_goods
}

fn limits_kept(own: u64) -> Verdict {
    let broken = if own > 0 {
        vec![format!(
            "{own} refusals for too many calls of our own making"
        )]
    } else {
        Vec::new()
    };
    Verdict::new("I-LIM-1", "no 429 of our own making", broken)
}

/// Nothing is in doubt and nothing is due. A write that waits longer waits for a person (a locked order, a refused
/// confirmation), and that person was told: the despatch judge looks for the case.
async fn at_rest(rig: &Rig) -> Result<Verdict, RehearsalError> {
    let mut broken = Vec::new();
    for (flow, _, in_doubt) in rig.flows().await? {
        if in_doubt > 0 {
            broken.push(format!("{flow}: {in_doubt} in doubt"));
        }
    }
    if !rig.is_engine_quiet().await? {
        broken.push("work is still due".to_owned());
    }
    Ok(Verdict::new(
        "I-LIVE",
        "after the last fault every lane runs empty",
        broken,
    ))
}

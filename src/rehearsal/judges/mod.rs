//! The judges: invariants checked against the sandbox's own state and ledger of effects, and against what people can
//! see in the product (open exceptions). They never look at the engine's queue to decide what should have happened.

mod despatches;
mod lanes;
mod orders;
mod returns;
mod sales;
mod stock;
#[cfg(test)]
mod tests;

use super::{RehearsalError, Rig};
use crate::domain::catalogue::Kind;
use crate::domain::exception::ObjectRef;
use crate::domain::ids::OrderId;
use crate::domain::order::OrderRow;
use crate::sandbox::{Effect, PvxOrder, SimSystem, World};
use sales::SaleFact;
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

/// Orders read from the store at once.
const ROWS_AT_ONCE: usize = 2_000;

/// Objects named at most per broken rule.
const NAMED_MAX: usize = 12;

/// What people can see: orders, and which of them have an open case.
#[derive(Default)]
struct Seen {
    rows: HashMap<String, OrderRow>,
    cased_orders: HashSet<OrderId>,
    cased_labels: HashSet<String>,
    /// Orders in an open case of parcels without a label.
    unlabelled: HashSet<OrderId>,
    /// Open cases by kind and what tells them apart.
    cased: HashSet<(Kind, String)>,
}

impl Seen {
    async fn read(rig: &Rig) -> Result<Self, RehearsalError> {
        let mut rows = HashMap::new();
        for (_, pair) in &rig.pairs {
            let mut after = None;
            loop {
                let page = rig
                    .store
                    .order_rows_in(
                        &pair.id,
                        crate::domain::order::OrderState::ALL,
                        after,
                        ROWS_AT_ONCE,
                    )
                    .await?;
                after = page.last().map(|r| r.id);
                let is_last = page.len() < ROWS_AT_ONCE;
                rows.extend(page.into_iter().map(|r| (r.source_id.0.to_lowercase(), r)));
                if is_last {
                    break;
                }
            }
        }
        let mut cased_orders = HashSet::new();
        let mut cased_labels = HashSet::new();
        let mut cased = HashSet::new();
        let mut unlabelled = HashSet::new();
        for case in rig.store.open_exceptions(&[], None).await? {
            for member in rig.store.members(case.id, None, 10_000).await? {
                if let ObjectRef::Order(id) = member.object {
                    cased_orders.insert(id);
                    if case.kind == Kind::DspTrackingMissing {
                        unlabelled.insert(id);
                    }
                }
                cased_labels.insert(member.label);
            }
            cased.insert((case.kind, case.discriminator));
        }
        // A dismissed or otherwise settled case leaves a debt; a rehearsal dismisses nothing.
        Ok(Self {
            rows,
            cased_orders,
            cased_labels,
            unlabelled,
            cased,
        })
    }

    fn has_case(&self, sale: &SaleFact) -> bool {
        let row = self.rows.get(&sale.reference);
        row.is_some_and(|r| self.cased_orders.contains(&r.id))
            || self.cased_labels.contains(&sale.number)
    }

    /// Whether people are told that a parcel of it has no label.
    fn lacks_label(&self, sale: &SaleFact) -> bool {
        let row = self.rows.get(&sale.reference);
        row.is_some_and(|r| self.unlabelled.contains(&r.id))
    }

    /// Whether a case names this warehouse order.
    fn is_told(&self, number: &str) -> bool {
        self.cased_labels.contains(number)
    }
}

/// What lies before the judges: the world, what was sold in it, what people can see.
struct Bench<'a> {
    rig: &'a Rig,
    world: &'a World,
    seen: &'a Seen,
    sales: Vec<SaleFact>,
    /// Positions of the rehearsal's warehouse orders by source and reference.
    held: HashMap<(SimSystem, String), Vec<usize>>,
}

impl<'a> Bench<'a> {
    fn new(rig: &'a Rig, world: &'a World, seen: &'a Seen) -> Self {
        Self {
            rig,
            world,
            seen,
            sales: sales::sales(rig, world),
            held: sales::by_reference(rig, world),
        }
    }

    /// Warehouse orders of a sale.
    fn orders_of(&self, sale: &SaleFact) -> impl Iterator<Item = &'a PvxOrder> {
        let found = self.held.get(&(sale.system, sale.reference.clone()));
        let at = found.map(Vec::as_slice).unwrap_or_default().to_vec();
        let world = self.world;
        at.into_iter()
            .filter_map(move |at| world.pvx.orders.get(at))
    }

    /// Warehouse orders of the rehearsal's pairs.
    fn ours(&self) -> impl Iterator<Item = &'a PvxOrder> {
        let (rig, world) = (self.rig, self.world);
        let orders = world.pvx.orders.iter();
        orders.filter(move |o| sales::ours(rig, world, o).is_some())
    }

    /// The sale behind a warehouse order.
    fn sale_of(&self, order: &PvxOrder) -> Option<&SaleFact> {
        let system = sales::ours(self.rig, self.world, order)?;
        let reference = order.po_reference.to_lowercase();
        let mut sales = self.sales.iter();
        sales.find(|s| s.system == system && s.reference == reference)
    }
}

/// Judges everything that can be judged when the world has come to rest.
pub async fn judge(rig: &Rig) -> Result<Vec<Verdict>, RehearsalError> {
    let seen = Seen::read(rig).await?;
    let ledger: Vec<Effect> = rig.sandbox.ledger();
    // Read once more, decided and sent: a whole reading interval and the time it takes.
    let lately = rig.now() - rig.read_every().times(2);
    let touched: HashSet<String> = ledger
        .iter()
        .filter(|e| e.caused_by_world && e.at >= lately)
        .map(|e| e.object.clone())
        .collect();
    let books = returns_of(rig, &seen).await?;
    let is_settled = returns_settled(rig, lately);
    let mut verdicts = rig.sandbox.inspect(|world| {
        let bench = Bench::new(rig, world, &seen);
        vec![
            orders::orders_arrived(&bench, &touched),
            orders::one_live_order(&bench),
            orders::lines_equal(&bench),
            orders::no_empty_headers(&bench),
            orders::nothing_shipped_after_cancel(&bench, &ledger),
            orders::no_write_after_picking(&ledger),
            orders::at_its_site(&bench, &ledger),
            despatches::confirmed_once(&ledger),
            despatches::every_despatch_confirmed(&bench),
            despatches::no_more_than_left(&bench, &ledger),
            despatches::late_labels_arrived(&bench, &ledger),
            despatches::lost_labels_told(&bench),
            stock::no_forbidden_write(&ledger),
            stock::published_figures(&bench, &ledger),
            stock::is_not_fought_over(&ledger),
            returns::expected_once(&bench, &ledger),
            returns::goods_agree(&bench, &books, is_settled),
            returns::credit_behind_gate(&bench, &books),
            returns::money_in_sight(&bench, &books, is_settled),
            lanes::posted_once_in_order(&bench, &ledger),
            lanes::ledger_agrees(&bench, &ledger),
            lanes::disagreement_is_told(&bench, &ledger),
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

/// Returns and claims of every order.
async fn returns_of(rig: &Rig, seen: &Seen) -> Result<returns::Books, RehearsalError> {
    let ids: Vec<OrderId> = seen.rows.values().map(|r| r.id).collect();
    let mut books = returns::Books::default();
    let orders = seen.rows.iter().map(|(id, row)| (id.clone(), row.id));
    books.orders.extend(orders);
    for chunk in ids.chunks(ROWS_AT_ONCE) {
        books.returns.extend(rig.store.returns_of(chunk).await?);
        books.claims.extend(rig.store.claims_of(chunk).await?);
    }
    Ok(books)
}

/// Nothing happened to returns so lately that it could not have been read.
fn returns_settled(rig: &Rig, lately: crate::domain::time::Ts) -> bool {
    let ledger = rig.sandbox.ledger();
    let is_news = |e: &&Effect| e.op.contains("return") || e.op.contains("refund");
    !ledger.iter().filter(is_news).any(|e| e.at >= lately)
}

fn capped(mut broken: Vec<String>) -> Vec<String> {
    let more = broken.len().saturating_sub(NAMED_MAX);
    broken.truncate(NAMED_MAX);
    if more > 0 {
        broken.push(format!("and {more} more"));
    }
    broken
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

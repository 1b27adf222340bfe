//! The twin run: the same seed with and without faults and deaths must end in the same business state.

use super::{Plan, RehearsalError, Rig, RigOptions};
use crate::sandbox::{Book, FaultLevel, SimSystem, World};
use std::collections::BTreeMap;

/// The business state both runs are compared by: per source order what the warehouse holds, and what the source says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EndState {
    /// By source order number.
    pub orders: BTreeMap<i64, OrderEnd>,
}

/// How one order ended: warehouse status, lines as item × quantity, processed in the source, tracking set.
pub type OrderEnd = (String, Vec<(String, i64)>, bool, bool);

impl EndState {
    /// Reads it from the world.
    pub fn of(world: &World) -> Self {
        let mut held: BTreeMap<String, (String, Vec<(String, i64)>)> = BTreeMap::new();
        for order in world
            .pvx
            .orders
            .iter()
            .filter(|o| !o.po_reference.is_empty())
        {
            let mut lines: Vec<(String, i64)> = order
                .lines
                .iter()
                .filter_map(|l| {
                    world
                        .pvx
                        .items
                        .get(l.item)
                        .map(|i| (i.code.clone(), l.ordered))
                })
                .collect();
            lines.sort();
            held.insert(
                order.po_reference.to_lowercase(),
                (order.status.name().to_owned(), lines),
            );
        }
        let orders = world
            .lw
            .orders
            .iter()
            .map(|order| {
                let (status, lines) = held
                    .remove(&order.id.to_string().to_lowercase())
                    .unwrap_or_default();
                let is_processed = matches!(order.book, Book::Processed(_));
                (
                    order.number,
                    (status, lines, is_processed, !order.tracking.is_empty()),
                )
            })
            .collect();
        Self { orders }
    }

    /// What differs, in words.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut out = Vec::new();
        for (number, mine) in &self.orders {
            match other.orders.get(number) {
                Some(theirs) if theirs == mine => {}
                theirs => out.push(format!(
                    "order {number}: without faults {mine:?}, with faults {theirs:?}"
                )),
            }
        }
        out
    }
}

/// Plays a seed twice, without people's mistakes (their outcome depends on who was faster), and compares the ends.
pub async fn twin(seed: u64, orders_per_day: u32) -> Result<Vec<String>, RehearsalError> {
    let calm = Plan {
        seed,
        days: 1,
        last_day: super::LONG_DAY,
        orders_per_day,
        sources: vec![SimSystem::Linnworks],
        faults: FaultLevel::None,
        listens: true,
        with_deaths: false,
        with_mistakes: false,
        read_every: crate::domain::time::Span::mins(5),
        store_url: None,
    };
    let rough = Plan {
        faults: FaultLevel::Heavy,
        with_deaths: true,
        ..calm.clone()
    };
    let without = end_of(&calm).await?;
    let with = end_of(&rough).await?;
    Ok(without.differences(&with))
}

async fn end_of(plan: &Plan) -> Result<EndState, RehearsalError> {
    let mut rig = Rig::new(RigOptions::from_plan(plan)).await?;
    let ends = super::end_of_trading(rig.now(), plan);
    super::run_until(&mut rig, ends).await?;
    rig.calm();
    let from = rig.now();
    super::rest(&mut rig, from).await?;
    let state = rig.sandbox.inspect(EndState::of);
    rig.close().await;
    Ok(state)
}

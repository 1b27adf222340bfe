//! Returns in the engine: what is said about them is heard with the order's decision, what the warehouse shows of them is
//! taken in, people's decisions are carried out, and what is late is watched.

mod asked;
mod money;
mod progress;
mod watch;

pub use asked::{carry_out, is_ours};
pub use progress::take_rows;
pub use watch::watch;

use super::context::{Cx, PairCx};
use crate::domain::change::{Change, Fence};
use crate::domain::exception::{DETAIL_CHARS_MAX, ObjectRef, Occurrence};
use crate::domain::ids::OrderId;
use crate::domain::order::OrderFull;
use crate::domain::preflight::Fault;
use crate::domain::returns::{Claim, Hearing, Ids, Return, hear, ids_needed};
use crate::domain::time::Ts;
use crate::store::{StoreError, StoreResult};

/// Repeats of a commit whose rows somebody else changed meanwhile.
const STALE_REPEATS_MAX: usize = 6;

/// Loads the returns of orders, builds changes from them and commits; when one was changed meanwhile, again.
pub async fn commit<F>(
    cx: &Cx,
    fence: &Fence,
    rule: &str,
    orders: &[OrderId],
    build: F,
) -> StoreResult<()>
where
    F: Fn(&[Return]) -> Vec<Change>,
{
    let mut last = None;
    for _ in 0..STALE_REPEATS_MAX {
        let held = cx.store.returns_of(orders).await?;
        match cx.commit(rule, Some(fence), build(&held)).await {
            Err(error @ StoreError::Stale { .. }) => last = Some(error),
            other => return other.map(|_| ()),
        }
    }
    Err(last.unwrap_or(StoreError::Unavailable("a return kept changing".to_owned())))
}

/// What is known of the returns of some orders.
#[derive(Debug, Default)]
pub struct Known {
    claims: Vec<Claim>,
    returns: Vec<Return>,
}

impl Known {
    /// Reads it.
    pub async fn read(cx: &Cx, orders: &[OrderId]) -> StoreResult<Self> {
        Ok(Self {
            claims: cx.store.claims_of(orders).await?,
            returns: cx.store.returns_of(orders).await?,
        })
    }

    /// Of one order.
    fn of(&self, order: OrderId) -> (Vec<Claim>, Vec<Return>) {
        let claims = self.claims.iter().filter(|c| c.order == order);
        let returns = self.returns.iter().filter(|r| r.row.order == order);
        (claims.cloned().collect(), returns.cloned().collect())
    }
}

/// Decides on everything the source says about goods and money of an order going back, to be committed with the order.
pub async fn hear_order(
    cx: &Cx,
    pair: &PairCx,
    order: &OrderFull,
    known: &Known,
) -> StoreResult<Vec<Change>> {
    let (claims, returns) = known.of(order.row.id);
    let first = cx.ids(ids_needed(order, &claims)).await?;
    let hearing = Hearing {
        pair: &pair.id,
        warehouse: &pair.warehouse,
        create_on: pair.policy.returns_create_on,
        order,
        claims: &claims,
        returns: &returns,
        now: cx.now(),
    };
    Ok(hear(&hearing, &mut Ids::from(first)))
}

/// An occurrence about a return: its order carries it, so that everything about the order stands together.
fn occurrence(pair: &PairCx, order: (OrderId, &str), fault: &Fault, began_at: Ts) -> Occurrence {
    Occurrence {
        kind: fault.kind,
        pair: pair.id.clone(),
        discriminator: fault.discriminator.clone(),
        object: ObjectRef::Order(order.0),
        label: order.1.to_owned(),
        detail: crate::text::clean_to(&fault.detail, DETAIL_CHARS_MAX),
        began_at,
        ship_by: None,
        value_minor: 0,
        severity: None,
    }
}

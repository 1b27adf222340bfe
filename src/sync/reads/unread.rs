//! Orders that cannot be read: each is a case of its own, which closes as soon as the order is read again.

use super::super::context::{Cx, PairCx};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::exception::{ObjectRef, Occurrence};
use crate::domain::ids::{OrderId, PairId, SourceOrderId};
use crate::domain::order::SourceOrder;
use crate::domain::time::Ts;
use crate::store::StoreResult;
use crate::vendors::UnreadOrder;
use std::collections::HashSet;

fn discriminator(id: &SourceOrderId) -> String {
    format!("ORDER={id}")
}

/// The case of one order that could not be read; `known` when it is an order of ours already.
pub fn case_of(pair: &PairId, order: &UnreadOrder, known: Option<OrderId>, now: Ts) -> Change {
    Change::Raise(Occurrence {
        kind: Kind::SysPoison,
        pair: pair.clone(),
        discriminator: discriminator(&order.source_id),
        object: known.map_or_else(
            || ObjectRef::House(format!("order {}", order.label)),
            ObjectRef::Order,
        ),
        label: order.label.clone(),
        detail: order.text.clone(),
        began_at: now,
        ship_by: None,
        value_minor: 0,
        severity: None,
    })
}

/// Open cases of orders that could not be read.
#[derive(Debug, Default)]
pub struct UnreadCases(HashSet<String>);

impl UnreadCases {
    /// Those of one pair.
    pub async fn load(cx: &Cx, pair: &PairCx) -> StoreResult<Self> {
        let open = cx
            .store
            .open_exceptions(&[Kind::SysPoison], Some(&pair.id))
            .await?;
        Ok(Self(open.into_iter().map(|c| c.discriminator).collect()))
    }

    /// Closes the cases of orders that were read after all.
    pub fn read_again(&self, pair: &PairId, orders: &[SourceOrder]) -> Vec<Change> {
        if self.0.is_empty() {
            return Vec::new();
        }
        orders
            .iter()
            .map(|o| discriminator(&o.source_id))
            .filter(|d| self.0.contains(d))
            .map(|discriminator| Change::ClearAll {
                kind: Kind::SysPoison,
                pair: pair.clone(),
                discriminator,
                how: "auto".to_owned(),
                evidence: "the order can be read again".to_owned(),
            })
            .collect()
    }
}
